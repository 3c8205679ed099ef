"""Mixed-integer solvers that Pyomo reaches: their names, their options, and which of them are installed."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo
from pyomo.common.log import LoggingIntercept
from pyomo.contrib.solver.common.factory import SolverFactory as NewerSolverFactory

from siting.errors import InputError, nearest_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Interface:
    """How one solver is reached and what it calls the options that matter here.

    Attributes
    ----------
    names : tuple of str
        Pyomo's names of its interfaces, the preferred one first.
    time_limit : str or None
        Option for the time limit in seconds, if Pyomo's own time limit does not reach the solver.
    whole_seconds : bool
        Whether the time limit must be a whole number.
    gap, threads, seed : str or None
        Options for the relative gap, the threads and the seed; None if the solver has none, or none that keeps
        its bound.
    exact : mapping of str to value
        Options that bring tolerances below those of the engine.
    printed : bool
        Whether Pyomo reads the bound from a printed log.
    known : bool
        Whether the options are known. If not, the solver may stop at a gap of its own, and only its bound counts.
    """

    names: tuple[str, ...]
    time_limit: str | None = None
    whole_seconds: bool = False
    gap: str | None = None
    threads: str | None = None
    seed: str | None = None
    exact: Mapping[str, Any] = field(default_factory=dict)
    printed: bool = False
    known: bool = True


_HIGHS = {"mip_feasibility_tolerance": 1e-9, "mip_abs_gap": 1e-6}
_SCIP = {"numerics/feastol": 1e-9}
_GUROBI = {"FeasibilityTol": 1e-9, "IntFeasTol": 1e-9, "MIPGapAbs": 0.0}
_CPLEX = {"mip_tolerances_absmipgap": 0.0, "mip_tolerances_integrality": 1e-9, "simplex_tolerances_feasibility": 1e-9}
#: Per solver, what is passed to it. Of every other solver only Pyomo's own time limit is tried.
INTERFACES: dict[str, Interface] = {
    "highs": Interface(("highs",), gap="mip_rel_gap", threads="threads", seed="random_seed", exact=_HIGHS),
    "appsi_highs": Interface(("appsi_highs",), gap="mip_rel_gap", threads="threads", seed="random_seed", exact=_HIGHS),
    "scip": Interface(
        ("scip_direct", "scip"),
        gap="limits/gap", threads="lp/threads", seed="randomization/randomseedshift", exact=_SCIP,
    ),
    "cbc": Interface(
        ("cbc",), gap="ratioGap", threads="threads", seed="randomCbcSeed", printed=True,
        exact={"primalTolerance": 1e-9, "integerTolerance": 1e-9},
    ),
    # A gap would make GLPK stop without saying how good its answer is.
    "glpk": Interface(("glpk",), whole_seconds=True, seed="seed", printed=True),
    "gurobi": Interface(
        ("gurobi_direct", "gurobi_persistent", "gurobi"),
        time_limit="TimeLimit", gap="MIPGap", threads="Threads", seed="Seed", exact=_GUROBI,
    ),
    "cplex": Interface(
        ("cplex",), gap="mip_tolerances_mipgap", threads="threads", seed="randomseed", exact=_CPLEX, printed=True
    ),
    "cplex_direct": Interface(
        ("cplex_direct", "cplex_persistent"),
        time_limit="timelimit", gap="mip_tolerances_mipgap", threads="threads", seed="randomseed", exact=_CPLEX,
    ),
    "xpress": Interface(
        ("xpress_direct", "xpress_persistent", "xpress"),
        time_limit="timelimit", gap="miprelstop", threads="threads", seed="randomseed", exact={"mipabsstop": 0.0},
    ),
    "mosek": Interface(
        ("mosek_direct", "mosek_persistent", "mosek"), time_limit="dparam.mio_max_time",
        gap="dparam.mio_tol_rel_gap", threads="iparam.num_threads", seed="iparam.mio_seed",
        exact={"dparam.mio_tol_abs_gap": 0.0},
    ),
}  # fmt: skip
#: Solvers in Pyomo's list that are none for mixed-integer linear models, by the beginning of their names.
NOT_MIXED_INTEGER = (
    "_", "appsi_ipopt", "asl", "conopt", "contrib.", "cp_optimizer", "cuopt", "cyipopt", "gdpopt", "ipopt", "mindtpy",
    "mpec", "multistart", "path", "py", "scipy.", "trustregion",
)  # fmt: skip


def known_solvers() -> list[str]:
    """Return the names of all solvers of mixed-integer models that Pyomo knows, installed or not.

    Examples
    --------
    >>> {"cbc", "glpk", "gurobi", "highs", "scip"} <= set(known_solvers())
    True
    """
    names = {*INTERFACES, *pyo.SolverFactory, *NewerSolverFactory}
    return sorted(name for name in names if not name.startswith(NOT_MIXED_INTEGER))


def available_solvers() -> list[str]:
    """Return the names of the solvers that are installed, one name per solver.

    Examples
    --------
    >>> "highs" in available_solvers()
    True
    """
    return sorted(name for name, interface in INTERFACES.items() if _available(interface) is not None)


@dataclass(frozen=True)
class Found:
    """A solver that is installed.

    Attributes
    ----------
    name : str
        What it was asked for by.
    interface : Interface
        How it is called.
    newer : bool
        Whether Pyomo's interface to it is of the newer kind.
    solver : object
        Pyomo's solver.
    """

    name: str
    interface: Interface
    newer: bool
    solver: Any


def find_solver(name: str) -> Found:
    """Return an installed solver by name.

    Parameters
    ----------
    name : str
        One of `known_solvers`.

    Raises
    ------
    InputError
        If Pyomo does not know it or it is not installed, naming the nearest and those that are installed.

    Examples
    --------
    >>> find_solver("highs").newer
    True
    """
    known = known_solvers()
    if name not in known:
        nearest = nearest_name(name, known)
        meant = f"; did you mean {nearest!r}?" if nearest else ";"
        raise InputError(f"Pyomo knows no mixed-integer solver {name!r}{meant} {_installed()}")
    interface = INTERFACES.get(name) or _of_relative(name)
    found = _available(interface)
    if found is None:
        raise InputError(f"solver {name!r} is known to Pyomo but not installed; {_installed()}")
    return Found(name, interface, *found)


def _of_relative(name: str) -> Interface:
    """Return the options under which a particular interface of a solver, "gurobi_persistent" say, is called."""
    for interface in INTERFACES.values():
        if name in interface.names or name.removesuffix("_v2") in interface.names:
            return dataclasses.replace(interface, names=(name,))
    return Interface((name,), known=False)


def _installed() -> str:
    return f"installed here are {', '.join(available_solvers())}"


def _available(interface: Interface) -> tuple[bool, Any] | None:
    """Return the first interface that is installed, with whether it is of the newer kind."""
    for name in interface.names:
        for newer, factory in ((True, NewerSolverFactory), (False, pyo.SolverFactory)):
            if name not in factory:
                continue
            # Pyomo logs each executable it does not find; licences are checked by calling the solver.
            with silence(), contextlib.suppress(Exception):
                found = factory(name)
                if found.available() if newer else found.available(exception_flag=False):
                    return newer, found
    return None


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep Pyomo's remarks, such as that a result of a limited run holds a solution, off the user's screen."""
    with LoggingIntercept(io.StringIO(), "pyomo", level=logging.NOTSET), contextlib.redirect_stdout(io.StringIO()):
        yield
