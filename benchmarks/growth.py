"""How time grows along one dimension at a time, and where the engine gives up.

python benchmarks/growth.py
python benchmarks/growth.py --sweeps sites --rules --time-limit 60

Three sweeps from 1,166 x 1,166 with p = 4: more candidates, more demand points, more sites. A sweep ends at the second
instance in a row that is not proven within the time limit; its row says what was held by then.
"""

from __future__ import annotations

import argparse
import dataclasses
from typing import TYPE_CHECKING

from generated import Case
from large import COLUMNS, row, runs
from measuring import machine, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = Case(candidates=1166, demand_points=1166, sites=4, site_costs=True)
SWEEPS = {
    "candidates": (150, 300, 600, 1166, 2500, 5256, 10000, 20000),
    "demand_points": (150, 300, 600, 1166, 2500, 5256, 10000),
    "sites": (2, 4, 8, 12, 16, 20, 30, 40, 60, 80, 120, 200),
}
#: Instances in a row without a proof after which a sweep ends.
GIVING_UP = 2


def main() -> None:
    """Print one table per sweep."""
    options = _options()
    print(machine())
    for name in options.sweeps.split(","):
        rows, failures = [], 0
        for case in _steps(name, options):
            outcomes = runs(case, options.repeat, options.time_limit)
            rows.append(row(case, outcomes))
            print(" | ".join(rows[-1]), flush=True)
            failures = failures + 1 if outcomes[-1].status != "optimal" else 0
            if failures == GIVING_UP:
                break
        title = f"More {name.replace('_', ' ')}; {options.repeat} runs each, at most {options.time_limit:g} s per run"
        print_table(title, COLUMNS, rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", default=",".join(SWEEPS), help="any of " + ", ".join(SWEEPS))
    parser.add_argument("--equal", action="store_true", help="equal site costs, the harder kind")
    parser.add_argument("--rules", action="store_true", help="with spacing, caps per country and eligible regions")
    parser.add_argument("--largest", type=int, default=10**9, help="no step above this number")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; a run without proof is not repeated")
    parser.add_argument("--time-limit", type=float, default=120.0, help="seconds per run")
    options = parser.parse_args()
    for name in options.sweeps.split(","):
        if name not in SWEEPS:
            parser.error(f"{name!r} is none of {', '.join(SWEEPS)}")
    return options


def _steps(name: str, options: argparse.Namespace) -> Iterator[Case]:
    base = dataclasses.replace(BASE, site_costs=not options.equal, rules=options.rules)
    for step in SWEEPS[name]:
        if step <= options.largest:
            yield dataclasses.replace(base, **{name: step})  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
