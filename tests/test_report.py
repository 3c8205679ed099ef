"""The dossier: read back from PDF, HTML and DOCX, compared with the solution, and fed with hostile tables."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypdf
import pytest
from docx import Document
from docx.oxml.ns import qn
from typer.testing import CliRunner

import siting
from siting.command_line import application
from siting.errors import InputError, OutputError
from siting.model import Model
from siting.report import make_dossier, write_report
from siting.report.answers import Effort, Given
from siting.report.blocks import Dossier, Figure, Formula, SiteHead, Table, flat
from siting.report.content_provenance import changed_keys, model_text
from siting.report.evidence import Evidence
from siting.report.markup import html
from siting.report.pdf import write_pdf
from siting.report.word import write_word
from siting.report.wording import TOGETHER, Wording, languages

SITES = 2
WHY_NOT = "ITI3"
QUICK = Effort(within=0.02, draws=4, seconds=30.0)


@pytest.fixture(scope="module")
def solution():
    """Solve the shipped question with two sites."""
    return siting.solve("gigafactories", sites=SITES)


@pytest.fixture(scope="module")
def dossier(solution) -> Dossier:
    """Make its dossier, once; the pictures in it are drawn once."""
    return make_dossier(
        solution,
        title="A proposal",
        author="The agency",
        date="1 May 2027",
        given=Given(why_not=(WHY_NOT,)),
        effort=QUICK,
    )


@pytest.fixture(scope="module")
def text(dossier) -> str:
    """Write the dossier as one HTML document."""
    return html(dossier)


@pytest.fixture(scope="module")
def pdf(dossier, tmp_path_factory) -> pypdf.PdfReader:
    """Write the dossier as PDF and read it; a small chart stands for the two large maps, which take seconds."""
    path = tmp_path_factory.mktemp("report") / "dossier.pdf"
    chart = next(one for one in section(dossier, "criteria").figures())
    across = [
        replace(one, blocks=(replace(one.blocks[0], drawing=chart.drawing),)) if one.layout == "landscape" else one
        for one in dossier.sections
    ]
    write_pdf(replace(dossier, sections=across), path)
    return pypdf.PdfReader(path)


@pytest.fixture(scope="module")
def pages(pdf) -> list[str]:
    """Read the text of every page, line breaks taken out."""
    return [" ".join(page.extract_text().split()) for page in pdf.pages]


@pytest.fixture(scope="module")
def word(dossier, tmp_path_factory):
    """Write the dossier as a Word document and read it."""
    path = tmp_path_factory.mktemp("report") / "dossier.docx"
    write_word(dossier, path)
    return Document(str(path))


class Outline(HTMLParser):
    """What a page consists of: every start tag with its attributes, and the text outside styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._style = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        """Keep the tag."""
        self.tags.append((tag, dict(attributes)))
        self._style = tag == "style"

    def handle_endtag(self, _tag):
        """Leave a style."""
        self._style = False

    def handle_data(self, data):
        """Keep the text."""
        if not self._style:
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every tag of one kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def section(dossier: Dossier, key: str):
    """Return a section of the dossier."""
    return next(one for one in dossier.sections if one.key == key)


def tables(dossier: Dossier, key: str) -> list[Table]:
    """Return the tables of a section, those in columns included."""
    return [block for block in flat(section(dossier, key).blocks) if isinstance(block, Table)]


def bookmarks(pdf: pypdf.PdfReader) -> dict[str, int]:
    """Return the page of every bookmark by its title."""
    found = {}

    def walk(entries):
        for entry in entries:
            if isinstance(entry, list):
                walk(entry)
            else:
                found[entry.title] = pdf.get_destination_page_number(entry)

    walk(pdf.outline)
    return found


