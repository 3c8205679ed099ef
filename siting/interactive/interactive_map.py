"""The interactive map of a solution: `explore` makes it; it writes itself to a file and shows itself in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.interactive.content import content
from siting.interactive.page import page
from siting.maps.texts import check_language, printable
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    import datetime as dt
    import os
    from collections.abc import Sequence

    from siting.solution import Solution

_LEAST_HEIGHT = 200


@dataclass(frozen=True)
class InteractiveMap:
    """A map to pan, zoom and ask, with a table linked to it: one HTML page that needs no network.

    Attributes
    ----------
    html : str
        The whole page.
    title : str
        Its title.
    height : int
        Height in a notebook, in pixels.
    """

    html: str
    title: str
    height: int

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all.

        Parameters
        ----------
        path : path-like
            Ends in `.html`; an existing file is replaced in one step.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OutputError
            If the ending is another one or the file cannot be written; nothing half-written is left.
        """
        file_format(path, ("html",), "an interactive map")
        with whole_file(path) as temporary:
            temporary.write_text(self.html, encoding="utf-8", newline="\n")
        return Path(path)

    def __repr__(self) -> str:
        megabytes = len(self.html.encode()) / 1e6
        return f"InteractiveMap({self.title!r}, {megabytes:.1f} MB of HTML; .save('map.html') writes it)"

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, so that neither it nor the notebook can touch the other."""
        return (
            f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" width="100%" height="{self.height}" '
            f'style="border:1px solid #c9ced2;border-radius:6px" srcdoc="{escape(self.html)}"></iframe>'
        )


def explore(
    solution: Solution,
    *,
    language: str = "en",
    title: str | None = None,
    alternatives: Any = None,
    robustness: Any = None,
    attributes: Sequence[str] | None = None,
    layer: str = "portfolio",
    sources: Sequence[str] | None = None,
    date: dt.date | str | None = None,
    height: int = 860,
) -> InteractiveMap:
    """Make the interactive map of a solution.

    Parameters
    ----------
    solution : Solution
        Solved from a model, so that it has geography.
    language : {"en", "it"}, default "en"
        Language of the page; names and proofs stay as they are.
    title : str, optional
        By default the title of the model.
    alternatives : Alternatives, optional
        What `siting.alternatives` returned; adds the layer of core and swappable sites.
    robustness : Robustness, optional
        What `siting.robustness` returned; adds the layer of acceptability.
    attributes : sequence of str, optional
        Attributes on the page; by default every attribute that has a value.
    layer : str, default "portfolio"
        What the map shows first: "portfolio", "exclusions", "service", "score", "alternatives", "acceptability",
        "alone_" and the name of a criterion, or an attribute.
    sources : sequence of str, optional
        Named in the footer; by default those of the tables the page rests on, each with its licence.
    date : datetime.date or str, optional
        Date in the footer; today, or the day of `SOURCE_DATE_EPOCH`, by default.
    height : int, default 860
        Height in a notebook, in pixels.

    Returns
    -------
    InteractiveMap
        Shows itself in a notebook and has `save`.

    Raises
    ------
    InputError
        If the solution has no geography, or an argument is not valid.

    Examples
    --------
    >>> import siting
    >>> cost = siting.Criterion(site=[1.0, 2.0])
    >>> explore(siting.solve(siting.Instance(sites=1, criteria={"cost": cost})))
    Traceback (most recent call last):
    siting.errors.InputError: the solution has no places to draw; solve a model instead of a bare instance
    """
    check_language(language)
    if not isinstance(height, int) or height < _LEAST_HEIGHT:
        raise InputError(f"the height must be a whole number of at least {_LEAST_HEIGHT} pixels, not {height!r}")
    if not hasattr(solution.candidates, "geometry"):
        raise InputError("the solution has no places to draw; solve a model instead of a bare instance")
    shown = content(
        solution,
        language=language,
        title=title,
        alternatives=alternatives,
        robustness=robustness,
        chosen_attributes=attributes,
        layer=layer,
        sources=sources,
        date=date,
    )
    return InteractiveMap(page(shown), printable(shown["header"]["title"]), height)
