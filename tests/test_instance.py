"""An instance is validated once, on construction, and says in one sentence what is wrong."""

from __future__ import annotations

import math
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from strategies import instances, random_instance

import siting
from siting.errors import InputError
from siting.instance import Criterion, Instance, Limit, Pairs

if TYPE_CHECKING:
    from collections.abc import Callable


def three(**changes: Any) -> Instance:
    """Return an instance of three candidates and two demand points with some fields changed."""
    fields: dict[str, Any] = {
        "sites": 1,
        "criteria": {
            "latency": Criterion(service=[[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], unit="ms"),
            "cost": Criterion(site=[1.0, 2.0, 3.0], unit="EUR"),
        },
        "candidates": ["AT11", "AT12", "BE10"],
    }
    return Instance(**{**fields, **changes})


BAD: list[tuple[str, Callable[[], object], list[str]]] = [
    ("criterion without values", Criterion, ["site=", "service="]),
    ("unknown sense", lambda: Criterion(site=[1], sense="mim"), ["'mim'", "did you mean 'min'"]),
    ("site with a gap", lambda: Criterion(site=[1, math.nan]), ["site", "nan", "position 1", "never zero"]),
    ("site with None", lambda: Criterion(site=[None, 1]), ["site", "position 0"]),
    ("site with infinity", lambda: Criterion(site=[1, math.inf]), ["site", "inf", "position 1"]),
    ("masked site", lambda: Criterion(site=np.ma.array([1.0, 2.0], mask=[0, 1])), ["site", "position 1"]),
    ("pandas NA", lambda: Criterion(site=pd.Series([1, pd.NA], dtype="Int64")), ["site"]),
    ("service with a gap", lambda: Criterion(service=[[1, 2], [3, math.nan]]), ["service", "(1, 1)"]),
    ("site of text", lambda: Criterion(site=["cheap", "dear"]), ["site", "not an array of numbers"]),
    ("ragged service", lambda: Criterion(service=[[1, 2], [3]]), ["service", "not an array of numbers"]),
    ("site beyond floats", lambda: Criterion(site=[10**400]), ["site", "not an array of numbers"]),
    ("complex site", lambda: Criterion(site=[1j]), ["site", "not an array of numbers"]),
    ("site as matrix", lambda: Criterion(site=[[1.0]]), ["site", "vector", "(1, 1)"]),
    ("service as vector", lambda: Criterion(service=[1.0]), ["service", "matrix", "(1,)"]),
    ("limit without bound", lambda: Limit([1.0]), ["lower=", "upper="]),
    ("limit upside down", lambda: Limit([1.0], lower=2, upper=1), ["lower 2", "upper 1"]),
    ("limit with NaN", lambda: Limit([1.0], upper=math.nan), ["upper", "NaN"]),
    ("limit with text", lambda: Limit([1.0], lower="two"), ["lower", "'two'"]),
    ("limit beyond floats", lambda: Limit([1.0], upper=10**400), ["upper", "not a number"]),
    ("lower of infinity", lambda: Limit([1.0], lower=math.inf), ["lower", "nothing can satisfy"]),
    ("coefficients with a gap", lambda: Limit([math.nan], upper=1), ["coefficients", "position 0"]),
    ("no criteria", lambda: three(criteria={}), ["at least one criterion"]),
    ("criteria as list", lambda: three(criteria=[Criterion(site=[1])]), ["at least one criterion", "criteria="]),
    ("criterion as array", lambda: three(criteria={"cost": [1.0]}), ["'cost'", "list", "Criterion"]),
    ("no candidates", lambda: Instance(sites=1, criteria={"cost": Criterion(site=[])}), ["one candidate"]),
    (
        "criteria of two lengths",
        lambda: three(criteria={"a": Criterion(site=[1, 2]), "b": Criterion(site=[1, 2, 3])}),
        ["'b'", "3 candidates", "'a'", "2"],
    ),
    (
        "matrices of two heights",
        lambda: three(criteria={"a": Criterion(service=[[1]]), "b": Criterion(service=[[1], [2]])}),
        ["'b'", "2 demand points", "'a'", "1"],
    ),
    ("misspelt weight", lambda: three(weights={"latencey": 1}), ["'latencey'", "did you mean 'latency'"]),
    ("weights as list", lambda: three(weights=[1, 2]), ["weights", "list", "mapping"]),
    ("weight as text", lambda: three(weights={"cost": "much"}), ["'cost'", "'much'"]),
    ("weight NaN", lambda: three(weights={"cost": math.nan}), ["'cost'", "nan", "finite"]),
    ("weight infinite", lambda: three(weights={"cost": math.inf}), ["'cost'", "finite"]),
    ("weight beyond floats", lambda: three(weights={"cost": 10**400}), ["'cost'", "not a number"]),
    ("weights all zero", lambda: three(weights={"cost": 0, "latency": 0}), ["all weights are zero"]),
    ("weights empty", lambda: three(weights={}), ["all weights are zero"]),
    ("negative demand", lambda: three(demand=[1, -2]), ["demand", "-2", "position 1"]),
    ("demand with a gap", lambda: three(demand=[1, math.nan]), ["demand", "position 1"]),
    ("demand too short", lambda: three(demand=[1]), ["demand", "1", "2"]),
    ("demand as a number", lambda: three(demand=3), ["demand", "vector"]),
    ("candidate twice", lambda: three(candidates=["a", "b", "a"]), ["'a'", "twice", "0", "2"]),
    ("candidates too few", lambda: three(candidates=["a"]), ["candidates", "1", "3"]),
    ("candidates as a number", lambda: three(candidates=5), ["candidates", "5"]),
    ("candidates as text", lambda: three(candidates="abc"), ["candidates", "'abc'"]),
    ("candidates as lists", lambda: three(candidates=[["a"], ["b"], ["c"]]), ["['a']", "position 0"]),
    ("no site", lambda: three(sites=0), ["sites", "at least one"]),
    ("sites as fraction", lambda: three(sites=1.5), ["sites", "1.5", "whole number"]),
    ("sites as truth", lambda: three(sites=True), ["sites", "True"]),
    ("sites as text", lambda: three(sites="four"), ["sites", "'four'"]),
    ("sites upside down", lambda: three(sites=(3, 2)), ["sites", "(3, 2)", "minimum <= maximum"]),
    ("three numbers of sites", lambda: three(sites=(1, 2, 3)), ["sites", "(1, 2, 3)", "pair"]),
    ("more sites than candidates", lambda: three(sites=4), ["4 sites", "3 candidates"]),
    ("unknown required", lambda: three(required=["AT13"]), ["required", "'AT13'", "did you mean 'AT12'"]),
    ("unknown forbidden", lambda: three(forbidden=["BE1"]), ["forbidden", "'BE1'", "did you mean 'BE10'"]),
    ("required as text", lambda: three(required="AT11"), ["required", "'AT11'", "list"]),
    ("required as a number", lambda: three(required=5), ["required", "5", "list"]),
    ("required as lists", lambda: three(required=[["AT11"]]), ["required", "['AT11']", "unknown"]),
    (
        "required and forbidden",
        lambda: three(required=["AT11"], forbidden={"AT11": "no grid"}),
        ["'AT11'", "required and forbidden", "no grid"],
    ),
    ("limits as list", lambda: three(limits=[Limit([1, 1, 1], upper=1)]), ["limits", "list", "mapping"]),
    ("limit as number", lambda: three(limits={"budget": 3}), ["'budget'", "int", "Limit"]),
    ("limit too short", lambda: three(limits={"budget": Limit([1], upper=1)}), ["'budget'", "1", "3"]),
    ("conflict of one", lambda: three(conflicts=[("AT11",)]), ["('AT11',)", "not a pair"]),
    ("conflict with itself", lambda: three(conflicts=[("AT11", "AT11")]), ["'AT11'", "itself"]),
    ("conflict as text", lambda: three(conflicts=["AT11"]), ["'AT11'", "not a pair"]),
    ("conflict as numbers", lambda: three(conflicts=[1, 2]), ["1", "not a pair"]),
    ("conflicts as number", lambda: three(conflicts=5), ["5", "pairs"]),
    ("named conflicts as number", lambda: three(conflicts={"spacing": 5}), ["'spacing'", "5", "pairs"]),
    ("unknown in conflict", lambda: three(conflicts={"spacing": [("AT11", "AT14")]}), ["'spacing'", "'AT14'"]),
    (
        "one name for two rules",
        lambda: three(limits={"x": Limit([1, 1, 1], upper=1)}, conflicts={"x": [("AT11", "AT12")]}),
        ["'x'", "two rules"],
    ),
    ("negative capacity", lambda: three(capacity=[1, -1, 1]), ["capacity", "position 1"]),
    ("capacity too short", lambda: three(capacity=[1]), ["capacity", "1", "3"]),
    ("constant as text", lambda: three(constant="zero"), ["constant", "zero"]),
    ("constant NaN", lambda: three(constant=math.nan), ["constant", "nan"]),
    ("unknown field", lambda: three().replace(weight=1), ["'weight'", "did you mean 'weights'"]),
    ("unknown candidate", lambda: three().position("AT1"), ["'AT1'", "did you mean 'AT1"]),
]


@pytest.mark.parametrize(("make", "words"), [entry[1:] for entry in BAD], ids=[entry[0] for entry in BAD])
def test_bad_input_is_told_in_one_sentence_that_names_it(make: Callable[[], object], words: list[str]) -> None:
    """The message holds the offending name or value and, where there is one, the nearest valid name."""
    with pytest.raises(InputError) as caught:
        make()
    message = str(caught.value)
    assert [word for word in words if word not in message] == []
    assert "\n" not in message
    assert not message.endswith(".")


def test_input_errors_are_value_errors_of_the_package() -> None:
    """Callers can catch either."""
    assert issubclass(InputError, siting.SitingError)
    assert issubclass(InputError, ValueError)


def test_defaults_are_ones_for_demand_and_weights_and_numbers_for_candidates() -> None:
    """What is not given has a documented default."""
    instance = Instance(sites=1, criteria={"ms": Criterion(service=[[1, 2], [3, 4], [5, 6]])})
    assert instance.candidates == (0, 1)
    assert instance.demand.tolist() == [1, 1, 1]
    assert instance.weights == {"ms": 1.0}
    assert instance.number_of_candidates == 2
    assert instance.number_of_demand_points == 3


def test_a_criterion_left_out_of_the_weights_weighs_nothing() -> None:
    """It is only reported."""
    instance = three(weights={"cost": 2})
    assert instance.weights == {"latency": 0.0, "cost": 2.0}
    assert not instance.has_service
    assert instance.service_cost.shape == (0, 3)


def test_sense_max_negates_and_demand_multiplies() -> None:
    """The minimised costs follow the documented formula."""
    instance = Instance(
        sites=1,
        criteria={
            "profit": Criterion(site=[5, 7], service=[[1, 2], [3, 4]], sense="max"),
            "ms": Criterion(service=[[10, 20], [30, 40]]),
        },
        weights={"profit": 2, "ms": 0.5},
        demand=[1, 10],
    )
    assert instance.site_cost.tolist() == [-10, -14]
    assert instance.unit_service_cost.tolist() == [[5 - 2, 10 - 4], [15 - 6, 20 - 8]]
    assert instance.service_cost.tolist() == [[3, 6], [90, 120]]


def test_arrays_are_copies_that_cannot_be_written_to() -> None:
    """Neither the caller's array nor the instance's can change the other afterwards."""
    given_vector = np.array([1.0, 2.0])
    criterion = Criterion(site=given_vector)
    given_vector[0] = 99
    assert criterion.site.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        criterion.site[0] = 5


def test_numpy_and_pandas_inputs_are_taken_as_they_come() -> None:
    """Identifiers from numpy compare equal to plain ones."""
    instance = three(
        candidates=np.array([10, 20, 30]),
        sites=np.int64(2),
        required=np.array([20]),
        forbidden=pd.Series([30]),
        conflicts=np.array([[10, 30]]),
    )
    assert instance.candidates == (10, 20, 30)
    assert instance.required == (20,)
    assert instance.forbidden == {30: "forbidden"}
    assert instance.conflicts == {"conflicts": ((10, 30),)}
    assert instance.sites == 2


def test_conflicts_are_put_in_candidate_order_once() -> None:
    """A pair given twice, or the other way round, is one pair; a rule without pairs is none."""
    instance = three(conflicts={"spacing": [("BE10", "AT11"), ("AT11", "BE10")], "empty": []})
    assert instance.conflicts == {"spacing": (("AT11", "BE10"),)}


def test_an_infinite_bound_on_the_harmless_side_is_no_bound() -> None:
    """So tables with infinite defaults can be passed on."""
    limit = Limit([1.0], lower=-math.inf, upper=2)
    assert limit.lower is None
    assert limit.upper == 2


def test_a_maximum_number_of_sites_above_the_candidates_is_their_number() -> None:
    """Between 1 and 99 means any number of the three; equal ends are one number."""
    assert three(sites=(1, 99)).sites == (1, 3)
    assert three(sites=(2, 2)).sites == 2
    assert three(sites=[1, 2]).sites == (1, 2)


def test_replace_validates_again_and_leaves_the_original() -> None:
    """A copy is checked like a new instance."""
    instance = three()
    assert instance.replace(sites=2).sites == 2
    assert instance.sites == 1
    with pytest.raises(InputError, match="only 3 candidates"):
        instance.replace(sites=9)


def test_position_is_the_index_of_an_identifier() -> None:
    """Positions count from 0 in candidate order."""
    assert [three().position(name) for name in ("AT11", "AT12", "BE10")] == [0, 1, 2]


@given(instances())
def test_an_instance_survives_pickling(instance: Instance) -> None:
    """Executors send instances to other processes."""
    copy = pickle.loads(pickle.dumps(instance))  # noqa: S301
    assert copy.candidates == instance.candidates
    assert copy.weights == instance.weights
    assert np.array_equal(copy.service_cost, instance.service_cost)
    assert np.array_equal(copy.site_cost, instance.site_cost)
    assert list(copy.limits) == list(instance.limits)


@pytest.mark.parametrize("seed", range(20))
def test_costs_equal_the_sum_over_criteria(seed: int) -> None:
    """Site and service costs are the weighted, signed sums, entry by entry."""
    instance = random_instance(seed)
    signed = {n: instance.weights[n] * (1 if c.sense == "min" else -1) for n, c in instance.criteria.items()}
    for position in range(instance.number_of_candidates):
        site = sum(signed[n] * c.site[position] for n, c in instance.criteria.items() if c.site is not None)
        assert instance.site_cost[position] == pytest.approx(site)
        if not instance.has_service:
            continue
        for point in range(instance.number_of_demand_points):
            unit = sum(
                signed[n] * c.service[point, position] for n, c in instance.criteria.items() if c.service is not None
            )
            cost = instance.demand[point] * unit
            assert instance.service_cost[point, position] == pytest.approx(cost)


def test_an_instance_shows_its_size_not_its_numbers() -> None:
    """The text of an instance of any size is one line."""
    assert repr(three()) == ("Instance(sites=1, candidates=3, demand points=2, criteria=['latency', 'cost'], rules=0)")


def test_pairs_by_position_are_the_same_conflicts_as_pairs_by_name() -> None:
    """A matrix of positions reads like the list it stands for, and rules out the same portfolios."""
    criteria = {"cost": Criterion(site=[1.0, 2.0, 3.0])}
    named = Instance(sites=2, criteria=criteria, candidates=["a", "b", "c"], conflicts={"near": [("b", "a")]})
    placed = named.replace(conflicts={"near": Pairs([[1, 0], [0, 1]], ["a", "b", "c"])})
    assert list(placed.conflicts["near"]) == list(named.conflicts["near"]) == [("a", "b")]
    assert placed.conflict_positions["near"].tolist() == [[0, 1]]


@pytest.mark.parametrize(("positions", "words"), [([[0, 3]], "position 3"), ([[1, 1]], "conflict with itself")])
def test_pairs_that_name_no_two_candidates_are_refused(positions: list[list[int]], words: str) -> None:
    """Out of range, or one candidate twice."""
    with pytest.raises(InputError, match=words):
        Pairs(positions, ["a", "b", "c"])
