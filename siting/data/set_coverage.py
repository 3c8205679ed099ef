"""How complete each candidate set is in what it has of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.data.candidate_sets import candidates
from siting.data.inheritance import INHERITED, set_rules

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

ASSUMED = "two_circuits_assumed"
CIRCUITS = (
    "incident_circuits_220_to_299_kv", "incident_circuits_300_kv_and_above", "circuit_rating_mva",
    "connection_limit_mva",
)  # fmt: skip
"""Columns of a grid node that are assumed where no bus of the map is near."""


def set_coverage(directory: Path | None, kinds: pd.Series) -> list[dict[str, Any]]:
    """Return how many values of each set are derived, imputed and missing, as lines of `coverage`.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.
    kinds : pandas.Series
        Kind of every rule.

    Returns
    -------
    list of dict
        What a set has of its own; inherited attributes are as complete as those of the regions, and cells are made
        on demand.
    """
    rules = set_rules(directory)
    own = rules[~rules["rule"].isin(INHERITED) & (rules.index.get_level_values("set") != "cells")]
    lines = []
    for name, group in own.groupby(level="set", sort=False):
        table = candidates(str(name), directory)
        assumed = int((table["circuit_rule"] == ASSUMED).sum()) if "circuit_rule" in table else 0
        for attribute, entry in group.droplevel("set").iterrows():
            missing = int(table[str(attribute)].isna().sum())
            imputed = assumed if attribute in CIRCUITS else 0
            there = len(table) - missing - imputed
            observed = there if kinds.get(entry["rule"]) == "observation" else 0
            lines.append(
                {
                    "attribute": attribute, "level": name, "regions": len(table), "observed": observed,
                    "derived": there - observed, "imputed": imputed, "missing": missing,
                    "imputed_share": imputed / len(table),
                    "sources": entry["source"], "grades": entry["grade"], "years": entry["year"],
                }
            )  # fmt: skip
    return lines
