"""Labels that stand on lines, turned along them, such as the round trip on an isochrone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.patheffects import withStroke

from siting.maps.annotation import page
from siting.maps.labels import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.maps.content import Content

_SIZE = 6.2
_STEP = 6.0
"""Points along a line from one place tried to the next."""
_APART = 150.0
"""Least distance of two labels of the same line, in points."""
_MOST = 3
_CLEAR = 2.0
_SEA = 40.0
"""What free ground is worth, in points of distance to the nearest obstacle."""


def label_lines(
    ax: Axes,
    content: Content,
    lines: Sequence[Sequence[NDArray[np.float64]]],
    texts: Sequence[str],
    obstacles: Sequence[Box],
) -> list[Box]:
    """Write each text on its lines, where there is most room, up to three times.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map, its limits and place final.
    content : Content
        What the map shows.
    lines : sequence of sequence of numpy.ndarray
        Per text the lines it belongs to, each of shape (vertices, 2) in map units.
    texts : sequence of str
        What to write.
    obstacles : sequence of Box
        What no label may cover, in points on the page.

    Returns
    -------
    list of Box
        Squares around the labels, in points on the page.
    """
    land = shapely.union_all(shapely.simplify(_ground(content), content.frame.width / 800))
    shapely.prepare(land)
    placed: list[Box] = []
    for text, parts in zip(texts, lines, strict=True):
        reach = _SIZE * 0.31 * len(text) + _SIZE * 0.3
        places = [place for part in parts for place in _places(ax, part)]
        own: list[tuple[float, float]] = []
        worth = {place: _worth(place, land, reach, [*obstacles, *placed]) for place in places}
        for place in sorted(worth, key=lambda place: -worth[place]):
            x, y = place[0], place[1]
            if worth[place] <= 0 or len(own) == _MOST:
                break
            clear = all(not Box(x, y, x, y).grown(reach).overlap(box) for box in placed)
            if clear and all(np.hypot(x - a, y - b) >= _APART for a, b in own):
                own.append((x, y))
                placed.append(Box(x, y, x, y).grown(reach))
                _write(ax, content, text, place)
    return placed


Place = tuple[float, float, float, float, float]
"""On the page in points, on the map, and the direction of the line in degrees."""


def _ground(content: Content) -> NDArray[np.object_]:
    """Return what a label had better not cover."""
    shapes = content.candidates.geometry.to_numpy()[content.inside]
    if content.are_points and content.demand is not None:
        shapes = content.demand.geometry.to_numpy()
    return np.asarray(shapes)


def _places(ax: Axes, line: NDArray[np.float64]) -> list[Place]:
    """Return places along a line, a few points apart."""
    whole = shapely.LineString(line)
    on_page = shapely.LineString(page(ax, line))
    count = int(on_page.length / _STEP)
    found = []
    for share in (np.arange(count) + 0.5) / max(count, 1):
        ahead = on_page.interpolate(min(share + 0.5 * _STEP / on_page.length, 1.0), normalized=True)
        behind = on_page.interpolate(max(share - 0.5 * _STEP / on_page.length, 0.0), normalized=True)
        angle = float(np.degrees(np.arctan2(ahead.y - behind.y, ahead.x - behind.x)))
        # Text is never upside down.
        angle = (angle + 90) % 180 - 90
        here, there = on_page.interpolate(share, normalized=True), whole.interpolate(share, normalized=True)
        found.append((here.x, here.y, there.x, there.y, angle))
    return found


def _worth(place: Place, land: shapely.Geometry, reach: float, obstacles: Sequence[Box]) -> float:
    """Return how good a place is: its distance to the nearest obstacle, more on free ground; 0 if it is taken."""
    x, y = place[0], place[1]
    clearance = min((np.hypot(*np.subtract(box.nearest(x, y), (x, y))) for box in obstacles), default=_APART)
    if clearance < reach + _CLEAR:
        return 0.0
    free = not shapely.contains_xy(land, place[2], place[3])
    level = 10.0 * (1 - abs(place[4]) / 90)
    return float(min(clearance, 60.0) + _SEA * free + level)


def _write(ax: Axes, content: Content, text: str, place: Place) -> None:
    """Write a label with a halo that parts the line; the text itself stays text in SVG and PDF."""
    options: dict[str, Any] = {
        "fontsize": _SIZE, "fontweight": "bold", "ha": "center", "va": "center_baseline", "rotation": place[4],
        "rotation_mode": "anchor", "parse_math": False,
    }  # fmt: skip
    halo = ax.text(place[2], place[3], text, color=content.style.paper, zorder=6, **options)
    halo.set_path_effects([withStroke(linewidth=2.8, foreground=content.style.paper)])
    ax.text(place[2], place[3], text, color=content.style.ink, zorder=6.1, **options).set_gid("isochrone-label")
