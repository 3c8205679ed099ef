"""Checks that an `Instance` makes on construction: each returns the value made plain, or says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.criterion import Criterion, Limit, Pairs, finite_vector
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def check_criteria(criteria: Mapping[str, Criterion]) -> int:
    """Return J after checking that all criteria agree on it and on I."""
    if not isinstance(criteria, Mapping) or not criteria:
        raise InputError("an instance needs at least one criterion: criteria={'cost': Criterion(site=...)}")
    shapes: dict[str, tuple[int, str]] = {}
    for name, criterion in criteria.items():
        if not isinstance(criterion, Criterion):
            raise InputError(f"criterion {name!r} is a {type(criterion).__name__}, not a siting.Criterion")
        found = []
        if criterion.site is not None:
            found.append(("candidates", criterion.site.shape[0], "site"))
        if criterion.service is not None:
            found.append(("demand points", criterion.service.shape[0], "service"))
            found.append(("candidates", criterion.service.shape[1], "service"))
        if criterion.separation is not None:
            found.append(("candidates", criterion.separation.shape[0], "separation"))
        for axis, length, part in found:
            first, where = shapes.setdefault(axis, (length, f"criterion {name!r} ({part})"))
            if first != length:
                raise InputError(f"criterion {name!r} ({part}) has {length} {axis} where {where} has {first}")
    count = shapes["candidates"][0]
    if count == 0:
        raise InputError("an instance needs at least one candidate")
    return count


def check_weights(weights: Mapping[str, float] | None, criteria: Mapping[str, Criterion]) -> dict[str, float]:
    if weights is None:
        return dict.fromkeys(criteria, 1.0)
    if not isinstance(weights, Mapping):
        raise InputError(f"weights is a {type(weights).__name__}; give a mapping {{criterion: weight}}")
    for name in weights:
        if name not in criteria:
            raise InputError(f"weights name the criterion {name!r}, which is unknown{suggestion(name, criteria)}")
    checked: dict[str, float] = {}
    for name in criteria:
        try:
            checked[name] = float(weights.get(name, 0.0))
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"weight of {name!r} is {weights[name]!r}, which is not a number") from None
        if not math.isfinite(checked[name]):
            raise InputError(f"weight of {name!r} is {checked[name]}; it must be a finite number")
        if checked[name] < 0 and not criteria[name].is_sum:
            raise InputError(
                f"weight of {name!r} is {checked[name]:g}; a worst-case criterion takes no negative weight"
            )
    if not any(checked.values()):
        raise InputError("all weights are zero, so every portfolio is equally good; give one criterion a weight")
    return checked


def check_demand(demand: ArrayLike | None, criteria: Mapping[str, Criterion]) -> NDArray[np.float64]:
    count = next((c.service.shape[0] for c in criteria.values() if c.service is not None), None)
    if demand is None:
        return finite_vector(np.ones(count or 0), "demand")
    vector = finite_vector(demand, "demand", count)
    if (vector < 0).any():
        where = int(np.argmax(vector < 0))
        raise InputError(f"demand is negative ({vector[where]:g}) at position {where}")
    return vector


def check_candidates(candidates: Iterable[Hashable] | None, count: int) -> tuple[Hashable, ...]:
    if candidates is None:
        return tuple(range(count))
    if isinstance(candidates, str) or not isinstance(candidates, Iterable):
        raise InputError(f"candidates is {candidates!r}; give a list of identifiers")
    plain = candidates.tolist() if isinstance(candidates, np.ndarray) else list(candidates)
    identifiers = tuple(item.item() if isinstance(item, np.generic) else item for item in plain)
    if len(identifiers) != count:
        raise InputError(f"candidates has {len(identifiers)} identifiers where the criteria have {count} candidates")
    seen: dict[Hashable, int] = {}
    for position, identifier in enumerate(identifiers):
        if not is_hashable(identifier):
            raise InputError(f"candidate {identifier!r} at position {position} is no identifier; use text or a number")
        if identifier in seen:
            raise InputError(f"candidate {identifier!r} stands twice, at positions {seen[identifier]} and {position}")
        seen[identifier] = position
    return identifiers


def is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def whole_number(value: object) -> int | None:
    """Return `value` as an int when it is a whole number and not a Boolean."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        return None
    return int(value)


def check_sites(sites: object, count: int) -> int | tuple[int, int]:
    ends = list(sites) if isinstance(sites, tuple | list) else [sites, sites]
    numbers = [whole_number(value) for value in ends]
    if len(numbers) != 2 or None in numbers:
        raise InputError(f"sites is {sites!r}; it must be a whole number or a pair (minimum, maximum)")
    minimum, maximum = (number for number in numbers if number is not None)
    if minimum < 1 or maximum < minimum:
        raise InputError(f"sites is {sites!r}; at least one site must be chosen, and minimum <= maximum")
    if minimum > count:
        raise InputError(f"{minimum} sites are asked for but there are only {count} candidates")
    return minimum if minimum == maximum else (minimum, min(maximum, count))


