"""The sheet of the assignment: each demand point, what every site would mean for it, and who serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from siting.export.workbook_cells import check_room, here, pattern_for
from siting.export.workbook_plan import FIRST_ROW, SITE_COLUMN

if TYPE_CHECKING:
    from siting.export.workbook_cells import Sheet
    from siting.export.workbook_plan import Plan

_DEMAND = 3
_BLOCKS = 4


class ServiceSheet:
    """The assignment, with the addresses that other sheets need.

    Parameters
    ----------
    plan : Plan
        What is recomputed.
    sheet : Sheet
        Where to.
    criteria : Sheet
        The sheet of criteria, whose assignment weights decide where several services count.
    weight_column : int
        Column of the assignment weights there.
    """

    def __init__(self, plan: Plan, sheet: Sheet, criteria: Sheet, weight_column: int) -> None:
        self.plan, self.sheet, self._criteria, self._weight_column = plan, sheet, criteria, weight_column
        sites, services = plan.number_of_sites, plan.services
        self.last_row = FIRST_ROW + plan.instance.number_of_demand_points - 1
        self._is_weighed = len(plan.deciding) > 1 and not plan.is_given
        blocks = len(services) + int(self._is_weighed or plan.is_given)
        self._number = _BLOCKS + blocks * sites
        self._values = self._number + 2
        check_room(self.last_row + 1, self._values + len(services), "the demand points")

    def write(self) -> None:
        """Write the sheet."""
        plan, sheet = self.plan, self.sheet
        sheet.text(0, 0, "Assignment of demand to sites", "title")
        sheet.text(1, 0, self._explanation(), "note")
        sheet.texts(FIRST_ROW - 2, 0, ("demand point", "name", "country", "demand"), "head")
        sheet.texts(FIRST_ROW - 1, 0, ("", "", "", ""), "unit")
        self._write_points()
        for name in plan.services:
            values = np.asarray(plan.criteria[name].service)[:, plan.chosen]
            self._write_block(self._block(name), values, name, plan.criteria[name].unit, "plain")
        if plan.is_given:
            self._write_block(self._last_block, plan.shares, "share served by", "1", "input")
        elif self._is_weighed:
            self._write_weighed()
        self._write_serving()
        for place, name in enumerate(plan.services):
            self._write_values(self._values + place, name)
        sheet.widths(14, 26, 9, 12)
        sheet.page.freeze_panes(FIRST_ROW, 1)
        sheet.page.autofilter(FIRST_ROW - 1, 0, self.last_row, self._values + len(plan.services) - 1)

    def _explanation(self) -> str:
        if self.plan.is_given:
            return (
                "Capacities decide who serves whom: the shares are the solver's, the values are recomputed from them."
            )
        if self._is_weighed:
            return (
                "Each demand point goes to the site with the least weighted sum of its services; the weights stand on "
                "the sheet Criteria. Of equal sites the first counts."
            )
        return "Each demand point goes to the best site for it; of equal sites the first counts."

    @property
    def _last_block(self) -> int:
        return _BLOCKS + len(self.plan.services) * self.plan.number_of_sites

    def _block(self, name: str) -> int:
        return _BLOCKS + self.plan.services.index(name) * self.plan.number_of_sites

    def _row_range(self, row: int, first: int) -> str:
        return here(self.sheet.range(row, first, row, first + self.plan.number_of_sites - 1)).replace("$", "")

    def demand_range(self) -> str:
        """Return the address of the demand."""
        return self.sheet.range(FIRST_ROW, _DEMAND, self.last_row, _DEMAND)

    def number_range(self) -> str:
        """Return the address of the number of the site that serves each point."""
        return self.sheet.range(FIRST_ROW, self._number, self.last_row, self._number)

    def value_range(self, name: str) -> str:
        """Return the address of what each point adds to a service criterion."""
        column = self._values + self.plan.services.index(name)
        return self.sheet.range(FIRST_ROW, column, self.last_row, column)

    def site_range(self, site: int, name: str | None = None) -> str:
        """Return the address of a site's column in the block of a service, or of the shares without one."""
        column = (self._last_block if name is None else self._block(name)) + site
        return self.sheet.range(FIRST_ROW, column, self.last_row, column)

    def _write_points(self) -> None:
        plan, sheet = self.plan, self.sheet
        demand = plan.instance.demand
        table = plan.solution.demand
        names = [str(name) for name in table.index] if table is not None else [str(i) for i in range(len(demand))]
        pattern = "0.000000" if demand.max(initial=0.0) <= 1 else pattern_for(demand)
        for place, amount in enumerate(demand.tolist()):
            row = FIRST_ROW + place
            sheet.text(row, 0, names[place])
            for column, attribute in ((1, "name"), (2, "country")):
                if table is not None and attribute in table:
                    sheet.text(row, column, table[attribute].iloc[place])
            sheet.number(row, _DEMAND, amount, pattern)

    def _head(self, column: int, head: str, unit: str) -> None:
        self.sheet.text(FIRST_ROW - 2, column, head, "head")
        self.sheet.text(FIRST_ROW - 1, column, unit, "unit")
        self.sheet.page.set_column(column, column, 12)

    def _write_block(self, first: int, values: np.ndarray, title: str, unit: str, look: str) -> None:
        pattern = pattern_for(values.ravel().tolist())
        for site, name in enumerate(self.plan.site_names):
            self._head(first + site, f"{title} {name}" if look == "input" else f"{title} from {name}", unit)
            for place, value in enumerate(values[:, site].tolist()):
                self.sheet.number(FIRST_ROW + place, first + site, value, pattern, look)

    def _write_weighed(self) -> None:
        """Write the weighted sum of the deciding services of each point and site."""
        plan = self.plan
        weights = assignment_weights(plan)
        total = sum(weights[name] * np.asarray(plan.criteria[name].service)[:, plan.chosen] for name in plan.deciding)
        pattern = pattern_for(np.asarray(total).ravel().tolist())
        for site, name in enumerate(plan.site_names):
            self._head(self._last_block + site, f"weighted sum from {name}", "objective")
            for place, value in enumerate(np.asarray(total)[:, site].tolist()):
                row = FIRST_ROW + place
                terms = [
                    f"{self._criteria.cell(plan.criterion_row(other), self._weight_column)}"
                    f"*{here(self.sheet.cell(row, self._block(other) + site)).replace('$', '')}"
                    for other in plan.deciding
                ]
                self.sheet.formula(row, self._last_block + site, "=" + "+".join(terms), value, pattern)

    def _write_serving(self) -> None:
        """Write number and identifier of the site that serves each point."""
        plan, sheet = self.plan, self.sheet
        self._head(self._number, "site number", "")
        self._head(self._number + 1, "served by", "")
        block, best = self._last_block, "MAX"
        if not plan.is_given:
            only = plan.deciding[0]
            block = self._last_block if self._is_weighed else self._block(only)
            best = "MIN" if self._is_weighed or assignment_weights(plan)[only] > 0 else "MAX"
        for place, number in enumerate(plan.serving.tolist()):
            row = FIRST_ROW + place
            cells = self._row_range(row, block)
            sheet.formula(row, self._number, f"=MATCH({best}({cells}),{cells},0)", number, "0")
            address = here(sheet.cell(row, self._number)).replace("$", "")
            name = plan.site_names[number - 1]
            sheet.formula(row, self._number + 1, f"=INDEX(Sites!{self._names_range()},1,{address})", name)

    def _names_range(self) -> str:
        last = SITE_COLUMN + self.plan.number_of_sites - 1
        return here(self.sheet.range(FIRST_ROW - 2, SITE_COLUMN, FIRST_ROW - 2, last))

    def _write_values(self, column: int, name: str) -> None:
        """Write what each point adds to a service criterion, or its own value of a worst-case one."""
        plan, criterion = self.plan, self.plan.criteria[name]
        service = np.asarray(criterion.service)[:, plan.chosen]
        demand = plan.instance.demand
        head = f"{name}: demand × value" if criterion.is_sum else f"{name}: best for the point"
        self._head(column, head, criterion.unit)
        if criterion.is_sum:
            values = demand * (plan.shares * service).sum(axis=1)
        elif plan.is_given:
            values = service[np.arange(len(demand)), plan.serving - 1]
        else:
            values = criterion.sign * (criterion.sign * service).min(axis=1)
        pattern = pattern_for(values.tolist())
        for place, value in enumerate(values.tolist()):
            row = FIRST_ROW + place
            cells = self._row_range(row, self._block(name))
            number, amount = (here(self.sheet.cell(row, c)).replace("$", "") for c in (self._number, _DEMAND))
            if criterion.is_sum and plan.is_given:
                formula = f"={amount}*SUMPRODUCT({self._row_range(row, self._last_block)},{cells})"
            elif criterion.is_sum:
                formula = f"={amount}*INDEX({cells},1,{number})"
            else:
                best = f"INDEX({cells},1,{number})" if plan.is_given else f"{_better(criterion.sign)}({cells})"
                # A point without demand does not count for the worst.
                formula = f'=IF({amount}>0,{best},"")'
            counts = criterion.is_sum or demand[place] > 0
            self.sheet.formula(row, column, formula, value if counts else "", pattern)


def assignment_weights(plan: Plan) -> dict[str, float]:
    """Return what multiplies each deciding service when a demand point chooses among the sites."""
    signed = plan.instance.signed_weights
    if any(signed[name] != 0 for name in plan.deciding) and plan.instance.has_service:
        return {name: signed[name] for name in plan.deciding}
    return {name: plan.criteria[name].sign for name in plan.deciding}


def _better(sign: float) -> str:
    return "MIN" if sign > 0 else "MAX"
