"""Weight stability: how far each weight may move before another portfolio is the best."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from siting.analysis._weighing import OutOfTimeError, Weighing, WeightRange, three_criteria
from siting.analysis._words import amount, listed, plain_name, share
from siting.analysis.result import Analysis
from siting.engine import check_options
from siting.errors import InputError, suggestion
from siting.preparation import prepare
from siting.progress import shown, step, track
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared
    from siting.solution import Solution
    from siting.weight_intervals import Cell, Line


#: Why a criterion was left out when the time limit, or Ctrl-C, came first.
_LATE, _INTERRUPTED = "no time was left for it", "interrupted before it was looked at"


@dataclass(frozen=True, eq=False, repr=False)
class WeightStability(Analysis):
    """Within which weights the chosen portfolio stays the best.

    Attributes
    ----------
    prepared : Prepared
        The model with its scales.
    portfolio : tuple
        The chosen portfolio: the best at the weights of the model.
    ranges : dict of str to WeightRange
        Per criterion.
    triangle : tuple of str
        The three criteria that are mapped against each other; empty without a map.
    cells : tuple of Cell
        The map: convex parts of the triangle with the best portfolio in each. Barycentric coordinates are the shares of
        the three criteria.
    left_out : dict of str to str
        Criteria without a range, and why.
    solves : int
        How often the model was solved.
    """

    prepared: Prepared
    portfolio: tuple[Hashable, ...]
    ranges: dict[str, WeightRange]
    triangle: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    solves: int = 0

    @property
    def complete(self) -> bool:
        """Whether every weight was looked at, and the triangle if there is one to map."""
        return not {_LATE, _INTERRUPTED} & set(self.left_out.values())

    @property
    def are_rates(self) -> bool:
        """Whether the weights are EUR per unit, each changed with all others held."""
        return self.prepared.scaling is not None and self.prepared.scaling.method == "monetised"

    @property
    def weights(self) -> dict[str, float]:
        """The weights of the model."""
        return dict(self.prepared.raw.weights or {})

    @property
    def point(self) -> NDArray[np.float64]:
        """Where the weights of the model stand in the triangle, shape (3,)."""
        three = np.array([self.weights[name] for name in self.triangle])
        return np.asarray(three / three.sum())

    @property
    def areas(self) -> dict[tuple[Hashable, ...], float]:
        """Share of the triangle in which each portfolio is the best, the largest first."""
        shares: dict[tuple[Hashable, ...], float] = {}
        for cell in self.cells:
            shares[cell.portfolio] = shares.get(cell.portfolio, 0.0) + cell.share
        return dict(sorted(shares.items(), key=lambda entry: -entry[1]))

    @property
    def table(self) -> pd.DataFrame:
        """Per criterion its weight, the interval in which the choice stands, and who replaces it at each end."""
        rows = {
            name: {
                "weight": found.weight,
                "lower": found.lower,
                "upper": found.upper,
                "change_below": self.change(found.below),
                "change_above": self.change(found.above),
                "portfolios_over_range": len({portfolio for _, _, portfolio in found.pieces}),
            }
            for name, found in self.ranges.items()
        }
        columns = ["weight", "lower", "upper", "change_below", "change_above", "portfolios_over_range"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("criterion")

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The intervals, all portfolios over the range of each weight, and the areas of the triangle."""
        pieces = [
            {"criterion": name, "from": start, "to": end, "portfolio": portfolio, "chosen": portfolio == self.portfolio}
            for name, found in self.ranges.items()
            for start, end, portfolio in found.pieces
        ]
        columns = ["criterion", "from", "to", "portfolio", "chosen"]
        tables = {"": self.table, "Over the whole range": pd.DataFrame(pieces, columns=columns).set_index("criterion")}
        if self.triangle:
            areas = {
                ", ".join(map(str, portfolio)): {"share_of_triangle": part, "chosen": portfolio == self.portfolio}
                for portfolio, part in self.areas.items()
            }
            title = f"Triangle of {listed(self.triangle)}"
            tables[title] = pd.DataFrame.from_dict(areas, orient="index").rename_axis("portfolio")
        return tables

    def change(self, portfolio: tuple[Hashable, ...] | None, *, named: bool = False) -> str:
        """Return which sites another portfolio swaps, by code or by name; empty for None."""
        if portfolio is None:
            return ""
        label = self.prepared.label if named else str
        leaving = [label(site) for site in self.portfolio if site not in portfolio]
        joining = [label(site) for site in portfolio if site not in self.portfolio]
        return f"{', '.join(joining) or 'nothing'} for {', '.join(leaving) or 'nothing'}"

    @property
    def headline(self) -> str:
        """The change of one weight that is nearest, and what it does."""
        told = f"The portfolio {listed(self.portfolio)}"
        ends = [
            (abs(math.log(end / found.weight)) if found.weight > 0 and end > 0 else math.inf, name, end, other)
            for name, found in self.ranges.items()
            for end, other in ((found.lower, found.below), (found.upper, found.above))
            if other is not None
        ]
        if not ends:
            return f"{told} is the best whatever any single weight" if self.ranges else f"{told} is the best"
        _, name, end, other = min(ends, key=lambda entry: entry[:2])
        found, word = self.ranges[name], "rate" if self.are_rates else "weight"
        nearest = "nearest of those found in time" if not self.complete else "nearest single change that matters"
        text = (
            f"{told} stays the best until the {word} of {plain_name(name)} goes from {self._shown(found.weight)} to "
            f"{self._shown(end)}, the {nearest}: {self.change(other, named=True)}"
        )
        return text + (f"; it is the best in {share(self.areas.get(self.portfolio, 0.0))} of the triangle of "
                       f"{listed(map(plain_name, self.triangle))}" if self.triangle else "")  # fmt: skip

    def _shown(self, weight: float) -> str:
        return amount(weight, "EUR per unit") if self.are_rates else f"{weight:.4g}"

    @property
    def notes(self) -> tuple[str, ...]:
        """How the other weights move, and what was left out."""
        how = (
            "Each rate moves alone, in EUR per year and unit, all others held."
            if self.are_rates
            else "While one weight moves, the others keep their proportions and the sum of all stays."
        )
        notes = [f"{how} Intervals are exact: every breakpoint is proven by an optimal solve ({self.solves} in all)."]
        if self.triangle:
            others = [name for name, weight in self.weights.items() if weight > 0 and name not in self.triangle]
            held = f"; {listed(others)} kept" if others else ""
            notes.append(f"The triangle shares the sum of the weights of {listed(self.triangle)} out anew{held}.")
        return (*notes, *(f"{name}: {why}" for name, why in self.left_out.items()))

    def plot(self, ax: Any = None, *, kind: Literal["intervals", "triangle"] | None = None, **options: Any) -> Any:
        """Draw the triangle if there is one, or the intervals; see `siting.charts.weight_stability`."""
        from siting.charts.weight_stability import draw_intervals, draw_triangle

        if kind not in (None, "intervals", "triangle"):
            raise InputError(f"kind is {kind!r}{suggestion(str(kind), ('intervals', 'triangle'))}")
        if kind == "triangle" and not self.triangle:
            raise InputError("there is no triangle to draw; name three criteria, criteria=['a', 'b', 'c']")
        if kind == "triangle" or (kind is None and self.triangle):
            return draw_triangle(self, ax, **options)
        return draw_intervals(self, ax, **options)


