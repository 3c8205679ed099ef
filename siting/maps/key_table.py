"""The figures beside the map: one row per chosen site, and the criteria of the portfolio as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from siting.errors import InputError, suggestion
from siting.maps.attribute_names import attribute_heading
from siting.maps.country_names import country_name
from siting.maps.served import millions, served
from siting.maps.texts import number, printable, word

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from siting.maps.board import Board
    from siting.maps.content import Content

_USUAL = ("electricity_price_eur_per_mwh", "grid_capacity_mva", "large_enterprise_eligible")
MOST_CRITERIA = 12
"""At most this many criteria are listed."""
_MOST_TALL = 8
"""From more sites than this on, each takes one line instead of two."""
_TALL, _FLAT, _HEAD = 6.8, 4.3, 7.2
"""Heights in millimetres: of a site in two lines and in one, and of the headings."""
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
    table, language = served(content), content.language
    if table is None:
        return []
    found = [KeyColumn(word("served people", language), millions(table["population"], language))]
    if table["mean_ms"].notna().any():
        cells = tuple(number(float(mean), 1, language) for mean in table["mean_ms"])
        found.append(KeyColumn(word("mean latency", language), cells))
    return found


def rows_height(sites: int) -> float:
    """Return how tall the rows of the table of sites are, names of one line assumed.

    Parameters
    ----------
    sites : int
        How many there are.

    Returns
    -------
    float
        Millimetres.
    """
    return sites * (_TALL if sites <= _MOST_TALL else _FLAT)


def draw_sites(
    board: Board, content: Content, columns: Sequence[KeyColumn], place: tuple[float, float, float, float]
) -> float:
    """Set the table of sites on a board: as many as there is room for, and how many more there are.

    Parameters
    ----------
    board : Board
        The page.
    content : Content
        What the map shows.
    columns : sequence of KeyColumn
        The figures.
    place : tuple of float
        Left, top, width and bottom in millimetres.

    Returns
    -------
    float
        Where the next block may begin.
    """
    x, y, width, bottom = place
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
    board.rule(y + _HEAD, x, width)
    y += _HEAD
    flat = len(content.sites) > _MOST_TALL
    for position, site in enumerate(content.sites):
        name = content.candidates.loc[site, "name"] if "name" in content.candidates.columns else site
        lines = [] if flat else board.wrap(str(name), room, 7.0, 2, "bold")
        height = _FLAT if flat else _TALL + 3.1 * (len(lines) - 1)
        last = position == len(content.sites) - 1
        if y + height + (0.0 if last else _FLAT) > bottom and position:
            board.text(x + 6, y + 3.4, word("more", language).format(count=len(content.sites) - position), 6.0)
            return y + 3.4 + 3.0
        board.badge(x + 2.2, y + height / 2, position, 1.9 if not flat else 1.7)
        if flat:
            board.text(x + 6, y + 3.0, board.shortened(f"{name} ({site})", room, 6.5, "bold"), 6.5, fontweight="bold")
        for number_, line in enumerate(lines):
            board.text(x + 6, y + 3.1 + 3.1 * number_, line, 7.0, fontweight="bold")
        if not flat:
            board.text(x + 6, y + height - 1.2, _place(content, site), 5.8, color=board.style.muted)
        cells = [column.cells[position] for column in columns]
        board.columns(y + height / 2 + 0.9, cells, rights, 6.5 if flat else 7.0)
        y += height
        board.rule(y, x, width, 0.2)
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
    for name, row in criteria.head(MOST_CRITERIA).iterrows():
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
