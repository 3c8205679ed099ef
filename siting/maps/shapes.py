"""From shapely to matplotlib: filled areas, outlines, and hatches drawn as real lines.

Hatches are cut from parallel lines instead of using the renderer's patterns: they look the same in PNG,
SVG and PDF, in every viewer and office program, and have no seams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.path import Path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Pattern:
    """How a hatch looks on paper.

    Attributes
    ----------
    angles : tuple of float
        Directions of the lines in degrees; empty for dots.
    spacing : float
        Distance between lines or dots in millimetres on paper.
    width : float
        Line width, or diameter of the dots, in points.
    """

    angles: tuple[float, ...]
    spacing: float
    width: float = 0.45


PATTERNS = (
    Pattern((45.0,), 1.15),
    Pattern((), 1.15, 1.0),
    Pattern((135.0,), 1.15),
    Pattern((45.0, 135.0), 1.6),
    Pattern((90.0,), 1.15),
    Pattern((0.0,), 1.15),
    Pattern((0.0, 90.0), 1.6),
    Pattern((45.0,), 0.65),
    Pattern((), 0.75, 0.7),
    Pattern((135.0,), 0.65),
)
"""One pattern per exclusion reason, the best told apart first."""

MISSING = Pattern((0.0,), 0.8, 0.3)
"""The pattern of a candidate without data."""


def polygon_path(geometry: BaseGeometry) -> Path:
    """Turn a polygon or multipolygon into one compound path.

    Parameters
    ----------
    geometry : shapely.Geometry
        Parts that are not polygons are left out.

    Returns
    -------
    matplotlib.path.Path
        Exterior rings anticlockwise and holes clockwise, so that holes stay open under every fill rule.

    Examples
    --------
    >>> polygon_path(shapely.box(0, 0, 1, 1)).vertices.shape
    (5, 2)
    """
    parts = shapely.get_parts(geometry)
    parts = shapely.orient_polygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
    rings = shapely.get_rings(parts)
    if len(rings) == 0:
        return Path(np.empty((0, 2)))
    codes = []
    for count in shapely.get_num_coordinates(rings):
        ring = np.full(count, Path.LINETO, dtype=Path.code_type)
        ring[0], ring[-1] = Path.MOVETO, Path.CLOSEPOLY
        codes.append(ring)
    return Path(shapely.get_coordinates(rings), np.concatenate(codes))


def fill(ax: Axes, geometries: Iterable[BaseGeometry], **options: Any) -> PathCollection:
    """Draw filled areas.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    geometries : iterable of shapely.Geometry
        Polygons, one path each, in the coordinates of the axes.
    **options
        Passed to `matplotlib.collections.PathCollection`.

    Returns
    -------
    matplotlib.collections.PathCollection
        The artist, with as many paths as geometries.
    """
    collection = PathCollection([polygon_path(geometry) for geometry in geometries], **options)
    ax.add_collection(collection, autolim=False)
    return collection


def line_segments(geometry: BaseGeometry) -> list[NDArray[np.float64]]:
    """Return the coordinates of every line in a geometry; boundaries of polygons count as lines.

    Parameters
    ----------
    geometry : shapely.Geometry
        Anything.

    Returns
    -------
    list of numpy.ndarray
        One array of shape (vertices, 2) per line.

    Examples
    --------
    >>> len(line_segments(shapely.box(0, 0, 1, 1)))
    1
    """
    if geometry.has_z:
        geometry = shapely.force_2d(geometry)
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kinds = shapely.get_type_id(parts)
    rings = shapely.get_rings(parts[kinds == shapely.GeometryType.POLYGON])
    lines = parts[np.isin(kinds, [shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING])]
    return [shapely.get_coordinates(line) for line in (*lines, *rings)]


def outline(ax: Axes, geometry: BaseGeometry, **options: Any) -> LineCollection:
    """Draw lines or the boundaries of areas.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    geometry : shapely.Geometry
        Lines or polygons in the coordinates of the axes.
    **options
        Passed to `matplotlib.collections.LineCollection`.

    Returns
    -------
    matplotlib.collections.LineCollection
        The artist.
    """
    collection = LineCollection(line_segments(geometry), **options)
    ax.add_collection(collection, autolim=False)
    return collection


def parallel_lines(area: BaseGeometry, angle: float, spacing: float) -> BaseGeometry:
    """Cut parallel lines to an area; all areas share one ruling, so neighbours join without a step.

    Parameters
    ----------
    area : shapely.Geometry
        Polygon or multipolygon.
    angle : float
        Direction in degrees, anticlockwise from the horizontal.
    spacing : float
        Distance between lines, in the units of the area.

    Returns
    -------
    shapely.Geometry
        Lines inside the area.

    Examples
    --------
    >>> parallel_lines(shapely.box(0, 0.5, 10, 3.5), 0.0, 1.0).length
    30.0
    """
    if area.is_empty:
        return shapely.MultiLineString()
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]).round(12)
    across = np.array([-along[1], along[0]])
    corners = shapely.get_coordinates(shapely.box(*area.bounds))
    low, high = (corners @ across).min(), (corners @ across).max()
    start, end = (corners @ along).min(), (corners @ along).max()
    offsets = np.arange(np.ceil(low / spacing), np.floor(high / spacing) + 1) * spacing
    ends = np.stack([offsets[:, None] * across + start * along, offsets[:, None] * across + end * along], axis=1)
    shapely.prepare(area)
    pieces = shapely.get_parts(shapely.intersection(shapely.linestrings(ends), area)) if len(ends) else np.array([])
    # A ruling that only touches a corner gives a point, which is not a line to draw.
    lines = [piece for piece in pieces if piece.geom_type == "LineString"]
    drawn: BaseGeometry = shapely.multilinestrings(lines) if lines else shapely.MultiLineString()
    return drawn


def stripes(area: BaseGeometry, width: float, place: int, count: int) -> BaseGeometry:
    """Cut one of several sets of stripes from an area; all sets together cover it once.

    Parameters
    ----------
    area : shapely.Geometry
        Polygon or multipolygon.
    width : float
        Width of a stripe, in the units of the area.
    place : int
        Which set, counted from zero.
    count : int
        How many sets share the area; one takes all of it.

    Returns
    -------
    shapely.Geometry
        Every `count`-th stripe, from lower left to upper right.

    Examples
    --------
    >>> whole = shapely.box(0, 0, 10, 10)
    >>> round(sum(stripes(whole, 1.0, place, 3).area for place in range(3)), 9)
    100.0
    """
    if count == 1:
        return area
    left, bottom, right, top = area.bounds
    tall, slope = top - bottom, width * np.sqrt(2)
    # All areas share one ruling: stripe k lies between the lines x - y = k and k + 1, in units of the slope.
    first, last = int(np.floor((left - top) / slope)), int(np.ceil((right - bottom) / slope))
    numbers = np.array([number for number in range(first, last + 1) if number % count == place])
    if not len(numbers):
        return shapely.Polygon()
    low = numbers * slope
    corners = np.stack(
        [
            np.column_stack([low + bottom, np.full(len(low), bottom)]),
            np.column_stack([low + slope + bottom, np.full(len(low), bottom)]),
            np.column_stack([low + slope + bottom + tall, np.full(len(low), top)]),
            np.column_stack([low + bottom + tall, np.full(len(low), top)]),
        ],
        axis=1,
    )
    every: Any = shapely.polygons(corners)
    cut: BaseGeometry = shapely.intersection(shapely.multipolygons(every), area)
    return cut


def dot_grid(area: BaseGeometry, spacing: float) -> NDArray[np.float64]:
    """Return a staggered grid of points inside an area.

    Parameters
    ----------
    area : shapely.Geometry
        Polygon or multipolygon.
    spacing : float
        Distance between neighbours in a row, in the units of the area.

    Returns
    -------
    numpy.ndarray
        Coordinates, shape (points, 2).

    Examples
    --------
    >>> dot_grid(shapely.box(0.5, 0.5, 2.6, 1.2), 1.0).shape
    (2, 2)
    """
    if area.is_empty:
        return np.empty((0, 2))
    left, bottom, right, top = area.bounds
    rise = spacing * np.sqrt(3) / 2
    rows = np.arange(np.floor(bottom / rise), np.ceil(top / rise) + 1)
    columns = np.arange(np.floor(left / spacing) - 1, np.ceil(right / spacing) + 1)
    x = columns[None, :] * spacing + (rows[:, None] % 2) * spacing / 2
    y = np.broadcast_to(rows[:, None] * rise, x.shape)
    shapely.prepare(area)
    inside = shapely.contains_xy(area, x.ravel(), y.ravel())
    return np.column_stack([x.ravel()[inside], y.ravel()[inside]])


def hatch(ax: Axes, area: BaseGeometry, pattern: Pattern, unit: float, **options: Any) -> None:
    """Draw a hatch over an area.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    area : shapely.Geometry
        Polygon or multipolygon in the coordinates of the axes.
    pattern : Pattern
        How it looks.
    unit : float
        How many units of the axes make one millimetre on paper.
    **options
        `color`, `zorder` and the like.
    """
    if not pattern.angles:
        dots = dot_grid(area, pattern.spacing * unit)
        ax.plot(
            dots[:, 0],
            dots[:, 1],
            "o",
            markersize=pattern.width,
            markeredgewidth=0,
            scalex=False,
            scaley=False,
            **options,
        )
    for angle in pattern.angles:
        lines = parallel_lines(area, angle, pattern.spacing * unit)
        outline(ax, lines, linewidths=pattern.width, capstyle="butt", **options)
