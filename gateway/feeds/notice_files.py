"""Notice lists as files: tables for mail merge and for the record, and a page of labels to print.

The page has no script, and the policy that it is sent under names its one style by its hash. Labels are those of Avery
5160 and its like: 30 on a sheet of Letter, 1 by 2 5/8 inches each.
"""

import csv
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from io import StringIO
from typing import Final

from gateway.feeds.notices import NoticedParcel, NoticeList, Reason
from gateway.models.declaration import camel
from gateway.query.notices import TOLERANCE_M, Include
from gateway.query.units import Unit
from gateway.sources.spreadsheets import inert

METHOD: Final = (
    "Geodesic (WGS 84) from the boundary of the nearest subject to the nearest point of each parcel; parcels that "
    "meet a subject, or lie in it, are at 0. A parcel at the distance itself is on the list."
)
REASONS: Final[Mapping[str, str]] = {
    Reason.SUBJECT: "A subject parcel itself.",
    Reason.NOT_ABUTTING: "Within the distance, but no abutter.",
    Reason.BORDERLINE: f"Beyond the distance by {TOLERANCE_M:g} m at most, which is as exact as lines of parcels are.",
    Reason.NO_OWNER: "No owner is known.",
    Reason.NO_MAILING_ADDRESS: "No mailing address is known.",
    Reason.DUPLICATE: "A further parcel of a recipient, who gets one letter.",
}
INCLUDED: Final[Mapping[str, str]] = {
    Include.WITHIN_DISTANCE: "Every parcel within the distance, but the subject parcels.",
    Include.ABUTTERS: f"Parcels that meet a subject, if only at a corner; gaps up to {TOLERANCE_M:g} m are overlooked.",
    Include.ABUTTERS_TO_ABUTTERS: "Parcels within the distance that meet an abutter.",
    Include.SUBJECT: "The subject parcels themselves.",
}
_TO_CHECK: Final = (Reason.NO_OWNER, Reason.NO_MAILING_ADDRESS, Reason.BORDERLINE)
_UNITS: Final = {Unit.FEET: "ft", Unit.METERS: "m"}
_PER_SHEET: Final = 30
_STYLE: Final = """
@page { size: letter; margin: 0 }
body { margin: 0; font: 10pt/1.2 Arial, Helvetica, sans-serif; color: #000; background: #fff }
main { padding: .75in; max-width: 7in }
th { text-align: left; font-weight: normal; vertical-align: top; padding: 2pt 14pt 2pt 0; white-space: nowrap }
td { padding: 2pt 0; overflow-wrap: anywhere }
ol { list-style: none; margin: 0; box-sizing: border-box; width: 8.5in; height: 11in; padding: .5in .1875in; display:
  grid; grid-template: repeat(10, 1in) / repeat(3, 2.625in); column-gap: .125in; break-before: page }
li { box-sizing: border-box; padding: .08in .15in; overflow: hidden; overflow-wrap: anywhere; display: flex;
  flex-direction: column; justify-content: center }
"""
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
).encode()


@dataclass(frozen=True, slots=True)
class File:
    """One form of a notice list."""

    media_type: bytes
    write: Callable[[NoticeList], bytes]


def distance(told: NoticeList, metres: float) -> str:
    """A distance in the unit of the list: `299.87`."""
    return f"{told.notice.unit.of(metres):.2f}"


def _recipients(told: NoticeList) -> bytes:
    """A row for each recipient, for mail merge."""
    layer = told.notice.layer
    rows = (
        (*each.texts, "; ".join(parcel.key for parcel in each.parcels), *_measures(told, each.parcels[0]))
        for each in told.recipients
    )
    return _table((*_columns(told), layer.plural, *_MEASURES), rows)


def _parcels(told: NoticeList) -> bytes:
    """A row for each parcel that was found, with what became of it, for the record."""
    head = (told.notice.layer.key.name, "status", *_columns(told), *_MEASURES)
    rows = ((each.key, told.status(each) or "LISTED", *each.texts, *_measures(told, each)) for each in told.noticed)
    return _table(head, rows)


_MEASURES: Final = ("distance", "unit", "dataAsOf")


def _measures(told: NoticeList, parcel: NoticedParcel) -> Sequence[str]:
    return distance(told, parcel.metres), told.notice.unit.lower(), told.now.isoformat()


def _columns(told: NoticeList) -> Sequence[str]:
    return [camel(name) for name in told.notice.columns.columns]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(map(inert, row) for row in rows)
    return text.getvalue().encode()


def _labels(told: NoticeList) -> bytes:
    """The proof, and sheets of labels."""
    labels = [f"<li>{'<br>'.join(map(escape, each.lines))}</li>" for each in told.recipients]
    sheets = ("".join(labels[first : first + _PER_SHEET]) for first in range(0, len(labels), _PER_SHEET))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notice list</title><style>{_STYLE}</style>'
        f"</head><body><main><h1>Notice list</h1>{_proof(told)}</main>"
        f"{''.join(f'<ol>{sheet}</ol>' for sheet in sheets)}</body></html>"
    ).encode()


def _proof(told: NoticeList) -> str:
    """What was asked, of which data, and what became of each parcel found."""
    notice = told.notice
    unit = _UNITS[notice.unit]
    asked = {
        "Subject": _subject(told),
        "Distance": f"{notice.distance:g} {unit} ({notice.metres:.3f} m)",
        "Measured": METHOD,
        "On the list": " ".join(INCLUDED[each] for each in Include if each in notice.include),
        "Data as of": told.now.isoformat(),
        "Newest change": "" if told.changed is None else told.changed.isoformat(),
        "Parcels found": str(len(told.noticed)),
        "Recipients": str(len(told.recipients)),
    }
    left = {REASONS[reason]: str(len(parcels)) for reason, parcels in told.omitted.items()}
    check = {
        REASONS[reason]: _keys(told, told.omitted.get(reason, ())) for reason in _TO_CHECK if reason in told.omitted
    }
    parts = [_rows(asked), "<h2>No letter of their own</h2>", _rows(left) if left else "<p>None.</p>"]
    return "".join([*parts, "<h2>To check by hand</h2>", _rows(check)] if check else parts)


def _subject(told: NoticeList) -> str:
    notice = told.notice
    keys = [each.key for each in told.noticed if each.id in notice.subject_ids]
    if keys:
        return ", ".join(keys)
    return "A geometry" if notice.subjects is None else f"A {notice.subjects.verbose_name}"


def _keys(told: NoticeList, parcels: Sequence[NoticedParcel]) -> str:
    unit = _UNITS[told.notice.unit]
    return ", ".join(f"{each.key} ({distance(told, each.metres)} {unit})" for each in parcels)


def _rows(told: Mapping[str, str]) -> str:
    cells = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in told.items())
    return f"<table>{''.join(cells)}</table>"


_CSV: Final = b"text/csv; charset=utf-8; header=present"
FILES: Final[Mapping[str, File]] = {
    "labels.html": File(b"text/html; charset=utf-8", _labels),
    "recipients.csv": File(_CSV, _recipients),
    "parcels.csv": File(_CSV, _parcels),
}
