"""Every method against brute force, properties that any exact engine has, and honest stops.

By default some hundreds of random instances are tried; `SITING_TEST_EFFORT=20 pytest tests/test_engine.py` tries
thousands.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import (
    Oracle,
    brute_force,
    geographic_instance,
    instances,
    magnitude,
    random_instance,
    single_source_instance,
    worst_case_instance,
)

from siting import choice
from siting.engine import METHODS, InstanceSolution, solve_instance
from siting.errors import InfeasibleError, InputError, SolverError
from siting.instance import Criterion, Instance, Limit

if TYPE_CHECKING:
    from siting.search import Progress

FAST = ("auto", "bounding", "enumeration")
SLOW = ("benders", "assignment")


def check(instance: Instance, oracle: Oracle, method: str, seed: int) -> None:
    """Solve by a method and compare with the oracle."""
    rounding = 1e-9 * magnitude(instance)
    try:
        solution = solve_instance(instance, method=method)
    except InfeasibleError:
        assert not oracle.feasible, (seed, method)
        return
    portfolio = frozenset(solution.portfolio)
    assert solution.status == "optimal", (seed, method)
    assert portfolio in oracle.values, (seed, method)
    assert solution.objective == pytest.approx(oracle.values[portfolio], abs=rounding), (seed, method)
    assert solution.objective == pytest.approx(oracle.objective, abs=rounding), (seed, method)
    assert (solution.bound, solution.gap) == (solution.objective, 0.0)
    assert solution.proof


@pytest.mark.parametrize("chunk", range(10))
def test_fast_methods_equal_brute_force(chunk: int, effort: int) -> None:
    """Ties, signs, duplicates, zero demand, one candidate, all candidates, every rule, 1e-6 to 1e9."""
    for seed in range(chunk * 50 * effort, (chunk + 1) * 50 * effort):
        instance = random_instance(seed)
        oracle = brute_force(instance)
        for method in FAST:
            check(instance, oracle, method, seed)


@pytest.mark.parametrize("chunk", range(6))
def test_methods_on_highs_equal_brute_force(chunk: int, effort: int) -> None:
    """The same kind of instances through Pyomo and HiGHS."""
    for seed in range(10_000 + chunk * 40 * effort, 10_000 + (chunk + 1) * 40 * effort):
        instance = random_instance(seed)
        oracle = brute_force(instance)
        for method in SLOW:
            check(instance, oracle, method, seed)


@pytest.mark.parametrize("chunk", range(4))
def test_bounding_that_ends_in_benders_equals_brute_force(
    chunk: int, effort: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small instances would be finished by enumeration; without it, what bounding leaves goes to HiGHS."""
    monkeypatch.setattr(choice, "ENUMERATION_WORK", 0)
    for seed in range(20_000 + chunk * 40 * effort, 20_000 + (chunk + 1) * 40 * effort):
        instance = random_instance(seed)
        check(instance, brute_force(instance), "auto", seed)


