"""Scenarios: the robust portfolios are the best of all, by plain enumeration, whatever the rules and the ties."""

# ruff: noqa: E501 - a table of mistakes and the sentences that answer them reads best one per line

from __future__ import annotations

import json
import math
import re
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from siting.analysis.scenarios import OBJECTIVES, scenarios
from siting.command_line_scenarios import scenarios as command
from siting.errors import InfeasibleError, InputError
from siting.instance import Criterion, Instance, Limit
from siting.model import Model
from siting.scenario_master import ScenarioMaster
from siting.scenario_problem import Measure, ScenarioProblem, joint_instance
from siting.scenario_search import ScenarioSearch
from siting.search import Search
from tests.strategies import brute_force, geographic_instance, random_instance

SHIPPED = ("base", "prices_2023", "wholesale_2025")


# --- random scenarios and their oracle ----------------------------------------------------------------------------


def random_scenarios(seed: int) -> dict[str, Instance]:
    """Return a random instance and two to four variations of its numbers, its rules and its candidates."""
    base = random_instance(seed, largest=7)
    random = np.random.default_rng(seed + 10_000)
    instances = {"base": base}
    for number in range(int(random.integers(1, 4))):
        other = random_instance(seed * 7 + number, largest=7)
        changes = {}
        if random.random() < 0.8:
            changes["criteria"] = {name: varied(criterion, random) for name, criterion in base.criteria.items()}
        if random.random() < 0.3:
            changes["demand"] = random.integers(0, 4, base.number_of_demand_points).astype(float)
        if random.random() < 0.3:
            changes["forbidden"] = {random.choice(base.candidates).item(): "no grid"}
            changes["required"] = [name for name in base.required if name not in changes["forbidden"]]
        if random.random() < 0.3 and base.limits:
            name = next(iter(base.limits))
            limit = base.limits[name]
            changes["limits"] = {**base.limits, name: Limit(limit.coefficients * 2, limit.lower, limit.upper)}
        if random.random() < 0.3:
            changes["conflicts"] = (
                {"near": [(base.candidates[0], base.candidates[-1])]} if len(base.candidates) > 1 else {}
            )
        if random.random() < 0.2:
            changes["sites"] = (base.minimum_sites, min(base.number_of_candidates, base.maximum_sites + 1))
        changes["constant"] = other.constant
        instances[f"scenario {number}"] = base.replace(**changes)
    return instances


def varied(criterion: Criterion, random: np.random.Generator) -> Criterion:
    """Return a criterion with some of its numbers changed, scaled, or as it was."""
    kind = random.integers(4)
    if kind == 0:
        return criterion
    factor = float(random.choice([0.5, 1.0, 3.0]))

    def change(values: np.ndarray | None) -> np.ndarray | None:
        if values is None or kind == 1:
            return None if values is None else values * factor
        return values + random.integers(-2, 3, values.shape) * (np.abs(values).max() or 1.0) / 2

    return Criterion(change(criterion.site), change(criterion.service), criterion.unit, criterion.sense)


def oracle(instances: dict[str, Instance]) -> dict[frozenset, list[float]]:
    """Return the objectives of every portfolio admissible in all scenarios."""
    values = [brute_force(instance).values for instance in instances.values()]
    common = set(values[0]).intersection(*values)
    return {chosen: [value[chosen] for value in values] for chosen in common}


def measured(losses: list[float], caps: list[float]) -> float:
    """Return the dearest mixture of losses under caps, from the definition: fill the dearest first."""
    left, total = 1.0, []
    for loss, cap in sorted(zip(losses, caps, strict=True), reverse=True):
        taken = min(left, cap)
        left -= taken
        total.append(taken * loss)
    return math.fsum(total)


def caps_of(objective: str, probabilities: list[float], alpha: float) -> list[float]:
    """Return the largest share of each scenario in the mixture that an objective takes."""
    if objective in ("regret", "worst"):
        return [1.0] * len(probabilities)
    return probabilities if objective == "expected" else [p / (1 - alpha) for p in probabilities]


def rounding(problem: ScenarioProblem) -> float:
    """Return how far sums over the problem may differ by rounding."""
    return 1e-8 * problem.magnitude + 1e-12


