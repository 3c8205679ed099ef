"""Connection points of the transmission grid per region, from OpenStreetMap (ODbL 1.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from siting.data.rebuild.raw import numbers, read_csv, read_layer
from siting.data.rebuild.writing import Row, number, write_rows
from siting.data.tables import EU27, OVERSEAS
from siting.geography import GEOGRAPHIC, PROJECTED, assign_points_to_regions

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "osm_grid"
YEAR = "2024"
MERGE_METRES = 1000.0
"""Buses nearer than this to each other are one site: switchyards of one place, mapped per voltage."""
OFFSHORE_KM = 5.0
"""A substation this far outside every polygon of its country belongs to the nearest one."""
HIGH_KV = 300.0
LOW_KV = 220.0
CLASS_KV = 290.0
"""Lines and buses from here on are of the class of 300 to 420 kV."""
NOT_COVERED = frozenset({"CY00", "MT00", *OVERSEAS})
"""Regions outside the extract: their counts are unknown, not zero."""


def _buses(folder: Path) -> gpd.GeoDataFrame:
    """Return the alternating-current buses of the Union in EPSG:3035, with `voltage` in kV."""
    raw = read_csv(folder / "osm_buses.csv", ("bus_id", "voltage", "dc", "under_construction", "x", "y", "country"))
    raw["country"] = raw["country"].replace("GR", "EL")
    raw = raw[(raw["dc"] == "f") & (raw["under_construction"] == "f") & raw["country"].isin(EU27)]
    buses = gpd.GeoDataFrame(
        {"voltage": numbers(raw["voltage"]).to_numpy(), "country": raw["country"].to_numpy()},
        index=pd.Index(raw["bus_id"], name="bus_id"),
        geometry=gpd.points_from_xy(numbers(raw["x"]), numbers(raw["y"])),
        crs=GEOGRAPHIC,
    ).to_crs(PROJECTED)
    return buses[buses["voltage"] >= LOW_KV].sort_index()


def _clusters(points: gpd.GeoSeries) -> np.ndarray:
    """Return a cluster number per point: points linked by steps of at most `MERGE_METRES`."""
    coordinates = np.column_stack([points.x, points.y])
    pairs = KDTree(coordinates).query_pairs(MERGE_METRES, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    return np.asarray(connected_components(links, directed=False)[1])


def _listed(voltages: pd.Series) -> str:
    """Return the voltages of a site as text, highest first: `380/220`."""
    return "/".join(number(voltage) for voltage in sorted(set(voltages), reverse=True))


def sites(folder: Path, regions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the substations of the Union merged into sites.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the raw grid files.
    regions : geopandas.GeoDataFrame
        NUTS-2 or NUTS-3 polygons with a `country` column.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per site: `bus` (that of the highest voltage), `voltage` (highest, kV), `voltages` (how many),
        `voltages_kv` (all of them as text, highest first), `low` (whether there is a bus below 290 kV),
        `transformer_mva`, `region`, `distance_km` (outside its region), and a point in EPSG:3035.
    """
    buses = _buses(folder)
    buses["site"] = _clusters(buses.geometry)
    transformers = read_csv(folder / "osm_transformers.csv", ("transformer_id", "bus0", "bus1", "s_nom"))
    rating = numbers(transformers["s_nom"]).groupby(transformers["bus0"]).sum()
    buses["transformer_mva"] = rating.reindex(buses.index).fillna(0.0)
    by_site = buses.groupby("site")
    # The bus of the highest voltage stands for the site: a mean of points may lie in a neighbour's field.
    foremost = buses.reset_index().sort_values("voltage", ascending=False, kind="stable").groupby("site")
    merged = gpd.GeoDataFrame(
        {
            "bus": foremost["bus_id"].first(),
            "country": by_site["country"].first(),
            "voltage": by_site["voltage"].max(),
            "voltages": by_site["voltage"].nunique(),
            "voltages_kv": by_site["voltage"].agg(_listed),
            "low": by_site["voltage"].min() < CLASS_KV,
            "transformer_mva": by_site["transformer_mva"].sum(),
        },
        geometry=foremost["geometry"].first(),
        crs=PROJECTED,
    )
    # The extract's national code decides the country: a substation across a simplified border stays at home.
    assigned = pd.concat(
        [
            assign_points_to_regions(points, regions[regions["country"] == country], OFFSHORE_KM)
            for country, points in merged.groupby("country")
        ]
    )
    return merged.join(assigned)


def _strongest(candidates: gpd.GeoDataFrame, middle: object) -> tuple[object, str] | None:
    """Return the point of the strongest site and the rule that found it, or None without a site."""
    for least, rule in ((HIGH_KV, "strongest_substation_300_kv"), (LOW_KV, "strongest_substation_220_kv")):
        eligible = candidates[candidates["voltage"] >= least]
        if len(eligible):
            ranked = eligible.assign(metres=eligible.distance(middle)).sort_values(
                ["transformer_mva", "voltages", "metres"], ascending=[False, False, True], kind="stable"
            )
            return ranked.geometry.iloc[0], rule
    return None


def _location_rows(regions: gpd.GeoDataFrame, found: gpd.GeoDataFrame) -> list[Row]:
    """Return longitude, latitude and the rule of the representative point of every region."""
    points, rules = [], []
    for region, polygon in regions.geometry.items():
        middle = polygon.representative_point()
        point, rule = _strongest(found[found["region"] == region], middle) or (middle, "representative_point")
        points.append(point)
        rules.append(rule)
    degrees = gpd.GeoSeries(points, index=regions.index, crs=PROJECTED).to_crs(GEOGRAPHIC)
    rows = []
    for region, rule in zip(regions.index, rules, strict=True):
        source = "nuts_2021" if rule == "representative_point" else SOURCE
        common = {"year": "2021" if source == "nuts_2021" else YEAR, "source": source, "grade": "derived"}
        point = degrees[region]
        rows += [
            Row(region, "longitude_degrees", number(point.x, 5), "degree", rule=rule, **common),
            Row(region, "latitude_degrees", number(point.y, 5), "degree", rule=rule, **common),
            Row(region, "location_rule", rule, "", rule=rule, **common),
        ]
    return rows


def _count_rows(region: str, found: gpd.GeoDataFrame) -> list[Row]:
    """Return the counts and the transformer rating of one region."""
    high = int((found["voltage"] >= HIGH_KV).sum())
    outside = int((found["distance_km"] > 0).sum())
    note = f"{outside} of them up to {OFFSHORE_KM:g} km outside the simplified polygon" if outside else ""
    covered = region not in NOT_COVERED
    values = {
        "substations_220_to_299_kv": (number(len(found) - high), "1", "measured", "merged_within_1_km"),
        "substations_300_kv_and_above": (number(high), "1", "measured", "merged_within_1_km"),
        "transformer_mva": (number(found["transformer_mva"].sum()), "MVA", "derived", "sum_within_region"),
    }
    return [
        Row(region, name, value if covered else "", unit, YEAR, SOURCE, grade,
            rule if covered else "not_covered_by_extract", note if covered else "")
        for name, (value, unit, grade, rule) in values.items()
    ]  # fmt: skip


def rebuild(source: Path, target: Path) -> None:
    """Write `grid_openstreetmap.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons.
    """
    regions = read_layer(target, "nuts2")
    found = sites(source / "grid", regions)
    rows = _location_rows(regions, found)
    for region in regions.index:
        rows += _count_rows(region, found[found["region"] == region])
    write_rows(rows, target / "grid_openstreetmap.csv")
