"""Every portfolio nearly as good as the optimum, or the k best, complete: how much freedom a choice leaves."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.analysis.alternatives_question import LIMIT, Question, has_share
from siting.analysis.alternatives_tables import CORE, NEVER, SWAPPABLE, diverse_table, portfolio_table, site_table
from siting.analysis.result import Analysis
from siting.diversity import DifferentPortfolios, most_different
from siting.engine import InstanceSolution, check_options, solve_instance, uninterrupted
from siting.errors import InputError
from siting.evaluation import evaluate
from siting.near_optimal import NearOptimal, check_listable, near_optimal
from siting.plain_values import plain, records
from siting.portfolio_values import portfolio_values
from siting.preparation import Prepared, prepare
from siting.progress import shown
from siting.search import PROOF_TOLERANCE, Callback, Search

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    import pandas as pd

    from siting.instance import Instance
    from siting.model import Model
    from siting.solution import Solution

_STOPPED = {"time_limit": "the time limit", "interrupted": "the user"}


def alternatives(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    within: float | None = None,
    within_objective: float | None = None,
    count: int | None = None,
    diverse: int | None = None,
    limit: int = LIMIT,
    time_limit: float | None = None,
    callback: Callback | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Alternatives:
    """List every portfolio nearly as good as the optimum, or the best ones by number, and prove that none is missing.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution, default "gigafactories"
        As in `siting.solve`.
    within : float, optional
        List the portfolios whose objective exceeds the optimum's by at most this share of it: 0.02 for 2 %. The
        objective of a model is 0 where every criterion is at its ideal, so that 2 % are 2 % of the distance from there.
        A portfolio exactly at the threshold is in; objectives that differ by less than 1e-9 of the terms they sum
        are equal.
    within_objective : float, optional
        The same as a distance in units of the objective, for instance EUR per year in a monetised model.
    count : int, optional
        List this many portfolios, the best, instead.
    diverse : int, optional
        Also choose this many of them, the optimum included, that differ most: the two most alike differ in as many
        sites as possible.
    limit : int, default 100000
        List at most this many, the best.
    time_limit : float, optional
        Seconds for everything; a list that is cut short says up to which objective it is complete.
    callback : callable, optional
        Told of progress; returning True stops the search.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    Alternatives
        Portfolios, sites, and what is certain; after Ctrl-C, what was listed by then.

    Raises
    ------
    InputError
        If not exactly one of `within`, `within_objective` and `count` is given, an option is not valid, sites have
        capacities, a worst-case criterion has a weight, or a share is asked of an objective of 0 or less.
    InfeasibleError
        If no portfolio satisfies every rule.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> cost = Criterion(site=[10.0, 1.0, 2.0, 2.2], unit="EUR")
    >>> found = alternatives(Instance(sites=2, criteria={"cost": cost}, candidates=list("abcd")), within=0.1)
    >>> found.complete, found.table["portfolio"].tolist()
    (True, [('b', 'c'), ('b', 'd')])
    >>> found.sites["role"].to_dict()
    {'b': 'core', 'c': 'swappable', 'd': 'swappable', 'a': 'never'}
    """
    question = Question(within, within_objective, count, diverse, limit)
    question.check()
    check_options("auto", time_limit, 0.0, threads, seed)
    clock = Search(time_limit=time_limit)

    def search() -> Search:
        return Search(time_limit=None if time_limit is None else max(clock.remaining, 1e-3), callback=callback)

    with shown(progress, "listing alternatives"):
        prepared = prepare(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        instance, limits = prepared.instance, {"threads": threads, "seed": seed}
        check_listable(instance)
        solution = solve_instance(instance, time_limit=search().time_limit, callback=callback, **limits)  # type: ignore[arg-type]
        if solution.portfolio is None:
            uninterrupted(solution)
            raise InputError("the search was stopped before it held a portfolio; give it more time")
        optimum = [instance.position(identifier) for identifier in solution.portfolio]
        if solution.status != "optimal":
            return Alternatives(prepared, question, _held(instance, optimum, solution), None)
        return _listed(prepared, question, optimum, search)


def _listed(prepared: Prepared, question: Question, optimum: list[int], search: Callable[[], Search]) -> Alternatives:
    """List what was asked for, and the second best in any case."""
    instance = prepared.instance
    evaluation = evaluate(instance, optimum)
    threshold = question.threshold(evaluation.objective, evaluation.magnitude)
    found = near_optimal(instance, optimum, search(), threshold=threshold, count=question.count, limit=question.limit)
    two = found
    if len(found.objectives) < 2 and found.reached in {"threshold", "limit", "count"}:
        two = near_optimal(instance, optimum, search(), count=2)
    known = len(two.objectives) > 1 and two.objectives[1] <= two.certain + two.tolerance
    return Alternatives(prepared, question, found, float(two.objectives[1]) if known else None)


def _held(instance: Instance, portfolio: list[int], solution: InstanceSolution) -> NearOptimal:
    """Return the list of one portfolio that is not proven to be the best."""
    row = np.full((1, instance.maximum_sites), -1, dtype=np.int32)
    row[0, : len(portfolio)] = sorted(portfolio)
    values, objectives = portfolio_values(instance, row)
    return NearOptimal(
        row, objectives, values, certain=-math.inf,
        reached="interrupted" if solution.status == "interrupted" else "time_limit", tied_beyond=False, tolerance=0.0,
        candidates_left=instance.number_of_candidates,
    )  # fmt: skip


class Alternatives(Analysis):
    """Portfolios nearly as good as the optimum, best first, and up to where the list is complete.

    Attributes
    ----------
    prepared : Prepared
        The model and its instance.
    found : NearOptimal
        Positions, objectives and criteria of all portfolios as arrays.
    second_best : float or None
        Objective of the second best portfolio, listed or not; None if there is none or it is not known.
    """

    def __init__(self, prepared: Prepared, question: Question, found: NearOptimal, second_best: float | None) -> None:
        self.prepared, self.question, self.found, self.second_best = prepared, question, found, second_best

    def __len__(self) -> int:
        return len(self.found.objectives)

    @property
    def complete(self) -> bool:
        """Whether nothing that was asked for is missing."""
        return self.found.reached in {"all", "threshold", "count"}

    @property
    def cut_short(self) -> bool:
        """Whether a limit of time or Ctrl-C ended the list, rather than the number of portfolios to list."""
        return self.found.reached in _STOPPED

    @property
    def certain_objective(self) -> float:
        """Every portfolio with an objective below this is listed; infinite if no portfolio is missing at all."""
        return self.found.certain

    @property
    def best(self) -> float:
        """Objective of the optimum."""
        return float(self.found.objectives[0])

    @property
    def margin(self) -> float | None:
        """By how much the second best is worse than the best, in units of the objective; 0 for a tie.

        None if there is no second portfolio, or if the search was stopped before it was known.
        """
        return None if self.second_best is None else max(0.0, self.second_best - self.best)

    @cached_property
    def _shares(self) -> bool:
        magnitude = abs(self.best) if self.found.tolerance == 0 else self.found.tolerance / PROOF_TOLERANCE
        return has_share(self.best, magnitude)

    def _percent(self, excess: Any) -> Any:
        return 100.0 * excess / self.best if self._shares else excess * math.nan

    def _distance(self, excess: float) -> str:
        """Return how far an objective lies above the optimum's, in words."""
        return f"{self._percent(excess):.3g} %" if self._shares else f"{_number(excess)} in the objective"

    @cached_property
    def portfolios(self) -> list[tuple[Hashable, ...]]:
        """Identifiers of the sites of each portfolio, best first."""
        names = self.prepared.instance.candidates
        return [tuple(names[site] for site in row if site >= 0) for row in self.found.portfolios.tolist()]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per portfolio, best first.

        `objective`; `excess` over the optimum and the same in percent; each criterion in its unit; and which sites of
        the optimum leave, and which join instead. Of equals, the optimum `siting.solve` returns comes first, then
        candidate order decides.
        """
        return portfolio_table(self.prepared, self.found, self.portfolios, self._percent)

    @cached_property
    def sites(self) -> pd.DataFrame:
        """One row per candidate that is not excluded, those in most portfolios first.

        In how many portfolios it is, and their share; its role: core (in all), swappable (in some) or never (proven to
        be in none); and rank and excess of the best portfolio that holds it.
        """
        return site_table(self.prepared, self.found, self._percent, proven=self.found.reached not in _STOPPED)

    @cached_property
    def _different(self) -> DifferentPortfolios | None:
        if self.question.diverse is None:
            return None
        return most_different(self.found.portfolios, self.question.diverse)

    @cached_property
    def diverse(self) -> pd.DataFrame:
        """The portfolios that differ most from each other, the optimum first; empty unless asked for.

        Beside the columns of `table`: in how many sites a portfolio differs from the one most like it, and, where
        places are known, the sum of distances from the optimum's sites to its own, matched so that it is least.
        """
        rows = () if self._different is None else self._different.rows
        return diverse_table(self.prepared, self.table, rows)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Portfolios, the sites they hold, and the most different portfolios if asked for."""
        tables = {"": self.table, "Sites": self.sites[self.sites["portfolios"] > 0]}
        return tables if self._different is None else tables | {"Most different": self.diverse}

    @property
    def _reach(self) -> str:
        """What was asked for, in words."""
        question = self.question
        if question.within is not None:
            return f"within {100 * question.within:.4g} % of the optimum"
        if question.within_objective is not None:
            return f"within {_number(question.within_objective)} of the optimum's objective"
        return f"among the {question.count:,} best"

    @property
    def headline(self) -> str:
        """How many portfolios there are, whether these are all, and what their sites have in common."""
        if self.found.certain == -math.inf:
            return f"The search was stopped by {_STOPPED[self.found.reached]} before the optimum was proven."
        return self._complete_headline if self.complete else self._cut_headline

    @property
    def _complete_headline(self) -> str:
        number, reach = len(self), self._reach
        if number == 1 and self.question.count is None:
            return f"No other portfolio lies {reach}{self._next}."
        if self.found.reached == "all":
            return f"Only {number:,} {_portfolios(number)} every rule, and all are listed: {self._roles}."
        if self.question.count is None:
            return f"{number:,} portfolios lie {reach}, and no others do: {self._roles}."
        if number == 1:
            return f"This is the best portfolio{self._next}."
        last = self._distance(float(self.found.objectives[-1]) - self.best)
        return f"These are the {number:,} best portfolios, and the last is {last} worse than the best: {self._roles}."

    @property
    def _cut_headline(self) -> str:
        number, reach = len(self), self._reach
        if self.found.reached == "limit":
            return f"More than {number:,} portfolios lie {reach}; the best {number:,} are listed, and {self._certain}."
        stopped = f"The search was stopped by {_STOPPED[self.found.reached]} with {number:,} portfolios found {reach}"
        return f"{stopped}: {self._certain}; beyond that there may be more."

    @property
    def _next(self) -> str:
        if self.margin is None:
            return "" if self.found.reached != "all" else "; no other satisfies every rule"
        return f"; the second best is {self._distance(self.margin)} worse"

    @property
    def _certain(self) -> str:
        """Up to where the list is complete, in words."""
        excess = self.found.certain - self.best
        if excess <= 0:
            return "that none is better than the optimum is all that is certain"
        return f"all that are less than {self._distance(excess)} worse than the optimum are among them"

    @property
    def _roles(self) -> str:
        roles = self.sites["role"]
        core, swappable, never = (int((roles == role).sum()) for role in (CORE, SWAPPABLE, NEVER))
        held = {0: "no site is", 1: "1 site is"}.get(core, f"{core} sites are")
        return f"{held} in all of them, {swappable} in some, {never} in none"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a share means, ties, and how the most different portfolios were chosen."""
        notes = [f"The objective of the optimum is {_number(self.best)}{self._zero}."]
        if self.question.within is not None:
            notes.append(
                f"{100 * self.question.within:.4g} % of it are {_number(self.question.within * abs(self.best))}."
            )
        if len(self) > 1 and self.margin is not None:
            notes.append(f"The second best is {self._distance(self.margin)} worse than the best.")
        equals = int((self.found.objectives <= self.best + self.found.tolerance).sum())
        if equals > 1:
            notes.append(f"{equals:,} portfolios tie for the best; of equals, candidate order decides the rank.")
        if self.found.tied_beyond:
            notes.append("Portfolios that are not listed tie with the last one.")
        if self._different is not None:
            notes.append(self._how_different(self._different))
        return tuple(notes)

    @property
    def _zero(self) -> str:
        scaling = self.prepared.scaling
        ideal = scaling is not None and scaling.method == "portfolio"
        return ", 0 being every criterion at its ideal" if ideal else ""

    def _how_different(self, different: DifferentPortfolios) -> str:
        chosen = len(different.rows)
        if chosen < 2:
            return "There is no other portfolio to differ from the optimum."
        proof = "no other choice with the optimum differs more" if different.is_exact else "found greedily, not proven"
        sites = "1 site" if different.difference == 1 else f"{different.difference} sites"
        return f"Any two of the {chosen} most different portfolios differ in at least {sites} ({proof})."

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        held = super().to_dict()
        facts = {
            "complete": self.complete,
            "reached": self.found.reached,
            "certain_objective": self.certain_objective,
            "optimum": self.portfolios[0],
            "objective": self.best,
            "margin": self.margin,
        }
        held["sites"] = records(self.sites)
        return {"headline": held.pop("headline"), **{name: plain(value) for name, value in facts.items()}, **held}

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the excess of each portfolio by rank, and beside it the share of portfolios that hold each site.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw one of the two; a new chart of both without it.
        **options
            `show`: "portfolios" (default) or "sites" where `ax` is given; `sites`: how many sites are shown at
            most; `style`.

        Returns
        -------
        matplotlib.axes.Axes or siting.charts.chart.Chart
        """
        from siting.charts.alternatives import draw_alternatives

        return draw_alternatives(self, ax, **options)


def _portfolios(number: int) -> str:
    return "portfolio satisfies" if number == 1 else "portfolios satisfy"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.6g}"
