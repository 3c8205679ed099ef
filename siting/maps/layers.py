"""The layers of a map from the sea up: land, candidates, exclusions, borders, service areas, sites."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import shapely

from siting.maps.board import root_figure
from siting.maps.frame import clipped, graticule
from siting.maps.shapes import MISSING, PATTERNS, fill, hatch, outline
from siting.maps.style import MILLIMETRES_PER_INCH, SHAPE_SIZES

if TYPE_CHECKING:
    from collections.abc import Hashable

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.maps.content import Content
    from siting.maps.style import Style

Ground = Callable[["Axes", "Content", "NDArray[np.bool_]", "gpd.GeoSeries", float], None]
"""Draws candidates on a map or an inset: axes, content, which rows, their shapes in its projection, units per mm."""
_BAND_MILLIMETRES = 0.8
_DOT, _EXCLUDED_DOT = 9.0, 1.2
"""Areas of the dots of places on a full sheet, in square points."""
_FULL_MILLIMETRES = 150.0
_MOST_ONE_DIGIT = 9
"""Up to so many sites their numbers have one digit; more need larger markers."""
_INSET_MILLIMETRES = 26.0


def millimetre(ax: Axes) -> float:
    """Return how many map units make a millimetre on paper.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        A map whose limits and place are final.

    Returns
    -------
    float
        Map units per millimetre.
    """
    ax.apply_aspect()
    inches = ax.get_window_extent().width / root_figure(ax).dpi
    left, right = ax.get_xlim()
    return float((right - left) / (inches * MILLIMETRES_PER_INCH))


def line_weight(ax: Axes, unit: float) -> float:
    """Return by how much lines are thinned on a map smaller than a sheet; insets keep theirs.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map or an inset.
    unit : float
        Map units per millimetre.

    Returns
    -------
    float
        Between 0.45 and 1.
    """
    left, right = ax.get_xlim()
    if (right - left) / unit < _INSET_MILLIMETRES:
        return 0.8
    return float(np.clip((right - left) / unit / _FULL_MILLIMETRES, 0.45, 1.0))


def backdrop(ax: Axes, content: Content) -> None:
    """Draw sea, graticule and neighbouring countries, cut to the frame.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    content : Content
        What the map shows.
    """
    style, frame = content.style, content.frame
    fill(ax, [frame.polygon], facecolors=style.sea, edgecolors="none", zorder=0)
    outline(ax, graticule(frame), colors=style.graticule, linewidths=0.35, zorder=0.5)
    if content.neighbours is not None:
        land = clipped(content.neighbours.geometry, frame, tolerance=frame.width / 4000)
        fill(ax, land, facecolors=style.neighbour, edgecolors=style.paper, linewidths=0.3, zorder=1)


def regions(ax: Axes, content: Content, rows: NDArray[np.bool_], geometry: gpd.GeoSeries, unit: float) -> None:
    """Draw candidates: shaded, hatched where excluded or without data, in the site's colour where chosen.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map or an inset.
    content : Content
        What the map shows.
    rows : numpy.ndarray
        Which candidates to draw.
    geometry : geopandas.GeoSeries
        Their shapes in the projection of the axes, aligned with `rows`.
    unit : float
        Map units per millimetre.
    """
    style, weight = content.style, line_weight(ax, unit)
    shapes = geometry.to_numpy()
    codes, reasons, missing = content.classes.codes[rows], content.reason_codes[rows], content.missing[rows]
    index = content.candidates.index[rows]
    place = {site: number for number, site in enumerate(content.sites)}
    painted = place if content.painted else {}
    colours = [
        style.site_colour(painted[label])
        if label in painted
        else style.excluded
        if reason >= 0
        else content.classes.colours[code]
        if code >= 0
        else style.missing
        for label, code, reason in zip(index, codes, reasons, strict=True)
    ]
    if content.are_points:
        _dots(ax, content.style, shapes, colours, (codes, reasons >= 0), weight)
        return
    areas = fill(ax, shapes, facecolors=colours, edgecolors=style.border, linewidths=0.25 * weight, zorder=2)
    areas.set_gid("candidates")
    for code in np.unique(reasons[reasons >= 0]):
        area = shapely.union_all(shapes[reasons == code])
        hatch(ax, area, PATTERNS[code], unit, color=style.hatch, zorder=2.5)
        outline(ax, area, colors=style.hatch, linewidths=0.3, zorder=2.6)
    if missing.any():
        area = shapely.union_all(shapes[missing])
        hatch(ax, area, MISSING, unit, color=style.hatch, zorder=2.5)
    chosen_outlines(ax, content, index, shapes, weight)
    borders(ax, content, rows, shapes, weight)


def _dots(
    ax: Axes,
    style: Style,
    shapes: NDArray[np.object_],
    colours: list[str],
    state: tuple[NDArray[np.intp], NDArray[np.bool_]],
    weight: float,
) -> None:
    """Draw candidates that are places rather than regions: shaded dots, small grey ones where excluded.

    `state` holds the class of each candidate and whether it is excluded.
    """
    codes, excluded = state
    places, paint = shapely.get_coordinates(shapes), np.array(colours, dtype=object)
    small, large = _EXCLUDED_DOT * weight**2, _DOT * weight**2
    x, y = places.T
    ax.scatter(x[excluded], y[excluded], s=small, color=style.hatch, linewidths=0, zorder=2.4, gid="excluded")
    # The best stand on top where dots crowd.
    order = np.flatnonzero(~excluded)[np.argsort(codes[~excluded], kind="stable")]
    fills = paint[order].tolist()
    ax.scatter(x[order], y[order], s=large, facecolors=fills, edgecolors=style.border, linewidths=0.3, zorder=2.5)


def visible(regions: gpd.GeoDataFrame, ax: Axes, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return the regions a map or an inset shows, in its projection.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        In EPSG:3035.
    ax : matplotlib.axes.Axes
        The map or the inset, its limits final.
    geometry : geopandas.GeoSeries
        Candidates on these axes, in their projection.

    Returns
    -------
    geopandas.GeoDataFrame
        Those that meet the view, as far as they can be told apart from others.
    """
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    if geometry.crs == regions.crs:
        return regions.cx[left:right, bottom:top]
    # An inset shows what lies around its candidates: in the common projection nothing else is near them.
    west, south, east, north = geometry.to_crs(regions.crs).total_bounds
    return regions.cx[west:east, south:north].to_crs(geometry.crs)


