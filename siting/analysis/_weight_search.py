"""How far one weight must move until a site comes in: where two lower envelopes meet, exactly.

As the share of one weight moves, every portfolio's objective is a straight line (or, where the assignment follows the
weights, concave), so the best objective of all portfolios and that of the portfolios with the site are both concave
and piecewise linear. Between two neighbouring kinks of the former their difference is concave and never negative, so
that it can first vanish only at a kink or at the end. Kinks are found where two known lines cross (Eisner and
Severance 1976, Journal of the ACM 23(4)); stretches on which the chord of the upper envelope stays above the known
lines are skipped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.engine import InstanceSolution
    from siting.instance import Instance

    #: Solves with some weights; returns the solution and the rounding of its objective.
    Solve = Callable[[dict[str, float]], tuple[InstanceSolution, float]]


@dataclass(frozen=True)
class WeightPath:
    """The weights of an instance as a function of the share of one of them.

    Attributes
    ----------
    instance : Instance
        With the weights as they are.
    criterion : str
        Whose weight moves; all others are scaled by one factor, so that their proportions stay.
    now : float
        The share at which the weights are as they are, above 0 and below 1.
    """

    instance: Instance
    criterion: str
    now: float

    def weights(self, share: float) -> dict[str, float]:
        """Return the weights at a share between 0 and 1."""
        own, others = share / self.now, (1 - share) / (1 - self.now)
        given = self.instance.weights or {}
        return {name: weight * (own if name == self.criterion else others) for name, weight in given.items()}

    def objective(self, values: dict[str, float], share: float) -> float:
        """Return the objective of criteria values at a share, without a constant."""
        weights = self.weights(share)
        return math.fsum(
            weights[name] * criterion.sign * values[name] for name, criterion in self.instance.criteria.items()
        )


@dataclass(frozen=True)
class _Point:
    """Both envelopes at one share."""

    share: float
    values: dict[str, float]
    free: float
    forced: float
    tolerance: float

    @property
    def meets(self) -> bool:
        return self.forced - self.free <= self.tolerance


class WeightSearch:
    """Find the nearest share of one weight, on either side, at which a site is in an optimal portfolio.

    Parameters
    ----------
    path : WeightPath
        Which weight moves.
    free, forced : callable
        Solve with the weights given, over all portfolios and over those with the site; return the solution and how far
        its objective may be off by rounding.
    known : list of dict, optional
        Criteria values of portfolios known, added to; they spare solves.
    """

    def __init__(
        self, path: WeightPath, free: Solve, forced: Solve, known: list[dict[str, float]] | None = None
    ) -> None:
        self.path, self._free, self._forced = path, free, forced
        self._known = [] if known is None else known

    def nearest(
        self, today: tuple[InstanceSolution, InstanceSolution, float] | None = None
    ) -> tuple[float | None, float | None]:
        """Return the nearest share below and above today's, None where there is none.

        Today's share itself is returned where the site is in an optimal portfolio already.

        Parameters
        ----------
        today : (InstanceSolution, InstanceSolution, float), optional
            The best portfolio of all and the best one with the site under today's weights, where they are known, and
            the rounding of their objectives.
        """
        here = self._point(self.path.now) if today is None else self._today(*today)
        if here.meets:
            return here.share, here.share
        below, above = (self._towards(here, end) for end in (0.0, 1.0))
        return (None if below is None else below.share), (None if above is None else above.share)

    def _today(self, free: InstanceSolution, forced: InstanceSolution, rounding: float) -> _Point:
        now = self.path.now
        at_free, at_forced = (self.path.objective(one.values, now) for one in (free, forced))
        return _Point(now, free.values, at_free, at_forced, rounding)

    def _towards(self, here: _Point, end: float) -> _Point | None:
        forced, rounding = self._forced(self.path.weights(end))
        chord = here.forced, self.path.objective(forced.values, end)
        if self._stays_above((here.share, end), chord, max(here.tolerance, rounding)):
            return None
        return self._first(here, self._point(end, forced.values, rounding))

    def _stays_above(self, shares: tuple[float, float], chord: tuple[float, float], tolerance: float) -> bool:
        """Return whether the chord of the forced envelope lies above portfolios known, all the way."""
        if not self._known:
            return False
        at_start, at_end = (
            np.array([self.path.objective(values, share) for values in self._known]) for share in shares
        )
        # A chord less the least of some lines is convex, so it is least where two lines cross, or at an end.
        rise = at_end - at_start
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = (at_start[:, None] - at_start[None, :]) / (rise[None, :] - rise[:, None])
        inside = crossings[(crossings > 0) & (crossings < 1)]
        places = np.concatenate([[0.0, 1.0], inside])
        least = (at_start[:, None] + rise[:, None] * places).min(axis=0)
        return bool((chord[0] + (chord[1] - chord[0]) * places - least > tolerance).all())

    def _point(self, share: float, forced: dict[str, float] | None = None, rounding: float = 0.0) -> _Point:
        weights = self.path.weights(share)
        free, free_rounding = self._free(weights)
        self._known.append(free.values)
        if forced is None:
            solution, rounding = self._forced(weights)
            forced = solution.values
        return _Point(
            share,
            free.values,
            self.path.objective(free.values, share),
            self.path.objective(forced, share),
            max(free_rounding, rounding),
        )

    def _first(self, start: _Point, end: _Point) -> _Point | None:
        """Return where the envelopes first meet on the way from `start`, where they do not, to `end`."""
        at_end = end if end.meets else None
        above_start = self.path.objective(end.values, start.share) - start.free
        above_end = self.path.objective(start.values, end.share) - end.free
        if above_start <= start.tolerance or above_end <= end.tolerance:
            return at_end  # one straight line all the way
        middle = above_start / (above_start + above_end)
        share = start.share + middle * (end.share - start.share)
        line = self.path.objective(start.values, share)
        chord = start.forced + middle * (end.forced - start.forced)
        if at_end is None and chord - line > max(start.tolerance, end.tolerance):
            return None
        kink = self._point(share)
        if kink.free >= line - kink.tolerance:
            return kink if kink.meets else at_end
        return self._first(start, kink) or self._first(kink, end)
