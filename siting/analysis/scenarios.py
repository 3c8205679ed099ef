"""Scenarios: the portfolios that do well whatever happens, and what each loses in each scenario."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from siting.analysis._robust_portfolios import RobustPortfolio, RobustSearch, losses_of, scenario_optima
from siting.analysis._scenario_questions import Question, ask, checked_alpha, checked_probabilities
from siting.analysis._words import amount, listed, share
from siting.analysis.result import Analysis
from siting.engine import check_options
from siting.errors import InputError, suggestion
from siting.progress import shown, track
from siting.scenarios_section import BASE
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model
    from siting.solution import Solution

Objective = Literal["regret", "cvar_regret", "expected", "cvar", "worst"]

#: What each robust portfolio minimises, in the order of the report; `{tail}` is the share of bad scenarios.
OBJECTIVES: dict[str, str] = {
    "regret": "least largest regret",
    "cvar_regret": "least mean regret in the worst {tail}",
    "expected": "best on average",
    "cvar": "best mean of the worst {tail}",
    "worst": "best in the worst scenario",
}


@dataclass(frozen=True, eq=False, repr=False)
class Scenarios(Analysis):
    """What every portfolio of interest loses in every scenario.

    Attributes
    ----------
    question : Question
        The scenarios as instances under the scales of the model, with their titles.
    probabilities : dict of str to float
        Of each scenario; they sum to 1.
    alpha : float
        The conditional value at risk is the mean over the worst ``1 - alpha`` of probability.
    objective : str
        Which robust portfolio the headline speaks of.
    optima : dict of str to InstanceSolution
        The best portfolio of each scenario, under its own rules.
    robust : dict of str to RobustPortfolio
        The best portfolio for each of `OBJECTIVES` that the time allowed, among those admissible in every scenario.
    losses : pandas.DataFrame
        Objective of each portfolio (rows, as tuples) in each scenario (columns); NaN where it is not admissible.
    """

    question: Question
    probabilities: dict[str, float]
    alpha: float
    objective: str
    optima: dict[str, InstanceSolution]
    robust: dict[str, RobustPortfolio]
    losses: pd.DataFrame

    @property
    def complete(self) -> bool:
        """Whether every portfolio is proven, for each scenario and for all of them."""
        stopped = {one.status for one in self.optima.values()} | {one.status for one in self.robust.values()}
        return set(OBJECTIVES) == set(self.robust) and stopped == {"optimal"}

    @property
    def portfolio(self) -> tuple[Hashable, ...]:
        """The robust portfolio for the objective asked for."""
        return self.robust[self.objective].portfolio

    @property
    def references(self) -> pd.Series[float]:
        """The best objective in each scenario, or the bound on it where the search was stopped."""
        return pd.Series({name: float(solution.bound) for name, solution in self.optima.items()})

    @property
    def regrets(self) -> pd.DataFrame:
        """What each portfolio loses against the best of each scenario, in the objective; rows are portfolios."""
        return (self.losses - self.references).clip(lower=0.0)

    @property
    def table(self) -> pd.DataFrame:
        """Regret of each portfolio in each scenario, in the objective, and its largest regret."""
        table = self.regrets
        # A portfolio that a scenario does not admit has no largest regret.
        table["largest_regret"] = self.regrets.to_numpy().max(axis=1)
        table.index = self._written
        return table

    @property
    def _written(self) -> pd.Index[str]:
        return pd.Index([", ".join(map(str, portfolio)) for portfolio in self.losses.index], name="portfolio")

    @property
    def portfolios(self) -> pd.DataFrame:
        """What each portfolio is best for, its largest regret, that in EUR per year, and its expected regret."""
        numbers, worth = self.regrets.to_numpy(), self.question.eur_per_year
        largest = numbers.max(axis=1)
        columns: dict[str, Any] = {
            "role": [self.role(portfolio) for portfolio in self.losses.index],
            "largest_regret": largest,
        }
        if worth is not None:
            columns["largest_regret_eur_per_year"] = largest * worth
        columns["expected_regret"] = numbers @ np.array(list(self.probabilities.values()))
        return pd.DataFrame(columns, index=self._written)

    def role(self, portfolio: tuple[Hashable, ...]) -> str:
        """Return what a portfolio is best for, in words."""
        found = [self.wording(name) for name, robust in self.robust.items() if robust.portfolio == portfolio]
        where = [name for name, solution in self.optima.items() if solution.portfolio == portfolio]
        if len(where) > 2:
            found.append(f"best in {len(where)} of {len(self.optima)} scenarios")
        elif where:
            found.append(f"best in {listed(where)}")
        return "; ".join(found)

    def wording(self, objective: str) -> str:
        """Return what a robust portfolio minimises, in words."""
        return OBJECTIVES[objective].format(tail=share(1 - self.alpha))

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The regrets, what each portfolio is best for, the scenarios, and the robust portfolios with their proofs."""
        scenarios = {
            name: {
                "title": self.question.titles[name],
                "probability": self.probabilities[name],
                "best_portfolio": solution.portfolio,
                "objective": solution.objective,
                "status": solution.status,
            }
            for name, solution in self.optima.items()
        }
        robust = {
            self.wording(name): {
                "portfolio": found.portfolio, "value": found.value, "bound": found.bound, "status": found.status,
                "seconds": found.seconds, "proof": found.proof,
            }
            for name, found in self.robust.items()
        }  # fmt: skip
        return {
            "": self.table,
            "Portfolios": self.portfolios,
            "Scenarios": pd.DataFrame.from_dict(scenarios, orient="index").rename_axis("scenario"),
            "Portfolios for all scenarios": pd.DataFrame.from_dict(robust, orient="index").rename_axis("aim"),
        }

    @property
    def headline(self) -> str:
        """What the portfolio asked for guarantees."""
        found, count = self.robust[self.objective], len(self.optima)
        named = f"The portfolio {listed(found.portfolio)}"
        proven = "" if found.status == "optimal" else f" (not proven: at best {self.question.in_words(found.bound)})"
        if self.objective != "regret":
            return f"{named}: {self.wording(self.objective)} of {count} scenarios, {found.value:.4g}{proven}"
        told = (
            f"{named} never loses more than {self.question.in_words(found.value)} in any of {count} scenarios{proven}"
        )
        return told + self._compared_with_base(found.portfolio)

    def _compared_with_base(self, robust: tuple[Hashable, ...]) -> str:
        """Return what the portfolio of the model itself loses at worst."""
        base = self.optima[BASE].portfolio if BASE in self.optima else None
        if base is None or base not in self.regrets.index:
            return ""
        if base == robust:
            return "; it is the best of the model as it stands"
        row = self.regrets.loc[[base]].iloc[0]
        refused = [str(name) for name in row.index[row.isna()]]
        if refused:
            return f"; the best of the model as it stands is not admissible in {listed(refused)}"
        worst = str(row.idxmax())
        loss = self.question.in_words(row.max(), brief=True)
        return f"; the best of the model as it stands, {listed(base)}, loses {loss} in {worst}"

    @property
    def notes(self) -> tuple[str, ...]:
        """How regret is measured, who is admissible where, and what was not proven."""
        notes = [
            "Regret is what a portfolio loses against the best one for a scenario, had it been known.",
            "Every scenario is measured with the scales of the model as it stands.",
        ]
        if self.question.eur_per_year is not None and self.question.reference:
            notes.append(f"EUR per year by the exchange rates of the model; 1 in the objective is worth "
                         f"{amount(self.question.eur_per_year, 'EUR/yr')}.")  # fmt: skip
        notes.append("The portfolios for all scenarios satisfy the rules and exclusions of every scenario.")
        barred = {
            portfolio: [str(name) for name, value in row.items() if math.isnan(value)]
            for portfolio, row in self.losses.iterrows()
        }
        notes += [
            f"{listed(portfolio)} is not admissible in {listed(names)}."  # type: ignore[arg-type]
            for portfolio, names in barred.items()
            if names
        ]
        late = [name for name, solution in self.optima.items() if solution.status != "optimal"]
        if late:
            notes.append(
                f"The best of {listed(late)} is not proven; regret there is counted from the bound and may be less."
            )
        unproven = [self.wording(name) for name, found in self.robust.items() if found.status != "optimal"]
        if unproven:
            notes.append(f"Not proven, because the search was stopped: {'; '.join(unproven)}.")
        missing = [self.wording(name) for name in OBJECTIVES if name not in self.robust]
        if missing:
            notes.append(f"Stopped before it was searched: {'; '.join(missing)}.")
        return tuple(notes)

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw the regrets as a table of shades, portfolio by scenario; see `siting.charts.scenarios.draw`."""
        from siting.charts.scenarios import draw

        return draw(self, ax, **options)


def scenarios(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    scenarios: Iterable[str] | Mapping[str, Mapping[str, Any]] | None = None,
    objective: Objective | str = "regret",
    alpha: float = 0.8,
    probabilities: Mapping[str, float] | None = None,
    executor: Executor | int | None = None,
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Scenarios:
    """Find the portfolios that do well in all scenarios, exactly, and the regret of each in each.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution
        As in `siting.solve`. Its scales are found once and measure every scenario.
    scenarios : iterable of str, or mapping of str to mapping, optional
        Names of scenarios of the model, ``"base"`` for the model as it stands; or overrides by name, as those of
        `siting.Model.replace` (for an instance: fields). Default: the base and every scenario of the model. With a
        mapping the base is added; a list means what it lists.
    objective : {"regret", "cvar_regret", "expected", "cvar", "worst"}
        What the headline speaks of. "regret" minimises the largest regret; "expected" the mean objective; "worst" the
        objective in the worst scenario; "cvar" the mean objective over the worst ``1 - alpha`` of probability (the
        conditional value at risk), and "cvar_regret" the same of regret. All are computed.
    alpha : float, default 0.8
        Between 0 and 1, both excluded.
    probabilities : mapping of str to float, optional
        Of every scenario; they sum to 1. Default: all alike.
    executor : concurrent.futures.Executor or int, optional
        Where the scenarios are solved: any executor, or a number of worker processes.
    time_limit : float, optional
        Seconds for everything. What is held by then is reported with its bound.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    Scenarios
        Table, headline, notes, chart; after Ctrl-C, of what was held by then.

    Raises
    ------
    InputError
        If a scenario is unknown or not valid, there is none, `alpha` is not between 0 and 1, or probabilities are
        negative or do not sum to 1.
    InfeasibleError
        If a scenario admits no portfolio, or none is admissible in all of them; the rules in conflict are named.

    Notes
    -----
    Each robust portfolio minimises the dearest mixture of scenarios under caps on their shares (see
    `siting.scenario_problem.Measure`). Any mixture is an ordinary choice problem that bounds it from below; candidates
    are removed by such bounds, and what is left is compared in full.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0, 4.0])}, candidates=["a", "b", "c"])
    >>> crisis = {"criteria": {"cost": Criterion(site=[9.0, 3.0, 4.0])}}
    >>> found = scenarios(instance, scenarios={"crisis": crisis})
    >>> found.portfolio, found.robust["regret"].value
    (('b',), 1.0)
    """
    if objective not in OBJECTIVES:
        raise InputError(f"objective {objective!r} is unknown{suggestion(str(objective), OBJECTIVES)}")
    alpha = checked_alpha(alpha)
    check_options("auto", time_limit, 0.0, threads, seed)
    clock = Search(time_limit=time_limit)
    with shown(progress, "scenarios"):
        question = ask(model, scenarios, time_limit=time_limit, threads=threads, seed=seed, overrides=overrides)
        weights = checked_probabilities(probabilities, list(question.instances))
        optima = scenario_optima(question, clock, executor, threads, seed)
        search = RobustSearch(question, optima, weights, alpha, clock, threads, seed)
        found: dict[str, RobustPortfolio] = {}
        for name in track(
            [objective, *(name for name in OBJECTIVES if name != objective)], "portfolios for all scenarios"
        ):
            if found and (search.interrupted or clock.remaining <= 0):
                break
            try:
                found[name] = search.solve(name)
            except KeyboardInterrupt:
                if not found:
                    raise
                break
    found = {name: found[name] for name in OBJECTIVES if name in found}
    portfolios = [one.portfolio for one in found.values()]
    portfolios += [solution.portfolio for solution in optima.values() if solution.portfolio is not None]
    losses = {portfolio: losses_of(question, portfolio) for portfolio in dict.fromkeys(portfolios)}
    table = pd.DataFrame(list(losses.values()), columns=list(question.instances))
    table.index = pd.Index(list(losses), tupleize_cols=False, name="portfolio")
    return Scenarios(question, weights, alpha, str(objective), optima, found, table)
