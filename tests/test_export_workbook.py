"""The workbook: recomputed by two other programs, and compared with the engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pytest
from export_samples import HOSTILE, hostile, many_kinds

import siting
from siting.evaluation import evaluate
from siting.export.workbook_cells import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = many_kinds()
WEIGHT, NAME, CONTRIBUTION = 4, 1, 10
"""Columns of the sheet of criteria, counted from 1."""
needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def solutions() -> dict[str, siting.Solution]:
    """Solve the shipped model, and an instance of each shape a criterion can have."""
    return {"shipped": siting.solve("gigafactories"), **{name: siting.solve(KINDS[name]) for name in KINDS}}


@pytest.fixture(scope="module")
def folder(solutions: dict[str, siting.Solution], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a workbook of each."""
    path = tmp_path_factory.mktemp("workbooks")
    for name, solution in solutions.items():
        solution.to_file(path / f"{name}.xlsx")
    return path


@pytest.fixture(scope="module")
def recalculated(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recalculate every workbook from scratch in LibreOffice, and the shipped one with another weight of latency."""
    stripped, target = tmp_path_factory.mktemp("stripped"), tmp_path_factory.mktemp("recalculated")
    for path in folder.iterdir():
        # openpyxl keeps formulas and drops their values, so that nothing but a calculation can bring them back.
        openpyxl.load_workbook(path).save(stripped / path.name)
    changed = openpyxl.load_workbook(folder / "shipped.xlsx")
    changed["Criteria"].cell(_row(changed, "latency"), WEIGHT).value = 0.7
    changed.save(stripped / "changed.xlsx")
    profile = f"-env:UserInstallation=file://{tmp_path_factory.mktemp('profile')}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(target)]
    command += [str(path) for path in sorted(stripped.iterdir())]
    subprocess.run(command, capture_output=True, check=True, timeout=300)
    return target


def _row(book: Any, criterion: str) -> int:
    column = [cell.value for cell in book["Criteria"]["A"]]
    return column.index(criterion) + 1


def formulas_of(book: Any) -> Iterator[tuple[str, str]]:
    """Return sheet and address of every formula."""
    for sheet in book:
        for row in sheet.iter_rows():
            yield from ((sheet.title, cell.coordinate) for cell in row if cell.data_type == "f")


@needs_office
@pytest.mark.parametrize("name", ["shipped", *KINDS])
def test_another_program_recomputes_every_formula(
    name: str, folder: Path, recalculated: Path, solutions: dict[str, siting.Solution]
) -> None:
    """Each value in the file is what LibreOffice gets, and the objective is the engine's."""
    written = openpyxl.load_workbook(folder / f"{name}.xlsx", data_only=True)
    again = openpyxl.load_workbook(recalculated / f"{name}.xlsx", data_only=True)
    places = list(formulas_of(openpyxl.load_workbook(folder / f"{name}.xlsx")))
    assert len(places) > 15
    for sheet, place in places:
        first, second = written[sheet][place].value, again[sheet][place].value
        if isinstance(first, float | int) and not isinstance(first, bool):
            assert second == pytest.approx(first, rel=1e-9, abs=1e-9), (sheet, place)
        else:
            assert (first or "") == (second or ""), (sheet, place)
    assert again["Summary"]["B4"].value == pytest.approx(solutions[name].objective, rel=1e-9)
    assert again["Summary"]["B6"].value is True
    assert again["Summary"]["B7"].value is True


@needs_office
def test_another_weight_gives_the_objective_the_engine_gives(
    recalculated: Path, solutions: dict[str, siting.Solution]
) -> None:
    """The weight of latency is 0.7 instead of 0.25; the portfolio stays."""
    solution = solutions["shipped"]
    assert solution.scaling is not None
    table = solution.scaling.table.assign(weight=lambda rows: rows["weight"].where(rows.index != "latency", 0.7))
    weights = (table["weight"] / table["scale"]).to_dict()
    signs = {name: criterion.sign for name, criterion in solution.instance.criteria.items()}
    constant = -sum(weights[name] * signs[name] * table["ideal"][name] for name in weights)
    other = solution.instance.replace(weights=weights, constant=constant)
    chosen = [other.position(name) for name in solution.portfolio or ()]
    expected = evaluate(other, chosen).objective
    assert expected > (solution.objective or 0.0) + 0.1
    book = openpyxl.load_workbook(recalculated / "changed.xlsx", data_only=True)
    assert book["Summary"]["B4"].value == pytest.approx(expected, rel=1e-9)


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_a_python_library_recomputes_the_objective_too(
    folder: Path, solutions: dict[str, siting.Solution], tmp_path: Path
) -> None:
    """Where no office program is installed, `formulas` calculates the workbook."""
    import formulas

    name = "two services, one better when more"
    path = tmp_path / "book.xlsx"
    book = openpyxl.load_workbook(folder / f"{name}.xlsx")
    book["Criteria"].cell(_row(book, "near"), WEIGHT).value = 5.0
    book.save(path)
    cells = formulas.ExcelModel().loads(str(path)).finish().calculate()
    other = KINDS[name].replace(weights={**(KINDS[name].weights or {}), "near": 5.0})
    chosen = [other.position(site) for site in solutions[name].portfolio or ()]
    assert float(cells["'[book.xlsx]SUMMARY'!B4"].value[0, 0]) == pytest.approx(evaluate(other, chosen).objective)


def test_every_sheet_names_its_units_and_keeps_its_headings_in_view(folder: Path) -> None:
    """Frozen panes, named ranges, widths, notes."""
    book = openpyxl.load_workbook(folder / "shipped.xlsx")
    assert book.sheetnames == ["Summary", "Criteria", "Sites", "Rules", "Candidates", "Assignment", "Sources"]
    assert {"objective", "weights", "scales", "ideals", "contributions", "demand"} <= set(book.defined_names)
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes is not None
    assert [cell.value for cell in book["Criteria"]["B"]][5:9] == ["EUR/yr", "doublings", "eligible sites", "ms"]
    assert book["Criteria"].cell(6, WEIGHT).comment is not None
    assert book["Criteria"].cell(6, 8).number_format == "#,##0"
    units = dict(zip((c.value for c in book["Sites"]["A"]), (c.value for c in book["Sites"]["B"]), strict=True))
    assert units["Electricity price"] == "EUR/MWh"
    assert units["Grid capacity (proxy)"] == "MVA"
    heads = [cell.value for cell in book["Candidates"][4]]
    assert book["Candidates"].cell(5, heads.index("Grid capacity (proxy)") + 1).value == "MVA"


def test_the_sheets_hold_every_candidate_demand_point_rule_and_source(
    folder: Path, solutions: dict[str, siting.Solution]
) -> None:
    """None left out, and what is missing is an empty cell."""
    book, solution = openpyxl.load_workbook(folder / "shipped.xlsx", data_only=True), solutions["shipped"]
    table = {row[0]: row for row in book["Candidates"].iter_rows(min_row=6, values_only=True)}
    assert list(table) == solution.candidates.index.tolist()
    heads = [cell.value for cell in book["Candidates"][4]]
    capacity = heads.index("Grid capacity (proxy)")
    assert table["MT00"][capacity] is None
    assert table["DE40"][capacity] == 19739
    assert book["Assignment"].max_row == 5 + 1166
    rules = [cell.value for cell in book["Rules"]["A"]][5:]
    assert set(solution.rules.index) <= set(rules)
    assert "osm_grid" in [cell.value for cell in book["Sources"]["A"]]


def test_a_rule_that_is_broken_is_seen(folder: Path) -> None:
    """The verdict is a formula over the bounds: with another bound it fails."""
    book = openpyxl.load_workbook(folder / "shipped.xlsx")
    verdict = book["Rules"]["E6"].value
    assert verdict == "=AND(B6>=C6-1E-6*MAX(1,ABS(B6)),B6<=D6+1E-6*MAX(1,ABS(B6)))"
    assert book["Rules"]["B6"].value == "=SUM($F$6:$I$6)"


def test_text_from_data_is_never_a_formula(tmp_path: Path) -> None:
    """Names that start with = + - @ are text, and stay text when somebody edits the cell."""
    path = hostile().to_file(tmp_path / "answer.xlsx")
    book = openpyxl.load_workbook(path)
    cells = [book["Candidates"].cell(row, 2) for row in range(6, 11)]
    assert [cell.data_type for cell in cells] == ["s"] * 5
    assert cells[0].value == HOSTILE[0]
    assert [cell.quotePrefix for cell in cells] == [True, True, True, True, False]
    for sheet, place in formulas_of(book):
        formula = book[sheet][place].value
        # Formulas are made of addresses, functions and numbers only: no text of the data, no quotes but empty ones.
        assert re.fullmatch(r"=[A-Za-z0-9$!:(),<>=+*/ E.-]*", formula.replace('""', "")), formula
    instance = siting.Instance(
        sites=1,
        criteria={"=1+1": siting.Criterion(site=[1.0, 2.0], unit="@unit")},
        candidates=["=cmd|'/c calc'!A1", "b"],
    )
    book = openpyxl.load_workbook(siting.solve(instance).to_file(tmp_path / "bare.xlsx"))
    assert book["Criteria"]["A6"].data_type == "s"
    assert book["Sites"]["C4"].data_type == "s"


def test_a_table_too_long_for_a_sheet_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """More demand points than a sheet has rows."""
    points = MOST_ROWS + 1
    near = siting.Criterion(service=np.ones((points, 2)))
    solution = siting.solve(siting.Instance(sites=1, criteria={"near": near}))
    with pytest.raises(siting.InputError, match="the demand points need 1,048,582 rows"):
        solution.to_file(tmp_path / "answer.xlsx")
    assert list(tmp_path.iterdir()) == []
