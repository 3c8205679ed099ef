"""Solve the full assignment model with any mixed-integer solver that Pyomo reaches, by name.

HiGHS is what the engine calls itself; another solver is an independent opinion, or one that somebody has paid for.
Pyomo has two kinds of interface, an older and a newer, with different results. Both are read into one `Answer`, and
nothing in it is believed unseen: the portfolio is evaluated again and its rules are checked, a bound read from a
printed log is lowered by what printing may have rounded, and a solver that says "infeasible" as its time runs out has
shown nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression
from pyomo.repn import generate_standard_repn

from siting.constraints import Constraints
from siting.errors import SolverError
from siting.evaluation import evaluate
from siting.formulation import assignment_model
from siting.highs import OBJECTIVE_SIZE
from siting.pyomo_interfaces import Found, find_solver, silence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.instance import Instance
    from siting.search import Search

#: Objective and bound of a claimed optimum may differ by this share of the terms summed.
CLAIM_TOLERANCE = 1e-6
#: A choice further than this from 0 or 1 is none.
INTEGER_TOLERANCE = 1e-4
#: A bound printed with six digits is off by at most this share of itself, and by this much where three decimals follow.
PRINTED_SHARE, PRINTED_DECIMALS = 1e-5, 1e-3
#: Larger bounds are a solver's way of writing infinity.
LARGEST_BOUND = 1e30


@dataclass(frozen=True)
class Answer:
    """What a solver said of the scaled model.

    Attributes
    ----------
    ended : str
        "optimal", "infeasible", "interrupted", or "stopped" for everything else.
    reason : str
        The solver's or Pyomo's own word for it.
    bound : float
        No solution is better, by the solver's account; minus infinity if it gave none.
    held : bool
        Whether there is a point, now in the model's variables.
    """

    ended: Literal["optimal", "infeasible", "interrupted", "stopped"]
    reason: str
    bound: float
    held: bool


def solve_assignment_with(
    solver: str, instance: Instance, search: Search, threads: int | None = None, seed: int = 0
) -> NDArray[np.float64] | None:
    """Solve the full Pyomo model by a solver of choice and take its portfolio as the incumbent of the search.

    Time limit, relative gap, threads and seed are passed to the solvers of `INTERFACES` under their own names. GLPK
    takes no gap and no threads and limits time by whole seconds; CBC looks at the clock only after the first linear
    relaxation. Any other solver that Pyomo knows is given its time limit by Pyomo where Pyomo can, and nothing else.
    There is no callback: what happens during the run is the solver's own affair.

    Parameters
    ----------
    solver : str
        A name of `known_solvers`.
    instance : Instance
        The problem, with or without capacities.
    search : Search
        Its clock and its gap are obeyed; incumbent, bound, proof or infeasibility are left in it.
    threads, seed : int
        Passed on where the solver takes them.

    Returns
    -------
    ndarray of shape (I, chosen) or None
        Share of each demand point served by each chosen site, when there are capacities.

    Raises
    ------
    InputError
        If Pyomo does not know the solver or it is not installed.
    SolverError
        If the solver fails, or claims an optimum that the raw arrays refute.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> from siting.search import Search
    >>> search = Search()
    >>> instance = Instance(sites=1, criteria={"ms": Criterion(service=[[3.0, 1.0]])})
    >>> solve_assignment_with("highs", instance, search)
    >>> search.chosen, search.upper, search.stop_reason
    ((1,), 1.0, 'optimal')
    """
    found = find_solver(solver)
    with silence():
        model, scale = scaled_model(instance)
    # Solvers measure gaps in ways of their own; one that stops short of ours is asked for a proof instead.
    for gap in (search.gap * (1 - 1e-6), 0.0):
        if search.remaining <= 0:
            return search.shares
        answer = _run(found, model, _options(found, search, gap, threads, seed))
        if answer.ended == "interrupted":
            search.asked_to_stop = True
        if answer.ended == "infeasible":
            search.infeasible = search.remaining > 0
            return search.shares
        _take(found, instance, search, (model, scale), answer, gap)
        if search.stop_reason is not None or answer.ended != "optimal":
            break
    if search.stop_reason is None and search.time_limit is None:
        raise SolverError(
            f"{solver} stopped without a proof and without a limit ({answer.reason}); nothing is returned"
        )
    search.proof.append(_proof(found, search))
    return search.shares


def _proof(found: Found, search: Search) -> str:
    text = f"{found.name}, called through Pyomo, solved the full assignment model by its own branch and bound"
    if search.time_limit is not None and not found.interface.known:
        text += "; it may not have been told of the time limit, because its option for one is not known"
    return text


# --- the model ----------------------------------------------------------------------------------------------------


def scaled_model(instance: Instance) -> tuple[Any, float]:
    """Return the assignment model with numbers at which solvers' absolute tolerances are relative ones.

    Parameters
    ----------
    instance : Instance
        The problem.

    Returns
    -------
    tuple of ConcreteModel and float
        The model, and the factor by which its objective is larger than the instance's.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> scaled_model(Instance(sites=1, criteria={"cost": Criterion(site=[2e-6, 1e-6])}))[1]
    5000000000.0
    """
    model = assignment_model(instance)
    linear = generate_standard_repn(model.cost.expr)
    # What nobody can choose costs nothing, so that its numbers do not blur the others'.
    nobody = _unreachable_variables(instance, model)
    costs = [
        0.0 if id(variable) in nobody else float(cost)
        for cost, variable in zip(linear.linear_coefs, linear.linear_vars, strict=True)
    ]
    largest = max((abs(cost) for cost in costs), default=0.0)
    scale = OBJECTIVE_SIZE / largest if largest > 0 else 1.0
    model.cost.expr = LinearExpression(
        constant=float(linear.constant) * scale,
        linear_coefs=[cost * scale for cost in costs],
        linear_vars=list(linear.linear_vars),
    )
    for block in (model.rule, model.component("capacity")):
        for constraint in [] if block is None else block.values():
            _scale_row(constraint)
    return model, scale


def _unreachable_variables(instance: Instance, model: Any) -> set[int]:
    unreachable = Constraints.of(instance).unreachable.tolist()
    variables = [*model.choose.values(), *(model.serve.values() if model.component("serve") is not None else ())]
    return {id(variable) for index, variable in enumerate(variables) if unreachable[index % len(unreachable)]}


def _scale_row(constraint: Any) -> None:
    """Bring the largest coefficient of a row near 1 by a power of two, which changes no digit."""
    linear = generate_standard_repn(constraint.body)
    largest = max((abs(coefficient) for coefficient in linear.linear_coefs), default=0.0)
    if largest == 0:
        return
    factor = 2.0 ** -round(math.log2(largest))
    body = LinearExpression(
        constant=0.0,
        linear_coefs=[coefficient * factor for coefficient in linear.linear_coefs],
        linear_vars=list(linear.linear_vars),
    )
    ends = constraint.to_bounded_expression(evaluate_bounds=True)[::2]
    lower, upper = (None if end is None else (end - linear.constant) * factor for end in ends)
    constraint.set_value(body == lower if lower == upper else (lower, body, upper))


# --- one run ------------------------------------------------------------------------------------------------------


def _options(found: Found, search: Search, gap: float, threads: int | None, seed: int) -> dict[str, Any]:
    """Return the keyword arguments of `solve`: options under the solver's names, and Pyomo's own time limit."""
    interface = found.interface
    options: dict[str, Any] = dict(interface.exact)
    if interface.gap is not None:
        options[interface.gap] = gap
    if interface.threads is not None and threads is not None:
        options[interface.threads] = threads
    if interface.seed is not None:
        options[interface.seed] = seed
    if math.isinf(search.remaining):
        return {"solver_options" if found.newer else "options": options}
    limit = max(1, math.ceil(search.remaining)) if interface.whole_seconds else search.remaining
    if found.newer:
        return {"solver_options": options, "time_limit": limit}
    if interface.time_limit is not None:
        return {"options": options | {interface.time_limit: limit}}
    return {"options": options, "timelimit": limit}


def _run(found: Found, model: Any, options: dict[str, Any]) -> Answer:
    threads = options.get("solver_options", options.get("options", {})).get("threads")
    if threads is not None and "highs" in found.name:
        import highspy

        # HiGHS fixes its thread count per process at the first run; a new count needs a new scheduler.
        highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - it takes no keyword
    try:
        with silence():
            return (_run_newer if found.newer else _run_older)(found.solver, model, options)
    except Exception as error:
        sentence = str(error).strip().split("\n")[0] or type(error).__name__
        raise SolverError(f"solver {found.name!r} failed: {sentence}") from error


def _run_newer(pyomo_solver: Any, model: Any, options: dict[str, Any]) -> Answer:
    from pyomo.contrib.solver.common.results import TerminationCondition as Reason

    result = pyomo_solver.solve(model, load_solutions=False, raise_exception_on_nonoptimal_result=False, **options)
    ended = {
        Reason.convergenceCriteriaSatisfied: "optimal",
        Reason.provenInfeasible: "infeasible",
        # Every variable is bounded, so no objective is.
        Reason.infeasibleOrUnbounded: "infeasible",
        Reason.interrupted: "interrupted",
    }.get(result.termination_condition, "stopped")
    held = result.incumbent_objective is not None
    if held:
        result.solution_loader.load_vars()
    return Answer(ended, result.termination_condition.name, _bound(result.objective_bound), held)  # type: ignore[arg-type]


def _run_older(pyomo_solver: Any, model: Any, options: dict[str, Any]) -> Answer:
    from pyomo.opt import TerminationCondition as Reason

    result = pyomo_solver.solve(model, load_solutions=False, **options)
    condition = result.solver.termination_condition
    ended = {
        Reason.optimal: "optimal",
        Reason.globallyOptimal: "optimal",
        Reason.infeasible: "infeasible",
        Reason.infeasibleOrUnbounded: "infeasible",
        Reason.userInterrupt: "interrupted",
    }.get(condition, "stopped")
    held = len(result.solution) > 0 and ended != "infeasible" and condition != Reason.intermediateNonInteger
    if held:
        model.solutions.load_from(result)
    return Answer(ended, str(condition), _bound(result.problem.lower_bound), held)  # type: ignore[arg-type]


def _bound(value: Any) -> float:
    """Return a solver's bound, minus infinity where it gave none or no number."""
    try:
        bound = float(value)
    except (TypeError, ValueError):
        return -math.inf
    return bound if abs(bound) < LARGEST_BOUND else -math.inf


