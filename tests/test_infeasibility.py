"""Conflicts and relaxations against plain enumeration, and on the shipped model by solving just beyond them."""

from __future__ import annotations

import numpy as np
import pytest
import typer
from strategies import brute_force, capacitated_instance, magnitude, random_instance, rules_of, satisfiable
from typer.testing import CliRunner

import siting
from siting import command_line_defence
from siting.analysis._relaxation import _largest
from siting.analysis.infeasibility import explain_infeasible
from siting.criterion import Criterion, Limit
from siting.errors import InfeasibleError, InputError, OutputError
from siting.feasibility import CAPACITY_RULE
from siting.instance import Instance

#: Scales that need no search, so that only the question itself is solved.
_SCALES = {"energy_cost": 4e8, "grid_capacity": 7.0, "cohesion": 2.0, "latency": 4.5}
_FIXED = {"normalisation": "fixed", "criteria": {name: {"scale": scale} for name, scale in _SCALES.items()}}
_NAMES = {"number of sites": "sites", CAPACITY_RULE: "capacities"}


def _infeasible(seeds: range, make=random_instance) -> list[Instance]:
    return [instance for instance in map(make, seeds) if not satisfiable(instance, rules_of(instance))]


def _names(answer) -> list[str]:
    return [_NAMES.get(group.name, group.name) for group in answer.conflict]


@pytest.mark.parametrize("make", [random_instance, capacitated_instance])
def test_a_conflict_is_minimal_and_complete(make, effort: int) -> None:
    """Its rules cannot hold together; without any one of them the others can."""
    instances = _infeasible(range(110 * effort), make)
    for instance in instances:
        names = _names(explain_infeasible(instance))
        assert not satisfiable(instance, names)
        for name in names:
            assert satisfiable(instance, [other for other in names if other != name])
    assert len(instances) > 15


def test_every_relaxation_is_the_smallest_that_suffices(effort: int) -> None:
    """The relaxed instance is feasible, one relaxed a little less is not, and the portfolio is its best one."""
    seen = {"number of sites": 0, "limit": 0, "conflict": 0, "required": 0, "forbidden": 0, "hopeless": 0}
    for instance in _infeasible(range(150 * effort)):
        answer = explain_infeasible(instance)
        for way in answer.relaxations:
            name = _NAMES.get(way.group.name, way.group.name)
            if not way.suffices:
                seen["hopeless"] += 1
                assert not satisfiable(instance, [rule for rule in rules_of(instance) if rule != name])
                continue
            relaxed = instance.replace(**way.change)
            oracle = brute_force(relaxed)
            assert oracle.feasible
            assert way.solution.objective == pytest.approx(oracle.objective, abs=1e-9 * magnitude(relaxed))
            if way.group.kind == "sites":
                seen["number of sites"] += 1
                low, high = instance.minimum_sites, instance.maximum_sites
                between = range(int(way.to) + 1, low) if way.to < low else range(high + 1, int(way.to))
                assert not any(brute_force(instance.replace(sites=number)).feasible for number in between)
            elif way.group.kind == "limit":
                less = _a_little_less(instance, way)
                seen["limit"] += less is not None
                assert less is None or not brute_force(less).feasible
            else:
                seen[way.group.kind] += 1
        assert answer.headline.endswith(".")
    assert min(seen.values()) > 2


def _a_little_less(instance: Instance, way) -> Instance | None:
    """Return the instance with a limit relaxed by a millionth less, None where rounding would decide."""
    limit, moved = instance.limits[way.group.name], way.change["limits"][way.group.name]
    lower, upper = moved.lower, moved.upper
    ends = [end for end in (limit.lower, limit.upper, lower, upper) if end is not None]
    rounding = 3e-9 * max(np.abs(limit.coefficients).max(), *map(abs, ends))
    distance = (limit.lower - lower) if lower != limit.lower else (upper - limit.upper)
    back = max(1e-6 * distance, rounding)
    if back > distance / 2:
        return None
    lower, upper = (lower + back, upper) if lower != limit.lower else (lower, upper - back)
    return instance.replace(limits={**instance.limits, way.group.name: Limit(limit.coefficients, lower, upper)})


