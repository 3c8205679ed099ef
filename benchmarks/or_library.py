"""Location instances of the literature from a folder you give, solved to proof and compared with what was published.

python benchmarks/or_library.py --instances DIR
python benchmarks/or_library.py --instances DIR --only pmed1,pmed6,cap41 --repeat 5
python benchmarks/or_library.py --generate 500x5,500x50,900x90

DIR holds files of the OR-Library under their own names: pmed1 to pmed40 (p-median on a network, Beasley 1985) and cap41
to cap134 (capacitated warehouses, Beasley 1988), with or without ".txt". They are not part of this repository.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from measuring import machine, print_table, seconds_text
from scipy import sparse
from scipy.sparse.csgraph import floyd_warshall

# Imported before the clock starts; a first solve that needs them pays about a second once.
import siting.assignment
import siting.benders  # noqa: F401
from siting import Criterion, Instance
from siting.engine import InstanceSolution, solve_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

OPTIMA = Path(__file__).with_name("or_library_optima.csv")
#: Published optima have up to three decimals.
AGREEMENT = 1e-6
FEWEST_RUNS = 3
COLUMNS = (
    "instance", "size", "p", "published", "siting", "agrees", "median s", "least", "most", "status", "gap", "left",
    "proof",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """What is published of one instance.

    Attributes
    ----------
    size : str
        Candidates x demand points.
    sites : str
        p, or nothing where the number of sites is free.
    optimum : float
        The least objective.
    source : str
        Where it was published.
    """

    size: str
    sites: str
    optimum: float
    source: str


def published_optima() -> dict[str, Published]:
    """Return the table of published optima, by name of the instance."""
    with OPTIMA.open(encoding="utf-8", newline="") as file:
        return {
            row["instance"]: Published(
                f"{row['candidates']} x {row['demand_points']}", row["sites"], float(row["optimum"]), row["source"]
            )
            for row in csv.DictReader(file)
        }


# --- readers ------------------------------------------------------------------------------------------------------


def read_network(path: Path) -> Instance:
    """Return the p-median on the shortest paths of a network: vertices, edges and p, then one edge per line.

    Where a pair of vertices has several edges the last one counts, as the author of the library states.

    Parameters
    ----------
    path : Path
        A file like pmed1.

    Raises
    ------
    ValueError
        If numbers are missing or left over, a vertex does not exist, or the network is in pieces.
    """
    numbers = np.array(path.read_text("utf-8").split(), dtype=np.int64)
    vertices, count, sites = (int(number) for number in numbers[:3])
    if len(numbers) != 3 + 3 * count:
        raise ValueError(f"{path.name} announces {count} edges and holds {(len(numbers) - 3) / 3:g}")
    first, second, cost = numbers[3:].reshape(count, 3).T
    if min(first.min(), second.min()) < 1 or max(first.max(), second.max()) > vertices:
        raise ValueError(f"{path.name} names a vertex that is none of 1 to {vertices}")
    lengths = np.full((vertices, vertices), np.inf)
    for one, other, length in zip(first - 1, second - 1, cost, strict=True):
        lengths[one, other] = lengths[other, one] = length
    distances = _shortest_paths(lengths)
    if np.isinf(distances).any():
        raise ValueError(f"{path.name} is a network in pieces")
    return Instance(sites=sites, criteria={"distance": Criterion(service=distances)})


def read_warehouses(path: Path) -> Instance:
    """Return capacitated facility location: m and n, then m capacities and fixed costs, then n demands with m costs.

    A cost is that of serving all demand of a customer. Capacities of which each suffices for everyone are left out.

    Parameters
    ----------
    path : Path
        A file like cap41.

    Raises
    ------
    ValueError
        If numbers are missing or left over, or a capacity is no number (capa, capb and capc leave it to the reader).
    """
    words = path.read_text("utf-8").split()
    if "capacity" in words:
        raise ValueError(f"{path.name} holds the word 'capacity' where a number belongs; replace it by one")
    numbers = np.array(words, dtype=np.float64)
    candidates, customers = int(numbers[0]), int(numbers[1])
    head, body = 2 + 2 * candidates, customers * (1 + candidates)
    if len(numbers) != head + body:
        raise ValueError(f"{path.name} should hold {head + body} numbers and holds {len(numbers)}")
    capacity, fixed = numbers[2:head].reshape(candidates, 2).T
    table = numbers[head:].reshape(customers, 1 + candidates)
    demand, costs = table[:, 0], table[:, 1:]
    if (demand <= 0).any():
        raise ValueError(f"{path.name} has a customer without demand")
    return Instance(
        sites=(1, candidates),
        criteria={"fixed": Criterion(site=fixed), "service": Criterion(service=costs / demand[:, None])},
        demand=demand,
        capacity=None if (capacity >= demand.sum()).all() else capacity,
    )


def generated_network(vertices: int, sites: int, seed: int = 0) -> Instance:
    """Return a p-median on a random network made as the pmed files were: a ring, n^2 / 50 edges, lengths 1 to 100.

    Parameters
    ----------
    vertices, sites : int
        n and p.
    seed : int
        Equal seeds give equal networks.
    """
    random = np.random.default_rng(seed)
    lengths = np.full((vertices, vertices), np.inf)
    ring = np.column_stack([np.arange(vertices), np.roll(np.arange(vertices), -1)])
    others = random.integers(0, vertices, (max(0, vertices**2 // 50 - vertices), 2))
    for one, other in np.concatenate([ring, others]):
        lengths[one, other] = lengths[other, one] = random.integers(1, 101)
    return Instance(sites=sites, criteria={"distance": Criterion(service=_shortest_paths(lengths))})


def _shortest_paths(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return all distances on a network given by a matrix of lengths, infinite where there is no edge."""
    np.fill_diagonal(lengths, 0.0)
    one, other = np.nonzero(np.isfinite(lengths))
    # In a dense matrix scipy takes an edge of length 0 for none.
    edges = sparse.csr_array((lengths[one, other], (one, other)), shape=lengths.shape)
    return np.asarray(floyd_warshall(edges, directed=False))


