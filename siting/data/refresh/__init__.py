"""Refresh the tables from their publishers: download, adapt to raw files, rebuild, verify, compare, replace.

Every step before the last works in a folder of its own, so a failure leaves the tables as they were.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from siting import catalogue
from siting.data import reading
from siting.data.manifest import NAME, table_files, write_manifest
from siting.data.rebuild import HAND_MADE, THEMES
from siting.data.rebuild import rebuild as rebuild_everything
from siting.data.refresh.difference import Difference, compare
from siting.data.refresh.plan import CARRIED, CLIENTS, PLAN, chosen
from siting.data.refresh.publishers import Client
from siting.data.refresh.replacement import note_sources, replace_tables
from siting.data.refresh.transfer import Patience, Transfer
from siting.data.verification import verify
from siting.errors import DataError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

__all__ = ["Patience", "Refreshed", "refresh"]

KEPT_DETAILS = 3


def _quiet(message: str) -> None:
    """Report nothing."""


def _still(name: str, done: int, total: int | None) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did.

    Parameters
    ----------
    target : pathlib.Path
        Folder of the tables.
    differences : tuple of Difference
        One per table that was built again, whether or not it changed.
    notes : tuple of str
        One sentence per table that was left out.
    replaced : bool
        False after a dry run.
    """

    target: Path
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    replaced: bool = False


@dataclass
class _Work:
    """A refresh under way: the folders it works in."""

    raw: Path
    tables: Path
    report: Callable[[str], None]
    made: dict[str, Path] = field(default_factory=dict)

    def fill_tables(self, target: Path) -> None:
        """Start from the tables that are there, else from the shipped ones."""
        self.tables.mkdir()
        for folder in (catalogue.data_directory(), target):
            if folder.is_dir():
                for path in table_files(folder):
                    shutil.copyfile(path, self.tables / path.name)

    def gather(self, theme: str, client: Client) -> str | None:
        """Write the raw files of a theme; return why that is not possible, if it is not."""
        for name in PLAN[theme].raw:
            path = self.raw / name
            if path.is_file():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in CLIENTS:
                self.report(f"fetching {name}")
                CLIENTS[name](client, path)
                self.made[name] = path
            elif name in CARRIED:
                CARRIED[name](self.tables, path)
            else:
                return f"{theme} is kept as it is: nobody can be asked for {name}"
        return None

    def build(self, theme: str) -> None:
        """Run one step of the rebuild."""
        self.report(f"building {theme}")
        try:
            THEMES[theme](self.raw, self.tables)
        except (LookupError, TypeError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            raise DataError(f"the new files do not fit the step {theme}: {error!r}; nothing was replaced") from error


def refresh(
    tables: Iterable[str] = (),
    *,
    source: str | PathLike[str] | None = None,
    target: str | PathLike[str] | None = None,
    cache: str | PathLike[str] | None = None,
    patience: Patience | None = None,
    pins: Mapping[str, str] | None = None,
    check: bool = True,
    dry_run: bool = False,
    report: Callable[[str], None] = _quiet,
    progress: Callable[[str, int, int | None], None] = _still,
) -> Refreshed:
    """Build tables again from their publishers and replace them, all or none.

    Parameters
    ----------
    tables : iterable of str, optional
        Names of tables, with or without ending, or of steps of the rebuild; everything by default. Tables that
        are computed from them are built again too.
    source : str or path-like, optional
        A folder of raw files, from which everything is rebuilt; or the address of a mirror of the publishers.
        By default the publishers themselves.
    target : path-like, optional
        Folder of the tables; the shipped ones by default. Made if it does not exist.
    cache : path-like, optional
        Folder of downloads, kept for the next time; by default `siting` in the user's cache folder.
    patience : Patience, optional
        Retries and timeouts.
    pins : mapping of str to str, optional
        sha256 per raw file of a fixed version; those of `sources.toml` by default.
    check : bool, default True
        Refuse tables that fail `siting.data.verify`.
    dry_run : bool, default False
        Do everything but replace the tables.
    report : callable, optional
        Called with a few words before each step.
    progress : callable, optional
        Called with a name, the bytes held, and the bytes expected or None.

    Returns
    -------
    Refreshed
        What changed in each table, and which were left out.

    Raises
    ------
    siting.errors.InputError
        If a name is not a table.
    siting.errors.DataError
        If a publisher cannot be reached, has changed a format, or the new tables fail a check.
    siting.errors.OutputError
        If a table cannot be written.
    """
    themes, notes = chosen(tables)
    whole = Path(target).expanduser().resolve() if target is not None else catalogue.data_directory()
    mirror = str(source) if source is not None and "://" in str(source) else None
    folder = Path(source).expanduser().resolve() if source is not None and mirror is None else None
    try:
        with tempfile.TemporaryDirectory(prefix="siting-refresh-") as name:
            work = _Work(Path(name) / "raw" if folder is None else folder, Path(name) / "tables", report)
            if folder is not None:
                themes, notes = _from_folder(work, folder, whole, themes if tuple(tables) else None)
            else:
                transfer = Transfer(_cache(cache), patience or Patience(), progress)
                client = Client(transfer, mirror, pins if pins is not None else _pins())
                notes += _from_publishers(work, client, whole, themes)
                themes = [theme for theme in themes if not any(note.startswith(f"{theme} is kept") for note in notes)]
            return _finish(work, whole, themes, notes, check=check, dry_run=dry_run)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"the refresh could not write its files: {error}") from error


