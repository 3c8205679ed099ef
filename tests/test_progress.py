"""Progress: one display where a person looks on, nothing anywhere else, and never in the way of the computation."""

from __future__ import annotations

import importlib
import inspect
import io
import os
import pty
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from strategies import geographic_instance

import siting
from siting import _display, progress
from siting.errors import InputError
from siting.executors import run_many
from siting.progress import shown, step, track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from siting._display import Line

#: Seconds after which a test that waits for another process gives up.
PATIENCE = 120
KEYWORD = """    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
"""


class Screen:
    """A medium that remembers what was drawn."""

    def __init__(self) -> None:
        self.pictures: list[list[Line]] = []
        self.closed, self.works = 0, True
        self.wanted, self.met = "", threading.Event()

    def draw(self, lines: Sequence[Line]) -> bool:
        """Remember a picture."""
        self.pictures.append(list(lines))
        if self.wanted and any(self.wanted in line.words for line in lines):
            self.met.set()
        return self.works

    def close(self, last: Line) -> None:
        """Count."""
        del last
        self.closed += 1

    def wait_for(self, wanted: str) -> None:
        """Block until a picture says something."""
        self.wanted = wanted
        assert self.met.wait(PATIENCE)


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> list[Screen]:
    """Every display that is opened, in a place where a person looks on and nothing is too quick to be shown."""
    opened: list[Screen] = []

    def medium_for(*, forced: bool) -> Screen:
        del forced
        opened.append(Screen())
        return opened[-1]

    monkeypatch.setattr(progress, "medium_for", medium_for)
    monkeypatch.setattr(progress, "MOMENT", 0.0)
    monkeypatch.setattr(progress, "PERIOD", 0.001)
    return opened


# --- one display -------------------------------------------------------------------------------------------------


def test_a_display_shows_steps_within_steps_and_vanishes(screens: list[Screen]) -> None:
    """The outermost first; what is finished is gone."""
    with shown(None, "outer", total=2) as outer:
        outer.advance()
        with step("inner", read=lambda: "so far so good"):
            screens[0].wait_for("inner: so far so good")
    assert len(screens) == 1
    assert [line.description for line in next(p for p in screens[0].pictures if len(p) == 2)] == ["outer", "inner"]
    assert screens[0].closed == 1
    assert (outer.done, outer.total) == (1, 2)


def test_public_functions_within_a_block_share_its_display(screens: list[Screen]) -> None:
    """A dossier of many analyses shows one display, and each of them a line of it."""
    instance = geographic_instance(0, 12, 2)
    with shown(None, "dossier"):
        for _ in track(range(2), "chapters"):
            siting.solve(instance)
            siting.why_not(instance, 3)
            with shown(progress=True, description="told to show itself"):
                screens[0].wait_for("told to show itself")
    assert len(screens) == 1


def test_an_analysis_of_many_solves_opens_one_display(screens: list[Screen]) -> None:
    """Not one for each of its searches."""
    instance = geographic_instance(0, 12, 2)
    calls: list[Callable[[], object]] = [
        lambda: siting.robustness(instance, draws=20),
        lambda: siting.rule_prices(instance.replace(limits={"a": siting.Limit(np.ones(12), upper=5)})),
        lambda: siting.scenarios(instance, scenarios={"other": {"weights": {"cost": 3.0, "access": 1.0}}}),
        lambda: siting.weight_stability(instance),
        lambda: siting.alternatives(instance, count=5),
        lambda: siting.pareto(instance),
    ]
    for number, call in enumerate(calls, start=1):
        call()
        assert len(screens) == number


def test_false_is_silent_even_within_a_display(screens: list[Screen]) -> None:
    """And so is everything that it calls."""
    with shown(None, "outer"):
        with shown(progress=False, description="silent"), step("silent too"):
            screens[0].wait_for("outer")
        assert not any("silent" in line.description for picture in screens[0].pictures for line in picture)
    siting.solve(geographic_instance(0, 12, 2), progress=False)
    assert len(screens) == 1


def test_a_second_thread_is_silent(screens: list[Screen]) -> None:
    """Two displays would write over each other; the second computation goes on without one."""
    held: list[object] = []

    def other() -> None:
        held.append(siting.solve(geographic_instance(0, 12, 2), progress=True).portfolio)

    with shown(None, "first"):
        screens[0].wait_for("first")
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(PATIENCE)
    assert held
    assert all(screen.closed == 0 for screen in screens[1:])
    assert all(not screen.pictures for screen in screens[1:])


