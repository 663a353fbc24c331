"""Hostile requests: bytes in, status and code out, and no database connection for any of them."""

import json

import orjson
import pytest

JSON = {"content-type": "application/json", "accept": "application/graphql-response+json"}


def post(body, **headers):
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return "POST", "/graphql", JSON | {name.replace("_", "-"): value for name, value in headers.items()}, raw


def query(document, variables=None):
    return post({"query": document, "variables": variables})


def get(path, **headers):
    return "GET", path, {"accept": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}, b""


def nested(depth):
    return b'{"query":"{__typename}","variables":{"a":' + b"[" * depth + b"]" * depth + b"}}"


CORPUS = {
    # 4A transport
    "body above the limit": (post(b" " * 1_048_577), 413, "BODY_TOO_LARGE"),
    "announced body above the limit": (post(b"{}", content_length="99999999999999999999999"), 413, "BODY_TOO_LARGE"),
    "compressed body": (post(b"\x1f\x8b", content_encoding="gzip"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "bytes that are not UTF-8": (post(b'{"query":"\xff"}'), 400, "BAD_JSON"),
    "raw bytes of a surrogate": (post(b'{"query":"\xed\xa0\x80"}'), 400, "BAD_JSON"),
    "UTF-16": (post(json.dumps({"query": "{__typename}"}).encode("utf-16")), 400, "BAD_JSON"),
    "byte order mark": (post(b'\xef\xbb\xbf{"query":"{__typename}"}'), 400, "BAD_JSON"),
    "65 levels": (post(nested(64)), 400, "BAD_JSON"),
    "100,000 levels": (post(nested(100_000)), 400, "BAD_JSON"),
    "number of 5,000 digits": (
        post(b'{"query":"{__typename}","variables":{"a":' + b"1" * 5000 + b"}}"),
        400,
        "BAD_JSON",
    ),
    "half a million values": (post(b'{"a":[' + b"1," * 500_000 + b"1]}"), 400, "BAD_JSON"),
    "nothing": (post(b""), 400, "BAD_JSON"),
    "null": (post(b"null"), 400, "BAD_JSON"),
    "number": (post(b"5"), 400, "BAD_JSON"),
    "text": (post(b'"x"'), 400, "BAD_JSON"),
    "half an object": (post(b'{"query":'), 400, "BAD_JSON"),
    "text without an end": (post(b'"' + b'\\"' * 100_000), 400, "BAD_JSON"),
    "NaN": (post(b'{"query":"{__typename}","variables":{"a":NaN}}'), 400, "BAD_JSON"),
    "Infinity": (post(b'{"query":"{__typename}","variables":{"a":-Infinity}}'), 400, "BAD_JSON"),
    "1e400 in JSON": (post(b'{"query":"{__typename}","variables":{"a":1e400}}'), 400, "BAD_JSON"),
    "key given twice": (post(b'{"query":"{__typename}","query":"{one}"}'), 400, "BAD_JSON"),
    "inner key given twice": (post(b'{"query":"{__typename}","variables":{"a":1,"a":2}}'), 400, "BAD_JSON"),
    "list of operations": (post([{"query": "{__typename}"}] * 3), 400, "BATCH_LIMIT"),
    "no query": (post({}), 400, "BAD_JSON"),
    "query of null": (post({"query": None}), 400, "BAD_JSON"),
    "empty query": (post({"query": ""}), 400, "BAD_JSON"),
    "variables as text": (post({"query": "{one}", "variables": "{}"}), 400, "BAD_JSON"),
    "extensions as list": (post({"query": "{one}", "extensions": []}), 400, "BAD_JSON"),
    "form": (post(b"query={one}", content_type="application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "plain text": (post(b'{"query":"{one}"}', content_type="text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "multipart": (post(b"--x", content_type="multipart/form-data; boundary=x"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "no media type": (post(b'{"query":"{one}"}', content_type=None), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "latin-1": (post(b"{}", content_type="application/json; charset=latin-1"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "answer as XML": (post({"query": "{one}"}, accept="text/xml"), 406, "NOT_ACCEPTABLE"),
    "answer refused with q=0": (post({"query": "{one}"}, accept="application/json;q=0"), 406, "NOT_ACCEPTABLE"),
    "PUT": (("PUT", "/graphql", JSON, b"{}"), 405, "METHOD_NOT_ALLOWED"),
    "mutation by GET": (get("/graphql?query=mutation{change}"), 405, "METHOD_NOT_ALLOWED"),
    "image of another site": (
        get("/graphql?query={one}", sec_fetch_site="cross-site", sec_fetch_mode="no-cors"),
        400,
        "CSRF_REQUIRED",
    ),
    "parameter given twice": (get("/graphql?query={one}&query={one}"), 400, "BAD_JSON"),
    "101 parameters": (get("/graphql?query={one}" + "&a=1" * 100), 400, "BAD_JSON"),
    "raw bytes in the query string": (("GET", "/graphql?query={one}&a=\u00ff", {}, b""), 400, "BAD_JSON"),
    "percent-encoded nonsense": (get("/graphql?query=%ff"), 400, "BAD_JSON"),
    "deep variables by GET": (get("/graphql?query={one}&variables=" + "[" * 5000), 400, "BAD_JSON"),
    "GET without a query": (get("/graphql"), 400, "BAD_JSON"),
    "another path": (get("/nothing"), 404, "NOT_FOUND"),
    "path like a host": (get("@evil"), 404, "NOT_FOUND"),
    "trailing slash": (get("/graphql/"), 404, "NOT_FOUND"),
    "Host with a path": (get("/graphql?query={one}", host="a/?x="), 400, "BAD_HOST"),
    "Host with a user": (get("/graphql?query={one}", host="user@gateway.test"), 400, "BAD_HOST"),
    "no Host": (get("/graphql?query={one}", host=None), 400, "BAD_HOST"),
    # 4B document
    "no GraphQL": (query("{"), 400, "GRAPHQL_PARSE_FAILED"),
    "unknown field": (query("{nope}"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "selection 200 deep": (query("{node" + "{self" * 63 + "}" * 63 + "}"), 400, "DEPTH_LIMIT"),
    "selection 5,000 deep": (query("{node" + "{self" * 5000 + "}" * 5000 + "}"), 400, "TOKEN_LIMIT"),
    "selection 13 deep": (query("{node" + "{self" * 11 + "{id}" + "}" * 11 + "}"), 400, "DEPTH_LIMIT"),
    "selection 13 deep through fragments": (
        query(
            "{node{...A}}"
            "fragment A on Node"
            + "{self" * 6
            + "{...B}"
            + "}" * 6
            + "fragment B on Node"
            + "{self" * 5
            + "{id}"
            + "}" * 5
        ),
        400,
        "DEPTH_LIMIT",
    ),
    "list literal 900 deep": (query("{echo(lists:" + "[" * 900 + "]" * 900 + ")}"), 400, "DEPTH_LIMIT"),
    "same field 5,000 times": (query("{node{" + "id " * 5000 + "}}"), 400, "TOKEN_LIMIT"),
    "31 aliases": (query("{node{" + "".join(f"a{n}:id " for n in range(31)) + "}}"), 400, "ALIAS_LIMIT"),
    "21 root fields": (query("{" + "one " * 21 + "}"), 400, "ROOT_FIELD_LIMIT"),
    "21 root fields through a fragment": (
        query("{...F ...F ...F}fragment F on Query{" + "one " * 7 + "}"),
        400,
        "ROOT_FIELD_LIMIT",
    ),
    "51 directives": (query("{one" + " @skip(if:false)" * 51 + "}"), 400, "DIRECTIVE_LIMIT"),
    "fragment that spreads itself": (query("{...F}fragment F on Query{...F}"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "two fragments in a circle": (
        query("{node{...A}}fragment A on Node{self{...B}}fragment B on Node{self{...A}}"),
        400,
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "unknown fragment": (query("{...Nope}"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "introspection in a circle": (
        query("{__schema{types{fields{type{fields{type{fields{name}}}}}}}}"),
        400,
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "first: 1000 inside first: 1000, twice": (
        query("{parcels(first:1000){nodes{children(first:1000){nodes{children(first:1000){nodes{geometry}}}}}}}"),
        400,
        "COST_LIMIT",
    ),
    "the same by variables": (
        query(
            "query($n:Int){parcels(first:$n){nodes{children(first:$n){nodes{children(first:$n){nodes{geometry}}}}}}}",
            {"n": 1000},
        ),
        400,
        "COST_LIMIT",
    ),
    "the same by a default": (
        query(
            "query($n:Int=1000){parcels(first:$n){nodes{children(first:$n){nodes{children(first:$n){nodes{geometry}}}}}}}"
        ),
        400,
        "COST_LIMIT",
    ),
    "several operations without a name": (query("query A{one}query B{one}"), 400, "OPERATION_NOT_FOUND"),
    "name of no operation": (post({"query": "query A{one}", "operationName": "B"}), 400, "OPERATION_NOT_FOUND"),
    "fragments alone": (query("fragment F on Query{one}"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "a million blanks": (query("{one" + " " * 1_000_000 + "}"), 400, "TOKEN_LIMIT"),
    "300,000 comments": (query("#\n" * 300_000 + "{one}"), 400, "TOKEN_LIMIT"),
    # 4C text and numbers
    "NUL in a literal": (query('{echo(text:"\\u0000")}'), 400, "BAD_TEXT"),
    "NUL in a variable": (query("query($t:String!){echo(text:$t)}", {"t": "a\0"}), 400, "BAD_TEXT"),
    "half a surrogate pair in a variable": (
        post(b'{"query":"query($t:String!){echo(text:$t)}","variables":{"t":"\\ud800"}}'),
        400,
        "BAD_TEXT",
    ),
    "1e400 in a literal": (query("{echo(numbers:[1e400])}"), 400, "NON_FINITE"),
    "-1e400 in a literal": (query("{echo(numbers:[-1e400])}"), 400, "NON_FINITE"),
    "10^400 in a literal": (query("{echo(numbers:[1" + "0" * 400 + "])}"), 400, "NON_FINITE"),
    "int above 32 bits": (query("{parcels(first:2147483648){totalCount}}"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "int variable above 32 bits": (
        query("query($n:Int){parcels(first:$n){totalCount}}", {"n": 2**31}),
        400,
        "BAD_VARIABLES",
    ),
    "33,000 items in a variable": (
        query("query($l:[String!]){echo(lists:$l)}", {"l": ["a"] * 33_000}),
        400,
        "LIST_LIMIT",
    ),
    "1,001 items in a literal": (query("{echo(lists:[" + '"a"' * 1001 + "])}"), 400, "LIST_LIMIT"),
    "text of 200,000 characters": (query('{echo(text:"' + "a" * 200_000 + '")}'), 400, "BAD_TEXT"),
    "such a text in a variable": (query("query($t:String!){echo(text:$t)}", {"t": "a" * 200_000}), 400, "BAD_TEXT"),
    "two members of @oneOf": (query('{echo(choice:{a:1,b:"x"})}'), 400, "GRAPHQL_VALIDATION_FAILED"),
    "undefined variable in @oneOf": (query("{echo(choice:{a:$x})}"), 400, "GRAPHQL_VALIDATION_FAILED"),
    "two members of @oneOf in a variable": (
        query("query($c:Choice){echo(choice:$c)}", {"c": {"a": 1, "b": "x"}}),
        400,
        "BAD_VARIABLES",
    ),
    "null for what is required": (query("query($t:String!){echo(text:$t)}", {"t": None}), 400, "BAD_VARIABLES"),
}


@pytest.mark.parametrize("name", CORPUS)
async def test_hostile_input_gets_its_code_and_no_connection(closed_door, checkouts, name):
    (method, path, headers, body), status, code = CORPUS[name]
    answer = await closed_door.request(method, path, headers=headers, body=body)
    assert (answer.status, answer.code) == (status, code)
    assert answer.json["errors"][0]["message"]
    assert "data" not in answer.json
    assert checkouts() == 0


@pytest.mark.parametrize("name", [name for name in CORPUS if CORPUS[name][2].startswith("GRAPHQL")])
async def test_legacy_clients_get_200_for_the_faults_of_a_document(closed_door, name):
    (method, path, headers, body), _, code = CORPUS[name]
    answer = await closed_door.request(method, path, headers=headers | {"accept": "application/json"}, body=body)
    assert (answer.status, answer.code, answer.media) == (200, code, "application/json")
