"""What the first user waits for: a fresh process, imports, the first solve, and solves after it.

python benchmarks/cold_start.py
python benchmarks/cold_start.py --repeat 7

Arrays are prepared beforehand; each run reads them in a new process. `whole process` is the wall clock around it, the
start of the interpreter included. Nothing is compiled at run time, so cold and warm differ by imports and caches alone.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from generated import SHIPPED, describe, parse_size
from measuring import instance_of, machine, print_table, seconds_text

MODEL = "gigafactories"
#: Run in a fresh interpreter; what it prints is read back.
PROGRAM = """
import json, pickle, sys, time
clock = [time.perf_counter()]
import siting
clock.append(time.perf_counter())
from siting.engine import solve_instance
clock.append(time.perf_counter())
fields = pickle.load(open(sys.argv[1], "rb"))
start = [time.perf_counter()]
for _ in range(3):
    criteria = {name: siting.Criterion(**criterion) for name, criterion in fields["criteria"].items()}
    limits = {name: siting.Limit(**limit) for name, limit in fields["limits"].items()}
    instance = siting.Instance(**{**fields, "criteria": criteria, "limits": limits})
    assert solve_instance(instance).status == "optimal"
    start.append(time.perf_counter())
print(json.dumps([b - a for a, b in zip(clock, clock[1:])] + [b - a for a, b in zip(start, start[1:])]))
"""
STAGES = ("`import siting`", "import the engine", "first solve", "second solve", "third solve", "whole process")


def main() -> None:
    """Print one table per case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=f"{SHIPPED},600x600", help="shipped, or candidates x demand points")
    parser.add_argument("--sites", type=int, default=4, help="how many sites, in generated cases")
    parser.add_argument("--repeat", type=int, default=5, help="fresh processes per case")
    options = parser.parse_args()
    print(machine())
    for text in options.cases.split(","):
        case = MODEL if text == SHIPPED else parse_size(text, options.sites)
        with tempfile.TemporaryDirectory() as folder:
            arrays = Path(folder) / "arrays.pickle"
            arrays.write_bytes(pickle.dumps(_fields(case)))
            runs = [_run(arrays) for _ in range(options.repeat)]
        rows = [[stage, *seconds_text([run[number] for run in runs])] for number, stage in enumerate(STAGES)]
        title = f"{MODEL}, all criteria and all rules" if isinstance(case, str) else describe(case)
        print_table(
            f"Cold and warm: {title}; {options.repeat} fresh processes", ("stage", "median s", "least", "most"), rows
        )


def _fields(case: object) -> dict[str, object]:
    """Return what an `Instance` is made from, as plain arrays."""
    instance = instance_of(case)  # type: ignore[arg-type]
    criteria = {
        name: {"site": c.site, "service": c.service, "unit": c.unit, "sense": c.sense}
        for name, c in instance.criteria.items()
    }
    limits = {
        name: {"coefficients": limit.coefficients, "lower": limit.lower, "upper": limit.upper}
        for name, limit in instance.limits.items()
    }
    return {
        "sites": instance.sites, "criteria": criteria, "weights": instance.weights, "demand": instance.demand,
        "candidates": instance.candidates, "required": instance.required, "forbidden": instance.forbidden,
        "limits": limits, "conflicts": {name: list(pairs) for name, pairs in instance.conflicts.items()},
        "constant": instance.constant,
    }  # fmt: skip


def _run(arrays: Path) -> list[float]:
    start = time.perf_counter()
    printed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM, str(arrays)], capture_output=True, text=True, check=True
    ).stdout
    return [*json.loads(printed), time.perf_counter() - start]


if __name__ == "__main__":
    main()
