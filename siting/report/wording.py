"""The fixed texts of a dossier in every language, and how each language writes numbers, lists and names."""

from __future__ import annotations

import math
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.errors import InputError, suggestion
from siting.maps.attribute_names import attribute_label
from siting.maps.texts import date_text, number, printable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from siting.solution import Solution

MISSING = "–"
TOGETHER = "\u00a0"
"""Keeps a number and its unit on one line."""
_SCALES = ((1e9, "billion"), (1e6, "million"))
_LONGEST_NAME = 70
"""A name longer than this many characters is cut where it stands in a heading."""
_LONGEST_LABEL, _LONGEST_CODE = 44, 24
"""The same for a name and an identifier in running text."""


@lru_cache(maxsize=8)
def _texts(language: str) -> Mapping[str, Any]:
    path = files("siting.report").joinpath("texts", f"{language}.toml")
    found: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def languages() -> tuple[str, ...]:
    """Return the languages a dossier can be written in, ISO 639-1.

    Examples
    --------
    >>> languages()
    ('en', 'it')
    """
    folder = files("siting.report").joinpath("texts")
    return tuple(sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml")))


class Wording:
    """The texts of one language, and numbers as it writes them.

    Parameters
    ----------
    language : str
        One of `languages`.

    Raises
    ------
    InputError
        If the dossier is not written in that language.

    Examples
    --------
    >>> words = Wording("it")
    >>> words.number(1234.5, 1), words.listed(["a", "b", "c"])
    ('1.234,5', 'a, b e c')
    """

    def __init__(self, language: str = "en") -> None:
        if language not in languages():
            raise InputError(f"a dossier is not written in {language!r}{suggestion(str(language), languages())}")
        self.language = language
        self._own, self._english = _texts(language), _texts("en")

    def __call__(self, key: str, /, **values: object) -> str:
        """Return a text by its dotted key, with values in its places.

        A text that the language lacks is the English one.

        Raises
        ------
        KeyError
            If there is no such text.
        """
        text = _found(self._own, key)
        if text is None:
            text = _found(self._english, key)
        if text is None:
            raise KeyError(key)
        return text.format(**values) if values else text

    def known(self, key: str, otherwise: str) -> str:
        """Return a text by its dotted key, or another where no language has it.

        Examples
        --------
        >>> Wording("it").known("criterion.energy_cost", "?"), Wording("it").known("criterion.water", "water")
        ("costo dell'energia", 'water')
        """
        text = _found(self._own, key)
        return otherwise if text is None else text

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Return a number with so many decimals; a dash where it is missing or not finite."""
        return MISSING if value is None or not math.isfinite(value) else number(float(value), decimals, self.language)

    def plain(self, value: float | None, digits: int = 4) -> str:
        """Return a number without noise: whole where large, else with so many significant digits.

        Examples
        --------
        >>> words = Wording("en")
        >>> words.plain(23754.4), words.plain(16.87622), words.plain(4.0), words.plain(0.000251)
        ('23,754', '16.88', '4', '0.000251')
        """
        if value is None or not math.isfinite(value):
            return MISSING
        if value == 0 or abs(value) >= 1000 or value == round(value):
            return self.number(value)
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = self.number(value, decimals)
        mark = "," if self.language == "it" else "."
        return text.rstrip("0").rstrip(mark) if mark in text else text

    def amount(self, value: float | None, unit: str = "", digits: int = 4) -> str:
        """Return a number with its unit; millions and billions in words.

        Examples
        --------
        >>> Wording("en").amount(682_196_956.0, "EUR/yr").split(TOGETHER)
        ['682.2', 'm', 'EUR/yr']
        """
        text, scale = self.scaled(value, digits)
        written = self.unit(unit, one=value == 1)
        return TOGETHER.join(part for part in (text, scale, written) if part)

    def scaled(self, value: float | None, digits: int = 4) -> tuple[str, str]:
        """Return a number and the word for the power of ten it was divided by; both may be large or empty."""
        if value is None or not math.isfinite(value):
            return MISSING, ""
        for scale, word in _SCALES:
            if abs(value) >= scale:
                return self.number(value / scale, 1), self(f"scale.{word}")
        return self.plain(value, digits), ""

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """Return a share between 0 and 1 as percent.

        Examples
        --------
        >>> Wording("en").percent(0.2069, 1).split(TOGETHER)
        ['20.7', '%']
        """
        return (
            MISSING if share is None or not math.isfinite(share) else f"{self.number(100 * share, decimals)}{TOGETHER}%"
        )

    def small_percent(self, percent: float) -> str:
        """Return a percentage with as many decimals as say something."""
        return f"{self.plain(percent, 3)}{TOGETHER}%" if math.isfinite(percent) else MISSING

    def listed(self, parts: Iterable[object], last: str = "and") -> str:
        """Return a list as a sentence holds it; `last` is "and" or "or"."""
        texts = [str(part) for part in parts]
        if len(texts) < 2:
            return texts[0] if texts else MISSING
        return f"{', '.join(texts[:-1])} {self(f'list.{last}')} {texts[-1]}"

    def counted(self, key: str, count: int, **values: object) -> str:
        """Return a number of things: the text `KEY_one` for one, `KEY_many` for any other number.

        Examples
        --------
        >>> Wording("en").counted("count.sites", 1), Wording("en").counted("count.sites", 4)
        ('1 site', '4 sites')
        """
        return self(f"{key}_one" if count == 1 else f"{key}_many", count=self.number(count), **values)

    def spelled(self, key: str, count: int) -> str:
        """Return a number of things, the number in words where the language has a word for it.

        Examples
        --------
        >>> Wording("en").spelled("count.sites", 4), Wording("it").spelled("count.sites", 40)
        ('four sites', '40 siti')
        """
        return self(
            f"{key}_one" if count == 1 else f"{key}_many", count=self.known(f"numeral.{count}", self.number(count))
        )

    def date(self, date: dt.date | str | None = None) -> str:
        """Return a date in full; today, or the day of `SOURCE_DATE_EPOCH`, for None."""
        return date_text(date, self.language)

    def unit(self, unit: str, *, one: bool = False) -> str:
        """Return a unit as the language writes it, in the singular for one of it; nothing for a plain number."""
        if not unit:
            return ""
        many = self.known(f"unit.{unit}", unit)
        return self.known(f"unit_one.{unit}", many) if one else many

    def criterion(self, name: str) -> str:
        """Return the name of a criterion of the model as people write it."""
        return self.known(f"criterion.{name}", str(name).replace("_", " "))

    def attribute(self, name: str) -> str:
        """Return the label of an attribute."""
        text = self.known(f"attribute.{name}", "")
        return text or attribute_label(name, self.language)

    def value(self, value: object) -> str:
        """Return a value of a table as text: a number, yes or no, a category; a dash where it is missing.

        Examples
        --------
        >>> words = Wording("en")
        >>> words.value(True), words.value(19739.0), words.value(None), words.value("more developed")
        ('yes', '19,739', '–', 'more developed')
        """
        if value is None or (not isinstance(value, str) and pd.isna(value)):  # type: ignore[call-overload]
            return MISSING
        if str(value) in {"True", "False"}:
            return self("yes" if str(value) == "True" else "no")
        if isinstance(value, str):
            return self.known(f"category.{value}", printable(value))
        return self.plain(float(value), 5)  # type: ignore[arg-type]


def _found(texts: Mapping[str, Any], key: str) -> str | None:
    """Return a text at a dotted key; a unit or category may hold dots of its own."""
    first, _, rest = key.partition(".")
    value = texts.get(first)
    if rest:
        value = value.get(rest) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def shortened(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return a text of a table on one line, cut where it is too long for a heading.

    Examples
    --------
    >>> shortened("Castilla y León"), shortened("a" * 99, 10)
    ('Castilla y León', 'aaaaaaaaa…')
    """
    text = printable(text).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def site_name(solution: Solution, identifier: object) -> str:
    """Return the name of a candidate, or its identifier where the table has no names."""
    table = solution.candidates
    name = table["name"].get(identifier) if "name" in table.columns else None
    return shortened(str(identifier) if name is None or pd.isna(name) else str(name))


def site_label(solution: Solution, identifier: object) -> str:
    """Return name and identifier of a candidate."""
    name, code = shortened(site_name(solution, identifier), _LONGEST_LABEL), shortened(str(identifier), _LONGEST_CODE)
    return name if name == str(identifier) else f"{name} ({code})"
