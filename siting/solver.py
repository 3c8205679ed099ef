"""Solve one instance again and again while weights, limits or required sites change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from siting.choice import Warm
from siting.engine import InstanceSolution, solve_instance
from siting.problem import Parts

if TYPE_CHECKING:
    from siting.instance import Instance
    from siting.search import Callback

#: Changes after which the arrays of the last problem still hold.
_OBJECTIVE_ONLY = {"weights", "constant"}
#: Changes after which the rules are compiled again but the service arrays still hold.
_RULES_ONLY = _OBJECTIVE_ONLY | {"sites", "required", "forbidden", "limits", "conflicts"}
#: Earlier optima that are tried as a start.
_REMEMBERED = 12


class Solver:
    """Keep an instance, its arrays and its earlier optima, so that variants are solved without building anything twice.

    Every answer is as exact as that of `siting.solve`: what is kept only makes the search start closer to its end.

    Parameters
    ----------
    instance : Instance
        The problem, without capacities for the speed to matter; with them each solve starts anew.
    **options
        `method`, `threads`, `seed` of `siting.engine.solve_instance`.

    Attributes
    ----------
    instance : Instance
        As last solved.

    Examples
    --------
    >>> import siting
    >>> cost, delay = siting.Criterion(site=[1.0, 2.0, 4.0]), siting.Criterion(service=[[9.0, 5.0, 1.0]])
    >>> solver = Solver(siting.Instance(sites=1, criteria={"cost": cost, "delay": delay}))
    >>> [solver.solve(weights={"cost": 1.0, "delay": weight}).portfolio for weight in (0.0, 10.0)]
    [(0,), (2,)]
    """

    def __init__(self, instance: Instance, **options: Any) -> None:
        self.instance, self.options = instance, options
        self._warm = Warm(parts=None if instance.capacity is not None else Parts(instance))

    def solve(
        self,
        *,
        time_limit: float | None = None,
        gap: float = 0.0,
        callback: Callback | None = None,
        **changes: Any,
    ) -> InstanceSolution:
        """Solve the instance with some of its fields changed; the changes stay for the next call.

        Parameters
        ----------
        time_limit, gap, callback
            As in `siting.engine.solve_instance`.
        **changes
            Fields of the instance: ``weights={...}``, ``sites=5``, ``required=[...]``, ``limits={...}`` and so on.

        Returns
        -------
        InstanceSolution
            Incumbent, bound, status and proof.

        Raises
        ------
        InputError
            If a change is not valid; the instance then stays as it was.
        InfeasibleError
            If no portfolio satisfies every rule.
        """
        if changes:
            instance = self.instance.replace(**changes)
            self._warm.parts = self._parts_for(instance, set(changes))
            self.instance = instance
        solution = solve_instance(
            self.instance, time_limit=time_limit, gap=gap, callback=callback, warm=self._warm, **self.options
        )
        if solution.portfolio is not None:
            self._remember(tuple(self.instance.position(identifier) for identifier in solution.portfolio))
        return solution

    def _parts_for(self, instance: Instance, changed: set[str]) -> Parts | None:
        if instance.capacity is not None:
            return None
        if changed <= _OBJECTIVE_ONLY and self._warm.parts is not None:
            return self._warm.parts
        if not changed <= _RULES_ONLY:
            # Other candidates may stand at the same positions now.
            self._warm.portfolios.clear()
            return Parts(instance)
        return Parts(instance, earlier=self._warm.parts)

    def _remember(self, portfolio: tuple[int, ...]) -> None:
        if portfolio in self._warm.portfolios:
            self._warm.portfolios.remove(portfolio)
        self._warm.portfolios.append(portfolio)
        del self._warm.portfolios[:-_REMEMBERED]
