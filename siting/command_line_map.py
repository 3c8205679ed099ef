"""The subcommand that draws a map: `siting map`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from siting.command_line_options import (
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
from siting.errors import InputError


def draw_map(
    model: ModelArgument = "gigafactories",
    to: Annotated[Path, typer.Option(help="The file: .png, .svg or .pdf.")] = Path("map.png"),
    shade: Annotated[str, typer.Option(help="Attribute that shades the candidates, or score.")] = "score",
    title: Annotated[str | None, typer.Option(help="Title of the sheet.")] = None,
    language: Annotated[str, typer.Option(help="Language of the texts: en or it.")] = "en",
    style: Annotated[str, typer.Option(help="House style: light or print.")] = "light",
    dpi: Annotated[int, typer.Option(help="Dots per inch of a PNG.")] = 300,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
) -> None:
    """Solve a model and draw the portfolio on a sheet of A4.

    Examples
    --------
        siting map gigafactories --to four-sites.pdf

        siting map gigafactories --shade electricity_price_eur_per_mwh --language it --to mappa.png
    """
    check_writable(to, ("png", "svg", "pdf"))
    solution = solved(model, overrides_of(sites, weight, require, forbid, settings), time_limit=time_limit)
    if solution.portfolio is None:
        raise InputError(f"nothing to draw: the search stopped ({solution.status}) before it held a portfolio")
    options = {"shade": shade, "language": language, "style": style} | ({"title": title} if title else {})
    solution.plot(**options).save(to, dpi=dpi)
    typer.echo(f"wrote {to}")
