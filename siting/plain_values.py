"""Plain values of answers: for JSON, and for tables that people read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries of plain values, the index levels first.

    Examples
    --------
    >>> import pandas as pd
    >>> records(pd.DataFrame({"value": [1.5, float("nan")]}, index=pd.Index(["a", "b"], name="candidate")))
    [{'candidate': 'a', 'value': 1.5}, {'candidate': 'b', 'value': None}]
    """
    whole = table.reset_index()
    return [{str(name): plain(value) for name, value in row.items()} for row in whole.to_dict("records")]


def plain(value: Any) -> Any:
    """Return a JSON value: numbers, text and lists; None for what is missing or not finite.

    Examples
    --------
    >>> plain(float("inf")), plain(("a", 2)), plain(True)
    (None, ['a', 2], True)
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    return value if isinstance(value, bool | int | str) or value is None else str(value)


def joined(value: Any) -> Any:
    """Return a portfolio as readable text, anything else as it is.

    Examples
    --------
    >>> joined(("DE40", "ES41"))
    'DE40, ES41'
    """
    return ", ".join(map(str, value)) if isinstance(value, tuple | list | frozenset) else value


def significant(value: float) -> str:
    """Return a number as people write it: grouped, without noise.

    Examples
    --------
    >>> significant(1234.5), significant(0.123456)
    ('1,234', '0.1235')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
