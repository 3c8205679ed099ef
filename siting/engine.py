"""Solve an instance exactly: pick the method, run it, and check its answer outside the solver."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.bounding import Bounding
from siting.constraints import Constraints
from siting.enumeration import best_portfolio, number_of_portfolios
from siting.errors import InputError, SolverError, suggestion
from siting.evaluation import check_agreement, evaluate
from siting.incumbent import greedy, interchange
from siting.problem import Parts, Problem
from siting.search import Callback, Search, Status, relative_gap

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from siting.instance import Instance

Method = Literal["auto", "bounding", "benders", "assignment", "enumeration"]
METHODS: tuple[str, ...] = ("auto", "bounding", "benders", "assignment", "enumeration")

#: Portfolios times demand points that are enumerated rather than bounded: a few hundredths of a second.
ENUMERATION_WORK = 4e7
#: What one step of the walk over sets costs besides, in the same measure.
ENUMERATION_STEP = 5e3


@dataclass(frozen=True, eq=False)
class InstanceSolution:
    """The answer to an instance. What is held and why the search stopped are kept apart.

    Attributes
    ----------
    portfolio : tuple or None
        Identifiers of the chosen candidates in candidate order; None if the search holds nothing.
    objective : float or None
        Objective of the portfolio, re-evaluated from the raw arrays.
    bound : float
        No portfolio has a lower objective.
    gap : float
        Relative difference of objective and bound.
    status : str
        Why the search stopped: "optimal", "gap", "time_limit" or "interrupted".
    proof : str
        How the bound was proven, in words.
    method : str
        The method that was asked for.
    values : dict of str to float
        Value of each criterion in its own unit; empty without a portfolio.
    assignment : ndarray of int, shape (I,), or None
        Position of the candidate that serves (most of) each demand point.
    shares : ndarray, shape (I, chosen), or None
        Share of each demand point served by each chosen site, when capacities decide.
    seconds : float
        Wall-clock time of the search.
    candidates_left : int or None
        Candidates that survived reduction.
    """

    portfolio: tuple[Hashable, ...] | None
    objective: float | None
    bound: float
    gap: float
    status: Status
    proof: str
    method: str
    values: dict[str, float] = field(default_factory=dict)
    assignment: NDArray[np.int64] | None = None
    shares: NDArray[np.float64] | None = None
    seconds: float = 0.0
    candidates_left: int | None = None


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


@dataclass
class _Options:
    method: str
    threads: int | None
    seed: int


def solve_instance(
    instance: Instance,
    *,
    method: Method | str = "auto",
    time_limit: float | None = None,
    gap: float = 0.0,
    threads: int | None = None,
    seed: int = 0,
    callback: Callback | None = None,
    warm: Warm | None = None,
) -> InstanceSolution:
    """Choose the best portfolio of an instance.

    Parameters
    ----------
    instance : Instance
        The problem.
    method : {"auto", "bounding", "benders", "assignment", "enumeration"}
        "auto" enumerates small instances, otherwise bounds and removes candidates and finishes what is left by
        enumeration or Benders decomposition on HiGHS; "bounding" is the same without the first enumeration;
        "benders" skips the bounding; "assignment" is the full Pyomo model on HiGHS; "enumeration" compares every
        admissible portfolio. With capacities, "assignment" is used.
    time_limit : float, optional
        Seconds.
    gap : float
        Relative gap at which to stop; 0 asks for a proof.
    threads : int, optional
        Threads of HiGHS.
    seed : int
        Seed of HiGHS.
    callback : callable, optional
        Told of every improvement with a `siting.search.Progress`; returning True stops the search.
    warm : Warm, optional
        What earlier solves of the same candidates left behind; see `siting.Solver`.

    Returns
    -------
    InstanceSolution
        Incumbent, bound, status and proof.

    Raises
    ------
    InputError
        If an option is not valid.
    InfeasibleError
        If no portfolio satisfies every rule; it names the rules in conflict.
    SolverError
        If an answer does not survive the check made outside the solver.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> solution = solve_instance(Instance(sites=2, criteria={"cost": Criterion(site=[3.0, 1.0, 2.0])}))
    >>> solution.portfolio, solution.objective, solution.status
    ((1, 2), 3.0, 'optimal')
    """
    check_options(method, time_limit, gap, threads, seed)
    if instance.capacity is not None and method not in ("auto", "assignment"):
        raise InputError(f"method {method!r} knows no capacities; use 'assignment' or 'auto'")
    options = _Options(method, threads, seed)
    search = Search(time_limit=time_limit, gap=gap, callback=callback)
    if instance.capacity is None:
        search.evaluate = lambda chosen: evaluate(instance, chosen)
    run = _Run(instance, search, options, warm)
    try:
        run.solve()
    except KeyboardInterrupt:
        search.asked_to_stop = True
    if search.infeasible:
        from siting.feasibility import infeasible

        raise infeasible(instance)
    return run.result()


def check_options(method: str, time_limit: float | None, gap: float, threads: int | None, seed: int) -> None:
    """Raise unless the options of a search are valid.

    Raises
    ------
    InputError
        Naming the option and what it takes.
    """
    if method not in METHODS:
        raise InputError(f"method {method!r} is unknown{suggestion(str(method), METHODS)}")
    if time_limit is not None and not (isinstance(time_limit, int | float) and time_limit > 0):
        raise InputError(f"time_limit is {time_limit!r} seconds; it must be above 0")
    if not (isinstance(gap, int | float) and 0 <= gap < 1):
        raise InputError(f"gap is {gap!r}; it must be a share from 0 (proof of optimality) to below 1")
    if threads is not None and not (isinstance(threads, int) and threads >= 1):
        raise InputError(f"threads is {threads!r}; it must be a whole number, at least 1")
    if not (isinstance(seed, int) and 0 <= seed < 2**31):
        raise InputError(f"seed is {seed!r}; it must be a whole number from 0 to 2147483647")


def _is_quickly_enumerated(problem: Problem) -> bool:
    """Whether comparing every portfolio takes no longer than a decomposition takes to start."""
    portfolios = number_of_portfolios(problem)
    prefixes = number_of_portfolios(problem, shorter_by=1)
    return portfolios * max(1, problem.number_of_demand_points) + prefixes * ENUMERATION_STEP <= ENUMERATION_WORK


class _Run:
    """One run of the engine on one instance."""

    def __init__(self, instance: Instance, search: Search, options: _Options, warm: Warm | None = None) -> None:
        self.instance, self.search, self.options = instance, search, options
        self.warm = warm if warm is not None else Warm()
        self.shares: NDArray[np.float64] | None = None
        self.candidates_left: int | None = None

    def solve(self) -> None:
        if self.instance.capacity is not None or self.options.method == "assignment":
            self._assignment()
            return
        problem = Problem.of(self.instance, self.warm.parts)
        if problem.number_of_candidates < problem.constraints.minimum_sites:
            self.search.infeasible = True
            return
        if self.options.method == "enumeration" or (self.options.method == "auto" and _is_quickly_enumerated(problem)):
            self._enumerate(problem, "every admissible portfolio")
            return
        if self._first_incumbent(problem):
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
        for portfolio in self.warm.portfolios:
            if all(position in places for position in portfolio):
                chosen = np.array([places[position] for position in portfolio], dtype=np.int64)
                if problem.constraints.admissible(chosen) and problem.cost(chosen) < cost:
                    best, cost = chosen, problem.cost(chosen)
        return best

    def _offer(self, problem: Problem, chosen: NDArray[np.int64]) -> None:
        positions = problem.positions[chosen]
        evaluation = evaluate(self.instance, positions.tolist())
        self.search.magnitude = max(self.search.magnitude, evaluation.magnitude)
        self.search.offer(positions.tolist(), evaluation.objective)

    def _search(self, problem: Problem) -> None:
        """Bound and remove, then finish what is left."""
        multipliers = None
        if self.options.method != "benders":
            self.search.phase = "bounding"
            bounding = Bounding(problem, self.search)
            bounding.run(enough=self._small_core(problem))
            problem, multipliers = bounding.problem, bounding.multipliers.service
            self.candidates_left = problem.number_of_candidates
            self.search.proof.append(
                f"Lagrangian bounding and reduced-cost fixing left {problem.number_of_candidates} of "
                f"{self.instance.number_of_candidates} candidates"
            )
            if bounding.exhausted:
                self.search.raise_bound(self.search.upper)
                self.search.proof.append("no better portfolio is left")
            if self.search.stop_reason is not None:
                return
            if _is_quickly_enumerated(problem):
                self._enumerate(problem, "every portfolio of the candidates left")
                return
        self._benders(problem, multipliers)

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
        chosen, cost, compared, complete = best_portfolio(problem, lambda: self.search.stop_reason is not None)
        if chosen is not None and cost + problem.offset < self.search.upper:
            self._offer(problem, chosen)
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

    def _assignment(self) -> None:
        from siting.assignment import solve_assignment

        self.search.phase = "assignment model on HiGHS"
        self.shares = solve_assignment(self.instance, self.search, self.options.threads, self.options.seed)
        self.search.proof.append("HiGHS branch and bound on the full assignment model")

    def result(self) -> InstanceSolution:
        """Re-evaluate what is held from the raw arrays, check every rule, and report."""
        search = self.search
        if search.stop_reason is None and search.time_limit is None:
            raise SolverError("the search ended without a proof and without a limit; nothing is returned")
        status: Status = search.stop_reason or "time_limit"
        proof = "; ".join(search.proof) if status == "optimal" else f"not proven: stopped by {status}"
        common = {"method": self.options.method, "seconds": search.seconds, "candidates_left": self.candidates_left}
        if search.chosen is None:
            return InstanceSolution(None, None, search.lower, math.inf, status, proof, **common)  # type: ignore[arg-type]
        broken = Constraints.of(self.instance).violations(search.chosen)
        if broken:
            raise SolverError(f"the portfolio found breaks a rule ({broken[0]}); nothing is returned")
        evaluation = evaluate(self.instance, search.chosen, self.shares)
        check_agreement(search.upper, evaluation)
        bound = evaluation.objective if status == "optimal" else min(search.lower, evaluation.objective)
        return InstanceSolution(
            portfolio=tuple(self.instance.candidates[position] for position in search.chosen),
            objective=evaluation.objective,
            bound=bound,
            gap=relative_gap(evaluation.objective, bound),
            status=status,
            proof=proof,
            values=evaluation.values,
            assignment=evaluation.assignment,
            shares=self.shares,
            **common,  # type: ignore[arg-type]
        )
