"""The readers of published instances, the generators and the tables of the benchmark scripts, on tiny files."""

from __future__ import annotations

import re
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from strategies import brute_force

from siting.engine import solve_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = Path(__file__).parent.parent / "benchmarks"
#: A square with a diagonal of which two lengths are given, the last of them counting.
NETWORK = " 4 6 2\n 1 2 3 \n 2 3 4 \n 3 4 5 \n 4 1 6 \n 1 3 1 \n 3 1 9 \n"
WAREHOUSES = " 2 3 \n 30 7.5 \n 20 0. \n 10 \n 10. 40. \n 20 \n 30. 20. \n 5 \n 5.5 2.5 \n"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the scripts import each other, and leave nothing of them behind."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(SCRIPTS) in str(sys.modules[name].__file__):
            del sys.modules[name]


def shortest(lengths: dict[tuple[int, int], int], vertices: int) -> np.ndarray:
    """Return all shortest paths by relaxing every edge often enough."""
    distance = np.full((vertices, vertices), np.inf)
    np.fill_diagonal(distance, 0.0)
    for _ in range(vertices):
        for (one, other), length in lengths.items():
            distance[:, other] = np.minimum(distance[:, other], distance[:, one] + length)
            distance[:, one] = np.minimum(distance[:, one], distance[:, other] + length)
    return distance


def test_of_several_edges_between_two_vertices_the_last_counts(tmp_path: Path) -> None:
    """The author of the library says so; the shortest of them would give 1 for the diagonal."""
    from or_library import read_network

    path = tmp_path / "pmed1.txt"
    path.write_text(NETWORK)
    instance = read_network(path)
    assert instance.sites == 2
    expected = shortest({(0, 1): 3, (1, 2): 4, (2, 3): 5, (3, 0): 6, (0, 2): 9}, 4)
    assert instance.criteria["distance"].service == pytest.approx(expected)
    assert expected[0, 2] == 7


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (NETWORK + " 1 2 3\n", "announces 6 edges and holds 7"),
        (NETWORK.replace(" 3 4 5 ", " 3 5 5 "), "names a vertex that is none of 1 to 4"),
        (" 4 2 1\n 1 2 3\n 3 4 3\n", "is a network in pieces"),
    ],
)
def test_a_damaged_network_is_refused_in_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    """Nothing is guessed."""
    from or_library import read_network

    path = tmp_path / "pmed1"
    path.write_text(text)
    with pytest.raises(ValueError, match=sentence):
        read_network(path)


def test_random_networks_are_read_and_solved_as_brute_force_does(tmp_path: Path) -> None:
    """Files in exactly the format of the library, with double edges."""
    from or_library import read_network

    for seed in range(5):
        random = np.random.default_rng(seed)
        edges = [(vertex + 1, (vertex + 1) % 9 + 1, int(random.integers(1, 101))) for vertex in range(9)]
        edges += [(int(a) + 1, int(b) + 1, int(c)) for a, b, c in random.integers(0, [9, 9, 100], (12, 3)) if a != b]
        path = tmp_path / "pmed9.txt"
        path.write_text(f" 9 {len(edges)} 3 \n" + "".join(f" {a} {b} {c} \n" for a, b, c in edges))
        lengths = {(min(a, b) - 1, max(a, b) - 1): c for a, b, c in edges}
        distance = shortest(lengths, 9)
        best = min(distance[:, list(chosen)].min(axis=1).sum() for chosen in combinations(range(9), 3))
        assert solve_instance(read_network(path)).objective == pytest.approx(best)


def test_warehouses_cost_what_the_file_says_for_all_demand_of_a_customer(tmp_path: Path) -> None:
    """Capacities bind: the second warehouse cannot serve everyone."""
    from or_library import read_warehouses

    path = tmp_path / "cap41.txt"
    path.write_text(WAREHOUSES)
    instance = read_warehouses(path)
    assert instance.sites == (1, 2)
    assert instance.capacity.tolist() == [30.0, 20.0]
    assert instance.service_cost == pytest.approx(np.array([[10.0, 40.0], [30.0, 20.0], [5.5, 2.5]]))
    solution = solve_instance(instance)
    assert solution.objective == pytest.approx(brute_force(instance).objective)
    # Both open. The second serves customer 3 and, with what room is left, three quarters of customer 2.
    assert solution.objective == pytest.approx(7.5 + 10 + 0.75 * 20 + 0.25 * 30 + 2.5)


