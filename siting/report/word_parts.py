"""What python-docx leaves to its users: fields, captions, alternative texts, styles, page orientation."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PORTRAIT, LANDSCAPE = "portrait", "landscape"
_FAMILY = "Arial"
"""A document that is edited elsewhere cannot bring its typeface along."""
_CODE = "Courier New"
_CELL_MARGIN = 40
"""Twentieths of a point left and right of the text of a cell."""
#: Characters that XML cannot hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def run(paragraph: Any, text: str, *, bold: bool = False, size: float = 0.0, colour: str = "") -> Any:
    """Add text to the end of a paragraph.

    Parameters
    ----------
    paragraph : docx.text.paragraph.Paragraph
        Where to.
    text : str
        The text; what XML cannot hold becomes the replacement character.
    bold : bool
        Whether it is emphasised.
    size : float
        Points; 0 leaves that to the style.
    colour : str
        Hexadecimal; empty leaves it to the style.

    Returns
    -------
    docx.text.run.Run
        The run.
    """
    from docx.shared import Pt, RGBColor

    added = paragraph.add_run(_FORBIDDEN.sub("\ufffd", text))
    added.bold = bold or None
    if size:
        added.font.size = Pt(size)
    if colour:
        added.font.color.rgb = RGBColor.from_string(colour.lstrip("#").upper())
    return added


def element(name: str, **attributes: str) -> Any:
    """Return an element of WordprocessingML with attributes of the same namespace."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def field(paragraph: Any, instruction: str, shown: str) -> None:
    r"""Add a field: what the word processor computes, and what is shown until it does.

    Parameters
    ----------
    paragraph : docx.text.paragraph.Paragraph
        Where to.
    instruction : str
        For instance ``PAGE`` or ``TOC \o "1-2"``.
    shown : str
        Until the field is updated.
    """
    from docx.oxml.ns import qn

    def part(child: Any) -> None:
        paragraph.add_run()._r.append(child)  # noqa: SLF001 - the library has no fields

    part(element("w:fldChar", fldCharType="begin"))
    code = element("w:instrText")
    code.set(qn("xml:space"), "preserve")
    code.text = f" {instruction} "
    part(code)
    part(element("w:fldChar", fldCharType="separate"))
    paragraph.add_run(shown)
    part(element("w:fldChar", fldCharType="end"))


def captioned(where: Any, label: str, sequence: str, number: int, text: str) -> None:
    """Add a caption whose number a word processor keeps: "Table 3  The criteria".

    Parameters
    ----------
    where : docx.document.Document or cell
        Where to.
    label : str
        As printed.
    sequence : str
        Name of the counter.
    number : int
        Shown until fields are updated.
    text : str
        The caption.
    """
    paragraph = where.add_paragraph(style="Caption")
    run(paragraph, f"{label} ")
    field(paragraph, f"SEQ {sequence} \\* ARABIC", str(number))
    run(paragraph, f"  {text}")


def picture(paragraph: Any, png: bytes, alternative: str, width: float) -> None:
    """Add a picture with its alternative text.

    Parameters
    ----------
    paragraph : docx.text.paragraph.Paragraph
        Where to.
    png : bytes
        The picture.
    alternative : str
        What it shows.
    width : float
        Millimetres.
    """
    from docx.shared import Mm

    shape = paragraph.add_run().add_picture(io.BytesIO(png), width=Mm(width))
    shape._inline.docPr.set("descr", _FORBIDDEN.sub("\ufffd", alternative))  # noqa: SLF001 - the library has no alternative texts


def set_widths(table: Any, grid: Sequence[Sequence[Any]], widths: Sequence[float]) -> None:
    """Fix the widths of a table's columns, in the grid as well as in the cells: programs differ in which they read.

    Parameters
    ----------
    table : docx.table.Table
        The table.
    grid : sequence of sequence of docx.table._Cell
        Its cells by row.
    widths : sequence of float
        Millimetres.
    """
    from docx.shared import Mm

    table.autofit = False
    for place, width in enumerate(widths):
        table.columns[place].width = Mm(width)
        for line in grid:
            line[place].width = Mm(width)


def turn(document: Any, orientation: str) -> bool:
    """Begin a section of the other orientation, if the last one has another.

    Parameters
    ----------
    document : docx.document.Document
        The document.
    orientation : {"portrait", "landscape"}
        How the next pages lie.

    Returns
    -------
    bool
        Whether a section, and with it a page, was begun.
    """
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.shared import Mm

    wanted = WD_ORIENT.LANDSCAPE if orientation == LANDSCAPE else WD_ORIENT.PORTRAIT
    if document.sections[-1].orientation == wanted:
        return False
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = wanted
    sides = (Mm(297), Mm(210)) if orientation == LANDSCAPE else (Mm(210), Mm(297))
    section.page_width, section.page_height = sides
    section.different_first_page_header_footer = False
    return True


