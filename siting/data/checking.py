"""Check a table cell by cell, and say in one sentence which file, row and column is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.data.tables import EU27, GRADES, PRICE_COLUMNS
from siting.errors import DataError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER_LINES = 1
"""Lines before the first record: row numbers in messages are line numbers of the file."""


def read_text_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return a CSV file as text, after checking its columns.

    Parameters
    ----------
    path : pathlib.Path
        The file, UTF-8.
    columns : sequence of str
        Columns that must be there.

    Returns
    -------
    pandas.DataFrame
        Text cells, empty where empty; the index is the line number in the file.

    Raises
    ------
    siting.errors.DataError
        If the file cannot be read or lacks a column.
    """
    try:
        frame = pd.read_csv(path, dtype=object, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as a CSV table: {error}") from error
    for column in columns:
        if column not in frame.columns:
            raise DataError(f"{path} lacks the column '{column}'{suggestion(column, frame.columns)}")
    frame.index = frame.index + HEADER_LINES + 1
    return frame


def _first(mask: pd.Series[bool]) -> Any:
    """Return the line number of the first row in which a check fails."""
    return mask.index[mask.to_numpy()][0]


def _numeric(path: Path, frame: pd.DataFrame, column: str = "value") -> pd.Series:
    """Return a column as numbers, NaN where it is empty."""
    numbers = pd.to_numeric(frame[column].where(frame[column] != ""), errors="coerce").astype(float)
    broken = (numbers.isna() | np.isinf(numbers)) & (frame[column] != "")
    if broken.any():
        row = _first(broken)
        raise DataError(f"{path}, row {row}, column '{column}': '{frame.loc[row, column]}' is not a number")
    return numbers


def positive_numbers(path: Path, frame: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as numbers, all of which must be there and above zero.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the error sentence.
    frame : pandas.DataFrame
        The table as text, indexed by line number.
    column : str
        The column.

    Returns
    -------
    pandas.Series of float
        The numbers.

    Raises
    ------
    siting.errors.DataError
        If a cell is missing, no number, or not above zero.
    """
    numbers = _numeric(path, frame, column)
    wrong = ~(numbers > 0)
    if wrong.any():
        row = _first(wrong)
        cell = frame.loc[row, column] or "an empty cell"
        raise DataError(f"{path}, row {row}, column '{column}': {cell} is not a number above zero")
    return numbers


def check_common(path: Path, frame: pd.DataFrame, key: list[str]) -> None:
    """Refuse a repeated key, an unknown grade, and an empty value that no rule explains.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the error sentence.
    frame : pandas.DataFrame
        The table as text, indexed by line number.
    key : list of str
        Columns that together may not repeat.

    Raises
    ------
    siting.errors.DataError
        At the first row that breaks a rule.
    """
    repeated = frame.duplicated(key)
    if repeated.any():
        row = _first(repeated)
        what = ", ".join(str(frame.loc[row, column]) for column in key)
        raise DataError(f"{path}, row {row}, columns {', '.join(key)}: {what} was given before")
    unknown = ~frame["grade"].isin(GRADES)
    if unknown.any():
        row = _first(unknown)
        grade = str(frame.loc[row, "grade"])
        raise DataError(f"{path}, row {row}, column 'grade': '{grade}' is not a grade{suggestion(grade, GRADES)}")
    unexplained = (frame["value"] == "") & (frame["rule"] == "")
    if unexplained.any():
        row = _first(unexplained)
        what = ", ".join(str(frame.loc[row, column]) for column in key)
        raise DataError(
            f"{path}, row {row}, column 'value': the value of {what} is missing and no rule says why; "
            "a missing value is never taken as zero"
        )


def read_price_table(path: Path) -> pd.DataFrame:
    """Return a price table with numeric values, after checking every row.

    Parameters
    ----------
    path : pathlib.Path
        CSV with one row per country, series and period.

    Returns
    -------
    pandas.DataFrame
        The columns of the file, `value` as float.

    Raises
    ------
    siting.errors.DataError
        If a country is unknown, a key repeats, a unit differs, or a price is not positive or missing.
    """
    frame = read_text_table(path, PRICE_COLUMNS)
    unknown = ~frame["country"].isin(EU27)
    if unknown.any():
        row = _first(unknown)
        code = str(frame.loc[row, "country"])
        raise DataError(
            f"{path}, row {row}, column 'country': '{code}' is not a member state{suggestion(code, EU27)}"
            + ("; Greece is EL" if code == "GR" else "")
        )
    check_common(path, frame, ["country", "series", "period"])
    foreign = frame["unit"] != "EUR/MWh"
    if foreign.any():
        row = _first(foreign)
        raise DataError(f"{path}, row {row}, column 'unit': '{frame.loc[row, 'unit']}' was given, EUR/MWh is needed")
    values = _numeric(path, frame)
    negative = (values <= 0).astype(bool)
    if negative.any():
        row = _first(negative)
        raise DataError(
            f"{path}, row {row}, column 'value': the price {values[row]:g} EUR/MWh of "
            f"{frame.loc[row, 'country']} is not positive; leave a missing price empty and name a rule"
        )
    return frame.assign(value=values)


def check_regions(path: Path, frame: pd.DataFrame, known: frozenset[str]) -> None:
    """Refuse a region that is not one of NUTS 2021.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the error sentence.
    frame : pandas.DataFrame
        The table as text, indexed by line number.
    known : frozenset of str
        Codes of countries, NUTS-2 and NUTS-3 regions.

    Raises
    ------
    siting.errors.DataError
        At the first row that breaks a rule.
    """
    unknown = ~frame["region"].isin(known)
    if unknown.any():
        row = _first(unknown)
        code = str(frame.loc[row, "region"])
        near = [name for name in known if len(name) == len(code)] or known
        raise DataError(
            f"{path}, row {row}, column 'region': '{code}' is not a NUTS 2021 region{suggestion(code, near)}"
        )


def check_values(path: Path, frame: pd.DataFrame, attributes: pd.DataFrame) -> None:
    """Refuse an unknown attribute, a foreign unit, and a value outside the attribute's type or range.

    Parameters
    ----------
    path : pathlib.Path
        The file, for the error sentence.
    frame : pandas.DataFrame
        The table as text, indexed by line number.
    attributes : pandas.DataFrame
        The table of attributes.

    Raises
    ------
    siting.errors.DataError
        At the first row that breaks a rule.
    """
    for name, rows in frame.groupby("attribute", sort=False):
        if name not in attributes.index:
            raise DataError(
                f"{path}, row {rows.index[0]}, column 'attribute': '{name}' is not an attribute"
                f"{suggestion(str(name), attributes.index)}"
            )
        entry = attributes.loc[str(name)]
        foreign = rows["unit"] != entry["unit"]
        if foreign.any():
            row = _first(foreign)
            raise DataError(
                f"{path}, row {row}, column 'unit': '{rows.loc[row, 'unit']}' was given for {name}, "
                f"'{entry['unit']}' is needed"
            )
        if entry["type"] == "number":
            values = _numeric(path, rows)
            outside = (values < entry["minimum"]) | (values > entry["maximum"])
        else:
            outside = (entry["type"] == "boolean") & ~rows["value"].isin(["true", "false"])
        if outside.any():
            row = _first(outside)
            limits = "true or false" if entry["type"] == "boolean" else f"{entry['minimum']:g} to {entry['maximum']:g}"
            raise DataError(
                f"{path}, row {row}, column 'value': {rows.loc[row, 'value'] or 'an empty cell'} for {name} "
                f"of {rows.loc[row, 'region']} is outside {limits}"
            )
