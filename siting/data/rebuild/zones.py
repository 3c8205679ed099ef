"""Day-ahead prices of the Swedish bidding zones, which differ more from each other than many countries do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from siting.data.rebuild.raw import numbers, read_csv
from siting.data.rebuild.writing import number, write_frame
from siting.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "entsoe_zone_prices"
ZONES = ("SE1", "SE2", "SE3", "SE4")
OBSERVED_YEAR = "2023"
HOURS = 8760
PRICE = "Day-ahead Price [EUR/MWh]"
FILE = "electricity_prices_zones.csv"


def _observed(source: Path) -> dict[str, float]:
    """Return the mean of the hourly prices of each zone."""
    means = {}
    for zone in ZONES:
        path = source / "prices" / f"{zone}_{OBSERVED_YEAR}_entsoe.csv"
        raw = read_csv(path, ("MTU (CET/CEST)", PRICE))
        prices = numbers(raw[PRICE].where(raw[PRICE].str.fullmatch(r"-?[0-9.]+"), "")).dropna()
        # The publisher's local time has a doubled and a missing hour; a price now and then is not there.
        if not 0.99 * HOURS <= len(prices) <= HOURS + 1:
            raise DataError(f"{path.name} holds {len(prices)} hourly prices, not those of a year")
        means[zone] = float(prices.mean())
    return means


def _lines(observed: dict[str, float], national: pd.Series) -> list[dict[str, str]]:
    """Return one line per zone and year; years other than the observed one by the ratio of that year."""
    lines = []
    for period, mean in national.items():
        for zone, price in observed.items():
            known = period == OBSERVED_YEAR
            value = price if known else mean * price / national[OBSERVED_YEAR]
            lines.append(
                {
                    "zone": zone, "series": "wholesale", "period": str(period), "value": number(value, 2),
                    "unit": "EUR/MWh", "year": str(period), "source": SOURCE,
                    "grade": "official" if known else "derived",
                    "rule": "mean_of_hourly_prices" if known else "zone_ratio_of_2023",
                    "note": "" if known else f"{price / national[OBSERVED_YEAR]:.3f} of the national mean",
                }
            )  # fmt: skip
    return lines


def rebuild(source: Path, target: Path) -> None:
    """Write `electricity_prices_zones.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with `electricity_prices.csv`.

    Raises
    ------
    siting.errors.DataError
        If a file does not hold a year of hourly prices, or the national mean of that year is missing.
    """
    table = read_csv(target / "electricity_prices.csv", ("country", "series", "period", "value"))
    national = table[(table["country"] == "SE") & (table["series"] == "wholesale") & (table["value"] != "")]
    means = numbers(national.set_index("period")["value"])
    if OBSERVED_YEAR not in means.index:
        raise DataError(f"the day-ahead price of Sweden in {OBSERVED_YEAR} is missing")
    write_frame(pd.DataFrame(_lines(_observed(source), means)), target / FILE)
