"""What brings candidates into an optimal portfolio: changes of single values, and of single weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.analysis._attributes import Attributes, Need, ValueChange, changed_instance
from siting.analysis._service_shift import shift_needed
from siting.analysis._value_rows import flag_change, value_changes
from siting.analysis._weight_search import WeightPath, WeightSearch
from siting.analysis._words import amount
from siting.errors import InfeasibleError
from siting.progress import track

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from siting.analysis._comparison import Question
    from siting.engine import InstanceSolution
    from siting.instance import Instance


@dataclass(frozen=True, eq=False)
class Entry:
    """Candidates that are not chosen, the best portfolio with them, and the rules as they would be with them.

    Attributes
    ----------
    question : Question
        The model.
    candidates : tuple
        One, or a pair.
    chosen, forced : InstanceSolution
        The best portfolio, and the best one with the candidates.
    forbidden : mapping
        The excluded candidates without the ones asked about.
    """

    question: Question
    candidates: tuple[Hashable, ...]
    chosen: InstanceSolution
    forced: InstanceSolution
    forbidden: Mapping[Hashable, str]

    @property
    def with_candidates(self) -> dict[str, Any]:
        """What turns an instance into the one with the candidates."""
        required = dict.fromkeys([*self.question.instance.required, *self.candidates])
        return {"required": list(required), "forbidden": self.forbidden}

    @property
    def loss(self) -> float:
        """How much worse the best portfolio with the candidates is; what is only rounding counts as nothing."""
        difference = _objective(self.forced) - _objective(self.chosen)
        return 0.0 if abs(difference) <= self._rounding else difference

    @cached_property
    def _rounding(self) -> float:
        return max(self.question.rounding(self.chosen), self.question.rounding(self.forced, "forced"))

    def needs(self) -> list[Need]:
        """Return what the candidates have to gain, alone and together, to be in an optimal portfolio.

        A portfolio with one of a pair gains with it, so the pair also has to overtake those.
        """
        with_all = _objective(self.forced)
        if len(self.candidates) == 1:
            return [Need(self.candidates, with_all - _objective(self.chosen))]
        first, second = self.candidates
        found = []
        for inside, outside in (((first,), (second,)), ((second,), (first,)), ((), (first, second))):
            best = self._best(inside, outside)
            if best is not None:
                gaining = tuple(one for one in self.candidates if one not in inside)
                found.append(Need(gaining, with_all - best))
        return found

    def _best(self, inside: tuple[Hashable, ...], outside: tuple[Hashable, ...]) -> float | None:
        required = self.question.instance.required
        if any(one in required for one in outside):
            return None
        forbidden = {**self.forbidden, **dict.fromkeys(outside, "left out for comparison")}
        try:
            best = self.question.solve("split", required=[*dict.fromkeys([*required, *inside])], forbidden=forbidden)
        except InfeasibleError:
            return None
        return _objective(best)

    def values(self) -> Iterator[ValueChange]:
        """Yield the smallest change of each single value that brings the candidates in."""
        needs = self.needs()
        model = self.question.prepared.model
        attributes = None if model is None else Attributes(self.question.prepared, self.candidates)
        for change in value_changes(self.question, self.candidates, needs, attributes):
            yield self._checked(change, attributes)
        if len(self.candidates) == 1 and self.question.instance.capacity is None:
            yield from self._service()
        if attributes is not None:
            for column, criteria in attributes.readers.items():
                if attributes.is_flag(column):
                    yield self._flag(column, criteria, attributes.now(column))

    def _checked(self, change: ValueChange, attributes: Attributes | None) -> ValueChange:
        """Say where the changed value would exclude a candidate, or make a rule that reads it too stand in the way."""
        if attributes is None or not change.attribute or change.change is None:
            return change
        # A billionth further, so that rounding does not decide.
        beyond = change.change * (1 + 1e-9)
        excluded = attributes.exclusion(change.attribute, beyond)
        remark = f"it would be excluded: {excluded}" if excluded else change.remark
        if not excluded and attributes.read_by_rules(change.attribute):
            suffices, _ = self._suffices(change.attribute, {one: now + beyond for one, now in change.now.items()})
            remark = change.remark if suffices else "a rule reads it too and would then stand in the way"
        return replace(change, remark=remark)

    def _suffices(self, column: str, values: Mapping[Hashable, float]) -> tuple[bool, str]:
        """Return whether changed values bring the candidates in, and why they would be excluded if they would be."""
        changed = changed_instance(self.question.prepared, column, values)
        reasons = [changed.forbidden[one] for one in self.candidates if one in changed.forbidden]
        excluded = "" if not reasons or self._lifted else f"it would be excluded: {reasons[0]}"
        forbidden = {one: why for one, why in changed.forbidden.items() if one not in self.candidates}
        free = self.question.solve("changed", instance=changed, forbidden=forbidden)
        try:
            forced = self.question.solve("changed", required=self.with_candidates["required"])
        except InfeasibleError:
            return False, excluded
        rounding = self.question.rounding(forced, "changed")
        return _objective(forced) <= _objective(free) + rounding, excluded

    @property
    def _lifted(self) -> bool:
        return any(one in self.question.instance.forbidden for one in self.candidates)

    def _flag(self, column: str, criteria: tuple[str, ...], now: dict[Hashable, float]) -> ValueChange:
        """Turn a yes or no of all candidates round, rules included, and solve again."""
        better = 1.0 if self._wants_more(criteria[0]) else 0.0
        flipped = {one: better for one, value in now.items() if value != better}
        if not flipped:
            return flag_change(column, criteria, now, None, "it cannot be better than it is")
        suffices, excluded = self._suffices(column, flipped)
        if not suffices:
            return flag_change(column, criteria, now, None, "not even the other answer brings it in")
        return flag_change(column, criteria, now, 2 * better - 1, excluded)

    def _wants_more(self, criterion: str) -> bool:
        return self.question.instance.signed_weights[criterion] < 0

    def _service(self) -> Iterator[ValueChange]:
        instance, (candidate,) = self.question.instance, self.candidates
        for name in instance.summed_services:
            shift = self.shift(name, candidate)
            service = instance.criteria[name].service
            assert service is not None  # noqa: S101 - summed services have one
            column = service[:, instance.position(candidate)]
            yield service_change(instance, name, candidate, column, shift)

    def shift(self, name: str, candidate: Hashable) -> float:
        """Return by how much the candidate's service has to improve for everybody."""

        def solve(moved: Instance) -> tuple[InstanceSolution, float]:
            solution = self.question.solve("shifted", instance=moved, **self.with_candidates)
            return solution, self.question.rounding(solution, "shifted")

        lifted = self.question.instance.replace(forbidden=self.forbidden)
        if _objective(self.forced) <= _objective(self.chosen):
            return 0.0
        return shift_needed(lifted, name, candidate, self.forced, _objective(self.chosen), solve)

    def weight_rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield, per criterion, the nearest weights below and above today's at which the candidates come in."""
        weights = self.question.instance.weights or {}
        known = self._known()
        for name in track(list(self.question.instance.criteria), "single weights"):
            if weights[name] != 0 and any(weight for other, weight in weights.items() if other != name):
                yield name, self._weight_row(name, known)

    def _known(self) -> list[dict[str, float]]:
        """Return the criteria values of portfolios that are known to be admissible."""
        scaling = self.question.prepared.scaling
        known = [dict(self.chosen.values)]
        if scaling is not None and scaling.payoff is not None:
            best = [{str(name): float(value) for name, value in row.items()} for _, row in scaling.payoff.iterrows()]
            # A criterion without a weight is not in the payoff table, and does not matter.
            known += [dict.fromkeys(self.question.instance.criteria, 0.0) | values for values in best]
        return known

    def _weight_row(self, name: str, known: list[dict[str, float]]) -> dict[str, Any]:
        path, shown = weight_path(self.question, name)

        def free(weights: dict[str, float]) -> tuple[InstanceSolution, float]:
            return self._weighted("free weights", weights, {"forbidden": self.forbidden})

        def forced(weights: dict[str, float]) -> tuple[InstanceSolution, float]:
            return self._weighted("forced weights", weights, self.with_candidates)

        # Where an exclusion is lifted, the best portfolio of all may be another one than the chosen.
        today = None if self._lifted else (self.chosen, self.forced, self._rounding)
        found = WeightSearch(path, free, forced, known).nearest(today)
        less, more = (math.nan if one is None else shown(one) for one in found)
        ends = [text for one, end, text in zip(found, (0.0, 1.0), _AT_THE_END, strict=True) if one == end]
        nothing = "no weight of it brings it in" if found == (None, None) else ""
        return {"now": shown(path.now), "less": less, "more": more, "remark": "; ".join(ends) or nothing}

    def _weighted(self, rules: str, weights: dict[str, float], once: dict[str, Any]) -> tuple[InstanceSolution, float]:
        """Solve under other weights; the rules are compiled once."""
        solution = self.question.solve(rules, weights=weights, first=once)
        return solution, self.question.rounding(solution, rules)


