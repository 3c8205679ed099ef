"""Every rule as a part of its own, so that any subset of rules, and any variant of one, can be asked about."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.analysis._rule_groups import FORBIDDEN, RuleGroup, exclusion_groups, rule_groups, with_tables_read
from siting.analysis._words import listed
from siting.assembly import MISSING_DATA, exclusion_tests, known_candidates
from siting.constraints import Constraints
from siting.errors import InputError
from siting.feasibility import CAPACITY_RULE, admissible_portfolio
from siting.formulation import choice_model, compile_model
from siting.highs import HighsModel
from siting.instance import Instance, Limit, Pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    from siting.blocks import Block
    from siting.model import Model

#: Name of the rule on how many sites are chosen.
SITES = "number of sites"


@dataclass(frozen=True, eq=False)
class Part:
    """What one rule asks of a set of candidates."""

    limits: dict[str, Limit] = field(default_factory=dict)
    pairs: tuple[NDArray[np.int64], ...] = ()
    excluded: NDArray[np.bool_] | None = None
    required: tuple[int, ...] = ()
    sites: tuple[int, int] | None = None


class Rulebook(ABC):
    """The rules of a question under their names.

    Parameters
    ----------
    candidates : sequence of hashable
        Every candidate that any set of these rules could allow.
    remaining : callable
        Seconds left.
    """

    def __init__(self, candidates: Sequence[Hashable], remaining: Callable[[], float]) -> None:
        self.candidates, self.remaining = tuple(candidates), remaining

    @property
    @abstractmethod
    def groups(self) -> list[RuleGroup]:
        """Every rule, the number of sites first."""

    @abstractmethod
    def part(self, group: RuleGroup) -> Part:
        """Return what a rule asks."""

    def parts(self, groups: Iterable[RuleGroup]) -> list[Part]:
        """Return what some rules ask."""
        return [self.part(group) for group in groups]

    def possible(self, parts: Sequence[Part]) -> bool | None:
        """Return whether some portfolio satisfies all parts, None if the time did not suffice to decide."""
        chosen, decided = self.example(parts)
        return True if chosen is not None else (False if decided else None)

    def example(self, parts: Sequence[Part]) -> tuple[NDArray[np.int64] | None, bool]:
        """Return positions of some portfolio that satisfies all parts, or None, and whether that was decided."""
        constraints = self._constraints(parts)
        if (constraints.required & constraints.forbidden).any():
            return None, True
        allowed = np.flatnonzero(~constraints.forbidden)
        inside = constraints.restricted(allowed)
        chosen, decided = admissible_portfolio(inside, np.zeros(len(allowed)), self.remaining())
        return (None if chosen is None else allowed[chosen]), decided

    def extreme(self, parts: Sequence[Part], coefficients: NDArray[np.float64], *, largest: bool) -> float | None:
        """Return the largest or smallest sum of coefficients over a portfolio that satisfies all parts, exactly.

        None where there is no portfolio, or the time did not suffice.
        """
        constraints = self._constraints(parts)
        if (constraints.required & constraints.forbidden).any():
            return None
        allowed = np.flatnonzero(~constraints.forbidden)
        inside, cost = constraints.restricted(allowed), (-1.0 if largest else 1.0) * coefficients[allowed]
        size = float(np.abs(cost).max(initial=0.0))
        if size == 0 or len(allowed) < inside.minimum_sites:
            chosen, _ = self.example(parts)
        else:
            highs = HighsModel()
            highs.load(compile_model(choice_model(inside, cost / size * 1e3, range(len(allowed)))))
            result = highs.run(self.remaining())
            chosen = None
            if result.status == "optimal" and result.x is not None:
                found = np.flatnonzero(result.x > 0.5)
                chosen = allowed[found] if inside.admissible(found) else None
        return None if chosen is None else float(coefficients[chosen].sum())

    def _constraints(self, parts: Sequence[Part]) -> Constraints:
        count = len(self.candidates)
        limits = {f"{number} {name}": limit for number, part in enumerate(parts) for name, limit in part.limits.items()}
        sites = next((part.sites for part in parts if part.sites is not None), (0, count))
        # The limits and pairs of parts are those of checked instances; only sizes have to be brought together.
        required, excluded = np.zeros(count, bool), np.zeros(count, bool)
        conflicts = np.zeros((count, count), bool)
        for part in parts:
            required[list(part.required)] = True
            if part.excluded is not None:
                excluded |= part.excluded
            for pairs in part.pairs:
                conflicts[pairs[:, 0], pairs[:, 1]] = conflicts[pairs[:, 1], pairs[:, 0]] = True
        return Constraints(
            minimum_sites=sites[0],
            maximum_sites=min(sites[1], count),
            required=required,
            forbidden=excluded,
            names=tuple(limits),
            matrix=np.array([limit.coefficients for limit in limits.values()]).reshape(len(limits), count),
            lower=np.array([-np.inf if limit.lower is None else limit.lower for limit in limits.values()]),
            upper=np.array([np.inf if limit.upper is None else limit.upper for limit in limits.values()]),
            conflicts=conflicts,
        )

    def conflict(self) -> list[RuleGroup]:
        """Return a minimal set of rules that cannot hold together, empty where all of them can.

        By deletion filtering (Chinneck and Dravnieks 1991); exclusions are dropped first and the number of sites last,
        so that the answer speaks of what people asked for, as far as it can. Where the time did not suffice to decide
        about a rule, it stays.
        """
        kept = self.groups
        if self.possible(self.parts(kept)) is not False:
            return []
        for group in reversed(self.groups):
            rest = [one for one in kept if one != group]
            if self.possible(self.parts(rest)) is False:
                kept = rest
        return kept


def sites_words(sites: int | tuple[int, int]) -> str:
    """Return a number of sites in words.

    Examples
    --------
    >>> sites_words(4), sites_words((3, 5)), sites_words(1)
    ('4 sites', '3 to 5 sites', '1 site')
    """
    low, high = (sites, sites) if isinstance(sites, int) else sites
    return f"{low} to {high} sites" if low < high else f"{low} site{'s' * (low != 1)}"


def _range(sites: int | tuple[int, int]) -> tuple[int, int]:
    return (sites, sites) if isinstance(sites, int) else sites


class InstanceRulebook(Rulebook):
    """The rules of a bare instance."""

    def __init__(self, instance: Instance, remaining: Callable[[], float]) -> None:
        super().__init__(instance.candidates, remaining)
        self.instance = instance

    @property
    def groups(self) -> list[RuleGroup]:
        """The number of sites, required candidates, limits, conflicts, reasons to forbid, capacities."""
        instance = self.instance
        found = [RuleGroup(SITES, "sites", sites_words(instance.sites))]
        found += [RuleGroup(f"{one} is required", "required", f"{one} is required") for one in instance.required]
        found += [RuleGroup(name, "limit", name) for name in instance.limits]
        found += [RuleGroup(name, "conflict", name) for name in instance.conflicts]
        reasons = dict.fromkeys(instance.forbidden.values())
        found += [RuleGroup(f"forbidden: {why}", "forbidden", f"forbidden: {why}") for why in reasons]
        return found if instance.capacity is None else [*found, RuleGroup(CAPACITY_RULE, "capacity", CAPACITY_RULE)]

    def part(self, group: RuleGroup) -> Part:
        """Return what a rule asks."""
        instance = self.instance
        if group.kind == "sites":
            return Part(sites=_range(instance.sites))
        if group.kind == "required":
            return Part(
                required=tuple(instance.position(o) for o in instance.required if f"{o} is required" == group.name)
            )
        if group.kind == "limit":
            return Part(limits={group.name: instance.limits[group.name]})
        if group.kind == "conflict":
            return Part(pairs=(instance.conflict_positions[group.name],))
        if group.kind == "capacity":
            assert instance.capacity is not None  # noqa: S101 - only then is there such a rule
            return Part(limits={CAPACITY_RULE: Limit(instance.capacity, lower=float(instance.demand.sum()))})
        reason = group.name.removeprefix("forbidden: ")
        return Part(
            excluded=np.array([instance.forbidden.get(one) == reason for one in instance.candidates], dtype=bool)
        )


class ModelRulebook(Rulebook):
    """The blocks of a model, and its lists of required and forbidden candidates.

    Candidates that lack a value that a criterion or a rule needs take part in nothing.
    """

    def __init__(self, model: Model, remaining: Callable[[], float]) -> None:
        known_candidates(model.required, model.case.candidates, "required")
        model = with_tables_read(model.replace(data={"strict": False}))
        self.model = model
        # Everything that could make it infeasible is taken away, and put back part by part.
        exclusions = {name: False for name, block in model.exclusions.items() if block.enabled}
        open_model = model.replace(sites=1, required=[], forbidden=[], exclusions=exclusions)
        self.open_instance = open_model.instance()
        super().__init__(self.open_instance.candidates, remaining)
        self.case = model.case.with_candidates(model.case.candidates.index.isin(list(self.candidates)))
        self._tests = exclusion_tests(model, model.case)
        self._refuse_without_data()

    def _refuse_without_data(self) -> None:
        reasons = dict(zip(self.model.case.candidates.index, self._tests[MISSING_DATA], strict=True))
        for one in self.model.required:
            if reasons[one] is not None:
                raise InputError(f"the required candidate {one!r} lacks data and cannot be judged: {reasons[one]}")

    @property
    def groups(self) -> list[RuleGroup]:
        """The number of sites, required candidates, rules, exclusions, forbidden candidates."""
        model = self.model
        found = [RuleGroup(SITES, "sites", sites_words(model.sites))]
        found += [RuleGroup(f"{one} is required", "required", f"{one} is required") for one in model.required]
        found += rule_groups(model)
        found += exclusion_groups(model)
        if model.forbidden:
            found.append(RuleGroup(FORBIDDEN, "forbidden", f"{listed(model.forbidden)} may not be chosen"))
        return found

    def part(self, group: RuleGroup) -> Part:
        """Return what a rule asks."""
        if group.kind == "sites":
            return Part(sites=_range(self.model.sites))
        if group.kind == "required":
            wanted = group.name.removesuffix(" is required")
            return Part(required=tuple(n for n, one in enumerate(self.candidates) if str(one) == wanted))
        if group.kind == "rule":
            return self.rule_part(self.model.rules[group.key])
        if group.kind == "exclusion":
            block = self.model.exclusions[group.key]
            return Part(excluded=self._excluded(self._tests[block.name or group.key]))
        return Part(excluded=np.isin(np.array(self.candidates, dtype=object), list(self.model.forbidden)))

    def rule_part(self, block: Any) -> Part:
        """Return what a block of rules asks, the model's own or a variant of it."""
        pairs = tuple(
            found.positions if isinstance(found, Pairs) else Pairs(self._positions(found), self.candidates).positions
            for found in block.conflicts(self.case).values()
        )
        return Part(limits=dict(block.limits(self.case)), pairs=pairs)

    def _positions(self, pairs: Iterable[tuple[Hashable, Hashable]]) -> list[tuple[int, int]]:
        known = {identifier: position for position, identifier in enumerate(self.candidates)}
        return [(known[first], known[second]) for first, second in pairs]

    def exclusion_part(self, block: Any) -> Part:
        """Return what a variant of an exclusion asks."""
        return Part(excluded=self._excluded(block.reasons(self.model.case)))

    def _excluded(self, reasons: Sequence[str | None]) -> NDArray[np.bool_]:
        by_candidate = dict(zip(self.model.case.candidates.index, reasons, strict=True))
        return np.array([by_candidate[one] is not None for one in self.candidates], dtype=bool)


def variant(block: Block, **options: Any) -> Any:
    """Return a block with other options, checked again."""
    return type(block).model_validate({**block.model_dump(exclude_none=True), **options})


def without(limit: Limit, end: str) -> Limit | None:
    """Return a limit without one of its ends, None where nothing is left of it."""
    other = limit.upper if end == "lower" else limit.lower
    if other is None:
        return None
    return Limit(limit.coefficients, **{"upper" if end == "lower" else "lower": other})


def only(part: Part, name: str, limit: Limit | None) -> Part:
    """Return a part with one of its limits replaced, or dropped."""
    others = {other: held for other, held in part.limits.items() if other != name}
    return dataclasses.replace(part, limits=others if limit is None else {**others, name: limit})
