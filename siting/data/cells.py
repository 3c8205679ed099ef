"""Cells of the H3 grid over the Union as candidates, made on demand by the optional package h3."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.data import nearness
from siting.data.climate import climate
from siting.data.grid_nodes import CIRCUITS, HIGH, HIGH_KV, LOW, headroom_of_region, node_headroom
from siting.data.inheritance import inherited, with_columns
from siting.data.regions import table
from siting.data.vicinity import node_table, vicinity
from siting.errors import InputError
from siting.geography import GEOGRAPHIC, PROJECTED, assign_points_to_regions

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

RESOLUTION = 4
RESOLUTIONS = (3, 4, 5, 6)
CONNECTION_KM = 25.0
"""A facility in a cell connects at the best grid node this near to the centre."""


def _library() -> Any:
    try:
        return import_module("h3")  # an extra
    except ImportError as error:
        raise InputError("the candidate set 'cells' needs the package h3; install siting[cells]") from error


def _centres(h3: Any, resolution: int, directory: Path | None) -> gpd.GeoDataFrame:
    """Return the centres of the cells that touch a region's outline, in degrees, and later lie in it or not."""
    import geopandas

    outline = table("nuts2", directory).geometry.to_crs(GEOGRAPHIC)
    found: set[str] = set()
    for polygon in outline:
        found.update(h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(polygon), resolution, contain="overlap"))
    identifiers = sorted(found)
    places = np.array([h3.cell_to_latlng(identifier) for identifier in identifiers])
    return geopandas.GeoDataFrame(
        {"longitude_degrees": places[:, 1], "latitude_degrees": places[:, 0]},
        index=pd.Index(identifiers, name="candidate"),
        geometry=geopandas.points_from_xy(places[:, 1], places[:, 0]),
        crs=GEOGRAPHIC,
    )


def _placed(h3: Any, resolution: int, directory: Path | None) -> gpd.GeoDataFrame:
    """Return the cells whose centre lies in the Union as polygons, with the regions of their centre."""
    import shapely

    regions = table("nuts3", directory)
    centres = _centres(h3, resolution, directory)
    # On the coast the simplified outline decides, as it does for the polygons of the map.
    nuts3 = assign_points_to_regions(centres, regions)["region"]
    frame = centres[nuts3.notna()].assign(nuts3=nuts3.dropna().astype(object))
    rings = [[(x, y) for y, x in h3.cell_to_boundary(identifier)] for identifier in frame.index]
    hexagons = frame.set_geometry([shapely.Polygon(ring) for ring in rings], crs=GEOGRAPHIC).to_crs(PROJECTED)
    return hexagons.assign(
        name=[f"{regions['name'][code]}, cell {identifier}" for identifier, code in frame["nuts3"].items()],
        country=hexagons["nuts3"].str[:2],
        nuts2=hexagons["nuts3"].str[:4],
        area_km2=[round(h3.cell_area(identifier, unit="km^2"), 2) for identifier in frame.index],
    )


def _shared(frame: pd.DataFrame, directory: Path | None) -> pd.DataFrame:
    """Return population and product: the density of the NUTS-3 region of the centre times the area of the cell."""
    regions = table("nuts3", directory)
    columns = {}
    for column in ("population", "gdp_million_eur"):
        density = (regions[column] / regions["area_km2"]).reindex(frame["nuts3"]).to_numpy()
        columns[column] = (density * frame["area_km2"]).round(1)
    return pd.DataFrame(columns, index=frame.index)


def _connection(frame: pd.DataFrame, directory: Path | None) -> pd.DataFrame:
    """Return what the grid nodes near the centre offer: counts, transformers, circuits, and the best headroom."""
    nodes = node_table(directory)
    first, second, _ = nearness.pairs_within_km(frame, nodes, CONNECTION_KM)
    high = (nodes["highest_kv"] >= HIGH_KV).to_numpy()[second]
    size = len(frame)
    capacity = np.zeros(size)
    np.maximum.at(capacity, first, node_headroom(directory).fillna(0.0).to_numpy()[second])
    found = pd.DataFrame(
        {
            LOW: np.bincount(first, weights=~high, minlength=size),
            HIGH: np.bincount(first, weights=high, minlength=size),
            **{
                column: np.bincount(first, weights=nodes[column].to_numpy()[second], minlength=size)
                for column in ("transformer_mva", *CIRCUITS)
            },
            "grid_capacity_mva": capacity,
        },
        index=frame.index,
    )
    return found.where(headroom_of_region(frame["nuts2"], directory).notna(), np.nan, axis=0)


@lru_cache(maxsize=2)
def cells(directory: Path | None, resolution: int) -> gpd.GeoDataFrame:
    """Return the cells whose centre lies in the Union as candidates; callers must not change the table.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.
    resolution : int
        Of the H3 grid, 3 to 6.

    Returns
    -------
    geopandas.GeoDataFrame
        Hexagons in EPSG:3035, indexed by H3 index, with the attributes that `candidate_sets.csv` lists.

    Raises
    ------
    siting.errors.InputError
        If the package h3 is not installed, or the resolution is another.
    """
    if resolution not in RESOLUTIONS:
        listed = ", ".join(map(str, RESOLUTIONS))
        raise InputError(f"cells of resolution {resolution} are not made; the resolutions are {listed}")
    frame = _placed(_library(), resolution, directory)
    covered = headroom_of_region(frame["nuts2"], directory).notna().to_numpy()
    parts = (
        _shared(frame, directory),
        _connection(frame, directory),
        vicinity(frame, covered, directory),
        climate(frame, directory),
        inherited(frame, "cells", directory),
    )
    for part in parts:
        frame = with_columns(frame, part)
    return frame
