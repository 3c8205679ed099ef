"""Interactive maps of unusual input: names that attack, places, squares, nothing; and files, words and shapes."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from interactive_page import DATE, DESK, choose_layer, position

import siting
from siting import data
from siting.errors import InputError, OutputError
from siting.interactive import InteractiveMap, explore
from siting.interactive.geometry import Canvas, simplified
from siting.interactive.texts import words
from siting.maps.frame import EUROPE
from siting.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser import Visit

pytestmark = pytest.mark.slow

ASSETS = Path(siting.__file__).parent / "interactive" / "assets"
HOSTILE = [
    "<script>window.attacked=1</script>",
    "</script><script>window.attacked=2</script>",
    "\"'><img src=x onerror=window.attacked=3>",
    "\u202eاسم المنطقة\u202c & مدينة",
    "{{content}} <!-- ${window.attacked=4}",
    "w" * 300,
]


@pytest.fixture(scope="module")
def solution() -> Solution:
    """Return the shipped case."""
    return siting.solve()


# --- bad and unusual input ------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Solution, Path]:
    """Write the page of candidates whose names try to break it."""
    table = data.candidates("nuts2")
    codes = ["AT11", "BE10", "CZ01", "DE40", "ES41", "ITC4"]
    table["name"] = table["name"].astype(object)
    table.loc[codes, "name"] = HOSTILE
    table["<b onmouseover=alert(1)>"] = np.arange(len(table)) % 3
    solution = siting.solve(candidates=table)
    path = tmp_path_factory.mktemp("hostile") / "map.html"
    return solution, solution.explore(title=HOSTILE[1], sources=[HOSTILE[0]]).save(path)


def test_names_that_try_to_run_are_only_shown(visit: Callable[..., Visit], hostile: tuple[Solution, Path]) -> None:
    """In the title, the table, the details, the legend, the note at the pointer, the footer."""
    solution, path = hostile
    seen = visit(path, viewport=DESK, reduced_motion="reduce")
    page = seen.page
    assert page.locator("h1").inner_text() == HOSTILE[1]
    assert page.title() == HOSTILE[1]
    for name in HOSTILE:
        code = solution.candidates.index[solution.candidates["name"] == name][0]
        page.evaluate("index => siting.change({selected: index, hovered: index}, 'header')", position(page, code))
        assert page.locator("#details h2").text_content() == name
        assert name in page.locator("#candidates tr.selected").text_content()
        page.evaluate("siting.change({hovered: -1})")
    choose_layer(page, "<b onmouseover=alert(1)>")
    assert page.locator("#legend h2").text_content() == "<b onmouseover=alert(1)>"
    assert HOSTILE[0] in page.locator("#footer").text_content()
    assert page.evaluate("window.attacked ?? null") is None
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]
    assert seen.requests == [path.resolve().as_uri()]


def _own_polygons(_: Solution) -> Solution:
    """Return a solution of squares that have neither names nor codes of regions."""
    squares = [shapely.box(4.2e6 + x, 2.4e6 + y, 4.25e6 + x, 2.45e6 + y) for x in (0, 5e4, 1e5) for y in (0, 5e4)]
    table = gpd.GeoDataFrame(geometry=squares, index=pd.Index(range(6), name="lot"), crs="EPSG:3035")
    return siting.solve(candidates=table, sites=1, rules=_no_rules())


def _places(_: Solution) -> Solution:
    """Return a solution of places instead of areas."""
    table = data.candidates("grid_nodes")
    return siting.solve("gigafactories-grid-nodes", candidates=table[table["country"].isin(["IT", "PT"])], sites=2)


def _twenty_sites(_: Solution) -> Solution:
    """Return more sites than there are colours, in two countries."""
    table = data.candidates("nuts2")
    return siting.solve(candidates=table[table["country"].isin(["FR", "IT"])], sites=20, rules=_no_rules(), gap=0.1)


def _no_rules() -> dict[str, bool]:
    return dict.fromkeys(siting.Model.load("gigafactories").rules, False)


def _nothing_held(full: Solution) -> Solution:
    """Return a search that was stopped before it held anything."""
    held = dataclasses.replace(
        full.result, portfolio=None, objective=None, gap=math.inf, status="time_limit", values={}, assignment=None
    )
    return Solution(full.instance, held, full.model, full.scaling)


@pytest.mark.parametrize(
    ("make", "sites"),
    [
        (_own_polygons, 1),
        (_places, 2),
        (_nothing_held, 0),
        (_twenty_sites, 20),
        (lambda _: siting.solve(demand="cities"), 4),
    ],
    ids=["polygons without names", "places", "nothing held", "twenty sites", "users in cities"],
)
def test_every_kind_of_solution_gives_a_correct_picture(
    visit: Callable[..., Visit], solution: Solution, tmp_path: Path, make: Callable[[Solution], Solution], sites: int
) -> None:
    """As many markers as sites, as many shapes as candidates, every layer without an error."""
    solution = make(solution)
    page = visit(solution.explore().save(tmp_path / "map.html"), viewport=DESK, reduced_motion="reduce").page
    assert page.locator(".marker").count() == sites == page.locator("#sites li").count()
    shapes = page.locator("path.candidate").evaluate_all("marks => marks.filter((m) => m.getAttribute('d')).length")
    assert shapes == len(solution.candidates)
    page.evaluate("siting.content.layers.forEach((_, layer) => siting.change({layer}, 'layers'))")
    page.evaluate("siting.change({selected: 0}, 'header')")
    assert page.locator("#details h2").inner_text()
    if sites == 0:
        assert page.locator("#verdict").inner_text() == "No portfolio is held: the time limit"
        page.evaluate("siting.change({selected: -1}, 'header')")
        assert page.locator("#details").inner_text().startswith("Point at a candidate")


def test_nuts3_stays_small_and_its_table_is_turned_page_by_page(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """1,166 regions: less than 3 MB, at most a hundred rows at a time, every row on some page."""
    solution = siting.solve(candidates="nuts3")
    path = solution.explore().save(tmp_path / "nuts3.html")
    assert path.stat().st_size < 3e6
    page = visit(path, viewport=DESK, reduced_motion="reduce").page
    seen: list[str] = []
    while True:
        rows = page.locator("#candidates tbody th small").all_inner_texts()
        assert len(rows) <= 100
        seen += rows
        if page.locator("#next").is_disabled():
            break
        page.locator("#next").click()
    assert sorted(seen) == sorted(solution.candidates.index)


def test_italian_speaks_italian_throughout(visit: Callable[..., Visit], solution: Solution, tmp_path: Path) -> None:
    """Words, numbers, countries, reasons."""
    page = visit(solution.explore(language="it", date=DATE).save(tmp_path / "mappa.html"), viewport=DESK).page
    text = page.locator("body").inner_text()
    for expected in (
        "ottimo dimostrato",
        "Siti scelti",
        "0,2029",
        "Costo dell'energia",
        "Germania",
        "regione ultraperiferica",
    ):
        assert expected in text
    assert page.get_attribute("html", "lang") == "it"
    page.evaluate("index => siting.change({selected: index})", position(page, "FRY4"))
    assert "nessun valore per efficienza d'uso dell'energia (PUE)" in page.locator("#details").inner_text()


def test_options_that_make_no_sense_are_refused_in_one_sentence(solution: Solution) -> None:
    """With the nearest valid name where there is one."""
    for options, sentence in (
        ({"language": "de"}, "'de'"),
        ({"layer": "exclusion"}, "did you mean 'exclusions'"),
        ({"attributes": ["puee"]}, "did you mean 'pue'"),
        ({"attributes": "pue"}, r"takes a list of names, for example \['pue'\]"),
        ({"alternatives": 3}, "what siting.alternatives returns, not int"),
        ({"robustness": solution}, "what siting.robustness returns"),
        ({"height": "tall"}, "whole number of at least 200 pixels"),
    ):
        with pytest.raises(InputError, match=sentence):
            solution.explore(**options)
    elsewhere = SimpleNamespace(sites=pd.DataFrame({"role": ["core"]}, index=["ATLANTIS"]))
    with pytest.raises(InputError, match="about other candidates"):
        solution.explore(alternatives=elsewhere)


def test_attributes_can_be_chosen(solution: Solution) -> None:
    """Only those named are on the page."""
    html = solution.explore(attributes=["pue", "population"]).html
    assert '"key":"pue"' in html
    assert '"key":"gdp_per_head_index"' not in html


def test_a_file_is_written_whole_or_not_at_all(solution: Solution, tmp_path: Path) -> None:
    """Another ending, a missing folder or a folder of that name is one sentence, and nothing is left behind."""
    drawn = InteractiveMap("<p>", "title", 300)
    for target, sentence in (
        (tmp_path / "map.pdf", "the format 'pdf' is unknown, an interactive map is written as one of .html"),
        (tmp_path / "nowhere" / "map.html", "no such file or directory"),
        (tmp_path, "has no ending"),
    ):
        with pytest.raises(OutputError, match=sentence):
            drawn.save(target)
    assert list(tmp_path.iterdir()) == []
    assert drawn.save(tmp_path / "map.html").read_text() == "<p>"
    few: Any = {"attributes": ["pue"], "date": DATE}
    assert explore(solution, **few).html == explore(solution, **few).html


# --- notebooks ------------------------------------------------------------


def test_in_a_notebook_the_page_stands_in_a_frame_of_its_own(
    visit: Callable[..., Visit], solution: Solution, tmp_path: Path
) -> None:
    """Escaped whole into the frame; it draws itself there and cannot reach the notebook around it."""
    notebook = tmp_path / "notebook.html"
    notebook.write_text(
        f"<!doctype html><title>n</title>{solution.explore(height=700)._repr_html_()}", encoding="utf-8"
    )
    seen = visit(notebook, viewport=DESK)
    frame = seen.page.frames[1]
    frame.wait_for_selector(".marker")
    assert frame.locator("h1").inner_text() == solution.model.title
    assert seen.page.locator("iframe").bounding_box()["height"] == pytest.approx(702, abs=3)
    assert frame.evaluate("(() => { try { return parent.document.title } catch { return 'refused' } })()") == "refused"
    assert seen.requests == [notebook.resolve().as_uri()]


# --- shapes and words ------------------------------------------------------------


def _polygon(path: str) -> shapely.Geometry:
    """Return the area an SVG path of relative moves encloses; rings inside others are holes."""
    rings = []
    for part in path.split("z")[:-1]:
        numbers = [float(text) for text in re.findall(r"-?\d+", part)]
        rings.append(shapely.Polygon(np.cumsum(np.reshape(numbers, (-1, 2)), axis=0)).buffer(0))
    area = shapely.Polygon()
    for ring in rings:
        area = area.symmetric_difference(ring)
    return area


def test_the_paths_are_the_regions() -> None:
    """Every region keeps its area and place, to the 100 metres of the grid along its outline."""
    table = data.candidates("nuts2")
    table = table[table.geometry.centroid.within(EUROPE.polygon)]
    canvas = Canvas.over(EUROPE)
    for shape, drawn in zip(table.geometry, simplified(table.geometry.to_numpy(), canvas.unit), strict=True):
        back = shapely.transform(
            _polygon(canvas.path(drawn)), lambda units: units * (canvas.unit, -canvas.unit) + (EUROPE.left, EUROPE.top)
        )
        assert shape.symmetric_difference(back).area < 2.5 * canvas.unit * shape.length


def test_every_word_the_page_asks_for_exists_in_both_languages() -> None:
    """In the scripts and in the template."""
    texts = "".join(path.read_text(encoding="utf-8") for path in [*ASSETS.glob("*.js"), ASSETS / "page.html"])
    asked = set(re.findall(r"words\.(\w+)", texts)) | set(
        re.findall(r'data-(?:text|label|title|placeholder)="(\w+)"', texts)
    )
    assert len(asked) > 40
    for language in ("en", "it"):
        assert asked <= set(words(language))
    assert "innerHTML" not in texts
