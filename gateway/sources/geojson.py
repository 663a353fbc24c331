"""GeoJSON with every value as it is written; enters a file, leaves columns of JSON and geometry as WKB.

GDAL guesses types over a whole file: text that looks like a date becomes one, long numbers become floats. Here a value
is the text that stands in the file until the column that takes it says what it is (RFC 7946, and RFC 8142 for records).
"""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO, Final

import msgspec
import orjson
import pyarrow as pa
from pyproj import CRS
from pyproj.exceptions import CRSError

from gateway.errors import SourceError
from gateway.geo.geojson import GEOMETRIES
from gateway.sources import encodings, formats, lines, members, shapes
from gateway.sources.batches import ABSENT, Description, SourceBatch
from gateway.sources.members import Members
from gateway.sources.names import distinct, fid_name
from gateway.sources.records import Document, SeveralValues

_BLOCK: Final = 2**20
_BATCH_BYTES: Final = 16 * 2**20
_BATCH_CELLS: Final = 2**20  # rows times fields
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_OWN: Final = frozenset({"type", "id", "geometry", "properties", "bbox", "crs"})
_STRINGS: Final = re.compile(rb'[^"]*[\x80-\xff][^"]*')
_INTEGER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)")
_SHOWN: Final = 60
_ABSENT: Final = ABSENT.encode()


@dataclass(frozen=True, slots=True)
class _Feature:
    """One feature: JSON in UTF-8 of its id, properties and geometry, where it has them."""

    id: bytes | None
    properties: Members
    geometry: bytes | None
    foreign: tuple[str, ...] = ()


@dataclass
class _Survey:
    """What the whole file says, read once before any row is written."""

    judge: encodings.Judge
    names: dict[str, None] = field(default_factory=dict)
    features: int = 0
    named: bool = False  # ids are text
    foreign: dict[str, int] = field(default_factory=dict)

    def add(self, feature: _Feature) -> None:
        self.features += 1
        self.names.update(dict.fromkeys(feature.properties.raw))
        if feature.id is not None and not _INTEGER.fullmatch(feature.id):
            self.named = True
        for name in feature.foreign:
            self.foreign[name] = self.foreign.get(name, 0) + 1


