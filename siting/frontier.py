"""The exact set of non-dominated portfolios of an instance in several criteria, unsupported ones included.

One criterion is the objective of the search: the one with a service matrix, if there is one. The others add up over the
chosen sites. Two searches prove the result independently: `groups` splits combinations of groups of candidates under
Lagrangian bounds, `enumeration` walks over all portfolios. Criteria that no bound is known for are compared one
portfolio after another, as long as there are few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from siting.dominance import VALUE_TOLERANCE, Collector, Front
from siting.enumeration import number_of_portfolios, portfolios
from siting.errors import InputError, suggestion
from siting.evaluation import evaluate
from siting.exploration import explore, first_portfolios
from siting.groups import Groups
from siting.problem import Problem
from siting.progress import step
from siting.search import Search
from siting.sweep import Sweep, Trade, magnitude

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

    from siting.instance import Instance

FrontierMethod = Literal["auto", "groups", "enumeration"]
METHODS: tuple[str, ...] = ("auto", "groups", "enumeration")
#: A frontier has this many criteria.
FEWEST, MOST = 2, 4
#: So many portfolios are enumerated rather than bounded, and compared one after another where no bound is known.
ENUMERATED, COMPARED_SINGLY = 20_000, 50_000


@dataclass(frozen=True)
class FrontierProgress:
    """What a callback is told while a frontier is searched.

    Attributes
    ----------
    seconds : float
        Time since the search began.
    points : int
        Value vectors held that do not dominate each other.
    open : int
        Parts of the search space still to be looked at.
    settled : float
        Share of all portfolios that are compared, or proven to be dominated or inadmissible.
    phase : str
        What the search is doing.
    """

    seconds: float
    points: int
    open: int
    settled: float
    phase: str


@dataclass(frozen=True, eq=False)
class FrontierPoints:
    """Portfolios that no other dominates.

    Attributes
    ----------
    criteria : tuple of str
        The criteria, in the order asked for.
    values : ndarray, shape (N, k)
        Value of each criterion in its own unit, re-evaluated from the raw arrays; from the best to the worst value of
        the first criterion.
    portfolios : list of tuple
        Identifiers of the chosen candidates in candidate order; the first of equal portfolios.
    counts : ndarray of int, shape (N,), or None
        How many portfolios have these values; None if the search was stopped.
    proven : ndarray of bool, shape (N,)
        Whether it is proven that no portfolio dominates the point.
    settled : float
        Share of all portfolios that are compared, or proven to be dominated or inadmissible; 1 when complete.
    status : str
        "complete", "time_limit" or "interrupted".
    method : str
        The search that was used.
    proof : str
        How completeness was proven, in words.
    tolerance : ndarray, shape (k,)
        Values that differ by less are equal.
    seconds : float
        Wall-clock time.
    """

    criteria: tuple[str, ...]
    values: NDArray[np.float64]
    portfolios: list[tuple[Hashable, ...]]
    counts: NDArray[np.int64] | None
    proven: NDArray[np.bool_]
    settled: float
    status: str
    method: str
    proof: str
    tolerance: NDArray[np.float64]
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every non-dominated value vector is among the points."""
        return self.status == "complete"


def frontier(
    instance: Instance,
    criteria: Sequence[str],
    *,
    method: FrontierMethod | str = "auto",
    time_limit: float | None = None,
    callback: Callable[[FrontierProgress], bool | None] | None = None,
    seed: int = 0,
) -> FrontierPoints:
    """Find every value vector that no admissible portfolio dominates, and a portfolio for each.

    Parameters
    ----------
    instance : Instance
        The problem, without capacities. Criteria that are not asked for do not count, neither in the comparison nor in
        who serves whom. If several of the criteria depend on who serves whom, the weights of the instance decide that.
    criteria : sequence of str
        Two to four criteria.
    method : {"auto", "groups", "enumeration"}
        "groups" proves groups of portfolios to be dominated, "enumeration" walks over all of them; "auto" takes the
        latter for a few thousand portfolios.
    time_limit : float, optional
        Seconds.
    callback : callable, optional
        Told of progress with a `FrontierProgress`; returning True stops the search.
    seed : int
        Of the weights from which the search starts; the result does not depend on it.

    Returns
    -------
    FrontierPoints
        The frontier, or what was found by the time the search was stopped.

    Raises
    ------
    InputError
        If a criterion is unknown or an option not valid, or if no exact search is known for the criteria.
    InfeasibleError
        If no portfolio satisfies every rule; it names the rules in conflict.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> cost, delay = Criterion(site=[1.0, 4.0, 6.0]), Criterion(service=[[9.0, 8.0, 1.0]])
    >>> points = frontier(Instance(sites=1, criteria={"cost": cost, "delay": delay}), ["cost", "delay"])
    >>> points.values.tolist(), points.portfolios
    ([[1.0, 9.0], [4.0, 8.0], [6.0, 1.0]], [(0,), (1,), (2,)])
    """
    names = check_criteria(instance, criteria)
    if method not in METHODS:
        raise InputError(f"method {method!r} is unknown{suggestion(str(method), METHODS)}")
    if instance.capacity is not None:
        raise InputError("an exact frontier under capacities is not known to this engine; leave the capacities out")
    run = _Run(_only(instance, names), names, str(method), Search(time_limit=time_limit), callback, seed)
    with step("frontier", read=run.told):
        return run.points()


