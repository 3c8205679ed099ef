"""The interactive map, driven in a real browser without a network: what it shows is what the solution says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from interactive_page import (
    DATE,
    DESK,
    PHONE,
    choose_layer,
    detail,
    figure,
    mark,
    position,
    selected,
    zoom,
    zoomed_beyond,
)

import siting
from siting.maps.frame import EUROPE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from browser import Visit
    from playwright.sync_api import Page

    from siting.solution import Solution

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def solution() -> Solution:
    """Return the shipped case."""
    return siting.solve()


@pytest.fixture(scope="module")
def page_file(solution: Solution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of the shipped case with both analyses."""
    found = siting.alternatives(solution, within=0.05)
    draws = siting.robustness(solution, draws=8)
    path = tmp_path_factory.mktemp("interactive") / "map.html"
    return solution.explore(alternatives=found, robustness=draws, date=DATE).save(path)


@pytest.fixture
def desk(visit: Callable[..., Visit], page_file: Path) -> Page:
    """Open the page on a desk; without motion, so that nothing has to be waited for."""
    return visit(page_file, viewport=DESK, reduced_motion="reduce").page


# --- one file, no network ------------------------------------------------------------


def test_the_page_asks_for_nothing_but_itself(visit: Callable[..., Visit], page_file: Path) -> None:
    """Neither when it opens nor when it is used; and a policy forbids it to ask."""
    seen = visit(page_file, viewport=DESK)
    page = seen.page
    for key in ("exclusions", "service", "alternatives", "acceptability", "pue"):
        choose_layer(page, key)
    page.locator("#sites button").first.click()
    page.locator("#every").check()
    assert seen.requests == [page_file.resolve().as_uri()]
    policy = page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert page.evaluate("fetch('https://example.org').then(() => 'answered', () => 'refused')") == "refused"
    assert seen.problems.pop().startswith("error: ")
    seen.problems.clear()


def test_a_script_that_is_not_of_the_page_does_not_run(visit: Callable[..., Visit], page_file: Path) -> None:
    """The policy allows the scripts of the page by their digests and no others."""
    seen = visit(page_file)
    seen.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    assert seen.page.evaluate("window.ran ?? null") is None
    assert "Content Security Policy" in " ".join(seen.problems)
    seen.problems.clear()


def test_the_file_is_small_enough_to_send(page_file: Path) -> None:
    """NUTS-2 with every attribute, both analyses and the surroundings in less than 1.5 MB."""
    assert page_file.stat().st_size < 1.5e6


# --- what is known of a candidate ------------------------------------------------------------


@pytest.mark.parametrize("identifier", ["DE40", "AT11", "FRF2"])
def test_pointing_at_a_region_shows_every_attribute_as_the_solution_has_it(
    desk: Page, solution: Solution, identifier: str
) -> None:
    """Numbers to the decimals that are printed, truth values as words, missing values as such and never as zero."""
    x, y = desk.evaluate(
        """name => {
            const index = siting.candidates.identifiers.indexOf(name);
            const matrix = document.querySelector('.world').getScreenCTM();
            const [x, y] = siting.candidates.anchors[index];
            const point = new DOMPoint(x, y).matrixTransform(matrix);
            return [point.x, point.y];
        }""",
        identifier,
    )
    desk.mouse.move(x + 1, y + 1)
    row = solution.candidates.loc[identifier]
    assert desk.locator("#details h2").inner_text() == row["name"]
    assert desk.locator("#tip strong").inner_text() == row["name"]
    shown, columns = detail(desk), desk.evaluate("siting.content.columns.map(({key, label}) => [key, label])")
    attributes = [(key, label) for key, label in columns if key in solution.candidates.columns]
    assert len(attributes) > 60
    compared = 0
    for key, label in attributes:
        value, contribution = row[key], key.startswith("contribution_")
        if contribution or (key == "score" and pd.isna(value)):
            continue
        text = shown[label]
        compared += 1
        if pd.isna(value):
            assert text == "no data", key
        elif isinstance(value, bool | np.bool_):
            assert text == ("yes" if value else "no"), key
        elif isinstance(value, str):
            assert text == value, key
        else:
            decimals = len(text.split()[0].partition(".")[2].rstrip("°%"))
            assert figure(text) == pytest.approx(value, abs=0.5001 * 10**-decimals), key
    assert compared > 55


