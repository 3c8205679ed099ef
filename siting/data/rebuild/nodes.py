"""Connection points of the transmission grid as candidates: sites of 220 kV and above with what meets there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from siting.data.rebuild import network
from siting.data.rebuild.raw import numbers, read_csv, read_layer, read_parameters
from siting.data.rebuild.substations import CLASS_KV, sites
from siting.data.rebuild.writing import number, write_frame
from siting.geography import GEOGRAPHIC

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

FILE = "grid_nodes.csv"
MATCH_METRES = 10e3
"""A bus of the schematic map this near to a mapped site of its country and voltage class may be that site."""
TOO_FAR = 1e9
"""Stands for a distance beyond `MATCH_METRES`: such a pair is made only when nothing else is left, and dropped."""
_ELEMENT = re.compile(r"^(?:([wrn])[a-z]*/)?(.*?)(?:-\d+)?$")
MATCHED = "matched_within_10_km"


def node_identifiers(found: gpd.GeoDataFrame) -> pd.Series:
    """Return an identifier per site: NUTS-3 code and OpenStreetMap element, so that it begins with its region.

    Parameters
    ----------
    found : geopandas.GeoDataFrame
        Sites with `region` (NUTS-3) and `bus`.

    Returns
    -------
    pandas.Series of str
        `DE212-w106876450` is way 106876450 of OpenStreetMap in Munich; a bus the extract's makers added has their
        own number.
    """
    elements = [_ELEMENT.sub(r"\g<1>\g<2>", bus) for bus in found["bus"]]
    names = [f"{region}-{element}" for region, element in zip(found["region"], elements, strict=True)]
    return pd.Series(names, index=found.index, dtype=object)


def _pairs(buses: gpd.GeoDataFrame, near: gpd.GeoDataFrame) -> dict[str, object]:
    """Return bus to site, each at most once, so that the sum of the distances is least."""
    here, there = buses.geometry, near.geometry
    metres = np.hypot(
        here.x.to_numpy()[:, None] - there.x.to_numpy()[None, :],
        here.y.to_numpy()[:, None] - there.y.to_numpy()[None, :],
    )
    rows, columns = linear_sum_assignment(np.where(metres <= MATCH_METRES, metres, TOO_FAR))
    return {
        str(buses.index[row]): near.index[column]
        for row, column in zip(rows, columns, strict=True)
        if metres[row, column] <= MATCH_METRES
    }


def _matched(folder: Path, found: gpd.GeoDataFrame, lines: pd.DataFrame) -> pd.Series:
    """Return the site of each bus at which a line ends, by country and voltage class."""
    buses = network.read_buses(folder)
    ends = buses.index.isin(pd.concat([lines["bus0"], lines["bus1"]]))
    pairs: dict[str, object] = {}
    for (country, high), places in buses[ends & ~buses["joint"]].groupby(["country", "high"]):
        of_class = (found["voltage"] >= CLASS_KV) if high else found["low"]
        near = found[(found["country"] == country) & of_class]
        if len(near):
            pairs |= _pairs(places, near)
    return pd.Series(pairs, dtype=object)


def _incident(lines: pd.DataFrame, site_of_bus: pd.Series) -> pd.DataFrame:
    """Return per site the circuits of either class that end there, their total and their largest rating."""
    ends = pd.concat([lines.assign(site=lines[end].map(site_of_bus)) for end in ("bus0", "bus1")])
    ends = ends.dropna(subset=["site"])
    ends["high"] = numbers(ends["voltage"]) >= CLASS_KV
    ends["total"] = ends["circuits"] * ends["rating"]
    by_site = ends.groupby("site")
    return pd.DataFrame(
        {
            "low": ends[~ends["high"]].groupby("site")["circuits"].sum(),
            "high": ends[ends["high"]].groupby("site")["circuits"].sum(),
            "total": by_site["total"].sum(),
            "largest": by_site["rating"].max(),
        }
    ).fillna({"low": 0.0, "high": 0.0})


def _with_circuits(found: gpd.GeoDataFrame, incident: pd.DataFrame, target: Path) -> pd.DataFrame:
    """Return the circuits of every site, where none was matched two of its highest voltage."""
    table = incident.reindex(found.index)
    table["rule"] = np.where(table["total"].notna(), MATCHED, network.ASSUMED)
    types = read_csv(target / "line_types.csv", ("minimum_kv", "rating_mva"))
    steps, ratings = numbers(types["minimum_kv"]).to_numpy(), numbers(types["rating_mva"]).to_numpy()
    rating = pd.Series(ratings[np.searchsorted(steps, found["voltage"], side="right") - 1], index=found.index)
    high = found["voltage"] >= CLASS_KV
    assumed = {
        "low": np.where(high, 0, network.CIRCUITS_ASSUMED),
        "high": np.where(high, network.CIRCUITS_ASSUMED, 0),
        "total": network.CIRCUITS_ASSUMED * rating,
        "largest": rating,
    }
    return table.fillna({name: pd.Series(values, index=found.index) for name, values in assumed.items()})


def rebuild(source: Path, target: Path) -> None:
    """Write `grid_nodes.csv`, one row per site of the transmission grid.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons, `line_types.csv` and `grid_parameters.csv`.

    Notes
    -----
    A site further than 5 km from every NUTS-3 polygon of its country is a platform at sea and is left out. The
    limit of a site is a share of its circuits' rating less the largest circuit, by the two parameters that the
    headroom of the regions uses: half of what flows through serves others.
    """
    found = sites(source / "grid", read_layer(target, "nuts3")).dropna(subset=["region"])
    folder = source / "grid" / "entsoegridkit"
    lines = network.read_circuits(folder, target)
    circuits = _with_circuits(found, _incident(lines, _matched(folder, found, lines)), target)
    parameters = read_parameters(target, "grid_parameters", "parameter", "value")
    share = parameters["usable_share_of_import"] * parameters["share_of_spare_import"]
    degrees = found.geometry.to_crs(GEOGRAPHIC)
    table = pd.DataFrame(
        {
            "candidate": node_identifiers(found),
            "longitude_degrees": [number(point.x, 5) for point in degrees],
            "latitude_degrees": [number(point.y, 5) for point in degrees],
            "voltages_kv": found["voltages_kv"],
            "transformer_mva": [number(value) for value in found["transformer_mva"]],
            "incident_circuits_220_to_299_kv": [number(value) for value in circuits["low"]],
            "incident_circuits_300_kv_and_above": [number(value) for value in circuits["high"]],
            "circuit_rating_mva": [number(value) for value in circuits["total"]],
            "connection_limit_mva": [number(value) for value in share * (circuits["total"] - circuits["largest"])],
            "circuit_rule": circuits["rule"],
        }
    )
    write_frame(table.sort_values("candidate", kind="stable"), target / FILE)