@pytest.mark.parametrize("chunk", range(6))
def test_worst_cases_alone_and_in_mixtures_equal_brute_force(
    chunk: int, effort: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The farthest demand point, the weakest site and the closest pair, by enumeration and by levels."""
    for seed in range(40_000 + chunk * 30 * effort, 40_000 + (chunk + 1) * 30 * effort):
        instance = worst_case_instance(seed)
        oracle = brute_force(instance)
        check(instance, oracle, "enumeration", seed)
        check(instance, oracle, "bounding", seed)
        with monkeypatch.context() as patched:
            patched.setattr(choice, "ENUMERATION_WORK", 0)
            check(instance, oracle, "auto", seed)


@pytest.mark.parametrize("chunk", range(4))
def test_worst_cases_in_the_full_model_equal_brute_force(chunk: int, effort: int) -> None:
    """The model in Pyomo says the same as the definition."""
    for seed in range(50_000 + chunk * 30 * effort, 50_000 + (chunk + 1) * 30 * effort):
        instance = worst_case_instance(seed, largest=6)
        check(instance, brute_force(instance), "assignment", seed)


@pytest.mark.parametrize("chunk", range(4))
def test_demand_that_must_not_be_split_equals_brute_force(chunk: int, effort: int) -> None:
    """Every way to give each demand point one site with room is compared."""
    for seed in range(60_000 + chunk * 30 * effort, 60_000 + (chunk + 1) * 30 * effort):
        instance = single_source_instance(seed)
        check(instance, brute_force(instance), "auto", seed)


@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-3, 1.0, 1e6, 1e9])
def test_rules_in_any_unit_bind_in_every_method(size: float) -> None:
    """A budget in megawatts or in euros: solvers' tolerances are absolute, rules are not."""
    for seed in range(8):
        random = np.random.default_rng(seed)
        weights = random.random(6) * size
        third = float(np.sort(weights)[:3].sum())
        limits = {"budget": Limit(weights, upper=third * 1.2), "floor": Limit(weights, lower=third * 0.8)}
        if seed % 2:
            mixed = random.random(6) * 10.0 ** random.integers(-6, 9, 6)
            limits["mixed"] = Limit(mixed, upper=10.0 ** random.integers(-4, 9))
        instance = Instance(
            sites=3,
            criteria={
                "ms": Criterion(service=random.random((4, 6))),
                "cost": Criterion(site=weights / size, sense="max"),
            },
            limits=limits,
        )
        oracle = brute_force(instance)
        for method in METHODS:
            check(instance, oracle, method, seed)


@pytest.mark.parametrize("kind", ["unreachable site", "prohibitive sites", "prohibitive service"])
def test_huge_numbers_beside_small_ones_do_not_hide_the_optimum(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Costs of 1e9 that no good portfolio pays, beside costs of 1, compared to the accuracy of the small ones."""
    for seed in range(12):
        random = np.random.default_rng(seed)
        service, site = random.random((6, 8)), random.random(8)
        rules: dict[str, Any] = {}
        if kind == "unreachable site":
            site[0] = -1e9
            rules = {"required": [1], "conflicts": [(0, 1)]}
        elif kind == "prohibitive sites":
            site[random.random(8) < 0.5] = 1e9
        else:
            service[random.random((6, 8)) < 0.4] = 1e9
        instance = Instance(sites=3, criteria={"ms": Criterion(service=service), "cost": Criterion(site=site)}, **rules)
        best = brute_force(instance).objective
        for method, work in (("auto", 2e7), ("bounding", 2e7), ("bounding", 0), ("benders", 0), ("assignment", 0)):
            monkeypatch.setattr(choice, "ENUMERATION_WORK", work)
            solution = solve_instance(instance, method=method)
            assert solution.status == "optimal"
            assert solution.objective == pytest.approx(best, rel=1e-6), (seed, method, work)


@pytest.mark.parametrize("rules", [False, True])
@pytest.mark.parametrize("sites", [3, 6])
def test_methods_agree_on_geography_of_medium_size(
    rules: bool,
    sites: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thirty-five places, groups, a budget and spacing: too many portfolios for the oracle, five methods agree."""
    instance = geographic_instance(7, 35, sites, rules=rules)
    found = {method: solve_instance(instance, method=method) for method in METHODS if sites < 5 or method[0] != "e"}
    monkeypatch.setattr(choice, "ENUMERATION_WORK", 0)
    found["bounding, then Benders"] = solve_instance(instance)
    objectives = {method: solution.objective for method, solution in found.items()}
    expected = objectives["benders"]
    assert objectives == {method: pytest.approx(expected, rel=1e-9) for method in objectives}
    assert len({solution.portfolio for solution in found.values()}) == 1


def test_places_on_a_line_have_the_medians_worked_out_by_hand() -> None:
    """Five places at 0, 1, 2, 10, 11 km: the 2-median is {1, 10} or {1, 11}, with 1 + 1 + 1 km."""
    place = np.array([0.0, 1, 2, 10, 11])
    instance = Instance(
        sites=2,
        criteria={"km": Criterion(service=np.abs(place[:, None] - place[None, :]))},
        candidates=["a", "b", "c", "d", "e"],
    )
    for method in METHODS:
        solution = solve_instance(instance, method=method)
        assert solution.objective == pytest.approx(3)
        assert solution.portfolio in (("b", "d"), ("b", "e"))
    weighted = solve_instance(instance.replace(demand=[1, 1, 1, 1, 5]))
    assert (weighted.portfolio, weighted.objective) == (("b", "e"), 3.0)
    assert weighted.assignment.tolist() == [1, 1, 1, 4, 4]
    assert solve_instance(instance.replace(sites=1)).objective == 2 + 1 + 0 + 8 + 9
    assert solve_instance(instance.replace(sites=5)).objective == 0


def test_uncapacitated_facility_location_chooses_its_number_of_sites() -> None:
    """Opening costs 4: two sites save more than that, a third does not."""
    place = np.array([0.0, 1, 2, 10, 11])
    instance = Instance(
        sites=(1, 5),
        criteria={
            "km": Criterion(service=np.abs(place[:, None] - place[None, :])),
            "opening": Criterion(site=np.full(5, 4.0)),
        },
    )
    for method in METHODS:
        assert solve_instance(instance, method=method).objective == pytest.approx(3 + 2 * 4)


# --- properties -----------------------------------------------------------------------------------------------------


def optimum(instance: Instance, method: str = "bounding") -> float:
    """Return the optimal objective, infinite where no portfolio is admissible."""
    try:
        return float(solve_instance(instance, method=method).objective or 0.0)
    except InfeasibleError:
        return math.inf


def not_below(value: float, reference: float, instance: Instance) -> bool:
    """Return whether a value is at least a reference, up to rounding."""
    return value >= reference - 1e-9 * max(1.0, magnitude(instance))


@given(instances(minimum_candidates=2), st.data())
def test_adding_a_candidate_never_worsens(instance: Instance, data: st.DataObject) -> None:
    """Whatever the new candidate costs and counts in every rule, it need not be chosen."""
    numbers = st.integers(-4, 9).map(float)
    count, points = instance.number_of_candidates, instance.number_of_demand_points
    access, cost = instance.criteria["access"], instance.criteria["cost"]
    column = np.array(data.draw(st.lists(numbers, min_size=points, max_size=points)))
    limits = {
        name: Limit(np.append(limit.coefficients, data.draw(st.integers(-1, 2))), limit.lower, limit.upper)
        for name, limit in instance.limits.items()
    }
    larger = Instance(
        sites=instance.sites,
        criteria={
            "access": Criterion(service=np.column_stack([access.service, column])),
            "cost": Criterion(site=np.append(cost.site, data.draw(numbers)), sense=cost.sense),
        },
        demand=instance.demand,
        limits=limits,
        conflicts={"old": instance.conflicts.get("conflicts", ()), "new": [(0, count)]},
    )
    assert not_below(optimum(instance), optimum(larger), larger)


@given(instances(rules=False, minimum_candidates=2), instances(minimum_candidates=2))
def test_a_rule_never_improves(instance: Instance, other: Instance) -> None:
    """Each rule of another instance, added to this one, leaves the optimum or worsens it."""
    assume(other.number_of_candidates == instance.number_of_candidates)
    free = optimum(instance)
    assert not_below(optimum(instance.replace(limits=other.limits)), free, instance)
    assert not_below(optimum(instance.replace(conflicts=other.conflicts)), free, instance)
    assert not_below(optimum(instance.replace(required=[0])), free, instance)
    assert not_below(optimum(instance.replace(forbidden=[1])), free, instance)


@given(instances(minimum_candidates=2), st.data())
def test_tightening_a_limit_never_improves(instance: Instance, data: st.DataObject) -> None:
    """From loose to tight, the optimum only rises."""
    count = instance.number_of_candidates
    row = data.draw(st.lists(st.integers(-1, 3), min_size=count, max_size=count))
    values = [
        optimum(instance.replace(limits={**instance.limits, "budget": Limit(row, upper=upper)}))
        for upper in (6, 3, 1, 0)
    ]
    assert all(not_below(tighter, looser, instance) for looser, tighter in pairwise(values))


@given(instances(), st.randoms(use_true_random=False))
def test_the_order_of_candidates_and_demand_points_does_not_matter(instance: Instance, random: Any) -> None:
    """Shuffled rows and columns have the same optimum."""
    columns, rows = list(range(instance.number_of_candidates)), list(range(instance.number_of_demand_points))
    random.shuffle(columns)
    random.shuffle(rows)
    shuffled = Instance(
        sites=instance.sites,
        criteria={
            name: Criterion(
                site=None if criterion.site is None else criterion.site[columns],
                service=None if criterion.service is None else criterion.service[np.ix_(rows, columns)],
                sense=criterion.sense,
            )
            for name, criterion in instance.criteria.items()
        },
        demand=instance.demand[rows],
        candidates=columns,
        limits={n: Limit(rule.coefficients[columns], rule.lower, rule.upper) for n, rule in instance.limits.items()},
        conflicts=instance.conflicts,
    )
    assert optimum(shuffled) == pytest.approx(optimum(instance), abs=1e-9)


@given(instances(integer=False), st.sampled_from([1e-6, 0.5, 8.0, 1e6]))
def test_scaling_all_weights_scales_the_objective_and_nothing_else(instance: Instance, factor: float) -> None:
    """The portfolio found under scaled weights is optimal under the old ones."""
    scaled = instance.replace(weights={name: factor * weight for name, weight in instance.weights.items()})
    oracle = brute_force(instance)
    assume(oracle.feasible)
    solution = solve_instance(scaled, method="bounding")
    rounding = 1e-8 * max(1e-300, magnitude(instance))
    assert oracle.values[frozenset(solution.portfolio)] == pytest.approx(oracle.objective, abs=rounding)
    assert solution.objective == pytest.approx(factor * oracle.objective, abs=factor * rounding)


@given(instances())
def test_an_answer_survives_re_evaluation_by_the_oracle(instance: Instance) -> None:
    """Portfolio, objective and values of the criteria belong together."""
    oracle = brute_force(instance)
    assume(oracle.feasible)
    solution = solve_instance(instance)
    assert oracle.values[frozenset(solution.portfolio)] == pytest.approx(solution.objective, abs=1e-9)
    assert list(solution.portfolio) == [name for name in instance.candidates if name in solution.portfolio]
    chosen = {instance.position(name) for name in solution.portfolio}
    assert set(solution.assignment.tolist()) <= chosen


@pytest.mark.parametrize("method", METHODS)
def test_the_same_search_gives_the_same_answer(method: str) -> None:
    """Even among ties."""
    instance = Instance(sites=2, criteria={"ms": Criterion(service=np.ones((3, 6)))})
    first, second = (solve_instance(instance, method=method, seed=1, threads=1) for _ in range(2))
    assert first.portfolio == second.portfolio
    assert first.objective == second.objective == 3


# --- stops ----------------------------------------------------------------------------------------------------------


def assert_honest(solution: InstanceSolution, best: float) -> None:
    """Assert that what is held, the bound and the reason fit together."""
    rounding = 1e-6 * abs(best)
    assert solution.bound <= best + rounding
    if solution.portfolio is None:
        assert solution.objective is None
        assert solution.gap == math.inf
        assert solution.values == {}
        assert solution.status != "optimal"
    else:
        assert solution.objective >= best - rounding
    if solution.status == "optimal":
        assert solution.objective == pytest.approx(best)
    else:
        assert solution.proof == f"not proven: stopped by {solution.status}"


@pytest.fixture(scope="module")
def medium() -> tuple[Instance, float]:
    """Return an instance that no method finishes at once, and its optimum."""
    instance = geographic_instance(2, 40, 6).replace(weights={"access": 1, "cost": 0.05})
    return instance, solve_instance(instance).objective


@pytest.mark.parametrize("method", METHODS)
def test_a_time_limit_that_is_over_at_once_is_not_called_optimal(method: str, medium: tuple[Instance, float]) -> None:
    """With or without an incumbent, the reason is the limit."""
    instance, best = medium
    solution = solve_instance(instance, method=method, time_limit=1e-9)
    assert solution.status == "time_limit"
    assert_honest(solution, best)


def test_enumeration_stopped_before_the_first_portfolio_holds_none(medium: tuple[Instance, float]) -> None:
    """None, not infinity."""
    solution = solve_instance(medium[0], method="enumeration", time_limit=1e-9)
    assert solution.portfolio is None
    assert solution.objective is None
    assert solution.assignment is None
    assert solution.bound == -math.inf


@pytest.mark.parametrize("method", ["auto", "bounding", "benders", "assignment"])
def test_a_callback_that_says_stop_interrupts(method: str, medium: tuple[Instance, float]) -> None:
    """What is held at that moment is returned, not called optimal."""
    instance, best = medium
    solution = solve_instance(instance, method=method, callback=lambda _: True)
    assert solution.status in ("interrupted", "optimal")
    assert method == "assignment" or solution.status == "interrupted"
    assert_honest(solution, best)


@pytest.mark.parametrize("method", ["bounding", "benders", "assignment"])
def test_control_c_keeps_what_is_held(method: str, medium: tuple[Instance, float]) -> None:
    """An interrupt from the keyboard ends the search, not the answer."""
    instance, best = medium

    def press(progress: Progress) -> None:
        if progress.incumbent is not None:
            raise KeyboardInterrupt

    solution = solve_instance(instance, method=method, callback=press)
    assert solution.status in ("interrupted", "optimal")
    assert solution.portfolio is not None
    assert_honest(solution, best)


@pytest.mark.parametrize("method", ["bounding", "benders", "assignment"])
def test_progress_only_ever_improves(method: str, medium: tuple[Instance, float]) -> None:
    """Incumbents fall, bounds rise, and they end at the answer."""
    told: list[Progress] = []
    solution = solve_instance(medium[0], method=method, callback=told.append)  # type: ignore[arg-type]
    incumbents = [progress.incumbent for progress in told if progress.incumbent is not None]
    assert incumbents == sorted(incumbents, reverse=True)
    bounds = [progress.bound for progress in told]
    assert bounds == sorted(bounds)
    seconds = [progress.seconds for progress in told]
    assert seconds == sorted(seconds)
    assert incumbents[-1] == solution.objective
    assert told[-1].gap == 0.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("constant", [0.0, -3000.0, 1e5])
def test_a_gap_that_is_allowed_is_kept(method: str, constant: float) -> None:
    """The bound is valid, the gap within what was asked, of the whole objective with its constant."""
    instance = geographic_instance(4, 18, 4).replace(constant=constant)
    best = solve_instance(instance).objective
    for gap in (0.01, 0.2, 0.9):
        solution = solve_instance(instance, method=method, gap=gap)
        assert solution.status in ("gap", "optimal")
        assert solution.gap <= gap + 1e-9
        assert_honest(solution, best)


# --- checks on the way out ------------------------------------------------------------------------------------------


def test_a_portfolio_that_breaks_a_rule_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is wrong about a rule is found out."""
    instance = Instance(
        sites=2, criteria={"cost": Criterion(site=[1, 2, 3])}, limits={"budget": Limit([5, 5, 1], upper=6)}
    )
    monkeypatch.setattr(choice, "best_portfolio", lambda *_: (np.array([0, 1]), 3.0, 1, True))
    with pytest.raises(SolverError, match=r"breaks a rule.*'budget'"):
        solve_instance(instance)


def test_an_objective_that_the_raw_arrays_do_not_give_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that claims a better value than its portfolio has is found out."""
    instance = Instance(sites=2, criteria={"cost": Criterion(site=[1, 2, 3])})
    finish = choice.Choice._enumerate

    def tampered(run: choice.Choice, *arguments: Any) -> None:
        finish(run, *arguments)
        run.search.upper -= 1e-3

    monkeypatch.setattr(choice.Choice, "_enumerate", tampered)
    with pytest.raises(SolverError, match="the raw arrays give 3"):
        solve_instance(instance)


def test_a_search_that_ends_without_reason_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not passed off as a time limit."""
    monkeypatch.setattr(choice.Choice, "_enumerate", lambda *_: None)
    with pytest.raises(SolverError, match="without a proof"):
        solve_instance(Instance(sites=1, criteria={"cost": Criterion(site=[1, 2])}))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "bender"}, ["'bender'", "did you mean 'benders'"]),
        ({"method": ["auto"]}, ["method", "unknown"]),
        ({"time_limit": 0}, ["time_limit", "0", "above 0"]),
        ({"time_limit": math.nan}, ["time_limit", "nan"]),
        ({"time_limit": "1 h"}, ["time_limit", "'1 h'"]),
        ({"gap": -0.1}, ["gap", "-0.1"]),
        ({"gap": 1}, ["gap", "1"]),
        ({"gap": math.nan}, ["gap", "nan"]),
        ({"gap": "1 %"}, ["gap", "'1 %'"]),
        ({"threads": 0}, ["threads", "0"]),
        ({"threads": 1.5}, ["threads", "1.5"]),
        ({"threads": "all"}, ["threads", "'all'"]),
        ({"seed": -1}, ["seed", "-1"]),
        ({"seed": 2**40}, ["seed", "2147483647"]),
        ({"seed": "x"}, ["seed", "'x'"]),
    ],
)
def test_an_option_that_is_not_valid_is_named(options: dict[str, Any], words: list[str]) -> None:
    """Before anything is searched."""
    with pytest.raises(InputError) as caught:
        solve_instance(Instance(sites=1, criteria={"cost": Criterion(site=[1, 2])}), **options)
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize("method", ["bounding", "benders", "enumeration"])
def test_a_method_that_knows_no_capacities_says_so(method: str) -> None:
    """And names those that do."""
    instance = Instance(sites=1, criteria={"ms": Criterion(service=[[1, 2]])}, capacity=[1, 1])
    with pytest.raises(InputError, match=r"capacities.*'assignment'"):
        solve_instance(instance, method=method)
