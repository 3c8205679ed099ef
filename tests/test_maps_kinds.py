"""Every kind of map: what it shows is what the model computes, in every language, on a sheet and on axes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from drawn import (
    DATE,
    OF_ANALYSES,
    SITES,
    all_texts,
    assert_nothing_collides,
    choose,
    drawn,
    extent,
    layer,
    made_up_regions,
    served,
    shared_area,
    small_solution,
)
from matplotlib.figure import Figure

import siting
from siting import maps
from siting.errors import InputError
from siting.latency import LatencyModel
from siting.maps.exclusions import _STRIPE
from siting.maps.frame import anchor_points
from siting.maps.layers import millimetre
from siting.maps.shapes import stripes
from siting.maps.style import LIGHT, PRINT
from siting.maps.texts import _ENGLISH, _ITALIAN


@pytest.fixture(scope="module")
def small():
    """Return the Austrian regions with two sites, as a map sees a solution."""
    return small_solution()


@pytest.fixture(scope="module")
def once(small):
    """Return a function that draws a kind, each look of it once."""
    held = {}

    def draw(kind, language="en", orientation="landscape"):
        key = (kind, language, orientation)
        if key not in held:
            held[key] = drawn(small, kind, language=language, orientation=orientation)
        return held[key]

    return draw


@pytest.fixture(scope="module")
def shipped():
    """Return the shipped model, solved."""
    return siting.solve()


# --- every kind ------------------------------------------------------------


@pytest.mark.parametrize("kind", maps.KINDS)
def test_every_kind_is_a_sheet_with_real_text_and_embedded_fonts(once, kind, tmp_path):
    """SVG keeps text as text, PDF embeds TrueType fonts, PNG has the size of the paper."""
    sheet = once(kind)
    assert isinstance(sheet, maps.Sheet)
    tree = ET.parse(maps.save(sheet, tmp_path / "map.svg"))  # noqa: S314 - written by this line
    texts = {"".join(element.itertext()).strip() for element in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {"N", "Oberösterreich"} <= texts or kind == "criteria"
    assert any("© EuroGeographics" in text for text in texts)
    document = maps.save(sheet, tmp_path / "map.pdf").read_bytes()
    assert b"/FontFile2" in document
    assert b"/Type3" not in document
    picture = maps.save(sheet, tmp_path / "map.png", dpi=100).read_bytes()
    assert [int.from_bytes(picture[start : start + 4], "big") for start in (16, 20)] == [1169, 826]


@pytest.mark.parametrize("kind", [kind for kind in maps.KINDS if kind != "criteria"])
def test_every_kind_is_drawn_on_axes_of_the_user_and_returns_them(small, kind):
    """A map can be one panel of a figure of the user, its legend inside the place the axes had."""
    figure = Figure(figsize=(8, 5))
    axes = figure.add_subplot()
    assert drawn(small, kind, ax=axes) is axes
    assert axes.get_title(loc="left") == ""
    assert axes.get_xlim()[1] > 4_000_000
    assert len(axes.child_axes) == 1


def test_small_multiples_need_a_sheet_of_their_own(small):
    """One set of axes cannot hold several maps."""
    with pytest.raises(InputError, match="leave ax out"):
        drawn(small, "criteria", ax=Figure().add_subplot())


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("kind", maps.KINDS)
def test_nothing_leaves_the_paper_or_runs_into_another_text(once, kind, orientation):
    """Every text of tables, legends, title and footer, by measure."""
    assert_nothing_collides(once(kind, "it", orientation))


@pytest.mark.parametrize("kind", maps.KINDS)
def test_an_italian_map_has_no_english_word_of_the_maps_on_it(once, kind):
    """Whatever the dictionary translates is translated; names from the data stay as they are."""
    english, italian = (all_texts(once(kind, language)) for language in ("en", "it"))
    changed = {text for key, text in _ENGLISH.items() if _ITALIAN.get(key) != text}
    assert changed & set(english)
    assert not changed & set(italian)


@pytest.mark.parametrize("kind", maps.KINDS)
def test_without_a_portfolio_every_kind_is_still_a_correct_picture(small, kind):
    """The sheet says that nothing is held, and draws no site."""
    nothing = SimpleNamespace(
        **{**vars(small), "candidates": small.candidates.assign(selected=False), "objective": None, "gap": np.inf,
           "status": "time_limit", "demand": small.demand.drop(columns=["facility", "latency_ms"])}
    )  # fmt: skip
    sheet = drawn(nothing, kind)
    said = small.analyses[kind].headline if kind in OF_ANALYSES else "No portfolio is held: time limit"
    assert said in all_texts(sheet)
    assert not any((text.get_gid() or "").startswith("site-label") for text in sheet.map_axes.texts)


def test_a_misspelt_kind_or_option_is_refused_with_the_nearest_one(small):
    """One sentence, as everywhere."""
    with pytest.raises(InputError, match="no map of kind 'latencies'; did you mean 'latency'"):
        maps.plot(small, kind="latencies")
    with pytest.raises(InputError, match="'latency' has no option 'treshold'; did you mean 'thresholds'"):
        maps.plot(small, kind="latency", treshold=[10])
    with pytest.raises(InputError, match="a map has no option 'colour'"):
        maps.score_map(small.candidates, colour="red")
    for kind in ("alternatives", "robustness"):
        with pytest.raises(InputError, match=rf"needs {kind}=, what siting\.{kind}"):
            maps.plot(small, kind=kind)
    with pytest.raises(InputError, match="needs attribute="):
        maps.plot(small, kind="criterion")
    with pytest.raises(InputError, match="listed is -1"):
        maps.plot(small, kind="score", listed=-1)


def test_the_map_of_a_solution_names_itself_and_the_model(shipped):
    """`Solution.plot` draws the same kinds, with the sources of what is shown."""
    sheet = shipped.plot(kind="service", date=DATE)
    words = " ".join(all_texts(sheet))
    assert "Who is served by which site" in words
    assert "Four AI gigafactories in the EU-27 · Objective" in words
    assert "© EuroGeographics" in words
    with pytest.raises(InputError, match="did you mean 'score'"):
        shipped.plot(kind="scores")


# --- score ------------------------------------------------------------


def test_the_score_map_lists_the_best_that_were_not_chosen_in_order(small, once):
    """Excluded candidates have no rank; the others are ranked together with the chosen ones."""
    table = small.candidates
    usable = table.loc[~table["excluded"], "score"].sort_values(ascending=False)
    texts = [text.get_text() for text in once("score").page.ax.texts]
    rest = [label for label in usable.index if label not in SITES]
    places = [texts.index(f"{table.loc[label, 'name']} ({label})") for label in rest]
    assert places == sorted(places)
    for label in SITES:
        place = texts.index(f"{table.loc[label, 'name']} ({label})")
        rank = 1 + list(usable.index).index(label)
        assert texts[place + 1 : place + 3] == [f"{usable[label]:.3f}", str(rank)]


# --- latency ------------------------------------------------------------


@pytest.mark.parametrize("crs", ["EPSG:3035", "+proj=laea +lat_0=-21 +lon_0=55 +ellps=GRS80 +units=m"])
def test_isochrones_hold_exactly_the_places_the_model_reaches_in_time(crs):
    """Random places all over the map, by the inverse geodesic, which the isochrones do not use."""
    random = np.random.default_rng(3)
    spots = np.column_stack([random.uniform(-10, 30, 4), random.uniform(36, 65, 4)])
    spots[0] = (55.5, -21.1)
    points = np.column_stack([random.uniform(-60, 70, 3000), random.uniform(-40, 70, 3000)])
    model, times = LatencyModel(access_ms=2.0), (11.0, 20.0, 35.0, 60.0)
    geod = pyproj.Geod(ellps="WGS84")
    kilometres = np.array(
        [[geod.inv(*spot, *point)[2] / 1000 for spot in spots] for point in points]
    )  # fmt: skip
    least = model(kilometres.min(axis=1))
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(*points.T)
    within = shapely.box(-2e7, -2e7, 2e7, 2e7)
    areas = maps.isochrones(spots, times, model, crs=crs, within=within)
    for time, area in zip(times, areas, strict=True):
        # Chords stay within 0.1 km of the circle, which is 0.002 ms.
        clear = np.abs(least - time) > 0.002
        assert 0 < (least <= time).sum() < len(points)
        assert (shapely.contains_xy(area, x, y) == (least <= time))[clear].all()


def test_isochrones_that_reach_around_the_earth_are_not_drawn_inside_out():
    """A circle around the point opposite the origin of the projection encloses what it does not hold."""
    model = LatencyModel(intercept_ms=0, slope_ms_per_km=0.01)
    spot, within = np.array([[10.0, 52.0]]), shapely.box(-1e6, 0, 9e6, 7e6)
    inside, outside = shapely.Point(4.4e6, 3.3e6), shapely.Point(8.9e6, 6.9e6)
    (half,) = maps.isochrones(np.array([[-170.0, -50.0]]), [190.0], model, within=within)
    assert half.contains(outside)
    assert not half.contains(inside)
    (everything,) = maps.isochrones(spot, [250.0], model, within=within)
    assert everything.equals(within)
    (nothing,) = maps.isochrones(spot, [1.0], LatencyModel(), within=within)
    assert nothing.is_empty


def test_the_bands_of_the_map_and_of_the_panel_are_those_of_the_solution(shipped):
    """The solution times every demand region to the site that serves it, the nearest; the map must agree."""
    times = (12.0, 20.0, 30.0)
    sheet = shipped.plot(kind="latency", thresholds=times, date=DATE)
    demand = shipped.demand
    band = np.searchsorted(times, demand["latency_ms"])
    people = demand["population"].groupby(band).sum()
    texts = [text.get_text() for text in sheet.page.ax.texts]
    for number, name in enumerate(("up to 12 ms", "12 – 20 ms", "20 – 30 ms", "more than 30 ms")):
        place = texts.index(name)
        share = 100 * people[number] / people.sum()
        upto = 100 * people[: number + 1].sum() / people.sum()
        assert texts[place + 1 : place + 4] == [f"{people[number] / 1e6:.1f}", f"{share:.1f}", f"{upto:.1f}"]
    areas = [layer(sheet.map_axes, f"band-{number}")[0] for number in range(4)]
    points = anchor_points(demand)
    held = np.column_stack([shapely.contains_xy(area, *points.T) for area in areas])
    assert (held.sum(axis=1) <= 1).all()
    on_land = held.any(axis=1)
    assert on_land.mean() > 0.95
    assert (held.argmax(axis=1) == band)[on_land].all()


def test_thresholds_that_do_not_rise_are_refused(small):
    """One sentence with what is meant."""
    for wrong in ([20, 10], [], [-1, 5], "fast", [10, float("inf")], 10):
        with pytest.raises(InputError, match="rising round trips in ms"):
            maps.plot(small, kind="latency", thresholds=wrong)


def test_isochrones_carry_their_round_trip_and_no_label_covers_another(shipped):
    """Labels on lines keep clear of names, markers and insets."""
    axes = shipped.plot(kind="latency", date=DATE).map_axes
    labels = [text for text in axes.texts if text.get_gid() == "isochrone-label"]
    assert {text.get_text() for text in labels} >= {"20 ms", "30 ms", "50 ms"}
    names = [text for text in axes.texts if (text.get_gid() or "").startswith("site-label")]
    boxes = [extent(text) for text in (*labels, *names)]
    boxes += [child.get_window_extent() for child in axes.child_axes]
    own = len(labels)
    for first, second in combinations(range(len(boxes)), 2):
        if first < own:
            assert not shared_area(boxes[first], boxes[second])


# --- service areas ------------------------------------------------------------


def test_every_demand_region_lies_in_the_area_of_the_site_that_serves_it(shipped):
    """The fills are what the assignment says, region by region."""
    sheet = shipped.plot(kind="service", date=DATE)
    demand = shipped.demand
    inside = shapely.contains_xy(
        shapely.box(2.47e6, 1.29e6, 6.59e6, 5.41e6), *shapely.get_coordinates(demand.geometry.representative_point()).T
    )
    demand = demand[inside]
    points = shapely.get_coordinates(demand.geometry.representative_point())
    for number, site in enumerate(shipped.portfolio):
        (area,) = layer(sheet.map_axes, f"service-{number}")
        held = shapely.contains_xy(area, *points.T)
        assert (held == (demand["facility"] == site)).mean() > 0.995


def test_people_served_and_latency_per_site_are_those_of_the_assignment(shipped):
    """Sums and weighted means, by plain loops."""
    texts = [text.get_text() for text in shipped.plot(kind="service", date=DATE).page.ax.texts]
    rows = list(shipped.demand[["facility", "population", "latency_ms"]].itertuples(index=False))
    everybody = sum(row.population for row in rows)
    for site in shipped.portfolio:
        own = [row for row in rows if row.facility == site]
        people = sum(row.population for row in own)
        mean = sum(row.population * row.latency_ms for row in own) / people
        longest = max(row.latency_ms for row in own)
        place = texts.index(f"{shipped.sites.loc[site, 'name']} ({site})")
        expected = [f"{people / 1e6:.1f}", f"{100 * people / everybody:.0f}", f"{mean:.1f}", f"{longest:.1f}"]
        assert texts[place + 1 : place + 5] == expected


def test_demand_that_does_not_say_who_serves_it_is_refused(small):
    """There would be nothing to fill."""
    with pytest.raises(InputError, match="column 'facility'"):
        maps.service_map(small.candidates, small.demand.drop(columns="facility"))


# --- exclusions ------------------------------------------------------------


def test_every_reason_of_every_candidate_is_drawn_and_counted(small, once):
    """A region with several reasons shows a part in the colour of each, and they cover it once."""
    sheet = once("exclusions")
    texts = [text.get_text() for text in sheet.page.ax.texts]
    stated = {label: text.split("; ") for label, text in small.candidates["exclusion_reason"].dropna().items()}
    counts = Counter(reason for reasons in stated.values() for reason in reasons)
    alone = Counter(reasons[0] for reasons in stated.values() if len(reasons) == 1)
    for reason in ("far", "cold", "dark"):
        place = texts.index(reason)
        assert texts[place + 1 : place + 3] == [str(counts[reason]), str(alone[reason])]
    assert "4 of 9 candidates are excluded" in texts
    order = sorted(counts, key=texts.index)
    fills = {reason: layer(sheet.map_axes, f"reason-{code}")[0] for code, reason in enumerate(order)}
    for label, shape in small.candidates.geometry.items():
        shares = {reason: shape.intersection(fill).area / shape.area for reason, fill in fills.items()}
        own = stated.get(label, [])
        for reason, share in shares.items():
            assert share > 0.8 / len(own) - 0.15 if reason in own else share < 0.01
        assert sum(shares.values()) == pytest.approx(float(bool(own)), abs=0.02)


def test_stripes_of_all_reasons_cover_a_region_exactly_once(small, once):
    """No part of a region is left out or counted twice."""
    shape = small.candidates.geometry["AT11"]
    unit = millimetre(once("exclusions").map_axes)
    for count in (1, 2, 3, 5):
        parts = [stripes(shape, _STRIPE * unit, place, count) for place in range(count)]
        assert sum(part.area for part in parts) == pytest.approx(shape.area)
        assert shapely.union_all(parts).area == pytest.approx(shape.area)


def test_places_with_several_reasons_are_rings_in_the_colour_of_each(small):
    """One dot per reason and place, the later ones smaller: whole, two thirds and one third, or whole and half."""
    points = small.candidates.set_geometry(small.candidates.geometry.representative_point())
    axes = maps.exclusions_map(points, small.demand, date=DATE).map_axes
    fills = [
        to for one in axes.collections if len(one.get_offsets()) and one.get_zorder() > 2.4 for to in one.get_sizes()
    ]
    reasons = [text.split("; ") for text in points["exclusion_reason"].dropna()]
    assert len(fills) == sum(map(len, reasons))
    assert len({round(size, 6) for size in fills}) == 4


# --- alternatives and robustness ------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(OF_ANALYSES))
def test_the_classes_of_shares_count_every_candidate_that_is_not_excluded(once, kind):
    """Never, always, and what lies between, each with its own colour."""
    sheet = once(kind)
    texts = [text.get_text() for text in sheet.page.ax.texts]
    expected = {
        "alternatives": {"in none (never)": 1, "10 – 25 %": 1, "25 – 50 %": 1, "50 – 75 %": 1, "in all (core)": 1},
        "robustness": {"in no draw": 2, "25 – 50 %": 2, "50 – 75 %": 1, "in every draw": 0},
    }[kind]
    for label, count in expected.items():
        assert texts[texts.index(label) + 1] == str(count)
    codes = {text.get_gid() for text in sheet.map_axes.texts if (text.get_gid() or "").startswith("code-")}
    assert codes <= {"code-AT13", "code-AT21"}
    assert codes


def test_results_of_another_model_are_refused(small):
    """A share of a candidate that is not there cannot be drawn."""
    table = pd.DataFrame({"role": ["core"], "share_percent": [100.0], "share": [1.0]}, index=["AT99"])
    with pytest.raises(InputError, match="'AT99', which is no candidate"):
        maps.alternatives_map(small.candidates, table)
    with pytest.raises(InputError, match="'AT99', which is no candidate"):
        maps.robustness_map(small.candidates, table)
    with pytest.raises(InputError, match="no column 'role'"):
        maps.alternatives_map(small.candidates, table.drop(columns="role"))
    with pytest.raises(InputError, match="no column 'share'"):
        maps.robustness_map(small.candidates, table.drop(columns="share"))


def test_maps_of_the_shipped_analyses_agree_with_their_tables(shipped):
    """The most frequent sites stand first, with the figures of the analysis."""
    found = siting.alternatives(shipped, within=0.03)
    texts = [text.get_text() for text in shipped.plot(kind="alternatives", alternatives=found, date=DATE).page.ax.texts]
    for label, row in found.sites[found.sites["portfolios"] > 0].iterrows():
        place = texts.index(f"{shipped.candidates.loc[label, 'name']} ({label})")
        assert texts[place + 1] == f"{row['share_percent']:.0f}"
    result = siting.robustness(shipped, draws=12, weights="dirichlet:40")
    texts = [text.get_text() for text in shipped.plot(kind="robustness", robustness=result, date=DATE).page.ax.texts]
    place = texts.index(f"{shipped.candidates.loc[result.sites.index[0], 'name']} ({result.sites.index[0]})")
    assert texts[place + 1] == f"{100 * result.sites['share'].iloc[0]:.0f}"


# --- many sites ------------------------------------------------------------


@pytest.mark.parametrize("style", [LIGHT, PRINT])
def test_sites_are_told_apart_by_colour_or_shape_as_well_as_by_number(style):
    """Colours repeat when they run out, and the shape of the marker changes then."""
    looks = [(style.site_colour(number), style.site_shape(number)) for number in range(4 * len(style.sites))]
    assert len(set(looks)) == len(looks)
    assert len(LIGHT.sites) == 12


@pytest.mark.parametrize(
    ("kind", "orientation"), [("portfolio", "landscape"), ("service", "landscape"), ("latency", "portrait")]
)
def test_twenty_sites_fit_on_the_sheet(kind, orientation):
    """Their table leaves room for the rest, or counts what it leaves out."""
    regions = made_up_regions()
    codes = sorted(np.random.default_rng(5).choice(regions.index[regions["country"] != "FR"], 20, replace=False))
    solution = SimpleNamespace(
        candidates=choose(regions, codes), demand=served(regions.assign(population=1e6), codes), model=None,
        criteria=pd.DataFrame({"value": [1.0] * 4, "unit": "ms", "weight": 0.25}, index=list("abcd")),
        objective=1.0, gap=0.0, status="optimal", proof="",
    )  # fmt: skip
    sheet = maps.plot(solution, kind=kind, orientation=orientation, date=DATE)
    assert_nothing_collides(sheet)
