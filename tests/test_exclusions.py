"""Every kind of exclusion, its reasons, and how they add up."""

from __future__ import annotations

import numpy as np
import pytest
from fabricated import candidates, case

from siting import exclusions
from siting.errors import InputError
from siting.judgement import count, judge


def test_grid_capacity_must_cover_the_contracted_connection() -> None:
    """200 MVA per unit of PUE: AA2 needs 240 and has 230, BB1 needs 220 and has exactly that."""
    reasons = exclusions.GridCapacityExclusion().reasons(case())
    assert reasons == [None, "grid capacity of 230 MVA is below the contracted 240 MVA", None, None, None]


def test_grid_capacity_may_be_a_number_or_a_multiple() -> None:
    """500 MVA for all, or room for three connections."""
    fixed = exclusions.GridCapacityExclusion(minimum_mva=500.0).reasons(case())
    assert [reason is None for reason in fixed] == [True, False, False, True, True]
    thrice = exclusions.GridCapacityExclusion(multiple=3.0).reasons(case())
    assert thrice[4] == "grid capacity of 500 MVA is below 3 times the contracted 660 MVA"


def test_a_missing_grid_capacity_is_no_pass() -> None:
    """The reason says that the value is missing."""
    table = candidates().assign(grid_capacity_mva=[np.nan, 1e4, 1e4, 1e4, 1e4])
    assert exclusions.GridCapacityExclusion().reasons(case(candidates=table)) == [
        "no value for grid_capacity_mva",
        *[None] * 4,
    ]


def test_voltage_counts_substations() -> None:
    """At 220 kV the lower class counts too."""
    assert [reason is None for reason in exclusions.MinimumVoltage().reasons(case())] == [
        True, False, False, True, True,
    ]  # fmt: skip
    low = exclusions.MinimumVoltage(minimum_kv=220).reasons(case())
    assert low == [None, None, "no substation of 220 kV or more", None, None]


def test_outermost_regions_are_left_out() -> None:
    """Only CC1 is one."""
    assert exclusions.Outermost().reasons(case()) == [*[None] * 4, "outermost region"]


def test_countries_are_kept_or_left_out() -> None:
    """The two lists say the same from two sides; the procuring states are a list of their own."""
    kept = exclusions.Countries(keep=["AA", "CC"]).reasons(case())
    out = exclusions.Countries(leave_out=["BB"]).reasons(case())
    procuring = exclusions.Countries(keep=["procuring"]).reasons(case())
    assert [bool(reason) for reason in kept] == [bool(reason) for reason in out] == [False, False, True, True, False]
    assert procuring[2] == "not a procuring state"
    assert (kept[2], out[2]) == ("BB is not among the countries kept", "BB is left out")


def test_any_attribute_can_exclude() -> None:
    """Bounds pass at the bound; texts pass when listed."""
    bounds = exclusions.AttributeExclusion(attribute="pue", minimum=1.1, maximum=1.2).reasons(case())
    assert bounds == ["pue of 1 is below 1.1", None, None, "pue of 1.25 is above 1.2", None]
    texts = exclusions.AttributeExclusion(attribute="cohesion_category", values=["transition"]).reasons(case())
    assert texts[2] is None
    assert texts[3] == "no value for cohesion_category"
    assert texts[0] == "cohesion_category is 'less developed', not transition"


def test_missing_data_names_the_attribute_and_who_needs_it() -> None:
    """Two readers of one column make one clause."""
    needs = [
        ("electricity_price_eur_per_mwh", "criterion 'energy'"),
        ("electricity_price_eur_per_mwh", "rule 'cap'"),
    ]
    reasons = exclusions.missing_data(case(), needs)
    assert reasons[:4] == [None] * 4
    assert reasons[4] == "no value for electricity_price_eur_per_mwh (needed by criterion 'energy', rule 'cap')"


def test_a_column_the_table_lacks_names_its_reader() -> None:
    """A column that is absent altogether is an error, not a missing value."""
    with pytest.raises(InputError, match=r"criterion 'x' needs the column 'puee'.*did you mean 'pue'"):
        exclusions.missing_data(case(), [("puee", "criterion 'x'")])


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (exclusions.Countries, "either keep"),
        (lambda: exclusions.Countries(keep=["AA"], leave_out=["BB"]), "either keep"),
        (
            lambda: exclusions.Countries(keep=["BBB"]).reasons(case()),
            "country 'BBB' has no candidate; did you mean 'BB'",
        ),
        (lambda: exclusions.AttributeExclusion(attribute="pue"), "bounds"),
        (lambda: exclusions.MinimumVoltage(minimum_kv=230), "minimum_kv is 230"),
    ],
)
def test_a_wrong_exclusion_is_one_sentence(build: object, told: str) -> None:
    """Each names what is wrong."""
    with pytest.raises(InputError, match=told):
        build()  # type: ignore[operator]


def test_the_first_exclusion_is_named_and_all_reasons_are_kept() -> None:
    """A reason another clause repeats with more detail is said once."""
    tests = {"grid": ["no value for pue", None], "missing data": ["no value for pue (needed by x)", None]}
    judged = judge(candidates().index[:2], tests)
    assert judged["excluded"].tolist() == [True, False]
    assert judged["exclusion"].tolist() == ["grid", None]
    assert judged["exclusion_reason"].tolist() == ["no value for pue (needed by x)", None]


def test_removals_are_counted_alone_and_in_sequence() -> None:
    """The sequence adds up to all that is removed; the order alone decides who gets the credit."""
    generator = np.random.default_rng(1)
    tests = {name: ["no" if fails else None for fails in generator.random(40) < 0.4] for name in "abc"}
    table = count(40, tests)
    removed = {name: {i for i, text in enumerate(texts) if text} for name, texts in tests.items()}
    assert table["removed_alone"].tolist() == [len(removed[name]) for name in "abc"]
    assert table.loc["b", "removed_in_sequence"] == len(removed["b"] - removed["a"])
    assert table["left"].iloc[-1] == 40 - len(set.union(*removed.values()))
