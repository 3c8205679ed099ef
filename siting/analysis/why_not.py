"""Why a candidate is not chosen: what its choice would cost, whom it displaces, and what would have to change."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.analysis._comparison import (
    Question,
    criteria_table,
    direct_conflict,
    draw_losses,
    exchange_table,
    exchange_words,
    labels,
    loss_words,
    main_loss,
    until_interrupted,
)
from siting.analysis._entry import Entry, weight_table
from siting.analysis._value_rows import needed_words, values_table
from siting.analysis._words import capitalised, listed, plain_name, share
from siting.analysis.result import Analysis
from siting.errors import InfeasibleError, InputError
from siting.progress import shown, step

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    from siting.analysis._attributes import ValueChange
    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared
    from siting.solution import Solution


@dataclass(frozen=True, eq=False, repr=False)
class WhyNot(Analysis):
    """What it would take to choose a candidate, or a pair, that is not chosen. Made by `why_not`.

    Attributes
    ----------
    prepared : Prepared
        The model as it was compared.
    candidates : tuple
        Whom was asked about.
    chosen : InstanceSolution
        The best portfolio.
    forced : InstanceSolution or None
        The best portfolio with the candidates; None where no portfolio satisfies every rule with them.
    loss : float
        How much worse the latter is, in the objective; infinite without it, below 0 where only an exclusion keeps the
        candidates out.
    excluded : dict
        The reason for each candidate that the model excludes; the comparison leaves this exclusion aside.
    conflict : tuple of str
        Without `forced`: the rules that cannot hold together with the candidates.
    values : tuple of ValueChange
        The smallest change of each single value that brings the candidates into an optimal portfolio.
    weights : pandas.DataFrame
        Index criterion; columns `now`, `less`, `more` (the nearest weights at which they come in) and `remark`.
    complete : bool
        False if Ctrl-C came before every single value and weight was looked at.
    """

    prepared: Prepared
    candidates: tuple[Hashable, ...]
    chosen: InstanceSolution
    forced: InstanceSolution | None = None
    loss: float = math.inf
    excluded: dict[Hashable, str] = field(default_factory=dict)
    conflict: tuple[str, ...] = ()
    values: tuple[ValueChange, ...] = ()
    weights: pd.DataFrame = field(default_factory=pd.DataFrame)
    complete: bool = True

    @property
    def is_chosen(self) -> bool:
        """Whether the best portfolio holds the candidates anyway."""
        return set(self.candidates) <= set(self.chosen.portfolio or ())

    @property
    def headline(self) -> str:
        """What the choice would cost and whom it displaces."""
        who = labels(self.prepared, self.candidates)
        if self.is_chosen:
            return f"{who}: already chosen; `why` says what would be lost without."
        reasons = [f"{self.prepared.label(one)} is excluded: {reason}" for one, reason in self.excluded.items()]
        lead = f"{listed(reasons)}. Were that lifted: " if reasons else ""
        return capitalised(lead + (self._impossible(who) if self.forced is None else self._comparison(who)))

    def _impossible(self, who: str) -> str:
        rules = listed([f"“{name}”" for name in self.conflict])
        return f"no portfolio with {who} satisfies {rules}."

    def _comparison(self, who: str) -> str:
        assert self.forced is not None  # noqa: S101 - only called with both portfolios
        changed = exchange_words(self.prepared, self.chosen.portfolio or (), self.forced.portfolio or ())
        if self.loss == 0:
            return f"a portfolio with {who} is exactly as good: {changed}."
        if self.loss < 0:
            return f"{who} would be chosen: {changed}."
        most = main_loss(self.prepared, self.table)
        mainly = f"; most is lost in {most}" if most else ""
        loss = loss_words(self.prepared, self.chosen, self.forced)
        return f"the best portfolio with {who} is worse by {loss}: {changed}{mainly}."

    @property
    def table(self) -> pd.DataFrame:
        """Both portfolios criterion by criterion: `chosen`, `with_it`, `change`, `unit`, `loss`."""
        other = self.chosen if self.forced is None else self.forced
        return criteria_table(self.prepared, self.chosen, other, ("chosen", "with_it"))

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The criteria, the sites, and the single values and weights that would change the answer."""
        if self.forced is None:
            return {"": self.table}
        portfolios = self.chosen.portfolio or (), self.forced.portfolio or ()
        tables = {"": self.table, "Sites": exchange_table(self.prepared, *portfolios, wanted=self.candidates)}
        if self.values:
            tables["Single values"] = values_table(self.values, "needed")
        if len(self.weights):
            tables["Single weights"] = self.weights
        return tables

    @property
    def notes(self) -> tuple[str, ...]:
        """What would bring the candidates in, and what the numbers mean."""
        if self.is_chosen or self.forced is None or self.loss <= 0:
            return ()
        found = [words for words in map(needed_words, self.values) if words]
        notes = [] if self.complete else ["interrupted: not every single value and weight was looked at"]
        notes += [f"it would come in with {listed(found, 'or')}"] if found else []
        notes.append(self._weight_note())
        notes.append(
            "each value and each weight is changed alone, to the nearest number at which the best portfolio with it is "
            "as good as any other; " + self._what_weights_mean()
        )
        return tuple(filter(None, notes))

    def _weight_note(self) -> str:
        said = []
        for name, row in self.weights.iterrows():
            # What only holds when a criterion is everything, or nothing, stands in the table.
            less = [f"at most {self._weight(row['less'])}"] if row["less"] > 0 else []
            more = [f"at least {self._weight(row['more'])}"] if row["more"] < self._all_weight else []
            if less + more:
                said.append(
                    f"{plain_name(str(name))} weighs {listed(less + more, 'or')} (now {self._weight(row['now'])})"
                )
        if said:
            return f"it would come in when {listed(said, 'or')}"
        return (
            "no weight of a single criterion brings it in, short of nothing or everything"
            if len(self.weights) and self.complete
            else ""
        )

    @property
    def _all_weight(self) -> float:
        return 1.0 if self._weights_are_shares else math.inf

    def _weight(self, value: float) -> str:
        return share(value) if self._weights_are_shares else f"{value:.4g}"

    @property
    def _weights_are_shares(self) -> bool:
        return self.prepared.scaling is not None and self.prepared.scaling.method != "monetised"

    def _what_weights_mean(self) -> str:
        if self._weights_are_shares:
            return "weights are shares of all weight, the others keeping their proportions"
        return "the other weights stay as they are"

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw what each criterion loses; options are those of `siting.charts.why_not.waterfall`.

        Raises
        ------
        InputError
            If there is nothing to compare.
        """
        if self.forced is None or self.is_chosen:
            raise InputError(f"there is nothing to draw: {self.headline}")
        title = f"What it costs to choose {labels(self.prepared, self.candidates)}"
        return draw_losses(self.prepared, self.table, title, ax, **options)


def why_not(
    model: str | Path | Model | Instance | Solution,
    candidates: Hashable | Sequence[Hashable],
    *,
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> WhyNot:
    """Force a candidate, or a pair, into the portfolio, choose the others anew, and say what that costs.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution
        As in `siting.solve`.
    candidates : hashable or pair of hashables
        One candidate, or two that are to be chosen together; identifiers or names.
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
    WhyNot
        Loss per criterion, who makes room, and the smallest change of each single value and of each weight that brings
        the candidates into an optimal portfolio. All of it is exact: every portfolio compared is proven optimal. After
        Ctrl-C, what was found by then.

    Raises
    ------
    InputError
        If a candidate is unknown or lacks data, or an override is not valid.
    InfeasibleError
        If no portfolio satisfies every rule, whoever is chosen.
    SolverError
        If the time limit came before the proofs.

    Notes
    -----
    The value of a site enters the objective once, so the value needed is today's less loss / weight. Columns of the
    table are put through the model's own formulas. For a service criterion all values of the candidate move by one
    amount; the weight search is described in `siting.analysis._weight_search`. For a pair both values move together,
    and the pair also has to overtake portfolios with one of the two, which gain as well; service is left out.

    Examples
    --------
    >>> answer = why_not("gigafactories", "ITI3")
    >>> answer.forced.portfolio
    ('DE40', 'ES41', 'FRB0', 'ITI3')
    >>> round(answer.loss, 4)
    0.1469
    """
    with shown(progress, "why not"):
        question = Question(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        return _answer(question, question.identifiers(candidates))


def _answer(question: Question, found: tuple[Hashable, ...]) -> WhyNot:
    instance = question.instance
    chosen = question.solve()
    if set(found) <= set(chosen.portfolio or ()):
        return WhyNot(question.prepared, found, chosen, chosen, 0.0)
    excluded = {one: instance.forbidden[one] for one in found if one in instance.forbidden}
    forbidden = {one: reason for one, reason in instance.forbidden.items() if one not in found}
    required = list(dict.fromkeys([*instance.required, *found]))
    conflict = direct_conflict(instance, required)
    if conflict:
        kept = tuple(rule for rule in conflict if rule not in {f"{one} is required" for one in found})
        return WhyNot(question.prepared, found, chosen, excluded=excluded, conflict=kept)
    try:
        forced = question.solve("forced", required=required, forbidden=forbidden)
    except InfeasibleError as error:
        kept = tuple(rule for rule in error.rules if rule not in {f"{one} is required" for one in found})
        return WhyNot(question.prepared, found, chosen, excluded=excluded, conflict=kept)
    entry = Entry(question, found, chosen, forced, forbidden)
    loss = entry.loss
    if loss <= 0:
        return WhyNot(question.prepared, found, chosen, forced, loss, excluded)
    with step("single values"):
        values, complete = until_interrupted(entry.values())
    rows, every = until_interrupted(entry.weight_rows() if complete else ())
    return WhyNot(
        question.prepared, found, chosen, forced, loss, excluded, values=values, weights=weight_table(rows),
        complete=complete and every,
    )  # fmt: skip
