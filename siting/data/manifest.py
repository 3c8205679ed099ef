"""Checksums of the shipped tables, so that a copy that was damaged or edited by hand is found.

`siting data manifest DIR` writes `manifest.toml` again after a hand-made table was edited; the rebuild and the
refresh write it themselves.
"""

from __future__ import annotations

import hashlib
import tomllib
from typing import TYPE_CHECKING

from siting.errors import DataError, OutputError
from siting.writing import whole_file

if TYPE_CHECKING:
    from pathlib import Path

NAME = "manifest.toml"
_SUFFIXES = frozenset({".csv", ".fgb", ".gpkg", ".parquet", ".toml"})
_HEADER = """\
# The sha256 of every shipped table. Written by the rebuild; `siting data verify` recomputes it.
# After editing a hand-made table: siting data manifest data

[files]
"""


def table_files(directory: Path) -> list[Path]:
    """Return the files of a folder of tables that the manifest lists, by name.

    Parameters
    ----------
    directory : pathlib.Path
        A folder of tables.

    Returns
    -------
    list of pathlib.Path
        CSV, TOML and vector files, without the manifest and without temporary files.
    """
    files = (path for path in directory.iterdir() if path.is_file())
    return sorted(path for path in files if path.suffix in _SUFFIXES and path.name != NAME and path.name[0] != ".")


def checksum(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal digits.

    Parameters
    ----------
    path : pathlib.Path
        A file.

    Returns
    -------
    str
        64 digits.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_manifest(directory: Path) -> None:
    """Write `manifest.toml` into a folder of tables; the same tables give the same bytes.

    Parameters
    ----------
    directory : pathlib.Path
        A folder of tables.

    Raises
    ------
    siting.errors.OutputError
        If the folder cannot be read or the file cannot be written.
    """
    try:
        lines = [f'"{path.name}" = "{checksum(path)}"\n' for path in table_files(directory)]
    except OSError as error:
        raise OutputError(f"cannot read the tables in {directory}: {error}") from error
    with whole_file(directory / NAME) as temporary:
        temporary.write_text(_HEADER + "".join(lines), encoding="utf-8", newline="\n")


def read_manifest(directory: Path) -> dict[str, str] | None:
    """Return the checksums a folder's manifest lists, None where it has no manifest.

    Parameters
    ----------
    directory : pathlib.Path
        A folder of tables.

    Returns
    -------
    dict of str to str, or None
        sha256 per file name.

    Raises
    ------
    siting.errors.DataError
        If the manifest is not readable.
    """
    path = directory / NAME
    if not path.is_file():
        return None
    try:
        files = tomllib.loads(path.read_text(encoding="utf-8"))["files"]
        return {str(name): str(expected) for name, expected in files.items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise DataError(f"{path} is not a readable manifest: {error}") from error
