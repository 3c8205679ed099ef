"""Which sets of candidates are admissible, against rules written out as plain Python."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from strategies import all_sets, holds, instances, random_instance, rules_of

from siting.constraints import Constraints
from siting.instance import Criterion, Instance, Limit


def constraints_of(count: int = 4, **rules: object) -> Constraints:
    """Return the constraints of an instance of `count` candidates."""
    fields: dict = {"sites": (1, count), "criteria": {"cost": Criterion(site=np.ones(count))}}
    return Constraints.of(Instance(**{**fields, **rules}))


def positions_of(instance: Instance, chosen: frozenset) -> list[int]:
    """Return positions of identifiers."""
    return [position for position, name in enumerate(instance.candidates) if name in chosen]


@pytest.mark.parametrize("seed", range(60))
def test_admissible_agrees_with_rules_checked_one_by_one(seed: int) -> None:
    """Every set of every size is judged alike by the arrays and by the plain rules."""
    instance = random_instance(seed, largest=7)
    constraints, rules = Constraints.of(instance), rules_of(instance)
    for chosen in all_sets(instance):
        expected = all(holds(instance, rule, chosen) for rule in rules)
        assert constraints.admissible(positions_of(instance, chosen)) == expected, (seed, chosen)


@given(instances())
def test_there_is_a_sentence_for_a_set_exactly_when_it_is_not_admissible(instance: Instance) -> None:
    """No rule is broken silently, and no admissible set is accused."""
    constraints = Constraints.of(instance)
    for chosen in all_sets(instance):
        positions = positions_of(instance, chosen)
        assert bool(constraints.violations(positions)) != constraints.admissible(positions)


def test_each_broken_rule_has_its_sentence() -> None:
    """All rules that a set breaks are told, each by name."""
    constraints = constraints_of(
        sites=2,
        required=[3],
        forbidden=[0],
        limits={"budget": Limit([5, 5, 5, 5], upper=9)},
        conflicts={"spacing": [(0, 1)]},
    )
    sentences = "; ".join(constraints.violations([0, 1, 2]))
    for words in ("3 sites instead of 2", "required", "forbidden", "conflict", "'budget' has 15 outside [-inf, 9]"):
        assert words in sentences
    assert constraints.violations([1, 1, 3])[0] == "a candidate is chosen twice"


def test_rounding_does_not_break_a_rule_but_a_thousandth_of_a_millionth_more_does() -> None:
    """Sums like 0.1 + 0.2 may exceed 0.3 by rounding, at any size of the coefficients."""
    for size in (1e-9, 1.0, 1e9):
        limit = Limit(np.array([0.1, 0.2, 0.3, 0.6]) * size, upper=0.3 * size)
        constraints = constraints_of(limits={"budget": limit})
        assert constraints.admissible([0, 1])
        above = Limit(np.array([0.1, 0.2 + 1e-8, 0.3, 0.6]) * size, upper=0.3 * size)
        assert not constraints_of(limits={"budget": above}).admissible([0, 1])


@pytest.mark.parametrize("seed", range(40))
def test_restricted_rules_judge_a_subset_as_the_full_rules_do(seed: int) -> None:
    """Leaving candidates out of the arrays means that they are not chosen."""
    instance = random_instance(seed, largest=6)
    full = Constraints.of(instance)
    keep = np.flatnonzero(full.required | (np.random.default_rng(seed).random(len(full.required)) < 0.6))
    part = full.restricted(keep)
    for size in range(len(keep) + 1):
        for chosen in combinations(range(len(keep)), size):
            assert part.admissible(chosen) == full.admissible(keep[list(chosen)])


def test_groups_are_the_disjoint_caps_and_nothing_else() -> None:
    """Caps with one coefficient are kept as groups; overlapping, mixed, negative and lower rules are not."""
    constraints = constraints_of(
        5,
        limits={
            "at most one of the first two": Limit([1, 1, 0, 0, 0], upper=1),
            "overlapping": Limit([0, 1, 1, 0, 0], upper=1),
            "in other units": Limit([0, 0, 0, 2.5, 2.5], upper=6),
            "mixed": Limit([0, 0, 1, 2, 0], upper=2),
            "negative": Limit([0, 0, -1, 0, 0], upper=0),
            "at least": Limit([0, 0, 1, 0, 0], lower=1),
        },
    )
    group, cap, row_is_group = constraints.groups
    assert row_is_group.tolist() == [True, False, True, False, False, False]
    assert cap.tolist() == [1, 2]
    assert group.tolist() == [0, 0, -1, 1, 1]


@pytest.mark.parametrize("seed", range(60))
def test_groups_hold_for_every_admissible_set(seed: int) -> None:
    """A group is a relaxation: it never excludes what the rules allow, and says all its rows say."""
    instance = random_instance(seed, largest=6)
    constraints = Constraints.of(instance)
    group, cap, row_is_group = constraints.groups
    for chosen in all_sets(instance):
        positions = positions_of(instance, chosen)
        within = all((group[positions] == number).sum() <= most for number, most in enumerate(cap))
        activity = constraints.matrix[:, positions].sum(axis=1)
        rows = (activity <= constraints.upper + constraints.slack)[row_is_group]
        if row_is_group.any():
            assert within == bool(rows.all())
        elif not constraints.conflicts[np.ix_(positions, positions)].any():
            # Groups that were made of conflicts.
            assert within