class GeoJsonFile:
    """A GeoJSON text, or a sequence of them; `opened` opens it again each time that it is read.

    `sequence` says that it is one record a line. Raises SourceError, on description, where it is something else.
    """

    def __init__(
        self,
        name: str,
        opened: Callable[[], BinaryIO],
        *,
        sequence: bool = False,
        encoding: str | None = None,
    ) -> None:
        self._name = name
        self._opened = opened
        self._sequence = sequence
        self._encoding = encodings.known(encoding) if encoding else None
        self._around: Mapping[str, bytes] = {}

    @cached_property
    def description(self) -> Description:
        """What the file says; all of it is read for that. Raises SourceError where it is not whole GeoJSON."""
        survey = self._survey
        fields, notes = list(survey.names), []
        if survey.named:
            fields.append("id")
            if (kept := distinct(fields)[-1]) != "id":
                notes.append(f"the member id of features is kept as {kept}: they have a property id, too")
        for name, number in survey.foreign.items():
            notes.append(f"the member {name} of features is no property and was left out ({number:,} features)")
        judged = survey.judge.notes()
        encoding = f"{self._encoding} (given)" if self._encoding else encodings.UTF8
        return Description(
            self._name,
            tuple(distinct(fields)),
            self._crs(),
            survey.features,
            fid_name(fields),
            encoding,
            (*judged, *notes),
        )

    @cached_property
    def layer(self) -> str | None:
        """The name that the file gives itself."""
        text = self._member("name")
        return text if isinstance(text, str) else None

    def batches(self, first: int, rows: int, notes: set[str]) -> Iterator[SourceBatch]:
        """Read from feature `first` on, at most `rows` at a time."""
        del notes  # the survey has them all
        promised, fields = self._survey.features, len(self.description.fields)
        most = max(1, min(rows, _BATCH_CELLS // max(fields, 1)))
        at, size, gathered = 0, 0, list[_Feature]()
        for feature, weight in self._features():
            at += 1
            if at <= first:
                continue
            if gathered and (len(gathered) >= most or size > _BATCH_BYTES):
                yield self._batch(at - 1 - len(gathered), gathered)
                gathered, size = [], 0
            gathered.append(feature)
            size += weight
        if at != promised:
            raise SourceError(f"{self._name} changed while it was read: it has {at:,} features, not {promised:,}.")
        if gathered:
            yield self._batch(at - len(gathered), gathered)

    def _batch(self, first: int, features: Sequence[_Feature]) -> SourceBatch:
        fids = [f.id if f.id and _INTEGER.fullmatch(f.id) else b"%d" % n for n, f in enumerate(features, first)]
        columns: dict[str, Sequence[bytes]] = {fid_name(list(self._survey.names)): fids}
        for name in self._survey.names:
            columns[name] = [feature.properties.raw.get(name, _ABSENT) for feature in features]
        if self._survey.named:
            columns[self.description.fields[-1]] = [feature.id or _ABSENT for feature in features]
        remarks = members.remarks(feature.properties for feature in features)
        shaped = shapes.wkb([feature.geometry for feature in features])
        unread = {
            row: "The geometry is none of GeoJSON, or its coordinates are no numbers."
            for row, feature in enumerate(features)
            if feature.geometry is not None and not shaped[row].is_valid
        }
        fields = {name: _text(values) for name, values in columns.items()}
        return SourceBatch(first, fields, shaped, frozenset(fields), remarks, unread)

    @cached_property
    def _survey(self) -> _Survey:
        try:
            return self._surveyed()
        except SeveralValues:
            self._sequence = True
            return self._surveyed()

    def _surveyed(self) -> _Survey:
        said = f"as was asked, from {self._encoding}" if self._encoding else "as GeoJSON is"
        survey = _Survey(encodings.Judge(self._name, encodings.UTF8, said, given=self._encoding is not None))
        for place, text in self._texts():
            if not text.isascii():
                for value in _STRINGS.findall(text):
                    survey.judge.look(value, place)
            for feature in self._read(place, text):
                survey.add(feature)
        return survey

    def _features(self) -> Iterator[tuple[_Feature, int]]:
        for place, text in self._texts():
            for feature in self._read(place, text):
                yield feature, len(text)

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        """Each feature with the place by which people find it."""
        if self._sequence:
            for number, record in lines.records(lines.lines(self._blocks())):
                yield f"Line {number}", record
            return
        document = Document(self._name)
        for number, text in enumerate(document.features(self._blocks())):
            yield f"Feature {number}", text
        self._around, _ = self._parsed("The text", bytes(document.around))
        kind = self._member("type")
        if kind == "Feature" or kind in GEOMETRIES:
            yield "Feature 0", bytes(document.around)
        elif kind != "FeatureCollection" or self._member("features") != []:
            raise SourceError(f"{self._name} is JSON, but no GeoJSON. {formats.CONVERT.format(self._name)}")

    def _blocks(self) -> Iterator[bytes]:
        """The file in UTF-8, without the mark that it may begin with."""
        with self._opened() as file:
            head = file.read(_BLOCK)
            mark, marked = next(((mark, name) for mark, name in _BOMS if head.startswith(mark)), (b"", encodings.UTF8))
            encoding = self._encoding or marked
            head = head[len(mark) :]
            decoder = None if encoding == encodings.UTF8 else codecs.getincrementaldecoder(encoding)("replace")
            while head:
                yield head if decoder is None else decoder.decode(head).encode()
                head = file.read(_BLOCK)
            if decoder is not None:
                yield decoder.decode(b"", final=True).encode()

    def _parsed(self, place: str, text: bytes) -> tuple[Mapping[str, bytes], Members | None]:
        try:
            return members.feature(text)
        except ValueError as error:
            shown = text[:_SHOWN].decode(errors="replace")
            raise SourceError(
                f"{place} of {self._name} is not a GeoJSON feature: {shown!r} ({error}). The file may have been cut "
                "off; fix it or remove that."
            ) from None

    def _read(self, place: str, text: bytes) -> Iterator[_Feature]:
        own, properties = self._parsed(place, text)
        kind = _value(own.get("type"))
        foreign = [name for name in own if name not in _OWN]
        geometry = own.get("geometry")
        if kind in GEOMETRIES:
            yield _Feature(None, Members({}), text)
        elif kind == "FeatureCollection":
            for each in msgspec.json.decode(own.get("features", b"[]"), type=list[msgspec.Raw]):
                yield from self._read(place, bytes(each))
        elif kind == "Feature":
            if "properties" not in own and foreign:  # as GDAL has it, members of the feature are its fields
                properties, foreign = members.of({name: own[name] for name in foreign}), []
            yield _Feature(_given(own.get("id")), properties or Members({}), _given(geometry), tuple(foreign))
        else:
            raise SourceError(
                f"{place} of {self._name} is not a GeoJSON feature: {text[:_SHOWN].decode(errors='replace')!r}. The "
                "file may have been cut off; fix it or remove that."
            )

    def _member(self, name: str) -> object:
        return _value(self._around.get(name))

    def _crs(self) -> CRS | None:
        """WGS 84, or what the member `crs` names, which GeoJSON had before RFC 7946."""
        if "crs" not in self._around:
            return CRS.from_epsg(4326)
        declared = self._member("crs")
        if declared is None:
            return None
        properties = declared.get("properties") if isinstance(declared, dict) else None
        named = properties.get("name", properties.get("code")) if isinstance(properties, dict) else None
        try:
            return CRS.from_user_input(int(str(named)) if str(named).isdecimal() else named)
        except (CRSError, TypeError, ValueError) as error:
            raise SourceError(
                f"The coordinate reference system of {self._name} is unknown here: {str(declared)[:200]}. Give its "
                "EPSG code with --srid."
            ) from error


def _given(raw: bytes | None) -> bytes | None:
    return None if raw == b"null" else raw


def _value(raw: bytes | None) -> object:
    """A short value of JSON; None where there is none, or one beyond what is needed here."""
    try:
        return None if raw is None else orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _text(values: Sequence[bytes]) -> pa.Array:
    return pa.array(values, pa.binary()).view(pa.string())
