"""Many tasks on any executor: the same results everywhere, nothing lost, small tasks, checkpoints that resume."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from siting import executors
from siting.errors import InputError, SolverError
from siting.executors import run_many

if TYPE_CHECKING:
    from collections.abc import Iterator

TASKS = list(range(40))
#: A shared object that is far larger than a task.
SHARED = {"offset": 7.25, "ballast": bytes(300_000)}
EXPECTED = [[task, (task + 7.25) / 3] for task in TASKS]


def shifted(shared: dict[str, Any], task: int, seconds: float) -> list[float]:
    """Return a number that would show any difference in its last bit."""
    del seconds
    return [task, (task + shared["offset"]) / 3]


def dying(shared: str, task: int, seconds: float) -> list[float]:
    """Kill the worker the first time that task 5 is run."""
    del seconds
    if task == 5 and not Path(shared).exists():
        Path(shared).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return [task, task / 3]


def deadly(shared: None, task: int, seconds: float) -> list[float]:
    """Kill the worker whenever task 5 is run."""
    del shared, seconds
    if task == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return [task]


def slow(shared: float, task: int, seconds: float) -> int:
    """Take a while."""
    del seconds
    time.sleep(shared)
    return task


def interrupted(shared: dict[str, int], task: int, seconds: float) -> int:
    """Be interrupted, as by Ctrl-C, at one task."""
    del seconds
    if task == shared["at"]:
        raise KeyboardInterrupt
    return task


def wrong(shared: None, task: int, seconds: float) -> int:
    """Fail as a user's mistake would."""
    del shared, seconds
    if task == 3:
        raise InputError("task 3 is wrong")
    return task


def limited(shared: None, task: int, seconds: float) -> float | None:
    """Return the seconds allowed, None if there are none."""
    del shared, task
    return None if seconds <= 0 else seconds


class Recording(Executor):
    """An executor that notes the size of every task it is sent."""

    def __init__(self, inner: Executor) -> None:
        self.inner, self.small, self.large = inner, [], []

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        """Note the size and pass on."""
        size = len(pickle.dumps((function, arguments, keywords)))
        (self.small if arguments[-1] is None else self.large).append(size)
        return self.inner.submit(function, *arguments, **keywords)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Two worker processes of the user's."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as made:
        yield made


class TestResults:
    """Wherever tasks run, the results are the same and in the order of the tasks."""

    def test_here(self) -> None:
        """Without an executor, in this process, a function need not be importable."""
        assert run_many(SHARED, lambda shared, task, _: shifted(shared, task, 0.0), TASKS).results == EXPECTED

    def test_on_a_process_pool_and_in_threads(self, pool: ProcessPoolExecutor) -> None:
        """Bit for bit, whatever the chunks."""
        for chunk in (None, 1, 7):
            assert run_many(SHARED, shifted, TASKS, executor=pool, chunk=chunk).results == EXPECTED
        with ThreadPoolExecutor(3) as threads:
            assert run_many(SHARED, shifted, TASKS, executor=threads).results == EXPECTED

    def test_on_workers_of_its_own(self) -> None:
        """A number asks for so many processes."""
        finished = run_many(SHARED, shifted, TASKS, executor=1)
        assert (finished.results, finished.complete, finished.resumed) == (EXPECTED, True, 0)

    def test_no_tasks_are_finished_at_once(self, pool: ProcessPoolExecutor) -> None:
        """An empty run is complete."""
        assert run_many(SHARED, shifted, [], executor=pool).complete

    def test_a_mistake_in_a_task_is_told_as_it_is(self, pool: ProcessPoolExecutor) -> None:
        """The sentence crosses the process boundary."""
        with pytest.raises(InputError, match="task 3 is wrong"):
            run_many(None, wrong, range(6), executor=pool)

    def test_a_task_is_told_how_much_time_is_left(self, pool: ProcessPoolExecutor) -> None:
        """Infinite without a limit; tasks for which there is none stay unfinished."""
        assert run_many(None, limited, [0]).results == [float("inf")]
        assert 0 < run_many(None, limited, [0], time_limit=100.0, executor=pool).results[0] <= 100.0
        assert not run_many(None, limited, [0], time_limit=-1.0).complete


