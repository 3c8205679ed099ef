"""Solve every scenario, and search the portfolios that are best for all of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.engine import InstanceSolution, solve_instance, uninterrupted
from siting.errors import InfeasibleError, InputError, SolverError
from siting.evaluation import AGREEMENT_TOLERANCE, evaluate
from siting.executors import Finished, run_many
from siting.progress import step
from siting.scenario_problem import Measure, ScenarioProblem, joint_instance
from siting.scenario_search import ScenarioSearch
from siting.search import Search, relative_gap

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from concurrent.futures import Executor

    from siting.analysis._scenario_questions import Question
    from siting.instance import Instance


@dataclass(frozen=True)
class RobustPortfolio:
    """The portfolio that is best for one way of weighing scenarios.

    Attributes
    ----------
    portfolio : tuple
        Identifiers in candidate order; admissible in every scenario.
    value : float
        What is minimised, re-evaluated from the raw arrays of every scenario.
    bound : float
        No portfolio admissible in every scenario has a lower value.
    gap : float
        Relative difference of the two.
    status : str
        Why the search stopped: "optimal", "time_limit" or "interrupted".
    proof : str
        How the bound was proven, in words.
    seconds : float
        Time the search took.
    """

    portfolio: tuple[Hashable, ...]
    value: float
    bound: float
    gap: float
    status: str
    proof: str
    seconds: float


def scenario_optima(
    question: Question, clock: Search, executor: Executor | int | None, threads: int | None, seed: int
) -> dict[str, InstanceSolution]:
    """Solve every scenario under its own rules.

    Raises
    ------
    InfeasibleError
        If a scenario admits no portfolio; names it and the rules in conflict.
    InputError
        If the time was too short for a scenario.
    """
    remaining = None if clock.time_limit is None else clock.remaining
    shared = (tuple(question.instances.values()), threads, seed)
    names = list(question.instances)
    run: Finished[InstanceSolution | InfeasibleError] = run_many(
        shared,
        _solve_one,
        list(range(len(names))),
        executor=executor,
        key="scenarios",
        time_limit=remaining,
        chunk=1,
        what="best of each scenario",
    )
    optima: dict[str, InstanceSolution] = {}
    for name, answer in zip(names, run.results, strict=True):
        if isinstance(answer, InfeasibleError):
            raise InfeasibleError(f"scenario {name!r}: {answer}", answer.rules)
        if run.interrupted and answer is None:
            raise KeyboardInterrupt
        if answer is None or answer.portfolio is None:
            raise InputError(f"the time limit came before scenario {name!r} held a portfolio; give it more time")
        optima[name] = answer
    return optima


def _solve_one(
    shared: tuple[Sequence[Instance], int | None, int], task: int, seconds: float
) -> InstanceSolution | InfeasibleError:
    instances, threads, seed = shared
    limit = None if math.isinf(seconds) else max(seconds, 1e-3)
    try:
        return uninterrupted(solve_instance(instances[task], time_limit=limit, threads=threads, seed=seed))
    except InfeasibleError as error:
        return error


def losses_of(question: Question, portfolio: tuple[Hashable, ...]) -> list[float]:
    """Return the objective of a portfolio in every scenario, NaN where it is not admissible."""
    losses = []
    for name, instance in question.instances.items():
        known = all(identifier in instance.candidates for identifier in portfolio)
        chosen = [instance.position(identifier) for identifier in portfolio] if known else []
        admissible = known and question.constraints[name].admissible(chosen)
        losses.append(evaluate(instance, chosen).objective if admissible else math.nan)
    return losses


class RobustSearch:
    """The search for one robust portfolio after another over the same scenarios."""

    def __init__(
        self,
        question: Question,
        optima: Mapping[str, InstanceSolution],
        probabilities: Mapping[str, float],
        alpha: float,
        clock: Search,
        threads: int | None,
        seed: int,
    ) -> None:
        self.question, self.alpha, self.clock, self.threads, self.seed = question, alpha, clock, threads, seed
        self.joint = joint_instance(question.instances)
        self.problem = ScenarioProblem.of(question.instances, self.joint)
        self.probabilities = np.array([probabilities[name] for name in question.instances])
        self.bests = np.array([solution.bound for solution in optima.values()])
        self.interrupted = False
        self.starts = [solution.portfolio for solution in optima.values() if solution.portfolio is not None]

    def measure(self, objective: str) -> Measure:
        """Return what an objective makes of losses."""
        caps = {
            "expected": self.probabilities,
            "cvar": np.minimum(1.0, self.probabilities / (1 - self.alpha)),
            "cvar_regret": np.minimum(1.0, self.probabilities / (1 - self.alpha)),
        }.get(objective, np.ones(len(self.bests)))
        return Measure(self.bests if "regret" in objective else np.zeros(len(self.bests)), caps)

    def solve(self, objective: str) -> RobustPortfolio:
        """Find the best portfolio for an objective and evaluate it from the raw arrays."""
        limit = None if self.clock.time_limit is None else max(self.clock.remaining, 1e-3)
        search, measure = Search(time_limit=limit), self.measure(objective)
        known = set(self.joint.candidates)
        starts = [[self.joint.position(one) for one in start] for start in self.starts if set(start) <= known]
        scenario_search = ScenarioSearch(self.problem, measure, search, threads=self.threads, seed=self.seed)
        try:
            with step(objective, read=search.told):
                found = scenario_search.solve(starts)
        except KeyboardInterrupt:
            self.interrupted = search.asked_to_stop = True
            if search.chosen is None:
                raise
            found = True
        if not found:
            self._refuse(search)
        if search.stop_reason is None and search.time_limit is None:
            raise SolverError("the search ended without a proof and without a limit; nothing is returned")
        portfolio = tuple(self.joint.candidates[position] for position in search.chosen or ())
        self.starts = list(dict.fromkeys([*self.starts, portfolio]))
        value = float(measure.value(np.array(losses_of(self.question, portfolio))))
        if not abs(value - search.upper) <= AGREEMENT_TOLERANCE * max(search.magnitude, 1e-300):
            raise SolverError(
                f"the search claimed {search.upper:.12g} for the scenarios together but the raw arrays give "
                f"{value:.12g}; nothing is returned"
            )
        status = search.stop_reason or "time_limit"
        bound = value if status == "optimal" else min(search.lower, value)
        proof = "; ".join(search.proof) if status == "optimal" else f"not proven: stopped by {status}"
        return RobustPortfolio(portfolio, value, bound, relative_gap(value, bound), status, proof, search.seconds)

    def _refuse(self, search: Search) -> None:
        """Raise the sentence for scenarios whose rules cannot hold together."""
        from siting.feasibility import infeasible

        if search.time_limit is not None and search.remaining <= 0:
            raise InputError(
                "the time limit came before a portfolio admissible in every scenario was held; give it more"
            )
        error = infeasible(self.joint)
        raise InfeasibleError(f"the scenarios together: {error}", error.rules)
