"""Operations prepared once: values never grow what is kept, shapes do, and both are bounded."""

import pytest
from graphql import Executor, parse

from gateway.layers import LAYERS
from gateway.planner import prepared
from gateway.planner.lru import MemoryBudget
from gateway.planner.prepared import PlannedOperation, planned_reads
from tests.fixtures.reading import PARSER
from tests.fixtures.schema import SCHEMA

FILTERED = "query ($f: ParcelFilter, $n: Int) { parcels(first: $n, filters: $f) { nodes { parcelId } } }"


class Prepared:
    """One operation, bound as a request binds it."""

    def __init__(self, text, room=10**9):
        self.document = parse(text)
        self.room = MemoryBudget(room)
        definition = self.document.definitions[0]
        self.operation = PlannedOperation(SCHEMA, self.document, definition, planned_reads, self.room)

    def bind(self, **variables):
        executor = Executor.build(SCHEMA, self.document, raw_variable_values=variables)
        values = executor.variable_values
        planned = self.operation.plan(values.coerced, LAYERS)
        return planned and planned.bind(values, PARSER)


def statements(bound):
    return [read.connection.page.statement for read in bound.reads]


def test_values_share_one_statement_that_holds_none_of_them():
    operation = Prepared(FILTERED)
    found = [
        operation.bind(n=n, f={"address": {"contains": f"Elm {n}"}, "yearBuilt": {"gt": 1900 + n}})
        for n in range(1, 200)
    ]
    assert len({id(bound.reads) for bound in found}) == 1
    (statement,) = statements(found[7])
    assert "Elm" not in statement.text
    assert "1908" not in statement.text
    assert 1908 in statement.bind(found[7].values)


def test_lists_and_boxes_of_any_length_share_one_statement():
    operation = Prepared(FILTERED)
    lists = [operation.bind(f={"landUse": {"inList": ["a"] * n}}) for n in (1, 2, 9)]
    boxes = [operation.bind(f={"geometry": {"intersects": {"bbox": [0, 0, n, 1]}}}) for n in (1, 2, 3)]
    assert len({id(bound.reads) for bound in lists}) == 1
    assert len({id(bound.reads) for bound in boxes}) == 1


def test_shapes_have_statements_of_their_own_and_the_oldest_are_forgotten():
    operation = Prepared(FILTERED)
    for number in range(prepared.SHAPES + 20):
        operation.bind(f={"or": [{"yearBuilt": {"gt": 1}}] * (number + 1)})
    (planned,) = operation.operation._plans._made.values()
    assert len(planned._compiled._made) == prepared.SHAPES


def test_shapes_share_a_room_that_is_bounded_in_bytes():
    operation = Prepared(FILTERED, room=200_000)
    for number in range(40):
        operation.bind(f={"or": [{"yearBuilt": {"gt": 1}}] * (number + 1)})
        assert operation.room.used <= 200_000
    assert sum(len(planned._compiled) for planned in operation.operation._plans._made.values()) < 20


def test_plans_by_directives_are_bounded_too():
    names = [f"v{number}" for number in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"a{name}: parcelId @skip(if: ${name})" for name in names)
    operation = Prepared(f"query ({declared}) {{ parcels {{ nodes {{ {fields} }} }} }}")
    for number in range(2 ** len(names)):
        operation.bind(**{name: bool(number >> place & 1) for place, name in enumerate(names)})
    assert len(operation.operation._plans._made) == prepared.PLANS


@pytest.mark.parametrize("text", ["{ __schema { types { name } } }", '{ __type(name: "Parcel") { name } }'])
def test_introspection_is_not_planned(text):
    assert Prepared(text).bind() is None


def test_an_area_in_several_units_is_measured_once():
    operation = Prepared("{ parcels { nodes { areaSqm a: area(unit: ACRE) b: area(unit: HECTARE) } } }")
    (statement,) = statements(operation.bind())
    assert statement.text.count("ST_Area") == 1


def test_the_same_geometry_with_the_same_arguments_is_read_once():
    operation = Prepared("{ parcels { nodes { a: geometry(precision: 5) b: geometry(precision: 5) geometry } } }")
    (statement,) = statements(operation.bind())
    assert statement.text.count("ST_AsGeoJSON") == 2


def test_a_geometry_that_is_not_selected_is_not_touched():
    (statement,) = statements(Prepared("{ parcels { nodes { parcelId } } }").bind())
    assert "geom" not in statement.text


def test_terms_that_no_variable_has_a_part_in_are_read_once_but_links_are_for_a_principal():
    fields = "parcel(parcelId: $key) { geometry(precision: 3) } parcels { exports { csv } }"
    operation = Prepared(f"query ($key: String!) {{ {fields} }}")
    pairs = zip(operation.bind(key="a").terms, operation.bind(key="b").terms, strict=True)
    assert {type(one).__name__: one is other for one, other in pairs} == {
        "RowKey": False,
        "GeometryText": True,
        "Query": False,
        "dict": False,
    }
