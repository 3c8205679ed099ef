"""The waist of the engine: an `Instance` is a siting problem in plain numbers.

To its left lie geography and policy, to its right operations research. An instance holds J candidates and
I demand points, named criteria over them, and named rules on which candidates may be chosen together.
Everything is validated once, on construction; afterwards the arrays are read-only.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Sense = Literal["min", "max"]


def _vector(values: ArrayLike, what: str, length: int | None = None) -> NDArray[np.float64]:
    """Return a read-only finite float vector, or say which entry is wrong."""
    array = _finite_array(values, what)
    if array.ndim != 1:
        raise InputError(f"{what} must be a vector, not an array of shape {array.shape}")
    if length is not None and array.shape[0] != length:
        raise InputError(f"{what} has {array.shape[0]} entries where {length} are needed")
    return array


def _finite_array(values: ArrayLike, what: str) -> NDArray[np.float64]:
    if isinstance(values, np.ma.MaskedArray):
        values = values.astype(np.float64).filled(np.nan)
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{what} is not an array of numbers: {error}") from None
    if not np.isfinite(array).all():
        position = tuple(int(index) for index in np.argwhere(~np.isfinite(array))[0])
        where = position[0] if len(position) == 1 else position
        raise InputError(
            f"{what} holds {array[position]} at position {where}; every entry must be a finite number "
            "(a missing value is never zero: fill it by a named rule or leave the candidate out)"
        )
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Criterion:
    """One thing that is optimised: a value per chosen site, a service matrix, or both.

    Parameters
    ----------
    site : array-like of shape (J,), optional
        Contribution of each candidate when chosen, in `unit`.
    service : array-like of shape (I, J), optional
        Value for one unit of demand of point i when candidate j serves it, in `unit`.
    unit : str
        Unit of the criterion's value, for instance ``"EUR/yr"``.
    sense : {"min", "max"}
        Whether less or more is better.

    Raises
    ------
    InputError
        If neither `site` nor `service` is given, a shape is wrong, or an entry is not finite.

    Examples
    --------
    >>> Criterion(site=[3.0, 1.0, 2.0], unit="EUR/yr").sense
    'min'
    """

    site: NDArray[np.float64] | None = None
    service: NDArray[np.float64] | None = None
    unit: str = ""
    sense: Sense = "min"

    def __init__(
        self,
        site: ArrayLike | None = None,
        service: ArrayLike | None = None,
        unit: str = "",
        sense: Sense = "min",
    ) -> None:
        if site is None and service is None:
            raise InputError("a criterion needs site=, a value per candidate, or service=, a matrix (I, J)")
        if sense not in ("min", "max"):
            raise InputError(f"sense is {sense!r}{suggestion(str(sense), ('min', 'max'))}")
        site_vector = None if site is None else _vector(site, "site")
        service_matrix = None if service is None else _finite_array(service, "service")
        if service_matrix is not None and service_matrix.ndim != 2:  # noqa: PLR2004
            raise InputError(f"service must be a matrix of shape (I, J), not of shape {service_matrix.shape}")
        object.__setattr__(self, "site", site_vector)
        object.__setattr__(self, "service", service_matrix)
        object.__setattr__(self, "unit", str(unit))
        object.__setattr__(self, "sense", sense)

    @property
    def sign(self) -> float:
        """+1 where less is better, -1 where more is better."""
        return 1.0 if self.sense == "min" else -1.0


@dataclass(frozen=True, eq=False)
class Limit:
    """A linear rule on the choice: ``lower <= sum of coefficients over chosen sites <= upper``.

    Parameters
    ----------
    coefficients : array-like of shape (J,)
        One coefficient per candidate.
    lower, upper : float, optional
        At least one of the two.

    Raises
    ------
    InputError
        If both bounds are missing, one is not a number, or `lower` exceeds `upper`.

    Examples
    --------
    >>> Limit(coefficients=[1, 1, 0], upper=1).upper
    1.0
    """

    coefficients: NDArray[np.float64]
    lower: float | None = None
    upper: float | None = None

    def __init__(
        self, coefficients: ArrayLike, lower: float | None = None, upper: float | None = None
    ) -> None:
        bounds: dict[str, float | None] = {}
        for name, value in (("lower", lower), ("upper", upper)):
            try:
                number = None if value is None else float(value)
            except (TypeError, ValueError, OverflowError):
                raise InputError(f"{name} of a limit is {value!r}, which is not a number") from None
            if number is not None and math.isnan(number):
                raise InputError(f"{name} of a limit is not a number (NaN)")
            # An infinite bound in the harmless direction says "no bound".
            bounds[name] = None if number is not None and math.isinf(number) else number
            if number == (math.inf if name == "lower" else -math.inf):
                raise InputError(f"{name} of a limit is {number}, which nothing can satisfy")
        if bounds["lower"] is None and bounds["upper"] is None:
            raise InputError("a limit needs lower=, upper=, or both")
        if bounds["lower"] is not None and bounds["upper"] is not None and bounds["lower"] > bounds["upper"]:
            raise InputError(f"a limit has lower {bounds['lower']:g} above upper {bounds['upper']:g}")
        object.__setattr__(self, "coefficients", _vector(coefficients, "coefficients"))
        object.__setattr__(self, "lower", bounds["lower"])
        object.__setattr__(self, "upper", bounds["upper"])


@dataclass(frozen=True, eq=False, kw_only=True)
class Instance:
    """A siting problem: candidates, demand, criteria, weights and rules, as arrays.

    The objective, always minimised, is the sum over criteria of ``weight * sign * value`` with ``sign`` -1 for
    ``sense="max"``. A criterion's value is ``sum of site[j] over chosen j`` plus
    ``sum over i of demand[i] * service[i, site that serves i]``. Each demand point is served by the chosen
    site that is cheapest for the weighted sum of all service criteria, unless capacities decide.

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
        Pairs of candidates that may not both be chosen, optionally under the name of the rule they come from.
    capacity : array-like of shape (J,), optional
        The most demand each site can serve; the assignment may then be fractional.

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
    conflicts: Mapping[str, tuple[tuple[Hashable, Hashable], ...]] = field(default_factory=dict)
    capacity: NDArray[np.float64] | None = None

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
            conflicts: Iterable[tuple[Hashable, Hashable]]
            | Mapping[str, Iterable[tuple[Hashable, Hashable]]] = (),
            capacity: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        count = _check_criteria(self.criteria)
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("criteria", dict(self.criteria))
        put("weights", _check_weights(self.weights, self.criteria))
        put("demand", _check_demand(self.demand, self.criteria))
        put("candidates", _check_candidates(self.candidates, count))
        put("sites", _check_sites(self.sites, count))
        known = {identifier: position for position, identifier in enumerate(self.candidates)}
        put("_position", known)
        put("required", tuple(_check_known(self.required, known, "required")))
        reasons = self.forbidden if isinstance(self.forbidden, Mapping) else {}
        forbidden = _check_known(self.forbidden, known, "forbidden")
        put("forbidden", {identifier: str(reasons.get(identifier, "forbidden")) for identifier in forbidden})
        for identifier in self.required:
            if identifier in self.forbidden:
                raise InputError(
                    f"candidate {identifier!r} is required and forbidden at once "
                    f"({self.forbidden[identifier]}); keep one of the two"
                )
        put("limits", _check_limits(self.limits, count))
        put("conflicts", _check_conflicts(self.conflicts, known))
        for name in self.limits:
            if name in self.conflicts:
                raise InputError(f"two rules are called {name!r}, a limit and a conflict; give each its own name")
        if self.capacity is not None:
            capacity = _vector(self.capacity, "capacity", count)
            if (capacity < 0).any():
                raise InputError(f"capacity is negative at position {int(np.argmax(capacity < 0))}")
            put("capacity", capacity)

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
        return _check_known([identifier], self._position, "candidate", single=True)[identifier]

    @cached_property
    def _position(self) -> dict[Hashable, int]:
        return {identifier: position for position, identifier in enumerate(self.candidates)}

    @cached_property
    def signed_weights(self) -> dict[str, float]:
        """Weight times sign per criterion: what multiplies its value in the minimised objective."""
        weights = self.weights or {}
        return {name: weights[name] * criterion.sign for name, criterion in self.criteria.items()}

    @cached_property
    def site_cost(self) -> NDArray[np.float64]:
        """Objective contribution of choosing each candidate, shape (J,)."""
        total = np.zeros(self.number_of_candidates)
        for name, criterion in self.criteria.items():
            if criterion.site is not None:
                total += self.signed_weights[name] * criterion.site
        return total

    @cached_property
    def has_service(self) -> bool:
        """Whether the assignment of demand to sites matters to the objective."""
        return any(
            criterion.service is not None and self.signed_weights[name] != 0
            for name, criterion in self.criteria.items()
        )

    @cached_property
    def unit_service_cost(self) -> NDArray[np.float64]:
        """Objective contribution of serving one unit of demand, shape (I, J); (0, J) without service."""
        if not self.has_service:
            return np.zeros((0, self.number_of_candidates))
        total = np.zeros((self.number_of_demand_points, self.number_of_candidates))
        for name, criterion in self.criteria.items():
            if criterion.service is not None and self.signed_weights[name] != 0:
                total += self.signed_weights[name] * criterion.service
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
        return dataclasses.replace(self, **changes)


