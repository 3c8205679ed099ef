"""Time complete lists of near-optimal portfolios, and the same by a model solved again with one more cut each time.

Run `python benchmarks/alternatives.py`. Time starts with raw arrays and ends with every portfolio evaluated; finding
the optimum is included. The comparison is what tools that build a model per solve offer: the full assignment model in
Pyomo, solved by HiGHS for the k best portfolios, each solve with one more cut that excludes the last answer.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from generated import plain_p_median
from measuring import machine, print_table, seconds_text

from siting.engine import solve_instance
from siting.evaluation import evaluate
from siting.near_optimal import near_optimal
from siting.preparation import prepare
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable

    from siting import Instance
    from siting.near_optimal import NearOptimal


def cases(names: list[str]) -> dict[str, Instance]:
    """Return the instances to list, by their titles.

    Parameters
    ----------
    names : list of str
        Candidate sets of the shipped model: "nuts2", "nuts3".
    """
    found = {}
    for name in names:
        instance = prepare("gigafactories", data={"candidates": name}).instance
        size = f"{instance.number_of_candidates:,} x {instance.number_of_demand_points:,}"
        found[f"{name}, all criteria and rules, {size}"] = instance
        found[f"{name}, latency alone, no rules, {size}"] = plain_p_median(instance)
    return found


def listed(instance: Instance, time_limit: float, **wanted: Any) -> NearOptimal:
    """Solve an instance from its arrays and list what is near its optimum.

    Parameters
    ----------
    instance : Instance
        The problem.
    time_limit : float
        Seconds.
    **wanted
        `within`, a share, or `count`.
    """
    # A copy, checked again like new arrays, has nothing in store from the run before.
    fresh = instance.replace(candidates=instance.candidates)
    solution = solve_instance(fresh, time_limit=time_limit)
    if "within" in wanted:
        wanted = {"threshold": solution.objective * (1 + wanted["within"])}
    optimum = [fresh.position(identifier) for identifier in solution.portfolio or ()]
    return near_optimal(fresh, optimum, Search(time_limit=time_limit), **wanted)


def by_cuts(instance: Instance, count: int, time_limit: float) -> list[float]:
    """Return the objectives of the k best portfolios, each by a new model with one more cut; fewer at the time limit.

    Parameters
    ----------
    instance : Instance
        The problem.
    count : int
        k.
    time_limit : float
        Seconds for all solves.
    """
    import pyomo.environ as pyo

    from siting.formulation import assignment_model

    start = time.perf_counter()
    cuts: list[list[int]] = []
    found: list[float] = []
    while len(found) < count:
        left = time_limit - (time.perf_counter() - start)
        if left <= 0:
            break
        model = assignment_model(instance)
        model.cuts = pyo.ConstraintList()
        for chosen in cuts:
            held = [model.choose[instance.candidates[site]] for site in chosen]
            model.cuts.add(sum(held) <= len(chosen) - 1)
        solver = pyo.SolverFactory("appsi_highs")
        solver.highs_options = {"mip_rel_gap": 0.0, "time_limit": left}
        result = solver.solve(model, load_solutions=False)
        if str(result.solver.termination_condition) != "optimal":
            break
        model.solutions.load_from(result)
        names = enumerate(instance.candidates)
        cuts.append([site for site, name in names if pyo.value(model.choose[name]) > 0.5])
        found.append(evaluate(instance, cuts[-1]).objective)
    return found


def timed(function: Callable[[], Any], repeat: int) -> tuple[Any, list[float]]:
    """Return the last answer of a function and the seconds of each run."""
    answer, seconds = None, []
    for _ in range(repeat):
        start = time.perf_counter()
        answer = function()
        seconds.append(time.perf_counter() - start)
    return answer, seconds


def print_lists(instances: dict[str, Instance], arguments: argparse.Namespace) -> None:
    """Print one row per instance and share."""
    rows = []
    for title, instance in instances.items():
        for share in arguments.within:
            found, seconds = timed(
                lambda instance=instance, share=share: listed(instance, arguments.time_limit, within=share),  # type: ignore[misc]
                arguments.repeat,
            )
            complete = "yes" if found.reached in {"threshold", "all"} else found.reached
            number = f"{len(found.objectives):,}"
            rows.append([title, f"{share:.0%}", number, complete, str(found.candidates_left), *seconds_text(seconds)])
    columns = ["instance", "within", "portfolios", "complete", "candidates left", "median s", "least", "most"]
    print_table("Every portfolio within a share of the optimum", columns, rows)


def print_comparison(instance: Instance, title: str, arguments: argparse.Namespace) -> None:
    """Print how long the k best take both ways, and check that they agree."""
    mine, fast = timed(lambda: listed(instance, arguments.time_limit, count=arguments.count), arguments.repeat)
    theirs, slow = timed(lambda: by_cuts(instance, arguments.count, arguments.time_limit), arguments.cut_repeat)
    same = min(len(theirs), len(mine.objectives))
    if not np.allclose(mine.objectives[:same], theirs[:same], rtol=1e-6):
        raise SystemExit(f"disagreement: {mine.objectives[:same]} {theirs[:same]}")
    sign = "" if len(theirs) == len(mine.objectives) else ">"
    rows = [
        ["siting", str(len(mine.objectives)), *seconds_text(fast)],
        ["Pyomo assignment model, a cut per portfolio", str(len(theirs)), *seconds_text(slow)],
    ]
    print_table(f"The {arguments.count} best, {title}", ["way", "found", "median s", "least", "most"], rows)
    ratio = statistics.median(slow) / statistics.median(fast)
    print(f"Ratio {sign}{ratio:,.0f}; the objectives found by both agree.\n", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", default="nuts2,nuts3", help="candidate sets of the shipped model")
    parser.add_argument("--within", default="0.01,0.02,0.05", help="shares of the optimum's objective")
    parser.add_argument("--count", type=int, default=5, help="portfolios of the comparison with cuts")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each")
    parser.add_argument("--cut-repeat", type=int, default=3, help="runs of the comparison, which take minutes")
    parser.add_argument("--time-limit", type=float, default=600.0, help="seconds per run")
    parser.add_argument("--skip-slow", action="store_true", help="siting alone")
    arguments = parser.parse_args()
    arguments.within = [float(share) for share in arguments.within.split(",")]
    instances = cases(arguments.candidates.split(","))
    print(machine())
    print_lists(instances, arguments)
    if not arguments.skip_slow:
        title = next(iter(instances))
        print_comparison(instances[title], title, arguments)


if __name__ == "__main__":
    main()
