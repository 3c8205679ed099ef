"""A first front by exchange: good value vectors to compare with before anything is proven.

Each portfolio of the front is varied by one exchange, addition or removal of a site, and what is not dominated joins
the front (Pareto local search; Paquete, Chiarandini and Stützle 2004). What comes out is most of the frontier, and
proves nothing.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from siting.dominance import Collector, Front, Thresholds, non_dominated
from siting.incumbent import greedy, interchange, may_join, swap_costs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from siting.problem import Problem
    from siting.sweep import Trade

#: Weights drawn for the first portfolios, besides one for each criterion.
DRAWS = 6
#: Share that the other criteria get where one is to be best.
LITTLE = 1e-3


def first_portfolios(trade: Trade, seed: int = 0) -> list[NDArray[np.int64]]:
    """Return portfolios that are good for different weights, as positions in the problem.

    Parameters
    ----------
    trade : Trade
        What is traded.
    seed : int
        Of the weights.
    """
    criteria = len(trade.tolerance)
    draws = np.random.default_rng(seed).dirichlet(np.ones(criteria), DRAWS)
    found: dict[tuple[int, ...], NDArray[np.int64]] = {}
    for weights in np.vstack([np.eye(criteria), draws]):
        problem = weighted(trade, np.maximum(weights, LITTLE))
        for start in (greedy(problem), greedy(problem, scores=problem.site_cost + problem.service_cost.sum(axis=1))):
            if start is not None:
                chosen = interchange(problem, start)
                found[tuple(chosen.tolist())] = chosen
    return list(found.values())


def weighted(trade: Trade, weights: NDArray[np.float64]) -> Problem:
    """Return the problem of a weighted sum; each criterion counts by the size of its values."""
    problem = trade.problem
    scaled = weights / np.where(trade.tolerance > 0, trade.tolerance, 1.0)
    linear = trade.linear[:, problem.positions]
    return dataclasses.replace(
        problem,
        site_cost=scaled[-1] * problem.site_cost + scaled[:-1] @ linear,
        service_cost=scaled[-1] * problem.service_cost,
    )


def explore(
    trade: Trade, portfolios: list[NDArray[np.int64]], stop: Callable[[], bool] | None = None, rounds: int = 2
) -> Front:
    """Vary portfolios by exchange, keep what is not dominated, and vary that again.

    Parameters
    ----------
    trade : Trade
        What is traded.
    portfolios : list of ndarray of int
        Admissible portfolios to start from, as positions in the problem.
    stop : callable, optional
        Asked between portfolios.
    rounds : int
        At most this many rounds over the front.

    Returns
    -------
    Front
        Candidate positions of the instance.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.sweep import Trade
    >>> criteria = {"cost": Criterion(site=[1.0, 2.0, 3.0]), "noise": Criterion(site=[9.0, 7.0, 1.0])}
    >>> trade = Trade.of(Instance(sites=1, criteria=criteria), "cost", ["noise"])
    >>> explore(trade, [np.array([0])]).portfolios
    [(2,), (1,), (0,)]
    """
    problem, places = trade.problem, {int(place): row for row, place in enumerate(trade.problem.positions)}
    collector = Collector(trade.tolerance)
    for chosen in portfolios:
        collector.add(_values(trade, chosen), problem.positions[chosen][None, :])
    seen: set[tuple[int, ...]] = set()
    for _ in range(rounds):
        front = collector.front()
        waiting = [portfolio for portfolio in front.portfolios if portfolio not in seen]
        thresholds = Thresholds(front.values, trade.tolerance)
        for portfolio in waiting:
            if stop is not None and stop():
                return collector.front()
            seen.add(portfolio)
            chosen = np.array([places[place] for place in portfolio], dtype=np.int64)
            for values, others in _variations(trade, chosen, thresholds):
                collector.add(values, problem.positions[others])
        if not waiting:
            break
    return collector.front()


def _values(trade: Trade, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    served = trade.problem.service_cost[chosen].min(axis=0).sum()
    return trade.values(chosen[None, :], np.array([served]))


def _variations(
    trade: Trade, chosen: NDArray[np.int64], thresholds: Thresholds
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Yield the vectors and portfolios, one exchange away, that no known vector is known to dominate."""
    problem, rules = trade.problem, trade.problem.constraints
    costs = swap_costs(problem, chosen)
    for index, leaving in enumerate(chosen.tolist()):
        if rules.required[leaving]:
            continue
        kept = np.delete(chosen, index)
        joins = may_join(rules, kept, complete=True)
        joins[leaving] = False
        yield from _worth(trade, kept, np.flatnonzero(joins), costs[index, joins], thresholds)
        if len(kept) and rules.admissible(kept):
            yield _values(trade, kept), kept[None, :]
    if len(chosen) < rules.maximum_sites:
        options = np.flatnonzero(may_join(rules, chosen, complete=True))
        served = problem.service_cost[chosen].min(axis=0)
        added = np.minimum(problem.service_cost[options], served).sum(axis=1)
        added += problem.site_cost[chosen].sum() + problem.site_cost[options]
        yield from _worth(trade, chosen, options, added, thresholds)


def _worth(
    trade: Trade,
    kept: NDArray[np.int64],
    joining: NDArray[np.int64],
    objectives: NDArray[np.float64],
    thresholds: Thresholds,
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    linear = trade.linear[:, trade.problem.positions]
    values = linear[:, kept].sum(axis=1)[:, None] + linear[:, joining]
    below = np.flatnonzero(objectives <= thresholds.least(values))
    if len(below):
        vectors = np.column_stack([values[:, below].T, objectives[below]])
        best, _ = non_dominated(vectors, trade.tolerance)
        chosen = np.sort(np.column_stack([np.tile(kept, (len(best), 1)), joining[below[best]]]), axis=1)
        yield vectors[best], chosen
