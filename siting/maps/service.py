"""The map of service areas: who is served by which site, how many people, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, overload

import shapely

from siting.errors import InputError
from siting.maps import layers
from siting.maps.board import Entry
from siting.maps.content import Content, content, service_areas
from siting.maps.page import Design, MapOptions, Page, draw_page
from siting.maps.panel import Legend
from siting.maps.ranking import Row, list_block, named
from siting.maps.served import millions, served
from siting.maps.shapes import PATTERNS, fill, hatch, outline
from siting.maps.style import tint
from siting.maps.texts import number, printable, word

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.maps.panel import Block
    from siting.maps.sheet import Sheet
    from siting.maps.style import Style

_STRENGTH, _FAINT = 0.42, 0.16
"""How strong the colour of a site is in its service area, alone and under a pattern; 1 is the colour itself."""
_POINT = 5.0
_MOST_LISTED = 15


@overload
def service_map(
    candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, *, ax: None = None, **options: Unpack[MapOptions]
) -> Sheet: ...


@overload
def service_map(
    candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, *, ax: Axes, **options: Unpack[MapOptions]
) -> Axes: ...


def service_map(
    candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, *, ax: Axes | None = None, **options: Unpack[MapOptions]
) -> Sheet | Axes:
    """Draw the area each site serves in a light shade of its colour.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with `selected`.
    demand : geopandas.GeoDataFrame
        Demand regions, or places, with `facility`, the label of the candidate that serves them; with `population`
        and `latency_ms` the panel tells people served and their latency.
    ax : matplotlib.axes.Axes, optional
        Where to draw, in metres of EPSG:3035; its place in the figure must be final.
    **options
        Keywords of every map: see `MapOptions`.

    Returns
    -------
    Sheet or matplotlib.axes.Axes
        A figure of its own without `ax`, otherwise `ax`.

    Raises
    ------
    siting.errors.InputError
        If the demand does not say who serves it, a table cannot be drawn, or a keyword is unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["West", "East"], "selected": [True, False], "population": [3e6, 1e6]},
    ...     geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.1e6, 3.0e6, 4.2e6, 3.1e6)],
    ...     crs="EPSG:3035",
    ...     index=["W", "E"],
    ... )
    >>> sheet = service_map(regions, regions.assign(facility="W"), date="2026")
    >>> "4.0" in [text.get_text() for text in sheet.page.ax.texts]
    True
    """
    page = Page.of(options)
    shown = content(candidates, demand, page.neighbours, style=page.style, language=page.language, hatched=False)
    if shown.demand is None and shown.sites:
        raise InputError(
            "the demand does not say who serves it: it needs a column 'facility' with labels of candidates"
        )
    design = Design(
        title=word("served", page.language),
        blocks=[served_block(shown)],
        legends=[Legend("", _entries(shown))],
        further=_longest(shown),
        ground=service_ground,
    )
    return draw_page(shown, design, page, ax)


def area_fill(style: Style, number: int) -> str:
    """Return the fill of the area a site serves.

    Parameters
    ----------
    style : Style
        Colours.
    number : int
        Position of the site in the portfolio.

    Returns
    -------
    str
        A light shade of the site's colour.

    Examples
    --------
    >>> from siting.maps.style import LIGHT
    >>> area_fill(LIGHT, 0)
    '#edbb94'
    """
    return tint(style.site_colour(number), _FAINT if len(style.dashes) > 1 else _STRENGTH)


def _has_pattern(style: Style, number: int) -> bool:
    """Tell whether the colour of a site does not suffice: in greyscale, and once the colours repeat."""
    return len(style.dashes) > 1 or number >= len(style.sites)


def service_ground(ax: Axes, content: Content, rows: NDArray[np.bool_], geometry: gpd.GeoSeries, unit: float) -> None:
    """Draw service areas, the borders of demand regions in them, and those of countries.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The map or an inset.
    content : Content
        What the map shows.
    rows : numpy.ndarray
        Which candidates stand on these axes.
    geometry : geopandas.GeoSeries
        Their shapes in the projection of the axes.
    unit : float
        Map units per millimetre.
    """
    style, weight = content.style, layers.line_weight(ax, unit)
    if not content.are_points:
        missing = {"facecolors": style.missing, "edgecolors": style.border, "linewidths": 0.25 * weight}
        fill(ax, geometry.to_numpy(), zorder=1.8, **missing).set_gid("candidates")
    if content.demand is None:
        return
    near = layers.visible(content.demand, ax, geometry)
    if (shapely.get_dimensions(near.geometry.to_numpy()) == 0).all():
        _dots(ax, content, near)
    else:
        _areas(ax, content, near, unit)
    if not content.are_points:
        layers.chosen_outlines(ax, content, geometry.index, geometry.to_numpy(), weight)
        layers.borders(ax, content, rows, geometry.to_numpy(), weight)


def _areas(ax: Axes, content: Content, near: gpd.GeoDataFrame, unit: float) -> None:
    """Draw the areas as polygons."""
    style, weight = content.style, layers.line_weight(ax, unit)
    areas = service_areas(near, unit * 0.06)
    for position, site in enumerate(content.sites):
        if site not in areas:
            continue
        colour = area_fill(style, position)
        area = fill(ax, [areas[site]], facecolors=colour, edgecolors=colour, linewidths=0.2 * weight, zorder=2)
        area.set_gid(f"service-{position}")
        if _has_pattern(style, position):
            hatch(ax, areas[site], PATTERNS[position % len(PATTERNS)], unit, color=style.hatch, zorder=2.1)
    simple = shapely.simplify(near.geometry.to_numpy(), unit * 0.06)
    fill(ax, simple, facecolors="none", edgecolors=style.border, linewidths=0.18 * weight, zorder=2.2)
    for position, site in enumerate(content.sites):
        if site in areas:
            colour = style.site_colour(position)
            outline(ax, areas[site], colors=colour, linewidths=0.8 * weight, joinstyle="round", zorder=4)


def _dots(ax: Axes, content: Content, near: gpd.GeoDataFrame) -> None:
    """Draw demand that stands in places as dots in the colour of their site."""
    style = content.style
    for position, site in enumerate(content.sites):
        own = near.geometry[near["facility"] == site]
        dots = ax.scatter(own.x, own.y, s=_POINT, color=style.site_colour(position), linewidths=0, zorder=3)
        dots.set_gid(f"service-{position}")


def _entries(shown: Content) -> list[Entry]:
    """Return the legend of the symbols."""
    style, language = shown.style, shown.language
    entries = []
    if shown.sites:
        entries.append(Entry(word("chosen site", language), number=0))
        pattern = PATTERNS[0] if _has_pattern(style, 0) else None
        area = Entry(word("service area", language), area_fill(style, 0), pattern, edge=style.site_colour(0))
        entries.append(area)
    if shown.demand is not None and shown.demand["facility"].isna().any():
        entries.append(Entry(word("unserved", language), style.missing))
    if shown.neighbours is not None:
        entries.append(Entry(word("neighbour", language), style.neighbour))
    return entries


def _longest(shown: Content) -> list[Block]:
    """Return a block with the demand regions whose round trip is longest; none where it is not known."""
    demand, language = shown.demand, shown.language
    if demand is None or "latency_ms" not in demand.columns:
        return []
    place = {site: position for position, site in enumerate(shown.sites)}
    ordered = demand.sort_index(key=lambda index: index.astype(str))
    ordered = ordered.sort_values("latency_ms", ascending=False, kind="stable").head(_MOST_LISTED)
    peopled = "population" in demand.columns
    rows = []
    for label, region in ordered.iterrows():
        name = f"{region['name']} ({label})" if "name" in demand.columns else str(label)
        cells: tuple[str, ...] = (number(float(region["latency_ms"]), 1, language),)
        if peopled:
            cells = (number(float(region["population"]) / 1000, 0, language), *cells)
        rows.append(Row(printable(name), cells, number=place.get(region["facility"])))
    headings = [word("people thousands", language)] if peopled else []
    headings.append(word("latency heading", language))
    return [list_block(word("longest", language), headings, rows, language, counted=False)]


def served_block(shown: Content) -> Block:
    """Return a block with people served, their share and their latency per site.

    Parameters
    ----------
    shown : Content
        What the map shows.

    Returns
    -------
    Block
        To be placed on a board; names alone where the demand tells no more.
    """
    language, table = shown.language, served(shown)
    if table is None or not shown.sites:
        rows = [Row(named(shown, site), (), number=place) for place, site in enumerate(shown.sites)]
        return list_block(word("chosen", language), [], rows or [Row(word("none chosen", language), ())], language)
    timed = bool(table["mean_ms"].notna().any())
    columns = [millions(table["population"], language)]
    columns.append(tuple(number(100 * float(share), 0, language) for share in table["share"]))
    headings = [word("served people", language), word("share of people", language)]
    if timed:
        columns += [
            tuple(number(float(value), 1, language) for value in table[name]) for name in ("mean_ms", "largest_ms")
        ]
        headings += [word("mean latency long", language), word("largest latency", language)]
    rows = [
        Row(named(shown, site), tuple(column[place] for column in columns), number=place)
        for place, site in enumerate(shown.sites)
    ]
    remark = word("served remark", language) if timed else ""
    return list_block(word("chosen", language), headings, rows, language, remark=remark)
