"""Draw the pictures of the documentation anew: `python docs/gallery.py [NAME ...]`.

The page `gallery.md` is the script: each Python block is run, and what its last line returns is saved as the picture
below it. So the code that is shown is the code that made the picture. With names, only pictures of these names are
drawn.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.spatial import KDTree

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER / "gallery.md"
DOTS_PER_INCH = {"Sheet": 120, "Chart": 150}
"""Sheets of A4 are read at the width of a page, charts at their own size."""
COLOURS = 256
_ITEM = re.compile(
    r"^```python\n(?P<code>.*?)^```\n+(?:!\[[^\]]*\]\((?P<picture>images/[^)]+)\))?", re.MULTILINE | re.DOTALL
)


def items() -> list[tuple[str, str | None]]:
    """Return every Python block of the page, with the picture below it."""
    text = PAGE.read_text(encoding="utf-8")
    return [(found["code"], found["picture"]) for found in _ITEM.finditer(text)]


def value_of(code: str, names: dict[str, Any]) -> Any:
    """Run a block; return the value of its last line if that is an expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, PAGE.name, "exec"), names)  # noqa: S102 - the page of this repository
    return eval(compile(ast.Expression(last.value), PAGE.name, "eval"), names) if isinstance(last, ast.Expr) else None  # noqa: S307


def save(drawn: Any, path: Path) -> None:
    """Write a picture as PNG with a palette, which is a third of the size.

    The palette holds the colours that cover most, so that every area keeps its own exactly; what is left, the soft
    edges of letters and lines, takes the nearest of them.
    """
    drawn.save(path, dpi=DOTS_PER_INCH[type(drawn).__name__])
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    colours, which, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    palette = colours[np.argsort(counts)[-COLOURS:]]
    nearest = KDTree(palette).query(colours)[1].astype(np.uint8)
    reduced = Image.fromarray(nearest[which].reshape(pixels.shape[:2]), mode="P")
    reduced.putpalette(palette.tobytes())
    reduced.save(path, optimize=True)


def main(wanted: list[str]) -> None:
    """Draw the pictures asked for, or all."""
    names: dict[str, Any] = {}
    for code, picture in items():
        if picture is None:
            value_of(code, names)
        elif not wanted or Path(picture).stem in wanted:
            save(value_of(code, names), FOLDER / picture)
            print(f"{picture}  {(FOLDER / picture).stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
