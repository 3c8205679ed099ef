"""The subcommand `siting pareto`."""

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
    check_writable,
    overrides_of,
    report,
)


def pareto(
    model: ModelArgument = "gigafactories",
    criterion: Annotated[
        list[str] | None,
        typer.Option(help="A criterion of the frontier; two to four of them, default all with a weight."),
    ] = None,
    method: Annotated[str, typer.Option(help="auto, groups or enumeration; the frontier is the same.")] = "auto",
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """Find every portfolio that no other beats in two to four criteria at once.

    Examples
    --------
        siting pareto

        siting pareto gigafactories --criterion energy_cost --criterion latency --to frontier.csv --to frontier.png

        siting pareto my-model.toml --sites 3 --time-limit 60 --json
    """
    from siting.analysis.pareto import pareto as analyse

    for target in to or []:
        check_writable(target, (*DRAWN, "csv", "json"), "an analysis")
    overrides = overrides_of(sites, weight, require, forbid, settings)
    frontier = analyse(model, criteria=criterion or None, method=method, time_limit=time_limit, **overrides)
    report(frontier, as_json, to)
