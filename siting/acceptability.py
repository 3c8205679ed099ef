"""What a worker does in a robustness analysis: make one random draw, solve it exactly, and say who won.

A draw is a pure function of the experiment and of its number. Its search starts from the same few portfolios whoever
runs it, so that even among portfolios that tie the same one is named.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.choice import Warm
from siting.constraints import Constraints
from siting.draws import Between, Change, Choice, Noise, Variant, WeightDraws, stream
from siting.engine import solve_instance
from siting.errors import InfeasibleError
from siting.evaluation import evaluate
from siting.problem import Parts
from siting.progress import track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.instance import Criterion, Instance

#: Streams of random numbers that an experiment uses.
DRAWS, TRIALS = 0, 1
#: 97.5th percentile of the standard normal distribution.
_NORMAL_975 = 1.959963984540054
#: Rules and arrays kept by a worker, by the choices that decide them.
_KEPT = 24


@dataclass(frozen=True)
class Ruler:
    """From weights as a user means them to coefficients: what `Prepared.weighted` does, as plain numbers.

    Attributes
    ----------
    coefficients : dict of str to float
        Coefficient of each criterion at weight 1.
    zeros : dict of str to float
        What each criterion adds to the constant at weight 1.
    constant : float
        The rest of the constant.
    """

    coefficients: dict[str, float]
    zeros: dict[str, float]
    constant: float


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw: weights, and what becomes of the data.

    Attributes
    ----------
    weights : dict of str to float
        As a user means them.
    variants : dict of str to Variant
        By uncertain key.
    places : dict of str to int
        Which variant, for keys that are a choice.
    factors : dict of str to ndarray
        Factor per candidate, by criterion.
    """

    weights: dict[str, float]
    variants: dict[str, Variant]
    places: dict[str, int]
    factors: dict[str, NDArray[np.float64]]


@dataclass(eq=False)
class Family:
    """What draws with the same rules and service arrays share.

    Attributes
    ----------
    instance : Instance
        The base under those rules.
    parts : Parts or None
        Compiled rules and arrays; None with capacities.
    admits : bool
        Whether the rules admit the judged portfolio.
    feasible : bool
        False once a draw has shown that the rules admit no portfolio at all, whatever the weights.
    """

    instance: Instance
    parts: Parts | None
    admits: bool
    feasible: bool = True


