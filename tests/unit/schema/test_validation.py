"""Validation decides as graphql-core's rules do, and says the same."""

import random
import re

from graphql import build_schema as read_schema
from graphql import specified_rules, validate
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.settings import HttpSettings, LimitSettings
from schema.language import parse
from schema.validation import Validator
from tests.fixtures.arguments import Known
from tests.fixtures.examples import examples
from tests.fixtures.operations import operations
from tests.fixtures.schema import SCHEMA

LIMITS = LimitSettings(
    tokens=10_000, json_depth=64, depth=64, aliases=10_000, root_fields=10_000, directives=10_000, errors=1000
)
ORDERS = {"parcels": (([], ("a",)),), "zoning_districts": (([], ("a",)),)}
KNOWN = Known({"Parcel": ("1",), "ZoningDistrict": ("2",)}, ("a", "b"), ("x", "y"), (-93.0, 41.0, -92.0, 42.0), ORDERS)
_TOKEN = re.compile(r'\.\.\.|"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[_A-Za-z]\w*|\S')
NAMES = [
    "Parcel",
    "Node",
    "Query",
    "parcels",
    "nodes",
    "id",
    "parcelId",
    "first",
    "totalCount",
    "Int",
    "String",
    "nope",
]
EXTRA = ["...", "$a", "@skip(if: true)", "@nope", "on", "1", '"x"', "null", "true", "ASC", "{", "}", "[", "]", "a:"]

PETS = read_schema("""
interface Pet { name(surname: Boolean = true, in: [String!]): String owner: Human friends(first: Int!): [Pet!] }
type Dog implements Pet { name(surname: Boolean = true, in: [String!]): String owner: Human friends(first: Int!): [Pet!]
  barks: Int volume: Int! tricks: [Trick] mother: Dog }
type Cat implements Pet { name(surname: Boolean = true, in: [String!]): String owner: Human friends(first: Int!): [Pet!]
  barks: String volume: Int meows: Boolean tricks: [Trick!] mother: Cat }
type Human { name: String pets: [Pet] pet: Pet likes: Being }
union Being = Dog | Human
enum Trick { SIT ROLL }
input Box { west: Float! east: Float = 1 tags: [String!] inner: Box trick: Trick at: Any id: ID int: Int = 3 }
scalar Any
directive @mark(at: Int!) repeatable on FIELD | QUERY | VARIABLE_DEFINITION | FRAGMENT_DEFINITION | INLINE_FRAGMENT
type Query { pet(box: Box, trick: Trick, needed: Int! = 1): Pet dog(box: Box!): Dog cat: Cat
  human(ids: [[ID!]]): Human being: Being any(value: Any): Any }
type Mutation { pet: Pet }
""")
PIECES = [
    "pet",
    "dog(box: {west: 1})",
    "cat",
    "human",
    "being",
    "name",
    "owner",
    "friends(first: 1)",
    "barks",
    "volume",
    "tricks",
]
PIECES += [
    "mother",
    "meows",
    "pets",
    "likes",
    "__typename",
    "a:",
    "a:",
    "b:",
    "{",
    "{",
    "{",
    "}",
    "}",
    "}",
    "...F",
    "...G",
    "...H",
]
PIECES += [
    "...on Dog{",
    "...on Cat{",
    "...on Pet{",
    "...on Being{",
    "...{",
    "...on Nope{",
    "...on Box{",
    "(in:$a)",
    "(surname:$b)",
]
PIECES += ["@skip(if:$b)", "@mark(at:1)", "@mark(at:$c)", "@include(if:true)", "(first:$c)", "(box:{west:$c tags:$a})"]
PIECES += [
    "(box:{west:1 west:2})",
    "(trick:SIT)",
    "(trick:NOPE)",
    '(ids:[[1,"a",$d]])',
    "(value:{a:[$a {b:$c}]})",
    "any",
]
PIECES += ["(box:{west:null inner:{west:2 east:$e at:$a} trick:$t})", "(box:$x needed:$c)", "friends", 'name(in:"a")']
HEADS = [
    "query",
    "query A",
    "query B",
    "mutation",
    "query($a:[String!] $b:Boolean! $c:Int)",
    "query C($b:Boolean=true)",
]
HEADS += ["query($a:String $c:Float! $e:Float $t:Trick $x:Box $d:ID!)", "subscription", "query($c:Int! $c:Int)", ""]
HEADS += ['query($a:Nope $b:Dog $c:Int="x" @mark(at:1) $x:Box={east:1})', "fragment F on Dog", "fragment G on Pet"]
HEADS += [
    "fragment H on Query",
    "fragment F on Cat",
    "fragment G on Nope",
    "fragment H on Box",
    "fragment F on Human @mark(at:2)",
]


CYCLE = "Cannot spread fragment"
TWICE = "There can be only one fragment"  # which of them a spread means, and so whether it is a cycle, is not defined


def found_by(schema, text):
    """The messages of this validation and of graphql-core's, for a document that is GraphQL."""
    document = parse(text, LIMITS).document
    ours = Validator(schema, LIMITS, HttpSettings()).check(document)
    theirs = validate(schema, document, specified_rules, max_errors=10_000)
    return [error.message for error in ours], [error.message for error in theirs]


