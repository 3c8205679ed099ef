"""Tables that a facility and the latency model rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data import checking, reading
from siting.data.regions import folder

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd


def accelerators(directory: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Return the IT power of one accelerator by platform, everything in the hall included.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `accelerators.csv` replaces the shipped one.

    Returns
    -------
    pandas.DataFrame
        Index `platform`; columns `kw_it_per_accelerator` (kW), `unit`, `year`, `source`, `grade`, `note`.

    Examples
    --------
    >>> accelerators().loc["GB200 NVL72", "kw_it_per_accelerator"].item()
    2.08
    """
    path = reading.locate("accelerators.csv", folder(directory))
    frame = checking.read_text_table(path, ("platform", "kw_it_per_accelerator", "unit", "source", "grade"))
    return frame.assign(
        kw_it_per_accelerator=checking.positive_numbers(path, frame, "kw_it_per_accelerator")
    ).set_index("platform")


def latency_measurements(directory: str | PathLike[str] | None = None) -> pd.DataFrame:
    """Return the measured round-trip times between European cities.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose `latency_measurements.csv` replaces the shipped one.

    Returns
    -------
    pandas.DataFrame
        One row per pair: `city_a`, `city_b`, `distance_km`, `round_trip_ms`, `date`, `source`, `grade`.

    Examples
    --------
    >>> len(latency_measurements())
    171
    """
    path = reading.locate("latency_measurements.csv", folder(directory))
    frame = checking.read_text_table(path, ("city_a", "city_b", "distance_km", "round_trip_ms"))
    for column in ("distance_km", "round_trip_ms"):
        frame[column] = checking.positive_numbers(path, frame, column)
    return frame.reset_index(drop=True)
