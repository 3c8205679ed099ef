"""Operating generation per region, in total and what of it is firm at the winter peak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from siting.data.rebuild.raw import numbers, read_csv, read_layer
from siting.data.rebuild.writing import Row, number, write_frame, write_rows
from siting.data.tables import COUNTRY_NAMES, OVERSEAS
from siting.geography import GEOGRAPHIC, PROJECTED, assign_points_to_regions

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "powerplants"
YEAR = 2025
OFFSHORE_KM = 30.0
"""Plants this far outside the polygons (offshore wind) belong to the nearest region of their country."""
FUELS = {
    "Nuclear": "nuclear", "Hydro": "hydro", "Wind": "wind", "Solar": "solar", "Natural Gas": "gas",
    "Hard Coal": "coal", "Lignite": "coal", "Solid Biomass": "biomass", "Biogas": "biomass", "Waste": "biomass",
    "Battery": "storage", "Heat Storage": "storage", "Hydrogen Storage": "storage",
}  # fmt: skip
"""Group of each fuel of the source; the rest (oil, geothermal, other) is `other`."""
NOT_COVERED = frozenset({"CY00", "MT00", *OVERSEAS})


def operating(folder: Path) -> gpd.GeoDataFrame:
    """Return the plants that operate through the end of the reference year.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the raw grid files.

    Returns
    -------
    geopandas.GeoDataFrame
        `country`, `fuel`, `technology`, `capacity_mw` and a point in EPSG:3035. A plant whose opening year is
        not known counts as open, one whose closing year is not known as not closed.
    """
    needed = ("id", "Fueltype", "Technology", "Country", "Capacity", "DateIn", "DateOut", "lat", "lon")
    raw = read_csv(folder / "powerplants_ge10mw.csv", needed)
    opened, closed = numbers(raw["DateIn"]), numbers(raw["DateOut"])
    raw = raw[~(opened > YEAR) & ~(closed <= YEAR)]
    codes = {name: code for code, name in COUNTRY_NAMES.items()} | {"Czech Republic": "CZ"}
    return gpd.GeoDataFrame(
        {
            "country": raw["Country"].map(codes),
            "fuel": raw["Fueltype"],
            "technology": raw["Technology"],
            "capacity_mw": numbers(raw["Capacity"]),
        },
        geometry=gpd.points_from_xy(numbers(raw["lon"]), numbers(raw["lat"])),
        crs=GEOGRAPHIC,
    ).to_crs(PROJECTED)


def _firm_share(plants: pd.DataFrame, target: Path) -> pd.Series:
    """Return the share of each plant's capacity that counts as firm: by technology, else by fuel."""
    table = read_csv(target / "generation_derating.csv", ("fuel", "technology", "firm_share"))
    shares = dict(zip(zip(table["fuel"], table["technology"], strict=True), numbers(table["firm_share"]), strict=True))
    pairs = zip(plants["fuel"], plants["technology"], strict=True)
    return pd.Series([shares.get(pair, shares.get((pair[0], ""), 0.0)) for pair in pairs], index=plants.index)


def _placed(plants: gpd.GeoDataFrame, regions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the plants with `region`, the NUTS-3 region of their country they lie in or off the coast of."""
    found = pd.concat(
        [
            assign_points_to_regions(places, regions[regions["country"] == country], OFFSHORE_KM)
            for country, places in plants.groupby("country")
        ]
    )
    return plants.join(found["region"]).dropna(subset=["region"])


def _plant_table(plants: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the plants as text, sorted by place."""
    degrees = plants.geometry.to_crs(GEOGRAPHIC)
    table = pd.DataFrame(
        {
            "region": plants["region"],
            "fuel": plants["fuel"].map(FUELS).fillna("other"),
            "capacity_mw": [number(value, 1) for value in plants["capacity_mw"]],
            "firm_mw": [number(value, 1) for value in plants["firm_mw"]],
            "longitude_degrees": [number(point.x, 4) for point in degrees],
            "latitude_degrees": [number(point.y, 4) for point in degrees],
        }
    )
    return table.sort_values(list(table.columns), kind="stable")


def rebuild(source: Path, target: Path) -> None:
    """Write `grid_generation.csv`, and `power_plants.csv` with what it was summed from.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons and `generation_derating.csv`.
    """
    regions = read_layer(target, "nuts2")
    plants = _placed(operating(source / "grid"), read_layer(target, "nuts3"))
    plants["firm_mw"] = plants["capacity_mw"] * _firm_share(plants, target)
    write_frame(_plant_table(plants), target / "power_plants.csv")
    # The levels nest: the first four characters of a NUTS-3 code are its NUTS-2 region.
    totals = plants.groupby(plants["region"].str[:4])[["capacity_mw", "firm_mw"]].sum()
    rows = []
    for region in regions.index:
        covered = region not in NOT_COVERED
        total = totals.reindex([region]).fillna(0.0).iloc[0]
        for name, value, rule in (
            ("generation_mw", total["capacity_mw"], "sum_of_operating_plants"),
            ("firm_generation_mw", total["firm_mw"], "sum_of_derated_plants"),
        ):
            rows.append(
                Row(region, name, number(value) if covered else "", "MW", str(YEAR), SOURCE, "derived",
                    rule if covered else "not_covered_by_extract")
            )  # fmt: skip
    write_rows(rows, target / "grid_generation.csv")
