"""The map of the explorer: drawn once as SVG, recoloured by a style sheet, with sites in a layer of their own.

What a slider moves changes a few kilobytes of colours and markers; the outlines of regions are sent again only when
other regions are excluded or another layer is shown.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.explorer.backdrop import backdrop
from siting.explorer.outlines import CANVAS, Canvas, path, simplified
from siting.maps.frame import anchor_points, frame_for, is_inside, projected
from siting.maps.insets import territories
from siting.maps.style import LIGHT, tint
from siting.maps.texts import printable

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from siting.maps.classes import Classes
    from siting.maps.frame import Frame

_CELL = (0.118, 0.085)
"""Width and height of an inset as shares of the map's width."""
_DOT = 11
_MOST_LABELS = 8
_LONGEST_LABEL = 26


class Picture:
    """The map of one set of candidates.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        All candidates, with `name` where they have one.
    demand : geopandas.GeoDataFrame or None
        All demand points.
    key : str
        Identifier of the picture on the page.
    """

    def __init__(self, candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame | None, key: str) -> None:
        self.key = key
        self.candidates = projected(candidates, "candidates")
        self.frame: Frame = frame_for(self.candidates)
        self._canvas = Canvas(self.frame.left, self.frame.top, CANVAS / self.frame.width)
        self._inside = is_inside(self.candidates, self.frame)
        self._position = {identifier: number for number, identifier in enumerate(self.candidates.index)}
        self.places: NDArray[np.float64] = self._canvas.placed(anchor_points(self.candidates))
        self._tolerance = self.frame.width / 1600
        self._backdrop = backdrop(self.frame, self._canvas)
        self._outlines = self._drawn(self.candidates, self._inside)
        self._overseas: list[tuple[str, tuple[float, float, float, float], Canvas]] = []
        self._insets = self._inset_boxes()
        self._borders = self._country_borders()
        self._demand = None if demand is None else projected(demand, "demand points")
        self._demand_outlines: list[str] | None = None

    @property
    def height(self) -> int:
        """Height of the canvas."""
        return round(CANVAS * self.frame.height / self.frame.width)

    def base(self, reasons: Sequence[str | None], *, served: bool) -> str:
        """Return the outlines of all regions, with a tooltip each, hatched where excluded.

        Parameters
        ----------
        reasons : sequence of (str or None)
            Per candidate, why it is excluded.
        served : bool
            Whether the regions of demand are drawn instead, to be coloured by the site that serves them.

        Returns
        -------
        str
            HTML of the picture without colours.
        """
        regions = self._demand_layer() if served else self._candidate_layer(reasons)
        attributes = f'viewBox="0 0 {CANVAS} {self.height}" role="img" aria-label="Map of the candidates"'
        body = "".join([self._backdrop, self._insets, "".join(regions), self._borders])
        return f'<div class="siting-map" id="{self.key}"><svg {attributes}>{_hatch(self.key)}{body}</svg></div>'

    def colours(self, classes: Classes, chosen: Mapping[Hashable, str]) -> str:
        """Return the style sheet that shades candidates by class and gives sites their colour.

        Parameters
        ----------
        classes : Classes
            Class of every candidate.
        chosen : mapping
            Chosen candidate to colour.

        Returns
        -------
        str
            A `style` element for this picture alone.
        """
        rules = [f"#{self.key} .c{{fill:{LIGHT.missing}}}"]
        for code, colour in enumerate(classes.colours):
            rules.append(self._rule("c", np.flatnonzero(classes.codes == code), colour))
        rules.append(f"#{self.key} .x{{fill:url(#{self.key}-hatch)}}")
        rules += [self._rule("c", [self._position[site]], colour) for site, colour in chosen.items()]
        return f"<style>{''.join(rules)}</style>"

    def service_colours(self, facility: Sequence[Hashable | None], chosen: Mapping[Hashable, str]) -> str:
        """Return the style sheet that gives every region of demand the colour of the site that serves it.

        Parameters
        ----------
        facility : sequence
            Per demand point, the site that serves it.
        chosen : mapping
            Chosen candidate to colour.

        Returns
        -------
        str
            A `style` element for this picture alone.
        """
        rules = [f"#{self.key} .d{{fill:{LIGHT.missing}}}"]
        served = np.array(facility, dtype=object)
        for site, colour in chosen.items():
            rules.append(self._rule("d", np.flatnonzero(served == site), tint(colour, 0.55)))
        return f"<style>{''.join(rules)}</style>"

    def marks(
        self, chosen: Mapping[Hashable, str], entered: Sequence[Hashable], left: Sequence[Hashable], telling: str
    ) -> str:
        """Return the layer of sites: numbered markers with names, rings around new ones, crosses for those that left.

        Parameters
        ----------
        chosen : mapping
            Chosen candidate to colour, in the order of their numbers.
        entered, left : sequence
            Candidates that are chosen now and not in the base, and the other way round.
        telling : str
            What the map shows, for those who cannot see it.

        Returns
        -------
        str
            HTML of the layer.
        """
        parts = [self._cross(site) for site in left if site in self._position]
        for number, (site, colour) in enumerate(chosen.items(), start=1):
            parts.append(self._marker(site, number, colour, is_new=site in entered))
        if len(chosen) <= _MOST_LABELS:
            parts += [self._label(site, colour) for site, colour in chosen.items()]
        attributes = f'viewBox="0 0 {CANVAS} {self.height}" role="img" aria-label="{escape(telling)}"'
        return f'<div class="siting-marks"><svg {attributes}>{"".join(parts)}</svg></div>'

    def name(self, site: Hashable) -> str:
        """Return what people call a candidate, on one line.

        Parameters
        ----------
        site : hashable
            Its identifier.

        Returns
        -------
        str
            Its name, or the identifier where it has none.
        """
        return candidate_name(self.candidates, site)

    def _rule(self, letter: str, positions: Any, colour: str) -> str:
        selectors = ",".join(f"#{self.key} .{letter}{position}" for position in positions)
        return f"{selectors}{{fill:{colour}}}" if selectors else ""

    def _candidate_layer(self, reasons: Sequence[str | None]) -> list[str]:
        drawn = []
        for number, (identifier, outline) in enumerate(zip(self.candidates.index, self._outlines, strict=True)):
            reason = reasons[number]
            title = f"{self.name(identifier)} ({printable(identifier)})" + (f": {reason}" if reason else "")
            kind = "c x" if reason else "c"
            drawn.append(outline.format(kind=f"{kind} c{number}", title=_title(title)))
        return drawn

    def _demand_layer(self) -> list[str]:
        if self._demand is None:
            return []
        if self._demand_outlines is None:
            inside = is_inside(self._demand, self.frame)
            outlines = self._drawn(self._demand, inside)
            for number, outline in self._drawn_overseas(self._demand, ~inside):
                outlines[number] = outline
            names = self._demand["name"] if "name" in self._demand.columns else self._demand.index
            self._demand_outlines = [
                outline.format(kind=f"d d{number}", title=_title(str(name)))
                for number, (outline, name) in enumerate(zip(outlines, names, strict=True))
            ]
        return self._demand_outlines

    def _drawn(self, table: gpd.GeoDataFrame, inside: NDArray[np.bool_]) -> list[str]:
        """Return an SVG element per row, its class and tooltip left open; nothing for rows outside the frame."""
        shapes = table.geometry.to_numpy()
        drawn = [""] * len(table)
        shown = np.flatnonzero(inside)
        for number, shape in zip(shown, simplified(shapes[inside], self._tolerance), strict=True):
            drawn[number] = _element(shape, self._canvas)
        return drawn

    def _inset_boxes(self) -> str:
        """Place the territories outside the frame in boxes at the upper left; return the frames of the boxes."""
        outside = self.candidates[~self._inside]
        wide, tall = (share * CANVAS for share in _CELL)
        boxes = []
        for number, territory in enumerate(territories(outside, "en")):
            row, column = divmod(number, 2)
            x, y = 40 + column * (wide + 24), 40 + row * (tall + 24)
            left, bottom, right, top = territory.bounds
            scale = min(wide / (right - left), (tall - 70) / (top - bottom))
            middle = (wide / scale - (right - left)) / 2
            canvas = Canvas(left - middle, top, scale, x, y + 62)
            self._overseas.append((territory.crs, territory.bounds, canvas))
            self._place_inset(territory.rows, territory.crs, canvas)
            boxes.append(
                f'<g><rect x="{x:.0f}" y="{y:.0f}" width="{wide:.0f}" height="{tall:.0f}" class="inset"/>'
                f'<text x="{x + 14:.0f}" y="{y + 54:.0f}" class="place">{escape(printable(territory.name))}</text></g>'
            )
        return "".join(boxes)

    def _place_inset(self, rows: pd.Index[Any], crs: str, canvas: Canvas) -> None:
        there = self.candidates.loc[rows].to_crs(crs)
        shapes = shapely.simplify(there.geometry.to_numpy(), 1.0 / canvas.scale)
        points = shapely.get_coordinates(shapely.point_on_surface(shapes))
        for identifier, shape, place in zip(rows, shapes, canvas.placed(points), strict=True):
            self._outlines[self._position[identifier]] = _element(shape, canvas)
            self.places[self._position[identifier]] = place

    def _drawn_overseas(self, table: gpd.GeoDataFrame, outside: NDArray[np.bool_]) -> Iterator[tuple[int, str]]:
        """Yield position and element of the rows that lie in one of the insets."""
        for crs, bounds, canvas in self._overseas:
            shapes = table.geometry[outside].to_crs(crs).to_numpy()
            here = shapely.intersects(shapely.point_on_surface(shapes), shapely.box(*bounds))
            for number, shape in zip(np.flatnonzero(outside)[here], shapes[here], strict=True):
                yield int(number), _element(shapely.simplify(shape, 1.0 / canvas.scale), canvas)

    def _country_borders(self) -> str:
        areas = shapely.get_dimensions(self.candidates.geometry.to_numpy()) == 2
        if "country" not in self.candidates.columns or not areas.all():
            return ""
        inside = self.candidates[self._inside]
        shapes = simplified(inside.geometry.to_numpy(), self._tolerance)
        countries = [
            shapely.union_all(shapely.make_valid(shapes[inside["country"] == code]), grid_size=1.0)
            for code in inside["country"].dropna().unique()
        ]
        return f'<path class="border" d="{"".join(path(country, self._canvas) for country in countries)}"/>'

    def _marker(self, site: Hashable, number: int, colour: str, *, is_new: bool) -> str:
        x, y = self.places[self._position[site]].round().tolist()
        ring = f'<circle cx="{x}" cy="{y}" r="104" class="new" stroke="{colour}"/>' if is_new else ""
        return (
            f'<g>{ring}<circle cx="{x}" cy="{y}" r="74" fill="{colour}" class="site"/>'
            f'<text x="{x}" y="{y + 34}" class="number">{number}</text></g>'
        )

    def _cross(self, site: Hashable) -> str:
        x, y = self.places[self._position[site]].round().tolist()
        return f'<path class="left" d="M{x - 55} {y - 55}l110 110M{x + 55} {y - 55}l-110 110"/>'

    def _label(self, site: Hashable, colour: str) -> str:
        x, y = self.places[self._position[site]].round().tolist()
        at_left = x > 0.68 * CANVAS
        name = self.name(site)
        shown = name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
        where = f'x="{x + (-125 if at_left else 125)}" y="{y + 32}" text-anchor="{"end" if at_left else "start"}"'
        return f'<text {where} class="name" style="fill:{colour}">{escape(shown)}</text>'


