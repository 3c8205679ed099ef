"""Replace a set of tables whole or not at all, and note in `sources.toml` what they were made of."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from siting.data.manifest import checksum
from siting.errors import OutputError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping


def replace_tables(source: Path, target: Path, names: Iterable[str]) -> None:
    """Replace files of a folder by those of another: all of them, or on any failure none.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the new files.
    target : pathlib.Path
        Folder of the old ones; made if it does not exist.
    names : iterable of str
        Which files.

    Raises
    ------
    siting.errors.OutputError
        If a file cannot be written; those already replaced are put back.
    """
    listed = sorted(names)
    done: list[str] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        # Beside the tables: only within one file system is a replacement a single step.
        with tempfile.TemporaryDirectory(prefix=".refresh-", dir=target) as name:
            new, old = Path(name) / "new", Path(name) / "old"
            new.mkdir()
            old.mkdir()
            for table in listed:
                shutil.copyfile(source / table, new / table)
                if (target / table).is_file():
                    shutil.copyfile(target / table, old / table)
            try:
                for table in listed:
                    os.replace(new / table, target / table)  # noqa: PTH105 - one step on every system
                    done.append(table)
            except OSError:
                _put_back(old, target, done)
                raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot replace the tables in {target}: {reason}; they are as they were") from error


def _put_back(old: Path, target: Path, names: Iterable[str]) -> None:
    """Put the old files back, and remove those that were new."""
    for table in names:
        with suppress(OSError):
            if (old / table).is_file():
                os.replace(old / table, target / table)  # noqa: PTH105 - one step on every system
            else:
                (target / table).unlink(missing_ok=True)


def note_sources(path: Path, raw: Mapping[str, Path], day: dt.date) -> None:
    """Write the checksum and the day of new raw files into `sources.toml`, and leave the rest of its text alone.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    raw : mapping of str to pathlib.Path
        Raw files by the name under which the file lists them.
    day : datetime.date
        When they were retrieved.
    """
    sections = re.split(r"(?m)^(?=\[[^\].]+\]$)", path.read_text(encoding="utf-8"))
    written = []
    for section in sections:
        text = section
        for name, file in raw.items():
            pattern = rf'(?m)^("{re.escape(name)}" = )"[0-9a-f]{{64}}"$'
            text = re.sub(pattern, rf'\g<1>"{checksum(file)}"', text)
        if text != section:
            text = re.sub(r"(?m)^(retrieved = ).*$", rf"\g<1>{day.isoformat()}", text)
        written.append(text)
    path.write_text("".join(written), encoding="utf-8", newline="\n")
