"""Choropleth maps of one attribute, and small multiples of several."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, overload

import pandas as pd

from siting.errors import InputError
from siting.maps.attribute_names import attribute_label
from siting.maps.content import Content, content
from siting.maps.frame import EUROPE
from siting.maps.key_table import cells_of, draw_sites, key_columns
from siting.maps.map_body import draw_map
from siting.maps.panel import axes_legend, legends, shade_entries, symbol_entries
from siting.maps.portfolio import BOUNDARIES, footer_remarks, main_map
from siting.maps.sheet import MARGIN, Sheet
from siting.maps.style import Style, applied, style_named
from siting.maps.texts import date_text, printable, word

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes

    from siting.maps.board import Board, Entry

_MOST_MAPS = 12
_MOST_LISTED = 15
_GAP, _TITLE, _ROW = 5.0, 5.0, 4.6
_LEGEND_BESIDE = 33.0
_BELOW = 64.0
"""Millimetres below the map of a sheet in portrait."""
_FREE_EAST = 0.245
"""Share of the European frame's width that lies east of the Union from the Baltic to the north edge."""
_LEAST_LEGEND = 18.0


@overload
def criterion_map(
    candidates: gpd.GeoDataFrame,
    attribute: str,
    *,
    neighbours: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    subtitle: str = "",
    sources: Sequence[str] = (BOUNDARIES,),
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
    legend: bool = True,
    ax: None = None,
) -> Sheet: ...


@overload
def criterion_map(
    candidates: gpd.GeoDataFrame,
    attribute: str,
    *,
    neighbours: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    subtitle: str = "",
    sources: Sequence[str] = (BOUNDARIES,),
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
    legend: bool = True,
    ax: Axes,
) -> Axes: ...


def criterion_map(
    candidates: gpd.GeoDataFrame,
    attribute: str,
    *,
    neighbours: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    subtitle: str = "",
    sources: Sequence[str] = (BOUNDARIES,),
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
    legend: bool = True,
    ax: Axes | None = None,
) -> Sheet | Axes:
    """Draw one attribute of all candidates, excluded ones too; chosen sites are marked.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with polygons in any projection.
    attribute : str
        Column of numbers, texts or truth values. Candidates without a value are hatched, never counted as
        zero.
    neighbours : geopandas.GeoDataFrame, optional
        Countries around, drawn in grey.
    title : str, optional
        Title; the name of the attribute by default.
    subtitle : str
        Line below the title.
    sources : sequence of str
        Named in the footer, each with its licence.
    date : datetime.date or str, optional
        Date in the footer; today, or the day of `SOURCE_DATE_EPOCH`, by default.
    language : {"en", "it"}, default "en"
        Language of the texts on the map.
    style : {"light", "print"} or Style, default "light"
        For screens and colour print, or for greyscale.
    orientation : {"landscape", "portrait"}, default "landscape"
        How the sheet lies; of no effect with `ax`.
    legend : bool, default True
        With `ax`: whether the legend stands to the right of the map, inside the place the axes had.
    ax : matplotlib.axes.Axes, optional
        Where to draw, in metres of EPSG:3035; its place in the figure must be final.

    Returns
    -------
    Sheet or matplotlib.axes.Axes
        A figure of its own without `ax`, otherwise `ax`.

    Raises
    ------
    siting.errors.InputError
        If the table cannot be drawn, or a name of a column, language, style or orientation is unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"pue": [1.1, None]},
    ...     geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.1e6, 3.0e6, 4.2e6, 3.1e6)],
    ...     crs="EPSG:3035",
    ... )
    >>> criterion_map(regions, "pue", date="2026").map_axes.get_aspect()
    1.0
    """
    drawn = style_named(style)
    shown = content(candidates, None, neighbours, shade=attribute, style=drawn, language=language, portfolio=False)
    with applied(drawn):
        if ax is not None:
            draw = axes_legend(ax, shown) if legend else None
            draw_map(ax, shown)
            if title:
                ax.set_title(printable(title), loc="left", fontweight="bold", parse_math=False, color=drawn.ink)
            if draw is not None:
                draw(ax)
            return ax
        sheet = Sheet(drawn, orientation)
        top = sheet.header(attribute_label(attribute, language) if title is None else title, subtitle)
        bottom = sheet.footer(sources, footer_remarks(shown), date_text(date, language), language)
        shown, room = main_map(sheet, shown, (top, bottom), _BELOW)
        _panel(sheet, shown, room)
    return sheet


def _panel(sheet: Sheet, shown: Content, room: tuple[float, float, float, float]) -> None:
    """Fill the room beside a criterion map: legend, chosen sites, the extremes of a number."""
    left, top, right, bottom = room
    landscape = sheet.millimetres[0] > sheet.millimetres[1]
    width = right - left if landscape else (right - left) / 2 - _GAP
    y = legends(sheet.page, shown, (left, top, width), beside=False)
    y = sheet.page.legend(left, y - 1.5, symbol_entries(shown), width) + 3
    if not landscape:
        left, y = left + width + 2 * _GAP, top
    if shown.sites:
        y = draw_sites(sheet.page, shown, key_columns(shown, [shown.shade]), (left, y, width)) + 3
    values = shown.candidates[shown.shade]
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        _extremes(sheet.page, shown, (left, y, width), bottom)


