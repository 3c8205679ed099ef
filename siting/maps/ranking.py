"""Lists beside the map: one line per candidate or class, its figures at the right, as many lines as there is room."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.maps.texts import printable, word

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from siting.maps.board import Board
    from siting.maps.content import Content
    from siting.maps.panel import Block
    from siting.maps.shapes import Pattern

_HEAD, _ROW = 4.4, 4.5
_SIZE, _SMALL = 6.5, 5.6
_SWATCH = 4.6
_COLUMN_GAP = 3.0
_LINE = 2.7
_PARTED = re.compile(r"[\s,;()]+")


@dataclass(frozen=True)
class Row:
    """One line of a list.

    Attributes
    ----------
    label : str
        What it is of; cut short where it does not fit.
    cells : tuple of str
        Figures, one per column.
    colour : str, optional
        Fill of a swatch before the label.
    pattern : Pattern, optional
        Hatch over that swatch.
    number : int, optional
        Position of a chosen site, whose marker stands before the label.
    """

    label: str
    cells: tuple[str, ...]
    colour: str | None = None
    pattern: Pattern | None = None
    number: int | None = None


def named(content: Content, label: Hashable) -> str:
    """Return a candidate as a list names it.

    Parameters
    ----------
    content : Content
        What the map shows.
    label : hashable
        Label of the candidate.

    Returns
    -------
    str
        Name and code, or the code alone; the name alone where it holds the code.
    """
    if "name" not in content.candidates.columns:
        return printable(label)
    name, code = printable(content.candidates.loc[label, "name"]), printable(label)
    return name if code in _PARTED.split(name) else f"{name} ({code})"


def list_block(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Row],
    language: str,
    *,
    remark: str = "",
    counted: bool = True,
) -> Block:
    """Return a block that sets a list.

    Parameters
    ----------
    title : str
        Its heading.
    headings : sequence of str
        One per column of figures, each of one or two lines.
    rows : sequence of Row
        Its lines, as many as fit.
    language : str
        Language of that count.
    remark : str
        Set below the list in grey, where there is room.
    counted : bool, default True
        Whether a last line counts those that do not fit.

    Returns
    -------
    Block
        To be placed on a board.
    """

    def block(board: Board, place: tuple[float, float, float, float]) -> float:
        return _draw_list(board, place, (title, headings, rows, language if counted else "", remark))

    return block


def _draw_list(
    board: Board,
    place: tuple[float, float, float, float],
    what: tuple[str, Sequence[str], Sequence[Row], str, str],
) -> float:
    x, y, width, bottom = place
    title, headings, rows, language, remark = what
    remarks = board.wrap(remark, width, _SMALL, 3) if remark else []
    tall = max((heading.count("\n") for heading in headings), default=0) * _LINE
    room = bottom - y - tall - _HEAD
    if room < 2 * _ROW or not rows:
        return y
    fitting = int((room - _LINE * len(remarks)) / _ROW)
    # A remark gives way before the list becomes too short to be of use.
    if fitting < min(4, len(rows)):
        remarks, fitting = [], int(room / _ROW)
    shown = rows if len(rows) <= fitting else rows[: fitting - bool(language)]
    rights = _rights(board, (x, width), headings, shown)
    y += tall
    board.text(x, y + 3, title, 7.5, fontweight="bold")
    board.columns(y + 3, headings, rights, _SMALL, color=board.style.muted)
    y += _HEAD
    board.rule(y, x, width)
    left = min([right - _widest(board, column, shown, headings) for column, right in enumerate(rights)], default=x)
    for row in shown:
        _draw_row(board, (x, y), row, left - x - 2.0 if rights else width, rights)
        y += _ROW
        board.rule(y, x, width, 0.2)
    if len(shown) < len(rows) and language:
        board.text(x, y + 3.1, word("more", language).format(count=len(rows) - len(shown)), _SMALL)
        y += _ROW
    for line in remarks:
        board.text(x, y + 3.0, line, _SMALL, color=board.style.muted)
        y += _LINE
    return y + 4.0


def _widest(board: Board, column: int, rows: Sequence[Row], headings: Sequence[str]) -> float:
    """Return the width of a column in millimetres."""
    texts = [(row.cells[column], _SIZE) for row in rows]
    texts += [(line, _SMALL) for line in headings[column].split("\n")]
    return max(board.measure(text, size) for text, size in texts)


def _rights(board: Board, span: tuple[float, float], headings: Sequence[str], rows: Sequence[Row]) -> list[float]:
    """Return the right edges of the columns of figures, each as wide as its widest text."""
    right = sum(span)
    rights: list[float] = []
    for column in reversed(range(len(headings))):
        rights.insert(0, right)
        right -= _widest(board, column, rows, headings) + _COLUMN_GAP
    return rights


def _draw_row(board: Board, place: tuple[float, float], row: Row, width: float, rights: Sequence[float]) -> None:
    x, y = place
    baseline = y + _ROW - 1.4
    indent = _SWATCH if row.number is not None or row.colour is not None else 0.0
    if row.number is not None:
        board.badge(x + 1.7, y + _ROW / 2, row.number, 1.6)
    elif row.colour is not None:
        board.swatch((x, y + 0.9, 3.4, _ROW - 1.8), row.colour, row.pattern)
    board.text(x + indent, baseline, board.shortened(row.label, width - indent, _SIZE), _SIZE)
    board.columns(baseline, row.cells, rights, _SIZE)
