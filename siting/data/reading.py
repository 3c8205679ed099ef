"""Find the files of the shipped and the user's tables, read them once, and check every row."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting import catalogue
from siting.data.checking import check_common, check_regions, check_values, read_text_table
from siting.data.tables import EU27, ROW_COLUMNS
from siting.errors import DataError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

WIDE_TABLES = frozenset({"grid_nodes"})
"""Tables with one row per place and one column per attribute, whose provenance `candidate_sets.csv` holds."""
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
    import geopandas

    from siting.geography import PROJECTED, require_crs

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
    names = sorted({name for cell in attributes["table"] for name in cell.split()} - WIDE_TABLES)
    if directory is not None:
        check_file_names(directory, names)
    frames = []
    for name in names:
        path = locate(f"{name}.csv", directory)
        frame = read_text_table(path, ROW_COLUMNS)
        check_regions(path, frame, region_codes())
        check_common(path, frame, ["region", "attribute"])
        check_values(path, frame, attributes)
        frames.append(frame.assign(table=name))
    everything = pd.concat(frames, ignore_index=True)
    return everything.assign(level=everything["region"].str.len().map(CODE_LENGTHS).astype(object))
