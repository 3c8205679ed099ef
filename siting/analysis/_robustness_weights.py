"""What a user says about uncertain weights, turned into a distribution; what contradicts itself becomes a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from siting.draws import Dirichlet, Fixed, Intervals, Rates, WeightDraws, ordered
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.preparation import Prepared

_WORDS = ("dirichlet", "fixed")


def weight_draws(prepared: Prepared, said: Any) -> WeightDraws:
    """Return the distribution of weights that a user means.

    Parameters
    ----------
    prepared : Prepared
        Its criteria with a positive weight take part.
    said : object
        As `siting.robustness` takes it.

    Raises
    ------
    InputError
        If it is not understood, names a criterion without a scale, or contradicts itself.

    Examples
    --------
    >>> from siting.preparation import prepare
    >>> weight_draws(prepare("gigafactories"), "latency > cohesion = energy_cost > grid_capacity").told
    'weights uniform over all with latency > cohesion = energy_cost > grid_capacity'
    """
    given = {name: weight for name, weight in (prepared.raw.weights or {}).items() if weight > 0}
    if isinstance(said, str) and said.strip() == "fixed":
        return Fixed(prepared.raw.weights or {})
    if isinstance(said, str) and ".." in said:
        said = read_intervals(said)
    if isinstance(said, Mapping):
        intervals = {str(name): _interval(str(name), ends) for name, ends in said.items()}
        _check_names(prepared, intervals, given)
        return _intervals(prepared, intervals, given)
    if prepared.scaling is not None and prepared.scaling.method == "monetised":
        raise InputError(
            "a monetised model has rates instead of weights; give each uncertain rate an interval in EUR per unit, "
            f"weights={{{next(iter(given))!r}: (least, most)}}, or keep them with weights='fixed'"
        )
    if isinstance(said, str) and re.fullmatch(r"\s*dirichlet\s*(:.*)?", said):
        return _dirichlet(said, given)
    if isinstance(said, str) and ">" not in said:
        raise InputError(f"weights is {said!r}{suggestion(said, _WORDS)} (or intervals, or an order: 'a > b = c')")
    return _ordered(prepared, said, given)


def read_intervals(text: str) -> dict[str, tuple[float, float]]:
    """Return the intervals of a text such as ``"latency=0.1..0.4, cohesion=0..0.2"``.

    Raises
    ------
    InputError
        If the text is not of that form.

    Examples
    --------
    >>> read_intervals("latency=0.1..0.4, cohesion=0..0.2")
    {'latency': (0.1, 0.4), 'cohesion': (0.0, 0.2)}
    """
    intervals = {}
    for part in text.split(","):
        name, _, ends = part.partition("=")
        low, dots, high = ends.partition("..")
        try:
            if not name.strip() or not dots:
                raise ValueError
            intervals[name.strip()] = (float(low), float(high))
        except ValueError:
            raise InputError(f"weights: {part.strip()!r} is not of the form NAME=LEAST..MOST") from None
    return intervals


def _dirichlet(said: str, given: Mapping[str, float]) -> Dirichlet:
    """Return a flat Dirichlet distribution, or one around the model's weights."""
    _, colon, text = said.partition(":")
    if not colon:
        return Dirichlet(list(given), [1.0] * len(given))
    try:
        concentration = float(text)
    except ValueError:
        concentration = math.nan
    if not 0 < concentration < math.inf:
        raise InputError(f"weights is {said!r}; the concentration after the colon must be a number above 0")
    total = math.fsum(given.values())
    told = f"weights around those of the model (Dirichlet with concentration {concentration:g})"
    return Dirichlet(list(given), [concentration * weight / total for weight in given.values()], told=told)


def _interval(name: str, ends: Any) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in ends)
    except (TypeError, ValueError):
        raise InputError(f"the weight of {name!r} is {ends!r}; give its least and its most, (0.1, 0.4)") from None
    if not 0 <= low <= high < math.inf:
        raise InputError(f"the weight of {name!r} is {low:g} to {high:g}; it must rise, from at least 0")
    return low, high


def _intervals(
    prepared: Prepared, intervals: Mapping[str, tuple[float, float]], given: Mapping[str, float]
) -> WeightDraws:
    if prepared.scaling is not None and prepared.scaling.method == "monetised":
        return Rates({name: intervals.get(name, (rate, rate)) for name, rate in given.items()})
    for name, (_, high) in intervals.items():
        if high > 1:
            raise InputError(f"the weight of {name!r} is at most {high:g}, but weights are shares that sum to 1")
    return Intervals({name: intervals.get(name, (0.0, 1.0)) for name in given})


def _ordered(prepared: Prepared, said: str | Sequence[str], given: Mapping[str, float]) -> WeightDraws:
    """Return weights that agree with an order of importance: text with > and =, or a list."""
    if isinstance(said, str):
        signs = [part.strip() for part in re.split(r"(>=|>|=)", said)]
    elif isinstance(said, list | tuple) and all(isinstance(part, str) for part in said):
        words = [part.strip() for part in said]
        signs = words if {">", "=", ">="} & set(words) else [part for word in words for part in (">", word)][1:]
    else:
        raise InputError(f"weights is a {type(said).__name__}; give a word, intervals, or an order of criteria")
    names, between = signs[::2], signs[1::2]
    if len(signs) % 2 == 0 or not all(names) or not set(between) <= {">", ">=", "="} or set(names) & {">", ">=", "="}:
        raise InputError(f"the order {' '.join(signs)!r} does not alternate criteria with > or =")
    for position, name in enumerate(names):
        if name in names[:position]:
            raise InputError(f"the order names {name!r} twice, so that it would outweigh itself")
    _check_names(prepared, names, given)
    for name in given:
        if name not in names:
            raise InputError(
                f"the order leaves out {name!r}, which has a weight; give it a place, or no weight in the model"
            )
    groups: list[list[str]] = [[names[0]]]
    for sign, name in zip(between, names[1:], strict=True):
        if sign == "=":
            groups[-1].append(name)
        else:
            groups.append([name])
    return ordered(groups)


def _check_names(prepared: Prepared, names: Mapping[str, Any] | Sequence[str], given: Mapping[str, float]) -> None:
    for name in names:
        if name not in prepared.instance.criteria:
            raise InputError(f"no criterion is called {name!r}{suggestion(name, prepared.instance.criteria)}")
        if name not in given:
            raise InputError(
                f"criterion {name!r} has no weight in the model and so no scale to be weighed by; "
                "give it a small weight there"
            )
