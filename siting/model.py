"""The model: everything a model file says, validated, and the instance it gives.

``Model.load("gigafactories").instance()`` is the whole way from a file an analyst edits to plain arrays.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, Strict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from siting import criteria as criteria_module
from siting import exclusions as exclusions_module
from siting import model_file, normalisation, scenarios_section
from siting import rules as rules_module
from siting.assembly import MISSING_DATA, assemble, exclusion_tests, named, read_case
from siting.criteria import CriterionBlock
from siting.errors import InputError
from siting.exclusions import ExclusionBlock
from siting.facility import Facility
from siting.judgement import count, judge
from siting.latency import LatencyModel
from siting.rules import RuleBlock
from siting.sections import Section, sentence
from siting.tables import DataSection

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from siting.blocks import Block, Case
    from siting.exclusions import Reasons
    from siting.instance import Instance
    from siting.normalisation import Scaling, Solve


def _number_of_sites(value: Any) -> Any:
    """Accept a whole number of at least 1, or a pair of them."""
    ends = [value] if isinstance(value, int) else value
    whole = isinstance(ends, list | tuple) and all(type(end) is int and end >= 1 for end in ends)
    if not whole or len(ends) not in (1, 2) or ends[0] > ends[-1]:
        raise PydanticCustomError("sites", "it should be a whole number above 0, or a pair [fewest, most]")
    return ends[0] if ends[0] == ends[-1] else tuple(ends)


Sites = Annotated[int | tuple[int, int], BeforeValidator(_number_of_sites)]
Names = Annotated[tuple[str, ...], Strict(strict=False)]
Criteria = dict[str, Annotated[CriterionBlock, BeforeValidator(criteria_module.registry.read)]]
Rules = dict[str, Annotated[RuleBlock, BeforeValidator(rules_module.registry.read)]]
Exclusions = dict[str, Annotated[ExclusionBlock, BeforeValidator(exclusions_module.registry.read)]]


class Model(Section):
    """A siting question as a model file states it.

    Parameters
    ----------
    title, description : str
        For people.
    sites : int or (int, int), default 4
        How many sites a portfolio has: exactly, or fewest and most.
    required, forbidden : list of str
        Candidates that must, or may not, be chosen.
    objective : {"weighted", "monetised"}
        Whether criteria are added up by normalised weights or by EUR per unit.
    normalisation : {"portfolio", "fixed", "none"}
        With weights: divide by the range over portfolios, by each criterion's `scale`, or by nothing.
    facility : Facility
        What is built at each site.
    data : DataSection
        Which tables are read.
    latency : LatencyModel
        Round trip as a function of distance.
    criteria, rules, exclusions : mapping of str to block
        Registered blocks under names of your choice.
    scenarios : mapping of str to table
        Overrides of this model under names of your choice; see `siting.scenarios`.

    Raises
    ------
    InputError
        If anything is misspelt, out of range or contradictory; one sentence.

    Examples
    --------
    >>> far = {"kind": "spacing", "minimum_km": 9.0}
    >>> model = Model(sites=2, criteria={"ping": {"kind": "latency"}}, rules={"far": far})
    >>> model.replace(rules={"far": False}).rules["far"].enabled
    False
    """

    title: str = ""
    description: str = ""
    sites: Sites = 4
    required: Names = ()
    forbidden: Names = ()
    objective: Literal["weighted", "monetised"] = "weighted"
    normalisation: Literal["portfolio", "fixed", "none"] = "portfolio"
    facility: Facility = Field(default_factory=lambda: Facility())  # noqa: PLW0108 - the table is read only then
    data: DataSection = Field(default_factory=DataSection)
    latency: LatencyModel = Field(default_factory=LatencyModel)
    criteria: Criteria = Field(min_length=1)
    rules: Rules = Field(default_factory=dict)
    exclusions: Exclusions = Field(default_factory=dict)
    scenarios: scenarios_section.ScenarioTables = Field(default_factory=dict)

    _source: str = PrivateAttr("model")
    _folder: Path = PrivateAttr(Path())
    _given: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        both = sorted(set(self.required) & set(self.forbidden))
        if both:
            raise InputError(f"{both[0]!r} is required and forbidden at once; keep one of the two")
        if self.objective == "monetised":
            self._check_amounts("eur_per_unit", "objective = 'monetised'")
        elif not any(block.weight > 0 for block in self.active_criteria.values()):
            raise InputError("the weights of the enabled criteria sum to nothing; give one of them a weight above 0")
        elif self.normalisation == "fixed":
            self._check_amounts("scale", "normalisation = 'fixed'")
        if self.scenarios:
            scenarios_section.check_keys(self.scenarios, self.to_mapping(), type(self).model_fields)
        return self

    def _check_amounts(self, key: str, asked_by: str) -> None:
        amounts = {name: getattr(block, key) for name, block in self.active_criteria.items()}
        for name, amount in amounts.items():
            if amount is None:
                raise InputError(f"[criteria.{name}] needs {key}, because {asked_by}")
        if not any(amounts.values()):
            raise InputError(f"{key} of the enabled criteria sum to nothing; give one of them a value above 0")

    @classmethod
    def load(cls, name_or_path: str | Path = "gigafactories") -> Model:
        """Return a shipped model by its name, or a model file of your own.

        Raises
        ------
        InputError
            If there is no such model, or the file is not valid; names file, key and the nearest valid name.

        Examples
        --------
        >>> Model.load("gigafactories").sites
        4
        """
        path = model_file.find(name_or_path)
        return cls.from_toml_text(model_file.read(path), source=str(name_or_path), folder=path.parent)

    @classmethod
    def from_toml_text(cls, text: str, source: str = "model", folder: str | Path = ".") -> Model:
        """Return the model TOML text describes.

        Parameters
        ----------
        text : str
            What a model file holds.
        source : str
            What the text is called in error sentences.
        folder : str or pathlib.Path
            What relative paths in the text are relative to.

        Returns
        -------
        Model
            Where the text says ``based_on = "another model"``, that model with the text's keys merged in, as
            `replace` merges them.

        Raises
        ------
        InputError
            If the text is not valid.
        """
        values = model_file.inherited(model_file.parse(text, source), source, Path(folder), cls.model_fields)
        return scenarios_section.check(cls.from_mapping(values, source=source, folder=folder))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str = "model", folder: str | Path = ".") -> Model:
        """Return the model that nested dictionaries describe; the parameters are those of `from_toml_text`.

        Raises
        ------
        InputError
            If a key or value is not valid.
        """
        try:
            model = cls.model_validate(model_file.plain(values))
        except ValidationError as error:
            raise InputError(sentence(error, source)) from None
        model._source = source  # noqa: SLF001 - of the same class
        model._folder = Path(folder)  # noqa: SLF001
        return model

    def replace(
        self,
        *,
        candidates: gpd.GeoDataFrame | str | Path | None = None,
        demand: gpd.GeoDataFrame | str | Path | None = None,
        **overrides: Any,
    ) -> Model:
        """Return the model with some of its parts changed, validated again.

        Parameters
        ----------
        candidates, demand : geopandas.GeoDataFrame, str or pathlib.Path, optional
            Another table: a frame with a CRS, a file, or the name of a shipped table. A file in the current
            folder wins over one beside the model file.
        **overrides
            Any key of a model. `weights` merges into the criteria's weights and switches on a criterion that
            gets a positive one; `criteria`, `rules` and `exclusions` merge block by block (False or True
            switches a block); `facility`, `data` and `latency` merge key by key; `price_series`,
            `price_period`, `tax_adjustments`, `demand_weight`, `accelerator` and `accelerators` are short for
            the section's key.

        Raises
        ------
        InputError
            If a keyword, name or value is not valid.

        Examples
        --------
        >>> Model.load("gigafactories").replace(sites=5, weights={"latency": 0.5}).criteria["latency"].weight
        0.5
        """
        values = model_file.override(self.to_mapping(), model_file.from_here(overrides), type(self).model_fields)
        given = dict(self._given)
        for name, table in (("candidates", candidates), ("demand", demand)):
            if isinstance(table, str | Path):
                values["data"].update(model_file.from_here({"data": {name: table}})["data"])
                given.pop(name, None)
            elif table is not None:
                given[name] = table
        if overrides.get("weights") and values["objective"] == "monetised":
            raise InputError("weights do nothing when objective = 'monetised'; change eur_per_unit of the criteria")
        model = type(self).from_mapping(values, source=self._source, folder=self._folder)
        model._given = given  # noqa: SLF001 - of the same class
        return model

    def to_mapping(self) -> dict[str, Any]:
        """Return the model as nested dictionaries, with every default written out."""
        values = self.model_dump(exclude_none=True, exclude=set(model_file.BLOCK_TABLES))
        for table in model_file.BLOCK_TABLES:
            blocks: dict[str, Block] = getattr(self, table)
            values[table] = {name: block.written() for name, block in blocks.items()}
        plain: dict[str, Any] = model_file.plain(values)
        return plain

    def to_toml(self) -> str:
        """Return the model as TOML text that loads to an equal model.

        Raises
        ------
        InputError
            If the candidates or the demand are a GeoDataFrame rather than a file.
        """
        for name in self._given:
            raise InputError(f"the {name} of this model are a table in memory; write it to a file and name the file")
        return model_file.to_toml(self.to_mapping())

    def __eq__(self, other: object) -> bool:
        """Return whether two models say the same and hold the same tables in memory."""
        if not isinstance(other, Model):
            return NotImplemented
        mine, theirs = self._given, other._given
        same_tables = mine.keys() == theirs.keys() and all(mine[name] is theirs[name] for name in mine)
        return same_tables and self.to_mapping() == other.to_mapping()

    def __hash__(self) -> int:
        """Return a hash of what the model says."""
        return hash(repr(self.to_mapping()))

    @property
    def source(self) -> str:
        """Name or path the model was loaded from."""
        return self._source

    @property
    def folder(self) -> Path:
        """What relative paths in the model are relative to."""
        return self._folder

    @property
    def active_criteria(self) -> dict[str, CriterionBlock]:
        """The enabled criteria; one with weight 0 is among them and is reported."""
        return {name: block for name, block in self.criteria.items() if block.enabled}

    @cached_property
    def case(self) -> Case:
        """The tables and functions its blocks look at, with all candidates; read once."""
        with named(self._source):
            return read_case(self, self._folder, self._given)

    @cached_property
    def _tests(self) -> dict[str, Reasons]:
        return exclusion_tests(self, self.case)

    @property
    def candidates(self) -> gpd.GeoDataFrame:
        """All J candidates, with `excluded`, `exclusion` (the first that applies), `exclusion_reason`."""
        judged = judge(self.case.candidates.index, self._tests)
        return self.case.candidates.assign(**{str(name): judged[name] for name in judged.columns})

    @property
    def demand(self) -> gpd.GeoDataFrame:
        """All I demand points with `demand_share`, which sums to 1; a copy."""
        return self.case.demand.assign(demand_share=self.case.demand_shares)

    @property
    def exclusion_counts(self) -> pd.DataFrame:
        """How many candidates each exclusion removes alone and in sequence, and how many are left."""
        return count(len(self.case.candidates), self._tests)

    def instance(self) -> Instance:
        """Return the model as plain arrays, with the raw weights; `scaling` makes them comparable.

        Returns
        -------
        Instance
            Candidates in table order without those that lack data; excluded ones are forbidden, with the
            reason.

        Raises
        ------
        InputError
            If a table cannot be read, a name is unknown, a required candidate is excluded, or too few are
            left.

        Examples
        --------
        >>> Model.load("gigafactories").instance().sites
        4
        """
        return self._instance

    @cached_property
    def _instance(self) -> Instance:
        complete = [reason is None for reason in self._tests[MISSING_DATA]]
        return assemble(self, self.case, judge(self.case.candidates.index, self._tests), complete)

    def scaling(self, solve: Solve, instance: Instance | None = None) -> Scaling:
        """Return what multiplies each criterion in the objective, and the exchange rates this implies.

        Parameters
        ----------
        solve : callable
            Solves an instance exactly; only called for ``normalisation = "portfolio"``, twice per criterion.
        instance : Instance, optional
            What `instance` returns, where somebody holds it already.

        Returns
        -------
        Scaling
            Use ``scaling.apply(model.instance())`` to get the instance to solve.

        Raises
        ------
        InfeasibleError
            If no portfolio satisfies every rule.
        """
        instance = self.instance() if instance is None else instance
        if self.objective == "monetised":
            return normalisation.monetised_scaling(instance, dict(instance.weights or {}))
        if self.normalisation == "portfolio":
            return normalisation.portfolio_scaling(instance, solve)
        fixed = {
            name: 1.0 if self.normalisation == "none" else float(block.scale or 0.0)
            for name, block in self.active_criteria.items()
        }
        return dataclasses.replace(normalisation.fixed_scaling(instance, fixed), method=self.normalisation)

    def __repr__(self) -> str:
        """Return the question in one line; `to_toml` gives all of it."""
        rules = [name for name, block in self.rules.items() if block.enabled]
        criteria = list(self.active_criteria)
        return f"Model({self.title or self._source!r}, sites={self.sites}, criteria={criteria}, rules={rules})"

    def _repr_html_(self) -> str:
        """Return a short table for notebooks; every text of the user's is escaped."""
        sites = self.sites if isinstance(self.sites, int) else f"{self.sites[0]} to {self.sites[1]}"
        rows = [("sites", "", "", str(sites)), ("objective", "", "", self.objective)]
        for what in model_file.BLOCK_TABLES:
            blocks: dict[str, Block] = getattr(self, what)
            rows += [(what, name, block.kind, block.options()) for name, block in blocks.items()]
        body = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        head = "".join(f"<th style='text-align:left'>{title}</th>" for title in ("part", "name", "kind", "options"))
        title = escape(self.title or self._source)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f"<div><strong>{title}</strong>{table}</div>"
