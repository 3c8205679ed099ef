"""Named scenarios of a model file: each a table of overrides, checked when the file is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from siting.errors import InputError, suggestion
from siting.model_file import SHORTCUTS, override

if TYPE_CHECKING:
    from collections.abc import Iterable

    from siting.model import Model

BASE = "base"
"""Name of the scenario in which the model stands as it is."""

_HELD_FIXED = {
    "objective": "the objectives of scenarios could not be compared",
    "normalisation": "the objectives of scenarios could not be compared",
    "scenarios": "scenarios do not hold scenarios",
    "based_on": "a scenario changes the model it stands in",
}


def _without_dropped(tables: Any) -> Any:
    """Leave out scenarios set to false: so a file drops one of the model it is based on."""
    if not isinstance(tables, Mapping):
        return tables
    return {name: table for name, table in tables.items() if table is not False and table is not None}


ScenarioTables = Annotated[dict[str, dict[str, Any]], BeforeValidator(_without_dropped)]


def check_keys(tables: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any], keys: Iterable[str]) -> None:
    """Raise unless every scenario changes only what the model has.

    Parameters
    ----------
    tables : mapping of str to mapping
        The overrides of each scenario.
    values : mapping
        Keys and tables of the model.
    keys : iterable of str
        The valid keys of a model.

    Raises
    ------
    InputError
        If a key, a block or a criterion is unknown, with the nearest valid name, or a key may not change.

    Examples
    --------
    >>> check_keys({"more": {"site": 5}}, {"sites": 4}, ["sites", "title"])
    Traceback (most recent call last):
        ...
    siting.errors.InputError: [scenarios.more] unknown key 'site'; did you mean 'sites'?
    """
    valid = [key for key in (*keys, "weights", *SHORTCUTS) if key not in _HELD_FIXED]
    for name, table in tables.items():
        if name == BASE:
            raise InputError(f"[scenarios.{BASE}]: {BASE!r} is what the model itself is called; choose another name")
        for key in table:
            if key in _HELD_FIXED:
                raise InputError(f"[scenarios.{name}] may not change {key}: {_HELD_FIXED[key]}")
            if key not in valid:
                raise InputError(f"[scenarios.{name}] unknown key {key!r}{suggestion(key, valid)}")
        try:
            override(values, table, valid)
        except InputError as error:
            raise InputError(f"[scenarios.{name}] {error}") from None


def check(model: Model) -> Model:
    """Return a model after building each of its scenarios, so that a misspelt key is found when a file is read.

    Raises
    ------
    InputError
        If a scenario is not valid; names it.
    """
    scenario_models(model, model.scenarios)
    return model


def scenario_models(model: Model, scenarios: Mapping[str, Mapping[str, Any]]) -> dict[str, Model]:
    """Return the model changed by each scenario; their own scenarios are left out.

    Parameters
    ----------
    model : Model
        The model as it stands.
    scenarios : mapping of str to mapping
        Overrides by name, as those of `siting.Model.replace`.

    Raises
    ------
    InputError
        If a scenario is not valid; names it.

    Examples
    --------
    >>> from siting.model import Model
    >>> model = Model(sites=2, criteria={"ping": {"kind": "latency"}})
    >>> scenario_models(model, {"more": {"sites": 3}})["more"].sites
    3
    """
    if not scenarios:
        return {}
    bare = model.replace(scenarios=dict.fromkeys(model.scenarios)) if model.scenarios else model
    models = {}
    for name, overrides in scenarios.items():
        try:
            models[name] = bare.replace(**overrides)
        except InputError as error:
            told = str(error).removeprefix(f"{model.source}: ")
            raise InputError(f"{model.source}: [scenarios.{name}] {told}") from None
    return models
