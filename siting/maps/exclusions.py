"""The map of exclusions: every reason in a colour and a pattern of its own, several reasons side by side in stripes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np
import shapely

from siting.maps import layers
from siting.maps.board import Entry
from siting.maps.content import Content, content
from siting.maps.country_names import country_name
from siting.maps.page import Design, MapOptions, Page, draw_page
from siting.maps.panel import Legend
from siting.maps.ranking import Row, list_block, named
from siting.maps.reasons import all_exclusion_reasons
from siting.maps.shapes import PATTERNS, fill, hatch, outline, stripes
from siting.maps.texts import number, word

if TYPE_CHECKING:
    from collections.abc import Hashable

    import geopandas as gpd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.maps.board import Board
    from siting.maps.layers import Ground
    from siting.maps.panel import Block
    from siting.maps.sheet import Sheet

_STRIPE = 1.5
"""Width of a stripe on paper in millimetres, where a region has several reasons."""
_DOT, _FREE_DOT = 7.0, 2.5
"""Areas of the dots of excluded places and of others, in square points."""
_CELL, _LINE = 4.0, 4.3
_MOST_LINES, _MOST_NAMES, _NEVER_FITTING = 6, 14, 80
"""Of one combination: its lines; candidates that are named one by one; names that surely end in an ellipsis."""

Codes = list[tuple[int, ...]]
"""The reasons of each candidate, none for one that is not excluded."""


@overload
def exclusions_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    ax: None = None,
    **options: Unpack[MapOptions],
) -> Sheet: ...


@overload
def exclusions_map(
    candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame | None = None, *, ax: Axes, **options: Unpack[MapOptions]
) -> Axes: ...


def exclusions_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet | Axes:
    """Draw why candidates are excluded; a candidate excluded for several reasons is striped in all of them.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with `excluded` and `exclusion_reason`, several reasons parted by "; ". Chosen ones are
        marked if `selected` says which they are.
    demand : geopandas.GeoDataFrame, optional
        Demand regions, drawn as the land under candidates that are places.
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
        If the table cannot be drawn, or a keyword is unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["West", "East"], "exclusion_reason": ["too far; too cold", None]},
    ...     geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.1e6, 3.0e6, 4.2e6, 3.1e6)],
    ...     crs="EPSG:3035",
    ... )
    >>> sheet = exclusions_map(regions, date="2026")
    >>> "too cold" in [text.get_text() for text in sheet.page.ax.texts]
    True
    """
    page = Page.of(options)
    shown = content(
        candidates,
        demand,
        page.neighbours,
        style=page.style,
        language=page.language,
        chosen=False,
        hatched=False,
        any_demand=True,
    )
    codes, reasons = all_exclusion_reasons(shown.candidates, page.language)
    design = Design(
        title=word("exclusions map", page.language),
        blocks=[_reasons(shown, codes, reasons)],
        legends=[Legend("", _entries(shown))],
        further=[_combinations(shown, codes)],
        ground=_ground(codes, len(reasons)),
    )
    return draw_page(shown, design, page, ax)


def _ground(codes: Codes, reasons: int) -> Ground:
    """Return what draws the candidates with their reasons, on the map and on insets."""

    def ground(ax: Axes, content: Content, rows: NDArray[np.bool_], geometry: gpd.GeoSeries, unit: float) -> None:
        own = [each for each, here in zip(codes, rows, strict=True) if here]
        shapes = geometry.to_numpy()
        if content.are_points:
            _dots(ax, content, shapes, own)
            return
        style, weight = content.style, layers.line_weight(ax, unit)
        free = {"facecolors": style.never, "edgecolors": style.border, "linewidths": 0.25 * weight}
        fill(ax, shapes, zorder=2, **free).set_gid("candidates")
        parts: list[list[shapely.Geometry]] = [[] for _ in range(reasons)]
        for shape, each in zip(shapes, own, strict=True):
            for place, code in enumerate(each):
                parts[code].append(stripes(shape, _STRIPE * unit, place, len(each)))
        for code, pieces in enumerate(parts):
            if pieces:
                area = shapely.union_all(pieces)
                fill(ax, [area], facecolors=style.reasons[code], edgecolors="none", zorder=2.3).set_gid(
                    f"reason-{code}"
                )
                hatch(ax, area, PATTERNS[code], unit, color=style.hatch, zorder=2.4)
        excluded = [shape for shape, each in zip(shapes, own, strict=True) if each]
        if excluded:
            outline(ax, shapely.geometrycollections(excluded), colors=style.ink, linewidths=0.4, zorder=2.6)
        layers.chosen_outlines(ax, content, geometry.index, shapes, weight)
        layers.borders(ax, content, rows, shapes, weight)

    return ground


def _dots(ax: Axes, content: Content, shapes: NDArray[np.object_], codes: Codes) -> None:
    """Draw places as dots, excluded ones in the colours of their reasons, several as rings around each other."""
    style = content.style
    x, y = shapely.get_coordinates(shapes).T
    free = np.array([not each for each in codes])
    ax.scatter(x[free], y[free], s=_FREE_DOT, color=style.muted, linewidths=0, zorder=2.2)
    most = max((len(each) for each in codes), default=0)
    for ring in range(most):
        here = [place for place, each in enumerate(codes) if len(each) > ring]
        sizes = [_DOT * ((len(codes[place]) - ring) / len(codes[place])) ** 2 for place in here]
        fills = [style.reasons[codes[place][ring]] for place in here]
        edge: dict[str, Any] = {"edgecolors": style.ink, "linewidths": 0.25}
        ax.scatter(x[here], y[here], s=sizes, facecolors=fills, zorder=2.5 + 0.01 * ring, **edge)


def _reasons(shown: Content, codes: Codes, reasons: tuple[str, ...]) -> Block:
    """Return a block with every reason: how many candidates it excludes, and how many nothing else excludes."""
    language, style = shown.language, shown.style
    counts = Counter(code for each in codes for code in each)
    alone = Counter(each[0] for each in codes if len(each) == 1)
    rows = [
        Row(
            reason,
            (number(counts[code], 0, language), number(alone[code], 0, language)),
            colour=style.reasons[code],
            pattern=None if shown.are_points else PATTERNS[code],
        )
        for code, reason in enumerate(reasons)
    ]
    excluded = sum(bool(each) for each in codes)
    title = word("excluded of", language).format(
        excluded=number(excluded, 0, language), count=number(len(codes), 0, language)
    )
    headings = [word("excludes", language), word("excludes alone", language)]
    return list_block(title, headings, rows or [Row(word("nothing excluded", language), ("", ""))], language)


def _entries(shown: Content) -> list[Entry]:
    """Return the legend of the remaining symbols."""
    language, style = shown.language, shown.style
    entries = [Entry(word("not excluded", language), style.muted if shown.are_points else style.never)]
    if shown.sites:
        entries.append(Entry(word("chosen site plain", language), number=0))
    if shown.neighbours is not None:
        entries.append(Entry(word("neighbour", language), style.neighbour))
    return entries


def _combinations(shown: Content, codes: Codes) -> Block:
    """Return a block with every combination of reasons that occurs, and the candidates it excludes."""
    groups: dict[tuple[int, ...], list[Hashable]] = {}
    for label, each in zip(shown.candidates.index, codes, strict=True):
        if each:
            groups.setdefault(each, []).append(label)
    order = sorted(groups, key=lambda each: (-len(groups[each]), each))
    most = 1 + max((code for each in order for code in each), default=-1)

    def block(board: Board, place: tuple[float, float, float, float]) -> float:
        x, y, width, bottom = place
        if not order:
            return y
        board.text(x, y + 3, word("which together", shown.language), 7.5, fontweight="bold")
        y += 4.4
        board.rule(y, x, width)
        counts = [number(len(groups[each]), 0, shown.language) for each in order]
        left = x + most * _CELL + max(board.measure(count, 6.5) for count in counts) + 3.0
        for position, each in enumerate(order):
            rest = len(order) - position - 1
            room = max(1, min(_MOST_LINES, int((bottom - y - 5.8 * rest - 1.4) / (_LINE - 1.4))))
            lines = board.wrap(_where(shown, groups[each]), x + width - left, 6.0, room)
            height = 1.4 + len(lines) * (_LINE - 1.4)
            if y + height > bottom:
                board.text(x, y + 3.1, word("more combinations", shown.language).format(count=rest + 1), 5.6)
                return y + 4.5
            _row(board, shown, each, (x, y + 0.5, most))
            board.text(left - 1.6, y + 3.0, counts[position], 6.5, ha="right")
            for line_number, line in enumerate(lines):
                board.text(left, y + 3.0 + line_number * (_LINE - 1.5), line, 6.0)
            y += height
            board.rule(y, x, width, 0.2)
        return y + 3.0

    return block


def _where(shown: Content, labels: list[Hashable]) -> str:
    """Return the names of some candidates; of many, how many there are in each country."""
    if len(labels) <= _MOST_NAMES or "country" not in shown.candidates.columns:
        return ", ".join(named(shown, label) for label in labels[:_NEVER_FITTING])
    counted = Counter(shown.candidates.loc[labels, "country"].astype(str))
    named_countries = [(country_name(code, shown.language), count) for code, count in counted.items()]
    order = sorted(named_countries, key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {number(count, 0, shown.language)}" for name, count in order)


def _row(board: Board, shown: Content, codes: tuple[int, ...], place: tuple[float, float, int]) -> None:
    """Draw which reasons a combination holds: a sample for each that it does, a faint dot for each that it does not."""
    x, y, most = place
    for code in range(most):
        left = x + code * _CELL
        if code in codes:
            pattern = None if shown.are_points else PATTERNS[code]
            board.swatch((left, y, _CELL - 0.8, 2.6), shown.style.reasons[code], pattern)
        else:
            board.ax.plot([left + (_CELL - 0.8) / 2], [y + 1.3], "o", markersize=1.4, color=board.style.graticule)
