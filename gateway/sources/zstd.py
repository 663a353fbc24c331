"""Zstandard as it comes; enters compressed bytes, leaves decoded pieces of bounded size."""

from collections.abc import Iterator
from typing import Final

import zstandard

_STEP: Final = 32  # bytes: a block of four may stand for 128 KB, so that a piece has 1 MB at most
_WINDOW: Final = 2**23  # what every decoder must take (RFC 8878, 3.1.1.1.2)


class Decoder:
    """Decodes frame by frame: the library's own reader takes a frame that is cut for the end."""

    def __init__(self, window: int = _WINDOW) -> None:
        self._window = window
        self._begun = False
        self._renew()

    def _renew(self) -> None:
        self._frame = zstandard.ZstdDecompressor(max_window_size=self._window).decompressobj()

    @property
    def whole(self) -> bool:
        """Whether what was fed ends with a frame."""
        return not self._begun or self._frame.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data`, which follows what was fed before, decodes to. Raises ZstdError."""
        for start in range(0, len(data), _STEP):
            rest = data[start : start + _STEP]
            while rest:
                if self._frame.eof:
                    self._renew()
                self._begun = True
                yield self._frame.decompress(rest)
                rest = self._frame.unused_data
