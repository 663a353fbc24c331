"""Preparing documents: bounded in work for hostile ones, bounded in memory for all; no database."""

import gc
import time
import tracemalloc
from contextlib import suppress

import pytest
from graphql import GraphQLError, get_introspection_query

from gateway import errors
from gateway.layers import LAYERS, Layers
from gateway.settings import HttpSettings, LimitSettings
from schema.documents import Documents
from schema.language import parse
from schema.nesting import check_nesting
from schema.problems import Refusal, entry
from schema.validation import Validator
from tests.fixtures.cpu import least_cpu_seconds
from tests.fixtures.reading import PARSER
from tests.fixtures.schema import SCHEMA

CPU_SECONDS = 0.005
# A shared machine may run at half its speed for hours. There a document may take so many times an ordinary one.
TIMES = 5
OWN = (
    "id featureId parcelId address landUse yearBuilt assessedValue areaSqm perimeterM bbox geometry createdAt updatedAt"
)
ORDINARY = f"""{{{
    " ".join(
        f'p{n}: parcel(parcelId: "{n}") {{{OWN} zoningDistricts {{nodes {{code}}}} neighbors {{nodes {{{OWN}}}}}}}'
        for n in range(20)
    )
}}}"""


def _fragments(count, spreads, wrap="{}"):
    """Each fragment spreads the next one many times: the number of paths grows as spreads ** count."""
    body = " ".join([wrap.format("...F{0}")] * spreads)
    chain = "".join(
        f"fragment F{number} on Parcel{{{body.replace('{0}', str(number + 1))}}}" for number in range(count)
    )
    return "{parcels{nodes{...F0}}}" + chain + f"fragment F{count} on Parcel{{parcelId}}"


HOSTILE = {
    "fragment fan-out, wide": _fragments(20, 30),
    "fragment fan-out, long": _fragments(100, 2),
    "fragment fan-out through fields": _fragments(3, 20, "neighbors{{nodes{{{0}}}}}"),
    "chain of fragments": _fragments(200, 1),
    "fragments that all spread each other": "{parcels{nodes{"
    + "".join(f"...F{n} " for n in range(40))
    + "}}}"
    + "".join(
        f"fragment F{n} on Parcel{{{''.join(f'...F{m} ' for m in range(n + 1, 40))} parcelId}}" for n in range(40)
    ),
    "fragments not used": "".join(f"fragment F{n} on Parcel{{parcelId}}" for n in range(260)) + "{__typename}",
    "same field": "{parcels{nodes{" + "parcelId " * 1900 + "}}}",
    "same field with selections": "{parcels{nodes{" + "neighbors{totalCount} " * 480 + "}}}",
    "same field with arguments": "{parcels{nodes{" + "neighbors(first:1){totalCount} " * 180 + "}}}",
    "same root field": "{" + "parcels{totalCount} " * 20 + "}",
    "inline fragments beside each other": "{parcels{nodes{" + "...on Parcel{parcelId} " * 300 + "}}}",
    "inline fragments in each other": "{parcels{nodes" + "{...on Parcel" * 55 + "{parcelId}" + "}" * 55 + "}}",
    "aliases": "{parcels{nodes{" + "".join(f"a{n}:parcelId " for n in range(600)) + "}}}",
    "directives": "{__typename" + " @skip(if:false)" * 330 + "}",
    "unknown fields": "{parcels{nodes{" + "".join(f"nope{n} " for n in range(1900)) + "}}}",
    "list literal": "{nodes(ids:[" + '"a" ' * 1900 + "]){id}}",
    "nested list literal": "{nodes(ids:" + "[" * 60 + "]" * 60 + "){id}}",
    "nested object literal": "{parcels(filters:" + "{not:" * 60 + "{}" + "}" * 60 + "){totalCount}}",
    "wide object literal": "{parcels(filters:{or:[" + '{address:{exact:"a"}} ' * 180 + "]}){totalCount}}",
    "variables": "query(" + "".join(f"$v{n}:Int " for n in range(480)) + "){__typename}",
    "operations": "".join(f"query Q{n}{{__typename}}" for n in range(380)),
    "operations that share a fragment": "".join(f"query Q{n}($a:Int){{...F}}" for n in range(90))
    + "fragment F on Query{parcels{nodes{"
    + "neighbors(first:$a){totalCount} " * 60
    + "}}}",
    "blanks": "{__typename" + " " * 190_000 + "}",
    "comments": "#\n" * 300_000 + "{__typename}",
    "a text without an end": '{nodes(ids:"' + '\\"' * 300_000,
    "a block text without an end": '{nodes(ids:"""' + '\\"""' * 200_000,
    "a long text": '{nodes(ids:"' + "a" * 99_000 + '"){id}}',
    "a long name": "{" + "a" * 190_000 + "}",
    "numbers without space between them": "{parcels(first:" + "-1" * 90_000 + "){totalCount}}",
    "spreads without space between them": "{parcels{nodes{" + "...F" * 45_000 + "}}} fragment F on Parcel{parcelId}",
    "a long number": "{parcels(first:" + "1" * 190_000 + "){totalCount}}",
}


