"""A user's own tables: what is wrong with them is said in one sentence that names file, row and column."""

from __future__ import annotations

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from siting import catalogue, data
from siting.data.reading import layer
from siting.errors import DataError, InputError

PRICES = "country,series,period,value,unit,year,source,grade,rule,note\n"
ROWS = "region,attribute,value,unit,year,source,grade,rule,note\n"


def write(folder, name, *lines):
    """Write a table whose first line is the header; return the folder."""
    (folder / name).write_text("".join(lines), encoding="utf-8")
    return folder


def price(country="FR", value="50.0", *, unit="EUR/MWh", grade="official", rule=""):
    """Return one row of a price table."""
    return f"{country},my contract,2026,{value},{unit},2026,mine,{grade},{rule},\n"


def prices(folder):
    """Load the user's price series."""
    return data.electricity_prices("my contract", "2026", directory=folder)


def test_a_users_series_is_taken_as_it_is(tmp_path):
    """No adders, no taxes; a country without a row has no price."""
    loaded = prices(write(tmp_path, "electricity_prices.csv", PRICES, price("FI", "55.5")))
    assert loaded.loc["FI", "value_eur_per_mwh"] == 55.5
    assert np.isnan(loaded.loc["SE", "value_eur_per_mwh"])
    assert loaded.loc["SE", "rule"] == "no_price_known"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (price(value="-5"), r"row 3, column 'value': the price -5 EUR/MWh of FR is not positive"),
        (price(value="0.0000"), r"row 3, column 'value': the price 0 EUR/MWh of FR is not positive"),
        (
            price(value=""),
            r"row 3, column 'value': the value of FR, my contract, 2026 is missing and no rule",
        ),
        (price(value=":"), r"row 3, column 'value': ':' is not a number"),
        (price(value="inf"), r"row 3, column 'value': 'inf' is not a number"),
        (price(country="GR"), r"row 3, column 'country': 'GR' is not a member state.*Greece is EL"),
        (
            price(country="DE"),
            r"row 3, columns country, series, period: DE, my contract, 2026 was given before",
        ),
        (price(unit="EUR/kWh"), r"row 3, column 'unit': 'EUR/kWh' was given, EUR/MWh is needed"),
        (price(grade="offical"), r"row 3, column 'grade': 'offical' is not a grade; did you mean 'official'"),
    ],
)
def test_a_wrong_price_names_file_row_and_column(tmp_path, row, sentence):
    """The first row of the table is right, the second is not."""
    folder = write(tmp_path, "electricity_prices.csv", PRICES, price("DE"), row)
    with pytest.raises(DataError, match=r"electricity_prices\.csv, " + sentence):
        prices(folder)


def test_a_missing_price_with_a_rule_is_missing_and_not_zero(tmp_path):
    """The rule says why; the loader gives NaN."""
    folder = write(tmp_path, "electricity_prices.csv", PRICES, price(value="", rule="no_price_known"))
    assert np.isnan(prices(folder).loc["FR", "value_eur_per_mwh"])


def test_a_price_table_without_a_column_names_the_nearest(tmp_path):
    """The header says 'valeu'."""
    folder = write(tmp_path, "electricity_prices.csv", PRICES.replace("value", "valeu"), price())
    with pytest.raises(DataError, match="lacks the column 'value'; did you mean 'valeu'"):
        prices(folder)


def test_a_table_that_is_no_text_is_refused(tmp_path):
    """A spreadsheet renamed to CSV."""
    (tmp_path / "electricity_prices.csv").write_bytes(b"PK\x03\x04\xff\xfe\x00")
    with pytest.raises(DataError, match=r"electricity_prices\.csv cannot be read as a CSV table"):
        prices(tmp_path)


def shipped_rows(name, **changes):
    """Return a shipped table with cells of the row of one region replaced."""
    path = catalogue.data_directory() / f"{name}.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column, cell in changes.items():
        table.loc[0, column] = cell
    return table


