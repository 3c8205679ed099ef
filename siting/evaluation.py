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

    from siting.criterion import Criterion
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
    raw service values, then to the earlier candidate. Without any summed service criterion in the objective the raw
    values alone decide. Worst-case criteria have a say only where there is no other service.

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
    services = [c for c in services if c.is_sum] or services
    if not services or len(positions) == 0:
        return np.full(instance.number_of_demand_points, -1, dtype=np.int64)
    raw = sum(c.sign * c.service[:, positions] for c in services if c.service is not None)
    if not instance.has_service:
        return np.asarray(positions[np.argmin(raw, axis=1)])
    signed = instance.signed_weights
    cost = np.zeros((instance.number_of_demand_points, len(positions)))
    for name in instance.summed_services:
        cost += signed[name] * np.asarray(instance.criteria[name].service)[:, positions]
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
        if not criterion.is_sum:
            parts.append(worst_value(instance, criterion, positions, None if shares is None else assignment))
        elif criterion.site is not None:
            parts.extend(criterion.site[positions].tolist())
        summed_service = criterion.service if criterion.is_sum else None
        if summed_service is not None and len(assignment) and shares is None:
            parts.extend((instance.demand * summed_service[rows, assignment]).tolist())
        elif summed_service is not None and shares is not None:
            parts.extend((instance.demand[:, None] * shares * summed_service[:, positions]).ravel().tolist())
        values[name] = math.fsum(parts)
        terms.extend(abs(instance.signed_weights[name] * part) for part in parts)
    weighted = [instance.signed_weights[name] * value for name, value in values.items()]
    objective = math.fsum([instance.constant, *weighted])
    return Evaluation(values, objective, math.fsum(terms), assignment)


def worst_value(
    instance: Instance, criterion: Criterion, positions: NDArray[np.int64], assignment: NDArray[np.int64] | None = None
) -> float:
    """Return the value of a worst-case criterion for a portfolio.

    Parameters
    ----------
    instance : Instance
        The problem.
    criterion : Criterion
        With ``aggregate="worst"``.
    positions : ndarray of int
        The chosen candidates.
    assignment : ndarray of int, shape (I,), optional
        Who serves each demand point, where capacities decide; without it each point counts with the best site for it.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> delay = Criterion(service=[[5.0, 1.0], [2.0, 9.0]], aggregate="worst")
    >>> worst_value(Instance(sites=1, criteria={"delay": delay}), delay, np.array([0]))
    5.0
    """
    sign = criterion.sign
    if criterion.site is not None:
        return float(sign * (sign * criterion.site[positions]).max())
    if criterion.separation is not None:
        first, second = np.triu_indices(len(positions), k=1)
        return float(sign * (sign * criterion.separation[positions[first], positions[second]]).max())
    assert criterion.service is not None  # noqa: S101 - a criterion has at least one part
    counted = np.flatnonzero(instance.demand > 0)
    if assignment is not None:
        return float(sign * (sign * criterion.service[counted, assignment[counted]]).max())
    return float(sign * (sign * criterion.service[np.ix_(counted, positions)]).min(axis=1).max())


def single_site_values(instance: Instance, name: str) -> NDArray[np.float64]:
    """Return what each candidate would be worth in a criterion if it stood alone and served everybody, shape (J,).

    Of a worst-case criterion over pairs, which a site alone has no value in, the mean over all partners.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"delay": Criterion(service=[[5.0, 1.0], [2.0, 9.0]], aggregate="worst")})
    >>> single_site_values(instance, "delay").tolist()
    [5.0, 9.0]
    """
    criterion = instance.criteria[name]
    if criterion.separation is not None:
        others = instance.number_of_candidates - 1
        return np.asarray((criterion.separation.sum(axis=1) - criterion.separation.diagonal()) / max(1, others))
    if not criterion.is_sum and criterion.service is not None:
        return np.asarray(criterion.sign * (criterion.sign * criterion.service[instance.demand > 0]).max(axis=0))
    values = np.zeros(instance.number_of_candidates)
    if criterion.site is not None:
        values += criterion.site
    if criterion.service is not None:
        values += instance.demand @ criterion.service
    return values


def site_values(
    instance: Instance, name: str, chosen: NDArray[np.int64], flow: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each chosen site adds to a criterion, shape (chosen,).

    The entries add up to the criterion's value. Of a worst-case criterion they are each site's own worst: its value,
    the worst of the demand points it serves, or of its pairs; the worst of them is the criterion's value.

    Parameters
    ----------
    instance : Instance
        The problem.
    name : str
        Of the criterion.
    chosen : ndarray of int
        Positions of the chosen candidates.
    flow : ndarray, shape (I, chosen)
        Demand of each point that each chosen site serves.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=2, criteria={"grid": Criterion(site=[5.0, 1.0], sense="max", aggregate="worst")})
    >>> site_values(instance, "grid", np.array([0, 1]), np.zeros((0, 2))).tolist()
    [5.0, 1.0]
    """
    criterion = instance.criteria[name]
    values = np.zeros(len(chosen))
    if criterion.separation is not None:
        pairs = criterion.sign * criterion.separation[np.ix_(chosen, chosen)]
        np.fill_diagonal(pairs, -np.inf)
        return np.asarray(criterion.sign * pairs.max(axis=1))
    if criterion.site is not None:
        values += criterion.site[chosen]
    if criterion.service is not None and criterion.is_sum:
        values += (flow * criterion.service[:, chosen]).sum(axis=0)
    elif criterion.service is not None:
        best = (criterion.sign * criterion.service[:, chosen]).argmin(axis=1)
        served = (best[:, None] == np.arange(len(chosen))) & (instance.demand > 0)[:, None]
        if instance.capacity is not None:
            served = (flow > 0) & (instance.demand > 0)[:, None]
        own = np.where(served, criterion.sign * criterion.service[:, chosen], -np.inf).max(axis=0)
        values = np.where(np.isfinite(own), criterion.sign * own, np.nan)
    return np.asarray(values)


def _check_shares(instance: Instance, positions: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    if (shares < -SHARE_TOLERANCE).any() or (np.abs(shares.sum(axis=1) - 1) > SHARE_TOLERANCE).any():
        raise SolverError("the solver's assignment does not serve all demand; nothing is returned")
    if instance.single_source and (np.minimum(shares, 1 - shares) > SHARE_TOLERANCE).any():
        raise SolverError("the solver splits a demand point between sites; nothing is returned")
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
