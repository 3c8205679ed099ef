"""A curve beside the map: which share of the people is reached within each round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.maps.texts import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from siting.maps.board import Board
    from siting.maps.panel import Block

_LEAST, _TALLEST = 26.0, 46.0
"""Least and greatest height of the plot in millimetres."""
_SIZE = 5.6
_AXIS = 7.0
_HEADING = 9.0


def share_curve(
    title: str, times: NDArray[np.float64], weights: NDArray[np.float64], marks: Sequence[float], language: str
) -> Block:
    """Return a block that draws the share of a weight within each time, as a curve.

    Parameters
    ----------
    title : str
        Its heading.
    times : numpy.ndarray
        Round trip of each demand region in ms.
    weights : numpy.ndarray
        People or demand of each; a missing value counts nowhere.
    marks : sequence of float
        Times that stand out on the axis, rising.
    language : str
        How numbers are written.

    Returns
    -------
    Block
        To be placed on a board; takes no room where there is too little.
    """
    known = np.isfinite(weights) & np.isfinite(times) & (weights > 0)
    order = np.argsort(times[known], kind="stable")
    rising = times[known][order]
    shares = np.cumsum(weights[known][order])

    def block(board: Board, place: tuple[float, float, float, float]) -> float:
        x, y, width, bottom = place
        tall = min(bottom - y - _HEADING - _AXIS, _TALLEST)
        if tall < _LEAST or not len(rising):
            return y
        board.text(x, y + 3, title, 7.5, fontweight="bold")
        plot = (x + 8.0, y + _HEADING, width - 12.0, tall)
        last = max(marks[-1] * 1.08, float(marks[0]))
        _axes(board, plot, marks, last, language)
        inside = rising <= last
        points = np.column_stack([rising[inside], 100 * shares[inside] / shares[-1]])
        _line(board, plot, last, points)
        return y + _HEADING + tall + _AXIS

    return block


def _axes(
    board: Board, plot: tuple[float, float, float, float], marks: Sequence[float], last: float, language: str
) -> None:
    """Draw the lines of the plot with their figures."""
    left, top, width, tall = plot
    muted, faint = board.style.muted, board.style.graticule
    for percent in (0, 25, 50, 75, 100):
        height = top + tall * (1 - percent / 100)
        board.ax.plot([left, left + width], [height] * 2, color=faint, linewidth=0.5)
        board.text(left - 1.2, height + 0.8, f"{percent} %" if percent == 100 else str(percent), _SIZE, ha="right")
    for mark in marks:
        across = left + width * mark / last
        board.ax.plot([across] * 2, [top, top + tall + 0.8], color=muted, linewidth=0.4, linestyle=(0, (3, 2)))
        written = number(mark, 0 if mark % 1 == 0 else 1, language)
        board.text(across, top + tall + 3.3, f"{written} ms", _SIZE, ha="center")
    board.rule(top + tall, left, width)


def _line(board: Board, plot: tuple[float, float, float, float], last: float, points: NDArray[np.float64]) -> None:
    """Draw the curve as steps, from nobody to the last mark."""
    left, top, width, tall = plot
    # The curve rises at each time and stays level until the next.
    times = np.concatenate([[0.0], np.repeat(points[:, 0], 2), [last]])
    shares = np.concatenate([[0.0, 0.0], np.repeat(points[:, 1], 2)])
    x, y = left + width * times / last, top + tall * (1 - shares / 100)
    board.ax.plot(x, y, color=board.style.site_colour(1), linewidth=1.4, solid_joinstyle="round")
