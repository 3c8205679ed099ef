"""How the choice is made and proven: the formulas, the scales, the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.report.blocks import Column, Formula, Heading, Paragraph, Section, Table, row
from siting.report.content_summary import sentence_case
from siting.report.drawing import formula

if TYPE_CHECKING:
    from collections.abc import Iterator

    from siting.report.blocks import Block
    from siting.report.context import Context

FORMULAS = {
    "objective": r"\min_{y,\,x}\ \sum_k c_k\, s_k\, v_k(y,x) \qquad "
    r"v_k=\sum_j a_{kj}\,y_j+\sum_{i,j} w_i\,d_{kij}\,x_{ij}",
    "constraints": r"\sum_j y_j=p \qquad \sum_j x_{ij}=1 \qquad x_{ij}\leq y_j \qquad "
    r"l\leq\sum_j b_j\,y_j\leq u \qquad y_j\in\{0,1\}",
    "portfolio": r"c_k=\dfrac{g_k}{\left|\mathrm{nadir}_k-\mathrm{ideal}_k\right|} \qquad "
    r"r_k=\dfrac{c_k}{c_{\mathrm{ref}}}",
    "fixed": r"c_k=\dfrac{g_k}{\mathrm{scale}_k}",
    "monetised": r"c_k=\mathrm{EUR\ per\ year\ and\ unit}_k",
    "none": r"c_k=g_k",
    "power": r"P_{\mathrm{IT}}=\dfrac{n\,q}{1000} \qquad "
    r"S=\dfrac{P_{\mathrm{IT}}\,\mathrm{PUE}}{\cos\varphi\;\sigma} \qquad "
    r"E=8760\,P_{\mathrm{IT}}\,\mathrm{PUE}\,f",
    "latency": r"t(d)=t_0+t_{\mathrm{access}}+m\,d",
    "doublings": r"\log_2\left(1+\dfrac{C_j}{S_j}\right)",
}
"""Set by matplotlib; what they mean in words stands in the texts under the same keys."""


def method(context: Context) -> Section:
    """Return the chapter on method."""
    return Section("method", context.words("section.method"), tuple(_blocks(context)))


def _set(context: Context, key: str, **values: object) -> Formula:
    words = context.words
    meaning = words(f"formula.{key}", **values)
    return Formula(formula(FORMULAS[key], context.style), words("formula.alternative", formula=FORMULAS[key]), meaning)


def _blocks(context: Context) -> Iterator[Block]:
    words, model = context.words, context.model
    yield Heading(words("method.choice"))
    yield Paragraph(words("method.choice_text", candidates=words.number(context.solution.instance.number_of_candidates),
                          demand=words.number(context.solution.instance.number_of_demand_points)))  # fmt: skip
    yield _set(context, "objective")
    yield _set(context, "constraints")
    yield Heading(words("method.weights"))
    scaling = context.solution.scaling
    key = scaling.method if scaling is not None else "none"
    yield Paragraph(words(f"method.{key}"))
    yield _set(context, key)
    if scaling is not None and scaling.payoff is not None:
        yield _payoff(context)
    yield Heading(words("method.facility"))
    facility = model.facility
    yield _set(context, "power", accelerators=words.number(facility.accelerators),
               power=words.plain(facility.kilowatts_it_per_accelerator), factor=words.plain(facility.power_factor),
               share=words.plain(facility.grid_share_reaching_it), load=words.plain(facility.load_factor))  # fmt: skip
    kinds = {block.kind for block in model.active_criteria.values()}
    if any(getattr(block, "measure", "") == "doublings" for block in model.active_criteria.values()):
        yield _set(context, "doublings")
    if "latency" in kinds:
        latency = model.latency
        yield _set(context, "latency", intercept=words.plain(latency.intercept_ms),
                   slope=words.plain(latency.slope_ms_per_km), access=words.plain(latency.access_ms))  # fmt: skip
    yield Heading(words("method.proof"))
    yield Paragraph(words("method.proof_text"))
    yield Paragraph(context.proof, opening=words("method.here"))
    yield Paragraph(words("method.check"))


def _payoff(context: Context) -> Table:
    """Return the payoff table behind ideals and nadirs."""
    words, scaling = context.words, context.solution.scaling
    assert scaling is not None  # noqa: S101 - asked for only where there is one
    assert scaling.payoff is not None  # noqa: S101
    names = [str(name) for name in scaling.payoff.columns]
    rows = []
    for best, entry in scaling.payoff.iterrows():
        values = [words.amount(float(entry[name]), context.criterion_unit(name)) for name in names]
        sites = ", ".join(str(site) for site in scaling.portfolios.get(str(best), ()))
        rows.append(row(sentence_case(words.criterion(str(best))), sites, *values))
    columns = [Column(words("table.best_for"), width=18), Column(words("table.portfolio"), width=26)]
    columns += [Column(sentence_case(words.criterion(name)), align="right") for name in names]
    return Table(words("method.payoff_caption"), columns, rows, words("method.payoff_note"))
