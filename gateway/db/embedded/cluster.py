"""The private PostGIS cluster; enters its directory, leaves a server with a database `gateway`.

`home` holds `data` (the cluster), `socket`, `server.log`, the lock files, and `prepared` once the database is there.
Callers hold the claims of `claims.py`; nothing here is safe without them.
"""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from sqlalchemy import URL

from gateway import errors
from gateway.db.embedded import account, claims, keeper
from gateway.db.embedded.binaries import EXTENSIONS, Server, find_server
from gateway.db.embedded.configuration import configuration, encoding

USER = DATABASE = "gateway"
PORT = 5432  # part of the socket's name only
_LONGEST_SOCKET = 103  # bytes of a socket's path on macOS; Linux takes 107
_SECONDS = 60
_CREATE_DATABASE = r"""
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
\connect :name
"""


@dataclass(frozen=True)
class Cluster:
    """One cluster in one directory, run by `owner`."""

    home: Path
    owner: account.Account
    options: Mapping[str, str]

    @classmethod
    def at(cls, home: Path, options: Mapping[str, str]) -> Self:
        """The cluster in `home`, which is made where it is missing."""
        home = Path(os.path.abspath(home))  # noqa: PTH100 - not resolve(): symbolic links may be on purpose
        try:
            home.mkdir(parents=True, exist_ok=True)
            owner = account.choose(home)
            owner.own(home)
        except OSError as error:
            raise errors.SetupError(
                f"{home} cannot be used for the private database ({error.strerror}): "
                "run as its owner, or set GATEWAY_DATA_DIR."
            ) from error
        return cls(home, owner, options)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @cached_property
    def server(self) -> Server:
        version = self.data / "PG_VERSION"
        return find_server(int(version.read_text()) if version.exists() else None)

    @cached_property
    def reachable(self) -> bool:
        return self.owner.reaches(self.home)

    @cached_property
    def socket_directory(self) -> Path:
        """`home/socket`, or a directory of a short name where the server could not bind or reach that."""
        inside = self.home / "socket"
        fits = len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= _LONGEST_SOCKET
        if fits and self.reachable and re.fullmatch(r"[\w./-]+", str(inside), re.ASCII):
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        # Not gettempdir(): processes with another TMPDIR must find the same socket.
        return Path("/tmp") / f"spatial-gateway-{digest}"  # noqa: S108 - its owner is checked before use

    def url(self, database: str = DATABASE) -> str:
        """The URL of a database of this cluster, for SQLAlchemy and asyncpg."""
        query = {"host": str(self.socket_directory), "port": str(PORT)}
        return URL.create("postgresql+asyncpg", USER, database=database, query=query).render_as_string()

    def start(self) -> None:
        """Make the cluster where there is none, start it where it does not run, and see that the database is there."""
        if not (self.data / "PG_VERSION").exists():
            self._make()
        if not self._answers():
            self._forget_dead_server()
            self._launch()
        if not (self.home / "prepared").exists():
            self._prepare()

    def stop(self) -> None:
        """Stop the server; open connections are closed."""
        with self._named(self.data) as (name, inherited):
            self._run(self._pg_ctl("stop", name, "--mode=fast"), inherited=inherited, check=False)
        with suppress(OSError):  # not empty: the server has not stopped
            self.socket_directory.rmdir()

    def _make(self) -> None:
        fresh = self.home / "fresh"  # renamed when whole, so that a killed initdb leaves no half cluster behind
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        self.owner.own(fresh)
        with self._named(fresh) as (name, inherited):
            options = ["-D", name, "-U", USER, "--auth=trust", "--data-checksums", *encoding()]
            self._run([self.server.program("initdb"), *options], inherited=inherited)
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'gateway.conf'  # written again at each start; add settings of your own below\n")
        fresh.rename(self.data)

    def _launch(self) -> None:
        settings = {**configuration(self.socket_directory, PORT), **self.options}
        lines = (f"{name} = '{value}'\n" for name, value in settings.items())
        (self.data / "gateway.conf").write_text("".join(lines))
        (self.data / "gateway.conf").chmod(0o644)
        self._make_socket_directory()
        with self._named(self.data) as (name, inherited):
            self._run(self._pg_ctl("start", name, f"--log={name}/../{self.log.name}"), inherited=inherited)
            arguments = [self.home / claims.USERS, self.owner.uid, self.owner.gid, self.socket_directory]
            subprocess.run(  # noqa: S603
                [
                    *(sys.executable, "-I", "-S", keeper.__file__, *map(str, arguments)),
                    *self._pg_ctl("stop", name, "--mode=fast"),
                ],
                check=True,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=inherited,
                start_new_session=True,
            )

    @contextmanager
    def _named(self, directory: Path) -> Iterator[tuple[str, Sequence[int]]]:
        """A name of `directory` for the account's programs, and the descriptors that they must inherit for it.

        Where the account may not pass the directories above (those of /root), it is the name of an open descriptor,
        which Linux resolves without looking at what is above.
        """
        if self.reachable:
            yield str(directory), ()
            return
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            yield f"/proc/self/fd/{descriptor}", (descriptor,)
        finally:
            os.close(descriptor)

    def _make_socket_directory(self) -> None:
        self.socket_directory.mkdir(mode=0o700, exist_ok=True)
        if self.socket_directory.lstat().st_uid not in {self.owner.uid, os.geteuid()}:
            raise errors.SetupError(f"{self.socket_directory} belongs to another user: remove it.")
        self.owner.own(self.socket_directory)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self.socket_directory / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a server that was killed, when its number now belongs to some other process.

        PostgreSQL itself takes any living process of its account for a server, so after a restart of a container, where
        numbers come again, it would refuse to start.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = pid_file.read_text().partition("\n")[0].lstrip("-")
        for _ in range(_SECONDS * 10):
            if _program(pid) != "postgres":
                pid_file.unlink(missing_ok=True)
                return
            if self._answers():
                return
            time.sleep(0.1)  # it is starting or stopping

    def _prepare(self) -> None:
        extensions = "".join(f"CREATE EXTENSION IF NOT EXISTS {name};\n" for name in EXTENSIONS)
        script = _CREATE_DATABASE + extensions
        target = ["-h", str(self.socket_directory), "-p", str(PORT), "-U", USER, "-d", "postgres"]
        options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"name={DATABASE}"]
        self._run([self.server.program("psql"), *target, *options], script=script)
        (self.home / "prepared").touch()

    def _pg_ctl(self, verb: str, directory: str, *options: str) -> Sequence[str]:
        return [self.server.program("pg_ctl"), verb, "-D", directory, "-w", f"--timeout={_SECONDS}", *options]

    def _run(
        self, command: Sequence[str], *, inherited: Sequence[int] = (), script: str = "", check: bool = True
    ) -> None:
        done = subprocess.run(  # noqa: S603
            command,
            input=script,
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            pass_fds=inherited,
            env={name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))},
            start_new_session=True,  # Ctrl-C ends the gateway, which then ends the server in order
            **self.owner.process,
        )
        if check and done.returncode != 0:
            lines = [*done.stdout.splitlines(), *done.stderr.splitlines(), "nothing"]
            said = next((line for line in lines if re.search("error|fatal|could not", line, re.IGNORECASE)), lines[0])
            raise errors.SetupError(
                f"The private database does not start: {Path(command[0]).name} says: {said}. See {self.log}."
            )


def _program(pid: str) -> str:
    """The name of the program that runs under a process id, or nothing."""
    try:
        return Path("/proc", pid, "comm").read_text().strip()
    except OSError:
        command = ["ps", "-o", "comm=", "-p", pid] if sys.platform == "darwin" else ["true"]
        return Path(subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()).name  # noqa: S603
