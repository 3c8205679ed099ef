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
from siting.formulation import assignment_model, compile_model, compiled_choice
from siting.highs import HighsModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from siting.instance import Instance


#: Name of the rule that demand must be served in full where sites have capacities.
CAPACITY_RULE = "capacities serve all demand"


def admissible_portfolio(
    constraints: Constraints,
    cost: NDArray[np.float64],
    time_limit: float = float("inf"),
    threads: int | None = None,
    seed: int = 0,
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
    threads, seed : int, optional
        Passed to HiGHS.

    Returns
    -------
    (chosen, decided)
        Positions of a portfolio or None; False if the limit came first.
    """
    if constraints.number_of_candidates < constraints.minimum_sites:
        return None, True
    if constraints.number_of_candidates == 0:
        nothing = np.array([], dtype=np.int64)
        return (nothing if constraints.admissible(nothing) else None), True
    size = np.abs(cost).max(initial=0.0)
    highs = HighsModel(threads=threads, seed=seed)
    scaled = cost / size * 1e3 if size > 0 else cost
    highs.load(compiled_choice(constraints, scaled))
    result = highs.run(time_limit, gap=0.05)
    if result.x is not None:
        chosen = np.flatnonzero(result.x > 0.5)
        if constraints.admissible(chosen):
            return chosen, True
    return None, result.status == "infeasible"


def named_rules(instance: Instance) -> list[str]:
    """Return the names of everything that restricts the choice, in plain words."""
    low, high = instance.minimum_sites, instance.maximum_sites
    names = [f"exactly {low} {'site' if low == 1 else 'sites'}" if low == high else f"{low} to {high} sites"]
    names += [f"{identifier} is required" for identifier in instance.required]
    names += [f"forbidden: {reason}" for reason in dict.fromkeys(instance.forbidden.values())]
    names += list(instance.limits) + list(instance.conflicts)
    if instance.capacity is not None:
        names.append(CAPACITY_RULE)
    return names


class NamedRules:
    """The rules of an instance, each under its name, so that any subset of them can be asked about.

    Parameters
    ----------
    instance : Instance
        The problem.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance, self.constraints = instance, Constraints.of(instance)
        self.names = named_rules(instance)

    def only(self, kept: Iterable[str]) -> Constraints:
        """Return the constraints with only some of the named rules."""
        names, instance, whole = set(kept), self.instance, self.constraints
        count = instance.number_of_candidates
        required, forbidden = np.zeros(count, bool), np.zeros(count, bool)
        required[[instance.position(i) for i in instance.required if f"{i} is required" in names]] = True
        forbidden[[instance.position(i) for i, why in instance.forbidden.items() if f"forbidden: {why}" in names]] = (
            True
        )
        rows = np.array([name in names for name in whole.names], dtype=bool)
        conflicts = np.zeros((count, count), bool)
        for name, pairs in instance.conflict_positions.items():
            if name in names:
                conflicts[pairs[:, 0], pairs[:, 1]] = conflicts[pairs[:, 1], pairs[:, 0]] = True
        counted = self.names[0] in names
        chosen = Constraints(
            minimum_sites=whole.minimum_sites if counted else 0,
            maximum_sites=whole.maximum_sites if counted else count,
            required=required,
            forbidden=forbidden,
            names=tuple(name for name in whole.names if name in names),
            matrix=whole.matrix[rows],
            lower=whole.lower[rows],
            upper=whole.upper[rows],
            conflicts=conflicts,
        )
        return self._with_capacity(chosen) if CAPACITY_RULE in names else chosen

    def _with_capacity(self, constraints: Constraints) -> Constraints:
        """Add that the capacities of the chosen sites cover all demand."""
        return dataclasses.replace(
            constraints,
            names=(*constraints.names, CAPACITY_RULE),
            matrix=np.vstack([constraints.matrix, np.asarray(self.instance.capacity)]),
            lower=np.append(constraints.lower, float(self.instance.demand.sum())),
            upper=np.append(constraints.upper, np.inf),
        )

    def possible(self, kept: Iterable[str]) -> bool | None:
        """Return whether some portfolio satisfies the rules named, None if that could not be decided."""
        kept = list(kept)
        constraints = self.only(kept)
        # Candidates that may not be chosen say nothing, and leaving them out makes the question small.
        constraints = constraints.restricted(np.flatnonzero(~constraints.forbidden))
        chosen, decided = admissible_portfolio(constraints, np.zeros(constraints.number_of_candidates))
        if chosen is not None and self.instance.single_source and CAPACITY_RULE in kept:
            return self._each_served_by_one(self.only(kept))
        return True if chosen is not None else (False if decided else None)

    def _each_served_by_one(self, constraints: Constraints) -> bool | None:
        """Return whether some portfolio has room for every demand point at one site, capacities not shared."""
        model = compile_model(assignment_model(self.instance, constraints))
        highs = HighsModel()
        highs.load(dataclasses.replace(model, cost=np.zeros_like(model.cost), constant=0.0))
        result = highs.run()
        return True if result.x is not None else (False if result.status == "infeasible" else None)


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
    rules = NamedRules(instance)
    kept = list(rules.names)
    # Whole groups of rules that do not matter go first; then one after another. The number of sites is dropped last, so
    # that it stays in the answer where it belongs there.
    size = max(1, len(kept) // 2)
    while size >= 1:
        for start in range(len(kept) - size, -size, -size):
            rest = kept[: max(0, start)] + kept[start + size :]
            if rules.possible(rest) is False:
                kept = rest
        size //= 2
    return tuple(kept)


def infeasible(instance: Instance) -> InfeasibleError:
    """Return the error that names the rules in conflict."""
    rules = conflicting_rules(instance)
    listed = "; ".join(repr(name) for name in rules)
    return InfeasibleError(
        f"no portfolio satisfies every rule: these cannot hold together: {listed}; relax one of them "
        "(siting.explain_infeasible says by how much)",
        rules,
    )
