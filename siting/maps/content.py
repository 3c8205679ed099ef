"""What a map shows, worked out before anything is drawn: classes, exclusion reasons, sites, service areas."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from siting.errors import InputError, suggestion
from siting.maps.attribute_names import attribute_label, attribute_unit
from siting.maps.classes import Classes, classify
from siting.maps.frame import Frame, frame_for, is_inside, projected
from siting.maps.reasons import exclusion_reasons, truth
from siting.maps.texts import check_language

if TYPE_CHECKING:
    from collections.abc import Hashable

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from siting.maps.style import Style


@dataclass(frozen=True)
class Content:
    """Everything a map shows, of whatever kind.

    Attributes
    ----------
    candidates : geopandas.GeoDataFrame
        In EPSG:3035.
    demand : geopandas.GeoDataFrame or None
        In EPSG:3035, with `facility`.
    neighbours : geopandas.GeoDataFrame or None
        In EPSG:3035.
    frame : Frame
        The map frame.
    inside : numpy.ndarray
        True for candidates the frame shows; the others stand in insets.
    shade : str or None
        Attribute the candidates are shaded by; None where they are not shaded.
    classes : Classes
        Its classes; hatched candidates and those in a site's colour have none.
    reason_codes : numpy.ndarray
        Index into `reasons`, -1 for a candidate that is not excluded.
    reasons : tuple of str
        What the legend says of excluded regions.
    sites : tuple
        Labels of the chosen candidates, in table order.
    style : Style
        Colours.
    language : str
        Language of the texts.
    painted : bool
        Whether chosen regions stand in their site's colour, or in their shade with an outline in that colour.
    """

    candidates: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame | None
    neighbours: gpd.GeoDataFrame | None
    frame: Frame
    inside: NDArray[np.bool_]
    shade: str | None
    classes: Classes
    reason_codes: NDArray[np.intp]
    reasons: tuple[str, ...]
    sites: tuple[Hashable, ...]
    style: Style
    language: str
    painted: bool = True

    @property
    def are_points(self) -> bool:
        """Whether the candidates are places rather than regions."""
        return bool((shapely.get_dimensions(self.candidates.geometry.to_numpy()) == 0).all())

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Candidates that would be shaded, had their attribute a value."""
        if self.shade is None:
            return np.zeros(len(self.candidates), dtype=bool)
        shaded = self.reason_codes < 0
        if self.painted:
            shaded &= ~self.candidates.index.isin(list(self.sites))
        return (self.classes.codes < 0) & shaded

    @cached_property
    def areas(self) -> dict[Hashable, BaseGeometry]:
        """The area each site serves inside the frame, in EPSG:3035; empty without demand."""
        if self.demand is None:
            return {}
        seen = shapely.intersects(self.demand.geometry.to_numpy(), self.frame.polygon)
        return service_areas(self.demand[seen], self.frame.width / 2700)

    def shaped(self, aspect: float) -> Content:
        """Return the same content in a frame of another shape.

        Parameters
        ----------
        aspect : float
            Width of the map divided by its height.

        Returns
        -------
        Content
            With a frame that shows at least as much.
        """
        frame = self.frame.shaped(aspect)
        return replace(self, frame=frame, inside=is_inside(self.candidates, frame))

    def shade_title(self) -> str:
        """Return the title of the legend of shades, with the unit.

        Returns
        -------
        str
            For example `Grid capacity (proxy), MVA`; empty where nothing is shaded.
        """
        if self.shade is None:
            return ""
        unit = attribute_unit(self.shade)
        return attribute_label(self.shade, self.language) + (f", {unit}" if unit else "")


