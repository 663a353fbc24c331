"""Fields without a column as JSON."""

import datetime as dt
import json

import pyarrow as pa

from gateway.ingest import attributes, columns


def objects(moved=None, **fields):
    names = list(fields)
    source = columns.clean(
        {name: field if isinstance(field, pa.Array) else pa.array(field) for name, field in fields.items()}
    )
    return [json.loads(text) for text in attributes.objects(source, names, moved or {})]


def test_every_field_is_kept_null_included():
    assert objects(a=[1, None], b=["x", ""]) == [{"a": 1, "b": "x"}, {"a": None, "b": ""}]


def test_without_fields_there_is_an_empty_object_a_row():
    source = columns.clean({"a": pa.array([1, 2])})
    assert attributes.objects(source, [], {1: {"b": 3}}) == [b"{}", b'{"b":3}']


def test_what_json_cannot_hold_becomes_text():
    day, instant = dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, tzinfo=dt.UTC)
    found = objects(
        day=[day],
        instant=[instant],
        binary=[b"\x00\xff"],
        big=pa.array([1.5, float("nan"), float("inf")])[1:2],
        many=[["a"]],
    )
    assert found == [
        {"day": "2020-01-02", "instant": "2020-01-02T03:00:00+00:00", "binary": "AP8=", "big": "NaN", "many": ["a"]}
    ]
    assert objects(x=[float("inf"), float("-inf"), 1.0]) == [{"x": "Infinity"}, {"x": "-Infinity"}, {"x": 1.0}]


def test_json_of_the_source_stays_json_and_bad_json_text():
    column = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": [1]}', "{", None, '"a\\u0000b"'], pa.string()))
    assert objects(x=column) == [{"x": {"a": [1]}}, {"x": "{"}, {"x": None}, {"x": "ab"}]


def test_nul_is_taken_out_of_nested_text_and_an_escaped_backslash_is_not_nul():
    column = pa.ExtensionArray.from_storage(
        pa.json_(), pa.array(['{"a\\u0000": ["b\\u0000", "\\\\u0000"]}'], pa.string())
    )
    assert objects(x=column) == [{"x": {"a": ["b", "\\u0000"]}}]


def test_moved_values_are_added():
    assert objects({1: {"y": "$5"}}, x=[1, 2]) == [{"x": 1}, {"x": 2, "y": "$5"}]
