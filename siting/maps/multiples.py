"""Choropleth maps of several attributes on one sheet, each with its own legend."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from siting.errors import InputError
from siting.maps.content import Content, content
from siting.maps.frame import EUROPE
from siting.maps.map_body import draw_map
from siting.maps.page import MapOptions, Page, footer_remarks
from siting.maps.panel import shade_entries
from siting.maps.sheet import MARGIN, Sheet
from siting.maps.style import applied
from siting.maps.texts import date_text, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes

    from siting.maps.board import Entry

_MOST_MAPS = 12
_GAP, _TITLE = 5.0, 5.0
_LEGEND_BESIDE = 33.0
_FREE_EAST = 0.245
"""Share of the European frame's width that lies east of the Union from the Baltic to the north edge."""
_LEAST_LEGEND = 18.0


def criteria_maps(
    candidates: gpd.GeoDataFrame,
    attributes: Sequence[str],
    *,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet:
    """Draw several attributes as small multiples on one sheet, each with its own legend.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with polygons in any projection.
    attributes : sequence of str
        One to twelve columns.
    ax : None
        Several maps need a sheet of their own; on axes of your own draw each with `criterion_map`.
    **options
        Keywords of every map: see `MapOptions`.

    Returns
    -------
    Sheet
        The figure.

    Raises
    ------
    siting.errors.InputError
        If there are no attributes or too many, `ax` is given, or a table or name cannot be used.
    """
    if isinstance(attributes, str) or not 1 <= len(attributes) <= _MOST_MAPS:
        raise InputError(f"a sheet of small maps takes a list of 1 to {_MOST_MAPS} attributes")
    if ax is not None:
        raise InputError("several maps need a sheet of their own; leave ax out, or draw each with criterion_map")
    if isinstance(attributes, str) or not 1 <= len(attributes) <= _MOST_MAPS:
        raise InputError(f"a sheet of small maps takes a list of 1 to {_MOST_MAPS} attributes")
    page = Page.of(options)
    shown = [
        content(
            candidates, None, page.neighbours, style=page.style, language=page.language, shade=attribute,
            chosen=False, hatched=False,
        )
        for attribute in attributes
    ]  # fmt: skip
    with applied(page.style):
        sheet = Sheet(page.style, page.orientation)
        top = sheet.header(word("criteria maps", page.language) if page.title is None else page.title, page.subtitle)
        remarks = [*footer_remarks(shown[0]), *page.remarks]
        bottom = sheet.footer(page.sources, remarks, date_text(page.date, page.language), page.language)
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
