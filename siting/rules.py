"""The registered rules: what a portfolio must satisfy, as named limits and conflicts of an instance.

Each row carries a name a person understands ("at most 1 site in DE"), so that an infeasible model and the
price of a rule can be explained in words.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, Strict, model_validator

from siting.blocks import Block, Case, Registry
from siting.errors import InputError, suggestion
from siting.geography import pairs_nearer_than
from siting.instance import Limit, Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

Count = Annotated[int, Field(ge=0)]
Names = Annotated[tuple[str, ...], Strict(strict=False)]
NamedPairs = dict[str, Sequence[tuple[Hashable, Hashable]]]


class RuleBlock(Block):
    """A rule of a model file."""

    def limits(self, case: Case) -> dict[str, Limit]:
        """Return linear rules on the choice under human names, with J coefficients each."""
        del case
        return {}

    def conflicts(self, case: Case) -> NamedPairs:
        """Return pairs of candidates that may not both be chosen, under human names."""
        del case
        return {}


registry: Registry[RuleBlock] = Registry("rule")
register = registry.register


@register
class SitesPerCountry(RuleBlock):
    """At most, or at least, so many sites in every country.

    Parameters
    ----------
    maximum : int, optional
        At most this many per country; 1 when neither `maximum` nor `minimum` is given.
    minimum : int, optional
        At least this many in every country that has a candidate.
    country_maximum, country_minimum : mapping of str to int
        Other bounds for single countries, ``{ FR = 2 }``.

    Raises
    ------
    InputError
        If a minimum exceeds a maximum.

    Examples
    --------
    >>> SitesPerCountry(maximum=1, country_maximum={"FR": 2}).bounds("FR")
    (None, 2)
    """

    kind: Literal["sites_per_country"] = "sites_per_country"
    maximum: Count | None = None
    minimum: Count | None = None
    country_maximum: dict[str, Count] = Field(default_factory=dict)
    country_minimum: dict[str, Count] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _bounds_agree(self) -> Self:
        for country in ("", *self.country_maximum, *self.country_minimum):
            lower, upper = self.bounds(country)
            if lower is not None and upper is not None and lower > upper:
                raise InputError(f"minimum {lower} exceeds maximum {upper}" + (f" in {country}" if country else ""))
        return self

    def columns(self) -> tuple[str, ...]:
        """Return the column read: the country."""
        return ("country",)

    def bounds(self, country: str) -> tuple[int | None, int | None]:
        """Return the fewest and the most sites allowed in a country, None for no bound."""
        maximum = 1 if self.maximum is None and self.minimum is None else self.maximum
        return self.country_minimum.get(country, self.minimum), self.country_maximum.get(country, maximum)

    def limits(self, case: Case) -> dict[str, Limit]:
        """Return one limit per country and bound that a portfolio could break.

        Raises
        ------
        InputError
            If an exception names a country without candidates.
        """
        countries = case.countries
        complete = case.candidates if case.complete is None else case.complete
        known = sorted(set(complete["country"].dropna()))
        for country in (*self.country_maximum, *self.country_minimum):
            if country not in known:
                raise InputError(f"country {country!r} has no candidate{suggestion(country, known, 30)}")
        rows: dict[str, Limit] = {}
        for country in sorted(set(countries)):
            inside = countries == country
            lower, upper = self.bounds(country)
            if upper is not None and upper < inside.sum():
                rows[_titled(self, f"at most {_sites(upper)} in {country}", country)] = Limit(inside, upper=upper)
            if lower:
                rows[_titled(self, f"at least {_sites(lower)} in {country}", f"minimum, {country}")] = Limit(
                    inside, lower=lower
                )
        return rows


@register
class Spacing(RuleBlock):
    """No two sites closer than a distance, geodesic, between the candidates' representative points.

    Parameters
    ----------
    minimum_km : float
        Two candidates nearer than this exclude each other; exactly this far apart is allowed.

    Examples
    --------
    >>> Spacing(minimum_km=300.0).minimum_km
    300.0
    """

    kind: Literal["spacing"] = "spacing"
    minimum_km: float = Field(gt=0)

    def conflicts(self, case: Case) -> NamedPairs:
        """Return the pairs that stand too close, under one name."""
        near = pairs_nearer_than(case.candidates, self.minimum_km)
        title = self.name or f"sites at least {self.minimum_km:g} km apart"
        return {title: Pairs(near, case.candidates.index)} if len(near) else {}


@register
class EligibleSites(RuleBlock):
    """At least so many sites in regions eligible for ERDF support of large enterprises.

    Parameters
    ----------
    minimum : int
        Fewest sites in eligible regions (Regulation (EU) 2021/1058, Article 5(2)(e), as amended).

    Examples
    --------
    >>> EligibleSites(minimum=2).columns()
    ('large_enterprise_eligible',)
    """

    kind: Literal["eligible_sites"] = "eligible_sites"
    minimum: Count

    def columns(self) -> tuple[str, ...]:
        """Return the column read: the eligibility flag."""
        return ("large_enterprise_eligible",)

    def limits(self, case: Case) -> dict[str, Limit]:
        """Return one limit that counts eligible sites."""
        title = self.name or f"at least {_sites(self.minimum)} in regions eligible for large enterprises"
        return {title: Limit(case.numbers("large_enterprise_eligible"), lower=self.minimum)}


@register
class AttributeLimit(RuleBlock):
    """The sum of any numeric column over the chosen sites stays within bounds.

    Parameters
    ----------
    attribute : str
        Column of the candidate table.
    minimum, maximum : float, optional
        Bounds on the sum; at least one of them.

    Raises
    ------
    InputError
        If both bounds are missing or contradict each other.

    Examples
    --------
    >>> AttributeLimit(attribute="firm_generation_mw", minimum=8000.0).columns()
    ('firm_generation_mw',)
    """

    kind: Literal["limit"] = "limit"
    attribute: str
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _bounds_agree(self) -> Self:
        _check_bounds(self.minimum, self.maximum)
        return self

    def columns(self) -> tuple[str, ...]:
        """Return the column read."""
        return (self.attribute,)

    def limits(self, case: Case) -> dict[str, Limit]:
        """Return one limit on the sum."""
        parts = [] if self.minimum is None else [f"at least {self.minimum:g}"]
        parts += [] if self.maximum is None else [f"at most {self.maximum:g}"]
        title = self.name or f"{self.attribute} over all sites {' and '.join(parts)}"
        return {title: Limit(case.numbers(self.attribute), lower=self.minimum, upper=self.maximum)}


@register
class SitesIn(RuleBlock):
    """At least, or at most, so many sites in a list of countries or regions.

    Parameters
    ----------
    regions : list of str
        Country codes, candidate identifiers, or the beginning of NUTS codes: ``["PL", "ITI4", "DE4"]``.
    minimum, maximum : int, optional
        Bounds on the number of sites there; at least one of them.

    Raises
    ------
    InputError
        If the list is empty, or both bounds are missing or contradict each other.

    Examples
    --------
    >>> SitesIn(regions=["EE", "LV", "LT"], minimum=1).regions
    ('EE', 'LV', 'LT')
    """

    kind: Literal["sites_in"] = "sites_in"
    regions: Names = Field(min_length=1)
    minimum: Count | None = None
    maximum: Count | None = None

    @model_validator(mode="after")
    def _bounds_agree(self) -> Self:
        _check_bounds(self.minimum, self.maximum)
        return self

    def limits(self, case: Case) -> dict[str, Limit]:
        """Return one limit on the number of sites in the regions.

        Raises
        ------
        InputError
            If a region matches no candidate.
        """
        inside = in_regions(case, self.regions).astype(np.float64)
        parts = [] if self.minimum is None else [f"at least {_sites(self.minimum)}"]
        parts += [] if self.maximum is None else [f"at most {_sites(self.maximum)}"]
        title = self.name or f"{' and '.join(parts)} in {', '.join(self.regions)}"
        return {title: Limit(inside, lower=self.minimum, upper=self.maximum)}


def in_regions(case: Case, regions: Sequence[str]) -> NDArray[np.bool_]:
    """Return which candidates lie in any of the regions, shape (J,).

    Parameters
    ----------
    case : Case
        The candidates.
    regions : sequence of str
        Country codes, candidate identifiers, or the beginning of NUTS codes.

    Returns
    -------
    numpy.ndarray
        Boolean vector.

    Raises
    ------
    InputError
        If a region matches no candidate, not even one that was left out for missing data.
    """
    complete = case.candidates if case.complete is None else case.complete
    inside = pd.Series(data=False, index=complete.index)
    for region in regions:
        found = _matches(complete, region)
        if not found.any():
            countries = complete["country"].dropna() if "country" in complete.columns else []
            valid = [*map(str, complete.index), *countries]
            raise InputError(f"no candidate lies in {region!r}{suggestion(region, valid)}")
        inside |= found
    return np.asarray(inside.loc[case.candidates.index].to_numpy(dtype=bool))


def _matches(candidates: pd.DataFrame, region: str) -> NDArray[np.bool_]:
    """Return which candidates a country code, an identifier or the beginning of a NUTS code means."""
    identifiers = [str(identifier) for identifier in candidates.index]
    if "country" not in candidates.columns:
        return np.array([identifier == region for identifier in identifiers])
    # The beginning of an identifier only means a larger region where identifiers are NUTS codes.
    return np.array(
        [
            region in (identifier, country)
            or (isinstance(country, str) and region.startswith(country) and identifier.startswith(region))
            for identifier, country in zip(identifiers, candidates["country"], strict=True)
        ],
        dtype=bool,
    )


def _sites(count: int) -> str:
    return f"{count} site" if count == 1 else f"{count} sites"


def _titled(rule: Block, title: str, detail: str) -> str:
    """Return the made-up title, or the user's own name with the detail that keeps it unique."""
    return title if rule.name is None else f"{rule.name} ({detail})"


def _check_bounds(minimum: float | None, maximum: float | None) -> None:
    if minimum is None and maximum is None:
        raise InputError("it needs a minimum, a maximum, or both")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InputError(f"minimum {minimum:g} exceeds maximum {maximum:g}")
