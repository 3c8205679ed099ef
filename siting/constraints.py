"""The rules of an instance as arrays: which sets of candidates are admissible portfolios.

Everything that chooses (enumeration, interchange, bounding, Benders) and everything that checks an answer
afterwards reads the rules from here, so that no two parts of the engine can disagree on what a rule means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.instance import Instance

#: A rule counts as broken when it is missed by more than this share of the terms it sums: rounding, no more.
RULE_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Constraints:
    """Admissibility of portfolios over n candidates, as arrays.

    Attributes
    ----------
    minimum_sites, maximum_sites : int
        Bounds on the number of chosen candidates.
    required, forbidden : ndarray of bool, shape (n,)
        Candidates that must, or may not, be chosen.
    names : tuple of str
        Name of each linear rule, in the order of the rows of `matrix`.
    matrix : ndarray, shape (rules, n)
        Coefficients of the linear rules.
    lower, upper : ndarray, shape (rules,)
        Bounds of the linear rules, infinite where there is none.
    conflicts : ndarray of bool, shape (n, n)
        Symmetric; true where two candidates may not both be chosen.
    """

    minimum_sites: int
    maximum_sites: int
    required: NDArray[np.bool_]
    forbidden: NDArray[np.bool_]
    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    conflicts: NDArray[np.bool_]

    @classmethod
    def of(cls, instance: Instance) -> Constraints:
        """Compile the rules of an instance.

        Examples
        --------
        >>> from siting.instance import Criterion, Instance
        >>> instance = Instance(sites=2, criteria={"cost": Criterion(site=[1, 2, 3])}, conflicts=[(0, 1)])
        >>> Constraints.of(instance).admissible([0, 1]), Constraints.of(instance).admissible([0, 2])
        (False, True)
        """
        count = instance.number_of_candidates
        required, forbidden = np.zeros(count, bool), np.zeros(count, bool)
        required[[instance.position(identifier) for identifier in instance.required]] = True
        forbidden[[instance.position(identifier) for identifier in instance.forbidden]] = True
        limits = list(instance.limits.values())
        conflicts = np.zeros((count, count), bool)
        for pairs in instance.conflict_positions.values():
            conflicts[pairs[:, 0], pairs[:, 1]] = conflicts[pairs[:, 1], pairs[:, 0]] = True
        return cls(
            minimum_sites=instance.minimum_sites,
            maximum_sites=instance.maximum_sites,
            required=required,
            forbidden=forbidden,
            names=tuple(instance.limits),
            matrix=np.array([limit.coefficients for limit in limits]).reshape(len(limits), count),
            lower=np.array([-np.inf if limit.lower is None else limit.lower for limit in limits]),
            upper=np.array([np.inf if limit.upper is None else limit.upper for limit in limits]),
            conflicts=conflicts,
        )

    @property
    def number_of_candidates(self) -> int:
        """n, the number of candidates."""
        return len(self.required)

    @property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper bounds of the linear rules."""
        return self.lower, self.upper

    @cached_property
    def unreachable(self) -> NDArray[np.bool_]:
        """Candidates that no portfolio can hold: forbidden, or in conflict with a required one, shape (n,)."""
        return self.forbidden | (self.conflicts[self.required].any(axis=0) & ~self.required)

    @cached_property
    def slack(self) -> NDArray[np.float64]:
        """How far each linear rule may be missed by rounding alone, shape (rules,)."""
        bounds = np.maximum(
            np.where(np.isfinite(self.lower), np.abs(self.lower), 0.0),
            np.where(np.isfinite(self.upper), np.abs(self.upper), 0.0),
        )
        largest = np.abs(self.matrix).max(axis=1, initial=0.0)
        return np.asarray(RULE_TOLERANCE * np.maximum(bounds, largest))

    @cached_property
    def groups(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Disjoint "at most k of these" groups, which bounding keeps exactly: from rules, or from conflicts if tighter.

        Returns
        -------
        group : ndarray of int, shape (n,)
            Group of each candidate, -1 if none.
        cap : ndarray of int, shape (groups,)
            Most candidates that may be chosen from each group.
        row_is_group : ndarray of bool, shape (rules,)
            Which linear rules are expressed by the groups.
        """
        group, caps, row_is_group = self._groups_of_rules()
        if self.conflicts.any():
            cliques = self._groups_of_conflicts()
            # The fewer candidates the groups let through, the closer the bound.
            if cliques.max() + 1 + (cliques < 0).sum() < caps.sum() + (group < 0).sum():
                return cliques, np.ones(cliques.max() + 1, dtype=np.int64), np.zeros_like(row_is_group)
        return group, caps, row_is_group

    def _groups_of_rules(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        group = np.full(self.number_of_candidates, -1)
        caps: list[int] = []
        row_is_group = np.zeros(len(self.names), bool)
        for row, coefficients in enumerate(self.matrix):
            members = coefficients != 0
            values = np.unique(coefficients[members])
            one_value = len(values) == 1 and values[0] > 0 and np.isfinite(self.upper[row])
            if not one_value or self.lower[row] > self.slack[row] or (group[members] >= 0).any():
                continue
            cap = int(np.floor((self.upper[row] + self.slack[row]) / values[0]))
            if cap < 0:
                continue
            group[members] = len(caps)
            caps.append(cap)
            row_is_group[row] = True
        return group, np.array(caps, dtype=np.int64), row_is_group

    def _groups_of_conflicts(self) -> NDArray[np.int64]:
        """Return disjoint sets of candidates that all conflict with one another, greedily large; -1 for loners."""
        group = np.full(self.number_of_candidates, -1)
        degree = self.conflicts.sum(axis=1)
        left = np.asarray(degree > 0)
        count = 0
        while left.any():
            first = int(np.where(left, degree, -1).argmax())
            members, common = [first], self.conflicts[first] & left
            options = np.flatnonzero(common)
            # Whoever leaves most of the others possible joins first.
            among = self.conflicts[np.ix_(options, options)].sum(axis=1)
            for joining in options[np.argsort(-among, kind="stable")].tolist():
                if common[joining]:
                    members.append(joining)
                    common &= self.conflicts[joining]
            group[members] = count
            left[members] = False
            count += 1
        return group

    @cached_property
    def cliques(self) -> list[NDArray[np.int64]]:
        """Sets of candidates of which at most one may be chosen, such that every conflict lies in one of them.

        One row per clique says what its pairs say, in fewer rows and with a tighter relaxation. The cover is greedy:
        each clique starts at the candidate with most conflicts not covered yet and grows by those that cover most.
        """
        uncovered = self.conflicts.copy()
        degree = uncovered.sum(axis=1)
        cliques: list[NDArray[np.int64]] = []
        while degree.any():
            first = int(degree.argmax())
            members, common = [first], self.conflicts[first].copy()
            gains = uncovered[first].astype(np.int64)
            while common.any():
                joining = int(np.where(common, gains, -1).argmax())
                if gains[joining] == 0 and len(members) > 1:
                    break
                members.append(joining)
                common &= self.conflicts[joining]
                gains += uncovered[joining]
            clique = np.sort(np.array(members, dtype=np.int64))
            degree[clique] -= uncovered[np.ix_(clique, clique)].sum(axis=1)
            uncovered[np.ix_(clique, clique)] = False
            cliques.append(clique)
        return cliques

    def restricted(self, keep: NDArray[np.int64]) -> Constraints:
        """Return the same rules over a subset of the candidates; the others are not chosen."""
        fewer = Constraints(
            minimum_sites=self.minimum_sites,
            maximum_sites=self.maximum_sites,
            required=self.required[keep],
            forbidden=self.forbidden[keep],
            names=self.names,
            matrix=self.matrix[:, keep],
            lower=self.lower,
            upper=self.upper,
            conflicts=self.conflicts[np.ix_(keep, keep)],
        )
        return self._handing_on_groups(fewer, keep)

    def requiring(self, required: NDArray[np.bool_]) -> Constraints:
        """Return the same rules with other required candidates."""
        return self._handing_on_groups(replace(self, required=required), np.arange(self.number_of_candidates))

    def _handing_on_groups(self, other: Constraints, keep: NDArray[np.int64]) -> Constraints:
        """Let rules over fewer candidates keep the groups found for all; finding them anew costs more than it gains."""
        if "groups" in self.__dict__:
            group, cap, row_is_group = self.groups
            other.__dict__["groups"] = (group[keep], cap, row_is_group)
        return other

    def admissible(self, chosen: Sequence[int] | NDArray[np.int64]) -> bool:
        """Return whether a set of candidate positions satisfies every rule."""
        return not self.violations(chosen)

    def violations(self, chosen: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """Return one sentence per rule that a set of candidate positions breaks."""
        positions = np.asarray(chosen, dtype=np.int64)
        broken: list[str] = []
        if len(np.unique(positions)) != len(positions):
            broken.append("a candidate is chosen twice")
        if not self.minimum_sites <= len(positions) <= self.maximum_sites:
            broken.append(f"{len(positions)} sites instead of {self.minimum_sites} to {self.maximum_sites}")
        if self.required.sum() != self.required[positions].sum():
            broken.append("a required candidate is not chosen")
        if self.forbidden[positions].any():
            broken.append("a forbidden candidate is chosen")
        if self.conflicts[np.ix_(positions, positions)].any():
            broken.append("two candidates in conflict are both chosen")
        activity = self.matrix[:, positions].sum(axis=1)
        outside = np.flatnonzero((activity < self.lower - self.slack) | (activity > self.upper + self.slack))
        return broken + [
            f"rule {self.names[row]!r} has {activity[row]:g} outside [{self.lower[row]:g}, {self.upper[row]:g}]"
            for row in outside
        ]
