"""The command `siting report`: the dossier of a solution as PDF, HTML or DOCX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from siting.command_line_options import (
    Forbidden,
    ModelArgument,
    Required,
    Settings,
    Sites,
    Weights,
    check_writable,
    overrides_of,
    solved,
)


def report(
    model: ModelArgument = "gigafactories",
    to: Annotated[Path, typer.Option(help="Where to: .pdf, .html or .docx.")] = Path("dossier.pdf"),
    why_not: Annotated[
        list[str] | None,
        typer.Option("--why-not", help="A region to say why it is not chosen; two joined by a comma are one question."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title; that of the model without it.")] = None,
    subtitle: Annotated[str | None, typer.Option(help="Second line of the title page.")] = None,
    author: Annotated[str | None, typer.Option(help="Who submits it.")] = None,
    date: Annotated[str | None, typer.Option(help="Date as printed; today without it.")] = None,
    language: Annotated[str, typer.Option(help="Language of the fixed texts: en or it.")] = "en",
    style: Annotated[str, typer.Option(help="light, or print for greyscale.")] = "light",
    templates: Annotated[
        Path | None, typer.Option(help="Folder of templates and style sheets of your own, which win over the shipped.")
    ] = None,
    within: Annotated[float, typer.Option(help="List alternatives at most this share worse.")] = 0.05,
    draws: Annotated[int, typer.Option(help="Draws of the robustness analysis.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    time_limit: Annotated[float, typer.Option(help="Seconds for each analysis.")] = 20.0,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", help="A chapter to leave out: alternatives, robustness, rules or weights."),
    ] = None,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
) -> None:
    """Write the dossier: the sites with a page each, how sure the choice is, method, data, and how to repeat the run.

    Examples
    --------
        siting report gigafactories --to proposal.pdf --why-not ITI3 --author "Our Agency"

        siting report my-model.toml --to proposta.docx --language it

        siting report gigafactories --to proposal.html --templates our-style
    """
    from siting.report import FORMATS, write_report

    check_writable(to, FORMATS, "a dossier")
    solution = solved(model, overrides_of(sites, weight, require, forbid, settings))
    write_report(
        solution, to, title=title, subtitle=subtitle, author=author, date=date, language=language, style=style,
        why_not=[_asked(solution, one) for one in why_not or []], within=within, draws=draws, seed=seed,
        time_limit=time_limit, templates=templates, **_left_out(leave_out or []),
    )  # fmt: skip
    typer.echo(f"wrote {to}")


def _asked(solution: Any, text: str) -> str | tuple[str, ...]:
    """Return a candidate, or the pair that a comma joins; a name may itself hold a comma."""
    table = solution.candidates
    known = {str(identifier) for identifier in table.index}
    known |= {str(name) for name in table["name"]} if "name" in table.columns else set()
    return text if text in known or "," not in text else tuple(part.strip() for part in text.split(","))


def _left_out(chapters: list[str]) -> dict[str, Literal[False]]:
    """Return which analyses not to compute.

    Raises
    ------
    InputError
        If there is no such chapter.
    """
    from siting.errors import InputError, suggestion

    names = {
        "alternatives": "alternatives", "robustness": "robustness", "rules": "rule_prices",
        "weights": "weight_stability",
    }  # fmt: skip
    for chapter in chapters:
        if chapter not in names:
            raise InputError(f"no chapter {chapter!r} can be left out{suggestion(chapter, names)}")
    return {names[chapter]: False for chapter in chapters}
