"""How far the data can be trusted: grades, what was assumed or filled in, and what the answer cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting import data
from siting.data.provenance import PRICE
from siting.report.blocks import Column, Fact, Facts, Heading, Items, Paragraph, Section, Table, row
from siting.report.content_sites import rule_text
from siting.report.evidence import NOT_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.report.blocks import Block
    from siting.report.context import Context

KINDS = ("observed", "derived", "imputed", "assumed", "own")


def assumptions(context: Context) -> Section:
    """Return the chapter on data: shares, attributes with their grades, assumptions, limits."""
    return Section("data", context.words("section.data"), tuple(_blocks(context)))


def _blocks(context: Context) -> Iterator[Block]:
    words, evidence = context.words, context.evidence
    shares = evidence.shares()
    count = int((evidence.used_cells["kind"] != "missing").sum())
    yield Paragraph(words("data.introduction", count=words.number(count)))
    yield Facts(tuple(
        Fact(words.number(100 * float(shares.get(kind, 0.0)), 1), "%", words(f"kind.{kind}"))
        for kind in KINDS if kind != "own" or kind in shares
    ))  # fmt: skip
    yield _attributes(context)
    yield Heading(words("data.assumptions"))
    yield Items(tuple(_model_assumptions(context)))
    yield _assumed(context)
    yield Heading(words("data.limits"))
    yield Items(tuple(_limits(context)))


def _attributes(context: Context) -> Table:
    """Return what the model looks at: meaning, unit, vintage, grade and sources."""
    words, evidence = context.words, context.evidence
    described = data.attributes(evidence.folder)
    rows = []
    for name in (name for name in evidence.used if name not in NOT_ATTRIBUTES):
        cells = evidence.used_cells[evidence.used_cells["attribute"] == name]
        grades = list(dict.fromkeys(grade for grade in cells["grade"] if grade))
        keys = [key for cell in cells["source"].unique() for key in str(cell).split("; ") if key]
        years = sorted({value.year for site in context.portfolio for value in evidence.values(site)
                        if value.attribute == name and value.year})  # fmt: skip
        meaning = str(described["description"].get(name, "")) if name != PRICE else words(
            "data.price", series=context.model.data.price_series, period=context.model.data.price_period
        )  # fmt: skip
        graded = words.listed(words.known(f"grade.{grade}", grade) for grade in grades)
        rows.append(
            row(words.attribute(name), words.known(f"meaning.{name}", meaning), ", ".join(years),
                graded if grades else words("sites.own"), evidence.reference(keys) or words("sites.own"))
        )  # fmt: skip
    columns = [Column(words("table.attribute"), width=22), Column(words("table.meaning"), width=42),
               Column(words("table.year"), width=11), Column(words("table.grade"), width=15),
               Column(words("table.source"), width=10)]  # fmt: skip
    return Table(words("data.attributes_caption"), columns, rows, words("sites.grades_note"))


def _assumed(context: Context) -> Table | Paragraph:
    """Return the values that were assumed or filled in, with the rule of each."""
    words, evidence = context.words, context.evidence
    table = evidence.assumed()
    if table.empty:
        return Paragraph(words("data.none_assumed"))
    rows = []
    for entry in table.to_dict("records"):
        rule = rule_text(context, str(entry["rule"])) if entry["rule"] else words("data.no_rule")
        rows.append(
            row(words.attribute(str(entry["attribute"])), words.known(f"kind_one.{entry['kind']}", str(entry["kind"])),
                rule, words.number(float(entry["count"])), words.number(float(entry["sites"])),
                evidence.reference(str(entry["source"]).split("; ")))
        )  # fmt: skip
    columns = [
        Column(words("table.attribute"), width=21),
        Column(words("table.kind"), width=11),
        Column(words("table.rule"), width=40),
        Column(words("table.candidates"), align="right", width=10),
        Column(words("table.chosen_sites"), align="right", width=9),
        Column(words("table.source"), width=9),
    ]
    return Table(words("data.assumed_caption"), columns, rows, words("data.assumed_note"))


def _model_assumptions(context: Context) -> Iterator[tuple[str, str]]:
    """Yield what the model itself assumes, with its numbers."""
    words, model = context.words, context.model
    facility = model.facility
    yield words("assumption.facility_title"), words(
        "assumption.facility", load=words.plain(facility.load_factor), factor=words.plain(facility.power_factor),
        share=words.percent(facility.grid_share_reaching_it, 1), capex=words.amount(facility.capex_eur, "EUR"),
    )  # fmt: skip
    if model.objective == "weighted":
        yield words("assumption.weights_title"), words("assumption.weights")
    else:
        rates = [f"{words.criterion(name)}: {words.amount(block.eur_per_unit, 'EUR/yr')}"
                 for name, block in model.active_criteria.items()]  # fmt: skip
        yield words("assumption.rates_title"), words("assumption.rates", rates="; ".join(rates))
    if "latency" in {block.kind for block in model.active_criteria.values()}:
        yield words("assumption.latency_title"), words("assumption.latency")


def _limits(context: Context) -> Iterator[tuple[str, str]]:
    """Yield what the answer cannot say; each only where it applies."""
    words, model, evidence = context.words, context.model, context.evidence
    for key in ("proxy", "price", "scale", "time", "policy", "optimal"):
        if key == "proxy" and "grid_capacity_mva" not in evidence.used:
            continue
        if key == "price" and PRICE not in evidence.used:
            continue
        if key == "scale" and model.data.candidates not in ("nuts2", "nuts3"):
            continue
        yield words(f"limit.{key}_title"), words(f"limit.{key}", series=model.data.price_series,
                                                 period=model.data.price_period)  # fmt: skip
