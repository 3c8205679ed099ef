"""The verification, the share of values that were filled in, and the chain behind each value."""

from __future__ import annotations

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import siting
from siting import catalogue, data
from siting.command_line_data import DATA_FAILURE, application
from siting.data.manifest import read_manifest, write_manifest
from siting.data.rebuild.price_copies import rebuild as compare_copies
from siting.data.rebuild.writing import write_layer
from siting.errors import DataError, InputError
from siting.summary import data_line

PRICE = "electricity_price_eur_per_mwh"


@pytest.fixture
def mine(tmp_path):
    """Return a copy of every shipped table."""
    return shutil.copytree(catalogue.data_directory(), tmp_path / "tables")


def edit(folder, name, before, after):
    """Replace the first occurrence of a text in a table."""
    text = (folder / name).read_text(encoding="utf-8")
    assert before in text
    (folder / name).write_text(text.replace(before, after, 1), encoding="utf-8")


def failed(folder):
    """Return the findings of the checks that fail, by check, after the checksums were brought up to date."""
    write_manifest(folder)
    findings = data.verify(folder).findings
    return findings[findings["status"] == "fail"].groupby("check")["finding"].apply(list).to_dict()


def test_the_shipped_tables_pass():
    """Nothing fails; disagreements between sources are warnings."""
    result = data.verify()
    assert result.ok, result.findings.query("status == 'fail'").to_string()
    assert set(result.checks["status"]) == {"pass", "warn"}
    assert "<table" in result._repr_html_()


def test_the_two_copies_of_the_prices_disagree_as_counted():
    """18 of 135, the Netherlands most."""
    result = data.verify()
    name = "two copies of the Eurostat prices"
    assert result.checks.loc[name, "detail"].startswith("18 of 135 ")
    lines = result.findings.loc[result.findings["check"] == name, "finding"]
    assert any(line.startswith("NL eurostat_IG: 5 of 5 differ, by up to 15.4") for line in lines)


def test_the_disputed_cohesion_categories_are_named():
    """Those whose rows are graded unchecked, and no others."""
    findings = data.verify().findings
    named = {line[:4] for line in findings.loc[findings["check"] == "lists of cohesion categories", "finding"]}
    chains = {code: data.trace(code, "cohesion_category").loc[0, "grade"] for code in data.candidates().index[::7]}
    assert {code for code, grade in chains.items() if grade == "unchecked"} == named & set(chains)
    assert len(named) == 12


def test_national_sums_are_compared_with_published_totals():
    """The regions of the Netherlands lack what belongs to no region."""
    findings = data.verify().findings
    lines = findings.loc[findings["check"] == "published totals of gdp_million_eur", "finding"].tolist()
    assert [line[:2] for line in lines] == ["DK", "NL"]


def test_a_changed_byte_is_found(mine):
    """One digit of one price."""
    edit(mine, "electricity_prices.csv", "182.1", "182.2")
    result = data.verify(mine)
    assert not result.ok
    assert result.findings.iloc[0]["finding"] == "electricity_prices.csv is not the file that was shipped"


def test_missing_and_unlisted_files_are_found(mine):
    """A table that is gone, and one that nobody listed."""
    (mine / "rules.csv").unlink()
    (mine / "populations.csv").write_text("region\n", encoding="utf-8")
    findings = data.verify(mine).findings["finding"].tolist()
    assert "rules.csv is listed and not there" in findings
    assert "populations.csv is there and not listed" in findings
    assert any("is not the name of a table; did you mean 'population_economy'" in line for line in findings)


