"""Compare two copies of the same Eurostat price table, and ship only what the comparison shows."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pandas as pd

from siting import catalogue
from siting.data.rebuild.prices import KWH_PER_MWH, RETAIL_PREFIX, parse_price
from siting.data.rebuild.raw import MISSING_MARKERS, numbers, read_csv
from siting.data.rebuild.writing import number, write_frame
from siting.data.tables import EU27

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "eurostat_nrg_pc_205"
SECOND = "eurostat_nrg_pc_205_copy"
FILE = "price_copies.csv"
RAW = "prices/eurostat_nrg_pc_205_euro_area_crosscheck.csv"
BANDS = {"MWH70000-149999": "IF", "MWH_GE150000": "IG"}
"""Eurostat's code of a consumption band, and its letters."""
ROUNDING = 0.06
"""EUR/MWh: two prices in EUR/kWh rounded to four decimals differ by no more."""
SECOND_HALF_STARTS = 7


def _first(folder: Path) -> pd.Series:
    """Return EUR/MWh by country, band and semester from the table the prices are made of."""
    raw = read_csv(folder / "prices" / "eurostat_nrg_pc_205_if_ig_ex_vat.csv", ("geo", "band"))
    long = raw.melt(["geo", "band"], var_name="period", value_name="cell")
    long["value"] = [parse_price(cell)[0] for cell in long["cell"]]
    return long.dropna(subset=["value"]).set_index(["geo", "band", "period"])["value"].astype(float)


def _second(path: Path) -> pd.Series:
    """Return EUR/MWh by country, band and semester from the other copy."""
    raw = read_csv(path, ("geo", "add_formal_time", "nrg_cons", "X_VAT"))
    raw = raw[raw["nrg_cons"].isin(BANDS) & ~raw["X_VAT"].isin(MISSING_MARKERS)]
    half = ["S2" if int(day[5:7]) >= SECOND_HALF_STARTS else "S1" for day in raw["add_formal_time"]]
    frame = pd.DataFrame(
        {
            "geo": raw["geo"],
            "band": raw["nrg_cons"].map(BANDS),
            "period": raw["add_formal_time"].str[:4] + "-" + half,
            "value": numbers(raw["X_VAT"]) * KWH_PER_MWH,
        }
    )
    # Nobody sells electricity for nothing: a zero is a missing price in this copy too.
    return frame[frame["value"] > 0].set_index(["geo", "band", "period"])["value"]


def rebuild(source: Path, target: Path) -> None:
    """Write `price_copies.csv`, or copy the shipped one where the second copy is not among the raw files.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables.
    """
    path = source / RAW
    if not path.is_file():
        if not (target / FILE).is_file():
            shutil.copyfile(catalogue.data_directory() / FILE, target / FILE)
        return
    both = pd.concat([_first(source).rename("first"), _second(path).rename("second")], axis=1).dropna().reset_index()
    both = both[both["geo"].isin(EU27)]
    both["difference"] = (both["first"] - both["second"]).abs()
    rows = []
    for (country, band), group in both.groupby(["geo", "band"]):
        worst = group.sort_values("difference", kind="stable").iloc[-1]
        differing = int((group["difference"] > ROUNDING).sum())
        rows.append(
            {
                "country": country, "series": f"{RETAIL_PREFIX}{band}", "compared": str(len(group)),
                "differing": str(differing), "largest_difference": number(worst["difference"], 1),
                "unit": "EUR/MWh", "period": worst["period"] if differing else "",
                "source": FIRST, "other_source": SECOND,
            }
        )  # fmt: skip
    write_frame(pd.DataFrame(rows), target / FILE)
