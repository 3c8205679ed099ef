"""Why nothing satisfies every rule: the rules in conflict, and the smallest relaxations that help."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.analysis._comparison import until_interrupted
from siting.analysis._relaxation import relaxations, relaxed
from siting.analysis._rulebook import InstanceRulebook, ModelRulebook
from siting.analysis._words import listed
from siting.analysis.result import Analysis
from siting.engine import check_options, solve_instance, uninterrupted
from siting.errors import InfeasibleError, SolverError
from siting.instance import Instance
from siting.preparation import prepare
from siting.progress import shown, step, track
from siting.search import Search

if TYPE_CHECKING:
    from siting.analysis._relaxation import Relaxation
    from siting.analysis._rule_groups import RuleGroup
    from siting.analysis._rulebook import Rulebook
    from siting.model import Model
    from siting.preparation import Prepared
    from siting.solution import Solution


@dataclass(frozen=True, eq=False, repr=False)
class Infeasibility(Analysis):
    """Rules that cannot hold together, and what to relax. Made by `explain_infeasible`.

    Attributes
    ----------
    conflict : tuple of RuleGroup
        A minimal set: without any one of these rules the others can be satisfied. Empty for a feasible model.
    relaxations : tuple of Relaxation
        Per rule of the conflict, the smallest relaxations of it alone that leave room for a portfolio.
    units : dict of str to str
        Unit of each criterion.
    decided : bool
        False if time was over before conflict and relaxations were known: nothing is said then.
    """

    conflict: tuple[RuleGroup, ...]
    relaxations: tuple[Relaxation, ...]
    units: dict[str, str]
    decided: bool = True

    @property
    def is_feasible(self) -> bool:
        """Whether some portfolio satisfies every rule."""
        return self.decided and not self.conflict

    @property
    def headline(self) -> str:
        """The conflict and the ways out, in one sentence."""
        if not self.decided:
            return "Not decided: time was over before the rules in conflict and what relaxes them were known."
        if self.is_feasible:
            return "Nothing is in conflict: some portfolio satisfies every rule."
        rules = listed([f"“{group.words}”" for group in self.conflict])
        only = "is more than the candidates allow" if len(self.conflict) == 1 else "cannot hold together"
        ways = [
            f"{relaxation.group.name.replace('_', ' ')}: {relaxation.words}"
            for relaxation in self.relaxations
            if relaxation.suffices
        ]
        out = (
            f"; any one of these makes room: {'; '.join(ways)}"
            if ways
            else "; relaxing one of them alone does not suffice"
        )
        return f"{rules} {only}{out}."

    @property
    def table(self) -> pd.DataFrame:
        """One row per relaxation: what the rule asks, what it would ask, and the best portfolio then."""
        rows = []
        for one in self.relaxations:
            values = {} if one.solution is None else one.solution.values
            portfolio = None if one.solution is None else one.solution.portfolio
            rows.append(
                {"rule": one.group.name, "asks_for": one.group.words, "relaxed_to": one.words, "portfolio": portfolio}
                | {name: values.get(name, float("nan")) for name in self.units}
            )
        columns = ["rule", "asks_for", "relaxed_to", "portfolio", *self.units]
        return pd.DataFrame(rows, columns=columns).set_index("rule")

    @property
    def notes(self) -> tuple[str, ...]:
        """What minimal means, and in which units criteria stand."""
        if not self.conflict:
            return () if self.decided else ("give it more time, or none at all",)
        units = listed([f"{name} in {unit}" for name, unit in self.units.items() if unit])
        return (
            "the conflict is minimal: without any one of these rules the others can be satisfied; there may be others",
            "each rule is relaxed alone, as little as suffices; the portfolio is then the best one"
            + f" ({units})" * bool(units),
            *(() if self.complete else ("stopped before the best portfolio of each relaxation was found",)),
        )

    @property
    def complete(self) -> bool:
        """Whether conflict and relaxations are known, and the best portfolio of each relaxation."""
        return self.decided and not any(one.suffices and one.solution is None for one in self.relaxations)


def explain_infeasible(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Infeasibility:
    """Name the rules in conflict, and relax each of them as little as makes room for a portfolio.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution, default "gigafactories"
        As in `siting.solve`.
    time_limit : float, optional
        Seconds for everything; a rule about which nothing was decided by then stays in the conflict.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    Infeasibility
        With the best portfolio under each relaxation. A model's scales are those of the first relaxation that suffices.
        After Ctrl-C, relaxations without one where none was found by then.

    Raises
    ------
    InputError
        If a name, key or value is not valid.

    Notes
    -----
    Bounds and thresholds are moved to the nearest value of a candidate, or sum over a portfolio, that works: counts and
    sums by one exact optimisation, spacing and thresholds by bisection over the distances and values there are. A list
    of required or forbidden candidates and rules without a number are dropped as a whole.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance, Limit
    >>> cost = Criterion(site=[1.0, 2.0, 3.0])
    >>> answer = explain_infeasible(
    ...     Instance(sites=2, criteria={"cost": cost}, limits={"budget": Limit([1.0, 2.0, 3.0], upper=2.5)})
    ... )
    >>> [(way.group.name, way.to) for way in answer.relaxations]
    [('number of sites', 1.0), ('budget', 3.0)]
    """
    check_options("auto", time_limit, 0.0, threads, seed)
    clock = Search(time_limit=time_limit)
    with shown(progress, "rules in conflict"):
        book = _rulebook(model, clock, overrides)
        with step("finding the conflict"):
            conflict = book.conflict()
        with step("relaxing each rule"):
            found = [one for group in conflict for one in relaxations(book, group)]
        answers = _Answers(book, clock, {"threads": threads, "seed": seed})
        if clock.remaining <= 0:
            # Questions that were not answered in time count as if a rule were in conflict, or as if none were.
            return Infeasibility((), (), answers.units, decided=False)
        solved, _ = until_interrupted(
            answers.answered(one) for one in track(found, "best portfolio of each relaxation")
        )
        return Infeasibility(tuple(conflict), (*solved, *found[len(solved) :]), answers.units)


def _rulebook(model: Any, clock: Search, overrides: dict[str, Any]) -> Rulebook:
    from siting.model import Model
    from siting.solution import Solution

    if isinstance(model, Solution):
        model = model.instance if model.model is None else model.model
    if isinstance(model, Instance):
        return InstanceRulebook(model.replace(**overrides) if overrides else model, lambda: clock.remaining)
    loaded = Model.load(model) if isinstance(model, str | Path) else model
    return ModelRulebook(loaded.replace(**overrides) if overrides else loaded, lambda: clock.remaining)


class _Answers:
    """The best portfolio under each relaxation, all measured with the ruler of the first."""

    def __init__(self, book: Rulebook, clock: Search, options: dict[str, Any]) -> None:
        self.book, self.clock, self.options = book, clock, options
        self.ruler: Prepared | None = None
        instance = book.instance if isinstance(book, InstanceRulebook) else None
        instance = book.open_instance if isinstance(book, ModelRulebook) else instance
        self.units = {} if instance is None else {name: c.unit for name, c in instance.criteria.items()}

    def answered(self, relaxation: Relaxation) -> Relaxation:
        """Return the relaxation with its best portfolio, without one where it does not suffice or time is over."""
        if not relaxation.suffices or self.clock.remaining <= 0:
            return relaxation
        limit = None if self.clock.time_limit is None else max(self.clock.remaining, 1e-3)
        model = relaxed(self.book, relaxation.change)
        try:
            instance = self._measured(model, limit)
            solution = uninterrupted(solve_instance(instance, time_limit=limit, **self.options))
        except InfeasibleError as error:
            raise SolverError(
                f"relaxing {relaxation.group.name!r} was found to suffice and does not: {error}"
            ) from error
        return replace(relaxation, solution=solution)

    def _measured(self, model: Model | Instance, limit: float | None) -> Instance:
        if isinstance(model, Instance):
            return model
        if self.ruler is None:
            self.ruler = prepare(model, time_limit=limit, **self.options)
            return self.ruler.instance
        return self.ruler.rescaled(model)
