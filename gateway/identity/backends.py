"""Backends of identity; enters the credential of a request, leaves its principal or a refusal.

A backend is a class that `GATEWAY_AUTH_BACKENDS` names, made of the settings; each looks whether a credential is of its
kind, as Django's authentication backends do.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Protocol, runtime_checkable

from gateway.db.sessions import Database
from gateway.errors import SetupError, Unauthenticated
from gateway.identity.principal import OWN, Principal, Scope, anonymous
from gateway.settings import AuthSettings


class Backend(Protocol):
    """One kind of credentials."""

    def __init__(self, settings: AuthSettings) -> None: ...

    async def authenticate(self, credential: str, database: Database) -> Principal | None:
        """Whose the credential is; None where it is of another kind.

        Raises Unauthenticated where it is of this kind and does not hold.
        """
        ...


@runtime_checkable
class Confirming(Protocol):
    """A backend that knows its principals by `identity` after they asked for a URL."""

    async def confirm(self, identity: str, database: Database) -> Principal | None:
        """Who has the identity now; None where it is of another backend.

        Raises Unauthenticated where the credential holds no longer.
        """
        ...


@runtime_checkable
class Knowing(Protocol):
    """A backend that can tell which credentials are worth a look though their address sent many wrong ones."""

    def knows(self, credential: str) -> bool:
        """Whether the credential held before, or is looked at without asking anybody."""
        ...


class Backends:
    """The backends of one jurisdiction, or of several that are read together, in order."""

    def __init__(self, settings: AuthSettings, *jurisdictions: str) -> None:
        self._jurisdictions = jurisdictions or (OWN,)
        self._backends: Sequence[Backend] = [_load(name)(settings) for name in settings.backends]
        self.anonymous = anonymous(parse_scopes(settings.anonymous))

    async def authenticate(self, credential: str, database: Database) -> Principal:
        """Whose the credential is; it grants no less than none would.

        Raises Unauthenticated where no backend knows it.
        """
        for backend in self._backends:
            principal = await backend.authenticate(credential, database)
            if principal is not None:
                self._check(principal)
                return replace(principal, scopes=principal.scopes | self.anonymous.scopes)
        raise Unauthenticated(
            "The credential is no API key and no token that this server takes. Send it whole, or leave it out."
        )

    def _check(self, principal: Principal) -> None:
        if any(principal.holds_in(each) for each in self._jurisdictions):
            return
        if len(self._jurisdictions) == 1:
            message = f"The credential is of another jurisdiction than {self._jurisdictions[0]}."
        else:
            message = "The credential is of none of the jurisdictions that are read together here."
        raise Unauthenticated(f"{message} Ask who issued it for one whose claim jurisdictions names it.")

    def knows(self, credential: str) -> bool:
        """Whether a backend knows the credential without asking the database."""
        return any(backend.knows(credential) for backend in self._backends if isinstance(backend, Knowing))

    async def confirm(self, signed: Principal, database: Database) -> Principal:
        """Whom a signed URL speaks for, with the scopes that it was signed with and that are still granted.

        Raises Unauthenticated where the credential that asked for the URL holds no longer.
        """
        if signed.identity is not None:
            for backend in self._backends:
                now = await backend.confirm(signed.identity, database) if isinstance(backend, Confirming) else None
                if now is not None and not all(now.holds_in(each) for each in self._jurisdictions):
                    raise Unauthenticated("The API key that asked for this URL is of other jurisdictions. Ask again.")
                if now is not None:
                    return replace(signed, scopes=signed.scopes & (now.scopes | self.anonymous.scopes))
        return signed


def parse_scopes(words: Sequence[str]) -> frozenset[Scope]:
    """Read names of scopes; raises SetupError for one that there is not."""
    unknown = [word for word in words if word not in set(Scope)]
    if unknown:
        raise SetupError(f"There is no scope {', '.join(unknown)}. There are {', '.join(Scope)}.")
    return frozenset(map(Scope, words))


def _load(name: str) -> type[Backend]:
    module, _, attribute = name.rpartition(".")
    try:
        backend: type[Backend] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise SetupError(f"GATEWAY_AUTH_BACKENDS names {name!r}, and there is no such class.") from error
    return backend
