"""The blocks of code in the documentation: found, run page by page, and compared with what the page says they print."""

from __future__ import annotations

import ast
import contextlib
import doctest
import functools
import inspect
import io
import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import typer
from typer.testing import CliRunner

import siting
from siting.command_line import application
from siting.errors import SitingError
from siting.interactive import explore
from siting.report import write_report

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
WIDTH = 140
"""Columns of the terminal whose output the pages show."""

_BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?:<!-- (?P<mark>not run|file): (?P<said>[^\n]*?) -->\n[ ]*)?"
    r"```(?P<language>[a-z]+)(?P<rest>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_BEHIND = {"explore": explore, "report": write_report}
_TYPER = typer.main.get_command(application)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes
    ----------
    language : str
        What stands after the fence.
    code : str
        The lines, without the indentation of the fence.
    line : int
        Where it begins.
    not_run : str or None
        The reason why it is not run, if the page gives one.
    file : str or None
        The file that the block is the content of.
    output : str or None
        What the page says it prints.
    """

    language: str
    code: str
    line: int
    not_run: str | None = None
    file: str | None = None
    output: str | None = None


def pages() -> list[Path]:
    """Return the pages with code: the README and everything below `docs`."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page; the one that shows an output is joined to the one before."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    for match in _BLOCK.finditer(text):
        indent = len(match["indent"])
        code = "".join(line[indent:] or "\n" for line in match["code"].splitlines(keepends=True))
        line = text.count("\n", 0, match.start()) + 1
        if 'title="Output"' in match["rest"]:
            last = found.pop()
            found.append(Block(last.language, last.code, last.line, last.not_run, last.file, code))
            continue
        marks = {match["mark"]: match["said"]}
        found.append(Block(match["language"], code, line, marks.get("not run"), marks.get("file")))
    return found


class Session:
    """A reader who types what a page shows, from its first block to its last, in a folder of their own."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"siting": siting, "__name__": "documentation"}

    def type(self, block: Block) -> None:
        """Run a block and compare what it prints with what the page shows."""
        if block.file is not None:
            Path(block.file).write_text(block.code, encoding="utf-8")
        if block.language == "python":
            (self.check if block.not_run is not None else self.run)(block)
        elif block.language == "toml":
            check_model_file(block.code)
        elif block.language in {"sh", "console"}:
            for command, shown in commands(block):
                parse(command)
                if block.language == "console" and block.not_run is None:
                    run_command(command, shown)

    def run(self, block: Block) -> None:
        """Run Python; the value of a last expression is printed as a notebook would."""
        tree = ast.parse(block.code)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), pd.option_context("display.width", WIDTH, "display.max_columns", 20):
            exec(compile(tree, f"line {block.line}", "exec"), self.names)  # noqa: S102 - it is what a reader does
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), f"line {block.line}", "eval"), self.names)  # noqa: S307
                if value is not None:
                    print(repr(value))  # noqa: T201
        if block.output is not None:
            options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            assert doctest.OutputChecker().check_output(block.output, printed.getvalue(), options), printed.getvalue()

    def check(self, block: Block) -> None:
        """Check that a block that is not run calls only what exists, with arguments that it takes."""
        for node in ast.walk(ast.parse(block.code)):
            if isinstance(node, ast.Call) and (called := _public(node.func)) is not None:
                keywords = {keyword.arg: None for keyword in node.keywords if keyword.arg}
                inspect.signature(called).bind(*[None] * len(node.args), **keywords)


def _public(node: ast.expr) -> Any:
    """Return what `siting.name` or `solution.name` in source code means, or None for any other expression."""
    if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
        return None
    if node.value.id == "solution":
        method = getattr(siting.Solution, node.attr)
        # A method that passes its options on takes what the function behind it takes.
        return functools.partial(_BEHIND.get(node.attr, method), None)
    return getattr(siting, node.attr) if node.value.id == "siting" else None


def check_model_file(text: str) -> None:
    """Read TOML as a model file of its own, or as what one that builds on the shipped model says."""
    values = tomllib.loads(text)
    siting.Model.from_toml_text(text if "based_on" in values else f'based_on = "gigafactories"\n{text}')


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    """Yield every command of a block with the lines shown below it; a backslash joins lines."""
    text = block.code.replace("\\\n", " ")
    if block.language == "sh":
        yield from ((line, []) for line in text.splitlines() if line.strip() and not line.startswith("#"))
        return
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, [line for line in shown.splitlines() if line.strip()]


def parse(command: str) -> None:
    """Parse the options of a `siting` command without running it; other commands are left alone."""
    words = shlex.split(command.split(" > ", maxsplit=1)[0], comments=True)
    if words and words[0] == "siting" and "|" not in words:
        _parse(_TYPER, words[1:], None)


def _parse(command: Any, words: list[str], parent: Any) -> None:
    context = command.make_context(command.name, words, parent=parent, resilient_parsing=False)
    if hasattr(command, "commands"):
        name, chosen, rest = command.resolve_command(context, words)
        assert chosen is not None, name
        _parse(chosen, rest, context)


def run_command(command: str, shown: list[str]) -> None:
    """Run a command in this process; the lines shown must appear in what it prints, in their order."""
    words = shlex.split(command.split(" > ", maxsplit=1)[0], comments=True)
    assert words[0] == "siting", command
    environment = {"COLUMNS": str(WIDTH)}
    ran = CliRunner().invoke(application, words[1:], env=environment)
    if isinstance(ran.exception, SitingError):
        printed = f"siting: {ran.exception}"
    else:
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        printed = ran.output
    # Where a line is broken depends on the width, and lines may be left out: their order may not change.
    written, position = " ".join(printed.split()), 0
    for line in shown:
        found = re.compile(" ".join(map(_word, line.split()))).search(written, position)
        assert found, f"{line!r} is not in what is printed after {written[:position][-80:]!r}:\n{printed}"
        position = found.end()


def _word(word: str) -> str:
    return ".*?" if word in {"...", "…"} else re.escape(word)