def test_every_number_of_the_criteria_table_is_that_of_the_solution(solution, dossier):
    """The table repeats what `Solution.criteria` says, written as the language writes it."""
    words, rows = Wording("en"), tables(dossier, "criteria")[0].rows
    for (name, entry), cells in zip(solution.criteria.iterrows(), rows, strict=False):
        shown = [cell.text.replace(TOGETHER, " ") for cell in cells]
        assert shown[0].lower() == str(name).replace("_", " ")
        value = float(entry["value"])
        in_millions = value >= 1e6
        number = float(shown[1].split(" ")[0].replace(",", "")) * (1e6 if in_millions else 1)
        assert number == pytest.approx(value, rel=1e-3)
        assert shown[1].endswith(words.unit(str(entry["unit"])))
        assert float(shown[3]) == float(entry["weight"])
        assert float(shown[7]) == pytest.approx(float(entry["contribution"]), abs=5e-5)
    assert float(rows[-1][7].text) == pytest.approx(solution.objective, abs=5e-5)
    assert len(rows) == len(solution.criteria) + 1


def test_the_contributions_of_the_sites_add_up_to_the_portfolio(solution, dossier):
    """The last row of the summary's table is the sum of the rows above it."""
    table = tables(dossier, "summary")[0]
    assert [row[0].text for row in table.rows[:-1]] == solution.sites["name"].tolist()
    for column in range(2, len(table.columns)):
        numbers = [float(row[column].text.replace(",", "")) for row in table.rows]
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.06 * SITES)


def test_every_site_has_one_page_of_its_own(solution, dossier, pdf, pages):
    """Each site's bookmark leads to a page that ends before the next one, however much the tables hold."""
    places, names = bookmarks(pdf), solution.sites["name"].tolist()
    assert all(name in places for name in names)
    starts = [places[name] for name in names]
    assert [later - earlier for earlier, later in pairwise(starts)] == [1] * (SITES - 1)
    assert places[next(title for title in places if "The criteria" in title)] == starts[-1] + 1
    for site, start in zip(solution.portfolio, starts, strict=True):
        # The last line of the page is its legend: nothing was cut off at the bottom.
        assert "the model looks at it" in pages[start]
        assert str(site) in pages[start]
    assert len([one for one in dossier.sections if one.layout == "site"]) == SITES


def test_the_pdf_says_what_was_chosen_and_how_good_it_is(solution, pdf, pages):
    """Sites, objective, author and the region asked about are text that can be searched."""
    whole = " ".join(pages)
    for name in solution.sites["name"]:
        assert name in whole
    assert f"{solution.objective:.4f}" in whole
    assert "Marche (ITI3)" in whole
    assert pdf.metadata.title == "A proposal"
    assert pdf.metadata.author == "The agency"


def test_the_pdf_is_tagged_has_bookmarks_and_embeds_its_fonts(pdf):
    """It follows PDF/UA: language, structure, and every font in the file."""
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en"
    assert "pdfuaid" in root["/Metadata"].get_object().get_data().decode()
    embedded, bare = pdf.pages[0]._get_fonts()
    for page in pdf.pages:
        more, without = page._get_fonts()
        embedded, bare = embedded | more, bare | without
    assert embedded
    assert not bare
    assert any("Inter" in font for font in embedded)
    assert len(bookmarks(pdf)) >= 14


def test_the_contents_name_the_page_on_which_each_chapter_begins(dossier, pdf, pages):
    """The numbers in the contents are the numbers printed at the bottom of those pages."""
    places = bookmarks(pdf)
    for one in dossier.sections:
        title = one.title if one.layout == "site" else f"{one.number} {one.title}"
        page = places[title] + 1
        assert re.search(rf"{re.escape(one.number)} {re.escape(one.title)} ?{page}\b", pages[1]), (one.title, pages[1])
        assert re.search(rf"\b{page}\b", pages[page - 1])


def test_landscape_pages_hold_the_maps(pdf):
    """The map of the portfolio and the maps of the criteria lie across."""
    lying = [page for page in pdf.pages if page.mediabox.width > page.mediabox.height]
    assert len(lying) == 2


