"""What the explorer looks like: where its parts stand, and how an answer is put into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import numpy as np
import pandas as pd

from siting.analysis._words import amount
from siting.assembly import used_columns
from siting.errors import SitingError
from siting.explorer import panels
from siting.explorer.picture import Picture
from siting.maps.attribute_names import attribute_label
from siting.maps.classes import classify
from siting.maps.style import LIGHT

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from siting.explorer.candidate_list import CandidateList
    from siting.explorer.controls import BlockControls
    from siting.explorer.question import Answer
    from siting.model import Model

SCORE, SERVED = "score", "who is served by which site"
_BUTTON = {"width": "auto", "align_self": "flex-start"}
_WIDEST = "760px"
"""A larger map would push the tables off the screen."""


class Explored(Protocol):
    """What the screen shows the controls of."""

    weights: dict[str, Any]
    rates: dict[str, Any]
    objective: Any
    number_of_sites: Any
    rules: dict[str, BlockControls]
    exclusions: dict[str, BlockControls]
    required: CandidateList
    forbidden: CandidateList

    @property
    def is_monetised(self) -> bool:
        """Whether rates count instead of weights."""

    def reset(self) -> None:
        """Move everything back."""

    def explain(self) -> str:
        """Say what is in conflict."""

    def to_toml(self) -> str:
        """Return a model file."""

    def to_call(self) -> str:
        """Return a call."""

    def save(self, path: str | Path) -> Path:
        """Write a model file."""


class Screen:
    """The parts of the explorer on the screen.

    Parameters
    ----------
    model : Model
        The base.
    base : Answer
        The answer for it.
    explored : Explored
        Whose controls are shown.

    Attributes
    ----------
    shade : ipywidgets.Dropdown
        What the colours of the map mean.
    widget : ipywidgets.Widget
        All of it.
    """

    def __init__(self, model: Model, base: Answer, explored: Explored) -> None:
        import ipywidgets

        self._model, self._base, self._explored = model, base, explored
        self._picture = Picture(model.case.candidates, model.case.demand, f"siting-{uuid4().hex[:8]}")
        self._colours: dict[Hashable, str] = {}
        html = {
            name: ipywidgets.HTML()
            for name in ("style", "base", "colours", "marks", "verdict", "ways", "sites", "criteria", "legend", "call")
        }
        self._html = html
        html["style"].value = panels.style_sheet()
        self.shade = self._shade_choice()
        self._explain = ipywidgets.Button(description="Find the smallest way out", layout=_BUTTON)
        self._explain.on_click(self._explained)
        self._text = ipywidgets.Textarea(
            disabled=True, rows=8, layout={"width": "99%"}, tooltip="a model file that asks what is shown"
        )
        self._where = ipywidgets.Text(value="explored.toml", description="file name", layout={"width": "26em"})
        self._saved = ipywidgets.HTML()
        self.widget = self._arranged(explored)

    def _shade_choice(self) -> Any:
        import ipywidgets

        table = self._model.case.candidates
        columns = [one for one in used_columns(self._model) if one in table.columns and one != "country"]
        options = [("score of each site alone", SCORE), *((attribute_label(one, "en"), one) for one in columns)]
        demand = self._model.case.demand
        if (demand.geometry.geom_type != "Point").all():
            options.append((SERVED, SERVED))
        style = {"description_width": "initial"}
        return ipywidgets.Dropdown(
            options=options, description="map shows", tooltip="what the colours mean", style=style
        )

    def _arranged(self, explored: Explored) -> Any:
        import ipywidgets

        self._html["marks"].add_class("siting-over")
        cell = {"grid_area": "map", "margin": "0"}
        for name in ("base", "marks"):
            self._html[name].layout = cell
        grid = {"grid_template_areas": '"map"', "grid_template_columns": "minmax(0, 1fr)", "width": "100%"}
        grid["max_width"] = _WIDEST
        picture = ipywidgets.GridBox([self._html["base"], self._html["marks"]], layout=grid)
        told = [self._html["verdict"], self._explain, self._html["ways"]]
        shown = [*told, self.shade, picture, *(self._html[name] for name in ("legend", "sites", "criteria"))]
        right = ipywidgets.VBox(shown, layout={"flex": "1 1 460px", "min_width": "0", "padding": "0 0 0 20px"})
        left = ipywidgets.VBox(self._panel(explored), layout={"flex": "0 0 370px"})
        across = ipywidgets.Box([left, right], layout={"flex_flow": "row wrap", "width": "100%"})
        hidden = ipywidgets.Box([self._html["style"], self._html["colours"]], layout={"display": "none"})
        whole = ipywidgets.VBox([hidden, across, self._repeat(explored)])
        whole.add_class("siting-explorer")
        return whole

    def _panel(self, explored: Explored) -> list[Any]:
        import ipywidgets

        reset = ipywidgets.Button(description="Reset to the base", icon="undo", layout=_BUTTON)
        reset.tooltip = "move every weight and rule back to where the model has them"
        reset.on_click(lambda _: explored.reset())
        self._weights = ipywidgets.VBox(list(explored.weights.values()))
        self._rates = ipywidgets.VBox([_with_amount(slider) for slider in explored.rates.values()])
        objective = [] if explored.objective is None else [explored.objective]
        parts = [reset, _heading("What counts"), *objective, self._weights, self._rates]
        parts += [_heading("What is chosen"), explored.number_of_sites]
        parts += [explored.required.widget, explored.forbidden.widget]
        for title, blocks in (
            ("What a portfolio must satisfy", explored.rules),
            ("What is left out", explored.exclusions),
        ):
            if blocks:
                parts += [_heading(title), *(block.widget for block in blocks.values())]
        return parts

    def _repeat(self, explored: Explored) -> Any:
        import ipywidgets

        button = ipywidgets.Button(description="Save", icon="save", layout=_BUTTON)
        button.tooltip = "write the model file"

        def save(_: Any) -> None:
            try:
                self._saved.value = _said(f"written to {explored.save(self._where.value)}")
            except (SitingError, OSError) as error:
                self._saved.value = _said(str(error), wrong=True)

        button.on_click(save)
        row = ipywidgets.Box([self._where, button, self._saved], layout={"flex_flow": "row wrap"})
        box = ipywidgets.VBox([self._html["call"], self._text, row])
        accordion = ipywidgets.Accordion(children=[box], titles=["Repeat this result: model file and call"])
        accordion.selected_index = None
        return accordion

    def show(self, answer: Answer, explored: Explored) -> None:
        """Put an answer on the screen; parts that do not change are left as they are.

        Parameters
        ----------
        answer : Answer
            What came of the controls as they stand.
        explored : Explored
            Whose controls they are.
        """
        self._answer = answer
        self._weights.layout.display = "none" if explored.is_monetised else ""
        self._rates.layout.display = "" if explored.is_monetised else "none"
        self._show_map(answer)
        solution, base = answer.solution, self._base.solution
        entered, _ = panels.moved(solution, base)
        html = self._html
        html["verdict"].value = panels.verdict(answer, base)
        html["ways"].value = ""
        self._explain.layout.display = "" if answer.conflict else "none"
        html["sites"].value = "" if solution is None else panels.site_table(solution, self._colours, entered)
        html["criteria"].value = "" if solution is None else panels.criteria_table(solution, base)
        self._show_repetition(explored)

    def _show_map(self, answer: Answer) -> None:
        solution, picture = answer.solution, self._picture
        model = self._model if answer.model is None else answer.model
        judged = model.candidates
        excluded = judged["excluded"].to_numpy(dtype=bool)
        reasons = [reason if out else None for reason, out in zip(judged["exclusion_reason"], excluded, strict=True)]
        served = self.shade.value == SERVED
        self._colours = self._kept_colours(() if solution is None else solution.portfolio or ())
        self._html["base"].value = picture.base(reasons, served=served)
        entered, left = panels.moved(solution, self._base.solution)
        self._html["marks"].value = picture.marks(self._colours, entered, left, panels.spoken(answer))
        causes = judged.loc[excluded, "exclusion"].value_counts()
        if served:
            facility = _facilities(answer)
            self._html["colours"].value = picture.service_colours(facility, self._colours)
            self._html["legend"].value = panels.legend(SERVED, None, causes[:0])
            return
        classes = classify(self._shaded(answer, judged).where(~excluded), LIGHT)
        self._html["colours"].value = picture.colours(classes, self._colours)
        self._html["legend"].value = panels.legend(self.shade.value, classes, causes)

    def _shaded(self, answer: Answer, judged: pd.DataFrame) -> pd.Series[Any]:
        if self.shade.value != SCORE:
            return pd.Series(judged[self.shade.value])
        if answer.solution is None:
            return pd.Series(np.nan, index=judged.index)
        scores: pd.Series[float] = answer.solution.candidates["score"]
        return scores

    def _kept_colours(self, portfolio: tuple[Hashable, ...]) -> dict[Hashable, str]:
        """Return a colour per site; a site that stays keeps its own while others come and go."""
        kept = {site: colour for site, colour in self._colours.items() if site in portfolio}
        colours = [LIGHT.site_colour(number) for number in range(max(len(LIGHT.sites), len(portfolio)))]
        for colour in kept.values():
            colours.remove(colour)
        free = iter(colours)
        return {site: kept.get(site) or next(free) for site in portfolio}

    def _show_repetition(self, explored: Explored) -> None:
        self._html["call"].value = _said(explored.to_call(), code=True)
        try:
            self._text.value = explored.to_toml()
        except SitingError as error:
            self._text.value = f"# {error}"

    def _explained(self, _: Any) -> None:
        self._html["ways"].value = panels.conflict_words(self._explored.explain())


def _facilities(answer: Answer) -> list[Hashable | None]:
    """Return the site that serves each demand point."""
    if answer.solution is None or answer.solution.assignment is None:
        return []
    names = answer.solution.instance.candidates
    return [None if position < 0 else names[position] for position in answer.solution.assignment]


def _with_amount(slider: Any) -> Any:
    """Return a slider for EUR with its value beside it as people write it."""
    import ipywidgets

    told = ipywidgets.Label(amount(slider.value, "EUR"), layout={"flex": "0 0 6.5em"})
    slider.observe(lambda change: setattr(told, "value", amount(change["new"], "EUR")), "value")
    return ipywidgets.HBox([slider, told])


def _heading(text: str) -> Any:
    import ipywidgets

    return ipywidgets.HTML(f'<div class="siting-heading" role="heading" aria-level="3">{text}</div>')


def _said(text: str, *, wrong: bool = False, code: bool = False) -> str:
    from html import escape

    colour = "color:#b3261e" if wrong else ""
    tag = "code" if code else "span"
    return f'<{tag} role="status" style="{colour}">{escape(text)}</{tag}>'
