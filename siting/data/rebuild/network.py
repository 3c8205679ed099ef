"""Rating of the circuits that cross each region's border, from the ENTSO-E map extract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.data.rebuild.raw import numbers, read_csv, read_layer
from siting.data.rebuild.substations import sites
from siting.data.rebuild.writing import Row, number, write_rows
from siting.data.tables import EU27, OVERSEAS
from siting.geography import GEOGRAPHIC, PROJECTED, assign_points_to_regions

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "entsoe_gridkit"
YEAR = "2022"
OUTSIDE_KM = 10.0
"""How far outside its country's polygons a bus may be drawn on the schematic map."""
SITE_KM = 10.0
"""A bus this near to a mapped site of its country and voltage class lies where the site is."""
NEAREST_BUS_KM = 25.0
"""Where a region has mapped sites and no bus, the bus this near to its strongest site stands for it."""
LOWEST_KV = 220.0
HIGH_KV = 290.0
"""Buses at or above are of the class of 300 to 420 kV."""
ABROAD = "abroad"
NOT_COVERED = frozenset({"CY00", "MT00", *OVERSEAS})
"""Regions outside the extract: their rating is unknown, not zero."""


def read_buses(folder: Path) -> gpd.GeoDataFrame:
    """Return the alternating-current buses of the ENTSO-E map.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the raw files of the map.

    Returns
    -------
    geopandas.GeoDataFrame
        EPSG:3035; `country`, `high` (of the class of 300 to 420 kV) and `joint` (a branching, no substation).
    """
    raw = read_csv(folder / "buses.csv", ("bus_id", "voltage", "dc", "symbol", "tags", "x", "y"), quotechar="'")
    raw = raw[raw["dc"] != "t"].set_index("bus_id")
    return gpd.GeoDataFrame(
        {
            "country": raw["tags"].str.extract(r'"country"=>"([A-Z]{2})"')[0].replace({"GR": "EL", "GB": "UK"}),
            "high": numbers(raw["voltage"]) >= HIGH_KV,
            "joint": raw["symbol"] == "joint",
        },
        geometry=gpd.points_from_xy(numbers(raw["x"]), numbers(raw["y"])),
        crs=GEOGRAPHIC,
    ).to_crs(PROJECTED)


def _by_polygon(buses: gpd.GeoDataFrame, regions: gpd.GeoDataFrame, neighbours: gpd.GeoDataFrame) -> pd.Series:
    """Return the region in which the schematic map draws each bus, or `ABROAD`."""
    everywhere = pd.concat([regions[["geometry"]], neighbours[["geometry"]]])
    # A fifth of the buses carry no country: they lie where the map draws them.
    pieces = [assign_points_to_regions(buses[buses["country"].isna()], everywhere, OUTSIDE_KM)["region"]]
    for country, places in buses[buses["country"].isin(EU27)].groupby("country"):
        home = regions[regions["country"] == country]
        pieces.append(assign_points_to_regions(places, home, OUTSIDE_KM)["region"])
    found = pd.concat(pieces).reindex(buses.index)
    placed: pd.Series[Any] = found.where(found.isin(regions.index), ABROAD)
    return placed


def _by_site(buses: gpd.GeoDataFrame, mapped: gpd.GeoDataFrame) -> pd.Series:
    """Return the region of the mapped site near each bus, of the same country and voltage class."""
    pieces = []
    for (country, high), places in buses[~buses["joint"]].groupby(["country", "high"]):
        near = mapped[(mapped["country"] == country) & ((mapped["voltage"] >= HIGH_KV) == high)]
        if len(near):
            site = assign_points_to_regions(places, near, SITE_KM)["region"].dropna()
            pieces.append(site.map(mapped["region"]))
    placed: pd.Series[Any] = pd.concat(pieces).dropna()
    return placed


