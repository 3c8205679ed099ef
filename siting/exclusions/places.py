"""Exclusions by where a candidate lies: near the grid, in or out of a layer, on an island, on a raster."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import shapely
from pydantic import Field, model_validator

from siting import data
from siting.data import nearness, vicinity
from siting.errors import InputError
from siting.exclusions.block import Codes, ExclusionBlock, Reasons, register
from siting.exclusions.layers import read_layer
from siting.geography import GEOGRAPHIC, PROJECTED, geodesic_distance_km

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.blocks import Case

METRES_PER_KM = 1000.0
SQUARE_METRES_PER_SQUARE_KM = 1e6


def _points(case: Case) -> NDArray[np.object_]:
    """Return the representative points of the candidates in EPSG:3035."""
    import geopandas

    degrees = nearness.coordinates(case.candidates)
    points = geopandas.points_from_xy(*degrees, crs=GEOGRAPHIC).to_crs(PROJECTED)
    return np.asarray(points, dtype=object)


@register
class MaximumDistance(ExclusionBlock):
    """Leave out candidates too far from the transmission grid, an internet exchange, or a layer of your own.

    Parameters
    ----------
    to : str
        ``"grid"``, ``"exchange"``, or a vector file relative to the model file.
    maximum_km : float
        Greatest geodesic distance from the representative point; exactly this far passes.
    minimum_kv : float, optional
        With ``"grid"``: only nodes of this voltage or more count.
    minimum_networks : int, default 100
        With ``"exchange"``: only exchanges where so many networks meet count.
    layer : str, optional
        Which layer of a file that holds several.

    Raises
    ------
    InputError
        If `minimum_kv` is given for anything but the grid.

    Examples
    --------
    >>> MaximumDistance(to="grid", maximum_km=25.0).maximum_km
    25.0
    """

    kind: Literal["maximum_distance"] = "maximum_distance"
    to: str = Field(min_length=1)
    maximum_km: float = Field(gt=0)
    minimum_kv: float | None = Field(None, gt=0)
    minimum_networks: int = Field(vicinity.LARGE_EXCHANGE_NETWORKS, ge=1)
    layer: str | None = None

    @model_validator(mode="after")
    def _options_agree(self) -> Self:
        if self.minimum_kv is not None and self.to != "grid":
            raise InputError("minimum_kv only goes with to = 'grid'")
        return self

    def reasons(self, case: Case) -> Reasons:
        """Return what is too far, and how far it is.

        Raises
        ------
        InputError
            If the layer cannot be read, or nothing is left to measure to.
        """
        what, distances = self._measured(case)
        return [
            f"nearest {what} is {distance:,.0f} km away, more than {self.maximum_km:g} km" if far else None
            for distance, far in zip(distances, distances > self.maximum_km, strict=True)
        ]

    def _measured(self, case: Case) -> tuple[str, NDArray[np.float64]]:
        if self.to == "grid":
            nodes = vicinity.node_table(case.data_folder)
            places = nodes[nodes["highest_kv"] >= (self.minimum_kv or 0.0)]
            what = "grid node" + (f" of {self.minimum_kv:g} kV or more" if self.minimum_kv else "")
        elif self.to == "exchange":
            table = vicinity.exchange_table(case.data_folder)
            places = table[(table["networks"] >= self.minimum_networks) & table["longitude_degrees"].notna()]
            what = f"exchange of {self.minimum_networks} networks or more"
        else:
            return f"place of {self.to}", self._to_layer(case)
        if places.empty:
            raise InputError(f"there is no {what}")
        return what, nearness.nearest(case.candidates, places)[1]

    def _to_layer(self, case: Case) -> NDArray[np.float64]:
        import geopandas

        points, there = _points(case), read_layer(case.folder / self.to, self.layer)
        # Which point of the layer is nearest is found in the plane, how far it is on the ellipsoid.
        tree = shapely.STRtree(there)
        lines = shapely.shortest_line(points, there[tree.nearest(points)])
        ends = geopandas.GeoSeries(shapely.get_point(lines, -1), crs=PROJECTED).to_crs(GEOGRAPHIC)
        return geodesic_distance_km(*nearness.coordinates(case.candidates), ends.x.to_numpy(), ends.y.to_numpy())


class _LayerBlock(ExclusionBlock):
    """An exclusion by a vector layer."""

    file: str = Field(min_length=1)
    layer: str | None = None
    buffer_km: float = Field(0.0, ge=0)
    share: float | None = Field(None, ge=0, le=1)

    def inside(self, case: Case) -> NDArray[np.float64]:
        """Return how much of each candidate lies in the layer: 0 or 1 for a point, the share of area with `share`.

        Raises
        ------
        InputError
            If the layer cannot be read or has no coordinate reference system.
        """
        there = read_layer(case.folder / self.file, self.layer)
        if self.buffer_km:
            there = np.asarray(shapely.buffer(there, self.buffer_km * METRES_PER_KM))
        if self.share is None:
            tree = shapely.STRtree(there)
            touched = np.zeros(len(case.candidates))
            touched[tree.query(_points(case), predicate="intersects")[0]] = 1.0
            return touched
        shapes = np.asarray(case.candidates.geometry.to_crs(PROJECTED).to_numpy(), dtype=object)
        if (shapely.get_dimensions(shapes) < 2).any():
            raise InputError("share needs candidates that are areas; leave it out to test the point of each")
        united = shapely.union_all(there)
        shapely.prepare(united)
        return np.asarray(shapely.area(shapely.intersection(shapes, united)) / shapely.area(shapes))


@register
class Within(_LayerBlock):
    """Keep only candidates that lie within a layer of your own.

    Parameters
    ----------
    file : str
        Vector file in any CRS, relative to the model file; one without a CRS is refused.
    layer : str, optional
        Which layer of a file that holds several.
    buffer_km : float, default 0
        The layer is widened by this much first.
    share : float, optional
        For candidates that are areas: at least this share of the area (EPSG:3035) must lie within. Default: the
        representative point must.

    Examples
    --------
    >>> Within(file="development-zones.gpkg").share is None
    True
    """

    kind: Literal["within"] = "within"

    def reasons(self, case: Case) -> Reasons:
        """Return the layer each candidate lies outside of."""
        inside = self.inside(case)
        if self.share is None:
            return [None if part else f"outside {self.file}" for part in inside]
        return [
            None if part >= self.share else f"{part:.0%} of the area is within {self.file}, less than {self.share:.0%}"
            for part in inside
        ]


@register
class Outside(_LayerBlock):
    """Leave out candidates that lie within a layer of your own: protected areas, flood plains, airports.

    Parameters
    ----------
    file, layer, buffer_km
        As in `Within`.
    share : float, optional
        For candidates that are areas: at most this share of the area (EPSG:3035) may lie within. Default: the
        representative point may not.

    Examples
    --------
    >>> Outside(file="natura-2000.gpkg", buffer_km=1.0).buffer_km
    1.0
    """

    kind: Literal["outside"] = "outside"

    def reasons(self, case: Case) -> Reasons:
        """Return the layer each candidate lies within."""
        near = f" or within {self.buffer_km:g} km of it" if self.buffer_km else ""
        inside = self.inside(case)
        if self.share is None:
            return [f"within {self.file}{near}" if part else None for part in inside]
        return [
            f"{part:.0%} of the area is within {self.file}{near}, more than {self.share:.0%}"
            if part > self.share
            else None
            for part in inside
        ]


@register
class Islands(ExclusionBlock):
    """Leave out candidates on islands.

    The land of the shipped polygons, the Union and its neighbours together, falls into connected parts; a candidate
    whose representative point lies on a part smaller than `minimum_km2` (EPSG:3035) is on an island. At sea the
    nearest part counts.

    Parameters
    ----------
    minimum_km2 : float, default 50000
        Land of at least this area is no island: Ireland (84,000 km2) is none, Sicily (26,000 km2) is one.
    keep : list of str, default ["DK01", "DK02", "DK03"]
        Countries or beginnings of NUTS codes that are no islands: by default the Danish ones with a fixed link.

    Examples
    --------
    >>> Islands().keep
    ('DK01', 'DK02', 'DK03')
    """

    kind: Literal["islands"] = "islands"
    minimum_km2: float = Field(50_000.0, gt=0)
    keep: Codes = ("DK01", "DK02", "DK03")

    def reasons(self, case: Case) -> Reasons:
        """Return the area of the island each candidate lies on."""
        parts = _land(case.data_folder)
        nearest = shapely.STRtree(parts).nearest(_points(case))
        areas = shapely.area(parts)[nearest] / SQUARE_METRES_PER_SQUARE_KM
        return [
            f"on an island of {area:,.0f} km2" if area < self.minimum_km2 and not linked else None
            for area, linked in zip(areas, self._kept(case), strict=True)
        ]

    def _kept(self, case: Case) -> list[bool]:
        column = next((name for name in ("nuts2", "region") if name in case.candidates.columns), None)
        codes = case.candidates.index if column is None else case.candidates[column]
        return [isinstance(code, str) and code.startswith(self.keep) for code in codes]


@lru_cache(maxsize=2)
def _land(data_folder: Path | None) -> NDArray[np.object_]:
    """Return the connected parts of the land of the Union and the countries around it."""
    union = data.boundaries("nuts2", directory=data_folder).geometry.to_numpy()
    others = data.neighbours(directory=data_folder).geometry.to_numpy()
    # Vertices are whole metres: a grid of one metre lets the background close with the NUTS borders.
    united = shapely.union_all(np.concatenate([union, others]), grid_size=1.0)
    return np.asarray(shapely.get_parts(united), dtype=object)


@register
class Raster(ExclusionBlock):
    """Leave out candidates where a raster of your own is outside bounds at their representative point.

    Parameters
    ----------
    file : str
        Raster that GDAL reads, with a CRS, relative to the model file; needs ``siting[raster]``.
    minimum, maximum : float, optional
        Bounds on the value; the bound itself passes. At least one of them.
    band : int, default 1
        Which band.

    Raises
    ------
    InputError
        If no bound is given.

    Examples
    --------
    >>> Raster(file="slope.tif", maximum=5.0).band
    1
    """

    kind: Literal["raster"] = "raster"
    file: str = Field(min_length=1)
    minimum: float | None = None
    maximum: float | None = None
    band: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise InputError("it needs a minimum, a maximum, or both")
        return self

    def reasons(self, case: Case) -> Reasons:
        """Return the value that fails and its bound; no value is no pass.

        Raises
        ------
        InputError
            If the raster cannot be read, or has no coordinate reference system or no such band.
        """
        return [self._reason(value) for value in self._sampled(case)]

    def _reason(self, value: float) -> str | None:
        if np.isnan(value):
            return f"{self.file} has no value there"
        if self.minimum is not None and value < self.minimum:
            return f"{self.file} is {value:g} there, below {self.minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return f"{self.file} is {value:g} there, above {self.maximum:g}"
        return None

    def _sampled(self, case: Case) -> NDArray[np.float64]:
        try:
            rasterio: Any = import_module("rasterio")  # an extra
        except ImportError as error:
            raise InputError("the exclusion 'raster' needs the package rasterio; install siting[raster]") from error
        import geopandas

        path = case.folder / self.file
        try:
            source = rasterio.open(path)
        except rasterio.errors.RasterioIOError as error:
            raise InputError(f"cannot read the raster {path}: {error}") from error
        with source:
            if source.crs is None:
                raise InputError(f"{path} has no coordinate reference system")
            if self.band > source.count:
                raise InputError(f"{path} has {source.count} bands, not {self.band}")
            points = geopandas.GeoSeries(_points(case), crs=PROJECTED).to_crs(source.crs)
            places = list(zip(points.x, points.y, strict=True))
            cells = [cell[0] for cell in source.sample(places, indexes=[self.band], masked=True)]
        return np.array([np.nan if np.ma.is_masked(cell) else float(cell) for cell in cells])
