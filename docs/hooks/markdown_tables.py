"""Tables in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table; line breaks and bars in cells are made harmless."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(value: Any) -> str:
    """Return a value as the text of a cell; what is missing is a dash."""
    text = " ".join(str(value).split())
    return text.replace("|", "\\|") if text else "–"