def weight_stability(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    criteria: Sequence[str] | None = None,
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> WeightStability:
    """Find the exact interval of each weight in which the chosen portfolio stays the best, and what replaces it.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution
        As in `siting.solve`; the scales are found once and held.
    criteria : sequence of three str, optional
        Criteria whose weights are mapped against each other in a triangle, their sum and all other weights held.
        Default: the three that have a weight, if there are just three.
    time_limit : float, optional
        Seconds; criteria for which no time was left are named in the notes.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    WeightStability
        Table, headline, notes, charts; after Ctrl-C, of the weights looked at by then.

    Raises
    ------
    InputError
        If a criterion is unknown or has no weight, not three are named, only one has a weight, or sites have
        capacities.
    InfeasibleError
        If no portfolio satisfies every rule.

    Notes
    -----
    While the weight of a criterion moves from 0 to the sum of all weights, the others keep their proportions. In a
    monetised model each rate moves alone, from 0 on. With several service criteria who serves whom depends on the
    weights; a portfolio may then be the best in more than one interval, and the one around the weights of the model is
    given.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> cost, delay = Criterion(site=[1.0, 2.0]), Criterion(site=[3.0, 1.0])
    >>> instance = Instance(sites=1, criteria={"cost": cost, "delay": delay}, weights={"cost": 0.75, "delay": 0.25})
    >>> found = weight_stability(instance)
    >>> found.portfolio, round(found.ranges["delay"].upper, 6), found.ranges["delay"].above
    ((0,), 0.333333, (1,))
    """
    check_options("auto", time_limit, 0.0, threads, seed)
    clock = Search(time_limit=time_limit)
    with shown(progress, "weight stability"):
        prepared = prepare(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        if prepared.instance.capacity is not None:
            raise InputError("weight stability knows no capacities: who is served by whom would depend on the weights")
        weighing = Weighing(prepared, clock, {"threads": threads, "seed": seed})
        three = three_criteria(weighing, criteria)
        return _stability(weighing, three, weighing.solve(weighing.current))


def _stability(weighing: Weighing, three: tuple[str, ...], chosen: Line) -> WeightStability:
    ranges: dict[str, WeightRange] = {}
    left_out = dict(weighing.left_out)
    cells: tuple[Cell, ...] = ()
    try:
        for name in track(weighing.names, "single weights"):
            ranges[name] = weighing.range_of(name, chosen)
        with step("triangle of weights"):
            cells = weighing.cells(three, chosen) if three else ()
    except (OutOfTimeError, KeyboardInterrupt) as stopped:
        why = _LATE if isinstance(stopped, OutOfTimeError) else _INTERRUPTED
        left_out |= dict.fromkeys([name for name in weighing.names if name not in ranges], why)
        if three:
            left_out["triangle"] = why
    triangle = three if cells else ()
    return WeightStability(weighing.prepared, chosen.portfolio, ranges, triangle, cells, left_out, weighing.solves)
