"""The tables a model reads: candidates with their electricity price, and demand points with their shares.

Either table is a shipped one, a file of the user's (any vector format, or CSV with longitude and latitude),
or a GeoDataFrame handed over in Python. A candidate table of places inherits the attributes of the regions
they lie in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field

from siting import data
from siting.blocks import numbers
from siting.errors import DataError, InputError, suggestion
from siting.geography import GEOGRAPHIC, PROJECTED, require_crs
from siting.sections import Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

PRICE_COLUMN = "electricity_price_eur_per_mwh"
HEADROOM_COLUMN = "grid_capacity_mva"
DEMAND_WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "population": ("population",),
    "gdp": ("gdp_million_eur",),
    "ai_enterprises": ("population", "enterprise_ai_adoption_percent"),
    "ai_enterprises_by_gdp": ("gdp_million_eur", "enterprise_ai_adoption_percent"),
}
"""Named demand weights: the columns of the demand table that are multiplied."""

_SHIPPED_CANDIDATES = ("nuts2", "nuts3", "grid_nodes", "cells")
_SHIPPED_DEMAND = ("nuts3", "cities")
_IDENTIFIERS = ("candidate", "demand_point", "identifier", "id", "region", "NUTS_ID", "name")
_LONGITUDES = ("longitude_degrees", "longitude", "lon")
_LATITUDES = ("latitude_degrees", "latitude", "lat")
_HARBOUR_KM = 5.0


def _period(value: object) -> object:
    """Return a year written as a number as text: in a file and on the command line it looks the same to a person."""
    return str(value) if type(value) is int else value


class DataSection(Section):
    """Which tables a model reads.

    Parameters
    ----------
    candidates : str, default "nuts2"
        A shipped set: the regions ``"nuts2"`` or ``"nuts3"``, the connection points of the transmission grid
        ``"grid_nodes"``, or ``"cells"`` of an even grid; or a file of your own, relative to the model file: any
        vector format, or CSV with longitude and latitude in degrees.
    cell_resolution : int, default 4
        With ``candidates = "cells"``: the resolution of the H3 grid, 3 (12,000 km2 a cell) to 6 (36 km2).
    candidate_identifier : str, optional
        Column of your file that identifies a candidate. Default: the first of candidate, identifier, id,
        region, NUTS_ID and name that the file has.
    inherit_region_attributes : bool, default True
        Whether candidates of your own take every attribute their table lacks from the NUTS-2 region they lie
        in.
    headroom : str, optional
        A CSV file of your own with the columns ``candidate`` and ``grid_capacity_mva``, relative to the model file:
        its numbers replace the proxy for the candidates it lists.
    demand : str, default "nuts3"
        The shipped NUTS-3 regions, ``"cities"``, or a file of your own.
    city_minimum_population : int, default 100000
        With ``demand = "cities"``: the smallest city that counts.
    demand_identifier : str, optional
        As `candidate_identifier`.
    demand_weight : str, default "population"
        ``"population"``, ``"gdp"``, ``"ai_enterprises"`` (population x share of enterprises that use AI),
        ``"ai_enterprises_by_gdp"`` (product x the same share), or any numeric column of the demand table.
    price_series, price_period : str
        Electricity price series and period, ``"eurostat_IG"`` and ``"2025-S2"`` by default.
    tax_adjustments : bool, default True
        Whether prices include the corrections for data-centre taxes that the series does not carry.
    bidding_zones : bool, default False
        Whether candidates in a country of several bidding zones (Sweden) pay the day-ahead price of theirs; only with
        ``price_series = "wholesale"``.
    folder : str, optional
        A folder with tables of your own in the format of the shipped ones, relative to the model file.
    strict : bool, default False
        Whether to refuse values that a rule filled in because the source has none.

    Examples
    --------
    >>> DataSection(demand_weight="gdp").price_series
    'eurostat_IG'
    """

    candidates: str = Field("nuts2", min_length=1)
    cell_resolution: int = Field(4, ge=3, le=6)
    candidate_identifier: str | None = None
    inherit_region_attributes: bool = True
    headroom: str | None = None
    demand: str = Field("nuts3", min_length=1)
    city_minimum_population: int = Field(100_000, ge=500)
    demand_identifier: str | None = None
    demand_weight: str = Field("population", min_length=1)
    price_series: str = "eurostat_IG"
    price_period: Annotated[str, BeforeValidator(_period)] = "2025-S2"
    tax_adjustments: bool = True
    bidding_zones: bool = False
    folder: str | None = None
    strict: bool = False


def candidate_table(section: DataSection, folder: Path, given: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return the candidates with coordinates and electricity price.

    Parameters
    ----------
    section : DataSection
        Which table and prices to read.
    folder : pathlib.Path
        What relative paths are relative to.
    given : geopandas.GeoDataFrame, optional
        A table handed over in Python; replaces the section's.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, unique index named "candidate", with `longitude_degrees`, `latitude_degrees` and, unless
        the table has its own or no country, `electricity_price_eur_per_mwh`.

    Raises
    ------
    InputError
        If a table cannot be read, has no CRS, or repeats an identifier.
    """
    own = data_folder(section, folder)
    if given is None and section.candidates in _SHIPPED_CANDIDATES:
        frame = data.candidates(section.candidates, directory=own, resolution=section.cell_resolution)
    else:
        if given is None:
            given = _read(folder, section.candidates, section.candidate_identifier, _SHIPPED_CANDIDATES)
        frame = _normalised(given, "the candidate table", "candidate")
        if section.inherit_region_attributes:
            frame = data.from_regions(frame, _HARBOUR_KM, own)
    return _priced(_with_own_headroom(frame, section, folder), section, own)


