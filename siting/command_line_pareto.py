"""The subcommand `siting pareto`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

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

if TYPE_CHECKING:
    from siting.analysis.pareto import Frontier

#: Exit code of a search that a limit stopped before the frontier was complete.
NOT_PROVEN = 3


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
    for target in to or []:
        check_writable(target, (*DRAWN, "csv", "json"), "an analysis")
    overrides = overrides_of(sites, weight, require, forbid, settings)
    frontier = _found(model, criteria=criterion or None, method=method, time_limit=time_limit, **overrides)
    report(frontier, as_json, to)
    if not frontier.complete:
        raise typer.Exit(NOT_PROVEN)


def _found(model: str, **options: Any) -> Frontier:
    """Search, with progress where a person looks on."""
    from siting.analysis.pareto import pareto as analyse

    screen = Console(stderr=True)
    if not screen.is_terminal:
        return analyse(model, **options)
    with screen.status("reading tables") as status:
        options["callback"] = lambda progress: status.update(
            f"{progress.phase}: {progress.points:,} points, {progress.open:,} parts open, "
            f"{progress.settled:.1%} settled, {progress.seconds:.1f} s"
        )
        return analyse(model, **options)
