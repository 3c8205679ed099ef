"""Large grids: time, most memory, and whether the proof is reached; each run in a process of its own.

python benchmarks/large.py
python benchmarks/large.py --cases 16000x10000 --sites 4,50 --rules yes --time-limit 600

Candidates stand on an even hexagonal grid like H3 cells or grid nodes. With rules there are 300 km between sites (some
four million pairs at 16,000 candidates, held as arrays), at most one or a few sites per country, and a least number of
sites in eligible regions. Memory is what the process held at most, the instance itself and the interpreter included.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import statistics
from typing import TYPE_CHECKING

from competitors import Outcome
from generated import Case, parse_size
from measuring import machine, measure, print_table, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLUMNS = (
    "candidates x demand points", "p", "site costs", "rules", "median s", "least", "most", "matrix MB", "peak MB",
    "status", "gap", "left", "finished by",
)  # fmt: skip
BYTES_PER_ENTRY = 8
#: What a process says of an instance that no portfolio satisfies.
INFEASIBLE = "InfeasibleError"


def main() -> None:
    """Measure and print one row per case as soon as it is known, then the table."""
    options = _options()
    print(machine())
    rows = []
    for case in cases(options):
        rows.append(row(case, runs(case, options.repeat, options.time_limit)))
        print(" | ".join(rows[-1]), flush=True)
    print_table(f"{options.repeat} runs each, at most {options.time_limit:g} s per run", COLUMNS, rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="5256x1166,16000x1166,16000x10000", help="candidates x demand points")
    parser.add_argument("--sites", default="4,10,20,50", help="numbers of sites")
    parser.add_argument("--kinds", default="costs", help="costs, equal: with and without site costs")
    parser.add_argument("--rules", default="no,yes", help="without and with rules")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; a run without proof is not repeated")
    parser.add_argument("--time-limit", type=float, default=300.0, help="seconds per run")
    return parser.parse_args()


def cases(options: argparse.Namespace) -> Iterator[Case]:
    """Yield every combination of size, p, kind of costs and rules that the options ask for."""
    for size in options.cases.split(","):
        for sites in options.sites.split(","):
            for kind in options.kinds.split(","):
                for rules in options.rules.split(","):
                    case = parse_size(size, int(sites))
                    yield dataclasses.replace(case, site_costs=kind == "costs", rules=rules == "yes", grid=True)


def runs(case: Case, repeat: int, time_limit: float) -> list[Outcome]:
    """Solve one case in fresh processes, until a run ends without a proof.

    Parameters
    ----------
    case : Case
        What to generate.
    repeat : int
        Runs at most.
    time_limit : float
        Seconds per run.
    """
    outcomes: list[Outcome] = []
    while len(outcomes) < repeat and all(outcome.status == "optimal" for outcome in outcomes):
        try:
            outcomes.append(measure("siting-once", case, time_limit))
        except RuntimeError as error:
            if INFEASIBLE not in str(error):
                raise
            # Many sites and a wide spacing may not go together; that is no answer of interest, nor a failure.
            outcomes.append(Outcome(math.nan, "infeasible", None, gap=math.nan))
    return outcomes


def row(case: Case, outcomes: Sequence[Outcome]) -> list[str]:
    """Return the cells of one case."""
    last = outcomes[-1]
    return [
        case.size,
        str(case.sites),
        "differ" if case.site_costs else "equal",
        "yes" if case.rules else "no",
        *seconds_text([outcome.seconds for outcome in outcomes]),
        f"{case.candidates * case.demand_points * BYTES_PER_ENTRY / 1e6:,.0f}",
        f"{statistics.median(outcome.megabytes for outcome in outcomes):,.0f}",
        last.status,
        "none" if last.objective is None else f"{last.gap:.2%}",
        "" if last.left is None else f"{last.left:,}",
        finish(last),
    ]


def finish(outcome: Outcome) -> str:
    """Return in a word or two what ended the proof."""
    if outcome.status != "optimal":
        return "" if outcome.status == "infeasible" else "not proven"
    words = {"enumeration": "enumeration", "Benders": "HiGHS", "no better portfolio": "bounding"}
    last = outcome.proof.split("; ")[-1]
    return next((word for part, word in words.items() if part in last), "bounding")


if __name__ == "__main__":
    main()
