"""Bidding zones: countries whose day-ahead price is not the same everywhere. Shipped for Sweden."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from siting.data import checking, reading
from siting.data.regions import folder
from siting.errors import DataError, InputError, suggestion

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

PRICES = "electricity_prices_zones"
MAP = "bidding_zones"
MEASURED_YEAR = "2023"
"""The year whose hourly prices are known; the other years follow its ratios."""
RATIO = "zone_ratio_of_2023"


@lru_cache(maxsize=4)
def zone_tables(directory: Path | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `bidding_zones.csv` and `electricity_prices_zones.csv`; callers must not change them.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    tuple of pandas.DataFrame
        The zone of each region, and the price of each zone and period (`value` as a number), otherwise as text.

    Raises
    ------
    siting.errors.DataError
        If a region is unknown, a zone has no price, or a price is not above zero.
    """
    path = reading.locate(f"{MAP}.csv", directory)
    regions = checking.read_text_table(path, ("region", "zone"))
    checking.check_regions(path, regions, reading.region_codes())
    price_path = reading.locate(f"{PRICES}.csv", directory)
    prices = checking.read_text_table(price_path, ("zone", "period", "value", "year", "source", "grade", "rule"))
    prices = prices.assign(value=checking.positive_numbers(price_path, prices, "value"))
    unpriced = regions[~regions["zone"].isin(prices["zone"])]
    if len(unpriced):
        zone = str(unpriced["zone"].iloc[0])
        raise DataError(
            f"{path}, row {unpriced.index[0]}: the zone '{zone}' has no price{suggestion(zone, prices['zone'])}"
        )
    return regions, prices


def zone_prices(period: str = "2023", directory: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Return the day-ahead price of the bidding zone of every region that has one of its own.

    Parameters
    ----------
    period : str, default "2023"
        A year. 2023 is the mean of hourly prices; the other years are the national mean times the ratio of 2023.
    directory : path-like, optional
        A folder whose `bidding_zones.csv` and `electricity_prices_zones.csv` replace the shipped ones.

    Returns
    -------
    pandas.DataFrame
        Index `region` (NUTS-2 and NUTS-3 codes); columns `zone`, `value_eur_per_mwh` (without network charges and
        taxes), `rule`, `grade`, `source`, `year`.

    Raises
    ------
    siting.errors.InputError
        If there is no such period.
    siting.errors.DataError
        If a table is wrong; the sentence names file, row and column.

    Examples
    --------
    >>> zone_prices("2023").loc[["SE33", "SE22"], "value_eur_per_mwh"].round().tolist()
    [40.0, 65.0]
    """
    regions, prices = zone_tables(folder(directory))
    chosen = prices[prices["period"] == period].set_index("zone")
    if chosen.empty:
        raise InputError(f"the bidding zones have no period '{period}'{suggestion(period, prices['period'])}")
    found = chosen.reindex(regions["zone"])
    return pd.DataFrame(
        {
            "zone": regions["zone"].to_numpy(dtype=object),
            "value_eur_per_mwh": found["value"].to_numpy(dtype=float),
            **{column: found[column].to_numpy(dtype=object) for column in ("rule", "grade", "source", "year")},
        },
        index=pd.Index(regions["region"], name="region"),
    )
