"""What a reader in a hurry reads: the title page, the summary, the question."""

from __future__ import annotations

import math
from string import Formatter
from typing import TYPE_CHECKING, Any

from siting.acceptability import wilson
from siting.report.blocks import (
    Callout,
    Cell,
    Column,
    Fact,
    Facts,
    Figure,
    Heading,
    Items,
    Paragraph,
    Section,
    Table,
    row,
)
from siting.report.drawing import Drawing, millimetre_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.blocks import Block as ModelBlock
    from siting.report.blocks import Block
    from siting.report.context import Context

MOST_FACTS = 4
COVER_MILLIMETRES = 150.0
_PLAIN_KEYS = frozenset({"kind", "enabled", "weight", "scale", "eur_per_unit", "name"})


def cover(context: Context) -> Figure:
    """Return the picture of the title page: the portfolio on the bare map."""
    from siting import maps

    figure = millimetre_figure(context.style, COVER_MILLIMETRES, COVER_MILLIMETRES)
    ax = figure.add_axes((0, 0, 1, 1))
    maps.plot(context.solution, ax=ax, legend=False, style=context.style, language=context.words.language)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return Figure(
        Drawing(figure, context.style), context.words("cover.alternative", names=context.names(context.portfolio))
    )


def key_facts(context: Context) -> Facts:
    """Return the value of the portfolio in each criterion, as many as fit side by side."""
    words, facts = context.words, []
    table = context.solution.criteria
    heavy = table[table["weight"].fillna(0) != 0] if (table["weight"].fillna(0) != 0).any() else table
    for name, entry in heavy.head(MOST_FACTS).iterrows():
        value, scale = words.scaled(float(entry["value"]))
        unit = " ".join(part for part in (scale, words.unit(str(entry["unit"]))) if part)
        facts.append(Fact(value, unit, sentence_case(words.criterion(str(name)))))
    return Facts(tuple(facts))


def summary_sentence(context: Context) -> str:
    """Return one sentence: how many sites, and which."""
    words = context.words
    count = words.spelled("count.sites", len(context.portfolio))
    return words("summary.lead", count=count, names=context.names(context.portfolio))


def summary(context: Context) -> Section:
    """Return the executive summary: which sites, how good, how sure."""
    blocks: list[Block] = [
        Paragraph(summary_sentence(context), "lead"),
        Paragraph(_how_sure(context)),
        key_facts(context),
        _sites_table(context),
        Heading(context.words("summary.findings")),
        Items(tuple(_findings(context))),
    ]
    if not context.solution.is_proven:
        blocks.insert(1, Callout(_not_proven(context), context.words("summary.not_proven_title")))
    return Section("summary", context.words("section.summary"), tuple(blocks))


def _how_sure(context: Context) -> str:
    """Return what the proof says, and by how much the next portfolio is worse."""
    words, solution = context.words, context.solution
    text = words("summary.proven" if solution.is_proven else "summary.held", objective=words.plain(context.objective))
    if context.margin is not None and solution.is_proven:
        text += " " + words(
            "summary.margin", percent=words.small_percent(100 * context.margin),
            worth=context.worth(context.margin * abs(context.objective)),
        )  # fmt: skip
    return text


def _not_proven(context: Context) -> str:
    words, solution = context.words, context.solution
    return words(
        "summary.not_proven", status=words.known(f"status.{solution.status}", solution.status.replace("_", " ")),
        gap=words.percent(solution.gap, 2), bound=words.plain(solution.bound),
    )  # fmt: skip


def _sites_table(context: Context) -> Table:
    """Return the chosen sites with what each contributes, and the portfolio as the last row."""
    words, solution = context.words, context.solution
    contributions, criteria = solution.site_contributions, solution.criteria
    names = [str(name) for name in criteria.index]
    divisors = {name: _divisor(contributions[name]) for name in names}
    columns = [Column(words("table.site")), Column(words("table.country"))]
    columns += [
        Column(sentence_case(words.criterion(name)), _scaled_unit(context, name, divisors[name]), "right")
        for name in names
    ]
    shown = "demand_share" in contributions.columns
    columns += [Column(words("table.demand"), "%", "right")] if shown else []
    rows = []
    for site, entry in contributions.iterrows():
        cells = [Cell(context.name(site), note=str(site), colour=context.colour(site)), Cell(context.country(site))]
        cells += [Cell(_fixed(context, float(entry[name]) / divisors[name])) for name in names]
        rows.append([*cells, *([Cell(words.number(100 * float(entry["demand_share"]), 1))] if shown else [])])
    total = [Cell(words("table.portfolio"), strong=True), Cell("")]
    total += [Cell(_fixed(context, context.criteria[name]["value"] / divisors[name]), strong=True) for name in names]
    total += [Cell(words.number(100 * float(contributions["demand_share"].sum()), 1), strong=True)] if shown else []
    rows.append(total)
    return Table(
        words("summary.sites_caption"),
        columns,
        rows,
        words("summary.sites_note"),
        strong_rows=frozenset({len(rows) - 1}),
    )


