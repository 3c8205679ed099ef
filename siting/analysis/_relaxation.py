"""The smallest relaxation of one rule that leaves room for a portfolio, everything else as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.analysis._rule_groups import FORBIDDEN
from siting.analysis._rulebook import InstanceRulebook, ModelRulebook, Part, only, sites_words, variant, without
from siting.geography import distance_matrix_km
from siting.instance import Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from siting.analysis._rule_groups import RuleGroup
    from siting.analysis._rulebook import Rulebook
    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Relaxation:
    """One rule relaxed as little as possible.

    Attributes
    ----------
    group : RuleGroup
        The rule.
    words : str
        What it asks for then.
    to : float or None
        The bound or number it is relaxed to; None where it is dropped, or nothing suffices.
    change : dict
        The change as `siting.Model.replace` or `siting.Instance.replace` take it; empty where nothing suffices.
    solution : InstanceSolution or None
        The best portfolio then.
    """

    group: RuleGroup
    words: str
    to: float | None = None
    change: dict[str, Any] = field(default_factory=dict)
    solution: InstanceSolution | None = None

    @property
    def suffices(self) -> bool:
        """Whether the model becomes feasible."""
        return bool(self.change)


def relaxations(book: Rulebook, group: RuleGroup) -> Iterator[Relaxation]:
    """Yield the smallest relaxations of a rule that each make the question feasible, with all other rules kept."""
    others = book.parts(one for one in book.groups if one != group)
    if not book.possible(others):
        yield Relaxation(group, "not even dropping it suffices: other rules are in conflict as well")
        return
    if group.kind == "sites":
        yield from _numbers(book, group, others)
    elif isinstance(book, InstanceRulebook):
        yield from _of_instance(book, group, others)
    elif isinstance(book, ModelRulebook):
        yield from _of_model(book, group, others)


def _numbers(book: Rulebook, group: RuleGroup, others: Sequence[Part]) -> Iterator[Relaxation]:
    low, high = book.part(group).sites or (0, 0)
    ones, count = np.ones(len(book.candidates)), len(book.candidates)
    for sites, largest in (((1, low - 1), True), ((high + 1, count), False)):
        if sites[0] <= sites[1]:
            found = book.extreme([*others, Part(sites=sites)], ones, largest=largest)
            if found is not None:
                number = round(found)
                yield Relaxation(group, sites_words(number), float(number), {"sites": number})


def _bounds(book: Rulebook, name: str, part: Part, others: Sequence[Part]) -> Iterator[tuple[str, float]]:
    """Yield each end of a limit that can be moved, and how far it has to be."""
    limit = part.limits[name]
    for end, bound, largest in (("lower", limit.lower, True), ("upper", limit.upper, False)):
        if bound is None:
            continue
        rest = only(part, name, without(limit, end))
        found = book.extreme([*others, rest], limit.coefficients, largest=largest)
        if found is not None and (found < bound if largest else found > bound):
            yield end, found


def _of_instance(book: InstanceRulebook, group: RuleGroup, others: Sequence[Part]) -> Iterator[Relaxation]:
    instance = book.instance
    if group.kind == "limit":
        limit = instance.limits[group.name]
        for end, bound in _bounds(book, group.name, book.part(group), others):
            ends = {"lower": limit.lower, "upper": limit.upper, end: bound}
            limits = {**instance.limits, group.name: Limit(limit.coefficients, **ends)}
            word = "at least" if end == "lower" else "at most"
            was = limit.lower if end == "lower" else limit.upper
            yield Relaxation(group, f"{word} {_plain(bound)} instead of {_plain(was)}", bound, {"limits": limits})
    elif group.kind == "conflict":
        kept = {name: pairs for name, pairs in instance.conflicts.items() if name != group.name}
        yield Relaxation(group, "dropped", None, {"conflicts": kept})
    elif group.kind == "required":
        kept_required = [one for one in instance.required if f"{one} is required" != group.name]
        yield Relaxation(group, "not required", None, {"required": kept_required})
    elif group.kind == "forbidden":
        left = {one: why for one, why in instance.forbidden.items() if f"forbidden: {why}" != group.name}
        yield Relaxation(group, "allowed", None, {"forbidden": left})
    else:
        yield from _more_capacity(book, group, others)


def _more_capacity(book: InstanceRulebook, group: RuleGroup, others: Sequence[Part]) -> Iterator[Relaxation]:
    capacity = book.instance.capacity
    assert capacity is not None  # noqa: S101 - only then is there such a rule
    most = book.extreme(others, capacity, largest=True)
    if most is not None and most > 0:
        # A billionth more, so that rounding does not leave demand unserved.
        factor = float(book.instance.demand.sum()) / most * (1 + 1e-9)
        yield Relaxation(group, f"all capacities times {factor:.4g}", factor, {"capacity": capacity * factor})


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.10g}"


def _of_model(book: ModelRulebook, group: RuleGroup, others: Sequence[Part]) -> Iterator[Relaxation]:
    if group.kind == "required":
        wanted = group.name.removesuffix(" is required")
        yield Relaxation(group, "not required", None, {"required": [o for o in book.model.required if o != wanted]})
    elif group.name == FORBIDDEN and group.kind == "forbidden":
        yield Relaxation(group, "allowed", None, {"forbidden": []})
    else:
        table = "rules" if group.kind == "rule" else "exclusions"
        found = False
        for key, value, words in _options(book, group, others):
            found = True
            yield Relaxation(group, words, float(value), {table: {group.key: {key: value}}})
        if not found:
            yield Relaxation(group, "switched off", None, {table: {group.key: False}})


def _options(book: ModelRulebook, group: RuleGroup, others: Sequence[Part]) -> Iterator[tuple[str, Any, str]]:
    """Yield each option of a block that can be relaxed: its key, the nearest value that works, and words."""
    block: Any = (book.model.rules if group.kind == "rule" else book.model.exclusions)[group.key]
    if block.kind == "spacing" and group.kind == "rule":
        kilometres = _spacing(book, block, others)
        if kilometres is not None:
            yield "minimum_km", kilometres, _kilometres(kilometres, block.minimum_km)
    elif block.kind == "sites_per_country":
        yield from _per_country(book, block, others)
    elif group.kind == "rule":
        yield from _one_limit(book, block, others)
    elif block.kind == "minimum_voltage" and block.minimum_kv == 300:
        if book.possible([*others, book.exclusion_part(variant(block, minimum_kv=220))]):
            yield "minimum_kv", 220, "220 kV instead of 300 kV"
    else:
        yield from _threshold(book, block, others)


def _kilometres(new: float, old: float) -> str:
    """Return both distances, the new one rounded down, because a hair more would be too much."""
    return f"{math.floor(new * 10) / 10:,.1f} km instead of {old:,.10g} km"


def _spacing(book: ModelRulebook, block: Any, others: Sequence[Part]) -> float | None:
    """Return the largest spacing below the block's that leaves room, which is a distance between two candidates."""
    excluded = np.zeros(len(book.candidates), dtype=bool)
    for part in others:
        excluded |= False if part.excluded is None else part.excluded
    table = book.case.candidates
    apart = distance_matrix_km(table, table)
    apart_allowed = apart[np.ix_(~excluded, ~excluded)]
    levels = np.unique(apart_allowed[np.triu_indices(len(apart_allowed), k=1)])
    levels = levels[(levels > 0) & (levels < block.minimum_km)]

    def reached(kilometres: float) -> float | None:
        """Return how far apart the sites of some portfolio are that are this far apart."""
        near = np.argwhere(np.triu(apart < kilometres, k=1))
        chosen, _ = book.example([*others, Part(pairs=(near,))])
        if chosen is None:
            return None
        if len(chosen) < 2:
            return np.inf
        between = apart[np.ix_(chosen, chosen)]
        return float(between[np.triu_indices(len(chosen), k=1)].min())

    best = _largest(levels, reached)
    # A hair less, so that the rule's own measurement of the same distance passes.
    return None if best is None else best * (1 - _ROUNDING)


