"""The source line: who is to be named for the tables behind the map of a solution, each with its licence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from siting.maps.page import BOUNDARIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

_BOUNDARY_SOURCE = "nuts_2021"
_NEIGHBOUR_SOURCE = "natural_earth"
_LATENCY_SOURCE = "azure_round_trip"
_CITY_SOURCE = "geonames"
_ZONE_SOURCES = ("entsoe_zone_prices", "bidding_zone_map")
_SHIPPED = frozenset({"nuts2", "nuts3", "grid_nodes", "cells", "cities"})
"""Names of tables that come with the package: their sources are named, and not they."""
_ALWAYS = ("longitude_degrees", "grid_capacity_mva", "large_enterprise_eligible", "population")
"""Attributes in the table of sites, and the place of the markers."""
_BY_CRITERION = {"energy_cost": "pue", "carbon": "carbon_intensity_g_per_kwh"}
_OPEN_STREET_MAP = "© OpenStreetMap contributors (ODbL 1.0)"


class MappableSolution(Protocol):
    """What a solution must offer to be drawn.

    Attributes
    ----------
    candidates, demand : geopandas.GeoDataFrame or None
        As `portfolio_map` reads them.
    criteria : pandas.DataFrame
        Columns `value`, `unit`, `weight`.
    model : object or None
        With `title` and `data` if it is a model of this package.
    objective : float or None
        What is held.
    gap : float
        Relative distance to the bound.
    status, proof : str
        Why the search stopped, and how optimality was proven.
    """

    candidates: Any
    demand: Any
    criteria: Any
    model: Any
    objective: float | None
    gap: float
    status: str
    proof: str


def sources_of(solution: MappableSolution, shown: Iterable[str], *, judged: bool = True) -> list[str]:
    """Return who is to be named for the tables behind a map and the criteria, each with its licence.

    Parameters
    ----------
    solution : MappableSolution
        The solution on the map.
    shown : iterable of str
        Attributes on the map beside those that are always shown.
    judged : bool, default True
        Whether the map also rests on the criteria: on scores, on what was chosen and why.

    Returns
    -------
    list of str
        One text per publisher, that of the boundaries first; only this for a solution without a model.
    """
    section = getattr(solution.model, "data", None)
    if section is None:
        return [BOUNDARIES]
    from siting import data

    folder = getattr(section, "folder", None)
    used = [*shown]
    if judged:
        used += [*_ALWAYS, *(_BY_CRITERION[name] for name in solution.criteria.index if name in _BY_CRITERION)]
    table = data.sources(folder)
    keys = _keys_of(data.coverage(folder), used)
    if "latency_ms" in getattr(solution.demand, "columns", ()):
        keys.add(_LATENCY_SOURCE)
    keys.add(_NEIGHBOUR_SOURCE)
    if str(section.demand) == "cities":
        keys.add(_CITY_SOURCE)
    if getattr(section, "bidding_zones", False):
        keys.update(_ZONE_SOURCES)
    price = getattr(section, "price_series", None)
    if price is not None and (judged or any(name.startswith("electricity_price") for name in used)):
        prices = data.electricity_prices(
            price, section.price_period, tax_adjustments=section.tax_adjustments, directory=folder
        )
        keys |= {key for cell in prices["source"] for key in str(cell).split("; ")}
    keys = _with_origins(table, keys)
    named = [BOUNDARIES]
    named += [_citation(table.loc[key]) for key in table.index if key in keys and key != _BOUNDARY_SOURCE]
    own = [str(value) for value in (section.candidates, section.demand) if str(value) not in _SHIPPED]
    return list(dict.fromkeys([*(text for text in named if text), *own]))


def _keys_of(coverage: pd.DataFrame, columns: Sequence[str]) -> set[str]:
    """Return the source keys of the attributes among some columns."""
    rows = coverage[coverage.index.get_level_values("attribute").isin(columns)]
    return {key for cell in rows["sources"] for key in str(cell).split("; ") if key}


def _with_origins(table: pd.DataFrame, keys: Iterable[str]) -> set[str]:
    """Add the sources that derived tables were made from, all the way down."""
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in found or key not in table.index:
            continue
        found.add(key)
        origins = table.loc[key, "derived_from"]
        waiting += [str(origin) for origin in origins] if isinstance(origins, list | tuple) else []
    return found


def _citation(source: pd.Series) -> str:
    """Return publisher and licence of a source; nothing for the project's own tables."""
    publisher = str(source["publisher"])
    if publisher.startswith("siting"):
        return ""
    if "OpenStreetMap" in publisher:
        return _OPEN_STREET_MAP
    licence = str(source["licence"]).split(";")[0].split(" (")[0]
    return f"{publisher.replace('; ', ', ')} ({licence})"
