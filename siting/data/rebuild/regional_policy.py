"""Just Transition territories, Cohesion Fund, regional aid, and how long a large load waits for its connection."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from siting.data.rebuild.population_economy import read_crosswalk, to_nuts_2021
from siting.data.rebuild.raw import MISSING_MARKERS, numbers, read_csv, read_layer
from siting.data.rebuild.writing import Row, number, write_rows
from siting.data.tables import EU27, OVERSEAS
from siting.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

TERRITORIES, FUND, AID = "just_transition_list", "cohesion_fund_list", "regional_aid_guidelines"
PERIOD, AID_PERIOD = "2021-2027", "2022-2027"
REFERENCE_YEARS = ("2016", "2017", "2018")
A_AREA = 75.0
"""GDP per head (EU-27 = 100) up to which a region is an a-area."""
INTENSITIES = ((55.0, 50.0), (65.0, 40.0), (A_AREA, 30.0))
"""Highest GDP per head, and the highest share of an investment of a large undertaking that aid may pay there."""
OUTERMOST_BONUS = (20.0, 10.0)
"""Points for an outermost region up to 75, and above."""
CODE = re.compile(r"\b[A-Z]{2}[0-9A-Z]{2,3}\b")


def territories(cell: str) -> list[str]:
    """Return the NUTS codes a cell of the list of territories names, without its remarks.

    Parameters
    ----------
    cell : str
        Codes separated by semicolons, with remarks in brackets.

    Returns
    -------
    list of str
        Codes of four or five characters.

    Examples
    --------
    >>> territories("EE007 (NUTS2016) / EE00A (NUTS2021+)")
    ['EE007', 'EE00A']
    """
    return CODE.findall(re.sub(r"\([^)]*\)", "", cell))


def _just_transition(path: Path, nuts2: pd.Index, nuts3: pd.Index) -> list[Row]:
    """Return the flag of every NUTS-3 region, and of every NUTS-2 region that holds one."""
    raw = read_csv(path, ("country", "nuts3_or_nuts2_codes_from_memory", "confidence"))
    named = {code for cell in raw["nuts3_or_nuts2_codes_from_memory"] for code in territories(cell)}
    inside = {code for code in nuts3 if code in named or code[:4] in named}
    confidence = dict(zip(raw["country"], raw["confidence"], strict=True))
    above = {code[:4] for code in inside}
    rows = []
    for region in (*nuts3, *nuts2):
        note = f"confidence in the national list: {confidence.get(region[:2], 'none')}"
        rows.append(
            Row(region, "just_transition", "true" if region in inside | above else "false", "", PERIOD, TERRITORIES,
                "unchecked", "" if len(region) == 5 else "any_nuts3_within", note)
        )  # fmt: skip
    return rows


def _cohesion_fund(path: Path) -> list[Row]:
    raw = read_csv(path, ("country", "cohesion_fund_2021_27(M)")).set_index("country")["cohesion_fund_2021_27(M)"]
    missing = [code for code in EU27 if code not in raw.index]
    if missing:
        raise DataError(f"{path.name} lacks {', '.join(missing)}")
    return [
        Row(code, "cohesion_fund", "true" if raw[code] == "Y" else "false", "", PERIOD, FUND, "unchecked")
        for code in EU27
    ]


def intensity(index: float, *, outermost: bool) -> float | None:
    """Return the highest regional aid to a large undertaking in an a-area, in percent, or None elsewhere.

    Parameters
    ----------
    index : float
        GDP per head, EU-27 = 100.
    outermost : bool
        Whether the region is outermost, and so an a-area whatever its GDP.

    Returns
    -------
    float or None
        Percent of the eligible cost, before the reduction for large investments.

    Examples
    --------
    >>> intensity(60.0, outermost=False), intensity(50.0, outermost=True), intensity(90.0, outermost=False)
    (40.0, 70.0, None)
    """
    base = next((percent for most, percent in INTENSITIES if index <= most), None)
    if not outermost:
        return base
    return (base or INTENSITIES[-1][1]) + OUTERMOST_BONUS[0 if base else 1]


def _regional_aid(folder: Path, regions: pd.Index) -> list[Row]:
    """Return the intensity of the a-areas by the mean GDP per head of the reference years."""
    raw = read_csv(folder / "eurostat_gdp_pc_pps_rel_eu_nuts2.csv", ("geo", "time", "obs_value"))
    raw = raw[raw["time"].isin(REFERENCE_YEARS) & ~raw["obs_value"].str.strip().isin(MISSING_MARKERS)]
    mean = numbers(raw["obs_value"]).groupby(raw["geo"]).mean()
    crosswalk = read_crosswalk(folder, 2)
    table = to_nuts_2021(mean, crosswalk[crosswalk["code_v2021"].isin(regions)], additive=False)["value"]
    rows = []
    for region in regions:
        index = table.get(region, float("nan"))
        percent = None if pd.isna(index) else intensity(index, outermost=region in OVERSEAS)
        rule = "not_published" if pd.isna(index) else "a_area_by_gdp_per_head_2016_18" if percent else "no_a_area"
        rows.append(
            Row(region, "regional_aid_percent", number(percent) if percent else "", "%", AID_PERIOD, AID, "assumption",
                rule, "" if pd.isna(index) else f"mean of 2016-18 is {index:.0f}")
        )  # fmt: skip
    return rows


def _areas(path: Path, rows: list[Row], nuts3: pd.Index) -> list[Row]:
    """Return the intensities of both levels: the single areas read in a report, elsewhere that of the NUTS-2 region."""
    raw = read_csv(path, ("region", "percent", "grade", "source", "note"))
    read = {
        area["region"]: Row(area["region"], "regional_aid_percent", area["percent"], "%", AID_PERIOD, area["source"],
                            area["grade"], "c_area_read_in_a_report", area["note"])
        for area in raw.to_dict("records")
    }  # fmt: skip
    large = {row.region: read.get(row.region, row) for row in rows}
    small = []
    for region in nuts3:
        above = large[region[:4]]
        rule = "inherited_from_nuts2" if above.value else above.rule
        small.append(read.get(region, replace(above, region=region, rule=rule)))
    return [*large.values(), *small]


def _waits(target: Path, regions: pd.Index) -> list[Row]:
    """Return the wait of the hub, else of the country."""
    table = read_csv(target / "connection_waits.csv", ("region", "years", "grade", "source", "note"))
    table = table.set_index("region")
    rows = []
    for region in regions:
        code = region if region in table.index else region[:2]
        if code not in table.index:
            raise DataError(f"connection_waits.csv lacks {code}")
        years, grade, source, note = table.loc[code, ["years", "grade", "source", "note"]]
        rule = "wait_of_hub" if code == region else "wait_of_country"
        rows.append(Row(region, "connection_wait_years", years, "a", "2025", source, grade, rule, note))
    return rows


def rebuild(source: Path, target: Path) -> None:
    """Write `regional_policy.csv`, `just_transition.csv` and `connection_wait.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons, `connection_waits.csv` and `regional_aid_areas.csv`.

    Raises
    ------
    siting.errors.DataError
        If a member state is missing.
    """
    nuts2, nuts3 = read_layer(target, "nuts2").index, read_layer(target, "nuts3").index
    folder = source / "cohesion"
    fund = _cohesion_fund(folder / "country_gdp_index_2015_17.csv")
    aid = _areas(target / "regional_aid_areas.csv", _regional_aid(source / "population", nuts2), nuts3)
    write_rows([*fund, *aid], target / "regional_policy.csv")
    listed = _just_transition(folder / "jtf_territories_unchecked.csv", nuts2, nuts3)
    write_rows(listed, target / "just_transition.csv")
    write_rows(_waits(target, nuts2), target / "connection_wait.csv")