def test_a_chosen_site_shows_what_it_contributes_to_each_criterion(desk: Page, solution: Solution) -> None:
    """In the units of the criteria, millions as such."""
    desk.locator("#sites button").nth(1).click()
    site = solution.portfolio[1]
    assert selected(desk) == site
    block = desk.locator("#details h3", has_text="Contribution").locator("xpath=following-sibling::dl[1]")
    texts = dict(
        block.locator("div").evaluate_all("rows => rows.map((row) => [...row.children].map((c) => c.textContent))")
    )
    expected = solution.site_contributions.loc[site]
    assert figure(texts["Energy cost"]) == pytest.approx(expected["energy_cost"] / 1e6, abs=0.06)
    assert texts["Energy cost"].endswith("m EUR/yr")
    assert figure(texts["Latency"]) == pytest.approx(expected["latency"], abs=0.0006)
    assert figure(texts["Share of demand served"]) == pytest.approx(100 * expected["demand_share"], abs=0.006)


def test_an_excluded_region_says_why_and_who_serves_the_people_there(desk: Page, solution: Solution) -> None:
    """Every reason, in words; latency as the mean over the demand inside, weighted by it."""
    desk.evaluate("index => siting.change({selected: index}, 'header')", position(desk, "FRY4"))
    reasons = desk.locator("#details .reasons li").all_inner_texts()
    assert len(reasons) == len(solution.candidates.loc["FRY4", "exclusion_reason"].split("; "))
    assert "outermost region" in reasons
    inside = solution.demand[solution.demand["nuts2"] == "FRY4"]
    facility = inside.groupby("facility")["demand_share"].sum().idxmax()
    shown = detail(desk)
    assert solution.candidates.loc[facility, "name"] in shown["Users here are served by"]
    mean = np.average(inside["latency_ms"], weights=inside["demand_share"])
    assert figure(shown["Mean round-trip latency to the site"]) == pytest.approx(mean, abs=0.06)
    assert desk.locator("#insets figure.active figcaption").inner_text() == "Réunion"


def test_header_and_footer_say_what_was_found_and_what_it_rests_on(desk: Page, solution: Solution) -> None:
    """Objective, gap, proof, criteria with contributions that add up, sources with licences, date, version."""
    verdict = desk.locator("#verdict").inner_text()
    assert f"{solution.objective:.4f}" in verdict
    assert solution.proof in verdict
    shares = desk.locator("#criteria tbody td.share").all_inner_texts()
    assert sum(map(figure, shares)) == pytest.approx(solution.objective, abs=0.0005 * len(shares) + 1e-9)
    footer = desk.locator("#footer").inner_text()
    for text in ("© EuroGeographics", "CC BY 4.0", "EPSG:3035", DATE, siting.__version__):
        assert text in footer


# --- the map ------------------------------------------------------------


def test_a_layer_changes_colours_and_legend_and_its_counts_are_those_of_the_table(
    desk: Page, solution: Solution
) -> None:
    """Each class of the legend counts the candidates of its colour; a missing value has a hatch of its own."""
    before = mark(desk, "AT11").get_attribute("fill")
    choose_layer(desk, "cohesion_category")
    assert desk.locator("#legend h2").inner_text() == "Cohesion category"
    counts = solution.candidates["cohesion_category"].value_counts()
    lines = desk.locator("#legend li").all_inner_texts()
    assert {tuple(line.split("\n")) for line in lines} == {(name, str(number)) for name, number in counts.items()}
    fills = desk.locator("path.candidate").evaluate_all("marks => marks.map((mark) => mark.getAttribute('fill'))")
    assert sorted(pd.Series(fills).value_counts()) == sorted(counts)
    choose_layer(desk, "pue")
    assert mark(desk, "AT11").get_attribute("fill") != before
    missing = int(solution.candidates["pue"].isna().sum())
    assert desk.locator("#legend li", has_text="no data").locator(".many").inner_text() == str(missing)
    assert desk.locator("path.hatch").count() == missing > 0


def test_the_layers_hold_results_criteria_analyses_and_attributes(desk: Page, solution: Solution) -> None:
    """Exclusions by reason, service areas, roles in the alternatives, acceptability, each criterion alone."""
    keys = desk.evaluate("siting.content.layers.map(({key}) => key)")
    expected = {"portfolio", "exclusions", "service", "score", "alternatives", "acceptability", "grid_capacity_mva"}
    assert expected | {f"alone_{name}" for name in solution.criteria.index} <= set(keys)
    choose_layer(desk, "exclusions")
    counts = [int(text) for text in desk.locator("#legend .many").all_inner_texts()]
    assert sum(counts[1:]) == solution.candidates["excluded"].sum()
    assert sum(counts) == len(solution.candidates)
    choose_layer(desk, "alternatives")
    roles = siting.alternatives(solution, within=0.05).sites["role"].value_counts()
    core = desk.locator("#legend li", has_text="core").locator(".many").inner_text()
    assert int(core) == roles["core"]


