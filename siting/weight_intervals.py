"""Which portfolio is optimal under which weights, exactly: along a line of weights, and over a triangle of them.

Every portfolio with its assignment costs a linear function of the weights, so the optimal value is concave and
piecewise linear. It is found by solving where the pieces known so far meet, until no solve finds anything cheaper
(Eisner and Severance 1976, Journal of the ACM 23(4), along a line; the same by cutting polygons over a triangle).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Cells smaller than this share of the triangle are rounding.
SMALLEST_SHARE = 1e-12
#: Points of the triangle closer than this are the same.
_SAME_POINT = 1e-11


@dataclass(frozen=True, eq=False)
class Line:
    """A portfolio and what it loses in each criterion under one assignment.

    Attributes
    ----------
    portfolio : tuple
        Identifiers.
    losses : ndarray, shape (K,)
        The objective under weights w is ``w @ losses``.
    """

    portfolio: tuple[Hashable, ...]
    losses: NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """A part of a line of weights on which one portfolio is optimal.

    Attributes
    ----------
    start, end : float
        From 0, the first end of the line, to 1, the other.
    portfolio : tuple
        Identifiers.
    """

    start: float
    end: float
    portfolio: tuple[Hashable, ...]


#: Solves exactly under a vector of weights, shape (K,).
Oracle = Callable[["NDArray[np.float64]"], Line]


def optimal_along(
    solve: Oracle,
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    tolerance: float,
    held: Line,
    at: float,
) -> list[Piece]:
    """Return the optimal portfolios along a line of weights, in order.

    Parameters
    ----------
    solve : callable
        Returns an optimal portfolio for a vector of weights.
    ends : pair of ndarray, each of shape (K,)
        Weights where the line starts and ends.
    tolerance : float
        Objectives that differ by less are equal.
    held : Line
        A portfolio optimal at `at`; among equals it is preferred.
    at : float
        Between 0 and 1.

    Returns
    -------
    list of Piece
        Without gaps from 0 to 1; neighbours have different portfolios. Breakpoints are exact to
        ``tolerance / slope``.

    Examples
    --------
    >>> lines = [Line((name,), np.array(losses)) for name, losses in (("a", [0.0, 4.0]), ("b", [1.0, 1.0]))]
    >>> def solve(weights):
    ...     return min(lines, key=lambda line: weights @ line.losses)
    >>> pieces = optimal_along(solve, (np.array([1.0, 0.0]), np.array([0.0, 1.0])), 1e-12, lines[0], 0.0)
    >>> [(piece.portfolio, piece.start, piece.end) for piece in pieces]
    [(('a',), 0.0, 0.25), (('b',), 0.25, 1.0)]
    """
    segment = _Segment(solve, ends, tolerance)
    found: list[tuple[float, float, Line]] = []
    if at > 0:
        found += segment.pieces(0.0, segment.solved(0.0), at, held, prefer_last=True)
    if at < 1:
        found += segment.pieces(at, held, 1.0, segment.solved(1.0), prefer_last=False)
    merged: list[Piece] = []
    for start, end, line in found:
        if merged and merged[-1].portfolio == line.portfolio:
            merged[-1] = Piece(merged[-1].start, end, line.portfolio)
        elif end > start:
            merged.append(Piece(start, end, line.portfolio))
    return merged


class _Segment:
    """The recursion along one line of weights."""

    def __init__(self, solve: Oracle, ends: tuple[NDArray[np.float64], NDArray[np.float64]], tolerance: float) -> None:
        self.solve, self.ends, self.tolerance = solve, ends, tolerance

    def weights(self, place: float) -> NDArray[np.float64]:
        return np.asarray((1 - place) * self.ends[0] + place * self.ends[1])

    def solved(self, place: float) -> Line:
        return self.solve(self.weights(place))

    def value(self, line: Line, place: float) -> float:
        return float(self.weights(place) @ line.losses)

    def pieces(
        self, start: float, first: Line, end: float, last: Line, *, prefer_last: bool
    ) -> list[tuple[float, float, Line]]:
        """Return the pieces between two places, given an optimal line at each."""
        # A line that is optimal at both ends is optimal between them, because the optimal value is concave.
        checks = [(first, end, last), (last, start, first)]
        for line, place, other in reversed(checks) if prefer_last else checks:
            if self.value(line, place) <= self.value(other, place) + self.tolerance:
                return [(start, end, line)]
        ahead = self.value(last, start) - self.value(first, start)
        behind = self.value(first, end) - self.value(last, end)
        meeting = start + (end - start) * ahead / (ahead + behind)
        if not start < meeting < end:
            return [(start, end, last if prefer_last else first)]
        between = self.solved(meeting)
        if self.value(between, meeting) >= self.value(first, meeting) - self.tolerance:
            return [(start, meeting, first), (meeting, end, last)]
        return [
            *self.pieces(start, first, meeting, between, prefer_last=prefer_last),
            *self.pieces(meeting, between, end, last, prefer_last=prefer_last),
        ]


@dataclass(frozen=True, eq=False)
class Cell:
    """A convex part of the triangle in which one portfolio is optimal.

    Attributes
    ----------
    portfolio : tuple
        Identifiers.
    corners : ndarray, shape (n, 3)
        Barycentric coordinates, in order around the cell.
    """

    portfolio: tuple[Hashable, ...]
    corners: NDArray[np.float64]

    @property
    def share(self) -> float:
        """Share of the triangle's area."""
        return area(self.corners)