MORE = {
    "orders": "{parcels(order:[" + "{areaSqm:ASC}" * 390 + "]){totalCount}}",
    "fragments of many fields": "{parcels{nodes{...F0}}}"
    + "".join(
        f"fragment F{n} on Parcel{{parcelId address landUse yearBuilt areaSqm id geometry bbox ...F{n + 1}}}"
        for n in range(110)
    )
    + "fragment F110 on Parcel{id}",
    "fields merged at every level": "{" + "parcels{nodes{neighbors{nodes{id}}}}" * 20 + "}",
    "numbers": "{parcels(filters:{yearBuilt:{inList:[" + "1 " * 1900 + "]}}){totalCount}}",
    "numbers that are texts": "{parcels(filters:{yearBuilt:{inList:[" + '"a" ' * 900 + "]}}){totalCount}}",
    "members that are unknown": "{parcels(filters:{" + "".join(f"x{n}:1 " for n in range(600)) + "}){totalCount}}",
    "members given twice": "{parcels(filters:{" + "address:{} " * 450 + "}){totalCount}}",
    "arguments that are unknown": "{parcels(" + "".join(f"x{n}:1 " for n in range(600)) + "){totalCount}}",
    "arguments given twice": "{parcels(" + "first:1 " * 600 + "){totalCount}}",
    "a number of a thousand": "{parcels(first:[" + "1 " * 1900 + "]){totalCount}}",
    "variables of another type": "query("
    + "".join(f"$v{n}:Int " for n in range(300))
    + "){parcels(filters:{yearBuilt:{inList:["
    + "".join(f"$v{n} " for n in range(300))
    + "]}}){totalCount}}",
    "variables not defined": "{parcels(filters:{yearBuilt:{inList:["
    + "".join(f"$v{n} " for n in range(900))
    + "]}}){totalCount}}",
    "block texts": "{nodes(ids:[" + '"""a b c""" ' * 990 + "]){id}}",
    "block texts of many lines": "{nodes(ids:[" + '"""a\n b""" ' * 990 + "]){id}}",
    "texts of escapes": "{nodes(ids:[" + '"' + "\\n" * 19_000 + '"]){id}}',
    "escapes in braces": "{nodes(ids:[" + '"' + "\\u{1F600}" * 1900 + '"]){id}}',
    "unknown fragments": "{" + "".join(f"...F{n} " for n in range(900)) + "}",
    "GeoJSON": '{parcels(filters:{geometry:{intersects:{geojson:{type:"Polygon",coordinates:[['
    + "[1 2]" * 400
    + "]]}}}}){totalCount}}",
    "a mistake at the end": "{parcels{nodes{" + "parcelId " * 1990 + "}}}}",
    "lines, then a mistake": "\n" * 1900 + "{nope a b c d}",
    "introspection through fragments": "{__schema{types{...F0}}}"
    + "".join(f"fragment F{n} on __Type{{" + f"...F{n + 1} " * 10 + "}" for n in range(70))
    + "fragment F70 on __Type{name}",
    "type definitions": "".join(f"type T{n}{{a:Int}}" for n in range(280)),
}
HOSTILE |= MORE