@pytest.mark.parametrize("block", range(6))
def test_every_robust_portfolio_is_the_best_of_all_portfolios(block, effort):
    """The walk over sets and HiGHS find what comparing every portfolio finds, for each objective."""
    compared = 0
    for seed in range(block * 40 * effort, (block + 1) * 40 * effort):
        instances = random_scenarios(seed)
        everything = oracle(instances)
        try:
            joint = joint_instance(instances)
        except InfeasibleError:
            assert not everything
            continue
        problem = ScenarioProblem.of(instances, joint)
        bests = [min(brute_force(one).values.values(), default=0.0) for one in instances.values()]
        random = np.random.default_rng(seed)
        chances, alpha = random.dirichlet(np.ones(len(instances))).tolist(), float(random.uniform(0.05, 0.95))
        for objective in OBJECTIVES:
            references = bests if "regret" in objective else [0.0] * len(bests)
            caps = caps_of(objective, chances, alpha)
            measure = Measure(np.array(references), np.minimum(1.0, caps))
            for longest_walk in (60_000, 0) if seed % 3 == 0 else (60_000,):
                search = Search()
                found = ScenarioSearch(problem, measure, search, longest_walk=longest_walk).solve()
                assert found == bool(everything)
                if not found:
                    continue
                least = min(
                    measured([loss - best for loss, best in zip(losses, references, strict=True)], caps)
                    for losses in everything.values()
                )
                assert search.stop_reason == "optimal"
                assert search.upper == pytest.approx(least, abs=rounding(problem))
                chosen = frozenset(joint.candidates[position] for position in search.chosen)
                excess = [a - b for a, b in zip(everything[chosen], references, strict=True)]
                assert measured(excess, caps) == pytest.approx(least, abs=rounding(problem))
                compared += 1
    assert compared > 30


def test_losses_of_the_arrays_are_those_of_every_instance():
    """Shared and separate service matrices add up to the objective of each scenario."""
    for seed in range(60):
        instances = random_scenarios(seed)
        everything = oracle(instances)
        if not everything:
            continue
        joint = joint_instance(instances)
        problem = ScenarioProblem.of(instances, joint)
        for chosen, losses in everything.items():
            places = [joint.position(name) for name in chosen]
            inside = np.flatnonzero(np.isin(problem.positions, places))
            assert problem.losses(inside[None, :])[0] == pytest.approx(losses, abs=rounding(problem))


def test_joint_rules_admit_what_every_scenario_admits():
    """A portfolio satisfies the joint rules if and only if it satisfies those of each scenario."""
    for seed in range(60):
        instances = random_scenarios(seed)
        admissible = set(oracle(instances))
        try:
            joint = joint_instance(instances)
        except InfeasibleError:
            assert not admissible
            continue
        assert set(brute_force(joint).values) == admissible


def test_mid_sized_scenarios_agree_between_the_walk_and_highs():
    """On geographies with rules, two searches that share no code after the bounds prove the same value."""
    for seed in range(3):
        base = geographic_instance(seed, 40, 4, rules=True)
        random = np.random.default_rng(seed)
        cost = base.criteria["cost"]
        instances = {"base": base}
        for name in "abc":
            changed = Criterion(site=cost.site * random.uniform(0.3, 2.5, 40), unit="EUR")
            instances[name] = base.replace(criteria={**base.criteria, "cost": changed})
        instances["c"] = instances["c"].replace(demand=base.demand * random.uniform(0.2, 3.0, 40))
        joint = joint_instance(instances)
        problem = ScenarioProblem.of(instances, joint)
        bests = np.array([solved(one) for one in instances.values()])
        measure = Measure(bests, np.ones(4))
        walked, asked = Search(), Search()
        ScenarioSearch(problem, measure, walked).solve()
        search = ScenarioSearch(problem, measure, asked)
        search.solve()
        alone = Search(chosen=asked.chosen, upper=asked.upper * 1.2 + 1, magnitude=asked.magnitude)
        ScenarioMaster(problem, measure, alone).solve()
        assert walked.stop_reason == alone.stop_reason == "optimal"
        assert alone.upper == pytest.approx(walked.upper, rel=1e-7)


def solved(instance: Instance) -> float:
    """Return the optimum of one instance."""
    from siting.engine import solve_instance

    return float(solve_instance(instance).objective)


