"""Every kind of map of a solution: `siting.maps.plot`, which `Solution.plot` calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from siting.errors import InputError, suggestion
from siting.maps.alternatives import alternatives_map
from siting.maps.citations import MappableSolution, sources_of
from siting.maps.criterion import criterion_map
from siting.maps.exclusions import exclusions_map
from siting.maps.latency import latency_map
from siting.maps.multiples import criteria_maps
from siting.maps.page import taken
from siting.maps.portfolio import portfolio_map
from siting.maps.robustness import robustness_map
from siting.maps.score import score_map
from siting.maps.service import service_map
from siting.maps.texts import check_language, number, word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

_CRITERIA_ATTRIBUTES = (
    "electricity_price_eur_per_mwh", "grid_capacity_mva", "large_enterprise_eligible", "carbon_intensity_g_per_kwh",
    "pue", "score",
)  # fmt: skip
"""What small multiples show unless asked for others, as far as the table has it."""


@dataclass(frozen=True)
class _Kind:
    """One kind of map.

    Attributes
    ----------
    draw : callable
        Given the solution and the options of every map, draws it.
    options : tuple of str
        Its own options.
    attributes : tuple of str
        Attributes it always shows; those that options name come on top.
    judged : bool
        Whether it rests on the criteria.
    """

    draw: Callable[[Any, dict[str, Any]], Any]
    options: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ("longitude_degrees",)
    judged: bool = True


def plot(solution: MappableSolution | Any, *, kind: str = "portfolio", ax: Axes | None = None, **options: Any) -> Any:
    """Draw a map of a solution.

    Parameters
    ----------
    solution : Solution
        Solved from a model, so that it has geography.
    kind : str, default "portfolio"
        One of `KINDS`:

        - ``"portfolio"``: the chosen sites, their figures, exclusions, who serves whom; options `shade` (attribute,
          default ``"score"``) and `columns` (of the table of sites).
        - ``"score"``: how good every candidate is on its own; `listed`, how many of the best unchosen are listed.
        - ``"criterion"``: one attribute; `attribute`.
        - ``"criteria"``: small multiples; `attributes`, default those the criteria rest on.
        - ``"latency"``: isochrones and people within them; `thresholds` in ms, default 10, 20, 30, 50.
        - ``"service"``: who is served by which site.
        - ``"exclusions"``: why candidates are excluded.
        - ``"alternatives"``: core and swappable sites; `alternatives`, what `siting.alternatives` returned.
        - ``"robustness"``: acceptability; `robustness`, what `siting.robustness` returned.
    ax : matplotlib.axes.Axes, optional
        Draw the bare map here, without title unless one is given.
    **options
        Options of the kind, and keywords of every map: see `MapOptions`. By default the title is the model's, with
        what the map shows; the subtitle tells objective, gap and proof, and the sources are those of the tables the
        map rests on.

    Returns
    -------
    Sheet or matplotlib.axes.Axes
        A sheet of A4 without `ax`, otherwise `ax`.

    Raises
    ------
    siting.errors.InputError
        If the solution has no geography, or a kind, option or value is unknown or missing.

    Examples
    --------
    >>> import siting
    >>> cost = siting.Criterion(site=[1.0, 2.0])
    >>> siting.maps.plot(siting.solve(siting.Instance(sites=1, criteria={"cost": cost})))
    Traceback (most recent call last):
    siting.errors.InputError: the solution has no polygons to draw; solve a model instead of a bare instance
    """
    if kind not in _KINDS:
        raise InputError(f"there is no map of kind '{kind}'{suggestion(str(kind), KINDS, listed=len(KINDS))}")
    chosen = _KINDS[kind]
    taken(options, chosen.options, kind)
    language = check_language(options.get("language", "en"))
    candidates = solution.candidates
    if candidates is None or not hasattr(candidates, "geometry"):
        raise InputError("the solution has no polygons to draw; solve a model instead of a bare instance")
    given = {name: value for name, value in options.items() if value is not None}
    if "neighbours" not in options:
        given["neighbours"] = surroundings(candidates, solution.demand)
    if ax is None:
        given = {**_defaults(solution, kind, language, given), **given}
    return chosen.draw(solution, {**given, "ax": ax})


def surroundings(candidates: gpd.GeoDataFrame, demand: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the countries around the candidates: those outside the Union, and its members without a candidate.

    Parameters
    ----------
    candidates : geopandas.GeoDataFrame
        With `country`, as Eurostat writes it; without it every member state is among the countries around.
    demand : geopandas.GeoDataFrame, optional
        Counts instead of the candidates where these are places, because it is drawn as their land.

    Returns
    -------
    geopandas.GeoDataFrame
        In EPSG:3035.

    Examples
    --------
    >>> from siting import data
    >>> regions = data.boundaries("nuts2")
    >>> "DE" in surroundings(regions, None).index
    False
    >>> "DE" in surroundings(regions[regions["country"] == "AT"], None).index
    True
    """
    from siting import data

    outside = data.neighbours()
    drawn = candidates
    if demand is not None and (shapely.get_dimensions(candidates.geometry.to_numpy()) == 0).all():
        drawn = demand
    areas = shapely.get_dimensions(drawn.geometry.to_numpy()) == 2
    countries = set(drawn["country"][areas]) if "country" in drawn.columns else set()
    members = data.boundaries("nuts2")
    rest = members[~members["country"].isin(countries)]
    if rest.empty:
        return outside
    joined = rest.dissolve("country", method="coverage")[["geometry"]]
    return gpd.GeoDataFrame(pd.concat([outside[["geometry"]], joined]), crs=outside.crs)