def _largest(levels: NDArray[np.float64], reached: Callable[[float], float | None]) -> float | None:
    """Return the largest level that can be reached, by bisection; a try may reach more than it was asked for."""
    low, high = -1, len(levels)
    while high - low > 1:
        middle = (low + high) // 2
        found = reached(float(levels[middle]))
        if found is None:
            high = middle
        else:
            low = max(middle, min(high - 1, int(np.searchsorted(levels, found, side="right")) - 1))
    return None if low < 0 else float(levels[low])


def _per_country(book: ModelRulebook, block: Any, others: Sequence[Part]) -> Iterator[tuple[str, Any, str]]:
    count = len(book.candidates)
    most = 1 if block.maximum is None and block.minimum is None else block.maximum
    if most is not None:
        # No portfolio has more sites in a country than it has in all.
        highest = min(count, max((part.sites or (0, 0))[1] for part in others) or count)
        for value in range(most + 1, highest + 1):
            if book.possible([*others, book.rule_part(variant(block, maximum=value))]):
                yield "maximum", value, f"at most {value} per country instead of {most}"
                break
    for value in range((block.minimum or 0) - 1, -1, -1):
        if book.possible([*others, book.rule_part(variant(block, minimum=value))]):
            yield "minimum", value, f"at least {value} per country instead of {block.minimum}"
            break


