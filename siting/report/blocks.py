"""What a dossier is made of: sections of paragraphs, tables and figures, whatever file they are written to.

The writers of PDF, HTML and DOCX all read these; none of them knows a solution or an analysis.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from siting.report.drawing import Drawing

Align = Literal["left", "right", "centre"]
Layout = Literal["flow", "landscape", "site"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    text : str
        What is read.
    link : str
        Address the text leads to; empty for none.
    note : str
        A second, smaller line.
    strong : bool
        Whether it is emphasised.
    colour : str
        Colour of a dot before the text; empty for none.
    """

    text: str
    link: str = ""
    note: str = ""
    strong: bool = False
    colour: str = ""


@dataclass(frozen=True)
class Column:
    """Heading of a table's column.

    Attributes
    ----------
    heading : str
        What the column holds.
    unit : str
        Unit of all its numbers, set below the heading.
    align : {"left", "right", "centre"}
        Numbers stand at the right.
    width : float
        Share of the width of the table in percent; 0 leaves it to the writer.
    code : bool
        Whether the cells are identifiers or checksums, set in a typewriter face.
    """

    heading: str
    unit: str = ""
    align: Align = "left"
    width: float = 0.0
    code: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a caption, a header row and, below it, where its numbers come from.

    Attributes
    ----------
    caption : str
        What the table shows; empty for a small one under its own heading.
    columns : sequence of Column
        Left to right; the first names the rows.
    rows : sequence of sequence of Cell
        Each as long as `columns`.
    note : str
        Source and remarks.
    strong_rows : frozenset of int
        Positions of rows that are set off, such as totals or the chosen portfolio.
    small : bool
        Whether it is set small, for lists that are looked up rather than read.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    strong_rows: frozenset[int] = frozenset()
    small: bool = False
    kind: Literal["table"] = "table"

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {self.caption!r} has {len(row)} cells for {len(self.columns)} columns")


@dataclass(frozen=True)
class Figure:
    """A picture with a caption.

    Attributes
    ----------
    drawing : Drawing
        The picture, as SVG or PNG.
    alternative : str
        What it shows, for those who cannot see it.
    caption, note : str
        Below the picture; the note names the source.
    full : bool
        Whether it takes a page of its own.
    """

    drawing: Drawing
    alternative: str
    caption: str = ""
    note: str = ""
    full: bool = False
    kind: Literal["figure"] = "figure"


@dataclass(frozen=True)
class Paragraph:
    """Running text; `lead` is set larger, `note` smaller. `opening` is emphasised at its beginning."""

    text: str
    style: Literal["plain", "lead", "note"] = "plain"
    opening: str = ""
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Items:
    """A list of short texts, each perhaps with an emphasised opening."""

    texts: Sequence[tuple[str, str]]
    kind: Literal["items"] = "items"


@dataclass(frozen=True)
class Fact:
    """A key figure: a large number, its unit, and what it says."""

    value: str
    unit: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """Key figures side by side."""

    facts: Sequence[Fact]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Callout:
    """A sentence that must not be overlooked, or the reason why something could not be made."""

    text: str
    title: str = ""
    kind: Literal["callout"] = "callout"


@dataclass(frozen=True)
class Code:
    """Text for a machine: a command, a model file."""

    text: str
    caption: str = ""
    kind: Literal["code"] = "code"


@dataclass(frozen=True)
class Formula:
    """A formula as a picture, its text for those who cannot see it, and what its letters mean."""

    drawing: Drawing
    alternative: str
    meaning: str = ""
    kind: Literal["formula"] = "formula"


@dataclass(frozen=True)
class Columns:
    """Blocks side by side, each column with its share of the width in percent."""

    columns: Sequence[Sequence[Block]]
    widths: Sequence[float]
    kind: Literal["columns"] = "columns"


@dataclass(frozen=True)
class SiteHead:
    """The head of a site's page: its number in its colour, its name, where it lies."""

    number: int
    colour: str
    name: str
    place: str
    kind: Literal["site_head"] = "site_head"


Block = Table | Figure | Paragraph | Items | Facts | Heading | Callout | Code | Formula | Columns | SiteHead


@dataclass(frozen=True)
class Section:
    """A part of the dossier with a title.

    Attributes
    ----------
    key : str
        Stable name, for links and for templates.
    title : str
        As printed.
    blocks : sequence of Block
        From top to bottom.
    layout : {"flow", "landscape", "site"}
        Running text; a page of its own lying across; exactly one page.
    number : str
        Printed before the title.
    level : {1, 2}
        Whether it is a chapter or a part of one.
    """

    key: str
    title: str
    blocks: Sequence[Block]
    layout: Layout = "flow"
    number: str = ""
    level: Literal[1, 2] = 1

    def figures(self) -> Iterator[Figure]:
        """Yield the figures, those in columns included."""
        yield from (block for block in flat(self.blocks) if isinstance(block, Figure))


def flat(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield blocks from top to bottom, those that stand in columns one after the other.

    Examples
    --------
    >>> [block.text for block in flat([Columns([[Heading("a")], [Heading("b")]], [50, 50])])]
    ['a', 'b']
    """
    for block in blocks:
        if isinstance(block, Columns):
            for column in block.columns:
                yield from flat(column)
        else:
            yield block


@dataclass(frozen=True)
class Dossier:
    """Everything that is written.

    Attributes
    ----------
    title, subtitle : str
        On the title page.
    author : str
        Empty for none.
    date : str
        As printed.
    language : str
        ISO 639-1 code.
    summary : str
        One sentence: what was chosen.
    cover : Figure
        The picture of the title page.
    facts : Facts
        Key figures of the title page.
    sections : sequence of Section
        In order.
    words : dict of str to str
        Fixed texts of the layout: "contents", "page", ...
    colours : dict of str to str
        Colours of the layout: ink, muted, accent, rule, sea, paper.
    keywords : sequence of str
        For the properties of the file.
    """

    title: str
    subtitle: str
    author: str
    date: str
    language: str
    summary: str
    cover: Figure
    facts: Facts
    sections: Sequence[Section]
    words: dict[str, str]
    colours: dict[str, str] = field(default_factory=dict)
    keywords: Sequence[str] = field(default_factory=tuple)


def row(*texts: str | Cell) -> tuple[Cell, ...]:
    """Return a row of cells from plain texts.

    Examples
    --------
    >>> [cell.text for cell in row("a", Cell("b"))]
    ['a', 'b']
    """
    return tuple(text if isinstance(text, Cell) else Cell(text) for text in texts)
