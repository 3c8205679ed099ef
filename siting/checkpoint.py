"""The file that keeps the finished results of a run of many tasks, and from which the run resumes."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from siting.errors import InputError, OutputError
from siting.writing import whole_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Checkpoint:
    """Finished results of one run in a file: a first line that names the run, then one line per task.

    Lines are only ever appended, so a process that dies while it writes loses no more than the line it was writing.

    Parameters
    ----------
    path : pathlib.Path
        The file, begun if it does not exist.
    key : str
        Tells this run from another.

    Raises
    ------
    InputError
        If the file belongs to another run or is damaged.
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        if not path.exists():
            with whole_file(path) as temporary:
                temporary.write_text(json.dumps({"siting checkpoint": 1, "run": key}) + "\n", encoding="utf-8")
        try:
            content, self.file = path.read_bytes(), path.open("ab")
        except OSError as error:
            raise OutputError(f"cannot write the checkpoint '{path}': {error.strerror or error}") from error
        with contextlib.ExitStack() as on_error:
            on_error.callback(self.file.close)
            self.held = self._read(content, key)
            on_error.pop_all()

    def _read(self, content: bytes, key: str) -> dict[str, Any]:
        whole = content[: content.rfind(b"\n") + 1]  # without a line that was being written when the process died
        first, *lines = [_parsed(line) for line in whole.splitlines()] or [{}]
        if first.get("siting checkpoint") != 1:
            raise InputError(f"'{self.path}' is not a checkpoint of siting; name another file")
        if first.get("run") != key:
            raise InputError(
                f"the checkpoint '{self.path}' belongs to another run (another model, other data, uncertainties or "
                "seed); name another file, or delete it to start anew"
            )
        for number, entry in enumerate(lines, start=2):
            if set(entry) != {"task", "result"}:
                raise InputError(f"the checkpoint '{self.path}' is damaged in line {number}; delete it to start anew")
        self.file.truncate(len(whole))
        return {json.dumps(entry["task"]): entry["result"] for entry in lines}

    def append(self, finished: Sequence[tuple[Any, Any]]) -> None:
        """Hand tasks with their results to the system, so that they outlive this process."""
        try:
            self.file.writelines(f"{json.dumps({'task': t, 'result': r})}\n".encode() for t, r in finished)
            self.file.flush()
        except OSError as error:
            raise OutputError(f"cannot write the checkpoint '{self.path}': {error.strerror or error}") from error


def _parsed(line: bytes) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        value = json.loads(line)
        return value if isinstance(value, dict) else {}
    return {}
