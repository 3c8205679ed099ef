"""Write the dossier of a solution; the ending of the file name chooses the format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from siting.errors import InputError
from siting.progress import shown
from siting.report.answers import Answers, Effort, Given, gather
from siting.report.wording import Wording, shortened
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Hashable, Sequence

    from siting.analysis.alternatives import Alternatives
    from siting.analysis.robustness import Robustness
    from siting.analysis.rule_prices import RulePrices
    from siting.analysis.weight_stability import WeightStability
    from siting.analysis.why_not import WhyNot
    from siting.maps.style import Style
    from siting.progress import Step
    from siting.report.answers import Wanted
    from siting.report.blocks import Dossier
    from siting.solution import Solution

FORMATS = ("pdf", "html", "docx")
"""Endings of a file that a dossier is written as."""
_STAGES = 10
"""Stages of a dossier without any region asked about: four analyses, three parts, three of writing."""
_LONGEST_TITLE = 160


def write_report(
    solution: Solution,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    subtitle: str | None = None,
    author: str | None = None,
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    why_not: Sequence[Hashable | WhyNot] | Hashable = (),
    alternatives: Wanted[Alternatives] = None,
    robustness: Wanted[Robustness] = None,
    rule_prices: Wanted[RulePrices] = None,
    weight_stability: Wanted[WeightStability] = None,
    within: float = 0.05,
    draws: int = 200,
    seed: int = 0,
    time_limit: float = 20.0,
    templates: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Path:
    """Write the dossier of a solution: what is proposed, how sure it is, and everything needed to repeat it.

    Parameters
    ----------
    solution : Solution
        Solved from a model, holding a portfolio.
    path : path-like
        Ends in .pdf, .html or .docx.
    title, subtitle : str, optional
        On the title page; by default the title of the model, and none.
    author : str, optional
        Who submits it.
    date : datetime.date or str, optional
        By default today, or the day of `SOURCE_DATE_EPOCH`.
    language : {"en", "it"}, default "en"
        Of all fixed texts; names, proofs and licences stay as they are.
    style : {"light", "print"} or siting.maps.Style, default "light"
        Colours of maps and charts: for screens and colour print, or for greyscale.
    why_not : sequence of hashable or WhyNot
        Candidates, by identifier or name, for which the dossier says why they are not chosen; a pair in a tuple is
        asked about together; results of `siting.why_not` are taken as they are.
    alternatives, robustness, rule_prices, weight_stability : result, False or None
        The result of the analysis of that name; None has it computed, False leaves its chapter out.
    within : float, default 0.05
        Alternatives are listed whose objective is at most this share worse.
    draws, seed : int, default 200 and 0
        Of the robustness analysis.
    time_limit : float, default 20
        Seconds for each analysis that is computed here; one that is not finished by then is left out, with the reason.
    templates : path-like, optional
        A folder; a template or style sheet in it replaces the one of the same name, see `siting.report.markup`.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If the solution holds no portfolio or has no model, a candidate, language, style or template is unknown, or a
        library is missing.
    OutputError
        If the format is unknown or the file cannot be written; nothing half-written is left.

    Examples
    --------
    >>> import siting, tempfile
    >>> solution = siting.solve("gigafactories")
    >>> target = Path(tempfile.mkdtemp()) / "proposal.txt"
    >>> write_report(solution, target)
    Traceback (most recent call last):
    siting.errors.OutputError: cannot write ...: the format 'txt' is unknown, a dossier is written as one of .pdf, ...
    """
    ending = file_format(path, FORMATS, "a dossier")
    asked = (why_not,) if isinstance(why_not, str) else why_not
    if not isinstance(asked, list | tuple):
        raise InputError(f"why_not is a {type(why_not).__name__}; it must be a list of candidates")
    folder = None if templates is None else Path(templates)
    _check(solution, folder, ending)
    given = Given(alternatives, robustness, rule_prices, weight_stability, tuple(asked))
    effort = Effort(within=within, draws=draws, seed=seed, seconds=time_limit)
    with whole_file(path) as temporary, shown(progress, "dossier", _STAGES + len(asked)) as stage:
        made = _made(
            solution, given, effort, stage, language=language, style=style, title=title, subtitle=subtitle,
            author=author, date=date,
        )  # fmt: skip
        _write(made, temporary, ending, folder, stage)
    return Path(path)


def make_dossier(
    solution: Solution,
    *,
    title: str | None = None,
    subtitle: str | None = None,
    author: str | None = None,
    date: dt.date | str | None = None,
    language: str = "en",
    style: str | Style = "light",
    given: Given | None = None,
    effort: Effort | None = None,
) -> Dossier:
    """Return the content of a dossier without writing it, for a writer of your own.

    Parameters
    ----------
    solution : Solution
        Solved from a model, holding a portfolio.
    title, subtitle, author, date, language, style
        As in `write_report`.
    given : Given, optional
        Analyses that are there already, and candidates asked about.
    effort : Effort, optional
        How much is computed.

    Returns
    -------
    Dossier
        Sections of paragraphs, tables and figures.

    Raises
    ------
    InputError
        As in `write_report`.
    """
    _check(solution, None, "")
    with shown(progress=False, description="dossier") as stage:
        return _made(
            solution, given or Given(), effort or Effort(), stage, language=language, style=style, title=title,
            subtitle=subtitle, author=author, date=date,
        )  # fmt: skip


def _check(solution: Solution, templates: Path | None, ending: str) -> None:
    """Refuse before anything is computed what would fail after it."""
    if solution.model is None:
        raise InputError("a solution of a bare instance has no geography to report on; solve a model instead")
    if solution.portfolio is None:
        raise InputError(
            f"the search holds no portfolio (it ended with status {solution.status!r}), so there is nothing to report; "
            "give it more time or loosen the rules"
        )
    if templates is not None and not templates.is_dir():
        raise InputError(f"the folder of templates '{templates}' does not exist")
    from siting.report.requirements import require

    if ending:
        require(ending)


def _made(
    solution: Solution,
    given: Given,
    effort: Effort,
    stage: Step,
    *,
    language: str,
    style: str | Style,
    title: str | None,
    subtitle: str | None,
    author: str | None,
    date: dt.date | str | None,
) -> Dossier:
    """Return the content of the dossier."""
    from siting.report.assembly import dossier
    from siting.report.context import Context
    from siting.report.drawing import house_style
    from siting.report.evidence import Evidence

    model = solution.model
    assert model is not None  # noqa: S101 - checked before
    words, look = Wording(language), house_style(style)
    answers: Answers = gather(solution, given, effort, stage)
    own = (title if title is not None else model.title) or words("layout.default_title")
    context = Context(
        solution, model, words, look, Evidence(solution, model), answers, shortened(own, _LONGEST_TITLE),
        words.date(date),
    )  # fmt: skip
    return dossier(context, stage, subtitle=shortened(subtitle or "", _LONGEST_TITLE), author=shortened(author or ""))


def _write(made: Dossier, path: Path, ending: str, templates: Path | None, stage: Step) -> None:
    """Write the dossier in one format."""
    stage.advance("pages")
    if ending == "docx":
        from siting.report.word import write_word

        write_word(made, path)
    elif ending == "html":
        from siting.report.markup import html

        path.write_text(html(made, "screen", templates), encoding="utf-8")
    else:
        from siting.report.pdf import write_pdf

        write_pdf(made, path, templates)
