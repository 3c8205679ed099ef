"""GeoPackage, QGIS projects and KML: read back with GDAL and, where it is installed, opened in QGIS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from export_samples import HOSTILE, hostile

import siting
from siting.maps.texts import word

SYSTEM_PYTHON = "/usr/bin/python3"
LAYERS = ["sites", "service_areas", "candidates", "demand", "neighbours"]
TABLES = ["criteria", "rules", "about", "sources"]


def qgis_is_installed() -> bool:
    """Return whether the system's Python has QGIS."""
    if not Path(SYSTEM_PYTHON).exists():
        return False
    asked = subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False)
    return asked.returncode == 0


needs_qgis = pytest.mark.skipif(not qgis_is_installed(), reason="python3-qgis is not installed")


@pytest.fixture(scope="module")
def solution() -> siting.Solution:
    """Solve the shipped model once."""
    return siting.solve("gigafactories")


@pytest.fixture(scope="module")
def project(solution: siting.Solution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a project and its GeoPackage once."""
    return solution.to_file(tmp_path_factory.mktemp("project") / "answer.qgz")


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a project whose names are formulas, tags and control characters."""
    return hostile().to_file(tmp_path_factory.mktemp("awkward") / "answer.qgs")


def _parsed(text: str) -> ET.Element:
    """Return the root of an XML file that was just written."""
    return ET.fromstring(text.encode())  # noqa: S314 - nobody else wrote it


def styles(path: Path) -> dict[str, ET.Element]:
    """Return the style of each layer of a GeoPackage, parsed."""
    table = pyogrio.read_dataframe(path, layer="layer_styles")
    assert table["useAsDefault"].all()
    return {row.f_table_name: _parsed(row.styleQML) for row in table.itertuples()}


def test_the_geopackage_holds_sites_candidates_demand_and_tables(project: Path, solution: siting.Solution) -> None:
    """The layers a GIS expects, in EPSG:3035, with the same numbers."""
    path = project.with_suffix(".gpkg")
    assert {name for name, _ in pyogrio.list_layers(path)} == {*LAYERS, *TABLES, "layer_styles"}
    sites = gpd.read_file(path, layer="sites")
    assert sites.crs.to_epsg() == 3035
    assert sites["candidate"].tolist() == list(solution.portfolio or ())
    assert sites["site_number"].tolist() == [1, 2, 3, 4]
    assert set(sites.geom_type) == {"Point"}
    criteria = gpd.read_file(path, layer="criteria").set_index("criterion")
    assert criteria["value"].to_numpy() == pytest.approx(solution.criteria["value"].to_numpy())
    demand = gpd.read_file(path, layer="demand")
    assert len(demand) == 1166
    assert set(demand["facility"]) == set(solution.portfolio or ())
    sources = gpd.read_file(path, layer="sources").set_index("source")
    assert sources.loc["osm_grid", ["licence", "vintage"]].notna().all()
    assert "EuroGeographics" in sources.loc["nuts_2021", "licence"]


def test_service_areas_cover_the_demand_they_serve_and_nothing_twice(project: Path) -> None:
    """One area per site: as large together as all demand regions, with their demand and latency."""
    path = project.with_suffix(".gpkg")
    areas = gpd.read_file(path, layer="service_areas").set_index("candidate")
    demand = gpd.read_file(path, layer="demand")
    assert areas.area.sum() == pytest.approx(demand.area.sum(), rel=1e-6)
    assert areas["demand_share"].sum() == pytest.approx(1.0)
    for site, area in areas.iterrows():
        served = demand[demand["facility"] == site]
        assert len(served) == area["demand_points"]
        assert area["latency_ms"] == pytest.approx(np.average(served["latency_ms"], weights=served["demand_share"]))


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's command line tools are not installed")
def test_ogrinfo_reads_the_geopackage(project: Path) -> None:
    """Another build of GDAL than the one that wrote it."""
    command = ["ogrinfo", "-so", "-al", str(project.with_suffix(".gpkg"))]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    for layer in (*LAYERS, *TABLES):
        assert f"Layer name: {layer}\n" in told.stdout
    assert 'ID["EPSG",3035]' in told.stdout
    assert "ERROR" not in told.stderr
    assert "Warning" not in told.stderr


def test_every_layer_has_a_style_by_default_that_names_its_classes(project: Path, solution: siting.Solution) -> None:
    """Each candidate falls into exactly one class of the style, and each class has a symbol."""
    path = project.with_suffix(".gpkg")
    found = styles(path)
    assert sorted(found) == sorted(LAYERS)
    categories = found["sites"].findall(".//category")
    names = solution.sites["name"].tolist()
    assert [category.get("label") for category in categories] == names
    numbers = [option.get("value") for option in found["sites"].findall(".//Option[@name='chr']")]
    assert numbers == ["1", "2", "3", "4"]
    assert found["sites"].find("labeling") is not None
    rules = [rule for rule in found["candidates"].iter("rule") if rule.get("filter")]
    symbols = {symbol.get("name") for symbol in found["candidates"].find("renderer-v2/symbols") or ()}
    assert {rule.get("symbol") for rule in rules} == symbols
    counted = sum(
        len(pyogrio.read_dataframe(path, layer="candidates", where=rule.get("filter"), read_geometry=False))
        for rule in rules
    )
    assert counted == 242
    hatches = [layer.get("class") for layer in found["candidates"].iter("layer")]
    assert "LinePatternFill" in hatches


def test_the_project_names_the_geopackage_beside_it(project: Path) -> None:
    """Relative paths, so that the two files can move together; title, projection, layout."""
    with zipfile.ZipFile(project) as archive:
        assert archive.namelist() == ["answer.qgs"]
        root = _parsed(archive.read("answer.qgs").decode())
    sources = [source.text for source in root.findall("projectlayers/maplayer/datasource")]
    assert sources == [f"./answer.gpkg|layername={name}" for name in (*LAYERS, *TABLES)]
    assert root.findtext("title") == "Four AI gigafactories in the EU-27"
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:3035"
    assert root.findtext("properties/Paths/Absolute") == "false"
    tree = root.findall("layer-tree-group/layer-tree-layer")
    assert [(layer.get("name"), layer.get("checked")) for layer in tree][:4] == [
        ("Chosen sites", "Qt::Checked"),
        ("Service areas", "Qt::Checked"),
        ("Candidates", "Qt::Checked"),
        ("Demand, by the site that serves it", "Qt::Unchecked"),
    ]
    kinds = {item.get("id") for item in root.findall("Layouts/Layout//LayoutItem")}
    assert {"map", "legend", "scale bar", "title", "sources"} <= kinds


def test_texts_from_data_never_run_in_a_project(awkward: Path) -> None:
    """QGIS runs what stands in ``[% %]`` in labels and legends; here it stands there as text."""
    text = awkward.read_text(encoding="utf-8")
    root = _parsed(text)
    shown = [item.get("labelText") for item in root.iter("LayoutItem") if item.get("labelText")]
    shown += [element.get("label") for element in root.iter() if element.get("label")]
    assert shown
    assert not any("[%" in label for label in shown)
    assert "\x07" not in text


def test_the_language_and_the_style_reach_the_file(solution: siting.Solution, tmp_path: Path) -> None:
    """Italian headings, greys only."""
    found = styles(solution.to_file(tmp_path / "answer.gpkg", language="it", style="print"))
    labels = [rule.get("label") for rule in found["candidates"].iter("rule")]
    assert word("excluded", "it") in labels
    assert word("excluded", "en") not in labels
    aliases = {alias.get("field"): alias.get("name") for alias in found["sites"].iter("alias")}
    assert aliases["electricity_price_eur_per_mwh"] == "Prezzo dell'elettricità (EUR/MWh)"
    colours = [option.get("value") for option in found["candidates"].findall(".//Option[@name='color']")]
    assert colours
    assert all(len(set(str(colour).split(",")[:3])) == 1 for colour in colours)


def test_kml_has_a_folder_per_layer_and_a_style_per_placemark(solution: siting.Solution, tmp_path: Path) -> None:
    """Sites in the house colours, candidates as areas, every attribute in the description."""
    root = _parsed(solution.to_file(tmp_path / "answer.kml").read_text(encoding="utf-8"))
    space = {"k": "http://www.opengis.net/kml/2.2"}
    folders = {folder.findtext("k:name", "", space): folder for folder in root.iterfind(".//k:Folder", space)}
    assert list(folders) == ["Chosen sites", "Service areas", "Candidates"]
    sites = folders["Chosen sites"].findall("k:Placemark", space)
    assert sites[0].findtext("k:name", "", space) == "1 Brandenburg"
    assert sites[0].findtext("k:Style/k:IconStyle/k:color", "", space) == "ff005ed5"
    assert "130.7" in sites[0].findtext("k:description", "", space)
    candidates = folders["Candidates"].findall("k:Placemark", space)
    assert len(candidates) == 242
    assert all(mark.find("k:Style/k:PolyStyle", space) is not None for mark in candidates)


def test_kml_escapes_what_a_globe_would_run(tmp_path: Path) -> None:
    """A description is HTML: a tag in a name is shown, not obeyed."""
    root = _parsed(hostile().to_file(tmp_path / "answer.kml").read_text(encoding="utf-8"))
    texts = [element.text or "" for element in root.iter("{http://www.opengis.net/kml/2.2}description")]
    assert texts
    assert not any("<script" in text for text in texts)
    assert any("&lt;script&gt;" in text for text in texts)
    names = [element.text for element in root.iter("{http://www.opengis.net/kml/2.2}name")]
    assert HOSTILE[0] in names


_OPEN_PROJECT = """
import json, sys
from qgis.core import *
from qgis.PyQt.QtCore import QSize
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
read = project.read(sys.argv[1])
layers = project.mapLayers().values()
shown = [l for l in project.layerTreeRoot().layerOrder()
         if project.layerTreeRoot().findLayer(l.id()).isVisible() and l.isSpatial()]
settings = QgsMapSettings()
settings.setLayers(shown)
settings.setDestinationCrs(project.crs())
settings.setExtent(project.viewSettings().defaultViewExtent())
settings.setOutputSize(QSize(500, 500))
settings.setBackgroundColor(project.backgroundColor())
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(sys.argv[2])
layout = project.layoutManager().printLayouts()[0]
options = QgsLayoutExporter.ImageExportSettings()
options.dpi = 60
exported = QgsLayoutExporter(layout).exportToImage(sys.argv[3], options)
print("ANSWER" + json.dumps({
    "read": read, "title": project.title(), "crs": project.crs().authid(),
    "layers": {l.name(): l.isValid() for l in layers},
    "shown": [l.name() for l in shown],
    "renderers": {l.name(): l.renderer().type() for l in shown},
    "errors": [error.message for error in job.errors()], "exported": exported,
}))
project.clear()
application.exitQgis()
"""

_OPEN_LAYER = """
import json, sys
from qgis.core import *
application = QgsApplication([], False)
application.initQgis()
found = {}
for name in sys.argv[2:]:
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    renderer = layer.renderer()
    items = [item.label() for item in renderer.legendSymbolItems()]
    found[name] = [layer.isValid(), renderer.type(), layer.labelsEnabled(), items]
print("ANSWER" + json.dumps(found))
del layer, renderer
application.exitQgis()
"""


def in_qgis(script: str, *arguments: object) -> Any:
    """Return what a script prints when QGIS runs it without a screen."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("PYTHONPATH", None)
    ran = subprocess.run(
        [SYSTEM_PYTHON, "-c", script, *map(str, arguments)],
        capture_output=True, text=True, check=False, env=environment, timeout=240,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.partition("ANSWER")[2])


def share_of_colour(path: Path, colour: tuple[int, int, int]) -> float:
    """Return the share of a picture's pixels in a colour."""
    from matplotlib.image import imread

    pixels = (imread(path)[..., :3] * 255).round().astype(int)
    return float((np.abs(pixels - np.array(colour)) <= 2).all(axis=-1).mean())


@needs_qgis
def test_qgis_opens_the_project_drawn(project: Path, tmp_path: Path) -> None:
    """Every layer is valid; the map shows the sea, the neighbours, the sites and the lightest class."""
    pictures = tmp_path / "map.png", tmp_path / "layout.png"
    told = in_qgis(_OPEN_PROJECT, project, *pictures)
    assert told["read"]
    assert told["title"] == "Four AI gigafactories in the EU-27"
    assert told["crs"] == "EPSG:3035"
    assert len(told["layers"]) == len(LAYERS) + len(TABLES)
    assert all(told["layers"].values())
    assert told["shown"] == ["Chosen sites", "Service areas", "Candidates", "Other countries"]
    assert told["errors"] == []
    assert told["exported"] == 0
    for colour, least in (
        ((230, 238, 243), 0.2),
        ((220, 219, 215), 0.1),
        ((251, 243, 211), 0.01),
        ((213, 94, 0), 0.001),
    ):
        assert share_of_colour(pictures[0], colour) > least, colour
        assert share_of_colour(pictures[1], colour) > least / 4, colour


@needs_qgis
def test_qgis_draws_the_bare_geopackage_by_its_styles(project: Path) -> None:
    """A layer that is added takes the style that stands in the file."""
    told = in_qgis(_OPEN_LAYER, project.with_suffix(".gpkg"), *LAYERS)
    assert all(valid for valid, *_ in told.values())
    assert [told[name][1] for name in LAYERS] == [
        "categorizedSymbol", "categorizedSymbol", "RuleRenderer", "categorizedSymbol", "singleSymbol",
    ]  # fmt: skip
    assert told["sites"][2]
    assert told["sites"][3] == ["Brandenburg", "Castilla y León", "Centre — Val de Loire", "Lombardia"]
    assert "outermost region" in told["candidates"][3]


@needs_qgis
def test_qgis_opens_a_project_with_hostile_names(awkward: Path, tmp_path: Path) -> None:
    """Formulas, tags, quotes and control characters are labels like any other."""
    told = in_qgis(_OPEN_PROJECT, awkward, tmp_path / "map.png", tmp_path / "layout.png")
    assert all(told["layers"].values())
    assert told["errors"] == []
    assert told["exported"] == 0
