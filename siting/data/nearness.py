"""Which places lie near which: geodesic kilometres for the pairs that matter, without the whole matrix.

A tree of the points on the unit sphere finds the pairs that may be near enough; only these are measured along the
ellipsoid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

from siting.geography import geodesic_distance_km

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

LEAST_RADIUS_KM = 6335.0
"""Smallest radius of curvature of WGS84: a chord made with it never misses a pair that is near enough."""
NEAREST_TRIED = 8
"""So many places nearest on the sphere are measured on the ellipsoid, which may change their order."""


def coordinates(points: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitudes and latitudes of a table of points, in degrees.

    Parameters
    ----------
    points : pandas.DataFrame
        With the columns `longitude_degrees` and `latitude_degrees`.

    Returns
    -------
    tuple of numpy.ndarray
        Two vectors as long as the table.
    """
    return points["longitude_degrees"].to_numpy(dtype=float), points["latitude_degrees"].to_numpy(dtype=float)


def _on_sphere(points: pd.DataFrame) -> NDArray[np.float64]:
    longitude, latitude = (np.radians(values) for values in coordinates(points))
    return np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )


def _measured(
    points: pd.DataFrame, places: pd.DataFrame, first: NDArray[np.intp], second: NDArray[np.intp]
) -> NDArray[np.float64]:
    (x, y), (u, v) = coordinates(points), coordinates(places)
    return geodesic_distance_km(x[first], y[first], u[second], v[second])


def nearest(points: pd.DataFrame, places: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return for every point the nearest place and the distance to it.

    Parameters
    ----------
    points, places : pandas.DataFrame
        Tables with `longitude_degrees` and `latitude_degrees`; at least one place.

    Returns
    -------
    tuple of numpy.ndarray
        Position of the place in its table, and geodesic kilometres.

    Examples
    --------
    >>> import pandas as pd
    >>> cities = pd.DataFrame({"longitude_degrees": [2.3522, 13.405], "latitude_degrees": [48.8566, 52.52]})
    >>> position, distance_km = nearest(cities, cities.iloc[[1]])
    >>> position.tolist(), distance_km.round().tolist()
    ([0, 0], [880.0, 0.0])
    """
    tried = min(NEAREST_TRIED, len(places))
    _, found = KDTree(_on_sphere(places)).query(_on_sphere(points), k=tried)
    found = np.asarray(found, dtype=np.intp).reshape(len(points), tried)
    rows = np.repeat(np.arange(len(points), dtype=np.intp), tried)
    distances = _measured(points, places, rows, found.ravel()).reshape(found.shape)
    best = distances.argmin(axis=1)
    here = np.arange(len(points))
    return found[here, best], distances[here, best]


def pairs_within_km(
    points: pd.DataFrame, places: pd.DataFrame, radius_km: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return every pair of a point and a place that are at most so far apart.

    Parameters
    ----------
    points, places : pandas.DataFrame
        Tables with `longitude_degrees` and `latitude_degrees`.
    radius_km : float
        Greatest geodesic distance.

    Returns
    -------
    tuple of numpy.ndarray
        Positions of the point and of the place, and their distance in km, in the order of the points.

    Examples
    --------
    >>> import pandas as pd
    >>> cities = pd.DataFrame({"longitude_degrees": [2.3522, 13.405], "latitude_degrees": [48.8566, 52.52]})
    >>> first, second, distance_km = pairs_within_km(cities, cities, 900)
    >>> list(zip(first.tolist(), second.tolist(), strict=True))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    angle = min(radius_km / LEAST_RADIUS_KM, np.pi)
    chord = 2.0 * np.sin(angle / 2.0) * (1.0 + 1e-9) + 1e-12
    trees = KDTree(_on_sphere(points)), KDTree(_on_sphere(places))
    found = trees[0].sparse_distance_matrix(trees[1], chord, output_type="ndarray")
    order = np.lexsort((found["j"], found["i"]))
    first, second = found["i"][order], found["j"][order]
    distances = _measured(points, places, first, second)
    near = distances <= radius_km
    return first[near], second[near], distances[near]


def sum_within_km(points: pd.DataFrame, places: pd.DataFrame, column: str, radius_km: float) -> NDArray[np.float64]:
    """Return for every point the sum of a column over the places within a radius.

    Parameters
    ----------
    points, places : pandas.DataFrame
        Tables with `longitude_degrees` and `latitude_degrees`.
    column : str
        Numeric column of the places.
    radius_km : float
        Greatest geodesic distance.

    Returns
    -------
    numpy.ndarray
        One sum per point; 0 where no place is near.

    Examples
    --------
    >>> import pandas as pd
    >>> plants = pd.DataFrame({"longitude_degrees": [0.0, 0.1], "latitude_degrees": [50.0, 50.0], "mw": [10.0, 5.0]})
    >>> sum_within_km(plants.iloc[:1], plants, "mw", 25.0).tolist()
    [15.0]
    """
    first, second, _ = pairs_within_km(points, places, radius_km)
    weights = places[column].to_numpy(dtype=float)[second]
    return np.bincount(first, weights=weights, minlength=len(points)).astype(float)
