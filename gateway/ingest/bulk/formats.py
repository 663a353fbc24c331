"""Formats of bulk loads; enters a media type or a name, leaves how a body is kept and read.

Each is read with the one driver of GDAL that is for it: others, which look at content too, open files that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway import errors
from gateway.sources import formats

_SIGNED = frozenset({formats.FLATGEOBUF, formats.GEOPARQUET})


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name in URLs, which is the ending of its files, and the types that clients call it."""

    name: str
    form: formats.Format
    media_types: tuple[str, ...]

    def begins(self, head: bytes) -> bool:
        """Whether a body that begins with `head` can be of this format: text has no signature."""
        return self.form not in _SIGNED or formats.identify("", head) is self.form


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        form.name: form
        for form in (
            Format(
                "geojsonl",
                formats.GEOJSONSEQ,
                ("application/geo+json-seq", "application/x-ndjson", "application/ndjson", "application/jsonl"),
            ),
            Format("geojson", formats.GEOJSON, ("application/geo+json", "application/json")),
            Format("fgb", formats.FLATGEOBUF, ("application/flatgeobuf", "application/vnd.flatgeobuf")),
            Format("parquet", formats.GEOPARQUET, ("application/vnd.apache.parquet",)),
            Format("csv", formats.CSV, ("text/csv",)),
        )
    }
)
_BY_MEDIA_TYPE = {media: form for form in FORMATS.values() for media in form.media_types}
# What any page may make a browser send without asking first (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
_FROM_ANYWHERE = frozenset({"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})


def choose(content_type: bytes | None, name: str | None) -> Format:
    """The format that the header Content-Type names, or the parameter `format` where it is given.

    Raises UnsupportedMediaType for another type, and whatever is named for one that any page could send.
    """
    media = (content_type or b"").decode("latin-1").partition(";")[0].strip().lower()
    form = _BY_MEDIA_TYPE.get(media) if name is None else _named(name)
    if form is None or media in _FROM_ANYWHERE:
        known = ", ".join(each.media_types[0] for each in FORMATS.values())
        said = f"not as {media}" if media else "which is missing"
        raise errors.UnsupportedMediaType(f"Send the file with the header Content-Type, one of {known}; {said[:100]}.")
    return form


def _named(name: str) -> Format:
    if name not in FORMATS:
        raise errors.ArgumentError(f"format is one of {', '.join(FORMATS)}, not {name[:40]!r}.", path=("format",))
    return FORMATS[name]
