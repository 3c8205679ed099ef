"""Maps: everything is drawn, nothing collides, lengths are true, texts are verbatim, files are whole."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from types import SimpleNamespace

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from drawn import (
    REASONS,
    all_texts,
    assert_nothing_collides,
    choose,
    extent,
    label_boxes,
    made_up_districts,
    made_up_regions,
    served,
    shared_area,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from siting import data, maps
from siting.errors import InputError, OutputError
from siting.maps.attribute_names import attribute_label
from siting.maps.classes import classify
from siting.maps.labels import Box, place
from siting.maps.reasons import exclusion_reasons
from siting.maps.shapes import PATTERNS, Pattern, hatch, parallel_lines, polygon_path
from siting.maps.style import LIGHT, PRINT, contrast, readable
from siting.maps.texts import _ENGLISH, _ITALIAN, date_text, number

DATE = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def regions():
    """All NUTS-2 regions of the Union with made-up figures and exclusions."""
    return made_up_regions()


@pytest.fixture(scope="module")
def districts():
    """All NUTS-3 regions of the Union with made-up people."""
    return made_up_districts()


@pytest.fixture(scope="module")
def sheet(regions, districts):
    """Return one finished sheet, with service areas, an outermost site and neighbours."""
    codes = ["DE40", "ES42", "FRY2", "PL22"]
    return maps.portfolio_map(
        choose(regions, codes),
        served(districts, codes),
        neighbours=data.neighbours(),
        title="Four sites",
        subtitle="Objective 1",
        date=DATE,
    )


@pytest.mark.parametrize("seed", range(8))
def test_labels_of_randomly_chosen_regions_cover_neither_each_other_nor_insets_nor_scale(regions, seed):
    """Labels are measured as drawn, in the figure that would be saved."""
    random = np.random.default_rng(seed)
    # The hardest case takes neighbours: seven sites close to one another.
    pool = regions.index[regions["country"].isin(["NL", "BE", "LU"])] if seed == 0 else regions.index
    # Twenty sites carry their codes only.
    codes = sorted(random.choice(pool, 20 if seed == 7 else 4 + seed % 4, replace=False))
    axes = maps.portfolio_map(choose(regions, codes), date=DATE).map_axes
    boxes = label_boxes(axes)
    assert len(boxes) == len(codes)
    for first, second in combinations(boxes, 2):
        assert not any(shared_area(a, b) for a in boxes[first] for b in boxes[second])
    # The name of a site overseas stands inside its own inset.
    own = {text for child in axes.child_axes for text in child.texts if text.get_gid()}
    fixed = [child.get_window_extent() for child in axes.child_axes]
    fixed += [patch.get_window_extent() for patch in axes.patches if "scale-bar" in (patch.get_gid() or "")]
    frame = axes.get_window_extent()
    for box in (box for own in boxes.values() for box in own):
        overseas = any(extent(text).bounds == box.bounds for text in own)
        assert sum(shared_area(box, other) > 0 for other in fixed) == overseas
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1
        assert frame.y0 <= box.y0
        assert box.y1 <= frame.y1


def test_every_region_is_drawn_inside_the_view_of_the_map_or_of_an_inset(sheet, regions):
    """Each of the 242 regions has a path that meets the view of the axes it is drawn on."""
    drawn = 0
    for axes in (sheet.map_axes, *sheet.map_axes.child_axes):
        view = shapely.box(axes.get_xlim()[0], axes.get_ylim()[0], axes.get_xlim()[1], axes.get_ylim()[1])
        for collection in axes.collections:
            if collection.get_gid() == "candidates":
                for path in collection.get_paths():
                    drawn += view.intersects(shapely.Polygon(path.to_polygons()[0]))
    assert drawn == len(regions) == 242
    assert len(sheet.map_axes.child_axes) == 8


def test_insets_show_their_regions_whole(sheet):
    """The bounds of every region overseas lie within the limits of its inset."""
    for axes in sheet.map_axes.child_axes:
        (collection,) = [one for one in axes.collections if one.get_gid() == "candidates"]
        corners = np.concatenate([path.vertices for path in collection.get_paths()])
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert left < corners[:, 0].min()
        assert corners[:, 0].max() < right
        assert bottom < corners[:, 1].min()
        assert corners[:, 1].max() < top


def test_the_scale_bar_is_true_to_the_geodesic_near_the_centre(sheet):
    """The bar, moved to the centre of the map and measured along the ellipsoid, is as long as it says."""
    axes = sheet.map_axes
    bars = [patch for patch in axes.patches if "scale-bar" in (patch.get_gid() or "")]
    length = sum(bar.get_width() for bar in bars)
    (kilometres,) = [float(t.removesuffix(" km")) for t in (x.get_text() for x in axes.texts) if t.endswith(" km")]
    x, y = np.mean(axes.get_xlim()), np.mean(axes.get_ylim())
    back = pyproj.Transformer.from_crs(3035, 4326, always_xy=True)
    ends = [back.transform(x + side * length / 2, y) for side in (-1, 1)]
    metres = pyproj.Geod(ellps="GRS80").inv(*ends[0], *ends[1])[2]
    assert metres / 1000 == pytest.approx(kilometres, rel=0.03)


def test_scale_bars_of_insets_are_true(sheet):
    """An inset has a projection of its own, centred on it, so that metres are metres."""
    for axes in sheet.map_axes.child_axes:
        (kilometres,) = [float(text.get_text()[:-3]) for text in axes.texts if text.get_text().endswith(" km")]
        spans = [np.ptp(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
        assert any(span == pytest.approx(kilometres * 1000) for span in spans)


def test_the_legend_names_every_exclusion_reason_and_counts_its_regions(sheet, regions):
    """The count beside a reason is that of the regions hatched for it."""
    words = all_texts(sheet)
    excluded = choose(regions, ["DE40", "ES42", "FRY2", "PL22"])
    counts = excluded.loc[excluded["excluded"], "exclusion_reason"].value_counts()
    for reason in REASONS:
        assert reason in words
        assert str(counts[reason]) in words


def test_footer_title_and_table_tell_what_they_must(sheet):
    """Title, subtitle, licence, date, projection and country names are on the sheet."""
    words = " ".join(all_texts(sheet))
    for text in ("Four sites", "Objective 1", "© EuroGeographics", "22 November 2026", "EPSG:3035", "Spain"):
        assert text in words


def test_the_svg_holds_the_names_of_the_sites_as_text(sheet, tmp_path):
    """The text can be searched and edited in the file."""
    maps.save(sheet, tmp_path / "map.svg")
    tree = ET.parse(tmp_path / "map.svg")  # noqa: S314 - written by the line above
    texts = {"".join(element.itertext()).strip() for element in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Brandenburg", "Castilla-La Mancha", "Martinique FRY2", "Śląskie"} <= texts


def test_the_pdf_embeds_truetype_fonts_only(sheet, tmp_path):
    """Type 42 is what printers and publishers ask for; Type 3 is what they refuse."""
    content = maps.save(sheet, tmp_path / "map.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert content.count(b"/CIDFontType2") == content.count(b"/FontFile2")


def test_a_png_has_the_size_of_the_paper_at_the_chosen_resolution(sheet, tmp_path):
    """A4 at 100 dots per inch."""
    content = maps.save(sheet, tmp_path / "map.png", dpi=100).read_bytes()
    width, height = (int.from_bytes(content[start : start + 4], "big") for start in (16, 20))
    assert (width, height) == (1169, 826)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_map_gives_the_same_bytes_when_the_date_is_fixed(regions, tmp_path, monkeypatch, ending):
    """No date, no random identifier, no order of a set ends up in the file."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    few = choose(regions[regions["country"] == "AT"], ["AT11"])
    files = [maps.save(maps.portfolio_map(few), tmp_path / f"{n}.{ending}", dpi=60) for n in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_names_are_drawn_verbatim_whatever_they_contain(regions, tmp_path):
    """Neither markup nor mathematics nor control characters in a name are interpreted."""
    names = {
        "AT11": "<script>alert(1)</script>",
        "AT12": "$x_2^3$ & \\alpha_{i}",
        "AT13": "שלום עולם",
        "AT21": "a_b^c {d} 100 %",
        "AT22": "ab\x00c",
        "AT31": "Long " * 80,
        "AT32": "L" * 300,
    }
    table = choose(regions[regions["country"] == "AT"], list(names))
    table["name"] = [names.get(code, name) for code, name in table["name"].items()]
    sheet = maps.portfolio_map(table, title="$\\frac{1}{2}$ <b>", subtitle="_x_ $", date="$", sources=["$\\bad{"])
    maps.save(sheet, tmp_path / "map.svg")
    maps.save(sheet, tmp_path / "map.pdf")
    tree = ET.parse(tmp_path / "map.svg")  # noqa: S314 - written by the line above
    texts = [" ".join("".join(e.itertext()).split()) for e in tree.iter("{http://www.w3.org/2000/svg}text")]
    for text in (
        names["AT11"],
        names["AT12"],
        names["AT13"],
        names["AT21"],
        "ab\ufffdc",
        "$\\frac{1}{2}$ <b>",
    ):
        assert text in texts
    boxes = label_boxes(sheet.map_axes)
    assert not any(shared_area(a, b) for one, two in combinations(boxes, 2) for a in boxes[one] for b in boxes[two])


def test_an_unknown_format_is_refused_with_the_valid_ones(tmp_path):
    """The sentence names the endings, and no file is made."""
    with pytest.raises(OutputError, match=r"'jpeg' is unknown.*\.pdf, \.png, \.svg"):
        maps.save(Figure(), tmp_path / "map.jpeg")
    with pytest.raises(OutputError, match="no ending"):
        maps.save(Figure(), tmp_path / "map")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path):
    """A missing folder, a file in place of a folder, a folder in place of the file."""
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "map.png").mkdir()
    for target in (tmp_path / "missing" / "map.png", tmp_path / "file" / "map.png", tmp_path / "map.png"):
        with pytest.raises(OutputError, match=r"^cannot write '.*'"):
            maps.save(Figure(), target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "map.png"]


