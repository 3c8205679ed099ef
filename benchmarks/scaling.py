"""How time grows with candidates, demand points and sites, and where the engine gives up.

python benchmarks/scaling.py
python benchmarks/scaling.py --cases 242x242,5256x1166 --sites 4,10 --time-limit 60
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING

from generated import Case, generate, parse_size
from measuring import machine, print_table, significant

# Imported before the clock starts; a first solve that needs it pays about a second once.
import siting.benders  # noqa: F401
from siting.engine import InstanceSolution, solve_instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGE = "5256x1166"
#: What ended a proof, by a word of its last sentence.
FINISHES = {"enumeration": "enumeration", "Benders": "HiGHS", "no better portfolio": "bounding"}


def main() -> None:
    """Measure and print one row per case, as soon as it is known."""
    options = _options()
    print(machine())
    rows = []
    for case in _cases(options):
        runs = [_run(dataclasses.replace(case, seed=seed), options) for seed in range(options.seeds)]
        rows.append(_row(case, runs))
        if options.progress:
            print(" | ".join(rows[-1]), flush=True)
    columns = [
        "candidates x demand points", "p", "site costs", "rules", "median s", "most s", "proven",
        "largest gap", "candidates left", "finished by",
    ]  # fmt: skip
    print_table(
        f"{options.seeds} generated instances of each kind, at most {options.time_limit:g} s each",
        columns,
        rows,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", maxsplit=1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--cases", default="242x242,600x600,1166x1166", help="candidates x demand points")
    parser.add_argument("--sites", default="4,10,20", help="numbers of sites")
    parser.add_argument("--kinds", default="costs,equal", help="costs, equal: with and without site costs")
    parser.add_argument("--rules", default="no,yes", help="without and with rules")
    parser.add_argument("--seeds", type=int, default=3, help="instances of each kind")
    parser.add_argument("--time-limit", type=float, default=20.0, help="seconds per instance")
    parser.add_argument("--method", default="auto", help="auto, bounding, benders, assignment, enumeration")
    parser.add_argument("--large", action="store_true", help=f"also {LARGE}")
    parser.add_argument("--progress", action="store_true", help="print each row when it is measured")
    return parser.parse_args()


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    sizes = options.cases.split(",") + ([LARGE] if options.large else [])
    for size in sizes:
        for sites in options.sites.split(","):
            for kind in options.kinds.split(","):
                for rules in options.rules.split(","):
                    case = parse_size(size, int(sites))
                    yield dataclasses.replace(case, site_costs=kind == "costs", rules=rules == "yes")


def _run(case: Case, options: argparse.Namespace) -> tuple[float, InstanceSolution]:
    """Return the seconds from `Instance` to answer, and the answer; making the instance does not count."""
    instance = generate(case)
    start = time.perf_counter()
    solution = solve_instance(instance, method=options.method, time_limit=options.time_limit)
    return time.perf_counter() - start, solution


def _row(case: Case, runs: Sequence[tuple[float, InstanceSolution]]) -> list[str]:
    seconds = [taken for taken, _ in runs]
    solutions = [solution for _, solution in runs]
    left = sorted(solution.candidates_left or case.candidates for solution in solutions)
    finishes = Counter(_finish(solution) for solution in solutions)
    return [
        case.size,
        str(case.sites),
        "differ" if case.site_costs else "equal",
        "yes" if case.rules else "no",
        significant(statistics.median(seconds)),
        significant(max(seconds)),
        f"{sum(solution.status == 'optimal' for solution in solutions)} of {len(solutions)}",
        f"{max(solution.gap for solution in solutions):.2%}",
        f"{statistics.median(left):g} ({left[0]} to {left[-1]})",
        ", ".join(f"{word} {number}" for word, number in finishes.most_common()),
    ]


def _finish(solution: InstanceSolution) -> str:
    if solution.status != "optimal":
        return "not proven"
    last = solution.proof.split("; ")[-1]
    return next((word for part, word in FINISHES.items() if part in last), "bounding")


if __name__ == "__main__":
    main()
