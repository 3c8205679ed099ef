"""The print layout of a project: a sheet of A4 with title, map, legend, scale bar and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.export.qgis_styles import candidate_groups
from siting.export.qgis_symbols import channels, element, fill_layer, identifier, line_layer, plain_label, symbol
from siting.export.tables import credits_line, moment
from siting.maps.texts import date_text, number, word

if TYPE_CHECKING:
    from siting.export.layers import MapLayers
    from siting.export.qgis_symbols import Element

SHEET = (297.0, 210.0)
"""A4, landscape, in millimetres."""
_MARGIN = 10.0
_MAP = (_MARGIN, 27.0, 196.0, 163.0)
_LEGEND = (211.0, 27.0)
_TYPES = {"page": 65638, "map": 65639, "label": 65641, "legend": 65642, "scale bar": 65646}
"""The numbers by which QGIS tells the items of a layout apart."""
_WORDS = {
    "en": {"layout": "Portfolio map", "sources": "Sources", "projection": "Projection"},
    "it": {"layout": "Mappa del portafoglio", "sources": "Fonti", "projection": "Proiezione"},
}


def print_layout(layers: MapLayers, titles: dict[str, str]) -> Element:
    """Return the layout.

    Parameters
    ----------
    layers : MapLayers
        What the map shows.
    titles : dict of str to str
        What the layers are called.
    """
    words, style = _WORDS[layers.language], layers.style
    layout = element("Layout", name=words["layout"], units="mm", printResolution=300, worldFileMap="")
    layout.append(element("Snapper", tolerance=5, snapToGrid=0, snapToGuides=1, snapToItems=1))
    layout.append(element("Grid", resolution=10, resUnits="mm", offsetX=0, offsetY=0, offsetUnits="mm"))
    paper = symbol("fill", "", fill_layer(style.paper))
    page = _item("page", "page", (0, 0, *SHEET), 0)
    layout.append(element("PageCollection", None, paper, page, element("GuideCollection", visible=0)))
    layout.append(_legend(layers, titles))
    layout.append(_scale_bar(layers))
    foot = (_MARGIN, 192.5, SHEET[0] - 2 * _MARGIN, 11.0)
    layout.append(_label("sources", _sources_text(layers, words), foot, 6.0, style.muted))
    layout.append(_label("subtitle", _subtitle(layers), (_MARGIN, 17.0, 277.0, 9.0), 7.5, style.muted))
    layout.append(_label("title", layers.title, (_MARGIN, 8.0, 277.0, 10.0), 16.0, style.ink, bold=True))
    layout.append(_map(layers))
    return layout


def _subtitle(layers: MapLayers) -> str:
    solution, language = layers.solution, layers.language
    if solution.objective is None:
        return f"{word('none chosen', language)}: {solution.status}"
    objective = f"{word('objective', language)} {number(solution.objective, 4, language)}"
    gap = f"{word('gap', language)} {number(100 * solution.gap, 2, language)} %"
    return f"{objective} · {gap} · {word(solution.status.replace('_', ' '), language)}: {solution.proof}"


def _sources_text(layers: MapLayers, words: dict[str, str]) -> str:
    date = date_text(moment().date(), layers.language)
    projection = f"{words['projection']}: ETRS89-LAEA (EPSG:3035)"
    return f"{words['sources']}: {credits_line(layers.solution)}. {projection} · {date}"


def _item(kind: str, name: str, box: tuple[float, float, float, float], order: int, **attributes: object) -> Element:
    """Return an item of the layout at left, top, width and height in millimetres."""
    left, top, width, height = box
    key = identifier("layout", name)
    return element(
        "LayoutItem", type=_TYPES[kind], id=name, uuid=key, templateUuid=key, zValue=order, visibility=1,
        position=f"{left:g},{top:g},mm", positionOnPage=f"{left:g},{top:g},mm", size=f"{width:g},{height:g},mm",
        referencePoint=0, itemRotation=0, opacity=1, blendMode=0, positionLock="false", excludeFromExports=0,
        outlineWidthM="0.2,mm", frameJoinStyle="miter",
        **{"frame": "false", "background": "false"} | attributes,
    )  # fmt: skip


def _colour(tag: str, colour: str) -> Element:
    red, green, blue, alpha = channels(colour).split(",")
    return element(tag, red=red, green=green, blue=blue, alpha=alpha)


def _font(tag: str, size: float, *, bold: bool = False, font: str = "DejaVu Sans") -> Element:
    weight = 75 if bold else 50
    style = "Bold" if bold else "Book"
    return element(tag, description=f"{font},{size:g},-1,5,{weight},0,0,0,0,0,{style}", style=style)


def _label(
    name: str, text: str, box: tuple[float, float, float, float], size: float, colour: str, *, bold: bool = False
) -> Element:
    item = _item("label", name, box, 5, labelText=plain_label(text), htmlState=0, halign=1, valign=32, marginX=0)
    item.extend([_font("LabelFont", size, bold=bold), _colour("FontColor", colour)])
    return item


def _map(layers: MapLayers) -> Element:
    item = _item(
        "map", "map", _MAP, 1, frame="true", background="true", mapRotation=0, keepLayerSet="false", mapFlags=1,
        followPreset="false", drawCanvasItems="true",
    )  # fmt: skip
    west, south, east, north = layers.extent
    # The whole frame is shown: the shorter side is widened to the shape of the paper.
    height, width = north - south, east - west
    wanted = _MAP[2] / _MAP[3]
    more_width, more_height = max(0.0, height * wanted - width) / 2, max(0.0, width / wanted - height) / 2
    bounds = {
        "xmin": west - more_width, "ymin": south - more_height, "xmax": east + more_width, "ymax": north + more_height,
    }  # fmt: skip
    item.append(_colour("FrameColor", layers.style.country_border))
    item.append(_colour("BackgroundColor", layers.style.sea))
    item.append(element("Extent", **{side: f"{value:.0f}" for side, value in bounds.items()}))
    return item


def _scale_bar(layers: MapLayers) -> Element:
    ink = layers.style.ink
    item = _item(
        "scale bar", "scale bar", (_MAP[0] + 3, _MAP[1] + _MAP[3] - 13, 60, 11), 6, mapUuid=identifier("layout", "map"),
        style="Line Ticks Up", unitType="km", unitLabel="km", numUnitsPerSegment=250, numMapUnitsPerScaleBarUnit=1,
        numSegments=2, numSegmentsLeft=0, segmentSizeMode=0, height=2, boxContentSpace=1, labelBarSpace=1,
        outlineWidth=0.3, minBarWidth=50, maxBarWidth=150, alignment=0, lineJoinStyle="miter", lineCapStyle="square",
    )  # fmt: skip
    item.append(
        element(
            "text-style",
            fontFamily=layers.style.font,
            fontSize=7,
            fontSizeUnit="Point",
            textColor=channels(ink),
            textOpacity=1,
        )
    )
    item.append(element("lineSymbol", None, symbol("line", "", line_layer(ink, 0.3))))
    return item


def _legend(layers: MapLayers, titles: dict[str, str]) -> Element:
    """Return the legend: the sites, then the classes of the candidates without the chosen ones, then the rest."""
    from siting.export.qgis_project import layer_identifier

    item = _item(
        "legend", "legend", (*_LEGEND, 76.0, 120.0), 4, map_uuid=identifier("layout", "map"), title="",
        resizeToContents=1, symbolWidth=6, symbolHeight=3.6, columnCount=1, boxSpace=0, lineSpacing=0.8,
        fontColor=layers.style.ink, legendFilterByAtlas=0, wrapChar="", symbolAlignment=1, titleAlignment=1,
    )  # fmt: skip
    styles = element("styles")
    for name, size, bold, above in (
        ("title", 9, True, 0), ("group", 8, True, 2), ("subgroup", 8, True, 3), ("symbol", 7, False, 1.2),
        ("symbolLabel", 7, False, 1.2),
    ):  # fmt: skip
        style = element("style", None, _font("styleFont", size, bold=bold), name=name, alignment=1, marginTop=above)
        style.set("marginLeft", "2" if name == "symbolLabel" else "0")
        styles.append(style)
    item.append(styles)
    tree = element("layer-tree-group", None, element("customproperties", None, element("Option")))
    for name, title, nodes in _legend_entries(layers, titles):
        options = element("Option", type="Map")
        options.append(element("Option", name="legend/title-label", type="QString", value=plain_label(title)))
        if nodes:
            shown = ",".join(map(str, nodes))
            options.append(element("Option", name="legend/node-order", type="QString", value=shown))
        tree.append(
            element(
                "layer-tree-layer",
                None,
                element("customproperties", None, options),
                id=layer_identifier(name),
                name=title,
                providerKey="ogr",
                checked="Qt::Checked",
                expanded=1,
            )
        )
    item.append(tree)
    return item


def _legend_entries(layers: MapLayers, titles: dict[str, str]) -> list[tuple[str, str, range]]:
    """Return layer, title and which of its classes are shown, all where the range is empty.

    The candidates come twice, by score and by reason; the chosen ones stand in the legend as sites already.
    """
    groups = [group for group in candidate_groups(layers) if group[1]][:2]
    entries = []
    start = 0
    for title, members in groups:
        entries.append(("candidates", title, range(start + 1, start + 1 + len(members))))
        start += 1 + len(members)
    listed = [("sites", titles["sites"], range(0)), ("service_areas", titles["service_areas"], range(0)), *entries]
    return [entry for entry in (*listed, ("neighbours", titles["neighbours"], range(0))) if entry[0] in layers.drawn]
