"""Instances to measure on: generated European-like ones of any size, and the shipped model's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from siting import Criterion, Instance, LatencyModel, Limit
from siting.engine import solve_instance
from siting.instance import Pairs

#: Side of the square the points lie in: about the extent of the Union's mainland.
SIDE_KM = 3_000.0
COUNTRIES = 27
SPACING_KM = 300.0
#: Share of the square, from one side, whose regions count as eligible.
ELIGIBLE_SHARE = 0.55
#: Share of the sites that must lie in eligible regions; above the share of regions, so that the rule bites.
ELIGIBLE_SITES = 0.75
SHIPPED = "shipped"
#: Demand points whose latencies are computed at once, so that no second matrix of all pairs is ever held.
POINTS_AT_ONCE = 500


@dataclass(frozen=True)
class Case:
    """What to generate.

    Attributes
    ----------
    candidates, demand_points : int
        J and I. The candidates are the first J demand points where there are enough of them.
    sites : int
        p.
    site_costs : bool
        Whether candidates differ in cost, by country and by region.
    rules : bool
        Whether there are caps per country, a spacing and a least number of sites in eligible regions.
    seed : int
        Equal seeds give equal instances.
    grid : bool
        Whether the candidates stand on an even hexagonal grid, as H3 cells do, and not where demand points are.
    """

    candidates: int
    demand_points: int
    sites: int = 4
    site_costs: bool = False
    rules: bool = False
    seed: int = 0
    grid: bool = False

    @property
    def size(self) -> str:
        """Candidates x demand points."""
        return f"{self.candidates:,} x {self.demand_points:,}"


def generate(case: Case) -> Instance:
    """Return the instance: mean latency in ms plus, where asked for, site costs in equivalent ms.

    Points are uniform in a square of 3,000 km, demand is lognormal, latency is the shipped distance model,
    and countries are the cells around 27 random capitals.

    Parameters
    ----------
    case : Case
        What to generate.

    Returns
    -------
    Instance
        Demand sums to the number of demand points, so that costs per point are of the order of 10.
    """
    random = np.random.default_rng(case.seed)
    if case.grid:
        points = random.uniform(0.0, SIDE_KM, (case.demand_points, 2))
        places = _hexagons(case.candidates, random)
    else:
        points = random.uniform(0.0, SIDE_KM, (max(case.candidates, case.demand_points), 2))
        places = points[: case.candidates]
    demand = random.lognormal(0.0, 0.8, case.demand_points)
    countries = random.uniform(0.0, SIDE_KM, (COUNTRIES, 2))
    country = _distances(places, countries).argmin(axis=1)
    latency = np.empty((case.demand_points, case.candidates))
    for start in range(0, case.demand_points, POINTS_AT_ONCE):
        rows = slice(start, min(start + POINTS_AT_ONCE, case.demand_points))
        latency[rows] = LatencyModel()(_distances(points[rows], places))
    criteria = {"latency": Criterion(service=latency, unit="ms")}
    price = random.lognormal(0.0, 0.35, COUNTRIES)[country] * random.lognormal(0.0, 0.1, case.candidates)
    if case.site_costs:
        # One mean site costs as much as 4 ms of everyone's latency, shared by the sites.
        criteria["cost"] = Criterion(site=price * 4.0 * case.demand_points / case.sites, unit="ms")
    instance = Instance(sites=case.sites, criteria=criteria, demand=demand * case.demand_points / demand.sum())
    return _with_rules(instance, places, country) if case.rules else instance


def _with_rules(instance: Instance, places: np.ndarray, country: np.ndarray) -> Instance:
    sites = instance.maximum_sites
    most = max(1, math.ceil(sites / 10))
    limits = {
        f"at most {most} in country {number}": Limit(coefficients=country == number, upper=most)
        for number in np.unique(country)
    }
    eligible = places[:, 0] > (1 - ELIGIBLE_SHARE) * SIDE_KM
    limits["three in four sites in eligible regions"] = Limit(
        coefficients=eligible, lower=math.ceil(ELIGIBLE_SITES * sites)
    )
    close = cKDTree(places).query_pairs(SPACING_KM, output_type="ndarray")
    return instance.replace(limits=limits, conflicts={"spacing": Pairs(close, instance.candidates)})


def _hexagons(count: int, random: np.random.Generator) -> np.ndarray:
    """Return this many centres of an even hexagonal grid over the square, a few of them left out at random."""
    side = SIDE_KM * math.sqrt(2 / math.sqrt(3) / count)
    centres = np.empty((0, 2))
    while len(centres) < count:
        rows = np.arange(0.0, SIDE_KM, side * math.sqrt(3) / 2)
        centres = np.concatenate(
            [
                np.column_stack([columns, np.full(len(columns), row)])
                for number, row in enumerate(rows)
                for columns in [np.arange(side / 2 * (number % 2), SIDE_KM, side)]
            ]
        )
        side *= 0.999
    return centres[np.sort(random.choice(len(centres), count, replace=False))]


def _distances(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return straight-line kilometres, shape (here, there)."""
    distances: np.ndarray = np.hypot(here[:, None, 0] - there[None, :, 0], here[:, None, 1] - there[None, :, 1])
    return distances


def shipped_instance(name: str = "gigafactories") -> Instance:
    """Return the instance of a shipped model, its weights scaled: criteria, rules and all.

    Parameters
    ----------
    name : str
        Name of the model.
    """
    from siting.model import Model

    model = Model.load(name)
    return model.scaling(solve_instance).apply(model.instance())


def plain_p_median(instance: Instance) -> Instance:
    """Return what every p-median library can express of an instance: service costs and the number of sites.

    Candidates that an instance forbids are left out; site costs and rules are dropped.

    Parameters
    ----------
    instance : Instance
        With at least one service criterion.
    """
    allowed = [j for j, identifier in enumerate(instance.candidates) if identifier not in instance.forbidden]
    service = {name: criterion for name, criterion in instance.criteria.items() if criterion.service is not None}
    name, criterion = next(iter(service.items()))
    demand = instance.demand * instance.number_of_demand_points / instance.demand.sum()
    matrix = criterion.service[:, allowed]  # type: ignore[index]
    return Instance(
        sites=instance.sites, criteria={name: Criterion(service=matrix, unit=criterion.unit)}, demand=demand
    )


def parse_size(text: str, sites: int = 4) -> Case:
    """Return the case that ``"600x600"`` (candidates x demand points) names.

    Raises
    ------
    ValueError
        If the text is not two whole numbers around an x.
    """
    candidates, demand_points = (int(part) for part in text.lower().split("x"))
    return Case(candidates, demand_points, sites=sites)


def describe(case: Case) -> str:
    """Return the case in words."""
    size = f"{case.size} on an even grid" if case.grid else case.size
    extras = [word for word, there in (("site costs", case.site_costs), ("rules", case.rules)) if there]
    return f"{size}, p = {case.sites}" + (", " + " and ".join(extras) if extras else ", equal site costs")
