"""A dataset that another process reads; enters its files, leaves its description and batches of columns.

One process a file, begun again (exec) with an empty environment. Whatever it does wrong is one file that is not read.
"""

import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Final

import orjson

from gateway.errors import ReaderCrashed, ReaderMemory, ReaderTime, SourceError
from gateway.geo.positions import JsonObject
from gateway.settings import FileSettings
from gateway.sources.batches import Description, SourceBatch
from gateway.sources.bounds import Bounds
from gateway.sources.containers import Dataset
from gateway.sources.jail import environment, frames
from gateway.telemetry import log

_SCRIPT: Final = Path(__file__).with_name("worker.py")
_MEGABYTE: Final = 10**6


class JailedReader:
    """One layer of a dataset; `layer` names it where there are several.

    Raises SourceError for what can't be read, and ReaderCrashed, ReaderMemory or ReaderTime for what broke the process.
    """

    def __init__(self, dataset: Dataset, layer: str | None, encoding: str | None, settings: FileSettings) -> None:
        self._dataset = dataset
        self._settings = settings
        size = sum(file.stat().st_size for file in dataset.files)
        self._seconds = settings.seconds + round(settings.seconds_per_mb * size / _MEGABYTE)
        self._bounds = Bounds(settings.ratio, size)
        self._late = False
        self._process = _start(dataset)
        self.close = weakref.finalize(self, _end, self._process)  # also in the middle of its work
        self._ask(
            path=str(dataset.path),
            files=[str(file) for file in dataset.files],
            origin=[str(file) for file in dataset.origin],
            name=dataset.name,
            form=dataset.form.name,
            trusted=dataset.form.trusted,
            layer=layer,
            encoding=encoding,
            memory=settings.memory_bytes,
            mapped=2 * size,
            seconds=self._seconds,
        )
        try:
            self._answer()
        except SourceError:
            self.close()
            raise

    @cached_property
    def description(self) -> Description:
        """What the file says of itself; features are counted for it."""
        self._ask(ask="description")
        said, _ = self._answer()
        try:
            return frames.description(said)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:  # of pyproj, the last
            raise self._crashed(error) from error

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Features from `first` on; who begins to read again ends what was read before."""
        self._ask(ask="batches", first=first, rows=rows)
        while True:
            self._ask(ask="more")
            said, data = self._answer()
            notes.update(map(str, said.get("notes", ())))
            if "end" in said:
                return
            self._bounds.take(len(data))
            try:
                batch = frames.unpacked(said, data)
            except (KeyError, TypeError, ValueError) as error:
                raise self._crashed(error) from error
            yield batch

    def _ask(self, **question: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(orjson.dumps(question) + b"\n")
        except (OSError, ValueError) as error:  # it has ended, or was closed
            raise self._ended() from error

    def _answer(self) -> tuple[JsonObject, bytearray]:
        """The next answer. Raises the error that it is, and SourceError where there is none."""
        until = time.monotonic() + 2 * self._seconds
        text_bytes, data_bytes = frames.HEAD.unpack(self._read(frames.HEAD.size, until))
        if text_bytes > frames.MOST_JSON or data_bytes > frames.MOST_BATCH:
            raise self._crashed(ValueError("too long an answer"))
        text, data = self._read(text_bytes, until), self._read(data_bytes, until)
        try:
            said = orjson.loads(text)
            if "error" in said:
                raise frames.raised(said)
            failed = said.get("failed")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._crashed(error) from error
        if failed == "memory":
            raise self._memory()
        if failed is not None:
            raise self._crashed(RuntimeError(str(failed)))
        return said, data

    def _read(self, size: int, until: float) -> bytearray:
        data = bytearray(size)
        view, pipe = memoryview(data), self._process.stdout
        assert pipe is not None
        while view:
            try:
                ready, _, _ = select.select([pipe], [], [], max(until - time.monotonic(), 0))
                if not ready:
                    self._late = True
                    raise self._ended()
                if not (number := os.readv(pipe.fileno(), [view])):
                    raise self._ended()
            except (OSError, ValueError) as error:  # it was closed meanwhile
                raise self._ended() from error
            view = view[number:]
        return data

    def _ended(self) -> SourceError:
        """Why there is no answer."""
        if not self.close.alive:
            return SourceError(f"{self._name} is not read any more.")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.0 if self._late else 5.0)
        code = self._process.poll()
        self.close()
        if self._late or code == -signal.SIGXCPU:
            return ReaderTime(
                f"{self._name} took longer than {self._seconds} s to read. Send it in parts, or in a simpler format "
                "such as FlatGeobuf. The operator sets GATEWAY_FILES_SECONDS."
            )
        if code == -signal.SIGKILL:
            return self._memory()
        return self._crashed(RuntimeError(f"exit {code}"))

    def _memory(self) -> SourceError:
        return ReaderMemory(
            f"{self._name} took more memory than {self._settings.memory_bytes:,} bytes to read. Send it in parts; see "
            "that no feature or line is huge. The operator sets GATEWAY_FILES_MEMORY_BYTES."
        )

    def _crashed(self, why: Exception) -> SourceError:
        log.warning("reader of a file failed", format=self._dataset.form.name, reason=str(why)[:500])
        self.close()
        return ReaderCrashed(
            f"{self._name} cannot be read: what reads {self._dataset.form.name} failed at it. It may be damaged: "
            "write it again, or in another format such as GeoPackage or FlatGeobuf."
        )

    @property
    def _name(self) -> str:
        return self._dataset.origin[0].name


def _start(dataset: Dataset) -> subprocess.Popen[bytes]:
    # -I: no environment, no folder of the script or the user to import from.
    command: Sequence[str] = (sys.executable, "-I", "-X", "utf8", str(_SCRIPT))
    return subprocess.Popen(  # noqa: S603
        command,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment.variables(dataset.form),
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
