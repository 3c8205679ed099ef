"""Tables with one value per country: carbon intensity of electricity, and enterprises that use AI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data.rebuild.raw import MISSING_MARKERS, numbers, read_csv
from siting.data.rebuild.writing import Row, number, write_rows
from siting.data.tables import COUNTRY_NAMES, EU27
from siting.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

CARBON_YEAR = "2023"


def _carbon(folder: Path) -> list[Row]:
    """Return grams of CO2 equivalent per kWh in the reference year."""
    value = "Carbon intensity of electricity - gCO2/kWh"
    raw = read_csv(folder / "owid_carbon_intensity_electricity.csv", ("Entity", "Year", value))
    raw = raw[(raw["Year"] == CARBON_YEAR) & ~raw[value].isin(MISSING_MARKERS)]
    observed = numbers(raw.set_index("Entity")[value])
    missing = [name for name in COUNTRY_NAMES.values() if name not in observed.index]
    if missing:
        raise DataError(f"the carbon intensity of {CARBON_YEAR} is missing for {', '.join(missing)}")
    return [
        Row(code, "carbon_intensity_g_per_kwh", number(observed[COUNTRY_NAMES[code]], 1), "g/kWh",
            CARBON_YEAR, "ember_carbon_intensity", "official")
        for code in EU27
    ]  # fmt: skip


def _adoption(folder: Path) -> list[Row]:
    """Return the share of enterprises with ten or more employees that use AI."""
    raw = read_csv(folder / "ai_adoption_by_country.csv", ("geo", "value", "year")).set_index("geo")
    raw = raw[~raw["value"].isin(MISSING_MARKERS)]
    missing = [code for code in EU27 if code not in raw.index]
    if missing:
        raise DataError(f"ai_adoption_by_country.csv lacks {', '.join(missing)}")
    percent, years = numbers(raw["value"]), raw["year"]
    return [
        Row(code, "enterprise_ai_adoption_percent", number(percent[code], 2), "%",
            str(years[code]), "eurostat_isoc_eb_ai", "official")
        for code in EU27
    ]  # fmt: skip


def rebuild(source: Path, target: Path) -> None:
    """Write `carbon_intensity.csv` and `enterprise_ai_adoption.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables.

    Raises
    ------
    siting.errors.DataError
        If a member state is missing.
    """
    write_rows(_carbon(source / "climate"), target / "carbon_intensity.csv")
    write_rows(_adoption(source / "ai"), target / "enterprise_ai_adoption.csv")
