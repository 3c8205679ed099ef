"""Model files: TOML text read, overridden by keyword, and written back."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from siting.catalogue import models_directory
from siting.errors import InputError, nearest_name, suggestion

BLOCK_TABLES = ("criteria", "rules", "exclusions")
SECTIONS = ("facility", "data", "latency", "scenarios")
DATA_PATHS = ("candidates", "demand", "headroom", "folder")
LAYER_PATHS = ("file", "to")
"""Keys of the section `data`, and of an exclusion, that name a file or a folder."""
SHORTCUTS = {
    "price_series": "data",
    "price_period": "data",
    "tax_adjustments": "data",
    "demand_weight": "data",
    "accelerator": "facility",
    "accelerators": "facility",
}
"""Override keywords that stand for one key of a section."""


def shipped_models() -> tuple[str, ...]:
    """Return the names of the shipped models, in alphabetical order.

    Examples
    --------
    >>> "gigafactories" in shipped_models()
    True
    """
    return tuple(sorted(path.stem for path in models_directory().glob("*.toml")))


def find(name_or_path: str | Path) -> Path:
    """Return the file of a shipped model, or of a model of the user's.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        Name of a shipped model, or path of a TOML file.

    Returns
    -------
    pathlib.Path
        An existing file.

    Raises
    ------
    InputError
        If there is neither.

    Examples
    --------
    >>> find("gigafactories").name
    'gigafactories.toml'
    """
    names = shipped_models()
    if str(name_or_path) in names:
        return models_directory() / f"{name_or_path}.toml"
    path = Path(name_or_path)
    if path.is_file():
        return path
    if path.suffix or len(path.parts) > 1:
        raise InputError(f"cannot read the model {path}: there is no such file")
    raise InputError(
        f"no model is called {str(name_or_path)!r}{suggestion(str(name_or_path), names)}; "
        f"the shipped models are {', '.join(names)}, and a file of your own ends in .toml"
    )


def read(path: Path) -> str:
    """Return the text of a model file.

    Raises
    ------
    InputError
        If it cannot be read or is not UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read the model {path}: it is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise InputError(f"cannot read the model {path}: {error.strerror or error}") from None


def parse(text: str, where: str) -> dict[str, Any]:
    """Return the keys and tables of TOML text.

    Parameters
    ----------
    text : str
        TOML.
    where : str
        What the text is called in the error sentence.

    Raises
    ------
    InputError
        If the text is not TOML; names the line and shows it.

    Examples
    --------
    >>> parse("sites = 4", "my.toml")
    {'sites': 4}
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        line = _line_of(told, text)
        shown = f": {line.strip()!r}" if line.strip() else ""
        raise InputError(f"{where} is not valid TOML: {told[:1].lower()}{told[1:]}{shown}") from None


def inherited(
    values: dict[str, Any], where: str, folder: Path, keys: Iterable[str], above: tuple[Path, ...] = ()
) -> dict[str, Any]:
    """Return the values of a model file merged into those of the model it is based on, if it names one.

    Parameters
    ----------
    values : dict
        Keys and tables of a model file, perhaps with `based_on`: a shipped model, or a file relative to
        `folder`.
    where : str
        What the file is called in the error sentence.
    folder : pathlib.Path
        Where the file stands.
    keys : iterable of str
        The valid keys of a model.
    above : tuple of pathlib.Path
        Files that led here, to notice a circle.

    Raises
    ------
    InputError
        If the other model cannot be read, or models are based on each other in a circle.

    Examples
    --------
    >>> inherited({"based_on": "gigafactories", "sites": 5}, "my.toml", Path(), ["sites"])["sites"]
    5
    """
    if "based_on" not in values:
        return values
    name = str(values["based_on"])
    path = find(folder / name if (folder / name).is_file() else name)
    if path.resolve() in above:
        raise InputError(f"{where}: based_on goes in a circle, by way of {path}")
    base = inherited(parse(read(path), str(path)), str(path), path.parent, keys, (*above, path.resolve()))
    own = {key: value for key, value in values.items() if key != "based_on"}
    try:
        # Keys that no model has pass through: the validation that follows names them with their place.
        return override(base, own, [*keys, *own])
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _line_of(told: str, text: str) -> str:
    """Return the line a TOML error speaks of, or an empty text."""
    _, found, rest = told.partition("(at line ")
    number = rest.partition(",")[0]
    lines = text.splitlines()
    return lines[int(number) - 1] if found and number.isdigit() and int(number) <= len(lines) else ""


def override(values: Mapping[str, Any], overrides: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the values of a model with keyword overrides merged in.

    Parameters
    ----------
    values : mapping
        Keys and tables of a model, complete with defaults.
    overrides : mapping
        `weights` merges into the criteria's weights; `criteria`, `rules` and `exclusions` merge block by
        block, where False or True switches a block; sections merge key by key; any other key is replaced.
    keys : iterable of str
        The valid keys of a model.

    Returns
    -------
    dict
        New nested dictionaries; `values` is left as it is.

    Raises
    ------
    InputError
        If a keyword, or a name in `weights`, is unknown; the nearest valid one is named.

    Examples
    --------
    >>> values = {"sites": 4, "rules": {"far": {"kind": "spacing"}}}
    >>> override(values, {"rules": {"far": False}}, keys=["sites", "rules"])
    {'sites': 4, 'rules': {'far': {'kind': 'spacing', 'enabled': False}}}
    """
    valid = [*keys, "weights", *SHORTCUTS]
    merged: dict[str, Any] = {key: _copied(value) for key, value in values.items()}
    for key, value in overrides.items():
        if key not in valid:
            raise InputError(f"unknown override {key!r}{suggestion(key, valid)}")
        if key == "weights":
            _merge_weights(merged, value)
        elif key in BLOCK_TABLES:
            _merge_blocks(merged.setdefault(key, {}), key, _table(value, key))
        elif key in SECTIONS:
            _merge_table(merged.setdefault(key, {}), _table(value, key))
        elif key in SHORTCUTS:
            _merge_table(merged.setdefault(SHORTCUTS[key], {}), {key: value})
        else:
            merged[key] = plain(value)
    return merged


