"""Every kind of rule: its rows, their names, and what they refuse."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from fabricated import case
from pyproj import Geod

from siting import rules


def test_one_site_per_country_makes_a_row_where_it_can_bind() -> None:
    """CC has one candidate, so that at most one there needs no row."""
    limits = rules.SitesPerCountry().limits(case())
    assert list(limits) == ["at most 1 site in AA", "at most 1 site in BB"]
    assert limits["at most 1 site in AA"].coefficients.tolist() == [1, 1, 0, 0, 0]
    assert (limits["at most 1 site in AA"].lower, limits["at most 1 site in AA"].upper) == (None, 1)


def test_countries_may_have_exceptions() -> None:
    """BB may have two and must have one, CC none."""
    rule = rules.SitesPerCountry(country_maximum={"BB": 2, "CC": 0}, country_minimum={"BB": 1})
    limits = rule.limits(case())
    assert list(limits) == ["at most 1 site in AA", "at least 1 site in BB", "at most 0 sites in CC"]


def test_a_minimum_alone_sets_no_maximum() -> None:
    """Every country gets a lower bound only."""
    limits = rules.SitesPerCountry(minimum=1).limits(case())
    assert [limit.upper for limit in limits.values()] == [None] * 3


def test_a_name_of_the_users_stays_unique() -> None:
    """One rule makes several rows."""
    limits = rules.SitesPerCountry(name="spread").limits(case())
    assert list(limits) == ["spread (AA)", "spread (BB)"]


def test_spacing_forbids_exactly_the_pairs_that_are_too_close() -> None:
    """Every pair is judged by an independent geodesic."""
    table, limit = case().candidates, 800.0
    near = set()
    for (first, a), (second, b) in combinations(table.iterrows(), 2):
        _, _, metres = Geod(ellps="WGS84").inv(
            a["longitude_degrees"], a["latitude_degrees"], b["longitude_degrees"], b["latitude_degrees"]
        )
        if metres / 1000 < limit:
            near.add((first, second))
    conflicts = rules.Spacing(minimum_km=limit).conflicts(case())
    assert 0 < len(near) < 10
    assert list(conflicts) == ["sites at least 800 km apart"]
    assert set(conflicts["sites at least 800 km apart"]) == near


def test_spacing_that_nobody_breaks_makes_no_row() -> None:
    """One kilometre separates every pair."""
    assert rules.Spacing(minimum_km=1.0).conflicts(case()) == {}


def test_eligible_sites_are_counted() -> None:
    """The coefficients are the flags."""
    ((title, limit),) = rules.EligibleSites(minimum=2).limits(case()).items()
    assert title == "at least 2 sites in regions eligible for large enterprises"
    assert (limit.coefficients.tolist(), limit.lower) == ([1, 0, 1, 0, 1], 2)


def test_any_attribute_may_be_limited() -> None:
    """Both bounds stand in the name."""
    ((title, limit),) = (
        rules.AttributeLimit(attribute="grid_capacity_mva", minimum=500, maximum=9500).limits(case()).items()
    )
    assert title == "grid_capacity_mva over all sites at least 500 and at most 9500"
    assert (limit.lower, limit.upper) == (500, 9500)


@pytest.mark.parametrize(
    ("regions", "inside"),
    [(("AA",), [1, 1, 0, 0, 0]), (("BB2", "CC"), [0, 0, 0, 1, 1]), (("AA1",), [1, 0, 0, 0, 0])],
)
def test_regions_are_countries_identifiers_or_beginnings_of_codes(regions: tuple[str, ...], inside: list[int]) -> None:
    """A code covers everything that lies in it."""
    (limit,) = rules.SitesIn(regions=regions, minimum=1).limits(case()).values()
    assert limit.coefficients.tolist() == inside


def test_the_beginning_of_a_code_is_a_larger_region() -> None:
    """DE4 covers DE40 and not DEA1."""
    table = case().candidates.iloc[:3].set_axis(["DE40", "DEA1", "D"]).assign(country=["DE", "DE", "D"])
    assert rules.in_regions(case(candidates=table), ["DE4"]).tolist() == [True, False, False]
    assert rules.in_regions(case(candidates=table), ["DE"]).tolist() == [True, True, False]


def test_a_region_without_usable_candidates_is_no_misspelling() -> None:
    """CC1 was left out for missing data; the rule is then infeasible, which is another message."""
    usable = case().with_candidates(np.array([True, True, True, True, False]))
    (limit,) = rules.SitesIn(regions=("CC",), minimum=1).limits(usable).values()
    assert limit.coefficients.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (
            lambda: rules.SitesIn(regions=("AB1",), minimum=1).limits(case()),
            "no candidate lies in 'AB1'; did you mean",
        ),
        (
            lambda: rules.SitesPerCountry(country_maximum={"A": 1}).limits(case()),
            "country 'A' has no candidate",
        ),
        (lambda: rules.SitesIn(regions=("AA",)), "needs a minimum, a maximum, or both"),
        (lambda: rules.AttributeLimit(attribute="pue", minimum=2, maximum=1), "minimum 2 exceeds maximum 1"),
        (lambda: rules.SitesPerCountry(minimum=2, maximum=1), "minimum 2 exceeds maximum 1"),
        (lambda: rules.Spacing(minimum_km=0.0), "minimum_km is 0.0; it should be greater than 0"),
        (lambda: rules.registry.read({"kind": "spacing"}), "minimum_km"),
    ],
)
def test_a_wrong_rule_is_one_sentence(build: object, told: str) -> None:
    """Each names what is wrong."""
    with pytest.raises(ValueError, match=told):
        build()  # type: ignore[operator]
