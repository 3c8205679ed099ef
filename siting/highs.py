"""A thin layer over HiGHS: pass arrays, run, and read back status, bound and solution honestly.

HiGHS reports a failed run much like a zero solution, its tolerances are absolute, and its time limit overruns; so the
status is always checked, objectives are scaled by the callers, and nothing is read from a run that did not end well.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from siting.errors import SolverError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    from siting.formulation import LinearModel

#: HiGHS' tolerances are absolute, so objectives are scaled to this size before they are passed.
OBJECTIVE_SIZE = 1e4
#: Seconds between two looks at a run in a thread of its own, and seconds such a run is given to stop when asked to.
POLL, GRACE = 0.05, 1.0

_FINISHED = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "interrupted",
    highspy.HighsModelStatus.kObjectiveTarget: "interrupted",
    highspy.HighsModelStatus.kSolutionLimit: "node_limit",
}


@dataclass(frozen=True, eq=False)
class HighsResult:
    """Outcome of one run.

    Attributes
    ----------
    status : str
        "optimal", "infeasible", "time_limit", "node_limit" or "interrupted".
    x : ndarray or None
        The best point, None if there is none.
    objective, bound : float
        Objective of the point, and the best bound.
    reduced_costs : ndarray or None
        Of a linear programme.
    nodes : int
        Nodes of branch and bound.
    """

    status: str
    x: NDArray[np.float64] | None
    objective: float
    bound: float
    reduced_costs: NDArray[np.float64] | None = None
    nodes: int = 0


class HighsModel:
    """A model held by HiGHS that rows can be added to between runs.

    Parameters
    ----------
    threads : int, optional
        Threads HiGHS may use.
    seed : int
        Random seed of HiGHS.
    """

    def __init__(self, threads: int | None = None, seed: int = 0) -> None:
        self._highs = highspy.Highs()
        self._highs.silent()
        # HiGHS fixes its thread count per process at the first run; a new count needs a new scheduler.
        if threads is not None:
            highspy.Highs.resetGlobalScheduler(True)  # noqa: FBT003 - it takes no keyword
            self._set("threads", int(threads))
        self._set("random_seed", int(seed))
        self._set("mip_feasibility_tolerance", 1e-9)
        self._set("mip_rel_gap", 0.0)
        self._set("mip_abs_gap", 1e-6)
        self._columns = 0

    def _set(self, option: str, value: Any) -> None:
        if self._highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refused {option} = {value!r}")

    def load(self, model: LinearModel) -> None:
        """Pass a whole model."""
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(model.cost), len(model.row_lower)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.column_lower, model.column_upper
        lp.offset_ = model.constant
        lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = model.matrix.indptr.astype(np.int32)
        lp.a_matrix_.index_ = model.matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = model.matrix.data
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(flag)] for flag in model.integer]
        if self._highs.passModel(lp) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused the model")
        self._columns = len(model.cost)

    def add_columns(self, costs: NDArray[np.float64]) -> None:
        """Add continuous columns that are at least 0."""
        count = len(costs)
        nothing = np.array([], dtype=np.int32)
        status = self._highs.addCols(
            count, costs, np.zeros(count), np.full(count, highspy.kHighsInf), 0,
            np.zeros(count, dtype=np.int32), nothing, np.array([], dtype=np.float64),
        )  # fmt: skip
        if status == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused new columns")
        self._columns += count

    @property
    def number_of_columns(self) -> int:
        """Columns held."""
        return self._columns

    def set_row_bounds(self, row: int, lower: float, upper: float) -> None:
        """Change the bounds of one row."""
        self._highs.changeRowBounds(int(row), float(lower), float(upper))

    def add_rows(self, matrix: sparse.csr_array, lower: NDArray[np.float64]) -> int:
        """Add rows ``matrix @ x >= lower`` and return the number of the first."""
        first = int(self._highs.getNumRow())
        count = matrix.shape[0]
        status = self._highs.addRows(
            count, lower, np.full(count, highspy.kHighsInf), matrix.nnz,
            matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        )  # fmt: skip
        if status == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused new rows")
        return first

    def set_integer(self, columns: NDArray[np.int64], *, integer: bool) -> None:
        """Make columns integer or continuous."""
        kind = highspy.HighsVarType.kInteger if integer else highspy.HighsVarType.kContinuous
        for column in columns.tolist():
            self._highs.changeColIntegrality(column, kind)

    def set_bounds(self, column: int, lower: float, upper: float) -> None:
        """Change the bounds of one column."""
        self._highs.changeColBounds(int(column), float(lower), float(upper))

    def start_from(self, columns: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Give HiGHS a point to start from, as values of some columns."""
        self._highs.setSolution(len(columns), columns.astype(np.int32), np.asarray(values, dtype=np.float64))

    def run(
        self,
        time_limit: float = math.inf,
        gap: float = 0.0,
        should_stop: Callable[[float, float], bool] | None = None,
        node_limit: int | None = None,
    ) -> HighsResult:
        """Solve, for at most `time_limit` seconds.

        Parameters
        ----------
        time_limit : float
            Seconds; HiGHS may overrun it.
        gap : float
            Relative gap of a mixed-integer run.
        should_stop : callable, optional
            Asked during the run with HiGHS' incumbent and bound; True ends the run.
        node_limit : int, optional
            Nodes of branch and bound; HiGHS may overrun it.

        Raises
        ------
        SolverError
            If HiGHS fails, or ends in a state that is no answer.
        """
        self._limit(time_limit, gap, node_limit)
        if should_stop is not None:
            self._watch(should_stop)
        run_status = self._highs.run()
        if should_stop is not None:
            self._highs.cbMipInterrupt.clear()
        return self._outcome(run_status)

    def run_apart(
        self,
        time_limit: float,
        gap: float,
        should_stop: Callable[[float], bool],
        improved: Callable[[NDArray[np.float64]], object],
        node_limit: int | None = None,
    ) -> HighsResult:
        """Solve one large model in a thread of its own, so that Ctrl-C is heard whatever HiGHS is at.

        HiGHS calls back rarely, and not at all while it solves the root relaxation of a large model. Whoever interrupts
        waits no longer than `GRACE`; a run that does not end by then ends by itself at its next call.

        Parameters
        ----------
        time_limit, gap, node_limit
            As in `run`.
        should_stop : callable
            Asked by the calling thread all the time with HiGHS' bound; True ends the run.
        improved : callable
            Given each better point, by the calling thread too.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C came; what HiGHS held by then was given to `improved`.
        SolverError
            If HiGHS fails, or ends in a state that is no answer.
        """
        self._limit(time_limit, gap, node_limit)
        apart = _Apart(self._highs)
        apart.run(should_stop, improved)
        return self._outcome(apart.status)

    def _limit(self, time_limit: float, gap: float, node_limit: int | None) -> None:
        self._set("time_limit", float(min(time_limit, 1e20)) + self._highs.getRunTime())
        self._set("mip_rel_gap", float(gap))
        self._set("mip_max_nodes", highspy.kHighsIInf if node_limit is None else int(node_limit))

    def _outcome(self, run_status: Any) -> HighsResult:
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            self._set("presolve", "off")
            run_status, status = self._highs.run(), self._highs.getModelStatus()
            self._set("presolve", "choose")
        if run_status == highspy.HighsStatus.kError or status not in _FINISHED:
            raise SolverError(f"HiGHS stopped with status {self._highs.modelStatusToString(status)!r}")
        return self._result(_FINISHED[status])

    def _watch(self, should_stop: Callable[[float, float], bool]) -> None:
        def ask(event: Any) -> None:
            data = event.data_out
            if should_stop(data.mip_primal_bound, data.mip_dual_bound):
                event.interrupt()

        self._highs.cbMipInterrupt.clear()
        self._highs.cbMipInterrupt += ask

    def _result(self, status: str) -> HighsResult:
        info, solution = self._highs.getInfo(), self._highs.getSolution()
        held = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        x = np.array(solution.col_value) if held and solution.value_valid else None
        objective = info.objective_function_value if x is not None else math.inf
        is_mip = any(kind == highspy.HighsVarType.kInteger for kind in self._highs.getLp().integrality_)
        bound = info.mip_dual_bound if is_mip else (objective if status == "optimal" else -math.inf)
        duals = np.array(solution.col_dual) if solution.dual_valid and not is_mip else None
        nodes = max(0, int(info.mip_node_count)) if is_mip else 0
        return HighsResult(status, x, objective, bound, duals, nodes)


