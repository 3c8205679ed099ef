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
    "excluded": "Excluded candidates",
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
    "several": "a candidate excluded for several reasons is hatched by the rarest",
    "grid capacity of … MVA is below the contracted … MVA": "grid capacity below the contracted power",
    "million": "m",
    "less developed": "less developed",
    "transition": "transition",
    "more developed": "more developed",
    "score map": "How good each candidate is on its own",
    "latency map": "How far a round trip reaches from the chosen sites",
    "exclusions map": "Why candidates are excluded",
    "alternatives map": "What else is as good",
    "robustness map": "How often each candidate is among the best sites",
    "score heading": "score",
    "rank": "rank",
    "rank of": "rank\nof {count}",
    "best unchosen": "The best that were not chosen",
    "chosen together": "Sites are chosen together: two that are good on their own may serve the same people, or break "
    "a rule together.",
    "service area": "area a site serves, in its colour",
    "unserved": "served by no site",
    "share of people": "share of\npeople, %",
    "cumulative": "up to\nhere, %",
    "share of demand": "share of\ndemand, %",
    "mean latency long": "mean\nlatency, ms",
    "largest latency": "largest\nlatency, ms",
    "served remark": "Mean weighted by population. Round trip from the centre of each demand region to the site that "
    "serves most of it.",
    "isochrone legend": "Round trip to the nearest chosen site",
    "isochrone": "this round trip exactly",
    "people millions": "people,\nm",
    "within reach": "Who lives within reach",
    "up to ms": "up to {time} ms",
    "more than ms": "more than {time} ms",
    "nearest remark": "Nearest chosen site: {intercept} ms and {slope} ms per 1,000 km of geodesic distance. Each "
    "demand region counts where its centre lies.",
    "curve of people": "Share of people by round trip",
    "curve of demand": "Share of demand by round trip",
    "longest": "The longest round trips",
    "people thousands": "people,\nthousand",
    "latency heading": "latency,\nms",
    "excluded of": "{excluded} of {count} candidates are excluded",
    "excludes": "excludes",
    "excludes alone": "on its\nown",
    "nothing excluded": "no candidate is excluded",
    "not excluded": "not excluded",
    "chosen site plain": "chosen site",
    "which together": "Which reasons come together, and where",
    "more combinations": "and {count} more combinations",
    "in none": "in none (never)",
    "in all": "in all (core)",
    "in none found": "in none found",
    "in all found": "in all found",
    "below percent": "below {limit} %",
    "share of portfolios": "Share of near-optimal portfolios that hold it",
    "share of portfolios counted": "Share of {count} near-optimal portfolios that hold it",
    "most frequent": "Core and swappable sites",
    "share heading": "in … % of\nportfolios",
    "excess heading": "best with it,\n% worse",
    "in no draw": "in no draw",
    "in every draw": "in every draw",
    "share of draws": "Share of draws whose best portfolio holds it",
    "share of draws counted": "Share of {count} draws whose best portfolio holds it",
    "most accepted": "Sites that win most often",
    "draws heading": "in … % of\ndraws",
    "interval heading": "95 %\ninterval",
    "alternatives told": "{portfolios} near-optimal portfolios, {state}: {core} sites in all, {swappable} in some, "
    "{never} in none",
    "list complete": "list complete",
    "list not complete": "list not complete",
    "robustness told": "The judged portfolio stays the best in {share} % of {draws} draws",
    "split demand": "a demand region served by several sites is shown with the one that serves most of it",
}

