"""The subcommands `siting scenarios` and `siting weight-stability`."""

from __future__ import annotations

from typing import Annotated

import typer

from siting.command_line_options import (
    DRAWN,
    AsJson,
    Forbidden,
    ModelArgument,
    Required,
    Settings,
    Sites,
    TimeLimit,
    To,
    Weights,
    asked,
    check_writable,
    overrides_of,
    report,
    split,
)
from siting.errors import InputError


def scenarios(
    model: ModelArgument = "gigafactories",
    scenario: Annotated[
        list[str] | None, typer.Option(help="Name of a scenario of the model, or base; default all of them.")
    ] = None,
    objective: Annotated[
        str, typer.Option(help="What the headline speaks of: regret, cvar_regret, expected, cvar or worst.")
    ] = "regret",
    alpha: Annotated[float, typer.Option(help="The worst 1 - alpha of probability is what cvar looks at.")] = 0.8,
    probability: Annotated[
        list[str] | None,
        typer.Option(help="Of a scenario: `base=0.5`; all of them or none.", metavar="NAME=NUMBER"),
    ] = None,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    workers: Annotated[int | None, typer.Option(help="Solve the scenarios on so many processes.")] = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Find the portfolios that do well in every scenario, and what each loses where.

    Examples
    --------
        siting scenarios

        siting scenarios gigafactories --scenario base --scenario wholesale_2022 --to regret.png

        siting scenarios my-model.toml --objective cvar --alpha 0.9 --probability base=0.5 --probability crisis=0.5
    """
    from siting.analysis.scenarios import scenarios as analyse

    for target in to or []:
        check_writable(target, (*DRAWN, "csv", "json"), "an analysis")
    chances = {name: _number(text, name) for name, text in (split(one, "--probability") for one in probability or [])}
    # A model has a key `objective` too, so it takes its own beforehand.
    model_asked = asked(model, overrides_of(sites, weight, require, forbid, settings))
    analysis = analyse(
        model_asked, scenarios=scenario, objective=objective, alpha=alpha, probabilities=chances or None,
        executor=workers, time_limit=time_limit,
    )  # fmt: skip
    report(analysis, as_json, to)


def weight_stability(
    model: ModelArgument = "gigafactories",
    triangle: Annotated[
        tuple[str, str, str] | None, typer.Option(help="Three criteria whose weights are mapped against each other.")
    ] = None,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Say within which weights the chosen portfolio stays the best, and what replaces it outside.

    Examples
    --------
        siting weight-stability

        siting weight-stability gigafactories --triangle energy_cost latency grid_capacity --to triangle.png
    """
    from siting.analysis.weight_stability import weight_stability as analyse

    for target in to or []:
        check_writable(target, (*DRAWN, "csv", "json"), "an analysis")
    overrides = overrides_of(sites, weight, require, forbid, settings)
    report(analyse(model, criteria=triangle, time_limit=time_limit, **overrides), as_json, to)


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--probability {name}={text}: {text!r} is not a number") from None
