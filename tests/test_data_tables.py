"""The shipped tables: counts, coverage, and the traps of the raw files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from siting import catalogue, data
from siting.data.__main__ import coverage_markdown
from siting.data.reading import values
from siting.data.tables import EU27, GRADES
from siting.errors import InputError

OUTERMOST = {"ES70", "FRY1", "FRY2", "FRY3", "FRY4", "FRY5", "PT20", "PT30"}


@pytest.fixture(scope="module")
def candidates():
    """Return the shipped candidates."""
    return data.candidates()


@pytest.fixture(scope="module")
def demand():
    """Return the shipped demand points."""
    return data.demand()


def test_every_region_of_the_union_is_there(candidates, demand):
    """NUTS 2021 has 242 regions of level 2 and 1,166 of level 3 in the 27 member states."""
    assert len(candidates) == 242
    assert len(demand) == 1166
    assert candidates.index.is_unique
    assert demand.index.is_unique
    assert set(candidates["country"]) == set(EU27) == set(demand["country"])


def test_greece_is_el_and_the_codes_are_those_of_2021(candidates):
    """Nothing is called GR, and neither the Netherlands nor Portugal has codes of 2024."""
    assert not candidates.index.str.startswith("GR").any()
    assert {"EL30", "NL31", "NL33", "PT16", "PT17", "PT18"} <= set(candidates.index)
    assert not {"NL35", "NL36", "PT19", "PT1A", "PT1B", "PT1C", "PT1D"} & set(candidates.index)


def test_overseas_regions_are_kept_and_marked(candidates):
    """They are candidates that a rule excludes with a reason, not rows that vanish."""
    assert set(candidates.index[candidates["outermost"]]) == OUTERMOST


def test_the_population_adds_up_to_that_of_the_union(candidates, demand):
    """The census of 2021 counted about 444 million people, 2.2 million of them in the outermost regions of France."""
    assert candidates["population"].sum() == pytest.approx(443.7e6, rel=2e-3)
    assert demand["population"].sum() == pytest.approx(443.7e6, rel=2e-3)
    by_region = demand.groupby("nuts2")["population"].sum()
    assert np.allclose(by_region, candidates["population"].reindex(by_region.index), atol=20)


def test_no_region_counts_its_square_kilometres_as_people(candidates, demand):
    """The converter of the Joint Research Centre repeats the area where it has no population."""
    assert ((candidates["population"] - candidates["area_km2"]).abs() > 1).all()
    area = demand.geometry.to_crs("EPSG:3035").area / 1e6
    assert ((demand["population"] / area - 1).abs() > 0.05).all()


def test_people_implied_by_gross_domestic_product_agree_with_those_counted(candidates):
    """Product by product per head of another year gives both the people counted and those of the rule, to 5 %."""
    french = candidates[candidates["country"] == "FR"]
    heads = french["gdp_million_eur"] / french["gdp_per_head_index"]
    counted = ~french.index.str.startswith("FRY")
    per_head = (french["population"] / heads)[counted].median()
    assert np.allclose(heads * per_head, french["population"], rtol=0.05)


def test_national_populations_are_those_of_the_census(demand):
    """Published totals of census day 2021 in millions, to half a percent."""
    published = {"DE": 81.9, "FR": 67.6, "IT": 59.0, "ES": 47.4, "PL": 37.0, "PT": 10.34, "NL": 17.47}
    totals = demand.groupby("country")["population"].sum() / 1e6
    for country, population in published.items():
        assert totals[country] == pytest.approx(population, rel=5e-3)


def test_gross_domestic_product_is_shared_out_and_not_lost(candidates, demand):
    """The NUTS-3 shares add up to each NUTS-2 figure, and the Union to about 17 trillion EUR."""
    shares = demand.groupby("nuts2")["gdp_million_eur"].sum()
    assert np.allclose(shares, candidates["gdp_million_eur"].reindex(shares.index), atol=1.0)
    assert candidates["gdp_million_eur"].sum() == pytest.approx(17.2e6, rel=0.02)


def test_portugal_keeps_its_gross_domestic_product_through_the_change_of_codes(candidates):
    """The regions that were split in 2024 are put together again with nothing left over."""
    portugal = candidates[candidates["country"] == "PT"]
    assert portugal["gdp_million_eur"].sum() == pytest.approx(269_000, rel=0.02)
    chain = data.trace("PT16", "gdp_million_eur")
    assert chain.loc[0, "rule"] == "nuts_2024_to_2021_by_population"
    assert "PT19" in chain.loc[0, "note"]


@pytest.mark.parametrize("level", ["nuts2", "nuts3"])
def test_the_polygons_are_one_coverage(level):
    """No overlaps, no slivers, every polygon valid and in EPSG:3035."""
    frame = data.boundaries(level)
    polygons = frame.geometry.to_numpy()
    assert frame.crs.to_epsg() == 3035
    assert shapely.is_valid(polygons).all()
    assert not shapely.is_empty(polygons).any()
    assert shapely.coverage_is_valid(polygons)


def test_the_levels_nest():
    """A NUTS-2 polygon has exactly the area of its NUTS-3 polygons."""
    parts = data.boundaries("nuts3").area
    sums = parts.groupby(parts.index.str[:4]).sum()
    whole = data.boundaries("nuts2").area
    assert np.allclose(sums, whole.reindex(sums.index), rtol=1e-9)


def test_the_simplified_areas_are_near_the_published_ones(candidates):
    """Simplification shifts little area; the largest differences are estuaries and lakes."""
    large = candidates[(candidates["area_km2"] > 2000) & ~candidates["outermost"]]
    ratio = large.area / 1e6 / large["area_km2"]
    assert ratio.between(0.95, 1.10).all()
    assert ratio.between(0.98, 1.02).mean() > 0.95
    assert large.area.sum() / 1e6 == pytest.approx(large["area_km2"].sum(), rel=0.005)


def test_neighbours_leave_no_holes_and_do_not_overlap_the_union():
    """The background holds the countries on every side, and the Union is not painted over."""
    frame = data.neighbours()
    assert {"CH", "NO", "UK", "TR", "UA", "BY", "RU", "BA", "RS", "XK", "MD", "MA"} <= set(frame.index)
    assert not set(frame.index) & set(EU27)
    union = shapely.coverage_union_all(data.boundaries("nuts2").geometry.to_numpy())
    assert frame.geometry.intersection(union).area.max() < 1e6


def test_the_geometry_is_small_enough_to_ship():
    """Less than 6 MB for all layers together."""
    size = sum(path.stat().st_size for path in catalogue.data_directory().glob("*.fgb"))
    assert size < 6e6


def test_representative_points_lie_in_or_beside_their_region(candidates):
    """A substation may stand 5 km outside the simplified coast, not in the next country."""
    points = gpd.GeoSeries(
        gpd.points_from_xy(candidates["longitude_degrees"], candidates["latitude_degrees"]),
        index=candidates.index,
        crs="EPSG:4326",
    ).to_crs(candidates.crs)
    assert points.distance(candidates.geometry).max() <= 5000


def test_regions_outside_the_grid_extract_are_unknown_and_not_zero(candidates):
    """Cyprus, Malta and the overseas regions have no grid data: NaN, with a rule that says so."""
    unknown = candidates.index[candidates["grid_capacity_mva"].isna()]
    assert set(unknown) == OUTERMOST | {"CY00", "MT00"}
    assert candidates.loc[unknown, "substations_300_kv_and_above"].isna().all()
    assert data.trace("MT00", "grid_capacity_mva").loc[0, "rule"] == "not_covered_by_extract"


def test_the_headroom_follows_its_formula(candidates):
    """Recomputed from the shipped inputs and parameters, except where there is no substation."""
    table = pd.read_csv(catalogue.data_directory() / "grid_parameters.csv").set_index("parameter")["value"]
    known = candidates[candidates["grid_capacity_mva"].notna()]
    balance = known["firm_generation_mw"] - known["peak_load_mw"]
    spare = table["usable_share_of_import"] * known["import_capacity_mva"] + np.minimum(balance, 0)
    expected = np.maximum(balance, 0) + table["share_of_spare_import"] * np.maximum(spare, 0)
    none = known["substations_220_to_299_kv"] + known["substations_300_kv_and_above"] == 0
    assert (known.loc[none, "grid_capacity_mva"] == 0).all()
    difference = (known["grid_capacity_mva"] - expected)[~none].abs()
    assert difference.max() <= 2.0


def test_islands_without_a_transmission_grid_have_no_headroom(candidates):
    """Crete and Corsica have power stations and no substation of 220 kV."""
    assert (candidates.loc[["EL43", "FRM0"], "grid_capacity_mva"] == 0).all()


def test_plants_that_have_closed_do_not_count(candidates):
    """Germany closed its last reactors in 2023: Emsland (DE94) and Isar (DE22) had 1.4 GW each."""
    assert candidates.loc["DE22", "firm_generation_mw"] < 1000
    assert candidates["firm_generation_mw"].sum() == pytest.approx(470e3, rel=0.1)


def test_every_country_has_a_price_in_every_eurostat_semester():
    """Filled by a named rule where the publisher has none, and never zero."""
    for series in ("eurostat_IG", "eurostat_IF"):
        for semester in ("2023-S1", "2023-S2", "2024-S1", "2024-S2", "2025-S1", "2025-S2"):
            prices = data.electricity_prices(series, semester)
            assert prices.index.tolist() == list(EU27)
            assert (prices["base_eur_per_mwh"] > 20).all()
            assert (prices["base_eur_per_mwh"] < 300).all()


@pytest.mark.parametrize("country", ["CY", "CZ", "EE", "FI", "HR", "LT", "LU", "LV", "MT", "SI"])
def test_a_price_that_eurostat_does_not_publish_names_its_rule(country):
    """Band IG of 2025-S2 is missing in ten countries."""
    row = data.electricity_prices().loc[country]
    assert row["rule"] in data.rules().index
    assert row["grade"] in {"derived", "assumption"}


def test_published_prices_are_unchanged():
    """France 0.0614 and Austria 0.1405 EUR/kWh in band IG of 2025-S2, the latter estimated."""
    prices = data.electricity_prices()
    assert prices.loc["FR", "value_eur_per_mwh"] == 61.4
    assert prices.loc["AT", "value_eur_per_mwh"] == 140.5
    assert prices.loc["FR", "rule"] == ""
    assert "estimated" in prices.loc["AT", "note"]


def test_a_missing_band_is_the_other_band_times_the_ratio_of_the_union():
    """Finland: 42.2 in band IF, the Union 109.6 against 121.7, so 38.0."""
    assert data.electricity_prices().loc["FI", "base_eur_per_mwh"] == pytest.approx(42.2 * 109.6 / 121.7, abs=0.05)


def test_data_centre_taxes_are_added_only_when_asked_for():
    """Finland 22.4 less 0.5, since 1 July 2026; nothing in France."""
    with_tax = data.electricity_prices()["value_eur_per_mwh"]
    without = data.electricity_prices(tax_adjustments=False)["value_eur_per_mwh"]
    assert (with_tax - without)["FI"] == pytest.approx(21.9)
    assert (with_tax - without)["FR"] == 0.0


def test_wholesale_means_are_those_that_are_known():
    """Day-ahead means of 2025 in EUR/MWh; Cyprus has no market and says so before 2023."""
    known = {"FI": 40, "SE": 43, "FR": 63, "ES": 67, "DE": 90, "PL": 104, "IT": 122, "IE": 114}
    prices = data.electricity_prices("wholesale", "2025", tax_adjustments=False)
    for country, price in known.items():
        assert prices.loc[country, "value_eur_per_mwh"] == pytest.approx(price, abs=0.6)
    early = data.electricity_prices("wholesale", "2019")
    assert np.isnan(early.loc["CY", "value_eur_per_mwh"])
    assert early.loc["CY", "rule"] == "no_day_ahead_market"


@pytest.mark.parametrize(
    ("series", "period", "nearest"),
    [("eurostat_IK", "2025-S2", "eurostat_I"), ("eurostat_IG", "2025-S3", "2025-S")],
)
def test_an_unknown_series_or_period_names_the_nearest(series, period, nearest):
    """The user sees what would have been accepted."""
    with pytest.raises(InputError, match=nearest):
        data.electricity_prices(series, period)


def test_eligibility_follows_the_known_cases(candidates):
    """Madrid, Catalonia, Lombardy, Prague, Warsaw, Lisbon and Marche yes; Paris, Munich, Stockholm no."""
    eligible = candidates["large_enterprise_eligible"]
    assert eligible[["ES30", "ES51", "ITC4", "CZ01", "PL91", "PT17", "ITI3"]].all()
    assert not eligible[["FR10", "DE21", "SE11"]].any()


def test_disputed_cohesion_categories_say_so(candidates):
    """Where the two lists disagree the row is unchecked and its note says what else was found."""
    for region in ("BE34", "DEF0", "EL42", "ES53", "ES70", "FRY2", "ITF5", "MT00", "SE31", "SI04"):
        row = data.trace(region, "cohesion_category").loc[0]
        assert row["grade"] == "unchecked"
        assert row["note"]
    assert set(candidates["cohesion_category"]) == {"less developed", "transition", "more developed"}


def test_eighteen_states_procure_jointly(candidates):
    """The list of the call of 2026."""
    states = set(candidates.loc[candidates["procuring_state"], "country"])
    assert len(states) == 18
    assert {"IT", "FR", "EL"} <= states
    assert not {"RO", "NL", "AT"} & states


def test_colder_climates_have_a_lower_power_usage_effectiveness(candidates):
    """Lapland is cold, Paris temperate, Sicily hot."""
    assert candidates.loc[["FI1D", "FR10", "ITG1"], "climate_class"].tolist() == ["cold", "temperate", "hot"]
    means = candidates.groupby("climate_class")["pue"].mean()
    assert means["cold"] < means["temperate"] < means["hot"]


def test_the_measured_round_trips_give_the_published_fit():
    """Least squares over the 171 pairs: 8.2 ms plus 0.0176 ms/km."""
    pairs = data.latency_measurements()
    slope, intercept = np.polyfit(pairs["distance_km"], pairs["round_trip_ms"], 1)
    assert len(pairs) == 171
    assert intercept == pytest.approx(8.2, abs=0.1)
    assert slope == pytest.approx(0.0176, abs=0.0002)


def test_the_default_accelerator_takes_208_mw_for_a_hundred_thousand():
    """GB200 NVL72: 2.08 kW each, everything in the hall included."""
    assert data.accelerators().loc["GB200 NVL72", "kw_it_per_accelerator"] * 100_000 / 1000 == pytest.approx(208)


def test_every_row_names_a_known_source_rule_and_grade():
    """Provenance is complete: no key points nowhere."""
    rows = values(None)
    assert set(rows["source"]) <= set(data.sources().index)
    assert set(rows["rule"]) - {""} <= set(data.rules().index)
    assert set(rows["grade"]) <= set(GRADES)
    prices = pd.read_csv(catalogue.data_directory() / "electricity_prices.csv", keep_default_na=False)
    assert set(prices["source"]) <= set(data.sources().index)
    assert set(prices["rule"]) - {""} <= set(data.rules().index)


def test_every_source_says_who_when_and_under_which_licence():
    """The fields that a reader needs to quote it."""
    text = (catalogue.data_directory() / "sources.toml").read_text(encoding="utf-8")
    for key, entry in tomllib.loads(text).items():
        needed = {"title", "publisher", "url", "licence", "vintage", "retrieved", "grade", "method"}
        assert needed <= set(entry), key
        assert entry["grade"] in GRADES
        assert all(len(digest) == 64 for digest in entry.get("files", {}).values())


def test_every_attribute_is_covered_or_its_gaps_have_a_rule():
    """A region without a value has a row that says why."""
    table = data.coverage()
    assert set(data.attributes().index) == set(table.index.get_level_values("attribute"))
    rows = values(None)
    assert (rows.loc[rows["value"] == "", "rule"] != "").all()
    counts = rows.groupby(["attribute", "level"])["region"].nunique()
    assert (counts == table["regions"].reindex(counts.index)).all()


def test_a_value_is_traced_to_its_inputs_and_their_sources():
    """The chain of the headroom ends at population and gross domestic product."""
    chain = data.trace("ITI3", "grid_capacity_mva")
    assert chain["attribute"].tolist()[0] == "grid_capacity_mva"
    assert {"import_capacity_mva", "firm_generation_mw", "peak_load_mw", "population"} <= set(chain["attribute"])
    assert (chain[["source", "title", "publisher", "licence", "url"]] != "").all().all()


def test_a_national_value_is_traced_to_the_row_of_the_country():
    """Carbon intensity is known per country only."""
    assert data.trace("ITI3", "carbon_intensity_g_per_kwh").loc[0, "region"] == "IT"


def test_a_price_is_traced_with_its_tax():
    """For Finland the price, the one it was filled in from, and the tax of data centres."""
    chain = data.trace("FI1D", "electricity_price_eur_per_mwh")
    assert chain["table"].tolist() == ["electricity_prices", "electricity_prices", "electricity_tax_adjustments"]


def test_misspelt_names_get_the_nearest_one():
    """A region and an attribute."""
    with pytest.raises(InputError, match="ITI"):
        data.trace("ITI9", "population")
    with pytest.raises(InputError, match="did you mean 'population'"):
        data.trace("ITI3", "populaton")
    with pytest.raises(InputError, match="did you mean 'grid_capacity_mva'"):
        data.describe("grid_capacity")
    with pytest.raises(InputError, match="did you mean 'nuts3'"):
        data.candidates("nuts4")


def test_loads_are_copies(candidates):
    """Changing a table does not change the next load."""
    mine = data.candidates()
    mine["population"] = 0.0
    assert data.candidates()["population"].sum() == candidates["population"].sum() > 0


def test_a_month_of_the_day_ahead_market_is_a_price_like_any_other():
    """Early 2026 ranks Finland above Spain, 2025 did not; without a market the price is missing, with a rule."""
    months = data.price_series(monthly=True)
    assert months.index.get_level_values("period").min() == "2015-01"
    assert months.index.get_level_values("period").max() == "2026-03"
    assert (months["filled"] == 0).all()
    winter = data.electricity_prices("wholesale", "2026-02", tax_adjustments=False)
    year = data.electricity_prices("wholesale", "2025", tax_adjustments=False)["value_eur_per_mwh"]
    assert winter["value_eur_per_mwh"]["FI"] > winter["value_eur_per_mwh"]["ES"]
    assert year["FI"] < year["ES"]
    assert winter.loc[["CY", "MT"], "value_eur_per_mwh"].isna().all()
    assert set(winter.loc[["CY", "MT"], "rule"]) == {"no_price_known"}
    with pytest.raises(InputError, match="no period '2026-07'"):
        data.electricity_prices("wholesale", "2026-07")


def test_a_year_of_the_day_ahead_market_is_the_mean_of_its_months():
    """Two tables written at the same time from the same file."""
    for country in ("DE", "ES", "PL"):
        months = [
            data.electricity_prices("wholesale", f"2024-{month:02d}", tax_adjustments=False).loc[
                country, "base_eur_per_mwh"
            ]
            for month in range(1, 13)
        ]
        year = data.electricity_prices("wholesale", "2024", tax_adjustments=False).loc[country, "base_eur_per_mwh"]
        assert np.mean(months) == pytest.approx(year, abs=1.0)


def test_a_monthly_price_is_traced_to_the_monthly_table():
    """The row of the country and the charges."""
    chain = data.trace("DE40", "electricity_price_eur_per_mwh", series="wholesale", period="2026-02")
    assert chain["table"].tolist() == ["electricity_prices_monthly", "electricity_adders", "electricity_adders"]


def test_the_price_is_described_like_an_attribute():
    """Unit, sources, and how many of the 27 were filled in."""
    described = data.describe("electricity_price_eur_per_mwh")
    assert described["unit"] == "EUR/MWh"
    assert described[["observed", "imputed", "missing"]].tolist() == [17, 10, 0]
    assert "eurostat_nrg_pc_205" in described["sources"]


def test_an_attribute_says_which_sets_have_it():
    """Own or inherited."""
    assert data.describe("pue")["level"] == "nuts2 nuts3 grid_nodes cells"
    assert data.describe("peak_load_mw")["level"] == "nuts2 nuts3"
    assert data.describe("voltages_kv")["level"] == "grid_nodes"


@pytest.mark.parametrize("identifier", ["FR10", "FR101", "FRF33-w81641090"])
def test_one_candidate_of_any_set_can_be_looked_at(identifier):
    """The row of its set."""
    row = data.candidate(identifier)
    assert row["country"] == "FR"
    assert row["pue"] == 1.15


def test_the_table_in_the_documentation_is_the_one_that_is_printed():
    """Every attribute with its source, vintage, grade, coverage and imputed share."""
    documentation = Path(__file__).parents[1] / "docs" / "data.md"
    text = documentation.read_text(encoding="utf-8")
    assert coverage_markdown() in text
    for name in data.attributes().index:
        assert f"| `{name}` |" in text, name
