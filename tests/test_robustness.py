"""Robustness: every draw against brute force, shares that add up, the same answer wherever it is computed."""

from __future__ import annotations

import json
import math
import os
import pickle
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import strategies
import typer
from scipy import stats
from typer.testing import CliRunner

from siting.acceptability import Experiment, solve_draw, wilson
from siting.analysis import robustness as module
from siting.analysis._robustness_variants import VariantBuilder
from siting.analysis.robustness import Robustness, robustness
from siting.command_line_robustness import robustness as command
from siting.engine import solve_instance
from siting.errors import InfeasibleError, InputError
from siting.executors import run_many
from siting.instance import Criterion, Instance
from siting.model import Model
from siting.preparation import prepare

if TYPE_CHECKING:
    from siting.solution import Solution


def small(seed: int = 0, count: int = 14) -> Instance:
    """Return an instance with criteria of like size, country caps and a spacing."""
    geographic = strategies.geographic_instance(seed, count, 3, rules=True)
    access = geographic.criteria["access"]
    cost = Criterion(site=geographic.criteria["cost"].site * 5, unit="EUR")
    return geographic.replace(criteria={"access": access, "cost": cost}, demand=geographic.demand / 2)


@pytest.fixture(scope="module")
def shipped() -> Solution:
    """Return the shipped model, solved once; its scales are taken over."""
    from siting.solving import solve

    return solve("gigafactories")


def perturbed(experiment: Experiment, number: int) -> Instance:
    """Return the instance of a draw, put together from the definition: weights and factors times the base."""
    drawn, base = experiment.draw(number), experiment.instance
    criteria = {}
    for name, criterion in base.criteria.items():
        factors = drawn.factors.get(name, np.ones(base.number_of_candidates))
        criteria[name] = Criterion(
            site=None if criterion.site is None else criterion.site * factors,
            service=None if criterion.service is None else criterion.service * factors[0],
            sense=criterion.sense,
        )
    return base.replace(criteria=criteria, weights=drawn.weights)


def experiment_of(result_of: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Experiment, Robustness]:
    """Run and also return what was sent to the workers."""
    sent: list[Experiment] = []

    def spied(experiment: Experiment, *arguments: Any, **options: Any) -> Any:
        sent.append(experiment)
        return run_many(experiment, *arguments, **options)

    monkeypatch.setattr(module, "run_many", spied)
    result = robustness(**result_of)
    return sent[0], result


