"""The candidate sets: regions of two levels, grid nodes, cells, and the user's own places."""

from __future__ import annotations

import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import siting
from siting import catalogue, data
from siting.data import nearness, vicinity
from siting.errors import DataError, InputError
from siting.geography import distance_matrix_km
from siting.model import Model

SETS = ("nuts2", "nuts3", "grid_nodes", "cells")
NEEDED = {
    "country", "longitude_degrees", "latitude_degrees", "pue", "grid_capacity_mva", "large_enterprise_eligible",
    "maximum_cofinancing_percent", "outermost", "substations_220_to_299_kv", "substations_300_kv_and_above",
    "carbon_intensity_g_per_kwh", "procuring_state", "distance_to_grid_km", "distance_to_exchange_km",
    "generation_within_50_km_mw", "connection_wait_years", "just_transition", "cohesion_fund", "ai_factory",
    "research_share_of_gdp_percent", "tertiary_education_percent", "regional_aid_percent",
}  # fmt: skip
QUICK = {"demand": "cities", "data": {"city_minimum_population": 500_000}, "rules": {"spacing": False}}
"""Few users and no spacing: thousands of candidates are measured against tens of cities only."""


@pytest.fixture(scope="module")
def tables():
    """Return every shipped set."""
    return {name: data.candidates(name) for name in SETS}


@pytest.fixture(scope="module")
def nodes(tables):
    """Return the grid nodes."""
    return tables["grid_nodes"]


def test_every_set_has_the_attributes_that_models_read(tables):
    """The same names everywhere, one CRS, one row per identifier, and no flag that is missing."""
    for name, table in tables.items():
        assert set(table.columns) >= NEEDED, name
        assert table.crs.to_epsg() == 3035
        assert table.index.name == "candidate"
        assert table.index.is_unique
        for flag in ("outermost", "large_enterprise_eligible", "procuring_state", "just_transition", "cohesion_fund"):
            assert set(table[flag]) <= {True, False}, flag


def test_the_sets_have_the_size_they_are_said_to_have(tables):
    """5,256 buses in 4,611 places, of which 23 are platforms at sea; a cell of resolution 4 has 1,770 km2."""
    assert [len(tables[name]) for name in ("nuts2", "nuts3", "grid_nodes")] == [242, 1166, 4588]
    union = tables["nuts2"].area.sum() / 1e6
    assert tables["cells"]["area_km2"].sum() == pytest.approx(union, rel=0.01)
    assert tables["cells"]["area_km2"].mean() == pytest.approx(1770, rel=0.15)


def test_the_small_regions_add_up_to_the_large_ones(tables):
    """Counted from one list per NUTS-3 region, and from another table per NUTS-2 region."""
    small, large = tables["nuts3"], tables["nuts2"]
    for column, tolerance in (
        ("substations_220_to_299_kv", 0), ("substations_300_kv_and_above", 0), ("transformer_mva", 0),
        ("generation_mw", 1), ("firm_generation_mw", 2), ("peak_load_mw", 1), ("area_km2", 1), ("population", 20),
    ):  # fmt: skip
        known = large[column].notna()
        sums = small.groupby("nuts2")[column].sum()
        assert np.allclose(sums[known], large.loc[known, column], atol=tolerance), column


def test_the_fuels_add_up_to_the_generation(tables):
    """Nine groups and nothing left over; France runs 57 reactors of 65.9 GW gross."""
    for name in ("nuts2", "nuts3"):
        table = tables[name]
        fuels = table[[f"generation_{fuel}_mw" for fuel in vicinity.FUELS]].sum(axis=1, min_count=9)
        assert np.allclose(fuels.dropna(), table["generation_mw"].dropna(), atol=1.0)
    france = tables["nuts2"].loc[tables["nuts2"]["country"] == "FR", "generation_nuclear_mw"].sum()
    assert france == pytest.approx(65_900, rel=0.01)


def test_a_grid_node_stands_in_or_beside_the_region_its_identifier_names(nodes):
    """Up to 5 km off the simplified polygon, never in another country."""
    regions = data.boundaries("nuts3")
    home = regions.geometry.reindex(nodes["nuts3"]).set_axis(nodes.index)
    assert nodes.distance(home).max() <= 5000
    assert all(identifier.startswith(f"{code}-") for identifier, code in nodes["nuts3"].items())
    assert (nodes["nuts2"] == nodes["nuts3"].str[:4]).all()


