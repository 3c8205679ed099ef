"""Why a candidate is chosen: what is lost without it, who replaces it, and how much worse it may become."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from siting.analysis._attributes import Attributes, Need, ValueChange, changed_instance
from siting.analysis._comparison import (
    Question,
    criteria_table,
    draw_losses,
    exchange_table,
    exchange_words,
    loss_words,
    main_loss,
    until_interrupted,
)
from siting.analysis._entry import service_change
from siting.analysis._service_shift import shift_needed
from siting.analysis._value_rows import flag_change, needed_words, value_changes, values_table
from siting.analysis._words import capitalised, listed
from siting.analysis.result import Analysis
from siting.errors import InfeasibleError, InputError
from siting.progress import shown, step

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    import pandas as pd

    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared
    from siting.solution import Solution


@dataclass(frozen=True, eq=False, repr=False)
class Why(Analysis):
    """What a chosen candidate is worth. Made by `why`.

    Attributes
    ----------
    prepared : Prepared
        The model as it was compared.
    candidate : hashable
        Whom was asked about.
    chosen : InstanceSolution
        The best portfolio.
    without : InstanceSolution or None
        The best portfolio without the candidate; None where there is none, or the candidate is not chosen.
    loss : float
        How much worse the latter is, in the objective; infinite where there is none.
    conflict : tuple of str
        The rules that cannot hold together without the candidate.
    values : tuple of ValueChange
        How far each single value may get worse before the candidate drops out.
    complete : bool
        False if Ctrl-C came before every single value was looked at.
    """

    prepared: Prepared
    candidate: Hashable
    chosen: InstanceSolution
    without: InstanceSolution | None = None
    loss: float = math.inf
    conflict: tuple[str, ...] = ()
    values: tuple[ValueChange, ...] = ()
    complete: bool = True

    @property
    def is_chosen(self) -> bool:
        """Whether the best portfolio holds the candidate."""
        return self.candidate in (self.chosen.portfolio or ())

    @property
    def headline(self) -> str:
        """What is lost without the candidate, and who replaces it."""
        who = self.prepared.label(self.candidate)
        if not self.is_chosen:
            return f"{who} is not chosen; `why_not` says what choosing it would cost."
        if self.without is None:
            rules = listed([f"“{name}”" for name in self.conflict])
            return f"Without {who} no portfolio satisfies {rules}."
        changed = exchange_words(self.prepared, self.chosen.portfolio or (), self.without.portfolio or ())
        if self.loss < 0:
            return f"{who} is chosen because the model requires it; without that rule: {changed}."
        if self.loss == 0:
            return capitalised(f"{who} could be left out at no loss: {changed}.")
        most = main_loss(self.prepared, self.table)
        mainly = f"; most is lost in {most}" if most else ""
        return f"Without {who} the best portfolio is worse by {self._loss}: {changed}{mainly}."

    @property
    def _loss(self) -> str:
        assert self.without is not None  # noqa: S101 - only said where there is another portfolio
        return loss_words(self.prepared, self.chosen, self.without)

    @property
    def table(self) -> pd.DataFrame:
        """Both portfolios criterion by criterion: `chosen`, `without_it`, `change`, `unit`, `loss`."""
        other = self.chosen if self.without is None else self.without
        return criteria_table(self.prepared, self.chosen, other, ("chosen", "without_it"))

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The criteria, the sites, and how much worse each value may become."""
        if self.without is None:
            return {"": self.table}
        portfolios = self.chosen.portfolio or (), self.without.portfolio or ()
        tables = {"": self.table, "Sites": exchange_table(self.prepared, *portfolios)}
        if self.values:
            tables["Single values"] = values_table(self.values, "drops_out_beyond")
        return tables

    @property
    def notes(self) -> tuple[str, ...]:
        """How robust the choice is."""
        found = [words for words in map(needed_words, self.values) if words]
        stopped = () if self.complete else ("interrupted: not every single value was looked at",)
        if not found:
            return stopped
        return (
            *stopped,
            f"it stays in the best portfolio up to {listed(found, 'or')}",
            "each value is changed alone, to the number up to which no portfolio without the candidate is better",
        )

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw what each criterion loses; options are those of `siting.charts.why_not.waterfall`.

        Raises
        ------
        InputError
            If there is nothing to compare.
        """
        if self.without is None:
            raise InputError(f"there is nothing to draw: {self.headline}")
        title = f"What is lost without {self.prepared.label(self.candidate)}"
        return draw_losses(self.prepared, self.table, title, ax, **options)


def why(
    model: str | Path | Model | Instance | Solution,
    candidate: Hashable,
    *,
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Why:
    """Forbid a chosen candidate, choose anew, and say what is lost and how much worse the candidate may become.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution
        As in `siting.solve`.
    candidate : hashable
        Identifier or name.
    time_limit : float, optional
        Seconds for everything.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    Why
        Loss per criterion, who comes instead, and the number of each single value up to which the candidate stays in an
        optimal portfolio. A candidate that the model requires is compared as if it were not required. After
        Ctrl-C, what was found by then.

    Raises
    ------
    InputError
        If the candidate is unknown or lacks data, or an override is not valid.
    InfeasibleError
        If no portfolio satisfies every rule.
    SolverError
        If the time limit came before the proofs.

    Examples
    --------
    >>> answer = why("gigafactories", "FRB0")
    >>> answer.without.portfolio, round(answer.loss, 4)
    (('DE40', 'ES41', 'FRF2', 'ITC4'), 0.0044)
    """
    with shown(progress, "why"):
        question = Question(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        return _answer(question, question.prepared.identifier(candidate))


def _answer(question: Question, found: Hashable) -> Why:
    instance, chosen = question.instance, question.solve()
    if found not in (chosen.portfolio or ()):
        return Why(question.prepared, found, chosen)
    required = [one for one in instance.required if one != found]
    forbidden = {**instance.forbidden, found: "left out for comparison"}
    try:
        without = question.solve("without", first={"required": required}, forbidden=forbidden)
    except InfeasibleError as error:
        conflict = tuple(rule for rule in error.rules if rule != "forbidden: left out for comparison")
        return Why(question.prepared, found, chosen, conflict=conflict)
    assert chosen.objective is not None  # noqa: S101 - optima are held
    assert without.objective is not None  # noqa: S101
    loss = without.objective - chosen.objective
    rounding = max(question.rounding(chosen), question.rounding(without, "without"))
    loss = 0.0 if abs(loss) <= rounding else loss
    if loss < 0:
        # Only where the model requires it does a portfolio without it win.
        return Why(question.prepared, found, chosen, without, loss)
    with step("single values"):
        values, complete = until_interrupted(_values(question, found, chosen, loss))
    return Why(question.prepared, found, chosen, without, loss, values=values, complete=complete)


def _values(question: Question, candidate: Hashable, chosen: InstanceSolution, loss: float) -> Iterator[ValueChange]:
    """Yield how much worse each single value may become."""
    instance, model = question.instance, question.prepared.model
    attributes = None if model is None else Attributes(question.prepared, (candidate,))
    yield from value_changes(question, (candidate,), [Need((candidate,), loss)], attributes, worsen=True)
    if instance.capacity is None:
        yield from _service(question, candidate, chosen, loss)
    if attributes is not None:
        yield from _flags(question, candidate, attributes)


def _service(question: Question, candidate: Hashable, chosen: InstanceSolution, loss: float) -> Iterator[ValueChange]:
    instance = question.instance
    required = list(dict.fromkeys([*instance.required, candidate]))
    assert chosen.objective is not None  # noqa: S101 - an optimum is held

    def solve(moved: Instance) -> tuple[InstanceSolution, float]:
        solution = question.solve("shifted", instance=moved, required=required)
        return solution, question.rounding(solution, "shifted")

    for name in instance.summed_services:
        target = chosen.objective + loss
        shift = shift_needed(instance, name, candidate, chosen, target, solve) if loss > 0 else 0.0
        service = instance.criteria[name].service
        assert service is not None  # noqa: S101 - summed services have one
        yield service_change(instance, name, candidate, service[:, instance.position(candidate)], shift)


def _flags(question: Question, candidate: Hashable, attributes: Attributes) -> Iterator[ValueChange]:
    """Turn each yes or no round, rules included, and solve again."""
    required = list(dict.fromkeys([*question.instance.required, candidate]))
    for column, criteria in attributes.readers.items():
        if not attributes.is_flag(column):
            continue
        now = attributes.now(column)
        flip = 1.0 - 2.0 * now[candidate]
        changed = changed_instance(question.prepared, column, {candidate: now[candidate] + flip})
        stays = candidate not in changed.forbidden and _stays(question, changed, required)
        remark = "it stays with either answer" if stays else "it drops out with the other answer"
        yield flag_change(column, criteria, now, None if stays else flip, remark)


def _stays(question: Question, changed: Instance, required: list[Hashable]) -> bool:
    """Return whether the best portfolio with the candidate is still the best of all."""
    try:
        held = question.solve("changed", instance=changed, required=required)
    except InfeasibleError:
        return False
    rounding = question.rounding(held, "changed")
    free = question.solve("changed", required=changed.required)
    assert held.objective is not None  # noqa: S101 - optima are held
    assert free.objective is not None  # noqa: S101
    return held.objective <= free.objective + rounding
