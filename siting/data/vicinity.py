"""What lies around a place: grid nodes, power plants and internet exchanges, by geodesic distance."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data import checking, nearness, reading
from siting.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LARGE_EXCHANGE_NETWORKS = 100
"""An exchange at which so many networks meet counts as large."""
PLANT_RADII_KM = (25, 50)
FUELS = ("nuclear", "hydro", "wind", "solar", "gas", "coal", "biomass", "storage", "other")
PLACE = ("longitude_degrees", "latitude_degrees")
NODE_NUMBERS = (
    *PLACE, "transformer_mva", "incident_circuits_220_to_299_kv", "incident_circuits_300_kv_and_above",
    "circuit_rating_mva", "connection_limit_mva",
)  # fmt: skip


def _read(name: str, directory: Path | None, texts: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Return a table with one row per place; an empty cell of a number is NaN."""
    path = reading.locate(f"{name}.csv", directory)
    frame = checking.read_text_table(path, (*texts, *numbers))
    for column in numbers:
        values = pd.to_numeric(frame[column].where(frame[column] != ""), errors="coerce").astype(float)
        broken = (values.isna() | np.isinf(values)) & (frame[column] != "")
        if broken.any():
            row = frame.index[broken.to_numpy()][0]
            raise DataError(f"{path}, row {row}, column '{column}': '{frame.loc[row, column]}' is not a number")
        frame[column] = values
    return frame


@lru_cache(maxsize=4)
def node_table(directory: Path | None) -> pd.DataFrame:
    """Return `grid_nodes.csv` indexed by candidate; callers must not change it.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        The columns of the file as numbers, `voltages_kv` and `circuit_rule` as text; `nuts3`, `highest_kv` and
        `voltages` (how many).

    Raises
    ------
    siting.errors.DataError
        If the file lacks a column, or holds something that is not a number.
    """
    frame = _read("grid_nodes", directory, ("candidate", "voltages_kv", "circuit_rule"), NODE_NUMBERS)
    frame = frame.assign(
        nuts3=frame["candidate"].str.split("-").str[0].astype(object),
        highest_kv=frame["voltages_kv"].str.split("/").str[0].astype(float),
        voltages=frame["voltages_kv"].str.count("/") + 1,
    )
    return frame.set_index("candidate")


@lru_cache(maxsize=4)
def plant_table(directory: Path | None) -> pd.DataFrame:
    """Return `power_plants.csv`: `region` (NUTS-3), `fuel`, `capacity_mw`, `firm_mw` and coordinates in degrees.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        One row per operating plant of 10 MW and above; callers must not change it.

    Raises
    ------
    siting.errors.DataError
        If the file lacks a column, or holds something that is not a number.
    """
    return _read("power_plants", directory, ("region", "fuel"), (*PLACE, "capacity_mw", "firm_mw"))


@lru_cache(maxsize=4)
def exchange_table(directory: Path | None) -> pd.DataFrame:
    """Return `internet_exchanges.csv`: name, city, country, `networks`, coordinates, and the rule they come by.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        One row per exchange; coordinates are NaN where nobody knows them. Callers must not change it.

    Raises
    ------
    siting.errors.DataError
        If the file lacks a column, or holds something that is not a number.
    """
    return _read("internet_exchanges", directory, ("exchange", "name", "city", "country", "rule"), (*PLACE, "networks"))


def large_exchanges(directory: Path | None) -> pd.DataFrame:
    """Return the exchanges that count as large and whose place is known.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        Rows of `exchange_table`.
    """
    table = exchange_table(directory)
    return table[(table["networks"] >= LARGE_EXCHANGE_NETWORKS) & table["longitude_degrees"].notna()]


def distance_to_grid_km(points: pd.DataFrame, directory: Path | None, minimum_kv: float = 0.0) -> NDArray[np.float64]:
    """Return the geodesic distance from every point to the nearest grid node.

    Parameters
    ----------
    points : pandas.DataFrame
        With the columns `longitude_degrees` and `latitude_degrees`.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.
    minimum_kv : float, default 0
        Only nodes of this voltage or more.

    Returns
    -------
    numpy.ndarray
        Kilometres.
    """
    nodes = node_table(directory)
    return nearness.nearest(points, nodes[nodes["highest_kv"] >= minimum_kv])[1]


