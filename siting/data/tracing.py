"""The chain behind one value: its row, the rows and parameters it was computed from, and the source of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.data import checking, reading, zones
from siting.data.candidate_sets import candidates
from siting.data.inheritance import INHERITED, row_rules, set_rules
from siting.data.prices import WHOLESALE, electricity_prices, table_of
from siting.data.provenance import PRICE, attribute_entry
from siting.data.regions import folder
from siting.data.strictness import H3_INDEX
from siting.data.tables import EU27
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from pathlib import Path

Link = dict[str, Any]
CHAIN_COLUMNS = (
    "attribute", "region", "value", "unit", "year", "grade", "rule", "note",
    "table", "source", "title", "publisher", "licence", "url", "depth",
)  # fmt: skip
PARAMETERS = {
    "peak_load_mw": ("grid_parameters", ("peak_to_mean_load", "population_share_of_load")),
    "grid_capacity_mva": ("grid_parameters", ("usable_share_of_import", "share_of_spare_import")),
    "firm_generation_mw": ("generation_derating", ()),
    "import_capacity_mva": ("line_types", ()),
}
"""Table of assumptions an attribute rests on, and which of its parameters; no names: the table as a whole."""
BANDS = ("eurostat_IG", "eurostat_IF")


def _records(rows: pd.DataFrame) -> list[Link]:
    """Return rows as mappings of column to cell."""
    return [{str(key): cell for key, cell in row.items()} for row in rows.to_dict("records")]


def _parameters(name: str, directory: Path | None) -> list[Link]:
    """Return the assumptions behind an attribute; a table used as a whole is one row that names it."""
    if name not in PARAMETERS:
        return []
    table, wanted = PARAMETERS[name]
    rows = checking.read_text_table(reading.locate(f"{table}.csv", directory), ("grade", "source", "note"))
    if not wanted:
        note = f"all {len(rows)} rows of {table}.csv"
        first = rows.iloc[0]
        return [{"attribute": table, "grade": first["grade"], "source": first["source"], "note": note, "table": table}]
    chosen = rows[rows["parameter"].isin(wanted)]
    return [{**row, "attribute": row["parameter"], "table": table} for row in _records(chosen)]


def _climate_class(zone: str, directory: Path | None) -> list[Link]:
    """Return the rows that turn a climate zone into a class and a power usage effectiveness."""
    path = reading.locate("climate_classes.csv", directory)
    rows = checking.read_text_table(path, ("zone", "minimum_latitude_degrees", "climate_class", "pue"))
    links = []
    for row in _records(rows[rows["zone"] == zone]):
        north = f" from {row['minimum_latitude_degrees']} N" if row["minimum_latitude_degrees"] else ""
        value = f"{zone}{north}: {row['climate_class']}, PUE {row['pue']}"
        links.append({**row, "attribute": "climate_classes", "value": value, "table": "climate_classes"})
    return links


def _deeper(links: Iterable[Link], depth: int) -> list[Link]:
    return [{**link, "depth": depth} for link in links]


def _region_links(name: str, region: str, depth: int, directory: Path | None) -> list[Link]:
    """Return the row of one attribute, and after it those of its inputs and parameters."""
    entry = attribute_entry(name, directory)
    rows = reading.values(directory)
    code = region[:2] if entry["level"] == "country" else region
    found = rows[(rows["attribute"] == name) & (rows["region"] == code)]
    chain = _deeper(_records(found), depth)
    for part in entry["inputs"].split():
        chain += _region_links(part, region, depth + 1, directory)
    if name == "climate_class" and chain:
        chain += _deeper(_climate_class(str(chain[-1]["value"]), directory), depth + 1)
    return chain + _deeper(_parameters(name, directory), depth + 1)


def _text(value: Any) -> str:
    """Return a computed value as text; empty where it is missing."""
    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value).lower() if str(value) in {"True", "False"} else str(value)


def _set_links(name: str, candidate: pd.Series[Any], level: str, depth: int, directory: Path | None) -> list[Link]:
    """Return how a candidate of a set comes by an attribute: its own row, a rule of the set, or its region."""
    rules = set_rules(directory)
    region = str(candidate.get("nuts3", candidate.name))
    if (level, name) not in rules.index:
        return _region_links(name, str(candidate.name), depth, directory)
    rule = {str(key): str(cell) for key, cell in rules.loc[[(level, name)]].iloc[0].items()}
    rule["rule"] = str(row_rules(candidate.to_frame().T, name, rule["rule"]).iloc[0])
    entry = attribute_entry(name, directory)
    link = {
        "attribute": name, "region": str(candidate.name), "value": _text(candidate.get(name)), "unit": entry["unit"],
        "table": "candidate_sets", "depth": depth,
        **{key: rule[key] for key in ("year", "grade", "rule", "note", "source")},
    }  # fmt: skip
    if rule["rule"] in INHERITED:
        code = region if INHERITED[rule["rule"]] == "nuts3" else region[:4]
        above = _region_links(name, code, depth + 1, directory)
        # An inherited value is as old and as good as that of the region.
        origin = {key: above[0][key] for key in ("year", "grade", "source")} if above else {}
        return [{**link, **origin}, *above]
    chain = [link]
    for part in rule["inputs"].split():
        other, _, attribute = part.rpartition(":")
        if other:
            chain += _region_links(attribute, region[: {"nuts2": 4, "nuts3": 5}[other]], depth + 1, directory)
        else:
            chain += _set_links(part, candidate, level, depth + 1, directory)
    if name == "climate_class":
        chain += _deeper(_climate_class(_text(candidate.get("climate_zone")), directory), depth + 1)
    return chain


def _found(candidate: str, directory: Path | None) -> tuple[pd.Series[Any], str]:
    """Return a candidate of any set as a row, and the name of the set."""
    if candidate in reading.layer("nuts2", None).index:
        level = "nuts2"
    elif candidate in reading.region_codes():
        level = "nuts3"
    elif re.fullmatch(H3_INDEX, candidate):
        level = "cells"
    else:
        level = "grid_nodes"
    options = {"resolution": int(candidate[1], 16)} if level == "cells" else {}
    table = candidates(level, directory, **options)
    if candidate not in table.index:
        known = [*reading.region_codes(), *(table.index if level == "grid_nodes" else ())]
        near = [code for code in known if len(code) == len(candidate)] or known
        raise InputError(f"'{candidate}' is not a NUTS 2021 region, grid node or cell{suggestion(candidate, near)}")
    row: pd.Series[Any] = table.drop(columns="geometry").loc[candidate]
    return row, level


def candidate(identifier: str, directory: str | PathLike[str] | None = None) -> pd.Series[Any]:
    """Return everything the tables hold about one candidate of any set.

    Parameters
    ----------
    identifier : str
        NUTS-2 or NUTS-3 code, identifier of a grid node, or H3 index of a cell.
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    pandas.Series
        One entry per attribute, without the geometry.

    Raises
    ------
    siting.errors.InputError
        If there is no such candidate.

    Examples
    --------
    >>> candidate("FR101")["name"], candidate("FR10")["name"]
    ('Paris', 'Ile-de-France')
    """
    return _found(identifier, folder(directory))[0]


def _price_link(country: str, series: str, period: str, directory: Path | None) -> Link:
    """Return the row of the price table."""
    price = electricity_prices(series, period, tax_adjustments=False, directory=directory).loc[country]
    value = price["base_eur_per_mwh"]
    return {
        "attribute": PRICE, "region": country, "value": "" if pd.isna(value) else f"{value:.1f}",
        "unit": "EUR/MWh", "table": table_of(series, period),
        **{key: price[key] for key in ("year", "grade", "rule", "note", "source")},
    }  # fmt: skip


def _filled_from(link: Link, series: str, period: str, directory: Path | None) -> list[Link]:
    """Return the rows from which a missing price was filled in, as its rule and its note name them."""
    rule, note, country = link["rule"], str(link["note"]), link["region"]
    wanted: list[tuple[str, str, str]] = []
    if rule == "other_band_times_union_ratio":
        wanted = [(country, BANDS[1 - BANDS.index(series)], period)]
    elif rule == "same_band_adjacent_semester":
        wanted = [(country, series, near) for near in re.findall(r"\d{4}-S[12]", note)]
    elif rule == "mean_of_neighbouring_countries":
        wanted = [(near, series, period) for near in re.findall(r"\b[A-Z]{2}\b", note)]
    elif rule == "retail_less_adders":
        wanted = [(country, BANDS[1], f"{period}-{half}") for half in ("S1", "S2")]
    links = [{**_price_link(*key, directory), "attribute": f"{key[1]} {key[2]}"} for key in wanted]
    if rule in {"wholesale_plus_adders", "retail_less_adders"}:
        links += _adder_links(country, "electricity_adders", directory)
    return links


def _adder_links(country: str, name: str, directory: Path | None) -> list[Link]:
    """Return what is added to the price of a country."""
    path = reading.locate(f"{name}.csv", directory)
    added = checking.read_text_table(path, ("country", "value", "unit", "year", "source", "grade", "note"))
    added = added[added["country"] == country]
    kind = added.get("adder", "data_centre_tax")
    return _records(added.assign(region=country, table=name, attribute=kind))


def _zone_links(candidate: pd.Series[Any], period: str, directory: Path | None) -> list[Link]:
    """Return the price of the bidding zone, the row that puts the candidate there, and what the price was made of."""
    regions, prices = zones.zone_tables(directory)
    codes = (candidate.get("nuts3"), candidate.get("nuts2"), candidate.name)
    here = next((regions[regions["region"] == code] for code in codes if code in set(regions["region"])), None)
    if here is None:
        return []
    zones.zone_prices(period, directory)  # says which periods there are
    of_zone = prices[prices["zone"] == here["zone"].iloc[0]].set_index("period", drop=False)

    def link(year: str) -> Link:
        row = of_zone.loc[year]
        common = {key: row[key] for key in ("unit", "year", "grade", "rule", "note", "source")}
        return {
            **common,
            "attribute": PRICE,
            "region": row["zone"],
            "value": f"{row['value']:.2f}",
            "table": zones.PRICES,
        }

    placed = [{**row, "attribute": "bidding_zone", "value": row["zone"], "table": zones.MAP} for row in _records(here)]
    chain = _deeper([link(period)], 0) + _deeper(placed, 1)
    if chain[0]["rule"] == zones.RATIO:
        national = [_price_link(str(candidate["country"]), WHOLESALE, year, directory)
                    for year in (period, zones.MEASURED_YEAR)]  # fmt: skip
        chain += _deeper([national[0], link(zones.MEASURED_YEAR), national[1]], 1)
    return chain


def _price_links(
    candidate: pd.Series[Any], series: str, period: str, directory: Path | None, *, bidding_zones: bool
) -> list[Link]:
    """Return the price of the country or zone, what it was filled in from, and the adjustment added to it."""
    country = str(candidate["country"])
    if bidding_zones and series != WHOLESALE:
        raise InputError(f"bidding_zones needs series 'wholesale', not {series!r}")
    base = _price_link(country, series, period, directory)
    chain = _zone_links(candidate, period, directory) if bidding_zones else []
    if not chain:
        chain = _deeper([base], 0) + _deeper(_filled_from(base, series, period, directory), 1)
    if series == WHOLESALE:
        return chain + _deeper(_adder_links(country, "electricity_adders", directory), 0)
    if series in BANDS:
        return chain + _deeper(_adder_links(country, "electricity_tax_adjustments", directory), 0)
    return chain


def trace(
    candidate: str,
    attribute: str,
    *,
    series: str = "eurostat_IG",
    period: str = "2025-S2",
    bidding_zones: bool = False,
    directory: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Return the chain behind one value: its row, the rows it was computed from, and the source of each.

    Parameters
    ----------
    candidate : str
        NUTS code of a candidate, demand point or country; identifier of a grid node; H3 index of a cell.
    attribute : str
        A name from `attributes()`, or "electricity_price_eur_per_mwh".
    series, period : str
        Which price is traced; see `electricity_prices`.
    bidding_zones : bool, default False
        Whether a candidate in a country of several bidding zones pays the price of its own, as `bidding_zones = true`
        in the `[data]` section of a model says; only with the series "wholesale".
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    pandas.DataFrame
        The value first, its inputs after it; columns `attribute`, `region`, `value`, `unit`, `year`, `grade`,
        `rule`, `note`, `table`, `source`, `title`, `publisher`, `licence`, `url`, and `depth`: 0 for the value
        itself (and what is added to a price), 1 for what it was computed from, 2 for what that was, and so on.

    Raises
    ------
    siting.errors.InputError
        If there is no such candidate or attribute, or bidding zones are asked of another series.

    Examples
    --------
    The price of band IG is filled in from band IF, and the tax of data centres is added:

    >>> trace("FI1D", "electricity_price_eur_per_mwh")[["value", "depth"]].to_numpy().tolist()
    [['38.0', 0], ['42.2', 1], ['21.9', 0]]

    Scania lies in the southernmost zone of Sweden:

    >>> chain = trace("SE22", "electricity_price_eur_per_mwh", series="wholesale", period="2023", bidding_zones=True)
    >>> chain[["region", "value", "table"]].head(2).to_numpy().tolist()
    [['SE4', '64.88', 'electricity_prices_zones'], ['SE22', 'SE4', 'bidding_zones']]
    """
    where = folder(directory)
    if len(candidate) == len("IT") and candidate in EU27:
        found, level = pd.Series({"country": candidate}, name=candidate), "country"
    else:
        found, level = _found(candidate, where)
    if attribute == PRICE:
        chain = _price_links(found, series, period, where, bidding_zones=bidding_zones)
    else:
        attribute_entry(attribute, where)
        chain = _set_links(attribute, found, level, 0, where)
    table = reading.source_table(where)
    for row in chain:
        described = table.get(row.get("source", ""), {})
        row.update({key: described.get(key, "") for key in ("title", "publisher", "licence", "url")})
    return pd.DataFrame(chain).reindex(columns=list(CHAIN_COLUMNS)).fillna("")
