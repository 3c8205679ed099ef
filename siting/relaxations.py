"""Lower bounds of the objective that add up over sites, and a pool of those that prove most.

Any multipliers of "each demand point is served once" give one: their sum, plus for each chosen site its cost and
what it undercuts the multipliers by. Midway between the closest and the second closest site of a portfolio they bound
this portfolio, and those like it, closely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.bounding import Bounding
from siting.exploration import weighted
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from siting.dominance import Front
    from siting.grouping import Tree
    from siting.problem import Problem
    from siting.sweep import Trade

#: Sets of multipliers from subgradient steps, and how many steps for each.
LAGRANGIAN_SETS, STEPS = 8, 60
#: Relaxations kept in a pool.
POOL = 64
#: What a relaxation proved in one block counts this much in the next.
MEMORY = 0.9


@dataclass(frozen=True, eq=False)
class Relaxation:
    """A lower bound of every portfolio's objective: `constant` plus `costs`, shape (n,), of the chosen candidates."""

    constant: float
    costs: NDArray[np.float64]


def relaxation_of(problem: Problem, multipliers: NDArray[np.float64]) -> Relaxation:
    """Return the lower bound that multipliers give, shape (m,).

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.problem import Problem
    >>> problem = Problem.of(Instance(sites=1, criteria={"ms": Criterion(service=[[3.0, 5.0], [9.0, 1.0]])}))
    >>> relaxation = relaxation_of(problem, np.array([1.0, 4.0]))
    >>> relaxation.constant, relaxation.costs.tolist()
    (5.0, [-1.0, -4.0])
    """
    # Beyond the costs themselves multipliers bound worse, and large ones would round away the result.
    within = np.clip(multipliers, 0.0, problem.service_cost.max(axis=0, initial=0.0))
    costs = problem.site_cost + np.minimum(problem.service_cost - within, 0.0).sum(axis=1)
    return Relaxation(float(within.sum()), costs)


def relaxation_at(problem: Problem, chosen: Sequence[int] | NDArray[np.int64]) -> Relaxation:
    """Return a lower bound that is close for a portfolio, given by positions in the problem."""
    costs = problem.service_cost[np.asarray(chosen, dtype=np.int64)]
    nearest = min(2, len(costs))
    return relaxation_of(problem, np.partition(costs, nearest - 1, axis=0)[:nearest].mean(axis=0))


def lagrangian_relaxations(
    trade: Trade, known: Front, stop: Callable[[], bool] | None = None, seed: int = 0
) -> list[Relaxation]:
    """Return lower bounds of the objective from weighted sums with the other criteria.

    Parameters
    ----------
    trade : Trade
        What is traded.
    known : Front
        Vectors known so far; the best for a weighted sum sets the length of its steps.
    stop : callable, optional
        Asked between the sets of multipliers.
    seed : int
        Of the weights.
    """
    problem, criteria = trade.problem, len(trade.tolerance)
    result = [relaxation_of(problem, np.zeros(problem.number_of_demand_points))]
    if problem.number_of_demand_points == 0 or not known.portfolios:
        return result
    draws = np.random.default_rng(seed).dirichlet(np.ones(criteria), LAGRANGIAN_SETS - 1)
    for weights in np.vstack([np.eye(criteria)[-1], draws]):
        if stop is not None and stop():
            break
        result.append(relaxation_of(problem, _multipliers(trade, known, np.maximum(weights, 1e-3))))
    return result


def _multipliers(trade: Trade, known: Front, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    problem = weighted(trade, weights)
    places = {int(place): row for row, place in enumerate(problem.positions)}
    costs = [problem.cost([places[place] for place in portfolio]) for portfolio in known.portfolios[:: _step(known)]]
    best = int(np.argmin(costs))
    search = Search(chosen=known.portfolios[best * _step(known)], upper=costs[best] + problem.offset)
    search.magnitude = abs(costs[best])
    bounding = Bounding(problem, search, threshold=search.upper)
    bounding.run(enough=1, maximum_steps=STEPS)
    largest = float(trade.problem.service_cost.max()) or 1.0
    return np.asarray(bounding.multipliers.service * (largest / (float(problem.service_cost.max()) or 1.0)))


def _step(known: Front) -> int:
    """Return how many known portfolios to pass over, so that about a hundred are looked at."""
    return max(1, len(known.portfolios) // 100)


class Pool:
    """Relaxations over groups of candidates, those tried first that proved most lately.

    Parameters
    ----------
    tree : Tree
        Groups of candidates.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._held: list[tuple[float, NDArray[np.float64]]] = []
        self._proved: list[float] = []

    def add(self, relaxation: Relaxation) -> None:
        """Take a relaxation in, for the least useful one if the pool is full."""
        if len(self._held) >= POOL:
            least = int(np.argmin(self._proved))
            del self._held[least], self._proved[least]
        self._held.append((relaxation.constant, self.tree.least(relaxation.costs)))
        # A new one is tried before those that prove little.
        self._proved.append(float(np.mean(self._proved)) if self._proved else 0.0)

    def within(self, block: NDArray[np.int64], limits: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which combinations of groups, shape (q, sites), no relaxation bounds above their limits, (q,)."""
        left = np.arange(len(block))
        for place in np.argsort(self._proved)[::-1].tolist():
            constant, costs = self._held[place]
            keep = constant + costs[block[left]].sum(axis=1) <= limits[left]
            self._proved[place] = MEMORY * self._proved[place] + float(len(left) - np.count_nonzero(keep))
            left = left[keep]
        result = np.zeros(len(block), dtype=bool)
        result[left] = True
        return result

    def bound(self, block: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the highest bound of combinations of groups, shape (q,)."""
        bounds = [constant + costs[block].sum(axis=1) for constant, costs in self._held]
        return np.asarray(np.max(bounds, axis=0))