def test_the_html_needs_nothing_from_outside(text):
    """No image, style or script has an address; only links for people lead elsewhere."""
    page = Outline(text)
    assert not page.all("script")
    assert not page.all("link")
    assert all(str(image["src"]).startswith("data:image/svg+xml;base64,") for image in page.all("img"))
    addresses = re.findall(r"url\(([^)]*)\)", text)
    assert addresses
    assert all(address.strip("\"'").startswith("data:") for address in addresses)
    assert "@import" not in text


def test_every_picture_says_what_it_shows(text, dossier):
    """Alternative texts are there and are sentences, not names of files."""
    images = Outline(text).all("img")
    figures = [block for one in dossier.sections for block in flat(one.blocks) if isinstance(block, Figure | Formula)]
    assert len(images) == len(figures) + 1
    assert all(len(str(image["alt"])) > 20 for image in images)


def test_links_of_the_contents_lead_to_sections(text):
    """Every entry of the contents has its section."""
    page = Outline(text)
    anchors = {attributes.get("id") for _, attributes in page.tags}
    inside = [str(link["href"])[1:] for link in page.all("a") if str(link["href"]).startswith("#")]
    assert inside
    assert set(inside) <= anchors


def test_headers_of_tables_are_header_cells(text):
    """Each table has a header row with a scope, which screen readers announce."""
    page = Outline(text)
    assert page.all("table")
    assert all(heading.get("scope") == "col" for heading in page.all("th"))


def test_the_word_document_has_headings_captions_fields_and_alternative_texts(dossier, word):
    """It is a document and not a picture of one: an outline, header rows, page numbers, contents."""
    titles = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name in ("Heading 1", "Heading 2")]
    assert titles == [f"{one.number}  {one.title}" for one in dossier.sections]
    body = word.element.xml
    assert 'TOC \\o "1-2"' in body
    assert "SEQ Table" in body
    assert "SEQ Figure" in body
    assert "w:tblHeader" in body
    assert " PAGE " in word.sections[0].footer._element.xml
    described = [one.get("descr") for one in word.element.iter(qn("wp:docPr"))]
    assert described
    assert all(described)
    assert {section.orientation for section in word.sections} == {0, 1}
    assert word.core_properties.title == "A proposal"
    assert word.core_properties.language == "en"


def test_the_tables_of_the_word_document_hold_the_same_cells(dossier, word):
    """Numbers do not depend on the format they are written in."""
    expected = [cell.text for cell in tables(dossier, "criteria")[0].rows[0]]
    rows = [[cell.text for cell in row.cells] for table in word.tables for row in table.rows]
    assert expected in rows


def test_every_attribute_of_a_site_has_unit_year_grade_and_source(solution, dossier):
    """The page repeats the candidate table; what the model uses is there with its source."""
    evidence = Evidence(solution, solution.model)
    site = solution.portfolio[0]
    values = {value.attribute: value for value in evidence.values(site)}
    assert set(evidence.used) - {"country"} <= set(values)
    assert values["grid_capacity_mva"].value == solution.sites.loc[site, "grid_capacity_mva"]
    assert (values["grid_capacity_mva"].unit, values["grid_capacity_mva"].grade) == ("MVA", "assumption")
    assert values["electricity_price_eur_per_mwh"].year == "2025"
    undocumented = [name for name, value in values.items() if not value.sources or not value.year or not value.grade]
    assert undocumented == []
    shown = " ".join(cell.text for table in tables(dossier, "site-1") for row in table.rows for cell in row)
    assert f"{values['grid_capacity_mva'].value:,.0f}{TOGETHER}MVA" in shown
    numbers = {int(number) for cell in re.findall(r"\[([\d, ]+)\]", shown) for number in cell.split(",")}
    assert numbers <= set(range(1, len(evidence.all_sources) + 1))


