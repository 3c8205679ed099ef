"""The words on the maps, in every language they speak, and how each language writes numbers and dates."""

from __future__ import annotations

import datetime as dt
import math
import os
import unicodedata

from siting.errors import InputError, suggestion

_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "it": (
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
        "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
    ),
}  # fmt: skip

_ENGLISH = {
    "title": "Chosen sites",
    "criteria maps": "The criteria, region by region",
    "chosen": "Chosen sites",
    "site": "Site",
    "score": "Score of a single site, 0–1 (higher is better)",
    "excluded": "Excluded regions",
    "no reason": "no reason given",
    "other reasons": "other reasons",
    "missing": "no data",
    "served": "Who is served by which site",
    "service outline": "border of service areas",
    "neighbour": "not considered",
    "chosen site": "chosen site (see table)",
    "criteria": "The portfolio as a whole",
    "criterion": "Criterion",
    "value": "Value",
    "weight": "Weight",
    "lowest": "Lowest",
    "highest": "Highest",
    "sources": "Sources",
    "projection": "Projection",
    "scale": "insets have scales of their own",
    "yes": "yes",
    "no": "no",
    "north": "N",
    "objective": "Objective",
    "gap": "gap",
    "none chosen": "No portfolio is held",
    "more": "and {count} more",
    "served people": "people\nserved, m",
    "mean latency": "latency,\nms",
    "Açores": "Azores",
    "Madeira": "Madeira",
    "Canarias": "Canary Islands",
    "Guadeloupe": "Guadeloupe",
    "Martinique": "Martinique",
    "Guyane": "French Guiana",
    "La Réunion": "Réunion",
    "Mayotte": "Mayotte",
    "no value": "no value for",
    "several": "a region excluded for several reasons is hatched by the rarest",
    "grid capacity of … MVA is below the contracted … MVA": "grid capacity below the contracted power",
    "million": "m",
    "less developed": "less developed",
    "transition": "transition",
    "more developed": "more developed",
}

_ITALIAN = {
    "title": "Siti scelti",
    "criteria maps": "I criteri, regione per regione",
    "chosen": "Siti scelti",
    "site": "Sito",
    "score": "Punteggio del singolo sito, 0–1 (più alto è meglio)",
    "excluded": "Regioni escluse",
    "no reason": "motivo non indicato",
    "other reasons": "altri motivi",
    "missing": "dato mancante",
    "served": "Chi è servito da quale sito",
    "service outline": "confine di aree servite",
    "neighbour": "non considerato",
    "chosen site": "sito scelto (vedi tabella)",
    "criteria": "Il portafoglio nel suo insieme",
    "criterion": "Criterio",
    "value": "Valore",
    "weight": "Peso",
    "lowest": "Più bassi",
    "highest": "Più alti",
    "sources": "Fonti",
    "projection": "Proiezione",
    "scale": "i riquadri hanno scale proprie",
    "yes": "sì",
    "no": "no",
    "north": "N",
    "objective": "Obiettivo",
    "gap": "scarto",
    "none chosen": "Nessun portafoglio disponibile",
    "more": "e altri {count}",
    "served people": "abitanti\nserviti, mln",
    "mean latency": "latenza,\nms",
    "Açores": "Azzorre",
    "Madeira": "Madera",
    "Canarias": "Isole Canarie",
    "Guadeloupe": "Guadalupa",
    "Martinique": "Martinica",
    "Guyane": "Guyana francese",
    "La Réunion": "Riunione",
    "Mayotte": "Mayotte",
    "no value": "nessun valore per",
    "several": "una regione esclusa per più motivi è tratteggiata secondo il più raro",
    "grid capacity of … MVA is below the contracted … MVA": "capacità di rete sotto la potenza impegnata",
    "no substation of … kV or more": "nessuna stazione elettrica abbastanza potente",
    "outermost region": "regione ultraperiferica",
    "forbidden by the model": "vietata dal modello",
    "million": "mln",
    "energy_cost": "costo dell'energia",
    "grid_capacity": "capacità di rete",
    "cohesion": "coesione",
    "latency": "latenza",
    "carbon": "carbonio",
    "EUR/yr": "EUR/anno",
    "eligible sites": "siti ammissibili",
    "optimal": "ottimo dimostrato",
    "less developed": "meno sviluppata",
    "transition": "in transizione",
    "more developed": "più sviluppata",
}

_TEXTS = {"en": _ENGLISH, "it": _ITALIAN}
LANGUAGES = tuple(_TEXTS)
"""Codes of the languages the maps speak (ISO 639-1)."""


def check_language(language: str) -> str:
    """Return the language code if the maps speak it.

    Parameters
    ----------
    language : str
        ISO 639-1 code.

    Returns
    -------
    str
        The same code.

    Raises
    ------
    siting.errors.InputError
        If there is no dictionary for it.

    Examples
    --------
    >>> check_language("it")
    'it'
    """
    if language not in _TEXTS:
        raise InputError(f"the maps do not speak '{language}'{suggestion(str(language), LANGUAGES)}")
    return language


def word(key: str, language: str) -> str:
    """Return a text of the map in a language.

    Parameters
    ----------
    key : str
        Key of the dictionary, or a name of a territory or category.
    language : str
        One of `LANGUAGES`.

    Returns
    -------
    str
        The text; the key itself where the dictionary has none.

    Examples
    --------
    >>> word("excluded", "it")
    'Regioni escluse'
    """
    return _TEXTS[language].get(key, key)


def printable(text: object) -> str:
    """Return a text as it can stand in a picture: one line, no control characters, nothing interpreted.

    Parameters
    ----------
    text : object
        Usually a name from a table.

    Returns
    -------
    str
        The same characters; line breaks become spaces, control characters the replacement character.

    Examples
    --------
    >>> printable("two" + chr(10) + "lines")
    'two lines'
    """
    characters = (" " if character.isspace() else character for character in str(text))
    return "".join("\ufffd" if unicodedata.category(c) in {"Cc", "Cs"} else c for c in characters)


def number(value: float, decimals: int, language: str) -> str:
    """Write a number the way a language does.

    Parameters
    ----------
    value : float
        The number; NaN is written as a dash.
    decimals : int
        How many decimals.
    language : str
        One of `LANGUAGES`.

    Returns
    -------
    str
        Digits with group and decimal marks.

    Examples
    --------
    >>> number(1234.5, 1, "en"), number(1234.5, 1, "it")
    ('1,234.5', '1.234,5')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = "−" + text[1:]
    return text.translate(str.maketrans(",.", ".,")) if language == "it" else text


def date_text(date: dt.date | str | None, language: str) -> str:
    """Write a date in full.

    Parameters
    ----------
    date : datetime.date, str or None
        A text is printed as it is. None stands for today, or for the day in the environment
        variable `SOURCE_DATE_EPOCH`, which makes files repeatable.
    language : str
        One of `LANGUAGES`.

    Returns
    -------
    str
        For example `22 November 2026`.

    Examples
    --------
    >>> import datetime as dt
    >>> date_text(dt.date(2026, 11, 22), "it")
    '22 novembre 2026'
    """
    if isinstance(date, str):
        return printable(date)
    if date is None:
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        now = dt.datetime.now(tz=dt.UTC)
        date = dt.datetime.fromtimestamp(int(epoch), tz=dt.UTC) if epoch else now
    return f"{date.day} {_MONTHS[language][date.month - 1]} {date.year}"
