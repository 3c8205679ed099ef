"""Time the exact Pareto frontier, and an epsilon-constraint loop that builds a Pyomo model for every step.

Run `python benchmarks/pareto.py`. Rows are frontiers of the shipped model over NUTS-2 and NUTS-3 candidates; the loop
is run on a small part of the model, since it takes minutes already there. Instances are prepared beforehand and not
timed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import TYPE_CHECKING

import numpy as np
from measuring import machine, print_table, significant

from siting.evaluation import evaluate
from siting.frontier import FrontierPoints, frontier
from siting.instance import Criterion
from siting.preparation import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from siting.instance import Instance

FRONTIERS = (
    ("energy_cost", "latency"),
    ("grid_capacity", "latency"),
    ("energy_cost", "grid_capacity", "latency"),
    ("energy_cost", "grid_capacity", "cohesion", "latency"),
)
#: A step of the loop must improve the limited criterion by this share of its values; HiGHS overlooks smaller ones.
STEP = 1e-5


def main() -> None:
    """Print one table of frontiers, and one of the loop beside them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each frontier")
    parser.add_argument("--candidates", default="nuts2,nuts3", help="candidate sets of the shipped model")
    parser.add_argument("--most", type=int, default=4, help="most criteria on NUTS-3 and other large sets")
    parser.add_argument(
        "--enumeration", action="store_true", help="also prove each by enumeration where it is possible"
    )
    parser.add_argument("--loop", type=int, default=20, help="candidates of the loop; 0 leaves it out")
    arguments = parser.parse_args()
    print(machine())
    rows = []
    for name in arguments.candidates.split(","):
        instance = prepare("gigafactories", data={"candidates": name}).instance
        small = name == "nuts2"
        for criteria in FRONTIERS if small else [some for some in FRONTIERS if len(some) <= arguments.most]:
            rows.append([name, *_row(instance, criteria, "groups", arguments.repeat)])
            if small and arguments.enumeration:
                rows.append([name, *_row(instance, criteria, "enumeration", 1)])
    print_table(
        "exact frontiers, p = 4", ["candidates", "criteria", "proof", "points", "median s", "least", "most"], rows
    )
    if arguments.loop:
        _compare_with_loop(arguments.loop, arguments.repeat)


def _row(instance: Instance, criteria: Sequence[str], method: str, repeat: int) -> list[str]:
    points, seconds = _timed(lambda: frontier(instance, criteria, method=method), repeat)
    if not points.complete:
        raise SystemExit(f"not complete: {criteria}")
    figures = [significant(function(seconds)) for function in (statistics.median, min, max)]
    return [", ".join(criteria), method, f"{len(points.portfolios):,}", *figures]


def _timed(run: Callable[[], FrontierPoints], repeat: int) -> tuple[FrontierPoints, list[float]]:
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        points = run()
        seconds.append(time.perf_counter() - begin)
    return points, seconds


def _compare_with_loop(count: int, repeat: int) -> None:
    """Limit energy cost step by step, as is done with one model per step, on a part of the candidates."""
    instance = prepare("gigafactories").instance
    allowed = [identifier for identifier in instance.candidates if identifier not in instance.forbidden]
    kept = {allowed[place] for place in np.random.default_rng(0).choice(len(allowed), count, replace=False).tolist()}
    part = instance.replace(
        criteria={name: _every_eighth(criterion) for name, criterion in instance.criteria.items()},
        demand=instance.demand[::8],
        forbidden={one: "left out" for one in instance.candidates if one not in kept},
    )
    criteria = ("energy_cost", "latency")
    points, seconds = _timed(lambda: frontier(part, criteria, method="groups"), repeat)
    begin = time.perf_counter()
    vectors = _loop(part, *criteria)
    loop = time.perf_counter() - begin
    if len(vectors) != len(points.portfolios) or not np.allclose(vectors, points.values, rtol=1e-6):
        raise SystemExit(f"disagreement: the loop found {len(vectors)} points, siting {len(points.portfolios)}")
    ours = statistics.median(seconds)
    print_table(
        f"{count} candidates, {part.number_of_demand_points} demand points, energy cost and latency",
        ["way", "points", "seconds"],
        [
            ["siting", str(len(points.portfolios)), significant(ours)],
            ["epsilon-constraint loop, a Pyomo model per step", str(len(vectors)), significant(loop)],
            ["ratio", "", significant(loop / ours)],
        ],
    )


