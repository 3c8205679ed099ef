"""Weight stability: intervals and maps hold at every weight that plain enumeration can be asked about."""

# ruff: noqa: E501 - a table of mistakes and the sentences that answer them reads best one per line

from __future__ import annotations

import json
import math
import re
from itertools import pairwise

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

import siting
from siting.analysis.weight_stability import weight_stability
from siting.command_line_scenarios import weight_stability as command
from siting.errors import InputError
from siting.instance import Criterion, Instance
from siting.weight_intervals import Line, area, optimal_along, optimal_over_triangle
from tests.strategies import brute_force, magnitude, objective_of, random_instance

#: Weights at which a range is looked at, besides those next to its breakpoints.
SAMPLES = np.linspace(0, 1, 23)


def three_criteria(seed: int, *, services: bool) -> Instance:
    """Return a random instance with at least three weighted criteria, and two service matrices if asked for."""
    base = random_instance(seed, largest=7)
    random = np.random.default_rng(seed + 5000)
    count, points = base.number_of_candidates, base.number_of_demand_points
    size = float(np.abs(base.criteria["cost"].site).max()) or 1.0
    criteria = {name: one for name, one in base.criteria.items() if services or name != "comfort"}
    criteria["extra"] = Criterion(site=random.integers(-2, 4, count) * size, sense="max" if seed % 3 == 0 else "min")
    if services:
        criteria["other access"] = Criterion(service=random.integers(0, 5, (points, count)) * size)
    weights = {name: float(random.integers(1, 4)) for name in criteria}
    return base.replace(criteria=criteria, weights=weights)


