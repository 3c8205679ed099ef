"""The frontier by groups of candidates: what is true of a whole group need not be asked of each member.

Candidates with similar values stand together in a binary tree of groups. A portfolio is first given by the groups its
sites come from. Each criterion is bounded over the groups: linear criteria by their least values, the objective by
Lagrangian reduced costs, which add up over sites (several sets of multipliers; the highest bound counts). Where a known
portfolio reaches less with values as good, all portfolios of these groups are dominated; otherwise the largest group is
split. Each portfolio belongs to exactly one combination at every moment, so the frontier is complete when none is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import comb

from siting.dominance import Collector, Front, Thresholds
from siting.grouping import Tree
from siting.relaxations import Pool, lagrangian_relaxations, relaxation_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting.sweep import Trade

#: Known portfolios for which multipliers are made at the start.
KNOWN_RELAXATIONS = 16
#: So many portfolios are evaluated rather than bounded once more; a bound that leaves more than this share is the last.
FEW, WORTHWHILE = 200, 0.9
#: Combinations of groups split in one go, and service costs looked at in one go.
COMBINATIONS, BLOCK = 4_000, 2_000_000
#: New vectors after which the thresholds are set anew.
NEWS = 50


class Groups:
    """Find the frontier of a trade by splitting combinations of groups.

    Parameters
    ----------
    trade : Trade
        What is traded.
    known : Front
        Vectors known so far; the better they are, the less is split.
    stop : callable, optional
        Asked between blocks.
    tell : callable, optional
        Told of vectors known, combinations open, and the share of all portfolios that is settled.

    Attributes
    ----------
    found : Collector
        What was met; its front is the frontier when no combination is open.
    known : Front
        Everything seen that is not dominated.
    done_share : float
        Share of the portfolios that are compared, or proven to be dominated or inadmissible.
    examined, evaluated : int
        Combinations of groups looked at, and portfolios evaluated.
    """

    def __init__(
        self,
        trade: Trade,
        known: Front,
        stop: Callable[[], bool] | None = None,
        tell: Callable[[int, int, float], None] | None = None,
    ) -> None:
        self.trade, self.problem, self.known, self.stop, self.tell = trade, trade.problem, known, stop, tell
        self.found = Collector(trade.tolerance)
        self.thresholds = Thresholds(known.values, trade.tolerance)
        self.done_share, self.examined, self.evaluated, self._news = 0.0, 0, 0, 0
        first = lagrangian_relaxations(trade, known, stop)
        linear = trade.linear[:, self.problem.positions]
        self.tree = Tree(_features(linear, np.array([one.costs for one in first])))
        self._linear = self.tree.least(linear)
        self.relaxations = Pool(self.tree)
        for relaxation in first:
            self.relaxations.add(relaxation)
        self._places = {int(place): row for row, place in enumerate(self.problem.positions)}
        for portfolio in known.portfolios[:: max(1, len(known.portfolios) // KNOWN_RELAXATIONS)]:
            self.relaxations.add(relaxation_at(self.problem, [self._places[place] for place in portfolio]))
        self._prepare_rules()
        rules = self.problem.constraints
        sizes = [size for size in self._sizes if size <= rules.number_of_candidates]
        self._open = [np.zeros((1, size), dtype=np.int64) for size in sizes]
        self._total = sum(float(comb(rules.number_of_candidates, size)) for size in sizes)

    @property
    def _sizes(self) -> range:
        rules = self.problem.constraints
        return range(rules.minimum_sites, rules.maximum_sites + 1)

    def _prepare_rules(self) -> None:
        """Turn rules on pairs into conflicts between groups; keep the others as bounds."""
        rules = self.problem.constraints
        apart = rules.conflicts | np.eye(rules.number_of_candidates, dtype=bool)
        kept = []
        for row, (coefficients, upper, slack) in enumerate(zip(rules.matrix, rules.upper, rules.slack, strict=True)):
            if (coefficients >= 0).all() and np.isfinite(upper):
                apart |= coefficients[:, None] + coefficients[None, :] > upper + slack
            values = np.unique(coefficients[coefficients != 0])
            pairs_say_all = len(values) == 1 and 0 < values[0] <= upper + slack < 2 * values[0]
            if not pairs_say_all or rules.lower[row] > rules.slack[row]:
                kept.append(row)
        self._apart = self.tree.everywhere(apart)
        matrix = np.vstack([rules.matrix[kept], rules.required])
        self._least, self._most = self.tree.least(matrix), -self.tree.least(-matrix)
        self._upper = np.append((rules.upper + rules.slack)[kept], np.inf)
        self._lower = np.append((rules.lower - rules.slack)[kept], rules.required.sum() - 0.5)

    def run(self) -> bool:
        """Split until nothing is open; False if stopped before."""
        while self._open:
            if self.stop is not None and self.stop():
                return False
            self._split(self._worth(self._next()))
            if self.tell is not None:
                self.tell(len(self.known.portfolios), sum(map(len, self._open)), self.done_share)
        self.done_share = 1.0
        return True

    def proven(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of the vectors known, shape (N, d + 1), no open combination can dominate."""
        result = np.ones(len(values), dtype=bool)
        tolerance = self.trade.tolerance
        for block in self._open:
            for begin in range(0, len(block), COMBINATIONS):
                some = block[begin : begin + COMBINATIONS]
                least = np.column_stack([self._linear[:, some].sum(axis=2).T, self.relaxations.bound(some)])
                for row in np.flatnonzero(result).tolist():
                    result[row] = not (least <= values[row] + tolerance).all(axis=1).any()
        return result

    def _next(self) -> NDArray[np.int64]:
        """Take the combinations opened last, as many of one size as are looked at in one go."""
        blocks = [self._open.pop()]
        count = len(blocks[0])
        while self._open and count < COMBINATIONS and self._open[-1].shape[1] == blocks[0].shape[1]:
            blocks.append(self._open.pop())
            count += len(blocks[-1])
        block = np.concatenate(blocks)
        if count > COMBINATIONS:
            self._open.append(block[COMBINATIONS:])
        return block[:COMBINATIONS]

    def _worth(self, block: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the combinations that may hold a portfolio of the frontier; the others are settled."""
        self.examined += len(block)
        keep = np.ones(len(block), dtype=bool)
        for one in range(block.shape[1]):
            for other in range(one):
                keep &= ~self._apart[block[:, one], block[:, other]]
        keep &= (self._least[:, block].sum(axis=2) <= self._upper[:, None]).all(axis=0)
        keep &= (self._most[:, block].sum(axis=2) >= self._lower[:, None]).all(axis=0)
        self._settle(block[~keep])
        block = block[keep]
        limits = self.thresholds.least(self._linear[:, block].sum(axis=2)) + self.trade.tolerance[-1]
        keep = self.relaxations.within(block, limits)
        self._settle(block[~keep])
        return block[keep]

    def _settle(self, block: NDArray[np.int64]) -> None:
        if len(block):
            self.done_share += float(self._portfolios(block).sum()) / self._total

    def _portfolios(self, block: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how many sets of candidates each combination stands for; equal groups stand next to each other."""
        count, run = np.ones(len(block)), np.ones(len(block))
        for column in range(block.shape[1]):
            if column:
                run = np.where(block[:, column] == block[:, column - 1], run + 1, 1.0)
            count *= np.maximum(self.tree.size[block[:, column]] - run + 1, 0.0) / run
        return count

    def _split(self, block: NDArray[np.int64]) -> None:
        """Split the largest group of each combination; evaluate those of single candidates."""
        sizes = self.tree.size[block]
        whole = sizes.max(axis=1, initial=1) == 1
        self._evaluate(self.tree.candidate[block[whole]])
        self._settle(block[whole])
        block, sizes = block[~whole], sizes[~whole]
        if not len(block):
            return
        largest = block[np.arange(len(block)), sizes.argmax(axis=1)]
        inside = block == largest[:, None]
        times, rank = inside.sum(axis=1), np.cumsum(inside, axis=1)
        left, right = self.tree.left[largest], self.tree.right[largest]
        for from_left in range(int(times.max()) + 1):
            # So many of its sites come from one half, the rest from the other.
            rest = times - from_left
            fits = (rest >= 0) & (from_left <= self.tree.size[left]) & (rest <= self.tree.size[right])
            half = np.where(rank <= from_left, left[:, None], right[:, None])
            children = np.where(inside, half, block)[fits]
            if len(children):
                self._open.append(np.sort(children, axis=1))

    def _evaluate(self, chosen: NDArray[np.int64]) -> None:
        chosen = self._narrowed(np.sort(chosen, axis=1))
        self.evaluated += len(chosen)
        rows = max(1, BLOCK // max(1, self.problem.number_of_demand_points))
        for begin in range(0, len(chosen), rows):
            some = chosen[begin : begin + rows]
            cost = self.problem.service_cost[some[:, 0]]
            for column in some.T[1:]:
                cost = np.minimum(cost, self.problem.service_cost[column])
            values = self.trade.values(some, cost.sum(axis=1))
            worth = values[:, -1] <= self.thresholds.least(values[:, :-1].T) + self.trade.tolerance[-1]
            if worth.any():
                self._news += int(worth.sum())
                self.found.add(values[worth], self.problem.positions[some[worth]])
        if self._news > NEWS:
            self.known, self._news = self.known.joined(self.found.front(), self.trade.tolerance), 0
            self.thresholds = Thresholds(self.known.values, self.trade.tolerance)

    def _narrowed(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Drop portfolios that multipliers made for one of them prove to be dominated, and keep the multipliers."""
        linear = self.trade.linear[:, self.problem.positions]
        while self.problem.number_of_demand_points and len(chosen) > FEW:
            limits = self.thresholds.least(linear[:, chosen].sum(axis=2)) + self.trade.tolerance[-1]
            relaxation = relaxation_at(self.problem, chosen[len(chosen) // 2])
            keep = relaxation.constant + relaxation.costs[chosen].sum(axis=1) <= limits
            self.relaxations.add(relaxation)
            chosen = chosen[keep]
            if keep.mean() > WORTHWHILE:
                break
        return chosen


def _features(linear: NDArray[np.float64], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear values and reduced costs per candidate, each linear one as wide as all reduced costs together."""
    columns = np.vstack([linear, costs[:1], costs[1:]]).T
    spread = np.ptp(columns, axis=0)
    return np.asarray(columns / np.where(spread > 0, spread, 1.0))
