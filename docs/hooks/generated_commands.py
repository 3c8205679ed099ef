"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import typer
from typer.cli import get_docs_for_click

from siting.command_line import application

if TYPE_CHECKING:
    from pathlib import Path

_EXAMPLES = re.compile(r"^Examples\n-+\n(?P<commands>(?:(?: {4}.*)?\n)+)", re.MULTILINE)


def command_line(root: Path) -> str:
    """Return every command with its arguments, options, defaults and examples, as typer describes them."""
    del root
    command = typer.main.get_command(application)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command, info_name="siting"), name="siting")
    # Help texts hold their examples in numpy style; on a page they are a block of shell commands.
    text = _EXAMPLES.sub(_shell_block, text)
    # The title is the page's own.
    _, _, body = text.partition("\n")
    return body.strip() + "\n"


def _shell_block(found: re.Match[str]) -> str:
    commands = [line for line in textwrap.dedent(found["commands"]).splitlines() if line]
    return "**Examples**:\n\n```sh\n" + "\n".join(commands) + "\n```\n\n"
