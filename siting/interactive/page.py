"""The page itself: one HTML file from the files in `assets`, allowed to run its own scripts and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_VENDORED = ("dispatch", "timer", "ease", "color", "interpolate", "selection", "transition", "drag", "zoom")
"""Modules of D3, each after those it needs."""
_SCRIPTS = ("state", "map_shapes", "map_view", "map_keyboard", "layers", "details", "table", "frame")
"""Scripts of the page, each after those it needs."""
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def _assets() -> Traversable:
    return files("siting.interactive") / "assets"


@cache
def _style() -> str:
    return (_assets() / "page.css").read_text(encoding="utf-8")


@cache
def _scripts() -> tuple[str, ...]:
    """Return the scripts in the order they run: D3 with its licences, then those of the page."""
    vendor = _assets() / "vendor" / "d3"
    licences = [(vendor / name).read_text(encoding="utf-8").strip() for name in ("LICENSE", "LICENSE-ease")]
    modules = [(vendor / f"d3-{name}.min.js").read_text(encoding="utf-8") for name in _VENDORED]
    own = [(_assets() / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return ("\n".join([*(f"/*\n{text}\n*/" for text in licences), *modules]), *own)


def embedded(values: Any) -> str:
    r"""Return plain values as JSON that can stand in an HTML page: no text in it can end the element it stands in.

    Parameters
    ----------
    values : object
        Plain values; every number finite.

    Returns
    -------
    str
        JSON.

    Examples
    --------
    >>> embedded({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    return json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_ESCAPED)


def _digest(text: str) -> str:
    """Return what a content security policy calls a text it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(content: dict[str, Any]) -> str:
    """Return the HTML page that shows some content.

    Parameters
    ----------
    content : dict
        What `siting.interactive.content.content` returned.

    Returns
    -------
    str
        A whole document that asks for nothing beyond itself, and whose policy forbids asking.
    """
    policy = {
        "default-src": "'none'",
        "style-src": _digest(_style()),
        "script-src": " ".join(_digest(script) for script in _scripts()),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    parts = {
        "language": escape(content["language"]),
        "title": escape(content["header"]["title"]),
        "policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "style": _style(),
        "skip": escape(content["words"]["skip"]),
        "content": embedded(content),
        "scripts": "\n".join(f"<script>{script}</script>" for script in _scripts()),
    }
    template = (_assets() / "page.html").read_text(encoding="utf-8")
    # In one pass, so that nothing in a title or a name is taken for a placeholder.
    return _PLACEHOLDER.sub(lambda found: parts[found[1]], template)
