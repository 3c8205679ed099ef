"""Pictures of a dossier: matplotlib figures as SVG with outlined letters, and as PNG for word processors."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from siting.maps.style import MILLIMETRES_PER_INCH, Style, applied, settings, style_named

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILY = "Inter"
"""The typeface of the dossier, in pictures as on the page."""
_PNG_DPI = 220
# Letters become outlines: a picture then looks the same wherever it is opened, with or without the fonts.
_OUTLINED: dict[str, Any] = {"svg.fonttype": "path", "svg.hashsalt": "siting"}
# Hundredths of a point are finer than any printer.
_PATH, _LONG_NUMBER = re.compile(rb' d="[^"]*"'), re.compile(rb"(\d\.\d\d)\d+")
_NO_DATE: dict[str, Any] = {"Date": None}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A picture that is rendered when it is asked for, once per format.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The picture.
    style : Style
        In which it is drawn.
    """

    figure: Figure
    style: Style

    @property
    def millimetres(self) -> tuple[float, float]:
        """Width and height."""
        width, height = self.figure.get_size_inches()
        return float(width) * MILLIMETRES_PER_INCH, float(height) * MILLIMETRES_PER_INCH

    @cached_property
    def svg(self) -> bytes:
        """The picture as SVG that needs no fonts."""
        import matplotlib as mpl
        from matplotlib.figure import Figure

        buffer = io.BytesIO()
        look: dict[Any, Any] = settings(self.style) | _OUTLINED
        with mpl.rc_context(look):
            # A sheet sets its own style whenever it is drawn, in which letters stay text: draw it as a plain figure.
            self.figure.draw = partial(Figure.draw, self.figure)  # type: ignore[method-assign]
            try:
                Figure.savefig(self.figure, buffer, format="svg", metadata=_NO_DATE)
            finally:
                del self.figure.draw
        return _PATH.sub(lambda path: _LONG_NUMBER.sub(rb"\1", path[0]), buffer.getvalue())

    @cached_property
    def png(self) -> bytes:
        """The picture as PNG for paper."""
        buffer = io.BytesIO()
        with applied(self.style):
            self.figure.savefig(buffer, format="png", dpi=_PNG_DPI)
        return buffer.getvalue()


def house_style(style: str | Style) -> Style:
    """Return a variant of the house style of the maps, set in the typeface of the dossier.

    Parameters
    ----------
    style : str or Style
        As `siting.maps` takes it.

    Returns
    -------
    Style
        The variant.

    Raises
    ------
    siting.errors.InputError
        If there is no such style.

    Examples
    --------
    >>> house_style("print").font
    'Inter'
    """
    _make_known()
    found = style_named(style)
    return found if isinstance(style, Style) else replace(found, font=FAMILY)


@lru_cache(maxsize=1)
def _make_known() -> None:
    """Tell matplotlib of the typeface; nothing else that draws changes."""
    from matplotlib.font_manager import fontManager

    for entry in sorted(files("siting.report").joinpath("fonts").iterdir(), key=lambda path: path.name):
        if entry.name.endswith(".ttf"):
            fontManager.addfont(str(entry))


def millimetre_figure(style: Style, width: float, height: float) -> Figure:
    """Return an empty figure of this size in millimetres, made without pyplot.

    Parameters
    ----------
    style : Style
        Its paper.
    width, height : float
        Millimetres.

    Returns
    -------
    matplotlib.figure.Figure
        Without axes.

    Examples
    --------
    >>> from siting.maps.style import LIGHT
    >>> millimetre_figure(LIGHT, 254, 127).get_size_inches().tolist()
    [10.0, 5.0]
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = (width / MILLIMETRES_PER_INCH, height / MILLIMETRES_PER_INCH)
    figure = Figure(figsize=size, dpi=150, facecolor=style.paper)
    FigureCanvasAgg(figure)
    return figure


def formula(latex: str, style: Style, size: float = 11.0) -> Drawing:
    r"""Return a formula as a picture no larger than it.

    Parameters
    ----------
    latex : str
        What matplotlib sets between dollar signs.
    style : Style
        Its ink.
    size : float
        Points.

    Returns
    -------
    Drawing
        The picture.

    Examples
    --------
    >>> 0 < formula(r"\sum_j y_j = p", house_style("light")).millimetres[0] < 40
    True
    """
    import matplotlib as mpl
    from matplotlib.textpath import TextPath

    with mpl.rc_context({"mathtext.fontset": "stix", "text.parse_math": True, "text.usetex": False}):
        extents = TextPath((0, 0), f"${latex}$", size=size).get_extents()
        margin = 2.0
        width, height = extents.width + 2 * margin, extents.height + 2 * margin
        figure = millimetre_figure(style, width / 72 * MILLIMETRES_PER_INCH, height / 72 * MILLIMETRES_PER_INCH)
        text = figure.text((margin - extents.x0) / width, (margin - extents.y0) / height, f"${latex}$")
        text.set(fontsize=size, color=style.ink, parse_math=True, math_fontfamily="stix")
    return Drawing(figure, style)
