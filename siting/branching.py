"""Branch on neighbourhoods: at most k or at least k + 1 sites among these candidates.

Neighbouring candidates are almost interchangeable, so deciding on one of them decides little. A relaxation that is
fractional is usually a mixture of a few arrangements, which a count over a neighbourhood tells apart. Each node solves
the linear relaxation of the Benders master, warm from the last one; its cuts hold in the whole tree.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from siting.incumbent import greedy, interchange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.benders import Benders

#: A choice variable this close to 0 or 1 counts as whole.
WHOLE = 1e-6
#: Neighbourhoods are looked for around this many of the most undecided candidates.
CENTRES = 40
#: Cut rounds at a node end when the bound gains less than this share of the distance to the incumbent.
CUT_PROGRESS = 0.02


@dataclass(order=True)
class _Node:
    bound: float
    number: int
    decisions: dict[int, tuple[float, float]] = field(compare=False)


class Branching:
    """Branch and bound on the linear relaxation of a Benders master.

    Parameters
    ----------
    benders : Benders
        The master, its choice columns continuous.
    maximum_nodes : int
        The search gives up after this many nodes.

    Attributes
    ----------
    nodes : int
        Nodes solved.
    complete : bool
        False once a node was left without being solved to its end: then an empty tree proves nothing.
    """

    def __init__(self, benders: Benders, maximum_nodes: int) -> None:
        self.benders, self.search = benders, benders.search
        self.maximum_nodes, self.nodes, self.complete = maximum_nodes, 0, True
        self._active: dict[int, tuple[float, float]] = {}
        self._distances: dict[int, NDArray[np.float64]] = {}
        self._numbers = itertools.count()

    def solve(self) -> bool:
        """Search until the gap closes, the search must stop, or the nodes run out.

        Returns
        -------
        bool
            Whether the tree is exhausted: nothing better than the incumbent is left.
        """
        heap = [_Node(-math.inf, next(self._numbers), {})]
        while heap and self.search.stop_reason is None and self.nodes < self.maximum_nodes:
            node = heapq.heappop(heap)
            if self.benders.bound_reached(node.bound):
                heap.clear()
                break
            self.nodes += 1
            self.search.nodes += 1
            for child in self._expand(node):
                heapq.heappush(heap, child)
            if heap and self.complete:
                self.benders.raise_bound(heap[0].bound)
        self._activate({})
        return self.complete and not heap

    def _expand(self, node: _Node) -> list[_Node]:
        """Solve a node and return its children; none if it holds nothing better than the incumbent."""
        self._activate(node.decisions)
        solved = self._bounded(node.bound)
        if solved is None or self.benders.bound_reached(solved[0]):
            return []
        bound, x = solved
        choice = x[: self.benders.problem.number_of_candidates]
        undecided = np.flatnonzero((choice > WHOLE) & (choice < 1 - WHOLE))
        if len(undecided) == 0:
            # All cuts are in, so this portfolio is the best of the node, unless rounding broke a rule.
            chosen = np.flatnonzero(choice > 0.5)
            self.complete = self.complete and self.benders.problem.constraints.admissible(chosen)
            return []
        if self.nodes == 1 or self.nodes % 10 == 0:
            self._round(choice)
        row, total = self._branching_row(choice, undecided)
        down = {**node.decisions, row: (-math.inf, math.floor(total))}
        up = {**node.decisions, row: (math.ceil(total), math.inf)}
        return [_Node(bound, next(self._numbers), decisions) for decisions in (down, up)]

    def _bounded(self, floor: float) -> tuple[float, NDArray[np.float64]] | None:
        """Solve the relaxation with cuts; None if it is infeasible or was not solved."""
        last = floor
        while True:
            result = self.benders.highs.run(self.search.remaining)
            if result.status != "optimal" or result.x is None:
                self.complete = self.complete and result.status == "infeasible"
                return None
            bound = max(result.bound, floor)
            if self.benders.bound_reached(bound):
                return bound, result.x
            choice = result.x[: self.benders.problem.number_of_candidates]
            whole = bool(((choice < WHOLE) | (choice > 1 - WHOLE)).all())
            if whole:
                self.benders.take(np.flatnonzero(choice > 0.5))
            added = self.benders.separate(result.x, force=whole)
            room = self.benders.scaled(self.search.upper) - bound
            if self.search.stop_reason is not None:
                self.complete = False
                return None
            if added == 0:
                return bound, result.x
            if not whole and math.isfinite(last) and bound - last < CUT_PROGRESS * room:
                return bound, result.x
            last = bound

    def _activate(self, decisions: dict[int, tuple[float, float]]) -> None:
        """Set the bounds of branching rows to a node's decisions; all others are free."""
        for row in self._active.keys() - decisions.keys():
            self.benders.highs.set_row_bounds(row, -math.inf, math.inf)
        for row, (lower, upper) in decisions.items():
            if self._active.get(row) != (lower, upper):
                self.benders.highs.set_row_bounds(row, lower, upper)
        self._active = dict(decisions)

    def _round(self, choice: NDArray[np.float64]) -> None:
        """Try the candidates the relaxation likes best as a portfolio, and exchange sites while that helps."""
        problem = self.benders.problem
        chosen = greedy(problem, scores=-choice)
        if chosen is not None:
            self.benders.take(interchange(problem, chosen))

    def _branching_row(self, choice: NDArray[np.float64], undecided: NDArray[np.int64]) -> tuple[int, float]:
        """Add a free row that counts the sites of the most undecided neighbourhood; return it and its count."""
        positive = np.flatnonzero(choice > WHOLE)
        best_score, best = -1.0, (int(undecided[0]), 0.0)
        doubt = np.minimum(choice[undecided], 1 - choice[undecided])
        for centre in undecided[np.argsort(-doubt, kind="stable")][:CENTRES].tolist():
            distances = self._distance(centre)
            order = positive[np.argsort(distances[positive], kind="stable")]
            totals = np.cumsum(choice[order])
            scores = 0.5 - np.abs(totals - np.floor(totals) - 0.5)
            # Small neighbourhoods are the sharper question where several are equally undecided.
            scores = scores - 1e-3 * totals
            position = int(scores.argmax())
            if scores[position] > best_score:
                radius = distances[order[position]]
                if position + 1 < len(order):
                    radius = (radius + distances[order[position + 1]]) / 2
                best_score, best = float(scores[position]), (centre, float(radius))
        inside = np.flatnonzero(self._distance(best[0]) <= best[1])
        return self._add_row(inside), float(choice[inside].sum())

    def _add_row(self, inside: NDArray[np.int64]) -> int:
        row = sparse.csr_array(
            (np.ones(len(inside)), (np.zeros(len(inside), dtype=np.int64), inside)),
            shape=(1, self.benders.highs.number_of_columns),
        )
        return self.benders.highs.add_rows(row, np.array([-math.inf]))

    def _distance(self, centre: int) -> NDArray[np.float64]:
        """Return how differently each candidate serves the demand from the centre, shape (n,)."""
        if centre not in self._distances:
            service = self.benders.problem.service_cost
            self._distances[centre] = np.abs(service - service[centre]).sum(axis=1)
        return self._distances[centre]
