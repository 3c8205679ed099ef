"""A drawing board in millimetres: titles, legends and tables are set on it the way a page is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from matplotlib.patches import Rectangle

from siting.errors import InputError
from siting.maps.shapes import Pattern, hatch
from siting.maps.style import MILLIMETRES_PER_INCH, SHAPE_SIZES, Style
from siting.maps.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

POINT = MILLIMETRES_PER_INCH / 72
"""One point in millimetres."""
_FULL_SIZE = 6.0
LEADING = 1.28
"""Distance from line to line as a multiple of the type size."""


def root_figure(ax: Axes) -> Figure:
    """Return the figure axes stand in, however deep in subfigures.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.

    Returns
    -------
    matplotlib.figure.Figure
        The outermost figure.

    Raises
    ------
    siting.errors.InputError
        If the axes were removed from their figure.
    """
    figure: Any = ax.figure
    if figure is None:
        raise InputError("the axes belong to no figure; make them with figure.add_subplot")
    # A subfigure's figure is the outermost one, and a figure's figure is itself.
    root: Figure = figure.figure
    return root


@dataclass(frozen=True)
class Entry:
    """One line of a legend.

    Attributes
    ----------
    label : str
        What it says.
    colour : str, optional
        Fill of the swatch; None for a bare line.
    pattern : Pattern, optional
        Hatch over the swatch.
    number : int, optional
        A numbered site marker instead of a swatch.
    edge : str, optional
        Colour of the swatch's border.
    edges : tuple of str, optional
        Two parallel lines in these colours instead of a swatch.
    note : str
        Set in grey at the right, usually a count.
    """

    label: str
    colour: str | None = None
    pattern: Pattern | None = None
    number: int | None = None
    edge: str | None = None
    edges: tuple[str, str] | None = None
    note: str = ""


def _swatch_size(size: float) -> tuple[float, float]:
    """Return height and width of a swatch in millimetres; small type goes with small swatches."""
    return (3.1, 6.0) if size >= _FULL_SIZE else (2.5, 4.0)


class Board:
    """An empty axes whose unit is the millimetre, the origin at its upper left.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Turned into the board; its size on paper must be final.
    width, height : float
        Size in millimetres.
    style : Style
        Colours and type.
    """

    def __init__(self, ax: Axes, width: float, height: float, style: Style) -> None:
        self.ax, self.width, self.height, self.style = ax, width, height, style
        ax.set_axis_off()
        ax.set_xlim(0, width)
        ax.set_ylim(height, 0)

    def text(self, x: float, y: float, text: str, size: float = 7.0, **options: Any) -> Text:
        """Write one line with its baseline at a place; nothing in the text is interpreted.

        Parameters
        ----------
        x, y : float
            Place of the baseline in millimetres from the upper left.
        text : str
            What to write.
        size : float, default 7
            Type size in points.
        **options
            Passed to `matplotlib.axes.Axes.text`.

        Returns
        -------
        matplotlib.text.Text
            The artist.
        """
        options = {"color": self.style.ink, "va": "baseline", "parse_math": False, **options}
        return self.ax.text(x, y, printable(text), fontsize=size, **options)

    def measure(self, text: str, size: float, weight: str = "normal") -> float:
        """Return the width of a line of text.

        Parameters
        ----------
        text : str
            The line.
        size : float
            Type size in points.
        weight : str, default "normal"
            Weight of the type.

        Returns
        -------
        float
            Millimetres.
        """
        artist = self.text(0, 0, text, size, fontweight=weight)
        box = artist.get_window_extent()
        artist.remove()
        return float(box.width / root_figure(self.ax).dpi * MILLIMETRES_PER_INCH)

    def wrap(self, text: str, width: float, size: float, most: int = 4, weight: str = "normal") -> list[str]:
        """Break a text into lines that fit a width by measure, at spaces where there are any.

        Parameters
        ----------
        text : str
            The text.
        width : float
            Millimetres.
        size : float
            Type size in points.
        most : int, default 4
            At most this many lines; the last ends in an ellipsis if more would follow.
        weight : str, default "normal"
            Weight of the type.

        Returns
        -------
        list of str
            The lines, at least one.
        """
        lines: list[str] = []
        rest = printable(text).strip()
        while rest and len(lines) < most:
            if self.measure(rest, size, weight) <= width:
                return [*lines, rest]
            last = len(lines) == most - 1
            cut = self._fitting(rest, width, size, weight, "…" if last else "")
            if last:
                return [*lines, rest[:cut].rstrip() + "…"]
            cut = max(rest.rfind(" ", 0, cut + 1), rest.rfind("-", 0, cut) + 1) or cut
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
        return lines or [""]

    def shortened(self, text: str, width: float, size: float, weight: str = "normal") -> str:
        """Cut a text to a width; a code in brackets at its end stays.

        Parameters
        ----------
        text : str
            The text, such as `Brandenburg (DE40)`.
        width : float
            Millimetres.
        size : float
            Type size in points.
        weight : str, default "normal"
            Weight of the type.

        Returns
        -------
        str
            The text itself where it fits.
        """
        line = printable(text).strip()
        name, bracket, code = line.rpartition(" (")
        room = width - self.measure(f" ({code}", size, weight)
        if not bracket or self.measure(line, size, weight) <= width or room < width / 3:
            return self.wrap(line, width, size, 1, weight)[0]
        return f"{self.wrap(name, room, size, 1, weight)[0]} ({code}"

    def _fitting(self, text: str, width: float, size: float, weight: str, ending: str) -> int:
        """Return how many characters fit a width, at least one, by bisection."""
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.measure(text[:middle] + ending, size, weight) <= width:
                low = middle
            else:
                high = middle - 1
        return low

    def paragraph(
        self, x: float, y: float, text: str, width: float, *, size: float = 7.0, most: int = 4, **options: Any
    ) -> float:
        """Write a text in lines that fit a width.

        Parameters
        ----------
        x, y : float
            Baseline of the first line in millimetres.
        text : str
            The text.
        width : float
            Millimetres.
        size : float, default 7
            Type size in points.
        most : int, default 4
            At most this many lines.
        **options
            Passed to `text`.

        Returns
        -------
        float
            Baseline of the line that would follow.
        """
        for line in self.wrap(text, width, size, most, options.get("fontweight", "normal")):
            self.text(x, y, line, size, **options)
            y += size * POINT * LEADING
        return y

    def rule(self, y: float, x: float = 0.0, width: float | None = None, weight: float = 0.5) -> None:
        """Draw a horizontal line.

        Parameters
        ----------
        y : float
            Its height in millimetres.
        x : float, default 0
            Where it starts.
        width : float, optional
            Its length; the whole board by default.
        weight : float, default 0.5
            Line width in points.
        """
        end = x + (self.width - x if width is None else width)
        self.ax.plot([x, end], [y, y], color=self.style.ink, linewidth=weight, solid_capstyle="butt")

    def heading(self, x: float, y: float, text: str, width: float, size: float = 7.5) -> float:
        """Write the heading of a block.

        Parameters
        ----------
        x, y : float
            Baseline in millimetres.
        text : str
            The heading.
        width : float
            Millimetres it may take.
        size : float, default 7.5
            Type size in points.

        Returns
        -------
        float
            Baseline of the line that follows.
        """
        return self.paragraph(x, y, text, width, size=size, most=2, fontweight="bold") + 0.9

    def badge(self, x: float, y: float, number: int, radius: float = 1.9) -> None:
        """Draw a numbered site marker.

        Parameters
        ----------
        x, y : float
            Its centre in millimetres.
        number : int
            Position of the site, counted from zero.
        radius : float, default 1.9
            Millimetres.
        """
        self.ax.plot(
            [x],
            [y],
            self.style.site_shape(number),
            markersize=2 * radius / POINT * SHAPE_SIZES[self.style.site_shape(number)],
            color=self.style.site_colour(number),
            markeredgewidth=0,
        )
        options = {"color": "white", "ha": "center", "va": "center_baseline", "fontweight": "bold"}
        self.text(x, y, str(number + 1), radius / POINT * 1.25, **options)

    def legend(self, x: float, y: float, entries: Iterable[Entry], width: float, size: float = 6.5) -> float:
        """Draw the lines of a legend.

        Parameters
        ----------
        x, y : float
            Upper left corner of the first swatch in millimetres.
        entries : iterable of Entry
            The lines.
        width : float
            Millimetres.
        size : float, default 6.5
            Type size in points.

        Returns
        -------
        float
            Where the next block may begin.
        """
        tall, broad = _swatch_size(size)
        step = size * POINT * LEADING
        for entry in entries:
            self._swatch(x, y, broad, tall, entry)
            lines = self._entry_lines(entry, width, size)
            baseline = y + tall / 2 + size * POINT * 0.36
            for number, line in enumerate(lines):
                self.text(x + broad + 1.8, baseline + number * step, line, size)
            if entry.note:
                self.text(x + width, baseline, entry.note, size, ha="right", color=self.style.muted)
            y += max(tall + 0.9, len(lines) * step + 1.1)
        return y

    def legend_height(self, entries: Iterable[Entry], width: float, size: float = 6.5) -> float:
        """Return how tall a legend is.

        Parameters
        ----------
        entries : iterable of Entry
            The lines.
        width : float
            Millimetres.
        size : float, default 6.5
            Type size in points.

        Returns
        -------
        float
            Millimetres.
        """
        least, step = _swatch_size(size)[0] + 0.9, size * POINT * LEADING
        return sum(max(least, len(self._entry_lines(entry, width, size)) * step + 1.1) for entry in entries)

    def _entry_lines(self, entry: Entry, width: float, size: float) -> list[str]:
        """Return the lines of text beside a swatch."""
        room = width - _swatch_size(size)[1] - 1.8 - (self.measure(entry.note, size) + 1.0 if entry.note else 0.0)
        return self.wrap(entry.label, room, size, 3)

    def swatch(
        self,
        box: tuple[float, float, float, float],
        colour: str,
        pattern: Pattern | None = None,
        edge: str | None = None,
    ) -> None:
        """Draw the sample of a fill, perhaps with a hatch.

        Parameters
        ----------
        box : tuple of float
            Left, top, width and height in millimetres.
        colour : str
            The fill.
        pattern : Pattern, optional
            The hatch.
        edge : str, optional
            Colour of the border.
        """
        x, y, width, height = box
        self.ax.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="none"))
        if pattern is not None:
            # The board's vertical axis points down, the map's up: mirrored, so that the strokes lean alike.
            mirrored = Pattern(tuple(-angle for angle in pattern.angles), pattern.spacing, pattern.width)
            hatch(self.ax, shapely.box(x, y, x + width, y + height), mirrored, 1.0, color=self.style.hatch)
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": edge or self.style.muted, "linewidth": 0.35}
        self.ax.add_patch(Rectangle((x, y), width, height, **look))

    def _swatch(self, x: float, y: float, width: float, height: float, entry: Entry) -> None:
        """Draw the sample of one line of a legend."""
        if entry.number is not None:
            self.badge(x + width / 2, y + height / 2, entry.number, height / 2)
            return
        edge = entry.edge or self.style.muted
        if entry.edges is not None:
            for side, colour in zip((-0.5, 0.5), entry.edges, strict=True):
                middle = y + height / 2 + side
                self.ax.plot([x, x + width], [middle] * 2, color=colour, linewidth=1.9, solid_capstyle="butt")
            return
        if entry.colour is None:
            self.ax.plot([x, x + width], [y + height / 2] * 2, color=edge, linewidth=1.4)
            return
        self.swatch((x, y, width, height), entry.colour, entry.pattern, edge)

    def columns(
        self, y: float, cells: Sequence[str], rights: Sequence[float], size: float = 6.5, **options: Any
    ) -> None:
        """Write right-aligned cells, each perhaps of several lines parted by a newline.

        Parameters
        ----------
        y : float
            Baseline of the last line in millimetres.
        cells : sequence of str
            The texts.
        rights : sequence of float
            Right edge of each column.
        size : float, default 6.5
            Type size in points.
        **options
            Passed to `text`.
        """
        for cell, right in zip(cells, rights, strict=True):
            lines = cell.split("\n")
            for number, line in enumerate(lines):
                height = y - (len(lines) - 1 - number) * size * POINT * LEADING
                self.text(right, height, line, size, ha="right", **options)
