"""The refresh, against a server on the loopback that answers in the publishers' formats and misbehaves."""

from __future__ import annotations

import json
import re
import shutil

import pandas as pd
import pytest
from published import cities, json_stat, query, rows_of, serve_everything, server
from raw_files import PRICES
from typer.testing import CliRunner

from siting import catalogue
from siting.command_line_data import application
from siting.data import reading
from siting.data.manifest import read_manifest
from siting.data.rebuild import HAND_MADE, THEMES
from siting.data.refresh import Patience, refresh
from siting.data.refresh.difference import compare
from siting.data.refresh.eurostat import read_json_stat
from siting.data.refresh.plan import CARRIED, CLIENTS, PLAN, chosen
from siting.data.refresh.publishers import Client
from siting.data.refresh.replacement import replace_tables
from siting.data.refresh.transfer import Transfer
from siting.errors import DataError, InputError, OutputError

QUICK = Patience(retries=2, backoff_seconds=0.0, connect_seconds=2.0, read_seconds=0.3)
ALIKE = (
    "geometry",
    "surroundings",
    "population_economy",
    "substations",
    "network",
    "generation",
    "countries",
    "prices",
)
PRICE_PATH = "/eurostat/statistics/1.0/data/nrg_pc_205"
EMBER_PATH = "/ember/price/outputs/european_wholesale_electricity_price_data_monthly.csv"


@pytest.fixture
def publishers():
    """Run a server for one test."""
    with server() as running:
        yield running


@pytest.fixture
def mirror(publishers, tmp_path):
    """Serve every publisher; return the server, the raw files, and the checksums of the fixed ones."""
    raw, pins = serve_everything(publishers, tmp_path / "raw")
    return publishers, raw, pins


@pytest.fixture
def transfer(tmp_path):
    """Return a client that does not wait."""
    return Transfer(tmp_path / "cache", QUICK)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the tables that the rebuild makes of the same raw files."""
    with server() as running:
        folder = tmp_path_factory.mktemp("built")
        raw, _ = serve_everything(running, folder / "raw")
    tables = folder / "tables"
    tables.mkdir()
    for name in HAND_MADE:
        shutil.copyfile(catalogue.data_directory() / name, tables / name)
    for theme in ALIKE:
        THEMES[theme](raw, tables)
    return tables


def bytes_of(folder):
    """Return every file of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def fresh(mirror, target, tables=("prices", "countries"), **options):
    """Refresh from the mirror, without asking whether three regions are enough for a Union."""
    publishers, _, pins = mirror
    settings = {"patience": QUICK, "pins": pins, "check": False, "cache": target.parent / "downloads", **options}
    return refresh(tables, source=publishers.address, target=target, **settings)


def own_adders(target):
    """Put the small table of adders there, from which the refresh carries them over."""
    target.mkdir(exist_ok=True)
    (target / "electricity_adders.csv").write_text(
        "country,adder,value,unit,year,source,grade,note\n"
        "FI,network_charge,7.0,EUR/MWh,2026,adder_estimates,assumption,read\n"
        "HR,network_charge,13.0,EUR/MWh,2026,adder_estimates,assumption,\n"
        "FI,tax_and_levy,22.4,EUR/MWh,2026,adder_estimates,derived,read\n"
        "HR,tax_and_levy,3.0,EUR/MWh,2026,adder_estimates,assumption,\n",
        encoding="utf-8",
    )
    return target


def test_what_publishers_serve_gives_the_same_bytes_as_their_raw_files(mirror, built, tmp_path):
    """Two ways to the same tables: formats of the publishers, and files on a disk."""
    publishers, raw, pins = mirror
    target = own_adders(tmp_path / "tables")
    themes = [theme for theme in THEMES if theme in ALIKE]
    asked = []
    for theme in themes:
        for name in PLAN[theme].raw:
            path = tmp_path / "fetched" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in CLIENTS and not path.is_file():
                CLIENTS[name](Client(Transfer(tmp_path / "cache", QUICK), publishers.address, pins), path)
                asked.append(name)
            elif name in CARRIED and name.startswith("domain"):
                CARRIED[name](target, path)
    tables = tmp_path / "made"
    tables.mkdir()
    for name in HAND_MADE:
        shutil.copyfile(catalogue.data_directory() / name, tables / name)
    for theme in themes:
        THEMES[theme](tmp_path / "fetched", tables)
    expected, made = bytes_of(built), bytes_of(tables)
    assert len(asked) > 12
    assert raw.is_dir()
    for theme in themes:
        for name in PLAN[theme].tables:
            assert made[name] == expected[name], name


