"""What a verification found: one line per check, and under it everything that disagrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

PASS: Literal["pass"] = "pass"  # noqa: S105 - a verdict
WARN: Literal["warn"] = "warn"
FAIL: Literal["fail"] = "fail"
Status = Literal["pass", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One check of the tables.

    Parameters
    ----------
    name : str
        What was checked.
    status : {"pass", "warn", "fail"}
        fail: the tables are damaged or inconsistent. warn: something disagrees that a reader should know.
    detail : str
        One sentence: how much was compared and what came out.
    findings : tuple of str
        Everything that disagrees, one line each.
    """

    name: str
    status: Status
    detail: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """The outcome of `siting.data.verify`.

    Parameters
    ----------
    results : tuple of Check
        In the order in which they were made.

    Examples
    --------
    >>> Verification((Check("checksums", "pass", "28 files"),)).ok
    True
    """

    results: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed; warnings are allowed."""
        return not any(check.status == FAIL for check in self.results)

    @property
    def checks(self) -> pd.DataFrame:
        """One row per check: index `check`, columns `status`, `detail` and `findings` (how many)."""
        rows = [(check.name, check.status, check.detail, len(check.findings)) for check in self.results]
        return pd.DataFrame(rows, columns=["check", "status", "detail", "findings"]).set_index("check")

    @property
    def findings(self) -> pd.DataFrame:
        """One row per disagreement: columns `check`, `status` and `finding`."""
        rows = [(check.name, check.status, line) for check in self.results for line in check.findings]
        return pd.DataFrame(rows, columns=["check", "status", "finding"])

    def _repr_html_(self) -> str:
        """Return the table of checks for a notebook."""
        return str(self.checks.to_html())


def judged(name: str, detail: str, findings: list[str], worst: Status = FAIL) -> Check:
    """Return a check that passes when nothing was found, else has the status given.

    Parameters
    ----------
    name, detail : str
        As in `Check`.
    findings : list of str
        What disagrees.
    worst : {"warn", "fail"}, default "fail"
        Status where anything was found.

    Returns
    -------
    Check
        The check.

    Examples
    --------
    >>> judged("grades", "3 rows", ["row 2: 'offical' is not a grade"]).status
    'fail'
    """
    return Check(name, worst if findings else PASS, detail, tuple(findings))
