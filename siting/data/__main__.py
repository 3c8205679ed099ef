"""Print the coverage of the shipped tables as Markdown: `python -m siting.data`."""

from __future__ import annotations

from siting.data import attributes, coverage


def coverage_markdown() -> str:
    """Return one line per attribute and level: unit, sources, years, grade, and how complete it is.

    Returns
    -------
    str
        A Markdown table.

    Examples
    --------
    >>> coverage_markdown().splitlines()[0].split("|")[1].strip()
    'attribute'
    """
    units = attributes()["unit"]
    header = (
        "attribute", "level", "unit", "source", "vintage", "grade", "coverage",
        "as published", "derived", "imputed",
    )  # fmt: skip
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    for key, row in coverage().iterrows():
        attribute, level = key if isinstance(key, tuple) else (key, "")
        regions = int(row["regions"])
        shares = (f"{row[column] / regions:.0%}" for column in ("observed", "derived", "imputed"))
        cells = (
            f"`{attribute}`", level, units[str(attribute)], row["sources"].replace("; ", ", "), row["years"],
            row["grades"].replace("; ", ", "), f"{regions - int(row['missing'])}/{regions}", *shares,
        )  # fmt: skip
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(coverage_markdown())  # noqa: T201