def test_a_refresh_replaces_tables_and_says_what_changed(mirror, built, tmp_path):
    """Prices and national values; the rest of the folder stays as it was."""
    target = own_adders(tmp_path / "tables")
    (target / "electricity_prices.csv").write_bytes((built / "electricity_prices.csv").read_bytes())
    text = (target / "electricity_prices.csv").read_text(encoding="utf-8")
    changed = text.replace("EE,eurostat_IF,2025-S2,100.0", "EE,eurostat_IF,2025-S2,80.0")
    assert changed != text
    (target / "electricity_prices.csv").write_text(changed, encoding="utf-8")
    result = fresh(mirror, target)
    by_table = {item.table: item for item in result.differences}
    prices = by_table["electricity_prices.csv"]
    assert (prices.added, prices.removed, prices.changed) == (0, 0, 1)
    assert (prices.largest[0].key, prices.largest[0].relative) == ("EE eurostat_IF 2025-S2", pytest.approx(0.25))
    assert (target / "electricity_prices.csv").read_text(encoding="utf-8") == text
    assert by_table["carbon_intensity.csv"].changed == 0
    assert read_manifest(target).keys() >= {"electricity_prices.csv", "sources.toml"}
    assert not [path for path in target.iterdir() if path.name.startswith(".")]


def test_sources_say_what_the_new_tables_were_made_of(mirror, tmp_path):
    """Checksum and day of the raw files; every other line of the file is as it was."""
    target = own_adders(tmp_path / "tables")
    fresh(mirror, target)
    before = (catalogue.data_directory() / "sources.toml").read_text(encoding="utf-8").splitlines()
    after = (target / "sources.toml").read_text(encoding="utf-8").splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert {re.split(" = ", line)[0] for line in changed} - {"retrieved"} == {
        '"prices/eurostat_nrg_pc_205_if_ig_ex_vat.csv"', '"prices/ember_wholesale_monthly.csv"',
        '"climate/owid_carbon_intensity_electricity.csv"', '"ai/ai_adoption_by_country.csv"',
    }  # fmt: skip


def test_eurostat_is_asked_for_two_bands_without_vat(mirror, tmp_path):
    """One request that says what is wanted, in the publisher's codes."""
    fresh(mirror, own_adders(tmp_path / "tables"), ("electricity_prices",))
    asked = query(mirror[0], "nrg_pc_205")
    assert asked["nrg_cons"] == ["MWH70000-149999", "MWH_GE150000"]
    assert (asked["tax"], asked["currency"], asked["sinceTimePeriod"]) == (["X_VAT"], ["EUR"], ["2023-S1"])
    assert len(asked["geo"]) == 28


def test_missing_prices_stay_missing(mirror, transfer, tmp_path):
    """Confidential, absent, zero with a flag, and a semester on the axis without any price."""
    publishers, _, pins = mirror
    target = tmp_path / "prices.csv"
    CLIENTS["prices/eurostat_nrg_pc_205_if_ig_ex_vat.csv"](Client(transfer, publishers.address, pins), target)
    made = {(row["geo"], row["band"]): row for row in rows_of(target.read_text(encoding="utf-8"))}
    for row in rows_of(PRICES):
        assert made[row["geo"], row["band"]] == row


def test_json_stat_may_hold_lists_or_mappings(tmp_path):
    """Both forms of the standard, and a cell that is missing."""
    text = json_stat(
        {"geo": ["EE", "LV"], "time": ["2024", "2025"]}, {("EE", "2024"): (1.5, "p"), ("LV", "2025"): (2, "")}
    )
    document = json.loads(text)
    (tmp_path / "mapping.json").write_text(text, encoding="utf-8")
    listed = [document["value"].get(str(place)) for place in range(4)]
    document["value"], document["status"] = listed, ["p", None, None, None]
    document["dimension"]["geo"]["category"]["index"] = ["EE", "LV"]
    (tmp_path / "list.json").write_text(json.dumps(document), encoding="utf-8")
    frames = [read_json_stat(tmp_path / f"{name}.json", "test") for name in ("mapping", "list")]
    pd.testing.assert_frame_equal(*frames)
    assert frames[0]["value"].isna().tolist() == [False, True, True, False]
    assert frames[0]["flag"].tolist() == ["p", "", "", ""]


def test_an_answer_that_is_no_dataset_is_refused(tmp_path):
    """Eurostat answers a wrong filter with a document that says so."""
    path = tmp_path / "error.json"
    path.write_text(json.dumps({"error": [{"status": 400, "label": "Dimension not defined"}]}), encoding="utf-8")
    with pytest.raises(DataError, match=r"no JSON-stat dataset.*Dimension not defined"):
        read_json_stat(path, "eurostat nrg_pc_205")


