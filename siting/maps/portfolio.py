"""The portfolio map: the chosen sites, what else was possible, what was excluded and why, who serves whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from siting.maps.content import Content, content
from siting.maps.map_body import draw_map
from siting.maps.panel import axes_legend, fill_panel, panel_height
from siting.maps.reasons import stated_reasons
from siting.maps.sheet import MARGIN, Sheet
from siting.maps.style import Style, applied, style_named
from siting.maps.texts import date_text, printable, word

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

BOUNDARIES = "© EuroGeographics for the administrative boundaries"
"""What Eurostat asks every map with its boundaries to say."""

_PANEL_GAP = 6.0


@overload
def portfolio_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    neighbours: gpd.GeoDataFrame | None = None,
    shade: str = "score",
    title: str | None = None,
    subtitle: str = "",
    sources: Sequence[str] = (BOUNDARIES,),
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
    columns: Sequence[str] | None = None,
    criteria: pd.DataFrame | None = None,
    legend: bool = True,
    ax: None = None,
) -> Sheet: ...


@overload
def portfolio_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    neighbours: gpd.GeoDataFrame | None = None,
    shade: str = "score",
    title: str | None = None,
    subtitle: str = "",
    sources: Sequence[str] = (BOUNDARIES,),
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
    columns: Sequence[str] | None = None,
    criteria: pd.DataFrame | None = None,
    legend: bool = True,
    ax: Axes,
) -> Axes: ...


def portfolio_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    neighbours: gpd.GeoDataFrame | None = None,
    shade: str = "score",
    title: str | None = None,
    subtitle: str = "",
    sources: Sequence[str] = (BOUNDARIES,),
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    orientation: str = "landscape",
    columns: Sequence[str] | None = None,
    criteria: pd.DataFrame | None = None,
    legend: bool = True,
    ax: Axes | None = None,
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
    neighbours : geopandas.GeoDataFrame, optional
        Countries around, drawn in grey and cut to the frame.
    shade : str, default "score"
        Attribute that shades the other candidates.
    title : str, optional
        Title; a plain one in the language of the map by default.
    subtitle : str
        Line below the title, for the objective and its proof.
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
    columns : sequence of str, optional
        Attributes in the table of sites; the usual ones by default.
    criteria : pandas.DataFrame, optional
        Criteria of the portfolio: index criterion, columns `value`, `unit`, `weight`.
    legend : bool, default True
        With `ax`: whether the legend stands to the right of the map, inside the place the axes had.
    ax : matplotlib.axes.Axes, optional
        Where to draw, in metres of EPSG:3035; its place in the figure must be final. A title is set only
        if given.

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
    drawn = style_named(style)
    shown = content(candidates, demand, neighbours, shade=shade, style=drawn, language=language)
    with applied(drawn):
        if ax is not None:
            return _on_axes(ax, shown, title, legend=legend)
        sheet = Sheet(drawn, orientation)
        top = sheet.header(word("title", language) if title is None else title, subtitle)
        remarks = footer_remarks(shown)
        bottom = sheet.footer(sources, remarks, date_text(date, language), language)
        below = panel_height(shown, 0 if criteria is None else len(criteria))
        shown, box = main_map(sheet, shown, (top, bottom), below)
        fill_panel(sheet, shown, box, columns, criteria)
    return sheet


def main_map(
    sheet: Sheet, shown: Content, room: tuple[float, float], below: float
) -> tuple[Content, tuple[float, float, float, float]]:
    """Draw the main map of a sheet and return the room left beside or below it.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    shown : Content
        What the map shows.
    room : tuple of float
        Top and bottom of map and panel, in millimetres from the top of the sheet.
    below : float
        Millimetres the panel wants below the map of a sheet in portrait.

    Returns
    -------
    shown : Content
        What the map shows, in the frame it was drawn in.
    box : tuple of float
        Left, top, right, bottom of the room left, in millimetres.
    """
    across, down = sheet.millimetres
    top, bottom = room
    wide = tall = min(bottom - top, across - 2 * MARGIN)
    if across < down:
        tall = min(wide, max(bottom - top - below - _PANEL_GAP / 2, wide / 2))
    shown = shown.shaped(wide / tall)
    sheet.map_axes = sheet.axes_at(MARGIN, top, wide, tall)
    draw_map(sheet.map_axes, shown)
    if across > down:
        return shown, (MARGIN + wide + _PANEL_GAP, top, across - MARGIN, bottom)
    return shown, (MARGIN, top + tall + _PANEL_GAP / 2, across - MARGIN, bottom)


def footer_remarks(shown: Content) -> list[str]:
    """Return what the footer says besides sources and date.

    Parameters
    ----------
    shown : Content
        What the map shows.

    Returns
    -------
    list of str
        The projection, and that insets have scales of their own.
    """
    remarks = [f"{word('projection', shown.language)}: ETRS89-LAEA (EPSG:3035)"]
    if shown.portfolio and any(len(parts) > 1 for parts in stated_reasons(shown.candidates)):
        remarks.append(word("several", shown.language))
    if not shown.inside.all():
        remarks.append(word("scale", shown.language))
    return remarks


def _on_axes(ax: Axes, shown: Content, title: str | None, *, legend: bool) -> Axes:
    """Draw on the user's axes, the legend in the right of the place they had."""
    board = axes_legend(ax, shown) if legend else None
    draw_map(ax, shown)
    if title:
        ax.set_title(printable(title), loc="left", fontweight="bold", parse_math=False, color=shown.style.ink)
    if board is not None:
        board(ax)
    return ax
