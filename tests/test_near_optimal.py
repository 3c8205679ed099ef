"""The list of near-optimal portfolios is complete: against plain enumeration, with ties, rules and interruptions."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import brute_force, geographic_instance, instances, magnitude, random_instance

from siting import descent, near_optimal, shortlist
from siting.diversity import most_different
from siting.engine import solve_instance
from siting.enumeration import portfolios
from siting.errors import InputError
from siting.evaluation import evaluate
from siting.instance import Criterion, Instance, Limit
from siting.portfolio_values import portfolio_values
from siting.problem import Problem
from siting.search import Progress, Search

if TYPE_CHECKING:
    from strategies import Oracle

    from siting.near_optimal import NearOptimal

SEEDS = 150


@pytest.fixture
def nothing_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the path of large instances: stages, rising thresholds and subgradient steps at every prefix."""
    monkeypatch.setattr(near_optimal, "FEW", 0)
    monkeypatch.setattr(descent, "WORTH_STEPS", 0)


def listed(instance: Instance, search: Search | None = None, **wanted: float) -> NearOptimal:
    """Solve an instance and list what is near its optimum."""
    solution = solve_instance(instance)
    optimum = [instance.position(identifier) for identifier in solution.portfolio]
    return near_optimal.near_optimal(instance, optimum, Search() if search is None else search, **wanted)


def sets_of(instance: Instance, found: NearOptimal) -> list[frozenset]:
    """Return the portfolios as sets of identifiers."""
    return [frozenset(instance.candidates[site] for site in row if site >= 0) for row in found.portfolios.tolist()]


def assert_complete_up_to(instance: Instance, found: NearOptimal, oracle: Oracle, threshold: float) -> None:
    """Everything surely below is listed once, nothing surely above is, and objectives are those of the definition."""
    rounding = found.tolerance + 1e-11 * magnitude(instance)
    sets = sets_of(instance, found)
    assert len(set(sets)) == len(sets)
    surely = {chosen for chosen, value in oracle.values.items() if value <= threshold}
    possibly = {chosen for chosen, value in oracle.values.items() if value <= threshold + rounding}
    assert surely <= set(sets) <= possibly
    for chosen, objective in zip(sets, found.objectives.tolist(), strict=True):
        assert objective == pytest.approx(oracle.values[chosen], abs=1e-11 * magnitude(instance))


@pytest.mark.parametrize("start", range(0, SEEDS, 10))
def test_all_portfolios_up_to_a_threshold_are_those_of_brute_force(start: int, effort: int) -> None:
    """The threshold is the objective of a portfolio, so that one lies exactly on it, often with others that tie."""
    for seed in range(start * effort, (start + 10) * effort):
        instance = random_instance(seed)
        oracle = brute_force(instance)
        if not oracle.feasible:
            continue
        values = sorted(oracle.values.values())
        threshold = values[int(np.random.default_rng(seed).integers(len(values)))]
        found = listed(instance, threshold=threshold)
        assert_complete_up_to(instance, found, oracle, threshold)
        assert found.reached in {"threshold", "all"}


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("start", range(0, SEEDS, 10))
def test_the_path_of_large_instances_gives_the_same_lists(start: int, effort: int) -> None:
    """Stages and subgradient steps change nothing, by threshold and by number."""
    for seed in range(start * effort, (start + 10) * effort):
        instance = random_instance(seed, largest=7)
        oracle = brute_force(instance)
        if not oracle.feasible:
            continue
        values = sorted(oracle.values.values())
        random = np.random.default_rng(seed)
        threshold, count = values[int(random.integers(len(values)))], int(random.integers(1, len(values) + 3))
        assert_complete_up_to(instance, listed(instance, threshold=threshold), oracle, threshold)
        found = listed(instance, count=count)
        assert_are_the_best(instance, found, values, count)


def assert_are_the_best(instance: Instance, found: NearOptimal, values: list[float], count: int) -> None:
    """As many as asked for or as there are, none of them beaten by one left out, ties at the end told."""
    rounding = 1e-11 * magnitude(instance)
    assert found.objectives == pytest.approx(values[:count], abs=found.tolerance + rounding)
    if count > len(values):
        assert found.reached == "all"
        assert found.certain == np.inf
    if count < len(values) and abs(values[count] - values[count - 1]) > found.tolerance + rounding:
        assert not found.tied_beyond
    if count < len(values) and values[count] <= values[count - 1]:
        assert found.tied_beyond