def test_an_exchange_stands_at_its_largest_facility(mirror, transfer, tmp_path):
    """PeeringDB gives coordinates to facilities; one without a facility has none."""
    publishers, _, pins = mirror
    CLIENTS["internet/peeringdb_ixps.json"](Client(transfer, publishers.address, pins), tmp_path / "exchanges.json")
    first, second = json.loads((tmp_path / "exchanges.json").read_text(encoding="utf-8"))["exchanges"]
    assert (first["lat"], first["lng"], first["net_count"]) == (59.4, 24.7, 30)
    assert (second["lat"], second["lng"]) == (None, None)


def test_cities_are_read_from_the_archive_of_geonames(publishers, transfer, tmp_path):
    """Nineteen columns without a header, in a zip file."""
    from siting.data.refresh.others import cities as write

    publishers.serve("/geonames/cities15000.zip", cities())
    write(Client(transfer, publishers.address, {}), tmp_path / "cities.csv")
    assert [row["population"] for row in rows_of((tmp_path / "cities.csv").read_text(encoding="utf-8"))] == [
        "394024",
        "605802",
    ]


# Failures: one sentence, and the tables as they were.


def refused(mirror, tmp_path, sentence, **options):
    """Check that a refresh fails with a sentence and changes nothing."""
    target = own_adders(tmp_path / "tables")
    shutil.copyfile(catalogue.data_directory() / "carbon_intensity.csv", target / "carbon_intensity.csv")
    before = bytes_of(target)
    with pytest.raises(DataError, match=sentence) as caught:
        fresh(mirror, target, **options)
    assert "\n" not in str(caught.value)
    assert bytes_of(target) == before


def test_a_file_that_is_gone(mirror, tmp_path):
    """404."""
    mirror[0].answers[EMBER_PATH][0].status = 404
    refused(mirror, tmp_path, "ember .*monthly.csv.* answers 404")


def test_a_server_that_fails_in_passing_is_asked_again(mirror, tmp_path):
    """500, then the file."""
    publishers = mirror[0]
    good = publishers.answers[EMBER_PATH][0]
    publishers.answers[EMBER_PATH] = []
    publishers.serve(EMBER_PATH, b"broken", status=500)
    publishers.answers[EMBER_PATH].append(good)
    assert fresh(mirror, own_adders(tmp_path / "tables")).replaced
    assert len(publishers.asked(EMBER_PATH)) == 2


def test_a_server_that_keeps_failing(mirror, tmp_path):
    """503 to the last."""
    mirror[0].answers[EMBER_PATH][0].status = 503
    refused(mirror, tmp_path, "answers 503")
    assert len(mirror[0].asked(EMBER_PATH)) == 1 + QUICK.retries


def test_a_body_that_breaks_off_is_resumed(publishers, transfer):
    """The second request asks for the rest, provided that the file has not changed."""
    whole = b"x" * 1000 + b"y" * 500
    publishers.serve("/file", whole[:700], announced=1500)
    publishers.serve("/file", whole)
    assert transfer.fetch(publishers.address + "/file", "file").read_bytes() == whole
    second = publishers.asked("/file")[1]
    assert (second["Range"], second["If-Range"]) == ("bytes=700-", '"1"')


def test_a_body_that_breaks_off_is_resumed_by_the_next_run(publishers, tmp_path):
    """What is held stays in the folder of downloads."""
    whole = b"x" * 1500
    publishers.serve("/file", whole[:700], announced=1500)
    once = Patience(retries=0, backoff_seconds=0.0, read_seconds=2.0)
    with pytest.raises(DataError, match="broke off 1 times, 700 bytes are held"):
        Transfer(tmp_path, once).fetch(publishers.address + "/file", "file")
    publishers.answers["/file"] = []
    publishers.serve("/file", whole)
    assert Transfer(tmp_path, once).fetch(publishers.address + "/file", "file").read_bytes() == whole
    assert publishers.asked("/file")[-1]["Range"] == "bytes=700-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(publishers, transfer):
    """Another entity tag: the server sends everything, and nothing of the old file is left."""
    publishers.serve("/file", b"old" * 100, announced=1500, etag='"old"')
    publishers.serve("/file", b"new" * 10, etag='"new"')
    assert transfer.fetch(publishers.address + "/file", "file").read_bytes() == b"new" * 10


