"""Content codings of bodies; enters bytes as they come, leaves decoded pieces of bounded size."""

import zlib
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import zstandard

from gateway import errors
from gateway.sources.zstd import Decoder

_PIECE: Final = 2**20
_GZIP: Final = 31  # zlib's number for gzip with the largest window


class Coding(Protocol):
    """Decodes one body."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data`, which follows what was fed before, decodes to."""

    def end(self) -> None:
        """Raise BadBody where the body was cut off."""


def decoder(name: bytes | None) -> Coding:
    """The decoder of a Content-Encoding; raises UnsupportedMediaType for one that is not read."""
    kinds: Mapping[bytes, type[Coding]] = {b"identity": _Identity, b"gzip": _Gzip, b"x-gzip": _Gzip, b"zstd": _Zstd}
    kind = kinds.get((name or b"identity").strip().lower())
    if kind is None:
        raise errors.UnsupportedMediaType("Send the file plain, or with Content-Encoding: gzip or zstd.")
    return kind()


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def end(self) -> None:
        pass


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                if self._member.eof:  # one member may follow another (RFC 1952, 2.2)
                    self._member = zlib.decompressobj(_GZIP)
                self._begun = True
                yield self._member.decompress(data, _PIECE)
                data = self._member.unconsumed_tail or self._member.unused_data
        except zlib.error as error:
            raise _broken("gzip") from error

    def end(self) -> None:
        if self._begun and not self._member.eof:
            raise _broken("gzip")


class _Zstd:
    def __init__(self) -> None:
        self._decoder = Decoder()

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            yield from self._decoder.feed(data)
        except zstandard.ZstdError as error:
            raise _broken("zstd") from error

    def end(self) -> None:
        if not self._decoder.whole:
            raise _broken("zstd")


def _broken(name: str) -> errors.BadBody:
    return errors.BadBody(
        f"The body is not whole {name}: it was cut off, or is something else. Compress the file again, or send it "
        "plain, without Content-Encoding."
    )
