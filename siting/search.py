"""What every search shares: the incumbent, the bound, the clock, and the reason to stop.

`status` says why a search stopped; what it holds (incumbent and bound) is kept apart from it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from siting.memory import memory_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from siting.evaluation import Evaluation

Status = Literal["optimal", "gap", "time_limit", "node_limit", "memory_limit", "interrupted"]

#: Bound and incumbent that differ by less than this share of the objective's own terms are equal: rounding.
PROOF_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Progress:
    """What a callback is told.

    Attributes
    ----------
    seconds : float
        Time since the search began.
    incumbent : float or None
        Objective of the best portfolio held, None if there is none.
    bound : float
        No portfolio is better than this; minus infinity before the first bound.
    gap : float
        Relative difference of the two, infinite while one is missing.
    phase : str
        What the search is doing.
    """

    seconds: float
    incumbent: float | None
    bound: float
    gap: float
    phase: str


#: Called with the progress of a search; returning True asks it to stop.
Callback = Callable[[Progress], bool | None]


def relative_gap(incumbent: float | None, bound: float) -> float:
    """Return ``(incumbent - bound) / |incumbent|``, 0 when equal, infinite when either is missing.

    Examples
    --------
    >>> relative_gap(100.0, 99.0)
    0.01
    >>> relative_gap(None, 99.0)
    inf
    """
    if incumbent is None or math.isinf(bound):
        return math.inf
    difference = max(0.0, incumbent - bound)
    if difference == 0:
        return 0.0
    return difference / abs(incumbent) if incumbent != 0 else math.inf


@dataclass
class Search:
    """The state of one search, in terms of the objective of the instance.

    Attributes
    ----------
    time_limit : float or None
        Seconds allowed.
    gap : float
        Relative gap at which the search may stop, 0 for a proof of optimality.
    callback : callable or None
        Told of every improvement.
    node_limit : int or None
        Nodes of branch and bound allowed.
    memory_limit : float or None
        Memory the process may hold, GB.
    nodes : int
        Nodes of branch and bound solved.
    chosen : tuple of int or None
        Positions of the best portfolio found.
    shares : ndarray or None
        Share of each demand point served by each site of that portfolio, when capacities decide.
    upper, lower : float
        Objective of the incumbent, and the bound.
    magnitude : float
        Size of the terms the objective sums; rounding is judged against it.
    proof : list of str
        Each step of the proof, in words.
    evaluate : callable or None
        Evaluates positions from the raw arrays; without it the objectives offered are taken as they are.
    """

    time_limit: float | None = None
    gap: float = 0.0
    callback: Callback | None = None
    chosen: tuple[int, ...] | None = None
    shares: NDArray[np.float64] | None = None
    upper: float = math.inf
    lower: float = -math.inf
    magnitude: float = 0.0
    phase: str = "start"
    proof: list[str] = field(default_factory=list)
    evaluate: Callable[[Sequence[int]], Evaluation] | None = None
    started: float = field(default_factory=time.perf_counter)
    node_limit: int | None = None
    memory_limit: float | None = None
    nodes: int = 0
    asked_to_stop: bool = False
    infeasible: bool = False

    @property
    def seconds(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self.started

    @property
    def tolerance(self) -> float:
        """How far bound and incumbent may differ and still be called equal."""
        return PROOF_TOLERANCE * self.magnitude if math.isfinite(self.magnitude) else 0.0

    @property
    def remaining(self) -> float:
        """Seconds left, infinite without a limit."""
        return math.inf if self.time_limit is None else max(0.0, self.time_limit - self.seconds)

    def offer(self, chosen: Sequence[int], objective: float, shares: NDArray[np.float64] | None = None) -> bool:
        """Take a portfolio, with who serves whom, as the incumbent if it is better, and tell the callback."""
        if objective < self.upper and self.evaluate is not None:
            # A search sums shifted numbers; the incumbent is worth what the raw arrays say.
            evaluation = self.evaluate(sorted(int(position) for position in chosen))
            objective, self.magnitude = evaluation.objective, max(self.magnitude, evaluation.magnitude)
        if objective >= self.upper:
            return False
        positions = tuple(sorted(int(position) for position in chosen))
        # In one step, so that Ctrl-C finds a portfolio and an objective that belong together.
        self.chosen, self.upper, self.shares = positions, objective, shares
        self.tell()
        return True

    def raise_bound(self, bound: float) -> None:
        """Keep the best bound; it never exceeds the incumbent by more than rounding."""
        if bound > self.lower:
            self.lower = min(bound, self.upper)
            self.tell()

    def tell(self) -> None:
        """Report to the callback."""
        if self.callback is None:
            return
        incumbent = self.upper if self.chosen is not None else None
        gap = relative_gap(incumbent, self.lower)
        if self.callback(Progress(self.seconds, incumbent, self.lower, gap, self.phase)):
            self.asked_to_stop = True

    def told(self) -> str:
        """Return how far the search is, in words, for whoever looks on.

        Examples
        --------
        >>> Search(chosen=(1,), upper=4.0, lower=3.9, phase="bounding").told()
        'bounding, incumbent 4, bound 3.9, gap 2.50%'
        """
        incumbent, bound = (self.upper if self.chosen is not None else None), self.lower
        parts = [self.phase, f"incumbent {'none yet' if incumbent is None else f'{incumbent:.6g}'}"]
        parts += [f"bound {bound:.6g}"] if math.isfinite(bound) else []
        gap = relative_gap(incumbent, bound)
        return ", ".join([*parts, *([f"gap {gap:.2%}"] if math.isfinite(gap) else [])])

    @property
    def closed(self) -> bool:
        """Whether the incumbent is proven optimal."""
        return self.chosen is not None and self.upper - self.lower <= self.tolerance

    @property
    def stop_reason(self) -> Status | None:
        """Why the search must stop now, or None if it may go on."""
        if self.closed:
            return "optimal"
        if self.asked_to_stop:
            return "interrupted"
        if self.chosen is not None and self.gap > 0 and relative_gap(self.upper, self.lower) <= self.gap:
            return "gap"
        return self._limit_reached

    @property
    def _limit_reached(self) -> Status | None:
        if self.remaining <= 0:
            return "time_limit"
        if self.node_limit is not None and self.nodes >= self.node_limit:
            return "node_limit"
        if self.memory_limit is not None and memory_held() > self.memory_limit:
            return "memory_limit"
        return None

    @property
    def nodes_left(self) -> int | None:
        """Nodes that may still be solved, None without a limit."""
        return None if self.node_limit is None else max(0, self.node_limit - self.nodes)
