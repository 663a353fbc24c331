"""Settings of who may do what."""

from collections.abc import Mapping

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from gateway.settings.values import Words, config


class AuthSettings(BaseSettings):
    """Who may do what (`GATEWAY_AUTH_*`)."""

    model_config = config("GATEWAY_AUTH_")

    backends: Words = Field(
        ("gateway.identity.api_keys.ApiKeys", "gateway.identity.tokens.JsonWebTokens"),
        description="Classes that find the owner of a credential, comma separated, asked in order.",
    )
    anonymous: Words = Field(
        ("read",), description="Scopes of requests without credentials: read, write, bulk, admin; empty allows nothing."
    )
    private: Mapping[str, str] | None = Field(
        None,
        description='Private columns and the scope that shows each, as JSON: {"parcels.owner_name": "write"}. '
        "Without it, the private columns of each layer, for the scope write; {} hides nothing.",
    )
    private_members: Mapping[str, str] | None = Field(
        None,
        description="Private members of `attributes` and the scope that shows each, as JSON: names, * for any text, "
        'of all layers or one: {"*owner*": "write", "parcels.*tax*": "admin"}. Without it, the patterns of each layer, '
        "for the scope write; {} hides those alone that ingest was told to hide.",
    )
    least_group: int = Field(
        1,
        ge=1,
        description="Rows that a group of `groupBy`, `distinct` or `dissolve`, a cluster or a cell of an overview has "
        "at least; smaller ones are left out.",
    )
    key_seconds: float = Field(
        5.0, ge=0, description="Seconds that a worker remembers an API key; a revoked one may work as long."
    )
    wrong_per_minute: int = Field(
        20,
        ge=0,
        description="Credentials that do not hold that an address may send a minute; beyond it is answered 429 without "
        "a look at the database, but for credentials that held before. 0 counts none.",
    )
    url_seconds: float = Field(
        3600.0,
        gt=0,
        description="Seconds that a URL of tiles or an export has the rights of its asker.",
    )
    jwt_secret: SecretStr | None = Field(
        None, min_length=32, description="Secret of tokens signed with HS256, at least 32 characters."
    )
    jwt_public_key: str | None = Field(
        None,
        description="Public key of signed tokens: RSA (RS256, PS256), elliptic curve (ES256, ES384, ES512, ES256K) or "
        "EdDSA; PEM text, or the path of a PEM file.",
    )
    jwt_key_set: str | None = Field(
        None,
        description="JSON Web Key Set of signed tokens: an https URL, or the path of a file. Keys of RSA, elliptic "
        "curves and EdDSA, each for the algorithm that it names (alg), else for those of its type.",
    )
    jwt_key_set_seconds: float = Field(300.0, gt=0, description="Seconds after which a key set is read again.")
    jwt_key_set_stale_seconds: float = Field(
        86_400.0, gt=0, description="Seconds for which keys of a set are used while it can't be read again."
    )
    jwt_issuer: str | None = Field(None, description="Issuer (iss) that a token must have.")
    jwt_audience: Words = Field((), description="Audiences (aud), comma separated, of which a token must have one.")
    jwt_leeway: float = Field(10.0, ge=0, description="Seconds that the clock of the issuer may be off.")
    jwt_scope_claim: Words = Field(
        ("scope", "scp"),
        description="Claims that may hold the scopes, comma separated: text with spaces (RFC 8693) or a list; the "
        "first that a token has counts.",
    )
