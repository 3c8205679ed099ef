"""One instance solved by siting and by what a user could pick instead, each from arrays to a proven optimum.

All of them use HiGHS, asked for a relative gap of 0, each in a process of its own, on the same arrays. Time
starts when the libraries are imported and the arrays are there, and ends with the portfolio; building the
model is included.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.engine import solve_instance
from siting.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from siting import Instance


@dataclass(frozen=True)
class Outcome:
    """One run: how long it took, and the answer.

    Attributes
    ----------
    seconds : float
        Wall-clock time from arrays to the answer, building the model included.
    status : str
        "optimal", or why the search stopped.
    objective : float or None
        Objective of the portfolio, re-evaluated from the arrays; None without a portfolio.
    again : float or None
        Seconds of a second run in the same process, where that was measured.
    proof : str
        How optimality was proven, in words.
    megabytes : float
        Most memory the process held, the interpreter and its libraries included; 0 if not known.
    gap : float
        Relative gap left.
    left : int or None
        Candidates that survived reduction.
    """

    seconds: float
    status: str
    objective: float | None
    again: float | None = None
    proof: str = ""
    megabytes: float = 0.0
    gap: float = 0.0
    left: int | None = None


def _measured(instance: Instance, time_limit: float, method: str, runs: int) -> Outcome:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        # A copy, checked again like new arrays, has nothing in store from the run before.
        solution = solve_instance(instance.replace(), method=method, time_limit=time_limit)
        times.append(time.perf_counter() - start)
    again = times[-1] if runs > 1 else None
    return Outcome(
        times[0],
        solution.status,
        solution.objective,
        again,
        solution.proof,
        gap=solution.gap,
        left=solution.candidates_left,
    )


def siting(instance: Instance, time_limit: float) -> Outcome:
    """Solve by siting's default method, from arrays to proof, twice in the same process."""
    return _measured(instance, time_limit, "auto", runs=2)


def siting_once(instance: Instance, time_limit: float) -> Outcome:
    """Solve by siting's default method once, for instances on which a second run says nothing new."""
    return _measured(instance, time_limit, "auto", runs=1)


def benders(instance: Instance, time_limit: float) -> Outcome:
    """Solve by siting's Benders decomposition on HiGHS, without bounding first."""
    return _measured(instance, time_limit, "benders", runs=1)


def pyomo(instance: Instance, time_limit: float) -> Outcome:
    """Solve the full Pyomo assignment model on HiGHS, passed as arrays: siting's own reference model."""
    return _measured(instance, time_limit, "assignment", runs=1)


def pyomo_appsi(instance: Instance, time_limit: float) -> Outcome:
    """Solve the full Pyomo assignment model by Pyomo's own interface to HiGHS, as its manual shows."""
    import pyomo.environ as pyo

    from siting.formulation import assignment_model

    start = time.perf_counter()
    model = assignment_model(instance)
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options = {"mip_rel_gap": 0.0, "time_limit": time_limit}
    result = solver.solve(model, load_solutions=False)
    status = str(result.solver.termination_condition)
    chosen = []
    if status == "optimal":
        model.solutions.load_from(result)
        chosen = [j for j, label in enumerate(instance.candidates) if pyo.value(model.choose[label]) > 0.5]
    return _outcome(instance, start, status, chosen)


def spopt(instance: Instance, time_limit: float) -> Outcome:
    """Solve by spopt's PMedian on HiGHS, through PuLP.

    Raises
    ------
    ValueError
        If the instance has site costs or rules, which spopt does not know.
    """
    import pulp  # type: ignore[import-untyped,unused-ignore]
    from spopt.locate import PMedian  # type: ignore[import-untyped,unused-ignore]

    if not is_plain(instance):
        raise ValueError("spopt knows neither site costs nor rules")
    start = time.perf_counter()
    model = PMedian.from_cost_matrix(instance.unit_service_cost, instance.demand, instance.maximum_sites)
    solver = pulp.HiGHS(msg=False, gapRel=0, timeLimit=time_limit)
    # spopt's own solve() fails where a time limit left no portfolio; the model is the same.
    status = pulp.LpStatus[model.problem.solve(solver)].lower()
    if model.problem.sol_status != pulp.LpSolutionOptimal:
        status = "time_limit"
    values = [variable.value() or 0.0 for variable in model.fac_vars]
    return _outcome(instance, start, status, np.flatnonzero(np.array(values) > 0.5).tolist())


