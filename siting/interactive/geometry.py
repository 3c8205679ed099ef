"""From metres to the short integer paths a browser draws: one grid for all shapes, so that borders stay shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.maps.frame import Frame

_UNITS_ACROSS = 40_000
"""Units of the grid across the frame: about 100 m in the frame of Europe."""
_MOST_VERTICES = 120_000
"""A page with more would take seconds to draw."""
_LEAST_CORNERS = 3


@dataclass(frozen=True)
class Canvas:
    """A frame in metres with a grid of integers over it, the origin at its upper left, y pointing down.

    Attributes
    ----------
    frame : Frame
        What the grid covers; places outside it have negative or larger numbers.
    unit : float
        Metres from one line of the grid to the next.

    Examples
    --------
    >>> from siting.maps.frame import Frame
    >>> canvas = Canvas(Frame(0.0, 0.0, 100.0, 50.0), unit=10.0)
    >>> canvas.size, canvas.path(shapely.box(10, 10, 30, 20))
    ((10, 5), 'M3 4l0-1-2 0 0 1z')
    """

    frame: Frame
    unit: float

    @classmethod
    def over(cls, frame: Frame, units: int = _UNITS_ACROSS) -> Canvas:
        """Return a grid with this many units along the longer side of the frame."""
        return cls(frame, max(frame.width, frame.height) / units)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in units."""
        return round(self.frame.width / self.unit), round(self.frame.height / self.unit)

    def units(self, metres: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return places on the grid, shape (places, 2), for places in metres."""
        origin = np.array([self.frame.left, self.frame.top])
        places: NDArray[np.int64] = np.rint((metres - origin) / (self.unit, -self.unit)).astype(np.int64)
        return places

    def path(self, geometry: BaseGeometry) -> str:
        """Return the areas of a geometry as the `d` of an SVG path; empty if nothing is left of them on the grid."""
        return "".join(self._ring(ring) for ring in shapely.get_rings(_areas(geometry)))

    def dots(self, geometry: BaseGeometry) -> str:
        """Return the points and lines of a geometry as a path to be stroked; an area becomes a point inside it."""
        parts = shapely.get_parts(shapely.get_parts(geometry))
        lines = [
            shapely.point_on_surface(part) if shapely.get_dimensions(part) == 2 else part for part in parts.tolist()
        ]
        return "".join(_moves(self.units(shapely.get_coordinates(line)), "h0") for line in lines)

    def lines(self, geometry: BaseGeometry) -> str:
        """Return the lines of a geometry as a path."""
        parts = shapely.get_parts(shapely.get_parts(geometry)).tolist()
        return "".join(
            _moves(self.units(shapely.get_coordinates(part)), "") for part in parts if shapely.get_dimensions(part) == 1
        )

    def box(self, geometry: BaseGeometry) -> list[int]:
        """Return left, top, right, bottom of a geometry on the grid."""
        left, bottom, right, top = geometry.bounds
        corners = self.units(np.array([[left, top], [right, bottom]]))
        return [int(value) for value in corners.ravel()]

    def _ring(self, ring: BaseGeometry) -> str:
        corners = _distinct(self.units(shapely.get_coordinates(ring)[:-1]))
        return _moves(corners, "") + "z" if len(corners) >= _LEAST_CORNERS else ""


def _areas(geometry: BaseGeometry) -> NDArray[np.object_]:
    """Return the polygons of a geometry, however deep in collections."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    polygons: NDArray[np.object_] = parts[shapely.get_dimensions(parts) == 2]
    return polygons


def _distinct(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Drop places that repeat the one before."""
    kept = np.ones(len(places), dtype=bool)
    kept[1:] = (np.diff(places, axis=0) != 0).any(axis=1)
    return places[kept]


def _moves(places: NDArray[np.int64], alone: str) -> str:
    """Return a line through places as relative moves; `alone` follows a place that stands alone."""
    places = _distinct(places)
    start = f"M{places[0, 0]} {places[0, 1]}"
    if len(places) == 1:
        return start + alone
    steps = " ".join(map(str, np.diff(places, axis=0).ravel().tolist()))
    return f"{start}l{steps}".replace(" -", "-")


def simplified(shapes: Sequence[BaseGeometry] | NDArray[np.object_], tolerance: float) -> NDArray[np.object_]:
    """Return shapes with no more vertices than a page can draw; borders shared by neighbours stay shared.

    Parameters
    ----------
    shapes : sequence of shapely.Geometry
        In metres; those that are not areas stay as they are.
    tolerance : float
        Metres that are too small to be seen; doubled until the vertices are few enough.

    Returns
    -------
    numpy.ndarray
        As many geometries, in the same order.

    Examples
    --------
    >>> circle = shapely.Point(0, 0).buffer(1000, quad_segs=64)
    >>> int(shapely.get_num_coordinates(circle)), int(shapely.get_num_coordinates(simplified([circle], 50.0)[0]))
    (257, 28)
    """
    kept = np.array(shapes, dtype=object)
    areas = shapely.get_dimensions(kept) == 2
    if not areas.any():
        return kept
    together: Any = shapely.coverage_simplify if shapely.coverage_is_valid(kept[areas]) else shapely.simplify
    while True:
        kept[areas] = together(kept[areas], tolerance)
        if shapely.get_num_coordinates(kept).sum() <= _MOST_VERTICES or tolerance > np.ptp(shapely.total_bounds(kept)):
            return kept
        tolerance *= 2


def joined(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return the union of areas; fast where they share borders exactly, and still right where they do not."""
    array = np.array(list(shapes), dtype=object)
    if shapely.coverage_is_valid(array):
        return shapely.coverage_union_all(array)
    union: BaseGeometry = shapely.union_all(shapely.make_valid(array))
    return union