@pytest.mark.parametrize("start", range(0, SEEDS, 10))
def test_the_k_best_portfolios_are_those_of_brute_force(start: int, effort: int) -> None:
    """Any number, also more than there are."""
    for seed in range(start * effort, (start + 10) * effort):
        instance = random_instance(seed)
        oracle = brute_force(instance)
        if oracle.feasible:
            values = sorted(oracle.values.values())
            count = int(np.random.default_rng(seed).integers(1, len(values) + 3))
            assert_are_the_best(instance, listed(instance, count=count), values, count)


@given(instance=instances())
def test_small_whole_numbers_with_many_ties_are_listed_in_full(instance: Instance) -> None:
    """All portfolios up to the middle one, by whole numbers without rounding."""
    oracle = brute_force(instance)
    if oracle.feasible:
        threshold = sorted(oracle.values.values())[len(oracle.values) // 2]
        assert_complete_up_to(instance, listed(instance, threshold=threshold), oracle, threshold)


@given(instance=instances())
@settings(max_examples=25)
def test_equals_are_in_candidate_order_behind_the_optimum(instance: Instance) -> None:
    """Rank follows the objective, then the optimum given, then the positions of the sites."""
    if not brute_force(instance).feasible:
        return
    found = listed(instance, count=30)
    rows = [[site for site in row if site >= 0] for row in found.portfolios.tolist()]
    width = instance.maximum_sites
    # A portfolio with fewer sites stands behind those it begins.
    keys = [
        (round(objective, 6), row != rows[0], [*row, *[10**6] * (width - len(row))])
        for objective, row in zip(found.objectives.tolist(), rows, strict=True)
    ]
    assert keys == sorted(keys)


@pytest.mark.parametrize("rules", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_forty_places_with_spacing_caps_and_a_budget_agree_with_full_enumeration(seed: int, rules: bool) -> None:
    """Thousands of portfolios within ten percent, against a walk over all of them."""
    instance = geographic_instance(seed, 40, 4, rules=rules)
    problem = Problem.of(instance)
    walked = {
        tuple(sorted(problem.positions[[*prefix, last]].tolist())): cost + problem.offset
        for prefix, lasts, costs in portfolios(problem)
        for last, cost in zip(lasts.tolist(), costs.tolist(), strict=True)
    }
    least = min(walked.values())
    found = listed(instance, threshold=1.1 * least)
    expected = {held: value for held, value in walked.items() if value <= 1.1 * least}
    assert {tuple(row) for row in found.portfolios.tolist()} == set(expected)
    best = listed(instance, count=200)
    assert best.objectives == pytest.approx(sorted(walked.values())[:200], rel=1e-9)


def test_ten_sites_are_listed_by_bounds_at_every_prefix() -> None:
    """Ten of sixteen, every portfolio within four percent."""
    instance = geographic_instance(7, 16, 10)
    values = {held: evaluate(instance, held).objective for held in combinations(range(16), 10)}
    least = min(values.values())
    found = listed(instance, threshold=1.04 * least)
    assert {tuple(row) for row in found.portfolios.tolist()} == {
        held for held, value in values.items() if value <= 1.04 * least
    }


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("cap", [1, 2, 3])
def test_caps_per_country_that_leave_room_for_several_sites_are_not_taken_for_one(cap: int) -> None:
    """Four of twelve in three countries: sixty percent of slack lets portfolios use a cap in full."""
    instance = geographic_instance(2, 12, 4)
    country = np.arange(12) % 3
    caps = {f"at most {cap} in {name}": Limit(country == name, upper=cap) for name in range(3)}
    instance = instance.replace(limits=caps, sites=3 if cap == 1 else 4)
    oracle = brute_force(instance)
    threshold = 1.6 * oracle.objective
    found = listed(instance, threshold=threshold)
    assert_complete_up_to(instance, found, oracle, threshold)
    assert max(np.bincount(country[row]).max() for row in found.portfolios) == cap


def test_a_range_of_sites_lists_portfolios_of_every_size() -> None:
    """Two to four sites, all portfolios: 15 + 20 + 15 of six candidates."""
    instance = Instance(sites=(2, 4), criteria={"cost": Criterion(site=[3, -1, 4, -1, 5, 9])})
    found = listed(instance, threshold=100.0)
    assert len(found.objectives) == 50
    assert found.reached == "all"
    assert sorted(set((found.portfolios >= 0).sum(axis=1).tolist())) == [2, 3, 4]


def test_a_limit_keeps_the_best_and_says_up_to_where_the_list_is_complete() -> None:
    """The ten best of all within thirty percent."""
    instance = geographic_instance(3, 25, 3)
    everyone = listed(instance, threshold=1.3 * solve_instance(instance).objective)
    found = listed(instance, threshold=1.3 * solve_instance(instance).objective, limit=10)
    assert found.reached == "limit"
    assert found.objectives == pytest.approx(everyone.objectives[:10], rel=1e-12)
    assert found.certain == pytest.approx(everyone.objectives[9], rel=1e-12)
    assert len(everyone.objectives) > 10


@pytest.mark.usefixtures("nothing_is_small")
@pytest.mark.parametrize("stop_after", [1, 2, 3, 5, 9, 17, 33, 65])
@pytest.mark.parametrize("seed", range(6))
def test_a_search_that_is_stopped_tells_the_truth(seed: int, stop_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it stops: everything below the certain objective is listed, and what is listed is admissible."""
    monkeypatch.setattr(descent, "REPORT_EVERY", 1)
    instance = geographic_instance(seed, 11, 4, rules=seed % 2 == 0)
    oracle = brute_force(instance)
    if not oracle.feasible:
        return
    told: list[Progress] = []

    def stop(progress: Progress) -> bool:
        told.append(progress)
        return len(told) >= stop_after

    threshold = 1.5 * oracle.objective
    for wanted in ({"threshold": threshold}, {"count": 40}, {"threshold": threshold, "limit": 5}):
        told.clear()
        found = listed(instance, Search(callback=stop), **wanted)
        sets = set(sets_of(instance, found))
        rounding = found.tolerance + 1e-11 * magnitude(instance)
        assert sets <= set(oracle.values)
        below = {chosen for chosen, value in oracle.values.items() if value < found.certain - rounding}
        assert below <= sets
        if found.reached == "interrupted":
            assert len(told) == stop_after


def test_thousands_of_ties_do_not_end_in_a_walk_through_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """All 18 choose 4 portfolios cost the same: five are listed, and more are said to tie."""
    monkeypatch.setattr(shortlist, "TIES_HELD", 50)
    instance = Instance(sites=4, criteria={"cost": Criterion(site=np.ones(18))})
    found = listed(instance, count=5)
    assert found.objectives.tolist() == [4.0] * 5
    assert found.tied_beyond
    within = listed(instance, threshold=4.0, limit=7)
    assert (len(within.objectives), within.reached, within.tied_beyond) == (7, "limit", True)


def test_duplicated_candidates_are_different_sites() -> None:
    """Two candidates with the same numbers give two portfolios."""
    instance = Instance(sites=1, criteria={"ms": Criterion(service=[[1.0, 1.0, 5.0], [2.0, 2.0, 1.0]])})
    assert listed(instance, threshold=3.0).portfolios.tolist() == [[0], [1]]


def test_a_portfolio_exactly_at_the_threshold_is_in_despite_rounding() -> None:
    """0.1 + 0.2 is a little more than 0.3 and counts as 0.3."""
    instance = Instance(sites=2, criteria={"cost": Criterion(site=[0.1, 0.2, 0.05])})
    assert len(listed(instance, threshold=0.3).objectives) == 3


def test_required_sites_that_are_a_whole_portfolio_are_listed() -> None:
    """Nothing is left to choose."""
    instance = Instance(sites=(2, 3), criteria={"cost": Criterion(site=[3.0, 1.0, 2.0])}, required=[0, 1])
    found = listed(instance, threshold=10.0)
    assert found.portfolios.tolist() == [[0, 1, -1], [0, 1, 2]]


def test_a_lower_limit_that_only_dear_sites_reach_is_kept() -> None:
    """At least five units from sites of one and three units: a prefix that can no longer reach it is left."""
    units = Limit([1, 1, 1, 3, 3], lower=5)
    instance = Instance(sites=2, criteria={"cost": Criterion(site=[0, 0, 0, 5, 6])}, limits={"units": units})
    assert listed(instance, threshold=100.0).portfolios.tolist() == [[3, 4]]


def test_capacities_are_refused_in_a_sentence() -> None:
    """How demand is split is another question."""
    instance = Instance(sites=1, criteria={"ms": Criterion(service=[[1.0, 2.0]])}, capacity=[1.0, 1.0])
    with pytest.raises(InputError, match="capacities"):
        near_optimal.near_optimal(instance, [0], Search(), count=2)


@pytest.mark.parametrize("seed", range(40))
def test_many_evaluations_at_once_are_those_of_one_at_a_time(seed: int) -> None:
    """All sets of up to three candidates, several service criteria, zero weights and ties included."""
    instance = random_instance(seed).replace(limits={}, conflicts={}, required=[], forbidden=[])
    count = instance.number_of_candidates
    sets = [held for size in range(1, min(3, count) + 1) for held in combinations(range(count), size)]
    rows = np.array([[*held, *[-1] * (3 - len(held))] for held in sets])
    values, objectives = portfolio_values(instance, rows)
    for row, held in enumerate(sets):
        one = evaluate(instance, held)
        rounding = 1e-12 * magnitude(instance.replace(sites=min(3, count)))
        assert objectives[row] == pytest.approx(one.objective, abs=rounding)
        assert values[row] == pytest.approx(list(one.values.values()), rel=1e-9, abs=1e-9 * max(1e-6, rounding * 1e12))


def test_worst_cases_are_reported_without_a_weight_and_refused_with_one() -> None:
    """Over sites, pairs and demand points, for every portfolio as in a single evaluation."""
    random = np.random.default_rng(3)
    apart = random.random((6, 6))
    criteria = {
        "cost": Criterion(site=random.random(6)),
        "access": Criterion(service=random.random((5, 6))),
        "grid": Criterion(site=random.random(6), sense="max", aggregate="worst"),
        "delay": Criterion(service=random.random((5, 6)), aggregate="worst"),
        "apart": Criterion(separation=apart + apart.T, sense="max"),
    }
    instance = Instance(sites=(2, 3), criteria=criteria, weights={"cost": 1.0, "access": 1.0}, demand=[1, 0, 2, 3, 1])
    found = listed(instance, count=100)
    assert len(found.objectives) == 35
    for row, values in zip(found.portfolios.tolist(), found.values.tolist(), strict=True):
        one = evaluate(instance, [site for site in row if site >= 0])
        assert values == pytest.approx(list(one.values.values()), rel=1e-12)
    with pytest.raises(InputError, match="give 'delay' the weight 0"):
        near_optimal.near_optimal(instance.replace(weights={"delay": 1.0}), [0, 1], Search(), count=2)


@pytest.mark.parametrize("seed", range(40))
def test_the_most_different_portfolios_differ_as_much_as_brute_force_finds(seed: int) -> None:
    """Greatest least difference of any choice that holds the first row, and the first such choice."""
    random = np.random.default_rng(seed)
    rows = np.array(list(combinations(range(7), 3)))
    listed_rows = [*random.permutation(rows)[:12].tolist(), [0, 6, -1]]
    number = int(random.integers(2, 5))

    def difference(one: int, other: int) -> int:
        first, second = ({site for site in listed_rows[row] if site >= 0} for row in (one, other))
        return max(len(first - second), len(second - first))

    def least(chosen: tuple[int, ...]) -> int:
        return min(difference(one, other) for one, other in combinations(chosen, 2))

    choices = [(0, *others) for others in combinations(range(1, len(listed_rows)), number - 1)]
    best = max(least(chosen) for chosen in choices)
    found = most_different(np.array(listed_rows), number)
    assert (found.difference, found.is_exact) == (best, True)
    assert found.rows == next(chosen for chosen in choices if least(chosen) == best)


def test_a_search_for_different_portfolios_that_gives_up_says_so() -> None:
    """With no comparisons to spend the greedy choice is returned as such."""
    rows = np.array(list(combinations(range(8), 3)))
    found = most_different(rows, 5, comparisons=10)
    assert len(found.rows) == 5
    assert not found.is_exact


def test_fewer_portfolios_than_asked_for_are_all_chosen() -> None:
    """One, or none besides."""
    assert most_different(np.array([[0, 1]]), 3).rows == (0,)
    assert most_different(np.array([[0, 1], [0, 2]]), 3).rows == (0, 1)
