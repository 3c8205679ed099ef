"""Worst-case criteria as arrays over the candidates of a problem, each turned so that less is better.

Three shapes share one rule: the value of a portfolio is the largest of some entries, over its sites, over its pairs of
sites, or over the demand points, each of which counts with the best site for it. "At most this level" is therefore a
rule on the choice: sites above it are forbidden, pairs above it are in conflict, and of the sites within it one must be
chosen for each demand point.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.incumbent import may_join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.constraints import Constraints
    from siting.instance import Instance

#: Portfolios that a good one is looked for from, and swaps tried on each.
_STARTS, _SWAPS = 12, 50
#: Rows up to which covering rules that follow from others are looked for; the work grows with the square.
_DOMINANCE_ROWS = 4000


@dataclass(frozen=True, eq=False)
class WorstCase:
    """One worst-case criterion over n candidates.

    Attributes
    ----------
    name : str
        Of the criterion.
    weight : float
        What one unit adds to the objective; above 0.
    kind : {"site", "separation", "service"}
        What the worst is taken over.
    values : ndarray
        Shape (n,), (n, n) or, candidate-major, (n, m); less is better.
    """

    name: str
    weight: float
    kind: Literal["site", "separation", "service"]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, instance: Instance, name: str, keep: NDArray[np.int64]) -> WorstCase:
        """Return a criterion of an instance over the candidates kept.

        Examples
        --------
        >>> from siting.instance import Criterion, Instance
        >>> far = Criterion(separation=[[0, 5], [5, 0]], sense="max")
        >>> WorstCase.of(Instance(sites=2, criteria={"far": far}), "far", np.arange(2)).value(np.array([0, 1]))
        -5.0
        """
        criterion, weight = instance.criteria[name], abs(instance.signed_weights[name])
        if criterion.site is not None:
            return cls(name, weight, "site", criterion.sign * criterion.site[keep])
        if criterion.separation is not None:
            return cls(name, weight, "separation", criterion.sign * criterion.separation[np.ix_(keep, keep)])
        assert criterion.service is not None  # noqa: S101 - a criterion has at least one part
        counted = criterion.service[instance.demand > 0][:, keep]
        # A demand point that is served alike by all, or like another, says nothing of its own.
        return cls(name, weight, "service", np.ascontiguousarray(np.unique(criterion.sign * counted, axis=0).T))

    def value(self, chosen: NDArray[np.int64]) -> float:
        """Return the value of a portfolio, less is better."""
        if self.kind == "site":
            return float(self.values[chosen].max())
        if self.kind == "service":
            return float(self.values[chosen].min(axis=0).max())
        first, second = np.triu_indices(len(chosen), k=1)
        return float(self.values[chosen[first], chosen[second]].max(initial=-np.inf))

    def values_with(self, prefix: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the values of the portfolios that share `prefix` and end in each of `last`."""
        if self.kind == "site":
            return np.asarray(np.maximum(self.values[last], self.values[prefix].max(initial=-np.inf)))
        if self.kind == "service":
            served = self.values[prefix].min(axis=0, initial=np.inf)
            return np.asarray(np.minimum(self.values[last], served).max(axis=1))
        inside = self.value(prefix) if len(prefix) > 1 else -np.inf
        return np.asarray(np.maximum(self.values[last][:, prefix].max(axis=1, initial=-np.inf), inside))

    @cached_property
    def levels(self) -> NDArray[np.float64]:
        """Every value a portfolio can have, ascending."""
        if self.kind == "separation":
            first, second = np.triu_indices(len(self.values), k=1)
            return np.unique(self.values[first, second])
        levels = np.unique(self.values)
        if self.kind == "service":
            # No portfolio serves the worst point better than all candidates together do.
            levels = levels[levels >= self.least]
        return np.asarray(levels)

    @cached_property
    def least(self) -> float:
        """No portfolio has a lower value than this."""
        if self.kind == "service":
            return float(self.values.min(axis=0).max())
        return float(self.levels[0]) if self.kind == "separation" else float(self.values.min())

    def below(self, level: float) -> float:
        """Return the next value below a level, minus infinite if there is none."""
        position = int(np.searchsorted(self.levels, level, side="left"))
        return float(self.levels[position - 1]) if position > 0 else -np.inf

    def at_most(self, constraints: Constraints, level: float) -> Constraints:
        """Return the rules with "at most this level" added.

        Examples
        --------
        >>> from siting.constraints import Constraints
        >>> from siting.instance import Criterion, Instance
        >>> instance = Instance(sites=1, criteria={"delay": Criterion(service=[[5, 1], [2, 9]], aggregate="worst")})
        >>> rules = WorstCase.of(instance, "delay", np.arange(2)).at_most(Constraints.of(instance), 5.0)
        >>> rules.admissible([0]), rules.admissible([1])
        (True, False)
        """
        if level >= self.levels[-1]:
            return constraints
        if self.kind == "site":
            return dataclasses.replace(constraints, forbidden=constraints.forbidden | (self.values > level))
        if self.kind == "separation":
            above = self.values > level
            np.fill_diagonal(above, val=False)
            return dataclasses.replace(constraints, conflicts=constraints.conflicts | above)
        covers = covering_rows((self.values <= level).T)
        count = len(covers)
        return dataclasses.replace(
            constraints,
            names=(*constraints.names, *(f"{self.name} at most {level:g} ({row})" for row in range(count))),
            matrix=np.vstack([constraints.matrix, covers.astype(np.float64)]),
            lower=np.append(constraints.lower, np.ones(count)),
            upper=np.append(constraints.upper, np.full(count, np.inf)),
        )


