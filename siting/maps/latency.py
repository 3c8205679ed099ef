"""The latency map: how far from the chosen sites a round trip reaches, and how many people live within it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np
import pandas as pd
import shapely

from siting.geography import GEOGRAPHIC, distance_matrix_km
from siting.latency import LatencyModel
from siting.maps import layers
from siting.maps.board import Entry
from siting.maps.content import Content, content
from siting.maps.curve import share_curve
from siting.maps.frame import anchored
from siting.maps.isochrones import THRESHOLDS, check_thresholds, isochrones
from siting.maps.line_labels import label_lines
from siting.maps.page import Design, MapOptions, Page, draw_page
from siting.maps.panel import Legend
from siting.maps.ranking import Row, list_block
from siting.maps.served import millions
from siting.maps.service import served_block
from siting.maps.shapes import fill, line_segments, outline
from siting.maps.texts import number, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from siting.maps.labels import Box
    from siting.maps.layers import Ground
    from siting.maps.panel import Block
    from siting.maps.sheet import Sheet


@overload
def latency_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    latency: LatencyModel | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    ax: None = None,
    **options: Unpack[MapOptions],
) -> Sheet: ...


@overload
def latency_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    latency: LatencyModel | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    ax: Axes,
    **options: Unpack[MapOptions],
) -> Axes: ...


def latency_map(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None = None,
    *,
    latency: LatencyModel | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    ax: Axes | None = None,
    **options: Unpack[MapOptions],
) -> Sheet | Axes:
    """Draw isochrones around the chosen sites, and tell how much of the demand lies within each.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        One row per candidate, with `selected`; sites stand at `longitude_degrees` and `latitude_degrees`, or at a
        point inside their region where these are missing.
    demand : geopandas.GeoDataFrame, optional
        Demand regions or places. With `population` the panel tells people, with `demand_share` the share of the
        demand, whatever its weight, by the round trip to the nearest site.
    latency : LatencyModel, optional
        From geodesic kilometres to ms of round trip; the shipped model by default.
    thresholds : sequence of float, default (10, 20, 30, 50)
        Round trips in ms, rising.
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
        If the thresholds do not rise, a table cannot be drawn, or a keyword is unknown.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> regions = gpd.GeoDataFrame(
    ...     {"name": ["West", "East"], "selected": [True, False], "population": [3e6, 1e6]},
    ...     geometry=[box(4.0e6, 3.0e6, 4.1e6, 3.1e6), box(4.4e6, 3.0e6, 4.5e6, 3.1e6)],
    ...     crs="EPSG:3035",
    ...     index=["W", "E"],
    ... )
    >>> sheet = latency_map(regions, regions, date="2026")
    >>> "3.0" in [text.get_text() for text in sheet.page.ax.texts]
    True
    """
    times = check_thresholds(thresholds)
    model = LatencyModel() if latency is None else latency
    page = Page.of(options)
    shown = content(
        candidates, demand, page.neighbours, style=page.style, language=page.language, hatched=False, any_demand=True
    )
    chosen = shown.candidates.loc[list(shown.sites)]
    spots = _degrees(chosen)
    colours = [*page.style.ramp(len(times) + 1)[::-1]]
    bands, curve = _bands(shown, spots, (model, times), colours)
    # A sheet explains the bands in the table of those who live in them.
    entries = _symbols(shown) if bands and ax is None else [*_band_entries(shown, times, colours), *_symbols(shown)]
    design = Design(
        title=word("latency map", page.language),
        blocks=[served_block(shown), *bands],
        legends=[Legend(word("isochrone legend", page.language), entries)],
        further=curve,
        ground=_ground(spots, model, times, colours),
        above=_labels(spots, model, times),
    )
    return draw_page(shown, design, page, ax)


def _degrees(regions: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return longitude and latitude of the anchors of regions, shape (regions, 2)."""
    return np.column_stack(anchored(regions).to_crs(GEOGRAPHIC).pipe(lambda points: (points.x, points.y)))


def _ground(spots: NDArray[np.float64], model: LatencyModel, times: Sequence[float], colours: Sequence[str]) -> Ground:
    """Return what draws the bands over the land, on the map and on insets."""

    def ground(ax: Axes, content: Content, rows: NDArray[np.bool_], geometry: gpd.GeoSeries, unit: float) -> None:
        style, weight = content.style, layers.line_weight(ax, unit)
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        margin = 2 * unit
        view = shapely.box(left - margin, bottom - margin, right + margin, top + margin)
        shapes = _land(ax, content, geometry, unit)
        whole = shapely.intersection(shapely.union_all(shapes), view)
        areas = [*isochrones(spots, times, model, crs=str(geometry.crs), within=view), view]
        inner: Any = shapely.Polygon()
        for position, (area, colour) in enumerate(zip(areas, colours, strict=True)):
            band = shapely.intersection(whole, shapely.difference(area, inner))
            fill(ax, [band], facecolors=colour, edgecolors="none", zorder=2).set_gid(f"band-{position}")
            inner = area
        fill(ax, shapes, facecolors="none", edgecolors=style.border, linewidths=0.2 * weight, zorder=2.2)
        for area in areas[:-1]:
            line = shapely.intersection(shapely.boundary(area), view.buffer(-margin / 2))
            outline(ax, line, colors=style.paper, linewidths=2.0 * weight, zorder=3.4)
            outline(ax, line, colors=style.ink, linewidths=0.8 * weight, zorder=3.5)
        if not content.are_points:
            fill(ax, geometry.to_numpy(), facecolors="none", edgecolors="none", zorder=2.1).set_gid("candidates")
            layers.chosen_outlines(ax, content, geometry.index, geometry.to_numpy(), weight)
            layers.borders(ax, content, rows, geometry.to_numpy(), weight)

    return ground


