"""Prices of rules against plain enumeration, and on the shipped model against solving it without the rule."""

from __future__ import annotations

import json
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import pytest
import typer
from strategies import brute_force, magnitude, random_instance
from typer.testing import CliRunner

import siting
from siting import command_line_defence
from siting.analysis._rule_groups import InstanceRules, ModelRules
from siting.analysis.rule_prices import RulePrices, rule_prices
from siting.criterion import Criterion, Limit
from siting.errors import InfeasibleError, InputError, SolverError
from siting.instance import Instance
from siting.preparation import prepare


def _without(instance: Instance, *names: str) -> Instance:
    """Drop named rules, written out again."""
    return Instance(
        sites=instance.sites,
        criteria=instance.criteria,
        weights=instance.weights,
        demand=instance.demand,
        candidates=instance.candidates,
        required=[one for one in instance.required if f"{one} is required" not in names],
        forbidden={one: why for one, why in instance.forbidden.items() if f"forbidden: {why}" not in names},
        limits={name: limit for name, limit in instance.limits.items() if name not in names},
        conflicts={name: list(pairs) for name, pairs in instance.conflicts.items() if name not in names},
        constant=instance.constant,
    )


def _tightened(limit: Limit) -> Limit | None:
    """Move each end inwards: by one where everything is whole, else by a twentieth."""
    numbers = [*limit.coefficients.tolist(), *(end for end in (limit.lower, limit.upper) if end is not None)]
    largest = max(abs(number) for number in limit.coefficients.tolist())

    def step(end: float) -> float:
        return 1.0 if all(number == int(number) for number in numbers) else 0.05 * (abs(end) or largest)

    lower = None if limit.lower is None else limit.lower + step(limit.lower)
    upper = None if limit.upper is None else limit.upper - step(limit.upper)
    return (
        None if lower is not None and upper is not None and lower > upper else Limit(limit.coefficients, lower, upper)
    )


def test_every_price_equals_brute_force(effort: int) -> None:
    """Limits, conflicts, required and forbidden candidates, ties: without each rule, and one step stricter."""
    seen = {"rules": 0, "costs": 0, "stricter": 0, "impossible": 0}
    for seed in range(90 * effort):
        instance = random_instance(seed, largest=7)
        oracle = brute_force(instance)
        if not oracle.feasible:
            continue
        result = rule_prices(instance)
        rounding = 1e-9 * magnitude(instance)
        assert result.base.objective == pytest.approx(oracle.objective, abs=rounding)
        assert {price.group.name for price in result.prices} == {group.name for group in InstanceRules(instance).groups}
        for price in result.prices:
            name = price.group.name
            seen["rules"] += 1
            expected = oracle.objective - brute_force(_without(instance, name)).objective
            assert price.price == pytest.approx(expected, abs=rounding)
            assert price.price >= 0
            seen["costs"] += price.price > 0
            limit = instance.limits.get(name)
            tighter = None if limit is None else _tightened(limit)
            if tighter is None:
                assert math.isnan(price.cost)
                continue
            after = brute_force(instance.replace(limits={**instance.limits, name: tighter}))
            seen["stricter"] += after.feasible
            seen["impossible"] += not after.feasible
            if after.feasible:
                assert price.cost == pytest.approx(after.objective - oracle.objective, abs=rounding)
            else:
                assert price.cost == math.inf
    assert min(seen.values()) > 10


def test_pairs_that_cost_only_together_are_found(effort: int) -> None:
    """Every pair of free rules, by enumeration."""
    found = 0
    for seed in range(60 * effort):
        instance = random_instance(seed, largest=6)
        again = {f"{name} again": limit for name, limit in instance.limits.items()}
        instance = instance.replace(limits={**instance.limits, **again})
        oracle = brute_force(instance)
        if not oracle.feasible:
            continue
        result = rule_prices(instance)
        rounding = 1e-9 * magnitude(instance)
        free = [price.group.name for price in result.prices if price.price == 0]
        for pair in combinations(free, 2):
            saving = oracle.objective - brute_force(_without(instance, *pair)).objective
            listed = result.pairs.get(pair) or result.pairs.get(pair[::-1]) or 0.0
            assert listed == pytest.approx(saving if saving > rounding else 0.0, abs=rounding)
            found += listed > 0
    assert found > 3


def test_two_rules_that_say_the_same_cost_only_together() -> None:
    """The doublet is in a table of its own, and in the headline."""
    twice = {"first": Limit([0.0, 1.0, 1.0], lower=1), "second": Limit([0.0, 1.0, 1.0], lower=1)}
    result = rule_prices(Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 4.0, 5.0])}, limits=twice))
    assert result.pairs == {("first", "second"): 3.0}
    assert "1 pairs of them" in result.headline or "pair" in result.headline
    assert result.tables["Free alone, but not together"].loc[("first", "second"), "price"] == 3.0


def test_numbers_of_sites_are_solved_beside_the_prices() -> None:
    """One fewer and one more; not fewer than required, not more than there are."""
    instance = Instance(sites=2, criteria={"cost": Criterion(site=[1.0, 4.0, 5.0])}, required=[0, 2])
    result = rule_prices(instance)
    assert list(result.sizes) == [3]
    assert result.sizes[3].objective == 10.0
    assert result.tables["Number of sites"].loc[2, "portfolio"] == (0, 2)


