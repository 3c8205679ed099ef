"""What a robustness analysis sends to its workers, made of a model and of what is uncertain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting.acceptability import Experiment, Ruler
from siting.constraints import Constraints
from siting.engine import solve_instance
from siting.errors import InputError, SolverError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from siting.analysis._robustness_data import UncertainData
    from siting.draws import WeightDraws
    from siting.preparation import Prepared
    from siting.search import Search


def judged_portfolio(
    prepared: Prepared, portfolio: Sequence[Hashable] | None, clock: Search
) -> tuple[tuple[Hashable, ...], list[str]]:
    """Return the portfolio to judge, in the order of the candidates, and what is not certain of it.

    Raises
    ------
    InputError
        If it breaks a rule or names an unknown candidate.
    SolverError
        If the time ended before there was one.
    """
    instance = prepared.instance
    if portfolio is None:
        limit = None if clock.time_limit is None else max(clock.remaining, 1e-3)
        best = solve_instance(instance, time_limit=limit)
        if best.status == "interrupted":
            raise KeyboardInterrupt
        if best.portfolio is None:
            raise SolverError("the time ended before the model had a portfolio to judge; give it more")
        unproven = "the time limit came before a proof that the chosen portfolio is the optimum of the model"
        return best.portfolio, [] if best.status == "optimal" else [unproven]
    positions = sorted(instance.position(prepared.identifier(one)) for one in portfolio)
    broken = Constraints.of(instance).violations(positions)
    if broken:
        raise InputError(f"the portfolio to judge breaks a rule of the model: {broken[0]}")
    return tuple(instance.candidates[position] for position in positions), []


def experiment_of(
    prepared: Prepared, weighed: WeightDraws, uncertain: UncertainData, judged: tuple[Hashable, ...], seed: int
) -> Experiment:
    """Return what workers need, with the candidates left out that lack data in some variant.

    Raises
    ------
    InputError
        If one of these is judged or required.
    """
    instance = prepared.instance
    if uncertain.left_out:
        for identifier in (*judged, *instance.required):
            if identifier in uncertain.left_out:
                why = uncertain.left_out[identifier]
                raise InputError(f"{prepared.label(identifier)} has {why}, so its portfolio cannot be judged there")
        instance = instance.replace(forbidden={**instance.forbidden, **uncertain.left_out})
        for drawn in uncertain.drawn:
            for variant in getattr(drawn, "variants", ()):
                if "forbidden" in variant.rules:
                    variant.rules["forbidden"] |= uncertain.left_out
    constant = prepared.raw.constant if prepared.scaling is None else 0.0
    alone = {name: prepared.weighted({name: 1.0}) for name in weighed.names if (prepared.raw.weights or {})[name] != 0}
    ruler = Ruler(
        {name: dict(one.weights or {})[name] for name, one in alone.items()},
        {name: one.constant - constant for name, one in alone.items()},
        constant,
    )
    positions = tuple(instance.position(identifier) for identifier in judged)
    return Experiment(instance, ruler, weighed, tuple(uncertain.drawn), positions, seed)


def told_left_out(prepared: Prepared, uncertain: UncertainData) -> list[str]:
    """Return a sentence on the candidates that lack data in some variant, by the reason."""
    if not uncertain.left_out:
        return []
    case = None if prepared.model is None else prepared.model.case.candidates
    where: list[str] = sorted(map(str, uncertain.left_out))
    if case is not None and "country" in case.columns:
        where = sorted(set(case["country"].loc[list(uncertain.left_out)].astype(str)))
    named = ", ".join(where[:12]) + (" …" if len(where) > 12 else "")
    who = f"{len(uncertain.left_out)} candidates ({named})"
    return [f"{who} are left out of every draw ({next(iter(uncertain.left_out.values()))})"]
