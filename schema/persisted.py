"""Documents by their hash; enters what a client sent, leaves the text of the document, or a refusal.

A client may send a hash in place of a text: `documentId` of GraphQL over HTTP, or `persistedQuery` of Apollo. It is
that of a trusted document, or of one that some client registered with this worker by sending both (automatic persisted
queries). Where only trusted documents are taken, a whole text must be one of them, too.
"""

from contextlib import suppress
from typing import Literal

from cachetools import LRUCache

from gateway import errors
from gateway.execution.operation import Operation
from gateway.execution.trusted import Trusted, sha256
from gateway.identity.principal import Principal, Scope

_ENTRY_SIZE = 500  # bytes of an entry, besides its text

_ADVICE = "Its operator adds one with manage.py trust; the scope admin may send any."


class Persisted:
    """What one worker knows by hash."""

    def __init__(self, mode: Literal["any", "trusted"], trusted: Trusted, capacity: int) -> None:
        self.only_trusted = mode == "trusted"
        self._trusted = trusted
        self._registered: LRUCache[str, str] = LRUCache(capacity, lambda text: _ENTRY_SIZE + 4 * len(text))

    def find(self, operation: Operation, principal: Principal) -> str:
        """The text of the document that a client asks for; raises where it may not, or must send it."""
        wanted, text = operation.document_id, operation.document
        if wanted is None:
            self._check(text, principal)
            return text
        self._trusted.asked.set()
        if text and wanted != sha256(text) and self._trusted.by_id.get(wanted) != text:
            message = f"The SHA-256 of the document is {sha256(text)}, not {wanted[:80]}."
            raise errors.PersistedQueryMismatch(message)
        if (known := self._trusted.by_id.get(wanted)) is not None:
            return known
        if text:
            self._check(text, principal)
            return text
        if self.only_trusted and not principal.may(Scope.ADMIN):
            self._refuse(wanted)
        if (registered := self._registered.get(wanted)) is None:
            raise errors.PersistedQueryNotFound("PersistedQueryNotFound")
        return registered

    def register(self, operation: Operation) -> None:
        """Remember a good document that came with its hash; what was asked for longest ago is forgotten first."""
        wanted, text = operation.document_id, operation.document
        if wanted is not None and text and wanted not in self._registered:
            with suppress(ValueError):  # it is larger than all that may be kept
                self._registered[wanted] = text

    def _check(self, text: str, principal: Principal) -> None:
        if self.only_trusted and text not in self._trusted.texts and not principal.may(Scope.ADMIN):
            self._refuse(sha256(text))

    def _refuse(self, wanted: str) -> None:
        if not self._trusted.learned.is_set():
            raise errors.Unavailable("The server has not read its trusted documents yet. Try again in a moment.")
        message = f"The document {wanted[:80]} is none that this server trusts, and it runs no others. {_ADVICE}"
        raise errors.DocumentNotTrusted(message, hash=wanted[:80])
