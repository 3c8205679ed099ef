"""Weight intervals as bars, and the triangle of three weights coloured by portfolio."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from siting.charts.chart import start
from siting.maps.style import Style, applied, style_named, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.analysis._weighing import WeightRange
    from siting.analysis.weight_stability import WeightStability

_ROW_MILLIMETRES = 16.0
_HEAD_MILLIMETRES = 24.0
#: Colours of the largest areas, told apart by the three common colour-vision deficiencies (Okabe and Ito 2008); the
#: others are grey.
_COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00")
#: Share of the triangle from which a portfolio is named in its area.
_NAMED = 0.015
#: Width of a site code per point of type size, as a share of the triangle's side.
_CODE = 0.0105
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(3) / 2]])
#: Width of a letter of a note, as a share of the axes.
_LETTER = 0.0088
_RATE_TICKS = {0.0: "0", 0.2: "¼", 1 / 3: "½", 0.5: "as in the model", 2 / 3: "2 ×", 0.8: "4 ×", 1.0: "∞"}


def draw_intervals(analysis: WeightStability, ax: Axes | None = None, *, style: Style | str = "light") -> Any:
    """Draw the interval of each weight in which the choice stands, and what replaces it.

    Parameters
    ----------
    analysis : WeightStability
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
        return _intervals(analysis, ax, house)


def _intervals(analysis: WeightStability, ax: Axes | None, style: Style) -> Any:
    count = len(analysis.ranges)
    ax, drawn = start(ax, style, height=_HEAD_MILLIMETRES + _ROW_MILLIMETRES * max(1, count))
    total = 1.0 if analysis.are_rates else sum(analysis.weights[name] for name in analysis.ranges) or 1.0
    for row, found in enumerate(analysis.ranges.values()):
        _bar(ax, style, analysis, found, row, total)
    ax.set(xlim=(-0.005 * total, 1.005 * total), ylim=(count - 0.45, -0.6))
    ax.set_yticks(range(count))
    ax.set_yticklabels([_words(name) for name in analysis.ranges], fontsize=8)
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    if analysis.are_rates:
        ax.set_xticks(list(_RATE_TICKS))
        ax.set_xticklabels(list(_RATE_TICKS.values()))
    ax.set_xlabel(
        "rate in EUR per unit, all others held" if analysis.are_rates else "weight, the others in proportion",
        fontsize=8,
    )
    chosen = ", ".join(map(str, analysis.portfolio))
    ax.set_title(f"Where {chosen} stays the best", loc="left", fontsize=9, color=style.ink)
    return drawn


def _bar(ax: Axes, style: Style, analysis: WeightStability, found: WeightRange, row: int, total: float) -> None:
    """Draw the whole range in grey, the interval of the choice in colour, and the weight of the model."""

    def place(weight: float) -> float:
        if not analysis.are_rates:
            return weight
        return 1.0 if math.isinf(weight) else weight / (weight + found.weight)

    for begin, end, _ in found.pieces:
        ax.add_patch(
            Rectangle((place(begin), row - 0.16), place(end) - place(begin), 0.32, facecolor=style.neighbour,
                      edgecolor=style.paper, linewidth=0.8)
        )  # fmt: skip
    low, high, here = place(found.lower), place(found.upper), place(found.weight)
    colour = style.site_colour(0)
    ax.add_patch(Rectangle((low, row - 0.16), high - low, 0.32, facecolor=colour, edgecolor=style.paper, linewidth=0.8))
    ax.plot([here, here], [row - 0.26, row + 0.18], color=style.ink, linewidth=1.6, solid_capstyle="butt")
    shown = _shown(analysis, found.weight)
    ax.text(here, row - 0.3, shown, ha="center", va="bottom", fontsize=6.5, fontweight="bold")
    notes = [("below", found.lower, low, found.below), ("above", found.upper, high, found.above)]
    taken = 0.0
    for word, end, x, other in notes:
        if other is not None:
            text = f"{word} {_shown(analysis, end)}: {analysis.change(other)}"
            width = _LETTER * len(text) * total
            # Centred on the end of the interval, inside the axes, and a line lower where it would touch another.
            left = min(max(x - width / 2, 0.0), total - width)
            lower = taken > left
            ax.text(left, row + (0.36 if lower else 0.2), text, ha="left", va="top", fontsize=6.5)
            taken = left + width
    if found.below is None and found.above is None:
        ax.text(0.5 * total, row + 0.2, "whatever its weight", ha="center", va="top", fontsize=6.5)


def _shown(analysis: WeightStability, weight: float) -> str:
    if not analysis.are_rates:
        return f"{weight:.3f}".rstrip("0").rstrip(".")
    return f"{weight / 1e6:,.3g} m" if weight >= 1e6 else f"{weight:,.3g}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _colour(style: Style, rank: int) -> str:
    """Return the colour of an area, by how large it is; the chosen portfolio comes first."""
    if style.name == "print":
        return tint("#000000", (0.45, 0.15, 0.3, 0.08, 0.22)[rank % 5])
    if rank < len(_COLOURS):
        return tint(_COLOURS[rank], 0.75 if rank == 0 else 0.5)
    return ("#ececea", "#dededb")[rank % 2]


