"""Meet every portfolio that could be on a frontier, two sites at a time.

Prefixes of all but two sites are walked; the last two are compared for all of their values at once. A portfolio is
evaluated only where a lower bound of its objective stays below what a known portfolio reaches with values as good: what
two more sites save together is at most the sum of what each saves alone, since savings diminish (Nemhauser, Wolsey and
Fisher 1978, Mathematical Programming 14).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siting.dominance import VALUE_TOLERANCE, Collector, Front, Thresholds
from siting.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from siting.instance import Instance

#: Service costs looked at in one go.
BLOCK = 2_000_000


@dataclass(frozen=True, eq=False)
class Trade:
    """A choice problem whose objective is traded against values that add up over the chosen sites.

    Attributes
    ----------
    problem : Problem
        Its objective is one of the criteria, minimised.
    linear : ndarray, shape (d, J)
        The other criteria, minimised, over the candidates of the instance.
    tolerance : ndarray, shape (d + 1,)
        Differences that are rounding, the objective last.
    """

    problem: Problem
    linear: NDArray[np.float64]
    tolerance: NDArray[np.float64]

    @classmethod
    def of(cls, instance: Instance, objective: str, others: Sequence[str]) -> Trade:
        """Set one criterion of an instance against others that have no service matrix.

        Examples
        --------
        >>> from siting.instance import Criterion, Instance
        >>> criteria = {"cost": Criterion(site=[3.0, 1.0]), "room": Criterion(site=[5.0, 2.0], sense="max")}
        >>> trade = Trade.of(Instance(sites=1, criteria=criteria), "cost", ["room"])
        >>> trade.linear.tolist(), trade.problem.site_cost.tolist()
        ([[-5.0, -2.0]], [2.0, 0.0])
        """
        weights = {name: 1.0 if name == objective else 0.0 for name in instance.criteria}
        alone = instance.replace(weights=weights, constant=0.0)
        rows = [_site_values(instance, name) for name in others]
        linear = np.array(rows).reshape(len(others), instance.number_of_candidates)
        if not len(linear):
            linear = np.zeros((1, instance.number_of_candidates))
        sizes = [_most(row, instance.maximum_sites) for row in linear] + [magnitude(instance, objective)]
        return cls(Problem.of(alone), linear, VALUE_TOLERANCE * np.array(sizes))

    def values(self, chosen: NDArray[np.int64], served: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value vectors of portfolios, shape (q, d + 1).

        Parameters
        ----------
        chosen : ndarray of int, shape (q, sites)
            Positions in the problem, in candidate order.
        served : ndarray, shape (q,)
            Cost of serving all demand from each portfolio.
        """
        linear = self.linear[:, self.problem.positions[chosen]].sum(axis=2)
        return np.column_stack([linear.T, self.problem.site_cost[chosen].sum(axis=1) + served])


def magnitude(instance: Instance, name: str) -> float:
    """Return the largest sum of absolute terms that a criterion can have: the scale of its rounding."""
    criterion, total = instance.criteria[name], 0.0
    if criterion.site is not None:
        total += _most(criterion.site, instance.maximum_sites)
    if criterion.service is not None and criterion.service.size:
        total += float(instance.demand @ np.abs(criterion.service).max(axis=1))
    return total


def _most(values: NDArray[np.float64], sites: int) -> float:
    return float(np.sort(np.abs(values))[-sites:].sum())


def _site_values(instance: Instance, name: str) -> NDArray[np.float64]:
    site = instance.criteria[name].site
    assert site is not None  # noqa: S101 - only criteria without service are asked for
    return instance.criteria[name].sign * site


class _StoppedError(Exception):
    """The search was asked to stop."""


