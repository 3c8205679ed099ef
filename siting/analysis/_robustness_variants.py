"""Another value of a key of the model, told as what it changes in the arrays of the base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from siting.draws import Change, Variant
from siting.errors import InputError
from siting.instance import Instance, Limit, Pairs

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from siting.instance import Criterion
    from siting.model import Model
    from siting.preparation import Prepared

#: Arrays that differ by less than this share of their largest value are the same.
_SAME = 1e-9


class VariantBuilder:
    """Builds variants of one base.

    Parameters
    ----------
    prepared : Prepared
        The base, of a model.
    left_out : dict
        Takes the candidates that lack data in a variant, with the reason.
    """

    def __init__(self, prepared: Prepared, left_out: dict[Hashable, str]) -> None:
        self.prepared, self.left_out = prepared, left_out

    @property
    def _model(self) -> Model:
        model = self.prepared.model
        assert model is not None  # noqa: S101 - only models have keys
        return model

    def current(self, key: str) -> Any:
        """Return the value of a dotted key, None where the model does not say it."""
        value: Any = self._model.to_mapping()
        place = key if "." in key else f"{_section(key)}.{key}"
        for part in place.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def variant(self, key: str, value: Any) -> Variant:
        """Return what one value of a key, or one factor on a column, changes.

        Raises
        ------
        InputError
            If the model is not valid with it, or it changes what cannot be drawn.
        """
        try:
            model = self._with(key, value)
            instance = self.prepared.rescaled(model)
        except InputError as error:
            raise InputError(f"{key} = {value}: {error}") from error
        return self._compared(key, value, instance)

    def _with(self, key: str, value: Any) -> Model:
        if "." not in key and key in self._model.case.candidates.columns:
            table = self._model.case.candidates
            scaled = table.assign(**{key: table[key] * value})
            model = self._model.replace(candidates=scaled)
            if not np.allclose(model.case.candidates[key], scaled[key], equal_nan=True):
                raise InputError(f"the model sets {key} by a table of its own, which cannot be multiplied")
            return model
        override: Any = value
        for part in reversed(key.split(".")):
            override = {part: override}
        return self._model.replace(**override)

    def _compared(self, key: str, value: Any, other: Instance) -> Variant:
        base = self.prepared.instance
        place = {identifier: position for position, identifier in enumerate(other.candidates)}
        known = np.array([identifier in place for identifier in base.candidates])
        for identifier, present in zip(base.candidates, known, strict=True):
            if not present and identifier not in base.forbidden:
                self.left_out.setdefault(identifier, f"no data for {key} = {value}")
        order = np.array([place.get(identifier, 0) for identifier in base.candidates])
        if other.number_of_demand_points != base.number_of_demand_points:
            raise InputError(f"{key} = {value} changes the demand points, which cannot be drawn")
        changes: dict[str, Change] = {}
        for name, criterion in base.criteria.items():
            change = _change(criterion, other.criteria[name], order, known)
            if change is not None and not criterion.is_sum:
                raise InputError(f"{key} = {value} changes {name!r}, a worst case, which cannot be drawn")
            if change is not None:
                changes[name] = change
        return Variant(value, changes, _rules(base, other, order, known))


def _section(key: str) -> str:
    from siting.model_file import SHORTCUTS

    return SHORTCUTS[key]


def _change(base: Criterion, other: Criterion, order: NDArray[np.int64], known: NDArray[np.bool_]) -> Change | None:
    """Return what becomes of a criterion, None if nothing does; candidates without data keep their values."""
    site, service, factor, shift = None, None, 1.0, 0.0
    if base.site is not None and other.site is not None:
        moved = np.where(known, other.site[order], base.site)
        site = None if np.array_equal(moved, base.site) else moved
    if base.service is not None and other.service is not None:
        moved = np.where(known, other.service[:, order], base.service)
        if not np.array_equal(moved, base.service):
            factor, shift = _straight_line(base.service, moved)
            if not (base.site is None and factor > 0 and _same(factor * base.service + shift, moved)):
                service, factor, shift = moved, 1.0, 0.0
    if base.separation is not None and other.separation is not None:
        moved = np.where(known & known[:, None], other.separation[np.ix_(order, order)], base.separation)
        site = site if np.array_equal(moved, base.separation) else np.zeros(len(order))
    unchanged = site is None and service is None and factor == 1 and shift == 0
    return None if unchanged else Change(site, service, factor, shift)


def _straight_line(old: NDArray[np.float64], new: NDArray[np.float64]) -> tuple[float, float]:
    """Return the line through the smallest and the largest old value."""
    least, most = np.unravel_index([old.argmin(), old.argmax()], old.shape)
    (x0, x1), (y0, y1) = old[least, most], new[least, most]
    factor = float((y1 - y0) / (x1 - x0)) if x1 > x0 else 1.0
    return factor, float(y0 - factor * x0)


def _same(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    size = max(float(np.abs(first).max(initial=0)), float(np.abs(second).max(initial=0)))
    return bool((np.abs(first - second) <= _SAME * size).all())


def _rules(base: Instance, other: Instance, order: NDArray[np.int64], known: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the fields besides criteria that differ, in terms of the base's candidates."""
    rules: dict[str, Any] = {}
    forbidden = {one: why for one, why in other.forbidden.items() if one in set(base.candidates)}
    forbidden |= {one: why for one, why in base.forbidden.items() if not known[base.position(one)]}
    if set(forbidden) != set(base.forbidden):
        rules["forbidden"] = forbidden
    for name in ("sites", "required"):
        if getattr(other, name) != getattr(base, name):
            rules[name] = getattr(other, name)
    if not np.array_equal(other.demand, base.demand):
        rules["demand"] = other.demand
    limits = {
        name: Limit(np.where(known, limit.coefficients[order], 0.0), limit.lower, limit.upper)
        for name, limit in other.limits.items()
    }
    if not _same_limits(base, limits, known):
        rules["limits"] = limits
    conflicts, before = _pairs(other, base, known), _pairs(base, base, known)
    if conflicts.keys() != before.keys() or any(
        not np.array_equal(conflicts[name], before[name]) for name in conflicts
    ):
        rules["conflicts"] = {name: Pairs(pairs, base.candidates) for name, pairs in conflicts.items()}
    return rules


