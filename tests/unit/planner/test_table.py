"""What rows become: one expression for each kind of value, compiled for all rows."""

import orjson
import pytest

from gateway import errors
from gateway.layers import PARCELS
from gateway.planner import table as t
from gateway.query import ids
from gateway.query.page import CursorCodec

CODEC = CursorCodec(b"secret")


def made(maker, rows, terms=(), related=()):
    table = t.Table(rows, terms, CODEC, b"scope", list(related))
    return orjson.loads(orjson.dumps(t.compiled(maker)(table)))


@pytest.mark.parametrize(
    ("maker", "row", "value"),
    [
        (t.constant("Parcel"), (), "Parcel"),
        (t.constant("a'b\"\\"), (), "a'b\"\\"),
        (t.constant(None), (), None),
        (t.column(1), (0, "b"), "b"),
        (t.embedded(0), ('{"a": [1]}',), {"a": [1]}),
        (t.embedded(0), (None,), None),
        (t.global_id(PARCELS, 0), (7,), ids.encode(PARCELS, 7)),
        (t.share(0, 1), (1.0, 4.0), 0.25),
        (t.share(0, 1), (4.1, 4.0), 1.0),
        (t.share(0, 1), (0.0, 0.0), 1.0),
        (t.required(0, "EPSG:2154", t.embedded(0)), ("[1]",), [1]),
        (t.cursor([1, 0]), (3, "x"), CODEC.encode(b"scope", ("x", 3))),
        (t.cursor([0]), (3,), CODEC.encode(b"scope", (3,))),
        (t.nested({"a": t.column(0), "b": t.nested({})}), (5,), {"a": 5, "b": {}}),
        (
            t.feature(0, 1, {"name": t.column(2)}),
            (5, '{"type": "Point"}', "x"),
            {"type": "Feature", "id": 5, "geometry": {"type": "Point"}, "properties": {"name": "x"}},
        ),
    ],
)
def test_each_row_becomes_its_value(maker, row, value):
    assert made(maker, [row, row]) == [value, value]
    assert made(maker, []) == []


def test_what_other_statements_read_stands_with_its_row_however_deep():
    maker = t.nested({"node": t.nested({"id": t.column(0), "near": t.related(1)}), "far": t.related(0)})
    found = made(maker, [(1,), (2,)], related=[["a", "b"], ["c", "d"]])
    assert found == [{"node": {"id": 1, "near": "c"}, "far": "a"}, {"node": {"id": 2, "near": "d"}, "far": "b"}]


def test_a_crs_that_postgis_does_not_know_is_refused():
    table = t.Table([(None,)], (), CODEC)
    (flaw,) = t.compiled(t.required(0, "EPSG:9999", t.embedded(0)))(table)
    assert table.flaws == [flaw]
    assert [(type(error), error.message) for error in flaw.errors] == [
        (errors.BadCrs, "EPSG:9999 is not known to this database.")
    ]
