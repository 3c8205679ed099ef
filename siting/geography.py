"""Distances and containment on the Earth: degrees are not distances, and a frame without a CRS is refused."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Geod
from scipy.spatial import cKDTree

from siting.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

PROJECTED = "EPSG:3035"
"""Coordinate reference system of every shipped polygon: ETRS89 / LAEA Europe, equal-area, metres."""

GEOGRAPHIC = "EPSG:4326"
"""Coordinate reference system of every shipped longitude and latitude: WGS84, degrees."""

_WGS84 = Geod(ellps="WGS84")
_REMEMBERED_PAIRS = 6_000_000
"""Distance matrices up to this many pairs (48 MB) are kept for the next call with the same coordinates."""
_EARTH_RADIUS_KM = 6371.0088
_SAFE_SHARE = 1.01
"""Great circles on a sphere and geodesics differ by less than 0.6 percent; one percent is on the safe side."""
_MOST_DEGREES_OF_LONGITUDE = 360.0
_MOST_DEGREES_OF_LATITUDE = 90.0


def geodesic_distance_km(
    longitude_a: ArrayLike, latitude_a: ArrayLike, longitude_b: ArrayLike, latitude_b: ArrayLike
) -> NDArray[np.float64]:
    """Return the shortest distance along the WGS84 ellipsoid.

    The four arguments broadcast against each other like any numpy arrays.

    Parameters
    ----------
    longitude_a, latitude_a : array-like
        First points, in degrees.
    longitude_b, latitude_b : array-like
        Second points, in degrees.

    Returns
    -------
    numpy.ndarray
        Kilometres, in the broadcast shape; NaN where a coordinate is NaN.

    Raises
    ------
    siting.errors.InputError
        If the shapes do not broadcast, or a coordinate cannot be degrees (often metres of a projected CRS).

    Notes
    -----
    Karney, C. F. F. (2013), *Algorithms for geodesics*, Journal of Geodesy 87, 43-55, as implemented in PROJ.

    Examples
    --------
    Paris to Berlin:

    >>> round(float(geodesic_distance_km(2.3522, 48.8566, 13.405, 52.52)))
    880
    """
    try:
        points = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (longitude_a, latitude_a, longitude_b, latitude_b))
        )
    except ValueError as error:
        raise InputError(f"the coordinates of the two sets of points do not broadcast: {error}") from error
    for name, values, most in (
        ("longitude", points[0], _MOST_DEGREES_OF_LONGITUDE),
        ("latitude", points[1], _MOST_DEGREES_OF_LATITUDE),
        ("longitude", points[2], _MOST_DEGREES_OF_LONGITUDE),
        ("latitude", points[3], _MOST_DEGREES_OF_LATITUDE),
    ):
        if np.any(np.abs(values) > most):
            raise InputError(f"a {name} beyond {most:g} degrees was given; are these metres of a projected CRS?")
    shape = points[0].shape
    flat: list[Any] = [np.ascontiguousarray(values).ravel() for values in points]
    if flat[0].size == 1:
        # pyproj takes an array of one element for a number, and numpy 1.25 to 2.3 warn of that.
        flat = [values.tolist() for values in flat]
    _, _, metres = _WGS84.inv(*flat)
    return np.asarray(metres, dtype=float).reshape(shape) / 1000.0


def distance_matrix_km(points_a: pd.DataFrame, points_b: pd.DataFrame) -> NDArray[np.float64]:
    """Return the geodesic distance between every pair of two tables of points.

    Parameters
    ----------
    points_a, points_b : pandas.DataFrame
        Tables of I and J rows with the columns `longitude_degrees` and `latitude_degrees` (WGS84).

    Returns
    -------
    numpy.ndarray
        Shape (I, J), kilometres.

    Raises
    ------
    siting.errors.InputError
        If a table lacks one of the two columns.

    Examples
    --------
    >>> import pandas as pd
    >>> cities = pd.DataFrame({"longitude_degrees": [2.3522, 13.405], "latitude_degrees": [48.8566, 52.52]})
    >>> distance_matrix_km(cities, cities).round().tolist()
    [[0.0, 880.0], [880.0, 0.0]]
    """
    for frame in (points_a, points_b):
        for column in ("longitude_degrees", "latitude_degrees"):
            if column not in frame.columns:
                raise InputError(f"a table of points lacks the column '{column}'")
    columns = [
        frame[column].to_numpy(dtype=float)
        for frame in (points_a, points_b)
        for column in ("longitude_degrees", "latitude_degrees")
    ]
    if len(points_a) * len(points_b) > _REMEMBERED_PAIRS:
        return geodesic_distance_km(columns[0][:, None], columns[1][:, None], columns[2], columns[3])
    return _remembered_matrix(*(column.tobytes() for column in columns)).copy()


def pairs_nearer_than(points: pd.DataFrame, kilometres: float) -> NDArray[np.int64]:
    """Return the pairs of points whose geodesic distance is below a limit.

    A tree of points on a sphere settles nearly all pairs, because great circles and geodesics of the Earth differ by
    less than 0.6 percent. Only pairs within one percent of the limit are measured.

    Parameters
    ----------
    points : pandas.DataFrame
        With the columns `longitude_degrees` and `latitude_degrees` (WGS84).
    kilometres : float
        Pairs nearer than this are returned; exactly this far apart is not nearer.

    Returns
    -------
    numpy.ndarray
        Shape (pairs, 2), positions with the smaller one first.

    Examples
    --------
    >>> import pandas as pd
    >>> cities = pd.DataFrame({"longitude_degrees": [2.3522, 13.405], "latitude_degrees": [48.8566, 52.52]})
    >>> pairs_nearer_than(cities, 900.0).tolist(), pairs_nearer_than(cities, 800.0).tolist()
    ([[0, 1]], [])
    """
    degrees = points[["longitude_degrees", "latitude_degrees"]].to_numpy(dtype=float)
    longitude, latitude = np.radians(degrees).T
    on_sphere = np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
    angle = min(np.pi, _SAFE_SHARE * kilometres / _EARTH_RADIUS_KM)
    pairs = cKDTree(on_sphere).query_pairs(2 * np.sin(angle / 2) * (1 + 1e-12), output_type="ndarray").astype(np.int64)
    if len(pairs) == 0:
        return pairs.reshape(0, 2)
    chord = np.linalg.norm(on_sphere[pairs[:, 0]] - on_sphere[pairs[:, 1]], axis=1)
    great_circle = 2 * np.arcsin(np.minimum(1.0, chord / 2)) * _EARTH_RADIUS_KM
    near = great_circle * _SAFE_SHARE < kilometres
    first, second = degrees[pairs[~near, 0]], degrees[pairs[~near, 1]]
    near[~near] = geodesic_distance_km(first[:, 0], first[:, 1], second[:, 0], second[:, 1]) < kilometres
    return np.asarray(pairs[near])


@lru_cache(maxsize=4)
def _remembered_matrix(*columns: bytes) -> NDArray[np.float64]:
    """Return the matrix for coordinates given as bytes; the same tables are measured again while rules change."""
    first_x, first_y, second_x, second_y = (np.frombuffer(column) for column in columns)
    return geodesic_distance_km(first_x[:, None], first_y[:, None], second_x, second_y)


def require_crs(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return the frame unchanged, or refuse it if nobody said which CRS its coordinates are in.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Any frame with a geometry column.
    name : str
        What the frame is called in the error sentence, for example its file.

    Returns
    -------
    geopandas.GeoDataFrame
        The same object.

    Raises
    ------
    siting.errors.InputError
        If the frame has no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd
    >>> frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([4.35], [50.85]), crs="EPSG:4326")
    >>> require_crs(frame, "my points") is frame
    True
    """
    if frame.crs is None:
        raise InputError(
            f"{name} has no coordinate reference system; state it, for example "
            "frame.set_crs('EPSG:4326') for longitude and latitude"
        )
    return frame


