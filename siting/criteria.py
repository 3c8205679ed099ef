"""The registered criteria: what a portfolio is judged by, each in its own unit.

A block turns the case (candidates, demand points, facility, latency model) into a `Criterion`: a value per
chosen site, or a service matrix that enters through who is served by which site. Add your own kind::

    @siting.criteria.register
    class Water(CriterionBlock):
        kind: Literal["water"] = "water"

        def columns(self):
            return ("water_stress",)

        def build(self, case):
            return Criterion(site=case.numbers("water_stress"), unit="index", sense="min")
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import Field

from siting.blocks import Block, Case, Registry
from siting.errors import InputError
from siting.instance import Criterion

GRAMS_PER_TONNE = 1e6
KILOWATT_HOURS_PER_MEGAWATT_HOUR = 1000.0
SATURATION_FACTOR = 10.0
"""Measured in MVA, grid capacity beyond this many contracted connections adds nothing unless a model says otherwise."""


class CriterionBlock(Block):
    """A criterion of a model file.

    Parameters
    ----------
    weight : float, default 1
        Relative weight, at least 0, for ``objective = "weighted"``. 0 keeps the criterion in the report only.
    scale : float, optional
        With ``normalisation = "fixed"``: the difference, in the criterion's unit, that counts as one.
    eur_per_unit : float, optional
        With ``objective = "monetised"``: EUR per year that one unit is worth.

    Raises
    ------
    InputError
        If a weight or rate is negative, or the scale is not positive.
    """

    weight: float = Field(1.0, ge=0)
    scale: float | None = Field(None, gt=0)
    eur_per_unit: float | None = Field(None, ge=0)

    def build(self, case: Case) -> Criterion:
        """Return the criterion as plain arrays with its unit and sense.

        Parameters
        ----------
        case : Case
            J candidates and I demand points; no candidate lacks one of `columns()`.

        Returns
        -------
        Criterion
            `site` of shape (J,), or `service` of shape (I, J), or both.
        """
        del case
        raise TypeError(f"the criterion {type(self).__name__} defines no build(case)")


registry: Registry[CriterionBlock] = Registry("criterion")
register = registry.register


@register
class EnergyCost(CriterionBlock):
    """Electricity bill of the chosen sites, EUR per year; less is better.

    Annual energy (MWh, see `Facility.annual_energy_mwh`, with the candidate's own PUE) x electricity price
    (EUR/MWh). Prices come from the series the model's data section names.

    Examples
    --------
    >>> EnergyCost(weight=0.5).columns()
    ('electricity_price_eur_per_mwh', 'pue')
    """

    kind: Literal["energy_cost"] = "energy_cost"

    def columns(self) -> tuple[str, ...]:
        """Return the columns read: the electricity price and the PUE."""
        return ("electricity_price_eur_per_mwh", "pue")

    def build(self, case: Case) -> Criterion:
        """Return EUR per year per site.

        Raises
        ------
        InputError
            If a price is not positive; the candidate is named.
        """
        price = case.numbers("electricity_price_eur_per_mwh")
        if (price <= 0).any():
            row = int(np.argmax(price <= 0))
            raise InputError(
                f"the candidate table: electricity_price_eur_per_mwh of {case.candidates.index[row]!r} is "
                f"{price[row]:g}; a yearly price must be above 0"
            )
        return Criterion(site=case.facility.annual_energy_mwh(case.numbers("pue")) * price, unit="EUR/yr", sense="min")


@register
class GridCapacity(CriterionBlock):
    """Grid capacity around the chosen sites; more is better, but ever less so.

    The proxy adds up a whole region, while a facility connects at one place in it: more capacity means more places and
    shorter queues, with diminishing returns. By default each site therefore counts ``log2(1 + headroom / contracted)``:
    how often the room for one connection doubles. This suits a proxy that is trusted for its order of magnitude only:
    if all of its values were wrong by the same factor, the comparison of well-connected regions would hardly change.

    Parameters
    ----------
    measure : {"doublings", "mva"}, default "doublings"
        The logarithm above, or MVA up to a saturation.
    aggregate : {"sum", "worst"}, default "sum"
        ``"worst"`` counts the weakest site alone.
    saturation_mva : float, optional
        MVA above which capacity adds nothing. Default: none for doublings; for MVA ten times the contracted MVA at the
        candidates' median PUE, because what the proxy shows beyond that is mostly large power plants.

    Examples
    --------
    >>> GridCapacity(measure="mva", saturation_mva=2500.0).columns()
    ('grid_capacity_mva', 'pue')
    """

    kind: Literal["grid_capacity"] = "grid_capacity"
    measure: Literal["doublings", "mva"] = "doublings"
    aggregate: Literal["sum", "worst"] = "sum"
    saturation_mva: float | None = Field(None, gt=0)

    def columns(self) -> tuple[str, ...]:
        """Return the columns read: the grid capacity, and the PUE that sets the contracted MVA."""
        return ("grid_capacity_mva", "pue")

    def saturation(self, case: Case) -> float:
        """Return the MVA above which capacity adds nothing, infinite if there is no such limit."""
        if self.saturation_mva is not None:
            return self.saturation_mva
        if self.measure == "doublings":
            return math.inf
        return SATURATION_FACTOR * float(case.facility.contracted_mva(np.median(case.numbers("pue"))))

    def build(self, case: Case) -> Criterion:
        """Return doublings, or MVA, per site."""
        capacity = np.minimum(case.numbers("grid_capacity_mva"), self.saturation(case))
        if self.measure == "mva":
            return Criterion(site=capacity, unit="MVA", sense="max", aggregate=self.aggregate)
        doublings = np.log2(1 + capacity / case.facility.contracted_mva(case.numbers("pue")))
        return Criterion(site=doublings, unit="doublings", sense="max", aggregate=self.aggregate)


@register
class Cohesion(CriterionBlock):
    """How far the chosen sites serve cohesion policy; more is better.

    Parameters
    ----------
    measure : {"eligible", "cofinancing"}, default "eligible"
        ``"eligible"`` counts sites in regions where the ERDF may fund a large enterprise's STEP investment
        (Regulation (EU) 2021/1058, Article 5(2)(e), as amended). ``"cofinancing"`` adds up the maximum
        co-financing rates of the sites' regions, in percentage points.

    Examples
    --------
    >>> Cohesion(measure="cofinancing").columns()
    ('maximum_cofinancing_percent',)
    """

    kind: Literal["cohesion"] = "cohesion"
    measure: Literal["eligible", "cofinancing"] = "eligible"

    def columns(self) -> tuple[str, ...]:
        """Return the column read: the eligibility flag or the co-financing rate."""
        return ("large_enterprise_eligible",) if self.measure == "eligible" else ("maximum_cofinancing_percent",)

    def build(self, case: Case) -> Criterion:
        """Return 1 or 0, or percentage points, per site."""
        unit = "eligible sites" if self.measure == "eligible" else "percentage points"
        return Criterion(site=case.numbers(self.columns()[0]), unit=unit, sense="max")


@register
class Latency(CriterionBlock):
    """Round trip between users and the site that serves them, the mean or the worst, ms; less is better.

    Geodesic km from each demand point to each candidate, through the model's latency function. Demand enters
    as shares that sum to 1, so that the criterion's value is the demand-weighted mean in ms.

    Parameters
    ----------
    aggregate : {"mean", "worst"}, default "mean"
        ``"worst"`` counts the demand point that is served slowest alone.

    Examples
    --------
    >>> Latency(weight=2.0).kind
    'latency'
    """

    kind: Literal["latency"] = "latency"
    aggregate: Literal["mean", "worst"] = "mean"

    def build(self, case: Case) -> Criterion:
        """Return ms per unit of demand, shape (I, J)."""
        aggregate: Literal["sum", "worst"] = "worst" if self.aggregate == "worst" else "sum"
        return Criterion(service=case.latency(case.distances_km), unit="ms", sense="min", aggregate=aggregate)


@register
class Carbon(CriterionBlock):
    """Emissions of the electricity the chosen sites use, t CO2 per year; less is better.

    Annual energy (MWh) x carbon intensity of the country's electricity (g/kWh) / 1000.

    Examples
    --------
    >>> Carbon().columns()
    ('carbon_intensity_g_per_kwh', 'pue')
    """

    kind: Literal["carbon"] = "carbon"

    def columns(self) -> tuple[str, ...]:
        """Return the columns read: the carbon intensity and the PUE."""
        return ("carbon_intensity_g_per_kwh", "pue")

    def build(self, case: Case) -> Criterion:
        """Return t CO2 per year per site."""
        tonnes_per_mwh = case.numbers("carbon_intensity_g_per_kwh") * KILOWATT_HOURS_PER_MEGAWATT_HOUR / GRAMS_PER_TONNE
        energy_mwh = case.facility.annual_energy_mwh(case.numbers("pue"))
        return Criterion(site=energy_mwh * tonnes_per_mwh, unit="t CO2/yr", sense="min")


@register
class Attribute(CriterionBlock):
    """Any numeric column of the candidate table, summed over the chosen sites or the worst of them.

    Parameters
    ----------
    attribute : str
        Column of the candidate table, for instance ``"connection_years"`` of a table of your own.
    sense : {"min", "max"}
        Whether less or more is better.
    unit : str, default ""
        Unit of the column, for the report.
    aggregate : {"sum", "worst"}, default "sum"
        ``"worst"`` counts the worst site alone.

    Examples
    --------
    >>> Attribute(attribute="population", sense="max", unit="inhabitants").columns()
    ('population',)
    """

    kind: Literal["attribute"] = "attribute"
    attribute: str
    sense: Literal["min", "max"]
    unit: str = ""
    aggregate: Literal["sum", "worst"] = "sum"

    def columns(self) -> tuple[str, ...]:
        """Return the column read."""
        return (self.attribute,)

    def build(self, case: Case) -> Criterion:
        """Return the column, per site."""
        values = case.numbers(self.attribute)
        return Criterion(site=values, unit=self.unit, sense=self.sense, aggregate=self.aggregate)
