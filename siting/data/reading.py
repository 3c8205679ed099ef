"""Read a table, check it, and say in one sentence which file, row and column is wrong."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting import catalogue
from siting.data.tables import EU27, GRADES, PRICE_COLUMNS, ROW_COLUMNS
from siting.errors import DataError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

HEADER_LINES = 1
"""Lines before the first record: row numbers in messages are line numbers of the file."""
CODE_LENGTHS = {2: "country", 4: "nuts2", 5: "nuts3"}
"""Level of a region by the length of its code."""


def locate(name: str, directory: Path | None) -> Path:
    """Return the file of that name in the user's folder, or the shipped one where the folder lacks it.

    Parameters
    ----------
    name : str
        File name with its ending.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pathlib.Path
        An existing file.

    Raises
    ------
    siting.errors.DataError
        If the folder does not exist or nobody has the file.
    """
    if directory is not None:
        if not directory.is_dir():
            raise DataError(f"the data folder {directory} does not exist")
        if (directory / name).is_file():
            return directory / name
    path = catalogue.data_directory() / name
    if not path.is_file():
        raise DataError(f"the table {name} is not among the shipped tables in {path.parent}")
    return path


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


def _check_common(path: Path, frame: pd.DataFrame, key: list[str]) -> None:
    """Refuse a repeated key, an unknown grade, and an empty value that no rule explains."""
    repeated = frame.duplicated(key)
    if repeated.any():
        row = _first(repeated)
        what = ", ".join(str(frame.loc[row, column]) for column in key)
        raise DataError(f"{path}, row {row}, columns {', '.join(key)}: {what} was given before")
    unknown = ~frame["grade"].isin(GRADES)
    if unknown.any():
        row = _first(unknown)
        grade = str(frame.loc[row, "grade"])
        raise DataError(
            f"{path}, row {row}, column 'grade': '{grade}' is not a grade{suggestion(grade, GRADES)}"
        )
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
    _check_common(path, frame, ["country", "series", "period"])
    foreign = frame["unit"] != "EUR/MWh"
    if foreign.any():
        row = _first(foreign)
        raise DataError(
            f"{path}, row {row}, column 'unit': '{frame.loc[row, 'unit']}' was given, EUR/MWh is needed"
        )
    values = _numeric(path, frame)
    negative = (values <= 0).astype(bool)
    if negative.any():
        row = _first(negative)
        raise DataError(
            f"{path}, row {row}, column 'value': the price {values[row]:g} EUR/MWh of "
            f"{frame.loc[row, 'country']} is not positive; leave a missing price empty and name a rule"
        )
    return frame.assign(value=values)


def _check_regions(path: Path, frame: pd.DataFrame, known: frozenset[str]) -> None:
    unknown = ~frame["region"].isin(known)
    if unknown.any():
        row = _first(unknown)
        code = str(frame.loc[row, "region"])
        near = [name for name in known if len(name) == len(code)] or known
        raise DataError(
            f"{path}, row {row}, column 'region': '{code}' is not a NUTS 2021 region{suggestion(code, near)}"
        )


def _check_values(path: Path, frame: pd.DataFrame, attributes: pd.DataFrame) -> None:
    """Refuse an unknown attribute, a foreign unit, and a value outside the attribute's type or range."""
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
            limits = (
                "true or false"
                if entry["type"] == "boolean"
                else f"{entry['minimum']:g} to {entry['maximum']:g}"
            )
            raise DataError(
                f"{path}, row {row}, column 'value': {rows.loc[row, 'value'] or 'an empty cell'} for {name} "
                f"of {rows.loc[row, 'region']} is outside {limits}"
            )


