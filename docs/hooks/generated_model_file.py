"""The reference of the model file, from the sections and registered blocks that read it."""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any, get_args

import griffe
from markdown_tables import table
from pydantic_core import PydanticUndefined

from siting import criteria as criterion_blocks
from siting import exclusions as exclusion_blocks
from siting import rules as rule_blocks
from siting.blocks import Block
from siting.criteria import CriterionBlock
from siting.facility import Facility
from siting.latency import LatencyModel
from siting.model import Model
from siting.tables import DataSection

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic.fields import FieldInfo

    from siting.sections import Section

_REGISTRIES: dict[str, Any] = {
    "criteria": criterion_blocks.registry,
    "exclusions": exclusion_blocks.registry,
    "rules": rule_blocks.registry,
}
_UNITS = {
    "eur_per_unit": "EUR/yr and unit", "ms_per_km": "ms/km", "percent": "%", "km2": "km²", "km": "km", "mva": "MVA",
    "kv": "kV", "ms": "ms", "eur": "EUR", "kilowatts_per_accelerator": "kW",
}  # fmt: skip
"""Units by the ending of the key: the last words of a name say what its number is in."""
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_HEADING = ("key", "type", "unit", "default", "meaning")


def sections(root: Path) -> str:
    """Return the keys at the top of a file and those of its sections."""
    del root
    own = [name for name in Model.model_fields if name not in {"facility", "data", "latency", *_REGISTRIES}]
    parts = ["## At the top of the file", _keys(Model, own)]
    for name, section in (("facility", Facility), ("data", DataSection), ("latency", LatencyModel)):
        parts += [f"## `[{name}]` {{#section-{name}}}", _summary(section), _keys(section, list(section.model_fields))]
    return "\n\n".join(parts)


def blocks(root: Path, what: str) -> str:
    """Return every registered kind of criterion, rule or exclusion with its keys."""
    del root
    shared = CriterionBlock if what == "criteria" else Block
    parts = ["Every block of this table takes:", _keys(shared, list(shared.model_fields))]
    for kind, block in zip(_REGISTRIES[what].kinds, _REGISTRIES[what], strict=True):
        own = [name for name in block.model_fields if name not in shared.model_fields]
        parts += [f'### `kind = "{kind}"` {{#{what}-{kind}}}', _summary(block)]
        parts += [_keys(block, own)] if own else ["No further keys."]
    return "\n\n".join(parts)


def _parsed(section: type[Section]) -> list[griffe.DocstringSection]:
    return griffe.Docstring(inspect.cleandoc(section.__doc__ or ""), lineno=1).parse("numpy", warnings=False)


def _summary(section: type[Section]) -> str:
    return "\n\n".join(part.value for part in _parsed(section) if part.kind is griffe.DocstringSectionKind.text)


def _keys(section: type[Section], names: list[str]) -> str:
    """Return a table of keys: type and default from the class, the meaning from its docstring or one it stands on."""
    meanings: dict[str, str] = {}
    for ancestor in reversed(section.__mro__):
        if hasattr(ancestor, "model_fields") and ancestor.__doc__:
            for part in _parsed(ancestor):
                if part.kind is griffe.DocstringSectionKind.parameters:
                    meanings |= {entry.name: entry.description for entry in part.value}
    rows = []
    for name in names:
        field = section.model_fields[name]
        rows.append((f"`{name}`", _type(field), _unit(name), _default(name, field), meanings.get(name, "")))
    return table(_HEADING, rows)


def _unit(name: str) -> str:
    return next((unit for ending, unit in _UNITS.items() if name == ending or name.endswith(f"_{ending}")), "")


def _default(name: str, field: FieldInfo) -> str:
    if name == "kind":
        return "required"
    if field.is_required():
        return "required"
    value = field.default if field.default is not PydanticUndefined else None
    if value is None or value in ((), {}, ""):
        return ""
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}`"


def _type(field: FieldInfo) -> str:
    """Return what may be written, in words an analyst uses."""
    words = _words(field.annotation)
    bounds = [
        f"{word} {bound:g}" for entry in field.metadata for key, word in _BOUNDS.items()
        if isinstance(bound := getattr(entry, key, None), int | float)
    ]  # fmt: skip
    return words + (f", {', '.join(bounds)}" if bounds else "")


def _words(annotation: Any) -> str:
    choices = get_args(annotation)
    if choices and all(isinstance(choice, str | int) for choice in choices):
        return " or ".join(f"`{json.dumps(choice)}`" for choice in choices)
    text = str(annotation)
    for pattern, words in (
        (r"Callable", "table"), (r"^<class 'bool'>$", "true or false"), (r"^<class 'int'>$", "whole number"),
        (r"^<class 'float'>$", "number"), (r"^<class 'str'>$", "text"), (r"dict\[", "table"),
        (r"int \| tuple\[int, int\]", "whole number or pair"), (r"tuple\[", "list"), (r"float", "number"),
        (r"\bint\b", "whole number"), (r"\bstr\b", "text"),
    ):  # fmt: skip
        if re.search(pattern, text):
            return words
    return "table"
