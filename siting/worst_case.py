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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.constraints import Constraints
    from siting.instance import Instance

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
    rows = np.unique(covers, axis=0)
    if len(rows) > _DOMINANCE_ROWS:
        return np.asarray(rows)
    numbers = rows.astype(np.float32)
    size = numbers.sum(axis=1)
    # A row that holds all of another's candidates follows from it.
    holds_other = (numbers @ numbers.T) == size[None, :]
    np.fill_diagonal(holds_other, val=False)
    return np.asarray(rows[~holds_other.any(axis=1)])


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
