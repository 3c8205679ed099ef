"""The registered exclusions: tests that remove a candidate before anything is chosen, with the reason.

An excluded candidate stays in the table and on the map; its reason can be read there. A candidate without the
value a test needs is excluded by that test and the reason says so: a missing value is never a pass.
"""

from __future__ import annotations

from siting.exclusions.attributes import (
    AttributeExclusion,
    Countries,
    GridCapacityExclusion,
    MinimumVoltage,
    Outermost,
)
from siting.exclusions.block import ExclusionBlock, Reasons, missing_data, register, registry
from siting.exclusions.places import Islands, MaximumDistance, Outside, Raster, Within

__all__ = [
    "AttributeExclusion",
    "Countries",
    "ExclusionBlock",
    "GridCapacityExclusion",
    "Islands",
    "MaximumDistance",
    "MinimumVoltage",
    "Outermost",
    "Outside",
    "Raster",
    "Reasons",
    "Within",
    "missing_data",
    "register",
    "registry",
]
