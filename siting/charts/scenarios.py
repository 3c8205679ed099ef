"""The regret of portfolios in scenarios as a table of shades."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.patches import Rectangle

from siting.charts.chart import start
from siting.maps.style import Style, applied, contrast, style_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from siting.analysis.scenarios import Scenarios

_ROW_MILLIMETRES = 11.0
_HEAD_MILLIMETRES = 48.0


def draw(analysis: Scenarios, ax: Axes | None = None, *, style: Style | str = "light") -> Any:
    """Draw what each portfolio loses in each scenario; the darker, the more.

    Parameters
    ----------
    analysis : Scenarios
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new chart without it.
    style : Style or str
        A variant of the house style.

    Returns
    -------
    matplotlib.axes.Axes or Chart
        The axes given, or the new chart.
    """
    house = style_named(style)
    with applied(house):
        return _drawn(analysis, ax, house)


def _drawn(analysis: Scenarios, ax: Axes | None, style: Style) -> Any:
    regrets = analysis.regrets
    ax, drawn = start(ax, style, height=_HEAD_MILLIMETRES + _ROW_MILLIMETRES * len(regrets))
    worth = analysis.question.eur_per_year
    values = regrets.to_numpy() * (1.0 if worth is None else worth / 1e6)
    whole = np.column_stack([values, values.max(axis=1)])
    unit = "objective" if worth is None else "million EUR a year"
    largest = float(np.nanmax(whole)) or 1.0
    for row, numbers in enumerate(whole):
        for column, value in enumerate(numbers.tolist()):
            # The largest regret stands apart from the scenarios it is taken from.
            left = column + (0.25 if column == whole.shape[1] - 1 else 0.0)
            _cell(ax, style, left, row, value, largest, decimals=3 if worth is None else 0)
    _name_rows(ax, style, analysis, list(regrets.index))
    _name_columns(ax, [str(name) for name in regrets.columns])
    ax.set(xlim=(-0.02, whole.shape[1] + 0.27), ylim=(len(whole), -0.02))
    ax.set_title(f"Regret in each scenario, {unit}", loc="left", fontsize=8.5, color=style.ink, pad=8)
    ax.grid(visible=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.tick_params(length=0)
    return drawn


def _cell(ax: Axes, style: Style, left: float, row: int, value: float, largest: float, *, decimals: int) -> None:
    missing = math.isnan(value)
    palette = LinearSegmentedColormap.from_list("regret", list(style.sequential))
    colour = style.missing if missing else to_hex(palette(value / largest))
    ax.add_patch(
        Rectangle((left, row), 0.96, 0.94, facecolor=colour, edgecolor=style.hatch if missing else "none",
                  hatch="////" if missing else None, linewidth=0)
    )  # fmt: skip
    text = "not\nadmitted" if missing else f"{value:,.{decimals}f}"
    ink = max((style.ink, style.paper), key=lambda shade: contrast(shade, colour))
    ax.text(
        left + 0.48, row + 0.47, text, ha="center", va="center", fontsize=5.5 if missing else 7.5, color=ink,
        bbox={"facecolor": style.missing, "edgecolor": "none", "pad": 0.8} if missing else None,
    )  # fmt: skip


def _name_rows(ax: Axes, style: Style, analysis: Scenarios, portfolios: list[tuple[Any, ...]]) -> None:
    robust = analysis.robust[analysis.objective].portfolio
    ax.set_yticks([row + 0.47 for row in range(len(portfolios))])
    labels = []
    for portfolio in portfolios:
        role = textwrap.fill(analysis.role(portfolio), 36, max_lines=2, placeholder=" …")
        labels.append(f"{', '.join(map(str, portfolio))}\n{role}")
    texts = ax.set_yticklabels(labels, fontsize=6.0, color=style.ink)
    for text, portfolio in zip(texts, portfolios, strict=True):
        text.set_fontweight("bold" if portfolio == robust else "normal")


def _name_columns(ax: Axes, names: list[str]) -> None:
    ax.xaxis.tick_top()
    ends = [*(column + 0.48 for column in range(len(names))), len(names) + 0.73]
    shown = [textwrap.fill(name.replace("_", " "), 10, break_long_words=False) for name in [*names, "largest regret"]]
    ax.set_xticks(ends)
    ax.set_xticklabels(shown, fontsize=6.0)
