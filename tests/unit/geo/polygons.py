"""Strategies: valid polygons with holes, any JSON, and JSON that is almost a geometry."""

import math

import shapely
from hypothesis import strategies as st

KINDS = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"]


@st.composite
def star(draw, center, reach):
    """A ring around `center` within `reach` degrees; never crosses itself, for its angles only grow."""
    count = draw(st.integers(3, 24))
    radii = draw(st.lists(st.floats(0.3, 1.0), min_size=count, max_size=count))
    turn = draw(st.floats(0, math.tau))
    steps = [turn + math.tau * index / count for index in range(count)]
    ring = [
        (center[0] + reach * radius * math.cos(step), center[1] + reach * radius * math.sin(step))
        for radius, step in zip(radii, steps, strict=True)
    ]
    return draw(st.sampled_from([ring, ring[::-1]]))


@st.composite
def polygons(draw, south=-80.0, north=80.0, most=5.0):
    """A valid polygon of up to two times `most` degrees, often with holes."""
    center = draw(st.floats(-170, 170)), draw(st.floats(south, north))
    reach = draw(st.floats(0.001, most))
    shell = draw(star(center, reach))
    # Stars of 3 corners at 0.3 of the reach still hold a disc of 0.1 around the center.
    offsets = draw(st.lists(st.sampled_from([-0.04, 0.0, 0.04]), max_size=3, unique=True))
    holes = [draw(star((center[0] + reach * offset, center[1]), reach * 0.015)) for offset in offsets]
    return shapely.Polygon(shell, holes)


def ordinates():
    return st.one_of(
        st.floats(-180, 180),
        st.integers(-90, 90),
        st.floats(),
        st.integers(),
        st.sampled_from([10**400, "1", None, True, [], {}]),
    )


def json_values():
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
    return st.recursive(
        leaves,
        lambda children: st.one_of(
            st.lists(children, max_size=4), st.dictionaries(st.text(max_size=8), children, max_size=4)
        ),
        max_leaves=20,
    )


def near_geojson():
    small = st.integers(-3, 3)
    position = st.one_of(
        st.tuples(small, small).map(list), st.lists(small, max_size=4), st.lists(ordinates(), min_size=2, max_size=2)
    )
    line = st.one_of(
        st.lists(position, max_size=6), st.lists(position, min_size=3, max_size=5).map(lambda ring: [*ring, ring[0]])
    )
    coordinates = st.one_of(
        position, line, st.lists(line, max_size=3), st.lists(st.lists(line, max_size=2), max_size=3), json_values()
    )
    plain = st.fixed_dictionaries(
        {"type": st.sampled_from(KINDS), "coordinates": coordinates}, optional={"crs": json_values()}
    )
    return st.recursive(
        plain,
        lambda children: st.fixed_dictionaries(
            {"type": st.just("GeometryCollection"), "geometries": st.lists(children, max_size=3)}
        ),
        max_leaves=4,
    )
