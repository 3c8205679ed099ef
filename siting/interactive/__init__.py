"""Interactive maps: one self-contained HTML page with a map, everything known of each candidate, and a table.

The page opens without a network, in any browser, and asks for nothing beyond itself. It is drawn in EPSG:3035, so that
areas compare; `Solution.explore` makes it.
"""

from __future__ import annotations

from siting.interactive.interactive_map import InteractiveMap, explore

__all__ = ["InteractiveMap", "explore"]