def test_a_body_that_always_breaks_off(mirror, tmp_path):
    """After the last repetition one sentence says how much is held."""
    mirror[0].answers[EMBER_PATH][0].announced = 10**6
    refused(mirror, tmp_path, "broke off 3 times, [0-9,]+ bytes are held")


def test_a_slow_server(mirror, tmp_path):
    """No bytes within the time allowed."""
    mirror[0].answers[EMBER_PATH][0].pause = 0.8
    patience = Patience(retries=0, backoff_seconds=0.0, connect_seconds=1.0, read_seconds=0.1)
    refused(mirror, tmp_path, "ember .*: .*no answer in time", patience=patience)


def test_nobody_listens(transfer):
    """Connection refused."""
    with server() as running:
        address = running.address
    with pytest.raises(DataError, match=r"file: .*connection refused"):
        transfer.fetch(address + "/file", "file")


def test_a_renamed_column(mirror, tmp_path):
    """The sentence names publisher, column, and the nearest name."""
    answer = mirror[0].answers[EMBER_PATH][0]
    answer.body = answer.body.replace(b"Price (EUR/MWhe)", b"Price (EUR/MWh)")
    refused(mirror, tmp_path, r"ember monthly prices: .*lacks the column 'Price \(EUR/MWhe\)'; did you mean")


def test_a_renamed_dimension(mirror, tmp_path):
    """JSON-stat with another name for the place."""
    answer = mirror[0].answers[PRICE_PATH][0]
    answer.body = answer.body.replace(b'"geo"', b'"region"')
    refused(mirror, tmp_path, "eurostat nrg_pc_205 lacks the dimension 'geo'; valid are")


def test_a_damaged_file_of_a_record(mirror, transfer, tmp_path):
    """Zenodo says which md5 a file has; a damaged one is thrown away and not kept for the next time."""
    publishers, _, pins = mirror
    path = "/zenodo/records/14144752/files/buses.csv/content"
    good = publishers.answers[path][0].body
    publishers.answers[path][0].body = good.replace(b"330", b"331")
    client = Client(transfer, publishers.address, pins)
    with pytest.raises(DataError, match=r"zenodo .*has the md5 .* is expected"):
        CLIENTS["grid/osm_buses.csv"](client, tmp_path / "buses.csv")
    assert not (tmp_path / "buses.csv").exists()
    publishers.answers[path][0].body = good
    CLIENTS["grid/osm_buses.csv"](client, tmp_path / "buses.csv")
    assert (tmp_path / "buses.csv").is_file()


def test_a_file_of_a_fixed_version_must_be_that_file(mirror, transfer, tmp_path):
    """The converter's checksum is known beforehand."""
    publishers, _, pins = mirror
    client = Client(transfer, publishers.address, pins | {"population/n2_cm_v2021_v2024.csv": "0" * 64})
    with pytest.raises(DataError, match=r"has the sha256 .*, 000000000000… is expected"):
        CLIENTS["population/n2_cm_v2021_v2024.csv"](client, tmp_path / "converter.csv")


def test_a_link_that_leads_elsewhere_is_not_followed(mirror, transfer, tmp_path):
    """A record may only name files of its own."""
    publishers, _, pins = mirror
    record = publishers.answers["/zenodo/records/14144752"][0]
    record.body = record.body.replace(b"https://zenodo.org/api", b"https://example.org/api")
    with pytest.raises(DataError, match=r"links to https://example.org"):
        CLIENTS["grid/osm_buses.csv"](Client(transfer, publishers.address, pins), tmp_path / "buses.csv")


def test_tables_that_fail_a_check_replace_nothing(mirror, tmp_path):
    """No country emits 9 kg per kWh: `verify` refuses it."""
    answer = mirror[0].answers["/our_world_in_data/carbon-intensity-electricity.csv"][0]
    answer.body = answer.body.replace(b"Austria,X,2023,100", b"Austria,X,2023,9000")
    sentence = r"the new tables fail 'units.*': .*9000\.0 for carbon_intensity.* of AT is outside.*nothing was replaced"
    refused(mirror, tmp_path, sentence, check=True, tables=("countries",))


def test_an_answer_of_another_world_is_one_sentence(mirror, tmp_path):
    """Population of two regions for the polygons of 242."""
    refused(mirror, tmp_path, "the new files do not fit the step population_economy", tables=("demand_nuts3",))


def test_an_unchanged_file_is_not_sent_again(publishers, transfer):
    """The second request carries the entity tag, and the answer is 304."""
    publishers.serve("/file", b"content")
    paths = {transfer.fetch(publishers.address + "/file", "file") for _ in range(2)}
    assert len(paths) == 1
    assert publishers.asked("/file")[1]["If-None-Match"] == '"1"'
    assert paths.pop().read_bytes() == b"content"


