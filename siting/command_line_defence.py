"""`siting why-not`, `why`, `rule-prices`, `explain-infeasible`, `stress`: defend a choice by site and by rule."""

from __future__ import annotations

from typing import Annotated

import typer

from siting.command_line_options import (
    DRAWN,
    AsJson,
    Forbidden,
    ModelArgument,
    ModelOption,
    Required,
    Settings,
    Sites,
    TimeLimit,
    To,
    Weights,
    check_writable,
    overrides_of,
    report,
    split,
)
from siting.errors import InputError

_FILES = ("csv", "json", *DRAWN)

Candidates = Annotated[list[str], typer.Argument(help="A candidate, or two that are to be chosen together.")]
Candidate = Annotated[str, typer.Argument(help="A chosen candidate, by identifier or name.")]
Steps = Annotated[
    list[str] | None,
    typer.Option("--step", help="By how much a rule becomes stricter: `spacing=100`.", metavar="RULE=NUMBER"),
]
Workers = Annotated[int | None, typer.Option(help="Worker processes; without it, this one.")]
Beyond = Annotated[list[float] | None, typer.Option(help="Thresholds of the service, in ms; 20, 30 and 50 by default.")]


def why_not(
    candidates: Candidates,
    model: ModelOption = "gigafactories",
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Say what it would cost to choose a candidate, whom it displaces, and what would bring it in.

    Examples
    --------
        siting why-not ITI3

        siting why-not Marche DE40 --model my-model.toml --to marche.png

        siting why-not ITI3 --weight latency=0.5 --json
    """
    from siting.analysis import why_not as module

    _check(to)
    overrides = overrides_of(sites, weight, require, forbid, settings)
    report(module.why_not(model, _one_or_pair(candidates), time_limit=time_limit, **overrides), as_json, to)


def why(
    candidate: Candidate,
    model: ModelOption = "gigafactories",
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Say what is lost without a chosen candidate, who replaces it, and how much worse it may become.

    Examples
    --------
        siting why FRB0

        siting why Lombardia --model gigafactories --to lombardia.csv
    """
    from siting.analysis import why as module

    _check(to)
    overrides = overrides_of(sites, weight, require, forbid, settings)
    report(module.why(model, candidate, time_limit=time_limit, **overrides), as_json, to)


def rule_prices(
    model: ModelArgument = "gigafactories",
    step: Steps = None,
    workers: Workers = None,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Say what each rule costs: solve without it, and with one step more of it.

    Examples
    --------
        siting rule-prices

        siting rule-prices gigafactories --step spacing=100 --set data.candidates=nuts3 --to prices.png
    """
    from siting.analysis import rule_prices as module

    _check(to)
    overrides = overrides_of(sites, weight, require, forbid, settings)
    steps = {name: _number(name, text) for name, text in (split(given, "--step") for given in step or [])}
    prices = module.rule_prices(model, step=steps or None, executor=workers, time_limit=time_limit, **overrides)
    report(prices, as_json, to)


def explain_infeasible(
    model: ModelArgument = "gigafactories",
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Name the rules that cannot hold together, and the least relaxation of each that makes room.

    Examples
    --------
        siting explain-infeasible my-model.toml

        siting explain-infeasible gigafactories --set rules.spacing.minimum_km=2200
    """
    from siting.analysis import infeasibility as module

    _check(to, drawn=False)
    overrides = overrides_of(sites, weight, require, forbid, settings)
    report(module.explain_infeasible(model, time_limit=time_limit, **overrides), as_json, to)


def stress(
    model: ModelArgument = "gigafactories",
    beyond: Beyond = None,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Lose each chosen site in turn, and find the best order to build them in.

    Examples
    --------
        siting stress

        siting stress gigafactories --beyond 15 --beyond 25 --to stress.png
    """
    from siting.analysis import stress as module

    _check(to)
    overrides = overrides_of(sites, weight, require, forbid, settings)
    thresholds = beyond or (20.0, 30.0, 50.0)
    report(module.stress(model, beyond=thresholds, time_limit=time_limit, **overrides), as_json, to)


def _check(to: To, *, drawn: bool = True) -> None:
    """Fail before the search where a file could not be written after it."""
    for target in to or []:
        check_writable(target, _FILES if drawn else ("csv", "json"), "an analysis")


def _one_or_pair(candidates: list[str]) -> str | list[str]:
    return candidates[0] if len(candidates) == 1 else candidates


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--step {name}={text}: {text!r} is not a number") from None