def test_a_full_disk_leaves_the_old_file_as_it_was(tmp_path, monkeypatch):
    """The file is replaced in one step or not at all."""
    target = tmp_path / "map.svg"
    target.write_text("old")

    def fail(_, fname, **__):
        fname.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OutputError, match="no space left"):
        maps.save(Figure(), target)
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_resolution_that_makes_no_sense_is_refused(tmp_path):
    """Zero dots per inch make no picture."""
    with pytest.raises(InputError, match="dots per inch"):
        maps.save(Figure(), tmp_path / "map.png", dpi=0)


def test_drawing_changes_neither_the_settings_nor_the_backend_of_the_user(regions, tmp_path):
    """Importing and drawing leave pyplot alone."""
    before = dict(mpl.rcParams)
    maps.save(maps.portfolio_map(choose(regions[:20], [regions.index[0]])), tmp_path / "map.svg")
    assert dict(mpl.rcParams) == before
    code = "import sys, siting.maps; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_axes_of_the_user_are_drawn_on_in_metres_and_returned(regions, districts):
    """A map can be one panel of a figure of the user."""
    figure = Figure(figsize=(8, 5))
    axes = figure.add_subplot()
    codes = ["DE40", "ES42"]
    assert maps.portfolio_map(choose(regions, codes), served(districts, codes), ax=axes, title="Mine") is axes
    assert axes.get_title(loc="left") == "Mine"
    assert axes.get_xlim()[0] == pytest.approx(2_470_000)
    assert "Brandenburg (DE40)" in " ".join(all_texts(figure))
    assert maps.criterion_map(regions, "score", ax=figure.add_axes((0, 0, 0.2, 0.2)), legend=False) is figure.axes[-1]