def test_the_screen_is_free_again_after_an_error(screens: list[Screen]) -> None:
    """A display is closed whatever ends its block."""
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), shown(None, "stopped"):
            raise KeyboardInterrupt
    with shown(None, "again"):
        screens[2].wait_for("again")


def test_nothing_is_drawn_before_a_moment_has_passed(screens: list[Screen], monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick solve never flashes, and a quick step has no line of its own."""
    monkeypatch.setattr(progress, "MOMENT", 1e6)
    siting.solve(geographic_instance(0, 12, 2))
    assert [screen.pictures for screen in screens] == [[]]
    assert screens[0].closed == 0
    with shown(progress=True, description="outer"), step("inner"):
        pass
    assert {len(picture) for picture in screens[1].pictures} == {1}


def test_a_display_that_breaks_does_not_stop_the_computation(screens: list[Screen]) -> None:
    """A terminal may be closed while a search goes on."""
    with shown(progress=True, description="broken"):
        screens[0].works = False
    assert siting.solve(geographic_instance(0, 12, 2), progress=True).status == "optimal"


@pytest.mark.parametrize("wrong", ["yes", 1, 0.5])
def test_a_wrong_keyword_is_one_sentence(wrong: object) -> None:
    """It is None, True or False."""
    with pytest.raises(InputError, match=r"progress is .* it must be None"):
        siting.solve(geographic_instance(0, 12, 2), progress=wrong)


# --- what it says ------------------------------------------------------------------------------------------------


def test_the_time_to_go_follows_from_this_runs_own_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a checkpoint held says nothing about it."""
    now = iter([10.0, 30.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(now))
    counting = progress.Step("draws", total=100, _started=0.0)
    counting.update(40)
    counting.update(60)
    line = counting.line()
    assert line.left == pytest.approx((30.0 - 10.0) / 20 * 40)
    assert line.words == "draws: 60 of 100, 0:00:30, 0:00:40 to go"


def test_a_run_of_many_tasks_counts_them(screens: list[Screen]) -> None:
    """From those that are finished to all of them."""

    def work(shared: None, task: int, seconds: float) -> int:
        del shared, seconds
        if task == 3:
            screens[0].wait_for("things: 3 of 5")
        return task

    with shown(None, "run"):
        run_many(None, work, range(5), what="things")


def test_a_callback_is_told_beside_the_display(screens: list[Screen]) -> None:
    """And may still stop the search."""
    told: list[siting.search.Progress] = []
    instance = geographic_instance(1, 40, 5)
    solution = siting.solve(instance, method="bounding", callback=told.append)
    assert told[-1].incumbent == solution.objective
    assert siting.solve(instance, method="bounding", callback=lambda _: True).status == "interrupted"
    assert len(screens) == 2


def test_every_long_function_documents_the_keyword_alike() -> None:
    """One sentence, and the same default."""
    names = ("solve", "alternatives", "pareto", "robustness", "scenarios", "rule_prices", "weight_stability")
    names += ("why", "why_not", "stress", "explain_infeasible")
    functions = [getattr(siting, name) for name in names]
    functions += [importlib.import_module("siting.preparation").prepare, siting.data.verify]
    for function in functions:
        assert KEYWORD in (function.__doc__ or ""), function
        assert inspect.signature(function).parameters["progress"].default is None


# --- where a person looks on -------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    """Standard error that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def test_nobody_is_taken_to_look_on_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No standard error, a file, a terminal that cannot move its cursor, a worker process."""
    monkeypatch.setattr(_display, "_kernel", lambda: None)
    for stream in (None, io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        assert _display.medium_for(forced=False) is None
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert _display.medium_for(forced=False) is not None
    monkeypatch.setattr(_display, "parent_process", object)
    assert _display.medium_for(forced=False) is None
    monkeypatch.setattr(_display, "parent_process", lambda: None)
    monkeypatch.setenv("TERM", "dumb")
    assert _display.medium_for(forced=False) is None


SCRIPT = """
import math, sys, threading
sys.path.insert(0, {tests!r})
import siting
from siting import _display, progress
from strategies import geographic_instance

progress.MOMENT, progress.PERIOD = 0.0, 0.01
drawn, draw = threading.Event(), _display._Terminal.draw

def watched(self, lines):
    works = draw(self, lines)
    if any("gap" in line.text for line in lines):
        drawn.set()
    return works

def told(now):
    if {waits} and math.isfinite(now.gap):
        assert drawn.wait({patience})

_display._Terminal.draw = watched
solution = siting.solve(geographic_instance(1, 40, 5), method="bounding", callback=told, progress={progress})
print("printed", solution.status)
"""


def run_script(*, keyword: bool | None, terminal: bool, waits: bool = False, columns: int = 100) -> tuple[str, str]:
    """Return what a process prints on standard output, a pipe, and on standard error, a terminal or a pipe."""
    code = SCRIPT.format(tests=os.path.dirname(__file__), progress=keyword, waits=waits, patience=PATIENCE)  # noqa: PTH120
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8"}
    arguments = [sys.executable, "-c", code]
    if not terminal:
        done = subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=PATIENCE, check=True)
        return done.stdout, done.stderr
    leader, follower = pty.openpty()
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=follower, env=environment) as process:
        os.close(follower)
        shown_there = b"".join(read_all(leader))
        assert process.stdout is not None
        printed = process.stdout.read().decode()
    assert process.returncode == 0, shown_there.decode()
    return printed, shown_there.decode()


def read_all(leader: int) -> Iterator[bytes]:
    """Yield what a terminal shows until the other side closes it."""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other side is gone
            break
        if not part:
            break
        yield part
    os.close(leader)


def test_a_terminal_shows_bound_incumbent_gap_and_time() -> None:
    """Below what is done; it is wiped at the end, and what the program prints goes where it should."""
    printed, drawn = run_script(keyword=None, terminal=True, waits=True)
    assert printed == "printed optimal\n"
    words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)
    assert re.search(r"choosing sites 0:00:\d\d", words)
    line = r"search bounding, incumbent \S+, bound \S+, gap \d+\.\d\d%, 0:00:\d\d"
    assert re.search(line, words)
    # The cursor is hidden and comes back, and the last thing done is to wipe the lines.
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")
    assert drawn.endswith("\x1b[2K")


