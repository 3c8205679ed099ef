"""Checks of the polygons: one coverage, nested levels, no slivers, no region lost, points where they belong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.data import reading
from siting.data.candidate_sets import candidates
from siting.data.provenance import FULL
from siting.data.regions import demand
from siting.data.verification.files import attempted
from siting.data.verification.result import FAIL, WARN, Check, judged
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

LEVELS = ("nuts2", "nuts3")
SQUARE_METRES = 1.0
"""Levels nest when the polygon of a region and the union of its parts differ by no more."""
SLIVER_COMPACTNESS = 0.02
"""4 pi area / perimeter squared below which a part is a sliver: a strip 150 times as long as wide."""
SMALLEST_SQUARE_METRES = 1e4
NEAR_KM = 5.0
"""A substation a little offshore or across a border still belongs to its region."""


def topology(directory: Path | None) -> list[Check]:
    """Check that each level is a valid coverage, that the levels nest, and that no part is a sliver.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    list of Check
        Polygons, nesting, slivers.
    """
    broken = [line for level in LEVELS for line in attempted(partial(reading.layer, level, directory))]
    if broken:
        return [judged("polygons", "layers", broken)]
    layers = {level: reading.layer(level, directory) for level in LEVELS}
    findings = [line for level, frame in layers.items() for line in _coverage(level, frame)]
    slivers = [line for level, frame in layers.items() for line in _slivers(level, frame)]
    return [
        judged("polygons", " and ".join(f"{len(frame):,} of {level}" for level, frame in layers.items()), findings),
        judged("levels nest", "every NUTS-2 polygon is the union of its NUTS-3 polygons", _nesting(**layers)),
        judged("slivers", "no part is a strip or smaller than a hectare", slivers, WARN),
    ]


def _coverage(level: str, frame: gpd.GeoDataFrame) -> list[str]:
    """Return what is wrong with the polygons of a level as a whole."""
    shapes = frame.geometry.to_numpy()
    findings = []
    if len(frame) != FULL[level]:
        findings.append(f"{level} has {len(frame)} regions, {FULL[level]} are expected")
    if frame.index.has_duplicates:
        findings.append(f"{level} holds {frame.index[frame.index.duplicated()][0]} twice")
    bad = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    findings += [f"{level}: the polygon of {code} is missing, empty or invalid" for code in frame.index[bad]]
    if not bad.any() and not shapely.coverage_is_valid(shapes):
        edges = shapely.coverage_invalid_edges(shapes)
        where = ", ".join(map(str, frame.index[~shapely.is_empty(edges)][:6]))
        findings.append(f"{level}: borders overlap or leave gaps, at {where}")
    return findings


def _nesting(nuts2: gpd.GeoDataFrame, nuts3: gpd.GeoDataFrame) -> list[str]:
    """Return the NUTS-2 regions that are not the union of their parts."""
    parents = nuts3.index.str[:4]
    findings = [f"{code} has no NUTS-3 region" for code in nuts2.index.difference(parents)]
    findings += [f"the NUTS-3 regions of {code} have no NUTS-2 region" for code in set(parents) - set(nuts2.index)]
    for code in nuts2.index.intersection(parents):
        union = shapely.union_all(nuts3.geometry.to_numpy()[parents == code])
        differing = float(shapely.area(shapely.symmetric_difference(union, nuts2.geometry[code])))
        if differing > SQUARE_METRES:
            findings.append(f"{code} differs by {differing / 1e6:.3f} km2 from the union of its NUTS-3 regions")
    return findings


def _slivers(level: str, frame: gpd.GeoDataFrame) -> list[str]:
    """Return the regions with a part that is a strip or a speck."""
    parts, owners = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    area, length = shapely.area(parts), shapely.length(parts)
    strip = 4.0 * np.pi * area < SLIVER_COMPACTNESS * length**2
    codes = frame.index[np.unique(owners[strip | (area < SMALLEST_SQUARE_METRES)])]
    return [f"{level}: {code} has a part that is a sliver" for code in codes]


def points(directory: Path | None) -> Check:
    """Check that every representative point lies in or near its own region.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Warns of points more than 5 km outside their region.
    """
    import geopandas

    name = "points in their regions"
    findings, count = [], 0
    for level, load in (("nuts2", candidates), ("nuts3", demand)):
        broken = attempted(partial(load, level, directory))
        if broken:
            return Check(name, FAIL, "the tables cannot be put together", tuple(broken))
        table = load(level, directory)
        count += len(table)
        places = geopandas.GeoSeries(
            geopandas.points_from_xy(table["longitude_degrees"], table["latitude_degrees"]),
            index=table.index,
            crs=GEOGRAPHIC,
        ).to_crs(PROJECTED)
        kilometres = table.geometry.distance(places) / 1000.0
        far = kilometres[~(kilometres <= NEAR_KM)]
        findings += [f"the point of {code} lies {distance:.0f} km outside it" for code, distance in far.items()]
    return judged(name, f"{count:,} points, at most {NEAR_KM:g} km outside", findings, WARN)
