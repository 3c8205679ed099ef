"""Ctrl-C: what is held is kept and said to be incomplete, by every method, every analysis and the command line."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from strategies import capacitated_instance, geographic_instance, worst_case_instance

import siting
from siting import enumeration, formulation
from siting.analysis import _rule_search
from siting.choice import Choice
from siting.constraints import Constraints
from siting.criterion import Criterion, Limit
from siting.engine import _Run, solve_instance
from siting.evaluation import evaluate
from siting.frontier import frontier
from siting.highs import HighsModel
from siting.near_optimal import near_optimal
from siting.scenario_search import ScenarioSearch
from siting.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from siting.analysis.result import Analysis
    from siting.instance import Instance
    from siting.search import Progress

#: Seconds after which a test that waits for another process gives up.
PATIENCE = 180


def press(_: object) -> None:
    """Do as Ctrl-C does."""
    raise KeyboardInterrupt


def press_when_held(progress: Progress) -> None:
    """Do as Ctrl-C does once there is an incumbent."""
    if progress.incumbent is not None:
        raise KeyboardInterrupt


def assert_held(instance: Instance, solution: Any) -> None:
    """Check that an interrupted search holds an admissible portfolio, its true objective, and a true bound."""
    assert solution.status == "interrupted"
    positions = [instance.position(identifier) for identifier in solution.portfolio]
    assert not Constraints.of(instance).violations(positions)
    assert solution.objective == evaluate(instance, positions, solution.shares).objective
    best = solve_instance(instance).objective
    assert solution.bound <= best + 1e-9 * abs(best) <= solution.objective + 2e-9 * abs(best)


# --- one search --------------------------------------------------------------------------------------------------


def test_worst_case_levels_keep_what_is_held() -> None:
    """Interrupted at each portfolio they find, they claim nothing that is not true."""
    found = 0
    for seed in range(40):
        instance = worst_case_instance(seed)
        try:
            solution = solve_instance(instance, method="bounding", callback=press_when_held)
        except siting.InfeasibleError:
            continue
        if solution.status == "interrupted":
            assert_held(instance, solution)
            found += 1
    assert found > 10


def test_capacities_keep_who_serves_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    """The incumbent that HiGHS reported before Ctrl-C comes with its shares."""
    run = HighsModel.run_apart

    def cut(
        highs: HighsModel, _time: float, _gap: float, _stop: Any, improved: Callable[[Any], object], *_: Any
    ) -> None:
        improved(run(highs, np.inf, 0.0, lambda _: False, lambda _: None).x)
        raise KeyboardInterrupt

    found = 0
    for seed in range(30):
        instance = capacitated_instance(seed)
        try:
            best = solve_instance(instance)
        except siting.InfeasibleError:
            continue
        with monkeypatch.context() as patched:
            patched.setattr(HighsModel, "run_apart", cut)
            solution = solve_instance(instance)
        assert solution.shares is not None
        assert solution.objective == pytest.approx(best.objective)
        assert_held(instance, solution)
        found += 1
    assert found > 5


def test_enumeration_keeps_the_cheapest_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the portfolios that were compared when Ctrl-C came."""
    instance = geographic_instance(2, 20, 3)
    walk = enumeration.portfolios
    seen: list[float] = []

    def stopped(*arguments: Any) -> Iterator[Any]:
        for number, (prefix, last, costs) in enumerate(walk(*arguments)):
            if number == 40:
                raise KeyboardInterrupt
            seen.extend(evaluate(instance, sorted([*prefix.tolist(), one])).objective for one in last.tolist())
            yield prefix, last, costs

    monkeypatch.setattr(enumeration, "portfolios", stopped)
    solution = solve_instance(instance, method="enumeration")
    assert solution.status == "interrupted"
    assert solution.objective == min(seen)
    assert solution.bound < solution.objective


