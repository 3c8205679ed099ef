"""Write a solution for other tools: GeoPackage, GeoJSON, CSV, JSON; and the model for other solvers: LP, MPS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting._version import __version__
from siting.errors import InputError, OutputError
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    from siting.solution import Solution

FORMATS = ("gpkg", "geojson", "csv", "json", "lp", "mps")


def write_solution(solution: Solution, path: str | Path) -> Path:
    """Write a solution to a file; the ending of its name chooses the format.

    ========  ===================================================================================================
    .gpkg     GeoPackage in EPSG:3035, layers `sites` (points), `candidates` and `demand` (polygons), tables
              `criteria`, `rules` and `about`
    .geojson  all candidates with every attribute, in longitude and latitude (RFC 7946)
    .csv      all candidates with every attribute, without geometry
    .json     what `Solution.to_dict` gives
    .lp .mps  the full mixed-integer model, for any other solver
    ========  ===================================================================================================

    Parameters
    ----------
    solution : Solution
        What to write.
    path : str or pathlib.Path
        Where to; an existing file is replaced in one step.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OutputError
        If the format is unknown or the file cannot be written; nothing half-written is left.
    InputError
        If a map format is asked for a solution without geography.

    Examples
    --------
    >>> import siting, tempfile
    >>> solution = siting.solve(siting.Instance(sites=1, criteria={"cost": siting.Criterion(site=[2.0, 1.0])}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_solution(solution, f"{folder}/answer.json").name
    'answer.json'
    """
    ending = file_format(path, FORMATS, "a solution")
    if ending in ("gpkg", "geojson") and solution.model is None:
        raise InputError(f"a solution of a bare instance has no geometry for .{ending}; write .csv or .json")
    with whole_file(path) as temporary:
        if ending == "gpkg":
            _write_geopackage(solution, temporary)
        elif ending == "geojson":
            _write_layer(_flat(solution.candidates).to_crs("EPSG:4326"), temporary, driver="GeoJSON")
        elif ending == "csv":
            frame = solution.candidates
            frame.drop(columns=["geometry"], errors="ignore").to_csv(temporary, lineterminator="\n")
        elif ending == "json":
            temporary.write_text(json.dumps(solution.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        else:
            from siting.formulation import write_model

            write_model(solution.instance, temporary)
    return Path(path)


def _flat(frame: Any) -> Any:
    """Return the frame with its index as a column and texts where a driver knows no objects."""
    flat = frame.reset_index()
    for name in flat.columns:
        if name != "geometry" and flat[name].dtype == object:
            flat[name] = flat[name].map(lambda value: None if pd.isna(value) else str(value))
    return flat


def _write_layer(frame: Any, path: Path, **options: Any) -> None:
    import pyogrio

    try:
        pyogrio.write_dataframe(frame, path, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OutputError(f"cannot write '{path.name}': {error}; nothing was written") from error


def _write_geopackage(solution: Solution, path: Path) -> None:
    import geopandas as gpd

    candidates = _flat(solution.candidates)
    sites = candidates[candidates["selected"]]
    points = gpd.points_from_xy(sites["longitude_degrees"], sites["latitude_degrees"], crs="EPSG:4326")
    layers = {
        "sites": sites.set_geometry(points.to_crs(candidates.crs)),
        "candidates": candidates,
        "demand": None if solution.demand is None else _flat(solution.demand),
        "criteria": solution.criteria.reset_index(),
        "rules": solution.rules.reset_index(),
        "about": _about(solution),
    }
    for name, frame in layers.items():
        if frame is not None and len(frame):
            _write_layer(frame, path, layer=name, driver="GPKG")


def _about(solution: Solution) -> pd.DataFrame:
    """Return what a reader of the file alone has to know."""
    facts = {
        "portfolio": ", ".join(map(str, solution.portfolio or ())),
        "objective": solution.objective,
        "bound": solution.bound,
        "gap": solution.gap,
        "status": solution.status,
        "proof": solution.proof,
        "model": "" if solution.model is None else solution.model.title or solution.model.source,
        "version": f"siting {__version__}",
    }
    return pd.DataFrame({"item": list(facts), "value": [str(value) for value in facts.values()]})
