"""Who is served by which site, in people and milliseconds, as far as the demand table tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.maps.texts import number

if TYPE_CHECKING:
    from siting.maps.content import Content


def served(content: Content) -> pd.DataFrame | None:
    """Return what each chosen site serves.

    Parameters
    ----------
    content : Content
        What the map shows.

    Returns
    -------
    pandas.DataFrame or None
        One row per site: `population` served, its `share` of all people whose site is known, and their
        population-weighted `mean_ms` and `largest_ms`; missing where the demand table has no `latency_ms`. None
        without demand or people.
    """
    demand = content.demand
    if demand is None or not {"population", "facility"} <= set(demand.columns):
        return None
    known = demand[demand["facility"].notna() & demand["population"].notna()]
    people = known["population"].astype(float)
    sums = people.groupby(known["facility"]).sum()
    table = pd.DataFrame(index=pd.Index(content.sites, tupleize_cols=False))
    table["population"] = sums.reindex(table.index)
    table["share"] = table["population"] / people.sum() if people.sum() > 0 else np.nan
    table["mean_ms"] = table["largest_ms"] = np.nan
    if "latency_ms" in demand.columns:
        timed = known[known["latency_ms"].notna()]
        weight = people[timed.index].groupby(timed["facility"]).sum()
        weighted = (timed["latency_ms"] * people[timed.index]).groupby(timed["facility"]).sum()
        table["mean_ms"] = (weighted / weight.where(weight > 0)).reindex(table.index)
        table["largest_ms"] = timed.groupby("facility")["latency_ms"].max().reindex(table.index)
    return table


def millions(people: pd.Series, language: str) -> tuple[str, ...]:
    """Write numbers of people in millions.

    Parameters
    ----------
    people : pandas.Series
        How many.
    language : str
        How numbers are written.

    Returns
    -------
    tuple of str
        One text each; a dash where it is missing.

    Examples
    --------
    >>> millions(pd.Series([1.25e6, float("nan")]), "it")
    ('1,2', '–')
    """
    return tuple(number(float(count) / 1e6, 1, language) for count in people)
