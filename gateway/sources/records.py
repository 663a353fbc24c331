"""JSON text cut into its features; enters pieces of a file, leaves each feature and what stands around.

Nothing is parsed here: brackets outside of strings are counted, whole blocks at a time, so that a file of any size
passes through the memory of one feature. What is not whole is refused with its place, never taken for a shorter file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.errors import SourceError

MOST_BYTES = 64 * 2**20  # of one feature: some two million positions
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_TAIL = 4096
_LIST, _FEATURE = 2, 3  # depths
_FEATURES = re.compile(rb'[{,]\s*"features"\s*:\s*$')
_SPACE = b" \t\r\n"
_QUOTE, _OPEN, _CLOSE = 1, 2, 3
_CODES = np.zeros(256, dtype=np.uint8)
_CODES[ord('"')] = _QUOTE
_CODES[[ord("{"), ord("[")]] = _OPEN
_CODES[[ord("}"), ord("]")]] = _CLOSE


def deepest(text: bytes) -> int:
    """How deep brackets are nested in `text`."""
    brackets = Brackets()
    return int(np.max(brackets.depths(text)[1], initial=0)) if text.count(b"[") + text.count(b"{") else 0


@dataclass
class Brackets:
    """Follows strings and brackets from block to block."""

    depth: int = 0
    _text: bool = False  # inside a string
    _escaped: bool = False  # the next byte is

    def feed(self, block: bytes, most: int) -> Iterator[tuple[int, int]]:
        """Places in `block` of brackets down to depth `most`, with the depth after them; of opening ones negative."""
        places, depths, opened = self.depths(block)
        seen = np.flatnonzero(depths + ~opened <= most)
        signs = np.where(opened[seen], -1, 1)
        yield from zip(places[seen].tolist(), (signs * depths[seen]).tolist(), strict=True)

    def depths(self, block: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Of each bracket in `block` outside of strings: its place, the depth after it, and whether it opens."""
        codes = _CODES[np.frombuffer(self._unescaped(block), dtype=np.uint8)]
        places = np.flatnonzero(codes)
        codes = codes[places]
        within = (np.cumsum(codes == _QUOTE) + self._text) % 2 == 1
        self._text = bool(within[-1]) if len(within) else self._text
        brackets = np.flatnonzero((codes != _QUOTE) & ~within)
        places, opened = places[brackets], codes[brackets] == _OPEN
        depths = self.depth + np.cumsum(np.where(opened, 1, -1))
        self.depth = int(depths[-1]) if len(depths) else self.depth
        return places, depths, opened

    def _unescaped(self, block: bytes) -> bytes:
        """`block` with other bytes in place of escapes, so that every quote in it begins or ends a string."""
        if self._escaped and block:
            block = b"_" + block[1:]
        self._escaped = False
        if b"\\" in block:
            block = _ESCAPE.sub(b"__", block)
            self._escaped = block.endswith(b"\\")
        return block


class SeveralValues(Exception):
    """The text has more than one JSON value: it is a sequence of records."""


class Document:
    """A text that is one JSON object, read once; `around` is that without what stands in its member `features`."""

    def __init__(self, name: str) -> None:
        self.around = bytearray()
        self._name = name
        self._waiting = bytearray()
        self._begun = self._listed = False
        self._number = 0

    def features(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The objects in the member `features`; afterwards `around` is whole.

        Raises SourceError where the text is cut off, or something else stands between features, and SeveralValues.
        """
        brackets = Brackets()
        for block in blocks:
            start = 0
            for place, depth in brackets.feed(block, _FEATURE):
                if self._listed and depth == _FEATURE - 1:  # a feature ends
                    self._waiting += block[start : place + 1]
                    start = place + 1
                    yield self._taken()
                elif depth in {-1, -_LIST, -_FEATURE, _LIST - 1}:
                    self._waiting += block[start:place]
                    start = place
                    self._step(depth)
            self._waiting += block[start:]
            if len(self._waiting) + len(self.around) > MOST_BYTES:
                most = f"{MOST_BYTES // 2**20} MB"
                raise SourceError(f"After {self._number:,} features of {self._name} comes one of more than {most}.")
        if brackets.depth or not self._begun:
            message = f"{self._name} ends in the middle, after {self._number:,} features: it may have been cut off."
            raise SourceError(message)
        self.around += self._waiting

    def _taken(self) -> bytes:
        self._number += 1
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken

    def _step(self, depth: int) -> None:
        """Settle what waits before a bracket that is not the end of a feature."""
        if depth == -1:
            if self._begun:
                raise SeveralValues
            self._begun = True
        elif self._listed:
            self._between(last=depth > 0)
            self._listed = depth < 0
        elif depth == -_LIST:
            self.around += self._waiting
            self._waiting.clear()
            self._listed = bool(_FEATURES.search(self.around[-_TAIL:]))

    def _between(self, *, last: bool) -> None:
        """Check that nothing but a comma stands between features."""
        said = bytes(self._waiting).strip(_SPACE)
        if said != (b"[" if not self._number else b"" if last else b","):
            shown = said.lstrip(b"[,").lstrip(_SPACE)[:60].decode(errors="replace")
            message = f"After {self._number:,} features of {self._name} stands {shown!r}, which is no GeoJSON feature."
            raise SourceError(message)
        if not self._number:
            self.around += self._waiting
        self._waiting.clear()
