"""Parts of pages that are made from the package when the site is built, so that they cannot go out of date.

A page asks for one with a comment, ``<!-- generated: command line -->``, which is invisible where the page is read as
it stands in the repository.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generated_commands import command_line
from generated_data import attributes, rules, sources, tables
from generated_model_file import blocks, sections
from generated_project import benchmarking, changelog, data_licences, notebooks
from mkdocs.exceptions import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mkdocs.config.defaults import MkDocsConfig

_COMMENT = re.compile(r"<!-- generated: (?P<what>[a-z -]+?) -->")
MAKERS: dict[str, Callable[[Path], str]] = {
    "attributes": attributes,
    "benchmarking": benchmarking,
    "changelog": changelog,
    "command line": command_line,
    "criteria": lambda root: blocks(root, "criteria"),
    "data licences": data_licences,
    "exclusions": lambda root: blocks(root, "exclusions"),
    "notebooks": notebooks,
    "rules": lambda root: blocks(root, "rules"),
    "rules of values": rules,
    "sections": sections,
    "sources": sources,
    "tables": tables,
}
"""What a page may ask for; each is given the folder of the repository and returns Markdown."""


def on_page_markdown(markdown: str, page: Any, config: MkDocsConfig, **_: Any) -> str:
    """Put the parts in; in a search, what explains comes before what lists."""
    root = Path(config.config_file_path).parent
    if page.file.src_uri.startswith("reference/") or _COMMENT.search(markdown):
        page.meta.setdefault("search", {"boost": 0.2})

    def made(found: re.Match[str]) -> str:
        what = found["what"]
        if what not in MAKERS:
            raise PluginError(f"{page.file.src_uri}: nothing is generated under the name {what!r}")
        return MAKERS[what](root)

    return _COMMENT.sub(made, markdown)
