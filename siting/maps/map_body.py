"""The map itself on given axes: layers, insets, furniture, markers and labels, in that order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.maps import layers
from siting.maps.annotation import name_sites, page, page_box
from siting.maps.content import service_areas
from siting.maps.frame import anchor_points, clipped
from siting.maps.furniture import Place, north_arrow, scale_bar
from siting.maps.insets import Territory, territories
from siting.maps.labels import Box
from siting.maps.shapes import fill
from siting.maps.style import readable
from siting.maps.texts import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.maps.content import Content

_CELL = (0.118, 0.085)
"""Width and height of an inset as shares of the map's width."""
_EDGE_MILLIMETRES = 1.6
LEAST_FURNISHED = 90.0
"""Maps narrower than this many millimetres carry numbers only: names, scale bar and arrow would not fit."""
_LEAST_TITLED = 14.0
"""Insets narrower than this many millimetres carry neither title nor scale bar."""


def frame_axes(ax: Axes, content: Content) -> None:
    """Set the limits of the axes to the frame and hide everything matplotlib adds.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    content : Content
        What the map shows.
    """
    frame = content.frame
    ax.set_aspect("equal", adjustable="box", anchor="NW")
    ax.set_xlim(frame.left, frame.right)
    ax.set_ylim(frame.bottom, frame.top)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set(color=content.style.muted, linewidth=0.5, zorder=20)


def draw_map(
    ax: Axes,
    content: Content,
    *,
    furniture: bool = True,
    ground: layers.Ground = layers.regions,
    borders: bool = False,
    above: Callable[[Axes, Content, list[Box]], None] | None = None,
) -> None:
    """Draw the whole map on axes whose place is final.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    content : Content
        What the map shows.
    furniture : bool, default True
        Whether scale bar and north arrow are drawn where the map is large enough.
    ground : callable
        Draws the candidates, or what takes their place, on the map and on every inset.
    borders : bool, default False
        Whether the borders of service areas are drawn over the ground.
    above : callable, optional
        Draws on the finished map, given the axes, the content, and the boxes nothing may cover.
    """
    frame_axes(ax, content)
    unit = layers.millimetre(ax)
    layers.backdrop(ax, content)
    layers.land(ax, content)
    inside = content.candidates[content.inside]
    ground(ax, content, content.inside, inside.geometry, unit)
    if borders:
        layers.service(ax, content, content.areas, unit)
    anchors, obstacles = draw_insets(ax, content, unit, ground, borders=borders)
    across = content.frame.width / unit
    if furniture and across >= LEAST_FURNISHED:
        obstacles += [page_box(ax, box) for box in _furniture(ax, content, unit, obstacles)]
    shown = [number for number, site in enumerate(content.sites) if site in inside.index]
    points = anchor_points(content.candidates.loc[list(content.sites)])
    for number in set(range(len(content.sites))) - set(shown):
        points[number] = anchors[content.sites[number]]
    numbers = list(range(len(content.sites)))
    layers.site_markers(ax, content, points, numbers, size=7.5 if across >= LEAST_FURNISHED else 5.5)
    if across >= LEAST_FURNISHED:
        obstacles += name_sites(ax, content, points, obstacles, shown)
        obstacles += [Box(x, y, x, y).grown(4.5) for x, y in page(ax, points).tolist()] if len(points) else []
    if above is not None:
        above(ax, content, obstacles)


def _furniture(ax: Axes, content: Content, unit: float, obstacles: list[Box]) -> list[Box]:
    """Draw scale bar and north arrow beside the insets, where the map is sea."""
    frame, style, language = content.frame, content.style, content.language
    width = frame.width
    left = frame.left + _EDGE_MILLIMETRES * 1.8 * unit
    bar = scale_bar(ax, frame, Place(left, frame.bottom + 2.4 * unit, unit), style, language)
    right = max((obstacle.right for obstacle in obstacles), default=None)
    x = frame.left + 5 * unit
    if right is not None:
        block = page(ax, np.array([[frame.left, frame.top], [frame.left + width, frame.top]]))
        share = (right - block[0, 0]) / (block[1, 0] - block[0, 0])
        x = frame.left + share * width + 6 * unit
    arrow = north_arrow(ax, Place(x, frame.top - 13 * unit, unit), style, language)
    return [bar, arrow]


def draw_insets(
    ax: Axes, content: Content, unit: float, ground: layers.Ground, *, borders: bool
) -> tuple[dict[object, NDArray[np.float64]], list[Box]]:
    """Draw an inset for every territory outside the frame.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    content : Content
        What the map shows.
    unit : float
        Map units per millimetre.
    ground : callable
        Draws the candidates.
    borders : bool
        Whether the borders of service areas are drawn.

    Returns
    -------
    anchors : dict
        Chosen site in an inset to its place, in units of the main map.
    boxes : list of Box
        What the insets cover, in points on the page.
    """
    outside = content.candidates[~content.inside]
    groups = territories(outside, content.language)
    frame = content.frame
    width, height = _CELL[0] * frame.width, _CELL[1] * frame.width
    gap, edge = 0.8 * unit, _EDGE_MILLIMETRES * unit
    columns = 2 if len(groups) <= 12 else 4
    anchors: dict[object, NDArray[np.float64]] = {}
    boxes = []
    for position, group in enumerate(groups):
        row, column = divmod(position, columns)
        left = frame.left + edge + column * (width + gap)
        bottom = frame.top - edge - row * (height + gap) - height
        inset = ax.inset_axes((left, bottom, width, height), transform=ax.transData, zorder=7)
        inset.set_gid(f"inset-{position}")
        boxes.append(page_box(ax, Box(left, bottom, left + width, bottom + height)))
        scale = _draw_inset(inset, content, group, (width / unit, height / unit), ground)
        if borders and content.demand is not None:
            _inset_service(inset, content, group, scale)
        for site, share in _inset_sites(inset, content, group).items():
            anchors[site] = np.array([left + share[0] * width, bottom + share[1] * height])
    return anchors, boxes