def test_a_relaxation_is_missing_only_where_none_exists(effort: int) -> None:
    """Where dropping a rule of the conflict suffices, some relaxation of it is offered."""
    for instance in _infeasible(range(100 * effort)):
        answer = explain_infeasible(instance)
        for group in answer.conflict:
            others = [rule for rule in rules_of(instance) if rule != _NAMES.get(group.name, group.name)]
            ways = [way for way in answer.relaxations if way.group == group]
            possible = any(
                brute_force(instance.replace(sites=number)).feasible
                for number in range(1, instance.number_of_candidates + 1)
            )
            if group.kind == "sites":
                assert any(way.suffices for way in ways) == possible
            else:
                assert any(way.suffices for way in ways) == satisfiable(instance, others)


def test_capacities_are_scaled_by_the_least_factor() -> None:
    """With that factor demand is served, with a thousandth less it is not."""
    instance = Instance(
        sites=1,
        criteria={"ms": Criterion(service=[[1.0, 2.0], [3.0, 1.0]])},
        demand=[2.0, 2.0],
        capacity=[3.0, 2.0],
    )
    answer = explain_infeasible(instance)
    (way,) = (way for way in answer.relaxations if way.group.name == CAPACITY_RULE)
    assert way.to == pytest.approx(4 / 3)
    assert way.solution.portfolio == (0,)
    with pytest.raises(InfeasibleError):
        siting.solve(instance.replace(capacity=instance.capacity * way.to * 0.999))


def test_a_feasible_question_has_no_conflict() -> None:
    """And says so."""
    answer = explain_infeasible(Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])}))
    assert answer.is_feasible
    assert answer.headline.startswith("Nothing is in conflict")
    assert not len(answer.table)
    assert answer.notes == ()


def test_spacing_is_relaxed_to_a_distance_between_two_regions() -> None:
    """At that spacing four sites are possible; at a tenth of a kilometre more not; three are at the old one."""
    few = {"few": {"kind": "countries", "keep": ["IT", "ES", "PT", "PL", "RO"]}}
    options = {**_FIXED, "exclusions": few, "rules": {"spacing": {"minimum_km": 1500.0}}}
    answer = explain_infeasible("gigafactories", **options)
    assert {"number of sites", "spacing"} <= {group.name for group in answer.conflict}
    ways = {way.group.name: way for way in answer.relaxations}
    assert ways["number of sites"].to == 3
    kilometres = ways["spacing"].to
    assert 900 < kilometres < 1500
    with pytest.raises(InfeasibleError):
        siting.solve("gigafactories", **{**options, "rules": {"spacing": {"minimum_km": kilometres + 0.1}}})
    model = siting.Model.load("gigafactories").replace(rules={"spacing": {"minimum_km": kilometres}})
    (pairs,) = (set(found) for found in model.instance().conflicts.values())
    chosen = ways["spacing"].solution.portfolio
    assert not any((a, b) in pairs for a in chosen for b in chosen)
    assert "3 sites" in answer.headline
    assert f"{np.floor(kilometres * 10) / 10:,.1f} km instead of 1,500 km" in answer.headline


def test_a_threshold_is_moved_to_the_value_of_a_candidate() -> None:
    """The largest capacity asked for that leaves four countries, and one MVA more."""
    answer = explain_infeasible("gigafactories", **_FIXED, exclusions={"grid_capacity": {"minimum_mva": 30_000.0}})
    ways = {way.group.name: way for way in answer.relaxations if way.suffices}
    megavolts = ways["grid_capacity"].to
    assert megavolts in siting.Model.load("gigafactories").candidates["grid_capacity_mva"].to_numpy()
    with pytest.raises((InfeasibleError, InputError)):
        siting.solve("gigafactories", **_FIXED, exclusions={"grid_capacity": {"minimum_mva": megavolts + 1}})
    assert "not even dropping it" in answer.table.loc["number of sites", "relaxed_to"]


