"""Values as text that PostgreSQL reads, or misfits."""

import datetime as dt
import decimal

import numpy as np
import pyarrow as pa
import pytest

from gateway.ingest import columns
from gateway.models.kinds import Kind

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def converted(values, kind, arrow=None):
    found = columns.convert(pa.array(values, arrow), kind)
    return found.text.to_pylist(), list(found.misfits)


@pytest.mark.parametrize(
    ("values", "arrow", "text", "misfits"),
    [
        (["a", None, ""], None, ["a", None, ""], []),
        ([1, None], pa.int64(), ["1", None], []),
        ([12.0, 12.5, None, np.nan, 1e300], pa.float64(), ["12", "12.5", None, None, None], [3, 4]),
        ([True, False], None, ["true", "false"], []),
        ([["a", "b"], None], None, ['["a","b"]', None], []),
        ([b"\x01\xff"], None, ["01ff"], []),
        ([dt.date(2020, 1, 2)], None, ["2020-01-02"], []),
        ([decimal.Decimal("1.50")], None, ["1.50"], []),
    ],
)
def test_anything_can_be_text(values, arrow, text, misfits):
    assert converted(values, Kind.TEXT, arrow) == (text, misfits)


@pytest.mark.parametrize(
    ("values", "arrow", "text", "misfits"),
    [
        ([1, -(2**31), 2**31, None], pa.int64(), ["1", str(-(2**31)), None, None], [2]),
        ([1.0, 1.5, np.inf, 3e9, None], None, ["1", None, None, None, None], [1, 2, 3]),
        ([" 7 ", "+7", "7.0", "seven", "", "99999999999", None], None, ["7", "7"] + [None] * 5, [2, 3, 4, 5]),
        ([True], None, ["1"], []),
        ([dt.date(2020, 1, 2)], None, [None], [0]),
    ],
)
def test_whole_numbers_fit_within_32_bits(values, arrow, text, misfits):
    assert converted(values, Kind.INTEGER, arrow) == (text, misfits)


def test_whole_numbers_fit_within_64_bits():
    assert converted([2**63 - 1, -(2**63)], Kind.BIGINT) == ([str(2**63 - 1), str(-(2**63))], [])
    assert converted([str(2**63)], Kind.BIGINT) == ([None], [0])
    assert converted([2**64 - 1], Kind.BIGINT, pa.uint64()) == ([None], [0])
    assert converted([2.0**63], Kind.BIGINT) == ([None], [0])


@pytest.mark.parametrize(
    ("values", "text", "misfits"),
    [
        ([1.5, np.nan, np.inf, None], ["1.5", None, None, None], [1, 2]),
        ([1, None], ["1", None], []),
        ([True], ["1"], []),
        ([decimal.Decimal("1.10")], ["1.10"], []),
        (
            ["12345678901234567890.5", " .5 ", "1e5", "$5", "1,000", "NaN", "1e4000", "0x1"],
            ["12345678901234567890.5", ".5", "1e5", None, None, None, None, None],
            [3, 4, 5, 6, 7],
        ),
        ([b"1"], [None], [0]),
    ],
)
@pytest.mark.parametrize("kind", [Kind.FLOAT, Kind.DECIMAL])
def test_numbers_keep_their_digits_and_nothing_is_guessed(values, text, misfits, kind):
    assert converted(values, kind) == (text, misfits)


def test_booleans_are_read_from_words_and_bits():
    assert converted([True, None], Kind.BOOLEAN) == (["true", None], [])
    assert converted([1, 0, 2], Kind.BOOLEAN) == (["true", "false", None], [2])
    assert converted(["Yes", "n", " T ", "maybe"], Kind.BOOLEAN) == (["true", "false", "true", None], [3])


def test_instants_without_offset_are_utc():
    assert converted([NOW], Kind.DATETIME) == (["2026-01-02T03:04:05+00:00"], [])
    assert converted(["2026-01-02 03:04", "2026-01-02T03:04:05+02:00", "soon"], Kind.DATETIME) == (
        ["2026-01-02T03:04:00+00:00", "2026-01-02T03:04:05+02:00", None],
        [2],
    )
    assert converted([dt.date(2026, 1, 2)], Kind.DATETIME) == (["2026-01-02T00:00:00+00:00"], [])
    assert converted([5], Kind.DATETIME) == ([None], [0])


def test_json_is_kept_as_json():
    assert converted([["a"], None], Kind.JSON) == (['["a"]', None], [])
    assert converted(["a"], Kind.JSON) == (['"a"'], [])


def test_text_that_is_not_utf_8_or_has_nul_is_changed_and_told():
    bad = pa.array([b"ok", b"caf\xe9", None, b"a\x00b"]).view(pa.string())
    found = columns.clean({"x": bad, "y": pa.array([1, 2, 3, 4])})
    assert found.fields["x"].to_pylist() == ["ok", "caf\ufffd", None, "ab"]
    assert found.changed == {1: ("x",), 3: ("x",)}


def test_dictionaries_and_extensions_are_plain_columns():
    plain = columns.clean({"x": pa.array(["a", "b", "a"]).dictionary_encode(), "j": json_column("[1]", None, "2")})
    assert plain.fields["x"].to_pylist() == ["a", "b", "a"]
    assert plain.fields["j"].type == pa.string()
    assert plain.json == {"j"}


def json_column(*values):
    return pa.ExtensionArray.from_storage(pa.json_(), pa.array(values, pa.string()))
