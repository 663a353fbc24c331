"""What an operation selects: fragments spread, fields merged, directives settled, interfaces opened."""

import pytest
from graphql import parse

from gateway.planner.selection import CannotPlan, Selecting, switches
from tests.fixtures.schema import SCHEMA


def select(text, **variables):
    document = parse(text)
    return Selecting(SCHEMA, document, variables).read(document.definitions[0])


def keys(selection):
    return [selected.key for selected in selection]


def below(selection, *path):
    """What is selected under response keys; each has one type."""
    for key in path:
        (found,) = (selected for selected in selection if selected.key == key)
        (selection,) = found.children.values()
    return selection


def test_fragments_named_and_inline_are_spread_in_place():
    found = select(
        "{ parcels { ...C } } fragment C on ParcelConnection { nodes { ... on Node { id } ...P ... { landUse } } }"
        "fragment P on Parcel { parcelId }"
    )
    assert keys(below(found, "parcels", "nodes")) == ["id", "parcelId", "landUse"]


def test_fields_of_one_key_are_merged_where_the_first_stands():
    found = select("{ parcels { nodes { id } totalCount nodes { parcelId id } } }")
    assert keys(below(found, "parcels")) == ["nodes", "totalCount"]
    assert keys(below(found, "parcels", "nodes")) == ["id", "parcelId"]


def test_an_alias_is_a_key_of_its_own():
    found = select("{ a: parcels { totalCount } parcels { totalCount } }")
    assert [(selected.key, selected.name) for selected in found] == [("a", "parcels"), ("parcels", "parcels")]


def test_skip_and_include_are_settled_by_variables_and_by_literals():
    fields = "id @include(if: $a) landUse @skip(if: $a) address @skip(if: true)"
    text = f"query ($a: Boolean!) {{ parcels {{ nodes {{ {fields} }} }} }}"
    assert keys(below(select(text, a=True), "parcels", "nodes")) == ["id"]
    assert keys(below(select(text, a=False), "parcels", "nodes")) == ["landUse"]


@pytest.mark.parametrize("switch", ["@include(if: $a)", "@skip(if: $a)", "@include(if: $a) @skip(if: false)"])
def test_a_switch_that_is_null_is_an_error_that_resolvers_tell(switch):
    with pytest.raises(CannotPlan):
        select(f"query ($a: Boolean = true) {{ parcels {{ totalCount {switch} }} }}", a=None)


def test_a_null_is_no_matter_where_skip_has_decided():
    text = "query ($a: Boolean = true) { parcels { extent totalCount @include(if: $a) @skip(if: true) } }"
    assert keys(below(select(text, a=None), "parcels")) == ["extent"]


def test_fragments_that_multiply_are_left_to_resolvers_before_they_have():
    levels = (
        f"fragment L{n} on Parcel {{ {' '.join(f'a{i}: neighbors {{ nodes {{ ...L{n + 1} }} }}' for i in range(9))} }}"
        for n in range(9)
    )
    with pytest.raises(CannotPlan):
        select("{ parcels { nodes { ...L0 } } } " + " ".join(levels) + " fragment L9 on Parcel { id }")


def test_a_field_of_an_interface_has_a_selection_for_each_type():
    (node,) = select('{ node(id: "x") { id ... on Parcel { parcelId } ... on ZoningDistrict { code } } }')
    assert keys(node.of("Parcel")) == ["id", "parcelId"]
    assert keys(node.of("ZoningDistrict")) == ["id", "code"]


def test_switches_are_the_variables_of_directives_alone():
    text = "query ($a: Boolean!, $b: Boolean!, $n: Int) { parcels(first: $n) @skip(if: $a) { ...F } }"
    document = parse(text + "fragment F on ParcelConnection { totalCount @include(if: $b) }")
    assert switches(document) == {"a", "b"}
