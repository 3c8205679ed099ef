"""A workbook that an auditor can recompute: change a weight, and the objective follows."""

from __future__ import annotations

import importlib.util
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from siting._version import __version__
from siting.errors import InputError
from siting.evaluation import single_site_values
from siting.export.tables import column_name, moment, source_table, title
from siting.export.workbook_cells import Sheet, check_room, here, pattern_for
from siting.export.workbook_plan import FIRST_ROW, Plan, plan
from siting.export.workbook_service import ServiceSheet, assignment_weights
from siting.export.workbook_sites import SitesSheet, attribute_pattern, documented_attributes, is_attribute, write_rules
from siting.maps.attribute_names import attribute_unit

if TYPE_CHECKING:
    from pathlib import Path

    from siting.solution import Solution

_WEIGHT, _SCALE, _IDEAL, _VALUE, _COEFFICIENT, _CONTRIBUTION, _SOLVED, _ASSIGNMENT = 3, 4, 5, 7, 8, 9, 10, 11
_CRITERIA_HEADS = (
    "criterion", "unit", "better", "weight", "scale", "ideal", "nadir", "value", "weight / scale", "contribution",
    "value the search found", "weight in the assignment",
)  # fmt: skip
_CRITERIA_UNITS = (
    "",
    "",
    "",
    "input",
    "input, unit",
    "input, unit",
    "unit",
    "unit",
    "1 / unit",
    "objective",
    "unit",
    "",
)


