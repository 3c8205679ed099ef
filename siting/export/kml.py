"""KML for Google Earth and other globes: placemarks of the sites, candidates as areas, each with its attributes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.errors import InputError
from siting.export.geopackage import write_layer
from siting.export.layers import are_places
from siting.export.tables import about_table, credits_line, heading
from siting.maps.style import tint
from siting.maps.texts import printable, word
from siting.plain_values import significant

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from siting.export.layers import MapLayers

_DRIVER = "LIBKML"
_STYLE = "OGR_STYLE"
"""The column from which GDAL reads how a feature is drawn (OGR feature style specification)."""
_DRAWN_BY = frozenset({"geometry", "site_number", "score_class", "exclusion_group", "label", "selected"})
_FOLDERS = {
    "en": {"sites": "Chosen sites", "service_areas": "Service areas", "candidates": "Candidates"},
    "it": {"sites": "Siti scelti", "service_areas": "Aree servite", "candidates": "Candidati"},
}


def write_kml(layers: MapLayers, path: Path) -> None:
    """Write sites, service areas and candidates, one folder each, in longitude and latitude.

    Parameters
    ----------
    layers : MapLayers
        What is written.
    path : pathlib.Path
        Where to; nothing stands there yet.

    Raises
    ------
    InputError
        If the GDAL of this machine was built without LIBKML.
    OSError
        If the file cannot be written whole.
    """
    import pyogrio

    if "w" not in str(pyogrio.list_drivers().get(_DRIVER, "")):
        raise InputError(
            "writing .kml needs GDAL with LIBKML, which the wheels of pyogrio have; write .geojson instead"
        )
    folders = _FOLDERS[layers.language]
    facts = about_table(layers.solution)
    lines = [f"{item}: {value}" for item, value in zip(facts["item"], facts["value"], strict=True)]
    described = "<br/>".join(escape(printable(line)) for line in (*lines, credits_line(layers.solution)))
    for name, frame in layers.drawn.items():
        if name in folders:
            write_layer(
                _placemarks(layers, name, frame), path, layer=folders[name], driver=_DRIVER,
                dataset_options={"NAME": _plain(layers.title), "DESCRIPTION": described},
                layer_options={"FOLDER": "YES"},
            )  # fmt: skip


def _plain(text: object) -> str:
    """Return a text for a name: the library marks it as text, and would take ``]]>`` for the end of the mark."""
    return printable(text).replace("]]>", "]]\u200b>")


def _placemarks(layers: MapLayers, name: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return name, description and style of every feature."""
    whole = frame.to_crs("EPSG:4326")
    texts = [_name(row) for row in whole.to_dict("records")]
    table = {
        "Name": texts,
        "Description": [_description(row, layers.language) for row in whole.to_dict("records")],
        # Areas of demand would lie on the candidates; they are one click away.
        "visibility": [int(name != "service_areas")] * len(whole),
        _STYLE: _styles(layers, name, frame),
    }
    return whole[["geometry"]].assign(**table)


def _name(row: dict[str, Any]) -> str:
    number = row.get("site_number")
    text = _plain(next((row[key] for key in ("label", "name", "candidate") if isinstance(row.get(key), str)), ""))
    return text if number is None or pd.isna(number) else f"{int(number)} {text}"


def _description(row: dict[str, Any], language: str) -> str:
    """Return the attributes of a feature as a table in HTML; what is missing is left out."""
    cells = []
    for column, value in row.items():
        if column in _DRAWN_BY or value is None or pd.isna(value):
            continue
        text = _text(value, language)
        cells.append(f"<tr><td>{escape(printable(heading(str(column), language)))}</td><td>{escape(text)}</td></tr>")
    return f"<table>{''.join(cells)}</table>"


def _text(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    return significant(value) if isinstance(value, int | float) else printable(value)


def _styles(layers: MapLayers, name: str, frame: gpd.GeoDataFrame) -> list[str]:
    """Return the style of every feature in GDAL's notation."""
    style = layers.style
    numbers = [None if pd.isna(number) else int(number) for number in frame["site_number"]]
    colours = ["" if number is None else style.site_colour(number - 1) for number in numbers]
    if name == "sites":
        return [f"SYMBOL(c:{colour},s:1.2);LABEL(c:{style.paper},w:110)" for colour in colours]
    if name == "service_areas":
        return [f"BRUSH(fc:{colour}00);PEN(c:{colour},w:3px)" for colour in colours]
    shades = dict(layers.score_classes)
    fills = [
        colour or shades.get(str(label), tint(style.hatch, 0.3))
        for colour, label in zip(colours, frame["score_class"], strict=True)
    ]
    if are_places(frame):
        return [f"SYMBOL(c:{fill},s:0.5);LABEL(w:0)" for fill in fills]
    # Seen through, so that the ground below can be made out.
    return [f"BRUSH(fc:{fill}b0);PEN(c:{style.country_border},w:1px)" for fill in fills]
