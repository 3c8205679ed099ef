"""Countries around the Union that the NUTS files lack, from Natural Earth, so that a map has no holes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from siting import catalogue
from siting.data.rebuild.raw import read_layer
from siting.data.rebuild.topology import read_topojson
from siting.data.rebuild.writing import write_layer
from siting.errors import DataError
from siting.geography import GEOGRAPHIC, PROJECTED

if TYPE_CHECKING:
    from pathlib import Path

RAW = "geometry/natural_earth_countries_50m.json"
FILE = "surroundings.fgb"
WINDOW_DEGREES = (-35.0, 25.0, 75.0, 82.0)
"""West, south, east and north of the part that a map of the Union can show."""
GAP_METRES = 5000.0
"""Natural Earth is coarser than NUTS: along the common borders gaps up to this width are closed."""
CODES = {
    "Andorra": "AD", "Armenia": "AM", "Azerbaijan": "AZ", "Bosnia and Herz.": "BA", "Belarus": "BY",
    "Algeria": "DZ", "Egypt": "EG", "Faeroe Is.": "FO", "Georgia": "GE", "Guernsey": "GG", "Greenland": "GL",
    "Israel": "IL", "Isle of Man": "IM", "Iraq": "IQ", "Iran": "IR", "Jersey": "JE", "Jordan": "JO",
    "Kazakhstan": "KZ", "Kosovo": "XK", "Lebanon": "LB", "Libya": "LY", "Morocco": "MA", "Monaco": "MC",
    "Moldova": "MD", "Palestine": "PS", "Russia": "RU", "Saudi Arabia": "SA", "San Marino": "SM",
    "Syria": "SY", "Tunisia": "TN", "Turkmenistan": "TM", "Ukraine": "UA", "Vatican": "VA",
}  # fmt: skip
"""Two-letter code by the name Natural Earth uses, which is a point of view and none of ours."""


def _read(path: Path) -> gpd.GeoDataFrame:
    """Return the countries named above, clipped to the window, in EPSG:3035."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    if "countries" not in topology.get("objects", {}):
        raise DataError(f"{path.name} lacks the object 'countries'")
    features = [
        (CODES[properties["name"]], properties["name"], polygon)
        for properties, polygon in read_topojson(path, "countries")
        if properties["name"] in CODES
    ]
    clipped = [shapely.clip_by_rect(shapely.make_valid(polygon), *WINDOW_DEGREES) for *_, polygon in features]
    frame = gpd.GeoDataFrame(
        {"country": [code for code, *_ in features], "name": [name for _, name, _ in features]},
        geometry=clipped,
        crs=GEOGRAPHIC,
    )
    return frame[~frame.geometry.is_empty].sort_values("country").to_crs(PROJECTED)


def rebuild(source: Path, target: Path) -> None:
    """Write `surroundings.fgb`, or copy the shipped one where the raw file is not there.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the NUTS polygons.

    Raises
    ------
    siting.errors.DataError
        If the raw file is not the Natural Earth TopoJSON.
    """
    path = source / RAW
    if not path.is_file():
        shipped = catalogue.data_directory() / FILE
        if not (target / FILE).is_file():
            shutil.copyfile(shipped, target / FILE)
        return
    frame = _read(path)
    layers = [read_layer(target, name).geometry.to_numpy() for name in ("nuts2", "neighbours")]
    known = shapely.union_all(np.concatenate(layers))
    near = shapely.buffer(known, GAP_METRES, quad_segs=4)
    pieces = []
    for polygon in frame.geometry:
        gap = shapely.intersection(shapely.buffer(polygon, GAP_METRES, quad_segs=4), near)
        piece = shapely.difference(shapely.union(shapely.make_valid(polygon), gap), known)
        rounded = shapely.set_precision(piece, 1.0)
        parts = [part for part in shapely.get_parts(rounded) if part.geom_type == "Polygon"]
        pieces.append(shapely.MultiPolygon(parts))
        known = shapely.union(known, rounded)
    frame = frame.set_geometry(gpd.GeoSeries(pieces, index=frame.index, crs=PROJECTED))
    write_layer(frame[~frame.geometry.is_empty], target / FILE)