def write_workbook(solution: Solution, path: Path) -> None:
    """Write the workbook.

    Parameters
    ----------
    solution : Solution
        With a portfolio.
    path : pathlib.Path
        Where to.

    Raises
    ------
    InputError
        If there is no portfolio, XlsxWriter is missing, or a table does not fit a sheet.
    OSError
        If the file cannot be written whole.

    Examples
    --------
    >>> import siting, pathlib, tempfile
    >>> solution = siting.solve(siting.Instance(sites=1, criteria={"cost": siting.Criterion(site=[2.0, 1.0])}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_workbook(solution, pathlib.Path(folder) / "answer.xlsx")
    """
    planned = plan(solution)
    if importlib.util.find_spec("xlsxwriter") is None:
        raise InputError("writing .xlsx needs XlsxWriter; install it with: pip install 'siting[export]'")
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    book = xlsxwriter.Workbook(str(path), {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    created = moment().replace(tzinfo=None)
    book.set_properties({"title": title(solution), "created": created, "comments": f"siting {__version__}"})
    _fill(book, planned)
    try:
        book.close()
    except XlsxWriterException as error:
        raise OSError(str(error)) from error


def _fill(book: Any, planned: Plan) -> None:
    formats: dict[tuple[str, str, bool], Any] = {}
    names = ["Summary", "Criteria", "Sites", "Rules", "Candidates"]
    names += ["Assignment"] if planned.services else []
    sheets = {name: Sheet(book, name, formats) for name in (*names, "Sources")}
    service = None
    if planned.services:
        service = ServiceSheet(planned, sheets["Assignment"], sheets["Criteria"], _ASSIGNMENT)
    sites = SitesSheet(planned, sheets["Sites"], sheets["Candidates"], service)
    _write_candidates(planned, sheets["Candidates"])
    if service is not None:
        service.write()
        book.define_name("demand", f"={service.demand_range()}")
    sites.write()
    objective = _write_criteria(planned, sheets["Criteria"], sites, service)
    verdicts = write_rules(planned, sheets["Rules"], sites)
    book.define_name("objective", f"={objective}")
    last = FIRST_ROW + len(planned.criteria) - 1
    for name, column in (
        ("weights", _WEIGHT),
        ("scales", _SCALE),
        ("ideals", _IDEAL),
        ("contributions", _CONTRIBUTION),
    ):
        book.define_name(name, f"={sheets['Criteria'].range(FIRST_ROW, column, last, column)}")
    _write_summary(planned, sheets["Summary"], verdicts)
    _write_sources(planned, sheets["Sources"])
    sheets["Summary"].page.activate()


def _write_criteria(planned: Plan, sheet: Sheet, sites: SitesSheet, service: ServiceSheet | None) -> str:
    """Write values, weights and contributions; return the address of the objective."""
    sheet.text(0, 0, "Criteria and objective", "title")
    note = (
        "contribution = weight / scale × (value − ideal), with the opposite sign where more is better; the objective "
        "is their sum, and less is better. Shaded cells are inputs: change one and everything follows."
    )
    sheet.text(1, 0, note, "note")
    sheet.texts(FIRST_ROW - 2, 0, _CRITERIA_HEADS, "head")
    sheet.texts(FIRST_ROW - 1, 0, _CRITERIA_UNITS, "unit")
    for name in planned.criteria:
        _write_criterion(planned, sheet, name, _value_formula(planned, name, sites, service))
    last = FIRST_ROW + len(planned.criteria) - 1
    constant = _constant(planned)
    sheet.text(last + 1, 0, "constant")
    sheet.number(last + 1, _CONTRIBUTION, constant, "General", "input")
    sheet.text(last + 2, 0, "objective", "result")
    total = here(sheet.range(FIRST_ROW, _CONTRIBUTION, last + 1, _CONTRIBUTION))
    objective = planned.solution.objective or 0.0
    sheet.formula(last + 2, _CONTRIBUTION, f"=SUM({total})", objective, "0.000000", "result")
    sheet.page.write_comment(
        FIRST_ROW, _WEIGHT, "Change a weight: the objective on this sheet and on Summary changes with it. The chosen "
        "sites stay; whether others would then be better, only the search can tell.",
    )  # fmt: skip
    sheet.widths(24, 14, 8, 10, 16, 16, 16, 18, 14, 14, 18, 14)
    sheet.page.freeze_panes(FIRST_ROW, 1)
    return sheet.cell(last + 2, _CONTRIBUTION)


def _value_formula(planned: Plan, name: str, sites: SitesSheet, service: ServiceSheet | None) -> str:
    criterion = planned.criteria[name]
    worst = "MAX" if criterion.sign > 0 else "MIN"
    if not criterion.is_sum and criterion.service is not None and service is not None:
        return f"={worst}({service.value_range(name)})"
    return f"={'SUM' if criterion.is_sum else worst}({sites.totals(name)})"


def _write_criterion(planned: Plan, sheet: Sheet, name: str, formula: str) -> None:
    criterion, row = planned.criteria[name], planned.criterion_row(name)
    facts = planned.solution.criteria.loc[[name]].to_dict("records")[0]
    scaling = planned.solution.scaling
    scale = math.nan if scaling is None else scaling.table["scale"].to_dict()[name]
    value = float(facts["value"])
    pattern = pattern_for([value, facts["ideal"], facts["nadir"]])
    sheet.texts(row, 0, (name, criterion.unit, "less" if criterion.sign > 0 else "more"))
    sheet.number(row, _WEIGHT, float(facts["weight"]), "General", "input")
    sheet.number(row, _SCALE, scale, pattern_for([scale]), "input")
    sheet.number(row, _IDEAL, float(facts["ideal"]), pattern, "input")
    sheet.number(row, _IDEAL + 1, float(facts["nadir"]), pattern)
    sheet.formula(row, _VALUE, formula, value, pattern)
    weight_cell, scale_cell, ideal_cell, value_cell, coefficient_cell = (
        here(sheet.cell(row, column)).replace("$", "") for column in (_WEIGHT, _SCALE, _IDEAL, _VALUE, _COEFFICIENT)
    )
    # Without a scale a weight above 0 is divided by an empty cell, which shows as an error and not as a number.
    divided = f"=IF({weight_cell}=0,0,{weight_cell}/{scale_cell})"
    coefficient = (planned.instance.weights or {})[name]
    formula = divided if _is_scaled(planned) else f"={weight_cell}"
    sheet.formula(row, _COEFFICIENT, formula, coefficient, "0.000E+00")
    sign = "" if criterion.sign > 0 else "-"
    contribution = f"={sign}{coefficient_cell}*({value_cell}-{ideal_cell})"
    sheet.formula(row, _CONTRIBUTION, contribution, float(facts["contribution"]), "0.000000")
    sheet.number(row, _SOLVED, value, pattern)
    if name in planned.deciding:
        counted = f"={sign}{coefficient_cell}" if planned.instance.has_service else f"={sign}1"
        sheet.formula(row, _ASSIGNMENT, counted, assignment_weights(planned)[name], "0.000E+00")


def _is_scaled(planned: Plan) -> bool:
    scaling = planned.solution.scaling
    return scaling is not None and bool(np.isfinite(scaling.table["scale"].to_numpy(dtype=float)).any())


def _constant(planned: Plan) -> float:
    """Return what the objective holds beside weighted distances from the ideals."""
    ideal = planned.solution.criteria["ideal"].fillna(0.0)
    signed = planned.instance.signed_weights
    at_ideal = math.fsum(signed[name] * float(ideal[name]) for name in planned.criteria)
    constant = planned.instance.constant + at_ideal
    return 0.0 if abs(constant) < 1e-12 * max(1.0, abs(at_ideal)) else constant


def _write_candidates(planned: Plan, sheet: Sheet) -> None:
    """Write all candidates: what each is worth in each criterion, then every attribute."""
    table, criteria = planned.solution.candidates, planned.criteria
    own = [name for name, criterion in criteria.items() if criterion.site is not None]
    attributes = [
        str(name) for name in table.columns if is_attribute(str(name)) and name not in ("name", "country", "score")
    ]
    columns = planned.alone_column(next(iter(criteria))) + len(criteria) + len(attributes)
    check_room(FIRST_ROW + len(table), columns, "the candidates")
    sheet.text(0, 0, "Candidates", "title")
    note = "Alone: what a candidate would be worth in a criterion if it stood alone and served everybody."
    sheet.text(1, 0, note, "note")
    facts = ("candidate", "name", "country", "chosen", "excluded", "why it is excluded", "score, 0 to 1")
    heads = [*facts, *(f"{name}, itself" for name in own), *(f"{name}, alone" for name in criteria)]
    units = [""] * len(facts) + [criteria[name].unit for name in own] + [c.unit for c in criteria.values()]
    known = documented_attributes(planned.solution)
    sheet.texts(FIRST_ROW - 2, 0, [*heads, *(column_name(name, "en") for name in attributes)], "head")
    sheet.texts(
        FIRST_ROW - 1, 0, [*units, *(known.get(name, (attribute_unit(name), ""))[0] for name in attributes)], "unit"
    )
    for row, name in enumerate(table.index, start=FIRST_ROW):
        sheet.text(row, 0, name)
    for column, name in enumerate(("name", "country", "selected", "excluded", "exclusion_reason", "score"), start=1):
        if name in table:
            _write_column(sheet, column, table[name].tolist(), "0.000" if name == "score" else "General")
    by_position = [planned.instance._position.get(name) for name in table.index]  # noqa: SLF001 - of the same package
    for name in own:
        site = criteria[name].site
        assert site is not None  # noqa: S101 - among those with one
        _write_column(sheet, planned.own_column(name), _placed(site, by_position), pattern_for(site.tolist()))
    for name in criteria:
        alone = single_site_values(planned.instance, name)
        _write_column(sheet, planned.alone_column(name), _placed(alone, by_position), pattern_for(alone.tolist()))
    for column, name in enumerate(attributes, start=columns - len(attributes)):
        values = table[name].tolist()
        _write_column(sheet, column, values, attribute_pattern(values))
    sheet.widths(14, 26, 9, 9, 9, 34, 10, *[16.0] * (columns - len(facts)))
    sheet.page.freeze_panes(FIRST_ROW, 2)
    sheet.page.autofilter(FIRST_ROW - 1, 0, FIRST_ROW + len(table) - 1, columns - 1)


def _write_column(sheet: Sheet, column: int, values: list[Any], pattern: str) -> None:
    for row, value in enumerate(values, start=FIRST_ROW):
        sheet.value(row, column, value, pattern)


def _placed(values: Any, positions: list[int | None]) -> list[Any]:
    """Return values of an instance's candidates in the order of the table; a row without data has none."""
    return [None if position is None else float(values[position]) for position in positions]


def _write_summary(planned: Plan, sheet: Sheet, verdicts: str) -> None:
    solution = planned.solution
    objective = float(solution.objective or 0.0)
    sheet.text(0, 0, title(solution) or "A choice of sites", "title")
    lines: list[tuple[str, Any]] = [
        ("Chosen sites", ", ".join(planned.site_names)),
        ("Objective, recomputed on the sheet Criteria", ("=objective", objective, "0.000000000")),
        ("Objective the search found", objective),
        ("Both agree", ("=ABS(B4-B5)<=1E-6*MAX(1,ABS(B5))", True, "General")),
        ("Every rule is satisfied, recomputed on the sheet Rules", (f"=AND({verdicts})", True, "General")),
        ("Bound: no portfolio has a lower objective", solution.bound),
        ("Gap between objective and bound", ("=IF(B5=0,0,(B5-B8)/ABS(B5))", solution.gap, "0.0000%")),
        ("Status", solution.status),
        ("Proof", solution.proof),
        ("Written", moment().strftime("%Y-%m-%d")),
        ("By", f"siting {__version__}"),
    ]
    for row, (label, value) in enumerate(lines, start=2):
        sheet.text(row, 0, label)
        if isinstance(value, tuple):
            formula, found, pattern = value
            sheet.formula(row, 1, formula, found, pattern, "fact")
        elif isinstance(value, float):
            sheet.number(row, 1, value, "0.000000000", "fact")
        else:
            sheet.text(row, 1, value, "wrapped")
    row = len(lines) + 3
    sheet.text(row, 0, "How to check this file", "section")
    for place, text in enumerate(_INSTRUCTIONS, start=row + 1):
        sheet.text(place, 0, text)
    notes = [] if solution.scaling is None else list(solution.scaling.notes)
    for place, text in enumerate(notes, start=row + 2 + len(_INSTRUCTIONS)):
        sheet.text(place, 0, text)
    sheet.widths(52, 110)


_INSTRUCTIONS = (
    "Criteria: value, weight and contribution of each; the objective is their sum. Shaded cells are inputs.",
    "Sites: what each chosen site adds to each criterion, and every attribute with its unit.",
    "Rules: every rule with what each site counts for it, recomputed and judged.",
    "Candidates: all of them, why some are excluded, and what each would be worth alone.",
    "Assignment: each demand point with every site's value for it; who serves it is a formula.",
    "Sources: who publishes the data, under which licence, of which time.",
)


def _write_sources(planned: Plan, sheet: Sheet) -> None:
    table = source_table(planned.solution).reset_index()
    sheet.text(0, 0, "Sources", "title")
    if table.empty:
        sheet.text(1, 0, "The numbers were given directly, without tables that name their sources.", "note")
    sheet.texts(FIRST_ROW - 2, 0, list(table.columns), "head")
    sheet.texts(FIRST_ROW - 1, 0, [""] * len(table.columns), "unit")
    for row, values in enumerate(table.to_numpy().tolist(), start=FIRST_ROW):
        sheet.texts(row, 0, values, "wrapped")
    sheet.widths(26, 44, 30, 34, 18, 12, 14, 40, 60)
    sheet.page.freeze_panes(FIRST_ROW, 1)
