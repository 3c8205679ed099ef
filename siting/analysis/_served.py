"""Who is served how by a portfolio, from the raw arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from siting.evaluation import Evaluation
    from siting.instance import Instance


def served_values(
    instance: Instance, name: str, portfolio: Sequence[Hashable]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the service each demand point gets from a portfolio, and demand, both of shape (I,)."""
    found = evaluated(instance, portfolio)
    service = instance.criteria[name].service
    assert service is not None  # noqa: S101 - asked of service criteria only
    return np.asarray(service[np.arange(len(service)), found.assignment]), instance.demand


def users_of(instance: Instance, portfolio: Sequence[Hashable], site: Hashable) -> NDArray[np.float64]:
    """Return 1 for each demand point that a site of a portfolio serves, else 0, shape (I,)."""
    return np.asarray(evaluated(instance, portfolio).assignment == instance.position(site), dtype=np.float64)


def evaluated(instance: Instance, portfolio: Sequence[Hashable]) -> Evaluation:
    """Return what a portfolio is worth, without capacities."""
    return evaluate(instance, [instance.position(one) for one in portfolio])
