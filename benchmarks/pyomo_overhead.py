"""The same cut loop through Pyomo's persistent interfaces and on HiGHS directly, to see what Pyomo costs.

python benchmarks/pyomo_overhead.py
python benchmarks/pyomo_overhead.py --cases 242x242,600x600 --repeat 5

The linear relaxation of a p-median with Benders cuts in closed form, from the same start with the same rule for adding
cuts, until no cut is violated. HiGHS solves every relaxation. `in HiGHS` is the time inside its run, `rest` is finding
cuts, which is the same numpy code for all, and passing them on, which is not.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo
from generated import Case, describe, generate, parse_size
from measuring import machine, print_table, seconds_text, significant
from pyomo.contrib.appsi.solvers.highs import Highs as AppsiHighs
from pyomo.contrib.solver.solvers.highs import Highs as NewerHighs
from pyomo.core.expr import LinearExpression
from scipy import sparse

from siting.constraints import Constraints
from siting.formulation import choice_model, compile_model
from siting.highs import OBJECTIVE_SIZE, HighsModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting import Instance

#: A cut violated by less is not added, in units of the scaled objective.
VIOLATION = 1e-6
#: Bounds that differ by less than this share are the same.
AGREEMENT = 1e-7


class Cuts:
    """Closed-form Benders cuts of a p-median, scaled for HiGHS."""

    def __init__(self, instance: Instance) -> None:
        cost = instance.service_cost
        self.scale = OBJECTIVE_SIZE / float(cost.mean(axis=1).sum())
        self.order = np.argsort(cost, axis=1, kind="stable")
        self.cost = np.take_along_axis(cost, self.order, axis=1) * self.scale
        self.site_cost = instance.site_cost * self.scale

    def violated(self, y: NDArray[np.float64], theta: NDArray[np.float64]) -> tuple[sparse.csr_array, NDArray[Any]]:
        """Return rows over (y, theta) and their lower ends, for each demand point whose cost is underestimated.

        Parameters
        ----------
        y : ndarray, shape (J,)
            The choice.
        theta : ndarray, shape (I,)
            Estimated service cost of each demand point.
        """
        points, candidates = self.cost.shape
        reached = np.cumsum(y[self.order], axis=1) >= 1 - 1e-9
        last = np.where(reached.any(axis=1), reached.argmax(axis=1), candidates - 1)
        level = self.cost[np.arange(points), last]
        saving = np.maximum(level[:, None] - self.cost, 0.0)
        short = np.flatnonzero(level - (saving * y[self.order]).sum(axis=1) - theta > VIOLATION)
        where, ranks = np.nonzero(saving[short])
        rows = np.concatenate([where, np.arange(len(short))])
        columns = np.concatenate([self.order[short][where, ranks], candidates + short])
        values = np.concatenate([saving[short][where, ranks], np.ones(len(short))])
        return sparse.csr_array((values, (rows, columns)), shape=(len(short), candidates + points)), level[short]


@dataclass(frozen=True)
class Run:
    """One cut loop: seconds for everything, seconds inside HiGHS, rounds, cuts, and the bound reached."""

    seconds: float
    inside: float
    rounds: int
    cuts: int
    bound: float


def _loop(cuts: Cuts, solve: Callable[[], tuple[float, NDArray[Any], float]], add: Callable[..., Any]) -> Run:
    """Add violated cuts until there is none; `solve` returns bound, point and seconds inside HiGHS."""
    start, inside, rounds, added = time.perf_counter(), 0.0, 0, 0
    candidates = len(cuts.site_cost)
    while True:
        bound, point, seconds = solve()
        inside, rounds = inside + seconds, rounds + 1
        matrix, lower = cuts.violated(point[:candidates], point[candidates:])
        if matrix.shape[0] == 0:
            return Run(time.perf_counter() - start, inside, rounds, added, bound / cuts.scale)
        added += matrix.shape[0]
        add(matrix, lower)


def directly(instance: Instance, cuts: Cuts) -> Run:
    """Run the loop on highspy: the choice in Pyomo, compiled once to arrays, cuts as arrays."""
    begin = time.perf_counter()
    model = compile_model(choice_model(Constraints.of(instance), cuts.site_cost, instance.candidates))
    highs = HighsModel()
    highs.load(model)
    highs.set_integer(np.arange(len(model.cost)), integer=False)
    highs.add_columns(np.ones(instance.number_of_demand_points))

    def solve() -> tuple[float, NDArray[Any], float]:
        start = time.perf_counter()
        result = highs.run()
        return result.objective, result.x, time.perf_counter() - start  # type: ignore[return-value]

    built = time.perf_counter() - begin
    run = _loop(cuts, solve, highs.add_rows)
    return Run(run.seconds + built, run.inside, run.rounds, run.cuts, run.bound)


def through_pyomo(newer: bool) -> Callable[[Instance, Cuts], Run]:
    """Return the loop through one of Pyomo's persistent interfaces, told of new rows and looking for no others.

    Parameters
    ----------
    newer : bool
        `pyomo.contrib.solver` rather than `pyomo.contrib.appsi`.
    """

    def run_loop(instance: Instance, cuts: Cuts) -> Run:
        begin = time.perf_counter()
        model = choice_model(Constraints.of(instance), cuts.site_cost, instance.candidates)
        for variable in model.choose.values():
            variable.domain = pyo.UnitInterval
        model.theta = pyo.Var(range(instance.number_of_demand_points), domain=pyo.NonNegativeReals)
        model.cost.expr = model.cost.expr + pyo.quicksum(model.theta.values())
        model.cut = pyo.ConstraintList()
        variables = [*model.choose.values(), *model.theta.values()]
        solver = _persistent(newer)
        solver.set_instance(model)

        before = 0.0

        def solve() -> tuple[float, NDArray[Any], float]:
            nonlocal before
            result = solver.solve(model)
            bound = result.objective_bound if newer else result.best_objective_bound
            point = np.array([variable.value for variable in variables], dtype=float)
            # HiGHS counts on from run to run.
            total = solver._solver_model.getRunTime()  # noqa: SLF001 - there is no other way to the time inside
            inside, before = total - before, total
            return bound, point, inside

        def add(matrix: sparse.csr_array, lower: NDArray[Any]) -> None:
            rows = []
            for number, end in enumerate(lower.tolist()):
                part = slice(matrix.indptr[number], matrix.indptr[number + 1])
                row = LinearExpression(
                    linear_coefs=matrix.data[part].tolist(),
                    linear_vars=[variables[column] for column in matrix.indices[part].tolist()],
                )
                rows.append(model.cut.add(row >= end))
            solver.add_constraints(rows)

        built = time.perf_counter() - begin
        run = _loop(cuts, solve, add)
        return Run(run.seconds + built, run.inside, run.rounds, run.cuts, run.bound)

    return run_loop


def _persistent(newer: bool) -> Any:
    solver = NewerHighs() if newer else AppsiHighs()
    updates = solver.config.auto_updates if newer else solver.update_config
    # Everything that is looked for by default would be looked for in every round.
    for name in list(updates.keys()):
        if name.startswith(("check_for", "update_")):
            setattr(updates, name, False)
    return solver


WAYS: dict[str, Callable[[Instance, Cuts], Run]] = {
    "highspy, cuts as arrays": directly,
    "Pyomo `appsi_highs`": through_pyomo(newer=False),
    "Pyomo `contrib.solver` highs": through_pyomo(newer=True),
}


def main() -> None:
    """Print one table per case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="242x242,600x600", help="candidates x demand points")
    parser.add_argument("--sites", type=int, default=4, help="how many sites")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, in turn")
    options = parser.parse_args()
    print(machine())
    for text in options.cases.split(","):
        case = parse_size(text, options.sites)
        _table(case, options.repeat)


