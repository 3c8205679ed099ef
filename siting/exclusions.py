"""The registered exclusions: tests that remove a candidate before anything is chosen, with the reason.

An excluded candidate stays in the table and on the map; its reason can be read there. A candidate without the
value a test needs is excluded by that test and the reason says so: a missing value is never a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, Strict, model_validator

from siting.blocks import Block, Case, Registry
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

Reasons = list[str | None]
Codes = Annotated[tuple[str, ...], Strict(strict=False)]
_AND = "; "
_ROUNDING = 1e-9


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
        raise NotImplementedError


registry: Registry[ExclusionBlock] = Registry("exclusion")
register = registry.register


@register
class GridCapacityExclusion(ExclusionBlock):
    """Leave out candidates whose grid capacity is below the connection the facility contracts.

    Parameters
    ----------
    minimum_mva : float, optional
        MVA needed. Default: `Facility.contracted_mva` at each candidate's own PUE, times `multiple`.
    multiple : float, default 1
        How many contracted connections the region must have room for.

    Examples
    --------
    >>> GridCapacityExclusion(minimum_mva=300.0).columns()
    ('grid_capacity_mva',)
    """

    kind: Literal["grid_capacity"] = "grid_capacity"
    minimum_mva: float | None = Field(None, gt=0)
    multiple: float = Field(1.0, gt=0)

    def columns(self) -> tuple[str, ...]:
        """Return the columns read: the grid capacity, and the PUE where the need depends on it."""
        return ("grid_capacity_mva",) if self.minimum_mva else ("grid_capacity_mva", "pue")

    def reasons(self, case: Case) -> Reasons:
        """Return both numbers of each candidate that falls short."""
        capacity = case.numbers("grid_capacity_mva")
        if self.minimum_mva is None:
            needed = self.multiple * case.facility.contracted_mva(case.numbers("pue"))
            word = "the contracted" if self.multiple == 1 else f"{self.multiple:g} times the contracted"
        else:
            needed, word = np.full(len(capacity), self.minimum_mva), "the required"
        texts = [
            f"grid capacity of {have:,.0f} MVA is below {word} {need:,.0f} MVA"
            for have, need in zip(capacity, needed, strict=True)
        ]
        # Exactly the contracted MVA passes, whatever the rounding of the product behind it.
        return self._judged(case, texts, capacity >= needed * (1 - _ROUNDING))

    def _judged(self, case: Case, texts: list[str], passes: NDArray[np.bool_]) -> Reasons:
        missing = _missing_reasons(case, self.columns())
        return [
            absent or (None if passed else text) for absent, passed, text in zip(missing, passes, texts, strict=True)
        ]


@register
class MinimumVoltage(ExclusionBlock):
    """Leave out candidates without a substation of high enough voltage.

    Parameters
    ----------
    minimum_kv : {220, 300}, default 300
        300 asks for a substation at 300 kV and above (380 or 400 kV in most of Europe); 220 accepts 220 kV
        too.

    Examples
    --------
    >>> MinimumVoltage().columns()
    ('substations_300_kv_and_above',)
    """

    kind: Literal["minimum_voltage"] = "minimum_voltage"
    minimum_kv: Literal[220, 300] = 300

    def columns(self) -> tuple[str, ...]:
        """Return the substation counts read."""
        high = ("substations_300_kv_and_above",)
        return high if self.minimum_kv == 300 else (*high, "substations_220_to_299_kv")

    def reasons(self, case: Case) -> Reasons:
        """Return the voltage that is missing."""
        substations = sum((case.numbers(column) for column in self.columns()), np.zeros(len(case.candidates)))
        return [
            absent or (None if count > 0 else f"no substation of {self.minimum_kv} kV or more")
            for absent, count in zip(_missing_reasons(case, self.columns()), substations, strict=True)
        ]


@register
class Outermost(ExclusionBlock):
    """Leave out the outermost regions (Article 349 of the Treaty on the Functioning of the European Union).

    Examples
    --------
    >>> Outermost().columns()
    ('outermost',)
    """

    kind: Literal["outermost"] = "outermost"

    def columns(self) -> tuple[str, ...]:
        """Return the flag read."""
        return ("outermost",)

    def reasons(self, case: Case) -> Reasons:
        """Return the status of each outermost region."""
        return [
            absent or ("outermost region" if flag else None)
            for absent, flag in zip(_missing_reasons(case, self.columns()), case.numbers("outermost") == 1, strict=True)
        ]


@register
class Countries(ExclusionBlock):
    """Keep only some countries, or leave some out.

    Parameters
    ----------
    keep : list of str, optional
        Country codes; every other country is left out. ``["procuring"]`` stands for the states marked as
        procuring in the candidate table (column `procuring_state`).
    leave_out : list of str, optional
        Country codes that are left out.

    Raises
    ------
    InputError
        Unless exactly one of the two lists is given.

    Examples
    --------
    >>> Countries(leave_out=["CY", "MT"]).leave_out
    ('CY', 'MT')
    """

    kind: Literal["countries"] = "countries"
    keep: Codes = ()
    leave_out: Codes = ()

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if bool(self.keep) == bool(self.leave_out):
            raise InputError("it needs either keep = [...] or leave_out = [...]")
        return self

    def columns(self) -> tuple[str, ...]:
        """Return the columns read: the country or the procuring flag."""
        return ("procuring_state",) if self.keep == ("procuring",) else ("country",)

    def reasons(self, case: Case) -> Reasons:
        """Return the country of each candidate that is left out.

        Raises
        ------
        InputError
            If a listed country has no candidate.
        """
        absent = _missing_reasons(case, self.columns())
        if self.keep == ("procuring",):
            out = ["not a procuring state" if flag == 0 else None for flag in case.numbers("procuring_state")]
        else:
            known = sorted({str(country) for country in case.countries if not pd.isna(country)})
            for code in (*self.keep, *self.leave_out):
                if code not in known:
                    raise InputError(f"country {code!r} has no candidate{suggestion(code, known, listed=30)}")
            out = [self._reason(str(country)) for country in case.countries]
        return [first or second for first, second in zip(absent, out, strict=True)]

    def _reason(self, country: str) -> str | None:
        if self.keep:
            return None if country in self.keep else f"{country} is not among the countries kept"
        return f"{country} is left out" if country in self.leave_out else None


@register
class AttributeExclusion(ExclusionBlock):
    """Leave out candidates where a column of the table is outside bounds or not one of some values.

    Parameters
    ----------
    attribute : str
        Column of the candidate table.
    minimum, maximum : float, optional
        Bounds on a number (a flag counts as 1 or 0); the bound itself passes.
    values : list of str, optional
        Texts that pass, for a column of text.

    Raises
    ------
    InputError
        If no test is given, or bounds and texts are mixed.

    Examples
    --------
    >>> AttributeExclusion(attribute="carbon_intensity_g_per_kwh", maximum=300.0).maximum
    300.0
    """

    kind: Literal["attribute"] = "attribute"
    attribute: str
    minimum: float | None = None
    maximum: float | None = None
    values: Codes = ()

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        bounds = self.minimum is not None or self.maximum is not None
        if bounds == bool(self.values):
            raise InputError("it needs bounds (minimum, maximum) or a list of values, not both")
        return self

    def columns(self) -> tuple[str, ...]:
        """Return the column read."""
        return (self.attribute,)

    def reasons(self, case: Case) -> Reasons:
        """Return the value that fails, and the bound or list it fails."""
        failures = self._texts(case) if self.values else self._numbers(case)
        absent = _missing_reasons(case, self.columns())
        return [first or second for first, second in zip(absent, failures, strict=True)]

    def _texts(self, case: Case) -> Reasons:
        case.require(self.attribute)
        allowed = ", ".join(self.values)
        return [
            None if value in self.values else f"{self.attribute} is {value!r}, not {allowed}"
            for value in case.candidates[self.attribute]
        ]

    def _numbers(self, case: Case) -> Reasons:
        tests: list[tuple[float | None, str, Callable[[Any, Any], Any]]] = [
            (self.minimum, "below", np.less),
            (self.maximum, "above", np.greater),
        ]
        reasons: Reasons = [None] * len(case.candidates)
        for position, value in enumerate(case.numbers(self.attribute)):
            for bound, word, fails in tests:
                if bound is not None and fails(value, bound):
                    reasons[position] = f"{self.attribute} of {value:g} is {word} {bound:g}"
        return reasons


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
    return _missing_reasons(case, {column: f" (needed by {', '.join(who)})" for column, who in readers.items()})


def _missing_reasons(case: Case, columns: Iterable[str] | Mapping[str, str]) -> Reasons:
    """Return which columns have no value; a mapping adds its text to each."""
    added = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "")
    lacking: list[list[str]] = [[] for _ in range(len(case.candidates))]
    for column, text in added.items():
        for position in np.flatnonzero(case.is_missing(column)):
            lacking[position].append(f"no value for {column}{text}")
    return [_AND.join(texts) or None for texts in lacking]
