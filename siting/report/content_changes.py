"""What would change the choice: the price of each rule, and what it takes to choose another region."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from siting.report.blocks import Cell, Column, Figure, Heading, Items, Paragraph, Section, Table, row
from siting.report.charts import Bar, bars
from siting.report.content_defence import absent
from siting.report.content_summary import rule_words, sentence_case, why_not_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from siting.analysis.rule_prices import RulePrice, RulePrices
    from siting.analysis.why_not import WhyNot
    from siting.engine import InstanceSolution
    from siting.report.blocks import Block
    from siting.report.context import Context

MOST_BARS = 15


def rules(context: Context) -> Section | None:
    """Return what each rule costs; None if the section is not wanted."""
    words, answer = context.words, context.answers.rule_prices
    if not answer.wanted:
        return None
    found, title = answer.result, words("section.rules")
    if found is None:
        return Section("rules", title, absent(context, answer))
    if not found.prices:
        return Section("rules", title, (Paragraph(words("rules.none")),))
    blocks: list[Block] = [Paragraph(_dearest(context, found), "lead"), Paragraph(words("rules.introduction"))]
    chart = _chart(context, found.prices)
    blocks += [chart] if chart is not None else []
    blocks.append(_prices(context, found))
    if found.pairs:
        pairs = [(f"{rule_words(context, one)} + {rule_words(context, two)}", context.worth(price))
                 for (one, two), price in found.pairs.items()]  # fmt: skip
        blocks += [Heading(words("rules.pairs")), Items(tuple(pairs))]
    if found.sizes:
        blocks += [Heading(words("rules.sizes")), _sizes(context, found)]
    return Section("rules", title, tuple(blocks))


def _dearest(context: Context, found: RulePrices) -> str:
    words = context.words
    dear = [price for price in found.prices if price.price > 0]
    if not dear:
        return words("rules.all_free", count=words.number(len(found.prices)))
    return words("rules.dearest", rule=_title(context, dear[0]), worth=context.worth(dear[0].price),
                 dear=words.number(len(dear)), count=words.number(len(found.prices)))  # fmt: skip


def _title(context: Context, price: RulePrice) -> str:
    key = price.group.key or price.group.name
    known = key in context.model.rules or key in context.model.exclusions
    return sentence_case(rule_words(context, key) if known else price.group.words)


def _chart(context: Context, prices: Sequence[RulePrice]) -> Figure | None:
    """Return the price of each rule, or of one step more where some rule has only that; None if all are free."""
    words = context.words
    rows = []
    for price in prices[:MOST_BARS]:
        for amount, key in ((price.price, ""), (price.cost, "rules.stricter")):
            if amount > 0 and math.isfinite(amount):
                name = _title(context, price) + (f" ({words(key)})" if key else "")
                rows.append(Bar(name, _scaled(context, amount), context.worth(amount), strong=not key))
    if not rows:
        return None
    unit = words.unit(context.money[1]) if context.money is not None else words("rules.objective")
    if context.money is not None and context.money[0] >= 1e6:
        unit = f"{words('scale.million')} {unit}"
    told = "; ".join(f"{bar.name}: {bar.text}" for bar in rows)
    return Figure(
        bars(rows, unit, context.style), words("rules.alternative", prices=told), words("rules.figure_caption")
    )


def _scaled(context: Context, amount: float) -> float:
    rate = 1.0 if context.money is None else context.money[0]
    return amount * rate / (1e6 if rate >= 1e6 else 1.0)


def _prices(context: Context, found: RulePrices) -> Table:
    words = context.words
    rows = [
        row(
            _title(context, price), _worth(context, price.price), _who(context, found.base, price.without),
            _step(context, price.stricter), _worth(context, price.cost),
            words("rules.impossible") if price.cost == math.inf else _who(context, found.base, price.tightened),
        )
        for price in found.prices
    ]  # fmt: skip
    columns = [
        Column(words("table.rule"), width=26),
        Column(words("table.price"), align="right", width=13),
        Column(words("table.without_it"), width=18),
        Column(words("table.step"), width=14),
        Column(words("table.costs"), align="right", width=13),
        Column(words("table.then"), width=16),
    ]
    return Table(words("rules.caption"), columns, rows, words("rules.note"))


def _step(context: Context, stricter: str) -> str:
    """Return what a rule asks for one step stricter: the option and its number."""
    words = context.words
    option, _, value = stricter.rpartition(" ")
    if not option:
        return stricter or words("rules.no_step")
    return f"{words.known(f'option.{option.replace(chr(32), chr(95))}', option)} {value}"


def _worth(context: Context, difference: float) -> str:
    """Return a price in money, or that there is none."""
    if math.isnan(difference):
        return context.words.number(difference)
    if difference == math.inf:
        return context.words("rules.impossible")
    return context.words("rules.free") if difference == 0 else context.worth(difference)


def _who(context: Context, base: InstanceSolution, other: InstanceSolution | None) -> str:
    """Return how a portfolio differs from the one under all rules, by codes."""
    if other is None:
        return ""
    before, after = base.portfolio or (), other.portfolio or ()
    out, new = [str(one) for one in before if one not in after], [str(one) for one in after if one not in before]
    parts = [f"− {', '.join(out)}" if out else "", f"+ {', '.join(new)}" if new else ""]
    return " ".join(filter(None, parts)) or context.words("rules.same")


def _sizes(context: Context, found: RulePrices) -> Table:
    """Return the best portfolio with one site fewer and more, beside the chosen one."""
    words = context.words
    names = list(found.base.values)
    held = {len(found.base.portfolio or ()): found.base} | found.sizes
    rows, strong = [], set()
    for place, (count, solution) in enumerate(sorted(held.items(), key=lambda entry: entry[0])):
        if solution is None:
            rows.append(row(words.number(count), words("rules.impossible"), *[""] * len(names)))
            continue
        values = [words.amount(float(solution.values[name]), context.criterion_unit(name)) for name in names]
        rows.append(row(words.number(count), ", ".join(map(str, solution.portfolio or ())), *values))
        strong |= {place} if solution is found.base else set()
    columns = [Column(words("table.sites"), align="right", width=7), Column(words("table.portfolio"), width=30)]
    columns += [Column(sentence_case(words.criterion(name)), align="right") for name in names]
    return Table(words("rules.sizes_caption"), columns, rows, words("rules.sizes_note"), strong_rows=frozenset(strong))


def why_not(context: Context) -> Section | None:
    """Return what it takes to choose the regions asked about; None if none was."""
    words, found = context.words, context.answers.why_not
    if not found:
        return None
    blocks: list[Block] = [Paragraph(words("why_not.introduction"))]
    for name, answer in found.items():
        candidates = answer.result.candidates if answer.result is not None else ()
        title = words.listed(context.label(one) for one in candidates) if candidates else name
        blocks.append(Heading(title))
        if answer.result is None:
            blocks += absent(context, answer)
        else:
            blocks += _answered(context, answer.result)
    return Section("why-not", words("section.why_not"), tuple(blocks))


def _answered(context: Context, found: WhyNot) -> Iterator[Block]:
    words = context.words
    yield Paragraph(why_not_sentence(context, found), "lead")
    if found.forced is None or found.is_chosen:
        return
    yield _losses(context, found)
    if found.loss > 0:
        chart = _loss_chart(context, found)
        yield from [chart] if chart is not None else []
    if found.values:
        yield _needed(context, found)
    weights = [
        text for text in (_weight_text(context, name, entry) for name, entry in found.weights.iterrows()) if text
    ]
    if len(found.weights):
        yield Paragraph(words("why_not.weights", weights=words.listed(weights, "or")) if weights
                        else words("why_not.no_weight"))  # fmt: skip


def _losses(context: Context, found: WhyNot) -> Table:
    """Return both portfolios criterion by criterion."""
    words, table = context.words, found.table
    money = next((column for column in table.columns if str(column).startswith("loss_eur")), None)
    rows, last = [], len(table) - 1
    for name, entry in table.iterrows():
        unit = str(entry["unit"])
        label = words("table.objective") if name == "objective" else sentence_case(words.criterion(str(name)))
        rows.append(
            row(label, words.amount(float(entry["chosen"]), unit), words.amount(float(entry["with_it"]), unit),
                words.amount(float(entry["change"]), unit),
                words.amount(float(entry[money])) if money is not None else words.plain(float(entry["loss"])))
        )  # fmt: skip
    unit = words.unit(context.money[1]) if context.money is not None else ""
    columns = [Column(words("table.criterion"), width=24), Column(words("table.chosen"), align="right"),
               Column(words("table.with_it"), align="right"), Column(words("table.change"), align="right"),
               Column(words("table.loss"), unit, "right")]  # fmt: skip
    return Table(words("why_not.caption"), columns, rows, words("why_not.note"), strong_rows=frozenset({last}))


def _loss_chart(context: Context, found: WhyNot) -> Figure | None:
    words = context.words
    table = found.table.drop(index="objective")
    rows = [
        Bar(sentence_case(words.criterion(str(name))), _scaled(context, float(loss)), context.worth(float(loss)),
            strong=float(loss) > 0)
        for name, loss in table["loss"].items() if loss != 0
    ]  # fmt: skip
    if not rows:
        return None
    unit = words.unit(context.money[1]) if context.money is not None else words("rules.objective")
    if context.money is not None and context.money[0] >= 1e6:
        unit = f"{words('scale.million')} {unit}"
    told = "; ".join(f"{bar.name}: {bar.text}" for bar in rows)
    return Figure(
        bars(rows, unit, context.style), words("why_not.alternative", losses=told), words("why_not.figure_caption")
    )


def _needed(context: Context, found: WhyNot) -> Table:
    """Return the smallest change of each single value that would bring the candidates in."""
    words = context.words
    rows, strong = [], set()
    for place, change in enumerate(found.values):
        now = words.listed(_amount(context, value, change.unit) for value in change.now.values())
        possible = change.change is not None and not change.remark.startswith(
            ("less than", "not possible", "every site")
        )
        needed = (
            words.listed(_amount(context, value + change.change, change.unit) for value in change.now.values())
            if change.change is not None
            else words.number(math.nan)
        )
        label = words.attribute(change.attribute) if change.attribute else sentence_case(
            words("why_not.criterion_of", name=words.listed(words.criterion(name) for name in change.criteria))
        )  # fmt: skip
        remark = words.known(f"remark.{change.remark}", change.remark)
        rows.append(row(Cell(label, strong=possible), now, needed, remark))
        strong |= {place} if possible else set()
    columns = [
        Column(words("table.value_of"), width=30),
        Column(words("table.now"), align="right", width=19),
        Column(words("table.needed"), align="right", width=19),
        Column(words("table.remark"), width=32),
    ]
    return Table(words("why_not.values_caption"), columns, rows, words("why_not.values_note"))


def _amount(context: Context, value: float, unit: str) -> str:
    """Return a value with its unit, or yes or no."""
    words = context.words
    if unit == "yes = 1":
        return words("yes" if value == 1 else "no")
    return words.amount(value, unit)


def _weight_text(context: Context, name: Any, entry: Any) -> str:
    """Return at which weights the candidates would come in, leaving out nothing and everything."""
    words, parts = context.words, []
    shares = context.answers.prepared.scaling is not None and context.answers.prepared.scaling.method != "monetised"
    if entry["less"] > 0:
        parts.append(words("why_not.at_most", weight=words.plain(float(entry["less"]))))
    if entry["more"] < (1.0 if shares else math.inf):
        parts.append(words("why_not.at_least", weight=words.plain(float(entry["more"]))))
    if not parts:
        return ""
    return words("why_not.weight", name=words.criterion(str(name)), weights=words.listed(parts, "or"),
                 now=words.plain(float(entry["now"])))  # fmt: skip
