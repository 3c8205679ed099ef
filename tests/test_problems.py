"""Problems of the literature that an instance can express, against independent oracles."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import siting

SEEDS = range(8)


def geography(seed: int, points: int = 14, candidates: int = 9) -> np.ndarray:
    """Return distances between random points and candidates."""
    random = np.random.default_rng(seed)
    one, other = random.random((points, 2)), random.random((candidates, 2))
    return np.linalg.norm(one[:, None] - other[None], axis=2)


def all_portfolios(candidates: int) -> list[list[int]]:
    """Return every set of at least one candidate."""
    return [list(s) for size in range(1, candidates + 1) for s in combinations(range(candidates), size)]


@pytest.mark.parametrize("method", ["bounding", "benders", "assignment", "enumeration"])
@pytest.mark.parametrize("seed", SEEDS)
def test_uncapacitated_facility_location(seed: int, method: str) -> None:
    """The number of sites is free; opening costs decide it."""
    distances = geography(seed)
    opening = np.random.default_rng(seed + 100).random(9)
    criteria = {"opening": siting.Criterion(site=opening), "way": siting.Criterion(service=distances)}
    solution = siting.solve(siting.Instance(sites=(1, 9), criteria=criteria), method=method)
    best = min(opening[s].sum() + distances[:, s].min(axis=1).sum() for s in all_portfolios(9))
    assert solution.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", SEEDS)
def test_maximal_covering(seed: int) -> None:
    """The most demand within reach of three sites."""
    distances, demand = geography(seed), np.random.default_rng(seed).random(14)
    beyond = (distances > 0.3).astype(float)
    solution = siting.solve(
        siting.Instance(sites=3, criteria={"beyond": siting.Criterion(service=beyond)}, demand=demand)
    )
    covered = max(demand[(distances[:, list(s)] <= 0.3).any(axis=1)].sum() for s in combinations(range(9), 3))
    assert demand.sum() - solution.objective == pytest.approx(covered)


@pytest.mark.parametrize("seed", SEEDS)
def test_set_covering(seed: int) -> None:
    """The fewest sites that reach every demand point, or a proof that none do."""
    reach = geography(seed) <= 0.45
    limits = {f"point {i} is reached": siting.Limit(row.astype(float), lower=1) for i, row in enumerate(reach)}
    instance = siting.Instance(sites=(1, 9), criteria={"sites": siting.Criterion(site=np.ones(9))}, limits=limits)
    sizes = [len(s) for s in all_portfolios(9) if reach[:, s].any(axis=1).all()]
    if not sizes:
        with pytest.raises(siting.InfeasibleError):
            siting.solve(instance)
        return
    assert siting.solve(instance).objective == min(sizes)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_larger_location_problem_has_the_same_optimum_by_two_roads(seed: int) -> None:
    """Sixty candidates, free number of sites: bounding and the full assignment model agree."""
    distances = geography(seed, points=40, candidates=60)
    opening = np.random.default_rng(seed + 100).random(60) * 2
    criteria = {"opening": siting.Criterion(site=opening), "way": siting.Criterion(service=distances)}
    instance = siting.Instance(sites=(1, 60), criteria=criteria)
    one, other = siting.solve(instance, method="bounding"), siting.solve(instance, method="assignment")
    assert one.status == other.status == "optimal"
    assert one.objective == pytest.approx(other.objective, rel=1e-7)