def land(ax: Axes, content: Content) -> None:
    """Draw the land of the demand regions under candidates that are places.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map.
    content : Content
        What the map shows.
    """
    style = content.style
    if not content.are_points or content.demand is None:
        return
    areas = clipped(content.demand.geometry, content.frame, tolerance=content.frame.width / 4000)
    fill(ax, areas, facecolors=style.paper, edgecolors=style.border, linewidths=0.15, zorder=1.5)


def chosen_outlines(ax: Axes, content: Content, index: pd.Index, shapes: NDArray[np.object_], weight: float) -> None:
    """Outline chosen regions: in white where they stand in their colour, otherwise in their colour on white.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map or an inset.
    content : Content
        What the map shows.
    index : pandas.Index
        Candidates on these axes.
    shapes : numpy.ndarray
        Their shapes in the projection of the axes.
    weight : float
        By how much lines are thinned.
    """
    style = content.style
    areas = dict(zip(index, shapes, strict=True))
    for number, site in enumerate(content.sites):
        if site not in areas:
            continue
        area = areas[site]
        if content.painted:
            fill(ax, [area], facecolors="none", edgecolors=style.paper, linewidths=0.9 * weight, zorder=5)
            continue
        colour = style.site_colour(number)
        outline(ax, area, colors=style.paper, linewidths=2.6 * weight, joinstyle="round", zorder=5)
        outline(ax, area, colors=colour, linewidths=1.5 * weight, joinstyle="round", zorder=5.1)


