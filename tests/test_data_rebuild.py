"""The rebuild of the tables, on small raw files in the publishers' formats."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from raw_files import SQUARES, write_raw_files

from siting.data import rebuild
from siting.data.rebuild import prices, surroundings
from siting.data.rebuild.__main__ import main
from siting.data.rebuild.population_economy import to_nuts_2021
from siting.data.rebuild.raw import read_csv
from siting.data.rebuild.topology import read_topojson
from siting.errors import DataError


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


def table(built, name):
    """Return one table as text."""
    return pd.read_csv(built / f"{name}.csv", dtype=str, keep_default_na=False)


def cell(built, name, region, attribute, column="value"):
    """Return one cell of a table with one row per region and attribute."""
    rows = table(built, name)
    return rows.loc[(rows["region"] == region) & (rows["attribute"] == attribute), column].item()


def price(built, country, series, period):
    """Return value, rule and note of one price."""
    rows = table(built, "electricity_prices")
    found = rows[(rows["country"] == country) & (rows["series"] == series) & (rows["period"] == period)]
    return found.iloc[0][["value", "rule", "note"]].tolist()


def test_building_twice_gives_the_same_bytes(raw, built, tmp_path):
    """No time, no order of a dictionary, no version of a library in any file."""
    rebuild.rebuild(raw, tmp_path)
    names = sorted(path.name for path in built.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (built / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_neighbouring_squares_share_their_border(built):
    """The levels nest, and the country outside the Union is context."""
    nuts3 = gpd.read_file(built / "nuts3.fgb").set_index("region")
    nuts2 = gpd.read_file(built / "nuts2.fgb").set_index("region")
    assert sorted(nuts3.index) == ["EE001", "EE004", "LV003"]
    assert sorted(nuts2.index) == ["EE00", "LV00"]
    assert shapely.coverage_is_valid(nuts3.geometry.to_numpy())
    assert nuts2.area["EE00"] == pytest.approx(nuts3.area[["EE001", "EE004"]].sum())
    assert gpd.read_file(built / "neighbours.fgb")["country"].tolist() == ["NO"]


def test_a_topology_is_decoded_to_the_corners_it_encodes(tmp_path):
    """Quantised steps, scaled and moved back to degrees."""
    path = write_raw_files(tmp_path) / "geometry" / "nuts3_2021_10m.topojson"
    shapes = {properties["NUTS_ID"]: polygon for properties, polygon in read_topojson(path)}
    for code, (_, corners) in SQUARES.items():
        assert shapes[code].equals(shapely.Polygon(corners))


def test_an_arc_read_backwards_closes_the_ring(tmp_path):
    """A reference of -1 is arc 0 reversed: two triangles on one diagonal."""
    arcs = [[[0, 0], [10, 10]], [[10, 10], [-10, 0], [0, -10]], [[10, 10], [0, -10], [-10, 0]]]
    shapes = [{"type": "Polygon", "arcs": [[0, place]], "properties": {}} for place in (1, 2)]
    shapes.append({"type": "Polygon", "arcs": [[-2, -1]], "properties": {}})
    document = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": arcs,
        "objects": {"all": {"geometries": shapes}},
    }
    path = tmp_path / "triangles.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    polygons = [polygon for _, polygon in read_topojson(path)]
    assert [polygon.area for polygon in polygons] == [50.0, 50.0, 50.0]
    assert polygons[2].equals(polygons[0])
    assert polygons[0].intersection(polygons[1]).area == 0.0


def test_a_file_that_is_no_topology_is_named(tmp_path):
    """A page of a web server instead of the file."""
    path = tmp_path / "nuts3_2021_10m.topojson"
    path.write_text("<html>404</html>", encoding="utf-8")
    with pytest.raises(DataError, match=r"nuts3_2021_10m\.topojson is not a TopoJSON file"):
        read_topojson(path)


def test_buses_of_one_place_are_one_site(built):
    """The 330 and the 220 kV yard of way/1 count once; direct current and Norway do not count."""
    assert cell(built, "grid_openstreetmap", "EE00", "substations_300_kv_and_above") == "1"
    assert cell(built, "grid_openstreetmap", "EE00", "substations_220_to_299_kv") == "1"
    assert cell(built, "grid_openstreetmap", "EE00", "transformer_mva") == "500"


def test_a_substation_just_offshore_belongs_to_the_nearest_region(built):
    """way/3 lies 2 km south of the square and counts, way/6 lies 100 km away and does not."""
    assert cell(built, "grid_openstreetmap", "LV00", "substations_300_kv_and_above") == "1"
    assert "outside" in cell(built, "grid_openstreetmap", "LV00", "substations_300_kv_and_above", "note")


def test_the_representative_point_is_the_strongest_site(built):
    """The site of 330 kV with the transformer, not the one of 220 kV."""
    assert cell(built, "grid_openstreetmap", "EE00", "longitude_degrees") == "24.50000"
    assert cell(built, "grid_openstreetmap", "EE00", "location_rule") == "strongest_substation_300_kv"


def test_import_is_the_rating_of_the_crossing_circuits_less_the_largest(built):
    """Three circuits of 300 kV leave Estonia; planned, 132 kV, inner and direct-current lines do not."""
    assert cell(built, "grid_network", "EE00", "import_circuits") == "3"
    assert cell(built, "grid_network", "EE00", "import_capacity_mva") == str(3 * 1005 - 1005)
    assert cell(built, "grid_network", "LV00", "import_capacity_mva") == str(2 * 1005 - 1005)


def test_only_plants_that_operate_in_the_reference_year_count(built):
    """Closed in 2025 and opened in 2026 are out; an unknown year is in; offshore goes to the coast."""
    assert cell(built, "grid_generation", "EE00", "generation_mw") == "1100"
    assert cell(built, "grid_generation", "EE00", "firm_generation_mw") == str(round(1000 * 0.80 + 100 * 0.85))
    assert cell(built, "grid_generation", "LV00", "generation_mw") == "300"
    assert cell(built, "grid_generation", "LV00", "firm_generation_mw") == str(round(200 * 0.30 + 100 * 0.05))


def test_the_headroom_is_the_formula_worked_out_by_hand(built):
    """Estonia: 8.76 TWh is a mean of 1,000 MW and a peak of 1,600; 885 firm; 2,010 MVA of import."""
    assert cell(built, "grid_headroom", "EE00", "peak_load_mw") == "1600"
    assert cell(built, "grid_headroom", "EE00", "grid_capacity_mva") == str(round(0.5 * (0.7 * 2010 - (1600 - 885))))


def test_the_latest_complete_year_is_taken_and_codes_of_2024_are_brought_back(built):
    """2023 lacks LV08, so 2022: (3 x 70 + 1 x 50) / 4 by population; totals add up."""
    assert cell(built, "population_economy", "EE00", "gdp_per_head_index") == "80.0"
    assert cell(built, "population_economy", "EE00", "gdp_per_head_index", "year") == "2022"
    assert cell(built, "population_economy", "LV00", "gdp_per_head_index") == "65.0"
    assert cell(built, "population_economy", "LV00", "gdp_million_eur") == "10000.0"
    assert cell(built, "population_economy", "LV00", "gdp_million_eur", "rule") == "nuts_2024_to_2021_by_population"


def test_a_split_region_shares_its_total_by_population():
    """A 2024 region of two halves of 2021: three quarters of the people, three quarters of the total."""
    crosswalk = pd.DataFrame(
        {"code_v2021": ["A", "B"], "code_v2024": ["N", "N"], "pop21": [300.0, 100.0]},
    )
    values = pd.Series({"N": 80.0})
    assert to_nuts_2021(values, crosswalk, additive=True)["value"].tolist() == [60.0, 20.0]
    assert to_nuts_2021(values, crosswalk, additive=False)["value"].tolist() == [80.0, 80.0]


def test_demand_shares_the_product_by_population(built):
    """Three quarters of Estonia's 30,000 million EUR."""
    assert cell(built, "demand_nuts3", "EE001", "gdp_million_eur") == "22500.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1821 e", (182.1, "flag e: estimated")),
        ("0.0967 p", (96.7, "flag p: provisional")),
        ("0.0714", (71.4, "")),
        ("0.0000", (None, "")),
        ("0.0000 n", (None, "")),
        (":", (None, "")),
        (": @C", (None, "")),
        ("", (None, "")),
    ],
)
def test_cells_of_eurostat_are_read_for_what_they_mean(text, expected):
    """Zero, colon and confidential are missing; e and p are flags."""
    assert prices.parse_price(text) == expected


