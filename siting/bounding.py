"""Lagrangian bounds and reduced-cost fixing: prove most candidates out of every better portfolio.

"Each demand point is served once" is relaxed with one multiplier per point, and each rule that is not a disjoint
group with one multiplier per rule (Cornuejols, Fisher and Nemhauser 1977, Management Science 23(8); Beasley 1993,
European Journal of Operational Research 65(3)). Any multipliers give a valid bound. A candidate whose forced
choice lifts the bound above the incumbent is in no better portfolio, and is removed.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.incumbent import interchange
from siting.selection import Selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.problem import Problem
    from siting.search import Search

#: Subgradient steps; the step length halves after `PATIENCE` steps without progress, which is a gain of more than
#: the share `PROGRESS` of the gap. Measured on random geographies: fewer steps leave more candidates, more gain little.
MAXIMUM_STEPS = 400
PATIENCE = 8
PROGRESS = 1e-5
SMALLEST_STEP = 0.01
#: Share of the terms summed that rounding may cost.
ROUNDING = 1e-14
#: Steps after which the cheapest selection is tried as a start for a better incumbent.
IMPROVEMENT_STEPS = frozenset({5, 15, 30, 60, 120})


@dataclass
class Multipliers:
    """Lagrange multipliers: `service` (m,) for the assignment of demand, `rules` (rules,) for linear rules."""

    service: NDArray[np.float64]
    rules: NDArray[np.float64]


class Bounding:
    """Bound a problem from below and remove candidates, step by step.

    Parameters
    ----------
    problem : Problem
        The problem; `problem` of the object shrinks as candidates are removed.
    search : Search
        Incumbent, bound and clock; its `upper` is in terms of the instance, offset included.
    threshold : float, optional
        Candidates are removed only if no portfolio with an objective up to this holds them; default the
        incumbent.

    Attributes
    ----------
    bound : float
        Best lower bound on every portfolio of the problem as given that beats the threshold.
    exhausted : bool
        Whether no portfolio at or below the threshold is left besides the incumbent.
    """

    def __init__(self, problem: Problem, search: Search, threshold: float | None = None) -> None:
        self.problem, self.search = problem, search
        self.threshold = threshold
        self.multipliers = self._start()
        self.bound = -np.inf
        self.exhausted = False
        self.steps = 0
        self._buffer = np.empty_like(problem.service_cost)

    @property
    def limit(self) -> float:
        """Objective, without offset, that a portfolio must not exceed to be of interest."""
        upper = self.search.upper if self.threshold is None else self.threshold
        return upper - self.problem.offset

    def _start(self) -> Multipliers:
        """Start midway between the closest and the second closest service cost in the incumbent."""
        problem, rules = self.problem, np.zeros(len(self.problem.constraints.names))
        if problem.number_of_demand_points == 0:
            return Multipliers(np.zeros(0), rules)
        inside = np.isin(problem.positions, self.search.chosen or ())
        costs = problem.service_cost[inside] if inside.sum() > 1 else problem.service_cost
        two = np.partition(costs, min(1, len(costs) - 1), axis=0)
        return Multipliers(two[: min(2, len(costs))].mean(axis=0), rules)

    def run(self, enough: int, maximum_steps: int = MAXIMUM_STEPS) -> None:
        """Step until at most `enough` candidates survive, the gap closes, or the bound stalls."""
        state, direction, length, stalled = self.multipliers, None, 1.0, 0
        best, best_state = -np.inf, state
        for _ in range(maximum_steps):
            self.steps += 1
            selection, value, gradient = self._evaluate(state)
            if not np.isfinite(best) or value > best + PROGRESS * (self.limit - best):
                best, best_state, stalled = value, state, 0
            else:
                stalled += 1
            if self.steps in IMPROVEMENT_STEPS:
                self._improve(selection)
            self._remove(selection, value, state)
            if self.exhausted or self._finished(enough):
                break
            if stalled >= PATIENCE:
                length, stalled = length / 2, 0
                if length < SMALLEST_STEP:
                    break
            direction = _deflected(gradient, direction)
            state = self._moved(state, direction, length, value)
        self.multipliers = best_state

    def _improve(self, selection: Selection) -> None:
        """Turn the cheapest selection into a portfolio and exchange sites for as long as that helps."""
        if self.threshold is not None or not self.problem.constraints.admissible(selection.chosen):
            return
        chosen = interchange(self.problem, selection.chosen)
        objective = self.problem.cost(chosen) + self.problem.offset
        self.search.offer(self.problem.positions[chosen].tolist(), objective)

    def _finished(self, enough: int) -> bool:
        free = self.problem.number_of_candidates - int(self.problem.constraints.required.sum())
        return free <= enough or self.search.stop_reason is not None

    def reduced_costs(self, state: Multipliers) -> NDArray[np.float64]:
        """Return the reduced cost of every candidate under the multipliers, shape (n,)."""
        problem = self.problem
        buffer = self._buffer[: problem.number_of_candidates]
        np.minimum(problem.service_cost, state.service, out=buffer)
        costs = problem.site_cost + buffer.sum(axis=1) - state.service.sum()
        return np.asarray(costs + state.rules @ problem.constraints.matrix if len(state.rules) else costs)

    def _evaluate(self, state: Multipliers) -> tuple[Selection, float, Multipliers]:
        """Return the cheapest selection, the bound it gives, and the subgradient there."""
        problem, constraints = self.problem, self.problem.constraints
        selection = Selection(self.reduced_costs(state), constraints)
        ends = np.where(state.rules > 0, constraints.upper, constraints.lower)
        constant = float((state.rules[state.rules != 0] * ends[state.rules != 0]).sum())
        value = float(state.service.sum()) + selection.value - constant
        served = (problem.service_cost[selection.chosen] < state.service).sum(axis=0)
        activity = constraints.matrix[:, selection.chosen].sum(axis=1)
        over, under = activity - constraints.upper, activity - constraints.lower
        rules = np.where(state.rules > 0, over, np.where(state.rules < 0, under, np.maximum(over, 0)))
        rules = np.where((state.rules == 0) & (under < 0), under, rules)
        rules[constraints.groups[2]] = 0.0
        return selection, value, Multipliers(1.0 - served, rules)

    def _rounding(self, state: Multipliers) -> float:
        """Return how far rounding may move a bound: multipliers that grow without end cancel in ever larger terms."""
        problem, most = self.problem, self.problem.constraints.maximum_sites + 1
        terms = 2 * float(np.abs(state.service).sum()) + most * float(np.abs(problem.site_cost).max(initial=0.0))
        if len(state.rules):
            matrix, prices = problem.constraints.matrix, np.abs(state.rules)
            used = prices > 0
            ends = np.maximum(*(np.where(np.isfinite(end), np.abs(end), 0.0) for end in problem.constraints.bounds))
            terms += most * float((prices[used] @ np.abs(matrix[used])).max(initial=0.0)) + float(prices @ ends)
        return ROUNDING * terms

    def _remove(self, selection: Selection, value: float, state: Multipliers) -> None:
        """Remove and fix candidates by their reduced costs; tighten the bound."""
        rounding = self._rounding(state)
        tolerance, value = self.search.tolerance + rounding, value - rounding
        if not np.isfinite(selection.value) or value > self.limit + tolerance:
            self.exhausted = True
            return
        self.bound = max(self.bound, value)
        if self.threshold is None:
            self.search.raise_bound(self.bound + self.problem.offset)
        out = value + selection.cost_of_adding() > self.limit + tolerance
        must = selection.chosen[value + selection.cost_of_removing() > self.limit + tolerance]
        required = self.problem.constraints.required
        out[must] = False
        new = must[~required[must]]
        if len(new):
            # A site in every better portfolio excludes its conflicts from all of them.
            out |= self.problem.constraints.conflicts[must].any(axis=0)
        if (out & required).any():
            self.exhausted = True
        elif out.any() or len(new):
            self._shrink(out, new)

    def _shrink(self, out: NDArray[np.bool_], new: NDArray[np.int64]) -> None:
        required = self.problem.constraints.required.copy()
        required[new] = True
        constraints = self.problem.constraints.requiring(required)
        problem = dataclasses.replace(self.problem, constraints=constraints)
        self.problem = problem.restricted(np.flatnonzero(~out)) if out.any() else problem
        if self.problem.number_of_candidates < self.problem.constraints.minimum_sites:
            self.exhausted = True

    def _moved(self, state: Multipliers, direction: Multipliers, length: float, value: float) -> Multipliers:
        """Take one Polyak step, keeping rule multipliers on the side where they bound."""
        constraints = self.problem.constraints
        scale = self._rule_scale()
        norm = float((direction.service**2).sum() + ((scale * direction.rules) ** 2).sum())
        if norm == 0:
            return state
        step = length * max(self.limit - value, 1e-6 * abs(self.limit)) / norm
        rules = state.rules + step * scale**2 * direction.rules
        rules = np.where(np.isinf(constraints.upper), np.minimum(rules, 0), rules)
        rules = np.where(np.isinf(constraints.lower), np.maximum(rules, 0), rules)
        return Multipliers(state.service + step * direction.service, rules)

    def _rule_scale(self) -> NDArray[np.float64]:
        """Scale rules so that one step moves a rule's price as much as that of all demand together."""
        largest = np.abs(self.problem.constraints.matrix).max(axis=1, initial=0.0)
        points = max(1, self.problem.number_of_demand_points)
        return np.asarray(np.sqrt(points) / np.where(largest > 0, largest, 1.0))


def _deflected(gradient: Multipliers, previous: Multipliers | None) -> Multipliers:
    """Deflect the subgradient away from zig-zagging (Camerini, Fratta and Maffioli 1975)."""
    if previous is None:
        return gradient
    along = float(gradient.service @ previous.service + gradient.rules @ previous.rules)
    norm = float(previous.service @ previous.service + previous.rules @ previous.rules)
    share = max(0.0, -1.5 * along / norm) if norm > 0 else 0.0
    return Multipliers(gradient.service + share * previous.service, gradient.rules + share * previous.rules)
