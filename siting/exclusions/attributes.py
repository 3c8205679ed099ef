"""Exclusions by what the candidate table says of a candidate: capacity, voltage, status, country, any column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from siting.errors import InputError, suggestion
from siting.exclusions.block import Codes, ExclusionBlock, Reasons, missing_reasons, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.blocks import Case

_ROUNDING = 1e-9


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
        missing = missing_reasons(case, self.columns())
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
            for absent, count in zip(missing_reasons(case, self.columns()), substations, strict=True)
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
            for absent, flag in zip(missing_reasons(case, self.columns()), case.numbers("outermost") == 1, strict=True)
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
        absent = missing_reasons(case, self.columns())
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
        absent = missing_reasons(case, self.columns())
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
