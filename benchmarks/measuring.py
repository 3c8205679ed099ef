"""Measure in fresh processes, several times, and print medians with their spread."""

from __future__ import annotations

import importlib
import math
import multiprocessing
import os
import platform
import statistics
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import competitors
from competitors import LIBRARIES, SOLVERS, Outcome
from generated import Case, generate, plain_p_median, shipped_instance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from siting import Instance

#: What a process may take beyond the limit of its solver (building and passing a model) before it is ended.
GRACE_SECONDS = 120.0
#: What it may take to clear up after its answer.
EXIT_SECONDS = 10.0
BYTES_PER_MEGABYTE = 1e6


def measure(name: str, case: Case | str, time_limit: float, *, plain: bool = False) -> Outcome:
    """Solve one case by one solver in a process of its own.

    Parameters
    ----------
    name : str
        Key of `competitors.SOLVERS`.
    case : Case or str
        What to generate, or the name of a shipped model.
    time_limit : float
        Seconds the solver may take.
    plain : bool
        Whether to drop site costs and rules.

    Returns
    -------
    Outcome
        With status "time_limit" where the process had to be ended.

    Raises
    ------
    RuntimeError
        If the solver failed; the sentence is its own.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(there, name, case, time_limit, plain))
    process.start()
    there.close()
    limit = time_limit + GRACE_SECONDS
    answer: Outcome | Exception = Outcome(limit, "time_limit", None)
    try:
        if here.poll(limit):
            answer = here.recv()
        else:
            process.terminate()
    except EOFError:
        answer = RuntimeError(f"{name} ended without an answer; it may have run out of memory")
    finally:
        process.join(EXIT_SECONDS)
        process.terminate()
        process.join()
    if isinstance(answer, Outcome):
        return answer
    raise RuntimeError(f"{name}: {answer}") from answer


def _work(pipe: Any, name: str, case: Case | str, time_limit: float, plain: bool) -> None:
    """Prepare the arrays, import, solve, and send the outcome; whatever a solver prints is dropped."""
    with Path(os.devnull).open("w", encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
    try:
        instance = instance_of(case)
        for library in LIBRARIES[name]:
            importlib.import_module(library)
        outcome = SOLVERS[name](plain_p_median(instance) if plain else instance, time_limit)
        pipe.send(replace(outcome, megabytes=_peak_megabytes()))
    except Exception as error:  # noqa: BLE001 - sent on, whatever it is
        pipe.send(RuntimeError(f"{type(error).__name__}: {error}"))


def instance_of(case: Case | str) -> Instance:
    """Return the generated instance, or that of a shipped model."""
    return shipped_instance(case) if isinstance(case, str) else generate(case)


def _peak_megabytes() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux getrusage also counts what the parent held when it started this process.
        peak = next((line for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM")), "")
        return float(peak.split()[1]) * 1024 / BYTES_PER_MEGABYTE if peak else 0.0
    try:
        import resource
    except ImportError:
        return 0.0
    # Bytes on macOS, kilobytes elsewhere.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / BYTES_PER_MEGABYTE


def seconds_text(values: Sequence[float]) -> list[str]:
    """Return median, least and most as text with three significant digits."""
    if not values:
        return ["", "", ""]
    return [significant(function(values)) for function in (statistics.median, min, max)]


def significant(value: float) -> str:
    """Return a number with three significant digits, never in powers of ten.

    Examples
    --------
    >>> significant(0.0123456), significant(64.21), significant(1234.5)
    ('0.0123', '64.2', '1,230')
    """
    if math.isnan(value):
        return "-"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.10f}".rstrip("0").rstrip(".")


def machine() -> str:
    """Return the machine and the versions in one line, without its name."""
    versions = {name: _version(name) for name in ("numpy", "highspy", "pyomo", "spopt", "pulp", "linopy")}
    found = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {found}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table whose columns stand under each other; all but the first are set to the right.

    Parameters
    ----------
    title : str
        Stands above.
    columns : sequence of str
        Headings.
    rows : sequence of sequences of str
        Cells.
    """
    # A rule of fewer than three signs is no rule in Markdown.
    widths = [max(3, *map(len, column)) for column in zip(columns, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    print(f"\n**{title}**\n")
    for cells in (columns, rule, *rows):
        first, *others = zip(cells, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        print("| " + " | ".join(padded) + " |")
    print(flush=True)


def known_solvers(text: str) -> list[str]:
    """Return the solvers a list with commas names.

    Raises
    ------
    ValueError
        If one is unknown.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in competitors.SOLVERS:
            raise ValueError(f"{name!r} is none of {', '.join(competitors.SOLVERS)}")
    return names
