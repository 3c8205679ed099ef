"""The command `siting`: what it prints, what it writes, and how it says no."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def siting(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a user does."""
    return subprocess.run(
        [sys.executable, "-c", "from siting.command_line import main; main()", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder or ROOT,
        env={**os.environ, "COLUMNS": "160", "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run the main job of the README once."""
    folder = tmp_path_factory.mktemp("main job")
    return siting("solve", "gigafactories", "--output", "results", folder=folder), folder / "results"


class TestSolve:
    """`siting solve`."""

    def test_the_main_job_prints_sites_criteria_proof_and_time(
        self, solved: tuple[subprocess.CompletedProcess[str], Path]
    ) -> None:
        """Four sites, each criterion in its unit, objective, bound, gap and how optimality was proven."""
        run, _ = solved
        assert run.returncode == 0, run.stderr
        for word in (
            "EUR/yr",
            "doublings",
            "eligible sites",
            "ms",
            "objective",
            "bound",
            "gap 0.00%",
            "optimal",
            "proof:",
        ):
            assert word in run.stdout

    def test_the_main_job_writes_a_picture_and_a_geopackage_with_four_sites(
        self, solved: tuple[subprocess.CompletedProcess[str], Path]
    ) -> None:
        """Both files are what their endings say."""
        _, results = solved
        assert (results / "gigafactories.png").read_bytes().startswith(b"\x89PNG")
        with sqlite3.connect(results / "gigafactories.gpkg") as database:
            assert database.execute("SELECT count(*) FROM sites").fetchone() == (4,)
            assert database.execute("SELECT count(*) FROM candidates").fetchone() == (242,)
            assert database.execute("SELECT count(*) FROM demand").fetchone() == (1166,)
        database.close()

    def test_nothing_but_json_is_printed_when_json_is_asked_for(self) -> None:
        """A script reads standard output whole."""
        run = siting("solve", "gigafactories", "--sites", "3", "--require", "ITI3", "--json")
        answer = json.loads(run.stdout)
        assert answer["status"] == "optimal"
        assert len(answer["portfolio"]) == 3
        assert "ITI3" in answer["portfolio"]
        assert answer["bound"] == pytest.approx(answer["objective"])

    def test_a_key_set_on_the_command_line_changes_the_question(self) -> None:
        """`--set` reaches any key of the model."""
        run = siting("solve", "--set", "rules.one_site_per_country.enabled=false", "--set", "sites=5", "--json")
        rules = [row["rule"] for row in json.loads(run.stdout)["rules"]]
        assert not any("DE" in rule for rule in rules)
        assert len(json.loads(run.stdout)["portfolio"]) == 5

    def test_the_shipped_model_printed_and_solved_again_gives_the_same_sites(self, tmp_path: Path) -> None:
        """What `siting models NAME` prints is a model file."""
        (tmp_path / "mine.toml").write_text(siting("models", "gigafactories").stdout, encoding="utf-8")
        mine = json.loads(siting("solve", "mine.toml", "--json", folder=tmp_path).stdout)
        shipped = json.loads(siting("solve", "--json").stdout)
        assert mine["portfolio"] == shipped["portfolio"]


class TestRefusals:
    """Bad input: one sentence on standard error, exit code 2, nothing written."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["gigafactorys"], ["gigafactorys", "gigafactories"]),
            (["nowhere/model.toml"], ["nowhere/model.toml"]),
            (["--weight", "latncy=1"], ["latncy", "did you mean 'latency'"]),
            (["--weight", "latency"], ["--weight 'latency'", "NAME=VALUE"]),
            (["--weight", "latency=much"], ["much", "not a number"]),
            (["--weight", "latency=-1"], ["latency", "-1"]),
            (["--set", "rules.spacin.minimum_km=3"], ["spacin", "did you mean 'spacing'"]),
            (["--set", "rules.spacing.minimum_kn=3"], ["minimum_kn", "did you mean 'minimum_km'"]),
            (["--require", "ITI33"], ["ITI33", "ITI3"]),
            (["--require", "FRY1"], ["FRY1", "outermost"]),
            (["--require", "ITI3", "--forbid", "ITI3"], ["ITI3", "required and forbidden"]),
            (["--sites", "243"], ["243", "candidates"]),
            (["--sites", "0"], ["sites"]),
            (["--method", "simplex"], ["simplex", "benders"]),
            (["--time-limit", "0"], ["time_limit"]),
            (
                ["--set", "rules.spacing.minimum_km=2500"],
                ["no portfolio satisfies every rule", "sites at least 2500 km apart"],
            ),
            (["--output", "/proc/nowhere"], ["/proc/nowhere"]),
            (["--to", "answer.docx"], ["answer.docx", ".gpkg"]),
            (["--to", "missing/answer.csv"], ["missing/answer.csv"]),
        ],
    )
    def test_a_wrong_word_is_answered_with_the_nearest_right_one(
        self, arguments: list[str], words: list[str], tmp_path: Path
    ) -> None:
        """What is wrong, where, and the nearest valid thing; no traceback."""
        run = siting("solve", *arguments, folder=tmp_path)
        assert run.returncode == 2, run.stdout + run.stderr
        assert "Traceback" not in run.stderr
        assert len(run.stderr.strip().splitlines()) == 1
        for word in words:
            assert word in run.stderr
        assert list(tmp_path.iterdir()) == []

    def test_a_misspelt_key_in_a_file_is_named_with_its_file_and_section(self, tmp_path: Path) -> None:
        """The file, the section, the key and the nearest key."""
        path = tmp_path / "mine.toml"
        path.write_text('based_on = "gigafactories"\n[criteria.latency]\nwieght = 0.5\n', encoding="utf-8")
        run = siting("solve", str(path))
        assert run.returncode == 2
        for word in ("mine.toml", "criteria.latency", "wieght", "weight"):
            assert word in run.stderr


class TestMap:
    """`siting map`."""

    def test_a_map_in_italian_is_a_vector_file_with_real_text(self, tmp_path: Path) -> None:
        """The SVG holds words, not outlines of letters."""
        target = tmp_path / "mappa.svg"
        run = siting("map", "--language", "it", "--to", str(target))
        assert run.returncode == 0, run.stderr
        assert "Siti scelti" in target.read_text(encoding="utf-8")

    def test_an_unknown_attribute_is_refused_and_nothing_is_written(self, tmp_path: Path) -> None:
        """The nearest attribute is named."""
        run = siting("map", "--shade", "grid_capacity_mwa", "--to", str(tmp_path / "map.png"))
        assert run.returncode == 2
        assert "grid_capacity_mva" in run.stderr
        assert list(tmp_path.iterdir()) == []


class TestData:
    """`siting data` and `siting models`."""

    def test_every_attribute_is_listed_with_its_coverage(self) -> None:
        """A region that lacks a value is counted as lacking it."""
        run = siting("data", "list")
        assert run.returncode == 0, run.stderr
        assert "grid_capacity_mva" in run.stdout
        assert "232/242" in run.stdout

    def test_a_value_is_traced_to_its_publisher(self) -> None:
        """From the proxy down to population and GDP."""
        run = siting("data", "show", "ITI3", "--attribute", "grid_capacity_mva")
        assert run.returncode == 0, run.stderr
        assert "Eurostat" in run.stdout

    @pytest.mark.parametrize(
        ("arguments", "word"),
        [(["show", "ITI39"], "ITI3"), (["describe", "pues"], "pue"), (["show", "ITI3", "--attribute", "pues"], "pue")],
    )
    def test_an_unknown_name_is_refused_with_the_nearest(self, arguments: list[str], word: str) -> None:
        """Exit code 2 and one line."""
        run = siting("data", *arguments)
        assert run.returncode == 2
        assert word in run.stderr

    def test_the_shipped_models_are_listed_with_their_titles(self) -> None:
        """Names to type, titles to read."""
        run = siting("models")
        assert "gigafactories-monetised" in run.stdout

    def test_help_shows_examples(self) -> None:
        """Every command says how it is used."""
        for command in (["solve"], ["map"], ["models"], ["data", "show"]):
            assert "siting" in siting(*command, "--help").stdout
