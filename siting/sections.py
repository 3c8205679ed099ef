"""The base of everything that is read from a model file, and the one sentence its errors become.

A section is a frozen pydantic model that refuses unknown keys and names the nearest valid one. Pydantic
reports every problem of a file as a list of records; an analyst needs one clear sentence, which `sentence`
writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from siting.errors import InputError, suggestion

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
    from pydantic_core import ErrorDetails
else:
    ModelMetaclass = type(BaseModel)


class _OneSentence(ModelMetaclass):
    """Turns the errors of a direct construction, ``Facility(accelerators=-1)``, into one sentence.

    Nested sections are built by pydantic without passing here, so that their errors keep the full key path.
    """

    def __call__(cls, *positional: Any, **values: Any) -> Any:  # noqa: N805 - of a metaclass
        try:
            return super().__call__(*positional, **values)
        except ValidationError as error:
            raise InputError(sentence(error, cls.__name__)) from None


class Section(BaseModel, metaclass=_OneSentence):
    """A frozen, validated part of a model file that refuses keys it does not know.

    Raises
    ------
    InputError
        On direct construction with an unknown key or a value that is not valid.

    Examples
    --------
    >>> class Example(Section):
    ...     weight: float = 1.0
    >>> Example(wieght=2.0)
    Traceback (most recent call last):
        ...
    siting.errors.InputError: Example: unknown key 'wieght'; did you mean 'weight'?
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, values: Any) -> Any:
        # Pydantic would refuse them too, but could not say which valid key comes nearest.
        if isinstance(values, Mapping):
            for key in values:
                if key not in cls.model_fields:
                    hint = suggestion(str(key), cls.model_fields)
                    raise PydanticCustomError("unknown_key", "unknown key '{key}'", {"key": str(key), "hint": hint})
        return values


def sentence(error: ValidationError, where: str) -> str:
    """Return the first problem of a validation error as one sentence.

    Parameters
    ----------
    error : pydantic.ValidationError
        What pydantic found.
    where : str
        The file or object the values came from; starts the sentence.

    Returns
    -------
    str
        For instance ``"my.toml: unknown key 'wieght' in [criteria.latency]; did you mean 'weight'?"``; how
        many further problems there are is said at the end.

    Examples
    --------
    >>> from pydantic import TypeAdapter
    >>> try:
    ...     TypeAdapter(dict[str, int]).validate_python({"sites": "many"})
    ... except ValidationError as problem:
    ...     sentence(problem, "my.toml")
    "my.toml: sites is 'many'; it should be a valid integer, unable to parse string as an integer"
    """
    problems = error.errors(include_url=False)
    text = f"{where}: {_one_problem(problems[0])}"
    # A union reports one problem per member at nearly the same place: count places, not records.
    places = {_key_path(problem)[:2] for problem in problems}
    others = len(places) - 1
    return text + (f" (and {others} more problem{'s' if others > 1 else ''})" if others else "")


def _key_path(problem: ErrorDetails) -> tuple[str, ...]:
    """Return the keys down to the problem, without the names of union members pydantic adds."""
    return tuple(str(part) for part in problem["loc"] if not re.search(r"[\[\]()]", str(part)))


def _one_problem(problem: ErrorDetails) -> str:
    path = _key_path(problem)
    dotted = ".".join(path)
    context = problem.get("ctx", {})
    table = f" in [{dotted}]" if dotted else ""
    if problem["type"] in ("unknown_key", "unknown_kind"):
        return f"{problem['msg']}{table}{context['hint']}"
    if problem["type"] == "missing":
        parent = ".".join(path[:-1])
        return f"the key {path[-1]!r} is missing" + (f" in [{parent}]" if parent else "")
    if problem["type"] == "value_error":
        return f"{dotted}: {context['error']}" if dotted else str(context["error"])
    told = problem["msg"].replace("Input should", "it should", 1)
    if problem["type"] == "literal_error":
        valid = re.findall(r"'([^']*)'", str(context["expected"]))
        return f"{dotted} is {problem['input']!r}{suggestion(str(problem['input']), valid)}"
    shown = repr(problem["input"])
    return f"{dotted} is {shown if len(shown) <= 60 else shown[:57] + '...'}; {told}"
