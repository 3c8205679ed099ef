"""Files for other tools: formats, options, hostile names, full disks, repeatable bytes; read back with those tools."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from export_samples import HOSTILE, hostile, nothing_held
from pyarrow import parquet

import siting
from siting.export import FORMATS, PICTURES
from siting.export.interchange import KEY

MAP_FORMATS = ("gpkg", "qgz", "qgs", "geojson", "kml", "geoparquet")
BESIDE = {"qgz": "gpkg", "qgs": "gpkg", "lp": "sol", "mps": "sol"}


@pytest.fixture(scope="module")
def solution() -> siting.Solution:
    """Solve the shipped model once."""
    return siting.solve("gigafactories")


@pytest.fixture(scope="module")
def awkward() -> siting.Solution:
    """Solve a small model whose names are formulas, tags and control characters."""
    return hostile()


@pytest.fixture(scope="module")
def bare() -> siting.Solution:
    """Solve plain numbers once."""
    criteria = {
        "access": siting.Criterion(service=[[1.0, 4.0, 9.0], [8.0, 2.0, 1.0]]),
        "cost": siting.Criterion(site=[3, 1, 2]),
    }
    return siting.solve(siting.Instance(sites=2, criteria=criteria, candidates=["a", "b", "c"]))


def test_the_geojson_is_in_longitude_and_latitude(solution: siting.Solution, tmp_path: Path) -> None:
    """RFC 7946 knows nothing else."""
    frame = gpd.read_file(solution.to_file(tmp_path / "answer.geojson"))
    assert frame.crs.to_epsg() == 4326
    assert len(frame) == 242
    assert frame.set_index("candidate")["selected"].sum() == 4


def test_a_missing_value_stays_missing_in_csv(solution: siting.Solution, tmp_path: Path) -> None:
    """Malta has no grid capacity; it is not zero."""
    table = pd.read_csv(solution.to_file(tmp_path / "answer.csv"), index_col="candidate")
    assert pd.isna(table.loc["MT00", "grid_capacity_mva"])
    assert table["selected"].sum() == 4


def test_json_holds_the_same_answer(bare: siting.Solution, tmp_path: Path) -> None:
    """Portfolio, objective, bound, status, criteria, rules."""
    answer = json.loads(bare.to_file(tmp_path / "answer.json").read_text(encoding="utf-8"))
    assert tuple(answer["portfolio"]) == bare.portfolio
    assert answer["objective"] == pytest.approx(bare.objective)
    assert answer["status"] == "optimal"


@pytest.mark.parametrize("ending", ["parquet", "geoparquet"])
def test_geoparquet_holds_the_candidates_and_says_where_they_come_from(
    solution: siting.Solution, ending: str, tmp_path: Path
) -> None:
    """Read by geopandas; criteria, rules and sources stand in the metadata."""
    path = solution.to_file(tmp_path / f"answer.{ending}")
    frame = gpd.read_parquet(path)
    assert frame.crs.to_epsg() == 3035
    assert frame.loc[frame["selected"], "candidate"].tolist() == list(solution.portfolio or ())
    assert frame.set_index("candidate")["grid_capacity_mva"].isna()["MT00"]
    metadata = parquet.read_schema(path).metadata
    assert json.loads(metadata[b"geo"])["version"] == "1.1.0"
    told = json.loads(metadata[KEY])
    assert float(told["about"]["objective"]) == solution.objective
    assert {row["source"]: row["licence"] for row in told["sources"]}["osm_grid"] == "ODbL-1.0"
    assert sum(row["contribution"] for row in told["criteria"]) == pytest.approx(solution.objective)


def test_a_bare_instance_has_no_map_formats(bare: siting.Solution, tmp_path: Path) -> None:
    """Plain numbers have no geometry; a table they have."""
    for ending in MAP_FORMATS:
        with pytest.raises(siting.InputError, match="no geometry"):
            bare.to_file(tmp_path / f"answer.{ending}")
    assert list(tmp_path.iterdir()) == []
    assert pd.read_csv(bare.to_file(tmp_path / "answer.csv"))["selected"].sum() == 2
    assert pd.read_parquet(bare.to_file(tmp_path / "answer.parquet"))["selected"].sum() == 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("answer.xyz", "written as one of .gpkg"),
        ("answer.gpgk", "did you mean 'gpkg'"),
        ("answer", "no ending"),
        ("missing/answer.csv", "no such file or directory"),
        ("missing/answer.qgz", "no such file or directory"),
        ("answer.html", "solution.explore"),
        ("answer.docx", "solution.report"),
    ],
)
def test_a_file_that_cannot_be_written_leaves_nothing(
    bare: siting.Solution, awkward: siting.Solution, name: str, sentence: str, tmp_path: Path
) -> None:
    """One sentence with the nearest format or the method that writes it, and no file."""
    with pytest.raises(siting.OutputError, match="cannot write") as caught:
        (awkward if name.endswith("qgz") else bare).to_file(tmp_path / name)
    assert sentence in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_option_no_format_knows_is_refused_by_name(awkward: siting.Solution, tmp_path: Path) -> None:
    """With the nearest option, before anything is written."""
    with pytest.raises(siting.InputError, match="no option 'langauge'; did you mean 'language'"):
        awkward.to_file(tmp_path / "answer.gpkg", langauge="it")
    with pytest.raises(siting.InputError, match="takes no option 'style'"):
        awkward.to_file(tmp_path / "answer.csv", style="print")
    with pytest.raises(siting.InputError, match="do not speak 'xx'"):
        awkward.to_file(tmp_path / "answer.qgz", language="xx")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_survives_a_failed_write(
    bare: siting.Solution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old answer is replaced by a whole new one or not at all."""
    path = tmp_path / "answer.csv"
    path.write_text("precious", encoding="utf-8")

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fails)
    with pytest.raises(siting.OutputError, match="no space left on device"):
        bare.to_file(path)
    assert path.read_text(encoding="utf-8") == "precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer.csv"]