def test_capacities_that_suffice_everywhere_are_left_out(tmp_path: Path) -> None:
    """The engine then solves it without an assignment model."""
    from or_library import read_warehouses

    path = tmp_path / "cap71.txt"
    path.write_text(WAREHOUSES.replace(" 30 7.5", " 35 7.5").replace(" 20 0.", " 35 0."))
    instance = read_warehouses(path)
    assert instance.capacity is None
    assert solve_instance(instance).objective == pytest.approx(brute_force(instance).objective)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (WAREHOUSES.replace(" 30 7.5", " capacity 7.5"), "holds the word 'capacity'"),
        (WAREHOUSES + " 1\n", "should hold 15 numbers and holds 16"),
        (WAREHOUSES.replace(" 5 \n", " 0 \n"), "a customer without demand"),
    ],
)
def test_damaged_warehouses_are_refused_in_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    """Nothing is guessed."""
    from or_library import read_warehouses

    path = tmp_path / "capa"
    path.write_text(text)
    with pytest.raises(ValueError, match=sentence):
        read_warehouses(path)


def test_the_table_of_published_optima_holds_what_it_should() -> None:
    """Forty p-medians of growing size, and the warehouses; more sites never cost more in networks of one size."""
    from or_library import published_optima

    optima = published_optima()
    assert [name for name in optima if name.startswith("pmed")] == [f"pmed{number}" for number in range(1, 41)]
    assert sum(name.startswith("cap") for name in optima) == 37
    assert optima["pmed1"].optimum == 5819
    assert optima["pmed40"].optimum == 5128
    assert optima["pmed40"].size == "900 x 900"
    assert all(entry.source.startswith("Beasley 19") for entry in optima.values())


def test_the_table_is_printed_with_agreement_and_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file under a published name with other contents disagrees, and that is said."""
    import or_library

    (tmp_path / "pmed1.txt").write_text(NETWORK)
    (tmp_path / "notes.md").write_text("not an instance")
    arguments = ["or_library.py", "--instances", str(tmp_path), "--generate", "30x4"]
    monkeypatch.setattr(sys, "argv", arguments)
    or_library.main()
    printed = capsys.readouterr().out
    assert re.search(r"\| pmed1 +\| +4 x 4 \| +2 \| +5819 \| +7 \| +NO ", printed)
    assert "network 30x4, seed 0" in printed
    assert "0 of 1 published optima found and proven" in printed
    assert "cores" in printed


def test_generated_candidates_on_a_grid_stand_evenly_and_rules_hold_pairs_as_arrays() -> None:
    """As many as asked for, none close to another, and the conflicts are those a loop finds."""
    from generated import SPACING_KM, Case, _hexagons, generate

    for count in (1, 7, 150):
        places = _hexagons(count, np.random.default_rng(0))
        assert places.shape == (count, 2)
    gaps = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))[np.triu_indices(count, 1)]
    assert gaps.min() == pytest.approx(np.sqrt(2 / np.sqrt(3) / count) * 3000, rel=0.1)
    instance = generate(Case(60, 25, sites=4, site_costs=True, rules=True))
    points = np.random.default_rng(0).uniform(0.0, 3000.0, (60, 2))
    close = {(a, b) for a, b in combinations(range(60), 2) if np.hypot(*(points[a] - points[b])) < SPACING_KM}
    assert {tuple(sorted(pair)) for pair in instance.conflict_positions["spacing"].tolist()} == close
    assert type(instance.conflicts["spacing"]).__name__ == "Pairs"


def test_both_ways_of_adding_cuts_reach_the_bound_of_the_relaxation() -> None:
    """Through Pyomo and directly, the cut loop ends at the linear relaxation of the assignment model."""
    from generated import Case, generate
    from pyomo_overhead import WAYS, Cuts
    from scipy.optimize import linprog

    instance = generate(Case(12, 12, sites=3))
    cost, count = instance.service_cost, 12
    serve_once = np.kron(np.eye(count), np.ones(count))
    bounded = np.hstack([np.tile(-np.eye(count), (count, 1)), np.eye(count * count)])
    relaxation = linprog(
        np.concatenate([np.zeros(count), cost.ravel()]),
        A_ub=bounded,
        b_ub=np.zeros(count * count),
        A_eq=np.vstack([np.hstack([np.zeros((count, count)), serve_once]), [1.0] * count + [0.0] * count**2]),
        b_eq=[1.0] * count + [3.0],
        bounds=(0, 1),
    )
    cuts = Cuts(instance)
    runs = {name: way(instance, cuts) for name, way in WAYS.items()}
    assert len(runs) == 3
    for name, run in runs.items():
        assert run.bound == pytest.approx(relaxation.fun, rel=1e-7), name


@pytest.mark.parametrize(
    "script",
    ["targets", "large", "growth", "cold_start", "pyomo_overhead", "or_library", "resolves", "scaling", "spine"],
)
def test_every_script_explains_itself(script: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """`--help` says what is measured and how to run it."""
    import importlib

    monkeypatch.setattr(sys, "argv", [script, "--help"])
    with pytest.raises(SystemExit) as caught:
        importlib.import_module(script).main()
    assert caught.value.code == 0
    assert "usage" in capsys.readouterr().out
