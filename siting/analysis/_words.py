"""Numbers and lists as people write them, for the sentences of analyses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCALES = ((1e9, "bn"), (1e6, "m"))


def amount(value: float, unit: str = "") -> str:
    """Return a number with its unit as people write it.

    Examples
    --------
    >>> amount(412_345_678.0, "EUR/yr")
    '412.3 m EUR/yr'
    >>> amount(18.234, "ms"), amount(float("nan"))
    ('18.23 ms', '–')
    """
    if not math.isfinite(value):
        return "–"
    for scale, word in _SCALES:
        if abs(value) >= scale:
            return f"{value / scale:,.1f} {word} {unit}".rstrip()
    text = f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:.4g}"
    return f"{text} {unit}".rstrip()


def instead(new: float, old: float, unit: str = "") -> str:
    """Return a number and the one it replaces, with the unit once.

    Examples
    --------
    >>> instead(20.79, 25.03, "ms")
    '20.79 instead of 25.03 ms'
    >>> instead(4.0, 4.0, "sites")
    '4 sites, as before'
    """
    if amount(new) == amount(old):
        return f"{amount(old, unit)}, as before"
    return f"{amount(new)} instead of {amount(old, unit)}"


def listed(parts: Iterable[object], last: str = "and") -> str:
    """Return a list as a sentence holds it.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"], last="or")
    ('a, b and c', 'a')
    """
    texts = [str(part) for part in parts]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}" if texts else "none"


def plain_name(name: str) -> str:
    """Return the name of a criterion, rule or column as words.

    Examples
    --------
    >>> plain_name("energy_cost")
    'energy cost'
    """
    return name.replace("_", " ")


def share(value: float) -> str:
    """Return a share as a percentage, with more digits where it is near nothing or all.

    Examples
    --------
    >>> share(0.25), share(0.9973), share(0.0)
    ('25 %', '99.73 %', '0 %')
    """
    digits = 2 if min(abs(value), abs(1 - value)) < 0.1 else 1
    text = f"{value * 100:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def capitalised(sentence: str) -> str:
    """Return a sentence with its first letter large.

    Examples
    --------
    >>> capitalised("the best portfolio")
    'The best portfolio'
    """
    return sentence[:1].upper() + sentence[1:]
