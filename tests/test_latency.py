"""The latency model, its fit, and the calibration from the shipped measurements."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from siting import data
from siting.errors import InputError
from siting.latency import LatencyModel, calibration, fit


def test_the_shipped_model_is_8_2_ms_and_0_0176_ms_per_km() -> None:
    """1,000 km are 25.8 ms; 20, 30 and 50 ms reach 670, 1,240 and 2,370 km."""
    model = LatencyModel()
    assert model(np.array([[0.0], [1000.0]])) == pytest.approx(np.array([[8.2], [25.8]]))
    assert [model.reach_km(limit) for limit in (20, 30, 50)] == pytest.approx([670, 1240, 2370], abs=5)


def test_the_access_network_adds_to_every_distance() -> None:
    """4 ms of fibre access shift the line up."""
    assert LatencyModel(access_ms=4.0)(100.0) == pytest.approx(LatencyModel()(100.0) + 4.0)


def test_a_fit_agrees_with_an_independent_regression() -> None:
    """Slope, intercept and R squared are those of scipy's linregress; RMSE is over all pairs."""
    generator = np.random.default_rng(3)
    distance = generator.uniform(0, 3000, 50)
    pairs = pd.DataFrame({"distance_km": distance, "round_trip_ms": 7 + 0.02 * distance + generator.normal(0, 2, 50)})
    line, oracle = fit(pairs), stats.linregress(pairs["distance_km"], pairs["round_trip_ms"])
    assert (line.slope, line.intercept) == pytest.approx((oracle.slope, oracle.intercept))
    assert line.r_squared == pytest.approx(oracle.rvalue**2)
    residuals = pairs["round_trip_ms"] - line.model()(distance)
    assert line.rmse == pytest.approx(np.sqrt((residuals**2).mean()))
    assert line.number_of_pairs == 50


def test_the_shipped_constants_are_the_fit_of_the_shipped_measurements() -> None:
    """171 pairs give 8.2 ms + 0.0176 ms/km, R2 0.89, RMSE 3.0 ms."""
    line = fit(data.latency_measurements())
    assert line.number_of_pairs == 171
    assert round(line.intercept, 1) == LatencyModel().intercept_ms
    assert round(line.slope, 4) == LatencyModel().slope_ms_per_km
    assert (round(line.r_squared, 2), round(line.rmse, 1)) == (0.89, 3.0)
    assert "the shipped constants are this fit, rounded" in calibration()


def test_the_calibration_runs_as_a_script() -> None:
    """`python -m siting.latency` prints slope, intercept and R2."""
    run = subprocess.run([sys.executable, "-m", "siting.latency"], capture_output=True, text=True, check=True)
    assert all(word in run.stdout for word in ("slope", "intercept", "R2", "0.0176", "8.2"))


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ({"distance_km": [1, 2, 3]}, "no column 'round_trip_ms'"),
        ({"distance_km": [1, 2, 3], "round_trip_ms": [1, np.nan, 3]}, "row 2"),
        ({"distance_km": [1, -2, 3], "round_trip_ms": [1, 2, 3]}, "-2.0 in column 'distance_km', row 2"),
        ({"distance_km": [1, 2], "round_trip_ms": [1, 2]}, "at least 3 pairs"),
        ({"distance_km": [5, 5, 5], "round_trip_ms": [1, 2, 3]}, "different distances"),
    ],
)
def test_measurements_that_cannot_be_fitted_are_refused(pairs: dict[str, list[float]], told: str) -> None:
    """The sentence names column and row."""
    with pytest.raises(InputError, match=told):
        fit(pd.DataFrame(pairs))


def test_negative_parameters_and_distances_are_refused() -> None:
    """Time does not run backwards."""
    with pytest.raises(InputError, match="slope_ms_per_km is -1"):
        LatencyModel(slope_ms_per_km=-1.0)
    with pytest.raises(InputError, match="negative"):
        LatencyModel()([10.0, -1.0])
