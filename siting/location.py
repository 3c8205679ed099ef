"""The location problems of the literature, each as an `Instance`: p-median, p-center, covering, p-dispersion and more.

All take a matrix of distances, times or costs with one row per demand point and one column per candidate, as spopt and
other libraries do, and give an `Instance` that `siting.solve` solves to proof. Rules, further criteria and weights can
be added with `Instance.replace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from siting.criterion import Criterion, Limit, finite_array, finite_vector
from siting.errors import InputError
from siting.instance import Instance
from siting.worst_case import covering_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def p_median(
    distances: ArrayLike, sites: int | tuple[int, int], demand: ArrayLike | None = None, **fields: Any
) -> Instance:
    """Choose sites with the least total demand-weighted distance to the closest site (Hakimi 1964).

    Parameters
    ----------
    distances : array-like of shape (I, J)
        From demand points to candidates.
    sites : int or (int, int)
        How many sites.
    demand : array-like of shape (I,), optional
        Default 1 each.
    **fields
        Any other field of an `Instance`: `candidates`, `limits`, `conflicts`, `required`, ...

    Returns
    -------
    Instance
        With the criterion ``distance``.

    Raises
    ------
    InputError
        If a shape or a value is not valid.

    Examples
    --------
    >>> import siting
    >>> siting.solve(p_median([[0, 4, 9], [4, 0, 5], [9, 5, 0]], sites=1)).portfolio
    (1,)
    """
    return Instance(sites=sites, criteria={"distance": Criterion(service=distances)}, demand=demand, **fields)


def p_center(
    distances: ArrayLike, sites: int | tuple[int, int], demand: ArrayLike | None = None, **fields: Any
) -> Instance:
    """Choose sites so that the farthest demand point is as close as possible to its closest site (Hakimi 1964).

    Parameters
    ----------
    distances : array-like of shape (I, J)
        From demand points to candidates; multiply rows by weights for the weighted problem.
    sites : int or (int, int)
        How many sites.
    demand : array-like of shape (I,), optional
        Points with demand 0 do not count.
    **fields
        Any other field of an `Instance`.

    Returns
    -------
    Instance
        With the worst-case criterion ``farthest``.

    Raises
    ------
    InputError
        If a shape or a value is not valid.

    Examples
    --------
    >>> import siting
    >>> siting.solve(p_center([[0, 4, 9], [4, 0, 5], [9, 5, 0]], sites=1)).objective
    5.0
    """
    criteria = {"farthest": Criterion(service=distances, aggregate="worst")}
    return Instance(sites=sites, criteria=criteria, demand=demand, **fields)


def p_dispersion(separation: ArrayLike, sites: int | tuple[int, int], **fields: Any) -> Instance:
    """Choose sites whose closest pair is as far apart as possible (Kuby 1987).

    Parameters
    ----------
    separation : array-like of shape (J, J)
        Symmetric distances between candidates.
    sites : int or (int, int)
        How many sites, at least 2.
    **fields
        Any other field of an `Instance`.

    Returns
    -------
    Instance
        With the worst-case criterion ``closest pair``, of which more is better.

    Raises
    ------
    InputError
        If the matrix is not symmetric or fewer than 2 sites are asked for.

    Examples
    --------
    >>> import siting
    >>> solution = siting.solve(p_dispersion([[0, 4, 9], [4, 0, 5], [9, 5, 0]], sites=2))
    >>> solution.portfolio, solution.result.values["closest pair"]
    ((0, 2), 9.0)
    """
    return Instance(sites=sites, criteria={"closest pair": Criterion(separation=separation, sense="max")}, **fields)


def maximal_covering(
    distances: ArrayLike, sites: int | tuple[int, int], radius: float, demand: ArrayLike | None = None, **fields: Any
) -> Instance:
    """Choose sites that have the most demand within a radius (Church and ReVelle 1974).

    Parameters
    ----------
    distances : array-like of shape (I, J)
        From demand points to candidates.
    sites : int or (int, int)
        How many sites.
    radius : float
        A demand point this far from a site is covered.
    demand : array-like of shape (I,), optional
        Default 1 each.
    **fields
        Any other field of an `Instance`.

    Returns
    -------
    Instance
        With the criterion ``covered``, of which more is better.

    Raises
    ------
    InputError
        If a shape or a value is not valid.

    Examples
    --------
    >>> import siting
    >>> solution = siting.solve(maximal_covering([[0, 4, 9], [4, 0, 5], [9, 5, 0]], sites=1, radius=4))
    >>> solution.result.values["covered"]
    2.0
    """
    covered = Criterion(service=_within(distances, radius).astype(np.float64), sense="max")
    return Instance(sites=sites, criteria={"covered": covered}, demand=demand, **fields)


def set_covering(distances: ArrayLike, radius: float, cost: ArrayLike | None = None, **fields: Any) -> Instance:
    """Choose the fewest, or cheapest, sites that have every demand point within a radius (Toregas et al. 1971).

    Parameters
    ----------
    distances : array-like of shape (I, J)
        From demand points to candidates.
    radius : float
        A demand point this far from a site is covered.
    cost : array-like of shape (J,), optional
        Of each site, default 1.
    **fields
        Any other field of an `Instance`; `limits` are added to the covering rules.

    Returns
    -------
    Instance
        With the criterion ``sites`` and one rule per demand point; rules that follow from others are left out.

    Raises
    ------
    InputError
        If a shape or a value is not valid, or a demand point is beyond the radius of every candidate.

    Examples
    --------
    >>> import siting
    >>> siting.solve(set_covering([[0, 4, 9], [4, 0, 5], [9, 5, 0]], radius=4)).objective
    2.0
    """
    covers = _within(distances, radius)
    if not covers.any(axis=1).all():
        point = int(np.argmin(covers.any(axis=1)))
        raise InputError(f"demand point {point} is farther than {radius:g} from every candidate, so none covers it")
    count = covers.shape[1]
    rules = {f"covered within {radius:g} ({row})": Limit(one, lower=1) for row, one in enumerate(covering_rows(covers))}
    limits = {**fields.pop("limits", {}), **rules}
    criteria = {"sites": Criterion(site=np.ones(count) if cost is None else cost)}
    return Instance(sites=fields.pop("sites", (1, count)), criteria=criteria, limits=limits, **fields)


def facility_location(
    service_cost: ArrayLike,
    opening_cost: ArrayLike,
    demand: ArrayLike | None = None,
    capacity: ArrayLike | None = None,
    *,
    single_source: bool = False,
    **fields: Any,
) -> Instance:
    """Choose how many sites to open and where, weighing opening against service (Balinski 1965).

    Parameters
    ----------
    service_cost : array-like of shape (I, J)
        Cost of serving one unit of demand of each point from each candidate.
    opening_cost : array-like of shape (J,)
        Of each site.
    demand : array-like of shape (I,), optional
        Default 1 each.
    capacity : array-like of shape (J,), optional
        The most demand each site can serve; without it the problem is uncapacitated.
    single_source : bool
        With capacities: whether each demand point must be served by one site alone.
    **fields
        Any other field of an `Instance`; `sites` bounds how many are opened, by default 1 to all.

    Returns
    -------
    Instance
        With the criteria ``opening`` and ``service``.

    Raises
    ------
    InputError
        If a shape or a value is not valid.

    Examples
    --------
    >>> import siting
    >>> siting.solve(facility_location([[0, 4], [4, 0]], [1, 1])).portfolio
    (0, 1)
    """
    opening = finite_vector(opening_cost, "opening_cost")
    criteria = {"opening": Criterion(site=opening), "service": Criterion(service=service_cost)}
    return Instance(
        sites=fields.pop("sites", (1, max(1, len(opening)))),
        criteria=criteria,
        demand=demand,
        capacity=capacity,
        single_source=single_source,
        **fields,
    )


def _within(distances: ArrayLike, radius: float) -> NDArray[np.bool_]:
    matrix = finite_array(distances, "distances")
    if matrix.ndim != 2:
        raise InputError(f"distances must be a matrix of shape (I, J), not of shape {matrix.shape}")
    if not radius >= 0:
        raise InputError(f"radius is {radius}; it must be a number of at least 0")
    return np.asarray(matrix <= radius)
