"""A griffe extension: sections of a model are called with their fields as keywords, and the reference shows them so.

Pydantic writes the constructor of a section when the class is made, where reading the source does not find it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import griffe
from pydantic_core import PydanticUndefined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.sections import Section

_BASE = "siting.sections.Section"


class PydanticSignatures(griffe.Extension):
    """Gives every class derived from `siting.sections.Section` the constructor that pydantic gives it."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Add the constructors once the whole package has been read."""
        for section in _classes(pkg):
            if _BASE in {ancestor.canonical_path for ancestor in section.mro()}:
                section.set_member("__init__", _constructor(section))


def _classes(module: griffe.Module) -> Iterator[griffe.Class]:
    for member in module.members.values():
        if member.is_alias:
            continue
        if isinstance(member, griffe.Module):
            yield from _classes(member)
        elif isinstance(member, griffe.Class):
            yield member


def _constructor(section: griffe.Class) -> griffe.Function:
    made: type[Section] = getattr(import_module(section.module.path), section.name)
    parameters = [griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)]
    for name, field in made.model_fields.items():
        default = None if field.default is PydanticUndefined else repr(field.default)
        if field.default_factory is not None:
            default = "..."
        parameters.append(
            griffe.Parameter(
                name, annotation=_annotation(section, name), default=default, kind=griffe.ParameterKind.keyword_only
            )
        )
    constructor = griffe.Function("__init__", parameters=griffe.Parameters(*parameters), parent=section)
    constructor.labels.add("pydantic")
    return constructor


def _annotation(section: griffe.Class, name: str) -> Any:
    """Return the annotation of a field where it is written: in the class or one that it stands on."""
    for owner in (section, *section.mro()):
        if name in owner.members:
            return owner.members[name].annotation
    return None
