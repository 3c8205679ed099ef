"""Run many small tasks on any executor: in this process, on a process pool, or on a cluster.

Whatever is big (an instance) is sent once to each worker and kept there; the tasks themselves are small. Each task is a
pure function of what is shared and of the task, so that neither the number of workers nor their order changes a result.
What is finished is kept: in a checkpoint file, through a worker that dies, and when the run is cancelled.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import pickle
import signal
import tempfile
import threading
import time
import uuid
import warnings
from collections import OrderedDict, deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from siting.checkpoint import Checkpoint
from siting.errors import InputError, SolverError
from siting.progress import Step, step

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

Result = TypeVar("Result")

#: Times in a row that a pool of our own may break without finishing anything; seconds between looks at whether to stop.
_PATIENCE, _POLL = 3, 0.1
#: Chunks under way at first (each that comes back makes room for one more than itself); objects a worker keeps.
_FIRST_WINDOW, _KEPT = 4, 2
#: Tasks that travel together at most, and seconds after which a worker returns what it has finished of them.
_LARGEST_CHUNK, _LONGEST = 16, 1.0


@dataclass(frozen=True, eq=False)
class Finished(Generic[Result]):
    """What a run finished.

    Attributes
    ----------
    results : list
        One result per task, in the order of the tasks; None where a task was not finished.
    complete : bool
        Whether every task was finished.
    resumed : int
        How many results came from the checkpoint.
    interrupted : bool
        Whether Ctrl-C ended the run.
    """

    results: list[Result | None]
    complete: bool
    resumed: int = 0
    interrupted: bool = False


def run_many(
    shared: Any,
    function: Callable[[Any, Any, float], Result | None],
    tasks: Sequence[Any],
    *,
    executor: Executor | int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    key: str | None = None,
    settled: Callable[[Result], bool] = lambda _: True,
    progress: Callable[[int, int], object] | None = None,
    should_stop: Callable[[], bool] | None = None,
    time_limit: float | None = None,
    chunk: int | None = None,
    what: str = "tasks",
) -> Finished[Result]:
    """Apply a function to every task and return the results in the order of the tasks.

    Parameters
    ----------
    shared : object
        What all tasks need; pickled and sent once to each worker, and kept there with what it computes lazily.
    function : callable
        ``function(shared, task, seconds) -> result``: a pure function that a worker can import. `seconds` is the time
        left, infinite without a limit; None says that it was too short. With a checkpoint, results are plain JSON.
    tasks : sequence
        Small and, with a checkpoint, whole numbers or text, each of them once.
    executor : concurrent.futures.Executor or int, optional
        Where to run: a process pool, the executor of a cluster (``dask.distributed.Client(...).get_executor()``), or a
        number of worker processes (in a script below ``if __name__ == "__main__":``); default this process.
    checkpoint : path-like, optional
        A file that every finished result is appended to. If it exists, what it holds is not computed again.
    key : str, optional
        What tells this run's checkpoint from another's; default a hash of `shared` as pickled.
    settled : callable, optional
        Whether a result is final and kept in the checkpoint.
    progress, should_stop : callable, optional
        Told ``(finished, all)`` whenever results arrive, and asked now and then; True stops the run, as Ctrl-C does.
    time_limit : float, optional
        Seconds after which the run stops.
    chunk : int, optional
        How many tasks travel together.
    what : str
        What tasks are called where progress is shown.

    Returns
    -------
    Finished
        All results, or those that were finished when the run was stopped.

    Raises
    ------
    InputError
        If the executor takes no tasks, or the checkpoint belongs to another run.
    SolverError
        If workers die again and again, or an executor of the user's breaks; it says what is kept.

    Examples
    --------
    >>> def power(shared, task, seconds):
    ...     return shared**task
    >>> run_many(3, power, [2, 0, 4]).results
    [9, 1, 81]
    """
    if hasattr(executor, "get_executor"):
        raise InputError("executor is a client of a cluster; give the executor that it makes, client.get_executor()")
    whole = type(executor) is int and executor >= 1
    if not (whole or executor is None or isinstance(executor, Executor)):
        raise InputError(f"executor is {executor!r}; it must be an executor or a number of workers, at least 1")
    sent = executor is not None or (checkpoint is not None and key is None)
    content = pickle.dumps((function, shared), protocol=5) if sent else b""
    digest = hashlib.sha256(content).hexdigest()
    with contextlib.ExitStack() as at_end:
        counting = at_end.enter_context(step(what, len(tasks)))
        run = _Run([None] * len(tasks), tasks, settled, progress, should_stop, time_limit, counting)
        if checkpoint is not None:
            run.take_over(Checkpoint(Path(checkpoint), key or digest), at_end)
        counting.update(run.done)
        if executor is None:
            run.here(shared, function)
        elif run.missing():
            size = chunk or max(1, min(_LARGEST_CHUNK, len(run.missing()) // 64))
            run.elsewhere(executor, content, digest, size)
    return Finished(run.results, all(result is not None for result in run.results), run.resumed, run.interrupted)


@dataclass
class _Run:
    """Results as they arrive, and whether to stop."""

    results: list[Any]
    tasks: Sequence[Any]
    settled: Callable[[Any], bool]
    progress: Callable[[int, int], object] | None
    should_stop: Callable[[], bool] | None
    time_limit: float | None
    counting: Step
    resumed: int = 0
    done: int = 0
    stopped: bool = False
    interrupted: bool = False
    started: float = field(default_factory=time.monotonic)
    checkpoint: Checkpoint | None = None

    def missing(self) -> list[int]:
        return [place for place, result in enumerate(self.results) if result is None]

    @property
    def seconds_left(self) -> float:
        return math.inf if self.time_limit is None else self.time_limit - (time.monotonic() - self.started)

    @property
    def ended(self) -> bool:
        self.stopped = self.stopped or self.seconds_left <= 0 or (self.should_stop is not None and self.should_stop())
        return self.stopped

    def take_over(self, checkpoint: Checkpoint, at_end: contextlib.ExitStack) -> None:
        at_end.callback(checkpoint.file.close)
        self.checkpoint = checkpoint
        self.results = [checkpoint.held.get(json.dumps(task)) for task in self.tasks]
        self.resumed = self.done = len(self.tasks) - len(self.missing())
        self.tell()

    def keep(self, places: Sequence[int], results: Sequence[Any]) -> None:
        """Keep results, in the file first."""
        arrived = [(place, result) for place, result in zip(places, results, strict=False) if result is not None]
        if self.checkpoint is not None:
            self.checkpoint.append([(self.tasks[place], result) for place, result in arrived if self.settled(result)])
        for place, result in arrived:
            self.results[place] = result
        self.done += len(arrived)
        self.tell()

    def tell(self) -> None:
        self.counting.update(self.done)
        # What comes back after Ctrl-C is kept in silence: a callback must not break the hand-over.
        if self.interrupted or self.progress is None:
            return
        if self.progress(self.done, len(self.tasks)) is True:
            self.stopped = True

    def here(self, shared: Any, function: Callable[[Any, Any, float], Any]) -> None:
        try:
            for place in self.missing():
                if self.ended:
                    return
                self.keep([place], [function(shared, self.tasks[place], self.seconds_left)])
        except KeyboardInterrupt:
            self.stopped = self.interrupted = True

    def elsewhere(self, executor: Executor | int, content: bytes, digest: str, size: int) -> None:
        """Run what is missing on workers; a pool of our own that breaks is replaced."""
        broken = 0
        with tempfile.TemporaryDirectory(prefix="siting-") as folder:
            # Every worker on this machine can read it; to others the content is sent when they ask for it.
            path = Path(folder, "shared.pickle")
            path.write_bytes(content)
            while True:
                before = self.done
                pool = _own_pool(executor) if isinstance(executor, int) else executor
                try:
                    return _Dispatch(self, pool, content, (digest, str(path)), size).run()
                except BrokenExecutor as error:
                    broken = broken + 1 if self.done == before else 1
                    if pool is executor:
                        raise SolverError(f"the executor broke because a worker died; {self.kept()}") from error
                    if broken == _PATIENCE:
                        raise SolverError(f"worker processes died {_PATIENCE} times in a row; {self.kept()}") from error
                finally:
                    if pool is not executor:
                        pool.shutdown(cancel_futures=True)

    def kept(self) -> str:
        done = f"{self.done} of {len(self.tasks)} tasks are finished"
        if self.checkpoint is None:
            return f"{done} and lost without a checkpoint file"
        return f"{done} and kept in '{self.checkpoint.path}', from which the same call resumes"

    def refused(self, error: BaseException) -> InputError:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        told = "has been shut down" if "shutdown" in reason else f"takes no tasks ({reason})"
        return InputError(f"the executor {told}; {self.kept()}")


def _own_pool(workers: int) -> Executor:
    # Fresh interpreters, since a copy of this one could copy a lock that is held. Ctrl-C reaches every process of a
    # terminal, and is for the one that waits for the others to handle.
    ignored = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=signal.signal, initargs=ignored)


class _Dispatch:
    """Chunks on their way to one executor and back."""

    def __init__(self, run: _Run, pool: Executor, content: bytes, where: tuple[str, str], size: int) -> None:
        self.run_, self.pool, self.content, self.where = run, pool, content, where
        missing = run.missing()
        self.waiting = deque(missing[start : start + size] for start in range(0, len(missing), size))
        self.under_way: dict[Future[Any], tuple[list[int], bool]] = {}
        # Chunks that met a worker without the content; how many are under way with it, and how many have brought it.
        self.lacking: list[list[int]] = []
        self.window, self.carrying, self.carried = _FIRST_WINDOW, 0, 0

    def run(self) -> None:
        """Send and receive until nothing is left or the run is stopped."""
        try:
            while (self.waiting or self.under_way or self.lacking) and not self.run_.ended:
                while self.lacking and self.carrying <= self.carried:
                    self.carrying += 1
                    self._send(self.lacking.pop(), self.content)
                while self.waiting and len(self.under_way) < self.window:
                    self._send(self.waiting.popleft())
                for future in wait(self.under_way, _POLL, FIRST_COMPLETED).done:
                    self._receive(future)
        except KeyboardInterrupt:
            self.run_.stopped = self.run_.interrupted = True
        finally:
            self._harvest()

    def _send(self, places: list[int], content: bytes | None = None) -> None:
        # A cluster that remembers results by their arguments must not answer "I do not have it" from memory.
        tasks, number = [self.run_.tasks[place] for place in places], uuid.uuid4().hex
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Sending large graph")
                future = self.pool.submit(_work, self.where, tasks, self.run_.seconds_left, number, content)
        except BrokenExecutor:
            raise
        except Exception as error:
            raise self.run_.refused(error) from error
        self.under_way[future] = places, content is not None

    def _receive(self, future: Future[Any]) -> None:
        places, carried = self.under_way.pop(future)
        try:
            results = future.result()
        except Exception as error:
            if isinstance(error, CancelledError) or type(error).__module__.startswith("distributed"):
                raise SolverError(f"the cluster gave up a task ({error or 'cancelled'}); {self.run_.kept()}") from error
            raise
        if results is None:
            self.lacking.append(places)
            return
        if carried:
            self.carrying, self.carried = self.carrying - 1, self.carried + 1
            self.waiting.extend(self.lacking)
            self.lacking.clear()
        self.window += 1
        self.run_.keep(places, results)
        if len(results) < len(places):
            self.waiting.appendleft(places[len(results) :])

    def _harvest(self) -> None:
        """Take what has come back by now and give up the rest."""
        for future, (places, _) in self.under_way.items():
            if not future.cancel() and future.done() and not future.cancelled() and future.exception() is None:
                self.run_.keep(places, future.result() or [])


_held: OrderedDict[str, tuple[Callable[[Any, Any, float], Any], Any]] = OrderedDict()
_turn = threading.RLock()


def _work(
    where: tuple[str, str], tasks: Sequence[Any], seconds: float, number: str, content: bytes | None = None
) -> list[Any] | None:
    """Run tasks for a while and return the results of the first ones, one at least.

    None if this process has not got what is shared and cannot read the file.
    """
    del number
    started = time.monotonic()
    # HiGHS and Pyomo keep state per process, so threads of one process take turns.
    with _turn:
        held = _shared(where, content)
        if held is None:
            return None
        function, shared = held
        results: list[Any] = []
        begun = time.monotonic()
        while len(results) < len(tasks) and (not results or time.monotonic() - begun < _LONGEST):
            results.append(function(shared, tasks[len(results)], seconds - (time.monotonic() - started)))
        return results


def _shared(where: tuple[str, str], content: bytes | None) -> tuple[Callable[[Any, Any, float], Any], Any] | None:
    digest, path = where
    if digest not in _held:
        with contextlib.suppress(OSError):
            content = content or Path(path).read_bytes()
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            return None
        _held[digest] = pickle.loads(content)  # noqa: S301 - written by the process that sent the task
        while len(_held) > _KEPT:
            _held.popitem(last=False)
    return _held[digest]
