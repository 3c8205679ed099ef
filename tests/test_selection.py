"""The cheapest choice by reduced costs, and the price of deviating from it, against re-selection by brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from siting.constraints import Constraints
from siting.instance import Criterion, Instance, Limit
from siting.selection import Selection


def random_selection(seed: int) -> tuple[np.ndarray, Instance]:
    """Return costs, and rules with a free or fixed number of sites, required candidates and disjoint groups."""
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 8))
    costs = random.integers(-4, 5, count).astype(float) if seed % 2 else random.normal(size=count)
    group = random.integers(0, 3, count)
    limits = {
        f"group {number}": Limit((group == number) * float(random.choice([1, 2.5])), upper=float(random.integers(0, 6)))
        for number in range(2)
    }
    least = int(random.integers(1, count + 1))
    return costs, Instance(
        sites=(least, min(count, least + int(random.integers(0, 3)))),
        criteria={"cost": Criterion(site=np.ones(count))},
        limits=limits,
        required=random.permutation(count)[: int(random.integers(0, 2)) * int(random.integers(0, 3))].tolist(),
    )


def cheapest(costs: np.ndarray, instance: Instance, *, inside: int | None = None, outside: int | None = None) -> float:
    """Return the least cost of an admissible set that holds `inside` and not `outside`, infinite if there is none."""
    best = np.inf
    for size in range(instance.minimum_sites, instance.maximum_sites + 1):
        for chosen in combinations(range(len(costs)), size):
            if (inside is not None and inside not in chosen) or outside in chosen:
                continue
            caps = all(limit.coefficients[list(chosen)].sum() <= limit.upper for limit in instance.limits.values())
            if caps and set(instance.required) <= set(chosen):
                best = min(best, float(costs[list(chosen)].sum()))
    return best


@pytest.mark.parametrize("chunk", range(10))
def test_the_selection_and_its_deviations_equal_brute_force(chunk: int) -> None:
    """Value, cost of adding and cost of removing are exact: no more, so no candidate is removed wrongly; no less."""
    for seed in range(chunk * 60, chunk * 60 + 60):
        costs, instance = random_selection(seed)
        selection = Selection(costs, Constraints.of(instance))
        expected = cheapest(costs, instance)
        assert selection.value == pytest.approx(expected), seed
        if not np.isfinite(expected):
            continue
        assert Constraints.of(instance).admissible(selection.chosen), seed
        added = [cheapest(costs, instance, inside=candidate) - expected for candidate in range(len(costs))]
        assert selection.cost_of_adding() == pytest.approx(np.array(added), abs=1e-12), seed
        removed = [cheapest(costs, instance, outside=candidate) - expected for candidate in selection.chosen]
        assert selection.cost_of_removing() == pytest.approx(np.array(removed), abs=1e-12), seed


def test_a_choice_that_the_kept_rules_do_not_allow_has_no_finite_value() -> None:
    """Three sites cannot come from a group of at most one and one candidate outside."""
    instance = Instance(
        sites=3,
        criteria={"cost": Criterion(site=np.ones(4))},
        limits={"at most one": Limit([1, 1, 1, 0], upper=1)},
    )
    assert Selection(np.ones(4), Constraints.of(instance)).value == np.inf
