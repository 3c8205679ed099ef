"""The exact frontier against every admissible portfolio of small instances, compared one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from conftest import EFFORT
from scipy import optimize
from strategies import brute_force, geographic_instance, random_instance

from siting.dominance import Collector, Front, Thresholds, non_dominated, supported
from siting.engine import solve_instance
from siting.errors import InfeasibleError, InputError
from siting.evaluation import evaluate
from siting.exploration import explore, first_portfolios
from siting.frontier import COMPARED_SINGLY, frontier
from siting.groups import Groups
from siting.instance import Criterion, Instance, Limit
from siting.relaxations import relaxation_at, relaxation_of
from siting.sweep import Sweep, Trade, magnitude

METHODS = ("groups", "enumeration")


def alone(instance, names):
    """Return an instance with some of its criteria; one service matrix decides by itself who serves whom."""
    services = [name for name in names if instance.criteria[name].service is not None]
    weights = {name: instance.weights[name] for name in services} if len(services) > 1 else {}
    weights = weights if any(weights.values()) else dict.fromkeys(names, 1.0)
    return instance.replace(criteria={name: instance.criteria[name] for name in names}, weights=weights)


def all_vectors(instance, names):
    """Return the value vectors of every admissible portfolio, minimised, keyed by its positions."""
    chosen = alone(instance, names)
    signs = [instance.criteria[name].sign for name in names]
    vectors = {}
    for portfolio in brute_force(chosen).values:
        positions = tuple(sorted(instance.position(identifier) for identifier in portfolio))
        values = evaluate(chosen, positions).values
        vectors[positions] = np.array([sign * values[name] for sign, name in zip(signs, names, strict=True)])
    return vectors


def oracle(instance, names):
    """Return the frontier by comparing each portfolio with each: a set of equal portfolios per point."""
    vectors = all_vectors(instance, names)
    slack = 1e-9 * np.array([magnitude(instance, name) for name in names])
    points = []
    for positions, own in vectors.items():
        dominated = any((other <= own + slack).all() and (other < own - slack).any() for other in vectors.values())
        if not dominated:
            equal = frozenset(p for p, other in vectors.items() if (np.abs(other - own) <= slack).all())
            points.append((positions, equal))
    return {equal for _, equal in points}


def agrees(instance, names, method):
    """Compare a computed frontier with the oracle: the points, how many portfolios each has, and the one shown."""
    expected = oracle(instance, names)
    try:
        points = frontier(instance, names, method=method)
    except InfeasibleError:
        assert not expected
        return 0
    assert points.complete
    assert points.proven.all()
    assert points.settled == 1.0
    shown = [tuple(instance.position(identifier) for identifier in chosen) for chosen in points.portfolios]
    assert sorted(shown) == sorted(min(equal) for equal in expected)
    by_first = {min(equal): len(equal) for equal in expected}
    assert [by_first[chosen] for chosen in shown] == points.counts.tolist()
    vectors, signs = all_vectors(instance, names), [instance.criteria[name].sign for name in names]
    for chosen, values in zip(shown, points.values, strict=True):
        np.testing.assert_allclose(values * signs, vectors[chosen], rtol=1e-12, atol=0)
    return len(shown)


def several_criteria(seed, criteria, largest=8):
    """Return a random instance with rules, ties and copies, and as many criteria as asked, one with service or none."""
    random = np.random.default_rng(seed)
    instance = random_instance(seed, largest)
    count = instance.number_of_candidates
    held = {name: c for name, c in instance.criteria.items() if name != "comfort"}
    if random.random() < 0.2:
        held.pop("access")
    number = 0
    while len(held) < criteria:
        kind = random.integers(3)
        values = random.integers(0, 3, count) if kind == 0 else random.random(count)
        if kind == 2:
            values = np.full(count, 0.1) * random.integers(1, 3, count)
        number += 1
        held[f"extra {number}"] = Criterion(site=values * 1.0, sense="max" if random.random() < 0.4 else "min")
    return instance.replace(criteria=held, weights=None), list(held)[:criteria]


@pytest.mark.parametrize("criteria", [2, 3, 4])
@pytest.mark.parametrize("method", METHODS)
def test_the_frontier_is_what_comparing_every_portfolio_gives(method, criteria):
    """Rules of every kind, ranges of sites, ties, copies, both senses, infeasible instances."""
    points = [agrees(*several_criteria(seed, criteria), method) for seed in range(45 * EFFORT)]
    assert points.count(0) > 3, "some instances should be infeasible"
    assert max(points) >= 5, "some frontiers should be rich"


@pytest.mark.parametrize("method", METHODS)
def test_whole_numbers_with_many_ties_are_counted(method):
    """Criteria of one and two leave few points, each with many portfolios."""
    for seed in range(8 * EFFORT):
        random = np.random.default_rng(seed)
        criteria = {
            "cost": Criterion(site=random.integers(1, 3, 9).astype(float)),
            "room": Criterion(site=random.integers(1, 3, 9).astype(float), sense="max"),
            "delay": Criterion(service=random.integers(0, 2, (3, 9)).astype(float)),
        }
        agrees(Instance(sites=(3, 4), criteria=criteria), ["cost", "room", "delay"], method)


@pytest.mark.parametrize("rules", [False, True])
@pytest.mark.parametrize("sites", [2, 3, 4])
def test_both_searches_agree_on_geographies_too_large_for_the_oracle(sites, rules):
    """Each proves the frontier in its own way, so that agreement is evidence for both."""
    for seed in range(3 * EFFORT):
        instance = geographic_instance(seed, 22, sites, rules=rules)
        room = np.random.default_rng(seed).integers(0, 6, 22).astype(float)
        instance = instance.replace(
            criteria={**instance.criteria, "room": Criterion(site=room, sense="max")}, weights=None
        )
        try:
            one, other = (frontier(instance, ["cost", "room", "access"], method=method) for method in METHODS)
        except InfeasibleError:
            continue
        assert one.portfolios == other.portfolios
        assert one.counts.tolist() == other.counts.tolist()
        np.testing.assert_array_equal(one.values, other.values)


def test_unsupported_points_are_found():
    """The middle of three portfolios lies above the line between the others: no weights ever choose it."""
    criteria = {"cost": Criterion(site=[0.0, 3.0, 4.0]), "noise": Criterion(site=[4.0, 3.0, 0.0])}
    instance = Instance(sites=1, criteria=criteria)
    for method in METHODS:
        assert frontier(instance, ["cost", "noise"], method=method).portfolios == [(0,), (1,), (2,)]
    for weight in np.linspace(0.01, 0.99, 25).tolist():
        chosen = solve_instance(instance.replace(weights={"cost": weight, "noise": 1 - weight})).portfolio
        assert chosen != (1,)


def test_every_weighted_optimum_is_on_the_frontier():
    """With all weights above zero an optimum cannot be dominated; its values must be among the points."""
    for seed in range(12 * EFFORT):
        instance, names = several_criteria(seed, 3)
        random = np.random.default_rng(seed)
        try:
            points = frontier(instance, names)
        except InfeasibleError:
            continue
        slack = 1e-9 * np.array([magnitude(instance, name) for name in names])
        services = [name for name in names if instance.criteria[name].service is not None]
        for _ in range(3):
            weights = dict(zip(names, random.dirichlet(np.ones(3)).tolist(), strict=True))
            best = solve_instance(instance.replace(weights=weights))
            own = evaluate(alone(instance, names), [instance.position(c) for c in best.portfolio]).values
            near = np.abs(points.values - [own[name] for name in names]) <= 2 * slack
            assert near.all(axis=1).any(), (seed, services, weights)


def test_sums_that_differ_by_rounding_alone_are_one_point():
    """0.1 + 0.2 is not 0.3 to a computer, and no trade-off to a person."""
    criteria = {"cost": Criterion(site=[0.1, 0.2, 0.3, 0.0]), "noise": Criterion(site=[0.3, 0.2, 0.1, 0.4])}
    for method in METHODS:
        points = frontier(Instance(sites=2, criteria=criteria), ["cost", "noise"], method=method)
        np.testing.assert_allclose(points.values[:, 0], [0.1, 0.2, 0.3, 0.4, 0.5])
        assert points.portfolios == [(0, 3), (1, 3), (0, 1), (0, 2), (1, 2)]
        assert points.counts.tolist() == [1, 1, 2, 1, 1]


def test_differences_above_the_tolerance_are_kept():
    """A step of ten times the tolerance is a trade-off, one of a tenth is not."""
    for step, count in ((1e-8, 2), (1e-10, 1)):
        criteria = {"cost": Criterion(site=[1.0, 1.0 + step]), "noise": Criterion(site=[1.0, 0.5])}
        points = frontier(Instance(sites=1, criteria=criteria), ["cost", "noise"])
        assert len(points.portfolios) == count


def test_two_criteria_that_depend_on_who_serves_whom_are_compared_one_by_one():
    """The weights of the instance decide who serves whom, and the values are those of that assignment."""
    random = np.random.default_rng(3)
    for weights in ({"near": 1.0, "fast": 0.2, "cost": 1.0}, {"near": 0.0, "fast": 0.0, "cost": 1.0}):
        criteria = {
            "near": Criterion(service=random.integers(0, 9, (4, 7)).astype(float)),
            "fast": Criterion(service=random.integers(0, 9, (4, 7)).astype(float), sense="max"),
            "cost": Criterion(site=random.integers(0, 9, 7).astype(float)),
        }
        instance = Instance(sites=3, criteria=criteria, weights=weights)
        assert agrees(instance, ["near", "fast", "cost"], "auto") > 0


def test_two_criteria_that_depend_on_who_serves_whom_are_refused_where_there_are_many_portfolios():
    """One sentence names them and says why."""
    random = np.random.default_rng(0)
    criteria = {name: Criterion(service=random.random((2, 60))) for name in ("near", "fast")}
    with pytest.raises(
        InputError, match=rf"'near' and 'fast', which both depend .* up to {COMPARED_SINGLY:,} portfolios"
    ):
        frontier(Instance(sites=4, criteria=criteria), ["near", "fast"])


def test_a_criterion_not_asked_for_does_not_decide_who_serves_whom():
    """Each demand point goes to the site best for the service criterion of the frontier."""
    criteria = {
        "delay": Criterion(service=[[5.0, 1.0, 9.0]]),
        "charge": Criterion(service=[[0.0, 90.0, 0.0]]),
        "cost": Criterion(site=[0.0, 1.0, 0.0]),
    }
    instance = Instance(sites=2, criteria=criteria)
    assert agrees(instance, ["delay", "cost"], "groups") == 2


@pytest.mark.parametrize("criteria", [2, 3])
def test_a_search_that_is_stopped_says_which_points_are_proven(criteria):
    """Whatever is called proven is on the frontier, however early the search is stopped."""
    proven = 0
    for seed in range(6 * EFFORT):
        instance = geographic_instance(seed, 16, 3, rules=seed % 2 == 0)
        extra = np.random.default_rng(seed).random(16)
        instance = instance.replace(criteria={**instance.criteria, "room": Criterion(site=extra)}, weights=None)
        names = ["cost", "access", "room"][:criteria]
        try:
            whole = frontier(instance, names, method="enumeration")
        except InfeasibleError:
            continue
        known = set(whole.portfolios)
        for asked in (1, 2, 3, 6):
            told = []

            def stop(progress, told=told, asked=asked):
                told.append(progress)
                return len(told) >= asked

            part = frontier(instance, names, method="groups", callback=stop)
            if part.complete:
                continue
            assert part.status == "interrupted"
            assert part.counts is None
            assert 0 <= part.settled < 1
            assert {chosen for chosen, sure in zip(part.portfolios, part.proven.tolist(), strict=True) if sure} <= known
            proven += int(part.proven.sum())
    assert proven > 0 or criteria == 3


def test_a_time_limit_leaves_an_honest_answer():
    """With next to no time there are points or none, never a claim."""
    instance = geographic_instance(1, 60, 4)
    for method in METHODS:
        part = frontier(instance, ["cost", "access"], method=method, time_limit=1e-9)
        assert part.status == "time_limit"
        assert not part.complete
        assert not part.proven.any()
        assert "not proven" in part.proof


def test_an_interrupt_keeps_what_was_found():
    """Control-C in a callback ends the search like a request to stop."""

    def interrupt(_):
        raise KeyboardInterrupt

    part = frontier(geographic_instance(1, 40, 4), ["cost", "access"], method="groups", callback=interrupt)
    assert part.status == "interrupted"
    assert not part.proven.any()


@pytest.mark.parametrize(
    ("criteria", "sentence"),
    [
        (["cost"], "in 2 to 4 criteria, not in 1"),
        (["cost", "cost"], "'cost' is named twice"),
        (["cost", "acess"], "did you mean 'access'"),
        (["cost", "access", "a", "b", "c"], "in 2 to 4 criteria, not in 5"),
    ],
)
def test_bad_criteria_are_refused_in_one_sentence(criteria, sentence):
    """Too few, too many, twice, unknown."""
    instance = geographic_instance(0, 6, 2)
    more = {name: Criterion(site=np.ones(6)) for name in "abc"}
    instance = instance.replace(criteria={**instance.criteria, **more}, weights=None)
    with pytest.raises(InputError, match=sentence):
        frontier(instance, criteria)


def test_capacities_and_unknown_methods_are_refused():
    """One sentence each."""
    instance = geographic_instance(0, 6, 2)
    with pytest.raises(InputError, match="capacities"):
        frontier(instance.replace(capacity=np.full(6, 1e9)), ["cost", "access"])
    with pytest.raises(InputError, match="did you mean 'groups'"):
        frontier(instance, ["cost", "access"], method="group")


def test_rules_in_conflict_are_named():
    """As everywhere, an impossible question names its rules."""
    instance = geographic_instance(0, 6, 2).replace(limits={"none": Limit(np.ones(6), upper=1)})
    with pytest.raises(InfeasibleError, match="'none'"):
        frontier(instance, ["cost", "access"])


# --- the parts ----------------------------------------------------------------------------------------------------


def test_the_filter_agrees_with_comparing_all_pairs():
    """Of every two rows that are equal one stays, and of two of which one dominates the better one."""
    for seed in range(40):
        random = np.random.default_rng(seed)
        values = random.integers(0, 5, (int(random.integers(0, 300)), int(random.integers(1, 5)))).astype(float)
        kept, equal_to = non_dominated(values, np.full(values.shape[1], 1e-9))
        weak = (values[:, None] <= values[None]).all(axis=2)
        strict = weak & ~weak.T
        assert set(map(tuple, values[kept])) == set(map(tuple, values[~strict.any(axis=0)]))
        assert len(set(map(tuple, values[kept]))) == len(kept)
        for row, place in enumerate(equal_to.tolist()):
            assert place < 0 or (values[row] == values[kept[place]]).all()


def test_thresholds_are_never_below_what_a_known_vector_reaches():
    """A threshold is the objective of some known vector as good; with few vectors it is the least such."""
    for seed in range(30):
        random = np.random.default_rng(seed)
        axes = int(random.integers(1, 4))
        known = random.random((int(random.integers(1, 40)), axes + 1))
        asked = np.concatenate([random.random((axes, 50)), known[:, :axes].T], axis=1)
        least = Thresholds(known, np.full(axes + 1, 1e-9)).least(asked)
        for column, threshold in zip(asked.T, least.tolist(), strict=True):
            as_good = known[(known[:, :axes] <= column + 1e-9).all(axis=1), -1]
            assert threshold == (as_good.min() if len(as_good) else np.inf)


def test_supported_points_are_those_that_some_weights_choose():
    """In two criteria the lower hull is known in closed form."""
    values = np.array([[0.0, 10.0], [1.0, 6.0], [2.0, 5.5], [3.0, 2.0], [4.0, 1.5], [5.0, 1.0], [6.0, 0.9]])
    # (4, 1.5) lies on the line between its neighbours; (2, 5.5) lies above the line from (1, 6) to (3, 2).
    assert supported(values).tolist() == [True, True, False, True, True, True, True]


@pytest.mark.parametrize("criteria", [2, 3, 4])
def test_supported_points_are_those_for_which_a_linear_program_finds_weights(criteria):
    """Random vectors, some of them on a grid so that many lie on common facets."""
    random = np.random.default_rng(criteria)
    for trial in range(6):
        values = random.random((30, criteria)) if trial % 2 else random.integers(0, 4, (30, criteria)).astype(float)
        values = values[non_dominated(values, np.full(criteria, 1e-9))[0]]
        found = [has_weights(values, row) for row in range(len(values))]
        assert supported(values).tolist() == found


def has_weights(values, row):
    """Return whether some weights, none negative, make a vector cheapest: a feasible linear program."""
    count, criteria = values.shape
    answer = optimize.linprog(
        np.zeros(criteria),
        A_ub=values[row] - values,
        b_ub=np.full(count, 1e-9),
        A_eq=np.ones((1, criteria)),
        b_eq=[1.0],
        bounds=[(0, 1)] * criteria,
    )
    return answer.status == 0


def test_a_relaxation_never_exceeds_the_objective():
    """Whatever the multipliers, and close to the portfolio it was made for."""
    for seed in range(20):
        instance = geographic_instance(seed, 12, 3)
        trade = Trade.of(instance, "access", ["cost"])
        problem, random = trade.problem, np.random.default_rng(seed)
        drawn = relaxation_of(problem, random.random(problem.number_of_demand_points) * 500)
        for chosen in combinations(range(12), 3):
            own = relaxation_at(problem, chosen)
            cost = problem.cost(chosen)
            assert drawn.constant + drawn.costs[list(chosen)].sum() <= cost * (1 + 1e-12)
            np.testing.assert_allclose(own.constant + own.costs[list(chosen)].sum(), cost, rtol=1e-9)


def test_the_first_front_holds_admissible_portfolios_that_do_not_dominate_each_other():
    """It proves nothing, but what it says of a portfolio is true."""
    for seed in range(6):
        instance = geographic_instance(seed, 11, 3, rules=True)
        trade = Trade.of(instance, "access", ["cost"])
        front = explore(trade, first_portfolios(trade))
        admissible = {frozenset(p) for p in all_vectors(instance, ["cost", "access"])}
        assert all(frozenset(p) in admissible for p in front.portfolios)


def test_searches_need_no_good_start():
    """With nothing known at the start every threshold is infinite; the frontier is the same."""
    for seed in range(8):
        instance = geographic_instance(seed, 12, 3, rules=seed % 2 == 0)
        trade = Trade.of(instance, "access", ["cost"])
        fronts = []
        for kind in (Groups, Sweep):
            search = kind(trade, Front.empty(2))
            assert search.run()
            fronts.append(search.found.front())
        assert fronts[0].portfolios == fronts[1].portfolios


def test_a_collector_keeps_counts_through_many_ties():
    """More rows than are held at once, few of them different."""
    random = np.random.default_rng(0)
    collector = Collector(np.full(2, 1e-9))
    rows = random.integers(0, 3, (60_000, 2)).astype(float)
    for begin in range(0, len(rows), 7000):
        block = rows[begin : begin + 7000]
        collector.add(block, np.arange(begin, begin + len(block))[:, None])
    front = collector.front()
    assert front.values.tolist() == [[0.0, 0.0]]
    assert front.counts.tolist() == [int((rows == 0).all(axis=1).sum())]
    assert front.portfolios == [(int(np.flatnonzero((rows == 0).all(axis=1))[0]),)]