def vicinity(points: pd.DataFrame, covered: NDArray[np.bool_], directory: Path | None) -> pd.DataFrame:
    """Return what lies around every point.

    Parameters
    ----------
    points : pandas.DataFrame
        With the columns `longitude_degrees` and `latitude_degrees`.
    covered : numpy.ndarray
        Where the extracts of the grid and of the power plants cover the point: elsewhere their values are unknown,
        and the nearest node would lie across the sea.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        Indexed like the points: `distance_to_grid_km`, `distance_to_exchange_km`, `nearest_exchange` and the columns
        of `generation_within`.
    """
    exchanges = large_exchanges(directory)
    position, exchange_km = nearness.nearest(points, exchanges)
    columns = {
        "distance_to_grid_km": np.where(covered, distance_to_grid_km(points, directory), np.nan).round(2),
        "distance_to_exchange_km": exchange_km.round(1),
        "nearest_exchange": exchanges["name"].to_numpy(dtype=object)[position],
    }
    around = generation_within(points, directory)
    return pd.DataFrame(columns, index=points.index).join(around[covered])


def generation_within(points: pd.DataFrame, directory: Path | None) -> pd.DataFrame:
    """Return the generation around every point: in total and by fuel.

    Parameters
    ----------
    points : pandas.DataFrame
        With the columns `longitude_degrees` and `latitude_degrees`.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        Indexed like the points, MW: `generation_within_25_km_mw` and `generation_<fuel>_within_25_km_mw`, the same for
        50 km. 0 where no plant is near.

    Examples
    --------
    >>> cattenom = pd.DataFrame({"longitude_degrees": [6.218], "latitude_degrees": [49.416]})
    >>> bool(generation_within(cattenom, None)["generation_nuclear_within_25_km_mw"].item() > 5000)
    True
    """
    plants = plant_table(directory)
    first, second, distance_km = nearness.pairs_within_km(points, plants, max(PLANT_RADII_KM))
    megawatts, fuel = plants["capacity_mw"].to_numpy()[second], plants["fuel"].to_numpy()[second]
    of_fuel = {name: np.where(fuel == name, megawatts, 0.0) for name in FUELS}
    columns = {}
    for radius in PLANT_RADII_KM:
        near = distance_km <= radius
        for name, weights in {"": megawatts, **{f"{name}_": values for name, values in of_fuel.items()}}.items():
            sums = np.bincount(first[near], weights=weights[near], minlength=len(points))
            columns[f"generation_{name}within_{radius}_km_mw"] = sums.round(1)
    return pd.DataFrame(columns, index=points.index)


def generation_by_region(regions: pd.Index, covered: NDArray[np.bool_], directory: Path | None) -> pd.DataFrame:
    """Return the generation of NUTS regions: in total, firm, and by fuel.

    Parameters
    ----------
    regions : pandas.Index
        NUTS-2 or NUTS-3 codes, all of one length.
    covered : numpy.ndarray
        Where the list of plants covers the region.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        MW: `generation_mw`, `firm_generation_mw` and `generation_<fuel>_mw`.
    """
    plants = plant_table(directory)
    code = plants["region"].str[: len(regions[0])]
    totals = plants.groupby(code)[["capacity_mw", "firm_mw"]].sum()
    totals.columns = pd.Index(["generation_mw", "firm_generation_mw"])
    of_fuel = {
        f"generation_{fuel}_mw": plants["capacity_mw"].where(plants["fuel"] == fuel, 0.0).groupby(code).sum()
        for fuel in FUELS
    }
    # A region that the list covers and that has no plant has none: here zero is the value.
    table = totals.assign(**of_fuel).reindex(regions).fillna(0.0).round(1)
    return table.where(pd.Series(covered, index=regions), np.nan, axis=0)
