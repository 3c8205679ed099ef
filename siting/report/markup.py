"""The dossier as HTML: one page for the screen that needs nothing else, and the same content for paged media.

Templates are Jinja2 templates with autoescape. A folder of the user's own may hold any of them; a file there replaces
the one of the same name:

``dossier.html``
    The frame of the page, in the blocks `styles`, `title_page`, `contents`, `sections` (within it `section`) and
    `closing`; ``{% extends "shipped/dossier.html" %}`` changes one of them and keeps the others.
``blocks.html``
    One macro per kind of block: paragraphs, tables, figures, ...
``style.css``, ``print.css``, ``screen.css``
    What both media share, what only paper has (page size, running heads), what only the screen has.
``own.css``
    Empty; read last, for rules of your own.

A picture of the user's own, a logo for instance, lies in the same folder:
``<img src="{{ embedded('logo.png') }}" alt="">``.
"""

from __future__ import annotations

import base64
import mimetypes
from functools import lru_cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from siting.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment

    from siting.report.blocks import Dossier
    from siting.report.drawing import Drawing

Medium = Literal["screen", "print"]
SHIPPED = "shipped"
"""Prefix under which a user's template reaches the shipped one that it replaces."""
_FACES = {"Light": (300, "normal"), "Regular": (400, "normal"), "Italic": (400, "italic"), "SemiBold": (600, "normal")}
LONG_TABLE = 24
"""A table with more rows than this may run over the end of a page; its header is then repeated."""


def html(dossier: Dossier, medium: Medium = "screen", templates: Path | None = None) -> str:
    """Return the dossier as one HTML document, pictures, styles and fonts included.

    Parameters
    ----------
    dossier : Dossier
        The content.
    medium : {"screen", "print"}
        For a browser, or for paged media.
    templates : pathlib.Path, optional
        The user's folder.

    Returns
    -------
    str
        HTML 5.

    Raises
    ------
    InputError
        If a template of the user's cannot be used; file and line are named.
    """
    from jinja2 import TemplateError

    environment = _environment(templates)
    try:
        text: str = environment.get_template("dossier.html").render(
            dossier=dossier, medium=medium, long_table=LONG_TABLE, faces=_faces()
        )
    except TemplateError as error:
        name, line = getattr(error, "name", None), getattr(error, "lineno", None)
        where = f"{name or 'dossier.html'}, line {line}" if line else str(name or "dossier.html")
        raise InputError(f"the template {where} cannot be used: {error}") from error
    return text


def _environment(templates: Path | None) -> Environment:
    """Return the templates: the user's first, the shipped ones also under their own prefix."""
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape

    shipped = FileSystemLoader(str(files("siting.report").joinpath("templates")))
    own = [] if templates is None else [FileSystemLoader(str(templates))]
    environment = Environment(
        loader=ChoiceLoader([*own, shipped, PrefixLoader({SHIPPED: shipped})]),
        autoescape=select_autoescape(["html"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["picture"] = picture
    environment.globals["embedded"] = partial(_embedded, templates)
    return environment


def picture(drawing: Drawing) -> str:
    """Return a drawing as the address of an image that holds all of it.

    Parameters
    ----------
    drawing : Drawing
        The picture.

    Returns
    -------
    str
        A data URI of SVG.
    """
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.svg).decode('ascii')}"


@lru_cache(maxsize=1)
def _faces() -> tuple[dict[str, Any], ...]:
    """Return the cuts of the typeface, each with weight, slope and the font itself."""
    folder = files("siting.report").joinpath("fonts")
    return tuple(
        {"weight": weight, "slope": slope,
         "data": base64.b64encode(folder.joinpath(f"Inter-{name}.ttf").read_bytes()).decode("ascii")}
        for name, (weight, slope) in _FACES.items()
    )  # fmt: skip


def _embedded(templates: Path | None, name: str) -> str:
    """Return a file of the user's folder as a data URI, for their own templates."""
    path = None if templates is None else templates / name
    if path is None or not path.is_file():
        raise InputError(f"a template embeds {name!r}, and the folder of templates has no such file")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
