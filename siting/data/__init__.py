"""The shipped tables: candidates, demand, prices, boundaries, and where every value comes from.

Every function takes `directory`, a folder of the user's own tables: a file there replaces the shipped file of
the same name, and everything else is taken from the shipped tables.

Examples
--------
>>> from siting import data
>>> data.trace("ITI3", "grid_capacity_mva")["attribute"].tolist()[:2]
['grid_capacity_mva', 'import_capacity_mva']
"""

from __future__ import annotations

from siting.data.facilities import accelerators, latency_measurements
from siting.data.prices import electricity_prices, price_series
from siting.data.provenance import attributes, coverage, describe, rules, sources, trace
from siting.data.regions import boundaries, candidates, demand, neighbours

__all__ = [
    "accelerators",
    "attributes",
    "boundaries",
    "candidates",
    "coverage",
    "demand",
    "describe",
    "electricity_prices",
    "latency_measurements",
    "neighbours",
    "price_series",
    "rules",
    "sources",
    "trace",
]