def borders(ax: Axes, content: Content, rows: NDArray[np.bool_], shapes: NDArray[np.object_], weight: float) -> None:
    """Draw coasts and the borders between countries.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map or an inset.
    content : Content
        What the map shows.
    rows : numpy.ndarray
        Which candidates stand on these axes.
    shapes : numpy.ndarray
        Their shapes in the projection of the axes.
    weight : float
        By how much lines are thinned.
    """
    style = content.style
    if "country" not in content.candidates.columns:
        return
    countries = content.candidates["country"].to_numpy()[rows].astype(str)
    for country in sorted(set(countries)):
        area = shapely.union_all(shapes[countries == country])
        outline(ax, area, colors=style.country_border, linewidths=0.5 * weight, joinstyle="round", zorder=3)


def service(ax: Axes, content: Content, areas: dict[Hashable, BaseGeometry], unit: float) -> None:
    """Draw who is served by which site: a band in its colour along the borders with other sites' areas.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map or an inset.
    content : Content
        What the map shows.
    areas : dict
        Site to the area it serves, in the projection of the axes.
    unit : float
        Map units per millimetre.
    """
    style, weight = content.style, line_weight(ax, unit)
    shared = _shared_borders(areas)
    near = shapely.buffer(shared, _BAND_MILLIMETRES * weight * unit, quad_segs=4)
    for number, site in enumerate(content.sites):
        if site not in areas:
            continue
        area = areas[site]
        colour, dash = style.site_colour(number), style.dash(number)
        fill(ax, [shapely.intersection(area, near)], facecolors=colour, edgecolors="none", zorder=4)
        pattern = (0, dash) if dash else "solid"
        outline(
            ax,
            area,
            colors=colour,
            linewidths=0.8 * weight,
            linestyles=[pattern],
            joinstyle="round",
            zorder=4,
        )
    outline(ax, shared, colors=style.paper, linewidths=0.6 * weight, zorder=4.5)


def _shared_borders(areas: dict[Hashable, BaseGeometry]) -> BaseGeometry:
    """Return the lines where two service areas meet."""
    edges = [shapely.boundary(area) for area in areas.values()]
    meetings = [shapely.intersection(first, second) for first, second in combinations(edges, 2)]
    lines = shapely.get_parts(shapely.get_parts(meetings))
    kept = shapely.MultiLineString([line for line in lines if line.geom_type == "LineString" and line])
    merged: BaseGeometry = shapely.line_merge(kept)
    return merged


def site_markers(
    ax: Axes, content: Content, points: NDArray[np.float64], numbers: list[int], size: float = 7.5
) -> None:
    """Draw the numbered markers of the chosen sites.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map or an inset.
    content : Content
        What the map shows.
    points : numpy.ndarray
        Where they stand, shape (sites, 2).
    numbers : list of int
        Position of each site in the portfolio, counted from zero.
    size : float, default 7.5
        Diameter in points.
    """
    style = content.style
    if len(content.sites) > _MOST_ONE_DIGIT:
        size *= 1.2
    for (x, y), number in zip(points, numbers, strict=True):
        letters = size * (0.72 if number < _MOST_ONE_DIGIT else 0.6)
        ax.plot(
            [x],
            [y],
            style.site_shape(number),
            markersize=size * SHAPE_SIZES[style.site_shape(number)],
            markerfacecolor=style.site_colour(number),
            markeredgecolor=style.paper,
            markeredgewidth=1.0,
            zorder=10,
            scalex=False,
            scaley=False,
        )
        text = ax.text(x, y, str(number + 1), fontsize=letters, ha="center", va="center_baseline", zorder=11)
        text.set(color=style.paper, fontweight="bold", parse_math=False)
