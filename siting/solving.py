"""`solve`: from the name of a model, a file, a `Model` or an `Instance` to a `Solution`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.engine import check_options, solve_instance
from siting.errors import InputError
from siting.instance import Instance
from siting.search import Search
from siting.solution import Solution

if TYPE_CHECKING:
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
    **overrides
        Whatever a model file can say: ``sites=5``, ``weights={"latency": 0.5}``, ``required=["ITI3"]``,
        ``rules={"spacing": False}``, see `siting.Model.replace`; for an instance its fields.

    Returns
    -------
    Solution
        What is held and why the search stopped, re-evaluated outside the solver.

    Raises
    ------
    InputError
        If a name, key or value is not valid; one sentence that names the nearest valid thing.
    InfeasibleError
        If no portfolio satisfies every rule; it names the rules in conflict.
    SolverError
        If an answer does not survive the check made outside the solver.

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
    if isinstance(model, Instance):
        instance = model.replace(**overrides) if overrides else model
        result = solve_instance(instance, time_limit=time_limit, callback=callback, **options)  # type: ignore[arg-type]
        return Solution(instance, result)
    check_options(method, time_limit, gap, threads, seed)
    clock = Search(time_limit=time_limit)
    loaded = _loaded(model).replace(**overrides) if overrides else _loaded(model)
    raw = loaded.instance()

    def remaining() -> float | None:
        return None if time_limit is None else max(clock.remaining, 1e-3)

    # Ideal and nadir do not depend on the method, so the fastest finds them.
    scaling = loaded.scaling(lambda asked: solve_instance(asked, time_limit=remaining(), threads=threads, seed=seed))
    instance = scaling.apply(raw)
    result = solve_instance(instance, time_limit=remaining(), callback=callback, **options)  # type: ignore[arg-type]
    return Solution(instance, result, loaded, scaling)


def _loaded(model: object) -> Model:
    from siting.model import Model

    if isinstance(model, Model):
        return model
    if isinstance(model, str | Path):
        return Model.load(model)
    raise InputError(
        f"solve takes a model name, a path, a siting.Model or a siting.Instance, not a {type(model).__name__}"
    )
