"""The notebooks run from top to bottom, are stored without outputs, and lead to one another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbclient
import nbformat
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[Any]:
    """Return the cells of one kind."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def links(path: Path) -> Iterator[str]:
    """Yield where the texts of a notebook lead to, without the part of a page."""
    for cell in cells(path, "markdown"):
        for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
            yield target.partition("#")[0]


def test_there_are_notebooks() -> None:
    """A glob that finds nothing would let everything below pass."""
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@each_notebook
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    """Outputs belong to whoever runs it."""
    assert not any(cell.outputs for cell in cells(path, "code"))
    assert all(cell.execution_count is None for cell in cells(path, "code"))
    assert "widgets" not in nbformat.read(path, as_version=4).metadata


@each_notebook
def test_the_links_of_a_notebook_lead_somewhere(path: Path) -> None:
    """Within the repository; nothing has to be fetched to read on."""
    targets = list(links(path))
    assert any(target.endswith(".ipynb") for target in targets)
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_notebook_is_reached_from_the_first() -> None:
    """Whoever starts at the beginning is told of all the others."""
    assert {target for target in links(NOTEBOOKS[0]) if target.endswith(".ipynb")} >= {
        path.name for path in NOTEBOOKS[1:]
    }


@each_notebook
def test_a_notebook_shows_only_what_everybody_may_use(path: Path) -> None:
    """No private module, attribute or function of the package is copied from here."""
    source = "\n".join(cell.source for cell in cells(path, "code"))
    assert re.findall(r"(?:(?:import|from)\s+|\.)_[a-z]\w*", source) == []


@pytest.mark.filterwarnings("default")
@each_notebook
def test_a_notebook_runs_from_top_to_bottom(path: Path) -> None:
    """Every cell, in order, in a fresh kernel; something is drawn, and nothing is complained about."""
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert [output.text for output in shown if output.get("name") == "stderr"] == []
