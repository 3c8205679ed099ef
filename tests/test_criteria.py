"""Every kind of criterion against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from fabricated import candidates, case
from pyproj import Geod

import siting
from siting import criteria
from siting.errors import InputError
from siting.instance import Criterion

if TYPE_CHECKING:
    from siting.blocks import Case

MWH_PER_PUE = 100 * 0.5 * 8760


def priced() -> Case:
    """Return the case without the candidate that lacks a price."""
    return case().with_candidates(np.array([True, True, True, True, False]))


def test_energy_cost_is_annual_energy_times_price() -> None:
    """Each site pays for its own PUE at its own price."""
    criterion = criteria.EnergyCost().build(priced())
    assert criterion.site == pytest.approx(np.array([1.0 * 100, 1.2 * 80, 1.1 * 60, 1.25 * 40]) * MWH_PER_PUE)
    assert (criterion.unit, criterion.sense) == ("EUR/yr", "min")


def test_a_price_that_is_not_positive_is_refused_by_row() -> None:
    """A yearly mean price of zero is a missing value in disguise."""
    wrong = candidates().assign(electricity_price_eur_per_mwh=[1.0, 2.0, 0.0, 3.0, 4.0])
    with pytest.raises(InputError, match=r"electricity_price_eur_per_mwh of 'BB1' is 0"):
        criteria.EnergyCost().build(case(candidates=wrong))


def test_grid_capacity_stops_counting_at_its_saturation() -> None:
    """Nine GVA count no more than the cap."""
    criterion = criteria.GridCapacity(measure="mva", saturation_mva=800.0).build(priced())
    assert criterion.site is not None
    assert criterion.site.tolist() == [800.0, 230.0, 220.0, 800.0]
    assert (criterion.unit, criterion.sense) == ("MVA", "max")


def test_the_default_saturation_is_ten_connections_at_the_median_pue() -> None:
    """The median PUE is 1.15, a connection 230 MVA, ten of them 2,300 MVA."""
    assert criteria.GridCapacity(measure="mva").saturation(priced()) == pytest.approx(10 * 200 * 1.15)


def test_grid_capacity_counts_how_often_the_room_for_one_connection_doubles() -> None:
    """Exactly one connection of room is one doubling; three are two; none is zero, not minus infinity."""
    table = priced().candidates
    contracted = priced().facility.contracted_mva(table["pue"].to_numpy())
    rooms = np.array([0.0, 1.0, 3.0, 7.0])[: len(table)]
    criterion = criteria.GridCapacity().build(
        replace(priced(), candidates=table.assign(grid_capacity_mva=rooms * contracted))
    )
    assert criterion.site == pytest.approx(np.log2(1 + rooms))
    assert (criterion.unit, criterion.sense) == ("doublings", "max")


def test_cohesion_counts_eligible_sites_or_adds_percentages() -> None:
    """The two measures read two columns."""
    flags = criteria.Cohesion().build(case())
    rates = criteria.Cohesion(measure="cofinancing").build(case())
    assert flags.site is not None
    assert flags.site.tolist() == [1, 0, 1, 0, 1]
    assert rates.site is not None
    assert rates.site.tolist() == [85, 40, 60, 50, 85]
    assert (flags.sense, rates.sense, rates.unit) == ("max", "max", "percentage points")


def test_latency_is_the_model_of_the_geodesic_distance() -> None:
    """One entry per demand point and candidate; a demand point on a candidate has the intercept."""
    service = criteria.Latency().build(case()).service
    assert service is not None
    assert service.shape == (3, 5)
    _, _, metres = Geod(ellps="WGS84").inv(10.0, 50.0, 20.0, 50.0)
    assert service[0, 0] == pytest.approx(10.0)
    assert service[1, 3] == pytest.approx(10.0 + 0.01 * metres / 1000)


def test_latency_grid_and_any_column_can_count_their_worst_alone() -> None:
    """The numbers are the same; how they are put together differs."""
    mean, worst = criteria.Latency().build(case()), criteria.Latency(aggregate="worst").build(case())
    assert worst.service == pytest.approx(mean.service)
    assert (mean.aggregate, worst.aggregate) == ("sum", "worst")
    blocks = [
        criteria.GridCapacity(aggregate="worst"),
        criteria.Attribute(attribute="pue", sense="min", aggregate="worst"),
    ]
    assert [block.build(case()).aggregate for block in blocks] == ["worst", "worst"]


def test_the_shipped_model_weighs_the_slowest_user_beside_the_mean() -> None:
    """Two roads agree: levels, and every set of a few candidates compared."""
    slowest = {"slowest": {"kind": "latency", "aggregate": "worst", "weight": 0.5}}
    kept = ["DE40", "ES41", "FRB0", "ITC4", "EL64", "FI1C", "PL22", "PT18", "SE31", "IE06", "BG41", "RO41"]
    model = siting.Model.load().replace(criteria=slowest)
    others = [name for name in model.instance().candidates if name not in kept]
    one = siting.solve(model, forbidden=others, method="bounding")
    other = siting.solve(model, forbidden=others, method="enumeration")
    assert one.status == other.status == "optimal"
    assert one.objective == pytest.approx(other.objective)
    assert one.demand["latency_ms"].max() == pytest.approx(one.criteria.loc["slowest", "value"])


def test_carbon_is_annual_energy_times_intensity() -> None:
    """438,000 MWh at 100 g/kWh are 43,800 t."""
    criterion = criteria.Carbon().build(case())
    assert criterion.site is not None
    assert criterion.site[0] == pytest.approx(43_800)
    assert criterion.unit == "t CO2/yr"


def test_any_column_can_be_a_criterion() -> None:
    """The attribute block passes a column on with its unit and sense."""
    criterion = criteria.Attribute(attribute="pue", sense="min", unit="MW/MW").build(case())
    assert criterion.site is not None
    assert criterion.site.tolist() == [1.0, 1.2, 1.1, 1.25, 1.1]
    assert criterion.unit == "MW/MW"


def test_a_text_column_cannot_be_a_criterion() -> None:
    """The sentence names the column and the row."""
    with pytest.raises(InputError, match="column 'name' of 'AA1' is 'Alpha', not a number"):
        criteria.Attribute(attribute="name", sense="min").build(case())


def test_an_unknown_column_names_the_nearest() -> None:
    """A misspelt attribute is told apart from a missing value."""
    with pytest.raises(InputError, match="no column 'puee'; did you mean 'pue'"):
        criteria.Attribute(attribute="puee", sense="min").build(case())


def test_a_user_adds_a_kind_in_python() -> None:
    """A registered class can be named in a model file."""

    class Sunshine(criteria.CriterionBlock):
        kind: Literal["sunshine"] = "sunshine"

        def build(self, case: Case) -> Criterion:
            return Criterion(site=np.arange(len(case.candidates)), unit="h", sense="max")

    criteria.register(Sunshine)
    try:
        block = criteria.registry.read({"kind": "sunshine", "weight": 2.0})
        assert block.build(case()).unit == "h"
        assert criteria.register(Sunshine) is Sunshine
    finally:
        del criteria.registry._classes["sunshine"]


def test_a_kind_that_exists_is_not_taken_over() -> None:
    """Registering another class under a shipped kind is an error."""

    class Other(criteria.CriterionBlock):
        kind: Literal["latency"] = "latency"

    with pytest.raises(InputError, match="'latency' is already Latency"):
        criteria.register(Other)


def test_every_kind_is_described() -> None:
    """Each block says in its docstring what it is and which options it has."""
    assert criteria.registry.kinds == (
        "attribute",
        "carbon",
        "cohesion",
        "energy_cost",
        "grid_capacity",
        "latency",
    )
    for block in criteria.registry:
        assert len(block.__doc__ or "") > 100
