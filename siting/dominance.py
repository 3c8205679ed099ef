"""Which value vectors are not dominated, which thresholds they set, and which are best for some weights.

All values are minimised. Two values of one criterion that differ by no more than its tolerance are equal: a vector
dominates another if it is at most a tolerance worse in every criterion and more than a tolerance better in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Values of a criterion are equal when they differ by less than this share of the largest sum it can have.
VALUE_TOLERANCE = 1e-9
#: Cells of a table of thresholds.
CELLS = 300_000
#: Rows compared in one go, and rows collected before those that are dominated are dropped.
CHUNK, BLOCK, COLLECTED = 128, 2048, 20_000
#: How many times the range of the values the copies are away that make a hull of an unbounded set.
FAR = 10.0


def non_dominated(
    values: NDArray[np.float64], tolerance: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows that no other row dominates, one of each set of equal ones.

    Parameters
    ----------
    values : ndarray, shape (N, k)
        Value vectors, all minimised.
    tolerance : ndarray, shape (k,)
        Differences that are rounding.

    Returns
    -------
    kept : ndarray of int
        Rows kept, in lexicographic order of their values.
    equal_to : ndarray of int, shape (N,)
        For each row the position in `kept` of the row it equals; -1 if it is dominated.

    Examples
    --------
    >>> values = np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [1.0, 3.0]])
    >>> kept, equal_to = non_dominated(values, np.full(2, 1e-9))
    >>> kept.tolist(), equal_to.tolist()
    ([0, 1], [0, 1, -1, 0])
    """
    order = np.lexsort(values.T[::-1]) if len(values) else np.zeros(0, dtype=np.int64)
    kept = np.zeros(0, dtype=np.int64)
    for begin in range(0, len(order), CHUNK):
        rows = order[begin : begin + CHUNK]
        rows = rows[~_weakly_dominated(values[rows], values[kept], tolerance)]
        first: list[int] = []
        while len(rows):
            first.append(int(rows[0]))
            rows = rows[~(values[rows[0]] <= values[rows] + tolerance).all(axis=1)]
        kept = np.append(kept, np.array(first, dtype=np.int64))
    # Within the tolerance a row may have been kept before one that dominates it.
    kept = kept[~_dominated(values[kept], values[kept], tolerance)]
    return kept, _equal_to(values, values[kept], tolerance)


