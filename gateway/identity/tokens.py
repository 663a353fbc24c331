"""Floor 3. JSON Web Tokens (RFC 7519); enters a token, leaves its principal.

The algorithm follows from the key, never from the token: one that names another than its key's (`none`, or HS256 with
a public key for a secret) does not hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gateway.db import Database
from gateway.errors import SetupError, Unauthenticated
from gateway.identity.key_sets import KeySet
from gateway.principal import Principal, Scope
from gateway.settings import AuthSettings

_DOTS: Final = 2
_LONGEST: Final = 255  # characters of a subject (OpenID Connect Core, 2)
_ADVICE = "Ask your identity provider for a new one."
_REASONS: Mapping[type[jwt.PyJWTError], str] = {
    jwt.ExpiredSignatureError: "has expired",
    jwt.ImmatureSignatureError: "does not hold yet (nbf, iat)",
    jwt.InvalidAudienceError: "is for another audience (aud)",
    jwt.InvalidIssuerError: "is of another issuer (iss)",
    jwt.InvalidAlgorithmError: "is signed with an algorithm that its key is not for",
    jwt.InvalidSignatureError: "has a signature that does not fit",
    jwt.MissingRequiredClaimError: "lacks a claim that it must have: exp, sub, and where they are set iss and aud",
}

Keys = Sequence[tuple[Any, str]]  # each key with the one algorithm that it is for


class JsonWebTokens:
    """The backend of tokens that an identity provider signs."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._fixed = list(_fixed_keys(settings))
        self._set = KeySet(settings.jwt_key_set, settings.jwt_key_set_seconds) if settings.jwt_key_set else None

    async def authenticate(self, credential: str, database: Database) -> Principal | None:  # noqa: ARG002
        """Whose token it is; None where it does not look like one, or where no keys are set."""
        if credential.count(".") != _DOTS or not (self._fixed or self._set):
            return None
        try:
            claims = self._claims(credential, await self._keys(credential))
        except jwt.PyJWTError as error:
            reason = next((text for kind, text in _REASONS.items() if isinstance(error, kind)), "can't be read")
            raise Unauthenticated(f"The token {reason}. {_ADVICE}") from None
        name = _name(claims["sub"])
        identity = f"token {claims.get('iss', '')} {name}"
        return Principal(name, _scopes(claims.get(self._settings.jwt_scope_claim)), identity=identity)

    async def _keys(self, token: str) -> Keys:
        if self._set is None:
            return self._fixed
        identity = jwt.get_unverified_header(token).get("kid")
        return [*self._fixed, *await self._set.keys(identity if isinstance(identity, str) else None)]

    def _claims(self, token: str, keys: Keys) -> Mapping[str, Any]:
        failed: jwt.PyJWTError = jwt.InvalidKeyError()
        for key, algorithm in keys:
            try:
                return self._decoded(token, key, algorithm)
            except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
                failed = error
        raise failed

    def _decoded(self, token: str, key: Any, algorithm: str) -> Mapping[str, Any]:
        settings = self._settings
        required = ["exp", "sub"]
        required += ["iss"] if settings.jwt_issuer else []
        required += ["aud"] if settings.jwt_audience else []
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=settings.jwt_audience or None,
            issuer=settings.jwt_issuer,
            leeway=settings.jwt_leeway,
            options={"require": required, "verify_aud": bool(settings.jwt_audience)},
        )
        return claims


def _fixed_keys(settings: AuthSettings) -> Iterable[tuple[Any, str]]:
    if settings.jwt_secret is not None:
        yield settings.jwt_secret.get_secret_value().encode(), "HS256"
    if settings.jwt_public_key is not None:
        yield _public_key(settings.jwt_public_key)


def _public_key(given: str) -> tuple[Any, str]:
    try:
        key = load_pem_public_key(given.encode() if "-----BEGIN" in given else Path(given).read_bytes())
    except (OSError, ValueError) as error:
        raise SetupError("GATEWAY_AUTH_JWT_PUBLIC_KEY must be a public key as PEM text, or the path of one.") from error
    if isinstance(key, RSAPublicKey):
        return key, "RS256"
    if isinstance(key, Ed25519PublicKey):
        return key, "EdDSA"
    raise SetupError("GATEWAY_AUTH_JWT_PUBLIC_KEY must be an RSA key (RS256) or an Ed25519 key (EdDSA).")


def _name(subject: str) -> str:
    """The subject as logs, the history and settings of a transaction can hold it."""
    if not 0 < len(subject) <= _LONGEST or not subject.isprintable():
        message = f"The token names a subject (sub) that is empty, longer than {_LONGEST} or not printable. {_ADVICE}"
        raise Unauthenticated(message)
    return subject


def _scopes(claim: Any) -> frozenset[Scope]:
    """The scopes that mean something here; tokens bear those of other services, too."""
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else ()
    return frozenset(Scope(word) for word in words if word in set(Scope))