def covering_rows(covers: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the rows that matter of "one of these must be chosen": a row implied by a smaller one is left out.

    Parameters
    ----------
    covers : ndarray of bool, shape (rows, n)
        Which candidates satisfy each row.

    Examples
    --------
    >>> covering_rows(np.array([[True, True, False], [True, False, False], [True, True, True]]))
    array([[ True, False, False]])
    """
    # Eight candidates to a byte, so that rows are compared fast.
    _, first = np.unique(np.packbits(covers, axis=1), axis=0, return_index=True)
    rows = covers[np.sort(first)]
    if len(rows) > _DOMINANCE_ROWS:
        return np.asarray(rows)
    # A row that holds all of another's candidates follows from it.
    return np.asarray(rows[_maximal(~rows)])


def without_dominated(constraints: Constraints) -> Constraints:
    """Reduce a pure covering question: leave out candidates and rows that others make superfluous, in turns.

    Where nothing but covering rows and the number of sites restricts the choice, a candidate that satisfies no row that
    another does not satisfy too can be replaced by it; sites that are then missing can be any. The answer has at most
    as many sites as allowed, and may have fewer than asked for.

    Examples
    --------
    >>> import dataclasses
    >>> from siting.constraints import Constraints
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"d": Criterion(service=[[5, 1, 5], [2, 9, 9]], aggregate="worst")})
    >>> rules = WorstCase.of(instance, "d", np.arange(3)).at_most(Constraints.of(instance), 5.0)
    >>> without_dominated(rules).forbidden.tolist()
    [False, True, True]
    """
    kept = np.flatnonzero(~constraints.forbidden)
    covers = constraints.matrix[:, kept] > 0
    while True:
        covers = covering_rows(covers)
        # Turned round, a candidate that covers no more than another is a row that follows from it.
        _, first = np.unique(np.packbits(covers.T, axis=1), axis=0, return_index=True)
        essential = np.isin(np.arange(len(kept)), first[_maximal(covers.T[first])])
        essential |= constraints.required[kept]
        if essential.all():
            break
        kept, covers = kept[essential], covers[:, essential]
    forbidden = np.ones_like(constraints.forbidden)
    forbidden[kept] = False
    matrix = np.zeros((len(covers), constraints.number_of_candidates))
    matrix[:, kept] = covers
    count = len(covers)
    return dataclasses.replace(
        constraints,
        minimum_sites=max(1, int(constraints.required.sum())),
        forbidden=forbidden,
        names=tuple(f"covered ({row})" for row in range(count)),
        matrix=matrix,
        lower=np.ones(count),
        upper=np.full(count, np.inf),
    )


def _maximal(sets: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of several different sets, one a row, lie in no other."""
    if len(sets) > _DOMINANCE_ROWS:
        return np.ones(len(sets), bool)
    numbers = sets.astype(np.float32)
    inside = (numbers @ numbers.T) == numbers.sum(axis=1)[:, None]
    np.fill_diagonal(inside, val=False)
    return np.asarray(~inside.any(axis=1))


