"""Eurostat's dissemination API: JSON-stat 2.0 of the statistics service, SDMX-CSV 2.0 of the SDMX 3.0 service.

Formats: https://ec.europa.eu/eurostat/web/user-guides/data-browser/api-data-access. In JSON-stat the observations
are one flat list in row-major order of the dimensions; an observation that is missing is left out.
"""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.data.rebuild.raw import read_csv
from siting.data.rebuild.writing import write_frame
from siting.data.tables import EU27
from siting.errors import DataError, suggestion

if TYPE_CHECKING:
    from pathlib import Path

    from siting.data.refresh.publishers import Client

UNION = "EU27_2020"
BANDS = {"MWH70000-149999": "IF", "MWH_GE150000": "IG"}
"""Eurostat's code of a consumption band, and its letters."""
FIRST_SEMESTER = "2023-S1"
CONFIDENTIAL = "c"
CONFIDENTIAL_CELL, MISSING_CELL = ": @C", ":"


def read_json_stat(path: Path, name: str) -> pd.DataFrame:
    """Return a JSON-stat 2.0 dataset as one row per cell of its cube.

    Parameters
    ----------
    path : pathlib.Path
        The answer.
    name : str
        What to call it in a sentence.

    Returns
    -------
    pandas.DataFrame
        One text column per dimension, `value` (float, NaN where missing) and `flag` (text).

    Raises
    ------
    siting.errors.DataError
        If the file is not a JSON-stat dataset, or its list does not fit its dimensions.
    """
    try:
        answer = json.loads(path.read_text(encoding="utf-8"))
        if answer.get("class") != "dataset":
            raise DataError(f"{name}: the answer is no JSON-stat dataset: {str(answer)[:120]}")
        codes = [_codes(answer["dimension"][dimension]["category"]) for dimension in answer["id"]]
        sizes = [len(found) for found in codes]
        if sizes != list(answer["size"]):
            raise DataError(f"{name}: the dimensions have {sizes} categories, the answer says {answer['size']}")
        frame = pd.DataFrame(list(product(*codes)), columns=answer["id"])
        values, flags = _positions(answer["value"]), _positions(answer.get("status", {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name}: the answer is no JSON-stat 2.0: {error!r}") from error
    if any(position >= len(frame) for position in values):
        raise DataError(f"{name}: the answer holds more observations than its dimensions allow")
    try:
        frame["value"] = [float(values.get(position, "nan")) for position in frame.index]
    except (TypeError, ValueError) as error:
        raise DataError(f"{name}: an observation is no number: {error}") from error
    frame["flag"] = [str(flags.get(position) or "") for position in frame.index]
    return frame


def _codes(category: dict[str, Any]) -> list[str]:
    """Return the codes of a dimension in order; the index is a list, or a mapping of code to position."""
    index = category.get("index", category.get("label"))
    if isinstance(index, dict):
        return sorted(index, key=lambda code: index[code] if isinstance(index[code], int) else 0)
    return list(index or ())


def _positions(cells: Any) -> dict[int, Any]:
    """Return cells by position; they are a list, or a mapping that leaves missing ones out."""
    pairs = cells.items() if isinstance(cells, dict) else enumerate(cells)
    return {int(position): cell for position, cell in pairs if cell is not None}


def _statistics(client: Client, dataset: str, filters: list[tuple[str, str]]) -> pd.DataFrame:
    """Return a filtered dataset of the statistics service."""
    parameters = [("format", "JSON"), ("lang", "EN"), *filters]
    path = client.fetch("eurostat", f"statistics/1.0/data/{dataset}", parameters)
    frame = read_json_stat(path, f"eurostat {dataset}")
    for column in ("geo", "time"):
        if column not in frame.columns:
            raise DataError(f"eurostat {dataset} lacks the dimension '{column}'{suggestion(column, frame.columns)}")
    return frame


def _sdmx(client: Client, dataset: str, filters: list[tuple[str, str]]) -> Path:
    """Return a filtered dataset of the SDMX 3.0 service as SDMX-CSV 2.0."""
    parameters = [
        *((f"c[{dimension}]", code) for dimension, code in filters),
        ("compress", "false"), ("format", "csvdata"), ("formatVersion", "2.0"), ("lang", "en"),
    ]  # fmt: skip
    return client.fetch("eurostat", f"sdmx/3.0/data/dataflow/ESTAT/{dataset}/1.0", parameters, name=dataset)


def prices(client: Client, target: Path) -> None:
    """Write electricity prices of non-household users: one row per country and band, one column per semester.

    Parameters
    ----------
    client : Client
        Asks the publisher.
    target : pathlib.Path
        The raw file.
    """
    filters = [("freq", "S"), ("siec", "E7000"), ("unit", "KWH"), ("tax", "X_VAT"), ("currency", "EUR")]
    filters += [("nrg_cons", band) for band in BANDS] + [("geo", code) for code in (UNION, *EU27)]
    frame = _statistics(client, "nrg_pc_205", [*filters, ("sinceTimePeriod", FIRST_SEMESTER)])
    if "nrg_cons" not in frame.columns:
        raise DataError(f"eurostat nrg_pc_205 lacks the dimension 'nrg_cons'{suggestion('nrg_cons', frame.columns)}")
    frame["band"] = frame["nrg_cons"].map(BANDS)
    frame = frame.dropna(subset=["band"])
    # The time axis may run on beyond the last semester with any price.
    held = frame[frame["value"].notna()].groupby("time").size()
    frame = frame[frame["time"].isin(held.index)]
    if frame.empty:
        raise DataError("eurostat nrg_pc_205 holds no price of the bands IF and IG")
    frame["cell"] = [_cell(value, flag) for value, flag in zip(frame["value"], frame["flag"], strict=True)]
    wide = frame.pivot(index=["geo", "band"], columns="time", values="cell")  # noqa: PD010 - refuses repeats
    write_frame(wide[sorted(wide.columns)].fillna(MISSING_CELL).reset_index(), target)


def _cell(value: float, flag: str) -> str:
    """Return a price as the publisher's browser shows it: four decimals and the flag."""
    if pd.isna(value):
        return CONFIDENTIAL_CELL if CONFIDENTIAL in flag else MISSING_CELL
    return f"{value:.4f} {flag}".rstrip()


def gross_domestic_product(client: Client, target: Path) -> None:
    """Write GDP by NUTS-2 region in million EUR.

    Parameters
    ----------
    client, target
        As in `prices`.
    """
    frame = read_csv(_sdmx(client, "nama_10r_2gdp", [("unit", "MIO_EUR")]), ("geo", "TIME_PERIOD", "OBS_VALUE"))
    write_frame(frame, target)


def gross_domestic_product_per_head(client: Client, target: Path) -> None:
    """Write GDP per head in PPS by NUTS-2 region, EU-27 = 100.

    Parameters
    ----------
    client, target
        As in `prices`.
    """
    path = _sdmx(client, "nama_10r_2gdp", [("unit", "PPS_HAB_EU27_2020")])
    frame = read_csv(path, ("freq", "unit", "geo", "TIME_PERIOD", "OBS_VALUE"))
    names = {"TIME_PERIOD": "time", "OBS_VALUE": "obs_value"}
    write_frame(frame[["freq", "unit", "geo", *names]].rename(columns=names), target)


def research_and_development(client: Client, target: Path) -> None:
    """Write expenditure on research and development by NUTS-2 region, % of GDP.

    Parameters
    ----------
    client, target
        As in `prices`.
    """
    write_frame(
        read_csv(
            _sdmx(client, "tgs00042", [("sectperf", "TOTAL"), ("unit", "PC_GDP")]), ("geo", "TIME_PERIOD", "OBS_VALUE")
        ),
        target,
    )


def tertiary_education(client: Client, target: Path) -> None:
    """Write the share of people of 25 to 64 years with tertiary education by NUTS-2 region.

    Parameters
    ----------
    client, target
        As in `prices`.
    """
    write_frame(read_csv(_sdmx(client, "tgs00109", [("sex", "T")]), ("sex", "geo", "TIME_PERIOD", "OBS_VALUE")), target)


def ai_adoption(client: Client, target: Path) -> None:
    """Write the share of enterprises that use artificial intelligence: the latest year of each country.

    Parameters
    ----------
    client, target
        As in `prices`.
    """
    filters = [("freq", "A"), ("size_emp", "GE10"), ("nace_r2", "C10-S951_X_K"), ("indic_is", "E_AI_TANY")]
    filters += [("unit", "PC_ENT"), *(("geo", code) for code in EU27), ("sinceTimePeriod", "2023")]
    frame = _statistics(client, "isoc_eb_ai", filters).dropna(subset=["value"])
    latest = frame.sort_values("time").groupby("geo").last()
    rows = [(code, f"{row['value']:.2f}", row["time"]) for code, row in latest.iterrows()]
    write_frame(pd.DataFrame(rows, columns=["geo", "value", "year"]), target)
