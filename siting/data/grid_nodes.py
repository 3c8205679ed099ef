"""The connection points of the transmission grid as candidates, and what NUTS-3 regions take from theirs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.climate import climate
from siting.data.inheritance import inherited, with_columns
from siting.data.regions import table
from siting.data.vicinity import PLACE, generation_by_region, node_table, vicinity
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

HIGH_KV = 300.0
HIGH, LOW = "substations_300_kv_and_above", "substations_220_to_299_kv"
CIRCUITS = ("incident_circuits_220_to_299_kv", "incident_circuits_300_kv_and_above")
NODE_COLUMNS = (
    "voltages_kv", "transformer_mva", *CIRCUITS, "circuit_rating_mva", "circuit_rule", "connection_limit_mva",
)  # fmt: skip


def headroom_of_region(nuts2: pd.Series, directory: Path | None) -> pd.Series:
    """Return the headroom of the NUTS-2 region of each candidate, MVA: the shipped proxy or the user's own table.

    Parameters
    ----------
    nuts2 : pandas.Series
        Codes.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.Series
        Indexed like the codes; NaN where the extract does not cover the region.
    """
    return pd.Series(table("nuts2", directory)["grid_capacity_mva"].reindex(nuts2).to_numpy(), index=nuts2.index)


def node_headroom(directory: Path | None) -> pd.Series:
    """Return MVA per grid node: its own limit, at most the headroom of its region.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.Series
        Indexed by grid node.
    """
    nodes = node_table(directory)
    region = headroom_of_region(nodes["nuts3"].str[:4], directory)
    return nodes["connection_limit_mva"].where(region.notna()).clip(upper=region)


@lru_cache(maxsize=4)
def nodes(directory: Path | None) -> gpd.GeoDataFrame:
    """Return the grid nodes as candidates; callers must not change the table.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    geopandas.GeoDataFrame
        Points in EPSG:3035 with the attributes that `candidate_sets.csv` lists.
    """
    import geopandas

    raw = node_table(directory)
    names = table("nuts3", directory)["name"].reindex(raw["nuts3"]).to_numpy(dtype=object)
    high = raw["highest_kv"] >= HIGH_KV
    frame = pd.DataFrame(
        {
            "name": [f"{name}, {voltages} kV" for name, voltages in zip(names, raw["voltages_kv"], strict=True)],
            "country": raw["nuts3"].str[:2],
            "nuts2": raw["nuts3"].str[:4],
            "nuts3": raw["nuts3"],
            **{column: raw[column] for column in PLACE},
            LOW: (~high).astype(float),
            HIGH: high.astype(float),
            **{column: raw[column] for column in NODE_COLUMNS},
            "grid_capacity_mva": node_headroom(directory),
        },
        index=raw.index,
    )
    covered = np.ones(len(frame), dtype=bool)
    frame = frame.join([vicinity(frame, covered, directory), climate(frame, directory)])
    frame = frame.join(inherited(frame, "grid_nodes", directory))
    points = geopandas.points_from_xy(frame["longitude_degrees"], frame["latitude_degrees"], crs=GEOGRAPHIC)
    return geopandas.GeoDataFrame(frame, geometry=points.to_crs(PROJECTED), crs=PROJECTED)


def _strongest(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the strongest node of each NUTS-3 region: 300 kV first, then transformers, then voltages."""
    ranked = raw.assign(high=raw["highest_kv"] >= HIGH_KV, node=raw.index).sort_values(
        ["high", "transformer_mva", "voltages", "node"], ascending=[False, False, False, True], kind="stable"
    )
    return ranked.groupby("nuts3").first()


def _located(frame: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """Return coordinates and rule: the strongest node of the region, else its middle."""
    strongest = _strongest(raw).reindex(frame.index)
    known = strongest["node"].notna()
    rule = np.where(strongest["high"].eq(True), "strongest_substation_300_kv", "strongest_substation_220_kv")  # noqa: FBT003
    return pd.DataFrame(
        {
            **{column: strongest[column].where(known, frame[column]) for column in PLACE},
            "location_rule": pd.Series(rule, index=frame.index).where(known, "representative_point"),
        }
    )


def _node_sums(frame: pd.DataFrame, raw: pd.DataFrame, directory: Path | None) -> pd.DataFrame:
    """Return counts, transformers and headroom of the nodes in each NUTS-3 region; none is zero, not missing."""
    high = raw["highest_kv"] >= HIGH_KV
    sums = pd.DataFrame(
        {LOW: ~high, HIGH: high, "transformer_mva": raw["transformer_mva"], "limit": raw["connection_limit_mva"]}
    ).astype(float)
    found = sums.groupby(raw["nuts3"]).sum().reindex(frame.index).fillna(0.0)
    region = headroom_of_region(frame["nuts2"], directory)
    found["grid_capacity_mva"] = found.pop("limit").clip(upper=region)
    return found.where(region.notna(), np.nan, axis=0)


@lru_cache(maxsize=4)
def small_regions(directory: Path | None) -> gpd.GeoDataFrame:
    """Return the NUTS-3 regions as candidates; callers must not change the table.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    geopandas.GeoDataFrame
        Polygons in EPSG:3035 with the attributes that `candidate_sets.csv` lists and those of NUTS-3 tables.
    """
    base = table("nuts3", directory)
    frame = base.assign(nuts2=base.index.str[:4].astype(object), nuts3=base.index.astype(object))
    raw = node_table(directory)
    parent = table("nuts2", directory)
    share = frame["population"] / frame.groupby("nuts2")["population"].transform("sum")
    peak_load = (share * parent["peak_load_mw"].reindex(frame["nuts2"]).to_numpy()).round(1)
    frame = with_columns(frame, _located(frame, raw).assign(peak_load_mw=peak_load))
    covered = headroom_of_region(frame["nuts2"], directory).notna().to_numpy()
    parts = (
        _node_sums(frame, raw, directory),
        generation_by_region(frame.index, covered, directory),
        vicinity(frame, covered, directory),
        climate(frame, directory),
        inherited(frame, "nuts3", directory),
    )
    for part in parts:
        frame = with_columns(frame, part)
    return frame
