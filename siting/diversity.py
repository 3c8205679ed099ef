"""The portfolios of a list that differ most from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Comparisons of two portfolios before the exact search gives up: about two seconds.
COMPARISONS = 20_000_000


@dataclass(frozen=True, eq=False)
class DifferentPortfolios:
    """Rows of a list of portfolios that differ most.

    Attributes
    ----------
    rows : tuple of int
        Ascending; the first of the list is always among them.
    difference : int
        At least this many sites differ between any two of them.
    is_exact : bool
        Whether no other choice with the first row differs more; otherwise it was found greedily.
    """

    rows: tuple[int, ...]
    difference: int
    is_exact: bool


def most_different(portfolios: NDArray[np.int32], number: int, comparisons: int = COMPARISONS) -> DifferentPortfolios:
    """Choose portfolios, the first among them, so that the two most alike differ as much as possible.

    Two portfolios differ by the sites of one that the other does not hold, counted from the side where there are more
    of them. Of choices that differ equally much, the one that comes first in the list is taken.

    Parameters
    ----------
    portfolios : ndarray of int, shape (N, width)
        Positions of sites; -1 fills up the rows of portfolios with fewer sites.
    number : int
        How many are chosen; all where there are fewer.
    comparisons : int
        Comparisons after which the exact search gives up.

    Returns
    -------
    DifferentPortfolios
        Rows, difference, and whether it is proven to be the greatest.

    Examples
    --------
    >>> found = most_different(np.array([[0, 1], [0, 2], [2, 3]]), 2)
    >>> found.rows, found.difference, found.is_exact
    ((0, 2), 2, True)
    """
    search = _Search(portfolios, min(number, len(portfolios)), comparisons)
    if search.number < 2:
        return DifferentPortfolios((0,) if len(portfolios) else (), 0, is_exact=True)
    rows, reached = search.greedy()
    is_exact = True
    for difference in range(search.greatest, reached - 1, -1):
        better = search.exact(difference)
        if better is not None:
            return DifferentPortfolios(better, difference, is_exact)
        if search.comparisons <= 0:
            # At the level that greedy reached, only which of several equals comes first is left open.
            is_exact = is_exact and difference == reached
            break
    return DifferentPortfolios(rows, reached, is_exact)


class _Search:
    def __init__(self, portfolios: NDArray[np.int32], number: int, comparisons: int) -> None:
        self.portfolios, self.number, self.comparisons = portfolios, number, comparisons
        self.sizes = (portfolios >= 0).sum(axis=1)
        # The last entry stands for -1, which nobody holds.
        self._held = np.zeros(int(portfolios.max(initial=0)) + 2, dtype=bool)

    @property
    def greatest(self) -> int:
        """No choice can differ more than the portfolios differ from the first."""
        others = np.sort(self.differences(0, np.arange(1, len(self.portfolios))))
        return int(others[-(self.number - 1)])

    def differences(self, row: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return by how many sites others differ from one portfolio."""
        self.comparisons -= len(others)
        sites = self.portfolios[row, : self.sizes[row]]
        self._held[sites] = True
        common = self._held[self.portfolios[others]].sum(axis=1)
        self._held[sites] = False
        return np.asarray(np.maximum(self.sizes[row], self.sizes[others]) - common)

    def greedy(self) -> tuple[tuple[int, ...], int]:
        """Add the portfolio that differs most from those chosen, the first of equals."""
        everyone = np.arange(len(self.portfolios))
        rows, reached = [0], int(self.sizes.max())
        nearest = self.differences(0, everyone)
        for _ in range(self.number - 1):
            nearest[rows] = -1
            row = int(nearest.argmax())
            reached = min(reached, int(nearest[row]))
            rows.append(row)
            nearest = np.minimum(nearest, self.differences(row, everyone))
        return tuple(sorted(rows)), reached

    def exact(self, difference: int) -> tuple[int, ...] | None:
        """Return the first choice of which any two differ by this much, or None if there is none or it gave up."""
        return self._extended((0,), self._apart(0, np.arange(1, len(self.portfolios)), difference), difference)

    def _apart(self, row: int, others: NDArray[np.int64], difference: int) -> NDArray[np.int64]:
        return others[self.differences(row, others) >= difference]

    def _extended(self, rows: tuple[int, ...], others: NDArray[np.int64], difference: int) -> tuple[int, ...] | None:
        missing = self.number - len(rows)
        if missing == 0:
            return rows
        for index in range(len(others) - missing + 1):
            if self.comparisons <= 0:
                return None
            row = int(others[index])
            found = self._extended((*rows, row), self._apart(row, others[index + 1 :], difference), difference)
            if found is not None:
                return found
        return None