def _stand_ins(buses: gpd.GeoDataFrame, mapped: gpd.GeoDataFrame, empty: pd.Index) -> dict[str, str]:
    """Return for regions with sites and no bus the nearest bus to the strongest site: bus to region."""
    chosen: dict[str, str] = {}
    for region in empty:
        sites_here = mapped[mapped["region"] == region].sort_values(
            ["voltage", "transformer_mva"], ascending=False, kind="stable"
        )
        if sites_here.empty:
            continue
        site = sites_here.iloc[0]
        near = buses[
            (buses["country"] == site["country"]) & ~buses["joint"] & (buses["high"] == (site["voltage"] >= HIGH_KV))
        ]
        metres = near.distance(site.geometry)
        if len(metres) and metres.min() <= NEAREST_BUS_KM * 1000.0:
            chosen[str(metres.idxmin())] = str(region)
    return chosen


def _bus_regions(source: Path, target: Path) -> pd.Series:
    """Return the NUTS-2 region, or `ABROAD`, of every alternating-current bus."""
    regions, neighbours = read_layer(target, "nuts2"), read_layer(target, "neighbours")
    buses = read_buses(source / "grid" / "entsoegridkit")
    mapped = sites(source / "grid", regions)
    found = _by_polygon(buses, regions, neighbours)
    # The map is schematic; the mapped sites stand where the substations are.
    found.update(_by_site(buses, mapped))
    found.update(pd.Series(_stand_ins(buses, mapped, regions.index.difference(found.unique())), dtype=object))
    return found


def read_circuits(folder: Path, target: Path) -> pd.DataFrame:
    """Return the existing lines of 220 kV and above.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the raw files of the map.
    target : pathlib.Path
        Folder of the shipped tables, with `line_types.csv`.

    Returns
    -------
    pandas.DataFrame
        `bus0`, `bus1`, `voltage` (text), `circuits` and `rating` (MVA of one circuit).
    """
    columns = ("line_id", "bus0", "bus1", "voltage", "circuits", "under_construction")
    raw = read_csv(folder / "lines.csv", columns, quotechar="'")
    voltage = numbers(raw["voltage"])
    raw = raw[(raw["under_construction"] == "False") & (voltage >= LOWEST_KV)]
    types = read_csv(target / "line_types.csv", ("minimum_kv", "rating_mva"))
    minimum, rating = numbers(types["minimum_kv"]).to_numpy(), numbers(types["rating_mva"]).to_numpy()
    chosen = np.searchsorted(minimum, voltage[raw.index].to_numpy(), side="right") - 1
    return raw.assign(circuits=numbers(raw["circuits"]), rating=rating[chosen])


def _import_capacity(lines: pd.DataFrame, regions: pd.Series) -> pd.DataFrame:
    """Return per region the circuits across its border: their number, total and largest rating."""
    ends = lines.assign(first=lines["bus0"].map(regions), second=lines["bus1"].map(regions)).dropna(
        subset=["first", "second"]
    )
    crossing = ends[ends["first"] != ends["second"]]
    both = pd.concat([crossing.assign(region=crossing["first"]), crossing.assign(region=crossing["second"])])
    both["total"] = both["circuits"] * both["rating"]
    grouped = both.groupby("region")
    return pd.DataFrame(
        {
            "circuits": grouped["circuits"].sum(),
            "total": grouped["total"].sum(),
            "largest": grouped["rating"].max(),
        }
    )


def rebuild(source: Path, target: Path) -> None:
    """Write `grid_network.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons and `line_types.csv`.
    """
    folder = source / "grid" / "entsoegridkit"
    capacity = _import_capacity(read_circuits(folder, target), _bus_regions(source, target))
    rows = []
    for region in read_layer(target, "nuts2").index:
        if region in NOT_COVERED:
            values = {"import_circuits": "", "import_capacity_mva": ""}
            rule = "not_covered_by_extract"
        else:
            crossing = capacity.reindex([region]).fillna(0.0).iloc[0]
            values = {
                "import_circuits": number(crossing["circuits"]),
                "import_capacity_mva": number(crossing["total"] - crossing["largest"]),
            }
            rule = "circuits_across_border_less_largest"
        rows += [
            Row(region, "import_circuits", values["import_circuits"], "1", YEAR, SOURCE, "derived", rule),
            Row(
                region,
                "import_capacity_mva",
                values["import_capacity_mva"],
                "MVA",
                YEAR,
                SOURCE,
                "derived",
                rule,
            ),
        ]
    write_rows(rows, target / "grid_network.csv")
