"""Where each publisher keeps its files, and the raw files made of what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from siting.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from siting.data.refresh.transfer import Transfer

PUBLISHERS = {
    "eurostat": "https://ec.europa.eu/eurostat/api/dissemination",
    "gisco": "https://gisco-services.ec.europa.eu/distribution/v2",
    "ember": "https://files.ember-energy.org/public-downloads",
    "our_world_in_data": "https://ourworldindata.org/grapher",
    "zenodo": "https://zenodo.org/api",
    "peeringdb": "https://www.peeringdb.com/api",
    "github": "https://api.github.com",
    "github_files": "https://raw.githubusercontent.com",
    "geonames": "https://download.geonames.org/export/dump",
    "world_atlas": "https://cdn.jsdelivr.net/npm/world-atlas@2.0.2",
}
"""Base address per publisher. A mirror serves each below its own name: `MIRROR/eurostat/…`."""


@dataclass(frozen=True)
class Client:
    """Asks the publishers, or one mirror of them all.

    Parameters
    ----------
    transfer : Transfer
        Does the downloading.
    mirror : str, optional
        Base address of a mirror that serves every publisher below its name.
    pins : mapping of str to str
        sha256 per raw file; a file that a publisher keeps under a fixed version must have it.
    """

    transfer: Transfer
    mirror: str | None
    pins: Mapping[str, str]

    def address(self, publisher: str, path: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
        """Return the address of a file.

        Parameters
        ----------
        publisher : str
            A name of `PUBLISHERS`.
        path : str
            Path below its base address.
        parameters : iterable of (str, str)
            Query; a name may repeat.

        Returns
        -------
        str
            URL.
        """
        base = f"{self.mirror.rstrip('/')}/{publisher}" if self.mirror is not None else PUBLISHERS[publisher]
        query = urlencode(list(parameters))
        return f"{base}/{path}" + (f"?{query}" if query else "")

    def fetch(
        self,
        publisher: str,
        path: str,
        parameters: Iterable[tuple[str, str]] = (),
        *,
        name: str | None = None,
        expected: str | None = None,
    ) -> Path:
        """Return a local copy of a publisher's file.

        Parameters
        ----------
        publisher, path, parameters
            As in `address`.
        name : str, optional
            What a person calls the file; the last part of its path by default.
        expected : str, optional
            Checksum, "sha256:…" or "md5:…".

        Returns
        -------
        pathlib.Path
            A file in the cache.
        """
        address = self.address(publisher, path, parameters)
        called = f"{publisher} {name or path.rsplit('/', 1)[-1]}"
        return self.transfer.fetch(address, called, expected=expected)

    def follow(self, publisher: str, link: str, name: str, *, expected: str | None = None) -> Path:
        """Return a local copy of a file that a publisher's answer links to.

        Parameters
        ----------
        publisher : str
            Who answered.
        link : str
            Absolute address, which must lie below the publisher's own.
        name : str
            What a person calls the file.
        expected : str, optional
            Checksum.

        Returns
        -------
        pathlib.Path
            A file in the cache.

        Raises
        ------
        siting.errors.DataError
            If the link leads elsewhere.
        """
        base = PUBLISHERS[publisher]
        if not link.startswith(base + "/"):
            raise DataError(f"{publisher} links to {link}, which is not one of its own files")
        return self.fetch(publisher, link[len(base) + 1 :], name=name, expected=expected)

    def pinned(self, publisher: str, path: str, raw: str) -> Path:
        """Return a local copy of a file of a fixed version, whose checksum is known beforehand.

        Parameters
        ----------
        publisher, path
            As in `address`.
        raw : str
            Name of the raw file, under which its sha256 is known.

        Returns
        -------
        pathlib.Path
            A file in the cache.

        Raises
        ------
        siting.errors.DataError
            If no checksum is known, or the file has another.
        """
        if raw not in self.pins:
            raise DataError(f"no checksum of {raw} is known, so it is not downloaded")
        return self.fetch(publisher, path, expected=f"sha256:{self.pins[raw]}")