def test_the_nearest_places_are_the_nearest(solution):
    """Distances agree with the attributes of the candidate table, and rise."""
    evidence = Evidence(solution, solution.model)
    for site in solution.portfolio:
        row = solution.sites.loc[site]
        nodes, exchanges = evidence.nearest_nodes(site, 5), evidence.nearest_exchanges(site, 200)
        assert nodes["distance_km"].is_monotonic_increasing
        assert nodes["distance_km"].iloc[0] == pytest.approx(row["distance_to_grid_km"], abs=0.01)
        large = exchanges[exchanges["networks"] >= 100].iloc[0]
        assert large["distance_km"] == pytest.approx(row["distance_to_exchange_km"], abs=0.1)
        assert large["name"] == row["nearest_exchange"]


def test_the_sources_are_all_there_with_licence_and_checksums(solution, dossier):
    """Every source named on any page is listed, and its raw files with their sha256."""
    listed, *files = tables(dossier, "sources")
    evidence = Evidence(solution, solution.model)
    assert [row[0].text for row in listed.rows] == [str(one) for one in range(1, len(evidence.all_sources) + 1)]
    assert all(row[1].text and row[2].text and row[3].text for row in listed.rows)
    digests = [row[2].text for row in files[0].rows]
    assert len(digests) > 20
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_the_model_in_the_dossier_gives_the_same_answer(solution, dossier):
    """The listing loads, solves to the same portfolio, and its changed keys are named."""
    listing = max((block.text for block in section(dossier, "repeat").blocks if block.kind == "code"), key=len)
    model = Model.from_toml_text(listing)
    assert siting.solve(model).portfolio == solution.portfolio
    changes = next(table for table in tables(dossier, "repeat") if table.rows[0][0].text == "sites")
    assert [cell.text for cell in changes.rows[0]] == ["sites", "4", str(SITES)]
    assert changed_keys(Model.load("gigafactories")) == {}


def test_a_model_with_a_table_in_memory_says_that_its_listing_is_not_all():
    """No file can name a table that was handed over."""
    table = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=gpd.points_from_xy([2, 12], [48, 45]), crs=4326)
    text, complete = model_text(Model.load("gigafactories").replace(candidates=table))
    assert not complete
    assert tomllib.loads(text)["sites"] == 4


