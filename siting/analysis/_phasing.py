"""The best order to build the sites of a portfolio in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from siting.analysis._served import evaluated

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from siting.instance import Instance

#: Most sites whose orders are compared: two to this power sets are evaluated.
MOST_PHASES = 12


@dataclass(frozen=True, eq=False)
class Phasing:
    """An order in which to build the sites.

    Attributes
    ----------
    goal : str
        What is summed over the phases: "objective", or a criterion.
    order : tuple
        Sites, the first one first.
    totals : tuple of float
        The goal after each phase.
    greedy : tuple
        The order that always builds the best next site.
    greedy_total : float
        Sum of the goal over its phases.
    """

    goal: str
    order: tuple[Hashable, ...]
    totals: tuple[float, ...]
    greedy: tuple[Hashable, ...]
    greedy_total: float

    @property
    def total(self) -> float:
        """Sum of the goal over the phases."""
        return math.fsum(self.totals)


def phasings(instance: Instance, portfolio: tuple[Hashable, ...]) -> Iterator[Phasing]:
    """Yield the best order for the objective and for each criterion with a weight."""
    if not 1 <= len(portfolio) <= MOST_PHASES:
        return
    goals = [name for name in instance.criteria if instance.signed_weights[name] != 0]
    worth: dict[str, dict[frozenset[Hashable], float]] = {goal: {} for goal in ("objective", *goals)}
    for size in range(1, len(portfolio) + 1):
        for chosen in combinations(portfolio, size):
            found = evaluated(instance, chosen)
            worth["objective"][frozenset(chosen)] = found.objective
            for name in goals:
                worth[name][frozenset(chosen)] = instance.criteria[name].sign * found.values[name]
    for goal, values in worth.items():
        yield _phasing(instance, goal, portfolio, values)


def _phasing(
    instance: Instance, goal: str, portfolio: tuple[Hashable, ...], worth: dict[frozenset[Hashable], float]
) -> Phasing:
    sign = 1.0 if goal == "objective" else instance.criteria[goal].sign
    order, greedy = best_order(portfolio, worth), greedy_order(portfolio, worth)
    totals = tuple(sign * worth[frozenset(order[: count + 1])] for count in range(len(order)))
    greedy_total = math.fsum(sign * worth[frozenset(greedy[: count + 1])] for count in range(len(greedy)))
    return Phasing(goal, order, totals, greedy, greedy_total)


def best_order(portfolio: Sequence[Hashable], worth: dict[frozenset[Hashable], float]) -> tuple[Hashable, ...]:
    """Return the order with the least sum of the worth of its beginnings, the first in candidate order among equals.

    Examples
    --------
    >>> worth = {frozenset("a"): 3.0, frozenset("b"): 1.0, frozenset("ab"): 2.0}
    >>> best_order(["a", "b"], worth)
    ('b', 'a')
    """
    best: dict[frozenset[Hashable], tuple[float, tuple[Hashable, ...]]] = {frozenset(): (0.0, ())}
    for size in range(1, len(portfolio) + 1):
        for chosen in combinations(portfolio, size):
            key = frozenset(chosen)
            # The last one built among these; earlier ones in candidate order come first among equals.
            ways = [(best[key - {last}][0], best[key - {last}][1], last) for last in reversed(chosen)]
            cost, before, last = min(ways, key=lambda way: way[0])
            best[key] = (cost + worth[key], (*before, last))
    return best[frozenset(portfolio)][1]


def greedy_order(portfolio: Sequence[Hashable], worth: dict[frozenset[Hashable], float]) -> tuple[Hashable, ...]:
    """Return the order that always builds the best next site."""
    order: list[Hashable] = []
    while len(order) < len(portfolio):
        left = [one for one in portfolio if one not in order]
        order.append(min(left, key=lambda one: worth[frozenset([*order, one])]))
    return tuple(order)
