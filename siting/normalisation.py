"""Weights made comparable: how much of each criterion a portfolio can win or lose, and what that implies.

A weight on EUR per year and a weight on ms cannot be compared before each criterion is divided by its range.
The range is taken over *portfolios*, not over single sites: the ideal of a criterion is its best value over
all admissible portfolios, its nadir the worst value among the portfolios that are best for one criterion
each. Nothing here knows a solver; the function that solves an instance is an argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import pandas as pd

from siting.errors import InputError, SolverError, suggestion
from siting.evaluation import single_site_values
from siting.instance import Criterion
from siting.progress import track

if TYPE_CHECKING:
    from collections.abc import Hashable

    from siting.instance import Instance

AUGMENTATION = 1e-4
"""Weight of every other criterion, by its spread over single sites, where portfolios tie on one criterion."""

_NO_RANGE = 1e-9


class Solved(Protocol):
    """What is read from the answer of a solver."""

    @property
    def portfolio(self) -> tuple[Hashable, ...] | None:
        """The chosen candidates, or None."""

    @property
    def status(self) -> str:
        """Why the search stopped."""

    @property
    def values(self) -> Mapping[str, float]:
        """Value of each criterion."""


Solve = Callable[["Instance"], Any]


@dataclass(frozen=True, eq=False)
class Scaling:
    """What multiplies each criterion in the objective, and why.

    Attributes
    ----------
    method : {"portfolio", "fixed", "none", "monetised"}
        How the coefficients came about.
    weights : dict of str to float
        Coefficient per criterion: weight / scale, or EUR per unit. These are the weights of the scaled
        instance.
    table : pandas.DataFrame
        Index criterion; columns `unit`, `sense`, `weight` (as given), `ideal`, `nadir`, `scale`,
        `coefficient`, `exchange_rate` (units of `reference` that one unit of the criterion is worth) and
        `note`.
    reference : str
        The criterion in whose unit exchange rates are stated.
    payoff : pandas.DataFrame or None
        Row: the criterion optimised; column: value of each criterion in that portfolio.
    portfolios : dict of str to tuple
        The portfolio behind each row of `payoff`.
    """

    method: Literal["portfolio", "fixed", "none", "monetised"]
    weights: dict[str, float]
    table: pd.DataFrame
    reference: str
    payoff: pd.DataFrame | None = None
    portfolios: dict[str, tuple[Hashable, ...]] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result has to know, one sentence per criterion concerned."""
        return tuple(f"{name}: {note}" for name, note in self.table["note"].items() if note)

    def apply(self, instance: Instance) -> Instance:
        """Return the instance with the coefficients as its weights, and its zero where every criterion is ideal.

        An objective of 0 then means that every criterion is at its ideal, and 1 (with weights that sum to 1) that every
        criterion is at its nadir. Without ideals the zero stays where it is.
        """
        ideal = self.table["ideal"].to_dict()
        known = [name for name in instance.criteria if math.isfinite(ideal[name]) and self.weights[name] != 0]
        at_ideal = [self.weights[name] * instance.criteria[name].sign * ideal[name] for name in known]
        return instance.replace(weights=self.weights, constant=-math.fsum(at_ideal))


