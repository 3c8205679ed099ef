"""How each candidate set comes by each attribute: its own, computed from where it lies, or inherited.

`candidate_sets.csv` lists one rule per set and attribute; what is inherited here is what that table says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from siting.data import reading
from siting.data.checking import read_text_table
from siting.data.regions import table
from siting.errors import DataError, suggestion

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

SETS = ("nuts2", "nuts3", "grid_nodes", "cells")
COLUMNS = ("set", "attribute", "rule", "year", "source", "grade", "inputs", "note")
INHERITED = {
    "inherited_from_nuts3": "nuts3",
    "inherited_from_nuts2": "nuts2",
    "inherited_from_country": "nuts2",
}
"""The level whose table holds the value: that of NUTS-2 regions repeats what is known per country."""

_ASSUMED_CIRCUITS = ("circuit_rule", ("two_circuits_assumed",))
ROW_RULES = {
    "incident_circuits_220_to_299_kv": _ASSUMED_CIRCUITS,
    "incident_circuits_300_kv_and_above": _ASSUMED_CIRCUITS,
    "circuit_rating_mva": _ASSUMED_CIRCUITS,
    "connection_limit_mva": _ASSUMED_CIRCUITS,
    "climate_zone": ("climate_rule", ("nearest_land_in_raster", "only_ocean_in_raster")),
}
"""Attributes that single candidates of a set come by otherwise than the set: the column that says so, and what of it
takes the place of the set's rule."""


@lru_cache(maxsize=8)
def set_rules(directory: Path | None) -> pd.DataFrame:
    """Return `candidate_sets.csv`, checked; callers must not change it.

    Parameters
    ----------
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        Text; index `set` and `attribute`, columns `rule`, `year`, `source`, `grade`, `inputs`, `note`.

    Raises
    ------
    siting.errors.DataError
        If a row names an unknown set, attribute or rule, or repeats another.
    """
    path = reading.locate("candidate_sets.csv", directory)
    frame = read_text_table(path, COLUMNS)
    rules = read_text_table(reading.locate("rules.csv", directory), ("rule",))["rule"]
    for column, valid in (("set", SETS), ("attribute", reading.attribute_table(directory).index), ("rule", rules)):
        unknown = frame[~frame[column].isin(valid)]
        if len(unknown):
            cell = str(unknown[column].iloc[0])
            raise DataError(
                f"{path}, row {unknown.index[0]}, column '{column}': '{cell}' is unknown{suggestion(cell, valid)}"
            )
    repeated = frame[frame.duplicated(["set", "attribute"])]
    if len(repeated):
        raise DataError(f"{path}, row {repeated.index[0]}: {repeated['attribute'].iloc[0]} was given before")
    return frame.set_index(["set", "attribute"])


def inherited(frame: pd.DataFrame, name: str, directory: Path | None) -> pd.DataFrame:
    """Return the attributes that a set takes from the regions its candidates lie in.

    Parameters
    ----------
    frame : pandas.DataFrame
        Candidates with the columns `nuts2` and `nuts3`.
    name : str
        Which set.
    directory : pathlib.Path or None
        The user's folder; None for the shipped tables.

    Returns
    -------
    pandas.DataFrame
        Indexed like the candidates.
    """
    rules = set_rules(directory).loc[name]["rule"]
    parts = []
    for rule, level in INHERITED.items():
        # An attribute of a user's own attributes.csv may be left out there.
        wanted = [attribute for attribute in rules.index[rules == rule] if attribute in table(level, directory)]
        if wanted:
            parts.append(table(level, directory)[wanted].reindex(frame[level]).set_axis(frame.index))
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=frame.index)


def row_rules(frame: pd.DataFrame, attribute: str, rule: str) -> pd.Series[str]:
    """Return the rule by which every candidate of a set comes by an attribute.

    Parameters
    ----------
    frame : pandas.DataFrame
        Candidates.
    attribute : str
        The attribute.
    rule : str
        That of the set.

    Returns
    -------
    pandas.Series of str
        Indexed like the candidates.

    Examples
    --------
    >>> frame = pd.DataFrame({"circuit_rule": ["matched_within_10_km", "two_circuits_assumed"]})
    >>> row_rules(frame, "circuit_rating_mva", "circuits_that_end_at_the_site").tolist()
    ['circuits_that_end_at_the_site', 'two_circuits_assumed']
    """
    column, instead = ROW_RULES.get(attribute, ("", ()))
    plain = pd.Series(rule, index=frame.index, dtype=object)
    if column not in frame.columns:
        return plain
    return plain.where(~frame[column].isin(instead), frame[column])


def with_columns(frame: gpd.GeoDataFrame, columns: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the candidates with more columns; one they have already is replaced where it stands.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Candidates.
    columns : pandas.DataFrame
        Indexed like them.

    Returns
    -------
    geopandas.GeoDataFrame
        A new table.
    """
    return frame.assign(**{str(name): columns[name] for name in columns.columns})
