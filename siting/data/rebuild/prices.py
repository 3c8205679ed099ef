"""Electricity prices per country: Eurostat semesters, gaps filled by named rules, and day-ahead means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pandas as pd

from siting.data.rebuild.raw import MISSING_MARKERS, numbers, read_csv
from siting.data.rebuild.writing import PriceRow, number, write_frame, write_rows
from siting.data.tables import COUNTRY_NAMES, EU27

if TYPE_CHECKING:
    from pathlib import Path

EUROSTAT = "eurostat_nrg_pc_205"
EMBER = "ember_day_ahead"
ADDERS = "adder_estimates"
UNION = "EU27_2020"
BANDS = ("IG", "IF")
ZERO = "0.0000"
"""Eurostat's tables write this where a price is missing; nobody sells electricity for nothing."""
FLAGS = {"e": "flag e: estimated", "p": "flag p: provisional"}
KWH_PER_MWH = 1000.0
MONTHS_OF_HALF_YEAR = 6
MONTHS_OF_YEAR = 12
HALVES_OF_YEAR = 2
RETAIL_PREFIX = "eurostat_"
WHOLESALE = "wholesale"
NEIGHBOURS = {"CY": ("EL",), "MT": ("IT",), "HR": ("SI", "HU"), "LU": ("BE", "DE", "FR")}
"""Land or cable neighbours used by the last rule; countries not named here never need it."""
NO_MARKET = frozenset({"CY", "MT"})
"""Member states without a day-ahead market of their own in the series."""


def parse_price(cell: str) -> tuple[float | None, str]:
    """Return a Eurostat cell in EUR/MWh and the meaning of its flag; None where the cell means missing.

    Parameters
    ----------
    cell : str
        For example "0.1821 e", ": @C" or "0.0000".

    Returns
    -------
    tuple of (float or None, str)
        The price, and a note on the publisher's flag.

    Raises
    ------
    ValueError
        If the cell is neither a missing marker nor a number.

    Examples
    --------
    >>> parse_price("0.1821 e")
    (182.1, 'flag e: estimated')
    >>> parse_price("0.0000"), parse_price(": @C")
    ((None, ''), (None, ''))
    """
    text, _, flag = cell.strip().partition(" ")
    if text in MISSING_MARKERS or text == ZERO:
        return None, ""
    return round(float(text) * KWH_PER_MWH, 4), FLAGS.get(flag, f"flag {flag}" if flag else "")


def _eurostat(folder: Path) -> tuple[dict[tuple[str, str, str], tuple[float, str]], list[str]]:
    """Return price and note per (band, country, semester) as observed, and the semesters in order."""
    raw = read_csv(folder / "eurostat_nrg_pc_205_if_ig_ex_vat.csv", ("geo", "band"))
    semesters = [column for column in raw.columns if column not in {"geo", "band"}]
    observed = {}
    for _, row in raw.iterrows():
        for semester in semesters:
            value, note = parse_price(row[semester])
            if value is not None:
                observed[row["band"], row["geo"], semester] = (value, note)
    return observed, semesters


def _day_ahead(folder: Path) -> pd.Series:
    """Return the monthly day-ahead mean by (country, month)."""
    price = "Price (EUR/MWhe)"
    raw = read_csv(folder / "ember_wholesale_monthly.csv", ("Country", "Date", price))
    codes = {name: code for code, name in COUNTRY_NAMES.items()}
    raw = raw[raw["Country"].isin(codes) & (raw[price] != "")]
    index = pd.MultiIndex.from_arrays([raw["Country"].map(codes), raw["Date"].str[:7]], names=["country", "month"])
    return pd.Series(numbers(raw[price]).to_numpy(), index=index).sort_index()


def _mean(monthly: pd.Series, country: str, period: str) -> float | None:
    """Return the mean over a complete half-year or year, None where months are missing."""
    if country not in monthly.index.get_level_values("country"):
        return None
    months = monthly[country]
    chosen = months[months.index.str.startswith(period[:4])]
    needed = MONTHS_OF_YEAR
    if "-S" in period:
        second = chosen.index.str[5:7].astype(int) > MONTHS_OF_HALF_YEAR
        chosen, needed = chosen[second == period.endswith("S2")], MONTHS_OF_HALF_YEAR
    return float(chosen.mean()) if len(chosen) == needed else None


@dataclass(frozen=True)
class _Filled:
    """A price, observed or filled in, and how it came about."""

    value: float | None
    source: str
    grade: str
    rule: str
    note: str

    def row(self, country: str, series: str, period: str, decimals: int = 1) -> PriceRow:
        """Return the price as a row of the table."""
        value = "" if self.value is None else number(self.value, decimals)
        return PriceRow(
            country,
            series,
            period,
            value,
            "EUR/MWh",
            period[:4],
            self.source,
            self.grade,
            self.rule,
            self.note,
        )


