"""Walk over the sets of candidates that bounds in every scenario allow, and compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.incumbent import may_join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.scenario_problem import Measure, ScenarioProblem
    from siting.search import Search


class ScenarioWalk:
    """Compare every portfolio that may be better than the incumbent.

    For multipliers ``u`` of the demand points, serving demand from a set costs at least ``sum u_i + sum over the set of
    sum_i min(0, c_ij - u_i)``. This adds up over sites, so each scenario has a bound for every set, and the measure of
    these bounds is a bound for the set.

    Parameters
    ----------
    problem : ScenarioProblem
        What is left.
    measure : Measure
        What is minimised.
    search : Search
        Incumbent and clock.
    shares : ndarray, shape (S,)
        The mixture of scenarios whose bound cuts sets that are not complete.
    multipliers : sequence of ndarray
        Multipliers of the demand points of each service.
    """

    def __init__(
        self,
        problem: ScenarioProblem,
        measure: Measure,
        search: Search,
        shares: NDArray[np.float64],
        multipliers: Sequence[NDArray[np.float64]],
    ) -> None:
        self.problem, self.measure, self.search = problem, measure, search
        self.base, self.adds = problem.offsets.copy(), problem.site_costs.copy()
        for service, level in zip(problem.services, multipliers, strict=True):
            self.base += service.rates * level.sum()
            self.adds += service.rates[:, None] * np.minimum(service.cost - level, 0.0).sum(axis=1)
        self.mixed_base = float(shares @ (self.base - measure.references))
        reduced = shares @ self.adds
        required = problem.constraints.required
        self.required = np.flatnonzero(required)
        free = np.flatnonzero(~required & ~problem.constraints.forbidden)
        # Cheapest first, so that a walk can stop at the first candidate that is too dear.
        self.order = free[np.argsort(reduced[free], kind="stable")]
        self.reduced, self.sums = reduced, np.concatenate([[0.0], np.cumsum(reduced[self.order])])
        self.compared, self.steps, self.longest = 0, 0, 0

    def run(self, longest: int) -> bool:
        """Walk until everything is compared.

        Parameters
        ----------
        longest : int
            Steps after which the walk gives up.

        Returns
        -------
        bool
            Whether everything was compared.
        """
        self.longest = longest
        rules = self.problem.constraints
        if rules.conflicts[np.ix_(self.required, self.required)].any():
            return True
        served = [self._nearest(service.cost[self.required]) for service in self.problem.services]
        start = self.mixed_base + float(self.reduced[self.required].sum())
        for size in range(max(rules.minimum_sites, len(self.required)), rules.maximum_sites + 1):
            if size == len(self.required):
                if size and rules.admissible(self.required):
                    rest = self.required[:-1]
                    nearest = [self._nearest(service.cost[rest]) for service in self.problem.services]
                    self._compare(rest, self.required[-1:], nearest)
            elif not self._descend(self.required, served, start, 0, size - len(self.required)):
                return False
        return True

    @staticmethod
    def _nearest(costs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(costs.min(axis=0, initial=np.inf))

    @property
    def _limit(self) -> float:
        return self.search.upper + self.search.tolerance

    def _descend(
        self, prefix: NDArray[np.int64], served: list[NDArray[np.float64]], bound: float, start: int, left: int
    ) -> bool:
        """Complete a prefix by `left` candidates from `start` on; return whether all was compared."""
        self.steps += 1
        if self.steps > self.longest or (self.steps % 64 == 0 and self.search.stop_reason is not None):
            return False
        allowed = may_join(self.problem.constraints, prefix, complete=left == 1)
        if left == 1:
            last = self.order[start:]
            last = last[allowed[last] & (bound + self.reduced[last] <= self._limit)]
            self._compare(prefix, last, served)
            return True
        for index in range(start, len(self.order) - left + 1):
            if bound + self.sums[index + left] - self.sums[index] > self._limit:
                break
            candidate = int(self.order[index])
            if not allowed[candidate]:
                continue
            joined = [
                np.minimum(level, service.cost[candidate])
                for level, service in zip(served, self.problem.services, strict=True)
            ]
            longer = np.append(prefix, candidate)
            if not self._descend(longer, joined, bound + float(self.reduced[candidate]), index + 1, left - 1):
                return False
        return True

    def _compare(self, prefix: NDArray[np.int64], last: NDArray[np.int64], served: list[NDArray[np.float64]]) -> None:
        """Compare the portfolios that share a prefix, those whose bound is not too high exactly."""
        bounds = self.base + self.adds[:, prefix].sum(axis=1) + self.adds[:, last].T
        last = last[self.measure.value(bounds) <= self._limit]
        if not len(last):
            return
        problem = self.problem
        losses = problem.offsets + problem.site_costs[:, prefix].sum(axis=1) + problem.site_costs[:, last].T
        for level, service in zip(served, problem.services, strict=True):
            nearest = np.minimum(level, service.cost[last]).sum(axis=1)
            losses = losses + nearest[:, None] * service.rates
        self.compared += len(last)
        values = self.measure.value(losses)
        best = int(values.argmin())
        if values[best] < self.search.upper:
            chosen = np.append(prefix, last[best])
            self.search.offer(problem.positions[chosen].tolist(), float(values[best]))
