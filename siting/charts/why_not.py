"""What each criterion loses or gains when one portfolio takes the place of another, as a waterfall."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from siting.charts.chart import start
from siting.maps.style import applied, style_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from siting.maps.style import Style

#: Worse, better and the sum, told apart by the common colour-vision deficiencies and in grey.
_COLOURS = {"light": ("#d55e00", "#0a78d1", "#3b3f46"), "print": ("#4a4a4a", "#b5b5b5", "#000000")}
_ROW_MILLIMETRES, _FRAME_MILLIMETRES = 11.0, 32.0


class Bar(NamedTuple):
    """One step of a waterfall: its label at the axis, its value (positive is worse), and the text at its end."""

    label: str
    value: float
    text: str


def waterfall(
    bars: Sequence[Bar], title: str, unit: str, ax: Axes | None = None, *, style: Style | str = "light"
) -> Any:
    """Draw losses one below the other, each starting where the one above ends, and their sum.

    Parameters
    ----------
    bars : sequence of Bar
        The last one is the sum of the others.
    title : str
        Stands above.
    unit : str
        Of the values.
    ax : matplotlib.axes.Axes, optional
        Where; a new chart without it.
    style : Style or str, default "light"
        A variant of the house style.

    Returns
    -------
    matplotlib.axes.Axes or siting.charts.chart.Chart
        The axes given, or the new chart.

    Examples
    --------
    >>> chart = waterfall([Bar("cost", 2.0, "+2"), Bar("all together", 2.0, "+2")], "What it costs", "EUR")
    >>> len(chart.ax.patches)
    2
    """
    look = style_named(style)
    axes, chart = start(ax, look, height=_FRAME_MILLIMETRES + _ROW_MILLIMETRES * len(bars))
    worse, better, total = _COLOURS.get(look.name, _COLOURS["light"])
    with applied(look):
        reached = 0.0
        for place, bar in enumerate(bars):
            last = place == len(bars) - 1
            begin = 0.0 if last else reached
            axes.barh(
                place, bar.value, left=begin, height=0.55, color=total if last else worse if bar.value > 0 else better
            )
            axes.annotate(
                bar.text, (max(begin, begin + bar.value), place), xytext=(3, 0), textcoords="offset points",
                va="center", fontsize=7.5, color=look.ink, fontweight="bold" if last else "normal",
            )  # fmt: skip
            if not last:
                reached += bar.value
                axes.plot([reached, reached], [place, place + 1], color=look.muted, linewidth=0.7, linestyle=":")
        axes.axvline(0, color=look.muted, linewidth=0.8)
        axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        sums = [0.0, *itertools.accumulate(bar.value for bar in bars[:-1])]
        room = 0.16 * (max(sums) - min(sums))
        axes.set_xlim(min(sums) - (room if min(sums) < 0 else 0.0), max(sums) + (room or 1.0))
        axes.set_xlabel(f"{unit} (to the right: worse)", fontsize=8, color=look.ink)
        axes.set_title(title, loc="left", fontsize=9, fontweight="bold", color=look.ink)
    return chart
