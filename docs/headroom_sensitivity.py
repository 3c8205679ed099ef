"""Print how far the headroom proxy depends on its parameters: `python docs/headroom_sensitivity.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting import data

if TYPE_CHECKING:
    import pandas as pd

NEEDED_MVA = 275.0
"""208 MW of IT at PUE 1.10, power factor 0.95, and 0.875 of the grid capacity reaching IT."""
VARIANTS = {
    "default": {},
    "usable share of import 0.5": {"usable": 0.5},
    "usable share of import 0.9": {"usable": 0.9},
    "share of spare import 0.25": {"spare": 0.25},
    "share of spare import 1": {"spare": 1.0},
    "peak to mean load 1.4": {"peak": 1.4 / 1.6},
    "peak to mean load 1.9": {"peak": 1.9 / 1.6},
    "firm generation x 0.8": {"firm": 0.8},
}


def headroom(
    regions: pd.DataFrame, usable: float = 0.7, spare: float = 0.5, peak: float = 1.0, firm: float = 1.0
) -> pd.Series:
    """Return the proxy in MVA with other parameters, loads and plants than the shipped ones."""
    balance = firm * regions["firm_generation_mw"] - peak * regions["peak_load_mw"]
    left = (usable * regions["import_capacity_mva"] + balance.clip(upper=0.0)).clip(lower=0.0)
    substations = regions["substations_220_to_299_kv"] + regions["substations_300_kv_and_above"]
    return (balance.clip(lower=0.0) + spare * left).where(substations > 0, 0.0)


def main() -> None:
    """Print one line per variant."""
    regions = data.candidates()
    regions = regions[regions["grid_capacity_mva"].notna()]
    default = headroom(regions)
    print(f"| variant | regions below {NEEDED_MVA:g} MVA of {len(regions)} | median MVA | rank correlation |")
    print("|---|---|---|---|")
    for name, changes in VARIANTS.items():
        values = headroom(regions, **changes)
        correlation = values.rank().corr(default.rank())
        print(f"| {name} | {(values < NEEDED_MVA).sum()} | {values.median():,.0f} | {correlation:.3f} |")


if __name__ == "__main__":
    main()
