"""`solve`: from the name of a model, a file, a `Model` or an `Instance` to a `Solution`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.engine import check_options, solve_instance
from siting.preparation import prepare
from siting.progress import shown
from siting.search import Search
from siting.solution import Solution

if TYPE_CHECKING:
    from pathlib import Path

    from siting.instance import Instance
    from siting.model import Model
    from siting.search import Callback


def solve(
    model: str | Path | Model | Instance = "gigafactories",
    *,
    method: str = "auto",
    time_limit: float | None = None,
    gap: float = 0.0,
    threads: int | None = None,
    seed: int = 0,
    callback: Callback | None = None,
    progress: bool | None = None,
    solver: str | None = None,
    node_limit: int | None = None,
    memory_limit: float | None = None,
    **overrides: Any,
) -> Solution:
    """Choose the best portfolio, and prove it.

    Parameters
    ----------
    model : str, pathlib.Path, Model or Instance, default "gigafactories"
        A shipped model by name, a model file, a model, or plain numbers.
    method : {"auto", "bounding", "benders", "assignment", "enumeration"}
        See `siting.engine.solve_instance`; all give the same optimum. The searches behind the normalisation always
        use "auto".
    time_limit : float, optional
        Seconds for the whole search, the searches behind the normalisation included.
    gap : float, default 0
        Relative gap at which to stop; 0 asks for a proof of optimality.
    threads, seed : int, optional
        Passed to HiGHS.
    callback : callable, optional
        Told of every improvement with a `siting.search.Progress`; returning True stops the search.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    solver : str, optional
        Another mixed-integer solver that Pyomo reaches ("cbc", "scip", "gurobi", ...); it solves the full assignment
        model.
    node_limit : int, optional
        Nodes of branch and bound after which to stop.
    memory_limit : float, optional
        GB that the process may hold.
    **overrides
        Whatever a model file can say: ``sites=5``, ``weights={"latency": 0.5}``, ``required=["ITI3"]``,
        ``rules={"spacing": False}``, see `siting.Model.replace`; for an instance its fields.

    Returns
    -------
    Solution
        What is held and why the search stopped, re-evaluated outside the solver. Ctrl-C stops it like a limit: what
        is held is returned, with the status "interrupted".

    Raises
    ------
    InputError
        If a name, key or value is not valid; one sentence that names the nearest valid thing.
    InfeasibleError
        If no portfolio satisfies every rule; it names the rules in conflict.
    SolverError
        If an answer does not survive the check made outside the solver.
    KeyboardInterrupt
        If Ctrl-C came before the search itself began.

    Examples
    --------
    >>> import siting
    >>> cost = siting.Criterion(site=[3.0, 1.0, 2.0], unit="EUR")
    >>> siting.solve(siting.Instance(sites=1, criteria={"cost": cost}, candidates=["a", "b", "c"])).portfolio
    ('b',)
    >>> siting.solve("gigafactories", weights={"latency": 0.5}).status
    'optimal'
    """
    options = {"method": method, "gap": gap, "threads": threads, "seed": seed}
    options |= {"solver": solver, "node_limit": node_limit, "memory_limit": memory_limit}
    check_options(time_limit=time_limit, **options)  # type: ignore[arg-type]
    clock = Search(time_limit=time_limit)
    with shown(progress, "choosing sites"):
        prepared = prepare(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        remaining = None if time_limit is None else max(clock.remaining, min(time_limit, 1e-3))
        result = solve_instance(prepared.instance, time_limit=remaining, callback=callback, **options)  # type: ignore[arg-type]
    return Solution(prepared.instance, result, prepared.model, prepared.scaling)
