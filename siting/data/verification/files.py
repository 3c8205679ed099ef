"""Checks of the files themselves: checksums, the form of every row, and the keys that rows name."""

from __future__ import annotations

import csv
import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any

from siting import catalogue
from siting.data import checking, reading
from siting.data.manifest import checksum, read_manifest, table_files
from siting.data.tables import GRADES, ROW_COLUMNS
from siting.data.verification.result import WARN, Check, judged
from siting.errors import DataError, InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRICE_TABLES = ("electricity_prices", "electricity_prices_monthly")
NEEDED = ("title", "publisher", "url", "licence", "vintage", "retrieved", "grade", "method")
"""What every source must say about itself."""
KINDS = frozenset({"derivation", "imputation", "absence"})


def checksums(directory: Path | None) -> Check:
    """Compare the sha256 of every table with the manifest of its folder.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Fails on a table that changed, is missing or is not listed; warns where there is no manifest.
    """
    folder = directory or catalogue.data_directory()
    try:
        expected = read_manifest(folder)
    except DataError as error:
        return judged("checksums", "the manifest", [str(error)])
    if expected is None:
        return Check("checksums", WARN, f"{folder} has no manifest.toml, so no checksum was compared")
    present = {path.name: path for path in table_files(folder)}
    findings = [f"{name} is listed and not there" for name in sorted(set(expected) - set(present))]
    findings += [f"{name} is there and not listed" for name in sorted(set(present) - set(expected))]
    findings += [
        f"{name} is not the file that was shipped"
        for name in sorted(set(expected) & set(present))
        if checksum(present[name]) != expected[name]
    ]
    return judged("checksums", f"sha256 of {len(expected)} tables", findings)


def attempted(test: Callable[[], Any]) -> list[str]:
    """Return the sentence of the error that a test raises, or nothing.

    Parameters
    ----------
    test : callable
        Called without arguments.

    Returns
    -------
    list of str
        At most one sentence.

    Examples
    --------
    >>> attempted(lambda: 1)
    []
    """
    try:
        test()
    except InputError as error:
        return [str(error)]
    return []


def rows(directory: Path | None) -> list[Check]:
    """Check every row of every table: its region, its unit, type and range, its key, its grade.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    list of Check
        One per question; each names the first wrong row of each table.
    """
    attributes, known = reading.attribute_table(directory), reading.region_codes()
    names = sorted({name for cell in attributes["table"] for name in cell.split()} - reading.WIDE_TABLES)
    found: dict[str, list[str]] = {
        key: [] for key in ("columns", "regions", "units, types and ranges", "duplicates, grades and gaps", "prices")
    }
    count = 0
    for path in (reading.locate(f"{name}.csv", directory) for name in names):
        try:
            frame = checking.read_text_table(path, ROW_COLUMNS)
        except DataError as error:
            found["columns"].append(str(error))
            continue
        count += len(frame)
        found["regions"] += attempted(partial(checking.check_regions, path, frame, known))
        found["units, types and ranges"] += attempted(partial(checking.check_values, path, frame, attributes))
        key = ["region", "attribute"]
        found["duplicates, grades and gaps"] += attempted(partial(checking.check_common, path, frame, key))
    for name in PRICE_TABLES:
        found["prices"] += attempted(partial(checking.read_price_table, reading.locate(f"{name}.csv", directory)))
    details = dict.fromkeys(found, f"{count:,} rows of {len(names)} tables") | {"prices": " and ".join(PRICE_TABLES)}
    return [judged(name, details[name], findings) for name, findings in found.items()]


def _unknown(path: Path, column: str, valid: set[str]) -> list[str]:
    """Return a sentence per key in a column of a CSV file that is not among the valid ones."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if column not in (reader.fieldnames or ()):
            return []
        first: dict[str, int] = {}
        for row in reader:
            first.setdefault(row[column] or "", reader.line_num)
    return [
        f"{path.name}, row {line}, column '{column}': '{key}' is not known{suggestion(key, valid)}"
        for key, line in first.items()
        if key and key not in valid
    ]


def keys(directory: Path | None) -> list[Check]:
    """Check that every source and rule a row names is described, and every grade is known, in every table.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    list of Check
        Sources, rules, and the descriptions of the sources.
    """
    described = reading.source_table(directory)
    rule_table = checking.read_text_table(reading.locate("rules.csv", directory), ("rule", "kind", "description"))
    rule_names, valid_kinds = set(rule_table["rule"]), rule_table["kind"].isin(KINDS)
    paths = {path.name: path for path in catalogue.data_directory().glob("*.csv")}
    paths |= {path.name: path for path in directory.glob("*.csv")} if directory is not None else {}
    paths.pop("rules.csv", None)
    listed = [path for _, path in sorted(paths.items())]
    sources = [line for path in listed for line in _unknown(path, "source", set(described))]
    rules = [line for path in listed for line in _unknown(path, "rule", rule_names)]
    rules += [
        f"rules.csv, row {row}: '{rule_table.loc[row, 'kind']}' is no kind" for row in rule_table.index[~valid_kinds]
    ]
    grades = [line for path in listed for line in _unknown(path, "grade", set(GRADES))]
    return [
        judged("sources of rows", f"{len(listed)} tables, {len(described)} sources", sources),
        judged("rules of rows", f"{len(listed)} tables, {len(rule_names)} rules", rules),
        judged("grades of rows", f"{len(listed)} tables", grades),
        judged("descriptions of sources", f"{len(described)} sources", _descriptions(described)),
    ]


def _descriptions(described: dict[str, dict[str, Any]]) -> list[str]:
    """Return what the entries of `sources.toml` fail to say."""
    findings = []
    for key, entry in described.items():
        findings += [f"sources.toml, [{key}] lacks '{name}'" for name in NEEDED if not entry.get(name)]
        if entry.get("grade") not in GRADES:
            findings.append(f"sources.toml, [{key}]: '{entry.get('grade')}' is not a grade")
        findings += [
            f"sources.toml, [{key}] is derived from '{other}', which is not described"
            for other in entry.get("derived_from", ())
            if other not in described
        ]
    return findings


def readable_sources(directory: Path | None) -> Check:
    """Check that `sources.toml` is TOML at all, before anything else reads it.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Fails with the parser's sentence.
    """
    path = reading.locate("sources.toml", directory)
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return judged("sources.toml", path.name, [f"{path} is not readable: {error}"])
    return judged("sources.toml", "readable", [])
