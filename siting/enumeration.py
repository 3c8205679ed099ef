"""Compare every admissible portfolio: the proof that needs no solver.

All prefixes of p - 1 candidates are walked; the last candidate is compared for all of its values at once.
Rules cut a prefix as soon as it can no longer be completed by one more candidate.
"""

from __future__ import annotations

from math import comb, isqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from siting.constraints import Constraints
    from siting.problem import Problem
    from siting.worst_case import WorstCase


def number_of_portfolios(problem: Problem, shorter_by: int = 0) -> int:
    """Return how many sets of candidates the number of sites and the required candidates allow.

    Parameters
    ----------
    problem : Problem
        The problem.
    shorter_by : int
        Count sets with this many sites fewer instead: the steps of the walk over them.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.problem import Problem
    >>> number_of_portfolios(Problem.of(Instance(sites=2, criteria={"cost": Criterion(site=[1, 2, 3, 4])})))
    6
    """
    constraints = problem.constraints
    required = int(constraints.required.sum())
    free = constraints.number_of_candidates - required
    sizes = range(constraints.minimum_sites, constraints.maximum_sites + 1)
    return sum(comb(free, size - required - shorter_by) for size in sizes if size >= required + shorter_by)


def most_portfolios(problem: Problem, shorter_by: int = 0) -> int:
    """Return how many sets at most are left once pairs in conflict are taken out.

    A graph with as many edges as C(x, 2), here pairs that get along, has at most C(x, p) sets of p that all get along
    (Kruskal 1963; Katona 1968, in the form of Lovász).

    Parameters
    ----------
    problem : Problem
        The problem.
    shorter_by : int
        As in `number_of_portfolios`.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.problem import Problem
    >>> cost = Criterion(site=[1, 2, 3, 4])
    >>> most_portfolios(Problem.of(Instance(sites=3, criteria={"cost": cost}, conflicts=[(0, 1), (0, 2), (1, 2)])))
    1
    """
    constraints = problem.constraints
    free = np.flatnonzero(~constraints.required & ~constraints.forbidden)
    if len(free) < 2 or not constraints.conflicts.any():
        return number_of_portfolios(problem, shorter_by)
    conflicts = int(constraints.conflicts[np.ix_(free, free)].sum()) // 2
    pairs = comb(len(free), 2) - conflicts
    alike = (1 + isqrt(8 * pairs)) // 2
    alike += comb(alike, 2) < pairs
    required = int(constraints.required.sum())
    sizes = [size - required - shorter_by for size in range(constraints.minimum_sites, constraints.maximum_sites + 1)]
    return sum(comb(min(len(free), alike), size) if size > 1 else len(free) ** size for size in sizes if size >= 0)


