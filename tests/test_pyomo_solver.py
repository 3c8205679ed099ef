"""Other solvers behind Pyomo, against brute force: CBC and SCIP, which are no relatives of HiGHS, and HiGHS itself.

CBC comes as a program in the wheel of `pulp`, SCIP as a library in `pyscipopt`. What no installed solver does by itself
(a limit that leaves nothing, a false claim) is played by a stand-in.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp
import pyomo.environ as pyo
import pytest
from pyomo.common import Executable
from pyomo.opt import SolverResults, SolverStatus, TerminationCondition
from strategies import brute_force, capacitated_instance, geographic_instance, magnitude, random_instance

from siting import pyomo_interfaces, pyomo_solver
from siting.errors import InputError, SolverError
from siting.evaluation import evaluate
from siting.instance import Criterion, Instance, Limit
from siting.pyomo_interfaces import Found, Interface, available_solvers, find_solver, known_solvers
from siting.pyomo_solver import scaled_model, solve_assignment_with
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

SOLVERS = ("cbc", "scip", "highs", "appsi_highs")


@pytest.fixture(scope="module", autouse=True)
def _cbc() -> Iterator[None]:
    """Let Pyomo find the CBC that pulp ships."""
    program = Executable("cbc")
    program.set_path(pulp.apis.PULP_CBC_CMD.pulp_cbc_path)
    yield
    program.rehash()


def run(solver: str, instance: Instance, **options: Any) -> tuple[Search, np.ndarray | None]:
    """Solve as the engine does: incumbents are evaluated from the raw arrays unless capacities decide."""
    search = Search(**options)
    if instance.capacity is None:
        search.evaluate = lambda chosen: evaluate(instance, chosen)
    return search, solve_assignment_with(solver, instance, search)


@pytest.mark.parametrize("solver", SOLVERS)
def test_optima_and_infeasibility_equal_brute_force(solver: str, effort: int) -> None:
    """Every kind of rule, ties, signs, coefficients from 1e-6 to 1e9."""
    infeasible = 0
    for seed in range(30 * effort):
        instance = random_instance(seed, largest=6)
        oracle = brute_force(instance)
        search, shares = run(solver, instance)
        assert search.infeasible != oracle.feasible, seed
        assert shares is None
        infeasible += search.infeasible
        if oracle.feasible:
            assert search.stop_reason == "optimal", seed
            assert search.upper == pytest.approx(oracle.objective, abs=1e-8 * magnitude(instance)), seed
            assert search.lower == search.upper, seed
            assert solver in search.proof[-1]
    assert 0 < infeasible < 30 * effort


@pytest.mark.parametrize("solver", SOLVERS)
def test_capacitated_optima_equal_brute_force(solver: str, effort: int) -> None:
    """The oracle solves one transportation problem per portfolio; the shares returned are an assignment."""
    feasible = 0
    for seed in range(20 * effort):
        instance = capacitated_instance(seed, largest=5)
        oracle = brute_force(instance)
        search, shares = run(solver, instance)
        assert search.infeasible != oracle.feasible, seed
        if not oracle.feasible:
            continue
        feasible += 1
        assert search.upper == pytest.approx(oracle.objective, abs=1e-6 * magnitude(instance)), seed
        assert shares.sum(axis=1) == pytest.approx(np.ones(instance.number_of_demand_points)), seed
        room = instance.capacity[list(search.chosen)] + 1e-6 * instance.demand.sum()
        assert (instance.demand @ shares <= room).all(), seed
    assert feasible > 4


@pytest.mark.parametrize("solver", SOLVERS)
def test_solvers_agree_with_the_engine_on_an_instance_with_rules(solver: str) -> None:
    """Budget, groups, spacing and site costs over a plane."""
    from siting.engine import solve_instance

    instance = geographic_instance(3, 16, 3, rules=True)
    search, _ = run(solver, instance)
    reference = solve_instance(instance)
    assert search.upper == pytest.approx(reference.objective, rel=1e-9)
    assert tuple(instance.candidates[position] for position in search.chosen) == reference.portfolio


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_time_limit_is_never_called_optimal(solver: str) -> None:
    """A limit too short for a proof leaves a bound, perhaps an incumbent, and no claim."""
    random = np.random.default_rng(0)
    instance = Instance(sites=9, criteria={"ms": Criterion(service=random.random((70, 70)))})
    search, _ = run(solver, instance, time_limit=0.5)
    assert search.stop_reason == "time_limit"
    assert not search.infeasible
    assert search.lower < search.upper
    if search.chosen is not None:
        assert search.upper == evaluate(instance, search.chosen).objective


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_time_at_all_leaves_nothing_and_claims_nothing(solver: str) -> None:
    """Building the model has used up the time: the solver is not called, for to some 0 means without limit."""
    search, shares = run(solver, geographic_instance(0, 5, 2), time_limit=1e-9)
    assert (search.chosen, shares, search.infeasible, search.lower) == (None, None, False, -math.inf)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_gap_is_kept_and_the_bound_is_true(solver: str) -> None:
    """With a gap the search ends as optimal or within the gap, and the bound never exceeds the optimum."""
    for seed in range(5):
        random = np.random.default_rng(seed)
        instance = Instance(sites=3, criteria={"ms": Criterion(service=random.random((12, 12)) - 0.4)})
        optimum = brute_force(instance).objective
        search, _ = run(solver, instance, gap=0.3)
        assert search.stop_reason in ("optimal", "gap"), seed
        assert search.lower <= optimum + 1e-9, seed
        assert search.upper >= optimum - 1e-9, seed
        assert search.upper - search.lower <= 0.3 * abs(search.upper) + 1e-9, seed


@pytest.mark.parametrize("solver", SOLVERS)
def test_threads_and_seed_reach_the_solver(solver: str) -> None:
    """One thread after two, and another seed, change nothing about the optimum."""
    instance = geographic_instance(1, 8, 2)
    objectives = set()
    for threads, seed in ((1, 0), (2, 7), (1, 7)):
        search = Search()
        solve_assignment_with(solver, instance, search, threads=threads, seed=seed)
        objectives.add(round(search.upper, 6))
    assert len(objectives) == 1


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
def test_the_model_is_scaled_without_changing_what_it_says(size: float) -> None:
    """Rows by powers of two, the objective to a size at which absolute tolerances are relative ones."""
    instance = Instance(
        sites=(1, 2),
        criteria={"ms": Criterion(service=np.array([[1.0, 4.0, 2.0]]) * size)},
        limits={"budget": Limit(np.array([3.0, 5.0, 7.0]) * size, lower=2.0 * size, upper=9.0 * size)},
        capacity=np.array([1.0, 2.0, 0.0]),
        forbidden=[2],
        constant=3.0 * size,
    )
    model, scale = scaled_model(instance)
    for variable, value in zip([*model.choose.values(), *model.serve.values()], [1, 0, 0, 1, 0, 0], strict=True):
        variable.set_value(value)
    assert pyo.value(model.cost) == pytest.approx(4.0 * size * scale)
    assert 1e3 < 4.0 * size * scale <= 1e5
    rule = model.rule["budget"]
    assert 0.3 < pyo.value(rule.body) / 3.0 * 7.0 < 2.0
    assert pyo.value(rule.lower) / pyo.value(rule.body) == pytest.approx(2 / 3)
    assert pyo.value(rule.upper) / pyo.value(rule.body) == pytest.approx(3)


# --- names --------------------------------------------------------------------------------------------------------


def test_an_unknown_solver_is_answered_with_the_nearest_and_the_installed_ones() -> None:
    """One sentence, before anything is built."""
    with pytest.raises(InputError, match=r"no mixed-integer solver 'cbbc'; did you mean 'cbc'\? installed here are"):
        solve_assignment_with("cbbc", geographic_instance(0, 4, 1), Search())
    with pytest.raises(InputError, match=r"no mixed-integer solver 'ipopt'; installed here are .*scip"):
        find_solver("ipopt")


def test_a_solver_that_is_not_installed_is_answered_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """GLPK is known to Pyomo; here its program is hidden."""
    monkeypatch.setattr(pyomo_interfaces, "_available", lambda interface: None if "glpk" in interface.names else 1)
    with pytest.raises(
        InputError, match=r"solver 'glpk' is known to Pyomo but not installed; installed here are .*cbc"
    ):
        find_solver("glpk")


def test_solvers_are_listed_and_particular_interfaces_are_known() -> None:
    """A particular interface of a solver takes the options of that solver."""
    assert {"cbc", "highs", "appsi_highs", "scip"} <= set(available_solvers())
    assert {"gurobi_persistent", "scip_direct", "xpress_direct"} <= set(known_solvers())
    assert find_solver("scip_direct").interface.gap == "limits/gap"
    search, _ = run("scip_persistent", geographic_instance(2, 6, 2))
    assert search.stop_reason == "optimal"


# --- what no installed solver does by itself ----------------------------------------------------------------------


class StandIn:
    """A solver of Pyomo's older kind that says what it is told to say."""

    def __init__(self, condition: TerminationCondition, values: dict[int, float], bound: float | None) -> None:
        self.condition, self.values, self.bound, self.calls = condition, values, bound, []

    def solve(self, model: Any, **options: Any) -> SolverResults:
        """Set the variables and report."""
        self.calls.append(options)
        results = SolverResults()
        results.solver.termination_condition = self.condition
        results.solver.status = SolverStatus.ok
        results.problem.lower_bound = self.bound
        if self.values:
            results.solution.add()
            model.solutions.load_from = lambda _: self._fill(model)
        return results

    def _fill(self, model: Any) -> None:
        for position, variable in enumerate(model.choose.values()):
            variable.set_value(self.values.get(position, 0.0), skip_validation=True)
        for (_, label), variable in model.serve.items():
            variable.set_value(model.choose[label].value, skip_validation=True)


