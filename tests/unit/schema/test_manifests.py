"""Files of operations: GraphQL, and the manifests of Apollo, Relay and GraphQL Code Generator."""

import hashlib
import json

import pytest

from gateway.errors import SourceError
from gateway.layers import LAYERS
from gateway.settings import HttpSettings, LimitSettings
from schema.documents import Documents
from schema.manifests import checked, read
from tests.fixtures.schema import SCHEMA

DOCUMENTS = Documents(SCHEMA, LAYERS, LimitSettings(), HttpSettings(), plans=False)
ONE = "# about\nquery Count { parcels { totalCount } }\n"
TWO = "query A { ...F } query B { node(id: 1) { id } ...F } fragment F on Query { parcels(first: 2) { nodes { id } } }"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def found(tmp_path):
    """The documents of a file of this name and text."""

    def made(name, text):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        return checked(read(path), DOCUMENTS, LimitSettings())

    return made


def test_a_file_of_one_operation_is_trusted_as_it_stands(found):
    (document,) = found("one.graphql", ONE)
    assert (document.name, document.text, document.hash) == ("Count", ONE, sha256(ONE))
    assert document.cost >= 1


def test_operations_of_a_file_of_several_are_trusted_each_with_its_fragments(found):
    first, second = found("two.gql", TWO)
    assert (first.name, second.name) == ("A", "B")
    assert first.text.startswith("query A {\n")
    assert "fragment F on Query" in first.text
    assert "query A" not in second.text


def test_all_files_of_a_folder_are_read(tmp_path):
    for name in ("a.graphql", "b/c.gql"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(ONE + f"# {name}")
    (tmp_path / "notes.txt").write_text("none")
    assert len(checked(read(tmp_path), DOCUMENTS, LimitSettings())) == 2


def test_a_manifest_of_apollo_is_read(found):
    operation = {"id": sha256(ONE), "name": "Count", "type": "query", "body": ONE}
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    (document,) = found("manifest.json", manifest)
    assert (document.hash, document.ids) == (sha256(ONE), ())


def test_a_manifest_of_relay_or_codegen_is_read_with_ids_that_are_no_sha256(found):
    md5 = hashlib.md5(ONE.encode()).hexdigest()
    (document,) = found("persisted.json", {md5: ONE, f"sha256:{sha256(ONE)}": ONE})
    assert (document.hash, document.ids) == (sha256(ONE), (md5,))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", {sha256("other"): ONE}, "Make the manifest again"),
        ("a.json", "[", "no JSON"),
        ("a.json", [], "no manifest"),
        ("a.json", {"a": 5}, "is no text"),
        ("a.json", {"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}, "of version 1"),
        ("a.graphql", "{", "no GraphQL"),
        ("a.graphql", "{a} query B{b}", "has no name"),
        ("a.graphql", "{ parcels { nope } }", "Cannot query field 'nope'"),
        ("a.json", {"a": ONE + " query Other { __typename }"}, "several operations"),
    ],
)
def test_what_the_server_would_refuse_is_not_trusted(found, name, text, said):
    with pytest.raises(SourceError, match=said):
        found(name, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"none\.graphql"):
        checked(read(tmp_path / "none.graphql"), DOCUMENTS, LimitSettings())


def test_an_operation_that_costs_too_much_is_not_trusted(tmp_path):
    (tmp_path / "one.graphql").write_text(ONE)
    with pytest.raises(SourceError, match="could cost"):
        checked(read(tmp_path), DOCUMENTS, LimitSettings(cost=1))
