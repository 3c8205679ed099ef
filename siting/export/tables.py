"""The tables that go with every map and workbook: what is held, and who says so."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pandas as pd

from siting._version import __version__
from siting.maps.attribute_names import attribute_label, attribute_unit

if TYPE_CHECKING:
    from siting.solution import Solution

PRICE = "electricity_price_eur_per_mwh"
_LATENCY = "latency_ms"
_LATENCY_SOURCE = "azure_round_trip"
_ZONE_SOURCES = ("entsoe_zone_prices", "bidding_zone_map")
_SHIPPED = frozenset({"nuts2", "nuts3", "grid_nodes", "cells", "cities"})
"""Names of tables that come with the package."""
_BOUNDARY_SOURCES = ("nuts_2021", "natural_earth")
_SOURCE_COLUMNS = ("title", "publisher", "licence", "vintage", "retrieved", "grade", "url", "attributes")
_COLUMNS_OF_THE_SOLUTION = {
    "selected": ("Chosen", "Scelto"),
    "facility": ("Closest chosen site", "Sito scelto più vicino"),
    "excluded": ("Excluded", "Escluso"),
    "exclusion_reason": ("Why it is excluded", "Motivo dell'esclusione"),
    "score": ("Score of a single site, 0 to 1", "Punteggio del singolo sito, da 0 a 1"),
    "demand_share": ("Share of all demand", "Quota della domanda totale"),
    "latency_ms": ("Round trip to the serving site", "Latenza verso il sito che serve"),
    "contribution_demand_share": ("Share of all demand served", "Quota della domanda servita"),
}
_UNITS = {"latency_ms": "ms", "score": "", "longitude_degrees": "°", "latitude_degrees": "°"}


def moment() -> dt.datetime:
    """Return the time a file is written, or that of the environment variable SOURCE_DATE_EPOCH.

    Examples
    --------
    >>> moment().tzinfo
    datetime.timezone.utc
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = dt.datetime.now(tz=dt.UTC)
    return dt.datetime.fromtimestamp(int(epoch), tz=dt.UTC) if epoch else now.replace(microsecond=0)


def title(solution: Solution) -> str:
    """Return what the solution is an answer to, in one line; empty for a bare instance."""
    return "" if solution.model is None else " ".join((solution.model.title or solution.model.source).split())


def about_table(solution: Solution) -> pd.DataFrame:
    """Return what a reader of the file alone has to know: columns `item` and `value`, both texts.

    Examples
    --------
    >>> import siting
    >>> solution = siting.solve(siting.Instance(sites=1, criteria={"cost": siting.Criterion(site=[2.0, 1.0])}))
    >>> about_table(solution).set_index("item").loc["portfolio", "value"]
    '1'
    """
    facts = {
        "portfolio": ", ".join(map(str, solution.portfolio or ())),
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "status": solution.status,
        "proof": solution.proof,
        "model": title(solution),
        "version": f"siting {__version__}",
    }
    texts = ["" if value is None else str(value) for value in facts.values()]
    return pd.DataFrame({"item": list(facts), "value": texts})


def source_table(solution: Solution) -> pd.DataFrame:
    """Return the sources of every attribute of the candidates and the demand.

    Returns
    -------
    pandas.DataFrame
        Index `source`; columns `title`, `publisher`, `licence`, `vintage`, `retrieved`, `grade`, `url` and
        `attributes` (which attributes rest on it). A table of the user's own is listed under its name, without
        publisher. No rows for a bare instance.

    Examples
    --------
    >>> import siting
    >>> source_table(siting.solve("gigafactories")).loc["osm_grid", "licence"]
    'ODbL-1.0'
    """
    if solution not in _source_tables:
        _source_tables[solution] = _gathered_sources(solution)
    return _source_tables[solution].copy()


_source_tables: WeakKeyDictionary[Solution, pd.DataFrame] = WeakKeyDictionary()
"""Reading all tables takes half a second, and every format names the sources."""


def _gathered_sources(solution: Solution) -> pd.DataFrame:
    if solution.model is None:
        return pd.DataFrame(columns=list(_SOURCE_COLUMNS), index=pd.Index([], name="source"), dtype=object)
    from siting import data

    section = solution.model.data
    known = data.sources(solution.model.case.data_folder)
    uses = _with_origins(_attributes_by_source(solution), known)
    rows = {
        key: {column: _text(known.loc[key].get(column)) for column in _SOURCE_COLUMNS[:-1]}
        | {"attributes": ", ".join(uses[key])}
        for key in known.index
        if key in uses
    }
    tables = {"candidates": section.candidates, "demand": section.demand}
    for what, table in tables.items():
        if str(table) not in _SHIPPED:
            rows[str(table)] = dict.fromkeys(_SOURCE_COLUMNS, "") | {"title": f"{what}: a table of the user's own"}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_SOURCE_COLUMNS)).rename_axis("source")


