"""Polygons of the NUTS 2021 regions as one coverage: shared borders are shared exactly, and levels nest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting.data.rebuild.topology import read_topojson
from siting.data.rebuild.writing import write_layer
from siting.data.tables import EU27
from siting.errors import DataError
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TOLERANCE_METRES = 500.0
"""Border detail below this length is dropped: a twentieth of a millimetre on an A4 map of the Union."""


def _read_level(path: Path) -> gpd.GeoDataFrame:
    """Return one NUTS level in EPSG:3035, rounded to whole metres, indexed by code."""
    features = read_topojson(path)
    frame = gpd.GeoDataFrame(
        {
            "region": [properties["NUTS_ID"] for properties, _ in features],
            "name": [properties["NAME_LATN"] for properties, _ in features],
            "country": [properties["CNTR_CODE"] for properties, _ in features],
        },
        geometry=[polygon for _, polygon in features],
        crs=GEOGRAPHIC,
    ).to_crs(PROJECTED)
    # Whole metres make the bytes independent of the last digits of the projection library.
    frame.geometry = shapely.transform(frame.geometry.to_numpy(), np.round)
    return frame.set_index("region").sort_index()


def _cleaned(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons as a coverage: overlaps given to one side, gaps closed."""
    # Shapely 2.2 with GEOS 3.14 has it; the rest of the package is content with 2.1.
    clean = getattr(shapely, "coverage_clean", None)
    if clean is None:
        raise DataError("mending the borders needs shapely 2.2 or newer; install siting[rebuild]")
    return np.asarray(clean(polygons), dtype=object)


def _as_coverage(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Mend the publisher's few mismatched borders, simplify all borders together, and check the result."""
    polygons = frame.geometry.to_numpy()
    if not shapely.coverage_is_valid(polygons):
        # Six arrondissements of Hainaut overlap by up to 0.04 km2 in the publisher's file.
        polygons = shapely.transform(_cleaned(polygons), np.round)
    polygons = shapely.coverage_simplify(polygons, TOLERANCE_METRES)
    if not shapely.coverage_is_valid(polygons) or shapely.is_empty(polygons).any():
        raise DataError("the simplified NUTS-3 polygons overlap, leave slivers or have lost a region")
    return frame.set_geometry(gpd.GeoSeries(polygons, index=frame.index, crs=frame.crs))


def _dissolve(frame: gpd.GeoDataFrame, characters: int) -> gpd.GeoSeries:
    """Return the union of the regions that share the first characters of their code."""
    parents = frame.index.str[:characters]
    polygons = {
        parent: shapely.coverage_union_all(frame.geometry.to_numpy()[parents == parent])
        for parent in sorted(set(parents))
    }
    return gpd.GeoSeries(polygons, crs=frame.crs)


def rebuild(source: Path, target: Path) -> None:
    """Write `nuts2.fgb`, `nuts3.fgb` and `neighbours.fgb`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables.

    Raises
    ------
    siting.errors.DataError
        If the polygons are not a coverage after simplification.
    """
    folder = source / "geometry"
    nuts3 = _as_coverage(_read_level(folder / "nuts3_2021_10m.topojson"))
    nuts2_names = _read_level(folder / "nuts2_2021_10m.topojson")[["name", "country"]]
    nuts0_names = _read_level(folder / "nuts0_2021_10m.topojson")[["name"]]
    in_union = nuts3["country"].isin(EU27)
    union = nuts3[in_union]
    # NUTS-2 polygons are unions of the simplified NUTS-3 polygons: the levels nest by construction.
    nuts2 = gpd.GeoDataFrame(nuts2_names, geometry=_dissolve(union, 4).reindex(nuts2_names.index), crs=PROJECTED)
    nuts2 = nuts2[nuts2["country"].isin(EU27)]
    countries = _dissolve(nuts3[~in_union], 2)
    neighbours = gpd.GeoDataFrame(nuts0_names.loc[countries.index], geometry=countries, crs=PROJECTED)
    write_layer(nuts2.reset_index(), target / "nuts2.fgb")
    write_layer(union.reset_index(), target / "nuts3.fgb")
    write_layer(neighbours.rename_axis("country").reset_index(), target / "neighbours.fgb")