class _Apart:
    """A run in a thread of its own; only the thread that waits for it calls anything of the engine."""

    def __init__(self, highs: Any) -> None:
        self.highs, self.status = highs, highspy.HighsStatus.kError
        self.bound = -math.inf
        self.points: deque[NDArray[np.float64]] = deque(maxlen=1)
        self.told_to_stop, self.ended = threading.Event(), threading.Event()

    def run(self, should_stop: Callable[[float], bool], improved: Callable[[NDArray[np.float64]], object]) -> None:
        self.highs.cbMipInterrupt += self._look
        self.highs.cbMipImprovingSolution += self._take
        threading.Thread(target=self._work, name="siting HiGHS", daemon=True).start()
        try:
            while not self.ended.wait(POLL):
                if self.points:
                    improved(self.points.pop())
                if should_stop(self.bound):
                    self.told_to_stop.set()
        except BaseException:
            self.told_to_stop.set()
            self.ended.wait(GRACE)
            raise

    def _work(self) -> None:
        try:
            self.status = self.highs.run()
        finally:
            # HiGHS keeps workers for every thread that has run it.
            highspy.Highs.resetGlobalScheduler(False)  # noqa: FBT003 - it takes no keyword
            self.highs.cbMipInterrupt.clear()
            self.highs.cbMipImprovingSolution.clear()
            self.ended.set()

    def _look(self, event: Any) -> None:
        self.bound = event.data_out.mip_dual_bound
        if self.told_to_stop.is_set():
            event.interrupt()

    def _take(self, event: Any) -> None:
        self.points.append(np.array(event.data_out.mip_solution))
