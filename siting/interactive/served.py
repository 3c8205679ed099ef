"""Which chosen site serves the users inside each candidate, and how quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from siting.geography import PROJECTED, assign_points_to_regions
from siting.maps.frame import anchor_points

if TYPE_CHECKING:
    from collections.abc import Hashable

_SHARE = "demand_share"


def served_shares(candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return how much of the demand inside each candidate every site serves, and the mean latency there.

    A demand point lies in the candidate that holds its representative point.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        In EPSG:3035; those that are not areas have no demand inside.
    demand : geopandas.GeoDataFrame or None
        Perhaps with `facility`, `demand_share` and `latency_ms`.

    Returns
    -------
    pandas.DataFrame
        Columns `candidate`, `facility`, `share` of the candidate's demand, the largest first, and `latency_ms` (NaN
        where it is not known).

    Examples
    --------
    >>> from shapely import Point, box
    >>> region = gpd.GeoDataFrame(index=["A"], geometry=[box(4e6, 3e6, 4.1e6, 3.1e6)], crs=PROJECTED)
    >>> users = gpd.GeoDataFrame(
    ...     {"facility": ["A", "B"], "demand_share": [0.3, 0.1]},
    ...     geometry=[Point(4.05e6, 3.05e6), Point(4.06e6, 3.06e6)], crs=PROJECTED,
    ... )
    >>> shares = served_shares(region, users).round({"share": 3})
    >>> shares[["candidate", "facility", "share"]].to_numpy().tolist()
    [['A', 'A', 0.75], ['A', 'B', 0.25]]
    """
    nothing = pd.DataFrame(columns=["candidate", "facility", "share", "latency_ms"])
    if demand is None or not hasattr(demand, "geometry") or "facility" not in demand or _SHARE not in demand:
        return nothing
    areas = candidates[shapely.get_dimensions(candidates.geometry.to_numpy()) == 2]
    known = demand[demand["facility"].notna() & (demand[_SHARE] > 0)].to_crs(PROJECTED)
    if areas.empty or known.empty:
        return nothing
    places = gpd.points_from_xy(*anchor_points(known).T, crs=PROJECTED)
    points = gpd.GeoDataFrame(geometry=places, index=pd.RangeIndex(len(known)))
    table = pd.DataFrame(
        {
            "candidate": assign_points_to_regions(points, areas)["region"].to_numpy(dtype=object),
            "facility": known["facility"].to_numpy(dtype=object),
            "weight": known[_SHARE].to_numpy(dtype=float),
        }
    )
    latency = known["latency_ms"].to_numpy(dtype=float) if "latency_ms" in known.columns else np.nan
    table["delay"] = table["weight"] * latency
    table = table[table["candidate"].notna()]
    pairs = table.groupby(["candidate", "facility"], sort=False)["weight"].sum().reset_index()
    whole = table.groupby("candidate", sort=False)[["weight", "delay"]].sum(min_count=1)
    pairs["share"] = pairs["weight"] / pairs["candidate"].map(whole["weight"])
    pairs["latency_ms"] = pairs["candidate"].map(whole["delay"] / whole["weight"])
    pairs = pairs.sort_values("share", ascending=False, kind="stable")
    return pairs[["candidate", "facility", "share", "latency_ms"]].reset_index(drop=True)


def by_candidate(
    candidates: gpd.GeoDataFrame, pairs: pd.DataFrame, sites: list[Hashable]
) -> tuple[list[list[list[float]]], list[float | None], list[int]]:
    """Return shares, latency and main site of every candidate, sites by their position.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        With `facility`, the closest chosen site.
    pairs : pandas.DataFrame
        What `served_shares` returned.
    sites : list
        Labels of the chosen sites.

    Returns
    -------
    served : list of list of [position, share]
        Empty where no demand lies inside.
    latency : list of (float or None)
        Milliseconds.
    main : list of int
        Site that serves most, or the closest where no demand lies inside; -2 where there is no site.
    """
    place = {site: number for number, site in enumerate(sites)}
    row = {label: number for number, label in enumerate(candidates.index)}
    served: list[list[list[float]]] = [[] for _ in row]
    latency: list[float | None] = [None] * len(row)
    shares, delays = pairs["share"].to_numpy(dtype=float), pairs["latency_ms"].to_numpy(dtype=float)
    for candidate, site, share, delay in zip(pairs["candidate"], pairs["facility"], shares, delays, strict=True):
        served[row[candidate]].append([place[site], round(float(share), 4)])
        latency[row[candidate]] = round(float(delay), 2) if np.isfinite(delay) else None
    closest = [place.get(site, -2) for site in candidates["facility"]]
    main = [int(own[0][0]) if own else near for own, near in zip(served, closest, strict=True)]
    return served, latency, main