def _land(ax: Axes, content: Content, geometry: gpd.GeoSeries, unit: float) -> NDArray[np.object_]:
    """Return the regions the bands are drawn on: those of the candidates, or of the demand where these are places."""
    shapes = geometry.to_numpy()
    if content.are_points and content.demand is not None:
        shapes = layers.visible(content.demand, ax, geometry).geometry.to_numpy()
    return np.asarray(shapely.simplify(shapes[shapely.get_dimensions(shapes) == 2], unit * 0.05))


def _labels(spots: NDArray[np.float64], model: LatencyModel, times: Sequence[float]) -> Any:
    """Return what writes the round trips on their lines."""

    def above(ax: Axes, content: Content, obstacles: list[Box]) -> None:
        view = content.frame.polygon
        areas = isochrones(spots, times, model, within=view)
        inside = view.buffer(-content.frame.width / 60)
        lines = [line_segments(shapely.intersection(shapely.boundary(area), inside)) for area in areas]
        texts = [f"{number(time, 0 if time % 1 == 0 else 1, content.language)} ms" for time in times]
        label_lines(ax, content, lines, texts, obstacles)

    return above


def nearest_latency(
    spots: NDArray[np.float64], points: NDArray[np.float64], latency: LatencyModel
) -> NDArray[np.float64]:
    """Return the round trip from each point to the nearest of some places.

    Parameters
    ----------
    spots, points : numpy.ndarray
        Longitude and latitude in degrees, shapes (places, 2) and (points, 2).
    latency : LatencyModel
        From kilometres to ms.

    Returns
    -------
    numpy.ndarray
        Milliseconds, shape (points,).

    Examples
    --------
    >>> nearest_latency(np.array([[10.0, 52.0]]), np.array([[10.0, 52.0]]), LatencyModel()).tolist()
    [8.2]
    """
    names = ["longitude_degrees", "latitude_degrees"]
    kilometres = distance_matrix_km(pd.DataFrame(points, columns=names), pd.DataFrame(spots, columns=names))
    return latency(kilometres.min(axis=1))


def _bands(
    shown: Content, spots: NDArray[np.float64], timing: tuple[LatencyModel, Sequence[float]], colours: Sequence[str]
) -> tuple[list[Block], list[Block]]:
    """Return blocks with people and demand within each band, and the curve of both; none without demand or sites."""
    model, times = timing
    demand, language = shown.demand, shown.language
    if demand is None or not len(spots):
        return [], []
    nearest = nearest_latency(spots, _degrees(demand), model)
    bands = np.searchsorted(times, nearest, side="left")
    columns, headings = [], []
    if "population" in demand.columns:
        people = _sums(demand["population"], bands, len(times))
        columns.append(millions(people, language))
        headings.append(word("people millions", language))
        columns += _shares(people, language)
        headings += [word("share of people", language), word("cumulative", language)]
    if "demand_share" in demand.columns and not _proportional(demand):
        columns += _shares(_sums(demand["demand_share"], bands, len(times)), language)
        headings += [word("share of demand", language), word("cumulative", language)]
    if not columns:
        return [], []
    rows = [
        Row(label, tuple(column[place] for column in columns), colour=colour)
        for place, (label, colour) in enumerate(zip(_band_names(times, language), colours, strict=True))
    ]
    remark = word("nearest remark", language).format(
        intercept=number(float(model(0.0)), 1, language), slope=number(1000 * model.slope_ms_per_km, 1, language)
    )
    counted = "population" if "population" in demand.columns else "demand_share"
    weights = demand[counted].to_numpy(dtype=float)
    title = word("curve of people" if counted == "population" else "curve of demand", language)
    table = list_block(word("within reach", language), headings, rows, language, remark=remark)
    return [table], [share_curve(title, nearest, weights, times, language)]


def _sums(values: pd.Series, bands: NDArray[np.intp], last: int) -> pd.Series:
    """Return the sum of some values in each band."""
    return values.astype(float).groupby(bands).sum().reindex(range(last + 1), fill_value=0.0)


def _shares(values: pd.Series, language: str) -> list[tuple[str, ...]]:
    """Return the share of each band, and of all up to it, in percent."""
    share = 100 * values / values.sum() if values.sum() > 0 else values * np.nan
    return [tuple(number(float(one), 1, language) for one in column) for column in (share, share.cumsum())]


def _proportional(demand: gpd.GeoDataFrame) -> bool:
    """Tell whether the demand counts people, so that its shares are theirs."""
    if "population" not in demand.columns:
        return False
    people = demand["population"].astype(float)
    return bool(np.allclose(people / people.sum(), demand["demand_share"].astype(float), rtol=1e-6, atol=1e-12))


def _band_names(times: Sequence[float], language: str) -> list[str]:
    """Return what each band is called."""
    written = [number(time, 0 if time % 1 == 0 else 1, language) for time in times]
    first = word("up to ms", language).format(time=written[0])
    middle = [f"{low} – {high} ms" for low, high in pairwise(written)]
    return [first, *middle, word("more than ms", language).format(time=written[-1])]


def _band_entries(shown: Content, times: Sequence[float], colours: Sequence[str]) -> list[Entry]:
    """Return the legend of the bands."""
    return [Entry(name, colour) for name, colour in zip(_band_names(times, shown.language), colours, strict=True)]


def _symbols(shown: Content) -> list[Entry]:
    """Return the legend of the remaining symbols."""
    language, style = shown.language, shown.style
    entries = [Entry(word("isochrone", language), edge=style.ink)]
    if shown.sites:
        entries.append(Entry(word("chosen site", language), number=0))
    if shown.neighbours is not None:
        entries.append(Entry(word("neighbour", language), style.neighbour))
    return entries
