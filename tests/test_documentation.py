"""The documentation site: it builds without a network or a warning, its links lead somewhere, what it shows is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

import documented
import pytest
from documented import DOCS, ROOT, Session, blocks, pages

import siting
from siting import criteria, exclusions, model, rules
from siting.command_line import application

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

#: Modules whose public names a user meets, besides the names at the top of the package.
MODULES = (
    "siting.data", "siting.export", "siting.interactive", "siting.location",
    "siting.maps", "siting.progress", "siting.report",
)  # fmt: skip
MOST_MEGABYTES_OF_PICTURES = 5.0
_PATIENCE_SECONDS = 300.0
_ELSEWHERE = re.compile(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]+")
#: Runs mkdocs in a process in which no connection can be made.
_BUILD = """
import socket, sys
def refuse(*_):
    raise OSError("the documentation is built without a network")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = refuse
from mkdocs.__main__ import cli
cli(["build", "--strict", "--site-dir", sys.argv[1]])
"""


@dataclass
class Page(HTMLParser):
    """A page of the built site: its anchors, its links, and what it loads when it is opened."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    formulas: int = 0

    def __post_init__(self) -> None:
        """Read the page."""
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what the tag says of anchors, links and files."""
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        self.formulas += tag == "math"
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "link" and values.get("rel") not in {"canonical", "next", "prev"}:
            self.loaded.append(values.get("href", ""))
        self.loaded += [values["src"]] if "src" in values else []


class Site:
    """The built site."""

    def __init__(self, folder: Path, log: str) -> None:
        self.folder, self.log = folder, log
        self.pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}

    def page(self, name: str) -> Page:
        """Return a page by its path without ending."""
        return self.pages[self.folder / f"{name}.html"]

    def text(self, name: str) -> str:
        """Return the source of a page."""
        return self.page(name).path.read_text(encoding="utf-8")


def _built(folder: Path) -> None:
    """Build the site, and write down how that went."""
    if find_spec("mkdocs") is None or find_spec("mkdocstrings") is None:
        outcome = "missing"
    else:
        ran = subprocess.run(
            [sys.executable, "-c", _BUILD, str(folder / "site")],
            cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        outcome = f"{ran.returncode}\n{ran.stdout}{ran.stderr}"
    (folder / "outcome.writing").write_text(outcome, encoding="utf-8")
    (folder / "outcome.writing").rename(folder / "outcome")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Build the site, once even if several processes run these tests: whoever makes the folder builds."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "documentation"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not (folder / "outcome").exists():
            assert time.monotonic() < end, "the process that builds the documentation does not finish"
            time.sleep(0.2)
    else:
        _built(folder)
    outcome, _, log = (folder / "outcome").read_text(encoding="utf-8").partition("\n")
    if outcome == "missing":
        reason = "MkDocs is not installed; pip install 'siting[docs]'"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    assert outcome == "0", log
    return Site(folder / "site", log)


class TestTheSite:
    """What `mkdocs build --strict` makes."""

    def test_it_builds_without_a_network_and_without_a_warning(self, site: Site) -> None:
        """A strict build fails on warnings; none is written either."""
        assert "WARNING" not in site.log
        assert len(site.pages) >= 40

    def test_every_link_and_anchor_within_it_leads_somewhere(self, site: Site) -> None:
        """Checked on the built pages, the generated ones included, and not by the program that built them."""
        broken = []
        for path, page in site.pages.items():
            for link in page.links:
                parts = urlsplit(link)
                if parts.scheme or parts.netloc or path.name == "404.html":
                    continue
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                if not target.is_file():
                    broken.append(f"{path.name}: {link}")
                elif parts.fragment and target.suffix == ".html":
                    anchors = site.pages[target].anchors
                    if unquote(parts.fragment) not in anchors:
                        broken.append(f"{path.name}: {link}")
        assert broken == []

    def test_no_page_loads_anything_from_elsewhere(self, site: Site) -> None:
        """Neither scripts nor styles nor fonts nor pictures."""
        assert {link for page in site.pages.values() for link in page.loaded if urlsplit(link).scheme} - {""} == set()
        for style in site.folder.rglob("*.css"):
            assert _ELSEWHERE.findall(style.read_text(encoding="utf-8")) == [], style

    def test_formulas_are_mathml(self, site: Site) -> None:
        """No dollar sign and no command of TeX is left for a script to read."""
        for name, least in (("model", 15), ("formulas", 80)):
            assert site.page(name).formulas >= least
            text = re.sub(r"<pre.*?</pre>|<script.*?</script>|alttext=\"[^\"]*\"", "", site.text(name), flags=re.DOTALL)
            assert "$" not in text
            assert "\\" not in text

    def test_an_unknown_command_in_a_formula_stops_the_build(self) -> None:
        """It would otherwise be printed as text."""
        hook = _hook("mathematics")
        page = type("Page", (), {"file": type("File", (), {"src_uri": "page.md"})})
        with pytest.raises(Exception, match=r"page\.md.*nosuchcommand"):
            hook.on_page_content('<span class="arithmatex">\\(\\nosuchcommand{x}\\)</span>', page=page)


def _hook(name: str) -> Any:
    """Import a hook of the site."""
    pytest.importorskip("mkdocs")
    sys.path.insert(0, str(DOCS / "hooks"))
    try:
        return import_module(name)
    finally:
        sys.path.pop(0)


class TestTheReference:
    """What is generated from the package is complete."""

    @pytest.mark.parametrize("module", ["siting", *MODULES])
    def test_every_public_name_is_in_it(self, site: Site, module: str) -> None:
        """Each has an anchor of its own under the name by which a user knows it."""
        anchors = set().union(*(page.anchors for path, page in site.pages.items() if path.parent.name == "api"))
        found = import_module(module)
        own = [name for name, value in vars(found).items() if getattr(value, "__module__", "") == module]
        public = getattr(found, "__all__", None) or [name for name in own if not name.startswith("_")]
        objects = {name: getattr(found, name) for name in public if name != "__version__"}
        missing = [
            name for name, value in objects.items()
            if not isinstance(value, ModuleType | TypeVar)
            # A function may bear the name of the module it stands in, and is then known by its full name.
            and not {f"{module}.{name}", f"{getattr(value, '__module__', '')}.{name}"} & anchors
        ]  # fmt: skip
        assert objects
        assert missing == []

    def test_every_key_of_a_model_file_is_in_it(self, site: Site) -> None:
        """With every registered kind of block."""
        text = site.text("reference/model-file")
        missing = [name for name in model.Model.model_fields if not re.search(rf"<code>\[?{name}\b", text)]
        registries = {"criteria": criteria.registry, "rules": rules.registry, "exclusions": exclusions.registry}
        for what, registry in registries.items():
            for kind, block in zip(registry.kinds, registry, strict=True):
                _, _, rest = text.partition(f'id="{what}-{kind}"')
                section = rest.split("<h3")[0]
                keys = set(block.model_fields) - set(criteria.CriterionBlock.model_fields)
                missing += [f"{what}.{kind}.{key}" for key in keys if f"<code>{key}</code>" not in section]
                missing += [] if section else [f"{what}.{kind}"]
        assert missing == []

    def test_every_key_of_a_model_file_has_a_meaning(self, site: Site) -> None:
        """A table row without a description would say nothing."""
        rows = re.findall(r"<tr>(.*?)</tr>", site.text("reference/model-file"), re.DOTALL)
        cells = [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in rows]
        assert [row[0] for row in cells if row and row[-1].strip() in {"", "–"}] == []

    def test_every_command_is_in_it(self, site: Site) -> None:
        """With every option."""
        text = site.text("reference/command-line")
        missing: list[str] = []

        def walk(command: Any, name: str) -> None:
            missing.extend([name] if f"<code>{name}</code>" not in text else [])
            for parameter in command.params:
                if parameter.param_type_name == "option" and not parameter.hidden:
                    missing.extend(flag for flag in parameter.opts if flag not in text)
            for each, below in getattr(command, "commands", {}).items():
                walk(below, f"{name} {each}")

        for name, command in documented.typer.main.get_command(application).commands.items():
            walk(command, f"siting {name}")
        assert missing == []

    def test_every_source_table_attribute_and_rule_is_in_it(self, site: Site) -> None:
        """Each source with its licence."""
        text = site.text("data-tables")
        tables = [path.name for path in (ROOT / "data").glob("*.csv")]
        names = [*siting.data.attributes().index, *siting.data.rules().index, *tables]
        assert [name for name in names if f"<code>{name}</code>" not in text] == []
        assert {f"source-{key}" for key in siting.data.sources().index} <= site.page("data-tables").anchors


class TestThePictures:
    """The gallery."""

    def test_they_are_modest_in_size_and_all_in_use(self) -> None:
        """A clone should not carry pictures that nobody sees."""
        pictures = sorted((DOCS / "images").iterdir())
        assert sum(path.stat().st_size for path in pictures) < MOST_MEGABYTES_OF_PICTURES * 1e6
        text = "\n".join(page.read_text(encoding="utf-8") for page in pages())
        assert [path.name for path in pictures if f"images/{path.name}" not in text] == []

    def test_every_picture_says_what_it_shows(self) -> None:
        """For readers who do not see it."""
        for page in pages():
            assert re.findall(r"!\[\s*\]\([^)]*\)", page.read_text(encoding="utf-8")) == [], page

    def test_every_kind_of_map_is_in_the_gallery(self) -> None:
        """A new kind of map needs a picture."""
        text = (DOCS / "gallery.md").read_text(encoding="utf-8")
        kinds = set(getattr(siting.maps, "KINDS", ())) - {"portfolio"}
        assert [kind for kind in sorted(kinds) if f'kind="{kind}"' not in text] == []


@pytest.mark.parametrize(
    "page", [page for page in pages() if blocks(page)], ids=lambda page: str(page.relative_to(ROOT))
)
@pytest.mark.filterwarnings("default")
def test_the_code_on_a_page_runs_as_shown(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom, in an empty folder, as a reader would type it; the gallery is run by its own script."""
    monkeypatch.chdir(tmp_path)
    if page.name == "README.md":
        # It speaks of files that its reader has.
        Path("my-model.toml").write_text('based_on = "gigafactories"\n', encoding="utf-8")
        siting.data.candidates().iloc[::5].to_file("my-sites.gpkg")
    session = Session()
    for block in blocks(page):
        (session.check if page.name == "gallery.md" else session.type)(block)


