"""The private cluster with real processes that come, go and are killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from gateway import errors
from gateway.db.embedded import Cluster, database_url
from gateway.settings import Settings
from tests.fixtures.cluster import ROOT, TestCluster
from tests.fixtures.waiting import LONG, Lines, ended

FAST = {"fsync": "off"}
USER = """
import pathlib, sys
from gateway.db.embedded import database_url
from gateway.settings import Settings
with database_url(Settings(data_dir=pathlib.Path(sys.argv[1])), {"fsync": "off"}) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


class User:
    """A process that uses the cluster until it is told to leave, or killed."""

    def __init__(self, directory):
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(directory)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said = Lines(self.process.stdout, "a user of the cluster")

    def url(self):
        return self._said.next().strip()

    def end(self, how=None):
        if how is not None:
            self.process.send_signal(how)
        self.process.stdin.close()
        ended(self.process)


@pytest.fixture
def user():
    users = []

    def start(directory):
        users.append(User(directory))
        return users[-1]

    yield start
    for one in users:
        one.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def prepared():
    """A directory that any account can reach, with a cluster in it that does not run."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        with database_url(Settings(data_dir=directory), FAST):
            pass
        yield directory


def ask(url, statement):
    return TestCluster(url, Path()).execute(statement, database="gateway")[0][0]


def server(directory):
    """The process id of the server in `directory`, or None."""
    try:
        return int((directory / "postgres" / "data" / "postmaster.pid").read_text().split("\n")[0])
    except FileNotFoundError:
        return None


def gone(directory):
    deadline = time.monotonic() + LONG
    while server(directory) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    return server(directory) is None


def swept(directory):
    """Whether a directory is gone soon: the keeper removes it after it has let its callers go."""
    deadline = time.monotonic() + LONG
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not directory.exists()


def test_it_has_postgis_and_the_extensions_and_listens_on_no_port(prepared):
    with database_url(Settings(data_dir=prepared), FAST) as url:
        extensions = "SELECT array_agg(extname::text) FROM pg_extension"
        assert {"postgis", "pgstattuple", "pg_stat_statements"} <= set(ask(url, extensions))
        assert ask(url, "SELECT current_setting('listen_addresses')") == ""
        assert ask(url, "SELECT count(*) >= 0 FROM pg_stat_statements") is True
        assert ask(url, "SELECT upper('straße é')") == "STRASSE É".replace("SS", "ß")
    assert server(prepared) is None


def test_options_reach_the_server_that_this_call_starts(prepared):
    with database_url(Settings(data_dir=prepared), FAST | {"max_connections": "23"}) as url:
        assert ask(url, "SELECT current_setting('max_connections')") == "23"


def test_a_given_url_is_used_as_it_is(tmp_path):
    given = Settings(data_dir=tmp_path, database={"url": "postgresql://clerk@db.example/city"})
    with database_url(given) as url:
        assert url == "postgresql+asyncpg://clerk@db.example/city"
    assert list(tmp_path.iterdir()) == []


def test_it_runs_until_its_last_user_leaves(prepared, user):
    first, second = user(prepared), user(prepared)
    first.url()
    url = second.url()
    first.end()
    assert ask(url, "SELECT 1") == 1
    second.end()
    assert server(prepared) is None


def test_a_killed_user_takes_nothing_from_those_who_live(prepared, user):
    killed, living = user(prepared), user(prepared)
    killed.url()
    url = living.url()
    killed.end(signal.SIGKILL)
    time.sleep(0.5)
    assert ask(url, "SELECT 1") == 1
    living.end()
    assert server(prepared) is None


def test_a_killed_last_user_does_not_leave_the_server_behind(prepared, user):
    last = user(prepared)
    last.url()
    assert server(prepared) is not None
    last.end(signal.SIGKILL)
    assert gone(prepared)


def test_many_who_come_at_once_share_one_server(tmp_path, user):
    users = [user(tmp_path) for _ in range(4)]
    assert len({one.url() for one in users}) == 1
    for one in users:
        one.process.stdin.close()
    for one in users:
        assert ended(one.process) == 0
    assert gone(tmp_path)


def test_what_was_committed_survives_the_servers_own_death(prepared, user):
    first = user(prepared)
    url = first.url()
    TestCluster(url, Path()).execute("CREATE TABLE survivor AS SELECT 7 AS n", database="gateway")
    os.kill(server(prepared), signal.SIGKILL)
    second = user(prepared)
    url = second.url()
    assert ask(url, "SELECT n FROM survivor") == 7
    TestCluster(url, Path()).execute("DROP TABLE survivor", database="gateway")


def test_a_dead_servers_number_that_another_process_got_does_not_stop_the_next_start(prepared):
    assert gone(prepared)  # that of the test before: without its pid file it can't be stopped
    pid_file = prepared / "postgres" / "data" / "postmaster.pid"
    account = Cluster.at(prepared / "postgres", {}).owner
    with subprocess.Popen(["sleep", "60"], **account.process) as other:
        pid_file.write_text(f"{other.pid}\n{pid_file.parent}\n0\n5432\n\n\n\n")
        with database_url(Settings(data_dir=prepared), FAST) as url:
            assert ask(url, "SELECT 1") == 1
        other.kill()


def test_a_start_that_was_killed_half_way_is_begun_anew(tmp_path):
    half = tmp_path / "postgres" / "fresh"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15\n")
    with database_url(Settings(data_dir=tmp_path), FAST) as url:
        assert ask(url, "SELECT 1") == 1


def test_two_directories_have_two_servers(prepared, tmp_path, user):
    here, there = user(prepared), user(tmp_path)
    assert make_url(here.url()).query["host"] != make_url(there.url()).query["host"]
    here.end()
    assert server(prepared) is None
    assert server(tmp_path) is not None


def test_a_path_too_long_or_too_odd_for_a_socket_gets_a_short_one(prepared):
    for name in ("x" * 120, "with, comma and 'quote' 50%"):
        directory = prepared.with_name(f"{prepared.name}-{name}")
        directory.mkdir(mode=0o755)
        try:
            with database_url(Settings(data_dir=directory), FAST) as url:
                assert len(make_url(url).query["host"]) < 80
                assert ask(url, "SELECT 1") == 1
            assert swept(Path(make_url(url).query["host"]))
        finally:
            shutil.rmtree(directory)


@as_root
def test_root_hands_the_server_to_an_account_without_rights(prepared):
    with database_url(Settings(data_dir=prepared), FAST):
        assert Path("/proc", str(server(prepared))).stat().st_uid != 0
        assert (prepared / "postgres").stat().st_mode & 0o077 == 0


@as_root
def test_a_directory_that_only_root_may_enter_will_do(tmp_path):
    tmp_path.chmod(0o700)
    with database_url(Settings(data_dir=tmp_path), FAST) as url:
        assert ask(url, "SELECT 1") == 1
        assert (tmp_path / "postgres" / "server.log").stat().st_size > 0
    assert server(tmp_path) is None


def test_removing_the_directory_under_a_user_does_not_break_its_end(tmp_path):
    with database_url(Settings(data_dir=tmp_path), FAST):
        number = server(tmp_path)
        shutil.rmtree(tmp_path / "postgres")
        os.kill(number, signal.SIGINT)


def test_a_server_that_cannot_start_says_why_on_one_line(prepared):
    with (
        pytest.raises(errors.SetupError, match=r"does not start: .* See .*server\.log\.$"),
        database_url(Settings(data_dir=prepared), FAST | {"max_connections": "none"}),
    ):
        pass


def test_a_directory_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(errors.SetupError, match="cannot be used for the private database"),
        database_url(Settings(data_dir=tmp_path / "file")),
    ):
        pass
