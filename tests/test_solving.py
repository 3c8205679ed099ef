"""From a name, a path, a model or an instance to a solution of the shipped case."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod

import siting

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def solution() -> siting.Solution:
    """Solve the shipped model once."""
    return siting.solve()


def test_the_default_is_the_shipped_model_with_four_proven_sites(solution: siting.Solution) -> None:
    """`siting.solve()` needs no argument."""
    assert len(solution.portfolio or ()) == 4
    assert (solution.status, solution.gap) == ("optimal", 0.0)
    assert solution.bound == solution.objective
    assert isinstance(solution.sites, gpd.GeoDataFrame)


def test_the_energy_cost_is_that_of_the_tables(solution: siting.Solution) -> None:
    """208 MW x PUE x 0.8 x 8,760 h x price, summed over the sites, from the candidate table alone."""
    sites = solution.sites
    cost = (208 * sites["pue"] * 0.8 * 8760 * sites["electricity_price_eur_per_mwh"]).sum()
    assert solution.criteria.loc["energy_cost", "value"] == pytest.approx(cost)


def test_the_latency_is_the_mean_over_europeans_of_the_nearest_site(solution: siting.Solution) -> None:
    """Geodesic distances from a library, the measured line, weighted by population."""
    sites, demand = solution.sites, solution.model.demand
    geod = Geod(ellps="WGS84")
    shape = (len(demand), len(sites))
    points = (
        np.broadcast_to(demand[axis].to_numpy()[:, None], shape) for axis in ("longitude_degrees", "latitude_degrees")
    )
    places = (np.broadcast_to(sites[axis].to_numpy(), shape) for axis in ("longitude_degrees", "latitude_degrees"))
    kilometres = geod.inv(*points, *places)[2] / 1000
    latency = 8.2 + 0.0176 * kilometres.min(axis=1)
    expected = np.average(latency, weights=demand["population"])
    assert solution.criteria.loc["latency", "value"] == pytest.approx(expected)
    assert solution.demand["latency_ms"].to_numpy() == pytest.approx(latency)


def test_the_rules_of_the_model_hold_on_the_map(solution: siting.Solution) -> None:
    """One site per country, 300 km apart, two in eligible regions, enough grid."""
    sites = solution.sites
    assert sites["country"].is_unique
    assert sites["large_enterprise_eligible"].sum() >= 2
    assert (sites["grid_capacity_mva"] >= 208 * sites["pue"] / 0.95 / 0.875).all()
    geod = Geod(ellps="WGS84")
    places = sites[["longitude_degrees", "latitude_degrees"]].to_numpy()
    for one, other in itertools.combinations(places, 2):
        assert geod.inv(*one, *other)[2] >= 300_000


def test_contributions_add_up_to_the_values_and_the_objective(solution: siting.Solution) -> None:
    """What the sites contribute is what the portfolio has; what the criteria contribute is the objective."""
    criteria = solution.criteria
    for name in criteria.index:
        assert solution.sites[f"contribution_{name}"].sum() == pytest.approx(criteria.loc[name, "value"])
    assert criteria["contribution"].sum() == pytest.approx(solution.objective)


def test_no_swap_of_one_site_is_better(solution: siting.Solution) -> None:
    """An optimum cannot be improved by any admissible exchange: 4 x 212 of them, by hand."""
    instance, chosen = solution.instance, list(solution.portfolio or ())
    signed = instance.signed_weights
    groups = solution.model.candidates["country"]
    conflicts = {frozenset(pair) for pairs in instance.conflicts.values() for pair in pairs}
    eligible = solution.model.candidates["large_enterprise_eligible"]

    def objective(portfolio: list[str]) -> float:
        positions = [instance.position(name) for name in portfolio]
        total = instance.constant
        for name, criterion in instance.criteria.items():
            if criterion.site is not None:
                total += signed[name] * criterion.site[positions].sum()
            if criterion.service is not None:
                total += signed[name] * (instance.demand * criterion.service[:, positions].min(axis=1)).sum()
        return float(total)

    assert objective(chosen) == pytest.approx(solution.objective)
    compared = 0
    for leaving, joining in itertools.product(chosen, instance.candidates):
        portfolio = [name for name in chosen if name != leaving] + [joining]
        admissible = (
            joining not in chosen
            and joining not in instance.forbidden
            and groups[portfolio].is_unique
            and eligible[portfolio].sum() >= 2
            and not any(frozenset(pair) in conflicts for pair in itertools.combinations(portfolio, 2))
        )
        if admissible:
            compared += 1
            assert objective(portfolio) >= solution.objective - 1e-9
    assert compared > 200


@pytest.mark.parametrize("method", ["bounding", "benders"])
def test_every_method_finds_the_same_optimum(solution: siting.Solution, method: str) -> None:
    """Bounding and Benders agree on the shipped model."""
    other = siting.solve(method=method)
    assert other.portfolio == solution.portfolio
    assert other.objective == pytest.approx(solution.objective)


def test_a_path_a_model_and_a_name_are_the_same_question(solution: siting.Solution, tmp_path: Path) -> None:
    """Three ways in, one answer."""
    model = siting.Model.load("gigafactories")
    path = tmp_path / "mine.toml"
    path.write_text(model.to_toml(), encoding="utf-8")
    for way in (model, path, str(path)):
        assert siting.solve(way).portfolio == solution.portfolio


def test_overrides_change_the_question_and_leave_the_model_alone(solution: siting.Solution) -> None:
    """The model a solution came from is not changed by solving a variant."""
    model = siting.Model.load("gigafactories")
    variant = siting.solve(model, sites=3, required=["ITI3"], rules={"spacing": False})
    assert len(variant.portfolio or ()) == 3
    assert "ITI3" in (variant.portfolio or ())
    assert model.sites == 4
    assert siting.solve(model).portfolio == solution.portfolio


def test_the_unit_of_a_criterion_does_not_matter(solution: siting.Solution) -> None:
    """Energy cost in million EUR instead of EUR: the same sites."""
    raw = solution.model.instance()
    cost = raw.criteria["energy_cost"]
    millions = siting.Criterion(site=cost.site / 1e6, unit="m EUR/yr")
    from siting.engine import solve_instance
    from siting.normalisation import portfolio_scaling

    rescaled = raw.replace(criteria={**raw.criteria, "energy_cost": millions})
    answer = solve_instance(portfolio_scaling(rescaled, solve_instance).apply(rescaled))
    assert answer.portfolio == solution.portfolio
    assert answer.objective == pytest.approx(solution.objective)


def test_an_impossible_question_names_the_rules_in_conflict() -> None:
    """A spacing no four regions can keep."""
    with pytest.raises(siting.InfeasibleError, match="2500 km apart") as caught:
        siting.solve(rules={"spacing": {"minimum_km": 2500.0}})
    assert set(caught.value.rules) == {"exactly 4 sites", "sites at least 2500 km apart"}


def test_a_solution_shows_itself_as_escaped_html() -> None:
    """A name from data cannot inject markup."""
    criteria = {"<script>": siting.Criterion(site=[1.0, 2.0], unit="<b>")}
    html = siting.solve(siting.Instance(sites=1, criteria=criteria, candidates=["<i>", "b"]))._repr_html_()
    assert "<script>" not in html
    assert "<i>" not in html


def test_what_is_neither_model_nor_instance_is_refused() -> None:
    """A number is no model."""
    with pytest.raises(siting.InputError, match="not as a int"):
        siting.solve(4)  # type: ignore[arg-type]


def test_a_callback_that_says_stop_ends_the_search_without_a_false_claim() -> None:
    """What is held is returned with its gap; it is not called optimal."""
    seen: list[float] = []

    def stop(progress: object) -> bool:
        seen.append(progress.bound)  # type: ignore[attr-defined]
        return True

    stopped = siting.solve(callback=stop)
    assert seen
    assert stopped.status == "interrupted"
    assert stopped.portfolio is not None
    assert stopped.gap > 0 or math.isinf(stopped.gap)
    assert "not proven" in stopped.proof
