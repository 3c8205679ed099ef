"""The full mixed-integer model for other solvers, and beside it the portfolio as a solution they can check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from siting.evaluation import assign
from siting.worst_case import WorstCase

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.solution import Solution

CONSTANT = "ONE_VAR_CONSTANT"
"""Pyomo writes the constant of an objective as the coefficient of this variable, fixed at 1."""


def write_optimisation_model(solution: Solution, path: Path, solution_path: Path | None) -> None:
    """Write the model, and the values of its variables in the portfolio held.

    Parameters
    ----------
    solution : Solution
        What was solved.
    path : pathlib.Path
        Of the model; its ending, .lp or .mps, chooses the format.
    solution_path : pathlib.Path or None
        Of the values, as MIPLIB writes solutions: ``=obj=`` and the objective, then a name and a value per line,
        variables at zero left out. HiGHS and SCIP read it as it is. None if no portfolio is held.

    Examples
    --------
    >>> import siting, pathlib, tempfile
    >>> cost = siting.Criterion(site=[2.0, 1.0])
    >>> solution = siting.solve(siting.Instance(sites=1, criteria={"cost": cost}, candidates=["a", "b"]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = pathlib.Path(folder)
    ...     write_optimisation_model(solution, target / "model.mps", target / "model.sol")
    ...     print((target / "model.sol").read_text())
    =obj= 1.0
    choose(b) 1
    <BLANKLINE>
    """
    from siting.formulation import assignment_model, write_model

    model = assignment_model(solution.instance)
    names = write_model(solution.instance, path, model)
    if solution_path is None:
        return
    _set_values(solution, model)
    lines = [f"=obj= {float(solution.objective or 0.0)!r}"]
    with path.open(encoding="utf-8") as file:
        if any(CONSTANT in line.split() for line in file if CONSTANT in line):
            lines.append(f"{CONSTANT} 1")
    for name, variable in names.items():
        if variable.value:
            lines.append(f"{name} {variable.value:.17g}")
    solution_path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _set_values(solution: Solution, model: Any) -> None:
    """Give every variable its value in the portfolio."""
    instance = solution.instance
    chosen = np.array([instance.position(name) for name in solution.portfolio or ()], dtype=np.int64)
    labels = list(model.candidates)
    held = set(chosen.tolist())
    for position, label in enumerate(labels):
        model.choose[label].value = float(position in held)
    if model.component("serve") is not None:
        shares = _shares(solution, chosen)
        for point, row in enumerate(shares.tolist()):
            for position, share in zip(chosen.tolist(), row, strict=True):
                model.serve[point, labels[position]].value = share
    for name in instance.worst_cases:
        case = WorstCase.of(instance, name, np.arange(len(labels)))
        span = float(case.levels[-1]) - case.least
        if span > 0:
            model.worst[name].value = (_worst(solution, case) - case.least) / span
        if model.component("nearest") is not None and case.kind == "service":
            best = chosen[case.values[chosen].argmin(axis=0)]
            for point, position in enumerate(best.tolist()):
                if (name, point, labels[position]) in model.nearest:
                    model.nearest[name, point, labels[position]].value = 1.0


def _shares(solution: Solution, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each demand point that each chosen site serves, shape (I, chosen)."""
    if solution.shares is not None:
        return np.asarray(solution.shares)
    # Said again from the arrays: the solution's own assignment is kept only where demand has a table.
    serving = assign(solution.instance, chosen.tolist()) if solution.assignment is None else solution.assignment
    return np.asarray(serving[:, None] == chosen[None, :], dtype=np.float64)


def _worst(solution: Solution, case: WorstCase) -> float:
    """Return the value of a worst-case criterion, turned so that less is better."""
    return solution.instance.criteria[case.name].sign * float(solution.result.values[case.name])