def _weakly_dominated(
    values: NDArray[np.float64], by: NDArray[np.float64], tolerance: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which rows are dominated by, or equal to, one of others."""
    result = np.zeros(len(values), dtype=bool)
    for begin in range(0, len(by), BLOCK):
        block = by[begin : begin + BLOCK]
        worse: NDArray[np.bool_] = np.ones((len(values), len(block)), dtype=bool)
        for column, slack in enumerate(tolerance.tolist()):
            worse &= block[None, :, column] <= values[:, None, column] + slack
        result |= worse.any(axis=1)
    return result


def _dominated(
    values: NDArray[np.float64], by: NDArray[np.float64], tolerance: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which rows are dominated by one of others."""
    result = np.zeros(len(values), dtype=bool)
    for begin in range(0, len(values), CHUNK):
        rows = values[begin : begin + CHUNK]
        worse = np.all(by[None] <= rows[:, None] + tolerance, axis=2)
        better: NDArray[np.bool_] = by[None] < rows[:, None] - tolerance
        result[begin : begin + CHUNK] = (worse & better.any(axis=2)).any(axis=1)
    return result


def _equal_to(
    values: NDArray[np.float64], kept: NDArray[np.float64], tolerance: NDArray[np.float64]
) -> NDArray[np.int64]:
    result = np.full(len(values), -1, dtype=np.int64)
    for begin in range(0, len(values) if len(kept) else 0, CHUNK):
        rows = values[begin : begin + CHUNK]
        near: NDArray[np.bool_] = np.abs(kept[None] - rows[:, None]) <= tolerance
        same = np.asarray(near.all(axis=2))
        result[begin : begin + CHUNK] = np.where(same.any(axis=1), same.argmax(axis=1), -1)
    return result


@dataclass(frozen=True, eq=False)
class Front:
    """Value vectors that do not dominate each other, and a portfolio for each.

    Attributes
    ----------
    values : ndarray, shape (N, k)
        All minimised.
    portfolios : list of tuple of int
        Candidate positions; of equal portfolios the first in candidate order.
    counts : ndarray of int, shape (N,)
        How many portfolios were seen with these values.
    """

    values: NDArray[np.float64]
    portfolios: list[tuple[int, ...]]
    counts: NDArray[np.int64]

    @classmethod
    def empty(cls, criteria: int) -> Front:
        """Return a front of nothing."""
        return cls(np.zeros((0, criteria)), [], np.zeros(0, dtype=np.int64))

    @classmethod
    def of(
        cls,
        values: NDArray[np.float64],
        portfolios: list[tuple[int, ...]],
        counts: NDArray[np.int64],
        tolerance: NDArray[np.float64],
    ) -> Front:
        """Return the non-dominated among value vectors; the counts of equal ones are added up.

        Examples
        --------
        >>> values = np.array([[1.0, 3.0], [1.0, 3.0], [2.0, 4.0]])
        >>> front = Front.of(values, [(2,), (0,), (1,)], np.ones(3, dtype=np.int64), np.full(2, 1e-9))
        >>> front.portfolios, front.counts.tolist()
        ([(0,)], [2])
        """
        kept, equal_to = non_dominated(values, tolerance)
        counted = np.zeros(len(kept), dtype=np.int64)
        first: list[tuple[int, ...]] = [portfolios[row] for row in kept.tolist()]
        best = kept.copy()
        for row in np.flatnonzero(equal_to >= 0).tolist():
            place = int(equal_to[row])
            counted[place] += counts[row]
            if portfolios[row] < first[place]:
                first[place], best[place] = portfolios[row], row
        return cls(values[best], first, counted)

    def joined(self, other: Front, tolerance: NDArray[np.float64]) -> Front:
        """Return the non-dominated of two fronts of different portfolios."""
        return Front.of(
            np.concatenate([self.values, other.values]),
            self.portfolios + other.portfolios,
            np.concatenate([self.counts, other.counts]),
            tolerance,
        )


class Collector:
    """Gathers portfolios as a search meets them and keeps few of them in memory.

    Parameters
    ----------
    tolerance : ndarray, shape (k,)
        Differences that are rounding.
    """

    def __init__(self, tolerance: NDArray[np.float64]) -> None:
        self.tolerance, self.held = tolerance, Front.empty(len(tolerance))
        self._values: list[NDArray[np.float64]] = []
        self._portfolios: list[tuple[int, ...]] = []

    def add(self, values: NDArray[np.float64], portfolios: NDArray[np.int64]) -> None:
        """Take value vectors, shape (q, k), and the candidate positions of each, shape (q, sites)."""
        self._values.append(values)
        self._portfolios.extend(map(tuple, portfolios.tolist()))
        if len(self._portfolios) > COLLECTED:
            self.front()

    def front(self) -> Front:
        """Return the non-dominated of all that was added."""
        if self._portfolios:
            # The first in candidate order stands for its equals, in whatever order a search meets them.
            order = sorted(range(len(self._portfolios)), key=self._portfolios.__getitem__)
            self._portfolios = [self._portfolios[row] for row in order]
            values = np.concatenate(self._values)[order]
            # Ties by the thousand are exact copies mostly: one of each is compared with the rest.
            once, first, inverse = np.unique(values, axis=0, return_index=True, return_inverse=True)
            counts = np.bincount(inverse.ravel(), minlength=len(once)).astype(np.int64)
            seen = Front(once, [self._portfolios[row] for row in first.tolist()], counts)
            self.held = self.held.joined(seen, self.tolerance)
            self._values, self._portfolios = [], []
        return self.held


class Thresholds:
    """For any values of the linear criteria, an objective that a known vector reaches with values as good.

    A grid whose lines are values of known vectors; each cell holds the least objective among the known vectors that are
    at least as good as its best corner. What lies above the threshold is dominated by a known vector.

    Parameters
    ----------
    known : ndarray, shape (N, d + 1)
        Known vectors, the objective last.
    tolerance : ndarray, shape (d + 1,)
        Differences that are rounding.

    Examples
    --------
    >>> thresholds = Thresholds(np.array([[1.0, 9.0], [2.0, 5.0]]), np.full(2, 1e-9))
    >>> thresholds.least(np.array([[0.5, 1.5, 2.5]])).tolist()
    [inf, 9.0, 5.0]
    """

    def __init__(self, known: NDArray[np.float64], tolerance: NDArray[np.float64]) -> None:
        self.lines = _lines(known[:, :-1] - tolerance[:-1] / 2)
        table = np.full([len(lines) + 1 for lines in self.lines], np.inf)
        # A vector counts from the first cell whose best corner is no better than it.
        place = [
            np.searchsorted(lines, known[:, axis] - tolerance[axis] / 2) + 1 for axis, lines in enumerate(self.lines)
        ]
        inside = np.all([rank <= len(lines) for rank, lines in zip(place, self.lines, strict=True)], axis=0)
        np.minimum.at(table, tuple(rank[inside] for rank in place), known[inside, -1])
        for axis in range(table.ndim):
            np.minimum.accumulate(table, axis=axis, out=table)
        self._shape, self._table = table.shape, table.ravel()

    def least(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the threshold at values of the linear criteria, shape (d, ...)."""
        cell = np.zeros(values.shape[1:], dtype=np.int64)
        for axis, lines in enumerate(self.lines):
            cell = cell * self._shape[axis] + np.searchsorted(lines, values[axis], side="right")
        return np.asarray(self._table[cell])


def _lines(values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return grid lines for each axis: all distinct values where they fit, else evenly spread ones."""
    distinct = [np.unique(column) for column in values.T]
    room, lines = float(CELLS), {}
    # Axes with few values first; what they leave over goes to the others.
    order = sorted(range(len(distinct)), key=lambda axis: len(distinct[axis]))
    for done, axis in enumerate(order):
        column = distinct[axis]
        most = max(2, int(room ** (1 / (len(order) - done))))
        if len(column) > most:
            column = column[np.linspace(0, len(column) - 1, most).round().astype(np.int64)]
        lines[axis] = column
        room /= len(column) + 1
    return [lines[axis] for axis in range(len(distinct))]


def supported(values: NDArray[np.float64], tolerance: float = 1e-7) -> NDArray[np.bool_]:
    """Return which value vectors are best for some weights: those on the convex hull.

    Parameters
    ----------
    values : ndarray, shape (N, k)
        Vectors that do not dominate each other, all minimised.
    tolerance : float
        Share of each criterion's range by which a vector may miss the hull and still lie on it.

    Returns
    -------
    ndarray of bool, shape (N,)

    Notes
    -----
    A vector is best for some weights if it lies on a facet of the hull of everything that is as bad as some vector or
    worse. That set is unbounded; copies of the vectors far off along each axis stand for it (Barber, Dobkin and
    Huhdanpaa 1996, ACM Transactions on Mathematical Software 22(4)).

    Examples
    --------
    >>> supported(np.array([[0.0, 4.0], [3.0, 3.0], [4.0, 0.0]])).tolist()
    [True, False, True]
    """
    spread = np.ptp(values, axis=0) if len(values) else np.zeros(values.shape[1])
    told_apart = spread > 0
    if np.count_nonzero(told_apart) < 2:
        # At most one criterion tells the vectors apart, and none is dominated: all are equal.
        return np.ones(len(values), dtype=bool)
    scaled = ((values - values.min(axis=0)) / np.where(told_apart, spread, 1.0))[:, told_apart]
    far = [scaled + FAR * axis for axis in np.eye(scaled.shape[1])]
    facets = ConvexHull(np.vstack([scaled, *far])).equations
    # Weights are not negative on the facets that face the ideal.
    facing = facets[(facets[:, :-1] <= tolerance).all(axis=1)]
    result = np.zeros(len(values), dtype=bool)
    for begin in range(0, len(facing), BLOCK):
        some = facing[begin : begin + BLOCK]
        result |= np.asarray(scaled @ some[:, :-1].T + some[:, -1] >= -tolerance).any(axis=1)
    return result
