"""Encodings of text; enters bytes and the name of an encoding, leaves text, and what of it looks wrong.

A wrong encoding gives letters that nobody wrote, and no error. So what is read in an encoding is judged before a row is
written: bytes that it does not have, and text that is UTF-8 throughout though another encoding is said.
"""

import codecs
import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from gateway.errors import BadEncoding

UTF8: Final = "utf-8"
_LATIN: Final = "windows-1252"
_ALIASES: Final = {"cp1252": _LATIN, "iso8859-1": "iso-8859-1"}
_CODE_PAGE: Final = re.compile(r"^(?:ansi|oem|cp|windows|ldid)?[\s_/-]*(\d{3,5})$", re.IGNORECASE)
_MOST_SHOWN: Final = 60


def known(name: str) -> str:
    """The encoding called `name`, as Python's codecs and `.cpg` files call them (`1252`, `ANSI 1252`, `UTF-8`).

    Raises BadEncoding for one that is not known.
    """
    text = name.strip()
    page = _CODE_PAGE.match(text)
    for candidate in ([f"cp{page[1]}", f"iso8859-{page[1][-1]}"] if page else []) + [text]:
        try:
            "a".encode(candidate)  # which refuses codecs that are not of text
            codec = codecs.lookup(candidate).name
        except (LookupError, ValueError):
            continue
        return _ALIASES.get(codec, UTF8 if codec == "utf-8-sig" else codec)
    raise BadEncoding(
        f"{text[:40]!r} is no encoding that is known here. Give for example utf-8, windows-1252, iso-8859-2, shift_jis "
        "or gbk.",
        path=("encoding",),
    )


def beside_ascii(encoding: str) -> bool:
    """Whether ASCII is itself in `encoding`, so that separators and digits can be read before text is."""
    return 'aZ0,;\t"\n'.encode(encoding) == b'aZ0,;\t"\n'


def double(text: str) -> str | None:
    """What `text` was before it was UTF-8 and was read as windows-1252; None where it does not look like that."""
    for codec in ("cp1252", "latin-1"):
        try:
            before = text.encode(codec).decode()
        except UnicodeError:
            continue
        return None if before == text else before
    return None


@dataclass
class Judge:
    """Looks at the text of a source, which is in `encoding`; `given` says that the user named it.

    Counts are of values with letters beyond ASCII.
    """

    name: str
    encoding: str
    said_by: str  # who names the encoding: "its .cpg file"
    given: bool = False
    values: int = 0
    unreadable: int = 0
    utf8: int = 0
    damaged: int = 0  # before they came here
    examples: dict[str, bytes] = field(default_factory=dict)

    def look(self, value: bytes, place: str) -> None:
        """Judge one value of the field or feature `place`."""
        if value.isascii():
            return
        self.values += 1
        own, as_utf8 = _decoded(value, self.encoding), _decoded(value, UTF8)
        if own is None:
            self._count("unreadable", value, place)
        elif self.encoding != UTF8 and as_utf8 is not None:
            self._count("utf8", value, place)
        elif "\ufffd" in own or (self.encoding == UTF8 and double(own)):
            self._count("damaged", value, place)

    def _count(self, kind: str, value: bytes, place: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        self.examples.setdefault(kind, value)
        self.examples.setdefault(f"{kind} of", place.encode())

    def notes(self) -> tuple[str, ...]:
        """What the report says. Raises BadEncoding where values look wrong, and the user did not name the encoding."""
        if not self.given and 2 * self.unreadable > self.values:
            raise self._refusal("unreadable", f"are not {self.encoding} ({self.said_by})")
        if not self.given and self.utf8 and self.utf8 == self.values:
            raise self._refusal("utf8", f"look wrong as {self.encoding} ({self.said_by})")
        lines = [f"text is read as {self.encoding} ({self.said_by})"] if self.values or self.given else []
        if self.unreadable:
            lines.append(f"{self.unreadable:,} values are not {self.encoding}, for example {self._shown('unreadable')}")
        if self.damaged:
            lines.append(
                f"{self.damaged:,} values were damaged before they came here, for example {self._shown('damaged')}"
            )
        return tuple(lines)

    def _shown(self, kind: str) -> str:
        text = self.examples[kind].decode(self.encoding, "replace")[:_MOST_SHOWN]
        return f"{text!r} of {self.examples[f'{kind} of'].decode(errors='replace')}"

    def _refusal(self, kind: str, what: str) -> BadEncoding:
        value = self.examples[kind]
        better = next(name for name in (UTF8, _LATIN, "latin-1") if _decoded(value, name) is not None)
        reading = value.decode(better)[:_MOST_SHOWN]
        keep = f", or --encoding {self.encoding} to load them as they are" if kind == "utf8" else ""
        return BadEncoding(
            f"{getattr(self, kind):,} of {self.values:,} values of {self.name} with letters beyond ASCII {what}: "
            f"{self._shown(kind)} would be {reading!r} as {better}. Nothing was written. Give the encoding of the file "
            f"with --encoding, for example --encoding {better}{keep}.",
            path=("encoding",),
        )


def _decoded(value: bytes, encoding: str) -> str | None:
    try:
        return value.decode(encoding)
    except UnicodeError:
        return None


def recoded(column: pa.Array, encoding: str) -> tuple[pa.Array, list[int]]:
    """A column of text, or of bytes, in `encoding` as UTF-8, and the rows with bytes that it does not have."""
    large = column.type in {pa.large_string(), pa.large_binary()}
    raw = column.view(pa.large_binary() if large else pa.binary())
    if not beyond_ascii(raw):
        return column.view(pa.large_string() if large else pa.string()), []
    values = [None if value is None else (value, value.decode(encoding, "replace")) for value in raw.to_pylist()]
    bad = [row for row, each in enumerate(values) if each and _decoded(each[0], encoding) is None]
    return pa.array([each and each[1] for each in values], pa.string()), bad


def beyond_ascii(column: pa.Array) -> list[bytes]:
    """The values of a column of bytes that have others than those of ASCII."""
    data = column.buffers()[2]
    if data is None or not (np.frombuffer(data, dtype=np.uint8) & 0x80).any():
        return []
    return [value for value in column.to_pylist() if value is not None and not value.isascii()]
