"""How far an attribute of a candidate must change until the candidate gains, or loses, so much in the objective."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from siting.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from siting.blocks import Case
    from siting.instance import Instance
    from siting.preparation import Prepared

#: A change is known to this share of itself, and the edge of what is possible to that one.
_PRECISION = 1e-13
_EDGE = 1e-9
#: Doublings of a first step of a thousandth: a change by thirty orders of magnitude is none.
_DOUBLINGS = 110
_LINEAR = 1e-10


@dataclass(frozen=True)
class Need:
    """A condition on changes: these candidates together must gain at least so much in the objective."""

    members: tuple[Hashable, ...]
    gain: float


@dataclass(frozen=True)
class ValueChange:
    """The change of one attribute, the same for every candidate asked about.

    Attributes
    ----------
    attribute : str
        Column of the candidate table, or "" for the value of a criterion itself.
    criteria : tuple of str
        The criteria it enters.
    now : dict
        Value of each candidate.
    change : float or None
        What is added; None where no change does.
    unit : str
        Unit of all of these.
    remark : str
        What a reader has to know.
    """

    attribute: str
    criteria: tuple[str, ...]
    now: dict[Hashable, float]
    change: float | None
    unit: str
    remark: str = ""


def nearest_change(
    gains: Callable[[float], Mapping[Hashable, float]], needs: Sequence[Need], step: float
) -> float | None:
    """Return the change nearest to zero that meets every need, None where there is none.

    Parameters
    ----------
    gains : callable
        What each candidate gains by a change; raises `InputError` where a change is not possible. On either side of
        zero a gain only grows, or only falls.
    needs : sequence of Need
        All are to be met.
    step : float
        A small change to start from, above 0.

    Examples
    --------
    >>> nearest_change(lambda change: {"a": -2.0 * change}, [Need(("a",), 3.0)], step=0.1)
    -1.5
    """
    if all(need.gain <= 0 for need in needs):
        return 0.0
    found = [_nearest_one_way(gains, needs, sign * step) for sign in (-1.0, 1.0)]
    return min((change for change in found if change is not None), key=abs, default=None)


def _nearest_one_way(
    gains: Callable[[float], Mapping[Hashable, float]], needs: Sequence[Need], step: float
) -> float | None:
    def totals(change: float) -> NDArray[np.float64] | None:
        try:
            gained = gains(change)
        except InputError:
            return None
        return np.array([math.fsum(gained[member] for member in need.members) for need in needs])

    wanted = np.array([need.gain for need in needs])
    linear = _linear(totals, wanted, step)
    if linear is not None:
        return linear
    high = _first_enough(totals, wanted, step)
    if high is None:
        return None

    def missing(change: float) -> float:
        reached = totals(change)
        return math.nan if reached is None else float((wanted - reached).max())

    # Between nothing and enough every change is possible, and what is missing falls steadily.
    return float(brentq(missing, 0.0, high, xtol=_PRECISION * abs(high), rtol=_PRECISION))


def _first_enough(
    totals: Callable[[float], NDArray[np.float64] | None], wanted: NDArray[np.float64], step: float
) -> float | None:
    """Return a change that is more than enough, None where none is, by doubling up to where changes are possible."""
    low, high = 0.0, step
    for _ in range(_DOUBLINGS):
        reached = totals(high)
        if reached is None:
            break
        if (reached >= wanted).all():
            return high
        low, high = high, 2 * high
    else:
        return None
    # Where even the first step is impossible, `low` stays at nothing: no finer than a share of the step, then.
    while abs(high - low) > _EDGE * max(abs(high), abs(step)):
        middle = (low + high) / 2
        reached = totals(middle)
        if reached is not None and (reached >= wanted).all():
            return middle
        low, high = (middle, high) if reached is not None else (low, middle)
    return None


def _linear(
    totals: Callable[[float], NDArray[np.float64] | None], wanted: NDArray[np.float64], step: float
) -> float | None:
    """Return the change in closed form where gains are proportional to it, None where they are not."""
    first, second = totals(step), totals(2 * step)
    open_needs = wanted > 0
    if first is None or second is None or not (first[open_needs] > 0).all():
        return None
    if (np.abs(second - 2 * first) > _LINEAR * np.abs(second)).any():
        return None
    change = step * float((wanted[open_needs] / first[open_needs]).max())
    reached = totals(change)
    if reached is None or (np.abs(reached - first * (change / step)) > _LINEAR * np.abs(reached)).any():
        return None
    return change


class Attributes:
    """The columns of the candidate table that a model's criteria read, and what changing one of them does.

    Parameters
    ----------
    prepared : Prepared
        With a model.
    candidates : sequence of hashable
        Whose attributes are changed.
    """

    def __init__(self, prepared: Prepared, candidates: Sequence[Hashable]) -> None:
        assert prepared.model is not None  # noqa: S101 - a bare instance has no attributes
        self.model, self.instance, self.candidates = prepared.model, prepared.instance, tuple(candidates)
        whole = self.model.case
        # With its kW written out, the facility does not look them up in a table at each trial.
        watts = {"kilowatts_per_accelerator": whole.facility.kilowatts_it_per_accelerator}
        kept = whole.candidates.index.isin(list(self.instance.candidates))
        self._whole = replace(whole, facility=whole.facility.model_copy(update=watts)).with_candidates(kept)
        self._cases = {candidate: self._smallest_case(candidate) for candidate in self.candidates}
        self._present: dict[tuple[Hashable, str], float] = {}

    @cached_property
    def readers(self) -> dict[str, tuple[str, ...]]:
        """The criteria with a weight that read each numeric column, where all of them sum a value per site.

        A column that a worst case or a service depends on is left out: there a change has no price of its own.
        """
        found: dict[str, list[str]] = {}
        beyond: set[str] = set()
        for name, block in self.model.active_criteria.items():
            criterion = self.instance.criteria[name]
            if self.instance.signed_weights[name] == 0:
                continue
            for column in block.columns():
                if criterion.site is None or criterion.service is not None or not criterion.is_sum:
                    beyond.add(column)
                elif pd.api.types.is_numeric_dtype(self._whole.candidates[column]):
                    found.setdefault(column, []).append(name)
        return {column: tuple(names) for column, names in found.items() if column not in beyond}

    def is_flag(self, column: str) -> bool:
        """Return whether a column only says yes or no."""
        return bool(self._whole.candidates[column].dropna().isin([0, 1]).all())

    def now(self, column: str) -> dict[Hashable, float]:
        """Return the value of each candidate."""
        return {one: float(self._whole.candidates[column].to_dict()[one]) for one in self.candidates}

    def gains(self, column: str, change: float) -> dict[Hashable, float]:
        """Return what each candidate gains in the objective when its own value changes.

        Raises
        ------
        InputError
            If the changed value is not possible.
        """
        return {one: self._today(one, column) - self._contribution(one, column, change) for one in self.candidates}

    def _today(self, candidate: Hashable, column: str) -> float:
        if (candidate, column) not in self._present:
            self._present[candidate, column] = self._contribution(candidate, column, 0.0)
        return self._present[candidate, column]

    def range(self, column: str) -> tuple[float, float]:
        """Return the least and the largest value of any candidate."""
        values = self._whole.candidates[column]
        return float(values.min()), float(values.max())

    def _contribution(self, candidate: Hashable, column: str, change: float) -> float:
        case = self._cases[candidate]
        row = int(case.candidates.index.get_loc(candidate))
        values = case.candidates[column].to_numpy(dtype=float, copy=True)
        values[row] += change
        if values[row] < 0 <= self.range(column)[0]:
            raise InputError(f"{column} of {candidate!r} cannot be below 0")
        changed = replace(case, candidates=case.candidates.assign(**{column: values}))
        total = 0.0
        for name in self.readers[column]:
            site = self.model.criteria[name].build(changed).site
            assert site is not None  # noqa: S101 - `readers` only names such criteria
            total += self.instance.signed_weights[name] * float(site[row])
        return total

    def _smallest_case(self, candidate: Hashable) -> Case:
        """Return the candidate alone where its values do not depend on the others, else all of them."""
        alone = self._whole.with_candidates(np.asarray(self._whole.candidates.index == candidate))
        position = self.instance.position(candidate)
        for names in self.readers.values():
            for name in names:
                mine, whole = self.model.criteria[name].build(alone).site, self.instance.criteria[name].site
                if mine is None or whole is None or not math.isclose(mine[0], whole[position], rel_tol=1e-12):
                    return self._whole
        return alone

    def read_by_rules(self, column: str) -> bool:
        """Return whether a rule reads the column besides."""
        return any(block.enabled and column in block.columns() for block in self.model.rules.values())

    def exclusion(self, column: str, change: float) -> str:
        """Return why a candidate that is not excluded would be if the column changed, "" if none would be."""
        blocks = [block for block in self.model.exclusions.values() if block.enabled and column in block.columns()]
        for one in self.candidates if blocks else ():
            row = int(self._whole.candidates.index.get_loc(one))
            values = self._whole.candidates[column].to_numpy(dtype=float, copy=True)
            values[row] += change
            changed = replace(self._whole, candidates=self._whole.candidates.assign(**{column: values}))
            for block in blocks:
                reason = block.reasons(changed)[row]
                if reason is not None and one not in self.instance.forbidden:
                    return reason
        return ""


def changed_instance(prepared: Prepared, column: str, values: Mapping[Hashable, float]) -> Instance:
    """Return the instance of the model with some values of its candidate table changed, measured with the same ruler.

    Parameters
    ----------
    prepared : Prepared
        With a model.
    column : str
        Column of the candidate table.
    values : mapping
        New value per candidate.
    """
    assert prepared.model is not None  # noqa: S101 - a bare instance has no table
    table = prepared.model.case.candidates.copy()
    flag = table[column].dtype == bool
    if not flag:
        table[column] = table[column].astype(float)
    for candidate, value in values.items():
        table.loc[candidate, column] = bool(value) if flag else value
    # The table has every attribute; looking for what it might lack takes longer than everything else.
    return prepared.rescaled(prepared.model.replace(candidates=table, data={"inherit_region_attributes": False}))


def criterion_change(instance: Instance, name: str, needs: Sequence[Need]) -> float | None:
    """Return the change of a criterion's own value, the same at every candidate, that meets every need; exact.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 5.0])}, weights={"cost": 0.5})
    >>> criterion_change(instance, "cost", [Need((1,), 2.0)])
    -4.0
    """
    weight = instance.signed_weights[name]
    if weight == 0:
        return None
    needed = max((need.gain / len(need.members) for need in needs), default=0.0)
    return -max(needed, 0.0) / weight + 0.0
