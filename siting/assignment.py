"""Solve the full assignment model: every demand point assigned to sites, capacities included."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from siting.constraints import Constraints
from siting.errors import SolverError
from siting.evaluation import evaluate
from siting.formulation import LinearModel, assignment_model, compile_model
from siting.highs import OBJECTIVE_SIZE, HighsModel
from siting.pyomo_interfaces import silence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.instance import Instance
    from siting.search import Search


def solve_assignment(instance: Instance, search: Search, threads: int | None = None, seed: int = 0) -> None:
    """Solve the full Pyomo model on HiGHS and take its portfolios, with who serves whom, as incumbents of the search.

    Parameters
    ----------
    instance : Instance
        The problem, with or without capacities.
    search : Search
        Incumbent, bound and clock.
    threads, seed : int, optional
        Passed to HiGHS.
    """
    with silence():
        model = compile_model(assignment_model(instance))
    # What nobody can choose costs nothing, so that its numbers do not blur the others'.
    unreachable = Constraints.of(instance).unreachable
    served = instance.has_service or instance.capacity is not None
    count = len(unreachable) * (1 + instance.number_of_demand_points * served)
    cost = model.cost.copy()
    cost[:count][np.resize(unreachable, count)] = 0.0
    model = dataclasses.replace(model, cost=cost)
    scale = _scale(model)
    highs = HighsModel(threads=threads, seed=seed)
    # The constant goes along: relative gaps are of the whole objective.
    highs.load(dataclasses.replace(model, cost=model.cost * scale, constant=model.constant * scale))

    def should_stop(bound: float) -> bool:
        if math.isfinite(bound):
            search.raise_bound(bound / scale)
        search.tell()
        return search.asked_to_stop or search.stop_reason == "memory_limit"

    def take(x: NDArray[np.float64]) -> None:
        chosen = np.flatnonzero(x[: instance.number_of_candidates] > 0.5)
        shares = _shares(instance, x, chosen)
        evaluation = evaluate(instance, chosen.tolist(), shares)
        search.magnitude = max(search.magnitude, evaluation.magnitude)
        search.offer(chosen.tolist(), evaluation.objective, shares)

    result = highs.run_apart(search.remaining, search.gap, should_stop, take, search.nodes_left)
    # HiGHS may count the node it stopped before.
    search.nodes = search.node_limit or 0 if result.status == "node_limit" else search.nodes + result.nodes
    if result.status == "infeasible":
        search.infeasible = True
        return
    if math.isfinite(result.bound):
        search.raise_bound(result.bound / scale)
    if result.x is None:
        return
    take(result.x)
    if result.status == "optimal":
        _close(search, result.bound / scale, max(search.magnitude, _size_of_constants(instance)))


def _scale(model: LinearModel) -> float:
    """Bring the largest cost to a size at which HiGHS' absolute tolerances are relative ones."""
    largest = float(np.abs(model.cost).max(initial=0.0))
    return OBJECTIVE_SIZE / largest if largest > 0 else 1.0


def _size_of_constants(instance: Instance) -> float:
    """Return the size of what cancels out in the model: its constant, and worst cases measured from their least."""
    size = abs(instance.constant)
    for name in instance.worst_cases:
        criterion = instance.criteria[name]
        parts = [part for part in (criterion.site, criterion.service, criterion.separation) if part is not None]
        size += abs(instance.signed_weights[name]) * max(float(np.abs(part).max()) for part in parts)
    return size


def _close(search: Search, bound: float, magnitude: float) -> None:
    """Accept HiGHS' proof if its bound agrees with the re-evaluated incumbent."""
    if search.gap > 0 and search.upper - bound > search.tolerance:
        return
    if abs(search.upper - bound) > 1e-6 * max(magnitude, 1e-300):
        raise SolverError(f"HiGHS calls {search.upper:.12g} optimal but its bound is {bound:.12g}; nothing is returned")
    search.raise_bound(search.upper)


def _shares(instance: Instance, x: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return who serves how much, cleaned of rounding; None where every point goes to its cheapest site."""
    if instance.capacity is None:
        return None
    count, points = instance.number_of_candidates, instance.number_of_demand_points
    served = x[count : count * (1 + points)].reshape(points, count)[:, chosen]
    shares = np.round(served) if instance.single_source else np.clip(served, 0.0, 1.0)
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray(shares / np.where(total > 0, total, 1.0))