def test_a_missing_price_is_filled_by_the_first_rule_that_applies(built):
    """Other band, adjacent semester, day-ahead plus adders, and nothing."""
    assert price(built, "EE", "eurostat_IG", "2025-S2")[:2] == ["80.0", "other_band_times_union_ratio"]
    assert price(built, "LV", "eurostat_IF", "2024-S2")[:2] == ["77.8", "other_band_times_union_ratio"]
    assert price(built, "LV", "eurostat_IG", "2025-S1")[:2] == ["70.0", "same_band_adjacent_semester"]
    assert price(built, "HR", "eurostat_IG", "2025-S1")[:2] == ["116.0", "wholesale_plus_adders"]
    assert price(built, "HR", "eurostat_IG", "2025-S2")[:2] == ["136.0", "wholesale_plus_adders"]
    assert price(built, "DE", "eurostat_IG", "2025-S2")[:2] == ["", "no_price_known"]


def test_a_published_price_keeps_its_value_and_flag(built):
    """No rule."""
    assert price(built, "FR", "eurostat_IG", "2025-S2") == ["50.0", "", "flag p: provisional"]


def test_a_year_with_a_month_missing_has_no_mean(built):
    """France lacks December 2025."""
    assert price(built, "HR", "wholesale", "2025")[:2] == ["110.0", ""]
    assert price(built, "FR", "wholesale", "2025")[:2] == ["", "no_day_ahead_market"]


