"""What is known of each candidate, column by column: attributes, criteria, contributions, results of analyses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting import data
from siting.errors import InputError, suggestion
from siting.evaluation import single_site_values
from siting.interactive import attributes
from siting.maps.texts import printable, word
from siting.plain_values import plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from siting.solution import Solution

_TOLD_ELSEWHERE = frozenset(
    {"name", "country", "selected", "excluded", "exclusion", "exclusion_reason", "facility", "score"}
)
_CONTRIBUTION = "contribution_"
_DEMAND_SHARE = "demand_share"
_MOST_DECIMALS = 4
_DIGITS = 10
_IN_MILLIONS_FROM = 1e7
_MILLION = 1e6


@dataclass(frozen=True)
class Column:
    """One thing known of every candidate.

    Attributes
    ----------
    key : str
        Unique among the columns; an attribute has its name in the table of candidates.
    label, unit : str
        As printed.
    group : str
        One of `siting.interactive.attributes.GROUPS`, or "results", "alone", "contributions", "analyses".
    values : pandas.Series
        Numbers, texts or truth values in the order of the candidates.
    description : str
        A sentence, perhaps empty.
    scale : float
        What numbers are divided by before they are printed; `unit` is that of the quotient.
    """

    key: str
    label: str
    unit: str
    group: str
    values: pd.Series[Any]
    description: str = ""
    scale: float = 1.0

    @property
    def kind(self) -> str:
        """What the values are: "number", "boolean" or "text"."""
        present = self.values.dropna()
        if len(present) and all(isinstance(value, bool | np.bool_) for value in present):
            return "boolean"
        return "number" if pd.api.types.is_numeric_dtype(self.values) else "text"

    @property
    def title(self) -> str:
        """Label and unit."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    @property
    def decimals(self) -> int:
        """How many decimals are printed: as many as write tidy numbers exactly, four digits of others."""
        figures = self.values.dropna().to_numpy(dtype=float) / self.scale if self.kind == "number" else np.array([])
        figures = figures[np.isfinite(figures)]
        for decimals in range(_MOST_DECIMALS):
            if np.allclose(figures, np.round(figures, decimals), rtol=0, atol=1e-9):
                return decimals
        largest = float(np.abs(figures).max())
        return min(max(3 - math.floor(math.log10(largest)), 0), _MOST_DECIMALS)

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return the column as plain values for the page; None is a missing value."""
        kind = self.kind
        writers = {"number": _number, "boolean": plain}
        return {
            "key": self.key,
            "label": self.label,
            "unit": self.unit,
            "group": self.group,
            "kind": kind,
            "decimals": self.decimals,
            "scale": _number(self.scale),
            "description": self.description,
            "values": [
                None if pd.isna(value) else writers[kind](value) if kind in writers else _text(value, language)
                for value in self.values
            ],
        }


def _number(value: float) -> float | int | None:
    """Return a number with few digits in the file: ten significant ones, no decimal point where none is needed."""
    figure = float(value)
    if not math.isfinite(figure):
        return None
    return int(figure) if figure.is_integer() else float(f"{figure:.{_DIGITS}g}")


def _text(value: object, language: str) -> str:
    return printable(word(str(value), language))


def attribute_columns(solution: Solution, names: Sequence[str] | None, language: str) -> list[Column]:
    """Return the attributes of the candidates, group by group.

    Parameters
    ----------
    solution : Solution
        Solved from a model.
    names : sequence of str or None
        Only these; by default every attribute that has a value.
    language : str
        Language of the labels.

    Raises
    ------
    InputError
        If the candidates have no attribute of that name.
    """
    table = solution.candidates
    shown = {
        str(name): table[name]
        for name in table.columns
        if name != table.geometry.name
        and name not in _TOLD_ELSEWHERE
        and not (str(name).startswith(_CONTRIBUTION) and name in _contributions(solution))
    }
    if names is None:
        chosen = [name for name, values in shown.items() if values.notna().any()]
    else:
        if isinstance(names, str):
            raise InputError(f"attributes= takes a list of names, for example ['{names}']")
        chosen = list(dict.fromkeys(names))
        for name in chosen:
            if name not in shown:
                raise InputError(f"the candidates have no attribute '{name}'{suggestion(str(name), shown)}")
    known = data.attributes(getattr(solution.model.data, "folder", None) if solution.model else None)
    order = list(attributes.GROUPS)
    columns = [_attribute(name, shown[name], known, language) for name in chosen]
    return sorted(columns, key=lambda column: order.index(column.group))


def _attribute(name: str, values: pd.Series[Any], known: pd.DataFrame, language: str) -> Column:
    stated = dict(known.loc[name]) if name in known.index else {}
    unit = attributes.unit(name, str(stated.get("unit", "")), language)
    # The descriptions of the shipped tables are in English.
    description = str(stated.get("description", "")) if language == "en" else ""
    label = printable(attributes.label(name, language))
    return Column(name, label, unit, attributes.group(name), values, description)


def _contributions(solution: Solution) -> set[str]:
    return {f"{_CONTRIBUTION}{name}" for name in solution.site_contributions.columns}


def criterion_columns(solution: Solution, language: str, words: Mapping[str, str]) -> list[Column]:
    """Return each criterion for every candidate alone, and what the chosen sites contribute to it.

    Parameters
    ----------
    solution : Solution
        Solved from a model.
    language : str
        Language of the labels.
    words : mapping of str to str
        Texts of the page.
    """
    instance, table = solution.instance, solution.candidates
    columns = []
    for name, criterion in instance.criteria.items():
        alone = pd.Series(single_site_values(instance, name), index=_labels(instance.candidates)).reindex(table.index)
        scale, unit = scaled(alone, criterion.unit, language, words)
        label = criterion_label(name, language)
        columns.append(Column(f"alone_{name}", label, unit, "alone", alone, scale=scale))
    for part, values in solution.site_contributions.items():
        key = str(part)
        if key == _DEMAND_SHARE and key not in instance.criteria:
            scale, unit, label = 0.01, "%", words["demandShare"]
        else:
            scale, unit = scaled(values, instance.criteria[key].unit, language, words)
            label = criterion_label(key, language)
        whole = values.reindex(table.index).astype(float)
        columns.append(Column(f"{_CONTRIBUTION}{key}", label, unit, "contributions", whole, scale=scale))
    return [column for column in columns if column.values.notna().any()]


def _labels(identifiers: Sequence[Hashable]) -> pd.Index[Any]:
    return pd.Index(list(identifiers), tupleize_cols=False)


def criterion_label(name: str, language: str) -> str:
    """Return the name of a criterion as printed.

    Examples
    --------
    >>> criterion_label("energy_cost", "en"), criterion_label("energy_cost", "it")
    ('Energy cost', "Costo dell'energia")
    """
    text = printable(word(name, language)).replace("_", " ")
    return text[:1].upper() + text[1:]


def scaled(values: pd.Series[Any], unit: str, language: str, words: Mapping[str, str]) -> tuple[float, str]:
    """Return what to divide numbers by before printing them, and the unit of the quotients: millions are so called.

    Parameters
    ----------
    values : pandas.Series
        Numbers.
    unit : str
        Their unit.
    language : str
        Language code.
    words : mapping of str to str
        Texts of the page.

    Examples
    --------
    >>> scaled(pd.Series([6.8e8]), "EUR/yr", "it", {"million": "mln"})
    (1000000.0, 'mln EUR/anno')
    """
    printed = printable(word(unit, language)) if unit else ""
    if np.nanmax(np.abs(values.to_numpy(dtype=float)), initial=0.0) >= _IN_MILLIONS_FROM:
        return _MILLION, f"{words['million']} {printed}".rstrip()
    return 1.0, printed


def analysis_columns(
    solution: Solution, alternatives: Any, robustness: Any, words: Mapping[str, str]
) -> dict[str, Column]:
    """Return what analyses say of every candidate.

    Parameters
    ----------
    solution : Solution
        Solved from a model.
    alternatives : Alternatives or None
        What `siting.alternatives` returned.
    robustness : Robustness or None
        What `siting.robustness` returned.
    words : mapping of str to str
        Texts of the page.

    Returns
    -------
    dict
        "role" and "held" for alternatives, "acceptability" for robustness.

    Raises
    ------
    InputError
        If one of them is something else or about other candidates.
    """
    index = solution.candidates.index
    columns = {}
    if alternatives is not None:
        sites = _sites_of(alternatives, "alternatives", "role", index)
        role = sites["role"].reindex(index)
        columns["role"] = Column("role", words["role"], "", "analyses", role.astype(object).where(role.notna(), None))
        held = sites["share_percent"].reindex(index)
        columns["held"] = Column("share_percent", words["shareOfAlternatives"], "%", "analyses", held)
    if robustness is not None:
        listed = 100.0 * _sites_of(robustness, "robustness", "share", index)["share"]
        share = listed.reindex(index)
        if listed.notna().any():
            # A candidate that was in no draw's best portfolio is not listed: its share is known, and it is zero.
            share = share.where(share.notna() | solution.candidates["excluded"].astype(bool), 0.0)
        columns["acceptability"] = Column("acceptability", words["acceptabilityLong"], "%", "analyses", share)
    return columns


def _sites_of(analysis: Any, name: str, column: str, candidates: pd.Index[Any]) -> pd.DataFrame:
    table = getattr(analysis, "sites", None)
    if not isinstance(table, pd.DataFrame) or column not in table.columns:
        raise InputError(f"{name}= takes what siting.{name} returns, not {type(analysis).__name__}")
    strange = table.index.difference(candidates)
    if len(strange):
        raise InputError(f"the {name} are about other candidates: '{strange[0]}' is not among those of this solution")
    return table
