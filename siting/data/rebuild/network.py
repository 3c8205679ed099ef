"""Circuits of each region: those that cross its border and those that end in it, from the ENTSO-E map extract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.data.rebuild.raw import numbers, read_csv, read_layer
from siting.data.rebuild.substations import CLASS_KV, sites
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
CLASSES = ("incident_circuits_220_to_299_kv", "incident_circuits_300_kv_and_above")
INCIDENT, ASSUMED = "circuits_with_an_end_in_the_region", "two_circuits_assumed"
CIRCUITS_ASSUMED = 2
"""Where the map shows none: the lower quartile of the sites that were matched, and the fewest that N-1 allows."""
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


def _bus_regions(source: Path, target: Path, level: str, mapped: gpd.GeoDataFrame) -> pd.Series:
    """Return the region of a level, or `ABROAD`, of every alternating-current bus."""
    regions, neighbours = read_layer(target, level), read_layer(target, "neighbours")
    buses = read_buses(source / "grid" / "entsoegridkit")
    found = _by_polygon(buses, regions, neighbours)
    # The map is schematic; the mapped sites stand where the substations are.
    found.update(_by_site(buses, mapped))
    if level == "nuts2":
        # Small regions are too many: one with a mapped site and no bus would take that of its neighbour.
        empty = regions.index.difference(found.unique())
        found.update(pd.Series(_stand_ins(buses, mapped, empty), dtype=object))
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


def incident_circuits(lines: pd.DataFrame, regions: pd.Series) -> pd.DataFrame:
    """Return per region the circuits with an end in it; one with both ends there counts once.

    Parameters
    ----------
    lines : pandas.DataFrame
        As `read_circuits` returns them.
    regions : pandas.Series
        Region of every bus.

    Returns
    -------
    pandas.DataFrame
        Indexed by region: circuits of the lower and the higher class of voltage, as `CLASSES` names them.
    """
    ends = lines.assign(first=lines["bus0"].map(regions), second=lines["bus1"].map(regions)).dropna(
        subset=["first", "second"]
    )
    inner = ends[ends["first"] == ends["second"]].assign(region=ends["first"])
    crossing = ends[ends["first"] != ends["second"]]
    every = pd.concat([inner, *(crossing.assign(region=crossing[end]) for end in ("first", "second"))])
    high = numbers(every["voltage"]) >= CLASS_KV
    return pd.DataFrame(
        {
            name: every[high == is_high].groupby("region")["circuits"].sum()
            for name, is_high in zip(CLASSES, (False, True), strict=True)
        }
    ).fillna(0.0)


def _incident_rows(found: pd.DataFrame, mapped: gpd.GeoDataFrame, regions: pd.Index) -> list[Row]:
    """Return the circuits of every region by class; two where there is a mapped site of a class and no circuit."""
    sites_of = {"low": mapped.loc[mapped["low"], "region"], "high": mapped.loc[mapped["voltage"] >= CLASS_KV, "region"]}
    rows = []
    for name, has_site in zip(CLASSES, (set(codes) for codes in sites_of.values()), strict=True):
        counts = found[name].reindex(regions).fillna(0.0)
        for region, count in counts.items():
            value, grade, rule, note = number(count), "derived", INCIDENT, ""
            if str(region)[:4] in NOT_COVERED:
                value, rule = "", "not_covered_by_extract"
            elif count == 0 and region in has_site:
                value, grade, rule = number(CIRCUITS_ASSUMED), "assumption", ASSUMED
                note = "mapped sites of this class, and no circuit of the map ends here"
            rows.append(Row(str(region), name, value, "1", YEAR, SOURCE, grade, rule, note))
    return rows


def _import_rows(capacity: pd.DataFrame, regions: pd.Index) -> list[Row]:
    """Return number and N-1 rating of the circuits across the border of every region."""
    rows = []
    for region in regions:
        count, rating, rule = "", "", "not_covered_by_extract"
        if region not in NOT_COVERED:
            crossing = capacity.reindex([region]).fillna(0.0).iloc[0]
            count, rating = number(crossing["circuits"]), number(crossing["total"] - crossing["largest"])
            rule = "circuits_across_border_less_largest"
        rows += [
            Row(region, "import_circuits", count, "1", YEAR, SOURCE, "derived", rule),
            Row(region, "import_capacity_mva", rating, "MVA", YEAR, SOURCE, "derived", rule),
        ]
    return rows


def rebuild(source: Path, target: Path) -> None:
    """Write `grid_network.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons and `line_types.csv`.
    """
    lines = read_circuits(source / "grid" / "entsoegridkit", target)
    rows = []
    for level in ("nuts2", "nuts3"):
        layer = read_layer(target, level)
        mapped = sites(source / "grid", layer)
        bus_regions = _bus_regions(source, target, level, mapped)
        rows += _incident_rows(incident_circuits(lines, bus_regions), mapped, layer.index)
        if level == "nuts2":
            rows += _import_rows(_import_capacity(lines, bus_regions), layer.index)
    write_rows(rows, target / "grid_network.csv")
