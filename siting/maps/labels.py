"""Labels that do not collide: a small, deterministic search over measured boxes.

Each label may stand at many places around its point, near ones first. The search starts with the most
crowded label and then moves one label at a time to its cheapest place until nothing improves (local search
as in Christensen, Marks and Shieber 1995, *An empirical study of algorithms for point-feature label
placement*, ACM Transactions on Graphics 14).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_DIRECTIONS = 24
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
    ground: Callable[[Box], float] | None = None,
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
        Cost of standing on what a box would cover, 0 (free ground) upwards.
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
    ground: Callable[[Box], float] | None,
) -> list[tuple[Box, float]]:
    """Return the places a label may take with their costs that do not depend on other labels."""
    places: list[tuple[Box, float]] = []
    for box in (*_around(anchor, size, gap), *_grid(size, bounds)):
        inside = box if bounds.contains(box) else _moved_inside(box, bounds)
        x, y = inside.nearest(*anchor)
        distance = float(np.hypot(x - anchor[0], y - anchor[1]))
        if distance < gap * 0.7:
            continue
        cost = distance / 14.0 + _side_cost(inside, anchor)
        cost += _OVERLAP_COST * sum(inside.overlap(o.grown(1.5)) > 0 for o in obstacles)
        cost += ground(inside) if ground else 0.0
        places.append((inside, cost))
    return places


def _around(anchor: tuple[float, float], size: tuple[float, float], gap: float) -> list[Box]:
    """Return boxes on rings around a point, each touching its ring from outside."""
    boxes = []
    width, height = size
    for ring in (1.0, 1.7, 2.6, 3.8, 5.2, 7.0, 9.5):
        for step in range(_DIRECTIONS):
            angle = 2 * np.pi * step / _DIRECTIONS
            x = anchor[0] + ring * gap * np.cos(angle)
            y = anchor[1] + ring * gap * np.sin(angle)
            # Slides from right-aligned to left-aligned as the direction turns from west to east.
            left = x - width * (1 - np.cos(angle)) / 2
            bottom = y - height * (1 - np.sin(angle)) / 2
            boxes.append(Box(left, bottom, left + width, bottom + height))
    return boxes


def _grid(size: tuple[float, float], bounds: Box) -> list[Box]:
    """Return boxes all over the map: the last resort of a crowded label."""
    width, height = size
    columns = np.linspace(bounds.left, max(bounds.right - width, bounds.left), 14)
    rows = np.linspace(bounds.bottom, max(bounds.top - height, bounds.bottom), 28)
    return [Box(float(x), float(y), float(x) + width, float(y) + height) for y in rows for x in columns]


def _moved_inside(box: Box, bounds: Box) -> Box:
    """Push a box back over the edge it crosses."""
    right = max(min(0.0, bounds.right - box.right), bounds.left - box.left)
    up = max(min(0.0, bounds.top - box.top), bounds.bottom - box.bottom)
    return Box(box.left + right, box.bottom + up, box.right + right, box.top + up)


def _side_cost(box: Box, anchor: tuple[float, float]) -> float:
    """Prefer the right of a point, then the left, then above, then below (Imhof's order)."""
    if box.left >= anchor[0]:
        return 0.0
    if box.right <= anchor[0]:
        return 0.3
    return 0.5 if box.bottom >= anchor[1] else 0.7


def _cheapest(
    options: Sequence[tuple[Box, float]],
    anchor: tuple[float, float],
    others: Sequence[tuple[Box, tuple[float, float]]],
) -> Box:
    """Return the cheapest place given where the other labels and their leaders are."""
    leaders = [_leader(box, point) for box, point in others]
    best, least = options[0][0], np.inf
    for box, cost in sorted(options, key=lambda option: option[1]):
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


def ground_cost(
    land: BaseGeometry, to_map: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Callable[[Box], float]:
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
        Cost of a box, highest when all of it covers the land.
    """
    shapely.prepare(land)

    def cost(box: Box) -> float:
        x, y = np.meshgrid(np.linspace(box.left, box.right, 6), np.linspace(box.bottom, box.top, 3))
        points = to_map(np.column_stack([x.ravel(), y.ravel()]))
        covered = shapely.contains_xy(land, points[:, 0], points[:, 1])
        # A label across a coast is read worse than one wholly on land or at sea.
        straddles = bool(covered.any()) and not bool(covered.all())
        return _GROUND_COST * (0.8 * float(np.mean(covered)) + 0.2 * straddles)

    return cost
