"""Solutions to write: small ones with names that break careless writers, and one that holds nothing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from fabricated import candidates, demand, model

import siting
from siting.instance import Criterion, Instance

HOSTILE = (
    '=HYPERLINK("http://example.org","<script>alert(\'1\')</script>")',
    "-2+3 & ]]> \"double\" 'single' \\ %20",
    "@SUM(A1) [% @user_full_name %]",
    "+مرحبا بالعالم 😀 日本語",
    "Ωmega\x07\nline " + "very long " * 60,
)
"""Names that are code to some reader: a formula, a tag, an expression, a control character, right-to-left."""


def hostile(**changes: object) -> siting.Solution:
    """Solve a small model with regions, whose names are hostile."""
    table = candidates().assign(name=HOSTILE)
    squares = shapely.box(
        table["longitude_degrees"] - 1, table["latitude_degrees"] - 1,
        table["longitude_degrees"] + 1, table["latitude_degrees"] + 1,
    )  # fmt: skip
    served = demand()
    around = shapely.box(
        served["longitude_degrees"] - 2, served["latitude_degrees"] - 2,
        served["longitude_degrees"] + 2, served["latitude_degrees"] + 2,
    )  # fmt: skip
    return siting.solve(
        model(
            title=f"Sites of {HOSTILE[2]} <b>&</b>",
            candidates=gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=squares, crs="EPSG:4326"),
            demand=gpd.GeoDataFrame(served.drop(columns="geometry"), geometry=around, crs="EPSG:4326"),
            **changes,
        )
    )


def many_kinds() -> dict[str, Instance]:
    """Return an instance of every shape a criterion can have, solved elsewhere."""
    random = np.random.default_rng(7)
    near, far = random.random((8, 6)), random.random((8, 6)) * 5
    apart = random.random((6, 6))
    names = ["a b", "=c", '"q"', "<s>", "ش", "x"]
    return {
        "two services, one better when more": Instance(
            sites=2,
            criteria={
                "near": Criterion(service=near, unit="ms"),
                "=far": Criterion(service=far, site=random.random(6), unit="EUR", sense="max"),
                "cost": Criterion(site=random.random(6) * 1e6, unit="EUR/yr"),
            },
            weights={"near": 2.0, "=far": 0.3, "cost": 1e-6},
            demand=random.random(8) + 0.1,
            candidates=names,
            limits={"at most one": siting.Limit([1, 1, 1, 0, 0, 0], upper=1)},
            conflicts={"too close": [("a b", "x")]},
            required=["x"],
            forbidden={"ش": "+forbidden"},
            constant=2.5,
        ),
        "capacities": Instance(
            sites=3, criteria={"near": Criterion(service=near, unit="ms")}, capacity=random.random(6) * 2 + 2,
            demand=random.random(8) + 0.1, candidates=names,
        ),
        "worst cases": Instance(
            sites=3,
            criteria={
                "slowest": Criterion(service=near, unit="ms", aggregate="worst"),
                "weakest": Criterion(site=random.random(6), unit="MVA", aggregate="worst", sense="max"),
                "near": Criterion(service=far, unit="ms"),
            },
            candidates=names,
        ),
        "pairs": Instance(
            sites=3,
            criteria={
                "apart": Criterion(separation=apart + apart.T, unit="km", sense="max"),
                "cost": Criterion(site=random.random(6), unit="EUR"),
            },
            candidates=names,
        ),
    }  # fmt: skip


def nothing_held() -> siting.Solution:
    """Return a solution of a model whose search was stopped before it held anything."""
    from siting.engine import InstanceSolution
    from siting.solution import Solution

    whole = hostile()
    empty = InstanceSolution(
        portfolio=None, objective=None, bound=-np.inf, gap=np.inf, status="time_limit", proof="not proven", values={},
        seconds=0.0, method="auto",
    )  # fmt: skip
    return Solution(whole.instance, empty, whole.model, whole.scaling)
