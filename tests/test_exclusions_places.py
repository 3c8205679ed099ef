"""Exclusions by place: distance, layers in any CRS, islands and rasters."""

from __future__ import annotations

import sys
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from fabricated import case, points
from shapely.affinity import translate

from siting import data, exclusions
from siting.errors import InputError
from siting.exclusions.layers import LayerWarning, read_layer
from siting.geography import geodesic_distance_km
from siting.model import Model

TOWNS = {"Paris": (2.35, 48.86), "Palermo": (13.36, 38.12), "Dublin": (-6.26, 53.35), "Copenhagen": (12.57, 55.68)}


def towns(**changes: Any) -> Any:
    """Return four towns as a case."""
    x, y = zip(*TOWNS.values(), strict=True)
    codes = ["FR10", "ITG1", "IE06", "DK01"]
    return case(candidates=points(list(TOWNS), list(x), list(y), nuts2=codes), **changes)


def layer(folder: Any, geometries: list[Any], crs: Any = "EPSG:4326", name: str = "layer.gpkg") -> str:
    """Write a layer and return its name."""
    gpd.GeoDataFrame(geometry=geometries, crs=crs).to_file(folder / name)
    return name


def test_a_town_far_from_the_grid_is_left_out() -> None:
    """By the distance to the nearest of all nodes, and of those of 300 kV."""
    nodes = data.candidates("grid_nodes")
    x, y = nodes["longitude_degrees"].to_numpy(), nodes["latitude_degrees"].to_numpy()
    high = nodes["substations_300_kv_and_above"].to_numpy() == 1
    for minimum, chosen in ((None, np.ones(len(nodes), dtype=bool)), (300.0, high)):
        block = exclusions.MaximumDistance(to="grid", maximum_km=12.0, minimum_kv=minimum)
        nearest = [geodesic_distance_km(*place, x[chosen], y[chosen]).min() for place in TOWNS.values()]
        assert [reason is not None for reason in block.reasons(towns())] == [km > 12.0 for km in nearest]
    reason = exclusions.MaximumDistance(to="grid", maximum_km=0.001, minimum_kv=300.0).reasons(towns())[0]
    assert reason is not None
    assert reason.startswith("nearest grid node of 300 kV or more is ")
    assert reason.endswith("km away, more than 0.001 km")


def test_a_town_far_from_a_large_exchange_is_left_out() -> None:
    """Paris and Dublin have one of 100 networks, Palermo has none within 150 km."""
    reasons = exclusions.MaximumDistance(to="exchange", maximum_km=150.0).reasons(towns())
    assert [reason is None for reason in reasons[:3]] == [True, False, True]
    with pytest.raises(InputError, match="no exchange of 99999 networks"):
        exclusions.MaximumDistance(to="exchange", maximum_km=1.0, minimum_networks=99_999).reasons(towns())


def test_the_distance_to_a_line_is_geodesic(tmp_path: Any) -> None:
    """A railway along the meridian of Paris, one degree of longitude east of it: 73 km."""
    name = layer(tmp_path, [shapely.LineString([(3.35, 40), (3.35, 47), (3.35, 48.86), (3.35, 55)])])
    expected = float(geodesic_distance_km(2.35, 48.86, 3.35, 48.86))
    for limit, passes in ((expected + 0.3, True), (expected - 0.3, False)):
        block = exclusions.MaximumDistance(to=name, maximum_km=limit)
        assert (block.reasons(towns(folder=tmp_path))[0] is None) == passes


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:3035", "EPSG:25832"])
def test_a_layer_in_any_crs_says_the_same(crs: str, tmp_path: Any) -> None:
    """A square of three degrees around Paris; within and outside are each other's opposite."""
    square = gpd.GeoSeries([shapely.box(1, 47, 4, 50)], crs="EPSG:4326").to_crs(crs)
    name = layer(tmp_path, list(square), crs)
    within = exclusions.Within(file=name).reasons(towns(folder=tmp_path))
    outside = exclusions.Outside(file=name).reasons(towns(folder=tmp_path))
    assert within == [None, *["outside layer.gpkg"] * 3]
    assert outside == ["within layer.gpkg", None, None, None]


def test_a_layer_without_crs_is_refused(tmp_path: Any) -> None:
    """One sentence that names the file."""
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        name = layer(tmp_path, [shapely.box(1, 47, 4, 50)], None)
    with pytest.raises(InputError, match=r"layer\.gpkg has no coordinate reference system"):
        exclusions.Within(file=name).reasons(towns(folder=tmp_path))


