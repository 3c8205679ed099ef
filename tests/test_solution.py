"""A solution of plain numbers: tables that add up, files that can be read back, nothing claimed that is not held."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from strategies import brute_force, capacitated_instance, random_instance

import siting
from siting.errors import InfeasibleError, InputError, OutputError
from siting.instance import Criterion, Instance, Limit

if TYPE_CHECKING:
    from pathlib import Path

    from siting.solution import Solution


@pytest.fixture
def instance() -> Instance:
    """Return four regions, one of them without grid, with every kind of rule."""
    return Instance(
        sites=2,
        criteria={
            "latency": Criterion(service=[[1, 5, 9, 2], [8, 2, 1, 9], [4, 4, 4, 4]], unit="ms"),
            "grid <MVA>": Criterion(site=[500, 800, 300, 900], unit="MVA", sense="max"),
        },
        weights={"latency": 1, "grid <MVA>": 0.01},
        demand=[10, 5, 1],
        candidates=["AT11", "BE10", "FR10", "EL30"],
        forbidden={"EL30": "no <b>grid</b>"},
        limits={"at most one in the west": Limit([0, 1, 1, 0], upper=1), "budget": Limit([1, 2, 3, 4], upper=9)},
        conflicts={"spacing": [("BE10", "FR10")]},
        constant=7.0,
    )


@pytest.fixture
def solution(instance: Instance) -> Solution:
    """Return its solution."""
    return siting.solve(instance)


@pytest.fixture
def nothing() -> Solution:
    """Return a solution that holds nothing: stopped before the first portfolio."""
    free = Instance(sites=3, criteria={"ms": Criterion(service=np.random.default_rng(0).random((9, 30)), unit="ms")})
    return siting.solve(free, method="enumeration", time_limit=1e-9)


def test_the_fields_are_those_of_the_search(solution: Solution, instance: Instance) -> None:
    """Portfolio, objective, bound, gap, status and proof."""
    oracle = brute_force(instance)
    assert oracle.values[frozenset(solution.portfolio)] == oracle.objective == pytest.approx(solution.objective)
    assert solution.portfolio == ("AT11", "BE10")
    assert (solution.status, solution.gap, solution.bound) == ("optimal", 0.0, solution.objective)
    assert solution.is_proven
    assert "enumeration" in solution.proof


def test_criteria_are_told_in_their_own_units_and_contributions_add_up(solution: Solution) -> None:
    """With the constant, the contributions are the objective."""
    table = solution.criteria
    assert table.index.name == "criterion"
    assert table["value"].to_dict() == {"latency": 10 + 10 + 4, "grid <MVA>": 1300}
    assert table["unit"].tolist() == ["ms", "MVA"]
    assert table["contribution"].tolist() == pytest.approx([24, -13])
    assert table["contribution"].sum() + 7.0 == pytest.approx(solution.objective)
    assert table[["ideal", "nadir", "exchange_rate"]].isna().all(axis=None)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("capacities", [False, True])
def test_contributions_of_sites_add_up_to_the_values_of_the_criteria(seed: int, capacities: bool) -> None:
    """Site by site, with split demand too."""
    drawn = capacitated_instance(seed) if capacities else random_instance(seed)
    try:
        solution = siting.solve(drawn)
    except InfeasibleError:
        return
    table = solution.site_contributions
    assert tuple(table.index) == solution.portfolio
    for name, value in solution.criteria["value"].items():
        size = max(1e-300, float(table[name].abs().sum()))
        assert table[name].sum() == pytest.approx(value, abs=1e-9 * size)
    if "demand_share" in table:
        assert table["demand_share"].sum() == pytest.approx(1)


def test_candidates_are_the_whole_table_with_what_became_of_each(solution: Solution) -> None:
    """Nobody vanishes: the excluded are there with their reason and without score."""
    table = solution.candidates
    assert table.index.tolist() == ["AT11", "BE10", "FR10", "EL30"]
    assert table["selected"].tolist() == [True, True, False, False]
    assert table["excluded"].tolist() == [False, False, False, True]
    assert table.loc["EL30", "exclusion_reason"] == "no <b>grid</b>"
    assert pd.isna(table.loc["AT11", "exclusion_reason"])
    assert math.isnan(table.loc["EL30", "score"])
    assert table["score"].drop("EL30").between(0, 1).all()
    assert table["contribution_grid <MVA>"].dropna().to_dict() == {"AT11": 500, "BE10": 800}


def test_sites_are_the_chosen_rows(solution: Solution) -> None:
    """In candidate order, with every column."""
    assert tuple(solution.sites.index) == solution.portfolio
    assert list(solution.sites.columns) == list(solution.candidates.columns)


def test_scores_put_a_candidate_best_in_everything_at_one_and_the_worst_at_nought() -> None:
    """In the sense of each criterion."""
    solution = siting.solve(
        Instance(
            sites=1,
            criteria={"cost": Criterion(site=[1, 2, 3]), "grid": Criterion(site=[30, 20, 10], sense="max")},
        )
    )
    assert solution.candidates["score"].tolist() == pytest.approx([1, 0.5, 0])


def test_demand_names_the_site_that_serves_each_point(solution: Solution, instance: Instance) -> None:
    """By identifier, not by position."""
    table = solution.demand
    assert table["facility"].tolist() == ["AT11", "BE10", "AT11"]
    assert table["demand"].tolist() == instance.demand.tolist()
    assert siting.solve(Instance(sites=1, criteria={"cost": Criterion(site=[1])})).demand is None


def test_rules_say_what_the_portfolio_has_of_each_and_whether_it_binds(solution: Solution) -> None:
    """A budget with room left does not bind."""
    rules = solution.rules
    assert rules.index.tolist() == ["number of sites", "at most one in the west", "budget", "spacing"]
    assert rules["value"].tolist() == [2, 1, 3, 0]
    assert rules.loc[["at most one in the west", "budget"], "binding"].tolist() == [True, False]


def test_the_dictionary_is_json_without_special_numbers(solution: Solution, nothing: Solution) -> None:
    """Any JSON reader takes it: what is infinite or unknown is null."""
    for answer in (solution, nothing):
        text = json.dumps(answer.to_dict(), allow_nan=False)
        read = json.loads(text)
        assert read["status"] == answer.status
    assert json.loads(json.dumps(solution.to_dict()))["portfolio"] == ["AT11", "BE10"]
    assert nothing.to_dict()["objective"] is None
    assert nothing.to_dict()["bound"] is None


def test_a_solution_that_holds_nothing_says_so_everywhere(nothing: Solution) -> None:
    """And no table fails."""
    assert nothing.portfolio is None
    assert nothing.objective is None
    assert not nothing.is_proven
    assert nothing.status == "time_limit"
    assert nothing.criteria["value"].isna().all()
    assert len(nothing.sites) == len(nothing.site_contributions) == 0
    assert not nothing.candidates["selected"].any()
    assert nothing.demand is None
    assert "nothing held" in repr(nothing)
    assert "No portfolio held" in nothing._repr_html_()
    assert "optimal" not in repr(nothing) + nothing._repr_html_()


def test_notebook_tables_escape_what_comes_from_data(solution: Solution) -> None:
    """Names are text, never markup."""
    html = solution._repr_html_()
    assert "grid &lt;MVA&gt;" in html
    assert "grid <MVA>" not in html
    assert "proven optimal" in html


def test_the_text_names_sites_objective_and_status(solution: Solution) -> None:
    """In one line."""
    text = repr(solution)
    assert "\n" not in text
    for word in ("AT11, BE10", "objective=18", "status=optimal"):
        assert word in text


@pytest.mark.parametrize("candidates", [[(0, 1), (0, 2), (5, 5)], [1, "1", 2.5], [None, True, 7]])
def test_identifiers_of_any_kind_stay_whole_in_every_table(candidates: list[object]) -> None:
    """Grid cells are tuples; a table must not take them apart."""
    solution = siting.solve(
        Instance(sites=2, criteria={"ms": Criterion(service=[[3, 1, 2], [3, 2, 1]])}, candidates=candidates)
    )
    assert solution.portfolio == tuple(candidates[1:])
    assert solution.candidates.index.tolist() == candidates
    assert solution.demand["facility"].tolist() == candidates[1:]
    assert solution.site_contributions["ms"].tolist() == [1, 1]
    json.dumps(solution.to_dict(), allow_nan=False)
    assert siting.solve(solution.instance, method="assignment").objective == 2


def test_files_for_other_tools_can_be_read_back(solution: Solution, tmp_path: Path) -> None:
    """CSV with one row per candidate, JSON as the dictionary, LP and MPS with readable names."""
    table = pd.read_csv(solution.to_file(tmp_path / "answer.csv"), index_col="candidate")
    assert table["selected"].tolist() == [True, True, False, False]
    read = json.loads(solution.to_file(tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert read["objective"] == solution.objective
    assert read["proof"] == solution.proof
    for name in ("model.lp", "model.mps"):
        assert "choose(AT11)" in solution.to_file(tmp_path / name).read_text()
    written = ["answer.csv", "answer.json", "model.lp", "model.mps", "model.sol"]
    assert sorted(path.name for path in tmp_path.iterdir()) == written


def test_maps_of_plain_numbers_are_refused_with_what_would_do(solution: Solution, tmp_path: Path) -> None:
    """There is no geography."""
    with pytest.raises(InputError, match=r"no geometry.*write .csv or .json"):
        solution.to_file(tmp_path / "answer.gpkg")
    with pytest.raises(InputError, match="no geography"):
        solution.plot()
    with pytest.raises(OutputError, match="did you mean 'json'"):
        solution.to_file(tmp_path / "answer.jsn")
    assert list(tmp_path.iterdir()) == []


def test_fields_of_an_instance_are_overridden_by_keyword(instance: Instance) -> None:
    """And a misspelt one is named with its neighbour."""
    assert siting.solve(instance, required=["FR10"], sites=1).portfolio == ("FR10",)
    with pytest.raises(InputError, match="'site'; did you mean 'sites'"):
        siting.solve(instance, site=1)


def test_what_cannot_be_solved_is_told_by_its_type() -> None:
    """Not by an attribute error."""
    with pytest.raises(InputError, match="not as a list"):
        siting.solve([1, 2, 3])