def test_a_chosen_region_overseas_has_its_marker_in_its_inset(sheet):
    """The marker stands in exactly one inset."""
    axes = sheet.map_axes
    insets = [child.get_window_extent() for child in axes.child_axes]
    markers = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
    places = [axes.transData.transform((line.get_xdata()[0], line.get_ydata()[0])) for line in markers]
    assert len(places) == 4
    assert sum(any(box.contains(*spot) for box in insets) for spot in places) == 1


def test_service_areas_are_outlined_in_the_colour_of_their_site(sheet):
    """Marker, outline and label of a site share one colour."""
    outlines = [
        mpl.colors.to_hex(collection.get_colors()[0])
        for collection in sheet.map_axes.collections
        if isinstance(collection, mpl.collections.LineCollection)
    ]
    assert {LIGHT.site_colour(number) for number in range(4)} <= set(outlines)


def test_a_map_without_a_portfolio_says_so(regions):
    """A search that holds nothing still gives a map of the candidates."""
    sheet = maps.portfolio_map(regions, date=DATE)
    assert "No portfolio is held" in all_texts(sheet)


def test_input_that_cannot_be_drawn_is_refused_with_the_nearest_name(regions):
    """Every refusal is one sentence that names the nearest valid thing."""
    with pytest.raises(InputError, match="did you mean 'score'"):
        maps.portfolio_map(regions, shade="scor")
    with pytest.raises(InputError, match="no column 'selected'"):
        maps.portfolio_map(regions.drop(columns="selected"))
    with pytest.raises(InputError, match="coordinate reference system"):
        maps.portfolio_map(regions.set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="GeoDataFrame"):
        maps.portfolio_map(pd.DataFrame(regions.drop(columns="geometry")))
    with pytest.raises(InputError, match="nothing to draw"):
        maps.portfolio_map(regions[:0])
    with pytest.raises(InputError, match="'AT12' of the candidates has no geometry"):
        maps.portfolio_map(regions.assign(geometry=regions.geometry.where(regions.index != "AT12", None)))
    with pytest.raises(InputError, match="did you mean 'print'"):
        maps.portfolio_map(regions, style="prnt")
    with pytest.raises(InputError, match="'de'"):
        maps.portfolio_map(regions, language="de")
    with pytest.raises(InputError, match="did you mean 'portrait'"):
        maps.portfolio_map(regions, orientation="portrai")
    with pytest.raises(InputError, match="to 12 attributes"):
        maps.criteria_maps(regions, [])


