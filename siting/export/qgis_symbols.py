"""Symbols, renderers and labels in the XML that QGIS reads, from version 3.22 on."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from siting.maps.texts import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from siting.maps.shapes import Pattern

Element = ET.Element
_NAMESPACE = uuid.UUID("6f6b6f5e-3f59-5a52-9d35-7b9c6a3c2f10")
_POINTS_TO_MILLIMETRES = 25.4 / 72


def element(tag: str, text: str | None = None, /, *children: Element, **attributes: object) -> Element:
    """Return an XML element; a trailing underscore of an attribute's name is dropped.

    Examples
    --------
    >>> ET.tostring(element("rule", label="<a>"), encoding="unicode")
    '<rule label="&lt;a&gt;" />'
    """
    made = ET.Element(tag, {name.rstrip("_"): str(value) for name, value in attributes.items()})
    made.text = text
    made.extend(children)
    return made


def plain_label(text: object) -> str:
    """Return a text for a legend or a label of a layout, where QGIS would run what stands in ``[% %]``.

    Examples
    --------
    >>> plain_label("50 [% @user_full_name %]")
    '50 [\u200b% @user_full_name %]'
    """
    return printable(text).replace("[%", "[\u200b%")


def identifier(*parts: object) -> str:
    """Return an identifier in the form QGIS gives, the same for the same parts.

    Examples
    --------
    >>> identifier("layout") == identifier("layout")
    True
    """
    return f"{{{uuid.uuid5(_NAMESPACE, '|'.join(map(str, parts)))}}}"


def channels(colour: str, opacity: float = 1.0) -> str:
    """Return a hexadecimal colour as QGIS writes it.

    Examples
    --------
    >>> channels("#d55e00", 0.5)
    '213,94,0,128'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def option_map(options: dict[str, object]) -> Element:
    """Return options as QGIS lists them."""
    made = element("Option", type="Map")
    made.extend(element("Option", name=name, type="QString", value=value) for name, value in options.items())
    return made


def symbol_layer(class_name: str, *children: Element, **options: object) -> Element:
    """Return one layer of a symbol."""
    made = element("layer", class_=class_name, enabled=1, locked=0, pass_=0)
    made.append(option_map(options))
    made.extend(children)
    return made


def symbol(kind: str, name: str, *layers: Element) -> Element:
    """Return a symbol of kind "marker", "line" or "fill"."""
    made = element("symbol", type=kind, name=name, alpha=1, clip_to_extent=1, force_rhr=0)
    made.extend(layers)
    return made


def fill_layer(colour: str, border: str | None = None, width: float = 0.1, opacity: float = 1.0) -> Element:
    """Return a plain filling, widths in millimetres."""
    return symbol_layer(
        "SimpleFill",
        color=channels(colour, opacity), style="solid", joinstyle="round",
        outline_color=channels(border or colour), outline_style="solid" if border else "no",
        outline_width=width, outline_width_unit="MM",
    )  # fmt: skip


def line_layer(colour: str, width: float, dash: Sequence[float] = (), *, inside: bool = False) -> Element:
    """Return a line; `dash` holds on and off lengths in line widths, `inside` clips it to the polygon it bounds."""
    return symbol_layer(
        "SimpleLine",
        line_color=channels(colour), line_width=width, line_width_unit="MM", line_style="solid",
        joinstyle="round", capstyle="flat" if dash else "round",
        use_custom_dash=int(bool(dash)), customdash=";".join(f"{part * width:g}" for part in dash) or "5;2",
        customdash_unit="MM", draw_inside_polygon=int(inside),
    )  # fmt: skip


def circle_layer(colour: str, size: float, border: str, border_width: float = 0.3) -> Element:
    """Return a disc, sizes in millimetres."""
    return symbol_layer(
        "SimpleMarker",
        name="circle", color=channels(colour), size=size, size_unit="MM",
        outline_color=channels(border), outline_style="solid", outline_width=border_width, outline_width_unit="MM",
    )  # fmt: skip


def text_layer(text: str, colour: str, size: float, font: str) -> Element:
    """Return a text as part of a marker, size in millimetres."""
    return symbol_layer(
        "FontMarker",
        chr=text, font=font, font_style="Bold", color=channels(colour), size=size, size_unit="MM",
        horizontal_anchor_point=1, vertical_anchor_point=1, offset="0,0", outline_width=0,
    )  # fmt: skip


