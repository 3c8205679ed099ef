"""The command `siting data`: what the tables hold, and where every value comes from."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TransferSpeedColumn
from rich.table import Table
from rich.tree import Tree

if TYPE_CHECKING:
    import pandas as pd

    from siting.data.refresh import Refreshed

#: Columns of text written to a file or a pipe, which have no width of their own.
_WIDTH_WITHOUT_TERMINAL = 140


def console() -> Console:
    """Return the console to print on: as wide as the terminal, or wide enough for every table."""
    screen = Console()
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        return Console(width=_WIDTH_WITHOUT_TERMINAL)
    return screen


application = typer.Typer(
    help="What the tables hold, and where every value comes from.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

#: Exit code of `siting data verify` when a check fails: the fault lies in the tables and not in the command.
DATA_FAILURE = 1
#: So many warnings of each check are printed without --all.
_FINDINGS = 5


@application.command(name="list")
def list_attributes() -> None:
    """List every attribute with its unit, coverage, grade and source.

    Examples
    --------
        siting data list
    """
    from siting import data

    attributes, coverage = data.attributes(), data.coverage().reset_index()
    rows = [
        (
            row["attribute"], attributes.loc[row["attribute"], "unit"], row["level"],
            f"{row['regions'] - row['missing']}/{row['regions']}", f"{row['imputed_share']:.0%}",
            row["years"], row["grades"], row["sources"],
        )
        for row in coverage.to_dict("records")
    ]  # fmt: skip
    _print(("attribute", "unit", "level", "filled", "imputed", "year", "grade", "source"), rows)


@application.command()
def sources() -> None:
    """List the sources with publisher, vintage and licence.

    Examples
    --------
        siting data sources
    """
    from siting import data

    columns = ("title", "publisher", "vintage", "licence", "grade")
    table = data.sources()
    cells = table[list(columns)].to_numpy(dtype=object)
    _print(("source", *columns), [(name, *row) for name, row in zip(table.index, cells, strict=True)])


@application.command()
def describe(
    attribute: Annotated[str, typer.Argument(help="Name of an attribute, see `siting data list`.")],
) -> None:
    """Describe one attribute: unit, source, coverage, and how it is made.

    Examples
    --------
        siting data describe grid_capacity_mva
    """
    from siting import data

    described = data.describe(attribute)
    _print((attribute, ""), [(str(name), value) for name, value in described.items() if str(value) != ""])


@application.command()
def show(
    region: Annotated[str, typer.Argument(help="NUTS-2 or NUTS-3 code (ITI3, ITI32), grid node or H3 cell.")],
    attribute: Annotated[str | None, typer.Option(help="Trace this attribute to its sources.")] = None,
    series: Annotated[str, typer.Option(help="Price series, where a price is traced.")] = "eurostat_IG",
    period: Annotated[str, typer.Option(help="Period of the price series.")] = "2025-S2",
    bidding_zones: Annotated[
        bool, typer.Option("--bidding-zones", help="With the series wholesale: the price of the Swedish zone.")
    ] = False,
) -> None:
    """Show every value of a region, or trace one to the rows and sources it comes from.

    Examples
    --------
        siting data show ITI3

        siting data show ITI3 --attribute grid_capacity_mva

        siting data show FI1D --attribute electricity_price_eur_per_mwh

        siting data show SE33 --attribute electricity_price_eur_per_mwh --series wholesale --period 2025 --bidding-zones
    """
    from siting import data

    if attribute is not None:
        chain = data.trace(region, attribute, series=series, period=period, bidding_zones=bidding_zones)
        _print_chain(region, attribute, chain)
        return
    values, units = data.candidate(region), data.attributes()["unit"]
    _print((region, "", ""), [(str(name), _text(value), units.get(str(name), "")) for name, value in values.items()])


@application.command()
def verify(
    directory: Annotated[Path | None, typer.Argument(help="Folder of your own tables; else the shipped ones.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Print every disagreement, not only the first few.")] = False,
) -> None:
    """Recompute checksums, coverage, ranges, topology and cross-checks, and print what disagrees.

    Warnings are disagreements between sources that a reader should know. A failure means damaged or inconsistent
    tables, and exit code 1.

    Examples
    --------
        siting data verify

        siting data verify my-tables --all
    """
    from siting import data

    result = data.verify(directory)
    table = result.checks.reset_index()
    styles = {"pass": "[green]pass[/green]", "warn": "[yellow]warn[/yellow]", "fail": "[bold red]fail[/bold red]"}
    _print_marked(
        ("check", "", "what was compared"),
        [(escape(row["check"]), styles[row["status"]], escape(row["detail"])) for row in table.to_dict("records")],
    )
    console = Console(soft_wrap=True)
    for name, group in result.findings.groupby("check", sort=False):
        console.print(f"[bold]{escape(str(name))}[/bold]", highlight=False)
        shown = group if every or (group["status"] == "fail").all() else group.head(_FINDINGS)
        for line in shown["finding"]:
            console.print(f"  {escape(line)}", highlight=False)
        if len(shown) < len(group):
            console.print(f"  … {len(group) - len(shown)} more, see --all", highlight=False)
    if not result.ok:
        raise typer.Exit(DATA_FAILURE)
    _print_coverage(directory)


@application.command()
def manifest(
    directory: Annotated[Path | None, typer.Argument(help="Folder of tables; the shipped ones by default.")] = None,
) -> None:
    """Write the checksums of the tables again, after a hand-made table was edited.

    Examples
    --------
        siting data manifest data
    """
    from siting import catalogue
    from siting.data.manifest import NAME, write_manifest

    folder = directory or catalogue.data_directory()
    write_manifest(folder)
    typer.echo(f"wrote {folder / NAME}")


@application.command()
def refresh(
    tables: Annotated[list[str] | None, typer.Argument(help="Tables to build again; everything by default.")] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Folder of raw files, or address of a mirror of the publishers.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--to", help="Folder of the tables; the shipped ones by default.")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder in which downloads are kept.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a publisher's next bytes.")] = 60.0,
    retries: Annotated[int, typer.Option(help="How often a request that fails in passing is repeated.")] = 4,
    check: Annotated[bool, typer.Option(help="Refuse new tables that fail `siting data verify`.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and replace nothing.")] = False,
) -> None:
    """Build tables again from their original publishers, show what changed, and replace them all or none.

    Examples
    --------
        siting data refresh electricity_prices --dry-run

        siting data refresh --to my-tables

        siting data refresh --from raw --to data
    """
    from siting.data.refresh import Patience, refresh

    patience = Patience(retries=retries, read_seconds=timeout, connect_seconds=min(timeout, 15.0))
    with _Bars(Console(stderr=True)) as bars:
        result = refresh(
            tables or (), source=source, target=target, cache=cache, patience=patience, check=check,
            dry_run=dry_run, report=bars.say, progress=bars.move,
        )  # fmt: skip
    _print_differences(result)


class _Bars:
    """Progress bars on a terminal, and lines of text elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            "{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console,
            disable=not console.is_terminal, transient=True,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, message: str) -> None:
        """Print what is done next."""
        self._console.print(escape(message), highlight=False)

    def move(self, name: str, done: int, total: int | None) -> None:
        """Move the bar of one download."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(escape(name), total=total)
        self._progress.update(self._tasks[name], completed=done, total=total)


def _print_differences(result: Refreshed) -> None:
    """Print what a refresh changed."""
    console = Console(soft_wrap=True)
    for note in result.notes:
        console.print(f"note: {escape(note)}", highlight=False)
    rows = [(item.table, str(item.added), str(item.removed), str(item.changed)) for item in result.differences]
    if rows:
        _print(("table", "added", "removed", "changed"), rows)
    for item in result.differences:
        for change in item.largest:
            relative = "" if change.relative != change.relative else f" ({change.relative:+.1%})"
            before, after = change.before or "missing", change.after or "missing"
            console.print(
                f"{item.table}: {escape(change.key)}: {escape(before)} -> {escape(after)}{relative}", highlight=False
            )
    changed = sum(bool(item) for item in result.differences)
    done = "replaced" if result.replaced else "would be replaced" if rows else "nothing was built"
    console.print(f"{changed} of {len(rows)} tables changed; {done} in {escape(str(result.target))}", highlight=False)


def _print_coverage(directory: Path | None) -> None:
    """Print how complete every attribute is."""
    from siting import data

    rows = [
        (
            row["attribute"], row["level"], f"{row['regions'] - row['missing']}/{row['regions']}",
            f"{row['imputed_share']:.0%}", row["grades"],
        )
        for row in data.coverage(directory).reset_index().to_dict("records")
    ]  # fmt: skip
    _print(("coverage", "level", "filled", "imputed", "grade"), rows)


def _print_chain(region: str, attribute: str, chain: pd.DataFrame) -> None:
    """Print a chain as a tree: the value, and below each value what it was computed from."""
    tops = chain[chain["depth"] == 0]
    root = Tree(f"[bold]{escape(attribute)}[/bold] of {escape(region)}" + _total(tops))
    branches: dict[int, Tree] = {-1: root}
    for link in chain.to_dict("records"):
        value = f"{link['value']} {link['unit']}".strip() or ("" if link["note"].startswith("all ") else "missing")
        where = "" if link["region"] in ("", region) else f" ({link['region']})"
        head = f"[bold]{escape(link['attribute'])}[/bold]{escape(where)} {escape(value)}"
        facts = ", ".join(part for part in (str(link["year"]), link["grade"], link["rule"]) if part)
        source = f"{link['title']}, {link['publisher']}, {link['licence']}"
        lines = [head, escape(facts), *([escape(link["note"])] if link["note"] else []), f"[dim]{escape(source)}[/dim]"]
        depth = int(link["depth"])
        branches[depth] = branches[depth - 1].add("\n".join(line for line in lines if line), highlight=False)
    console().print(root)


def _total(tops: pd.DataFrame) -> str:
    """Return the sum of a price and what is added to it."""
    if len(tops) < 2 or (tops["value"] == "").any():
        return ""
    return f" = {sum(float(value) for value in tops['value']):.1f} {tops['unit'].iloc[0]}"


def _text(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return "missing"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value)


def _print(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    _print_marked(columns, [tuple(escape(str(cell)) for cell in row) for row in rows])


def _print_marked(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table whose cells may hold marks of style."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(columns):
        table.add_column(escape(name), style="bold" if position == 0 else "", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console().print(table)
