"""Addresses as people type them; enters addresses and chance, leaves queries with so many errors.

Errors are in words of letters: a letter left out, twice, another one, or two of them changed about; the words of the
street changed about; a word abbreviated or written out, or left out that says only what kind of street it is. House
numbers stay: one with another digit is another address.
"""

from collections.abc import Callable, Sequence
from random import Random
from string import ascii_lowercase

_SHORT = {
    "street": "st",
    "avenue": "ave",
    "boulevard": "blvd",
    "road": "rd",
    "parkway": "pkwy",
    "lane": "ln",
    "drive": "dr",
    "court": "ct",
    "place": "pl",
    "terrace": "ter",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}
_LONG = {short: word for word, short in _SHORT.items()}
_LEAST = 4  # letters of a word that gets an error

Words = Sequence[str]


def misspelt(address: str, errors: int, chance: Random) -> str:
    """The address with so many errors, in any case."""
    words: Words = address.lower().split()
    for _ in range(errors):
        words = chance.choice(_ERRORS)(words, chance)
    text = " ".join(words)
    return chance.choice((text, text.upper(), text.title()))


def _in_a_word(change: Callable[[str, int, Random], str]) -> Callable[[Words, Random], Words]:
    def changed(words: Words, chance: Random) -> Words:
        places = [at for at, word in enumerate(words) if len(word) >= _LEAST and word.isalpha()]
        if not places:
            return words
        at = chance.choice(places)
        word = words[at]
        return [*words[:at], change(word, chance.randrange(len(word) - 1), chance), *words[at + 1 :]]

    return changed


def _swapped(words: Words, chance: Random) -> Words:
    at = chance.randrange(max(len(words) - 1, 1))
    return [*words[:at], *reversed(words[at : at + 2]), *words[at + 2 :]]


def _shortened(words: Words, _: Random) -> Words:
    return [_SHORT.get(word, _LONG.get(word.strip("."), word)) for word in words]


def _without_kind(words: Words, _: Random) -> Words:
    return words[:-1] if words[-1] in _SHORT or words[-1] in _LONG else words


_ERRORS: Sequence[Callable[[Words, Random], Words]] = (
    _in_a_word(lambda word, at, _: word[:at] + word[at + 1 :]),
    _in_a_word(lambda word, at, _: word[:at] + word[at] + word[at:]),
    _in_a_word(lambda word, at, chance: word[:at] + chance.choice(ascii_lowercase) + word[at + 1 :]),
    _in_a_word(lambda word, at, _: word[:at] + word[at + 1] + word[at] + word[at + 2 :]),
    _swapped,
    _shortened,
    _without_kind,
)
