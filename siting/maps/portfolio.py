"""The portfolio map: the chosen sites, what else was possible, what was excluded and why, who serves whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, overload

from siting.maps.content import Content, content
from siting.maps.page import Design, MapOptions, Page, Room, draw_page
from siting.maps.panel import fill_panel, panel_height, shade_legends
from siting.maps.texts import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from siting.maps.sheet import Sheet


@overload
def portfolio_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    shade: str = "score",
    columns: Sequence[str] | None = None,
    criteria: pd.DataFrame | None = None,
    ax: None = None,
    **options: Unpack[MapOptions],
) -> Sheet: ...


@overload
def portfolio_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    shade: str = "score",
    columns: Sequence[str] | None = None,
    criteria: pd.DataFrame | None = None,
    ax: Axes,
    **options: Unpack[MapOptions],
) -> Axes: ...


def portfolio_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    shade: str = "score",
    columns: Sequence[str] | None = None,
    criteria: pd.DataFrame | None = None,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet | Axes:
    """Draw the portfolio map, on a sheet of A4 or on axes of your own.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with polygons in any projection and the column `selected`; `name`, `country`,
        `excluded`, `exclusion_reason`, `longitude_degrees` and `latitude_degrees` are used where they are
        there.
    demand : geopandas.GeoDataFrame, optional
        Demand regions with `facility`, the label of the candidate that serves them; with `population` and
        `latency_ms` the table of sites tells people served and their mean latency.
    shade : str, default "score"
        Attribute that shades the other candidates.
    columns : sequence of str, optional
        Attributes in the table of sites; the usual ones by default.
    criteria : pandas.DataFrame, optional
        Criteria of the portfolio: index criterion, columns `value`, `unit`, `weight`.
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
        If a table cannot be drawn, or a name of a column, language, style or orientation is unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["West", "East"], "selected": [True, False], "score": [0.9, 0.4]},
    ...     geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.1e6, 3.0e6, 4.2e6, 3.1e6)],
    ...     crs="EPSG:3035",
    ...     index=["W", "E"],
    ... )
    >>> sheet = portfolio_map(regions, date="2026")
    >>> [text.get_text() for text in sheet.map_axes.texts if text.get_gid()]
    ['West', 'W']
    """
    page = Page.of(options)
    shown = content(
        candidates, demand, page.neighbours, style=page.style, language=page.language, shade=shade, painted=True
    )

    def panel(sheet: Sheet, drawn: Content, room: Room) -> None:
        fill_panel(sheet, drawn, room, columns, criteria)

    design = Design(
        title=word("title", page.language),
        legends=shade_legends(shown),
        borders=True,
        panel=panel,
        below=panel_height(shown, 0 if criteria is None else len(criteria)),
    )
    return draw_page(shown, design, page, ax)
