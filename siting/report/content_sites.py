"""One page per site: where it lies, what it contributes, what is around it, and every attribute with its source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.errors import SitingError
from siting.geography import distance_matrix_km
from siting.report.blocks import (
    Cell,
    Column,
    Columns,
    Fact,
    Facts,
    Figure,
    Paragraph,
    Section,
    SiteHead,
    Table,
    row,
)  # fmt: skip
from siting.report.content_summary import MOST_FACTS, sentence_case
from siting.report.site_map import site_map
from siting.report.wording import TOGETHER, shortened

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from siting.report.blocks import Block
    from siting.report.context import Context
    from siting.report.evidence import Value

NEAREST = 5
MAP_MILLIMETRES = (95.0, 78.0)
FUELS = ("nuclear", "hydro", "wind", "solar", "gas", "coal", "biomass", "storage", "other")
_AROUND = ("generation_{}within_25_km_mw", "generation_{}within_50_km_mw", "generation_{}mw")
PAGE_ROWS = 19
"""So many attributes stand in each of the two columns of a site's page; the others stand in the table after it."""
_LONGEST_LABEL = 33
_LONGEST_VALUE = 22
_PLACE = frozenset({"longitude_degrees", "latitude_degrees"})


def sites(context: Context) -> Iterator[Section]:
    """Yield the chapter on the sites: all side by side, then one page each."""
    words = context.words
    yield Section("sites", words("section.sites"), tuple(_introduction(context)))
    for number, site in enumerate(context.portfolio):
        yield Section(
            f"site-{number + 1}", context.name(site), tuple(_page(context, site, number)), layout="site", level=2
        )


def _introduction(context: Context) -> Iterator[Block]:
    """Yield the sites side by side: what the model looks at, then every attribute no page has room for."""
    words, evidence = context.words, context.evidence
    yield Paragraph(words("sites.introduction"))
    used = [name for name in evidence.attributes if name in evidence.used]
    yield _side_by_side(context, used, words("sites.used_caption"), words("sites.used_note"))
    if "longitude_degrees" in context.solution.sites.columns and len(context.portfolio) > 1:
        yield _distances(context)
    left = [name for name in evidence.attributes if name not in _shown_on_page(context)]
    if left:
        yield _side_by_side(context, left, words("sites.further_caption"), words("sites.grades_note"), small=True)


def _distances(context: Context) -> Table:
    """Return the geodesic distances between the sites."""
    words, places = context.words, context.solution.sites
    distances = distance_matrix_km(places, places)
    columns = [Column(words("table.site"), width=30)]
    columns += [Column(shortened(context.name(site), 24), "km", "right") for site in places.index]
    rows = [
        row(Cell(context.name(site), colour=context.colour(site)),
            *(words.number(float(value)) if other != place else "" for other, value in enumerate(distances[place])))
        for place, site in enumerate(places.index)
    ]  # fmt: skip
    return Table(words("sites.distances_caption"), columns, rows, words("sites.distances_note"))


def _side_by_side(
    context: Context, attributes: Sequence[str], caption: str, note: str, *, small: bool = False
) -> Table:
    """Return a table with one row per attribute and one column per site."""
    words, evidence = context.words, context.evidence
    values = {site: {value.attribute: value for value in evidence.values(site)} for site in context.portfolio}
    columns = [Column(words("table.attribute"), width=30), Column(words("table.unit"))]
    columns += [Column(shortened(context.name(site), 24), align="right") for site in context.portfolio]
    columns += [Column(words("table.source"))]
    rows = []
    for name in attributes:
        here = [values[site][name] for site in context.portfolio]
        keys = [key for value in here for key in value.sources]
        cells = [Cell(_value(context, value) + _mark(value)) for value in here]
        source = evidence.reference(keys) or words("sites.own")
        rows.append(row(words.attribute(name), words.unit(evidence.units.get(name, "")), *cells, source))
    return Table(caption, columns, rows, note, small=small)


def _value(context: Context, value: Value) -> str:
    """Return the value of an attribute as people write it; coordinates with their decimals."""
    if value.attribute in _PLACE:
        return context.words.number(float(value.value), 4)
    return shortened(context.words.value(value.value), _LONGEST_VALUE)


def _mark(value: Value) -> str:
    """Return the sign of a value that a rule filled in, or that is an assumption."""
    return " *" if value.imputed else " °" if value.kind == "assumed" else ""


