"""The uncapacitated choice problem as the searches see it: arrays only, candidate-major, already reduced.

``minimise offset + sum of site_cost over chosen + sum over i of min over chosen j of service_cost[j, i]``
subject to `Constraints`. Candidates that no portfolio can hold are left out, demand that costs nothing is left
out, and what every portfolio pays is moved into `offset`, which keeps the numbers small and the bounds sharp.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.constraints import Constraints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.instance import Instance


#: Candidates that are turned round at once.
_SLICE = 512


@dataclass(frozen=True, eq=False)
class Problem:
    """A choice problem over n candidates and m demand points.

    Attributes
    ----------
    site_cost : ndarray, shape (n,)
        Cost of choosing a candidate.
    service_cost : ndarray, shape (n, m)
        Cost of serving all demand of a point from a candidate; never negative, the cheapest is 0.
    constraints : Constraints
        The rules, over the n candidates.
    positions : ndarray of int, shape (n,)
        Position of each candidate in the instance.
    offset : float
        What every portfolio pays besides.
    """

    site_cost: NDArray[np.float64]
    service_cost: NDArray[np.float64]
    constraints: Constraints
    positions: NDArray[np.int64]
    offset: float

    @classmethod
    def of(cls, instance: Instance, parts: Parts | None = None) -> Problem:
        """Reduce an instance without capacities to its choice problem.

        Parameters
        ----------
        instance : Instance
            The problem.
        parts : Parts, optional
            What an earlier instance with the same criteria, demand and rules was made of.

        Examples
        --------
        >>> from siting.instance import Criterion, Instance
        >>> problem = Problem.of(Instance(sites=1, criteria={"ms": Criterion(service=[[3.0, 5.0]])}))
        >>> problem.service_cost.tolist(), problem.offset
        ([[0.0], [2.0]], 3.0)
        """
        parts = Parts(instance) if parts is None else parts
        keep, constraints = parts.keep, parts.constraints
        service, paid_by_all = parts.service_cost(instance)
        offset = instance.constant + paid_by_all
        site = instance.site_cost[keep]
        if constraints.minimum_sites == constraints.maximum_sites and len(keep):
            # Every portfolio pays the cheapest site cost this many times.
            offset += constraints.minimum_sites * float(site.min())
            site = site - site.min()
        return cls(site, service, constraints, keep, offset)

    @property
    def number_of_candidates(self) -> int:
        """How many candidates there are."""
        return len(self.site_cost)

    @property
    def number_of_demand_points(self) -> int:
        """How many demand points there are."""
        return int(self.service_cost.shape[1])

    def restricted(self, keep: NDArray[np.int64]) -> Problem:
        """Return the problem over a subset of the candidates."""
        return Problem(
            self.site_cost[keep],
            self.service_cost[keep],
            self.constraints.restricted(keep),
            self.positions[keep],
            self.offset,
        )

    def cost(self, chosen: Sequence[int] | NDArray[np.int64]) -> float:
        """Return the objective of a set of candidates, without its offset."""
        indices = np.asarray(chosen, dtype=np.int64)
        service = self.service_cost[indices].min(axis=0).sum() if self.number_of_demand_points else 0.0
        return float(self.site_cost[indices].sum() + service)


class Parts:
    """What a choice problem is made of before weights: rules, and each criterion's service in candidate-major order.

    Kept between solves, it lets new weights be tried without building anything twice.

    Parameters
    ----------
    instance : Instance
        The problem.
    earlier : Parts, optional
        Of an instance with the same criteria and demand; its arrays are taken over where the same candidates may be
        chosen.

    Attributes
    ----------
    constraints : Constraints
        The rules over the candidates that some portfolio can hold.
    keep : ndarray of int
        Positions of those candidates.
    """

    def __init__(self, instance: Instance, earlier: Parts | None = None) -> None:
        whole = Constraints.of(instance)
        self.keep = np.flatnonzero(~whole.unreachable)
        self.constraints = whole.restricted(self.keep)
        same = earlier is not None and np.array_equal(earlier.keep, self.keep)
        self._served: dict[str, NDArray[np.float64]] = earlier._served if same and earlier is not None else {}  # noqa: SLF001
        self._reduced: dict[tuple[str, bool], tuple[NDArray[np.float64], float]] = (
            earlier._reduced if same and earlier is not None else {}  # noqa: SLF001
        )

    def service_cost(self, instance: Instance) -> tuple[NDArray[np.float64], float]:
        """Return the service costs above the cheapest of each demand point, shape (n, m), and what all portfolios pay.

        Demand points that every candidate serves at the same cost are left out.
        """
        active = list(instance.summed_services.items())
        if not active or not len(self.keep):
            return np.zeros((len(self.keep), 0)), 0.0
        if len(active) == 1:
            name, weight = active[0]
            reduced, paid = self._reduced_alone(instance, name, positive=weight > 0)
            return abs(weight) * reduced, abs(weight) * paid
        total = sum(weight * self._demand_times_service(instance, name) for name, weight in active)
        return _above_cheapest(np.asarray(total))

    def _reduced_alone(self, instance: Instance, name: str, *, positive: bool) -> tuple[NDArray[np.float64], float]:
        """Return one criterion's service above its cheapest; with one criterion a weight only scales it."""
        if (name, positive) not in self._reduced:
            served = self._demand_times_service(instance, name, keep=False)
            self._reduced[name, positive] = _above_cheapest(served if positive else np.negative(served, out=served))
        return self._reduced[name, positive]

    def _demand_times_service(self, instance: Instance, name: str, *, keep: bool = True) -> NDArray[np.float64]:
        """Return demand times service, candidate-major; kept where several criteria will be added up again."""
        if name in self._served:
            return self._served[name] if keep else self._served[name].copy()
        service = instance.criteria[name].service
        assert service is not None  # noqa: S101 - only criteria with service are asked for
        served = np.empty((len(self.keep), len(instance.demand)))
        # In slices, so that no second array of this size is made on the way.
        for start in range(0, len(self.keep), _SLICE):
            slice_ = self.keep[start : start + _SLICE]
            np.multiply(service[:, slice_].T, instance.demand, out=served[start : start + _SLICE])
        if keep:
            self._served[name] = served
        return served


def _above_cheapest(service: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Subtract, in place, the cheapest cost of each demand point and leave out points that cost the same everywhere."""
    cheapest = service.min(axis=0)
    varies = service.max(axis=0) > cheapest
    service -= cheapest
    return service if varies.all() else np.ascontiguousarray(service[:, varies]), math.fsum(cheapest.tolist())
