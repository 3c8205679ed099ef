"""The exact best portfolio under several scenarios at once: least regret, worst case, expected value, value at risk.

Any mixture of the scenarios that the measure allows is an ordinary choice problem whose optimum bounds the measure from
below. The best mixture is sought by cutting planes over the portfolios met so far (Kelley 1960, Journal of the SIAM
8(4)); under it Lagrangian bounds remove candidates, and what is left is walked with a bound in every scenario for each
set, or handed to HiGHS where the walk would be long.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from siting.bounding import Bounding
from siting.errors import SolverError
from siting.incumbent import greedy, interchange, may_join, swap_costs
from siting.problem import Problem
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from siting.scenario_problem import Measure, ScenarioProblem

#: Mixtures tried; each costs one interchange.
LARGEST_ROUNDS = 60
#: Steps of the walk over sets after which HiGHS is asked instead, which has been slower wherever both were tried.
LARGEST_WALK = 200_000
#: A mixture must promise this share of the incumbent's distance from the bound to be worth another round.
WORTHWHILE = 1e-4


class ScenarioSearch:
    """Minimise a measure of the losses in all scenarios over the portfolios admissible in every one of them.

    Parameters
    ----------
    problem : ScenarioProblem
        The scenarios.
    measure : Measure
        What is minimised.
    search : Search
        Incumbent, bound and clock; positions are those of the joint instance.
    threads, seed : int, optional
        Passed to HiGHS.
    longest_walk : int
        Steps of the walk over sets after which HiGHS decides.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.scenario_problem import Measure, ScenarioProblem, joint_instance
    >>> costs = {"calm": [1.0, 2.0, 4.0], "crisis": [9.0, 3.0, 4.0]}
    >>> instances = {name: Instance(sites=1, criteria={"cost": Criterion(site=cost)}) for name, cost in costs.items()}
    >>> problem = ScenarioProblem.of(instances, joint_instance(instances))
    >>> search = Search()
    >>> ScenarioSearch(problem, Measure(np.array([1.0, 3.0]), np.ones(2)), search).solve()
    True
    >>> search.chosen, search.upper, search.stop_reason
    ((1,), 1.0, 'optimal')
    """

    def __init__(
        self,
        problem: ScenarioProblem,
        measure: Measure,
        search: Search,
        *,
        threads: int | None = None,
        seed: int = 0,
        longest_walk: int = LARGEST_WALK,
    ) -> None:
        self.problem, self.measure, self.search = problem, measure, search
        self.threads, self.seed, self.longest_walk = threads, seed, longest_walk
        self.known: list[NDArray[np.float64]] = []
        search.magnitude = max(search.magnitude, problem.magnitude, float(np.abs(measure.references).max(initial=0.0)))

    def solve(self, starts: Iterable[Sequence[int]] = ()) -> bool:
        """Search until the best portfolio is proven or the search must stop.

        Parameters
        ----------
        starts : iterable of sequence of int
            Portfolios to start from, as positions of the joint instance; those that are not admissible are left aside.

        Returns
        -------
        bool
            False if no portfolio is admissible in every scenario.
        """
        self.search.phase = "first portfolio"
        if not self._start(starts):
            return False
        self.search.phase = "mixtures of scenarios"
        shares = self._best_mixture()
        if self.search.stop_reason is None:
            self._prove(shares)
        return True

    def _start(self, starts: Iterable[Sequence[int]]) -> bool:
        places = {int(position): index for index, position in enumerate(self.problem.positions)}
        known = [np.array([places[p] for p in start], dtype=np.int64) for start in starts if set(start) <= set(places)]
        known = [chosen for chosen in known if self.problem.constraints.admissible(chosen)]
        if not known:
            even = self.problem.mixed(self.measure, self.measure.caps / self.measure.caps.sum())
            first = greedy(even)
            if first is None:
                from siting.feasibility import admissible_portfolio

                score = even.site_cost + even.service_cost.sum(axis=1) / max(1, even.constraints.maximum_sites)
                first, _ = admissible_portfolio(even.constraints, score, self.search.remaining)
            if first is None:
                return False
            known.append(interchange(even, first))
        for chosen in known:
            self._take(chosen)
        best = min(known, key=lambda chosen: float(self.measure.value(self._losses(chosen))))
        self._take(self._improved(best))
        return True

    def _losses(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(self.problem.losses(chosen[None, :])[0])

    def _take(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Offer an admissible portfolio and remember its losses."""
        losses = self._losses(chosen)
        self.known.append(losses)
        self.search.offer(self.problem.positions[chosen].tolist(), float(self.measure.value(losses)))
        return losses

    def _improved(self, chosen: NDArray[np.int64], rounds: int = 50) -> NDArray[np.int64]:
        """Exchange one site at a time for as long as the measure falls."""
        problem, current = self.problem, chosen
        value = float(self.measure.value(self._losses(current)))
        for _ in range(rounds if len(chosen) else 0):
            losses = self._swapped(current)
            values = self.measure.value(losses)
            for index, out in enumerate(current.tolist()):
                allowed = may_join(problem.constraints, np.delete(current, index), complete=True)
                allowed[out] = False
                values[index, ~allowed | problem.constraints.required[out]] = np.inf
            leaving, joining = np.unravel_index(int(values.argmin()), values.shape)
            swapped = np.sort(np.append(np.delete(current, leaving), joining))
            if not values[leaving, joining] < value - self.search.tolerance:
                break
            current, value = swapped, float(self.measure.value(self._losses(swapped)))
        return current

    def _swapped(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the losses after each swap of a chosen site for any candidate, shape (chosen, n, S)."""
        problem = self.problem
        site = problem.site_costs
        totals = site[:, chosen].sum(axis=1) - site[:, chosen].T
        losses = problem.offsets + totals[:, None, :] + site.T[None, :, :]
        nothing = np.zeros(problem.number_of_candidates)
        for service in problem.services:
            alone = Problem(nothing, service.cost, problem.constraints, problem.positions, 0.0)
            losses = losses + swap_costs(alone, chosen)[:, :, None] * service.rates
        return np.asarray(losses)

    def _best_mixture(self) -> NDArray[np.float64]:
        """Return shares of scenarios whose best portfolio is as dear as the portfolios met so far can tell."""
        if self.measure.is_fixed:
            return self._tightened(self.measure.caps)
        shares = self._tightened(self._dearest_mixture()[0])
        for _ in range(LARGEST_ROUNDS):
            shares, ceiling = self._dearest_mixture()
            if self.search.stop_reason is not None:
                break
            mixed = self.problem.mixed(self.measure, shares)
            start = self._cheapest_known(mixed)
            chosen = interchange(mixed, start)
            reached = mixed.cost(chosen) + mixed.offset
            self._take(chosen)
            if reached >= ceiling - max(self.search.tolerance, WORTHWHILE * abs(self.search.upper - ceiling)):
                break
        return shares

    def _cheapest_known(self, mixed: Problem) -> NDArray[np.int64]:
        """Return a portfolio among the candidates left to start the interchange from."""
        chosen = np.flatnonzero(np.isin(self.problem.positions, self.search.chosen or ()))
        first = greedy(mixed)
        if first is None or mixed.cost(chosen) <= mixed.cost(first):
            return chosen
        return first

    def _dearest_mixture(self) -> tuple[NDArray[np.float64], float]:
        """Maximise over shares the cheapest of the known portfolios, by linear programming."""
        excess = np.unique(np.array(self.known) - self.measure.references, axis=0)
        size = float(np.abs(excess).max()) or 1.0
        count = excess.shape[1]
        result = linprog(
            np.append(np.zeros(count), -1.0),
            A_ub=np.hstack([-excess / size, np.ones((len(excess), 1))]),
            b_ub=np.zeros(len(excess)),
            A_eq=np.append(np.ones(count), 0.0)[None, :],
            b_eq=[1.0],
            bounds=[*((0.0, min(1.0, cap)) for cap in self.measure.caps.tolist()), (None, None)],
        )
        if result.x is None:
            raise SolverError(f"the mixture of scenarios could not be found: {result.message}")
        shares = np.clip(result.x[:count], 0.0, self.measure.caps)
        shares /= shares.sum()
        return shares, float((excess @ shares).min())

    def _tightened(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Remove candidates by the bound of one mixture, so that everything after it has less to look at."""
        self._bound(shares)
        return shares

    def _bound(self, shares: NDArray[np.float64]) -> list[NDArray[np.float64]] | None:
        """Bound one mixture and remove candidates; return multipliers per service, None if nothing better is left."""
        mixed = self.problem.mixed(self.measure, shares)
        inner = Search(time_limit=None if math.isinf(self.search.remaining) else self.search.remaining)
        inner.magnitude = self.search.magnitude
        inner.chosen = tuple(np.flatnonzero(np.isin(self.problem.positions, self.search.chosen or ())).tolist())
        bounding = Bounding(mixed, inner, threshold=self.search.upper)
        bounding.run(enough=mixed.constraints.maximum_sites)
        if bounding.exhausted:
            self.search.raise_bound(self.search.upper)
            self.search.proof.append("the bound of a mixture of scenarios leaves nothing better")
            return None
        self.search.raise_bound(bounding.bound + mixed.offset)
        split = self._split(bounding.multipliers.service, shares)
        keep = bounding.problem.positions
        self.problem = self.problem.restricted(keep, bounding.problem.constraints)
        return split

    def _split(self, multipliers: NDArray[np.float64], shares: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return multipliers per service in units of its own costs; a middling guess where the mixture holds none."""
        split, start = [], 0
        for service in self.problem.services:
            rate, points = float(shares @ service.rates), service.cost.shape[1]
            if rate > 0:
                split.append(multipliers[start : start + points] / rate)
                start += points
            else:
                split.append(np.median(service.cost, axis=0) if points else np.zeros(0))
        return split

    def _prove(self, shares: NDArray[np.float64]) -> None:
        """Compare what the bound of the best mixture leaves, by a walk over sets or by HiGHS."""
        from siting.scenario_walk import ScenarioWalk

        multipliers = self._bound(shares)
        if multipliers is None:
            return
        left = self.problem.number_of_candidates
        self.search.proof.append(f"bounds of the dearest mixture of scenarios left {left} candidates")
        if self.search.stop_reason is not None:
            return
        self.search.phase = "walk over sets"
        walk = ScenarioWalk(self.problem, self.measure, self.search, shares, multipliers)
        if walk.run(self.longest_walk):
            self.search.raise_bound(self.search.upper)
            self.search.proof.append(f"{walk.compared:,} sets that the bounds allow were compared")
        elif self.search.stop_reason is None:
            self._ask_highs()

    def _ask_highs(self) -> None:
        from siting.scenario_master import ScenarioMaster

        self.search.phase = "Benders decomposition on HiGHS"
        master = ScenarioMaster(self.problem, self.measure, self.search, self.threads, self.seed)
        master.solve()
        self.search.proof.append(f"Benders decomposition on HiGHS closed the gap with {master.number_of_cuts:,} cuts")
