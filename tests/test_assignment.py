"""The full assignment model with capacities, against a transportation problem per portfolio."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import Oracle, brute_force, capacitated_instance, magnitude

from siting.engine import solve_instance
from siting.errors import InfeasibleError, SolverError
from siting.instance import Criterion, Instance
from siting.search import Search


def check(instance: Instance, oracle: Oracle, seed: int) -> None:
    """Solve and compare with the oracle; check that the shares are an assignment."""
    try:
        solution = solve_instance(instance)
    except InfeasibleError:
        assert not oracle.feasible, seed
        return
    assert solution.status == "optimal", seed
    assert solution.objective == pytest.approx(oracle.objective, abs=1e-8 * magnitude(instance)), seed
    chosen = [instance.position(name) for name in solution.portfolio]
    assert (solution.shares >= 0).all(), seed
    assert solution.shares.sum(axis=1) == pytest.approx(np.ones(instance.number_of_demand_points)), seed
    room = instance.capacity[chosen] + 1e-6 * instance.demand.sum()
    assert (instance.demand @ solution.shares <= room).all(), seed


@pytest.mark.parametrize("chunk", range(6))
def test_capacitated_optima_equal_brute_force(chunk: int, effort: int) -> None:
    """Fractional assignment: the oracle solves one transportation problem per portfolio."""
    size = 40 * effort
    for seed in range(chunk * size, chunk * size + size):
        instance = capacitated_instance(seed)
        check(instance, brute_force(instance), seed)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
def test_capacities_bind_whatever_the_unit_of_demand(size: float) -> None:
    """The cheap site can take two thirds of the demand, in any unit."""
    instance = Instance(
        sites=2,
        criteria={"ms": Criterion(service=[[1.0, 4.0], [1.0, 4.0], [1.0, 4.0]])},
        demand=np.ones(3) * size,
        capacity=np.array([2.0, 2.0]) * size,
    )
    solution = solve_instance(instance)
    assert solution.objective == pytest.approx(6 * size, rel=1e-6)
    assert instance.demand @ solution.shares == pytest.approx(np.array([2.0, 1.0]) * size, rel=1e-6)


def test_demand_is_split_where_no_site_can_take_it_whole() -> None:
    """One point, two sites of half its demand each."""
    instance = Instance(sites=2, criteria={"ms": Criterion(service=[[1.0, 3.0]])}, demand=[10], capacity=[5, 5])
    solution = solve_instance(instance)
    assert solution.objective == pytest.approx(20)
    assert solution.shares.tolist() == [pytest.approx([0.5, 0.5])]


def test_without_room_for_all_demand_the_capacities_are_named() -> None:
    """The error says what conflicts."""
    instance = Instance(
        sites=1, criteria={"ms": Criterion(service=[[1.0, 3.0]])}, demand=[10], capacity=[5, 9], candidates=["a", "b"]
    )
    with pytest.raises(InfeasibleError) as caught:
        solve_instance(instance)
    assert "capacities serve all demand" in caught.value.rules
    assert solve_instance(instance.replace(sites=2)).portfolio == ("a", "b")


def test_an_answer_whose_bound_is_far_off_is_refused() -> None:
    """HiGHS saying "optimal" is not enough."""
    from siting.assignment import _close

    search = Search(magnitude=10.0)
    search.offer([0], 10.0)
    with pytest.raises(SolverError, match="its bound is 9"):
        _close(search, 9.0, 10.0)
    _close(search, 10.0 - 1e-8, 10.0)
    assert search.stop_reason == "optimal"