class TestAgainstBruteForce:
    """Each draw is the optimum of all admissible portfolios."""

    def test_weights_and_noise_on_random_instances_with_every_kind_of_rule(
        self, effort: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Objective and winner of each draw agree with enumeration; so does the regret of the base portfolio."""
        compared = 0
        for seed in range(60 * effort):
            instance = strategies.random_instance(seed, 7)
            data = {"access": 0.3, "cost": (0.5, 2.0)} if seed % 2 else {"cost": 0.2}
            try:
                asked = {"model": instance, "draws": 3, "data": data, "seed": seed}
                experiment, result = experiment_of(asked, monkeypatch)
            except InfeasibleError:
                assert not strategies.brute_force(instance).feasible
                continue
            assert result.complete
            for number in range(3):
                drawn = perturbed(experiment, number)
                oracle = strategies.brute_force(drawn)
                row = result.draws.loc[number]
                rounding = 1e-9 * max(strategies.magnitude(drawn), 1e-300)
                assert row["objective"] == pytest.approx(oracle.objective, abs=rounding)
                assert oracle.values[frozenset(row["portfolio"])] == pytest.approx(oracle.objective, abs=rounding)
                base = oracle.values[frozenset(result.portfolio)]
                assert row["judged_objective"] == pytest.approx(base, abs=rounding)
                assert row["regret"] == pytest.approx(base - oracle.objective, abs=2 * rounding)
                compared += 1
        assert compared > 60 * effort

    def test_instances_with_capacities(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The judged portfolio is served anew in each draw."""
        compared = 0
        for seed in range(12):
            instance = strategies.capacitated_instance(seed, 5)
            try:
                asked = {"model": instance, "draws": 2, "data": {"cost": 0.3}}
                experiment, result = experiment_of(asked, monkeypatch)
            except InfeasibleError:
                continue
            for number in range(2):
                oracle = strategies.brute_force(perturbed(experiment, number).replace(capacity=instance.capacity))
                rounding = 1e-6 * max(strategies.magnitude(instance), 1e-300)
                row = result.draws.loc[number]
                assert row["objective"] == pytest.approx(oracle.objective, abs=rounding)
                assert row["judged_objective"] == pytest.approx(
                    oracle.values[frozenset(result.portfolio)], abs=rounding
                )
                compared += 1
        assert compared

    @pytest.mark.parametrize(
        ("overrides", "data"),
        [
            ({}, {"latency.slope_ms_per_km": (0.015, 0.021)}),
            ({}, {"latency.intercept_ms": (4.0, 12.0), "facility.load_factor": (0.7, 0.9)}),
            ({}, {"grid_capacity_mva": (0.4, 1.6)}),
            ({}, {"facility.accelerators": (80_000, 120_000)}),
            ({}, {"demand_weight": ["population", "gdp"]}),
            ({}, {"rules.spacing.minimum_km": [200.0, 300.0, 500.0]}),
            ({"price_series": "wholesale", "price_period": "2025"}, {"price_period": "history"}),
        ],
    )
    def test_draws_of_a_model_are_the_model_built_anew_with_that_value(
        self, overrides: dict[str, Any], data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is composed from arrays agrees with the whole way from the tables, under the scales of the base."""
        asked = {"model": "gigafactories", "draws": 4, "weights": "dirichlet:30", "data": data, **overrides}
        experiment, result = experiment_of(asked, monkeypatch)
        prepared = result.prepared
        builder = VariantBuilder(prepared, {})
        for number, answer in enumerate(result.answers[:3]):
            model = prepared.model
            for key, value in answer["values"].items():
                model = builder._with(key, value) if len(data) == 1 else model.replace(**nested(key, value))
            instance = prepared.rescaled(model)
            weighed = prepared.weighted(answer["weights"])
            left_out = set(experiment.instance.forbidden) - set(prepared.instance.forbidden)
            forbidden = {**instance.forbidden, **dict.fromkeys(left_out & set(instance.candidates), "left out")}
            found = solve_instance(
                instance.replace(weights=weighed.weights, constant=weighed.constant, forbidden=forbidden)
            )
            assert answer["objective"] == pytest.approx(found.objective, abs=1e-9)
            assert set(result.draws.loc[number, "portfolio"]) == set(found.portfolio)


def nested(key: str, value: Any) -> dict[str, Any]:
    """Return a dotted key as nested dictionaries."""
    *sections, last = key.split(".")
    override = {last: value}
    for section in reversed(sections):
        override = {section: override}
    return override


class TestShares:
    """What is counted adds up."""

    def test_shares_add_up(self) -> None:
        """Portfolios to 1, sites to the number of sites; each site to the portfolios that hold it."""
        result = robustness(small(), draws=200)
        assert result.portfolios["share"].sum() == pytest.approx(1)
        assert result.sites["share"].sum() == pytest.approx(3)
        for site, share in result.sites["share"].items():
            holding = [site in held for held in result.portfolios["portfolio"]]
            assert share == pytest.approx(result.portfolios.loc[holding, "share"].sum())
        own = result.draws["portfolio"].map(set) == set(result.portfolio)
        assert result.base_share == pytest.approx(own.mean())
        assert result.portfolios["share"].is_monotonic_decreasing

    def test_central_weights_are_the_means_of_the_draws_that_were_won(self) -> None:
        """And sum to 1."""
        result = robustness(small(), draws=100)
        columns = [name for name in result.sites.columns if name.startswith("weight_")]
        for site in result.sites.index[:3]:
            won = result.draws[[site in held for held in result.draws["portfolio"]]]
            assert np.allclose(result.sites.loc[site, columns].astype(float), won[columns].mean())
        assert np.allclose(result.portfolios[columns].sum(axis=1), 1)

    def test_regret_is_the_distribution_over_the_draws(self) -> None:
        """At least 0, and 0 where the judged portfolio wins."""
        result = robustness(small(), draws=100)
        regret = result.draws["regret"]
        assert (regret >= 0).all()
        assert result.regret["mean"] == pytest.approx(regret.mean())
        assert result.regret["95th percentile"] == pytest.approx(regret.quantile(0.95))
        assert result.regret["largest"] == regret.max()
        won = result.draws["portfolio"].map(set) == set(result.portfolio)
        assert (regret[won] == 0).all()
        assert (regret[~won] > -1e-12).all()

    def test_intervals_are_those_of_wilson(self) -> None:
        """As scipy computes them, and they cover the share in about 95 of 100 experiments."""
        for count, trials in ((0, 10), (3, 10), (10, 10), (81, 263), (999, 1000)):
            expected = stats.binomtest(count, trials).proportion_ci(method="wilson")
            assert wilson(count, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)
        random = np.random.default_rng(5)
        covered = [low <= 0.3 <= high for low, high in (wilson(random.binomial(200, 0.3), 200) for _ in range(2000))]
        assert 0.93 < np.mean(covered) < 0.97

    def test_unproven_draws_are_counted_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A draw without a proof is in no share and no regret."""
        real = solve_draw

        def limited(experiment: Experiment, number: int, seconds: float) -> dict[str, Any] | None:
            answer = real(experiment, number, seconds)
            return {**answer, "status": "time_limit"} if answer and number % 4 == 0 else answer

        monkeypatch.setattr(module, "solve_draw", limited)
        result = robustness(small(), draws=20)
        assert (result.done, result.count("time_limit"), result.complete) == (15, 5, False)
        assert result.portfolios["share"].sum() == pytest.approx(1)
        assert result.draws["regret"].isna().sum() == 5
        assert "5 draws ran into the time limit" in " ".join(result.notes)

    def test_draws_without_any_portfolio_are_counted_apart(self, shipped: Solution) -> None:
        """Where the data of a draw leave no admissible portfolio, that is said."""
        data = {"rules.spacing.minimum_km": [300.0, 2500.0]}
        result = robustness(shipped, draws=4, weights="fixed", data=data)
        assert result.complete
        assert result.count("infeasible") + result.done == 4
        assert result.count("infeasible") == (result.draws["rules.spacing.minimum_km"] == 2500.0).sum() > 0
        assert "admit no portfolio" in " ".join(result.notes)

    def test_a_judged_portfolio_that_rules_forbid_in_a_draw_has_no_regret_there(self, shipped: Solution) -> None:
        """It is no zero."""
        data = {"rules.spacing.minimum_km": [300.0, 900.0]}
        result = robustness(shipped, draws=10, weights="fixed", data=data)
        barred = result.draws["rules.spacing.minimum_km"] == 900.0
        assert 0 < barred.sum() < 10
        assert result.draws.loc[barred, "regret"].isna().all()
        assert result.regret["draws"] == (~barred).sum()
        assert "leaves its regret undefined" in " ".join(result.notes)


class TestUncertainWeights:
    """What is said about weights holds in every draw."""

    @pytest.mark.parametrize("order", ["cost > access", ["cost", "access"], ["cost", ">", "access"]])
    def test_an_order_is_kept(self, order: Any) -> None:
        """As text or as a list."""
        result = robustness(small(), draws=40, weights=order)
        assert (result.draws["weight_cost"] >= result.draws["weight_access"]).all()

    @pytest.mark.parametrize("intervals", [{"access": (0.2, 0.3)}, "access=0.2..0.3"])
    def test_intervals_are_kept(self, intervals: Any) -> None:
        """As a mapping or as text."""
        weights = robustness(small(), draws=40, weights=intervals).draws["weight_access"]
        assert ((weights >= 0.2) & (weights <= 0.3)).all()

    def test_fixed_weights_with_a_model_give_its_own_objective(self, shipped: Solution) -> None:
        """A draw in which nothing changes much has the objective of the model."""
        data = {"energy_cost": {"range": (1.0, 1.0 + 1e-12), "by": "all"}}
        result = robustness(shipped, draws=2, weights="fixed", data=data)
        assert result.draws["objective"].tolist() == pytest.approx([shipped.objective] * 2, abs=1e-9)
        assert result.base_share == 1

    def test_rates_of_a_monetised_model(self) -> None:
        """Intervals are EUR per unit there; the others stay."""
        rates = {"latency": (1e6, 9e6)}
        result = robustness("gigafactories-monetised", draws=4, weights=rates)
        assert result.draws["weight_latency"].between(1e6, 9e6).all()
        assert (result.draws["weight_energy_cost"] == 1).all()
        with pytest.raises(InputError, match="a monetised model has rates instead of weights"):
            robustness("gigafactories-monetised", draws=4)

    @pytest.mark.parametrize(
        ("weights", "sentence"),
        [
            ({"cost": (0.7, 0.8), "access": (0.5, 0.6)}, "the least of them sum to 1.2"),
            ({"cost": (0.0, 0.3), "access": (0.1, 0.6)}, "the most of them sum to 0.9"),
            ({"cost": (0.5, 0.2)}, "it must rise"),
            ({"cost": (0.5, 1.2)}, "weights are shares"),
            ({"cost": 0.5}, "give its least and its most"),
            ({"cots": (0.1, 0.2)}, "no criterion is called 'cots'; did you mean 'cost'?"),
            ("cost > cost > access", "names 'cost' twice"),
            ("cost > acess", "did you mean 'access'?"),
            (["cost"], "the order leaves out 'access'"),
            ("cost > > access", "does not alternate"),
            ("dirichlett", "did you mean 'dirichlet'?"),
            ("dirichlet:-1", "must be a number above 0"),
            ("fixed", "nothing is uncertain"),
            (0.5, "weights is a float"),
        ],
    )
    def test_what_contradicts_itself_is_one_sentence(self, weights: Any, sentence: str) -> None:
        """Naming what is wrong and the nearest valid thing."""
        with pytest.raises(InputError, match=sentence.replace("?", r"\?")):
            robustness(small(), draws=5, weights=weights)

    def test_a_criterion_without_a_weight_cannot_be_drawn(self, shipped: Solution) -> None:
        """It has no scale to be weighed by."""
        model = shipped.model.replace(criteria={"carbon": {"enabled": True, "weight": 0.0}})
        with pytest.raises(InputError, match="criterion 'carbon' has no weight in the model"):
            robustness(model, draws=3, weights={"carbon": (0.1, 0.2)})


class TestBadInput:
    """One sentence each."""

    @pytest.mark.parametrize("draws", [0, -3, 2.5, True, "many"])
    def test_the_number_of_draws(self, draws: Any) -> None:
        """A whole number, at least 1."""
        with pytest.raises(InputError, match="draws is"):
            robustness(small(), draws=draws)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"costs": 0.2}, "did you mean 'cost'?"),
            ({"cost": 1.5}, "a share up and down"),
            ({"cost": (2.0, 1.0)}, "two ends that rise"),
            ({"cost": (-1.0, 1.0)}, "they must be above 0"),
            ({"cost": "wide"}, "two ends that rise"),
            ({"cost": {"range": 0.1, "by": "county"}}, "did you mean 'country'?"),
            ({"cost": {"range": 0.1, "by": "country"}}, "the candidates have none"),
            ({"access": {"range": 0.1, "by": "candidate"}}, "one factor for all"),
            (["cost"], "data is a list"),
        ],
    )
    def test_data_of_an_instance(self, data: Any, sentence: str) -> None:
        """Only criteria can be uncertain there."""
        with pytest.raises(InputError, match=sentence.replace("?", r"\?")):
            robustness(small(), draws=5, data=data)

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"grid_capacity_mvaa": 0.2}, "did you mean 'grid_capacity_mva'?"),
            ({"latency.slope_ms_pr_km": (0.1, 0.2)}, "did you mean 'slope_ms_per_km'?"),
            ({"price_period": ["2025-S2"]}, "two or more different values"),
            ({"price_period": ["2025-S2", "2031-S1"]}, "has no period '2031-S1'"),
            ({"price_period": (1, 2)}, "give a list of values"),
            ({"demand_weight": "history"}, "only price_period has a history"),
            ({"facility.load_factor": "10%", "price_period": "history"}, "both change energy_cost"),
            ({"facility.load_factor": (0.5, 1.5)}, "load_factor = 1.5"),
            ({"grid_capacity_mva": {"range": 0.1, "by": "country"}}, "one value in each draw"),
        ],
    )
    def test_data_of_a_model(self, shipped: Solution, data: Any, sentence: str) -> None:
        """Keys and columns by their names, ranges that can be drawn, and no two that undo each other."""
        with pytest.raises(InputError, match=sentence.replace("?", r"\?")):
            robustness(shipped, draws=5, data=data)

    def test_a_portfolio_to_judge(self, shipped: Solution) -> None:
        """Known candidates that keep the rules."""
        with pytest.raises(InputError, match="unknown"):
            robustness(shipped, draws=5, portfolio=["Atlantis"])
        with pytest.raises(InputError, match="breaks a rule"):
            robustness(shipped, draws=5, portfolio=["ES41", "ES42", "FRB0", "ITC4"])
        judged = robustness(shipped, draws=5, portfolio=["Castilla y León", "FRB0", "ITC4", "PL22"])
        assert not judged.chosen
        assert "PL22" in judged.portfolio
        assert "The portfolio asked about" in judged.headline


