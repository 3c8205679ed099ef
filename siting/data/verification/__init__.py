"""Verify the tables: recompute what can be recomputed, and say what disagrees."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from siting.data import reading
from siting.data.regions import folder
from siting.data.verification import agreement, consistency, files, polygons
from siting.data.verification.result import Check, Verification, judged

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Check", "Verification", "verify"]


def verify(directory: str | PathLike[str] | None = None) -> Verification:
    """Recompute checksums, coverage, ranges, topology and cross-checks of the tables.

    Parameters
    ----------
    directory : path-like, optional
        A folder whose files replace the shipped ones of the same name.

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
    results = [files.checksums(where), *files.rows(where), *files.keys(where), *polygons.topology(where)]
    broken = files.attempted(partial(reading.values, where))
    results.append(judged("tables load", "as a model reads them", broken))
    if all(check.status != "fail" or check.name == "checksums" for check in results):
        results += [
            polygons.points(where),
            agreement.complete(where),
            consistency.generation(where),
            consistency.circuits(where),
            consistency.zones(where),
            agreement.price_copies(where),
            agreement.cohesion_lists(where),
            *agreement.totals(where),
            agreement.plausible_prices(where),
            agreement.unverified(where),
        ]
    else:
        sentence = "not compared: mend what failed above first"
        results.append(Check("agreement of the values", "warn", sentence))
    return Verification(tuple(results))
