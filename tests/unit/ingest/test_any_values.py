"""Files made at random, in every format: each value is read back equal, or its feature is refused or told by name.

8 files of each format; GATEWAY_TEST_EXAMPLES sets another number.
"""

import json
import re
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ingest import IngestOptions, geometry, mapping
from gateway.ingest.geometry import GeometryTarget
from gateway.ingest.prepare import Preparer
from gateway.ingest.repair import Repairer
from gateway.layers import PARCELS
from gateway.sources.names import distinct
from tests.fixtures.direct import FileSource
from tests.fixtures.examples import examples
from tests.fixtures.sources import dbase, grid, write

EXAMPLES = examples(8, 50_000)
KEY = "parcel_id"
LOOKS = [
    "1204/03/12",
    "2019/02/30",
    "2019-02-30",
    "2020-07-02T10:00:00+02:00",
    "10:00:00+02",
    "007",
    "1e5",
    "1.10",
    "12345678901234567890",
    "NaN",
    "null",
    "true",
    "",
    "  blanks before",
    "Peña",
    "Straße",
    "a\tb\\N",
    'say "so"; or, not|',
    "{}",
    "[1,",
]
NAMES = ["N", "n", "N_2", "id", "fid", "wkb_geometry", "OGC_FID", "NAME", "name 2", "a.b", "straße", "version"]
TEXT = st.sampled_from(LOOKS) | st.text(st.characters(codec="cp1252", exclude_characters="\0\r\n"), max_size=12)
WIDE = TEXT | st.text(st.characters(codec="utf-8"), max_size=8) | st.just("a\0b")
WHOLE = st.integers(-(2**63), 2**63 - 1)
SHORT = [name for name in NAMES if len(name) <= 10]  # as names in a Shapefile are
OTHERS = ["N", "id", "NAME", "a b", "straße", "version", "wkb_geometry"]  # where names differ in more than case
DECIMAL = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25, places=3)

