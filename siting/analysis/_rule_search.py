"""Solve variants of the rules: without some, with one a step stricter, with another number of sites."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.constraints import Constraints
from siting.engine import solve_instance, uninterrupted
from siting.errors import InfeasibleError, InputError, SolverError
from siting.executors import run_many
from siting.feasibility import admissible_portfolio
from siting.incumbent import greedy
from siting.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from concurrent.futures import Executor

    from siting.analysis._rule_groups import InstanceRules, ModelRules
    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.search import Search

#: More free rules than this are not searched for pairs.
_MOST_FREE_RULES = 16
TOO_LITTLE_TIME = "the time limit came before every rule was priced; give it more time"
Task = tuple[Any, ...]


class VariantSearch:
    """Solve variants of the rules, here or on an executor, each to its proof.

    A task is ("without", rule, ...), ("stricter", rule) or ("sites", number).

    Parameters
    ----------
    rules : ModelRules or InstanceRules
        Sent once to each worker.
    steps : dict
        By how much rules become stricter, where the user said so.
    executor : concurrent.futures.Executor or int, optional
        Where to solve.
    clock : Search
        Knows how much time is left.
    options : dict
        Of `siting.engine.solve_instance`.

    Attributes
    ----------
    base : tuple
        The best portfolio under all rules: where a variant allows it, the variant is feasible.
    interrupted : bool
        Whether Ctrl-C came, so that some variants are not solved.
    """

    def __init__(
        self,
        rules: ModelRules | InstanceRules,
        steps: dict[str, float],
        executor: Executor | int | None,
        clock: Search,
        options: dict[str, Any],
    ) -> None:
        self.rules, self.steps, self.executor, self.clock, self.options = rules, steps, executor, clock, options
        self.base: tuple[Hashable, ...] = ()
        self.interrupted = False

    @property
    def remaining(self) -> float | None:
        """Seconds left, None without a limit."""
        return None if self.clock.time_limit is None else max(self.clock.remaining, 1e-3)

    def solved(self, tasks: Sequence[Task]) -> dict[Task, InstanceSolution | None]:
        """Return the best portfolio of each variant, None where there is none; after Ctrl-C, of those solved by then.

        Raises
        ------
        SolverError
            If the time limit came before every variant was solved.
        """
        shared = self.rules, self.steps, self.options, self.base
        run = run_many(shared, _variant, tasks, executor=self.executor, time_limit=self.remaining, what="variants")
        self.interrupted = run.interrupted
        if not (run.complete or run.interrupted):
            raise SolverError(TOO_LITTLE_TIME)
        return {
            task: None if result == _IMPOSSIBLE else result
            for task, result in zip(tasks, run.results, strict=True)
            if result is not None
        }


_IMPOSSIBLE = "impossible"


def _variant(shared: Any, task: Task, seconds: float) -> Any:
    """Build and solve one variant; None if the time does not suffice for a proof."""
    rules, steps, options, base = shared
    try:
        instance = _varied(rules, steps, task)
    except InputError:
        return _IMPOSSIBLE  # the tables alone say that too few candidates are left
    if instance is None or (task[0] != "without" and not _has_portfolio(instance, base, seconds)):
        return _IMPOSSIBLE
    try:
        limit = seconds if math.isfinite(seconds) else None
        solution = uninterrupted(solve_instance(instance, time_limit=limit, **options))
    except InfeasibleError:
        return _IMPOSSIBLE
    return solution if solution.status == "optimal" else None


def _has_portfolio(instance: Instance, base: tuple[Hashable, ...], seconds: float) -> bool:
    """Return False where no portfolio is left; the engine would take seconds to name the rules in conflict besides."""
    constraints = Constraints.of(instance)
    if set(base) <= set(instance.candidates) and constraints.admissible([instance.position(one) for one in base]):
        return True
    if (constraints.required & constraints.forbidden).any():
        return False
    if instance.capacity is None and greedy(Problem.of(instance)) is not None:
        return True
    inside = constraints.restricted(np.flatnonzero(~constraints.forbidden))
    chosen, decided = admissible_portfolio(inside, np.zeros(inside.number_of_candidates), seconds)
    return chosen is not None or not decided


def _varied(rules: ModelRules | InstanceRules, steps: Mapping[str, float], task: Task) -> Instance | None:
    what, *rest = task
    if what == "without":
        return rules.without(rest)
    if what == "sites":
        return rules.without([]).replace(sites=rest[0])
    group = next(group for group in rules.groups if group.name == rest[0])
    tightened = rules.tightened(group, steps.get(group.name))
    return None if tightened is None else tightened.instance()


def held_objective(solution: InstanceSolution) -> float:
    """Return the objective of a solution that holds a portfolio."""
    assert solution.objective is not None  # noqa: S101 - optima are held
    return solution.objective


def costly_pairs(
    free: Sequence[str], base: InstanceSolution, search: VariantSearch, rounding: float
) -> tuple[dict[tuple[str, str], float], bool]:
    """Return the pairs of free rules that cost something together, and whether all were searched."""
    if len(free) < 2:
        return {}, True
    together = search.solved([("without", *free)]).get(("without", *free))
    if search.interrupted:
        return {}, False
    # What all free rules together do not cost, no two of them do.
    if together is None or held_objective(base) - held_objective(together) <= rounding:
        return {}, True
    if len(free) > _MOST_FREE_RULES:
        return {}, False
    found = search.solved([("without", *pair) for pair in combinations(free, 2)])
    if search.interrupted:
        return {}, False
    worth = {(t[1], t[2]): held_objective(base) - held_objective(s) for t, s in found.items() if s is not None}
    return {pair: saving for pair, saving in worth.items() if saving > rounding}, True
