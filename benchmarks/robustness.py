"""Time robustness draws: here, on one and on two worker processes, and by building a model for each draw.

python benchmarks/robustness.py
python benchmarks/robustness.py --draws-nuts2 200 --draws-nuts3 20 --repeat 1 --built 0
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

from competitors import SOLVERS, TITLES
from measuring import machine, print_table, significant

import siting
from siting.analysis.robustness import robustness
from siting.preparation import prepare

if TYPE_CHECKING:
    from siting.analysis.robustness import Robustness
    from siting.preparation import Prepared

MODEL = "gigafactories"
#: Objectives that differ by less than this are the same optimum.
AGREEMENT = 1e-6
#: Frameworks that build a model for each draw, and seconds that each may take.
BUILDERS, LIMIT = ("linopy", "pyomo"), 600.0


def main() -> None:
    """Print one table per candidate set."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", maxsplit=1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--draws-nuts2", type=int, default=1000, help="draws on NUTS-2; 0 leaves it out")
    parser.add_argument("--draws-nuts3", type=int, default=200, help="draws on NUTS-3; 0 leaves it out")
    parser.add_argument("--built", type=int, default=3, help="draws solved by building a model each, on NUTS-2")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each")
    options = parser.parse_args()
    print(machine())
    for name, draws in (("nuts2", options.draws_nuts2), ("nuts3", options.draws_nuts3)):
        if draws:
            _measure(name, draws, options.repeat, options.built if name == "nuts2" else 0)


def _measure(name: str, draws: int, repeat: int, built: int) -> None:
    """Measure one set of candidates, and check that all ways agree."""
    solution = siting.solve(MODEL, data={"candidates": name})
    prepared = prepare(solution)
    ways = {"in this process": None, "1 worker process": 1, "2 worker processes": 2}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    first: Robustness | None = None
    for _ in range(repeat):
        for way, executor in ways.items():
            start = time.perf_counter()
            result = robustness(solution, draws=draws, executor=executor)
            seconds[way].append(time.perf_counter() - start)
            first = first or result
            if not result.complete or result.answers != first.answers:
                raise SystemExit(f"{way} gives another answer")
    alone = statistics.median(seconds["1 worker process"])
    rows = [
        [
            way,
            significant(statistics.median(times)),
            significant(min(times)),
            significant(max(times)),
            significant(statistics.median(times) / draws * 1000),
            significant(alone / statistics.median(times)),
        ]
        for way, times in seconds.items()
    ]
    for way in BUILDERS if built and first is not None else ():
        each = statistics.median(_built(prepared, first, built, way))
        row = [
            f"{TITLES[way]}, built anew ({built} draws)",
            significant(each * draws),
            "",
            "",
            significant(each * 1000),
        ]
        rows.append([*row, significant(alone / (each * draws))])
    instance = prepared.instance
    title = f"{draws:,} exact draws, {instance.number_of_candidates:,} x {instance.number_of_demand_points:,}"
    columns = ["way", "median s", "least", "most", "ms per draw", "times as fast as 1 worker"]
    print_table(title, columns, rows)


def _built(prepared: Prepared, result: Robustness, count: int, way: str) -> list[float]:
    """Return seconds per draw of building a whole assignment model and solving it, as a modelling framework does."""
    seconds = []
    for answer in result.answers[:count]:
        if answer is None:
            continue
        outcome = SOLVERS[way](prepared.weighted(answer["weights"]), LIMIT)
        seconds.append(outcome.seconds)
        if outcome.objective is None or abs(outcome.objective - answer["objective"]) > AGREEMENT:
            raise SystemExit(f"{way} disagrees: {outcome} {answer}")
    return seconds


if __name__ == "__main__":
    main()