def _extremes(board: Board, shown: Content, place: tuple[float, float, float], bottom: float) -> None:
    """List the candidates with the lowest and the highest values, as many as fit."""
    x, y, width = place
    half = (width - _GAP) / 2
    rows = min(int((bottom - y - 7.0) / _ROW), _MOST_LISTED, len(shown.candidates) // 2)
    # Rows with equal values stand in the order of their labels, so that the list is the same every time.
    values = shown.candidates[shown.shade].dropna().sort_index(key=lambda index: index.astype(str))
    if rows < 1 or values.empty:
        return
    named = shown.candidates["name"] if "name" in shown.candidates.columns else None
    for key, rising in (("lowest", True), ("highest", False)):
        listed = values.sort_values(ascending=rising, kind="stable").head(rows)
        board.text(x, y + 3, word(key, shown.language), 7.5, fontweight="bold")
        board.rule(y + 4.4, x, half)
        cells = cells_of(listed, shown.language)
        for position, (label, cell) in enumerate(zip(listed.index, cells, strict=True)):
            baseline = y + 4.4 + _ROW * (position + 1) - 1.4
            text = f"{named[label]} ({label})" if named is not None else str(label)
            room = half - board.measure(cell, 6.5) - 2.0
            board.text(x, baseline, board.wrap(text, room, 6.5, 1)[0], 6.5)
            board.text(x + half, baseline, cell, 6.5, ha="right")
            board.rule(y + 4.4 + _ROW * (position + 1), x, half, 0.2)
        x += half + _GAP


def criteria_maps(
    candidates: gpd.GeoDataFrame,
    attributes: Sequence[str],
    *,
    neighbours: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    subtitle: str = "",
    sources: Sequence[str] = (BOUNDARIES,),
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
) -> Sheet:
    """Draw several attributes as small multiples on one sheet, each with its own legend.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with polygons in any projection.
    attributes : sequence of str
        One to twelve columns.
    neighbours : geopandas.GeoDataFrame, optional
        Countries around, drawn in grey.
    title : str, optional
        Title of the sheet.
    subtitle : str
        Line below the title.
    sources : sequence of str
        Named in the footer, each with its licence.
    date : datetime.date or str, optional
        Date in the footer; today, or the day of `SOURCE_DATE_EPOCH`, by default.
    language : {"en", "it"}, default "en"
        Language of the texts on the map.
    style : {"light", "print"} or Style, default "light"
        For screens and colour print, or for greyscale.
    orientation : {"landscape", "portrait"}, default "landscape"
        How the sheet lies.

    Returns
    -------
    Sheet
        The figure.

    Raises
    ------
    siting.errors.InputError
        If there are no attributes or too many, or a table or name cannot be used.
    """
    if isinstance(attributes, str) or not 1 <= len(attributes) <= _MOST_MAPS:
        raise InputError(f"a sheet of small maps takes a list of 1 to {_MOST_MAPS} attributes")
    drawn = style_named(style)
    shown = [
        content(candidates, None, neighbours, shade=attribute, style=drawn, language=language, portfolio=False)
        for attribute in attributes
    ]
    with applied(drawn):
        sheet = Sheet(drawn, orientation)
        top = sheet.header(word("criteria maps", language) if title is None else title, subtitle)
        bottom = sheet.footer(sources, footer_remarks(shown[0]), date_text(date, language), language)
        _multiples(sheet, shown, top, bottom)
    return sheet


def _multiples(sheet: Sheet, shown: Sequence[Content], top: float, bottom: float) -> None:
    """Place the small maps in the grid that makes them largest, with legends in the east or beside."""
    across = sheet.millimetres[0] - 2 * MARGIN

    def side(columns: int, legend: float) -> float:
        rows = math.ceil(len(shown) / columns)
        wide = (across - _GAP * (columns - 1)) / columns
        tall = (bottom - top - _GAP * (rows - 1)) / rows
        return min(tall - _TITLE, wide - legend)

    possible = range(1, len(shown) + 1)
    columns = max(possible, key=lambda number: side(number, 0.0))
    size = side(columns, 0.0)
    inside = shown[0].frame == EUROPE and size * _FREE_EAST >= _LEAST_LEGEND
    if not inside:
        columns = max(possible, key=lambda number: side(number, _LEGEND_BESIDE))
        size = side(columns, _LEGEND_BESIDE)
    wide = (across - _GAP * (columns - 1)) / columns
    for position, each in enumerate(shown):
        row, column = divmod(position, columns)
        left, high = MARGIN + column * (wide + _GAP), top + row * (size + _TITLE + _GAP)
        sheet.page.paragraph(left, high + 3.2, each.shade_title(), wide, size=8.0, most=1, fontweight="bold")
        ax = sheet.axes_at(left, high + _TITLE, size, size)
        draw_map(ax, each, furniture=position == 0)
        sheet.map_axes = sheet.map_axes or ax
        if inside:
            width = size * _FREE_EAST
            sheet.page.legend(left + size - width - 1.2, high + _TITLE + 1.6, _bare(each), width, 5.4)
        else:
            width = wide - size - 2.5
            sheet.page.legend(left + size + 2.5, high + _TITLE, shade_entries(each), width, 6.0)


def _bare(shown: Content) -> list[Entry]:
    """Return the legend of the shades without counts, for a narrow place."""
    return [replace(entry, note="", label=entry.label.replace(" – ", "–")) for entry in shade_entries(shown)]
