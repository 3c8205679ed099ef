"""What a large user pays for electricity in each country: a named series and what it leaves out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from siting.data import checking, reading
from siting.data.regions import folder
from siting.data.tables import EU27
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

WHOLESALE = "wholesale"
RETAIL_PREFIX = "eurostat_"
TABLE, MONTHLY_TABLE = "electricity_prices", "electricity_prices_monthly"
MONTH = re.compile(r"\d{4}-\d{2}")
"""A period of the monthly table: the semesters and years of the other one are written otherwise."""


@lru_cache(maxsize=8)
def _table(name: str, directory: Path | None) -> pd.DataFrame:
    if directory is not None:
        reading.check_file_names(directory, ())
    return checking.read_price_table(reading.locate(f"{name}.csv", directory))


def table_of(series: str, period: str) -> str:
    """Return the name of the table that holds a series in a period.

    Parameters
    ----------
    series, period : str
        See `electricity_prices`.

    Returns
    -------
    str
        File name without ending.

    Examples
    --------
    >>> table_of("wholesale", "2026-02"), table_of("wholesale", "2025")
    ('electricity_prices_monthly', 'electricity_prices')
    """
    return MONTHLY_TABLE if series == WHOLESALE and MONTH.fullmatch(period) else TABLE


def price_series(directory: str | PathLike[str] | None = None, *, monthly: bool = False) -> pd.DataFrame:
    """Return which series and periods the price table holds, and how many countries have a price in each.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.
    monthly : bool, default False
        The months of the day-ahead market instead of semesters and years.

    Returns
    -------
    pandas.DataFrame
        Index series and period; columns `countries` (with a price) and `filled` (by a rule).

    Examples
    --------
    >>> price_series().loc[("eurostat_IG", "2025-S2"), "countries"].item()
    27
    """
    table = _table(MONTHLY_TABLE if monthly else TABLE, folder(directory))
    known = table[table["value"].notna()]
    return pd.DataFrame(
        {
            "countries": known.groupby(["series", "period"]).size(),
            "filled": known[known["rule"] != ""].groupby(["series", "period"]).size(),
        }
    ).fillna(0).astype(int)  # fmt: skip


def _chosen(table: pd.DataFrame, series: str, period: str) -> pd.DataFrame:
    """Return the rows of one series and period, by country."""
    if series not in set(table["series"]):
        raise InputError(f"'{series}' is not a price series{suggestion(series, table['series'])}")
    rows = table[table["series"] == series]
    if period not in set(rows["period"]):
        raise InputError(f"the price series {series} has no period '{period}'{suggestion(period, rows['period'])}")
    return rows[rows["period"] == period].set_index("country").reindex(EU27)


def _adders(series: str, directory: Path | None) -> pd.Series:
    """Return EUR/MWh to add per country: all charges on wholesale, the data-centre tax on retail prices."""
    name = "electricity_adders" if series == WHOLESALE else "electricity_tax_adjustments"
    path = reading.locate(f"{name}.csv", directory)
    table = checking.read_text_table(path, ("country", "value", "unit", "grade"))
    amounts = pd.to_numeric(table["value"]).astype(float)
    return amounts.groupby(table["country"]).sum().reindex(EU27)


def electricity_prices(
    series: str = "eurostat_IG",
    period: str = "2025-S2",
    *,
    tax_adjustments: bool = True,
    directory: str | PathLike[str] | None = None,
) -> pd.DataFrame:
    """Return the electricity price of a large user in each member state.

    Parameters
    ----------
    series : str, default "eurostat_IG"
        "eurostat_IG" (150 GWh a year and more) or "eurostat_IF" (70 to 150 GWh), both without VAT;
        "wholesale" (day-ahead mean); or a series of the user's own table.
    period : str, default "2025-S2"
        A semester ("2023-S1" to "2025-S2") for Eurostat; a year ("2015" to "2025") or a month ("2015-01" to "2026-03",
        the last one in part) for wholesale.
    tax_adjustments : bool, default True
        Add what the series leaves out: for Eurostat the taxes that a data centre pays and industry does not,
        for wholesale the estimated network charges, taxes and levies. The user's own series are left as they
        are.
    directory : path-like, optional
        A folder whose `electricity_prices.csv` and other tables replace the shipped ones.

    Returns
    -------
    pandas.DataFrame
        Index `country` (27 codes); columns `value_eur_per_mwh` (base plus adjustment), `base_eur_per_mwh`,
        `adjustment_eur_per_mwh`, `grade`, `rule` (empty for a published price), `source`, `year`, `note`.
        A country without a price has NaN, and `rule` says why.

    Raises
    ------
    siting.errors.InputError
        If the series or the period is unknown.
    siting.errors.DataError
        If a table is wrong; the sentence names file, row and column.

    Examples
    --------
    >>> prices = electricity_prices()
    >>> prices.loc["FI", ["base_eur_per_mwh", "adjustment_eur_per_mwh"]].tolist()
    [38.0, 21.9]

    The winter of 2026 turned the ranking round:

    >>> winter = electricity_prices("wholesale", "2026-02", tax_adjustments=False)["value_eur_per_mwh"]
    >>> bool(winter["FI"] > winter["ES"])
    True
    """
    where = folder(directory)
    rows = _chosen(_table(table_of(series, period), where), series, period)
    adjustment = pd.Series(0.0, index=rows.index)
    if tax_adjustments and series == WHOLESALE:
        adjustment = _adders(series, where)
    elif tax_adjustments and series.startswith(RETAIL_PREFIX):
        # No row in that table means that the series holds every tax a data centre pays there.
        adjustment = _adders(series, where).fillna(0.0)
    missing = rows["value"].isna() & rows["rule"].isna()
    return pd.DataFrame(
        {
            "value_eur_per_mwh": rows["value"] + adjustment,
            "base_eur_per_mwh": rows["value"],
            "adjustment_eur_per_mwh": adjustment,
            "grade": rows["grade"],
            "rule": rows["rule"].mask(missing, "no_price_known"),
            "source": rows["source"],
            "year": rows["year"],
            "note": rows["note"],
        },
        index=rows.index.rename("country"),
    )
