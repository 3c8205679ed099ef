"""How much of what a model uses was published, and how much was filled in or assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.data import checking, reading
from siting.data.inheritance import INHERITED, row_rules, set_rules
from siting.data.prices import WHOLESALE, electricity_prices
from siting.data.provenance import PRICE, rules
from siting.data.regions import folder
from siting.data.tables import EU27
from siting.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from pathlib import Path

OBSERVED, DERIVED, IMPUTED, ASSUMED, MISSING, OWN = "observed", "derived", "imputed", "assumed", "missing", "own"
ASSUMPTIONS = frozenset({"assumption", "unchecked"})
"""Grades of a value that nobody measured or published."""
CELL_COLUMNS = ("candidate", "attribute", "region", "value", "grade", "rule", "source", "kind")
REGION_COLUMNS = ("nuts3", "nuts2", "region")
"""Columns of a candidate table that may say in which region a candidate lies."""
NAMED = 4
"""So many cells are named in the sentence of an error."""
ROUNDING = 1e-6
ZONED, ZONE_RULE = ("SE",), "zone_ratio_of_2023"
"""Countries with a price per bidding zone, and the rule by which a zone has it."""
H3_INDEX = "[0-9a-f]{15}"


def _kinds(rows: pd.DataFrame, kinds: pd.Series) -> pd.Series:
    """Return the kind of each row: a filled-in value is imputed whatever its grade."""
    kind = rows["rule"].map(kinds).map({"derivation": DERIVED, "imputation": IMPUTED, "absence": MISSING})
    kind = kind.where(rows["rule"] != "", OBSERVED).fillna(IMPUTED)
    kind = kind.mask(rows["grade"].isin(ASSUMPTIONS) & kind.isin([OBSERVED, DERIVED]), ASSUMED)
    return kind.mask(rows["value"] == "", MISSING)


def _price_rows(series: str, period: str, tax_adjustments: bool, directory: Path | None) -> pd.DataFrame:
    """Return one row per country: the price as the model uses it, and how far it can be trusted."""
    prices = electricity_prices(series, period, tax_adjustments=tax_adjustments, directory=directory)
    grade = prices["grade"].fillna("").astype(object)
    if tax_adjustments and series == WHOLESALE:
        grade = grade.mask(prices["adjustment_eur_per_mwh"].notna(), "assumption")
    elif tax_adjustments:
        path = reading.locate("electricity_tax_adjustments.csv", directory)
        taxes = checking.read_text_table(path, ("country", "grade")).set_index("country")["grade"]
        assumed = taxes[taxes.isin(ASSUMPTIONS)].index
        grade = grade.mask(prices.index.isin(assumed) & (prices["adjustment_eur_per_mwh"] != 0), "assumption")
    value = prices["value_eur_per_mwh"]
    return pd.DataFrame(
        {
            "region": list(EU27), "attribute": PRICE, "grade": grade, "rule": prices["rule"].fillna(""),
            "value": value.map(lambda number: "" if pd.isna(number) else f"{number:.6g}"),
            "source": prices["source"].fillna(""),
        }
    )  # fmt: skip


def which_set(candidates: pd.DataFrame) -> str | None:
    """Return which of the candidate sets a table is, None for a table of the user's own.

    Parameters
    ----------
    candidates : pandas.DataFrame
        Indexed by identifier.

    Returns
    -------
    str or None
        A name of `siting.data.inheritance.SETS`.

    Examples
    --------
    >>> which_set(pd.DataFrame(index=["ITI3", "FR10"]))
    'nuts2'
    """
    identifiers = pd.Index(candidates.index.astype(str))
    for level in ("nuts2", "nuts3"):
        if len(identifiers) and identifiers.isin(reading.layer(level, None).index).all():
            return level
    if "circuit_rule" in candidates.columns:
        return "grid_nodes"
    return "cells" if len(identifiers) and identifiers.str.fullmatch(H3_INDEX).all() else None


def _set_rows(frame: pd.DataFrame, wanted: Iterable[str], directory: Path | None) -> dict[str, pd.DataFrame]:
    """Return the cells that a candidate set computes for itself: the rule of the set, the value of the table."""
    name = which_set(frame)
    if name is None:
        return {}
    rows = set_rules(directory).loc[name]
    cells = {}
    for attribute in wanted:
        if attribute not in rows.index or rows.loc[attribute, "rule"] in INHERITED:
            continue
        row = rows.loc[attribute]
        cell = pd.DataFrame({key: row[key] for key in ("grade", "rule", "source")}, index=frame.index)
        cell["rule"] = row_rules(frame, attribute, str(row["rule"]))
        missing = frame[attribute].isna() if attribute in frame.columns else pd.Series(data=False, index=frame.index)
        cells[attribute] = cell.assign(value=missing.map({True: "", False: "as computed"}))
    return cells


def _codes(candidates: pd.DataFrame, known: set[str]) -> pd.Series:
    """Return for each candidate the region whose rows it takes: itself, or the one a column names."""
    identifiers = pd.Series(candidates.index.astype(str), index=candidates.index, dtype=object)
    codes = identifiers.where(identifiers.isin(known))
    for column in REGION_COLUMNS:
        if column in candidates.columns:
            named = candidates[column].astype(object)
            codes = codes.fillna(named.where(named.isin(known)))
    countries = candidates.get("country", identifiers.str[:2])
    return codes.fillna(countries.where(countries.isin(known)) if isinstance(countries, pd.Series) else None)


def _is_own(candidates: pd.DataFrame, attribute: str, values: pd.Series) -> pd.Series:
    """Return where the candidate table holds another value than the tables: the user's own."""
    if attribute not in candidates.columns:
        return pd.Series(data=False, index=candidates.index)
    here, there = pd.to_numeric(candidates[attribute], errors="coerce"), pd.to_numeric(values, errors="coerce")
    both = here.notna() & there.notna()
    differs = (here - there).abs() > ROUNDING * there.abs().clip(lower=1.0)
    return (both & differs) | (here.notna() & (values == ""))


