"""Put the parts of a dossier together, and number them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from siting._version import __version__
from siting.maps.style import tint
from siting.report import (
    content_changes,
    content_criteria,
    content_data,
    content_defence,
    content_method,
    content_provenance,
    content_sites,
    content_summary,
)
from siting.report.blocks import Dossier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from siting.maps.style import Style
    from siting.progress import Step
    from siting.report.blocks import Section
    from siting.report.context import Context

LAYOUT = ("contents", "page", "of", "figure", "table", "to_contents")


def dossier(context: Context, stage: Step, *, subtitle: str = "", author: str = "") -> Dossier:
    """Return the whole dossier.

    Parameters
    ----------
    context : Context
        What it is written from.
    stage : Step
        Told which part is under way.
    subtitle, author : str
        On the title page.

    Returns
    -------
    Dossier
        Ready to be written to any format.
    """
    words = context.words
    layout = {key: words(f"layout.{key}") for key in LAYOUT}
    layout["generator"] = words("layout.generator", version=__version__)
    layout["prepared_by"] = words("layout.prepared_by", author=author) if author else ""
    return Dossier(
        title=context.title,
        subtitle=subtitle,
        author=author,
        date=context.date,
        language=words.language,
        summary=content_summary.summary_sentence(context),
        cover=content_summary.cover(context),
        facts=content_summary.key_facts(context),
        sections=tuple(_numbered(_sections(context, stage))),
        words=layout,
        colours=_colours(context.style),
        keywords=tuple(context.name(site) for site in context.portfolio),
    )


def _colours(style: Style) -> dict[str, str]:
    """Return the colours of the layout, those of the maps."""
    return {
        "ink": style.ink, "muted": style.muted, "accent": style.site_colour(1), "sea": style.sea,
        "paper": style.paper, "rule": tint(style.muted, 0.35), "wash": tint(style.muted, 0.07),
    }  # fmt: skip


def _sections(context: Context, stage: Step) -> Iterator[Section]:
    """Yield the sections that can be made, in order."""
    yield content_summary.summary(context)
    yield content_summary.question(context)
    stage.advance("maps")
    yield content_criteria.portfolio_map(context)
    yield from content_sites.sites(context)
    stage.advance("criteria")
    yield content_criteria.criteria(context)
    yield content_criteria.criteria_maps(context)
    stage.advance("tables")
    for part in (
        content_defence.alternatives, content_defence.robustness, content_defence.weights, content_changes.rules,
        content_changes.why_not,
    ):  # fmt: skip
        section = part(context)
        if section is not None:
            yield section
    yield content_method.method(context)
    yield content_data.assumptions(context)
    yield content_provenance.sources(context)
    yield content_provenance.repetition(context)


def _numbered(sections: Iterable[Section]) -> Iterator[Section]:
    """Yield the sections with their numbers."""
    chapter = part = 0
    for section in sections:
        if section.level == 1:
            chapter, part = chapter + 1, 0
            yield replace(section, number=str(chapter))
        else:
            part += 1
            yield replace(section, number=f"{chapter}.{part}")
