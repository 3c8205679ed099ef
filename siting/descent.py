"""List every portfolio up to a cost: depth first over the candidates that are left, with a bound at every prefix.

The sites chosen so far serve demand point i at a cost of s_i. With any v_i <= s_i, the portfolio costs at least the sum
of v, plus the site costs chosen, plus for each further site its reduced cost ``f_j + sum of min(0, c_ij - v_i)``. A
prefix whose cheapest completion costs too much is left; so is a candidate that costs too much beside the prefix, in the
whole branch below. The last two sites are compared for all pairs that this leaves, at their true cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.bounding import Multipliers
    from siting.problem import Problem
    from siting.search import Search

#: Subgradient steps at a prefix, and how few options make them not worth their time. Measured on random geographies:
#: none makes p = 4 within 5 % twice as slow, fifteen cost more than they save.
STEPS = 5
WORTH_STEPS = 20
#: Service costs looked at in one go: as much as a processor's cache holds.
BLOCK = 65_536
#: Prefixes between two reports to the callback.
REPORT_EVERY = 500


@dataclass
class _Level:
    """The options beside a prefix, cheapest reduced cost first."""

    options: NDArray[np.int64]
    costs: NDArray[np.float64]
    base: float
    multipliers: NDArray[np.float64]


class Wanted(Protocol):
    """Takes portfolios and says up to which cost they are wanted; `siting.shortlist.Shortlist` is one."""

    @property
    def ceiling(self) -> float:
        """Most a portfolio may cost to be wanted; it may fall as portfolios are taken."""

    def add(self, prefix: NDArray[np.int64], last: NDArray[np.int64], costs: NDArray[np.float64]) -> None:
        """Take portfolios that share all sites but the last."""


class Descent:
    """Walk over all portfolios of a problem that cost no more than the ceiling of a shortlist, each once.

    Parameters
    ----------
    problem : Problem
        The problem, usually reduced at the same ceiling before.
    multipliers : Multipliers
        Of the demand points and the rules; any are valid, good ones prune.
    shortlist : Wanted
        Takes the portfolios and says up to which cost they are wanted.
    search : Search
        Clock and reason to stop.
    most_prefixes : int, optional
        The walk gives up after this many.

    Attributes
    ----------
    open : float
        If the walk was stopped: each portfolio cheaper than this has been listed. Otherwise infinite.
    """

    def __init__(
        self,
        problem: Problem,
        multipliers: Multipliers,
        shortlist: Wanted,
        search: Search,
        most_prefixes: int | None = None,
    ) -> None:
        self.problem, self.shortlist, self.search = problem, shortlist, search
        self.most_prefixes = np.inf if most_prefixes is None else most_prefixes
        self.constraints = rules = problem.constraints
        self.start, prices = multipliers.service, multipliers.rules
        self.priced = problem.site_cost + prices @ rules.matrix if len(prices) else problem.site_cost
        active = prices != 0
        ends = np.where(prices > 0, rules.upper, rules.lower)
        self.constant = float((prices[active] * ends[active]).sum())
        # A cap without negative coefficients that is exceeded by a prefix is exceeded by all its completions; what
        # other rules still allow depends on the sites to come.
        self.is_cap = np.asarray((rules.matrix >= 0).all(axis=1) & np.isneginf(rules.lower))
        self.group, self.cap, _ = rules.groups
        self.ones = np.ones(problem.number_of_demand_points)
        self.open, self.prefixes = np.inf, 0
        rows = max(1, BLOCK // max(1, problem.number_of_demand_points))
        self._block = np.empty((rows, problem.number_of_demand_points))
        self._pairs_of: NDArray[np.float64] = np.empty(0)

    def walk(self, sizes: range) -> None:
        """List the portfolios with these numbers of sites."""
        required = np.flatnonzero(self.constraints.required)
        free = np.flatnonzero(~self.constraints.required & ~self.constraints.forbidden)
        if self.constraints.conflicts[np.ix_(required, required)].any():
            return
        everyone = np.full(self.problem.number_of_demand_points, np.inf)
        served = self.problem.service_cost[required].min(axis=0) if len(required) else everyone
        for size in sizes:
            if size > len(required):
                self._descend(required, served, self.start, free, size - len(required), -np.inf)
            elif size == len(required) and self.constraints.admissible(required):
                self.shortlist.add(required[:-1], required[-1:], np.array([self.problem.cost(required)]))

    @property
    def _is_stopped(self) -> bool:
        return self.prefixes > self.most_prefixes or self.search.stop_reason is not None

    def _descend(
        self,
        prefix: NDArray[np.int64],
        served: NDArray[np.float64],
        multipliers: NDArray[np.float64],
        options: NDArray[np.int64],
        remaining: int,
        bound: float,
    ) -> None:
        """List the portfolios made of a prefix and as many of the options as remain to be chosen."""
        self.prefixes += 1
        if self.prefixes % REPORT_EVERY == 0:
            self.search.tell()
        if self._is_stopped:
            self.open = min(self.open, bound)
            return
        options = self._compatible(prefix, options, remaining)
        if len(options) < remaining:
            return
        if remaining == 1:
            costs = self.problem.site_cost[prefix].sum() + self.problem.site_cost[options] + self._sums(options, served)
            cheap = costs <= self.shortlist.ceiling
            self.shortlist.add(prefix, options[cheap], costs[cheap])
            return
        level = self._tightened(prefix, served, multipliers, options, remaining)
        if level is None:
            return
        if remaining == 2:
            self._pairs(prefix, served, level)
        else:
            self._children(prefix, served, level, remaining)

    def _compatible(self, prefix: NDArray[np.int64], options: NDArray[np.int64], remaining: int) -> NDArray[np.int64]:
        """Return the options that may join the prefix and still leave a way to satisfy every rule."""
        rules = self.constraints
        if len(prefix):
            options = options[~rules.conflicts[prefix][:, options].any(axis=0)]
        if not rules.names or len(options) < remaining:
            return options
        matrix, slack = rules.matrix[:, options], rules.slack[:, None]
        least = rules.matrix[:, prefix].sum(axis=1)[:, None] + matrix
        most, others = least.copy(), remaining - 1
        if others and not self.is_cap.all():
            ordered = np.sort(matrix[~self.is_cap], axis=1)
            least[~self.is_cap] += ordered[:, :others].sum(axis=1)[:, None]
            most[~self.is_cap] += ordered[:, len(options) - others :].sum(axis=1)[:, None]
        possible = (least <= rules.upper[:, None] + slack) & (most >= rules.lower[:, None] - slack)
        return np.asarray(options[possible.all(axis=0)])

    def _sums(self, options: NDArray[np.int64], most: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for each option the sum over demand of its service cost, or of `most` where that is less."""
        sums, rows = np.empty(len(options)), len(self._block)
        for begin in range(0, len(options), rows):
            part = options[begin : begin + rows]
            block = np.take(self.problem.service_cost, part, axis=0, out=self._block[: len(part)], mode="clip")
            np.minimum(block, most, out=block)
            sums[begin : begin + rows] = block @ self.ones
        return sums

    def _tightened(
        self,
        prefix: NDArray[np.int64],
        served: NDArray[np.float64],
        multipliers: NDArray[np.float64],
        options: NDArray[np.int64],
        remaining: int,
    ) -> _Level | None:
        """Bound the completions of a prefix and leave out options that cost too much; None if nothing is left."""
        fixed = float(self.priced[prefix].sum()) - self.constant
        room_left = self.cap - np.bincount(self.group[prefix][self.group[prefix] >= 0], minlength=len(self.cap))
        point, length, previous = np.minimum(multipliers, served), 1.0, None
        best, best_value = _Level(options, np.zeros(len(options)), 0.0, point), -np.inf
        for step in range(STEPS + 1):
            base = fixed + float(point.sum())
            costs = self.priced[options] + self._sums(options, point) - float(point.sum())
            cheapest, forced = _completions(costs, self._teams(options, room_left), remaining)
            value = base + float(costs[cheapest].sum())
            if len(cheapest) < remaining or value > self.shortlist.ceiling:
                return None
            if value > best_value:
                best, best_value = _Level(options, costs, base, point), value
            else:
                length *= 0.7
            chosen, keep = options[cheapest], base + forced <= self.shortlist.ceiling
            best, options = _Level(options[keep], best.costs[keep], best.base, best.multipliers), options[keep]
            if len(options) < remaining:
                return None
            if step == STEPS or len(options) < WORTH_STEPS or remaining + len(prefix) < 3:
                break
            direction = 1.0 - (self.problem.service_cost[chosen] < point).sum(axis=0)
            direction = _deflected(direction, previous)
            norm = float(direction @ direction)
            if norm == 0:
                break
            point = np.minimum(point + length * max(self.shortlist.ceiling - value, 0.0) / norm * direction, served)
            previous = direction
        order = np.argsort(best.costs, kind="stable")
        return _Level(best.options[order], best.costs[order], best.base, best.multipliers)

    def _teams(self, options: NDArray[np.int64], room_left: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return a number per option, equal for options of which only one may still be chosen; None if all may."""
        if not len(self.cap):
            return None
        group = self.group[options]
        last_one = (group >= 0) & (room_left[group] == 1)
        return np.where(last_one, group, len(self.cap) + np.arange(len(options))) if last_one.any() else None

    def _children(self, prefix: NDArray[np.int64], served: NDArray[np.float64], level: _Level, remaining: int) -> None:
        """Add each option to the prefix in turn; those before it are then out."""
        options, costs = level.options, level.costs
        total = np.concatenate([[0.0], np.cumsum(costs)])
        for index in range(len(options) - remaining + 1):
            bound = level.base + total[index + remaining] - total[index]
            if bound > self.shortlist.ceiling:
                break
            if self._is_stopped:
                self.open = min(self.open, bound)
                break
            # What one more option may cost beside this one and the cheapest others.
            others = total[index + remaining - 1] - total[index + 1]
            room = self.shortlist.ceiling - level.base - costs[index] - others
            last = max(int(np.searchsorted(costs, room, side="right")), index + remaining)
            joined = np.minimum(served, self.problem.service_cost[options[index]])
            later = options[index + 1 : last]
            self._descend(np.append(prefix, options[index]), joined, level.multipliers, later, remaining - 1, bound)

    def _pairs(self, prefix: NDArray[np.int64], served: NDArray[np.float64], level: _Level) -> None:
        """Compare the true cost of all pairs of options that complete the prefix."""
        problem, options, costs = self.problem, level.options, level.costs
        service, paid = self._joined_service(prefix, served, options)
        sites, ones = problem.site_cost[options], self.ones[: service.shape[1]]
        both = np.empty_like(service)
        for index in range(len(options) - 1):
            ceiling = self.shortlist.ceiling
            if level.base + costs[index] + costs[index + 1] > ceiling:
                break
            last = int(np.searchsorted(costs, ceiling - level.base - costs[index], side="right"))
            beside = both[: max(0, last - index - 1)]
            np.minimum(service[index + 1 : last], service[index], out=beside)
            totals = paid + sites[index] + sites[index + 1 : last] + beside @ ones
            cheap = np.flatnonzero(totals <= ceiling)
            if len(cheap):
                first = np.append(prefix, options[index])
                self._complete(first, options[index + 1 : last][cheap], totals[cheap])

    def _joined_service(
        self, prefix: NDArray[np.int64], served: NDArray[np.float64], options: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], float]:
        """Return what demand costs with each option joined to the prefix, and what all of them pay besides.

        Demand that no option serves better than the prefix does is left out of the array.
        """
        problem = self.problem
        service = np.minimum(problem.service_cost[options], served)
        improves = np.asarray((service < served).any(axis=0))
        paid = float(problem.site_cost[prefix].sum()) + float(served[~improves].sum())
        return np.ascontiguousarray(service[:, improves]), paid

    def _complete(self, first: NDArray[np.int64], last: NDArray[np.int64], costs: NDArray[np.float64]) -> None:
        """Hand over the portfolios of a prefix and one last site each that satisfy every rule."""
        rules = self.constraints
        allowed = ~np.asarray(rules.conflicts[first[-1], last])
        if rules.names:
            activity = rules.matrix[:, first].sum(axis=1)[:, None] + rules.matrix[:, last]
            slack = rules.slack[:, None]
            within = (activity <= rules.upper[:, None] + slack) & (activity >= rules.lower[:, None] - slack)
            allowed &= within.all(axis=0)
        self.shortlist.add(first, last[allowed], costs[allowed])


def _deflected(direction: NDArray[np.float64], previous: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Deflect a subgradient away from zig-zagging (Camerini, Fratta and Maffioli 1975)."""
    norm = 0.0 if previous is None else float(previous @ previous)
    if previous is None or norm == 0:
        return direction
    return np.asarray(direction + max(0.0, -1.5 * float(direction @ previous) / norm) * previous)


def _completions(
    costs: NDArray[np.float64], teams: NDArray[np.int64] | None, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the cheapest choice of `count` options, at most one per team, and the least cost with each forced in.

    Parameters
    ----------
    costs : ndarray, shape (n,)
        Reduced costs.
    teams : ndarray of int, shape (n,), or None
        Equal numbers for options of which at most one may be chosen.
    count : int
        How many are chosen.

    Returns
    -------
    (cheapest, forced)
        Positions, fewer than `count` if there are too few teams; and one cost per option.

    Examples
    --------
    >>> cheapest, forced = _completions(np.array([1.0, 2.0, 4.0]), np.array([7, 7, 8]), 2)
    >>> cheapest.tolist(), forced.tolist()
    ([0, 2], [5.0, 6.0, 5.0])
    """
    order = np.argsort(costs, kind="stable")
    if teams is None:
        leaders, place = order, np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
    else:
        _, first, team = np.unique(teams[order], return_index=True, return_inverse=True)
        ranked = np.argsort(first)
        leaders = order[first[ranked]]
        rank, place = np.empty(len(first), dtype=np.int64), np.empty(len(order), dtype=np.int64)
        rank[ranked] = np.arange(len(first))
        place[order] = rank[team.ravel()]
    led = costs[leaders]
    if len(leaders) < count:
        return leaders, np.full(len(costs), np.inf)
    # Whose team leads one of the cheapest pays for the next team instead.
    others = np.where(place < count - 1, led[:count].sum() - led[place], led[: count - 1].sum())
    return leaders[:count], costs + others