@pytest.mark.parametrize("name", ["answer.qgz", "answer.gpkg"])
def test_a_pair_of_files_is_written_whole_or_not_at_all(awkward: siting.Solution, name: str, tmp_path: Path) -> None:
    """A folder in the place of either file: neither is written."""
    (tmp_path / name).mkdir()
    with pytest.raises(siting.OutputError, match="it is a folder"):
        awkward.to_file(tmp_path / "answer.qgz")
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


_FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import geopandas, pyarrow.parquet, pyogrio, xlsxwriter, pyomo.environ, siting, siting.formulation
from export_samples import hostile
from siting.export import FORMATS
solution = hostile()
folder = Path(sys.argv[2])
for ending in FORMATS:
    limit = {"gpkg": 60_000, "qgz": 60_000, "kml": 5_000, "xlsx": 5_000}.get(ending, 700)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        sentence = f"wrote {solution.to_file(folder / f'answer.{ending}')}"
    except siting.OutputError as error:
        sentence = str(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(ending, [entry.name for entry in folder.iterdir()], ascii(sentence), sep="|")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the size of files is limited by a setting of Unix")
def test_a_disk_that_fills_up_leaves_nothing_half_written(tmp_path: Path) -> None:
    """Files may not grow: each format is refused in one sentence, and the folder stays empty."""
    folder = tmp_path / "full"
    folder.mkdir()
    command = [sys.executable, "-W", "ignore", "-c", _FULL_DISK, str(Path(__file__).parent), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    rows = [line.split("|", maxsplit=2) for line in ran.stdout.splitlines()]
    assert [ending for ending, *_ in rows] == list(FORMATS)
    for ending, left, sentence in rows:
        assert left == "[]", ending
        assert sentence.strip("'\"").startswith("cannot write "), ending
        assert "nothing was written" in sentence, ending


def test_every_format_takes_hostile_names(awkward: siting.Solution, tmp_path: Path) -> None:
    """Formulas, tags, control characters, right-to-left and very long names arrive as text."""
    for ending in FORMATS:
        awkward.to_file(tmp_path / f"{ending}.{ending}")
        assert (tmp_path / f"{ending}.{ending}").stat().st_size > 0
        assert (tmp_path / f"{ending}.{BESIDE.get(ending, ending)}").is_file()
    assert gpd.read_file(tmp_path / "geojson.geojson")["name"].tolist() == list(HOSTILE)
    assert gpd.read_parquet(tmp_path / "parquet.parquet")["name"].tolist() == list(HOSTILE)
    assert pd.read_csv(tmp_path / "csv.csv")["name"].tolist() == list(HOSTILE)
    stored = pyogrio.read_dataframe(tmp_path / "gpkg.gpkg", layer="candidates")
    assert stored["name"].tolist() == list(HOSTILE)


def test_a_solution_that_holds_nothing_is_written_or_refused_in_a_sentence(tmp_path: Path) -> None:
    """Maps show the candidates alone, the model has no solution beside it, a workbook has nothing to recompute."""
    nothing = nothing_held()
    (tmp_path / "mps.sol").write_text("of an earlier run", encoding="utf-8")
    for ending in FORMATS:
        if ending == "xlsx":
            with pytest.raises(siting.InputError, match="no portfolio is held"):
                nothing.to_file(tmp_path / "xlsx.xlsx")
        else:
            nothing.to_file(tmp_path / f"{ending}.{ending}")
    assert not (tmp_path / "mps.sol").exists()
    assert not (tmp_path / "xlsx.xlsx").exists()
    layers = {name for name, _ in pyogrio.list_layers(tmp_path / "qgz.gpkg")}
    assert "sites" not in layers
    assert {"candidates", "criteria", "rules", "about", "sources"} <= layers
    assert gpd.read_file(tmp_path / "kml.kml", layer="Candidates").shape[0] == 5


def test_the_same_solution_gives_the_same_bytes(
    awkward: siting.Solution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With SOURCE_DATE_EPOCH set, as for any build that is repeated."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for ending in ("qgz", "kml", "geojson", "parquet", "xlsx", "csv", "json", "lp", "mps"):
        for folder in ("first", "second"):
            (tmp_path / folder).mkdir(exist_ok=True)
            awkward.to_file(tmp_path / folder / f"answer.{ending}")
        for name in {ending, BESIDE.get(ending, ending)}:
            first, second = (tmp_path / folder / f"answer.{name}" for folder in ("first", "second"))
            assert first.read_bytes() == second.read_bytes(), ending


def test_pictures_are_the_portfolio_map(solution: siting.Solution, tmp_path: Path) -> None:
    """What `plot` takes, `to_file` takes."""
    assert PICTURES == ("png", "svg", "pdf")
    path = solution.to_file(tmp_path / "map.svg", language="it", style="print")
    assert path.read_bytes()[:5] == b"<?xml"