def _divisor(values: Any) -> float:
    """Return one million for a column of money and other large numbers."""
    return 1e6 if float(values.abs().max()) >= 1e6 else 1.0


def _scaled_unit(context: Context, name: str, divisor: float) -> str:
    unit = context.words.unit(context.criterion_unit(name))
    return f"{context.words('scale.million')} {unit}".strip() if divisor > 1 else unit


def _fixed(context: Context, value: float) -> str:
    """Return a number of a column: one decimal where it has any large enough, two below ten."""
    if not math.isfinite(value):
        return context.words.number(value)
    whole = value == round(value)
    return context.words.number(value, 0 if whole else 1 if abs(value) >= 10 else 2)


def _findings(context: Context) -> Iterator[tuple[str, str]]:
    """Yield what each analysis found, in one sentence each."""
    words, answers = context.words, context.answers
    found = answers.alternatives.result
    if found is not None:
        roles = found.sites["role"]
        core = [context.name(site) for site in found.sites.index[roles.isin(["core", "in all found"])]]
        reach = words("alternatives.within", percent=words.small_percent(100 * found.question.within)) if (
            found.question.within is not None
        ) else words("alternatives.count", count=words.number(len(found)))  # fmt: skip
        text = words.counted("summary.alternatives", len(found), reach=reach)
        text += " " + (words("summary.core", names=words.listed(core)) if core else words("summary.no_core"))
        yield words("finding.alternatives"), text
    robust = answers.robustness.result
    if robust is not None and robust.done:
        low, high = wilson(round(robust.base_share * robust.done), robust.done)
        yield (
            words("finding.robustness"),
            words(
                "summary.robustness", share=words.percent(robust.base_share), draws=words.number(robust.done),
                low=words.percent(low), high=words.percent(high),
            ),
        )  # fmt: skip
    prices = answers.rule_prices.result
    if prices is not None and prices.prices:
        dear = [price for price in prices.prices if price.price > 0]
        if dear:
            text = words("summary.rules", rule=rule_words(context, dear[0].group.key or dear[0].group.name),
                         worth=context.worth(dear[0].price), count=words.number(len(dear)))  # fmt: skip
        else:
            text = words("summary.free_rules", count=words.number(len(prices.prices)))
        yield words("finding.rules"), text
    for name, answer in answers.why_not.items():
        if answer.result is not None:
            yield words("finding.why_not", name=name), why_not_sentence(context, answer.result)
    shares = context.evidence.shares()
    yield (
        words("finding.data"),
        words("summary.data", imputed=words.percent(float(shares.get("imputed", 0.0)), 1),
              assumed=words.percent(float(shares.get("assumed", 0.0)), 1)),
    )  # fmt: skip


def why_not_sentence(context: Context, found: Any) -> str:
    """Return what it would cost to choose a candidate, in the language of the dossier."""
    words = context.words
    who = words.listed(context.label(one) for one in found.candidates)
    if found.is_chosen:
        return words("why_not.chosen", who=who)
    lead = "".join(
        words("why_not.excluded", who=context.label(one), reason=reason) + " " for one, reason in found.excluded.items()
    )
    if found.forced is None:
        return lead + words("why_not.impossible", who=who, rules=words.listed(f"“{rule}”" for rule in found.conflict))
    changed = context.change(found.chosen.portfolio or (), found.forced.portfolio or ())
    if found.loss <= 0:
        return lead + words("why_not.free", who=who, change=changed)
    base = float(found.chosen.objective)
    percent = words.small_percent(100 * found.loss / abs(base)) if base else words.plain(found.loss)
    return lead + words("why_not.loss", who=who, change=changed, percent=percent, worth=context.worth(found.loss))


def rule_words(context: Context, key: str) -> str:
    """Return what a rule or an exclusion of the model asks for, by its name in the model."""
    words, model = context.words, context.model
    block = model.rules.get(key) or model.exclusions.get(key)
    if block is None:
        return words.known(f"rule.{key}", key.replace("_", " "))
    if block.name:
        return str(block.name)
    given = {name: value for name, value in block.written().items() if name not in _PLAIN_KEYS}
    told = words.known(f"block.{block.kind}", "")
    places = {name for _, name, _, _ in Formatter().parse(told) if name}
    # The sentence of a kind is for its usual options; others are listed after its name.
    if told and places == set(given):
        return told.format(**{name: context.given(value) for name, value in given.items()})
    options = block_options(context, block)
    plain = words.known(f"rule.{key}", key.replace("_", " "))
    return f"{plain} ({options})" if options else plain


def block_options(context: Context, block: ModelBlock) -> str:
    """Return the options of a block that say something, as text."""
    given = {key: value for key, value in block.written().items() if key not in _PLAIN_KEYS}
    return ", ".join(
        f"{context.words.known(f'option.{key}', key.replace('_', ' '))} {context.given(value)}"
        for key, value in given.items()
    )


