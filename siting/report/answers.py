"""The analyses a dossier rests on: those handed over, and those computed for it within a time limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from siting.analysis.alternatives import Alternatives
from siting.analysis.robustness import Robustness
from siting.analysis.rule_prices import RulePrices
from siting.analysis.weight_stability import WeightStability
from siting.analysis.why_not import WhyNot
from siting.errors import InfeasibleError, InputError, SitingError
from siting.preparation import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from siting.preparation import Prepared
    from siting.progress import Step
    from siting.solution import Solution

Result = TypeVar("Result")
Wanted: TypeAlias = Result | Literal[False] | None
"""A result that is there already, False where the section is not wanted, None where it is to be computed."""

MOST_ALTERNATIVES = 2_000
"""At most this many alternatives are listed; the dossier prints the first few."""
FEW_ALTERNATIVES = 12
"""So many best portfolios are listed where no share of the objective can be taken."""


@dataclass(frozen=True, eq=False)
class Answer(Generic[Result]):
    """A result, or the reason why there is none.

    Attributes
    ----------
    result : Result or None
        What was found.
    reason : str
        Why nothing was; empty where the section is not wanted.
    """

    result: Result | None = None
    reason: str = ""

    @property
    def wanted(self) -> bool:
        """Whether the dossier says anything about it."""
        return self.result is not None or bool(self.reason)


@dataclass(frozen=True)
class Effort:
    """How much is computed for a dossier.

    Attributes
    ----------
    within : float
        Alternatives whose objective is at most this share worse.
    draws : int
        Draws of the robustness analysis.
    seed : int
        Of the draws.
    seconds : float
        Time limit of each analysis.
    """

    within: float = 0.05
    draws: int = 200
    seed: int = 0
    seconds: float = 20.0


@dataclass(frozen=True, eq=False)
class Answers:
    """Every analysis of a dossier.

    Attributes
    ----------
    prepared : Prepared
        The question, with the scales of its criteria.
    effort : Effort
        How much was computed.
    alternatives, robustness, rule_prices, weight_stability : Answer
        What was found, or why nothing was.
    why_not : dict of str to Answer
        One per candidate, or pair, named.
    """

    prepared: Prepared
    effort: Effort
    alternatives: Answer[Alternatives] = field(default_factory=Answer)
    robustness: Answer[Robustness] = field(default_factory=Answer)
    rule_prices: Answer[RulePrices] = field(default_factory=Answer)
    weight_stability: Answer[WeightStability] = field(default_factory=Answer)
    why_not: dict[str, Answer[WhyNot]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Given:
    """What the user handed over or switched off; see `siting.report.write_report`."""

    alternatives: Wanted[Alternatives] = None
    robustness: Wanted[Robustness] = None
    rule_prices: Wanted[RulePrices] = None
    weight_stability: Wanted[WeightStability] = None
    why_not: Sequence[Hashable | WhyNot] = ()

    def check(self) -> None:
        """Refuse what is neither a result nor False nor None.

        Raises
        ------
        InputError
            If an argument is of another type.
        """
        kinds = {
            "alternatives": Alternatives, "robustness": Robustness,
            "rule_prices": RulePrices, "weight_stability": WeightStability,
        }  # fmt: skip
        for name, kind in kinds.items():
            value = getattr(self, name)
            if not (value is None or value is False or isinstance(value, kind)):
                raise InputError(
                    f"{name} is a {type(value).__name__}; it must be the result of siting.{name}, "
                    "None to have it computed, or False to leave the section out"
                )


def gather(solution: Solution, given: Given, effort: Effort, stage: Step) -> Answers:
    """Return every analysis of the dossier, computing those that were not handed over.

    Parameters
    ----------
    solution : Solution
        What the dossier is about.
    given : Given
        What is there already or not wanted.
    effort : Effort
        How much is computed.
    stage : Step
        Told which analysis is under way.

    Returns
    -------
    Answers
        A result or a reason for each.

    Raises
    ------
    InputError
        If a candidate named in `why_not` is unknown.
    """
    from siting.analysis.robustness import robustness
    from siting.analysis.rule_prices import rule_prices
    from siting.analysis.weight_stability import weight_stability
    from siting.analysis.why_not import why_not

    given.check()
    prepared, limit = prepare(solution), effort.seconds
    reasons: dict[str, Answer[WhyNot]] = {}
    asked = [one if isinstance(one, WhyNot) else _identifiers(prepared, solution, one) for one in given.why_not]

    def made(name: str, value: Any, compute: Callable[[], Result]) -> Answer[Result]:
        stage.advance(name)
        if value is False:
            return Answer()
        return Answer(value) if value is not None else _attempt(compute)

    answers = Answers(
        prepared,
        effort,
        made("alternatives", given.alternatives, lambda: _alternatives(solution, effort)),
        made(
            "robustness",
            given.robustness,
            lambda: robustness(solution, draws=effort.draws, seed=effort.seed, time_limit=limit),
        ),
        made("rule prices", given.rule_prices, lambda: rule_prices(solution, time_limit=limit)),
        made("weight stability", given.weight_stability, lambda: weight_stability(solution, time_limit=limit)),
        reasons,
    )
    for one in asked:
        stage.advance("why not")
        if isinstance(one, WhyNot):
            reasons[_joined(one.candidates)] = Answer(one)
        else:
            named = one[0] if len(one) == 1 else one
            reasons[_joined(one)] = _attempt(partial(why_not, solution, named, time_limit=limit))
    return answers


def _attempt(compute: Callable[[], Result]) -> Answer[Result]:
    """Return the result, or the sentence that says why there is none."""
    try:
        return Answer(compute())
    except SitingError as error:
        return Answer(reason=str(error))


def _alternatives(solution: Solution, effort: Effort) -> Alternatives:
    """Return the portfolios nearly as good, or the few best where a share of the objective means nothing."""
    from siting.analysis.alternatives import alternatives

    try:
        return alternatives(solution, within=effort.within, limit=MOST_ALTERNATIVES, time_limit=effort.seconds)
    except InfeasibleError:
        raise
    except InputError:
        return alternatives(solution, count=FEW_ALTERNATIVES, time_limit=effort.seconds)


def _identifiers(prepared: Prepared, solution: Solution, named: Any) -> tuple[Hashable, ...]:
    """Return the identifiers of a candidate, or of a pair, by identifier or name."""
    several = isinstance(named, list | tuple) and named not in prepared.instance.candidates
    table = set(solution.candidates.index)
    # One that lacks data is no misspelling: why not is what its page says.
    return tuple(one if one in table else prepared.identifier(one) for one in (named if several else [named]))


def _joined(identifiers: Sequence[Hashable]) -> str:
    return ", ".join(map(str, identifiers))
