"""What a check says; enters a rule and the thing it looked at, leaves a message for people and machines."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class Level(IntEnum):
    """How grave a message is, with Django's numbers."""

    INFO = 20
    WARNING = 30
    ERROR = 40


@dataclass(frozen=True, slots=True)
class Message:
    """One finding: the rule that it breaks, what was seen, how to fix it, and the object that it is about."""

    rule: "Rule"
    text: str
    hint: str
    about: str

    @property
    def as_json(self) -> dict[str, str]:
        return {
            "id": self.rule.id,
            "level": self.rule.level.name.lower(),
            "text": self.text,
            "hint": self.hint,
            "object": self.about,
        }


@dataclass(frozen=True, slots=True)
class Rule:
    """A stable id with its meaning; the letter of the id is the level, and docs/checks.md has a row for each."""

    id: str
    meaning: str

    _LEVELS: ClassVar[dict[str, Level]] = {"E": Level.ERROR, "W": Level.WARNING, "I": Level.INFO}

    @property
    def level(self) -> Level:
        return self._LEVELS[self.id.removeprefix("gateway.")[0]]

    def __call__(self, text: str, *, hint: str, about: str) -> Message:
        """State that `about` breaks the rule: `text` says what was seen, `hint` how to fix it."""
        return Message(self, text, hint, about)
