"""Hold the cheapest portfolios a search comes across: as whole numbers in arrays, so that millions fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Portfolios beyond the limit that are held because they tie with the last one, so that candidate order can decide.
TIES_HELD = 100_000
#: Blocks and portfolios that are collected before they are put in order.
_BLOCKS, _PORTFOLIOS = 20_000, 1_000


class Shortlist:
    """The portfolios found up to a cost, at most a number of them, the cheapest.

    Parameters
    ----------
    width : int
        Most sites of a portfolio.
    ceiling : float
        Most a portfolio may cost to be held.
    limit : int
        How many are held, besides those that tie with the last.
    tolerance : float
        Costs that differ by no more are equal.

    Attributes
    ----------
    ceiling : float
        Falls to the cost of the last one held as soon as there are more than the limit.
    overflowed : bool
        Whether there were more portfolios up to the first ceiling than the limit.
    ties_cut : bool
        Whether portfolios that tie with the last one were left out without being compared by candidate order.

    Examples
    --------
    >>> shortlist = Shortlist(width=2, ceiling=9.0, limit=1, tolerance=0.0)
    >>> shortlist.add(np.array([0]), np.array([1, 2]), np.array([8.0, 7.0]))
    >>> shortlist.portfolios()[0].tolist(), shortlist.overflowed
    ([[0, 2]], True)
    """

    def __init__(self, width: int, ceiling: float, limit: int, tolerance: float) -> None:
        self.width, self.ceiling, self.limit, self.tolerance = width, ceiling, limit, tolerance
        self.overflowed, self.ties_cut = False, False
        self._blocks: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
        self._waiting = 0
        self._rows = np.empty((0, width), dtype=np.int32)
        self._costs = np.empty(0)

    def add(self, prefix: NDArray[np.int64], last: NDArray[np.int64], costs: NDArray[np.float64]) -> None:
        """Take portfolios that share all sites but the last.

        Parameters
        ----------
        prefix : ndarray of int
            Sites shared, any number of them.
        last : ndarray of int, shape (n,)
            The last site of each portfolio.
        costs : ndarray, shape (n,)
            What each costs.
        """
        if not len(last):
            return
        self._blocks.append((prefix, last, costs))
        self._waiting += len(last)
        if len(self._blocks) >= _BLOCKS or self._waiting > max(_PORTFOLIOS, self.limit):
            self._settle()

    def __len__(self) -> int:
        return len(self._costs) + self._waiting

    def portfolios(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the portfolios held, shape (N, width), sites ascending, -1 behind shorter ones; and their costs."""
        self._settle()
        return self._rows, self._costs

    def _settle(self) -> None:
        """Put what is waiting with the rest and leave out what is too many."""
        rows = np.full((self._waiting, self.width), np.iinfo(np.int32).max, dtype=np.int32)
        begin = 0
        for prefix, last, _ in self._blocks:
            end = begin + len(last)
            rows[begin:end, : len(prefix)] = prefix
            rows[begin:end, len(prefix)] = last
            begin = end
        rows.sort(axis=1)
        rows[rows == np.iinfo(np.int32).max] = -1
        costs = np.concatenate([np.empty(0), *(costs for _, _, costs in self._blocks)])
        # The ceiling may have fallen since they were added.
        wanted = costs <= self.ceiling
        self._rows = np.concatenate([self._rows, rows[wanted]])
        self._costs = np.concatenate([self._costs, costs[wanted]])
        self._blocks, self._waiting = [], 0
        self._trim()

    def _trim(self) -> None:
        """Keep as many as the limit allows, and those that tie with the last of them."""
        if len(self._costs) <= self.limit:
            return
        self.overflowed = True
        last = float(np.partition(self._costs, self.limit - 1)[self.limit - 1])
        self.ceiling = min(self.ceiling, last + self.tolerance)
        kept = np.flatnonzero(self._costs <= last + self.tolerance)
        if len(kept) > self.limit + TIES_HELD:
            # Too many equals to walk through: the first in candidate order of those seen stay.
            ties = self._costs[kept] >= last - self.tolerance
            kept = kept[np.lexsort((*self._rows[kept].T[::-1], ties))][: self.limit]
            self.ceiling, self.ties_cut = min(self.ceiling, last - self.tolerance), True
        self._rows, self._costs = self._rows[kept], self._costs[kept]
