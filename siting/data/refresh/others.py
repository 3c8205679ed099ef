"""Clients of the other publishers: each reads the publisher's own format and writes the raw file of the rebuild."""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.data.rebuild.raw import numbers, read_csv
from siting.data.rebuild.topology import read_topojson
from siting.data.rebuild.writing import write_frame
from siting.data.tables import COUNTRY_NAMES
from siting.errors import DataError, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from siting.data.refresh.publishers import Client

ZENODO_RECORD = "14144752"
"""Prebuilt electricity network of PyPSA-Eur from OpenStreetMap data, version 0.6."""
PLANTS = "PyPSA/powerplantmatching"
PLANT_COLUMNS = (
    "id", "Name", "Fueltype", "Technology", "Country", "Capacity", "DateIn", "DateOut", "lat", "lon",
)  # fmt: skip
SMALLEST_PLANT_MW = 10.0
CONVERTER = "ropensci/nuts/8637f59e6913ce9d6403a3f96e0c3fdd4b13c8f0/data-raw/_JRC_NUTSconverter_Matrices_rel.2025.08"
"""A copy of the release 2025.08 of the JRC's converter, whose own site has no address for a file."""
GRIDKIT = "PyPSA/pypsa-eur/v2025.01.0/data/entsoegridkit"
QUANTUM_DEGREES = 1e-5
"""Step of the grid on which an unquantised topology is put: about a metre."""
CITY_COLUMNS = {"name": 1, "latitude_degrees": 4, "longitude_degrees": 5, "country": 8, "population": 14}
"""Position of the columns we keep in a table of GeoNames."""
CITY_FIELDS = 19


def _json(path: Path, name: str) -> Any:
    """Return a JSON answer."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{name}: the answer is no JSON: {error}") from error


def boundaries(level: int) -> Callable[[Client, Path], None]:
    """Return a function that writes the polygons of a NUTS level, 1:10 million, as TopoJSON.

    Parameters
    ----------
    level : int
        0, 2 or 3.

    Returns
    -------
    callable
        Takes a client and the raw file.
    """

    def write(client: Client, target: Path) -> None:
        path = client.fetch("gisco", f"nuts/topojson/NUTS_RG_10M_2021_4326_LEVL_{level}.json")
        topology = _json(path, f"gisco NUTS {level}")
        target.write_text(json.dumps(_quantised(topology)), encoding="utf-8")
        for properties, _ in read_topojson(target):
            for column in ("NUTS_ID", "NAME_LATN", "CNTR_CODE"):
                if column not in properties:
                    hint = suggestion(column, properties)
                    raise DataError(f"gisco NUTS {level}: the polygons lack the property '{column}'{hint}")

    return write


def _quantised(topology: Any) -> Any:
    """Return a topology whose arcs are steps on a grid; the publisher's may hold degrees instead."""
    if not isinstance(topology, dict) or topology.get("type") != "Topology" or "transform" in topology:
        return topology
    arcs = []
    for arc in topology.get("arcs", ()):
        grid = np.round(np.asarray(arc, dtype=float)[:, :2] / QUANTUM_DEGREES).astype(np.int64)
        arcs.append(np.diff(grid, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).tolist())
    return {**topology, "arcs": arcs, "transform": {"scale": [QUANTUM_DEGREES] * 2, "translate": [0.0, 0.0]}}


def day_ahead(client: Client, target: Path) -> None:
    """Write Ember's monthly day-ahead prices as they are.

    Parameters
    ----------
    client : Client
        Asks the publisher.
    target : pathlib.Path
        The raw file.
    """
    path = client.fetch("ember", "price/outputs/european_wholesale_electricity_price_data_monthly.csv")
    _copied(path, target, ("Country", "Date", "Price (EUR/MWhe)"), "ember monthly prices")


def carbon_intensity(client: Client, target: Path) -> None:
    """Write the carbon intensity of electricity by country and year as it is.

    Parameters
    ----------
    client, target
        As in `day_ahead`.
    """
    path = client.fetch("our_world_in_data", "carbon-intensity-electricity.csv")
    columns = ("Entity", "Year", "Carbon intensity of electricity - gCO2/kWh")
    _copied(path, target, columns, "our_world_in_data carbon intensity")


def _copied(path: Path, target: Path, columns: tuple[str, ...], name: str) -> None:
    """Copy a CSV file after making sure that it has the columns we rely on."""
    try:
        read_csv(path, columns)
    except DataError as error:
        raise DataError(f"{name}: {str(error).replace(path.name, 'the answer')}") from error
    shutil.copyfile(path, target)