def told(
    monkeypatch: pytest.MonkeyPatch, solver: StandIn, *, interface: Interface | None = None, **options: Any
) -> tuple[Search, StandIn]:
    """Run the stand-in on two candidates that cost 1 and 3 (scaled: 10,000 is 3)."""
    found = Found("stand-in", interface or Interface(("stand-in",)), newer=False, solver=solver)
    monkeypatch.setattr(pyomo_solver, "find_solver", lambda _: found)
    search, _ = run("stand-in", Instance(sites=1, criteria={"ms": Criterion(service=[[1.0, 3.0]])}), **options)
    return search, solver


def test_a_false_claim_of_optimality_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The raw arrays and the bound decide, not the word."""
    with pytest.raises(SolverError, match=r"calls 0\.3 optimal but the raw arrays give 1; nothing is returned"):
        told(monkeypatch, StandIn(TerminationCondition.optimal, {0: 1.0}, 1000.0))
    with pytest.raises(SolverError, match="calls a choice optimal that breaks a rule"):
        told(monkeypatch, StandIn(TerminationCondition.optimal, {0: 0.5, 1: 0.5}, 0.0))
    with pytest.raises(SolverError, match="calls a choice optimal that breaks a rule"):
        told(monkeypatch, StandIn(TerminationCondition.optimal, {0: 1.0, 1: 1.0}, 0.0))


def test_a_solver_that_gives_up_is_an_error_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one, what it holds is kept."""
    solver = StandIn(TerminationCondition.maxIterations, {1: 1.0}, 500.0)
    with pytest.raises(SolverError, match=r"stopped without a proof and without a limit \(maxIterations\)"):
        told(monkeypatch, solver)
    search, _ = told(monkeypatch, solver, time_limit=60.0)
    assert (search.chosen, search.upper, search.stop_reason) == ((1,), 3.0, None)
    assert search.lower == pytest.approx(0.15)


