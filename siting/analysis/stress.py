"""Stress the chosen portfolio: any one site lost, and which site to build first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.analysis._comparison import Question, eur_per_objective, money_column, until_interrupted
from siting.analysis._phasing import Phasing, phasings
from siting.analysis._served import evaluated, served_values, users_of
from siting.analysis._words import instead, plain_name
from siting.analysis.result import Analysis
from siting.errors import InfeasibleError, InputError
from siting.progress import shown, step, track
from siting.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared


@dataclass(frozen=True, eq=False)
class Loss:
    """One site lost, before anything is done about it and after.

    Attributes
    ----------
    site : hashable
        The site lost.
    values : dict of str to float
        Criteria of the sites that are left.
    served : dict of str to float
        Who serves its users now: share of its demand per remaining site.
    replacement : InstanceSolution or None
        The best portfolio with all the others and one new site; None where the rules leave none.
    """

    site: Hashable
    values: dict[str, float]
    served: dict[Hashable, float]
    replacement: InstanceSolution | None


@dataclass(frozen=True, eq=False, repr=False)
class Stress(Analysis):
    """What happens when a site is lost, and which to build first. Made by `stress`.

    Attributes
    ----------
    prepared : Prepared
        The model.
    portfolio : tuple
        The sites, in candidate order.
    values : dict of str to float
        Criteria of all of them together.
    losses : tuple of Loss
        One per site.
    phasing : tuple of Phasing
        The best order for the objective, and for each criterion with a weight.
    service : str or None
        The service criterion whose values are reported by user; the first with a weight.
    beyond : tuple of float
        Thresholds of the service in its unit.
    complete : bool
        False if Ctrl-C came before every site was lost in turn and the orders of building were compared.
    """

    prepared: Prepared
    portfolio: tuple[Hashable, ...]
    values: dict[str, float]
    losses: tuple[Loss, ...]
    phasing: tuple[Phasing, ...]
    service: str | None
    beyond: tuple[float, ...]
    complete: bool = True

    @property
    def headline(self) -> str:
        """The worst loss for users, and the site to build first."""
        first = f"build {self.prepared.label(self.phasing[0].order[0])} first" if self.phasing else ""
        if not self.portfolio:
            return "There is no site."
        if not self.losses:
            return f"With a single site there is nothing left when it is lost; {first}."
        if self.service is None:
            return f"Of {len(self.portfolio)} sites, {first or 'no order to build them in was compared'}."
        table = self.table
        mean = table["mean"].iloc[1:]
        worst = mean.idxmax() if self._less_is_better else mean.idxmin()
        unit = self.prepared.instance.criteria[self.service].unit
        before, after = float(table["mean"].iloc[0]), float(mean.max() if self._less_is_better else mean.min())
        return (
            f"Users feel the loss of {self.prepared.label(worst)} most: {plain_name(self.service)} is then "
            f"{instead(after, before, unit)} on average{'; ' * bool(first)}{first}."
        )

    @property
    def _less_is_better(self) -> bool:
        return self.service is None or self.prepared.instance.criteria[self.service].sense == "min"

    @property
    def table(self) -> pd.DataFrame:
        """One row per site lost, the first for none: how users are served; without service the criteria left.

        `mean`, `worst` and `beyond_…` (share of demand served worse) are those of all users, `its_users_before` and
        `its_users_after` those of the users of the site lost, who are the share `its_demand` of all.
        """
        if self.service is None:
            return self._criteria_left()
        rows = [self._service_of(self.portfolio)]
        for loss in self.losses:
            left = tuple(one for one in self.portfolio if one != loss.site)
            rows.append({**self._service_of(left), **self._its_users(loss.site, left)})
        return pd.DataFrame(rows, index=self._index([_NOTHING, *(loss.site for loss in self.losses)]))

    def _criteria_left(self) -> pd.DataFrame:
        rows = [self.values, *(loss.values for loss in self.losses)]
        return pd.DataFrame(rows, index=self._index([_NOTHING, *(loss.site for loss in self.losses)]))

    def _replacements(self) -> pd.DataFrame:
        rows = [self._replaced(loss) for loss in self.losses]
        return pd.DataFrame(rows, index=self._index([loss.site for loss in self.losses]))

    def _index(self, sites: Sequence[Hashable]) -> Any:
        return pd.Index(pd.Series(list(sites), dtype=object), name="lost")

    def _service_of(self, portfolio: Sequence[Hashable]) -> dict[str, float]:
        """Return mean, worst, and the share of demand served worse than each threshold."""
        if self.service is None:
            return {}
        values, demand = served_values(self.prepared.instance, self.service, portfolio)
        worse = self._worst(values[demand > 0])
        found = {"mean": float(demand @ values / demand.sum()), "worst": worse}
        sign, unit = 1.0 if self._less_is_better else -1.0, self.prepared.instance.criteria[self.service].unit
        for threshold in self.beyond:
            found[f"beyond_{threshold:g}_{unit}".rstrip("_")] = float(
                demand[sign * values > sign * threshold].sum() / demand.sum()
            )
        return found

    def _worst(self, values: NDArray[np.float64]) -> float:
        return float(values.max() if self._less_is_better else values.min())

    def _its_users(self, site: Hashable, left: Sequence[Hashable]) -> dict[str, Any]:
        if self.service is None:
            return {}
        instance = self.prepared.instance
        own = users_of(instance, self.portfolio, site)
        before, demand = served_values(instance, self.service, self.portfolio)
        after, _ = served_values(instance, self.service, left)
        weight = demand * own
        total = float(weight.sum())
        if total == 0:
            return {"its_demand": 0.0, "its_users_before": math.nan, "its_users_after": math.nan}
        return {
            "its_demand": total / float(demand.sum()),
            "its_users_before": float(weight @ before / total),
            "its_users_after": float(weight @ after / total),
        }

    def _replaced(self, loss: Loss) -> dict[str, Any]:
        if loss.replacement is None or loss.replacement.objective is None:
            return {"replacement": "none"}
        (new,) = set(loss.replacement.portfolio or ()) - set(self.portfolio)
        cost = loss.replacement.objective - self._objective
        found: dict[str, Any] = {"replacement": self.prepared.label(new), "cost": cost}
        money, column = eur_per_objective(self.prepared), money_column(self.prepared, "cost")
        return found if money is None or column is None else {**found, column: cost * money[0]}

    @property
    def _objective(self) -> float:
        return evaluated(self.prepared.instance, self.portfolio).objective

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Losses, who takes over whose users, and the order in which to build."""
        tables = {"": self.table}
        if self.losses:
            tables["Criteria of the sites left"] = self._criteria_left()
            tables["Best replacement"] = self._replacements()
        if self.service is not None and self.losses:
            tables["Who takes over"] = self.takeovers
        if self.prepared.model is not None and self.service is not None and self.losses:
            tables["Who feels it most"] = self.most_affected
        if self.phasing:
            tables["Which site first"] = self._phasing_table()
        return tables

    @property
    def takeovers(self) -> pd.DataFrame:
        """Share of the demand of each site lost (row) that each other site (column) takes over."""
        rows = {loss.site: loss.served for loss in self.losses}
        table = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=list(self.portfolio))
        table.columns = [str(one) for one in table.columns]
        return table.rename_axis("lost")

    @property
    def most_affected(self) -> pd.DataFrame:
        """Per site lost, the three countries whose users lose most, with their mean before and after."""
        assert self.prepared.model is not None  # noqa: S101 - only a model has countries
        assert self.service is not None  # noqa: S101 - only asked for with service
        demand_table = self.prepared.model.case.demand
        columns = ["lost", "country", "users", "before", "after"]
        if "country" not in demand_table.columns:
            return pd.DataFrame(columns=columns).set_index(["lost", "country"])
        instance = self.prepared.instance
        before, demand = served_values(instance, self.service, self.portfolio)
        rows: list[dict[str, Any]] = []
        for loss in self.losses:
            after, _ = served_values(instance, self.service, [one for one in self.portfolio if one != loss.site])
            frame = pd.DataFrame(
                {"country": demand_table["country"].to_numpy(), "d": demand, "b": demand * before, "a": demand * after}
            )
            sums = frame.groupby("country").sum()
            harmed = (sums["a"] - sums["b"]).abs().nlargest(3).index
            rows += [
                {"lost": loss.site, "country": country, "users": float(sums["d"][country] / demand.sum()),
                 "before": float(sums["b"][country] / sums["d"][country]),
                 "after": float(sums["a"][country] / sums["d"][country])}
                for country in harmed if sums["d"][country] > 0 and sums["a"][country] != sums["b"][country]
            ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns).set_index(["lost", "country"])

    def _phasing_table(self) -> pd.DataFrame:
        rows = {}
        for phasing in self.phasing:
            row: dict[str, Any] = {"order": phasing.order, "sum_over_phases": phasing.total}
            row["greedy_order"], row["greedy_sum"] = phasing.greedy, phasing.greedy_total
            rows[phasing.goal] = row
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("best_for")

    @property
    def notes(self) -> tuple[str, ...]:
        """How a loss and an order are measured."""
        notes = []
        if not self.complete:
            lost = f"{len(self.losses)} of {len(self.portfolio)} sites were lost in turn"
            notes.append(f"interrupted: {lost}{'' if self.phasing else ', and no order of building was compared'}")
        if self.losses:
            notes.append("a site lost: its users go to the best site left, and nothing else changes")
            notes.append(
                "best replacement: one new site, under all rules, with the others kept; cost against today's portfolio"
            )
        if self.phasing:
            first = self.phasing[0]
            notes.append(
                f"order: the one with the least sum, over the phases, of the objective of the sites built by then "
                f"({' → '.join(map(str, first.order))}); rules are not applied to the phases before the last"
            )
        if self.prepared.instance.capacity is not None:
            notes.append("capacities are left out when a site is lost or built before others")
        return tuple(notes)

    def plot(self, ax: Any = None, **options: Any) -> Any:
        """Draw how users are served with each site lost; options are those of `siting.charts.stress.lost_sites_chart`.

        Raises
        ------
        InputError
            If no criterion has users, or there is only one site.
        """
        from siting.charts.stress import Lost, lost_sites_chart

        if self.service is None or not self.losses:
            raise InputError("there is nothing to draw: it takes two sites and a criterion with users, such as latency")
        table, label = self.table, self.prepared.label
        rows = [
            Lost(label(site), row["mean"], row["its_users_before"], row["its_users_after"], row["its_demand"])
            for site, row in table.iloc[1:].iterrows()
        ]
        unit = self.prepared.instance.criteria[self.service].unit
        what = f"mean {plain_name(self.service)}, {unit}".rstrip(", ")
        return lost_sites_chart(rows, float(table["mean"].iloc[0]), what, ax, **options)


