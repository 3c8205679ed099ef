"""Print an answer in a terminal: the sites, each criterion in its unit, the proof."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich import box
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from siting.model import Model
    from siting.solution import Solution

_SCALES = ((1e9, "bn"), (1e6, "m"))


def print_solution(solution: Solution, console: Console) -> None:
    """Print sites, criteria, rules that bind, and how the search ended.

    Parameters
    ----------
    solution : Solution
        What to print.
    console : rich.console.Console
        Where to.
    """
    if solution.portfolio is None:
        console.print(f"[bold]No portfolio held[/bold]: {solution.status}; bound {solution.bound:.6g}")
        return
    if solution.model is not None and solution.model.title:
        console.print(f"[bold]{escape(solution.model.title)}[/bold]")
    console.print(_sites(solution))
    console.print(_criteria(solution))
    for line in _facts(solution):
        console.print(line, highlight=False)


def amount(value: float, unit: str = "") -> str:
    """Return a number with its unit as people write it.

    Examples
    --------
    >>> amount(412_345_678.0, "EUR/yr")
    '412.3 m EUR/yr'
    >>> amount(18.234, "ms"), amount(float("nan"))
    ('18.23 ms', '–')
    """
    if not math.isfinite(value):
        return "–"
    for scale, word in _SCALES:
        if abs(value) >= scale:
            return f"{value / scale:,.1f} {word} {unit}".rstrip()
    text = f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:.4g}"
    return f"{text} {unit}".rstrip()


def _sites(solution: Solution) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Sites", title_justify="left", title_style="bold")
    table.add_column("site", style="bold")
    contributions = solution.site_contributions
    places = solution.candidates.loc[contributions.index]
    known = [column for column in ("name", "country") if column in places.columns]
    for column in known:
        table.add_column(column, overflow="fold")
    for name in contributions.columns:
        unit = "" if name == "demand_share" else solution.instance.criteria[name].unit
        heading = "demand\nserved" if name == "demand_share" else f"{name.replace('_', ' ')}\n{unit}"
        table.add_column(heading, justify="right", overflow="fold")
    for identifier, row in contributions.iterrows():
        cells = [f"{value:.0%}" if name == "demand_share" else amount(float(value)) for name, value in row.items()]
        table.add_row(escape(str(identifier)), *(escape(str(places.loc[identifier, c])) for c in known), *cells)
    return table


def _criteria(solution: Solution) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Criteria", title_justify="left", title_style="bold")
    table.add_column("criterion", style="bold", no_wrap=True)
    for column in ("value", "better", "weight", "ideal", "nadir", "one unit is worth", "objective"):
        table.add_column(column, justify="right", overflow="fold")
    reference = solution.scaling.reference if solution.scaling is not None else ""
    unit = solution.instance.criteria[reference].unit if reference in solution.instance.criteria else reference
    for name, row in solution.criteria.iterrows():
        table.add_row(
            escape(str(name)), amount(row["value"], str(row["unit"])), {"min": "less", "max": "more"}[row["sense"]],
            f"{row['weight']:g}", amount(row["ideal"]), amount(row["nadir"]),
            amount(row["exchange_rate"], unit) if math.isfinite(row["exchange_rate"]) else "–",
            _contribution(row["contribution"]),
        )  # fmt: skip
    return table


def _contribution(value: float) -> str:
    """Return what a criterion adds to the objective, without a sign on a zero that rounding made negative."""
    return f"{round(value, 6) + 0.0:.4f}" if abs(value) < 1e6 else amount(value)


def _facts(solution: Solution) -> list[str]:
    held = f"objective {solution.objective:.6f}   bound {solution.bound:.6f}   gap {solution.gap:.2%}"
    lines = [
        f"{held}   status [bold]{solution.status}[/bold]   {solution.seconds:.2f} s",
        f"proof: {escape(solution.proof)}",
    ]
    binding = [str(name) for name in solution.rules.index[solution.rules["binding"]] if name != "number of sites"]
    lines.append(f"rules: {len(solution.rules)} hold; at their bound: {escape(', '.join(binding) or 'none')}")
    if solution.model is not None:
        table = solution.model.candidates
        reasons = table.loc[table["excluded"], "exclusion"].value_counts()
        parts = ", ".join(f"{count} by {escape(str(name))}" for name, count in reasons.items())
        lines.append(
            f"candidates: {len(table)}, of which {int(table['excluded'].sum())} excluded"
            + (f" ({parts})" if parts else "")
        )
        lines.append(data_line(solution.model))
    if solution.scaling is not None:
        lines += [f"note: {escape(note)}" for note in solution.scaling.notes]
    return lines


def data_line(model: Model) -> str:
    """Return how much of what a model looks at was filled in by a rule, and how much is an assumption.

    Parameters
    ----------
    model : Model
        Its candidates that are not excluded, and the attributes its criteria, rules and exclusions look at.

    Returns
    -------
    str
        One line.
    """
    from siting import data
    from siting.assembly import used_columns
    from siting.tables import price_options

    table = model.candidates
    left = table.loc[~table["excluded"].to_numpy(dtype=bool)]
    kinds = data.value_kinds(left, used_columns(model), **price_options(model.data, model.folder))["kind"]
    shares = kinds[kinds != "missing"].value_counts(normalize=True)
    if shares.empty:
        return "data: none of the values used is from the tables"
    own = f", {shares['own']:.1%} are your own" if "own" in shares else ""
    return (
        f"data: {shares.get('imputed', 0.0):.1%} of the {int((kinds != 'missing').sum()):,} values used are imputed, "
        f"{shares.get('assumed', 0.0):.1%} are assumptions{own}; see siting data list"
    )


def print_models(console: Console) -> None:
    """List the shipped models with their titles."""
    from siting.catalogue import models_directory
    from siting.model import Model

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("model", style="bold")
    table.add_column("title")
    for path in sorted(models_directory().glob("*.toml")):
        model: Any = Model.load(path.stem)
        table.add_row(path.stem, escape(model.title))
    console.print(table)
