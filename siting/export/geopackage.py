"""GeoPackage: layers, tables, and the styles by which QGIS draws each layer when it is opened."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.export.qgis_styles import style_file
from siting.export.tables import moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from siting.export.layers import MapLayers

_FORMAT = {"driver": "GPKG", "dataset_options": {"VERSION": "1.2"}}
"""The version that every reader since 2017 knows."""
_GEOMETRY = "geom"
"""What GDAL calls the geometry column of a GeoPackage."""


def write_geopackage(layers: MapLayers, path: Path) -> None:
    """Write a new GeoPackage.

    Parameters
    ----------
    layers : MapLayers
        What it holds.
    path : pathlib.Path
        Where to; nothing stands there yet.

    Raises
    ------
    OSError
        If it cannot be written whole.
    """
    with _settings():
        for name, frame in layers.drawn.items():
            write_layer(frame, path, layer=name, geometry_name=_GEOMETRY, **_FORMAT)
        for name, table in layers.tables.items():
            write_layer(table, path, layer=name, **_FORMAT)
        write_layer(_styles(layers), path, layer="layer_styles", layer_options={"FID": "id"}, **_FORMAT)


def write_layer(frame: Any, path: Path, **options: Any) -> None:
    """Write a layer or table with GDAL and make sure that all of it arrived.

    Raises
    ------
    OSError
        If it did not: a driver that runs out of space does not always say so.
    """
    import pyogrio
    from pyogrio import errors

    failures = (
        errors.DataSourceError, errors.DataLayerError, errors.FeatureError, errors.FieldError, errors.GeometryError,
        errors.CRSError,
    )  # fmt: skip
    try:
        pyogrio.write_dataframe(frame, path, **options)
        written = pyogrio.read_info(path, layer=options.get("layer"), force_feature_count=True)["features"]
    except failures as error:
        reason = " ".join(str(error).split()).replace(str(path), "the file").rstrip(".")
        raise OSError(reason) from error
    if written != len(frame):
        raise OSError(f"only {written} of {len(frame)} rows arrived")


def _styles(layers: MapLayers) -> pd.DataFrame:
    """Return the table `layer_styles` in which QGIS keeps the styles of a database."""
    stamp = moment()
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": name,
            "f_geometry_column": _GEOMETRY,
            "styleName": name,
            "styleQML": style_file(layers, name),
            "styleSLD": "",
            "useAsDefault": True,
            "description": layers.title,
            "owner": "",
            "ui": None,
            "update_time": stamp,
        }
        for name in layers.drawn
    ]
    return pd.DataFrame(rows)


@contextlib.contextmanager
def _settings() -> Iterator[None]:
    """Let GDAL write the time of this package, so that SOURCE_DATE_EPOCH repeats files, and not wait for disks.

    Waiting buys nothing here: what a crash could tear is a temporary file.
    """
    import pyogrio

    wanted: dict[str, str | None] = {
        "OGR_CURRENT_DATE": moment().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "OGR_SQLITE_SYNCHRONOUS": "OFF",
    }
    before = {name: pyogrio.get_gdal_config_option(name) for name in wanted}
    pyogrio.set_gdal_config_options(wanted)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
