"""Evaluate a portfolio from the raw arrays, outside any solver.

Whatever a solver says about an answer is said again here from the instance's own numbers: who serves whom,
the value of each criterion, the objective, and every rule. A mismatch is an error, never a result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.instance import Instance

#: Two evaluations of one portfolio may differ by this share of the absolute terms summed.
AGREEMENT_TOLERANCE = 1e-7
#: A share of a demand point's demand may miss its total by this much in a fractional assignment.
SHARE_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a portfolio is worth.

    Attributes
    ----------
    values : dict of str to float
        Value of each criterion in its own unit.
    objective : float
        The instance's constant plus the weighted, signed sum of the values.
    magnitude : float
        The same sum with every term made positive: the scale against which rounding is judged.
    assignment : ndarray of int, shape (I,)
        Position of the candidate that serves most of each demand point.
    """

    values: dict[str, float]
    objective: float
    magnitude: float
    assignment: NDArray[np.int64]


def assign(instance: Instance, chosen: Sequence[int]) -> NDArray[np.int64]:
    """Return the position of the site that serves each demand point, without capacities.

    Each point goes to the chosen site with the least weighted service cost; ties go to the better sum of the
    raw service values, then to the earlier candidate. Without any service criterion in the objective the raw
    values alone decide.

    Parameters
    ----------
    instance : Instance
        The problem.
    chosen : sequence of int
        Positions of the chosen candidates.

    Returns
    -------
    ndarray of int, shape (I,)
        Candidate positions.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> assign(Instance(sites=2, criteria={"ms": Criterion(service=[[5, 1, 1], [2, 9, 9]])}), [0, 2])
    array([2, 0])
    """
    positions = np.sort(np.asarray(chosen, dtype=np.int64))
    services = [c for c in instance.criteria.values() if c.service is not None]
    if not services or len(positions) == 0:
        return np.full(instance.number_of_demand_points, -1, dtype=np.int64)
    raw = sum(c.sign * c.service[:, positions] for c in services if c.service is not None)
    if not instance.has_service:
        return np.asarray(positions[np.argmin(raw, axis=1)])
    signed = instance.signed_weights
    cost = np.zeros((instance.number_of_demand_points, len(positions)))
    for name, criterion in instance.criteria.items():
        if criterion.service is not None and signed[name] != 0:
            cost += signed[name] * criterion.service[:, positions]
    best = cost.min(axis=1, keepdims=True)
    return np.asarray(positions[np.argmin(np.where(cost == best, raw, np.inf), axis=1)])


def evaluate(instance: Instance, chosen: Sequence[int], shares: NDArray[np.float64] | None = None) -> Evaluation:
    """Evaluate every criterion and the objective of a portfolio.

    Parameters
    ----------
    instance : Instance
        The problem.
    chosen : sequence of int
        Positions of the chosen candidates.
    shares : ndarray, shape (I, number chosen), optional
        Share of each demand point's demand served by each chosen site, when capacities decide.

    Returns
    -------
    Evaluation
        Values by exact summation (`math.fsum`), so the order of candidates does not matter.

    Raises
    ------
    SolverError
        If `shares` do not serve all demand or overload a site.
    """
    positions = np.asarray(chosen, dtype=np.int64)
    if shares is None:
        assignment = assign(instance, chosen)
    else:
        _check_shares(instance, positions, shares)
        assignment = positions[np.argmax(shares, axis=1)]
    values: dict[str, float] = {}
    terms: list[float] = []
    rows = np.arange(len(assignment))
    for name, criterion in instance.criteria.items():
        parts: list[float] = []
        if criterion.site is not None:
            parts.extend(criterion.site[positions].tolist())
        if criterion.service is not None and len(assignment) and shares is None:
            parts.extend((instance.demand * criterion.service[rows, assignment]).tolist())
        elif criterion.service is not None and shares is not None:
            parts.extend((instance.demand[:, None] * shares * criterion.service[:, positions]).ravel().tolist())
        values[name] = math.fsum(parts)
        terms.extend(abs(instance.signed_weights[name] * part) for part in parts)
    weighted = [instance.signed_weights[name] * value for name, value in values.items()]
    objective = math.fsum([instance.constant, *weighted])
    return Evaluation(values, objective, math.fsum(terms), assignment)


def _check_shares(instance: Instance, positions: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    if (shares < -SHARE_TOLERANCE).any() or (np.abs(shares.sum(axis=1) - 1) > SHARE_TOLERANCE).any():
        raise SolverError("the solver's assignment does not serve all demand; nothing is returned")
    if instance.capacity is None:
        return
    load = instance.demand @ shares
    room = instance.capacity[positions]
    if (load > room + SHARE_TOLERANCE * instance.demand.sum()).any():
        raise SolverError("the solver's assignment overloads a site; nothing is returned")


def check_agreement(claimed: float, evaluation: Evaluation) -> None:
    """Raise unless a claimed objective equals the one recomputed from the raw arrays.

    Raises
    ------
    SolverError
        If they differ by more than rounding.
    """
    if abs(claimed - evaluation.objective) > AGREEMENT_TOLERANCE * max(evaluation.magnitude, 1e-300):
        raise SolverError(
            f"the search claimed the objective {claimed:.12g} but the raw arrays give "
            f"{evaluation.objective:.12g}; nothing is returned"
        )