def area(corners: NDArray[np.float64]) -> float:
    """Return the area of a polygon in barycentric coordinates, the whole triangle being 1.

    Examples
    --------
    >>> area(np.eye(3))
    1.0
    """
    x, y = corners[:, 1], corners[:, 2]
    return float(abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()))


def optimal_over_triangle(
    solve: Oracle, corners: NDArray[np.float64], tolerance: float, held: Sequence[Line] = ()
) -> list[Cell]:
    """Return the convex cells of a triangle of weights in which one portfolio is optimal.

    Parameters
    ----------
    solve : callable
        Returns an optimal portfolio for a vector of weights.
    corners : ndarray, shape (3, K)
        Weights at the corners.
    tolerance : float
        Objectives that differ by less are equal.
    held : sequence of Line
        Portfolios known to be optimal somewhere; among equals the first is preferred.

    Returns
    -------
    list of Cell
        They cover the triangle and do not overlap. Each is proven at all of its corners, and therefore inside, because
        the optimal value is concave.

    Examples
    --------
    >>> lines = [Line((name,), row) for name, row in zip("abc", 1 - np.eye(3), strict=True)]
    >>> def solve(weights):
    ...     return min(lines, key=lambda line: weights @ line.losses)
    >>> cells = optimal_over_triangle(solve, np.eye(3), 1e-12)
    >>> sorted((cell.portfolio, round(cell.share, 3)) for cell in cells)
    [(('a',), 0.333), (('b',), 0.333), (('c',), 0.333)]
    """
    lines = [*held, *(solve(corner) for corner in corners)]
    planes = np.array([corners @ line.losses for line in lines])
    proven: list[NDArray[np.float64]] = list(np.eye(3))
    while True:
        cells = _cells(planes, tolerance)
        fresh = _unproven([corner for _, polygon in cells for corner in polygon], proven)
        found = 0
        for point in fresh:
            if found and (planes[len(lines) - found :] @ point).min() < (planes[: len(lines) - found] @ point).min():
                # A plane found in this round cuts this corner off.
                continue
            line = solve(point @ corners)
            if point @ (corners @ line.losses) < (planes @ point).min() - tolerance:
                lines.append(line)
                planes = np.vstack([planes, corners @ line.losses])
                found += 1
            else:
                proven.append(point)
        if not found:
            return [Cell(lines[number].portfolio, polygon) for number, polygon in cells]


def _cells(planes: NDArray[np.float64], tolerance: float) -> list[tuple[int, NDArray[np.float64]]]:
    """Return for each plane the polygon on which it is the lowest; of equal planes the first counts."""
    cells = []
    for number, plane in enumerate(planes):
        others = np.delete(planes, number, axis=0)
        earlier = np.arange(len(planes) - 1) < number
        same = (np.abs(others - plane) <= tolerance).all(axis=1)
        if (same & earlier).any():
            continue
        polygon = np.eye(3)
        for difference in plane - others[~same]:
            polygon = _clipped(polygon, difference)
            if len(polygon) < 3:
                break
        if len(polygon) >= 3 and area(polygon) > SMALLEST_SHARE:
            cells.append((number, polygon))
    return cells


def _clipped(polygon: NDArray[np.float64], difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a convex polygon where a linear function is not positive."""
    heights = polygon @ difference
    if (heights <= 0).all():
        return polygon
    kept: list[NDArray[np.float64]] = []
    for here, there, height, next_height in zip(
        polygon, np.roll(polygon, -1, axis=0), heights, np.roll(heights, -1), strict=True
    ):
        if height <= 0:
            kept.append(here)
        if (height < 0 < next_height) or (next_height < 0 < height):
            kept.append(here + (there - here) * (height / (height - next_height)))
    return np.array(kept).reshape(-1, 3)


def _unproven(
    points: Sequence[NDArray[np.float64]], proven: Sequence[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Return points that are not among those proven, each once."""
    known, fresh = np.array(proven), []
    for point in points:
        if (np.abs(known - point).max(axis=1) > _SAME_POINT).all():
            known = np.vstack([known, point])
            fresh.append(point)
    return fresh
