"""What each rule costs, and what one step more of it would cost, as bars."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from siting.charts.chart import start
from siting.maps.style import applied, style_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from siting.maps.style import Style

_COLOURS = {"light": ("#0a78d1", "#d55e00"), "print": ("#3a3a3a", "#a5a5a5")}
_ROW_MILLIMETRES, _FRAME_MILLIMETRES = 11.0, 34.0
_WIDTH = 34


class Rule(NamedTuple):
    """One rule: its name, what it costs and what a step more would cost (NaN for none), each with a text."""

    name: str
    price: float
    price_text: str
    cost: float
    cost_text: str


def prices_chart(rules: Sequence[Rule], unit: str, ax: Axes | None = None, *, style: Style | str = "light") -> Any:
    """Draw two bars per rule: its price, and the cost of one step more.

    Parameters
    ----------
    rules : sequence of Rule
        From top to bottom.
    unit : str
        Of price and cost.
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
    >>> chart = prices_chart([Rule("spacing", 3.0, "3", float("nan"), "")], "EUR")
    >>> chart.ax.get_title(loc="left")
    'What the rules cost'
    """
    look = style_named(style)
    largest = max([0.0, *(rule.price for rule in rules), *(rule.cost for rule in rules if math.isfinite(rule.cost))])
    axes, chart = start(ax, look, height=_FRAME_MILLIMETRES + _ROW_MILLIMETRES * len(rules))
    today, stricter = _COLOURS.get(look.name, _COLOURS["light"])
    with applied(look):
        for place, rule in enumerate(rules):
            _bar(axes, place - 0.19, rule.price, rule.price_text, today, look)
            if rule.cost_text:
                _bar(axes, place + 0.19, rule.cost if math.isfinite(rule.cost) else 0.0, rule.cost_text, stricter, look)
        axes.set_yticks(range(len(rules)), ["\n".join(textwrap.wrap(rule.name, _WIDTH)[:2]) for rule in rules])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(rules) - 0.4, -0.6)
        axes.set_xlim(0, 1.5 * largest if largest > 0 else 1.0)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(unit, fontsize=8, color=look.ink)
        axes.set_title("What the rules cost", loc="left", fontsize=9, fontweight="bold", color=look.ink)
        samples = [axes.barh(-9, 0, color=colour) for colour in (today, stricter)]
        axes.legend(
            samples, ["today", "one step stricter, besides"], loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2,
            frameon=False, fontsize=7.5, borderaxespad=0.2, labelcolor=look.ink,
        )  # fmt: skip
    return chart


def _bar(axes: Axes, place: float, value: float, text: str, colour: str, look: Style) -> None:
    axes.barh(place, value, height=0.34, color=colour)
    axes.annotate(
        text, (value, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7, color=look.ink
    )
