"""`siting robustness`: how often sites and portfolios win when weights and data are uncertain."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations
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


def robustness(
    model: ModelArgument = "gigafactories",
    draws: Annotated[int, typer.Option(help="How many draws.")] = 1000,
    weights: Annotated[
        str,
        typer.Option(
            help="dirichlet (all alike), dirichlet:50 (around the model's), fixed, intervals `latency=0.1..0.4`, "
            "or an order `latency > cohesion = energy_cost > grid_capacity`."
        ),
    ] = "dirichlet",
    data: Annotated[
        list[str] | None,
        typer.Option(
            help="Uncertain data: `energy_cost=20%`, `latency.slope_ms_per_km=0.015..0.021`, "
            "`grid_capacity_mva=0.5..1.5`, `price_period=history`.",
            metavar="NAME=RANGE",
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; without it, this one.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    checkpoint: Annotated[
        Path | None, typer.Option(help="File that keeps finished draws and from which the same command resumes.")
    ] = None,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    as_json: AsJson = False,
    to: To = None,
) -> None:
    """Draw weights and data at random, solve every draw exactly, and count who wins.

    Examples
    --------
        siting robustness

        siting robustness gigafactories --draws 2000 --weights "latency=0.2..0.5" --workers 2 --to sites.png

        siting robustness --weights fixed --data energy_cost=20% --data grid_capacity_mva=0.5..1.5

        siting robustness --draws 10000 --checkpoint run.jsonl
    """
    from siting.analysis.robustness import robustness as run

    for target in to or []:
        check_writable(target, ("csv", "json", *DRAWN), "an analysis")
    overrides = overrides_of(sites, weight, require, forbid, settings)
    # Robustness draws weights and data by keywords of the same name, so the model takes its own beforehand.
    noise = dict(split(text, "--data") for text in data or [])
    result = run(
        asked(model, overrides), draws=draws, weights=weights, data=noise or None,
        executor=workers, seed=seed, checkpoint=checkpoint, time_limit=time_limit,
    )  # fmt: skip
    report(result, as_json, to)
