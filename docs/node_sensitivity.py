"""Print how far the headroom of grid nodes depends on its assumptions: `python docs/node_sensitivity.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting import data

if TYPE_CHECKING:
    import pandas as pd

NEEDED_MVA = 275.0
"""208 MW of IT at PUE 1.10, power factor 0.95, and 0.875 of the grid capacity reaching IT."""
SHIPPED_SHARE = 0.7 * 0.5
VARIANTS = {
    "default": {},
    "share of the circuits 0.7 x 0.25": {"share": 0.7 * 0.25},
    "share of the circuits 0.7 x 1": {"share": 0.7},
    "share of the circuits 0.5 x 0.5": {"share": 0.25},
    "no bus near: 1 circuit": {"assumed": 1},
    "no bus near: 3 circuits": {"assumed": 3},
    "no bus near: 4 circuits": {"assumed": 4},
    "region's headroom x 0.5": {"region": 0.5},
    "region's headroom without limit": {"region": float("inf")},
}


def headroom(
    nodes: pd.DataFrame, regions: pd.Series, share: float = SHIPPED_SHARE, assumed: int = 2, region: float = 1.0
) -> pd.Series:
    """Return MVA per node with another share, another number of assumed circuits, or another limit of the region."""
    less_largest = nodes["connection_limit_mva"] / SHIPPED_SHARE
    unknown = nodes["circuit_rule"] == "two_circuits_assumed"
    less_largest = less_largest.mask(unknown, (assumed - 1) * nodes["circuit_rating_mva"] / 2)
    limit = regions.reindex(nodes["nuts2"]).set_axis(nodes.index)
    # A region without headroom has none, however the limit is scaled.
    return (share * less_largest).clip(upper=(region * limit).where(limit > 0, 0.0))


def main() -> None:
    """Print one line per variant."""
    nodes, regions = data.candidates("grid_nodes"), data.candidates()["grid_capacity_mva"]
    default = headroom(nodes, regions)
    print(f"| variant | nodes of {NEEDED_MVA:g} MVA or more, of {len(nodes):,} | median MVA | rank correlation |")
    print("|---|---|---|---|")
    for name, changes in VARIANTS.items():
        values = headroom(nodes, regions, **changes)
        correlation = values.rank().corr(default.rank())
        print(f"| {name} | {(values >= NEEDED_MVA).sum():,} | {values.median():,.0f} | {correlation:.3f} |")


if __name__ == "__main__":
    main()