def from_here(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return overrides whose files, where they exist in the current folder, are absolute paths.

    Paths in a model file are relative to that file; paths typed in a notebook or a shell are not. That holds for the
    tables of `data` and for the layers of `exclusions`.
    """
    found = dict(overrides)
    if "data" in found:
        found["data"] = _absolute(found["data"], DATA_PATHS)
    if isinstance(found.get("exclusions"), Mapping):
        found["exclusions"] = {name: _absolute(block, LAYER_PATHS) for name, block in found["exclusions"].items()}
    return found


def _absolute(table: Any, keys: Iterable[str]) -> Any:
    """Return a table whose paths below the current folder are absolute; anything but a table as it is."""
    entries = table.model_dump(exclude_unset=True) if hasattr(table, "model_dump") else table
    if not isinstance(entries, Mapping):
        return table
    typed = {key: Path(entries[key]) for key in keys if isinstance(entries.get(key), str | Path)}
    # A folder called "grid" is not what `to = "grid"` means; a file geodatabase is a folder with an ending.
    here = {
        key: str(path.absolute())
        for key, path in typed.items()
        if path.is_file() or (path.is_dir() and (key == "folder" or path.suffix))
    }
    return {**entries, **here} if here else table


def _copied(value: Any) -> Any:
    return {key: _copied(entry) for key, entry in value.items()} if isinstance(value, Mapping) else value


def _table(value: Any, key: str) -> Mapping[str, Any]:
    dumped = value.model_dump(exclude_unset=True) if hasattr(value, "model_dump") else value
    if not isinstance(dumped, Mapping):
        raise InputError(f"the override {key} is {value!r}; give a table, {key}={{'name': ...}}")
    return dumped


def _merge_table(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Change keys of a table; None takes a key away, which brings its default back."""
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = plain(value)


def _merge_blocks(blocks: dict[str, Any], what: str, changes: Mapping[str, Any]) -> None:
    for name, change in changes.items():
        entries = {"enabled": change} if isinstance(change, bool) else _table(change, f"{what}[{name!r}]")
        if name not in blocks and "kind" not in entries:
            hint = suggestion(name, blocks) if nearest_name(name, blocks) else "; a new one needs a kind"
            raise InputError(f"the model has no {name!r} in {what}{hint}")
        # Another kind has other keys: it replaces the block instead of merging into it.
        if entries.get("kind", blocks.get(name, {}).get("kind")) != blocks.get(name, {}).get("kind"):
            blocks[name] = {}
        _merge_table(blocks.setdefault(name, {}), entries)


def _merge_weights(merged: dict[str, Any], weights: Any) -> None:
    criteria = merged.get("criteria", {})
    for name, weight in _table(weights, "weights").items():
        if name not in criteria:
            raise InputError(f"weights name the criterion {name!r}, which the model lacks{suggestion(name, criteria)}")
        criteria[name]["weight"] = plain(weight)
        # Giving weight to a criterion that is switched off can only mean that it should count.
        if isinstance(weight, int | float | np.number) and weight > 0:
            criteria[name]["enabled"] = True


def plain(value: Any) -> Any:
    """Return numpy scalars, sets and nested tables as plain Python values that TOML can hold."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(entry) for entry in value)
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(entry) for entry in value]
    return value


def to_toml(values: Mapping[str, Any]) -> str:
    """Return nested tables as TOML text.

    Parameters
    ----------
    values : mapping
        Texts, numbers, Booleans, lists, and tables of them.

    Returns
    -------
    str
        TOML that `parse` reads back to the same values; None is left out.

    Examples
    --------
    >>> print(to_toml({"sites": 4, "rules": {"far": {"kind": "spacing", "minimum_km": 300.0}}}), end="")
    sites = 4
    <BLANKLINE>
    [rules.far]
    kind = "spacing"
    minimum_km = 300.0
    """
    lines: list[str] = []
    _write_table(values, (), lines)
    return "\n".join(lines).lstrip("\n") + "\n"


def _write_table(values: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    # Tables two levels down are blocks; anything deeper is written inline.
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping) and len(path) < 2}
    entries = {key: value for key, value in values.items() if key not in tables and value is not None}
    if path and (entries or not tables):
        lines += ["", f"[{'.'.join(map(_key, path))}]"]
    lines += [f"{_key(key)} = {_value(value)}" for key, value in entries.items()]
    for key, value in tables.items():
        _write_table(value, (*path, key), lines)


def _key(key: str) -> str:
    bare = key.replace("_", "").replace("-", "")
    return key if bare.isascii() and bare.isalnum() else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON leaves the delete character alone, TOML does not allow it.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, int | float):
        return repr(value)
    raise InputError(f"{value!r} cannot be written to a model file")
