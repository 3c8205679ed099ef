"""Near-optimal portfolios as a chart: how fast they become worse, and which sites they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from siting.charts.chart import Chart, plain_axes
from siting.errors import InputError, suggestion
from siting.maps.style import Style, applied, style_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from siting.analysis.alternatives import Alternatives

_VIEWS = ("portfolios", "sites")
#: Portfolios drawn as marks; more are drawn as a line.
_MARKS = 300
_SHAPES = ("o", "s", "^", "D", "v", "P")
_LONGEST_NAME = 28


def draw_alternatives(
    alternatives: Alternatives,
    ax: Axes | None = None,
    *,
    show: str = "portfolios",
    sites: int = 14,
    style: Style | str = "light",
) -> Any:
    """Draw the excess of each portfolio by rank, and the share of portfolios that hold each site.

    Parameters
    ----------
    alternatives : Alternatives
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw one of the two views; without it a new chart shows both side by side.
    show : {"portfolios", "sites"}
        Which view, where `ax` is given.
    sites : int
        How many sites are shown at most.
    style : Style or str
        A variant of the house style.

    Returns
    -------
    matplotlib.axes.Axes or Chart

    Raises
    ------
    InputError
        If there is no such view or no site is to be shown.
    """
    if show not in _VIEWS:
        raise InputError(f"alternatives have no view {show!r}{suggestion(show, _VIEWS)}")
    if sites < 1:
        raise InputError(f"sites is {sites!r}; at least one site must be shown")
    house = style_named(style)
    if ax is not None:
        _portfolios(alternatives, ax, house) if show == "portfolios" else _sites(alternatives, ax, house, sites)
        return ax
    shown = min(sites, int((alternatives.sites["portfolios"] > 0).sum()))
    chart = Chart(house, width=170.0, height=max(85.0, 30.0 + 5.2 * shown))
    chart.ax.remove()
    with applied(house):
        grid = chart.add_gridspec(1, 2, width_ratios=(1.15, 1.0))
        left, right = chart.add_subplot(grid[0]), chart.add_subplot(grid[1])
        for axes in (left, right):
            plain_axes(axes, house)
        _portfolios(alternatives, left, house)
        _sites(alternatives, right, house, sites)
        chart.ax = left
    return chart


def _portfolios(alternatives: Alternatives, ax: Axes, style: Style) -> None:
    """Draw one mark per portfolio: its rank, its excess, and how many sites of the optimum it gives up."""
    excess, unit = _excess(alternatives)
    ranks = np.arange(1, len(excess) + 1)
    ax.plot(ranks, excess, color=style.muted, linewidth=0.8, drawstyle="default", zorder=2)
    if len(ranks) <= _MARKS:
        _marks(alternatives, ax, style, ranks, excess)
    ax.plot([1], [0], marker="*", markersize=13, color=style.ink, linestyle="none", zorder=5)
    ax.annotate(
        "optimum", (1, 0), xytext=(9, -2), textcoords="offset points", fontsize=7.5, color=style.ink, va="center",
        zorder=6,
    )  # fmt: skip
    _limits(alternatives, ax, style, float(excess[-1]))
    ax.set_xlabel("Rank of the portfolio", fontsize=8, color=style.ink)
    ax.set_ylabel(f"Worse than the optimum ({unit})", fontsize=8, color=style.ink)
    ax.set_title(_title(alternatives), loc="left", fontsize=9, color=style.ink, fontweight="bold")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    second = _second_best(alternatives, ax, style)
    top = max(float(excess.max()), _threshold(alternatives) or 0.0, second)
    ax.set_ylim(-0.06 * top if top > 0 else -1, 1.08 * top if top > 0 else 1)
    last = len(ranks) + (second > 0)
    ax.set_xlim(min(0.5, 1 - 0.03 * last), last + max(0.5, 0.03 * last))


def _second_best(alternatives: Alternatives, ax: Axes, style: Style) -> float:
    """Draw the second best portfolio where it lies beyond what was asked for; return its excess, 0 without it."""
    if len(alternatives) > 1 or not alternatives.margin:
        return 0.0
    excess = alternatives.margin * (100 / alternatives.best if _excess(alternatives)[1] == "%" else 1.0)
    ax.plot([2], [excess], marker="o", markersize=6, markerfacecolor=style.paper, color=style.ink, linestyle="none")
    ax.annotate(
        "second best", (2, excess), xytext=(-8, 0), textcoords="offset points", fontsize=7.5, color=style.ink,
        ha="right", va="center",
    )  # fmt: skip
    return float(excess)


def _excess(alternatives: Alternatives) -> tuple[np.ndarray, str]:
    percent = alternatives.table["excess_percent"].to_numpy()
    if np.isnan(percent).any():
        return alternatives.table["excess"].to_numpy(), "units of the objective"
    return percent, "%"


def _threshold(alternatives: Alternatives) -> float | None:
    """Return how far from the optimum portfolios were asked for, in the unit of the chart."""
    question, percent = alternatives.question, _excess(alternatives)[1] == "%"
    if question.within is not None:
        return 100 * question.within if percent else question.within * abs(alternatives.best)
    if question.within_objective is None:
        return None
    return 100 * question.within_objective / alternatives.best if percent else question.within_objective


def _title(alternatives: Alternatives) -> str:
    number = len(alternatives)
    return f"{number:,} portfolio{'' if number == 1 else 's'}" + ("" if alternatives.complete else ", not complete")


def _limits(alternatives: Alternatives, ax: Axes, style: Style, last: float) -> None:
    """Draw what was asked for, and where certainty ends."""
    asked = _threshold(alternatives)
    if asked is not None and asked > 0:
        ax.axhline(asked, color=style.ink, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        ax.annotate(
            "asked for", (0, asked), xycoords=("axes fraction", "data"), xytext=(3, -3), textcoords="offset points",
            fontsize=7, color=style.ink, va="top",
        )  # fmt: skip
    certain = alternatives.certain_objective - alternatives.best
    unit = 100 / alternatives.best if _excess(alternatives)[1] == "%" else 1.0
    if not alternatives.complete and 0 < certain * unit <= last:
        ax.axhspan(certain * unit, max(last, asked or 0.0), color=style.graticule, zorder=0)
        ax.annotate(
            "more may exist here", (1, certain * unit), xycoords=("axes fraction", "data"), xytext=(-3, 3),
            textcoords="offset points", fontsize=7, color=style.ink, ha="right", va="bottom",
        )  # fmt: skip


def _marks(alternatives: Alternatives, ax: Axes, style: Style, ranks: np.ndarray, excess: np.ndarray) -> None:
    exchanged = alternatives.table["joins"].map(len).to_numpy()
    exchanged = np.maximum(exchanged, alternatives.table["leaves"].map(len).to_numpy())
    size = 5.0 if len(ranks) <= 80 else 3.2
    kinds = [kind for kind in np.unique(exchanged).tolist() if kind > 0]
    for kind in kinds:
        inside = exchanged == kind
        ax.plot(
            ranks[inside], excess[inside], marker=_SHAPES[(kind - 1) % len(_SHAPES)], markersize=size,
            linestyle="none", color=style.site_colour(kind - 1), markeredgecolor=style.paper, markeredgewidth=0.4,
            label=f"{kind}", zorder=4,
        )  # fmt: skip
    if kinds:
        legend = ax.legend(
            title="Sites exchanged", fontsize=7, title_fontsize=7, loc="lower right", frameon=True, ncols=len(kinds),
            handletextpad=0.2, columnspacing=0.9, borderpad=0.5,
        )  # fmt: skip
        legend.get_frame().set(facecolor=style.paper, edgecolor="none", alpha=0.9)


def _sites(alternatives: Alternatives, ax: Axes, style: Style, most: int) -> None:
    """Draw one bar per site: the share of portfolios that hold it."""
    held = alternatives.sites[alternatives.sites["portfolios"] > 0]
    shown = held.head(most)
    whole = (shown["portfolios"] == len(alternatives)).to_numpy()
    places = np.arange(len(shown))
    colours = [style.ink if core else style.sites[1] for core in whole]
    share = shown["share_percent"].to_numpy()
    ax.barh(places, share, height=0.68, color=colours, zorder=3)
    optimum = set(alternatives.portfolios[0])
    names = [_shortened(str(name)) for name in shown["name"]]
    labels = [f"★ {name}" if one in optimum else name for one, name in zip(shown.index, names, strict=True)]
    ax.set_yticks(places, labels, fontsize=7.5)
    ax.invert_yaxis()
    for place, value, core in zip(places, share, whole, strict=True):
        ax.annotate(
            "all" if core else f"{value:.0f}" if value >= 1 else "< 1", (value, place), xytext=(3, 0),
            textcoords="offset points", va="center", fontsize=7, color=style.ink,
        )  # fmt: skip
    ax.set_xlim(0, 112)
    ax.set_xticks([0, 25, 50, 75, 100])
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("In how many of the portfolios (%)", fontsize=8, color=style.ink)
    ax.set_title("Sites (★ in the optimum)", loc="left", fontsize=9, color=style.ink, fontweight="bold")
    if len(held) > len(shown):
        ax.annotate(
            f"and {len(held) - len(shown)} more sites", (1, 0), xycoords="axes fraction", xytext=(-3, 4),
            textcoords="offset points", ha="right", fontsize=7, color=style.muted,
        )  # fmt: skip


def _shortened(name: str) -> str:
    """Return a name that leaves room for the bars; the identifier at its end stays."""
    if len(name) <= _LONGEST_NAME or not name.endswith(")"):
        return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    text, _, identifier = name.rpartition(" (")
    return f"{text[: max(1, _LONGEST_NAME - len(identifier) - 3)].rstrip()}… ({identifier}"
