"""The layers of a map file: sites, candidates, service areas, demand and the countries around, in EPSG:3035."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.export.tables import about_table, is_missing, source_table, title
from siting.maps.classes import classify
from siting.maps.content import service_areas
from siting.maps.frame import frame_for
from siting.maps.reasons import exclusion_reasons
from siting.maps.style import style_named
from siting.maps.texts import check_language

if TYPE_CHECKING:
    from siting.maps.style import Style
    from siting.solution import Solution

CRS = "EPSG:3035"
GEOMETRY = "geometry"
_POLYGONS = 2
_RESERVED = frozenset({"fid", "geom", "ogc_fid"})
"""Names a GeoPackage keeps for itself."""


@dataclass(frozen=True, eq=False)
class MapLayers:
    """What a map file holds, and the classes it is drawn with.

    Attributes
    ----------
    solution : Solution
        Where it comes from.
    candidates : geopandas.GeoDataFrame
        All of them, with `site_number`, `score_class` and `exclusion_group`, which the map is drawn by.
    sites, service_areas, demand, neighbours : geopandas.GeoDataFrame or None
        None where there is nothing of the kind.
    score_classes : tuple of (str, str)
        Label and colour of each class of the score, ascending.
    exclusion_groups : tuple of str
        Reasons, the most frequent first.
    style : Style
        House colours.
    language : str
        Of the texts.
    """

    solution: Solution
    candidates: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame | None
    service_areas: gpd.GeoDataFrame | None
    demand: gpd.GeoDataFrame | None
    neighbours: gpd.GeoDataFrame | None
    score_classes: tuple[tuple[str, str], ...]
    exclusion_groups: tuple[str, ...]
    style: Style
    language: str

    @property
    def drawn(self) -> dict[str, gpd.GeoDataFrame]:
        """The layers with geometry, from the top of the map down."""
        areas, candidates = {"service_areas": self.service_areas}, {"candidates": self.candidates}
        # Bands lie on regions; places lie on the land that the areas are.
        middle = {**candidates, **areas} if are_places(self.candidates) else {**areas, **candidates}
        layers = {"sites": self.sites, **middle, "demand": self.demand, "neighbours": self.neighbours}
        return {name: layer for name, layer in layers.items() if layer is not None and len(layer)}

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables without geometry."""
        return {
            "criteria": flat(self.solution.criteria),
            "rules": flat(self.solution.rules),
            "about": about_table(self.solution),
            "sources": flat(source_table(self.solution)),
        }

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the main map in metres: far islands may lie outside."""
        frame = frame_for(self.candidates)
        return frame.left, frame.bottom, frame.right, frame.top

    @property
    def title(self) -> str:
        """What the map shows."""
        return title(self.solution)


def map_layers(solution: Solution, language: str = "en", style: str | Style = "light") -> MapLayers:
    """Return the layers of a solution.

    Parameters
    ----------
    solution : Solution
        Solved from a model.
    language : {"en", "it"}, default "en"
        Language of labels and headings; the data stay as they are.
    style : {"light", "print"} or Style, default "light"
        House colours.

    Raises
    ------
    InputError
        If language or style are unknown.

    Examples
    --------
    >>> import siting
    >>> list(map_layers(siting.solve("gigafactories")).drawn)
    ['sites', 'service_areas', 'candidates', 'demand', 'neighbours']
    """
    from siting import data

    check_language(language)
    colours = style_named(style)
    numbers = {identifier: place for place, identifier in enumerate(solution.portfolio or (), start=1)}
    table = _projected(solution.candidates)
    chosen = table["selected"].to_numpy(dtype=bool)
    codes = np.full(len(table), -1)
    codes[~chosen], groups = exclusion_reasons(table[~chosen], language)
    classes = classify(table["score"].where(~chosen & (codes < 0)), colours, language)
    candidates = flat(table).assign(
        site_number=pd.array([numbers.get(identifier) for identifier in table.index], dtype="Int64"),
        score_class=[None if code < 0 else classes.labels[code] for code in classes.codes],
        exclusion_group=[None if code < 0 else groups[code] for code in codes],
    )
    demand = solution.demand
    return MapLayers(
        solution=solution,
        candidates=candidates,
        sites=_sites(candidates) if numbers else None,
        service_areas=_service_areas(solution, numbers),
        demand=None if demand is None else _demand(demand, numbers),
        neighbours=flat(_projected(data.neighbours())),
        score_classes=tuple(zip(classes.labels, classes.colours, strict=True)),
        exclusion_groups=groups,
        style=colours,
        language=language,
    )


def are_places(frame: gpd.GeoDataFrame) -> bool:
    """Return whether a layer holds places rather than areas.

    Examples
    --------
    >>> are_places(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]))
    True
    """
    return bool((shapely.get_dimensions(frame.geometry.to_numpy()) == 0).all())


def _sites(candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the chosen candidates as points, where the facility would stand, with number and label."""
    sites = candidates[candidates["selected"]].drop(columns=["score_class", "exclusion_group"])
    points = gpd.points_from_xy(sites["longitude_degrees"], sites["latitude_degrees"], crs="EPSG:4326")
    return sites.set_geometry(points.to_crs(CRS)).assign(label=_labels(sites))