def check_criteria(instance: Instance, criteria: Sequence[str]) -> tuple[str, ...]:
    """Return the names of criteria, checked.

    Raises
    ------
    InputError
        If there are fewer than two or more than four, one is unknown, or one is named twice.
    """
    names = tuple(criteria)
    for name in names:
        if name not in instance.criteria:
            raise InputError(f"no criterion is called {name!r}{suggestion(str(name), instance.criteria)}")
        if names.count(name) > 1:
            raise InputError(f"criterion {name!r} is named twice; a frontier needs different criteria")
    if not FEWEST <= len(names) <= MOST:
        listed = ", ".join(instance.criteria)
        raise InputError(
            f"a frontier is computed in {FEWEST} to {MOST} criteria, not in {len(names)}; choose among: {listed}"
        )
    return names


def _only(instance: Instance, names: tuple[str, ...]) -> Instance:
    """Return the instance with the criteria asked for alone."""
    weights = instance.weights or {}
    services = [name for name in names if instance.criteria[name].service is not None]
    decided = len(services) > 1 and any(weights.get(name, 0) != 0 for name in services)
    return instance.replace(
        criteria={name: instance.criteria[name] for name in names},
        weights={name: weights.get(name, 0.0) if decided and name in services else 1.0 for name in names},
        constant=0.0,
    )


