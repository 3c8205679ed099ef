"""Benders decomposition in closed form: the assignment is projected out, HiGHS chooses sites and sees cuts.

For a choice y, demand point i is served at the cost of its k-th cheapest candidate, k being the first at which the
sum of y reaches 1, less what the cheaper ones save: ``theta_i >= c_k - sum over cheaper j of (c_k - c_j) y_j``.
This is the strongest cut at y, found by sorting alone (Cornuejols, Nemhauser and Wolsey 1980; Fischetti, Ljubic and
Sinnl 2017, Management Science 63(7); Duran-Mateluna, Ales and Elloumi 2023, EJOR 308(1)). First the linear
relaxation, then branch and bound with cuts at each integer solution, keeping every cut.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.branching import Branching
from siting.formulation import compiled_choice
from siting.highs import OBJECTIVE_SIZE, HighsModel, HighsResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.problem import Problem
    from siting.search import Search

#: A cut must be violated by this much, in units of the scaled objective, to be worth a row.
CUT_VIOLATION = 1e-7
#: A branch-and-bound answer counts as proven when master and true cost agree to this share of the objective: the
#: accuracy to which HiGHS solves.
MASTER_TOLERANCE = 1e-8
LARGEST_RELAXATION_ROUNDS = 200
#: Nodes of the search over neighbourhoods before HiGHS' own branch and bound takes over.
MAXIMUM_NODES = 2000


class Benders:
    """Solve a choice problem by cuts on HiGHS.

    Parameters
    ----------
    problem : Problem
        The problem, usually already reduced.
    search : Search
        Incumbent, bound and clock.
    multipliers : ndarray, shape (m,), optional
        Lagrange multipliers of the demand points; they give a first cut per point.
    threads, seed : int
        Passed to HiGHS.
    """

    def __init__(
        self,
        problem: Problem,
        search: Search,
        multipliers: NDArray[np.float64] | None = None,
        threads: int | None = None,
        seed: int = 0,
    ) -> None:
        self.problem, self.search = problem, search
        # An incumbent that costs next to nothing says nothing about the size of the coefficients.
        size = abs(search.upper - problem.offset) if math.isfinite(search.upper) else 0.0
        capped = np.minimum(problem.service_cost, self._dearest_service())
        self.scale = OBJECTIVE_SIZE / max(size, 1e-2 * self._typical_cost(capped))
        self.service = capped * self.scale
        self.sorted_order = np.argsort(self.service, axis=0, kind="stable")
        self.sorted_cost = np.take_along_axis(self.service, self.sorted_order, axis=0)
        self.number_of_cuts, self.number_of_nodes = 0, 0
        self.highs = HighsModel(threads=threads, seed=seed)
        self._load()
        if multipliers is not None and len(multipliers):
            self._add(np.arange(len(multipliers)), multipliers * self.scale)

    def _typical_cost(self, service: NDArray[np.float64]) -> float:
        sites = self.problem.constraints.maximum_sites
        return float(np.abs(self.problem.site_cost).mean() * sites + service.mean(axis=0).sum()) or 1.0

    def _dearest_service(self) -> float:
        """Return the service cost of one point at which a portfolio is no better than the incumbent.

        Costs above it need not be told apart, which keeps prohibitive ones out of HiGHS' coefficients.
        """
        rules = self.problem.constraints
        sums = np.cumsum(np.sort(self.problem.site_cost))[rules.minimum_sites - 1 : rules.maximum_sites]
        room = self.search.upper - self.problem.offset - float(sums.min())
        return max(0.0, room) * (1 + 1e-6)

    def _load(self) -> None:
        problem = self.problem
        self.highs.load(compiled_choice(problem.constraints, problem.site_cost * self.scale))
        self.highs.add_columns(np.ones(problem.number_of_demand_points))

    @property
    def _choice_columns(self) -> NDArray[np.int64]:
        return np.arange(self.problem.number_of_candidates)

    def solve(self) -> bool:
        """Run both phases until the gap closes or the search must stop.

        Returns
        -------
        bool
            False if no choice satisfies the rules.
        """
        if self.problem.number_of_demand_points and not self._relax():
            return False
        if self.problem.number_of_demand_points:
            tree = Branching(self, MAXIMUM_NODES)
            exhausted = tree.solve()
            self.number_of_nodes = tree.nodes
            if exhausted:
                self.search.raise_bound(self.search.upper)
                return self.search.chosen is not None
            if self.search.stop_reason is not None:
                return True
        return self._branch()

    def _relax(self) -> bool:
        """Solve the linear relaxation with cuts; fix candidates by its reduced costs."""
        self.highs.set_integer(self._choice_columns, integer=False)
        last = -math.inf
        for _ in range(LARGEST_RELAXATION_ROUNDS):
            result = self.highs.run(self.search.remaining)
            if result.status == "infeasible":
                return False
            if result.status != "optimal" or result.x is None:
                return True
            self.raise_bound(result.bound)
            added = self.separate(result.x)
            if added == 0 or self.search.stop_reason is not None:
                break
            if result.bound <= last + 1e-5 * OBJECTIVE_SIZE and added < self.problem.number_of_demand_points // 20:
                break
            last = result.bound
        self._fix(result)
        return True

    def _fix(self, result: HighsResult) -> None:
        """Leave out candidates whose reduced cost proves that no better portfolio holds them."""
        if result.reduced_costs is None or not math.isfinite(self.search.upper):
            return
        limit = self.scaled(self.search.upper + 10 * self.search.tolerance) * (1 + 1e-7)
        costs = result.reduced_costs[: self.problem.number_of_candidates]
        for column in np.flatnonzero(result.bound + costs > limit):
            if not self.problem.constraints.required[column]:
                self.highs.set_bounds(int(column), 0.0, 0.0)

    def _branch(self) -> bool:
        """Branch and bound with cuts at each integer solution."""
        self.highs.set_integer(self._choice_columns, integer=True)
        while self.search.stop_reason is None:
            self._start_from_incumbent()
            result = self.highs.run(
                self.search.remaining, should_stop=self._should_stop, node_limit=self.search.nodes_left
            )
            self.search.nodes += self.search.nodes_left or 1 if result.status == "node_limit" else max(1, result.nodes)
            if result.status == "infeasible":
                # With candidates fixed out by the incumbent's value, nothing better than it is left.
                if self.search.chosen is not None:
                    self.search.raise_bound(self.search.upper)
                return self.search.chosen is not None
            self.raise_bound(result.bound)
            if result.x is None:
                if result.status == "optimal":
                    return False
                continue
            chosen = np.flatnonzero(result.x[: self.problem.number_of_candidates] > 0.5)
            cost = self.take(chosen)
            if result.status != "optimal":
                self.separate(result.x)
                if self.search.stop_reason is None and self.bound_reached(result.bound):
                    self.search.raise_bound(self.search.upper)
                continue
            met = cost * self.scale - result.bound <= MASTER_TOLERANCE * OBJECTIVE_SIZE
            if (met and self.problem.constraints.admissible(chosen)) or self.bound_reached(result.bound):
                self.search.raise_bound(self.search.upper)
                break
            if self.separate(result.x, force=True) == 0:
                break
        return True

    def take(self, chosen: NDArray[np.int64]) -> float:
        """Offer a master solution as incumbent, if it truly satisfies every rule; return its cost."""
        cost = self.problem.cost(chosen)
        if self.problem.constraints.admissible(chosen):
            self.search.offer(self.problem.positions[chosen].tolist(), cost + self.problem.offset)
        return cost

    def _start_from_incumbent(self) -> None:
        if self.search.chosen is None:
            return
        inside = np.isin(self.problem.positions, self.search.chosen)
        if inside.sum() != len(self.search.chosen):
            return
        served = self.service[inside].min(axis=0)
        values = np.concatenate([inside.astype(float), served])
        self.highs.start_from(np.arange(len(values)), values)

    def _should_stop(self, _incumbent: float, bound: float) -> bool:
        if math.isfinite(bound):
            self.raise_bound(bound)
        return self.search.stop_reason is not None or self.bound_reached(bound)

    def bound_reached(self, scaled_bound: float) -> bool:
        """Whether a master bound already proves the incumbent, to HiGHS' accuracy."""
        if self.search.chosen is None:
            return False
        return self.scaled(self.search.upper) - scaled_bound <= MASTER_TOLERANCE * OBJECTIVE_SIZE

    def scaled(self, objective: float) -> float:
        """Return an objective of the instance in the units of the master."""
        return (objective - self.problem.offset) * self.scale

    def raise_bound(self, scaled_bound: float) -> None:
        """Tell the search of a bound in the units of the master."""
        if math.isfinite(scaled_bound):
            self.search.raise_bound(scaled_bound / self.scale + self.problem.offset)

    def separate(self, x: NDArray[np.float64], *, force: bool = False) -> int:
        """Add the strongest cut of each demand point that the point x violates; return how many."""
        if self.problem.number_of_demand_points == 0:
            return 0
        count = self.problem.number_of_candidates
        choice, served = np.clip(x[:count], 0.0, 1.0), x[count:]
        if force:
            choice = np.round(choice)
        reached = np.cumsum(choice[self.sorted_order], axis=0) >= 1 - 1e-9
        critical = np.where(reached.any(axis=0), reached.argmax(axis=0), count - 1)
        level = self.sorted_cost[critical, np.arange(len(critical))]
        value = level - np.maximum(level - self.service, 0.0).T @ choice
        violated = np.flatnonzero(value > served + CUT_VIOLATION)
        if len(violated):
            self._add(violated, level[violated])
        return len(violated)

    def _add(self, points: NDArray[np.int64], level: NDArray[np.float64]) -> None:
        """Add ``theta_i + sum of max(0, level_i - c_ij) y_j >= level_i`` for some demand points."""
        coefficients = sparse.csr_array(np.maximum(level[:, None] - self.service[:, points].T, 0.0))
        unit = sparse.csr_array(
            (np.ones(len(points)), (np.arange(len(points)), points)),
            shape=(len(points), self.problem.number_of_demand_points),
        )
        self.highs.add_rows(sparse.csr_array(sparse.hstack([coefficients, unit], format="csr")), level)
        self.number_of_cuts += len(points)