def portfolio_scaling(instance: Instance, solve: Solve, reference: str | None = None) -> Scaling:
    """Divide each weight by the range of its criterion over portfolios.

    ``coefficient = weight / |nadir - ideal|``. A criterion of weight 1 then loses exactly 1 in the objective
    between the best portfolio for it and the worst of those best for something else, whatever its unit.

    Parameters
    ----------
    instance : Instance
        Its weights are the relative weights as the user gave them, at least 0.
    solve : callable
        Returns a solution with `portfolio`, `status` and `values` for an instance; solves exactly.
    reference : str, optional
        Criterion in whose unit exchange rates are stated. Default: the first in EUR, otherwise the first,
        among those with positive weight.

    Returns
    -------
    Scaling
        With the payoff table. A criterion without a range falls back to the range of single sites, or to 1,
        and says so in its note.

    Raises
    ------
    InputError
        If a weight is negative.
    SolverError
        If a search was stopped before it held any portfolio.
    InfeasibleError
        If no portfolio satisfies every rule.

    Notes
    -----
    The ideal is exact. The nadir of a payoff table is the usual estimate of the worst value on the Pareto
    frontier; with three or more criteria the frontier may reach further. Portfolios that tie on one criterion
    are told apart by the others, at a ten-thousandth of the spread of single sites, so that the table does
    not depend on chance.

    Examples
    --------
    A range of 90 EUR/yr and a range of 4 ms weigh the same after scaling, so that 1 ms is worth 22.5 EUR/yr.

    >>> from siting.instance import Criterion, Instance
    >>> cost, delay = Criterion(site=[10.0, 100.0], unit="EUR/yr"), Criterion(site=[9.0, 5.0], unit="ms")
    >>> criteria = {"cost": cost, "delay": delay}
    >>> def solve(instance):
    ...     best = int(instance.site_cost.argmin())
    ...     values = {name: float(criterion.site[best]) for name, criterion in instance.criteria.items()}
    ...     return SimpleNamespace(portfolio=(best,), status="optimal", values=values)
    >>> from types import SimpleNamespace
    >>> scaling = portfolio_scaling(Instance(sites=1, criteria=criteria), solve)
    >>> float(scaling.table.loc["delay", "exchange_rate"])
    22.5
    """
    weights = _given_weights(instance)
    active = [name for name, weight in weights.items() if weight > 0]
    spreads = {name: _single_site_spread(instance, name) for name in active}
    if len(active) == 1:
        # One criterion needs no common measure, and its objective reads best in its own unit.
        notes = {active[0]: "the only criterion with a weight, left in its own unit"}
        return _scaling("none", instance, dict.fromkeys(active, 1.0), reference, notes)
    ideals: dict[str, float] = {}
    payoff: dict[str, dict[str, float]] = {}
    portfolios: dict[str, tuple[Hashable, ...]] = {}
    notes = dict.fromkeys(active, "")
    for name in track(active, "scale of each criterion"):
        best = _solved(instance.replace(weights={name: 1.0}), solve, name)
        ideals[name] = float(best.values[name])
        told_apart = _solved(instance.replace(weights=_augmented(name, spreads)), solve, name)
        payoff[name] = {other: float(told_apart.values[other]) for other in active}
        portfolios[name] = tuple(told_apart.portfolio or ())
        if (best.status, told_apart.status) != ("optimal", "optimal"):
            notes[name] = "the search for its ideal was stopped early, so that the ideal is not proven"
    columns = pd.DataFrame.from_dict(payoff, orient="index", columns=active).rename_axis("optimised")
    nadirs = {name: _worst(instance, name, columns[name], ideals[name]) for name in active}
    scales = {}
    for name in active:
        scales[name], note = _scale(instance, name, ideals[name], nadirs[name], solve)
        notes[name] = "; ".join(filter(None, (notes[name], note)))
    scaling = _scaling("portfolio", instance, scales, reference, notes)
    table = scaling.table.assign(ideal=pd.Series(ideals), nadir=pd.Series(nadirs))
    return replace(scaling, table=table, payoff=columns, portfolios=portfolios)


def fixed_scaling(instance: Instance, scales: Mapping[str, float], reference: str | None = None) -> Scaling:
    """Divide each weight by a scale of the user's.

    Parameters
    ----------
    instance : Instance
        Its weights are the relative weights as the user gave them.
    scales : mapping of str to float
        The difference, in each criterion's unit, that counts as one; every criterion with positive weight
        needs one.
    reference : str, optional
        As in `portfolio_scaling`.

    Returns
    -------
    Scaling
        Without a payoff table.

    Raises
    ------
    InputError
        If a scale is missing or not positive, or a weight is negative.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> cost, delay = Criterion(site=[5e6, 9e6], unit="EUR/yr"), Criterion(site=[20.0, 10.0], unit="ms")
    >>> criteria = {"cost": cost, "delay": delay}
    >>> instance = Instance(sites=1, criteria=criteria, weights={"cost": 1.0, "delay": 0.5})
    >>> scaling = fixed_scaling(instance, {"cost": 1e6, "delay": 5.0})
    >>> round(float(scaling.table.loc["delay", "exchange_rate"]))
    100000
    """
    active = [name for name, weight in _given_weights(instance).items() if weight > 0]
    for name in active:
        if not scales.get(name, 0.0) > 0:
            raise InputError(f"criterion {name!r} needs a scale above 0 for normalisation = 'fixed'")
    return _scaling("fixed", instance, {name: float(scales[name]) for name in active}, reference)


def monetised_scaling(instance: Instance, eur_per_unit: Mapping[str, float]) -> Scaling:
    """Weigh each criterion by what one unit of it is worth; the objective is then EUR per year.

    Parameters
    ----------
    instance : Instance
        Its weights do not matter.
    eur_per_unit : mapping of str to float
        EUR per year per unit of each criterion, at least 0; a criterion left out is only reported.

    Returns
    -------
    Scaling
        The exchange rates are the rates given.

    Raises
    ------
    InputError
        If a rate is negative, names no criterion, or all are zero.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> cost, delay = Criterion(site=[5e6, 9e6], unit="EUR/yr"), Criterion(site=[20.0, 10.0], unit="ms")
    >>> criteria = {"cost": cost, "delay": delay}
    >>> instance = Instance(sites=1, criteria=criteria)
    >>> scaled = monetised_scaling(instance, {"cost": 1.0, "delay": 1e6}).apply(instance)
    >>> scaled.site_cost.tolist()
    [25000000.0, 19000000.0]
    """
    for name, rate in eur_per_unit.items():
        if name not in instance.criteria:
            raise InputError(f"no criterion is called {name!r}{suggestion(name, instance.criteria)}")
        if not rate >= 0:
            raise InputError(f"criterion {name!r} is worth {rate:g} EUR per unit; the rate must be at least 0")
    worth = {name: float(eur_per_unit.get(name, 0.0)) for name in instance.criteria}
    if not any(worth.values()):
        raise InputError("no criterion is worth anything in EUR, so every portfolio is equally good")
    table = _table(instance, worth, scales={}, coefficients=worth).assign(exchange_rate=pd.Series(worth))
    return Scaling(method="monetised", weights=worth, table=table, reference="EUR/yr")