KINDS = [
    (pa.string(), TEXT),
    (pa.int64(), WHOLE),
    (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    (pa.bool_(), st.booleans()),
]


@dataclass
class Made:
    """A file, how it is to be opened, and the values of each feature by field, as JSON has them."""

    path: Path
    rows: list
    encoding: str | None = None


def equal(one, other):
    """Whether two values of JSON are the same; numbers by their value, whatever is written after the point."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool) or isinstance(one, str) or isinstance(other, str):
        return type(one) is type(other) and one == other
    return one == other


def parsed(text):
    return json.loads(text, parse_float=Decimal)


def cells(line):
    """The values of a row in COPY's text."""
    plain = {"t": "\t", "n": "\n", "r": "\r"}
    for cell in line.rstrip("\n").split("\t"):
        yield None if cell == r"\N" else re.sub(r"\\(.)", lambda found: plain.get(found[1], found[1]), cell)


def prepared(made):
    """By index: the key and attributes of rows to be written, and what is told of others."""
    source = FileSource(made.path, encoding=made.encoding)
    description = source.description
    plan = mapping.plan(PARCELS, {}, description.fields, description.fid)
    crs = geometry.transformer(description.crs) if description.crs else None
    preparer = Preparer(plan, GeometryTarget.of(PARCELS), crs, IngestOptions(), Repairer(1))
    rows, told = {}, {}
    for batch in source.batches(0, 3, set()):
        found = preparer.batch(batch, Counter())
        for index, line in zip(found.indexes.tolist(), found.lines.to_pylist(), strict=True):
            *columns, attributes, _ = cells(line)
            rows[index] = (dict(zip(plan.columns, columns, strict=True)), parsed(attributes))
        for outcome in (*found.left_out, *found.marked):
            told[outcome.index] = outcome.why
    assert description.features == len(rows.keys() | told.keys())
    return rows, told


def check(made):
    rows, told = prepared(made)
    for index, expected in enumerate(made.rows):
        values = dict(expected)
        key = values.pop(KEY)
        if index not in rows:
            assert told[index], index
            continue
        columns, attributes = rows[index]
        assert columns[KEY] == key
        for name in values.keys() | attributes.keys():
            same = name in values and name in attributes and equal(values[name], attributes[name])
            named = re.search(rf"(?:^|[ ,]){re.escape(name)}[ ,]", told.get(index, ""))
            assert same or named, (name, values, attributes, told.get(index))


def keys(draw, text):
    return draw(st.lists(text.filter(lambda key: key.strip()), min_size=1, max_size=4, unique=True))


def table(draw, text, cell, names=NAMES):
    """Names of columns, of which the first is the key, and rows."""
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    rows = [[key, *(draw(cell) for _ in chosen)] for key in keys(draw, text)]
    return [KEY, *chosen], rows


def geojson(draw, folder, *, lines=False):
    number = (
        WHOLE.map(str) | DECIMAL.map(str) | st.sampled_from(["1e5", "-0", "1E-7", "12345678901234567890123", "1e999"])
    )
    simple = WIDE.map(lambda text: json.dumps(text, ensure_ascii=draw(st.booleans()))) | number
    token = simple | st.sampled_from(["null", "true", "false"]) | simple.map(lambda each: f'{{"a":[{each}, {{}}]}}')
    features, rows = [], []
    for key, shape in zip(keys(draw, TEXT), grid(4), strict=False):
        names = [KEY, *draw(st.lists(st.sampled_from(NAMES), max_size=5))]
        tokens = [json.dumps(key), *(draw(token) for _ in names[1:])]
        members = ",".join(f"{json.dumps(name)}: {each}" for name, each in zip(names, tokens, strict=True))
        features.append(f'{{"type":"Feature","properties":{{{members}}},"geometry":{shapely.to_geojson(shape)}}}')
        rows.append(list(zip(distinct(names), map(parsed, tokens), strict=True)))
    whole = "\n".join(features) if lines else f'{{"type":"FeatureCollection","features":[{", ".join(features)}]}}'
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    path = folder / f"x.{'geojsonl' if lines else 'geojson'}"
    path.write_bytes(whole.encode(encoding))
    return Made(path, rows)


def sequence(draw, folder):
    return geojson(draw, folder, lines=True)


def csv(draw, folder):
    encoding = draw(st.sampled_from([None, "windows-1252"]))
    text = WIDE if encoding is None else TEXT
    names, rows = table(draw, TEXT, text | st.none())
    separator = draw(st.sampled_from(",;\t"))
    cells = [[*names, "WKT"], *([*row, shapely.to_wkt(shape)] for row, shape in zip(rows, grid(4), strict=False))]
    quoted = [["" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row] for row in cells]
    path = folder / "x.csv"
    path.write_bytes("".join(separator.join(row) + "\n" for row in quoted).encode(encoding or "utf-8"))
    (folder / "x.prj").write_text("EPSG:4326")
    return Made(path, [list(zip(distinct(names), row, strict=True)) for row in rows], encoding)


def shapefile(draw, folder):
    encoding = draw(st.sampled_from(["utf-8", "cp1252"]))
    names, rows = table(draw, TEXT.filter(lambda text: text == text.rstrip()), st.none(), SHORT)
    values, kinds = [[row[0] for row in rows]], {0: ("C", 60, 0)}
    number = (WHOLE.map(str) | DECIMAL.map(str)).filter(lambda text: len(text) <= 30)
    day = st.dates().map(lambda each: f"{each:%Y%m%d}".zfill(8))
    for place in range(1, len(names)):
        kind, width, cell = draw(st.sampled_from([("C", 60, TEXT), ("N", 30, number), ("D", 8, day)]))
        kinds[place] = (kind, width, 0)
        values.append([draw(cell) for _ in rows])
    path = write(folder / "x.shp", "ESRI Shapefile", grid(len(rows)), {KEY: ["x"] * len(rows)})
    fields = [(name, *kinds[place]) for place, name in enumerate(names)]
    path.with_suffix(".dbf").write_bytes(dbase(fields, list(zip(*values, strict=True)), encoding))
    path.with_suffix(".cpg").write_text("UTF-8" if encoding == "utf-8" else "1252")
    meant = [[_of_dbase(kinds[place][0], each) for each in column] for place, column in enumerate(values)]
    named = [list(zip(distinct(names), row, strict=True)) for row in zip(*meant, strict=True)]
    return Made(path, named, draw(st.sampled_from([None, encoding])) if encoding == "utf-8" else encoding)


def _of_dbase(kind, text):
    """What a cell says: blanks at the end fill it up, and a day is written without signs between."""
    if kind == "C":
        return text.rstrip(" ") or None
    return Decimal(text) if kind == "N" else f"{text[:4]}-{text[4:6]}-{text[6:]}"


def geopackage(draw, folder):
    names = draw(st.lists(st.sampled_from(OTHERS), min_size=1, max_size=4, unique=True))
    own = keys(draw, TEXT)
    path = write(folder / "x.gpkg", "GPKG", grid(len(own)), {KEY: own})
    kinds = st.sampled_from(["INTEGER", "MEDIUMINT", "REAL", "FLOAT", "TEXT", "TEXT(3)", "DATE", "DATETIME"])
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        for name in names:
            database.execute(f'ALTER TABLE x ADD COLUMN "{name}" {draw(kinds)}')
            for number in range(1, len(own) + 1):
                value = draw(WIDE | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.none())
                database.execute(f'UPDATE x SET "{name}" = ? WHERE fid = ?', (value, number))
        listed = ", ".join(f'"{name}"' for name in [KEY, *names])
        stored = database.execute(f"SELECT {listed} FROM x ORDER BY fid").fetchall()
    database.close()
    return Made(path, [list(zip([KEY, *names], map(exact, row), strict=True)) for row in stored])


def flatgeobuf(draw, folder):
    own = keys(draw, TEXT)
    columns = {KEY: own}
    for name in draw(st.lists(st.sampled_from(OTHERS), min_size=1, max_size=4, unique=True)):
        kind, cell = draw(st.sampled_from(KINDS))
        columns[name] = pa.array([draw(cell | st.none()) for _ in own], kind)
    path = write(folder / "x.fgb", "FlatGeobuf", grid(len(own)), columns, SPATIAL_INDEX="NO")
    plain = pa.table(columns).to_pylist()
    return Made(path, [[(name, exact(value)) for name, value in row.items()] for row in plain])


def exact(value):
    """A value as `parsed` gives it."""
    return Decimal(repr(value)) if isinstance(value, float) else value


@pytest.mark.parametrize(
    "make", [geojson, sequence, csv, shapefile, geopackage, flatgeobuf], ids=lambda make: make.__name__
)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_values_are_read_back_equal_or_told(make, data):
    with tempfile.TemporaryDirectory() as folder:
        check(make(data.draw, Path(folder)))
