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
    for _ in range(rounds):
        best_cost, best = cost - IMPROVEMENT * abs(cost), None
        for out in current[~problem.constraints.required[current]]:
            kept = current[current != out]
            options = np.flatnonzero(may_join(problem.constraints, kept, complete=True))
            options = options[options != out]
            if len(options) == 0:
                continue
            costs = _costs_with(problem, kept, options)
            position = int(np.argmin(costs))
            if costs[position] < best_cost:
                best_cost, best = float(costs[position]), np.append(kept, options[position])
        if best is None:
            break
        current = np.sort(best)
        cost = problem.cost(current)
    return current


def _costs_with(problem: Problem, kept: NDArray[np.int64], options: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the cost of the kept sites with each option added, shape (options,)."""
    costs = np.asarray(problem.site_cost[kept].sum() + problem.site_cost[options])
    if problem.number_of_demand_points == 0:
        return costs
    if len(kept) == 0:
        return np.asarray(costs + problem.service_cost[options].sum(axis=1))
    served = problem.service_cost[kept].min(axis=0)
    block = max(1, 4_000_000 // problem.number_of_demand_points)
    for start in range(0, len(options), block):
        part = options[start : start + block]
        costs[start : start + block] += np.minimum(problem.service_cost[part], served).sum(axis=1)
    return costs
