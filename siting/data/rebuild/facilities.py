"""Tables a facility and the latency model rest on: accelerators, and measured round-trip times."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from siting.data.rebuild.raw import numbers, read_csv
from siting.data.rebuild.writing import number, write_frame

if TYPE_CHECKING:
    from pathlib import Path

MEASURED = "2026-07-30"
KNOWN_GRADES = {"R": "derived"}
"""Status R: read in a published source. Everything else in that file is an estimate."""


def _accelerators(folder: Path) -> pd.DataFrame:
    """Return IT power per accelerator, everything in the hall included."""
    raw = read_csv(folder / "power_per_accelerator.csv", ("platform", "kW_IT_per_accel_all_in", "status", "note"))
    return pd.DataFrame(
        {
            "platform": raw["platform"],
            "kw_it_per_accelerator": [number(value, 2) for value in numbers(raw["kW_IT_per_accel_all_in"])],
            "unit": "kW",
            "year": "2025",
            "source": "accelerator_power",
            "grade": raw["status"].map(KNOWN_GRADES).fillna("assumption"),
            "note": raw["note"],
        }
    )


def _measurements(folder: Path) -> pd.DataFrame:
    """Return one row per measured pair of cities: distance, and the faster of the two directions."""
    columns = ("city_a", "city_b", "gc_km", "rtt_p95_min_ms")
    raw = read_csv(folder / "rtt_europe_azure_p95_2026-07-30.csv", columns)
    plain = re.compile(r"\s+")
    frame = pd.DataFrame(
        {
            "city_a": raw["city_a"].str.replace(plain, " ", regex=True),
            "city_b": raw["city_b"].str.replace(plain, " ", regex=True),
            "distance_km": [number(value) for value in numbers(raw["gc_km"])],
            "round_trip_ms": [number(value, 1) for value in numbers(raw["rtt_p95_min_ms"])],
            "date": MEASURED,
            "source": "azure_round_trip",
            "grade": "measured",
        }
    )
    return frame.sort_values(["city_a", "city_b"], kind="stable")


def rebuild(source: Path, target: Path) -> None:
    """Write `accelerators.csv` and `latency_measurements.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables.
    """
    write_frame(_accelerators(source / "domain"), target / "accelerators.csv")
    write_frame(_measurements(source / "internet"), target / "latency_measurements.csv")