def _projected(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table in the projection of the file, its geometry under one name."""
    whole = frame.to_crs(CRS)
    return whole if whole.geometry.name == GEOMETRY else whole.rename_geometry(GEOMETRY)


def _labels(table: pd.DataFrame) -> pd.Series[Any]:
    """Return the name of each row, and its identifier where it has none."""
    identifiers = table["candidate"].astype(str)
    return table["name"].fillna(identifiers) if "name" in table else identifiers


def _demand(demand: gpd.GeoDataFrame, numbers: dict[Any, int]) -> gpd.GeoDataFrame:
    served = [numbers.get(site) for site in demand["facility"]]
    return flat(_projected(demand)).assign(site_number=pd.array(served, dtype="Int64"))


def _service_areas(solution: Solution, numbers: dict[Any, int]) -> gpd.GeoDataFrame | None:
    """Return the area each site serves, with who lives there and how far off they are; None if demand is places."""
    demand = solution.demand
    if demand is None or not (shapely.get_dimensions(demand.geometry.to_numpy()) == _POLYGONS).all():
        return None
    areas = service_areas(_projected(demand))
    sites = [site for site in numbers if site in areas]
    table = gpd.GeoDataFrame({"candidate": sites}, geometry=[areas[site] for site in sites], crs=CRS)
    table["site_number"] = [numbers[site] for site in sites]
    names = flat(solution.sites).assign(label=_labels)
    table["label"] = names.set_index("candidate").loc[[str(site) for site in sites], "label"].to_numpy()
    groups = demand.groupby("facility")
    table["demand_points"] = groups.size().reindex(sites).to_numpy()
    if "demand_share" in demand:
        table["demand_share"] = groups["demand_share"].sum().reindex(sites).to_numpy()
        if "latency_ms" in demand:
            weighted = (demand["latency_ms"] * demand["demand_share"]).groupby(demand["facility"]).sum()
            table["latency_ms"] = (weighted.reindex(sites) / table["demand_share"].to_numpy()).to_numpy()
    return flat(table.set_index("candidate"))


def flat(frame: Any) -> Any:
    """Return a table with its index as a column, texts where a driver knows no objects, and distinct column names.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Name": ["x"], "name": [("a", 1)]}, index=pd.Index(["c"], name="candidate"))
    >>> flat(table).to_dict("list")
    {'candidate': ['c'], 'Name': ['x'], 'name_2': ["('a', 1)"]}
    """
    whole = frame.reset_index()
    geometry = whole.geometry.name if isinstance(whole, gpd.GeoDataFrame) else None
    taken: set[str] = set(_RESERVED)
    names = {}
    for name in whole.columns:
        # A GeoPackage does not tell capitals apart.
        text, count = str(name), 2
        while text.casefold() in taken and name != geometry:
            text, count = f"{name}_{count}", count + 1
        taken.add(text.casefold())
        names[name] = text
    whole = whole.rename(columns=names)
    for name in whole.columns:
        if name != geometry and (whole[name].dtype == object or isinstance(whole[name].dtype, pd.StringDtype)):
            whole[name] = whole[name].map(lambda value: None if is_missing(value) else str(value)).astype(object)
    return whole
