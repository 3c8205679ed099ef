"""Normalisation against ideals and nadirs found by going through every portfolio."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from siting.errors import InputError, SolverError
from siting.instance import Criterion, Instance, Limit
from siting.normalisation import fixed_scaling, monetised_scaling, portfolio_scaling


def portfolios(instance: Instance) -> list[tuple[int, ...]]:
    """Return every admissible portfolio, by positions."""
    found = []
    for chosen in combinations(range(instance.number_of_candidates), instance.minimum_sites):
        sums = {name: limit.coefficients[list(chosen)].sum() for name, limit in instance.limits.items()}
        if all(
            (limit.lower is None or sums[name] >= limit.lower) and (limit.upper is None or sums[name] <= limit.upper)
            for name, limit in instance.limits.items()
        ) and not any(instance.candidates[position] in instance.forbidden for position in chosen):
            found.append(chosen)
    return found


def solve(instance: Instance) -> Any:
    """Return the best portfolio by going through all of them; demand goes to the cheapest site."""
    best: tuple[float, tuple[int, ...], dict[str, float]] | None = None
    for chosen in portfolios(instance):
        columns = list(chosen)
        values = dict.fromkeys(instance.criteria, 0.0)
        serving = np.zeros(instance.number_of_demand_points, dtype=int)
        if instance.has_service:
            serving = np.array(columns)[instance.service_cost[:, columns].argmin(axis=1)]
        for name, criterion in instance.criteria.items():
            if criterion.site is not None:
                values[name] += criterion.site[columns].sum()
            if criterion.service is not None:
                values[name] += instance.demand @ criterion.service[np.arange(len(serving)), serving]
        objective = sum(instance.signed_weights[name] * value for name, value in values.items())
        if best is None or objective < best[0] - 1e-12:
            best = (objective, chosen, values)
    assert best is not None
    identifiers = tuple(instance.candidates[position] for position in best[1])
    return SimpleNamespace(portfolio=identifiers, status="optimal", values=best[2], objective=best[0])


def random_instance(seed: int) -> Instance:
    """Return an instance with two site criteria, a service criterion, a rule and a forbidden candidate."""
    generator = np.random.default_rng(seed)
    return Instance(
        sites=2,
        criteria={
            "grid": Criterion(site=generator.uniform(0, 9000, 7), unit="MVA", sense="max"),
            "cost": Criterion(site=generator.uniform(1e8, 3e8, 7), unit="EUR/yr"),
            "ping": Criterion(service=generator.uniform(8, 40, (5, 7)), unit="ms"),
        },
        weights={"grid": 0.5, "cost": 2.0, "ping": 1.0},
        demand=np.full(5, 0.2),
        forbidden=[6],
        limits={"at most one of two": Limit([1, 1, 0, 0, 0, 0, 0], upper=1)},
    )


@pytest.mark.parametrize("seed", range(4))
def test_ideals_are_the_best_values_over_all_portfolios(seed: int) -> None:
    """Each criterion's ideal is found again by comparing every admissible portfolio."""
    instance = random_instance(seed)
    table = portfolio_scaling(instance, solve).table
    for name in ("grid", "cost"):
        site = instance.criteria[name].site
        assert site is not None
        sums = [site[list(chosen)].sum() for chosen in portfolios(instance)]
        assert table.loc[name, "ideal"] == pytest.approx(max(sums) if name == "grid" else min(sums))
    service = instance.criteria["ping"].service
    assert service is not None
    nearest = [service[:, list(chosen)].min(axis=1).mean() for chosen in portfolios(instance)]
    assert table.loc["ping", "ideal"] == pytest.approx(min(nearest))


@pytest.mark.parametrize("seed", range(4))
def test_nadirs_are_the_worst_values_in_the_payoff_table(seed: int) -> None:
    """And each coefficient is the weight over the distance to it."""
    instance = random_instance(seed)
    scaling = portfolio_scaling(instance, solve)
    assert scaling.payoff is not None
    for name, criterion in instance.criteria.items():
        column = [*scaling.payoff[name], scaling.table.loc[name, "ideal"]]
        assert scaling.table.loc[name, "nadir"] == (max(column) if criterion.sense == "min" else min(column))
        width = abs(scaling.table.loc[name, "nadir"] - scaling.table.loc[name, "ideal"])
        assert instance.weights is not None
        assert scaling.weights[name] == pytest.approx(instance.weights[name] / width)
        assert scaling.table.loc[name, "scale"] == pytest.approx(width)


def test_exchange_rates_are_in_the_unit_of_the_criterion_in_eur() -> None:
    """Though cost stands second, it is the reference: one ms is worth so many EUR a year."""
    scaling = portfolio_scaling(random_instance(0), solve)
    assert scaling.reference == "cost"
    assert scaling.table.loc["cost", "exchange_rate"] == 1.0
    assert scaling.table.loc["ping", "exchange_rate"] == pytest.approx(
        scaling.weights["ping"] / scaling.weights["cost"]
    )