class Sweep:
    """Meet every portfolio of a trade that does not exceed the thresholds set by known ones.

    Parameters
    ----------
    trade : Trade
        What is traded.
    known : Front
        Vectors known so far; better ones are used as they are met.
    stop : callable, optional
        Asked between blocks.
    tell : callable, optional
        Told of vectors known, first sites that are left, and the share of them that is done.

    Attributes
    ----------
    found : Collector
        What was met; its front is the frontier when the walk was completed.
    done_share : float
        Share of the first sites that are done.
    """

    def __init__(
        self,
        trade: Trade,
        known: Front,
        stop: Callable[[], bool] | None = None,
        tell: Callable[[int, int, float], None] | None = None,
    ) -> None:
        self.trade, self.problem, self.known = trade, trade.problem, known
        self.stop, self.tell, self.done_share = stop, tell, 0.0
        self.found = Collector(trade.tolerance)
        self.linear = trade.linear[:, self.problem.positions]
        self.thresholds = Thresholds(known.values, trade.tolerance)
        # A rule without negative coefficients that is exceeded by a prefix is exceeded by all its completions.
        self._monotone = np.asarray((self.problem.constraints.matrix >= 0).all(axis=1))
        self._sizes = 1

    def run(self) -> bool:
        """Walk over all portfolios; False if stopped before the last."""
        rules = self.problem.constraints
        required = np.flatnonzero(rules.required)
        free = np.flatnonzero(~rules.required & ~rules.forbidden)
        if rules.conflicts[np.ix_(required, required)].any():
            return True
        served = np.full(self.problem.number_of_demand_points, np.inf)
        served = self.problem.service_cost[required].min(axis=0) if len(required) else served
        sizes = range(max(rules.minimum_sites, len(required)), rules.maximum_sites + 1)
        self._sizes = len(sizes)
        try:
            for step, size in enumerate(sizes):
                self.done_share = step / len(sizes)
                self._walk(required, served, free, size - len(required))
        except _StoppedError:
            return False
        self.done_share = 1.0
        return True

    def _walk(
        self, prefix: NDArray[np.int64], served: NDArray[np.float64], free: NDArray[np.int64], missing: int
    ) -> None:
        if self.stop is not None and self.stop():
            raise _StoppedError
        if missing == 0:
            self._meet(prefix, served, np.zeros((1, 0), dtype=np.int64))
            return
        options = self._options(prefix, free)
        if missing == 1:
            self._meet(prefix, served, options[:, None])
        elif missing == 2:
            self._pairs(prefix, served, options)
        else:
            for done, candidate in enumerate(options.tolist()):
                joined = np.minimum(served, self.problem.service_cost[candidate])
                self._walk(np.append(prefix, candidate), joined, options[done + 1 :], missing - 1)
                if len(prefix) == np.count_nonzero(self.problem.constraints.required):
                    self._report(done + 1, len(options))

    def _report(self, done: int, count: int) -> None:
        """Use what was met since, and tell how far the walk is; the first of n sites leads half of all walks."""
        self.known = self.known.joined(self.found.front(), self.trade.tolerance)
        self.thresholds = Thresholds(self.known.values, self.trade.tolerance)
        begun = np.floor(self.done_share * self._sizes) / self._sizes
        self.done_share = float(min(begun + done / count / self._sizes, 1 - 1e-9))
        if self.tell is not None:
            self.tell(len(self.known.portfolios), count - done, self.done_share)

    def _options(self, prefix: NDArray[np.int64], free: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the candidates that may join a prefix."""
        rules = self.problem.constraints
        options = free[~rules.conflicts[prefix][:, free].any(axis=0)]
        if len(rules.names):
            activity = rules.matrix[:, prefix].sum(axis=1)[:, None] + rules.matrix[:, options]
            within = (activity <= (rules.upper + rules.slack)[:, None]) | ~self._monotone[:, None]
            options = options[within.all(axis=0)]
        return options

    def _pairs(self, prefix: NDArray[np.int64], served: NDArray[np.float64], options: NDArray[np.int64]) -> None:
        """Compare all ways to complete a prefix by two sites."""
        if len(options) < 2:
            return
        compatible = np.triu(~self.problem.constraints.conflicts[np.ix_(options, options)], k=1)
        first, second = np.nonzero(compatible)
        if len(prefix):
            base, saved = self._savings(prefix, served, options)
            own = self.linear[:, options]
            values = self.linear[:, prefix].sum(axis=1)[:, None] + own[:, first] + own[:, second]
            limits = self.thresholds.least(values) + self.trade.tolerance[-1]
            possible = base - saved[first] - saved[second] <= limits
            first, second = first[possible], second[possible]
        self._meet(prefix, served, np.column_stack([options[first], options[second]]))

    def _savings(
        self, prefix: NDArray[np.int64], served: NDArray[np.float64], options: NDArray[np.int64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Return the objective of a prefix, and what each further site alone takes off it."""
        site, total = self.problem.site_cost, float(served.sum())
        rows = max(1, BLOCK // max(1, len(served)))
        with_option = [
            np.minimum(self.problem.service_cost[options[begin : begin + rows]], served).sum(axis=1)
            for begin in range(0, len(options), rows)
        ]
        return total + float(site[prefix].sum()), total - np.concatenate(with_option) - site[options]

    def _meet(self, prefix: NDArray[np.int64], served: NDArray[np.float64], last: NDArray[np.int64]) -> None:
        """Evaluate portfolios that share a prefix, last sites given as (q, 0 to 2), and keep those of interest."""
        last = last[self._within_rules(prefix, last)]
        rows = max(1, BLOCK // max(1, len(served)))
        for begin in range(0, len(last), rows):
            some = last[begin : begin + rows]
            cost = np.broadcast_to(served, (len(some), len(served)))
            for column in some.T:
                cost = np.minimum(cost, self.problem.service_cost[column])
            chosen = np.sort(np.column_stack([np.tile(prefix, (len(some), 1)), some]), axis=1)
            values = self.trade.values(chosen, cost.sum(axis=1))
            worth = values[:, -1] <= self.thresholds.least(values[:, :-1].T) + self.trade.tolerance[-1]
            if worth.any():
                self.found.add(values[worth], self.problem.positions[chosen[worth]])

    def _within_rules(self, prefix: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.bool_]:
        rules = self.problem.constraints
        if not rules.names or not len(last):
            return np.ones(len(last), dtype=bool)
        activity = rules.matrix[:, prefix].sum(axis=1)[:, None] + rules.matrix[:, last].sum(axis=2)
        slack = rules.slack[:, None]
        within = (activity <= rules.upper[:, None] + slack) & (activity >= rules.lower[:, None] - slack)
        return np.asarray(within.all(axis=0))
