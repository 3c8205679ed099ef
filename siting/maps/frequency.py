"""How often candidates are held: classes of shares, from never to always, and lists of the most frequent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from siting.errors import InputError, suggestion
from siting.maps.classes import Classes
from siting.maps.content import Content, content
from siting.maps.reasons import truth
from siting.maps.style import deepened
from siting.maps.texts import number, word

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from siting.maps.page import Page

LIMITS = (1.0, 10.0, 25.0, 50.0, 75.0)
"""Percent at which one class of shares ends and the next begins."""
_COLUMN = "_share_percent"


@dataclass(frozen=True)
class Ends:
    """What the classes at the two ends of a scale of shares are called.

    Attributes
    ----------
    never, always : str
        Of candidates held never, and always.
    """

    never: str
    always: str


def share_content(
    tables: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None],
    shares: pd.Series,
    page: Page,
    ends: Ends,
    source: str,
) -> Content:
    """Return what a map of shares shows: candidates that are not excluded, from never to always held.

    Parameters
    ----------
    tables : tuple of geopandas.GeoDataFrame
        Candidates with `selected`, perhaps `excluded` and `exclusion_reason`; and demand regions, drawn as the land
        under candidates that are places, or None.
    shares : pandas.Series
        Percent, by label of the candidate; a candidate that is not there is never held.
    page : Page
        The keywords of every map.
    ends : Ends
        What the two ends are called.
    source : str
        Where the shares come from, for the error sentence.

    Returns
    -------
    Content
        Ready to draw.

    Raises
    ------
    siting.errors.InputError
        If a share is of a candidate the table does not have, or a table cannot be drawn.
    """
    candidates, demand = tables
    for label in shares.index:
        if label not in candidates.index:
            nearest = suggestion(str(label), map(str, candidates.index))
            raise InputError(f"the {source} speak of '{label}', which is no candidate of this solution{nearest}")
    held = shares.astype(float).reindex(candidates.index).fillna(0.0)
    table = candidates.assign(**{_COLUMN: held})
    if "excluded" in table.columns:
        # What is excluded here may have been admitted when the shares were counted.
        table["excluded"] = truth(table, "excluded") & (held <= 0).to_numpy()
    shown = content(
        table, demand, page.neighbours, style=page.style, language=page.language, shade=_COLUMN, any_demand=True
    )
    return replace(shown, classes=_classes(shown, ends))


def share_decimals(shares: pd.Series) -> int:
    """Return how many decimals tell the smallest of some shares from nothing.

    Parameters
    ----------
    shares : pandas.Series
        Percent.

    Returns
    -------
    int
        One if a share above 0 would otherwise be written as 0, or none.

    Examples
    --------
    >>> import pandas as pd
    >>> share_decimals(pd.Series([70.0, 0.3])), share_decimals(pd.Series([70.0, 1.0]))
    (1, 0)
    """
    return int(bool(((shares > 0) & (shares < 0.5)).any()))


def _classes(shown: Content, ends: Ends) -> Classes:
    """Sort shares into classes of fixed limits, with classes of their own for never and always."""
    values = shown.candidates[_COLUMN].to_numpy(dtype=float)
    written = [number(limit, 0, shown.language) for limit in (*LIMITS, 100.0)]
    middle = [word("below percent", shown.language).format(limit=written[0])]
    middle += [f"{low} – {high} %" for low, high in pairwise(written)]
    codes = 1 + np.searchsorted(LIMITS, values, side="right")
    codes[values <= 0] = 0
    codes[values >= 100] = len(middle) + 1
    codes[shown.reason_codes >= 0] = -1
    style = shown.style
    ramp = style.ramp(len(middle))
    labels = (ends.never, *middle, ends.always)
    return Classes(codes.astype(np.intp), labels, (style.never, *ramp, deepened(ramp[-1], 0.45)))
