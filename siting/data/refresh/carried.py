"""Raw files that people wrote: no publisher has them, so they are written again from the tables made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from siting.data.rebuild.raw import numbers, read_csv, read_parameters
from siting.data.rebuild.writing import number, write_frame

if TYPE_CHECKING:
    from pathlib import Path

HOURS_PER_YEAR = 8760.0
MEGAWATT_HOURS_PER_TERAWATT_HOUR = 1e6


def adders(tables: Path, target: Path) -> None:
    """Write the estimated network charges and taxes again from `electricity_adders.csv`.

    Parameters
    ----------
    tables : pathlib.Path
        Folder of tables.
    target : pathlib.Path
        The raw file.
    """
    long = read_csv(tables / "electricity_adders.csv", ("country", "adder", "value", "grade", "note"))
    pieces = {name: group.set_index("country") for name, group in long.groupby("adder")}
    network, tax = pieces["network_charge"], pieces["tax_and_levy"]
    write_frame(
        pd.DataFrame(
            {
                "country": network.index,
                "network_eur_mwh_central": network["value"].to_numpy(),
                "tax_levy_eur_mwh_central": tax["value"].reindex(network.index).to_numpy(),
                "status": [
                    "tax R; network M" if grade == "derived" else "M" for grade in tax["grade"].reindex(network.index)
                ],
                "note": network["note"].to_numpy(),
            }
        ),
        target,
    )


def load(tables: Path, target: Path) -> None:
    """Write the annual load of each country again from the peak loads of its regions.

    Parameters
    ----------
    tables, target
        As in `adders`.
    """
    long = read_csv(tables / "grid_headroom.csv", ("region", "attribute", "value"))
    peaks = long[long["attribute"] == "peak_load_mw"]
    peaks = peaks[peaks["region"].str.len() == len("AT11")]
    ratio = read_parameters(tables, "grid_parameters", "parameter", "value")["peak_to_mean_load"]
    annual = numbers(peaks["value"]).groupby(peaks["region"].str[:2]).sum() / ratio * HOURS_PER_YEAR
    # A peak is rounded to whole megawatts: a tenth of a TWh is what can be told from the sum.
    cells = [number(value / MEGAWATT_HOURS_PER_TERAWATT_HOUR, 1) for value in annual]
    write_frame(pd.DataFrame({"country": annual.index, "approx_annual_load_TWh_2023_24": cells}), target)


def ai_factories(tables: Path, target: Path) -> None:
    """Write the list of AI Factories again from `ai_factories.csv`.

    Parameters
    ----------
    tables, target
        As in `adders`.
    """
    columns = ["date", "country", "name", "city", "host", "note"]
    listed = read_csv(tables / "ai_factories.csv", columns)[columns].rename(columns={"note": "status_of_check"})
    write_frame(listed.assign(wave=""), target)
