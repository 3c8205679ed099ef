"""Portfolios are evaluated from the raw arrays: against the definition, and against claims that are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import brute_force, capacitated_instance, instances, magnitude, objective_of, random_instance

from siting.errors import SolverError
from siting.evaluation import Evaluation, assign, check_agreement, evaluate
from siting.instance import Criterion, Instance


def positions_of(instance: Instance, chosen: frozenset) -> list[int]:
    """Return positions of identifiers."""
    return [position for position, name in enumerate(instance.candidates) if name in chosen]


@pytest.mark.parametrize("seed", range(80))
def test_the_objective_equals_the_definition(seed: int) -> None:
    """Every admissible portfolio is worth what the weighted sum of its criteria says."""
    instance = random_instance(seed)
    for chosen, expected in brute_force(instance).values.items():
        evaluation = evaluate(instance, positions_of(instance, chosen))
        assert evaluation.objective == pytest.approx(expected, abs=1e-12 * magnitude(instance))
        signed = instance.constant + sum(
            instance.weights[name] * (1 if criterion.sense == "min" else -1) * evaluation.values[name]
            for name, criterion in instance.criteria.items()
        )
        assert evaluation.objective == pytest.approx(signed, abs=1e-12 * magnitude(instance))


@given(instances(minimum_candidates=2))
def test_the_order_of_the_positions_does_not_matter(instance: Instance) -> None:
    """Exact summation makes the objective the same to the last bit."""
    positions = list(range(instance.number_of_candidates))
    forward, backward = evaluate(instance, positions), evaluate(instance, positions[::-1])
    assert forward.objective == backward.objective
    assert forward.assignment.tolist() == backward.assignment.tolist()


def test_each_demand_point_goes_to_the_site_with_the_least_weighted_cost() -> None:
    """The weighted sum decides, not one criterion alone."""
    instance = Instance(
        sites=2,
        criteria={"ms": Criterion(service=[[1, 3]]), "EUR": Criterion(service=[[9, 2]])},
        weights={"ms": 1, "EUR": 1},
    )
    assert assign(instance, [0, 1]).tolist() == [1]
    assert assign(instance.replace(weights={"ms": 1, "EUR": 0.1}), [0, 1]).tolist() == [0]


def test_ties_go_to_the_better_raw_values_then_to_the_earlier_candidate() -> None:
    """A criterion without weight breaks ties, so that a report does not show a needlessly bad one."""
    instance = Instance(
        sites=3,
        criteria={"a": Criterion(service=[[1, 1, 1]]), "b": Criterion(service=[[5, 2, 2]])},
        weights={"a": 1},
    )
    assert assign(instance, [0, 1, 2]).tolist() == [1]


def test_without_service_in_the_objective_raw_values_decide_who_serves() -> None:
    """The criterion is reported as good as the chosen sites allow, in its own sense."""
    instance = Instance(
        sites=2,
        criteria={"cost": Criterion(site=[1, 1]), "quality": Criterion(service=[[1, 4], [3, 2]], sense="max")},
        weights={"cost": 1},
    )
    assert assign(instance, [0, 1]).tolist() == [1, 0]
    assert evaluate(instance, [0, 1]).values["quality"] == 7


def test_nobody_serves_where_there_is_no_service_or_no_site() -> None:
    """The assignment says so with -1."""
    assert assign(Instance(sites=1, criteria={"cost": Criterion(site=[1])}, demand=[1, 2]), [0]).tolist() == [-1, -1]
    assert assign(Instance(sites=1, criteria={"ms": Criterion(service=[[1]])}), []).tolist() == [-1]


def test_shares_split_demand_between_sites() -> None:
    """Half from each site costs half of each."""
    instance = Instance(sites=2, criteria={"ms": Criterion(service=[[2.0, 6.0]])}, demand=[10], capacity=[5, 9])
    evaluation = evaluate(instance, [0, 1], np.array([[0.5, 0.5]]))
    assert evaluation.values == {"ms": 40.0}
    assert evaluation.assignment.tolist() == [0]


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([[0.5, 0.4]], "does not serve all demand"),
        ([[1.5, -0.5]], "does not serve all demand"),
        ([[1.0, 0.0]], "overloads a site"),
    ],
)
def test_an_assignment_that_breaks_its_rules_is_refused(shares: list[list[float]], words: str) -> None:
    """Too little, negative, or more than a site can take: never a result."""
    instance = Instance(sites=2, criteria={"ms": Criterion(service=[[2.0, 6.0]])}, demand=[10], capacity=[5, 9])
    with pytest.raises(SolverError, match=words):
        evaluate(instance, [0, 1], np.array(shares))


def test_overload_is_judged_against_the_size_of_demand() -> None:
    """Demand in small units is not waved through as rounding."""
    instance = Instance(sites=2, criteria={"ms": Criterion(service=[[2.0, 6.0]])}, demand=[1e-6], capacity=[5e-7, 9e-7])
    with pytest.raises(SolverError, match="overloads"):
        evaluate(instance, [0, 1], np.array([[1.0, 0.0]]))


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
def test_a_claim_that_differs_by_more_than_rounding_is_refused(size: float) -> None:
    """At any size of the objective, and rounding itself is accepted."""
    evaluation = Evaluation({}, 3.0 * size, 3.0 * size, np.zeros(0, dtype=np.int64))
    check_agreement(3.0 * size * (1 + 1e-12), evaluation)
    with pytest.raises(SolverError, match="the raw arrays give"):
        check_agreement(3.0 * size * (1 + 1e-5), evaluation)


@pytest.mark.parametrize("seed", range(10))
def test_capacities_do_not_change_the_value_of_the_site_criteria(seed: int) -> None:
    """Only the service part depends on the shares."""
    instance = capacitated_instance(seed)
    count = instance.number_of_candidates
    shares = np.full((instance.number_of_demand_points, count), 1.0 / count)
    unlimited = instance.replace(capacity=np.full(count, 1e12))
    evaluation = evaluate(unlimited, list(range(count)), shares)
    everyone = frozenset(instance.candidates)
    assert evaluation.values["cost"] == pytest.approx(float(instance.criteria["cost"].site.sum()))
    assert evaluation.objective >= objective_of(unlimited, everyone) - 1e-9 * magnitude(unlimited)
