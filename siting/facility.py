"""The facility that is sited: its accelerators, and the power, energy and grid connection they need.

Every formula states its units. The shipped case is one AI gigafactory of 100,000 accelerators.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field, model_validator

from siting.errors import InputError, suggestion
from siting.sections import Section

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

HOURS_PER_YEAR = 8760.0
KILOWATTS_PER_MEGAWATT = 1000.0


class Facility(Section):
    """One facility; every chosen site receives one of these.

    Parameters
    ----------
    accelerators : int, default 100_000
        Accelerators per site (InvestAI announcement of 11 February 2025: about 100,000 per gigafactory).
    accelerator : str, default "GB200 NVL72"
        Accelerator class; its kW of IT power per accelerator is looked up in the shipped table
        ``accelerators.csv``.
    kilowatts_per_accelerator : float, optional
        kW of IT power per accelerator with its share of network, storage and host processors. Replaces the
        table.
    load_factor : float, default 0.8
        Mean IT power over the year divided by IT power (assumption; 0.7 to 0.9 are usual).
    power_factor : float, default 0.95
        Active power (MW) per apparent power (MVA) at the grid connection.
    grid_share_reaching_it : float, default 0.875
        Share of the contracted connection that may carry facility load; the rest is a reserve. The call of
        30 July 2026 asks for 85 to 90 percent.
    pue : float, optional
        One power usage effectiveness (facility power per IT power) for every candidate. By default each
        candidate has its own, by climate.
    capex_eur : float, default 4e9
        Investment per site in EUR (3 to 5 billion are reported).

    Raises
    ------
    InputError
        If a value is out of range, or the accelerator class is not in the table.

    Examples
    --------
    >>> facility = Facility(accelerators=100_000, kilowatts_per_accelerator=2.08)
    >>> facility.it_power_mw
    208.0
    >>> round(float(facility.contracted_mva(1.15)), 1)
    287.8
    """

    accelerators: int = Field(100_000, gt=0)
    accelerator: str = "GB200 NVL72"
    kilowatts_per_accelerator: float | None = Field(None, gt=0)
    load_factor: float = Field(0.8, gt=0, le=1)
    power_factor: float = Field(0.95, gt=0, le=1)
    grid_share_reaching_it: float = Field(0.875, gt=0, le=1)
    pue: float | None = Field(None, ge=1)
    capex_eur: float = Field(4e9, ge=0)

    @model_validator(mode="after")
    def _know_the_accelerator(self) -> Self:
        if self.kilowatts_per_accelerator is None:
            _tabulated_kilowatts(self.accelerator)
        return self

    @property
    def kilowatts_it_per_accelerator(self) -> float:
        """IT power per accelerator in kW: the number given, or the shipped table's for the class."""
        if self.kilowatts_per_accelerator is not None:
            return self.kilowatts_per_accelerator
        return _tabulated_kilowatts(self.accelerator)

    @property
    def it_power_mw(self) -> float:
        """IT power in MW: accelerators x kW per accelerator / 1000."""
        return self.accelerators * self.kilowatts_it_per_accelerator / KILOWATTS_PER_MEGAWATT

    def facility_power_mw(self, pue: ArrayLike) -> NDArray[np.float64]:
        """Return the power of the whole facility in MW: IT power x PUE.

        Parameters
        ----------
        pue : array-like
            Power usage effectiveness, at least 1; any shape.

        Returns
        -------
        numpy.ndarray
            MW, same shape; NaN where `pue` is NaN.

        Raises
        ------
        InputError
            If a PUE is below 1: a facility cannot use less power than the IT in it.

        Examples
        --------
        >>> Facility(kilowatts_per_accelerator=2.0).facility_power_mw([1.125, 1.25]).tolist()
        [225.0, 250.0]
        """
        effectiveness = np.asarray(pue, dtype=np.float64)
        if (effectiveness < 1).any():
            lowest = float(np.nanmin(effectiveness))
            raise InputError(f"a PUE of {lowest:g} is below 1: a facility uses at least the power of its IT")
        return np.asarray(self.it_power_mw * effectiveness)

    def contracted_mva(self, pue: ArrayLike) -> NDArray[np.float64]:
        """Return the grid connection to contract, in MVA.

        IT power (MW) x PUE / power factor / share of the grid capacity that reaches the load.

        Parameters
        ----------
        pue : array-like
            Power usage effectiveness, at least 1; any shape.

        Returns
        -------
        numpy.ndarray
            MVA, same shape.

        Raises
        ------
        InputError
            If a PUE is below 1.

        Examples
        --------
        >>> float(Facility(kilowatts_per_accelerator=1.9, grid_share_reaching_it=0.8).contracted_mva(1.2))
        300.0
        """
        return self.facility_power_mw(pue) / self.power_factor / self.grid_share_reaching_it

    def annual_energy_mwh(self, pue: ArrayLike) -> NDArray[np.float64]:
        """Return the electricity used in a year, in MWh: IT power x PUE x load factor x 8,760 h.

        Parameters
        ----------
        pue : array-like
            Power usage effectiveness, at least 1; any shape.

        Returns
        -------
        numpy.ndarray
            MWh per year, same shape.

        Raises
        ------
        InputError
            If a PUE is below 1.

        Examples
        --------
        150 MW of IT at PUE 1.15 and load factor 0.8 use 1.21 TWh a year.

        >>> facility = Facility(kilowatts_per_accelerator=1.5)
        >>> round(float(facility.annual_energy_mwh(1.15)))
        1208880
        """
        return self.facility_power_mw(pue) * self.load_factor * HOURS_PER_YEAR


def annuity(amount_eur: float, rate: float, years: float) -> float:
    """Return the constant yearly payment that repays an investment over its life.

    Parameters
    ----------
    amount_eur : float
        Investment in EUR at the start.
    rate : float
        Interest per year, 0.055 for 5.5 percent; 0 spreads the amount evenly.
    years : float
        Life in years, positive.

    Returns
    -------
    float
        EUR per year: ``amount * rate / (1 - (1 + rate) ** -years)``.

    Raises
    ------
    InputError
        If `years` is not positive or `rate` is not above -1.

    Examples
    --------
    >>> round(annuity(75_000, rate=0.055, years=40))
    4674
    """
    if years <= 0 or rate <= -1:
        raise InputError(f"an annuity needs years > 0 and rate > -1, not years={years:g}, rate={rate:g}")
    if rate == 0:
        return amount_eur / years
    return amount_eur * rate / -math.expm1(-years * math.log1p(rate))


@lru_cache
def _tabulated_kilowatts(accelerator: str) -> float:
    """Return kW of IT power per accelerator of a class in the shipped table."""
    # Imported here so that a facility with its own number needs no table.
    from siting import data

    table = data.accelerators()
    if accelerator not in table.index:
        names = [str(name) for name in table.index]
        raise InputError(
            f"accelerator {accelerator!r} is unknown{suggestion(accelerator, names)} "
            "(or give kilowatts_per_accelerator)"
        )
    return float(table["kw_it_per_accelerator"].to_dict()[accelerator])
