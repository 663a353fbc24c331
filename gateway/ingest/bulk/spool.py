"""Bodies of bulk loads as files; enters pieces of a body, leaves a file with its size and digest, or nothing.

`directory/<job>/<layer>.<format>`, a directory for each database. While a body is being received its file is locked
(flock), which ends with the process: what nobody holds and no job knows is left of a process that was killed.
"""

import asyncio
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from gateway import errors
from gateway.ingest.bulk.coding import Coding
from gateway.ingest.bulk.formats import Format
from gateway.settings import Settings
from gateway.sources.bounds import Bounds

_GATHERED: Final = 2**18
_HEAD: Final = 64  # bytes, which are more than any signature
_ADVICE: Final = "Send the whole file."

T = TypeVar("T")

# Few, whatever is sent: each unpacks as fast as a core can, and keeps the memory that the largest piece took.
_threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="upload")


class Upload:
    """A body on its way into a file; its methods run in threads, one after another."""

    def __init__(self, file: BinaryIO, coding: Coding, form: Format, settings: Settings) -> None:
        self.bytes = 0
        self._file = file
        self._coding = coding
        self._form = form
        self._settings = settings.bulk
        self._bounds = Bounds(settings.files.ratio)
        self._digest = hashlib.sha256()
        self._gathered: list[bytes] = []
        self._size = 0
        self._unchecked = 0  # bytes decoded since the room was looked at

    @property
    def digest(self) -> str:
        """SHA-256 of what was written."""
        return self._digest.hexdigest()

    async def write(self, data: bytes) -> None:
        """Take the next bytes of the body.

        Raises BodyTooLarge, DenseBody, SpoolFull, and BadBody where they are not in the body's coding or format.
        """
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= _GATHERED:
            await self._flush()

    async def end(self) -> None:
        """The body was whole: what was taken is on the disk; raises as `write` does."""
        await self._flush()
        await _in_thread(self._settle)

    async def _flush(self) -> None:
        data = b"".join(self._gathered)
        self._gathered.clear()
        self._size = 0
        await _in_thread(lambda: self._store(data))

    def _store(self, data: bytes) -> None:
        self._bounds.packed += len(data)
        for piece in self._coding.feed(data):
            self._bounds.take(len(piece))
            self._unchecked += len(piece)
            if self._unchecked > _GATHERED:
                self._check_room()
            self.bytes += len(piece)
            if self.bytes > self._settings.upload_bytes:
                limit = self._settings.upload_bytes
                message = f"The body is larger than {limit} bytes, the limit. Send the file in several bodies."
                raise errors.BodyTooLarge(message, limit=limit)
            self._digest.update(piece)
            try:
                self._file.write(piece)
            except OSError as error:
                raise _full() from error

    def _check_room(self) -> None:
        if shutil.disk_usage(self._file.name).free - self._unchecked < self._settings.free_bytes:
            raise _full()
        self._unchecked = 0

    def _settle(self) -> None:
        self._check_room()
        self._coding.end()
        if not self.bytes:
            raise errors.BadBody(f"The body is empty. {_ADVICE}")
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _full() from error
        self._file.seek(0)
        if not self._form.begins(self._file.read(_HEAD)):
            raise errors.BadBody(f"The body is no {self._form.form.name}. Send the file as the format that it has.")


class Spool:
    """The directory of the bodies of one database on one host, which all of its workers there share."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        self._directory = directory
        self._settings = settings

    def file(self, job: str, layer: str, form: Format) -> Path:
        """Where the body of a job lies, if it is here."""
        return self._directory / job / f"{layer}.{form.name}"

    def names(self) -> Collection[str]:
        """The jobs of which something is here."""
        try:
            return [folder.name for folder in self._directory.iterdir() if folder.is_dir()]
        except FileNotFoundError:
            return ()

    @asynccontextmanager
    async def receive(self, layer: str, form: Format, coding: Coding) -> AsyncIterator[tuple[str, Upload]]:
        """The name of a new job, and what takes its body; where the block raises, nothing is left of it."""
        job = secrets.token_urlsafe(16)
        path = self.file(job, layer, form)
        try:
            path.parent.mkdir(parents=True, mode=0o700)
            file = path.open("xb+")
        except OSError as error:
            message = (
                "The directory for bodies of bulk loads can't be written. The operator sets GATEWAY_BULK_DIRECTORY."
            )
            raise errors.SetupError(message) from error
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield job, Upload(file, coding, form, self._settings)
            except BaseException:
                self.remove(job)
                raise

    def remove(self, job: str) -> None:
        """Remove the body of a job."""
        shutil.rmtree(self._directory / job, ignore_errors=True)

    @contextmanager
    def held(self, job: str) -> Iterator[bool]:
        """Hold what is here of a job, so that nobody is receiving it; false where somebody is."""
        with ExitStack() as stack:
            try:
                for path in (self._directory / job).glob("*"):
                    fcntl.flock(stack.enter_context(path.open("rb")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True


def _full() -> errors.SpoolFull:
    return errors.SpoolFull("The server has no room for the file now. Try again later, or send it in several bodies.")


async def _in_thread(work: Callable[[], T]) -> T:
    """Do `work` in a thread, and wait for its end even where the task is cancelled: it uses what the caller closes."""
    running = asyncio.get_running_loop().run_in_executor(_threads, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        running.exception()  # else it is logged as one that nobody saw
        raise
    finally:
        del running  # its error holds this frame, and so all that was unpacked
