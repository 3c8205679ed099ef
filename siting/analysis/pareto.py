"""What can be had at what price: the exact Pareto frontier of a model in two, three or four of its criteria."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.analysis._words import listed, plain_name
from siting.analysis.result import Analysis
from siting.dominance import supported
from siting.engine import solve_instance, uninterrupted
from siting.errors import InputError
from siting.evaluation import evaluate
from siting.frontier import FEWEST, MOST, check_criteria, frontier
from siting.preparation import prepare
from siting.progress import shown
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path

    from siting.frontier import FrontierPoints, FrontierProgress
    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared
    from siting.solution import Solution


@dataclass(frozen=True, eq=False, repr=False)
class Frontier(Analysis):
    """The portfolios that no other is better than, or as good as, in every criterion asked for.

    Attributes
    ----------
    prepared : Prepared
        What was asked.
    points : FrontierPoints
        Values, portfolios and what is proven about them.
    optimum : tuple or None
        The portfolio that is best for the weights of the model; None if that search was stopped.
    """

    prepared: Prepared
    points: FrontierPoints
    optimum: tuple[Hashable, ...] | None

    @property
    def complete(self) -> bool:
        """Whether every non-dominated portfolio is among the points, up to equal ones."""
        return self.points.complete

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria asked for."""
        return self.points.criteria

    @cached_property
    def minimised(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The values with the sign under which less is better, shape (points, criteria)."""
        return np.asarray(self.points.values * self._signs)

    @property
    def _signs(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([self.prepared.instance.criteria[name].sign for name in self.criteria])

    @cached_property
    def supported(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether some weights make the point optimal: it lies on the convex hull of the frontier."""
        return supported(self.minimised)

    @cached_property
    def ideal(self) -> pd.Series[float]:
        """The best value of each criterion on the frontier, which no portfolio exceeds."""
        return self._column(self.minimised.min(axis=0) * self._signs, "ideal")

    @cached_property
    def nadir(self) -> pd.Series[float]:
        """The worst value of each criterion on the frontier; exact, unlike that of a payoff table."""
        return self._column(self.minimised.max(axis=0) * self._signs, "nadir")

    @cached_property
    def payoff_nadir(self) -> pd.Series[float]:
        """The worst value of each criterion among the portfolios best for one: the usual estimate of the nadir.

        Ties are broken by the other criteria in their order.
        """
        best = []
        for axis in range(len(self.criteria)):
            order = [axis, *(other for other in range(len(self.criteria)) if other != axis)]
            best.append(np.lexsort(self.minimised[:, order[::-1]].T)[0])
        return self._column(self.minimised[best].max(axis=0) * self._signs, "payoff_nadir")

    def _column(self, values: np.ndarray[Any, np.dtype[np.float64]], name: str) -> pd.Series[float]:
        return pd.Series(values, index=pd.Index(self.criteria, name="criterion"), name=name)

    @cached_property
    def normalised(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The values from 0 at the ideal to 1 at the nadir, shape (points, criteria)."""
        low = self.minimised.min(axis=0)
        width = self.minimised.max(axis=0) - low
        return np.asarray((self.minimised - low) / np.where(width > self.points.tolerance, width, 1.0))

    @cached_property
    def knee(self) -> int:
        """Number of the point farthest from the plane through the ends of the frontier, on its better side.

        With every criterion measured from 0 at its ideal to 1 at its nadir, the ends are best in one criterion and
        worst in the others, and the farthest point is that with the least sum.
        """
        return int(self.normalised.sum(axis=1).argmin()) + 1

    @cached_property
    def chosen(self) -> int | None:
        """Number of the point with the values of the model's optimum; None if it is not on this frontier."""
        if self.optimum is None:
            return None
        near = np.abs(self.points.values - self.optimum_values) <= 2 * self.points.tolerance
        rows = np.flatnonzero(near.all(axis=1))
        return int(rows[0]) + 1 if len(rows) else None

    @cached_property
    def optimum_values(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Value of each criterion for the portfolio that is best for the weights of the model."""
        if self.optimum is None:
            return np.full(len(self.criteria), math.nan)
        instance = _alone(self.prepared.instance, self.criteria)
        values = evaluate(instance, [instance.position(identifier) for identifier in self.optimum]).values
        return np.array([values[name] for name in self.criteria])

    @property
    def table(self) -> pd.DataFrame:
        """One row per point: portfolio, values, and what is known about it; for two criteria the rate of exchange."""
        points = self.points
        index = pd.RangeIndex(1, len(points.portfolios) + 1, name="point")
        columns: dict[str, Any] = {"portfolio": pd.Series(points.portfolios, index=index, dtype=object)}
        columns |= {name: points.values[:, axis] for axis, name in enumerate(self.criteria)}
        columns |= {"supported": self.supported}
        if points.counts is not None:
            columns["equal_portfolios"] = points.counts
        else:
            columns["proven"] = points.proven
        columns["chosen"] = index == (self.chosen or 0)
        if len(self.criteria) == FEWEST:
            columns[self.rate_name] = self._rates()
        return pd.DataFrame(columns, index=index)

    @property
    def rate_name(self) -> str:
        """What the rate of exchange between neighbours of a frontier in two criteria is called."""
        return f"{self.criteria[0]}_per_{self.criteria[1]}"

    def _rates(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return what one unit of the second criterion costs in the first on the way to the next point."""
        steps = np.abs(np.diff(self.points.values, axis=0))
        rates = np.full(len(self.points.values), math.nan)
        rates[: len(steps)] = steps[:, 0] / steps[:, 1] if len(steps) else math.nan
        return rates

    @property
    def units(self) -> dict[str, str]:
        """Unit of each criterion."""
        return {name: self.prepared.instance.criteria[name].unit for name in self.criteria}

    @cached_property
    def criteria_table(self) -> pd.DataFrame:
        """Unit, sense, ideal and nadir of each criterion, and its value at the knee and at the model's optimum."""
        instance = self.prepared.instance
        table = pd.DataFrame(
            {
                "unit": pd.Series(self.units),
                "sense": pd.Series({name: instance.criteria[name].sense for name in self.criteria}),
            }
        )
        table.index.name = "criterion"
        if not len(self.points.portfolios):
            return table
        table = table.join([self.ideal, self.nadir, self.payoff_nadir])
        table["knee"] = self.points.values[self.knee - 1]
        table["chosen"] = self.optimum_values
        return table

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The points, and what the criteria span."""
        return {"": self.table, "Criteria": self.criteria_table}

    @property
    def headline(self) -> str:
        """How many portfolios are on the frontier, and whether that is all of them."""
        count, names = len(self.points.portfolios), listed(map(plain_name, self.criteria))
        if not self.complete:
            reason = "the time limit" if self.points.status == "time_limit" else "request"
            return (
                f"Stopped by {reason}: {count:,} portfolios were found that do not dominate each other in {names}; "
                f"{int(self.points.proven.sum()):,} of them are proven to be on the frontier, and "
                f"{math.floor(1000 * self.points.settled) / 10:.1f} % of all portfolios are settled."
            )
        hull = int(self.supported.sum())
        if count == 1:
            return f"One portfolio is best in {names} at once; there is nothing to trade."
        return (
            f"{count:,} portfolios are not dominated in {names}, and these are all: {hull:,} are best for some "
            f"weights, {count - hull:,} for none."
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """How it was proven, what ties there are, and how the marked points are defined."""
        notes = [f"proof: {self.points.proof}"]
        if self.points.counts is not None and (more := int((self.points.counts > 1).sum())):
            notes.append(
                f"{more:,} points stand for several portfolios with equal values; the first in candidate order is shown"
            )
        notes += [self._chosen_note(), *self._constant_notes()]
        if len(self.points.portfolios) > 1:
            notes.append(
                f"knee: point {self.knee}, the farthest from the plane through the ends of the frontier, each "
                "criterion measured from its ideal to its nadir"
            )
        if len(self.criteria) == FEWEST and len(self.points.portfolios) > 1:
            units = [self.units[name] or plain_name(name) for name in self.criteria]
            notes.append(f"{self.rate_name}: {units[0]} per {units[1]} on the way to the next point")
        return tuple(notes)

    def _chosen_note(self) -> str:
        if self.optimum is None:
            return "the portfolio that is best for the weights of the model was not found in time"
        sites = ", ".join(self.prepared.label(identifier) for identifier in self.optimum)
        if self.chosen is not None:
            return f"chosen: point {self.chosen} is best for the weights of the model: {sites}"
        why = "the weights count other criteria too" if self.complete else "the search was stopped"
        return f"the portfolio best for the weights of the model is not among the points, for {why}: {sites}"

    def _constant_notes(self) -> list[str]:
        """Say which criteria do not tell portfolios apart."""
        notes = []
        for axis, name in enumerate(self.criteria):
            values = self.points.values[:, axis]
            if not self.complete or np.ptp(values) > self.points.tolerance[axis]:
                continue
            value = f"{values[0]:,.6g} {self.units[name]}".strip()
            if _is_constant(self.prepared.instance, name, float(self.points.tolerance[axis])):
                notes.append(f"criterion {name!r} is {value} in every portfolio and drops out")
            else:
                notes.append(
                    f"criterion {name!r} is at its best, {value}, all along the frontier; nothing is traded for it"
                )
        return notes

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the frontier.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new chart without it.
        **options
            `kind`: "trade-off" (two criteria, the default for two), "parallel" (parallel coordinates, the default for
            more) or "pairs" (every two criteria, on a new chart only); `style` of a new chart.

        Returns
        -------
        matplotlib.axes.Axes or siting.charts.chart.Chart
        """
        from siting.charts.pareto import draw

        return draw(self, ax, **options)


def pareto(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    criteria: Sequence[str] | None = None,
    method: str = "auto",
    time_limit: float | None = None,
    callback: Callable[[FrontierProgress], bool | None] | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Frontier:
    """Find every portfolio that no other is better than, or as good as, in all of two to four criteria.

    The answer is exact: no weights are sampled, and portfolios that no weights would ever choose are found too.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution, default "gigafactories"
        What `siting.solve` takes.
    criteria : sequence of str, optional
        Two to four criteria; default all with a weight. Other criteria do not count, neither in the comparison nor in
        who serves whom.
    method : {"auto", "groups", "enumeration"}
        How it is proven; see `siting.frontier.frontier`. The answer is the same.
    time_limit : float, optional
        Seconds; what is found by then is returned, with what is proven about it.
    callback : callable, optional
        Told of progress with a `siting.frontier.FrontierProgress`; returning True stops the search.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS, and to the start of the search; the answer does not depend on them.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    Frontier
        The points, best in the first criterion first; after Ctrl-C, those found by then.

    Raises
    ------
    InputError
        If a criterion is unknown, or there are fewer than two or more than four, or no exact search is known for them.
    InfeasibleError
        If no portfolio satisfies every rule.

    Examples
    --------
    >>> frontier = pareto("gigafactories", criteria=["energy_cost", "latency"])
    >>> frontier.complete, list(frontier.table.columns)[:3]
    (True, ['portfolio', 'energy_cost', 'latency'])
    """
    clock = Search(time_limit=time_limit)

    def remaining() -> float | None:
        return None if time_limit is None else max(clock.remaining, 1e-3)

    with shown(progress, "Pareto frontier"):
        prepared = prepare(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        instance = prepared.instance
        names = _default_criteria(instance) if criteria is None else check_criteria(instance, criteria)
        best = uninterrupted(solve_instance(instance, time_limit=remaining(), threads=threads, seed=seed))
        points = frontier(instance, names, method=method, time_limit=remaining(), callback=callback, seed=seed)
    return Frontier(prepared, points, best.portfolio if best.status == "optimal" else None)


def _default_criteria(instance: Instance) -> tuple[str, ...]:
    names = [name for name, weight in (instance.weights or {}).items() if weight != 0]
    if not FEWEST <= len(names) <= MOST:
        raise InputError(
            f"{len(names)} criteria have a weight, and a frontier is computed in {FEWEST} to {MOST}; "
            f"name them, among: {', '.join(instance.criteria)}"
        )
    return tuple(names)


def _alone(instance: Instance, names: Sequence[str]) -> Instance:
    """Return the instance with some criteria alone, as the frontier compares them."""
    weights = instance.weights or {}
    services = [name for name in names if instance.criteria[name].service is not None]
    decided = len(services) > 1 and any(weights.get(name, 0) != 0 for name in services)
    return instance.replace(
        criteria={name: instance.criteria[name] for name in names},
        weights={name: weights.get(name, 0.0) if decided and name in services else 1.0 for name in names},
    )


def _is_constant(instance: Instance, name: str, tolerance: float) -> bool:
    """Return whether a criterion has the same value in every admissible portfolio."""
    criterion = instance.criteria[name]
    if criterion.service is not None or not criterion.is_sum or criterion.site is None:
        service = criterion.service
        return criterion.site is None and service is not None and bool((np.ptp(service, axis=1) == 0).all())
    ends = []
    for sign in (1.0, -1.0):
        alone = type(criterion)(site=sign * criterion.site)
        ends.append(sign * solve_instance(instance.replace(criteria={name: alone}, weights={name: 1.0})).values[name])
    return abs(ends[1] - ends[0]) <= tolerance