def test_a_buffer_widens_the_layer(tmp_path: Any) -> None:
    """A point 10 km north of Paris excludes it from 10 km on."""
    name = layer(tmp_path, [shapely.Point(2.35, 48.95)])
    for buffer, out in ((9.0, False), (11.0, True)):
        reasons = exclusions.Outside(file=name, buffer_km=buffer).reasons(towns(folder=tmp_path))
        assert (reasons[0] is not None) == out
    assert reasons[0] == "within layer.gpkg or within 11 km of it"


def test_areas_are_judged_by_their_share(tmp_path: Any) -> None:
    """A square a quarter of which is protected, in an equal-area projection."""
    square = shapely.box(4.0e6, 3.0e6, 4.1e6, 3.1e6)
    frame = gpd.GeoDataFrame(geometry=[square, translate(square, 3e5)], index=["a", "b"], crs="EPSG:3035")
    middle = frame.geometry.centroid.to_crs(4326)
    frame = frame.assign(longitude_degrees=middle.x, latitude_degrees=middle.y)
    name = layer(tmp_path, [shapely.box(4.0e6, 3.0e6, 4.05e6, 3.05e6)], "EPSG:3035")
    squares = case(candidates=frame, folder=tmp_path)
    assert exclusions.Outside(file=name, share=0.3).reasons(squares) == [None, None]
    told = "25% of the area is within layer.gpkg, more than 20%"
    assert exclusions.Outside(file=name, share=0.2).reasons(squares) == [told, None]
    assert exclusions.Within(file=name, share=0.2).reasons(squares)[0] is None
    assert exclusions.Within(file=name, share=0.2).reasons(squares)[1] is not None
    with pytest.raises(InputError, match="share needs candidates that are areas"):
        exclusions.Within(file=name, share=0.5).reasons(towns(folder=tmp_path))


def test_invalid_polygons_and_slivers_are_repaired_and_reported(tmp_path: Any) -> None:
    """A bow tie, and a square of one metre; what is left has the area of the two triangles."""
    bow = shapely.Polygon([(4e6, 3e6), (4.1e6, 3.1e6), (4.1e6, 3e6), (4e6, 3.1e6)])
    sliver = shapely.box(4.2e6, 3.2e6, 4.2e6 + 1, 3.2e6 + 1)
    name = layer(tmp_path, [bow, sliver], "EPSG:3035")
    with pytest.warns(LayerWarning, match=r"layer\.gpkg: 1 invalid polygon repaired and 1 sliver dropped"):
        parts = read_layer(tmp_path / name)
    assert shapely.area(parts).sum() == pytest.approx(0.5e10)
    assert shapely.is_valid(parts).all()


def test_a_layer_is_chosen_by_name_where_there_are_several(tmp_path: Any) -> None:
    """A GeoPackage may hold more than one."""
    frame = gpd.GeoDataFrame(geometry=[shapely.box(1, 47, 4, 50)], crs="EPSG:4326")
    frame.to_file(tmp_path / "two.gpkg", layer="parks")
    frame.to_file(tmp_path / "two.gpkg", layer="lakes")
    assert exclusions.Outside(file="two.gpkg", layer="parks").reasons(towns(folder=tmp_path))[0] is not None
    with pytest.raises(InputError, match=r"several layers, .*; name one of them"):
        exclusions.Outside(file="two.gpkg").reasons(towns(folder=tmp_path))
    with pytest.raises(InputError, match="no layer 'park'; did you mean 'parks'"):
        exclusions.Outside(file="two.gpkg", layer="park").reasons(towns(folder=tmp_path))


def test_a_missing_or_broken_or_empty_layer_is_one_sentence(tmp_path: Any) -> None:
    """Not there, not a layer, nothing in it."""
    with pytest.raises(InputError, match=r"cannot read the layer .*none\.gpkg: there is no such file"):
        read_layer(tmp_path / "none.gpkg")
    (tmp_path / "text.gpkg").write_text("hello", encoding="utf-8")
    with pytest.raises(InputError, match=r"cannot read the layer .*text\.gpkg"):
        read_layer(tmp_path / "text.gpkg")
    layer(tmp_path, [shapely.Point()], name="empty.gpkg")
    with pytest.raises(InputError, match=r"empty\.gpkg holds no geometry"):
        read_layer(tmp_path / "empty.gpkg")


def test_islands_are_land_without_a_bridge_to_a_continent() -> None:
    """Sicily is one, Ireland is large enough not to be, Copenhagen has a fixed link and is kept by name."""
    reasons = exclusions.Islands().reasons(towns())
    assert [reason is None for reason in reasons] == [True, False, True, True]
    assert reasons[1] is not None
    area = float(reasons[1].split()[4].replace(",", ""))
    assert area == pytest.approx(25_700, rel=0.03)
    strict = exclusions.Islands(minimum_km2=1e5, keep=[]).reasons(towns())
    assert [reason is None for reason in strict] == [True, False, False, False]


