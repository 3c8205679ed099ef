"""Maps on paper and in files: fonts that are missing, letters of every script, disks that fill up, several pages."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from drawn import assert_nothing_collides, choose, label_boxes, made_up_regions
from matplotlib.font_manager import fontManager
from pypdf import PdfReader

from siting import maps
from siting.errors import InputError, OutputError
from siting.maps.board import root_figure
from siting.maps.style import LIGHT, settings


@pytest.fixture(scope="module")
def slovenia():
    """Return two regions, one of them chosen."""
    regions = made_up_regions()
    return choose(regions[regions["country"] == "SI"], ["SI03"])


def picture(text, **options):
    """Return the pixels of a text on an empty sheet."""
    sheet = maps.Sheet(LIGHT)
    sheet.page.text(20, 30, text, 20.0, **options)
    with np.errstate(all="ignore"):
        sheet.canvas.draw()
    return np.asarray(sheet.canvas.buffer_rgba())[..., :3].copy()


def test_a_font_that_is_not_installed_gives_way_to_the_shipped_one_and_is_said_once(slovenia, tmp_path):
    """The map is drawn in DejaVu Sans, and one sentence says so, however many texts there are."""
    style = dataclasses.replace(LIGHT, font="Corporate Sans Nobody Has")
    with pytest.warns(
        UserWarning, match="'Corporate Sans Nobody Has' is not installed, so DejaVu Sans is used"
    ) as said:
        maps.save(maps.portfolio_map(slovenia, style=style, date="2026"), tmp_path / "map.pdf")
    assert len(said) == 1
    assert b"DejaVuSans" in (tmp_path / "map.pdf").read_bytes()
    plain = maps.portfolio_map(slovenia, date="2026")
    maps.save(plain, tmp_path / "plain.pdf")
    texts = [[page.extract_text() for page in PdfReader(tmp_path / name).pages] for name in ("map.pdf", "plain.pdf")]
    assert texts[0] == texts[1]


def test_a_font_that_is_installed_is_used():
    """The families stand in the order in which they are asked for a letter."""
    other = next(name for name in fontManager.get_font_names() if name == "DejaVu Serif")
    assert settings(dataclasses.replace(LIGHT, font=other))["font.family"][:2] == [other, "DejaVu Sans"]


def test_right_to_left_text_is_drawn_from_right_to_left():
    """Two Hebrew letters look like the same two in the other order, forced from left to right."""
    forced = "\u202d" + "בא" + "\u202c"
    assert (picture("אב") != 255).any()
    assert np.array_equal(picture("אב"), picture(forced))
    assert not np.array_equal(picture("אב"), picture("בא"))


def test_markup_and_formulas_are_drawn_letter_by_letter():
    """A dollar sign, a tag and a brace are drawn as they are: more letters take more room."""
    for text, shorter in (("$x$", "x"), ("<b>x</b>", "x"), (r"\alpha", "α")):
        wide, narrow = ((picture(one) != 255).any(axis=(0, 2)).nonzero()[0] for one in (text, shorter))
        assert np.ptp(wide) > 1.8 * np.ptp(narrow)


@pytest.mark.parametrize("name", ["R" * 300, "Region " * 45, "אזור " * 60, '"quoted" <script>alert(1)</script> $x$'])
@pytest.mark.parametrize("kind", ["score", "service", "exclusions"])
def test_names_of_any_length_and_script_stay_in_their_place(slovenia, kind, name):
    """In lists, labels and headings; nothing leaves the paper or covers another text."""
    table = slovenia.assign(name=[name, f"{name} 2"])
    if kind == "exclusions":
        table = table.assign(excluded=True, exclusion_reason=[f"{name}; {name} too", name], selected=False)
    draw = {"score": maps.score_map, "exclusions": maps.exclusions_map}.get(kind)
    sheet = (
        maps.service_map(table, table.assign(facility="SI03", population=1e6), title=name)
        if draw is None
        else draw(table, title=name, subtitle=name)
    )
    assert_nothing_collides(sheet)
    frame = sheet.map_axes.get_window_extent()
    for box in (one for own in label_boxes(sheet.map_axes).values() for one in own):
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1


def test_several_maps_are_pages_of_one_pdf(slovenia, tmp_path):
    """Each with its own title, fonts embedded once for all."""
    sheets = [maps.portfolio_map(slovenia, title=title, date="2026") for title in ("First", "Second")]
    target = maps.save_pages(sheets, tmp_path / "maps.pdf")
    pages = PdfReader(target).pages
    assert ["First" in page.extract_text() for page in pages] == [True, False]
    assert [round(float(page.mediabox.width)) for page in pages] == [842, 842]
    assert b"/Type3" not in target.read_bytes()
    with pytest.raises(OutputError, match=r"written as one of \.pdf"):
        maps.save_pages(sheets, tmp_path / "maps.png")
    with pytest.raises(InputError, match="no maps"):
        maps.save_pages([], tmp_path / "none.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["maps.pdf"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_disk_that_really_fills_up_leaves_no_half_written_map(tmp_path):
    """The system refuses to write beyond a few kilobytes; every format says so and leaves nothing, or the old file."""
    (tmp_path / "map.svg").write_text("old")
    code = """
        import resource, sys
        from siting import maps
        from siting.errors import OutputError
        from siting.maps.style import LIGHT
        sheet = maps.Sheet(LIGHT)
        for number in range(40):
            sheet.page.text(20, 5 * number, "A line of text " * 9)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        for ending in maps.FORMATS:
            try:
                maps.save(sheet, f"{sys.argv[1]}/map.{ending}")
            except OutputError as error:
                print(error)
        try:
            maps.save_pages([sheet], f"{sys.argv[1]}/pages.pdf")
        except OutputError as error:
            print(error)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("cannot write") == 4
    assert run.stdout.count("nothing was written") == 4
    assert [path.name for path in tmp_path.iterdir()] == ["map.svg"]
    assert (tmp_path / "map.svg").read_text() == "old"


def test_a_folder_without_permission_is_named(slovenia, tmp_path, monkeypatch):
    """One sentence with the reason of the system."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    sheet = maps.portfolio_map(slovenia, date="2026")
    assert root_figure(sheet.map_axes) is sheet
    monkeypatch.setattr("pathlib.Path.touch", refuse)
    with pytest.raises(OutputError, match="permission denied; nothing was written"):
        sheet.save(tmp_path / "map.png")
    assert list(tmp_path.iterdir()) == []
