"""The subcommand that draws maps: `siting map`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siting.command_line_options import (
    DRAWN,
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
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting.solution import Solution

_ALL = "all"
_WITHIN, _DRAWS = 0.05, 500
#: Kinds that show attributes the user names, for one attribute and for several.
_OF_ATTRIBUTES = ("criterion", "criteria")


def draw_map(
    model: ModelArgument = "gigafactories",
    to: Annotated[
        Path | None,
        typer.Option(help="The file: .png, .svg or .pdf; map.png without it. Several maps are pages of one .pdf."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also, or instead, an interactive map in one .html file.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="portfolio, score, criterion, criteria, latency, service, exclusions, alternatives, robustness, or "
            "all; may be repeated."
        ),
    ] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(help="Attribute of a criterion map; repeated, of small multiples.")
    ] = None,
    shade: Annotated[
        str | None, typer.Option(help="Attribute that shades the portfolio map; score without it.")
    ] = None,
    threshold: Annotated[
        list[float] | None, typer.Option(help="Round trip of an isochrone in ms; repeated, rising.", metavar="MS")
    ] = None,
    within: Annotated[
        float, typer.Option(help="Alternatives: all portfolios up to this share above the optimum.")
    ] = _WITHIN,
    draws: Annotated[int, typer.Option(help="Robustness: how many draws of the weights.")] = _DRAWS,
    title: Annotated[str | None, typer.Option(help="Title of the sheet.")] = None,
    language: Annotated[str, typer.Option(help="Language of the texts: en or it.")] = "en",
    style: Annotated[str, typer.Option(help="House style: light or print.")] = "light",
    orientation: Annotated[str, typer.Option(help="How the sheet lies: landscape or portrait.")] = "landscape",
    dpi: Annotated[int, typer.Option(help="Dots per inch of a PNG.")] = 300,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
) -> None:
    """Solve a model and draw maps of it on sheets of A4; what a map needs besides is computed.

    Examples
    --------
        siting map gigafactories --to four-sites.pdf

        siting map --kind latency --threshold 15 --threshold 25 --orientation portrait --to latency.png

        siting map --kind all --language it --to mappe.pdf

        siting map --attribute electricity_price_eur_per_mwh --to prices.svg

        siting map --html explore.html
    """
    from siting.maps import page

    kinds = _kinds(kind, attribute)
    looks: dict[str, Any] = {"language": language, "style": style, "orientation": orientation}
    if title is not None:
        looks["title"] = title
    page.Page.of(looks)  # type: ignore[arg-type]
    own = _own_options(kinds, attribute, shade, threshold)
    targets = _targets(to, html, kinds, dpi)
    solution = solved(model, overrides_of(sites, weight, require, forbid, settings), time_limit=time_limit)
    if solution.portfolio is None:
        raise InputError(f"nothing to draw: the search stopped ({solution.status}) before it held a portfolio")
    analyses = _analyses(solution, kinds, within, draws)
    for name in analyses:
        own[name] = {name: analyses[name]}
    _draw(solution, targets, {each: {**looks, **own.get(each, {})} for each in kinds}, dpi)
    if html is not None:
        more = {} if title is None else {"title": title}
        solution.explore(language=language, **more, **analyses).save(html)
        typer.echo(f"wrote {html}")


def _kinds(kind: Sequence[str] | None, attribute: Sequence[str] | None) -> list[str]:
    """Return the kinds asked for, each once; an attribute without a kind asks for the map that shows it."""
    from siting.maps import KINDS

    asked = list(kind or [])
    for name in asked:
        if name not in (*KINDS, _ALL):
            raise InputError(
                f"there is no map of kind '{name}'{suggestion(name, (*KINDS, _ALL), listed=len(KINDS) + 1)}"
            )
    if not asked:
        return [_OF_ATTRIBUTES[len(attribute) > 1]] if attribute else ["portfolio"]
    if _ALL in asked:
        # A map of one attribute is drawn where the attribute is named.
        asked = [name for name in KINDS if name != "criterion" or attribute]
    kinds = list(dict.fromkeys(asked))
    if "criterion" in kinds and not attribute:
        raise InputError("a map of kind 'criterion' needs --attribute, such as electricity_price_eur_per_mwh")
    return kinds


def _own_options(
    kinds: Sequence[str], attribute: list[str] | None, shade: str | None, threshold: list[float] | None
) -> dict[str, dict[str, Any]]:
    """Return the options of each kind, and refuse those that no map asked for would heed."""
    from siting.maps.isochrones import check_thresholds

    own: dict[str, dict[str, Any]] = {}
    if attribute:
        own["criterion"], own["criteria"] = {"attribute": attribute[0]}, {"attributes": attribute}
    if shade is not None:
        own["portfolio"] = {"shade": shade}
    if threshold:
        own["latency"] = {"thresholds": check_thresholds(threshold)}
    heeded = {"--attribute": (attribute, _OF_ATTRIBUTES), "--shade": (shade, ("portfolio",))}
    for option, (value, by) in {**heeded, "--threshold": (threshold, ("latency",))}.items():
        if value and not set(by) & set(kinds):
            raise InputError(f"{option} is for a map of kind {' or '.join(by)}, and none is drawn")
    if attribute and len(attribute) > 1 and "criterion" in kinds and "criteria" not in kinds:
        raise InputError("a map of kind 'criterion' shows one attribute; for several use --kind criteria")
    return own


def _targets(to: Path | None, html: Path | None, kinds: Sequence[str], dpi: int) -> dict[Path, list[str]]:
    """Return which maps go into which file, all of which can be written."""
    from siting.maps.output import check_resolution

    check_resolution(dpi)
    target = Path("map.png") if to is None and html is None else to
    if html is not None:
        check_writable(html, ("html",), "an interactive map")
    if target is None:
        return {}
    one_file = len(kinds) == 1 or target.suffix.lower() == ".pdf"
    each = {target.with_stem(f"{target.stem}-{name}"): [name] for name in kinds}
    targets = {target: list(kinds)} if one_file else each
    for path in targets:
        check_writable(path, DRAWN, "a map")
    return targets


def _analyses(solution: Solution, kinds: Sequence[str], within: float, draws: int) -> dict[str, Any]:
    """Return the analyses that the maps need, computed on the model as it was solved."""
    found: dict[str, Any] = {}
    if "alternatives" in kinds:
        from siting.analysis.alternatives import alternatives

        found["alternatives"] = alternatives(solution, within=within)
    if "robustness" in kinds:
        from siting.analysis.robustness import robustness

        found["robustness"] = robustness(solution, draws=draws)
    return found


def _draw(solution: Solution, targets: dict[Path, list[str]], options: dict[str, dict[str, Any]], dpi: int) -> None:
    """Draw the maps and write them, one after the other."""
    from siting.maps import save, save_pages

    for path, kinds in targets.items():
        sheets = [solution.plot(kind=name, **options[name]) for name in kinds]
        if len(sheets) == 1:
            save(sheets[0], path, dpi=dpi)
        else:
            save_pages(sheets, path)
        typer.echo(f"wrote {path}")
