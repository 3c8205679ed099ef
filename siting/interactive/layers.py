"""What the map can be coloured by: one class per candidate and layer, each with a colour and a line of the legend."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.interactive import attributes
from siting.maps.classes import classify
from siting.maps.reasons import exclusion_reasons
from siting.maps.style import LIGHT, tint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from siting.interactive.columns import Column

_CODES = string.digits + string.ascii_letters
"""One character per class, so that the codes of a layer are one short text."""
_NO_CLASS = "-"
_MOST_TEXTS = 12
_ELIGIBLE = "#dfe3dc"
_ROLE_COLOURS = {
    "core": "#0b4d31", "in all found": "#0b4d31", "swappable": "#e0a526",
    "never": "#eceae4", "in none found": "#eceae4",
}  # fmt: skip
"""Told apart by lightness alone."""


@dataclass(frozen=True)
class Layer:
    """One way to colour the map.

    Attributes
    ----------
    key, label, group : str
        Its name, what the list of layers says, and under which heading.
    title : str
        Heading of the legend.
    codes : numpy.ndarray
        Class of each candidate, -1 where a value is missing, -2 where the layer says nothing.
    classes : tuple of dict
        `label`, `colour`, `count` and perhaps `pattern` (number of a hatch) or `site` (chosen sites keep their colour).
    column : str
        Key of the column it shows, empty if there is none.
    """

    key: str
    label: str
    group: str
    title: str
    codes: NDArray[np.intp]
    classes: tuple[dict[str, Any], ...]
    column: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the layer as plain values for the page."""
        texts = [_CODES[code] if code >= 0 else _NO_CLASS if code == -1 else " " for code in self.codes]
        return {
            "key": self.key,
            "label": self.label,
            "group": self.group,
            "title": self.title,
            "codes": "".join(texts),
            "classes": list(self.classes),
            "missing": int((self.codes == -1).sum()),
            "column": self.column,
        }


def _classes(labels: Iterable[str], colours: Iterable[str], codes: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Return the lines of a legend with how many candidates each stands for."""
    return [
        {"label": label, "colour": colour, "count": int((codes == code).sum())}
        for code, (label, colour) in enumerate(zip(labels, colours, strict=True))
    ]


def portfolio_layer(candidates: gpd.GeoDataFrame, language: str, words: Mapping[str, str]) -> Layer:
    """Return the layer of the static map: chosen sites, the score of the others, exclusions hatched by reason.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        With `selected`, `excluded`, `exclusion_reason` and `score`.
    language : str
        Language of the legend.
    words : mapping of str to str
        Texts of the page.
    """
    chosen = candidates["selected"].to_numpy(dtype=bool)
    reason_codes = np.full(len(candidates), -1, dtype=np.intp)
    reason_codes[~chosen], reasons = exclusion_reasons(candidates[~chosen], language)
    scores = classify(candidates["score"].where(~chosen & (reason_codes < 0)), LIGHT, language)
    codes = scores.codes.copy()
    classes = _classes(scores.labels, scores.colours, codes)
    for number, reason in enumerate(reasons):
        codes[reason_codes == number] = len(classes)
        count = int((reason_codes == number).sum())
        heading = {"heading": words["excludedMany"]} if number == 0 else {}
        classes.append({"label": reason, "colour": LIGHT.excluded, "count": count, "pattern": number, **heading})
    if chosen.any():
        codes[chosen] = len(classes)
        classes.append({"label": words["chosen"], "colour": LIGHT.ink, "count": int(chosen.sum()), "site": True})
    return Layer("portfolio", words["portfolio"], words["results"], words["scoreTitle"], codes, tuple(classes), "score")


def exclusion_layer(candidates: gpd.GeoDataFrame, language: str, words: Mapping[str, str]) -> Layer:
    """Return the layer of who is excluded and why; the parameters are those of `portfolio_layer`."""
    reason_codes, reasons = exclusion_reasons(candidates, language)
    codes = np.where(reason_codes >= 0, reason_codes + 1, 0).astype(np.intp)
    colours = [tint(LIGHT.site_colour(number), 0.32) for number in range(len(reasons))]
    classes = _classes([words["eligible"], *reasons], [_ELIGIBLE, *colours], codes)
    for number, each in enumerate(classes[1:]):
        each["pattern"] = number
    return Layer("exclusions", words["exclusions"], words["results"], words["exclusions"], codes, tuple(classes))


def service_layer(served_by: Sequence[int], names: Sequence[str], words: Mapping[str, str]) -> Layer:
    """Return the layer of which site serves whom.

    Parameters
    ----------
    served_by : sequence of int
        Position of the site that serves most of each candidate's users, -2 where nobody knows.
    names : sequence of str
        Labels of the chosen sites.
    words : mapping of str to str
        Texts of the page.
    """
    codes = np.array(served_by, dtype=np.intp)
    # More sites than letters share the colours they have in common anyway.
    codes = np.where(codes >= 0, codes % len(_CODES), codes).astype(np.intp)
    colours = [tint(LIGHT.site_colour(number), 0.55) for number in range(len(names))]
    classes = _classes([f"{n + 1} {name}" for n, name in enumerate(names)], colours, codes)[: len(_CODES)]
    return Layer("service", words["service"], words["results"], words["service"], codes, tuple(classes))


def role_layer(column: Column, excluded: NDArray[np.bool_], words: Mapping[str, str]) -> Layer:
    """Return the layer of the roles of candidates in the alternatives.

    Parameters
    ----------
    column : Column
        Roles as `siting.alternatives` names them.
    excluded : numpy.ndarray
        Candidates that have no role because they are excluded.
    words : mapping of str to str
        Texts of the page.
    """
    present = [role for role in _ROLE_COLOURS if (column.values == role).any()]
    place = {role: code for code, role in enumerate(present)}
    codes = np.array([place.get(role, -2) for role in column.values], dtype=np.intp)
    codes[(codes < 0) & excluded] = len(present)
    labels, colours = [words[role] for role in present], [_ROLE_COLOURS[role] for role in present]
    classes = _classes([*labels, words["excluded"]], [*colours, LIGHT.excluded], codes)
    classes[-1]["pattern"] = 0
    return Layer("alternatives", words["alternatives"], words["results"], column.label, codes, tuple(classes))


def column_layer(column: Column, language: str, words: Mapping[str, str]) -> Layer | None:
    """Return the layer of a column, or None if it has too little or too much to tell apart.

    Parameters
    ----------
    column : Column
        Numbers, truth values or a few texts.
    language : str
        Language of the legend.
    words : mapping of str to str
        Texts of the page.
    """
    distinct = column.values.dropna().nunique()
    if distinct < 2 or (column.kind == "text" and distinct > _MOST_TEXTS):
        return None
    values = column.values / column.scale if column.kind == "number" else column.values
    if column.kind == "text":
        # A category is what it is called, whatever type it was stored in.
        values = pd.Series([None if pd.isna(value) else str(value) for value in values], dtype=object)
    found = classify(values, LIGHT, language)
    heading = attributes.GROUPS.get(column.group)
    group = heading[0 if language == "en" else 1] if heading else words[column.group]
    return Layer(
        column.key, column.label, group, column.title, found.codes,
        tuple(_classes(found.labels, found.colours, found.codes)), column.key,
    )  # fmt: skip
