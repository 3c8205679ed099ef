"""A model that is asked again and again while its weights and rules change; nothing is built twice.

Each answer is the one that `siting.solve` gives for the same overrides: scales are found anew whenever the rules
change, and only what cannot have changed is kept.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.analysis._rule_groups import with_tables_read
from siting.analysis._rulebook import ModelRulebook
from siting.constraints import Constraints
from siting.engine import solve_instance
from siting.errors import InfeasibleError, SitingError
from siting.feasibility import admissible_portfolio
from siting.search import Search
from siting.solution import Solution
from siting.solver import Solver

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model

#: Sets of rules whose arrays and scales are kept, and portfolios that later rules are tried on.
_REMEMBERED = 4
#: Overrides that leave candidates and rules as they are.
_OBJECTIVE_ONLY = ("weights", "criteria", "objective")


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of one set of overrides.

    Attributes
    ----------
    overrides : dict
        What was asked, as `siting.solve` takes it.
    model : Model or None
        The model with its rules as asked, tables in memory; None where it could not be built.
    solution : Solution or None
        None where the question is not valid, nothing satisfies every rule, or time was over with nothing held.
    problem : str
        Why there is no solution, in one sentence; empty where there is one.
    conflict : tuple of str
        The rules of the model that cannot hold together, where that is the reason.
    seconds : float
        From the question to the answer.
    """

    overrides: dict[str, Any]
    model: Model | None = None
    solution: Solution | None = None
    problem: str = ""
    conflict: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(eq=False)
class _Ruled:
    """One set of rules: its model, its arrays, and the searches behind the scales that are done."""

    model: Model
    solver: Solver
    searched: dict[Any, InstanceSolution] = field(default_factory=dict)

    @property
    def raw(self) -> Instance:
        return self.model.instance()


class Question:
    """A model whose weights and rules are varied.

    Parameters
    ----------
    model : Model
        The base; its tables are read once.
    time_limit : float, optional
        Seconds for one answer, the searches behind the scales included.

    Examples
    --------
    >>> from siting.model import Model
    >>> question = Question(Model.load("gigafactories"))
    >>> question.answer({"sites": 2}).solution.portfolio == question.answer({"sites": [2, 2]}).solution.portfolio
    True
    >>> question.answer({"rules": {"spacing": {"minimum_km": 2500.0}}}).conflict
    ('4 sites', 'sites at least 2500 km apart')
    """

    def __init__(self, model: Model, time_limit: float | None = None) -> None:
        self.stated, self.time_limit = model, time_limit
        self.base = with_tables_read(model)
        self._ruled: OrderedDict[str, _Ruled] = OrderedDict()
        self._found: deque[tuple[Hashable, ...]] = deque(maxlen=_REMEMBERED)

    def answer(self, overrides: Mapping[str, Any]) -> Answer:
        """Solve the model with overrides; what is wrong with them becomes a sentence, never an error.

        Parameters
        ----------
        overrides : mapping
            As in `siting.solve`.

        Returns
        -------
        Answer
            As exact as that of `siting.solve`, or the reason why there is none.
        """
        clock, asked = Search(time_limit=self.time_limit), dict(overrides)
        model: Model | None = None
        try:
            varied = self.base.replace(**asked)
            ruled = self._with_rules(varied, asked)
            model = ruled.model
            if not ruled.searched:
                self._refuse_impossible(model, clock)
            solution = self._solution(varied, ruled, clock)
        except InfeasibleError as error:
            return Answer(asked, model, problem=str(error), conflict=error.rules, seconds=clock.seconds)
        except SitingError as error:
            return Answer(asked, model, problem=str(error), seconds=clock.seconds)
        if solution.portfolio is None:
            problem = (
                f"the search was stopped after {clock.seconds:.0f} s without a portfolio; give it a longer time_limit"
            )
            return Answer(asked, model, problem=problem, seconds=clock.seconds)
        self._found.append(solution.portfolio)
        return Answer(asked, model, solution, seconds=clock.seconds)

    def _with_rules(self, varied: Model, overrides: Mapping[str, Any]) -> _Ruled:
        """Return what is kept of these rules and this set of criteria, built when they are asked for first."""
        rules = {key: value for key, value in overrides.items() if key not in _OBJECTIVE_ONLY}
        key = repr((sorted(rules.items()), tuple(varied.active_criteria)))
        if key not in self._ruled:
            self._ruled[key] = _Ruled(varied, Solver(varied.instance()))
            while len(self._ruled) > _REMEMBERED:
                self._ruled.popitem(last=False)
        self._ruled.move_to_end(key)
        return self._ruled[key]

    def _refuse_impossible(self, model: Model, clock: Search) -> None:
        """Raise where no portfolio satisfies every rule, with the rules in conflict as the model's file has them.

        The search would find out too, and name the rows that the rules became; asking first is faster. It is not asked
        where an earlier answer still satisfies the rules.
        """
        instance = model.instance()
        constraints, known = Constraints.of(instance), set(instance.candidates)
        for earlier in self._found:
            if known.issuperset(earlier) and constraints.admissible([instance.position(one) for one in earlier]):
                return
        inside = constraints.restricted(np.flatnonzero(~constraints.forbidden))
        chosen, decided = admissible_portfolio(inside, np.zeros(inside.number_of_candidates), clock.remaining)
        if chosen is None and decided:
            conflict = ModelRulebook(model, lambda: clock.remaining).conflict()
            raise InfeasibleError("no portfolio satisfies every rule", [group.words for group in conflict])

    def _solution(self, varied: Model, ruled: _Ruled, clock: Search) -> Solution:
        def remaining() -> float | None:
            return None if self.time_limit is None else max(clock.remaining, 1e-3)

        def search(asked: Instance) -> InstanceSolution:
            # A search for the worst value of a criterion turns its sense round: that is another problem.
            weights = dict(asked.weights or {})
            senses = tuple(criterion.sense for criterion in asked.criteria.values())
            key = (tuple(weights.items()), senses)
            if key not in ruled.searched:
                if senses == tuple(criterion.sense for criterion in ruled.raw.criteria.values()):
                    found = ruled.solver.solve(weights=weights, constant=asked.constant, time_limit=remaining())
                else:
                    found = solve_instance(asked, time_limit=remaining())
                if found.status != "optimal":
                    return found
                ruled.searched[key] = found
            return ruled.searched[key]

        weighted = ruled.raw.replace(weights=_weights(varied))
        scaling = varied.scaling(search, weighted)
        instance = scaling.apply(weighted)
        result = ruled.solver.solve(weights=instance.weights, constant=instance.constant, time_limit=remaining())
        return Solution(instance, result, ruled.model, scaling)


def _weights(model: Model) -> dict[str, float]:
    """Return the weights of the enabled criteria, or what a unit of each is worth in a monetised model."""
    if model.objective == "monetised":
        return {name: block.eur_per_unit or 0.0 for name, block in model.active_criteria.items()}
    return {name: block.weight for name, block in model.active_criteria.items()}
