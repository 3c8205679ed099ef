"""Pages made from files that stand beside the code: the changelog, the licences of the data, the notebooks."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_RELATIVE = re.compile(r"\]\((?P<target>(?![a-z]+:|#)[^)\s#]+)")


def changelog(root: Path) -> str:
    """Return the changelog without its title."""
    return _included(root, "CHANGELOG.md")


def data_licences(root: Path) -> str:
    """Return what stands beside the tables about their licences."""
    return _included(root, "data/README.md")


def benchmarking(root: Path) -> str:
    """Return what stands beside the benchmarks about how they are run."""
    return _included(root, "benchmarks/README.md")


def _included(root: Path, path: str) -> str:
    """Return a Markdown file of the repository for a page at the top of `docs`, without its title."""
    text = re.sub(r"\A# .*\n", "", (root / path).read_text(encoding="utf-8")).strip()
    return _turned(text, posixpath.dirname(path)) + "\n"


def _turned(text: str, folder: str) -> str:
    """Return text that stood in a folder of the repository with its links turned to a page at the top of `docs`."""

    def turned(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, found["target"]))
        return f"]({target.removeprefix('docs/') if target.startswith('docs/') else f'../{target}'}"

    return _RELATIVE.sub(turned, text)


def notebooks(root: Path) -> str:
    """Return the notebooks: title, first words, and the file."""
    return "\n".join(_entry(path) for path in sorted((root / "notebooks").glob("*.ipynb")))


def _entry(path: Path) -> str:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    written = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    title, _, rest = written.strip().partition("\n")
    first = next((part for part in rest.split("\n\n") if part.strip() and not part.strip().startswith("#")), "")
    text = f"## {title.lstrip('# ')}\n\n{first.strip()}\n\n[`{path.name}`]({path.name})\n"
    return _turned(text, "notebooks")
