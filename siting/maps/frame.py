"""The map frame: projection, what lies inside, what needs an inset, neighbours cut to size, graticule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Geod, Transformer

from siting.errors import InputError, suggestion
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_PADDING = 0.06
_EUROPE_FROM = 0.6
"""From this share of its width on, a selection is drawn in the whole European frame."""


@lru_cache(maxsize=32)
def transformer_of(source: str, target: str) -> Transformer:
    """Return what transforms coordinates, east before north; PROJ takes some 40 ms to make one.

    Parameters
    ----------
    source, target : str
        Coordinate reference systems.

    Returns
    -------
    pyproj.Transformer
        The same one for the same systems.
    """
    return Transformer.from_crs(source, target, always_xy=True)


@dataclass(frozen=True)
class Frame:
    """A rectangle in EPSG:3035, in metres.

    Attributes
    ----------
    left, bottom, right, top : float
        Its sides.
    """

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Width in metres."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in metres."""
        return self.top - self.bottom

    def shaped(self, aspect: float) -> Frame:
        """Return the frame widened or heightened to a shape, around the same centre.

        Parameters
        ----------
        aspect : float
            Width divided by height.

        Returns
        -------
        Frame
            No smaller than this one in either direction.

        Examples
        --------
        >>> Frame(0.0, 0.0, 4.0, 4.0).shaped(1.5)
        Frame(left=-1.0, bottom=0.0, right=5.0, top=4.0)
        """
        wider = max(self.height * aspect - self.width, 0.0) / 2
        taller = max(self.width / aspect - self.height, 0.0) / 2
        return Frame(self.left - wider, self.bottom - taller, self.right + wider, self.top + taller)

    @property
    def polygon(self) -> shapely.Polygon:
        """The rectangle as a polygon."""
        return shapely.box(self.left, self.bottom, self.right, self.top)

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle, easting and northing."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2


EUROPE = Frame(2_470_000.0, 1_290_000.0, 6_590_000.0, 5_410_000.0)
"""Iberia to Cyprus, Malta to Lapland."""


def projected(frame: gpd.GeoDataFrame, name: str, columns: Iterable[str] = ()) -> gpd.GeoDataFrame:
    """Check a table for drawing and bring it to EPSG:3035.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Any table with polygons.
    name : str
        What the table is, for the error sentence.
    columns : iterable of str
        Columns that must be there.

    Returns
    -------
    geopandas.GeoDataFrame
        The table in EPSG:3035, the same object where nothing had to change.

    Raises
    ------
    siting.errors.InputError
        If it is no GeoDataFrame, has no coordinate reference system, lacks a column, or a row has no
        geometry.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"a map needs the {name} as a GeoDataFrame, not as {type(frame).__name__}")
    for column in columns:
        if column not in frame.columns:
            raise InputError(f"the {name} have no column '{column}'{suggestion(column, map(str, frame.columns))}")
    if frame.crs is None:
        raise InputError(
            f"the {name} have no coordinate reference system; set one with set_crs, for example {PROJECTED}"
        )
    bare = frame.index[frame.geometry.isna() | frame.geometry.is_empty]
    if len(bare):
        raise InputError(f"row '{bare[0]}' of the {name} has no geometry, so it cannot be drawn")
    drawn = frame if frame.crs == PROJECTED else frame.to_crs(PROJECTED)
    if drawn.geometry.is_valid.all():
        return drawn
    return drawn.set_geometry(drawn.geometry.make_valid())


def frame_for(regions: gpd.GeoDataFrame) -> Frame:
    """Return the frame that suits the regions: Europe, or a closer view of a part of it.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        In EPSG:3035.

    Returns
    -------
    Frame
        `EUROPE`, or the padded square around the regions if they fill little of it or lie elsewhere.
    """
    inside = is_inside(regions, EUROPE)
    chosen = regions.geometry[inside] if inside.any() else regions.geometry
    left, bottom, right, top = chosen.total_bounds
    side = max(right - left, top - bottom, 1000.0)
    if inside.any() and side > _EUROPE_FROM * EUROPE.width:
        return EUROPE
    half = side * (0.5 + _PADDING)
    # Insets stand at the upper left: a close view gets room for them.
    room = 0.0 if inside.all() or not inside.any() else side * 0.35
    x, y = (left + right) / 2, (bottom + top) / 2
    return Frame(x - half - room, y - half - room / 2, x + half, y + half + room / 2)


def is_inside(regions: gpd.GeoDataFrame, frame: Frame) -> NDArray[np.bool_]:
    """Tell which regions the frame shows.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        In EPSG:3035.
    frame : Frame
        The frame.

    Returns
    -------
    numpy.ndarray
        True where a point inside the region's largest part lies in the frame, shape (regions,).
    """
    points = shapely.point_on_surface(regions.geometry.to_numpy())
    return np.asarray(shapely.intersects(frame.polygon, points), dtype=bool)


def anchor_points(regions: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return where a region's marker stands: its stated point, or else a point inside it.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        In EPSG:3035, perhaps with `longitude_degrees` and `latitude_degrees`.

    Returns
    -------
    numpy.ndarray
        Easting and northing, shape (regions, 2).
    """
    points = shapely.get_coordinates(shapely.point_on_surface(regions.geometry.to_numpy())).reshape(-1, 2)
    if {"longitude_degrees", "latitude_degrees"} <= set(regions.columns) and len(regions):
        longitude = regions["longitude_degrees"].to_numpy(dtype=float)
        latitude = regions["latitude_degrees"].to_numpy(dtype=float)
        stated = np.isfinite(longitude) & np.isfinite(latitude)
        transformer = transformer_of(GEOGRAPHIC, PROJECTED)
        points[stated] = np.column_stack(transformer.transform(longitude[stated], latitude[stated]))
    return points


