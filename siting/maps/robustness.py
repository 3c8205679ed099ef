"""The robustness map: in which share of draws of weights and data each candidate is part of the best portfolio."""

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


@overload
def robustness_map(
    candidates: gpd.GeoDataFrame,
    sites: pd.DataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    draws: int | None = None,
    ax: None = None,
    **options: Unpack[MapOptions],
) -> Sheet: ...


@overload
def robustness_map(
    candidates: gpd.GeoDataFrame,
    sites: pd.DataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    draws: int | None = None,
    ax: Axes,
    **options: Unpack[MapOptions],
) -> Axes: ...


def robustness_map(
    candidates: gpd.GeoDataFrame,
    sites: pd.DataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    draws: int | None = None,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet | Axes:
    """Draw the acceptability of every candidate: the share of draws whose best portfolio holds it.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with `selected`.
    sites : pandas.DataFrame
        One row per candidate that wins at least once, as `siting.robustness(...).sites` holds it: `share`, 0 to 1,
        and perhaps `low` and `high`, the ends of its interval. A candidate that is not there won no draw.
    demand : geopandas.GeoDataFrame, optional
        Demand regions, drawn as the land under candidates that are places.
    draws : int, optional
        How many draws were solved to proven optimality.
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
    >>> sheet = robustness_map(regions, pd.DataFrame({"share": [0.8, 0.2]}, index=["W", "E"]), date="2026")
    >>> "80" in [text.get_text() for text in sheet.page.ax.texts]
    True
    """
    if "share" not in sites.columns:
        raise InputError(f"the table of robustness has no column 'share'{suggestion('share', map(str, sites.columns))}")
    page = Page.of(options)
    language = page.language
    ends = Ends(word("in no draw", language), word("in every draw", language))
    shown = share_content((candidates, demand), 100.0 * sites["share"], page, ends, "results of robustness")
    counted = "" if draws is None else number(draws, 0, language)
    title = word("share of draws counted" if counted else "share of draws", language).format(count=counted)
    legends = [
        Legend(title, shade_entries(shown)),
        Legend(word("excluded", language), exclusion_entries(shown)),
        Legend("", symbol_entries(shown)),
    ]
    design = Design(
        title=word("robustness map", language),
        legends=legends,
        further=[_most_accepted(shown, sites)],
        above=code_labels(_ordered(sites).index),
    )
    return draw_page(shown, design, page, ax)


def _ordered(sites: pd.DataFrame) -> pd.DataFrame:
    """Return the candidates, those that win most often first."""
    return sites.sort_values("share", ascending=False, kind="stable")


def _most_accepted(shown: Content, sites: pd.DataFrame) -> Block:
    """Return a block with the candidates that win most often."""
    language = shown.language
    ordered = _ordered(sites)
    decimals = share_decimals(100 * ordered["share"])
    codes = dict(zip(shown.candidates.index, shown.classes.codes, strict=True))
    place = {site: position for position, site in enumerate(shown.sites)}
    bounded = {"low", "high"} <= set(sites.columns)
    rows = []
    for label, row in ordered.iterrows():
        cells = [number(100 * float(row["share"]), decimals, language)]
        if bounded:
            cells.append(" – ".join(number(100 * float(row[end]), decimals, language) for end in ("low", "high")))
        fill = shown.classes.colours[codes[label]] if codes[label] >= 0 else None
        rows.append(Row(named(shown, label), tuple(cells), colour=fill, number=place.get(label)))
    headings = [word("draws heading", language)]
    if bounded:
        headings.append(word("interval heading", language))
    return list_block(word("most accepted", language), headings, rows, language)