class Enumerated:
    """Every admissible portfolio of an instance, priced under any weights from the definition."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self.sets = instance, list(brute_force(instance).values)

    def cost(self, chosen: frozenset, weights: dict[str, float]) -> float:
        """Return the objective of one portfolio."""
        return objective_of(self.instance.replace(weights=weights), chosen)

    def best(self, weights: dict[str, float]) -> float:
        """Return the least objective."""
        other = self.instance.replace(weights=weights)
        return min(objective_of(other, chosen) for chosen in self.sets)

    def rounding(self) -> float:
        """Return how far objectives may differ and be called equal, whatever the weights."""
        total = sum(self.instance.weights.values())
        names = self.instance.criteria
        return 1e-8 * max(magnitude(self.instance.replace(weights={name: total})) for name in names) + 1e-12


def moved(weights: dict[str, float], name: str, weight: float) -> dict[str, float]:
    """Return weights with one of them changed and the others scaled so that the sum stays."""
    total = sum(weights.values())
    rest = total - weights[name]
    return {other: weight if other == name else old * (total - weight) / rest for other, old in weights.items()}


def allowed(weights: dict[str, float]) -> bool:
    """Return whether an instance takes the weights: not all of them are zero."""
    return any(value > 0 for value in weights.values())


@pytest.mark.parametrize("services", [False, True])
@pytest.mark.parametrize("block", range(4))
def test_intervals_hold_at_every_sampled_weight(block, services, effort):
    """The portfolio named for a weight is the best there, and the chosen one exactly within its interval."""
    looked_at = 0
    for seed in range(block * 40 * effort, (block + 1) * 40 * effort):
        instance = three_criteria(seed, services=services)
        enumerated = Enumerated(instance)
        if not enumerated.sets:
            continue
        found = weight_stability(instance)
        rounding, chosen = enumerated.rounding(), frozenset(found.portfolio)
        total = sum(instance.weights.values())
        for name, held in found.ranges.items():
            assert held.lower <= held.weight + 1e-9 * total
            assert held.upper >= held.weight - 1e-9 * total
            ends = [held.pieces[0][0], *(end for _, end, _ in held.pieces)]
            assert ends == sorted(ends)
            assert (ends[0], ends[-1]) == (0.0, pytest.approx(total))
            near = [end + shift * total for end in ends for shift in (-1e-3, 1e-3)]
            for weight in [*(SAMPLES * total), *(w for w in near if 0 <= w <= total)]:
                weights = moved(instance.weights, name, float(min(weight, total)))
                best = enumerated.best(weights)
                there = {portfolio for start, end, portfolio in held.pieces if start <= weight <= end}
                assert any(enumerated.cost(frozenset(one), weights) <= best + rounding for one in there)
                excess = enumerated.cost(chosen, weights) - best
                if held.lower <= weight <= held.upper:
                    assert excess <= rounding
                elif not services:
                    # With one service matrix the interval is the only one: outside it something is better.
                    assert excess > 1e-5 * rounding or held.lower - 1e-6 * total <= weight <= held.upper + 1e-6 * total
                looked_at += 1
    assert looked_at > 500


@pytest.mark.parametrize("services", [False, True])
def test_just_outside_an_interval_the_named_replacement_is_better(services, effort):
    """A thousandth beyond each end the replacement costs less than the choice, a thousandth inside it does not."""
    ends = 0
    for seed in range(120 * effort):
        instance = three_criteria(seed, services=services)
        enumerated = Enumerated(instance)
        if not enumerated.sets:
            continue
        found = weight_stability(instance)
        rounding, chosen = enumerated.rounding(), frozenset(found.portfolio)
        total = sum(instance.weights.values())
        for name, held in found.ranges.items():
            for end, other, outward in ((held.lower, held.below, -1), (held.upper, held.above, 1)):
                if other is None:
                    continue
                piece = next(one for one in held.pieces if one[2] == other and end in one[:2])
                step = min(1e-3 * total, (piece[1] - piece[0]) / 2)
                outside = moved(instance.weights, name, end + outward * step)
                gain = enumerated.cost(chosen, outside) - enumerated.cost(frozenset(other), outside)
                assert gain > -rounding
                if services:
                    assert enumerated.cost(frozenset(other), outside) <= enumerated.best(outside) + rounding
                else:
                    assert gain > 0
                at_the_end = moved(instance.weights, name, end)
                tie = enumerated.cost(chosen, at_the_end) - enumerated.cost(frozenset(other), at_the_end)
                assert tie == pytest.approx(0, abs=rounding)
                ends += 1
    assert ends > 50


@pytest.mark.parametrize("services", [False, True])
def test_triangles_hold_at_random_points(services, effort):
    """The areas add up to the triangle, and the portfolio of the area is the best at every point drawn."""
    looked_at, divided = 0, 0
    for seed in range(60 * effort):
        instance = three_criteria(seed, services=services)
        enumerated = Enumerated(instance)
        if not enumerated.sets:
            continue
        names = list(instance.criteria)[:3]
        found = weight_stability(instance, criteria=names)
        assert sum(found.areas.values()) == pytest.approx(1, abs=1e-6)
        divided += len(found.areas) > 1
        total = sum(instance.weights[name] for name in names)
        random = np.random.default_rng(seed)
        for point in [*np.eye(3), *random.dirichlet(np.ones(3), 12)]:
            weights = {**instance.weights, **dict(zip(names, (point * total).tolist(), strict=True))}
            if not allowed(weights):
                continue
            inside = [cell.portfolio for cell in found.cells if holds(cell.corners, point)]
            best = enumerated.best(weights)
            assert inside
            assert any(enumerated.cost(frozenset(one), weights) <= best + enumerated.rounding() for one in inside)
            looked_at += 1
    assert looked_at > 150
    assert divided > 10


def holds(corners: np.ndarray, point: np.ndarray) -> bool:
    """Return whether a convex polygon in barycentric coordinates holds a point."""
    plane, (x, y) = corners[:, 1:], point[1:]
    following = np.roll(plane, -1, axis=0)
    turns = (following[:, 0] - plane[:, 0]) * (y - plane[:, 1]) - (following[:, 1] - plane[:, 1]) * (x - plane[:, 0])
    return bool((turns >= -1e-7).all() or (turns <= 1e-7).all())


def lines_of(random: np.random.Generator, count: int, criteria: int) -> list[Line]:
    """Return random linear costs, some of them equal."""
    losses = random.integers(0, 12, (count, criteria)).astype(float)
    return [Line((number,), row) for number, row in enumerate(losses)]


def test_the_lower_envelope_of_lines_is_found_whole(effort):
    """Every line of the envelope appears between its neighbours, however short its piece."""
    for seed in range(150 * effort):
        random = np.random.default_rng(seed)
        lines = lines_of(random, int(random.integers(1, 30)), 2)
        losses = np.array([line.losses for line in lines])

        def solve(weights, losses=losses, lines=lines):
            return lines[int((losses @ weights).argmin())]

        at = float(random.random())
        held = solve(np.array([1 - at, at]))
        pieces = optimal_along(solve, (np.array([1.0, 0.0]), np.array([0.0, 1.0])), 1e-11, held, at)
        assert pieces[0].start == 0
        assert pieces[-1].end == 1
        assert all(one.end == other.start for one, other in pairwise(pieces))
        for piece in pieces:
            for place in np.linspace(piece.start, piece.end, 7):
                costs = losses @ np.array([1 - place, place])
                assert costs[piece.portfolio[0]] == pytest.approx(costs.min(), abs=1e-9)
        assert any(piece.start <= at <= piece.end and piece.portfolio == held.portfolio for piece in pieces)


def test_the_lower_envelope_of_planes_is_found_whole(effort):
    """Cells cover the triangle without overlap, and each plane is the lowest at the corners of its cell."""
    for seed in range(100 * effort):
        random = np.random.default_rng(seed)
        lines = lines_of(random, int(random.integers(1, 40)), 3)
        losses = np.array([line.losses for line in lines])

        def solve(weights, losses=losses, lines=lines):
            return lines[int((losses @ weights).argmin())]

        cells = optimal_over_triangle(solve, np.eye(3), 1e-11)
        assert sum(cell.share for cell in cells) == pytest.approx(1)
        for cell in cells:
            costs = cell.corners @ losses.T
            assert costs[:, cell.portfolio[0]] == pytest.approx(costs.min(axis=1), abs=1e-9)


def test_areas_are_shares_of_the_triangle():
    """The whole triangle is 1, the part nearer to one corner than halfway a quarter."""
    assert area(np.eye(3)) == 1.0
    assert area(np.array([[1, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5]])) == 0.25


# --- the shipped model --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    """Return the shipped model with a triangle of three of its criteria."""
    return weight_stability("gigafactories", criteria=["energy_cost", "grid_capacity", "latency"])


def test_the_shipped_choice_changes_just_where_it_is_said_to(shipped):
    """A thousandth inside each end the shipped answer stands, a thousandth outside the named one replaces it."""
    assert shipped.portfolio == ("DE40", "ES41", "FRB0", "ITC4")
    solver = siting.Solver(shipped.prepared.instance)
    checked = 0
    for name, held in shipped.ranges.items():
        for end, other, outward in ((held.lower, held.below, -1), (held.upper, held.above, 1)):
            if other is None:
                continue
            for shift, expected in ((outward * 1e-3, other), (-outward * 1e-3, shipped.portfolio)):
                weights = moved(shipped.weights, name, end + shift)
                answer = solver.solve(weights=shipped.prepared.weighted(weights).weights)
                assert answer.portfolio == expected
                checked += 1
    assert checked >= 8


def test_the_shipped_triangle_holds_at_random_points(shipped):
    """Sixty points drawn from the triangle are solved anew and give the portfolio of their area."""
    assert sum(shipped.areas.values()) == pytest.approx(1)
    solver = siting.Solver(shipped.prepared.instance)
    for point in np.random.default_rng(1).dirichlet(np.ones(3), 60):
        weights = {**shipped.weights, **dict(zip(shipped.triangle, (point * 0.75).tolist(), strict=True))}
        answer = solver.solve(weights=shipped.prepared.weighted(weights).weights)
        inside = {cell.portfolio for cell in shipped.cells if holds(cell.corners, point)}
        assert answer.portfolio in inside


def test_a_monetised_model_gives_rates_at_which_the_choice_changes():
    """Each rate moves alone; at the end of its interval choice and replacement tie, and a triangle is refused."""
    found = weight_stability("gigafactories-monetised")
    assert found.are_rates
    instance = found.prepared.instance
    for name, held in found.ranges.items():
        for end, other in ((held.lower, held.below), (held.upper, held.above)):
            if other is None:
                continue
            priced = instance.replace(weights={**instance.weights, name: end})
            costs = [
                siting.evaluation.evaluate(priced, [priced.position(site) for site in portfolio]).objective
                for portfolio in (found.portfolio, other)
            ]
            assert costs[0] == pytest.approx(costs[1], rel=1e-8)
    assert math.isinf(found.ranges["cohesion"].upper)
    assert json.dumps(found.to_dict())


def test_a_criterion_without_a_weight_is_named_as_left_out():
    """It has no scale, and so no range."""
    found = weight_stability("gigafactories", weights={"cohesion": 0.0})
    assert "cohesion" not in found.ranges
    assert any(note.startswith("cohesion: it has no weight") for note in found.notes)
    assert set(found.triangle) == {"energy_cost", "grid_capacity", "latency"}


def test_no_time_is_reported_and_not_guessed(monkeypatch):
    """Criteria for which no solve was left are named."""
    from siting.analysis import _weighing

    def stopped(self, name, chosen):
        if name == "latency":
            raise _weighing.OutOfTimeError
        return original(self, name, chosen)

    original = _weighing.Weighing.range_of
    monkeypatch.setattr(_weighing.Weighing, "range_of", stopped)
    found = weight_stability("gigafactories", criteria=["energy_cost", "grid_capacity", "latency"])
    assert "latency: no time was left for it" in found.notes
    assert "triangle: no time was left for it" in found.notes
    assert not found.cells


@pytest.mark.parametrize(
    ("model", "options", "sentence"),
    [
        ("gigafactories", {"criteria": ["latencey", "cohesion", "energy_cost"]}, "no criterion is called 'latencey'; did you mean 'latency'?"),
        ("gigafactories", {"criteria": ["latency", "cohesion"]}, "a triangle needs three different criteria, not 'latency' and 'cohesion'"),
        ("gigafactories", {"criteria": ["latency", "latency", "cohesion"]}, "a triangle needs three different criteria, not 'latency', 'latency' and 'cohesion'"),
        ("gigafactories-monetised", {"criteria": ["latency", "cohesion", "energy_cost"]}, "a triangle shares out weights, and the model counts in EUR; use objective = 'weighted'"),
        ("gigafactories", {"weights": {"latency": 0.0, "cohesion": 0.0, "grid_capacity": 0.0}}, "only one criterion has a weight, so there is nothing to weigh it against"),
        ("gigafactories", {"weights": {"cohesion": 0.0}, "criteria": ["cohesion", "latency", "energy_cost"]}, "criterion 'cohesion' has no weight in the model and cannot be a corner of the triangle"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(model, options, sentence):
    """Each says what is wrong and names the nearest valid thing."""
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        weight_stability(model, **options)


def test_capacities_and_negative_weights_are_refused():
    """Neither has intervals of the kind that is computed."""
    cost, delay = Criterion(site=[1.0, 2.0]), Criterion(service=[[3.0, 1.0]])
    with pytest.raises(InputError, match="knows no capacities"):
        weight_stability(Instance(sites=1, criteria={"cost": cost, "delay": delay}, capacity=[1.0, 1.0]))
    with pytest.raises(InputError, match="weight of 'cost' is -1"):
        weight_stability(Instance(sites=1, criteria={"cost": cost, "delay": delay}, weights={"cost": -1.0, "delay": 1}))


# --- the face -----------------------------------------------------------------------------------------------------


def run(*arguments: str):
    """Run the subcommand as the command line does."""
    application = Typer()
    application.command()(command)
    return CliRunner().invoke(application, list(arguments), env={"COLUMNS": "200"})


def test_the_subcommand_prints_and_draws(tmp_path):
    """Intervals without a triangle, the map with one."""
    bars, triangle = tmp_path / "bars.png", tmp_path / "triangle.svg"
    result = run("--to", str(bars))
    assert result.exit_code == 0, result.output
    assert "stays the best until" in result.output.replace("\n", " ")
    result = run("--triangle", "energy_cost", "grid_capacity", "latency", "--to", str(triangle), "--json")
    assert result.exit_code == 0, result.output
    assert bars.stat().st_size > 10_000
    assert "DE40, ES41, FRB0, ITC4" in triangle.read_text(encoding="utf-8")


def test_charts_name_what_they_show(shipped):
    """Bars name both replacements; the triangle needs to exist to be drawn."""
    texts = {text.get_text() for text in shipped.plot(kind="intervals").ax.texts}
    assert "below 0.128: FI1C for DE40" in texts
    assert "above 0.29: FRF2 for FRB0" in texts
    assert "weights of the model" in {text.get_text() for text in shipped.plot(kind="triangle", style="print").ax.texts}
    bare = weight_stability("gigafactories")
    with pytest.raises(InputError, match="there is no triangle to draw"):
        bare.plot(kind="triangle")
    with pytest.raises(InputError, match="kind is 'bars'"):
        bare.plot(kind="bars")
