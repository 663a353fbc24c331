"""What positions in the log say of the time, and what settings of replicas are read as."""

import asyncio
from math import inf

import pytest
from pydantic import ValidationError

from gateway.db import replicas
from gateway.db.replicas import Log, Replica, position_of
from gateway.errors import BadConsistencyToken
from gateway.http.consistency import ConsistencyCodec, from_cookies
from gateway.settings import ReplicaSettings

HERE = (7, 1)


@pytest.fixture
def log():
    made = Log()
    for at, position in ((1.0, 100), (2.0, 200), (3.0, 200), (4.0, 300)):
        made.note(at, position, HERE)
    return made


@pytest.mark.parametrize(
    ("position", "until"), [(50, -inf), (100, 1.0), (199, 1.0), (200, 3.0), (300, 4.0), (999, 4.0)]
)
def test_a_replica_has_all_changes_until_the_primary_was_last_where_it_is(log, position, until):
    assert log.until(position) == until
    assert log.behind(position) == 4.0 - until


def test_a_log_that_nothing_is_known_of_has_no_replica():
    assert Log().behind(10**9) == inf


def test_another_timeline_begins_anew(log):
    log.note(5.0, 250, (7, 2))
    assert (log.position, log.until(249), log.until(250)) == (250, -inf, 5.0)


def test_so_does_a_log_that_went_back(log):
    log.note(5.0, 250, HERE)
    assert log.until(200) == -inf


def test_old_positions_are_forgotten():
    log = Log()
    for number in range(20_000):
        log.note(float(number), number, HERE)
    assert len(log._positions) < 10_000
    assert log.until(19_999) == 19_999.0


@pytest.mark.parametrize(
    ("found", "position"), [(8_192 + 24, 8_192), (8_192 * 2048 + 40, 8_192 * 2048), (8_192 + 32, 8_224), (8_192, 8_192)]
)
def test_the_head_of_a_page_is_none_of_a_record(found, position):
    assert position_of(found) == position


def test_urls_are_separated_by_spaces_or_commas():
    one, two = "postgresql+asyncpg://gateway@db2/gis", "postgresql+asyncpg://gateway@db3/gis"
    for text in (f"{one} {two}", f" {one},{two} ", "postgres://gateway@db2/gis,\n postgis://gateway@db3/gis"):
        assert ReplicaSettings(urls=text).urls == (one, two)
    assert ReplicaSettings(urls="").urls == ()


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://gateway@db2,db3/gis",
        "postgresql://gateway@db2/gis postgresql://gateway@db2/gis",
        "nonsense",
        " ".join(f"postgresql://gateway@db{number}/gis" for number in range(17)),
    ],
)
def test_urls_that_are_no_list_of_replicas_are_refused(text):
    with pytest.raises(ValidationError) as caught:
        ReplicaSettings(urls=text)
    assert "db2" not in str(caught.value)


def test_a_token_is_good_for_the_lag_and_ten_minutes():
    now = [1_000.0]
    codec = ConsistencyCodec(b"key", 5, clock=lambda: now[0])
    token = codec.encode(2**62)
    assert codec.decode(token, path=()) == 2**62
    now[0] += 604
    assert codec.decode(token, path=()) == 2**62
    now[0] += 2
    assert codec.decode(token, path=()) == 0


def test_a_token_of_another_key_or_with_anything_changed_is_refused():
    token = ConsistencyCodec(b"key", 5).encode(5)
    other = ConsistencyCodec(b"other key", 5)
    with pytest.raises(BadConsistencyToken):
        other.decode(token, path=())
    codec = ConsistencyCodec(b"key", 5)
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(BadConsistencyToken):
            codec.decode(changed, path=())


def test_the_token_is_found_among_other_cookies():
    assert from_cookies(b"a=b; gateway-consistency=c1.x.y; c=d") == "c1.x.y"
    assert from_cookies(b"xgateway-consistency=c1") is None
    assert from_cookies(None) is None


async def test_reads_of_a_replica_that_says_nothing_end_though_the_timeout_was_early(monkeypatch):
    """Timers of a loop may fire some milliseconds before time.monotonic has come so far."""

    async def silent(*_):
        raise TimeoutError

    monkeypatch.setattr(replicas, "_ask", silent)
    replica = Replica(1, {}, None)
    begun = asyncio.Event()

    async def read():
        async with replica.serving():
            begun.set()
            await asyncio.sleep(5)

    reading = asyncio.create_task(read())
    await begun.wait()
    await replica.look(Log())
    with pytest.raises(TimeoutError):
        await reading
