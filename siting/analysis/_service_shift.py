"""How much faster, or slower, a site must serve everybody until it comes in, or drops out.

All service values of one candidate move by the same amount. The objective of one portfolio is then monotone and
piecewise linear in the shift and is inverted by sorting. The best portfolio with the candidate may change on the way,
so the next shift is that of the portfolio found best at the last one, until none is better (Dinkelbach 1967,
Management Science 13(7), for a parameter instead of a ratio). Every step ends at the root of another portfolio, and the
last is exact.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from siting.criterion import Criterion
from siting.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

    from siting.engine import InstanceSolution
    from siting.instance import Instance

_LARGEST_NUMBER_OF_STEPS = 200


def shifted(instance: Instance, name: str, candidate: Hashable, shift: float) -> Instance:
    """Return the instance with a candidate's service improved by a shift, in the criterion's unit; worsened below 0.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"delay": Criterion(service=[[9.0, 5.0]])})
    >>> shifted(instance, "delay", 0, 2.0).criteria["delay"].service.tolist()
    [[7.0, 5.0]]
    """
    criterion = instance.criteria[name]
    service = np.array(criterion.service)
    service[:, instance.position(candidate)] -= shift * math.copysign(1.0, instance.signed_weights[name])
    changed = Criterion(site=criterion.site, service=service, unit=criterion.unit, sense=criterion.sense)
    return instance.replace(criteria={**instance.criteria, name: changed})


def shift_needed(
    instance: Instance,
    name: str,
    candidate: Hashable,
    start: InstanceSolution,
    target: float,
    solve: Callable[[Instance], tuple[InstanceSolution, float]],
) -> float:
    """Return the shift of a candidate's service at which the best portfolio with it costs as much as `target`.

    Parameters
    ----------
    instance : Instance
        Without capacities, weights scaled.
    name : str
        A summed criterion with service and a weight.
    candidate : hashable
        Whose service shifts.
    start : InstanceSolution
        The best portfolio with the candidate, unshifted.
    target : float
        Objective to reach: below that of `start` the service has to improve, above it to worsen.
    solve : callable
        Returns the best portfolio with the candidate for a shifted instance, and the rounding of its objective.

    Returns
    -------
    float
        Above 0 an improvement, below 0 how much worse the service may become; minus infinity if it may become as bad as
        it likes, because others then serve.
    """
    assert start.objective is not None  # noqa: S101 - an optimum is held
    if start.objective < target and _stays_whatever(instance, name, candidate, target, solve):
        return -math.inf
    solution = start
    chosen = _positions(instance, solution.portfolio or ())
    shift = _root(instance, name, candidate, chosen, solution.objective or 0.0, target)
    for _ in range(_LARGEST_NUMBER_OF_STEPS):
        if not math.isfinite(shift):
            return shift
        moved = shifted(instance, name, candidate, shift)
        solution, rounding = solve(moved)
        assert solution.objective is not None  # noqa: S101 - an optimum is held
        if solution.objective >= target - rounding:
            return shift
        chosen = _positions(instance, solution.portfolio or ())
        unshifted = solution.objective + _moved_by(instance, name, candidate, chosen, shift)
        following = _root(instance, name, candidate, chosen, unshifted, target)
        if following >= shift:
            return shift  # rounding: it is the same root
        shift = following
    return shift


def _stays_whatever(
    instance: Instance,
    name: str,
    candidate: Hashable,
    target: float,
    solve: Callable[[Instance], tuple[InstanceSolution, float]],
) -> bool:
    """Return whether a portfolio with the candidate costs no more than the target even if it serves nobody."""
    costs, position, total = instance.unit_service_cost, instance.position(candidate), float(instance.demand.sum())
    if total == 0:
        return True
    dearer = float(costs.max() - costs[:, position].min())
    # Alone it serves everybody, however badly; then it has to be worse than the target.
    dearer += 2 * max(0.0, target - evaluate(instance, [position]).objective) / total
    solution, rounding = solve(shifted(instance, name, candidate, -dearer / abs(instance.signed_weights[name])))
    return solution.objective is not None and solution.objective <= target + rounding


def _positions(instance: Instance, portfolio: Sequence[Hashable]) -> NDArray[np.int64]:
    return np.array([instance.position(identifier) for identifier in portfolio], dtype=np.int64)


def _margins(
    instance: Instance, candidate: Hashable, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the demand of each point and by how much the candidate is dearer there than the best other site."""
    costs = instance.unit_service_cost
    own = costs[:, instance.position(candidate)]
    others = chosen[chosen != instance.position(candidate)]
    best = costs[:, others].min(axis=1) if len(others) else np.full(len(own), np.inf)
    demanded = instance.demand > 0
    return instance.demand[demanded], (own - best)[demanded]


def _moved_by(instance: Instance, name: str, candidate: Hashable, chosen: NDArray[np.int64], shift: float) -> float:
    """Return by how much a shift lowers the objective of one portfolio."""
    demand, margin = _margins(instance, candidate, chosen)
    cheaper = shift * abs(instance.signed_weights[name])
    return math.fsum((demand * (np.maximum(cheaper - margin, 0.0) - np.maximum(-margin, 0.0))).tolist())


def _root(
    instance: Instance, name: str, candidate: Hashable, chosen: NDArray[np.int64], objective: float, target: float
) -> float:
    """Return the shift at which the portfolio, worth `objective` now, is worth `target`."""
    demand, margin = _margins(instance, candidate, chosen)
    # With `cheaper` the shift times the weight, the candidate serves a point as soon as cheaper exceeds the margin:
    # saved(cheaper) = sum of demand * max(0, cheaper - margin) must become what is saved now plus the difference.
    finite = np.isfinite(margin)
    if not finite.all():
        # The candidate stands alone and serves everybody: a straight line.
        total = float(demand.sum())
        cheaper = (objective - target) / total if total > 0 else math.copysign(math.inf, objective - target)
        return cheaper / abs(instance.signed_weights[name])
    saved_now = math.fsum((demand * np.maximum(-margin, 0.0)).tolist())
    wanted = saved_now + objective - target
    if wanted <= 0 or not len(demand):
        return -math.inf if wanted <= 0 else math.inf
    order = np.argsort(margin, kind="stable")
    demand, margin = demand[order], margin[order]
    served, offset = np.cumsum(demand), np.cumsum(demand * margin)
    saved_at = margin * served - offset
    last = max(0, int(np.searchsorted(saved_at, wanted, side="right")) - 1)
    return float((wanted + offset[last]) / served[last]) / abs(instance.signed_weights[name])
