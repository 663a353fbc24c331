"""Public keys of tokens; enters a JSON Web Key or PEM text, leaves the key with its algorithms.

The algorithm is that of the key's own `alg` (RFC 7517, 4.4), else of its type and curve (RFC 7518, 8037 and 8812).
Many providers leave `alg` out of RSA keys: those are taken for RS256 and PS256.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512", "ES256K"),
    "OKP": ("EdDSA",),
}
_CURVES: Final[Mapping[str, str]] = {
    "secp256r1": "ES256",
    "secp384r1": "ES384",
    "secp521r1": "ES512",
    "secp256k1": "ES256K",
}

_RSA: Final = ("RS256", "PS256")  # for keys that name no algorithm

PublicKey = tuple[Any, Sequence[str]]  # with the algorithms that it is for


class UnusableKey(ValueError):
    """A key that no token can be checked with; its text goes on after "the key"."""


def signs(data: Mapping[str, object]) -> bool:
    """Whether a JSON Web Key is for signatures: sets hold keys of encryption, too."""
    operations = data.get("key_ops")
    return data.get("use", "sig") == "sig" and (not isinstance(operations, list) or "verify" in operations)


def read_jwk(data: Mapping[str, object]) -> PublicKey:
    """The key of a JSON Web Key (RFC 7517); raises UnusableKey."""
    kind, declared = data.get("kty"), data.get("alg")
    if kind == "oct":
        raise UnusableKey("is a shared secret (oct): set GATEWAY_AUTH_JWT_SECRET for one")
    names = _ALGORITHMS.get(kind) if isinstance(kind, str) else None
    if names is None:
        raise UnusableKey(f"is of the type {_shown(kind)} (kty); there are {', '.join(_ALGORITHMS)}")
    if declared is not None and declared not in names:
        raise UnusableKey(f"is for {_shown(declared)} (alg); a key of the type {kind} is taken for {', '.join(names)}")
    try:
        made = jwt.PyJWK(dict(data))
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        curve = f" on the curve {_shown(data['crv'])} (crv)" if "crv" in data else ""
        raise UnusableKey(f"can't be read as a key of the type {kind}{curve}") from error
    name = str(made.algorithm_name)
    if kind == "EC" and name != (fitting := _CURVES[made.key.curve.name]):
        raise UnusableKey(f"is for {name} (alg), but of a curve for {fitting}")
    return made.key, _RSA if kind == "RSA" and declared is None else (name,)


def read_pem(pem: bytes) -> PublicKey:
    """The key in PEM text; raises UnusableKey, or ValueError where there is no public key."""
    key = load_pem_public_key(pem)
    if isinstance(key, RSAPublicKey):
        return key, _RSA
    if isinstance(key, Ed25519PublicKey | Ed448PublicKey):
        return key, ("EdDSA",)
    if not isinstance(key, EllipticCurvePublicKey):
        raise UnusableKey("is of another type than RSA, EC and Ed25519")
    if key.curve.name not in _CURVES:
        raise UnusableKey(f"is on the curve {key.curve.name}; there are {', '.join(_CURVES)}")
    return key, (_CURVES[key.curve.name],)


def _shown(value: Any) -> str:
    return repr(value)[:40]