def demand_table(section: DataSection, folder: Path, given: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return the demand points with coordinates; the parameters are those of `candidate_table`.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035, unique index named "demand_point", with `longitude_degrees` and `latitude_degrees`.

    Raises
    ------
    InputError
        If a table cannot be read, has no CRS, or repeats an identifier.
    """
    if given is None and section.demand in _SHIPPED_DEMAND:
        return data.demand(
            section.demand,
            directory=data_folder(section, folder),
            minimum_population=section.city_minimum_population,
        )
    if given is None:
        given = _read(folder, section.demand, section.demand_identifier, _SHIPPED_DEMAND)
    return _normalised(given, "the demand table", "demand_point")


def demand_shares(demand: gpd.GeoDataFrame, weight: str) -> NDArray[np.float64]:
    """Return the share of all demand at each point, shape (I,); the shares sum to 1.

    Parameters
    ----------
    demand : geopandas.GeoDataFrame
        I demand points.
    weight : str
        ``"population"``, ``"gdp"``, ``"ai_enterprises"``, ``"ai_enterprises_by_gdp"``, or a numeric column.

    Returns
    -------
    numpy.ndarray
        Non-negative, sums to 1.

    Raises
    ------
    InputError
        If a column is unknown, a value is missing or negative, or all demand is zero.

    Examples
    --------
    >>> import pandas as pd
    >>> demand_shares(pd.DataFrame({"population": [30, 10]}, index=["a", "b"]), "population").tolist()
    [0.75, 0.25]
    """
    total = np.ones(len(demand))
    for column in DEMAND_WEIGHTS.get(weight, (weight,)):
        if column not in demand.columns:
            valid = [*DEMAND_WEIGHTS, *map(str, demand.columns)]
            raise InputError(f"the demand weight {weight!r} is unknown{suggestion(weight, valid)}")
        values = numbers(demand[column], "the demand table")
        wrong = ~(values >= 0)
        if wrong.any():
            row = int(np.argmax(wrong))
            told = "missing" if np.isnan(values[row]) else f"{values[row]:g}"
            others = f" (and {wrong.sum() - 1} more rows)" if wrong.sum() > 1 else ""
            raise InputError(
                f"the demand table: {column} of {demand.index[row]!r} is {told}{others}; "
                "demand must be a number, at least 0"
            )
        total *= values
    if not total.sum() > 0:
        raise InputError(f"the demand weight {weight!r} is zero at every demand point")
    return np.asarray(total / total.sum())


def price_options(section: DataSection, folder: Path) -> dict[str, Any]:
    """Return which prices and tables a section chooses, as the keywords of `siting.data.value_kinds`.

    Parameters
    ----------
    section : DataSection
        Which prices and folder.
    folder : pathlib.Path
        What relative paths are relative to.

    Returns
    -------
    dict
        `series`, `period`, `tax_adjustments`, `bidding_zones`, `directory`.
    """
    return {
        "series": section.price_series,
        "period": section.price_period,
        "tax_adjustments": section.tax_adjustments,
        "bidding_zones": section.bidding_zones,
        "directory": data_folder(section, folder),
    }


def data_folder(section: DataSection, folder: Path) -> Path | None:
    """Return the folder of the user's own tables, None for the shipped ones.

    Parameters
    ----------
    section : DataSection
        Its key `folder` counts.
    folder : pathlib.Path
        What a relative path is relative to.

    Returns
    -------
    pathlib.Path or None
        An existing folder.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if section.folder is None:
        return None
    path = folder / section.folder
    if not path.is_dir():
        raise InputError(f"data.folder: {path} is not a folder")
    return path


def _priced(frame: gpd.GeoDataFrame, section: DataSection, folder: Path | None) -> gpd.GeoDataFrame:
    """Attach the country's electricity price unless the table has its own."""
    if PRICE_COLUMN in frame.columns or "country" not in frame.columns:
        return frame
    prices = data.electricity_prices(
        series=section.price_series,
        period=section.price_period,
        tax_adjustments=section.tax_adjustments,
        directory=folder,
    )
    price = frame["country"].map(prices["value_eur_per_mwh"])
    if section.bidding_zones:
        price = _zonal(frame, section, folder).add(frame["country"].map(_added(prices))).fillna(price)
    return frame.assign(**{PRICE_COLUMN: price})


def _added(prices: pd.DataFrame) -> pd.Series[Any]:
    """Return network charges and taxes per country, which are the same in every zone."""
    return prices["adjustment_eur_per_mwh"].fillna(0.0)


def _zonal(frame: gpd.GeoDataFrame, section: DataSection, folder: Path | None) -> pd.Series[Any]:
    """Return the day-ahead price of each candidate's bidding zone, NaN where its country has only one."""
    if section.price_series != "wholesale":
        raise InputError(f"bidding_zones needs price_series = 'wholesale', not {section.price_series!r}")
    zones = data.zone_prices(section.price_period, directory=folder)["value_eur_per_mwh"]
    index = frame.index.to_series()
    found = pd.Series(np.nan, index=frame.index)
    for codes in (frame.get("nuts3"), frame.get("nuts2"), frame.get("region"), index):
        if codes is not None:
            found = found.fillna(codes.map(zones))
    return found


def _with_own_headroom(frame: gpd.GeoDataFrame, section: DataSection, folder: Path) -> gpd.GeoDataFrame:
    """Return the candidates with the headroom the user's own table gives some of them."""
    if section.headroom is None:
        return frame
    path = folder / section.headroom
    try:
        table = pd.read_csv(path, dtype={"candidate": str})
    except OSError as error:
        raise DataError(f"cannot read the headroom table {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise DataError(f"cannot read the headroom table {path}: {str(error).splitlines()[0]}") from error
    for column in ("candidate", HEADROOM_COLUMN):
        if column not in table.columns:
            raise DataError(f"{path} has no column {column!r}{suggestion(column, table.columns)}")
    own = table.set_index("candidate")[HEADROOM_COLUMN]
    for position, (candidate, value) in enumerate(own.items(), start=2):
        if candidate not in frame.index:
            hint = suggestion(str(candidate), [str(label) for label in frame.index])
            raise DataError(f"{path}, row {position}: the candidate {candidate!r} is unknown{hint}")
        if not isinstance(value, int | float) or not 0 <= value < np.inf:
            raise DataError(
                f"{path}, row {position}: {HEADROOM_COLUMN} is {value!r}; it must be a number of at least 0"
            )
    if own.index.has_duplicates:
        raise DataError(f"{path} holds {own.index[own.index.duplicated()][0]!r} twice")
    capacity = frame.get(HEADROOM_COLUMN, pd.Series(np.nan, index=frame.index)).astype(float)
    return frame.assign(**{HEADROOM_COLUMN: own.astype(float).reindex(frame.index).fillna(capacity)})


def _read(folder: Path, name: str, identifier: str | None, shipped: Sequence[str]) -> gpd.GeoDataFrame:
    """Read a table of the user's and index it by its identifier."""
    import geopandas as gpd

    path = folder / name
    if not path.is_file():
        if not path.suffix:
            raise InputError(f"the table {name!r} is unknown{suggestion(name, shipped)} (or give a file)")
        raise InputError(f"cannot read the table {path}: there is no such file")
    try:
        frame: Any = pd.read_csv(path) if path.suffix.casefold() == ".csv" else gpd.read_file(path)
    except Exception as error:  # pyogrio, pandas and GDAL raise errors of many kinds
        first_line = str(error).strip().splitlines()[0]
        raise DataError(f"cannot read the table {path}: {first_line}") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = _placed(frame, path)
    column = identifier or next((label for label in _IDENTIFIERS if label in frame.columns), None)
    if column is None or column not in frame.columns:
        hint = suggestion(column or "identifier", [str(label) for label in frame.columns])
        raise DataError(f"{path} has no column {column or 'identifier'!r} that identifies its rows{hint}")
    if frame[column].isna().any():
        raise DataError(f"{path}: row {int(np.argmax(frame[column].isna())) + 1} has no {column!r}")
    return frame.set_index(frame[column].astype(str).rename(None))


def _placed(table: pd.DataFrame, path: Path) -> gpd.GeoDataFrame:
    """Give a table of longitudes and latitudes a geometry."""
    import geopandas as gpd

    columns = []
    for labels in (_LONGITUDES, _LATITUDES):
        found = next((label for label in labels if label in table.columns), None)
        if found is None:
            raise DataError(f"{path} has no column {labels[0]!r}{suggestion(labels[0], table.columns)}")
        values = numbers(table[found], str(path))
        if np.isnan(values).any():
            raise DataError(f"{path}: row {int(np.argmax(np.isnan(values))) + 1} has no {found!r}")
        columns.append(values)
    longitudes, latitudes = columns
    if (np.abs(longitudes) > 180).any() or (np.abs(latitudes) > 90).any():
        raise DataError(f"{path} holds longitudes or latitudes that are not degrees; give degrees, not metres")
    return gpd.GeoDataFrame(
        table.assign(longitude_degrees=longitudes, latitude_degrees=latitudes),
        geometry=gpd.points_from_xy(longitudes, latitudes),
        crs=GEOGRAPHIC,
    )


def _normalised(frame: gpd.GeoDataFrame, what: str, index: str) -> gpd.GeoDataFrame:
    """Return a table of the user's in EPSG:3035, with a checked index and coordinates in degrees."""
    import geopandas as gpd

    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{what} is a {type(frame).__name__}, not a GeoDataFrame")
    projected = require_crs(frame, what).to_crs(PROJECTED)
    if len(projected) == 0:
        raise InputError(f"{what} has no rows")
    if projected.index.has_duplicates:
        twice = projected.index[projected.index.duplicated()][0]
        raise InputError(f"{what} holds {twice!r} twice; every row needs its own identifier")
    absent = projected.geometry.isna() | projected.geometry.is_empty
    if absent.any():
        raise InputError(f"{what}: {projected.index[int(np.argmax(absent))]!r} has no geometry")
    projected.index = projected.index.astype(str).rename(index)
    if not {"longitude_degrees", "latitude_degrees"} <= set(projected.columns):
        points = projected.geometry.representative_point().to_crs(GEOGRAPHIC)
        projected = projected.assign(longitude_degrees=points.x, latitude_degrees=points.y)
    return projected