@lru_cache(maxsize=8)
def attribute_table(directory: Path | None) -> pd.DataFrame:
    """Return `attributes.csv` indexed by attribute; callers must not change it.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        Unit, sense, type, level, table, minimum, maximum, inputs, description.
    """
    columns = (
        "attribute",
        "unit",
        "sense",
        "type",
        "level",
        "table",
        "minimum",
        "maximum",
        "inputs",
        "description",
    )
    path = locate("attributes.csv", directory)
    frame = read_text_table(path, columns).set_index("attribute")
    for column, default in (("minimum", float("-inf")), ("maximum", float("inf"))):
        frame[column] = pd.to_numeric(frame[column].where(frame[column] != "")).astype(float).fillna(default)
    return frame


@lru_cache(maxsize=8)
def source_table(directory: Path | None) -> dict[str, dict[str, Any]]:
    """Return `sources.toml` as a mapping; callers must not change it.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    dict
        One mapping per source key.

    Raises
    ------
    siting.errors.DataError
        If the file is not TOML.
    """
    path = locate("sources.toml", directory)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is not a readable TOML file: {error}") from error


@lru_cache(maxsize=16)
def layer(name: str, directory: Path | None) -> gpd.GeoDataFrame:
    """Return a shipped layer indexed by its first column; callers must not change it.

    Parameters
    ----------
    name : str
        nuts2, nuts3 or neighbours.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035.

    Raises
    ------
    siting.errors.DataError
        If the file cannot be read.
    siting.errors.InputError
        If it has no coordinate reference system.
    """
    import geopandas  # noqa: PLC0415 - heavy; tables without geometry load without it

    from siting.geography import PROJECTED, require_crs  # noqa: PLC0415 - as above

    path = locate(f"{name}.fgb", directory)
    try:
        frame = geopandas.read_file(path, engine="pyogrio")
    except Exception as error:
        raise DataError(f"{path} cannot be read as a layer: {error}") from error
    # Text as plain objects, whatever the version of pandas.
    texts = [column for column in frame.columns if column != frame.geometry.name]
    frame = require_crs(frame.astype(dict.fromkeys(texts, object)), str(path)).to_crs(PROJECTED)
    return frame.set_index(texts[0])


@lru_cache(maxsize=4)
def region_codes() -> frozenset[str]:
    """Return the codes of the member states and of the NUTS-2 and NUTS-3 regions of 2021.

    Returns
    -------
    frozenset of str
        Codes of two, four and five characters.
    """
    return frozenset(EU27) | frozenset(layer("nuts2", None).index) | frozenset(layer("nuts3", None).index)


def check_file_names(directory: Path, known: Sequence[str]) -> None:
    """Refuse a CSV file in a user's folder that is not named like a table: it would silently do nothing.

    Parameters
    ----------
    directory : pathlib.Path
        The user's folder.
    known : sequence of str
        Names of tables that `attributes.csv` or the loaders use.

    Raises
    ------
    siting.errors.DataError
        If a file has another name.
    """
    names = {path.stem for path in catalogue.data_directory().glob("*.csv")} | set(known)
    for path in sorted(directory.glob("*.csv")):
        if path.stem not in names:
            raise DataError(f"{path} is not the name of a table{suggestion(path.stem, names)}")


@lru_cache(maxsize=8)
def values(directory: Path | None) -> pd.DataFrame:
    """Return every row of every region table, checked; callers must not change it.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        The row columns as text, and `table` and `level`.

    Raises
    ------
    siting.errors.DataError
        If a row breaks a rule; the sentence names file, row and column.
    """
    attributes = attribute_table(directory)
    names = sorted({name for cell in attributes["table"] for name in cell.split()})
    if directory is not None:
        check_file_names(directory, names)
    frames = []
    for name in names:
        path = locate(f"{name}.csv", directory)
        frame = read_text_table(path, ROW_COLUMNS)
        _check_regions(path, frame, region_codes())
        _check_common(path, frame, ["region", "attribute"])
        _check_values(path, frame, attributes)
        frames.append(frame.assign(table=name))
    everything = pd.concat(frames, ignore_index=True)
    return everything.assign(level=everything["region"].str.len().map(CODE_LENGTHS).astype(object))
