"""The portfolio as a whole: its map, and the criteria in their units, weighed and compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.errors import SitingError
from siting.evaluation import single_site_values
from siting.report.blocks import Callout, Column, Figure, Items, Paragraph, Section, Table, row
from siting.report.charts import Range, positions
from siting.report.content_summary import sentence_case
from siting.report.drawing import Drawing

if TYPE_CHECKING:
    import geopandas as gpd

    from siting.report.blocks import Block
    from siting.report.context import Context

MOST_MAPS = 12


def portfolio_map(context: Context) -> Section:
    """Return the map of the portfolio on a page of its own."""
    from siting import maps

    sheet = maps.plot(
        context.solution, title=context.title, language=context.words.language, style=context.style, date=context.date
    )
    names = context.names(context.portfolio)
    picture = Figure(
        Drawing(sheet, context.style),
        context.words("map.alternative", names=names),
        context.words("map.caption"),
        full=True,
    )
    return Section("map", context.words("section.map"), (picture,), layout="landscape")


def criteria(context: Context) -> Section:
    """Return the criteria of the portfolio: values, weights, what one unit is worth, and what each costs it."""
    words, table = context.words, context.solution.criteria
    blocks: list[Block] = [Paragraph(words("criteria.introduction")), _table(context)]
    if np.isfinite(table["ideal"].to_numpy(dtype=float)).any():
        blocks.append(_positions(context))
    scaling = context.solution.scaling
    if scaling is not None and scaling.notes:
        blocks.append(Items(tuple((note, "") for note in scaling.notes)))
    blocks.append(_binding(context))
    return Section("criteria", words("section.criteria"), tuple(blocks))


def _table(context: Context) -> Table:
    """Return every criterion with all that `Solution.criteria` says of it."""
    words, table = context.words, context.solution.criteria
    reference = context.solution.scaling.reference if context.solution.scaling is not None else ""
    money = words.unit(context.criterion_unit(reference)) if reference in table.index else reference
    total = float(table["contribution"].sum())
    rows = []
    for name, entry in table.iterrows():
        unit = str(entry["unit"])
        contribution = float(entry["contribution"])
        rows.append(
            row(
                sentence_case(words.criterion(str(name))), words.amount(float(entry["value"]), unit),
                words(f"sense.{entry['sense']}"), words.plain(float(entry["weight"])),
                words.amount(float(entry["ideal"])), words.amount(float(entry["nadir"])),
                words.amount(float(entry["exchange_rate"])), _contribution(context, contribution),
                words.percent(contribution / total) if total > 0 else words.number(math.nan),
            )
        )  # fmt: skip
    rows.append(row(words("table.objective"), *[""] * 6, _contribution(context, total), words.percent(1.0)))
    columns = [
        Column(words("table.criterion"), width=17), Column(words("table.value"), align="right", width=19),
        Column(words("table.better"), width=7), Column(words("table.weight"), align="right", width=8),
        Column(words("table.ideal"), align="right", width=10), Column(words("table.nadir"), align="right", width=10),
        Column(words("table.exchange_rate"), money, "right", 12),
        Column(words("table.contribution"), align="right", width=10),
        Column(words("table.share"), align="right", width=7),
    ]  # fmt: skip
    return Table(
        words("criteria.caption"), columns, rows, words("criteria.note"), strong_rows=frozenset({len(rows) - 1})
    )


def _contribution(context: Context, value: float) -> str:
    """Return what a criterion adds to the objective: four decimals, or an amount of money."""
    words = context.words
    return words.amount(value) if abs(value) >= 1000 else words.number(round(value, 6) + 0.0, 4)


def _positions(context: Context) -> Figure:
    """Return where the portfolio stands between the ideal and the nadir of each criterion."""
    words, rows = context.words, []
    for name, entry in context.solution.criteria.iterrows():
        ideal, nadir, value = (float(entry[column]) for column in ("ideal", "nadir", "value"))
        if not (math.isfinite(ideal) and math.isfinite(nadir)) or ideal == nadir:
            continue
        rows.append(
            Range(sentence_case(words.criterion(str(name))), (value - nadir) / (ideal - nadir), 0.0, 1.0,
                  words.amount(nadir), words.amount(ideal), words.amount(value, str(entry["unit"])))
        )  # fmt: skip
    drawing = positions(rows, (words("criteria.nadir_end"), words("criteria.ideal_end")), context.style)
    return Figure(drawing, words("criteria.figure_alternative"), words("criteria.figure_caption"))


def _binding(context: Context) -> Block:
    """Return the rules at their bound."""
    words, rules = context.words, context.solution.rules
    binding = rules[rules["binding"]]
    rows = [
        row(str(name) if name != "number of sites" else words("rules.sites"), words.plain(float(entry["value"])),
            _bound(context, float(entry["lower"])), _bound(context, float(entry["upper"])))
        for name, entry in binding.iterrows()
    ]  # fmt: skip
    columns = [
        Column(words("table.rule"), width=55),
        Column(words("table.value"), align="right"),
        Column(words("table.at_least"), align="right"),
        Column(words("table.at_most"), align="right"),
    ]
    note = words("criteria.rules_note", count=words.number(len(rules)))
    return Table(words("criteria.rules_caption"), columns, rows, note)


def _bound(context: Context, value: float) -> str:
    return context.words.plain(value) if math.isfinite(value) else context.words.number(value)


def criteria_maps(context: Context) -> Section:
    """Return small maps of what each candidate would contribute to each criterion."""
    from siting import data, maps

    words = context.words
    table, names = _single_sites(context)
    try:
        sheet = maps.criteria_maps(
            table, names[:MOST_MAPS], neighbours=data.neighbours(), language=words.language, style=context.style,
            title=words("criteria_maps.title"), subtitle=words("criteria_maps.subtitle"), date=context.date,
        )  # fmt: skip
    except SitingError as error:
        reason = words("absent", reason=str(error))
        return Section("criteria-maps", words("section.criteria_maps"), (Callout(reason),), level=2)
    picture = Figure(Drawing(sheet, context.style), words("criteria_maps.alternative", names=words.listed(names)),
                     words("criteria_maps.caption"), full=True)  # fmt: skip
    return Section("criteria-maps", words("section.criteria_maps"), (picture,), layout="landscape", level=2)


def _single_sites(context: Context) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the candidates with the value of each criterion if each were alone, under names for people."""
    words, instance = context.words, context.solution.instance
    index = context.solution.candidates.index
    columns: dict[str, Any] = {}
    for name, criterion in instance.criteria.items():
        found = dict(zip(instance.candidates, single_site_values(instance, name), strict=True))
        values = np.array([float(found.get(identifier, math.nan)) for identifier in index])
        largest = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
        divisor, scale = (1e6, words("scale.million")) if largest >= 1e6 else (1.0, "")
        unit = " ".join(filter(None, (scale, words.unit(criterion.unit))))
        label = sentence_case(words.criterion(name)) + (f", {unit}" if unit else "")
        columns[label] = values / divisor
    return context.solution.candidates.assign(**columns), list(columns)