def _every_eighth(criterion: Criterion) -> Criterion:
    """Return a criterion for every eighth demand point."""
    service = None if criterion.service is None else criterion.service[::8]
    return Criterion(site=criterion.site, service=service, unit=criterion.unit, sense=criterion.sense)


def _loop(instance: Instance, limited: str, objective: str) -> np.ndarray:
    """Return the frontier by the epsilon-constraint method: build, solve, limit, build again.

    Each step has two models: the best objective under the limit, then the least limited value at that objective.
    """
    vectors, bound = [], np.inf
    while True:
        best = _solved(instance, objective, limited, bound, np.inf)
        if best is None:
            break
        values = evaluate(_alone(instance, objective), best).values
        least = _solved(instance, limited, objective, bound, values[objective] * (1 + 1e-9))
        chosen = best if least is None else least
        cost = float(instance.criteria[limited].site[list(chosen)].sum())
        vectors.append([cost, evaluate(_alone(instance, objective), chosen).values[objective]])
        bound = cost * (1 - STEP)
    return np.array(vectors[::-1])


def _alone(instance: Instance, name: str) -> Instance:
    return instance.replace(weights={name: 1.0}, constant=0.0)


def _solved(instance: Instance, minimised: str, other: str, bound: float, ceiling: float) -> tuple[int, ...] | None:
    """Build the full assignment model in Pyomo, solve it by HiGHS, and return the chosen positions."""
    import pyomo.environ as pyo
    from pyomo.contrib.appsi.solvers import Highs

    limited = minimised if instance.criteria[minimised].service is None else other
    served = other if limited == minimised else minimised
    site, service = instance.criteria[limited].site, instance.criteria[served].service
    sites = [place for place, one in enumerate(instance.candidates) if one not in instance.forbidden]
    points = range(instance.number_of_demand_points)
    model = pyo.ConcreteModel()
    model.y = pyo.Var(sites, domain=pyo.Binary)
    model.x = pyo.Var(points, sites, bounds=(0, 1))
    model.served = pyo.Constraint(points, rule=lambda m, i: sum(m.x[i, j] for j in sites) == 1)
    model.open = pyo.Constraint(points, sites, rule=lambda m, i, j: m.x[i, j] <= m.y[j])
    model.count = pyo.Constraint(expr=sum(model.y[j] for j in sites) == instance.sites)
    _add_rules(model, instance, sites)
    cost = sum(float(site[j]) / 1e8 * model.y[j] for j in sites)
    scale = float(instance.demand.sum())
    delay = sum(float(instance.demand[i] * service[i, j]) / scale * model.x[i, j] for i in points for j in sites)
    if np.isfinite(bound):
        model.budget = pyo.Constraint(expr=cost <= bound / 1e8)
    if np.isfinite(ceiling):
        model.ceiling = pyo.Constraint(expr=delay <= ceiling / scale)
    model.objective = pyo.Objective(expr=cost if minimised == limited else delay)
    solver = Highs()
    solver.config.load_solution = False
    solver.highs_options = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.0}
    results = solver.solve(model)
    if results.best_feasible_objective is None:
        return None
    results.solution_loader.load_vars()
    return tuple(j for j in sites if pyo.value(model.y[j]) > 0.5)


def _add_rules(model: object, instance: Instance, sites: Sequence[int]) -> None:
    import pyomo.environ as pyo

    model.rules, model.apart = pyo.ConstraintList(), pyo.ConstraintList()  # type: ignore[attr-defined]
    for limit in instance.limits.values():
        activity = sum(float(limit.coefficients[j]) * model.y[j] for j in sites)  # type: ignore[attr-defined]
        if not isinstance(activity, int | float):
            model.rules.add((limit.lower, activity, limit.upper))  # type: ignore[attr-defined]
    inside = set(sites)
    for pairs in instance.conflict_positions.values():
        for one, other in pairs.tolist():
            if one in inside and other in inside:
                model.apart.add(model.y[one] + model.y[other] <= 1)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
