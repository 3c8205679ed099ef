"""How complete each candidate set is in what it has of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.data.candidate_sets import candidates
from siting.data.inheritance import INHERITED, row_rules, set_rules

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


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
        for attribute, entry in group.droplevel("set").iterrows():
            values = table[str(attribute)]
            missing = int(values.isna().sum())
            kind = row_rules(table, str(attribute), entry["rule"]).map(kinds)
            imputed = int(((kind == "imputation") & values.notna()).sum())
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
