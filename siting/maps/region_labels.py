"""Codes written inside regions, so that a list beside the map is found on it; left out where they do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.patheffects import withStroke

from siting.maps.annotation import page
from siting.maps.board import root_figure
from siting.maps.labels import Box
from siting.maps.map_body import LEAST_FURNISHED
from siting.maps.style import MILLIMETRES_PER_INCH, contrast
from siting.maps.texts import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.maps.content import Content

_SIZE = 4.8
_MOST = 40
_LEAST_CONTRAST = 3.0
"""From this contrast on, dark letters are read with their halo; on a darker ground they are white."""


def code_labels(labels: Iterable[Hashable]) -> Callable[[Axes, Content, list[Box]], None]:
    """Return what writes the codes of candidates inside their regions, on a map large enough for names.

    Parameters
    ----------
    labels : iterable of hashable
        Candidates, those that matter most first; chosen ones have labels of their own and are left out.

    Returns
    -------
    callable
        Draws on a finished map, given its axes, its content, and the boxes nothing may cover.
    """
    wanted = list(labels)

    def above(ax: Axes, content: Content, obstacles: list[Box]) -> None:
        across = ax.get_window_extent().width / root_figure(ax).dpi * MILLIMETRES_PER_INCH
        if content.are_points or across < LEAST_FURNISHED:
            return
        taken = [*obstacles]
        seen = set(content.candidates.index[content.inside]) - set(content.sites)
        for label in [one for one in wanted if one in seen][:_MOST]:
            box = _written(ax, content, label, taken)
            if box is not None:
                taken.append(box)

    return above


def _written(ax: Axes, content: Content, label: Hashable, taken: list[Box]) -> Box | None:
    """Write a code in its region and return the box it covers; None, and nothing is written, where it does not fit."""
    largest = max(shapely.get_parts(content.candidates.geometry[label]), key=lambda part: part.area)
    spot = _middle(largest)
    options: dict[str, Any] = {"fontsize": _SIZE, "ha": "center", "va": "center_baseline", "parse_math": False}
    dark = contrast(_fill(content, label), content.style.ink) < _LEAST_CONTRAST
    colour, edge = (content.style.paper, content.style.ink) if dark else (content.style.ink, content.style.paper)
    text = ax.text(spot[0], spot[1], printable(label), color=colour, zorder=6.1, **options)
    extent = text.get_window_extent()
    points = 72 / root_figure(ax).dpi
    box = Box(extent.x0 * points, extent.y0 * points, extent.x1 * points, extent.y1 * points)
    west, south, east, north = largest.bounds
    (left, low), (right, high) = page(ax, np.array([[west, south], [east, north]]))
    fits = right - left >= box.right - box.left and high - low >= box.top - box.bottom
    if not fits or any(box.overlap(other) for other in taken):
        text.remove()
        return None
    text.set_gid(f"code-{label}")
    halo = ax.text(spot[0], spot[1], printable(label), color=edge, zorder=6, **options)
    halo.set_path_effects([withStroke(linewidth=1.6, foreground=edge)])
    return box


def _middle(area: BaseGeometry) -> NDArray[np.float64]:
    """Return a point well inside an area: its centre of mass, if that lies inside."""
    centre = area.centroid if area.contains(area.centroid) else shapely.point_on_surface(area)
    return np.array([centre.x, centre.y])


def _fill(content: Content, label: Hashable) -> str:
    """Return the fill a region is drawn in, as far as it is shaded."""
    code = content.classes.codes[content.candidates.index.get_loc(label)]
    return content.classes.colours[code] if code >= 0 else content.style.paper