def _table(case: Case, repeat: int) -> None:
    instance = generate(case)
    cuts = Cuts(instance)
    runs: dict[str, list[Run]] = {name: [] for name in WAYS}
    for _ in range(repeat):
        for name, way in WAYS.items():
            runs[name].append(way(instance, cuts))
    base = float(np.median([run.seconds for run in runs[next(iter(WAYS))]]))
    rows = [
        [
            name,
            *seconds_text([run.seconds for run in found]),
            significant(float(np.median([run.inside for run in found]))),
            significant(float(np.median([run.seconds - run.inside for run in found]))),
            significant(float(np.median([run.seconds for run in found])) / base),
            str(found[0].rounds),
            f"{found[0].cuts:,}",
        ]
        for name, found in runs.items()
    ]
    columns = ("way", "median s", "least", "most", "in HiGHS", "rest", "times highspy", "rounds", "cuts")
    print_table(f"Cut loop, linear relaxation: {describe(case)}; {repeat} runs each", columns, rows)
    bounds = [run.bound for found in runs.values() for run in found]
    agree = max(bounds) - min(bounds) <= AGREEMENT * abs(max(bounds))
    print("all ways reach the same bound" if agree else f"NO AGREEMENT: {sorted(set(bounds))}")


if __name__ == "__main__":
    main()