def question(context: Context) -> Section:
    """Return the question in plain words: what is built, what is weighed, what must hold, what was left out."""
    words, model = context.words, context.model
    description = " ".join(model.description.split())
    table = context.solution.candidates
    asked = words(
        "question.asked", sites=_sites_asked(context), candidates=words.number(len(table)),
        demand=words.number(len(context.solution.demand)) if context.solution.demand is not None else "0",
    )  # fmt: skip
    blocks: list[Block] = [
        *([Paragraph(description, "lead")] if description else []),
        Paragraph(asked),
        Heading(words("question.built")),
        _facility(context),
        Heading(words("question.weighed")),
        Paragraph(words(f"question.{model.objective}")),
        Items(tuple(_criteria_items(context))),
        Heading(words("question.rules")),
        *_rules(context),
        Heading(words("question.exclusions")),
        *_exclusions(context),
    ]
    return Section("question", words("section.question"), tuple(blocks))


def _sites_asked(context: Context) -> str:
    sites = context.model.sites
    if isinstance(sites, int):
        return context.words.spelled("count.sites", sites)
    return context.words("question.between", low=sites[0], high=sites[1])


def _facility(context: Context) -> Table:
    """Return what is built at each site, and what it takes from the grid at the sites chosen."""
    words, facility = context.words, context.model.facility
    rows = [
        row(words("facility.accelerators"), words.number(facility.accelerators), facility.accelerator),
        row(words("facility.per_accelerator"), words.plain(facility.kilowatts_it_per_accelerator), "kW"),
        row(words("facility.it_power"), words.plain(facility.it_power_mw), "MW"),
        row(words("facility.load_factor"), words.plain(facility.load_factor), ""),
        row(words("facility.power_factor"), words.plain(facility.power_factor), "MW/MVA"),
        row(words("facility.grid_share"), words.percent(facility.grid_share_reaching_it, 1), ""),
        row(words("facility.capex"), *_money(context, facility.capex_eur)),
    ]
    if facility.pue is not None:
        rows.append(row(words("facility.pue"), words.plain(facility.pue), ""))
    columns = [Column(words("table.quantity"), width=60), Column(words("table.value"), "", "right", 18),
               Column(words("table.unit"), width=22)]  # fmt: skip
    return Table(words("question.facility_caption"), columns, rows, words("question.facility_note"))


def _money(context: Context, amount: float) -> tuple[str, str]:
    value, scale = context.words.scaled(amount)
    return value, f"{scale} EUR".strip()


def _criteria_items(context: Context) -> Iterator[tuple[str, str]]:
    """Yield the criteria with what they measure, which way is better, and their weight."""
    words = context.words
    for name, block in context.model.active_criteria.items():
        told = words.known(f"criterion_kind.{block.kind}", "") or (type(block).__doc__ or "").strip().split("\n")[0]
        weight = context.criteria[name]["weight"] if name in context.criteria else math.nan
        text = [told.rstrip(".") + "."] if told else []
        if context.model.objective == "weighted":
            text.append(words("question.weight", weight=words.plain(weight)))
        yield f"{sentence_case(words.criterion(name))}.", " ".join(text)


def sentence_case(text: str) -> str:
    """Return a text with a capital at its beginning.

    Examples
    --------
    >>> sentence_case("grid capacity")
    'Grid capacity'
    """
    return text[:1].upper() + text[1:]


def _rules(context: Context) -> list[Block]:
    """Return the rules that hold, and those that the model has but does not use."""
    words, rules = context.words, context.model.rules
    active = [(sentence_case(rule_words(context, key)), "") for key, block in rules.items() if block.enabled]
    blocks: list[Block] = [Items(tuple(active))] if active else [Paragraph(words("question.no_rules"))]
    for key in ("required", "forbidden"):
        named = getattr(context.model, key)
        if named:
            blocks.append(Paragraph(words(f"question.{key}", names=words.listed(context.label(one) for one in named))))
    return blocks


def _exclusions(context: Context) -> list[Block]:
    """Return how many candidates each exclusion leaves out."""
    words, counts = context.words, context.model.exclusion_counts
    if counts.empty:
        return [Paragraph(words("question.no_exclusions"))]
    rows = []
    for key, entry in counts.iterrows():
        cells = [words.number(float(entry[column])) for column in counts.columns[:3]]
        rows.append(row(sentence_case(rule_words(context, str(key))), *cells))
    columns = [Column(words("table.exclusion"), width=58)]
    columns += [Column(words.known(f"exclusion_column.{name}", str(name).replace("_", " ")), "", "right")
                for name in counts.columns[:3]]  # fmt: skip
    return [Table(words("question.exclusions_caption"), columns, rows, words("question.exclusions_note"))]