def _one_limit(book: ModelRulebook, block: Any, others: Sequence[Part]) -> Iterator[tuple[str, Any, str]]:
    part = book.rule_part(block)
    if len(part.limits) != 1 or part.pairs:
        return
    (name,) = part.limits
    for end, bound in _bounds(book, name, part, others):
        key = "minimum" if end == "lower" else "maximum"
        was = getattr(block, key, None)
        if was is None:
            continue
        value = round(bound) if isinstance(was, int) else bound
        yield key, value, f"{'at least' if key == 'minimum' else 'at most'} {_plain(value)} instead of {_plain(was)}"


def _threshold(book: ModelRulebook, block: Any, others: Sequence[Part]) -> Iterator[tuple[str, Any, str]]:
    """Move the threshold of an exclusion to the nearest value of a candidate that leaves room."""
    for key, was, values, falls in _thresholds(book, block):
        levels = np.unique(values[np.isfinite(values) & ((values < was) if falls else (values > was))])
        signed = levels if falls else -levels[::-1]
        if not len(signed):
            continue

        def reached(level: float, key: str = key, falls: bool = falls) -> float | None:
            asked = level * (1 - np.sign(level) * _ROUNDING) if falls else -level
            if falls and key != "minimum" and asked <= 0:
                return None  # such a threshold excludes nobody and is no valid option
            chosen, _ = book.example([*others, book.exclusion_part(variant(block, **{key: asked}))])
            return None if chosen is None else level

        best = _largest(signed, reached)
        if best is not None:
            value = best if falls else -best
            yield key, value, f"{key.replace('_', ' ')} {_plain(value)} instead of {_plain(was)}"


def _thresholds(book: ModelRulebook, block: Any) -> Iterator[tuple[str, float, NDArray[np.float64], bool]]:
    """Yield the options of an exclusion that are thresholds: key, value, the candidates' levels, whether it falls."""
    case = book.case
    if block.kind == "grid_capacity":
        capacity = case.numbers("grid_capacity_mva")
        if block.minimum_mva is not None:
            yield "minimum_mva", block.minimum_mva, capacity, True
        else:
            yield "multiple", block.multiple, capacity / case.facility.contracted_mva(case.numbers("pue")), True
    elif block.kind == "attribute" and not block.values:
        values = case.numbers(block.attribute)
        if block.minimum is not None:
            yield "minimum", block.minimum, values, True
        if block.maximum is not None:
            yield "maximum", block.maximum, values, False


def relaxed(book: Rulebook, change: dict[str, Any]) -> Model | Instance:
    """Return the model or the instance with a relaxation."""
    if isinstance(book, InstanceRulebook):
        return book.instance.replace(**change)
    assert isinstance(book, ModelRulebook)  # noqa: S101 - there are two kinds
    return book.model.replace(**change)