class TestPayload:
    """What is big is sent once to each worker."""

    def test_tasks_are_small_when_workers_can_read_the_file(self, pool: ProcessPoolExecutor) -> None:
        """No task carries the shared object."""
        recording = Recording(pool)
        run_many({**SHARED, "fresh": 1}, shifted, TASKS, executor=recording, chunk=2)
        assert not recording.large
        assert len(recording.small) >= 20
        assert max(recording.small) < 2000

    def test_workers_without_the_file_are_sent_it_once(
        self, pool: ProcessPoolExecutor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As on other machines: a worker says that it has nothing, and is sent everything with its next task."""
        monkeypatch.setattr(Path, "write_bytes", lambda _, content: len(content))
        assert run_many({**SHARED, "fresh": 4}, shifted, TASKS, executor=pool, chunk=40).results == EXPECTED
        recording = Recording(pool)
        found = run_many({**SHARED, "fresh": 2}, shifted, TASKS, executor=recording, chunk=1)
        assert found.results == EXPECTED
        assert 1 <= len(recording.large) <= 20
        assert max(recording.small) < 2000

    def test_a_changed_file_is_not_trusted(self, tmp_path: Path) -> None:
        """Only what has the right hash is read."""
        path = tmp_path / "shared.pickle"
        path.write_bytes(pickle.dumps((shifted, SHARED)))
        assert executors._work(("0" * 64, str(path)), [1], 1.0, "a") is None

    def test_a_worker_keeps_few_shared_objects(self) -> None:
        """Old ones make room."""
        with ThreadPoolExecutor(1) as threads:
            for offset in range(6):
                run_many({**SHARED, "offset": offset}, shifted, [0], executor=threads)
        assert len(executors._held) <= 2


class TestStops:
    """A run that is stopped keeps what is finished and says that it is not complete."""

    def test_progress_may_stop_it(self) -> None:
        """True stops it."""
        finished = run_many(SHARED, shifted, TASKS, progress=lambda done, total: (done, total) == (3, 40))
        assert finished.results == [*EXPECTED[:3], *[None] * 37]
        assert not finished.complete

    def test_it_asks_whether_to_stop(self, pool: ProcessPoolExecutor) -> None:
        """Tasks that are not begun are given up."""
        asked = iter([False] * 5)
        finished = run_many(0.01, slow, TASKS, executor=pool, chunk=1, should_stop=lambda: next(asked, True))
        assert not finished.complete
        assert [task for task in finished.results if task is not None] == [
            task for task, result in zip(TASKS, finished.results, strict=True) if result is not None
        ]

    def test_an_interrupt_keeps_what_is_finished(self, pool: ProcessPoolExecutor) -> None:
        """Here and on workers."""
        assert run_many({"at": 4}, interrupted, TASKS).results == [0, 1, 2, 3, *[None] * 36]
        assert not run_many({"at": 4}, interrupted, TASKS, executor=pool, chunk=1).complete

    def test_a_worker_returns_part_of_a_long_chunk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """So that little is lost when it dies, and stopping is quick."""
        monkeypatch.setattr(executors, "_LONGEST", 0.02)
        with ThreadPoolExecutor(1) as threads:
            recording = Recording(threads)
            assert run_many(0.01, slow, range(12), executor=recording, chunk=12).results == list(range(12))
        assert len(recording.small) > 1


class TestDeath:
    """A worker that dies loses nothing."""

    def test_a_pool_of_its_own_is_replaced(self, tmp_path: Path) -> None:
        """What was lost is run again."""
        flag = tmp_path / "died"
        finished = run_many(str(flag), dying, range(12), executor=2, chunk=1)
        assert flag.exists()
        assert finished.results == [[task, task / 3] for task in range(12)]

    def test_a_pool_that_dies_again_and_again_is_given_up(self) -> None:
        """After three times without any progress."""
        with pytest.raises(SolverError, match="died 3 times in a row; 0 of 1 tasks are finished and lost"):
            run_many(None, deadly, [5], executor=1)

    def test_the_pool_of_a_user_breaks_and_the_checkpoint_resumes(self, tmp_path: Path) -> None:
        """The sentence says what is done; the same call goes on from there."""
        flag, file = str(tmp_path / "died"), tmp_path / "run.jsonl"
        with (
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fragile,
            pytest.raises(SolverError, match=r"a worker died; 5 of 12 tasks are finished and kept in '.*run.jsonl'"),
        ):
            run_many(flag, dying, range(12), executor=fragile, chunk=1, checkpoint=file)
        finished = run_many(flag, dying, range(12), checkpoint=file)
        assert (finished.resumed, finished.complete) == (5, True)
        assert finished.results == [[task, task / 3] for task in range(12)]

    def test_an_executor_that_is_shut_down_is_named(self) -> None:
        """One sentence, before anything is run."""
        for made in (ThreadPoolExecutor(1), ProcessPoolExecutor(1)):
            made.shutdown()
            with pytest.raises(InputError, match="the executor has been shut down; 0 of 40 tasks are finished"):
                run_many(SHARED, shifted, TASKS, executor=made)

    @pytest.mark.parametrize("executor", [0, -1, True, "two", 1.5])
    def test_what_is_no_executor_is_refused(self, executor: Any) -> None:
        """With what it is."""
        with pytest.raises(InputError, match="executor is"):
            run_many(SHARED, shifted, TASKS, executor=executor)


class TestCheckpoints:
    """Finished results survive in a file."""

    def test_a_stopped_run_resumes(self, tmp_path: Path, pool: ProcessPoolExecutor) -> None:
        """What the file holds is not run again, and the results are those of a run in one go."""
        file = tmp_path / "run.jsonl"
        first = run_many(SHARED, shifted, TASKS, checkpoint=file, progress=lambda done, _: done >= 5)
        assert sum(result is not None for result in first.results) == 5
        second = run_many(SHARED, shifted, TASKS, checkpoint=file, executor=pool)
        assert (second.results, second.resumed) == (EXPECTED, 5)
        again = run_many(SHARED, shifted, [3, 1], checkpoint=file)
        assert (again.results, again.resumed) == ([EXPECTED[3], EXPECTED[1]], 2)

    def test_a_line_that_was_being_written_is_written_again(self, tmp_path: Path) -> None:
        """A process that died while it wrote loses no more than that line, and leaves the file whole."""
        file = tmp_path / "run.jsonl"
        run_many(SHARED, shifted, TASKS[:6], checkpoint=file)
        whole = file.read_bytes()
        file.write_bytes(whole[:-9])
        finished = run_many(SHARED, shifted, TASKS[:6], checkpoint=file)
        assert (finished.resumed, finished.results) == (5, EXPECTED[:6])
        assert file.read_bytes() == whole

    def test_results_that_are_not_final_are_not_kept(self, tmp_path: Path) -> None:
        """They are returned, and run again next time."""
        file = tmp_path / "run.jsonl"
        odd = run_many(SHARED, shifted, TASKS, checkpoint=file, settled=lambda result: result[0] % 2 == 1)
        assert odd.results == EXPECTED
        assert run_many(SHARED, shifted, TASKS, checkpoint=file).resumed == 20

    def test_the_file_of_another_run_is_refused(self, tmp_path: Path) -> None:
        """Another shared object or function is another run; nothing is overwritten."""
        file = tmp_path / "run.jsonl"
        run_many(SHARED, shifted, TASKS[:2], checkpoint=file)
        before = file.read_bytes()
        with pytest.raises(InputError, match="belongs to another run"):
            run_many({**SHARED, "offset": 1.0}, shifted, TASKS, checkpoint=file)
        assert file.read_bytes() == before

    @pytest.mark.parametrize("content", [b"", b"region,value\nFI,3\n", b'{"run": "x"}\n', b"\xff\xfe\x00", b"[1]\n"])
    def test_a_file_that_is_no_checkpoint_is_refused(self, tmp_path: Path, content: bytes) -> None:
        """And left as it is."""
        file = tmp_path / "mine.csv"
        file.write_bytes(content)
        with pytest.raises(InputError, match="is not a checkpoint"):
            run_many(SHARED, shifted, TASKS, checkpoint=file)
        assert file.read_bytes() == content

    def test_a_damaged_line_is_named(self, tmp_path: Path) -> None:
        """By its number; nothing is guessed."""
        file = tmp_path / "run.jsonl"
        run_many(SHARED, shifted, TASKS[:4], checkpoint=file)
        lines = file.read_text().splitlines()
        file.write_text("\n".join([*lines[:2], lines[2][:-4], *lines[3:]]) + "\n")
        with pytest.raises(InputError, match="is damaged in line 3"):
            run_many(SHARED, shifted, TASKS, checkpoint=file)

    def test_it_is_readable(self, tmp_path: Path) -> None:
        """One line of JSON per task."""
        file = tmp_path / "run.jsonl"
        run_many(SHARED, shifted, [0], checkpoint=file, key="the key")
        head, line = map(json.loads, file.read_text().splitlines())
        assert head == {"siting checkpoint": 1, "run": "the key"}
        assert line == {"task": 0, "result": EXPECTED[0]}

    def test_a_file_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        """Before anything is run."""
        with pytest.raises(OSError, match="cannot write"):
            run_many(SHARED, shifted, TASKS, checkpoint=tmp_path / "missing" / "run.jsonl")


@contextlib.contextmanager
def cluster_of_processes(folder: Path, workers: int) -> Iterator[tuple[Any, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers as a cluster's user does, on free ports of the loopback."""
    distributed = pytest.importorskip("distributed")
    file = folder / "scheduler.json"
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, *sys.path])}
    common = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
    commands = [["scheduler", "--port", "0", *common]]
    commands += [["worker", "--nthreads", "1", "--no-nanny", *common]] * workers
    started = []
    try:
        for command in commands:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            whole = [sys.executable, "-m", "dask", *command]
            started.append(subprocess.Popen(whole, env=environment, cwd=folder, **quiet))
            while not file.exists():
                assert started[0].poll() is None, "the scheduler did not start"
                time.sleep(0.05)
        with distributed.Client(scheduler_file=str(file), set_as_default=False, timeout="60s") as client:
            client.wait_for_workers(workers, timeout=60)
            yield client, started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


