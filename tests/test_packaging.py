"""What is built is what is in the checkout: the wheel ships every table and every model."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel without an environment of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.parametrize("folder", ["data", "models"])
def test_the_wheel_ships_every_file_of_a_folder(wheel: Path, folder: str) -> None:
    """An ignored folder would silently be left out."""
    with zipfile.ZipFile(wheel) as archive:
        prefix = f"siting/_shipped/{folder}/"
        shipped = {name.removeprefix(prefix) for name in archive.namelist() if name.startswith(prefix)}
    present = {path.relative_to(ROOT / folder).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert shipped == present
    assert len(present) > 1


def test_a_wheel_without_its_checkout_solves_the_shipped_model(wheel: Path, tmp_path: Path) -> None:
    """Unpacked elsewhere, it finds its own tables."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "unpacked")
    program = "import siting; s = siting.solve(); print(siting.__file__, s.status, len(s.sites))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "unpacked",
        env={"PYTHONPATH": str(tmp_path / "unpacked"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert str(tmp_path) in run.stdout
    assert "optimal 4" in run.stdout


def test_importing_the_package_waits_for_neither_maps_nor_tables_nor_solver() -> None:
    """Heavy libraries are loaded when first used."""
    heavy = {"matplotlib", "geopandas", "pyomo", "highspy", "pandas"}
    program = f"import sys, siting; print(sorted({heavy!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
