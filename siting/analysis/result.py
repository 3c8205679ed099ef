"""What every analysis returns: a sentence, a table, notes; shown in a notebook, drawn, written to a file."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.errors import InputError
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "json")


class Analysis(ABC):
    """A result that says what was found in one sentence and holds the rest as a table.

    A subclass gives `headline` and `table`, and where it can `notes`, `plot` and more `tables`.
    """

    @property
    @abstractmethod
    def headline(self) -> str:
        """What was found, in one sentence a reader without operations research follows."""

    @property
    @abstractmethod
    def table(self) -> pd.DataFrame:
        """The main table; its index is named."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by its title, the main one first."""
        return {"": self.table}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know besides: completeness, limits that were hit, how ties were broken."""
        return ()

    def plot(self, ax: Any = None, **options: Any) -> Any:  # noqa: ARG002 - for the analyses that have a chart
        """Draw the analysis.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new chart without it.
        **options
            Of the chart.

        Returns
        -------
        matplotlib.axes.Axes or siting.charts.chart.Chart
            The axes given, or the new chart, which shows itself in a notebook and has `save`.

        Raises
        ------
        InputError
            If this analysis is told in words and tables alone.
        """
        raise InputError(f"{type(self).__name__.lower()} has no chart; write its tables as .csv or .json instead")

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values, ready for JSON; what is missing or not finite is None."""
        held: dict[str, Any] = {"headline": self.headline, "notes": list(self.notes)}
        for title, table in self.tables.items():
            held[title.lower().replace(" ", "_") or "table"] = records(table)
        return held

    def to_file(self, path: str | Path) -> Path:
        """Write the main table as CSV, or everything as JSON, by the ending of the name.

        Raises
        ------
        OutputError
            If the format is unknown or the file cannot be written; nothing half-written is left.
        """
        ending = file_format(path, FORMATS, "an analysis")
        with whole_file(path) as temporary:
            if ending == "csv":
                self.table.map(_joined).to_csv(temporary, lineterminator="\n")
            else:
                temporary.write_text(json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return Path(path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.headline})"

    def _repr_html_(self) -> str:
        """Return the sentence, the tables and the notes for a notebook; every text that comes from data is escaped."""
        parts = [f"<p><strong>{escape(self.headline)}</strong></p>"]
        for title, table in self.tables.items():
            parts.append(f"<p>{escape(title)}</p>" if title else "")
            parts.append(table.map(_joined).to_html(float_format=_significant, border=0, na_rep="–", max_rows=30))
        parts += [f"<p>{escape(note)}</p>" for note in self.notes]
        return f"<div>{''.join(parts)}</div>"


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries of plain values, the index levels first.

    Examples
    --------
    >>> import pandas as pd
    >>> records(pd.DataFrame({"value": [1.5, float("nan")]}, index=pd.Index(["a", "b"], name="candidate")))
    [{'candidate': 'a', 'value': 1.5}, {'candidate': 'b', 'value': None}]
    """
    whole = table.reset_index()
    return [{str(name): plain(value) for name, value in row.items()} for row in whole.to_dict("records")]


def plain(value: Any) -> Any:
    """Return a JSON value: numbers, text and lists; None for what is missing or not finite.

    Examples
    --------
    >>> plain(float("inf")), plain(("a", 2)), plain(True)
    (None, ['a', 2], True)
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    return value if isinstance(value, bool | int | str) or value is None else str(value)


def _joined(value: Any) -> Any:
    """Return a portfolio as readable text, anything else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, tuple | list | frozenset) else value


def _significant(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
