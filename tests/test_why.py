"""`why_not` and `why` against plain enumeration, and on the shipped model by solving again with the changed numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import typer
from strategies import brute_force, geographic_instance, magnitude, random_instance
from typer.testing import CliRunner

import siting
from siting import command_line_defence
from siting.analysis._attributes import Need, changed_instance, nearest_change
from siting.analysis._service_shift import shifted
from siting.analysis.why import why
from siting.analysis.why_not import why_not
from siting.criterion import Criterion, Limit
from siting.errors import InfeasibleError, InputError, OutputError, SolverError
from siting.instance import Instance
from siting.preparation import prepare


@pytest.fixture(scope="module")
def shipped() -> siting.Solution:
    """Return the solution of the shipped model, whose scales the analyses take over."""
    return siting.solve("gigafactories")


def _best(values: dict[frozenset, float], inside: tuple = (), outside: tuple = ()) -> float:
    """Return the least objective of the portfolios with and without some candidates."""
    return min(
        (v for chosen, v in values.items() if set(inside) <= chosen and not set(outside) & chosen), default=math.inf
    )


def _lifted(instance: Instance, candidates: tuple) -> Instance:
    return instance.replace(forbidden={k: v for k, v in instance.forbidden.items() if k not in candidates})


def _lag(instance: Instance, candidates: tuple) -> float:
    """Return how far the best portfolio with the candidates lies above the best of all."""
    values = brute_force(_lifted(instance, candidates)).values
    return _best(values, candidates) - _best(values)


def _with_site_value(instance: Instance, name: str, candidates: tuple, change: float) -> Instance:
    criterion = instance.criteria[name]
    site = np.array(criterion.site)
    site[[instance.position(one) for one in candidates]] += change
    changed = Criterion(site=site, service=criterion.service, unit=criterion.unit, sense=criterion.sense)
    return instance.replace(criteria={**instance.criteria, name: changed})


def _changed(instance: Instance, candidates: tuple, change, share: float) -> Instance:
    """Return the instance with a share of a change of a value made."""
    (name,) = change.criteria
    moved = share * change.change
    if "mean" in change.remark or "not possible" in change.remark:
        better = -1.0 if instance.signed_weights[name] > 0 else 1.0
        return shifted(instance, name, candidates[0], better * moved)
    return _with_site_value(instance, name, candidates, moved)


def _plane(seed: int) -> Instance:
    """Return points of a plane with one rule of each kind."""
    instance = geographic_instance(seed, 8, 3)
    few = {"few of the first": Limit([1.0] * 4 + [0.0] * 4, upper=2)}
    return instance.replace(conflicts={"same node": [(0, 4)]}, forbidden={1: "no grid"}, limits=few)


def _questions(count: int, seeds: range) -> list[tuple[Instance, tuple]]:
    """Return feasible instances with candidates to ask about: small numbers with ties, and points of a plane."""
    found = []
    for seed in seeds:
        instance = _plane(seed) if seed % 3 == 0 else random_instance(seed, largest=7)
        if not brute_force(instance).feasible or instance.number_of_candidates < count:
            continue
        random = np.random.default_rng(seed)
        candidates = tuple(random.choice(np.array(instance.candidates), count, replace=False).tolist())
        found.append((instance, candidates))
    return found


def _losers(count: int, seeds: range) -> list[tuple[Instance, tuple]]:
    """Return the questions about candidates that some portfolio can hold, but not the best."""
    return [(instance, asked) for instance, asked in _questions(count, seeds) if 0 < _lag(instance, asked) < math.inf]


@pytest.mark.parametrize("count", [1, 2])
def test_forced_in_optimum_and_loss_equal_brute_force(count: int, effort: int) -> None:
    """Rules of every kind, ties, exclusions, candidates no portfolio can hold."""
    seen = {"chosen": 0, "impossible": 0, "excluded": 0, "loses": 0}
    for instance, candidates in _questions(count, range(110 * effort)):
        answer = why_not(instance, candidates)
        values = brute_force(_lifted(instance, candidates)).values
        free, forced = brute_force(instance).objective, _best(values, candidates)
        rounding = 1e-9 * magnitude(instance)
        seen["chosen"] += answer.is_chosen
        seen["excluded"] += bool(answer.excluded)
        if answer.forced is None:
            assert forced == math.inf
            seen["impossible"] += 1
            assert answer.conflict
        elif not answer.is_chosen:
            assert set(candidates) <= set(answer.forced.portfolio)
            assert answer.loss == pytest.approx(forced - free, abs=rounding)
            assert answer.table["loss"].drop("objective").sum() == pytest.approx(answer.loss, abs=rounding)
            seen["loses"] += answer.loss > 0
        assert answer.headline.endswith(".")
        assert answer.headline[0].isupper() or str(candidates[0]) in answer.headline
    assert min(seen.values()) > 2


@pytest.mark.parametrize("count", [1, 2])
def test_every_change_of_a_value_is_the_smallest_that_brings_the_candidates_in(count: int, effort: int) -> None:
    """A millionth less leaves them out, a millionth more brings them in, by enumeration."""
    checked = 0
    for instance, candidates in _losers(count, range(200 * effort)):
        answer = why_not(instance, candidates)
        for change in answer.values:
            if change.change is None:
                continue
            checked += 1
            rounding = 1e-9 * magnitude(instance)
            assert _lag(_changed(instance, candidates, change, 1 + 1e-6), candidates) <= rounding
            assert _lag(_changed(instance, candidates, change, 1 - 1e-3), candidates) > 0
    assert checked > 40


def test_every_weight_is_the_nearest_that_brings_the_candidate_in(effort: int) -> None:
    """At the weight the candidate is in an optimal portfolio; at none of many weights on the way there it is."""
    checked = nowhere = 0
    for instance, candidates in _losers(1, range(160 * effort)):
        answer = why_not(instance, candidates)
        for name, row in answer.weights.iterrows():
            now, end = row["now"], 1e3 * row["now"]
            for found, limit in ((row["less"], 0.0), (row["more"], end)):
                rounding = 1e-9 * magnitude(instance)
                if math.isfinite(found):
                    checked += 1
                    at = instance.replace(weights={**instance.weights, name: found})
                    assert _lag(at, candidates) <= rounding * max(1.0, found / now)
                else:
                    nowhere += 1
                towards = found if math.isfinite(found) else limit
                for share in (1e-3, 0.2, 0.6, 0.999):
                    weights = {**instance.weights, name: now + share * (towards - now)}
                    assert _lag(instance.replace(weights=weights), candidates) > 0
    assert min(checked, nowhere) > 30


def test_why_says_what_is_lost_and_how_far_values_may_fall(effort: int) -> None:
    """A millionth before the number given the candidate is in an optimal portfolio, a little beyond it is not."""
    checked = unbounded = 0
    for instance, _ in _questions(1, range(100 * effort)):
        values = brute_force(instance).values
        chosen = siting.solve(instance).portfolio
        if not chosen:
            continue
        candidate = chosen[0]
        answer = why(instance, candidate)
        free = instance.replace(required=[one for one in instance.required if one != candidate])
        without = _best(brute_force(free).values, outside=(candidate,))
        rounding = 1e-9 * magnitude(instance)
        if answer.without is None:
            assert without == math.inf
            continue
        assert answer.loss == pytest.approx(without - _best(values), abs=rounding)
        for change in answer.values:
            if change.change is None:
                unbounded += 1
                worst = 1e3 * magnitude(instance)
                bad = shifted(
                    free, change.criteria[0], candidate, -worst / abs(instance.signed_weights[change.criteria[0]])
                )
                assert _lag(bad, (candidate,)) <= 1e-9 * magnitude(bad)
                continue
            checked += 1
            assert _lag(_changed(free, (candidate,), change, 1 - 1e-6), (candidate,)) <= rounding
            if change.change != 0:
                assert _lag(_changed(free, (candidate,), change, 1 + 1e-3), (candidate,)) > 0
    assert checked > 60
    assert unbounded > 3


def test_a_search_over_forty_candidates_agrees_with_solving_again() -> None:
    """Where the engine bounds rather than enumerates."""
    instance = geographic_instance(3, 40, 4, rules=True)
    chosen = siting.solve(instance)
    outsider = next(one for one in instance.candidates if one not in chosen.portfolio)
    answer = why_not(instance, outsider)
    for change in answer.values:
        for share, inside in ((1 + 1e-6, True), (1 - 1e-6, False)):
            changed = siting.solve(_changed(instance, (outsider,), change, share))
            assert (outsider in changed.portfolio) == inside
    for name, row in answer.weights.iterrows():
        for found in (row["less"], row["more"]):
            if math.isfinite(found) and found > 0:
                beyond = found + 1e-6 * (found - row["now"])
                changed = siting.solve(instance.replace(weights={**instance.weights, name: beyond}))
                assert outsider in changed.portfolio


@pytest.mark.parametrize("region", ["ITI3", "FI19", "PL51", "SK03"])
def test_on_the_shipped_model_changed_numbers_bring_a_region_in(region: str, shipped) -> None:
    """Each column of the table, changed in the table itself; each weight, in the model itself."""
    prepared = prepare(shipped)
    answer = why_not(shipped, region)
    assert answer.loss > 0
    for change in answer.values:
        if change.change is None or change.remark.startswith("not possible"):
            continue
        for share, inside in ((1 + 1e-6, True), (1 - 1e-6, False)):
            if change.attribute:
                value = change.now[region] + share * change.change
                instance = changed_instance(prepared, change.attribute, {region: value})
            else:
                instance = _changed(prepared.instance, (region,), change, share)
            assert (region in siting.solve(instance).portfolio) == inside
    for name, row in answer.weights.iterrows():
        for found in (row["less"], row["more"]):
            if not math.isfinite(found) or found in (0.0, 1.0):
                continue
            share = found + 1e-6 * (found - row["now"])
            others = {other: (1 - share) / 3 for other in prepared.instance.criteria if other != name}
            assert region in siting.solve(prepared.weighted({**others, name: share})).portfolio


def test_marche_would_displace_lombardia(shipped) -> None:
    """The answer for Marche, checked by solving with it required."""
    answer = why_not("gigafactories", "Marche")
    forced = siting.solve(shipped.instance.replace(required=["ITI3"]))
    assert answer.forced.portfolio == forced.portfolio
    assert answer.loss == pytest.approx(forced.objective - answer.chosen.objective)
    assert "Marche (ITI3) replaces Lombardia (ITC4)" in answer.headline
    assert answer.tables["Sites"].loc["ITC4", "change"] == "makes room for Marche (ITI3)"
    euros = answer.table["loss_eur_per_year"]
    assert euros["objective"] == pytest.approx(euros.drop("objective").sum())


def test_an_excluded_candidate_is_told_its_reason_first() -> None:
    """Then what would be if the exclusion were lifted for it alone."""
    cost = Criterion(site=[1.0, 2.0, 3.0, 0.5], unit="EUR")
    instance = Instance(
        sites=1, criteria={"cost": cost}, candidates=list("abcd"), forbidden={"c": "no grid", "d": "sea"}
    )
    dear, cheap = why_not(instance, "c"), why_not(instance, "d")
    assert dear.headline.startswith("C is excluded: no grid. Were that lifted: the best portfolio with c is worse by 2")
    assert cheap.headline == "D is excluded: sea. Were that lifted: d would be chosen: d replaces a."
    assert cheap.loss == -0.5


def test_rules_in_the_way_are_named_and_ties_are_called_ties() -> None:
    """A conflict with a required candidate; an equally good portfolio; a candidate chosen anyway."""
    instance = Instance(
        sites=2,
        criteria={"cost": Criterion(site=[1.0, 2.0, 2.0, 2.0])},
        candidates=list("abcd"),
        required=["a"],
        conflicts={"same node": [("a", "d")]},
    )
    assert why_not(instance, "d").conflict == ("a is required", "same node")
    assert "satisfies “a is required” and “same node”" in why_not(instance, "d").headline
    assert "exactly as good" in why_not(instance, "c").headline
    assert "already chosen" in why_not(instance, "a").headline
    assert (
        "because the model requires it"
        in why(instance.replace(criteria={"cost": Criterion(site=[9.0, 2, 2, 2])}), "a").headline
    )
    assert "`why_not`" in why(instance, "c").headline


def test_a_flag_that_rules_read_too_is_turned_round_and_solved_again(shipped) -> None:
    """A region without eligibility that would come in with it, or not."""
    prepared = prepare(shipped)
    table = prepared.model.candidates
    regions = [r for r in ("BE33", "DE21", "FR10", "ES30") if not table.loc[r, "large_enterprise_eligible"]]
    for region in regions:
        answer = why_not(shipped, region)
        if answer.loss <= 0 or answer.forced is None:
            continue
        (flag,) = (change for change in answer.values if change.attribute == "large_enterprise_eligible")
        changed = changed_instance(prepared, "large_enterprise_eligible", {region: 1.0})
        best, forced = siting.solve(changed), siting.solve(changed.replace(required=[region]))
        assert (flag.change == 1.0) == (forced.objective <= best.objective + 1e-9)
    assert regions


def test_capacities_are_answered_without_service() -> None:
    """Loss, sites and values of sites; who serves whom is decided by capacity."""
    instance = Instance(
        sites=2,
        criteria={"cost": Criterion(site=[1.0, 2.0, 9.0]), "access": Criterion(service=[[1.0, 2, 3], [3.0, 2, 1]])},
        candidates=list("abc"),
        capacity=[2.0, 2.0, 2.0],
    )
    answer = why_not(instance, "c")
    assert set(answer.forced.portfolio) == {"a", "c"}
    (change,) = answer.values
    for share, inside in ((1 + 1e-4, True), (1 - 1e-4, False)):
        assert ("c" in siting.solve(_changed(instance, ("c",), change, share)).portfolio) == inside


def test_the_nearest_change_meets_all_needs_and_stops_at_what_is_possible() -> None:
    """A curve, two needs, a domain that ends too early, and no effect at all."""

    def curve(change: float) -> dict[str, float]:
        if change <= -5:
            raise InputError("below zero")
        return {"a": math.log2((5 + change) / 5), "b": change}

    both = [Need(("a",), 2.0), Need(("a", "b"), 20.0)]
    assert nearest_change(curve, both[:1], 0.01) == pytest.approx(15.0, rel=1e-12)
    assert nearest_change(curve, both, 0.01) == pytest.approx(17.9, rel=1e-2)
    assert nearest_change(lambda c: {"a": -c if c > -5 else curve(c)["a"]}, [Need(("a",), 9.0)], 0.01) is None
    assert nearest_change(lambda _: {"a": 0.0}, [Need(("a",), 9.0)], 0.01) is None


def test_bad_questions_get_one_clear_sentence() -> None:
    """Unknown, repeated, too many, too little time."""
    instance = geographic_instance(1, 30, 3)
    with pytest.raises(InputError, match="did you mean 'ITI3'"):
        why_not("gigafactories", "ITI33")
    with pytest.raises(InputError, match="named twice"):
        why_not(instance, (1, 1))
    with pytest.raises(InputError, match="not 3"):
        why_not(instance, (1, 2, 3))
    with pytest.raises(InputError, match="unknown"):
        why(instance, 99)
    with pytest.raises(InfeasibleError):
        why_not(instance.replace(limits={"none": Limit(np.ones(30), upper=0)}), 1)
    with pytest.raises((SolverError, InfeasibleError)):
        why_not(geographic_instance(1, 120, 8), 1, time_limit=1e-6)


def test_answers_show_themselves_everywhere(tmp_path, shipped) -> None:
    """In a notebook, as JSON and CSV, drawn."""
    answer = why_not(shipped, ["ITI3", "DE40"])
    assert "Single weights" in answer._repr_html_()
    assert answer.to_dict()["single_values"]
    answer.to_file(tmp_path / "answer.csv")
    answer.to_file(tmp_path / "answer.json")
    answer.plot().save(tmp_path / "answer.png")
    why(shipped, "FRB0").plot().save(tmp_path / "why.png")


def _command(function, *arguments: str):
    application = typer.Typer()
    application.command()(function)
    return CliRunner().invoke(application, list(arguments), catch_exceptions=False)


def test_the_commands_print_answers_and_write_files(tmp_path) -> None:
    """A candidate by name, a pair, JSON; the files are checked before the search."""
    chart = tmp_path / "marche.png"
    printed = _command(command_line_defence.why_not, "Marche", "--to", str(chart))
    assert printed.exit_code == 0
    assert "Marche (ITI3) replaces Lombardia (ITC4)" in " ".join(printed.output.split())
    assert chart.exists()
    pair = _command(command_line_defence.why_not, "ITI3", "ITC4", "--model", "gigafactories", "--json")
    assert "at most 1 site in IT" in json.loads(pair.output)["headline"]
    held = _command(command_line_defence.why, "Lombardia", "--json")
    assert json.loads(held.output)["sites"]
    with pytest.raises(OutputError):
        _command(command_line_defence.why_not, "ITI3", "--to", str(tmp_path / "marche.doc"))


def test_a_region_without_any_grid_capacity_is_answered() -> None:
    """Less than nothing is impossible in any step, so the search for the last possible change must end."""
    found = siting.why_not("gigafactories", "BE10")
    assert "excluded" in found.headline
