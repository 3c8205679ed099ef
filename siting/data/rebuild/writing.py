"""Write the shipped tables: one row per value with its provenance, always the same bytes."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import pandas as pd

from siting.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd


@dataclass(frozen=True)
class Row:
    """One value of one attribute in one region, and where it comes from.

    Parameters
    ----------
    region : str
        NUTS 2021 code (EL for Greece); two letters for a value of the whole country.
    attribute : str
        Name from `attributes.csv`.
    value : str
        The value as written; empty where there is none, and then `rule` says why.
    unit : str
        Unit from `attributes.csv`.
    year : str
        Reference year or period of the value.
    source : str
        Key of `sources.toml`.
    grade : str
        official, measured, derived, assumption or unchecked.
    rule : str, default ""
        Empty for a value as observed, else the rule that filled or derived it.
    note : str, default ""
        Anything a reader must know about this one value.
    """

    region: str
    attribute: str
    value: str
    unit: str
    year: str
    source: str
    grade: str
    rule: str = ""
    note: str = ""


@dataclass(frozen=True)
class PriceRow:
    """One electricity price or adder of one country in one period, and where it comes from.

    Parameters
    ----------
    country : str
        Two-letter code, EL for Greece.
    series : str
        Name of the series, for example eurostat_IG.
    period : str
        Semester (2025-S2), year (2025) or month (2025-01).
    value : str
        EUR/MWh as written; empty where there is none, and then `rule` says why.
    unit : str
        Always EUR/MWh.
    year : str
        Calendar year of the period.
    source : str
        Key of `sources.toml`.
    grade : str
        official, measured, derived, assumption or unchecked.
    rule : str, default ""
        Empty for a value as published, else the rule that filled it.
    note : str, default ""
        Flags of the publisher and anything a reader must know.
    """

    country: str
    series: str
    period: str
    value: str
    unit: str
    year: str
    source: str
    grade: str
    rule: str = ""
    note: str = ""


def number(value: float, decimals: int = 0) -> str:
    """Return a number as it is written into a table: fixed decimals, no exponent, no negative zero.

    Parameters
    ----------
    value : float
        A finite number.
    decimals : int, default 0
        Digits after the point.

    Returns
    -------
    str
        The written number.

    Examples
    --------
    >>> number(1234.567, 1), number(-0.001)
    ('1234.6', '0')
    """
    written = f"{value:.{decimals}f}"
    return written.lstrip("-") if float(written) == 0.0 else written


def write_rows(rows: Iterable[Row] | Iterable[PriceRow], path: Path) -> None:
    """Write rows as CSV, sorted, UTF-8, with LF line ends.

    Parameters
    ----------
    rows : iterable of Row or PriceRow
        Rows of one kind, in any order.
    path : pathlib.Path
        The file; it is replaced in one step, so a reader never sees half of it.

    Raises
    ------
    siting.errors.OutputError
        If the file cannot be written.
    """
    listed: list[Row] | list[PriceRow] = list(rows)  # type: ignore[assignment]
    columns = [field.name for field in fields(type(listed[0]))]
    keys = ["attribute", "region"] if isinstance(listed[0], Row) else ["series", "period", "country"]
    frame = pd.DataFrame([[getattr(row, column) for column in columns] for row in listed], columns=columns)
    write_frame(frame.sort_values(keys, kind="stable"), path)


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a table of strings as CSV, UTF-8, with LF line ends, in the order given.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its index is not written.
    path : pathlib.Path
        The file; it is replaced in one step.

    Raises
    ------
    siting.errors.OutputError
        If the file cannot be written.
    """
    partial = path.with_name(path.name + ".part")
    try:
        frame.to_csv(partial, index=False, lineterminator="\n", encoding="utf-8")
        os.replace(partial, path)  # noqa: PTH105 - atomic on every platform
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error}") from error


def write_layer(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a layer as FlatGeobuf without a spatial index, which keeps the rows in the order given.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        The layer.
    path : pathlib.Path
        The file; it is replaced in one step.

    Raises
    ------
    siting.errors.OutputError
        If the file cannot be written.

    Notes
    -----
    A GeoPackage is a SQLite file: its header carries the version of the library and the time of writing, so
    two rebuilds differ. FlatGeobuf carries neither.
    """
    partial = path.with_name("part-" + path.name)
    try:
        frame.to_file(partial, driver="FlatGeobuf", engine="pyogrio", SPATIAL_INDEX="NO")
        os.replace(partial, path)  # noqa: PTH105 - atomic on every platform
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error}") from error