def _same_limits(base: Instance, limits: dict[str, Limit], known: NDArray[np.bool_]) -> bool:
    """Return whether limits say the same of the candidates that have data; a rule about none of them says nothing."""

    def telling(held: Any) -> dict[str, Any]:
        cut = {
            name: (np.where(known, one.coefficients, 0.0).tolist(), one.lower, one.upper) for name, one in held.items()
        }
        return {name: said for name, said in cut.items() if any(said[0])}

    return telling(base.limits) == telling(limits)


def _pairs(instance: Instance, base: Instance, known: NDArray[np.bool_]) -> dict[str, NDArray[np.int64]]:
    """Return the pairs in conflict as sorted positions of the base, without candidates that lack data."""
    to_base = np.array([_position(base, identifier) for identifier in instance.candidates])
    found = {}
    for name, positions in instance.conflict_positions.items():
        pairs = to_base[positions]
        pairs = pairs[(pairs >= 0).all(axis=1)]
        pairs = pairs[known[pairs].all(axis=1)]
        if len(pairs):
            found[name] = np.unique(np.sort(pairs, axis=1), axis=0)
    return found


def _position(base: Instance, identifier: Hashable) -> int:
    try:
        return base.position(identifier)
    except InputError:
        return -1


def filled(base: Instance, first: Variant, last: Variant) -> tuple[Variant, Variant]:
    """Return two variants that say something about the same parts of the same criteria.

    Examples
    --------
    >>> from siting.instance import Criterion
    >>> base = Instance(sites=1, criteria={"cost": Criterion(site=[2.0, 3.0])})
    >>> first, last = filled(base, Variant(0.5, {"cost": Change(site=np.array([1.0, 1.5]))}), Variant(1.0))
    >>> last.changes["cost"].site.tolist()
    [2.0, 3.0]
    """
    full: list[Variant] = []
    for variant, partner in ((first, last), (last, first)):
        changes = {}
        for name in {**first.changes, **last.changes}:
            mine, theirs = variant.changes.get(name, Change()), partner.changes.get(name, Change())
            criterion, site, service = base.criteria[name], mine.site, mine.service
            factor, shift = mine.factor, mine.shift
            if site is None and theirs.site is not None:
                site = criterion.site
            if service is None and theirs.service is not None and criterion.service is not None:
                service, factor, shift = factor * criterion.service + shift, 1.0, 0.0
            changes[name] = Change(site, service, factor, shift)
        full.append(Variant(variant.value, changes, variant.rules))
    return full[0], full[1]


def lies_between(base: Instance, first: Variant, middle: Variant, last: Variant, share: float) -> bool:
    """Return whether the middle lies on the straight line between two filled variants without rules of their own."""
    if first.rules or middle.rules or last.rules:
        return False
    if not middle.changes.keys() <= first.changes.keys():
        return False
    for name, change in first.changes.items():
        expected, criterion = change.towards(last.changes[name], share), base.criteria[name]
        found = middle.changes.get(name, Change())
        for part in ("site", "service"):
            old = getattr(criterion, part)
            if old is None:
                continue
            values = [_values(one, part, old) for one in (expected, found)]
            if not _same(*values):
                return False
    return True


def _values(change: Change, part: str, old: NDArray[np.float64]) -> NDArray[np.float64]:
    new: NDArray[np.float64] | None = getattr(change, part)
    if new is not None:
        return new
    return old if part == "site" else change.factor * old + change.shift