def test_the_map_pans_and_zooms_with_mouse_wheel_buttons_and_keys(desk: Page) -> None:
    """And shows everything again on demand."""
    whole = zoom(desk)
    desk.mouse.move(400, 600)
    desk.mouse.wheel(0, -400)
    zoomed_beyond(desk, whole * 1.2)
    at = "d3.zoomTransform(document.querySelector('.canvas')).x"
    before = desk.evaluate(at)
    desk.mouse.down()
    desk.mouse.move(480, 620, steps=4)
    desk.mouse.up()
    assert desk.evaluate(at) == pytest.approx(before + 80, abs=1.0)
    deep = zoom(desk)
    desk.locator("#zoom-in").click()
    zoomed_beyond(desk, deep * 1.5)
    desk.locator("#zoom-all").click()
    assert zoom(desk) == pytest.approx(whole)
    desk.locator("#stage").focus()
    before = desk.evaluate(at)
    desk.keyboard.press("ArrowRight")
    assert desk.evaluate(at) < before
    desk.keyboard.press("+")
    zoomed_beyond(desk, whole * 1.5)
    desk.keyboard.press("0")
    assert zoom(desk) == pytest.approx(whole)


def test_the_scale_bar_is_true(desk: Page) -> None:
    """Its length in pixels times the metres of a pixel is what it says, to one percent."""
    pixels = desk.locator("#scale i").bounding_box()["width"]
    metres = EUROPE.width / desk.evaluate("siting.content.base.size[0]") * pixels / zoom(desk)
    assert metres / 1000 == pytest.approx(figure(desk.locator("#scale span").inner_text()), rel=0.03)


def test_what_else_is_drawn_can_be_switched_off(desk: Page) -> None:
    """Service areas, borders and names."""
    for box, drawn in (("#show-areas", ".area-line"), ("#show-borders", ".borders"), ("#show-names", ".name")):
        assert desk.locator(drawn).first.is_visible()
        desk.locator(box).uncheck()
        assert not desk.locator(drawn).first.is_visible()


# --- map and table ------------------------------------------------------------


def test_selecting_a_row_zooms_to_its_region_and_outlines_it(desk: Page) -> None:
    """From the table to the map; selecting it again lets it go."""
    whole = zoom(desk)
    desk.locator("#search").fill("marche")
    rows = desk.locator("#candidates tbody tr")
    assert rows.count() == 1
    rows.locator("button").click()
    assert selected(desk) == "ITI3"
    assert zoom(desk) > 2 * whole
    assert desk.locator(".halo-line").get_attribute("d") == mark(desk, "ITI3").get_attribute("d")
    assert rows.locator("button").get_attribute("aria-pressed") == "true"
    rows.locator("button").click()
    assert selected(desk) is None


def test_selecting_a_region_turns_to_its_row_even_if_a_filter_hid_it(desk: Page) -> None:
    """From the map to the table."""
    desk.select_option("#country", "FI")
    desk.mouse.move(0, 0)
    mark(desk, "PL92").dispatch_event("click")
    assert selected(desk) == "PL92"
    row = desk.locator("#candidates tr.selected")
    assert "PL92" in row.inner_text()
    box, frame = row.bounding_box(), desk.locator("#scroll").bounding_box()
    assert frame["y"] < box["y"] < frame["y"] + frame["height"] - box["height"]
    assert desk.locator("#announcement").inner_text().startswith("Selected: ")


def test_the_table_filters_and_sorts(desk: Page, solution: Solution) -> None:
    """By country, by status, by any column; candidates without a value come last either way."""
    desk.select_option("#country", "IT")
    italian = solution.candidates[solution.candidates["country"] == "IT"]
    assert desk.locator("#count").inner_text() == str(len(italian))
    choose_layer(desk, "grid_capacity_mva")
    names = desk.locator("#candidates tbody button span")
    header = desk.locator("#candidates th[data-key=grid_capacity_mva] button")
    for ascending in (False, True):
        header.click()
        expected = italian.sort_values("grid_capacity_mva", ascending=ascending, kind="stable")["name"]
        assert names.all_inner_texts()[:5] == expected.head(5).tolist()
    assert desk.locator("th[data-key=grid_capacity_mva]").get_attribute("aria-sort") == "ascending"
    desk.select_option("#country", "")
    desk.select_option("#status", "excluded")
    assert desk.locator("#count").inner_text() == str(solution.candidates["excluded"].sum())
    header.click()
    assert desk.locator("#candidates tbody tr").last.locator("td").last.inner_text() == "–"
    desk.locator("#search").fill("nowhere at all")
    assert desk.locator("#candidates tbody").inner_text() == "No candidate matches."


