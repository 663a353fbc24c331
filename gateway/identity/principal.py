"""Who makes a request; enters a name and scopes, leaves whether something is allowed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import Forbidden, Unauthenticated


class Scope(StrEnum):
    """What a principal may be allowed to do; none implies another, but for ADMIN, which implies all."""

    READ = "read"
    WRITE = "write"
    BULK = "bulk"
    ANALYZE = "analyze"
    ADMIN = "admin"


OWN: Final = "public"  # what the schema of the URL is called among jurisdictions, which is none of them
EVERYWHERE: Final = "*"


@dataclass(frozen=True, slots=True)
class Principal:
    """The one who makes a request: `name` is written to logs and history, so it is no secret.

    Several may have one name; `identity` tells them apart, where a backend gives one. `jurisdictions` are the codes of
    those that the credential holds in.
    """

    name: str
    scopes: frozenset[Scope]
    anonymous: bool = False
    identity: str | None = None
    until: float | None = None  # seconds since 1970 at which the credential ends, where it does
    jurisdictions: frozenset[str] = frozenset({OWN})

    def holds_in(self, jurisdiction: str) -> bool:
        """Whether the credential is one of a jurisdiction."""
        return bool(self.jurisdictions & {jurisdiction, EVERYWHERE})

    @property
    def everywhere(self) -> bool:
        """Whether it holds in all, those that are added later among them."""
        return EVERYWHERE in self.jurisdictions

    @property
    def owner(self) -> str:
        """What belongs to this principal alone is kept under."""
        return self.identity or self.name

    def may(self, scope: Scope) -> bool:
        """Whether the scope is granted."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, scope: Scope, action: str) -> None:
        """Refuse an `action` that the scope is not granted for.

        Raises Unauthenticated where credentials would help, else Forbidden.
        """
        if self.may(scope):
            return
        if self.anonymous:
            message = f"{action} needs the scope {scope}. Send an API key or a token: Authorization: Bearer ..."
            raise Unauthenticated(message, scope=scope.value)
        message = f"{action} needs the scope {scope}, which {self.name} lacks. Ask the operator for a key that has it."
        raise Forbidden(message, scope=scope.value)


ANONYMOUS: Final = "anonymous"


def anonymous(scopes: frozenset[Scope]) -> Principal:
    """A client that sends no credentials."""
    return Principal(ANONYMOUS, scopes, anonymous=True)