def portfolios(
    problem: Problem, stop: Callable[[], bool] | None = None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Yield every admissible portfolio with its cost, in blocks that share all but one site.

    Parameters
    ----------
    problem : Problem
        The problem.
    stop : callable, optional
        Asked between blocks; the walk ends early when it returns True.

    Yields
    ------
    (prefix, last, costs)
        Candidates shared by the block, the last candidate of each portfolio, and the costs without offset.
    """
    constraints = problem.constraints
    required = np.flatnonzero(constraints.required)
    free = np.flatnonzero(~constraints.required & ~constraints.forbidden)
    if constraints.conflicts[np.ix_(required, required)].any():
        return
    everyone = np.full(problem.number_of_demand_points, np.inf)
    served = problem.service_cost[required].min(axis=0) if len(required) else everyone
    for size in range(max(constraints.minimum_sites, len(required)), constraints.maximum_sites + 1):
        if size == len(required):
            if size and constraints.admissible(required):
                yield required[:-1], required[-1:], np.array([problem.cost(required)])
            continue
        walk = _Walk(problem, free, size - len(required), stop)
        yield from walk.blocks(required, served, 0)


class _Walk:
    """Depth-first walk over the sets of a given size, the last level vectorised."""

    def __init__(self, problem: Problem, free: NDArray[np.int64], size: int, stop: Callable[[], bool] | None) -> None:
        self.problem, self.free, self.size, self.stop = problem, free, size, stop
        self.constraints, self.stopped = problem.constraints, False
        matrix = self.constraints.matrix[:, free]
        # A rule without negative coefficients that is exceeded by a prefix is exceeded by all its completions.
        self.monotone = np.asarray((matrix >= 0).all(axis=1))

    def blocks(
        self, prefix: NDArray[np.int64], served: NDArray[np.float64], start: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
        options = self.free[start:]
        allowed = ~np.asarray(self.constraints.conflicts[prefix][:, options].any(axis=0))
        if self.size == 1:
            last = options[allowed & self._within_limits(prefix, options, complete=True)]
            if len(last):
                yield prefix, last, self._costs(prefix, last, served)
            return
        allowed &= self._within_limits(prefix, options, complete=False)
        self.size -= 1
        for index in np.flatnonzero(allowed).tolist():
            if self.stopped or (self.stop is not None and self.stop()):
                self.stopped = True
                break
            candidate = options[index]
            joined = np.minimum(served, self.problem.service_cost[candidate])
            yield from self.blocks(np.append(prefix, candidate), joined, start + index + 1)
        self.size += 1

    def _within_limits(
        self, prefix: NDArray[np.int64], options: NDArray[np.int64], *, complete: bool
    ) -> NDArray[np.bool_]:
        rules: Constraints = self.constraints
        if not rules.names:
            return np.ones(len(options), bool)
        activity = rules.matrix[:, prefix].sum(axis=1)[:, None] + rules.matrix[:, options]
        slack = rules.slack[:, None]
        within = activity <= rules.upper[:, None] + slack
        if not complete:
            return np.asarray((within | ~self.monotone[:, None]).all(axis=0))
        return np.asarray((within & (activity >= rules.lower[:, None] - slack)).all(axis=0))

    def _costs(
        self, prefix: NDArray[np.int64], last: NDArray[np.int64], served: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        costs = self.problem.site_cost[prefix].sum() + self.problem.site_cost[last]
        if self.problem.number_of_demand_points:
            costs = costs + np.minimum(self.problem.service_cost[last], served).sum(axis=1)
        return np.asarray(costs)


def best_portfolio(
    problem: Problem,
    stop: Callable[[], bool] | None = None,
    worst_cases: Sequence[WorstCase] = (),
    rescue: Callable[[NDArray[np.int64], float], object] | None = None,
) -> tuple[NDArray[np.int64] | None, float, int, bool]:
    """Compare every admissible portfolio and return the cheapest.

    Parameters
    ----------
    problem : Problem
        The problem.
    stop : callable, optional
        Asked between blocks; the walk ends early when it returns True.
    worst_cases : sequence of WorstCase
        Worst-case criteria over the same candidates, added to the cost.
    rescue : callable, optional
        Given the cheapest so far and its cost where Ctrl-C ends the walk.

    Returns
    -------
    chosen : ndarray of int or None
        The cheapest portfolio, the first in candidate order among equals; None if there is none.
    cost : float
        Its cost without offset.
    compared : int
        How many admissible portfolios were compared.
    complete : bool
        False if `stop` ended the walk.
    """
    best, cost, compared = None, np.inf, 0
    stopped = False

    def ask() -> bool:
        nonlocal stopped
        stopped = stopped or (stop is not None and stop())
        return stopped

    try:
        for prefix, last, costs in portfolios(problem, ask):
            compared += len(costs)
            for one in worst_cases:
                costs = costs + one.weight * one.values_with(prefix, last)  # noqa: PLW2901 - the cost is not complete before
            position = int(np.argmin(costs))
            if costs[position] < cost:
                best, cost = np.sort(np.append(prefix, last[position])), float(costs[position])
    except KeyboardInterrupt:
        if rescue is not None and best is not None:
            rescue(best, cost)
        raise
    return best, cost, compared, not stopped
