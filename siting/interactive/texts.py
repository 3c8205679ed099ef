"""The words on the page, in every language the maps speak."""

from __future__ import annotations

import re

from siting.interactive.attributes import label
from siting.maps.texts import word

_MAP_IN_ENGLISH = (
    "Interactive map. Arrow keys move it, plus and minus zoom, zero shows everything, Enter steps into the candidates; "
    "there, arrow keys go from one to the next, Enter selects and Escape leaves. The table of candidates has the same "
    "information."
)
_MAP_IN_ITALIAN = (
    "Mappa interattiva. Le frecce la spostano, più e meno ingrandiscono, zero mostra tutto, Invio entra nei candidati; "
    "lì le frecce passano dall'uno all'altro, Invio seleziona ed Esc esce. La tabella dei candidati contiene le stesse "
    "informazioni."
)
_WORDS: dict[str, tuple[str, str]] = {
    # Landmarks, headings, controls.
    "skip": ("Skip to the table of candidates", "Vai alla tabella dei candidati"),
    "map": ("Map", "Mappa"),
    "mapDescription": (_MAP_IN_ENGLISH, _MAP_IN_ITALIAN),
    "layer": ("Shown on the map", "Sulla mappa"),
    "legend": ("Legend", "Legenda"),
    "overlays": ("Also show", "Mostra anche"),
    "borders": ("country borders", "confini nazionali"),
    "areas": ("borders of service areas", "confini delle aree servite"),
    "names": ("names of chosen sites", "nomi dei siti scelti"),
    "zoomIn": ("Zoom in", "Ingrandisci"),
    "zoomOut": ("Zoom out", "Riduci"),
    "zoomAll": ("Show everything", "Mostra tutto"),
    "insets": ("Outermost regions and others far away", "Regioni ultraperiferiche e altre lontane"),
    "wheel": ("Ctrl and the wheel zoom the map", "Ctrl e la rotella ingrandiscono la mappa"),
    "details": ("Details", "Dettagli"),
    "table": ("All candidates", "Tutti i candidati"),
    "sites": ("Chosen sites", "Siti scelti"),
    "criteria": ("Criteria of the portfolio", "Criteri del portafoglio"),
    "search": ("Name or identifier", "Nome o codice"),
    "country": ("Country", "Paese"),
    "everywhere": ("All countries", "Tutti i paesi"),
    "status": ("Status", "Stato"),
    "everyone": ("All", "Tutti"),
    "everyAttribute": ("every attribute", "tutti gli attributi"),
    "previous": ("Previous", "Precedenti"),
    "next": ("Next", "Seguenti"),
    "rows": ("{first}–{last} of {count}", "{first}–{last} di {count}"),
    "noRows": ("No candidate matches.", "Nessun candidato corrisponde."),
    "back": ("Back to the portfolio", "Torna al portafoglio"),
    "tableHint": ("Select a name to see it on the map.", "Scegli un nome per vederlo sulla mappa."),
    # What is said of a candidate.
    "candidate": ("Candidate", "Candidato"),
    "name": ("Name", "Nome"),
    "chosen": ("chosen", "scelto"),
    "chosenSite": ("chosen site {number}", "sito scelto {number}"),
    "eligible": ("eligible", "ammissibile"),
    "excluded": ("excluded", "escluso"),
    "excludedMany": ("Excluded", "Esclusi"),
    "missing": ("no data", "dato mancante"),
    "yes": ("yes", "sì"),
    "no": ("no", "no"),
    "why": ("Why it is excluded", "Perché è escluso"),
    "servedBy": ("Users here are served by", "Gli utenti qui sono serviti da"),
    "closest": ("Closest chosen site", "Sito scelto più vicino"),
    "latency": ("Mean round-trip latency to the site", "Latenza media di andata e ritorno dal sito"),
    "contributions": ("Contribution to the portfolio", "Contributo al portafoglio"),
    "demandShare": ("Share of demand served", "Quota di domanda servita"),
    "alone": ("Criteria of this site alone", "Criteri di questo solo sito"),
    "analyses": ("Analyses", "Analisi"),
    "selected": ("Selected", "Selezionato"),
    "position": ("Where the value lies between the lowest and the highest", "Dove si colloca il valore"),
    "hint": (
        "Point at a candidate, or select one on the map or in the table, to see everything known of it.",
        "Indica un candidato, o selezionane uno sulla mappa o nella tabella, per vedere tutto ciò che se ne sa.",
    ),
    # Layers.
    "portfolio": ("Portfolio", "Portafoglio"),
    "results": ("Results", "Risultati"),
    "exclusions": ("Exclusions by reason", "Esclusioni per motivo"),
    "service": ("Service areas", "Aree servite"),
    "alternatives": ("Alternatives", "Alternative"),
    "acceptability": ("Acceptability", "Accettabilità"),
    "acceptabilityLong": (
        "Share of draws in which the site is in the best portfolio",
        "Quota di estrazioni in cui il sito è nel portafoglio migliore",
    ),
    "role": ("Role in the alternatives", "Ruolo nelle alternative"),
    "core": ("core: in all near-optimal portfolios", "essenziale: in tutti i portafogli quasi ottimi"),
    "swappable": ("swappable: in some of them", "sostituibile: in alcuni"),
    "never": ("never: proven to be in none", "mai: dimostrato in nessuno"),
    "in all found": ("in all portfolios found", "in tutti i portafogli trovati"),
    "in none found": ("in none found", "in nessuno dei trovati"),
    "shareOfAlternatives": ("Share of the alternatives that hold it", "Quota delle alternative che lo contengono"),
    "scoreTitle": ("Score of a single site, 0 to 1", "Punteggio del singolo sito, da 0 a 1"),
    "score": ("Score", "Punteggio"),
    "otherStatus": ("not judged", "non giudicato"),
    # Header and footer.
    "objective": ("Objective", "Obiettivo"),
    "gap": ("gap", "scarto"),
    "optimal": ("proven optimal", "ottimo dimostrato"),
    "stopped": ("stopped by {status}", "fermato da {status}"),
    "none": ("No portfolio is held: {status}", "Nessun portafoglio disponibile: {status}"),
    "time_limit": ("the time limit", "limite di tempo"),
    "node_limit": ("the node limit", "limite di nodi"),
    "memory_limit": ("the memory limit", "limite di memoria"),
    "interrupted": ("the user", "l'utente"),
    "gap reached": ("the gap asked for", "scarto richiesto"),
    "proof": ("Proof", "Dimostrazione"),
    "criterion": ("Criterion", "Criterio"),
    "value": ("Value", "Valore"),
    "weight": ("Weight", "Peso"),
    "share": ("In the objective", "Nell'obiettivo"),
    "million": ("m", "mln"),
    "sources": ("Sources", "Fonti"),
    "projection": ("Projection", "Proiezione"),
    "insetScales": ("insets have scales of their own", "i riquadri hanno scale proprie"),
    "madeWith": ("Made with siting {version}", "Prodotto con siting {version}"),
    "number": ("No.", "N."),
}


