"""Infeasible instances name a minimal set of rules in conflict."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from strategies import capacitated_instance, random_instance, rules_of, satisfiable

from siting.constraints import Constraints
from siting.engine import solve_instance
from siting.errors import InfeasibleError
from siting.feasibility import admissible_portfolio, conflicting_rules, infeasible, named_rules
from siting.instance import Criterion, Instance, Limit


def translated(instance: Instance, rules: tuple[str, ...]) -> list[str]:
    """Return the engine's names of rules as the oracle's."""
    first = named_rules(instance)[0]
    own = {first: "sites", "capacities serve all demand": "capacities"}
    return [own.get(name, name) for name in rules]


def check_minimal(instance: Instance, seed: int) -> None:
    """Assert that the rules named cannot hold together and that all but any one of them can."""
    rules = translated(instance, conflicting_rules(instance))
    assert not satisfiable(instance, rules), (seed, rules)
    for left_out in rules:
        assert satisfiable(instance, [name for name in rules if name != left_out]), (seed, rules, left_out)


@pytest.mark.parametrize("chunk", range(5))
def test_the_rules_named_conflict_and_none_of_them_is_idle(chunk: int, effort: int) -> None:
    """Checked by trying every set of candidates, of any size."""
    tried = 0
    for seed in range(chunk * 60 * effort, (chunk + 1) * 60 * effort):
        instance = random_instance(seed, largest=7)
        if not satisfiable(instance, rules_of(instance)):
            check_minimal(instance, seed)
            tried += 1
    assert tried > 5


def test_capacities_are_among_the_rules() -> None:
    """With capacities too, the set is minimal."""
    tried = 0
    for seed in range(40):
        instance = capacitated_instance(seed)
        if not satisfiable(instance, rules_of(instance)):
            check_minimal(instance, seed)
            tried += 1
    assert tried > 5


def test_the_error_names_the_rules_in_its_sentence_and_as_data() -> None:
    """A person reads the one, a program the other."""
    instance = Instance(
        sites=3,
        criteria={"cost": Criterion(site=[1, 1, 1, 1])},
        candidates=["FR10", "FRE1", "DE21", "DE30"],
        limits={"at most one in FR": Limit([1, 1, 0, 0], upper=1), "budget": Limit([1, 1, 1, 1], upper=9)},
        conflicts={"spacing": [("DE21", "DE30")]},
    )
    with pytest.raises(InfeasibleError) as caught:
        solve_instance(instance)
    assert caught.value.rules == ("exactly 3 sites", "at most one in FR", "spacing")
    assert all(repr(name) in str(caught.value) for name in caught.value.rules)


@pytest.mark.parametrize("method", ["auto", "bounding", "benders", "assignment", "enumeration"])
def test_every_method_finds_the_same_conflict(method: str) -> None:
    """Required against forbidden by a limit."""
    instance = Instance(
        sites=1,
        criteria={"ms": Criterion(service=[[1, 2]])},
        candidates=["a", "b"],
        required=["a"],
        limits={"not a": Limit([1, 0], upper=0)},
    )
    with pytest.raises(InfeasibleError) as caught:
        solve_instance(instance, method=method)
    assert caught.value.rules == ("a is required", "not a")


def test_forbidden_candidates_are_grouped_by_their_reason() -> None:
    """An analyst can relax a reason, not two hundred regions."""
    instance = Instance(
        sites=2, criteria={"cost": Criterion(site=np.ones(4))}, forbidden={0: "no grid", 1: "no grid", 2: "flood"}
    )
    assert conflicting_rules(instance) == ("exactly 2 sites", "forbidden: no grid", "forbidden: flood")
    assert named_rules(instance) == ["exactly 2 sites", "forbidden: no grid", "forbidden: flood"]


def test_the_error_keeps_its_rules_across_processes() -> None:
    """Executors pickle exceptions."""
    instance = Instance(sites=1, criteria={"cost": Criterion(site=[1])}, limits={"none": Limit([1], upper=0)})
    error = infeasible(instance)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert isinstance(copy, InfeasibleError)
    assert copy.rules == error.rules == ("exactly 1 site", "none")
    assert str(copy) == str(error)


@pytest.mark.parametrize("size", [1e-9, 1e-3, 1e6, 1e9])
def test_rules_in_any_unit_are_met_not_merely_nearly_met(size: float) -> None:
    """Feasibility tolerances of a solver are absolute; a budget in small units must still bind."""
    weights = np.array([5.0, 4.0, 3.0, 2.0, 1.0]) * size
    limits = {"budget": Limit(weights, upper=6.5 * size), "floor": Limit(weights, lower=5.5 * size)}
    instance = Instance(sites=3, criteria={"cost": Criterion(site=np.ones(5))}, limits=limits)
    chosen, decided = admissible_portfolio(Constraints.of(instance), np.zeros(5))
    assert decided
    assert chosen.tolist() == [2, 3, 4]


def test_more_sites_than_candidates_left_is_decided_without_a_solver() -> None:
    """There is nothing to search."""
    instance = Instance(sites=2, criteria={"cost": Criterion(site=np.ones(3))})
    few = Constraints.of(instance).restricted(np.array([0]))
    assert admissible_portfolio(few, np.zeros(1)) == (None, True)
