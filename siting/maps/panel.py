"""What stands beside the map on a sheet: tables, legends, and the small map of service areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.maps.board import Board, Entry, root_figure
from siting.maps.key_table import MOST_ROWS, draw_criteria, draw_sites, key_columns
from siting.maps.map_body import draw_service_map
from siting.maps.shapes import MISSING, PATTERNS
from siting.maps.style import MILLIMETRES_PER_INCH
from siting.maps.texts import number, word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from siting.maps.content import Content
    from siting.maps.sheet import Sheet

_GUTTER = 5.0
_LEAST_SERVICE_MAP = 30.0
_LARGEST_SERVICE_MAP = 66.0


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


def symbol_entries(content: Content) -> list[Entry]:
    """Return the legend of the remaining symbols.

    Parameters
    ----------
    content : Content
        What the map shows.

    Returns
    -------
    list of Entry
        Marker, border of service areas, neighbouring countries, as far as the map shows them.
    """
    style, language = content.style, content.language
    entries = []
    if content.sites:
        entries.append(Entry(word("chosen site", language), number=0))
    if content.demand is not None and len(content.sites) > 1:
        entries.append(Entry(word("service outline", language), edges=(style.site_colour(0), style.site_colour(1))))
    if content.neighbours is not None:
        entries.append(Entry(word("neighbour", language), style.neighbour))
    return entries


def legends(board: Board, content: Content, place: tuple[float, float, float], *, beside: bool) -> float:
    """Draw the legends of shades and exclusions, one beside the other or one below the other.

    Parameters
    ----------
    board : Board
        Where to draw.
    content : Content
        What the map shows.
    place : tuple of float
        Left, top and width in millimetres.
    beside : bool
        Whether they stand side by side.

    Returns
    -------
    float
        Where the next block may begin.
    """
    x, y, width = place
    blocks = [(content.shade_title(), shade_entries(content))]
    if content.reasons:
        blocks.append((word("excluded", content.language), exclusion_entries(content)))
    room = (width - _GUTTER) / 2 if beside and len(blocks) > 1 else width
    low = y
    for title, entries in blocks:
        below = board.heading(x, y + 3, title, room)
        end = board.legend(x, below - 2.2, entries, room)
        low = max(low, end)
        if beside:
            x += room + _GUTTER
        else:
            y = end + 1.5
    return low + 1.5


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
    tables = (
        10.5 + 7.6 * min(len(content.sites), MOST_ROWS) + (8.5 + 4.7 * min(criteria, MOST_ROWS) if criteria else 0.0)
    )
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
    y = draw_sites(page, content, key_columns(content, columns), (left, top, width))
    if criteria is not None and len(criteria):
        y = draw_criteria(page, criteria, content.language, (left, y + 0.5, width))
    if wide:
        x = left + half + _GUTTER
        size = min(half * 0.5, bottom - top - 6)
        legends(page, content, (x, top, half - size - _GUTTER), beside=False)
        _served(sheet, content, (right - size, top, size), size)
        return
    y = legends(page, content, (left, y + 0.5, width), beside=True)
    size = min(bottom - y - 5.2, _LARGEST_SERVICE_MAP)
    shown = size >= _LEAST_SERVICE_MAP and content.demand is not None and bool(content.sites)
    if shown:
        _served(sheet, content, (right - size, bottom - size - 5.2, size), size)
    keys = width - (size + _GUTTER if shown else 0)
    page.legend(left, (bottom - size - 5.2 if shown else y) + 0.6, symbol_entries(content), keys)


def _served(sheet: Sheet, content: Content, place: tuple[float, float, float], size: float) -> None:
    """Draw the small map of service areas under its heading."""
    if content.demand is None or not content.sites or size < _LEAST_SERVICE_MAP:
        return
    x, y, width = place
    sheet.page.text(x, y + 3, word("served", content.language), 7.5, fontweight="bold")
    draw_service_map(sheet.axes_at(x, y + 5.2, width, width), content)


def axes_legend(ax: Axes, content: Content) -> Callable[[Axes], None]:
    """Make room for a legend in the right of the place some axes have, and return what draws it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes of the map, made narrower if need be.
    content : Content
        What the map shows.

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
        legends(board, content, (0, y, board.width), beside=False)

    return draw


def _site_entries(content: Content) -> list[Entry]:
    """Return the legend of the chosen sites."""
    named = "name" in content.candidates.columns
    names = [f"{content.candidates.loc[site, 'name']} ({site})" if named else str(site) for site in content.sites]
    return [Entry(name, number=position) for position, name in enumerate(names)]
