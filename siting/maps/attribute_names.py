"""The names of the attributes on the maps, with their units, in every language the maps speak."""

from __future__ import annotations

from typing import NamedTuple


class _Attribute(NamedTuple):
    """Label and heading of a table column in English and Italian, and the unit."""

    english: str
    italian: str
    unit: str
    english_heading: str
    italian_heading: str


_ATTRIBUTES = {
    "electricity_price_eur_per_mwh": _Attribute(
        "Electricity price",
        "Prezzo dell'elettricità",
        "EUR/MWh",
        "price,\nEUR/MWh",
        "prezzo,\nEUR/MWh",
    ),
    "grid_capacity_mva": _Attribute(
        "Grid capacity (proxy)",
        "Capacità di rete (stima)",
        "MVA",
        "grid, MVA\n(proxy)",
        "rete, MVA\n(stima)",
    ),
    "large_enterprise_eligible": _Attribute(
        "Cohesion funds open to large enterprises",
        "Fondi di coesione aperti alle grandi imprese",
        "",
        "cohesion\nfunds",
        "fondi di\ncoesione",
    ),
    "cohesion_category": _Attribute(
        "Cohesion category",
        "Categoria di coesione",
        "",
        "cohesion\ncategory",
        "categoria\ncoesione",
    ),
    "maximum_cofinancing_percent": _Attribute(
        "Highest co-financing rate",
        "Tasso massimo di cofinanziamento",
        "%",
        "co-fin.,\n%",
        "cofin.,\n%",
    ),
    "pue": _Attribute(
        "Power usage effectiveness",
        "Efficienza d'uso dell'energia (PUE)",
        "",
        "PUE",
        "PUE",
    ),
    "carbon_intensity_g_per_kwh": _Attribute(
        "Carbon intensity of electricity",
        "Intensità di carbonio dell'elettricità",
        "gCO₂/kWh",
        "carbon,\ng/kWh",
        "carbonio,\ng/kWh",
    ),
    "population": _Attribute(
        "Population",
        "Popolazione",
        "",
        "population",
        "abitanti",
    ),
    "gdp_per_head_index": _Attribute(
        "GDP per head (EU-27 = 100)",
        "PIL pro capite (UE-27 = 100)",
        "",
        "GDP/head,\nEU = 100",
        "PIL p. c.,\nUE = 100",
    ),
    "substations_220_to_299_kv": _Attribute(
        "Substations, 220 to 299 kV",
        "Stazioni elettriche, da 220 a 299 kV",
        "",
        "220 kV",
        "220 kV",
    ),
    "substations_300_kv_and_above": _Attribute(
        "Substations, 300 kV and above",
        "Stazioni elettriche, 300 kV e oltre",
        "",
        "≥ 300 kV",
        "≥ 300 kV",
    ),
    "transformer_mva": _Attribute(
        "Transformer capacity",
        "Potenza dei trasformatori",
        "MVA",
        "transf.,\nMVA",
        "trasf.,\nMVA",
    ),
    "import_capacity_mva": _Attribute(
        "Import capacity",
        "Capacità di importazione",
        "MVA",
        "import,\nMVA",
        "import.,\nMVA",
    ),
    "firm_generation_mw": _Attribute(
        "Firm generation",
        "Generazione programmabile",
        "MW",
        "firm,\nMW",
        "progr.,\nMW",
    ),
    "generation_mw": _Attribute(
        "Generation",
        "Generazione",
        "MW",
        "gener.,\nMW",
        "gener.,\nMW",
    ),
    "peak_load_mw": _Attribute(
        "Peak load",
        "Carico di punta",
        "MW",
        "peak,\nMW",
        "punta,\nMW",
    ),
    "climate_class": _Attribute(
        "Climate class",
        "Classe climatica",
        "",
        "climate",
        "clima",
    ),
    "enterprise_ai_adoption_percent": _Attribute(
        "Enterprises using artificial intelligence",
        "Imprese che usano l'intelligenza artificiale",
        "%",
        "AI use,\n%",
        "uso IA,\n%",
    ),
    "latency_ms": _Attribute(
        "Round-trip latency",
        "Latenza di andata e ritorno",
        "ms",
        "latency,\nms",
        "latenza,\nms",
    ),
    "score": _Attribute(
        "Score of a single site, 0 to 1 (higher is better)",
        "Punteggio del singolo sito, da 0 a 1 (più alto è meglio)",
        "",
        "score",
        "punteggio",
    ),
}


def attribute_label(attribute: str, language: str) -> str:
    """Return the name of an attribute for a legend, without its unit.

    Parameters
    ----------
    attribute : str
        Column name.
    language : str
        Language code.

    Returns
    -------
    str
        The known label, or the column name with spaces for underscores.

    Examples
    --------
    >>> attribute_label("grid_capacity_mva", "en")
    'Grid capacity (proxy)'
    >>> attribute_label("my_own_column", "en")
    'My own column'
    """
    if attribute in _ATTRIBUTES:
        return _ATTRIBUTES[attribute].english if language == "en" else _ATTRIBUTES[attribute].italian
    text = attribute.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def attribute_unit(attribute: str) -> str:
    """Return the unit of a known attribute, or an empty string.

    Parameters
    ----------
    attribute : str
        Column name.

    Returns
    -------
    str
        The unit as printed.

    Examples
    --------
    >>> attribute_unit("electricity_price_eur_per_mwh")
    'EUR/MWh'
    """
    return _ATTRIBUTES[attribute].unit if attribute in _ATTRIBUTES else ""


def attribute_heading(attribute: str, language: str) -> str:
    """Return the heading of a table column for an attribute, in one or two lines.

    Parameters
    ----------
    attribute : str
        Column name.
    language : str
        Language code.

    Returns
    -------
    str
        The heading, lines parted by a newline.

    Examples
    --------
    >>> attribute_heading("grid_capacity_mva", "en").splitlines()
    ['grid, MVA', '(proxy)']
    """
    if attribute in _ATTRIBUTES:
        own = _ATTRIBUTES[attribute]
        return own.english_heading if language == "en" else own.italian_heading
    return attribute_label(attribute, language)
