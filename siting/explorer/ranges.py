"""Which numbers of a model's rules and exclusions can be moved, between which ends, and in which unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import numpy as np

from siting.geography import geodesic_distance_km
from siting.maps.attribute_names import attribute_unit

if TYPE_CHECKING:
    from siting.blocks import Block, Case

#: Most sites that the sliders of counts reach, unless the model asks for more.
MOST_SITES = 12
_UNITS = {"km": "km", "km2": "km²", "mva": "MVA", "kv": "kV", "ms": "ms", "networks": "networks", "years": "years"}
_NOT_NUMBERS_OF_A_RULE = ("kind", "enabled", "name")
_STEPS = 100


@dataclass(frozen=True)
class Number:
    """One number of a rule that a slider moves.

    Attributes
    ----------
    key : str
        Name of the option in the model file.
    value : float
        As the model has it.
    low, high, step : float
        Ends and step of the slider, in `unit`.
    unit : str
        Unit as people write it; empty where there is none.
    choices : tuple of float
        The only values that are allowed; empty where a slider moves freely.
    """

    key: str
    value: float
    low: float
    high: float
    step: float
    unit: str = ""
    choices: tuple[float, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it counts in whole numbers."""
        return isinstance(self.value, int)

    @property
    def label(self) -> str:
        """Its name as people write it, with the unit: "minimum (km)"."""
        words = self.key.split("_")
        words = words[:-1] if words[-1] in _UNITS and len(words) > 1 else words
        return " ".join(words) + (f" ({self.unit})" if self.unit else "")


def numbers_of(block: Block, case: Case, sites: int) -> list[Number]:
    """Return the numbers that a block states, each with a range that makes sense for these candidates.

    Parameters
    ----------
    block : Block
        A rule or an exclusion.
    case : Case
        The candidates: ends of ranges come from their distances and attributes.
    sites : int
        Most sites a portfolio may have.

    Returns
    -------
    list of Number
        Options that are numbers and stated; lists, texts and options left out are not among them.

    Examples
    --------
    >>> from siting.model import Model
    >>> model = Model.load("gigafactories")
    >>> [number.label for number in numbers_of(model.rules["spacing"], model.case, sites=4)]
    ['minimum (km)']
    """
    found = []
    for key, option in type(block).model_fields.items():
        value = getattr(block, key)
        if key in _NOT_NUMBERS_OF_A_RULE or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        choices = _choices(option.annotation)
        unit = _unit(block, key, value)
        if choices:
            found.append(Number(key, value, min(choices), max(choices), 1, unit, choices))
            continue
        low, high = (0, max(MOST_SITES, 2 * sites)) if unit == "sites" else _ends(block, key, float(value), case)
        step = 1 if isinstance(value, int) else round_step((high - low) / _STEPS)
        # What has to be above nothing starts one step above it.
        start = step if low == 0 and _is_positive(option.metadata) else low
        found.append(Number(key, value, min(start, value), max(high, value), step, unit))
    return found


def round_step(step: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten that is not below a step.

    Examples
    --------
    >>> round_step(0.013), round_step(37.0)
    (0.02, 50.0)
    """
    if not step > 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(step))
    factor = next(factor for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= step * (1 - 1e-9))
    return float(f"{factor * power:.12g}")


def _choices(annotation: Any) -> tuple[float, ...]:
    values = get_args(annotation) if get_origin(annotation) is Literal else ()
    return values if all(isinstance(value, int | float) for value in values) else ()


def _is_positive(metadata: list[Any]) -> bool:
    return any(getattr(bound, "gt", None) == 0 for bound in metadata)


def _unit(block: Block, key: str, value: float) -> str:
    attribute = getattr(block, "attribute", None)
    if attribute is not None:
        return attribute_unit(str(attribute))
    if isinstance(value, int) and key in ("minimum", "maximum"):
        return "sites"
    if key == "multiple":
        return "×"
    return _UNITS.get(key.rsplit("_", maxsplit=1)[-1], "")


def _ends(block: Block, key: str, value: float, case: Case) -> tuple[float, float]:
    """Return the ends of a range: of an attribute by its values, of a distance by the extent, else by the number."""
    attribute = getattr(block, "attribute", None)
    if attribute is not None and attribute in case.candidates.columns:
        return _attribute_ends(block.kind, case.numbers(str(attribute)))
    for bound in type(block).model_fields[key].metadata:
        if getattr(bound, "le", None) is not None:
            return 0.0, float(bound.le)
    if block.kind == "spacing":
        return 0.0, _rounded_up(_extent_km(case) / 2)
    return 0.0, _rounded_up(4 * value) if value > 0 else 100.0


def _attribute_ends(kind: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    if kind == "limit":
        # A rule adds the attribute up over the sites.
        return min(0.0, float(finite.min())) * MOST_SITES, _rounded_up(float(np.sort(finite)[-MOST_SITES:].sum()))
    step = round_step(float(np.ptp(finite)) / _STEPS)
    return math.floor(finite.min() / step) * step, math.ceil(finite.max() / step) * step


def _extent_km(case: Case) -> float:
    """Return about how far the candidates reach; the few that lie overseas do not count."""
    longitudes, latitudes = (case.numbers(f"{name}_degrees") for name in ("longitude", "latitude"))
    west, east = np.nanquantile(longitudes, [0.05, 0.95])
    south, north = np.nanquantile(latitudes, [0.05, 0.95])
    corners = (np.array([west]), np.array([south]), np.array([east]), np.array([north]))
    return max(float(geodesic_distance_km(*corners)[0]), 1.0)


def _rounded_up(value: float) -> float:
    if not value > 0:
        return 1.0
    unit: float = 10.0 ** math.floor(math.log10(value)) / 2
    return math.ceil(value / unit) * unit
