"""The map of one site: its region among its neighbours, with the transmission grid's nodes and internet exchanges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.data import boundaries, neighbours
from siting.data.vicinity import exchange_table, node_table
from siting.geography import GEOGRAPHIC, PROJECTED
from siting.maps.frame import Frame, anchor_points, clipped
from siting.maps.furniture import Place, scale_bar
from siting.maps.shapes import fill, outline
from siting.maps.style import applied, tint
from siting.maps.texts import printable
from siting.report.drawing import Drawing, millimetre_figure

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.maps.style import Style
    from siting.report.wording import Wording

_HIGH_KV = 300.0
_LEAST_HALF_WIDTH = 45_000.0
_AROUND_PLACE = 70_000.0
"""Half width in metres of the map of a site that is a place and not a region."""
_MARGIN = 0.22
_LEGEND = 6.0
"""Millimetres below the map for its legend."""
_LEAST_NAMED = 0.012
"""A neighbouring region is named if it covers at least this share of the map."""


def site_map(
    candidates: gpd.GeoDataFrame,
    site: Hashable,
    number: int,
    style: Style,
    words: Wording,
    *,
    width: float,
    height: float,
    folder: Path | None = None,
) -> Drawing:
    """Draw one site and what is around it.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        Every candidate; polygons or points, with coordinates in degrees.
    site : hashable
        Its identifier.
    number : int
        Position in the portfolio, counted from zero; gives the colour.
    style : Style
        Variant of the house style.
    words : Wording
        Language of the legend.
    width, height : float
        Millimetres.
    folder : pathlib.Path, optional
        The user's own tables.

    Returns
    -------
    Drawing
        In EPSG:3035, with a scale bar and a legend.
    """
    table = candidates if candidates.crs == PROJECTED else candidates.to_crs(PROJECTED)
    point = anchor_points(table.loc[[site]])[0]
    shape = table.geometry.loc[site]
    frame = _frame(shape, point, width / (height - _LEGEND))
    figure = millimetre_figure(style, width, height)
    with applied(style):
        ax = figure.add_axes((0, _LEGEND / height, 1, 1 - _LEGEND / height))
        _prepare(ax, frame, style)
        unit = frame.width / width
        _land(ax, table, frame, style)
        colour = style.site_colour(number)
        if shape.geom_type != "Point":
            fill(
                ax, clipped([shape], frame), facecolors=tint(colour, 0.16), edgecolors=colour, linewidths=1.3, zorder=3
            )
        _names(ax, table, site, frame, style)
        shown = _nodes(ax, frame, style, folder) + _exchanges(ax, frame, style, folder)
        ax.plot(*point, marker="o", markersize=6.5, color=colour, markeredgecolor=style.paper, zorder=9)
        scale_bar(ax, frame, Place(frame.left + 3 * unit, frame.bottom + 2.4 * unit, unit), style, words.language)
        _legend(figure, [("o", colour, colour, words("map.point")), *shown_words(shown, words)], style)
    return Drawing(figure, style)


def shown_words(shown: list[tuple[str, str, str, str]], words: Wording) -> list[tuple[str, str, str, str]]:
    """Return legend entries with their texts in place of their keys."""
    return [(marker, face, edge, words(key)) for marker, face, edge, key in shown]


def _frame(shape: BaseGeometry, point: NDArray[np.float64], aspect: float) -> Frame:
    """Return the part of the map a site's page shows: its region with a margin, or what lies around a place."""
    if shape.geom_type == "Point":
        x, y = point
        return Frame(x - _AROUND_PLACE, y - _AROUND_PLACE, x + _AROUND_PLACE, y + _AROUND_PLACE).shaped(aspect)
    # Islands far from the representative point would shrink the region itself to a corner.
    parts = shapely.get_parts(shape)
    near = parts[shapely.area(parts) >= 0.02 * shape.area]
    left, bottom, right, top = shapely.total_bounds(near)
    half_x = max((right - left) * (0.5 + _MARGIN), _LEAST_HALF_WIDTH)
    half_y = max((top - bottom) * (0.5 + _MARGIN), _LEAST_HALF_WIDTH)
    x, y = (left + right) / 2, (bottom + top) / 2
    return Frame(x - half_x, y - half_y, x + half_x, y + half_y).shaped(aspect)


def _prepare(ax: Axes, frame: Frame, style: Style) -> None:
    ax.set_xlim(frame.left, frame.right)
    ax.set_ylim(frame.bottom, frame.top)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_facecolor(style.sea)
    for spine in ax.spines.values():
        spine.set(color=style.muted, linewidth=0.5, zorder=20)


