"""What the exclusions say together: who is excluded, by what and why, and how many each removes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from siting.exclusions import Reasons

_AND = "; "


def judge(identifiers: pd.Index, tests: Mapping[str, Reasons]) -> pd.DataFrame:
    """Return which candidates are excluded, by what and why.

    Parameters
    ----------
    identifiers : pandas.Index
        J candidates.
    tests : mapping of str to list of (str or None)
        Reasons per test, J entries each, in the order in which the tests apply.

    Returns
    -------
    pandas.DataFrame
        Indexed like the candidates: `excluded`, `exclusion` (name of the first test that fails, or None) and
        `exclusion_reason` (all reasons, or None).

    Examples
    --------
    >>> import pandas as pd
    >>> table = judge(pd.Index(["a", "b"]), {"grid": ["no grid", None], "sea": ["island", None]})
    >>> table.loc["a", "exclusion"], table.loc["a", "exclusion_reason"]
    ('grid', 'no grid; island')
    """
    first: list[str | None] = [None] * len(identifiers)
    clauses: list[list[str]] = [[] for _ in identifiers]
    for name, texts in tests.items():
        for position, text in enumerate(texts):
            if text is not None:
                first[position] = first[position] or name
                clauses[position] += text.split(_AND)
    reasons = [_AND.join(_without_repetition(parts)) or None for parts in clauses]
    # Object columns: pandas would otherwise turn None into NaN.
    return pd.DataFrame(
        {
            "excluded": [text is not None for text in reasons],
            "exclusion": pd.Series(first, index=identifiers, dtype=object),
            "exclusion_reason": pd.Series(reasons, index=identifiers, dtype=object),
        },
        index=identifiers,
    )


def count(number_of_candidates: int, tests: Mapping[str, Reasons]) -> pd.DataFrame:
    """Return how many candidates each test removes, alone and in sequence.

    Parameters
    ----------
    number_of_candidates : int
        J.
    tests : mapping of str to list of (str or None)
        As in `judge`.

    Returns
    -------
    pandas.DataFrame
        One row per test: `removed_alone`, `removed_in_sequence` and `left` after it.

    Examples
    --------
    >>> count(3, {"grid": ["no grid", None, None], "sea": ["island", "island", None]}).to_numpy().tolist()
    [[1, 1, 2], [2, 1, 1]]
    """
    gone = np.zeros(number_of_candidates, dtype=bool)
    rows = []
    for texts in tests.values():
        fails = np.array([text is not None for text in texts], dtype=bool)
        newly = fails & ~gone
        gone |= fails
        rows.append((int(fails.sum()), int(newly.sum()), int((~gone).sum())))
    return pd.DataFrame(
        rows,
        columns=["removed_alone", "removed_in_sequence", "left"],
        index=pd.Index(tests, name="exclusion"),
        dtype=int,
    )


def _without_repetition(clauses: Sequence[str]) -> list[str]:
    """Leave out a clause that another one repeats, perhaps with what needs the value."""
    unique = list(dict.fromkeys(clauses))
    return [one for one in unique if not any(other.startswith(f"{one} (") for other in unique)]
