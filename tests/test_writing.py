"""Files are written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from siting.errors import OutputError, SitingError
from siting.writing import file_format, whole_file

if TYPE_CHECKING:
    from pathlib import Path


def listing(folder: Path) -> list[str]:
    """Return the names in a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())


def test_on_success_the_file_is_there_alone(tmp_path: Path) -> None:
    """The temporary file became the target."""
    with whole_file(tmp_path / "answer.csv") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".csv"
        temporary.write_text("whole")
        assert listing(tmp_path) == [temporary.name]
    assert listing(tmp_path) == ["answer.csv"]
    assert (tmp_path / "answer.csv").read_text() == "whole"


@pytest.mark.parametrize("name", ["answer.csv", "answer[1].csv", "réponse *.csv"])
def test_on_failure_the_old_file_stays_and_nothing_else(tmp_path: Path, name: str) -> None:
    """What a failed writer leaves, journals beside it included, is removed, whatever the name."""
    target = tmp_path / "answer.csv"
    target.write_text("old")

    def write_and_fail() -> None:
        with whole_file(tmp_path / name) as temporary:
            temporary.write_text("half")
            temporary.with_name(f"{temporary.name}-journal").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert listing(tmp_path) == ["answer.csv"]
    assert target.read_text() == "old"


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    """Cleaning up touches its own files only."""
    for name in ("answer.txt", ".answer.txt", "answer.csv-journal"):
        (tmp_path / name).write_text("mine")
    with whole_file(tmp_path / "answer.csv") as temporary:
        temporary.write_text("new")
    assert listing(tmp_path) == [".answer.txt", "answer.csv", "answer.csv-journal", "answer.txt"]


def test_a_missing_folder_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """The sentence names the file and the system's reason."""
    written = []
    with pytest.raises(OutputError, match=r"no/answer.csv': no such file or directory; nothing was written"):  # noqa: SIM117
        with whole_file(tmp_path / "no" / "answer.csv") as temporary:
            written.append(temporary)
    assert written == []
    assert listing(tmp_path) == []


def test_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    """Nor is anything left inside or beside it."""
    (tmp_path / "answer.csv").mkdir()
    with pytest.raises(OutputError, match="it is a folder"), whole_file(tmp_path / "answer.csv"):
        pass
    assert listing(tmp_path) == ["answer.csv"]


def test_a_name_too_long_for_the_system_is_an_output_error(tmp_path: Path) -> None:
    """Not a traceback."""
    with (
        pytest.raises(OutputError, match="nothing was written"),
        whole_file(tmp_path / f"{'x' * 300}.csv") as temporary,
    ):
        temporary.write_text("x")
    assert listing(tmp_path) == []


def test_a_writer_s_system_error_is_an_output_error(tmp_path: Path) -> None:
    """A full disc reads like any other reason."""
    with pytest.raises(OutputError, match=r"answer.csv': no space left; nothing"), whole_file(tmp_path / "answer.csv"):
        raise OSError(28, "No space left")
    assert listing(tmp_path) == []


def test_output_errors_can_be_caught_as_errors_of_the_system_or_of_the_package() -> None:
    """Both families fit."""
    assert issubclass(OutputError, OSError)
    assert issubclass(OutputError, SitingError)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("answer", ["'answer'", "no ending", ".csv", ".gpkg"]),
        ("answer.gpk", ["'gpk'", "did you mean 'gpkg'"]),
        ("answer.docx", ["'docx'", "a solution", ".csv, .gpkg"]),
    ],
)
def test_an_unknown_ending_names_the_known_ones(name: str, words: list[str]) -> None:
    """And the nearest, if one is near."""
    with pytest.raises(OutputError) as caught:
        file_format(name, ["csv", "gpkg"], "a solution")
    assert [word for word in words if word not in str(caught.value)] == []


def test_endings_are_read_without_regard_to_case(tmp_path: Path) -> None:
    """GPKG is gpkg."""
    assert file_format(tmp_path / "a.b.GPKG", ["csv", "gpkg"], "a solution") == "gpkg"