def _generation(attributes: Sequence[str]) -> frozenset[str]:
    """Return the attributes that the table of generation by fuel holds."""
    named = [pattern.format(f"{fuel}_") for fuel in FUELS for pattern in _AROUND]
    totals = [pattern.format("") for pattern in _AROUND]
    return frozenset(name for name in (*named, *totals) if name in attributes)


def _shown_on_page(context: Context) -> frozenset[str]:
    """Return the attributes that a site's page has room for."""
    attributes = context.evidence.attributes
    generation = _generation(attributes)
    listed = [name for name in attributes if name not in generation]
    return frozenset(listed[: 2 * PAGE_ROWS]) | generation


def _page(context: Context, site: Hashable, number: int) -> Iterator[Block]:
    """Yield what stands on the page of one site."""
    words, evidence = context.words, context.evidence
    table = context.solution.sites.loc[site]
    place = [str(site), context.country(site)]
    if {"longitude_degrees", "latitude_degrees"} <= set(table.index):
        place.append(_coordinates(context, float(table["latitude_degrees"]), float(table["longitude_degrees"])))
    yield SiteHead(number + 1, context.colour(site), context.name(site), " · ".join(filter(None, place)))
    yield Facts(tuple(_facts(context, site)))
    drawing = site_map(
        context.solution.candidates, site, number, context.style, words, width=MAP_MILLIMETRES[0],
        height=MAP_MILLIMETRES[1], folder=evidence.folder,
    )  # fmt: skip
    picture = Figure(
        drawing,
        words("site.map_alternative", name=context.label(site)),
        note=words("site.map_note", sources=evidence.reference(("nuts_2021", "osm_grid", "peeringdb"))),
    )
    yield Columns(((picture,), tuple(_beside_map(context, site))), (55, 45))
    yield Columns((tuple(_near(context, site)), tuple(_generated(context, site))), (55, 45))
    listed = [value for value in evidence.values(site) if value.attribute in _listed(context)]
    half = (len(listed) + 1) // 2
    yield Columns(((_attributes(context, listed[:half]),), (_attributes(context, listed[half:]),)), (50, 50))
    yield Paragraph(_legend(context, listed), "note")


def _coordinates(context: Context, latitude: float, longitude: float) -> str:
    """Return a place on earth as people write it."""
    words = context.words
    north = words("compass.north" if latitude >= 0 else "compass.south")
    east = words("compass.east" if longitude >= 0 else "compass.west")
    return f"{words.number(abs(latitude), 3)}° {north}, {words.number(abs(longitude), 3)}° {east}"


def _listed(context: Context) -> frozenset[str]:
    return _shown_on_page(context) - _generation(context.evidence.attributes)


def _facts(context: Context, site: Hashable) -> Iterator[Fact]:
    """Yield what the site contributes to each criterion, and whom it serves."""
    words, solution = context.words, context.solution
    contributions = solution.site_contributions
    served = "demand_share" in contributions.columns
    for name in list(solution.criteria.index)[: MOST_FACTS - served]:
        own = context.contribution(site, str(name))
        value, scale = words.scaled(own)
        unit = " ".join(filter(None, (scale, words.unit(context.criterion_unit(str(name)), one=own == 1))))
        yield Fact(value, unit, sentence_case(words.criterion(str(name))))
    if served:
        yield Fact(words.number(100 * context.contribution(site, "demand_share"), 1), "%", words("site.demand"))


def _beside_map(context: Context, site: Hashable) -> Iterator[Block]:
    """Yield the site's share of each criterion, what it takes from the grid, and what would be lost without it."""
    yield _contributions(context, site)
    takes = _takes(context, site)
    if takes is not None:
        yield takes
    served = _served(context, site)
    if served is not None:
        yield served
    lost = _lost_without(context, site)
    if lost:
        yield Paragraph(lost, "plain", context.words("site.without"))


def _contributions(context: Context, site: Hashable) -> Table:
    words, solution = context.words, context.solution
    rows = []
    for name, entry in solution.criteria.iterrows():
        own = context.contribution(site, str(name))
        total = float(entry["value"])
        summed = solution.instance.criteria[str(name)].aggregate == "sum"
        share = words.percent(own / total) if summed and total else words.number(np.nan)
        rows.append(row(sentence_case(words.criterion(str(name))), words.amount(own, str(entry["unit"])), share))
    columns = [Column(words("table.criterion")), Column(words("table.this_site"), align="right"),
               Column(words("table.of_portfolio"), align="right")]  # fmt: skip
    return Table(words("site.contributions"), columns, rows, small=True)


