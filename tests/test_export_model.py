"""The model with its solution: other solvers read both, and find the portfolio feasible and optimal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import highspy
import numpy as np
import pulp
import pyscipopt
import pytest
from export_samples import many_kinds
from scipy import sparse

import siting

if TYPE_CHECKING:
    from pathlib import Path

KINDS = many_kinds()


@pytest.fixture(scope="module")
def solutions() -> dict[str, siting.Solution]:
    """Solve an instance of each shape a criterion can have."""
    return {name: siting.solve(instance) for name, instance in KINDS.items()}


def read_in_highs(path: Path) -> highspy.Highs:
    """Return HiGHS with the model and the solution beside it."""
    solver = highspy.Highs()
    solver.silent()
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    assert solver.readSolution(str(path.with_suffix(".sol")), 0) == highspy.HighsStatus.kOk
    return solver


@pytest.mark.parametrize("ending", ["lp", "mps"])
@pytest.mark.parametrize("name", KINDS)
def test_highs_finds_the_portfolio_feasible_and_optimal(
    name: str, ending: str, solutions: dict[str, siting.Solution], tmp_path: Path
) -> None:
    """Rows, bounds and integrality hold, the objective is ours, and HiGHS finds no better."""
    objective = solutions[name].objective
    solver = read_in_highs(solutions[name].to_file(tmp_path / f"model.{ending}"))
    model, values = solver.getLp(), np.array(solver.getSolution().col_value)
    by_column = model.a_matrix_.format_ == highspy.MatrixFormat.kColwise
    parts = (model.a_matrix_.value_, model.a_matrix_.index_, model.a_matrix_.start_)
    matrix = (sparse.csc_array if by_column else sparse.csr_array)(parts, shape=(model.num_row_, model.num_col_))
    activity = matrix @ values
    assert (activity >= np.array(model.row_lower_) - 1e-6).all()
    assert (activity <= np.array(model.row_upper_) + 1e-6).all()
    assert (values >= np.array(model.col_lower_) - 1e-9).all()
    assert (values <= np.array(model.col_upper_) + 1e-9).all()
    whole = [kind == highspy.HighsVarType.kInteger for kind in model.integrality_]
    assert any(whole)
    assert values[whole] == pytest.approx(values[whole].round())
    assert np.array(model.col_cost_) @ values + model.offset_ == pytest.approx(objective, abs=1e-9)
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(objective, abs=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_scip_accepts_the_solution_and_proves_the_same_objective(
    name: str, solutions: dict[str, siting.Solution], tmp_path: Path
) -> None:
    """Another solver, from another code base."""
    path = solutions[name].to_file(tmp_path / "model.mps")
    model = pyscipopt.Model()
    model.hideOutput()
    model.readProblem(str(path))
    held = model.readSolFile(str(path.with_suffix(".sol")))
    assert model.checkSol(held)
    assert model.getSolObjVal(held) == pytest.approx(solutions[name].objective, abs=1e-9)
    model.addSol(held)
    model.optimize()
    assert model.getStatus() == "optimal"
    assert model.getObjVal() == pytest.approx(solutions[name].objective, abs=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_cbc_solves_the_mps_to_the_same_objective(solutions: dict[str, siting.Solution], tmp_path: Path) -> None:
    """A third solver reads the same file."""
    name = "two services, one better when more"
    _, problem = pulp.LpProblem.fromMPS(str(solutions[name].to_file(tmp_path / "model.mps")))
    problem.solve(pulp.PULP_CBC_CMD(msg=False))
    assert pulp.LpStatus[problem.status] == "Optimal"
    assert pulp.value(problem.objective) == pytest.approx(solutions[name].objective, abs=1e-6)


def test_the_solution_starts_with_its_objective_and_leaves_out_zeros(
    solutions: dict[str, siting.Solution], tmp_path: Path
) -> None:
    """As MIPLIB writes solutions: a name and a value per line."""
    solution = solutions["two services, one better when more"]
    path = solution.to_file(tmp_path / "model.lp").with_suffix(".sol")
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    assert first == f"=obj= {solution.objective!r}"
    values = {name: float(value) for name, value in (line.split(" ") for line in lines)}
    assert sum(value for name, value in values.items() if name.startswith("choose")) == 2
    assert sum(value for name, value in values.items() if name.startswith("serve")) == 8
    assert all(values.values())
