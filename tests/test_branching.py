"""Branching on neighbourhoods finds the optimum where the relaxation alone does not."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import geographic_instance

from siting.benders import Benders
from siting.branching import Branching
from siting.constraints import Constraints
from siting.enumeration import best_portfolio
from siting.instance import Criterion, Instance
from siting.problem import Problem
from siting.search import Search


def worst_start(problem: Problem) -> Search:
    """Return a search that holds the first admissible portfolio in candidate order, and no more."""
    search = Search(magnitude=1.0)
    size = problem.constraints.minimum_sites
    chosen = np.arange(size)
    search.offer(problem.positions[chosen].tolist(), problem.cost(chosen) + problem.offset)
    return search


@pytest.mark.parametrize("seed", range(25))
def test_the_tree_closes_at_the_enumerated_optimum(seed: int) -> None:
    """Costs without geometry make the relaxation fractional; every portfolio is compared by enumeration."""
    random = np.random.default_rng(seed)
    criteria = {"access": Criterion(service=random.integers(0, 6, (14, 13)).astype(float))}
    problem = Problem.of(Instance(sites=4, criteria=criteria))
    _, cost, _, _ = best_portfolio(problem)
    search = worst_start(problem)
    benders = Benders(problem, search)
    assert benders.solve()
    assert search.stop_reason == "optimal"
    assert search.upper - problem.offset == pytest.approx(cost, abs=1e-7)


def test_fractional_relaxations_did_occur() -> None:
    """The test above would prove nothing if the first node were always enough."""
    nodes = []
    for seed in range(10):
        random = np.random.default_rng(seed)
        criteria = {"access": Criterion(service=random.integers(0, 6, (14, 13)).astype(float))}
        problem = Problem.of(Instance(sites=4, criteria=criteria))
        benders = Benders(problem, worst_start(problem))
        benders.solve()
        nodes.append(benders.number_of_nodes)
    assert max(nodes) > 3


def test_a_tree_that_runs_out_of_nodes_claims_nothing() -> None:
    """With no nodes allowed, the tree is neither exhausted nor closed."""
    random = np.random.default_rng(3)
    criteria = {"access": Criterion(service=random.integers(0, 6, (14, 13)).astype(float))}
    problem = Problem.of(Instance(sites=4, criteria=criteria))
    search = worst_start(problem)
    benders = Benders(problem, search)
    benders.highs.set_integer(np.arange(problem.number_of_candidates), integer=False)
    assert not Branching(benders, maximum_nodes=0).solve()
    assert search.stop_reason is None


@pytest.mark.parametrize("seed", range(6))
def test_rules_hold_in_the_tree(seed: int) -> None:
    """Limits and conflicts live in the master, so every incumbent of the tree keeps them."""
    instance = geographic_instance(seed, 30, 4, rules=True)
    problem = Problem.of(instance)
    best, cost, _, _ = best_portfolio(problem)
    assert best is not None
    search = Search(magnitude=1.0)
    benders = Benders(problem, search)
    assert benders.solve()
    assert search.upper - problem.offset == pytest.approx(cost, rel=1e-8)
    assert Constraints.of(instance).admissible(list(search.chosen or ()))
