"""Solve a choice problem: a first portfolio, bounds that remove candidates, and a finish that closes the gap.

What the engine does with an instance's summed criteria once they are arrays. A search over levels of worst-case
criteria asks the same of many variants of one problem.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siting.bounding import Bounding, Multipliers
from siting.descent import Descent
from siting.enumeration import best_portfolio, most_portfolios
from siting.incumbent import greedy, interchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.problem import Parts, Problem
    from siting.search import Search
    from siting.worst_case import WorstCase

#: Portfolios times demand points that are enumerated rather than bounded: a few hundredths of a second.
ENUMERATION_WORK = 4e7
#: Up to this many sites, sets are walked with a bound at each prefix before HiGHS is called; give up after so many.
DESCENT_SITES, DESCENT_PREFIXES = 6, 20_000
#: What one step of the walk over sets costs besides, in the same measure.
ENUMERATION_STEP = 5e3


@dataclass
class Warm:
    """What one solve hands to the next.

    Attributes
    ----------
    parts : Parts or None
        Rules and arrays of the last problem.
    portfolios : list of tuple of int
        Positions of portfolios that were optimal before, the latest last.
    """

    parts: Parts | None = None
    portfolios: list[tuple[int, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class Options:
    """How to search: `method` and `solver` as in `siting.engine.solve_instance`, `threads` and `seed` of HiGHS."""

    method: str = "auto"
    threads: int | None = None
    seed: int = 0
    solver: str | None = None


def is_quickly_enumerated(problem: Problem) -> bool:
    """Whether comparing every portfolio takes no longer than a decomposition takes to start."""
    portfolios = most_portfolios(problem)
    prefixes = most_portfolios(problem, shorter_by=1)
    return portfolios * max(1, problem.number_of_demand_points) + prefixes * ENUMERATION_STEP <= ENUMERATION_WORK


class _Better:
    """Takes portfolios that are better than the incumbent, and wants no others."""

    def __init__(self, problem: Problem, search: Search) -> None:
        self.problem, self.search = problem, search

    @property
    def ceiling(self) -> float:
        """The most a better portfolio can cost, without offset."""
        return self.search.upper - self.problem.offset - self.search.tolerance / 2

    def add(self, prefix: NDArray[np.int64], last: NDArray[np.int64], costs: NDArray[np.float64]) -> None:
        """Offer the cheapest of the portfolios that share all sites but the last."""
        if len(costs):
            cheapest = int(costs.argmin())
            chosen = self.problem.positions[np.append(prefix, last[cheapest])]
            self.search.offer(chosen.tolist(), float(costs[cheapest]) + self.problem.offset)


class Choice:
    """One search for the best portfolio of a problem.

    Parameters
    ----------
    problem : Problem
        The problem.
    search : Search
        Takes incumbent, bound and proof; `infeasible` is set where no portfolio satisfies every rule.
    options : Options
        How to search.
    known : list of tuple of int
        Positions of portfolios that may be good.
    total : int, optional
        Candidates of the whole instance, for the proof in words.
    worst_cases : sequence of WorstCase
        Added to the objective by enumeration, which alone knows them.

    Attributes
    ----------
    candidates_left : int or None
        Candidates that survived reduction.
    """

    def __init__(
        self,
        problem: Problem,
        search: Search,
        options: Options,
        known: list[tuple[int, ...]] | None = None,
        total: int | None = None,
        worst_cases: Sequence[WorstCase] = (),
    ) -> None:
        self.problem, self.search, self.options = problem, search, options
        self.known = known or []
        self.total = problem.number_of_candidates if total is None else total
        self.worst_cases = worst_cases
        self.candidates_left: int | None = None

    def solve(self) -> None:
        """Run until the gap closes or the search must stop."""
        problem, method = self.problem, self.options.method
        if problem.number_of_candidates < problem.constraints.minimum_sites:
            self.search.infeasible = True
        elif method == "enumeration" or (method == "auto" and is_quickly_enumerated(problem)):
            self._enumerate(problem, "every admissible portfolio")
        elif self._first_incumbent(problem):
            self._search(problem)

    def _first_incumbent(self, problem: Problem) -> bool:
        self.search.phase = "first portfolio"
        known = self._known_portfolio(problem)
        if known is not None:
            # Bounding improves it among the few candidates that are left soon after.
            self._offer(problem, known)
            return True
        chosen = greedy(problem)
        if chosen is None:
            from siting.feasibility import admissible_portfolio

            score = problem.site_cost + problem.service_cost.sum(axis=1) / problem.constraints.maximum_sites
            chosen, decided = admissible_portfolio(problem.constraints, score, self.search.remaining)
            if chosen is None:
                self.search.infeasible = decided
                return False
        self._offer(problem, interchange(problem, chosen))
        return True

    def _known_portfolio(self, problem: Problem) -> NDArray[np.int64] | None:
        """Return the best portfolio of earlier solves that is still admissible."""
        places = {int(position): index for index, position in enumerate(problem.positions)}
        best, cost = None, math.inf
        for portfolio in self.known:
            if all(position in places for position in portfolio):
                chosen = np.array([places[position] for position in portfolio], dtype=np.int64)
                if problem.constraints.admissible(chosen) and problem.cost(chosen) < cost:
                    best, cost = chosen, problem.cost(chosen)
        return best

    def _offer(self, problem: Problem, chosen: NDArray[np.int64]) -> None:
        self.search.offer(problem.positions[chosen].tolist(), problem.cost(chosen) + problem.offset)

    def _search(self, problem: Problem) -> None:
        """Bound and remove, then finish what is left."""
        multipliers = None
        if self.options.method != "benders":
            self.search.phase = "bounding"
            bounding = Bounding(problem, self.search)
            bounding.run(enough=self._small_core(problem))
            problem, multipliers = bounding.problem, bounding.multipliers
            self.candidates_left = problem.number_of_candidates
            self.search.proof.append(
                f"Lagrangian bounding and reduced-cost fixing left {problem.number_of_candidates} of "
                f"{self.total} candidates"
            )
            if bounding.exhausted:
                self.search.raise_bound(self.search.upper)
                self.search.proof.append("no better portfolio is left")
            if self.search.stop_reason is not None:
                return
            if is_quickly_enumerated(problem):
                self._enumerate(problem, "every portfolio of the candidates left")
                return
            if self._descend(problem, multipliers) or self.search.stop_reason is not None:
                return
        self._benders(problem, None if multipliers is None else multipliers.service)

    def _descend(self, problem: Problem, multipliers: Multipliers) -> bool:
        """Walk over the sets that bounds at every prefix leave; give up where there are too many. Few sites only."""
        if problem.constraints.maximum_sites - int(problem.constraints.required.sum()) > DESCENT_SITES:
            return False
        self.search.phase = "descent"
        descent = Descent(problem, multipliers, _Better(problem, self.search), self.search, DESCENT_PREFIXES)
        rules = problem.constraints
        descent.walk(range(rules.minimum_sites, rules.maximum_sites + 1))
        if math.isfinite(descent.open):
            self.search.raise_bound(descent.open + problem.offset)
            return False
        self.search.raise_bound(self.search.upper)
        self.search.proof.append(f"a bound at each of {descent.prefixes:,} incomplete sets of them left nothing better")
        return True

    def _small_core(self, problem: Problem) -> int:
        """How few free candidates make enumeration immediate."""
        sites = problem.constraints.maximum_sites - int(problem.constraints.required.sum())
        room = ENUMERATION_WORK / max(1, problem.number_of_demand_points) / 100
        count = sites
        while math.comb(count + 1, max(1, sites)) <= room and count < problem.number_of_candidates:
            count += 1
        return count

    def _enumerate(self, problem: Problem, what: str) -> None:
        self.search.phase = "enumeration"

        def offer(chosen: NDArray[np.int64], cost: float) -> None:
            if cost + problem.offset < self.search.upper:
                self.search.offer(problem.positions[chosen].tolist(), cost + problem.offset)

        chosen, cost, compared, complete = best_portfolio(
            problem, lambda: self.search.stop_reason is not None, self.worst_cases, offer
        )
        if chosen is not None:
            offer(chosen, cost)
        if not complete:
            return
        if self.search.chosen is None:
            self.search.infeasible = True
            return
        self.search.raise_bound(self.search.upper)
        self.search.proof.append(f"enumeration compared {what} ({compared:,})")

    def _benders(self, problem: Problem, multipliers: NDArray[np.float64] | None) -> None:
        from siting.benders import Benders

        self.search.phase = "Benders decomposition on HiGHS"
        benders = Benders(problem, self.search, multipliers, self.options.threads, self.options.seed)
        if not benders.solve() and self.search.chosen is None:
            self.search.infeasible = True
            return
        self.search.proof.append(
            f"Benders decomposition on HiGHS over {problem.number_of_candidates} candidates closed the gap with "
            f"{benders.number_of_cuts:,} cuts in {max(1, benders.number_of_nodes):,} nodes"
        )
