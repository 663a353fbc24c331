"""Properties of a TopoJSON as they are written; enters a file and a layer, leaves columns of JSON.

GDAL reads the shapes, whose arcs it joins, and guesses the types of properties as it does those of GeoJSON.
https://github.com/topojson/topojson-specification
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
import pyarrow as pa

from gateway.errors import SourceError
from gateway.sources import members
from gateway.sources.batches import ABSENT, Remark
from gateway.sources.members import Members


class _Object(msgspec.Struct):
    geometries: list[msgspec.Raw] = []


class _Topology(msgspec.Struct):
    objects: dict[str, msgspec.Raw] = {}


class Table:
    """The properties of the object `layer` in `path`, of which GDAL reads `features`, numbered from 0."""

    def __init__(self, path: Path, layer: str, features: int) -> None:
        self._path = path
        self._layer = layer
        self._features = features

    @cached_property
    def _properties(self) -> Sequence[Members]:
        try:
            objects = msgspec.json.decode(self._path.read_bytes(), type=_Topology).objects
            geometries = msgspec.json.decode(objects[self._layer], type=_Object).geometries
            properties = [members.feature(bytes(each))[1] or Members({}) for each in geometries]
        except (KeyError, ValueError, RecursionError) as error:  # msgspec's errors are of the second
            raise SourceError(f"{self._path.name} is no TopoJSON that is read here: {error}.") from error
        if len(properties) != self._features:
            raise SourceError(
                f"Of the {len(properties):,} geometries of {self._path.name} {self._features:,} can be read. Remove "
                "those of no type, or make GeoJSON of it."
            )
        return properties

    @cached_property
    def misfits(self) -> Sequence[str]:
        """The names of properties."""
        return list(dict.fromkeys(name for each in self._properties for name in each.raw))

    def read(self, numbers: pa.Array) -> tuple[Mapping[str, pa.Array], Mapping[int, tuple[Remark, ...]]]:
        """The properties of the geometries of these numbers as JSON, and by row what had to be changed."""
        rows = [self._properties[number] for number in numbers.to_pylist()]
        columns = {
            name: pa.array([each.raw.get(name, ABSENT.encode()).decode() for each in rows], pa.string())
            for name in self.misfits
        }
        return columns, members.remarks(rows)
