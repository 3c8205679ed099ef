"""Files for other tools, read back with those tools."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import siting

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def solution() -> siting.Solution:
    """Solve the shipped model once."""
    return siting.solve("gigafactories")


@pytest.fixture(scope="module")
def bare() -> siting.Solution:
    """Solve plain numbers once."""
    criteria = {
        "access": siting.Criterion(service=[[1.0, 4.0, 9.0], [8.0, 2.0, 1.0]]),
        "cost": siting.Criterion(site=[3, 1, 2]),
    }
    return siting.solve(siting.Instance(sites=2, criteria=criteria, candidates=["a", "b", "c"]))


def test_the_geopackage_holds_sites_candidates_demand_and_tables(solution: siting.Solution, tmp_path: Path) -> None:
    """The layers a GIS expects, in EPSG:3035, with the same numbers."""
    path = solution.to_file(tmp_path / "answer.gpkg")
    assert {name for name, _ in pyogrio.list_layers(path)} == {
        "sites",
        "candidates",
        "demand",
        "criteria",
        "rules",
        "about",
    }
    sites = gpd.read_file(path, layer="sites")
    assert sites.crs.to_epsg() == 3035
    assert sites["candidate"].tolist() == list(solution.portfolio or ())
    assert set(sites.geom_type) == {"Point"}
    criteria = gpd.read_file(path, layer="criteria").set_index("criterion")
    assert criteria["value"].to_numpy() == pytest.approx(solution.criteria["value"].to_numpy())
    demand = gpd.read_file(path, layer="demand")
    assert len(demand) == 1166
    assert set(demand["facility"]) == set(solution.portfolio or ())


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


def test_a_bare_instance_has_no_map_formats(bare: siting.Solution, tmp_path: Path) -> None:
    """Plain numbers have no geometry; a table they have."""
    with pytest.raises(siting.InputError, match="no geometry"):
        bare.to_file(tmp_path / "answer.gpkg")
    assert pd.read_csv(bare.to_file(tmp_path / "answer.csv"))["selected"].sum() == 2
    assert [path.name for path in tmp_path.iterdir()] == ["answer.csv"]


@pytest.mark.parametrize("name", ["answer.xyz", "answer", "missing/answer.csv"])
def test_a_file_that_cannot_be_written_leaves_nothing(bare: siting.Solution, name: str, tmp_path: Path) -> None:
    """One sentence, no file."""
    with pytest.raises(siting.OutputError, match="cannot write"):
        bare.to_file(tmp_path / name)
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
