"""The cheapest choice of candidates by their reduced costs, and what it costs to deviate from it.

With the assignment of demand relaxed, choosing sites is a greedy choice: take the cheapest reduced costs that the
number of sites and disjoint "at most k of these" groups allow (the bases of a truncated partition matroid, for
which greedy is exact; Edmonds 1971). What it costs to force a candidate in or out follows in closed form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from siting.constraints import Constraints


class Selection:
    """The cheapest admissible choice under cardinality, required candidates and disjoint groups.

    Parameters
    ----------
    costs : ndarray, shape (n,)
        Reduced cost of each candidate.
    constraints : Constraints
        Rules; only the number of sites, the required candidates and the groups are kept.

    Attributes
    ----------
    chosen : ndarray of int
        The choice, cheapest first after the required ones.
    value : float
        Sum of its costs; infinite when the kept rules cannot be satisfied.

    Examples
    --------
    >>> from siting.constraints import Constraints
    >>> from siting.instance import Criterion, Instance
    >>> rules = Constraints.of(Instance(sites=2, criteria={"cost": Criterion(site=[3.0, 1.0, 2.0])}))
    >>> selection = Selection(np.array([3.0, 1.0, 2.0]), rules)
    >>> sorted(selection.chosen.tolist()), selection.value, selection.cost_of_adding().tolist()
    ([1, 2], 3.0, [1.0, 0.0, 0.0])
    """

    def __init__(self, costs: NDArray[np.float64], constraints: Constraints) -> None:
        self.costs, self.constraints = costs, constraints
        self.group, self.cap, _ = constraints.groups
        self.order = np.argsort(costs, kind="stable")
        self.used = np.zeros(len(self.cap), dtype=np.int64)
        self.chosen, self.value = self._choose()

    def _choose(self) -> tuple[NDArray[np.int64], float]:
        required = np.flatnonzero(self.constraints.required)
        chosen = [int(candidate) for candidate in required[np.argsort(self.costs[required], kind="stable")]]
        for candidate in chosen:
            if self.group[candidate] >= 0:
                self.used[self.group[candidate]] += 1
        if len(chosen) > self.constraints.maximum_sites or (self.used > self.cap).any():
            return np.array(chosen, dtype=np.int64), np.inf
        for candidate in self._available(set(chosen)):
            if len(chosen) >= self.constraints.maximum_sites:
                break
            if len(chosen) >= self.constraints.minimum_sites and self.costs[candidate] >= 0:
                break
            chosen.append(candidate)
            if self.group[candidate] >= 0:
                self.used[self.group[candidate]] += 1
        array = np.array(chosen, dtype=np.int64)
        enough = len(chosen) >= self.constraints.minimum_sites
        return array, float(self.costs[array].sum()) if enough else np.inf

    def _available(self, taken: set[int]):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Yield candidates by cost whose group still has room at the moment they are asked for."""
        for candidate in self.order.tolist():
            group = self.group[candidate]
            if candidate in taken or self.constraints.forbidden[candidate]:
                continue
            if group < 0 or self.used[group] < self.cap[group]:
                yield candidate

    def cost_of_adding(self) -> NDArray[np.float64]:
        """Return by how much the value rises when each candidate is forced in, shape (n,); 0 if chosen."""
        increase = self.costs + self._value_beside(None) - self.value
        for group in np.flatnonzero((self.used >= self.cap) & (self.cap >= 0)):
            members = self.group == group
            increase[members] = self.costs[members] + self._value_beside(int(group)) - self.value
        increase[self.chosen] = 0.0
        return increase

    def _value_beside(self, full_group: int | None) -> float:
        """Return the cheapest cost of the other sites when one more, of `full_group` if given, is forced in."""
        required = self.constraints.required
        kept = self.chosen.tolist()
        if full_group is not None:
            swappable = [c for c in kept if self.group[c] == full_group and not required[c]]
            if not swappable:
                return np.inf
            kept.remove(max(swappable, key=lambda candidate: self.costs[candidate]))
        total, count = 0.0, 0
        minimum, maximum = self.constraints.minimum_sites - 1, self.constraints.maximum_sites - 1
        if required.sum() > maximum:
            return np.inf
        for candidate in sorted(kept, key=lambda c: (not required[c], self.costs[c])):
            if not required[candidate] and (count >= maximum or (count >= minimum and self.costs[candidate] >= 0)):
                break
            total, count = total + self.costs[candidate], count + 1
        return total

    def cost_of_removing(self) -> NDArray[np.float64]:
        """Return by how much the value rises when each chosen candidate is forced out, shape (chosen,)."""
        taken = set(self.chosen.tolist())
        increase = np.full(len(self.chosen), np.inf)
        for index, leaving in enumerate(self.chosen.tolist()):
            if self.constraints.required[leaving]:
                continue
            group = self.group[leaving]
            if group >= 0:
                self.used[group] -= 1
            substitute = next(self._available(taken), None)
            if group >= 0:
                self.used[group] += 1
            options = [self.costs[substitute]] if substitute is not None else []
            if len(self.chosen) > self.constraints.minimum_sites:
                options.append(0.0)
            if options:
                increase[index] = min(options) - self.costs[leaving]
        return increase
