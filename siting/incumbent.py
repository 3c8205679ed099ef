"""Good portfolios fast: greedy construction and interchange under all rules.

Teitz and Bart (1968), "Heuristic methods for estimating the generalized vertex median of a weighted graph",
Operations Research 16(5). What comes out is admissible and usually optimal, and proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.constraints import Constraints
    from siting.problem import Problem

#: A swap must gain more than this share of the cost, so that rounding cannot make interchange cycle.
IMPROVEMENT = 1e-12
#: Service costs looked at in one go: as much as a processor's cache holds.
BLOCK = 200_000


def may_join(constraints: Constraints, chosen: NDArray[np.int64], *, complete: bool) -> NDArray[np.bool_]:
    """Return which candidates may join a set without breaking a rule.

    Parameters
    ----------
    constraints : Constraints
        The rules.
    chosen : ndarray of int
        The set so far.
    complete : bool
        Whether the set with the joining candidate is a whole portfolio: then lower bounds count too.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    allowed: NDArray[np.bool_] = ~constraints.forbidden & ~np.asarray(constraints.conflicts[chosen].any(axis=0))
    allowed[chosen] = False
    if len(constraints.names):
        activity = constraints.matrix[:, chosen].sum(axis=1)[:, None] + constraints.matrix
        slack = constraints.slack[:, None]
        # Before a set is complete, a later candidate with a negative coefficient could still repair a cap.
        repairable = np.asarray((constraints.matrix < 0).any(axis=1))[:, None] & (not complete)
        allowed &= ((activity <= constraints.upper[:, None] + slack) | repairable).all(axis=0)
        if complete:
            allowed &= (activity >= constraints.lower[:, None] - slack).all(axis=0)
    return allowed


def greedy(problem: Problem, scores: NDArray[np.float64] | None = None) -> NDArray[np.int64] | None:
    """Add the candidate that lowers the cost most until the portfolio is complete.

    Parameters
    ----------
    problem : Problem
        The problem.
    scores : ndarray of shape (n,), optional
        If given, the lowest score is added instead.

    Returns
    -------
    ndarray of int or None
        An admissible portfolio, or None where the construction runs into a rule.
    """
    constraints = problem.constraints
    chosen = np.flatnonzero(constraints.required)
    served = (
        problem.service_cost[chosen].min(axis=0) if len(chosen) else np.full(problem.number_of_demand_points, np.inf)
    )
    while len(chosen) < constraints.maximum_sites:
        joins = may_join(constraints, chosen, complete=len(chosen) + 1 >= constraints.minimum_sites)
        options = np.flatnonzero(joins)
        if len(options) == 0:
            break
        if scores is not None:
            gains = scores[options]
        else:
            gains = problem.site_cost[options] + np.minimum(problem.service_cost[options], served).sum(axis=1)
        best = options[np.argmin(gains)]
        joined = np.minimum(served, problem.service_cost[best])
        enough = len(chosen) >= constraints.minimum_sites and constraints.admissible(chosen)
        if enough and gains.min() >= (served.sum() if scores is None else 0.0):
            break
        chosen, served = np.append(chosen, best), joined
    return np.sort(chosen) if len(chosen) and constraints.admissible(chosen) else None


def interchange(problem: Problem, chosen: NDArray[np.int64], rounds: int = 100) -> NDArray[np.int64]:
    """Swap one site for one candidate, best swap first, until no admissible swap improves.

    Parameters
    ----------
    problem : Problem
        The problem.
    chosen : ndarray of int
        An admissible portfolio.
    rounds : int
        At most this many swaps.

    Returns
    -------
    ndarray of int
        An admissible portfolio at least as good.
    """
    current, cost = np.sort(chosen), problem.cost(chosen)
    constraints = problem.constraints
    for _ in range(rounds):
        costs = swap_costs(problem, current)
        for index, out in enumerate(current.tolist()):
            kept = np.delete(current, index)
            allowed = may_join(constraints, kept, complete=True) & (not constraints.required[out])
            allowed[out] = False
            costs[index, ~allowed] = np.inf
        leaving, joining = np.unravel_index(int(costs.argmin()), costs.shape)
        if not costs[leaving, joining] < cost - IMPROVEMENT * abs(cost):
            break
        swapped = np.sort(np.append(np.delete(current, leaving), joining))
        swapped_cost = problem.cost(swapped)
        if swapped_cost >= cost:
            break
        current, cost = swapped, swapped_cost
    return current


def swap_costs(problem: Problem, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the cost after each swap of a chosen site for any candidate, shape (chosen, n).

    One pass over the service costs prices all swaps at once from the closest and the second closest site of each demand
    point (Whitaker 1983, INFOR 21(2); Resende and Werneck 2007, European Journal of Operational Research 177(1)).

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.problem import Problem
    >>> problem = Problem.of(Instance(sites=1, criteria={"ms": Criterion(service=[[0.0, 3.0], [4.0, 0.0]])}))
    >>> swap_costs(problem, np.array([0])).tolist()
    [[4.0, 3.0]]
    """
    count, sites = problem.number_of_candidates, problem.site_cost[chosen]
    costs = sites.sum() - sites[:, None] + problem.site_cost[None, :]
    if problem.number_of_demand_points == 0:
        return np.asarray(costs)
    nearest = problem.service_cost[chosen]
    closest = nearest.argmin(axis=0)
    order = np.argsort(closest, kind="stable")
    first = nearest[closest, np.arange(len(closest))][order]
    second = np.partition(nearest, 1, axis=0)[1][order] if len(chosen) > 1 else np.full(len(order), np.inf)
    # Demand points grouped by the site that serves them, so that one sum per group prices its loss.
    serving, starts = np.unique(closest[order], return_index=True)
    block = max(1, BLOCK // problem.number_of_demand_points)
    for begin in range(0, count, block):
        service = problem.service_cost[begin : begin + block][:, order]
        with_site = np.minimum(service, first)
        costs[:, begin : begin + block] += with_site.sum(axis=1)
        extra = np.add.reduceat(np.minimum(service, second) - with_site, starts, axis=1)
        costs[serving, begin : begin + block] += extra.T
    return np.asarray(costs)
