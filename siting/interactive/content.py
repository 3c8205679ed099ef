"""Everything the page shows of a solution, as plain values: `content` works it out, the page draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting._version import __version__
from siting.errors import InputError, suggestion
from siting.interactive import attributes
from siting.interactive.columns import (
    Column,
    analysis_columns,
    attribute_columns,
    criterion_columns,
    criterion_label,
    scaled,
)
from siting.interactive.layers import (
    Layer,
    column_layer,
    exclusion_layer,
    portfolio_layer,
    role_layer,
    service_layer,
)
from siting.interactive.picture import Picture
from siting.interactive.served import by_candidate, served_shares
from siting.interactive.texts import reason, words
from siting.maps.citations import sources_of
from siting.maps.country_names import country_name
from siting.maps.reasons import stated_reasons
from siting.maps.shapes import MISSING, PATTERNS, Pattern
from siting.maps.style import LIGHT, readable
from siting.maps.texts import date_text, printable, word
from siting.plain_values import plain

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from siting.solution import Solution


def content(
    solution: Solution,
    *,
    language: str,
    title: str | None,
    alternatives: Any,
    robustness: Any,
    chosen_attributes: Sequence[str] | None,
    layer: str,
    sources: Sequence[str] | None,
    date: dt.date | str | None,
) -> dict[str, Any]:
    """Return everything the page shows; the parameters are those of `siting.interactive.explore`.

    Raises
    ------
    InputError
        If there is nothing to draw, or an argument is not valid.
    """
    texts = words(language)
    table = solution.candidates
    if not table.index.is_unique:
        raise InputError(f"candidate '{table.index[table.index.duplicated()][0]}' appears twice in the table")
    picture = Picture.of(table, solution.demand)
    attribute = attribute_columns(solution, chosen_attributes, language)
    criteria = criterion_columns(solution, language, texts)
    analyses = analysis_columns(solution, alternatives, robustness, texts)
    score = Column("score", texts["score"], "", "results", table["score"])
    sites = list(table.index[table["selected"].to_numpy(dtype=bool)])
    served, latency, main = by_candidate(table, served_shares(picture.candidates, solution.demand), sites)
    columns = [score, *criteria, *analyses.values(), *attribute]
    found = _layers(solution, columns, main, language, texts)
    return {
        "language": language,
        "words": texts,
        "groups": {key: names[0 if language == "en" else 1] for key, names in attributes.GROUPS.items()},
        "header": _header(solution, title, language, texts),
        "findings": [printable(each.headline) for each in (alternatives, robustness) if each is not None],
        "criteria": _criteria(solution, language, texts),
        "style": _style(len(sites)),
        "base": picture.base(),
        "candidates": _candidates(solution, language)
        | picture.shapes(language)
        | {"served": served, "latency": latency, "closest": main},
        "areas": _areas(picture, sites),
        "columns": [column.to_dict(language) for column in columns],
        "layers": [each.to_dict() for each in found],
        "layer": _position(layer, found),
        "footer": _footer(solution, picture, [column.key for column in attribute], sources, date, language, texts),
    }


def _layers(
    solution: Solution, columns: Sequence[Column], main: list[int], language: str, texts: Mapping[str, str]
) -> list[Layer]:
    """Return the layers of the map in the order of the list: results, criteria, analyses, attributes."""
    table = solution.candidates
    names = [_name(solution, site) for site in table.index[table["selected"].to_numpy(dtype=bool)]]
    found: list[Layer | None] = [portfolio_layer(table, language, texts)]
    if table["excluded"].any():
        found.append(exclusion_layer(table, language, texts))
    if names:
        found.append(service_layer(main, names, texts))
    found += [
        role_layer(column, table["excluded"].to_numpy(dtype=bool), texts) for column in columns if column.key == "role"
    ]
    found += [
        column_layer(column, language, texts)
        for column in columns
        if column.group != "contributions" and column.key != "role"
    ]
    return [layer for layer in found if layer is not None]


def _position(key: str, found: Sequence[Layer]) -> int:
    keys = [layer.key for layer in found]
    if key not in keys:
        raise InputError(f"there is no layer '{key}'{suggestion(str(key), keys)}")
    return keys.index(key)


def _name(solution: Solution, identifier: Any) -> str:
    """Return what a candidate is called: its name, or its identifier."""
    names = solution.candidates.get("name")
    name = None if names is None else names[identifier]
    return printable(identifier if name is None or pd.isna(name) else name)


def _candidates(solution: Solution, language: str) -> dict[str, Any]:
    """Return identifier, name, country and status of every candidate."""
    table = solution.candidates
    countries = table["country"] if "country" in table.columns else pd.Series(None, index=table.index, dtype=object)
    codes = ["" if pd.isna(code) else printable(code) for code in countries]
    chosen = np.cumsum(table["selected"].to_numpy(dtype=bool)) - 1
    return {
        "identifiers": [printable(identifier) for identifier in table.index],
        "names": [_name(solution, identifier) for identifier in table.index],
        "countries": codes,
        "countryNames": {code: country_name(code, language) for code in sorted(set(codes)) if code},
        "site": np.where(table["selected"].to_numpy(dtype=bool), chosen, -1).tolist(),
        "excluded": [int(out) for out in table["excluded"].to_numpy(dtype=bool)],
        "reasons": ["\n".join(reason(text, language) for text in stated) for stated in stated_reasons(table)],
    }


def _areas(picture: Picture, sites: list[Any]) -> list[dict[str, Any]]:
    place = {site: number for number, site in enumerate(sites)}
    return [{"site": place[site], "path": path} for site, path in picture.service_areas().items() if site in place]


def _header(solution: Solution, title: str | None, language: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return title, objective, gap and proof."""
    own = getattr(solution.model, "title", "") or word("title", language)
    cause = texts["gap reached" if solution.status == "gap" else solution.status]
    stopped = cause if solution.is_proven else texts["stopped"].format(status=cause)
    held = solution.portfolio is not None
    return {
        "title": printable(own if title is None else title),
        "held": held,
        "objective": plain(solution.objective),
        "gapPercent": plain(100.0 * solution.gap) if held else None,
        "verdict": stopped if held else texts["none"].format(status=cause),
        "proven": solution.is_proven,
        "proof": printable(solution.proof),
    }