def _check_criteria(criteria: Mapping[str, Criterion]) -> int:
    """Return J after checking that all criteria agree on it and on I."""
    if not isinstance(criteria, Mapping) or not criteria:
        raise InputError("an instance needs at least one criterion: criteria={'cost': Criterion(site=...)}")
    shapes: dict[str, tuple[int, str]] = {}
    for name, criterion in criteria.items():
        if not isinstance(criterion, Criterion):
            raise InputError(f"criterion {name!r} is a {type(criterion).__name__}, not a siting.Criterion")
        found = []
        if criterion.site is not None:
            found.append(("candidates", criterion.site.shape[0], "site"))
        if criterion.service is not None:
            found.append(("demand points", criterion.service.shape[0], "service"))
            found.append(("candidates", criterion.service.shape[1], "service"))
        for axis, length, part in found:
            first, where = shapes.setdefault(axis, (length, f"criterion {name!r} ({part})"))
            if first != length:
                raise InputError(
                    f"criterion {name!r} ({part}) has {length} {axis} where {where} has {first}"
                )
    count = shapes["candidates"][0]
    if count == 0:
        raise InputError("an instance needs at least one candidate")
    return count


def _check_weights(weights: Mapping[str, float] | None, criteria: Mapping[str, Criterion]) -> dict[str, float]:
    if weights is None:
        return dict.fromkeys(criteria, 1.0)
    if not isinstance(weights, Mapping):
        raise InputError(f"weights is a {type(weights).__name__}; give a mapping {{criterion: weight}}")
    for name in weights:
        if name not in criteria:
            raise InputError(f"weights name the criterion {name!r}, which is unknown{suggestion(name, criteria)}")
    checked: dict[str, float] = {}
    for name in criteria:
        try:
            checked[name] = float(weights.get(name, 0.0))
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"weight of {name!r} is {weights[name]!r}, which is not a number") from None
        if not math.isfinite(checked[name]):
            raise InputError(f"weight of {name!r} is {checked[name]}; it must be a finite number")
    if not any(checked.values()):
        raise InputError("all weights are zero, so every portfolio is equally good; give one criterion a weight")
    return checked


