"""`siting robustness`: how often sites and portfolios win when weights and data are uncertain."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

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

if TYPE_CHECKING:
    from siting.analysis.robustness import Robustness
    from siting.model import Model

#: Exit code of a run that was stopped before every draw was proven.
_NOT_COMPLETE = 3


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
    for target in to or []:
        check_writable(target, ("csv", "json", *DRAWN), "an analysis")
    overrides = overrides_of(sites, weight, require, forbid, settings)
    # Robustness draws weights and data by keywords of the same name, so the model takes its own beforehand.
    noise = dict(split(text, "--data") for text in data or [])
    result = _drawn(
        asked(model, overrides), draws=draws, weights=weights, data=noise or None,
        executor=workers, seed=seed, checkpoint=checkpoint, time_limit=time_limit,
    )  # fmt: skip
    report(result, as_json, to)
    if not result.complete:
        raise typer.Exit(_NOT_COMPLETE)


def _drawn(model: Model | str, **options: Any) -> Robustness:
    """Run with a bar in a terminal, silently otherwise."""
    from siting.analysis.robustness import robustness as run

    console = Console(stderr=True)
    if not console.is_terminal:
        return run(model, **options)
    columns = (TextColumn("draws"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        shown = bar.add_task("draws", total=options["draws"])
        return run(model, callback=lambda done, _: bar.update(shown, completed=done), **options)
