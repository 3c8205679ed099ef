"""Search over levels of worst-case criteria: the summed criteria are optimised with "at most this level" as rules.

Let f be the summed part of the objective and U_k the worst-case criteria, weighted by w_k. The best portfolio for f
under ``U <= levels`` with value f* has the best f of all that satisfy these levels, so that a better portfolio must be
below it in at least one U_k. The search therefore splits: one box per worst-case criterion, its level lowered to just
below what was reached. A box is left out when f* plus the lowest possible levels is no better than the incumbent, and
what a better portfolio may spend on each level follows from the same sum (an epsilon-constraint search, Haimes, Lasdon
and Wismer 1971). With nothing but one worst-case criterion it is the classic search for the lowest level at which the
rules can hold (Minieka 1970 for p-center).
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.choice import Choice, Options
from siting.errors import SolverError
from siting.feasibility import admissible_portfolio
from siting.search import Progress, Search
from siting.worst_case import WorstCase, good_portfolio, swapped, without_dominated, without_lonely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.constraints import Constraints
    from siting.problem import Problem


@dataclass(order=True)
class _Box:
    """Portfolios with every worst-case value between two levels, and a bound on their objective."""

    bound: float
    number: int
    summed: float = field(compare=False)
    lower: NDArray[np.float64] = field(compare=False)
    upper: NDArray[np.float64] = field(compare=False)


class LevelSearch:
    """Choose the best portfolio of a problem with worst-case criteria.

    Parameters
    ----------
    problem : Problem
        The summed part of the objective, and the rules.
    worst_cases : sequence of WorstCase
        Over the same candidates.
    search : Search
        Incumbent, bound and clock of the whole objective.
    options : Options
        For the searches over the summed part.

    Attributes
    ----------
    searches : int
        How many variants of the summed problem were solved.
    questions : int
        How many times it was asked whether a level can be reached.
    """

    def __init__(
        self, problem: Problem, worst_cases: Sequence[WorstCase], search: Search, options: Options | None = None
    ) -> None:
        self.problem, self.worst_cases, self.search = problem, list(worst_cases), search
        self.options = options or Options()
        self.weights = np.array([one.weight for one in self.worst_cases])
        self.searches, self.questions = 0, 0
        self._places = {int(position): index for index, position in enumerate(problem.positions)}
        self._has_no_rules = not problem.constraints.names
        self._is_only_worst_cases = not problem.site_cost.any() and problem.number_of_demand_points == 0

    def solve(self) -> None:
        """Search until the gap closes or the search must stop."""
        floors = self._lowest_levels()
        if floors is None:
            return
        ceilings = np.array([one.levels[-1] for one in self.worst_cases])
        numbers = itertools.count()
        cheapest = self._cheapest_sum()
        heap = [_Box(cheapest + float(self.weights @ floors), next(numbers), cheapest, floors, ceilings)]
        while heap and self.search.stop_reason is None:
            self.search.raise_bound(heap[0].bound)
            if self.search.stop_reason is not None:
                break
            box = heapq.heappop(heap)
            for child in self._split(box, numbers):
                heapq.heappush(heap, child)
        if not heap and not self.search.asked_to_stop and self.search.remaining > 0:
            self.search.raise_bound(self.search.upper)
        if self.search.closed:
            self.search.proof.append(
                f"levels of {len(self.worst_cases)} worst-case criteria: {self.questions} questions whether a level "
                f"can be reached, {self.searches} searches over the summed criteria; nothing better is left"
            )

    def _cheapest_sum(self) -> float:
        """Return what the summed part costs at least, from site costs alone: service costs are never negative."""
        rules = self.problem.constraints
        sums = np.cumsum(np.sort(self.problem.site_cost))[rules.minimum_sites - 1 : rules.maximum_sites]
        return float(sums.min()) + self.problem.offset

    def _lowest_levels(self) -> NDArray[np.float64] | None:
        """Return the lowest level each worst-case criterion can reach on its own; None where nothing is possible."""
        self.search.phase = "lowest levels"
        chosen, decided = self._possible(self.problem.constraints)
        if chosen is None:
            self.search.infeasible = decided
            return None
        self._offer(chosen)
        return np.array([self._lowest_level(one, chosen) for one in self.worst_cases])

    def _lowest_level(self, one: WorstCase, chosen: NDArray[np.int64]) -> float:
        """Close in on the level between what is possible and what is not, from a portfolio that is probably best."""
        chosen = good_portfolio(one, self.problem.constraints, chosen)
        self._offer(chosen)
        low = int(np.searchsorted(one.levels, one.least))
        high = int(np.searchsorted(one.levels, one.value(chosen)))
        steps = 1
        while low < high and self.search.stop_reason is None:
            # First just below what is held; after each success twice as far.
            middle = max((low + high) // 2, high - steps)
            steps *= 4
            found, decided = self._possible(one.at_most(self.problem.constraints, float(one.levels[middle])))
            if found is not None:
                found = swapped(one, self.problem.constraints, found)
                self._offer(found)
                high = int(np.searchsorted(one.levels, one.value(found)))
            elif decided:
                low = middle + 1
            else:
                break
            if self._is_only_worst_cases and len(self.worst_cases) == 1:
                self.search.raise_bound(self.problem.offset + one.weight * float(one.levels[low]))
        return float(one.levels[low])

    def _possible(self, constraints: Constraints) -> tuple[NDArray[np.int64] | None, bool]:
        """Return a portfolio that satisfies the rules, as indices of the problem, and whether that was decided."""
        self.questions += 1
        whole = constraints
        pure = not constraints.conflicts.any() and self._has_no_rules and len(constraints.names)
        constraints = without_dominated(constraints) if pure else without_lonely(constraints)
        keep = np.flatnonzero(~constraints.unreachable)
        if len(keep) < constraints.minimum_sites or constraints.required.sum() != constraints.required[keep].sum():
            return None, True
        cost = np.zeros(len(keep))
        chosen, decided = admissible_portfolio(
            constraints.restricted(keep), cost, self.search.remaining, self.options.threads, self.options.seed
        )
        return None if chosen is None else _filled(keep[chosen], whole), decided

    def _offer(self, chosen: NDArray[np.int64]) -> None:
        worst = np.array([one.value(chosen) for one in self.worst_cases])
        objective = self.problem.cost(chosen) + self.problem.offset + float(self.weights @ worst)
        self.search.offer(self.problem.positions[chosen].tolist(), objective)

    def _split(self, box: _Box, numbers: itertools.count[int]) -> list[_Box]:
        """Optimise the summed part within a box and return the boxes that may hold something better."""
        self.search.phase = "levels"
        upper = self._affordable(box)
        if (upper < box.lower).any():
            return []
        inner = self._best_sum(box, upper)
        if inner.infeasible:
            return []
        if inner.stop_reason is None:
            raise SolverError("a search over the summed criteria ended without a proof; nothing is returned")
        summed = max(box.summed, inner.lower)
        if not inner.closed:
            # Cut short: by what a better portfolio may cost, or by the clock.
            bound = max(box.bound, summed + float(self.weights @ box.lower))
            return [] if self._is_worse(bound) else [_Box(bound, next(numbers), summed, box.lower, upper)]
        chosen = np.array([self._places[position] for position in inner.chosen or ()], dtype=np.int64)
        self._offer(chosen)
        reached = np.array([one.value(chosen) for one in self.worst_cases])
        return self._below(box, upper, reached, summed, numbers)

    def _below(
        self,
        box: _Box,
        upper: NDArray[np.float64],
        reached: NDArray[np.float64],
        summed: float,
        numbers: itertools.count[int],
    ) -> list[_Box]:
        """Return one box per worst-case criterion, below what was reached in it and not below in those before."""
        boxes: list[_Box] = []
        lower = box.lower.copy()
        for index, one in enumerate(self.worst_cases):
            ceiling = upper.copy()
            ceiling[index] = one.below(reached[index])
            bound = max(box.bound, summed + float(self.weights @ lower))
            if ceiling[index] >= lower[index] and not self._is_worse(bound):
                boxes.append(_Box(bound, next(numbers), summed, lower.copy(), ceiling))
            lower[index] = max(lower[index], reached[index])
        return boxes

    def _is_worse(self, bound: float) -> bool:
        return bound >= self.search.upper - self.search.tolerance

    def _affordable(self, box: _Box) -> NDArray[np.float64]:
        """Return the highest levels at which a portfolio of the box can still be better than the incumbent."""
        room = self.search.upper - box.summed - float(self.weights @ box.lower)
        if not math.isfinite(room):
            return box.upper
        # A little more than affordable, so that rounding removes nothing.
        margin = self.search.tolerance + 1e-12 * abs(self.search.upper)
        return np.minimum(box.upper, box.lower + (max(room, 0.0) + margin) / self.weights)

    def _best_sum(self, box: _Box, upper: NDArray[np.float64]) -> Search:
        """Minimise the summed part under the levels of a box; stop where nothing better can come of it."""
        self.searches += 1
        constraints = self.problem.constraints
        for one, level in zip(self.worst_cases, upper.tolist(), strict=True):
            constraints = one.at_most(constraints, level)
        constraints = without_lonely(constraints)
        levels = float(self.weights @ box.lower)

        def enough(progress: Progress) -> bool:
            self.search.tell()
            return self.search.asked_to_stop or self._is_worse(progress.bound + levels)

        limit = None if self.search.time_limit is None else max(self.search.remaining, 1e-3)
        inner = Search(limit, callback=enough, magnitude=self.search.magnitude, node_limit=self.search.nodes_left)
        unreachable = constraints.unreachable
        if (constraints.required & unreachable).any():
            inner.infeasible = True
            return inner
        variant = dataclasses.replace(self.problem, constraints=constraints).restricted(np.flatnonzero(~unreachable))
        Choice(variant, inner, dataclasses.replace(self.options, method="auto")).solve()
        self.search.nodes += inner.nodes
        return inner


def _filled(chosen: NDArray[np.int64], constraints: Constraints) -> NDArray[np.int64]:
    """Add any candidates until there are enough sites; only a question without other rules leaves some missing."""
    others = np.setdiff1d(np.flatnonzero(~constraints.forbidden), chosen)
    missing = max(0, constraints.minimum_sites - len(chosen))
    return np.sort(np.append(chosen, others[:missing]))
