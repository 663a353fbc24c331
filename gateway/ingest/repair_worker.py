"""The process that repairs geometries; enters frames of WKB on stdin, leaves frames on stdout.

A frame is a length of 4 bytes (big-endian) and as many bytes; an answer starts with one byte, 1 for the text of a
failure, or 0 for a repair: `HEAD`, WKB of the shape as drawn, WKB of the repaired one. It runs as a script, so that it
starts with shapely alone, and ends itself at the deadline: a repair that runs in C can be interrupted by the kernel
only.

Polygons are repaired by what their rings mean, one rule a case. GEOS has two methods, and each is wrong for some:
`linework` (even-odd) cuts a hole where two parts overlap, `structure` (union) fills a hole that is drawn as a part.

- A part or a loop of a ring inside another one is a hole, and one inside that an island: even-odd.
- Parts that overlap, and parts side by side, are one area: union. A hole that crosses its shell cuts it.
- What can mean either is disputed, and its area is counted: a ring that goes around an area twice and crosses itself,
  a hole outside its shell or as large as it, a hole inside a hole of the same turn, a part inside another that shares
  an edge with it, parts that overlap by half of one, a part that fills a hole of another.
"""

import resource
import signal
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

METHODS = ("structure", "union", "even-odd")
HEAD = struct.Struct(">BdI")  # method, disputed share of the area, bytes of the shape as drawn

_HAIR = 1e-9  # share of an area that rounding can make
_NEAR = 1e-6  # of the extent of a part: boundaries that are no further apart are one
_MOSTLY = 0.5  # from this share on, a part that overlaps another may have been meant to lie inside it
_POLYGON, _COLLECTION = 3, 7


@dataclass
class Verdict:
    """What was decided on the way to a repaired shape: `disputed` is an area in the units of the coordinates."""

    even_odd: bool = False
    disputed: float = 0.0
    holes: set[bytes] = field(default_factory=set)


def repaired(shape: BaseGeometry) -> tuple[BaseGeometry, BaseGeometry, Verdict | None]:
    """A valid shape, the polygons as they are drawn (even-odd), and what was decided, if there are polygons."""
    leaves = _leaves(shape)
    polygons = [leaf for leaf in leaves if leaf.geom_type == "Polygon" and not leaf.is_empty]
    if not polygons:
        return shapely.make_valid(shape, method="structure", keep_collapsed=False), None, None
    verdict = Verdict()
    whole = _folded([_polygon(polygon, verdict) for polygon in polygons], verdict, _turns(polygons))
    shells = [key for key in map(_key, shapely.get_exterior_ring(polygons)) if key in verdict.holes]
    verdict.disputed += sum(shapely.area(shapely.from_wkb(key)) for key in set(shells))
    others = [leaf for leaf in leaves if leaf.geom_type != "Polygon"]
    drawn = _polygonal(shapely.make_valid(shapely.multipolygons(polygons), method="linework"))
    if others:
        repaired_others = shapely.make_valid(others, method="structure", keep_collapsed=False)
        whole = shapely.geometrycollections([*shapely.get_parts(whole), *repaired_others])
    return whole, drawn, verdict


def _leaves(shape: BaseGeometry) -> list[BaseGeometry]:
    level = np.array([shape], dtype=object)
    while (shapely.get_type_id(level) > _POLYGON).any():
        level = shapely.get_parts(level)
    return list(level)


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    """The areas of what `make_valid` gives, which may have lines beside them."""
    if shapely.get_type_id(shape) != _COLLECTION:
        return shape if shapely.get_dimensions(shape) == 2 else shapely.MultiPolygon()
    return shapely.union_all([leaf for leaf in _leaves(shape) if leaf.geom_type == "Polygon"])


def _polygon(polygon: BaseGeometry, verdict: Verdict) -> BaseGeometry:
    """The area of a polygon: its shell without its holes."""
    rings = shapely.get_rings(polygon)
    verdict.holes.update(map(_key, rings[1:]))
    if polygon.is_valid:
        return polygon
    shell = _ring(rings[0], verdict)
    drawn = [(_ring(ring, verdict), turn) for ring, turn in zip(rings[1:], _ring_turns(rings[1:]), strict=True)]
    kept = [(hole, turn) for hole, turn in drawn if not hole.is_empty and _cuts(hole, shell, verdict)]
    if not kept:
        return shell
    holes, turns = zip(*kept, strict=True)
    return shapely.difference(shell, _folded(holes, verdict, turns, holes=True))


def _cuts(hole: BaseGeometry, shell: BaseGeometry, verdict: Verdict) -> bool:
    """Whether the hole is one of the shell: not where it lies outside, or is as large."""
    common = shapely.area(shapely.intersection(hole, shell))
    if common <= _HAIR * hole.area:
        verdict.disputed += hole.area
        return False
    if shell.area - common <= _HAIR * shell.area:
        verdict.disputed += shell.area
        return False
    return True


def _ring(ring: BaseGeometry, verdict: Verdict) -> BaseGeometry:
    """The area inside a ring."""
    polygon = shapely.polygons(ring)
    if polygon.is_valid:
        return polygon
    wound = _polygonal(shapely.make_valid(polygon, method="structure", keep_collapsed=False))
    crossed = _polygonal(shapely.make_valid(polygon, method="linework"))
    between = shapely.area(shapely.symmetric_difference(wound, crossed))
    if between <= _HAIR * max(wound.area, crossed.area):
        return wound
    loops = _loops(ring)
    if loops is None:
        verdict.disputed += between
        return wound
    return _folded(loops, verdict, _turns(loops))


