"""Plain tables for any tool: GeoJSON, GeoParquet and Parquet, CSV, JSON."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any

from siting.errors import InputError
from siting.export.layers import GEOMETRY, flat
from siting.export.tables import about_table, source_table
from siting.plain_values import records

if TYPE_CHECKING:
    from pathlib import Path

    from siting.solution import Solution

KEY = b"siting"
"""Under this key of the file's metadata a Parquet file says what it holds, in JSON."""


def write_geojson(solution: Solution, path: Path) -> None:
    """Write all candidates in longitude and latitude (RFC 7946).

    Raises
    ------
    OSError
        If the file cannot be written whole.
    """
    from siting.export.geopackage import write_layer

    write_layer(
        flat(solution.candidates).to_crs("EPSG:4326"), path, driver="GeoJSON", layer="candidates", RFC7946="YES"
    )


def write_parquet(solution: Solution, path: Path) -> None:
    """Write all candidates as GeoParquet 1.1, or as plain Parquet for a bare instance.

    What is held, the criteria, the rules and the sources stand in the metadata under `KEY`.

    Raises
    ------
    InputError
        If pyarrow is not installed.
    OSError
        If the file cannot be written whole.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise InputError("writing Parquet needs pyarrow; install it with: pip install 'siting[export]'")
    from pyarrow import parquet

    table = flat(solution.candidates)
    options: dict[str, Any] = {"index": False}
    if solution.model is not None:
        options |= {"schema_version": "1.1.0", "write_covering_bbox": True, "geometry_encoding": "WKB"}
    table.to_parquet(path, **options)
    written = parquet.read_table(path)
    metadata = {**(written.schema.metadata or {}), KEY: json.dumps(_metadata(solution), ensure_ascii=False).encode()}
    parquet.write_table(written.replace_schema_metadata(metadata), path, compression="zstd")


def _metadata(solution: Solution) -> dict[str, Any]:
    about = about_table(solution)
    return {
        "about": dict(zip(about["item"], about["value"], strict=True)),
        "criteria": records(solution.criteria),
        "rules": records(solution.rules),
        "sources": records(source_table(solution)),
    }


def write_csv(solution: Solution, path: Path) -> None:
    """Write all candidates without geometry; a missing value is an empty cell."""
    solution.candidates.drop(columns=[GEOMETRY], errors="ignore").to_csv(path, lineterminator="\n")


def write_json(solution: Solution, path: Path) -> None:
    """Write what `Solution.to_dict` gives."""
    path.write_text(json.dumps(solution.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
