"""A server on the loopback that answers like the publishers, made of the small raw files of `raw_files`."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import threading
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from urllib.parse import parse_qs, urlsplit

from raw_files import GRID, POPULATION, topology, write_raw_files

BANDS = {"IF": "MWH70000-149999", "IG": "MWH_GE150000"}
RELEASE = "v9.9"


@dataclass
class Answer:
    """What the server sends once, and how it misbehaves."""

    body: bytes
    status: int = 200
    etag: str = '"1"'
    announced: int | None = None  # a Content-Length that is not the length
    pause: float = 0.0


@dataclass
class Publishers:
    """The files of a mirror: path below the base address, to the answers in turn; the last one stays."""

    address: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def serve(self, path, body, **behaviour):
        """Serve a body; given twice, the first answer comes first."""
        data = body if isinstance(body, bytes) else body.encode()
        self.answers.setdefault(path, []).append(Answer(data, **behaviour))

    def asked(self, part):
        """Return the headers of the requests whose path holds a part."""
        return [headers for path, headers in self.requests if part in path]


class Handler(BaseHTTPRequestHandler):
    """Sends the next answer of a path; knows ranges and entity tags."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        """Answer."""
        publishers = self.server.publishers
        path = urlsplit(self.path).path
        publishers.requests.append((self.path, dict(self.headers)))
        answers = publishers.answers.get(path, [Answer(b"no such file", 404)])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        time.sleep(answer.pause)
        if answer.status == 200 and self.headers.get("If-None-Match") == answer.etag:
            self.reply(304, b"", answer)
        elif "Range" in self.headers and self.headers.get("If-Range") == answer.etag and answer.status == 200:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            self.reply(206, answer.body[start:], answer, f"bytes {start}-{len(answer.body) - 1}/{len(answer.body)}")
        else:
            self.reply(answer.status, answer.body, answer)

    def reply(self, status, body, answer, content_range=None):
        """Send status, headers and body; a body shorter than announced ends the connection."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if answer.announced is None else answer.announced))
        if answer.etag and status < 400:
            self.send_header("ETag", answer.etag)
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body)
        if answer.announced is not None:
            self.close_connection = True


@contextmanager
def server():
    """Run a server on a free port of 127.0.0.1."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    running.publishers = Publishers(f"http://127.0.0.1:{running.server_address[1]}")
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running.publishers
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


def json_stat(dimensions, cells):
    """Return a JSON-stat 2.0 dataset: codes per dimension, and (value, flag) by tuple of codes."""
    names = list(dimensions)
    values, flags = {}, {}
    for position, key in enumerate(product(*dimensions.values())):
        value, flag = cells.get(key, (None, ""))
        if value is not None:
            values[str(position)] = value
        if flag:
            flags[str(position)] = flag
    return json.dumps(
        {
            "version": "2.0", "class": "dataset", "source": "ESTAT", "id": names,
            "size": [len(codes) for codes in dimensions.values()], "value": values, "status": flags,
            "dimension": {
                name: {"category": {"index": {code: place for place, code in enumerate(codes)}}}
                for name, codes in dimensions.items()
            },
        }
    )  # fmt: skip


def rows_of(text):
    """Return the rows of a CSV text as dictionaries."""
    return list(csv.DictReader(io.StringIO(text)))


def text_of(rows):
    """Return dictionaries as CSV text."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def prices(text):
    """Return the table of prices as Eurostat's statistics service sends it, with a semester nobody has filled."""
    rows = rows_of(text)
    semesters = [name for name in rows[0] if name not in ("geo", "band")]
    cells = {}
    for row in rows:
        for semester in semesters:
            number, _, flag = row[semester].partition(" ")
            key = ("S", "E7000", BANDS[row["band"]], "KWH", "X_VAT", "EUR", row["geo"], semester)
            cells[key] = (None, "c" if flag == "@C" else "") if number == ":" else (float(number), flag)
    countries = list(dict.fromkeys(row["geo"] for row in rows))
    dimensions = {
        "freq": ["S"], "siec": ["E7000"], "nrg_cons": list(BANDS.values()), "unit": ["KWH"], "tax": ["X_VAT"],
        "currency": ["EUR"], "geo": countries, "time": [*semesters, "2026-S1"],
    }  # fmt: skip
    return json_stat(dimensions, cells)