# --- the table ----------------------------------------------------------------------------------------------------


def main() -> None:
    """Solve and print, one row per instance as soon as it is known, then the table."""
    options = _options()
    print(machine())
    rows = []
    for name, instance in _instances(options):
        rows.append(_row(name, instance, options))
        print(" | ".join(rows[-1]), flush=True)
    agreed = sum(row[5] == "yes" for row in rows)
    known = sum(row[5] != "" for row in rows)
    print_table(f"{options.repeat} runs each, at most {options.time_limit:g} s per run", COLUMNS, rows)
    print(f"{agreed} of {known} published optima found and proven")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=Path, help="folder with files of the OR-Library")
    parser.add_argument("--only", default="", help="names of instances with commas; otherwise all of the folder")
    parser.add_argument("--generate", default="", help="random networks of the same kind, vertices x p, with commas")
    parser.add_argument("--seeds", type=int, default=1, help="networks generated of each size")
    parser.add_argument("--repeat", type=int, default=FEWEST_RUNS, help=f"runs of each, at least {FEWEST_RUNS}")
    parser.add_argument("--time-limit", type=float, default=600.0, help="seconds per run")
    parser.add_argument("--method", default="auto", help="auto, bounding, benders, assignment, enumeration")
    options = parser.parse_args()
    if options.instances is None and not options.generate:
        parser.error("give --instances DIR, --generate VERTICESxP, or both")
    if options.instances is not None and not options.instances.is_dir():
        parser.error(f"{options.instances} is no folder")
    if options.repeat < FEWEST_RUNS:
        parser.error(f"--repeat must be at least {FEWEST_RUNS}")
    return options


def _instances(options: argparse.Namespace) -> Iterator[tuple[str, Instance]]:
    if options.instances is not None:
        wanted = [name.strip() for name in options.only.split(",") if name.strip()] or list(published_optima())
        found = {path.name.removesuffix(".txt"): path for path in options.instances.iterdir()}
        for name in wanted:
            if name in found:
                yield name, (read_network if name.startswith("pmed") else read_warehouses)(found[name])
            elif options.only:
                raise SystemExit(f"{options.instances} holds no {name}")
    for size in (part for part in options.generate.split(",") if part):
        vertices, sites = (int(number) for number in size.lower().split("x"))
        for seed in range(options.seeds):
            yield f"network {vertices}x{sites}, seed {seed}", generated_network(vertices, sites, seed)


def _row(name: str, instance: Instance, options: argparse.Namespace) -> list[str]:
    runs: list[tuple[float, InstanceSolution]] = []
    for _ in range(options.repeat):
        start = time.perf_counter()
        # A copy, checked again like new arrays, has nothing in store from the run before.
        solution = solve_instance(instance.replace(), method=options.method, time_limit=options.time_limit)
        runs.append((time.perf_counter() - start, solution))
        if solution.status != "optimal":
            # What is not proven in this time is not proven in the next run of it either.
            break
    worst = next((solution for _, solution in runs if solution.status != "optimal"), runs[0][1])
    median, least, most = seconds_text([seconds for seconds, _ in runs])
    published = published_optima().get(name)
    free = instance.minimum_sites != instance.maximum_sites
    left = statistics.median(solution.candidates_left or instance.number_of_candidates for _, solution in runs)
    return [
        name,
        f"{instance.number_of_candidates:,} x {instance.number_of_demand_points:,}",
        f"free ({len(worst.portfolio or ())})" if free else str(instance.maximum_sites),
        "" if published is None else f"{published.optimum:.10g}",
        "" if worst.objective is None else f"{worst.objective:.10g}",
        "" if published is None else _agreement(worst, published.optimum),
        median,
        least,
        most,
        worst.status,
        f"{worst.gap:.3%}",
        f"{left:g}",
        _proof(worst),
    ]


def _agreement(solution: InstanceSolution, optimum: float) -> str:
    if solution.objective is None:
        return "nothing found"
    same = abs(solution.objective - optimum) <= AGREEMENT * abs(optimum)
    if solution.status == "optimal":
        return "yes" if same else "NO"
    return "found, not proven" if same else "not found"


def _proof(solution: InstanceSolution) -> str:
    """Return the last step of a proof in a word or two."""
    if solution.status != "optimal":
        return f"bound {solution.bound:.10g}"
    last = solution.proof.split("; ")[-1]
    words = {"enumeration": "enumeration", "Benders": "Benders", "assignment": "assignment", "no better": "bounding"}
    return next((word for part, word in words.items() if part in last), last)


if __name__ == "__main__":
    main()
