"""How sure the choice is: what else is as good, how often it wins, how far its weights may move."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from siting.acceptability import wilson
from siting.report.blocks import Callout, Cell, Column, Figure, Heading, Items, Paragraph, Section, Table, row
from siting.report.charts import Bar, Range, bars, ranges
from siting.report.content_summary import sentence_case
from siting.report.drawing import Drawing, millimetre_figure
from siting.report.wording import shortened

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from siting.analysis.alternatives import Alternatives
    from siting.analysis.robustness import Robustness
    from siting.analysis.weight_stability import WeightStability
    from siting.report.answers import Answer
    from siting.report.blocks import Block
    from siting.report.context import Context

MAP_MILLIMETRES = (174.0, 96.0)
MOST_PORTFOLIOS = 15
MOST_SITES = 14
_MOST_MARKED = 12
"""With more sites than this in the list, a portfolio is told by its names and not by dots."""


def absent(context: Context, answer: Answer[Any]) -> tuple[Block, ...]:
    """Return the one sentence that says why a section could not be made."""
    return (Callout(context.words("absent", reason=answer.reason.rstrip("."))),)


def alternatives(context: Context) -> Section | None:
    """Return what else is as good; None if the section is not wanted."""
    words, answer = context.words, context.answers.alternatives
    if not answer.wanted:
        return None
    found = answer.result
    title = words("section.alternatives")
    if found is None:
        return Section("alternatives", title, absent(context, answer))
    blocks: list[Block] = [
        Paragraph(_how_many(context, found), "lead"),
        Paragraph(words("alternatives.introduction")),
        _portfolios(context, found),
        Heading(words("alternatives.sites")),
        _roles(context, found),
        _map(context, found),
    ]
    return Section("alternatives", title, tuple(blocks))


def _how_many(context: Context, found: Alternatives) -> str:
    """Return how many portfolios there are, whether these are all, and by how much the second is worse."""
    words, reach = context.words, found.question
    within = (
        words("alternatives.within", percent=words.small_percent(100 * reach.within))
        if reach.within is not None
        else words("alternatives.count", count=words.number(len(found)))
    )
    text = words.counted("alternatives.found", len(found), reach=within)
    text += " " + words("alternatives.complete" if found.complete else "alternatives.incomplete")
    if context.margin is not None:
        text += " " + words("alternatives.margin", percent=words.small_percent(100 * context.margin),
                            worth=context.worth(context.margin * abs(found.best)))  # fmt: skip
    return text


def _portfolios(context: Context, found: Alternatives) -> Table:
    """Return the best portfolios: who is in them, by how much each is worse, and its criteria."""
    words, instance = context.words, found.prepared.instance
    table = found.table.head(MOST_PORTFOLIOS)
    several = list(dict.fromkeys(site for held in table["portfolio"] for site in held))
    marked = len(several) <= _MOST_MARKED
    columns = [Column(words("table.rank"), align="right", width=6)]
    columns += [Column(str(site), align="centre") for site in several] if marked else [
        Column(words("table.changes"), width=38)
    ]  # fmt: skip
    columns.append(Column(words("table.worse"), "%", "right"))
    criteria = list(instance.criteria)
    divisors = {name: 1e6 if float(found.found.values[:, place].max()) >= 1e6 else 1.0
                for place, name in enumerate(criteria)}  # fmt: skip
    whole = {name: bool((found.found.values[:, place] % 1 == 0).all()) for place, name in enumerate(criteria)}
    columns += [
        Column(sentence_case(words.criterion(name)), _unit(context, name, divisors[name]), "right") for name in criteria
    ]
    rows = []
    for place, (rank, entry) in enumerate(table.iterrows()):
        held = entry["portfolio"]
        who = [Cell("●" if site in held else "", colour="") for site in several] if marked else [
            Cell(shortened(context.change(found.portfolios[0], held), 90))
        ]  # fmt: skip
        values = [Cell(words.number(float(found.found.values[place, column]) / divisors[name],
                                    1 if divisors[name] > 1 else 0 if whole[name] else 2))
                  for column, name in enumerate(criteria)]  # fmt: skip
        rows.append([Cell(str(rank)), *who, Cell(words.number(float(entry["excess_percent"]), 2)), *values])
    note = words("alternatives.note", shown=words.number(len(table)), count=words.number(len(found)))
    return Table(words("alternatives.caption"), columns, rows, note, strong_rows=frozenset({0}))


def _map(context: Context, found: Alternatives) -> Figure:
    """Return the map of core and swappable sites."""
    from siting import maps

    words, (width, height) = context.words, MAP_MILLIMETRES
    figure = millimetre_figure(context.style, width, height)
    ax = figure.add_axes((0, 0, 1, 1))
    maps.plot(
        context.solution, kind="alternatives", alternatives=found, ax=ax, language=words.language, style=context.style
    )
    names = context.names(found.sites.index[found.sites["portfolios"] > 0][:MOST_SITES])
    return Figure(
        Drawing(figure, context.style), words("alternatives.map_alternative", names=names),
        words("alternatives.map_caption"),
    )  # fmt: skip


def _unit(context: Context, name: str, divisor: float) -> str:
    unit = context.words.unit(context.criterion_unit(name))
    return " ".join(filter(None, (context.words("scale.million") if divisor > 1 else "", unit)))


def _roles(context: Context, found: Alternatives) -> Table:
    """Return the sites that occur, core sites first."""
    words = context.words
    table = found.sites[found.sites["portfolios"] > 0].head(MOST_SITES)
    rows = [
        row(
            Cell(context.label(site), colour=context.colour(site) if site in context.portfolio else ""),
            words.known(f"role.{entry['role']}", str(entry["role"])), words.number(float(entry["portfolios"])),
            words.percent(float(entry["share_percent"]) / 100),
            words.number(float(entry["best_rank"])),
        )
        for site, entry in table.iterrows()
    ]  # fmt: skip
    columns = [Column(words("table.site"), width=40), Column(words("table.role"), width=20),
               Column(words("table.portfolios"), align="right"), Column(words("table.share"), align="right"),
               Column(words("table.best_rank"), align="right")]  # fmt: skip
    return Table(words("alternatives.sites_caption"), columns, rows, words("alternatives.sites_note"))


def robustness(context: Context) -> Section | None:
    """Return how often the choice wins under other weights; None if the section is not wanted."""
    words, answer = context.words, context.answers.robustness
    if not answer.wanted:
        return None
    found, title = answer.result, words("section.robustness")
    if found is None:
        return Section("robustness", title, absent(context, answer))
    if not found.done:
        return Section("robustness", title, (Callout(words("robustness.none")),))
    low, high = wilson(round(found.base_share * found.done), found.done)
    lead = words("robustness.lead", share=words.percent(found.base_share), draws=words.number(found.done),
                 low=words.percent(low), high=words.percent(high))  # fmt: skip
    uncertain = words.listed(words.known(f"told.{text}", text) for text in found.told)
    how = words("robustness.how", uncertain=uncertain, draws=words.number(found.number_of_draws),
                done=words.number(found.done), seed=_seed(context))  # fmt: skip
    blocks: list[Block] = [
        Paragraph(lead, "lead"),
        Paragraph(how),
        _acceptability(context, found),
        _winners(context, found),
        Paragraph(_regret(context, found)),
    ]
    return Section("robustness", title, tuple(blocks))


def _seed(context: Context) -> str:
    return str(context.answers.effort.seed)


def _acceptability(context: Context, found: Robustness) -> Figure:
    words = context.words
    table = found.sites.head(MOST_SITES)
    rows = [
        Bar(context.label(site), float(entry["share"]), words.percent(float(entry["share"])), float(entry["low"]),
            float(entry["high"]), bool(entry["judged"]))
        for site, entry in table.iterrows()
    ]  # fmt: skip
    drawing = bars(rows, words("robustness.axis"), context.style, share=True)
    alternative = words("robustness.alternative", names="; ".join(f"{one.name} {one.text}" for one in rows))
    return Figure(drawing, alternative, words("robustness.figure_caption"),
                  words("robustness.figure_note", draws=words.number(found.done), seed=_seed(context)))  # fmt: skip


def _winners(context: Context, found: Robustness) -> Table:
    """Return the portfolios that win most often, and the mean weights with which they do."""
    words = context.words
    weights = [str(name) for name in found.portfolios.columns if str(name).startswith("weight_")]
    rows, strong = [], []
    for place, (_, entry) in enumerate(found.portfolios.head(8).iterrows()):
        interval = f"{words.percent(float(entry['low']))} – {words.percent(float(entry['high']))}"
        cells = [words.number(float(entry[name]), 2) for name in weights]
        change = _chosen_or_change(context, entry["portfolio"])
        rows.append(row(change, words.percent(float(entry["share"])), interval, *cells))
        strong += [place] if entry["judged"] else []
    columns = [Column(words("table.portfolio"), width=40), Column(words("table.share"), align="right"),
               Column(words("table.interval"), align="right")]  # fmt: skip
    columns += [Column(sentence_case(words.criterion(name.removeprefix("weight_"))), align="right") for name in weights]
    note = words("robustness.winners_note")
    return Table(words("robustness.winners_caption"), columns, rows, note, strong_rows=frozenset(strong))


def _chosen_or_change(context: Context, held: Sequence[Hashable]) -> str:
    if set(held) == set(context.portfolio):
        return context.words("table.chosen")
    out = [str(site) for site in context.portfolio if site not in held]
    new = [str(site) for site in held if site not in context.portfolio]
    return " ".join(filter(None, (f"− {', '.join(out)}" if out else "", f"+ {', '.join(new)}" if new else "")))


def _regret(context: Context, found: Robustness) -> str:
    words, regret = context.words, found.regret
    if not math.isfinite(float(regret["mean"])):
        return words("robustness.no_regret")
    return words(
        "robustness.regret",
        mean=words.plain(float(regret["mean"]), 3),
        high=words.plain(float(regret["95th percentile"]), 3),
        largest=words.plain(float(regret["largest"]), 3),
    )


def weights(context: Context) -> Section | None:
    """Return within which weights the choice stands; None if the section is not wanted."""
    words, answer = context.words, context.answers.weight_stability
    if not answer.wanted:
        return None
    found, title = answer.result, words("section.weights")
    if found is None:
        return Section("weights", title, absent(context, answer))
    blocks: list[Block] = [Paragraph(words("weights.rates" if found.are_rates else "weights.introduction"))]
    if found.ranges:
        blocks += [*_intervals(context, found), _replacements(context, found)]
    if found.left_out:
        blocks.append(Items(tuple((f"{words.criterion(name)}:", why) for name, why in found.left_out.items())))
    return Section("weights", title, tuple(blocks))


def _intervals(context: Context, found: WeightStability) -> list[Block]:
    """Return the chart of intervals; rates in EUR have no common axis, so there is none of them."""
    if found.are_rates:
        return []
    words = context.words
    whole = math.fsum(weight for weight in found.weights.values() if weight > 0)
    rows = [
        Range(sentence_case(words.criterion(name)), one.weight, one.lower, min(one.upper, whole),
              words.plain(one.lower, 3), words.plain(one.upper, 3), words.plain(one.weight, 3))
        for name, one in found.ranges.items()
    ]  # fmt: skip
    drawing = ranges(rows, words("weights.axis"), context.style, span=(0.0, whole))
    told = "; ".join(f"{one.name}: {one.low_text} – {one.high_text}" for one in rows)
    return [Figure(drawing, words("weights.alternative", ranges=told), words("weights.figure_caption"))]


def _replacements(context: Context, found: WeightStability) -> Table:
    words = context.words
    rows = []
    for name, one in found.ranges.items():
        below = "" if one.below is None else context.change(found.portfolio, one.below)
        above = "" if one.above is None else context.change(found.portfolio, one.above)
        rows.append(
            row(
                sentence_case(words.criterion(name)),
                words.plain(one.weight),
                words.plain(one.lower),
                below or words("weights.nobody"),
                words.plain(one.upper),
                above or words("weights.nobody"),
            )
        )
    columns = [
        Column(words("table.criterion"), width=15),
        Column(words("table.weight"), align="right", width=9),
        Column(words("table.lower"), align="right", width=9),
        Column(words("table.below"), width=29),
        Column(words("table.upper"), align="right", width=9),
        Column(words("table.above"), width=29),
    ]
    return Table(words("weights.caption"), columns, rows, words("weights.note", solves=words.number(found.solves)))
