"""The PostgreSQL server of this machine; enters where servers are usually installed, leaves one with PostGIS.

The first server on PATH may be one without PostGIS, so each is asked for its extensions before it is taken.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway import errors

EXTENSIONS = ("postgis", "pgstattuple", "pg_stat_statements")
_PROGRAMS = ("initdb", "pg_ctl", "postgres", "psql", "pg_config")
_DIRECTORIES = (  # Debian and Ubuntu; PGDG's and Fedora's rpm; Homebrew on ARM and on Intel; Postgres.app
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_INSTALLERS = {
    "apt-get": "apt-get install -y postgresql postgresql-postgis",
    "brew": "brew install postgis",
    "dnf": "dnf install -y postgresql-server postgresql-contrib postgis",
}


@dataclass(frozen=True, slots=True)
class Server:
    """The programs of one installed PostgreSQL."""

    bin: Path
    major: int

    def program(self, name: str) -> str:
        """The path of initdb, pg_ctl, psql ..."""
        return str(self.bin / name)


def find_server(major: int | None = None, directories: Sequence[Path] | None = None) -> Server:
    """The newest server with PostGIS, or the one of the `major` version that an existing cluster needs."""
    servers = sorted(_servers(_usual() if directories is None else directories), key=lambda server: -server.major)
    for server in servers:
        if major in {None, server.major}:
            return server
    if servers:
        raise errors.SetupError(
            f"The private database was made by PostgreSQL {major}, and this machine has {servers[0].major}: "
            f"install PostgreSQL {major} with PostGIS, or move the database's directory away to begin again."
        )
    raise errors.SetupError(f"PostgreSQL with PostGIS is not installed: {_advice()}, or set GATEWAY_DATABASE_URL.")


def _usual() -> Sequence[Path]:
    known = [path for pattern in _DIRECTORIES for path in Path("/").glob(pattern.removeprefix("/"))]
    on_path = [Path(path).resolve().parent for name in ("postgres", "pg_ctl") if (path := shutil.which(name))]
    if (config := shutil.which("pg_config")) is not None:
        on_path.append(Path(_ask(config, "--bindir")))
    return list(dict.fromkeys([*known, *on_path]))


def _servers(directories: Sequence[Path]) -> Iterator[Server]:
    for directory in directories:
        if not all((directory / name).is_file() for name in _PROGRAMS):
            continue
        config = str(directory / "pg_config")
        extensions = Path(_ask(config, "--sharedir")) / "extension"
        version = re.search(r"\d+", _ask(config, "--version"))
        if version and all((extensions / f"{name}.control").is_file() for name in EXTENSIONS):
            yield Server(directory, int(version.group()))


def _ask(pg_config: str, question: str) -> str:
    return subprocess.run([pg_config, question], check=False, capture_output=True, text=True).stdout.strip()  # noqa: S603


def _advice() -> str:
    command = next((text for tool, text in _INSTALLERS.items() if shutil.which(tool)), None)
    if command is None:
        return "install both"
    return f"run `{command}`" if command.startswith("brew") else f"run `sudo {command}`"
