"""Choose a portfolio of facility sites exactly, and defend the choice.

>>> import siting
>>> solution = siting.solve("gigafactories")
>>> len(solution.sites)
4
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from siting._version import __version__

if TYPE_CHECKING:
    from siting import data, location, maps
    from siting.analysis.alternatives import alternatives
    from siting.analysis.infeasibility import explain_infeasible
    from siting.analysis.pareto import pareto
    from siting.analysis.robustness import robustness
    from siting.analysis.rule_prices import rule_prices
    from siting.analysis.scenarios import scenarios
    from siting.analysis.stress import stress
    from siting.analysis.weight_stability import weight_stability
    from siting.analysis.why import why
    from siting.analysis.why_not import why_not
    from siting.errors import DataError, InfeasibleError, InputError, OutputError, SitingError, SolverError
    from siting.explorer import Explorer
    from siting.instance import Criterion, Instance, Limit
    from siting.latency import LatencyModel
    from siting.model import Model
    from siting.solution import Solution
    from siting.solver import Solver
    from siting.solving import solve

__all__ = [
    "Criterion",
    "DataError",
    "Explorer",
    "InfeasibleError",
    "InputError",
    "Instance",
    "LatencyModel",
    "Limit",
    "Model",
    "OutputError",
    "SitingError",
    "Solution",
    "Solver",
    "SolverError",
    "__version__",
    "alternatives",
    "data",
    "explain_infeasible",
    "location",
    "maps",
    "pareto",
    "robustness",
    "rule_prices",
    "scenarios",
    "solve",
    "stress",
    "weight_stability",
    "why",
    "why_not",
]

# Names are loaded when first used, so that `import siting` does not wait for maps, tables or Pyomo.
_HOMES = {
    "Criterion": "siting.instance",
    "DataError": "siting.errors",
    "Explorer": "siting.explorer",
    "InfeasibleError": "siting.errors",
    "InputError": "siting.errors",
    "Instance": "siting.instance",
    "LatencyModel": "siting.latency",
    "Limit": "siting.instance",
    "Model": "siting.model",
    "OutputError": "siting.errors",
    "SitingError": "siting.errors",
    "Solution": "siting.solution",
    "Solver": "siting.solver",
    "SolverError": "siting.errors",
    "solve": "siting.solving",
    "alternatives": "siting.analysis.alternatives",
    "explain_infeasible": "siting.analysis.infeasibility",
    "pareto": "siting.analysis.pareto",
    "robustness": "siting.analysis.robustness",
    "rule_prices": "siting.analysis.rule_prices",
    "scenarios": "siting.analysis.scenarios",
    "stress": "siting.analysis.stress",
    "weight_stability": "siting.analysis.weight_stability",
    "why": "siting.analysis.why",
    "why_not": "siting.analysis.why_not",
}
_MODULES = ("data", "location", "maps")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = import_module(f"siting.{name}")
    else:
        raise AttributeError(f"module 'siting' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
