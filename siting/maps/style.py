"""The house style: colours and type, applied by context and never by changing global settings."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MILLIMETRES_PER_INCH = 25.4
POINTS_PER_MILLIMETRE = 72 / MILLIMETRES_PER_INCH
_LEAST_CONTRAST = 4.5
"""WCAG 2.1, success criterion 1.4.3: the least contrast of small text against its ground."""
SHAPES = ("o", "s", "D", "h")
"""Shapes of site markers, as matplotlib names them: circles until the colours run out, then squares, and so on."""
SHAPE_SIZES = {"o": 1.0, "s": 0.89, "D": 0.8, "h": 1.06}
"""What makes the shapes look equally large."""
_SHIPPED_FONT = "DejaVu Sans"
"""Comes with matplotlib, so it is always there."""
_FURTHER_FONTS = ("Noto Sans CJK SC", "Noto Sans", "Arial Unicode MS")
"""Asked, where they are installed, for letters that the font of a style lacks."""
_REASONS = (
    "#ebb233", "#6da1cf", "#aa9c78", "#abe596", "#35e1fe", "#e984a7", "#ddbba5", "#c19a50", "#a4a9fe", "#c9b9d1",
)  # fmt: skip
"""One fill per exclusion reason, told apart by the three common colour-vision deficiencies."""


@dataclass(frozen=True)
class Style:
    """Colours and weights of one variant of the house style.

    Attributes
    ----------
    name : str
        What the variant is called.
    sea, neighbour, excluded, missing, hatch, border, country_border, graticule, ink, muted, paper : str
        Colours of the parts of a map, as matplotlib understands them.
    sequential : tuple of str
        Anchors of the sequential palette from low to high; lightness falls monotonically.
    sites : tuple of str
        One colour per chosen site, in order; told apart by the three common colour-vision deficiencies. When they
        run out they repeat, and the markers change their shape.
    never : str
        Fill of candidates about which there is nothing to say: held never, or not excluded.
    reasons : tuple of str
        One fill per exclusion reason; each has a pattern of its own besides.
    dashes : tuple of (float or tuple of float)
        Line pattern of the outline of each service area: solid in colour, distinct in greyscale.
    font : str
        Preferred font family.
    """

    name: str
    sea: str
    neighbour: str
    excluded: str
    missing: str
    hatch: str
    border: str
    country_border: str
    graticule: str
    ink: str
    muted: str
    paper: str
    sequential: tuple[str, ...]
    sites: tuple[str, ...]
    never: str = "#f7f5f0"
    reasons: tuple[str, ...] = _REASONS
    dashes: tuple[tuple[float, ...], ...] = ((),)
    font: str = _SHIPPED_FONT

    def ramp(self, classes: int) -> list[str]:
        """Return `classes` colours from low to high, sampled from the sequential palette.

        Parameters
        ----------
        classes : int
            How many colours are wanted, at least one.

        Returns
        -------
        list of str
            Hexadecimal colours, light to dark.

        Examples
        --------
        >>> len(LIGHT.ramp(5))
        5
        """
        palette = LinearSegmentedColormap.from_list("sequential", list(self.sequential))
        if classes == 1:
            return [mpl.colors.to_hex(palette(0.5))]
        return [mpl.colors.to_hex(palette(step / (classes - 1))) for step in range(classes)]

    def site_colour(self, number: int) -> str:
        """Return the colour of a site; colours repeat when they run out.

        Parameters
        ----------
        number : int
            Position of the site in the portfolio, counted from zero.

        Returns
        -------
        str
            A hexadecimal colour.
        """
        return self.sites[number % len(self.sites)]

    def site_shape(self, number: int) -> str:
        """Return the shape of a site's marker: another one each time the colours start again.

        Parameters
        ----------
        number : int
            Position of the site in the portfolio, counted from zero.

        Returns
        -------
        str
            One of `SHAPES`.

        Examples
        --------
        >>> LIGHT.site_shape(0), LIGHT.site_shape(len(LIGHT.sites))
        ('o', 's')
        """
        return SHAPES[number // len(self.sites) % len(SHAPES)]

    def dash(self, number: int) -> tuple[float, ...]:
        """Return the dash pattern of the outline of the service area with this position.

        Parameters
        ----------
        number : int
            Position of the site in the portfolio.

        Returns
        -------
        tuple of float
            On and off lengths in line widths; empty for a solid line.
        """
        return self.dashes[number % len(self.dashes)]


LIGHT = Style(
    name="light",
    sea="#e6eef3",
    neighbour="#dcdbd7",
    excluded="#fbfaf7",
    missing="#fbfaf7",
    hatch="#6f6a62",
    border="#ffffff",
    country_border="#5d6166",
    graticule="#cfdce5",
    ink="#1d2327",
    muted="#5b636a",
    paper="#ffffff",
    sequential=("#fbf3d3", "#e6dcb4", "#c3c3ae", "#95a4ab", "#667d94"),
    sites=(
        "#d55e00", "#0a78d1", "#0b4d31", "#760f6e", "#5a2ee0", "#4a4508",
        "#a82a63", "#3b3f46", "#958156", "#be6aaa", "#570190", "#915dfe",
    ),
)  # fmt: skip
"""For screens and colour print; the first site colours follow Okabe and Ito, darkened until white figures are read,
and the last four lie as far from them as they can in every kind of colour vision."""

PRINT = Style(
    name="print",
    sea="#ffffff",
    neighbour="#ececec",
    excluded="#ffffff",
    missing="#ffffff",
    hatch="#555555",
    border="#ffffff",
    country_border="#4a4a4a",
    graticule="#e0e0e0",
    ink="#000000",
    muted="#444444",
    paper="#ffffff",
    sequential=("#f7f7f7", "#e3e3e3", "#cdcdcd", "#b5b5b5", "#9c9c9c"),
    never="#ffffff",
    sites=("#000000", "#5c5c5c", "#2e2e2e", "#6b6b6b", "#454545", "#1a1a1a"),
    reasons=(
        "#f2f2f2",
        "#d9d9d9",
        "#bfbfbf",
        "#e6e6e6",
        "#cccccc",
        "#b3b3b3",
        "#ededed",
        "#d4d4d4",
        "#c6c6c6",
        "#dfdfdf",
    ),
    dashes=((), (4.0, 1.6), (1.0, 1.2), (6.0, 1.5, 1.0, 1.5), (9.0, 2.0), (3.0, 1.0, 1.0, 1.0, 1.0, 1.0)),
)
"""For black-and-white print: greys only, service areas told apart by number and by dash."""

STYLES = {style.name: style for style in (LIGHT, PRINT)}


def style_named(style: str | Style) -> Style:
    """Return the variant of the house style with this name.

    Parameters
    ----------
    style : str or Style
        `"light"`, `"print"`, or a style of your own, which is returned as it is.

    Returns
    -------
    Style
        The variant.

    Raises
    ------
    siting.errors.InputError
        If no variant has this name.

    Examples
    --------
    >>> style_named("print").sea
    '#ffffff'
    """
    if isinstance(style, Style):
        return style
    if style not in STYLES:
        raise InputError(f"there is no map style '{style}'{suggestion(str(style), STYLES)}")
    return STYLES[style]


def settings(style: Style) -> Any:
    """Return the matplotlib settings of a style.

    Parameters
    ----------
    style : Style
        The variant.

    Returns
    -------
    dict
        Keys and values for `matplotlib.rc_context`.
    """
    return {
        # Families that are installed, in the order in which they are asked for a letter; the generic one stands
        # last for readers of an SVG file, whose viewer may have others.
        "font.family": [*_families(style.font), "sans-serif"],
        "font.sans-serif": [_SHIPPED_FONT, "Verdana", "Arial"],
        "font.size": 7.0,
        "text.color": style.ink,
        "text.usetex": False,
        "text.parse_math": False,
        # Letters keep their widths at every resolution, so that what fits by measure fits in the file.
        "text.hinting": "none",
        "axes.unicode_minus": True,
        "path.simplify": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "siting",
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "savefig.facecolor": style.paper,
        "savefig.bbox": "standard",
    }


@lru_cache
def _families(font: str) -> tuple[str, ...]:
    """Return the installed families to draw with, the wanted one first; that it is missing is said once."""
    installed = set(font_manager.get_font_names())
    if font not in installed:
        nearest = suggestion(font, sorted(installed))
        warnings.warn(f"the font '{font}' is not installed, so {_SHIPPED_FONT} is used{nearest}", stacklevel=5)
    wanted = dict.fromkeys([font, _SHIPPED_FONT, *_FURTHER_FONTS])
    return tuple(family for family in wanted if family in installed)


@contextmanager
def applied(style: Style) -> Iterator[None]:
    """Apply a style inside a `with` block and restore the user's settings after it.

    Parameters
    ----------
    style : Style
        The variant.

    Yields
    ------
    None
        Nothing; the settings hold inside the block.
    """
    with mpl.rc_context(settings(style)):
        yield


def _hexadecimal(channels: Iterable[float]) -> str:
    """Return a colour from red, green and blue between 0 and 1."""
    red, green, blue = channels
    return mpl.colors.to_hex((red, green, blue))


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 black to 1 white (WCAG 2.1)."""
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in to_rgb(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1).

    Parameters
    ----------
    first, second : str
        Colours as matplotlib understands them.

    Returns
    -------
    float
        The ratio; small text wants at least 4.5.

    Examples
    --------
    >>> round(contrast("black", "white"))
    21
    """
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def readable(colour: str, ground: str = "#ffffff") -> str:
    """Darken a colour until small text in it is legible on its ground.

    Parameters
    ----------
    colour : str
        The colour to start from.
    ground : str, default white
        What the text stands on.

    Returns
    -------
    str
        The first shade with a contrast of at least 4.5, or black.

    Examples
    --------
    >>> contrast(readable("#e69f00"), "#ffffff") >= 4.5
    True
    """
    for step in range(20):
        shade = _hexadecimal(channel * (1 - step / 20) for channel in to_rgb(colour))
        if contrast(shade, ground) >= _LEAST_CONTRAST:
            return shade
    return "#000000"


def deepened(colour: str, strength: float) -> str:
    """Mix a colour with black.

    Parameters
    ----------
    colour : str
        The colour itself.
    strength : float
        0 gives the colour, 1 black.

    Returns
    -------
    str
        A hexadecimal colour.

    Examples
    --------
    >>> deepened("#ffffff", 1.0)
    '#000000'
    """
    return _hexadecimal((1 - strength) * channel for channel in to_rgb(colour))


def tint(colour: str, strength: float) -> str:
    """Mix a colour with white, so that no transparency is needed in the file.

    Parameters
    ----------
    colour : str
        The full colour.
    strength : float
        0 gives white, 1 the colour itself.

    Returns
    -------
    str
        A hexadecimal colour.

    Examples
    --------
    >>> tint("#000000", 0.0)
    '#ffffff'
    """
    return _hexadecimal(1 - strength * (1 - channel) for channel in to_rgb(colour))