def weight_table(rows: Iterable[tuple[str, dict[str, Any]]]) -> pd.DataFrame:
    """Return the rows of `Entry.weight_rows` as a table.

    Returns
    -------
    pandas.DataFrame
        Index criterion; columns `now`, `less`, `more`, NaN where there is none, and `remark`.
    """
    columns = ["now", "less", "more", "remark"]
    return pd.DataFrame.from_dict(dict(rows), orient="index", columns=columns).rename_axis("criterion")


_AT_THE_END = ("only if it did not count at all", "only if nothing else counted")


def _objective(solution: InstanceSolution) -> float:
    assert solution.objective is not None  # noqa: S101 - only held portfolios are compared
    return solution.objective


def weight_path(question: Question, name: str) -> tuple[WeightPath, Any]:
    """Return the path of one weight, and the function that turns its share into what a user would write.

    For a model with weights that is the share of all weight, the others keeping their proportions; for a monetised
    model or a bare instance the weight itself, the others staying as they are.
    """
    prepared, instance = question.prepared, question.instance
    given = dict(prepared.raw.weights or {})
    if prepared.scaling is not None and prepared.scaling.method != "monetised":
        return WeightPath(instance, name, given[name] / sum(given.values())), lambda share: share

    def weight(share: float) -> float:
        return given[name] * share / (1 - share) if share < 1 else math.inf

    return WeightPath(instance, name, 0.5), weight


def service_change(instance: Instance, name: str, candidate: Hashable, column: Any, shift: float) -> ValueChange:
    """Return a shift of a candidate's service as a change of its mean over all demand."""
    criterion = instance.criteria[name]
    better = -1.0 if instance.signed_weights[name] > 0 else 1.0
    demand = instance.demand
    mean = float(demand @ column / demand.sum()) if demand.sum() > 0 else math.nan
    now = {candidate: mean}
    if not math.isfinite(shift):
        return ValueChange("", (name,), now, None, criterion.unit, "however bad: others would serve its users")
    remark = "mean over all demand; the same change for everybody"
    fastest = float(column[demand > 0].min()) if (demand > 0).any() else math.inf
    if better < 0 <= fastest < shift:
        remark = (
            f"not possible: its best value is {amount(fastest, criterion.unit)}, and less than nothing there is not"
        )
    return ValueChange("", (name,), now, better * shift + 0.0, criterion.unit, remark)