@dataclass(eq=False)
class Experiment:
    """All that a worker needs to make any draw.

    Parameters
    ----------
    instance : Instance
        The base.
    ruler : Ruler
        From weights to coefficients.
    weights : WeightDraws
        Uncertain weights.
    data : tuple of Choice, Between or Noise
        Uncertain data; no two change the same criterion, except by noise, and at most one changes rules.
    judged : tuple of int
        Positions of the portfolio whose regret is measured.
    seed : int
        Of all draws.
    starts : tuple of tuple of int
        Portfolios that every search starts from.
    """

    instance: Instance
    ruler: Ruler
    weights: WeightDraws
    data: tuple[Choice | Between | Noise, ...]
    judged: tuple[int, ...]
    seed: int
    starts: tuple[tuple[int, ...], ...] = ()
    _families: dict[tuple[tuple[str, int], ...], Family] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what a worker builds for itself."""
        return {**self.__dict__, "_families": {}}

    def fingerprint(self) -> str:
        """Return a hash of everything that decides a draw, the same in every process.

        The portfolios that searches start from are left out: they decide nothing but the time.
        """
        digest = hashlib.sha256()
        _digest(digest, [self.instance.__dict__[name] for name in _FIELDS])
        told: list[Any] = [self.ruler.__dict__, self.weights.__dict__, self.judged, self.seed]
        _digest(digest, [type(self.weights).__name__, *told, [[type(one).__name__, one.__dict__] for one in self.data]])
        return digest.hexdigest()

    def draw(self, number: int, kind: int = DRAWS) -> Draw:
        """Return draw `number`, the same in every process."""
        random = stream(self.seed, kind, number)
        weights = dict(zip(self.weights.names, self.weights.draw(random).tolist(), strict=True))
        drawn = Draw(weights, {}, {}, {})
        for uncertain in self.data:
            if isinstance(uncertain, Noise):
                drawn.factors[uncertain.criterion] = uncertain.draw(random)
                continue
            drawn.variants[uncertain.key], place = uncertain.draw(random)
            if place is not None:
                drawn.places[uncertain.key] = place
        return drawn

    def instance_of(self, drawn: Draw) -> tuple[Instance, Family]:
        """Return the instance of a draw, with its weights scaled, and what it shares with other draws."""
        family = self._family(drawn)
        base = family.instance
        criteria = dict(base.criteria)
        coefficients = {name: drawn.weights.get(name, 0.0) * one for name, one in self.ruler.coefficients.items()}
        constant = [self.ruler.constant]
        constant += [drawn.weights.get(name, 0.0) * zero for name, zero in self.ruler.zeros.items()]
        demand = math.fsum(base.demand.tolist())
        for name, change in self._changes(drawn).items():
            # Service at "factor x old + shift" costs the same as the old service under a weight times the factor, since
            # all demand is served; so the service arrays, which are large, stay as they are.
            constant.append(coefficients.get(name, 0.0) * criteria[name].sign * change.shift * demand)
            coefficients[name] = coefficients.get(name, 0.0) * change.factor
            criteria[name] = _with_site(criteria[name], change)
        weights = {name: coefficients.get(name, 0.0) for name in criteria}
        changed: dict[str, Any] = {"weights": weights, "constant": math.fsum(constant)}
        if any(criteria[name] is not base.criteria[name] for name in criteria):
            changed["criteria"] = criteria
        return base.replace(**changed), family

    def _changes(self, drawn: Draw) -> dict[str, Change]:
        """Return what becomes of each criterion, noise included."""
        changes: dict[str, Change] = {}
        for variant in drawn.variants.values():
            changes.update(variant.changes)
        for name, factors in drawn.factors.items():
            change, criterion = changes.get(name, Change()), self.instance.criteria[name]
            site = criterion.site if change.site is None else change.site
            factor = 1.0 if criterion.service is None else float(factors[0])
            noisy = None if site is None else site * factors
            changes[name] = Change(noisy, change.service, factor * change.factor, factor * change.shift)
        return changes

    def _family(self, drawn: Draw) -> Family:
        """Return the base under the rules and whole service arrays of a draw, kept for the next draw with the same."""
        telling = {
            key: variant
            for key, variant in drawn.variants.items()
            if variant.rules or any(change.service is not None for change in variant.changes.values())
        }
        key = tuple(sorted((name, drawn.places.get(name, -1)) for name in telling))
        # What lies between two variants (-1) comes only once.
        if key in self._families and all(place >= 0 for _, place in key):
            return self._families[key]
        instance = self.instance
        for variant in telling.values():
            services = {name: change.service for name, change in variant.changes.items() if change.service is not None}
            criteria = {name: replace(instance.criteria[name], service=service) for name, service in services.items()}
            instance = instance.replace(criteria={**instance.criteria, **criteria}, **variant.rules)
        parts = None if instance.capacity is not None else Parts(instance)
        family = Family(instance, parts, not Constraints.of(instance).violations(self.judged))
        while len(self._families) >= _KEPT:
            self._families.pop(next(iter(self._families)))
        self._families[key] = family
        return family


def _with_site(criterion: Criterion, change: Change) -> Criterion:
    """Return the criterion with its new values per site; its weight will be multiplied by the factor of its service."""
    site = criterion.site if change.site is None else change.site
    if site is None or (change.site is None and change.factor == 1):
        return criterion
    return replace(criterion, site=site / change.factor)


_FIELDS = ("sites", "criteria", "demand", "candidates", "required", "forbidden", "limits", "conflicts", "capacity")


def solve_draw(experiment: Experiment, number: int, seconds: float, kind: int = DRAWS) -> dict[str, Any] | None:
    """Make one draw and solve it exactly.

    Parameters
    ----------
    experiment : Experiment
        What is drawn from.
    number : int
        Which draw.
    seconds : float
        Time for it.
    kind : int
        Which stream of random numbers.

    Returns
    -------
    dict or None
        `status`, `weights`, `values` (of the uncertain keys), `portfolio` (positions), `objective`, and `judged`, the
        objective of the judged portfolio (None where the rules of the draw forbid it). None if there is no time.

    Raises
    ------
    KeyboardInterrupt
        If the search was interrupted.
    """
    if seconds <= 0:
        return None
    drawn = experiment.draw(number, kind)
    instance, family = experiment.instance_of(drawn)
    answer: dict[str, Any] = {
        "status": "infeasible",
        "weights": drawn.weights,
        "values": {key: _plain(variant.value) for key, variant in drawn.variants.items()},
        "portfolio": None,
        "objective": None,
        "judged": None,
    }
    if not family.feasible:
        return answer
    limit = seconds if math.isfinite(seconds) else None
    try:
        solution = solve_instance(instance, time_limit=limit, warm=Warm(family.parts, list(experiment.starts)))
    except InfeasibleError:
        family.feasible = False
        return answer
    if solution.status == "interrupted":
        raise KeyboardInterrupt
    if solution.portfolio is not None:
        answer["portfolio"] = [instance.position(one) for one in solution.portfolio]
    answer.update(status=solution.status, objective=solution.objective)
    if family.admits:
        same = answer["portfolio"] == list(experiment.judged) and solution.status == "optimal"
        answer["judged"] = solution.objective if same else _objective(instance, experiment.judged)
    return answer


def _objective(instance: Instance, portfolio: tuple[int, ...]) -> float | None:
    """Return the objective of a portfolio, None where capacities leave it no assignment."""
    if instance.capacity is None:
        return evaluate(instance, portfolio).objective
    identifiers = [instance.candidates[position] for position in portfolio]
    try:
        return solve_instance(instance.replace(sites=len(portfolio), required=identifiers)).objective
    except InfeasibleError:
        return None


def starts(experiment: Experiment, first: list[tuple[int, ...]], count: int) -> tuple[tuple[int, ...], ...]:
    """Return portfolios for every search to start from: those given, and the best of a few trial draws.

    Parameters
    ----------
    experiment : Experiment
        What is drawn from; the trials have a stream of random numbers of their own.
    first : list of tuple of int
        Positions of portfolios known to be good.
    count : int
        How many trial draws.
    """
    found = dict.fromkeys(first)
    for number in track(range(count), "portfolios to start from"):
        trial = Experiment(**{**experiment.__dict__, "starts": tuple(found)})
        answer = solve_draw(trial, number, math.inf, TRIALS)
        if answer is not None and answer["portfolio"] is not None:
            found[tuple(answer["portfolio"])] = None
    return tuple(found)


def wilson(count: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a share (Wilson 1927, JASA 22).

    Examples
    --------
    >>> [round(end, 4) for end in wilson(81, 263)]
    [0.2553, 0.3662]
    >>> wilson(0, 0)
    (nan, nan)
    """
    if trials == 0:
        return math.nan, math.nan
    share, square = count / trials, _NORMAL_975**2
    centre = share + square / (2 * trials)
    half = _NORMAL_975 * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    scale = 1 + square / trials
    # The formula reaches 0 and 1 exactly, which rounding would miss.
    low = 0.0 if count == 0 else (centre - half) / scale
    return low, 1.0 if count == trials else (centre + half) / scale


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _digest(digest: Any, value: Any) -> None:
    """Add a value to a hash in a way that does not depend on the process."""
    if isinstance(value, np.ndarray):
        digest.update(f"array{value.shape}{value.dtype}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, dict):
        for key, part in value.items():
            _digest(digest, str(key))
            _digest(digest, part)
    elif isinstance(value, list | tuple):
        digest.update(f"{len(value)}[".encode())
        for part in value:
            _digest(digest, part)
    elif hasattr(value, "__dict__"):
        _digest(digest, {name: part for name, part in value.__dict__.items() if not name.startswith("__")})
    else:
        digest.update(f"{type(value).__name__}:{json.dumps(value, default=repr)};".encode())
