"""From a model to an instance: read the tables, judge the exclusions, build criteria and rules.

The order matters and stands here in one place. A candidate that lacks a value some enabled block needs stays
out of the instance, because a missing value is never zero; one that fails an exclusion enters as forbidden,
with its reason, so that an analysis can name it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from siting import data, tables
from siting.blocks import Case
from siting.errors import InputError, nearest_name, suggestion
from siting.exclusions import Reasons, missing_data
from siting.instance import Instance, Limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from siting.blocks import Block
    from siting.model import Model
    from siting.rules import NamedPairs

MISSING_DATA = "missing data"
"""Name of the exclusion that no model file lists: a value an enabled criterion or rule needs is missing."""

FORBIDDEN = "forbidden"
"""Name of the exclusion of candidates the model's own list forbids."""

_FORBIDDEN_REASON = "forbidden by the model"


@contextmanager
def named(place: str) -> Iterator[None]:
    """Start the sentence of any input error raised inside with the place it belongs to."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"{place}: {error}") from error.__cause__


def read_case(model: Model, folder: Path, given: Mapping[str, Any]) -> Case:
    """Return the tables and functions the blocks of a model look at.

    Parameters
    ----------
    model : Model
        Its data, facility and latency sections count.
    folder : pathlib.Path
        What relative paths are relative to.
    given : mapping
        Tables handed over in Python, under ``"candidates"`` and ``"demand"``.

    Returns
    -------
    Case
        With all candidates. Where the facility fixes a PUE, it replaces the column `pue`.

    Raises
    ------
    InputError
        If a table cannot be read or used.
    """
    candidates = tables.candidate_table(model.data, folder, given.get("candidates"))
    demand = tables.demand_table(model.data, folder, given.get("demand"))
    if model.facility.pue is not None:
        candidates = candidates.assign(pue=model.facility.pue)
    return Case(
        candidates=candidates,
        demand=demand,
        demand_shares=tables.demand_shares(demand, model.data.demand_weight),
        facility=model.facility,
        latency=model.latency,
        folder=folder,
        data_folder=tables.data_folder(model.data, folder),
    )


def exclusion_tests(model: Model, case: Case) -> dict[str, Reasons]:
    """Return the reasons of every enabled exclusion, of missing data, and of the model's own list.

    Parameters
    ----------
    model : Model
        Its exclusions, in their order in the file.
    case : Case
        All candidates.

    Returns
    -------
    dict of str to list of (str or None)
        J entries per exclusion.

    Raises
    ------
    InputError
        If an exclusion cannot be judged, or the model forbids a candidate that does not exist.
    """
    tests: dict[str, Reasons] = {}
    for name, block in model.exclusions.items():
        if block.enabled:
            with named(f"{model.source}: [exclusions.{name}]"):
                for column in block.columns():
                    case.require(column)
                tests[block.name or name] = block.reasons(case)
    with named(model.source):
        tests[MISSING_DATA] = missing_data(case, _needs(model))
        forbidden = set(known_candidates(model.forbidden, case.candidates, "forbidden"))
    if forbidden:
        tests[FORBIDDEN] = [
            _FORBIDDEN_REASON if identifier in forbidden else None for identifier in case.candidates.index
        ]
    return tests


def assemble(model: Model, case: Case, judged: pd.DataFrame, complete: Iterable[bool]) -> Instance:
    """Return the instance: criteria with their raw weights, rules, required and forbidden candidates.

    Parameters
    ----------
    model : Model
        What is asked.
    case : Case
        All candidates.
    judged : pandas.DataFrame
        Columns `excluded` and `exclusion_reason`, indexed like the candidates.
    complete : iterable of bool
        Which candidates have every value that enabled criteria and rules need.

    Returns
    -------
    Instance
        Weights are the model's, before normalisation.

    Raises
    ------
    InputError
        If a required candidate is unknown or excluded, or fewer candidates are left than sites are asked for.
    """
    with named(model.source):
        _check_required(model, judged, case.candidates)
        _check_number(model, judged)
        if model.data.strict:
            left = case.candidates.loc[~judged["excluded"].to_numpy(dtype=bool)]
            data.refuse_gaps(left, used_columns(model), **tables.price_options(model.data, model.folder))
    kept = np.fromiter(complete, dtype=bool)
    usable = case.with_candidates(kept)
    judged = judged.loc[kept]
    limits, conflicts = _rules(model, usable)
    criteria = {}
    for name, block in model.active_criteria.items():
        with named(f"{model.source}: [criteria.{name}]"):
            criteria[name] = block.build(usable)
    has_service = any(criterion.service is not None for criterion in criteria.values())
    with named(model.source):
        return Instance(
            sites=model.sites,
            criteria=criteria,
            weights=_weights(model),
            demand=case.demand_shares if has_service else None,
            candidates=list(usable.candidates.index),
            required=model.required,
            forbidden=judged.loc[judged["excluded"], "exclusion_reason"].to_dict(),
            limits=limits,
            conflicts=conflicts,
        )


def known_candidates(identifiers: Iterable[str], candidates: gpd.GeoDataFrame, what: str) -> tuple[str, ...]:
    """Return the identifiers, or say which one is unknown and which region comes nearest by code or name.

    Raises
    ------
    InputError
        If an identifier is not in the table.
    """
    labels = candidates["name"] if "name" in candidates.columns else candidates.index.to_series()
    names = {str(name): str(code) for code, name in zip(candidates.index, labels, strict=True)}
    for identifier in identifiers:
        if identifier not in candidates.index:
            # Somebody who writes a code means a code; names come second.
            codes = [str(code) for code in candidates.index]
            name = None if nearest_name(identifier, codes) else nearest_name(identifier, names)
            hint = suggestion(identifier, codes) if name is None else f"; did you mean {names[name]!r} ({name})?"
            raise InputError(f"the {what} candidate {identifier!r} is unknown{hint}")
    return tuple(identifiers)


def used_columns(model: Model) -> list[str]:
    """Return the columns of the candidate table that enabled criteria, rules and exclusions look at.

    Parameters
    ----------
    model : Model
        Its enabled blocks count.

    Returns
    -------
    list of str
        Each once, in the order of first use.
    """
    judging = [column for block in model.exclusions.values() if block.enabled for column in block.columns()]
    return list(dict.fromkeys([*(column for column, _ in _needs(model)), *judging]))


def _needs(model: Model) -> list[tuple[str, str]]:
    blocks: list[tuple[str, str, Block]] = [
        *(("criterion", name, block) for name, block in model.active_criteria.items()),
        *(("rule", name, block) for name, block in model.rules.items() if block.enabled),
    ]
    return [(column, f"{what} {name!r}") for what, name, block in blocks for column in block.columns()]


def _weights(model: Model) -> dict[str, float]:
    """Return the weights, or the rates of a monetised model: both are what its scaling starts from."""
    if model.objective == "monetised":
        return {name: block.eur_per_unit or 0.0 for name, block in model.active_criteria.items()}
    return {name: block.weight for name, block in model.active_criteria.items()}


def _rules(model: Model, case: Case) -> tuple[dict[str, Limit], NamedPairs]:
    limits: dict[str, Limit] = {}
    conflicts: NamedPairs = {}
    for name, block in model.rules.items():
        if not block.enabled:
            continue
        with named(f"{model.source}: [rules.{name}]"):
            for title, limit in block.limits(case).items():
                limits[_unused(title, name, limits)] = limit
            for title, pairs in block.conflicts(case).items():
                conflicts[_unused(title, name, conflicts)] = pairs
    return limits, conflicts


def _unused(title: str, name: str, taken: Mapping[str, object]) -> str:
    """Return the title, with the name of the rule where another rule has the same title."""
    return f"{title} ({name})" if title in taken else title


def _check_required(model: Model, judged: pd.DataFrame, candidates: gpd.GeoDataFrame) -> None:
    for identifier in known_candidates(model.required, candidates, "required"):
        if judged.loc[identifier, "excluded"]:
            reason = str(judged.loc[identifier, "exclusion_reason"])
            raise InputError(f"the required candidate {identifier!r} is excluded: {reason}")
    most = model.sites if isinstance(model.sites, int) else model.sites[1]
    if len(set(model.required)) > most:
        raise InputError(f"{len(set(model.required))} candidates are required, but only {most} sites are chosen")


def _check_number(model: Model, judged: pd.DataFrame) -> None:
    fewest = model.sites if isinstance(model.sites, int) else model.sites[0]
    left = int((~judged["excluded"]).sum())
    if left < fewest:
        causes = judged.loc[judged["excluded"], "exclusion"].value_counts()
        most = f"; {causes.iloc[0]} fail {next(map(str, causes.index))!r}" if len(causes) else ""
        raise InputError(f"{fewest} sites are asked for, but only {left} of {len(judged)} candidates are left{most}")
