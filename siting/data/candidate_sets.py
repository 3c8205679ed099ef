"""The candidate sets: regions of two levels, connection points of the grid, and cells of an even grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data import cells, grid_nodes
from siting.data.inheritance import SETS, with_columns
from siting.data.regions import folder, table
from siting.data.vicinity import PLACE, generation_by_region, vicinity
from siting.errors import InputError, suggestion
from siting.geography import GEOGRAPHIC, assign_points_to_regions

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import geopandas as gpd

COVERED = "grid_capacity_mva"
"""A region without this value is not covered by the extracts of the grid and of the power plants."""


def _large_regions(directory: Path | None) -> gpd.GeoDataFrame:
    frame = table("nuts2", directory)
    covered = frame[COVERED].notna().to_numpy()
    by_fuel = generation_by_region(frame.index, covered, directory)
    by_fuel = by_fuel.drop(columns=["generation_mw", "firm_generation_mw"])
    return with_columns(frame, vicinity(frame, covered, directory).join(by_fuel))


def from_regions(places: gpd.GeoDataFrame, maximum_km: float, directory: Path | None) -> gpd.GeoDataFrame:
    """Return the user's own candidates with every attribute they lack.

    Parameters
    ----------
    places : geopandas.GeoDataFrame
        Candidates with `longitude_degrees` and `latitude_degrees`.
    maximum_km : float
        How far outside every polygon a representative point may lie: simplified coastlines put some harbours at sea.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    geopandas.GeoDataFrame
        With the attributes of the NUTS-2 region of each point, what lies around the point, and `region`.
    """
    import geopandas

    regions = table("nuts2", directory)
    degrees = geopandas.points_from_xy(*(places[column] for column in PLACE))
    points = geopandas.GeoDataFrame(geometry=degrees, index=places.index, crs=GEOGRAPHIC)
    region = assign_points_to_regions(points, regions, maximum_km=maximum_km)["region"]
    taken = regions.drop(columns="geometry").reindex(region.to_numpy()).set_axis(places.index)
    taken["region"] = region
    around = vicinity(places, taken[COVERED].notna().to_numpy(), directory)
    lacking = taken.join(around).drop(columns=list(places.columns), errors="ignore")
    return with_columns(places, lacking)


def candidates(
    level: str = "nuts2", directory: str | PathLike[str] | None = None, *, resolution: int = cells.RESOLUTION
) -> gpd.GeoDataFrame:
    """Return a candidate set with every attribute.

    Parameters
    ----------
    level : {"nuts2", "nuts3", "grid_nodes", "cells"}, default "nuts2"
        The 242 or 1,166 regions of the EU-27 in NUTS 2021; the 4,588 sites of the transmission grid of 220 kV and
        above; or the cells of an H3 grid whose centre lies in the Union, made on demand.
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name; the others are taken from the shipped
        tables.
    resolution : int, default 4
        Of the cells: 3 (12,000 km2 each), 4 (1,800 km2), 5 (250 km2) or 6 (36 km2).

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, index `candidate` (NUTS code with EL for Greece; NUTS-3 code and OpenStreetMap element of a grid
        node; H3 index of a cell). Columns `name`, `country`, `geometry` and those of `siting.data.attributes()`,
        each in the unit given there; `nuts2` and `nuts3` where the set is not NUTS-2. A missing number is NaN,
        never zero. `candidate_sets.csv` says by which rule each set comes by each attribute.

    Raises
    ------
    siting.errors.InputError
        If the level is unknown, or cells are asked for without the package h3.
    siting.errors.DataError
        If a table is wrong; the sentence names file, row and column.

    Examples
    --------
    >>> table = candidates()
    >>> len(table), table.crs.to_epsg(), bool(table.loc["ITI3", "large_enterprise_eligible"])
    (242, 3035, True)
    >>> len(candidates("nuts3")), len(candidates("grid_nodes"))
    (1166, 4588)
    """
    where = folder(directory)
    if level == "nuts2":
        frame = _large_regions(where)
    elif level == "nuts3":
        frame = grid_nodes.small_regions(where)
    elif level == "grid_nodes":
        frame = grid_nodes.nodes(where)
    elif level == "cells":
        frame = cells.cells(where, resolution)
    else:
        raise InputError(f"'{level}' is not a set of candidates{suggestion(level, SETS)}")
    return frame.copy().rename_axis("candidate")
