"""Model files, overrides, errors in one sentence, and the instance a model gives."""

# ruff: noqa: E501 - a table of mistakes and the sentences that answer them reads best one per line

from __future__ import annotations

import pickle
from itertools import combinations
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
from fabricated import HAND_FACILITY, candidates, demand, model
from pyproj import Geod

from siting import data
from siting.engine import solve_instance
from siting.errors import DataError, InputError
from siting.facility import annuity
from siting.model import Model
from siting.model_file import parse, shipped_models, to_toml

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """
sites = 2
[facility]
kilowatts_per_accelerator = 2.0
[criteria.latency]
kind = "latency"
weight = 1.0
[rules.spacing]
kind = "spacing"
minimum_km = 300.0
"""


def told(text: str) -> str:
    """Return the sentence a wrong model file is answered with."""
    with pytest.raises(InputError) as caught:
        Model.from_toml_text(text, source="my.toml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestShippedModels:
    """The files in the models folder, on the shipped tables."""

    def test_every_shipped_model_gives_an_instance(self) -> None:
        """All candidates are in the table; those that lack data are not in the instance, with a reason."""
        for name in shipped_models():
            loaded = Model.load(name)
            instance, table = loaded.instance(), loaded.candidates
            assert len(table) == {"nuts2": 242, "grid_nodes": 4588}[loaded.data.candidates]
            left_out = table.index.difference(list(instance.candidates))
            assert table.loc[left_out, "exclusion_reason"].str.contains("no value for").all()
            assert set(instance.forbidden) == set(table.index[table["excluded"]]) - set(left_out)
            assert instance.demand.sum() == pytest.approx(1.0)
            assert instance.number_of_demand_points == 1166

    def test_the_shipped_question_is_the_one_of_the_programme(self) -> None:
        """Four sites of 208 MW, four criteria, three rules, and everything can be switched off."""
        loaded = Model.load("gigafactories")
        assert (loaded.sites, loaded.facility.it_power_mw) == (4, pytest.approx(208.0))
        assert list(loaded.active_criteria) == ["energy_cost", "grid_capacity", "cohesion", "latency"]
        bare = loaded.replace(
            rules=dict.fromkeys(loaded.rules, False), exclusions=dict.fromkeys(loaded.exclusions, False)
        ).instance()
        assert (bare.limits, bare.conflicts, bare.forbidden) == ({}, {}, {})

    def test_latency_and_spacing_use_geodesic_distances(self) -> None:
        """One entry of the service matrix and all conflicts are computed again independently."""
        loaded = Model.load("gigafactories")
        instance, table, places = loaded.instance(), loaded.candidates, loaded.demand
        geod = Geod(ellps="WGS84")
        _, _, metres = geod.inv(
            *places.loc["DE300", ["longitude_degrees", "latitude_degrees"]],
            *table.loc["ITC4", ["longitude_degrees", "latitude_degrees"]],
        )
        service = instance.criteria["latency"].service
        assert service is not None
        entry = service[places.index.get_loc("DE300"), instance.position("ITC4")]
        assert entry == pytest.approx(8.2 + 0.0176 * metres / 1000)
        ((_, pairs),) = instance.conflicts.items()
        sample = list(instance.candidates)[::9]
        for first, second in combinations(sample, 2):
            a, b = (table.loc[code, ["longitude_degrees", "latitude_degrees"]] for code in (first, second))
            assert ((first, second) in pairs) == (geod.inv(*a, *b)[2] < 300_000)

    def test_energy_cost_traces_back_to_the_price_table(self) -> None:
        """Champagne-Ardenne pays the French price for 208 MW at its PUE and load 0.8."""
        loaded = Model.load("gigafactories")
        instance, row = loaded.instance(), loaded.candidates.loc["FRF2"]
        site = instance.criteria["energy_cost"].site
        assert site is not None
        price = data.electricity_prices(series="eurostat_IG", period="2025-S2").loc["FR", "value_eur_per_mwh"]
        assert site[instance.position("FRF2")] == pytest.approx(208 * row["pue"] * 0.8 * 8760 * price)

    def test_the_rates_of_the_monetised_model_are_those_its_remarks_derive(self) -> None:
        """Half a year of delay per doubling; a state's share from cohesion money; a tenth of a percent per ms."""
        rates = {
            name: block.eur_per_unit for name, block in Model.load("gigafactories-monetised").active_criteria.items()
        }
        half_a_year = 0.5 * annuity(0.4e9, rate=0.055, years=20)
        grant = annuity(0.17 * 4e9 * 0.6, rate=0.055, years=20)
        interactive = 400_000 * 2.0 * 0.8 * 8760 * 0.5 * 0.001
        assert rates["energy_cost"] == 1.0
        assert rates["grid_capacity"] == pytest.approx(half_a_year, rel=0.02)
        assert rates["cohesion"] == pytest.approx(grant, rel=0.02)
        assert rates["latency"] == pytest.approx(interactive, rel=0.02)

    def test_the_monetised_model_differs_only_in_title_and_objective(self) -> None:
        """It is based on the other file."""
        one, other = (
            Model.load("gigafactories").to_mapping(),
            Model.load("gigafactories-monetised").to_mapping(),
        )
        assert {key for key in one if one[key] != other[key]} == {"title", "objective"}

    def test_candidates_of_your_own_inherit_the_region_they_lie_in(self, tmp_path: Path) -> None:
        """A CSV with two places is enough; a column of its own wins over the region's."""
        (tmp_path / "sites.csv").write_text(
            "id,lon,lat,grid_capacity_mva\nMilan,9.19,45.46,5000\nReims,4.03,49.25,700\n"
        )
        (tmp_path / "mine.toml").write_text(
            'based_on = "gigafactories"\nsites = 1\ndata = { candidates = "sites.csv" }\n'
        )
        table = Model.load(tmp_path / "mine.toml").candidates
        assert table["region"].tolist() == ["ITC4", "FRF2"]
        assert table["country"].tolist() == ["IT", "FR"]
        assert table["grid_capacity_mva"].tolist() == [5000, 700]
        assert table["electricity_price_eur_per_mwh"].notna().all()


class TestReading:
    """From a file to a model, and what is said when it is wrong."""

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (("weight =", "wieght ="), "my.toml: unknown key 'wieght' in [criteria.latency]; did you mean 'weight'?"),
            (("sites =", "stes ="), "my.toml: unknown key 'stes'; did you mean 'sites'?"),
            (('kind = "latency"', 'kind = "latencey"'), "my.toml: unknown kind 'latencey' in [criteria.latency]; did you mean 'latency'?"),
            (('kind = "latency"', ""), "my.toml: the key 'kind' is missing in [criteria.latency]; the kinds of criterion are: attribute, carbon, cohesion, energy_cost, grid_capacity, latency"),
            (("minimum_km = 300.0", ""), "my.toml: the key 'minimum_km' is missing in [rules.spacing]"),
            (("[rules.spacing]", "[ruels.spacing]"), "my.toml: unknown key 'ruels'; did you mean 'rules'?"),
            (("weight = 1.0", "weight = -1.0"), "my.toml: criteria.latency.weight is -1.0; it should be greater than or equal to 0"),
            (("weight = 1.0", 'weight = "much"'), "my.toml: criteria.latency.weight is 'much'; it should be a valid number"),
            (("weight = 1.0", "weight = nan"), "my.toml: criteria.latency.weight is nan; it should be a finite number"),
            (("weight = 1.0", "weight = 0"), "my.toml: the weights of the enabled criteria sum to nothing; give one of them a weight above 0"),
            (("sites = 2", "sites = 0"), "my.toml: sites is 0; it should be a whole number above 0, or a pair [fewest, most]"),
            (("sites = 2", "sites = true"), "my.toml: sites is True; it should be a whole number above 0, or a pair [fewest, most]"),
            (("sites = 2", 'objective = "monetized"'), "my.toml: objective is 'monetized'; did you mean 'monetised'?"),
            (("sites = 2", 'objective = "monetised"'), "my.toml: [criteria.latency] needs eur_per_unit, because objective = 'monetised'"),
            (("sites = 2", 'normalisation = "fixed"'), "my.toml: [criteria.latency] needs scale, because normalisation = 'fixed'"),
            (("sites = 2", 'required = ["A"]\nforbidden = ["A"]'), "my.toml: 'A' is required and forbidden at once; keep one of the two"),
            (("sites = 2", "sites = = 2"), "my.toml is not valid TOML: invalid value (at line 2, column 9): 'sites = = 2'"),
            (("kilowatts_per_accelerator = 2.0", 'accelerator = "H1000 SXM"'), "my.toml: facility: accelerator 'H1000 SXM' is unknown; did you mean 'H100 SXM'? (or give kilowatts_per_accelerator)"),
            (("sites = 2", 'based_on = "gigafactorys"'), "no model is called 'gigafactorys'; did you mean 'gigafactories'?; the shipped models are gigafactories, gigafactories-grid-nodes, gigafactories-monetised, and a file of your own ends in .toml"),
        ],
    )  # fmt: skip
    def test_a_wrong_file_is_answered_with_one_sentence(self, change: tuple[str, str], sentence: str) -> None:
        """File, key path, and the nearest valid name."""
        assert TEXT.count(change[0]) == 1
        assert told(TEXT.replace(*change)) == sentence

    def test_several_problems_are_counted(self) -> None:
        """The first is spelt out."""
        text = TEXT.replace("weight = 1.0", "weight = -1.0").replace("minimum_km = 300.0", "minimum_km = 0")
        assert told(text).endswith("(and 1 more problem)")

    def test_an_unknown_model_lists_the_shipped_ones(self) -> None:
        """And names the nearest."""
        with pytest.raises(InputError, match=r"'gigafactory'; did you mean 'gigafactories'\?; the shipped models are"):
            Model.load("gigafactory")

    def test_a_file_that_is_not_there_or_not_text_is_named(self, tmp_path: Path) -> None:
        """No traceback for a wrong path or a binary file."""
        with pytest.raises(InputError, match=r"cannot read the model .*none\.toml: there is no such file"):
            Model.load(tmp_path / "none.toml")
        (tmp_path / "picture.toml").write_bytes(b"\xff\xd8\xff")
        with pytest.raises(InputError, match="it is not UTF-8 text"):
            Model.load(tmp_path / "picture.toml")

    def test_a_file_may_build_on_another(self, tmp_path: Path) -> None:
        """Only what differs is written; a circle is refused."""
        (tmp_path / "base.toml").write_text(TEXT)
        (tmp_path / "mine.toml").write_text('based_on = "base.toml"\nsites = 3\nweights = { latency = 2.0 }\n')
        mine = Model.load(tmp_path / "mine.toml")
        assert (mine.sites, mine.criteria["latency"].weight) == (3, 2.0)
        assert mine.rules == Model.from_toml_text(TEXT).rules
        (tmp_path / "base.toml").write_text('based_on = "mine.toml"\n')
        with pytest.raises(InputError, match="circle"):
            Model.load(tmp_path / "mine.toml")

    def test_toml_out_is_the_same_model_in(self) -> None:
        """For the shipped models and for awkward texts."""
        for name in shipped_models():
            loaded = Model.load(name)
            assert Model.from_toml_text(loaded.to_toml()) == loaded
        awkward = {
            "title": 'quo"te \\ \x7f é\n',
            "rules": {"a b.c": {"kind": "x", "map": {"FR": 2}, "list": ["a", 1]}},
        }
        assert parse(to_toml(awkward), "x") == awkward

    def test_html_is_escaped(self) -> None:
        """A title is text, not markup."""
        assert "<script>" not in model(title="<script>alert(1)</script>")._repr_html_()


