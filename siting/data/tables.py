"""Constants every part of the data layer shares: member states, columns, grades."""

from __future__ import annotations

EU27 = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
"""Member states by the code Eurostat uses, which is EL for Greece."""

COUNTRY_NAMES = {
    "AT": "Austria", "BE": "Belgium", "BG": "Bulgaria", "CY": "Cyprus", "CZ": "Czechia", "DE": "Germany",
    "DK": "Denmark", "EE": "Estonia", "EL": "Greece", "ES": "Spain", "FI": "Finland", "FR": "France",
    "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IT": "Italy", "LT": "Lithuania", "LU": "Luxembourg",
    "LV": "Latvia", "MT": "Malta", "NL": "Netherlands", "PL": "Poland", "PT": "Portugal", "RO": "Romania",
    "SE": "Sweden", "SI": "Slovenia", "SK": "Slovakia",
}  # fmt: skip
"""English names of the member states, as the publishers outside Eurostat write them."""

ROW_COLUMNS = ("region", "attribute", "value", "unit", "year", "source", "grade", "rule", "note")
"""Columns of every table with one row per region and attribute."""

PRICE_COLUMNS = ("country", "series", "period", "value", "unit", "year", "source", "grade", "rule", "note")
"""Columns of every table with one row per country, series and period."""

GRADES = ("official", "measured", "derived", "assumption", "unchecked")
"""How far a value can be trusted, from a publisher's figure to one written down from memory."""

OVERSEAS = ("ES70", "FRY1", "FRY2", "FRY3", "FRY4", "FRY5", "PT20", "PT30")
"""Outermost regions, Article 349 of the Treaty on the Functioning of the European Union, as NUTS-2 codes."""
