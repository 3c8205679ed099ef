"""What analyses that compare two portfolios share: warm exact solves, losses per criterion, and who replaces whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from siting.analysis._words import amount, instead, listed, plain_name
from siting.constraints import RULE_TOLERANCE
from siting.engine import uninterrupted
from siting.errors import InputError, SolverError
from siting.evaluation import evaluate
from siting.preparation import prepare
from siting.search import PROOF_TOLERANCE, Search
from siting.solver import Solver

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.preparation import Prepared

#: HiGHS decides assignments under capacities to about this share of the terms.
_CAPACITY_TOLERANCE = 1e-6


Part = TypeVar("Part")


class Question:
    """A prepared model with warm solvers, one per set of rules asked about.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution
        As `siting.preparation.prepare` takes it.
    time_limit : float, optional
        Seconds for everything that is asked.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.
    """

    def __init__(
        self,
        model: Any,
        *,
        time_limit: float | None = None,
        threads: int | None = None,
        seed: int = 0,
        **overrides: Any,
    ) -> None:
        self._clock = Search(time_limit=time_limit)
        self._options = {"threads": threads, "seed": seed}
        self.prepared: Prepared = prepare(model, time_limit=time_limit, threads=threads, seed=seed, **overrides)
        self._solvers: dict[str, Solver] = {}

    @property
    def instance(self) -> Instance:
        """The instance, weights scaled."""
        return self.prepared.instance

    def solve(
        self,
        rules: str = "free",
        *,
        instance: Instance | None = None,
        first: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> InstanceSolution:
        """Return a proven optimum under some changes.

        Parameters
        ----------
        rules : str
            Name of the solver kept warm; changes stay for the next solve under this name.
        instance : Instance, optional
            Start anew from this instead of the question's own instance.
        first : mapping, optional
            Fields of the instance to change only once, when the solver of this name is made.
        **changes
            Fields of the instance to change now.

        Raises
        ------
        InfeasibleError
            If no portfolio satisfies every rule.
        SolverError
            If the time limit came before the proof.
        KeyboardInterrupt
            If the search was interrupted.
        """
        if instance is not None or rules not in self._solvers:
            start = self.instance if instance is None else instance
            self._solvers[rules] = Solver(start.replace(**first) if first else start, **self._options)
        remaining = None if self._clock.time_limit is None else max(self._clock.remaining, 1e-3)
        solution = self._solvers[rules].solve(time_limit=remaining, **changes)
        if uninterrupted(solution).status != "optimal":
            raise SolverError(
                "the time limit came before every portfolio that is compared was proven optimal; give it more time"
            )
        return solution

    def rounding(self, solution: InstanceSolution, rules: str = "free") -> float:
        """Return how far objectives near the last solution under a name may differ by rounding alone."""
        instance = self._solvers[rules].instance
        positions = [instance.position(identifier) for identifier in solution.portfolio or ()]
        share = PROOF_TOLERANCE if instance.capacity is None else _CAPACITY_TOLERANCE
        return share * evaluate(instance, positions, solution.shares).magnitude

    def identifiers(self, candidates: Hashable | Sequence[Hashable]) -> tuple[Hashable, ...]:
        """Return the one or two candidates a user means.

        Raises
        ------
        InputError
            If one is unknown or named twice, or there are more than two.
        """
        several = isinstance(candidates, list | tuple | set | frozenset)
        # An identifier may itself be a tuple.
        asked: Any = candidates
        named: list[Any] = list(asked) if several and not self._is_candidate(candidates) else [candidates]
        if not 1 <= len(named) <= 2:
            raise InputError(f"one candidate or a pair is asked about, not {len(named)}")
        found = tuple(self.prepared.identifier(one) for one in named)
        if len(set(found)) < len(found):
            raise InputError(f"candidate {found[0]!r} is named twice; name two different ones")
        return found

    def _is_candidate(self, name: object) -> bool:
        return any(name == known for known in self.instance.candidates)


def until_interrupted(parts: Iterable[Part]) -> tuple[tuple[Part, ...], bool]:
    """Return the parts of an answer that are finished before Ctrl-C, and whether these are all.

    Examples
    --------
    >>> until_interrupted(number**2 for number in range(3))
    ((0, 1, 4), True)
    """
    finished: list[Part] = []
    try:
        for part in parts:
            finished.append(part)  # noqa: PERF402 - what is in the list has to survive the interrupt
    except KeyboardInterrupt:
        return tuple(finished), False
    return tuple(finished), True


def direct_conflict(instance: Instance, required: Sequence[Hashable]) -> tuple[str, ...]:
    """Return required candidates and the one rule they break among themselves, whoever else is chosen; () if none.

    A minimal conflict that needs no solver: two of them may not be chosen together, or a sum of numbers that are not
    negative is too large already.

    Examples
    --------
    >>> from siting.instance import Criterion, Instance, Limit
    >>> two = Instance(
    ...     sites=2, criteria={"cost": Criterion(site=[1, 2, 3])}, limits={"one of two": Limit([1, 1, 0], upper=1)}
    ... )
    >>> direct_conflict(two, [0, 1, 2])
    ('0 is required', '1 is required', 'one of two')
    """
    positions = {instance.position(one): one for one in required}
    for name, pairs in instance.conflict_positions.items():
        for first, second in pairs[np.isin(pairs, list(positions)).all(axis=1)].tolist():
            return f"{positions[first]} is required", f"{positions[second]} is required", name
    for name, limit in instance.limits.items():
        coefficients = limit.coefficients
        if limit.upper is None or (coefficients < 0).any():
            continue
        room = limit.upper + RULE_TOLERANCE * max(abs(limit.upper), float(coefficients.max()))
        breaking, total = [], 0.0
        # The largest first, so that as few as possible are named.
        for position in sorted(positions, key=lambda position: -coefficients[position]):
            breaking.append(position)
            total += float(coefficients[position])
            if total > room:
                return (*(f"{positions[one]} is required" for one in sorted(breaking)), name)
    return ()


def labels(prepared: Prepared, identifiers: Sequence[Hashable], last: str = "and") -> str:
    """Return candidates as a sentence names them."""
    return listed([prepared.label(identifier) for identifier in identifiers], last)


def eur_per_objective(prepared: Prepared) -> tuple[float, str] | None:
    """Return what one unit of the objective is worth in money and the unit of money, None without exchange rates.

    Examples
    --------
    >>> from siting.preparation import prepare
    >>> eur_per_objective(prepare("gigafactories-monetised"))
    (1.0, 'EUR/yr')
    """
    scaling = prepared.scaling
    if scaling is None:
        return None
    if scaling.method == "monetised":
        return 1.0, scaling.reference
    unit = prepared.instance.criteria[scaling.reference].unit
    coefficient = scaling.weights[scaling.reference]
    return (1.0 / coefficient, unit) if unit.startswith("EUR") and coefficient > 0 else None


def money_column(prepared: Prepared, what: str) -> str | None:
    """Return the heading of a column in money, None without exchange rates."""
    money = eur_per_objective(prepared)
    if money is None:
        return None
    unit = "eur_per_year" if money[1] == "EUR/yr" else "eur"
    return f"{what}_{unit}"


def criteria_table(
    prepared: Prepared, before: InstanceSolution, after: InstanceSolution, names: tuple[str, str]
) -> pd.DataFrame:
    """Return both portfolios criterion by criterion, and what the second loses.

    Parameters
    ----------
    prepared : Prepared
        Says how criteria are weighed.
    before, after : InstanceSolution
        The portfolios, both held.
    names : (str, str)
        Headings of the two columns of values.

    Returns
    -------
    pandas.DataFrame
        Index criterion, the objective last; columns the two values, `change`, `unit`, `loss` (in the objective, above 0
        where the second is worse) and, with exchange rates, `loss_eur_per_year`.
    """
    instance = prepared.instance
    rows: dict[str, dict[str, Any]] = {}
    for name, criterion in instance.criteria.items():
        first, second = before.values[name], after.values[name]
        loss = instance.signed_weights[name] * (second - first)
        rows[name] = {names[0]: first, names[1]: second, "change": second - first, "unit": criterion.unit, "loss": loss}
    first, second = _objective(before), _objective(after)
    rows["objective"] = {
        names[0]: first, names[1]: second, "change": second - first, "unit": "", "loss": second - first,
    }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("criterion")
    # Eleven digits of the largest part: what is less is rounding.
    table["loss"] = _without_dust(table["loss"].to_numpy(), float(table["loss"].abs().max()))
    money, column = eur_per_objective(prepared), money_column(prepared, "loss")
    if money is not None and column is not None:
        table[column] = table["loss"] * money[0]
    return table


def _without_dust(values: np.ndarray[Any, Any], size: float) -> np.ndarray[Any, Any]:
    return np.where(np.abs(values) <= 1e-11 * max(size, 1e-300), 0.0, values)


def _objective(solution: InstanceSolution) -> float:
    assert solution.objective is not None  # noqa: S101 - only held portfolios are compared
    return solution.objective


def loss_words(prepared: Prepared, before: InstanceSolution, after: InstanceSolution) -> str:
    """Return how much worse one portfolio is than another, in money where that is known."""
    first, second = _objective(before), _objective(after)
    money = eur_per_objective(prepared)
    if money is None:
        return f"{amount(second - first)} in the objective ({instead(second, first)})"
    if prepared.scaling is not None and prepared.scaling.method == "monetised":
        return amount((second - first) * money[0], money[1])
    return f"as much as {amount((second - first) * money[0], money[1])} (objective {second:.4f} instead of {first:.4f})"


def main_loss(prepared: Prepared, table: pd.DataFrame) -> str | None:
    """Return the criterion that loses most, with both values, None if none loses."""
    losses = table["loss"].drop("objective")
    if not (losses > 0).any():
        return None
    name = str(losses.idxmax())
    row: Any = table.loc[name]
    unit = prepared.instance.criteria[name].unit
    return f"{plain_name(name)} ({instead(float(row.iloc[1]), float(row.iloc[0]), unit)})"


def exchanges(
    prepared: Prepared, before: Sequence[Hashable], after: Sequence[Hashable]
) -> list[tuple[Hashable | None, Hashable | None]]:
    """Return who leaves and who comes instead: nearest to nearest on the map, else in candidate order.

    Where the numbers of sites differ, somebody leaves or comes without a counterpart (None).
    """
    order = {identifier: position for position, identifier in enumerate(prepared.instance.candidates)}
    leaving: list[Hashable] = sorted(set(before) - set(after), key=order.__getitem__)
    coming: list[Hashable] = sorted(set(after) - set(before), key=order.__getitem__)
    distances = _distances(prepared, leaving, coming)
    if distances is not None:
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(distances)
        pairs: list[tuple[Hashable | None, Hashable | None]] = [
            (leaving[row], coming[column]) for row, column in zip(rows, columns, strict=True)
        ]
    else:
        pairs = list(zip(leaving, coming, strict=False))
    matched = {identifier for pair in pairs for identifier in pair}
    pairs += [(identifier, None) for identifier in leaving if identifier not in matched]
    return pairs + [(None, identifier) for identifier in coming if identifier not in matched]


def _distances(prepared: Prepared, leaving: Sequence[Hashable], coming: Sequence[Hashable]) -> Any:
    if prepared.model is None or not leaving or not coming:
        return None
    table = prepared.model.case.candidates
    if "longitude_degrees" not in table.columns:
        return None
    from siting.geography import distance_matrix_km

    return distance_matrix_km(table.loc[list(leaving)], table.loc[list(coming)])


def exchange_words(prepared: Prepared, before: Sequence[Hashable], after: Sequence[Hashable]) -> str:
    """Return who replaces whom as a clause: "A replaces B"."""
    label = prepared.label
    words = []
    for leaves, comes in exchanges(prepared, before, after):
        if leaves is None:
            words.append(f"{label(comes)} is added")
        else:
            words.append(f"{label(leaves)} is dropped" if comes is None else f"{label(comes)} replaces {label(leaves)}")
    return listed(words)


def exchange_table(
    prepared: Prepared, before: Sequence[Hashable], after: Sequence[Hashable], wanted: Sequence[Hashable] = ()
) -> pd.DataFrame:
    """Return every site of either portfolio and what becomes of it.

    Parameters
    ----------
    prepared : Prepared
        For names.
    before, after : sequence of hashable
        Identifiers.
    wanted : sequence of hashable
        Who was asked for.

    Returns
    -------
    pandas.DataFrame
        Index candidate; columns `name` and `change`.
    """
    label = prepared.label
    stays = {identifier: "stays" for identifier in before if identifier in after}
    changes: dict[Hashable, str] = {}
    for leaves, comes in exchanges(prepared, before, after):
        if leaves is not None:
            changes[leaves] = "leaves" if comes is None else f"makes room for {label(comes)}"
        if comes is not None:
            asked = "comes in, as asked" if comes in wanted else "comes in"
            changes[comes] = asked if leaves is None else f"{asked}, for {label(leaves)}"
    rows = {**stays, **changes}
    names = [label(identifier) for identifier in rows]
    index = pd.Index(pd.Series(list(rows), dtype=object), name="candidate")
    return pd.DataFrame({"name": names, "change": list(rows.values())}, index=index)


def draw_losses(prepared: Prepared, table: pd.DataFrame, title: str, ax: Any, **options: Any) -> Any:
    """Draw the losses of a table of criteria as a waterfall, in money where there are exchange rates.

    Parameters
    ----------
    prepared : Prepared
        The model.
    table : pandas.DataFrame
        As `criteria_table` returns it.
    title : str
        Stands above.
    ax : matplotlib.axes.Axes or None
        Where.
    **options
        Of `siting.charts.why_not.waterfall`.
    """
    from siting.charts.why_not import Bar, waterfall

    rate, unit = eur_per_objective(prepared) or (1.0, "objective")
    losses = table["loss"] * rate
    divisor, word = (1e6, "m ") if float(losses.abs().max()) >= 1e6 else (1.0, "")
    bars = []
    for name, loss, old, new in zip(map(str, table.index), losses, table.iloc[:, 0], table.iloc[:, 1], strict=True):
        label = "all together"
        if name != "objective":
            label = f"{plain_name(name)}\n{instead(new, old, prepared.instance.criteria[name].unit)}"
        sign = "+" if loss > 0 else "−" if loss < 0 else ""
        bars.append(Bar(label, loss / divisor, f"{sign}{amount(abs(loss / divisor))}"))
    return waterfall(bars, title, f"{word}{unit}", ax, **options)
