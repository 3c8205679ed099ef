"""Download files with retries, resumption, checksums and a cache; a failure is one sentence."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from siting._version import __version__
from siting.errors import DataError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 16
RETRIED_STATUS = (408, 429, 500, 502, 503, 504)
NOT_MODIFIED, PARTIAL_CONTENT, RANGE_NOT_SATISFIABLE, FIRST_ERROR = 304, 206, 416, 400
INSTALL = "downloading needs the package requests; install siting[refresh]"


def _silent(name: str, done: int, total: int | None) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Patience:
    """How long to try.

    Parameters
    ----------
    retries : int, default 4
        How often a request is repeated after a broken connection or a status such as 503, and how often a body
        that breaks off is resumed.
    backoff_seconds : float, default 0.5
        Pause before the second repetition; it doubles from one to the next. A server's Retry-After is obeyed.
    connect_seconds, read_seconds : float
        How long to wait for a connection, and for the next bytes.
    """

    retries: int = 4
    backoff_seconds: float = 0.5
    connect_seconds: float = 15.0
    read_seconds: float = 60.0


@dataclass
class Transfer:
    """A client that keeps what it downloads in a folder and asks whether it has changed.

    Parameters
    ----------
    cache : pathlib.Path
        Folder of downloads, made when needed. A download that broke off is resumed by the next run.
    patience : Patience
        Retries and timeouts.
    progress : callable
        Called with a name, the bytes held, and the bytes expected or None.
    """

    cache: Path
    patience: Patience = field(default_factory=Patience)
    progress: Callable[[str, int, int | None], None] = _silent

    def __post_init__(self) -> None:
        self._session = _session(self.patience)

    def fetch(self, address: str, name: str, *, expected: str | None = None) -> Path:
        """Return a complete local copy of a file.

        Parameters
        ----------
        address : str
            URL with its query.
        name : str
            What a person calls the file, for messages.
        expected : str, optional
            "sha256:…" or "md5:…"; a file with another checksum is thrown away.

        Returns
        -------
        pathlib.Path
            A file in the cache.

        Raises
        ------
        siting.errors.DataError
            If the server refuses, does not answer in time, breaks off too often, or sends a file with another
            checksum or length.
        siting.errors.OutputError
            If the cache cannot be written.
        """
        entry = _Entry(self.cache, address)
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            self._complete(entry, address, name)
            if expected is not None:
                _check(entry.whole, expected, name, address)
        except DataError:
            if expected is not None and entry.whole.is_file():
                entry.forget()
            raise
        except OSError as error:
            if _is_network(error):
                raise DataError(f"{name}: {address} cannot be reached: {_reason(error)}") from error
            raise OutputError(f"cannot keep {name} in the download folder {self.cache}: {error}") from error
        return entry.whole

    def _complete(self, entry: _Entry, address: str, name: str) -> None:
        """Download until the whole file is there, resuming where the connection breaks off."""
        why: Exception | None = None
        for attempt in range(self.patience.retries + 1):
            if attempt:
                time.sleep(self.patience.backoff_seconds * 2 ** (attempt - 1))
            try:
                if self._attempt(entry, address, name):
                    return
            except OSError as error:  # requests' errors are OSErrors
                if not _is_network(error):
                    raise
                why = error
        held = entry.part.stat().st_size if entry.part.is_file() else 0
        raise DataError(
            f"{name}: the download of {address} broke off {self.patience.retries + 1} times, {held:,} bytes are held "
            f"and will be resumed ({_reason(why) if why else 'the server sent too little'})"
        )

    def _attempt(self, entry: _Entry, address: str, name: str) -> bool:
        """Make one request; True when the file is complete."""
        waits = (self.patience.connect_seconds, self.patience.read_seconds)
        with self._session.get(address, headers=entry.headers(), stream=True, timeout=waits) as response:
            if response.status_code == NOT_MODIFIED:
                return True
            if response.status_code == RANGE_NOT_SATISFIABLE:
                entry.discard_part()
                return False
            if response.status_code >= FIRST_ERROR:
                reason = f"{response.status_code} {response.reason or ''}".strip()
                raise DataError(f"{name}: {address} answers {reason}")
            return self._receive(entry, response, name)

    def _receive(self, entry: _Entry, response: Any, name: str) -> bool:
        """Write the body after what is held already; True when it has the length that was announced."""
        resumed = response.status_code == PARTIAL_CONTENT
        held = entry.part.stat().st_size if resumed else 0
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {held}-"):
            entry.discard_part()
            return False
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        length = None if encoded else response.headers.get("Content-Length")
        total = held + int(length) if length is not None else None
        entry.remember(response.headers, complete=False)
        with entry.part.open("ab" if resumed else "wb") as stream:
            for chunk in response.iter_content(CHUNK_BYTES) if encoded else _pieces(response):
                stream.write(chunk)
                held += len(chunk)
                self.progress(name, held, total)
        if total is not None and held != total:
            return False
        os.replace(entry.part, entry.whole)  # noqa: PTH105 - replaces in one step on every system
        entry.remember(response.headers, complete=True)
        return True


class _Entry:
    """One file of the cache: the whole file, the part of one that broke off, and what the server said of it."""

    def __init__(self, cache: Path, address: str) -> None:
        key = hashlib.sha256(address.encode()).hexdigest()[:20]
        self.whole, self.part, self.notes = (cache / f"{key}.{ending}" for ending in ("whole", "part", "json"))

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest of a part, or whether a whole file has changed."""
        try:
            notes = json.loads(self.notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            notes = {}
        etag, modified = notes.get("etag", ""), notes.get("modified", "")
        strong = etag if etag and not etag.startswith("W/") else modified
        # Without a strong validator the rest may belong to another version: start again.
        if self.part.is_file() and not notes.get("complete") and strong:
            return {"Range": f"bytes={self.part.stat().st_size}-", "If-Range": strong}
        if self.whole.is_file() and notes.get("complete"):
            conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
            return {name: value for name, value in conditions.items() if value}
        return {}

    def remember(self, headers: Any, *, complete: bool) -> None:
        """Note the validators the server gave."""
        notes = {"etag": headers.get("ETag", ""), "modified": headers.get("Last-Modified", ""), "complete": complete}
        self.notes.write_text(json.dumps(notes), encoding="utf-8")

    def discard_part(self) -> None:
        """Throw away what is held of an incomplete file."""
        self.part.unlink(missing_ok=True)

    def forget(self) -> None:
        """Throw away everything that is known of the file."""
        for path in (self.whole, self.part, self.notes):
            path.unlink(missing_ok=True)


def _session(patience: Patience) -> Any:
    """Return a requests session that repeats requests which fail in passing."""
    try:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry
    except ImportError as error:
        raise DataError(INSTALL) from error
    retry = Retry(
        total=patience.retries,
        backoff_factor=patience.backoff_seconds,
        status_forcelist=RETRIED_STATUS,
        allowed_methods=("GET",),
        raise_on_status=False,
        respect_retry_after_header=True,
    )
    session = requests.Session()
    # Lengths and ranges count bytes as stored, so the server must not compress.
    session.headers.update({"User-Agent": f"siting/{__version__} (data refresh)", "Accept-Encoding": "identity"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _pieces(response: Any) -> Iterator[bytes]:
    """Return the body as it arrives: what came before a connection broke off is not lost."""
    from urllib3.exceptions import HTTPError

    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
            yield chunk
    except HTTPError as error:
        raise ConnectionError(str(error)) from error


def _is_network(error: OSError) -> bool:
    """Return whether an error came from the network and not from the disk."""
    return type(error).__module__.split(".")[0] in {"requests", "urllib3"} or isinstance(error, ConnectionError)


def _reason(error: BaseException) -> str:
    """Return the innermost cause of a network error in a few words."""
    text = str(error)
    for sign, words in (
        ("timed out", "no answer in time"),
        ("IncompleteRead", "the server sent too little"),
        ("Connection refused", "connection refused"),
        ("NameResolution", "the name of the server is not known"),
        ("Name or service", "the name of the server is not known"),
        ("too many", "too many errors of the server"),
    ):
        if sign in text:
            return words
    return text.splitlines()[0] if text else type(error).__name__


def _check(path: Path, expected: str, name: str, address: str) -> None:
    """Refuse a file with another checksum."""
    kind, _, digest = expected.partition(":")
    if kind not in hashlib.algorithms_available:
        raise DataError(f"{name}: the checksum '{expected}' is of an unknown kind")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, kind).hexdigest()
    if found != digest.lower():
        raise DataError(
            f"{name}: {address} has the {kind} {found[:12]}…, {digest[:12]}… is expected; the download was damaged or "
            "the file has changed"
        )
