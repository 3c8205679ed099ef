"""A chart: a figure in the house style that shows itself in a notebook, made without pyplot."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from siting.maps.style import MILLIMETRES_PER_INCH, Style, applied, style_named

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase

_NOTEBOOK_DPI = 130


class Chart(Figure):
    """A figure of one chart; it changes neither the user's backend nor their settings.

    Parameters
    ----------
    style : Style or str, default "light"
        A variant of the house style.
    width, height : float
        Millimetres; the default width is the text width of an A4 page.

    Attributes
    ----------
    style : Style
        The style.
    ax : matplotlib.axes.Axes
        The axes of the chart.

    Examples
    --------
    >>> chart = Chart(width=170, height=90)
    >>> _ = chart.ax.plot([0, 1], [1, 0])
    """

    def __init__(self, style: Style | str = "light", width: float = 170.0, height: float = 105.0) -> None:
        self.style = style_named(style)
        size = (width / MILLIMETRES_PER_INCH, height / MILLIMETRES_PER_INCH)
        super().__init__(figsize=size, dpi=150, facecolor=self.style.paper, layout="constrained")
        FigureCanvasAgg(self)
        with applied(self.style):
            self.ax: Axes = self.add_subplot()
            plain_axes(self.ax, self.style)

    def draw(self, renderer: RendererBase) -> None:
        """Draw the chart in its own style."""
        with applied(self.style):
            super().draw(renderer)

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write the chart in its own style; `save` also guards against half-written files."""
        with applied(self.style):
            super().savefig(fname, **options)

    def save(self, path: str | os.PathLike[str], dpi: float = 300) -> Path:
        """Write the chart as .png, .svg or .pdf, whole or not at all.

        Raises
        ------
        OutputError
            If the format is unknown or the file cannot be written.
        """
        from siting.maps.output import save

        return save(self, path, dpi)

    def _repr_png_(self) -> bytes:
        """Show the chart in a notebook."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=_NOTEBOOK_DPI)
        return buffer.getvalue()


def plain_axes(ax: Axes, style: Style) -> None:
    """Set axes in the house style: two spines, a light grid below the data, muted ticks."""
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(style.muted)
    ax.tick_params(colors=style.muted, labelcolor=style.ink, labelsize=7.5)
    ax.grid(visible=True, color=style.graticule, linewidth=0.5)
    ax.set_facecolor(style.paper)


def start(
    ax: Axes | None, style: Style | str = "light", width: float = 170.0, height: float = 105.0
) -> tuple[Axes, Any]:
    """Return the axes to draw on and what the drawing function returns.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        The user's axes, drawn on and returned; without them a new `Chart` is made and returned.
    style : Style or str
        A variant of the house style.
    width, height : float
        Millimetres of a new chart.

    Returns
    -------
    (Axes, Axes or Chart)

    Examples
    --------
    >>> axes, chart = start(None)
    >>> chart.ax is axes
    True
    """
    if ax is not None:
        return ax, ax
    chart = Chart(style, width, height)
    return chart.ax, chart