def test_no_price_table_holds_a_zero(built):
    """A missing value never becomes zero."""
    for name in ("electricity_prices", "electricity_prices_monthly"):
        values = pd.to_numeric(table(built, name)["value"])
        assert (values.dropna() > 0).all()


def test_a_disagreement_of_the_cohesion_lists_is_written_into_the_row(built):
    """Estonia is transition by the rule and less developed by memory; Latvia is known from memory only."""
    assert cell(built, "cohesion", "EE00", "cohesion_category", "grade") == "unchecked"
    assert "less developed" in cell(built, "cohesion", "EE00", "cohesion_category", "note")
    assert cell(built, "cohesion", "LV00", "cohesion_category") == "less developed"
    assert cell(built, "cohesion", "LV00", "large_enterprise_eligible") == "true"


def test_the_procuring_states_are_those_named(built):
    """Two of the 27 in these files."""
    rows = table(built, "programme")
    assert rows.loc[rows["value"] == "true", "region"].tolist() == ["EE", "FI"]


def test_only_what_was_read_is_graded_above_an_assumption(built):
    """The GB200 and the Finnish tax were read in a source, the rest is from memory."""
    assert table(built, "accelerators")["grade"].tolist() == ["derived", "assumption"]
    adders = table(built, "electricity_adders").set_index(["adder", "country"])["grade"]
    assert adders["tax_and_levy", "FI"] == "derived"
    assert adders["network_charge", "FI"] == "assumption"


def test_natural_earth_fills_the_gap_to_the_border(built, tmp_path):
    """A country drawn 2 km beside the border reaches it, and paints over nothing."""
    document = {
        "transform": {"scale": [0.001, 0.001], "translate": [20, 50]},
        "arcs": [[[4000, 7000], [0, 980], [2000, 0], [0, -980], [-2000, 0]]],
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "arcs": [[0]], "properties": {"name": "Belarus"}},
                    {"type": "Polygon", "arcs": [[0]], "properties": {"name": "Latvia"}},
                ]
            }
        },
    }
    source = tmp_path / "raw"
    (source / "geometry").mkdir(parents=True)
    (source / surroundings.RAW).write_text(json.dumps(document), encoding="utf-8")
    target = tmp_path / "tables"
    target.mkdir()
    for name in ("nuts2", "neighbours"):
        (target / f"{name}.fgb").write_bytes((built / f"{name}.fgb").read_bytes())
    surroundings.rebuild(source, target)
    made = gpd.read_file(target / "surroundings.fgb")
    latvia = gpd.read_file(built / "nuts2.fgb").set_index("region").geometry["LV00"]
    assert made["country"].tolist() == ["BY"]
    assert made.geometry[0].intersection(latvia).area == pytest.approx(0.0, abs=1e5)
    assert made.geometry[0].distance(latvia) == pytest.approx(0.0, abs=1.0)


def test_a_changed_column_names_file_and_nearest_name(raw, tmp_path):
    """Publishers rename columns."""
    (tmp_path / "lines.csv").write_text("line_id,bus_0\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"lines\.csv lacks the column 'bus0'; did you mean 'bus_0'"):
        read_csv(tmp_path / "lines.csv", ("line_id", "bus0"))
    with pytest.raises(DataError, match=r"missing\.csv does not exist"):
        read_csv(raw / "missing.csv", ())


def test_the_command_line_warns_of_raw_files_that_differ(raw, tmp_path, capsys):
    """These small files are not those of the shipped tables."""
    assert main(["--from", str(raw), "--to", str(tmp_path / "made")]) == 0
    printed = capsys.readouterr().out
    assert "building geometry" in printed
    assert "warning: grid/osm_buses.csv is not the file" in printed


def test_the_command_line_ends_with_one_sentence_and_code_2(tmp_path, capsys):
    """A folder that does not exist."""
    assert main(["--from", str(tmp_path / "nowhere"), "--to", str(tmp_path / "made")]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
