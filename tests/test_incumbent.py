"""Greedy and interchange give admissible portfolios, and never worse ones."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import brute_force, geographic_instance, random_instance

from siting.constraints import Constraints
from siting.incumbent import greedy, interchange, may_join
from siting.instance import Criterion, Instance, Limit
from siting.problem import Problem


@pytest.mark.parametrize("seed", range(150))
def test_greedy_gives_an_admissible_portfolio_or_none(seed: int) -> None:
    """And none at all where there is none."""
    instance = random_instance(seed)
    problem, oracle = Problem.of(instance), brute_force(instance)
    if problem.number_of_candidates == 0:
        return
    chosen = greedy(problem)
    if chosen is None:
        return
    assert oracle.feasible
    assert problem.constraints.admissible(chosen)
    assert frozenset(instance.candidates[position] for position in problem.positions[chosen]) in oracle.values


@pytest.mark.parametrize("seed", range(100))
def test_interchange_never_worsens_and_stays_admissible_from_any_start(seed: int) -> None:
    """Every admissible portfolio is tried as a start."""
    instance = random_instance(seed, largest=6)
    problem = Problem.of(instance)
    index = {instance.candidates[position]: own for own, position in enumerate(problem.positions)}
    for portfolio in brute_force(instance).values:
        start = np.array(sorted(index[name] for name in portfolio))
        better = interchange(problem, start)
        assert problem.constraints.admissible(better)
        assert problem.cost(better) <= problem.cost(start) + 1e-9 * abs(problem.cost(start))
        assert len(better) == len(start)


def test_interchange_ends_where_no_single_swap_improves() -> None:
    """The result is a local optimum, checked by trying every swap."""
    problem = Problem.of(geographic_instance(3, 40, 4, rules=True))
    chosen = interchange(problem, greedy(problem))
    cost = problem.cost(chosen)
    for out in chosen:
        for joining in set(range(40)) - set(chosen.tolist()):
            swapped = np.array([joining if site == out else site for site in chosen])
            if problem.constraints.admissible(swapped):
                assert problem.cost(swapped) >= cost * (1 - 1e-9)


def test_interchange_keeps_required_sites() -> None:
    """Even where they are dear."""
    instance = Instance(sites=2, criteria={"cost": Criterion(site=[9, 3, 2, 1])}, required=[0])
    assert interchange(Problem.of(instance), np.array([0, 1])).tolist() == [0, 3]


def test_greedy_stops_adding_when_the_number_of_sites_is_free_and_more_cost_more() -> None:
    """The first site pays, the second does not."""
    instance = Instance(
        sites=(1, 3), criteria={"cost": Criterion(site=[5, 5, 5]), "ms": Criterion(service=[[0, 1, 1], [1, 0, 1]])}
    )
    assert len(greedy(Problem.of(instance))) == 1


def test_greedy_by_scores_takes_the_lowest() -> None:
    """Given scores replace the costs."""
    instance = Instance(sites=2, criteria={"cost": Criterion(site=[1, 2, 3])})
    assert greedy(Problem.of(instance), np.array([3.0, 2.0, 1.0])).tolist() == [1, 2]


def test_a_candidate_that_a_later_one_could_repair_may_join_an_incomplete_set_only() -> None:
    """A cap exceeded now can be met again by a candidate with a negative coefficient."""
    instance = Instance(sites=2, criteria={"cost": Criterion(site=[1, 1])}, limits={"balance": Limit([2, -2], upper=1)})
    nobody = np.array([], dtype=np.int64)
    constraints = Constraints.of(instance)
    assert may_join(constraints, nobody, complete=False).tolist() == [True, True]
    assert may_join(constraints, nobody, complete=True).tolist() == [False, True]
