"""The rebuild of nodes, exchanges, zones and policy tables, on small raw files in the publishers' formats."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from raw_files import write_raw_files, zone_prices

from siting.data import rebuild
from siting.data.rebuild import exchanges, knowledge, nodes, regional_policy, zones
from siting.errors import DataError

ONE_CIRCUIT = 1005
"""MVA of one circuit of 300 kV in line_types.csv; one of 220 kV has 492."""


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Return a folder of raw files."""
    return write_raw_files(tmp_path_factory.mktemp("raw"))


@pytest.fixture(scope="module")
def built(raw, tmp_path_factory):
    """Return the tables made of the raw files."""
    target = tmp_path_factory.mktemp("tables")
    rebuild.rebuild(raw, target)
    return target


def table(built, name, index):
    """Return one table as text."""
    return pd.read_csv(built / f"{name}.csv", dtype=str, keep_default_na=False).set_index(index)


def cell(built, name, region, attribute, column="value"):
    """Return one cell of a table with one row per region and attribute."""
    return table(built, name, ["region", "attribute"]).loc[(region, attribute), column]


def test_a_node_is_named_after_its_region_and_its_element(built):
    """Two ways in Estonia and one 2 km off Latvia; direct current, Norway and a place at sea are no candidates."""
    found = table(built, "grid_nodes", "candidate")
    assert found.index.tolist() == ["EE001-w1", "EE004-w2", "LV003-w3"]
    assert found.loc["EE001-w1", ["voltages_kv", "transformer_mva"]].tolist() == ["330/220", "500"]


def test_a_node_has_the_circuits_that_end_at_its_bus(built):
    """Bus 1 stands at way 1: two circuits to Latvia, one to Norway, and one of 220 kV that its line's voltage says."""
    found = table(built, "grid_nodes", "candidate").loc["EE001-w1"]
    assert found["circuit_rule"] == "matched_within_10_km"
    assert found["incident_circuits_300_kv_and_above"] == "3"
    assert found["incident_circuits_220_to_299_kv"] == "1"
    total = 3 * ONE_CIRCUIT + 492
    assert found["circuit_rating_mva"] == str(total)
    assert found["connection_limit_mva"] == str(round(0.7 * 0.5 * (total - ONE_CIRCUIT)))


def test_a_node_without_a_bus_has_two_circuits_of_its_voltage(built):
    """Way 2 lies far from any bus of 220 kV but a joint, which is no substation."""
    found = table(built, "grid_nodes", "candidate").loc["EE004-w2"]
    assert found["circuit_rule"] == "two_circuits_assumed"
    assert found["circuit_rating_mva"] == str(2 * 492)
    assert found["connection_limit_mva"] == str(round(0.7 * 0.5 * 492))


def test_two_buses_never_stand_at_one_node():
    """The nearest pairs that leave nobody out: the second bus takes the second node although the first is nearer."""
    here = gpd.GeoDataFrame(index=["a", "b"], geometry=gpd.points_from_xy([0, 1000], [0, 0]), crs=3035)
    there = gpd.GeoDataFrame(index=[7, 8], geometry=gpd.points_from_xy([400, 9000], [0, 0]), crs=3035)
    assert nodes._pairs(here, there) == {"a": 7, "b": 8}
    far = gpd.GeoDataFrame(index=[7, 8], geometry=gpd.points_from_xy([400, 90_000], [0, 0]), crs=3035)
    assert nodes._pairs(here, far) == {"a": 7}


@pytest.mark.parametrize(
    ("bus", "expected"),
    [("way/106876450-380", "X-w106876450"), ("relation/5-400", "X-r5"), ("DE17-220", "X-DE17"), ("way/7", "X-w7")],
)
def test_identifiers_are_short_and_can_be_looked_up(bus, expected):
    """The letter and number of the element of OpenStreetMap."""
    assert nodes.node_identifiers(pd.DataFrame({"region": ["X"], "bus": [bus]})).tolist() == [expected]


def test_the_plants_keep_what_the_regions_were_summed_from(built):
    """Operating ones with their share that is firm; the farm at sea belongs to the coast."""
    plants = table(built, "power_plants", "region")
    assert plants["fuel"].tolist() == ["coal", "nuclear", "hydro", "wind"]
    assert plants.loc["EE001", "firm_mw"].tolist() == ["85.0", "800.0"]
    assert plants["capacity_mw"].astype(float).sum() == 1400


def test_an_exchange_is_where_it_says_or_nowhere(built):
    """Published, taken from the city, disputed, unknown; neither France nor Peru is in these files' countries."""
    found = table(built, "internet_exchanges", "name")
    assert found.loc["Here IX", ["longitude_degrees", "rule"]].tolist() == ["24.7500", ""]
    assert found.loc["Placeless IX", "rule"] == "coordinates_of_city"
    assert float(found.loc["Placeless IX", "longitude_degrees"]) == pytest.approx(24.1, abs=0.1)
    assert found.loc["Elsewhere IX", ["longitude_degrees", "rule"]].tolist() == ["", "city_and_coordinates_disagree"]
    assert "8.700 E" in found.loc["Elsewhere IX", "note"]
    assert found.loc["Nowhere IX", "rule"] == "neither_city_nor_coordinates_known"
    assert "Abroad IX" in found.index
    assert "Overseas IX" not in found.index


