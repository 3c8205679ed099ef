"""What criteria, rules and exclusions share: a block of a model file, the registry of kinds, and the case.

A model file names registered blocks (``kind = "spacing"``), never algebra. A block is a pydantic class with a
literal ``kind``; registering it makes the kind available to every model file read afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pandas as pd
from pydantic_core import PydanticCustomError

from siting.errors import InputError, suggestion
from siting.geography import distance_matrix_km
from siting.sections import Section

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from siting.facility import Facility


class Block(Section):
    """A named part of a model file that a user switches on, off or changes.

    Parameters
    ----------
    kind : str
        Which registered block this is; subclasses narrow it to one literal.
    enabled : bool, default True
        Whether the block takes part.
    name : str, optional
        What people call it; a sensible name is made up when left out.
    """

    kind: str
    enabled: bool = True
    name: str | None = None

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the candidate table this block reads; a candidate lacking one is left out."""
        return ()

    def written(self) -> dict[str, Any]:
        """Return the options that say something, as a model file would write them."""
        values = self.model_dump(exclude_none=True)
        return {key: value for key, value in values.items() if value not in ((), {})}

    def options(self) -> str:
        """Return the options as one line of text for people."""
        if not self.enabled:
            return "switched off"
        shown = {key: value for key, value in self.written().items() if key not in ("kind", "enabled")}
        return ", ".join(f"{key} = {value}" for key, value in shown.items())


BlockType = TypeVar("BlockType", bound=Block)


class Registry(Generic[BlockType]):
    """The kinds of block a model file may name.

    Parameters
    ----------
    what : str
        What the blocks are, for error sentences: ``"criterion"``.

    Examples
    --------
    >>> registry = Registry[Block]("rule")
    >>> @registry.register
    ... class Lucky(Block):
    ...     kind: str = "lucky"
    >>> registry.kinds
    ('lucky',)
    >>> registry.read({"kind": "lucky", "enabled": False}).enabled
    False
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._classes: dict[str, type[BlockType]] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The registered kinds, in alphabetical order."""
        return tuple(sorted(self._classes))

    def __iter__(self) -> Iterator[type[BlockType]]:
        """Iterate over the registered classes in the order of their kinds."""
        return iter(self._classes[kind] for kind in self.kinds)

    def register(self, block: type[BlockType]) -> type[BlockType]:
        """Make a block available under its kind; use it as a class decorator.

        Parameters
        ----------
        block : type
            A subclass of `Block` whose `kind` has a default, best as ``kind: Literal["water"] = "water"``.

        Returns
        -------
        type
            The same class.

        Raises
        ------
        InputError
            If `kind` has no text as its default, or another class already has it.
        """
        kind = block.model_fields["kind"].default
        if not isinstance(kind, str):
            raise InputError(f"{block.__name__} needs a kind to be registered: kind: Literal['...'] = '...'")
        # The same class defined again (a notebook cell run twice) replaces itself.
        if kind in self._classes and self._classes[kind].__qualname__ != block.__qualname__:
            raise InputError(f"the {self.what} kind {kind!r} is already {self._classes[kind].__name__}")
        self._classes[kind] = block
        return block

    def read(self, values: Any) -> BlockType:
        """Return the validated block a table of a model file describes.

        Raises
        ------
        pydantic_core.PydanticCustomError
            If the kind is missing or unknown; pydantic adds the key path.
        pydantic.ValidationError
            If another key or a value is not valid.
        """
        if isinstance(values, Block):
            return values  # type: ignore[return-value]
        if not isinstance(values, Mapping):
            raise PydanticCustomError("dict_type", "it should be a table with a kind")
        kind = str(values.get("kind"))
        if "kind" not in values:
            hint = f"; the kinds of {self.what} are: {', '.join(self.kinds)}"
            raise PydanticCustomError("unknown_kind", "the key 'kind' is missing", {"hint": hint})
        if kind not in self._classes:
            hint = suggestion(kind, self.kinds, listed=20)
            raise PydanticCustomError("unknown_kind", "unknown kind '{kind}'", {"kind": kind, "hint": hint})
        return self._classes[kind].model_validate(values)


