"""Bodies on their way; enters chunks and whom they are of, leaves bytes, in memory only while they are used.

A body that does not come at once is counted, for its client and in all. Past 64 kB it goes to a file without a name,
and comes back into memory when it is its turn: so few large bodies are there at a time, however many are sent.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from gateway import errors
from gateway.settings import HttpSettings

IN_MEMORY: Final = 65_536  # bytes of a body


class _Share:
    """What one client has under way."""

    def __init__(self, turns: int) -> None:
        self.bodies = 0
        self.bytes = 0
        self.turns = asyncio.Semaphore(turns)


class Body:
    """A body that comes in chunks."""

    def __init__(self, bodies: "Bodies", share: _Share) -> None:
        self.size = 0
        self._bodies = bodies
        self._share = share
        self._counted = 0
        self._chunks: list[bytes] = []
        self._held = 0
        self._file: IO[bytes] | None = None

    def expect(self, size: int) -> None:
        """Count bytes that are there, or announced; raises BodiesLimit where they are too many."""
        if size > self._counted:
            self._bodies.count(self._share, size - self._counted)
            self._counted = size

    async def add(self, chunk: bytes) -> None:
        """Take what came; raises as `expect` does."""
        self.size += len(chunk)
        self.expect(self.size)
        self._chunks.append(chunk)
        self._held += len(chunk)
        if self._held > IN_MEMORY:
            await self._store()

    async def settle(self) -> None:
        """The body was whole: of a large one nothing stays in memory."""
        if self._file is not None:
            await self._store()

    @asynccontextmanager
    async def whole(self) -> AsyncIterator[bytes]:
        """All bytes, while the block runs; a large body waits for its turn."""
        if self._file is None:
            yield b"".join(self._chunks)
            return
        async with self._share.turns, self._bodies.turns:
            yield await asyncio.to_thread(self._load)

    async def _store(self) -> None:
        chunks, self._chunks, self._held = self._chunks, [], 0
        await asyncio.to_thread(self._write, chunks)

    def _write(self, chunks: list[bytes]) -> None:
        try:
            if self._file is None:
                self._file = self._bodies.open_file()
            self._file.writelines(chunks)
        except OSError as error:
            raise errors.SpoolFull("The server has no room for large bodies now. Try again later.") from error

    def _load(self) -> bytes:
        assert self._file is not None
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        """Forget all of it."""
        self._bodies.count(self._share, -self._counted)
        if self._file is not None:
            self._file.close()


class Bodies:
    """All bodies that a worker has under way."""

    def __init__(self, http: HttpSettings, directory: Path) -> None:
        self.turns = asyncio.Semaphore(http.large_bodies)
        self._client_turns = -(-http.large_bodies // 2)
        self._most, self._client_most = http.bodies_bytes, http.client_bodies_bytes
        self._directory = directory
        self._bytes = 0
        self._shares: dict[str, _Share] = {}

    @contextmanager
    def receive(self, client: str) -> Iterator[Body]:
        """A body of a client, while the block runs."""
        share = self._shares.setdefault(client, _Share(self._client_turns))
        share.bodies += 1
        body = Body(self, share)
        try:
            yield body
        finally:
            body.close()
            share.bodies -= 1
            if not share.bodies:
                self._shares.pop(client, None)

    def count(self, share: _Share, size: int) -> None:
        """Count bytes, or no more where `size` is negative; raises BodiesLimit where they are too many."""
        if size > 0 and share.bytes + size > self._client_most:
            raise errors.BodiesLimit("As many bytes of your requests are on their way as may be. Try again shortly.")
        if size > 0 and self._bytes + size > self._most:
            raise errors.BodiesLimit("As many bytes of requests are on their way as may be. Try again shortly.")
        share.bytes += size
        self._bytes += size

    def open_file(self) -> IO[bytes]:
        """A file without a name, which ends with the process at the latest."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return TemporaryFile(dir=self._directory, buffering=0)
