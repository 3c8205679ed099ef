"""Who is named where: the zone behind a Swedish price, the sources below a map, the file a path stands for."""

from __future__ import annotations

import pytest

import siting
from siting import data
from siting.errors import InputError
from siting.maps.citations import sources_of
from siting.model import Model
from siting.tables import DataSection

PRICE = "electricity_price_eur_per_mwh"
ZONAL = {"series": "wholesale", "bidding_zones": True}
QUICK = {"demand": "cities", "data": {"city_minimum_population": 1_000_000}, "rules": {"spacing": False}}


def test_a_swedish_price_is_traced_to_its_zone():
    """The zone's price first, the row that puts the region there, and the charges; no national price in between."""
    chain = data.trace("SE213", PRICE, period="2023", **ZONAL)
    assert chain["table"].tolist()[:2] == ["electricity_prices_zones", "bidding_zones"]
    assert chain.loc[0, ["region", "value", "rule"]].tolist() == ["SE4", "64.88", "mean_of_hourly_prices"]
    assert chain.loc[1, ["region", "value", "rule"]].tolist() == ["SE213", "SE4", "zone_of_most_of_the_area"]
    assert set(chain["table"][2:]) == {"electricity_adders"}
    assert (chain[["title", "publisher", "licence"]] != "").all(axis=None)


def test_a_zonal_price_of_another_year_shows_what_its_ratio_was_made_of():
    """National mean of the year, and zone and national mean of 2023: worked out again by hand."""
    chain = data.trace("SE22", PRICE, period="2025", **ZONAL)
    assert chain.loc[0, "rule"] == "zone_ratio_of_2023"
    made_of = chain[(chain["depth"] == 1) & (chain["attribute"] == PRICE)]
    assert made_of[["region", "year"]].to_numpy().tolist() == [["SE", "2025"], ["SE4", "2023"], ["SE", "2023"]]
    national, zone, before = made_of["value"].astype(float)
    assert float(chain.loc[0, "value"]) == pytest.approx(national * zone / before, rel=2e-3)


def test_the_traced_zonal_price_is_the_one_the_model_uses():
    """Zone plus charges, for a county, a node in it and a cell."""
    section = {"price_series": "wholesale", "price_period": "2025", "bidding_zones": True}
    for name in ("nuts3", "grid_nodes", "cells"):
        table = Model.load().replace(candidates=name, data=section).case.candidates
        swedish = table[(table["country"] == "SE") & (table["nuts3"] == "SE213")]
        assert len(swedish), name
        chain = data.trace(str(swedish.index[0]), PRICE, period="2025", **ZONAL)
        total = chain.loc[chain["depth"] == 0, "value"].astype(float).sum()
        assert total == pytest.approx(swedish[PRICE].iloc[0], abs=0.01), name


def test_a_country_of_one_zone_is_traced_as_before():
    """Denmark has two zones in truth and one in these tables; other series have none at all."""
    plain = data.trace("DK01", PRICE, series="wholesale", period="2025")
    assert data.trace("DK01", PRICE, period="2025", **ZONAL).equals(plain)
    with pytest.raises(InputError, match="bidding_zones needs series 'wholesale', not 'eurostat_IG'"):
        data.trace("SE11", PRICE, bidding_zones=True)
    with pytest.raises(InputError, match="no period '2031'"):
        data.trace("SE11", PRICE, period="2031", **ZONAL)


@pytest.mark.parametrize("name", ["nuts2", "nuts3", "grid_nodes", "cells"])
def test_below_a_map_stand_publishers_and_no_names_of_tables(name):
    """The sets that come with the package are not sources; whose cities are drawn is said."""
    settings = {**QUICK, "data": {**QUICK["data"], "cell_resolution": 3}}
    solution = siting.solve("gigafactories", candidates=name, **settings)
    named = sources_of(solution, [])
    assert not {"nuts2", "nuts3", "grid_nodes", "cells", "cities"} & set(named)
    assert "GeoNames (CC BY 4.0)" in named
    assert all("(" in text or text.startswith("©") for text in named)


def test_below_a_map_stands_a_file_of_the_users_own(tmp_path):
    """Nobody else can say where it comes from."""
    path = tmp_path / "mine.geojson"
    data.candidates().loc[["DE40", "ES41", "FRB0", "ITC4", "PL41"]].reset_index()[["candidate", "geometry"]].to_crs(
        4326
    ).to_file(path)
    solution = siting.solve("gigafactories", candidates=path, **QUICK)
    assert str(path) in sources_of(solution, [])


def test_the_zones_behind_a_price_are_named_below_a_map():
    """The platform wants its name to be given."""
    section = {**QUICK["data"], "price_series": "wholesale", "price_period": "2025", "bidding_zones": True}
    solution = siting.solve("gigafactories", **{**QUICK, "data": section})
    assert any("ENTSO-E Transparency Platform" in text for text in sources_of(solution, []))


@pytest.fixture
def two_tables(tmp_path, monkeypatch):
    """Return a folder with a model and its headroom, and work in the one above, which has a headroom of that name."""
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "headroom.csv").write_text("candidate,grid_capacity_mva\nFR10,111\n", encoding="utf-8")
    (below / "headroom.csv").write_text("candidate,grid_capacity_mva\nFR10,222\n", encoding="utf-8")
    text = 'based_on = "gigafactories"\n[data]\nheadroom = "headroom.csv"\n'
    (below / "model.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return below


def headroom(model):
    """Return the capacity of Paris in the table of a model."""
    return model.case.candidates.loc["FR10", "grid_capacity_mva"]


def test_a_headroom_path_in_a_model_file_is_relative_to_that_file(two_tables):
    """Wherever the command is given."""
    assert headroom(Model.load(two_tables / "model.toml")) == 222
    assert headroom(Model.load("below/model.toml")) == 222


def test_a_headroom_path_typed_in_python_is_relative_to_the_current_folder(two_tables):
    """For the shipped model, for a model file elsewhere, and as a section."""
    assert headroom(Model.load().replace(data={"headroom": "headroom.csv"})) == 111
    assert headroom(Model.load(two_tables / "model.toml").replace(data={"headroom": "headroom.csv"})) == 111
    assert headroom(Model.load().replace(data=DataSection(headroom="headroom.csv"))) == 111
    assert headroom(Model.load().replace(data={"headroom": "below/headroom.csv"})) == 222
    solution = siting.solve("gigafactories", data={"headroom": "headroom.csv"})
    assert solution.candidates.loc["FR10", "grid_capacity_mva"] == 111


@pytest.mark.parametrize("block", [{"kind": "within", "file": "here.gpkg"},
                                   {"kind": "maximum_distance", "to": "here.gpkg", "maximum_km": 1}])  # fmt: skip
def test_a_layer_of_an_exclusion_typed_in_python_is_relative_to_the_current_folder(block, tmp_path, monkeypatch):
    """The file stands here, and not beside the shipped models."""
    monkeypatch.chdir(tmp_path)
    data.boundaries().loc[["ES41", "FRB0"]].to_file("here.gpkg")
    counts = Model.load().replace(exclusions={"here": block}).exclusion_counts
    assert counts.loc["here", "removed_alone"] == 240


def test_a_folder_called_grid_is_not_what_is_meant_by_the_grid(tmp_path, monkeypatch):
    """`to = "grid"` keeps its meaning in a folder that holds another of that name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid").mkdir()
    block = {"kind": "maximum_distance", "to": "grid", "maximum_km": 5}
    assert "near" in Model.load().replace(exclusions={"near": block}).exclusion_counts.index