def test_a_measure_is_its_definition():
    """Worst case, mean and conditional value at risk of four losses, by hand."""
    losses = np.array([1.0, 5.0, 3.0, 2.0])
    quarter = np.full(4, 0.25)
    assert Measure(np.zeros(4), np.ones(4)).value(losses) == 5.0
    assert Measure(np.zeros(4), quarter).value(losses) == 2.75
    assert Measure(np.zeros(4), quarter / 0.5).value(losses) == 4.0
    assert Measure(np.zeros(4), np.minimum(1, quarter / 0.3)).value(losses) == pytest.approx(
        (5 * 0.25 + 3 * 0.05) / 0.3
    )
    assert Measure(np.array([0.0, 5.0, 0.0, 0.0]), np.ones(4)).mixture(losses).tolist() == [0.0, 0.0, 1.0, 0.0]


# --- the analysis -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    """Return the shipped model over all of its scenarios."""
    return scenarios("gigafactories")


def test_the_shipped_model_keeps_its_answer_and_has_proven_robust_portfolios(shipped):
    """The base is the shipped optimum, and every robust portfolio is proven."""
    assert shipped.optima["base"].portfolio == ("DE40", "ES41", "FRB0", "ITC4")
    assert round(shipped.optima["base"].objective, 6) == 0.202852
    assert {robust.status for robust in shipped.robust.values()} == {"optimal"}
    assert set(shipped.robust) == set(OBJECTIVES)
    least = shipped.robust["regret"].value
    complete = shipped.table["largest_regret"].dropna()
    assert least == pytest.approx(complete.min())
    assert "never loses more than" in shipped.headline


def test_no_swap_of_the_shipped_robust_portfolio_does_better(shipped):
    """Every exchange of one site, and thousands of exchanges of two, have at least its largest regret."""
    question, robust = shipped.question, shipped.robust["regret"]
    joint = joint_instance(question.instances)
    problem = ScenarioProblem.of(question.instances, joint)
    chosen = {int(np.flatnonzero(problem.positions == joint.position(name))[0]) for name in robust.portfolio}
    others = [number for number in range(problem.number_of_candidates) if number not in chosen]
    random = np.random.default_rng(0)
    swaps = [(chosen - {out}) | {into} for out in chosen for into in others]
    swaps += [
        (chosen - {*random.choice(sorted(chosen), 2, replace=False).tolist()}) | {*random.choice(others, 2).tolist()}
        for _ in range(4000)
    ]
    sets = np.array([sorted(swap) for swap in swaps if problem.constraints.admissible(sorted(swap))])
    measure = Measure(shipped.references.to_numpy(), np.ones(len(question.instances)))
    values = np.concatenate([measure.value(problem.losses(part)) for part in np.array_split(sets, 20)])
    assert len(values) > 500
    assert values.min() >= robust.value - 1e-12


def test_a_scenario_that_changes_nothing_has_the_base_as_its_best():
    """Regret is then nothing, and the headline says that the base is the best."""
    found = scenarios("gigafactories", scenarios={"same": {}})
    assert found.robust["regret"].value == pytest.approx(0, abs=1e-12)
    assert "the best of the model as it stands" in found.headline


def test_weights_of_a_scenario_count_under_the_scales_of_the_base():
    """A scenario of other priorities is measured with the ruler of the model as it stands."""
    found = scenarios("gigafactories", scenarios={"speed": {"weights": {"latency": 0.75, "energy_cost": 0.0}}})
    assert found.optima["speed"].portfolio != found.optima["base"].portfolio
    assert found.question.instances["speed"].weights["energy_cost"] == 0


def test_workers_give_the_same_answer():
    """Scenarios solved on two worker processes give the same numbers."""
    alone = scenarios("gigafactories", scenarios=SHIPPED)
    with ProcessPoolExecutor(2) as executor:
        together = scenarios("gigafactories", scenarios=SHIPPED, executor=executor)
    assert together.robust["regret"].portfolio == alone.robust["regret"].portfolio
    assert together.losses.equals(alone.losses)


def test_a_monetised_model_states_regret_in_euros():
    """Without scales the objective is EUR per year already."""
    found = scenarios("gigafactories-monetised", scenarios=SHIPPED)
    assert found.question.eur_per_year == 1.0
    assert "EUR/yr" in found.headline


