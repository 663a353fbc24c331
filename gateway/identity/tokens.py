"""JSON Web Tokens (RFC 7519); enters a token, leaves its principal.

The algorithms follow from the key, never from the token: one that names another than its key's (`none`, or HS256 with
a public key for a secret) does not hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jwt

from gateway.db.sessions import Database
from gateway.errors import SetupError, Unauthenticated
from gateway.identity.key_sets import KeySet
from gateway.identity.principal import OWN, Principal, Scope
from gateway.identity.public_keys import PublicKey, UnusableKey, read_pem
from gateway.settings import AuthSettings

_DOTS: Final = 2
_JURISDICTIONS: Final = "jurisdictions"  # the claim of those that a token holds in; * is all of them
_LONGEST: Final = 255  # characters of a subject (OpenID Connect Core, 2), and of an issuer
_ADVICE = "Ask your identity provider for a new one."
_REASONS: Mapping[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "has expired",
    jwt.ImmatureSignatureError: "does not hold yet (nbf, iat)",
    jwt.InvalidAudienceError: "is for another audience (aud)",
    jwt.InvalidIssuerError: "is of another issuer (iss)",
    jwt.InvalidAlgorithmError: "is signed with an algorithm that its key is not for",
    jwt.InvalidSignatureError: "has a signature that does not fit",
    jwt.InvalidKeyError: "is signed with a key that this server does not know (kid)",
    jwt.MissingRequiredClaimError: "lacks a claim that it must have: exp, sub, and where they are set iss and aud",
}


class JsonWebTokens:
    """The backend of tokens that an identity provider signs."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._fixed = list(_fixed_keys(settings))
        seconds, stale = settings.jwt_key_set_seconds, settings.jwt_key_set_stale_seconds
        self._set = KeySet(settings.jwt_key_set, seconds, stale) if settings.jwt_key_set else None

    async def authenticate(self, credential: str, database: Database) -> Principal | None:  # noqa: ARG002
        """Whose token it is; None where it does not look like one, or where no keys are set."""
        if credential.count(".") != _DOTS or not (self._fixed or self._set):
            return None
        try:
            claims = self._claims(credential, await self._keys(credential))
        except jwt.PyJWTError as error:
            reason = next((text for kind, text in _REASONS.items() if isinstance(error, kind)), "can't be read")
            raise Unauthenticated(f"The token {reason}. {_ADVICE}") from None
        name, issuer = _name("sub", claims["sub"]), claims.get("iss")
        identity = f"token {'' if issuer is None else _name('iss', issuer)} {name}"
        until = int(claims["exp"]) + self._settings.jwt_leeway
        held = frozenset(_words(_JURISDICTIONS, claims.get(_JURISDICTIONS, OWN)))
        return Principal(name, self._scopes(claims), identity=identity, until=until, jurisdictions=held)

    def knows(self, credential: str) -> bool:
        """Whether it looks like a token: keys are in memory."""
        return credential.count(".") == _DOTS

    async def _keys(self, token: str) -> Sequence[PublicKey]:
        if self._set is None:
            return self._fixed
        identity = jwt.get_unverified_header(token).get("kid")
        return [*self._fixed, *await self._set.keys(identity if isinstance(identity, str) else None)]

    def _claims(self, token: str, keys: Sequence[PublicKey]) -> Mapping[str, Any]:
        failed: jwt.PyJWTError = jwt.InvalidKeyError()
        for key, algorithms in keys:
            try:
                return self._decoded(token, key, algorithms)
            except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
                failed = error
        raise failed

    def _scopes(self, claims: Mapping[str, Any]) -> frozenset[Scope]:
        """The scopes that mean something here; a token may name those of other services, too."""
        name = next((name for name in self._settings.jwt_scope_claim if name in claims), "")
        return frozenset(Scope(word) for word in _words(name, claims.get(name)) if word in set(Scope))

    def _decoded(self, token: str, key: Any, algorithms: Sequence[str]) -> Mapping[str, object]:
        settings = self._settings
        required = ["exp", "sub"]
        required += ["iss"] if settings.jwt_issuer else []
        required += ["aud"] if settings.jwt_audience else []
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=settings.jwt_audience or None,
            issuer=settings.jwt_issuer,
            leeway=settings.jwt_leeway,
            options={"require": required, "verify_aud": bool(settings.jwt_audience)},
        )
        return claims


def _words(name: str, claim: Any) -> Sequence[str]:
    words = claim.split() if isinstance(claim, str) else [] if claim is None else claim
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        raise Unauthenticated(f"The token's claim {name} is neither text nor a list of texts. {_ADVICE}")
    return words


def _fixed_keys(settings: AuthSettings) -> Iterable[PublicKey]:
    if settings.jwt_secret is not None:
        yield settings.jwt_secret.get_secret_value().encode(), ("HS256",)
    if settings.jwt_public_key is not None:
        yield _public_key(settings.jwt_public_key)


def _public_key(given: str) -> PublicKey:
    try:
        return read_pem(given.encode() if "-----BEGIN" in given else Path(given).read_bytes())
    except UnusableKey as error:
        message = f"The key of GATEWAY_AUTH_JWT_PUBLIC_KEY {error}. Take one of RSA, Ed25519 or a curve of NIST."
        raise SetupError(message) from error
    except (OSError, ValueError) as error:
        raise SetupError("GATEWAY_AUTH_JWT_PUBLIC_KEY must be a public key as PEM text, or the path of one.") from error


def _name(claim: str, given: Any) -> str:
    """The value of a claim as logs, the history and settings of a transaction can hold it."""
    if not (isinstance(given, str) and 0 < len(given) <= _LONGEST and given.isprintable()):
        message = f"The token's claim {claim} is no text, empty, longer than {_LONGEST} or not printable. {_ADVICE}"
        raise Unauthenticated(message)
    return given