def test_a_page_instead_of_the_exchanges_is_named(tmp_path, built):
    """An error page of a web server."""
    (tmp_path / "internet").mkdir()
    (tmp_path / "internet" / "peeringdb_ixps.json").write_text("<html>", encoding="utf-8")
    with pytest.raises(DataError, match=r"peeringdb_ixps\.json is not the list of exchanges"):
        exchanges.rebuild(tmp_path, built)


def test_a_zone_has_the_mean_of_its_hours_and_other_years_by_ratio(built):
    """20 to 80 EUR/MWh in 2023, when the country had 50; in 2025 it had 40."""
    found = table(built, "electricity_prices_zones", ["zone", "period"])
    assert found.loc[("SE1", "2023"), ["value", "rule"]].tolist() == ["20.00", "mean_of_hourly_prices"]
    assert found.loc[("SE4", "2025"), ["value", "rule"]].tolist() == ["64.00", "zone_ratio_of_2023"]


def test_half_a_year_of_hours_is_refused(raw, tmp_path, built):
    """A truncated download."""
    for name in zones.ZONES:
        path = tmp_path / "prices" / f"{name}_2023_entsoe.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(zone_prices(20.0).splitlines()[:4000]), encoding="utf-8")
    with pytest.raises(DataError, match=r"SE1_2023_entsoe\.csv holds 3999 hourly prices"):
        zones.rebuild(tmp_path, built)
    assert (raw / "prices").is_dir()


def test_shares_take_the_latest_year_and_gaps_stay_gaps(built):
    """Estonia 2023; Latvia by the people of its two regions of 2024, and nothing where the figure is too old."""
    assert cell(built, "knowledge", "EE00", "research_share_of_gdp_percent") == "1.80"
    assert cell(built, "knowledge", "LV00", "research_share_of_gdp_percent") == "0.90"
    assert cell(built, "knowledge", "LV00", "tertiary_education_percent") == ""
    assert cell(built, "knowledge", "LV00", "tertiary_education_percent", "rule") == "not_published"


def test_a_factory_stands_in_the_region_of_its_city(built):
    """Tallinn in Estonia; what was not read is unchecked; a city nobody knows is named."""
    found = table(built, "ai_factories", "name")
    assert found.loc["Test Factory", ["region", "grade"]].tolist() == ["EE00", "derived"]
    assert found.loc["Other", "grade"] == "unchecked"
    assert cell(built, "knowledge", "EE00", "ai_factory") == "true"


def test_a_factory_in_an_unknown_city_is_named(tmp_path, built):
    """GeoNames has no Atlantis."""
    path = tmp_path / "factories.csv"
    path.write_text(
        "wave,date,country,name,city,host,status_of_check\n1,2024,EE,X,Atlantis,Host,verified\n", encoding="utf-8"
    )
    regions = gpd.read_file(built / "nuts2.fgb").set_index("region")
    with pytest.raises(DataError, match="GeoNames has no place called Atlantis"):
        knowledge._factories(path, regions)


def test_a_territory_marks_its_region_and_the_one_above(built):
    """EE004 is named with a code of another version beside it; Latvia is not in these files."""
    assert cell(built, "just_transition", "EE004", "just_transition") == "true"
    assert cell(built, "just_transition", "EE001", "just_transition") == "false"
    assert cell(built, "just_transition", "EE00", "just_transition") == "true"
    assert cell(built, "just_transition", "LV00", "just_transition") == "false"


def test_regional_aid_follows_the_mean_of_the_reference_years(built):
    """Estonia 82: no a-area; Latvia (3 x 64 + 56) / 4 = 62: forty percent."""
    assert cell(built, "regional_policy", "EE00", "regional_aid_percent", "rule") == "no_a_area"
    assert cell(built, "regional_policy", "LV00", "regional_aid_percent") == "40"
    assert cell(built, "regional_policy", "FI", "cohesion_fund") == "true"
    assert cell(built, "regional_policy", "EE", "cohesion_fund") == "false"


@pytest.mark.parametrize(
    ("index", "outermost", "expected"),
    [(55, False, 50), (55.1, False, 40), (65.1, False, 30), (75, False, 30), (75.1, False, None), (75.1, True, 40)],
)
def test_the_steps_of_regional_aid_are_those_of_the_guidelines(index, outermost, expected):
    """Up to 55, 65 and 75 of the mean of the Union; an outermost region is always in."""
    assert regional_policy.intensity(index, outermost=outermost) == expected


def test_a_hub_waits_longer_than_its_country(built):
    """Estonia and Latvia have the figure of their country, an assumption."""
    assert cell(built, "connection_wait", "EE00", "connection_wait_years", "rule") == "wait_of_country"
    assert cell(built, "connection_wait", "EE00", "connection_wait_years", "grade") == "assumption"
