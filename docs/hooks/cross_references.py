"""Names of the package in running text become links to the reference, where the reference has them.

`siting.solve` and `Model.replace` in code type are looked up when all pages are known; a name that the reference does
not have stays plain.
"""

from __future__ import annotations

import re
from typing import Any

_SKIPPED = re.compile(r"(<pre\b.*?</pre>|<a\b.*?</a>|<h[1-6]\b.*?</h[1-6]>|<autoref\b.*?</autoref>)", re.DOTALL)
_CODE = re.compile(r"<code>(?P<name>(?:siting\.[A-Za-z_.]+|[A-Z][A-Za-z]+(?:\.[a-z_]+)?))(?P<call>\([^<]*\))?</code>")


def on_page_content(content: str, **_: Any) -> str:
    """Mark the names; the plugin autorefs resolves them."""
    parts = _SKIPPED.split(content)
    return "".join(part if number % 2 else _CODE.sub(_reference, part) for number, part in enumerate(parts))


def _reference(found: re.Match[str]) -> str:
    name = found["name"]
    identifier = name if name.startswith("siting.") else f"siting.{name}"
    return f'<autoref optional identifier="{identifier}">{found[0]}</autoref>'