def _check_demand(demand: ArrayLike | None, criteria: Mapping[str, Criterion]) -> NDArray[np.float64]:
    count = next((c.service.shape[0] for c in criteria.values() if c.service is not None), None)
    if demand is None:
        return _vector(np.ones(count or 0), "demand")
    vector = _vector(demand, "demand", count)
    if (vector < 0).any():
        where = int(np.argmax(vector < 0))
        raise InputError(f"demand is negative ({vector[where]:g}) at position {where}")
    return vector


def _check_candidates(candidates: Iterable[Hashable] | None, count: int) -> tuple[Hashable, ...]:
    if candidates is None:
        return tuple(range(count))
    if isinstance(candidates, str) or not isinstance(candidates, Iterable):
        raise InputError(f"candidates is {candidates!r}; give a list of identifiers")
    plain = candidates.tolist() if isinstance(candidates, np.ndarray) else list(candidates)
    identifiers = tuple(item.item() if isinstance(item, np.generic) else item for item in plain)
    if len(identifiers) != count:
        raise InputError(f"candidates has {len(identifiers)} identifiers where the criteria have {count} candidates")
    seen: dict[Hashable, int] = {}
    for position, identifier in enumerate(identifiers):
        if not _is_hashable(identifier):
            raise InputError(f"candidate {identifier!r} at position {position} is no identifier; use text or a number")
        if identifier in seen:
            raise InputError(
                f"candidate {identifier!r} stands twice, at positions {seen[identifier]} and {position}"
            )
        seen[identifier] = position
    return identifiers


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _whole_number(value: object) -> int | None:
    """Return `value` as an int when it is a whole number and not a Boolean."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        return None
    return int(value)


def _check_sites(sites: object, count: int) -> int | tuple[int, int]:
    ends = list(sites) if isinstance(sites, tuple | list) else [sites, sites]
    numbers = [_whole_number(value) for value in ends]
    if len(numbers) != 2 or None in numbers:  # noqa: PLR2004
        raise InputError(f"sites is {sites!r}; it must be a whole number or a pair (minimum, maximum)")
    minimum, maximum = (number for number in numbers if number is not None)
    if minimum < 1 or maximum < minimum:
        raise InputError(f"sites is {sites!r}; at least one site must be chosen, and minimum <= maximum")
    if minimum > count:
        raise InputError(f"{minimum} sites are asked for but there are only {count} candidates")
    return minimum if minimum == maximum else (minimum, min(maximum, count))


def _check_known(
    identifiers: Iterable[Hashable], known: Mapping[Hashable, int], what: str, *, single: bool = False
) -> dict[Hashable, int]:
    """Return identifier to position, in candidate order, or name the first unknown one."""
    if isinstance(identifiers, str):
        raise InputError(f"{what} is the text {identifiers!r}; give a list of candidates, [{identifiers!r}]")
    if not isinstance(identifiers, Iterable):
        raise InputError(f"{what} is {identifiers!r}; give a list of candidates")
    found: dict[Hashable, int] = {}
    for raw in identifiers:
        identifier = raw.item() if isinstance(raw, np.generic) else raw
        if not _is_hashable(identifier) or identifier not in known:
            noun = what if single else f"{what} candidate"
            raise InputError(
                f"{noun} {identifier!r} is unknown{suggestion(str(identifier), map(str, known))}"
            )
        found[identifier] = known[identifier]
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _check_limits(limits: Mapping[str, Limit], count: int) -> dict[str, Limit]:
    if not isinstance(limits, Mapping):
        raise InputError(f"limits is a {type(limits).__name__}; give a mapping {{name: Limit(...)}}")
    for name, limit in limits.items():
        if not isinstance(limit, Limit):
            raise InputError(f"limit {name!r} is a {type(limit).__name__}, not a siting.Limit")
        if len(limit.coefficients) != count:
            raise InputError(
                f"limit {name!r} has {len(limit.coefficients)} coefficients where there are {count} candidates"
            )
    return dict(limits)


def _check_conflicts(
    conflicts: Iterable[Sequence[Hashable]] | Mapping[str, Iterable[Sequence[Hashable]]],
    known: Mapping[Hashable, int],
) -> dict[str, tuple[tuple[Hashable, Hashable], ...]]:
    named = conflicts if isinstance(conflicts, Mapping) else {"conflicts": conflicts}
    checked: dict[str, tuple[tuple[Hashable, Hashable], ...]] = {}
    for name, pairs in named.items():
        if not isinstance(pairs, Iterable):
            raise InputError(f"rule {name!r} is {pairs!r}; give a list of pairs of candidates")
        unique: dict[tuple[Hashable, Hashable], None] = {}
        for pair in pairs:
            if isinstance(pair, str) or not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:  # noqa: PLR2004
                raise InputError(f"rule {name!r} holds {pair!r}, which is not a pair of candidates")
            if pair[0] == pair[1]:
                raise InputError(f"rule {name!r} sets candidate {pair[0]!r} in conflict with itself")
            positions = _check_known(pair, known, f"rule {name!r}: ")
            first, second = positions
            unique[first, second] = None
        if unique:
            checked[name] = tuple(unique)
    return checked
