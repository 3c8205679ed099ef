"""The rules of a model or an instance under the names people know them by, each removable and tightenable by a step.

In a model a rule is a block of the file, however many rows it gives; exclusions, required and forbidden candidates are
rules too. In a bare instance every limit, every conflict, every required candidate and every reason to forbid is one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.analysis._words import amount, listed, plain_name
from siting.errors import InputError, suggestion
from siting.instance import Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from siting.blocks import Block
    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared

#: Kilometres that spacing grows by in one step, and the share of itself that any other measured bound moves by.
SPACING_STEP_KM = 50.0
BOUND_STEP = 0.05

REQUIRED = "required candidates"
FORBIDDEN = "forbidden candidates"


@dataclass(frozen=True)
class RuleGroup:
    """One rule as people know it.

    Attributes
    ----------
    name : str
        Its name in the model or the instance.
    kind : {"rule", "exclusion", "required", "forbidden", "limit", "conflict"}
        What it is.
    words : str
        What it asks for.
    key : str
        Name of its block in the model.
    """

    name: str
    kind: str
    words: str
    key: str = ""


@dataclass(frozen=True)
class Tightened:
    """A rule one step stricter: the instance, and what the rule then asks for."""

    words: str
    instance: Callable[[], Instance]


class ModelRules:
    """The blocks of a model.

    Parameters
    ----------
    prepared : Prepared
        With a model; its scales are kept.
    """

    def __init__(self, prepared: Prepared) -> None:
        assert prepared.model is not None  # noqa: S101 - a bare instance has other rules
        self.prepared, self.model = prepared, with_tables_read(prepared.model)

    @cached_property
    def groups(self) -> list[RuleGroup]:
        """Every rule that is switched on."""
        found = [*rule_groups(self.model), *exclusion_groups(self.model)]
        if self.model.required:
            found.append(RuleGroup(REQUIRED, "required", f"{listed(self.model.required)} must be chosen"))
        if self.model.forbidden:
            found.append(RuleGroup(FORBIDDEN, "forbidden", f"{listed(self.model.forbidden)} may not be chosen"))
        return found

    def without(self, names: Collection[str]) -> Instance:
        """Return the instance without some of the rules."""
        return self.prepared.rescaled(self._without(names))

    def _without(self, names: Collection[str]) -> Model:
        changes: dict[str, Any] = {"rules": {}, "exclusions": {}}
        for group in self.groups:
            if group.name in names and group.kind in ("rule", "exclusion"):
                changes[f"{group.kind}s"][group.key] = False
            elif group.name in names:
                changes[group.kind] = []
        return self.model.replace(**changes)

    def tightened(self, group: RuleGroup, step: float | None) -> Tightened | None:
        """Return the rule one step stricter, None where its kind has no step."""
        table = {"rule": "rules", "exclusion": "exclusions"}.get(group.kind)
        if table is None:
            return None
        block = getattr(self.model, table)[group.key]
        changes = _stricter(block, step)
        if changes is None:
            return None
        model = self.model.replace(**{table: {group.key: changes}})
        words = ", ".join(f"{plain_name(key)} {_value(value)}" for key, value in changes.items())
        return Tightened(words, lambda: self.prepared.rescaled(model))


def with_tables_read(model: Model) -> Model:
    """Return a model whose variants take its tables as they were read, if they differ in rules only."""
    case, data = model.case, {"inherit_region_attributes": False}
    kilowatts = {"kilowatts_per_accelerator": case.facility.kilowatts_it_per_accelerator}
    return model.replace(candidates=case.candidates, demand=case.demand, data=data, facility=kilowatts)


def rule_groups(model: Model) -> list[RuleGroup]:
    """Return the enabled rules of a model; one with a single row is called what that row is called."""
    found = []
    for name, block in model.rules.items():
        if block.enabled:
            titles = [*block.limits(model.case), *block.conflicts(model.case)]
            words = titles[0] if len(titles) == 1 else _block_words(block, name)
            found.append(RuleGroup(name, "rule", words, name))
    return found


def exclusion_groups(model: Model) -> list[RuleGroup]:
    """Return the enabled exclusions of a model, told from rules of the same name."""
    return [
        RuleGroup(f"{name} (exclusion)" if name in model.rules else name, "exclusion", _block_words(block, name), name)
        for name, block in model.exclusions.items()
        if block.enabled
    ]


def _block_words(block: Block, name: str) -> str:
    options = _options(block)
    return plain_name(block.name or name) + (f" ({options})" if options else "")


def _options(block: Block) -> str:
    options = {key: value for key, value in block.written().items() if key not in ("kind", "enabled", "name")}
    return ", ".join(f"{plain_name(key)} {_value(value)}" for key, value in options.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return listed(f"{key} {part}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return listed(value)
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _stricter(block: Block, step: float | None) -> dict[str, Any] | None:
    """Return the options of a block one step stricter, None where there is no stricter one."""
    if block.kind == "minimum_voltage":
        return {"minimum_kv": 300} if getattr(block, "minimum_kv", 300) < 300 else None
    if block.kind == "spacing":
        return {"minimum_km": block.minimum_km + (SPACING_STEP_KM if step is None else step)}  # type: ignore[attr-defined]
    if block.kind in ("sites_per_country", "eligible_sites", "sites_in"):
        return _counts(block, 1 if step is None else max(1, round(step)))
    if block.kind == "grid_capacity":
        key = "minimum_mva" if getattr(block, "minimum_mva", None) else "multiple"
        value = float(getattr(block, key))
        return {key: value + (BOUND_STEP * value if step is None else step)}
    bounds = {key: getattr(block, key, None) for key in ("minimum", "maximum")}
    given = {key: float(value) for key, value in bounds.items() if value is not None}
    return _narrowed(given, step) if given else None


def _counts(block: Block, step: int) -> dict[str, Any] | None:
    changes = {}
    if getattr(block, "minimum", None) is not None:
        changes["minimum"] = block.minimum + step  # type: ignore[attr-defined]
    elif block.kind == "sites_per_country" or getattr(block, "maximum", None) is not None:
        most = getattr(block, "maximum", None)
        changes["maximum"] = (1 if most is None else most) - step
    # "At most none per country" would leave no site at all, and less than none is nothing.
    least = 1 if block.kind == "sites_per_country" else 0
    return changes if changes.get("maximum", least) >= least else None


def _narrowed(bounds: Mapping[str, float], step: float | None) -> dict[str, Any] | None:
    changes = {
        key: value + (1 if key == "minimum" else -1) * (BOUND_STEP * abs(value) if step is None else step)
        for key, value in bounds.items()
    }
    if changes == dict(bounds) or changes.get("minimum", -math.inf) > changes.get("maximum", math.inf):
        return None
    return changes


class InstanceRules:
    """The named rules of a bare instance.

    Parameters
    ----------
    instance : Instance
        The problem.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    @property
    def groups(self) -> list[RuleGroup]:
        """Every limit, conflict, required candidate and reason to forbid, as an infeasible instance names them."""
        instance = self.instance
        found = [RuleGroup(name, "limit", name) for name in instance.limits]
        found += [RuleGroup(name, "conflict", name) for name in instance.conflicts]
        found += [RuleGroup(f"{one} is required", "required", f"{one} must be chosen") for one in instance.required]
        reasons = dict.fromkeys(instance.forbidden.values())
        return found + [RuleGroup(f"forbidden: {reason}", "forbidden", f"forbidden: {reason}") for reason in reasons]

    def without(self, names: Collection[str]) -> Instance:
        """Return the instance without some of the rules."""
        instance = self.instance
        return instance.replace(
            limits={name: limit for name, limit in instance.limits.items() if name not in names},
            conflicts={name: pairs for name, pairs in instance.conflicts.items() if name not in names},
            required=[one for one in instance.required if f"{one} is required" not in names],
            forbidden={one: why for one, why in instance.forbidden.items() if f"forbidden: {why}" not in names},
        )

    def tightened(self, group: RuleGroup, step: float | None) -> Tightened | None:
        """Return the rule one step stricter, None where its kind has no step."""
        if group.kind != "limit":
            return None
        limit = _tighter_limit(self.instance.limits[group.name], step)
        if limit is None:
            return None
        ends = [] if limit.lower is None else [f"at least {amount(limit.lower)}"]
        ends += [] if limit.upper is None else [f"at most {amount(limit.upper)}"]
        limits = {**self.instance.limits, group.name: limit}
        return Tightened(listed(ends), lambda: self.instance.replace(limits=limits))