def test_blocks_that_are_not_run_are_few_and_say_why() -> None:
    """An excuse on every block would make the test above worthless."""
    kinds: dict[bool, int] = defaultdict(int)
    for page in pages():
        for block in blocks(page):
            kinds[block.not_run is not None] += 1
            assert block.not_run is None or len(block.not_run) > 10, (page, block.line)
    assert kinds[True] * 5 < kinds[False]


def test_the_readme_links_to_files_that_exist() -> None:
    """Relative links of the README are read beside the code."""
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


class TestInABrowser:
    """The site opened from the disk, without a network; `visit` fails when anything is asked for from elsewhere."""

    def test_the_search_finds_a_rule(self, site: Site, visit: Callable[..., Any]) -> None:
        """The index and its worker work from the file system."""
        page = visit(site.folder / "index.html", viewport={"width": 1280, "height": 900}).page
        page.locator("input[name=query]").click()
        page.keyboard.type("spacing")
        results = page.locator(".md-search-result__item")
        results.first.wait_for()
        assert "spacing" in results.first.inner_text().casefold()
        results.first.locator("a").first.click()
        page.wait_for_url(re.compile(r"(?<!index)\.html\?h="))
        assert "spacing" in page.locator("article").inner_text().casefold()

    def test_formulas_are_drawn_in_the_font_that_comes_with_them(self, site: Site, visit: Callable[..., Any]) -> None:
        """A fraction is taller than a letter, and the font has arrived."""
        page = visit(site.folder / "formulas.html").page
        page.evaluate("document.fonts.ready")
        assert page.evaluate("document.fonts.check('16px \"STIX Two Math\"')")
        heights = [box.bounding_box()["height"] for box in page.locator(".formula math").all()]
        assert len(heights) >= 10
        assert min(heights) > 10
        assert page.locator("mfrac").first.bounding_box()["height"] > 20

    @pytest.mark.parametrize("name", ["index", "tutorial", "formulas", "reference/model-file", "gallery"])
    def test_a_page_fits_the_width_of_a_phone(self, site: Site, visit: Callable[..., Any], name: str) -> None:
        """Wide tables and formulas scroll on their own, the page does not."""
        page = visit(site.folder / f"{name}.html", viewport={"width": 390, "height": 844}).page
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