@pytest.fixture(scope="module")
def tight() -> siting.Model:
    """Return the shipped model with rules that cost something, and scales that need no search."""
    few = {"few": {"kind": "countries", "keep": ["IT", "ES", "FR", "RO", "PL"]}}
    scales = {"energy_cost": 4e8, "grid_capacity": 7.0, "cohesion": 2.0, "latency": 4.5}
    criteria = {name: {"scale": scale} for name, scale in scales.items()}
    rules = {"spacing": {"minimum_km": 900.0}, "eligible_sites": {"minimum": 4}}
    return siting.Model.load("gigafactories").replace(
        rules=rules, exclusions=few, forbidden=["FRB0"], criteria=criteria, normalisation="fixed"
    )


@pytest.fixture(scope="module")
def tight_prices(tight) -> RulePrices:
    """Return the prices of its rules."""
    return rule_prices(tight, step={"spacing": 100.0})


def test_prices_on_the_shipped_model_are_those_of_solving_without_the_rule(tight, tight_prices) -> None:
    """Each block switched off in the model itself, each tightened in the model itself."""
    result, prepared = tight_prices, tight_prices.prepared
    prices = {price.group.name: price for price in result.prices}
    changes = {
        "spacing": ({"rules": {"spacing": False}}, {"rules": {"spacing": {"minimum_km": 1000.0}}}),
        "eligible_sites": ({"rules": {"eligible_sites": False}}, {"rules": {"eligible_sites": {"minimum": 5}}}),
        "one_site_per_country": ({"rules": {"one_site_per_country": False}}, None),
        "voltage": ({"exclusions": {"voltage": False}}, {"exclusions": {"voltage": {"minimum_kv": 300}}}),
        "grid_capacity": (
            {"exclusions": {"grid_capacity": False}},
            {"exclusions": {"grid_capacity": {"multiple": 1.05}}},
        ),
        "few": ({"exclusions": {"few": False}}, None),
        "outermost": ({"exclusions": {"outermost": False}}, None),
        "forbidden candidates": ({"forbidden": []}, None),
    }
    assert set(prices) == set(changes)
    assert prices["spacing"].price > 0
    assert prices["eligible_sites"].cost == math.inf
    for name, (off, stricter) in changes.items():
        without = siting.solve(prepared.rescaled(tight.replace(**off)))
        assert prices[name].price == pytest.approx(result.base.objective - without.objective, abs=1e-9)
        if stricter is None:
            assert math.isnan(prices[name].cost)
        elif math.isfinite(prices[name].cost):
            after = siting.solve(prepared.rescaled(tight.replace(**stricter)))
            assert prices[name].cost == pytest.approx(after.objective - result.base.objective, abs=1e-9)
    table = result.table
    assert table.loc["spacing", "price_eur_per_year"] > 1e6
    assert table.loc["eligible_sites", "then"] == "impossible"
    assert result.prices[0].price == max(price.price for price in result.prices)


def test_an_executor_gives_the_same_answer() -> None:
    """Threads take turns, the numbers stay; what a model's rules need travels to other processes."""
    instance = next(i for i in map(random_instance, range(3, 99)) if len(i.limits) == 2 and brute_force(i).feasible)
    here = rule_prices(instance)
    with ThreadPoolExecutor(2) as pool:
        there = rule_prices(instance, executor=pool)
    assert there.to_dict() == here.to_dict()
    rules = ModelRules(prepare(siting.solve("gigafactories")))
    sent = pickle.loads(pickle.dumps(rules))  # noqa: S301
    assert sent.groups == rules.groups
    assert list(sent.without(["spacing"]).limits) == list(rules.without(["spacing"]).limits)


def test_bad_questions_get_one_clear_sentence() -> None:
    """A rule that is not there, an infeasible model, too little time."""
    instance = Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])}, limits={"few": Limit([1, 1], upper=1)})
    with pytest.raises(InputError, match="did you mean 'few'"):
        rule_prices(instance, step={"fev": 1.0})
    with pytest.raises(InfeasibleError):
        rule_prices(instance.replace(limits={"none": Limit([1, 1], upper=0)}))
    with pytest.raises(SolverError, match="more time"):
        rule_prices("gigafactories", time_limit=1e-4)


def test_a_model_without_rules_says_so() -> None:
    """There is nothing to draw either."""
    result = rule_prices(Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])}))
    assert result.headline == "There is no rule to price besides the number of sites."
    assert not len(result.table)
    with pytest.raises(InputError, match="nothing to draw"):
        result.plot()


def test_prices_show_themselves_everywhere(tmp_path, tight_prices) -> None:
    """In a notebook, as CSV and JSON, drawn."""
    result = tight_prices
    assert "900 km" in result._repr_html_()
    result.to_file(tmp_path / "prices.csv")
    result.to_file(tmp_path / "prices.json")
    result.plot().save(tmp_path / "prices.png")
    assert np.isfinite(result.table["price"]).all()


def test_the_command_prints_prices_and_refuses_steps_that_are_no_numbers() -> None:
    """The shipped model, with another step."""
    application = typer.Typer()
    application.command()(command_line_defence.rule_prices)
    run = CliRunner().invoke(application, ["--step", "spacing=100", "--json"], catch_exceptions=False)
    rules = {row["rule"]: row for row in json.loads(run.output)["table"]}
    assert rules["spacing"]["one_step_stricter"] == "minimum km 400"
    with pytest.raises(InputError, match="not a number"):
        CliRunner().invoke(application, ["--step", "spacing=far"], catch_exceptions=False)