def test_an_intermediate_fractional_answer_is_no_incumbent(monkeypatch: pytest.MonkeyPatch) -> None:
    """CBC reports the linear relaxation where time ran out; the bound is still true."""
    solver = StandIn(TerminationCondition.maxTimeLimit, {0: 0.5, 1: 0.5}, 2000.0)
    search, _ = told(monkeypatch, solver, time_limit=60.0)
    assert search.chosen is None
    assert search.lower == pytest.approx(0.6)


def test_infeasibility_claimed_as_time_runs_out_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some solvers print "no feasible solution found" for both."""
    solver = StandIn(TerminationCondition.infeasible, {}, None)
    assert told(monkeypatch, solver)[0].infeasible
    remaining = iter([9.0, 9.0, 9.0, 0.0, 0.0])
    monkeypatch.setattr(Search, "remaining", property(lambda _: next(remaining, 0.0)))
    assert not told(monkeypatch, solver, time_limit=9.0)[0].infeasible


def test_an_interrupt_in_the_solver_stops_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The incumbent is kept."""
    search, _ = told(monkeypatch, StandIn(TerminationCondition.userInterrupt, {1: 1.0}, None))
    assert (search.stop_reason, search.upper) == ("interrupted", 3.0)


def test_printed_bounds_are_lowered_by_what_printing_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six digits are not enough to prove anything."""
    printed = Interface(("stand-in",), printed=True)
    solver = StandIn(TerminationCondition.maxTimeLimit, {0: 1.0}, 10_000 / 3)
    search, _ = told(monkeypatch, solver, interface=printed, time_limit=60.0)
    assert search.lower < 1.0 - 1e-6
    assert search.stop_reason is None


def test_a_solver_whose_options_are_unknown_must_show_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have stopped at a gap of its own."""
    unknown = Interface(("stand-in",), known=False)
    with pytest.raises(SolverError, match="without a proof"):
        told(monkeypatch, StandIn(TerminationCondition.optimal, {0: 1.0}, None), interface=unknown)
    with pytest.raises(SolverError, match="without a proof"):
        told(monkeypatch, StandIn(TerminationCondition.optimal, {0: 1.0}, 3000.0), interface=unknown)
    solver = StandIn(TerminationCondition.optimal, {0: 1.0}, 10_000 / 3)
    search, _ = told(monkeypatch, solver, interface=unknown, time_limit=60.0)
    assert search.stop_reason == "optimal"
    assert "may not have been told of the time limit" in search.proof[-1]