class TestExecutors:
    """The same answer wherever it is computed; nothing is lost."""

    def test_the_answer_does_not_depend_on_the_executor(self) -> None:
        """Bit for bit: here, one worker, two workers."""
        asked = {"draws": 30, "data": {"cost": 0.3}, "seed": 4}
        here = robustness(small(), **asked)
        assert robustness(small(), **asked, executor=1).answers == here.answers
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            other = robustness(small(), **asked, executor=pool)
        assert other.answers == here.answers
        pd.testing.assert_frame_equal(other.sites, here.sites, check_exact=True)
        assert json.dumps(other.to_dict()) == json.dumps(here.to_dict())

    def test_a_draw_does_not_depend_on_how_many_there_are(self) -> None:
        """Draw 7 of 10 is draw 7 of 20; another seed gives other draws."""
        ten, twenty = (robustness(small(), draws=draws, seed=1).answers for draws in (10, 20))
        assert twenty[:10] == ten
        assert robustness(small(), draws=10, seed=2).answers != ten

    def test_portfolios_that_tie_are_told_apart_in_the_same_way_everywhere(self) -> None:
        """With every candidate twice, the same twin is named by every worker."""
        base = small(2, 8).replace(limits={}, conflicts={})
        order = [*range(8), *range(8)]
        criteria = {
            "access": Criterion(service=base.criteria["access"].service[:, order]),
            "cost": Criterion(site=base.criteria["cost"].site[order]),
        }
        twins = Instance(sites=3, criteria=criteria, demand=base.demand)
        here = robustness(twins, draws=24)
        assert robustness(twins, draws=24, executor=2).answers == here.answers

    def test_a_dask_cluster_gives_the_same_answer(self) -> None:
        """Two worker processes of a local cluster."""
        distributed = pytest.importorskip("distributed")
        asked = {"draws": 24, "data": {"cost": 0.3}}
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            ) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            found = robustness(small(), **asked, executor=client.get_executor())
        assert found.answers == robustness(small(), **asked).answers

    def test_a_killed_worker_loses_nothing(self) -> None:
        """A process of the pool is killed from outside while draws are solved."""
        here = robustness(small(), draws=60)
        killed = []

        def kill(done: int, total: int) -> None:
            if done >= total // 3 and not killed:
                for process in get_children():
                    killed.append(process)
                    os.kill(process, signal.SIGKILL)

        found = robustness(small(), draws=60, executor=2, callback=kill)
        assert killed
        assert found.answers == here.answers

    def test_a_cancelled_run_keeps_what_is_finished_and_resumes(self, tmp_path: Path) -> None:
        """It says that it is not complete; the same call goes on, also with more draws."""
        file = tmp_path / "run.jsonl"
        asked = {"data": {"cost": 0.3}, "checkpoint": file}
        first = robustness(small(), draws=20, **asked, callback=lambda done, _: done >= 7)
        assert (first.done, first.complete, first.count("missing")) == (7, False, 13)
        assert "13 draws were not begun" in " ".join(first.notes)
        assert first.portfolios["share"].sum() == pytest.approx(1)
        second = robustness(small(), draws=30, **asked, executor=1)
        assert (second.resumed, second.complete) == (7, True)
        assert second.answers == robustness(small(), draws=30, data={"cost": 0.3}).answers

    @pytest.mark.parametrize("change", [{"seed": 1}, {"data": {"cost": 0.2}}, {"weights": "dirichlet:9"}, {"sites": 2}])
    def test_the_checkpoint_of_another_question_is_refused(self, tmp_path: Path, change: dict[str, Any]) -> None:
        """Another seed, range, distribution or instance."""
        file = tmp_path / "run.jsonl"
        robustness(small(), draws=3, data={"cost": 0.3}, checkpoint=file)
        with pytest.raises(InputError, match="belongs to another run"):
            robustness(small(), **{"draws": 3, "data": {"cost": 0.3}, "checkpoint": file, **change})

    def test_tasks_are_numbers_and_the_experiment_leaves_caches_behind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a worker has built for itself is not sent."""
        experiment, _ = experiment_of({"model": small(), "draws": 3}, monkeypatch)
        assert experiment._families
        received = pickle.loads(pickle.dumps(experiment))  # noqa: S301 - written in the same line
        assert not received._families
        assert received.fingerprint() == experiment.fingerprint()

    def test_a_limit_that_is_over_at_once_leaves_draws_unbegun(self) -> None:
        """Whatever is finished is proven."""
        result = robustness(small(), draws=500, time_limit=0.05)
        assert not result.complete
        assert result.done + result.count("missing") + result.count("time_limit") == 500


def get_children() -> list[int]:
    """Return one worker process of this one."""
    import multiprocessing

    return [process.pid for process in multiprocessing.active_children() if process.pid][:1]


class TestShown:
    """Tables, files, charts and the command."""

    def test_files_hold_everything(self, tmp_path: Path, shipped: Solution) -> None:
        """CSV holds the sites, JSON all tables, counts and notes."""
        result = robustness(shipped, draws=6)
        table = pd.read_csv(result.to_file(tmp_path / "sites.csv"), index_col="candidate")
        assert table["share"].tolist() == pytest.approx(result.sites["share"].tolist())
        held = json.loads(result.to_file(tmp_path / "all.json").read_text(encoding="utf-8"))
        assert held["draws"] == {"asked": 6, "optimal": 6, "infeasible": 0, "time_limit": 0, "missing": 0}
        assert held["complete"] is True
        assert len(held["portfolios"]) == len(result.portfolios)
        assert "Castilla y León" in result._repr_html_()

    @pytest.mark.parametrize("what", ["sites", "portfolios", "regret"])
    def test_charts_are_drawn(self, tmp_path: Path, shipped: Solution, what: str) -> None:
        """As a chart of their own, or on axes that are given."""
        from matplotlib.figure import Figure

        result = robustness(shipped, draws=6)
        assert result.plot(what=what).save(tmp_path / f"{what}.png").stat().st_size > 5000
        axes = Figure().add_subplot()
        assert result.plot(axes, what=what) is axes
        assert axes.get_xlabel()

    def test_an_unknown_chart_is_named(self, shipped: Solution) -> None:
        """With the nearest."""
        with pytest.raises(InputError, match="did you mean 'sites'"):
            robustness(shipped, draws=2).plot(what="site")

    def test_the_command(self, tmp_path: Path) -> None:
        """It prints JSON and nothing else, writes files, resumes, and ends with 3 if it was not complete."""
        application = typer.Typer()
        application.command()(command)
        file, table = str(tmp_path / "run.jsonl"), str(tmp_path / "sites.csv")
        arguments = [
            "--draws",
            "5",
            "--weights",
            "dirichlet:30",
            "--data",
            "energy_cost=10%",
            "--weight",
            "latency=0.4",
        ]
        run = CliRunner().invoke(application, [*arguments, "--json", "--checkpoint", file, "--to", table])
        assert run.exit_code == 0, run.output
        held = json.loads(run.stdout)
        assert held["draws"]["optimal"] == 5
        assert any("energy_cost is multiplied by 0.9 to 1.1" in note for note in held["notes"])
        assert Path(table).exists()
        model = Model.load("gigafactories").replace(weights={"latency": 0.4})
        again = robustness(
            model, draws=5, weights="dirichlet:30", data={"energy_cost": "10%"}, checkpoint=file, callback=print
        )
        assert again.resumed == 5
        late = CliRunner().invoke(application, ["--draws", "5", "--time-limit", "1e-9"])
        assert late.exit_code != 0


def test_scales_are_held_while_weights_change(shipped: Solution) -> None:
    """The ruler of the workers is that of `Prepared.weighted`."""
    prepared = prepare(shipped)
    result = robustness(shipped, draws=5)
    for answer in result.answers:
        weighed = prepared.weighted(answer["weights"])
        found = solve_instance(weighed)
        assert answer["objective"] == pytest.approx(found.objective, abs=1e-12)
        assert math.isfinite(answer["judged"])


def test_the_command_takes_overrides_of_the_model_beside_its_own_data_and_weights() -> None:
    """`--set data...` changes the model, `--data` and `--weights` what is drawn."""
    from typer.testing import CliRunner

    from siting.command_line import application

    arguments = [
        "robustness",
        "--draws",
        "3",
        "--json",
        "--weight",
        "latency=0.5",
        "--set",
        "data.price_period='2025-S1'",
    ]
    run = CliRunner().invoke(application, [*arguments, "--data", "energy_cost=10%", "--weights", "fixed"])
    assert run.exit_code == 0, run.output
    assert "of 3 draws" in run.output
