"""How users are served with each site lost, as bars against today."""

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

_COLOURS = {"light": ("#0a78d1", "#d55e00"), "print": ("#3a3a3a", "#9a9a9a")}
_ROW_MILLIMETRES, _FRAME_MILLIMETRES = 13.0, 36.0


class Lost(NamedTuple):
    """One site lost: its name, the mean service of all users then, and of its own users before and after."""

    name: str
    mean: float
    before: float
    after: float
    share: float


def lost_sites_chart(
    sites: Sequence[Lost], today: float, service: str, ax: Axes | None = None, *, style: Style | str = "light"
) -> Any:
    """Draw the mean service of all users with each site lost, and that of its own users before and after.

    Parameters
    ----------
    sites : sequence of Lost
        From top to bottom.
    today : float
        Mean service of all users with every site.
    service : str
        What is measured, with its unit.
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
    >>> chart = lost_sites_chart([Lost("Brandenburg", 19.0, 17.0, 25.0, 0.3)], 16.9, "mean latency, ms")
    >>> chart.ax.get_xlabel()
    'mean latency, ms'
    """
    look = style_named(style)
    axes, chart = start(ax, look, height=_FRAME_MILLIMETRES + _ROW_MILLIMETRES * len(sites))
    all_users, own_users = _COLOURS.get(look.name, _COLOURS["light"])
    with applied(look):
        bars = axes.barh(range(len(sites)), [site.mean for site in sites], height=0.42, color=all_users)
        for place, site in enumerate(sites):
            axes.annotate(
                f"{site.mean:.4g}", (0, place), xytext=(4, 0), textcoords="offset points", va="center",
                color="#ffffff", fontsize=8, fontweight="bold",
            )  # fmt: skip
        line = axes.axvline(today, color=look.ink, linewidth=1.0, linestyle="--")
        sample = axes.plot([], [], color=own_users, marker="o", markersize=4, linewidth=1.8)[0]
        for place, site in enumerate(sites):
            _own_users(axes, place + 0.36, site, own_users, look)
        axes.set_yticks(range(len(sites)), ["\n".join(textwrap.wrap(site.name, 24)) for site in sites])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(sites) - 0.4, -0.5)
        axes.margins(x=0.2)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(service, fontsize=8, color=look.ink)
        axes.set_title("When this site is lost", loc="left", fontsize=9, fontweight="bold", color=look.ink, pad=20)
        names = ["all users", f"all users today ({today:.4g})", "users of the site: before → after"]
        axes.legend(
            [bars, line, sample], names, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=3, frameon=False,
            fontsize=7.5, borderaxespad=0.2, handlelength=1.6, labelcolor=look.ink,
        )  # fmt: skip
    return chart


def _own_users(axes: Axes, place: float, site: Lost, colour: str, look: Style) -> None:
    """Draw a line from before to after for the users of the site lost."""
    if math.isnan(site.before):
        return
    axes.plot([site.before, site.after], [place] * 2, color=colour, linewidth=1.8, zorder=3)
    axes.plot([site.after], [place], color=colour, marker="o", markersize=4, zorder=3)
    axes.annotate(
        f"{site.after:.4g} ({site.share:.0%} of all users)", (max(site.before, site.after), place), xytext=(5, 0),
        textcoords="offset points", va="center", fontsize=7, color=look.ink,
    )  # fmt: skip
