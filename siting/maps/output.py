"""Writing a map to a file: PNG, SVG with real text, PDF with embedded fonts; whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages

from siting.errors import InputError
from siting.maps.board import root_figure
from siting.maps.style import LIGHT, settings
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from matplotlib.figure import Figure

FORMATS = ("pdf", "png", "svg")
"""What `save` writes."""
_LEAST_DPI, _MOST_DPI = 20, 2400


def save(figure: Figure | Axes, path: str | os.PathLike[str], dpi: float = 300) -> Path:
    """Write a map to a file, whole or not at all.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or matplotlib.axes.Axes
        The map; of axes, the whole figure is written.
    path : path-like
        The file; its ending (`.png`, `.svg`, `.pdf`) chooses the format. An existing file is replaced.
    dpi : float, default 300
        Dots per inch of a PNG.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    siting.errors.OutputError
        If the format is unknown or the file cannot be written; nothing is left behind then.
    siting.errors.InputError
        If `dpi` makes no sense.

    Notes
    -----
    SVG keeps text as text, PDF embeds TrueType fonts (Type 42). With the environment variable
    `SOURCE_DATE_EPOCH` set, the same map gives the same bytes.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Figure(), f"{folder}/map.svg").name
    'map.svg'
    """
    ending = file_format(path, FORMATS, "a map")
    check_resolution(dpi)
    drawn: Any = root_figure(figure) if isinstance(figure, Axes) else figure
    with whole_file(path) as temporary, mpl.rc_context(settings(getattr(drawn, "style", LIGHT))):
        drawn.savefig(temporary, format=ending, dpi=dpi, metadata=_metadata(ending))
    return Path(path)


def check_resolution(dpi: float) -> None:
    """Refuse a resolution that makes no sense.

    Parameters
    ----------
    dpi : float
        Dots per inch.

    Raises
    ------
    siting.errors.InputError
        If it is too low or too high for a picture.
    """
    if not _LEAST_DPI <= dpi <= _MOST_DPI:
        raise InputError(f"the resolution must be {_LEAST_DPI} to {_MOST_DPI} dots per inch, not {dpi}")


def save_pages(figures: Iterable[Figure], path: str | os.PathLike[str]) -> Path:
    """Write maps as the pages of one PDF, whole or not at all.

    Parameters
    ----------
    figures : iterable of matplotlib.figure.Figure
        The pages in order, at least one.
    path : path-like
        The file, ending in `.pdf`. An existing file is replaced.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    siting.errors.OutputError
        If the name does not end in `.pdf` or the file cannot be written; nothing is left behind then.
    siting.errors.InputError
        If there are no pages.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_pages([Figure(), Figure()], f"{folder}/maps.pdf").name
    'maps.pdf'
    """
    file_format(path, ("pdf",), "a file of several maps")
    pages = list(figures)
    if not pages:
        raise InputError("there are no maps to write")
    with whole_file(path) as temporary:
        document: Any = PdfPages(temporary, metadata=_metadata("pdf"))
        # Fonts are embedded when the document is closed, in the settings that hold then.
        with mpl.rc_context(settings(getattr(pages[0], "style", LIGHT))), document:
            for page in pages:
                document.savefig(page)
    return Path(path)


def _metadata(ending: str) -> dict[str, str | None]:
    """Return what the file says of itself; dates are left to `SOURCE_DATE_EPOCH`."""
    if ending == "png":
        return {"Software": "siting"}
    return {"Creator": "siting"}
