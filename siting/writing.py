"""Write files whole or not at all: a temporary file beside the target, replaced in one step."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from siting.errors import OutputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def file_format(path: str | os.PathLike[str], formats: Sequence[str], what: str) -> str:
    """Return the format that the ending of a file name asks for.

    Parameters
    ----------
    path : path-like
        The file.
    formats : sequence of str
        Known endings without the dot.
    what : str
        What is written, for the sentence.

    Raises
    ------
    OutputError
        If the ending is not among them.

    Examples
    --------
    >>> file_format("answer.GPKG", ["csv", "gpkg"], "a solution")
    'gpkg'
    """
    ending = Path(path).suffix.lower().lstrip(".")
    if ending in formats:
        return ending
    named = f"the format {ending!r} is unknown" if ending else "the file name has no ending"
    nearest = suggestion(ending, formats) if ending else ""
    hint = nearest if nearest.startswith("; did") else ""
    endings = ", ".join(f".{known}" for known in formats)
    raise OutputError(f"cannot write '{path}': {named}, {what} is written as one of {endings}{hint}")


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure nothing is left.

    Parameters
    ----------
    path : path-like
        Where the file goes; its folder must exist.

    Raises
    ------
    OutputError
        If the file cannot be written; one sentence with the system's reason.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(f"{folder}/note.txt") as temporary:
    ...         _ = temporary.write_text("done")
    ...     Path(folder, "note.txt").read_text()
    'done'
    """
    target = Path(path)
    temporary = target.with_name(f".{target.stem[:80]}.{secrets.token_hex(6)}{target.suffix}")
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        # A library that writes through another language reports less than the system would.
        temporary.touch()
        temporary.unlink()
        yield temporary
        os.replace(temporary, target)  # noqa: PTH105 - replaces in one step on every system
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write '{target}': {reason[:1].lower()}{reason[1:]}; nothing was written") from error
    finally:
        for leftover in target.parent.glob(f"{glob.escape(temporary.stem)}*") if target.parent.is_dir() else ():
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)
