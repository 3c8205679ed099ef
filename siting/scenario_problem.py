"""Several objectives over one set of portfolios, as arrays, and what is made of a portfolio's losses in all of them.

Each scenario has its own site costs and service costs; a portfolio has to satisfy the rules of all of them. Expected
value, worst case, regret and conditional value at risk are one family: the dearest mixture of scenarios under a cap on
the share of each (Rockafellar and Uryasev 2000, Journal of Risk 2(3), for the conditional value at risk).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.constraints import Constraints
from siting.criterion import Criterion, Limit
from siting.errors import InfeasibleError, InputError
from siting.instance import Instance
from siting.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Measure:
    """What a portfolio's losses in all scenarios come to: the dearest mixture of them that the caps allow.

    ``value = max of sum_s share_s * (loss_s - reference_s)`` over shares that sum to 1 with ``0 <= share_s <= cap_s``.
    Caps of 1 give the worst case, caps equal to the probabilities the expected value, probabilities divided by
    ``1 - alpha`` the conditional value at risk. References equal to the optimum of each scenario turn losses into
    regret.

    Attributes
    ----------
    references : ndarray, shape (S,)
        Subtracted from the loss in each scenario.
    caps : ndarray, shape (S,)
        Largest share of each scenario; at least 1 together.

    Examples
    --------
    >>> worst = Measure(np.zeros(2), np.ones(2))
    >>> float(worst.value(np.array([3.0, 5.0])))
    5.0
    """

    references: NDArray[np.float64]
    caps: NDArray[np.float64]

    def value(self, losses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the measure of losses of shape (..., S), shape (...)."""
        excess = losses - self.references
        order = np.argsort(-excess, axis=-1, kind="stable")
        return np.asarray((self._filled(order) * np.take_along_axis(excess, order, axis=-1)).sum(axis=-1))

    def mixture(self, losses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the shares, shape (S,), at which one vector of losses is measured."""
        order = np.argsort(-(losses - self.references), kind="stable")
        shares = np.zeros(len(order))
        shares[order] = self._filled(order)
        return shares

    def _filled(self, order: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the scenarios that come first as much as their caps allow, until all is given."""
        caps = self.caps[order]
        return np.asarray(np.clip(1.0 - (np.cumsum(caps, axis=-1) - caps), 0.0, caps))

    @property
    def is_fixed(self) -> bool:
        """Whether the caps leave one mixture only, as for the expected value."""
        return float(self.caps.sum()) <= 1 + 1e-12


@dataclass(frozen=True, eq=False)
class Service:
    """Service costs that some scenarios share.

    Attributes
    ----------
    cost : ndarray, shape (n, m)
        Cost of serving a demand point from a candidate; never negative, the cheapest is 0.
    rates : ndarray, shape (S,)
        What each scenario multiplies it by, 0 where it does not count.
    """

    cost: NDArray[np.float64]
    rates: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScenarioProblem:
    """A choice problem with one objective per scenario.

    Attributes
    ----------
    offsets : ndarray, shape (S,)
        What every portfolio pays in each scenario.
    site_costs : ndarray, shape (S, n)
        Cost of choosing each candidate.
    services : tuple of Service
        Service costs; those that scenarios share are held once.
    constraints : Constraints
        The rules of all scenarios together.
    positions : ndarray of int, shape (n,)
        Position of each candidate in the joint instance.
    magnitude : float
        Size of the terms the objectives sum; rounding is judged against it.
    """

    offsets: NDArray[np.float64]
    site_costs: NDArray[np.float64]
    services: tuple[Service, ...]
    constraints: Constraints
    positions: NDArray[np.int64]
    magnitude: float

    @classmethod
    def of(cls, instances: Mapping[str, Instance], joint: Instance) -> ScenarioProblem:
        """Reduce scenarios to arrays over the candidates that a joint portfolio can hold.

        Parameters
        ----------
        instances : mapping of str to Instance
            One per scenario, without capacities, with weights that make their objectives comparable.
        joint : Instance
            What `joint_instance` returns for them.

        Raises
        ------
        InputError
            If a scenario has capacities or counts a criterion by its worst site or demand point.

        Examples
        --------
        >>> from siting.instance import Criterion
        >>> cheap = Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])})
        >>> dear = Instance(sites=1, criteria={"cost": Criterion(site=[9.0, 3.0])})
        >>> instances = {"cheap": cheap, "dear": dear}
        >>> problem = ScenarioProblem.of(instances, joint_instance(instances))
        >>> problem.losses(np.array([[0], [1]])).tolist()
        [[1.0, 9.0], [2.0, 3.0]]
        """
        for name, instance in instances.items():
            _refuse(name, instance)
        whole = Constraints.of(joint)
        keep = np.flatnonzero(~whole.unreachable)
        sites = np.zeros((len(instances), len(keep)))
        offsets, size = np.zeros(len(instances)), 0.0
        held: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        for number, instance in enumerate(instances.values()):
            places = np.array([instance.position(joint.candidates[position]) for position in keep], dtype=np.int64)
            sites[number], offsets[number] = instance.site_cost[places], instance.constant
            cost, rate = _service(instance, places)
            size = max(size, _largest_terms(instance, places, cost, rate))
            if rate > 0:
                rates = next((rates for other, rates in held if np.array_equal(other, cost)), None)
                if rates is None:
                    held.append((cost, rates := np.zeros(len(instances))))
                rates[number] = rate
        services = tuple(_above_cheapest(cost, rates, offsets) for cost, rates in held)
        return cls(offsets, sites, services, whole.restricted(keep), keep, size)

    @property
    def number_of_candidates(self) -> int:
        """How many candidates there are."""
        return int(self.site_costs.shape[1])

    @property
    def number_of_scenarios(self) -> int:
        """How many scenarios there are."""
        return len(self.offsets)

    def restricted(self, keep: NDArray[np.int64], constraints: Constraints) -> ScenarioProblem:
        """Return the problem over a subset of the candidates, with constraints over that subset."""
        services = tuple(Service(service.cost[keep], service.rates) for service in self.services)
        return dataclasses.replace(
            self, site_costs=self.site_costs[:, keep], services=services, constraints=constraints,
            positions=self.positions[keep],
        )  # fmt: skip

    def losses(self, portfolios: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the objective of portfolios of equal size, shape (k, p), in each scenario, shape (k, S)."""
        losses = self.offsets + self.site_costs[:, portfolios].sum(axis=2).T
        for service in self.services:
            nearest = service.cost[portfolios[:, 0]]
            for column in portfolios.T[1:]:
                nearest = np.minimum(nearest, service.cost[column])
            losses = losses + nearest.sum(axis=1)[:, None] * service.rates
        return np.asarray(losses)

    def mixed(self, measure: Measure, shares: NDArray[np.float64]) -> Problem:
        """Return the ordinary choice problem of one mixture of scenarios; its optimum bounds the measure from below."""
        active = [(service, float(shares @ service.rates)) for service in self.services]
        costs = [rate * service.cost for service, rate in active if rate > 0]
        return Problem(
            site_cost=shares @ self.site_costs,
            service_cost=np.ascontiguousarray(np.hstack([np.zeros((self.number_of_candidates, 0)), *costs])),
            constraints=self.constraints,
            positions=np.arange(self.number_of_candidates),
            offset=float(shares @ (self.offsets - measure.references)),
        )


def _refuse(scenario: str, instance: Instance) -> None:
    """Raise where a portfolio's loss is no sum over its sites and over demand served by the cheapest of them."""
    if instance.capacity is not None:
        raise InputError(f"scenario {scenario!r} has capacities, which a choice over several scenarios does not know")
    for name, criterion in instance.criteria.items():
        if not criterion.is_sum and instance.signed_weights[name] != 0:
            raise InputError(
                f"criterion {name!r} counts the worst case, and a choice over several scenarios knows sums only; "
                "give it the weight 0"
            )


def _service(instance: Instance, places: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """Return service costs, shape (n, I), and what they are multiplied by; 0 without service."""
    active = [
        (instance.signed_weights[name], criterion.service)
        for name, criterion in instance.criteria.items()
        if criterion.service is not None and instance.signed_weights[name] != 0
    ]
    if not active:
        return np.zeros((len(places), 0)), 0.0
    if len(active) == 1:
        # Scenarios that differ only in this weight share the matrix.
        weight, service = active[0]
        return np.asarray(math.copysign(1.0, weight) * (instance.demand[:, None] * service[:, places]).T), abs(weight)
    total = sum(weight * service[:, places] for weight, service in active)
    return np.asarray((instance.demand[:, None] * total).T), 1.0


def _largest_terms(instance: Instance, places: NDArray[np.int64], cost: NDArray[np.float64], rate: float) -> float:
    """Return the largest sum of absolute terms that an objective of the instance can have."""
    total = abs(instance.constant) + rate * float(np.abs(cost).max(axis=0, initial=0.0).sum())
    for name, criterion in instance.criteria.items():
        if criterion.site is not None and len(places):
            largest = float(np.abs(criterion.site[places]).max())
            total += abs(instance.signed_weights[name]) * largest * instance.maximum_sites
    return total


def _above_cheapest(cost: NDArray[np.float64], rates: NDArray[np.float64], offsets: NDArray[np.float64]) -> Service:
    """Move what every portfolio pays into the offsets, and leave out demand that all candidates serve alike."""
    cheapest = cost.min(axis=0, initial=np.inf) if len(cost) else np.zeros(cost.shape[1])
    offsets += rates * math.fsum(cheapest.tolist())
    varies = (cost > cheapest).any(axis=0)
    return Service(np.ascontiguousarray(cost[:, varies] - cheapest[varies]), rates)


def joint_instance(instances: Mapping[str, Instance]) -> Instance:
    """Return an instance whose portfolios are those admissible in every scenario.

    Parameters
    ----------
    instances : mapping of str to Instance
        One per scenario. A candidate that one of them lacks cannot be chosen. Rules on which scenarios agree keep
        their name; others say in which scenario they hold.

    Returns
    -------
    Instance
        Over the candidates that all scenarios have, in the order of the first. It holds rules; its only criterion is
        the same for all.

    Raises
    ------
    InfeasibleError
        If scenarios require or count what others do not have.

    Examples
    --------
    >>> from siting.instance import Criterion
    >>> free = Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])})
    >>> strict = free.replace(forbidden={0: "no grid"})
    >>> joint_instance({"free": free, "strict": strict}).forbidden
    {0: 'no grid (scenario strict)'}
    """
    first = next(iter(instances.values()))
    common = set(first.candidates).intersection(*(instance.candidates for instance in instances.values()))
    kept = [identifier for identifier in first.candidates if identifier in common]
    fewest = max(instance.minimum_sites for instance in instances.values())
    most = min(instance.maximum_sites for instance in instances.values())
    if fewest > most or fewest > len(kept):
        told = f"{fewest} sites at least, {most} at most, among {len(kept)} candidates that all scenarios have"
        raise InfeasibleError(f"no portfolio is admissible in every scenario: together they ask for {told}")
    required = list(dict.fromkeys(name for instance in instances.values() for name in instance.required))
    forbidden = _together({name: dict(instance.forbidden) for name, instance in instances.items()}, kept)
    for identifier in required:
        if identifier not in common or identifier in forbidden:
            why = forbidden.get(identifier, "lacks data in a scenario")
            raise InfeasibleError(
                f"no portfolio is admissible in every scenario: {identifier!r} is required in one and cannot be "
                f"chosen in another ({why})"
            )
    columns = {name: [instance.position(identifier) for identifier in kept] for name, instance in instances.items()}
    return Instance(
        sites=(fewest, most),
        # Only the rules of a joint instance are read.
        criteria={"choice": Criterion(site=np.zeros(len(kept)))},
        candidates=kept,
        required=required,
        forbidden=forbidden,
        limits=_joint_limits(instances, columns),
        conflicts=_joint_conflicts(instances, common),
    )


def _together(reasons: Mapping[str, dict[Hashable, str]], kept: Sequence[Hashable]) -> dict[Hashable, str]:
    """Return why a candidate is forbidden, naming the scenario where not all of them forbid it."""
    joint: dict[Hashable, str] = {}
    for identifier in kept:
        scenarios = [name for name, forbidden in reasons.items() if identifier in forbidden]
        if scenarios:
            why = reasons[scenarios[0]][identifier]
            joint[identifier] = why if len(scenarios) == len(reasons) else f"{why} (scenario {scenarios[0]})"
    return joint


def _joint_limits(instances: Mapping[str, Instance], columns: Mapping[str, list[int]]) -> dict[str, Limit]:
    """Return every different linear rule once."""
    found: dict[str, list[tuple[str, Limit]]] = {}
    for scenario, instance in instances.items():
        for name, limit in instance.limits.items():
            narrowed = Limit(limit.coefficients[columns[scenario]], lower=limit.lower, upper=limit.upper)
            alike = found.setdefault(name, [])
            if not any(_same(narrowed, other) for _, other in alike):
                alike.append((scenario, narrowed))
    joint: dict[str, Limit] = {}
    for name, alike in found.items():
        everywhere = len(alike) == 1 and all(name in instance.limits for instance in instances.values())
        for scenario, limit in alike:
            joint[name if everywhere else f"{name} (scenario {scenario})"] = limit
    return joint


def _same(first: Limit, second: Limit) -> bool:
    ends = (first.lower, first.upper) == (second.lower, second.upper)
    return ends and np.array_equal(first.coefficients, second.coefficients)


def _joint_conflicts(
    instances: Mapping[str, Instance], common: set[Hashable]
) -> dict[str, list[tuple[Hashable, Hashable]]]:
    """Return every pair in conflict once, under the name of the first rule that says so."""
    joint: dict[str, list[tuple[Hashable, Hashable]]] = {}
    seen: set[frozenset[Hashable]] = set()
    for scenario, instance in instances.items():
        for name, positions in instance.conflict_positions.items():
            pairs = [(instance.candidates[a], instance.candidates[b]) for a, b in positions.tolist()]
            fresh = [pair for pair in pairs if set(pair) <= common and frozenset(pair) not in seen]
            seen.update(frozenset(pair) for pair in fresh)
            if fresh:
                taken = name in joint or any(name in other.limits for other in instances.values())
                joint[f"{name} (scenario {scenario})" if taken else name] = fresh
    return joint
