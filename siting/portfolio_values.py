"""Evaluate many portfolios at once from the raw arrays, as `siting.evaluation.evaluate` does one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.criterion import Criterion
    from siting.instance import Instance

#: Service values looked at in one go.
BLOCK = 250_000


def portfolio_values(
    instance: Instance, portfolios: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the value of every criterion and the objective of portfolios, without capacities.

    Parameters
    ----------
    instance : Instance
        The problem.
    portfolios : ndarray of int, shape (N, width)
        Positions of the chosen candidates, ascending; -1 fills up the rows of those with fewer sites.

    Returns
    -------
    values : ndarray, shape (N, criteria)
        In the unit of each criterion, in the order of the instance.
    objectives : ndarray, shape (N,)
        The instance's constant plus the weighted, signed sums.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"ms": Criterion(service=[[3.0, 5.0]])}, weights={"ms": 2.0})
    >>> values, objectives = portfolio_values(instance, np.array([[0], [1]]))
    >>> values.tolist(), objectives.tolist()
    ([[3.0], [5.0]], [6.0, 10.0])
    """
    criteria = list(instance.criteria.items())
    values = np.zeros((len(portfolios), len(criteria)))
    sizes = (portfolios >= 0).sum(axis=1)
    for size in np.unique(sizes[sizes > 0]).tolist():
        rows = np.flatnonzero(sizes == size)
        chosen = portfolios[rows, :size].astype(np.int64)
        for column, (_, criterion) in enumerate(criteria):
            if not criterion.is_sum:
                values[rows, column] = _worst_values(instance, criterion, chosen)
            elif criterion.site is not None:
                values[rows, column] += criterion.site[chosen].sum(axis=1)
        served = _served_values(instance, chosen)
        for column, (name, _) in enumerate(criteria):
            if name in served:
                values[rows, column] += served[name]
    weights = np.array([instance.signed_weights[name] for name, _ in criteria])
    return values, values @ weights + instance.constant


def _served_values(instance: Instance, chosen: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return what serving all demand comes to in each criterion with service, shape (N,) each."""
    criteria = instance.criteria.items()
    services = {name: criterion for name, criterion in criteria if criterion.service is not None and criterion.is_sum}
    if not services or not instance.number_of_demand_points:
        return {}
    used, places = np.unique(chosen, return_inverse=True)
    places = places.reshape(chosen.shape)
    if len(services) == 1:
        name, criterion = next(iter(services.items()))
        weight = instance.signed_weights[name]
        return {name: _served_by_one(criterion, instance.demand, used, places, weight)}
    return _served_by_all(instance, services, used, places)


def _served_by_one(
    criterion: Criterion, demand: NDArray[np.float64], used: NDArray[np.int64], places: NDArray[np.int64], weight: float
) -> NDArray[np.float64]:
    """Serve by one criterion alone: the best value decides, and it does not matter which site offers it."""
    assert criterion.service is not None  # noqa: S101 - only criteria with service are asked for
    sign = 1.0 if (weight if weight != 0 else criterion.sign) > 0 else -1.0
    service = np.ascontiguousarray((sign * criterion.service[:, used]).T)
    total = np.empty(len(places))
    for part in _parts(len(places), service.shape[1]):
        best = service[places[part, 0]]
        for column in places[part, 1:].T:
            np.minimum(best, service[column], out=best)
        total[part] = sign * (best @ demand)
    return total


def _served_by_all(
    instance: Instance, services: dict[str, Criterion], used: NDArray[np.int64], places: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Serve by the weighted sum; ties go to the better sum of raw values, then to the earlier candidate."""
    arrays = {name: np.asarray(criterion.service)[:, used] for name, criterion in services.items()}
    raw, cost = np.zeros_like(next(iter(arrays.values()))), np.zeros_like(next(iter(arrays.values())))
    for name, service in arrays.items():
        raw += services[name].sign * service
        if instance.signed_weights[name] != 0:
            cost += instance.signed_weights[name] * service
    raw, cost = np.ascontiguousarray(raw.T), np.ascontiguousarray(cost.T)
    paid = {name: np.ascontiguousarray((instance.demand[:, None] * service).T) for name, service in arrays.items()}
    points, totals = np.arange(len(instance.demand)), {name: np.empty(len(places)) for name in services}
    for part in _parts(len(places), len(points)):
        serving = np.repeat(places[part, :1], len(points), axis=1)
        for column in places[part, 1:].T:
            held, other = cost[serving, points], cost[column]
            equal = (other == held) & (raw[column] < raw[serving, points])
            serving = np.where((other < held) | equal, column[:, None], serving)
        for name, total in totals.items():
            total[part] = paid[name][serving, points].sum(axis=1)
    return totals


def _worst_values(instance: Instance, criterion: Criterion, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the worst of the sites, of their pairs, or of the demand points, each served by the best site for it."""
    sign = criterion.sign
    if criterion.site is not None:
        return np.asarray(sign * (sign * criterion.site[chosen]).max(axis=1))
    if criterion.separation is not None:
        first, second = np.triu_indices(chosen.shape[1], k=1)
        return np.asarray(sign * (sign * criterion.separation[chosen[:, first], chosen[:, second]]).max(axis=1))
    service = np.ascontiguousarray(sign * np.asarray(criterion.service)[instance.demand > 0].T)
    worst = np.empty(len(chosen))
    for part in _parts(len(chosen), service.shape[1]):
        best = service[chosen[part, 0]]
        for column in chosen[part, 1:].T:
            np.minimum(best, service[column], out=best)
        worst[part] = sign * best.max(axis=1)
    return worst


def _parts(count: int, points: int) -> Sequence[slice]:
    rows = max(1, BLOCK // max(1, points))
    return [slice(begin, begin + rows) for begin in range(0, count, rows)]