def grid(name: str, columns: tuple[str, ...]) -> Callable[[Client, Path], None]:
    """Return a function that writes one table of the OpenStreetMap grid.

    Parameters
    ----------
    name : str
        File of the Zenodo record, such as "buses.csv".
    columns : tuple of str
        Columns it must have.

    Returns
    -------
    callable
        Takes a client and the raw file.
    """

    def write(client: Client, target: Path) -> None:
        record = _json(client.fetch("zenodo", f"records/{ZENODO_RECORD}"), "zenodo record")
        try:
            files = {entry["key"]: entry for entry in record["files"]}
        except (KeyError, TypeError) as error:
            raise DataError(f"zenodo record {ZENODO_RECORD}: the answer lists no files") from error
        if name not in files:
            raise DataError(f"zenodo record {ZENODO_RECORD} has no file '{name}'{suggestion(name, files)}")
        entry = files[name]
        path = client.follow("zenodo", entry["links"]["self"], name, expected=entry["checksum"])
        # The publisher quotes geometries with an apostrophe, which the raw files of the rebuild do not.
        first = path.read_text(encoding="utf-8").split("\n", 2)[1:2]
        quote = "'" if first and "'" in first[0] and '"' not in first[0] else '"'
        write_frame(read_csv(path, columns, quotechar=quote), target)

    return write


def power_plants(client: Client, target: Path) -> None:
    """Write the plants of the Union of 10 MW and above of the latest release of powerplantmatching.

    Parameters
    ----------
    client, target
        As in `day_ahead`.
    """
    release = _json(client.fetch("github", f"repos/{PLANTS}/releases/latest"), "powerplantmatching release")
    tag = release.get("tag_name") if isinstance(release, dict) else None
    if not tag:
        raise DataError("powerplantmatching: the answer names no release")
    frame = read_csv(client.fetch("github_files", f"{PLANTS}/{tag}/powerplants.csv"), PLANT_COLUMNS)
    members = {*COUNTRY_NAMES.values(), "Czech Republic"}
    large = numbers(frame["Capacity"]) >= SMALLEST_PLANT_MW
    write_frame(frame[large & frame["Country"].isin(members)], target)


def exchanges(client: Client, target: Path) -> None:
    """Write the internet exchanges, each placed at its facility with the most networks.

    Parameters
    ----------
    client, target
        As in `day_ahead`.
    """
    answers = {name: _listed(client, name) for name in ("ix", "ixfac", "fac")}
    places = {row["id"]: row for row in answers["fac"] if row.get("latitude") is not None}
    best: dict[int, dict[str, Any]] = {}
    for link in answers["ixfac"]:
        place = places.get(link["fac_id"])
        known = best.get(link["ix_id"])
        if place and (known is None or (place["net_count"], -place["id"]) > (known["net_count"], -known["id"])):
            best[link["ix_id"]] = place
    listed = []
    for row in answers["ix"]:
        place = best.get(row["id"], {})
        kept = {key: row.get(key, "") for key in ("id", "name", "name_long", "city", "country", "website")}
        listed.append(
            {
                **kept, "region": row.get("region_continent", ""), "net_count": row["net_count"],
                "lat": place.get("latitude"), "lng": place.get("longitude"),
            }
        )  # fmt: skip
    target.write_text(json.dumps({"exchanges": listed}, ensure_ascii=False), encoding="utf-8")


_OBJECTS = {
    "ix": ("id", "net_count", "country"),
    "ixfac": ("ix_id", "fac_id"),
    "fac": ("id", "net_count", "latitude"),
}
"""Keys that objects of PeeringDB must have."""


def _listed(client: Client, name: str) -> list[dict[str, Any]]:
    """Return the objects of one kind that PeeringDB holds."""
    answer = _json(client.fetch("peeringdb", name), f"peeringdb {name}")
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise DataError(f"peeringdb {name}: the answer has no list 'data'")
    for row in rows[:1]:
        for key in _OBJECTS[name]:
            if key not in row:
                raise DataError(f"peeringdb {name}: the objects lack '{key}'{suggestion(key, row)}")
    return rows


def cities(client: Client, target: Path) -> None:
    """Write the cities of the world with 15,000 people and more.

    Parameters
    ----------
    client, target
        As in `day_ahead`.
    """
    import pandas as pd

    path = client.fetch("geonames", "cities15000.zip")
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read("cities15000.txt").decode("utf-8")
    except (zipfile.BadZipFile, KeyError) as error:
        raise DataError(f"geonames cities15000.zip: the archive does not hold cities15000.txt: {error}") from error
    rows = list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    if any(len(row) != CITY_FIELDS for row in rows):
        raise DataError(f"geonames cities15000.txt: a row has not the {CITY_FIELDS} columns of its documentation")
    cells = [[row[position] for position in CITY_COLUMNS.values()] for row in rows]
    write_frame(pd.DataFrame(cells, columns=list(CITY_COLUMNS)), target)


def fixed(publisher: str, path: str, raw: str) -> Callable[[Client, Path], None]:
    """Return a function that copies a file of a fixed version, whose checksum is known.

    Parameters
    ----------
    publisher, path : str
        Where it is.
    raw : str
        Name of the raw file.

    Returns
    -------
    callable
        Takes a client and the raw file.
    """

    def write(client: Client, target: Path) -> None:
        shutil.copyfile(client.pinned(publisher, path, raw), target)

    return write
