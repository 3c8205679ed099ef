"""The waist of the engine: an `Instance` is a siting problem in plain numbers.

To its left lie geography and policy, to its right operations research. An instance holds J candidates and
I demand points, named criteria over them, and named rules on which candidates may be chosen together.
Everything is validated once, on construction; afterwards the arrays are read-only.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from siting._instance_checks import (
    check_candidates,
    check_conflicts,
    check_constant,
    check_criteria,
    check_demand,
    check_known,
    check_limits,
    check_sites,
    check_weights,
    check_worst_cases,
)
from siting.criterion import Criterion, Limit, Pairs, Sense, finite_vector
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Criterion", "Instance", "Limit", "Pairs", "Sense"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Instance:
    """A siting problem: candidates, demand, criteria, weights and rules, as arrays.

    The objective, always minimised, is `constant` plus the sum over criteria of ``weight * sign * value`` with ``sign``
    -1 for ``sense="max"``. A criterion's value is ``sum of site[j] over chosen j`` plus
    ``sum over i of demand[i] * service[i, site that serves i]``. Each demand point is served by the chosen
    site that is cheapest for the weighted sum of all summed service criteria, unless capacities decide. A worst-case
    criterion (``aggregate="worst"``) is instead the worst of its parts, see `Criterion`.

    Parameters
    ----------
    sites : int or (int, int)
        How many candidates are chosen: exactly this many, or between a minimum and a maximum.
    criteria : mapping of str to Criterion
        Named criteria.
    weights : mapping of str to float, optional
        Weight per criterion, default 1 each; a criterion that a given mapping leaves out weighs 0 and is only
        reported.
    demand : array-like of shape (I,), optional
        Demand of each point, default 1.
    candidates : sequence of hashable, optional
        Identifiers of the J candidates, default 0 to J - 1.
    required, forbidden : iterable of identifiers
        Candidates that must, or may not, be chosen. `forbidden` may map an identifier to the reason.
    limits : mapping of str to Limit
        Linear rules, each under a name a person understands.
    conflicts : iterable of pairs, or mapping of str to iterable of pairs
        Pairs of candidates that may not both be chosen, optionally under the name of the rule they come from. `Pairs`
        holds millions of them.
    capacity : array-like of shape (J,), optional
        The most demand each site can serve; the assignment may then be fractional.
    single_source : bool
        With capacities: whether each demand point must be served by one site alone.
    constant : float
        Added to the objective of every portfolio, so that its zero can mean something.

    Raises
    ------
    InputError
        If a shape is wrong, an entry is not finite, demand or capacity is negative, an identifier is duplicated
        or unknown, a candidate is both required and forbidden, all weights are zero, or more sites are asked
        for than there are candidates.

    Examples
    --------
    >>> instance = Instance(
    ...     sites=1,
    ...     criteria={"access": Criterion(service=[[1.0, 9.0], [9.0, 2.0], [8.0, 1.0]], unit="ms")},
    ...     candidates=["north", "south"],
    ... )
    >>> instance.number_of_candidates, instance.number_of_demand_points
    (2, 3)
    """

    sites: int | tuple[int, int]
    criteria: Mapping[str, Criterion]
    weights: Mapping[str, float] | None = None
    demand: NDArray[np.float64] = None  # type: ignore[assignment]
    candidates: tuple[Hashable, ...] = None  # type: ignore[assignment]
    required: tuple[Hashable, ...] = ()
    forbidden: Mapping[Hashable, str] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    conflicts: Mapping[str, Sequence[tuple[Hashable, Hashable]]] = field(default_factory=dict)
    capacity: NDArray[np.float64] | None = None
    single_source: bool = False
    constant: float = 0.0

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            sites: int | tuple[int, int],
            criteria: Mapping[str, Criterion],
            weights: Mapping[str, float] | None = None,
            demand: ArrayLike | None = None,
            candidates: Iterable[Hashable] | None = None,
            required: Iterable[Hashable] = (),
            forbidden: Iterable[Hashable] | Mapping[Hashable, str] = (),
            limits: Mapping[str, Limit] = ...,
            conflicts: Iterable[tuple[Hashable, Hashable]] | Mapping[str, Iterable[tuple[Hashable, Hashable]]] = (),
            capacity: ArrayLike | None = None,
            single_source: bool = False,
            constant: float = 0.0,
        ) -> None: ...

    def __post_init__(self) -> None:
        count = check_criteria(self.criteria)

        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("criteria", dict(self.criteria))
        put("weights", check_weights(self.weights, self.criteria))
        put("demand", check_demand(self.demand, self.criteria))
        put("candidates", check_candidates(self.candidates, count))
        put("sites", check_sites(self.sites, count))
        known = {identifier: position for position, identifier in enumerate(self.candidates)}
        put("_position", known)
        put("required", tuple(check_known(self.required, known, "required")))
        reasons = self.forbidden if isinstance(self.forbidden, Mapping) else {}
        forbidden = check_known(self.forbidden, known, "forbidden")
        put("forbidden", {identifier: str(reasons.get(identifier, "forbidden")) for identifier in forbidden})
        for identifier in self.required:
            if identifier in self.forbidden:
                raise InputError(
                    f"candidate {identifier!r} is required and forbidden at once "
                    f"({self.forbidden[identifier]}); keep one of the two"
                )
        put("limits", check_limits(self.limits, count))
        put("conflicts", check_conflicts(self.conflicts, known))
        for name in self.limits:
            if name in self.conflicts:
                raise InputError(f"two rules are called {name!r}, a limit and a conflict; give each its own name")
        if self.capacity is not None:
            capacity = finite_vector(self.capacity, "capacity", count)
            if (capacity < 0).any():
                raise InputError(f"capacity is negative at position {int(np.argmax(capacity < 0))}")
            put("capacity", capacity)
        put("single_source", bool(self.single_source))
        served_in_part = self.capacity is not None and not self.single_source
        check_worst_cases(self.criteria, self.demand, self.minimum_sites, served_in_part=served_in_part)
        put("constant", check_constant(self.constant))

    def __repr__(self) -> str:
        return (
            f"Instance(sites={self.sites}, candidates={self.number_of_candidates}, "
            f"demand points={self.number_of_demand_points}, criteria={list(self.criteria)}, "
            f"rules={len(self.limits) + len(self.conflicts)})"
        )

    @property
    def number_of_candidates(self) -> int:
        """J, the number of candidates."""
        return len(self.candidates)

    @property
    def number_of_demand_points(self) -> int:
        """I, the number of demand points (0 when no criterion has a service matrix)."""
        return len(self.demand)

    @property
    def minimum_sites(self) -> int:
        """The fewest sites a portfolio may have."""
        return self.sites if isinstance(self.sites, int) else self.sites[0]

    @property
    def maximum_sites(self) -> int:
        """The most sites a portfolio may have."""
        return self.sites if isinstance(self.sites, int) else self.sites[1]

    def position(self, identifier: Hashable) -> int:
        """Return the position of a candidate, or say which identifier comes nearest.

        Raises
        ------
        InputError
            If no candidate has this identifier.
        """
        try:
            return self._position[identifier]
        except (KeyError, TypeError):
            return check_known([identifier], self._position, "candidate", single=True)[identifier]

    @cached_property
    def _position(self) -> dict[Hashable, int]:
        return {identifier: position for position, identifier in enumerate(self.candidates)}

    @cached_property
    def conflict_positions(self) -> dict[str, NDArray[np.int64]]:
        """Per conflict rule, the positions of its pairs, shape (pairs, 2)."""
        known = self._position
        return {
            name: pairs.positions
            if isinstance(pairs, Pairs)
            else np.array([(known[first], known[second]) for first, second in pairs], dtype=np.int64).reshape(-1, 2)
            for name, pairs in self.conflicts.items()
        }

    @cached_property
    def signed_weights(self) -> dict[str, float]:
        """Weight times sign per criterion: what multiplies its value in the minimised objective."""
        weights = self.weights or {}
        return {name: weights[name] * criterion.sign for name, criterion in self.criteria.items()}

    @cached_property
    def site_cost(self) -> NDArray[np.float64]:
        """Contribution of choosing each candidate to the summed part of the objective, shape (J,)."""
        total = np.zeros(self.number_of_candidates)
        for name, criterion in self.criteria.items():
            if criterion.site is not None and criterion.is_sum:
                total += self.signed_weights[name] * criterion.site
        return total

    @cached_property
    def worst_cases(self) -> tuple[str, ...]:
        """The worst-case criteria that have a weight."""
        return tuple(name for name, c in self.criteria.items() if not c.is_sum and self.signed_weights[name] != 0)

    @cached_property
    def has_service(self) -> bool:
        """Whether the assignment of demand to sites matters to the summed part of the objective."""
        return bool(self.summed_services)

    @cached_property
    def summed_services(self) -> dict[str, float]:
        """Signed weight of each summed criterion with a service matrix and a weight."""
        signed = self.signed_weights
        return {n: signed[n] for n, c in self.criteria.items() if c.is_sum and c.service is not None and signed[n] != 0}

    @cached_property
    def unit_service_cost(self) -> NDArray[np.float64]:
        """Objective contribution of serving one unit of demand, shape (I, J); (0, J) without service."""
        if not self.has_service:
            return np.zeros((0, self.number_of_candidates))
        total = np.zeros((self.number_of_demand_points, self.number_of_candidates))
        for name, weight in self.summed_services.items():
            total += weight * np.asarray(self.criteria[name].service)
        return total

    @cached_property
    def service_cost(self) -> NDArray[np.float64]:
        """Objective contribution of serving all demand of point i from candidate j, shape (I, J)."""
        if not self.has_service:
            return self.unit_service_cost
        return self.demand[:, None] * self.unit_service_cost

    def replace(self, **changes: Any) -> Instance:
        """Return a copy with some fields changed, validated again.

        Raises
        ------
        InputError
            If a field is unknown or the new instance is not valid.

        Examples
        --------
        >>> Instance(sites=1, criteria={"cost": Criterion(site=[2.0, 1.0])}).replace(sites=2).sites
        2
        """
        names = [entry.name for entry in dataclasses.fields(self)]
        for name in changes:
            if name not in names:
                raise InputError(f"an instance has no {name!r}{suggestion(name, names)}")
        if set(changes) <= _CHEAP_CHANGES:
            return self._reweighted(**changes)
        return dataclasses.replace(self, **changes)

    def _reweighted(self, **changes: Any) -> Instance:
        """Return a copy with other weights or another constant; everything else was checked before."""
        other = copy.copy(self)
        for name in _OBJECTIVE_CACHES:
            other.__dict__.pop(name, None)
        if "weights" in changes:
            object.__setattr__(other, "weights", check_weights(changes["weights"], self.criteria))
        object.__setattr__(other, "constant", check_constant(changes.get("constant", self.constant)))
        return other


_CHEAP_CHANGES = {"weights", "constant"}
#: Cached properties that depend on the weights.
_OBJECTIVE_CACHES = (
    "signed_weights", "site_cost", "worst_cases", "has_service", "summed_services", "unit_service_cost", "service_cost",
)  # fmt: skip