def _attributes_by_source(solution: Solution) -> dict[str, list[str]]:
    """Return the attributes that name each source."""
    from siting import data

    assert solution.model is not None  # noqa: S101 - asked for above
    section, folder = solution.model.data, solution.model.case.data_folder
    columns = [str(name) for name in solution.candidates.columns]
    columns += [str(name) for name in getattr(solution.demand, "columns", ())]
    uses: dict[str, list[str]] = {key: ["boundaries"] for key in _BOUNDARY_SOURCES}
    coverage = data.coverage(folder)
    names = coverage.index.get_level_values("attribute")
    for attribute, cell in zip(names, coverage["sources"], strict=True):
        if attribute in columns:
            for key in filter(None, str(cell).split("; ")):
                uses.setdefault(key, []).append(str(attribute))
    if _LATENCY in columns:
        uses.setdefault(_LATENCY_SOURCE, []).append(_LATENCY)
    if PRICE in columns and section.price_series is not None:
        prices = data.electricity_prices(
            section.price_series, section.price_period, tax_adjustments=section.tax_adjustments, directory=folder
        )
        keys = {key for cell in prices["source"] for key in str(cell).split("; ")}
        keys.update(_ZONE_SOURCES if section.bidding_zones else ())
        for key in keys:
            uses.setdefault(key, []).append(PRICE)
    return {key: list(dict.fromkeys(names)) for key, names in uses.items()}


def _with_origins(uses: dict[str, list[str]], known: pd.DataFrame) -> dict[str, list[str]]:
    """Add the sources that derived tables were made from, all the way down."""
    waiting = list(uses)
    while waiting:
        key = waiting.pop()
        origins: Any = known.loc[key, "derived_from"] if key in known.index else None
        for origin in origins if isinstance(origins, list | tuple) else ():
            new = [name for name in uses[key] if name not in uses.setdefault(str(origin), [])]
            if new:
                uses[str(origin)] += new
                waiting.append(str(origin))
    return uses


def is_missing(value: Any) -> bool:
    """Return whether a cell holds nothing; a list or a tuple is something.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing(0), is_missing(())
    (True, False, False)
    """
    return value is None or (not isinstance(value, list | tuple | dict | set | frozenset) and bool(pd.isna(value)))


def _text(value: Any) -> str:
    """Return a cell as text in one line; empty if it is missing."""
    return "" if is_missing(value) else " ".join(str(value).split())


def heading(column: str, language: str) -> str:
    """Return what a column is called for people, with its unit.

    Examples
    --------
    >>> heading("electricity_price_eur_per_mwh", "en"), heading("score", "it")
    ('Electricity price (EUR/MWh)', 'Punteggio del singolo sito, da 0 a 1')
    """
    unit = _UNITS.get(column, attribute_unit(column))
    name = column_name(column, language)
    return f"{name} ({unit})" if unit else name


def column_name(column: str, language: str) -> str:
    """Return what a column is called for people, without its unit.

    Examples
    --------
    >>> column_name("electricity_price_eur_per_mwh", "en")
    'Electricity price'
    """
    if column in _COLUMNS_OF_THE_SOLUTION:
        return _COLUMNS_OF_THE_SOLUTION[column][0 if language == "en" else 1]
    return attribute_label(column, language)


def credits_line(solution: Solution) -> str:
    """Return who is to be named on a map: each publisher with its licence."""
    from siting.maps import BOUNDARIES

    table = source_table(solution)
    named = [BOUNDARIES]
    for key, row in table.iterrows():
        publisher = str(row["publisher"])
        if key == _BOUNDARY_SOURCES[0] or not publisher or publisher.startswith("siting"):
            continue
        licence = str(row["licence"]).split(";")[0].split(" (")[0]
        publisher = "© OpenStreetMap contributors" if "OpenStreetMap" in publisher else publisher.replace("; ", ", ")
        named.append(f"{publisher} ({licence})")
    return "; ".join(dict.fromkeys(named))
