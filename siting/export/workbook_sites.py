"""The sheets of the chosen sites and of the rules: one column per site, every sum a formula."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from siting.evaluation import site_values
from siting.export.tables import column_name
from siting.export.workbook_cells import check_room, here, pattern_for
from siting.export.workbook_plan import FIRST_ROW, SITE_COLUMN
from siting.maps.attribute_names import attribute_unit

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from siting.export.workbook_cells import Sheet
    from siting.export.workbook_plan import Plan
    from siting.export.workbook_service import ServiceSheet

_TOLERANCE = "1E-6"
"""Room for rounding when a rule is judged, relative to the size of its value."""
_NOT_ATTRIBUTES = frozenset({"geometry", "selected", "facility", "excluded", "exclusion", "exclusion_reason"})


class SitesSheet:
    """The chosen sites: what each adds to each criterion, then every attribute.

    Parameters
    ----------
    plan : Plan
        What is recomputed.
    sheet, candidates : Sheet
        Where to, and the sheet the sites' own values are read from.
    service : ServiceSheet or None
        The assignment, if demand is served.
    """

    def __init__(self, plan: Plan, sheet: Sheet, candidates: Sheet, service: ServiceSheet | None) -> None:
        self.plan, self.sheet, self._candidates, self._service = plan, sheet, candidates, service
        self._last = SITE_COLUMN + plan.number_of_sites - 1
        self._total_rows: dict[str, int] = {}
        self._served_row = FIRST_ROW
        self._pair_rows: dict[str, str] = {}
        check_room(FIRST_ROW + 200, self._last + 1, "the chosen sites")

    def write(self) -> None:
        """Write the sheet."""
        plan, sheet = self.plan, self.sheet
        sheet.text(0, 0, "Chosen sites", "title")
        sheet.text(
            1, 0, "What each site adds to each criterion, in the criterion's unit; then every attribute.", "note"
        )
        sheet.texts(FIRST_ROW - 2, 0, ("", "unit", *plan.site_names), "head")
        table = plan.solution.sites
        names = table["name"].tolist() if "name" in table else [""] * plan.number_of_sites
        sheet.texts(FIRST_ROW - 1, 0, ("", "", *names), "unit")
        row = FIRST_ROW
        if self._service is not None:
            row = self._write_served(row)
        for name in plan.criteria:
            if plan.criteria[name].separation is None:
                row = self._write_criterion(row, name)
        row = self._write_pairs(row + 1)
        self._write_attributes(row + 1, table)
        sheet.widths(44, 16, *[18.0] * plan.number_of_sites)
        sheet.page.freeze_panes(FIRST_ROW, SITE_COLUMN)

    def totals(self, name: str) -> str:
        """Return the address of what the sites add to a criterion, or of its pairs."""
        if name in self._pair_rows:
            return self._pair_rows[name]
        row = self._total_rows[name]
        return self.sheet.range(row, SITE_COLUMN, row, self._last)

    def served(self, site: int) -> str:
        """Return the address of the demand a site serves."""
        return self.sheet.cell(self._served_row, SITE_COLUMN + site)

    def flow(self) -> NDArray[np.float64]:
        """Return demand of each point served by each chosen site, shape (I, chosen)."""
        if self._service is None:
            return np.zeros((self.plan.instance.number_of_demand_points, self.plan.number_of_sites))
        return np.asarray(self.plan.instance.demand[:, None] * self.plan.shares)

    def _write_served(self, row: int) -> int:
        assert self._service is not None  # noqa: S101 - asked for by the caller
        self._served_row = row
        self.sheet.text(row, 0, "demand served")
        loads = self.flow().sum(axis=0)
        demand = self._service.demand_range()
        for site, load in enumerate(loads.tolist()):
            formula = f"=SUMIF({self._service.number_range()},{site + 1},{demand})"
            if self.plan.is_given:
                formula = f"=SUMPRODUCT({demand},{self._service.site_range(site)})"
            self.sheet.formula(row, SITE_COLUMN + site, formula, load, pattern_for(loads.tolist()))
        return row + 1

    def _write_criterion(self, row: int, name: str) -> int:
        """Write what each site is worth itself, by the demand it serves, and both together."""
        plan, criterion = self.plan, self.plan.criteria[name]
        parts = []
        if criterion.site is not None:
            parts.append(("itself", self._own_formulas(name), criterion.site[plan.chosen]))
        if criterion.service is not None and criterion.is_sum:
            served = (self.flow() * np.asarray(criterion.service)[:, plan.chosen]).sum(axis=0)
            parts.append(("by the demand served", self._served_formulas(name), served))
        elif criterion.service is not None:
            self._total_rows[name] = -1
            return row
        for place, (what, formulas, values) in enumerate(parts):
            look = "plain" if len(parts) > 1 else "result"
            self._write_row(row + place, f"{name}, {what}", criterion.unit, formulas, values, look)
        if len(parts) == 1:
            self._total_rows[name] = row
            return row + 1
        total = site_values(plan.instance, name, plan.chosen, self.flow())
        cells = [
            "=" + "+".join(here(self.sheet.cell(row + place, SITE_COLUMN + site)) for place in range(len(parts)))
            for site in range(plan.number_of_sites)
        ]
        self._write_row(row + len(parts), name, criterion.unit, cells, total, "result")
        self._total_rows[name] = row + len(parts)
        return row + len(parts) + 1

    def _write_row(
        self, row: int, label: str, unit: str, formulas: list[str], values: NDArray[np.float64], look: str
    ) -> None:
        self.sheet.texts(row, 0, (label, unit))
        pattern = pattern_for(values.tolist())
        for site, (formula, value) in enumerate(zip(formulas, values.tolist(), strict=True)):
            self.sheet.formula(row, SITE_COLUMN + site, formula, value, pattern, look)

    def _own_formulas(self, name: str) -> list[str]:
        column, rows = self.plan.own_column(name), self.plan.candidate_rows
        return [f"={self._candidates.cell(rows[site], column)}" for site in self.plan.site_names]

    def _served_formulas(self, name: str) -> list[str]:
        service, sites = self._service, range(self.plan.number_of_sites)
        assert service is not None  # noqa: S101 - a service needs demand
        if self.plan.is_given:
            demand = service.demand_range()
            return [
                f"=SUMPRODUCT({demand},{service.site_range(site)},{service.site_range(site, name)})" for site in sites
            ]
        return [f"=SUMIF({service.number_range()},{site + 1},{service.value_range(name)})" for site in sites]

    def _write_pairs(self, row: int) -> int:
        """Write the values of the pairs of sites, for criteria that look at pairs."""
        plan = self.plan
        for name, criterion in plan.criteria.items():
            if criterion.separation is None:
                continue
            self.sheet.texts(row, 0, (f"{name}, pairs of sites", criterion.unit), "section")
            values = criterion.separation[np.ix_(plan.chosen, plan.chosen)]
            pattern = pattern_for(values.ravel().tolist())
            for first, label in enumerate(plan.site_names):
                self.sheet.text(row + 1 + first, 0, label)
                # Each pair once: above the diagonal.
                for second in range(first + 1, plan.number_of_sites):
                    self.sheet.number(
                        row + 1 + first, SITE_COLUMN + second, float(values[first, second]), pattern, "input"
                    )
            self._pair_rows[name] = self.sheet.range(row + 1, SITE_COLUMN, row + plan.number_of_sites, self._last)
            row += plan.number_of_sites + 2
        return row

    def _write_attributes(self, row: int, table: pd.DataFrame) -> None:
        known = documented_attributes(self.plan.solution)
        self.sheet.texts(row, 0, ("Attributes", "unit", *self.plan.site_names, "what it is"), "section")
        names = [str(name) for name in table.columns if is_attribute(str(name))]
        for place, name in enumerate(names, start=row + 1):
            unit, description = known.get(name, (attribute_unit(name), ""))
            self.sheet.texts(place, 0, (column_name(name, "en"), unit))
            values = table[name].tolist()
            pattern = attribute_pattern(values)
            for site, value in enumerate(values):
                self.sheet.value(place, SITE_COLUMN + site, value, pattern)
            self.sheet.text(place, self._last + 1, description, "description")


def is_attribute(name: str) -> bool:
    """Return whether a column of the candidates is one of their attributes, not what the solution says of them."""
    return name not in _NOT_ATTRIBUTES and not name.startswith("contribution_")


def documented_attributes(solution: Any) -> dict[str, tuple[str, str]]:
    """Return unit and description of every attribute the tables document; the unit of a plain count or ratio is 1."""
    if solution.model is None:
        return {}
    from siting import data

    table = data.attributes(solution.model.case.data_folder)
    return {
        str(name): (str(unit), str(description))
        for name, unit, description in zip(table.index, table["unit"], table["description"], strict=True)
    }


def attribute_pattern(values: list[Any]) -> str:
    """Return the number format of a row or column of attributes; plain for texts and truth values."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return pattern_for(numbers) if numbers else "General"


