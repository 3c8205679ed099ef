"""What the page says of an attribute: its name in every language, its unit, and the group it is listed in."""

from __future__ import annotations

import re

from siting.maps.attribute_names import attribute_label, attribute_unit

GROUPS = {
    "energy": ("Energy and climate", "Energia e clima"),
    "grid": ("Electricity grid", "Rete elettrica"),
    "generation": ("Power plants", "Centrali elettriche"),
    "policy": ("Regional policy", "Politica regionale"),
    "economy": ("People and economy", "Popolazione ed economia"),
    "place": ("Place", "Luogo"),
    "other": ("Other attributes", "Altri attributi"),
}
"""Groups of attributes in the order in which they are listed, each in English and Italian."""

# Attribute: group, and its name where the static maps have none for it.
_ATTRIBUTES: dict[str, tuple[str, str, str]] = {
    "electricity_price_eur_per_mwh": ("energy", "", ""),
    "pue": ("energy", "", ""),
    "carbon_intensity_g_per_kwh": ("energy", "", ""),
    "climate_class": ("energy", "", ""),
    "climate_zone": ("energy", "Climate zone (Köppen-Geiger)", "Zona climatica (Köppen-Geiger)"),
    "climate_rule": ("energy", "How the climate zone was found", "Come è stata trovata la zona climatica"),
    "grid_capacity_mva": ("grid", "", ""),
    "substations_220_to_299_kv": ("grid", "", ""),
    "substations_300_kv_and_above": ("grid", "", ""),
    "transformer_mva": ("grid", "", ""),
    "import_circuits": ("grid", "Import circuits", "Terne di importazione"),
    "import_capacity_mva": ("grid", "", ""),
    "peak_load_mw": ("grid", "", ""),
    "incident_circuits_220_to_299_kv": ("grid", "Incident circuits, 220 to 299 kV", "Terne incidenti, da 220 a 299 kV"),
    "incident_circuits_300_kv_and_above": (
        "grid", "Incident circuits, 300 kV and above", "Terne incidenti, 300 kV e oltre",
    ),
    "circuit_rating_mva": ("grid", "Rating of the circuits", "Portata delle terne"),
    "circuit_rule": ("grid", "How the circuits were found", "Come sono state trovate le terne"),
    "connection_limit_mva": ("grid", "Connection limit", "Limite di connessione"),
    "connection_wait_years": ("grid", "Wait for a grid connection", "Attesa per la connessione"),
    "voltages_kv": ("grid", "Voltages", "Tensioni"),
    "distance_to_grid_km": ("grid", "Distance to the grid", "Distanza dalla rete"),
    "generation_mw": ("generation", "", ""),
    "firm_generation_mw": ("generation", "", ""),
    "generation_within_25_km_mw": ("generation", "Generation within 25 km", "Generazione entro 25 km"),
    "generation_within_50_km_mw": ("generation", "Generation within 50 km", "Generazione entro 50 km"),
    "large_enterprise_eligible": ("policy", "", ""),
    "cohesion_category": ("policy", "", ""),
    "maximum_cofinancing_percent": ("policy", "", ""),
    "cohesion_fund": ("policy", "Cohesion Fund country", "Stato del Fondo di coesione"),
    "just_transition": ("policy", "Just transition territory", "Territorio per una transizione giusta"),
    "regional_aid_percent": ("policy", "Highest regional aid", "Aiuti regionali massimi"),
    "procuring_state": ("policy", "Procuring state", "Stato che partecipa all'appalto"),
    "outermost": ("policy", "Outermost region", "Regione ultraperiferica"),
    "population": ("economy", "", ""),
    "area_km2": ("economy", "Area", "Superficie"),
    "gdp_million_eur": ("economy", "Gross domestic product", "Prodotto interno lordo"),
    "gdp_per_head_index": ("economy", "", ""),
    "enterprise_ai_adoption_percent": ("economy", "", ""),
    "research_share_of_gdp_percent": ("economy", "Research, share of GDP", "Ricerca, quota del PIL"),
    "tertiary_education_percent": ("economy", "Tertiary education", "Istruzione terziaria"),
    "ai_factory": ("economy", "AI factory", "Fabbrica di IA"),
    "distance_to_exchange_km": ("place", "Distance to an internet exchange", "Distanza da un punto di interscambio"),
    "nearest_exchange": ("place", "Nearest internet exchange", "Punto di interscambio più vicino"),
    "longitude_degrees": ("place", "Longitude", "Longitudine"),
    "latitude_degrees": ("place", "Latitude", "Latitudine"),
    "location_rule": ("place", "How the point was chosen", "Come è stato scelto il punto"),
    "nuts2": ("place", "NUTS-2 region", "Regione NUTS-2"),
    "nuts3": ("place", "NUTS-3 region", "Regione NUTS-3"),
}  # fmt: skip
_PLANTS = {
    "nuclear": ("Nuclear", "nucleari"), "hydro": ("Hydro", "idroelettriche"), "wind": ("Wind", "eoliche"),
    "solar": ("Solar", "solari"), "gas": ("Gas", "a gas"), "coal": ("Coal", "a carbone"),
    "biomass": ("Biomass", "a biomassa"), "storage": ("Storage", "ad accumulo"), "other": ("Other", "di altro tipo"),
}  # fmt: skip
_PLANT_ATTRIBUTE = re.compile(rf"generation_({'|'.join(_PLANTS)})(?:_within_(\d+)_km)?_mw")
_UNITS = {
    "1": ("", ""), "person": ("", ""), "a": ("years", "anni"), "km2": ("km²", "km²"), "degree": ("°", "°"),
    "million EUR": ("million EUR", "mln EUR"), "EU27=100": ("", ""),
}  # fmt: skip


def group(attribute: str) -> str:
    """Return the group an attribute is listed in, one of `GROUPS`.

    Examples
    --------
    >>> group("generation_wind_mw"), group("my_column")
    ('generation', 'other')
    """
    if _PLANT_ATTRIBUTE.fullmatch(attribute):
        return "generation"
    return _ATTRIBUTES[attribute][0] if attribute in _ATTRIBUTES else "other"


def label(attribute: str, language: str) -> str:
    """Return the name of an attribute without its unit.

    Examples
    --------
    >>> label("generation_wind_within_25_km_mw", "en"), label("generation_wind_mw", "it")
    ('Wind plants within 25 km', 'Centrali eoliche')
    """
    plants = _PLANT_ATTRIBUTE.fullmatch(attribute)
    if plants:
        english, italian = _PLANTS[plants[1]]
        near = (f" within {plants[2]} km", f" entro {plants[2]} km") if plants[2] else ("", "")
        return f"{english} plants{near[0]}" if language == "en" else f"Centrali {italian}{near[1]}"
    _, english, italian = _ATTRIBUTES.get(attribute, ("", "", ""))
    return (english if language == "en" else italian) or attribute_label(attribute, language)


def unit(attribute: str, stated: str, language: str) -> str:
    """Return the unit of an attribute as it is printed.

    Parameters
    ----------
    attribute : str
        Column name.
    stated : str
        What the table of attributes says, empty for a column it does not know.
    language : str
        Language code.

    Returns
    -------
    str
        Empty for pure numbers.

    Examples
    --------
    >>> unit("connection_wait_years", "a", "it"), unit("carbon_intensity_g_per_kwh", "g/kWh", "en")
    ('anni', 'gCO₂/kWh')
    """
    printed = _UNITS.get(stated)
    if printed is not None:
        return printed[0 if language == "en" else 1]
    return attribute_unit(attribute) or stated
