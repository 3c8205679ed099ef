"""Why candidates are excluded, brought down to the few reasons a legend can show."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from siting.maps.attribute_names import attribute_label
from siting.maps.shapes import PATTERNS
from siting.maps.texts import printable, word

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

_MOST_REASONS = len(PATTERNS)
_FIGURES = re.compile(r"\d[\d.,\u202f ]*\d|\d")
_NO_VALUE = "no value for "


def truth(regions: gpd.GeoDataFrame, column: str) -> NDArray[np.bool_]:
    """Return a column of truth values.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        The table.
    column : str
        Name of the column; a missing one is false throughout.

    Returns
    -------
    numpy.ndarray
        False where the value is missing, shape (rows,).
    """
    if column not in regions.columns:
        return np.zeros(len(regions), dtype=bool)
    return np.array([value is True or value is np.True_ or value == 1 for value in regions[column]], dtype=bool)


def exclusion_reasons(candidates: gpd.GeoDataFrame, language: str) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Group the excluded candidates by reason, the most frequent first.

    A candidate may be excluded for several reasons, parted by semicolons. It is shown under the rarest of
    them, which tells most, and under a missing value only if there is no other. Reasons that differ only
    in their figures are one.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        Perhaps with `excluded` and `exclusion_reason`.
    language : str
        Language of the texts.

    Returns
    -------
    codes : numpy.ndarray
        Index of the reason, -1 for a candidate that is not excluded.
    reasons : tuple of str
        At most as many as there are patterns; what is left shares the last.
    """
    stated = stated_reasons(candidates)
    kinds = Counter(kind for parts in stated for kind in {_kind(part) for part in parts})
    excluded = excluded_candidates(candidates)
    chosen = [_telling(parts, kinds) if out else "" for parts, out in zip(stated, excluded, strict=True)]
    names = _names(filter(None, chosen), language)
    silent = word("no reason", language)
    labels = [
        (names[_kind(part)] if part else silent) if out else None for part, out in zip(chosen, excluded, strict=True)
    ]
    order = _order((label for label in labels if label is not None), language)
    place = {label: position for position, label in enumerate(order)}
    codes = [-1 if label is None else place.get(label, len(order) - 1) for label in labels]
    return np.array(codes, dtype=np.intp), tuple(order)


def all_exclusion_reasons(candidates: gpd.GeoDataFrame, language: str) -> tuple[list[tuple[int, ...]], tuple[str, ...]]:
    """Return every reason of every excluded candidate, the most frequent reasons first.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        Perhaps with `excluded` and `exclusion_reason`.
    language : str
        Language of the texts.

    Returns
    -------
    codes : list of tuple of int
        Indices of the reasons of each candidate, rising; empty for one that is not excluded.
    reasons : tuple of str
        At most as many as there are patterns; what is left shares the last.

    Examples
    --------
    >>> import geopandas as gpd
    >>> table = gpd.GeoDataFrame({"exclusion_reason": ["too far; too cold", "too far", None]})
    >>> all_exclusion_reasons(table, "en")
    ([(0, 1), (0,), ()], ('too far', 'too cold'))
    """
    stated = stated_reasons(candidates)
    excluded = excluded_candidates(candidates)
    names = _names((part for parts in stated for part in parts), language)
    labels = [
        dict.fromkeys(names[_kind(part)] for part in parts) or {word("no reason", language): None} if out else {}
        for parts, out in zip(stated, excluded, strict=True)
    ]
    order = _order((label for own in labels for label in own), language)
    place = {label: position for position, label in enumerate(order)}
    codes = [tuple(sorted({place.get(label, len(order) - 1) for label in own})) for own in labels]
    return codes, tuple(order)


def excluded_candidates(candidates: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which candidates are excluded: those the table says are, or else those with a reason.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        Perhaps with `excluded` and `exclusion_reason`.

    Returns
    -------
    numpy.ndarray
        Shape (candidates,).
    """
    if "excluded" in candidates:
        return truth(candidates, "excluded")
    return np.array([bool(parts) for parts in stated_reasons(candidates)], dtype=bool)


def _names(parts: Iterable[str], language: str) -> dict[str, str]:
    """Return what each kind of reason is called; a figure that is the same for all is worth printing."""
    texts: dict[str, set[str]] = {}
    for part in parts:
        texts.setdefault(_kind(part), set()).add(part)
    return {
        kind: _worded(kind, language) or _worded(next(iter(own)) if len(own) == 1 else kind, language, plain=True)
        for kind, own in texts.items()
    }


def _order(labels: Iterable[str], language: str) -> list[str]:
    """Return reasons from the most to the least frequent, as many as a legend can show.

    Of equals the first in the table comes first, so that a reason has the same colour in every language.
    """
    counted = Counter(labels)
    order = sorted(counted, key=lambda label: -counted[label])
    if len(order) > _MOST_REASONS:
        order = [*order[: _MOST_REASONS - 1], word("other reasons", language)]
    return order


def stated_reasons(candidates: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    """Return the reasons each candidate was given.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        Perhaps with `exclusion_reason`.

    Returns
    -------
    list of tuple of str
        Empty where none was given.
    """
    if "exclusion_reason" not in candidates:
        return [()] * len(candidates)
    return [
        tuple(part.strip() for part in printable(text).split("; ") if part.strip()) if isinstance(text, str) else ()
        for text in candidates["exclusion_reason"]
    ]


def _kind(part: str) -> str:
    """Return a reason without what differs from candidate to candidate."""
    return part.split(" (", maxsplit=1)[0] if part.startswith(_NO_VALUE) else _FIGURES.sub("…", part)


def _telling(parts: tuple[str, ...], kinds: Counter[str]) -> str:
    """Return the rarest reason, the first of several; a missing value only if nothing else was stated."""
    stated = [part for part in parts if not part.startswith(_NO_VALUE)] or list(parts)
    return min(stated, key=lambda part: kinds[_kind(part)], default="")


def _worded(text: str, language: str, *, plain: bool = False) -> str:
    """Return a reason in the words of the map; empty if it has none for it and `plain` is not set."""
    if text.startswith(_NO_VALUE):
        attribute = text.removeprefix(_NO_VALUE).split(" (")[0]
        label = attribute_label(attribute, language)
        return f"{word('no value', language)} {label[:1].lower()}{label[1:]}"
    known = word(text, language)
    return known if known != text or plain else ""
