"""Verify the tables: recompute what can be recomputed, and say what disagrees."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from siting.data import reading
from siting.data.regions import folder
from siting.data.verification import agreement, consistency, files, polygons
from siting.data.verification.result import Check, Verification, judged
from siting.progress import Step, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike
    from pathlib import Path

    Test: TypeAlias = Callable[[Path | None], Check | list[Check]]

__all__ = ["Check", "Verification", "verify"]


def _loads(directory: Path | None) -> Check:
    return judged("tables load", "as a model reads them", files.attempted(partial(reading.values, directory)))


#: What can be checked of any tables, and what only of tables that hold together.
_FIRST: tuple[Test, ...] = (files.checksums, files.rows, files.keys, polygons.topology, _loads)
_THEN: tuple[Test, ...] = (
    polygons.points,
    agreement.complete,
    consistency.generation,
    consistency.circuits,
    consistency.zones,
    agreement.price_copies,
    agreement.cohesion_lists,
    agreement.totals,
    agreement.plausible_prices,
    agreement.unverified,
)


def verify(directory: str | PathLike[str] | None = None, *, progress: bool | None = None) -> Verification:
    """Recompute checksums, coverage, ranges, topology and cross-checks of the tables.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.

    Returns
    -------
    Verification
        `checks` is a table with one row per check, `findings` one with everything that disagrees; `ok` says
        that no check failed. A failure means that the tables are damaged or contradict their description; a
        warning is a disagreement between sources that a reader should know.

    Raises
    ------
    siting.errors.DataError
        If the folder does not exist, or `attributes.csv` or `sources.toml` cannot be read at all.

    Examples
    --------
    >>> result = verify()
    >>> result.ok, result.checks.loc["polygons", "status"]
    (True, 'pass')
    """
    where = folder(directory)
    reading.locate("attributes.csv", where)
    with shown(progress, "verifying tables", len(_FIRST) + len(_THEN)) as counting:
        results = _checked(where, _FIRST, counting)
        if all(check.status != "fail" or check.name == "checksums" for check in results):
            results += _checked(where, _THEN, counting)
        else:
            sentence = "not compared: mend what failed above first"
            results.append(Check("agreement of the values", "warn", sentence))
    return Verification(tuple(results))


def _checked(where: Path | None, tests: Iterable[Test], counting: Step) -> list[Check]:
    results: list[Check] = []
    for test in tests:
        found = test(where)
        results += found if isinstance(found, list) else [found]
        counting.advance()
    return results
