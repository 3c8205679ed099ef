"""From shapely geometry to the paths of an SVG: whole numbers, relative, on a canvas of fixed width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

#: Width of the canvas; at a width of 800 pixels on the screen, one unit is a fifth of a pixel.
CANVAS = 4000


@dataclass(frozen=True)
class Canvas:
    """Where a rectangle of a projection stands on the canvas of the picture.

    Attributes
    ----------
    left, top : float
        Upper left corner of the rectangle, in units of the projection.
    scale : float
        Canvas units per unit of the projection.
    x, y : float
        Where that corner stands on the canvas.
    """

    left: float
    top: float
    scale: float
    x: float = 0.0
    y: float = 0.0

    def placed(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return coordinates of the projection on the canvas, where y grows downwards.

        Parameters
        ----------
        coordinates : numpy.ndarray
            Easting and northing, shape (n, 2).

        Returns
        -------
        numpy.ndarray
            Shape (n, 2).

        Examples
        --------
        >>> Canvas(left=100.0, top=200.0, scale=2.0).placed(np.array([[101.0, 199.0]])).tolist()
        [[2.0, 2.0]]
        """
        moved = np.column_stack([coordinates[:, 0] - self.left, self.top - coordinates[:, 1]])
        return np.asarray(moved * self.scale + [self.x, self.y])


def simplified(shapes: NDArray[np.object_], tolerance: float) -> NDArray[np.object_]:
    """Return areas with fewer corners; borders that two areas share stay shared.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely.Geometry
        Points stay as they are.
    tolerance : float
        In units of the projection.

    Returns
    -------
    numpy.ndarray of shapely.Geometry
        As many.
    """
    if (shapely.get_dimensions(shapes) == 2).all() and shapely.coverage_is_valid(shapes):
        return np.asarray(shapely.coverage_simplify(shapes, tolerance), dtype=object)
    return np.asarray(shapely.simplify(shapes, tolerance), dtype=object)


def path(geometry: BaseGeometry, canvas: Canvas) -> str:
    """Return the outline of an area or a line as the data of an SVG path.

    Parameters
    ----------
    geometry : shapely.Geometry
        Polygons or lines; points have no outline.
    canvas : Canvas
        Where it stands.

    Returns
    -------
    str
        Relative moves in whole canvas units; empty where nothing is left at this scale.

    Examples
    --------
    >>> path(shapely.box(0, 0, 10, 10), Canvas(0.0, 10.0, 1.0))
    'M10 10l0 -10 -10 0 0 10z'
    """
    parts = shapely.get_parts(shapely.get_parts(geometry))
    areas = parts[shapely.get_dimensions(parts) == 2]
    lines = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    drawn = [_ring(ring, canvas, closed=True) for ring in shapely.get_rings(areas)]
    drawn += [_ring(line, canvas, closed=False) for line in lines]
    return "".join(drawn)


def _ring(ring: BaseGeometry, canvas: Canvas, *, closed: bool) -> str:
    points = canvas.placed(shapely.get_coordinates(ring)).round().astype(np.int64)
    steps = np.diff(points, axis=0)
    steps = steps[steps.any(axis=1)]
    if len(steps) < (3 if closed else 1):
        return ""
    if closed:
        # The last step back to the start is what closing the path draws.
        steps = steps[:-1]
    moves = " ".join(f"{x} {y}" for x, y in steps.tolist())
    return f"M{points[0, 0]} {points[0, 1]}l{moves}{'z' if closed else ''}"