_NOTHING = "nothing"


def stress(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    beyond: Sequence[float] = (20.0, 30.0, 50.0),
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Stress:
    """Lose each chosen site in turn, and find the best order to build the sites in.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution, default "gigafactories"
        As in `siting.solve`. The portfolio of a solution is taken as it is; anything else is solved first.
    beyond : sequence of float, default (20, 30, 50)
        Thresholds of the service criterion, in its unit (ms): the share of demand served worse is reported.
    time_limit : float, optional
        Seconds for everything.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    Stress
        Per site lost: service of all users and of its own, criteria of the sites left, and the best replacement.
        The best order of building, for the objective and for each criterion. After Ctrl-C, what was found by then.

    Raises
    ------
    InputError
        If a threshold is not a number, or the solution holds no portfolio.
    InfeasibleError
        If no portfolio satisfies every rule.
    SolverError
        If the time limit came before the proofs.

    Notes
    -----
    An order is worth the sum, over its phases, of the objective (or criterion) of the sites built by then, so what
    comes early counts more often. It only depends on the sets built, so the best of all p! orders is a shortest path
    through the 2^p subsets (Held and Karp 1962, Journal of SIAM 10(1)); above 12 sites no order is given.

    Examples
    --------
    >>> result = stress("gigafactories")
    >>> [loss.site for loss in result.losses]
    ['DE40', 'ES41', 'FRB0', 'ITC4']
    """
    for threshold in beyond:
        if not (isinstance(threshold, int | float) and math.isfinite(threshold)):
            raise InputError(f"beyond holds {threshold!r}; thresholds are numbers in the unit of the service")
    with shown(progress, "stress"):
        question = Question(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        if isinstance(model, Solution) and not overrides:
            portfolio = model.portfolio
            if portfolio is None:
                raise InputError(
                    f"the solution holds no portfolio (it stopped: {model.status}); solve it further first"
                )
        else:
            portfolio = question.solve().portfolio or ()
        return _stressed(question, portfolio, tuple(map(float, beyond)))


def _stressed(question: Question, portfolio: tuple[Hashable, ...], beyond: tuple[float, ...]) -> Stress:
    instance = question.instance
    services = [name for name, c in instance.criteria.items() if c.service is not None and c.is_sum]
    weighted = [name for name in services if instance.signed_weights[name] != 0]
    service = next(iter([*weighted, *services]), None) if instance.demand.sum() > 0 else None
    lost = portfolio if len(portfolio) > 1 else ()
    losses, complete = until_interrupted(_loss(question, portfolio, site) for site in track(lost, "sites lost in turn"))
    if lost and not losses:
        raise KeyboardInterrupt
    with step("orders of building"):
        phasing, compared = until_interrupted(phasings(instance, portfolio) if complete else ())
    values = evaluated(instance, portfolio).values if portfolio else {}
    return Stress(question.prepared, portfolio, values, losses, phasing, service, beyond, complete and compared)


def _loss(question: Question, portfolio: tuple[Hashable, ...], site: Hashable) -> Loss:
    instance = question.instance
    left = tuple(one for one in portfolio if one != site)
    found = evaluated(instance, left)
    served: dict[Hashable, float] = {}
    if instance.number_of_demand_points:
        own = users_of(instance, portfolio, site) * instance.demand
        total = float(own.sum())
        for one in left if total > 0 else ():
            served[one] = float(own[found.assignment == instance.position(one)].sum()) / total
    return Loss(site, found.values, served, _replacement(question, left, portfolio, site))


def _replacement(
    question: Question, left: tuple[Hashable, ...], portfolio: tuple[Hashable, ...], site: Hashable
) -> InstanceSolution | None:
    """Return the best portfolio that keeps the others and has one site in place of the one lost."""
    forbidden = {**question.instance.forbidden, site: "lost"}
    if any(one in forbidden for one in left):
        return None
    try:
        return question.solve("replaced", required=left, forbidden=forbidden, sites=len(portfolio))
    except InfeasibleError:
        return None
