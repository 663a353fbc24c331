"""Answers that were made before hold what their asker wrote, and are those of the server that answers."""

import pytest

from gateway.settings import AnswerSettings
from tests.integration.replicas.conftest import CREATE, PRIMARY, shape

KEEPING = AnswerSettings(cost=0)
SUMS = "{ parcels { aggregate { count } groupBy(keys: [{column: LAND_USE}]) { groups { aggregate { count } } } } }"


def counted(answer):
    parcels = answer.json["data"]["parcels"]
    count = parcels["aggregate"]["count"]
    assert count == sum(group["aggregate"]["count"] for group in parcels["groupBy"]["groups"])
    return count


def made(gateway):
    """How many statements read rows, and on which servers."""
    sent, gateway.sent = gateway.sent, []
    read = [name for name, statement in sent if "AS snapshot FROM" in statement]
    return len(read), {name for name, _ in sent}


@pytest.fixture
async def keeping(with_replicas, replication):
    async with with_replicas(answers=KEEPING) as gateway:
        replication.caught_up()
        yield gateway


async def test_what_was_written_is_in_each_answer_with_its_token(keeping):
    before = counted(await keeping.ask(SUMS))
    for number in range(1, 9):
        given = {"parcelId": f"kept {number}", "geometry": shape(10 + number / 100)}
        written = await keeping.write(CREATE, {"input": given})
        for _ in range(3):
            answer = await keeping.ask(SUMS, token=written.headers["consistency-token"])
            assert counted(answer) == before + number


async def test_each_server_gives_its_answers_again_without_reading_rows(keeping):
    servers = set()
    for _ in range(6):
        await keeping.ask(SUMS)
        servers |= made(keeping)[1]
    assert PRIMARY not in servers
    for _ in range(4):
        await keeping.ask(SUMS)
        assert made(keeping)[0] == 0


async def test_a_standby_that_is_behind_answers_as_before_and_the_primary_what_was_written(keeping, replication):
    before = counted(await keeping.ask(SUMS))
    for each in replication.standbys:
        each.pause()
    try:
        given = {"parcelId": "kept", "geometry": shape(11)}
        written = await keeping.write(CREATE, {"input": given})
        keeping.sent = []
        assert counted(await keeping.ask(SUMS)) == before
        assert counted(await keeping.ask(SUMS, token=written.headers["consistency-token"])) == before + 1
    finally:
        for each in replication.standbys:
            each.go_on()
    answer = await keeping.ask(SUMS, token=written.headers["consistency-token"])
    assert counted(answer) == before + 1
