"""Connections to servers of a list, and by TLS, as URLs say."""

import asyncio
import ssl
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import make_url

from gateway.db import connecting
from gateway.db.changes import Changes
from gateway.db.sessions import Database
from gateway.errors import Unavailable
from gateway.settings import DatabaseSettings
from tests.fixtures.sessions import one
from tests.fixtures.waiting import LONG, eventually
from tests.fixtures.wire import wired

SILENCE = 3.0  # seconds that a host may say nothing


@pytest.fixture(autouse=True)
def forgotten():
    connecting._silent.clear()


@pytest.fixture
async def silent():
    """The port of a server that takes connections and says nothing."""
    asked = []

    async def listen(reader, writer):
        asked.append(writer)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        for writer in asked:
            writer.close()


@asynccontextmanager
async def listed(url, *before, **parameters):
    """A database through a URL whose server comes after the hosts `before`."""
    parts = make_url(url)
    hosts = ",".join(["127.0.0.1"] * len(before) + [parts.query["host"]])
    ports = ",".join(map(str, [*before, parts.query["port"]]))
    given = "".join(f"&{name}={value}" for name, value in parameters.items())
    settings = DatabaseSettings(url=f"postgresql://{parts.username}@/{parts.database}?host={hosts}&port={ports}{given}")
    settings = settings.model_copy(
        update={"connect_timeout": SILENCE, "pool_timeout": float(LONG), "pooler": "pgbouncer"}
    )
    database = Database(settings, settings.url)
    yield database
    await database.dispose()


async def test_a_host_that_says_nothing_hides_the_next_one_for_its_time_and_then_comes_last(empty_database, silent):
    async with listed(empty_database, silent) as database:
        began = time.monotonic()
        async with database.session() as session:
            assert await one(session) == 1
        first = time.monotonic()
        await database.leases.close()
        async with database.session() as session:
            assert await one(session) == 1
        assert first - began >= SILENCE
        assert time.monotonic() - first < SILENCE


async def test_a_host_that_is_not_there_and_one_of_another_kind_are_passed_over(empty_database, tmp_path):
    async with listed(empty_database, 1, target_session_attrs="primary") as database, database.session() as session:
        assert await one(session) == 1
    preferred = listed(empty_database, 1, target_session_attrs="prefer-standby")
    async with preferred as database, database.session() as session:
        assert await one(session) == 1
    async with listed(empty_database, 1, target_session_attrs="standby") as database, database.session() as session:
        with pytest.raises(Unavailable):
            await one(session)


async def test_the_list_is_gone_through_for_notifications_too(empty_database, silent):
    async with listed(empty_database, silent) as database:
        url = database.engine.url.render_as_string(hide_password=False)
        changes = Changes(DatabaseSettings(connect_timeout=SILENCE), url)
        await eventually(lambda: changes.generation({"parcels"}))
        await changes.close()


async def test_name_options_and_time_of_a_url_are_those_of_its_connections(empty_database):
    given = {"application_name": "map", "options": "-csearch_path%3Dgis,public", "connect_timeout": "7"}
    async with listed(empty_database, **given) as database, database.session() as session:
        shown = "SELECT current_setting('application_name') || current_setting('search_path')"
        assert (await session.fetch(shown, ()))[0][0] == "mapgis,public"


def _certificate(name, key, issuer=None):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer, signed = (subject, key) if issuer is None else issuer
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return built.sign(signed, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def certified(tmp_path):
    """Files of an authority, and of a server's certificate for localhost with its key."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")])
    (tmp_path / "ca.pem").write_bytes(_certificate("authority", authority))
    (tmp_path / "server.pem").write_bytes(_certificate("localhost", server, (name, authority)))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "server.key").write_bytes(server.private_bytes(serialization.Encoding.PEM, *form))
    return tmp_path


@asynccontextmanager
async def encrypted(url, directory):
    """The port of a server of the database by TLS alone."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory / "server.pem", directory / "server.key")
    async with wired(url, directory) as (wire, _):

        async def upgrade(reader, writer):
            assert len(await reader.readexactly(8)) == 8  # may we speak TLS?
            writer.write(b"S")
            try:
                await writer.start_tls(context)
                await wire.connected(reader, writer)
            except OSError:
                writer.close()

        async with await asyncio.start_server(upgrade, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1]


async def _reads(port, database, **parameters):
    given = "&".join(f"{name}={value}" for name, value in parameters.items())
    url = DatabaseSettings(url=f"postgres://gateway:p@localhost:{port}/{database}?{given}").url
    found = Database(DatabaseSettings(), url)
    try:
        async with found.session() as session:
            return await one(session) == 1
    finally:
        await found.dispose()


async def test_certificates_are_checked_as_sslmode_and_sslrootcert_say(empty_database, certified, monkeypatch):
    monkeypatch.setenv("HOME", str(certified))
    name = make_url(empty_database).database
    async with encrypted(empty_database, certified) as port:
        assert await _reads(port, name, sslmode="require")
        assert await _reads(port, name, sslmode="verify-full", sslrootcert=certified / "ca.pem")
        # Nobody on this machine trusts the authority, so whatever asks for trust is refused.
        for unknown in ({"sslmode": "verify-full"}, {"sslmode": "require", "channel_binding": "require"}):
            with pytest.raises(Unavailable):
                await _reads(port, name, **unknown)
