"""The climate around a place: the commonest Koeppen-Geiger zone near it, and the class and PUE assumed for that zone.

`climate_raster.csv` holds the cells of the raster on and beside the regions of the Union, as runs of equal cells along
a row. The rebuild looks up the NUTS-2 regions in it, and the other candidate sets their own points, by one rule.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from pyproj import Transformer

from siting.data import checking, reading
from siting.errors import DataError
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RASTER, CLASSES = "climate_raster", "climate_classes"
RASTER_COLUMNS = ("row", "column", "count", "zone")
CLASS_COLUMNS = ("zone", "minimum_latitude_degrees", "climate_class", "pue")
ROWS, COLUMNS = 6480, 12960
"""Size of the whole raster: 100 arc-seconds a cell, the first row at the North Pole, the first column at 180 W."""
STEPS = 9
"""So many points across the circle around a place are looked up."""
NEAR_METRES = 10e3
"""A facility stands near its connection point: the climate of the region's mountains does not matter."""
SEARCH_METRES = (25e3, 50e3, 100e3, 200e3, 400e3)
"""Wider circles, tried in turn where the first shows only ocean."""
NEAR, FAR, NOWHERE = "commonest_zone_on_land", "nearest_land_in_raster", "only_ocean_in_raster"


class Raster(NamedTuple):
    """Runs of equal cells, sorted.

    Parameters
    ----------
    first, last : numpy.ndarray
        Number of the first and of the last cell of each run, counted along the rows of the whole raster.
    zone : numpy.ndarray
        Position of the run's zone in `names`.
    names : tuple of str
        Zones in the order of the alphabet.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    zone: NDArray[np.int64]
    names: tuple[str, ...]


def raster_of(runs: pd.DataFrame) -> Raster:
    """Return runs ready to be looked up.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns `row`, `column`, `count` (numbers) and `zone` (text).

    Returns
    -------
    Raster
        The same runs.

    Examples
    --------
    >>> runs = pd.DataFrame({"row": [0], "column": [5], "count": [2], "zone": ["Cfb"]})
    >>> raster_of(runs).last.tolist()
    [6]
    """
    names = tuple(sorted(set(runs["zone"])))
    first = (runs["row"] * COLUMNS + runs["column"]).to_numpy(dtype=np.int64)
    order = np.argsort(first)
    last = first + runs["count"].to_numpy(dtype=np.int64) - 1
    zone = np.searchsorted(np.array(names), runs["zone"].to_numpy(dtype=str))
    return Raster(first[order], last[order], zone[order].astype(np.int64), names)


@lru_cache(maxsize=4)
def raster(directory: Path | None) -> Raster:
    """Return `climate_raster.csv`.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    Raster
        The runs of the file.

    Raises
    ------
    siting.errors.DataError
        If the file lacks a column, or holds something that is no cell of the raster.
    """
    path = reading.locate(f"{RASTER}.csv", directory)
    frame = checking.read_text_table(path, RASTER_COLUMNS)
    for column in RASTER_COLUMNS[:-1]:
        wrong = ~frame[column].str.fullmatch(r"\d{1,5}")
        if wrong.any():
            row = frame.index[wrong.to_numpy()][0]
            raise DataError(
                f"{path}, row {row}, column '{column}': '{frame.loc[row, column]}' is no cell of the raster"
            )
        frame[column] = frame[column].astype(int)
    return raster_of(frame)


def read_classes(directory: Path | None) -> pd.DataFrame:
    """Return `climate_classes.csv`: class and power usage effectiveness of every zone.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        `zone`, `minimum_latitude_degrees` (number, -90 where the file has none), `climate_class`, `pue` (text). The
        first row of a zone whose latitude is reached counts.

    Raises
    ------
    siting.errors.DataError
        If the file lacks a column, or holds something that is not a number.
    """
    path = reading.locate(f"{CLASSES}.csv", directory)
    frame = checking.read_text_table(path, CLASS_COLUMNS)
    checking.positive_numbers(path, frame, "pue")
    least = pd.to_numeric(frame["minimum_latitude_degrees"].replace("", "-90"), errors="coerce")
    if least.isna().any():
        row = frame.index[least.isna().to_numpy()][0]
        cell = frame.loc[row, "minimum_latitude_degrees"]
        raise DataError(f"{path}, row {row}, column 'minimum_latitude_degrees': '{cell}' is not a number")
    return frame.assign(minimum_latitude_degrees=least.astype(float))


@lru_cache(maxsize=4)
def class_table(directory: Path | None) -> pd.DataFrame:
    """Return what `read_classes` does, remembered; callers must not change it.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        The table.
    """
    return read_classes(directory)


def _looked_up(longitude: NDArray[np.float64], latitude: NDArray[np.float64], cells: Raster) -> NDArray[np.int64]:
    """Return the position of the zone at every place, -1 where the raster has none."""
    column = np.rint((longitude + 180.0) * COLUMNS / 360.0 - 0.5).astype(np.int64)
    row = np.rint((90.0 - latitude) * ROWS / 180.0 - 0.5).astype(np.int64)
    number = row * COLUMNS + column
    run = np.searchsorted(cells.first, number, side="right") - 1
    found = (run >= 0) & (number <= cells.last[run])
    return np.where(found, cells.zone[run], -1)


def _commonest(x: NDArray[np.float64], y: NDArray[np.float64], radius: float, cells: Raster) -> NDArray[np.int64]:
    """Return the commonest zone within a distance of every point; equal counts go to the first in the alphabet."""
    steps = np.linspace(-radius, radius, STEPS)
    right, up = (offsets.ravel() for offsets in np.meshgrid(steps, steps))
    inside = right**2 + up**2 <= radius**2
    to_degrees = Transformer.from_crs(PROJECTED, GEOGRAPHIC, always_xy=True)
    longitude, latitude = to_degrees.transform(x[:, None] + right[inside], y[:, None] + up[inside])
    zone = _looked_up(longitude, latitude, cells)
    counts = np.stack([(zone == place).sum(axis=1) for place in range(len(cells.names))], axis=1)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), -1)


def zones_near(points: pd.DataFrame, cells: Raster) -> pd.DataFrame:
    """Return the commonest zone on land within 10 km of every point, else that of the nearest land.

    Parameters
    ----------
    points : pandas.DataFrame
        With the columns `longitude_degrees` and `latitude_degrees`.
    cells : Raster
        Where to look.

    Returns
    -------
    pandas.DataFrame
        Indexed like the points: `climate_zone` (None where there is only ocean within 400 km) and `climate_rule`, the
        rule by which it was found.

    Examples
    --------
    >>> points = pd.DataFrame({"longitude_degrees": [8.68, 18.4], "latitude_degrees": [50.11, 68.36]})
    >>> zones_near(points, raster(None))["climate_zone"].tolist()
    ['Cfb', 'ET']
    """
    longitude, latitude = (points[f"{axis}_degrees"].to_numpy(dtype=float) for axis in ("longitude", "latitude"))
    x, y = Transformer.from_crs(GEOGRAPHIC, PROJECTED, always_xy=True).transform(longitude, latitude)
    zone = _commonest(x, y, NEAR_METRES, cells)
    rule = np.where(zone >= 0, NEAR, NOWHERE).astype(object)
    for radius in SEARCH_METRES:
        open_ = np.flatnonzero(zone < 0)
        zone[open_] = _commonest(x[open_], y[open_], radius, cells)
        rule[open_[zone[open_] >= 0]] = FAR
    names = np.array([*cells.names, None], dtype=object)
    return pd.DataFrame({"climate_zone": names[zone], "climate_rule": rule}, index=points.index)


def classified(zone: pd.Series, latitude: pd.Series, classes: pd.DataFrame) -> pd.DataFrame:
    """Return class and power usage effectiveness of every zone, both as the table writes them.

    Parameters
    ----------
    zone : pandas.Series
        Zones, None where there is none.
    latitude : pandas.Series
        Degrees, with the same index: a zone of the mountains counts otherwise than the same zone of the north.
    classes : pandas.DataFrame
        As `read_classes` returns it.

    Returns
    -------
    pandas.DataFrame
        `climate_class` and `pue`, None without a zone.

    Raises
    ------
    siting.errors.DataError
        If a zone has no row.

    Examples
    --------
    >>> zones = pd.Series(["Dfb", "Dfb"], index=["Tampere", "Munich"])
    >>> classified(zones, pd.Series([61.5, 48.1], index=zones.index), class_table(None))["pue"].tolist()
    ['1.10', '1.15']
    """
    found = pd.DataFrame({"climate_class": None, "pue": None}, index=zone.index, dtype=object)
    # Backwards, so that the first row of a zone has the last word.
    for row in classes.iloc[::-1].itertuples():
        matching = (zone == row.zone) & (latitude >= row.minimum_latitude_degrees)
        found["climate_class"] = found["climate_class"].mask(matching, row.climate_class)
        found["pue"] = found["pue"].mask(matching, row.pue)
    lacking = zone.notna() & found["pue"].isna()
    if lacking.any():
        place = zone.index[lacking.to_numpy()][0]
        raise DataError(f"climate_classes.csv lacks the zone {zone[place]}, found in {place}")
    return found


def climate(points: pd.DataFrame, directory: Path | None) -> pd.DataFrame:
    """Return the climate around every point.

    Parameters
    ----------
    points : pandas.DataFrame
        With the columns `longitude_degrees` and `latitude_degrees`.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        Indexed like the points: `climate_zone`, `climate_rule`, `climate_class` and `pue` (a number).

    Raises
    ------
    siting.errors.DataError
        If a table is wrong, or a zone has no class.

    Examples
    --------
    >>> points = pd.DataFrame({"longitude_degrees": [8.68], "latitude_degrees": [50.11]}, index=["Frankfurt"])
    >>> climate(points, None).astype(str).loc["Frankfurt"].tolist()
    ['Cfb', 'commonest_zone_on_land', 'temperate', '1.15']
    """
    found = zones_near(points, raster(directory))
    classes = classified(found["climate_zone"], points["latitude_degrees"], class_table(directory))
    return found.join(classes).astype({"pue": float})
