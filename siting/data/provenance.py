"""Who says so: sources, attributes, rules, and how complete the tables are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.data import checking, reading
from siting.data.inheritance import set_rules
from siting.data.prices import TABLE, electricity_prices
from siting.data.regions import folder
from siting.data.set_coverage import set_coverage
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

PRICE = "electricity_price_eur_per_mwh"
"""The attribute that comes from the price tables and not from a region table."""
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


def attribute_entry(name: str, directory: Path | None) -> pd.Series[Any]:
    """Return one row of `attributes.csv`, or say which name comes nearest.

    Parameters
    ----------
    name : str
        Name of an attribute.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.Series
        The row.

    Raises
    ------
    siting.errors.InputError
        If there is no such attribute.
    """
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
        A name from `attributes()`, or "electricity_price_eur_per_mwh".
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    pandas.Series
        The row of `attributes()`, and `sources`, `grades`, `observed`, `derived`, `imputed`, `missing`. `level` names
        every set that has the attribute, its own or inherited; the counts are of those that have it of their own.

    Raises
    ------
    siting.errors.InputError
        If there is no such attribute.

    Examples
    --------
    >>> describe("pue")["grades"]
    'assumption'
    """
    if attribute == PRICE:
        return _price_described(folder(directory))
    entry = attribute_entry(attribute, folder(directory)).copy()
    made = set_rules(folder(directory)).index
    entry["level"] = " ".join(dict.fromkeys([*entry["level"].split(), *(name for name, of in made if of == attribute)]))
    table = coverage(directory)
    rows = table[table.index.get_level_values("attribute") == attribute]
    counts = rows[["observed", "derived", "imputed", "missing"]].sum()
    texts = pd.Series({column: "; ".join(sorted(set(rows[column]))) for column in ("sources", "grades", "years")})
    described: pd.Series[Any] = pd.concat([entry, texts, counts]).rename(attribute)
    return described


def _price_described(directory: Path | None) -> pd.Series[Any]:
    """Return what `describe` says of the price, which has a table of its own; the counts are of the default series."""
    prices = electricity_prices(directory=directory)
    known, filled = prices["value_eur_per_mwh"].notna(), prices["rule"].fillna("") != ""
    joined = {name: "; ".join(sorted(set(prices[key].dropna().astype(str))))
              for name, key in (("sources", "source"), ("grades", "grade"), ("years", "year"))}  # fmt: skip
    return pd.Series(
        {
            "unit": "EUR/MWh", "sense": "min", "type": "number", "level": "country", "table": TABLE,
            "description": "What a large user pays, without VAT: by series and period, see siting.data.price_series(). "
            "The counts are of eurostat_IG in 2025-S2.",
            **joined, "observed": int((known & ~filled).sum()), "derived": 0, "imputed": int((known & filled).sum()),
            "missing": int((~known).sum()),
        },
        name=PRICE,
    )  # fmt: skip


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
    1161
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
    regional = {(line["attribute"], line["level"]) for line in lines}
    lines += [line for line in set_coverage(where, kinds) if (line["attribute"], line["level"]) not in regional]
    return pd.DataFrame(lines).set_index(["attribute", "level"])