@pytest.mark.parametrize("solver", [None, "appsi_highs"])
def test_a_large_assignment_model_holds_something_while_it_is_built(
    solver: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Building it takes minutes on a large case, and HiGHS' first incumbent longer."""
    monkeypatch.setattr(formulation, "_add_assignment", lambda *_: press(None))
    instance = geographic_instance(2, 20, 3)
    assert_held(instance, solve_instance(instance, method="assignment", solver=solver))


def test_a_run_of_highs_is_left_behind_when_it_does_not_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """HiGHS looks up rarely; whoever pressed Ctrl-C waits no longer than a moment, and gets the incumbent."""
    monkeypatch.setattr("siting.highs.GRACE", 0.0)
    instance = geographic_instance(3, 60, 6)

    def later(progress: Progress) -> None:
        if progress.phase == "assignment model on HiGHS":
            raise KeyboardInterrupt

    # Small as it is, the model may also be solved before anybody looks.
    solution = solve_instance(instance, method="assignment", callback=later)
    assert solution.status in {"interrupted", "optimal"}
    assert solution.portfolio is not None
    assert solve_instance(instance, method="assignment").status == "optimal"


def test_an_interrupt_reaches_highs_in_its_thread() -> None:
    """It ends the run at HiGHS' next call, and is passed on."""
    points: list[np.ndarray] = []
    # Large enough that it is not solved before anybody looks.
    large = HighsModel()
    large.load(formulation.compile_model(formulation.assignment_model(geographic_instance(3, 200, 6))))
    with pytest.raises(KeyboardInterrupt):
        large.run_apart(np.inf, 0.0, press, points.append)
    instance = geographic_instance(3, 60, 6)
    again = HighsModel()
    again.load(formulation.compile_model(formulation.assignment_model(instance)))
    result = again.run_apart(np.inf, 0.0, lambda _: False, points.append)
    assert result.status == "optimal"
    assert result.objective == pytest.approx(solve_instance(instance).objective)


def test_a_list_of_alternatives_says_up_to_where_it_is_complete() -> None:
    """Interrupted at any stage; what is listed is a part of the whole list, and nothing certain is missing."""
    instance = geographic_instance(4, 60, 4)
    best = solve_instance(instance)
    optimum = [instance.position(one) for one in best.portfolio]
    whole = near_optimal(instance, optimum, Search(), threshold=1.05 * best.objective)
    known = set(map(tuple, whole.portfolios.tolist()))
    lengths = set()
    for stage in range(1, 30):
        calls = iter(range(stage))

        def told(_: Progress, calls: Iterator[int] = calls) -> None:
            if next(calls, None) is None:
                raise KeyboardInterrupt

        found = near_optimal(instance, optimum, Search(callback=told), threshold=1.05 * best.objective)
        if found.reached != "interrupted":
            break
        listed = set(map(tuple, found.portfolios.tolist()))
        assert listed <= known
        certain = whole.objectives < found.certain - found.tolerance
        assert {tuple(row) for row in whole.portfolios[certain].tolist()} <= listed
        lengths.add(len(listed))
    assert len(lengths) > 1


def test_a_frontier_compared_one_by_one_keeps_its_points() -> None:
    """Where no bound is known there is a loop over portfolios, which Ctrl-C ends too."""
    instance = geographic_instance(4, 12, 3)
    more = {**instance.criteria, "more": Criterion(service=instance.criteria["access"].service[::-1].copy())}
    told = []

    def at_ten(now: object) -> None:
        told.append(now)
        if len(told) == 10:
            raise KeyboardInterrupt

    found = frontier(instance.replace(criteria=more, weights=None), ["access", "more"], callback=at_ten)
    assert found.status == "interrupted"
    assert len(found.portfolios)
    assert not found.proven.any()


# --- every analysis ----------------------------------------------------------------------------------------------


def small() -> Instance:
    """Return an instance that every analysis has something to say about."""
    instance = geographic_instance(5, 14, 3)
    limits = {"first half": Limit(np.arange(14) < 7, upper=1), "last": Limit(np.arange(14) > 10, upper=1)}
    return instance.replace(limits=limits, conflicts={"neighbours": [(0, 1), (2, 3)]})


def impossible() -> Instance:
    """Return an instance whose rules cannot hold together."""
    return small().replace(limits={"none": Limit(np.ones(14), upper=1), "some": Limit(np.arange(14) < 7, lower=2)})


@cache
def chosen() -> tuple[Any, ...]:
    """Return the optimum."""
    return solve_instance(small()).portfolio or ()


def unchosen() -> int:
    """Return a candidate that the optimum does not hold."""
    return next(one for one in range(14) if one not in chosen())


SCENARIOS = {"dear": {"weights": {"cost": 4.0, "access": 1.0}}, "far": {"weights": {"cost": 0.2, "access": 1.0}}}
ANALYSES: dict[str, Callable[[], Analysis]] = {
    "alternatives": lambda: siting.alternatives(small(), within=0.2),
    "pareto": lambda: siting.pareto(small()),
    "robustness": lambda: siting.robustness(small(), draws=12),
    "scenarios": lambda: siting.scenarios(small(), scenarios=SCENARIOS),
    "rule_prices": lambda: siting.rule_prices(small()),
    "weight_stability": lambda: siting.weight_stability(small()),
    "why": lambda: siting.why(small(), chosen()[0]),
    "why_not": lambda: siting.why_not(small(), unchosen()),
    "stress": lambda: siting.stress(small()),
    "explain_infeasible": lambda: siting.explain_infeasible(impossible()),
}
#: Analyses that solve once and go on by searches of their own, whose interruption is tested above.
OWN_SEARCHES = {"alternatives", "pareto"}


class Interrupts:
    """Counts the searches, those over several scenarios included, and interrupts one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.at = 0, -1
        for home, name in ((_Run, "solve"), (ScenarioSearch, "_best_mixture")):
            monkeypatch.setattr(home, name, self._counted(getattr(home, name)))

    def _counted(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def search(*arguments: Any) -> Any:
            self.count += 1
            if self.count == self.at:
                raise KeyboardInterrupt
            return original(*arguments)

        return search


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_keeps_what_is_finished_and_says_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in any of its solves, it is over at once: it returns a part that shows itself, or nothing."""
    run, interrupts = ANALYSES[name], Interrupts(monkeypatch)
    assert chosen()
    interrupts.count = 0
    whole = run()
    number = interrupts.count
    assert whole.complete
    parts = 0
    for at in np.unique(np.linspace(1, number, 12).astype(int)).tolist():
        interrupts.count, interrupts.at = 0, at
        try:
            part = run()
        except KeyboardInterrupt:
            continue
        finally:
            assert interrupts.count <= at, "it went on after Ctrl-C"
        parts += 1
        assert not part.complete
        assert part.cut_short
        told = " ".join([part.headline, *part.notes]).lower()
        assert re.search("interrupt|stopped", told), told
        assert not json.loads(json.dumps(part.to_dict()))["complete"]
        assert part._repr_html_()
    assert parts or name in OWN_SEARCHES


def test_prices_that_are_known_by_then_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the answer agrees with the whole, and names the rules that are missing."""
    whole = {price.group.name: price.price for price in siting.rule_prices(small()).prices}
    interrupts = Interrupts(monkeypatch)
    interrupts.at = 5
    part = siting.rule_prices(small())
    known = {price.group.name: price.price for price in part.prices}
    assert known == {name: whole[name] for name in known}
    assert set(part.unpriced) == set(whole) - set(known)
    assert known
    assert part.unpriced
    assert f"Interrupted with {len(part.unpriced)} rules not priced" in part.headline


def test_workers_hand_over_what_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the process that waits for them."""
    told: list[int] = []

    def at_four(done: int, total: int) -> None:
        told.append(total)
        if done >= 4:
            raise KeyboardInterrupt

    part = siting.robustness(small(), draws=60, executor=1, callback=at_four)
    assert 4 <= part.done < 60
    assert not part.complete
    assert part.count("missing") == 60 - part.done
    monkeypatch.setattr(_rule_search, "run_many", lambda *_, **__: press(None))
    with pytest.raises(KeyboardInterrupt):
        siting.rule_prices(small())


def test_an_interrupt_before_the_search_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the scales are found there is no answer to the question yet."""
    monkeypatch.setattr(Choice, "solve", lambda _: press(None))
    with pytest.raises(KeyboardInterrupt):
        siting.solve("gigafactories")
    instance = small()
    assert siting.solve(instance).portfolio is None
    assert siting.solve(instance).status == "interrupted"


# --- the command line and a notebook, with a real signal ---------------------------------------------------------


def interrupted_command(arguments: list[str], wanted: str) -> tuple[int, str, str]:
    """Send Ctrl-C to the command line once its display says something; return exit code, output and display."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    command = [sys.executable, "-c", "from siting.command_line import main; main()", *arguments]
    told, sent = b"", False
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower, env=environment) as process:
        os.close(follower)
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other side is gone
                break
            if not part:
                break
            told += part
            if not sent and wanted.encode() in told:
                sent = True
                process.send_signal(signal.SIGINT)
        os.close(leader)
        assert process.stdout is not None
        printed = process.stdout.read().decode()
    return process.returncode, printed, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told.decode())


