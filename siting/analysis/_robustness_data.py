"""What a user says about uncertain data, turned into something to draw from: noise, choices, and what lies between."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from siting import data as tables
from siting.analysis._robustness_variants import VariantBuilder, filled, lies_between
from siting.draws import Between, Choice, Noise, Variant
from siting.errors import InputError, suggestion
from siting.model_file import SHORTCUTS

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from siting.preparation import Prepared

#: Values of a key that are tried where the criteria do not follow it in a straight line.
LEVELS = 11
_GROUPS = ("country", "candidate", "all")


@dataclass(eq=False)
class UncertainData:
    """What is drawn, and what a reader has to know of it.

    Attributes
    ----------
    drawn : list of Choice, Between or Noise
        Each independent of the others.
    told : list of str
        One sentence or more per uncertainty.
    left_out : dict
        Candidates that lack data in some variant, with the reason.
    """

    drawn: list[Choice | Between | Noise] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    left_out: dict[Hashable, str] = field(default_factory=dict)


def uncertain_data(prepared: Prepared, said: Mapping[str, Any] | None) -> UncertainData:
    """Return what to draw data from.

    Parameters
    ----------
    prepared : Prepared
        The base.
    said : mapping or None
        As `siting.robustness` takes it.

    Raises
    ------
    InputError
        If a key or a range is not valid, or two keys change the same criterion.
    """
    if said is not None and not isinstance(said, Mapping):
        raise InputError(f"data is a {type(said).__name__}; give a mapping such as {{'energy_cost': 0.2}}")
    found = UncertainData()
    builder = VariantBuilder(prepared, found.left_out)
    for key, meant in (said or {}).items():
        by, spread = _grouped(key, read_range(meant) if isinstance(meant, str) else meant)
        if key in prepared.instance.criteria:
            found.drawn.append(_noise(prepared, key, spread, by, found.told))
        elif by is not None:
            raise InputError(f"{key!r} is no criterion and cannot differ by {by}; it has one value in each draw")
        else:
            found.drawn.append(_keyed(builder, key, spread, found.told))
    _check_independent(found.drawn)
    return found


def read_range(text: str) -> Any:
    """Return what a text such as ``"20%"``, ``"0.8..1.3"``, ``"2023, 2024"`` or ``"10% by candidate"`` says.

    Examples
    --------
    >>> read_range("20%"), read_range("0.8..1.3"), read_range("GB200 NVL72, H100"), read_range("history")
    (0.2, (0.8, 1.3), ['GB200 NVL72', 'H100'], 'history')
    >>> read_range("10% by candidate")
    {'range': 0.1, 'by': 'candidate'}
    """
    spread, by, group = text.partition(" by ")
    if by:
        return {"range": read_range(spread), "by": group.strip()}
    text = text.strip()
    if text == "history":
        return text
    share = re.fullmatch(r"(?:±|\+-)?\s*([0-9.]+)\s*%", text)
    ends = re.fullmatch(r"(\S+?)\s*\.\.\s*(\S+)", text)
    try:
        if share:
            return float(share[1]) / 100
        if ends:
            return _number(ends[1]), _number(ends[2])
    except ValueError:
        raise InputError(
            f"data: {text!r} is not a range such as 20%, 0.8..1.3, a list with commas, or history"
        ) from None
    return [part.strip() for part in text.split(",")]


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _grouped(key: str, meant: Any) -> tuple[str | None, Any]:
    """Return the group that a range is drawn for, and the range."""
    if not isinstance(meant, Mapping):
        return None, meant
    if "range" not in meant or set(meant) - {"range", "by"}:
        raise InputError(f"data of {key!r} is {dict(meant)!r}; it takes 'range' and 'by'")
    by = meant.get("by", "country")
    if by not in _GROUPS:
        raise InputError(f"data of {key!r} differ by {by!r}{suggestion(str(by), _GROUPS)}")
    spread = meant["range"]
    return by, read_range(spread) if isinstance(spread, str) else spread


def _ends(key: str, spread: Any) -> tuple[float, float]:
    """Return two ends; one number is a share up and down of 1."""
    if isinstance(spread, int | float) and not isinstance(spread, bool):
        if not 0 < spread < 1:
            raise InputError(f"data of {key!r} is {spread:g}; one number is a share up and down, between 0 and 1")
        return 1 - spread, 1 + spread
    try:
        low, high = spread
        correct = all(isinstance(end, int | float) and math.isfinite(end) for end in (low, high)) and low < high
    except (TypeError, ValueError):
        correct = False
    if not correct or isinstance(spread, str | list):
        raise InputError(f"data of {key!r} is {spread!r}; give a share (0.2) or two ends that rise (0.8, 1.3)")
    return low, high


# --- noise on a criterion -----------------------------------------------------------------------------------------


def _noise(prepared: Prepared, name: str, spread: Any, by: str | None, told: list[str]) -> Noise:
    low, high = _ends(name, spread)
    criterion = prepared.instance.criteria[name]
    if not criterion.is_sum:
        raise InputError(f"criterion {name!r} is a worst case, whose data cannot be drawn; draw a key of the model")
    if low <= 0:
        raise InputError(f"the factors of {name!r} start at {low:g}; they must be above 0")
    count = prepared.instance.number_of_candidates
    groups, what = np.zeros(count, dtype=np.int64), "with one factor for all"
    if criterion.service is None and by != "all":
        groups, what = np.arange(count), "independently for each candidate"
        countries = _countries(prepared)
        if by == "country" and countries is None:
            raise InputError(f"data of {name!r} cannot differ by country: the candidates have none")
        if by != "candidate" and countries is not None:
            groups, what = np.unique(countries, return_inverse=True)[1], "independently for each country"
    elif by not in (None, "all"):
        raise InputError(f"criterion {name!r} depends on who serves whom and has one factor for all, not one by {by}")
    told.append(f"{name} is multiplied by {low:g} to {high:g}, {what}")
    return Noise(name, low, high, groups)


def _countries(prepared: Prepared) -> Sequence[str] | None:
    if prepared.model is None or "country" not in prepared.model.case.candidates.columns:
        return None
    return [str(code) for code in prepared.model.case.candidates["country"].loc[list(prepared.instance.candidates)]]


# --- keys of a model and columns of its candidate table -----------------------------------------------------------


def _keyed(builder: VariantBuilder, key: str, spread: Any, told: list[str]) -> Choice | Between:
    """Return the variants of a key of the model, or of a column that is multiplied."""
    model = builder.prepared.model
    if model is None:
        raise InputError(f"no criterion is called {key!r}{suggestion(key, builder.prepared.instance.criteria)}")
    columns = [str(column) for column in model.case.candidates.columns]
    if "." not in key and key not in SHORTCUTS:
        if key not in columns:
            known = [*builder.prepared.instance.criteria, *SHORTCUTS, *columns]
            raise InputError(f"data: {key!r} is no criterion, key or column{suggestion(key, known)}")
        low, high = _ends(key, spread)
        return _ranged(builder, key, (low, high), told, f"{key} of every candidate is multiplied by")
    current = builder.current(key)
    if spread == "history":
        spread = _history(builder, key)
    if isinstance(spread, list):
        values = [_typed(value, current) for value in spread]
        if len(values) < 2 or len(set(map(str, values))) < len(values):
            raise InputError(f"data of {key!r} is {spread!r}; give two or more different values")
        told.append(f"{key} is one of {', '.join(map(str, values))}, each as likely as the others")
        return Choice(key, tuple(builder.variant(key, value) for value in values))
    low, high = _ends(key, spread)
    if isinstance(current, str | bool | list | dict):
        raise InputError(f"data of {key!r}: it is {current!r} in the model, not a number; give a list of values")
    if isinstance(spread, int | float):
        if current is None:
            raise InputError(f"data of {key!r} is a share of nothing: the model does not say it; give two ends")
        low, high = low * current, high * current
    return _ranged(builder, key, (low, high), told, f"{key} is")


def _ranged(
    builder: VariantBuilder, key: str, ends: tuple[float, float], told: list[str], verb: str
) -> Choice | Between:
    """Return what lies between two ends, or evenly spaced variants where the data do not follow in a straight line."""
    whole = all(isinstance(end, int) for end in ends)
    spaced = np.linspace(*ends, LEVELS).tolist()
    values: list[Any] = sorted({round(value) for value in spaced}) if whole else spaced
    first, middle, last = (builder.variant(key, values[place]) for place in (0, len(values) // 2, -1))
    first, last = filled(builder.prepared.instance, first, last)
    share = (middle.value - first.value) / (last.value - first.value)
    if lies_between(builder.prepared.instance, first, middle, last, share):
        told.append(f"{verb} {ends[0]:g} to {ends[1]:g}")
        return Between(key, first, last)
    told.append(f"{verb} {ends[0]:g} to {ends[1]:g}, in {len(values)} even steps")
    return Choice(key, tuple(builder.variant(key, value) for value in values))


def _history(builder: VariantBuilder, key: str) -> list[str]:
    """Return the periods of the model's own price series."""
    model = builder.prepared.model
    if model is None or key not in ("price_period", "data.price_period"):
        raise InputError(f"data of {key!r}: only price_period has a history")
    own = None if model.data.folder is None else model.folder / model.data.folder
    series = tables.price_series(own).index
    return [str(period) for name, period in series if name == model.data.price_series]


def _typed(value: Any, current: Any) -> Any:
    """Return a value typed as text as the kind of value that the key has."""
    if not isinstance(value, str) or isinstance(current, str):
        return str(value) if isinstance(current, str) else value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _check_independent(drawn: Sequence[Choice | Between | Noise]) -> None:
    """Raise if two keys change the same criterion or both change rules: drawn apart they would undo each other."""
    changed: dict[str, str] = {}
    for uncertain in drawn:
        if isinstance(uncertain, Noise):
            continue
        variants: tuple[Variant, ...] = (
            uncertain.variants if isinstance(uncertain, Choice) else (uncertain.first, uncertain.last)
        )
        touched = {name for variant in variants for name in variant.changes}
        touched |= {"the rules" for variant in variants if variant.rules}
        for name in sorted(touched):
            if name in changed:
                raise InputError(
                    f"{changed[name]!r} and {uncertain.key!r} both change {name}, so they cannot be drawn apart; "
                    "keep one of them, or give the criterion itself a range"
                )
            changed[name] = uncertain.key
