"""The charts of a dossier, in its typeface and language: what cannot be read from a table at one glance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.maps.style import applied, tint
from siting.report.drawing import Drawing, millimetre_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from siting.maps.style import Style

WIDTH = 174.0
"""Millimetres between the margins of a page."""
_ROW, _FOOT, _HEAD = 7.4, 10.0, 3.0
_LABELS = 0.31
"""Share of the width that the names of the rows take."""


@dataclass(frozen=True)
class Range:
    """A row of a chart of ranges: where something stands between two ends.

    Attributes
    ----------
    name : str
        At the left.
    value, low, high : float
        The point, and the ends of the thick line, in units of the axis.
    low_text, high_text, value_text : str
        What is written at each.
    strong : bool
        Whether it stands out.
    """

    name: str
    value: float
    low: float
    high: float
    low_text: str = ""
    high_text: str = ""
    value_text: str = ""
    strong: bool = True


@dataclass(frozen=True)
class Bar:
    """A row of a bar chart; `low` and `high` are the ends of its interval, NaN for none."""

    name: str
    value: float
    text: str
    low: float = math.nan
    high: float = math.nan
    strong: bool = True


def _start(style: Style, rows: int, foot: float = _FOOT, width: float = WIDTH) -> tuple[Figure, Axes]:
    """Return a figure with one row of axes per entry, names at the left."""
    height = _HEAD + _ROW * rows + foot
    figure = millimetre_figure(style, width, height)
    ax = figure.add_axes((_LABELS, foot / height, 1 - _LABELS - 0.02, _ROW * rows / height))
    ax.set_ylim(rows - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.spines["bottom"].set(color=style.muted, linewidth=0.5)
    ax.tick_params(axis="x", labelsize=7, labelcolor=style.muted, color=style.muted, width=0.5, length=2.5)
    ax.set_facecolor(style.paper)
    return figure, ax


def _name_rows(ax: Axes, names: Sequence[str], strong: Sequence[bool], style: Style) -> None:
    """Write the names of the rows at the left edge of the figure."""
    for place, (name, own) in enumerate(zip(names, strong, strict=True)):
        text = ax.annotate(
            _cut(name, 38), (-_LABELS / (1 - _LABELS - 0.02), place), xycoords=("axes fraction", "data"), va="center",
            fontsize=7.5, color=style.ink, fontweight="bold" if own else "normal", annotation_clip=False,
        )  # fmt: skip
        text.set_parse_math(False)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def bars(rows: Sequence[Bar], axis: str, style: Style, *, share: bool = False) -> Drawing:
    """Draw horizontal bars, with intervals where there are any.

    Parameters
    ----------
    rows : sequence of Bar
        Top to bottom.
    axis : str
        What the axis says.
    style : Style
        Variant of the house style.
    share : bool
        Whether values are shares, shown in percent.

    Returns
    -------
    Drawing
        As wide as the page.

    Examples
    --------
    >>> from siting.maps.style import LIGHT
    >>> bars([Bar("a", 0.5, "50 %", 0.4, 0.6)], "share of draws", LIGHT, share=True).millimetres[0]
    174.0
    """
    with applied(style):
        figure, ax = _start(style, len(rows))
        _name_rows(ax, [row.name for row in rows], [row.strong for row in rows], style)
        for place, row in enumerate(rows):
            colour = style.site_colour(1) if row.strong else tint(style.muted, 0.38)
            ax.barh(place, row.value, height=0.56, color=colour, linewidth=0)
            end = row.value
            if math.isfinite(row.low) and math.isfinite(row.high):
                ax.plot([row.low, row.high], [place, place], color=style.ink, linewidth=0.8, solid_capstyle="butt")
                end = max(end, row.high)
            left = row.value < 0
            ax.annotate(
                row.text, (end, place), xytext=(-4 if left else 4, 0), textcoords="offset points", va="center",
                ha="right" if left else "left", fontsize=7.5, color=style.ink,
            )  # fmt: skip
        _make_room(ax, rows)
        least = min([row.value for row in rows], default=0.0)
        if least < 0:
            ax.axvline(0, color=style.muted, linewidth=0.5)
        if share:
            from matplotlib.ticker import PercentFormatter

            ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        ax.set_xlabel(axis, fontsize=7.5, color=style.muted, loc="left")
    return Drawing(figure, style)


def _make_room(ax: Axes, rows: Sequence[Bar]) -> None:
    """Set the limits of the axis so that what is written at the bars has room."""
    most = max([max(row.value, row.high if math.isfinite(row.high) else 0.0) for row in rows], default=0.0)
    least = min([min(row.value, 0.0) for row in rows], default=0.0)
    span = (most - least) or 1.0
    # A letter of 7.5 points takes about 1.3 % of the axis.
    right = max([0.013 * len(row.text) for row in rows if row.value >= 0], default=0.0)
    left = max([0.013 * len(row.text) for row in rows if row.value < 0], default=0.0)
    whole = span / (1.0 - min(0.6, left + right + 0.04))
    ax.set_xlim(least - (left + 0.02) * whole if least < 0 else 0.0, most + (right + 0.02) * whole)


def ranges(rows: Sequence[Range], axis: str, style: Style, *, span: tuple[float, float] = (0.0, 1.0)) -> Drawing:
    """Draw where each of several things stands within its range.

    Parameters
    ----------
    rows : sequence of Range
        Top to bottom.
    axis : str
        What the axis says.
    style : Style
        Variant of the house style.
    span : tuple of float
        Ends of the axis, drawn as a thin line in every row.

    Returns
    -------
    Drawing
        As wide as the page.

    Examples
    --------
    >>> from siting.maps.style import LIGHT
    >>> ranges([Range("latency", 0.25, 0.12, 0.29)], "weight", LIGHT).millimetres[0]
    174.0
    """
    with applied(style):
        figure, ax = _start(style, len(rows))
        _name_rows(ax, [row.name for row in rows], [row.strong for row in rows], style)
        low, high = span
        for place, row in enumerate(rows):
            ax.plot([low, high], [place, place], color=tint(style.muted, 0.35), linewidth=0.8, zorder=1)
            ax.plot([row.low, row.high], [place, place], color=tint(style.site_colour(1), 0.55), linewidth=6.5,
                    zorder=2, solid_capstyle="butt")  # fmt: skip
            ax.plot([row.value], [place], "o", markersize=5.6, color=style.ink, markeredgecolor=style.paper, zorder=3)
            for text, at, side in ((row.low_text, row.low, "right"), (row.high_text, row.high, "left")):
                ax.annotate(
                    text, (at, place), xytext=(-4 if side == "right" else 4, 0), textcoords="offset points", ha=side,
                    va="center", fontsize=6.8, color=style.muted, annotation_clip=False, zorder=4,
                    bbox={"boxstyle": "square,pad=0.12", "facecolor": style.paper, "edgecolor": "none"},
                )  # fmt: skip
            ax.annotate(row.value_text, (row.value, place), xytext=(0, 6.5), textcoords="offset points", ha="center",
                        va="center", fontsize=6.8, color=style.ink)  # fmt: skip
        ax.set_xlim(low - 0.13 * (high - low), high + 0.13 * (high - low))
        ax.set_xlabel(axis, fontsize=7.5, color=style.muted, loc="left")
    return Drawing(figure, style)


def positions(rows: Sequence[Range], ends: tuple[str, str], style: Style) -> Drawing:
    """Draw where a portfolio stands between the worst and the best value of each criterion.

    Parameters
    ----------
    rows : sequence of Range
        `value` between 0 (worst) and 1 (best); `low_text` and `high_text` are those values.
    ends : tuple of str
        What the two ends of the axis mean.
    style : Style
        Variant of the house style.

    Returns
    -------
    Drawing
        As wide as the page.

    Examples
    --------
    >>> from siting.maps.style import LIGHT
    >>> positions([Range("latency", 0.7, 0, 1)], ("worst", "best"), LIGHT).millimetres[0]
    174.0
    """
    with applied(style):
        figure, ax = _start(style, len(rows))
        _name_rows(ax, [row.name for row in rows], [row.strong for row in rows], style)
        for place, row in enumerate(rows):
            ax.plot([0, 1], [place, place], color=tint(style.muted, 0.35), linewidth=3.0, solid_capstyle="butt")
            done = float(np.clip(row.value, 0.0, 1.0))
            ax.plot([0, done], [place, place], color=style.site_colour(1), linewidth=3.0, solid_capstyle="butt")
            ax.plot([done], [place], "o", markersize=6.5, color=style.ink, markeredgecolor=style.paper, zorder=3)
            for text, at, side in ((row.low_text, -0.015, "right"), (row.high_text, 1.015, "left")):
                ax.annotate(text, (at, place), ha=side, va="center", fontsize=6.8, color=style.muted,
                            annotation_clip=False)  # fmt: skip
            side = "right" if done > 0.85 else "left" if done < 0.15 else "center"
            ax.annotate(row.value_text, (done, place), xytext=(0, 7.5), textcoords="offset points", ha=side,
                        va="center", fontsize=7.2, color=style.ink, fontweight="bold")  # fmt: skip
        ax.set_xlim(-0.17, 1.17)
        ax.spines["bottom"].set_visible(False)
        ax.set_xticks([0, 1], list(ends))
        ax.tick_params(axis="x", length=0)
    return Drawing(figure, style)