def test_every_grid_node_is_a_site_of_its_highest_voltage(nodes):
    """One site each: 300 kV and above, or below."""
    high = nodes["voltages_kv"].str.split("/").str[0].astype(float) >= 300
    assert (nodes["substations_300_kv_and_above"] == high).all()
    assert (nodes["substations_300_kv_and_above"] + nodes["substations_220_to_299_kv"] == 1).all()


def test_no_grid_node_has_more_headroom_than_its_circuits_or_its_region(nodes, tables):
    """0.7 x 0.5 of the circuits less the largest one, and the proxy of the region."""
    region = tables["nuts2"]["grid_capacity_mva"].reindex(nodes["nuts2"]).to_numpy()
    assert (nodes["grid_capacity_mva"] <= region + 1e-6).all()
    assert (nodes["grid_capacity_mva"] <= nodes["connection_limit_mva"]).all()
    assert (nodes["connection_limit_mva"] < 0.35 * nodes["circuit_rating_mva"] + 1).all()
    assumed = nodes[nodes["circuit_rule"] == "two_circuits_assumed"]
    assert np.allclose(assumed["connection_limit_mva"], 0.35 * assumed["circuit_rating_mva"] / 2, atol=1)
    assert 0.4 < len(assumed) / len(nodes) < 0.6


def test_a_known_node_has_what_everybody_knows_of_it(nodes):
    """Beside the reactors of Cattenom in Moselle there are more than 5 GW within 25 km, and lines of 400 kV."""
    moselle = nodes[nodes["nuts3"] == "FRF33"]
    best = moselle.loc[moselle["generation_within_25_km_mw"].idxmax()]
    assert best["generation_within_25_km_mw"] > 5_000
    assert best["voltages_kv"].startswith("400")


def test_attributes_of_policy_are_those_of_the_region(tables):
    """Inherited: the flag, the category, whether outermost, how long a connection takes."""
    parent = tables["nuts2"]
    for name in ("nuts3", "grid_nodes", "cells"):
        table = tables[name]
        for column in ("large_enterprise_eligible", "cohesion_category", "outermost", "connection_wait_years"):
            assert parent[column].reindex(table["nuts2"]).tolist() == table[column].tolist(), (name, column)


def test_what_is_not_covered_is_unknown_and_not_zero(tables):
    """Cyprus, Malta and the overseas regions have neither a grid nor plants in the extracts."""
    for name in ("nuts2", "nuts3", "cells"):
        table = tables[name]
        unknown = table["outermost"] | table["country"].isin(["CY", "MT"])
        for column in ("grid_capacity_mva", "distance_to_grid_km", "generation_within_25_km_mw"):
            assert (table[column].isna() == unknown).all(), (name, column)


def test_a_small_region_without_a_node_has_no_headroom_and_one_with_nodes_has_theirs(tables, nodes):
    """The sum of the limits of its nodes, at most what the larger region has."""
    small = tables["nuts3"]
    sums = nodes.groupby("nuts3")["connection_limit_mva"].sum().reindex(small.index).fillna(0.0)
    region = tables["nuts2"]["grid_capacity_mva"].reindex(small["nuts2"]).to_numpy()
    expected = np.minimum(sums, region)
    known = small["grid_capacity_mva"].notna()
    assert np.allclose(small.loc[known, "grid_capacity_mva"], expected[known])


def test_the_share_of_people_in_the_cells_is_that_of_the_regions(tables):
    """Density times area: all people but those of regions whose shape the hexagons miss."""
    assert tables["cells"]["population"].sum() == pytest.approx(443.7e6, rel=0.06)


def test_a_cell_connects_at_the_best_node_within_reach(tables, nodes):
    """By brute force over the whole matrix, for a sample of cells."""
    cells = tables["cells"][tables["cells"]["grid_capacity_mva"].notna()].iloc[::40]
    near = distance_matrix_km(cells, nodes) <= 25.0
    best = np.where(near, nodes["grid_capacity_mva"].to_numpy(), 0.0).max(axis=1)
    assert np.allclose(cells["grid_capacity_mva"], best)
    high = near @ nodes["substations_300_kv_and_above"].to_numpy()
    assert np.allclose(cells["substations_300_kv_and_above"], high)


def test_the_resolution_of_the_cells_can_be_chosen():
    """Seven cells of the next resolution to one; a region too small for the centre of a cell has none."""
    coarse, fine = data.candidates("cells", resolution=3), data.candidates("cells")
    assert len(fine) / len(coarse) == pytest.approx(7, rel=0.1)
    with pytest.raises(InputError, match="resolution 9 are not made; the resolutions are 3, 4, 5, 6"):
        data.candidates("cells", resolution=9)