def _cache(cache: str | PathLike[str] | None) -> Path:
    """Return the folder of downloads."""
    if cache is not None:
        return Path(cache).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "siting"


def _pins() -> dict[str, str]:
    """Return the checksums of the raw files the shipped tables were made of."""
    entries = reading.source_table(None).values()
    return {name: value for entry in entries for name, value in entry.get("files", {}).items()}


def _from_folder(work: _Work, folder: Path, target: Path, themes: list[str] | None) -> tuple[list[str], list[str]]:
    """Build tables from raw files that are all there."""
    if themes is None:
        if target.is_dir():
            work.tables.mkdir()
            for name in HAND_MADE:
                if (target / name).is_file():
                    shutil.copyfile(target / name, work.tables / name)
        rebuild_everything(folder, work.tables, work.report)
        return list(THEMES), []
    if not folder.is_dir():
        raise DataError(f"the folder of raw files {folder} does not exist")
    work.fill_tables(target)
    for theme in themes:
        work.build(theme)
    return themes, []


def _from_publishers(work: _Work, client: Client, target: Path, themes: list[str]) -> list[str]:
    """Build tables from what the publishers serve; return why some could not be."""
    work.fill_tables(target)
    work.raw.mkdir()
    notes = []
    for theme in themes:
        reason = work.gather(theme, client)
        if reason is not None:
            notes.append(reason)
    for theme in themes:
        if not any(note.startswith(f"{theme} is kept") for note in notes):
            work.build(theme)
    if (work.tables / "sources.toml").is_file():
        note_sources(work.tables / "sources.toml", work.made, dt.datetime.now(tz=dt.UTC).date())
    return notes


def _finish(work: _Work, target: Path, themes: list[str], notes: list[str], *, check: bool, dry_run: bool) -> Refreshed:
    """Check, compare and replace the tables."""
    write_manifest(work.tables)
    if check:
        failed = [result for result in verify(work.tables).results if result.status == "fail"]
        if failed:
            details = "; ".join(line for result in failed for line in result.findings[:KEPT_DETAILS])
            raise DataError(f"the new tables fail '{failed[0].name}': {details}; nothing was replaced")
    names = [table for theme in themes if theme in PLAN for table in PLAN[theme].tables]
    names = [name for name in names if (work.tables / name).is_file()]
    differences = tuple(compare(target / name, work.tables / name) for name in names)
    if not dry_run and names:
        present = {path.name for path in table_files(work.tables)}
        changed = {name for name in present if not _same(work.tables / name, target / name)}
        replace_tables(work.tables, target, sorted({*changed, NAME}))
        _forget()
    return Refreshed(target, differences, tuple(notes), replaced=bool(names) and not dry_run)


def _forget() -> None:
    """Drop what this process has read of the tables: it is out of date."""
    for name, module in list(sys.modules.items()):
        if name.startswith("siting.data"):
            for member in vars(module).values():
                clear = getattr(member, "cache_clear", None)
                if callable(clear):
                    clear()


def _same(first: Path, second: Path) -> bool:
    """Return whether two files hold the same bytes."""
    return second.is_file() and first.read_bytes() == second.read_bytes()
