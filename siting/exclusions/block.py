"""What every exclusion is, the registry of kinds, and the reason of a candidate without the value a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Strict

from siting.blocks import Block, Case, Registry
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

Reasons = list[str | None]
Codes = Annotated[tuple[str, ...], Strict(strict=False)]
_AND = "; "


class ExclusionBlock(Block):
    """An exclusion of a model file."""

    def reasons(self, case: Case) -> Reasons:
        """Return, per candidate, why it is excluded, or None; J entries.

        Parameters
        ----------
        case : Case
            J candidates; any of their values may be missing.

        Returns
        -------
        list of (str or None)
            One clause per excluded candidate.
        """
        del case
        raise TypeError(f"the exclusion {type(self).__name__} defines no reasons(case)")


registry: Registry[ExclusionBlock] = Registry("exclusion")
register = registry.register


def missing_data(case: Case, needs: Iterable[tuple[str, str]]) -> Reasons:
    """Return, per candidate, which needed attributes it lacks and what needs them, or None.

    Parameters
    ----------
    case : Case
        J candidates.
    needs : iterable of (str, str)
        Column, and what reads it ("criterion 'energy_cost'").

    Returns
    -------
    list of (str or None)
        J entries.

    Raises
    ------
    InputError
        If the candidate table has no such column at all; what needs it is named.
    """
    readers: dict[str, list[str]] = {}
    for column, reader in dict.fromkeys(needs):
        if column not in case.candidates.columns:
            hint = suggestion(column, [str(name) for name in case.candidates.columns])
            raise InputError(f"{reader} needs the column {column!r}, which the candidate table lacks{hint}")
        readers.setdefault(column, []).append(reader)
    return missing_reasons(case, {column: f" (needed by {', '.join(who)})" for column, who in readers.items()})


def missing_reasons(case: Case, columns: Iterable[str] | Mapping[str, str]) -> Reasons:
    """Return, per candidate, which columns have no value, or None.

    Parameters
    ----------
    case : Case
        J candidates.
    columns : iterable of str, or mapping of str to str
        Columns; a mapping adds its text to each.

    Returns
    -------
    list of (str or None)
        J entries.
    """
    added = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "")
    lacking: list[list[str]] = [[] for _ in range(len(case.candidates))]
    for column, text in added.items():
        for position in np.flatnonzero(case.is_missing(column)):
            lacking[position].append(f"no value for {column}{text}")
    return [_AND.join(texts) or None for texts in lacking]
