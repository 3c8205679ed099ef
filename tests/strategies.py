"""Random instances, and an oracle that solves them by plain enumeration.

The oracle reads only what a user wrote into an instance (criteria, weights, demand, rules) and knows nothing of the
engine: sets from `itertools`, one loop per rule, sums by `math.fsum`, transportation by `scipy`'s linear programming.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from scipy import optimize, sparse

from siting.instance import Criterion, Instance, Limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Sizes of coefficients that instances are made of: from watts in gigawatts to euros.
SCALES = (1e-6, 1.0, 1e9)


# --- seeded instances ---------------------------------------------------------------------------------------------


def random_instance(seed: int, largest: int = 8) -> Instance:
    """Return a random small instance with every kind of rule, the same for the same seed."""
    random = np.random.default_rng(seed)
    count, points = int(random.integers(1, largest + 1)), int(random.integers(1, 7))
    scale = float(random.choice(SCALES))
    criteria = {
        "access": Criterion(
            site=_vector(random, count, scale) if random.random() < 0.2 else None,
            service=np.array([_vector(random, count, scale) for _ in range(points)]),
            sense="max" if random.random() < 0.2 else "min",
        ),
        "cost": Criterion(site=_vector(random, count, scale), sense="max" if random.random() < 0.2 else "min"),
    }
    if random.random() < 0.3:
        criteria["comfort"] = Criterion(service=random.random((points, count)) * scale, sense="max")
    if random.random() < 0.3 and count > 1:
        criteria = {name: _duplicated(criterion, random, count) for name, criterion in criteria.items()}
    weights = {name: float(random.integers(0, 3)) for name in criteria}
    weights["cost"] = float(random.integers(1, 3))
    return Instance(
        sites=_random_sites(random, count),
        criteria=criteria,
        weights=weights,
        demand=_random_demand(random, points),
        candidates=[f"c{position}" for position in range(count)],
        constant=float(random.integers(-3, 4)) * scale,
        **_random_rules(random, count),
    )


def capacitated_instance(seed: int, largest: int = 6) -> Instance:
    """Return a random small instance with capacities that often, not always, suffice."""
    random = np.random.default_rng(seed)
    instance = random_instance(seed, largest)
    count = instance.number_of_candidates
    share = float(random.choice([0.4, 0.7, 1.5]))
    capacity = random.random(count) * 2 * share * max(instance.demand.sum(), 1.0)
    capacity[random.random(count) < 0.1] = 0.0
    return instance.replace(capacity=capacity)


def worst_case_instance(seed: int, largest: int = 7) -> Instance:
    """Return a random small instance with worst-case criteria, alone or beside summed ones, and every kind of rule."""
    random = np.random.default_rng(seed)
    plain = random_instance(seed, largest)
    count, points = plain.number_of_candidates, plain.number_of_demand_points
    # The scale of the summed criteria: no solver tells 1 from 2 beside a billion.
    largest_part = max(float(np.abs(part).max()) for c in plain.criteria.values() for part in (c.site, c.service)
                       if part is not None)  # fmt: skip
    scale = largest_part or 1.0
    pairs = np.array([_vector(random, count, scale) for _ in range(count)])
    possible = {
        "farthest": Criterion(
            service=np.array([_vector(random, count, scale) for _ in range(points)]),
            sense="max" if random.random() < 0.3 else "min",
            aggregate="worst",
        ),
        "weakest": Criterion(
            site=_vector(random, count, scale), sense="max" if random.random() < 0.5 else "min", aggregate="worst"
        ),
        "closest": Criterion(separation=pairs + pairs.T, sense="max" if random.random() < 0.7 else "min"),
    }
    if plain.minimum_sites < 2:
        del possible["closest"]
    if not (plain.demand > 0).any():
        del possible["farthest"]
    names = [name for name in possible if random.random() < 0.5] or list(possible)[:1]
    criteria = {**plain.criteria, **{name: possible[name] for name in names}}
    summed = 0.0 if random.random() < 0.3 else 1.0
    weights = {name: summed * weight for name, weight in plain.weights.items()}
    weights |= {name: float(random.integers(1, 4)) * float(random.choice([0.1, 1.0, 5.0])) for name in names}
    return plain.replace(criteria=criteria, weights=weights)


def single_source_instance(seed: int) -> Instance:
    """Return a random small instance with capacities and demand points that must not be split."""
    random = np.random.default_rng(seed)
    instance = capacitated_instance(seed, largest=4)
    keep = slice(0, 4)
    criteria = {
        name: Criterion(site=c.site, service=None if c.service is None else c.service[keep], sense=c.sense)
        for name, c in instance.criteria.items()
    }
    weights = dict(instance.weights)
    demand = instance.demand[keep]
    if random.random() < 0.4 and (demand > 0).any():
        service = np.array([_vector(random, instance.number_of_candidates, 1.0) for _ in demand])
        criteria["farthest"], weights["farthest"] = Criterion(service=service, aggregate="worst"), 2.0
    return instance.replace(criteria=criteria, weights=weights, demand=demand, single_source=True)


def geographic_instance(seed: int, count: int, sites: int, *, rules: bool = False) -> Instance:
    """Return a p-median instance on points of a plane, with site costs, and rules if asked for."""
    random = np.random.default_rng(seed)
    places = random.random((count, 2))
    service = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1)) * 1000
    group = random.integers(0, max(2, count // 3), count)
    limits = {f"at most one in {name}": Limit((group == name).astype(float), upper=1) for name in np.unique(group)}
    limits["budget"] = Limit(cost := random.uniform(50, 150, count), upper=float(np.quantile(cost, 0.5)) * sites)
    near = np.argwhere(np.triu(service < 120, k=1)).tolist()
    return Instance(
        sites=sites,
        criteria={
            "access": Criterion(service=service, unit="km"),
            "cost": Criterion(site=random.uniform(0, 200, count) * 10, unit="EUR"),
        },
        demand=random.uniform(0.1, 5, count),
        limits=limits if rules else {},
        conflicts={"spacing": [(a, b) for a, b in near]} if rules else {},
    )


def _vector(random: np.random.Generator, count: int, scale: float) -> np.ndarray:
    """Return numbers with ties, with signs, all zero, or smooth."""
    kind = random.integers(5)
    if kind == 0:
        return np.zeros(count)
    if kind < 3:
        return random.integers(-3, 6, count) * scale
    return (random.random(count) - 0.2 * (kind == 3)) * scale


def _duplicated(criterion: Criterion, random: np.random.Generator, count: int) -> Criterion:
    """Make the last candidate a copy of the first."""
    order = [*range(count - 1), 0]
    del random
    return Criterion(
        site=None if criterion.site is None else criterion.site[order],
        service=None if criterion.service is None else criterion.service[:, order],
        sense=criterion.sense,
    )


def _random_sites(random: np.random.Generator, count: int) -> int | tuple[int, int]:
    sites = count if random.random() < 0.1 else int(random.integers(1, count + 1))
    if random.random() < 0.6:
        return sites
    return sites, min(count, sites + int(random.integers(0, 4)))


def _random_demand(random: np.random.Generator, points: int) -> np.ndarray:
    kind = random.integers(4)
    if kind == 0:
        return np.zeros(points)
    return random.integers(0, 4, points).astype(float) if kind < 3 else random.random(points) * 100


def _random_rules(random: np.random.Generator, count: int) -> dict[str, Any]:
    limits: dict[str, Limit] = {}
    for number in range(int(random.integers(0, 3))):
        coefficients = random.integers(-1, 3, count).astype(float)
        if random.random() < 0.4:
            coefficients = random.normal(size=count) * float(random.choice(SCALES))
        limits[f"rule {number}"] = _random_limit(random, coefficients)
    if random.random() < 0.3:
        limits["at most one of the even"] = Limit((np.arange(count) % 2 == 0).astype(float), upper=1)
    names = [f"c{position}" for position in range(count)]
    drawn = random.integers(0, count, (int(random.integers(0, 4)), 2)).tolist()
    pairs = [(names[a], names[b]) for a, b in drawn if a != b]
    required = [names[int(random.integers(count))]] if random.random() < 0.3 else []
    out = [name for name in [names[int(random.integers(count))]] if name not in required]
    forbidden = dict.fromkeys(out, "no grid") if random.random() < 0.3 else {}
    conflicts = pairs if random.random() < 0.5 else {"spacing": pairs[:1], "same grid node": pairs[1:]}
    return {"limits": limits, "conflicts": conflicts, "required": required, "forbidden": forbidden}


def _random_limit(random: np.random.Generator, coefficients: np.ndarray) -> Limit:
    """Return a limit near what a random set reaches, so that it often cuts and often leaves something."""
    reached = float(coefficients[random.random(len(coefficients)) < 0.5].sum())
    size = float(np.abs(coefficients).max())
    kind = random.integers(4)
    if kind == 0:
        return Limit(coefficients, lower=reached)
    if kind == 1:
        return Limit(coefficients, lower=reached - size, upper=reached + size)
    if kind == 2 and random.random() < 0.5:
        return Limit(coefficients, lower=reached, upper=reached)
    return Limit(coefficients, upper=reached)


# --- hypothesis ---------------------------------------------------------------------------------------------------


@st.composite
def instances(
    draw: st.DrawFn, largest: int = 6, *, rules: bool = True, minimum_candidates: int = 1, integer: bool = True
) -> Instance:
    """Draw small instances that shrink towards few candidates, few rules and small whole numbers."""
    count = draw(st.integers(minimum_candidates, largest))
    points = draw(st.integers(1, 4))
    numbers = st.integers(-4, 9).map(float) if integer else st.floats(-10, 10, allow_subnormal=False)
    vectors = st.lists(numbers, min_size=count, max_size=count)
    sites = draw(st.integers(1, count))
    most = draw(st.integers(sites, count))
    limits: dict[str, Limit] = {}
    pairs: list[tuple[int, int]] = []
    if rules:
        small = st.lists(st.integers(-1, 2), min_size=count, max_size=count)
        for number in range(draw(st.integers(0, 2))):
            coefficients, bound = draw(small), draw(st.integers(-1, 3))
            kind = draw(st.sampled_from(["lower", "upper"]))
            limits[f"rule {number}"] = Limit(coefficients, **{kind: bound})
        drawn = draw(st.lists(st.tuples(*[st.integers(0, count - 1)] * 2), max_size=2))
        pairs = [(a, b) for a, b in drawn if a != b]
    return Instance(
        sites=draw(st.sampled_from([sites, (sites, most)])),
        criteria={
            "access": Criterion(service=draw(st.lists(vectors, min_size=points, max_size=points))),
            "cost": Criterion(site=draw(vectors), sense=draw(st.sampled_from(["min", "max"]))),
        },
        demand=draw(st.lists(st.integers(0, 3).map(float), min_size=points, max_size=points)),
        limits=limits,
        conflicts=pairs,
    )


# --- oracle -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Oracle:
    """What enumeration says: every admissible portfolio with its objective."""

    values: dict[frozenset, float]

    @property
    def feasible(self) -> bool:
        """Whether any portfolio is admissible."""
        return bool(self.values)

    @property
    def objective(self) -> float:
        """The least objective."""
        return min(self.values.values())


def magnitude(instance: Instance) -> float:
    """Return the sum of the largest terms an objective of the instance can have: the scale of rounding."""
    total = abs(instance.constant)
    for name, criterion in instance.criteria.items():
        weight = abs(instance.weights[name])
        if criterion.aggregate == "worst":
            parts = (criterion.site, criterion.service, criterion.separation)
            total += weight * max(float(np.abs(part).max()) for part in parts if part is not None)
            continue
        if criterion.site is not None:
            total += weight * float(np.abs(criterion.site).max()) * instance.maximum_sites
        if criterion.service is not None and instance.number_of_demand_points:
            total += weight * float(instance.demand @ np.abs(criterion.service).max(axis=1))
    return total


def all_sets(instance: Instance) -> Iterator[frozenset]:
    """Yield every set of candidates of any size, the empty one included."""
    names = instance.candidates
    for size in range(len(names) + 1):
        yield from (frozenset(chosen) for chosen in combinations(names, size))


def holds(instance: Instance, rule: str, chosen: frozenset) -> bool:
    """Return whether a set of identifiers satisfies one named rule of an instance."""
    if rule == "sites":
        return instance.minimum_sites <= len(chosen) <= instance.maximum_sites
    if rule.endswith(" is required"):
        return any(str(name) == rule.removesuffix(" is required") for name in chosen)
    if rule.startswith("forbidden: "):
        reason = rule.removeprefix("forbidden: ")
        return not any(why == reason and name in chosen for name, why in instance.forbidden.items())
    if rule == "capacities":
        room = math.fsum(c for name, c in zip(instance.candidates, instance.capacity, strict=True) if name in chosen)
        return room >= math.fsum(instance.demand) * (1 - 1e-9)
    if rule in instance.limits:
        return _within(instance, instance.limits[rule], chosen)
    return not any(a in chosen and b in chosen for a, b in instance.conflicts[rule])


def _within(instance: Instance, limit: Limit, chosen: frozenset) -> bool:
    terms = [float(c) for name, c in zip(instance.candidates, limit.coefficients, strict=True) if name in chosen]
    total = math.fsum(terms)
    rounding = 1e-9 * max(
        float(np.abs(limit.coefficients).max()), *(abs(end) for end in (limit.lower, limit.upper) if end is not None)
    )
    above = limit.lower is None or total >= limit.lower - rounding
    below = limit.upper is None or total <= limit.upper + rounding
    return above and below


def rules_of(instance: Instance) -> list[str]:
    """Return the named rules of an instance, as `holds` knows them."""
    names = ["sites"]
    names += [f"{name} is required" for name in instance.required]
    names += [f"forbidden: {reason}" for reason in dict.fromkeys(instance.forbidden.values())]
    names += [*instance.limits, *instance.conflicts]
    return names if instance.capacity is None else [*names, "capacities"]


def satisfiable(instance: Instance, rules: Iterable[str]) -> bool:
    """Return whether some set of candidates satisfies all of the given rules."""
    kept = list(rules)
    return any(all(holds(instance, rule, chosen) for rule in kept) for chosen in all_sets(instance))


def objective_of(instance: Instance, chosen: frozenset) -> float:
    """Return the weighted, signed sum of the criteria of a set of candidates, from the definition."""
    inside = [position for position, name in enumerate(instance.candidates) if name in chosen]
    signed = {
        name: instance.weights[name] * (1 if criterion.sense == "min" else -1)
        for name, criterion in instance.criteria.items()
    }
    terms = [
        signed[name] * float(criterion.site[position])
        for name, criterion in instance.criteria.items()
        if criterion.site is not None and criterion.aggregate == "sum"
        for position in inside
    ]
    terms.append(instance.constant)
    unit = _unit_costs(instance, signed, inside)
    if instance.single_source and instance.capacity is not None:
        return math.fsum(terms) + _cheapest_single_source(instance, signed, inside, unit)
    terms += [signed[name] * worst_of(instance, name, inside) for name, c in instance.criteria.items()
              if c.aggregate == "worst"]  # fmt: skip
    if unit is None:
        return math.fsum(terms)
    if instance.capacity is None:
        terms += [float(d) * min(row) for d, row in zip(instance.demand, unit, strict=True)]
        return math.fsum(terms)
    return math.fsum(terms) + transportation(unit, instance.demand, instance.capacity[inside])


def _unit_costs(instance: Instance, signed: dict[str, float], inside: list[int]) -> list[list[float]] | None:
    services = {
        name: c.service for name, c in instance.criteria.items() if c.service is not None and c.aggregate == "sum"
    }
    if not services:
        return None
    return [
        [math.fsum(signed[name] * float(matrix[point, position]) for name, matrix in services.items())
         for position in inside]
        for point in range(len(instance.demand))
    ]  # fmt: skip


def worst_of(instance: Instance, name: str, inside: list[int]) -> float:
    """Return the value of a worst-case criterion, from the definition."""
    criterion = instance.criteria[name]
    best, worst = (min, max) if criterion.sense == "min" else (max, min)
    if criterion.site is not None:
        return worst(float(criterion.site[position]) for position in inside)
    if criterion.separation is not None:
        return worst(float(criterion.separation[a, b]) for a, b in combinations(inside, 2))
    return worst(
        best(float(row[position]) for position in inside)
        for row, demand in zip(criterion.service, instance.demand, strict=True)
        if demand > 0
    )


def _cheapest_single_source(
    instance: Instance, signed: dict[str, float], inside: list[int], unit: list[list[float]]
) -> float:
    """Return the least service cost over every way to give each demand point one site with room; infinite if none."""
    best = math.inf
    for serving in product(range(len(inside)), repeat=len(instance.demand)):
        load = [0.0] * len(inside)
        for point, site in enumerate(serving):
            load[site] += float(instance.demand[point])
        if any(total > instance.capacity[position] * (1 + 1e-9) for total, position in zip(load, inside, strict=True)):
            continue
        cost = math.fsum(float(d) * unit[i][serving[i]] for i, d in enumerate(instance.demand))
        for name, criterion in instance.criteria.items():
            if criterion.aggregate == "worst":
                served = [criterion.service[i, inside[s]] for i, s in enumerate(serving) if instance.demand[i] > 0]
                cost += signed[name] * float(max(served) if criterion.sense == "min" else min(served))
        best = min(best, cost)
    return best


def transportation(unit: list[list[float]], demand: np.ndarray, capacity: np.ndarray) -> float:
    """Return the least cost of shipping all demand from sites of limited capacity, by linear programming."""
    points, sites = len(demand), len(capacity)
    total = float(demand.sum())
    if total == 0:
        return 0.0
    costs = np.array(unit)
    size = float(np.abs(costs).max()) or 1.0
    share = demand / total
    result = optimize.linprog(
        (costs / size * share[:, None]).ravel(),
        A_eq=sparse.kron(sparse.eye(points), np.ones((1, sites))),
        b_eq=np.ones(points),
        A_ub=sparse.csr_array(np.concatenate([np.diag([s] * sites) for s in share], axis=1)),
        b_ub=capacity / total,
        method="highs-ds",
    )
    assert result.status == 0, result.message
    return float(result.fun) * size * total


def brute_force(instance: Instance) -> Oracle:
    """Return every admissible portfolio with its objective."""
    rules = rules_of(instance)
    values = {
        chosen: objective_of(instance, chosen)
        for chosen in all_sets(instance)
        if all(holds(instance, rule, chosen) for rule in rules)
    }
    return Oracle({chosen: value for chosen, value in values.items() if value < math.inf})
