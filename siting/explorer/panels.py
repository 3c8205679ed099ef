"""What the explorer says in words and tables; every text that comes from data or from a user is escaped."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

from siting.analysis._words import amount, listed, plain_name, share
from siting.explorer.picture import candidate_name
from siting.maps import BOUNDARIES
from siting.maps.attribute_names import attribute_label, attribute_unit
from siting.maps.country_names import country_name
from siting.maps.style import LIGHT
from siting.maps.texts import printable
from siting.plain_values import significant

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from siting.explorer.question import Answer
    from siting.maps.classes import Classes
    from siting.solution import Solution

_MOST_REASONS = 4


def style_sheet() -> str:
    """Return the style sheet of every explorer on the page; colours of text follow the notebook's theme.

    Returns
    -------
    str
        A `style` element.
    """
    return f"<style>{_STYLE}</style>"


def verdict(answer: Answer, base: Solution | None) -> str:
    """Return whether there is an answer, how good it is, how that is known, and what differs from the base.

    Parameters
    ----------
    answer : Answer
        What is shown.
    base : Solution or None
        What it is compared with.

    Returns
    -------
    str
        HTML that a screen reader announces when it changes.
    """
    body = _refusal(answer) if answer.solution is None else _praise(answer, answer.solution) + _moves(answer, base)
    return f'<div class="siting-verdict" role="status" aria-live="polite">{body}</div>'


def site_table(solution: Solution, chosen: Mapping[Hashable, str], entered: Sequence[Hashable]) -> str:
    """Return the chosen sites and what each contributes, numbered as on the map.

    Parameters
    ----------
    solution : Solution
        What is shown.
    chosen : mapping
        Chosen candidate to colour, in the order of their numbers.
    entered : sequence
        Those that are not in the base.

    Returns
    -------
    str
        HTML.
    """
    contributions, candidates = solution.site_contributions, _table_of(solution)
    criteria = solution.instance.criteria
    titles = [f"{escape(plain_name(name))}<br><small>{escape(one.unit)}</small>" for name, one in criteria.items()]
    if "demand_share" in contributions.columns:
        titles.append("users<br><small>served</small>")
    by_site, rows = contributions.to_dict("index"), []
    for number, (site, colour) in enumerate(chosen.items(), start=1):
        values = by_site[site]
        cells = [_figure(values[name], one.unit) for name, one in criteria.items()]
        if "demand_share" in values:
            cells.append(share(float(values["demand_share"])))
        new = ' <span class="siting-new">new</span>' if site in entered else ""
        country = candidates["country"].get(site) if "country" in candidates.columns else None
        where = f" · {escape(country_name(str(country), 'en'))}" if isinstance(country, str) else ""
        rows.append(
            f'<tr><td><span class="siting-badge" style="background:{colour}">{number}</span></td>'
            f"<th scope='row'><bdi>{escape(candidate_name(candidates, site))}</bdi>{new}<br>"
            f"<small>{escape(printable(site))}{where}</small></th>"
            + "".join(f"<td class='n'>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    head = "".join(f"<th scope='col' class='n'>{title}</th>" for title in titles)
    return _table(f"<tr><th></th><th scope='col'>chosen site</th>{head}</tr>", rows, "Chosen sites")


def criteria_table(solution: Solution, base: Solution | None) -> str:
    """Return each criterion now and in the base, and what a unit of it is worth under the weights.

    Parameters
    ----------
    solution : Solution
        What is shown.
    base : Solution or None
        What it is compared with.

    Returns
    -------
    str
        HTML.
    """
    before = {} if base is None else base.criteria["value"].to_dict()
    reference = "EUR/yr" if solution.scaling is None else solution.scaling.reference
    unit = solution.criteria["unit"].get(reference, reference)
    monetised = _is_monetised(solution)
    rows = []
    for name, criterion in solution.criteria.iterrows():
        now, was = float(criterion["value"]), float(before.get(name, math.nan))
        rate = float(criterion["exchange_rate"])
        worth = "–" if not rate > 0 else escape(amount(rate, str(unit)))
        rows.append(
            f"<tr><th scope='row'>{escape(plain_name(str(name)))}<br>"
            f"<small>{escape(str(criterion['unit']))}</small></th>"
            f"<td class='n'>{_figure(now, criterion['unit'])}</td><td class='n'>{_figure(was, criterion['unit'])}</td>"
            f"<td class='n'>{_difference(now, was, str(criterion['sense']))}</td>"
            + ("" if monetised else f"<td class='n'>{float(criterion['weight']):.3g}</td>")
            + f"<td class='n'>{worth}</td></tr>"
        )
    titles = ("criterion", "now", "base", "change", *(() if monetised else ("weight",)), "one unit is worth")
    head = "".join(f"<th scope='col' class='{'n' if title != 'criterion' else ''}'>{title}</th>" for title in titles)
    return _table(f"<tr>{head}</tr>", rows, "Criteria, now and in the base")


def legend(shade: str, classes: Classes | None, exclusions: pd.Series[Any]) -> str:
    """Return what the colours of the map mean, how many candidates are excluded and why, and whose borders they are.

    Parameters
    ----------
    shade : str
        Attribute the candidates are shaded by, or what is shown instead.
    classes : Classes or None
        Its classes.
    exclusions : pandas.Series
        Number of candidates that each exclusion removes, by its name.

    Returns
    -------
    str
        HTML.
    """
    parts = []
    if classes is None:
        parts.append("<b>Users</b> in the colour of the site that serves them")
    else:
        unit = attribute_unit(shade)
        parts.append(f"<b>{escape(attribute_label(shade, 'en') + (f', {unit}' if unit else ''))}</b>")
        parts += [
            f'<span class="siting-swatch" style="background:{colour}"></span>{escape(label)}'
            for label, colour in zip(classes.labels, classes.colours, strict=True)
        ]
    if len(exclusions):
        shown = [f"{count} by {escape(plain_name(str(name)))}" for name, count in exclusions[:_MOST_REASONS].items()]
        rest = int(exclusions[_MOST_REASONS:].sum())
        told = listed([*shown, f"{rest} more"] if rest else shown)
        parts.append(f'<span class="siting-swatch siting-hatched"></span>excluded: {told}')
    lines = " &ensp; ".join(parts)
    return f'<div class="siting-legend">{lines}<br><small>{escape(BOUNDARIES)}</small></div>'


def conflict_words(sentence: str) -> str:
    """Return the smallest ways out of a conflict as a note.

    Parameters
    ----------
    sentence : str
        Plain text.

    Returns
    -------
    str
        HTML.
    """
    return f'<div class="siting-verdict" role="status"><p>{escape(sentence)}</p></div>' if sentence else ""


def spoken(answer: Answer) -> str:
    """Return what the map shows in one sentence, for those who cannot see it.

    Parameters
    ----------
    answer : Answer
        What is shown.

    Returns
    -------
    str
        Plain text.
    """
    if answer.solution is None:
        return "Map without chosen sites."
    names = [candidate_name(_table_of(answer.solution), site) for site in answer.solution.portfolio or ()]
    return f"Map of the chosen sites: {listed(names)}."


def moved(solution: Solution | None, base: Solution | None) -> tuple[list[Hashable], list[Hashable]]:
    """Return the sites that are chosen now and not in the base, and the other way round.

    Parameters
    ----------
    solution, base : Solution or None
        Now, and what it is compared with.

    Returns
    -------
    (entered, left)
        Identifiers in candidate order.
    """
    now = () if solution is None else solution.portfolio or ()
    before = () if base is None else base.portfolio or ()
    if solution is None or base is None:
        return [], []
    return [site for site in now if site not in before], [site for site in before if site not in now]


def _refusal(answer: Answer) -> str:
    if answer.conflict:
        rules = "".join(f"<li>{escape(rule)}</li>" for rule in answer.conflict)
        return f"<p><b>No portfolio satisfies every rule.</b> These cannot hold together:</p><ul>{rules}</ul>"
    return f"<p><b>No answer.</b> {escape(answer.problem)}</p>"


def _praise(answer: Answer, solution: Solution) -> str:
    assert solution.objective is not None  # noqa: S101 - a held portfolio has one
    count = len(solution.portfolio or ())
    state = (
        "proven optimal"
        if solution.is_proven
        else f"not proven: stopped by the {escape(solution.status.replace('_', ' '))}"
    )
    in_euro = _is_monetised(solution)
    objective = amount(solution.objective, "EUR/yr") if in_euro else significant(solution.objective)
    return (
        f"<p><b>{count} site{'s' * (count != 1)}, {state}.</b> Objective {escape(objective)}, gap {solution.gap:.2%}, "
        f"answered in {answer.seconds * 1000:,.0f} ms.<br><small>{escape(solution.proof)}</small></p>"
    )


def _is_monetised(solution: Solution) -> bool:
    return solution.scaling is not None and solution.scaling.method == "monetised"


def _moves(answer: Answer, base: Solution | None) -> str:
    if base is None or answer.solution is None:
        return ""
    entered, left = moved(answer.solution, base)
    if not entered and not left:
        return "<p>The same sites as the base.</p>"
    table = _table_of(answer.solution)
    told = []
    for word, sites in (("Joins", entered), ("Leaves", left)):
        names = [f"<bdi>{escape(candidate_name(table, site))}</bdi> ({escape(printable(site))})" for site in sites]
        if names:
            told.append(f"{word if len(names) == 1 else word[:-1]}: {listed(names)}.")
    return f"<p>{' '.join(told)}</p>"


def _difference(now: float, was: float, sense: str) -> str:
    if not (math.isfinite(now) and math.isfinite(was)):
        return "–"
    change = now - was
    if abs(change) <= 1e-9 * max(1.0, abs(was)):
        return "="
    better = (change < 0) == (sense == "min")
    sign = "+" if change > 0 else "−"
    word = "better" if better else "worse"
    return f'<span class="siting-{word}">{sign}{escape(amount(abs(change)))} {word}</span>'


def _figure(value: Any, unit: Any) -> str:
    number = float(value)
    return "–" if not math.isfinite(number) else escape(amount(number).removesuffix(str(unit)))


def _table_of(solution: Solution) -> Any:
    """Return the candidates with their names; those of the model, which are read already."""
    assert solution.model is not None  # noqa: S101 - the explorer only knows models
    return solution.model.case.candidates


def _table(head: str, rows: Sequence[str], label: str) -> str:
    body = "".join(rows)
    return (
        f'<div class="siting-scroll"><table class="siting-table" aria-label="{label}">'
        f"<thead>{head}</thead><tbody>{body}</tbody></table></div>"
    )


_INK = "var(--jp-content-font-color1, #1d2327)"
_LINE = "var(--jp-border-color2, #d0d5d9)"
_STYLE = f"""
.siting-explorer .widget-html-content {{line-height:1.4;align-self:stretch;width:100%}}
.siting-explorer .widget-html {{height:auto;overflow:visible}}
.siting-heading {{font-weight:600;font-size:13px;color:{_INK};border-bottom:1px solid {_LINE};margin:12px 0 4px}}
.siting-map svg,.siting-marks svg {{display:block;width:100%;height:auto;font-family:inherit}}
.siting-map svg {{border:1px solid {_LINE}}}
.siting-marks svg {{border:1px solid transparent}}
.siting-explorer .siting-over {{pointer-events:none}}
.siting-map path,.siting-map circle,.siting-map rect {{vector-effect:non-scaling-stroke}}
.siting-map .c,.siting-map .d {{stroke:#fff;stroke-width:.5px}}
.siting-map .d {{stroke-width:.2px}}
.siting-map .c:hover,.siting-map .d:hover {{stroke:{LIGHT.ink};stroke-width:1.5px}}
.siting-map .around {{fill:{LIGHT.neighbour};stroke:#fff;stroke-width:.5px}}
.siting-map .graticule {{fill:none;stroke:{LIGHT.graticule};stroke-width:.6px}}
.siting-map .border {{fill:none;stroke:{LIGHT.country_border};stroke-width:.8px;pointer-events:none}}
.siting-map .inset {{fill:{LIGHT.sea};stroke:{LIGHT.muted};stroke-width:.7px}}
.siting-map .place {{font-size:52px;fill:{LIGHT.ink}}}
.siting-marks .site {{stroke:#fff;stroke-width:14px}}
.siting-marks .new {{fill:#fff;stroke-width:16px;stroke-dasharray:46 28}}
.siting-marks .left {{fill:none;stroke:{LIGHT.ink};stroke-width:22px}}
.siting-marks .number {{font-size:96px;font-weight:700;fill:#fff;text-anchor:middle}}
.siting-marks .name {{font-size:90px;font-weight:600;paint-order:stroke;stroke:#fff;stroke-width:22px;
stroke-linejoin:round;unicode-bidi:plaintext}}
.siting-verdict {{color:{_INK};font-size:13px}}
.siting-verdict p {{margin:2px 0 4px}}
.siting-verdict ul {{margin:0 0 6px;padding-left:20px}}
.siting-legend {{color:{_INK};font-size:12px;margin:2px 0 6px;max-width:760px}}
.siting-swatch {{display:inline-block;width:16px;height:11px;margin-right:5px;
border:1px solid #9aa3aa;vertical-align:-1px}}
.siting-hatched {{background:repeating-linear-gradient(135deg,{LIGHT.hatch} 0 1px,{LIGHT.excluded} 1px 4px)}}
.siting-scroll {{overflow-x:auto}}
.siting-table {{border-collapse:collapse;font-size:12.5px;color:{_INK};width:100%;max-width:760px;margin:4px 0 8px}}
.siting-table th,.siting-table td {{padding:3px 8px;text-align:left;border-bottom:1px solid {_LINE};font-weight:400;
vertical-align:top}}
.siting-table thead th {{font-weight:600;vertical-align:bottom}}
.siting-table .n {{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}}
.siting-table small,.siting-verdict small,.siting-legend small {{color:var(--jp-content-font-color2, {LIGHT.muted})}}
.siting-badge {{display:inline-block;min-width:19px;border-radius:10px;color:#fff;font-weight:700;text-align:center}}
.siting-new {{border:1px dashed currentColor;border-radius:8px;padding:0 5px;font-size:11px}}
.siting-better {{color:#0b6b3a}}
.siting-worse {{color:#b3261e}}
"""
