"""Insets for regions far from the frame: no region vanishes because it lies overseas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.geography import GEOGRAPHIC
from siting.maps.texts import printable, word

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

# Name: west, south, east, north in degrees. The outermost regions of the Union, Article 349 TFEU.
_TERRITORIES = {
    "Açores": (-32.0, 36.0, -24.0, 40.5),
    "Madeira": (-17.8, 29.8, -15.5, 33.6),
    "Canarias": (-18.6, 27.3, -13.0, 29.7),
    "Guadeloupe": (-63.6, 15.6, -60.7, 18.4),
    "Martinique": (-61.5, 14.2, -60.6, 15.1),
    "Guyane": (-55.0, 1.9, -51.0, 6.2),
    "La Réunion": (54.9, -21.7, 56.1, -20.6),
    "Mayotte": (44.7, -13.2, 45.5, -12.4),
}
_JOIN_DEGREES = 1.0
_LEAST_METRES = 40_000.0


@dataclass(frozen=True)
class Territory:
    """Regions that share an inset.

    Attributes
    ----------
    name : str
        Title of the inset.
    rows : pandas.Index
        Labels of its regions.
    crs : str
        Equal-area projection centred on them.
    bounds : tuple of float
        Left, bottom, right, top in that projection, padded.
    """

    name: str
    rows: pd.Index
    crs: str
    bounds: tuple[float, float, float, float]


def territories(regions: gpd.GeoDataFrame, language: str) -> list[Territory]:
    """Group the regions outside the frame into insets.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        In any projection, only those outside the frame.
    language : str
        Language of the titles.

    Returns
    -------
    list of Territory
        Known outermost regions first, in a fixed order, then other groups by the label of their first region.
    """
    if regions.empty:
        return []
    degrees = regions.to_crs(GEOGRAPHIC)
    names = [_territory_name(geometry) for geometry in degrees.geometry]
    known = list(_TERRITORIES)
    found = []
    for name in known:
        rows = degrees.index[[own == name for own in names]]
        if len(rows):
            found.append(_territory(word(name, language), degrees.loc[rows]))
    unknown = degrees[[own is None for own in names]]
    for group in _neighbouring(unknown):
        largest = group.index[int(np.argmax(group.geometry.to_crs("EPSG:6933").area))]
        title = group.loc[largest, "name"] if "name" in group.columns else largest
        found.append(_territory(printable(title), group))
    return found


def _territory_name(geometry: BaseGeometry) -> str | None:
    """Return the outermost region a geometry in degrees lies in."""
    point = shapely.point_on_surface(geometry)
    for name, bounds in _TERRITORIES.items():
        if shapely.box(*bounds).contains(point):
            return name
    return None


def _neighbouring(regions: gpd.GeoDataFrame) -> list[gpd.GeoDataFrame]:
    """Part regions into groups that lie within about a hundred kilometres of each other."""
    if regions.empty:
        return []
    blocks = shapely.get_parts(shapely.union_all(shapely.buffer(regions.geometry.to_numpy(), _JOIN_DEGREES / 2)))
    points = shapely.point_on_surface(regions.geometry.to_numpy())
    groups = [regions[shapely.intersects(block, points)] for block in blocks]
    return sorted((group for group in groups if len(group)), key=lambda group: str(group.index[0]))


def _territory(name: str, group: gpd.GeoDataFrame) -> Territory:
    """Find projection and extent of an inset."""
    west, south, east, north = group.total_bounds
    crs = (
        f"+proj=laea +lat_0={(south + north) / 2:.3f} +lon_0={(west + east) / 2:.3f} "
        "+ellps=GRS80 +units=m +no_defs +type=crs"
    )
    left, bottom, right, top = group.to_crs(crs).total_bounds
    pad = max((_LEAST_METRES - max(right - left, top - bottom)) / 2, 0.12 * max(right - left, top - bottom))
    return Territory(name, group.index, crs, (left - pad, bottom - pad, right + pad, top + pad))
