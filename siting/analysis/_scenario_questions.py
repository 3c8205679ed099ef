"""From the scenarios of a model to instances that one ruler measures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from siting.analysis._words import amount, share
from siting.constraints import Constraints
from siting.errors import InputError, suggestion
from siting.preparation import Prepared, prepare
from siting.scenarios_section import BASE, scenario_models

if TYPE_CHECKING:
    from pathlib import Path

    from siting.instance import Instance
    from siting.model import Model
    from siting.solution import Solution


@dataclass(frozen=True, eq=False)
class Question:
    """Scenarios as instances with comparable objectives.

    Attributes
    ----------
    prepared : Prepared
        The model as it stands, with the scales that hold for all.
    instances : dict of str to Instance
        One per scenario.
    titles : dict of str to str
        What people call them.
    """

    prepared: Prepared
    instances: dict[str, Instance]
    titles: dict[str, str]

    @cached_property
    def constraints(self) -> dict[str, Constraints]:
        """The rules of each scenario."""
        return {name: Constraints.of(instance) for name, instance in self.instances.items()}

    @property
    def reference(self) -> str:
        """The criterion in whose unit exchange rates are stated, empty if the objective is in its unit already."""
        scaling = self.prepared.scaling
        return "" if scaling is None or scaling.method == "monetised" else scaling.reference

    @property
    def eur_per_year(self) -> float | None:
        """EUR per year that 1 in the objective is worth, None where no exchange rate leads there."""
        scaling = self.prepared.scaling
        if scaling is None:
            return None
        if scaling.method == "monetised":
            return 1.0
        unit = str(scaling.table["unit"].to_dict()[scaling.reference])
        rate = abs(scaling.weights[scaling.reference])
        return 1 / rate if unit == "EUR/yr" and rate > 0 else None

    def in_words(self, loss: float, *, brief: bool = False) -> str:
        """Return a loss in the objective as a reader wants it: a share of the way from ideal to nadir, and EUR."""
        scaling, worth = self.prepared.scaling, self.eur_per_year
        money = "" if worth is None else amount(loss * worth, "EUR/yr")
        if scaling is not None and scaling.method == "monetised":
            return money
        if scaling is None or scaling.method != "portfolio":
            return f"{loss:.4g}" + (f" ({money})" if money else "")
        whole = math.fsum(scaling.table["weight"].to_dict().values())
        told = share(loss / whole) + ("" if brief else " of the way from all ideals to all nadirs")
        return told + (f" ({money})" if money else "")


def ask(
    model: str | Path | Model | Instance | Solution,
    scenarios: Iterable[str] | Mapping[str, Mapping[str, Any]] | None,
    *,
    time_limit: float | None,
    threads: int | None,
    seed: int,
    overrides: Mapping[str, Any],
) -> Question:
    """Prepare a model and build each of its scenarios under its scales.

    Raises
    ------
    InputError
        If a scenario is unknown or not valid, or there is none.
    """
    prepared = prepare(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
    tables = _tables(prepared, scenarios)
    changed = {name: table for name, table in tables.items() if name != BASE}
    if prepared.model is None:
        instances = {name: _changed(prepared.instance, name, table) for name, table in changed.items()}
        titles = dict.fromkeys(tables, "")
    else:
        models = scenario_models(prepared.model, changed)
        instances = {name: _measured(prepared, name, other) for name, other in models.items()}
        titles = {name: models[name].title if "title" in table else "" for name, table in changed.items()}
    if BASE in tables:
        instances, titles = {BASE: prepared.instance, **instances}, {BASE: "the model as it stands", **titles}
    return Question(prepared, {name: instances[name] for name in tables}, titles)


def _tables(prepared: Prepared, scenarios: object) -> dict[str, Mapping[str, Any]]:
    """Return the overrides of the scenarios asked for, the base without any."""
    held = {} if prepared.model is None else prepared.model.scenarios
    if isinstance(scenarios, Mapping):
        for name, table in scenarios.items():
            if not isinstance(table, Mapping):
                raise InputError(f"scenario {name!r} is {table!r}; give a table of overrides, {{'sites': 5}}")
        asked: dict[str, Mapping[str, Any]] = {BASE: {}, **{str(name): table for name, table in scenarios.items()}}
    elif scenarios is None:
        asked = {BASE: {}, **held}
    elif isinstance(scenarios, Iterable) and not isinstance(scenarios, str):
        names = [str(name) for name in scenarios]
        for name in names:
            if name != BASE and name not in held:
                raise InputError(f"no scenario is called {name!r}{suggestion(name, [BASE, *held])}")
        asked = {name: held.get(name, {}) for name in names}
    else:
        raise InputError(f"scenarios is {scenarios!r}; give names in a list, or a mapping of names to overrides")
    if not set(asked) - {BASE}:
        where = "the instance" if prepared.model is None else prepared.model.source
        raise InputError(
            f"{where} has no scenarios to compare; add a table [scenarios.NAME] to the model or pass scenarios="
        )
    return asked


def _changed(instance: Instance, name: str, table: Mapping[str, Any]) -> Instance:
    try:
        return instance.replace(**table)
    except InputError as error:
        raise InputError(f"scenario {name!r}: {error}") from None


def _measured(prepared: Prepared, name: str, model: Model) -> Instance:
    """Return a scenario under the scales of the model as it stands, with weights of its own if it has any."""
    try:
        instance = prepared.rescaled(model)
        weights = dict(model.instance().weights or {})
        if weights == dict(prepared.raw.weights or {}):
            return instance
        weighted = prepared.weighted(weights)
        return instance.replace(weights=weighted.weights, constant=weighted.constant)
    except InputError as error:
        raise InputError(f"scenario {name!r}: {error}") from None


def checked_alpha(alpha: float) -> float:
    """Return the confidence level, or say what is wrong with it.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not (isinstance(alpha, int | float) and not isinstance(alpha, bool) and 0 < alpha < 1):
        raise InputError(f"alpha is {alpha!r}; it must lie between 0 and 1, both excluded")
    return float(alpha)


def checked_probabilities(probabilities: Mapping[str, float] | None, names: list[str]) -> dict[str, float]:
    """Return the probability of each scenario, alike by default.

    Raises
    ------
    InputError
        If a name is unknown or missing, one is negative, or they do not sum to 1.
    """
    if probabilities is None:
        return dict.fromkeys(names, 1 / len(names))
    for name, probability in probabilities.items():
        if name not in names:
            raise InputError(
                f"probabilities name the scenario {name!r}, which is not asked for{suggestion(name, names)}"
            )
        number = isinstance(probability, int | float) and not isinstance(probability, bool)
        if not number or not probability >= 0 or not math.isfinite(probability):
            raise InputError(
                f"the probability of scenario {name!r} is {probability!r}; it must be a number, at least 0"
            )
    missing = [name for name in names if name not in probabilities]
    if missing:
        raise InputError(f"the probability of scenario {missing[0]!r} is missing; every scenario needs one")
    total = math.fsum(float(probabilities[name]) for name in names)
    if abs(total - 1) > 1e-6:
        raise InputError(f"the probabilities of the scenarios sum to {total:g}; they must sum to 1")
    return {name: float(probabilities[name]) / total for name in names}