def test_a_narrow_terminal_cuts_lines_rather_than_wrapping_them() -> None:
    """A wrapped line could not be wiped."""
    _, drawn = run_script(keyword=None, terminal=True, waits=True, columns=30)
    pictures = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn).replace("\r", "\n").split("\n")
    assert max(map(len, pictures)) <= 30
    assert any("…" in line for line in pictures)


def test_false_draws_nothing_on_a_terminal() -> None:
    """Never means never."""
    assert run_script(keyword=False, terminal=True) == ("printed optimal\n", "")


def test_nothing_is_written_where_standard_error_is_no_terminal() -> None:
    """Logs and pipes stay clean."""
    assert run_script(keyword=None, terminal=False) == ("printed optimal\n", "")


def test_true_writes_lines_of_text_where_there_is_no_terminal() -> None:
    """The first at once, and one at the end."""
    printed, told = run_script(keyword=True, terminal=False)
    assert printed == "printed optimal\n"
    assert re.fullmatch(r"(choosing sites: \S.*\n){2,}", told)


def test_a_notebook_shows_one_output_that_is_empty_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As HTML whose texts are escaped; nothing where a program executes the notebook."""
    from IPython.core import display_functions

    class Handle:
        def display(self, content: dict[str, str], *, raw: bool) -> None:
            told.append(("display", content["text/html"], raw))

        def update(self, content: dict[str, str], *, raw: bool) -> None:
            told.append(("update", content["text/html"], raw))

    told: list[tuple[str, str, bool]] = []
    person = type("Kernel", (), {"_allow_stdin": True})()
    monkeypatch.setattr(display_functions, "DisplayHandle", Handle)
    monkeypatch.setattr(_display, "_kernel", lambda: person)
    monkeypatch.setattr(progress, "MOMENT", 0.0)
    with shown(progress=True, description="<script>", total=4) as counting:
        counting.advance()
    assert told[0][0] == "display"
    assert all(kind == "update" and raw for kind, _, raw in told[1:])
    assert '<progress value="0" max="4"></progress> &lt;script&gt;' in told[0][1]
    assert told[-1][1] == ""
    person._allow_stdin = False
    assert _display.medium_for(forced=False) is None
    assert _display.medium_for(forced=True) is not None
