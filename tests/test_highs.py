"""HiGHS is told everything and believed nothing that it does not say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse

from siting.errors import SolverError
from siting.formulation import LinearModel
from siting.highs import HighsModel


def knapsack(count: int = 3, *, integer: bool = True, room: float = 4.0) -> LinearModel:
    """Return: take the most value, items of weight 2, 3, 4 ... and value 3, 4, 5 ... within some room."""
    weight = np.arange(2.0, 2.0 + count)
    return LinearModel(
        cost=-(weight + 1),
        matrix=sparse.csr_array(weight[None, :]),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([room]),
        column_lower=np.zeros(count),
        column_upper=np.ones(count),
        integer=np.full(count, integer),
        columns=tuple(f"item{number}" for number in range(count)),
    )


def loaded(model: LinearModel) -> HighsModel:
    """Return HiGHS holding a model."""
    highs = HighsModel()
    highs.load(model)
    return highs


def test_a_mixed_integer_model_is_solved_to_its_optimum() -> None:
    """Of weights 2, 3, 4 in a room of 4, the last alone is worth most."""
    result = loaded(knapsack()).run()
    assert (result.status, result.objective, result.bound) == ("optimal", -5.0, -5.0)
    assert result.x.tolist() == [0, 0, 1]
    assert result.reduced_costs is None


def test_a_linear_programme_has_reduced_costs() -> None:
    """Relaxed, two thirds of the second item fill the room."""
    result = loaded(knapsack(integer=False)).run()
    assert result.objective == pytest.approx(-3 - 4 * 2 / 3)
    assert result.bound == result.objective
    assert result.reduced_costs.tolist() == pytest.approx([-3 + 2 * 4 / 3, 0, -5 + 4 * 4 / 3])


def test_columns_change_between_integer_and_continuous() -> None:
    """The same model, relaxed and whole again."""
    highs = loaded(knapsack())
    columns = np.arange(3)
    highs.set_integer(columns, integer=False)
    assert highs.run().objective == pytest.approx(-3 - 8 / 3)
    highs.set_integer(columns, integer=True)
    assert highs.run().objective == pytest.approx(-5)


def test_rows_and_columns_added_later_count() -> None:
    """A new column that costs 1, held up by a row, moves the optimum."""
    highs = loaded(knapsack())
    highs.add_columns(np.array([1.0]))
    highs.add_rows(sparse.csr_array(np.array([[0.0, 0.0, -7.0, 1.0]])), np.array([0.0]))
    result = highs.run()
    assert result.objective == pytest.approx(-4)
    assert result.x.tolist() == pytest.approx([0, 1, 0, 0])


def test_bounds_of_a_column_can_be_closed() -> None:
    """A candidate fixed out is not chosen."""
    highs = loaded(knapsack())
    highs.set_bounds(2, 0.0, 0.0)
    assert highs.run().x.tolist() == [0, 1, 0]


def test_an_infeasible_model_is_infeasible_and_has_no_point() -> None:
    """No objective either."""
    result = loaded(knapsack(room=-1.0)).run()
    assert (result.status, result.x, result.objective) == ("infeasible", None, math.inf)


def test_an_unbounded_model_is_an_error_not_an_answer() -> None:
    """Only an end that is an answer is returned."""
    model = LinearModel(
        cost=np.array([-1.0]),
        matrix=sparse.csr_array(np.array([[1.0]])),
        row_lower=np.array([0.0]),
        row_upper=np.array([np.inf]),
        column_lower=np.zeros(1),
        column_upper=np.array([np.inf]),
        integer=np.array([False]),
        columns=("x",),
    )
    with pytest.raises(SolverError, match="nbounded"):
        loaded(model).run()


def hard_model() -> LinearModel:
    """Return a model that HiGHS does not solve at its root: the market split of Cornuejols and Dawande (1999)."""
    random = np.random.default_rng(1)
    rows, count = 4, 30
    weights = random.integers(0, 100, (rows, count)).astype(float)
    half = np.floor(weights.sum(axis=1) / 2)
    slack = np.hstack([np.eye(rows), -np.eye(rows)])
    return LinearModel(
        cost=np.concatenate([np.zeros(count), np.ones(2 * rows)]),
        matrix=sparse.csr_array(np.hstack([weights, slack])),
        row_lower=half,
        row_upper=half,
        column_lower=np.zeros(count + 2 * rows),
        column_upper=np.concatenate([np.ones(count), np.full(2 * rows, np.inf)]),
        integer=np.concatenate([np.ones(count, bool), np.zeros(2 * rows, bool)]),
        columns=tuple(f"x{number}" for number in range(count + 2 * rows)),
    )


def test_a_time_limit_is_told_as_a_time_limit() -> None:
    """Whatever is held at that moment, it is not called optimal."""
    result = loaded(hard_model()).run(time_limit=1e-3)
    assert result.status == "time_limit"
    assert result.bound <= result.objective


def test_a_run_that_is_asked_to_stop_is_interrupted_with_bound_below_objective() -> None:
    """The question carries HiGHS' incumbent and bound."""
    asked: list[tuple[float, float]] = []

    def stop(incumbent: float, bound: float) -> bool:
        asked.append((incumbent, bound))
        return len(asked) > 3

    result = loaded(hard_model()).run(should_stop=stop)
    assert result.status == "interrupted"
    assert len(asked) > 3
    assert result.bound <= result.objective


def test_a_start_does_not_change_the_optimum() -> None:
    """A point to start from, good or bad, is only a start."""
    best = loaded(knapsack(count=12, room=30.0)).run().objective
    for start in (np.array([1.0] * 4 + [0.0] * 8), np.zeros(12), np.ones(12)):
        highs = loaded(knapsack(count=12, room=30.0))
        highs.start_from(np.arange(12), start)
        result = highs.run()
        assert (result.status, result.objective) == ("optimal", best)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_may_change_within_a_process(threads: int) -> None:
    """HiGHS would refuse to run with another number; here it must not."""
    highs = HighsModel(threads=threads, seed=3)
    highs.load(knapsack())
    assert highs.run().objective == -5.0


def test_an_option_that_highs_refuses_is_an_error() -> None:
    """Never silently ignored."""
    with pytest.raises(SolverError, match="random_seed"):
        HighsModel(seed=-1)
