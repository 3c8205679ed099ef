"""Random weights and random data: what an uncertainty says, and one draw of it.

Every draw has its own stream of random numbers, so that draw 17 is the same whoever draws it, and in which order.
Weights are points of a simplex (at least 0, sum 1); "uniform" always means uniform over the admissible part of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

#: Proposals per round of rejection, and in the trial that picks the way to propose.
_PROPOSALS, _TRIAL = 32, 4096
#: An interval of weights narrower than this is a point.
_POINT = 1e-12


def stream(seed: int, *place: int) -> np.random.Generator:
    """Return the random numbers of one draw: child `place` of the seed, as `numpy.random.SeedSequence.spawn` makes it.

    Parameters
    ----------
    seed : int
        Of the whole experiment.
    *place : int
        Which child, which child of that child, and so on.

    Examples
    --------
    >>> import numpy as np
    >>> child = np.random.SeedSequence(7).spawn(3)[2]
    >>> stream(7, 2).random() == np.random.default_rng(child).random()
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))


# --- weights ------------------------------------------------------------------------------------------------------


class WeightDraws(ABC):
    """A distribution of weights.

    Attributes
    ----------
    names : tuple of str
        Criteria, in the order of the entries of a draw.
    told : str
        What it says, for people.
    """

    names: tuple[str, ...]
    told: str

    @abstractmethod
    def draw(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return one weight per name."""


class Fixed(WeightDraws):
    """Always the same weights.

    Parameters
    ----------
    weights : mapping of str to float
        Weight per criterion.

    Examples
    --------
    >>> import numpy as np
    >>> Fixed({"cost": 2.0, "delay": 1.0}).draw(np.random.default_rng(0)).tolist()
    [2.0, 1.0]
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.names, self._values = tuple(weights), tuple(map(float, weights.values()))
        self.told = "weights as in the model"

    def draw(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return the weights."""
        del random
        return np.array(self._values)


class Dirichlet(WeightDraws):
    """A Dirichlet distribution over the simplex with the given corners.

    Parameters
    ----------
    names : sequence of str
        Criteria.
    concentration : array-like of shape (corners,)
        1 everywhere is uniform; the larger their sum, the closer the draws are to their mean.
    corners : array-like of shape (corners, names), optional
        Corners of the simplex; default: each criterion alone.
    told : str
        For people.

    Examples
    --------
    >>> import numpy as np
    >>> draw = Dirichlet(["cost", "delay"], [1.0, 1.0]).draw(np.random.default_rng(0))
    >>> float(draw.sum())
    1.0
    """

    def __init__(
        self,
        names: Sequence[str],
        concentration: ArrayLike,
        corners: ArrayLike | None = None,
        told: str = "weights uniform over everything they can be",
    ) -> None:
        self.names, self.told = tuple(names), told
        self._concentration = np.asarray(concentration, dtype=np.float64)
        self._corners = None if corners is None else np.asarray(corners, dtype=np.float64)

    def draw(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return one weight per name; they sum to 1."""
        shares = random.dirichlet(self._concentration)
        return shares if self._corners is None else np.asarray(shares @ self._corners)


def ordered(groups: Sequence[Sequence[str]]) -> Dirichlet:
    """Return weights uniform over everything that agrees with an order of importance.

    Parameters
    ----------
    groups : sequence of sequences of str
        Criteria from the most to the least important; those in one group weigh the same.

    Returns
    -------
    Dirichlet
        Weights that agree with an order form a simplex: its corners weigh the first group alone, the first two equally,
        and so on.

    Examples
    --------
    >>> import numpy as np
    >>> cost, delay, carbon = ordered([["cost"], ["delay", "carbon"]]).draw(np.random.default_rng(0))
    >>> bool(cost > delay == carbon)
    True
    """
    names = [name for group in groups for name in group]
    ends = np.cumsum([len(group) for group in groups])
    corners = np.array([[(place < end) / end for place in range(len(names))] for end in ends])
    told = "weights uniform over all with " + " > ".join(" = ".join(group) for group in groups)
    return Dirichlet(names, np.ones(len(groups)), corners, told)


class Intervals(WeightDraws):
    """Weights uniform over the part of the simplex where each lies in its interval.

    Parameters
    ----------
    intervals : mapping of str to (float, float)
        Least and most share of each criterion; (0, 1) says nothing.

    Raises
    ------
    InputError
        If no weights that sum to 1 lie in the intervals.

    Notes
    -----
    Exact, by rejection: some criteria are proposed uniformly from their intervals and the others share what is left as
    a flat Dirichlet vector, which is accepted in proportion to the room it had. A trial picks the split that accepts
    most.

    Examples
    --------
    >>> import numpy as np
    >>> latency, cost = Intervals({"latency": (0.1, 0.4), "cost": (0.0, 1.0)}).draw(np.random.default_rng(0))
    >>> bool(0.1 <= latency <= 0.4)
    True
    """

    def __init__(self, intervals: Mapping[str, tuple[float, float]]) -> None:
        self.names = tuple(intervals)
        low, high = np.array(list(intervals.values()), dtype=np.float64).T
        # The others can neither leave more than 1 nor take more than 1.
        self._low: NDArray[np.float64] = np.maximum(low, 1 - (high.sum() - high))
        self._high: NDArray[np.float64] = np.minimum(high, 1 - (low.sum() - low))
        if low.sum() > 1 + _POINT:
            raise InputError(f"the weights are shares of 1, but the least of them sum to {low.sum():g}")
        if high.sum() < 1 - _POINT:
            raise InputError(f"the weights are shares of 1, but the most of them sum to {high.sum():g}")
        parts = [
            f"{name} {least:g} to {most:g}" for name, (least, most) in intervals.items() if (least, most) != (0, 1)
        ]
        self.told = f"weights uniform over all with {', '.join(parts)}"
        self._by_width = np.argsort(self._low - self._high, kind="stable")
        width = self._high - self._low
        self._point = self._low + width / 2 if (width < _POINT).sum() >= len(width) - 1 else None
        self._sharing = 1
        if self._point is None:
            trials = range(1, len(self.names) + 1)
            self._sharing = max(trials, key=lambda count: len(self._accepted(np.random.default_rng(0), _TRIAL, count)))

    def _accepted(self, random: np.random.Generator, count: int, sharing: int) -> NDArray[np.float64]:
        """Propose and return what is accepted: the widest intervals share what the others leave."""
        rest, own = self._by_width[:sharing], self._by_width[sharing:]
        proposed = np.empty((count, len(self.names)))
        proposed[:, own] = self._low[own] + (self._high - self._low)[own] * random.random((count, len(own)))
        room = 1 - proposed[:, own].sum(axis=1) - self._low[rest].sum()
        shares = random.dirichlet(np.ones(sharing), count)
        proposed[:, rest] = self._low[rest] + np.maximum(room, 0)[:, None] * shares
        most = 1 - self._low.sum()
        accepted = (room >= 0) & (random.random(count) * most ** (sharing - 1) <= np.maximum(room, 0) ** (sharing - 1))
        return np.asarray(proposed[accepted & (proposed <= self._high + _POINT).all(axis=1)])

    def draw(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return one weight per name; they sum to 1."""
        if self._point is not None:
            return np.array(self._point)
        while True:
            accepted = self._accepted(random, _PROPOSALS, self._sharing)
            if len(accepted):
                return np.asarray(accepted[0])


class Rates(WeightDraws):
    """Independent weights that need not sum to 1, each uniform over its interval: EUR per unit, for instance.

    Parameters
    ----------
    intervals : mapping of str to (float, float)
        Least and most of each criterion.
    """

    def __init__(self, intervals: Mapping[str, tuple[float, float]]) -> None:
        self.names = tuple(intervals)
        self._low, self._high = np.array(list(intervals.values()), dtype=np.float64).T
        parts = [f"{name} {least:g} to {most:g}" for name, (least, most) in intervals.items() if least != most]
        self.told = f"rates uniform over {', '.join(parts)}"

    def draw(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return one weight per name."""
        return np.asarray(self._low + (self._high - self._low) * random.random(len(self.names)))


# --- data ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Change:
    """What becomes of one criterion.

    Attributes
    ----------
    site : ndarray, shape (J,), or None
        New values per site.
    service : ndarray, shape (I, J), or None
        New service values, where they are not a multiple of the old ones plus a constant.
    factor, shift : float
        Otherwise: new service = factor x old service + shift.
    """

    site: NDArray[np.float64] | None = None
    service: NDArray[np.float64] | None = None
    factor: float = 1.0
    shift: float = 0.0

    def towards(self, other: Change, share: float) -> Change:
        """Return the change a share of the way to another."""
        kept = 1 - share

        def between(first: NDArray[np.float64] | None, second: NDArray[np.float64] | None) -> Any:
            return None if first is None or second is None else kept * first + share * second

        return Change(
            between(self.site, other.site),
            between(self.service, other.service),
            kept * self.factor + share * other.factor,
            kept * self.shift + share * other.shift,
        )


@dataclass(frozen=True, eq=False)
class Variant:
    """The data as they are when an uncertain key has one value.

    Attributes
    ----------
    value : object
        The value.
    changes : dict of str to Change
        Criteria that differ from the base.
    rules : dict of str to object
        Fields of the instance that differ from the base: `forbidden`, `limits` and so on.
    """

    value: Any
    changes: dict[str, Change] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Choice:
    """One of several variants, each as likely as the others.

    Attributes
    ----------
    key : str
        What is uncertain.
    variants : tuple of Variant
        One per value.
    """

    key: str
    variants: tuple[Variant, ...]

    def draw(self, random: np.random.Generator) -> tuple[Variant, int]:
        """Return a variant and its place."""
        place = int(random.integers(len(self.variants)))
        return self.variants[place], place


@dataclass(frozen=True, eq=False)
class Between:
    """Anything between two variants, uniformly: for keys that the criteria follow in a straight line.

    Attributes
    ----------
    key : str
        What is uncertain.
    first, last : Variant
        The two ends; their rules are those of the base.
    """

    key: str
    first: Variant
    last: Variant

    def draw(self, random: np.random.Generator) -> tuple[Variant, None]:
        """Return a variant."""
        share = float(random.random())
        changes = {name: change.towards(self.last.changes[name], share) for name, change in self.first.changes.items()}
        return Variant((1 - share) * self.first.value + share * self.last.value, changes), None


@dataclass(frozen=True, eq=False)
class Noise:
    """One criterion times a random factor per group of candidates, uniform and independent.

    Attributes
    ----------
    criterion : str
        Its name.
    low, high : float
        Least and largest factor.
    groups : ndarray of int, shape (J,)
        Group of each candidate, counted from 0. A service criterion has one factor for all.
    """

    criterion: str
    low: float
    high: float
    groups: NDArray[np.int64]

    def draw(self, random: np.random.Generator) -> NDArray[np.float64]:
        """Return one factor per candidate."""
        factors = self.low + (self.high - self.low) * random.random(int(self.groups.max(initial=0)) + 1)
        return np.asarray(factors[self.groups])