def check_known(
    identifiers: Iterable[Hashable], known: Mapping[Hashable, int], what: str, *, single: bool = False
) -> dict[Hashable, int]:
    """Return identifier to position, in candidate order, or name the first unknown one."""
    if isinstance(identifiers, str):
        raise InputError(f"{what} is the text {identifiers!r}; give a list of candidates, [{identifiers!r}]")
    if not isinstance(identifiers, Iterable):
        raise InputError(f"{what} is {identifiers!r}; give a list of candidates")
    found: dict[Hashable, int] = {}
    for raw in identifiers:
        identifier = raw.item() if isinstance(raw, np.generic) else raw
        if not is_hashable(identifier) or identifier not in known:
            noun = what if single else f"{what} candidate"
            raise InputError(f"{noun} {identifier!r} is unknown{suggestion(str(identifier), map(str, known))}")
        found[identifier] = known[identifier]
    return dict(sorted(found.items(), key=lambda item: item[1]))


def check_constant(constant: object) -> float:
    if isinstance(constant, bool) or not isinstance(constant, int | float | np.number) or not math.isfinite(constant):
        raise InputError(f"constant is {constant}; it must be a finite number")
    return float(constant)


def check_limits(limits: Mapping[str, Limit], count: int) -> dict[str, Limit]:
    if not isinstance(limits, Mapping):
        raise InputError(f"limits is a {type(limits).__name__}; give a mapping {{name: Limit(...)}}")
    for name, limit in limits.items():
        if not isinstance(limit, Limit):
            raise InputError(f"limit {name!r} is a {type(limit).__name__}, not a siting.Limit")
        if len(limit.coefficients) != count:
            raise InputError(
                f"limit {name!r} has {len(limit.coefficients)} coefficients where there are {count} candidates"
            )
    return dict(limits)


def check_pair(pair: Any, known: Mapping[Hashable, int], name: str) -> Iterable[Hashable]:
    """Return the two candidates in candidate order; there may be millions of pairs, so known ones take no detour."""
    try:
        if known[pair[0]] < known[pair[1]] and not isinstance(pair, np.ndarray):
            return tuple(pair)
    except (KeyError, TypeError):
        pass
    return check_known(pair, known, f"rule {name!r}: ")


def check_conflicts(
    conflicts: Iterable[Sequence[Hashable]] | Mapping[str, Iterable[Sequence[Hashable]]],
    known: Mapping[Hashable, int],
) -> dict[str, Sequence[tuple[Hashable, Hashable]]]:
    named: Mapping[str, Any] = conflicts if isinstance(conflicts, Mapping) else {"conflicts": conflicts}
    checked: dict[str, Sequence[tuple[Hashable, Hashable]]] = {}
    for name, pairs in named.items():
        if isinstance(pairs, Pairs) and pairs.candidates == tuple(known):
            if len(pairs):
                checked[name] = pairs
            continue
        if not isinstance(pairs, Iterable):
            raise InputError(f"rule {name!r} is {pairs!r}; give a list of pairs of candidates")
        unique: dict[tuple[Hashable, Hashable], None] = {}
        for pair in pairs:
            if isinstance(pair, str) or not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:
                raise InputError(f"rule {name!r} holds {pair!r}, which is not a pair of candidates")
            if pair[0] == pair[1]:
                raise InputError(f"rule {name!r} sets candidate {pair[0]!r} in conflict with itself")
            first, second = check_pair(pair, known, name)
            unique[first, second] = None
        if unique:
            checked[name] = tuple(unique)
    return checked


def check_worst_cases(
    criteria: Mapping[str, Criterion], demand: NDArray[np.float64], minimum_sites: int, *, served_in_part: bool
) -> None:
    """Raise where a worst-case criterion has nothing to be the worst of."""
    for name, criterion in criteria.items():
        if criterion.is_sum:
            continue
        if criterion.separation is not None and minimum_sites < 2:
            raise InputError(f"criterion {name!r} is about pairs of sites, so at least 2 sites must be chosen")
        if criterion.service is not None and not (demand > 0).any():
            raise InputError(f"criterion {name!r} is the worst over demand points, but no point has demand")
        if criterion.service is not None and served_in_part:
            raise InputError(
                f"criterion {name!r} is a worst case and capacities may split a demand point between sites; "
                "set single_source=True, or leave the capacities out"
            )
