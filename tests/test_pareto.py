"""The analysis `pareto`: what the frontier says, shows, draws and writes."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from strategies import geographic_instance
from typer import Typer
from typer.testing import CliRunner

from siting.analysis.pareto import pareto
from siting.command_line_pareto import pareto as command
from siting.constraints import Constraints
from siting.errors import InfeasibleError, InputError
from siting.evaluation import evaluate
from siting.instance import Criterion, Instance, Limit
from siting.preparation import prepare

CRITERIA = ["energy_cost", "latency"]


@pytest.fixture(scope="module")
def shipped():
    """Prepare the shipped model, its scales found once."""
    return prepare("gigafactories")


@pytest.fixture(scope="module")
def pair(shipped):
    """Return its frontier in energy cost and latency."""
    return pareto(shipped.instance, criteria=CRITERIA)


@pytest.fixture(scope="module")
def small():
    """Return a frontier in four criteria of a small instance, with the instance's own optimum on it."""
    instance = geographic_instance(3, 14, 3)
    random = np.random.default_rng(3)
    more = {
        "room": Criterion(site=random.integers(0, 5, 14).astype(float), sense="max", unit="MVA"),
        "noise": Criterion(site=random.random(14)),
    }
    return pareto(instance.replace(criteria={**instance.criteria, **more}, weights=None))


def test_two_criteria_of_the_shipped_model_agree_with_every_portfolio_of_a_part_of_it(shipped):
    """Thirty candidates, drawn; every admissible set of four is evaluated on its own."""
    instance = shipped.instance
    random = np.random.default_rng(7)
    allowed = [place for place in instance.candidates if place not in instance.forbidden]
    kept = {allowed[place] for place in random.choice(len(allowed), 30, replace=False).tolist()}
    part = instance.replace(forbidden={place: "left out" for place in instance.candidates if place not in kept})
    found = pareto(part, criteria=CRITERIA)
    vectors = every_vector(part)
    undominated = {
        tuple(own) for own in vectors if not ((vectors <= own).all(axis=1) & (vectors < own).any(axis=1)).any()
    }
    assert len(vectors) > 1000
    np.testing.assert_allclose(sorted(undominated), found.points.values, rtol=1e-12)


def every_vector(instance):
    """Return energy cost and latency of every admissible set of four, by plain loops over index arrays."""
    rules = Constraints.of(instance)
    cost, delay = instance.criteria["energy_cost"].site, instance.criteria["latency"].service
    free = np.flatnonzero(~rules.forbidden)
    sets = np.array(list(combinations(free.tolist(), 4)))
    for one in range(4):
        for other in range(one):
            sets = sets[~rules.conflicts[sets[:, one], sets[:, other]]]
    activity = rules.matrix[:, sets].sum(axis=2)
    sets = sets[((activity <= rules.upper[:, None] + 1e-9) & (activity >= rules.lower[:, None] - 1e-9)).all(axis=0)]
    latency = [float(instance.demand @ delay[:, chosen].min(axis=1)) for chosen in sets]
    return np.column_stack([cost[sets].sum(axis=1), latency])


def test_the_frontier_of_the_shipped_model_is_complete_and_quickly_enumerated_parts_agree(pair):
    """Best in the first criterion first, the second getting better along the table."""
    table = pair.table
    assert pair.complete
    assert table.index.name == "point"
    assert table["energy_cost"].is_monotonic_increasing
    assert table["latency"].is_monotonic_decreasing
    assert table["supported"].iloc[[0, -1]].all()
    assert not table["supported"].all(), "unsupported points are found"
    assert (table["equal_portfolios"] >= 1).all()
    assert pair.ideal["energy_cost"] == table["energy_cost"].min()
    assert pair.nadir["latency"] == table["latency"].max()


def test_the_rate_of_exchange_is_what_the_next_point_costs(pair):
    """EUR per year and ms between neighbours; the last point has no next."""
    table = pair.table
    rate = table["energy_cost_per_latency"]
    steps = table[CRITERIA].diff().abs().shift(-1)
    np.testing.assert_allclose(rate[:-1], (steps["energy_cost"] / steps["latency"])[:-1])
    assert np.isnan(rate.iloc[-1])
    assert any("EUR/yr per ms" in note for note in pair.notes)


def test_the_optimum_of_all_weights_is_shown_where_it_lies_off_a_frontier_of_two(pair):
    """It gives something up for the criteria not asked for, and the notes say so."""
    assert pair.chosen is None
    assert not pair.table["chosen"].any()
    assert any("count other criteria too" in note for note in pair.notes)
    beaten = (pair.points.values <= pair.optimum_values).all(axis=1)
    assert beaten.any()


def test_the_optimum_is_a_point_where_all_weighted_criteria_are_asked_for(small):
    """It is marked once, and its values are those of the evaluation."""
    instance = small.prepared.instance
    assert small.table["chosen"].sum() == 1
    row = small.table.loc[small.chosen]
    values = evaluate(instance, [instance.position(identifier) for identifier in small.optimum]).values
    np.testing.assert_allclose([row[name] for name in small.criteria], [values[name] for name in small.criteria])
    assert row["supported"]


def test_the_knee_is_the_point_farthest_below_the_plane_through_the_ends(small):
    """Of all points it has the least sum of criteria measured from ideal to nadir."""
    span = (small.points.values - small.ideal.to_numpy()) / (small.nadir - small.ideal).to_numpy()
    assert small.knee == int(span.sum(axis=1).argmin()) + 1


