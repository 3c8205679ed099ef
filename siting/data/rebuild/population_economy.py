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
IMPLIED_RULE = "population_implied_by_gdp"
SQUARE_METRES_PER_SQUARE_KM = 1e6
EURO_PER_MILLION = 1e6


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

    Where the converter has no population it repeats the area in every column, as for the outermost regions of France;
    the population is missing there.

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
    people, area = numbers(raw["pop21"]), numbers(raw["areaKm"])
    return raw.assign(pop21=people.where(people != area), areaKm=area)


def _implied_population(folder: Path, people: pd.Series) -> pd.Series:
    """Return the people behind GDP and GDP per head of the NUTS-2 regions without a population of their own.

    GDP per head is an index in purchasing power standards. How many euros a point of it is worth in a country is the
    median over the regions whose population is known.
    """
    table = read_csv(folder / "eurostat_gdp_pc_pps_rel_eu_nuts2.csv", ("geo", "time", "obs_value"))
    per_head = table[table["time"] == POPULATION_YEAR].set_index("geo")["obs_value"]
    table = read_csv(folder / "eurostat_nama_10r_2gdp.csv", ("geo", "TIME_PERIOD", "OBS_VALUE"))
    gdp = table[table["TIME_PERIOD"] == POPULATION_YEAR].set_index("geo")["OBS_VALUE"]
    heads = EURO_PER_MILLION * numbers(gdp).reindex(people.index) / numbers(per_head).reindex(people.index)
    countries = people.index.str[:2]
    missing = people.isna()
    price_level = (heads / people).groupby(countries).transform("median")
    return (heads / price_level)[missing]


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
    sums = crosswalk.groupby("code_v2021")[["pop21", "areaKm"]].sum(min_count=1)
    implied = _implied_population(folder, sums["pop21"])
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
        area = number(sums.loc[region, "areaKm"], 1)
        rows += [
            _people(region, sums.loc[region, "pop21"], implied.get(region)),
            Row(region, "area_km2", area, "km2", POPULATION_YEAR, POPULATION, "official"),
        ]
        for name, (table, unit, year, key, decimals) in tables.items():
            value, parts = table.loc[region]
            rule, note = (CROSSWALK_RULE, f"from the 2024 codes {parts}") if parts else ("", "")
            grade = "derived" if parts else "official"
            rows.append(Row(region, name, number(value, decimals), unit, year, key, grade, rule, note))
    return rows, tables["gdp_million_eur"][0]["value"], gdp_year


def _people(region: str, people: float, implied: float | None) -> Row:
    """Return the row of a region's population, by the rule where the converter has none."""
    if implied is None:
        return Row(region, "population", number(people), "person", POPULATION_YEAR, POPULATION, "official")
    rounded, note = number(round(implied, -2)), f"with {GDP_PER_HEAD}"
    return Row(region, "population", rounded, "person", POPULATION_YEAR, GDP, "derived", IMPLIED_RULE, note)


def _demand_points(regions: gpd.GeoDataFrame) -> tuple[gpd.GeoSeries, pd.Series]:
    """Return in degrees the centroid where it lies inside the polygon, else a point that does, and which."""
    centroids = regions.geometry.centroid
    inside = centroids.within(regions.geometry)
    points = centroids.where(inside, regions.geometry.representative_point())
    return points.to_crs(GEOGRAPHIC), inside


def _implied_in_one_part(folder: Path, people: pd.Series) -> pd.Series:
    """Return the implied population of NUTS-3 regions that are a whole NUTS-2 region."""
    whole = people.groupby(people.index.str[:4]).sum(min_count=1)
    implied = _implied_population(folder, whole)
    missing = people.index[people.isna()]
    return pd.Series(implied.reindex(missing.str[:4]).to_numpy(), index=missing)


def _demand_rows(folder: Path, regions: gpd.GeoDataFrame, gdp: pd.Series, gdp_year: str) -> list[Row]:
    """Return the rows of the NUTS-3 demand table."""
    crosswalk = read_crosswalk(folder, 3).groupby("code_v2021")[["pop21", "areaKm"]]
    sums = crosswalk.sum(min_count=1).reindex(regions.index)
    implied = _implied_in_one_part(folder, sums["pop21"])
    population = sums["pop21"].fillna(implied)
    points, inside = _demand_points(regions)
    parents = regions.index.str[:4]
    share = population / population.groupby(parents).transform("sum")
    gdp_share = share * gdp.reindex(parents).to_numpy()
    rows = []
    for region in regions.index:
        rule = "centroid" if inside[region] else "representative_point"
        point = points[region]
        area = number(sums.loc[region, "areaKm"], 1)
        place = {"unit": "degree", "year": "2021", "source": "nuts_2021", "grade": "derived", "rule": rule}
        rows += [
            _people(region, population[region], implied.get(region)),
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