def test_degrees_are_projected_before_they_are_drawn(regions):
    """The same table in degrees and in metres gives the same map."""
    few = choose(regions[regions["country"] == "SI"], ["SI03"])
    there, here = (maps.portfolio_map(table, date=DATE).map_axes for table in (few, few.to_crs(4326)))
    assert there.get_xlim() == pytest.approx(here.get_xlim(), abs=1.0)


def test_a_criterion_map_marks_missing_values_and_counts_them(regions):
    """Regions without a value are hatched, never shaded as zero."""
    table = regions.assign(grid_capacity_mva=regions["grid_capacity_mva"].where(regions["country"] != "IE"))
    words = all_texts(maps.criterion_map(table, "grid_capacity_mva", date=DATE, language="it"))
    assert "dato mancante" in words
    assert str((regions["country"] == "IE").sum()) in words
    assert "Capacità di rete (stima), MVA" in words


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_small_multiples_hold_one_map_with_every_region_per_attribute(regions, orientation):
    """Small maps have their insets too."""
    sheet = maps.criteria_maps(regions, ["score", "grid_capacity_mva", "country"], orientation=orientation)
    drawn = [
        len(collection.get_paths())
        for collection in sheet.findobj(mpl.collections.PathCollection)
        if collection.get_gid() == "candidates"
    ]
    assert sum(drawn) == 3 * len(regions)


def test_plot_reads_a_solution_and_prints_objective_and_proof(regions, districts):
    """Anything with the attributes of a solution can be drawn."""
    codes = ["DE40", "ES42"]
    criteria = pd.DataFrame(
        {"value": [6.7e8, 4.0], "unit": ["EUR/yr", "sites"], "weight": [0.5, 0.5]},
        index=["energy_cost", "cohesion"],
    )
    solution = SimpleNamespace(
        candidates=choose(regions, codes), demand=served(districts, codes), criteria=criteria,
        model=None, objective=0.25, gap=0.0, status="optimal", proof="every portfolio compared",
    )  # fmt: skip
    words = " ".join(all_texts(maps.plot(solution, language="it", orientation="portrait", style="print")))
    for text in (
        "Obiettivo 0,2500",
        "ottimo dimostrato",
        "670,0 mln EUR/anno",
        "Germania",
    ):
        assert text in words
    assert "every portfolio compared" not in words
    with pytest.raises(InputError, match="solve a model"):
        maps.plot(SimpleNamespace(candidates=pd.DataFrame(), demand=None))


