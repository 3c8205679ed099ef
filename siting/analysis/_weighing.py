"""A model under any weights of the user's, solved exactly from one warm solver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.analysis._words import listed
from siting.engine import uninterrupted
from siting.errors import InputError, suggestion
from siting.evaluation import evaluate
from siting.search import PROOF_TOLERANCE, Search
from siting.solver import Solver
from siting.weight_intervals import Cell, Line, Piece, optimal_along, optimal_over_triangle

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from siting.preparation import Prepared

#: Objectives this many times closer than a proof tells apart are equal.
_EQUAL = 4.0


@dataclass(frozen=True)
class WeightRange:
    """What happens when one weight moves over its whole range and the others keep their proportions.

    Attributes
    ----------
    weight : float
        As the model has it.
    lower, upper : float
        The chosen portfolio is the best exactly for weights in between.
    pieces : tuple of (float, float, tuple)
        From, to, and the portfolio that is the best there, over the whole range.
    """

    weight: float
    lower: float
    upper: float
    pieces: tuple[tuple[float, float, tuple[Hashable, ...]], ...]

    @property
    def below(self) -> tuple[Hashable, ...] | None:
        """The portfolio that takes over below the interval, None where nothing lies below."""
        return next((portfolio for _, end, portfolio in reversed(self.pieces) if end <= self.lower), None)

    @property
    def above(self) -> tuple[Hashable, ...] | None:
        """The portfolio that takes over above the interval, None where nothing lies above."""
        return next((portfolio for start, _, portfolio in self.pieces if start >= self.upper), None)


class OutOfTimeError(Exception):
    """The clock ran out before a solve was proven."""


class Weighing:
    """A model under any weights of the user's, solved exactly from one warm solver."""

    def __init__(self, prepared: Prepared, clock: Search, options: dict[str, Any]) -> None:
        self.prepared, self.clock, self.solves = prepared, clock, 0
        self.given = dict(prepared.raw.weights or {})
        self.left_out: dict[str, str] = {}
        negative = next((name for name, weight in self.given.items() if weight < 0), None)
        if negative is not None:
            raise InputError(f"weight of {negative!r} is {self.given[negative]:g}; weights must be at least 0 here")
        units = {name: self._unit(name) for name in self.given}
        self.names = [name for name, unit in units.items() if unit is not None]
        if sum(self.given[name] > 0 for name in self.names) < 2:
            raise InputError("only one criterion has a weight, so there is nothing to weigh it against")
        self.units = np.array([units[name] for name in self.names])
        self.signs = np.array([prepared.instance.criteria[name].sign for name in self.names])
        self.ideals = np.array([self._ideal(name) for name in self.names])
        self.current = np.array([self.given[name] for name in self.names])
        self.solver = Solver(prepared.instance, **options)
        self.tolerance = 0.0

    @property
    def are_rates(self) -> bool:
        return self.prepared.scaling is not None and self.prepared.scaling.method == "monetised"

    def _unit(self, name: str) -> float | None:
        """Return what a weight of 1 multiplies a criterion by, None if it has no scale."""
        if self.given[name] == 0 and (self.prepared.scaling is not None and self.prepared.scaling.method != "fixed"):
            self.left_out[name] = "it has no weight in the model, and so no scale by which another could be told"
            return None
        return float((self.prepared.weighted({name: 1.0}).weights or {})[name])

    def _ideal(self, name: str) -> float:
        scaling = self.prepared.scaling
        ideal = math.nan if scaling is None else float(scaling.table["ideal"].to_dict()[name])
        return ideal if math.isfinite(ideal) else 0.0

    def coefficients(self, weights: NDArray[np.float64]) -> dict[str, float]:
        """Return the weights of the instance for weights of the user's."""
        held = dict.fromkeys(self.given, 0.0)
        return held | dict(zip(self.names, (weights * self.units).tolist(), strict=True))

    def solve(self, weights: NDArray[np.float64]) -> Line:
        """Solve exactly under weights of the user's."""
        limit = None if self.clock.time_limit is None else max(self.clock.remaining, 1e-3)
        solution = self.solver.solve(
            time_limit=limit, weights=self.coefficients(np.maximum(weights, 0.0)), constant=0.0
        )
        uninterrupted(solution)
        self.solves += 1
        if solution.status != "optimal" or solution.portfolio is None:
            if self.solves == 1:
                raise InputError("the time limit came before the chosen portfolio was proven; give it more time")
            raise OutOfTimeError
        values = np.array([solution.values[name] for name in self.names])
        terms = np.abs(self.units * values)
        # The largest sum of terms that any weights on the way can give.
        largest = float(self.current @ terms if self.are_rates else self.current.sum() * terms.max())
        self.tolerance = max(self.tolerance, _EQUAL * PROOF_TOLERANCE * largest)
        return Line(solution.portfolio, self.units * self.signs * (values - self.ideals))

    def cost(self, portfolio: tuple[Hashable, ...], weights: NDArray[np.float64]) -> float:
        """Return the objective of one portfolio, demand served as is best under the weights."""
        instance = self.prepared.instance.replace(weights=self.coefficients(weights), constant=0.0)
        objective = evaluate(instance, [instance.position(one) for one in portfolio]).objective
        return objective - float((weights * self.units * self.signs) @ self.ideals)

    def ends(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Return the weights without a criterion, with it alone, and where between them the model stands."""
        place = self.names.index(name)
        without, alone = self.current.copy(), np.zeros(len(self.current))
        without[place] = 0.0
        if self.are_rates:
            alone[place] = self.current[place]
            return without, alone, 0.5
        total = float(self.current.sum())
        alone[place] = total
        return without * (total / without.sum()), alone, float(self.current[place] / total)

    def range_of(self, name: str, chosen: Line) -> WeightRange:
        """Return the best portfolios over the whole range of one weight, and the interval of the chosen one."""
        without, alone, at = self.ends(name)
        pieces = optimal_along(self.solve, (without, alone), self.tolerance, chosen, at)
        pieces = self._with_equals(pieces, chosen, without, alone)
        mine = next(piece for piece in pieces if piece.portfolio == chosen.portfolio and piece.start <= at <= piece.end)
        whole = tuple((self._told(p.start, name), self._told(p.end, name), p.portfolio) for p in pieces)
        return WeightRange(self.given[name], self._told(mine.start, name), self._told(mine.end, name), whole)

    def _with_equals(
        self, pieces: list[Piece], chosen: Line, without: NDArray[np.float64], alone: NDArray[np.float64]
    ) -> list[Piece]:
        """Give the chosen portfolio every piece on which it is as good, and join neighbours."""
        joined: list[Piece] = []
        for piece in pieces:
            middle = (piece.start + piece.end) / 2
            weights = (1 - middle) * without + middle * alone
            best = self.cost(piece.portfolio, weights)
            # A concave cost that meets the straight piece in its middle lies on all of it.
            equal = self.cost(chosen.portfolio, weights) <= best + self.tolerance
            portfolio = chosen.portfolio if equal else piece.portfolio
            if joined and joined[-1].portfolio == portfolio:
                joined[-1] = Piece(joined[-1].start, piece.end, portfolio)
            else:
                joined.append(Piece(piece.start, piece.end, portfolio))
        return joined

    def _told(self, place: float, name: str) -> float:
        """Return a place on the line as a weight, or as a rate in EUR per unit."""
        if not self.are_rates:
            return place * float(self.current.sum())
        return math.inf if place >= 1 else self.given[name] * place / (1 - place)

    def cells(self, three: tuple[str, ...], chosen: Line) -> tuple[Cell, ...]:
        """Return the map of a triangle of weights."""
        places = [self.names.index(name) for name in three]
        corners = np.tile(self.current, (3, 1))
        corners[:, places] = np.eye(3) * self.current[places].sum()
        return tuple(optimal_over_triangle(self.solve, corners, self.tolerance, [chosen]))


def three_criteria(weighing: Weighing, criteria: Sequence[str] | None) -> tuple[str, ...]:
    """Return the criteria of the triangle, empty if none was asked for and not just three have a weight."""
    weighted = [name for name in weighing.names if weighing.given[name] > 0]
    if criteria is None:
        return tuple(weighted) if len(weighted) == 3 and not weighing.are_rates else ()
    names = [criteria] if isinstance(criteria, str) else list(criteria)
    for name in names:
        if name not in weighing.given:
            raise InputError(f"no criterion is called {name!r}{suggestion(str(name), weighing.given)}")
        if name not in weighing.names:
            raise InputError(f"criterion {name!r} has no weight in the model and cannot be a corner of the triangle")
    if len(names) != 3 or len(set(names)) != 3:
        raise InputError(f"a triangle needs three different criteria, not {listed(map(repr, names))}")
    if weighing.are_rates:
        raise InputError("a triangle shares out weights, and the model counts in EUR; use objective = 'weighted'")
    if not any(weighing.given[name] > 0 for name in names):
        raise InputError(f"none of {listed(names)} has a weight to share out; give one of them a weight above 0")
    return tuple(names)
