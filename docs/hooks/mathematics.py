"""Formulas as MathML, made when the site is built: `$...$` and `$$...$$` need neither a script nor a network."""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert
from mkdocs.exceptions import PluginError

_FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">(?P<open>\\\(|\\\[)(?P<tex>.*?)(?:\\\)|\\\])</(?P=tag)>', re.DOTALL
)


def on_page_content(content: str, page: Any, **_: Any) -> str:
    """Replace what `pymdownx.arithmatex` marked as formulas."""
    return _FORMULA.sub(lambda found: _mathml(found, page.file.src_uri), content)


def _mathml(found: re.Match[str], where: str) -> str:
    tex = html.unescape(found["tex"]).strip()
    block = found["tag"] == "div"
    try:
        mathml = convert(tex, display="block" if block else "inline")
    except Exception as error:
        raise PluginError(f"{where}: cannot turn the formula {tex!r} into MathML: {error!r}") from error
    # A command that the converter does not know comes out as text with its backslash.
    if "\\" in html.unescape(mathml):
        raise PluginError(f"{where}: a command in the formula {tex!r} is not known")
    mathml = mathml.replace("<math ", f'<math alttext="{html.escape(tex)}" ', 1)
    return f'<div class="formula">{mathml}</div>' if block else mathml