def draw_triangle(analysis: WeightStability, ax: Axes | None = None, *, style: Style | str = "light") -> Any:
    """Draw the triangle of three weights, each area in the colour of the portfolio that is the best there.

    Parameters
    ----------
    analysis : WeightStability
        What to draw; it has a triangle.
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
        return _triangle(analysis, ax, house)


def _triangle(analysis: WeightStability, ax: Axes | None, style: Style) -> Any:
    ax, drawn = start(ax, style, height=150.0)
    areas = analysis.areas
    ranked = [analysis.portfolio, *(portfolio for portfolio in areas if portfolio != analysis.portfolio)]
    for cell in analysis.cells:
        rank = ranked.index(cell.portfolio)
        colour = _colour(style, rank)
        ax.add_patch(Polygon(_plane(cell.corners), facecolor=colour, edgecolor=style.paper, linewidth=0.8))
        if areas[cell.portfolio] >= _NAMED and cell.share > 0.7 * areas[cell.portfolio]:
            _name(ax, cell.corners, cell.portfolio, chosen=rank == 0)
    _frame(ax, style, analysis)
    here = _plane(analysis.point[None, :])[0]
    ax.plot(*here, marker="D", markersize=6, color=style.ink, markeredgecolor=style.paper, markeredgewidth=1.2)
    ax.annotate("weights of the model", here, (7, -1), textcoords="offset points", va="center", fontsize=6.5,
                fontweight="bold")  # fmt: skip
    small = sum(part < _NAMED for part in areas.values())
    told = f"; {small} smaller ones without a name" if small else ""
    ax.set_title(f"The best portfolio under every division of three weights: {len(areas)} portfolios{told}",
                 loc="left", fontsize=8.5, color=style.ink)  # fmt: skip
    return drawn


def _plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return barycentric points in the plane, the triangle standing on its first two corners."""
    return np.asarray(points @ _CORNERS)


def _name(ax: Axes, corners: NDArray[np.float64], portfolio: tuple[Any, ...], *, chosen: bool) -> None:
    """Write the site codes in the middle of an area, in as many lines as its width asks for."""
    plane = _plane(corners)
    x, y = plane.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    middle = ((plane + np.roll(plane, -1, axis=0)) * cross[:, None]).sum(axis=0) / (3 * cross.sum())
    width = _width_at(plane, float(middle[1]))
    codes = [str(code) for code in portfolio]
    size = 7.5 if chosen else 5.8
    columns = max(1, min(len(codes), int(width / (_CODE * size))))
    columns = 2 if columns == 3 and len(codes) == 4 else columns
    lines = [", ".join(codes[first : first + columns]) for first in range(0, len(codes), columns)]
    text = "\n".join(lines)
    below = 0.035 if chosen else 0.0
    ax.text(middle[0], middle[1] - below, text, ha="center", va="center", fontsize=size, linespacing=1.05,
            fontweight="bold" if chosen else "normal")  # fmt: skip


def _width_at(plane: NDArray[np.float64], height: float) -> float:
    """Return how wide a convex polygon is at a height."""
    crossings = []
    for here, there in zip(plane, np.roll(plane, -1, axis=0), strict=True):
        low, high = sorted((here[1], there[1]))
        if low <= height <= high and high > low:
            crossings.append(float(here[0] + (there[0] - here[0]) * (height - here[1]) / (there[1] - here[1])))
    return max(crossings) - min(crossings) if crossings else 0.0


def _frame(ax: Axes, style: Style, analysis: WeightStability) -> None:
    """Draw the sides with their scales, and name the corners."""
    ax.add_patch(Polygon(_CORNERS, fill=False, edgecolor=style.ink, linewidth=1.0))
    total = sum(analysis.weights[name] for name in analysis.triangle)
    away = [(-0.03, -0.05, "center"), (0.03, -0.05, "center"), (0.0, 0.045, "center")]
    for name, corner, (right, up, side) in zip(analysis.triangle, _CORNERS, away, strict=True):
        ax.text(corner[0] + right, corner[1] + up, f"only {_words(name)}\n(weight {total:.3g})", ha=side,
                va="center", fontsize=8, fontweight="bold")  # fmt: skip
    # Each side carries the weight of the criterion at its end, going from 0 to all of it.
    sides = [(0, 1, (0.0, -0.022)), (1, 2, (0.03, 0.012)), (2, 0, (-0.03, 0.012))]
    for origin, goal, (right, up) in sides:
        for part in (0.25, 0.5, 0.75):
            x, y = _CORNERS[origin] * (1 - part) + _CORNERS[goal] * part
            ax.text(x + right, y + up, f"{part * total:.3g}", ha="center", va="center", fontsize=6, color=style.muted)
            inward = _CORNERS.mean(axis=0) - np.array([x, y])
            tick = np.array([[x, y], [x, y] + inward * 0.03])
            ax.plot(*tick.T, color=style.ink, linewidth=0.7)
        x, y = _CORNERS[origin] * 0.5 + _CORNERS[goal] * 0.5
        angle = math.degrees(math.atan2(*(_CORNERS[goal] - _CORNERS[origin])[::-1]))
        readable = angle if -90 < angle <= 90 else angle + 180
        arrow = f"{_words(analysis.triangle[goal])} →" if readable == angle else f"← {_words(analysis.triangle[goal])}"
        ax.text(x + right * 2.2, y + up * 2.4, arrow, rotation=readable, ha="center", va="center", fontsize=7)
    ax.set(xlim=(-0.1, 1.1), ylim=(-0.1, 0.95), aspect="equal")
    ax.axis("off")
