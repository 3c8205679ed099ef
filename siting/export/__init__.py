"""Write a solution for other tools: maps, tables, a workbook to recompute, and the model for other solvers."""

from __future__ import annotations

import contextlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.errors import InputError, OutputError, suggestion
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from siting.solution import Solution

__all__ = ["FORMATS", "PICTURES", "write_solution"]

FORMATS = (
    "gpkg", "qgz", "qgs", "geojson", "kml", "parquet", "geoparquet", "xlsx", "csv", "json", "lp", "mps",
)  # fmt: skip
"""Endings that hold the solution as data."""
PICTURES = ("png", "svg", "pdf")
"""Endings that hold the portfolio map."""
_MAP_FORMATS = frozenset({"gpkg", "qgz", "qgs", "geojson", "kml", "geoparquet"})
_ELSEWHERE = {
    "html": "solution.explore().save({path!r}) writes the interactive map, solution.report({path!r}) the dossier",
    "docx": "solution.report({path!r}) writes the dossier",
    "toml": "solution.model.to_toml() gives the model file",
    "qml": "the styles of QGIS are inside a .gpkg",
    "kmz": "the format is written without compression as .kml",
    "xls": "the workbook is written as .xlsx",
    "shp": "a shapefile cuts names and texts; write .gpkg",
}


def write_solution(solution: Solution, path: str | Path, **options: Any) -> Path:
    """Write a solution to a file; the ending of its name chooses the format.

    ===================  ========================================================================================
    .gpkg                GeoPackage in EPSG:3035: layers `sites`, `service_areas`, `candidates`, `demand` and
                         `neighbours`, tables `criteria`, `rules`, `about` and `sources`, and the styles by which
                         QGIS draws each layer when it is added
    .qgz .qgs            a QGIS project, and beside it the GeoPackage of the same name that it shows
    .geojson             all candidates with every attribute, in longitude and latitude (RFC 7946)
    .kml                 sites, service areas and candidates for Google Earth
    .parquet             all candidates with every attribute as GeoParquet 1.1; a bare instance as plain Parquet
    .geoparquet          the same, for a solution with geography only
    .xlsx                a workbook whose formulas recompute every criterion, the rules and the objective
    .csv                 all candidates with every attribute, without geometry
    .json                what `Solution.to_dict` gives
    .lp .mps             the full mixed-integer model for any other solver, and beside it a .sol of the same name
                         with the values of its variables in the portfolio
    .png .svg .pdf       the portfolio map, as `Solution.plot` draws it
    ===================  ========================================================================================

    Parameters
    ----------
    solution : Solution
        What to write.
    path : str or pathlib.Path
        Where to; an existing file is replaced in one step, and so is the file that belongs beside it.
    **options
        `language` ("en" or "it") and `style` ("light" or "print") for .gpkg, .qgz, .qgs and .kml; everything
        that `Solution.plot` takes for .png, .svg and .pdf.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OutputError
        If the format is unknown or the file cannot be written; nothing half-written is left.
    InputError
        If a map format is asked for a solution without geography, a workbook for one without a portfolio, an
        option is unknown, or a library of the extra `export` is missing.

    Examples
    --------
    >>> import siting, tempfile
    >>> solution = siting.solve(siting.Instance(sites=1, criteria={"cost": siting.Criterion(site=[2.0, 1.0])}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_solution(solution, f"{folder}/answer.json").name
    'answer.json'
    """
    path = Path(path)
    ending = _ending(path)
    if ending in PICTURES:
        plot_options = {name: options.pop(name) for name in [*options] if name not in _SAVE_OPTIONS}
        solution.plot(**plot_options).save(path, **options)
        return path
    if ending in _MAP_FORMATS and solution.model is None:
        raise InputError(f"a solution of a bare instance has no geometry for .{ending}; write .csv or .json")
    write = _WRITERS[ending]
    _check_options(write, ending, options)
    write(solution, path, **options)
    return path


_SAVE_OPTIONS = frozenset({"dpi"})
"""Options of a picture that belong to the file, not to the map."""


def _ending(path: Path) -> str:
    """Return the format, or say which method or ending writes what was asked for."""
    ending = path.suffix.lower().lstrip(".")
    if ending in _ELSEWHERE:
        raise OutputError(f"cannot write '{path}' with to_file: {_ELSEWHERE[ending].format(path=str(path))}")
    return file_format(path, (*FORMATS, *PICTURES), "a solution")


def _check_options(write: Callable[..., None], ending: str, options: dict[str, Any]) -> None:
    known = [name for name in inspect.signature(write).parameters if name not in ("solution", "path")]
    for name in options:
        if name not in known:
            hint = suggestion(name, known) if known else ""
            raise InputError(f".{ending} takes no option {name!r}{hint}")


@contextlib.contextmanager
def _both_files(first: Path, second: Path) -> Iterator[tuple[Path, Path]]:
    """Write two files that belong together, whole or not at all; `first` stands before `second` names it."""
    with whole_file(second) as second_temporary, whole_file(first) as first_temporary:
        yield first_temporary, second_temporary


def _write_geopackage(solution: Solution, path: Path, language: str = "en", style: Any = "light") -> None:
    from siting.export.geopackage import write_geopackage
    from siting.export.layers import map_layers

    layers = map_layers(solution, language, style)
    with whole_file(path) as temporary:
        write_geopackage(layers, temporary)


def _write_project(solution: Solution, path: Path, language: str = "en", style: Any = "light") -> None:
    from siting.export.geopackage import write_geopackage
    from siting.export.layers import map_layers
    from siting.export.qgis_project import write_project

    layers = map_layers(solution, language, style)
    beside = path.with_suffix(".gpkg")
    with _both_files(beside, path) as (data, project):
        write_geopackage(layers, data)
        write_project(layers, project, beside.name)


def _write_kml(solution: Solution, path: Path, language: str = "en", style: Any = "light") -> None:
    from siting.export.kml import write_kml
    from siting.export.layers import map_layers

    layers = map_layers(solution, language, style)
    with whole_file(path) as temporary:
        write_kml(layers, temporary)


def _write_table(solution: Solution, path: Path) -> None:
    from siting.export import interchange

    writers = {
        "geojson": interchange.write_geojson,
        "parquet": interchange.write_parquet,
        "geoparquet": interchange.write_parquet,
        "csv": interchange.write_csv,
        "json": interchange.write_json,
    }
    with whole_file(path) as temporary:
        writers[path.suffix.lower().lstrip(".")](solution, temporary)


def _write_workbook(solution: Solution, path: Path) -> None:
    from siting.export.workbook import write_workbook

    with whole_file(path) as temporary:
        write_workbook(solution, temporary)


def _write_model(solution: Solution, path: Path) -> None:
    from siting.export.optimisation_model import write_optimisation_model

    beside = path.with_suffix(".sol")
    if solution.portfolio is None:
        with whole_file(path) as temporary:
            write_optimisation_model(solution, temporary, None)
        # One of an earlier run would belong to another model.
        beside.unlink(missing_ok=True)
        return
    with _both_files(path, beside) as (model, values):
        write_optimisation_model(solution, model, values)


_WRITERS: dict[str, Callable[..., None]] = {
    "gpkg": _write_geopackage,
    "qgz": _write_project,
    "qgs": _write_project,
    "kml": _write_kml,
    "xlsx": _write_workbook,
    "lp": _write_model,
    "mps": _write_model,
    **dict.fromkeys(("geojson", "parquet", "geoparquet", "csv", "json"), _write_table),
}