def _defaults(solution: MappableSolution, kind: str, language: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return title, subtitle, sources and remarks of a sheet."""
    chosen = _KINDS[kind]
    named = [options.get(name) for name in ("shade", "attribute") if options.get(name)]
    shown = [*chosen.attributes, *named, *options.get("attributes", _attributes(solution)), *options.get("columns", ())]
    own = word(getattr(solution.model, "title", ""), language)
    found = {
        "subtitle": subtitle(solution, language, proof=kind == "portfolio"),
        "sources": sources_of(solution, shown, judged=chosen.judged),
    }
    analysis = options.get(kind)
    if analysis is not None:
        found["subtitle"] = _TOLD[kind](analysis, language)
    if own and kind == "portfolio":
        found["title"] = own
    elif own:
        found["subtitle"] = f"{own} · {found['subtitle']}"
    if kind in {"portfolio", "service"} and getattr(solution, "shares", None) is not None:
        found["remarks"] = [word("split demand", language)]
    return found


def subtitle(solution: MappableSolution, language: str, *, proof: bool = True) -> str:
    """Return objective, gap and proof in one line.

    Parameters
    ----------
    solution : MappableSolution
        What is held.
    language : str
        Language of the line. Proofs are told in English; in another language the line says whether there is one.
    proof : bool, default True
        Whether an English line also says how optimality was proven.

    Returns
    -------
    str
        The line.
    """
    if solution.objective is None:
        return f"{word('none chosen', language)}: {_status(solution, language)}"
    objective = f"{word('objective', language)} {number(solution.objective, 4, language)}"
    gap = f"{word('gap', language)} {number(100 * solution.gap, 2, language)} %"
    how = f": {solution.proof}" if proof and language == "en" else ""
    return f"{objective} · {gap} · {_status(solution, language)}{how}"


def _alternatives_told(found: Any, language: str) -> str:
    """Return what a list of alternatives found; in English its own sentence."""
    if language == "en":
        return str(found.headline)
    shares = found.sites["share_percent"]
    return word("alternatives told", language).format(
        portfolios=number(len(found), 0, language),
        state=word("list complete" if found.complete else "list not complete", language),
        core=number(int((shares >= 100).sum()), 0, language),
        swappable=number(int(((shares > 0) & (shares < 100)).sum()), 0, language),
        never=number(int((shares <= 0).sum()), 0, language),
    )


def _robustness_told(found: Any, language: str) -> str:
    """Return what an analysis of robustness found; in English its own sentence."""
    if language == "en":
        return str(found.headline)
    return word("robustness told", language).format(
        share=number(100 * found.base_share, 0, language), draws=number(found.done, 0, language)
    )


_TOLD: dict[str, Callable[[Any, str], str]] = {"alternatives": _alternatives_told, "robustness": _robustness_told}


def _status(solution: MappableSolution, language: str) -> str:
    key = solution.status.replace("_", " ")
    # "gap" alone is the word for the gap.
    return word("gap reached" if key == "gap" and language != "en" else key, language)


def _attributes(solution: MappableSolution) -> list[str]:
    """Return what small multiples show by default."""
    return [name for name in _CRITERIA_ATTRIBUTES if name in solution.candidates.columns]


def _portfolio(solution: MappableSolution, options: dict[str, Any]) -> Any:
    criteria = None if options.get("ax") is not None else solution.criteria
    return portfolio_map(solution.candidates, solution.demand, criteria=criteria, **options)


def _score(solution: MappableSolution, options: dict[str, Any]) -> Any:
    return score_map(solution.candidates, solution.demand, **options)


def _criterion(solution: MappableSolution, options: dict[str, Any]) -> Any:
    attribute = options.pop("attribute", None)
    if attribute is None:
        raise InputError("a map of kind 'criterion' needs attribute=, such as 'electricity_price_eur_per_mwh'")
    return criterion_map(solution.candidates, attribute, **options)


def _criteria(solution: MappableSolution, options: dict[str, Any]) -> Any:
    attributes = options.pop("attributes", None)
    return criteria_maps(solution.candidates, _attributes(solution) if attributes is None else attributes, **options)


def _latency(solution: MappableSolution, options: dict[str, Any]) -> Any:
    latency = getattr(solution.model, "latency", None)
    return latency_map(solution.candidates, solution.demand, latency=latency, **options)


def _service(solution: MappableSolution, options: dict[str, Any]) -> Any:
    return service_map(solution.candidates, solution.demand, **options)


def _exclusions(solution: MappableSolution, options: dict[str, Any]) -> Any:
    return exclusions_map(solution.candidates, solution.demand, **options)


def _alternatives(solution: MappableSolution, options: dict[str, Any]) -> Any:
    found = _analysis(options, "alternatives")
    complete = bool(found.complete)
    return alternatives_map(
        solution.candidates, found.sites, solution.demand, portfolios=len(found), complete=complete, **options
    )


def _robustness(solution: MappableSolution, options: dict[str, Any]) -> Any:
    found = _analysis(options, "robustness")
    return robustness_map(solution.candidates, found.sites, solution.demand, draws=found.done, **options)


def _analysis(options: dict[str, Any], name: str) -> Any:
    """Take the result of an analysis out of the options."""
    found = options.pop(name, None)
    if found is None or not hasattr(found, "sites"):
        raise InputError(f"a map of kind '{name}' needs {name}=, what siting.{name}(...) returned")
    return found


_KINDS = {
    "portfolio": _Kind(_portfolio, ("shade", "columns")),
    "score": _Kind(_score, ("listed",)),
    "criterion": _Kind(_criterion, ("attribute",), judged=False),
    "criteria": _Kind(_criteria, ("attributes",), judged=False),
    "latency": _Kind(_latency, ("thresholds",), ("longitude_degrees", "population"), judged=False),
    "service": _Kind(_service, (), ("longitude_degrees", "population"), judged=False),
    "exclusions": _Kind(_exclusions),
    "alternatives": _Kind(_alternatives, ("alternatives",)),
    "robustness": _Kind(_robustness, ("robustness",)),
}
KINDS = tuple(_KINDS)
"""What `plot` draws."""
