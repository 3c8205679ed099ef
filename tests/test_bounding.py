"""Lagrangian bounds stay below the optimum, and fixing keeps an optimum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from strategies import Oracle, brute_force, geographic_instance, magnitude, random_instance

from siting.bounding import Bounding, Multipliers
from siting.evaluation import evaluate
from siting.problem import Problem
from siting.search import Search

if TYPE_CHECKING:
    from siting.instance import Instance


def started(instance: Instance, portfolio: frozenset) -> Search:
    """Return a search that holds a portfolio."""
    positions = [position for position, name in enumerate(instance.candidates) if name in portfolio]
    evaluation = evaluate(instance, positions)
    search = Search(magnitude=evaluation.magnitude)
    search.offer(positions, evaluation.objective)
    return search


def feasible_instances(seeds: range) -> list[tuple[int, Instance, Oracle]]:
    """Return the random instances that have a portfolio."""
    drawn = [(seed, random_instance(seed), brute_force(random_instance(seed))) for seed in seeds]
    return [entry for entry in drawn if entry[2].feasible]


def left_in(bounding: Bounding, instance: Instance, portfolio: frozenset) -> bool:
    """Return whether a portfolio can still be chosen from the candidates left."""
    problem = bounding.problem
    names = {instance.candidates[position] for position in problem.positions}
    fixed = {instance.candidates[position] for position in problem.positions[problem.constraints.required]}
    return fixed <= portfolio <= names


@pytest.mark.parametrize("chunk", range(5))
def test_any_multipliers_give_a_bound_below_the_optimum(chunk: int) -> None:
    """Multipliers need not be good to be valid, as long as rules are priced on the side where they bound."""
    for seed, instance, oracle in feasible_instances(range(chunk * 40, chunk * 40 + 40)):
        problem, random = Problem.of(instance), np.random.default_rng(seed)
        bounding = Bounding(problem, started(instance, max(oracle.values, key=oracle.values.__getitem__)))
        for _ in range(5):
            rules = random.normal(size=len(problem.constraints.names))
            rules = np.where(np.isinf(problem.constraints.upper), np.minimum(rules, 0), rules)
            rules = np.where(np.isinf(problem.constraints.lower), np.maximum(rules, 0), rules)
            size = problem.service_cost.max(initial=1e-6)
            service = random.uniform(-0.5, 1.5, problem.number_of_demand_points) * size
            _, value, _ = bounding._evaluate(Multipliers(service, rules))
            rounding = 1e-9 * (magnitude(instance) + np.abs(service).sum() + 1e10 * np.abs(rules).sum())
            assert value + problem.offset <= oracle.objective + rounding, seed


@pytest.mark.parametrize("chunk", range(6))
def test_fixing_keeps_an_optimum_from_every_incumbent(chunk: int) -> None:
    """The bound never passes the optimum; an optimum is held, or can still be chosen from what is left."""
    for seed, instance, oracle in feasible_instances(range(chunk * 50, chunk * 50 + 50)):
        rounding = 1e-9 * magnitude(instance)
        best = [chosen for chosen, value in oracle.values.items() if value <= oracle.objective + rounding]
        for portfolio in list(oracle.values)[:6]:
            search = started(instance, portfolio)
            bounding = Bounding(Problem.of(instance), search)
            bounding.run(enough=0)
            assert search.lower <= oracle.objective + rounding, seed
            held = search.upper <= oracle.objective + rounding
            kept = not bounding.exhausted and any(left_in(bounding, instance, chosen) for chosen in best)
            assert held or kept, (seed, portfolio)


@pytest.mark.parametrize("chunk", range(3))
def test_every_portfolio_within_the_threshold_can_still_be_chosen(chunk: int) -> None:
    """With a threshold above the optimum, nothing at or below it is lost."""
    for seed, instance, oracle in feasible_instances(range(chunk * 50, chunk * 50 + 50)):
        values = sorted(oracle.values.values())
        threshold = values[len(values) // 3] + 1e-8 * magnitude(instance)
        best = min(oracle.values, key=oracle.values.__getitem__)
        bounding = Bounding(Problem.of(instance), started(instance, best), threshold=threshold)
        bounding.run(enough=0)
        within = [chosen for chosen, value in oracle.values.items() if value <= threshold]
        lost = [chosen for chosen in within if not left_in(bounding, instance, chosen)]
        assert bounding.exhausted or lost == [], seed
        assert not bounding.exhausted, seed


def test_geography_with_site_costs_is_almost_solved_by_bounding() -> None:
    """Few of 80 candidates are left, and the gap is small."""
    instance = geographic_instance(5, 80, 4)
    problem = Problem.of(instance)
    from siting.incumbent import greedy, interchange

    chosen = interchange(problem, greedy(problem))
    search = started(instance, frozenset(instance.candidates[position] for position in problem.positions[chosen]))
    bounding = Bounding(problem, search)
    bounding.run(enough=0)
    assert bounding.exhausted or bounding.problem.number_of_candidates <= 40
    assert search.lower > 0.95 * search.upper


@pytest.mark.parametrize("seed", [45, 1401, *range(300, 330)])
def test_no_portfolio_up_to_the_threshold_is_lost_however_large_multipliers_grow(seed: int) -> None:
    """Rules that nothing can satisfy drive their multipliers up until terms cancel; rounding must not remove anyone."""
    instance = random_instance(seed)
    oracle = brute_force(instance)
    if not oracle.feasible:
        return
    for threshold in sorted(set(oracle.values.values()))[:4]:
        best = min(oracle.values, key=oracle.values.get)
        search = Search(magnitude=magnitude(instance), evaluate=None)
        search.chosen = tuple(instance.position(name) for name in best)
        search.upper = oracle.objective
        bounding = Bounding(Problem.of(instance), search, threshold=threshold)
        bounding.run(enough=0)
        left = {instance.candidates[position] for position in bounding.problem.positions}
        fixed = {instance.candidates[p] for p in bounding.problem.positions[bounding.problem.constraints.required]}
        for portfolio, value in oracle.values.items():
            if value <= threshold:
                assert portfolio <= left
                assert fixed <= portfolio
