"""Enumeration walks exactly the admissible portfolios, each once."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from strategies import brute_force, magnitude, random_instance

from siting.enumeration import best_portfolio, number_of_portfolios, portfolios
from siting.instance import Criterion, Instance, Limit
from siting.problem import Problem


@pytest.mark.parametrize("chunk", range(5))
def test_every_admissible_portfolio_is_walked_once_with_its_cost(chunk: int) -> None:
    """The same sets as the oracle's, the same values."""
    for seed in range(chunk * 60, chunk * 60 + 60):
        instance, walked = random_instance(seed), {}
        problem = Problem.of(instance)
        for prefix, last, costs in portfolios(problem):
            for candidate, cost in zip(last, costs, strict=True):
                positions = problem.positions[np.append(prefix, candidate)]
                names = frozenset(instance.candidates[position] for position in positions)
                assert names not in walked, seed
                walked[names] = float(cost) + problem.offset
        expected = brute_force(instance).values
        assert walked.keys() == expected.keys(), seed
        rounding = 1e-11 * magnitude(instance)
        assert walked == {names: pytest.approx(value, abs=rounding) for names, value in expected.items()}, seed


def test_the_number_of_portfolios_is_the_binomial_sum() -> None:
    """Required candidates are not counted, each allowed size is."""
    criteria = {"cost": Criterion(site=np.ones(9))}
    assert number_of_portfolios(Problem.of(Instance(sites=4, criteria=criteria))) == comb(9, 4)
    between = Instance(sites=(2, 4), criteria=criteria, required=[0, 5])
    assert number_of_portfolios(Problem.of(between)) == 1 + comb(7, 1) + comb(7, 2)
    assert number_of_portfolios(Problem.of(Instance(sites=1, criteria=criteria, required=[0, 5]))) == 0


def test_among_equals_the_first_in_candidate_order_is_the_best() -> None:
    """So that an answer does not depend on chance."""
    problem = Problem.of(Instance(sites=2, criteria={"cost": Criterion(site=[1, 0, 0, 0])}))
    chosen, cost, compared, complete = best_portfolio(problem)
    assert chosen.tolist() == [1, 2]
    assert (cost, compared, complete) == (0.0, 6, True)


def test_only_admissible_portfolios_are_counted_as_compared() -> None:
    """The proof says how many there were."""
    instance = Instance(
        sites=2, criteria={"cost": Criterion(site=[1, 2, 3, 4])}, limits={"one": Limit([1, 1, 1, 0], upper=1)}
    )
    chosen, _, compared, complete = best_portfolio(Problem.of(instance))
    assert (chosen.tolist(), compared, complete) == ([0, 3], 3, True)


def test_a_walk_that_is_stopped_says_so() -> None:
    """What it has seen is held, and it does not call itself complete."""
    problem = Problem.of(Instance(sites=3, criteria={"cost": Criterion(site=np.arange(8.0))}))
    asked = iter([False] * 6 + [True] * 100)
    chosen, _, compared, complete = best_portfolio(problem, lambda: next(asked))
    assert not complete
    assert 0 < compared < comb(8, 3)
    assert chosen.tolist() == [0, 1, 2]
    assert best_portfolio(problem, lambda: True) == (None, np.inf, 0, False)


def test_no_admissible_portfolio_is_a_complete_answer() -> None:
    """None, after comparing none."""
    instance = Instance(sites=1, criteria={"cost": Criterion(site=[1, 2])}, limits={"no": Limit([1, 1], upper=0)})
    assert best_portfolio(Problem.of(instance)) == (None, np.inf, 0, True)
