"""How far a round trip reaches from the chosen sites: geodesic circles on the ellipsoid, brought to a projection."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Geod

from siting.errors import InputError
from siting.geography import GEOGRAPHIC, PROJECTED
from siting.latency import LatencyModel
from siting.maps.frame import transformer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

THRESHOLDS = (10.0, 20.0, 30.0, 50.0)
"""Round trips in ms that a latency map shows unless asked for others."""
_VERTICES = 720
"""Of a circle; at 2,000 km its chords stay within 20 m of it."""
_ELLIPSOID = Geod(ellps="WGS84")
_HALF_WAY_ROUND_KM = 20_003.0
"""From this distance on everything on the ellipsoid is reached."""


def isochrones(
    places: NDArray[np.float64],
    thresholds: Sequence[float] = THRESHOLDS,
    latency: LatencyModel | None = None,
    *,
    crs: str = PROJECTED,
    within: BaseGeometry | None = None,
) -> list[BaseGeometry]:
    """Return the area within each round trip of the nearest of some places.

    Parameters
    ----------
    places : numpy.ndarray
        Longitude and latitude in degrees, shape (places, 2).
    thresholds : sequence of float, default (10, 20, 30, 50)
        Round trips in ms, rising.
    latency : LatencyModel, optional
        From geodesic kilometres to ms; the shipped model by default.
    crs : str, default "EPSG:3035"
        An azimuthal projection to return the areas in.
    within : shapely.Geometry, optional
        Cut the areas to this, in the same projection; by default the square of 12,000 km around the origin of
        the projection.

    Returns
    -------
    list of shapely.Geometry
        One area per threshold, each inside the next; empty where a round trip does not even cover the places
        themselves.

    Raises
    ------
    siting.errors.InputError
        If the thresholds are not positive or do not rise.

    Notes
    -----
    Each circle runs through the points at the reach of its threshold in 720 directions, computed on the WGS84
    ellipsoid (Karney 2013, *Algorithms for geodesics*, Journal of Geodesy 87), the same distances as those of the
    model.

    Examples
    --------
    >>> near, far = isochrones(np.array([[10.0, 52.0]]), [10.0, 20.0])
    >>> round(math.sqrt(near.area / math.pi) / 1000)
    102
    >>> far.contains(near)
    True
    """
    times = check_thresholds(thresholds)
    model = LatencyModel() if latency is None else latency
    if within is None:
        within = _around_origin(crs)
    return [_reached(places, reach_km(model, time), crs, within) for time in times]


def check_thresholds(thresholds: Sequence[float]) -> tuple[float, ...]:
    """Return thresholds as numbers if they are positive and rise.

    Parameters
    ----------
    thresholds : sequence of float
        Round trips in ms.

    Returns
    -------
    tuple of float
        The same numbers.

    Raises
    ------
    siting.errors.InputError
        If there are none or more than eight, or they are no such numbers.

    Examples
    --------
    >>> check_thresholds([10, 20])
    (10.0, 20.0)
    """
    try:
        times = tuple(float(time) for time in thresholds)
    except (TypeError, ValueError):
        times = ()
    rising = all(low < high for low, high in zip((0.0, *times), times, strict=False))
    if not 1 <= len(times) <= 8 or not rising or not math.isfinite(times[-1]):
        raise InputError(
            f"thresholds are one to eight rising round trips in ms, such as (10, 20, 30), not {thresholds!r}"
        )
    return times


def reach_km(latency: LatencyModel, round_trip_ms: float) -> float:
    """Return how far a round trip reaches, in km, not rounded; negative where it does not cover distance zero.

    Parameters
    ----------
    latency : LatencyModel
        From kilometres to ms.
    round_trip_ms : float
        The round trip.

    Returns
    -------
    float
        Kilometres; infinite if distance costs no time.

    Examples
    --------
    >>> round(reach_km(LatencyModel(), 20.0), 1)
    670.5
    """
    left = round_trip_ms - float(latency(0.0))
    if latency.slope_ms_per_km == 0:
        return math.inf if left >= 0 else -math.inf
    return left / latency.slope_ms_per_km


def _around_origin(crs: str) -> BaseGeometry:
    """Return the square around the origin of a projection, wherever its false origin lies."""
    longitude, latitude = _origin(crs)
    x, y = transformer_of(GEOGRAPHIC, crs).transform(longitude, latitude)
    around: BaseGeometry = shapely.box(x - 6e6, y - 6e6, x + 6e6, y + 6e6)
    return around


@lru_cache(maxsize=32)
def _origin(crs: str) -> tuple[float, float]:
    """Return longitude and latitude of the centre of an azimuthal projection, in degrees."""
    operation = CRS.from_user_input(crs).coordinate_operation
    found = {} if operation is None else {each.name: float(each.value) for each in operation.params}
    return found.get("Longitude of natural origin", 0.0), found.get("Latitude of natural origin", 0.0)


def _reached(places: NDArray[np.float64], kilometres: float, crs: str, within: BaseGeometry) -> BaseGeometry:
    """Return the union of the circles around places, cut to an area."""
    if kilometres < 0 or len(places) == 0:
        return shapely.Polygon()
    if kilometres >= _HALF_WAY_ROUND_KM:
        return within
    transformer = transformer_of(GEOGRAPHIC, crs)
    longitude, latitude = _origin(crs)
    # An azimuthal projection tears the earth apart opposite its origin: a circle around that point is drawn inside out.
    opposite = (longitude + 180.0 if longitude <= 0 else longitude - 180.0, -latitude)
    azimuths = np.linspace(0.0, 360.0, _VERTICES, endpoint=False)
    circles = []
    for x, y in places:
        around = np.full(_VERTICES, x), np.full(_VERTICES, y)
        easting, northing, _ = _ELLIPSOID.fwd(*around, azimuths, np.full(_VERTICES, kilometres * 1000.0))
        ring = shapely.make_valid(shapely.Polygon(np.column_stack(transformer.transform(easting, northing))))
        inside_out = _ELLIPSOID.inv(x, y, *opposite)[2] < kilometres * 1000.0
        circles.append(shapely.difference(within, ring) if inside_out else shapely.intersection(within, ring))
    # A circle that only touches the view leaves a line or a point, which is no area.
    parts = shapely.get_parts(shapely.get_parts(shapely.union_all(circles)))
    areas = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.MultiPolygon(areas.tolist())