def _loops(ring: BaseGeometry) -> list[BaseGeometry] | None:
    """The simple loops of a ring that touches itself at vertices; None if it crosses itself besides."""
    loops, way, places = [], list[tuple[float, float]](), dict[tuple[float, float], int]()
    for x, y in shapely.get_coordinates(ring).tolist():
        place = places.get((x, y))
        if place is None:
            places[x, y] = len(way)
            way.append((x, y))
            continue
        loop = [*way[place:], (x, y)]
        for passed in way[place + 1 :]:
            del places[passed]
        del way[place + 1 :]
        if len(loop) > _POLYGON:
            loops.append(shapely.polygons(loop))
    sized = [loop for loop in loops if loop.area]
    if not shapely.is_valid(sized).all() or any(_cross(one, other) for one, other in _overlapping(sized)):
        return None
    return sized


def _cross(one: BaseGeometry, other: BaseGeometry) -> bool:
    common = shapely.area(shapely.intersection(one, other))
    return bool(common < (1 - _HAIR) * min(one.area, other.area))


def _overlapping(areas: Sequence[BaseGeometry]) -> list[tuple[BaseGeometry, BaseGeometry]]:
    return [(areas[one], areas[other]) for one, other in _pairs(areas)]


def _pairs(areas: Sequence[BaseGeometry]) -> list[tuple[int, int]]:
    """Indexes of areas whose insides meet, each pair once."""
    every = np.array(areas, dtype=object)
    one, other = shapely.STRtree(every).query(every, predicate="intersects")
    one, other = one[one < other], other[one < other]
    met = shapely.relate_pattern(every[one], every[other], "T********")
    return list(zip(one[met].tolist(), other[met].tolist(), strict=True))


def _folded(
    areas: Sequence[BaseGeometry], verdict: Verdict, turns: Sequence[bool], *, holes: bool = False
) -> BaseGeometry:
    """One area of many: those inside others are cut out of them, all else is united."""
    depths, same = [0] * len(areas), set[int]()
    overlaps = dict[int, float]()
    for pair in _pairs(areas):
        large, small = sorted(pair, key=lambda index: (-areas[index].area, index))
        common = shapely.area(shapely.intersection(areas[large], areas[small]))
        if common < (1 - _HAIR) * areas[small].area:
            overlaps[small] = overlaps.get(small, 0.0) + common
            if common >= _MOSTLY * areas[small].area and not holes:
                verdict.disputed += common
        elif areas[large].area - common <= _HAIR * areas[large].area:
            same.add(small)
        elif turns[large] != turns[small] or not (holes or _share_an_edge(areas[large], areas[small])):
            depths[small] += 1
        else:
            verdict.disputed += common
    verdict.disputed += sum(common for small, common in overlaps.items() if depths[small])
    verdict.even_odd |= any(depths)
    whole = None
    for depth in sorted(set(depths)):
        level = shapely.union_all([area for n, area in enumerate(areas) if depths[n] == depth and n not in same])
        whole = level if whole is None else shapely.symmetric_difference(whole, level)
    return shapely.MultiPolygon() if whole is None else whole


def _share_an_edge(large: BaseGeometry, small: BaseGeometry) -> bool:
    """Whether boundaries run together; positions that lie on an edge are beside it by rounding."""
    west, south, east, north = shapely.bounds(small)
    outer, inner = shapely.boundary([large, small])
    outer = shapely.snap(outer, inner, _NEAR * max(east - west, north - south))
    return bool(shapely.relate_pattern(outer, inner, "1********"))


def _key(ring: BaseGeometry) -> bytes:
    return bytes(shapely.to_wkb(shapely.normalize(shapely.polygons(ring))))


def _turns(polygons: Iterable[BaseGeometry]) -> list[bool]:
    return _ring_turns(shapely.get_exterior_ring(list(polygons)))


def _ring_turns(rings: Iterable[BaseGeometry]) -> list[bool]:
    """Whether each ring turns to the left, on the whole."""
    turns = []
    for ring in rings:
        x, y = (shapely.get_coordinates(ring) - shapely.get_coordinates(ring)[0]).T
        turns.append(bool(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) > 0))
    return turns


def answer(wkb: bytes) -> bytes:
    """The answer for one geometry."""
    try:
        whole, drawn, verdict = repaired(shapely.from_wkb(wkb))
        if verdict is None:
            return b"\0" + HEAD.pack(0, 0.0, 0) + bytes(shapely.to_wkb(whole))
        size = max(whole.area, drawn.area)
        share = min(verdict.disputed / size, 1.0) if size else 0.0
        picture = bytes(shapely.to_wkb(drawn))
        head = HEAD.pack(1 + verdict.even_odd, share, len(picture))
        return b"\0" + head + picture + bytes(shapely.to_wkb(whole))
    except (GEOSException, MemoryError) as error:
        return b"\1" + str(error).encode()


def main() -> None:
    """Serve until stdin ends. Arguments: seconds for one geometry, bytes of memory."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while header := sys.stdin.buffer.read(4):
        wkb = sys.stdin.buffer.read(*struct.unpack(">I", header))
        signal.setitimer(signal.ITIMER_REAL, seconds)
        reply = answer(wkb)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(struct.pack(">I", len(reply)) + reply)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
