"""Decimals and other long numbers are the same to the last digit, however they come, are kept, looked for and go."""

from urllib.parse import quote

import orjson
import pytest

from gateway.asgi import create_app
from tests.fixtures.door import on, opened
from tests.integration.writing.conftest import Clerk, square

LONG = "12345678901234567890.123456789"
NEXT = "12345678901234567890.123456788"
CREATE = """mutation ($input: ParcelInput!) {
  createParcel(input: $input) { parcel { id assessedValue attributes } }
}"""
UPDATE = """mutation ($change: ParcelChange!) {
  updateParcel(change: $change) { outcome parcel { version assessedValue } }
}"""
READ = """query ($filters: ParcelFilter, $order: [ParcelOrder!], $after: String) {
  parcels(first: 1, filters: $filters, order: $order, after: $after) {
    nodes { parcelId assessedValue feature(properties: [ASSESSED_VALUE, ATTRIBUTES]) }
    featureCollection(properties: [ASSESSED_VALUE])
    pageInfo { endCursor }
    exports { geojson csv }
  }
}"""


@pytest.fixture(params=["on", "off"])
async def either(request, settings, empty_database, clerk):
    """The clerk at a gateway with the planner, and at one without."""
    if request.param == "on":
        yield clerk
        return
    without = on(settings, empty_database).model_copy(update={"planner": "off"})
    async with opened(create_app(without)) as door:
        yield Clerk(door, clerk.key)


async def sent(clerk, document, variables):
    """The raw body of the answer to variables that are JSON text."""
    body = b'{"query":%b,"variables":%b}' % (orjson.dumps(document), variables.encode())
    answer = await clerk.door.request("POST", "/graphql", headers=clerk.headers, body=body)
    assert b'"errors"' not in answer.body, answer.body
    return answer.body.decode()


def given(key, value, attributes="{}", west=-93.0):
    geometry = orjson.dumps(square(west)).decode()
    return f'{{"parcelId":"{key}","assessedValue":{value},"attributes":{attributes},"geometry":{geometry}}}'


@pytest.mark.parametrize("form", ["number", "text", "literal", "literal text"])
async def test_every_digit_of_a_decimal_is_kept_however_it_is_given(either, form):
    if form in {"number", "text"}:
        value = LONG if form == "number" else f'"{LONG}"'
        answer = await sent(either, CREATE, f'{{"input":{given("a", value)}}}')
    else:
        value = LONG if form == "literal" else f'"{LONG}"'
        literal = f'{{parcelId: "a", assessedValue: {value}, geometry: {{bbox: [-93, 42, -92.9, 42.1]}}}}'
        document = f"mutation {{ createParcel(input: {literal}) {{ parcel {{ assessedValue }} }} }}"
        answer = await sent(either, document, "{}")
    assert orjson.loads(answer)["data"]["createParcel"]["parcel"]["assessedValue"] == LONG


async def test_a_decimal_is_found_ordered_paged_and_shown_to_the_last_digit(either):
    for number, (key, value) in enumerate({"a": LONG, "b": NEXT, "c": '"0.10"'}.items()):
        await sent(either, CREATE, f'{{"input":{given(key, value, west=-93 + number)}}}')
    for lookup in (f'"exact":{LONG}', f'"inList":["{LONG}"]', f'"gt":{NEXT}', f'"range":{{"start":"{LONG}"}}'):
        found = await sent(either, READ, f'{{"filters":{{"assessedValue":{{{lookup}}}}}}}')
        (node,) = orjson.loads(found)["data"]["parcels"]["nodes"]
        assert (node["parcelId"], node["assessedValue"]) == ("a", LONG)
        assert found.count(f'"properties":{{"assessedValue":{LONG}') == 2
    seen, after = [], "null"
    for _ in range(3):
        page = await sent(either, READ, f'{{"order":[{{"assessedValue":"DESC"}}],"after":{after}}}')
        page = orjson.loads(page)["data"]["parcels"]
        seen.append(page["nodes"][0]["assessedValue"])
        after = orjson.dumps(page["pageInfo"]["endCursor"]).decode()
    assert seen == [LONG, NEXT, "0.10"]