@pytest.mark.parametrize(
    ("table", "before", "after", "check", "sentence"),
    [
        ("climate.csv", "AT11,pue,1.15,1", "AT11,pue,11.5,1", "units, types and ranges", "11.5 for pue of AT11"),
        ("climate.csv", "AT11,pue,1.15,1,", "AT11,pue,1.15,%,", "units, types and ranges", "'%' was given for pue"),
        ("climate.csv", "AT12,pue", "AT11,pue", "duplicates, grades and gaps", "AT11, pue was given before"),
        ("climate.csv", "1.15,1,2025,siting_assumptions,assumption", "1.15,1,2025,siting_assumptions,guess",
         "grades of rows", "'guess' is not known"),
        ("climate.csv", "AT11,pue", "AT99,pue", "regions", "'AT99' is not a NUTS 2021 region"),
        ("climate.csv", "siting_assumptions", "siting_assumption", "sources of rows",
         "did you mean 'siting_assumptions'"),
        ("climate.csv", "pue_of_climate_class", "pue_of_class", "rules of rows", "'pue_of_class' is not known"),
        ("programme.csv", "region,attribute", "regions,attribute", "columns", "lacks the column 'region'"),
        ("electricity_prices.csv", "182.1", "0.0000", "prices", "is not positive"),
        ("sources.toml", 'licence = "CC BY 4.0"', 'licence = ""', "descriptions of sources", "lacks 'licence'"),
        ("climate.csv", "AT11,pue,1.15,1,2025,siting_assumptions,assumption,pue_of_climate_class,\n", "", "coverage",
         "pue has 241 rows on the level nuts2, 242 are expected"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_is_said_in_one_sentence(mine, table, before, after, check, sentence):
    """File, row and column, under the check that found it."""
    edit(mine, table, before, after)
    assert any(sentence in line for line in failed(mine)[check])


def layer(folder, name):
    """Read a layer of a folder."""
    return gpd.read_file(folder / f"{name}.fgb")


def test_overlapping_borders_are_found(mine):
    """One region moved by ten kilometres."""
    frame = layer(mine, "nuts3")
    moved = frame.geometry.to_numpy().copy()
    moved[100] = shapely.transform(moved[100], lambda points: points + np.array([1e4, 0.0]))
    write_layer(frame.set_geometry(gpd.GeoSeries(moved, crs=frame.crs)), mine / "nuts3.fgb")
    findings = failed(mine)
    assert any("borders overlap or leave gaps" in line for line in findings["polygons"])
    assert any("differs by" in line for line in findings["levels nest"])


def test_a_lost_region_is_found(mine):
    """One polygon fewer."""
    write_layer(layer(mine, "nuts3").iloc[1:], mine / "nuts3.fgb")
    assert "nuts3 has 1165 regions, 1166 are expected" in failed(mine)["polygons"]


def test_a_folder_without_a_manifest_is_a_warning(tmp_path):
    """A user's own tables have no checksums to compare."""
    shutil.copyfile(catalogue.data_directory() / "carbon_intensity.csv", tmp_path / "carbon_intensity.csv")
    result = data.verify(tmp_path)
    assert result.ok
    assert result.checks.loc["checksums", "status"] == "warn"
    with pytest.raises(DataError, match="does not exist"):
        data.verify(tmp_path / "nowhere")


def test_the_manifest_is_the_same_twice(mine):
    """No date, no order of a file system."""
    before = (mine / "manifest.toml").read_bytes()
    write_manifest(mine)
    assert (mine / "manifest.toml").read_bytes() == before
    assert "README.md" not in read_manifest(mine)


def test_the_command_tells_a_failure_from_a_wrong_command(mine):
    """Exit code 1 for damaged tables; 0 with warnings and a table of coverage."""
    edit(mine, "electricity_prices.csv", "182.1", "182.2")
    outcome = CliRunner().invoke(application, ["verify", str(mine)])
    assert outcome.exit_code == DATA_FAILURE == 1
    assert "electricity_prices.csv is not the file that was shipped" in outcome.stdout
    outcome = CliRunner().invoke(application, ["verify"], catch_exceptions=False)
    assert outcome.exit_code == 0
    assert "242/242" in outcome.stdout


def test_copies_of_a_price_are_compared_in_one_unit(tmp_path):
    """EUR per kWh in one file with flags, per kWh in the other; a zero is missing in both."""
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "eurostat_nrg_pc_205_if_ig_ex_vat.csv").write_text(
        "geo,band,2024-S2,2025-S1\nFR,IG,0.0700,0.0500 p\nDE,IG,0.0000,0.0900\n", encoding="utf-8"
    )
    (tmp_path / "prices" / "eurostat_nrg_pc_205_euro_area_crosscheck.csv").write_text(
        "geo,add_formal_time,nrg_cons,X_VAT\nFR,2024-07-31,MWH_GE150000,0.07\nFR,2025-01-31,MWH_GE150000,0.0515\n"
        "DE,2024-07-31,MWH_GE150000,0.08\nDE,2025-01-31,MWH_GE150000,0\nFR,2025-01-31,MWH_LT20,0.2\n",
        encoding="utf-8",
    )
    compare_copies(tmp_path, tmp_path)
    (row,) = pd.read_csv(tmp_path / "price_copies.csv").to_dict("records")
    assert (row["country"], row["compared"], row["differing"], row["largest_difference"]) == ("FR", 2, 1, 1.5)
    assert row["period"] == "2025-S1"


# Filled in, assumed, published.


def test_each_value_is_of_one_kind():
    """A published price, one filled in, a category from memory, a missing headroom, a rule of thumb."""
    cells = data.value_kinds(
        ["FR10", "FI1D", "SI04", "MT00"], [PRICE, "cohesion_category", "grid_capacity_mva", "population"]
    )
    kinds = cells.set_index(["candidate", "attribute"])["kind"]
    assert kinds["FR10", PRICE] == "observed"
    assert kinds["FI1D", PRICE] == "imputed"
    assert kinds["SI04", "cohesion_category"] == "assumed"
    assert kinds["MT00", "grid_capacity_mva"] == "missing"
    assert kinds["FR10", "grid_capacity_mva"] == "assumed"
    assert kinds["MT00", "population"] == "observed"


def test_a_tax_from_memory_makes_the_price_an_assumption():
    """Sweden's tax is added to a published price; without it the price is published."""
    with_tax = data.value_kinds(["SE11"], [PRICE])["kind"].item()
    without = data.value_kinds(["SE11"], [PRICE], tax_adjustments=False)["kind"].item()
    assert (with_tax, without) == ("assumed", "observed")


def test_wholesale_prices_rest_on_estimated_charges():
    """All of them, unless the charges are left out."""
    kinds = data.value_kinds(["FR10", "CY00"], [PRICE], series="wholesale", period="2025")["kind"].tolist()
    assert kinds == ["assumed", "imputed"]


def test_the_price_of_a_swedish_zone_is_filled_in():
    """The national mean times the ratio of 2023: neither published nor the user's own."""
    settings = {"price_series": "wholesale", "price_period": "2025", "bidding_zones": True}
    model = siting.Model.load("gigafactories").replace(data=settings)
    table = model.case.candidates
    options = {"series": "wholesale", "period": "2025", "bidding_zones": True}
    kinds = data.value_kinds(table, [PRICE], **options).set_index("candidate")
    assert set(kinds.loc[table["country"] == "SE", "rule"]) == {"zone_ratio_of_2023"}
    assert "own" not in set(kinds["kind"])


def test_a_value_of_the_users_own_is_neither():
    """A candidate table with another headroom than the tables."""
    table = data.candidates().loc[["FR10", "ITI3"]]
    table.loc["FR10", "grid_capacity_mva"] = 12.0
    assert data.value_kinds(table, ["grid_capacity_mva"])["kind"].tolist() == ["own", "assumed"]


def test_grid_nodes_without_mapped_circuits_are_counted_as_filled_in():
    """Two circuits are assumed where the map of circuits has none."""
    nodes = data.candidates("grid_nodes")
    kinds = data.value_kinds(nodes, ["circuit_rating_mva"])["kind"]
    assumed = (nodes["circuit_rule"] == "two_circuits_assumed").to_numpy()
    assert ((kinds == "imputed").to_numpy() == assumed).all()


def test_the_imputed_share_is_counted_by_hand():
    """Prices of 2025-S2 that a rule filled in, over the regions of all countries."""
    regions = data.candidates()
    filled = data.electricity_prices()["rule"] != ""
    expected = regions["country"].map(filled).mean()
    assert data.imputed_share([PRICE], regions) == pytest.approx(expected)
    gaps = data.strict_gaps(regions, [PRICE], assumptions=False)
    assert len(gaps) == regions["country"].map(filled).sum()


def test_strict_data_names_the_gaps():
    """In Python and as a key of a model."""
    with pytest.raises(InputError, match=r"1 values were filled.*of FI1D \(other_band_times_union_ratio\); exclude"):
        data.refuse_gaps(["FI1D", "FR10"], [PRICE])
    with pytest.raises(InputError, match=r"strict data: .*electricity_price_eur_per_mwh of .*other_band"):
        siting.solve("gigafactories", data={"strict": True})


def test_a_strict_model_without_gaps_is_solved():
    """Only states whose prices are published are left."""
    filled = data.electricity_prices()
    filled = set(filled.index[filled["rule"] != ""])
    table = data.candidates()
    published = table[~table["country"].isin(filled)]
    kinds = data.value_kinds(published, [PRICE])["kind"]
    assert not (kinds == "imputed").any()
    data.refuse_gaps(published, [PRICE])


def test_an_answer_says_how_much_was_filled_in():
    """One line with both shares."""
    line = data_line(siting.Model.load("gigafactories"))
    assert line.startswith("data: 1.")
    assert "are imputed" in line
    assert "are assumptions" in line


# Chains.


@pytest.mark.parametrize("level", ["nuts2", "nuts3", "grid_nodes"])
def test_every_attribute_of_every_set_can_be_traced(level):
    """To rows that name a source which is described."""
    table = data.candidates(level)
    candidate = str(table.index[len(table) // 2])
    for name in [*(name for name in data.attributes().index if name in table.columns), PRICE]:
        chain = data.trace(candidate, name)
        assert len(chain), name
        assert (chain["title"] != "").all(), name
        assert chain.loc[0, "depth"] == 0


def test_a_filled_price_is_traced_to_the_price_it_was_filled_from():
    """Band IF of the same semester, one step deeper."""
    chain = data.trace("FI1D", PRICE)
    assert chain.loc[1, "attribute"] == "eurostat_IF 2025-S2"
    assert chain["depth"].tolist() == [0, 1, 0]
    union = 38.0 / float(chain.loc[1, "value"])
    assert f"times {union:.2f}" in chain.loc[0, "note"]


def test_the_parameters_behind_a_headroom_are_in_its_chain():
    """Assumptions a reader may want to change."""
    chain = data.trace("ITI3", "grid_capacity_mva").set_index("attribute")
    assert chain.loc["usable_share_of_import", "value"] == "0.7"
    assert chain.loc["peak_to_mean_load", "depth"] == 2


def test_the_headroom_of_a_node_is_traced_to_that_of_its_region():
    """The smaller of two."""
    nodes = data.candidates("grid_nodes")
    node = nodes.index[0]
    chain = data.trace(node, "grid_capacity_mva")
    assert nodes.loc[node, "nuts2"] in set(chain["region"])
    assert "connection_limit_mva" in set(chain["attribute"])


def test_the_command_prints_a_chain_as_a_tree():
    """The price in all, and below it its parts."""
    outcome = CliRunner().invoke(application, ["show", "FI1D", "--attribute", PRICE], catch_exceptions=False)
    assert "= 59.9 EUR/MWh" in outcome.stdout
    assert "└── " in outcome.stdout
    outcome = CliRunner().invoke(application, ["show", "FI1D"], catch_exceptions=False)
    assert "population" in outcome.stdout
