"""What is asked of a list of alternatives, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass

from siting.errors import InputError
from siting.search import PROOF_TOLERANCE

#: Portfolios listed at most, unless told otherwise.
LIMIT = 100_000


@dataclass(frozen=True)
class Question:
    """What is asked of `siting.alternatives`: a share of the optimum's objective, a distance from it, or a number."""

    within: float | None
    within_objective: float | None
    count: int | None
    diverse: int | None
    limit: int

    def check(self) -> None:
        """Raise unless the question can be answered.

        Raises
        ------
        InputError
            If not exactly one of the three is given, or a number is out of range.
        """
        given = [name for name in ("within", "within_objective", "count") if getattr(self, name) is not None]
        if len(given) != 1:
            met = f"{' and '.join(given)} were given together" if given else "none was given"
            raise InputError(
                "alternatives takes either within (a share, 0.02 for 2 %), within_objective (in units of the "
                f"objective) or count (how many); {met}"
            )
        for name in ("within", "within_objective"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value >= 0):
                raise InputError(f"{name} is {value!r}; it must be a number, at least 0")
        for name, least in (("count", 1), ("diverse", 2), ("limit", 1)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and not isinstance(value, bool) and value >= least):
                raise InputError(f"{name} is {value!r}; it must be a whole number, at least {least}")

    def threshold(self, optimum: float, magnitude: float) -> float | None:
        """Return the objective up to which portfolios are listed; None where a number of them is asked for.

        Raises
        ------
        InputError
            If a share is asked of an objective that is not above 0.
        """
        if self.within is not None:
            if self.within > 0 and not has_share(optimum, magnitude):
                raise InputError(
                    f"the optimum's objective is {optimum:.6g}, and a share of that means nothing; give "
                    "within_objective, in units of the objective, or count"
                )
            return optimum + self.within * abs(optimum)
        return None if self.within_objective is None else optimum + self.within_objective


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def has_share(optimum: float, magnitude: float) -> bool:
    """Whether a share of an objective says how near another one is."""
    return optimum > PROOF_TOLERANCE * magnitude
