"""Whose a JSON Web Token is, and all the ways in which one does not hold."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from gateway.errors import SetupError, Unauthenticated, Unavailable
from gateway.identity import key_sets
from gateway.identity.tokens import JsonWebTokens
from gateway.principal import Scope
from gateway.settings import AuthSettings

SECRET = "a secret of the tests, of 32 characters and more"
RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed(key=SECRET, algorithm="HS256", headers=None, **claims):
    whole = {"sub": "clerk", "exp": time.time() + 3600, "scope": "read write"} | claims
    return jwt.encode({k: v for k, v in whole.items() if v is not None}, key, algorithm, headers)


async def principal(token, **settings):
    return await JsonWebTokens(AuthSettings(**settings)).authenticate(token, None)


async def refused(token, **settings):
    with pytest.raises(Unauthenticated) as refusal:
        await principal(token, **settings)
    return refusal.value.message


@pytest.mark.parametrize(
    ("key", "algorithm", "settings"),
    [
        (SECRET, "HS256", {"jwt_secret": SECRET}),
        (RSA, "RS256", {"jwt_public_key": pem(RSA)}),
        (ED25519, "EdDSA", {"jwt_public_key": pem(ED25519)}),
    ],
    ids=["HS256", "RS256", "EdDSA"],
)
async def test_each_algorithm_names_the_subject_and_its_scopes(key, algorithm, settings):
    found = await principal(signed(key, algorithm), **settings)
    assert found.name == "clerk"
    assert found.scopes == {Scope.READ, Scope.WRITE}
    assert not found.anonymous


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"exp": time.time() - 3600}, "has expired"),
        ({"exp": None}, "lacks a claim"),
        ({"sub": None}, "lacks a claim"),
        ({"nbf": time.time() + 3600}, "does not hold yet"),
        ({"iat": time.time() + 3600}, "does not hold yet"),
        ({"aud": "billing"}, "for another audience"),
        ({"aud": None}, "lacks a claim"),
        ({"iss": "https://other.example"}, "of another issuer"),
        ({"iss": None}, "lacks a claim"),
        ({"sub": 7}, "can't be read"),
        ({"sub": ""}, "not printable"),
        ({"sub": "a\0b"}, "not printable"),
        ({"sub": "\ud800"}, "not printable"),
        ({"sub": "x" * 256}, "longer than 255"),
        ({"exp": "soon"}, "can't be read"),
    ],
)
async def test_a_token_whose_claims_do_not_hold_is_refused_and_told_why(claims, said):
    fitting = {"iss": "https://city.example", "aud": "gateway"}
    settings = {"jwt_secret": SECRET, "jwt_issuer": "https://city.example", "jwt_audience": ("gateway", "maps")}
    assert (await principal(signed(**fitting), **settings)).name == "clerk"
    assert said in await refused(signed(**fitting | claims), **settings)


async def test_leeway_forgives_clocks():
    late = signed(exp=time.time() - 5)
    assert "has expired" in await refused(late, jwt_secret=SECRET, jwt_leeway=0)
    assert await principal(late, jwt_secret=SECRET, jwt_leeway=30)


def without_signature():
    return jwt.encode({"sub": "clerk", "exp": time.time() + 3600, "scope": "admin"}, None, "none")


def with_the_public_key_for_a_secret():
    # PyJWT itself refuses to sign so, which no attacker is kept from.
    head, body, _ = signed(SECRET, "HS256", scope="admin").split(".")
    algorithm = jwt.get_algorithm_by_name("HS256")
    signature = algorithm.sign(f"{head}.{body}".encode(), pem(RSA).encode())
    return f"{head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"


@pytest.mark.parametrize(
    "token",
    [
        without_signature(),
        with_the_public_key_for_a_secret(),
        signed(OTHER_RSA, "RS256"),
        signed(SECRET, "HS256"),
        signed(ec.generate_private_key(ec.SECP256R1()), "ES256"),
        signed(RSA, "RS512"),
        signed(RSA, "RS256")[:-8],
        "a.b.c",
        "..",
        "\x00.\x00.\x00",
    ],
)
@pytest.mark.parametrize("from_set", [False, True], ids=["key", "key set"])
async def test_what_the_key_did_not_sign_is_refused(token, from_set, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(key_set(one=RSA))
    await refused(token, **({"jwt_key_set": str(path)} if from_set else {"jwt_public_key": pem(RSA)}))


async def test_what_is_no_token_is_left_to_other_backends():
    assert await principal("gwk_0123456789ab_x", jwt_secret=SECRET) is None
    assert await principal(signed()) is None


async def test_scopes_of_other_services_mean_nothing():
    assert (await principal(signed(scope=["write", "openid"]), jwt_secret=SECRET)).scopes == {Scope.WRITE}
    assert (await principal(signed(scope=7), jwt_secret=SECRET)).scopes == set()
    assert (await principal(signed(scp="bulk"), jwt_secret=SECRET, jwt_scope_claim="scp")).scopes == {Scope.BULK}


def test_a_public_key_that_cannot_be_used_stops_the_start(tmp_path):
    private = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    elliptic = pem(ec.generate_private_key(ec.SECP256R1()))
    for given in ("-----BEGIN nothing", str(tmp_path / "missing.pem"), private, elliptic):
        with pytest.raises(SetupError, match="GATEWAY_AUTH_JWT_PUBLIC_KEY"):
            JsonWebTokens(AuthSettings(jwt_public_key=given))


def key_set(**keys):
    found = []
    for name, key in keys.items():
        algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else OKPAlgorithm
        found.append(algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "use": "sig"})
    return json.dumps({"keys": [*found, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}]})


async def test_a_rotated_key_set_is_read_again_for_a_key_that_it_lacked(tmp_path, monkeypatch):
    path = tmp_path / "keys.json"
    path.write_text(key_set(one=RSA))
    tokens = JsonWebTokens(AuthSettings(jwt_key_set=str(path)))
    old, new = signed(RSA, "RS256", {"kid": "one"}), signed(ED25519, "EdDSA", {"kid": "two"})
    assert await tokens.authenticate(old, None)
    path.write_text(key_set(two=ED25519))
    with pytest.raises(Unauthenticated):  # it was read a moment ago: made-up ids must not make it be read each time
        await tokens.authenticate(new, None)
    monkeypatch.setattr(key_sets, "_PAUSE", 0.0)
    assert await tokens.authenticate(new, None)
    with pytest.raises(Unauthenticated):
        await tokens.authenticate(old, None)


async def test_a_key_set_that_cannot_be_read_anew_holds_on(tmp_path):
    path = tmp_path / "keys.json"
    tokens = JsonWebTokens(AuthSettings(jwt_key_set=str(path), jwt_key_set_seconds=0.000_001))
    with pytest.raises(Unavailable):
        await tokens.authenticate(signed(RSA, "RS256"), None)
    path.write_text(key_set(one=RSA))
    assert await tokens.authenticate(signed(RSA, "RS256"), None)
    path.write_text("{")
    assert await tokens.authenticate(signed(RSA, "RS256"), None)