def _scaling(
    method: Literal["portfolio", "fixed", "none"],
    instance: Instance,
    scales: Mapping[str, float],
    reference: str | None,
    notes: Mapping[str, str] | None = None,
) -> Scaling:
    """Return weights divided by scales, with the exchange rates they imply."""
    weights = _given_weights(instance)
    coefficients = {name: weight / scales[name] if weight > 0 else 0.0 for name, weight in weights.items()}
    chosen = _reference(instance, coefficients, reference)
    table = _table(instance, weights, scales, coefficients, notes or {})
    table["exchange_rate"] = table["coefficient"] / coefficients[chosen]
    return Scaling(method=method, weights=coefficients, table=table, reference=chosen)


def _table(
    instance: Instance,
    weights: Mapping[str, float],
    scales: Mapping[str, float],
    coefficients: Mapping[str, float],
    notes: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return one row per criterion; what is not known is NaN."""
    rows = {
        name: {
            "unit": criterion.unit,
            "sense": criterion.sense,
            "weight": weights[name],
            "ideal": math.nan,
            "nadir": math.nan,
            "scale": scales.get(name, math.nan),
            "coefficient": coefficients[name],
            "exchange_rate": math.nan,
            "note": (notes or {}).get(name, ""),
        }
        for name, criterion in instance.criteria.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("criterion")


def _reference(instance: Instance, coefficients: Mapping[str, float], wanted: str | None) -> str:
    """Return the criterion in whose unit exchange rates are stated."""
    active = [name for name, coefficient in coefficients.items() if coefficient > 0]
    if wanted is not None:
        if wanted not in active:
            raise InputError(f"the reference {wanted!r} is no criterion with a weight{suggestion(wanted, active)}")
        return wanted
    return next((name for name in active if instance.criteria[name].unit.startswith("EUR")), active[0])


def _given_weights(instance: Instance) -> dict[str, float]:
    weights = dict(instance.weights or {})
    for name, weight in weights.items():
        if weight < 0:
            raise InputError(f"weight of {name!r} is {weight:g}; it must be at least 0")
    return weights


def _single_site_spread(instance: Instance, name: str) -> float:
    """Return how much a criterion differs between single candidates that are not forbidden."""
    values = single_site_values(instance, name)
    allowed = [identifier not in instance.forbidden for identifier in instance.candidates]
    return float(np.ptp(values[allowed])) if any(allowed) else 0.0


def _augmented(name: str, spreads: Mapping[str, float]) -> dict[str, float]:
    """Return weights that let one criterion decide, and all others only where it is indifferent."""
    return {
        other: (1.0 if other == name else AUGMENTATION) / (spread if spread > 0 else 1.0)
        for other, spread in spreads.items()
    }


def _solved(instance: Instance, solve: Solve, name: str) -> Solved:
    solution: Solved = solve(instance)
    if solution.portfolio is None:
        raise SolverError(
            f"the search for the best value of {name!r} was stopped before it held a portfolio; give it more time"
        )
    return solution


def _worst(instance: Instance, name: str, column: pd.Series[float], ideal: float) -> float:
    """Return the worst value of a criterion in the payoff table."""
    values = [ideal, *column]
    return float(max(values)) if instance.criteria[name].sense == "min" else float(min(values))


def _scale(instance: Instance, name: str, ideal: float, nadir: float, solve: Solve) -> tuple[float, str]:
    """Return what a weight is divided by, and a note where the payoff table shows no range."""
    if _differ(ideal, nadir):
        return abs(nadir - ideal), ""
    met = "the portfolios best for any one criterion all reach its ideal"
    criterion = instance.criteria[name]
    if criterion.service is not None or not criterion.is_sum:
        # The worst admissible assignment has no meaning, since demand goes to the best site.
        spread = _single_site_spread(instance, name)
        if _differ(ideal, ideal + spread):
            return spread, f"{met}; scaled by its spread over single sites"
    else:
        worst = _solved(_turned_round(instance, name), solve, name).values[name]
        if _differ(ideal, worst):
            return abs(worst - ideal), f"{met}; scaled by its range over all admissible portfolios"
    return 1.0, "it is the same for every portfolio and cannot discriminate; left at scale 1"


def _differ(first: float, second: float) -> bool:
    return abs(first - second) > _NO_RANGE * max(1.0, abs(first))


def _turned_round(instance: Instance, name: str) -> Instance:
    """Return an instance whose best portfolio is the worst admissible one for a criterion without service."""
    criterion = instance.criteria[name]
    opposite: Literal["min", "max"] = "max" if criterion.sense == "min" else "min"
    turned = Criterion(site=criterion.site, unit=criterion.unit, sense=opposite)
    return instance.replace(criteria={**instance.criteria, name: turned}, weights={name: 1.0})