def test_the_nadir_of_a_payoff_table_may_differ_from_the_exact_one():
    """With three criteria the worst value on the frontier need not be at a portfolio best for one of them."""
    criteria = {
        "a": Criterion(site=[0.0, 9.0, 5.0, 5.0]),
        "b": Criterion(site=[5.0, 0.0, 6.0, 1.0]),
        "c": Criterion(site=[6.0, 5.0, 0.0, 9.0]),
    }
    found = pareto(Instance(sites=1, criteria=criteria))
    assert len(found.table) == 4
    assert found.nadir["c"] == 9.0
    assert found.payoff_nadir["c"] == 6.0


def test_a_criterion_that_is_the_same_everywhere_drops_out_with_a_note():
    """Told apart from one that is merely at its best along the frontier."""
    criteria = {
        "cost": Criterion(site=[1.0, 2.0, 3.0]),
        "noise": Criterion(site=[3.0, 2.0, 1.0]),
        "fee": Criterion(site=[5.0, 5.0, 5.0], unit="EUR"),
    }
    found = pareto(Instance(sites=2, criteria=criteria))
    assert any("'fee' is 10 EUR in every portfolio and drops out" in note for note in found.notes)
    free = {"cost": Criterion(site=[1.0, 2.0]), "noise": Criterion(site=[1.0, 2.0])}
    alone = pareto(Instance(sites=1, criteria=free))
    assert "best in cost and noise at once" in alone.headline
    assert any("nothing is traded for it" in note for note in alone.notes)


def test_the_result_is_written_whole_and_read_back(small, tmp_path):
    """CSV holds the table, JSON everything; nothing in it is unreadable for another program."""
    table = pd.read_csv(small.to_file(tmp_path / "frontier.csv"))
    assert len(table) == len(small.table)
    held = json.loads(small.to_file(tmp_path / "frontier.json").read_text("utf-8"))
    assert len(held["table"]) == len(small.table)
    assert {row["criterion"] for row in held["criteria"]} == set(small.criteria)
    assert "<table" in small._repr_html_()


@pytest.mark.parametrize("kind", [None, "parallel", "pairs"])
def test_the_charts_are_drawn(small, kind, tmp_path):
    """Each kind is written as a file, with the units on it."""
    chart = small.plot(kind=kind)
    assert chart.save(tmp_path / "frontier.png", dpi=60).stat().st_size > 5000


def test_a_trade_off_says_which_direction_is_better(pair):
    """On both axes, with the unit, and the chosen portfolio in the legend."""
    axes = pair.plot().ax
    assert axes.get_xlabel() == "energy cost, million EUR/yr  (← better)"
    assert axes.get_ylabel() == "latency, ms  (← better)"
    assert any("chosen" in text.get_text() for text in axes.get_legend().get_texts())
    assert pair.plot(axes) is axes


def test_a_chart_that_does_not_fit_is_refused(small):
    """One sentence each."""
    with pytest.raises(InputError, match="did you mean 'parallel'"):
        small.plot(kind="paralel")
    with pytest.raises(InputError, match="drawn for two criteria, and there are 4"):
        small.plot(kind="trade-off")


@pytest.mark.parametrize(
    ("criteria", "sentence"),
    [
        (["latency"], "2 to 4 criteria, not in 1"),
        (["latency", "enrgy_cost"], "did you mean 'energy_cost'"),
    ],
)
def test_bad_criteria_are_refused(shipped, criteria, sentence):
    """One sentence, with the nearest name."""
    with pytest.raises(InputError, match=sentence):
        pareto(shipped.instance, criteria=criteria)


def test_the_default_is_refused_where_one_criterion_has_a_weight(shipped):
    """One weight is no trade-off."""
    alone = shipped.instance.replace(weights={"latency": 1.0})
    with pytest.raises(InputError, match=r"1 criteria have a weight.*name them, among: energy_cost"):
        pareto(alone)


def test_an_impossible_question_names_its_rules():
    """As in `solve`."""
    instance = geographic_instance(0, 6, 2).replace(limits={"none": Limit(np.ones(6), upper=1)})
    with pytest.raises(InfeasibleError, match="'none'"):
        pareto(instance)


def test_a_stopped_search_says_so():
    """The headline names the limit, the table which points are proven, and nothing claims to be complete."""
    told = []

    def stop(progress):
        told.append(progress)
        return True

    part = pareto(geographic_instance(2, 60, 4), callback=stop)
    assert told
    assert not part.complete
    assert part.headline.startswith("Stopped by request: ")
    assert "are settled" in part.headline
    assert "proven" in part.table.columns
    assert "equal_portfolios" not in part.table.columns
    assert part.table["proven"].sum() < len(part.table)


# --- command line -------------------------------------------------------------------------------------------------

application = Typer()
application.command()(command)


def test_the_command_prints_the_frontier_and_writes_files(tmp_path):
    """A table on the screen, the chart and the table as files."""
    files = [tmp_path / "frontier.csv", tmp_path / "frontier.png"]
    arguments = ["gigafactories", "--criterion", "grid_capacity", "--criterion", "latency"]
    result = CliRunner().invoke(application, [*arguments, "--to", str(files[0]), "--to", str(files[1])])
    assert result.exit_code == 0, result.output
    assert "not dominated in grid capacity and latency" in " ".join(result.output.split())
    assert all(file.stat().st_size > 0 for file in files)


def test_the_command_prints_json_and_nothing_else():
    """Ready for another program."""
    result = CliRunner().invoke(application, ["--criterion", "grid_capacity", "--criterion", "latency", "--json"])
    held = json.loads(result.stdout)
    assert held["table"][0]["portfolio"]
    assert held["criteria"][1]["unit"] == "ms"
