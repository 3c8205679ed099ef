"""Lost sites and orders of building against plain loops, and on the shipped model against its own tables."""

from __future__ import annotations

import json
import math
from itertools import permutations

import numpy as np
import pytest
import typer
from strategies import brute_force, geographic_instance, magnitude, objective_of, random_instance
from typer.testing import CliRunner

import siting
from siting import command_line_defence
from siting.analysis._phasing import best_order, greedy_order
from siting.analysis.stress import stress
from siting.criterion import Criterion
from siting.errors import InputError, OutputError
from siting.instance import Instance


@pytest.fixture(scope="module")
def shipped() -> siting.Solution:
    """Return the solution of the shipped model."""
    return siting.solve("gigafactories")


def _instances(seeds: range) -> list[Instance]:
    """Return feasible instances: small numbers with ties, and points of a plane."""
    made = [geographic_instance(seed, 8, 4) if seed % 3 == 0 else random_instance(seed, 7) for seed in seeds]
    return [instance for instance in made if brute_force(instance).feasible]


def test_a_lost_site_leaves_what_the_others_are_worth(effort: int) -> None:
    """Criteria of the sites left, and the best single replacement, by enumeration."""
    checked = replaced = 0
    for instance in _instances(range(60 * effort)):
        result = stress(instance)
        for loss in result.losses:
            # A site that is lost can no longer be required.
            required = [one for one in instance.required if one != loss.site]
            values = brute_force(instance.replace(required=required)).values
            left = frozenset(result.portfolio) - {loss.site}
            weights = {name: instance.weights[name] * c.sign for name, c in instance.criteria.items()}
            objective = instance.constant + sum(weights[name] * value for name, value in loss.values.items())
            rounding = 1e-9 * magnitude(instance)
            assert objective == pytest.approx(objective_of(instance, left), abs=rounding)
            checked += 1
            options = [
                value
                for chosen, value in values.items()
                if left < chosen and len(chosen) == len(result.portfolio) and loss.site not in chosen
            ]
            if loss.replacement is None:
                assert not options
            else:
                replaced += 1
                assert loss.replacement.objective == pytest.approx(min(options), abs=rounding)
    assert min(checked, replaced) > 30


def test_users_go_to_the_best_site_left(effort: int) -> None:
    """Mean, worst and shares of demand beyond thresholds, point by point."""
    checked = 0
    for seed in range(25 * effort):
        instance = geographic_instance(seed, 9, 4)
        result = stress(instance, beyond=(100.0, 300.0))
        service, demand = instance.criteria["access"].service, instance.demand
        for row, lost in enumerate(["nothing", *result.portfolio]):
            left = [instance.position(one) for one in result.portfolio if one != lost]
            served = [min(service[point, j] for j in left) for point in range(len(demand))]
            line = result.table.iloc[row]
            assert line["mean"] == pytest.approx(float(np.average(served, weights=demand)))
            assert line["worst"] == max(served)
            beyond = sum(d for d, value in zip(demand, served, strict=True) if value > 300) / sum(demand)
            assert line["beyond_300_km"] == pytest.approx(beyond)
            if lost == "nothing":
                continue
            checked += 1
            mine = [
                point
                for point in range(len(demand))
                if min((service[point, instance.position(one)], one) for one in result.portfolio)[1] == lost
            ]
            assert line["its_demand"] == pytest.approx(demand[mine].sum() / demand.sum())
            after = np.average(np.array(served)[mine], weights=demand[mine])
            assert line["its_users_after"] == pytest.approx(float(after))
            takers = result.takeovers.loc[lost].dropna()
            assert takers.sum() == pytest.approx(1.0)
            assert str(lost) not in takers.index
    assert checked > 50


def test_the_best_order_is_that_of_all_permutations(effort: int) -> None:
    """Random worth of every subset, with ties; greedy is never better."""
    random = np.random.default_rng(5)
    beaten = 0
    for trial in range(120 * effort):
        sites = list("abcdef")[: 1 + trial % 6]
        subsets = [frozenset(sites[i] for i in range(len(sites)) if mask >> i & 1) for mask in range(2 ** len(sites))]
        worth = {one: float(random.integers(0, 12)) for one in subsets}

        def total(order: tuple, worth: dict = worth) -> float:
            return sum(worth[frozenset(order[: count + 1])] for count in range(len(order)))

        best = min(permutations(sites), key=total)
        assert total(best_order(sites, worth)) == total(best)
        greedy = greedy_order(sites, worth)
        assert sorted(greedy) == sites
        assert total(greedy) >= total(best)
        beaten += total(greedy) > total(best)
    assert beaten > 10


