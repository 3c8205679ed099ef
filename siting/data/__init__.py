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

from siting.data.candidate_sets import candidates, from_regions
from siting.data.demand_sets import demand
from siting.data.facilities import accelerators, latency_measurements
from siting.data.places import ai_factories, internet_exchanges, power_plants
from siting.data.prices import electricity_prices, price_series
from siting.data.provenance import attributes, coverage, describe, rules, sources
from siting.data.regions import boundaries, neighbours
from siting.data.strictness import imputed_share, refuse_gaps, strict_gaps, value_kinds
from siting.data.tracing import candidate, trace
from siting.data.verification import verify
from siting.data.zones import zone_prices

__all__ = [
    "accelerators",
    "ai_factories",
    "attributes",
    "boundaries",
    "candidate",
    "candidates",
    "coverage",
    "demand",
    "describe",
    "electricity_prices",
    "from_regions",
    "imputed_share",
    "internet_exchanges",
    "latency_measurements",
    "neighbours",
    "power_plants",
    "price_series",
    "refuse_gaps",
    "rules",
    "sources",
    "strict_gaps",
    "trace",
    "value_kinds",
    "verify",
    "zone_prices",
]
