"""The price of rules: what each rule costs, and what one step more of it would cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.analysis._comparison import eur_per_objective, labels, money_column
from siting.analysis._rule_groups import check_names, rules_of
from siting.analysis._rule_search import TOO_LITTLE_TIME, VariantSearch, costly_pairs, held_objective
from siting.analysis._words import amount, listed
from siting.analysis.result import Analysis
from siting.engine import solve_instance, uninterrupted
from siting.errors import InputError, SolverError
from siting.evaluation import evaluate
from siting.preparation import prepare
from siting.progress import shown
from siting.search import PROOF_TOLERANCE, Search

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from siting.analysis._rule_groups import RuleGroup, Tightened
    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model
    from siting.preparation import Prepared
    from siting.solution import Solution


@dataclass(frozen=True, eq=False)
class RulePrice:
    """One rule, the best portfolio without it, and the best one when it is a step stricter.

    Attributes
    ----------
    group : RuleGroup
        The rule.
    without : InstanceSolution
        The best portfolio without it.
    price : float
        How much better that is, in the objective; 0 where it is only rounding.
    stricter : str
        What the rule asks for one step stricter; "" where it has no step.
    tightened : InstanceSolution or None
        The best portfolio then; None where there is none.
    cost : float
        How much worse that is, in the objective; infinite where there is none, NaN without a step.
    """

    group: RuleGroup
    without: InstanceSolution
    price: float
    stricter: str = ""
    tightened: InstanceSolution | None = None
    cost: float = math.nan


@dataclass(frozen=True, eq=False, repr=False)
class RulePrices(Analysis):
    """What every rule costs. Made by `rule_prices`.

    Attributes
    ----------
    prepared : Prepared
        The model.
    base : InstanceSolution
        The best portfolio under all rules.
    prices : tuple of RulePrice
        One per rule, the dearest first.
    pairs : dict
        Pairs of rules that cost nothing each, but something together, with what they cost in the objective.
    sizes : dict
        The best portfolio with one site fewer and more, None where there is none.
    searched_pairs : bool
        Whether all pairs of free rules were searched.
    unpriced : tuple of str
        Rules that were not priced before Ctrl-C.
    complete : bool
        False if Ctrl-C came before everything was solved.
    """

    prepared: Prepared
    base: InstanceSolution
    prices: tuple[RulePrice, ...]
    pairs: dict[tuple[str, str], float] = field(default_factory=dict)
    sizes: dict[int, InstanceSolution | None] = field(default_factory=dict)
    searched_pairs: bool = True
    unpriced: tuple[str, ...] = ()
    complete: bool = True

    @property
    def headline(self) -> str:
        """The dearest rule, and how many are free."""
        stopped = f"Interrupted with {len(self.unpriced)} rules not priced. " if self.unpriced else ""
        return stopped + self._dearest

    @property
    def _dearest(self) -> str:
        dear = [price for price in self.prices if price.price > 0]
        free = len(self.prices) - len(dear)
        if not self.prices:
            return "There is no rule to price besides the number of sites."
        if not dear:
            together = f", but {len(self.pairs)} pairs of them cost something together" if self.pairs else ""
            return f"None of the {free} rules costs anything: without any one of them nothing is better{together}."
        first = dear[0]
        others = f"; {len(dear) - 1} more cost something" if len(dear) > 1 else ""
        cost = f"it costs {self._worth(first.price)}{others}; {free} of {len(self.prices)} are free"
        return f"The dearest rule is “{first.group.words}”: {cost}."

    def _worth(self, difference: float) -> str:
        money = eur_per_objective(self.prepared)
        if money is None:
            return f"{amount(difference)} in the objective"
        return f"as much as {amount(difference * money[0], money[1])}"

    @property
    def table(self) -> pd.DataFrame:
        """One row per rule: its price, the portfolio without it, and what one step more of it costs."""
        money, columns = (
            eur_per_objective(self.prepared),
            (money_column(self.prepared, "price"), money_column(self.prepared, "cost")),
        )
        rows = []
        for price in self.prices:
            row: dict[str, Any] = {"rule": price.group.name, "asks_for": price.group.words, "price": price.price}
            row["price_percent"] = (
                100 * price.price / abs(held_objective(self.base)) if held_objective(self.base) else math.nan
            )
            if money is not None and columns[0] is not None:
                row[columns[0]] = price.price * money[0]
            row["without_it"] = self._changes(price.without)
            row["one_step_stricter"] = price.stricter or "no step"
            row["cost"] = price.cost
            if money is not None and columns[1] is not None:
                row[columns[1]] = price.cost * money[0]
            row["then"] = "impossible" if price.cost == math.inf else self._changes(price.tightened)
            rows.append(row)
        return pd.DataFrame(rows).set_index("rule") if rows else pd.DataFrame(index=pd.Index([], name="rule"))

    def _changes(self, other: InstanceSolution | None) -> str:
        """Say how a portfolio differs from the best one under all rules."""
        if other is None:
            return ""
        before, after = self.base.portfolio or (), other.portfolio or ()
        out, new = [one for one in before if one not in after], [one for one in after if one not in before]
        parts = ([f"− {listed(out)}"] if out else []) + ([f"+ {listed(new)}"] if new else [])
        return " ".join(parts) or "the same"

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The prices, each criterion without and with more of each rule, pairs, and other numbers of sites."""
        tables = {"": self.table, "Criteria without the rule": self._criteria("without")}
        if any(price.tightened is not None for price in self.prices):
            tables["Criteria one step stricter"] = self._criteria("tightened")
        if self.pairs:
            index = pd.MultiIndex.from_tuples(self.pairs, names=["rule", "and"])
            tables["Free alone, but not together"] = pd.DataFrame({"price": list(self.pairs.values())}, index=index)
        if self.sizes:
            tables["Number of sites"] = self._size_table()
        return tables

    def _criteria(self, variant: str) -> pd.DataFrame:
        """Return the change of each criterion, in its own unit, against the best portfolio under all rules."""
        rows: dict[str, dict[str, float]] = {"(under all rules)": dict(self.base.values)}
        for price in self.prices:
            solution: InstanceSolution | None = getattr(price, variant)
            if solution is not None:
                rows[price.group.name] = {
                    name: solution.values[name] - value for name, value in self.base.values.items()
                }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")

    def _size_table(self) -> pd.DataFrame:
        held = {len(self.base.portfolio or ()): self.base} | {n: s for n, s in self.sizes.items() if s is not None}
        rows = {
            sites: {"objective": solution.objective, **solution.values, "portfolio": solution.portfolio}
            for sites, solution in sorted(held.items())
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sites")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a price is, and what a step."""
        best = labels(self.prepared, self.base.portfolio or ())
        notes = [
            f"the best portfolio under all rules: {best}",
            "price: how much better the best portfolio is without the rule; cost: how much worse one step stricter",
            "one step: counts by 1, spacing by 50 km, other bounds by 5 % of themselves, unless you say otherwise",
        ]
        if not self.complete:
            missing = f"; not priced: {listed(self.unpriced)}" if self.unpriced else ""
            notes.append(f"interrupted: not every variant of the rules was solved{missing}")
        elif not self.searched_pairs:
            notes.append("free rules cost something together, but there are too many of them to search all pairs")
        if self.sizes:
            notes.append("with another number of sites the sums over sites change too, so objectives do not compare")
        return tuple(notes)

    def plot(self, ax: Any = None, *, most: int = 15, **options: Any) -> Any:
        """Draw the `most` dearest rules; other options are those of `siting.charts.rule_prices.prices_chart`.

        Raises
        ------
        InputError
            If there is no rule.
        """
        from siting.charts.rule_prices import Rule, prices_chart

        if not self.prices:
            raise InputError("there is nothing to draw: there is no rule besides the number of sites")
        rate, unit = eur_per_objective(self.prepared) or (1.0, "objective")
        numbers = [n for p in self.prices for n in (p.price, p.cost) if math.isfinite(n)]
        divisor, word = (1e6, "m ") if rate * max(numbers) >= 1e6 else (1.0, "")
        rate /= divisor
        rows = [
            Rule(p.group.words, rate * p.price, _amount_or_free(rate * p.price), rate * p.cost, _step_text(p, rate))
            for p in self.prices[:most]
        ]
        return prices_chart(rows, f"{word}{unit}", ax, **options)


def _amount_or_free(value: float) -> str:
    return "free" if value == 0 else amount(value)


def _step_text(price: RulePrice, rate: float) -> str:
    """Return what stands at the bar of one step more; nothing where there is no step."""
    if math.isnan(price.cost):
        return ""
    cost = "impossible" if price.cost == math.inf else _amount_or_free(rate * price.cost)
    return f"{cost} ({price.stricter})"


def rule_prices(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    step: Mapping[str, float] | None = None,
    executor: Executor | int | None = None,
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> RulePrices:
    """Solve without each rule, and with each one step stricter, all measured with one ruler.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution, default "gigafactories"
        As in `siting.solve`. In a model each block of rules and of exclusions is one rule.
    step : mapping of str to float, optional
        For some rules by name, by how much they become stricter, in the unit of their bound. Default: counts by 1,
        spacing by 50 km, any other bound by 5 % of itself; a minimum voltage goes from 220 to 300 kV. Other kinds
        have no step.
    executor : concurrent.futures.Executor or int, optional
        Where to solve, or how many worker processes; in this process without it. The result is the same, see
        `siting.executors.run_many`.
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
    RulePrices
        Price of each rule, what stricter costs, rules that cost only together (pairs), and one site fewer or more.
        After Ctrl-C, the rules priced by then.

    Raises
    ------
    InputError
        If `step` names no rule, or an override is not valid.
    InfeasibleError
        If no portfolio satisfies every rule.
    SolverError
        If the time limit came before every proof.

    Examples
    --------
    >>> prices = rule_prices("gigafactories", step={"spacing": 100.0})
    >>> sorted(price.group.name for price in prices.prices)[:3]
    ['eligible_sites', 'grid_capacity', 'one_site_per_country']
    """
    clock = Search(time_limit=time_limit)
    with shown(progress, "pricing rules"):
        prepared = prepare(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        rules = rules_of(prepared)
        check_names(step or {}, rules.groups)
        search = VariantSearch(rules, dict(step or {}), executor, clock, {"threads": threads, "seed": seed})
        base = solve_instance(prepared.instance, time_limit=search.remaining, threads=threads, seed=seed)
        if uninterrupted(base).status != "optimal":
            raise SolverError(TOO_LITTLE_TIME)
        search.base = base.portfolio or ()
        return _prices(prepared, base, search)


def _prices(prepared: Prepared, base: InstanceSolution, search: VariantSearch) -> RulePrices:
    """Solve every variant; after Ctrl-C return the rules both of whose variants were solved."""
    sizes = _other_sizes(prepared.instance)
    variants = [(what, group.name) for group in search.rules.groups for what in ("without", "stricter")]
    found = search.solved([*variants, *(("sites", number) for number in sizes)])
    groups = [group for group in search.rules.groups if ("without", group.name) in found]
    groups = [group for group in groups if ("stricter", group.name) in found]
    if search.rules.groups and not groups:
        raise KeyboardInterrupt
    rounding = _rounding(prepared.instance, base)
    prices = [
        _priced(group, base, found["without", group.name], search.rules.tightened(group, search.steps.get(group.name)),
                found["stricter", group.name], rounding)
        for group in groups
    ]  # fmt: skip
    complete = not search.interrupted
    free = [price.group.name for price in prices if price.price == 0] if complete else []
    pairs, searched = costly_pairs(free, base, search, rounding)
    prices.sort(key=lambda price: -price.price)
    return RulePrices(
        prepared, base, tuple(prices), pairs, {n: found["sites", n] for n in sizes if ("sites", n) in found}, searched,
        tuple(group.name for group in search.rules.groups if group not in groups), complete and not search.interrupted,
    )  # fmt: skip


def _rounding(instance: Instance, base: InstanceSolution) -> float:
    positions = [instance.position(one) for one in base.portfolio or ()]
    share = PROOF_TOLERANCE * (1e3 if instance.capacity is not None else 1)
    return share * evaluate(instance, positions, base.shares).magnitude


def _priced(
    group: RuleGroup,
    base: InstanceSolution,
    without: InstanceSolution | None,
    step: Tightened | None,
    tightened: InstanceSolution | None,
    rounding: float,
) -> RulePrice:
    def difference(first: InstanceSolution, second: InstanceSolution) -> float:
        found = held_objective(first) - held_objective(second)
        return 0.0 if abs(found) <= rounding else found

    if without is None:
        raise SolverError(
            f"without the rule {group.name!r} no portfolio was found though there is one; nothing is returned"
        )
    price = difference(base, without)
    if step is None:
        return RulePrice(group, without, price)
    cost = math.inf if tightened is None else difference(tightened, base)
    return RulePrice(group, without, price, step.words, tightened, cost)


def _other_sizes(instance: Instance) -> list[int]:
    """Return one site fewer and one more, as far as required and available candidates allow."""
    least = max(1, len(instance.required))
    sizes = (instance.minimum_sites - 1, instance.maximum_sites + 1)
    return [size for size in sizes if least <= size <= instance.number_of_candidates]
