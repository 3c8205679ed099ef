"""Labels that do not collide: a small, deterministic search over measured boxes.

Each label may stand at many places around its point, near ones first. The search starts with the most
crowded label and then moves one label at a time to its cheapest place until nothing improves (local search
as in Christensen, Marks and Shieber 1995, *An empirical study of algorithms for point-feature label
placement*, ACM Transactions on Graphics 14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

Ground = Callable[["NDArray[np.float64]"], "NDArray[np.float64]"]
_DIRECTIONS = 24
_RINGS = (1.0, 1.7, 2.6, 3.8, 5.2, 7.0, 9.5)
"""Distances from the point at which labels are tried, in gaps."""
_SWEEPS = 12
_OVERLAP_COST = 1000.0
_CROSSING_COST = 60.0
_GROUND_COST = 5.0


@dataclass(frozen=True)
class Box:
    """A rectangle on the page, in points.

    Attributes
    ----------
    left, bottom, right, top : float
        Its sides.
    """

    left: float
    bottom: float
    right: float
    top: float

    def grown(self, margin: float) -> Box:
        """Return the box with a margin on every side.

        Parameters
        ----------
        margin : float
            Points.

        Returns
        -------
        Box
            The larger box.
        """
        return Box(self.left - margin, self.bottom - margin, self.right + margin, self.top + margin)

    def overlap(self, other: Box) -> float:
        """Return the area two boxes share.

        Parameters
        ----------
        other : Box
            The other box.

        Returns
        -------
        float
            Square points; zero if they only touch.
        """
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(width, 0.0) * max(height, 0.0)

    def contains(self, other: Box) -> bool:
        """Tell whether another box lies wholly inside.

        Parameters
        ----------
        other : Box
            The other box.

        Returns
        -------
        bool
            True if it does.
        """
        return (
            self.left <= other.left
            and self.bottom <= other.bottom
            and self.right >= other.right
            and self.top >= other.top
        )

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """Return the point of the box nearest to a place.

        Parameters
        ----------
        x, y : float
            The place.

        Returns
        -------
        tuple of float
            A point of the box.
        """
        return min(max(x, self.left), self.right), min(max(y, self.bottom), self.top)


def place(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    obstacles: Sequence[Box],
    bounds: Box,
    *,
    ground: Ground | None = None,
    gap: float = 9.0,
) -> list[Box]:
    """Find a place for every label.

    Parameters
    ----------
    anchors : sequence of (float, float)
        The labelled points, in points on the page.
    sizes : sequence of (float, float)
        Measured width and height of each label.
    obstacles : sequence of Box
        What no label may cover: markers, insets, scale bar.
    bounds : Box
        Labels stay inside.
    ground : callable, optional
        Cost of standing on what boxes would cover, 0 (free ground) upwards: takes left, bottom, right and top of
        n boxes, shape (n, 4), and returns shape (n,).
    gap : float, default 9
        Least distance from the point to its label.

    Returns
    -------
    list of Box
        One box per label. They do not overlap each other or an obstacle as long as there is room.

    Examples
    --------
    >>> first, second = place([(50, 50), (50, 50)], [(30, 10), (30, 10)], [], Box(0, 0, 200, 100))
    >>> first.overlap(second)
    0.0
    """
    options = [
        _options(anchor, size, bounds, gap=gap, obstacles=obstacles, ground=ground)
        for anchor, size in zip(anchors, sizes, strict=True)
    ]
    # The label with the fewest cheap places chooses first.
    order = sorted(range(len(anchors)), key=lambda label: (-float(np.median([c for _, c in options[label]])), label))
    placed: dict[int, Box] = {}
    for sweep in range(_SWEEPS):
        moved = False
        for label in order:
            rest = [(placed[other], anchors[other]) for other in sorted(placed) if other != label]
            best = _cheapest(options[label], anchors[label], rest)
            moved |= placed.get(label) != best
            placed[label] = best
        if sweep and not moved:
            break
    return [placed[label] for label in range(len(anchors))]


def _options(
    anchor: tuple[float, float],
    size: tuple[float, float],
    bounds: Box,
    *,
    gap: float,
    obstacles: Sequence[Box],
    ground: Ground | None,
) -> list[tuple[Box, float]]:
    """Return the places a label may take with their costs that do not depend on other labels, cheapest first."""
    corners = np.concatenate([_around(anchor, size, gap), _grid(size, bounds)])
    places = _moved_inside(np.hstack([corners, corners + size]), bounds)
    x, y = np.clip(anchor[0], places[:, 0], places[:, 2]), np.clip(anchor[1], places[:, 1], places[:, 3])
    distance = np.hypot(x - anchor[0], y - anchor[1])
    far = distance >= gap * 0.7
    places, distance = places[far], distance[far]
    cost = distance / 14.0 + _side_cost(places, anchor) + _OVERLAP_COST * _overlaps(places, obstacles)
    if ground is not None and len(places):
        cost += ground(places)
    order = np.argsort(cost, kind="stable")
    return [(Box(*places[one].tolist()), float(cost[one])) for one in order]


def _around(anchor: tuple[float, float], size: tuple[float, float], gap: float) -> NDArray[np.float64]:
    """Return lower left corners of boxes on rings around a point, each touching its ring from outside."""
    angle = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    rings = np.array(_RINGS)[:, None, None] * gap * direction
    # Slides from right-aligned to left-aligned as the direction turns from west to east.
    corners: NDArray[np.float64] = np.array(anchor) + rings - np.array(size) * (1 - direction) / 2
    return corners.reshape(-1, 2)


def _grid(size: tuple[float, float], bounds: Box) -> NDArray[np.float64]:
    """Return lower left corners of boxes all over the map: the last resort of a crowded label."""
    width, height = size
    columns = np.linspace(bounds.left, max(bounds.right - width, bounds.left), 14)
    rows = np.linspace(bounds.bottom, max(bounds.top - height, bounds.bottom), 28)
    x, y = np.meshgrid(columns, rows)
    return np.column_stack([x.ravel(), y.ravel()])


def _moved_inside(places: NDArray[np.float64], bounds: Box) -> NDArray[np.float64]:
    """Push boxes back over the edges they cross."""
    left, bottom, right, top = places.T
    across = np.maximum(np.minimum(0.0, bounds.right - right), bounds.left - left)
    up = np.maximum(np.minimum(0.0, bounds.top - top), bounds.bottom - bottom)
    return np.asarray(places + np.column_stack([across, up, across, up]))


def _overlaps(places: NDArray[np.float64], obstacles: Sequence[Box]) -> NDArray[np.float64]:
    """Return how many obstacles each box covers a part of."""
    count = np.zeros(len(places))
    for obstacle in obstacles:
        taken = obstacle.grown(1.5)
        width = np.minimum(places[:, 2], taken.right) - np.maximum(places[:, 0], taken.left)
        height = np.minimum(places[:, 3], taken.top) - np.maximum(places[:, 1], taken.bottom)
        count += (width > 0) & (height > 0)
    return count


def _side_cost(places: NDArray[np.float64], anchor: tuple[float, float]) -> NDArray[np.float64]:
    """Prefer the right of a point, then the left, then above, then below (Imhof's order)."""
    right, left = places[:, 0] >= anchor[0], places[:, 2] <= anchor[0]
    below_or_above = np.where(places[:, 1] >= anchor[1], 0.5, 0.7)
    return np.asarray(np.where(right, 0.0, np.where(left, 0.3, below_or_above)), dtype=np.float64)


def _cheapest(
    options: Sequence[tuple[Box, float]],
    anchor: tuple[float, float],
    others: Sequence[tuple[Box, tuple[float, float]]],
) -> Box:
    """Return the cheapest place given where the other labels and their leaders are."""
    leaders = [_leader(box, point) for box, point in others]
    best, least = options[0][0], np.inf
    for box, cost in options:
        if cost >= least:
            break
        clash = sum(box.grown(2.0).overlap(other) > 0 for other, _ in others)
        total = cost + _OVERLAP_COST * clash
        if total < least:
            total += _CROSSING_COST * _crossings(box, anchor, others, leaders)
        if total < least:
            best, least = box, total
    return best


def _crossings(
    box: Box,
    anchor: tuple[float, float],
    others: Sequence[tuple[Box, tuple[float, float]]],
    leaders: Sequence[shapely.LineString],
) -> int:
    """Count the leaders that would cross a label or each other."""
    mine = _leader(box, anchor)
    area = shapely.box(box.left, box.bottom, box.right, box.top)
    count = 0
    for (other, _), leader in zip(others, leaders, strict=True):
        count += bool(mine.intersects(leader)) + bool(leader.intersects(area))
        count += bool(mine.intersects(shapely.box(other.left, other.bottom, other.right, other.top)))
    return count


def _leader(box: Box, anchor: tuple[float, float]) -> shapely.LineString:
    """Return the line from a point to its label."""
    return shapely.LineString([anchor, box.nearest(*anchor)])


def ground_cost(land: BaseGeometry, to_map: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Ground:
    """Return a function that prefers empty ground, such as sea, to regions that carry a message.

    Parameters
    ----------
    land : shapely.Geometry
        What should stay visible, in map coordinates.
    to_map : callable
        Turns points on the page, shape (n, 2), into map coordinates.

    Returns
    -------
    callable
        Cost of boxes, highest where all of a box covers the land.
    """
    shapely.prepare(land)
    across, up = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, 6), np.linspace(0, 1, 3)))

    def cost(places: NDArray[np.float64]) -> NDArray[np.float64]:
        left, bottom, right, top = places.T[:, :, None]
        x, y = left + (right - left) * across, bottom + (top - bottom) * up
        points = to_map(np.column_stack([x.ravel(), y.ravel()]))
        covered = shapely.contains_xy(land, points[:, 0], points[:, 1]).reshape(x.shape)
        # A label across a coast is read worse than one wholly on land or at sea.
        straddles = covered.any(axis=1) & ~covered.all(axis=1)
        return np.asarray(_GROUND_COST * (0.8 * covered.mean(axis=1) + 0.2 * straddles))

    return cost