@pytest.fixture(scope="module")
def documents():
    return Documents(SCHEMA, Layers(()), LimitSettings(), HttpSettings(), plans=False)


def least(work, enough):
    def attempt():
        with suppress(Refusal, GraphQLError, errors.GatewayError):
            work()

    return least_cpu_seconds(attempt, enough)


def parsed_and_validated(text, validator, limits):
    found = parse(text, limits)
    check_nesting(found, limits)
    validator.check(found.document)


def bound(validator, limits):
    """Seconds that a document may take to be parsed and validated."""
    usual = least_cpu_seconds(lambda: parsed_and_validated(ORDINARY, validator, limits), CPU_SECONDS / TIMES)
    return max(CPU_SECONDS, TIMES * usual)


@pytest.mark.cpu
@pytest.mark.parametrize("name", HOSTILE)
def test_no_document_takes_more_than_5_ms_of_cpu_to_parse_and_validate(name):
    limits = LimitSettings()
    validator = Validator(SCHEMA, limits, HttpSettings())
    most = bound(validator, limits)
    assert least(lambda: parsed_and_validated(HOSTILE[name], validator, limits), most) < most


@pytest.mark.cpu
@pytest.mark.parametrize("name", HOSTILE)
def test_no_document_takes_more_than_50_ms_of_cpu_to_be_prepared(name):
    documents = Documents(SCHEMA, LAYERS, LimitSettings(), HttpSettings(), plans=True)
    texts = (HOSTILE[name] + " " * attempt for attempt in range(20))
    assert least(lambda: documents.prepare(next(texts), None), 10 * CPU_SECONDS) < 10 * CPU_SECONDS


@pytest.mark.cpu
@pytest.mark.parametrize("name", ["syntax", "aliases", "unknown fields", "operations"])
def test_what_was_refused_before_is_refused_in_a_tenth_of_a_millisecond(name):
    documents = Documents(SCHEMA, LAYERS, LimitSettings(), HttpSettings(), plans=True)
    text = HOSTILE.get(name, "{__typename" + "{" * 1_000)
    names = (f"Other{number}" for number in range(20))
    wanted = (lambda: next(names)) if name == "operations" else (lambda: None)
    began = time.process_time()
    with suppress(Refusal):
        documents.prepare(text, wanted())
    most = max(0.0001, (time.process_time() - began) / 50)  # where the machine is slow, so is the first time
    assert least(lambda: documents.prepare(text, wanted()), most) < most


def test_the_introspection_of_explorers_is_prepared(documents):
    text = get_introspection_query(descriptions=True, specified_by_url=True, input_value_deprecation=True)
    assert documents.prepare(text, None).is_query


def kept(documents, text, name=None):
    """What is kept of a document that comes again."""
    documents.prepare(text, name)
    return documents.prepare(text, name)


def test_a_document_that_comes_again_is_found_by_text_and_name():
    documents = Documents(SCHEMA, Layers(()), LimitSettings(), HttpSettings(), plans=False)
    text = 'query A{__typename} query B{parcel(parcelId:"a"){parcelId}}'
    again = kept(documents, text, "A")
    assert documents.prepare(text, "A") is again
    assert documents.prepare(text, "B").operation.name.value == "B"
    assert len(documents) == 2


def test_documents_that_come_once_push_out_none_that_come_again():
    documents = Documents(SCHEMA, LAYERS, LimitSettings(prepared=1, prepared_bytes=500_000), HttpSettings(), plans=True)
    again = kept(documents, fields(0))
    for number in range(1, 20):
        documents.prepare(fields(number), None)
    assert documents.prepare(fields(0), None) is again


def test_prepared_documents_are_bounded_in_number_and_the_oldest_goes():
    documents = Documents(SCHEMA, Layers(()), LimitSettings(prepared=2), HttpSettings(), plans=False)
    first, second = (kept(documents, "{__typename}" + " " * blanks) for blanks in (0, 1))
    assert documents.prepare("{__typename}", None) is first
    kept(documents, "{__typename}  ")
    assert len(documents) == 2
    assert documents.prepare("{__typename}", None) is first
    assert documents.prepare("{__typename} ", None) is not second


