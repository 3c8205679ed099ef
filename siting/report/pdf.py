"""The dossier as PDF: the HTML of paged media, set by WeasyPrint without a network."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.report.markup import html

if TYPE_CHECKING:
    from pathlib import Path

    from siting.report.blocks import Dossier

VARIANT = "pdf/ua-1"
"""Tagged, so that screen readers know headings, tables and what figures show (ISO 14289-1)."""


def write_pdf(dossier: Dossier, path: Path, templates: Path | None = None) -> None:
    """Write the dossier as PDF.

    Parameters
    ----------
    dossier : Dossier
        The content.
    path : pathlib.Path
        Where to.
    templates : pathlib.Path, optional
        The user's folder.

    Raises
    ------
    InputError
        If a template of the user's asks for something outside the document.
    """
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Local(URLFetcher):  # type: ignore[misc]
        """Opens what the document itself holds and refuses every other address."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            raise FatalURLFetchingError(url)

    text = html(dossier, "print", templates)
    # WeasyPrint reports what it does not know of CSS to a log that nobody reads here.
    log = logging.getLogger("weasyprint")
    before, log.disabled = log.disabled, True
    try:
        document = HTML(string=text, url_fetcher=Local())
        document.write_pdf(path, font_config=FontConfiguration(), pdf_variant=VARIANT)
    except FatalURLFetchingError as error:
        address = str(error)
        raise InputError(
            f"a template asks for {address[:120]!r}; a dossier fetches nothing: put the file into the folder of "
            "templates and write embedded('its name')"
        ) from error
    finally:
        log.disabled = before
