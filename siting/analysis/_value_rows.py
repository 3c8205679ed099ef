"""The table of single values: what each value of a candidate is, and what it would have to be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.analysis._attributes import Attributes, Need, ValueChange, criterion_change, nearest_change
from siting.analysis._words import amount, instead, plain_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from siting.analysis._comparison import Question

#: Unit of a yes or no.
_FLAG = "yes = 1"
#: Names and units of the shipped columns that criteria read; a column of a user's own is called what it is called.
_COLUMNS = {
    "electricity_price_eur_per_mwh": ("electricity price", "EUR/MWh"),
    "grid_capacity_mva": ("grid capacity", "MVA"),
    "carbon_intensity_g_per_kwh": ("carbon intensity", "g/kWh"),
    "maximum_cofinancing_percent": ("highest co-financing rate", "%"),
    "large_enterprise_eligible": ("eligibility for large enterprises", _FLAG),
    "pue": ("PUE", ""),
}


def value_changes(
    question: Question,
    candidates: Sequence[Hashable],
    needs: Sequence[Need],
    attributes: Attributes | None,
    *,
    worsen: bool = False,
) -> Iterator[ValueChange]:
    """Yield the change of each single value of the candidates that meets the needs, everything else as it is.

    Parameters
    ----------
    question : Question
        For instance and model.
    candidates : sequence of hashable
        Whose values change, all by the same amount.
    needs : sequence of Need
        What has to be gained, or with `worsen` may be lost.
    attributes : Attributes or None
        Of the candidates; None without a model.
    worsen : bool
        Whether values get worse.

    Yields
    ------
    ValueChange
        First the criteria's own values per site, then the columns of the model's table behind them. Columns that only
        say yes or no, and service, are for the caller.
    """
    instance = question.instance
    direction = -1.0 if worsen else 1.0
    for name, criterion in instance.criteria.items():
        if criterion.site is None or not criterion.is_sum or instance.signed_weights[name] == 0:
            continue
        now = {one: float(criterion.site[instance.position(one)]) for one in candidates}
        change = criterion_change(instance, name, needs)
        change = None if change is None else direction * change + 0.0
        remark = "" if change is None or worsen else _unheard_of(criterion.site, now, change)
        yield ValueChange("", (name,), now, change, criterion.unit, remark)
    if attributes is None:
        return
    for column, criteria in attributes.readers.items():
        if not attributes.is_flag(column):
            yield _column_change(attributes, column, criteria, needs, direction)


def _column_change(
    attributes: Attributes, column: str, criteria: tuple[str, ...], needs: Sequence[Need], direction: float
) -> ValueChange:
    now = attributes.now(column)
    step = 1e-3 * max(1e-6, max(abs(value) for value in now.values()) or max(map(abs, attributes.range(column))))

    def gains(change: float) -> dict[Hashable, float]:
        return {one: direction * gain for one, gain in attributes.gains(column, change).items()}

    change = nearest_change(gains, needs, step)
    remark = "no change of it alone suffices" if change is None else ""
    if change is not None and direction > 0:
        remark = _outside(now, change, attributes.range(column))
    return ValueChange(column, criteria, now, change, column_unit(column), remark)


def _unheard_of(site: NDArray[np.float64], now: dict[Hashable, float], change: float) -> str:
    """Say when a value of a criterion would be one that it cannot take."""
    if np.isin(site, (0.0, 1.0)).all():
        return "every site counts 0 or 1"
    if site.min() >= 0 > min(value + change for value in now.values()):
        return "less than nothing"
    return ""


def _outside(now: dict[Hashable, float], change: float, span: tuple[float, float]) -> str:
    """Say when a value would be one that no candidate has."""
    values = [value + change for value in now.values()]
    if max(values) > span[1]:
        return f"no candidate has more than {amount(span[1])}"
    return f"no candidate has less than {amount(span[0])}" if min(values) < span[0] else ""


def values_table(changes: Sequence[ValueChange], needed: str) -> pd.DataFrame:
    """Return one row per value and candidate.

    Parameters
    ----------
    changes : sequence of ValueChange
        What was found.
    needed : str
        Heading of the value at which something happens.

    Returns
    -------
    pandas.DataFrame
        Index `value`; columns `candidate`, `now`, the heading given, `change`, `unit`, `remark`.
    """
    rows: list[dict[str, Any]] = []
    for change in changes:
        for candidate, now in change.now.items():
            moved = math.nan if change.change is None else change.change
            rows.append(
                {
                    "value": value_name(change),
                    "candidate": candidate,
                    "now": now,
                    needed: now + moved,
                    "change": moved,
                    "unit": change.unit,
                    "remark": change.remark,
                }
            )
    columns = ["value", "candidate", "now", needed, "change", "unit", "remark"]
    return pd.DataFrame(rows, columns=columns).set_index("value")


def column_unit(column: str) -> str:
    """Return the unit of a shipped column, "" for any other."""
    return _COLUMNS.get(column, ("", ""))[1]


def flag_change(
    column: str, criteria: tuple[str, ...], now: dict[Hashable, float], change: float | None, remark: str
) -> ValueChange:
    """Return the change of a yes or no."""
    return ValueChange(column, criteria, now, change, _FLAG, remark)


def value_name(change: ValueChange) -> str:
    """Return what a value is called: the column, or the criterion whose own value it is."""
    if change.attribute:
        return _COLUMNS.get(change.attribute, (plain_name(change.attribute), ""))[0]
    return f"{plain_name(change.criteria[0])} of the site"


def needed_words(change: ValueChange) -> str:
    """Return the value needed as a clause, "" where a change is not possible or repeats what a column says."""
    if change.change is None or change.unit == _FLAG or change.remark.startswith(("not possible", "it would be excl")):
        return ""
    if not change.attribute and "mean" not in change.remark:
        return ""
    parts = [instead(now + change.change, now, change.unit) for now in change.now.values()]
    name = value_name(change) if change.attribute else plain_name(change.criteria[0])
    return f"{name} of {' and '.join(parts)}"