def test_a_solver_that_stops_short_of_the_gap_is_asked_for_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaps are measured in many ways."""
    interface = Interface(("stand-in",), gap="ratio", seed="seed")
    solver = StandIn(TerminationCondition.optimal, {0: 1.0}, 1000.0)
    with pytest.raises(SolverError, match=r"calls 0\.3 optimal"):
        told(monkeypatch, solver, interface=interface, gap=0.1)
    assert [call["options"]["ratio"] for call in solver.calls] == [pytest.approx(0.1, rel=1e-5), 0.0]


@pytest.mark.parametrize(
    ("interface", "expected"),
    [
        (Interface(("a",)), {"timelimit": pytest.approx(9.5)}),
        (Interface(("a",), whole_seconds=True), {"timelimit": 10}),
        (Interface(("a",), time_limit="TimeLimit"), {"options": {"TimeLimit": pytest.approx(9.5)}}),
    ],
)
def test_time_limits_go_where_the_solver_reads_them(
    interface: Interface, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Pyomo, by Pyomo in whole seconds, or under the solver's own name."""
    monkeypatch.setattr(Search, "remaining", property(lambda _: 9.5))
    _, solver = told(monkeypatch, StandIn(TerminationCondition.optimal, {0: 1.0}, None), interface=interface)
    assert {"options": {}, **expected} == {
        key: value for key, value in solver.calls[0].items() if key != "load_solutions"
    }


def test_whatever_a_solver_raises_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A licence that has run out, for instance."""

    class Failing:
        def solve(self, *_: Any, **__: Any) -> None:
            raise OSError("the licence has run out\nin line 3")

    with pytest.raises(SolverError, match=r"^solver 'stand-in' failed: the licence has run out$"):
        told(monkeypatch, Failing())