def sdmx(rows, dataset):
    """Return observations as SDMX-CSV 2.0."""
    lead = {"STRUCTURE": "dataflow", "STRUCTURE_ID": f"ESTAT:{dataset}(1.0)"}
    return text_of([{**lead, "freq": "A", **row, "OBS_FLAG": "", "CONF_STATUS": ""} for row in rows])


def adoption(text):
    """Return the shares of enterprises as Eurostat's statistics service sends them, with an older year."""
    rows = rows_of(text)
    years = sorted({"2023", *(row["year"] for row in rows)})
    cells = {(row["geo"], row["year"]): (float(row["value"]), "") for row in rows}
    cells |= {(row["geo"], "2023"): (1.5, "") for row in rows}
    return json_stat({"geo": [row["geo"] for row in rows], "time": years}, cells)


def in_degrees(quantised):
    """Return a topology whose arcs hold degrees and no steps."""
    scale, translate = quantised["transform"]["scale"], quantised["transform"]["translate"]
    arcs = []
    for arc in quantised["arcs"]:
        x, y, places = 0, 0, []
        for step in arc:
            x, y = x + step[0], y + step[1]
            places.append([x * scale[0] + translate[0], y * scale[1] + translate[1]])
        arcs.append(places)
    return {"type": "Topology", "objects": quantised["objects"], "arcs": arcs}


def zenodo(publishers, files):
    """Serve a record and its files, quoted with apostrophes as the publisher does."""
    entries = []
    for name, text in files.items():
        body = text.replace('"', "'").encode()
        link = f"https://zenodo.org/api/records/14144752/files/{name}/content"
        checksum = f"md5:{hashlib.md5(body).hexdigest()}"  # noqa: S324 - what Zenodo gives
        entries.append({"key": name, "size": len(body), "checksum": checksum, "links": {"self": link}})
        publishers.serve(f"/zenodo/records/14144752/files/{name}/content", body)
    publishers.serve("/zenodo/records/14144752", json.dumps({"id": 14144752, "files": entries}))


def cities():
    """Return an archive of GeoNames with two cities."""
    rows = [
        ["588409", "Tallinn", "Tallinn", "", "59.43696", "24.75353", "P", "PPLC", "EE", "", "01", "", "", "", "394024",
         "", "22", "Europe/Tallinn", "2023-01-01"],
        ["456172", "Riga", "Riga", "", "56.946", "24.10589", "P", "PPLC", "LV", "", "25", "", "", "", "605802",
         "", "6", "Europe/Riga", "2023-01-01"],
    ]  # fmt: skip
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("cities15000.txt", "\n".join("\t".join(row) for row in rows) + "\n")
    return stream.getvalue()


SURROUNDINGS = {
    "type": "Topology",
    "transform": {"scale": [0.001, 0.001], "translate": [20, 50]},
    "arcs": [[[4000, 7000], [0, 980], [2000, 0], [0, -980], [-2000, 0]]],
    "objects": {
        "countries": {"geometries": [{"type": "Polygon", "arcs": [[0]], "properties": {"name": "Belarus"}}]},
    },
}

EXCHANGES = {
    "ix": [
        {"id": 7, "name": "TLLIX", "name_long": "", "city": "Tallinn", "country": "EE", "net_count": 30,
         "region_continent": "Europe", "website": ""},
        {"id": 8, "name": "Nowhere", "name_long": "", "city": "", "country": "LV", "net_count": 3,
         "region_continent": "Europe", "website": ""},
    ],
    "ixfac": [{"id": 1, "ix_id": 7, "fac_id": 20}, {"id": 2, "ix_id": 7, "fac_id": 21}],
    "fac": [
        {"id": 20, "net_count": 3, "latitude": 58.0, "longitude": 26.0},
        {"id": 21, "net_count": 9, "latitude": 59.4, "longitude": 24.7},
    ],
}  # fmt: skip


