"""The live explorer: sliders for weights and rules, an exact answer and a redrawn map after each move.

>>> from siting.explorer import Explorer
>>> explorer = Explorer("gigafactories")
>>> explorer.weights["latency"].value = 0.5
>>> explorer.overrides
{'weights': {'latency': 0.5}}
"""

from __future__ import annotations

from siting.explorer.explorer import Explorer

__all__ = ["Explorer"]
