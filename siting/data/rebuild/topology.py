"""Decode TopoJSON, the publishers' format in which neighbours share one copy of their border."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


DEGREES_AROUND = 360.0


def _ring(references: list[int], arcs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Join arcs into one closed ring; a reference below zero means the arc is read backwards."""
    pieces = [arcs[reference] if reference >= 0 else arcs[~reference][::-1] for reference in references]
    # Consecutive arcs repeat the point at which they meet.
    ring = np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
    # A ring across the antimeridian (Russia) runs on beyond 180 degrees instead of round the globe.
    ring[:, 0] = np.unwrap(ring[:, 0], period=DEGREES_AROUND)
    turns = np.array([DEGREES_AROUND * np.round(ring[:, 0].mean() / DEGREES_AROUND), 0.0])
    placed: NDArray[np.float64] = ring - turns
    return placed


def _polygon(rings: list[list[int]], arcs: list[NDArray[np.float64]]) -> shapely.Polygon:
    shell, *holes = (_ring(ring, arcs) for ring in rings)
    return shapely.Polygon(shell, holes)


def read_topojson(path: Path, name: str | None = None) -> list[tuple[dict[str, Any], shapely.MultiPolygon]]:
    """Return the properties and the polygons of one object in a TopoJSON file.

    Every arc is decoded once, so two neighbours hold bit for bit the same border vertices.

    Parameters
    ----------
    path : pathlib.Path
        A TopoJSON file with quantised arcs, in degrees.
    name : str, optional
        Which object; by default the only one.

    Returns
    -------
    list of (dict, shapely.MultiPolygon)
        One pair per geometry, in the order of the file, WGS84 degrees.

    Raises
    ------
    siting.errors.DataError
        If the file is not TopoJSON of that form.
    """
    try:
        topology = json.loads(path.read_text(encoding="utf-8"))
        scale = np.asarray(topology["transform"]["scale"], dtype=float)
        translate = np.asarray(topology["transform"]["translate"], dtype=float)
        arcs = [
            np.cumsum(np.asarray(arc, dtype=np.int64)[:, :2], axis=0) * scale + translate for arc in topology["arcs"]
        ]
        objects = topology["objects"]
        (collection,) = objects.values() if name is None else (objects[name],)
        features = []
        for geometry in collection["geometries"]:
            parts = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
            polygons = [_polygon(rings, arcs) for rings in parts]
            features.append((dict(geometry["properties"]), shapely.MultiPolygon(polygons)))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(f"{path.name} is not a TopoJSON file of polygons: {error}") from error
    return features
