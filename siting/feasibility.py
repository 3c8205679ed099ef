"""Find an admissible portfolio, or the named rules in conflict.

A minimal conflicting set is found by deletion filtering (Chinneck and Dravnieks 1991, ORSA Journal on Computing 3(2)):
leave out one named rule after another and keep out those without which the rest is still infeasible.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from siting.constraints import Constraints
from siting.errors import InfeasibleError
from siting.formulation import choice_model, compile_model
from siting.highs import HighsModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from siting.instance import Instance


def admissible_portfolio(
    constraints: Constraints, cost: NDArray[np.float64], time_limit: float = float("inf")
) -> tuple[NDArray[np.int64] | None, bool]:
    """Return a cheap admissible portfolio by HiGHS, and whether the question was decided.

    Parameters
    ----------
    constraints : Constraints
        The rules.
    cost : ndarray, shape (n,)
        What to minimise; any will do.
    time_limit : float
        Seconds.

    Returns
    -------
    (chosen, decided)
        Positions of a portfolio or None; False if the limit came first.
    """
    if constraints.number_of_candidates < constraints.minimum_sites:
        return None, True
    size = np.abs(cost).max(initial=0.0)
    highs = HighsModel()
    scaled = cost / size * 1e3 if size > 0 else cost
    highs.load(compile_model(choice_model(constraints, scaled, range(constraints.number_of_candidates))))
    result = highs.run(time_limit, gap=0.05)
    if result.x is not None:
        chosen = np.flatnonzero(result.x > 0.5)
        if constraints.admissible(chosen):
            return chosen, True
    return None, result.status == "infeasible"


def named_rules(instance: Instance) -> list[str]:
    """Return the names of everything that restricts the choice, in plain words."""
    low, high = instance.minimum_sites, instance.maximum_sites
    names = [f"exactly {low} sites" if low == high else f"{low} to {high} sites"]
    names += [f"{identifier} is required" for identifier in instance.required]
    names += [f"forbidden: {reason}" for reason in dict.fromkeys(instance.forbidden.values())]
    names += list(instance.limits) + list(instance.conflicts)
    if instance.capacity is not None:
        names.append("capacities serve all demand")
    return names


def only(instance: Instance, kept: Iterable[str]) -> Constraints:
    """Return the constraints of an instance with only some of its named rules."""
    names = set(kept)
    sites = named_rules(instance)[0]
    reduced = instance.replace(
        required=[i for i in instance.required if f"{i} is required" in names],
        forbidden={i: r for i, r in instance.forbidden.items() if f"forbidden: {r}" in names},
        limits={name: limit for name, limit in instance.limits.items() if name in names},
        conflicts={name: pairs for name, pairs in instance.conflicts.items() if name in names},
    )
    constraints = Constraints.of(reduced)
    if sites not in names:
        constraints = dataclasses.replace(constraints, minimum_sites=0, maximum_sites=instance.number_of_candidates)
    if instance.capacity is not None and "capacities serve all demand" in names:
        constraints = dataclasses.replace(
            constraints,
            names=(*constraints.names, "capacities serve all demand"),
            matrix=np.vstack([constraints.matrix, instance.capacity]),
            lower=np.append(constraints.lower, float(instance.demand.sum())),
            upper=np.append(constraints.upper, np.inf),
        )
    return constraints


def conflicting_rules(instance: Instance) -> tuple[str, ...]:
    """Return a minimal set of named rules that cannot hold together.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance, Limit
    >>> instance = Instance(
    ...     sites=2, criteria={"cost": Criterion(site=[1, 2, 3])},
    ...     limits={"at most one": Limit([1, 1, 1], upper=1), "budget": Limit([1, 2, 3], upper=9)},
    ... )
    >>> conflicting_rules(instance)
    ('exactly 2 sites', 'at most one')
    """
    kept = named_rules(instance)
    cost = np.zeros(instance.number_of_candidates)
    # The number of sites is dropped last, so that it stays in the answer where it belongs there.
    for name in reversed(kept[:]):
        rest = [other for other in kept if other != name]
        chosen, decided = admissible_portfolio(only(instance, rest), cost)
        if chosen is None and decided:
            kept = rest
    return tuple(kept)


def infeasible(instance: Instance) -> InfeasibleError:
    """Return the error that names the rules in conflict."""
    rules = conflicting_rules(instance)
    listed = "; ".join(repr(name) for name in rules)
    return InfeasibleError(
        f"no portfolio satisfies every rule: these cannot hold together: {listed}; relax one of them", rules
    )
