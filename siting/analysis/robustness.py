"""How often a site, or a portfolio, is best when weights and data are uncertain (SMAA over sets, each draw exact).

Stochastic multicriteria acceptability analysis (Lahdelma, Hokkanen and Salminen 1998, EJOR 106(1)) asks for which share
of the possible weights and data an alternative wins. Here the alternatives are all admissible portfolios, and the
winner of each draw is found and proven by the exact search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting._version import __version__
from siting.acceptability import solve_draw, starts, wilson
from siting.analysis._robustness_data import uncertain_data
from siting.analysis._robustness_experiment import experiment_of, judged_portfolio, told_left_out
from siting.analysis._robustness_weights import weight_draws
from siting.analysis.result import Analysis
from siting.draws import Fixed
from siting.engine import check_options
from siting.errors import InputError
from siting.executors import run_many
from siting.preparation import prepare
from siting.progress import shown
from siting.search import Search

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Hashable, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from siting.acceptability import Experiment
    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared
    from siting.solution import Solution

#: Trial draws whose winners every search starts from.
_TRIALS = 16
#: Of a time limit, at most this share goes into trials.
_TRIAL_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Robustness(Analysis):
    """Who wins how often. Shares are over the draws that were solved to proven optimality.

    Attributes
    ----------
    prepared : Prepared
        The base and its scales.
    portfolio : tuple
        The portfolio that is judged: the optimum of the base, or the one asked for.
    number_of_draws : int
        How many draws were asked for.
    told : tuple of str
        What was uncertain, one sentence each.
    answers : list
        One entry per draw, None where it was not finished.
    chosen : bool
        Whether the judged portfolio is the optimum of the base.
    resumed : int
        How many draws came from the checkpoint.
    doubts : tuple of str
        What is not certain of the judged portfolio.
    """

    prepared: Prepared
    portfolio: tuple[Hashable, ...]
    number_of_draws: int
    told: tuple[str, ...]
    answers: list[dict[str, Any] | None] = field(repr=False)
    chosen: bool = True
    resumed: int = 0
    doubts: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every draw was solved to proven optimality, or proven to admit no portfolio."""
        return all(answer is not None and answer["status"] in ("optimal", "infeasible") for answer in self.answers)

    @property
    def done(self) -> int:
        """How many draws were solved to proven optimality; every share is a share of these."""
        return len(self._proven)

    @cached_property
    def _proven(self) -> list[dict[str, Any]]:
        return [answer for answer in self.answers if answer is not None and answer["status"] == "optimal"]

    def count(self, status: str) -> int:
        """Return how many draws ended as "optimal", "infeasible", "time_limit" (not proven) or "missing" (not begun).

        Parameters
        ----------
        status : str
            One of the four.
        """
        return sum(("missing" if answer is None else answer["status"]) == status for answer in self.answers)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """Every draw begun: `status`, `portfolio`, `objective`, `judged_objective`, `regret`, weights and data."""
        ids = self.prepared.instance.candidates
        rows = {}
        for number, answer in enumerate(self.answers):
            if answer is None:
                continue
            held = answer["portfolio"]
            row = {"status": answer["status"], "portfolio": None if held is None else tuple(ids[p] for p in held)}
            row |= {"objective": answer["objective"], "judged_objective": answer["judged"], "regret": _regret(answer)}
            row |= {f"weight_{name}": weight for name, weight in answer["weights"].items()}
            rows[number] = row | answer["values"]
        frame = pd.DataFrame.from_dict(rows, orient="index")
        return frame.rename_axis("draw")

    @cached_property
    def sites(self) -> pd.DataFrame:
        """Sites that win in at least one draw, the most frequent first.

        Columns `name`, `share` of the draws whose optimum holds the site, `low` and `high` (95 % Wilson interval),
        `judged` (whether it is in the judged portfolio), and per criterion its mean weight where the site wins.
        """
        won: dict[int, list[int]] = {}
        for number, answer in enumerate(self._proven):
            for position in answer["portfolio"]:
                won.setdefault(position, []).append(number)
        for identifier in self.portfolio:
            won.setdefault(self.prepared.instance.position(identifier), [])
        ids = self.prepared.instance.candidates
        table = self._shares({ids[position]: numbers for position, numbers in sorted(won.items())}, "candidate")
        table.insert(0, "name", [self._name(identifier) for identifier in table.index])
        table.insert(4, "judged", [identifier in self.portfolio for identifier in table.index])
        return table

    @cached_property
    def portfolios(self) -> pd.DataFrame:
        """Portfolios that win in at least one draw, the most frequent first; the shares sum to 1.

        Columns `portfolio`, `share`, `low`, `high`, `judged`, and per criterion its mean weight where it wins (the
        central weights of SMAA).
        """
        won: dict[tuple[int, ...], list[int]] = {}
        for number, answer in enumerate(self._proven):
            won.setdefault(tuple(answer["portfolio"]), []).append(number)
        ids = self.prepared.instance.candidates
        named = {tuple(ids[position] for position in held): numbers for held, numbers in sorted(won.items())}
        table = self._shares(named, "portfolio").reset_index()
        table.insert(4, "judged", [frozenset(held) == frozenset(self.portfolio) for held in table["portfolio"]])
        table.index = pd.RangeIndex(1, len(table) + 1, name="rank")
        return table

    def _shares(self, won: Mapping[Any, Sequence[int]], what: str) -> pd.DataFrame:
        """Return share, interval and central weights of each winner, the most frequent first."""
        names = list(self._proven[0]["weights"]) if self._proven else []
        weights = np.array([list(answer["weights"].values()) for answer in self._proven]).reshape(self.done, len(names))
        rows = []
        for numbers in won.values():
            low, high = wilson(len(numbers), self.done)
            central = weights[numbers].mean(axis=0) if len(numbers) else np.full(len(names), math.nan)
            share = len(numbers) / self.done if self.done else math.nan
            row = {"share": share, "low": low, "high": high}
            rows.append(row | {f"weight_{name}": value for name, value in zip(names, central.tolist(), strict=True)})
        columns = ["share", "low", "high", *(f"weight_{name}" for name in names)]
        index = pd.Index(_objects(list(won)), name=what, tupleize_cols=False)
        return pd.DataFrame(rows, index=index, columns=columns).sort_values("share", ascending=False, kind="stable")

    def _name(self, identifier: Hashable) -> str:
        return self.prepared.label(identifier).removesuffix(f" ({identifier})")

    @property
    def base_share(self) -> float:
        """In which share of the draws the judged portfolio is itself the optimum found."""
        return float(self.portfolios.loc[self.portfolios["judged"], "share"].sum()) if self.done else math.nan

    @cached_property
    def regret(self) -> pd.Series[float]:
        """How much worse the judged portfolio is than the best, over the draws whose rules admit it.

        `mean`, `median`, `95th percentile`, `largest`, in units of the objective, and `draws`, how many these are.
        """
        found = np.array([regret for regret in map(_regret, self._proven) if regret is not None])
        if not len(found):
            return pd.Series(dict.fromkeys(_REGRETS, math.nan) | {"draws": 0.0}, name="regret")
        values = [found.mean(), *np.quantile(found, [0.5, 0.95]), found.max(), len(found)]
        return pd.Series(dict(zip([*_REGRETS, "draws"], map(float, values), strict=True)), name="regret")

    @property
    def table(self) -> pd.DataFrame:
        """`sites`."""
        return self.sites

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Sites, portfolios, and the regret of the judged portfolio."""
        regret = self.regret.rename_axis("over the draws").to_frame()
        return {"": self.sites, "Portfolios": self.portfolios, "Regret of the judged portfolio": regret}

    @property
    def headline(self) -> str:
        """How often the judged portfolio and its sites stay the best."""
        if not self.done:
            return f"None of {self.number_of_draws:,} draws was solved to proven optimality."
        which = "The chosen portfolio" if self.chosen else "The portfolio asked about"
        low, high = wilson(round(self.base_share * self.done), self.done)
        own = self.sites.loc[self.sites["judged"], "share"]
        most, least = own.idxmax(), own.idxmin()
        return (
            f"{which} stays the best in {self.base_share:.0%} of {self.done:,} draws ({low:.0%} to {high:.0%}); of its "
            f"sites, {self.prepared.label(most)} is in {own[most]:.0%} of the best portfolios and "
            f"{self.prepared.label(least)} in {own[least]:.0%}."
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was uncertain, and what was not finished."""
        notes = [*(f"uncertain: {text}" for text in self.told), *self.doubts]
        counted = f"{self.done:,} of {self.number_of_draws:,} draws were solved to proven optimality"
        notes.append(f"{counted}; intervals are 95 % Wilson intervals of the shares")
        reasons = {
            "missing": "were not begun, because the run was stopped",
            "time_limit": "ran into the time limit without a proof and count nowhere",
            "infeasible": "admit no portfolio and count nowhere",
        }
        for status, reason in reasons.items():
            if self.count(status):
                notes.append(f"{self.count(status):,} draws {reason}")
        barred = self.done - int(self.regret["draws"])
        if barred:
            notes.append(
                f"in {barred:,} draws the rules forbid the judged portfolio, which leaves its regret undefined"
            )
        return tuple(notes)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values, ready for JSON, with the numbers that the tables stand on."""
        from siting.plain_values import plain

        counts = {status: self.count(status) for status in ("optimal", "infeasible", "time_limit", "missing")}
        held = {"portfolio": plain(self.portfolio), "base_share": plain(self.base_share)}
        return {**super().to_dict(), **held, "draws": {"asked": self.number_of_draws, **counts}}

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the acceptability of sites or portfolios, or the regret; see `siting.charts.robustness.draw`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new chart without it.
        **options
            ``what="sites"``, ``"portfolios"`` or ``"regret"``; ``most``, how many bars at most; ``style``.

        Returns
        -------
        matplotlib.axes.Axes or siting.charts.chart.Chart
            The axes given, or the new chart.
        """
        from siting.charts.robustness import draw

        return draw(self, ax, **options)


