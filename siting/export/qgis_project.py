"""A QGIS project beside its GeoPackage: layers in order, drawn and named, with a sheet ready to print."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pyproj

from siting.export.layers import CRS, are_places
from siting.export.qgis_layout import print_layout
from siting.export.qgis_styles import QGIS_VERSION, style_elements
from siting.export.qgis_symbols import element, identifier
from siting.export.tables import moment

if TYPE_CHECKING:
    from pathlib import Path

    from siting.export.layers import MapLayers
    from siting.export.qgis_symbols import Element

_TITLES = {
    "en": {
        "sites": "Chosen sites",
        "service_areas": "Service areas",
        "candidates": "Candidates",
        "demand": "Demand, by the site that serves it",
        "neighbours": "Other countries",
        "tables": "Tables",
        "criteria": "Criteria",
        "rules": "Rules",
        "about": "About",
        "sources": "Sources",
    },
    "it": {
        "sites": "Siti scelti",
        "service_areas": "Aree servite",
        "candidates": "Candidati",
        "demand": "Domanda, per sito che la serve",
        "neighbours": "Altri paesi",
        "tables": "Tabelle",
        "criteria": "Criteri",
        "rules": "Regole",
        "about": "Informazioni",
        "sources": "Fonti",
    },
}


def write_project(layers: MapLayers, path: Path, geopackage: str) -> None:
    """Write a QGIS project, plain (.qgs) or zipped (.qgz).

    Parameters
    ----------
    layers : MapLayers
        What it shows.
    path : pathlib.Path
        Where to.
    geopackage : str
        Name of the GeoPackage that stands in the same folder.
    """
    text = project_file(layers, geopackage)
    if path.suffix.lower() == ".qgs":
        path.write_text(text, encoding="utf-8")
        return
    entry = zipfile.ZipInfo(f"{geopackage.removesuffix('.gpkg')}.qgs", date_time=moment().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, text)


def project_file(layers: MapLayers, geopackage: str) -> str:
    """Return the project as XML.

    Examples
    --------
    >>> import siting
    >>> from siting.export.layers import map_layers
    >>> text = project_file(map_layers(siting.solve("gigafactories")), "answer.gpkg")
    >>> "./answer.gpkg|layername=sites" in text
    True
    """
    titles = _TITLES[layers.language]
    root = element("qgis", version=QGIS_VERSION, projectname=layers.title)
    root.append(element("homePath", path=""))
    root.append(element("title", layers.title))
    root.append(element("projectCrs", None, _reference_system()))
    root.append(_layer_tree(layers, geopackage, titles))
    root.append(_canvas(layers))
    drawn = [_map_layer(layers, name, geopackage, titles[name]) for name in layers.drawn]
    tables = [_table(name, geopackage, titles[name]) for name in layers.tables]
    root.append(element("projectlayers", None, *drawn, *tables))
    root.append(element("layerorder", None, *(element("layer", id=layer_identifier(name)) for name in layers.drawn)))
    root.append(_properties(layers))
    root.append(element("Layouts", None, print_layout(layers, titles)))
    view = element("DefaultViewExtent", None, _reference_system(), **_bounds(layers))
    root.append(element("ProjectViewSettings", None, view, UseProjectScales=0))
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def layer_identifier(name: str) -> str:
    """Return the identifier of a layer inside the project."""
    return f"{name}_{identifier('layer', name).strip('{}').replace('-', '_')}"


def _source(name: str, geopackage: str) -> str:
    return f"./{geopackage}|layername={name}"


def _reference_system() -> Element:
    system = pyproj.CRS(CRS)
    return element(
        "spatialrefsys",
        None,
        element("wkt", system.to_wkt()),
        element("proj4", "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m +no_defs"),
        element("srid", str(system.to_epsg())),
        element("authid", CRS),
        element("description", system.name),
        element("geographicflag", "false"),
    )


def _bounds(layers: MapLayers) -> dict[str, str]:
    names = ("xmin", "ymin", "xmax", "ymax")
    return {name: f"{value:.0f}" for name, value in zip(names, layers.extent, strict=True)}


def _layer_tree(layers: MapLayers, geopackage: str, titles: dict[str, str]) -> Element:
    def entry(name: str, *, shown: bool, expanded: bool) -> Element:
        return element(
            "layer-tree-layer", None, element("customproperties", None, element("Option")),
            id=layer_identifier(name), name=titles[name], source=_source(name, geopackage), providerKey="ogr",
            checked="Qt::Checked" if shown else "Qt::Unchecked", expanded=int(expanded),
        )  # fmt: skip

    root = element("layer-tree-group", None, element("customproperties", None, element("Option")))
    # The demand would hide the candidates' shades; it is one click away.
    root.extend(entry(name, shown=name != "demand", expanded=name in {"sites", "candidates"}) for name in layers.drawn)
    tables = element("layer-tree-group", name=titles["tables"], checked="Qt::Checked", expanded=0)
    tables.append(element("customproperties", None, element("Option")))
    tables.extend(entry(name, shown=False, expanded=False) for name in layers.tables)
    root.append(tables)
    root.append(element("custom-order", enabled=0))
    return root


def _canvas(layers: MapLayers) -> Element:
    extent = element("extent", None, *(element(name, value) for name, value in _bounds(layers).items()))
    return element(
        "mapcanvas", None, element("units", "meters"), extent, element("rotation", "0"),
        element("destinationsrs", None, _reference_system()), name="theMapCanvas", annotationsVisible=1,
    )  # fmt: skip


def _map_layer(layers: MapLayers, name: str, geopackage: str, title: str) -> Element:
    kind = "Point" if are_places(layers.drawn[name]) else "Polygon"
    made = element(
        "maplayer", type="vector", geometry=kind, wkbType=kind if kind == "Point" else "MultiPolygon",
        labelsEnabled=int(name == "sites"), hasScaleBasedVisibilityFlag=0, simplifyDrawingHints=1, simplifyLocal=1,
        simplifyDrawingTol=1, simplifyMaxScale=1, styleCategories="AllStyleCategories", readOnly=0,
    )  # fmt: skip
    made.append(element("id", layer_identifier(name)))
    made.append(element("datasource", _source(name, geopackage)))
    made.append(element("layername", title))
    made.append(element("srs", None, _reference_system()))
    made.append(element("provider", "ogr", encoding="UTF-8"))
    made.extend(style_elements(layers, name))
    return made


def _table(name: str, geopackage: str, title: str) -> Element:
    made = element("maplayer", type="vector", geometry="No geometry", wkbType="NoGeometry", labelsEnabled=0)
    made.append(element("id", layer_identifier(name)))
    made.append(element("datasource", _source(name, geopackage)))
    made.append(element("layername", title))
    made.append(element("provider", "ogr", encoding="UTF-8"))
    return made


def _properties(layers: MapLayers) -> Element:
    """Return relative paths, kilometres, and the sea as ground."""
    sea = layers.style.sea
    parts = {part: int(sea[place : place + 2], 16) for part, place in (("Red", 1), ("Green", 3), ("Blue", 5))}
    colours = [element(f"CanvasColor{part}Part", str(value), type="int") for part, value in parts.items()]
    return element(
        "properties",
        None,
        element("Paths", None, element("Absolute", "false", type="bool")),
        element("Gui", None, *colours),
        element("Measurement", None, element("DistanceUnits", "kilometers", type="QString")),
        element("Measure", None, element("Ellipsoid", "EPSG:7019", type="QString")),
        element("SpatialRefSys", None, element("ProjectionsEnabled", "1", type="int")),
    )
