"""One table of what the engine is meant to reach, side by side with what a user could pick instead, in one run.

python benchmarks/targets.py
python benchmarks/targets.py --rows shipped,600 --time-limit 300
python benchmarks/targets.py --quick

Every run is a fresh process on the same arrays, timed from arrays to a proven optimum, building the model included and
imports excluded. Runs go round by round, so that whatever else the machine does falls on all alike. A competitor that
is stopped by the time limit is not run again, and its ratio is a lower bound.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from dataclasses import dataclass

import resolves
from competitors import TITLES, Outcome
from generated import Case
from measuring import machine, measure, print_table, seconds_text, significant

MODEL = "gigafactories"
#: Optima that differ by less than this share are the same.
AGREEMENT = 1e-6
COLUMNS = (
    "instance", "solver", "median s", "least", "most", "times siting", "peak MB", "status", "gap", "optimum",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """An instance, and who else solves it.

    Attributes
    ----------
    title : str
        What the table calls it.
    case : Case or str
        What to generate, or a shipped model.
    competitors : tuple of str
        Keys of `competitors.SOLVERS`, without siting.
    """

    title: str
    case: Case | str
    competitors: tuple[str, ...] = ()


ROWS = {
    "shipped": Row("242 x 1,166, shipped model, all rules", MODEL, ("pyomo-appsi", "linopy")),
    "600": Row("600 x 600", Case(600, 600), ("spopt", "pyomo-appsi")),
    "1166": Row("1,166 x 1,166", Case(1166, 1166)),
    "1166-rules": Row("1,166 x 1,166, site costs and rules", Case(1166, 1166, site_costs=True, rules=True)),
    "5256": Row("5,256 grid nodes x 1,166", Case(5256, 1166, grid=True)),
    "5256-rules": Row(
        "5,256 grid nodes x 1,166, site costs and rules", Case(5256, 1166, site_costs=True, rules=True, grid=True)
    ),
    "16000": Row("16,000 H3-like cells x 1,166", Case(16000, 1166, grid=True)),
    "16000-rules": Row(
        "16,000 H3-like cells x 1,166, site costs and rules", Case(16000, 1166, site_costs=True, rules=True, grid=True)
    ),
}
RESOLVES = "resolves"


def main() -> None:
    """Measure row by row and print the table, then the re-solves."""
    options = _options()
    print(machine())
    cells = []
    for name in options.rows.split(","):
        if name == RESOLVES:
            continue
        lines = _measured(ROWS[name], options)
        cells += lines
        for line in lines:
            print(" | ".join(line), flush=True)
    if cells:
        print_table(f"p = 4, {options.repeat} runs each, at most {options.time_limit:g} s per run", COLUMNS, cells)
    if RESOLVES in options.rows.split(","):
        _resolves(options.repeat)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [*ROWS, RESOLVES]
    parser.add_argument("--rows", default=",".join(known), help="any of " + ", ".join(known))
    parser.add_argument("--repeat", type=int, default=3, help="runs of each")
    parser.add_argument("--time-limit", type=float, default=900.0, help="seconds per run")
    parser.add_argument("--quick", action="store_true", help="siting alone, without anything else to compare with")
    options = parser.parse_args()
    for name in options.rows.split(","):
        if name not in known:
            parser.error(f"{name!r} is none of {', '.join(known)}")
    return options


def _measured(row: Row, options: argparse.Namespace) -> list[list[str]]:
    names = ("siting-once", *(() if options.quick else row.competitors))
    outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
    for _ in range(options.repeat):
        for name in names:
            if all(outcome.status == "optimal" for outcome in outcomes[name]):
                outcomes[name].append(_attempt(name, row.case, options.time_limit))
    base = statistics.median(outcome.seconds for outcome in outcomes["siting-once"])
    optimum = outcomes["siting-once"][0].objective
    return [_line(row.title, name, found, base, optimum) for name, found in outcomes.items()]


def _attempt(name: str, case: Case | str, time_limit: float) -> Outcome:
    """Measure once; a competitor that fails, or is not installed, costs its own line only."""
    try:
        return measure(name, case, time_limit)
    except RuntimeError as error:
        if name == "siting-once":
            raise
        print(error, file=sys.stderr)
        return Outcome(math.nan, "failed", None, gap=math.nan)


def _line(title: str, name: str, found: list[Outcome], base: float, optimum: float | None) -> list[str]:
    last = found[-1]
    ratio = significant(statistics.median(outcome.seconds for outcome in found) / base)
    agrees = (
        last.objective is not None
        and optimum is not None
        and abs(last.objective - optimum) <= AGREEMENT * max(1e-12, abs(optimum))
    )
    if last.status == "optimal" and not agrees:
        raise SystemExit(f"NO AGREEMENT on {title}: siting {optimum}, {TITLES[name]} {last.objective}")
    return [
        title,
        TITLES[name],
        *seconds_text([outcome.seconds for outcome in found]),
        ("" if last.status in ("optimal", "failed") else "> ") + ratio,
        f"{statistics.median(outcome.megabytes for outcome in found):,.0f}",
        last.status,
        f"{last.gap:.2%}" if name == "siting-once" and math.isfinite(last.gap) else "",
        "" if last.objective is None else f"{last.objective:.9g}",
    ]


def _resolves(repeat: int) -> None:
    found = resolves.measured(draws=1000, cold=100, repeat=repeat)
    rows = [
        [name, *(f"{function(times):.1f}" for function in (statistics.median, min, max))]
        for name, times in (("warm", found.warm), ("from scratch", found.cold))
    ]
    print_table(
        f"Re-solves under new weights, shipped model, {repeat} runs", ("way", "median ms", "least", "most"), rows
    )


if __name__ == "__main__":
    main()
