"""Try the README's commands on fresh machines: `make fresh`, as root on Linux.

Each system is a release of Debian, made by debootstrap in a folder: a minimal one with python3, make and git. The
commit that is checked out is cloned into it; there `make run` serves, the README's first query is asked, `make test`
passes. Mounts and processes live in namespaces of their own, so the kernel removes them however this ends.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from host import Host  # beside this file, which Python runs as a folder

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEMS = {"bookworm": "Debian 12", "trixie": "Debian 13"}
PREREQUISITES = ("python3", "make", "git")  # what the README asks for
CHECKOUT = Path("/root/gateway")  # a closed home: the account of PostgreSQL may not pass it
SECONDS_TO_SERVE = 1800
BASE_DAYS = 7
_INSIDE = "GATEWAY_FRESH_NAMESPACE"


@dataclass
class Machine:
    """One fresh system in a folder."""

    suite: str
    home: Path
    host: Host
    notes: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.home / self.suite

    @property
    def log(self) -> Path:
        return self.home / f"{self.suite}.log"

    def make(self, commit: str) -> None:
        """The system as its installer leaves it, and the clone."""
        base, whole = self.home / f"{self.suite}.tar", self.home / f"{self.suite}.tar.part"
        self.log.unlink(missing_ok=True)
        _run("rm", "-rf", "--one-file-system", self.root)
        self.root.mkdir(parents=True)
        if not base.exists() or time.time() - base.stat().st_mtime > BASE_DAYS * 86400:
            packages = f"--include={','.join(PREREQUISITES)}"
            _run("debootstrap", "--variant=minbase", packages, self.suite, self.root, self.host.mirror, log=self.log)
            _run("tar", "--numeric-owner", "-C", self.root, "-cf", whole, ".")
            whole.rename(base)
        else:
            _run("tar", "--numeric-owner", "-C", self.root, "-xf", base)
        self.host.configure(self.root, self.suite)
        clone = self.root / CHECKOUT.relative_to("/")
        _run("git", "clone", "--quiet", "--no-checkout", "--no-hardlinks", ROOT, clone)
        _run("git", "-C", clone, "-c", "advice.detachedHead=false", "checkout", "--quiet", commit)

    def mount(self) -> None:
        """What a running system has; packages of apt are kept for the next time."""
        for name in ("dev", "sys"):
            _run("mount", "--rbind", f"/{name}", self.root / name)
        _run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", self.root / "dev" / "shm")
        archives = self.home / "archives" / self.suite
        archives.mkdir(parents=True, exist_ok=True)
        _run("mount", "--bind", archives, self.root / "var" / "cache" / "apt" / "archives")
        self.host.mount(self.root)
        cambridge = Path(os.environ.get("GATEWAY_TEST_CAMBRIDGE", ROOT.parent / "shared" / "data" / "cambridge"))
        if cambridge.is_dir():
            target = self.root / CHECKOUT.parent.relative_to("/") / "shared" / "data" / "cambridge"
            target.mkdir(parents=True)
            _run("mount", "--bind", "-o", "ro", cambridge, target)
        else:
            self.notes.append(f"tests of the city skip: {cambridge} is missing (GATEWAY_TEST_CAMBRIDGE)")

    def start(self, command: str, output: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
        """Run a shell's command in the clone. All that it starts ends with it."""
        # The shell is the first process of the namespace, so it must wait for children that lost their parents.
        script = f"cd {CHECKOUT}; ({command}) & wait $!"
        return subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL"),  # it ends with this process, however that one ends
                *("unshare", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root / 'proc'}"),
                *("chroot", str(self.root), "/usr/bin/env", "-i", *self.host.environment, "sh", "-c", script),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ask(self, command: str) -> str:
        """What a command prints."""
        with self.start(command) as process:
            return process.communicate()[0].strip()

    @contextmanager
    def served(self) -> Iterator[tuple[str, int]]:
        """`make run`: the address and the seconds until it was ready."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        began = time.monotonic()
        with self.log.open("a") as log, self.start(f"make run PORT={port}", log) as process:
            try:
                while not _ready(f"http://127.0.0.1:{port}/readyz"):
                    if process.poll() is not None or time.monotonic() - began > SECONDS_TO_SERVE:
                        raise Failed("make run does not serve")
                    time.sleep(0.2)
                yield f"http://127.0.0.1:{port}", round(time.monotonic() - began)
            finally:
                process.kill()

    def test(self) -> tuple[bool, str]:
        """`make test`: whether it passes, and the line that it closes with."""
        passed, output = self._logged("make test")
        lines = [line.strip(" =") for line in output.splitlines() if line.strip()]
        closing = [line for line in lines if re.search(r"\d+ (passed|failed|errors?)\b.* in ", line)]
        return passed, (closing or lines or ["no output"])[-1]

    def bench(self, arguments: str) -> None:
        """`make bench` with these arguments, a server of its own; its tables are printed."""
        passed, output = self._logged(f"make bench {arguments}")
        sys.stdout.write(output)
        if not passed:
            raise Failed("make bench fails")

    def _logged(self, command: str) -> tuple[bool, str]:
        """Whether a command passes, and what it wrote into the log."""
        with self.log.open("a") as log:
            begin = log.tell()
            with self.start(command, log) as process:
                code = process.wait()
        with self.log.open(errors="replace") as log:
            log.seek(begin)
            return code == 0, log.read()


class Failed(Exception):
    """One step did not do what it must."""


def _run(*command: str | Path, log: Path | None = None) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if log is not None:
        log.write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout).strip()[-500:]}")


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def first_query(address: str) -> str:
    """Ask the README's first query and open the map; "ok", or what is wrong."""
    block = re.search(r"^```graphql\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    body = json.dumps({"query": block.group(1)}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        read: dict[str, Any] = json.load(answer)
    edges = (read.get("data") or {}).get("parcels", {}).get("edges", [])
    if "errors" in read or len(edges) != 2 or not all(edge["node"]["geometry"] for edge in edges):
        return f"wrong: {json.dumps(read)[:200]}"
    with urllib.request.urlopen(f"{address}/", timeout=60) as page:
        text = page.read().decode()
    return "ok" if re.search(r"<script[^>]* src=", text) else "the map is missing"


def try_out(machine: Machine, commit: str, *, tests: bool, bench: str) -> tuple[bool, Sequence[str]]:
    """All steps on one machine: whether they pass, and its line of the table."""
    cells = {"python": "", "database": "", "seconds": "", "query": "", "tests": ""}
    passed = False
    try:
        _say(f"{machine.suite}: making the system")
        machine.make(commit)
        machine.mount()
        cells["python"] = machine.ask("python3 --version").removeprefix("Python ")
        _say(f"{machine.suite}: make run")
        with machine.served() as (address, seconds):
            cells["seconds"] = str(seconds)
            cells["query"] = first_query(address)
        cells["database"] = machine.ask(
            "dpkg-query -W -f '${Version} ' 'postgresql-1[0-9]' 'postgresql-*-postgis-[0-9]' | sed 's/[-+][^ ]*//g'"
        ).replace(" ", " / ")
        _say(f"{machine.suite}: serves after {seconds} s; first query: {cells['query']}")
        if bench:
            _say(f"{machine.suite}: make bench {bench}")
            machine.bench(bench)
        passed, cells["tests"] = machine.test() if tests else (True, "not run")
        passed = passed and cells["query"] == "ok"
    except (Failed, OSError) as error:
        cells["tests"] = f"{error}"
    if not passed:
        machine.notes.append(f"failed; {machine.log} says why")
    return passed, (f"{SYSTEMS[machine.suite]} ({machine.suite})", *cells.values())


def table(machines: Sequence[Machine], results: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of the account."""
    heads = ("system", "Python", "PostgreSQL / PostGIS", "s to serve", "first query", "make test")
    widths = [max(map(len, column)) for column in zip(heads, *results, strict=True)]
    for row in (heads, *results):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    for machine in machines:
        for note in machine.notes:
            yield f"{machine.suite}: {note}"


def _say(line: str) -> None:
    sys.stderr.write(f"fresh: {line}\n")


def main() -> int:
    """Read the options, get ready, try each system, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--systems", default=" ".join(SYSTEMS), help="of: %(default)s")
    parser.add_argument("--tests", default="yes", choices=("yes", "no"), help="whether to run make test")
    parser.add_argument("--bench", default="", help="what make bench is to run with, as ONLY=viewport,point KEPT=yes")
    parser.add_argument("--directory", default=ROOT / ".data" / "fresh", type=Path, help="where the systems are made")
    options = parser.parse_args()
    systems = options.systems.replace(",", " ").split()
    if unknown := set(systems) - set(SYSTEMS):
        parser.error(f"no such system: {', '.join(unknown)}; there are {', '.join(SYSTEMS)}")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        _say(
            "needs root on Linux, for debootstrap, mounts and chroot: run `sudo make fresh`, "
            "or `make fresh` in a container that may mount"
        )
        return 1
    if _INSIDE not in os.environ:
        subprocess.run([ROOT / "scripts" / "bootstrap", "debootstrap"], check=True)
        command = ["unshare", "--mount", "--propagation=private", sys.executable, *sys.argv]
        os.execvpe(command[0], command, os.environ | {_INSIDE: "1"})
    commit = subprocess.check_output(["git", "-C", ROOT, "rev-parse", "HEAD"], text=True).strip()
    _say(f"commit {commit[:12]}, {os.cpu_count()} cores")
    if subprocess.check_output(["git", "-C", ROOT, "status", "--porcelain"]):
        _say("uncommitted changes are left out")
    host = Host.read()
    machines = [Machine(suite, options.directory.resolve(), host) for suite in systems]
    results = [try_out(machine, commit, tests=options.tests == "yes", bench=options.bench) for machine in machines]
    for line in table(machines, [cells for _, cells in results]):
        sys.stdout.write(f"{line}\n")
    return 0 if all(passed for passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
