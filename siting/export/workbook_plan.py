"""Where everything stands in the workbook, so that formulas of one sheet can point at cells of another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.criterion import Criterion
    from siting.instance import Instance
    from siting.solution import Solution

FIRST_ROW = 5
"""Row of the first entry on every sheet, counted from zero: title, note, blank, heading and unit stand above."""
SITE_COLUMN = 2
"""Column of the first site on the sheet of sites; one more column per site."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What the workbook recomputes.

    Attributes
    ----------
    solution : Solution
        With a portfolio.
    """

    solution: Solution

    @property
    def instance(self) -> Instance:
        """What was solved."""
        return self.solution.instance

    @cached_property
    def chosen(self) -> NDArray[np.int64]:
        """Positions of the chosen candidates, in candidate order."""
        return np.array([self.instance.position(name) for name in self.solution.portfolio or ()], dtype=np.int64)

    @property
    def number_of_sites(self) -> int:
        """How many are chosen."""
        return len(self.chosen)

    @property
    def criteria(self) -> dict[str, Criterion]:
        """The criteria, in the order of their rows."""
        return dict(self.instance.criteria)

    def criterion_row(self, name: str) -> int:
        """Return the row of a criterion on the sheet of criteria."""
        return FIRST_ROW + list(self.criteria).index(name)

    @cached_property
    def services(self) -> list[str]:
        """Criteria that depend on who serves whom."""
        return [name for name, criterion in self.criteria.items() if criterion.service is not None]

    @cached_property
    def deciding(self) -> list[str]:
        """Services that decide who serves whom: the summed ones, or all where none is summed."""
        return [name for name in self.services if self.criteria[name].is_sum] or self.services

    @property
    def is_given(self) -> bool:
        """Whether the assignment is an input of the workbook: capacities decide it, not the nearest site."""
        return self.instance.capacity is not None

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Share of the demand of each point that each chosen site serves, shape (I, chosen)."""
        if self.solution.shares is not None:
            return np.asarray(self.solution.shares)
        assert self.solution.assignment is not None  # noqa: S101 - asked for with demand only
        return np.asarray(self.solution.assignment[:, None] == self.chosen[None, :], dtype=np.float64)

    @cached_property
    def serving(self) -> NDArray[np.int64]:
        """Number of the site that serves most of each demand point, from 1, shape (I,)."""
        return np.asarray(self.shares.argmax(axis=1) + 1)

    @property
    def site_names(self) -> list[str]:
        """Identifiers of the chosen candidates as text."""
        return [str(name) for name in self.solution.portfolio or ()]

    def own_column(self, name: str) -> int:
        """Return the column, on the sheet of candidates, of what each is worth in a criterion by itself."""
        own = [other for other, criterion in self.criteria.items() if criterion.site is not None]
        return _CANDIDATE_FACTS + own.index(name)

    def alone_column(self, name: str) -> int:
        """Return the column, on the sheet of candidates, of the value of each if it stood alone."""
        own = sum(criterion.site is not None for criterion in self.criteria.values())
        return _CANDIDATE_FACTS + own + list(self.criteria).index(name)

    @cached_property
    def candidate_rows(self) -> dict[str, int]:
        """Row of each candidate on the sheet of candidates."""
        return {str(name): FIRST_ROW + place for place, name in enumerate(self.solution.candidates.index)}


_CANDIDATE_FACTS = 7
"""Columns of the sheet of candidates before the criteria: who each is, whether chosen or excluded and why, score."""


def plan(solution: Solution) -> Plan:
    """Return the plan of a workbook.

    Raises
    ------
    InputError
        If there is no portfolio to recompute.
    """
    if solution.portfolio is None:
        raise InputError(
            f"no portfolio is held ({solution.status}), so a workbook has nothing to recompute; write .json or .csv"
        )
    return Plan(solution)