def content(
    candidates: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame | None,
    neighbours: gpd.GeoDataFrame | None,
    *,
    style: Style,
    language: str,
    shade: str | None = None,
    classes: int = 5,
    chosen: bool = True,
    hatched: bool = True,
    painted: bool = False,
    any_demand: bool = False,
) -> Content:
    """Check the tables and work out what the map shows.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        Candidate regions; with `selected` for a portfolio, perhaps `excluded` and `exclusion_reason`.
    demand : geopandas.GeoDataFrame or None
        Demand regions with `facility`.
    neighbours : geopandas.GeoDataFrame or None
        Countries around.
    style : Style
        Colours.
    language : str
        Language of the texts.
    shade : str, optional
        Attribute the candidates are shaded by.
    classes : int, default 5
        At most this many classes of numbers.
    chosen : bool, default True
        Whether the table must say which candidates are chosen.
    hatched : bool, default True
        Whether excluded candidates are hatched by reason instead of shaded.
    painted : bool, default False
        Whether chosen regions stand in their site's colour and have no shade.
    any_demand : bool, default False
        Whether demand is kept even if it does not say who serves it.

    Returns
    -------
    Content
        Ready to draw.

    Raises
    ------
    siting.errors.InputError
        If a table or column is missing or cannot be drawn, or the language is unknown.
    """
    check_language(language)
    regions = projected(candidates, "candidates", ("selected",) if chosen else ())
    if regions.empty:
        raise InputError("there are no candidates, so there is nothing to draw")
    if not regions.index.is_unique:
        raise InputError(f"candidate '{regions.index[regions.index.duplicated()][0]}' appears twice in the table")
    if shade is not None and (shade not in regions.columns or shade == regions.geometry.name):
        names = [str(name) for name in regions.columns if name != regions.geometry.name]
        raise InputError(f"the candidates have no attribute '{shade}' to shade by{suggestion(shade, names)}")
    selected = truth(regions, "selected")
    codes, reasons = np.full(len(regions), -1, dtype=np.intp), tuple[str, ...]()
    if hatched:
        # A chosen region is marked as such, so it is not hatched as well.
        codes[~selected], reasons = exclusion_reasons(regions[~selected], language)
    values = pd.Series(np.nan, index=regions.index) if shade is None else regions[shade].where(codes < 0)
    if painted:
        values = values.where(~selected)
    frame = frame_for(regions)
    return Content(
        candidates=regions,
        demand=_served(demand, any_demand=any_demand),
        neighbours=None if neighbours is None else projected(neighbours, "neighbours"),
        frame=frame,
        inside=is_inside(regions, frame),
        shade=shade,
        classes=classify(values, style, language, classes),
        reason_codes=codes,
        reasons=reasons,
        sites=tuple(regions.index[selected]),
        style=style,
        language=language,
        painted=painted,
    )


def _served(demand: gpd.GeoDataFrame | None, *, any_demand: bool) -> gpd.GeoDataFrame | None:
    """Return the demand table if it says who is served by which site, or need not."""
    if demand is None:
        return None
    if not any_demand and ("facility" not in demand.columns or not demand["facility"].notna().any()):
        return None
    return projected(demand, "demand points")


def _dissolved(shapes: NDArray[np.object_]) -> BaseGeometry:
    """Join polygons that share borders; fast for a clean coverage, and still right for one that is not."""
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapely.make_valid(shapes), grid_size=1.0)


def service_areas(regions: gpd.GeoDataFrame, tolerance: float = 0.0) -> dict[Hashable, BaseGeometry]:
    """Dissolve demand regions into the area each site serves.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        Demand regions in a metric projection, with `facility`.
    tolerance : float, default 0
        Simplify to this many metres; borders stay shared.

    Returns
    -------
    dict
        Site to area, sites without demand left out.
    """
    served = regions[regions["facility"].notna()]
    groups = {site: _dissolved(group.geometry.to_numpy()) for site, group in served.groupby("facility", sort=True)}
    if not groups:
        return {}
    simple = shapely.coverage_simplify(list(groups.values()), tolerance) if tolerance else list(groups.values())
    return dict(zip(groups, simple, strict=True))