_ITALIAN = {
    "title": "Siti scelti",
    "criteria maps": "I criteri, regione per regione",
    "chosen": "Siti scelti",
    "site": "Sito",
    "score": "Punteggio del singolo sito, 0–1 (più alto è meglio)",
    "excluded": "Candidati esclusi",
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
    "several": "un candidato escluso per più motivi è tratteggiato secondo il più raro",
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
    "less developed": "meno sviluppata",
    "transition": "in transizione",
    "more developed": "più sviluppata",
    "score map": "Quanto vale ogni candidato da solo",
    "latency map": "Fin dove arriva un'andata e ritorno dai siti scelti",
    "exclusions map": "Perché alcuni candidati sono esclusi",
    "alternatives map": "Che cos'altro è quasi altrettanto buono",
    "robustness map": "Quanto spesso ogni candidato è tra i siti migliori",
    "score heading": "punteggio",
    "rank": "posto",
    "rank of": "posto\nsu {count}",
    "best unchosen": "I migliori non scelti",
    "chosen together": "I siti si scelgono insieme: due siti buoni da soli possono servire le stesse persone, o "
    "violare insieme una regola.",
    "service area": "area servita da un sito, nel suo colore",
    "unserved": "non servita da alcun sito",
    "share of people": "quota di\nabitanti, %",
    "cumulative": "fino a\nqui, %",
    "share of demand": "quota di\ndomanda, %",
    "mean latency long": "latenza\nmedia, ms",
    "largest latency": "latenza\nmassima, ms",
    "served remark": "Media pesata per popolazione. Andata e ritorno dal centro di ogni regione di domanda al sito "
    "che ne serve la maggior parte.",
    "isochrone legend": "Andata e ritorno verso il sito scelto più vicino",
    "isochrone": "esattamente questa andata e ritorno",
    "people millions": "abitanti,\nmln",
    "within reach": "Chi vive entro quale latenza",
    "up to ms": "fino a {time} ms",
    "more than ms": "oltre {time} ms",
    "nearest remark": "Sito scelto più vicino: {intercept} ms più {slope} ms ogni 1.000 km di distanza geodetica. Ogni "
    "regione di domanda conta dove si trova il suo centro.",
    "curve of people": "Quota di abitanti per andata e ritorno",
    "curve of demand": "Quota di domanda per andata e ritorno",
    "longest": "I tragitti più lunghi",
    "people thousands": "abitanti,\nmigliaia",
    "latency heading": "latenza,\nms",
    "excluded of": "{excluded} candidati su {count} sono esclusi",
    "excludes": "esclude",
    "excludes alone": "da\nsolo",
    "nothing excluded": "nessun candidato è escluso",
    "not excluded": "non escluso",
    "chosen site plain": "sito scelto",
    "which together": "Quali motivi valgono insieme, e dove",
    "more combinations": "e altre {count} combinazioni",
    "in none": "in nessuno (mai)",
    "in all": "in tutti (nucleo)",
    "in none found": "in nessuno trovato",
    "in all found": "in tutti quelli trovati",
    "below percent": "meno di {limit} %",
    "share of portfolios": "Quota dei portafogli quasi ottimi che lo contengono",
    "share of portfolios counted": "Quota dei {count} portafogli quasi ottimi che lo contengono",
    "most frequent": "Siti del nucleo e sostituibili",
    "share heading": "nel … % dei\nportafogli",
    "excess heading": "migliore con\nesso, % in più",
    "in no draw": "in nessuna estrazione",
    "in every draw": "in ogni estrazione",
    "share of draws": "Quota delle estrazioni il cui portafoglio migliore lo contiene",
    "share of draws counted": "Quota delle {count} estrazioni il cui portafoglio migliore lo contiene",
    "most accepted": "I siti che vincono più spesso",
    "draws heading": "nel … % delle\nestrazioni",
    "interval heading": "intervallo\n95 %",
    "alternatives told": "{portfolios} portafogli quasi ottimi, {state}: {core} siti in tutti, {swappable} in alcuni, "
    "{never} in nessuno",
    "list complete": "elenco completo",
    "list not complete": "elenco non completo",
    "robustness told": "Il portafoglio esaminato resta il migliore nel {share} % di {draws} estrazioni",
    "split demand": "una regione di domanda servita da più siti è mostrata con quello che ne serve la maggior parte",
    "optimal": "ottimo dimostrato",
    "gap reached": "scarto richiesto raggiunto, ottimo non dimostrato",
    "time limit": "ricerca fermata dal limite di tempo, ottimo non dimostrato",
    "node limit": "ricerca fermata dal limite di nodi, ottimo non dimostrato",
    "memory limit": "ricerca fermata dal limite di memoria, ottimo non dimostrato",
    "interrupted": "ricerca interrotta, ottimo non dimostrato",
    "Four AI gigafactories in the EU-27": "Quattro gigafactory dell'IA nell'UE-27",
    "doublings": "raddoppi",
    "sites": "siti",
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
    'Candidati esclusi'
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
