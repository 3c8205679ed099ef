"""Time a thousand exact re-solves of the shipped model under new weights: warm, and each from scratch.

Run `python benchmarks/resolves.py`. Weights are drawn from a flat Dirichlet distribution with a fixed seed.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

import siting
from siting.engine import solve_instance


def main() -> None:
    """Print one row per way of solving."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="warm solves per run")
    parser.add_argument("--cold", type=int, default=100, help="solves from scratch per run")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    instance = siting.solve("gigafactories").instance
    draws = np.random.default_rng(0).dirichlet(np.ones(len(instance.criteria)), arguments.draws)
    # Shares of the shipped coefficients, so that every criterion keeps its normalisation.
    weights = [
        {
            name: 4 * share * weight
            for (name, weight), share in zip(instance.weights.items(), draw.tolist(), strict=True)
        }
        for draw in draws
    ]
    warm, cold, portfolios = [], [], set()
    for _ in range(arguments.repeat):
        solver = siting.Solver(instance)
        start = time.perf_counter()
        answers = [solver.solve(weights=draw) for draw in weights]
        warm.append((time.perf_counter() - start) / len(weights) * 1000)
        start = time.perf_counter()
        scratch = [solve_instance(instance.replace(weights=draw)) for draw in weights[: arguments.cold]]
        cold.append((time.perf_counter() - start) / len(scratch) * 1000)
        portfolios = {answer.portfolio for answer in answers}
        for one, other in zip(answers, scratch, strict=False):
            if abs(one.objective - other.objective) > 1e-9 or one.status != "optimal":
                raise SystemExit(f"disagreement: {one} {other}")
    print("| way | median ms per solve | least | most |")
    print("|---|--:|--:|--:|")
    for name, times in (("siting.Solver, warm", warm), ("from scratch", cold)):
        print(f"| {name} | {statistics.median(times):.1f} | {min(times):.1f} | {max(times):.1f} |")
    print(f"\n{len(weights):,} draws, all proven optimal, {len(portfolios)} different portfolios; ", end="")
    print(f"the first {arguments.cold} agree with solves from scratch.")


if __name__ == "__main__":
    main()