# --- without a mouse ------------------------------------------------------------


def test_everything_is_reached_with_the_keyboard_alone(desk: Page, solution: Solution) -> None:
    """Tab to the map, Enter into it, arrows from region to region, Enter to select; the same in the table."""
    for _ in range(20):
        desk.keyboard.press("Tab")
        if desk.evaluate("document.activeElement.id") == "stage":
            break
    assert desk.evaluate("document.activeElement.id") == "stage"
    desk.keyboard.press("Enter")
    label = "document.activeElement.getAttribute('aria-label')"
    first = solution.portfolio[0]
    assert solution.candidates.loc[first, "name"] in desk.evaluate(label)
    assert desk.locator("#details h2").inner_text() == solution.candidates.loc[first, "name"]
    desk.keyboard.press("ArrowDown")
    name = desk.evaluate(label).split(",")[0]
    assert name != solution.candidates.loc[first, "name"]
    assert desk.locator("#details h2").inner_text() == name
    desk.keyboard.press("Enter")
    assert solution.candidates.loc[selected(desk), "name"] == name
    assert name in desk.locator("#announcement").inner_text()
    desk.keyboard.press("Escape")
    assert desk.evaluate("document.activeElement.id") == "stage"
    for _ in range(40):
        desk.keyboard.press("Tab")
        if desk.evaluate("Boolean(document.activeElement.closest('#candidates tbody'))"):
            break
    before = desk.evaluate("document.activeElement.textContent")
    desk.keyboard.press("ArrowDown")
    after = desk.evaluate("document.activeElement.textContent")
    assert after != before
    desk.keyboard.press("Enter")
    assert after.endswith(selected(desk))


def test_focus_is_always_seen(desk: Page) -> None:
    """Every stop of the Tab key has a ring around it, and none is hidden."""
    stops = set()
    for _ in range(40):
        desk.keyboard.press("Tab")
        found = desk.evaluate(
            """() => {
                const own = document.activeElement, box = own.getBoundingClientRect();
                const name = own.id || own.textContent.slice(0, 20);
                return own === document.body ? null : [name, getComputedStyle(own).boxShadow, box.width * box.height];
            }"""
        )
        if found is None:
            break
        stops.add(found[0])
        assert found[1] != "none", found[0]
        assert found[2] > 0, found[0]
    assert len(stops) > 20


@pytest.mark.parametrize(("viewport", "site"), [(DESK, 0), (PHONE, None)], ids=["desk", "phone"])
def test_no_serious_barrier_is_found_by_axe(
    visit: Callable[..., Visit], page_file: Path, viewport: Any, site: int | None
) -> None:
    """WCAG rules of axe-core, on a desk with a site selected and on a phone with none."""
    from axe_playwright_python.sync_playwright import Axe

    # The policy of the page would keep the examiner out as well.
    page = visit(page_file, viewport=viewport, reduced_motion="reduce", bypass_csp=True).page
    page.locator("#every").check()
    page.select_option("#status", "chosen")
    if site is not None:
        page.locator("#sites button").nth(site).click()
    found = Axe().run(page).response["violations"]
    assert [rule for rule in found if rule["impact"] in {"serious", "critical"}] == []


def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Callable[..., Visit], page_file: Path) -> None:
    """The page scrolls down, never sideways; a tap selects."""
    page = visit(page_file, viewport=PHONE, has_touch=True, is_mobile=True).page
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator(".marker").first.tap()
    assert selected(page) is not None
    assert page.locator("#details h2").inner_text()


# --- paper ------------------------------------------------------------


def test_paper_shows_map_legend_and_table_and_no_controls(desk: Page) -> None:
    """What can only be clicked is not printed."""
    desk.emulate_media(media="print")
    for gone in ("#zoom", "#layer", "#filter", "#pages", ".skip"):
        assert not desk.locator(gone).is_visible(), gone
    for there in ("h1", "#criteria", ".canvas", "#legend", "#candidates", "#footer"):
        assert desk.locator(there).is_visible(), there
    assert desk.pdf().startswith(b"%PDF")
