"""What the explorer shows, as a model file and as a call in Python: so that it can be repeated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting import model_file
from siting.errors import InputError
from siting.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping


class Repetition:
    """How to ask a model the same question again, without the explorer.

    Parameters
    ----------
    model : Model
        The base. Where it is a model as loaded, files build on it and calls name it; otherwise files hold everything.

    Examples
    --------
    >>> repetition = Repetition(Model.load("gigafactories"))
    >>> repetition.call({"sites": 5, "rules": {"spacing": False}})
    "siting.solve('gigafactories', sites=5, rules={'spacing': False})"
    >>> print(repetition.toml({"sites": 5}), end="")
    based_on = "gigafactories"
    sites = 5
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._name, self._path = _found(model)

    def toml(self, overrides: Mapping[str, Any], folder: Path | None = None) -> str:
        """Return a model file that asks the same question.

        Parameters
        ----------
        overrides : mapping
            As `siting.solve` takes them.
        folder : pathlib.Path, optional
            Where the file will stand, from where it has to find the model it builds on; the current folder by default.

        Returns
        -------
        str
            TOML text for `siting.Model.load` and ``siting solve``.

        Raises
        ------
        InputError
            If the model holds a table in memory that no file can name.
        """
        source = self._source(Path.cwd() if folder is None else folder)
        if source is None:
            return self.model.replace(**overrides).to_toml()
        return model_file.to_toml({"based_on": source, **overrides})

    def call(self, overrides: Mapping[str, Any]) -> str:
        """Return the call of `siting.solve` that gives the same answer.

        Parameters
        ----------
        overrides : mapping
            As `siting.solve` takes them.

        Returns
        -------
        str
            One line of Python; a model without a name is called `model`.
        """
        source = self._source(Path.cwd())
        first = "model" if source is None else repr(source)
        return f"siting.solve({', '.join([first, *(f'{key}={value!r}' for key, value in overrides.items())])})"

    def _source(self, folder: Path) -> str | None:
        """Return by what a file in a folder finds the model, None where only its whole text would do."""
        if self._path is None:
            return self._name
        here = folder.resolve()
        inside = self._path.is_relative_to(here)
        return self._path.relative_to(here).as_posix() if inside else str(self._path)


def _found(model: Model) -> tuple[str | None, Path | None]:
    """Return the name of a shipped model or the path of a file that says just what the model says."""
    try:
        path = model_file.find(model.source)
        if Model.load(model.source) != model:
            return None, None
    except InputError:
        return None, None
    return (model.source, None) if model.source in model_file.shipped_models() else (None, path.resolve())
