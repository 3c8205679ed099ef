"""Every error the engine raises on purpose, and the search for the nearest valid name.

Each message is one clear sentence: what is wrong, where (file, key, row), and the nearest valid thing.
The command line turns a `SitingError` into that sentence and exit code 2; a traceback means a bug.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class SitingError(Exception):
    """Base class of the errors a user can act on."""


class InputError(SitingError, ValueError):
    """Something in the input is wrong; the message says what, where, and the nearest valid thing."""


class DataError(InputError):
    """A table is missing, unreadable or inconsistent."""


class OutputError(SitingError, OSError):
    """A result cannot be written; nothing half-written is left behind."""


class SolverError(SitingError, RuntimeError):
    """The solver failed, or its answer did not survive the check made outside the solver."""


class InfeasibleError(SitingError):
    """No portfolio satisfies every rule.

    Attributes
    ----------
    rules : tuple of str
        A minimal conflicting set: with any one of these rules left out, the rest can be satisfied.
        Empty if the search for it was stopped by a limit.

    Examples
    --------
    >>> InfeasibleError("no portfolio satisfies every rule", rules=("exactly 4 sites",)).rules
    ('exactly 4 sites',)
    """

    def __init__(self, message: str, rules: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.rules = tuple(rules)

    def __reduce__(self) -> tuple[type[InfeasibleError], tuple[str, tuple[str, ...]]]:
        """Keep the rules when the error crosses a process boundary."""
        return type(self), (str(self), self.rules)


def nearest_name(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name most similar to `name`, or None if nothing comes close.

    Parameters
    ----------
    name : str
        What the user wrote.
    valid : iterable of str
        What would have been accepted.

    Returns
    -------
    str or None
        The closest valid name, compared without regard to case.

    Examples
    --------
    >>> nearest_name("latencey", ["latency", "energy"])
    'latency'
    >>> nearest_name("zzz", ["latency", "energy"]) is None
    True
    """
    by_folded = {str(candidate).casefold(): str(candidate) for candidate in valid}
    matches = difflib.get_close_matches(str(name).casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def suggestion(name: str, valid: Iterable[str], listed: int = 8) -> str:
    """Return the end of an error sentence: the nearest valid name, or a list of the valid ones.

    Parameters
    ----------
    name : str
        What the user wrote.
    valid : iterable of str
        What would have been accepted.
    listed : int, default 8
        At most this many valid names are listed when none is close.

    Returns
    -------
    str
        A clause that starts with a semicolon, or an empty string when nothing is valid.

    Examples
    --------
    >>> suggestion("latencey", ["latency", "energy"])
    "; did you mean 'latency'?"
    >>> suggestion("zzz", ["latency", "energy"])
    '; valid are: energy, latency'
    """
    names = sorted({str(candidate) for candidate in valid})
    nearest = nearest_name(name, names)
    if nearest is not None:
        return f"; did you mean {nearest!r}?"
    if not names:
        return ""
    more = f" … ({len(names)} in all)" if len(names) > listed else ""
    return f"; valid are: {', '.join(names[:listed])}{more}"
