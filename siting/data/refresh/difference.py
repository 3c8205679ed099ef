"""What changed between two versions of a table: rows added, removed and changed, and the largest changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from siting.data.rebuild.raw import read_csv

if TYPE_CHECKING:
    from pathlib import Path

KEYS = (
    ("region", "attribute"), ("country", "series", "period"), ("country", "series"), ("country", "adder"),
    ("city_a", "city_b"), ("candidate",), ("exchange",), ("platform",),
)  # fmt: skip
"""Columns that identify a row, by the columns a table has; a table with none of them is compared whole."""
LISTED = 5


@dataclass(frozen=True)
class Change:
    """One changed value.

    Parameters
    ----------
    key : str
        Which row.
    before, after : str
        The value as written; empty for none.
    relative : float
        Change over the value before; NaN where one of them is no number or zero.
    """

    key: str
    before: str
    after: str
    relative: float


@dataclass(frozen=True)
class Difference:
    """What changed in one table.

    Parameters
    ----------
    table : str
        File name.
    added, removed, changed : int
        Rows.
    largest : tuple of Change
        The changes that are largest relative to the value before.
    """

    table: str
    added: int = 0
    removed: int = 0
    changed: int = 0
    largest: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.changed)


def compare(before: Path, after: Path) -> Difference:
    """Return what changed between two versions of a table.

    Parameters
    ----------
    before, after : pathlib.Path
        CSV files or layers; `before` may be missing.

    Returns
    -------
    Difference
        Counts of rows; a layer is compared polygon by polygon, by area.
    """
    old, new = (_keyed(path) if path.is_file() else pd.DataFrame() for path in (before, after))
    both = new.index.intersection(old.index)
    columns = [name for name in new.columns if name in old.columns]
    same = (new.loc[both, columns] == old.loc[both, columns]).all(axis=1)
    moved = both[~same.to_numpy(dtype=bool)]
    changes = [_change(key, old, new) for key in moved] if "value" in columns else []
    ranked = sorted(changes, key=lambda change: -abs(change.relative) if change.relative == change.relative else 0.0)
    return Difference(
        after.name, len(new.index.difference(old.index)), len(old.index.difference(new.index)), len(moved),
        tuple(ranked[:LISTED]),
    )  # fmt: skip


def _keyed(path: Path) -> pd.DataFrame:
    """Return a table as text, indexed by what identifies a row."""
    if path.suffix == ".fgb":
        return _areas(path)
    frame = read_csv(path, ())
    columns = next((list(key) for key in KEYS if set(key) <= set(frame.columns)), list(frame.columns))
    if frame.duplicated(columns).any():
        columns = list(frame.columns)
    index = pd.Index([" ".join(row) for row in frame[columns].to_numpy(dtype=object)])
    frame = frame.set_axis(index)
    return frame[~frame.index.duplicated()]


def _areas(path: Path) -> pd.DataFrame:
    """Return name and area of each polygon, in square metres of EPSG:3035."""
    import geopandas

    frame = geopandas.read_file(path, engine="pyogrio")
    area = [f"{value:.0f}" for value in frame.geometry.area]
    return pd.DataFrame({"value": area}, index=pd.Index(frame.iloc[:, 0].astype(str)))


def _change(key: str, old: pd.DataFrame, new: pd.DataFrame) -> Change:
    before, after = str(old.at[key, "value"]), str(new.at[key, "value"])  # noqa: PD008 - one cell
    try:
        relative = float(after) / float(before) - 1.0
    except (ValueError, ZeroDivisionError):
        relative = float("nan")
    return Change(str(key), before, after, relative)
