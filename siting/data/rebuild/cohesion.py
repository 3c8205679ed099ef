"""Cohesion category, co-financing, eligibility of large enterprises, and the procuring states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data.rebuild.raw import read_csv, read_layer
from siting.data.rebuild.writing import Row, write_rows
from siting.data.tables import EU27, OVERSEAS
from siting.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

RULE_LIST = "cohesion_rule"
SECOND_LIST = "cohesion_second_list"
PERIOD = "2021-2027"
NAMES = {"LD": "less developed", "TR": "transition", "MD": "more developed"}
SECOND_NAMES = {"less_developed": "LD", "transition": "TR", "more_developed": "MD"}
SUCCESSORS = {"NL31": "NL35", "NL33": "NL36", "PT16": "PT19", "PT17": "PT1A", "PT18": "PT1C"}
"""2024 code that carries the category of a 2021 region in the raw list."""
PROCURING_ITEM = "member states in joint procurement"


def _read(folder: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the list made by the rule and, per region, the category of the second list."""
    columns = (
        "nuts2", "category_recomputed", "category_2021_27_best", "within_3pts_of_threshold",
        "max_cofinancing_pct_art112", "erdf_large_enterprise_STEP_eligible_art5_2_e", "note",
    )  # fmt: skip
    first = read_csv(folder / "cohesion_category_nuts2.csv", columns).set_index("nuts2")
    second = read_csv(folder / "cohesion_category_unchecked.csv", ("nuts2", "category_2021_2027_FROM_MEMORY"))
    categories = second.set_index("nuts2")["category_2021_2027_FROM_MEMORY"].map(SECOND_NAMES)
    return first, {str(code): name for code, name in categories.dropna().items()}


def _category(entry: pd.Series, second: str | None) -> tuple[str, str, str]:
    """Return the category, its grade, and what a reader must know about it."""
    best, recomputed = entry["category_2021_27_best"], entry["category_recomputed"]
    notes = []
    if best == "?":
        if second is None:
            raise DataError(f"neither cohesion list knows the category of {entry.name}")
        best = second
        notes.append("category from the second list, written from memory")
    if recomputed and recomputed != best:
        notes.append(f"the rule on today's figures gives {NAMES[recomputed]}")
    if second and second != best:
        notes.append(f"the second list says {NAMES[second]}")
    agreed = not notes
    if entry["within_3pts_of_threshold"] == "Y":
        notes.append("within 3 points of a threshold")
    return best, "derived" if agreed else "unchecked", "; ".join(notes)


def _region_rows(region: str, entry: pd.Series, second: str | None, code: str) -> list[Row]:
    best, grade, note = _category(entry, second)
    rule = "mean_gdp_per_head_2015_17"
    if code != region:
        rule, note = (
            "category_of_successor_region",
            "; ".join(filter(None, [f"from the 2024 code {code}", note])),
        )
    eligible = entry["erdf_large_enterprise_STEP_eligible_art5_2_e"]
    # A less developed or transition region is eligible whichever of the two it is.
    is_eligible = eligible == "Y" if eligible != "?" else best in {"LD", "TR"}
    shared = {"year": PERIOD, "source": RULE_LIST, "grade": grade, "rule": rule, "note": note}
    treaty = {"year": PERIOD, "source": "treaty_article_349", "grade": "official"}
    return [
        Row(region, "cohesion_category", NAMES[best], "", **shared),
        Row(region, "large_enterprise_eligible", "true" if is_eligible else "false", "", **shared),
        Row(region, "maximum_cofinancing_percent", entry["max_cofinancing_pct_art112"], "%", **shared),
        Row(region, "outermost", "true" if region in OVERSEAS else "false", "", **treaty),
    ]


def rebuild(source: Path, target: Path) -> None:
    """Write `cohesion.csv` and `programme.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables, with the polygons.

    Raises
    ------
    siting.errors.DataError
        If a region is in neither list, or the procuring states are not named.
    """
    first, second = _read(source / "cohesion")
    rows = []
    for region in read_layer(target, "nuts2").index:
        code = SUCCESSORS.get(region, region)
        if code not in first.index:
            raise DataError(f"the cohesion list lacks the region {code}")
        rows += _region_rows(region, first.loc[code], second.get(region, second.get(code)), code)
    write_rows(rows, target / "cohesion.csv")
    call = read_csv(source / "domain" / "call_requirements.csv", ("item", "lot1"))
    named = call.loc[call["item"] == PROCURING_ITEM, "lot1"]
    if len(named) != 1:
        raise DataError(f"call_requirements.csv lacks the row '{PROCURING_ITEM}'")
    states = set(named.iloc[0].split())
    write_rows(
        [
            Row(country, "procuring_state", "true" if country in states else "false", "", "2026", "call_2026",
                "unchecked", note="quoted by a third party; the call itself was not read")
            for country in EU27
        ],
        target / "programme.csv",
    )  # fmt: skip
