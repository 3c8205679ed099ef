"""The dossier as a Word document: real headings, tables, captions and fields, from the same content as the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.report.blocks import (
    Callout,
    Code,
    Columns,
    Facts,
    Figure,
    Formula,
    Heading,
    Items,
    Paragraph,
    SiteHead,
    Table,
)  # fmt: skip
from siting.report.word_parts import (
    LANDSCAPE,
    PORTRAIT,
    captioned,
    cell_shade,
    field,
    heading_row,
    outer_borders,
    picture,
    run,
    set_language,
    set_widths,
    shaded,
    styles,
    turn,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.report.blocks import Block, Cell, Dossier, Section

_WIDTH = 174.0
_LANDSCAPE_WIDTH = 262.0
_LANDSCAPE_HEIGHT = 138.0
"""Millimetres a landscape page leaves for a picture below its heading and above its caption."""
_COVER_WIDTH = 140.0


def write_word(dossier: Dossier, path: Path) -> None:
    """Write the dossier as .docx.

    Parameters
    ----------
    dossier : Dossier
        The content.
    path : pathlib.Path
        Where to.
    """
    _Writer(dossier).save(path)


class _Writer:
    """Writes block after block to the end of a document, or into a cell of it."""

    def __init__(self, dossier: Dossier) -> None:
        from docx import Document

        self.dossier = dossier
        self.document: Any = Document()
        self.counts = {"figure": 0, "table": 0}
        styles(self.document, dossier.colours)
        set_language(self.document, dossier.language)
        properties = self.document.core_properties
        properties.title, properties.author = dossier.title, dossier.author
        properties.subject, properties.keywords = dossier.summary, ", ".join(dossier.keywords)[:255]
        properties.comments, properties.language = dossier.words["generator"], dossier.language
        self._cover()
        self._contents()
        for section in dossier.sections:
            self._section(section)
        self._feet()

    def save(self, path: Path) -> None:
        """Write the document to a file."""
        self.document.save(str(path))

    def _cover(self) -> None:
        dossier, document = self.dossier, self.document
        run(document.add_paragraph(style="Title"), dossier.title)
        if dossier.subtitle:
            run(document.add_paragraph(style="Subtitle"), dossier.subtitle)
        run(document.add_paragraph(style="Lead"), dossier.summary)
        picture(document.add_paragraph(), dossier.cover.drawing.png, dossier.cover.alternative, _COVER_WIDTH)
        self._block(dossier.facts, document, _WIDTH)
        foot = " · ".join(filter(None, (dossier.date, dossier.words["prepared_by"], dossier.words["generator"])))
        run(document.add_paragraph(style="Note"), foot)

    def _contents(self) -> None:
        from docx.enum.text import WD_BREAK

        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        self.document.add_paragraph(self.dossier.words["contents"], style="Contents heading")
        paragraph = self.document.add_paragraph()
        entries = "\n".join(f"{section.number}  {section.title}" for section in self.dossier.sections)
        field(paragraph, 'TOC \\o "1-2" \\h \\z \\u', entries)
        # Word fills the page numbers in when it opens the document.
        settings = self.document.settings.element
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        update = OxmlElement("w:updateFields")
        update.set(qn("w:val"), "true")
        settings.append(update)

    def _section(self, section: Section) -> None:
        landscape = section.layout == "landscape"
        turned = turn(self.document, LANDSCAPE if landscape else PORTRAIT)
        heading = self.document.add_heading(level=section.level)
        run(heading, f"{section.number}  {section.title}")
        heading.paragraph_format.page_break_before = not turned and (section.level == 1 or section.layout == "site")
        for block in section.blocks:
            if not isinstance(block, SiteHead):
                self._block(block, self.document, _LANDSCAPE_WIDTH if landscape else _WIDTH)
            else:
                run(self.document.add_paragraph(style="Note"), block.place)

    def _feet(self) -> None:
        """Set running heads and page numbers."""
        first = self.document.sections[0]
        first.different_first_page_header_footer = True
        run(first.header.paragraphs[0], self.dossier.title)
        first.header.paragraphs[0].style = self.document.styles["Note"]
        foot = first.footer.paragraphs[0]
        foot.style = self.document.styles["Note"]
        run(foot, f"{self.dossier.date}    ")
        run(foot, f"{self.dossier.words['page']} ")
        field(foot, "PAGE", "1")
        run(foot, f" {self.dossier.words['of']} ")
        field(foot, "NUMPAGES", "1")

    def _block(self, block: Block, where: Any, width: float) -> None:
        """Write a block with the method of its kind."""
        write: dict[str, Callable[[Any, Any, float], None]] = {
            "paragraph": self._paragraph, "heading": self._heading, "items": self._items, "callout": self._callout,
            "code": self._code, "formula": self._formula, "figure": self._figure, "facts": self._facts,
            "table": self._table, "columns": self._columns,
        }  # fmt: skip
        write[block.kind](block, where, width)

    def _paragraph(self, block: Paragraph, where: Any, _width: float) -> None:
        style = {"plain": "Normal", "lead": "Lead", "note": "Note"}[block.style]
        paragraph = where.add_paragraph(style=style)
        if block.opening:
            run(paragraph, f"{block.opening} ", bold=True)
        run(paragraph, block.text)

    def _heading(self, block: Heading, where: Any, _width: float) -> None:
        run(where.add_paragraph(style="Heading 3"), block.text)

    def _items(self, block: Items, where: Any, _width: float) -> None:
        for opening, text in block.texts:
            paragraph = where.add_paragraph(style="List Bullet")
            run(paragraph, opening + (" " if text else ""), bold=bool(text))
            run(paragraph, text)

    def _callout(self, block: Callout, where: Any, _width: float) -> None:
        text = f"{block.title}. {block.text}" if block.title else block.text
        shaded(where, text, self.dossier.colours["wash"])

    def _code(self, block: Code, where: Any, _width: float) -> None:
        if block.caption:
            run(where.add_paragraph(style="Note"), block.caption)
        shaded(where, block.text, self.dossier.colours["wash"], style="Listing")

    def _formula(self, block: Formula, where: Any, _width: float) -> None:
        picture(where.add_paragraph(), block.drawing.png, block.alternative, block.drawing.millimetres[0])
        run(where.add_paragraph(style="Note"), block.meaning)

    def _figure(self, block: Figure, where: Any, width: float) -> None:
        own = block.drawing.millimetres
        fitting = min(width, own[0] if not block.full else _LANDSCAPE_HEIGHT * own[0] / own[1])
        picture(where.add_paragraph(), block.drawing.png, block.alternative, fitting)
        if block.caption:
            captioned(where, self.dossier.words["figure"], "Figure", self._next("figure"), block.caption)
        if block.note:
            run(where.add_paragraph(style="Note"), block.note)

    def _next(self, what: str) -> int:
        self.counts[what] += 1
        return self.counts[what]

    def _facts(self, block: Facts, where: Any, _width: float) -> None:
        table = where.add_table(1, len(block.facts))
        outer_borders(table, self.dossier.colours["accent"])
        for cell, fact in zip(table.rows[0].cells, block.facts, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.style = "Note"
            run(paragraph, fact.label)
            paragraph = cell.add_paragraph()
            run(paragraph, fact.value, size=20)
            run(paragraph, f" {fact.unit}", size=8)
        where.add_paragraph(style="Gap")

    def _table(self, block: Table, where: Any, width: float) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        if block.caption:
            if block.small:
                run(where.add_paragraph(style="Caption"), block.caption)
            else:
                captioned(where, self.dossier.words["table"], "Table", self._next("table"), block.caption)
        table = where.add_table(len(block.rows) + 1, len(block.columns))
        outer_borders(table, self.dossier.colours["rule"], rows=True)
        heading_row(table.rows[0])
        sides = {
            "left": WD_ALIGN_PARAGRAPH.LEFT,
            "right": WD_ALIGN_PARAGRAPH.RIGHT,
            "centre": WD_ALIGN_PARAGRAPH.CENTER,
        }
        # Asking a table for one cell searches it anew, which long tables would feel.
        grid = [list(one.cells) for one in table.rows]
        for place, column in enumerate(block.columns):
            for line in grid:
                line[place].paragraphs[0].alignment = sides[column.align]
            paragraph = grid[0][place].paragraphs[0]
            paragraph.style = "Small heading" if block.small else "Table heading"
            run(paragraph, column.heading.replace("\u00ad", "") + (f", {column.unit}" if column.unit else ""))
        set_widths(table, grid, [width * share for share in _shares(block)])
        for number, cells in enumerate(block.rows):
            for place, cell in enumerate(cells):
                strong = cell.strong or number in block.strong_rows
                style = "Table code" if block.columns[place].code else "Small text" if block.small else "Table text"
                self._cell(grid[number + 1][place], cell, style, strong=strong)
                if number in block.strong_rows:
                    cell_shade(grid[number + 1][place], self.dossier.colours["wash"])
        if block.note:
            run(where.add_paragraph(style="Note"), block.note)
        elif not isinstance(where, _Inside):
            where.add_paragraph(style="Gap")

    @staticmethod
    def _cell(into: Any, cell: Cell, style: str, *, strong: bool) -> None:
        paragraph = into.paragraphs[0]
        paragraph.style = style
        if cell.colour:
            run(paragraph, "● ", colour=cell.colour)
        run(paragraph, cell.text, bold=strong)
        if cell.note:
            note = into.add_paragraph(style="Table note")
            run(note, cell.note)

    def _columns(self, block: Columns, where: Any, width: float) -> None:
        """Set blocks side by side: a table without lines whose cells hold them."""
        table = where.add_table(1, len(block.columns))
        set_widths(table, [table.rows[0].cells], [width * share / 100 for share in block.widths])
        for cell, column, share in zip(table.rows[0].cells, block.columns, block.widths, strict=True):
            for inner in column:
                self._block(inner, _Inside(cell), width * share / 100 - 4.0)
            first = cell.paragraphs[0]
            if len(cell.paragraphs) > 1 and not first.text:
                first._element.getparent().remove(first._element)  # noqa: SLF001 - the library has no other way


def _shares(block: Table) -> list[float]:
    """Return the share of the width of each column; the first of those that name none gets twice as much."""
    given = [column.width / 100 for column in block.columns]
    bare = [place for place, share in enumerate(given) if not share]
    left = max(1.0 - sum(given), 0.1) / (len(bare) + (0 in bare)) if bare else 0.0
    shares = [share or left * (2 if place == 0 else 1) for place, share in enumerate(given)]
    return [share / sum(shares) for share in shares]


class _Inside:
    """A cell that takes tables as a document does."""

    def __init__(self, cell: Any) -> None:
        self.cell = cell

    def add_paragraph(self, text: str = "", style: Any = None) -> Any:
        """Add a paragraph at the end of the cell."""
        return self.cell.add_paragraph(text, style)

    def add_table(self, rows: int, columns: int) -> Any:
        """Add a table at the end of the cell."""
        table = self.cell.add_table(rows, columns)
        # The library ends a cell with an empty paragraph, as the format asks.
        self.cell.paragraphs[-1].style = "Gap"
        return table