def test_a_failed_replacement_puts_everything_back(tmp_path, monkeypatch):
    """The second of two files cannot be replaced."""
    source, target = tmp_path / "new", tmp_path / "old"
    for folder, text in ((source, "new"), (target, "old")):
        folder.mkdir()
        for name in ("a.csv", "b.csv"):
            (folder / name).write_text(text, encoding="utf-8")
    import os

    real = os.replace

    def failing(start, end):
        if str(end).endswith("b.csv") and "new" in str(start):
            raise PermissionError(13, "Permission denied")
        real(start, end)

    monkeypatch.setattr("siting.data.refresh.replacement.os.replace", failing)
    with pytest.raises(OutputError, match="permission denied; they are as they were"):
        replace_tables(source, target, ["a.csv", "b.csv"])
    assert bytes_of(target) == {"a.csv": b"old", "b.csv": b"old"}


# What is refreshed, and what is not.


def test_every_step_of_the_rebuild_is_described_and_every_raw_file_has_an_origin():
    """A step nobody described would silently never be refreshed."""
    assert set(PLAN) == set(THEMES)
    shipped = {path.name for path in catalogue.data_directory().iterdir() if path.suffix in {".csv", ".fgb"}}
    assert {table for entry in PLAN.values() for table in entry.tables} == shipped - set(HAND_MADE)
    for entry in PLAN.values():
        if not entry.note:
            assert set(entry.raw) <= {*CLIENTS, *CARRIED}


def test_what_is_computed_from_a_table_is_built_again_too():
    """New plants change the headroom; the prices do not care."""
    themes, _ = chosen(["grid_generation"])
    assert themes == ["generation", "headroom"]
    assert chosen(["electricity_prices.csv"])[0] == ["prices"]


def test_tables_nobody_can_be_asked_for_are_named():
    """A sentence each, and nothing is built."""
    themes, notes = chosen(["cohesion", "attributes"])
    assert themes == []
    assert any("compiled by hand" in note for note in notes)
    assert any("written by hand" in note for note in notes)


def test_a_misspelt_table_gets_the_nearest_name():
    """The command must not fetch everything instead."""
    with pytest.raises(InputError, match="did you mean 'electricity_prices'"):
        chosen(["electricity_price"])


def test_files_that_people_wrote_are_carried_over(tmp_path):
    """The raw load of each country, from the shipped peak loads of its regions."""
    CARRIED["grid/electricity_load_twh_unchecked.csv"](catalogue.data_directory(), tmp_path / "load.csv")
    rows = {
        row["country"]: row["approx_annual_load_TWh_2023_24"] for row in rows_of((tmp_path / "load.csv").read_text())
    }
    assert len(rows) == 27
    assert (rows["DE"], rows["LU"]) == ("465.0", "6.5")


def test_a_difference_counts_rows(tmp_path):
    """One row more, one less, one changed."""
    head = "region,attribute,value\n"
    (tmp_path / "a.csv").write_text(head + "EE00,x,10\nLV00,x,5\nLT01,x,\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(head + "EE00,x,15\nLV00,x,5\nFI19,x,1\n", encoding="utf-8")
    found = compare(tmp_path / "a.csv", tmp_path / "b.csv")
    assert (found.added, found.removed, found.changed) == (1, 1, 1)
    assert found.largest[0].relative == pytest.approx(0.5)


def test_the_command_shows_the_difference_and_replaces_nothing_on_a_dry_run(mirror, tmp_path, monkeypatch):
    """As a user calls it, with a mirror."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    target = own_adders(tmp_path / "tables")
    before = bytes_of(target)
    command = [
        "refresh",
        "prices",
        "cohesion",
        "--from",
        mirror[0].address,
        "--to",
        str(target),
        "--no-check",
        "--dry-run",
    ]
    outcome = CliRunner().invoke(application, command, catch_exceptions=False)
    assert outcome.exit_code == 0
    assert "electricity_prices.csv" in outcome.stdout
    assert "cohesion is kept as it is" in outcome.stdout
    assert "would be replaced" in outcome.stdout
    assert bytes_of(target) == before


def test_a_refresh_makes_the_process_read_the_tables_again(mirror, tmp_path):
    """What was cached is dropped."""
    reading.source_table(None)
    fresh(mirror, own_adders(tmp_path / "tables"))
    assert reading.source_table.cache_info().currsize == 0
