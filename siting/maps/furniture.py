"""Scale bar and north arrow, both true: the bar to the ellipsoid, the arrow to the meridian it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.patches import Polygon, Rectangle

from siting.maps.frame import Frame, ground_length, north_at
from siting.maps.labels import Box
from siting.maps.texts import number, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.maps.style import Style

_ROUND_KILOMETRES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Place:
    """Where a piece of furniture stands.

    Attributes
    ----------
    x, y : float
        Lower left corner in map units.
    unit : float
        Map units per millimetre of paper.
    """

    x: float
    y: float
    unit: float


def scale_bar_kilometres(frame: Frame, share: float = 0.14) -> int:
    """Return the round length that takes about a share of the frame's width.

    Parameters
    ----------
    frame : Frame
        The frame.
    share : float, default 0.14
        How much of the width the bar may take.

    Returns
    -------
    int
        Kilometres.

    Examples
    --------
    >>> scale_bar_kilometres(Frame(0.0, 0.0, 4e6, 4e6))
    500
    """
    fitting = [length for length in _ROUND_KILOMETRES if length * 1000 <= frame.width * share]
    return fitting[-1] if fitting else _ROUND_KILOMETRES[0]


def scale_bar(ax: Axes, frame: Frame, place: Place, style: Style, language: str) -> Box:
    """Draw the scale bar; its length is true from west to east through the centre of the frame.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    frame : Frame
        The frame.
    place : Place
        Lower left corner.
    style : Style
        Colours.
    language : str
        How numbers are written.

    Returns
    -------
    Box
        What it covers, in map units.
    """
    kilometres = scale_bar_kilometres(frame)
    length = ground_length(frame, kilometres * 1000.0)
    unit, height = place.unit, 0.9 * place.unit
    for half in range(2):
        bar = Rectangle(
            (place.x + half * length / 2, place.y),
            length / 2,
            height,
            facecolor=style.ink if half == 0 else style.paper,
            edgecolor=style.ink,
            linewidth=0.5,
            zorder=8,
        )
        bar.set_gid(f"scale-bar-{half}")
        ax.add_patch(bar)
    for part in (0.0, 0.5, 1.0):
        text = number(kilometres * part, 0 if kilometres * part % 1 == 0 else 1, language) + (
            " km" if part == 1 else ""
        )
        ax.text(
            place.x + part * length,
            place.y + height + 0.7 * unit,
            text,
            fontsize=5.5,
            ha="left" if part == 1 else "center",
            va="bottom",
            color=style.ink,
            zorder=8,
            parse_math=False,
        ).set_x(place.x + part * length - (1.2 * unit if part == 1 else 0))
    return Box(place.x - 2 * unit, place.y - unit, place.x + length + 8 * unit, place.y + 4.5 * unit)


def north_arrow(ax: Axes, place: Place, style: Style, language: str) -> Box:
    """Draw the north arrow, turned to true north where it stands.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    place : Place
        Its foot, in the middle.
    style : Style
        Colours.
    language : str
        For the letter.

    Returns
    -------
    Box
        What it covers, in map units.
    """
    angle = np.radians(north_at(place.x, place.y))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    origin = np.array([place.x, place.y])

    def turned(points: list[tuple[float, float]]) -> NDArray[np.float64]:
        return np.asarray(origin + np.array(points) @ turn.T * place.unit)

    for points, face in (
        ([(0, 7), (-1.7, 0), (0, 1.5)], style.ink),
        ([(0, 7), (1.7, 0), (0, 1.5)], style.paper),
    ):
        patch = Polygon(turned([(float(x), float(y)) for x, y in points]), facecolor=face, edgecolor=style.ink)
        patch.set(linewidth=0.5, zorder=8, joinstyle="miter")
        ax.add_patch(patch)
    x, y = turned([(0.0, 7.6)])[0]
    options: dict[str, Any] = {
        "ha": "center",
        "va": "bottom",
        "fontweight": "bold",
        "color": style.ink,
        "zorder": 8,
    }
    ax.text(x, y, word("north", language), fontsize=6.5, parse_math=False, **options)
    unit = place.unit
    return Box(place.x - 3 * unit, place.y - unit, place.x + 3 * unit, place.y + 11 * unit)