class TestOverrides:
    """Keyword overrides of a model."""

    def test_overrides_merge(self) -> None:
        """Weights one by one, blocks key by key, sections by short keywords."""
        loaded = Model.load("gigafactories")
        changed = loaded.replace(
            sites=np.int64(5),
            weights={"latency": 0.5, "carbon": 0.2},
            rules={"spacing": {"minimum_km": 500.0}, "eligible_sites": False},
            price_series="wholesale",
            price_period="2025",
            facility={"load_factor": 0.7},
            required={"FRF2"},
        )
        assert (changed.sites, changed.required) == (5, ("FRF2",))
        assert changed.criteria["latency"].weight == 0.5
        assert changed.criteria["carbon"].enabled
        assert changed.criteria["energy_cost"] == loaded.criteria["energy_cost"]
        assert changed.rules["spacing"].model_dump()["minimum_km"] == 500.0
        assert not changed.rules["eligible_sites"].enabled
        assert (changed.data.price_series, changed.facility.load_factor) == ("wholesale", 0.7)
        assert loaded == Model.load("gigafactories")

    def test_a_block_of_another_kind_replaces(self) -> None:
        """Options of the old kind do not linger."""
        changed = model().replace(criteria={"energy": {"kind": "carbon"}})
        assert changed.criteria["energy"].kind == "carbon"

    def test_a_file_in_the_current_folder_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Paths typed by a person are relative to where the person stands, not to the model file."""
        monkeypatch.chdir(tmp_path)
        (tmp_path / "mine.csv").write_text("id,lon,lat\nMilan,9.19,45.46\n")
        for changed in (
            Model.load("gigafactories").replace(sites=1, candidates="mine.csv"),
            Model.load("gigafactories").replace(sites=1, data={"candidates": "mine.csv"}),
        ):
            assert changed.data.candidates == str(tmp_path / "mine.csv")
            assert changed.candidates.index.tolist() == ["Milan"]

    @pytest.mark.parametrize(
        ("overrides", "sentence"),
        [
            ({"weigths": {}}, "unknown override 'weigths'; did you mean 'weights'?"),
            ({"weights": {"latencey": 1}}, "weights name the criterion 'latencey', which the model lacks; did you mean 'latency'?"),
            ({"weights": 3}, "the override weights is 3; give a table"),
            ({"rules": {"spaceing": False}}, "the model has no 'spaceing' in rules; did you mean 'spacing'?"),
            ({"rules": {"zzz": {"minimum": 1}}}, "the model has no 'zzz' in rules; a new one needs a kind"),
            ({"rules": {"spacing": {"minimum": 3}}}, "unknown key 'minimum' in [rules.spacing]; did you mean 'minimum_km'?"),
            ({"objective": "monetised", "weights": {"latency": 1.0}}, "weights do nothing when objective = 'monetised'"),
        ],
    )  # fmt: skip
    def test_a_wrong_override_names_the_nearest(self, overrides: dict[str, Any], sentence: str) -> None:
        """As in a file."""
        with pytest.raises(InputError) as caught:
            Model.load("gigafactories").replace(**overrides)
        assert sentence in str(caught.value)


class TestInstance:
    """From fabricated tables to arrays."""

    def test_candidates_that_lack_data_stay_out_and_excluded_ones_are_forbidden(self) -> None:
        """CC1 has no price; BB1 lacks substations."""
        made = model(exclusions={"high voltage": {"kind": "minimum_voltage", "minimum_kv": 220}})
        instance = made.instance()
        assert instance.candidates == ("AA1", "AA2", "BB1", "BB2")
        assert instance.forbidden == {"BB1": "no substation of 220 kV or more"}
        reason = made.candidates.loc["CC1", "exclusion_reason"]
        assert reason == "no value for electricity_price_eur_per_mwh (needed by criterion 'energy')"
        assert made.exclusion_counts["removed_alone"].to_dict() == {"high voltage": 1, "missing data": 1}

    def test_a_criterion_that_is_switched_off_needs_no_data(self) -> None:
        """Without the energy cost CC1 takes part."""
        assert len(model(sites=2).replace(criteria={"energy": False}).instance().candidates) == 5

    def test_the_optimum_is_the_one_found_by_hand(self) -> None:
        """All pairs are compared by EUR per year and ms with fixed scales."""
        made = model().replace(
            normalisation="fixed",
            criteria={"energy": {"scale": 1e7}, "ping": {"scale": 1.0}},
            rules={"one": {"kind": "sites_per_country"}},
        )
        scaling = made.scaling(solve_instance)
        solution = solve_instance(scaling.apply(made.instance()))
        table = made.candidates.iloc[:4]
        cost = 438_000 * table["pue"] * table["electricity_price_eur_per_mwh"]
        ping = 8.2 + 0.0176 * made.case.distances_km[:, :4]
        pairs = [(a, b) for a, b in combinations(range(4), 2) if table["country"].iloc[a] != table["country"].iloc[b]]
        values = {
            pair: cost.iloc[list(pair)].sum() / 1e7 + np.array([0.6, 0.3, 0.1]) @ ping[:, list(pair)].min(axis=1)
            for pair in pairs
        }
        best = min(values, key=values.__getitem__)
        assert solution.portfolio == tuple(table.index[list(best)])
        assert solution.objective == pytest.approx(values[best])

    def test_demand_weights(self) -> None:
        """Population, GDP, population times adoption, or a column."""
        assert model().instance().demand == pytest.approx([0.6, 0.3, 0.1])
        assert model().replace(demand_weight="gdp").instance().demand == pytest.approx([0.25, 0.25, 0.5])
        assert model().replace(demand_weight="ai_enterprises").instance().demand == pytest.approx([0.375, 0.375, 0.25])

    def test_one_pue_for_all_replaces_the_column(self) -> None:
        """The table shows what was used."""
        assert model(facility={**HAND_FACILITY, "pue": 1.15}).candidates["pue"].tolist() == [1.15] * 5

    def test_rules_of_the_same_name_are_told_apart(self) -> None:
        """No limit silently overwrites another."""
        twice = {name: {"kind": "sites_in", "regions": ["AA"], "maximum": 1} for name in ("first", "second")}
        assert list(model(rules=twice).instance().limits) == [
            "at most 1 site in AA",
            "at most 1 site in AA (second)",
        ]

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"required": ["BB9"]}, "my.toml: the required candidate 'BB9' is unknown; did you mean 'BB"),
            ({"required": ["Brovo"]}, "my.toml: the required candidate 'Brovo' is unknown; did you mean 'BB1' (Bravo)?"),
            ({"forbidden": ["AA7"]}, "my.toml: the forbidden candidate 'AA7' is unknown; did you mean 'AA"),
            ({"required": ["CC1"]}, "my.toml: the required candidate 'CC1' is excluded: no value for electricity_price"),
            ({"required": ["AA1", "AA2", "BB1"]}, "my.toml: 3 candidates are required, but only 2 sites are chosen"),
            ({"sites": 5}, "my.toml: 5 sites are asked for, but only 4 of 5 candidates are left; 1 fail 'missing data'"),
            ({"data": {"inherit_region_attributes": False, "demand_weight": "holes"}}, "my.toml: the demand table: holes of 'd2' is missing; demand must be"),
            ({"data": {"inherit_region_attributes": False, "demand_weight": "popultion"}}, "my.toml: the demand weight 'popultion' is unknown; did you mean 'population'?"),
            ({"criteria": {"x": {"kind": "attribute", "attribute": "puee", "sense": "min"}}}, "my.toml: criterion 'x' needs the column 'puee', which the candidate table lacks; did you mean 'pue'?"),
            ({"rules": {"x": {"kind": "sites_in", "regions": ["DD"], "minimum": 1}}}, "my.toml: [rules.x]: no candidate lies in 'DD'"),
            ({"exclusions": {"x": {"kind": "attribute", "attribute": "puee", "minimum": 1}}}, "my.toml: [exclusions.x]: the candidate table has no column 'puee'; did you mean 'pue'?"),
            ({"candidates": candidates().set_crs(None, allow_override=True)}, "my.toml: the candidate table has no coordinate reference system"),
            ({"demand": demand().set_crs(None, allow_override=True)}, "my.toml: the demand table has no coordinate reference system"),
            ({"candidates": candidates().iloc[[0, 0]]}, "my.toml: the candidate table holds 'AA1' twice"),
            ({"candidates": candidates().drop(columns="geometry")}, "my.toml: the candidate table is a DataFrame, not a GeoDataFrame"),
            ({"candidates": candidates().assign(electricity_price_eur_per_mwh=-5.0)}, "my.toml: [criteria.energy]: the candidate table: electricity_price_eur_per_mwh of 'AA1' is -5"),
        ],
    )  # fmt: skip
    def test_what_only_the_tables_show_is_one_sentence_too(self, changes: dict[str, Any], sentence: str) -> None:
        """Starts with the file, names row or column and the nearest valid name."""
        with pytest.raises(InputError) as caught:
            model(**changes).instance()
        assert str(caught.value).startswith(sentence)
        assert "\n" not in str(caught.value)

    def test_a_model_crosses_a_process_boundary(self) -> None:
        """With its tables and its name."""
        made = model()
        made.instance()
        again = pickle.loads(pickle.dumps(made))  # noqa: S301 - our own bytes
        assert again.source == "my.toml"
        assert again.instance().candidates == made.instance().candidates

    def test_a_table_in_memory_is_not_written_to_a_model_file(self) -> None:
        """The file would not say what was solved."""
        with pytest.raises(InputError, match="the candidates of this model are a table in memory"):
            model().to_toml()


class TestTables:
    """Files of the user's."""

    def test_a_vector_file_is_read_in_any_crs(self, tmp_path: Path) -> None:
        """Polygons in metres get a representative point in degrees."""
        frame = candidates().drop(columns=["longitude_degrees", "latitude_degrees"]).rename_axis("id").reset_index()
        frame.to_crs("EPSG:3857").to_file(tmp_path / "mine.gpkg")
        made = Model.from_mapping(
            {**model().to_mapping(), "data": {"candidates": "mine.gpkg", "inherit_region_attributes": False}},
            folder=tmp_path,
        ).replace(demand=demand())
        table = made.candidates
        assert isinstance(table, gpd.GeoDataFrame)
        assert table["longitude_degrees"].tolist() == pytest.approx(
            candidates()["longitude_degrees"].tolist(), abs=1e-6
        )

    @pytest.mark.parametrize(
        ("name", "content", "sentence"),
        [
            ("no.csv", None, "there is no such file"),
            ("nuts4", None, "the table 'nuts4' is unknown; did you mean 'nuts"),
            ("bad.gpkg", "not a database", "cannot read the table"),
            ("a.csv", "id,lat\nx,1\n", "has no column 'longitude_degrees'"),
            ("a.csv", "id,lon,lat\nx,1,\n", "row 1 has no 'lat'"),
            ("a.csv", "id,lon,lat\nx,4500000,3200000\n", "not degrees"),
            ("a.csv", "lon,lat\n1,2\n", "has no column 'identifier'"),
            ("a.csv", "id,lon,lat\nx,1,2\nx,3,4\n", "holds 'x' twice"),
            ("a.csv", "id,lon,lat\n", "has no rows"),
        ],
    )  # fmt: skip
    def test_a_table_that_cannot_be_used_is_named(
        self, tmp_path: Path, name: str, content: str | None, sentence: str
    ) -> None:
        """Unknown, unreadable, or without what is needed."""
        if content is not None:
            (tmp_path / name).write_text(content)
        values = {**model().to_mapping(), "data": {"candidates": name, "inherit_region_attributes": False}}
        with pytest.raises((InputError, DataError)) as caught:
            Model.from_mapping(values, source="my.toml", folder=tmp_path).replace(demand=demand()).instance()
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)
