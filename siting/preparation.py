"""From whatever a user calls a model to an instance that is ready to solve, with its scales kept.

Every analysis starts here. Ideal, nadir and scale of each criterion are found once and then held, so that all the
portfolios an analysis compares are measured with one ruler.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.engine import InstanceSolution, check_options, solve_instance, uninterrupted
from siting.errors import InputError, suggestion
from siting.instance import Instance
from siting.progress import shown, step
from siting.search import Search
from siting.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from siting.model import Model
    from siting.normalisation import Scaling


@dataclass(frozen=True, eq=False)
class Prepared:
    """An instance ready to solve, and what it was made from.

    Attributes
    ----------
    instance : Instance
        Weights scaled; for a model with ideals, an objective of 0 means that every criterion is at its ideal.
    raw : Instance
        Weights as the user gave them.
    model : Model or None
        None for a bare instance.
    scaling : Scaling or None
        Ideal, nadir and scale of each criterion; None for a bare instance.
    """

    instance: Instance
    raw: Instance
    model: Model | None = None
    scaling: Scaling | None = None

    def label(self, identifier: Hashable) -> str:
        """Return a candidate's name and identifier as a reader wants them, for instance "Marche (ITI3)".

        Examples
        --------
        >>> prepare("gigafactories").label("ITI3")
        'Marche (ITI3)'
        """
        if self.model is None or "name" not in self.model.case.candidates.columns:
            return str(identifier)
        name = self.model.case.candidates["name"].get(identifier)
        same = not isinstance(name, str) or not name.strip() or name == str(identifier)
        return str(identifier) if same else f"{name} ({identifier})"

    def identifier(self, text: Hashable) -> Hashable:
        """Return the candidate that a user means: its identifier, the identifier as text, or its name.

        Raises
        ------
        InputError
            If there is none; names the nearest, and says why a candidate of the table is not in the instance.

        Examples
        --------
        >>> prepare("gigafactories").identifier("Marche")
        'ITI3'
        """
        known = self.instance.candidates
        if text in known:
            return text
        texts = {str(identifier): identifier for identifier in known}
        if str(text) in texts:
            return texts[str(text)]
        if self.model is None:
            raise InputError(f"candidate {text!r} is unknown{suggestion(str(text), texts)}")
        table = self.model.candidates
        if text in table.index:
            reason = table.loc[text, "exclusion_reason"]
            raise InputError(f"candidate {self.label(text)} lacks data and cannot be judged: {reason}")
        names = {} if "name" not in table.columns else {str(table.loc[one, "name"]): one for one in known}
        if str(text) in names:
            return names[str(text)]
        raise InputError(f"candidate {text!r} is unknown{suggestion(str(text), [*texts, *names])}")

    def weighted(self, weights: Mapping[str, float]) -> Instance:
        """Return the instance with other weights of the user's, under the scales already found.

        Parameters
        ----------
        weights : mapping of str to float
            One weight per criterion, as in the model; a criterion left out weighs 0. For an instance and for a
            monetised model they are the coefficients themselves.

        Raises
        ------
        InputError
            If a criterion is unknown, or gets a weight without having a scale because it had none before.
        """
        for name in weights:
            if name not in self.instance.criteria:
                raise InputError(f"no criterion is called {name!r}{suggestion(name, self.instance.criteria)}")
        coefficients = {name: self._coefficient(name, float(weights.get(name, 0.0))) for name in self.instance.criteria}
        return self.instance.replace(weights=coefficients, constant=self._constant(coefficients))

    def _coefficient(self, name: str, weight: float) -> float:
        if self.scaling is None or self.scaling.method == "monetised" or weight == 0:
            return weight
        scale = float(self.scaling.table["scale"].to_dict()[name])
        if not math.isfinite(scale):
            raise InputError(
                f"criterion {name!r} has no weight in the model and so no scale to be weighed by; "
                "give it a weight in the model first, however small"
            )
        return weight / scale

    def _constant(self, coefficients: Mapping[str, float]) -> float:
        """Return what puts the zero of the objective where every criterion is at its ideal."""
        if self.scaling is None:
            return self.raw.constant
        ideals = self.scaling.table["ideal"].to_dict()
        known = [name for name, weight in coefficients.items() if weight != 0 and math.isfinite(ideals[name])]
        signs = {name: self.instance.criteria[name].sign for name in known}
        return -math.fsum(coefficients[name] * signs[name] * ideals[name] for name in known)

    def rescaled(self, model: Model) -> Instance:
        """Return another model's data and rules under the coefficients and the zero of this one.

        Raises
        ------
        InputError
            If the other model has other criteria.
        """
        other = model.instance()
        if set(other.criteria) != set(self.instance.criteria):
            odd = min(set(other.criteria) ^ set(self.instance.criteria))
            raise InputError(f"the two models differ in the criterion {odd!r} and cannot be measured with one ruler")
        return other.replace(weights=self.instance.weights, constant=self.instance.constant)


def prepare(
    model: str | Path | Model | Instance | Solution = "gigafactories",
    *,
    time_limit: float | None = None,
    progress: bool | None = None,
    threads: int | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Prepared:
    """Load a model, apply overrides and find the scales of its criteria.

    Parameters
    ----------
    model : str, pathlib.Path, Model, Instance or Solution, default "gigafactories"
        A shipped model by name, a model file, a model, plain numbers, or a solution whose question is meant; its
        scales are then taken over, as long as nothing is overridden.
    time_limit : float, optional
        Seconds for the searches behind the scales.
    progress : bool, optional
        Show how far it is: None, the default, where a person looks on and once it takes longer than a moment; True
        always and at once; False never. See `siting.progress`.
    threads, seed : int, optional
        Passed to HiGHS.
    **overrides
        As in `siting.solve`.

    Returns
    -------
    Prepared
        Ready to solve.

    Raises
    ------
    InputError
        If a name, key or value is not valid.
    InfeasibleError
        If no portfolio satisfies every rule.

    Examples
    --------
    >>> prepared = prepare("gigafactories", weights={"latency": 0.5})
    >>> prepared.scaling.method, prepared.raw.sites
    ('portfolio', 4)
    """
    if isinstance(model, Solution):
        if not overrides and model.model is not None:
            return Prepared(model.instance, model.model.instance(), model.model, model.scaling)
        model = model.instance if model.model is None else model.model
    if isinstance(model, Instance):
        instance = model.replace(**overrides) if overrides else model
        return Prepared(instance, instance)
    check_options("auto", time_limit, 0.0, threads, seed)
    clock = Search(time_limit=time_limit)

    def solve(asked: Instance) -> InstanceSolution:
        # Ideal and nadir do not depend on the method, so the fastest finds them.
        remaining = None if time_limit is None else max(clock.remaining, 1e-3)
        return uninterrupted(solve_instance(asked, time_limit=remaining, threads=threads, seed=seed))

    with shown(progress, "preparing the model"):
        with step("reading tables and building the instance"):
            loaded = _loaded(model).replace(**overrides) if overrides else _loaded(model)
            raw = loaded.instance()
        scaling = loaded.scaling(solve, raw)
        return Prepared(scaling.apply(raw), raw, loaded, scaling)


def _loaded(model: object) -> Model:
    from siting.model import Model

    if isinstance(model, Model):
        return model
    if isinstance(model, str | Path):
        return Model.load(model)
    raise InputError(
        "a model is given by its name, a path, a siting.Model, a siting.Instance or a siting.Solution, "
        f"not as a {type(model).__name__}"
    )