class _Run:
    """One search for a frontier."""

    def __init__(
        self,
        instance: Instance,
        names: tuple[str, ...],
        method: str,
        clock: Search,
        callback: Callable[[FrontierProgress], bool | None] | None,
        seed: int,
    ) -> None:
        self.instance, self.names, self.method = instance, names, method
        self.clock, self.callback, self.seed, self.phase = clock, callback, seed, "first portfolios"
        self.signs = np.array([instance.criteria[name].sign for name in names])
        self.tolerance = np.array([VALUE_TOLERANCE * magnitude(instance, name) for name in names])
        self.settled, self.proof, self.done = 0.0, "", False
        self.held, self.open = 0, 1
        self.proven: NDArray[np.bool_] | None = None

    def stop(self) -> bool:
        return self.clock.asked_to_stop or self.clock.remaining <= 0

    def tell(self, points: int, still_open: int, settled: float) -> None:
        self.held, self.open, self.settled = points, still_open, settled
        if self.callback is None:
            return
        if self.callback(FrontierProgress(self.clock.seconds, points, still_open, settled, self.phase)):
            self.clock.asked_to_stop = True

    def told(self) -> str:
        return f"{self.phase}, {self.held:,} points, {self.open:,} parts open, {self.settled:.1%} settled"

    def points(self) -> FrontierPoints:
        unbounded = self._without_bounds()
        if unbounded:
            front = self._compared_singly(unbounded)
        else:
            services = [name for name in self.names if self.instance.criteria[name].service is not None]
            objective = services[0] if services else max(self.names, key=self._different_values)
            others = [name for name in self.names if name != objective]
            front = self._searched(Trade.of(self.instance, objective, others))
        return self._result(front)

    def _different_values(self, name: str) -> int:
        site = self.instance.criteria[name].site
        return 0 if site is None else len(np.unique(site))

    def _without_bounds(self) -> list[str]:
        """Return the criteria that keep the search from bounding, none if it can."""
        held = self.instance.criteria
        services = [name for name in self.names if held[name].service is not None]
        worst = [name for name in self.names if not held[name].is_sum]
        return worst or (services if len(services) > 1 else [])

    def _compared_singly(self, names: list[str]) -> Front:
        problem = Problem.of(self.instance)
        count = number_of_portfolios(problem)
        if count > COMPARED_SINGLY:
            raise _too_many(self.instance, names, count)
        self.method, self.phase = "enumeration", "comparing every portfolio"
        collector, seen = Collector(self.tolerance), 0
        try:
            for prefix, last, _ in portfolios(problem, self.stop):
                for candidate in last.tolist():
                    chosen = np.sort(problem.positions[np.append(prefix, candidate)])
                    collector.add(self._signed([chosen.tolist()]), chosen[None, :])
                seen += len(last)
                self.tell(len(collector.held.portfolios), count - seen, seen / count)
        except KeyboardInterrupt:
            self.clock.asked_to_stop = True
        self.done = not self.stop()
        if self.done and not seen:
            self._refuse()
        self.proof = f"every admissible portfolio was compared ({seen:,})"
        return collector.front()

    def _searched(self, trade: Trade) -> Front:
        problem = trade.problem
        known = Front.empty(len(trade.tolerance))
        search: Groups | Sweep | None = None
        try:
            known = explore(trade, self._start(trade), self.stop)
            self.tell(len(known.portfolios), 1, 0.0)
            few = number_of_portfolios(problem) <= ENUMERATED
            self.method = ("enumeration" if few else "groups") if self.method == "auto" else self.method
            self.phase = (
                "comparing every portfolio" if self.method == "enumeration" else "splitting groups of portfolios"
            )
            kind = Sweep if self.method == "enumeration" else Groups
            search = kind(trade, known, self.stop, self.tell)
            self.done = search.run()
        except KeyboardInterrupt:
            self.clock.asked_to_stop, self.done = True, False
            return search.known if search is not None else known
        self.settled = search.done_share
        if self.done:
            self.proof = _proof(search)
            return search.found.front()
        front = search.known.joined(search.found.front(), trade.tolerance)
        if isinstance(search, Groups):
            self.proven = search.proven(front.values)
        return front

    def _start(self, trade: Trade) -> list[NDArray[np.int64]]:
        problem = trade.problem
        if problem.number_of_candidates < problem.constraints.minimum_sites:
            self._refuse()
        found = first_portfolios(trade, self.seed)
        if not found:
            from siting.feasibility import admissible_portfolio

            chosen, decided = admissible_portfolio(problem.constraints, problem.site_cost, self.clock.remaining)
            if chosen is None and decided:
                self._refuse()
            found = [] if chosen is None else [chosen]
        return found

    def _refuse(self) -> None:
        from siting.feasibility import infeasible

        raise infeasible(self.instance)

    def _signed(self, chosen: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        """Return the minimised value vectors of portfolios from the raw arrays."""
        rows = [list(map(evaluate(self.instance, one).values.__getitem__, self.names)) for one in chosen]
        return np.asarray(np.array(rows).reshape(len(rows), len(self.names)) * self.signs)

    def _result(self, front: Front) -> FrontierPoints:
        """Compare the points again by what the raw arrays say of them."""
        proven = np.full(len(front.portfolios), self.done) if self.proven is None else self.proven
        known = dict(zip(front.portfolios, proven.tolist(), strict=True))
        again = Front.of(self._signed(front.portfolios), front.portfolios, front.counts, self.tolerance)
        candidates = self.instance.candidates
        status = "complete" if self.done else "interrupted" if self.clock.asked_to_stop else "time_limit"
        return FrontierPoints(
            criteria=self.names,
            values=again.values * self.signs,
            portfolios=[tuple(candidates[place] for place in portfolio) for portfolio in again.portfolios],
            counts=again.counts if self.done else None,
            proven=np.array([known[portfolio] for portfolio in again.portfolios], dtype=bool),
            settled=1.0 if self.done else min(self.settled, math.nextafter(1.0, 0.0)),
            status=status,
            method=self.method,
            proof=self.proof if self.done else f"not proven: stopped by {status}",
            tolerance=self.tolerance,
            seconds=self.clock.seconds,
        )


def _too_many(instance: Instance, names: list[str], count: int) -> InputError:
    listed = " and ".join(repr(name) for name in names)
    if instance.criteria[names[0]].is_sum:
        why = f"{'both' if len(names) == 2 else 'all'} depend on which site serves whom"
    else:
        why = "take the worst value instead of a sum"
    return InputError(
        f"an exact frontier with {listed}, which {why}, is only computed up to {COMPARED_SINGLY:,} portfolios, and "
        f"there are {count:,}; leave one of them out, or ask for fewer sites or candidates"
    )


def _proof(search: Groups | Sweep) -> str:
    if isinstance(search, Groups):
        return (
            f"Lagrangian bounds over {search.examined:,} combinations of groups left {search.evaluated:,} portfolios, "
            "which were compared"
        )
    return "every admissible portfolio was compared, or bounded by what its sites save one by one"