def heading_row(row: Any) -> None:
    """Mark a row as the header of its table: repeated on every page, announced by screen readers."""
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - the library has no header rows
    properties.append(element("w:cantSplit"))
    properties.append(element("w:tblHeader"))


def outer_borders(table: Any, colour: str, *, rows: bool = False) -> None:
    """Set lines above a table, and below each row if wanted; none between columns."""
    lines = element("w:tblBorders")
    lines.append(element("w:top", val="single", sz="8", space="0", color=colour.lstrip("#")))
    if rows:
        lines.append(element("w:bottom", val="single", sz="4", space="0", color=colour.lstrip("#")))
        lines.append(element("w:insideH", val="single", sz="4", space="0", color=colour.lstrip("#")))
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w=str(_CELL_MARGIN), type="dxa"))
    properties = table._tbl.tblPr  # noqa: SLF001 - the library has no borders
    properties.append(lines)
    properties.append(margins)


def cell_shade(cell: Any, colour: str) -> None:
    """Set the ground of a cell."""
    shade = element("w:shd", val="clear", color="auto", fill=colour.lstrip("#"))
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - the library has no shading


def shaded(where: Any, text: str, colour: str, style: str = "Normal") -> None:
    """Add a paragraph on a ground of its own."""
    paragraph = where.add_paragraph(style=style)
    run(paragraph, text)
    shade = element("w:shd", val="clear", color="auto", fill=colour.lstrip("#"))
    paragraph._p.get_or_add_pPr().append(shade)  # noqa: SLF001 - the library has no shading


def set_language(document: Any, language: str) -> None:
    """Say in which language the document is written, for spelling and screen readers."""
    tag = {"en": "en-GB", "it": "it-IT"}.get(language, language)
    properties = document.styles["Normal"].element.get_or_add_rPr()
    properties.append(element("w:lang", val=tag))


def styles(document: Any, colours: Mapping[str, str]) -> None:
    """Set page, type and colours of the document's styles.

    Parameters
    ----------
    document : docx.document.Document
        The document.
    colours : mapping of str to str
        Colours of the dossier.
    """
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Mm, Pt

    first = document.sections[0]
    first.page_width, first.page_height = Mm(210), Mm(297)
    first.left_margin = first.right_margin = Mm(18)
    first.top_margin, first.bottom_margin = Mm(22), Mm(20)
    sizes = {
        "Normal": (9.0, "ink", 0, 4), "Title": (30.0, "ink", 0, 8), "Subtitle": (13.0, "muted", 0, 6),
        "Heading 1": (20.0, "ink", 0, 8), "Heading 2": (15.0, "ink", 0, 4), "Heading 3": (11.0, "ink", 8, 3),
        "Caption": (8.0, "ink", 6, 2), "List Bullet": (9.0, "ink", 0, 2),
    }  # fmt: skip
    own = {
        "Lead": (12.0, "ink", 0, 6), "Note": (7.0, "muted", 1, 4), "Table heading": (7.5, "muted", 1, 1),
        "Table text": (7.5, "ink", 1, 1), "Small heading": (6.0, "muted", 0, 0), "Small text": (6.0, "ink", 0, 0),
        "Gap": (3.0, "ink", 0, 2), "Table note": (6.5, "muted", 0, 1), "Table code": (5.5, "ink", 1, 1),
        "Listing": (6.5, "ink", 2, 6), "Contents heading": (20.0, "ink", 0, 8),
    }  # fmt: skip
    for name in own:
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
    for name, (size, colour, before, after) in {**sizes, **own}.items():
        style = document.styles[name]
        _typeface(style, _CODE if name in ("Listing", "Table code") else _FAMILY, size, colours[colour])
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.widow_control = True
    document.styles["Caption"].font.bold = True
    document.styles["Caption"].font.italic = False
    document.styles["Caption"].paragraph_format.keep_with_next = False


def _typeface(style: Any, family: str, size: float, colour: str) -> None:
    """Set the type of a style; theme fonts would win over it, so they go."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size = family, Pt(size)
    style.font.bold = style.name == "Heading 3"
    style.font.color.rgb = RGBColor.from_string(colour.lstrip("#").upper())
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in list(fonts.attrib):
        if "Theme" in key:
            del fonts.attrib[key]
    for key in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(key), family)
