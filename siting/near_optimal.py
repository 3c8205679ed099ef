"""Every portfolio up to an objective, or the k best: complete, from the bounds that prove the optimum.

Moving the threshold of the bounds from the optimum up to what is asked for leaves the candidates that some wanted
portfolio may hold; `Descent` lists the portfolios among them. No solver takes part, and no portfolio is cut off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from siting.bounding import Bounding
from siting.descent import Descent
from siting.enumeration import number_of_portfolios
from siting.errors import InputError, SolverError
from siting.evaluation import AGREEMENT_TOLERANCE, evaluate
from siting.incumbent import may_join, swap_costs
from siting.portfolio_values import portfolio_values
from siting.problem import Problem
from siting.progress import step
from siting.search import PROOF_TOLERANCE
from siting.shortlist import Shortlist

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from siting.bounding import Multipliers
    from siting.instance import Instance
    from siting.search import Search

#: Shares of the way from the optimum to the threshold that are completed first, so that a search that is stopped has
#: something certain to say. Each costs a fraction of the next.
STAGES = (0.25, 0.5)
#: Portfolios that are listed at once rather than in stages.
FEW = 20_000
#: How far the threshold is raised while fewer portfolios than asked for are found, and the share of the way to the
#: dearest conceivable portfolio at which that starts where nothing better is known.
GROWTH, FIRST_STEP = 3.0, 1e-4
#: Rounding of costs summed in another order, as a share of all terms that take part.
ROUNDING = 1e-12
#: The best portfolios are evaluated by exact summation as well.
EXACTLY_EVALUATED = 200

Reached: TypeAlias = Literal["all", "threshold", "count", "limit", "time_limit", "interrupted"]


@dataclass(frozen=True, eq=False)
class NearOptimal:
    """The best portfolios of an instance, best first; of equals the optimum given, then candidate order.

    Attributes
    ----------
    portfolios : ndarray of int, shape (N, most sites)
        Positions in the instance, ascending; -1 fills up the rows of portfolios with fewer sites.
    objectives : ndarray, shape (N,)
        Objective of each, evaluated from the raw arrays.
    values : ndarray, shape (N, criteria)
        Value of each criterion in its unit.
    certain : float
        Every portfolio with an objective below this is listed; infinite if there are no others at all.
    reached : str
        What ended the list: "all" (there are no others), "threshold", "count", or why it is not complete: "limit",
        "time_limit" or "interrupted".
    tied_beyond : bool
        Whether portfolios that are not listed tie with the last one.
    tolerance : float
        Objectives that differ by no more count as equal; a portfolio at the threshold is in.
    candidates_left : int
        Candidates that the bounds left at the highest threshold.
    """

    portfolios: NDArray[np.int32]
    objectives: NDArray[np.float64]
    values: NDArray[np.float64]
    certain: float
    reached: Reached
    tied_beyond: bool
    tolerance: float
    candidates_left: int


def near_optimal(
    instance: Instance,
    optimum: Sequence[int],
    search: Search,
    *,
    threshold: float | None = None,
    count: int | None = None,
    limit: int = 1_000_000,
) -> NearOptimal:
    """List every portfolio up to an objective, or the best ones by number.

    Parameters
    ----------
    instance : Instance
        The problem, without capacities.
    optimum : sequence of int
        Positions of an optimal portfolio.
    search : Search
        A new one; its clock and callback may stop the search, and so does Ctrl-C.
    threshold : float, optional
        Objective up to which portfolios are listed, the optimum's at least.
    count : int, optional
        How many are listed instead.
    limit : int
        With a threshold, list at most this many, the best.

    Returns
    -------
    NearOptimal
        The list, and up to which objective it is complete.

    Raises
    ------
    InputError
        If the instance has capacities or a worst-case criterion with a weight.
    SolverError
        If an answer does not survive the check made outside the search.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.search import Search
    >>> instance = Instance(sites=1, criteria={"cost": Criterion(site=[3.0, 1.0, 2.0])})
    >>> found = near_optimal(instance, [1], Search(), threshold=2.5)
    >>> found.portfolios.tolist(), found.objectives.tolist(), found.reached
    ([[1], [2]], [1.0, 2.0], 'threshold')
    """
    check_listable(instance)
    listing = _Listing(instance, optimum, search, limit if count is None else count)
    with step("listing", read=listing.told):
        try:
            listing.run(threshold, count)
        except KeyboardInterrupt:
            search.asked_to_stop, listing.reached = True, "interrupted"
    return listing.result(threshold)


def check_listable(instance: Instance) -> None:
    """Raise unless the objective of an instance is a sum over sites and freely served demand.

    Raises
    ------
    InputError
        If sites have capacities, or a worst-case criterion has a weight.
    """
    if instance.capacity is not None:
        raise InputError("alternatives are not offered for sites with capacities; leave the capacities out")
    if instance.worst_cases:
        raise InputError(
            f"alternatives are not offered with a weight on a worst-case criterion; give {instance.worst_cases[0]!r} "
            "the weight 0, and its value is still reported for every portfolio"
        )


class _Listing:
    """One search for near-optimal portfolios."""

    def __init__(self, instance: Instance, optimum: Sequence[int], search: Search, limit: int) -> None:
        self.instance, self.search, self.limit = instance, search, limit
        self.problem = self.reduced = Problem.of(instance)
        self.optimum = np.full((1, instance.maximum_sites), -1, dtype=np.int32)
        self.optimum[0, : len(optimum)] = np.sort(np.asarray(optimum, dtype=np.int32))
        evaluation = evaluate(instance, sorted(optimum))
        self.tolerance = PROOF_TOLERANCE * evaluation.magnitude
        # The bounds also allow for the rounding of terms that the optimum does not have.
        site, service = self.problem.site_cost, self.problem.service_cost
        terms = float(np.abs(site).max(initial=0.0)) * instance.maximum_sites + abs(self.problem.offset)
        self.allowance = max(2 * self.tolerance, ROUNDING * (terms + abs(instance.constant) + evaluation.magnitude))
        self.dearest = float(np.sort(np.maximum(site, 0.0))[-instance.maximum_sites :].sum())
        self.dearest += float(service.max(axis=0, initial=0.0).sum()) + self.problem.offset + self.allowance
        search.chosen, search.upper = tuple(sorted(int(position) for position in optimum)), evaluation.objective
        search.magnitude = self.allowance / PROOF_TOLERANCE
        self.multipliers: Multipliers | None = None
        self.found, self.costs = self.optimum, np.array([evaluation.objective])
        self.certain, self.overflowed, self.ties_cut = -math.inf, False, False
        self.reached: Reached | None = None

    def run(self, threshold: float | None, count: int | None) -> None:
        """List portfolios up to one threshold after another until what is wanted is there."""
        thresholds = self._rising(count) if threshold is None else self._approaching(threshold)
        for current in thresholds:
            self.search.phase = f"portfolios with an objective up to {current:.6g}"
            self.search.tell()
            if self.search.stop_reason is not None or not self._list_up_to(current):
                break
            if current >= self.dearest and not self.overflowed:
                self.certain, self.reached = math.inf, "all"
            elif current == threshold:
                self.reached = "limit" if self.overflowed else "threshold"
            elif count is not None and len(self.found) >= count:
                self.reached = "count"
            if self.reached is not None:
                return
        self.reached = "interrupted" if self.search.asked_to_stop else "time_limit"

    def told(self) -> str:
        """Return how far the listing is, in words."""
        return f"{self.search.phase}, {len(self.found):,} found"

    def _approaching(self, threshold: float) -> Iterator[float]:
        """Yield thresholds up to the one wanted, in stages if the last one is much work."""
        self.reduced, self.multipliers = self._reduced_at(threshold)
        if number_of_portfolios(self.reduced) > FEW:
            for share in STAGES:
                yield self.search.upper + share * (threshold - self.search.upper)
                if self.overflowed:
                    break
        yield threshold

    def _rising(self, count: int | None) -> Iterator[float]:
        """Yield thresholds until surely enough portfolios lie below."""
        upper, dearest = self.search.upper, max(self.dearest, self.search.upper)
        if number_of_portfolios(self.problem) > FEW:
            known = self._swaps()
            enough = count is not None and len(known) >= count
            step = float(known[min(len(known), count or 1) - 1]) - upper
            step = step if enough else max(step, FIRST_STEP * (dearest - upper))
            yield from (upper + share * step for share in (*STAGES, 1.0))
            step = GROWTH * max(step, FIRST_STEP * (dearest - upper))
            while upper + step < dearest:
                yield upper + step
                step *= GROWTH
        yield dearest

    def _swaps(self) -> NDArray[np.float64]:
        """Return the objectives of the optimum and of all admissible exchanges of one of its sites, ascending."""
        problem, rules = self.problem, self.problem.constraints
        chosen = np.flatnonzero(np.isin(problem.positions, self.optimum))
        costs = swap_costs(problem, chosen) if len(chosen) else np.empty((0, 0))
        known = [np.array([self.search.upper])]
        for index, leaving in enumerate(chosen.tolist()):
            if not rules.required[leaving]:
                joins = may_join(rules, np.delete(chosen, index), complete=True)
                joins[leaving] = False
                known.append(costs[index, joins] + problem.offset)
        return np.sort(np.concatenate(known))

    def _reduced_at(self, threshold: float) -> tuple[Problem, Multipliers]:
        """Return the problem without the candidates that no portfolio up to a threshold holds."""
        bounding = Bounding(self.reduced, self.search, threshold=threshold)
        if self.multipliers is not None:
            bounding.multipliers = self.multipliers
        bounding.run(enough=0)
        # The optimum is always left; that nothing is can only be rounding.
        return (self.reduced if bounding.exhausted else bounding.problem), bounding.multipliers

    def _list_up_to(self, threshold: float) -> bool:
        """List every portfolio up to a threshold; False if the search was stopped before."""
        problem, multipliers = self._reduced_at(threshold)
        self.multipliers, offset = multipliers, problem.offset
        ceiling = threshold - offset + self.allowance
        shortlist = Shortlist(self.instance.maximum_sites, ceiling, self.limit, self.allowance)
        descent = Descent(problem, multipliers, shortlist, self.search)
        rules = problem.constraints
        descent.walk(range(rules.minimum_sites, rules.maximum_sites + 1))
        rows, costs = shortlist.portfolios()
        rows = np.where(rows >= 0, problem.positions[rows], -1).astype(np.int32)
        complete = descent.open == math.inf
        before, paid = (self.optimum, np.array([self.search.upper])) if complete else (self.found, self.costs)
        held = np.concatenate([paid, costs + offset])
        found, index = np.unique(np.concatenate([before, rows]), axis=0, return_index=True)
        costs, overflowed, ties_cut = held[index], shortlist.overflowed, shortlist.ties_cut
        reached = min(threshold, descent.open + offset - self.allowance)
        certain = max(self.certain, reached) if complete or not overflowed else self.certain
        # In one step, so that Ctrl-C finds a list and a claim that belong together.
        self.found, self.costs, self.overflowed, self.ties_cut, self.certain = (
            found,
            costs,
            overflowed,
            ties_cut,
            certain,
        )
        return complete

    def result(self, threshold: float | None) -> NearOptimal:
        """Evaluate what was found from the raw arrays and put it in order."""
        values, objectives = portfolio_values(self.instance, self.found)
        if np.abs(objectives - self.costs).max() > AGREEMENT_TOLERANCE * max(self.search.magnitude, 1e-300):
            raise SolverError("the search and the raw arrays disagree on an objective; nothing is returned")
        order = self._order(objectives)
        if threshold is not None:
            order = order[objectives[order] <= threshold + self.tolerance]
        kept, beyond = order[: self.limit], order[self.limit :]
        last = float(objectives[kept[-1]])
        tied = self.ties_cut or bool((objectives[beyond] <= last + self.tolerance).any())
        if len(beyond) or self.overflowed or self.reached == "count":
            self.certain = min(self.certain, last)
        for row in kept[:EXACTLY_EVALUATED]:
            objectives[row] = evaluate(self.instance, self.found[row][self.found[row] >= 0].tolist()).objective
        assert self.reached is not None  # noqa: S101 - a search ends for a reason
        return NearOptimal(
            portfolios=self.found[kept],
            objectives=objectives[kept],
            values=values[kept],
            certain=self.certain,
            reached=self.reached,
            tied_beyond=tied,
            tolerance=self.tolerance,
            candidates_left=self.reduced.number_of_candidates,
        )

    def _order(self, objectives: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the order by objective; equals are those within the tolerance of the first of them."""
        order = np.argsort(objectives, kind="stable")
        ascending = objectives[order]
        apart = np.diff(ascending, prepend=-math.inf) > self.tolerance
        for begin in np.flatnonzero(apart & ~np.append(apart[1:], True)).tolist():
            # A chain of close ones may be longer than the tolerance.
            current = begin
            for place in range(begin + 1, len(order)):
                if apart[place]:
                    break
                if ascending[place] > ascending[current] + self.tolerance:
                    apart[place], current = True, place
        tie = np.empty(len(order), dtype=np.int64)
        tie[order] = np.cumsum(apart)
        other = (self.found != self.optimum).any(axis=1)
        # Candidate order: -1 stands last in a row, so that it is read as a candidate after all others.
        sites = np.where(self.found < 0, np.iinfo(np.int32).max, self.found)
        return np.lexsort((*sites.T[::-1], other, tie))
