"""Distances and containment, against published geodesics and hand-made squares."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from siting.errors import InputError
from siting.geography import (
    assign_points_to_regions,
    distance_matrix_km,
    geodesic_distance_km,
    pairs_nearer_than,
    require_crs,
)


def test_the_geodesic_agrees_with_the_published_example_of_vincenty():
    """Flinders Peak to Buninyong is 54,972.271 m (Geoscience Australia, GDA technical manual, on GRS80)."""
    longitude_a, latitude_a = 144 + 25 / 60 + 29.52440 / 3600, -(37 + 57 / 60 + 3.72030 / 3600)
    longitude_b, latitude_b = 143 + 55 / 60 + 35.38390 / 3600, -(37 + 39 / 60 + 10.15610 / 3600)
    distance = geodesic_distance_km(longitude_a, latitude_a, longitude_b, latitude_b)
    assert distance == pytest.approx(54.972271, abs=1e-5)


def test_the_geodesic_between_capitals_agrees_with_the_known_distance():
    """Lisbon to Helsinki is about 3,366 km on the ellipsoid; a flat map in degrees would say otherwise."""
    distance = geodesic_distance_km(-9.1393, 38.7223, 24.9384, 60.1699)
    assert 3355 < distance < 3375


def test_one_degree_along_the_equator_is_the_known_length():
    """The WGS84 equator has a radius of 6,378.137 km."""
    assert geodesic_distance_km(0, 0, 1, 0) == pytest.approx(np.pi / 180 * 6378.137, rel=1e-9)


def test_coordinates_broadcast_and_a_missing_one_gives_a_missing_distance():
    """A column of two against a row of three makes a matrix of two by three."""
    distances = geodesic_distance_km([[0.0], [np.nan]], [[50.0], [50.0]], [0.0, 1.0, 2.0], 50.0)
    assert distances.shape == (2, 3)
    assert distances[0, 0] == 0.0
    assert np.isnan(distances[1]).all()


def test_metres_in_place_of_degrees_are_refused():
    """Coordinates of EPSG:3035 would otherwise give a number that looks like a distance."""
    with pytest.raises(InputError, match="metres"):
        geodesic_distance_km(4321000.0, 3210000.0, 13.4, 52.5)


def test_arrays_that_do_not_broadcast_are_refused():
    """Two points against three is neither pairwise nor a matrix."""
    with pytest.raises(InputError, match="do not broadcast"):
        geodesic_distance_km([0.0, 1.0], [0.0, 1.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0])


def test_the_distance_matrix_is_symmetric_with_a_zero_diagonal():
    """Distances do not depend on the direction."""
    points = pd.DataFrame({"longitude_degrees": [2.35, 13.4, 24.9], "latitude_degrees": [48.9, 52.5, 60.2]})
    matrix = distance_matrix_km(points, points)
    assert np.allclose(matrix, matrix.T)
    assert np.allclose(np.diag(matrix), 0.0)
    assert (matrix[~np.eye(3, dtype=bool)] > 800).all()


def test_a_table_of_points_without_latitude_is_refused():
    """The sentence names the column."""
    points = pd.DataFrame({"longitude_degrees": [2.35]})
    with pytest.raises(InputError, match="latitude_degrees"):
        distance_matrix_km(points, points)


def test_a_frame_without_crs_is_refused_by_its_name():
    """Nobody can tell degrees from metres by looking at numbers."""
    frame = gpd.GeoDataFrame(geometry=[Point(4.35, 50.85)])
    with pytest.raises(InputError, match=r"my-points\.geojson has no coordinate reference system"):
        require_crs(frame, "my-points.geojson")


@pytest.fixture
def squares():
    """Two squares of 100 km that share a border."""
    return gpd.GeoDataFrame(
        index=["A", "B"],
        geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.1e6, 3.0e6, 4.2e6, 3.1e6)],
        crs="EPSG:3035",
    )


def test_points_inside_near_and_far_are_told_apart(squares):
    """A harbour 2 km offshore belongs to the nearest region, a platform 80 km out to none."""
    points = gpd.GeoDataFrame(
        index=["inside", "harbour", "platform"],
        geometry=[Point(4.05e6, 3.05e6), Point(4.15e6, 3.102e6), Point(4.15e6, 3.18e6)],
        crs="EPSG:3035",
    )
    found = assign_points_to_regions(points, squares, maximum_km=5)
    assert found["region"].tolist() == ["A", "B", None]
    assert found["distance_km"].tolist()[:2] == [0.0, 2.0]
    assert np.isnan(found.loc["platform", "distance_km"])


def test_a_point_on_a_shared_border_goes_to_the_first_region_only(squares):
    """One row per point, the same one every time."""
    points = gpd.GeoDataFrame(index=[7], geometry=[Point(4.1e6, 3.05e6)], crs="EPSG:3035")
    found = assign_points_to_regions(points, squares)
    assert found["region"].tolist() == ["A"]


def test_points_in_degrees_find_regions_in_metres(squares):
    """Both frames are brought into the same coordinates first."""
    middles = gpd.GeoSeries([Point(4.05e6, 3.05e6), Point(4.15e6, 3.05e6)], crs="EPSG:3035")
    points = gpd.GeoDataFrame(geometry=middles.to_crs("EPSG:4326"))
    assert assign_points_to_regions(points, squares)["region"].tolist() == ["A", "B"]


def test_points_without_crs_are_refused(squares):
    """The regions' coordinates say nothing about those of the points."""
    points = gpd.GeoDataFrame(geometry=[Point(4.05e6, 3.05e6)])
    with pytest.raises(InputError, match="table of points"):
        assign_points_to_regions(points, squares)


@pytest.mark.parametrize("kilometres", [1.0, 150.0, 300.0, 1500.0, 9000.0, 25000.0])
def test_near_pairs_are_those_of_the_distance_matrix(kilometres: float) -> None:
    """The tree on a sphere and the full geodesic matrix agree on every pair, from the street to the antipodes."""
    random = np.random.default_rng(7)
    points = pd.DataFrame(
        {"longitude_degrees": random.uniform(-180, 180, 120), "latitude_degrees": random.uniform(-89, 89, 120)}
    )
    points.loc[60:] = points.loc[:59].to_numpy() + random.normal(0, 1.5, (60, 2)).clip(-0.9, 0.9)
    points["longitude_degrees"] = points["longitude_degrees"].clip(-180, 180)
    expected = np.argwhere(np.triu(distance_matrix_km(points, points) < kilometres, k=1))
    found = pairs_nearer_than(points, kilometres)
    assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, expected.tolist()))
