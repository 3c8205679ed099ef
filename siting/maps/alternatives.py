"""The map of alternatives: sites that all near-optimal portfolios share, swappable ones, and those in none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, overload

from siting.errors import InputError, suggestion
from siting.maps.frequency import Ends, share_content, share_decimals
from siting.maps.page import Design, MapOptions, Page, draw_page
from siting.maps.panel import Legend, exclusion_entries, shade_entries, symbol_entries
from siting.maps.ranking import Row, list_block, named
from siting.maps.region_labels import code_labels
from siting.maps.texts import number, word

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from siting.maps.content import Content
    from siting.maps.panel import Block
    from siting.maps.sheet import Sheet

_COLUMNS = ("role", "share_percent")


@overload
def alternatives_map(
    candidates: gpd.GeoDataFrame,
    sites: pd.DataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    portfolios: int | None = None,
    complete: bool = True,
    ax: None = None,
    **options: Unpack[MapOptions],
) -> Sheet: ...


@overload
def alternatives_map(
    candidates: gpd.GeoDataFrame,
    sites: pd.DataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    portfolios: int | None = None,
    complete: bool = True,
    ax: Axes,
    **options: Unpack[MapOptions],
) -> Axes: ...


def alternatives_map(
    candidates: gpd.GeoDataFrame,
    sites: pd.DataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    portfolios: int | None = None,
    complete: bool = True,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet | Axes:
    """Draw in how many near-optimal portfolios each candidate is: in all (core), in some (swappable) or in none.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with `selected` for the sites of the optimum.
    sites : pandas.DataFrame
        One row per candidate, as `siting.alternatives(...).sites` holds it: `role` ("core", "swappable", "never", or
        what stands for them where the list is not complete), `share_percent` of the portfolios that hold it, and
        perhaps `best_excess_percent` of the best portfolio that does.
    demand : geopandas.GeoDataFrame, optional
        Demand regions, drawn as the land under candidates that are places.
    portfolios : int, optional
        How many portfolios were listed.
    complete : bool, default True
        Whether these are all there are.
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
        If `sites` lacks a column or speaks of other candidates, a table cannot be drawn, or a keyword is unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["West", "East"], "selected": [True, False]},
    ...     geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.1e6, 3.0e6, 4.2e6, 3.1e6)],
    ...     crs="EPSG:3035",
    ...     index=["W", "E"],
    ... )
    >>> roles = pd.DataFrame({"role": ["core", "swappable"], "share_percent": [100.0, 40.0]}, index=["W", "E"])
    >>> sheet = alternatives_map(regions, roles, portfolios=5, date="2026")
    >>> "40" in [text.get_text() for text in sheet.page.ax.texts]
    True
    """
    for column in _COLUMNS:
        if column not in sites.columns:
            nearest = suggestion(column, map(str, sites.columns))
            raise InputError(f"the table of alternatives has no column '{column}'{nearest}")
    page = Page.of(options)
    language = page.language
    ends = Ends(*(word(key if complete else f"{key} found", language) for key in ("in none", "in all")))
    shown = share_content((candidates, demand), sites["share_percent"], page, ends, "alternatives")
    counted = "" if portfolios is None else number(portfolios, 0, language)
    title = word("share of portfolios counted" if counted else "share of portfolios", language).format(count=counted)
    legends = [
        Legend(title, shade_entries(shown)),
        Legend(word("excluded", language), exclusion_entries(shown)),
        Legend("", symbol_entries(shown)),
    ]
    design = Design(
        title=word("alternatives map", language),
        legends=legends,
        further=[_most_frequent(shown, sites)],
        above=code_labels(_held(sites).index),
    )
    return draw_page(shown, design, page, ax)


def _held(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the candidates that some portfolio holds, those in most portfolios first."""
    return sites[sites["share_percent"] > 0].sort_values("share_percent", ascending=False, kind="stable")


def _most_frequent(shown: Content, sites: pd.DataFrame) -> Block:
    """Return a block with the candidates in most portfolios and what a portfolio with them costs at least."""
    language = shown.language
    held = _held(sites)
    colour = dict(zip(shown.candidates.index, shown.classes.codes, strict=True))
    place = {site: position for position, site in enumerate(shown.sites)}
    priced = "best_excess_percent" in held.columns and held["best_excess_percent"].notna().any()
    decimals = share_decimals(held["share_percent"])
    rows = []
    for label, row in held.iterrows():
        cells = [number(float(row["share_percent"]), decimals, language)]
        if priced:
            cells.append(number(float(row["best_excess_percent"]), 2, language))
        fill = shown.classes.colours[colour[label]] if colour[label] >= 0 else None
        rows.append(Row(named(shown, label), tuple(cells), colour=fill, number=place.get(label)))
    headings = [word("share heading", language)]
    if priced:
        headings.append(word("excess heading", language))
    return list_block(word("most frequent", language), headings, rows, language)