def serve_everything(publishers, folder):
    """Serve every publisher, saying what the small raw files say; return the raw files and the pins."""
    raw = write_raw_files(folder)
    documents = {level: topology(level + 2) for level in (0, 2, 3)}
    for level, document in documents.items():
        shown = in_degrees(document) if level == 0 else document
        publishers.serve(f"/gisco/nuts/topojson/NUTS_RG_10M_2021_4326_LEVL_{level}.json", json.dumps(shown))
    (raw / "geometry" / "natural_earth_countries_50m.json").write_text(json.dumps(SURROUNDINGS), encoding="utf-8")
    publishers.serve("/world_atlas/countries-50m.json", json.dumps(SURROUNDINGS))
    statistics = "/eurostat/statistics/1.0/data"
    text = (raw / "prices" / "eurostat_nrg_pc_205_if_ig_ex_vat.csv").read_text(encoding="utf-8")
    publishers.serve(f"{statistics}/nrg_pc_205", prices(text))
    text = (raw / "ai" / "ai_adoption_by_country.csv").read_text(encoding="utf-8")
    publishers.serve(f"{statistics}/isoc_eb_ai", adoption(text))
    totals = rows_of(POPULATION["eurostat_nama_10r_2gdp.csv"])
    relative = [
        {"unit": row["unit"], "geo": row["geo"], "TIME_PERIOD": row["time"], "OBS_VALUE": row["obs_value"]}
        for row in rows_of(POPULATION["eurostat_gdp_pc_pps_rel_eu_nuts2.csv"])
    ]
    # The answer depends on the unit that was asked for.
    publishers.answers["/eurostat/sdmx/3.0/data/dataflow/ESTAT/nama_10r_2gdp/1.0"] = [
        Answer(sdmx(totals, "NAMA_10R_2GDP").encode(), etag=""),
        Answer(sdmx(relative, "NAMA_10R_2GDP").encode(), etag=""),
    ]
    publishers.serve("/ember/price/outputs/european_wholesale_electricity_price_data_monthly.csv",
                     (raw / "prices" / "ember_wholesale_monthly.csv").read_bytes())  # fmt: skip
    publishers.serve("/our_world_in_data/carbon-intensity-electricity.csv",
                     (raw / "climate" / "owid_carbon_intensity_electricity.csv").read_bytes())  # fmt: skip
    zenodo(publishers, {"buses.csv": GRID["osm_buses.csv"], "transformers.csv": GRID["osm_transformers.csv"]})
    plants = rows_of(GRID["powerplants_ge10mw.csv"])
    plants += [{**plants[0], "id": "90", "Capacity": "9.5"}, {**plants[0], "id": "91", "Country": "Norway"}]
    publishers.serve("/github/repos/PyPSA/powerplantmatching/releases/latest", json.dumps({"tag_name": RELEASE}))
    publishers.serve(f"/github_files/PyPSA/powerplantmatching/{RELEASE}/powerplants.csv", text_of(plants))
    pins = {"geometry/natural_earth_countries_50m.json": hashlib.sha256(json.dumps(SURROUNDINGS).encode()).hexdigest()}
    for place, names in (
        ("ropensci/nuts/8637f59e6913ce9d6403a3f96e0c3fdd4b13c8f0/data-raw/_JRC_NUTSconverter_Matrices_rel.2025.08",
         ("population/n2_cm_v2021_v2024.csv", "population/n3_cm_v2021_v2024.csv")),
        ("PyPSA/pypsa-eur/v2025.01.0/data/entsoegridkit",
         ("grid/entsoegridkit/buses.csv", "grid/entsoegridkit/lines.csv")),
    ):  # fmt: skip
        for name in names:
            body = (raw / name).read_bytes()
            publishers.serve(f"/github_files/{place}/{name.rsplit('/', 1)[1]}", body)
            pins[name] = hashlib.sha256(body).hexdigest()
    for name, rows in EXCHANGES.items():
        publishers.serve(f"/peeringdb/{name}", json.dumps({"meta": {}, "data": rows}))
    publishers.serve("/geonames/cities15000.zip", cities())
    return raw, pins


def query(publishers, part):
    """Return the query of the last request whose path holds a part."""
    path = next(path for path, _ in reversed(publishers.requests) if part in path)
    return parse_qs(urlsplit(path).query)
