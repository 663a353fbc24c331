"""Notice lists: the root field `noticeList` and what it answers; enters layers, leaves types and a field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.execution.noticing import check_recipients
from gateway.execution.values import Plain
from gateway.feeds.notice_files import FILES, INCLUDED, METHOD, REASONS
from gateway.feeds.notices import NoticedParcel, NoticeList, Reason, Recipient
from gateway.layers import Layer
from gateway.models.declaration import camel
from gateway.query.notices import Include, has_recipients, notified
from gateway.query.units import Unit
from schema.annotations import Argument, Fields, Types, make_enum, make_type, plain, resolved
from schema.info import Info

_DESCRIPTION = (
    "Whom to notify of a case: the owners of the parcels within a distance of the boundary of some parcels or of a "
    "geometry, each owner and mailing address once, with what proves the list. Owners are private as a rule: without "
    "the scope that shows them the field is refused."
)
_FILES: Mapping[str, tuple[str, str]] = {
    "labels": ("labels.html", "A page of mailing labels (Avery 5160, 30 on a sheet), after the proof."),
    "recipients": ("recipients.csv", "CSV for mail merge, a row for each recipient."),
    "parcels": ("parcels.csv", "CSV for the record, a row for each parcel found, with what became of it."),
}


@dataclass(frozen=True, slots=True)
class _Of:
    """A parcel, a recipient or a reason of a list."""

    told: NoticeList
    parcels: Sequence[NoticedParcel]
    recipient: Recipient | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Parcel:
    told: NoticeList
    noticed: NoticedParcel


def add_notice_types(types: Types) -> None:
    """Make the types of notice lists, where a layer has recipients."""
    if not has_recipients(types.layers):
        return
    layer, _ = notified(types.layers)
    make_enum(types, "NoticeInclude", "What is on a notice list.", Include, INCLUDED)
    make_enum(types, "NoticeReason", "Why a parcel found has no letter of its own.", Reason, REASONS)
    make_type(types, "NoticeParcel", f"One of the {layer.verbose_name_plural} that were found.", _parcel(types, layer))
    make_type(types, "NoticeRecipient", "Who gets one letter.", _recipient(types))
    make_type(types, "NoticeOmission", "Parcels without a letter of their own, for one reason.", _omission(types))
    make_type(types, "NoticeProof", "What a notice list was made of, and how.", _proof(types))
    files = {
        name: resolved(types, lambda root, file=file: root[file], "String", text)
        for name, (file, text) in _FILES.items()
    }
    make_type(types, "NoticeFiles", "URLs of the list as files, as of its moment.", files)
    make_type(types, "NoticeList", "Whom to notify, and the proof.", _list(types))


def notice_query(types: Types) -> Fields:
    """The field `noticeList`, where a layer has recipients."""
    if not has_recipients(types.layers):
        return {}
    layer, _ = notified(types.layers)
    arguments = {
        layer.name: Argument("list[ID] | None", f"The subject {layer.verbose_name_plural}. Give these or `geometry`."),
        "geometry": Argument("GeometryInput | None", "What distances are measured from; in it they are 0."),
        "distance": Argument("Float", "How far from the boundary the list reaches."),
        "unit": Argument("LengthUnit", "The unit of `distance`, and of distances in the answer.", Unit.FEET),
        "include": Argument(
            "list[NoticeInclude]", "What is on the list: all of these together.", [Include.WITHIN_DISTANCE]
        ),
    }
    if layer.tracked:
        arguments["as_of"] = Argument("DateTime | None", "The list as it was at this time; without it as it is now.")
    return {"notice_list": resolved(types, _notice_list, "NoticeList", _DESCRIPTION, **arguments)}


async def _notice_list(root: None, info: Info, as_of: datetime | None = None, **given: object) -> NoticeList:  # noqa: ARG001
    context = info.context
    check_recipients(context.layers, context.principal, context.access)
    named: Mapping[str, Plain] = {camel(name): plain(value) for name, value in given.items() if value is not None}
    return await context.notice_list(named if as_of is None else {**named, "asOf": as_of})


def _list(types: Types) -> Fields:
    return {
        "recipients": resolved(
            types,
            lambda root: [_Of(root, each.parcels, each) for each in root.recipients],
            "list[NoticeRecipient]",
            "Who gets a letter: each name and address once, in the order of their nearest parcels.",
        ),
        "omitted": resolved(
            types,
            lambda root: [_Of(root, parcels, reason=reason) for reason, parcels in root.omitted.items()],
            "list[NoticeOmission]",
            "Which parcels found have no letter of their own, and why: with the recipients all that were found.",
        ),
        "proof": resolved(types, lambda root: root, "NoticeProof", "What the list was made of, and how."),
        "files": resolved(
            types, _files, "NoticeFiles", "The list as files; URLs of someone with credentials are signed, for a while."
        ),
    }


def _files(root: NoticeList, info: Info) -> Mapping[str, str]:
    context = info.context
    return context.parser.links.notice(root.notice.layer, root.given, FILES)


def _recipient(types: Types) -> Fields:
    return {
        "name": resolved(
            types, lambda root: root.recipient.texts[0], "String", "The owner, as the nearest parcel has it."
        ),
        "label": resolved(
            types, lambda root: root.recipient.lines, "list[String]", "The lines of a label: name and mailing address."
        ),
        "distance": resolved(
            types, lambda root: _distance(root.told, root.parcels[0]), "Float", "Of the nearest parcel."
        ),
        **_parcels(types, "The recipient's parcels that are on the list, the nearest first."),
    }


def _omission(types: Types) -> Fields:
    return {
        "reason": resolved(types, lambda root: root.reason, "NoticeReason", "Why they have none."),
        "count": resolved(types, lambda root: len(root.parcels), "Int", "How many parcels."),
        **_parcels(types, "The parcels, the nearest first."),
    }


def _parcels(types: Types, description: str) -> Fields:
    listed = resolved(
        types, lambda root: [_Parcel(root.told, each) for each in root.parcels], "list[NoticeParcel]", description
    )
    return {"parcels": listed}


def _parcel(types: Types, layer: Layer) -> Fields:
    async def node(root: _Parcel, info: Info) -> object:
        context = info.context.at(root.told.moment)
        return await context.loaders.feature_by_id(layer).load(root.noticed.id)

    return {
        "node": resolved(types, node, f"{layer.type_name} | None", f"The {layer.verbose_name}, as of the same time."),
        "distance": resolved(
            types,
            lambda root: _distance(root.told, root.noticed),
            "Float",
            "From the nearest subject, 0 where it meets it.",
        ),
        "abuts": resolved(types, lambda root: root.noticed.abuts, "Boolean", "Whether it meets a subject, or is one."),
    }


def _distance(told: NoticeList, parcel: NoticedParcel) -> float:
    return told.notice.unit.of(parcel.metres)


def _proof(types: Types) -> Fields:
    return {
        "data_as_of": resolved(
            types, lambda root: root.now, "DateTime", "The time of the data: `asOf` this time gives the same list."
        ),
        "newest_change": resolved(
            types, lambda root: root.changed, "DateTime | None", "When the newest of the rows found was changed."
        ),
        "distance": resolved(types, lambda root: root.notice.distance, "Float", "The distance that was asked for."),
        "unit": resolved(types, lambda root: root.notice.unit, "LengthUnit", "Its unit."),
        "metres": resolved(types, lambda root: root.notice.metres, "Float", "The same in metres."),
        "include": resolved(
            types,
            lambda root: [each for each in Include if each in root.notice.include],
            "list[NoticeInclude]",
            "What is on the list.",
        ),
        "method": resolved(types, lambda: METHOD, "String", "How distances were measured."),
        "found": resolved(
            types, lambda root: len(root.noticed), "Int", "How many parcels were found: recipients and all omitted."
        ),
        "recipients": resolved(types, lambda root: len(root.recipients), "Int", "How many recipients there are."),
    }
