"""The analysis of alternatives: what it says, shows, refuses and writes, in Python and on the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import typer
from strategies import brute_force, geographic_instance, magnitude, random_instance
from typer.testing import CliRunner

from siting import descent, near_optimal
from siting.analysis.alternatives import Alternatives, alternatives
from siting.command_line_alternatives import alternatives as command
from siting.enumeration import portfolios
from siting.errors import InfeasibleError, InputError
from siting.evaluation import evaluate
from siting.instance import Criterion, Instance
from siting.preparation import prepare
from siting.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from siting.search import Progress


@pytest.fixture(scope="module")
def shipped() -> Alternatives:
    """Everything within a tenth of the shipped optimum."""
    return alternatives("gigafactories", within=0.10, diverse=3)


def small(**changes: Any) -> Instance:
    """Return three sites to choose one or two of, in EUR."""
    cost = Criterion(site=[10.0, 1.0, 2.0, 2.2], unit="EUR")
    return Instance(sites=2, criteria={"cost": cost}, candidates=list("abcd")).replace(**changes)


# --- against brute force ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", range(0, 160, 16))
def test_alternatives_of_random_instances_are_those_of_brute_force(start: int, effort: int) -> None:
    """A share, a distance or a number: portfolios, roles, margin and completeness."""
    for seed in range(start * effort, (start + 16) * effort):
        instance = random_instance(seed, largest=7)
        oracle = brute_force(instance)
        if not oracle.feasible:
            with pytest.raises(InfeasibleError):
                alternatives(instance, count=3)
            continue
        values = sorted(oracle.values.values())
        distance = (values[-1] - values[0]) * float(np.random.default_rng(seed).random())
        found = alternatives(instance, within_objective=distance)
        rounding = found.found.tolerance + 1e-10 * magnitude(instance)
        assert found.complete
        surely = {held for held, value in oracle.values.items() if value <= values[0] + distance - rounding}
        possibly = {held for held, value in oracle.values.items() if value <= values[0] + distance + rounding}
        assert surely <= {frozenset(held) for held in found.portfolios} <= possibly
        assert_roles(instance, found)
        margin = values[1] - values[0] if len(values) > 1 else None
        assert found.margin == (None if margin is None else pytest.approx(margin, abs=rounding))


def assert_roles(instance: Instance, found: Alternatives) -> None:
    """Count again, in plain Python, how many portfolios hold each candidate, and where the best one stands."""
    assert set(found.sites.index) == set(instance.candidates) - set(instance.forbidden)
    for row in found.sites.itertuples():
        ranks = [rank for rank, held in enumerate(found.portfolios, start=1) if row.Index in held]
        assert row.portfolios == len(ranks)
        assert row.role == ("core" if len(ranks) == len(found) else "swappable" if ranks else "never")
        assert pd.isna(row.best_rank) if not ranks else row.best_rank == ranks[0]


@pytest.mark.parametrize("seed", range(12))
def test_a_share_is_measured_from_the_objective_of_the_optimum(seed: int) -> None:
    """Within eight percent of a positive objective."""
    instance = geographic_instance(seed, 12, 3, rules=seed % 2 == 0)
    oracle = brute_force(instance)
    if not oracle.feasible:
        return
    found = alternatives(instance, within=0.08)
    expected = {held for held, value in oracle.values.items() if value <= 1.08 * oracle.objective}
    assert {frozenset(held) for held in found.portfolios} == expected
    assert found.table["excess_percent"].max() <= 8.0


# --- the shipped model ----------------------------------------------------------------------------------------------


def test_the_shipped_list_agrees_with_full_enumeration_of_the_candidates_it_could_hold(shipped: Alternatives) -> None:
    """The sites listed and thirty others drawn at random: a walk over all of their portfolios finds no more."""
    instance = shipped.prepared.instance
    held = {site for portfolio in shipped.portfolios for site in portfolio}
    allowed = [one for one in instance.candidates if one not in instance.forbidden and one not in held]
    drawn = np.random.default_rng(1).choice(np.array(allowed, dtype=object), size=30, replace=False)
    kept = held | set(drawn.tolist())
    fewer = instance.replace(forbidden=[one for one in instance.candidates if one not in kept])
    problem = Problem.of(fewer)
    limit = 1.10 * shipped.best - problem.offset
    walked = {
        tuple(instance.candidates[site] for site in sorted(problem.positions[[*prefix, last]].tolist()))
        for prefix, lasts, costs in portfolios(problem)
        for last in lasts[costs <= limit].tolist()
    }
    assert walked == set(shipped.portfolios)


def test_every_swap_of_one_shipped_site_outside_the_list_is_worse_than_the_threshold(shipped: Alternatives) -> None:
    """All 4 x 228 exchanges of one site of the optimum, evaluated one by one where the rules allow them."""
    from siting.constraints import Constraints

    instance = shipped.prepared.instance
    rules, optimum = Constraints.of(instance), [instance.position(one) for one in shipped.portfolios[0]]
    for leaving in optimum:
        for joining in set(range(instance.number_of_candidates)) - set(optimum):
            chosen = sorted({*optimum, joining} - {leaving})
            names = tuple(instance.candidates[site] for site in chosen)
            if names not in shipped.portfolios and rules.admissible(chosen):
                assert evaluate(instance, chosen).objective > 1.10 * shipped.best


def test_the_table_shows_each_criterion_in_its_unit_and_what_is_exchanged(shipped: Alternatives) -> None:
    """Values are those of an evaluation from the raw arrays; the optimum exchanges nothing."""
    table, instance = shipped.table, shipped.prepared.instance
    assert table.index.name == "rank"
    assert table["leaves"].iloc[0] == table["joins"].iloc[0] == ()
    for row in table.to_dict("records"):
        evaluation = evaluate(instance, [instance.position(one) for one in row["portfolio"]])
        assert row["latency (ms)"] == pytest.approx(evaluation.values["latency"], rel=1e-12)
        assert row["energy_cost (EUR/yr)"] == pytest.approx(evaluation.values["energy_cost"], rel=1e-12)
        kept = set(table["portfolio"].iloc[0]) - set(row["leaves"])
        assert kept | set(row["joins"]) == set(row["portfolio"])


def test_moved_kilometres_are_least_and_zero_for_the_optimum(shipped: Alternatives) -> None:
    """One row per chosen portfolio, the optimum first."""
    assert len(shipped.diverse) == min(3, len(shipped))
    assert shipped.diverse["moved_km"].iloc[0] == 0.0
    assert (shipped.diverse["moved_km"].iloc[1:] > 0).all()
    assert "Most different" in shipped.tables


def test_a_solution_is_asked_about_as_it_stands() -> None:
    """Its scales are taken over."""
    import siting

    solution = siting.solve("gigafactories")
    found = alternatives(solution, count=2)
    assert found.portfolios[0] == solution.portfolio
    assert found.best == solution.objective


# --- what is said ---------------------------------------------------------------------------------------------------


def test_a_complete_list_says_how_many_there_are_and_what_they_share() -> None:
    """Two portfolios within a tenth."""
    found = alternatives(small(), within=0.10)
    assert found.headline == (
        "2 portfolios lie within 10 % of the optimum, and no others do: 1 site is in all of them, 2 in some, 1 in none."
    )
    assert found.margin == pytest.approx(0.2)
    assert found.complete


def test_an_optimum_without_company_says_how_far_the_second_best_is() -> None:
    """None within one percent; 0.2 of 3 is 6.67 percent."""
    found = alternatives(small(), within=0.01)
    assert found.headline == "No other portfolio lies within 1 % of the optimum; the second best is 6.67 % worse."


def test_the_only_portfolio_there_is_says_so() -> None:
    """All four sites of four."""
    found = alternatives(small(sites=4), within=0.5)
    assert found.headline == "No other portfolio lies within 50 % of the optimum; no other satisfies every rule."
    assert found.margin is None
    assert alternatives(small(sites=4), count=3).headline.startswith("Only 1 portfolio satisfies every rule")


def test_the_k_best_say_how_much_worse_the_last_is() -> None:
    """Three of six."""
    found = alternatives(small(), count=3)
    assert found.headline.startswith("These are the 3 best portfolios, and the last is 40 % worse than the best: ")
    assert alternatives(small(), count=9).headline.startswith("Only 6 portfolios satisfy every rule, and all are")


def test_a_limit_that_is_hit_says_up_to_where_the_list_is_complete() -> None:
    """Two of the six within five hundred percent."""
    found = alternatives(small(), within=5.0, limit=2)
    assert not found.complete
    assert found.headline == (
        "More than 2 portfolios lie within 500 % of the optimum; the best 2 are listed, and all that are less than "
        "6.67 % worse than the optimum are among them."
    )


def test_ties_for_the_best_and_at_the_end_are_told() -> None:
    """Three candidates at the same cost."""
    instance = Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 1.0, 1.0])})
    found = alternatives(instance, count=2)
    assert "2 portfolios tie for the best; of equals, candidate order decides the rank." in found.notes
    assert "Portfolios that are not listed tie with the last one." in found.notes
    assert found.margin == 0.0


@pytest.mark.parametrize("stop_after", [1, 2, 4, 8, 16, 30])
def test_a_stopped_search_says_what_is_certain(stop_after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From nothing proven to all but the end of the list; never a role it cannot prove."""
    monkeypatch.setattr(near_optimal, "FEW", 0)
    monkeypatch.setattr(descent, "REPORT_EVERY", 1)
    instance = geographic_instance(4, 14, 4)
    told: list[Progress] = []

    def stop(progress: Progress) -> bool:
        told.append(progress)
        return len(told) >= stop_after

    found = alternatives(instance, within=1.5, callback=stop)
    assert found.headline.startswith("The search was stopped by the user ")
    assert not found.complete
    assert not set(found.sites["role"]) & {"core", "never"}
    oracle = brute_force(instance)
    below = {held for held, value in oracle.values.items() if value < found.certain_objective - 1e-6}
    assert below <= {frozenset(held) for held in found.portfolios}


