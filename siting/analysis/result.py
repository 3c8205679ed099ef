"""What every analysis returns: a sentence, a table, notes; shown in a notebook, drawn, written to a file."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.plain_values import joined, records, significant
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
    def complete(self) -> bool:
        """Whether nothing that was asked for is missing."""
        return True

    @property
    def cut_short(self) -> bool:
        """Whether a limit of time or Ctrl-C ended the analysis; it holds what was finished by then, and says so."""
        return not self.complete

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
        held: dict[str, Any] = {"headline": self.headline, "notes": list(self.notes), "complete": self.complete}
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
                self.table.map(joined).to_csv(temporary, lineterminator="\n")
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
            parts.append(table.map(joined).to_html(float_format=significant, border=0, na_rep="–", max_rows=30))
        parts += [f"<p>{escape(note)}</p>" for note in self.notes]
        return f"<div>{''.join(parts)}</div>"