class TestDask:
    """A cluster of dask is an executor like any other; `test_robustness.py` has one on this machine alone."""

    def test_a_scheduler_and_workers_of_their_own_lose_no_task_when_a_worker_is_killed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The same results over the wire, with a disk that workers share, without one, and with a worker less."""
        with cluster_of_processes(tmp_path, 2) as (client, workers):
            near = Recording(client.get_executor())
            assert run_many(SHARED, shifted, TASKS, executor=near, chunk=2).results == EXPECTED
            assert not near.large
            assert max(near.small) < 2000

            monkeypatch.setattr(Path, "write_bytes", lambda _, content: len(content))
            far = Recording(client.get_executor())
            found = run_many({**SHARED, "fresh": 3}, shifted, TASKS, executor=far, chunk=1)
            assert found.results == EXPECTED
            # Once to each of the two, and a few times to one that has it, since nobody can say who takes a task.
            assert 2 <= len(far.large) <= 20

            seen = []

            def kill(done: int, total: int) -> None:
                if done > total // 4 and not seen:
                    seen.append(done)
                    workers[0].kill()

            finished = run_many(0.01, slow, TASKS, executor=client.get_executor(), chunk=2, progress=kill)
            assert seen
            assert finished.results == TASKS

            with pytest.raises(InputError, match="executor is a client of a cluster"):
                run_many(SHARED, shifted, TASKS, executor=client)
            shut = client.get_executor()
            shut.shutdown()
            with pytest.raises(InputError, match="the executor has been shut down"):
                run_many(SHARED, shifted, TASKS, executor=shut)