def _criteria(solution: Solution, language: str, texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the criteria of the portfolio as the static maps and the notebook show them."""
    rows = []
    for name, row in solution.criteria.iterrows():
        scale, unit = scaled(pd.Series([row["value"]]), str(row["unit"] or ""), language, texts)
        rows.append(
            {
                "label": criterion_label(str(name), language),
                "value": plain(row["value"] / scale),
                "unit": unit,
                "weight": plain(row["weight"]),
                "contribution": plain(row["contribution"]),
            }
        )
    return rows


def _style(sites: int) -> dict[str, Any]:
    """Return the colours and hatches of the house style."""
    colours = [LIGHT.site_colour(number) for number in range(sites)]
    return {
        "sites": colours,
        "siteTexts": [readable(colour) for colour in colours],
        "excluded": LIGHT.excluded,
        "missing": LIGHT.missing,
        "hatch": LIGHT.hatch,
        "patterns": [_pattern(pattern) for pattern in (*PATTERNS, MISSING)],
    }


def _pattern(pattern: Pattern) -> dict[str, Any]:
    return {"angles": list(pattern.angles), "spacing": pattern.spacing, "width": pattern.width}


def _footer(
    solution: Solution,
    picture: Picture,
    shown: Sequence[str],
    sources: Sequence[str] | None,
    date: dt.date | str | None,
    language: str,
    texts: Mapping[str, str],
) -> dict[str, Any]:
    """Return sources with licences, projection, date and version."""
    drawn: Any = solution
    named = sources_of(drawn, shown) if sources is None else sources
    remarks = [f"{texts['projection']}: ETRS89-LAEA (EPSG:3035)"]
    if not picture.inside.all():
        remarks.append(texts["insetScales"])
    return {
        "sources": [printable(source) for source in named],
        "remarks": remarks,
        "date": date_text(date, language),
        "version": texts["madeWith"].format(version=__version__),
    }
