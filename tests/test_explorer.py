"""The live explorer, driven by its widgets: every answer is that of `siting.solve`, whatever is moved."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

import siting
from siting.explorer import Explorer
from siting.explorer.controls import overrides_of
from siting.explorer.outlines import Canvas, path, simplified
from siting.explorer.picture import Picture
from siting.explorer.ranges import numbers_of, round_step
from siting.model import Model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made() -> Explorer:
    """One explorer of the shipped model; building it takes a second."""
    return Explorer("gigafactories")


@pytest.fixture
def explorer(made: Explorer) -> Explorer:
    """Return the explorer at its base."""
    made.reset()
    return made


def shown(explorer: Explorer, part: str) -> str:
    """Return what a part of the screen says, without its tags."""
    return re.sub(r"<[^>]+>", " ", explorer._screen._html[part].value)


def test_at_the_start_it_shows_the_model_as_it_is(explorer: Explorer) -> None:
    """Nothing is overridden, and the portfolio is the one that `siting.solve` finds."""
    assert explorer.overrides == {}
    assert explorer.portfolio == siting.solve("gigafactories").portfolio
    assert "The same sites as the base." in shown(explorer, "verdict")


def test_every_move_gives_the_answer_of_solve(explorer: Explorer) -> None:
    """Weights, rules, counts, lists and thresholds are moved one upon the other; each time a fresh solve agrees."""
    moves = [
        lambda: setattr(explorer.weights["latency"], "value", 0.6),
        lambda: setattr(explorer.weights["carbon"], "value", 0.3),
        lambda: setattr(explorer.weights["cohesion"], "value", 0.0),
        lambda: setattr(explorer.rules["spacing"].numbers["minimum_km"], "value", 640.0),
        lambda: setattr(explorer.rules["one_site_per_country"].enabled, "value", False),
        lambda: setattr(explorer.number_of_sites, "value", 3),
        lambda: explorer.required.add("Marche"),
        lambda: explorer.forbidden.add("FRF2"),
        lambda: setattr(explorer.exclusions["grid_capacity"].numbers["multiple"], "value", 2.0),
        lambda: setattr(explorer.exclusions["voltage"].numbers["minimum_kv"], "value", 300),
        lambda: setattr(explorer.exclusions["procuring_states"].enabled, "value", True),
        lambda: setattr(explorer.rules["baltic_site"].enabled, "value", True),
    ]
    portfolios = {explorer.portfolio}
    for move in moves:
        move()
        fresh = siting.solve("gigafactories", **explorer.overrides)
        assert explorer.portfolio == fresh.portfolio, explorer.overrides
        assert explorer.answer.solution is not None
        assert explorer.answer.solution.objective == pytest.approx(fresh.objective, rel=1e-9)
        portfolios.add(explorer.portfolio)
    assert len(portfolios) > len(moves) // 2


def test_weights_are_moved_back_and_forth_without_a_trace(explorer: Explorer) -> None:
    """What is kept between answers changes none of them, also where a weight is 0 or the only one."""
    others = [name for name in explorer.weights if name != "latency"]
    for weights in ({"latency": 0.9}, {"latency": 0.0}, dict.fromkeys(others, 0.0), {"latency": 0.9}):
        explorer.reset()
        for name, weight in weights.items():
            explorer.weights[name].value = weight
        assert explorer.portfolio == siting.solve("gigafactories", weights=weights).portfolio


def test_rates_count_once_criteria_add_up_in_eur(explorer: Explorer) -> None:
    """The weights then say nothing, and are not among the overrides."""
    assert explorer.objective is not None
    explorer.weights["latency"].value = 0.9
    explorer.objective.value = "monetised"
    explorer.rates["latency"].value = 2.8e7
    assert explorer.overrides == {"objective": "monetised", "criteria": {"latency": {"eur_per_unit": 2.8e7}}}
    fresh = siting.solve("gigafactories", **explorer.overrides)
    assert explorer.portfolio == fresh.portfolio
    assert "EUR/yr, gap" in shown(explorer, "verdict")
    assert explorer._screen._weights.layout.display == "none"


def test_rules_that_cannot_hold_together_are_named(explorer: Explorer) -> None:
    """Instead of a traceback; a button finds the smallest way out, and moving back brings the sites back."""
    before = explorer.portfolio
    explorer.rules["spacing"].numbers["minimum_km"].value = 2000.0
    assert explorer.portfolio is None
    assert explorer.solution is None
    assert "sites at least 2000 km apart" in explorer.answer.conflict
    assert "4 sites" in explorer.answer.conflict
    assert "These cannot hold together" in shown(explorer, "verdict")
    assert explorer._screen._html["sites"].value == ""
    with pytest.raises(siting.InfeasibleError):
        siting.solve("gigafactories", **explorer.overrides)
    explorer._screen._explain.click()
    assert "any one of these makes room" in shown(explorer, "ways")
    explorer.rules["spacing"].numbers["minimum_km"].value = 300.0
    assert explorer.portfolio == before
    assert explorer._screen._explain.layout.display == "none"


def test_a_conflict_is_minimal(explorer: Explorer) -> None:
    """With any one of the named rules left out, the rest can be satisfied."""
    explorer.rules["spacing"].numbers["minimum_km"].value = 1900.0
    explorer.number_of_sites.value = 5
    assert set(explorer.answer.conflict) >= {"5 sites", "sites at least 1900 km apart"}
    explorer.rules["spacing"].enabled.value = False
    assert explorer.portfolio is not None


def test_weights_that_sum_to_nothing_are_told_in_one_sentence(explorer: Explorer) -> None:
    """A slider can say what no model may."""
    for slider in explorer.weights.values():
        slider.value = 0.0
    assert explorer.portfolio is None
    assert "sum to nothing" in shown(explorer, "verdict")
    assert "Traceback" not in shown(explorer, "verdict")


def test_an_unknown_candidate_is_told_beside_the_field(explorer: Explorer) -> None:
    """With the nearest valid one; the list and the answer stay as they are."""
    before = explorer.portfolio
    explorer.required.field.value = "Marhce"
    assert "did you mean" in explorer.required.message.value
    assert "ITI3" in explorer.required.message.value
    assert explorer.required.value == ()
    assert explorer.portfolio == before
    explorer.required.field.value = "Marche (ITI3)"
    assert explorer.required.message.value == ""
    assert explorer.required.field.value == ""
    assert "ITI3" in (explorer.portfolio or ())


def test_an_excluded_candidate_cannot_be_required(explorer: Explorer) -> None:
    """The sentence says why it is excluded."""
    explorer.required.add("CY00")
    assert explorer.portfolio is None
    assert "excluded" in shown(explorer, "verdict")


def test_a_button_takes_a_candidate_out_again(explorer: Explorer) -> None:
    """Each name in a list is a button."""
    explorer.forbidden.add("DE40")
    explorer.forbidden.add("ES41")
    explorer.forbidden._chips.children[0].click()
    assert explorer.forbidden.value == ("ES41",)
    assert explorer.overrides == {"forbidden": ["ES41"]}


def test_reset_brings_everything_back_with_one_answer(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moving a dozen controls back does not solve a dozen times."""
    explorer.weights["latency"].value = 0.7
    explorer.number_of_sites.value = 5
    explorer.required.add("ITI3")
    asked = []
    answer = explorer._question.answer
    monkeypatch.setattr(explorer._question, "answer", lambda overrides: asked.append(overrides) or answer(overrides))
    explorer.reset()
    assert asked == [{}]
    assert explorer.overrides == {}
    assert explorer.portfolio == siting.solve("gigafactories").portfolio


