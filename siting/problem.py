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
    def of(cls, instance: Instance) -> Problem:
        """Reduce an instance without capacities to its choice problem.

        Examples
        --------
        >>> from siting.instance import Criterion, Instance
        >>> problem = Problem.of(Instance(sites=1, criteria={"ms": Criterion(service=[[3.0, 5.0]])}))
        >>> problem.service_cost.tolist(), problem.offset
        ([[0.0], [2.0]], 3.0)
        """
        constraints = Constraints.of(instance)
        keep = np.flatnonzero(~constraints.unreachable)
        constraints = constraints.restricted(keep)
        service = instance.service_cost[:, keep].T
        cheapest = service.min(axis=0, initial=np.inf) if len(keep) else np.zeros(service.shape[1])
        varies = service.max(axis=0, initial=-np.inf) > cheapest if len(keep) else np.zeros(0, bool)
        offset = math.fsum([instance.constant, *cheapest.tolist()])
        service = np.ascontiguousarray(service[:, varies] - cheapest[varies]) if len(keep) else service
        site = instance.site_cost[keep]
        if constraints.minimum_sites == constraints.maximum_sites and len(keep):
            # Every portfolio pays the cheapest site cost this many times.
            offset += constraints.minimum_sites * float(site.min())
            site = site - site.min()
        return cls(site, service, constraints, keep, offset)

    @property
    def number_of_candidates(self) -> int:
        """N."""
        return len(self.site_cost)

    @property
    def number_of_demand_points(self) -> int:
        """M."""
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
