"""The region, demand and context tables, put together from the rows of the shipped files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from siting.data import reading
from siting.errors import DataError, InputError, suggestion

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd

LEVELS = ("nuts2", "nuts3")
DEMAND_COLUMNS = (
    "name", "country", "nuts2", "longitude_degrees", "latitude_degrees", "population", "gdp_million_eur",
    "enterprise_ai_adoption_percent", "geometry",
)  # fmt: skip
"""What a demand point is described by."""


def folder(directory: str | PathLike[str] | None) -> Path | None:
    """Return a user's folder as an absolute path, None for the shipped tables.

    Parameters
    ----------
    directory : path-like or None
        The folder as the user wrote it.

    Returns
    -------
    pathlib.Path or None
        The folder.
    """
    return None if directory is None else Path(directory).expanduser().resolve()


def _check_level(level: str, valid: tuple[str, ...], what: str) -> None:
    if level not in valid:
        raise InputError(f"'{level}' is not a level of {what}{suggestion(level, valid)}")


def _typed(texts: pd.Series, kind: str) -> pd.Series:
    """Return the texts of one attribute as its type; a missing number is NaN, a missing text None."""
    if kind == "number":
        return pd.to_numeric(texts.where(texts != ""), errors="coerce").astype(float)
    if kind == "boolean":
        return texts.map({"true": True, "false": False}).astype(bool)
    return texts.astype(object).where(texts.notna() & (texts != ""), None)


def _wide(level: str, regions: pd.Index, directory: Path | None) -> pd.DataFrame:
    """Return one column per attribute; a country's value is repeated for each of its regions."""
    attributes = reading.attribute_table(directory)
    attributes = attributes[attributes["table"].map(lambda cell: bool(set(cell.split()) - reading.WIDE_TABLES))]
    rows = reading.values(directory)
    here = rows[rows["level"].isin([level, "country"])]
    by_attribute = {str(name): group for name, group in here.groupby("attribute")}
    columns = {}
    for name, entry in attributes.iterrows():
        if not {level, "country"} & set(entry["level"].split()):
            continue
        found = by_attribute[name].set_index("region")["value"] if name in by_attribute else pd.Series(dtype=object)
        keys = regions.str[:2] if entry["level"] == "country" else regions
        texts = pd.Series(found.reindex(keys).to_numpy(dtype=object), index=regions)
        if entry["type"] == "boolean" and texts.isna().any():
            region = texts.index[texts.isna()][0]
            raise DataError(f"no table says whether '{name}' holds for {region}")
        columns[str(name)] = _typed(texts, entry["type"])
    return pd.DataFrame(columns, index=regions)


@lru_cache(maxsize=8)
def table(level: str, directory: Path | None) -> gpd.GeoDataFrame:
    """Return the regions of a level with the attributes that the region tables hold; callers must not change it.

    Parameters
    ----------
    level : {"nuts2", "nuts3"}
        The level.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, indexed by NUTS code.
    """
    import geopandas

    frame = reading.layer(level, directory)
    wide = _wide(level, frame.index, directory)
    texts = frame.drop(columns="geometry").join(wide)
    return geopandas.GeoDataFrame(texts, geometry=frame.geometry, crs=frame.crs)


def demand(level: str = "nuts3", directory: str | PathLike[str] | None = None) -> gpd.GeoDataFrame:
    """Return the demand points: regions with the people and the economy that use the facilities.

    Parameters
    ----------
    level : str, default "nuts3"
        Only "nuts3", the 1,166 regions of the EU-27 in NUTS 2021.
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, index `demand_point` (NUTS code). Columns `name`, `country`, `nuts2`, `geometry` (polygon),
        `longitude_degrees`, `latitude_degrees`, `population`, `gdp_million_eur`,
        `enterprise_ai_adoption_percent`.

    Raises
    ------
    siting.errors.InputError
        If the level is unknown.
    siting.errors.DataError
        If a table is wrong; the sentence names file, row and column.

    Examples
    --------
    >>> table = demand()
    >>> len(table), round(float(table["population"].sum()) / 1e6, 1)
    (1166, 443.6)
    """
    _check_level(level, ("nuts3",), "demand")
    frame = table(level, folder(directory)).copy().rename_axis("demand_point")
    frame.insert(2, "nuts2", frame.index.str[:4].astype(object))
    return frame[list(DEMAND_COLUMNS)]


def boundaries(level: str = "nuts2", directory: str | PathLike[str] | None = None) -> gpd.GeoDataFrame:
    """Return the polygons of a NUTS level: one coverage without overlaps or slivers; the levels nest.

    Parameters
    ----------
    level : {"nuts2", "nuts3"}, default "nuts2"
        The level.
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, index `region`, columns `name`, `country`, `geometry`.

    Raises
    ------
    siting.errors.InputError
        If the level is unknown.

    Examples
    --------
    >>> len(boundaries("nuts3"))
    1166
    """
    _check_level(level, LEVELS, "boundaries")
    return reading.layer(level, folder(directory)).copy()


def neighbours(directory: str | PathLike[str] | None = None) -> gpd.GeoDataFrame:
    """Return the countries around the Union, for the background of a map.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, index `country`, columns `name`, `geometry`. Those that NUTS covers (CH, NO, UK, TR and
        others) share their border with the Union exactly; the rest is fitted to them.

    Examples
    --------
    >>> "CH" in neighbours().index
    True
    """
    import geopandas

    where = folder(directory)
    layers = [reading.layer(name, where) for name in ("neighbours", "surroundings")]
    return geopandas.GeoDataFrame(pd.concat(layers), crs=layers[0].crs)
