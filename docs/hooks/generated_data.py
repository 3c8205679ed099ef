"""The data pages: every table, source, attribute and rule as the shipped tables state them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pandas as pd
from markdown_tables import table

from siting import data

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SEPARATOR = "; "


def tables(root: Path) -> str:
    """Return every file of the shipped tables: its rows, sources, publishers, licences, vintages and grades."""
    listed = tomllib.loads((root / "data" / "manifest.toml").read_text(encoding="utf-8"))["files"]
    catalogue = data.sources()
    rows = [_table_row(root / "data" / name, catalogue) for name in sorted(listed) if name.endswith(".csv")]
    return table(("table", "rows", "title of the source", "publisher", "licence", "vintage", "grade of the rows"), rows)


def _table_row(path: Path, catalogue: pd.DataFrame) -> list[Any]:
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    # A derived row names several sources.
    keys = _parts(rows["source"]) if "source" in rows.columns else []
    entries = catalogue.loc[[key for key in keys if key in catalogue.index]]
    grades = _parts(rows["grade"]) if "grade" in rows.columns else []
    titles = [f"[{entry['title']}](#{anchor(key)})" for key, entry in entries.iterrows()]
    told = [", ".join(dict.fromkeys(entries[column])) for column in ("publisher", "licence", "vintage")]
    return [f"`{path.name}`", f"{len(rows):,}", "<br>".join(titles), *told, ", ".join(grades)]


def _parts(column: Iterable[str]) -> list[str]:
    return sorted({part for entry in dict.fromkeys(column) for part in entry.split(_SEPARATOR) if part})


def anchor(key: object) -> str:
    """Return the anchor of a source."""
    return f"source-{key}"


def sources(root: Path) -> str:
    """Return every source with publisher, licence, vintage, grade, day of retrieval, method and raw files."""
    del root
    parts = []
    for key, entry in data.sources().iterrows():
        facts = [
            ("publisher", entry["publisher"]),
            ("address", f"<{entry['url']}>"),
            ("licence", entry["licence"]),
            ("vintage", entry["vintage"]),
            ("retrieved", entry["retrieved"]),
            ("grade", entry["grade"]),
            ("method", entry["method"]),
            ("raw files", _raw_files(entry["files"])),
        ]
        stated = [(name, value) for name, value in facts if str(value)]
        parts += [f'### {entry["title"]} {{#{anchor(key)} data-toc-label="{key}"}}', table(("key", f"`{key}`"), stated)]
    return "\n\n".join(parts)


def _raw_files(files: Any) -> str:
    """Return the names of raw files with the beginning of their sha256."""
    if not isinstance(files, dict):
        return ""
    return "<br>".join(f"`{name}` (sha256 {checksum[:12]}…)" for name, checksum in files.items())


def attributes(root: Path) -> str:
    """Return every attribute with unit, levels, grades, coverage and description."""
    del root
    coverage = data.coverage().reset_index()
    told = coverage.groupby("attribute", sort=False).apply(_told, include_groups=False)
    rows = [
        (
            f"`{name}`", entry["unit"], entry["description"], told.get(name, ("", "", ""))[0],
            told.get(name, ("", "", ""))[1], told.get(name, ("", "", ""))[2],
        )
        for name, entry in data.attributes().iterrows()
    ]  # fmt: skip
    return table(("attribute", "unit", "meaning", "level: filled", "grade", "source"), rows)


def _told(rows: pd.DataFrame) -> tuple[str, str, str]:
    filled = [
        f"{level}: {regions - missing:,}/{regions:,}"
        for level, regions, missing in zip(rows["level"], rows["regions"], rows["missing"], strict=True)
    ]
    keys = [f"[{key}](#{anchor(key)})" for key in _parts(rows["sources"])]
    return "<br>".join(filled), ", ".join(_parts(rows["grades"])), ", ".join(keys)


def rules(root: Path) -> str:
    """Return the rules by which values were derived, filled in or left out."""
    del root
    rows = [(f"`{name}`", entry["kind"], entry["description"]) for name, entry in data.rules().iterrows()]
    return table(("rule", "kind", "what it does"), rows)
