"""One process of the spine: import, load, build, solve and map, first cold and then again; prints JSON.

Run by `spine.py` in fresh processes; on its own: ``python benchmarks/stages.py gigafactories``.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

STAGES = ("import", "load", "build", "scale", "solve", "map")


class Clock:
    """Seconds between one lap and the next, by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the seconds since the last lap under a name."""
        now = time.perf_counter()
        self.laps[name] = now - self._last
        self._last = now


def run(name: str) -> dict[str, float]:
    """Go the whole way from nothing to a map, once.

    Parameters
    ----------
    name : str
        A model's name or path.

    Returns
    -------
    dict of str to float
        Seconds per stage. What an earlier run in the process imported or read is not done again.
    """
    clock = Clock()
    from siting.engine import solve_instance
    from siting.model import Model
    from siting.solution import Solution

    clock.lap("import")
    model = Model.load(name)
    # Reading the tables is part of loading, though a model puts it off until it is needed.
    _ = model.case
    clock.lap("load")
    raw = model.instance()
    clock.lap("build")
    scaling = model.scaling(solve_instance)
    instance = scaling.apply(raw)
    clock.lap("scale")
    result = solve_instance(instance)
    clock.lap("solve")
    with tempfile.TemporaryDirectory() as folder:
        Solution(instance, result, model, scaling).plot().save(Path(folder) / "map.png")
    clock.lap("map")
    return clock.laps


def main() -> None:
    """Print what a first and a second run took."""
    name = sys.argv[1] if len(sys.argv) > 1 else "gigafactories"
    print(json.dumps({"first": run(name), "again": run(name)}))


if __name__ == "__main__":
    main()