def linopy(instance: Instance, time_limit: float) -> Outcome:
    """Solve a plain linopy p-median with site costs and rules on HiGHS, passed as arrays."""
    start = time.perf_counter()
    model, choose = _linopy_model(instance)
    model.solve(
        solver_name="highs",
        io_api="direct",
        mip_rel_gap=0.0,
        time_limit=time_limit,
        output_flag=False,
        progress=False,
    )
    status = str(model.termination_condition)
    values = choose.solution.to_numpy() if status == "optimal" else np.zeros(instance.number_of_candidates)
    return _outcome(instance, start, status, np.flatnonzero(values > 0.5).tolist())


def _linopy_model(instance: Instance) -> tuple[Any, Any]:
    import linopy as library
    import pandas as pd
    import xarray

    candidates = pd.RangeIndex(instance.number_of_candidates, name="candidate")
    points = pd.RangeIndex(instance.number_of_demand_points, name="point")
    model = library.Model()
    choose = model.add_variables(binary=True, coords=[candidates], name="choose")
    serve = model.add_variables(lower=0, upper=1, coords=[points, candidates], name="serve")
    model.add_constraints(serve.sum("candidate") == 1, name="served once")
    model.add_constraints(serve - choose <= 0, name="served by chosen")
    model.add_constraints(choose.sum() >= instance.minimum_sites, name="fewest sites")
    model.add_constraints(choose.sum() <= instance.maximum_sites, name="most sites")
    site_cost = xarray.DataArray(instance.site_cost, coords=[candidates])
    service_cost = xarray.DataArray(instance.service_cost, coords=[points, candidates])
    for number, limit in enumerate(instance.limits.values()):
        activity = (choose * xarray.DataArray(limit.coefficients, coords=[candidates])).sum()
        if limit.lower is not None:
            model.add_constraints(activity >= limit.lower, name=f"lower {number}")
        if limit.upper is not None:
            model.add_constraints(activity <= limit.upper, name=f"upper {number}")
    for number, pairs in enumerate(instance.conflicts.values()):
        ends = np.array([[instance.position(identifier) for identifier in pair] for pair in pairs])
        first, second = (_picked(choose, end) for end in ends.T)
        model.add_constraints(first + second <= 1, name=f"conflict {number}")
    fixed = [(identifier, 0.0) for identifier in instance.forbidden]
    fixed += [(identifier, 1.0) for identifier in instance.required]
    for identifier, value in fixed:
        model.add_constraints(choose.isel(candidate=instance.position(identifier)) == value)
    model.add_objective((choose * site_cost).sum() + (serve * service_cost).sum())
    return model, choose


def _picked(choose: Any, positions: NDArray[np.int64]) -> Any:
    """Return the variables at these positions along a dimension of their own."""
    import linopy as library
    import pandas as pd
    import xarray

    where = xarray.DataArray(positions, coords=[pd.RangeIndex(len(positions), name="pair")])
    data = choose.isel(candidate=where).data.drop_vars("candidate")
    return library.Variable(data, choose.model, choose.name)


def _outcome(instance: Instance, start: float, status: str, chosen: list[int]) -> Outcome:
    seconds = time.perf_counter() - start
    objective = evaluate(instance, chosen).objective if chosen else None
    return Outcome(seconds, status, objective, proof="HiGHS on the full assignment model")


def is_plain(instance: Instance) -> bool:
    """Return whether an instance is a p-median and nothing else.

    Parameters
    ----------
    instance : Instance
        Any instance.
    """
    rules = (instance.limits, instance.conflicts, instance.required, instance.forbidden)
    return not (any(rules) or instance.site_cost.any() or instance.minimum_sites != instance.maximum_sites)


#: By the name the command line knows it by.
SOLVERS: dict[str, Callable[[Instance, float], Outcome]] = {
    "siting": siting,
    "siting-once": siting_once,
    "benders": benders,
    "spopt": spopt,
    "linopy": linopy,
    "pyomo": pyomo,
    "pyomo-appsi": pyomo_appsi,
}

#: What the tables call it.
TITLES = {
    "siting": "siting",
    "siting-once": "siting",
    "benders": "siting, Benders only",
    "spopt": "spopt PMedian + HiGHS",
    "linopy": "linopy + HiGHS",
    "pyomo": "Pyomo assignment + HiGHS",
    "pyomo-appsi": "Pyomo assignment + appsi_highs",
}

#: Imported before the clock starts.
LIBRARIES = {
    "siting": ("siting.engine",),
    # A first solve that needs the decomposition pays about a second for Pyomo once; see cold_start.py.
    "siting-once": ("siting.benders",),
    "benders": ("siting.benders",),
    "spopt": ("spopt.locate", "pulp"),
    "linopy": ("linopy", "xarray", "highspy"),
    "pyomo": ("siting.assignment",),
    "pyomo-appsi": ("siting.formulation", "pyomo.contrib.appsi"),
}
