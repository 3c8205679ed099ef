"""Turn the publishers' raw files into the shipped tables: the same files give the same bytes.

`python -m siting.data.rebuild --from DIR --to DIR` writes every table. Each module holds one theme and a
function `rebuild(source, target)`; later themes read what earlier ones wrote. The hand-made tables
(assumptions, attributes, rules, sources) are copied from the shipped folder unless the target has its own.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from siting import catalogue
from siting.data.manifest import write_manifest
from siting.data.reading import source_table
from siting.data.rebuild import (
    climate,
    cohesion,
    countries,
    exchanges,
    facilities,
    generation,
    geometry,
    headroom,
    knowledge,
    network,
    nodes,
    population_economy,
    price_copies,
    prices,
    regional_policy,
    substations,
    surroundings,
    zones,
)
from siting.errors import DataError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

THEMES = {
    "geometry": geometry.rebuild,
    "surroundings": surroundings.rebuild,
    "population_economy": population_economy.rebuild,
    "substations": substations.rebuild,
    "network": network.rebuild,
    "nodes": nodes.rebuild,
    "generation": generation.rebuild,
    "headroom": headroom.rebuild,
    "climate": climate.rebuild,
    "cohesion": cohesion.rebuild,
    "countries": countries.rebuild,
    "prices": prices.rebuild,
    "price_copies": price_copies.rebuild,
    "zones": zones.rebuild,
    "facilities": facilities.rebuild,
    "knowledge": knowledge.rebuild,
    "regional_policy": regional_policy.rebuild,
    "exchanges": exchanges.rebuild,
}
"""Themes in the order in which they depend on each other."""

HAND_MADE = (
    "attributes.csv",
    "bidding_zones.csv",
    "candidate_sets.csv",
    "climate_classes.csv",
    "connection_waits.csv",
    "electricity_tax_adjustments.csv",
    "generation_derating.csv",
    "grid_parameters.csv",
    "line_types.csv",
    "published_totals.csv",
    "regional_aid_areas.csv",
    "rules.csv",
    "sources.toml",
)
"""Tables that people write: the rebuild reads some of them and makes none."""


def changed_files(source: Path) -> list[str]:
    """Return the raw files whose checksum is not the one in `sources.toml`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.

    Returns
    -------
    list of str
        Names below the folder, sorted; a missing file counts as changed.
    """
    changed = []
    for entry in source_table(None).values():
        for name, expected in entry.get("files", {}).items():
            path = source / name
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
                changed.append(name)
    return sorted(changed)


def rebuild(source: Path, target: Path, report: Callable[[str], None] = lambda _: None) -> None:
    """Write every shipped table.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files, laid out as the `files` of `sources.toml` name them.
    target : pathlib.Path
        Folder of the tables; made if it does not exist.
    report : callable, optional
        Called with the name of each theme before it is built.

    Raises
    ------
    siting.errors.DataError
        If the folder of raw files does not exist, or a raw file is missing or has changed its format.
    siting.errors.OutputError
        If a table cannot be written.
    """
    if not source.is_dir():
        raise DataError(f"the folder of raw files {source} does not exist")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in HAND_MADE:
            if not (target / name).is_file():
                shutil.copyfile(catalogue.data_directory() / name, target / name)
    except OSError as error:
        raise OutputError(f"cannot write into {target}: {error}") from error
    for name, build in THEMES.items():
        report(name)
        build(source, target)
    write_manifest(target)
