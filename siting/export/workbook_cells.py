"""Cells of a workbook: every text stays a text, every formula carries its value, every number its format."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.errors import InputError
from siting.export.tables import is_missing
from siting.maps.style import LIGHT
from siting.maps.texts import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
_LONGEST_TEXT = 32_767
_HEAD_ROW = 3
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_INPUT = {"bg_color": LIGHT.sequential[0], "font_color": LIGHT.sites[1]}
_LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 16},
    "note": {"font_color": LIGHT.muted, "italic": True},
    "section": {"bold": True, "font_size": 11, "bottom": 1},
    "head": {"bold": True, "text_wrap": True, "valign": "top", "bg_color": LIGHT.sea, "bottom": 1},
    "unit": {"italic": True, "font_color": LIGHT.muted, "bg_color": LIGHT.sea, "bottom": 1},
    "input": _INPUT,
    "result": {"bold": True, "top": 1},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "fact": {"align": "left"},
    "description": {"indent": 1, "font_color": LIGHT.muted},
}


class Sheet:
    """One sheet of a workbook.

    Parameters
    ----------
    book : Any
        The `xlsxwriter.Workbook`.
    name : str
        Of the sheet.
    formats : dict
        Formats made so far, shared by the sheets of a book.
    """

    def __init__(self, book: Any, name: str, formats: dict[tuple[str, str, bool], Any]) -> None:
        self.name, self._book, self._formats = name, book, formats
        self.page = book.add_worksheet(name)
        self.page.set_landscape()
        self.page.set_paper(9)
        self.page.fit_to_pages(1, 0)
        self.page.hide_gridlines(2)
        self.page.set_row(0, 24)
        self.page.set_row(_HEAD_ROW, 30)

    def text(self, row: int, column: int, value: object, look: str = "plain") -> None:
        """Write a text: never a formula, whatever it starts with; a missing one leaves the cell empty."""
        if is_missing(value):
            return
        text = printable(value)
        if len(text) > _LONGEST_TEXT:
            text = text[: _LONGEST_TEXT - 1] + "…"
        # Marked as text, so that it stays one when somebody edits the cell.
        self.page.write_string(row, column, text, self._format(look, "", quoted=text.startswith(_FORMULA_STARTS)))

    def texts(self, row: int, column: int, values: Sequence[object], look: str = "plain") -> None:
        """Write texts from left to right."""
        for place, value in enumerate(values):
            self.text(row, column + place, value, look)

    def number(self, row: int, column: int, value: float | None, pattern: str = "General", look: str = "plain") -> None:
        """Write a number; a missing one leaves the cell empty, since it is not zero."""
        if value is None or not math.isfinite(value):
            self.page.write_blank(row, column, None, self._format(look, pattern))
        else:
            self.page.write_number(row, column, float(value), self._format(look, pattern))

    def formula(
        self,
        row: int,
        column: int,
        formula: str,
        value: float | str | bool,
        pattern: str = "General",
        look: str = "plain",
    ) -> None:
        """Write a formula with the value it has, for readers that do not calculate."""
        shown = printable(value) if isinstance(value, str) else value
        self.page.write_formula(row, column, formula, self._format(look, pattern), shown)

    def value(self, row: int, column: int, value: Any, pattern: str = "General", look: str = "plain") -> None:
        """Write whatever a table holds: a number, yes or no, or a text."""
        if is_missing(value):
            return
        if pd.api.types.is_bool(value):
            self.text(row, column, "yes" if value else "no", look)
        elif pd.api.types.is_number(value):
            self.number(row, column, float(str(value)), pattern, look)
        else:
            self.text(row, column, value, look)

    def cell(self, row: int, column: int) -> str:
        """Return the address of a cell, as other sheets name it."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        return f"{self.name}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"

    def range(self, first_row: int, first_column: int, last_row: int, last_column: int) -> str:
        """Return the address of a block of cells, as other sheets name it."""
        from xlsxwriter.utility import xl_range_abs

        return f"{self.name}!{xl_range_abs(first_row, first_column, last_row, last_column)}"

    def widths(self, *widths: float) -> None:
        """Set the widths of the columns from the left, in characters."""
        for column, width in enumerate(widths):
            self.page.set_column(column, column, width)

    def _format(self, look: str, pattern: str, *, quoted: bool = False) -> Any:
        key = (look, pattern, quoted)
        if key not in self._formats:
            options = {"num_format": pattern} if pattern and pattern != "General" else {}
            self._formats[key] = self._book.add_format({**_LOOKS[look], **options, "quote_prefix": quoted})
        return self._formats[key]


def here(address: str) -> str:
    """Return an address without the name of its sheet.

    Examples
    --------
    >>> here("Criteria!$A$1")
    '$A$1'
    """
    return address.rpartition("!")[2]


def pattern_for(values: Any) -> str:
    """Return the number format that shows four digits or more of the largest value.

    Examples
    --------
    >>> pattern_for([682_196_955.6]), pattern_for([0.2031]), pattern_for([25.03])
    ('#,##0', '0.0000', '#,##0.00')
    """
    sizes = [abs(float(value)) for value in values if not is_missing(value) and math.isfinite(value)]
    largest = max(sizes, default=0.0)
    if sizes and all(size == round(size) for size in sizes):
        return "#,##0"
    return "#,##0" if largest >= 1000 else "#,##0.00" if largest >= 10 else "0.0000" if largest >= 0.001 else "0.00E+00"


def check_room(rows: int, columns: int, what: str) -> None:
    """Raise if a table does not fit a sheet.

    Raises
    ------
    InputError
        If it has too many rows or columns for the format.

    Examples
    --------
    >>> check_room(2_000_000, 10, "the demand points")
    Traceback (most recent call last):
    siting.errors.InputError: the demand points need 2,000,000 rows ...
    """
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise InputError(
            f"{what} need {rows:,} rows and {columns:,} columns, and a sheet of a workbook has {MOST_ROWS:,} rows and "
            f"{MOST_COLUMNS:,} columns; write .parquet or .csv instead"
        )