def _takes(context: Context, site: Hashable) -> Table | None:
    """Return what one facility takes from the grid at this site, by its power usage effectiveness."""
    words, facility = context.words, context.model.facility
    table = context.solution.sites
    pue = facility.pue if facility.pue is not None else table["pue"].get(site) if "pue" in table.columns else None
    if pue is None or not np.isfinite(float(pue)):
        return None
    energy = float(facility.annual_energy_mwh(float(pue)))
    rows = [
        row(words("site.facility_power"), words.number(float(facility.facility_power_mw(float(pue))), 0), "MW"),
        row(words("site.contracted"), words.number(float(facility.contracted_mva(float(pue))), 0), "MVA"),
        row(words("site.energy"), words.number(energy / 1e6, 2), words.unit("TWh/yr")),
    ]
    columns = [
        Column(words("table.quantity")),
        Column(words("table.value"), align="right"),
        Column(words("table.unit")),
    ]
    return Table(words("site.takes"), columns, rows, small=True)


def _served(context: Context, site: Hashable) -> Table | None:
    """Return how many people the site serves and how fast; None where the demand table does not say."""
    words, demand = context.words, context.solution.demand
    if demand is None or "latency_ms" not in demand.columns:
        return None
    here = demand[demand["facility"] == site]
    if here.empty:
        return None
    latency = here["latency_ms"].to_numpy(dtype=float)
    rows = []
    if "population" in here.columns:
        rows.append(row(words("site.people"), words.number(float(here["population"].sum()) / 1e6, 1), ""))
    mean = float(np.average(latency, weights=here["demand_share"].to_numpy(dtype=float)))
    rows += [row(words("site.mean_latency"), words.number(mean, 1), "ms"),
             row(words("site.worst_latency"), words.number(float(latency.max()), 1), "ms")]  # fmt: skip
    columns = [
        Column(words("table.quantity")),
        Column(words("table.value"), align="right"),
        Column(words("table.unit")),
    ]
    return Table(words("site.serves"), columns, rows, small=True)


def _lost_without(context: Context, site: Hashable) -> str:
    """Return who would replace the site, and what that costs; empty where the question has no answer in time."""
    from siting.analysis.why import why

    try:
        found = why(context.solution, site, time_limit=context.answers.effort.seconds)
    except SitingError:
        return ""
    words = context.words
    if found.without is None:
        return words("site.indispensable", rules=words.listed(f"“{rule}”" for rule in found.conflict))
    change = context.change(found.chosen.portfolio or (), found.without.portfolio or ())
    if found.loss <= 0:
        return words("site.no_loss", change=change)
    percent = words.small_percent(100 * found.loss / abs(context.objective)) if context.objective else ""
    return words("site.loss", change=change, percent=percent, worth=context.worth(found.loss))


def _near(context: Context, site: Hashable) -> Iterator[Block]:
    """Yield the nearest connection points of the grid and the nearest internet exchanges."""
    words, evidence = context.words, context.evidence
    table = context.solution.sites
    if "longitude_degrees" not in table.columns:
        yield Paragraph(words("site.no_place"), "note")
        return
    rows = [
        row(shortened(str(node["name"]), 26), str(node["voltages_kv"]), words.number(node["transformer_mva"]),
            words.number(node["distance_km"], 1))
        for _, node in evidence.nearest_nodes(site, NEAREST).iterrows()
    ]  # fmt: skip
    columns = [
        Column(words("table.node")),
        Column(words("table.voltage"), "kV", "right"),
        Column(words("table.transformers"), "MVA", "right"),
        Column(words("table.distance"), "km", "right"),
    ]
    yield Table(f"{words('site.nodes')} {evidence.reference(('osm_grid',))}", columns, rows, small=True)
    rows = [
        row(shortened(str(one["name"]), 26), shortened(str(one["city"]), 18), words.number(one["networks"]),
            words.number(one["distance_km"], 1))
        for _, one in evidence.nearest_exchanges(site, NEAREST).iterrows()
    ]  # fmt: skip
    columns = [
        Column(words("table.exchange")),
        Column(words("table.city")),
        Column(words("table.networks"), align="right"),
        Column(words("table.distance"), "km", "right"),
    ]
    yield Table(f"{words('site.exchanges')} {evidence.reference(('peeringdb',))}", columns, rows, small=True)


