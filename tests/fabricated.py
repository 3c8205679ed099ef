"""Small made-up tables, so that every expected number can be worked out by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np

from siting.blocks import Case
from siting.facility import Facility
from siting.latency import LatencyModel
from siting.model import Model

HAND_FACILITY = {
    "accelerators": 100_000,
    "kilowatts_per_accelerator": 1.0,
    "load_factor": 0.5,
    "power_factor": 1.0,
    "grid_share_reaching_it": 0.5,
}
"""100 MW of IT: 200 MVA per unit of PUE, 438,000 MWh per unit of PUE."""


def points(index: list[str], longitudes: list[float], latitudes: list[float], **columns: Any) -> gpd.GeoDataFrame:
    """Return a table of places in degrees."""
    return gpd.GeoDataFrame(
        {"longitude_degrees": longitudes, "latitude_degrees": latitudes, **columns},
        geometry=gpd.points_from_xy(longitudes, latitudes),
        index=index,
        crs="EPSG:4326",
    )


def candidates() -> gpd.GeoDataFrame:
    """Return five candidates in three countries; AA2 lies 71 km east of AA1, CC1 lacks a price."""
    return points(
        ["AA1", "AA2", "BB1", "BB2", "CC1"],
        [0.0, 1.0, 10.0, 20.0, 10.0],
        [50.0, 50.0, 50.0, 50.0, 40.0],
        name=["Alpha", "Anna", "Bravo", "Berta", "Charlie"],
        country=["AA", "AA", "BB", "BB", "CC"],
        pue=[1.0, 1.2, 1.1, 1.25, 1.1],
        electricity_price_eur_per_mwh=[100.0, 80.0, 60.0, 40.0, np.nan],
        grid_capacity_mva=[1000.0, 230.0, 220.0, 9000.0, 500.0],
        substations_220_to_299_kv=[3.0, 2.0, 0.0, 0.0, 1.0],
        substations_300_kv_and_above=[1.0, 0.0, 0.0, 4.0, 2.0],
        large_enterprise_eligible=[True, False, True, False, True],
        maximum_cofinancing_percent=[85.0, 40.0, 60.0, 50.0, 85.0],
        outermost=[False, False, False, False, True],
        procuring_state=[True, True, False, False, True],
        carbon_intensity_g_per_kwh=[100.0, 200.0, 300.0, 400.0, 500.0],
        cohesion_category=["less developed", "more developed", "transition", None, "less developed"],
    )


def demand() -> gpd.GeoDataFrame:
    """Return three demand points; the first stands on candidate AA1."""
    return points(
        ["d1", "d2", "d3"],
        [0.0, 10.0, 20.0],
        [50.0, 50.0, 50.0],
        population=[60.0, 30.0, 10.0],
        gdp_million_eur=[1.0, 1.0, 2.0],
        enterprise_ai_adoption_percent=[10.0, 20.0, 40.0],
        holes=[1.0, np.nan, 2.0],
    )


def case(**changes: Any) -> Case:
    """Return the tables as a case, with population shares and a latency of 10 ms + 0.01 ms/km."""
    values: dict[str, Any] = {
        "candidates": candidates(),
        "demand": demand(),
        "demand_shares": np.array([0.6, 0.3, 0.1]),
        "facility": Facility(**HAND_FACILITY),
        "latency": LatencyModel(intercept_ms=10.0, slope_ms_per_km=0.01),
    }
    return Case(**{**values, **changes})


def model(**changes: Any) -> Model:
    """Return a model on these tables: energy cost and latency, two sites, no rules."""
    values: dict[str, Any] = {
        "sites": 2,
        "facility": HAND_FACILITY,
        "data": {"inherit_region_attributes": False},
        "criteria": {
            "energy": {"kind": "energy_cost", "weight": 1.0},
            "ping": {"kind": "latency", "weight": 1.0},
        },
    }
    tables = {
        "candidates": changes.pop("candidates", candidates()),
        "demand": changes.pop("demand", demand()),
    }
    return Model.from_mapping({**values, **changes}, source="my.toml").replace(**tables)
