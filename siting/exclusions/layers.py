"""Layers of the user's that exclusions look at: read in any CRS, repaired, and what was repaired said."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from siting.errors import InputError, suggestion
from siting.geography import PROJECTED, require_crs

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SLIVER_SQUARE_METRES = 100.0
"""Parts of polygons smaller than this are left-overs of an overlay, not places."""


LONGEST_EDGE_DEGREES, LONGEST_EDGE_METRES = 0.1, 10_000.0
"""Longer edges get vertices in between before they are projected."""


class LayerWarning(UserWarning):
    """Says what was repaired in a layer of the user's."""


def read_layer(path: Path, name: str | None = None) -> NDArray[np.object_]:
    """Return the geometries of a vector file in EPSG:3035, valid and without slivers.

    Parameters
    ----------
    path : pathlib.Path
        GeoPackage, GeoJSON, shapefile or any other format that GDAL reads.
    name : str, optional
        Which layer of a file that holds several.

    Returns
    -------
    numpy.ndarray of shapely.Geometry
        Not empty.

    Raises
    ------
    siting.errors.InputError
        If the file cannot be read, has no coordinate reference system or no geometry, or lacks the layer.

    Warns
    -----
    LayerWarning
        If polygons were invalid and are repaired, or slivers are dropped; says how many.
    """
    if not path.is_file():
        raise InputError(f"cannot read the layer {path}: there is no such file")
    geometries, told = _repaired(str(path), name, path.stat().st_mtime_ns)
    if told:
        warnings.warn(f"{path}: {told}", LayerWarning, stacklevel=2)
    return geometries


@lru_cache(maxsize=8)
def _repaired(path: str, name: str | None, modified: int) -> tuple[NDArray[np.object_], str]:
    """Return the geometries and what was done to them; read once as long as the file stays the same."""
    del modified
    frame = require_crs(_read(path, name), path)
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    invalid = ~frame.geometry.is_valid
    longest = LONGEST_EDGE_DEGREES if frame.crs.is_geographic else LONGEST_EDGE_METRES
    # An edge is straight in the layer's own CRS: a parallel of ten degrees is an arc in ours.
    shapes = frame.geometry.make_valid().segmentize(longest).to_crs(PROJECTED)
    # Projecting may fold a narrow polygon once more.
    geometries = shapely.make_valid(np.asarray(shapes.to_numpy(), dtype=object))
    parts = shapely.get_parts(shapely.get_parts(geometries))
    areal = shapely.get_dimensions(parts) == 2
    # What make_valid leaves of a polygon that folds back on itself may be a line: it holds no place either.
    slivers = areal & (shapely.area(parts) < SLIVER_SQUARE_METRES)
    kept = parts[~slivers & (areal if areal.any() else True)]
    if not len(kept):
        raise InputError(f"{path} holds no geometry")
    done = [(int(invalid.sum()), "invalid polygon{} repaired"), (int(slivers.sum()), "sliver{} dropped")]
    told = " and ".join(f"{count} {text.format('s' if count > 1 else '')}" for count, text in done if count)
    return kept, told


def _read(path: str, name: str | None) -> Any:
    import geopandas
    import pyogrio

    try:
        layers = [str(layer) for layer in pyogrio.list_layers(path)[:, 0]]
    except Exception as error:
        raise InputError(f"cannot read the layer {path}: {str(error).strip().splitlines()[0]}") from error
    if name is not None and name not in layers:
        raise InputError(f"{path} has no layer {name!r}{suggestion(name, layers)}")
    if name is None and len(layers) > 1:
        raise InputError(f"{path} holds several layers, {', '.join(layers)}; name one of them")
    return geopandas.read_file(path, layer=name or layers[0])
