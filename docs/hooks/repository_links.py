"""Links to files of the repository that are no pages, so that a page reads the same on the site and beside the code.

`[the shipped file](../models/gigafactories.toml)` opens the file in a checkout. On the site the file is copied below
`repository/`, and what is a page of the site, as the changelog is, is linked as that page.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

FOLDER = "repository"
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarking.md",
    "data/README.md": "licences.md",
}
"""Files of the repository that a page of the site stands for."""
_LINK = re.compile(r"(?P<before>\]\()(?P<target>(?:\.\./)+[^)\s#]+)(?P<anchor>#[^)\s]*)?(?P<after>\))")


def on_page_markdown(markdown: str, page: Any, config: MkDocsConfig, files: Files) -> str:
    """Point the links at the copies, and have the files copied."""
    root = Path(config.config_file_path).parent

    def relinked(found: re.Match[str]) -> str:
        path = outside(page.file.src_uri, found["target"])
        if path is None or not (path in PAGES or (root / path).is_file()):
            return found[0]
        copy = f"{FOLDER}/{path}"
        if path not in PAGES and files.get_file_from_path(copy) is None:
            files.append(File.generated(config, copy, abs_src_path=str(root / path)))
        relative = posixpath.relpath(PAGES.get(path, copy), posixpath.dirname(page.file.src_uri) or ".")
        return f"{found['before']}{relative}{found['anchor'] or ''}{found['after']}"

    return _LINK.sub(relinked, markdown)


def outside(page: str, target: str) -> str | None:
    """Return the path below the repository of what a page links to, or None if it lies within the documentation."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
    return None if path.startswith(("docs/", "../")) else path
