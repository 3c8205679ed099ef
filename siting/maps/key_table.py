"""The figures beside the map: one row per chosen site, and the criteria of the portfolio as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.errors import InputError, suggestion
from siting.maps.attribute_names import attribute_heading
from siting.maps.country_names import country_name
from siting.maps.texts import number, printable, word

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from siting.maps.board import Board
    from siting.maps.content import Content

_USUAL = ("electricity_price_eur_per_mwh", "grid_capacity_mva", "large_enterprise_eligible")
MOST_ROWS = 12
"""At most this many sites or criteria are listed."""
_COLUMN = 12.5
_MILLION = 1e6


@dataclass(frozen=True)
class KeyColumn:
    """One column of the table of sites.

    Attributes
    ----------
    heading : str
        One or two lines.
    cells : tuple of str
        One per chosen site.
    """

    heading: str
    cells: tuple[str, ...]


def key_columns(content: Content, columns: Sequence[str] | None = None) -> list[KeyColumn]:
    """Return the columns of the table of sites.

    Parameters
    ----------
    content : Content
        What the map shows.
    columns : sequence of str, optional
        Attributes to print; by default the usual ones that the table has.

    Returns
    -------
    list of KeyColumn
        At most five; people served and mean latency stand last if the demand table tells them.

    Raises
    ------
    siting.errors.InputError
        If the candidates lack a column that was asked for.
    """
    sites = content.candidates.loc[list(content.sites)]
    for column in columns or ():
        if column not in sites.columns:
            nearest = suggestion(column, map(str, sites.columns))
            raise InputError(f"the candidates have no attribute '{column}' for the table{nearest}")
    wanted = [c for c in _USUAL if c in sites.columns and sites[c].notna().any()] if columns is None else [*columns]
    found = [
        KeyColumn(attribute_heading(column, content.language), cells_of(sites[column], content.language))
        for column in wanted
    ]
    return [*found, *_served(content)][:5]


def cells_of(values: pd.Series, language: str) -> tuple[str, ...]:
    """Write the values of one attribute with as many decimals as their size asks for.

    Parameters
    ----------
    values : pandas.Series
        Numbers, texts or truth values.
    language : str
        How numbers are written.

    Returns
    -------
    tuple of str
        One text per value; a dash where it is missing.

    Examples
    --------
    >>> cells_of(pd.Series([1204.0, 870.5]), "en")
    ('1,204', '870')
    """
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        figures = values.astype(float)
        largest = figures.abs().max()
        decimals = 0 if largest >= 1000 or (figures.dropna() % 1 == 0).all() else 1 if largest >= 10 else 2
        return tuple(number(float(figure), decimals, language) for figure in figures)
    texts = []
    for value in values:
        if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN is the one that differs from itself
            texts.append("–")
        elif isinstance(value, bool | np.bool_):
            texts.append(word("yes" if value else "no", language))
        else:
            texts.append(printable(word(str(value), language)))
    return tuple(texts)


def _served(content: Content) -> list[KeyColumn]:
    """Return people served and their mean latency per site, where the demand table tells them."""
    demand, language = content.demand, content.language
    if demand is None or "population" not in demand.columns:
        return []
    people = demand["population"].astype(float)
    sums = people.groupby(demand["facility"]).sum(min_count=1)
    cells = tuple(number(float(sums.get(site, np.nan)) / 1e6, 1, language) for site in content.sites)
    found = [KeyColumn(word("served people", language), cells)]
    if "latency_ms" in demand.columns:
        known = demand["latency_ms"].notna() & people.notna()
        weighted = (demand["latency_ms"] * people)[known].groupby(demand["facility"][known]).sum()
        weight = people[known].groupby(demand["facility"][known]).sum()
        means = weighted / weight.where(weight > 0)
        cells = tuple(number(float(means.get(site, np.nan)), 1, language) for site in content.sites)
        found.append(KeyColumn(word("mean latency", language), cells))
    return found


def draw_sites(
    board: Board, content: Content, columns: Sequence[KeyColumn], place: tuple[float, float, float]
) -> float:
    """Set the table of sites on a board.

    Parameters
    ----------
    board : Board
        The page.
    content : Content
        What the map shows.
    columns : sequence of KeyColumn
        The figures.
    place : tuple of float
        Left, top and width in millimetres.

    Returns
    -------
    float
        Where the next block may begin.
    """
    x, y, width = place
    language = content.language
    if not content.sites:
        return board.heading(x, y + 3, word("none chosen", language), width) + 2
    step = min(_COLUMN, (width - 36) / max(len(columns), 1))
    rights = [x + width - step * (len(columns) - 1 - position) for position in range(len(columns))]
    room = width - step * len(columns) - 7.5
    board.text(x, y + 5.6, word("chosen", language), 7.5, fontweight="bold")
    headings = [column.heading for column in columns]
    widest = max((board.measure(line, 5.6) for text in headings for line in text.split("\n")), default=0.0)
    size = 5.6 * min(1.0, (step - 1.0) / widest) if widest else 5.6
    board.columns(y + 5.6, headings, rights, size, color=board.style.muted)
    board.rule(y + 7.2, x, width)
    y += 7.2
    for position, site in enumerate(content.sites[:MOST_ROWS]):
        name = content.candidates.loc[site, "name"] if "name" in content.candidates.columns else site
        lines = board.wrap(str(name), room, 7.0, 2, "bold")
        height = 6.8 + 3.1 * (len(lines) - 1)
        board.badge(x + 2.2, y + height / 2, position)
        for number_, line in enumerate(lines):
            board.text(x + 6, y + 3.1 + 3.1 * number_, line, 7.0, fontweight="bold")
        board.text(x + 6, y + height - 1.2, _place(content, site), 5.8, color=board.style.muted)
        board.columns(y + height / 2 + 0.9, [column.cells[position] for column in columns], rights, 7.0)
        y += height
        board.rule(y, x, width, 0.2)
    if len(content.sites) > MOST_ROWS:
        y += 3.4
        board.text(x + 6, y, word("more", language).format(count=len(content.sites) - MOST_ROWS), 6.0)
    return y + 3.0


def _place(content: Content, site: Hashable) -> str:
    """Return code and country of a site."""
    if "country" not in content.candidates.columns:
        return str(site)
    return f"{site} · {country_name(str(content.candidates.loc[site, 'country']), content.language)}"


def draw_criteria(board: Board, criteria: pd.DataFrame, language: str, place: tuple[float, float, float]) -> float:
    """Set the criteria of the portfolio on a board.

    Parameters
    ----------
    board : Board
        The page.
    criteria : pandas.DataFrame
        Index criterion, columns `value`, `unit` and perhaps `weight`.
    language : str
        How numbers are written.
    place : tuple of float
        Left, top and width in millimetres.

    Returns
    -------
    float
        Where the next block may begin.
    """
    x, y, width = place
    rights = [x + width - 14, x + width]
    board.text(x, y + 3, word("criteria", language), 7.5, fontweight="bold")
    headings = [word("value", language).lower(), word("weight", language).lower()]
    board.columns(y + 3, headings, rights, 5.6, color=board.style.muted)
    board.rule(y + 4.4, x, width)
    y += 4.4
    for name, row in criteria.head(MOST_ROWS).iterrows():
        text = _amount(float(row["value"]), row.get("unit"), language)
        weight = row.get("weight")
        board.text(x, y + 3.4, board.wrap(word(str(name), language).replace("_", " "), width - 50, 6.8, 1)[0], 6.8)
        weight_text = "" if weight is None or pd.isna(weight) else number(float(weight), 2, language)
        board.columns(y + 3.4, [text, weight_text], rights, 6.8)
        y += 4.7
        board.rule(y, x, width, 0.2)
    return y + 3.0


def _amount(value: float, unit: object, language: str) -> str:
    """Write a value with its unit, millions as such."""
    named = word(printable(unit), language) if isinstance(unit, str) else ""
    if abs(value) >= _MILLION:
        return f"{number(value / _MILLION, 1, language)} {word('million', language)} {named}".strip()
    decimals = 0 if abs(value) >= 1000 or value % 1 == 0 else 1 if abs(value) >= 10 else 3
    return f"{number(value, decimals, language)} {named}".strip()