async def test_urls_hold_the_digits_of_a_filter_and_files_those_of_rows(either):
    await sent(either, CREATE, f'{{"input":{given("a", LONG)}}}')
    await sent(either, CREATE, f'{{"input":{given("b", NEXT, west=-92)}}}')
    answer = await sent(either, READ, f'{{"filters":{{"assessedValue":{{"exact":{LONG}}}}}}}')
    urls = orjson.loads(answer)["data"]["parcels"]["exports"]
    paths = ["/" + url.split("/", 3)[3] for url in urls.values()]
    plain = quote(f'{{"assessedValue":{{"exact":{LONG}}}}}')
    for path in (*paths, f"/export/parcels.geojson?filters={plain}"):
        body = (await either.door.request("GET", path, headers=either.headers)).body.decode()
        assert LONG in body
        assert NEXT not in body


async def test_writing_back_what_was_read_changes_nothing_and_history_keeps_the_digits(either):
    answer = await sent(either, CREATE, f'{{"input":{given("a", LONG)}}}')
    row = orjson.loads(answer)["data"]["createParcel"]["parcel"]
    patch = {"assessedValue": row["assessedValue"]}
    written = (await either.data(UPDATE, change={"id": row["id"], "patch": patch}))["updateParcel"]
    assert (written["outcome"], written["parcel"]["version"]) == ("UNCHANGED", 1)
    await either.data(UPDATE, change={"id": row["id"], "patch": {"assessedValue": "1e3"}})
    document = "query ($id: ID!) { parcel(id: $id) { assessedValue history { nodes { before { assessedValue } } } } }"
    found = (await either.data(document, id=row["id"]))["parcel"]
    assert found == {
        "assessedValue": "1000",
        "history": {"nodes": [{"before": {"assessedValue": LONG}}, {"before": None}]},
    }


@pytest.mark.parametrize("form", ["variable", "literal"])
async def test_numbers_in_json_keep_their_digits(either, form):
    members = f'"a":{LONG},"b":123456789012345678901234567890,"c":[1e-320],"d":0.1'
    if form == "variable":
        answer = await sent(either, CREATE, f'{{"input":{given("a", 1, f"{{{members}}}")}}}')
    else:
        attributes = members.replace('"', "")
        literal = f'{{parcelId: "a", attributes: {{{attributes}}}, geometry: {{bbox: [-93, 42, -92.9, 42.1]}}}}'
        answer = await sent(
            either, f"mutation {{ createParcel(input: {literal}) {{ parcel {{ attributes }} }} }}", "{}"
        )
    for text in (LONG, "123456789012345678901234567890", "0." + 319 * "0" + "1", '"d": 0.1'):
        assert text in answer


async def test_a_write_of_long_numbers_is_done_once(either):
    square_ = "[[-93.000000000000000001,42.0],[-92.9,42.0],[-92.9,42.1],[-93.000000000000000001,42.0]]"
    hole = "[[-92.93,42.01],[-92.93,42.02],[-92.92,42.02],[-92.930000000000000001,42.01]]"
    geometry = f'{{"geojson":{{"type":"Polygon","coordinates":[{square_},{hole}]}}}}'
    headers = either.headers | {"idempotency-key": "one"}
    answers = []
    for value in (LONG, LONG, NEXT):
        variables = f'{{"input":{{"parcelId":"a","assessedValue":{value},"geometry":{geometry}}}}}'
        body = b'{"query":%b,"variables":%b}' % (orjson.dumps(CREATE), variables.encode())
        answers.append(await either.door.request("POST", "/graphql", headers=headers, body=body))
    first, again, other = answers
    assert first.json["data"]["createParcel"]["parcel"]["assessedValue"] == LONG
    assert again.body == first.body
    assert other.json["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_decimal_that_is_none_too_long_or_infinite_is_refused_with_its_place(either):
    for value, code in {
        '"1,000"': "BAD_VARIABLES",
        '"NaN"': "BAD_VARIABLES",
        "true": "BAD_VARIABLES",
        '"1e1000"': "OUT_OF_RANGE",
        '"1e-1001"': "OUT_OF_RANGE",
        '"1e99999999999"': "OUT_OF_RANGE",
    }.items():
        input_ = given("a", value)
        body = b'{"query":%b,"variables":{"input":%b}}' % (orjson.dumps(CREATE), input_.encode())
        answer = (await either.door.request("POST", "/graphql", headers=either.headers, body=body)).json
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == code
        assert error["extensions"]["argument"][-1] == "assessedValue"
