"""Prepared operations and resolvers answer alike, whatever is asked: generated operations over the whole schema.

1,000 of them in shards, which run side by side; `make fuzz` runs 50,000, GATEWAY_TEST_EXAMPLES sets another number.
"""

from collections import Counter

import pytest
from graphql import OperationDefinitionNode, parse
from hypothesis import given, note

from gateway.layers import LAYERS
from gateway.planner.fields import COUNTED
from gateway.planner.planning import STATEMENTS
from gateway.planner.selection import CannotPlan, Selecting
from tests.fixtures.arguments import Enumerated, Known, literal
from tests.fixtures.both_ways import alike, told_alike, with_defaults
from tests.fixtures.operations import operations, trying
from tests.fixtures.own_fields import own_schema

pytestmark = pytest.mark.examples

SHARDS = 20
SCHEMA = own_schema()._schema
_COLUMNS = {"parcels": "parcelId address landUse", "zoning_districts": "code zoneCode name"}
_TYPES = {"parcels": "Parcel", "zoning_districts": "ZoningDistrict"}
_FIELDS = {"parcels": "parcels", "zoning_districts": "zoningDistricts"}


def _orders(point):
    ascending, descending = Enumerated("ASC"), Enumerated("DESC_NULLS_LAST")
    near = [{"distanceTo": {"wkt": point}}]
    shared = [[], [{"areaSqm": descending}], [{"createdAt": ascending}], [{"version": descending}], near]
    return {
        "parcels": [*shared, [{"yearBuilt": Enumerated("ASC_NULLS_FIRST")}, {"assessedValue": descending}]],
        "zoning_districts": [*shared, [{"zoneCode": ascending}], [{"centroid": ascending}]],
    }


@pytest.fixture(scope="module")
def known(steady_ways):
    """What the small county holds, as the gateway without the planner tells it."""
    return known_of(steady_ways)


def known_of(ways):
    """The same, of two ways to ask."""
    _, found = ways("{ parcels(first: 0) { extent } }")
    west, south, east, north = found.answer["data"]["parcels"]["extent"]
    orders, ids, words, keys = {}, {}, {"", "R", "%", "nothing"}, []
    for layer, presets in _orders(f"POINT({(west + east) / 2} {(south + north) / 2})").items():
        orders[layer] = []
        for order in presets:
            by = f"order: {literal(order)}"
            fields = f"id {_COLUMNS[layer]}"
            document = f"{{ it: {_FIELDS[layer]}(first: 12, {by}) {{ edges {{ cursor node {{ {fields} }} }} }} }}"
            _, found = ways(document)
            edges = found.answer["data"]["it"]["edges"]
            orders[layer].append((order, tuple(edge["cursor"] for edge in edges)))
            for edge in edges[:4]:
                identity, key, *texts = edge["node"].values()
                ids.setdefault(_TYPES[layer], []).append(identity)
                keys.append(key)
                words |= {text for text in texts if text}
    return Known(ids, tuple(keys), tuple(sorted(words)), (west, south, east, north), orders)


def most_statements(selection):
    """One for each level of a selection, and one for each count and extent."""
    return sum(_statements(selected, root=True) for selected in selection)


def _statements(selected, *, root=False):
    below = {(child.key, child.name): child for children in selected.children.values() for child in children}
    nested = sum(_statements(child) for children in selected.children.values() for child in children)
    if root and selected.name in {"node", "nodes"}:
        return len(list(LAYERS)) + nested
    kinds = set(selected.children)
    if any(kind.endswith("Connection") for kind in kinds) or root:
        extent = any(name == "extent" for _, name in below)
        return (
            1 + sum(name in {"totalCount", "aggregate", "groupBy", "distinct"} for _, name in below) + extent + nested
        )
    return nested + _rows_of_keys(selected)


def _rows_of_keys(selected):
    """The statements of rows that are keys of groups."""
    return sum("ZoningDistrict" in child.children for child in selected.children.get("ParcelKey", ()))


def selection_of(document, variables):
    parsed = parse(document)
    operation = next(found for found in parsed.definitions if isinstance(found, OperationDefinitionNode))
    return Selecting(SCHEMA, parsed, with_defaults(operation, variables)).read(operation)


def is_not_planned(document, variables):
    """Whether resolvers answer an operation: to prepare it would take too long, or it has nothing but resolvers."""
    try:
        selection = selection_of(document, variables)
    except CannotPlan:
        return True
    resolved = all(
        selected.name.endswith("History") or selected.name in {"search", "jurisdictions"} for selected in selection
    )
    return resolved or sum(_prepared(selected) for selected in selection) > STATEMENTS


def _prepared(selected, *, root=True):
    connection = any(kind.endswith("Connection") for kind in selected.children)
    below = [child for children in selected.children.values() for child in children]
    counted = sum(child.name in COUNTED for child in below) if connection else 0
    counted += _rows_of_keys(selected)
    return (root or connection) + counted + sum(_prepared(child, root=False) for child in below)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_generated_operation_has_one_answer(steady_ways, known, shard):
    tally = Counter()

    @trying(1000, SHARDS)
    @given(asked=operations(SCHEMA, known, shard))
    def compare(asked):
        document, variables = asked
        on, off = steady_ways(document, variables)
        note(f"planned: {on.planned}")
        assert "INTERNAL" not in on.codes
        assert alike(on.answer) == alike(off.answer)
        assert told_alike(on.answer, off.answer)
        assert not off.planned
        if on.planned:
            assert on.sent <= most_statements(selection_of(document, variables))
        if "data" in on.answer:
            assert steady_ways.has_plan(document, variables) or is_not_planned(document, variables)
        tally.update(all=1, planned=int(on.planned))

    compare()
    # Besides those that are wrong, resolvers answer where an argument is bad of a row that is not there.
    assert tally["planned"] > tally["all"] / 4
