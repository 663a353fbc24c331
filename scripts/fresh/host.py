"""What a machine in a folder needs of its host to reach its registries: mirrors, proxies, certificates, indexes."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_MIRRORS = {"debian": "http://deb.debian.org/debian", "debian-security": "http://security.debian.org/debian-security"}
# Those of pip, uv and npm that say where packages come from and how they are reached; not where they are kept.
_VARIABLES = re.compile(
    r"(?:https?|ftp|all|no)_proxy"
    r"|(?:PIP|UV|NPM_CONFIG)_\w*(?:INDEX|LINKS|CERT|CAFILE|PROXY|HOST|TIMEOUT|RETRIES|REGISTRY|SSL|TLS)\w*"
    r"|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO",
    re.IGNORECASE,
)
_ACQUIRE = re.compile(r"Acquire::(?:https?|ftp|Check-|Retries|ForceIP|AllowInsecure)")
_OF_HOME = (".pip/pip.conf", ".config/pip/pip.conf", ".npmrc", ".config/uv/uv.toml")
_OF_SYSTEM = (
    *("/etc/hosts", "/etc/resolv.conf", "/etc/pip.conf", "/etc/npmrc", "/etc/uv/uv.toml"),
    *("/etc/apt/auth.conf", "/etc/apt/auth.conf.d", "/usr/local/share/ca-certificates"),
)


@dataclass(frozen=True)
class Host:
    """How the host reaches packages."""

    mirrors: dict[str, str]
    acquire: str
    environment: Sequence[str]
    files: dict[Path, Path]  # here: there
    named: Sequence[Path]  # by settings: certificates, folders of packages

    @classmethod
    def read(cls) -> Self:
        """As environment and files say it."""
        carried = {name: value for name, value in os.environ.items() if _VARIABLES.fullmatch(name)}
        home = Path.home()
        files = {home / name: Path("/root", name) for name in _OF_HOME} | {
            Path(name): Path(name) for name in _OF_SYSTEM
        }
        files = {here: there for here, there in files.items() if here.exists()}
        settings = [*carried.values(), *(here.read_text() for here in files if here.is_file())]
        plain = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
        }
        return cls(
            _MIRRORS | dict(_mirrors()),
            "".join(f"{line}\n" for line in _asked("apt-config", "dump") if _ACQUIRE.match(line)),
            [f"{name}={value}" for name, value in (carried | plain).items()],
            files,
            sorted({path for text in settings for path in _paths(text)}),
        )

    @property
    def mirror(self) -> str:
        """Of Debian."""
        return self.mirrors["debian"]

    def configure(self, root: Path, suite: str) -> None:
        """Write the settings into the system in `root`."""
        apt = root / "etc" / "apt"
        lines = [
            (self.mirror, suite),
            (self.mirror, f"{suite}-updates"),
            (self.mirrors["debian-security"], f"{suite}-security"),
        ]
        (apt / "sources.list").write_text("".join(f"deb {mirror} {part} main\n" for mirror, part in lines))
        (apt / "apt.conf.d" / "90host").write_text(self.acquire)
        configuration = [path for path in self.named if path.is_relative_to("/etc")]
        for here, there in (self.files | {path: path for path in configuration}).items():
            target = root / there.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if here.is_dir():
                shutil.copytree(here, target, dirs_exist_ok=True, ignore_dangling_symlinks=True)
            else:
                shutil.copy(here, target)

    def mount(self, root: Path) -> None:
        """Lend the system the folders of packages that settings name, to read."""
        for path in self.named:
            target = root / path.relative_to("/")
            if not target.exists() and path.is_dir():
                target.mkdir(parents=True)
                subprocess.run(["mount", "--bind", "-o", "ro", path, target], check=True)


def _asked(*command: str) -> Sequence[str]:
    if shutil.which(command[0]) is None:
        return []
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def _mirrors() -> Iterator[tuple[str, str]]:
    """The mirrors of Debian that apt uses here: what each is of, and its URL."""
    for line in _asked("apt-get", "indextargets", "--format", "$(REPO_URI)"):
        kind = line.rstrip("/").rpartition("/")[2]
        if kind in _MIRRORS:
            yield kind, line.rstrip("/")


def _paths(text: str) -> Iterator[Path]:
    """The files and folders that a setting names. Those beside an index come with it: its links lead there."""
    for before, name in re.findall(r"(^|[\s=:,'\"]|file://)(/[\w.+@/-]+)", text, re.MULTILINE):
        path = Path(name)
        if path.exists() and path.parent != Path("/"):
            yield path.parent if before == "file://" and path.parent.parent != Path("/") else path
