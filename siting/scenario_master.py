"""The choice under several scenarios as one mixed-integer model on HiGHS, the assignment of demand projected out.

The measure enters by the dual of its mixture: ``minimise t + sum_s cap_s e_s`` with ``t + e_s >= loss_s - reference_s``
and ``e_s >= 0``. Service costs enter by cuts, as in `siting.benders`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.formulation import choice_model, compile_model
from siting.highs import OBJECTIVE_SIZE, HighsModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.scenario_problem import Measure, ScenarioProblem
    from siting.search import Search

#: A cut must be violated by this much, in units of the scaled objective, to be worth a row.
CUT_VIOLATION = 1e-7
#: Master and true value that differ by less than this share of the objective are equal: the accuracy of HiGHS.
MASTER_TOLERANCE = 1e-8
LARGEST_RELAXATION_ROUNDS = 200


class ScenarioMaster:
    """Minimise a measure over portfolios by cuts on HiGHS.

    The columns are the choice of candidates, the service costs of each demand point, the threshold ``t`` (shifted to be
    at least 0) and the excess of each scenario.

    Parameters
    ----------
    problem : ScenarioProblem
        The scenarios, usually already reduced.
    measure : Measure
        What is minimised.
    search : Search
        Incumbent, bound and clock; an incumbent is held already.
    threads, seed : int, optional
        Passed to HiGHS.
    """

    def __init__(
        self, problem: ScenarioProblem, measure: Measure, search: Search, threads: int | None = None, seed: int = 0
    ) -> None:
        self.problem, self.measure, self.search = problem, measure, search
        self.number_of_cuts = 0
        # No threshold below the least excess of any scenario is of use.
        self.least = float((problem.offsets - measure.references + self._cheapest_sites()).min())
        self.scale = OBJECTIVE_SIZE / (max(search.upper - self.least, 1e-3 * problem.magnitude) or 1.0)
        self.costs = [service.cost * self.scale for service in problem.services]
        self.orders = [np.argsort(cost, axis=0, kind="stable") for cost in self.costs]
        self.highs = HighsModel(threads=threads, seed=seed)
        self._load()

    def _cheapest_sites(self) -> NDArray[np.float64]:
        rules = self.problem.constraints
        sums = np.cumsum(np.sort(self.problem.site_costs, axis=1), axis=1)
        return np.asarray(sums[:, rules.minimum_sites - 1 : rules.maximum_sites].min(axis=1))

    @property
    def _points(self) -> int:
        return sum(cost.shape[1] for cost in self.costs)

    def _load(self) -> None:
        problem, count = self.problem, self.problem.number_of_candidates
        model = choice_model(problem.constraints, np.zeros(count), range(count))
        self.highs.load(compile_model(model))
        self.highs.add_columns(np.concatenate([np.zeros(self._points), [1.0], self.measure.caps]))
        points = [np.repeat(service.rates[:, None], service.cost.shape[1], axis=1) for service in problem.services]
        scenarios = problem.number_of_scenarios
        rows = np.hstack(
            [
                -problem.site_costs * self.scale,
                *(-rates for rates in points),
                np.ones((scenarios, 1)),
                np.eye(scenarios),
            ]
        )
        excess = (problem.offsets - self.measure.references - self.least) * self.scale
        self.highs.add_rows(sparse.csr_array(rows), excess)

    def solve(self) -> None:
        """Solve the linear relaxation with cuts, then branch with cuts at each portfolio found."""
        choice = np.arange(self.problem.number_of_candidates)
        self.highs.set_integer(choice, integer=False)
        for _ in range(LARGEST_RELAXATION_ROUNDS):
            result = self.highs.run(self.search.remaining)
            if result.status != "optimal" or result.x is None or self.search.stop_reason is not None:
                break
            self._raise_bound(result.bound)
            if self._separate(result.x) == 0:
                break
        self.highs.set_integer(choice, integer=True)
        while self.search.stop_reason is None:
            result = self.highs.run(self.search.remaining, should_stop=self._should_stop)
            if result.status == "infeasible":
                self.search.raise_bound(self.search.upper)
                return
            self._raise_bound(result.bound)
            if result.x is not None:
                self._take(result.x)
            if self._reached(result.bound):
                self.search.raise_bound(self.search.upper)
            elif result.x is not None and self._separate(result.x, rounded=True) == 0 and result.status == "optimal":
                # No cut is left to add: master and portfolio differ by HiGHS' own tolerances.
                self.search.raise_bound(self.search.upper)

    def _take(self, x: NDArray[np.float64]) -> None:
        chosen = np.flatnonzero(x[: self.problem.number_of_candidates] > 0.5)
        if self.problem.constraints.admissible(chosen):
            value = float(self.measure.value(self.problem.losses(chosen[None, :])[0]))
            self.search.offer(self.problem.positions[chosen].tolist(), value)

    def _raise_bound(self, scaled: float) -> None:
        if math.isfinite(scaled):
            self.search.raise_bound(scaled / self.scale + self.least)

    def _reached(self, scaled: float) -> bool:
        return (self.search.upper - self.least) * self.scale - scaled <= MASTER_TOLERANCE * OBJECTIVE_SIZE

    def _should_stop(self, _incumbent: float, bound: float) -> bool:
        self._raise_bound(bound)
        return self.search.stop_reason is not None or (math.isfinite(bound) and self._reached(bound))

    def _separate(self, x: NDArray[np.float64], *, rounded: bool = False) -> int:
        """Add the strongest cut of each demand point that x violates; return how many."""
        count = self.problem.number_of_candidates
        choice = np.round(x[:count]) if rounded else np.clip(x[:count], 0.0, 1.0)
        added, start = 0, count
        for service, cost, order in zip(self.problem.services, self.costs, self.orders, strict=True):
            points = cost.shape[1]
            served = x[start : start + points]
            reached = np.cumsum(choice[order], axis=0) >= 1 - 1e-9
            critical = np.where(reached.any(axis=0), reached.argmax(axis=0), count - 1)
            level = np.take_along_axis(cost, order, axis=0)[critical, np.arange(points)]
            value = level - np.maximum(level - cost, 0.0).T @ choice
            violated = np.flatnonzero((value - served) * max(1.0, service.rates.max()) > CUT_VIOLATION)
            added += self._add(cost, violated, level[violated], start)
            start += points
        return added

    def _add(
        self,
        cost: NDArray[np.float64],
        points: NDArray[np.int64],
        level: NDArray[np.float64],
        start: int,
    ) -> int:
        """Add ``theta_i + sum of max(0, level_i - c_ij) y_j >= level_i`` for some demand points of a service."""
        if not len(points):
            return 0
        count = self.problem.number_of_candidates
        saved = sparse.csr_array(np.maximum(level[:, None] - cost[:, points].T, 0.0))
        ones = (np.ones(len(points)), (np.arange(len(points)), start - count + points))
        width = self.highs.number_of_columns - count
        unit = sparse.csr_array(ones, shape=(len(points), width))
        self.highs.add_rows(sparse.csr_array(sparse.hstack([saved, unit], format="csr")), level)
        self.number_of_cuts += len(points)
        return len(points)
