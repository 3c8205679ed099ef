"""Checks of the values against each other and against published totals. What disagrees is a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.data import checking, reading
from siting.data.inheritance import set_rules
from siting.data.prices import TABLE, WHOLESALE
from siting.data.provenance import FULL, coverage
from siting.data.verification.result import PASS, WARN, Check, judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

TOLERANCES = {"population": (0.97, 1.03), "gdp_million_eur": (0.995, 1.005), "generation_mw": (0.75, 1.05)}
"""Smallest and largest ratio of the sum of the regions to the published total that needs no explanation."""
LARGEST_STEP = 1.6
"""Ratio of two neighbouring semesters of one series in one country above which a price is looked at twice."""
LARGEST_BAND_RATIO = 1.1
"""Larger users pay less: band IG above band IF by more than this is looked at twice."""
LEAST_OF_WHOLESALE = 0.7
"""A retail price below this share of the day-ahead mean of the year is looked at twice."""
PLAUSIBLE_EUR_PER_MWH = (5.0, 500.0)
DISAGREEMENTS = ("the rule on today's figures gives", "the second list says", "category from the second list")
"""How the rebuild notes in a row that the lists of cohesion categories disagree."""


def complete(directory: Path | None) -> Check:
    """Check that every attribute has a row for every region of its level: a value, or the rule of its absence.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Fails where a region has no row at all.
    """
    attributes, rows = reading.attribute_table(directory), reading.values(directory)
    findings, pairs = [], 0
    made = set(set_rules(directory).index)
    for name, entry in attributes.iterrows():
        for level in entry["level"].split():
            pairs += 1
            if (level, name) in made or set(entry["table"].split()) <= reading.WIDE_TABLES:
                if (level, name) not in made:
                    findings.append(f"nothing says how the set {level} comes by {name}")
                continue
            here = rows[(rows["attribute"] == name) & (rows["level"] == level)]
            if len(here) != FULL[level]:
                findings.append(f"{name} has {len(here)} rows on the level {level}, {FULL[level]} are expected")
    table = coverage(directory)
    absent = int(table["missing"].sum())
    return judged("coverage", f"{pairs} attributes by level; {absent} values absent by a rule", findings)


def price_copies(directory: Path | None) -> Check:
    """Report how far two copies of the same Eurostat price table disagree.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Warns per country and band with a difference.
    """
    columns = ("country", "series", "compared", "differing", "largest_difference", "unit", "period")
    table = checking.read_text_table(reading.locate("price_copies.csv", directory), columns)
    table = table.astype({"compared": int, "differing": int, "largest_difference": float})
    findings = [
        f"{row.country} {row.series}: {row.differing} of {row.compared} differ, by up to "
        f"{row.largest_difference:g} {row.unit} ({row.period})"
        for row in table[table["differing"] > 0].itertuples()
    ]
    detail = f"{table['differing'].sum()} of {table['compared'].sum()} prices differ by more than rounding"
    return judged("two copies of the Eurostat prices", detail, findings, WARN)


def cohesion_lists(directory: Path | None) -> Check:
    """Report the regions on whose cohesion category the lists disagree.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Warns per region.
    """
    rows = reading.values(directory)
    rows = rows[rows["attribute"] == "cohesion_category"]
    disputed = rows[rows["note"].map(lambda note: any(words in note for words in DISAGREEMENTS))]
    findings = [f"{row.region} is given as {row.value}: {row.note}" for row in disputed.itertuples()]
    return judged("lists of cohesion categories", f"{len(rows)} regions, {len(findings)} disputed", findings, WARN)


def totals(directory: Path | None) -> list[Check]:
    """Compare the sums of the regions with published totals of the countries and of the Union.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    list of Check
        One per attribute of `published_totals.csv`; warns outside the tolerance.
    """
    columns = ("attribute", "country", "value", "unit", "year", "source", "grade")
    path = reading.locate("published_totals.csv", directory)
    published = checking.read_text_table(path, columns)
    published["number"] = checking.positive_numbers(path, published, "value")
    rows = reading.values(directory)
    checks = []
    for name, group in published.groupby("attribute"):
        ours = rows[(rows["attribute"] == name) & (rows["level"] == "nuts2") & (rows["value"] != "")]
        numbers = ours["value"].astype(float)
        sums = numbers.groupby(ours["region"].str[:2]).sum()
        sums["EU"] = numbers.sum()
        least, most = TOLERANCES.get(str(name), (0.95, 1.05))
        findings = []
        for row in group.to_dict("records"):
            ratio = float(sums.get(row["country"], 0.0)) / row["number"]
            if not least <= ratio <= most:
                findings.append(
                    f"{row['country']}: the regions sum to {ratio:.1%} of the published {row['number']:,.0f} "
                    f"{row['unit']} ({row['year']}, {row['grade']})"
                )
        union = float(sums["EU"]) / float(group.loc[group["country"] == "EU", "number"].iloc[0])
        detail = f"{len(group)} totals, the Union's sum is {union:.1%} of the published one"
        checks.append(judged(f"published totals of {name}", detail, findings, WARN))
    return checks


def plausible_prices(directory: Path | None) -> Check:
    """Look for prices out of range, sudden steps, and bands or markets in an unlikely order.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Warns of each.
    """
    table = checking.read_price_table(reading.locate(f"{TABLE}.csv", directory)).dropna(subset=["value"])
    wide = {str(name): group.pivot(index="country", columns="period", values="value")  # noqa: PD010 - refuses repeats
            for name, group in table.groupby("series")}  # fmt: skip
    least, most = PLAUSIBLE_EUR_PER_MWH
    findings = [
        f"{row.country} {row.series} {row.period}: {row.value:g} EUR/MWh is outside {least:g} to {most:g}"
        for row in table[~table["value"].between(least, most)].itertuples()
    ]
    for series in ("eurostat_IG", "eurostat_IF"):
        if series in wide:
            findings += _steps(series, wide[series])
    if {"eurostat_IG", "eurostat_IF"} <= set(wide):
        findings += _order(wide["eurostat_IG"], wide["eurostat_IF"])
    if {"eurostat_IG", WHOLESALE} <= set(wide):
        findings += _against_wholesale(wide["eurostat_IG"], wide[WHOLESALE])
    return judged("plausible prices", f"{len(table):,} prices of {len(wide)} series", findings, WARN)


def _entries(wide: pd.DataFrame) -> Iterator[tuple[str, str, float]]:
    """Return row, column and value of each cell that has one."""
    for column in wide.columns:
        for row, value in wide[column].dropna().items():
            yield str(row), str(column), float(value)


def _steps(series: str, wide: pd.DataFrame) -> list[str]:
    """Return the semesters that differ much from the one before."""
    ordered = wide[sorted(wide.columns)]
    return [
        f"{country} {series} {period}: {ratio:.2f} times the semester before"
        for country, period, ratio in _entries(ordered / ordered.shift(1, axis=1))
        if not 1 / LARGEST_STEP <= ratio <= LARGEST_STEP
    ]


def _order(larger: pd.DataFrame, smaller: pd.DataFrame) -> list[str]:
    """Return where larger users pay more than smaller ones."""
    return [
        f"{country} {period}: band IG is {ratio:.2f} times band IF"
        for country, period, ratio in _entries(larger / smaller)
        if ratio > LARGEST_BAND_RATIO
    ]


def _against_wholesale(retail: pd.DataFrame, wholesale: pd.DataFrame) -> list[str]:
    """Return where a year's retail price is far below the day-ahead mean."""
    yearly = retail.T.groupby(retail.columns.str[:4]).mean().T
    return [
        f"{country} {year}: band IG is {ratio:.0%} of the day-ahead mean"
        for country, year, ratio in _entries(yearly / wholesale.reindex(columns=yearly.columns))
        if ratio < LEAST_OF_WHOLESALE
    ]


def unverified(directory: Path | None) -> Check:
    """Report how many rows rest on memory.

    Parameters
    ----------
    directory : pathlib.Path or None
        A user's folder, or None for the shipped tables.

    Returns
    -------
    Check
        Warns per attribute with rows of grade unchecked.
    """
    rows = reading.values(directory)
    counts = rows[rows["grade"] == "unchecked"].groupby("attribute").size()
    findings = [f"{name}: {count} rows are of grade unchecked" for name, count in counts.items()]
    return Check(
        "grades", WARN if findings else PASS, f"{counts.sum():,} of {len(rows):,} rows are unchecked", tuple(findings)
    )
