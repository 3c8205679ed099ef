"""Checks of what is computed from where a candidate lies: generation around it, circuits, and climate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from siting.data import climate, reading
from siting.data.candidate_sets import candidates
from siting.data.grid_nodes import CIRCUITS
from siting.data.regions import table
from siting.data.verification.files import attempted
from siting.data.verification.result import FAIL, WARN, Check, judged
from siting.data.vicinity import FUELS, PLANT_RADII_KM, plant_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SETS = ("nuts2", "nuts3", "grid_nodes")
ROUNDING_MW = 0.05 * (len(FUELS) + 1)
"""Nine figures and their sum, each rounded to a tenth."""
REGION_ROUNDING_MW = 1.0
"""The totals of the regions are whole megawatts."""
SHOWN = 5


def _unequal(name: str, what: str, parts: pd.Series, total: pd.Series, tolerance: float) -> list[str]:
    """Return a sentence per candidate whose parts do not add up; a total that is missing is not compared."""
    wrong = ((parts - total).abs() > tolerance) & total.notna()
    return [
        f"{name}: {what} of {candidate} sums to {parts[candidate]:,.1f} by fuel and is {total[candidate]:,.1f}"
        for candidate in total.index[wrong][:SHOWN]
    ]


def _by_fuel(name: str, frame: pd.DataFrame) -> list[str]:
    """Return where the fuels around the candidates of a set do not add up, or a wider circle holds less."""
    findings = []
    for radius in PLANT_RADII_KM:
        column = f"generation_within_{radius}_km_mw"
        parts = frame[[f"generation_{fuel}_within_{radius}_km_mw" for fuel in FUELS]].sum(axis=1, min_count=len(FUELS))
        findings += _unequal(name, column, parts, frame[column], ROUNDING_MW)
    near, far = (frame[f"generation_within_{radius}_km_mw"] for radius in PLANT_RADII_KM)
    findings += [f"{name}: more generation within 25 than within 50 km of {code}" for code in frame.index[near > far]]
    if "generation_mw" in frame.columns:
        parts = frame[[f"generation_{fuel}_mw" for fuel in FUELS]].sum(axis=1, min_count=len(FUELS))
        findings += _unequal(name, "generation_mw", parts, frame["generation_mw"], REGION_ROUNDING_MW)
    return findings


def generation(directory: Path | None) -> Check:
    """Check that the generation by fuel adds up: in the regions, and within 25 and 50 km of every candidate.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Fails where it does not, or where a plant has a fuel that no column counts.
    """
    name = "generation by fuel"
    broken = [line for level in SETS for line in attempted(partial(candidates, level, directory))]
    if broken:
        return Check(name, FAIL, "the tables cannot be put together", tuple(broken))
    plants = plant_table(directory)
    unknown = sorted(set(plants["fuel"]) - set(FUELS))
    findings = [f"power_plants.csv: no column counts the fuel '{fuel}'" for fuel in unknown]
    tables = {level: candidates(level, directory) for level in SETS}
    findings += [line for level, frame in tables.items() for line in _by_fuel(level, frame)]
    count = sum(map(len, tables.values()))
    return judged(name, f"{count:,} candidates of {len(SETS)} sets, {len(FUELS)} groups of fuels", findings)


def circuits(directory: Path | None) -> Check:
    """Check that no region has fewer circuits that end in it than circuits that cross its border.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Warns per region.
    """
    frame = table("nuts2", directory)
    ending, crossing = frame[list(CIRCUITS)].sum(axis=1, min_count=1), frame["import_circuits"]
    findings = [
        f"{code}: {crossing[code]:.0f} circuits cross the border and {ending[code]:.0f} end within"
        for code in frame.index[ending < crossing]
    ]
    detail = f"{int(ending.notna().sum())} regions, {ending.sum():,.0f} circuits, each once per region"
    return judged("circuits", detail, findings, WARN)


def zones(directory: Path | None) -> Check:
    """Look up the climate zone of every NUTS-2 region again in the raster that the other sets use.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Warns per region whose table says otherwise: a user may know better.
    """
    name = "climate zones"
    broken = attempted(lambda: climate.climate(table("nuts2", directory), directory))
    if broken:
        return Check(name, FAIL, "the raster cannot be looked up", tuple(broken))
    frame = table("nuts2", directory)
    found = climate.climate(frame, directory)
    findings = []
    for column in ("climate_zone", "climate_class", "pue"):
        here, there = frame[column], found[column]
        differs = (here != there) & ~(here.isna() & there.isna())
        findings += [
            f"{code}: {column} is {here[code]}, the raster gives {there[code]}" for code in here.index[differs]
        ]
    cells = int(np.sum(climate.raster(directory).last - climate.raster(directory).first + 1))
    path = reading.locate(f"{climate.RASTER}.csv", directory)
    return judged(name, f"{len(frame)} regions looked up in {cells:,} cells of {path.name}", findings, WARN)
