"""The comparison before a benchmark: the same rows in each peer's words are alike, other rows are not."""

from base64 import b64encode
from dataclasses import dataclass

import orjson
import pytest

from benchmarks.answers import compare
from benchmarks.contestants import Contestant, names
from benchmarks.works import WORKS

WORK = {work.name: work for work in WORKS}


@dataclass
class Answering:
    """A contestant that has its answer ready."""

    name: str
    data: object

    def answer(self, work, variables):
        return orjson.dumps({"data": self.data})


def parcel(**fields):
    return {"id": b64encode(b"Parcel:7").decode(), "assessedValue": 250000.5, **fields}


def compared(name, one, other):
    compare([Answering("gateway", one), Answering("peer", other)], WORK[name], [{}])


def test_rows_under_nodes_are_those_of_a_plain_list_with_plain_keys():
    row = {"id": 7, "assessedValue": "250000.5"}
    compared("viewport", {"parcels": {"nodes": [parcel()]}}, {"parcels": [row]})


def test_edges_with_nodes_are_rows_of_a_plain_list():
    edge = {"coverage": 0.5, "node": {"zoneCode": "R1"}}
    ours = {"parcels": {"nodes": [{"parcelId": "a", "zoningDistricts": {"edges": [edge]}}]}}
    theirs = {"parcels": [{"parcelId": "a", "zoningDistricts": [{"zoneCode": "R1", "coverage": 0.5}]}]}
    compared("overlay", ours, theirs)


@pytest.mark.parametrize(
    "other",
    [
        [],
        [{"id": 8, "assessedValue": "250000.5"}],
        [{"id": 7, "assessedValue": "250100"}],
        [{"id": 7}],
    ],
)
def test_other_rows_in_a_plain_list_are_a_difference(other):
    with pytest.raises(RuntimeError, match=r"peer (and gateway differ|does not answer)"):
        compared("viewport", {"parcels": {"nodes": [parcel()]}}, {"parcels": other})


def test_only_strawchemy_leaves_works_out_and_of_those_only_nearest():
    left_out = {(name, work) for name in names() for work in WORK if not Contestant(name, 0, 0).answers(WORK[work])}
    assert left_out == {("strawchemy", "nearest")}


def test_strawchemy_is_asked_in_its_own_words_with_the_variables_of_the_gateway():
    work, variables = WORK["point"], {"key": "00001-001"}
    body = orjson.loads(Contestant("strawchemy", 0, 0).body(work, variables))
    assert body == {"query": work.strawchemy, "variables": variables}
