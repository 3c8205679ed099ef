"""The shapes on the page: candidates, insets, service areas and what lies around them, as short paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting import data
from siting.interactive.geometry import Canvas, joined, simplified
from siting.maps.content import service_areas
from siting.maps.frame import (
    EUROPE,
    Frame,
    anchor_points,
    clipped,
    frame_for,
    graticule,
    ground_length,
    is_inside,
    projected,
)
from siting.maps.insets import territories

if TYPE_CHECKING:
    from collections.abc import Hashable

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_SURROUNDINGS = 0.6
"""How far around the frame land is drawn, as a share of its width."""
_INSET_UNITS = 2_000
_TOLERANCE_UNITS = 1.0


@dataclass(frozen=True)
class Picture:
    """The tables of a map in EPSG:3035 and the grid their shapes are written on.

    Attributes
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate.
    demand : geopandas.GeoDataFrame or None
        Demand points with `facility`, if they are areas.
    canvas : Canvas
        The grid over the main frame.
    inside : numpy.ndarray
        True for candidates in the main frame; the others stand in insets.
    """

    candidates: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame | None
    canvas: Canvas
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame | None) -> Picture:
        """Return the picture of some tables.

        Parameters
        ----------
        candidates : geopandas.GeoDataFrame
            In any projection.
        demand : geopandas.GeoDataFrame or None
            Demand points, perhaps without geometry.

        Raises
        ------
        InputError
            If a table cannot be drawn.
        """
        shown = projected(candidates, "candidates")
        frame = frame_for(shown)
        return cls(shown, _areas(demand), Canvas.over(frame), is_inside(shown, frame))

    @property
    def are_points(self) -> bool:
        """Whether the candidates are places rather than areas."""
        return bool((shapely.get_dimensions(self.candidates.geometry.to_numpy()) == 0).all())

    @property
    def _around(self) -> Frame:
        frame, margin = self.canvas.frame, _SURROUNDINGS * self.canvas.frame.width
        return Frame(frame.left - margin, frame.bottom - margin, frame.right + margin, frame.top + margin)

    def shapes(self, language: str) -> dict[str, Any]:
        """Return path, box and marker of every candidate, and the insets of those outside the frame.

        Parameters
        ----------
        language : str
            Language of the titles of insets.
        """
        tolerance = _TOLERANCE_UNITS * self.canvas.unit
        geometry = simplified(self.candidates.geometry.to_numpy(), tolerance)
        anchors = self.canvas.units(anchor_points(self.candidates)).tolist()
        paths, stroked, boxes, insets = [], [], [], np.full(len(geometry), -1)
        for shape in geometry:
            path = self.canvas.path(shape)
            paths.append(path or self.canvas.dots(shape))
            stroked.append(int(not path))
            boxes.append(self.canvas.box(shape))
        drawn = []
        for number, territory in enumerate(territories(self.candidates[~self.inside], language)):
            rows = self.candidates.index.get_indexer(territory.rows)
            insets[rows] = number
            canvas = Canvas.over(Frame(*territory.bounds), _INSET_UNITS)
            own = self.candidates.geometry.iloc[rows].to_crs(territory.crs)
            for row, shape in zip(rows.tolist(), own, strict=True):
                path = canvas.path(shape)
                paths[row], stroked[row], boxes[row] = path or canvas.dots(shape), int(not path), canvas.box(shape)
                anchors[row] = canvas.units(shapely.get_coordinates(shapely.point_on_surface(shape)))[0].tolist()
            land = self._land_of(territory.crs, canvas) if self.are_points else ""
            drawn.append({"name": territory.name, "size": canvas.size, "metres": canvas.unit, "land": land})
        return {
            "paths": paths,
            "stroked": stroked,
            "boxes": boxes,
            "anchors": anchors,
            "inset": insets.tolist(),
            "insets": drawn,
        }

    def _land_of(self, crs: str, canvas: Canvas) -> str:
        """Return the demand areas of an inset, as land under candidates that are places."""
        if self.demand is None:
            return ""
        far = self.demand[~is_inside(self.demand, self.canvas.frame)].to_crs(crs)
        return "".join(canvas.path(shape) for shape in far.geometry[far.intersects(canvas.frame.polygon)])

    def base(self) -> dict[str, Any]:
        """Return what lies under and over the candidates: land, graticule, borders of countries."""
        frame, canvas = self.canvas.frame, self.canvas
        land = [canvas.path(shape) for shape in clipped(data.neighbours().geometry, self._around)]
        union = self._union()
        return {
            "size": canvas.size,
            "metres": canvas.unit * ground_length(frame, frame.width / 4) / (frame.width / 4),
            "neighbours": "".join(land),
            "union": "".join(canvas.path(shape) for shape in union),
            "graticule": canvas.lines(graticule(self._around, 10 if frame.width > EUROPE.width / 2 else 5)),
            "borders": self._borders(union),
        }

    def _union(self) -> list[BaseGeometry]:
        """Return the member states where the candidates do not cover them."""
        states = data.boundaries("nuts2")
        own = self.candidates.geometry[self.inside].area.sum()
        if own > 0.97 * states.geometry[is_inside(states, EUROPE)].area.sum():
            return []
        whole = states.geometry.groupby(states["country"]).agg(joined)
        return clipped(simplified(whole.to_numpy(), 2 * self.canvas.unit), self._around)

    def _borders(self, union: list[BaseGeometry]) -> str:
        """Return coasts and borders of the countries of the candidates, or else of those under them."""
        table = self.candidates[self.inside]
        areas = table[shapely.get_dimensions(table.geometry.to_numpy()) == 2]
        if "country" not in areas.columns or areas.empty:
            return "".join(self.canvas.path(shape) for shape in union)
        countries = areas.geometry.groupby(areas["country"].astype(str)).agg(joined)
        shapes = simplified(countries.to_numpy(), _TOLERANCE_UNITS * self.canvas.unit)
        return "".join(self.canvas.path(shape) for shape in shapes)

    def service_areas(self) -> dict[Hashable, str]:
        """Return the area each chosen site serves inside the frame, as paths; empty if users are no areas."""
        if self.demand is None:
            return {}
        seen = self.demand[shapely.intersects(self.demand.geometry.to_numpy(), self.canvas.frame.polygon)]
        areas = service_areas(seen, 2 * self.canvas.unit)
        return {site: self.canvas.path(area) for site, area in areas.items()}


def _areas(demand: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the demand points if they are areas and it is known who serves them."""
    if demand is None or "facility" not in demand.columns or not hasattr(demand, "geometry"):
        return None
    if (shapely.get_dimensions(demand.geometry.to_numpy()) < 2).any() or not demand["facility"].notna().any():
        return None
    return projected(demand, "demand points")
