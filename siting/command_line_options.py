"""Options that the subcommands share, and how the result of an analysis is printed."""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from siting.command_line_data import console
from siting.errors import InputError
from siting.progress import shown
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    import pandas as pd

    from siting.analysis.result import Analysis
    from siting.model import Model
    from siting.solution import Solution

ModelArgument = Annotated[str, typer.Argument(help="Name of a shipped model (see `siting models`) or a model file.")]
#: For subcommands whose argument is something else.
ModelOption = Annotated[str, typer.Option("--model", help="Name of a shipped model or a model file.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change one key of the model: `rules.spacing.minimum_km=400`.", metavar="KEY=VALUE"),
]
Sites = Annotated[int | None, typer.Option(help="How many sites to choose.")]
Weights = Annotated[
    list[str] | None, typer.Option("--weight", help="Weight of a criterion: `latency=0.5`.", metavar="NAME=NUMBER")
]
Required = Annotated[list[str] | None, typer.Option("--require", help="A candidate that must be chosen.")]
Forbidden = Annotated[list[str] | None, typer.Option("--forbid", help="A candidate that may not be chosen.")]
TimeLimit = Annotated[float | None, typer.Option(help="Seconds; what is held by then is reported with its gap.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON and nothing else.")]
To = Annotated[
    list[Path] | None,
    typer.Option("--to", help="Also write this file: .csv (main table), .json (all), .png, .svg or .pdf (chart)."),
]

DRAWN = ("png", "svg", "pdf")
#: Exit code of a search that a limit, or Ctrl-C, stopped with something held that is not proven or not complete.
NOT_PROVEN = 3
#: Rows of a table that are printed; all of them are in the files.
_ROWS = 25


def overrides_of(
    sites: int | None = None,
    weight: list[str] | None = None,
    require: list[str] | None = None,
    forbid: list[str] | None = None,
    settings: list[str] | None = None,
) -> dict[str, Any]:
    """Return the keyword overrides that the options of the command line spell out.

    Raises
    ------
    InputError
        If an option is not of the form NAME=VALUE.

    Examples
    --------
    >>> overrides_of(sites=5, weight=["latency=0.5"], settings=["rules.spacing.minimum_km=400"])
    {'rules': {'spacing': {'minimum_km': 400}}, 'sites': 5, 'weights': {'latency': 0.5}}
    """
    overrides: dict[str, Any] = {}
    for setting in settings or []:
        _place(overrides, *split(setting, "--set"))
    if sites is not None:
        overrides["sites"] = sites
    if weight:
        overrides["weights"] = {name: _number(value, name) for name, value in (split(w, "--weight") for w in weight)}
    if require:
        overrides["required"] = require
    if forbid:
        overrides["forbidden"] = forbid
    return overrides


def asked(model: str, overrides: dict[str, Any]) -> Model | str:
    """Return the model with its overrides in it, for an analysis whose own keywords are keys of a model too.

    Examples
    --------
    >>> asked("gigafactories", {})
    'gigafactories'
    """
    if not overrides:
        return model
    from siting.model import Model

    return Model.load(model).replace(**overrides)


def solved(model: str, overrides: dict[str, Any], **options: Any) -> Solution:
    """Solve; where Ctrl-C comes before anything is held, pass it on.

    Parameters
    ----------
    model : str
        Name or file.
    overrides : dict
        As `overrides_of` returns them.
    **options
        Of `siting.solve`.

    Raises
    ------
    KeyboardInterrupt
        If there is nothing to show.
    """
    from siting.solving import solve

    solution = solve(model, **options, **overrides)
    if solution.status == "interrupted" and solution.portfolio is None:
        raise KeyboardInterrupt
    return solution


def split(text: str, option: str) -> tuple[str, str]:
    """Return the two sides of NAME=VALUE.

    Raises
    ------
    InputError
        If there are no two sides.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise InputError(f"{option} {text!r} is not of the form NAME=VALUE")
    return name.strip(), value.strip()


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--weight {name}={text}: {text!r} is not a number") from None


def _place(overrides: dict[str, Any], path: str, text: str) -> None:
    """Put a value at a dotted path of nested dictionaries; the value is read as TOML, else as text."""
    try:
        value: Any = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *parents, last = path.split(".")
    table = overrides
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise InputError(f"--set {path}: {parent!r} was set to a value before, so it has no key {last!r}")
    table[last] = value


def check_writable(target: Path, formats: tuple[str, ...], what: str = "a result") -> None:
    """Fail before a long search rather than after it.

    Raises
    ------
    OutputError
        If the format is unknown or the file could not be written.
    """
    file_format(target, formats, what)
    if target.exists() and not target.is_dir():
        return
    with whole_file(target) as temporary:
        temporary.touch()
    target.unlink()


def report(analysis: Analysis, as_json: bool = False, to: list[Path] | None = None) -> None:
    """Print an analysis, or its JSON and nothing else, write the files, and say by the exit code if it was cut.

    Parameters
    ----------
    analysis : Analysis
        What to print.
    as_json : bool
        Print JSON instead of tables.
    to : list of pathlib.Path, optional
        Files; check them with `check_writable` before the search.

    Raises
    ------
    typer.Exit
        With `NOT_PROVEN`, if a limit of time or Ctrl-C ended the analysis.
    """
    if as_json:
        typer.echo(json.dumps(analysis.to_dict(), indent=2, ensure_ascii=False))
    else:
        screen = console()
        screen.print(escape(analysis.headline), style="bold", highlight=False)
        for title, table in analysis.tables.items():
            screen.print(_printed(title, table))
            if len(table) > _ROWS:
                screen.print(f"… and {len(table) - _ROWS:,} more rows; write them with --to table.csv", highlight=False)
        for note in analysis.notes:
            screen.print(f"note: {escape(note)}", highlight=False)
    for target in to or []:
        with shown(None, f"writing {target.name}"):
            _write(analysis, target)
        typer.echo(f"wrote {target}", err=as_json)
    if analysis.cut_short:
        raise typer.Exit(NOT_PROVEN)


def _printed(title: str, table: pd.DataFrame) -> Table:
    printed = Table(box=box.SIMPLE_HEAD, title=escape(title) or None, title_justify="left", title_style="bold")
    whole = table.head(_ROWS).reset_index()
    for position, name in enumerate(whole.columns):
        number = whole[name].dtype.kind in "fi"
        heading = str(name).replace("_", " ")
        printed.add_column(heading, justify="right" if number else "left", style="bold" if position == 0 else "")
    for row in whole.itertuples(index=False):
        printed.add_row(*(escape(_cell(value)) for value in row))
    return printed


def _cell(value: Any) -> str:
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "–"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return "–" if value is None else str(value)


def _write(analysis: Analysis, target: Path) -> None:
    if target.suffix.lower().lstrip(".") not in DRAWN:
        analysis.to_file(target)
        return
    analysis.plot().save(target)