def is_counted(limit: Limit) -> bool:
    """Return whether a limit counts in whole numbers.

    Examples
    --------
    >>> is_counted(Limit([1, 1, 0], upper=1)), is_counted(Limit([1.5, 1, 0], upper=1))
    (True, False)
    """
    bounds = [bound for bound in (limit.lower, limit.upper) if bound is not None]
    numbers = np.concatenate([limit.coefficients, bounds])
    return bool((numbers == np.round(numbers)).all())


def _tighter_limit(limit: Limit, step: float | None) -> Limit | None:
    largest = float(np.abs(limit.coefficients).max(initial=0.0))

    def move(bound: float) -> float:
        if step is not None:
            return step
        return 1.0 if is_counted(limit) else BOUND_STEP * (abs(bound) or largest)

    lower = None if limit.lower is None else limit.lower + move(limit.lower)
    upper = None if limit.upper is None else limit.upper - move(limit.upper)
    if lower is not None and upper is not None and lower > upper:
        return None
    return Limit(limit.coefficients, lower=lower, upper=upper)


def rules_of(prepared: Prepared) -> ModelRules | InstanceRules:
    """Return the rules of a model, or of a bare instance."""
    return InstanceRules(prepared.instance) if prepared.model is None else ModelRules(prepared)


def check_names(names: Collection[str], groups: Collection[RuleGroup]) -> None:
    """Raise unless every name is one of a rule.

    Raises
    ------
    InputError
        Naming the nearest.
    """
    known = [group.name for group in groups]
    for name in names:
        if name not in known:
            raise InputError(f"no rule is called {name!r}{suggestion(name, known)}")
