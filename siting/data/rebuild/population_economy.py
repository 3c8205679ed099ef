"""Population, area and gross domestic product per NUTS-2 region, and the NUTS-3 demand points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.data.rebuild.raw import MISSING_MARKERS, numbers, read_csv, read_layer
from siting.data.rebuild.writing import Row, number, write_rows
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

POPULATION = "jrc_nuts_converter"
POPULATION_YEAR = "2021"
GDP = "eurostat_nama_10r_2gdp"
GDP_PER_HEAD = "eurostat_nama_10r_2gdp_per_head"
CROSSWALK_RULE = "nuts_2024_to_2021_by_population"
SHARED_RULE = "gdp_shared_by_population"
SQUARE_METRES_PER_SQUARE_KM = 1e6


def to_nuts_2021(values: pd.Series, crosswalk: pd.DataFrame, *, additive: bool) -> pd.DataFrame:
    """Return NUTS-2 values in 2021 codes from a table in 2024 codes.

    Parameters
    ----------
    values : pandas.Series
        One value per 2024 code.
    crosswalk : pandas.DataFrame
        The JRC converter: `code_v2021`, `code_v2024` and the population `pop21` of each intersection.
    additive : bool
        True splits a total by the population that moved; False takes the population-weighted mean.

    Returns
    -------
    pandas.DataFrame
        Per 2021 code the `value`, and `parts`: the 2024 codes it was made from, empty where the code did not
        change.
    """
    rows: dict[str, tuple[float, str]] = {}
    for code, pieces in crosswalk.groupby("code_v2021"):
        if code in values.index:
            rows[str(code)] = (float(values[code]), "")
            continue
        parts = values.reindex(pieces["code_v2024"]).to_numpy()
        people = pieces["pop21"].to_numpy()
        if additive:
            whole = crosswalk.groupby("code_v2024")["pop21"].sum().reindex(pieces["code_v2024"]).to_numpy()
            value = float(np.sum(parts * people / whole))
        else:
            value = float(np.sum(parts * people) / people.sum())
        rows[str(code)] = (value, " ".join(pieces["code_v2024"]))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "parts"])


def read_crosswalk(folder: Path, level: int) -> pd.DataFrame:
    """Return the JRC converter from NUTS 2021 to 2024 with numeric population and area.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the raw population files.
    level : int
        2 or 3.

    Returns
    -------
    pandas.DataFrame
        One row per intersection of a 2021 with a 2024 region.
    """
    raw = read_csv(folder / f"n{level}_cm_v2021_v2024.csv", ("code_v2021", "code_v2024", "areaKm", "pop21"))
    return raw.assign(pop21=numbers(raw["pop21"]), areaKm=numbers(raw["areaKm"]))


def _latest(raw: pd.DataFrame, region: str, time: str, value: str, codes: set[str]) -> tuple[pd.Series, str]:
    """Return the values of the latest year in which every region of the Union has one."""
    observed = raw[raw[region].isin(codes) & ~raw[value].str.strip().isin(MISSING_MARKERS)]
    for year in sorted(observed[time].unique(), reverse=True):
        values = observed[observed[time] == year].set_index(region)[value]
        if len(values) == len(codes):
            return numbers(values), str(year)
    newest = observed.sort_values(time).groupby(region)[value].last()
    return numbers(newest), str(observed[time].max())


def _nuts2_rows(folder: Path, regions: gpd.GeoDataFrame) -> tuple[list[Row], pd.Series, str]:
    """Return the rows of the NUTS-2 table, GDP per region, and its year."""
    crosswalk = read_crosswalk(folder, 2)
    crosswalk = crosswalk[crosswalk["code_v2021"].isin(regions.index)]
    sums = crosswalk.groupby("code_v2021")[["pop21", "areaKm"]].sum()
    codes = set(crosswalk["code_v2024"])
    index, index_year = _latest(
        read_csv(folder / "eurostat_gdp_pc_pps_rel_eu_nuts2.csv", ("geo", "time", "obs_value")),
        "geo", "time", "obs_value", codes,
    )  # fmt: skip
    gdp, gdp_year = _latest(
        read_csv(folder / "eurostat_nama_10r_2gdp.csv", ("geo", "TIME_PERIOD", "OBS_VALUE")),
        "geo", "TIME_PERIOD", "OBS_VALUE", codes,
    )  # fmt: skip
    tables = {
        "gdp_per_head_index": (
            to_nuts_2021(index, crosswalk, additive=False),
            "EU27=100",
            index_year,
            GDP_PER_HEAD,
            1,
        ),
        "gdp_million_eur": (to_nuts_2021(gdp, crosswalk, additive=True), "million EUR", gdp_year, GDP, 1),
    }
    rows = []
    for region in regions.index:
        people, area = number(sums.loc[region, "pop21"]), number(sums.loc[region, "areaKm"], 1)
        rows += [
            Row(region, "population", people, "person", POPULATION_YEAR, POPULATION, "official"),
            Row(region, "area_km2", area, "km2", POPULATION_YEAR, POPULATION, "official"),
        ]
        for name, (table, unit, year, key, decimals) in tables.items():
            value, parts = table.loc[region]
            rule, note = (CROSSWALK_RULE, f"from the 2024 codes {parts}") if parts else ("", "")
            grade = "derived" if parts else "official"
            rows.append(Row(region, name, number(value, decimals), unit, year, key, grade, rule, note))
    return rows, tables["gdp_million_eur"][0]["value"], gdp_year


def _demand_points(regions: gpd.GeoDataFrame) -> tuple[gpd.GeoSeries, pd.Series]:
    """Return in degrees the centroid where it lies inside the polygon, else a point that does, and which."""
    centroids = regions.geometry.centroid
    inside = centroids.within(regions.geometry)
    points = centroids.where(inside, regions.geometry.representative_point())
    return points.to_crs(GEOGRAPHIC), inside


def _demand_rows(folder: Path, regions: gpd.GeoDataFrame, gdp: pd.Series, gdp_year: str) -> list[Row]:
    """Return the rows of the NUTS-3 demand table."""
    sums = read_crosswalk(folder, 3).groupby("code_v2021")[["pop21", "areaKm"]].sum().reindex(regions.index)
    population = sums["pop21"]
    points, inside = _demand_points(regions)
    parents = regions.index.str[:4]
    share = population / population.groupby(parents).transform("sum")
    gdp_share = share * gdp.reindex(parents).to_numpy()
    rows = []
    for region in regions.index:
        rule = "centroid" if inside[region] else "representative_point"
        point = points[region]
        people, area = number(population[region]), number(sums.loc[region, "areaKm"], 1)
        place = {"unit": "degree", "year": "2021", "source": "nuts_2021", "grade": "derived", "rule": rule}
        rows += [
            Row(region, "population", people, "person", POPULATION_YEAR, POPULATION, "official"),
            Row(region, "area_km2", area, "km2", POPULATION_YEAR, POPULATION, "official"),
            Row(
                region, "gdp_million_eur", number(gdp_share[region], 1), "million EUR", gdp_year, GDP,
                "derived", SHARED_RULE,
            ),
            Row(region, "longitude_degrees", number(point.x, 5), **place),
            Row(region, "latitude_degrees", number(point.y, 5), **place),
        ]  # fmt: skip
    return rows


def rebuild(source: Path, target: Path) -> None:
    """Write `population_economy.csv` and `demand_nuts3.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons.
    """
    folder = source / "population"
    rows, gdp, gdp_year = _nuts2_rows(folder, read_layer(target, "nuts2"))
    write_rows(rows, target / "population_economy.csv")
    nuts3 = read_layer(target, "nuts3").to_crs(PROJECTED)
    write_rows(_demand_rows(folder, nuts3, gdp, gdp_year), target / "demand_nuts3.csv")
