"""Warm solves give what cold solves give, whatever changed in between."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import brute_force, geographic_instance, magnitude, random_instance

import siting
from siting import choice
from siting.criterion import Criterion, Limit
from siting.engine import solve_instance
from siting.errors import InfeasibleError, InputError


@pytest.mark.parametrize("seed", range(40))
def test_a_chain_of_random_changes_stays_equal_to_brute_force(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, numbers of sites, required and forbidden sites, limits: each step against plain enumeration."""
    monkeypatch.setattr(choice, "ENUMERATION_WORK", 0)
    random = np.random.default_rng(seed)
    instance = random_instance(seed, largest=7)
    solver = siting.Solver(instance, method="bounding")
    count = instance.number_of_candidates
    for _ in range(4):
        changes = [
            {"weights": {name: float(random.integers(1, 5)) for name in instance.criteria}},
            {"sites": int(random.integers(1, count + 1))},
            {"required": [], "forbidden": [instance.candidates[int(random.integers(count))]]},
            {"limits": {"few of the first": Limit(np.arange(count) < count / 2, upper=1)}},
            {"conflicts": {}},
        ][int(random.integers(5))]
        expected = brute_force(solver.instance.replace(**changes))
        if not expected.feasible:
            with pytest.raises(InfeasibleError):
                solver.solve(**changes)
            continue
        solution = solver.solve(**changes)
        assert solution.status == "optimal"
        assert solution.objective == pytest.approx(expected.objective, abs=1e-8 * magnitude(solver.instance))


def test_a_sweep_of_weights_equals_cold_solves_of_the_same_weights() -> None:
    """Forty candidates, thirty weights, rules: the same objectives as from scratch."""
    instance = geographic_instance(5, 40, 4, rules=True)
    solver = siting.Solver(instance, method="bounding")
    for weight in np.linspace(0.0, 3.0, 30).tolist():
        weights = {"access": 1.0, "cost": weight}
        warm, cold = solver.solve(weights=weights), solve_instance(instance.replace(weights=weights))
        assert warm.status == cold.status == "optimal"
        assert warm.objective == pytest.approx(cold.objective, rel=1e-9)


def test_a_change_that_is_not_valid_leaves_the_solver_as_it_was() -> None:
    """The old question can still be asked."""
    instance = geographic_instance(1, 12, 3)
    solver = siting.Solver(instance)
    before = solver.solve()
    with pytest.raises(InputError, match="unknown"):
        solver.solve(weights={"acces": 1.0})
    assert solver.instance is instance
    assert solver.solve().portfolio == before.portfolio


def test_new_criteria_start_anew() -> None:
    """Arrays of the old criteria are not used for the new ones."""
    instance = geographic_instance(2, 15, 3)
    solver = siting.Solver(instance, method="bounding")
    solver.solve()
    dearer = {**instance.criteria, "access": Criterion(service=instance.criteria["access"].service[:, ::-1])}
    expected = brute_force(instance.replace(criteria=dearer))
    assert solver.solve(criteria=dearer).objective == pytest.approx(expected.objective)
