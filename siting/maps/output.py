"""Writing a map to a file: PNG, SVG with real text, PDF with embedded fonts; whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.axes import Axes

from siting.errors import InputError
from siting.maps.board import root_figure
from siting.maps.style import LIGHT, settings
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    import os

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
    if not _LEAST_DPI <= dpi <= _MOST_DPI:
        raise InputError(f"the resolution must be {_LEAST_DPI} to {_MOST_DPI} dots per inch, not {dpi}")
    drawn: Any = root_figure(figure) if isinstance(figure, Axes) else figure
    with whole_file(path) as temporary, mpl.rc_context(settings(getattr(drawn, "style", LIGHT))):
        drawn.savefig(temporary, format=ending, dpi=dpi, metadata=_metadata(ending))
    return Path(path)


def _metadata(ending: str) -> dict[str, str | None]:
    """Return what the file says of itself; dates are left to `SOURCE_DATE_EPOCH`."""
    if ending == "png":
        return {"Software": "siting"}
    return {"Creator": "siting"}