def test_exclusions_by_place_work_in_a_model_file(tmp_path: Any) -> None:
    """The file is found beside the model; each has its reason, and the table counts it alone and in sequence."""
    layer(tmp_path, [shapely.box(5, 46, 16, 56)], name="zone.geojson")
    (tmp_path / "my.toml").write_text(
        'based_on = "gigafactories"\n'
        '[exclusions.near_grid]\nkind = "maximum_distance"\nto = "grid"\nmaximum_km = 5.0\n'
        '[exclusions.islands]\nkind = "islands"\n'
        '[exclusions.zone]\nkind = "within"\nfile = "zone.geojson"\n',
        encoding="utf-8",
    )
    model = Model.load(tmp_path / "my.toml")
    table = model.candidates
    assert "outside zone.geojson" in table.loc["FR10", "exclusion_reason"]
    assert "on an island of" in table.loc["ITG1", "exclusion_reason"]
    counts = model.exclusion_counts
    assert {"near_grid", "islands", "zone"} <= set(counts.index)
    assert counts["left"].iloc[-1] == len(table) - counts["removed_in_sequence"].sum() == (~table["excluded"]).sum()
    inside = table["longitude_degrees"].between(5, 16) & table["latitude_degrees"].between(46, 56)
    assert counts.loc["zone", "removed_alone"] == (~inside).sum()


def raster(path: Any, crs: Any) -> None:
    """Write two bands of four cells over Paris: 10 and 20 west, 30 and nothing east."""
    import rasterio
    from rasterio import Affine

    options = {"driver": "GTiff", "width": 2, "height": 2, "count": 2, "dtype": "int16", "nodata": -1}
    transform = Affine(10, 0, 0, 0, -10, 50)
    with rasterio.open(path, "w", crs=crs, transform=transform, **options) as sink:
        for band in (1, 2):
            sink.write(np.array([[10, 30], [20, -1]], dtype="int16"), band)


def test_a_raster_excludes_by_the_value_at_the_point(tmp_path: Any) -> None:
    """Paris 10, Palermo in the cell without a value, Dublin and Copenhagen off the raster."""
    raster(tmp_path / "slope.tif", "EPSG:4326")
    reasons = exclusions.Raster(file="slope.tif", maximum=20.0).reasons(towns(folder=tmp_path))
    assert reasons == [None, *["slope.tif has no value there"] * 3]
    reasons = exclusions.Raster(file="slope.tif", minimum=11.0, band=2).reasons(towns(folder=tmp_path))
    assert reasons[0] == "slope.tif is 10 there, below 11"
    assert exclusions.Raster(file="slope.tif", maximum=9.0).reasons(towns(folder=tmp_path))[0] == (
        "slope.tif is 10 there, above 9"
    )


def test_a_wrong_raster_is_one_sentence(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bound, no file, no CRS, no such band, no package."""
    with pytest.raises(InputError, match="needs a minimum, a maximum, or both"):
        exclusions.Raster(file="slope.tif")
    with pytest.raises(InputError, match=r"cannot read the raster .*none\.tif"):
        exclusions.Raster(file="none.tif", minimum=1.0).reasons(towns(folder=tmp_path))
    raster(tmp_path / "bare.tif", None)
    with pytest.raises(InputError, match=r"bare\.tif has no coordinate reference system"):
        exclusions.Raster(file="bare.tif", minimum=1.0).reasons(towns(folder=tmp_path))
    raster(tmp_path / "slope.tif", "EPSG:4326")
    with pytest.raises(InputError, match=r"slope\.tif has 2 bands, not 3"):
        exclusions.Raster(file="slope.tif", minimum=1.0, band=3).reasons(towns(folder=tmp_path))
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(InputError, match=r"needs the package rasterio; install siting\[raster\]"):
        exclusions.Raster(file="slope.tif", minimum=1.0).reasons(towns(folder=tmp_path))


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: exclusions.MaximumDistance(to="exchange", maximum_km=5.0, minimum_kv=300.0), "only goes with"),
        (lambda: exclusions.MaximumDistance(to="grid", maximum_km=0.0), "greater than 0"),
        (lambda: exclusions.Within(file="x.gpkg", share=1.5), "less than or equal to 1"),
        (lambda: exclusions.Islands(minimum_area=5.0), "unknown key 'minimum_area'"),
    ],
)
def test_a_wrong_option_is_one_sentence(build: Any, told: str) -> None:
    """Each names what is wrong."""
    with pytest.raises(InputError, match=told):
        build()