def test_a_monetised_model_is_asked_in_money() -> None:
    """Five million EUR a year."""
    found = alternatives("gigafactories-monetised", within_objective=5e6)
    assert found.table["excess"].max() <= 5e6
    assert "within 5,000,000 of the optimum's objective" in found.headline


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "none was given"),
        ({"within": 0.1, "count": 3}, "within and count were given together"),
        ({"within": -0.01}, "within is -0.01; it must be a number, at least 0"),
        ({"within": float("nan")}, "within is nan"),
        ({"within_objective": -1}, "within_objective is -1; it must be a number, at least 0"),
        ({"count": 0}, "count is 0; it must be a whole number, at least 1"),
        ({"count": 2.5}, "count is 2.5; it must be a whole number, at least 1"),
        ({"count": True}, "count is True"),
        ({"count": 3, "diverse": 1}, "diverse is 1; it must be a whole number, at least 2"),
        ({"within": 0.1, "limit": 0}, "limit is 0; it must be a whole number, at least 1"),
        ({"count": 3, "time_limit": 0}, "time_limit is 0 seconds"),
        ({"count": 3, "weighs": {}}, "an instance has no 'weighs'"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_sentence(options: dict[str, Any], sentence: str) -> None:
    """The option, what it was, what it takes."""
    with pytest.raises(InputError, match=sentence):
        alternatives(small(), **options)


@pytest.mark.parametrize("constant", [-3.0, -4.0])
def test_a_share_of_nothing_or_less_is_refused_and_a_distance_is_not(constant: float) -> None:
    """An optimum of 0 or below."""
    with pytest.raises(InputError, match="a share of that means nothing"):
        alternatives(small(constant=constant), within=0.1)
    assert len(alternatives(small(constant=constant), within_objective=0.5)) == 2
    assert len(alternatives(small(constant=constant), within=0)) == 1
    assert "0.2 in the objective worse" in alternatives(small(constant=constant), within_objective=0.1).headline


def test_capacities_are_refused_in_one_sentence() -> None:
    """Before anything is solved."""
    instance = Instance(sites=1, criteria={"ms": Criterion(service=[[1.0, 2.0]])}, capacity=[1.0, 1.0])
    with pytest.raises(InputError, match="not offered for sites with capacities"):
        alternatives(instance, count=2)


def test_an_infeasible_question_names_its_rules() -> None:
    """Both ends of a conflict are required."""
    with pytest.raises(InfeasibleError, match="apart"):
        alternatives(small(required=["a", "b"], conflicts={"apart": [("a", "b")]}), count=2)


# --- shown, drawn, written ------------------------------------------------------------------------------------------


def test_the_result_shows_and_writes_itself(shipped: Alternatives, tmp_path: Path) -> None:
    """HTML with names escaped; JSON and CSV with every portfolio."""
    assert "no others do" in shipped._repr_html_()
    held = json.loads(shipped.to_file(tmp_path / "list.json").read_text("utf-8"))
    assert held["complete"] is True
    assert held["optimum"] == list(shipped.portfolios[0])
    assert len(held["table"]) == len(shipped)
    assert len(held["sites"]) == len(shipped.sites)
    assert {"sites", "most_different", "margin", "certain_objective"} <= set(held)
    assert len(pd.read_csv(shipped.to_file(tmp_path / "list.csv"))) == len(shipped)


@pytest.mark.parametrize("style", ["light", "print"])
def test_a_chart_shows_all_portfolios_and_the_sites_they_share(
    shipped: Alternatives, style: str, tmp_path: Path
) -> None:
    """Two panels with labelled axes and units; written as a file."""
    chart = shipped.plot(style=style)
    left, right = chart.axes
    assert left.get_ylabel() == "Worse than the optimum (%)"
    assert right.get_xlabel() == "In how many of the portfolios (%)"
    assert left.get_title(loc="left") == f"{len(shipped)} portfolios"
    labels = [label.get_text() for label in right.get_yticklabels()]
    assert sum(label.startswith("★") for label in labels) == 4
    assert chart.save(tmp_path / "chart.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    "options",
    [{"within": 0.01}, {"within": 5.0, "limit": 2}, {"count": 6}, {"within_objective": 0.5}, {"within": 0.0}],
)
def test_charts_of_short_cut_and_tied_lists_are_drawn(options: dict[str, Any]) -> None:
    """No warning, no empty axis; with the objective's own units where a share means nothing."""
    from matplotlib.figure import Figure

    constant = -10.0 if "within_objective" in options else 0.0
    found = alternatives(small(constant=constant), **options)
    found.plot()._repr_png_()
    ax = Figure().subplots()
    assert found.plot(ax) is ax
    assert found.plot(ax, show="sites", sites=2) is ax


def test_a_view_that_does_not_exist_is_refused(shipped: Alternatives) -> None:
    """The nearest is named."""
    with pytest.raises(InputError, match="did you mean 'sites'"):
        shipped.plot(show="site")
    with pytest.raises(InputError, match="at least one site"):
        shipped.plot(sites=0)


# --- the command line -----------------------------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    """Run the subcommand alone."""
    application = typer.Typer(pretty_exceptions_enable=False)
    application.command()(command)
    return CliRunner().invoke(application, list(arguments))


def test_the_command_prints_json_and_writes_files(tmp_path: Path) -> None:
    """One JSON document on standard output, a table and a chart beside."""
    answer = run(
        "gigafactories", "--within", "0.05", "--diverse", "2", "--json",
        "--to", str(tmp_path / "list.csv"), "--to", str(tmp_path / "list.png"),
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["complete"] is True
    assert (tmp_path / "list.csv").exists()
    assert (tmp_path / "list.png").exists()


def test_the_command_prints_tables_for_people() -> None:
    """Headline, portfolios, sites."""
    answer = run("--count", "3", "--sites", "3")
    assert answer.exit_code == 0, answer.output
    assert "best portfolios" in answer.output


def test_the_command_refuses_what_the_function_refuses() -> None:
    """The error reaches the caller, who prints one sentence."""
    assert isinstance(run("--within", "-0.5").exception, InputError)
    assert isinstance(run().exception, InputError)


def test_the_command_ends_with_three_when_the_list_was_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held is printed all the same."""
    from siting.analysis import alternatives as analysis

    stopped = alternatives(geographic_instance(4, 14, 4), within=0.3, callback=lambda _: True)
    monkeypatch.setattr(analysis, "alternatives", lambda *_, **__: stopped)
    answer = run("--within", "0.3", "--json")
    assert answer.exit_code == 3
    assert json.loads(answer.stdout)["reached"] == "interrupted"


def test_names_are_those_a_reader_wants(shipped: Alternatives) -> None:
    """Name and identifier."""
    first = shipped.portfolios[0][0]
    assert shipped.sites.loc[first, "name"] == prepare("gigafactories").label(first)
