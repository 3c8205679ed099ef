"""Tables of places: power plants, internet exchanges, and the AI Factories that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data import checking, reading, vicinity
from siting.data.regions import folder
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    import pandas as pd


def _located(table: pd.DataFrame) -> gpd.GeoDataFrame:
    import geopandas

    known = table[table["longitude_degrees"].notna() & table["latitude_degrees"].notna()]
    points = geopandas.points_from_xy(known["longitude_degrees"], known["latitude_degrees"], crs=GEOGRAPHIC)
    return geopandas.GeoDataFrame(known, geometry=points.to_crs(PROJECTED), crs=PROJECTED)


def power_plants(directory: str | PathLike[str] | None = None) -> gpd.GeoDataFrame:
    """Return the operating power plants of 10 MW and above.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `power_plants.csv` replaces the shipped one.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035; `region` (NUTS-3), `fuel`, `capacity_mw`, `firm_mw` (at the winter peak), coordinates in degrees.

    Examples
    --------
    >>> plants = power_plants()
    >>> bool(plants.loc[plants["fuel"] == "nuclear", "capacity_mw"].sum() > 90_000)
    True
    """
    return _located(vicinity.plant_table(folder(directory))).reset_index(drop=True)


def internet_exchanges(directory: str | PathLike[str] | None = None) -> gpd.GeoDataFrame:
    """Return the internet exchanges of the Union and its neighbours whose place is known.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `internet_exchanges.csv` replaces the shipped one.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, index `exchange` (number of PeeringDB); `name`, `city`, `country`, `networks`, coordinates in
        degrees and the `rule` they come by. An exchange whose city and coordinates disagree is left out; it stands
        in the file with its reason.

    Examples
    --------
    >>> exchanges = internet_exchanges()
    >>> exchanges.loc["31", ["name", "country"]].tolist()
    ['DE-CIX Frankfurt', 'DE']
    """
    return _located(vicinity.exchange_table(folder(directory)).set_index("exchange"))


def ai_factories(directory: str | PathLike[str] | None = None) -> gpd.GeoDataFrame:
    """Return the AI Factories that EuroHPC has selected.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `ai_factories.csv` replaces the shipped one.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035; `name`, `city`, `host`, `country`, `region` (NUTS-2), `date`, `grade`, `note` and the coordinates
        of the city in degrees.

    Examples
    --------
    >>> ai_factories()["country"].nunique()
    16
    """
    path = reading.locate("ai_factories.csv", folder(directory))
    table = checking.read_text_table(path, ("name", "city", "country", "region", "grade", *vicinity.PLACE))
    return _located(table.astype(dict.fromkeys(vicinity.PLACE, float))).reset_index(drop=True)
