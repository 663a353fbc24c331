"""Whose parcels a notice list may have; enters terms, leaves one statement."""

from typing import Any, Final

from sqlalchemy import CTE, BigInteger, Float, Integer, any_, cast, exists, false, func, null, select, true

from gateway.models.base import geography
from gateway.query.notices import TOLERANCE_M, Include, Notice
from gateway.sql import spatial
from gateway.sql.binding import bound, bound_ids
from gateway.sql.ctes import materialized
from gateway.sql.moments import rows_of
from gateway.sql.types import SqlRows, SqlValue

_GAP_DEGREES: Final = 1e-5  # more than the tolerance up to 84 degrees of latitude: to look at few pairs of rows


def noticed(notice: Notice, reach: float, most: int) -> SqlRows:
    """The rows within `reach` metres, nearest first, `most` of them at most; one row of nulls where there are none.

    Each has `subjects`, the ids of the rows that are measured from and that are there, and `now`; then `id`, `key`,
    `changed`, the columns of recipients, `metres`, and `second`: whether it abuts on one that abuts on them.
    """
    subject = materialized(_subjects(notice), "subject")
    near = _within_reach(notice, subject, reach, most)
    told = select(func.array_agg(subject.c.id).label("subjects"), func.statement_timestamp().label("now"))
    read = told.subquery("told")
    columns = [column for column in near.c if column.name != "geom"]
    second = _second(notice, near) if Include.ABUTTERS_TO_ABUTTERS in notice.include else false()
    every = select(*read.c, *columns, second.label("second"))
    return every.select_from(read).join(near, true(), isouter=True).order_by(near.c.metres, near.c.id)


def _subjects(notice: Notice) -> SqlRows:
    """What is measured from: each subject apart, so that those that lie far apart have small boxes."""
    if notice.subjects is None:
        assert notice.shape is not None
        shapes = select(cast(null(), BigInteger).label("id"), spatial.target_geometry(notice.shape).label("shape"))
    else:
        row = rows_of(notice.subjects)
        shapes = select(row.id.label("id"), row.geom.label("shape")).where(row.id == any_(bound_ids(notice.ids)))
    return spatial.planes(shapes.subquery("shapes"), "id", "shape")


def _within_reach(notice: Notice, subject: CTE, reach: float, most: int) -> CTE:
    """The rows near a subject, with the distance from the nearest one."""
    row, farthest = rows_of(notice.layer), bound(reach + notice.radius, Float())
    plane = spatial.Plane(subject.c.stretch, subject.c.target, subject.c.shape, geography(subject.c.shape))
    near = spatial.boxed_within(row.geom, plane.geography, farthest)
    pairs = select(row.id.label("id"), spatial.measured(row.geom, plane).label("metres"))
    each = pairs.select_from(subject).join(row, near).subquery("each")
    nearest = func.min(each.c.metres, type_=Float)
    rows = select(each.c.id, nearest.label("metres")).group_by(each.c.id).having(nearest <= farthest)
    among = materialized(rows.order_by(nearest, each.c.id).limit(bound(most, Integer())), "among")
    listed = rows_of(notice.layer)
    metres = func.greatest(among.c.metres - bound(notice.radius, Float()), 0.0, type_=Float).label("metres")
    columns = [*_columns(notice, listed), listed.geom.label("geom"), metres]
    return materialized(select(*columns).join(among, among.c.id == listed.id), "found")


def _columns(notice: Notice, row: Any) -> list[SqlValue]:
    changed = row.updated_at if notice.layer.tracked else null()
    texts = [getattr(row, name).label(name) for name in notice.columns.columns]
    return [row.id.label("id"), getattr(row, notice.layer.natural_key).label("key"), changed.label("changed"), *texts]


def _second(notice: Notice, near: CTE) -> SqlValue:
    """Whether a row abuts on one that abuts on the subjects, and is none of them."""
    abutter = near.alias("abutter")
    subject = abutter.c.id == any_(bound_ids(notice.subject_ids))
    boxes = abutter.c.geom.bool_op("&&")(func.ST_Expand(near.c.geom, _GAP_DEGREES))
    meets = func.ST_DWithin(geography(abutter.c.geom), geography(near.c.geom), TOLERANCE_M)
    conditions = (abutter.c.metres <= TOLERANCE_M, ~subject, abutter.c.id != near.c.id, boxes, meets)
    return exists().where(*conditions).correlate(near)
