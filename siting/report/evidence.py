"""What is known of the candidates and who says so: every attribute with unit, source, year, grade and rule.

Also what lies around a site: the nearest connection points of the grid and internet exchanges, by geodesic distance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting import data
from siting.assembly import used_columns
from siting.data import reading
from siting.data.inheritance import set_rules
from siting.data.prices import WHOLESALE
from siting.data.provenance import PRICE
from siting.data.strictness import ASSUMED, IMPUTED, MISSING, OWN, which_set
from siting.data.vicinity import exchange_table, node_table
from siting.geography import geodesic_distance_km
from siting.tables import price_options

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from pathlib import Path

    from siting.model import Model
    from siting.solution import Solution

NOT_ATTRIBUTES = frozenset(
    {"geometry", "name", "country", "nuts2", "nuts3", "excluded", "exclusion", "exclusion_reason", "selected",
     "facility", "score"}
)  # fmt: skip
"""Columns of the candidate table that say which candidate it is, or are results."""
PLACE_SOURCES = ("osm_grid", "peeringdb")
BOUNDARY_SOURCES = ("nuts_2021", "natural_earth")
LATENCY_SOURCE = "azure_round_trip"
CITY_SOURCE = "geonames"
ACCELERATOR_SOURCE = "accelerators"


@dataclass(frozen=True)
class Value:
    """One attribute of one candidate.

    Attributes
    ----------
    attribute : str
        Column of the candidate table.
    value : object
        As the model uses it; missing is None or NaN.
    unit : str
        As the tables write it.
    year, grade, rule : str
        Vintage, how far it can be trusted, and the rule that made it; empty where nobody says.
    kind : str
        observed, derived, imputed, assumed, missing or own.
    sources : tuple of str
        Keys of `siting.data.sources()`.
    used : bool
        Whether a criterion, rule or exclusion of the model looks at it.
    """

    attribute: str
    value: Any
    unit: str = ""
    year: str = ""
    grade: str = ""
    rule: str = ""
    kind: str = ""
    sources: tuple[str, ...] = ()
    used: bool = False

    @property
    def imputed(self) -> bool:
        """Whether a rule filled it in where the source has nothing."""
        return self.kind == IMPUTED


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the tables say about the candidates of a solution.

    Parameters
    ----------
    solution : Solution
        Solved from a model.
    """

    solution: Solution
    model: Model
    _numbers: dict[str, int] = field(default_factory=dict)

    @cached_property
    def options(self) -> dict[str, Any]:
        """Which prices and tables the model reads, as the keywords of `siting.data.value_kinds`."""
        return price_options(self.model.data, self.model.folder)

    @property
    def folder(self) -> Path | None:
        """The user's own tables, None for the shipped ones."""
        found: Path | None = self.options["directory"]
        return found

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Columns of the candidate table that the model looks at."""
        return tuple(dict.fromkeys(used_columns(self.model)))

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Every attribute of the candidate table, those the model looks at first."""
        columns = [
            str(column)
            for column in self.solution.candidates.columns
            if column not in NOT_ATTRIBUTES and not str(column).startswith("contribution_")
        ]
        return tuple(sorted(columns, key=lambda column: column not in self.used))

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of each attribute of the tables."""
        units = {str(name): str(unit) for name, unit in data.attributes(self.folder)["unit"].items()}
        return {**units, PRICE: "EUR/MWh"}

    @cached_property
    def rules(self) -> pd.DataFrame:
        """The rules by which values are made: `kind` and `description`."""
        return data.rules(self.folder)

    @cached_property
    def sources(self) -> pd.DataFrame:
        """Every source of the tables."""
        return data.sources(self.folder)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """What `siting.data.value_kinds` says of the attributes of the chosen sites."""
        return self.kinds(self.solution.sites, self.attributes)

    @cached_property
    def used_cells(self) -> pd.DataFrame:
        """The same for the attributes the model looks at, of every candidate that is not excluded."""
        table = self.solution.candidates
        return self.kinds(table.loc[~table["excluded"].to_numpy(dtype=bool)], self.used)

    def kinds(self, candidates: pd.DataFrame, attributes: Iterable[str]) -> pd.DataFrame:
        """Return for each candidate and attribute whether its value was published, derived, filled in or assumed."""
        return data.value_kinds(candidates, attributes, **self.options)

    def values(self, site: Hashable) -> list[Value]:
        """Return every attribute of a chosen site with where it comes from.

        Parameters
        ----------
        site : hashable
            Its identifier.

        Returns
        -------
        list of Value
            In the order of `attributes`.
        """
        row = self.solution.sites.loc[site]
        cells = self.cells[self.cells["candidate"] == str(site)].set_index("attribute")
        return [self._value(name, row, cells) for name in self.attributes]

    def _value(self, name: str, row: pd.Series[Any], cells: pd.DataFrame) -> Value:
        value, unit, used = row[name], self.units.get(name, ""), name in self.used
        if name not in cells.index:
            return Value(name, value, unit, kind=OWN, used=used)
        cell = {str(key): str(entry) for key, entry in cells.loc[name].items()}
        if cell["kind"] == OWN:
            return Value(name, value, unit, kind=OWN, used=used)
        if cell["kind"] == MISSING and not pd.isna(value):
            return Value(name, value, unit, kind=OWN, used=used)
        year = self._year(name, cell["region"], str(row.get("country", "")))
        return Value(
            name, value, unit, year, cell["grade"], cell["rule"], cell["kind"], split_keys(cell["source"]), used
        )

    @cached_property
    def _years(self) -> pd.Series[Any]:
        """Vintage of every row of the region tables."""
        rows = reading.values(self.folder)
        return rows.drop_duplicates(["attribute", "region"]).set_index(["attribute", "region"])["year"]

    @cached_property
    def _prices(self) -> pd.DataFrame:
        options = {key: self.options[key] for key in ("series", "period", "tax_adjustments", "directory")}
        return data.electricity_prices(**options)

    def _year(self, name: str, region: str, country: str) -> str:
        """Return the vintage of a value: of its row, of the price, or of what the candidate set computes."""
        if name == PRICE:
            return str(self._prices["year"].get(country, ""))
        if (name, region) in self._years.index:
            return str(self._years[name, region])
        found, rules = which_set(self.solution.candidates), set_rules(self.folder)
        return str(rules["year"].to_dict().get((found, name), ""))

    def site_sources(self) -> list[str]:
        """Return the keys of every source that a page of a site names, in the order of their first use."""
        keys: dict[str, None] = {}
        for site in self.solution.sites.index:
            for value in self.values(site):
                keys.update(dict.fromkeys(value.sources))
        return list(keys)

    @cached_property
    def all_sources(self) -> tuple[str, ...]:
        """Keys of every source the dossier rests on, those they were made from included, in the order of printing."""
        section = self.model.data
        keys = [*BOUNDARY_SOURCES, *self.site_sources(), *PLACE_SOURCES]
        keys += [key for cell in self.used_cells["source"].unique() for key in split_keys(str(cell))]
        keys += [key for cell in self._prices["source"].dropna().unique() for key in split_keys(str(cell))]
        criteria = self.model.active_criteria.values()
        keys += [LATENCY_SOURCE] if any(block.kind == "latency" for block in criteria) else []
        keys += [CITY_SOURCE] if section.demand == "cities" else []
        coverage = data.coverage(self.folder).reset_index()
        demand = coverage[
            (coverage["level"] == section.demand) & coverage["attribute"].isin(self.solution.demand.columns)
        ]
        keys += [key for cell in demand["sources"].unique() for key in split_keys(str(cell))]
        return tuple(self._with_origins(keys))

    def _with_origins(self, keys: Iterable[str]) -> list[str]:
        """Return sources and what they were made from, each before its origins."""
        found: dict[str, None] = {}
        waiting = list(dict.fromkeys(keys))
        while waiting:
            key = waiting.pop(0)
            if key in found or key not in self.sources.index:
                continue
            found[key] = None
            origins = self.sources.loc[key].get("derived_from")
            waiting += [str(origin) for origin in origins] if isinstance(origins, list | tuple) else []
        return list(found)

    def number(self, key: str) -> int | None:
        """Return the number under which the dossier lists a source, None for one it does not know."""
        if not self._numbers:
            self._numbers.update({name: place for place, name in enumerate(self.all_sources, start=1)})
        return self._numbers.get(key)

    def reference(self, keys: Iterable[str]) -> str:
        """Return numbers of sources as they stand in the text, ``[3, 7]``; empty for none."""
        numbers = [number for key in keys if (number := self.number(key)) is not None]
        return f"[{', '.join(map(str, sorted(set(numbers))))}]" if numbers else ""

    def nearest_nodes(self, site: Hashable, count: int) -> pd.DataFrame:
        """Return the connection points of 220 kV and above nearest to a site.

        Parameters
        ----------
        site : hashable
            Its identifier.
        count : int
            How many.

        Returns
        -------
        pandas.DataFrame
            Columns `name` (its NUTS-3 region), `voltages_kv`, `transformer_mva`, `distance_km`; nearest first.
        """
        nodes = node_table(self.folder)
        regions = reading.layer("nuts3", None)["name"]
        return self._nearest(site, nodes.assign(name=regions.reindex(nodes["nuts3"]).to_numpy(dtype=object)), count)

    def nearest_exchanges(self, site: Hashable, count: int) -> pd.DataFrame:
        """Return the internet exchanges nearest to a site.

        Parameters
        ----------
        site : hashable
            Its identifier.
        count : int
            How many.

        Returns
        -------
        pandas.DataFrame
            Columns `name`, `city`, `country`, `networks`, `distance_km`; nearest first.
        """
        table = exchange_table(self.folder)
        return self._nearest(site, table[table["longitude_degrees"].notna()], count)

    def _nearest(self, site: Hashable, places: pd.DataFrame, count: int) -> pd.DataFrame:
        row = self.solution.sites.loc[site]
        away = geodesic_distance_km(
            np.full(len(places), float(row["longitude_degrees"])), np.full(len(places), float(row["latitude_degrees"])),
            places["longitude_degrees"].to_numpy(dtype=float), places["latitude_degrees"].to_numpy(dtype=float),
        )  # fmt: skip
        return places.assign(distance_km=away).sort_values("distance_km", kind="stable").head(count)

    def shares(self) -> pd.Series[float]:
        """Return the share of each kind among the values the model uses, of the candidates that are not excluded."""
        kinds = self.used_cells["kind"]
        return kinds[kinds != MISSING].value_counts(normalize=True)

    def assumed(self) -> pd.DataFrame:
        """Return the assumed and imputed values that the model uses, one row per attribute and rule.

        Returns
        -------
        pandas.DataFrame
            Columns `attribute`, `kind`, `grade`, `rule`, `source`, `count`, `sites` (how many of the chosen).
        """
        cells = self.used_cells[self.used_cells["kind"].isin([IMPUTED, ASSUMED])]
        chosen = {str(site) for site in self.solution.portfolio or ()}
        columns = ["attribute", "kind", "grade", "rule", "source"]
        grouped = cells.assign(chosen=cells["candidate"].isin(chosen)).groupby(columns, sort=False)["chosen"]
        return grouped.agg(count="size", sites="sum").reset_index()

    @property
    def is_wholesale(self) -> bool:
        """Whether prices are those of the day-ahead market."""
        return bool(self.options["series"] == WHOLESALE)


def split_keys(cell: str) -> tuple[str, ...]:
    """Return the keys of sources in a cell.

    Examples
    --------
    >>> split_keys("osm_grid; peeringdb"), split_keys("")
    (('osm_grid', 'peeringdb'), ())
    """
    return tuple(key for key in cell.split("; ") if key)


def grades_in(values: Sequence[Value]) -> list[str]:
    """Return the grades that occur, in the order of first use."""
    return list(dict.fromkeys(value.grade for value in values if value.grade))