def test_the_choice_does_not_depend_on_units() -> None:
    """EUR or million EUR, ms or seconds: the same portfolio, the same objective differences."""
    instance = random_instance(5)
    criteria = dict(instance.criteria)
    assert criteria["cost"].site is not None
    assert criteria["ping"].service is not None
    criteria["cost"] = Criterion(site=criteria["cost"].site / 1e6, unit="million EUR/yr")
    criteria["ping"] = Criterion(service=criteria["ping"].service / 1e3, unit="s")
    other = instance.replace(criteria=criteria)
    first = solve(portfolio_scaling(instance, solve).apply(instance))
    second = solve(portfolio_scaling(other, solve).apply(other))
    assert first.portfolio == second.portfolio
    assert first.objective == pytest.approx(second.objective)


def test_ties_are_broken_by_the_other_criteria() -> None:
    """Candidates 0 to 2 tie on the flag; the payoff row of the flag holds the cheapest of them."""
    instance = Instance(
        sites=1,
        criteria={
            "flag": Criterion(site=[1, 1, 1, 0], sense="max"),
            "cost": Criterion(site=[9.0, 5.0, 7.0, 1.0]),
        },
    )
    scaling = portfolio_scaling(instance, solve)
    assert scaling.portfolios["flag"] == (1,)
    assert scaling.table.loc["cost", ["ideal", "nadir"]].tolist() == [1.0, 5.0]


def test_a_criterion_every_optimum_satisfies_is_scaled_by_its_range_over_portfolios() -> None:
    """The cheapest candidate has the flag too; without it the flag can fall from 1 to 0."""
    instance = Instance(
        sites=1, criteria={"flag": Criterion(site=[1, 0], sense="max"), "cost": Criterion(site=[1.0, 9.0])}
    )
    scaling = portfolio_scaling(instance, solve)
    assert scaling.table.loc["flag", "scale"] == 1.0
    assert "over all admissible portfolios" in scaling.table.loc["flag", "note"]
    assert scaling.table.loc["cost", "scale"] == 8.0


def test_a_constant_criterion_says_that_it_cannot_discriminate() -> None:
    """Its scale stays 1, and nothing divides by zero."""
    instance = Instance(sites=1, criteria={"same": Criterion(site=[3, 3]), "cost": Criterion(site=[1.0, 9.0])})
    scaling = portfolio_scaling(instance, solve)
    assert scaling.table.loc["same", "scale"] == 1.0
    assert any("same: " in note and "cannot discriminate" in note for note in scaling.notes)


def test_a_single_criterion_keeps_its_unit() -> None:
    """Nothing is solved, because nothing has to be compared."""
    instance = random_instance(1).replace(weights={"cost": 3.0})
    scaling = portfolio_scaling(instance, lambda _: pytest.fail("solved"))
    assert scaling.weights == {"grid": 0.0, "cost": 3.0, "ping": 0.0}
    assert scaling.method == "none"


def test_a_search_without_a_portfolio_is_no_ideal() -> None:
    """A time limit without an incumbent stops the normalisation with a sentence."""
    nothing = SimpleNamespace(portfolio=None, status="time_limit", values={})
    with pytest.raises(SolverError, match="best value of 'grid' was stopped"):
        portfolio_scaling(random_instance(0), lambda _: nothing)


def test_an_ideal_that_is_not_proven_is_noted() -> None:
    """The status of the search reaches the reader."""
    scaling = portfolio_scaling(
        random_instance(0),
        lambda instance: SimpleNamespace(**{**vars(solve(instance)), "status": "time_limit"}),
    )
    assert all("not proven" in note for note in scaling.notes)
    assert len(scaling.notes) == 3


def test_fixed_scales_divide_and_monetised_rates_multiply() -> None:
    """Both are plain arithmetic; the objective of the monetised form is EUR per year."""
    instance = random_instance(2)
    fixed = fixed_scaling(instance, {"grid": 1000.0, "cost": 1e8, "ping": 4.0})
    assert fixed.weights == pytest.approx({"grid": 0.0005, "cost": 2e-8, "ping": 0.25})
    rates = {"grid": 2200.0, "cost": 1.0, "ping": 2.8e6}
    monetised = monetised_scaling(instance, rates)
    solution = solve(monetised.apply(instance))
    assert monetised.table["exchange_rate"].to_dict() == rates
    assert solution.objective == pytest.approx(
        solution.values["cost"] + 2.8e6 * solution.values["ping"] - 2200.0 * solution.values["grid"]
    )


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda i: fixed_scaling(i, {"grid": 1.0, "cost": 0.0, "ping": 1.0}), "'cost' needs a scale above 0"),
        (lambda i: monetised_scaling(i, {"grid": -1.0}), "'grid' is worth -1 EUR"),
        (lambda i: monetised_scaling(i, {"gird": 1.0}), "no criterion is called 'gird'; did you mean 'grid'"),
        (lambda i: monetised_scaling(i, {}), "no criterion is worth anything"),
        (
            lambda i: portfolio_scaling(i, solve, reference="pin"),
            "'pin' is no criterion with a weight; did you mean 'ping'",
        ),
        (lambda i: portfolio_scaling(i.replace(weights={"grid": -1.0}), solve), "weight of 'grid' is -1"),
    ],
)
def test_wrong_scales_and_rates_are_refused(build: Any, told: str) -> None:
    """Each names the criterion."""
    with pytest.raises(InputError, match=told):
        build(random_instance(0))
