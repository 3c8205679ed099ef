"""How far a long computation is: shown where a person looks on, silent everywhere else.

A public function opens a display by `shown`; whatever it calls adds lines by `step` and `track`, and need not know
whether there is a display: without one they do next to nothing. So there is one display however deeply analyses are
nested. It is drawn by a thread of its own that reads what the steps say, so that a computation never waits for it.

Nobody is taken to look on where standard error is no terminal (a script's log, a pipe, continuous integration), in a
worker process, and in a notebook that is executed by a program rather than a person (nbconvert, nbclient, papermill:
they cannot answer `input()`).
"""

from __future__ import annotations

import contextvars
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from siting._display import Line, medium_for
from siting.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from siting._display import Medium

Item = TypeVar("Item")

#: Seconds before a display appears, and before a step within another gets its line: what is quick never flashes.
MOMENT = 0.7
#: Seconds between two pictures.
PERIOD = 0.2


@dataclass(eq=False)
class Step:
    """One part of a computation: a line of the display.

    Attributes
    ----------
    description : str
        What is done.
    total : int or None
        How many things there are to do, None where that is not known.
    done : int
        How many of them are done.
    text : str
        What else there is to say.
    read : callable or None
        Returns what else there is to say, asked by the display's thread whenever it draws.
    """

    description: str
    total: int | None = None
    done: int = 0
    text: str = ""
    read: Callable[[], str] | None = None
    _started: float = field(default_factory=time.perf_counter)
    _first: tuple[float, int] | None = None

    def update(self, done: int, total: int | None = None, text: str | None = None) -> None:
        """Say how many things are done.

        Parameters
        ----------
        done : int
            How many.
        total : int, optional
            Of how many, if that has changed.
        text : str, optional
            What else there is to say, if that has changed.
        """
        if self._first is None:
            # What an earlier run had finished says nothing about the speed of this one.
            self._first = time.perf_counter(), done
        self.done = done
        self.total = self.total if total is None else total
        self.text = self.text if text is None else text

    def advance(self, text: str | None = None) -> None:
        """Say that one more thing is done."""
        self._first = self._first or (self._started, self.done)
        self.update(self.done + 1, text=text)

    def line(self) -> Line:
        """Return what the display shows of the step now."""
        now = time.perf_counter()
        left = None
        if self._first is not None and self.total is not None and self.done > self._first[1]:
            begun, before = self._first
            left = (now - begun) / (self.done - before) * max(0, self.total - self.done)
        text = self.text if self.read is None else self.read()
        return Line(self.description, text, self.done, self.total, now - self._started, left)


class _Display:
    """Draws the steps under way from a thread of its own."""

    def __init__(self, medium: Medium, first: Step, *, at_once: bool) -> None:
        self.medium, self.steps, self.at_once = medium, [first], at_once
        self._ended, self._drawn = threading.Event(), False
        # A notebook finds the cell that a picture belongs to by the context of the thread that asked for it.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="siting progress", daemon=True)

    def __enter__(self) -> None:
        if self.at_once:
            self._draw()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        try:
            self._thread.join()
        finally:
            if self._drawn:
                self.medium.close(self.steps[0].line())

    def _run(self) -> None:
        if self._ended.wait(0 if self.at_once else MOMENT):
            return
        while self._draw() and not self._ended.wait(PERIOD):
            pass

    def _draw(self) -> bool:
        """Draw a picture; False where nothing can be drawn, which is no reason to stop computing."""
        first, *others = [step.line() for step in tuple(self.steps)]
        self._drawn = True
        return self.medium.draw([first, *(line for line in others if line.seconds >= MOMENT)])


_current: contextvars.ContextVar[_Display | None] = contextvars.ContextVar("display", default=None)
#: Two computations in two threads do not write over each other: the second is silent.
_screen = threading.Lock()


@contextmanager
def shown(progress: bool | None, description: str, total: int | None = None) -> Iterator[Step]:
    """Show the computation in the block, in the display there is or in a new one.

    Every public function that may take longer than a second opens its work with it and takes the keyword that is
    documented as below.

    Parameters
    ----------
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    description : str
        What is done, as a person reads it.
    total : int, optional
        How many things there are to do.

    Yields
    ------
    Step
        To be told how far it is, by `update` or `advance`.

    Raises
    ------
    InputError
        If `progress` is neither None nor a Boolean.

    Examples
    --------
    >>> with shown(False, "counting", total=3) as counting:
    ...     for _ in range(3):
    ...         counting.advance()
    >>> counting.done
    3
    """
    if not (progress is None or isinstance(progress, bool)):
        raise InputError(f"progress is {progress!r}; it must be None (where a person looks on), True or False")
    one, outer = Step(description, total), _current.get()
    if outer is not None and progress is not False:
        with _under_way(outer, one):
            yield one
        return
    medium = None if progress is False else medium_for(forced=progress is True)
    if medium is None or not _screen.acquire(blocking=False):
        with _as_current(None):
            yield one
        return
    try:
        display = _Display(medium, one, at_once=progress is True)
        with display, _as_current(display):
            yield one
    finally:
        _screen.release()


@contextmanager
def step(description: str, total: int | None = None, *, read: Callable[[], str] | None = None) -> Iterator[Step]:
    """Add a line for the block to the display there is, if there is one.

    Parameters
    ----------
    description : str
        What is done.
    total : int, optional
        How many things there are to do.
    read : callable, optional
        Returns what else there is to say; the display asks for it from another thread, so that it only looks.

    Yields
    ------
    Step
        To be told how far it is.

    Examples
    --------
    >>> with step("reading tables") as reading:
    ...     reading.text = "candidates"
    """
    one, display = Step(description, total, read=read), _current.get()
    if display is None:
        yield one
        return
    with _under_way(display, one):
        yield one


def track(items: Sequence[Item], description: str) -> Iterator[Item]:
    """Yield the items of a sequence and count them on a line of the display there is, if there is one.

    Parameters
    ----------
    items : sequence
        What there is to do.
    description : str
        What is done with them.

    Examples
    --------
    >>> [page.upper() for page in track(["a", "b"], "writing pages")]
    ['A', 'B']
    """
    with step(description, len(items)) as one:
        for item in items:
            yield item
            one.advance()


@contextmanager
def _under_way(display: _Display, one: Step) -> Iterator[None]:
    display.steps.append(one)
    try:
        yield
    finally:
        display.steps.remove(one)


@contextmanager
def _as_current(display: _Display | None) -> Iterator[None]:
    token = _current.set(display)
    try:
        yield
    finally:
        _current.reset(token)
