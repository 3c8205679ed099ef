"""Time the main job stage by stage, and the search against what a user could pick instead, in one run.

python benchmarks/spine.py
python benchmarks/spine.py --cases shipped,600x600 --repeat 3 --time-limit 600
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from competitors import TITLES, Outcome
from generated import SHIPPED, Case, describe, parse_size
from measuring import instance_of, known_solvers, machine, measure, print_table, seconds_text, significant
from stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = "gigafactories"
#: Objectives that differ by less than this share are the same optimum.
AGREEMENT = 1e-6
#: Candidates times demand points above which an assignment model takes minutes.
SLOW = 150_000


def main() -> None:
    """Measure and print."""
    options = _options()
    print(machine())
    if not options.skip_stages:
        _stages(options.repeat)
    for text in options.cases.split(","):
        _compare(text.strip(), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n", maxsplit=1)[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--cases", "--sizes", default=f"{SHIPPED},242x1166", help="shipped, or candidates x demand points"
    )
    parser.add_argument("--sites", type=int, default=4, help="how many sites, in generated cases")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, every one in a fresh process")
    parser.add_argument(
        "--competitors", type=known_solvers, default="spopt,linopy,pyomo", help="any of " + ", ".join(TITLES)
    )
    parser.add_argument("--time-limit", type=float, default=900.0, help="seconds per run")
    parser.add_argument("--skip-slow", action="store_true", help=f"no competitors above {SLOW:,} pairs")
    parser.add_argument("--skip-stages", action="store_true", help="no stages, only the comparison")
    return parser.parse_args()


def _stages(repeat: int) -> None:
    """Time the stages in fresh processes, and the whole command around them."""
    script = Path(__file__).with_name("stages.py")
    whole = [sys.executable, "-c", f"import siting; siting.solve({MODEL!r})"]
    runs, wall = [], []
    for _ in range(repeat):
        runs.append(json.loads(_printed([sys.executable, str(script), MODEL])))
        start = time.perf_counter()
        _printed(whole)
        wall.append(time.perf_counter() - start)
    rows = []
    for stage in (*STAGES, "all"):
        taken = {
            kind: [sum(run[kind].values()) if stage == "all" else run[kind][stage] for run in runs]
            for kind in ("first", "again")
        }
        rows.append([stage, *seconds_text(taken["first"]), *seconds_text(taken["again"])])
    rows.append(["`siting.solve()`, whole process", *seconds_text(wall), "", "", ""])
    columns = ["stage", "first, s", "least", "most", "again, s", "least", "most"]
    print_table(f"The spine: {MODEL}, {repeat} fresh processes, medians", columns, rows)


def _printed(command: Sequence[str]) -> str:
    """Run one of our own scripts and return what it prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


def _compare(text: str, options: argparse.Namespace) -> None:
    """Compare on the plain p-median of a case and, for the shipped model, on all of it."""
    case: Case | str = MODEL if text == SHIPPED else parse_size(text, options.sites)
    instance = instance_of(case)
    allowed = instance.number_of_candidates - len(instance.forbidden)
    size = f"{allowed:,} x {instance.number_of_demand_points:,}, p = {instance.maximum_sites}"
    slow = options.skip_slow and allowed * instance.number_of_demand_points > SLOW
    solvers = [] if slow else options.competitors
    if not isinstance(case, str):
        _one_table(describe(case), case, solvers, options, plain=True)
        return
    title = f"{MODEL}, latency alone without rules: {size}"
    _one_table(title, case, solvers, options, plain=True)
    title = f"{MODEL}, all criteria and all rules: {size}"
    _one_table(title, case, [name for name in solvers if name != "spopt"], options, plain=False)


def _one_table(
    title: str, case: Case | str, solvers: Sequence[str], options: argparse.Namespace, *, plain: bool
) -> None:
    names = ["siting", *(name for name in solvers if name != "siting")]
    outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
    # Round by round, so that whatever else the machine does falls on all of them alike.
    for _ in range(options.repeat):
        for name in names:
            if any(outcome.status != "optimal" for outcome in outcomes[name]):
                continue
            outcomes[name].append(_attempt(name, case, options.time_limit, plain=plain))
    base = statistics.median(outcome.seconds for outcome in outcomes["siting"])
    rows = [_row(name, runs, base) for name, runs in outcomes.items()]
    again = [outcome.again for outcome in outcomes["siting"] if outcome.again is not None]
    rows.insert(1, ["siting, again in the same process", *seconds_text(again), "", "", "optimal", ""])
    heading = ["from arrays to proof", "median s", "least", "most"]
    columns = [*heading, "times siting", "peak MB", "status", "optimum"]
    print_table(f"{title}; {options.repeat} runs each", columns, rows)
    print(_agreement(outcomes))
    print(f"siting's proof: {outcomes['siting'][0].proof}")


def _attempt(name: str, case: Case | str, time_limit: float, *, plain: bool) -> Outcome:
    """Measure once; a competitor that fails costs its own row and not the others'."""
    try:
        return measure(name, case, time_limit, plain=plain)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return Outcome(math.nan, "failed", None)


def _row(name: str, runs: Sequence[Outcome], base: float) -> list[str]:
    seconds = [outcome.seconds for outcome in runs]
    ratio = statistics.median(seconds) / base
    statuses = sorted({outcome.status for outcome in runs})
    stopped = statuses not in (["optimal"], ["failed"])
    objective = runs[0].objective
    return [
        TITLES[name],
        *seconds_text(seconds),
        ("> " if stopped else "") + significant(ratio),
        f"{statistics.median(outcome.megabytes for outcome in runs):,.0f}",
        ", ".join(statuses),
        "" if objective is None else f"{objective:.9g}",
    ]


def _agreement(outcomes: dict[str, list[Outcome]]) -> str:
    """Return in words whether all that proved an optimum proved the same one."""
    proven = [
        (TITLES[name], outcome.objective)
        for name, runs in outcomes.items()
        for outcome in runs
        if outcome.status == "optimal" and outcome.objective is not None
    ]
    best = min((value for _, value in proven), default=math.nan)
    if all(value - best <= AGREEMENT * max(1e-12, abs(best)) for _, value in proven):
        solvers = len({title for title, _ in proven})
        return f"all {len(proven)} runs of {solvers} solvers that proved an optimum agree: {best:.9g}"
    return "NO AGREEMENT: " + ", ".join(f"{title} {value:.9g}" for title, value in proven)


if __name__ == "__main__":
    main()