@pytest.mark.slow
def test_the_command_prints_and_writes_what_it_holds(tmp_path: Path) -> None:
    """Exit code 3, as after a limit: there is an answer, and it is not proven."""
    target = tmp_path / "held.json"
    arguments = ["solve", "--sites", "6", "--method", "assignment", "--to", str(target)]
    code, printed, told = interrupted_command(arguments, "assignment model on HiGHS")
    assert code == 3, told
    assert "status interrupted" in printed
    assert "Traceback" not in told
    held = json.loads(target.read_text())
    assert held["status"] == "interrupted"
    assert len(held["portfolio"]) == 6


@pytest.mark.slow
def test_the_command_with_nothing_to_show_says_so_in_one_sentence(tmp_path: Path) -> None:
    """Exit code 130, as shells have it, and no file."""
    arguments = ["solve", "--set", "data.candidates=nuts3", "--to", str(tmp_path / "held.json")]
    code, printed, told = interrupted_command(arguments, "reading tables")
    assert (code, printed) == (130, "")
    assert "siting: interrupted before there was an answer to show" in told
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_analysis_on_the_command_line_prints_what_is_finished() -> None:
    """Exit code 3 again."""
    code, printed, told = interrupted_command(["robustness", "--draws", "5000"], "draws")
    assert code == 3, told
    assert "of 5,000 draws were solved to proven optimality" in printed
    assert "were not begun, because the run was stopped" in printed