def test_required_regions_of_one_country_may_be_two_there() -> None:
    """Either is given up, or two per country are allowed; a region excluded cannot be required."""
    answer = explain_infeasible("gigafactories", **_FIXED, required=["ITI3", "ITC4"])
    assert {group.name for group in answer.conflict} == {"ITI3 is required", "ITC4 is required", "one_site_per_country"}
    ways = {way.group.name: way for way in answer.relaxations}
    assert ways["one_site_per_country"].to == 2
    assert {"ITI3", "ITC4"} <= set(ways["one_site_per_country"].solution.portfolio)
    excluded = next(
        region
        for region, row in siting.Model.load("gigafactories").candidates.iterrows()
        if row["exclusion"] == "grid_capacity"
    )
    barred = explain_infeasible("gigafactories", **_FIXED, required=[excluded])
    assert f"{excluded} is required" in {group.name for group in barred.conflict}
    assert any(group.kind == "exclusion" for group in barred.conflict)
    assert any(way.suffices for way in barred.relaxations)


def test_counts_and_sums_of_a_model_are_relaxed_exactly() -> None:
    """At least so many in a list of countries, at most so much of a column."""
    rules = {
        "north": {"kind": "sites_in", "regions": ["FI", "SE"], "minimum": 3},
        "people": {"kind": "limit", "attribute": "population", "maximum": 1.0},
    }
    north = explain_infeasible("gigafactories", **_FIXED, rules={"north": rules["north"]})
    (way,) = (way for way in north.relaxations if way.group.name == "north")
    assert way.change == {"rules": {"north": {"minimum": 2}}}
    people = explain_infeasible("gigafactories", **_FIXED, rules={"people": rules["people"]})
    (way,) = (way for way in people.relaxations if way.group.name == "people")
    total = siting.Model.load("gigafactories").candidates.loc[list(way.solution.portfolio), "population"].sum()
    assert total == pytest.approx(way.to)
    with pytest.raises(InfeasibleError):
        siting.solve("gigafactories", **_FIXED, rules={"people": {**rules["people"], "maximum": way.to - 1}})


def test_bisection_takes_what_a_try_reaches_beyond() -> None:
    """Every threshold of ten levels, with tries that reach just as far, or to the end."""
    levels = np.arange(10.0)
    for limit in np.arange(-0.5, 11.0):
        for reach in (lambda level: level, lambda level, limit=limit: max(level, min(limit, 9.0))):
            found = _largest(levels, lambda level, limit=limit, reach=reach: reach(level) if level <= limit else None)
            assert found == (None if limit < 0 else min(np.floor(limit), 9.0))


def test_bad_questions_get_one_clear_sentence() -> None:
    """A model that is not there, a region that lacks data."""
    with pytest.raises(InputError, match="no model is called"):
        explain_infeasible("gigafactory-nowhere")
    with pytest.raises(InputError, match="lacks data"):
        explain_infeasible("gigafactories", **_FIXED, required=["PT20"])
    with pytest.raises(InputError, match="time_limit"):
        explain_infeasible("gigafactories", **_FIXED, time_limit=0)


def test_the_command_prints_the_conflict_and_the_ways_out(tmp_path) -> None:
    """As text and as CSV; there is no chart."""
    application = typer.Typer()
    application.command()(command_line_defence.explain_infeasible)
    table = tmp_path / "ways.csv"
    options = ["gigafactories", "--require", "ITI3", "--require", "ITC4", "--to", str(table)]
    run = CliRunner().invoke(application, options, catch_exceptions=False)
    assert "at most 2 per country instead of 1" in " ".join(run.output.split())
    assert "one_site_per_country" in table.read_text(encoding="utf-8")
    with pytest.raises(OutputError):
        CliRunner().invoke(application, ["gigafactories", "--to", "ways.png"], catch_exceptions=False)


def test_an_answer_that_time_did_not_suffice_for_says_so_and_nothing_else() -> None:
    """Neither "nothing is in conflict" nor a conflict that was never tested."""
    found = siting.explain_infeasible("gigafactories", rules={"spacing": {"minimum_km": 2200}}, time_limit=0.01)
    assert not found.decided
    assert not found.is_feasible
    assert found.conflict == ()
    assert found.headline.startswith("Not decided")


def test_an_analysis_without_a_chart_says_so() -> None:
    """Not a traceback."""
    found = siting.explain_infeasible(Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])}))
    with pytest.raises(siting.InputError, match="has no chart"):
        found.plot()