def test_a_template_of_the_user_wins_and_may_build_on_the_shipped_one(dossier, tmp_path):
    """A block is replaced, a style is added, a picture is embedded; the rest stays."""
    (tmp_path / "dossier.html").write_text(
        '{% extends "shipped/dossier.html" %}{% block closing %}<p id="own">{{ dossier.title }}'
        '<img src="{{ embedded(\'logo.png\') }}" alt="Our logo"></p>{% endblock %}',
        encoding="utf-8",
    )
    (tmp_path / "own.css").write_text(".own { color: rebeccapurple }", encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    page = html(dossier, templates=tmp_path)
    assert '<p id="own">A proposal<img src="data:image/png;base64,iVBORw==" alt="Our logo"></p>' in page
    assert "rebeccapurple" in page
    assert "Summary" in page


def test_a_template_that_cannot_be_used_is_named_with_its_line(dossier, tmp_path):
    """The sentence says which file and where."""
    (tmp_path / "blocks.html").write_text("{% macro block(one) %}\n{{ unknown }\n{% endmacro %}", encoding="utf-8")
    with pytest.raises(InputError, match=r"the template blocks\.html, line 2 cannot be used"):
        html(dossier, templates=tmp_path)


def test_a_template_that_asks_for_the_network_is_refused(dossier, tmp_path):
    """Nothing is fetched; the sentence says what to do instead."""
    (tmp_path / "dossier.html").write_text("<img src='https://example.org/logo.png' alt=''>", encoding="utf-8")
    target = tmp_path / "dossier.pdf"
    with pytest.raises(InputError, match=r"https://example\.org/logo\.png.*fetches nothing"):
        write_pdf(dossier, target, tmp_path)
    assert not target.exists()


HOSTILE = [
    "<script>alert('x')</script>",
    "\"quotes\" & 'more'",
    "مدينة القاهرة",
    "L" + "o" * 300 + "ng",
    None,
    "No grid",
]


@pytest.fixture(scope="module")
def hostile() -> Dossier:
    """Make a dossier on places of the user's own whose names are markup, Arabic, very long and missing."""
    places = gpd.GeoDataFrame(
        {
            "name": HOSTILE,
            "grid_capacity_mva": [2900.0, 3200, 2800, 4000, 950, None],
            "water": ["<b>", "-", None, "{{ 7*7 }}", "-", "-"],
        },
        geometry=gpd.points_from_xy([2.3, 13.4, 12.5, -3.7, 21.0, 16.4], [48.8, 52.5, 41.9, 40.4, 52.2, 48.2]),
        crs=4326,
        index=pd.Index(["<i>a", "b&", "ج", "d" * 60, "e", "f"], name="candidate"),
    )
    solution = siting.solve(
        "gigafactories", candidates=places, sites=4, rules={"eligible_sites": False, "one_site_per_country": False},
        exclusions={"voltage": False, "outermost": False},
    )  # fmt: skip
    given = Given(alternatives=False, robustness=False, rule_prices=False, weight_stability=False, why_not=("e", "f"))
    return make_dossier(solution, title='<b>T</b> & "x"', author="<script>", given=given, effort=QUICK)


def test_names_from_tables_are_text_and_never_markup(hostile):
    """A script in a name is shown, not run."""
    page = Outline(html(hostile))
    assert not page.all("script")
    assert {tag for tag, _ in page.tags} & {"b", "i"} == set()
    words = " ".join(page.texts)
    assert "<script>alert('x')</script>" in words
    assert "مدينة القاهرة" in words
    assert "{{ 7*7 }}" in words
    assert "49" not in {text.strip() for text in page.texts}


def test_a_very_long_name_is_cut_in_headings(hostile):
    """It neither runs off the page nor fills it."""
    heads = [block for one in hostile.sections for block in one.blocks if isinstance(block, SiteHead)]
    assert max(len(head.name) for head in heads) <= 70
    assert any(head.name.endswith("…") for head in heads)


def test_the_word_document_survives_such_names(hostile, tmp_path):
    """It opens, and holds the names as text."""
    write_word(hostile, tmp_path / "own.docx")
    document = Document(str(tmp_path / "own.docx"))
    assert any("<script>alert('x')</script>" in paragraph.text for paragraph in document.paragraphs)
    assert document.core_properties.author == "<script>"


def test_chapters_that_are_not_wanted_are_left_out(hostile):
    """False leaves a chapter out without a word."""
    keys = {one.key for one in hostile.sections}
    assert keys & {"alternatives", "robustness", "rules", "weights"} == set()
    assert {"summary", "site-1", "site-4", "why-not", "method", "sources"} <= keys


def test_tables_of_the_users_own_count_as_their_own(hostile):
    """Their values carry no source of ours."""
    cells = [cell.text for table in tables(hostile, "sites") for row in table.rows for cell in row]
    assert "own" in cells


def test_an_analysis_without_an_answer_says_why(hostile):
    """The reason stands where the answer would be: nobody can judge a place without a value."""
    told = [block.text for block in section(hostile, "why-not").blocks if block.kind == "callout"]
    assert len(told) == 1
    assert told[0].startswith("This part could not be made")
    assert "lacks data" in told[0]


def test_an_italian_dossier_is_italian():
    """Each text of the English file has an Italian one, with the same places to fill in."""
    folder = Path(siting.__file__).parent / "report" / "texts"
    english, italian = (tomllib.loads((folder / f"{code}.toml").read_text(encoding="utf-8")) for code in ("en", "it"))

    def flatten(texts, prefix=""):
        for key, value in texts.items():
            yield from flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, value)]

    theirs, ours = dict(flatten(italian)), dict(flatten(english))
    assert set(ours) - set(theirs) == set()
    for key, value in ours.items():
        assert set(re.findall(r"\{(\w+)\}", value)) == set(re.findall(r"\{(\w+)\}", theirs[key])), key
    assert languages() == ("en", "it")