def test_cells_without_their_package_say_how_to_get_it(monkeypatch):
    """The extra is named."""
    from siting.data import cells

    monkeypatch.setitem(sys.modules, "h3", None)
    cells.cells.cache_clear()
    with pytest.raises(InputError, match=r"needs the package h3; install siting\[cells\]"):
        data.candidates("cells", resolution=3)


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_place_is_the_nearest_of_the_whole_matrix(seed):
    """Random places between the Azores and Lapland, by brute force on the ellipsoid."""
    generator = np.random.default_rng(seed)

    def places(count):
        return pd.DataFrame(
            {
                "longitude_degrees": generator.uniform(-30, 35, count),
                "latitude_degrees": generator.uniform(28, 71, count),
                "weight": generator.uniform(0, 10, count),
            }
        )

    points, others = places(40), places(60)
    matrix = distance_matrix_km(points, others)
    _, distance = nearness.nearest(points, others)
    assert np.allclose(distance, matrix.min(axis=1))
    radius = float(generator.uniform(50, 3000))
    first, second, _ = nearness.pairs_within_km(points, others, radius)
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == set(map(tuple, np.argwhere(matrix <= radius)))
    sums = nearness.sum_within_km(points, others, "weight", radius)
    assert np.allclose(sums, (matrix <= radius) @ others["weight"].to_numpy())


def test_frankfurt_is_nearest_to_its_own_exchange(tables):
    """DE-CIX or one of its neighbours in the same city; Lapland is far from any."""
    row = tables["nuts3"].loc["DE712"]
    assert "frankfurt" in row["nearest_exchange"].lower() or row["nearest_exchange"] == "KleyReX"
    assert row["distance_to_exchange_km"] < 15
    assert tables["nuts2"].loc["FI1D", "distance_to_exchange_km"] > 300


def test_an_exchange_whose_city_and_place_disagree_is_not_used():
    """GNM-IX says Amsterdam and has the coordinates of Frankfurt: it stands in the table and counts nowhere."""
    path = catalogue.data_directory() / "internet_exchanges.csv"
    raw = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("name")
    assert raw.loc["GNM-IX", "rule"] == "city_and_coordinates_disagree"
    assert raw.loc["GNM-IX", "longitude_degrees"] == ""
    used = data.internet_exchanges()
    assert "GNM-IX" not in set(used["name"])
    assert {"DE-CIX Frankfurt", "AMS-IX", "LINX LON1", "NIX.CZ"} <= set(used["name"])
    assert raw.loc["LINX LON1", "rule"] == "coordinates_of_city"


def test_the_ai_factories_stand_in_the_regions_of_their_cities(tables):
    """Barcelona, Bologna, Kajaani, Stuttgart; sixteen countries; the flag is that of the list."""
    factories = data.ai_factories().set_index("name")
    assert factories.loc[["BSC AI Factory", "IT4LIA", "LUMI AI Factory", "HammerHAI"], "region"].tolist() == [
        "ES51", "ITH5", "FI1D", "DE11",
    ]  # fmt: skip
    flagged = set(tables["nuts2"].index[tables["nuts2"]["ai_factory"]])
    assert flagged == set(factories["region"])


def test_policy_flags_follow_known_cases(tables):
    """Konin and Ida-Viru are Just Transition territories; Poland draws on the Cohesion Fund and Italy does not."""
    small, large = tables["nuts3"], tables["nuts2"]
    assert small.loc[["PL414", "EE00A"], "just_transition"].all()
    assert not small.loc["FR101", "just_transition"]
    assert large.loc["PL41", "just_transition"]
    assert large.loc["PL41", "cohesion_fund"]
    assert not large.loc["ITI3", "cohesion_fund"]
    assert large.loc["FRY5", "regional_aid_percent"] == 70
    assert np.isnan(large.loc["FR10", "regional_aid_percent"])
    assert large.loc["DE71", "connection_wait_years"] > large.loc["ITI4", "connection_wait_years"]


def test_research_is_not_made_up_where_it_is_not_published(tables):
    """The Dutch regions have no figure: NaN and a rule, no national mean."""
    table = tables["nuts2"]
    assert table.loc[table["country"] == "NL", "research_share_of_gdp_percent"].isna().all()
    assert data.trace("NL32", "research_share_of_gdp_percent").loc[0, "rule"] == "not_published"
    assert table.loc["BE31", "research_share_of_gdp_percent"] > 5