def assert_alike(schema, text):
    ours, theirs = found_by(schema, text)
    assert bool(ours) == bool(theirs), (ours, theirs)
    merging = [message for message in theirs if message.startswith("Fields ")]
    if not merging:
        undefined = CYCLE if any(message.startswith(TWICE) for message in theirs) else ()
        assert {said for said in ours if not said.startswith(undefined)} == {
            said for said in theirs if not said.startswith(undefined)
        }
    else:  # one conflict is told, and none where something else is wrong
        assert set(ours) <= set(theirs) or any(message.startswith("Fields ") for message in ours)


def closed(text):
    """A document whose braces are closed."""
    opened = text.count("{") - text.count("}")
    return text + "}" * max(opened, 0)


def definition(head, pieces):
    return closed(f"{head}{{" + " ".join(pieces) + " __typename")


PET_DOCUMENTS = st.lists(
    st.builds(definition, st.sampled_from(HEADS), st.lists(st.sampled_from(PIECES), max_size=12)),
    min_size=1,
    max_size=4,
).map(" ".join)


@settings(max_examples=examples(50, 5000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PET_DOCUMENTS)
@example("{dog(box:{west:1}){...F}} fragment F on Dog{...G} fragment G on Dog{...F}")
@example("fragment H on Query{__typename} fragment H on Query{...H __typename}")
@example("{pet{...on Dog{a:barks}...on Cat{a:barks}}}")
@example("{pet{...on Dog{a:volume}...on Cat{a:volume}}}")
@example("{pet{...on Dog{a:volume}...on Cat{a:name}}}")
@example("{pet{...on Dog{mother{a:name}}...on Cat{mother{a:meows}}}}")
@example("{pet{owner{a:name}...on Dog{owner{a:pets{name}}}}}")
@example("query($c:Int){dog(box:{west:1}){friends(first:$c){name} friends(first:1){name}}}")
@example("{a:human{name} a:human(ids:[[1]]){name} __typename(a:1)}")
@example('{pet{name(in:["a"]) name(in:"a")}}')
@example("query A{__typename} query A{__typename} {__typename}")
@example("query A($b:Boolean!){...H} query B{...H} fragment H on Query{pet @skip(if:$b){name}}")
def test_a_document_is_refused_as_graphql_core_would_with_its_messages(text):
    try:
        parse(text, LIMITS)
    except Exception:  # noqa: BLE001 - no GraphQL: the parser has tests of its own
        return
    assert_alike(PETS, text)


@settings(max_examples=examples(15, 1200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operations(SCHEMA, KNOWN))
def test_what_graphql_core_takes_is_taken(found):
    text, _ = found
    ours, theirs = found_by(SCHEMA, text)
    ours = [message for message in ours if "takes exactly one of its members" not in message]
    assert set(ours) == set(theirs)


def mutated(text, seed):
    """A document with some of its tokens taken away, doubled, exchanged or replaced."""
    chance = random.Random(seed)
    tokens = _TOKEN.findall(text)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(tokens))
        match chance.randrange(5):
            case 0:
                del tokens[at : at + chance.randint(1, 2)]
            case 1:
                tokens.insert(at, tokens[at])
            case 2:
                other = chance.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = chance.choice(tokens)
            case _:
                tokens.insert(at, chance.choice(NAMES + EXTRA))
        if not tokens:
            return "{"
    return " ".join(tokens)


@settings(max_examples=examples(25, 2400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operations(SCHEMA, KNOWN), st.integers(0, 2**32))
def test_a_document_with_mistakes_is_refused_as_graphql_core_would(found, seed):
    text = mutated(found[0], seed)
    try:
        parse(text, LIMITS)
    except Exception:  # noqa: BLE001
        return
    ours, theirs = found_by(SCHEMA, text)
    if not any("takes exactly one of its members" in message or "A list has" in message for message in ours):
        assert bool(ours) == bool(theirs), (ours, theirs)


RULES = """
DeferStreamDirectiveLabel DeferStreamDirectiveOnRootField DeferStreamDirectiveOnValidOperationsRule
ExecutableDefinitionsRule FieldsOnCorrectTypeRule FragmentsOnCompositeTypesRule
KnownArgumentNamesRule KnownDirectivesRule KnownFragmentNamesRule
KnownOperationTypesRule KnownTypeNamesRule LoneAnonymousOperationRule
MaxIntrospectionDepthRule NoFragmentCyclesRule NoUndefinedVariablesRule
NoUnusedFragmentsRule NoUnusedVariablesRule OverlappingFieldsCanBeMergedRule
PossibleFragmentSpreadsRule ProvidedRequiredArgumentsRule ScalarLeafsRule
SingleFieldSubscriptionsRule StreamDirectiveOnListField UniqueArgumentNamesRule
UniqueDirectivesPerLocationRule UniqueFragmentNamesRule UniqueInputFieldNamesRule
UniqueOperationNamesRule UniqueVariableNamesRule ValuesOfCorrectTypeRule
VariablesAreInputTypesRule VariablesInAllowedPositionRule
"""


def test_graphql_core_has_no_rule_that_this_validation_does_not_know():
    assert {rule.__name__ for rule in specified_rules} == set(RULES.split())
