"""The command `siting`: solve a model, draw a map, look at models and data."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from siting._version import __version__
from siting.command_line_alternatives import alternatives
from siting.command_line_data import application as data_application
from siting.command_line_data import console
from siting.command_line_defence import explain_infeasible, rule_prices, stress, why, why_not
from siting.command_line_map import draw_map
from siting.command_line_options import (
    NOT_PROVEN,
    Forbidden,
    ModelArgument,
    Required,
    Settings,
    Sites,
    TimeLimit,
    Weights,
    check_writable,
    overrides_of,
    solved,
)
from siting.command_line_pareto import pareto
from siting.command_line_report import report
from siting.command_line_robustness import robustness
from siting.command_line_scenarios import scenarios, weight_stability
from siting.errors import OutputError, SitingError
from siting.progress import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Exit code of everything a user can correct: bad input, an impossible rule, an unwritable file.
USER_ERROR = 2
#: Exit code where Ctrl-C came before there was anything to show, as shells have it.
INTERRUPTED = 130

application = typer.Typer(
    name="siting",
    help="Choose a portfolio of facility sites exactly, and defend the choice.",
    epilog=(
        "Ctrl-C stops a search and shows what it holds; a second one ends at once. Exit codes: 0 done, 1 damaged "
        "tables, 2 something to correct, 3 stopped by a limit or Ctrl-C before everything was proven, 130 stopped by "
        "Ctrl-C with nothing to show."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
application.add_typer(data_application, name="data")
_DEFENCE = (alternatives, pareto, why_not, why, rule_prices, explain_infeasible, stress)
for analysis in (*_DEFENCE, robustness, scenarios, weight_stability, report):
    application.command()(analysis)
application.command(name="map")(draw_map)

Method = Annotated[str, typer.Option(help="auto, bounding, benders, assignment or enumeration.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"siting {__version__}")
        raise typer.Exit


@application.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    pass


@application.command()
def solve(
    model: ModelArgument = "gigafactories",
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder for a map (PNG) and a GeoPackage, made if it does not exist.")
    ] = None,
    to: Annotated[
        list[Path] | None,
        typer.Option(
            help="Also write this file: .gpkg .qgz .geojson .kml .parquet .xlsx .csv .json .lp .mps .png .svg .pdf."
        ),
    ] = None,
    method: Method = "auto",
    time_limit: TimeLimit = None,
    gap: Annotated[float, typer.Option(help="Relative gap at which to stop; 0 asks for a proof.")] = 0.0,
    threads: Annotated[int | None, typer.Option(help="Threads of HiGHS.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of HiGHS.")] = 0,
    solver: Annotated[
        str | None, typer.Option(help="Another solver that Pyomo reaches: cbc, scip, gurobi, ...")
    ] = None,
    node_limit: Annotated[int | None, typer.Option(help="Nodes of branch and bound after which to stop.")] = None,
    memory_limit: Annotated[float | None, typer.Option(help="GB that the process may hold.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON and nothing else.")] = False,
) -> None:
    """Choose the best portfolio of a model and prove it.

    Examples
    --------
        siting solve

        siting solve gigafactories --sites 5 --weight latency=0.5 --require ITI3 --output results

        siting solve my-model.toml --set rules.spacing.enabled=false --json
    """
    from siting.summary import print_solution

    targets = _targets(Path(model).stem, output, to or [])
    solution = solved(
        model, overrides_of(sites, weight, require, forbid, settings),
        method=method, time_limit=time_limit, gap=gap, threads=threads, seed=seed,
        solver=solver, node_limit=node_limit, memory_limit=memory_limit,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(solution.to_dict(), indent=2, ensure_ascii=False))
    else:
        print_solution(solution, console())
    for target in targets if solution.portfolio is not None else []:
        with shown(None, f"writing {target.name}"):
            solution.to_file(target)
        typer.echo(f"wrote {target}", err=as_json)
    if solution.status not in ("optimal", "gap"):
        raise typer.Exit(NOT_PROVEN)


@application.command()
def models(
    name: Annotated[str | None, typer.Argument(help="Print this model file.")] = None,
) -> None:
    """List the shipped models, or print one as a file to start from.

    Examples
    --------
        siting models

        siting models gigafactories > my-model.toml
    """
    from siting import model_file
    from siting.summary import print_models

    if name is None:
        print_models(console())
    else:
        typer.echo(model_file.read(model_file.find(name)), nl=False)


def _targets(name: str, output: Path | None, files: list[Path]) -> list[Path]:
    """Return the files to write, after making sure that they can be written."""
    from siting.export import FORMATS, PICTURES

    targets = list(files)
    if output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder '{output}': {error.strerror or error}") from None
        targets += [output / f"{name}.png", output / f"{name}.gpkg"]
    for target in targets:
        check_writable(target, (*FORMATS, *PICTURES))
    return targets


@contextlib.contextmanager
def _two_interrupts() -> Iterator[None]:
    """Let a first Ctrl-C end the search, and a second one everything at once, worker processes included."""

    def end_at_once(*_: object) -> None:
        for worker in multiprocessing.active_children():
            worker.kill()
        if sys.stderr.isatty():
            sys.stderr.write("\x1b[?25h\n")  # the cursor, which a display hides
            sys.stderr.flush()
        os._exit(INTERRUPTED)

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, end_at_once)
        raise KeyboardInterrupt

    # Who starts a command in the background has its interrupts ignored, and means it.
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def main() -> None:
    """Run the command; an error a user can correct becomes one sentence and exit code 2."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with _two_interrupts():
            application()
    except SitingError as error:
        console.print(f"siting: {error}", markup=False, style="red")
        sys.exit(USER_ERROR)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            console.print("siting: interrupted before there was an answer to show", style="red")
        raise