def value_kinds(
    candidates: pd.DataFrame | Iterable[str],
    attributes: Iterable[str],
    *,
    series: str = "eurostat_IG",
    period: str = "2025-S2",
    tax_adjustments: bool = True,
    bidding_zones: bool = False,
    directory: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Return for every candidate and attribute whether the value was published, derived, filled in or assumed.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame or iterable of str
        A candidate table indexed by identifier, or NUTS codes. A candidate that is no region takes the rows of
        the region its column `nuts3`, `nuts2` or `region` names, else those of its `country`.
    attributes : iterable of str
        Names from `siting.data.attributes()`, or "electricity_price_eur_per_mwh"; other names are left out.
    series, period, tax_adjustments
        Which electricity price is used; see `electricity_prices`.
    bidding_zones : bool, default False
        Whether the candidates of a country with several zones pay the price of theirs, which a rule makes of the
        country's.
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    pandas.DataFrame
        Columns `candidate`, `attribute`, `region`, `value`, `grade`, `rule`, `source` and `kind`: "observed",
        "derived" (computed by design), "imputed" (filled by a rule where the source has nothing), "assumed"
        (grade assumption or unchecked), "missing" (the rule says why) or "own" (the candidate table differs
        from the tables).

    Examples
    --------
    >>> value_kinds(["FI1D"], ["electricity_price_eur_per_mwh", "pue"])["kind"].tolist()
    ['imputed', 'assumed']
    """
    where = folder(directory)
    frame = candidates if isinstance(candidates, pd.DataFrame) else pd.DataFrame(index=pd.Index(list(candidates)))
    rows = reading.values(where)
    if PRICE in (wanted := list(dict.fromkeys(attributes))):
        rows = pd.concat([rows, _price_rows(series, period, tax_adjustments, where)], ignore_index=True)
    rows = rows[rows["attribute"].isin(wanted)]
    rows = rows.assign(kind=_kinds(rows, rules(directory)["kind"]))
    by_attribute = {str(name): group.set_index("region") for name, group in rows.groupby("attribute")}
    codes = _codes(frame, set(reading.region_codes()))
    computed = _set_rows(frame, wanted, where)
    cells = []
    for name in wanted:
        if name in computed:
            cell = computed[name].assign(kind=_kinds(computed[name], rules(directory)["kind"]))
            cells.append(cell.assign(candidate=frame.index.astype(str), attribute=name, region=""))
            continue
        if name not in by_attribute:
            continue
        table = by_attribute[name]
        here = codes.where(codes.isin(table.index), codes.str[:4])
        here = here.where(here.isin(table.index), codes.str[:2])
        cell = table.reindex(here)[["value", "grade", "rule", "source", "kind"]].set_axis(frame.index)
        cell = cell.assign(kind=cell["kind"].fillna(MISSING)).fillna("")
        other = _is_own(frame, name, cell["value"])
        if name == PRICE and bidding_zones:
            zoned = other & here.isin(ZONED).to_numpy()
            cell, other = cell.assign(kind=cell["kind"].mask(zoned, IMPUTED)), other & ~zoned
            cell["rule"] = cell["rule"].mask(zoned, ZONE_RULE)
        cell["kind"] = cell["kind"].mask(other, OWN)
        cells.append(cell.assign(candidate=frame.index.astype(str), attribute=name, region=here.fillna("").to_numpy()))
    if not cells:
        return pd.DataFrame(columns=list(CELL_COLUMNS))
    return pd.concat(cells, ignore_index=True)[list(CELL_COLUMNS)]


def strict_gaps(
    candidates: pd.DataFrame | Iterable[str], attributes: Iterable[str], *, assumptions: bool = True, **options: Any
) -> pd.DataFrame:
    """Return the cells that were filled in by a rule or are assumptions.

    Parameters
    ----------
    candidates, attributes, **options
        As in `value_kinds`.
    assumptions : bool, default True
        Whether values of grade assumption or unchecked count as gaps, besides those filled in by a rule.

    Returns
    -------
    pandas.DataFrame
        The rows of `value_kinds` whose kind is "imputed", or "assumed" with `assumptions`.

    Examples
    --------
    >>> strict_gaps(["FI1D", "FR10"], ["electricity_price_eur_per_mwh"])["candidate"].tolist()
    ['FI1D']
    """
    cells = value_kinds(candidates, attributes, **options)
    return cells[cells["kind"].isin([IMPUTED, ASSUMED] if assumptions else [IMPUTED])].reset_index(drop=True)


def refuse_gaps(candidates: pd.DataFrame | Iterable[str], attributes: Iterable[str], **options: Any) -> None:
    """Raise unless every value was published or computed by design from what was.

    Parameters
    ----------
    candidates, attributes, **options
        As in `value_kinds`. Assumptions are not refused: no published table holds a headroom or a power usage
        effectiveness. They are counted in `imputed_share`'s companion line of every answer.

    Raises
    ------
    siting.errors.InputError
        Naming the first few candidates, attributes and rules.

    Examples
    --------
    >>> refuse_gaps(["FR10"], ["electricity_price_eur_per_mwh", "population"])
    """
    gaps = strict_gaps(candidates, attributes, assumptions=False, **options)
    if gaps.empty:
        return
    firsts = gaps.drop_duplicates(["attribute", "region", "rule"]).head(NAMED)
    listed = ", ".join(f"{row.attribute} of {row.candidate} ({row.rule})" for row in firsts.itertuples())
    more = f" and {len(gaps) - len(firsts)} more" if len(gaps) > len(firsts) else ""
    raise InputError(
        f"strict data: {len(gaps)} values were filled in by a rule: {listed}{more}; exclude these candidates, choose "
        "another price series, give values of your own, or leave out strict"
    )


def imputed_share(attributes: Iterable[str], candidates: pd.DataFrame | Iterable[str], **options: Any) -> float:
    """Return the share of values that were filled in by a rule because the source has none.

    Parameters
    ----------
    attributes, candidates, **options
        As in `value_kinds`.

    Returns
    -------
    float
        Between 0 and 1, among the values that are there; NaN if none is.

    Examples
    --------
    >>> imputed_share(["electricity_price_eur_per_mwh"], ["FI1D", "FR10"])
    0.5
    """
    cells = value_kinds(candidates, attributes, **options)
    present = cells[cells["kind"] != MISSING]
    return float((present["kind"] == IMPUTED).mean())
