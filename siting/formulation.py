"""The mixed-integer models, in Pyomo: readable, inspectable, exportable as LP or MPS.

`choice_model` holds the choice of sites and every rule on it; decomposition uses it as its master problem.
`assignment_model` adds the assignment of demand to sites (Balinski 1965), for capacities and as the reference
that anyone can read and any other solver can check. `compile_model` turns either into arrays for HiGHS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse

from siting.constraints import Constraints
from siting.worst_case import WorstCase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.instance import Instance


def choice_model(constraints: Constraints, site_cost: NDArray[np.float64], labels: Sequence[object]) -> Any:
    """Build the Pyomo model of the choice alone: which candidates, under which rules.

    Parameters
    ----------
    constraints : Constraints
        The rules over n candidates.
    site_cost : ndarray, shape (n,)
        Cost of choosing each candidate.
    labels : sequence, length n
        Identifiers, used as index of the variables.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With the binary variable ``choose``, the constraints ``number_of_sites``, ``required``, ``forbidden``,
        ``rule`` (by name) and ``conflict`` (at most one of a clique), and the objective ``cost``.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> rules = Constraints.of(Instance(sites=1, criteria={"cost": Criterion(site=[2.0, 1.0])}))
    >>> model = choice_model(rules, np.array([2.0, 1.0]), ["a", "b"])
    >>> len(model.choose)
    2
    """
    model = pyo.ConcreteModel(name="siting")
    model.candidates = pyo.Set(initialize=list(labels), ordered=True, dimen=None)
    model.choose = pyo.Var(model.candidates, domain=pyo.Binary)
    choose = [model.choose[label] for label in labels]
    count = pyo.quicksum(choose)
    model.number_of_sites = pyo.Constraint(
        expr=pyo.inequality(constraints.minimum_sites, count, constraints.maximum_sites)
        if constraints.minimum_sites < constraints.maximum_sites
        else count == constraints.minimum_sites
    )
    model.required = pyo.ConstraintList()
    for position in np.flatnonzero(constraints.required):
        model.required.add(choose[position] == 1)
    model.forbidden = pyo.ConstraintList()
    for position in np.flatnonzero(constraints.forbidden):
        model.forbidden.add(choose[position] == 0)
    model.rule = pyo.Constraint(pyo.Any)
    for name, row, lower, upper in zip(
        constraints.names, constraints.matrix, constraints.lower, constraints.upper, strict=True
    ):
        _add_rule(model, name, choose, row, lower, upper)
    model.conflict = pyo.Constraint(pyo.Any)
    for clique in constraints.cliques:
        model.conflict[tuple(labels[member] for member in clique)] = pyo.quicksum(choose[m] for m in clique) <= 1
    model.cost = pyo.Objective(expr=pyo.quicksum(c * y for c, y in zip(site_cost.tolist(), choose, strict=True)))
    return model


def _add_rule(model: Any, name: str, choose: list[Any], row: NDArray[np.float64], lower: float, upper: float) -> None:
    positions = np.flatnonzero(row)
    if len(positions) == 0:
        # Nothing to sum: the rule holds or fails whatever is chosen. Solvers want a failing rule as a row.
        if not lower <= 0 <= upper:
            model.rule[name] = pyo.quicksum(choose) >= len(choose) + 1
        return
    activity = pyo.quicksum(float(row[position]) * choose[position] for position in positions)
    if lower == upper:
        model.rule[name] = activity == float(upper)
    else:
        ends = (None if np.isinf(lower) else float(lower), None if np.isinf(upper) else float(upper))
        model.rule[name] = (ends[0], activity, ends[1])


def assignment_model(instance: Instance, constraints: Constraints | None = None) -> Any:
    """Build the full Pyomo model: choice, rules, the assignment of every demand point to sites, worst cases.

    Parameters
    ----------
    instance : Instance
        The problem; its capacities, if any, become constraints.
    constraints : Constraints, optional
        Other rules than those of the instance.

    Returns
    -------
    pyomo.environ.ConcreteModel
        The choice model with the variable ``serve`` (share of a demand point's demand that a site serves) and the
        constraints ``served_once``, ``served_by_chosen`` and ``capacity``; for worst-case criteria the variable
        ``worst`` (from 0, the least of its values, to 1, the greatest, turned so that less is better), ``nearest`` (the
        best site for each demand point) and the constraints ``worst_site``, ``worst_pair``, ``worst_service`` and
        ``worst_serving``.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> model = assignment_model(Instance(sites=1, criteria={"ms": Criterion(service=[[1.0, 2.0]])}))
    >>> len(model.serve), len(model.served_once)
    (2, 1)
    """
    labels = _labels(instance)
    constraints = Constraints.of(instance) if constraints is None else constraints
    model = choice_model(constraints, instance.site_cost, labels)
    model.cost.expr = model.cost.expr + instance.constant
    if instance.has_service or instance.capacity is not None:
        _add_assignment(model, instance, labels)
    if instance.worst_cases:
        _add_worst_cases(model, instance, labels)
    return model


def _add_assignment(model: Any, instance: Instance, labels: Sequence[object]) -> None:
    cost = instance.service_cost if instance.has_service else np.zeros((instance.number_of_demand_points, len(labels)))
    model.demand_points = pyo.RangeSet(0, instance.number_of_demand_points - 1)
    domain = pyo.Binary if instance.single_source else pyo.Reals
    model.serve = pyo.Var(model.demand_points, model.candidates, domain=domain, bounds=(0, 1))
    serve = model.serve
    model.served_once = pyo.Constraint(
        model.demand_points, rule=lambda _, i: pyo.quicksum(serve[i, j] for j in labels) == 1
    )
    model.served_by_chosen = pyo.Constraint(
        model.demand_points, model.candidates, rule=lambda m, i, j: serve[i, j] <= m.choose[j]
    )
    if instance.capacity is not None:
        room = dict(zip(labels, instance.capacity.tolist(), strict=True))
        demand = instance.demand.tolist()
        model.capacity = pyo.Constraint(
            model.candidates,
            rule=lambda m, j: pyo.quicksum(demand[i] * serve[i, j] for i in m.demand_points) <= room[j] * m.choose[j],
        )
    coefficients = cost.tolist()
    service = pyo.quicksum(
        coefficients[i][position] * serve[i, j] for i in model.demand_points for position, j in enumerate(labels)
    )
    model.cost.expr = model.cost.expr + service


def _add_worst_cases(model: Any, instance: Instance, labels: Sequence[object]) -> None:
    """Add one variable per worst-case criterion, from its least to its greatest value, that nothing may exceed."""
    cases = [WorstCase.of(instance, name, np.arange(len(labels))) for name in instance.worst_cases]
    model.worst = pyo.Var([case.name for case in cases], bounds=(0, 1))
    model.worst_site, model.worst_pair = pyo.ConstraintList(), pyo.ConstraintList()
    served = []
    for case in cases:
        least, span = case.least, float(case.levels[-1]) - case.least
        model.cost.expr = model.cost.expr + case.weight * (least + span * model.worst[case.name])
        if span == 0:
            continue
        worst, shares = model.worst[case.name], ((case.values - least) / span).tolist()
        if case.kind == "site":
            for label, share in zip(labels, shares, strict=True):
                model.worst_site.add(worst >= share * model.choose[label])
        elif case.kind == "separation":
            for first, second in combinations(range(len(labels)), 2):
                both = model.choose[labels[first]] + model.choose[labels[second]]
                model.worst_pair.add(worst >= shares[first][second] * (both - 1))
        else:
            served.append(case)
    if served and instance.capacity is None:
        _add_nearest(model, labels, served)
    for case in served if instance.capacity is not None else ():
        _add_serving(model, instance, labels, case)


def _add_serving(model: Any, instance: Instance, labels: Sequence[object], case: WorstCase) -> None:
    """Let the site that serves a demand point count for it: capacities may keep it from the best one."""
    criterion, least = instance.criteria[case.name], case.least
    values = (criterion.sign * np.asarray(criterion.service) - least) / (float(case.levels[-1]) - least)
    model.worst_serving = pyo.ConstraintList() if model.component("worst_serving") is None else model.worst_serving
    for i in np.flatnonzero(instance.demand > 0).tolist():
        served = pyo.quicksum(v * model.serve[i, j] for v, j in zip(values[i].tolist(), labels, strict=True))
        model.worst_serving.add(model.worst[case.name] >= served)


def _add_nearest(model: Any, labels: Sequence[object], served: list[WorstCase]) -> None:
    """Let the best chosen site count for each demand point."""
    points = [(case.name, i) for case in served for i in range(case.values.shape[1])]
    values = {}
    for case in served:
        shares = (case.values - case.least) / (float(case.levels[-1]) - case.least)
        values.update({(case.name, i): column for i, column in enumerate(shares.T.tolist())})
    model.nearest = pyo.Var(points, model.candidates, bounds=(0, 1))
    model.nearest_once = pyo.Constraint(
        points, rule=lambda m, name, i: pyo.quicksum(m.nearest[name, i, j] for j in labels) == 1
    )
    model.nearest_chosen = pyo.Constraint(
        points, model.candidates, rule=lambda m, name, i, j: m.nearest[name, i, j] <= m.choose[j]
    )
    model.worst_service = pyo.Constraint(
        points,
        rule=lambda m, name, i: (
            m.worst[name]
            >= pyo.quicksum(v * m.nearest[name, i, j] for v, j in zip(values[name, i], labels, strict=True))
        ),
    )


def _labels(instance: Instance) -> Sequence[object]:
    """Return the identifiers as an index Pyomo can use: it takes a tuple apart, so tuples are written as text."""
    texts = [str(name) if isinstance(name, tuple) else name for name in instance.candidates]
    return texts if len(set(texts)) == len(texts) else range(instance.number_of_candidates)


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A mixed-integer linear model as arrays: minimise ``cost @ x + constant`` with bounded rows and columns."""

    cost: NDArray[np.float64]
    matrix: sparse.csr_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    column_lower: NDArray[np.float64]
    column_upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    columns: tuple[str, ...]
    constant: float = 0.0


def compile_model(model: Any) -> LinearModel:
    """Compile a Pyomo model into arrays.

    The columns are in the order in which the model declares its variables; rows are scaled by powers of two.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance
    >>> compiled = compile_model(assignment_model(Instance(sites=1, criteria={"cost": Criterion(site=[2.0, 1.0])})))
    >>> compiled.cost.tolist()
    [2.0, 1.0]
    """
    order = list(model.component_data_objects(pyo.Var, descend_into=True))
    compiled = LinearStandardFormCompiler().write(model, mixed_form=True, column_order=order)
    position = {id(variable): index for index, variable in enumerate(order)}
    columns = np.array([position[id(variable)] for variable in compiled.columns], dtype=np.int64)
    placed = sparse.csc_array(
        (np.ones(len(columns)), (np.arange(len(columns)), columns)), shape=(len(columns), len(order))
    )
    sense = np.array([row.bound_type for row in compiled.rows])
    bounds = [variable.bounds for variable in order]
    matrix = sparse.csr_array(compiled.A @ placed)
    # A solver's feasibility tolerance is absolute: with each row's largest coefficient near 1 it is relative.
    scale = np.exp2(-np.round(np.log2(np.maximum(abs(matrix).max(axis=1).toarray().ravel(), 1e-300))))
    right = compiled.rhs * scale
    return LinearModel(
        cost=np.asarray((compiled.c @ placed).todense(), dtype=np.float64).ravel(),
        matrix=sparse.csr_array(sparse.diags_array(scale) @ matrix),
        row_lower=np.where(sense == 1, -np.inf, right),
        row_upper=np.where(sense == -1, np.inf, right),
        column_lower=np.array([-np.inf if low is None else low for low, _ in bounds]),
        column_upper=np.array([np.inf if high is None else high for _, high in bounds]),
        integer=np.array([variable.is_integer() for variable in order], dtype=bool),
        columns=tuple(variable.name for variable in order),
        constant=float(compiled.c_offset[0]),
    )


def compiled_choice(constraints: Constraints, site_cost: NDArray[np.float64]) -> LinearModel:
    """Build the choice model and compile it; covering rules, of which there can be thousands, are added as arrays.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance, Limit
    >>> served = {"someone is near": Limit([1, 1, 0], lower=1)}
    >>> rules = Constraints.of(Instance(sites=1, criteria={"cost": Criterion(site=[2.0, 1.0, 0.0])}, limits=served))
    >>> compiled_choice(rules, np.array([2.0, 1.0, 0.0])).row_lower.tolist()
    [1.0, 1.0]
    """
    rows = constraints.matrix
    covering = np.asarray(((rows == 0) | (rows == 1)).all(axis=1) & (constraints.lower == 1) & (rows.sum(axis=1) > 0))
    covering &= np.isinf(constraints.upper)
    others = replace(
        constraints,
        names=tuple(name for name, covers in zip(constraints.names, covering, strict=True) if not covers),
        matrix=rows[~covering],
        lower=constraints.lower[~covering],
        upper=constraints.upper[~covering],
    )
    model = compile_model(choice_model(others, site_cost, range(constraints.number_of_candidates)))
    covers = sparse.csr_array(rows[covering])
    return replace(
        model,
        matrix=sparse.csr_array(sparse.vstack([model.matrix, covers], format="csr")),
        row_lower=np.append(model.row_lower, np.ones(covers.shape[0])),
        row_upper=np.append(model.row_upper, np.full(covers.shape[0], np.inf)),
    )


def write_model(instance: Instance, path: str | Path, model: Any = None) -> dict[str, Any]:
    """Write the full model as an LP or MPS file, by the ending of the path, with readable names.

    Parameters
    ----------
    instance : Instance
        The problem.
    path : str or pathlib.Path
        Where to.
    model : pyomo.environ.ConcreteModel, optional
        Its `assignment_model`, where that was built before.

    Returns
    -------
    dict of str to variable
        The variables of the Pyomo model under the names they have in the file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from siting.instance import Criterion, Instance
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = pathlib.Path(folder) / "model.lp"
    ...     names = write_model(Instance(sites=1, criteria={"cost": Criterion(site=[2.0, 1.0])}), target)
    ...     "choose" in target.read_text(), list(names)
    (True, ['choose(0)', 'choose(1)'])
    """
    model = assignment_model(instance) if model is None else model
    try:
        _, key = model.write(str(path), io_options={"symbolic_solver_labels": True})
    except RuntimeError as error:
        if "duplicate symbol" not in str(error).lower():
            raise
        # Two names differ only in characters that the format does not know: number the variables instead.
        _, key = model.write(str(path), io_options={"symbolic_solver_labels": False})
    written = model.solutions.symbol_map[key].byObject
    variables = model.component_data_objects(pyo.Var, descend_into=True)
    return {written[id(variable)]: variable for variable in variables if id(variable) in written}
