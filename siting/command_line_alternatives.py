"""The subcommand `siting alternatives`."""

from __future__ import annotations

from typing import Annotated

import typer

from siting.analysis.result import FORMATS
from siting.command_line_options import (
    DRAWN,
    AsJson,
    Forbidden,
    ModelArgument,
    Required,
    Settings,
    Sites,
    TimeLimit,
    To,
    Weights,
    check_writable,
    overrides_of,
    report,
)


def alternatives(
    model: ModelArgument = "gigafactories",
    within: Annotated[
        float | None, typer.Option(help="All portfolios up to this share above the optimum: 0.02 for 2 %.")
    ] = None,
    within_objective: Annotated[
        float | None, typer.Option(help="All portfolios up to this far above it, in units of the objective.")
    ] = None,
    count: Annotated[int | None, typer.Option(help="This many portfolios, the best.")] = None,
    diverse: Annotated[
        int | None, typer.Option(help="Also choose this many of them that differ most from each other.")
    ] = None,
    limit: Annotated[int, typer.Option(help="List at most this many, the best.")] = 100_000,
    sites: Sites = None,
    weight: Weights = None,
    require: Required = None,
    forbid: Forbidden = None,
    settings: Settings = None,
    time_limit: TimeLimit = None,
    as_json: AsJson = False,
    to: To = None,
) -> None:
    """List every portfolio nearly as good as the optimum, or the best ones by number; none is missing.

    Examples
    --------
        siting alternatives --within 0.02

        siting alternatives gigafactories --within 0.05 --diverse 4 --to alternatives.csv --to alternatives.png

        siting alternatives my-model.toml --count 20 --sites 5 --json
    """
    from siting.analysis.alternatives import alternatives as listed

    for target in to or []:
        check_writable(target, (*FORMATS, *DRAWN), "an analysis")
    found = listed(
        model, within=within, within_objective=within_objective, count=count, diverse=diverse, limit=limit,
        time_limit=time_limit, **overrides_of(sites, weight, require, forbid, settings),
    )  # fmt: skip
    report(found, as_json, to)