def candidate_name(candidates: pd.DataFrame, site: Hashable) -> str:
    """Return what people call a candidate, on one line.

    Parameters
    ----------
    candidates : pandas.DataFrame
        With `name`, perhaps.
    site : hashable
        Identifier of the candidate.

    Returns
    -------
    str
        Its name, or the identifier where it has none.

    Examples
    --------
    >>> import pandas as pd
    >>> candidate_name(pd.DataFrame({"name": ["Marche", None]}, index=["ITI3", "ITI4"]), "ITI4")
    'ITI4'
    """
    name = candidates["name"].get(site) if "name" in candidates.columns else None
    return printable(name if isinstance(name, str) and name.strip() else site)


def _element(shape: Any, canvas: Canvas) -> str:
    """Return an SVG element with its class and tooltip left open."""
    if shapely.get_dimensions(shape) == 0:
        x, y = canvas.placed(shapely.get_coordinates(shape))[0].round().astype(int).tolist()
        return f'<circle class="{{kind}}" cx="{x}" cy="{y}" r="{_DOT}">{{title}}</circle>'
    return f'<path class="{{kind}}" d="{path(shape, canvas)}">{{title}}</path>'


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>"


def _hatch(key: str) -> str:
    """Return the pattern of excluded regions, under a name of this picture."""
    return (
        f'<defs><pattern id="{key}-hatch" width="26" height="26" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="26" height="26" fill="{LIGHT.excluded}"/>'
        f'<path d="M0 0v26" stroke="{LIGHT.hatch}" stroke-width="5"/></pattern></defs>'
    )
