"""Discrete classes of an attribute for shading: few, labelled, and each with a colour the legend can name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.maps.texts import number, printable, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.maps.style import Style

_ORDERED = ("less developed", "transition", "more developed")
"""Categories with an order of their own, so that shades follow it."""
_MOST_CATEGORIES = 7


@dataclass(frozen=True)
class Classes:
    """Classes of one attribute.

    Attributes
    ----------
    codes : numpy.ndarray
        Class of each row, -1 where the value is missing; shape (rows,).
    labels : tuple of str
        What the legend says, one per class.
    colours : tuple of str
        Fill colours, one per class.
    """

    codes: NDArray[np.intp]
    labels: tuple[str, ...]
    colours: tuple[str, ...]

    def counts(self) -> list[int]:
        """Return how many rows fall into each class.

        Returns
        -------
        list of int
            One count per class.
        """
        return [int((self.codes == code).sum()) for code in range(len(self.labels))]


def classify(values: pd.Series, style: Style, language: str = "en", classes: int = 5) -> Classes:
    """Sort the values of an attribute into classes.

    Numbers with more distinct values than `classes` fall into quantiles with rounded limits; other
    numbers, texts and truth values get one class each. A missing value belongs to no class and never
    counts as zero.

    Parameters
    ----------
    values : pandas.Series
        The attribute, one row per candidate.
    style : Style
        Gives the colours.
    language : str, default "en"
        Language of the labels.
    classes : int, default 5
        At most this many classes of numbers.

    Returns
    -------
    Classes
        Codes, labels and colours.

    Examples
    --------
    >>> from siting.maps.style import LIGHT
    >>> classify(pd.Series([True, False, True]), LIGHT).labels
    ('no', 'yes')
    """
    present = values.dropna()
    if present.empty:
        return Classes(np.full(len(values), -1, dtype=np.intp), (), ())
    if pd.api.types.is_numeric_dtype(present) and not pd.api.types.is_bool_dtype(present):
        figures = np.array(values, dtype=float)
        figures[~np.isfinite(figures)] = np.nan
        return _numeric(figures, style, language, classes)
    return _categorical(values, style, language)


def _categorical(values: pd.Series, style: Style, language: str) -> Classes:
    """Give every text or truth value a class; rare ones beyond the seventh share the last."""
    texts = [_category(value, language) for value in values]
    counted = pd.Series([text for text in texts if text is not None]).value_counts()
    order = [word(name, language) for name in _ORDERED] + [word("no", language), word("yes", language)]
    names = sorted(counted.index[:_MOST_CATEGORIES], key=lambda n: (order.index(n) if n in order else len(order), n))
    place = {name: position for position, name in enumerate(names)}
    rest = len(names) - 1
    codes = np.array([-1 if text is None else place.get(text, rest) for text in texts], dtype=np.intp)
    labels = [*names]
    if len(counted) > _MOST_CATEGORIES:
        labels[-1] += " …"
    return Classes(codes, tuple(labels), tuple(style.ramp(len(names))))


def _category(value: object, language: str) -> str | None:
    """Return the label of one text or truth value, None if it is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return word("yes" if value else "no", language)
    return printable(word(str(value), language))


def _numeric(figures: NDArray[np.float64], style: Style, language: str, classes: int) -> Classes:
    """Sort numbers into quantiles with rounded limits, or one class per value when they are few."""
    present = figures[np.isfinite(figures)]
    if present.size == 0:
        return Classes(np.full(len(figures), -1, dtype=np.intp), (), ())
    distinct = np.unique(present)
    if len(distinct) <= classes:
        decimals = _decimals(distinct)
        codes = np.where(np.isfinite(figures), np.searchsorted(distinct, figures), -1).astype(np.intp)
        labels = tuple(number(float(value), decimals, language) for value in distinct)
        return Classes(codes, labels, tuple(style.ramp(len(distinct))))
    edges, decimals = _rounded_limits(present, classes)
    inner = edges[1:-1]
    codes = np.where(np.isfinite(figures), np.searchsorted(inner, figures, side="right"), -1).astype(np.intp)
    texts = [number(float(edge), decimals, language) for edge in edges]
    labels = tuple(f"{low} – {high}" for low, high in pairwise(texts))
    return Classes(codes, labels, tuple(style.ramp(len(labels))))


def _rounded_limits(present: NDArray[np.float64], classes: int) -> tuple[NDArray[np.float64], int]:
    """Return quantile limits rounded as far as they stay apart, and their decimals."""
    exact = np.unique(np.quantile(present, np.linspace(0, 1, classes + 1)))
    spread = max(float(exact[-1] - exact[0]), np.finfo(float).tiny)
    first = 1 - int(np.floor(np.log10(spread)))
    for decimals in range(first, first + 6):
        factor = 10.0**decimals
        edges = np.round(exact, decimals)
        edges[0], edges[-1] = np.floor(exact[0] * factor) / factor, np.ceil(exact[-1] * factor) / factor
        closest = float(np.diff(exact).min())
        if len(np.unique(edges)) == len(exact) and np.abs(edges[1:-1] - exact[1:-1]).max(initial=0) <= closest / 5:
            return edges, max(decimals, 0)
    return exact, max(first + 5, 0)


def _decimals(values: NDArray[np.float64], most: int = 4) -> int:
    """Return how many decimals tell these values apart and write them exactly, at most four."""
    for decimals in range(most):
        if np.allclose(values, np.round(values, decimals), rtol=0, atol=1e-9):
            return decimals
    return most
