"""`siting map`: what cannot work is refused before anything is solved, and every map asked for is written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from drawn import small_solution
from pypdf import PdfReader
from typer.testing import CliRunner

from siting import command_line_map, maps
from siting.command_line import application
from siting.errors import InputError, OutputError


@pytest.fixture
def unsolved(monkeypatch):
    """Fail the test if anything is solved."""

    def solve(*_, **__):
        pytest.fail("solved before the options were checked")

    monkeypatch.setattr(command_line_map, "solved", solve)


@pytest.fixture
def solved(monkeypatch):
    """Draw a small solution instead of solving a model; keep what was explored."""
    small = small_solution()
    explored = {}

    class Page:
        def save(self, path):
            path.write_text("<html>")

    def explore(**options):
        explored.update(options)
        return Page()

    solution = SimpleNamespace(
        **vars(small), portfolio=("AT12", "AT31"), explore=explore,
        plot=lambda kind, **options: maps.plot(small, kind=kind, **options),
    )  # fmt: skip
    monkeypatch.setattr(command_line_map, "solved", lambda *_, **__: solution)
    monkeypatch.setattr("siting.analysis.alternatives.alternatives", lambda *_, **__: small.analyses["alternatives"])
    monkeypatch.setattr("siting.analysis.robustness.robustness", lambda *_, **__: small.analyses["robustness"])
    return explored


def run(*options):
    """Run `siting map` and return its result."""
    return CliRunner().invoke(application, ["map", *map(str, options)])


@pytest.mark.usefixtures("unsolved")
@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        (["--kind", "latencies"], InputError, "did you mean 'latency'"),
        (["--kind", "criterion"], InputError, "needs --attribute"),
        (["--kind", "score", "--shade", "pue"], InputError, "--shade is for a map of kind portfolio"),
        (["--attribute", "pue", "--threshold", "10"], InputError, "--threshold is for a map of kind latency"),
        (["--kind", "latency", "--threshold", "20", "--threshold", "10"], InputError, "rising round trips"),
        (["--kind", "criterion", "--attribute", "pue", "--attribute", "score"], InputError, "use --kind criteria"),
        (["--language", "de"], InputError, "do not speak 'de'"),
        (["--style", "prnt"], InputError, "did you mean 'print'"),
        (["--orientation", "upright"], InputError, "no orientation 'upright'"),
        (["--dpi", "1"], InputError, "dots per inch"),
        (["--to", "map.bmp"], OutputError, "'bmp' is unknown"),
        (["--to", "missing/map.png"], OutputError, "cannot write"),
        (["--html", "map.htm"], OutputError, "'htm' is unknown"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_solved(options, error, sentence, tmp_path, monkeypatch):
    """Nobody waits for a search to learn of a misspelt word, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    result = run(*options)
    assert isinstance(result.exception, error)
    assert sentence in str(result.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("solved")
def test_several_maps_are_pages_of_one_pdf_in_the_order_asked_for(tmp_path):
    """Analyses that a map needs are computed."""
    target = tmp_path / "maps.pdf"
    result = run("--kind", "latency", "--kind", "alternatives", "--kind", "robustness", "--to", target)
    assert result.exception is None, result.output
    pages = [page.extract_text() for page in PdfReader(target).pages]
    titles = ("How far a round trip reaches", "What else is as good", "How often each candidate")
    assert len(pages) == 3
    for page, title in zip(pages, titles, strict=True):
        assert title in page
    assert f"wrote {target}" in result.output


@pytest.mark.usefixtures("solved")
def test_several_pictures_are_files_named_by_their_kind(tmp_path):
    """A picture has one page."""
    result = run("--kind", "score", "--kind", "service", "--dpi", "40", "--to", tmp_path / "map.png")
    assert result.exception is None, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map-score.png", "map-service.png"]


@pytest.mark.usefixtures("solved")
def test_an_attribute_asks_for_its_map(tmp_path):
    """One gives a choropleth, several give small multiples."""
    result = run("--attribute", "grid_capacity_mva", "--language", "it", "--to", tmp_path / "one.svg")
    assert result.exception is None, result.output
    assert "Capacità di rete (stima)" in (tmp_path / "one.svg").read_text(encoding="utf-8")
    run("--attribute", "grid_capacity_mva", "--attribute", "score", "--to", tmp_path / "two.svg")
    assert "The criteria, region by region" in (tmp_path / "two.svg").read_text(encoding="utf-8")


def test_an_interactive_map_is_written_beside_the_sheet_or_instead(solved, tmp_path, monkeypatch):
    """Without --to there is no sheet; analyses that were computed go onto the page too."""
    monkeypatch.chdir(tmp_path)
    result = run("--html", "explore.html", "--language", "it")
    assert result.exception is None, result.output
    assert [path.name for path in tmp_path.iterdir()] == ["explore.html"]
    assert solved == {"language": "it"}
    run("--html", "explore.html", "--kind", "alternatives", "--to", "map.svg", "--title", "Mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["explore.html", "map.svg"]
    assert {"alternatives", "title"} <= set(solved)
