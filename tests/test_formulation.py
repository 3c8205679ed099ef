"""The mixed-integer models: one golden LP file per block of constraints, and an independent solver's opinion.

`SITING_UPDATE_GOLDEN=1 pytest tests/test_formulation.py` writes the golden files anew; read the difference before
keeping it. The independent solver is SCIP (package `pyscipopt`): it is no relative of HiGHS, reads LP and MPS with its
own parsers, and comes as one wheel; `scipy.optimize.milp` would be HiGHS again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyscipopt
import pytest
from strategies import brute_force, capacitated_instance, magnitude, random_instance

from siting.constraints import Constraints
from siting.formulation import assignment_model, choice_model, compile_model, write_model
from siting.instance import Criterion, Instance, Limit

GOLDEN = Path(__file__).parent / "golden"
COST = {"cost": Criterion(site=[4.0, 3.0, 2.5], unit="EUR")}
REGIONS = ["AT11", "BE10", "FR10"]


def small(**fields: Any) -> Instance:
    """Return an instance of three regions with a site cost only, from one to three sites."""
    return Instance(**{"sites": (1, 3), "criteria": COST, "candidates": REGIONS, **fields})


BLOCKS: dict[str, Instance] = {
    "number_of_sites_exact": small(sites=2),
    "number_of_sites_between": small(sites=(1, 2)),
    "required": small(required=["BE10"]),
    "forbidden": small(forbidden={"FR10": "no grid"}),
    "rule_upper": small(limits={"at most one in the west": Limit([0, 1, 1], upper=1)}),
    "rule_lower": small(limits={"at least 1.5 GVA": Limit([0.5, 1.25, 2.0], lower=1.5)}),
    "rule_both": small(limits={"between 1 and 2 GVA": Limit([0.5, 1.25, -2.0], lower=1.0, upper=2.0)}),
    "rule_equality": small(limits={"one of the west": Limit([0, 1, 1], lower=1, upper=1)}),
    "conflict": small(conflicts={"spacing": [("AT11", "FR10")], "grid node": [("BE10", "FR10")]}),
    "assignment": small(
        sites=1, criteria={"latency": Criterion(service=[[1.0, 2.0, 3.0], [6.0, 5.0, 4.0]])}, demand=[2.0, 0.5]
    ),
    "capacity": small(
        sites=2,
        criteria={"latency": Criterion(service=[[1.0, 2.0, 3.0]]), **COST},
        demand=[2.0],
        capacity=[1.5, 0.0, 4.0],
    ),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_each_block_of_constraints_is_written_as_its_golden_file(block: str, tmp_path: Path) -> None:
    """The model is readable: every constraint under its name, every variable under its candidate."""
    write_model(BLOCKS[block], tmp_path / "model.lp")
    text = (tmp_path / "model.lp").read_text()
    golden = GOLDEN / f"{block}.lp"
    if os.environ.get("SITING_UPDATE_GOLDEN"):
        golden.write_text(text, newline="\n")
    assert text == golden.read_text()


def test_every_golden_file_belongs_to_a_block() -> None:
    """No file is left behind when a block is renamed."""
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(BLOCKS)


def scip_optimum(path: Path) -> float | None:
    """Return the optimum of a model file by SCIP, None if infeasible."""
    scip = pyscipopt.Model()
    scip.hideOutput()
    scip.setParam("numerics/feastol", 1e-9)
    scip.readProblem(str(path))
    scip.optimize()
    if scip.getStatus() == "infeasible":
        return None
    assert scip.getStatus() == "optimal"
    return float(scip.getObjVal())


def unit_instance(seed: int, *, capacities: bool = False) -> Instance:
    """Return a random instance whose coefficients are near 1: another solver's tolerances are its own affair."""
    instance = capacitated_instance(seed) if capacities else random_instance(seed, largest=6)
    size = max(np.abs(c.service if c.service is not None else c.site).max() for c in instance.criteria.values())
    weights = {name: weight / (size or 1.0) for name, weight in instance.weights.items()}
    limits = {}
    for name, limit in instance.limits.items():
        scale = float(np.abs(limit.coefficients).max()) or 1.0
        bounds = {k: None if (v := getattr(limit, k)) is None else v / scale for k in ("lower", "upper")}
        limits[name] = Limit(limit.coefficients / scale, **bounds)
    return instance.replace(weights=weights, limits=limits)


