"""What an instance is made of: a `Criterion` that is optimised, a `Limit` on the choice, `Pairs` in conflict."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Sense = Literal["min", "max"]
Aggregate = Literal["sum", "worst"]


def finite_vector(values: ArrayLike, what: str, length: int | None = None) -> NDArray[np.float64]:
    """Return a read-only finite float vector, or say which entry is wrong."""
    array = finite_array(values, what)
    if array.ndim != 1:
        raise InputError(f"{what} must be a vector, not an array of shape {array.shape}")
    if length is not None and array.shape[0] != length:
        raise InputError(f"{what} has {array.shape[0]} entries where {length} are needed")
    return array


def finite_array(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """Return a read-only finite float array, or say which entry is wrong."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
    try:
        array = np.array(values, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError) as error:
        reason = str(error).split(". ")[0]
        raise InputError(f"{what} is not an array of numbers: {reason}") from None
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
    """One thing that is optimised: summed over sites and demand, or the worst among them.

    A summed criterion has a value per chosen site, a service matrix, or both. A worst-case criterion
    (``aggregate="worst"``) has one of three: `site`, the worst value of any chosen site; `service`, the worst value
    that any demand point gets from the best chosen site for it (p-center); or `separation`, the worst value of any
    pair of chosen sites (p-dispersion). The worst is the largest where less is better, the smallest where more is.

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
    aggregate : {"sum", "worst"}
        Whether values are summed or the worst one counts. With "worst", demand does not multiply anything: a point
        with demand counts, one without does not.
    separation : array-like of shape (J, J), optional
        Value of each pair of candidates, symmetric; its diagonal does not matter. Always the worst pair counts.

    Raises
    ------
    InputError
        If no part is given, a worst-case criterion has more than one, a shape is wrong, or an entry is not finite.

    Examples
    --------
    >>> Criterion(site=[3.0, 1.0, 2.0], unit="EUR/yr").sense
    'min'
    >>> Criterion(service=[[10.0, 30.0], [40.0, 20.0]], unit="ms", aggregate="worst").is_sum
    False
    """

    site: NDArray[np.float64] | None = None
    service: NDArray[np.float64] | None = None
    unit: str = ""
    sense: Sense = "min"
    aggregate: Aggregate = "sum"
    separation: NDArray[np.float64] | None = None

    def __init__(
        self,
        site: ArrayLike | None = None,
        service: ArrayLike | None = None,
        unit: str = "",
        sense: Sense = "min",
        aggregate: Aggregate = "sum",
        *,
        separation: ArrayLike | None = None,
    ) -> None:
        if site is None and service is None and separation is None:
            raise InputError("a criterion needs site=, a value per candidate, or service=, a matrix (I, J)")
        if sense not in ("min", "max"):
            raise InputError(f"sense is {sense!r}{suggestion(str(sense), ('min', 'max'))}")
        if aggregate not in ("sum", "worst"):
            raise InputError(f"aggregate is {aggregate!r}{suggestion(str(aggregate), ('sum', 'worst'))}")
        if (separation is not None or aggregate == "worst") and sum(
            part is not None for part in (site, service, separation)
        ) != 1:
            raise InputError(
                "a worst-case criterion needs one of site=, service= and separation=; make it two criteria"
            )
        site_vector = None if site is None else finite_vector(site, "site")
        service_matrix = None if service is None else finite_array(service, "service")
        if service_matrix is not None and service_matrix.ndim != 2:
            raise InputError(f"service must be a matrix of shape (I, J), not of shape {service_matrix.shape}")
        object.__setattr__(self, "site", site_vector)
        object.__setattr__(self, "service", service_matrix)
        object.__setattr__(self, "unit", str(unit))
        object.__setattr__(self, "sense", sense)
        object.__setattr__(self, "aggregate", "sum" if aggregate == "sum" and separation is None else "worst")
        object.__setattr__(self, "separation", None if separation is None else _symmetric(separation))

    @property
    def is_sum(self) -> bool:
        """Whether the criterion adds up over sites and demand; a worst-case criterion does not."""
        return self.aggregate == "sum"

    @property
    def sign(self) -> float:
        """+1 where less is better, -1 where more is better."""
        return 1.0 if self.sense == "min" else -1.0


def _symmetric(separation: ArrayLike) -> NDArray[np.float64]:
    """Return a matrix of values per pair, or say where it is not symmetric."""
    matrix = finite_array(separation, "separation")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"separation must be a matrix of shape (J, J), not of shape {matrix.shape}")
    differs = np.abs(matrix - matrix.T) > 1e-9 * np.maximum(np.abs(matrix), 1.0)
    if differs.any():
        first, second = (int(index) for index in np.argwhere(differs)[0])
        raise InputError(
            f"separation is not symmetric: {matrix[first, second]:g} from {first} to {second} but "
            f"{matrix[second, first]:g} back; give each pair one value"
        )
    return matrix


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

    def __init__(self, coefficients: ArrayLike, lower: float | None = None, upper: float | None = None) -> None:
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
        object.__setattr__(self, "coefficients", finite_vector(coefficients, "coefficients"))
        object.__setattr__(self, "lower", bounds["lower"])
        object.__setattr__(self, "upper", bounds["upper"])


class Pairs(Sequence[tuple[Hashable, Hashable]]):
    """Pairs of candidates held as positions: millions of conflicts in a few bytes each.

    It reads like a list of pairs of identifiers, and an `Instance` takes it wherever it takes such a list.

    Parameters
    ----------
    positions : array-like of int, shape (pairs, 2)
        Positions of the two candidates of each pair, in any order.
    candidates : iterable of hashable
        Identifiers of all J candidates.

    Raises
    ------
    InputError
        If a position is out of range, or a candidate is paired with itself.

    Examples
    --------
    >>> pairs = Pairs([[2, 0]], ["a", "b", "c"])
    >>> list(pairs), ("a", "c") in pairs
    ([('a', 'c')], True)
    """

    def __init__(self, positions: ArrayLike, candidates: Iterable[Hashable]) -> None:
        self.candidates = tuple(candidates)
        array = np.sort(np.asarray(positions, dtype=np.int64).reshape(-1, 2), axis=1)
        if len(array) and (array.min() < 0 or array.max() >= len(self.candidates)):
            raise InputError(f"a pair names position {array.max()} where there are {len(self.candidates)} candidates")
        if (array[:, 0] == array[:, 1]).any():
            itself = self.candidates[array[array[:, 0] == array[:, 1]][0, 0]]
            raise InputError(f"a pair sets candidate {itself!r} in conflict with itself")
        self.positions: NDArray[np.int64] = np.unique(array, axis=0)
        self.positions.setflags(write=False)

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, index: int) -> tuple[Hashable, Hashable]: ...
    @overload
    def __getitem__(self, index: slice) -> list[tuple[Hashable, Hashable]]: ...
    def __getitem__(self, index: int | slice) -> tuple[Hashable, Hashable] | list[tuple[Hashable, Hashable]]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        first, second = self.positions[index].tolist()
        return self.candidates[first], self.candidates[second]

    def __repr__(self) -> str:
        return f"Pairs({len(self)} pairs of {len(self.candidates)} candidates)"
