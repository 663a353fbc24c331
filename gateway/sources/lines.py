"""GeoJSON of one feature a record; enters the text of a file, leaves its records with their lines.

Records are lines, or what stands between separators (RFC 8142).
"""

from collections.abc import Iterable, Iterator

from gateway.errors import SourceError
from gateway.sources.records import MOST_BYTES

SEPARATOR = b"\x1e"


def lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of text that comes in blocks, each with its end."""
    rest = bytearray()
    for block in blocks:
        *whole, last = block.split(b"\n")
        for line in whole:
            yield bytes(rest) + line + b"\n"
            rest.clear()
        rest += last
        _check(len(rest))
    if rest:
        yield bytes(rest)


def records(text: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Records of lines `text`, each with the number of its first line."""
    separated, first, record = None, 1, bytearray()
    for number, line in enumerate(text, 1):
        if separated is None and line.strip():
            separated = line.startswith(SEPARATOR)
        if record.strip() and not (separated and not line.startswith(SEPARATOR)):
            yield first, bytes(record)
            record.clear()
        if not record.strip():
            first = number
            record.clear()
        record += line.lstrip(SEPARATOR)
        _check(len(record))
    if record.strip():
        yield first, bytes(record)


def _check(size: int) -> None:
    if size > MOST_BYTES:
        raise SourceError(
            f"A line, or a feature, has more than {MOST_BYTES // 2**20} MB. Write each feature on a line of its own."
        )
