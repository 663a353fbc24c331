"""Operations of the kinds that may take a database long, with parameters by chance; enters a seed, leaves documents."""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from gateway.query.weights import SPATIAL

Operation = tuple[str, Mapping[str, Any]]
Box = Sequence[float]

_PAGE: Final = "query ($f: ParcelFilter) { parcels(%s, filters: $f) { %s } }"
_ASKED: Final = ("nodes { parcelId }", "nodes { parcelId }", "totalCount", "extent", "totalCount nodes { geometry }")
_WORDS: Final = ("oak", "Street", "zzqx", "1", "Retail", "a")
_FIELDS: Final = (
    *("parcelId address landUse yearBuilt", "geometry", "areaSqm perimeterM", "centroid bbox", "feature"),
    *("buffer(meters: 5)", "attributes", "pointOnSurface { __typename }", "geometry(simplify: 2)"),
)
_ORDERS: Final = ("address", "areaSqm", "perimeterM", "centroid", "bbox", "yearBuilt", "parcelId", "pointOnSurface")


class Kinds:
    """Draws operations over a county that lies in a box."""

    def __init__(self, seed: int, extent: Box) -> None:
        self._random = Random(seed)
        self._extent = extent
        self.kinds: Mapping[str, Callable[[], Operation]] = {
            "spatial lookup": self._spatial,
            "text lookup": self._texts,
            "computed lookup": self._computed,
            "relation filter": self._related,
            "relation pages": self._pages,
            "distance order": self._distance,
            "order": self._order,
            "fields": self._fields,
            "count and extent": self._whole,
            "past": self._past,
        }

    def draw(self) -> tuple[str, Operation]:
        """One operation and its kind."""
        kind = self._random.choice(list(self.kinds))
        return kind, self.kinds[kind]()

    def _log(self, low: float, high: float) -> float:
        """A number between two, of which each order of magnitude is as likely."""
        return math.exp(self._random.uniform(math.log(low), math.log(high)))

    def _place(self) -> tuple[float, float]:
        west, south, east, north = self._extent
        return self._random.uniform(west, east), self._random.uniform(south, north)

    def _size(self) -> str:
        return f"{self._random.choice(('first', 'first', 'last'))}: {int(self._log(1, 1_000))}"

    def _asked(self) -> str:
        return self._random.choice(_ASKED)

    def _box(self) -> list[float]:
        (x, y), side = self._place(), self._log(0.0005, 0.1)
        return [x, y, x + side, y + side]

    def _shape(self) -> Mapping[str, Any]:
        """A star, whose points lie close where there are many."""
        (x, y), radius, count = self._place(), self._log(0.0002, 0.05), int(self._log(5, 9_990))
        depth = self._random.choice((0.0, 0.02, 0.5))
        turns = [2 * math.pi * step / count for step in range(count)]
        reach = [radius * (1 - depth * (step % 2)) for step in range(count)]
        ring = [[x + away * math.cos(turn), y + away * math.sin(turn)] for away, turn in zip(reach, turns, strict=True)]
        return {"geojson": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}

    def _target(self) -> Mapping[str, Any]:
        form = self._random.randint(1, 6)
        if form == 1:
            return {"bbox": self._box()}
        if form == 2:
            return {"circle": {"center": [*self._place()], "radius": self._log(10, 5_000)}}
        if form == 3:
            x, y = self._place()
            return {"wkt": f"POINT({x} {y})"}
        return self._shape()

    def _lookup(self) -> Mapping[str, Any]:
        name = self._random.choice(sorted(SPATIAL))
        if name == "isValid":
            return {name: True}
        if name == "dwithin":
            return {name: {"geometry": self._target(), "distance": self._log(1, 5_000)}}
        if name == "relate":
            target = self._random.choice((self._shape(), {"bbox": self._box()}))
            return {name: {"geometry": target, "pattern": self._random.choice(("T********", "FF*FF****", "T*F**F***"))}}
        return {name: self._target()}

    def _boxed(self, filters: Mapping[str, Any], percent: int) -> Mapping[str, Any]:
        """The same filter, now and then within a box."""
        if self._random.randint(1, 100) > percent:
            return filters
        return {"and": [filters, {"geometry": {"bbOverlaps": {"bbox": self._box()}}}]}

    def _spatial(self) -> Operation:
        filters = self._boxed({"geometry": self._lookup()}, 30)
        if self._random.randint(1, 5) == 1:
            filters = {"not": filters}
        return _PAGE % (self._size(), self._asked()), {"f": filters}

    def _texts(self) -> Operation:
        name = self._random.choice(("iContains", "contains", "endsWith", "iEndsWith", "iExact", "startsWith", "exact"))
        length, terms = int(self._log(1, 9_000)), int(self._log(1, 60))
        word = self._random.choice(_WORDS)
        texts = [(word + str(term)).ljust(length, "x") if length > 9 else word for term in range(terms)]
        filters = {"or": [{self._random.choice(("address", "landUse")): {name: text}} for text in texts]}
        return _PAGE % (self._size(), self._asked()), {"f": self._boxed(filters, 40)}

    def _computed(self) -> Operation:
        terms = int(self._log(1, 100))
        name = self._random.choice(("perimeterM", "areaSqm", "assessedValue", "yearBuilt"))
        most = 10**6 if self._random.randint(0, 1) else 100
        filters = {"or": [{name: {"gt": most + term}} for term in range(terms)]}
        return _PAGE % (self._size(), self._asked()), {"f": self._boxed(filters, 50)}

    def _related(self) -> Operation:
        filters: Mapping[str, Any] = self._random.choice(
            ({}, {"landUse": {"exact": self._random.choice(("Retail", "zz"))}}, {"yearBuilt": {"gt": 2020}})
        )
        for level in range(self._random.randint(1, 3)):
            quantifier = self._random.choice(("some", "every", "none"))
            if level == 0 and self._random.randint(0, 1):
                zone = {"zoneCode": {"exact": self._random.choice(("R1", "C2", "zz"))}}
                filters = {"zoningDistricts": {quantifier: zone}}
            else:
                filters = {"neighbors": {quantifier: filters}}
        return _PAGE % (self._size(), self._asked()), {"f": self._boxed(filters, 80)}

    def _pages(self) -> Operation:
        below = "parcelId"
        for _ in range(self._random.randint(1, 3)):
            name = self._random.choice(("neighbors", "zoningDistricts { nodes { parcels"))
            edges = self._random.choice(("", "edges { cursor }", "totalCount"))
            tail = " } }" if "{" in name else ""
            below = f"{name}(first: {int(self._log(1, 100))}) {{ {edges} nodes {{ {below} }} }}{tail}"
        return f"{{ parcels(first: {int(self._log(1, 200))}) {{ nodes {{ {below} }} }} }}", {}

    def _distance(self) -> Operation:
        document = (
            "query ($f: ParcelFilter, $g: GeometryInput!) {"
            f" parcels({self._size()}, filters: $f, order: [{{distanceTo: $g}}]) {{ {self._asked()} }} }}"
        )
        return document, {"g": self._target(), "f": self._boxed({}, 60)}

    def _order(self) -> Operation:
        name, way = self._random.choice(_ORDERS), self._random.choice(("ASC", "DESC"))
        size = f"{self._size()}, order: [{{{name}: {way}}}]"
        return _PAGE % (size, self._asked()), {"f": self._boxed({}, 50)}

    def _fields(self) -> Operation:
        fields = " ".join(self._random.sample(_FIELDS, self._random.randint(1, 3)))
        fields = fields.replace("pointOnSurface { __typename }", "pointOnSurface")
        return f"{{ parcels(first: {int(self._log(1, 1_000))}) {{ nodes {{ {fields} }} }} }}", {}

    def _whole(self) -> Operation:
        asked = self._random.choice(("totalCount", "extent", "totalCount extent"))
        return _PAGE % ("first: 0", asked), {"f": self._boxed({}, 70)}

    def _past(self) -> Operation:
        moment = "2100-01-01T00:00:00Z"
        document = f'query ($f: ParcelFilter) {{ parcels({self._size()}, filters: $f, asOf: "{moment}")'
        return document + f" {{ {self._asked()} }} }}", {"f": self._boxed({}, 80)}
