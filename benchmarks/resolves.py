"""Time a thousand exact re-solves of the shipped model under new weights: warm, and each from scratch.

python benchmarks/resolves.py

Weights are drawn from a flat Dirichlet distribution with a fixed seed.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from dataclasses import dataclass

import numpy as np
from measuring import machine, print_table

import siting
from siting.engine import solve_instance

MODEL = "gigafactories"
#: Objectives that differ by more are different.
AGREEMENT = 1e-9


@dataclass(frozen=True)
class Resolves:
    """Milliseconds per solve, one number per run, and how many different portfolios were optimal."""

    warm: list[float]
    cold: list[float]
    portfolios: int


def measured(draws: int, cold: int, repeat: int) -> Resolves:
    """Solve under weights from a flat Dirichlet distribution, with a fixed seed.

    Parameters
    ----------
    draws, cold : int
        Warm solves, and solves from scratch, per run.
    repeat : int
        Runs.

    Raises
    ------
    SystemExit
        If a warm answer is not proven, or not that of a solve from scratch.
    """
    instance = siting.solve(MODEL).instance
    shares = np.random.default_rng(0).dirichlet(np.ones(len(instance.criteria)), draws)
    # Shares of the shipped coefficients, so that every criterion keeps its normalisation.
    given = instance.weights or {}
    weights = [
        {name: 4 * share * weight for (name, weight), share in zip(given.items(), draw, strict=True)}
        for draw in shares.tolist()
    ]
    found = Resolves([], [], 0)
    for _ in range(repeat):
        solver = siting.Solver(instance)
        start = time.perf_counter()
        answers = [solver.solve(weights=draw) for draw in weights]
        found.warm.append((time.perf_counter() - start) / len(weights) * 1000)
        start = time.perf_counter()
        scratch = [solve_instance(instance.replace(weights=draw)) for draw in weights[:cold]]
        found.cold.append((time.perf_counter() - start) / max(1, len(scratch)) * 1000)
        found = dataclasses.replace(found, portfolios=len({answer.portfolio for answer in answers}))
        for answer in answers:
            if answer.status != "optimal":
                raise SystemExit(f"not proven: {answer}")
        for one, other in zip(answers, scratch, strict=False):
            if abs((one.objective or 0.0) - (other.objective or 0.0)) > AGREEMENT:
                raise SystemExit(f"disagreement: {one} {other}")
    return found


def main() -> None:
    """Print one row per way of solving."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000, help="warm solves per run")
    parser.add_argument("--cold", type=int, default=100, help="solves from scratch per run")
    parser.add_argument("--repeat", type=int, default=3, help="runs")
    options = parser.parse_args()
    print(machine())
    found = measured(options.draws, options.cold, options.repeat)
    rows = [
        [name, *(f"{function(times):.1f}" for function in (statistics.median, min, max))]
        for name, times in (("siting.Solver, warm", found.warm), ("from scratch", found.cold))
    ]
    print_table(f"{options.repeat} runs each", ("way", "median ms per solve", "least", "most"), rows)
    print(f"{options.draws:,} draws, all proven optimal, {found.portfolios} different portfolios; ", end="")
    print(f"the first {options.cold} agree with solves from scratch.")


if __name__ == "__main__":
    main()
