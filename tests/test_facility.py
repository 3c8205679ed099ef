"""The formulas of a facility against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from siting.errors import InputError
from siting.facility import Facility, annuity


def test_the_default_facility_is_208_megawatts_of_it() -> None:
    """100,000 accelerators of 2.08 kW are 208 MW of IT, 229 MW at PUE 1.10 and 260 MW at PUE 1.25."""
    facility = Facility()
    assert facility.it_power_mw == pytest.approx(208.0)
    assert facility.facility_power_mw([1.10, 1.25]) == pytest.approx([228.8, 260.0])


def test_the_contract_covers_power_factor_and_reserve() -> None:
    """190 MW at PUE 1.0 behind a power factor of 0.95 and a reserve of a fifth are 250 MVA."""
    facility = Facility(kilowatts_per_accelerator=1.9, power_factor=0.95, grid_share_reaching_it=0.8)
    assert facility.contracted_mva(1.0) == pytest.approx(250.0)


def test_annual_energy_is_power_times_load_times_hours() -> None:
    """150 MW of IT at PUE 1.15 and load 0.8 use 1.21 TWh a year."""
    facility = Facility(kilowatts_per_accelerator=1.5)
    assert facility.annual_energy_mwh(1.15) == pytest.approx(150 * 1.15 * 0.8 * 8760)
    assert facility.annual_energy_mwh(1.15) == pytest.approx(1.21e6, rel=1e-2)


def test_a_missing_pue_stays_missing() -> None:
    """NaN in, NaN out: a missing value is never zero."""
    assert np.isnan(Facility(kilowatts_per_accelerator=1.0).contracted_mva([1.1, np.nan])).tolist() == [
        False,
        True,
    ]


def test_a_given_number_replaces_the_table() -> None:
    """With kilowatts_per_accelerator the class is only a label."""
    assert Facility(accelerator="my chip", kilowatts_per_accelerator=2.0).it_power_mw == pytest.approx(200.0)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"accelerator": "GB200 NVL27"}, "accelerator 'GB200 NVL27' is unknown; did you mean 'GB200 NVL72'?"),
        ({"load_factor": 1.2}, "Facility: load_factor is 1.2; it should be less than or equal to 1"),
        ({"acelerators": 5}, "Facility: unknown key 'acelerators'; did you mean 'accelerators'?"),
        ({"accelerators": "many"}, "Facility: accelerators is 'many'; it should be a valid integer"),
    ],
)
def test_a_wrong_value_is_one_sentence(values: dict[str, object], told: str) -> None:
    """Each says what is wrong and the nearest valid thing."""
    with pytest.raises(InputError) as caught:
        Facility(**values)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pue_below_one_is_refused() -> None:
    """A facility cannot use less than its IT."""
    with pytest.raises(InputError, match=r"PUE of 0\.9 is below 1"):
        Facility(kilowatts_per_accelerator=1.0).annual_energy_mwh([1.1, 0.9])


def test_an_annuity_repays_the_investment() -> None:
    """The present value of the payments is the amount."""
    payment = annuity(1000.0, rate=0.055, years=40)
    assert sum(payment / 1.055**year for year in range(1, 41)) == pytest.approx(1000.0)
    assert annuity(1000.0, rate=0.0, years=20) == pytest.approx(50.0)
    with pytest.raises(InputError, match="years > 0"):
        annuity(1000.0, rate=0.05, years=0)
