"""A sheet of A4: a figure that keeps its style, shows itself in a notebook, laid out in millimetres."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from siting.errors import InputError, suggestion
from siting.maps.board import LEADING, POINT, Board
from siting.maps.style import MILLIMETRES_PER_INCH, Style, applied
from siting.maps.texts import word

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase

ORIENTATIONS = {"landscape": (297.0, 210.0), "portrait": (210.0, 297.0)}
"""Width and height of A4 in millimetres."""
MARGIN = 9.0
_NOTEBOOK_DPI = 130


class Sheet(Figure):
    """A sheet of A4 with title, footer and room for maps between them.

    It is a matplotlib figure made without pyplot: it changes neither the user's backend nor their settings.

    Parameters
    ----------
    style : Style
        Applied whenever the sheet is drawn or saved.
    orientation : {"landscape", "portrait"}, default "landscape"
        How the paper lies.

    Attributes
    ----------
    style : Style
        The style.
    page : Board
        The whole paper in millimetres.
    map_axes : matplotlib.axes.Axes or None
        The main map, once drawn.

    Raises
    ------
    siting.errors.InputError
        If the orientation is unknown.
    """

    def __init__(self, style: Style, orientation: str = "landscape") -> None:
        if orientation not in ORIENTATIONS:
            raise InputError(f"there is no orientation '{orientation}'{suggestion(str(orientation), ORIENTATIONS)}")
        self.style = style
        self.millimetres = ORIENTATIONS[orientation]
        width, height = self.millimetres
        size = (width / MILLIMETRES_PER_INCH, height / MILLIMETRES_PER_INCH)
        super().__init__(figsize=size, dpi=150, facecolor=style.paper)
        FigureCanvasAgg(self)
        self.map_axes: Axes | None = None
        self.page = Board(self.add_axes((0, 0, 1, 1), zorder=3), width, height, style)
        self.page.ax.patch.set_visible(False)

    def axes_at(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes at a place on the paper.

        Parameters
        ----------
        left, top, width, height : float
            Millimetres from the upper left corner of the sheet.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.
        """
        across, down = self.millimetres
        return self.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))

    def header(self, title: str, subtitle: str) -> float:
        """Set title and subtitle.

        Parameters
        ----------
        title, subtitle : str
            The texts; an empty subtitle takes no room.

        Returns
        -------
        float
            Where the content may begin, in millimetres from the top.
        """
        width = self.millimetres[0] - 2 * MARGIN
        y = self.page.paragraph(MARGIN, MARGIN + 5.2, title, width, size=15.0, most=2, fontweight="bold")
        y -= 15.0 * POINT * LEADING
        if subtitle:
            y = self.page.paragraph(MARGIN, y + 5.6, subtitle, width, size=8.0, most=2, color=self.style.muted)
            y -= 8.0 * POINT * LEADING
        return y + 4.0

    def footer(self, sources: Sequence[str], remarks: Sequence[str], date: str, language: str) -> float:
        """Set sources, remarks and date at the bottom.

        Parameters
        ----------
        sources : sequence of str
            One per source, with its licence.
        remarks : sequence of str
            Projection and the like.
        date : str
            As printed.
        language : str
            Language of the word for sources.

        Returns
        -------
        float
            Where the content must end, in millimetres from the top.
        """
        across, down = self.millimetres
        width, size = across - 2 * MARGIN, 5.4
        text = f"{word('sources', language)}: " + "; ".join(sources) + ". " if sources else ""
        text += " · ".join([*remarks, date])
        lines = self.page.wrap(text, width, size, 5)
        y = down - MARGIN + 2.0 - (len(lines) - 1) * size * POINT * LEADING
        self.page.rule(y - 3.0, MARGIN, width, 0.3)
        for number, line in enumerate(lines):
            self.page.text(MARGIN, y + number * size * POINT * LEADING, line, size, color=self.style.muted)
        return y - 5.0

    def draw(self, renderer: RendererBase) -> None:
        """Draw the sheet in its own style.

        Parameters
        ----------
        renderer : matplotlib.backend_bases.RendererBase
            Of the format being written.
        """
        with applied(self.style):
            super().draw(renderer)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write the sheet in its own style; `siting.maps.save` also guards against half-written files.

        Parameters
        ----------
        fname : path-like or file
            Where to.
        **options
            Passed to `matplotlib.figure.Figure.savefig`.
        """
        with applied(self.style):
            super().savefig(fname, **options)

    def save(self, path: str | os.PathLike[str], dpi: float = 300) -> Path:
        """Write the sheet to a PNG, SVG or PDF file, whole or not at all.

        Parameters
        ----------
        path : path-like
            The file; its ending chooses the format.
        dpi : float, default 300
            Dots per inch of a PNG.

        Returns
        -------
        pathlib.Path
            The file.
        """
        from siting.maps.output import save

        return save(self, path, dpi)

    def _repr_png_(self) -> bytes:
        """Show the sheet in a notebook that has not imported pyplot."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=_NOTEBOOK_DPI)
        return buffer.getvalue()
