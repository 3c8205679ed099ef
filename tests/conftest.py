"""Settings for all tests: reproducible Hypothesis, and how many random instances to try."""

from __future__ import annotations

import os

import pytest
from browser import browser, visit
from hypothesis import HealthCheck, settings

__all__ = ["browser", "effort", "visit"]

#: Multiplies the number of random instances and Hypothesis examples: `SITING_TEST_EFFORT=20 pytest` tries thousands.
EFFORT = max(1, int(os.environ.get("SITING_TEST_EFFORT", "1")))

settings.register_profile(
    "siting",
    deadline=None,
    derandomize=EFFORT == 1,
    database=None,
    max_examples=60 * EFFORT,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("siting")


@pytest.fixture(scope="session")
def effort() -> int:
    """How many times more random instances than usual are tried."""
    return EFFORT
