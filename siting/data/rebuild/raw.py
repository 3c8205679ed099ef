"""Read the publishers' files, and say which file lacks which column when a format has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from siting.errors import DataError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MISSING_MARKERS = ("", ":", ": @C")
"""What Eurostat writes where there is no value: not available, or confidential."""


def read_csv(path: Path, required: Iterable[str], **options: Any) -> pd.DataFrame:
    """Return a publisher's CSV file as strings, after checking that the columns we rely on are there.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    required : iterable of str
        Columns that must exist.
    **options : Any
        Passed on to `pandas.read_csv`.

    Returns
    -------
    pandas.DataFrame
        Every cell as text; an empty cell is an empty string, never NaN.

    Raises
    ------
    siting.errors.DataError
        If the file is missing, unreadable, or lacks a column.
    """
    try:
        frame: pd.DataFrame = pd.read_csv(path, dtype=str, keep_default_na=False, **options)
    except FileNotFoundError as error:
        raise DataError(f"the raw file {path} does not exist") from error
    except (OSError, ValueError) as error:
        raise DataError(f"the raw file {path} cannot be read: {error}") from error
    for column in required:
        if column not in frame.columns:
            raise DataError(f"the raw file {path.name} lacks the column '{column}'{suggestion(column, frame.columns)}")
    return frame


def numbers(texts: pd.Series) -> pd.Series:
    """Return text cells as floats; an empty cell becomes NaN.

    Parameters
    ----------
    texts : pandas.Series of str
        Cells of a raw file.

    Returns
    -------
    pandas.Series of float
        The same index.

    Raises
    ------
    siting.errors.DataError
        If a cell is neither empty nor a number.
    """
    try:
        return pd.to_numeric(texts.where(texts != "", None), errors="raise").astype(float)
    except (ValueError, TypeError) as error:
        raise DataError(f"the column '{texts.name}' of a raw file holds something that is not a number") from error


def read_layer(target: Path, name: str) -> gpd.GeoDataFrame:
    """Return a layer that the geometry step has written, indexed by region.

    Parameters
    ----------
    target : pathlib.Path
        Folder of the shipped tables.
    name : str
        nuts2, nuts3 or neighbours.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, indexed by the first column.

    Raises
    ------
    siting.errors.DataError
        If the geometry step has not run.
    """
    path = target / f"{name}.fgb"
    if not path.is_file():
        raise DataError(f"{path} does not exist; rebuild the geometry first")
    frame = gpd.read_file(path, engine="pyogrio")
    return frame.set_index(frame.columns[0])


def read_wide(target: Path, name: str) -> pd.DataFrame:
    """Return a shipped long table as numbers, regions by attributes; text attributes become NaN.

    Parameters
    ----------
    target : pathlib.Path
        Folder of the shipped tables.
    name : str
        File name without `.csv`.

    Returns
    -------
    pandas.DataFrame
        Indexed by region, one column per attribute.
    """
    long = read_csv(target / f"{name}.csv", ("region", "attribute", "value"))
    # A pivot refuses a repeated key, where pivot_table would quietly average it.
    wide = long.pivot(index="region", columns="attribute", values="value")  # noqa: PD010
    numeric: pd.DataFrame = wide.apply(pd.to_numeric, errors="coerce")
    return numeric


def read_parameters(target: Path, name: str, key: str, value: str) -> dict[str, float]:
    """Return one column of a shipped table of assumptions as a mapping.

    Parameters
    ----------
    target : pathlib.Path
        Folder of the shipped tables.
    name : str
        File name without `.csv`.
    key, value : str
        Columns of the names and of the numbers.

    Returns
    -------
    dict of str to float
        Number per name.
    """
    frame = read_csv(target / f"{name}.csv", (key, value))
    return dict(zip(frame[key], numbers(frame[value]), strict=True))