def test_moves_told_in_one_go_are_answered_once(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drag over fifty places asks for the last, and reading the portfolio in between is never stale."""
    asked = []
    answer = explorer._question.answer
    monkeypatch.setattr(explorer._question, "answer", lambda overrides: asked.append(overrides) or answer(overrides))

    async def drag() -> None:
        for hundredth in range(26, 76):
            explorer.weights["latency"].value = hundredth / 100
        await asyncio.sleep(0.1)
        assert len(asked) == 1
        explorer.weights["latency"].value = 0.8
        assert explorer.portfolio == siting.solve("gigafactories", weights={"latency": 0.8}).portfolio

    asyncio.run(drag())
    assert [one["weights"]["latency"] for one in asked] == [0.75, 0.8]


def test_the_model_file_repeats_the_answer(explorer: Explorer, tmp_path: Path) -> None:
    """What is set becomes a file that builds on the base, and the call gives the same."""
    explorer.weights["latency"].value = 0.45
    explorer.rules["spacing"].numbers["minimum_km"].value = 520.0
    explorer.rules["one_site_per_country"].enabled.value = False
    explorer.forbidden.add("DE40")
    saved = explorer.save(tmp_path / "explored.toml")
    assert siting.solve(saved).portfolio == explorer.portfolio
    assert eval(explorer.to_call(), {"siting": siting}).portfolio == explorer.portfolio  # noqa: S307 - our own text
    assert explorer._screen._text.value == explorer.to_toml()
    assert explorer.solution is not None
    assert explorer.solution.model == Model.load(saved)


def test_a_model_changed_in_python_is_repeated_whole(tmp_path: Path) -> None:
    """Its name would stand for the model as it was loaded."""
    explorer = Explorer("gigafactories", sites=2)
    explorer.weights["latency"].value = 0.4
    assert "based_on" not in explorer.to_toml()
    assert siting.solve(explorer.save(tmp_path / "whole.toml")).portfolio == explorer.portfolio
    assert explorer.portfolio == siting.solve("gigafactories", sites=2, weights={"latency": 0.4}).portfolio


def test_a_file_that_cannot_be_written_is_told(explorer: Explorer, tmp_path: Path) -> None:
    """In a sentence beside the button; the wrong ending too."""
    for place, told in (
        (tmp_path / "no" / "folder.toml", "nothing was written"),
        (tmp_path / "a.xlsx", "a model is written as one of .toml"),
    ):
        explorer._screen._where.value = str(place)
        button = next(one for one in _every(explorer.widget) if getattr(one, "description", "") == "Save")
        button.click()
        assert told in explorer._screen._saved.value
        assert not place.exists()


def test_the_map_shows_the_sites_that_came_and_went(explorer: Explorer) -> None:
    """New ones with a ring, gone ones with a cross; a site that stays keeps its colour."""
    before = dict(explorer._screen._colours)
    explorer.weights["latency"].value = 0.4
    marks = explorer._screen._html["marks"].value
    entered = set(explorer.portfolio or ()) - set(before)
    assert len(entered) == marks.count('class="new"') == marks.count('class="left"') == 1
    after = explorer._screen._colours
    assert all(after[site] == before[site] for site in before if site in after)
    assert len(set(after.values())) == len(after)


def test_the_outlines_are_not_sent_again_for_a_weight(explorer: Explorer) -> None:
    """Only colours and marks change, and they are small."""
    sent = []
    html = explorer._screen._html
    html["base"].observe(sent.append, "value")
    try:
        explorer.weights["latency"].value = 0.4
        assert sent == []
        explorer.exclusions["grid_capacity"].numbers["multiple"].value = 3.0
        assert len(sent) == 1
    finally:
        html["base"].unobserve_all()
    assert len(html["colours"].value) + len(html["marks"].value) < 20_000


@pytest.mark.parametrize("shade", ["electricity_price_eur_per_mwh", "large_enterprise_eligible"])
def test_the_map_can_be_shaded_by_any_attribute_that_counts(explorer: Explorer, shade: str) -> None:
    """The legend then speaks of it."""
    explorer._screen.shade.value = shade
    assert "Score of a single site" not in shown(explorer, "legend")
    explorer._screen.shade.value = "score"
    assert "Score of a single site" in shown(explorer, "legend")


def test_users_are_shown_in_the_colour_of_their_site(explorer: Explorer) -> None:
    """As many regions per colour as the solution assigns to the site."""
    explorer._screen.shade.value = "who is served by which site"
    assert explorer.solution is not None
    served = explorer.solution.demand["facility"].value_counts()
    demand = explorer._screen._model.case.demand
    assert explorer._screen._html["base"].value.count('class="d ') == len(demand)  # those overseas in insets
    rules = explorer._screen._html["colours"].value.split("}")[1:-1]
    assert sorted(len(re.findall(r"\.d\d", rule)) for rule in rules) == sorted(served)
    explorer._screen.shade.value = "score"


def test_text_from_data_is_escaped_everywhere() -> None:
    """Names are data: a script among them is text, and directions of writing do not spill over."""
    model = Model.load("gigafactories")
    table = model.case.candidates.copy()
    worst = '<script>alert("x")</script> & {braces} ' + "very " * 30 + "long مرحبا"
    chosen = siting.solve(model).portfolio or ()
    table["name"] = table["name"].mask(table.index.isin(chosen), worst)
    explorer = Explorer(model.replace(candidates=table))
    assert explorer.portfolio == chosen
    for part, html in explorer._screen._html.items():
        assert "<script" not in html.value, part
    assert "&lt;script&gt;" in explorer._screen._html["sites"].value
    assert "in memory" in explorer._screen._text.value


def test_own_points_can_be_explored(tmp_path: Path) -> None:
    """Candidates that are places are drawn as dots, and the number of sites may be a range."""
    places = {"A": (11.25, 43.77), "B": (9.19, 45.46), "C": (14.27, 40.85), "D": (2.35, 48.86), "E": (16.37, 48.21)}
    points = [shapely.Point(place) for place in places.values()]
    table = gpd.GeoDataFrame({"name": list(places)}, index=list(places), geometry=points, crs="EPSG:4326")
    table.to_file(tmp_path / "places.gpkg")
    question = {"candidates": tmp_path / "places.gpkg", "sites": [1, 2], "rules": {"eligible_sites": False}}
    explorer = Explorer("gigafactories", **question)
    assert explorer._screen._html["base"].value.count("<circle") == len(places)
    explorer.number_of_sites.value = (2, 3)
    assert explorer.portfolio == siting.solve("gigafactories", **{**question, "sites": [2, 3]}).portfolio


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (siting.Instance(sites=1, criteria={"cost": siting.Criterion(site=[1.0, 2.0])}), "no geography"),
        ("gigafactoris", "did you mean 'gigafactories'"),
        (4, "not as a int"),
    ],
)
def test_what_cannot_be_explored_is_refused(model: object, told: str) -> None:
    """In one sentence."""
    with pytest.raises(siting.InputError, match=told):
        Explorer(model)  # type: ignore[arg-type]


def test_without_ipywidgets_one_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core installs without it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(siting.InputError, match=r"pip install 'siting\[notebook\]'"):
        Explorer("gigafactories")


def test_a_search_that_runs_out_of_time_says_so() -> None:
    """It is never called optimal."""
    explorer = Explorer("gigafactories", time_limit=1e-3)
    assert explorer.portfolio is None or "not proven" in shown(explorer, "verdict")
    assert "proven optimal" not in shown(explorer, "verdict").replace("not proven", "")


def test_every_number_of_a_rule_lies_within_its_range() -> None:
    """Sliders show what the model says, in its unit; lists and texts are no numbers."""
    model = Model.load("gigafactories").replace(
        rules={"generation": {"kind": "limit", "attribute": "firm_generation_mw", "minimum": 8000.0}},
        exclusions={
            "clean": {"kind": "attribute", "attribute": "carbon_intensity_g_per_kwh", "maximum": 300.0},
            "near": {"kind": "maximum_distance", "to": "exchange", "maximum_km": 300.0},
        },
    )
    found = {
        (name, number.key): number
        for table in (model.rules, model.exclusions)
        for name, block in table.items()
        for number in numbers_of(block, model.case, sites=4)
    }
    assert all(number.low <= number.value <= number.high and number.step > 0 for number in found.values())
    units = {key: number.unit for key, number in found.items()}
    assert units["spacing", "minimum_km"] == units["near", "maximum_km"] == "km"
    assert units["one_site_per_country", "maximum"] == units["baltic_site", "minimum"] == "sites"
    assert found["voltage", "minimum_kv"].choices == (220, 300)
    values = model.case.candidates["carbon_intensity_g_per_kwh"]
    assert found["clean", "maximum"].low <= values.min()
    assert found["clean", "maximum"].high >= values.max()
    assert ("baltic_site", "regions") not in found


def test_steps_are_one_two_or_five_times_a_power_of_ten() -> None:
    """And never below what was asked for."""
    for step in (0.011, 0.2, 3.7, 12_345.0):
        rounded = round_step(step)
        assert rounded >= step
        assert f"{rounded:e}"[0] in "125"
        assert rounded / step < 2.6


def test_what_stands_at_its_base_is_no_override(explorer: Explorer) -> None:
    """Also after it was moved and moved back."""
    slider = explorer.rules["spacing"].numbers["minimum_km"]
    slider.value = 700.0
    slider.value = 300.0
    assert overrides_of(explorer._every_control()) == {}


def test_paths_close_and_keep_their_corners() -> None:
    """An outline drawn as SVG has the corners of the polygon, holes included."""
    ring = shapely.Polygon([(0, 0), (40, 0), (40, 40), (0, 40)], [[(10, 10), (20, 10), (20, 20), (10, 20)]])
    drawn = path(ring, Canvas(left=0.0, top=40.0, scale=1.0))
    assert drawn.count("M") == drawn.count("z") == 2
    corners = []
    for part in drawn.split("z")[:-1]:
        numbers = [int(number) for number in re.findall(r"-?\d+", part)]
        x, y = numbers[:2]
        corners.append((x, 40 - y))
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            corners.append((x, 40 - y))
    assert sorted(corners) == sorted({(int(x), int(y)) for x, y in shapely.get_coordinates(ring)})


def test_shared_borders_stay_shared() -> None:
    """Simplified neighbours leave no gap between them."""
    left = shapely.Polygon([(0, 0), (5, 0), (5.2, 1), (5, 2), (0, 2)])
    right = shapely.Polygon([(5, 0), (9, 0), (9, 2), (5, 2), (5.2, 1)])
    simple = simplified(np.array([left, right], dtype=object), 0.5)
    assert shapely.coverage_is_valid(simple)


def test_regions_overseas_stand_in_insets() -> None:
    """No candidate vanishes from the picture."""
    model = Model.load("gigafactories")
    picture = Picture(model.case.candidates, None, "test")
    base = picture.base([None] * len(model.case.candidates), served=False)
    assert base.count("<title>") == len(model.case.candidates)
    assert all(name in base for name in ("Azores", "Canary Islands", "Réunion"))
    inside = (picture.places >= 0).all() and (picture.places <= 4000).all()
    assert inside


def _every(widget: object) -> list[object]:
    """Return a widget and everything in it."""
    found = [widget]
    for child in getattr(widget, "children", ()):
        found += _every(child)
    return found
