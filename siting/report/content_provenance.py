"""Where everything comes from, and how to run it again: sources, tables, versions, the model itself."""

from __future__ import annotations

import hashlib
import platform
import shlex
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from siting import catalogue, model_file
from siting._version import __version__
from siting.data.manifest import checksum, read_manifest, table_files
from siting.errors import InputError
from siting.model import Model
from siting.report.blocks import Callout, Cell, Code, Column, Heading, Paragraph, Section, Table, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from siting.report.blocks import Block
    from siting.report.context import Context

LIBRARIES = ("highspy", "pyomo", "numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "matplotlib")


def sources(context: Context) -> Section:
    """Return every source: title, publisher, address, licence, vintage, retrieval and checksums of the raw files."""
    words, evidence = context.words, context.evidence
    rows = []
    for number, key in enumerate(evidence.all_sources, start=1):
        entry: Any = evidence.sources.loc[key]
        address = _text(entry.get("url"))
        title = Cell(
            _text(entry.get("title")), address if address.startswith("http") else "", note=_origin(context, entry)
        )
        rows.append(
            row(str(number), title, _text(entry.get("publisher")), _text(entry.get("licence")),
                Cell(_text(entry.get("vintage")), note=_text(entry.get("retrieved"))),
                words.known(f"grade.{_text(entry.get('grade'))}", _text(entry.get("grade"))))
        )  # fmt: skip
    columns = [Column("", align="right", width=4), Column(words("table.title"), width=36),
               Column(words("table.publisher"), width=18), Column(words("table.licence"), width=19),
               Column(words("table.vintage"), width=13), Column(words("table.grade"), width=10)]  # fmt: skip
    blocks: list[Block] = [
        Paragraph(words("sources.introduction")),
        Table(words("sources.caption"), columns, rows, words("sources.note"), small=True),
        *_raw_files(context),
        *_own_tables(context),
    ]
    return Section("sources", words("section.sources"), tuple(blocks))


def _text(value: Any) -> str:
    """Return a cell of the table of sources as text; what is missing is empty."""
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN is not itself


def _origin(context: Context, entry: Any) -> str:
    """Return the address of a source and what it was made from."""
    origins = entry.get("derived_from")
    made = context.evidence.reference(map(str, origins)) if isinstance(origins, list | tuple) else ""
    return " · ".join(filter(None, (_text(entry.get("url")), context.words("sources.made", keys=made) if made else "")))


def _raw_files(context: Context) -> Iterator[Block]:
    """Yield the checksums of the files as they were retrieved."""
    words, evidence = context.words, context.evidence
    rows = []
    for number, key in enumerate(evidence.all_sources, start=1):
        files = evidence.sources.loc[key].get("files")
        for name, digest in files.items() if isinstance(files, dict) else ():
            rows.append(row(str(number), str(name), Cell(str(digest))))
    if rows:
        columns = [Column("", align="right", width=4), Column(words("table.file"), width=39),
                   Column("sha256", width=57, code=True)]  # fmt: skip
        yield Table(words("sources.files_caption"), columns, rows, small=True)


def _own_tables(context: Context) -> Iterator[Block]:
    """Yield the user's own files, or that tables were handed over in memory."""
    words, section, folder = context.words, context.model.data, context.model.folder
    named = [name for name in (section.candidates, section.demand, section.headroom or "") if (folder / name).is_file()]
    paths = [folder / name for name in named]
    if context.evidence.folder is not None:
        paths += table_files(context.evidence.folder)
    if paths:
        rows = [row(path.name, Cell(checksum(path))) for path in paths]
        columns = [Column(words("table.file"), width=43), Column("sha256", width=57, code=True)]
        yield Table(words("sources.own_caption"), columns, rows, small=True)


def repetition(context: Context) -> Section:
    """Return what it takes to repeat the run: command, versions, checksums of the tables, the model in full."""
    words = context.words
    text, complete = model_text(context.model)
    digest = hashlib.sha256(text.encode()).hexdigest()
    blocks: list[Block] = [
        Paragraph(words("repeat.introduction")),
        Code(command(context)),
        Heading(words("repeat.versions")),
        _versions(context, digest),
        Heading(words("repeat.changes")),
        *_changes(context),
        Heading(words("repeat.model")),
        *([] if complete else [Callout(words("repeat.in_memory"))]),
        Code(text, words("repeat.model_caption", sha256=digest)),
        Heading(words("repeat.tables")),
        _tables(context),
    ]
    return Section("repeat", words("section.repeat"), tuple(blocks))


def model_text(model: Model) -> tuple[str, bool]:
    """Return the model as a model file with every default written out, and whether that is all of it.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    tuple of (str, bool)
        TOML; False where a table of the model was handed over in memory, which no file can name.

    Examples
    --------
    >>> text, complete = model_text(Model.load("gigafactories"))
    >>> Model.from_toml_text(text) == Model.load("gigafactories"), complete
    (True, True)
    """
    try:
        return model.to_toml(), True
    except InputError:
        return model_file.to_toml(model.to_mapping()), False


def shipped_model(model: Model) -> Model | None:
    """Return the shipped model that a model was loaded from, None if it was not."""
    path = catalogue.models_directory() / f"{model.source}.toml"
    return Model.load(model.source) if path.is_file() else None


def changed_keys(model: Model) -> dict[str, tuple[Any, Any]]:
    """Return every key in which a model differs from the shipped one of its name: before and now.

    Examples
    --------
    >>> changed_keys(Model.load("gigafactories").replace(sites=5))
    {'sites': (4, 5)}
    """
    shipped = shipped_model(model)
    if shipped is None:
        return {}
    before, now = _flat(shipped.to_mapping()), _flat(model.to_mapping())
    return {
        key: (before.get(key), now.get(key))
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
    }


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one level of dotted keys."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def command(context: Context) -> str:
    """Return the command that makes the dossier again, from the shipped model or from the listing below."""
    effort, model = context.answers.effort, context.model
    same = shipped_model(model) == model
    parts = ["siting", "report", str(model.source) if same else "model.toml", "--to", "dossier.pdf"]
    parts += ["--draws", str(effort.draws), "--seed", str(effort.seed), "--within", f"{effort.within:g}"]
    for name in context.answers.why_not:
        parts += ["--why-not", name]
    parts += ["--language", context.words.language] if context.words.language != "en" else []
    return shlex.join(parts)


def _changes(context: Context) -> Iterator[Block]:
    words, model = context.words, context.model
    if shipped_model(model) is None:
        yield Paragraph(words("repeat.own_model"))
        return
    changes = changed_keys(model)
    if not changes:
        yield Paragraph(words("repeat.unchanged", name=model.source))
        return
    rows = [row(Cell(key), _shown(before), _shown(now)) for key, (before, now) in changes.items()]
    columns = [Column(words("table.key"), width=40, code=True), Column(words("table.shipped"), width=30),
               Column(words("table.here"), width=30)]  # fmt: skip
    yield Table(words("repeat.changes_caption", name=model.source), columns, rows, small=True)


def _shown(value: Any) -> str:
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _versions(context: Context, digest: str) -> Table:
    words, solution = context.words, context.solution
    rows = [row("siting", __version__), row("Python", platform.python_version())]
    for library in LIBRARIES:
        try:
            rows.append(row({"highspy": "HiGHS (highspy)"}.get(library, library), version(library)))
        except PackageNotFoundError:
            continue
    rows += [
        row(words("repeat.system"), f"{platform.system()} {platform.machine()}"),
        row(words("repeat.method"), f"{solution.method}; {solution.status}; {words.number(solution.seconds, 2)} s"),
        row(words("repeat.objective"), f"{solution.objective!r}"),
        row(words("repeat.bound"), f"{solution.bound!r}"),
        row(words("repeat.model_sha"), Cell(digest)),
    ]
    columns = [Column(words("table.what"), width=34), Column(words("table.version"), width=66, code=True)]
    return Table(words("repeat.versions_caption"), columns, rows, small=True)


def _tables(context: Context) -> Table:
    """Return the checksums of the shipped tables as they are now, and whether the manifest agrees."""
    words = context.words
    folder: Path = catalogue.data_directory()
    listed = read_manifest(folder) or {}
    rows = []
    for path in table_files(folder):
        digest = checksum(path)
        agrees = listed.get(path.name) == digest
        rows.append(row(path.name, Cell(digest, strong=not agrees), "" if agrees else words("repeat.differs")))
    columns = [Column(words("table.file"), width=33), Column("sha256", width=57, code=True), Column("", width=10)]
    return Table(words("repeat.tables_caption"), columns, rows, words("repeat.tables_note"), small=True)
