"""Time the portfolios for all scenarios and the stability of weights on the shipped model.

Run `python benchmarks/scenarios.py`. Building the scenarios (tables, distances) is timed apart from the searches; with
`--highs` the mixed-integer model on HiGHS proves the least largest regret as well, for comparison. `--candidates nuts3`
asks the same of more candidates.
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.analysis._robust_portfolios import RobustSearch, scenario_optima
from siting.analysis._scenario_questions import ask, checked_probabilities
from siting.analysis.scenarios import OBJECTIVES
from siting.analysis.weight_stability import weight_stability
from siting.engine import solve_instance
from siting.scenario_search import ScenarioSearch
from siting.search import Search
from siting.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIANGLE = ["energy_cost", "grid_capacity", "latency"]


def main() -> None:
    """Print one row per search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="gigafactories", help="a shipped model or a model file with scenarios")
    parser.add_argument("--candidates", default="nuts2", help="nuts2, nuts3, grid_nodes or cells")
    parser.add_argument("--highs", action="store_true", help="also prove the least regret on HiGHS alone")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each row; the median is shown")
    arguments = parser.parse_args()
    print("| search | median s | least | most | answer |")
    print("|---|--:|--:|--:|---|")

    def timed(name: str, run: Callable[[], Any], told: Callable[[Any], str], repeat: int = arguments.repeat) -> Any:
        times, answer = [], None
        for _ in range(repeat):
            start = time.perf_counter()
            answer = run()
            times.append(time.perf_counter() - start)
        shown = f"{statistics.median(times):.3f} | {min(times):.3f} | {max(times):.3f}"
        print(f"| {name} | {shown} | {told(answer)} |", flush=True)
        return answer

    overrides = {"data": {"candidates": arguments.candidates}}
    options: dict[str, Any] = {"time_limit": None, "threads": None, "seed": 0, "overrides": overrides}
    question = timed(
        "build every scenario",
        lambda: ask(arguments.model, None, **options),
        lambda held: f"{len(held.instances)} scenarios, {held.prepared.instance.number_of_candidates} candidates",
        repeat=1,
    )
    optima = timed(
        "solve every scenario",
        lambda: scenario_optima(question, Search(), None, None, 0),
        lambda held: f"{len({one.portfolio for one in held.values()})} portfolios",
    )
    chances = checked_probabilities(None, list(question.instances))
    for objective in OBJECTIVES:
        timed(
            f"portfolio for all scenarios: {objective}",
            partial(_robust, question, optima, chances, objective),
            lambda found: f"{found.status}, {', '.join(map(str, found.portfolio))}",
        )
    if arguments.highs:
        timed("the same for regret, HiGHS after the bounds", lambda: _on_highs(question, optima), str)
    solution = Solution(
        question.prepared.instance,
        solve_instance(question.prepared.instance),
        question.prepared.model,
        question.prepared.scaling,
    )
    timed("intervals of all weights", lambda: weight_stability(solution), lambda held: f"{held.solves} solves")
    timed(
        "intervals and a triangle",
        lambda: weight_stability(solution, criteria=_TRIANGLE),
        lambda held: f"{held.solves} solves, {len(held.areas)} portfolios",
    )


def _robust(question: Any, optima: Any, chances: dict[str, float], objective: str) -> Any:
    """Find one robust portfolio, arrays included."""
    return RobustSearch(question, optima, chances, 0.8, Search(), None, 0).solve(objective)


def _on_highs(question: Any, optima: Any) -> str:
    """Prove the least largest regret by the mixed-integer model on the candidates that the bounds leave."""
    robust = RobustSearch(question, optima, checked_probabilities(None, list(optima)), 0.8, Search(), None, 0)
    search = Search()
    ScenarioSearch(robust.problem, robust.measure("regret"), search, longest_walk=0).solve()
    chosen = np.array(robust.joint.candidates, dtype=object)[list(search.chosen or ())]
    return f"{search.stop_reason}, {', '.join(map(str, chosen))}"


if __name__ == "__main__":
    main()
