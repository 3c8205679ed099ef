"""Time `why_not` region by region, and the prices of all rules, on the shipped model.

Run `python benchmarks/why_not.py`. The model is solved and its scales are found beforehand, as somebody does who asks
one question after another; rule prices start from the same solution.
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from measuring import machine, print_table, seconds_text

import siting
from siting.analysis.rule_prices import rule_prices
from siting.analysis.stress import stress
from siting.analysis.why import why
from siting.analysis.why_not import why_not

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting.solution import Solution

#: How many regions are asked about in each candidate set.
_REGIONS = {"nuts2": 20, "nuts3": 5}


def outsiders(solution: Solution, count: int) -> list[str]:
    """Return regions that are neither chosen nor excluded, drawn with a fixed seed."""
    instance = solution.instance
    open_to_all = [one for one in instance.candidates if one not in instance.forbidden]
    left = [str(one) for one in open_to_all if one not in (solution.portfolio or ())]
    return list(np.random.default_rng(0).choice(left, min(count, len(left)), replace=False))


def seconds(ask: Callable[[], object]) -> float:
    """Return how long an answer takes."""
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def measured(candidates: str, regions: int, repeat: int) -> list[list[str]]:
    """Return one row per question about the shipped model on a candidate set."""
    solution = siting.solve("gigafactories", candidates=candidates)
    asked = outsiders(solution, regions)
    questions: dict[str, list[Callable[[], object]]] = {
        f"why_not, {len(asked)} regions": [partial(why_not, solution, one) for one in asked],
        f"why, {len(solution.portfolio or ())} sites": [
            partial(why, solution, one) for one in solution.portfolio or ()
        ],
        "all rule prices": [partial(rule_prices, solution)],
        "stress": [partial(stress, solution)],
    }
    rows = []
    for question, calls in questions.items():
        times = [seconds(call) for call in calls for _ in range(repeat)]
        rows.append([f"{candidates}: {question}", *seconds_text(times), f"{statistics.fmean(times):.3g}"])
    return rows


def main() -> None:
    """Print one row per question and candidate set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="times each question is asked")
    parser.add_argument("--candidates", default="nuts2,nuts3", help="candidate sets, with commas")
    parser.add_argument("--regions", type=int, help="regions per set; default 20 of nuts2, 5 of nuts3")
    arguments = parser.parse_args()
    rows = [
        row
        for name in arguments.candidates.split(",")
        for row in measured(name, arguments.regions or _REGIONS.get(name, 5), arguments.repeat)
    ]
    print_table("Seconds per question", ["question", "median", "least", "most", "mean"], rows)
    print(machine())


if __name__ == "__main__":
    main()
