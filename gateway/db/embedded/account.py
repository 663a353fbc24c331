"""The account that the private server runs as; enters the cluster's directory, leaves an unprivileged user.

PostgreSQL refuses to run as root, so root hands the server to an account that owns the cluster's directory.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import errors

_OWN_ACCOUNT = "spatial-gateway"


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the machine, and how a subprocess becomes it."""

    uid: int
    gid: int

    @property
    def process(self) -> Mapping[str, Any]:
        """Arguments of subprocess.run; none where this process is the account already."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}

    def own(self, directory: Path) -> None:
        """Make `directory` private to the account."""
        if os.geteuid() != self.uid:
            os.chown(directory, self.uid, self.gid)
        directory.chmod(0o700)

    def reaches(self, directory: Path) -> bool:
        """Whether every directory above lets the account through; those of /root do not."""
        probe = ["/bin/sh", "-c", 'test -x "$0"', str(directory)]
        return subprocess.run(probe, check=False, cwd="/", **self.process).returncode == 0  # noqa: S603


def choose(home: Path) -> Account:
    """The current user; for root the owner of `home` where that is another, else postgres or an account of our own."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    owner = home.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", _OWN_ACCOUNT):
        if (account := _named(name)) is not None:
            return account
    return _make()


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _make() -> Account:
    if (tool := shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")) is not None:
        command = [tool, "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", _OWN_ACCOUNT]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    if (made := _named(_OWN_ACCOUNT)) is None:
        raise errors.SetupError(
            "PostgreSQL does not run as root and no other account could be made: run as another user, "
            "or set GATEWAY_DATABASE_URL."
        )
    return made
