"""How much memory a search needs, and whether it is there, before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from siting.errors import InputError

if TYPE_CHECKING:
    from siting.instance import Instance

GIGABYTE = 1e9
#: Bytes per candidate and demand point of the searches that keep the assignment as a matrix: the service costs, the
#: same scaled by the weight, and one array to work in; twice more where several criteria with service add up.
_BYTES_PER_CELL, _BYTES_PER_CELL_OF_SEVERAL = 24, 40
#: Bytes per pair of candidates, where pairs are in conflict: the pairs, and the same among those that are left.
_BYTES_PER_PAIR = 3
#: Bytes per candidate and demand point of the full model: a variable, a constraint and three coefficients in Pyomo, and
#: what HiGHS makes of them. Measured at 216 x 1,166 and 600 x 600.
_BYTES_PER_VARIABLE = 4300
#: The interpreter's and the libraries' own.
_BYTES_AT_LEAST = 5e7


def memory_held() -> float:
    """Return the memory this process holds, GB.

    Examples
    --------
    >>> memory_held() > 0
    True
    """
    return float(psutil.Process().memory_info().rss) / GIGABYTE


def memory_available() -> float:
    """Return the memory that can still be had without swapping, GB.

    Examples
    --------
    >>> memory_available() > 0
    True
    """
    return float(psutil.virtual_memory().available) / GIGABYTE


def memory_needed(instance: Instance, method: str = "auto") -> float:
    """Return about how much memory a search will add to what the instance holds, GB.

    Parameters
    ----------
    instance : Instance
        The problem.
    method : str
        As in `siting.engine.solve_instance`.

    Examples
    --------
    >>> import numpy as np
    >>> from siting.instance import Criterion, Instance
    >>> instance = Instance(sites=4, criteria={"ms": Criterion(service=np.ones((1000, 2000)))})
    >>> memory_needed(instance) < memory_needed(instance, "assignment")
    True
    """
    count = instance.number_of_candidates
    needed = _BYTES_AT_LEAST + _per_point(instance, method) * instance.number_of_demand_points
    if instance.conflicts:
        needed += _BYTES_PER_PAIR * count**2
    return (needed + 16.0 * count * len(instance.limits)) / GIGABYTE


def _per_point(instance: Instance, method: str) -> float:
    """Return bytes per demand point."""
    count = instance.number_of_candidates
    if method == "assignment" or instance.capacity is not None:
        return float(_BYTES_PER_VARIABLE * count)
    services = len(instance.summed_services)
    per_cell = 0 if services == 0 else _BYTES_PER_CELL if services == 1 else _BYTES_PER_CELL_OF_SEVERAL
    worst = sum(instance.criteria[name].service is not None for name in instance.worst_cases)
    return float(count * (per_cell + 16 * worst))


def check_memory(instance: Instance, method: str = "auto", memory_limit: float | None = None) -> None:
    """Raise before a search that will not fit into memory, and say what would.

    Parameters
    ----------
    instance : Instance
        The problem.
    method : str
        As in `siting.engine.solve_instance`.
    memory_limit : float, optional
        GB that this process may hold; by default all that can be had.

    Raises
    ------
    InputError
        If the search will not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from siting.instance import Criterion, Instance
    >>> check_memory(Instance(sites=4, criteria={"ms": Criterion(service=np.ones((10, 20)))}))
    """
    needed, room = memory_needed(instance, method), memory_available()
    whose = "available"
    if memory_limit is not None and memory_limit - memory_held() < room:
        room, whose = memory_limit - memory_held(), f"left of the memory limit of {memory_limit:g} GB"
    if needed <= room:
        return
    points, count = instance.number_of_demand_points, instance.number_of_candidates
    fixed = needed - _per_point(instance, method) * points / GIGABYTE
    fitting = int(max(0.0, room - fixed) * GIGABYTE / max(1.0, _per_point(instance, method)))
    ways = [f"{fitting:,} demand points with these candidates"] if 0 < fitting < points else []
    if method == "assignment" and instance.capacity is None:
        ways.append(f"method 'auto', which needs {memory_needed(instance):.2g} GB")
    if fixed > room:
        # Even without demand it would not fit, so a number of demand points helps nobody.
        ways = [f"{memory_held() + needed:.2g} GB in all"] if memory_limit is not None else ways
    would = f"; what would fit: {', or '.join(ways)}" if ways else "; take fewer candidates or demand points"
    raise InputError(
        f"{count:,} candidates and {points:,} demand points need about {needed:.2g} GB of memory, but only "
        f"{max(0.0, room):.2g} GB are {whose}{would}"
    )
