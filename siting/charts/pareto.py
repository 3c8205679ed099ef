"""The Pareto frontier: a trade-off of two criteria, all pairs of them, or parallel coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import LineCollection

from siting.charts.chart import Chart, plain_axes, start
from siting.errors import InputError, suggestion
from siting.maps.style import Style, applied, style_named, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.analysis.pareto import Frontier

KINDS = ("trade-off", "parallel", "pairs")
_MILLION = 1e6
#: From this value on a criterion is shown in millions.
_LARGE = 1e7


class _Colours(NamedTuple):
    """Colours of a frontier in a style; what is chosen has the same colour in every chart, and a shape of its own."""

    supported: str
    unsupported: str
    chosen: str
    knee: str


def _colours(style: Style) -> _Colours:
    return _Colours(style.site_colour(1), tint(style.muted, 0.7), style.site_colour(0), style.ink)


def draw(frontier: Frontier, ax: Axes | None = None, *, kind: str | None = None, style: Style | str = "light") -> Any:
    """Draw a frontier.

    Parameters
    ----------
    frontier : Frontier
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new chart without it.
    kind : {"trade-off", "parallel", "pairs"}, optional
        Default a trade-off for two criteria, parallel coordinates for more.
    style : Style or str
        A variant of the house style.

    Returns
    -------
    matplotlib.axes.Axes or Chart
        The axes given, or the new chart.

    Raises
    ------
    InputError
        If the kind is unknown or does not fit, or there is nothing to draw.
    """
    count = len(frontier.criteria)
    kind = ("trade-off" if count == 2 else "parallel") if kind is None else kind
    if kind not in KINDS:
        raise InputError(f"kind is {kind!r}{suggestion(str(kind), KINDS)}")
    if not len(frontier.points.portfolios):
        raise InputError("nothing to draw: the search was stopped before it found a portfolio")
    if kind == "trade-off" and count != 2:
        raise InputError(f"a trade-off is drawn for two criteria, and there are {count}; use 'parallel' or 'pairs'")
    if kind == "pairs" and ax is not None:
        raise InputError("pairs need a chart of their own; leave ax out")
    style = style_named(style)
    with applied(style):
        if kind == "pairs":
            return _pairs(frontier, style)
        ax, drawn = start(ax, style, height=112.0 if kind == "trade-off" else 120.0)
        if kind == "trade-off":
            _trade_off(ax, style, frontier, 0, 1)
            _legend(ax, style)
        else:
            _parallel(ax, style, frontier)
        ax.set_title(_title(frontier), loc="left", fontsize=9, color=style.ink)
    return drawn


def _title(frontier: Frontier) -> str:
    count = len(frontier.points.portfolios)
    state = (
        "that no other dominates: the whole frontier" if frontier.complete else "found so far, none dominating another"
    )
    return f"{count:,} portfolios {state}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _scale(values: NDArray[np.float64], unit: str) -> tuple[float, str]:
    """Return what to divide values by, and their unit then."""
    if np.abs(values).max(initial=0.0) >= _LARGE:
        return _MILLION, f"million {unit}".strip()
    return 1.0, unit


def _shown(frontier: Frontier, axis: int) -> tuple[NDArray[np.float64], float, str]:
    """Return the values of a criterion in the unit of its axis, that of the model's optimum, and the label."""
    name = frontier.criteria[axis]
    values = frontier.points.values[:, axis]
    factor, unit = _scale(values, frontier.units[name])
    label = f"{_words(name)}, {unit}" if unit else _words(name)
    return values / factor, float(frontier.optimum_values[axis]) / factor, label


def _trade_off(ax: Axes, style: Style, frontier: Frontier, first: int, second: int, size: float = 22.0) -> None:
    """Draw two criteria against each other; a line joins the supported points where the two are all there are."""
    (x, best_x, label_x), (y, best_y, label_y) = _shown(frontier, first), _shown(frontier, second)
    hull, colours = frontier.supported, _colours(style)
    if len(frontier.criteria) == 2:
        ax.plot(x[hull], y[hull], color=colours.supported, linewidth=0.8, alpha=0.6, zorder=2)
    rest: dict[str, Any] = {"s": size, "linewidths": 0.8, "zorder": 3}
    ax.scatter(
        x[~hull], y[~hull], facecolors="none", edgecolors=colours.unsupported, label="best for no weights", **rest
    )
    ax.scatter(x[hull], y[hull], color=colours.supported, label="best for some weights", **rest)
    knee = frontier.knee - 1
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": colours.knee, "linewidths": 1.2, "marker": "D"}
    ax.scatter(x[knee], y[knee], s=3.4 * size, zorder=4, label="knee", **ring)
    if np.isfinite(best_x) and np.isfinite(best_y):
        where = "chosen by the weights" if frontier.chosen else "chosen by the weights (counting other criteria too)"
        look: dict[str, Any] = {"color": colours.chosen, "edgecolors": style.paper, "linewidths": 0.6, "marker": "*"}
        ax.scatter(best_x, best_y, s=max(5 * size, 90.0), zorder=5, label=where, **look)
    senses = [frontier.prepared.instance.criteria[frontier.criteria[axis]].sense for axis in (first, second)]
    ax.set_xlabel(f"{label_x}  ({'← better' if senses[0] == 'min' else 'better →'})", fontsize=8, color=style.ink)
    ax.set_ylabel(f"{label_y}  ({'← better' if senses[1] == 'min' else 'better →'})", fontsize=8, color=style.ink)
    ax.margins(0.06)


