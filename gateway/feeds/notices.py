"""Who is on a notice list; enters parcels with owners and distances, leaves one recipient for each name and address.

Two parcels have one recipient where name and address are the same in words and figures: neither case, accents,
punctuation nor spaces count. What only looks alike stays apart, for a letter too many does less harm than one too few.
Each parcel found is either left out for a reason, one of several of its recipient, or the one its recipient has it by.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from gateway.query.notices import TOLERANCE_M, Include, Notice


class Reason(StrEnum):
    """Why a parcel that was found has no letter of its own."""

    SUBJECT = "SUBJECT"
    NOT_ABUTTING = "NOT_ABUTTING"
    BORDERLINE = "BORDERLINE"
    NO_OWNER = "NO_OWNER"
    NO_MAILING_ADDRESS = "NO_MAILING_ADDRESS"
    DUPLICATE = "DUPLICATE"


@dataclass(frozen=True, slots=True)
class NoticedParcel:
    """A parcel near the subjects: its id and key, the texts of its recipient's columns, and how it lies to them."""

    id: int
    key: str
    texts: tuple[str, ...]
    metres: float
    second: bool = False  # whether it abuts on one that abuts on them
    changed: datetime | None = None

    @property
    def abuts(self) -> bool:
        """Whether it meets a subject, but for a gap that lines of parcels have by chance."""
        return self.metres <= TOLERANCE_M


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets one letter, and the parcels that it is about, the nearest one first."""

    texts: tuple[str, ...]
    lines: tuple[str, ...]
    parcels: Sequence[NoticedParcel]


@dataclass(frozen=True)
class NoticeList:
    """A notice list, and what proves it: what was found, who is told, and why others are not.

    It is of the rows at `now`, for `moment` where that was asked for; `given` are arguments that give it again.
    """

    notice: Notice
    noticed: Sequence[NoticedParcel]
    now: datetime
    moment: datetime | None = None
    given: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def omitted(self) -> Mapping[Reason, Sequence[NoticedParcel]]:
        """Parcels without a letter of their own, by the reason."""
        left = {reason: [each for each in self.noticed if self._reason(each) is reason] for reason in Reason}
        left[Reason.DUPLICATE] = [each for recipient in self.recipients for each in recipient.parcels[1:]]
        return {reason: parcels for reason, parcels in left.items() if parcels}

    @cached_property
    def recipients(self) -> Sequence[Recipient]:
        """Those who are told, in the order of their nearest parcels."""
        by_address: dict[Sequence[str], list[NoticedParcel]] = {}
        for each in self.noticed:
            if self._reason(each) is None:
                by_address.setdefault(tuple(map(folded, self._label(each))), []).append(each)
        return [Recipient(one.texts, self._label(one), (one, *others)) for one, *others in by_address.values()]

    @property
    def changed(self) -> datetime | None:
        """When the newest of the rows found was changed."""
        return max((each.changed for each in self.noticed if each.changed is not None), default=None)

    def status(self, parcel: NoticedParcel) -> Reason | None:
        """Why a parcel has no letter of its own; None where it has one."""
        return self._statuses.get(parcel.id)

    @cached_property
    def _statuses(self) -> Mapping[int, Reason]:
        return {each.id: reason for reason, parcels in self.omitted.items() for each in parcels}

    def _reason(self, parcel: NoticedParcel) -> Reason | None:
        notice = self.notice
        if parcel.id in notice.subject_ids:
            if Include.SUBJECT not in notice.include:
                return Reason.SUBJECT
        elif not self._wanted(parcel):
            return Reason.NOT_ABUTTING if parcel.metres <= notice.metres else Reason.BORDERLINE
        name, *lines = map(folded, parcel.texts[: self._lines])
        if not name:
            return Reason.NO_OWNER
        return None if any(lines) else Reason.NO_MAILING_ADDRESS

    def _wanted(self, parcel: NoticedParcel) -> bool:
        include, near = self.notice.include, parcel.metres <= self.notice.metres
        return (
            (near and Include.WITHIN_DISTANCE in include)
            or (parcel.abuts and Include.ABUTTERS in include)
            or (near and parcel.second and Include.ABUTTERS_TO_ABUTTERS in include)
        )

    def _label(self, parcel: NoticedParcel) -> tuple[str, ...]:
        """What stands on the label: the name, the lines that there are, and the place."""
        place = " ".join(filter(None, parcel.texts[self._lines :]))
        return tuple(filter(None, (*parcel.texts[: self._lines], place)))

    @property
    def _lines(self) -> int:
        """How many texts stand before those of the place."""
        return 1 + len(self.notice.columns.lines)


def cleaned(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Texts of columns without spaces around or in a row; empty for none."""
    return tuple(" ".join((text or "").split()) for text in texts)


def folded(text: str) -> str:
    """The words and figures of a text, by which two are told to be the same."""
    # Letters such as a bold or a circled A have no small one of their own: they are plain before case is folded.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return " ".join(re.findall(r"\w+", re.sub(r"[.'\u2019]", "", letters.replace("&", " and ").replace("_", " "))))