def hatch_layers(pattern: Pattern, colour: str, name: str) -> list[Element]:
    """Return the lines or dots of a hatch, as on the maps of this package."""
    width = pattern.width * _POINTS_TO_MILLIMETRES
    if not pattern.angles:
        dot = symbol("marker", f"@{name}@1", circle_layer(colour, width, colour, 0.0))
        return [
            symbol_layer(
                "PointPatternFill", dot,
                distance_x=pattern.spacing, distance_x_unit="MM", distance_y=pattern.spacing, distance_y_unit="MM",
                displacement_x=pattern.spacing / 2, displacement_x_unit="MM",
            )
        ]  # fmt: skip
    return [
        symbol_layer(
            "LinePatternFill", symbol("line", f"@{name}@{place}", line_layer(colour, width)),
            angle=angle, distance=pattern.spacing, distance_unit="MM", color=channels(colour), line_width=width,
        )
        for place, angle in enumerate(pattern.angles, start=1)
    ]  # fmt: skip


def single_renderer(made: Element) -> Element:
    """Return a renderer that draws everything alike."""
    made.set("name", "0")
    return element("renderer-v2", None, element("symbols", None, made), type="singleSymbol", symbollevels=0)


def categorised_renderer(attribute: str, categories: Iterable[tuple[object, str, Element]]) -> Element:
    """Return a renderer with one symbol per value: triples of value, label and symbol."""
    listed, symbols = element("categories"), element("symbols")
    for place, (value, label, made) in enumerate(categories):
        made.set("name", str(place))
        symbols.append(made)
        listed.append(element("category", symbol=place, value=value, label=plain_label(label), render="true"))
    return element(
        "renderer-v2", None, listed, symbols, type="categorizedSymbol", attr=attribute, symbollevels=0, enableorderby=0
    )


def equals(column: str, value: str | int) -> str:
    r"""Return the expression that a column has a value; quotes inside a text are doubled.

    Examples
    --------
    >>> equals("exclusion_group", "no owner's consent")
    '"exclusion_group" = \'no owner\'\'s consent\''
    """
    quoted = str(value) if isinstance(value, int) else "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return f'"{column}" = {quoted}'


def rule_renderer(groups: Iterable[tuple[str, Sequence[tuple[str, str, Element]]]]) -> Element:
    """Return a renderer of rules in groups: title, and triples of label, expression and symbol."""
    rules, symbols = element("rules", key=identifier("rules")), element("symbols")
    for title, members in groups:
        if not members:
            continue
        group = element("rule", key=identifier("group", title), label=plain_label(title))
        for label, expression, made in members:
            name = str(len(symbols))
            made.set("name", name)
            symbols.append(made)
            key = identifier("rule", title, label, name)
            group.append(element("rule", key=key, label=plain_label(label), filter=expression, symbol=name))
        rules.append(group)
    return element("renderer-v2", None, rules, symbols, type="RuleRenderer", symbollevels=0, enableorderby=0)


def labelling(column: str, colour: str, halo: str, font: str, size: float = 9.0) -> Element:
    """Return labels beside points, bold, with a halo; size in points."""
    buffer = element(
        "text-buffer", bufferDraw=1, bufferSize=0.8, bufferSizeUnits="MM", bufferColor=channels(halo),
        bufferOpacity=1, bufferJoinStyle=128, bufferNoFill=1,
    )  # fmt: skip
    text = element(
        "text-style", None, buffer, fieldName=column, isExpression=0, fontFamily=font, namedStyle="Bold",
        fontWeight=75, fontSize=size, fontSizeUnit="Point", textColor=channels(colour), textOpacity=1, allowHtml=0,
    )  # fmt: skip
    placed = element(
        "placement", placement=6, dist=1.2, distUnits="MM", offsetType=1, priority=10,
        predefinedPositionOrder="TR,BR,TL,BL,R,L,TSR,BSR",
    )  # fmt: skip
    drawn = element("rendering", displayAll=1, obstacle=1, drawLabels=1, upsidedownLabels=0, zIndex=1)
    settings = element("settings", None, text, placed, drawn, calloutType="simple")
    return element("labeling", None, settings, type="simple")
