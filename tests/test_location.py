"""The location problems of the literature, each against an oracle that only reads the distances."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import siting
from siting import location

SEEDS = range(6)


def distances(seed: int, points: int = 12, candidates: int = 8) -> np.ndarray:
    """Return distances between random points and candidates of a plane."""
    random = np.random.default_rng(seed)
    one, other = random.random((points, 2)), random.random((candidates, 2))
    return np.linalg.norm(one[:, None] - other[None], axis=2)


def between(seed: int, candidates: int = 8) -> np.ndarray:
    """Return distances between random places of a plane."""
    places = np.random.default_rng(seed).random((candidates, 2))
    return np.linalg.norm(places[:, None] - places[None], axis=2)


@pytest.mark.parametrize("method", ["auto", "bounding", "assignment", "enumeration"])
@pytest.mark.parametrize("seed", SEEDS)
def test_p_center_brings_the_farthest_point_closest(seed: int, method: str) -> None:
    """Every set of three is compared."""
    matrix = distances(seed)
    best = min(matrix[:, list(s)].min(axis=1).max() for s in combinations(range(8), 3))
    assert siting.solve(location.p_center(matrix, 3), method=method).objective == pytest.approx(best)


@pytest.mark.parametrize("method", ["auto", "bounding", "assignment", "enumeration"])
@pytest.mark.parametrize("seed", SEEDS)
def test_p_dispersion_sets_the_closest_pair_farthest_apart(seed: int, method: str) -> None:
    """Every set of four is compared."""
    matrix = between(seed)
    best = max(min(matrix[a, b] for a, b in combinations(s, 2)) for s in combinations(range(8), 4))
    solution = siting.solve(location.p_dispersion(matrix, 4), method=method)
    assert solution.result.values["closest pair"] == pytest.approx(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_maximal_covering_counts_the_demand_in_reach(seed: int) -> None:
    """Every set of two is compared."""
    matrix, demand = distances(seed), np.random.default_rng(seed).random(12)
    best = max(demand[(matrix[:, list(s)] <= 0.3).any(axis=1)].sum() for s in combinations(range(8), 2))
    solution = siting.solve(location.maximal_covering(matrix, 2, 0.3, demand))
    assert solution.result.values["covered"] == pytest.approx(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_set_covering_takes_as_few_sites_as_can_reach_everybody(seed: int) -> None:
    """Sets are tried from small to large."""
    matrix = distances(seed)
    radius = float(matrix.min(axis=1).max()) * 1.3
    sizes = (k for k in range(1, 9) for s in combinations(range(8), k) if (matrix[:, s] <= radius).any(axis=1).all())
    assert siting.solve(location.set_covering(matrix, radius)).objective == next(sizes)


def test_a_point_that_nothing_covers_is_named() -> None:
    """It would only be called infeasible otherwise."""
    with pytest.raises(siting.InputError, match="demand point 1 is farther than 3 from every candidate"):
        location.set_covering([[1.0, 2.0], [5.0, 4.0]], 3.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_p_median_and_facility_location_agree_where_opening_is_free(seed: int) -> None:
    """With the number of sites fixed they are the same problem."""
    matrix = distances(seed)
    median = siting.solve(location.p_median(matrix, 3))
    free = siting.solve(location.facility_location(matrix, np.zeros(8), sites=3))
    assert median.objective == pytest.approx(free.objective)


def test_one_site_alone_serves_each_point_where_splitting_would_be_cheaper() -> None:
    """Two sites with room for 3 each, demand 2, 2 and 2: split it fits, whole it does not."""
    open_all = {"service_cost": np.ones((3, 2)), "opening_cost": [1.0, 1.0], "demand": [2.0, 2.0, 2.0]}
    split = siting.solve(location.facility_location(**open_all, capacity=[3.0, 3.0]))
    assert split.objective == pytest.approx(8.0)
    with pytest.raises(siting.InfeasibleError, match="capacities serve all demand"):
        siting.solve(location.facility_location(**open_all, capacity=[3.0, 3.0], single_source=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mean_and_the_worst_latency_are_weighed_in_one_objective(seed: int) -> None:
    """A mixture of p-median and p-center, every set compared, and the frontier between the two is respected."""
    matrix = distances(seed)
    criteria = {
        "mean": siting.Criterion(service=matrix / 12),
        "worst": siting.Criterion(service=matrix, aggregate="worst"),
    }
    for weight in (0.1, 1.0, 10.0):
        instance = siting.Instance(sites=3, criteria=criteria, weights={"mean": 1.0, "worst": weight})
        best = min(
            matrix[:, list(s)].min(axis=1).mean() + weight * matrix[:, list(s)].min(axis=1).max()
            for s in combinations(range(8), 3)
        )
        for method in ("auto", "bounding", "assignment"):
            assert siting.solve(instance, method=method).objective == pytest.approx(best)


@pytest.mark.parametrize("rules", [False, True])
def test_a_larger_mixture_has_the_same_optimum_by_levels_and_by_the_full_model(rules: bool) -> None:
    """Thirty candidates: no enumeration by hand, two roads of the engine."""
    matrix = distances(3, points=25, candidates=30)
    criteria = {
        "mean": siting.Criterion(service=matrix / 25, site=np.random.default_rng(1).random(30) / 10),
        "worst": siting.Criterion(service=matrix, aggregate="worst"),
        "apart": siting.Criterion(separation=between(5, 30), sense="max"),
    }
    limits = {"at most one": siting.Limit(np.arange(30) % 3 == 0, upper=1)} if rules else {}
    instance = siting.Instance(
        sites=4, criteria=criteria, weights={"mean": 1.0, "worst": 0.4, "apart": 0.3}, limits=limits
    )
    one, other = siting.solve(instance, method="bounding"), siting.solve(instance, method="assignment")
    assert one.status == other.status == "optimal"
    assert one.objective == pytest.approx(other.objective, rel=1e-7)


def test_a_worst_case_is_told_site_by_site() -> None:
    """Each site's own worst; the worst of them is the value."""
    matrix = distances(1)
    solution = siting.solve(location.p_center(matrix, 3))
    own = solution.site_contributions["farthest"]
    assert own.max() == pytest.approx(solution.result.values["farthest"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"site": [1.0], "service": [[1.0]], "aggregate": "worst"}, "needs one of"),
        ({"site": [1.0], "aggregate": "wurst"}, "did you mean 'worst'"),
        ({"separation": [[0.0, 1.0]]}, r"shape \(J, J\)"),
        ({"separation": [[0.0, 1.0], [2.0, 0.0]]}, "not symmetric"),
    ],
)
def test_a_worst_case_that_makes_no_sense_is_refused(arguments: dict, words: str) -> None:
    """One sentence each."""
    with pytest.raises(siting.InputError, match=words):
        siting.Criterion(**arguments)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"weights": {"far": -1.0}}, "takes no negative weight"),
        ({"demand": [0.0, 0.0]}, "no point has demand"),
        ({"capacity": [9.0, 9.0]}, "single_source=True"),
    ],
)
def test_a_worst_case_that_cannot_be_measured_is_refused(fields: dict, words: str) -> None:
    """One sentence each."""
    criteria = {"far": siting.Criterion(service=[[1.0, 2.0], [2.0, 1.0]], aggregate="worst")}
    with pytest.raises(siting.InputError, match=words):
        siting.Instance(sites=1, criteria=criteria, **fields)


def test_pairs_need_two_sites() -> None:
    """A single site has no closest pair."""
    with pytest.raises(siting.InputError, match="at least 2 sites"):
        location.p_dispersion([[0.0, 1.0], [1.0, 0.0]], 1)