_REGRETS = ("mean", "median", "95th percentile", "largest")


def robustness(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    draws: int = 1000,
    weights: str | Sequence[str] | Mapping[str, tuple[float, float]] = "dirichlet",
    data: Mapping[str, Any] | None = None,
    portfolio: Sequence[Hashable] | None = None,
    executor: Executor | int | None = None,
    seed: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    time_limit: float | None = None,
    callback: Callable[[int, int], object] | None = None,
    progress: bool | None = None,
    **overrides: Any,
) -> Robustness:
    """Draw weights and data at random, solve every draw exactly, and count who wins.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution, default "gigafactories"
        As `siting.solve` takes it.
    draws : int, default 1000
        How many; a share of one half is then known to about 3 points.
    weights : str, sequence or mapping, default "dirichlet"
        ``"dirichlet"``: uniform over all weights that sum to 1. ``"dirichlet:50"``: around the model's weights, the
        closer the larger the number. ``{"latency": (0.1, 0.4)}``: uniform over all with these shares, the others free.
        ``"latency > cohesion = energy_cost > grid_capacity"``, or a list from the most to the least important: uniform
        over all that agree with the order. ``"fixed"``: as in the model. Criteria without a weight take no part. In a
        monetised model, intervals of EUR per unit.
    data : mapping, optional
        What is uncertain besides, each drawn independently and uniformly: ``{"energy_cost": 0.2}``, a criterion times
        0.8 to 1.2, independently for each country (or ``{"range": (0.9, 1.3), "by": "candidate"}`` or ``"all"``;
        a criterion of who serves whom has one factor); ``{"latency.slope_ms_per_km": (0.015, 0.021)}``, any number
        of the model between two ends; ``{"price_period": ["2023-S1", "2025-S2"]}``, any key as one of several values;
        ``{"price_period": "history"}``, all periods of the model's price series; ``{"grid_capacity_mva": (0.5, 1.5)}``,
        a column of the candidate table times one factor for all. Text is read as on the command line: ``"20%"``,
        ``"0.8..1.3 by candidate"``.
    portfolio : sequence, optional
        The portfolio to judge; default the optimum of the model.
    executor : concurrent.futures.Executor or int, optional
        Where to solve: a process pool, the executor of a cluster, a number of worker processes; default here.
        The result does not depend on it.
    seed : int, default 0
        Of the draws; draw 17 is the same whoever draws it.
    checkpoint : path-like, optional
        A file that keeps finished draws, and from which the same call resumes, also with more draws.
    time_limit : float, optional
        Seconds for everything. Draws that were not solved to a proof by then are counted apart.
    callback : callable, optional
        Told ``(finished, all)`` as draws are finished; returning True stops the run.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    **overrides
        As in `siting.solve`, except `weights`.

    Returns
    -------
    Robustness
        Shares of sites and portfolios with their intervals, and the regret of the judged portfolio. If it was stopped
        (Ctrl-C, a limit), it holds what was finished and says so.

    Raises
    ------
    InputError
        If a name, range, order or portfolio is not valid, or the executor takes no tasks.
    InfeasibleError
        If no portfolio satisfies every rule.

    Examples
    --------
    >>> result = robustness("gigafactories", draws=20, weights="dirichlet:40")
    >>> result.complete, round(float(result.portfolios["share"].sum()), 9)
    (True, 1.0)
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise InputError(f"draws is {draws!r}; it must be a whole number, at least 1")
    check_options("auto", time_limit, 0.0, None, seed)
    clock = Search(time_limit=time_limit)
    with shown(progress, "robustness"):
        prepared = prepare(model, time_limit=time_limit, **overrides)
        weighed, uncertain = weight_draws(prepared, weights), uncertain_data(prepared, data)
        if not uncertain.drawn and (isinstance(weighed, Fixed) or len(weighed.names) == 1):
            raise InputError("nothing is uncertain: the weights cannot change and data says nothing; give data={...}")
        judged, doubts = judged_portfolio(prepared, portfolio, clock)
        experiment = experiment_of(prepared, weighed, uncertain, judged, seed)
        trials = _TRIALS if time_limit is None else min(_TRIALS, int(_TRIAL_SHARE * clock.remaining / 0.05))
        experiment.starts = starts(experiment, _known(prepared, experiment), trials)
        finished = run_many(
            experiment, solve_draw, range(draws), executor=executor, checkpoint=checkpoint,
            key=f"{__version__} {experiment.fingerprint()}", settled=lambda answer: answer["status"] != "time_limit",
            progress=callback, time_limit=None if time_limit is None else max(clock.remaining, 1e-3), what="draws",
        )  # fmt: skip
    told = (
        *([] if isinstance(weighed, Fixed) else [weighed.told]),
        *uncertain.told,
        *told_left_out(prepared, uncertain),
    )
    return Robustness(
        prepared, judged, draws, told, finished.results, portfolio is None, finished.resumed, tuple(doubts)
    )


def _known(prepared: Prepared, experiment: Experiment) -> list[tuple[int, ...]]:
    """Return portfolios that are good for something: the one judged, and those behind the scales."""
    first = [] if prepared.scaling is None else list(prepared.scaling.portfolios.values())
    at = prepared.instance.position
    return [experiment.judged, *(tuple(sorted(map(at, one))) for one in first)]


def _regret(answer: Mapping[str, Any]) -> float | None:
    """Return how much worse the judged portfolio is; rounding below 0 is 0, and what is not proven says nothing."""
    if answer["status"] != "optimal" or answer["judged"] is None:
        return None
    return max(0.0, float(answer["judged"]) - float(answer["objective"]))


def _objects(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Return values of any kind as one column, tuples included."""
    column = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        column[place] = value
    return column
