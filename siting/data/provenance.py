"""Who says so: sources, attributes, the chain behind a value, and how complete the tables are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.data import checking, reading
from siting.data.prices import TABLE, electricity_prices
from siting.data.regions import folder
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

PRICE = "electricity_price_eur_per_mwh"
CHAIN_COLUMNS = (
    "attribute", "region", "value", "unit", "year", "grade", "rule", "note",
    "table", "source", "title", "publisher", "licence", "url",
)  # fmt: skip
FULL = {"nuts2": 242, "nuts3": 1166, "country": 27}
"""How many regions of the Union each level has."""


def sources(directory: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Return the sources: title, publisher, address, licence, vintage, grade and method of each.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `sources.toml` replaces the shipped one.

    Returns
    -------
    pandas.DataFrame
        Index `source`, the key that table rows name; `files` maps raw files to their sha256.

    Examples
    --------
    >>> sources().loc["osm_grid", "licence"]
    'ODbL-1.0'
    """
    table = reading.source_table(folder(directory))
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("source")


def attributes(directory: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Return the attributes of candidates and demand points: unit, sense, type, level, range, description.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `attributes.csv` replaces the shipped one.

    Returns
    -------
    pandas.DataFrame
        Index `attribute`.

    Examples
    --------
    >>> attributes().loc["grid_capacity_mva", "unit"]
    'MVA'
    """
    return reading.attribute_table(folder(directory)).copy()


def rules(directory: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Return the rules by which values were derived or filled in.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `rules.csv` replaces the shipped one.

    Returns
    -------
    pandas.DataFrame
        Index `rule`; columns `kind` (derivation, imputation or absence) and `description`.

    Examples
    --------
    >>> rules().loc["other_band_times_union_ratio", "kind"]
    'imputation'
    """
    path = reading.locate("rules.csv", folder(directory))
    return checking.read_text_table(path, ("rule", "kind", "description")).set_index("rule")


def _attribute(name: str, directory: Path | None) -> pd.Series[Any]:
    table = reading.attribute_table(directory)
    if name not in table.index:
        raise InputError(f"'{name}' is not an attribute{suggestion(name, [*table.index, PRICE])}")
    entry: pd.Series[Any] = table.loc[[name]].iloc[0]
    return entry


def describe(attribute: str, directory: str | PathLike[str] | None = None) -> pd.Series[Any]:
    """Return what an attribute means, with its sources, grades and coverage.

    Parameters
    ----------
    attribute : str
        A name from `attributes()`.
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    pandas.Series
        The row of `attributes()`, and `sources`, `grades`, `observed`, `derived`, `imputed`, `missing`.

    Raises
    ------
    siting.errors.InputError
        If there is no such attribute.

    Examples
    --------
    >>> describe("pue")["grades"]
    'assumption'
    """
    entry = _attribute(attribute, folder(directory))
    table = coverage(directory)
    rows = table[table.index.get_level_values("attribute") == attribute]
    counts = rows[["observed", "derived", "imputed", "missing"]].sum()
    texts = pd.Series({column: "; ".join(sorted(set(rows[column]))) for column in ("sources", "grades", "years")})
    described: pd.Series[Any] = pd.concat([entry, texts, counts]).rename(attribute)
    return described


def coverage(directory: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Return for every attribute and level how many values are observed, derived, imputed and missing.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    pandas.DataFrame
        Index `attribute` and `level`; columns `regions` (of the Union), `observed` (as published), `derived`
        (computed by design), `imputed` (filled where the source has none), `missing`, `imputed_share`,
        `sources`, `grades`, `years`.

    Examples
    --------
    >>> coverage().loc[("population", "nuts3"), "observed"].item()
    1166
    """
    where = folder(directory)
    kinds = rules(directory)["kind"]
    rows = reading.values(where)
    kind = rows["rule"].map(kinds).where(rows["rule"] != "", "observed").fillna("imputation")
    rows = rows.assign(kind=kind.mask(rows["value"] == "", "absence"))
    lines = []
    for (attribute, level), group in rows.groupby(["attribute", "level"]):
        counts = group["kind"].value_counts()
        observed, derived, imputed = (int(counts.get(key, 0)) for key in ("observed", "derivation", "imputation"))
        missing = FULL[str(level)] - observed - derived - imputed
        lines.append(
            {
                "attribute": attribute, "level": level, "regions": FULL[str(level)], "observed": observed,
                "derived": derived, "imputed": imputed, "missing": missing,
                "imputed_share": imputed / FULL[str(level)],
                **{column: "; ".join(sorted(set(group[key]))) for column, key in
                   (("sources", "source"), ("grades", "grade"), ("years", "year"))},
            }
        )  # fmt: skip
    return pd.DataFrame(lines).set_index(["attribute", "level"])


def _row(name: str, region: str, directory: Path | None) -> list[dict[str, Any]]:
    """Return the row of one attribute, and before the recursion ends those of its inputs."""
    entry = _attribute(name, directory)
    rows = reading.values(directory)
    code = region[:2] if entry["level"] == "country" else region
    found = rows[(rows["attribute"] == name) & (rows["region"] == code)]
    chain = [{str(key): cell for key, cell in row.items()} for row in found.to_dict("records")]
    for part in entry["inputs"].split():
        chain += _row(part, region, directory)
    return chain


def _price_rows(region: str, series: str, period: str, directory: Path | None) -> list[dict[str, Any]]:
    """Return the price row of the country and the adjustment added to it."""
    country = region[:2]
    price = electricity_prices(series, period, directory=directory).loc[country]
    base: dict[str, Any] = {
        "attribute": PRICE,
        "region": country,
        "value": f"{price['base_eur_per_mwh']:.1f}",
        "unit": "EUR/MWh",
        "table": TABLE,
        **{key: price[key] for key in ("year", "grade", "rule", "note", "source")},
    }
    name = "electricity_adders" if series == "wholesale" else "electricity_tax_adjustments"
    path = reading.locate(f"{name}.csv", directory)
    added = checking.read_text_table(path, ("country", "value", "unit", "year", "source", "grade", "note"))
    added = added[added["country"] == country]
    kind = added.get("adder", "data_centre_tax")
    parts = added.assign(region=country, table=name, attribute=kind).to_dict("records")
    return [base, *({str(key): cell for key, cell in part.items()} for part in parts)]


def trace(
    candidate: str,
    attribute: str,
    *,
    series: str = "eurostat_IG",
    period: str = "2025-S2",
    directory: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Return the chain behind one value: its row, the rows it was computed from, and the source of each.

    Parameters
    ----------
    candidate : str
        NUTS code of a candidate or demand point.
    attribute : str
        A name from `attributes()`, or "electricity_price_eur_per_mwh".
    series, period : str
        Which price is traced; see `electricity_prices`.
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    pandas.DataFrame
        The value first, its inputs after it; columns `attribute`, `region`, `value`, `unit`, `year`, `grade`,
        `rule`, `note`, `table`, `source`, `title`, `publisher`, `licence`, `url`.

    Raises
    ------
    siting.errors.InputError
        If there is no such candidate or attribute.

    Examples
    --------
    >>> trace("FI1D", "electricity_price_eur_per_mwh")["value"].tolist()
    ['38.0', '21.9']
    """
    where = folder(directory)
    known = reading.region_codes()
    if candidate not in known:
        near = [code for code in known if len(code) == len(candidate)] or known
        raise InputError(f"'{candidate}' is not a NUTS 2021 region{suggestion(candidate, near)}")
    chain = _price_rows(candidate, series, period, where) if attribute == PRICE else _row(attribute, candidate, where)
    table = reading.source_table(where)
    for row in chain:
        row.update({key: table.get(row["source"], {}).get(key, "") for key in ("title", "publisher", "licence", "url")})
    return pd.DataFrame(chain).reindex(columns=list(CHAIN_COLUMNS)).fillna("")
