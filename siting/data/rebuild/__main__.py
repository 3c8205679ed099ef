"""Command line of the rebuild: `python -m siting.data.rebuild --from DIR --to DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from siting.data.rebuild import changed_files, rebuild
from siting.errors import SitingError


def main(arguments: list[str] | None = None) -> int:
    """Rebuild the shipped tables and say which raw files differ from those they were made of.

    Parameters
    ----------
    arguments : list of str, optional
        Command-line arguments; those of the process by default.

    Returns
    -------
    int
        Exit code: 0, or 2 after one sentence on standard error.
    """
    parser = argparse.ArgumentParser(
        prog="python -m siting.data.rebuild",
        description="Rebuild the shipped tables from the publishers' raw files.",
        epilog="example: python -m siting.data.rebuild --from raw --to data",
    )
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder of the raw files")
    parser.add_argument("--to", dest="target", type=Path, required=True, help="folder the tables are written to")
    options = parser.parse_args(arguments)
    try:
        rebuild(options.source, options.target, report=lambda theme: print(f"building {theme}"))  # noqa: T201
    except SitingError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    for name in changed_files(options.source):
        print(f"warning: {name} is not the file the shipped tables were made of")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
