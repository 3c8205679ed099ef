"""Node and memory limits: a search that stops says so and keeps what it holds; one that cannot fit is not begun."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import siting
from siting import choice, memory, search
from siting.engine import solve_instance


@pytest.fixture(scope="module")
def hard() -> siting.Instance:
    """Return an instance without geography, whose relaxation is fractional, so that it needs nodes."""
    service = np.random.default_rng(3).random((60, 45))
    return siting.Instance(sites=6, criteria={"access": siting.Criterion(service=service)})


@pytest.mark.parametrize("method", ["benders", "assignment"])
def test_a_node_limit_stops_the_search_and_keeps_the_incumbent(
    hard: siting.Instance, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One node is not enough to prove it; what is held obeys every rule."""
    monkeypatch.setattr(choice, "ENUMERATION_WORK", 0)
    whole = solve_instance(hard, method=method)
    stopped = solve_instance(hard, method=method, node_limit=1)
    assert whole.status == "optimal"
    assert stopped.status == "node_limit"
    assert "node_limit" in stopped.proof
    assert stopped.bound < whole.objective - 1e-6
    assert stopped.objective is None or stopped.objective >= whole.objective - 1e-9


def test_a_memory_limit_that_is_passed_on_the_way_stops_the_search(
    hard: siting.Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process grows while it searches; the answer says why it stopped."""
    monkeypatch.setattr(choice, "ENUMERATION_WORK", 0)
    monkeypatch.setattr(search, "memory_held", lambda: 99.0)
    stopped = solve_instance(hard, memory_limit=50.0)
    assert stopped.status == "memory_limit"
    whole = solve_instance(hard)
    assert stopped.bound <= whole.objective + 1e-9


def test_what_will_not_fit_is_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is built, in one sentence."""
    instance = siting.Instance(sites=4, criteria={"ms": siting.Criterion(service=np.ones((2000, 1000)))})
    monkeypatch.setattr(memory, "memory_available", lambda: 0.09)
    with pytest.raises(siting.InputError, match=r"need about 0\.098 GB .* only 0\.09 GB are available; what would fit"):
        solve_instance(instance)
    with pytest.raises(siting.InputError, match="method 'auto'"):
        solve_instance(instance, method="assignment")


def test_a_memory_limit_counts_what_the_process_holds_already() -> None:
    """A limit below that leaves nothing."""
    instance = siting.Instance(sites=1, criteria={"ms": siting.Criterion(service=np.ones((20, 10)))})
    with pytest.raises(siting.InputError, match=r"left of the memory limit of 0\.001 GB; what would fit: .* GB in all"):
        solve_instance(instance, memory_limit=0.001)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"node_limit": 0}, "node_limit is 0"),
        ({"memory_limit": -1}, "memory_limit is -1 GB"),
        ({"solver": "cbd"}, "did you mean 'cbc'"),
        ({"solver": "cbc", "method": "benders"}, "runs on HiGHS alone"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(options: dict[str, Any], words: str) -> None:
    """One sentence each."""
    instance = siting.Instance(sites=1, criteria={"cost": siting.Criterion(site=[2.0, 1.0])})
    with pytest.raises(siting.InputError, match=words):
        siting.solve(instance, **options)