def good_portfolio(one: WorstCase, constraints: Constraints, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an admissible portfolio with a low value, from several starts, each improved by swaps.

    Parameters
    ----------
    one : WorstCase
        The criterion.
    constraints : Constraints
        The rules.
    chosen : ndarray of int
        An admissible portfolio to fall back on.

    Examples
    --------
    >>> from siting.constraints import Constraints
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"delay": Criterion(service=[[5, 1], [2, 9]], aggregate="worst")})
    >>> case = WorstCase.of(instance, "delay", np.arange(2))
    >>> good_portfolio(case, Constraints.of(instance), np.array([1]))
    array([0])
    """
    best = swapped(one, constraints, chosen)
    usable = np.flatnonzero(~constraints.unreachable)
    for first in usable[:: max(1, len(usable) // _STARTS)]:
        start = _grown(one, constraints, int(first))
        if start is not None:
            start = swapped(one, constraints, start)
            if one.value(start) < one.value(best):
                best = start
    return best


def _grown(one: WorstCase, constraints: Constraints, first: int) -> NDArray[np.int64] | None:
    """Add the candidate that keeps the value lowest until the portfolio is complete; None if a rule is in the way."""
    required = np.flatnonzero(constraints.required)
    chosen = required if first in required else np.append(required, first)
    everyone = np.arange(constraints.number_of_candidates)
    while len(chosen) < constraints.minimum_sites:
        joins = may_join(constraints, chosen, complete=len(chosen) + 1 >= constraints.minimum_sites)
        options = everyone[joins]
        if len(options) == 0:
            return None
        chosen = np.append(chosen, options[one.values_with(chosen, options).argmin()])
    return np.sort(chosen) if constraints.admissible(chosen) else None


def swapped(one: WorstCase, constraints: Constraints, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Exchange one site for one candidate for as long as that lowers the value.

    Examples
    --------
    >>> from siting.constraints import Constraints
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"grid": Criterion(site=[5.0, 1.0, 9.0], sense="max", aggregate="worst")})
    >>> swapped(WorstCase.of(instance, "grid", np.arange(3)), Constraints.of(instance), np.array([0]))
    array([2])
    """
    everyone = np.arange(constraints.number_of_candidates)
    value = one.value(chosen)
    for _ in range(_SWAPS):
        best, best_value = chosen, value
        for index, out in enumerate(chosen.tolist()):
            kept = np.delete(chosen, index)
            options = everyone[may_join(constraints, kept, complete=True) & (everyone != out)]
            if constraints.required[out] or len(options) == 0:
                continue
            values = one.values_with(kept, options)
            position = int(values.argmin())
            if values[position] < best_value:
                best, best_value = np.sort(np.append(kept, options[position])), float(values[position])
        if best_value >= value:
            break
        chosen, value = best, best_value
    return chosen


def without_lonely(constraints: Constraints) -> Constraints:
    """Forbid candidates in conflict with so many others that too few are left beside them.

    A portfolio of p sites needs p - 1 others beside each; forbidding one candidate can strand the next.

    Examples
    --------
    >>> from siting.constraints import Constraints
    >>> from siting.instance import Criterion, Instance
    >>> cost = Criterion(site=[1.0, 2.0, 3.0])
    >>> instance = Instance(sites=2, criteria={"cost": cost}, conflicts=[(0, 1), (0, 2)])
    >>> without_lonely(Constraints.of(instance)).forbidden
    array([ True, False, False])
    """
    if not constraints.conflicts.any():
        return constraints
    forbidden = constraints.forbidden | constraints.unreachable
    needed = constraints.minimum_sites - 1
    while True:
        usable = ~forbidden
        beside = usable.sum() - 1 - (constraints.conflicts[:, usable]).sum(axis=1)
        stranded = usable & (beside < needed) & ~constraints.required
        if not stranded.any():
            return dataclasses.replace(constraints, forbidden=forbidden)
        forbidden = forbidden | stranded
