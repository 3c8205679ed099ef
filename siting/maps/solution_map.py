"""The portfolio map of a solution: `siting.maps.plot`, which `Solution.plot` calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from siting.errors import InputError
from siting.maps.portfolio import BOUNDARIES, portfolio_map
from siting.maps.texts import check_language, number, word

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from siting.maps.style import Style

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


def plot(
    solution: MappableSolution | Any,
    *,
    shade: str = "score",
    title: str | None = None,
    subtitle: str | None = None,
    sources: Sequence[str] | None = None,
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
    columns: Sequence[str] | None = None,
    legend: bool = True,
    ax: Axes | None = None,
) -> Any:
    """Draw the portfolio map of a solution.

    Parameters
    ----------
    solution : Solution
        Solved from a model, so that it has geography.
    shade : str, default "score"
        Attribute that shades the candidates that were not chosen.
    title : str, optional
        By default the title of the model.
    subtitle : str, optional
        By default objective, gap and proof.
    sources : sequence of str, optional
        By default those of the tables the map and the criteria rest on.
    date : datetime.date or str, optional
        Date in the footer; today, or the day of `SOURCE_DATE_EPOCH`, by default.
    language : {"en", "it"}, default "en"
        Language of the texts on the map; names and proofs stay as they are.
    style : {"light", "print"} or Style, default "light"
        For screens and colour print, or for greyscale.
    orientation : {"landscape", "portrait"}, default "landscape"
        How the sheet lies; of no effect with `ax`.
    columns : sequence of str, optional
        Attributes in the table of sites.
    legend : bool, default True
        With `ax`: whether the legend stands to the right of the map.
    ax : matplotlib.axes.Axes, optional
        Draw the bare map here, without title unless one is given.

    Returns
    -------
    Sheet or matplotlib.axes.Axes
        A sheet of A4 without `ax`, otherwise `ax`.

    Raises
    ------
    siting.errors.InputError
        If the solution has no geography, or an argument is unknown.

    Examples
    --------
    >>> import siting
    >>> cost = siting.Criterion(site=[1.0, 2.0])
    >>> siting.maps.plot(siting.solve(siting.Instance(sites=1, criteria={"cost": cost})))
    Traceback (most recent call last):
    siting.errors.InputError: the solution has no polygons to draw; solve a model instead of a bare instance
    """
    check_language(language)
    candidates = solution.candidates
    if candidates is None or not hasattr(candidates, "geometry"):
        raise InputError("the solution has no polygons to draw; solve a model instead of a bare instance")
    from siting import data

    options: dict[str, Any] = {
        "neighbours": data.neighbours(),
        "shade": shade,
        "language": language,
        "style": style,
        "legend": legend,
    }
    if ax is not None:
        return portfolio_map(candidates, solution.demand, title=title, ax=ax, **options)
    own = getattr(solution.model, "title", "") or None
    return portfolio_map(
        candidates,
        solution.demand,
        title=own if title is None else title,
        subtitle=_proof(solution, language) if subtitle is None else subtitle,
        sources=_sources(solution, [shade, *(columns or ())]) if sources is None else sources,
        date=date,
        orientation=orientation,
        columns=columns,
        criteria=solution.criteria,
        **options,
    )


def _proof(solution: MappableSolution, language: str) -> str:
    """Return objective, gap and proof in one line."""
    if solution.objective is None:
        return f"{word('none chosen', language)}: {solution.status}"
    objective = f"{word('objective', language)} {number(solution.objective, 4, language)}"
    gap = f"{word('gap', language)} {number(100 * solution.gap, 2, language)} %"
    status = word(solution.status.replace("_", " "), language)
    return f"{objective} · {gap} · {status}: {solution.proof}"


def _sources(solution: MappableSolution, shown: Sequence[str]) -> list[str]:
    """Return who is to be named for the tables behind the map and the criteria, each with its licence."""
    section = getattr(solution.model, "data", None)
    if section is None:
        return [BOUNDARIES]
    from siting import data

    folder = getattr(section, "folder", None)
    used = [
        *_ALWAYS,
        *shown,
        *(_BY_CRITERION[name] for name in solution.criteria.index if name in _BY_CRITERION),
    ]
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
    if price is not None:
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
