"""The tables of a list of alternatives: portfolios, sites, and the portfolios that differ most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from siting.near_optimal import NearOptimal
    from siting.preparation import Prepared

CORE, SWAPPABLE, NEVER = "core", "swappable", "never"
#: Roles where a list is not known to be complete.
UNPROVEN = {CORE: "in all found", SWAPPABLE: SWAPPABLE, NEVER: "in none found"}


def portfolio_table(
    prepared: Prepared,
    found: NearOptimal,
    portfolios: list[tuple[Hashable, ...]],
    percent: Callable[[Any], Any],
) -> pd.DataFrame:
    """Return one row per portfolio, best first; `percent` turns an excess into percent of the optimum."""
    excess, first = np.maximum(found.objectives - found.objectives[0], 0.0), portfolios[0]
    columns: dict[str, Any] = {
        "portfolio": portfolios,
        "objective": found.objectives,
        "excess": excess,
        "excess_percent": percent(excess),
    }
    for column, (name, criterion) in enumerate(prepared.instance.criteria.items()):
        columns[f"{name} ({criterion.unit})" if criterion.unit else name] = found.values[:, column]
    columns["leaves"] = [tuple(site for site in first if site not in held) for held in portfolios]
    columns["joins"] = [tuple(site for site in held if site not in first) for held in portfolios]
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(portfolios) + 1, name="rank"))


def site_table(prepared: Prepared, found: NearOptimal, percent: Callable[[Any], Any], *, proven: bool) -> pd.DataFrame:
    """Return one row per candidate that is not excluded, those in most portfolios first."""
    instance, number = prepared.instance, len(found.objectives)
    counts = np.bincount(found.portfolios[found.portfolios >= 0], minlength=instance.number_of_candidates)
    # The last entry takes the -1 of portfolios with fewer sites.
    ranks = np.full(instance.number_of_candidates + 1, number + 1)
    for column in found.portfolios.T:
        np.minimum.at(ranks, column, np.arange(1, number + 1))
    rows = np.flatnonzero([identifier not in instance.forbidden for identifier in instance.candidates])
    rows = rows[np.lexsort((rows, ranks[rows], -counts[rows]))]
    best = [int(ranks[row]) if counts[row] else None for row in rows]
    excess = [math.nan if rank is None else max(0.0, found.objectives[rank - 1] - found.objectives[0]) for rank in best]
    return pd.DataFrame(
        {
            "name": [prepared.label(instance.candidates[row]) for row in rows],
            "role": [_role(int(counts[row]), number, proven=proven) for row in rows],
            "portfolios": counts[rows],
            "share_percent": 100.0 * counts[rows] / number,
            "best_rank": pd.array(best, dtype="Int64"),
            "best_excess_percent": percent(np.array(excess)),
        },
        index=pd.Index([instance.candidates[row] for row in rows], name="candidate"),
    )


def _role(count: int, number: int, *, proven: bool) -> str:
    role = CORE if count == number else SWAPPABLE if count else NEVER
    return role if proven else UNPROVEN[role]


def diverse_table(prepared: Prepared, table: pd.DataFrame, rows: Sequence[int]) -> pd.DataFrame:
    """Return some rows of the table of portfolios, with what tells them apart."""
    chosen = table.iloc[list(rows)].copy()
    sets = [set(held) for held in chosen["portfolio"]]
    differences = [[max(len(one - other), len(other - one)) for other in sets if other is not one] for one in sets]
    chosen.insert(1, "sites_that_differ", [min(others, default=0) for others in differences])
    kilometres = _kilometres(prepared, list(chosen["portfolio"]))
    if kilometres is not None:
        chosen.insert(2, "moved_km", kilometres)
    return chosen


def _kilometres(prepared: Prepared, portfolios: list[tuple[Hashable, ...]]) -> list[float] | None:
    """Return the least sum of distances from the sites of the first portfolio to those of each, matched one to one."""
    model = prepared.model
    if model is None or "longitude_degrees" not in model.candidates.columns:
        return None
    from scipy.optimize import linear_sum_assignment

    from siting.geography import distance_matrix_km

    places = model.candidates[["longitude_degrees", "latitude_degrees"]]
    moved = []
    for held in portfolios:
        distances = distance_matrix_km(places.loc[list(portfolios[0])], places.loc[list(held)])
        moved.append(float(distances[linear_sum_assignment(distances)].sum()))
    return moved