def test_prepared_documents_are_bounded_in_bytes():
    documents = Documents(SCHEMA, Layers(()), LimitSettings(prepared_bytes=100), HttpSettings(), plans=False)
    for blanks in range(50):
        kept(documents, "{__typename}" + " " * blanks)
    assert len(documents) <= 2


def tokens(number):
    literals = " ".join(["1"] * 300)
    return f"query Q{number} {{ parcels(filters: {{ yearBuilt: {{ inList: [{literals}] }} }}) {{ totalCount }} }}"


def fields(number):
    return f"query Q{number} {{ parcels(first: 1) {{ nodes {{ parcelId address landUse geometry }} totalCount }} }}"


def statements(number):
    lookups = ",".join(['{parcelId:{exact:"a"}}'] * (number % 5 + 1))
    districts = "zoningDistricts { nodes { id } }"
    return f"query Q{number} {{ parcels(filters: {{ or: [{lookups}] }}) {{ nodes {{ {districts} }} }} }}"


@pytest.mark.memory
@pytest.mark.parametrize("text", [tokens, fields, statements])
def test_prepared_documents_take_no_more_memory_than_they_may(text):
    documents = Documents(SCHEMA, LAYERS, LimitSettings(prepared_bytes=500_000), HttpSettings(), plans=True)

    def prepare(number):
        prepared = kept(documents, text(number))
        variables = prepared.variables.coerce({}, LimitSettings(), hide_suggestions=True)
        prepared.planned.plan(variables.coerced, LAYERS).bind(variables, PARSER)

    prepare(0)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(1, 15):
            prepare(number)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 500_000


def test_refused_documents_are_not_kept():
    documents = Documents(SCHEMA, Layers(()), LimitSettings(), HttpSettings(), plans=False)
    with pytest.raises(Refusal):
        documents.prepare("{nope}", None)
    assert len(documents) == 0


def test_two_problems_are_told_at_once(documents):
    with pytest.raises(Refusal) as caught:
        documents.prepare("{nope alsoNope}", None)
    assert len(caught.value.problems) == 2


def test_a_field_that_is_repeated_is_taken_once(documents):
    operation = documents.prepare(HOSTILE["same field"], None).operation
    nodes = operation.selection_set.selections[0].selection_set.selections[0]
    assert [field.name.value for field in nodes.selection_set.selections] == ["parcelId"]


def test_an_operation_that_is_not_there_is_told_with_those_that_are(documents):
    for _ in range(2):
        with pytest.raises(Refusal, match=r"no operation named 'C'\. It has: A, B\."):
            documents.prepare("query A{__typename} query B{__typename}", "C")
    assert documents.prepare("query A{__typename} query B{__typename}", "B").operation.name.value == "B"


def test_a_refusal_that_is_remembered_says_the_same():
    documents = Documents(SCHEMA, LAYERS, LimitSettings(), HttpSettings(), plans=False)
    told = []
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            documents.prepare('{parcels(first: "a" nope: 1){nodes{id}}}', None)
        told.append([entry(problem) for problem in caught.value.problems])
    assert told[0] == told[1]
    assert told[0][0]["locations"] == [{"line": 1, "column": 17}]
    assert told[0][0]["extensions"]["argument"] == ["first"]


@pytest.mark.memory
def test_refusals_are_bounded_in_bytes():
    documents = Documents(SCHEMA, LAYERS, LimitSettings(refused_bytes=500_000), HttpSettings(), plans=False)

    def refuse(number):
        with suppress(Refusal):
            documents.prepare(f"{{nope{number} " + "a b c d e f g " * 100 + "}", None)

    refuse(0)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(1, 200):
            refuse(number)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 500_000


def test_depth_follows_fragments_and_leaves_introspection_out():
    limits = LimitSettings(depth=3)

    def depth(text):
        return check_nesting(parse(text, limits), limits).depth

    assert depth("{a{...F}} fragment F on T{b}") == 2
    assert depth("{a{...on T{b{c}}}}") == 3
    assert depth(get_introspection_query()) == 1
