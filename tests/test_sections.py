"""The one sentence a validation error becomes, and the registry of blocks."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field

from siting.blocks import Block, Registry, numbers
from siting.errors import InputError
from siting.sections import Section


class Inner(Section):
    """A nested section."""

    length: float = Field(1.0, gt=0)


class Outer(Section):
    """A section with a section in it."""

    inner: Inner = Field(default_factory=Inner)
    colour: Literal["red", "green"] = "red"


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"inner": {"lenght": 2.0}}, "Outer: unknown key 'lenght' in [inner]; did you mean 'length'?"),
        ({"inner": {"length": 0.0}}, "Outer: inner.length is 0.0; it should be greater than 0"),
        ({"colour": "gren"}, "Outer: colour is 'gren'; did you mean 'green'?"),
        ({"colour": "x" * 100}, "Outer: colour is 'xxx"),
        ({"inner": 3}, "Outer: inner is 3; it should be a valid dictionary or instance of Inner"),
    ],
)
def test_errors_keep_the_key_path(values: dict[str, object], told: str) -> None:
    """Nested sections are named with their place."""
    with pytest.raises(InputError) as caught:
        Outer(**values)
    assert str(caught.value).startswith(told)


def test_a_section_cannot_be_changed_behind_its_validation() -> None:
    """Frozen: an assignment is refused."""
    with pytest.raises(ValueError, match="frozen"):
        Outer().colour = "green"


def test_a_registered_class_may_replace_itself_but_no_other() -> None:
    """A notebook cell can be run twice."""
    registry: Registry[Block] = Registry("rule")

    def define(name: str) -> type[Block]:
        return type(name, (Block,), {"kind": "x", "__annotations__": {"kind": str}, "__module__": __name__})

    registry.register(define("First"))
    registry.register(define("First"))
    with pytest.raises(InputError, match="the rule kind 'x' is already First"):
        registry.register(define("Second"))


def test_a_block_without_a_kind_cannot_be_registered() -> None:
    """The kind is what model files name."""
    with pytest.raises(InputError, match="needs a kind"):
        Registry[Block]("rule").register(Block)


def test_numbers_keep_missing_values_missing() -> None:
    """None, NaN and pandas' NA are NaN; a flag is 1 or 0; a text is refused with its row."""
    import pandas as pd

    column = pd.Series([1, None, pd.NA, True, 2.5], index=list("abcde"), dtype=object, name="x")
    assert numbers(column, "t").tolist()[::3] == [1.0, 1.0]
    assert pd.isna(numbers(column, "t")).tolist() == [False, True, True, False, False]
    with pytest.raises(InputError, match="t: column 'x' of 'b' is 'yes', not a number"):
        numbers(pd.Series([1, "yes"], index=["a", "b"], name="x"), "t")