def test_orders_of_a_portfolio_are_worth_their_sums_over_phases(effort: int) -> None:
    """For the objective and each criterion with a weight, over all orders."""
    for instance in _instances(range(40 * effort)):
        result = stress(instance)
        rounding = 1e-9 * magnitude(instance) * 8
        assert [phasing.goal for phasing in result.phasing][:1] == ["objective"][: len(result.phasing)]
        if not result.phasing:
            continue
        phasing = result.phasing[0]
        sums = [
            math.fsum(objective_of(instance, frozenset(order[: count + 1])) for count in range(len(order)))
            for order in permutations(result.portfolio)
        ]
        assert phasing.total == pytest.approx(min(sums), abs=rounding)
        assert phasing.greedy_total >= phasing.total - rounding
        goals = {name for name, weight in instance.weights.items() if weight != 0}
        assert {phasing.goal for phasing in result.phasing[1:]} == goals


def test_the_portfolio_of_a_solution_is_taken_as_it_is(shipped) -> None:
    """One that is not optimal too; anything else is solved."""
    other = siting.solve(shipped.instance.replace(required=["ITI3"]))
    assert "ITI3" in stress(other).portfolio
    result = stress(shipped)
    assert result.portfolio == shipped.portfolio
    mean = result.table.loc["nothing", "mean"]
    assert mean == pytest.approx(shipped.criteria.loc["latency", "value"])
    demand = shipped.demand
    share = float((demand["demand_share"] * (demand["latency_ms"] > 20)).sum())
    assert result.table.loc["nothing", "beyond_20_ms"] == pytest.approx(share)
    assert "Users feel the loss of" in result.headline


def test_countries_that_feel_it_most_are_listed(shipped) -> None:
    """Poland when Brandenburg is lost, Spain when Castile is."""
    affected = stress(shipped).most_affected
    assert affected.loc[("ES41", "ES"), "after"] > affected.loc[("ES41", "ES"), "before"]
    assert set(affected.index.get_level_values("lost")) == set(shipped.portfolio)


def test_more_is_better_turns_round_what_is_worst() -> None:
    """A service to be maximised: the loss that leaves least is felt most."""
    service = Criterion(service=[[9.0, 1.0, 0.0], [1.0, 5.0, 0.0]], sense="max", unit="points")
    result = stress(Instance(sites=2, criteria={"comfort": service}, candidates=list("abc")), beyond=(2.0,))
    assert result.table.loc["a", "worst"] == 1.0
    assert result.table.loc["a", "beyond_2_points"] == 0.5
    assert result.headline.startswith("Users feel the loss of a most: comfort is then 3 instead of 7 points")


def test_little_portfolios_and_no_users_are_answered() -> None:
    """One site; no service; many sites, for which no order is given; capacities."""
    alone = stress(Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])}))
    assert alone.losses == ()
    assert alone.headline == "With a single site there is nothing left when it is lost; build 0 first."
    pair = stress(Instance(sites=2, criteria={"cost": Criterion(site=[3.0, 1.0])}))
    assert pair.headline == "Of 2 sites, build 1 first."
    assert list(pair.table.columns) == ["cost"]
    with pytest.raises(InputError, match="nothing to draw"):
        pair.plot()
    many = stress(Instance(sites=13, criteria={"cost": Criterion(site=np.ones(13))}))
    assert many.phasing == ()
    held = stress(Instance(sites=2, criteria={"ms": Criterion(service=[[1.0, 2.0], [2.0, 1.0]])}, capacity=[2.0, 2.0]))
    assert any("capacities" in note for note in held.notes)


def test_bad_questions_get_one_clear_sentence(shipped, tmp_path) -> None:
    """A threshold that is no number; a format that is not known."""
    with pytest.raises(InputError, match="beyond"):
        stress(shipped, beyond=("twenty",))
    with pytest.raises(OutputError):
        stress(shipped).to_file(tmp_path / "stress.doc")


def test_stress_shows_itself_everywhere(shipped, tmp_path) -> None:
    """In a notebook, as CSV and JSON, drawn in both styles."""
    result = stress(shipped)
    assert "Which site first" in result._repr_html_()
    result.to_file(tmp_path / "stress.csv")
    result.to_file(tmp_path / "stress.json")
    result.plot().save(tmp_path / "stress.png")
    result.plot(style="print").save(tmp_path / "stress.svg")


def test_the_command_prints_losses_and_the_order() -> None:
    """With thresholds of one's own."""
    application = typer.Typer()
    application.command()(command_line_defence.stress)
    run = CliRunner().invoke(application, ["--beyond", "15", "--json"], catch_exceptions=False)
    answer = json.loads(run.output)
    assert answer["table"][0]["lost"] == "nothing"
    assert "beyond_15_ms" in answer["table"][0]
    assert answer["which_site_first"][0]["best_for"] == "objective"
