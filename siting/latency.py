"""Round-trip time as a function of distance: the measured European model, replaceable by any function.

The shipped constants are the least-squares line through the measured round-trip times (95th percentile over
30 days) between cloud regions in Europe: 8.2 ms + 0.0176 ms per geodesic km. Light in fibre alone would take
0.0098 ms per km there and back; the rest is detours and equipment. ``python -m siting.latency`` repeats the
fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from siting.errors import InputError
from siting.sections import Section

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

DISTANCE_COLUMN = "distance_km"
ROUND_TRIP_COLUMN = "round_trip_ms"
_FEWEST_PAIRS = 3


class LatencyModel(Section):
    """A straight line from kilometres to milliseconds of round trip; call it on an array of distances.

    Parameters
    ----------
    intercept_ms : float, default 8.2
        Round trip at distance zero between two backbone sites, in ms.
    slope_ms_per_km : float, default 0.0176
        Added round trip per km of geodesic distance, in ms.
    access_ms : float, default 0
        Added for the user's access network, in ms (assumptions: fibre 2 to 5, cable 10 to 20, 5G 15 to 30).

    Raises
    ------
    InputError
        If a parameter is negative.

    Examples
    --------
    >>> LatencyModel()([0.0, 1000.0]).round(1).tolist()
    [8.2, 25.8]
    >>> LatencyModel(access_ms=4.0).reach_km(30.0)
    1011.0
    """

    intercept_ms: float = Field(8.2, ge=0)
    slope_ms_per_km: float = Field(0.0176, ge=0)
    access_ms: float = Field(0.0, ge=0)

    def __call__(self, distance_km: ArrayLike) -> NDArray[np.float64]:
        """Return the round trip in ms for geodesic distances in km, in the same shape.

        Raises
        ------
        InputError
            If a distance is negative.
        """
        kilometres = np.asarray(distance_km, dtype=np.float64)
        if (kilometres < 0).any():
            raise InputError(f"a distance of {float(np.nanmin(kilometres)):g} km is negative")
        return np.asarray(self.access_ms + self.intercept_ms + self.slope_ms_per_km * kilometres)

    def reach_km(self, round_trip_ms: float) -> float:
        """Return how far a site reaches within a round trip, in km, rounded to the kilometre.

        Parameters
        ----------
        round_trip_ms : float
            The longest acceptable round trip.

        Returns
        -------
        float
            Kilometres; 0 when not even the site's own place is reached, infinity without a slope.

        Examples
        --------
        >>> LatencyModel().reach_km(20.0)
        670.0
        """
        left = round_trip_ms - self.intercept_ms - self.access_ms
        if left < 0:
            return 0.0
        return float("inf") if self.slope_ms_per_km == 0 else float(round(left / self.slope_ms_per_km))


@dataclass(frozen=True)
class Fit:
    """An ordinary least-squares line through measured pairs.

    Attributes
    ----------
    slope : float
        ms per km.
    intercept : float
        ms.
    r_squared : float
        Share of the variance of the round trips that the line explains.
    rmse : float
        Root of the mean squared residual over all pairs, in ms.
    number_of_pairs : int
        How many pairs were fitted.
    """

    slope: float
    intercept: float
    r_squared: float
    rmse: float
    number_of_pairs: int

    def model(self, access_ms: float = 0.0) -> LatencyModel:
        """Return the fitted line as a model."""
        return LatencyModel(intercept_ms=self.intercept, slope_ms_per_km=self.slope, access_ms=access_ms)


def fit(pairs: pd.DataFrame) -> Fit:
    """Fit round trip = intercept + slope x distance by ordinary least squares.

    Parameters
    ----------
    pairs : pandas.DataFrame
        One row per measured pair with the columns `distance_km` and `round_trip_ms`.

    Returns
    -------
    Fit
        Slope, intercept, R squared, RMSE and the number of pairs.

    Raises
    ------
    InputError
        If a column is missing, a value is missing or negative, there are fewer than three pairs, or all
        distances are equal.

    Examples
    --------
    >>> import pandas as pd
    >>> line = fit(pd.DataFrame({"distance_km": [0, 100, 200], "round_trip_ms": [5.0, 7.0, 9.0]}))
    >>> round(line.slope, 6), round(line.intercept, 6), line.number_of_pairs
    (0.02, 5.0, 3)
    """
    kilometres, milliseconds = (_measured(pairs, column) for column in (DISTANCE_COLUMN, ROUND_TRIP_COLUMN))
    if len(kilometres) < _FEWEST_PAIRS or np.ptp(kilometres) == 0:
        raise InputError(
            f"a line needs at least {_FEWEST_PAIRS} pairs at different distances, not {len(kilometres)} pairs"
        )
    design = np.column_stack([np.ones_like(kilometres), kilometres])
    (intercept, slope), *_ = np.linalg.lstsq(design, milliseconds, rcond=None)
    residuals = milliseconds - design @ np.array([intercept, slope])
    total = float(((milliseconds - milliseconds.mean()) ** 2).sum())
    unexplained = float((residuals**2).sum())
    return Fit(
        slope=float(slope),
        intercept=float(intercept),
        r_squared=1.0 - unexplained / total if total > 0 else float("nan"),
        rmse=float(np.sqrt(unexplained / len(residuals))),
        number_of_pairs=len(residuals),
    )


def _measured(pairs: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column of measured pairs as finite, non-negative numbers."""
    if column not in pairs.columns:
        raise InputError(f"the measured pairs have no column {column!r}")
    values = np.asarray(pairs[column].to_numpy(dtype=np.float64))
    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(f"the measured pairs hold {values[row]} in column {column!r}, row {row + 1}")
    return values


def calibration() -> str:
    """Return the fit of the shipped measurements and how the shipped constants compare, as text.

    Returns
    -------
    str
        A few lines: number of pairs, slope, intercept, R squared and RMSE, rounded and in full.

    Examples
    --------
    >>> print(calibration().splitlines()[0])
    171 measured pairs
    """
    from siting import data

    line = fit(data.latency_measurements())
    shipped = LatencyModel()
    rows = [
        f"{line.number_of_pairs} measured pairs",
        f"slope      {line.slope:8.4f} ms/km   ({line.slope!r}; shipped {shipped.slope_ms_per_km})",
        f"intercept  {line.intercept:8.1f} ms      ({line.intercept!r}; shipped {shipped.intercept_ms})",
        f"R2         {line.r_squared:8.2f}         ({line.r_squared!r})",
        f"RMSE       {line.rmse:8.1f} ms      ({line.rmse!r})",
    ]
    agrees = round(line.slope, 4) == shipped.slope_ms_per_km and round(line.intercept, 1) == shipped.intercept_ms
    rows.append(
        "the shipped constants are this fit, rounded" if agrees else "the shipped constants are NOT this fit, rounded"
    )
    return "\n".join(rows)


if __name__ == "__main__":
    print(calibration())  # noqa: T201 - printing is what the script is for