def test_a_portfolio_that_a_scenario_refuses_has_no_regret_there():
    """It is reported as not admissible instead of being given a number."""
    cost = Criterion(site=[1.0, 2.0, 3.0])
    instance = Instance(sites=1, criteria={"cost": cost}, candidates=["a", "b", "c"])
    found = scenarios(instance, scenarios={"late": {"forbidden": ["a"]}})
    assert found.portfolio == ("b",)
    assert math.isnan(found.table.loc["a", "late"])
    assert any("a is not admissible in late" in note for note in found.notes)
    assert json.dumps(found.to_dict())


def test_a_stopped_search_says_so(monkeypatch):
    """Without time for a proof, a robust portfolio is reported with its bound."""
    monkeypatch.setattr("siting.scenario_search.ScenarioSearch._prove", lambda *_: None)
    monkeypatch.setattr("siting.scenario_search.ScenarioSearch._bound", lambda *_: None)
    found = scenarios("gigafactories", scenarios=SHIPPED, time_limit=60.0)
    robust = found.robust["regret"]
    assert robust.status == "time_limit"
    assert robust.bound <= robust.value
    assert "not proven" in found.headline


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"scenarios": ["prices_2032"]}, "no scenario is called 'prices_2032'; did you mean 'prices_2023'?"),
        ({"scenarios": []}, "gigafactories has no scenarios to compare; add a table [scenarios.NAME] to the model or pass scenarios="),
        ({"scenarios": "prices_2023"}, "scenarios is 'prices_2023'; give names in a list, or a mapping of names to overrides"),
        ({"scenarios": {"x": {"site": 5}}}, "gigafactories: [scenarios.x] unknown override 'site'; did you mean 'sites'?"),
        ({"scenarios": {"x": 5}}, "scenario 'x' is 5; give a table of overrides, {'sites': 5}"),
        ({"alpha": 1.0}, "alpha is 1.0; it must lie between 0 and 1, both excluded"),
        ({"alpha": 0}, "alpha is 0; it must lie between 0 and 1, both excluded"),
        ({"objective": "regrets"}, "objective 'regrets' is unknown; did you mean 'regret'?"),
        ({"scenarios": ["base", "prices_2023"], "probabilities": {"base": 0.5, "prices_2023": 0.4}}, "the probabilities of the scenarios sum to 0.9; they must sum to 1"),
        ({"scenarios": ["base", "prices_2023"], "probabilities": {"base": 1.0}}, "the probability of scenario 'prices_2023' is missing; every scenario needs one"),
        ({"scenarios": ["base", "prices_2023"], "probabilities": {"base": 1.5, "prices_2023": -0.5}}, "the probability of scenario 'prices_2023' is -0.5; it must be a number, at least 0"),
        ({"scenarios": ["base", "prices_2023"], "probabilities": {"bas": 1.0}}, "probabilities name the scenario 'bas', which is not asked for; did you mean 'base'?"),
        ({"scenarios": {"x": {"criteria": {"carbon": True}}}}, "scenario 'x': the two models differ in the criterion 'carbon' and cannot be measured with one ruler"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(options, sentence):
    """Each says what is wrong and names the nearest valid thing."""
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        scenarios("gigafactories", **options)


def test_a_model_without_scenarios_says_how_to_get_some():
    """The sentence names the table to add."""
    bare = Model.load("gigafactories").replace(scenarios=dict.fromkeys(Model.load("gigafactories").scenarios))
    with pytest.raises(InputError, match=r"add a table \[scenarios\.NAME\]"):
        scenarios(bare)


def test_a_scenario_without_any_portfolio_is_named():
    """The rules in conflict are named with the scenario."""
    with pytest.raises(InfeasibleError, match=r"scenario 'far'.*km"):
        scenarios("gigafactories", scenarios={"far": {"rules": {"spacing": {"minimum_km": 4000.0}}}})


def test_scenarios_that_exclude_each_other_are_named():
    """Each has portfolios, but none is admissible in both."""
    instance = Instance(sites=1, criteria={"cost": Criterion(site=[1.0, 2.0])}, candidates=["a", "b"])
    with pytest.raises(InfeasibleError, match=r"the scenarios together: no portfolio"):
        scenarios(instance, scenarios={"no a": {"forbidden": ["a"]}, "no b": {"forbidden": ["b"]}})
    with pytest.raises(InfeasibleError, match="they ask for 2 sites at least, 1 at most"):
        scenarios(instance, scenarios={"two": {"sites": 2}})
    with pytest.raises(InfeasibleError, match="'a' is required in one"):
        scenarios(instance, scenarios={"with a": {"required": ["a"]}, "no a": {"forbidden": {"a": "no grid"}}})


def test_capacities_are_refused():
    """A choice over several scenarios does not know them."""
    instance = Instance(sites=1, criteria={"ms": Criterion(service=[[1.0, 2.0]])}, capacity=[1.0, 1.0])
    with pytest.raises(InputError, match="capacities"):
        scenarios(instance, scenarios={"more": {"demand": [0.5]}})


# --- model files --------------------------------------------------------------------------------------------------


def test_scenarios_of_a_model_survive_writing_and_replacing():
    """They are kept by to_toml, to_mapping and replace, merged by based_on, and dropped by false."""
    model = Model.load("gigafactories")
    assert Model.from_toml_text(model.to_toml()) == model
    assert model.replace(sites=5).scenarios == model.scenarios
    text = 'based_on = "gigafactories"\nscenarios = { prices_2023 = false, five = { sites = 5 } }\n'
    merged = Model.from_toml_text(text).scenarios
    assert "prices_2023" not in merged
    assert merged["five"] == {"sites": 5}
    assert "wholesale_2025" in merged


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("site = 5", "my.toml: [scenarios.x] unknown key 'site'; did you mean 'sites'?"),
        ('data = { price_perod = "2023" }', "my.toml: [scenarios.x] unknown key 'price_perod' in [data]; did you mean 'price_period'?"),
        ("rules = { spacin = false }", "my.toml: [scenarios.x] the model has no 'spacin' in rules; did you mean 'spacing'?"),
        ("weights = { latencey = 1 }", "my.toml: [scenarios.x] weights name the criterion 'latencey', which the model lacks; did you mean 'latency'?"),
        ('objective = "monetised"', "my.toml: [scenarios.x] may not change objective: the objectives of scenarios could not be compared"),
        ("scenarios = { y = {} }", "my.toml: [scenarios.x] may not change scenarios: scenarios do not hold scenarios"),
    ],
)  # fmt: skip
def test_a_misspelt_scenario_is_one_sentence_when_the_file_is_read(table, sentence):
    """The scenario and the nearest valid key are named."""
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}$"):
        Model.from_toml_text(f'based_on = "gigafactories"\n[scenarios.x]\n{table}\n', source="my.toml")