class _Filler:
    """The rules for a missing retail price, tried in the order of `rules`."""

    def __init__(self, source: Path) -> None:
        self.observed, self.semesters = _eurostat(source / "prices")
        self.monthly = _day_ahead(source / "prices")
        raw = read_csv(
            source / "domain" / "enduser_adders_estimates.csv",
            ("country", "network_eur_mwh_central", "tax_levy_eur_mwh_central"),
        ).set_index("country")
        self.adders = numbers(raw["network_eur_mwh_central"]) + numbers(raw["tax_levy_eur_mwh_central"])

    def row(self, band: str, country: str, semester: str) -> PriceRow:
        """Return the observed price, or the first that a rule can fill in."""
        if (band, country, semester) in self.observed:
            value, note = self.observed[band, country, semester]
            filled = _Filled(value, EUROSTAT, "official", "", note)
        else:
            rules = (self._other_band, self._other_semester, self._wholesale, self._neighbours)
            attempts = (rule(band, country, semester) for rule in rules)
            filled = next(filter(None, attempts), _Filled(None, EUROSTAT, "official", "no_price_known", ""))
        return filled.row(country, f"{RETAIL_PREFIX}{band}", semester)

    def _other_band(self, band: str, country: str, semester: str) -> _Filled | None:
        other = BANDS[1 - BANDS.index(band)]
        needed = [(other, country, semester), (band, UNION, semester), (other, UNION, semester)]
        if not all(key in self.observed for key in needed):
            return None
        price, union, union_other = (self.observed[key][0] for key in needed)
        note = f"band {other} is {price:.1f}; times {union / union_other:.3f}, the Union's ratio of the bands"
        return _Filled(price * union / union_other, EUROSTAT, "derived", "other_band_times_union_ratio", note)

    def _other_semester(self, band: str, country: str, semester: str) -> _Filled | None:
        position = self.semesters.index(semester)
        for other in (position - 1, position + 1):
            if 0 <= other < len(self.semesters) and (band, country, self.semesters[other]) in self.observed:
                near = self.semesters[other]
                value = self.observed[band, country, near][0]
                return _Filled(value, EUROSTAT, "derived", "same_band_adjacent_semester", f"price of {near}")
        return None

    def _wholesale(self, _band: str, country: str, semester: str) -> _Filled | None:
        mean = _mean(self.monthly, country, semester)
        if mean is None or country not in self.adders.index:
            return None
        adder = float(self.adders[country])
        note = f"day-ahead mean {mean:.1f} plus network charges and taxes {adder:.1f} (estimated)"
        return _Filled(mean + adder, EMBER, "assumption", "wholesale_plus_adders", note)

    def _neighbours(self, band: str, country: str, semester: str) -> _Filled | None:
        near = [code for code in NEIGHBOURS.get(country, ()) if (band, code, semester) in self.observed]
        if not near:
            return None
        mean = sum(self.observed[band, code, semester][0] for code in near) / len(near)
        return _Filled(mean, EUROSTAT, "derived", "mean_of_neighbouring_countries", f"mean of {', '.join(near)}")


def _retail_less_adders(filler: _Filler, halves: list[float], country: str) -> _Filled:
    """Return what is left of a year's retail price of band IF when the estimated charges are taken off."""
    value = sum(halves) / len(halves) - float(filler.adders[country])
    note = "no day-ahead market; mean of both semesters of band IF less network charges and taxes"
    return _Filled(value, EUROSTAT, "assumption", "retail_less_adders", note)


def _wholesale_rows(filler: _Filler, retail: list[PriceRow]) -> list[PriceRow]:
    """Return annual day-ahead means; without a market the retail price less the adders, or an empty row."""
    years = sorted({month[:4] for month in filler.monthly.index.get_level_values("month")})
    series = f"{RETAIL_PREFIX}IF"
    known = {(row.country, row.period): float(row.value) for row in retail if row.series == series and row.value}
    rows = []
    for year in years:
        if all(_mean(filler.monthly, country, year) is None for country in EU27):
            continue
        for country in EU27:
            mean = _mean(filler.monthly, country, year)
            halves = [known[country, half] for half in (f"{year}-S1", f"{year}-S2") if (country, half) in known]
            note = "the series does not cover this country in the whole year"
            filled = _Filled(mean, EMBER, "official", "", "")
            if mean is None and country in NO_MARKET and len(halves) == HALVES_OF_YEAR:
                filled = _retail_less_adders(filler, halves, country)
            elif mean is None:
                filled = _Filled(None, EMBER, "official", "no_day_ahead_market", note)
            rows.append(filled.row(country, WHOLESALE, year))
    return rows


def _adder_table(source: Path) -> pd.DataFrame:
    """Return network charges and taxes per country in the long form of the price tables."""
    raw = read_csv(source / "domain" / "enduser_adders_estimates.csv", ("country", "status", "note"))
    pieces = []
    for column, kind in (
        ("network_eur_mwh_central", "network_charge"),
        ("tax_levy_eur_mwh_central", "tax_and_levy"),
    ):
        pieces.append(
            pd.DataFrame(
                {
                    "country": raw["country"], "adder": kind,
                    "value": [number(value, 1) for value in numbers(raw[column])],
                    "unit": "EUR/MWh", "year": "2026", "source": ADDERS,
                    # Only the Finnish tax was read in a source.
                    "grade": [
                        "derived" if kind == "tax_and_levy" and status.startswith("tax R;") else "assumption"
                        for status in raw["status"]
                    ],
                    "note": raw["note"],
                }
            )
        )  # fmt: skip
    return pd.concat(pieces).sort_values(["adder", "country"], kind="stable")


def rebuild(source: Path, target: Path) -> None:
    """Write `electricity_prices.csv`, `electricity_prices_monthly.csv` and `electricity_adders.csv`.

    Parameters
    ----------
    source : pathlib.Path
        Folder of the publishers' files.
    target : pathlib.Path
        Folder of the shipped tables.
    """
    filler = _Filler(source)
    retail = [
        filler.row(band, country, semester) for band in BANDS for semester in filler.semesters for country in EU27
    ]
    write_rows([*retail, *_wholesale_rows(filler, retail)], target / "electricity_prices.csv")
    monthly = []
    for key, value in filler.monthly.items():
        country, month = cast("tuple[str, str]", key)
        monthly.append(_Filled(float(value), EMBER, "official", "", "").row(country, WHOLESALE, month, decimals=2))
    write_rows(monthly, target / "electricity_prices_monthly.csv")
    write_frame(_adder_table(source), target / "electricity_adders.csv")