# --- reading the answer -------------------------------------------------------------------------------------------


def _take(
    found: Found, instance: Instance, search: Search, scaled: tuple[Any, float], answer: Answer, gap: float
) -> None:
    """Offer what the solver holds, raise the bound, and accept its proof if the raw arrays agree with it."""
    model, scale = scaled
    chosen = _chosen(instance, model) if answer.held else None
    if chosen is not None:
        shares = _shares(instance, model, chosen)
        evaluation = evaluate(instance, chosen.tolist(), shares)
        search.magnitude = max(search.magnitude, evaluation.magnitude)
        search.offer(chosen.tolist(), evaluation.objective, shares)
    elif answer.ended == "optimal":
        raise SolverError(f"solver {found.name!r} calls a choice optimal that breaks a rule; nothing is returned")
    bound = answer.bound
    asked_for_proof = gap == 0 or found.interface.gap is None
    if answer.ended == "optimal" and asked_for_proof and (found.interface.known or math.isfinite(bound)):
        _accept(found, search, (pyo.value(model.cost) if math.isinf(bound) else bound) / scale)
        return
    if found.interface.printed:
        bound -= PRINTED_SHARE * abs(bound) + PRINTED_DECIMALS
    search.raise_bound(bound / scale)


def _accept(found: Found, search: Search, claimed: float) -> None:
    """Accept a claim of optimality if it agrees with the re-evaluated incumbent."""
    if abs(search.upper - claimed) <= CLAIM_TOLERANCE * max(search.magnitude, 1e-300):
        search.raise_bound(search.upper)
    elif found.interface.known:
        raise SolverError(
            f"solver {found.name!r} calls {claimed:.12g} optimal but the raw arrays give {search.upper:.12g}; "
            "nothing is returned"
        )
    else:
        search.raise_bound(claimed)


def _chosen(instance: Instance, model: Any) -> NDArray[np.int64] | None:
    """Return the positions chosen, None if the choice is fractional or breaks a rule."""
    values = _values(model.choose)
    if (np.abs(values - np.round(values)) > INTEGER_TOLERANCE).any():
        return None
    chosen = np.flatnonzero(values > 0.5)
    return None if Constraints.of(instance).violations(chosen.tolist()) else chosen


def _shares(instance: Instance, model: Any, chosen: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return who serves how much, cleaned of rounding; None where every point goes to its cheapest site."""
    if instance.capacity is None:
        return None
    values = _values(model.serve).reshape(instance.number_of_demand_points, instance.number_of_candidates)
    shares = np.clip(values[:, chosen], 0.0, 1.0)
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray(shares / np.where(total > 0, total, 1.0))


def _values(variables: Any) -> NDArray[np.float64]:
    return np.array([0.0 if variable.value is None else variable.value for variable in variables.values()])