def _legend(ax: Axes, style: Style) -> None:
    ax.legend(fontsize=7.5, frameon=True, facecolor=style.paper, edgecolor=style.graticule, labelcolor=style.ink)


def _pairs(frontier: Frontier, style: Style) -> Chart:
    """Draw every two criteria against each other, the later ones below."""
    count = len(frontier.criteria)
    chart = Chart(style, width=170.0, height=24.0 + 46.0 * (count - 1))
    chart.ax.remove()
    grid = chart.subplots(count - 1, count - 1, squeeze=False)
    for row in range(count - 1):
        for column in range(count - 1):
            ax = grid[row, column]
            if column > row:
                ax.set_visible(False)
                continue
            plain_axes(ax, style)
            _trade_off(ax, style, frontier, column, row + 1, size=7.0)
            _only_outer(ax, outer_left=column == 0, outer_bottom=row == count - 2)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    chart.legend(handles, labels, loc="upper right", fontsize=7.5, frameon=False, labelcolor=style.ink)
    chart.suptitle(_title(frontier), x=0.01, ha="left", fontsize=9, color=style.ink)
    chart.ax = grid[0, 0]
    return chart


def _only_outer(ax: Axes, *, outer_left: bool, outer_bottom: bool) -> None:
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(6.8)
        axis.set_tick_params(labelsize=6.5)
    if not outer_left:
        ax.set_ylabel("")
        ax.tick_params(labelleft=False)
    if not outer_bottom:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)


def _parallel(ax: Axes, style: Style, frontier: Frontier) -> None:
    """Draw one line per portfolio across one axis per criterion, the ideal at the top of each."""
    places, colours = np.arange(len(frontier.criteria)), _colours(style)
    heights = 1.0 - frontier.normalised
    _lines(ax, places, heights[~frontier.supported], colours.unsupported, 0.22, "best for no weights")
    _lines(ax, places, heights[frontier.supported], colours.supported, 0.30, "best for some weights")
    ax.plot(
        places,
        heights[frontier.knee - 1],
        color=colours.knee,
        linewidth=1.4,
        linestyle=(0, (4, 2)),
        label="knee",
        zorder=4,
    )
    best = _optimum_heights(frontier)
    if best is not None:
        word = "chosen by the weights" if frontier.chosen else "chosen by the weights (counting other criteria too)"
        ax.plot(places, best, color=colours.chosen, linewidth=2.2, marker="o", markersize=4, label=word, zorder=5)
    ax.vlines(places, 0, 1, color=style.ink, linewidth=0.9, zorder=3)
    for axis, name in enumerate(frontier.criteria):
        _ends(ax, style, frontier, axis, name)
    ax.set(xlim=(-0.35, len(places) - 0.65), ylim=(-0.17, 1.22), xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    legend = ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=4, fontsize=7.5, frameon=False, labelcolor=style.ink
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(1.0)


def _lines(
    ax: Axes, places: NDArray[np.int64], heights: NDArray[np.float64], colour: str, opacity: float, label: str
) -> None:
    if not len(heights):
        return
    # Few lines may be strong, thousands must not hide each other.
    opacity = float(np.clip(opacity * np.sqrt(400 / len(heights)), 0.04, 0.9))
    segments = [np.column_stack([places, row]) for row in heights]
    ax.add_collection(LineCollection(segments, colors=colour, linewidths=0.7, alpha=opacity, label=label, zorder=2))


def _optimum_heights(frontier: Frontier) -> NDArray[np.float64] | None:
    """Return how far up each axis the model's optimum lies, which may be below the frontier's worst."""
    if not np.isfinite(frontier.optimum_values).all():
        return None
    ideal, nadir = frontier.ideal.to_numpy(), frontier.nadir.to_numpy()
    width = np.where(np.abs(nadir - ideal) > frontier.points.tolerance, nadir - ideal, 1.0)
    return np.asarray(np.clip(1.0 - (frontier.optimum_values - ideal) / width, -0.04, 1.0))


def _ends(ax: Axes, style: Style, frontier: Frontier, axis: int, name: str) -> None:
    factor, unit = _scale(frontier.points.values[:, axis], frontier.units[name])
    ideal, nadir = frontier.ideal[name] / factor, frontier.nadir[name] / factor
    text: dict[str, Any] = {"ha": "center", "fontsize": 7.5, "color": style.ink}
    better = "less is better" if frontier.prepared.instance.criteria[name].sense == "min" else "more is better"
    ax.text(axis, 1.13, _words(name), va="bottom", fontweight="bold", ha="center", fontsize=8.5, color=style.ink)
    ax.text(axis, 1.125, f"{unit}, {better}" if unit else better, va="top", ha="center", fontsize=7, color=style.muted)
    ax.text(axis, 1.02, f"ideal {ideal:,.4g}", va="bottom", **text)
    ax.text(axis, -0.02, f"nadir {nadir:,.4g}", va="top", **text)
