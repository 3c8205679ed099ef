"""What stands beside the map on a sheet: tables, legends, and the small map of service areas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from siting.maps.board import Board, Entry, root_figure
from siting.maps.key_table import MOST_CRITERIA, draw_criteria, draw_sites, key_columns, rows_height
from siting.maps.map_body import draw_service_map
from siting.maps.shapes import MISSING, PATTERNS
from siting.maps.style import MILLIMETRES_PER_INCH
from siting.maps.texts import number, word

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from siting.maps.content import Content
    from siting.maps.sheet import Sheet

_GUTTER = 5.0
_LEAST_SERVICE_MAP = 30.0
_LARGEST_SERVICE_MAP = 66.0
_SYMBOLS = 14.0
"""Millimetres kept for the legend of symbols."""
_LEAST_FURTHER = 42.0
"""Millimetres kept for the last list of a panel."""
Block = Callable[[Board, tuple[float, float, float, float]], float]
"""Sets a block on a board, given left, top, width and the bottom in millimetres; returns where it ends."""


class Legend(NamedTuple):
    """What explains one layer of a map.

    Attributes
    ----------
    title : str
        Its heading; empty for none.
    entries : sequence of Entry
        Its lines.
    """

    title: str
    entries: Sequence[Entry]


def shade_entries(content: Content) -> list[Entry]:
    """Return the legend of the shades, with how many candidates fall into each class.

    Parameters
    ----------
    content : Content
        What the map shows.

    Returns
    -------
    list of Entry
        One per class, light to dark, and one for candidates without data if there are any.
    """
    classes, language = content.classes, content.language
    entries = [
        Entry(label, colour, note=number(count, 0, language))
        for label, colour, count in zip(classes.labels, classes.colours, classes.counts(), strict=True)
    ]
    missing = int(content.missing.sum())
    if missing:
        note = number(missing, 0, language)
        entries.append(Entry(word("missing", language), content.style.missing, MISSING, note=note))
    return entries


def exclusion_entries(content: Content) -> list[Entry]:
    """Return the legend of exclusions, with how many candidates each reason excludes.

    Parameters
    ----------
    content : Content
        What the map shows.

    Returns
    -------
    list of Entry
        One per reason, the most frequent first.
    """
    return [
        Entry(
            reason,
            content.style.hatch if content.are_points else content.style.excluded,
            None if content.are_points else PATTERNS[code],
            note=number(int((content.reason_codes == code).sum()), 0, content.language),
        )
        for code, reason in enumerate(content.reasons)
    ]


def shade_legends(content: Content) -> list[Legend]:
    """Return the legends of shades and exclusions.

    Parameters
    ----------
    content : Content
        What the map shows.

    Returns
    -------
    list of Legend
        One, or two if candidates are excluded.
    """
    legends = [Legend(content.shade_title(), shade_entries(content))]
    if content.reasons:
        legends.append(Legend(word("excluded", content.language), exclusion_entries(content)))
    return legends


def symbol_entries(content: Content, *, borders: bool = False) -> list[Entry]:
    """Return the legend of the remaining symbols.

    Parameters
    ----------
    content : Content
        What the map shows.
    borders : bool, default False
        Whether the map shows the borders of service areas.

    Returns
    -------
    list of Entry
        Marker, border of service areas, neighbouring countries, as far as the map shows them.
    """
    style, language = content.style, content.language
    entries = []
    if content.sites:
        entries.append(Entry(word("chosen site", language), number=0))
    if borders and content.demand is not None and len(content.sites) > 1:
        entries.append(Entry(word("service outline", language), edges=(style.site_colour(0), style.site_colour(1))))
    if content.neighbours is not None:
        entries.append(Entry(word("neighbour", language), style.neighbour))
    return entries


def place_legends(board: Board, legends: Sequence[Legend], place: tuple[float, float, float], *, beside: bool) -> float:
    """Draw legends, two and two beside each other or one below the other.

    Parameters
    ----------
    board : Board
        Where to draw.
    legends : sequence of Legend
        What to draw; empty ones take no room.
    place : tuple of float
        Left, top and width in millimetres.
    beside : bool
        Whether two stand side by side.

    Returns
    -------
    float
        Where the next block may begin.
    """
    x, y, width = place
    across = 2 if beside and len(legends) > 1 else 1
    room = (width - _GUTTER * (across - 1)) / across
    for row in batched_by(legends, across):
        low = y
        for column, legend in enumerate(row):
            left, top = x + column * (room + _GUTTER), y
            if legend.title:
                top = board.heading(left, y + 3, legend.title, room) - 2.2
            low = max(low, board.legend(left, top, legend.entries, room))
        y = low + 1.5
    return y


def batched_by(legends: Sequence[Legend], across: int) -> list[Sequence[Legend]]:
    """Return the legends that have entries, in rows of so many.

    Parameters
    ----------
    legends : sequence of Legend
        The legends.
    across : int
        How many stand in a row.

    Returns
    -------
    list
        The rows.
    """
    filled = [legend for legend in legends if legend.entries]
    return [filled[start : start + across] for start in range(0, len(filled), across)]


def legends_height(board: Board, legends: Sequence[Legend], width: float) -> float:
    """Return how tall legends are, two and two beside each other.

    Parameters
    ----------
    board : Board
        Measures the texts.
    legends : sequence of Legend
        The legends.
    width : float
        Millimetres they may take.

    Returns
    -------
    float
        Millimetres.
    """
    across = 2 if len(legends) > 1 else 1
    room = (width - _GUTTER * (across - 1)) / across
    heights = [
        max(board.legend_height(each.entries, room) + (7.0 if each.title else 0.0) for each in row)
        for row in batched_by(legends, across)
    ]
    return sum(heights) + 1.5 * len(heights)


def place_blocks(
    sheet: Sheet,
    parts: tuple[Sequence[Block], Sequence[Legend], Sequence[Block]],
    room: tuple[float, float, float, float],
) -> None:
    """Fill the room beside a map: one column, or two below a map in portrait.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    parts : tuple
        Blocks, legends, and blocks that take what room is left.
    room : tuple of float
        Left, top, right and bottom in millimetres.
    """
    blocks, legends, further = parts
    board = sheet.page
    left, top, right, bottom = room
    if right - left < bottom - top:
        width = right - left
        kept = legends_height(board, legends, width) + (_LEAST_FURTHER if further else 0.0)
        y = _stack(board, blocks, (left, top, width, bottom - kept))
        y = place_legends(board, legends, (left, y + 0.5, width), beside=True)
        _stack(board, further, (left, y + 0.5, width, bottom))
        return
    width = (right - left) / 2 - _GUTTER
    beyond = left + width + 2 * _GUTTER
    if blocks:
        _stack(board, blocks, (left, top, width, bottom))
        y = place_legends(board, legends, (beyond, top, width), beside=False) + 0.5
    else:
        place_legends(board, legends, (left, top, width), beside=False)
        y = top
    _stack(board, further, (beyond, y, width, bottom))


def _stack(board: Board, blocks: Sequence[Block], place: tuple[float, float, float, float]) -> float:
    """Set blocks one below the other and return where the next may begin."""
    left, y, width, bottom = place
    for block in blocks:
        y = block(board, (left, y, width, bottom))
    return y


def panel_height(content: Content, criteria: int) -> float:
    """Return how much room the panel wants below a map, from the number of its lines.

    Parameters
    ----------
    content : Content
        What the map shows.
    criteria : int
        How many criteria are listed.

    Returns
    -------
    float
        Millimetres.
    """
    tables = 10.5 + rows_height(len(content.sites)) + (8.5 + 4.7 * min(criteria, MOST_CRITERIA) if criteria else 0.0)
    shades = 10.0 + 4.0 * len(shade_entries(content))
    return max(tables, shades + (6.0 + 7.5 * len(content.reasons) if content.reasons else 0.0)) + 2.0


def fill_panel(
    sheet: Sheet,
    content: Content,
    box: tuple[float, float, float, float],
    columns: Sequence[str] | None,
    criteria: pd.DataFrame | None,
) -> None:
    """Fill the room beside the map (landscape) or below it (portrait).

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    content : Content
        What the map shows.
    box : tuple of float
        Left, top, right, bottom in millimetres.
    columns : sequence of str, optional
        Attributes in the table of sites.
    criteria : pandas.DataFrame, optional
        Criteria of the portfolio.
    """
    left, top, right, bottom = box
    page = sheet.page
    wide = right - left > bottom - top
    half = (right - left - _GUTTER) / 2
    width = half if wide else right - left
    listed = 0 if criteria is None else min(len(criteria), MOST_CRITERIA)
    kept = (11.9 + 4.7 * listed if listed else 0.0) + legends_height(page, shade_legends(content), width) + _SYMBOLS
    sites_bottom = bottom - (0.0 if wide else kept)
    y = draw_sites(page, content, key_columns(content, columns), (left, top, width, sites_bottom))
    if criteria is not None and len(criteria):
        y = draw_criteria(page, criteria, content.language, (left, y + 0.5, width))
    legends = shade_legends(content)
    if wide:
        x = left + half + _GUTTER
        size = min(half * 0.5, bottom - top - 6)
        place_legends(page, legends, (x, top, half - size - _GUTTER), beside=False)
        _served(sheet, content, (right - size, top, size), size)
        return
    y = place_legends(page, legends, (left, y + 0.5, width), beside=True)
    size = min(bottom - y - 5.2, _LARGEST_SERVICE_MAP)
    shown = size >= _LEAST_SERVICE_MAP and content.demand is not None and bool(content.sites)
    if shown:
        _served(sheet, content, (right - size, bottom - size - 5.2, size), size)
    keys = width - (size + _GUTTER if shown else 0)
    page.legend(left, (bottom - size - 5.2 if shown else y) + 0.6, symbol_entries(content, borders=True), keys)


def _served(sheet: Sheet, content: Content, place: tuple[float, float, float], size: float) -> None:
    """Draw the small map of service areas under its heading."""
    if content.demand is None or not content.sites or size < _LEAST_SERVICE_MAP:
        return
    x, y, width = place
    sheet.page.text(x, y + 3, word("served", content.language), 7.5, fontweight="bold")
    draw_service_map(sheet.axes_at(x, y + 5.2, width, width), content)


def axes_legend(ax: Axes, content: Content, legends: Sequence[Legend]) -> Callable[[Axes], None]:
    """Make room for a legend in the right of the place some axes have, and return what draws it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes of the map, made narrower if need be.
    content : Content
        What the map shows.
    legends : sequence of Legend
        What explains it.

    Returns
    -------
    callable
        Draws the legend once the map is drawn.
    """
    figure = root_figure(ax)
    place = ax.get_position(original=True)
    width, height = (size * MILLIMETRES_PER_INCH for size in figure.get_size_inches())
    whole, tall = place.width * width, place.height * height
    room = min(max(whole - tall * content.frame.width / content.frame.height, 44.0), 70.0, whole * 0.45)
    ax.set_position((place.x0, place.y0, place.width * (1 - room / whole), place.height))

    def draw(drawn: Axes) -> None:
        drawn.apply_aspect()
        now = drawn.get_position()
        shape = (now.x1 + 3.0 / width, place.y0, place.x1 - now.x1 - 3.0 / width, now.y1 - place.y0)
        # Bound to the map's axes, so that it goes where they go.
        inset = drawn.inset_axes(shape, transform=figure.transFigure)
        inset.patch.set_visible(False)
        board = Board(inset, shape[2] * width, shape[3] * height, content.style)
        y = 0.0
        if content.sites:
            y = board.heading(0, 3, word("chosen", content.language), board.width) - 2.2
            y = board.legend(0, y, _site_entries(content), board.width) + 1.5
        place_legends(board, legends, (0, y, board.width), beside=False)

    return draw


def _site_entries(content: Content) -> list[Entry]:
    """Return the legend of the chosen sites."""
    named = "name" in content.candidates.columns
    names = [f"{content.candidates.loc[site, 'name']} ({site})" if named else str(site) for site in content.sites]
    return [Entry(name, number=position) for position, name in enumerate(names)]
