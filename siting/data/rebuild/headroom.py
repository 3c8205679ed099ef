"""Peak load per region, and the headroom proxy: what the grid might spare for a new large user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from siting.data.rebuild.raw import numbers, read_csv, read_parameters, read_wide
from siting.data.rebuild.writing import Row, number, write_rows

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "siting_headroom"
LOAD = "electricity_load"
HOURS_PER_YEAR = 8760.0
MEGAWATT_HOURS_PER_TERAWATT_HOUR = 1e6


def _peak_load(source: Path, target: Path, parameters: dict[str, float]) -> pd.Series:
    """Return MW per region: the country's mean load, shared out, times the ratio of peak to mean."""
    raw = read_csv(
        source / "grid" / "electricity_load_twh_unchecked.csv", ("country", "approx_annual_load_TWh_2023_24")
    )
    annual = pd.Series(numbers(raw["approx_annual_load_TWh_2023_24"]).to_numpy(), index=raw["country"])
    table = read_wide(target, "population_economy")[["population", "gdp_million_eur"]]
    country = table.index.str[:2]
    shares = table / table.groupby(country).transform("sum")
    people = parameters["population_share_of_load"]
    share = people * shares["population"] + (1.0 - people) * shares["gdp_million_eur"]
    mean_mw = annual.reindex(country).to_numpy() * MEGAWATT_HOURS_PER_TERAWATT_HOUR / HOURS_PER_YEAR
    return share * mean_mw * parameters["peak_to_mean_load"]


def _headroom(inputs: pd.DataFrame, peak: pd.Series, parameters: dict[str, float]) -> pd.Series:
    """Return MVA per region: surplus firm generation, and a share of the import that its load leaves."""
    balance = inputs["firm_generation_mw"] - peak
    usable = parameters["usable_share_of_import"] * inputs["import_capacity_mva"]
    left = (usable + balance.clip(upper=0.0)).clip(lower=0.0)
    return balance.clip(lower=0.0) + parameters["share_of_spare_import"] * left


def rebuild(source: Path, target: Path) -> None:
    """Write `grid_headroom.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the network, generation, substation and population tables.
    """
    parameters = read_parameters(target, "grid_parameters", "parameter", "value")
    peak = _peak_load(source, target, parameters)
    inputs = pd.concat(
        [read_wide(target, name) for name in ("grid_network", "grid_generation", "grid_openstreetmap")],
        axis=1,
    )
    substations = inputs["substations_220_to_299_kv"] + inputs["substations_300_kv_and_above"]
    headroom = _headroom(inputs, peak.reindex(inputs.index), parameters)
    rows = []
    for region in peak.index:
        rows.append(
            Row(region, "peak_load_mw", number(peak[region]), "MW", "2023", LOAD, "unchecked",
                "national_load_shared_by_population_and_gdp")
        )  # fmt: skip
        value, rule = number(headroom[region]) if pd.notna(headroom[region]) else "", "headroom"
        if not value:
            rule = "not_covered_by_extract"
        elif substations[region] == 0:
            value, rule = "0", "no_substation_of_220_kv_or_more"
        rows.append(Row(region, "grid_capacity_mva", value, "MVA", "2025", SOURCE, "assumption", rule))
    write_rows(rows, target / "grid_headroom.csv")