def _draw_inset(
    ax: Axes, content: Content, group: Territory, millimetres: tuple[float, float], ground: layers.Ground
) -> float:
    """Draw one inset and return how many of its units make a millimetre on paper."""
    style = content.style
    wide, tall = millimetres
    titled = wide >= _LEAST_TITLED
    title, foot = (2.8, 1.6) if titled else (0.0, 0.0)
    left, bottom, right, top = group.bounds
    unit = max((right - left) / (wide - 1.0), (top - bottom) / (tall - title - foot))
    x, y = (left + right) / 2, (bottom + top) / 2
    low = y - unit * (foot + (tall - title - foot) / 2)
    ax.set_xlim(x - unit * wide / 2, x + unit * wide / 2)
    ax.set_ylim(low, low + unit * tall)
    ax.set_facecolor(style.sea)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set(color=style.muted, linewidth=0.4, zorder=20)
    rows = content.candidates.index.isin(group.rows)
    shapes = content.candidates.geometry[rows].to_crs(group.crs)
    ground(ax, content, rows, shapes.simplify(unit * 0.05), unit)
    if titled:
        _inset_title(ax, content, group)
        _inset_bar(ax, content, unit, (wide, tall))
    return unit


def _inset_sites(ax: Axes, content: Content, group: Territory) -> dict[object, NDArray[np.float64]]:
    """Return where the chosen sites of an inset stand, as shares of its width and height."""
    chosen = [site for site in content.sites if site in group.rows]
    if not chosen:
        return {}
    points = anchor_points(content.candidates.loc[chosen])
    place = shapely.get_coordinates(
        content.candidates.loc[chosen]
        .set_geometry(shapely.points(points), crs=content.candidates.crs)
        .to_crs(group.crs)
        .geometry
    )
    limits = np.array([[ax.get_xlim()[0], ax.get_ylim()[0]], [ax.get_xlim()[1], ax.get_ylim()[1]]])
    return dict(zip(chosen, (place - limits[0]) / (limits[1] - limits[0]), strict=True))


def _inset_title(ax: Axes, content: Content, group: Territory) -> None:
    """Name an inset; with a chosen site in it, by its name and code in the site's colour."""
    style = content.style
    text = ax.text(0.035, 0.955, group.name, transform=ax.transAxes, fontsize=5.2, va="top", zorder=15)
    text.set(color=style.ink, parse_math=False)
    chosen = [number for number, site in enumerate(content.sites) if site in group.rows]
    if chosen:
        codes = ", ".join(printable(content.sites[number]) for number in chosen)
        text.set(text=f"{group.name} {codes}", fontweight="bold", color=readable(style.site_colour(chosen[0])))
        text.set_gid(f"site-label-{chosen[0]}-0")


def _inset_bar(ax: Axes, content: Content, unit: float, millimetres: tuple[float, float]) -> None:
    """Draw the small scale bar of an inset at its lower right."""
    wide, _ = millimetres
    fitting = [length for length in (5, 10, 20, 50, 100, 200, 500) if length * 1000 <= 0.3 * wide * unit]
    kilometres = fitting[-1] if fitting else 5
    right, low = ax.get_xlim()[1] - 0.7 * unit, ax.get_ylim()[0] + 0.7 * unit
    left = right - kilometres * 1000
    ink = content.style.muted
    ax.plot(
        [left, right],
        [low, low],
        color=ink,
        linewidth=0.8,
        solid_capstyle="butt",
        zorder=15,
        scalex=False,
        scaley=False,
    )
    text = ax.text(left - 0.5 * unit, low, f"{kilometres} km", fontsize=4.2, ha="right", va="center", zorder=15)
    text.set(color=ink, parse_math=False)


def _inset_service(ax: Axes, content: Content, group: Territory, unit: float) -> None:
    """Outline the demand regions of an inset in the colour of the site that serves them."""
    demand: gpd.GeoDataFrame = content.demand
    west, south, east, north = content.candidates.geometry.loc[group.rows].total_bounds
    near = demand.cx[west:east, south:north].to_crs(group.crs)
    if len(near):
        layers.service(ax, content, service_areas(near, unit * 0.05), unit)


def draw_service_map(ax: Axes, content: Content) -> None:
    """Draw the small map of service areas: plain fills in the sites' colours, numbered.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; its place must be final.
    content : Content
        What the map shows; must have demand.
    """
    style, frame = content.style, content.frame
    frame_axes(ax, content)
    fill(ax, [frame.polygon], facecolors=style.sea, edgecolors="none", zorder=0)
    if content.neighbours is not None:
        land = clipped(content.neighbours.geometry, frame, tolerance=frame.width / 800)
        fill(ax, land, facecolors=style.neighbour, edgecolors="none", zorder=1)
    for number, site in enumerate(content.sites):
        if site in content.areas:
            colour = style.site_colour(number)
            fill(ax, [content.areas[site]], facecolors=colour, edgecolors=style.paper, linewidths=0.4, zorder=2)
    shown = [
        number for number, site in enumerate(content.sites) if content.inside[content.candidates.index.get_loc(site)]
    ]
    points = anchor_points(content.candidates.loc[[content.sites[number] for number in shown]])
    layers.site_markers(ax, content, points, shown, size=6.0)
