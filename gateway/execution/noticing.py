"""Reads notice lists; enters arguments and who asks, leaves the list or an error."""

from collections.abc import Collection, Mapping

from gateway import errors
from gateway.db.reader import Reader, Row
from gateway.execution.values import Plain
from gateway.feeds.moments import check_moment
from gateway.feeds.notices import NoticedParcel, NoticeList, cleaned
from gateway.identity import Access
from gateway.identity.principal import Principal
from gateway.layers import Layers
from gateway.query.ids import encode
from gateway.query.notices import TOLERANCE_M, Notice, notified, parse_notice
from gateway.settings import LimitSettings
from gateway.sql.notices import noticed
from gateway.sql.statement import compiled


def check_recipients(layers: Layers, principal: Principal, access: Access) -> None:
    """Refuse those who may not see who is written to; raises Unauthenticated or Forbidden."""
    layer, columns = notified(layers)
    withheld = [field for field in layer.fields.values() if field.withheld and field.attribute in columns.columns]
    names = ", ".join(field.name for field in withheld)
    for field in withheld:
        scope = access.scope(layer.name, field.attribute)
        principal.require(scope, f"A notice list shows {names}, which is private. It")


async def read_notice(session: Reader, layers: Layers, limits: LimitSettings, given: Mapping[str, Plain]) -> NoticeList:
    """The list that the arguments of `noticeList` ask for, as of the moment that they name.

    Raises ArgumentError where they cannot be used, and where too many parcels are near.
    """
    layer, _ = notified(layers)
    moment = None if given.get("asOf") is None else await check_moment(session, layer, given["asOf"])
    layers = layers if moment is None else layers.as_of(moment)
    notice = parse_notice(layers, limits, given)
    statement = compiled(noticed(notice, notice.metres + TOLERANCE_M, limits.notice_parcels + 1))
    rows = await session.fetch(statement.text, statement.bind(()))
    _check_subjects(notice, set(rows[0]["subjects"] or ()))
    if len(rows) > limits.notice_parcels:
        message = (
            f"More than {limits.notice_parcels} {layer.verbose_name_plural} are that near. Give a lesser distance."
        )
        raise errors.ListLimit(message, path=("distance",), limit=limits.notice_parcels)
    now = moment or rows[0]["now"]
    again = {**given, "asOf": now.isoformat()} if layer.tracked else given
    return NoticeList(notice, [_parcel(notice, row) for row in rows if row["id"] is not None], now, moment, again)


def _check_subjects(notice: Notice, there: Collection[int]) -> None:
    """Refuse ids of rows that are not there: those near them would be missing without a word."""
    missing = [number for number in notice.ids if number not in there]
    if missing and notice.subjects is not None:
        path = (notice.layer.plural, notice.ids.index(missing[0])) if notice.subject_ids else ("geometry", "node")
        name, identity = notice.subjects.verbose_name, encode(notice.subjects, missing[0])
        raise errors.RowNotFound(f"There is no {name} of the id {identity!r} at that time.", path=path)


def _parcel(notice: Notice, row: Row) -> NoticedParcel:
    texts = cleaned(row[name] for name in notice.columns.columns)
    return NoticedParcel(row["id"], str(row["key"]), texts, row["metres"], row["second"], row["changed"])
