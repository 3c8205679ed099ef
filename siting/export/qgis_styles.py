"""How QGIS draws each layer: the classes, colours and hatches of the maps of this package."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from siting.export.layers import are_places
from siting.export.qgis_symbols import (
    categorised_renderer,
    circle_layer,
    element,
    equals,
    fill_layer,
    hatch_layers,
    labelling,
    line_layer,
    rule_renderer,
    single_renderer,
    symbol,
    text_layer,
)
from siting.export.tables import heading
from siting.maps.shapes import MISSING, PATTERNS, Pattern
from siting.maps.style import tint
from siting.maps.texts import word

if TYPE_CHECKING:
    import pandas as pd

    from siting.export.layers import MapLayers
    from siting.export.qgis_symbols import Element

QGIS_VERSION = "3.22.0-Białowieża"
"""The oldest version the files are written for; newer ones read them."""
_SITE_MILLIMETRES, _NUMBER_MILLIMETRES = 5.6, 3.1
_DOT_MILLIMETRES = 1.3
_BAND_MILLIMETRES = 0.7


def style_elements(layers: MapLayers, name: str) -> list[Element]:
    """Return what a style of a layer is made of, ready for a style file or a project.

    Parameters
    ----------
    layers : MapLayers
        The map file.
    name : str
        Of one of its layers with geometry.

    Returns
    -------
    list of xml.etree.ElementTree.Element
        Renderer, labels, headings of the columns and the field that names a row.
    """
    frame = layers.drawn[name]
    made = [_RENDERERS[name](layers)]
    if name == "sites":
        made.append(labelling("label", layers.style.ink, layers.style.paper, layers.style.font))
    made.append(element("blendMode", "0"))
    made.append(element("layerOpacity", "1"))
    made.append(_aliases(frame, layers.language))
    named = next((column for column in ("label", "name", "candidate") if column in frame), None)
    if named is not None:
        made.append(element("previewExpression", f'"{named}"'))
    return made


def style_file(layers: MapLayers, name: str) -> str:
    """Return the style of a layer as the text of a QML file.

    Examples
    --------
    >>> import siting
    >>> from siting.export.layers import map_layers
    >>> style_file(map_layers(siting.solve("gigafactories")), "sites")[:31]
    "<!DOCTYPE qgis PUBLIC 'http://m"
    """
    root = element(
        "qgis", None, *style_elements(layers, name), version=QGIS_VERSION, styleCategories="AllStyleCategories",
        labelsEnabled=int(name == "sites"), hasScaleBasedVisibilityFlag=0, simplifyDrawingHints=1,
    )  # fmt: skip
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(root, encoding="unicode")


def site_names(layers: MapLayers) -> list[tuple[int, str]]:
    """Return number and label of each chosen site."""
    if layers.sites is None:
        return []
    return [
        (int(number), str(label))
        for number, label in zip(layers.sites["site_number"], layers.sites["label"], strict=True)
    ]


def _sites(layers: MapLayers) -> Element:
    style = layers.style
    return categorised_renderer(
        "site_number",
        [
            (
                number,
                label,
                symbol(
                    "marker", "",
                    circle_layer(style.site_colour(number - 1), _SITE_MILLIMETRES, style.paper, 0.4),
                    text_layer(str(number), style.paper, _NUMBER_MILLIMETRES, style.font),
                ),
            )
            for number, label in site_names(layers)
        ],
    )  # fmt: skip


def _service_areas(layers: MapLayers) -> Element:
    style = layers.style
    categories = []
    for number, label in site_names(layers):
        colour, dash = style.site_colour(number - 1), style.dash(number - 1)
        # Twice as wide as it looks: only the half inside its own area is drawn, so that neighbours stay apart.
        band = line_layer(colour, 2 * _BAND_MILLIMETRES, dash, inside=True)
        ground = [fill_layer(style.missing)] if are_places(layers.candidates) else []
        categories.append((number, label, symbol("fill", "", *ground, band)))
    return categorised_renderer("site_number", categories)


def candidate_groups(layers: MapLayers) -> list[tuple[str, list[tuple[str, str, Element]]]]:
    """Return how candidates are drawn: by score, hatched by the reason of exclusion, in the colour of their site.

    Returns
    -------
    list of (str, list of (str, str, Element))
        Title of each group, and label, expression and symbol of each class in it.
    """
    style, language = layers.style, layers.language
    places = are_places(layers.candidates)

    def area(colour: str, pattern: Pattern | None = None) -> Element:
        if places:
            return symbol(
                "marker",
                "",
                circle_layer(colour, _DOT_MILLIMETRES, style.hatch if pattern else style.country_border, 0.1),
            )
        lines = hatch_layers(pattern, style.hatch, "hatch") if pattern else []
        border = style.country_border if pattern else style.border
        return symbol("fill", "", fill_layer(colour, border), *lines)

    score = [(label, equals("score_class", label), area(colour)) for label, colour in layers.score_classes]
    reasons = [
        (label, equals("exclusion_group", label), area(style.excluded, PATTERNS[place % len(PATTERNS)]))
        for place, label in enumerate(layers.exclusion_groups)
    ]
    chosen = [
        (label, equals("site_number", number), area(style.site_colour(number - 1)))
        for number, label in site_names(layers)
    ]
    unknown = '"score_class" IS NULL AND "exclusion_group" IS NULL AND "site_number" IS NULL'
    frame = layers.candidates
    lacks_score = frame["score_class"].isna() & frame["exclusion_group"].isna() & frame["site_number"].isna()
    missing = [(word("missing", language), unknown, area(style.missing, MISSING))] if lacks_score.any() else []
    return [
        (word("score", language), [*score, *missing]),
        (word("excluded", language), reasons),
        (word("chosen", language), chosen),
    ]


def _candidates(layers: MapLayers) -> Element:
    return rule_renderer(candidate_groups(layers))


def _demand(layers: MapLayers) -> Element:
    assert layers.demand is not None  # noqa: S101 - drawn layers exist
    style, places = layers.style, are_places(layers.demand)
    categories = []
    for number, label in site_names(layers):
        colour = style.site_colour(number - 1)
        made = (
            symbol("marker", "", circle_layer(colour, _DOT_MILLIMETRES, style.paper, 0.1))
            if places
            else symbol("fill", "", fill_layer(tint(colour, 0.45), style.border, 0.06))
        )
        categories.append((number, label, made))
    if not categories:
        return single_renderer(symbol("fill", "", fill_layer(style.missing, style.country_border)))
    return categorised_renderer("site_number", categories)


def _neighbours(layers: MapLayers) -> Element:
    return single_renderer(symbol("fill", "", fill_layer(layers.style.neighbour, layers.style.border)))


def _aliases(frame: pd.DataFrame, language: str) -> Element:
    """Return what the columns are called in tables and forms, with units."""
    columns = [name for name in frame.columns if name != "geometry"]
    # The first field of a GeoPackage is its own row number.
    return element(
        "aliases",
        None,
        *(
            element("alias", index=place, field=name, name=heading(name, language))
            for place, name in enumerate(columns, 1)
        ),
    )


_RENDERERS = {
    "sites": _sites,
    "service_areas": _service_areas,
    "candidates": _candidates,
    "demand": _demand,
    "neighbours": _neighbours,
}
