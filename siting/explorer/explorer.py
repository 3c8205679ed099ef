"""The explorer itself: controls at the left, map and tables at the right, an exact answer after each move."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.analysis.infeasibility import explain_infeasible
from siting.errors import InputError, SitingError
from siting.explorer.controls import (
    block_controls,
    objective_control,
    overrides_of,
    rate_controls,
    sites_control,
    weight_controls,
)
from siting.explorer.question import Question
from siting.explorer.repetition import Repetition
from siting.explorer.screen import Screen
from siting.instance import Instance
from siting.model import Model
from siting.solution import Solution
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from siting.explorer.candidate_list import CandidateList
    from siting.explorer.controls import BlockControls, Control
    from siting.explorer.question import Answer

#: Seconds that moves are gathered for, so that a drag asks for the place it has reached and not for all it passed.
_GATHERED = 0.02


class Explorer:
    """Move weights and rules, and see at once which sites are best, what changes and what it costs.

    Every answer is the proven optimum that `siting.solve` gives for the same overrides. Show it as the last line of a
    notebook's cell. It also works without a notebook: set the `value` of a control and read `solution`.

    Parameters
    ----------
    model : str, pathlib.Path, Model or Solution, default "gigafactories"
        The base, as in `siting.solve`.
    time_limit : float, default 20
        Seconds for one answer; a search that is stopped says so and shows its gap.
    **overrides
        Changes of the base, as in `siting.solve`.

    Attributes
    ----------
    weights, rates : dict of str to ipywidgets.Widget
        A slider per criterion: its weight, and what one unit of it is worth in EUR per year.
    objective : ipywidgets.ToggleButtons or None
        Which of the two counts; None where the model allows only one.
    number_of_sites : ipywidgets.Widget
        How many sites are chosen.
    rules, exclusions : dict of str to BlockControls
        Per rule `enabled` and `numbers`, the sliders by option: ``explorer.rules["spacing"].numbers["minimum_km"]``.
    required, forbidden : CandidateList
        With `add`, `remove` and `value`.
    base : Answer
        The answer for the base, which everything is compared with.
    widget : ipywidgets.Widget
        All of it, to be placed in a larger application.

    Raises
    ------
    InputError
        If the model is not valid or has no geography, or ipywidgets is not installed.

    Examples
    --------
    >>> explorer = Explorer("gigafactories")
    >>> explorer.number_of_sites.value = 3
    >>> explorer.rules["spacing"].numbers["minimum_km"].value = 500
    >>> explorer.overrides
    {'sites': 3, 'rules': {'spacing': {'minimum_km': 500.0}}}
    >>> len(explorer.solution.portfolio)
    3
    """

    def __init__(
        self,
        model: str | Path | Model | Solution = "gigafactories",
        *,
        time_limit: float | None = 20.0,
        **overrides: Any,
    ) -> None:
        _require_widgets()
        self._model = _loaded(model, overrides)
        self._question = Question(self._model, time_limit)
        self._repetition = Repetition(self._model)
        self._lock, self._waiting, self._held = threading.RLock(), False, False
        self.base: Answer = self._question.answer({})
        self._answer = self.base
        self._make_controls()
        self._screen = Screen(self._model, self.base, self)
        self.widget = self._screen.widget
        for control in self._every_control():
            control.widget.observe(self._moved, "value")
        self._screen.shade.observe(self._redraw, "value")
        self._redraw()

    def _make_controls(self) -> None:
        model = self._model
        self._weights, self._rates = weight_controls(model), rate_controls(model)
        self._objective, self._sites = objective_control(model, self._rates), sites_control(model)
        self.rules: dict[str, BlockControls] = block_controls(model, "rules")
        self.exclusions: dict[str, BlockControls] = block_controls(model, "exclusions")
        self.weights = {name: control.widget for name, control in self._weights.items()}
        self.rates = {name: control.widget for name, control in self._rates.items()}
        self.objective = None if self._objective is None else self._objective.widget
        self.number_of_sites = self._sites.widget
        self.required, self.forbidden = (self._candidate_list(key) for key in ("required", "forbidden"))

    def _candidate_list(self, key: str) -> CandidateList:
        from siting.explorer.candidate_list import candidates_of

        named = candidates_of(self._model, key, lambda _: self._moved())
        named.value = getattr(self._model, key)
        return named

    @property
    def is_monetised(self) -> bool:
        """Whether criteria add up in EUR per year instead of by weights."""
        return (self._model.objective if self.objective is None else self.objective.value) == "monetised"

    @property
    def overrides(self) -> dict[str, Any]:
        """What differs from the base, as `siting.solve`, `Model.replace` and a model file take it."""
        changed = overrides_of(self._counted_controls())
        for key in ("required", "forbidden"):
            named = getattr(self, key).value
            if named != getattr(self._model, key):
                changed[key] = list(named)
        return changed

    @property
    def answer(self) -> Answer:
        """What is shown: the solution, or the problem and the rules in conflict; moves still waiting are made first."""
        self._settle()
        return self._answer

    @property
    def solution(self) -> Solution | None:
        """The solution shown, ready for `plot`, `report` and `to_file`; None where there is none."""
        found = self.answer.solution
        if found is None:
            return None
        # Its model names its tables, so that a report can trace them and a file can repeat it.
        return Solution(found.instance, found.result, self._model.replace(**self.answer.overrides), found.scaling)

    @property
    def portfolio(self) -> tuple[Hashable, ...] | None:
        """The chosen candidates; None where there is no solution."""
        found = self.answer.solution
        return None if found is None else found.portfolio

    def reset(self) -> None:
        """Move everything back to the base."""
        with self._lock:
            self._held = True
            try:
                for control in self._every_control():
                    control.reset()
                for key in ("required", "forbidden"):
                    named = getattr(self, key)
                    named.tell("")
                    named.value = getattr(self._model, key)
            finally:
                self._held = False
            self._moved()

    def explain(self) -> str:
        """Return the rules in conflict and the smallest way out of each, in one sentence; see `explain_infeasible`."""
        try:
            return explain_infeasible(self._model, time_limit=self._question.time_limit, **self.overrides).headline
        except SitingError as error:
            return str(error)

    def to_toml(self) -> str:
        """Return a model file that asks what is shown; `siting solve` gives the same answer.

        Raises
        ------
        InputError
            If what is set is not valid, or the model holds a table in memory that no file can name.
        """
        return self._repetition.toml(self.overrides)

    def to_call(self) -> str:
        """Return the call of `siting.solve` that gives the answer shown."""
        return self._repetition.call(self.overrides)

    def save(self, path: str | Path) -> Path:
        """Write the model file of `to_toml`.

        Parameters
        ----------
        path : str or pathlib.Path
            Ends in ``.toml``.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            As `to_toml`.
        OutputError
            If it cannot be written; nothing half-written is left.
        """
        file_format(path, ("toml",), "a model")
        text = self._repetition.toml(self.overrides, Path(path).parent)
        with whole_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
        return Path(path)

    def _every_control(self) -> Iterator[Control]:
        blocks = chain(self.rules.values(), self.exclusions.values())
        objective = [] if self._objective is None else [self._objective]
        parts = (self._weights.values(), self._rates.values(), objective, [self._sites])
        return chain(*parts, *(block.controls for block in blocks))

    def _counted_controls(self) -> Iterator[Control]:
        """Return the controls that count: weights or rates, never both."""
        unused = self._weights if self.is_monetised else self._rates
        idle = {id(control) for control in unused.values()}
        return (control for control in self._every_control() if id(control) not in idle)

    def _moved(self, _change: Any = None) -> None:
        """Answer at once, or, where the notebook is still telling of more moves, when they have been told."""
        if self._held:
            return
        self._waiting = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._settle()
        else:
            loop.call_later(_GATHERED, self._settle)

    def _settle(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            self._waiting = False
            overrides = self.overrides
            if overrides != self._answer.overrides:
                self._answer = self._question.answer(overrides)
            self._redraw()

    def _redraw(self, _change: Any = None) -> None:
        with self._lock:
            self._screen.show(self._answer, self)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Show the widget in a notebook."""
        return self.widget._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        """Return what is set and what came of it."""
        answer = self.answer
        held = answer.problem if answer.solution is None else ", ".join(map(str, answer.solution.portfolio or ()))
        return f"Explorer({self.to_call()}: {held})"


def _require_widgets() -> None:
    if importlib.util.find_spec("ipywidgets") is None:
        raise InputError("the live explorer needs ipywidgets; install it with: pip install 'siting[notebook]'")


def _loaded(model: object, overrides: dict[str, Any]) -> Model:
    if isinstance(model, Solution) and model.model is not None:
        model = model.model
    if isinstance(model, Instance | Solution):
        raise InputError("a bare instance has no geography to explore; give a model instead")
    if isinstance(model, str | Path):
        model = Model.load(model)
    if not isinstance(model, Model):
        raise InputError(f"a model is given by its name, a path or a siting.Model, not as a {type(model).__name__}")
    return model.replace(**overrides) if overrides else model
