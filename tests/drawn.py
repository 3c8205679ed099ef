"""What the tests of maps draw: real regions with made-up figures, and how to ask a drawn sheet what is on it."""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import combinations
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely

from siting import data, maps
from siting.maps.style import LIGHT, applied

DATE = dt.date(2026, 11, 22)
SITES = ["AT12", "AT31"]
OF_ANALYSES = {"alternatives", "robustness"}
REASONS = ("grid too weak", "outermost region", "no price known", "state takes no part")


@cache
def made_up_regions():
    """Return all NUTS-2 regions of the Union with made-up figures and exclusions."""
    table = data.boundaries("nuts2")
    random = np.random.default_rng(7)
    reasons = random.choice([*REASONS, ""], len(table), p=[0.05, 0.05, 0.05, 0.05, 0.8])
    return table.assign(
        score=random.random(len(table)),
        grid_capacity_mva=random.gamma(2.0, 900.0, len(table)),
        exclusion_reason=[reason or None for reason in reasons],
        excluded=reasons != "",
        selected=False,
    )


@cache
def made_up_districts():
    """Return all NUTS-3 regions of the Union with made-up people."""
    table = data.boundaries("nuts3")
    return table.assign(population=np.random.default_rng(8).gamma(2.0, 2e5, len(table)))


def choose(regions, codes):
    """Return the table with these candidates chosen and not excluded."""
    chosen = regions.index.isin(codes)
    return regions.assign(
        selected=chosen,
        excluded=regions["excluded"] & ~chosen,
        exclusion_reason=regions["exclusion_reason"].where(~chosen, None),
    )


def served(districts, codes):
    """Assign the demand regions to sites in turn by longitude, so that every site serves some."""
    order = np.argsort(shapely.get_x(shapely.point_on_surface(districts.geometry.to_numpy())))
    names = np.empty(len(districts), dtype=object)
    for site, part in zip(codes, np.array_split(order, len(codes)), strict=True):
        names[part] = site
    return districts.assign(facility=names, latency_ms=15.0)


def label_boxes(axes):
    """Return the measured boxes of the site labels, grouped by site."""
    boxes: dict[str, list] = {}
    for text in (text for one in (axes, *axes.child_axes) for text in one.texts):
        name = text.get_gid() or ""
        if name.startswith("site-label-"):
            boxes.setdefault(name.split("-")[2], []).append(extent(text))
    return boxes


def extent(text):
    """Return the box of a text as it is drawn: in the settings of the house style."""
    with applied(LIGHT):
        return text.get_window_extent()


def assert_nothing_collides(sheet):
    """Assert that every text of tables, legends, title and footer stands on the paper and clear of the others."""
    boxes = [extent(text) for text in sheet.page.ax.texts if text.get_text().strip()]
    for box in boxes:
        assert sheet.bbox.x0 <= box.x0
        assert box.x1 <= sheet.bbox.x1
        assert sheet.bbox.y0 <= box.y0
    for first, second in combinations(boxes, 2):
        # Lines may touch by a hair where descenders meet ascenders.
        assert shared_area(first, second) < 0.15 * min(first.width * first.height, second.width * second.height)


def all_texts(figure):
    """Return every text on the sheet, insets included."""
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def shared_area(first, second):
    """Return the area two boxes share, in pixels."""
    width = min(first.x1, second.x1) - max(first.x0, second.x0)
    height = min(first.y1, second.y1) - max(first.y0, second.y0)
    return max(width, 0.0) * max(height, 0.0)


def layer(axes, name):
    """Return the polygons of the layer with this identifier."""
    (collection,) = [one for one in axes.collections if one.get_gid() == name]
    return [shapely.make_valid(_polygon(path)) for path in collection.get_paths()]


def _polygon(path):
    """Return a compound path as a polygon: rings inside others are holes."""
    area = shapely.Polygon()
    for ring in path.to_polygons():
        area = area.symmetric_difference(shapely.make_valid(shapely.Polygon(ring)))
    return area


def analyses(candidates):
    """Return made-up results of analyses, with what a map reads of them."""
    labels = [*SITES, "AT13", "AT21", "AT33"]
    roles = ["core", "swappable", "swappable", "swappable", "never"]
    shares = [100.0, 60.0, 30.0, 10.0, 0.0]
    excess = [0.0, 0.0, 0.5, 1.25, np.nan]
    sites = pd.DataFrame({"role": roles, "share_percent": shares, "best_excess_percent": excess}, index=labels)
    won = pd.DataFrame(
        {"share": [0.7, 0.45, 0.3], "low": [0.6, 0.4, 0.2], "high": [0.8, 0.5, 0.4]}, index=[*SITES, "AT21"]
    )
    assert set(labels) <= set(candidates.index)

    class Alternatives:
        complete, headline = True, "10 portfolios lie within 2 % of the optimum, and no others do."

        def __len__(self):
            return 10

    alternatives = Alternatives()
    alternatives.sites = sites
    robustness = SimpleNamespace(sites=won, done=200, base_share=0.45, headline="The chosen portfolio stays the best.")
    return {"alternatives": alternatives, "robustness": robustness}


@cache
def small_solution():
    """Return a solution as a map sees it: the Austrian regions, two chosen, excluded for one reason or several."""
    table = made_up_regions()
    table = choose(table[table["country"] == "AT"], SITES)
    reasons = [None] * len(table)
    for label, text in (("AT11", "far; cold; dark"), ("AT22", "far; cold"), ("AT32", "dark"), ("AT34", "far")):
        reasons[table.index.get_loc(label)] = text
    table = table.assign(exclusion_reason=reasons, excluded=[text is not None for text in reasons])
    districts = made_up_districts()
    demand = served(districts[districts["country"] == "AT"], SITES)
    criteria = pd.DataFrame({"value": [4.0], "unit": ["sites"], "weight": [1.0]}, index=["cohesion"])
    return SimpleNamespace(
        candidates=table, demand=demand, criteria=criteria, model=None, objective=0.25, gap=0.0,
        status="optimal", proof="every portfolio compared", shares=None, analyses=analyses(table),
    )  # fmt: skip


def drawn(solution, kind, **options):
    """Draw a kind with what it needs."""
    if kind in OF_ANALYSES:
        options[kind] = solution.analyses[kind]
    if kind == "criterion":
        options["attribute"] = "grid_capacity_mva"
    if "ax" not in options:
        options.setdefault("date", DATE)
    return maps.plot(solution, kind=kind, **options)
