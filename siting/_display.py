"""Where progress is drawn: on a terminal, in a notebook, or as lines of text where somebody insists."""

from __future__ import annotations

import os
import sys
import time
from html import escape
from multiprocessing import parent_process
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

#: Seconds between two lines of text where there is no terminal.
LINE_PERIOD = 5.0
#: Columns that a bar takes.
NARROWEST_BAR, WIDEST_BAR = 6, 24


class Line(NamedTuple):
    """What is shown of one step.

    Attributes
    ----------
    description, text : str
        What is done, and what else there is to say.
    done : int
        How many things are done.
    total : int or None
        Of how many, None where that is not known.
    seconds : float
        Time since the step began.
    left : float or None
        Estimate of the seconds still to go, None where there is nothing to judge by.
    """

    description: str
    text: str
    done: int
    total: int | None
    seconds: float
    left: float | None

    @property
    def state(self) -> str:
        """How far the step is, in words.

        Examples
        --------
        >>> Line("draws", "", 250, 1000, 30.2, 90.6).state
        '250 of 1,000, 0:00:30, 0:01:31 to go'
        """
        count = "" if self.total is None else f"{self.done:,} of {self.total:,}"
        left = "" if self.left is None else f"{clock(self.left)} to go"
        return ", ".join(part for part in (count, self.text, clock(self.seconds), left) if part)

    @property
    def words(self) -> str:
        """The whole line as plain text."""
        return f"{self.description}: {self.state}"


def clock(seconds: float) -> str:
    """Return a duration as hours, minutes and seconds.

    Examples
    --------
    >>> clock(3725.4)
    '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


class Medium(Protocol):
    """Something to draw on."""

    def draw(self, lines: Sequence[Line]) -> bool:
        """Replace the picture; False where nothing can be drawn any more."""

    def close(self, last: Line) -> None:
        """Take the picture away, or print the last line."""


def medium_for(*, forced: bool) -> Medium | None:
    """Return where to draw, None where nobody looks on.

    Parameters
    ----------
    forced : bool
        Draw even so.
    """
    kernel = _kernel()
    if kernel is not None:
        # A program that executes a notebook does not answer questions; a person's front end does.
        return _Notebook() if forced or getattr(kernel, "_allow_stdin", True) else None
    if sys.stderr is None:
        return None
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and (forced or parent_process() is None):
        return _Terminal()
    return _Text() if forced else None


def _kernel() -> Any:
    """Return the kernel of the notebook that this process runs, None outside of one."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return getattr(get_ipython(), "kernel", None)


class _Terminal:
    """Lines that move at the foot of a terminal and vanish at the end."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner

        console = Console(stderr=True, force_terminal=True)
        self._spinner = Spinner("dots" if console.encoding.startswith("utf") else "line", style="progress.spinner")
        # What a program prints besides appears above the lines, unless it goes elsewhere, to a file or a pipe.
        prints_here = sys.stdout is not None and sys.stdout.isatty()
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=prints_here)

    def draw(self, lines: Sequence[Line]) -> bool:
        try:
            self._live.start()
            self._live.update(self._picture(lines), refresh=True)
        except (OSError, ValueError):  # the terminal is gone
            return False
        return True

    def close(self, last: Line) -> None:
        del last
        try:
            self._live.stop()
        except (OSError, ValueError):
            return

    def _picture(self, lines: Sequence[Line]) -> RenderableType:
        from rich.console import Group

        return Group(*(self._row(line, 2 * number) for number, line in enumerate(lines)))

    def _row(self, line: Line, indent: int) -> RenderableType:
        from rich.padding import Padding
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        description, state = Text(line.description, style="" if indent else "bold"), Text(line.state, style="cyan")
        cells: list[RenderableType] = [description, state] if indent else [self._spinner, description, state]
        room = self._live.console.width - indent - description.cell_len - state.cell_len - len(cells) - 1
        if line.total is not None and room >= NARROWEST_BAR:
            bar = ProgressBar(total=max(1, line.total), completed=line.done, width=min(room, WIDEST_BAR))
            cells.insert(-1, bar)
        row = Table.grid(padding=(0, 1), pad_edge=False)
        for _ in cells:
            row.add_column(no_wrap=True, overflow="ellipsis")
        row.add_row(*cells)
        return Padding(row, (0, 0, 0, indent))


class _Notebook:
    """An output of the cell that moves and is empty at the end: plain HTML, so that it needs no widgets."""

    def __init__(self) -> None:
        self._handle: Any = None

    def draw(self, lines: Sequence[Line]) -> bool:
        rows = []
        for number, line in enumerate(lines):
            bar = "" if line.total is None else f'<progress value="{line.done}" max="{max(1, line.total)}"></progress> '
            rows.append(f'<div style="padding-left:{number}em">{bar}{escape(line.words)}</div>')
        self._put("".join(rows), "\n".join(line.words for line in lines))
        return True

    def close(self, last: Line) -> None:
        del last
        self._put("", "")

    def _put(self, html: str, text: str) -> None:
        from IPython.core.display_functions import DisplayHandle

        content = {"text/html": html, "text/plain": text}
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(content, raw=True)
        else:
            self._handle.update(content, raw=True)


class _Text:
    """A line of text now and then, and one at the end."""

    def __init__(self) -> None:
        self._next = 0.0

    def draw(self, lines: Sequence[Line]) -> bool:
        if time.perf_counter() < self._next:
            return True
        self._next = time.perf_counter() + LINE_PERIOD
        return self._print("; ".join(line.words for line in lines))

    def close(self, last: Line) -> None:
        self._print(last._replace(left=None).words)

    @staticmethod
    def _print(text: str) -> bool:
        try:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - somebody asked for it
        except (OSError, ValueError):  # the file is gone
            return False
        return True