def test_a_value_of_a_node_is_traced_to_its_circuits_and_its_region(nodes):
    """The chain names the set's rule first and ends at the headroom of the region."""
    node = nodes.index[nodes["nuts3"] == "ITI31"][0]
    chain = data.trace(node, "grid_capacity_mva")
    assert chain.loc[0, "rule"] == "connection_limit_up_to_headroom_of_region"
    assert {"connection_limit_mva", "circuit_rating_mva", "import_capacity_mva"} <= set(chain["attribute"])
    assert "ITI3" in set(chain["region"])


def test_an_inherited_value_says_so_and_shows_the_row_it_comes_from(tables):
    """The rule stands in the first row, the region's row below it."""
    name = "connection_wait_years"
    chain = data.trace("ITI31", name)
    assert chain.loc[0, ["region", "rule"]].tolist() == ["ITI31", "inherited_from_nuts2"]
    assert chain.loc[1, ["region", "rule"]].tolist() == ["ITI3", "wait_of_country"]
    cell = tables["cells"].index[tables["cells"]["nuts3"] == "ITI31"][0]
    assert data.trace(cell, name).loc[0, "rule"] == "inherited_from_nuts2"


def test_a_headroom_table_of_the_regions_reaches_their_nodes(tmp_path):
    """A user's own grid_headroom.csv caps the nodes and the small regions of the region it changes."""
    text = (catalogue.data_directory() / "grid_headroom.csv").read_text(encoding="utf-8")
    lines = [
        line.replace(line.split(",")[2], "123", 1) if line.startswith("AT12,grid_capacity_mva") else line
        for line in text.splitlines()
    ]
    (tmp_path / "grid_headroom.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    mine = data.candidates("grid_nodes", tmp_path)
    assert mine.loc[mine["nuts2"] == "AT12", "grid_capacity_mva"].max() == 123
    small = data.candidates("nuts3", tmp_path)
    assert small.loc[small["nuts2"] == "AT12", "grid_capacity_mva"].max() == 123


def test_a_headroom_file_of_a_model_replaces_the_proxy_of_those_it_lists(tmp_path):
    """Two lines of the user's; the rest keeps the proxy, and a misspelt candidate is named."""
    path = tmp_path / "headroom.csv"
    path.write_text("candidate,grid_capacity_mva\nFR10,100\nMT00,900\n", encoding="utf-8")
    model = Model.load().replace(data={"headroom": str(path)})
    table, shipped = model.case.candidates, data.candidates()
    assert table.loc[["FR10", "MT00"], "grid_capacity_mva"].tolist() == [100.0, 900.0]
    others = shipped.index.drop(["FR10", "MT00"])
    assert table.loc[others, "grid_capacity_mva"].equals(shipped.loc[others, "grid_capacity_mva"])
    path.write_text("candidate,grid_capacity_mva\nFR1O,100\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2: the candidate 'FR1O' is unknown; did you mean 'FR"):
        Model.load().replace(data={"headroom": str(path)}).instance()
    path.write_text("candidate,grid_capacity_mva\nFR10,-1\n", encoding="utf-8")
    with pytest.raises(DataError, match="must be a number of at least 0"):
        Model.load().replace(data={"headroom": str(path)}).instance()
    path.write_text("candidate,mva\nFR10,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column 'grid_capacity_mva'"):
        Model.load().replace(data={"headroom": str(path)}).instance()


@pytest.mark.parametrize("name", ["nuts2", "nuts3", "grid_nodes", "cells"])
def test_every_set_solves_the_shipped_model_end_to_end(name):
    """Four sites, proven, in four countries, each with the room it contracts."""
    solution = siting.solve("gigafactories", candidates=name, **QUICK)
    assert solution.status == "optimal"
    assert len(solution.portfolio) == 4
    assert solution.sites["country"].nunique() == 4
    assert (solution.sites["grid_capacity_mva"] > 250).all()
    assert solution.sites["large_enterprise_eligible"].sum() >= 2


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp", "csv"])
def test_a_file_of_the_users_own_solves_end_to_end(ending, tmp_path):
    """Ten places, in any format: attributes are inherited, and what lies around is that of the place."""
    towns = data.candidates().loc[["AT12", "BE10", "CZ02", "DE40", "ES41", "FI1C", "FRB0", "ITC4", "PL41", "SE31"]]
    places = gpd.GeoDataFrame(
        {
            "identifier": [f"Site {number}" for number in range(len(towns))],
            "longitude": towns["longitude_degrees"],
            "latitude": towns["latitude_degrees"],
        },
        geometry=gpd.points_from_xy(towns["longitude_degrees"], towns["latitude_degrees"]),
        crs="EPSG:4326",
    )
    path = tmp_path / f"sites.{ending}"
    if ending == "csv":
        places.drop(columns="geometry").to_csv(path, index=False)
    else:
        places[["identifier", "geometry"]].to_file(path)
    solution = siting.solve("gigafactories", candidates=path)
    assert solution.status == "optimal"
    expected = towns["distance_to_exchange_km"].to_numpy()
    assert np.allclose(solution.candidates["distance_to_exchange_km"], expected, atol=0.2)
    assert solution.candidates["region"].tolist() == towns.index.tolist()


def test_polygons_of_the_users_own_solve_end_to_end(tmp_path):
    """Squares of 40 km around six places, in another CRS."""
    towns = data.candidates().loc[["CZ02", "DE40", "ES41", "FRB0", "ITC4", "PL41"]]
    points = gpd.GeoSeries(
        gpd.points_from_xy(towns["longitude_degrees"], towns["latitude_degrees"]), crs="EPSG:4326"
    ).to_crs(3035)
    squares = [shapely.box(point.x - 2e4, point.y - 2e4, point.x + 2e4, point.y + 2e4) for point in points]
    frame = gpd.GeoDataFrame({"name": list("abcdef")}, geometry=squares, crs=3035).to_crs(3857)
    frame.to_file(tmp_path / "areas.gpkg")
    solution = siting.solve("gigafactories", candidates=tmp_path / "areas.gpkg")
    assert set(solution.portfolio) <= set("abcdef")
    assert solution.status == "optimal"


def test_the_swedish_zones_have_their_own_prices():
    """Means of 2023: 40 EUR/MWh in the north and 65 in the south; only with the wholesale series."""
    prices = data.zone_prices("2023")
    assert prices.groupby("zone")["value_eur_per_mwh"].first().round(1).tolist() == [40.0, 40.0, 51.7, 64.9]
    wholesale = {"price_series": "wholesale", "price_period": "2023"}
    plain = Model.load().replace(data=wholesale).case.candidates["electricity_price_eur_per_mwh"]
    zonal = Model.load().replace(data={**wholesale, "bidding_zones": True}).case.candidates
    difference = (zonal["electricity_price_eur_per_mwh"] - plain).dropna()
    national = data.electricity_prices("wholesale", "2023", tax_adjustments=False).loc["SE", "value_eur_per_mwh"]
    assert difference["SE22"] == pytest.approx(64.88 - national, abs=0.02)
    assert (difference[~difference.index.str.startswith("SE")] == 0).all()
    with pytest.raises(InputError, match="bidding_zones needs price_series = 'wholesale', not 'eurostat_IG'"):
        Model.load().replace(data={"bidding_zones": True}).instance()
    with pytest.raises(InputError, match="no period '2031'"):
        data.zone_prices("2031")


def test_nodes_of_a_county_pay_the_price_of_their_zone():
    """Kalmar county lies mostly in SE4, its NUTS-2 region mostly in SE3."""
    chosen = {"price_series": "wholesale", "price_period": "2023", "bidding_zones": True}
    table = Model.load().replace(candidates="nuts3", data=chosen).case.candidates
    prices = table["electricity_price_eur_per_mwh"]
    assert prices["SE213"] - prices["SE211"] == pytest.approx(64.88 - 51.70, abs=0.05)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("candidate_sets", "cells,pue,", "celsl,pue,", "'celsl' is unknown; did you mean 'cells'"),
        ("candidate_sets", "nuts3,pue,", "nuts3,peu,", "'peu' is unknown; did you mean 'pue'"),
        ("candidate_sets", "outermost,inherited_from_nuts2", "outermost,inherited_from_nuts", "did you mean"),
        ("grid_nodes", "AT112-AT8,16.85352", "AT112-AT8,east", "row 2, column 'longitude_degrees': 'east' is not"),
        ("internet_exchanges", ",networks,", ",network,", "lacks the column 'networks'"),
    ],
)
def test_a_wrong_cell_of_a_users_table_is_one_sentence(name, old, new, told, tmp_path):
    """File, row, column and the nearest valid name."""
    text = (catalogue.data_directory() / f"{name}.csv").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / f"{name}.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=told):
        data.candidates("nuts3", tmp_path)


def test_the_node_table_is_small_enough_to_ship():
    """Less than 2 MB."""
    assert (catalogue.data_directory() / "grid_nodes.csv").stat().st_size < 2e6
