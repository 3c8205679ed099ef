"""Choropleth maps of one attribute, with the candidates at its two ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, overload

import pandas as pd

from siting.maps.attribute_names import attribute_label
from siting.maps.content import Content, content
from siting.maps.key_table import cells_of, draw_sites, key_columns
from siting.maps.page import Design, MapOptions, Page, draw_page
from siting.maps.panel import Legend, shade_legends, symbol_entries
from siting.maps.ranking import Row, list_block, named
from siting.maps.texts import word

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

    from siting.maps.board import Board
    from siting.maps.panel import Block
    from siting.maps.sheet import Sheet

_MOST_LISTED = 15
_GAP = 5.0


@overload
def criterion_map(
    candidates: gpd.GeoDataFrame,
    attribute: str,
    *,
    ax: None = None,
    **options: Unpack[MapOptions],
) -> Sheet: ...


@overload
def criterion_map(
    candidates: gpd.GeoDataFrame,
    attribute: str,
    *,
    ax: Axes,
    **options: Unpack[MapOptions],
) -> Axes: ...


def criterion_map(
    candidates: gpd.GeoDataFrame,
    attribute: str,
    *,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet | Axes:
    """Draw one attribute of all candidates, excluded ones too; chosen sites are marked.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with polygons in any projection.
    attribute : str
        Column of numbers, texts or truth values. Candidates without a value are hatched, never counted as
        zero.
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
    page = Page.of(options)
    shown = content(
        candidates,
        None,
        page.neighbours,
        style=page.style,
        language=page.language,
        shade=attribute,
        chosen=False,
        hatched=False,
    )
    blocks: list[Block] = []
    if shown.sites:
        blocks.append(sites_block(shown, [attribute]))
    values = shown.candidates[attribute]
    countable = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    design = Design(
        title=attribute_label(attribute, page.language),
        blocks=blocks,
        legends=[*shade_legends(shown), Legend("", symbol_entries(shown))],
        further=[_extremes(shown, values.astype(float))] if countable else [],
        below=64.0,
    )
    return draw_page(shown, design, page, ax)


def sites_block(shown: Content, columns: list[str] | None = None) -> Block:
    """Return a block with the table of chosen sites.

    Parameters
    ----------
    shown : Content
        What the map shows.
    columns : list of str, optional
        Attributes in the table; the usual ones by default.

    Returns
    -------
    Block
        To be placed on a board.
    """
    figures = key_columns(shown, columns)

    def block(board: Board, place: tuple[float, float, float, float]) -> float:
        return draw_sites(board, shown, figures, place)

    return block


def _extremes(shown: Content, values: pd.Series) -> Block:
    """Return a block with the candidates with the lowest and the highest values, as many as fit."""
    # Rows with equal values stand in the order of their labels, so that the list is the same every time.
    known = values.dropna().sort_index(key=lambda index: index.astype(str))
    ends = []
    for key, rising in (("lowest", True), ("highest", False)):
        listed = known.sort_values(ascending=rising, kind="stable").head(min(_MOST_LISTED, len(values) // 2))
        cells = cells_of(listed, shown.language)
        rows = [Row(named(shown, label), (cell,)) for label, cell in zip(listed.index, cells, strict=True)]
        ends.append(list_block(word(key, shown.language), [""], rows, shown.language, counted=False))

    def block(board: Board, place: tuple[float, float, float, float]) -> float:
        x, y, width, bottom = place
        half = (width - _GAP) / 2
        return max(end(board, (x + side * (half + _GAP), y, half, bottom)) for side, end in enumerate(ends))

    return block
