"""Solve an instance exactly: pick the method, run it, and check its answer outside the solver."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from siting.choice import Choice, Options, Warm, is_quickly_enumerated
from siting.constraints import Constraints
from siting.errors import InputError, SolverError, suggestion
from siting.evaluation import check_agreement, evaluate
from siting.incumbent import greedy, interchange
from siting.memory import check_memory
from siting.problem import Problem
from siting.progress import step
from siting.search import Callback, Search, Status, relative_gap
from siting.worst_case import WorstCase

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np
    from numpy.typing import NDArray

    from siting.instance import Instance

Method = Literal["auto", "bounding", "benders", "assignment", "enumeration"]
METHODS: tuple[str, ...] = ("auto", "bounding", "benders", "assignment", "enumeration")


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
        Why the search stopped: "optimal", "gap", "time_limit", "node_limit", "memory_limit" or "interrupted".
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


def solve_instance(
    instance: Instance,
    *,
    method: Method | str = "auto",
    time_limit: float | None = None,
    gap: float = 0.0,
    threads: int | None = None,
    seed: int = 0,
    callback: Callback | None = None,
    solver: str | None = None,
    node_limit: int | None = None,
    memory_limit: float | None = None,
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
    solver : str, optional
        Another mixed-integer solver that Pyomo reaches, "cbc", "scip", "gurobi" and so on: it solves the full
        assignment model, see `siting.pyomo_solver`.
    node_limit : int, optional
        Nodes of branch and bound after which to stop; enumeration and bounding have none.
    memory_limit : float, optional
        GB that the process may hold: a search that will not fit is refused before it is built, one that grows beyond
        is stopped.
    warm : Warm, optional
        What earlier solves of the same candidates left behind; see `siting.Solver`.

    Returns
    -------
    InstanceSolution
        Incumbent, bound, status and proof.

    Raises
    ------
    InputError
        If an option is not valid, or the search will not fit into memory; the sentence says what would.
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
    check_options(method, time_limit, gap, threads, seed, solver, node_limit, memory_limit)
    if instance.capacity is not None and method not in ("auto", "assignment"):
        raise InputError(f"method {method!r} knows no capacities; use 'assignment' or 'auto'")
    options = Options(method if solver is None else "assignment", threads, seed, solver)
    check_memory(instance, options.method, memory_limit)
    search = Search(time_limit=time_limit, gap=gap, callback=callback, node_limit=node_limit, memory_limit=memory_limit)
    if instance.capacity is None:
        search.evaluate = lambda chosen: evaluate(instance, chosen)
    run = _Run(instance, search, options, warm)
    try:
        with step("search", read=search.told):
            run.solve()
    except KeyboardInterrupt:
        search.asked_to_stop = True
    if search.infeasible:
        from siting.feasibility import infeasible

        raise infeasible(instance)
    return run.result()


def check_options(
    method: str = "auto",
    time_limit: float | None = None,
    gap: float = 0.0,
    threads: int | None = None,
    seed: int = 0,
    solver: str | None = None,
    node_limit: int | None = None,
    memory_limit: float | None = None,
) -> None:
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
    if node_limit is not None and not (isinstance(node_limit, int) and node_limit >= 1):
        raise InputError(f"node_limit is {node_limit!r}; it must be a whole number, at least 1")
    if memory_limit is not None and not (isinstance(memory_limit, int | float) and memory_limit > 0):
        raise InputError(f"memory_limit is {memory_limit!r} GB; it must be above 0")
    if solver is not None:
        from siting.pyomo_interfaces import find_solver

        if method not in ("auto", "assignment"):
            raise InputError(f"method {method!r} runs on HiGHS alone; another solver takes 'assignment' or 'auto'")
        find_solver(solver)


def uninterrupted(solution: InstanceSolution) -> InstanceSolution:
    """Return a solution, or pass on the Ctrl-C that ended its search, where half an answer is of no use.

    Raises
    ------
    KeyboardInterrupt
        If the search was interrupted.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> uninterrupted(solve_instance(Instance(sites=1, criteria={"cost": Criterion(site=[2.0, 1.0])}))).portfolio
    (1,)
    """
    if solution.status == "interrupted":
        raise KeyboardInterrupt
    return solution


class _Run:
    """One run of the engine on one instance."""

    def __init__(self, instance: Instance, search: Search, options: Options, warm: Warm | None = None) -> None:
        self.instance, self.search, self.options = instance, search, options
        self.warm = warm if warm is not None else Warm()
        self.candidates_left: int | None = None

    def solve(self) -> None:
        if self.instance.capacity is not None or self.options.method == "assignment":
            self._assignment()
            return
        problem = Problem.of(self.instance, self.warm.parts)
        if self.instance.worst_cases:
            self._worst_cases(problem)
            return
        total = self.instance.number_of_candidates
        choice = Choice(problem, self.search, self.options, self.warm.portfolios, total)
        try:
            choice.solve()
        finally:
            self.candidates_left = choice.candidates_left

    def _worst_cases(self, problem: Problem) -> None:
        worst = [WorstCase.of(self.instance, name, problem.positions) for name in self.instance.worst_cases]
        if problem.number_of_candidates < problem.constraints.minimum_sites:
            self.search.infeasible = True
        elif self.options.method == "enumeration" or (self.options.method == "auto" and is_quickly_enumerated(problem)):
            Choice(problem, self.search, Options("enumeration"), worst_cases=worst).solve()
        else:
            from siting.levels import LevelSearch

            LevelSearch(problem, worst, self.search, self.options).solve()

    def _assignment(self) -> None:
        if self.instance.capacity is None:
            self._first_portfolio()
        asked = (self.instance, self.search, self.options.threads, self.options.seed)
        # Said before Pyomo is imported, which takes a moment itself.
        self.search.phase = f"assignment model on {self.options.solver or 'HiGHS'}"
        if self.options.solver is not None:
            from siting.pyomo_solver import solve_assignment_with

            solve_assignment_with(self.options.solver, *asked)
            return
        from siting.assignment import solve_assignment

        solve_assignment(*asked)
        self.search.proof.append("HiGHS branch and bound on the full assignment model")

    def _first_portfolio(self) -> None:
        """Hold something from the start: a large assignment model takes long to build and to bring to an incumbent."""
        self.search.phase = "first portfolio"
        problem = Problem.of(self.instance, self.warm.parts)
        if problem.number_of_candidates < problem.constraints.minimum_sites:
            return
        chosen = greedy(problem)
        if chosen is not None:
            chosen = interchange(problem, chosen)
            self.search.offer(problem.positions[chosen].tolist(), problem.cost(chosen) + problem.offset)

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
        evaluation = evaluate(self.instance, search.chosen, search.shares)
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
            shares=search.shares,
            **common,  # type: ignore[arg-type]
        )