@pytest.mark.parametrize(("value", "english", "italian"), [(1234567.0, "1.2 m", "1,2 mln"), (16.876, "16.88", "16,88")])
def test_numbers_are_written_as_the_language_does(value, english, italian):
    """Marks of groups and decimals, and the word for a million."""
    assert Wording("en").amount(value).replace(TOGETHER, " ") == english
    assert Wording("it").amount(value).replace(TOGETHER, " ") == italian


def test_a_search_that_holds_nothing_has_no_dossier(solution, tmp_path):
    """One sentence, and no file."""
    empty = siting.Solution(solution.instance, _nothing(solution.result), solution.model, solution.scaling)
    with pytest.raises(InputError, match=r"holds no portfolio.*nothing to report"):
        write_report(empty, tmp_path / "dossier.pdf")
    assert list(tmp_path.iterdir()) == []


def _nothing(result):
    return replace(result, portfolio=None, objective=None, status="time_limit", values={}, assignment=None)


def test_a_bare_instance_has_no_dossier(tmp_path):
    """There is no geography to report on."""
    cost = siting.Criterion(site=[1.0, 2.0])
    bare = siting.solve(siting.Instance(sites=1, criteria={"cost": cost}))
    with pytest.raises(InputError, match="no geography"):
        write_report(bare, tmp_path / "dossier.pdf")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"language": "fr"}, "not written in 'fr'"),
        ({"style": "lihgt"}, "did you mean 'light'"),
        ({"why_not": ["ITI33"]}, "did you mean 'ITI3'"),
        ({"templates": "nowhere"}, "templates 'nowhere' does not exist"),
        ({"robustness": 5}, "robustness is a int"),
    ],
)
def test_bad_options_are_refused_in_one_sentence(solution, tmp_path, options, sentence):
    """The nearest valid thing is named and nothing is written."""
    with pytest.raises(InputError, match=re.escape(sentence)):
        write_report(solution, tmp_path / "dossier.html", time_limit=20, draws=2, **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["dossier.odt", "missing/dossier.pdf"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_computed(solution, tmp_path, name):
    """Unknown formats and folders that do not exist."""
    with pytest.raises(OutputError, match="cannot write"):
        write_report(solution, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ending", "module", "package"), [("html", "jinja2", "Jinja2"), ("docx", "docx", "python-docx")]
)
def test_a_missing_library_is_named(solution, tmp_path, monkeypatch, ending, module, package):
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"needs {package}; install it with: pip install 'siting\[report\]'"):
        write_report(solution, tmp_path / f"dossier.{ending}")


def test_the_command_writes_the_dossier(tmp_path):
    """`siting report` solves, writes, and says where."""
    target = tmp_path / "dossier.html"
    leave_out = [part for name in ("alternatives", "robustness", "rules", "weights") for part in ("--leave-out", name)]
    arguments = ["report", "gigafactories", "--to", str(target), "--sites", "2", "--language", "it", *leave_out]
    result = CliRunner().invoke(application, arguments)
    assert result.exit_code == 0, result.output
    assert "Sintesi" in target.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["dossier.html"]


def test_a_system_without_pango_is_told_what_to_install(solution, tmp_path, monkeypatch):
    """WeasyPrint finds the library when it is imported; the sentence names it and the other formats."""

    def without(module: str) -> None:
        if module == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr("siting.report.requirements.import_module", without)
    with pytest.raises(InputError, match=r"needs the Pango library.*or write \.html or \.docx"):
        write_report(solution, tmp_path / "dossier.pdf")