def test_nothing_on_the_sheet_leaves_the_paper_or_runs_into_another_text(sheet):
    """Every text of tables, legends, title and footer, by measure."""
    assert_nothing_collides(sheet)


# --- colours ------------------------------------------------------------

# Machado, Oliveira and Fernandes (2009), severity 1.0: protanopia, deuteranopia, tritanopia.
_VISIONS = [
    np.eye(3),
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
]


def seen(colour, vision):
    """Return the CIELAB coordinates of a colour as a person with this vision sees it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(np.array(vision) @ linear, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", _VISIONS)
def test_site_colours_stay_apart_in_every_kind_of_colour_vision(vision):
    """Distances are Euclidean in CIELAB; 10 is a clear difference, 2.3 the just noticeable one."""
    colours = [seen(colour, vision) for colour in LIGHT.sites]
    distances = [np.linalg.norm(a - b) for a, b in combinations(colours, 2)]
    first_four = [np.linalg.norm(a - b) for a, b in combinations(colours[:4], 2)]
    assert min(first_four) > 25
    assert min(distances) > 10


@pytest.mark.parametrize("style", [LIGHT, PRINT])
@pytest.mark.parametrize("vision", _VISIONS)
def test_shades_darken_step_by_step_in_every_kind_of_colour_vision(style, vision):
    """The order of the classes is read from lightness alone."""
    lightness = [seen(colour, vision)[0] for colour in style.ramp(5)]
    assert (np.diff(lightness) < -5).all()


def test_names_in_site_colours_are_legible_on_white():
    """WCAG 2.1 asks for 4.5 for small text; the bold figures on markers count as large."""
    for style in (LIGHT, PRINT):
        for colour in style.sites:
            assert contrast(readable(colour), "#ffffff") >= 4.5
            assert contrast(colour, "#ffffff") > 3.5


# --- classes, reasons, texts ------------------------------------------------------------


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9, allow_subnormal=False)), min_size=1, max_size=60))
def test_classes_leave_missing_values_out_and_keep_the_order_of_numbers(values):
    """A class never holds a missing value, and a higher number never stands in a lower class."""
    series = pd.Series(values, dtype=float)
    classes = classify(series, LIGHT)
    assert ((classes.codes < 0) == series.isna().to_numpy()).all()
    assert sum(classes.counts()) == series.notna().sum()
    assert len(classes.labels) == len(classes.colours) <= 5
    known = series.dropna().sort_values()
    assert (np.diff(classes.codes[known.index]) >= 0).all()


def test_the_labels_of_classes_enclose_their_values():
    """What the legend says of a class is true of every value in it, figures rounded."""
    series = pd.Series(np.random.default_rng(1).gamma(2.0, 50.0, 300))
    classes = classify(series, LIGHT)
    for code, label in enumerate(classes.labels):
        low, high = (float(text.replace(",", "")) for text in label.split(" – "))
        own = series[classes.codes == code]
        assert low <= own.min()
        assert own.max() <= high


def test_texts_and_truth_values_are_classes_of_their_own():
    """Ordered categories keep their order."""
    assert classify(pd.Series([True, None, False], dtype=object), LIGHT, "it").labels == ("no", "sì")
    categories = pd.Series(["more developed", "transition", "less developed", None])
    assert classify(categories, LIGHT).labels == ("less developed", "transition", "more developed")
    assert list(classify(categories, LIGHT).codes) == [2, 1, 0, -1]


def test_a_region_with_several_reasons_is_shown_under_the_rarest_that_is_not_a_missing_value():
    """The rarest reason tells most about a region."""
    table = gpd.GeoDataFrame(
        {
            "excluded": [True] * 5 + [False],
            "exclusion_reason": [
                "grid of 5 MVA is below 300 MVA; no substation",
                "grid of 6 MVA is below 300 MVA",
                "grid of 7 MVA is below 300 MVA",
                "no value for pue; outermost region",
                "no value for grid_capacity_mva (needed by criterion 'grid')",
                None,
            ],
        }
    )
    codes, reasons = exclusion_reasons(table, "en")
    assert reasons[0] == "grid of … MVA is below … MVA"
    assert [reasons[code] for code in codes[:1]] == ["no substation"]
    assert reasons[codes[3]] == "outermost region"
    assert reasons[codes[4]] == "no value for grid capacity (proxy)"
    assert codes[5] == -1


def test_more_reasons_than_patterns_share_the_last_entry():
    """The legend stays readable, and no region loses its hatch."""
    table = gpd.GeoDataFrame({"exclusion_reason": [f"reason {chr(97 + n)}" for n in range(20)]})
    codes, reasons = exclusion_reasons(table, "en")
    assert len(reasons) == len(PATTERNS)
    assert reasons[-1] == "other reasons"
    assert (codes >= 0).all()


def test_every_text_exists_in_every_language():
    """A text that is missing in a language would appear in English."""
    spoken_by_key = {key for key in _ITALIAN if key not in _ENGLISH}
    assert set(_ENGLISH) <= set(_ITALIAN)
    # English needs no entry where the key itself is the English text.
    assert all("_" in key or " " in key or key.isalpha() or "/" in key for key in spoken_by_key)
    assert attribute_label("pue", "it") != attribute_label("pue", "en")


def test_numbers_and_dates_follow_the_language(monkeypatch):
    """Decimal marks, minus signs and months."""
    assert number(-1234.5, 1, "it") == "−1.234,5"
    assert number(float("nan"), 1, "en") == "–"
    assert date_text(DATE, "it") == "22 novembre 2026"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert date_text(None, "en") == "1 January 1970"


# --- geometry ------------------------------------------------------------


def test_holes_stay_open_and_hatches_stay_inside():
    """Rings of opposite direction leave holes open under every fill rule."""
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    path = polygon_path(ring)
    areas = [shapely.LinearRing(part).is_ccw for part in path.to_polygons()]
    assert sorted(areas) == [False, True]
    lines = parallel_lines(ring, 45.0, 0.5)
    assert ring.buffer(1e-6).covers(lines)
    assert lines.length * 0.5 == pytest.approx(ring.area, rel=0.05)


def test_a_hatch_of_dots_covers_its_area_evenly():
    """As many dots as a triangular grid of that spacing has."""
    axes = Figure().add_subplot()
    hatch(axes, shapely.box(0, 0, 10, 10), Pattern((), 0.5), 1.0, color="k")
    assert len(axes.lines[0].get_xdata()) == pytest.approx(100 / (0.25 * np.sqrt(3) / 2), rel=0.1)


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.floats(20, 380), st.floats(20, 380)), min_size=1, max_size=7),
    st.lists(st.tuples(st.floats(20, 110), st.floats(8, 30)), min_size=7, max_size=7),
)
def test_placed_labels_overlap_neither_each_other_nor_an_obstacle(points, sizes):
    """Wherever the points lie, as long as there is room."""
    obstacle, bounds = Box(0, 250, 100, 400), Box(0, 0, 400, 400)
    boxes = place(points, sizes[: len(points)], [obstacle], bounds)
    for box, size in zip(boxes, sizes, strict=False):
        assert bounds.grown(1e-6).contains(box)
        assert box.overlap(obstacle) == 0
        assert box.right - box.left == pytest.approx(size[0])
    for first, second in combinations(boxes, 2):
        assert first.overlap(second) == 0


def test_candidates_that_are_places_are_drawn_as_dots_on_land() -> None:
    """Every usable place is a dot, excluded ones are small and grey; points are not hatched."""
    table = data.candidates("nuts2").head(60)
    places = gpd.points_from_xy(table["longitude_degrees"], table["latitude_degrees"], crs="EPSG:4326")
    frame = table.set_geometry(places.to_crs("EPSG:3035")).assign(selected=False, excluded=False, exclusion_reason=None)
    frame.iloc[:2, frame.columns.get_loc("selected")] = True
    frame.iloc[2:12, frame.columns.get_loc("excluded")] = True
    frame.iloc[2:12, frame.columns.get_loc("exclusion_reason")] = "too far from the grid"
    demand = data.demand().assign(facility=frame.index[0])
    sheet = maps.portfolio_map(frame, demand, shade="population")
    dots = [c for c in sheet.map_axes.collections if c.get_offsets().shape[0] in (10, 50)]
    assert sorted(c.get_offsets().shape[0] for c in dots) == [10, 50]
