"""What every map has in common: its keywords, and the way from content to a sheet of A4 or to the user's axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from siting.errors import InputError, suggestion
from siting.maps import layers
from siting.maps.map_body import draw_map
from siting.maps.panel import Block, Legend, axes_legend, place_blocks
from siting.maps.reasons import stated_reasons
from siting.maps.sheet import MARGIN, ORIENTATIONS, Sheet
from siting.maps.style import Style, applied, style_named
from siting.maps.texts import check_language, date_text, printable, word

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes

    from siting.maps.content import Content
    from siting.maps.labels import Box
    from siting.maps.layers import Ground

BOUNDARIES = "© EuroGeographics for the administrative boundaries"
"""What Eurostat asks every map with its boundaries to say."""
_PANEL_GAP = 6.0
Room = tuple[float, float, float, float]
"""Left, top, right and bottom in millimetres from the upper left corner of the sheet."""


class MapOptions(TypedDict, total=False):
    """Keywords that every map takes.

    Attributes
    ----------
    neighbours : geopandas.GeoDataFrame, optional
        Countries around, drawn in grey and cut to the frame.
    title : str, optional
        Title; a plain one in the language of the map by default. On the user's axes, none by default.
    subtitle : str
        Line below the title of a sheet.
    sources : sequence of str
        Named in the footer, each with its licence.
    remarks : sequence of str
        Said in the footer besides.
    date : datetime.date or str, optional
        Date in the footer; today, or the day of `SOURCE_DATE_EPOCH`, by default.
    language : {"en", "it"}
        Language of the texts on the map, English by default.
    style : {"light", "print"} or Style
        For screens and colour print (the default), or for greyscale.
    orientation : {"landscape", "portrait"}
        How the sheet lies, landscape by default; of no effect with `ax`.
    legend : bool
        With `ax`: whether the legend stands to the right of the map, inside the place the axes had; it does
        by default.
    """

    neighbours: gpd.GeoDataFrame | None
    title: str | None
    subtitle: str
    sources: Sequence[str]
    remarks: Sequence[str]
    date: dt.date | str | None
    language: str
    style: str | Style
    orientation: str
    legend: bool


OPTIONS = tuple(MapOptions.__annotations__)
"""Names of the keywords that every map takes."""


@dataclass(frozen=True)
class Page:
    """The keywords of every map with their defaults, checked.

    Attributes
    ----------
    neighbours, title, subtitle, sources, remarks, date, language, orientation, legend
        As in `MapOptions`.
    style : Style
        The style itself.
    """

    style: Style
    neighbours: gpd.GeoDataFrame | None = None
    title: str | None = None
    subtitle: str = ""
    sources: Sequence[str] = (BOUNDARIES,)
    remarks: Sequence[str] = ()
    date: dt.date | str | None = None
    language: str = "en"
    orientation: str = "landscape"
    legend: bool = True

    @classmethod
    def of(cls, options: MapOptions) -> Page:
        """Return the page that keywords ask for.

        Parameters
        ----------
        options : MapOptions
            As the caller wrote them.

        Returns
        -------
        Page
            With defaults for what was left out.

        Raises
        ------
        siting.errors.InputError
            If a keyword, language, style or orientation is unknown.

        Examples
        --------
        >>> Page.of({"language": "it"}).style.name
        'light'
        """
        for name in options:
            if name not in OPTIONS:
                raise InputError(f"a map has no option '{name}'{suggestion(name, OPTIONS)}")
        rest = {name: value for name, value in options.items() if name != "style"}
        page = cls(style=style_named(options.get("style", "light")), **rest)  # type: ignore[arg-type]
        check_language(page.language)
        if page.orientation not in ORIENTATIONS:
            nearest = suggestion(str(page.orientation), ORIENTATIONS)
            raise InputError(f"there is no orientation '{page.orientation}'{nearest}")
        return page


@dataclass(frozen=True)
class Design:
    """What makes one kind of map different from another.

    Attributes
    ----------
    title : str
        Title of a sheet without one of its own.
    legends : sequence of Legend
        Headings and entries that explain the map.
    blocks : sequence of Block
        What stands beside the map before the legends: tables and lists.
    further : sequence of Block
        What stands beside it after them.
    ground : callable
        Draws the candidates, or what takes their place.
    borders : bool
        Whether the borders of service areas are drawn over the ground.
    above : callable, optional
        Draws on the finished map, given its axes, its content, and the boxes nothing may cover.
    panel : callable, optional
        Fills the room beside the map in a way of its own, instead of the blocks.
    below : float
        Millimetres the panel wants below the map of a sheet in portrait.
    """

    title: str
    legends: Sequence[Legend] = ()
    blocks: Sequence[Block] = ()
    further: Sequence[Block] = ()
    ground: Ground = layers.regions
    borders: bool = False
    above: Callable[[Axes, Content, list[Box]], None] | None = None
    panel: Callable[[Sheet, Content, Room], None] | None = None
    below: float = 88.0


def draw_page(shown: Content, design: Design, page: Page, ax: Axes | None) -> Sheet | Axes:
    """Draw a map on a sheet of A4, or on the user's axes.

    Parameters
    ----------
    shown : Content
        What the map shows.
    design : Design
        What kind of map it is.
    page : Page
        The keywords of every map.
    ax : matplotlib.axes.Axes or None
        The user's axes, if the map is to stand there.

    Returns
    -------
    Sheet or matplotlib.axes.Axes
        The new sheet, or `ax`.
    """
    with applied(page.style):
        return _on_sheet(shown, design, page) if ax is None else _on_axes(ax, shown, design, page)


def _on_sheet(shown: Content, design: Design, page: Page) -> Sheet:
    sheet = Sheet(page.style, page.orientation)
    top = sheet.header(design.title if page.title is None else page.title, page.subtitle)
    remarks = [*footer_remarks(shown), *page.remarks]
    bottom = sheet.footer(page.sources, remarks, date_text(page.date, page.language), page.language)
    shown, room = _main_map(sheet, shown, design, (top, bottom))
    if design.panel is not None:
        design.panel(sheet, shown, room)
    else:
        place_blocks(sheet, (design.blocks, design.legends, design.further), room)
    return sheet


def _main_map(sheet: Sheet, shown: Content, design: Design, room: tuple[float, float]) -> tuple[Content, Room]:
    """Draw the main map of a sheet between top and bottom; return its content as drawn, and the room left."""
    across, down = sheet.millimetres
    top, bottom = room
    wide = tall = min(bottom - top, across - 2 * MARGIN)
    if across < down:
        tall = min(wide, max(bottom - top - design.below - _PANEL_GAP / 2, wide / 2))
    shown = shown.shaped(wide / tall)
    sheet.map_axes = sheet.axes_at(MARGIN, top, wide, tall)
    draw_map(sheet.map_axes, shown, ground=design.ground, borders=design.borders, above=design.above)
    if across > down:
        return shown, (MARGIN + wide + _PANEL_GAP, top, across - MARGIN, bottom)
    return shown, (MARGIN, top + tall + _PANEL_GAP / 2, across - MARGIN, bottom)


def footer_remarks(shown: Content) -> list[str]:
    """Return what the footer says besides sources and date.

    Parameters
    ----------
    shown : Content
        What the map shows.

    Returns
    -------
    list of str
        The projection, how several reasons are shown, and that insets have scales of their own.
    """
    remarks = [f"{word('projection', shown.language)}: ETRS89-LAEA (EPSG:3035)"]
    if shown.reasons and any(len(parts) > 1 for parts in stated_reasons(shown.candidates)):
        remarks.append(word("several", shown.language))
    if not shown.inside.all():
        remarks.append(word("scale", shown.language))
    return remarks


def _on_axes(ax: Axes, shown: Content, design: Design, page: Page) -> Axes:
    """Draw on the user's axes, the legend in the right of the place they had."""
    legend = axes_legend(ax, shown, design.legends) if page.legend else None
    draw_map(ax, shown, ground=design.ground, borders=design.borders, above=design.above)
    if page.title:
        ax.set_title(printable(page.title), loc="left", fontweight="bold", parse_math=False, color=page.style.ink)
    if legend is not None:
        legend(ax)
    return ax


def taken(options: Mapping[str, object], names: Sequence[str], kind: str) -> None:
    """Refuse keywords a kind of map does not take.

    Parameters
    ----------
    options : mapping
        Keywords as the caller wrote them.
    names : sequence of str
        Keywords of this kind besides those of every map.
    kind : str
        The kind, for the sentence.

    Raises
    ------
    siting.errors.InputError
        Names the keyword and the nearest valid one.
    """
    for name in options:
        if name not in (*names, *OPTIONS):
            nearest = suggestion(name, (*names, *OPTIONS), listed=16)
            raise InputError(f"a map of kind '{kind}' has no option '{name}'{nearest}")