def write_rules(plan: Plan, sheet: Sheet, sites: SitesSheet) -> str:
    """Write every rule with what each chosen site counts for it; return the address of the verdicts."""
    sheet.text(0, 0, "Rules on the choice", "title")
    note = "The value of a rule is the sum of what the chosen sites count for it; of pairs in conflict, half of it."
    sheet.text(1, 0, note, "note")
    sheet.texts(FIRST_ROW - 2, 0, ("rule", "value", "at least", "at most", "satisfied", *plan.site_names), "head")
    sheet.texts(FIRST_ROW - 1, 0, [""] * (5 + plan.number_of_sites), "unit")
    row = FIRST_ROW
    for name, counts, lower, upper, halved in _rules(plan):
        for site, count in enumerate(counts.tolist()):
            sheet.number(row, 5 + site, count, "General", "input")
        cells = here(sheet.range(row, 5, row, 4 + plan.number_of_sites))
        value = float(counts.sum()) / (2 if halved else 1)
        formula = f"=SUM({cells})/2" if halved else f"=SUM({cells})"
        _write_rule(sheet, row, name, formula, value, lower, upper)
        row += 1
    for site in range(plan.number_of_sites) if plan.instance.capacity is not None else ():
        assert plan.instance.capacity is not None  # noqa: S101 - the line above asks
        load = float(sites.flow().sum(axis=0)[site])
        room = float(plan.instance.capacity[plan.chosen[site]])
        name = f"capacity of {plan.site_names[site]}"
        _write_rule(sheet, row, name, f"={sites.served(site)}", load, -math.inf, room)
        row += 1
    sheet.widths(58, 14, 12, 12, 11, *[12.0] * plan.number_of_sites)
    sheet.page.freeze_panes(FIRST_ROW, 1)
    return sheet.range(FIRST_ROW, 4, row - 1, 4)