def test_a_users_table_replaces_the_shipped_one_and_the_rest_stays(tmp_path):
    """A headroom table of one's own overrides the proxy."""
    table = shipped_rows("grid_headroom")
    table.loc[(table["region"] == "ITI3") & (table["attribute"] == "grid_capacity_mva"), "value"] = "1234"
    table.to_csv(tmp_path / "grid_headroom.csv", index=False)
    mine, shipped = data.candidates(directory=tmp_path), data.candidates()
    assert mine.loc["ITI3", "grid_capacity_mva"] == 1234.0
    others = mine.index != "ITI3"
    assert mine.loc[others, "grid_capacity_mva"].equals(shipped.loc[others, "grid_capacity_mva"])
    assert mine["population"].equals(shipped["population"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"region": "ITX9"}, r"row 2, column 'region': 'ITX9' is not a NUTS 2021 region"),
        ({"region": "AT12"}, r"row \d+, columns region, attribute: AT12, .* was given before"),
        (
            {"value": ""},
            r"row 2, column 'value': the value of AT11, area_km2 is missing and no rule says why",
        ),
        ({"value": "many"}, r"row 2, column 'value': 'many' is not a number"),
        ({"value": "-1"}, r"row 2, column 'value': -1 for area_km2 of AT11 is outside 0 to inf"),
        ({"unit": "ha"}, r"row 2, column 'unit': 'ha' was given for area_km2, 'km2' is needed"),
        (
            {"attribute": "aera_km2"},
            r"row 2, column 'attribute': 'aera_km2' is not an attribute; did you mean",
        ),
    ],
)
def test_a_wrong_region_table_names_file_row_and_column(tmp_path, changes, sentence):
    """The first record of a shipped table, spoilt in one cell."""
    shipped_rows("population_economy", **changes).to_csv(tmp_path / "population_economy.csv", index=False)
    with pytest.raises(DataError, match=r"population_economy\.csv, " + sentence):
        data.candidates(directory=tmp_path)


def test_a_boolean_must_be_true_or_false(tmp_path):
    """A missing flag would otherwise count as true."""
    shipped_rows("programme", value="perhaps").to_csv(tmp_path / "programme.csv", index=False)
    with pytest.raises(DataError, match="perhaps for procuring_state of AT is outside true or false"):
        data.candidates(directory=tmp_path)


def test_a_flag_that_no_row_gives_is_refused(tmp_path):
    """A country that is not in the list is neither in nor out."""
    shipped_rows("programme").drop(index=0).to_csv(tmp_path / "programme.csv", index=False)
    with pytest.raises(DataError, match="no table says whether 'procuring_state' holds for AT"):
        data.candidates(directory=tmp_path)


def test_a_misspelt_file_name_is_not_passed_over(tmp_path):
    """It would silently have no effect."""
    write(tmp_path, "electricity_price.csv", PRICES, price())
    with pytest.raises(DataError, match="did you mean 'electricity_prices'"):
        data.electricity_prices(directory=tmp_path)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    """Not an empty set of tables."""
    with pytest.raises(DataError, match="nowhere does not exist"):
        data.candidates(directory=tmp_path / "nowhere")


def test_a_layer_without_crs_is_refused_by_its_file_name(tmp_path):
    """Its coordinates could be anything."""
    frame = layer("nuts2", None).reset_index()
    bare = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=frame.geometry.to_numpy())
    with pytest.warns(UserWarning, match="crs"):
        bare.to_file(tmp_path / "nuts2.fgb", driver="FlatGeobuf")
    with pytest.raises(InputError, match=r"nuts2\.fgb has no coordinate reference system"):
        data.boundaries("nuts2", directory=tmp_path)


def test_a_broken_layer_is_named(tmp_path):
    """Half a download."""
    shipped = (catalogue.data_directory() / "nuts2.fgb").read_bytes()
    (tmp_path / "nuts2.fgb").write_bytes(shipped[:40])
    with pytest.raises(DataError, match=r"nuts2\.fgb cannot be read as a layer"):
        data.boundaries("nuts2", directory=tmp_path)


def test_an_accelerator_without_power_is_refused(tmp_path):
    """Zero kilowatts would make energy free."""
    shipped_rows("accelerators", kw_it_per_accelerator="0").to_csv(tmp_path / "accelerators.csv", index=False)
    with pytest.raises(DataError, match="row 2, column 'kw_it_per_accelerator': 0 is not a number above zero"):
        data.accelerators(tmp_path)


def test_the_shipped_folder_is_found_in_the_wheel_first(tmp_path, monkeypatch):
    """An installed package carries its tables inside; a checkout has them beside."""
    package = tmp_path / "siting"
    (package / "_shipped" / "data").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(catalogue, "_PACKAGE", package)
    assert catalogue.data_directory() == package / "_shipped" / "data"
    shutil.rmtree(package / "_shipped")
    assert catalogue.data_directory() == tmp_path / "data"


def test_a_package_without_its_tables_says_so(tmp_path, monkeypatch):
    """Both places are named."""
    monkeypatch.setattr(catalogue, "_PACKAGE", tmp_path / "siting")
    with pytest.raises(DataError, match="shipped folder 'models' was found neither at"):
        catalogue.models_directory()
