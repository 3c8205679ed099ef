"""Names of the chosen sites on the map: measured, placed without collisions, with halo and leader line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.patheffects import withStroke

from siting.maps.board import root_figure
from siting.maps.labels import Box, ground_cost, place
from siting.maps.style import POINTS_PER_MILLIMETRE, readable
from siting.maps.texts import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.maps.content import Content

_WIDEST_MILLIMETRES = 36.0
_MOST_LINES = 3
_MOST_NAMES = 12
"""From more sites than this on, labels carry the code only: the names stand in the table."""
_NAME_POINTS, _CODE_POINTS = 7.6, 6.0
_LEADING = 1.18
_LEADER_FROM = 7.5


@dataclass(frozen=True)
class Line:
    """One line of a label.

    Attributes
    ----------
    text : str
        What it says.
    size : float
        Type size in points.
    weight : str
        Weight of the type.
    """

    text: str
    size: float
    weight: str


def page(ax: Axes, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn map coordinates into points on the page.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    points : numpy.ndarray
        Shape (n, 2).

    Returns
    -------
    numpy.ndarray
        The same shape, in points (1/72 inch).
    """
    dots = root_figure(ax).dpi
    return np.asarray(ax.transData.transform(points)) / dots * 72


def unpage(ax: Axes, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn points on the page into map coordinates.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    points : numpy.ndarray
        Shape (n, 2), in points (1/72 inch).

    Returns
    -------
    numpy.ndarray
        The same shape, in map units.
    """
    dots = root_figure(ax).dpi
    return np.asarray(ax.transData.inverted().transform(np.asarray(points) * dots / 72))


def page_box(ax: Axes, box: Box) -> Box:
    """Turn a box in map units into one on the page.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    box : Box
        In map units.

    Returns
    -------
    Box
        In points.
    """
    (left, bottom), (right, top) = page(ax, np.array([[box.left, box.bottom], [box.right, box.top]]))
    return Box(float(left), float(bottom), float(right), float(top))


def name_sites(
    ax: Axes,
    content: Content,
    anchors: NDArray[np.float64],
    obstacles: Sequence[Box],
    numbers: Sequence[int],
) -> list[Box]:
    """Write the name and code of chosen sites next to them.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map; its limits and place must be final.
    content : Content
        What the map shows.
    anchors : numpy.ndarray
        Where the sites' markers stand, in map units, shape (sites, 2).
    obstacles : sequence of Box
        What labels may not cover, in points on the page.
    numbers : sequence of int
        Which sites to name, by position in the portfolio; those in insets are named there.

    Returns
    -------
    list of Box
        Where the labels stand, in points on the page.
    """
    if not numbers:
        return []
    labels = [_lines(ax, content, content.sites[number]) for number in numbers]
    anchors = anchors[list(numbers)]
    sizes = [_size(ax, lines) for lines in labels]
    points = [(float(x), float(y)) for x, y in page(ax, anchors)]
    markers = [Box(x, y, x, y).grown(4.5) for x, y in points]
    frame = content.frame
    bounds = page_box(ax, Box(frame.left, frame.bottom, frame.right, frame.top)).grown(-4.0)
    shapes = shapely.simplify(content.candidates.geometry.to_numpy()[content.inside], frame.width / 800)
    cost = ground_cost(shapely.union_all(shapes), lambda places: unpage(ax, places))
    boxes = place(points, sizes, [*obstacles, *markers], bounds, ground=cost)
    for number, lines, box, anchor, point in zip(numbers, labels, boxes, anchors, points, strict=True):
        colour = readable(content.style.site_colour(number))
        _leader(ax, content, (anchor, point), box, colour)
        _write(ax, content, number, lines, box=box, anchor=anchor, point=point, colour=colour)
    return boxes


def _lines(ax: Axes, content: Content, site: object) -> list[Line]:
    """Return the lines of a label: the name, broken where it is long, and the code."""
    row = content.candidates.loc[site]
    code = Line(printable(site), _CODE_POINTS, "normal")
    if "name" not in content.candidates.columns or len(content.sites) > _MOST_NAMES:
        return [Line(code.text, _CODE_POINTS, "bold")]
    words = printable(row["name"]).split(" ")
    texts: list[str] = []
    for part in words:
        joined = f"{texts[-1]} {part}" if texts else part
        if texts and _measure(ax, Line(joined, _NAME_POINTS, "bold"))[0] <= _WIDEST_MILLIMETRES * POINTS_PER_MILLIMETRE:
            texts[-1] = joined
        else:
            texts.append(part)
    if len(texts) > _MOST_LINES:
        texts = [*texts[: _MOST_LINES - 1], texts[_MOST_LINES - 1] + " …"]
    return [*(Line(_shortened(ax, text), _NAME_POINTS, "bold") for text in texts), code]


def _shortened(ax: Axes, text: str) -> str:
    """Cut a word without spaces that is far too long for a label."""
    widest = 1.6 * _WIDEST_MILLIMETRES * POINTS_PER_MILLIMETRE
    width = _measure(ax, Line(text, _NAME_POINTS, "bold"))[0]
    if width <= widest:
        return text
    return text[: max(int(len(text) * widest / width) - 1, 1)] + "…"


def _measure(ax: Axes, line: Line) -> tuple[float, float]:
    """Return width and height of a line in points."""
    artist = ax.text(0, 0, line.text, fontsize=line.size, fontweight=line.weight, parse_math=False)
    box = artist.get_window_extent()
    artist.remove()
    dots = root_figure(ax).dpi
    return float(box.width / dots * 72), float(box.height / dots * 72)


def _size(ax: Axes, lines: Sequence[Line]) -> tuple[float, float]:
    """Return width and height of a label in points."""
    return max(_measure(ax, line)[0] for line in lines), sum(line.size * _LEADING for line in lines) + 1.5


def _leader(
    ax: Axes,
    content: Content,
    ends: tuple[NDArray[np.float64], tuple[float, float]],
    box: Box,
    colour: str,
) -> None:
    """Draw the line from a marker to its label, where the label does not stand right beside it."""
    anchor, point = ends
    near = box.nearest(*point)
    if np.hypot(near[0] - point[0], near[1] - point[1]) < _LEADER_FROM:
        return
    end = unpage(ax, np.array([near]))[0]
    x, y = [anchor[0], end[0]], [anchor[1], end[1]]
    options: dict[str, Any] = {"scalex": False, "scaley": False, "solid_capstyle": "butt"}
    ax.plot(x, y, color=content.style.paper, linewidth=2.4, zorder=8.8, **options)
    ax.plot(x, y, color=colour, linewidth=0.9, zorder=9, **options)


def _write(
    ax: Axes,
    content: Content,
    number: int,
    lines: Sequence[Line],
    *,
    box: Box,
    anchor: NDArray[np.float64],
    point: tuple[float, float],
    colour: str,
) -> None:
    """Write the lines of a label, aligned to the side that faces its point."""
    side = "left" if box.left >= point[0] - 2 else "right" if box.right <= point[0] + 2 else "center"
    x = {"left": box.left, "right": box.right, "center": (box.left + box.right) / 2}[side]
    y = box.top
    for position, line in enumerate(lines):
        y -= line.size * _LEADING
        options: dict[str, Any] = {
            "xytext": (x - point[0], y - point[1] + line.size * 0.28),
            "textcoords": "offset points",
            "fontsize": line.size,
            "fontweight": line.weight,
            "ha": side,
            "va": "baseline",
            "annotation_clip": False,
            "parse_math": False,
        }
        # A halo is drawn as outlines; the text itself stays text in SVG and PDF.
        halo = ax.annotate(line.text, tuple(anchor), color=content.style.paper, zorder=12, **options)
        halo.set_path_effects([withStroke(linewidth=2.6, foreground=content.style.paper)])
        name = line.weight == "bold"
        text = ax.annotate(line.text, tuple(anchor), color=colour if name else content.style.ink, zorder=13, **options)
        text.set_gid(f"site-label-{number}-{position}")
