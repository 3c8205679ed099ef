"""Which tables are made of which raw files, and where each raw file comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from siting.data.rebuild import HAND_MADE, THEMES
from siting.data.refresh import carried, eurostat, others
from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from siting.data.refresh.publishers import Client

LEVELS = ("nuts0", "nuts2", "nuts3")
CONVERTER_FILES = ("n2_cm_v2021_v2024.csv", "n3_cm_v2021_v2024.csv")
GRIDKIT_FILES = ("buses.csv", "lines.csv")

CLIENTS: dict[str, Callable[[Client, Path], None]] = {
    **{f"geometry/{level}_2021_10m.topojson": others.boundaries(int(level[-1])) for level in LEVELS},
    "geometry/natural_earth_countries_50m.json": others.fixed(
        "world_atlas", "countries-50m.json", "geometry/natural_earth_countries_50m.json"
    ),
    **{
        f"population/{name}": others.fixed("github_files", f"{others.CONVERTER}/{name}", f"population/{name}")
        for name in CONVERTER_FILES
    },
    "population/eurostat_nama_10r_2gdp.csv": eurostat.gross_domestic_product,
    "population/eurostat_gdp_pc_pps_rel_eu_nuts2.csv": eurostat.gross_domestic_product_per_head,
    "population/eurostat_tgs00042_gerd_rd_expenditure.csv": eurostat.research_and_development,
    "population/eurostat_tgs00109_tertiary_education_25_64.csv": eurostat.tertiary_education,
    "grid/osm_buses.csv": others.grid("buses.csv", ("bus_id", "voltage", "x", "y", "country")),
    "grid/osm_transformers.csv": others.grid("transformers.csv", ("transformer_id", "bus0", "bus1", "s_nom")),
    **{
        f"grid/entsoegridkit/{name}": others.fixed(
            "github_files", f"{others.GRIDKIT}/{name}", f"grid/entsoegridkit/{name}"
        )
        for name in GRIDKIT_FILES
    },
    "grid/powerplants_ge10mw.csv": others.power_plants,
    "prices/eurostat_nrg_pc_205_if_ig_ex_vat.csv": eurostat.prices,
    "prices/ember_wholesale_monthly.csv": others.day_ahead,
    "climate/owid_carbon_intensity_electricity.csv": others.carbon_intensity,
    "ai/ai_adoption_by_country.csv": eurostat.ai_adoption,
    "internet/peeringdb_ixps.json": others.exchanges,
}
"""Raw files that a publisher serves."""

CARRIED: dict[str, Callable[[Path, Path], None]] = {
    "domain/enduser_adders_estimates.csv": carried.adders,
    "grid/electricity_load_twh_unchecked.csv": carried.load,
    "ai/ai_factories_compiled.csv": carried.ai_factories,
}
"""Raw files that people wrote, which are written again from the tables made of them."""


@dataclass(frozen=True)
class Theme:
    """One step of the rebuild: what it writes, reads, and waits for.

    Parameters
    ----------
    tables : tuple of str
        Files it writes.
    raw : tuple of str
        Raw files it cannot do without.
    after : tuple of str
        Themes whose tables it reads.
    note : str
        Why it is not refreshed, where no publisher can be asked.
    """

    tables: tuple[str, ...]
    raw: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    note: str = ""


_GDP_PER_HEAD = "population/eurostat_gdp_pc_pps_rel_eu_nuts2.csv"
_OSM = ("grid/osm_buses.csv", "grid/osm_transformers.csv")
_GRIDKIT = tuple(f"grid/entsoegridkit/{name}" for name in GRIDKIT_FILES)

PLAN: dict[str, Theme] = {
    "geometry": Theme(
        ("nuts2.fgb", "nuts3.fgb", "neighbours.fgb"), tuple(f"geometry/{level}_2021_10m.topojson" for level in LEVELS)
    ),
    "surroundings": Theme(("surroundings.fgb",), ("geometry/natural_earth_countries_50m.json",), ("geometry",)),
    "population_economy": Theme(
        ("population_economy.csv", "demand_nuts3.csv"),
        (
            *(f"population/{name}" for name in CONVERTER_FILES),
            "population/eurostat_nama_10r_2gdp.csv",
            _GDP_PER_HEAD,
        ),
        ("geometry",),
    ),
    "substations": Theme(("grid_openstreetmap.csv",), _OSM, ("geometry",)),
    "network": Theme(("grid_network.csv",), (*_OSM, *_GRIDKIT), ("geometry", "substations")),
    "nodes": Theme(("grid_nodes.csv",), (*_OSM, *_GRIDKIT), ("geometry", "substations", "network")),
    "generation": Theme(("grid_generation.csv", "power_plants.csv"), ("grid/powerplants_ge10mw.csv",), ("geometry",)),
    "headroom": Theme(
        ("grid_headroom.csv",),
        ("grid/electricity_load_twh_unchecked.csv",),
        ("substations", "network", "generation", "population_economy"),
    ),
    "climate": Theme(("climate.csv", "climate_raster.csv"), (), ("geometry", "substations")),
    "cohesion": Theme(
        ("cohesion.csv", "programme.csv"), (), ("geometry",),
        "the lists of cohesion categories and of the procuring states were compiled by hand",
    ),
    "countries": Theme(
        ("carbon_intensity.csv", "enterprise_ai_adoption.csv"),
        ("climate/owid_carbon_intensity_electricity.csv", "ai/ai_adoption_by_country.csv"),
    ),
    "prices": Theme(
        ("electricity_prices.csv", "electricity_prices_monthly.csv", "electricity_adders.csv"),
        (
            "prices/eurostat_nrg_pc_205_if_ig_ex_vat.csv", "prices/ember_wholesale_monthly.csv",
            "domain/enduser_adders_estimates.csv",
        ),
    ),
    "zones": Theme(
        ("electricity_prices_zones.csv",), (), ("prices",),
        "the hourly prices of the Swedish zones need a key of the ENTSO-E Transparency Platform",
    ),
    "price_copies": Theme(
        ("price_copies.csv",), (), (), "the second copy of the price table is a file that nobody publishes"
    ),
    "facilities": Theme(
        ("accelerators.csv", "latency_measurements.csv"), (), (),
        "the power of accelerators and the measured round trips were transcribed by hand",
    ),
    "knowledge": Theme(
        ("knowledge.csv", "ai_factories.csv"),
        (
            "population/eurostat_tgs00042_gerd_rd_expenditure.csv",
            "population/eurostat_tgs00109_tertiary_education_25_64.csv", "ai/ai_factories_compiled.csv",
            "population/n2_cm_v2021_v2024.csv",
        ),
        ("geometry",),
    ),
    "regional_policy": Theme(
        ("regional_policy.csv", "just_transition.csv", "connection_wait.csv"), (), ("geometry",),
        "the lists of Just Transition territories and of the Cohesion Fund were compiled by hand",
    ),
    "exchanges": Theme(("internet_exchanges.csv",), ("internet/peeringdb_ixps.json",), ("geometry",)),
}  # fmt: skip
"""What each step of the rebuild needs. A step that is not described here is not refreshed."""


def _stem(table: str) -> str:
    return table.rsplit(".", 1)[0]


def chosen(tables: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the themes that make some tables, those that read what they write, and why others are left out.

    Parameters
    ----------
    tables : iterable of str
        Names of tables with or without ending, or of themes; none for everything.

    Returns
    -------
    tuple of (list of str, list of str)
        Themes in the order of the rebuild, and one sentence per table or theme that cannot be refreshed.

    Raises
    ------
    siting.errors.InputError
        If a name is neither.
    """
    owners = {name: theme for theme, entry in PLAN.items() for table in entry.tables for name in (table, _stem(table))}
    hand_made = {name for table in HAND_MADE for name in (table, _stem(table))}
    wanted, notes = set(), []
    for name in tables:
        if name in hand_made:
            notes.append(f"{name} is written by hand: edit it, then run `siting data manifest`")
            continue
        theme = owners.get(name, name)
        if theme not in PLAN:
            valid = sorted({_stem(table) for table in owners} | set(PLAN) | {_stem(table) for table in HAND_MADE})
            raise InputError(f"'{name}' is not a table{suggestion(name, valid)}")
        wanted.add(theme)
    if not wanted and not notes:
        wanted = set(PLAN)
    for theme in THEMES:
        if theme in PLAN and wanted & set(PLAN[theme].after):
            wanted.add(theme)
    listed = [theme for theme in THEMES if theme in wanted]
    notes += [f"{theme} is kept as it is: {PLAN[theme].note}" for theme in listed if PLAN[theme].note]
    return [theme for theme in listed if not PLAN[theme].note], notes
