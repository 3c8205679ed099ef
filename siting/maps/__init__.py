"""Maps for a proposal: sheets of A4 in EPSG:3035 with legend, scale, insets, sources and date.

Nothing here touches pyplot: the user's backend and settings stay as they are. A `Sheet` is a matplotlib
figure that shows itself in a notebook; `save` writes it as PNG, SVG with real text, or PDF with embedded
fonts. `plot` draws every kind of map of a solution; the function of each kind draws it from plain tables.
"""

from __future__ import annotations

from siting.maps.alternatives import alternatives_map
from siting.maps.citations import MappableSolution
from siting.maps.criterion import criterion_map
from siting.maps.exclusions import exclusions_map
from siting.maps.isochrones import THRESHOLDS, isochrones
from siting.maps.kinds import KINDS, plot
from siting.maps.latency import latency_map
from siting.maps.multiples import criteria_maps
from siting.maps.output import FORMATS, save, save_pages
from siting.maps.page import BOUNDARIES, MapOptions
from siting.maps.portfolio import portfolio_map
from siting.maps.robustness import robustness_map
from siting.maps.score import score_map
from siting.maps.service import service_map
from siting.maps.sheet import Sheet
from siting.maps.style import LIGHT, PRINT, Style
from siting.maps.texts import LANGUAGES

__all__ = [
    "BOUNDARIES",
    "FORMATS",
    "KINDS",
    "LANGUAGES",
    "LIGHT",
    "PRINT",
    "THRESHOLDS",
    "MapOptions",
    "MappableSolution",
    "Sheet",
    "Style",
    "alternatives_map",
    "criteria_maps",
    "criterion_map",
    "exclusions_map",
    "isochrones",
    "latency_map",
    "plot",
    "portfolio_map",
    "robustness_map",
    "save",
    "save_pages",
    "score_map",
    "service_map",
]
