"""The answer as its users read it: the sites on their table, each criterion in its unit, the rules, the proof."""

from __future__ import annotations

import math
from functools import cached_property
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from siting.errors import InputError
from siting.evaluation import single_site_values, site_values
from siting.plain_values import plain, records, significant

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from siting.engine import InstanceSolution
    from siting.instance import Instance
    from siting.model import Model
    from siting.normalisation import Scaling


class Solution:
    """A portfolio with everything needed to read it: what is held, why the search stopped, and how good it is.

    Made by `siting.solve`. With a model, `candidates`, `demand` and `sites` are tables on a map; solved from a
    bare `Instance`, `candidates` and `sites` are plain tables and `demand` has no geometry.

    Attributes
    ----------
    portfolio : tuple or None
        Identifiers of the chosen candidates, in candidate order; None if the search holds nothing.
    objective : float or None
        Weighted sum of the criteria, minimised, re-evaluated outside the solver.
    bound : float
        No portfolio has a lower objective.
    gap : float
        ``(objective - bound) / |objective|``.
    status : str
        Why the search stopped: "optimal", "gap", "time_limit", "node_limit", "memory_limit" or "interrupted".
    proof : str
        How optimality was proven, in words, or that it was not.
    seconds : float
        Wall-clock time of the search, without reading tables.
    method : str
        The method asked for.
    instance : Instance
        What was solved, weights scaled.
    model : Model or None
        What it was made from.
    scaling : Scaling or None
        Ideal, nadir and scale of each criterion, and the exchange rates.

    Examples
    --------
    >>> import siting
    >>> cost = siting.Criterion(site=[3.0, 1.0, 2.0], unit="EUR")
    >>> solution = siting.solve(siting.Instance(sites=2, criteria={"cost": cost}, candidates=["a", "b", "c"]))
    >>> solution.portfolio, solution.objective, solution.status
    (('b', 'c'), 3.0, 'optimal')
    """

    def __init__(
        self,
        instance: Instance,
        result: InstanceSolution,
        model: Model | None = None,
        scaling: Scaling | None = None,
    ) -> None:
        self.instance, self.result, self.model, self.scaling = instance, result, model, scaling
        self.portfolio = result.portfolio
        self.objective, self.bound, self.gap = result.objective, result.bound, result.gap
        self.status, self.proof = result.status, result.proof
        self.seconds, self.method = result.seconds, result.method
        self.assignment, self.shares = result.assignment, result.shares

    @property
    def is_proven(self) -> bool:
        """Whether the portfolio is proven optimal."""
        return self.status == "optimal"

    @cached_property
    def _chosen(self) -> NDArray[np.int64]:
        chosen = [self.instance.position(identifier) for identifier in self.portfolio or ()]
        return np.array(chosen, dtype=np.int64)

    @cached_property
    def criteria(self) -> pd.DataFrame:
        """Each criterion in its own unit, with its weight and its share of the objective.

        Columns `value`, `unit`, `sense`, `weight` (as given), `ideal`, `nadir`, `exchange_rate`, `contribution` (to the
        objective; the column adds up to it, and is 0 for a criterion at its ideal). Without a model, ideal, nadir and
        exchange rate are missing.
        """
        signed = self.instance.signed_weights
        zero = dict.fromkeys(self.instance.criteria, 0.0)
        if self.scaling is not None:
            zero = {str(name): float(ideal) for name, ideal in self.scaling.table["ideal"].fillna(0.0).items()}
        weights = dict(self.instance.weights or {})
        rows = {
            name: {
                "value": self.result.values.get(name, math.nan),
                "unit": criterion.unit,
                "sense": criterion.sense,
                "weight": weights[name],
                "ideal": math.nan,
                "nadir": math.nan,
                "exchange_rate": math.nan,
                # Ten digits: a criterion at its ideal contributes 0, not what rounding left of it.
                "contribution": round(signed[name] * (self.result.values.get(name, math.nan) - zero[name]), 10) + 0.0,
            }
            for name, criterion in self.instance.criteria.items()
        }
        table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("criterion")
        if self.scaling is not None:
            for column in ("weight", "ideal", "nadir", "exchange_rate"):
                table[column] = self.scaling.table[column]
        return table

    @cached_property
    def site_contributions(self) -> pd.DataFrame:
        """What each chosen site adds to each criterion, in the criterion's unit; the columns add up to the values.

        Of a worst-case criterion it is each site's own worst value, and the worst of them is the criterion's.
        A site's share of a service criterion is that of the demand it serves; the column `demand_share` says how
        much that is.
        """
        instance, chosen = self.instance, self._chosen
        index = _index(self.portfolio or ())
        flow = self._flow()
        table = {name: site_values(instance, name, chosen, flow) for name in instance.criteria}
        if instance.number_of_demand_points and instance.demand.sum() > 0:
            table["demand_share"] = flow.sum(axis=0) / instance.demand.sum()
        return pd.DataFrame(table, index=index)

    def _flow(self) -> NDArray[np.float64]:
        """Return demand of each point served by each chosen site, shape (I, chosen)."""
        demand = self.instance.demand[:, None]
        if self.shares is not None:
            return np.asarray(demand * self.shares)
        if self.assignment is None:
            return np.zeros((self.instance.number_of_demand_points, len(self._chosen)))
        return np.asarray(demand * (self.assignment[:, None] == self._chosen[None, :]))

    @cached_property
    def candidates(self) -> Any:
        """All candidates with `selected`, `facility`, `excluded`, `exclusion_reason` and `score`.

        `facility` is the closest chosen site. `score` is how good a candidate is on its own, 0 to 1: the weighted mean
        over criteria of its position between the worst (0) and the best (1) candidate that is not excluded.
        """
        if self.model is not None:
            table = self.model.candidates
        else:
            table = pd.DataFrame(index=_index(self.instance.candidates))
            reasons = [self.instance.forbidden.get(identifier) for identifier in self.instance.candidates]
            table["exclusion_reason"] = pd.Series(reasons, index=table.index, dtype=object)
            table["excluded"] = table["exclusion_reason"].notna()
        table["selected"] = table.index.isin(list(self.portfolio or ()))
        table["facility"] = self._closest_site(table)
        table["score"] = self._scores().reindex(table.index)
        for name, values in self.site_contributions.items():
            table[f"contribution_{name}"] = values.reindex(table.index)
        return table

    def _closest_site(self, table: pd.DataFrame) -> pd.Series[Any]:
        sites = table.index[table["selected"]]
        nobody = pd.Series(None, index=table.index, dtype=object)
        if len(sites) == 0 or "longitude_degrees" not in table.columns:
            return nobody
        from siting.geography import distance_matrix_km

        distances = distance_matrix_km(table, table.loc[sites])
        return pd.Series(np.array(sites, dtype=object)[distances.argmin(axis=1)], index=table.index)

    def _scores(self) -> pd.Series[float]:
        """Return the score of every candidate that is not forbidden; the others have none."""
        instance = self.instance
        allowed = np.array([identifier not in instance.forbidden for identifier in instance.candidates])
        weights = self.criteria["weight"].to_dict()
        total, score = 0.0, np.zeros(int(allowed.sum()))
        for name, criterion in instance.criteria.items():
            values = criterion.sign * single_site_values(instance, name)[allowed]
            spread = float(np.ptp(values)) if len(values) else 0.0
            weight = abs(float(weights[name]))
            if spread > 0 and weight > 0:
                total += weight
                score += weight * (values.max() - values) / spread
        index = _index(instance.candidates)[allowed]
        return pd.Series(score / total if total > 0 else math.nan, index=index)

    @property
    def sites(self) -> Any:
        """The chosen candidates: every attribute, and what each contributes to each criterion."""
        return self.candidates.loc[self.candidates["selected"]]

    @cached_property
    def demand(self) -> Any:
        """All demand points with `facility`, the site that serves most of each, and `latency_ms` where a model has it.

        None for an instance without demand.
        """
        if self.instance.number_of_demand_points == 0 or self.assignment is None:
            return None
        names = self.instance.candidates
        facility: list[Any] = [None if position < 0 else names[position] for position in self.assignment]
        if self.model is None:
            table = pd.DataFrame({"demand": self.instance.demand})
            table.index.name = "demand_point"
            return table.assign(facility=facility)
        table = self.model.demand.assign(facility=facility)
        if "longitude_degrees" in table.columns and self.portfolio:
            from siting.geography import geodesic_distance_km

            sites = self.candidates.loc[facility]
            distance = geodesic_distance_km(
                table["longitude_degrees"].to_numpy(), table["latitude_degrees"].to_numpy(),
                sites["longitude_degrees"].to_numpy(), sites["latitude_degrees"].to_numpy(),
            )  # fmt: skip
            table["latency_ms"] = self.model.latency(distance)
        return table

    @cached_property
    def rules(self) -> pd.DataFrame:
        """Every rule on the choice: what the portfolio has of it, its bounds, and whether it binds.

        A rule binds when its value lies on a bound; that it binds does not yet say that it costs anything.
        """
        instance, chosen = self.instance, self._chosen
        rows: list[dict[str, object]] = [
            {"rule": "number of sites", "value": float(len(chosen)), "lower": float(instance.minimum_sites),
             "upper": float(instance.maximum_sites), "binding": True},
        ]  # fmt: skip
        for name, limit in instance.limits.items():
            value = float(limit.coefficients[chosen].sum())
            lower = -math.inf if limit.lower is None else limit.lower
            upper = math.inf if limit.upper is None else limit.upper
            room = 1e-9 * max(1.0, abs(value))
            binding = value - lower <= room or upper - value <= room
            rows.append({"rule": name, "value": value, "lower": lower, "upper": upper, "binding": binding})
        for name, pairs in instance.conflict_positions.items():
            broken = np.isin(pairs, chosen).all(axis=1).sum()
            row = {"rule": name, "value": float(broken), "lower": -math.inf, "upper": 0.0, "binding": False}
            rows.append(row)
        return pd.DataFrame(rows).set_index("rule")

    def plot(self, ax: Any = None, *, kind: str = "portfolio", **options: Any) -> Any:
        """Draw the portfolio on a map in EPSG:3035.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Draw the bare map here; without it, a whole sheet of A4 with title, legend and sources.
        kind : str, default "portfolio"
            Which map: see `siting.maps.KINDS`.
        **options
            Passed to `siting.maps.plot`: `shade`, `title`, `subtitle`, `language`, `style`, `orientation`.

        Returns
        -------
        matplotlib.axes.Axes or siting.maps.Sheet
            The map; a sheet shows itself in a notebook and has `save`.

        Raises
        ------
        InputError
            If there is nothing to draw.
        """
        self._require_model("draw a map")
        from siting import maps

        return maps.plot(self, ax=ax, kind=kind, **options)

    def explore(self, **options: Any) -> Any:
        """Make a map to pan, zoom and ask, in one HTML file that needs no network.

        Parameters
        ----------
        **options
            Passed to `siting.interactive.explore`.

        Returns
        -------
        siting.interactive.InteractiveMap
            Shows itself in a notebook and has `save`.

        Raises
        ------
        InputError
            If there is nothing to draw.
        """
        self._require_model("draw a map")
        from siting import interactive

        return interactive.explore(self, **options)

    def report(self, path: str | Path, **options: Any) -> Path:
        """Write the dossier of the solution: `.pdf`, `.html` or `.docx`.

        Parameters
        ----------
        path : str or pathlib.Path
            Where to; its ending chooses the format.
        **options
            Passed to `siting.report.write_report`.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            If there is nothing to report.
        OutputError
            If the format is unknown or the file cannot be written; nothing half-written is left.
        """
        self._require_model("report on")
        # The dossier asks the analyses, which stand above a solution, so it is found by name when it is called.
        written: Path = import_module("siting.report").write_report(self, path, **options)
        return written

    def to_file(self, path: str | Path, **options: Any) -> Path:
        """Write the solution to a file; its ending chooses the format, see `siting.export.write_solution`.

        Raises
        ------
        OutputError
            If the format is unknown or the file cannot be written; nothing half-written is left.
        """
        from siting.export import write_solution

        return write_solution(self, path, **options)

    def _require_model(self, purpose: str) -> None:
        if self.model is None:
            raise InputError(f"a solution of a bare instance has no geography to {purpose}; solve a model instead")

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain values, ready for JSON; what is not known or not finite is None."""
        return {
            "portfolio": None if self.portfolio is None else [plain(identifier) for identifier in self.portfolio],
            "objective": plain(self.objective),
            "bound": plain(self.bound),
            "gap": plain(self.gap),
            "status": self.status,
            "proof": self.proof,
            "method": self.method,
            "seconds": self.seconds,
            "criteria": records(self.criteria),
            "sites": records(self._site_summary()),
            "rules": records(self.rules),
        }

    def _site_summary(self) -> pd.DataFrame:
        """Return the chosen candidates with name, country and contributions only."""
        table = self.site_contributions
        if self.model is not None:
            names = self.candidates.loc[table.index, [c for c in ("name", "country") if c in self.candidates]]
            table = pd.concat([pd.DataFrame(names), table], axis=1)
        return table

    def __repr__(self) -> str:
        held = "nothing held" if self.portfolio is None else ", ".join(map(str, self.portfolio))
        objective = "" if self.objective is None else f", objective={self.objective:.6g}"
        return f"Solution({held}{objective}, bound={self.bound:.6g}, gap={self.gap:.2%}, status={self.status})"

    def _repr_html_(self) -> str:
        """Return tables for notebooks; every text that comes from data is escaped."""
        if self.portfolio is None:
            return f"<p><strong>No portfolio held</strong>: {escape(self.status)}; bound {self.bound:.6g}.</p>"
        verdict = "proven optimal" if self.is_proven else f"stopped: {self.status}"
        head = (
            f"<p><strong>{len(self.portfolio)} sites, {escape(verdict)}</strong><br>objective "
            f"{self.objective:.6g}, bound {self.bound:.6g}, gap {self.gap:.2%}, {self.seconds:.2f} s<br>"
            f"{escape(self.proof)}</p>"
        )
        sites = self._site_summary().to_html(float_format=significant, border=0, na_rep="–")
        columns = ["value", "unit", "sense", "weight", "ideal", "nadir", "exchange_rate", "contribution"]
        criteria = self.criteria[columns].to_html(float_format=significant, border=0, na_rep="–")
        return f"<div>{head}{sites}{criteria}</div>"


def _index(identifiers: Sequence[Hashable]) -> pd.Index[Any]:
    """Return candidates as an index with one level, tuples kept whole."""
    return pd.Index(list(identifiers), name="candidate", tupleize_cols=False)