def _write_rule(sheet: Sheet, row: int, name: str, formula: str, value: float, lower: float, upper: float) -> None:
    sheet.text(row, 0, name)
    sheet.formula(row, 1, formula, value, pattern_for([value]))
    sheet.number(row, 2, lower, pattern_for([lower]), "input")
    sheet.number(row, 3, upper, pattern_for([upper]), "input")
    cell, low, high = (here(sheet.cell(row, column)).replace("$", "") for column in (1, 2, 3))
    room = f"{_TOLERANCE}*MAX(1,ABS({cell}))"
    tests = [f"{cell}>={low}-{room}"] if math.isfinite(lower) else []
    tests += [f"{cell}<={high}+{room}"] if math.isfinite(upper) else []
    sheet.formula(row, 4, f"=AND({','.join(tests)})", value=True)


def _rules(plan: Plan) -> list[tuple[str, NDArray[np.float64], float, float, bool]]:
    """Return name, count per chosen site, bounds, and whether each pair is counted twice."""
    instance, chosen = plan.instance, plan.chosen
    ones = np.ones(len(chosen))
    rules: list[tuple[str, NDArray[np.float64], float, float, bool]] = [
        ("number of sites", ones, float(instance.minimum_sites), float(instance.maximum_sites), False)
    ]
    if instance.required:
        held = np.array([float(instance.candidates[position] in set(instance.required)) for position in chosen])
        rules.append(("required candidates chosen", held, float(len(instance.required)), math.inf, False))
    barred = np.array([float(instance.candidates[position] in instance.forbidden) for position in chosen])
    rules.append(("excluded candidates chosen", barred, -math.inf, 0.0, False))
    for name, limit in instance.limits.items():
        lower = -math.inf if limit.lower is None else limit.lower
        upper = math.inf if limit.upper is None else limit.upper
        rules.append((name, np.asarray(limit.coefficients[chosen]), lower, upper, False))
    for name, pairs in instance.conflict_positions.items():
        broken = pairs[np.isin(pairs, chosen).all(axis=1)]
        counts = np.array([float((broken == position).sum()) for position in chosen])
        rules.append((name, counts, -math.inf, 0.0, True))
    return rules
