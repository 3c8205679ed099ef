"""Where the shipped folders stand: inside the installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

from siting.errors import DataError

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """Return the folder `name` of the wheel if it exists, otherwise that of the checkout."""
    places = (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise DataError(
        f"the shipped folder '{name}' was found neither at {places[0]} nor at {places[1]}; reinstall siting"
    )


def data_directory() -> Path:
    """Return the folder of the shipped tables.

    Returns
    -------
    pathlib.Path
        An existing folder, with `sources.toml`, `attributes.csv` and the tables they describe.

    Raises
    ------
    siting.errors.DataError
        If neither the wheel nor the checkout holds it.

    Examples
    --------
    >>> (data_directory() / "sources.toml").is_file()
    True
    """
    return _shipped("data")


def models_directory() -> Path:
    """Return the folder of the shipped model files.

    Returns
    -------
    pathlib.Path
        An existing folder of TOML files.

    Raises
    ------
    siting.errors.DataError
        If neither the wheel nor the checkout holds it.

    Examples
    --------
    >>> models_directory().name
    'models'
    """
    return _shipped("models")