def test_base_is_no_name_for_a_scenario():
    """The model as it stands is called that."""
    with pytest.raises(InputError, match="'base' is what the model itself is called"):
        Model.from_toml_text('based_on = "gigafactories"\n[scenarios.base]\nsites = 5\n')


# --- the face -----------------------------------------------------------------------------------------------------


def run(*arguments: str):
    """Run the subcommand as the command line does."""
    application = Typer()
    application.command()(command)
    return CliRunner().invoke(application, list(arguments), env={"COLUMNS": "200"})


def test_the_subcommand_prints_and_writes(tmp_path):
    """Headline, tables and notes on the screen; table and chart in files."""
    chart, table = tmp_path / "regret.png", tmp_path / "regret.csv"
    result = run("--scenario", "base", "--scenario", "prices_2023", "--to", str(chart), "--to", str(table))
    assert result.exit_code == 0, result.output
    assert "never loses more than" in result.output.replace("\n", " ")
    assert chart.stat().st_size > 10_000
    assert table.read_text(encoding="utf-8").startswith("portfolio,base,prices_2023,largest_regret")


def test_the_subcommand_speaks_json():
    """Nothing but JSON is printed."""
    result = run("--scenario", "base", "--scenario", "prices_2023", "--objective", "cvar", "--alpha", "0.5",
                 "--probability", "base=0.25", "--probability", "prices_2023=0.75", "--json")  # fmt: skip
    held = json.loads(result.output)
    assert [row["probability"] for row in held["scenarios"]] == [0.25, 0.75]


def test_a_chart_names_every_scenario_and_portfolio(shipped):
    """The shades carry numbers, the axes carry names."""
    ax = shipped.plot().ax
    assert next(label.get_text() for label in ax.get_xticklabels()) == "base"
    assert len(ax.get_yticklabels()) == len(shipped.table)