def assign_points_to_regions(
    points: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, maximum_km: float = 0.0
) -> pd.DataFrame:
    """Return for every point the region it lies in, or the nearest one within a distance.

    A simplified coastline leaves harbours and offshore platforms outside every polygon, and a point on a
    shared border touches two: the nearest region within `maximum_km` takes the first, the first region in
    index order the second.

    Parameters
    ----------
    points : geopandas.GeoDataFrame
        Points in any CRS, with a unique index.
    regions : geopandas.GeoDataFrame
        Polygons in any CRS, indexed by region code.
    maximum_km : float, default 0
        How far outside every polygon a point may lie and still be assigned, in kilometres.

    Returns
    -------
    pandas.DataFrame
        In the order of `points`: `region` (code, or None where no region is near enough) and `distance_km`
        (0 inside, NaN where no region is near enough), measured in EPSG:3035.

    Raises
    ------
    siting.errors.InputError
        If a frame has no CRS or the index of `points` repeats.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(index=["A"], geometry=[box(4e6, 3e6, 4.1e6, 3.1e6)], crs="EPSG:3035")
    >>> places = gpd.points_from_xy([4.05e6, 4.102e6], [3.05e6, 3.05e6])
    >>> points = gpd.GeoDataFrame(geometry=places, crs="EPSG:3035")
    >>> assign_points_to_regions(points, regions, maximum_km=5)["distance_km"].tolist()
    [0.0, 2.0]
    """
    import geopandas as gpd
    import pandas as pd

    if not points.index.is_unique:
        raise InputError("the index of the points repeats; give every point one row")
    places = require_crs(points, "the table of points").to_crs(PROJECTED)
    areas = require_crs(regions, "the table of regions").to_crs(PROJECTED)
    left = gpd.GeoDataFrame(geometry=places.geometry.to_numpy(), crs=PROJECTED)
    right = gpd.GeoDataFrame(
        {"region": areas.index.to_numpy(dtype=object)}, geometry=areas.geometry.to_numpy(), crs=PROJECTED
    )
    nearest = gpd.sjoin_nearest(
        left, right, how="left", max_distance=max(maximum_km, 1e-9) * 1000.0, distance_col="metres"
    )
    # A point on a shared border matches both neighbours; keep one, the same one every time.
    nearest = nearest.sort_values("index_right", kind="stable")
    nearest = nearest[~nearest.index.duplicated()].sort_index()
    region = pd.Series(nearest["region"].to_numpy(dtype=object), index=points.index, dtype=object)
    return pd.DataFrame(
        {
            "region": region.where(region.notna(), None),
            "distance_km": nearest["metres"].to_numpy(dtype=float) / 1000.0,
        },
        index=points.index,
    )
