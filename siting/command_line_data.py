"""The command `siting data`: what the tables hold, and where every value comes from."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

application = typer.Typer(
    help="What the tables hold, and where every value comes from.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_TRACE_COLUMNS = (
    "attribute", "region", "value", "unit", "year", "grade", "rule", "note", "title", "publisher", "licence",
)  # fmt: skip


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
    region: Annotated[str, typer.Argument(help="NUTS code of a region, such as ITI3.")],
    attribute: Annotated[str | None, typer.Option(help="Trace this attribute to its sources.")] = None,
) -> None:
    """Show every value of a region, or trace one to the rows and sources it comes from.

    Examples
    --------
        siting data show ITI3

        siting data show ITI3 --attribute grid_capacity_mva
    """
    from siting import data
    from siting.errors import InputError, suggestion

    table = data.candidates("nuts2")
    if region not in table.index:
        raise InputError(f"region {region!r} is unknown{suggestion(region, map(str, table.index))}")
    if attribute is not None:
        chain = data.trace(region, attribute)
        columns = [name for name in _TRACE_COLUMNS if name in chain]
        _print(tuple(columns), [tuple(row) for row in chain[columns].to_numpy(dtype=object)])
        return
    units = data.attributes()["unit"]
    values = table.drop(columns="geometry").loc[region]
    _print((region, "", ""), [(str(name), _text(value), units.get(str(name), "")) for name, value in values.items()])


def _text(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return "missing"
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(value)


def _print(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    console = Console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(columns):
        table.add_column(escape(name), style="bold" if position == 0 else "", overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    console.print(table)