_ITALIAN_REASONS = {
    r"grid capacity of (\S+) MVA is below the contracted (\S+) MVA": (
        r"capacità di rete di \1 MVA, sotto la potenza impegnata di \2 MVA"
    ),
    r"no substation of (\S+) kV or more": r"nessuna stazione elettrica da \1 kV o più",
}
_NO_VALUE = re.compile(r"no value for (\w+)(?: \(needed by .*\))?")


def reason(text: str, language: str) -> str:
    """Return why a candidate is excluded in the words of the page; a reason they do not know stays as it is.

    Parameters
    ----------
    text : str
        One reason, as the model states it.
    language : {"en", "it"}
        Language code.

    Examples
    --------
    >>> reason("no value for pue (needed by criterion 'energy_cost')", "en")
    'no value for power usage effectiveness'
    >>> reason("no substation of 220 kV or more", "it")
    'nessuna stazione elettrica da 220 kV o più'
    """
    attribute = _NO_VALUE.fullmatch(text)
    if attribute:
        name = label(attribute[1], language)
        return f"{word('no value', language)} {name[:1].lower()}{name[1:]}"
    for pattern, italian in _ITALIAN_REASONS.items() if language == "it" else ():
        if re.fullmatch(pattern, text):
            return re.sub(pattern, italian, text)
    return word(text, language)


def words(language: str) -> dict[str, str]:
    """Return every text of the page in a language.

    Parameters
    ----------
    language : {"en", "it"}
        Language code.

    Returns
    -------
    dict
        Key to text; `{…}` stands for what is filled in.

    Examples
    --------
    >>> words("it")["gap"]
    'scarto'
    """
    place = 0 if language == "en" else 1
    return {key: texts[place] for key, texts in _WORDS.items()}