STUBBORN = """
import multiprocessing, threading, time
from siting import command_line

def application():
    worker = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
    worker.start()
    print(worker.pid, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("first", flush=True)
    threading.Event().wait()

if __name__ == "__main__":
    command_line.application = application
    command_line.main()
"""


@pytest.mark.slow
def test_a_second_interrupt_ends_everything_at_once(tmp_path: Path) -> None:
    """Even where the first is not obeyed; worker processes are not left behind."""
    script = tmp_path / "stubborn.py"
    script.write_text(STUBBORN)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "first\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    # The dead worker belongs to nobody now, so it may linger as a name, but not as a process that runs.
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(worker)], capture_output=True, text=True, check=False)  # noqa: S607
    assert status.stdout.strip()[:1] in {"", "Z"}


@pytest.mark.slow
def test_a_notebook_shows_progress_and_keeps_the_incumbent() -> None:
    """A person's front end, whose interrupt button stops a solve; the output that moved is empty at the end."""
    manager, client = start_new_kernel(kernel_name="python3")
    code = (
        "import siting\n"
        "solution = siting.solve('gigafactories', sites=6, method='assignment')\n"
        "print(solution.status, len(solution.portfolio))"
    )
    pressed, shown, printed = False, [], ""
    try:
        asked = client.execute(code, allow_stdin=True)
        while True:
            message = client.get_iopub_msg(timeout=PATIENCE)
            content = message["content"]
            if message["msg_type"] in {"display_data", "update_display_data"}:
                shown.append(content["data"]["text/html"])
                if not pressed and "assignment model on HiGHS, incumbent" in shown[-1]:
                    pressed = True
                    manager.interrupt_kernel()
            printed += content["text"] if message["msg_type"] == "stream" else ""
            own = message["parent_header"].get("msg_id") == asked
            if own and message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert printed == "interrupted 6\n"
    assert any("choosing sites" in html for html in shown)
    assert shown[-1] == ""