@pytest.mark.parametrize("ending", ["lp", "mps"])
@pytest.mark.parametrize("capacities", [False, True])
def test_an_independent_solver_finds_the_same_optimum_in_the_exported_model(
    ending: str, capacities: bool, tmp_path: Path
) -> None:
    """SCIP reads the file as any other solver would, and agrees with brute force."""
    found = 0
    for seed in range(25):
        instance = unit_instance(seed, capacities=capacities)
        oracle, path = brute_force(instance), tmp_path / f"{seed}.{ending}"
        write_model(instance, path)
        optimum = scip_optimum(path)
        assert (optimum is not None) == oracle.feasible, seed
        if optimum is not None:
            assert optimum == pytest.approx(oracle.objective, abs=1e-6 * magnitude(instance)), seed
            found += 1
    assert found > 4


@pytest.mark.parametrize("seed", range(25))
def test_the_compiled_arrays_admit_exactly_the_admissible_sets(seed: int) -> None:
    """Rows and columns as passed to HiGHS, judged row by row for every set of candidates."""
    instance = random_instance(seed, largest=6)
    constraints = Constraints.of(instance)
    model = compile_model(choice_model(constraints, instance.site_cost, instance.candidates))
    count = instance.number_of_candidates
    assert model.integer.all()
    assert model.cost == pytest.approx(instance.site_cost)
    for bits in range(2**count):
        choice = np.array([bits >> position & 1 for position in range(count)], dtype=float)
        activity = model.matrix @ choice
        slack = 1e-9 * np.maximum(1, np.abs(np.nan_to_num(model.row_upper, posinf=0, neginf=0)))
        inside = (activity <= model.row_upper + slack) & (activity >= model.row_lower - slack)
        assert bool(inside.all()) == constraints.admissible(np.flatnonzero(choice)), (seed, bits)


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_rows_are_passed_with_coefficients_near_one_and_exactly(size: float) -> None:
    """A feasibility tolerance is absolute; powers of two scale without rounding."""
    limit = Limit(np.array([3.0, 5.0, 7.0]) * size, upper=9.0 * size)
    constraints = Constraints.of(small(limits={"budget": limit}))
    model = compile_model(choice_model(constraints, np.zeros(3), REGIONS))
    row = next(index for index, upper in enumerate(model.row_upper) if np.diff(model.matrix.toarray()[index]).any())
    coefficients = model.matrix.toarray()[row]
    assert 0.5 <= coefficients.max() <= 2.0
    assert np.frexp(coefficients[0] / (3.0 * size))[0] == 0.5
    assert model.row_upper[row] / coefficients[0] == pytest.approx(3.0)


def test_columns_are_the_candidates_then_the_pairs_of_demand_and_candidate() -> None:
    """Everything that reads a solution relies on this order."""
    model = compile_model(assignment_model(BLOCKS["assignment"]))
    assert model.columns[:3] == ("choose[AT11]", "choose[BE10]", "choose[FR10]")
    assert model.columns[3:6] == ("serve[0,AT11]", "serve[0,BE10]", "serve[0,FR10]")
    assert model.integer.tolist() == [True] * 3 + [False] * 6
    assert model.cost.tolist() == [0, 0, 0, 2.0, 4.0, 6.0, 3.0, 2.5, 2.0]


def test_a_rule_on_nobody_that_fails_makes_the_model_infeasible() -> None:
    """A rule without coefficients is not silently dropped when it cannot hold."""
    constraints = Constraints.of(small(limits={"at least 1 GVA": Limit([0, 0, 0], lower=1)}))
    model = compile_model(choice_model(constraints, np.zeros(3), REGIONS))
    assert model.row_lower.max() > 3 * model.matrix.max()


@pytest.mark.parametrize(
    "names",
    [["a b", "a_b", "a-b"], ["é", "ß", "ø"], [(0, 1), (0, 2), (1, 0)], [1, "1", 2.5], ["x[1]", "x(1)", "x,1"]],
    ids=["blanks", "accents", "tuples", "mixed", "brackets"],
)
@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_any_identifiers_can_be_exported(names: list[object], ending: str, tmp_path: Path) -> None:
    """Names that a file format cannot hold are told apart all the same."""
    instance = Instance(
        sites=1,
        criteria={"ms": Criterion(service=[[3.0, 1.0, 2.0]])},
        candidates=names,
        limits={"not more than one, please (1)": Limit([1, 1, 1], upper=1)},
        conflicts={"spacing": [(names[0], names[1])]},
    )
    write_model(instance, tmp_path / f"model.{ending}")
    assert scip_optimum(tmp_path / f"model.{ending}") == pytest.approx(1.0)
