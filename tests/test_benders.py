"""Benders cuts are valid, the relaxation is as strong as the assignment model's, and the answer is the optimum."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import optimize, sparse
from strategies import brute_force, geographic_instance, magnitude, random_instance

from siting.benders import Benders
from siting.instance import Criterion, Instance
from siting.problem import Problem
from siting.search import Search


def linear_relaxation(instance: Instance) -> float:
    """Return the optimum of the relaxed assignment model of a p-median without rules, by another formulation."""
    points, count = instance.service_cost.shape
    pairs = points * count
    once = sparse.hstack([sparse.csr_array((points, count)), sparse.kron(sparse.eye(points), np.ones((1, count)))])
    number = sparse.hstack([np.ones((1, count)), sparse.csr_array((1, pairs))])
    linked = sparse.hstack([-sparse.kron(np.ones((points, 1)), sparse.eye(count)), sparse.eye(pairs)])
    result = optimize.linprog(
        np.concatenate([instance.site_cost, instance.service_cost.ravel()]),
        A_eq=sparse.vstack([once, number]),
        b_eq=np.append(np.ones(points), instance.minimum_sites),
        A_ub=linked,
        b_ub=np.zeros(pairs),
        bounds=(0, 1),
    )
    assert result.status == 0
    return float(result.fun)


@pytest.mark.parametrize("seed", range(60))
def test_the_answer_is_the_optimum_without_any_incumbent(seed: int) -> None:
    """Started from nothing, on the whole problem, or told to be infeasible."""
    instance = random_instance(seed)
    problem, oracle = Problem.of(instance), brute_force(instance)
    if problem.number_of_candidates < problem.constraints.minimum_sites:
        return
    search = Search(magnitude=magnitude(instance))
    assert Benders(problem, search).solve() == oracle.feasible
    if oracle.feasible:
        assert search.stop_reason == "optimal"
        assert search.upper == pytest.approx(oracle.objective, abs=1e-8 * magnitude(instance))


@pytest.mark.parametrize("seed", range(3))
def test_the_relaxation_is_as_strong_as_that_of_the_assignment_model(seed: int) -> None:
    """The closed-form cuts lose nothing: both relaxations have the same optimum."""
    instance = geographic_instance(seed, 12, 3)
    instance = instance.replace(weights={"access": 1, "cost": 0})
    search = Search()
    benders = Benders(Problem.of(instance), search)
    assert benders._relax()
    assert search.lower == pytest.approx(linear_relaxation(instance), rel=1e-6)


@pytest.mark.parametrize("seed", range(30))
def test_no_cut_is_above_the_true_cost_of_any_choice(seed: int) -> None:
    """For every point and level, and every choice: demand is never served below the right-hand side."""
    random = np.random.default_rng(seed)
    count, points = 6, 3
    instance = Instance(
        sites=2,
        criteria={"ms": Criterion(service=random.integers(0, 9, (points, count)).astype(float))},
    )
    problem = Problem.of(instance)
    benders = Benders(problem, Search())
    added: list[tuple[np.ndarray, np.ndarray]] = []
    benders._add = lambda who, level: added.append((who, level))  # type: ignore[method-assign]
    for _ in range(10):
        choice = random.random(count)
        benders.separate(np.concatenate([choice, np.zeros(problem.number_of_demand_points)]))
    assert added
    for chosen in combinations(range(count), 2):
        true = benders.service[list(chosen)].min(axis=0)
        for who, level in added:
            saved = np.maximum(level[:, None] - benders.service[list(chosen)][:, who].T, 0.0).sum(axis=1)
            assert (level - saved <= true[who] + 1e-9 * benders.service.max()).all()


def test_prohibitive_service_costs_do_not_blur_the_answer() -> None:
    """Costs of 1e9 that say "never" stand beside costs of 1, and the optimum of the small ones is still found."""
    for seed in range(12):
        random = np.random.default_rng(seed)
        service = random.random((6, 8))
        service[random.random((6, 8)) < 0.4] = 1e9
        criteria = {"ms": Criterion(service=service), "cost": Criterion(site=random.random(8))}
        instance = Instance(sites=3, criteria=criteria)
        oracle = brute_force(instance)
        search = Search(magnitude=1.0)
        problem = Problem.of(instance)
        first = min(brute_force(instance).values, key=lambda names: (oracle.values[names] > 1e6, sorted(names)))
        search.offer(sorted(first), oracle.values[first])
        Benders(problem, search).solve()
        if oracle.objective < 1e6:
            assert search.upper == pytest.approx(oracle.objective, rel=1e-7)


def test_multipliers_give_first_cuts_that_lose_nothing() -> None:
    """One cut per demand point, and the same optimum."""
    instance = geographic_instance(1, 15, 3)
    plain, warm = Search(), Search()
    Benders(Problem.of(instance), plain).solve()
    problem = Problem.of(instance)
    benders = Benders(problem, warm, multipliers=problem.service_cost.mean(axis=0))
    assert benders.number_of_cuts == problem.number_of_demand_points
    benders.solve()
    assert warm.upper == pytest.approx(plain.upper, rel=1e-9)