def anchored(regions: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the anchors of regions as points, with the labels of the regions.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        In EPSG:3035, as for `anchor_points`.

    Returns
    -------
    geopandas.GeoSeries
        One point per region, in EPSG:3035.
    """
    return gpd.GeoSeries(shapely.points(anchor_points(regions)), index=regions.index, crs=PROJECTED)


def clipped(geometries: Iterable[BaseGeometry], frame: Frame, tolerance: float = 0.0) -> list[BaseGeometry]:
    """Cut geometries to the frame, with a little more at the edge so that no outline shows there.

    Parameters
    ----------
    geometries : iterable of shapely.Geometry
        In EPSG:3035.
    frame : Frame
        The frame.
    tolerance : float, default 0
        Simplify to this many metres first.

    Returns
    -------
    list of shapely.Geometry
        What is left; empty geometries are dropped.
    """
    margin = frame.width / 50
    array = np.array(list(geometries), dtype=object)
    if tolerance:
        array = shapely.simplify(array, tolerance)
    cut = shapely.clip_by_rect(
        array, frame.left - margin, frame.bottom - margin, frame.right + margin, frame.top + margin
    )
    return [geometry for geometry in cut if geometry is not None and not geometry.is_empty]


def graticule(frame: Frame, step: int = 10) -> BaseGeometry:
    """Return meridians and parallels inside the frame.

    Parameters
    ----------
    frame : Frame
        The frame.
    step : int, default 10
        Degrees between lines.

    Returns
    -------
    shapely.Geometry
        Lines in EPSG:3035.
    """
    transformer = transformer_of(GEOGRAPHIC, PROJECTED)
    lines: list[BaseGeometry] = []
    for longitude in range(-60, 81, step):
        latitudes = np.linspace(20, 85, 66)
        meridian = np.column_stack(transformer.transform(np.full(66, float(longitude)), latitudes))
        lines.append(shapely.LineString(meridian))
    for latitude in range(20, 81, step):
        longitudes = np.linspace(-60, 80, 141)
        parallel = np.column_stack(transformer.transform(longitudes, np.full(141, float(latitude))))
        lines.append(shapely.LineString(parallel))
    return shapely.intersection(shapely.union_all(lines), frame.polygon)


def ground_length(frame: Frame, metres: float) -> float:
    """Return how long a line on the ground is on the map, west to east through the frame's centre.

    Parameters
    ----------
    frame : Frame
        The frame, in EPSG:3035.
    metres : float
        Length along the WGS84 ellipsoid.

    Returns
    -------
    float
        Length in units of the projection.

    Examples
    --------
    >>> 0.97 < ground_length(EUROPE, 500_000.0) / 500_000.0 < 1.03
    True
    """
    x, y = frame.centre
    transformer = transformer_of(PROJECTED, GEOGRAPHIC)
    longitudes, latitudes = transformer.transform([x - metres / 2, x + metres / 2], [y, y])
    _, _, geodesic = Geod(ellps="WGS84").inv(longitudes[0], latitudes[0], longitudes[1], latitudes[1])
    return metres * metres / float(geodesic)


def north_at(x: float, y: float) -> float:
    """Return the direction of true north at a place of the map.

    Parameters
    ----------
    x, y : float
        Easting and northing in EPSG:3035.

    Returns
    -------
    float
        Degrees clockwise from the vertical of the page.

    Examples
    --------
    >>> abs(north_at(4_321_000.0, 3_210_000.0)) < 0.01
    True
    """
    there = transformer_of(PROJECTED, GEOGRAPHIC)
    back = transformer_of(GEOGRAPHIC, PROJECTED)
    longitude, latitude = there.transform(x, y)
    north_x, north_y = back.transform(longitude, min(latitude + 0.1, 90.0))
    return float(np.degrees(np.arctan2(north_x - x, north_y - y)))