def _land(ax: Axes, table: gpd.GeoDataFrame, frame: Frame, style: Style) -> None:
    """Draw neighbouring countries, the regions around, and the borders between states."""
    fill(ax, clipped(neighbours().geometry, frame), facecolors=style.neighbour, edgecolors=style.paper, linewidths=0.4)
    polygons = table.geometry.geom_type != "Point"
    regions = table[polygons] if polygons.any() else boundaries("nuts3").to_crs(PROJECTED)
    regions = regions[shapely.intersects(regions.geometry.to_numpy(), frame.polygon)]
    ground = tint(style.ramp(5)[0], 0.75)
    fill(ax, clipped(regions.geometry, frame), facecolors=ground, edgecolors=style.missing, linewidths=0.6, zorder=1)
    edges = shapely.union_all([part.boundary for part in clipped(regions.geometry, frame)])
    outline(ax, edges, colors=tint(style.muted, 0.55), linewidths=0.45, zorder=2)
    countries = regions["country"] if "country" in regions.columns else regions.index.to_series().astype(str).str[:2]
    for _, group in regions.groupby(countries.to_numpy()):
        border = shapely.union_all(group.geometry.to_numpy())
        outline(ax, shapely.intersection(border.boundary, frame.polygon), colors=style.country_border,
                linewidths=0.8, zorder=2.5)  # fmt: skip


def _names(ax: Axes, table: gpd.GeoDataFrame, site: Hashable, frame: Frame, style: Style) -> None:
    """Name the regions around by their codes, where there is room."""
    from matplotlib.patheffects import withStroke

    if (table.geometry.geom_type == "Point").any():
        return
    cut = shapely.intersection(table.geometry.to_numpy(), frame.polygon)
    for label, part in zip(table.index, cut, strict=True):
        if part.is_empty or (label != site and part.area < _LEAST_NAMED * frame.width * frame.height):
            continue
        # Where the largest circle fits, a text does not run over the border.
        x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(part, frame.width / 50))[0]
        text = ax.text(x, y, printable(label), fontsize=6.0, ha="center", va="center", zorder=8)
        text.set(color=style.ink if label == site else style.muted, parse_math=False, alpha=0.85)
        text.set_path_effects([withStroke(linewidth=1.4, foreground=tint(style.ramp(5)[0], 0.75))])
        text.set_fontweight("bold" if label == site else "normal")


def _points(table: pd.DataFrame, frame: Frame) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return the places inside a frame, and their coordinates on the map."""
    from pyproj import Transformer

    transformer = Transformer.from_crs(GEOGRAPHIC, PROJECTED, always_xy=True)
    x, y = transformer.transform(table["longitude_degrees"].to_numpy(), table["latitude_degrees"].to_numpy())
    inside = (x > frame.left) & (x < frame.right) & (y > frame.bottom) & (y < frame.top)
    return table[inside], np.column_stack([x, y])[inside]


def _nodes(ax: Axes, frame: Frame, style: Style, folder: Path | None) -> list[tuple[str, str, str, str]]:
    """Draw the connection points of the transmission grid, the stronger on top."""
    nodes, places = _points(node_table(folder), frame)
    high = nodes["highest_kv"].to_numpy() >= _HIGH_KV
    entries = []
    for chosen, size, face, key in (
        (~high, 2.6, style.paper, "map.low_nodes"),
        (high, 3.4, style.ink, "map.high_nodes"),
    ):
        if chosen.any():
            ax.plot(
                places[chosen, 0], places[chosen, 1], "s", markersize=size, markerfacecolor=face,
                markeredgecolor=style.ink, markeredgewidth=0.5, zorder=5, scalex=False, scaley=False,
            )  # fmt: skip
            entries.append(("s", face, style.ink, key))
    return entries[::-1]


def _exchanges(ax: Axes, frame: Frame, style: Style, folder: Path | None) -> list[tuple[str, str, str, str]]:
    """Draw the internet exchanges, the larger the more networks meet there."""
    table = exchange_table(folder)
    exchanges, places = _points(table[table["longitude_degrees"].notna()], frame)
    if exchanges.empty:
        return []
    colour = style.sites[1] if style.name != "print" else style.paper
    sizes = 9.0 + 4.0 * np.sqrt(exchanges["networks"].fillna(1.0).to_numpy(dtype=float))
    ax.scatter(
        places[:, 0],
        places[:, 1],
        s=sizes,
        marker="D",
        facecolors=colour,
        edgecolors=style.ink,
        linewidths=0.6,
        zorder=6,
    )
    return [("D", colour, style.ink, "map.exchanges")]


def _legend(figure: Any, entries: list[tuple[str, str, str, str]], style: Style) -> None:
    """Set the legend in one line below the map."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="none", marker=marker, markersize=4.2, markerfacecolor=face, markeredgecolor=edge,
               markeredgewidth=0.5, label=text)
        for marker, face, edge, text in entries
    ]  # fmt: skip
    figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=len(handles), frameon=False, fontsize=5.8,
        labelcolor=style.muted, handletextpad=0.15, columnspacing=1.0, borderaxespad=0.0, borderpad=0.1,
    )  # fmt: skip
