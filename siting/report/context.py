"""What every part of a dossier is written from: the solution, its evidence, the analyses, language and style."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from siting.maps.country_names import country_name
from siting.report.wording import shortened, site_label, site_name

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from siting.maps.style import Style
    from siting.model import Model
    from siting.report.answers import Answers
    from siting.report.evidence import Evidence
    from siting.report.wording import Wording
    from siting.solution import Solution


@dataclass(frozen=True, eq=False)
class Context:
    """Everything the parts of a dossier read.

    Attributes
    ----------
    solution : Solution
        Holds a portfolio.
    model : Model
        What it was made from.
    words : Wording
        The language.
    style : Style
        Of maps and charts.
    evidence : Evidence
        Who says what of the candidates.
    answers : Answers
        The analyses.
    title : str
        Of the dossier.
    date : str
        As printed.
    """

    solution: Solution
    model: Model
    words: Wording
    style: Style
    evidence: Evidence
    answers: Answers
    title: str
    date: str

    @property
    def portfolio(self) -> tuple[Hashable, ...]:
        """The chosen candidates."""
        return tuple(self.solution.portfolio or ())

    @property
    def objective(self) -> float:
        """Objective of the portfolio."""
        return float(self.solution.objective or 0.0)

    def name(self, identifier: Hashable) -> str:
        """Return the name of a candidate."""
        return site_name(self.solution, identifier)

    def label(self, identifier: Hashable) -> str:
        """Return name and identifier of a candidate."""
        return site_label(self.solution, identifier)

    def names(self, identifiers: Iterable[Hashable]) -> str:
        """Return names of candidates as a sentence lists them."""
        return self.words.listed(self.name(identifier) for identifier in identifiers)

    def country(self, identifier: Hashable) -> str:
        """Return the country of a candidate, empty where the table has none."""
        table = self.solution.candidates
        code = table["country"].get(identifier) if "country" in table.columns else None
        return country_name(shortened(str(code)), self.words.language) if isinstance(code, str) else ""

    def colour(self, identifier: Hashable) -> str:
        """Return the colour of a chosen site."""
        return self.style.site_colour(self.portfolio.index(identifier))

    @cached_property
    def money(self) -> tuple[float, str] | None:
        """What one unit of the objective is worth and in which unit of money; None without exchange rates."""
        from siting.analysis._comparison import eur_per_objective

        return eur_per_objective(self.answers.prepared)

    def worth(self, difference: float) -> str:
        """Return a difference of the objective in money, or as it is where nothing says what it is worth."""
        if self.money is None:
            return self.words("objective.difference", amount=self.words.plain(difference))
        return self.words.amount(difference * self.money[0], self.money[1])

    @cached_property
    def proof(self) -> str:
        """How optimality was proven, as a sentence of its own."""
        text = str(self.solution.proof).strip().rstrip(".")
        return f"{text[:1].upper()}{text[1:]}."

    @property
    def margin(self) -> float | None:
        """By how much the second best portfolio is worse, as a share; None if that is not known."""
        found = self.answers.alternatives.result
        if found is None or found.margin is None or not found.best:
            return None
        return float(found.margin / abs(found.best))

    def change(self, before: Sequence[Hashable], after: Sequence[Hashable]) -> str:
        """Return who comes for whom, in the language of the dossier."""
        from siting.analysis._comparison import exchanges

        words, parts = self.words, []
        for leaves, comes in exchanges(self.answers.prepared, before, after):
            if leaves is None:
                parts.append(words("change.added", comes=self.label(comes)))
            elif comes is None:
                parts.append(words("change.dropped", leaves=self.label(leaves)))
            else:
                parts.append(words("change.replaced", comes=self.label(comes), leaves=self.label(leaves)))
        return words.listed(parts) if parts else words("change.same")

    @cached_property
    def criteria(self) -> dict[str, dict[str, Any]]:
        """The rows of `Solution.criteria` by name."""
        table: Any = self.solution.criteria
        return {str(name): dict(entry) for name, entry in table.to_dict("index").items()}

    def contribution(self, site: Hashable, name: str) -> float:
        """Return what a site contributes to a criterion, or its `demand_share`."""
        return float(self.solution.site_contributions[name].to_dict()[site])

    def criterion_unit(self, name: str) -> str:
        """Return the unit of a criterion as the tables of the engine write it."""
        return str(self.solution.instance.criteria[name].unit)

    def given(self, value: Any) -> str:
        """Return an option of a block of the model as text."""
        if isinstance(value, list | tuple | set | frozenset):
            return ", ".join(map(self.given, value))
        if isinstance(value, dict):
            return ", ".join(f"{key}: {self.given(entry)}" for key, entry in value.items())
        return self.words.value(value)
