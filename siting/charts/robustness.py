"""Charts of a robustness analysis: how often sites and portfolios win, and what the judged portfolio loses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import PercentFormatter

from siting.charts.chart import start
from siting.errors import InputError, suggestion
from siting.maps.style import applied, style_named

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from siting.analysis.robustness import Robustness
    from siting.maps.style import Style

_WHAT = ("sites", "portfolios", "regret")
#: Millimetres of a chart: per bar, and besides.
_BAR, _FRAME = 5.6, 26.0


def draw(
    result: Robustness, ax: Axes | None = None, *, what: str = "sites", most: int = 15, style: Style | str = "light"
) -> Any:
    """Draw shares with their intervals, or the regret.

    Parameters
    ----------
    result : Robustness
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where; a new chart without it.
    what : {"sites", "portfolios", "regret"}
        Bars of the most frequent sites or portfolios, with 95 % intervals; or, for each regret, in which share of the
        draws the judged portfolio loses at most that much.
    most : int, default 15
        How many bars at most.
    style : Style or str, default "light"
        A variant of the house style.

    Returns
    -------
    matplotlib.axes.Axes or siting.charts.chart.Chart
        The axes given, or the new chart.

    Raises
    ------
    InputError
        If `what` is unknown, or nothing was solved.
    """
    if what not in _WHAT:
        raise InputError(f"what is {what!r}{suggestion(str(what), _WHAT)}")
    if not result.done:
        raise InputError("there is nothing to draw: no draw was solved to proven optimality")
    look = style_named(style)
    if what == "regret":
        axes, chart = start(ax, look, height=90.0)
        with applied(look):
            _regret(result, axes, look)
        return chart
    table = (result.sites if what == "sites" else result.portfolios).head(most)
    axes, chart = start(ax, look, height=_FRAME + _BAR * len(table))
    with applied(look):
        _bars(
            table, _labels(result, table, what), "chosen portfolio" if result.chosen else "judged portfolio", axes, look
        )
        axes.set_title(_title(result, what), loc="left", fontsize=9, fontweight="bold", color=look.ink)
    return chart


def _title(result: Robustness, what: str) -> str:
    whose = "Sites in the best portfolio" if what == "sites" else "Best portfolios"
    return f"{whose}: share of {result.done:,} draws, with 95 % intervals"


def _labels(result: Robustness, table: pd.DataFrame, what: str) -> list[str]:
    if what == "sites":
        return [result.prepared.label(identifier) for identifier in table.index]
    return [", ".join(map(str, held)) for held in table["portfolio"]]


def _bars(table: pd.DataFrame, labels: list[str], own: str, axes: Axes, look: Style) -> None:
    """Draw one bar per row; those of the judged portfolio stand out."""
    place = np.arange(len(table))
    share = table["share"].to_numpy(dtype=float)
    judged = table["judged"].to_numpy(dtype=bool)
    strong, weak = look.site_colour(0), look.ramp(5)[1]
    for flag, colour, text in ((True, strong, own), (False, weak, "others")):
        if (judged == flag).any():
            axes.barh(place[judged == flag], share[judged == flag], height=0.66, color=colour, label=text)
    reach = np.abs(table[["low", "high"]].to_numpy(dtype=float).T - share)
    axes.errorbar(share, place, xerr=reach, fmt="none", ecolor=look.ink, elinewidth=0.9, capsize=2.2, capthick=0.9)
    for row, (value, end) in enumerate(zip(share, table["high"], strict=True)):
        axes.annotate(
            f"{value:.0%}", (float(end), row), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=7, color=look.ink,
        )  # fmt: skip
    axes.set_yticks(place, labels)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xlim(0, min(1.0, float(table["high"].max()) * 1.02) + 0.08)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("share of draws", fontsize=8, color=look.ink)
    if judged.any() and not judged.all():
        axes.legend(loc="lower right", frameon=False, fontsize=7.5, labelcolor=look.ink)


def _regret(result: Robustness, axes: Axes, look: Style) -> None:
    """Draw in which share of the draws the judged portfolio loses at most so much."""
    found = np.sort(result.draws["regret"].dropna().to_numpy(dtype=float))
    if not len(found):
        raise InputError("there is no regret to draw: the rules forbid the judged portfolio in every draw")
    share = np.arange(1, len(found) + 1) / len(found)
    axes.step([0.0, *found, found[-1]], [0.0, *share, 1.0], where="post", color=look.site_colour(0), linewidth=1.6)
    for name in ("median", "95th percentile"):
        value = float(result.regret[name])
        at = 0.5 if name == "median" else 0.95
        axes.plot([value], [at], marker="o", markersize=4.5, color=look.ink)
        axes.annotate(
            f"{name}: {value:.3g}", (value, at), xytext=(7, -9), textcoords="offset points",
            fontsize=7.5, color=look.ink,
        )  # fmt: skip
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel(f"regret: objective of the portfolio minus the best ({_unit(result)})", fontsize=8)
    axes.set_ylabel("share of draws with at most this regret", fontsize=8)
    axes.set_title(
        f"What the {'chosen' if result.chosen else 'judged'} portfolio loses, {len(found):,} draws",
        loc="left",
        fontsize=9,
        fontweight="bold",
    )


def _unit(result: Robustness) -> str:
    scaling = result.prepared.scaling
    if scaling is None:
        return "units of the objective"
    return "EUR per year" if scaling.method == "monetised" else "1 = the whole range of every criterion"
