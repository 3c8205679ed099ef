"""A field to name candidates in, and the list of those named, each with a button that takes it out again."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from siting.assembly import known_candidates
from siting.errors import InputError
from siting.explorer.picture import candidate_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from siting.model import Model


class CandidateList:
    """Candidates that a user names, by code or by name.

    Parameters
    ----------
    title : str
        What the list is for.
    labels : mapping of str to str
        Identifier of every candidate to what people call it; offered while typing.
    identify : callable
        From what was typed to an identifier; raises `InputError` with the nearest valid name.
    changed : callable
        Told when the list changes.

    Attributes
    ----------
    field : ipywidgets.Combobox
        Takes what is typed when it is committed with Enter.
    message : ipywidgets.HTML
        What is wrong with what was typed, in one sentence.
    widget : ipywidgets.VBox
        All of it.

    Examples
    --------
    >>> named = CandidateList("required", {"a": "Alpha (a)", "b": "Beta (b)"}, lambda text: text, print)
    >>> named.add("Alpha (a)")
    ('a',)
    >>> named.remove("a")
    ()
    """

    def __init__(
        self,
        title: str,
        labels: Mapping[str, str],
        identify: Callable[[str], str],
        changed: Callable[[tuple[str, ...]], object],
    ) -> None:
        import ipywidgets

        self._labels, self._identify, self._changed = labels, identify, changed
        self._by_label = {label: identifier for identifier, label in labels.items()}
        self._value: tuple[str, ...] = ()
        self.field = ipywidgets.Combobox(
            placeholder="code or name, then Enter",
            options=tuple(labels.values()),
            description=title,
            tooltip=f"{title}: type the code or the name of a candidate and press Enter",
            continuous_update=False,
            ensure_option=False,
            style={"description_width": "38%"},
            layout={"width": "98%"},
        )
        self.message = ipywidgets.HTML()
        self._chips = ipywidgets.Box(layout={"flex_flow": "row wrap"})
        self.widget = ipywidgets.VBox([self.field, self.message, self._chips])
        self.field.observe(self._typed, "value")

    @property
    def value(self) -> tuple[str, ...]:
        """Identifiers of the candidates named, in the order they were named."""
        return self._value

    @value.setter
    def value(self, identifiers: Iterable[str]) -> None:
        chosen = tuple(dict.fromkeys(identifiers))
        if chosen == self._value:
            return
        self._value = chosen
        self._chips.children = tuple(self._chip(identifier) for identifier in chosen)
        self._changed(chosen)

    def add(self, text: str) -> None:
        """Name one more candidate, as if it had been typed.

        Parameters
        ----------
        text : str
            Code, name, or the label that the field offers; what is unknown is told in `message`.
        """
        try:
            identifier = self._by_label.get(text) or self._identify(text.strip())
        except InputError as error:
            self.tell(str(error))
            return
        self.tell("")
        self.value = (*self._value, identifier)

    def remove(self, identifier: str) -> None:
        """Take a candidate out of the list.

        Parameters
        ----------
        identifier : str
            One of `value`; nothing happens for any other.
        """
        self.tell("")
        self.value = tuple(one for one in self._value if one != identifier)

    def tell(self, sentence: str) -> None:
        """Show a sentence below the field.

        Parameters
        ----------
        sentence : str
            Plain text; an empty one takes the last away.
        """
        self.message.value = f'<span role="alert" style="color:#b3261e">{escape(sentence)}</span>' if sentence else ""

    def _typed(self, change: Any) -> None:
        text = str(change["new"])
        if text.strip():
            self.add(text)
            if not self.message.value:
                # What was wrong stays to be corrected.
                self.field.value = ""

    def _chip(self, identifier: str) -> Any:
        import ipywidgets

        label = self._labels.get(identifier, identifier)
        button = ipywidgets.Button(
            description=f"{label} ✕", tooltip=f"take {label} out", layout={"width": "auto", "height": "28px"}
        )
        button.on_click(lambda _: self.remove(identifier))
        return button


def candidates_of(model: Model, title: str, changed: Callable[[tuple[str, ...]], object]) -> CandidateList:
    """Return an empty list for the candidates of a model.

    Parameters
    ----------
    model : Model
        Whose candidates may be named.
    title : str
        What the list is for: "required" or "forbidden".
    changed : callable
        Told when the list changes.

    Returns
    -------
    CandidateList
        Takes codes, names, and the labels it offers.
    """
    table = model.case.candidates
    names = {str(identifier): candidate_name(table, identifier) for identifier in table.index}
    labels = {one: one if name == one else f"{name} ({one})" for one, name in names.items()}
    codes = {name: one for one, name in names.items()}

    def identify(text: str) -> str:
        if text not in labels and text in codes:
            return codes[text]
        return known_candidates([text], table, title)[0]

    return CandidateList(title, labels, identify, changed)
