"""Maps for a proposal: sheets of A4 in EPSG:3035 with legend, scale, insets, sources and date.

Nothing here touches pyplot: the user's backend and settings stay as they are. A `Sheet` is a matplotlib
figure that shows itself in a notebook; `save` writes it as PNG, SVG with real text, or PDF with embedded
fonts.
"""

from __future__ import annotations

from siting.maps.criterion import criteria_maps, criterion_map
from siting.maps.output import FORMATS, save
from siting.maps.portfolio import BOUNDARIES, portfolio_map
from siting.maps.sheet import Sheet
from siting.maps.solution_map import MappableSolution, plot
from siting.maps.style import LIGHT, PRINT, Style
from siting.maps.texts import LANGUAGES

__all__ = [
    "BOUNDARIES",
    "FORMATS",
    "LANGUAGES",
    "LIGHT",
    "PRINT",
    "MappableSolution",
    "Sheet",
    "Style",
    "criteria_maps",
    "criterion_map",
    "plot",
    "portfolio_map",
    "save",
]