@dataclass(frozen=True, eq=False)
class Case:
    """What a block may look at: the tables and the facility, before anything is chosen.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        J candidates, indexed by identifier, with `longitude_degrees` and `latitude_degrees`.
    demand : geopandas.GeoDataFrame
        I demand points with `longitude_degrees` and `latitude_degrees`.
    demand_shares : array of shape (I,)
        Share of all demand per point; sums to 1.
    facility : Facility
        What is built at each site.
    latency : callable
        Round trip in ms for an array of geodesic distances in km.
    complete : geopandas.GeoDataFrame, optional
        All candidates, where some were left out of `candidates` for missing data: naming one of them is no
        misspelling.
    folder : pathlib.Path
        What the files a block names are relative to: where the model file stands.
    data_folder : pathlib.Path, optional
        Folder of the user's own tables; None for the shipped ones.
    """

    candidates: gpd.GeoDataFrame
    demand: gpd.GeoDataFrame
    demand_shares: NDArray[np.float64]
    facility: Facility
    latency: Callable[[ArrayLike], NDArray[np.float64]]
    complete: gpd.GeoDataFrame | None = None
    folder: Path = Path()
    data_folder: Path | None = None

    @cached_property
    def distances_km(self) -> NDArray[np.float64]:
        """Geodesic km from each demand point to each candidate, shape (I, J)."""
        return distance_matrix_km(self.demand, self.candidates)

    @property
    def countries(self) -> NDArray[np.object_]:
        """Country code of each candidate, shape (J,)."""
        self.require("country")
        return np.asarray(self.candidates["country"].to_numpy(dtype=object))

    def require(self, column: str) -> None:
        """Raise `InputError` unless the candidate table has the column."""
        if column not in self.candidates.columns:
            hint = suggestion(column, [str(name) for name in self.candidates.columns])
            raise InputError(f"the candidate table has no column {column!r}{hint}")

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return a column of the candidate table as numbers, shape (J,); a missing value is NaN, true is 1.

        Raises
        ------
        InputError
            If the column is unknown or holds something that is not a number.
        """
        self.require(column)
        return numbers(self.candidates[column], "the candidate table")

    def is_missing(self, column: str) -> NDArray[np.bool_]:
        """Return where a column of the candidate table has no value, shape (J,)."""
        self.require(column)
        return np.asarray(self.candidates[column].isna().to_numpy(dtype=bool))

    def with_candidates(self, kept: NDArray[np.bool_]) -> Case:
        """Return the case with only the candidates marked true; `complete` remembers the others."""
        complete = self.candidates if self.complete is None else self.complete
        return replace(self, candidates=self.candidates.loc[kept], complete=complete)


def numbers(column: pd.Series[Any], table: str) -> NDArray[np.float64]:
    """Return a column as floats; a missing value is NaN, true is 1 and false is 0.

    Parameters
    ----------
    column : pandas.Series
        Numbers, Booleans or missing values.
    table : str
        What the table is called in the error sentence.

    Returns
    -------
    numpy.ndarray
        Float vector of the same length.

    Raises
    ------
    InputError
        If an entry is neither.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers(pd.Series([True, None, False], index=["a", "b", "c"]), "my table").tolist()
    [1.0, nan, 0.0]
    """
    values = np.full(len(column), np.nan)
    for position, (label, entry) in enumerate(zip(column.index, column.to_numpy(dtype=object), strict=True)):
        if entry is None or pd.isna(entry):
            continue
        if not isinstance(entry, int | float | np.number | np.bool_):
            raise InputError(f"{table}: column {column.name!r} of {label!r} is {entry!r}, not a number")
        values[position] = float(entry)
    return values
