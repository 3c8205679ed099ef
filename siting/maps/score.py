"""The score map: how good every candidate is on its own, and which of the best were not chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack, overload

from siting.errors import InputError
from siting.maps.content import Content, content
from siting.maps.page import Design, MapOptions, Page, draw_page
from siting.maps.panel import Legend, shade_legends, symbol_entries
from siting.maps.ranking import Row, list_block, named
from siting.maps.region_labels import code_labels
from siting.maps.texts import number, word

if TYPE_CHECKING:
    from collections.abc import Hashable

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from siting.maps.panel import Block
    from siting.maps.sheet import Sheet

SCORE = "score"
_CLASSES = 7


@overload
def score_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    listed: int = 15,
    ax: None = None,
    **options: Unpack[MapOptions],
) -> Sheet: ...


@overload
def score_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    listed: int = 15,
    ax: Axes,
    **options: Unpack[MapOptions],
) -> Axes: ...


def score_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    listed: int = 15,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet | Axes:
    """Draw the score of every candidate on its own, chosen ones marked; list the best that were not chosen.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with `selected` and `score`, 0 to 1, the higher the better; a candidate without a
        score is hatched, never counted as zero. Excluded candidates are hatched by reason.
    demand : geopandas.GeoDataFrame, optional
        Demand regions, drawn as the land under candidates that are places.
    listed : int, default 15
        How many of the best unchosen candidates are listed, as far as there is room.
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
        If the table cannot be drawn, `listed` is negative, or a keyword is unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["West", "East"], "selected": [True, False], "score": [0.4, 0.9]},
    ...     geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.1e6, 3.0e6, 4.2e6, 3.1e6)],
    ...     crs="EPSG:3035",
    ...     index=["W", "E"],
    ... )
    >>> sheet = score_map(regions, date="2026")
    >>> "East (E)" in [text.get_text() for text in sheet.page.ax.texts]
    True
    """
    if isinstance(listed, bool) or not isinstance(listed, int) or listed < 0:
        raise InputError(f"listed is {listed!r}; it must be a whole number, 0 or more")
    page = Page.of(options)
    shown = content(
        candidates,
        demand,
        page.neighbours,
        style=page.style,
        language=page.language,
        shade=SCORE,
        classes=_CLASSES,
        any_demand=True,
    )
    design = Design(
        title=word("score map", page.language),
        blocks=[_chosen(shown)] if shown.sites else [],
        legends=[*shade_legends(shown), Legend("", symbol_entries(shown))],
        further=[_unchosen(shown, listed)],
        above=code_labels(_rest(shown, listed).index),
    )
    return draw_page(shown, design, page, ax)


def _ranked(shown: Content) -> pd.Series:
    """Return the scores of candidates that are chosen or could be, the best first; ties in order of the labels."""
    usable = shown.candidates[SCORE].astype(float)[shown.reason_codes < 0].dropna()
    ordered = usable.sort_index(key=lambda index: index.astype(str))
    ranked: pd.Series = ordered.sort_values(ascending=False, kind="stable")
    return ranked


def _figures(shown: Content) -> dict[Hashable, tuple[str, str]]:
    """Return score and rank of each candidate that has a score, as printed; equal scores share a rank."""
    ranked = _ranked(shown)
    ranks = ranked.rank(ascending=False, method="min")
    return {
        label: (number(float(score), 3, shown.language), number(float(rank), 0, shown.language))
        for label, score, rank in zip(ranked.index, ranked, ranks, strict=True)
    }


def _rest(shown: Content, listed: int) -> pd.Series:
    """Return the scores of the best candidates that were not chosen."""
    ranked = _ranked(shown)
    return ranked[~ranked.index.isin(list(shown.sites))].head(listed)


def _chosen(shown: Content) -> Block:
    """Return a block with score and rank of the chosen sites."""
    language, figures = shown.language, _figures(shown)
    rows = [
        Row(named(shown, site), figures.get(site, ("–", "–")), number=place) for place, site in enumerate(shown.sites)
    ]
    headings = [
        word("score heading", language),
        word("rank of", language).format(count=number(len(figures), 0, language)),
    ]
    return list_block(word("chosen", language), headings, rows, language, remark=word("chosen together", language))


def _unchosen(shown: Content, listed: int) -> Block:
    """Return a block with the best candidates that were not chosen."""
    language, figures = shown.language, _figures(shown)
    colours = dict(zip(shown.candidates.index, shown.classes.codes, strict=True))
    rows = [
        Row(named(shown, label), figures[label], colour=shown.classes.colours[colours[label]])
        for label in _rest(shown, listed).index
    ]
    headings = [word("score heading", language), word("rank", language)]
    return list_block(word("best unchosen", language), headings, rows, language, counted=False)