def _generated(context: Context, site: Hashable) -> Iterator[Block]:
    """Yield power plants by fuel: within 25 and 50 km of the site's point, and in its region."""
    words, evidence = context.words, context.evidence
    values = {value.attribute: value for value in evidence.values(site)}
    patterns = [pattern for pattern in _AROUND if pattern.format("") in values]
    if not patterns:
        yield Paragraph(words("site.no_generation"), "note")
        return
    rows, used = [], []
    for fuel in FUELS:
        here = [values.get(pattern.format(f"{fuel}_")) for pattern in patterns]
        used += [value for value in here if value is not None]
        if any(value is not None for value in here):
            rows.append(row(words(f"fuel.{fuel}"), *(_megawatts(context, value) for value in here)))
    totals = [values.get(pattern.format("")) for pattern in patterns]
    rows.append(row(words("table.total"), *(_megawatts(context, value) for value in totals)))
    headings = {_AROUND[0]: "site.within_25", _AROUND[1]: "site.within_50", _AROUND[2]: "site.in_region"}
    columns = [Column(words("table.fuel"))]
    columns += [Column(words(headings[pattern]), "MW", "right") for pattern in patterns]
    keys = [key for value in (*used, *totals) if value is not None for key in value.sources]
    yield Table(f"{words('site.generation')} {evidence.reference(keys)}", columns, rows, _vintage(context, totals),
                strong_rows=frozenset({len(rows) - 1}), small=True)  # fmt: skip


def _megawatts(context: Context, value: Value | None) -> str:
    return context.words.number(None if value is None or value.value is None else float(value.value))


def _vintage(context: Context, values: Sequence[Value | None]) -> str:
    """Return year and grade that several values share."""
    first = next((value for value in values if value is not None and value.year), None)
    if first is None:
        return ""
    grade = context.words.known(f"grade.{first.grade}", first.grade)
    return context.words("site.vintage", year=first.year, grade=grade)


def _attributes(context: Context, values: Sequence[Value]) -> Table:
    """Return attributes with value, unit, year, grade and source."""
    words, evidence = context.words, context.evidence
    rows = []
    for value in values:
        label = Cell(shortened(words.attribute(value.attribute), _LONGEST_LABEL) + _mark(value), strong=value.used)
        unit = words.unit(value.unit)
        grade = words.known(f"grade_short.{value.grade}", value.grade) or words("sites.own")
        text = _value(context, value)
        amount = TOGETHER.join(filter(None, (text, unit if text != words.number(None) else "")))
        rows.append(row(label, amount, _short_year(value.year), grade, evidence.reference(value.sources)))
    columns = [Column(words("table.attribute"), width=40.5), Column(words("table.value"), align="right", width=25),
               Column(words("table.year"), width=18), Column(words("table.grade"), width=8),
               Column(words("table.source"), width=8.5)]  # fmt: skip
    return Table("", columns, rows, small=True)


def _short_year(year: str) -> str:
    """Return a vintage as it fits into a narrow column.

    Examples
    --------
    >>> _short_year("2021-2027"), _short_year("1986-2010"), _short_year("2025")
    ('2021–27', '1986–2010', '2025')
    """
    return re.sub(r"^(\d\d)(\d\d)-(?:\1)(\d\d)$", r"\1\2–\3", year).replace("-", "–")


def _legend(context: Context, values: Sequence[Value]) -> str:
    """Return what the signs of the table mean, and the rule behind every value that was filled in."""
    words = context.words
    parts = [words("site.legend")]
    filled = [value for value in values if value.imputed]
    parts += [
        words("site.imputed", attribute=words.attribute(value.attribute), rule=rule_text(context, value.rule))
        for value in filled
    ]
    if not filled:
        parts.append(words("site.none_imputed"))
    return " ".join(parts)


def rule_text(context: Context, rule: str) -> str:
    """Return what a rule of the tables does, with its name."""
    rules: Any = context.evidence.rules
    if rule not in rules.index:
        return rule
    return f"{rules.loc[rule, 'description']} ({rule})"
