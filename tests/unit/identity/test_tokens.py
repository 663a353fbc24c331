"""Whose a JSON Web Token is, and all the ways in which one does not hold."""

import asyncio
import base64
import json
import time
from contextlib import suppress

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from structlog.testing import capture_logs

from gateway.errors import SetupError, Unauthenticated, Unavailable
from gateway.identity import key_sets
from gateway.identity.principal import Scope
from gateway.identity.tokens import JsonWebTokens
from gateway.settings import AuthSettings
from tests.fixtures.examples import examples

SECRET = "a secret of the tests, of 32 characters and more"
RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
P256, P384, P521, K256, BRAINPOOL = (
    ec.generate_private_key(curve())
    for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1, ec.SECP256K1, ec.BrainpoolP256R1)
)
ELLIPTIC = {"ES256": P256, "ES384": P384, "ES512": P521, "ES256K": K256}


def pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signed(key=SECRET, algorithm="HS256", headers=None, **claims):
    whole = {"sub": "clerk", "exp": time.time() + 3600, "scope": "read write"} | claims
    body = json.dumps(
        {k: v for k, v in whole.items() if v is not None}
    )  # jwt.encode would refuse claims of wrong types
    return jwt.api_jws.encode(body.encode(), key, algorithm, headers)


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
        *((key, algorithm, {"jwt_public_key": pem(key)}) for algorithm, key in ELLIPTIC.items()),
    ],
    ids=["HS256", "RS256", "EdDSA", *ELLIPTIC],
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
        ({"sub": ["clerk"]}, "can't be read"),
        ({"sub": ""}, "not printable"),
        ({"sub": "a\0b"}, "not printable"),
        ({"sub": "\ud800"}, "not printable"),
        ({"sub": "x" * 256}, "longer than 255"),
        ({"exp": "soon"}, "can't be read"),
        ({"exp": ["soon"]}, "can't be read"),
        ({"exp": 1e400}, "can't be read"),
        ({"nbf": {"a": 1}}, "can't be read"),
        ({"iat": []}, "can't be read"),
        ({"jti": 7}, "can't be read"),
        ({"aud": {"gateway": 1}}, "for another audience"),
        ({"aud": [["gateway"]]}, "for another audience"),
        ({"iss": ["https://city.example"]}, "of another issuer"),
        ({"scope": [["admin"]]}, "scope is neither text nor a list of texts"),
        ({"scope": {"admin": True}}, "scope is neither text nor a list of texts"),
        ({"scope": 7}, "scope is neither text nor a list of texts"),
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


@pytest.mark.parametrize("issuer", [7, ["a"], {"a": 1}, "a\0b", "\ud800", "", "x" * 256])
async def test_an_issuer_that_no_table_can_hold_is_refused_though_no_issuer_is_asked_for(issuer):
    assert "claim iss" in await refused(signed(iss=issuer), jwt_secret=SECRET)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
CLAIMS = st.sampled_from(["sub", "exp", "nbf", "iat", "jti", "iss", "aud", "scope"])


@settings(max_examples=examples(20, 1200), deadline=None)
@given(
    st.dictionaries(CLAIMS, ANYTHING, max_size=3), st.sampled_from([{}, {"jwt_issuer": "a", "jwt_audience": ("a",)}])
)
def test_whatever_claims_hold_a_signed_token_is_taken_or_refused(claims, more):
    body = json.dumps({"sub": "clerk", "exp": time.time() + 3600, "iss": "a", "aud": "a"} | claims)
    token = jwt.api_jws.encode(body.encode(), SECRET, "HS256")
    with suppress(Unauthenticated):  # and nothing else is raised
        named = asyncio.run(principal(token, jwt_secret=SECRET, **more))
        assert named.name.isprintable()
        assert named.identity.isprintable()


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "head", ["[" * 20_000, '{"alg":["HS256"]}', '{"alg":"HS256","kid":["a"]}', '{"alg":"HS256","crit":[["b64"]]}', "7"]
)
@pytest.mark.parametrize("from_set", [False, True], ids=["secret", "key set"])
async def test_a_header_of_a_wrong_shape_is_refused(head, from_set, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(key_set(one=RSA))
    given = {"jwt_key_set": str(path)} if from_set else {"jwt_secret": SECRET}
    await refused(f"{encoded(head)}.{encoded('{}')}.{encoded('x')}", **given)


async def test_what_is_no_token_is_left_to_other_backends():
    assert await principal("gwk_0123456789ab_x", jwt_secret=SECRET) is None
    assert await principal(signed()) is None


async def test_scopes_of_other_services_mean_nothing():
    assert (await principal(signed(scope=["write", "openid"]), jwt_secret=SECRET)).scopes == {Scope.WRITE}
    assert (await principal(signed(scope=None), jwt_secret=SECRET)).scopes == set()


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scp": "read write"}, {Scope.READ, Scope.WRITE}),  # Microsoft Entra
        ({"scp": ["bulk", "openid"]}, {Scope.BULK}),  # Okta
        ({"scope": "read", "scp": "admin"}, {Scope.READ}),
        ({"roles": ["write"]}, set()),
    ],
)
async def test_scopes_may_stand_in_scope_or_scp(claims, scopes):
    assert (await principal(signed(**{"scope": None} | claims), jwt_secret=SECRET)).scopes == scopes


async def test_the_claims_of_scopes_are_a_setting():
    token = signed(scope="admin", scp="write", roles=["bulk"])
    assert (await principal(token, jwt_secret=SECRET, jwt_scope_claim="roles,scp")).scopes == {Scope.BULK}
    assert (await principal(token, jwt_secret=SECRET, jwt_scope_claim="groups")).scopes == set()


@pytest.mark.parametrize("audience", ["maps", ["billing", "maps"]])
async def test_a_token_of_several_audiences_needs_one_of_ours(audience):
    assert await principal(signed(aud=audience), jwt_secret=SECRET, jwt_audience="gateway,maps")
    await refused(signed(aud=audience), jwt_secret=SECRET, jwt_audience="gateway,tiles")


def test_a_public_key_that_cannot_be_used_stops_the_start(tmp_path):
    private = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for key in ("-----BEGIN nothing", str(tmp_path / "missing.pem"), private, pem(BRAINPOOL)):
        with pytest.raises(SetupError, match="GATEWAY_AUTH_JWT_PUBLIC_KEY"):
            JsonWebTokens(AuthSettings(jwt_public_key=key))
    with pytest.raises(SetupError, match="is on the curve brainpoolP256r1; there are secp256r1, secp384r1"):
        JsonWebTokens(AuthSettings(jwt_public_key=pem(BRAINPOOL)))


FAMILIES = {rsa.RSAPrivateKey: RSAAlgorithm, ed25519.Ed25519PrivateKey: OKPAlgorithm}


def jwk(key, **members):
    family = next((found for kind, found in FAMILIES.items() if isinstance(key, kind)), ECAlgorithm)
    return family.to_jwk(key.public_key(), as_dict=True) | {"use": "sig"} | members


def key_set(**keys):
    found = [jwk(key, kid=name) for name, key in keys.items()]
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


async def test_a_key_set_that_cannot_be_read_anew_holds_on(tmp_path, monkeypatch):
    path = tmp_path / "keys.json"
    monkeypatch.setattr(key_sets, "_PAUSE", 0.0)
    tokens = JsonWebTokens(AuthSettings(jwt_key_set=str(path), jwt_key_set_seconds=0.000_001))
    with pytest.raises(Unavailable):
        await tokens.authenticate(signed(RSA, "RS256"), None)
    path.write_text(key_set(one=RSA))
    assert await tokens.authenticate(signed(RSA, "RS256"), None)
    path.write_text("{")
    assert await tokens.authenticate(signed(RSA, "RS256"), None)


async def asked(path, token):
    return await JsonWebTokens(AuthSettings(jwt_key_set=str(path))).authenticate(token, None)


async def test_keys_of_a_set_are_taken_for_the_algorithm_that_they_name_or_that_their_curve_has(tmp_path):
    path = tmp_path / "keys.json"
    keys = [jwk(key, kid=name) for name, key in ELLIPTIC.items()]
    keys += [jwk(RSA, kid=name, alg=name) for name in ("RS512", "PS256")]
    path.write_text(json.dumps({"keys": keys}))
    for name, key in (ELLIPTIC | {"RS512": RSA, "PS256": RSA}).items():
        assert (await asked(path, signed(key, name, {"kid": name}))).name == "clerk", name
    with pytest.raises(Unauthenticated, match="an algorithm that its key is not for"):
        await asked(path, signed(RSA, "RS256", {"kid": "RS512"}))
    with pytest.raises(Unauthenticated, match="a key that this server does not know"):
        await asked(path, signed(P256, "ES256", {"kid": "other"}))


UNUSABLE = [
    ({"kty": "oct", "k": "c2VjcmV0"}, "It is a shared secret (oct): set GATEWAY_AUTH_JWT_SECRET for one."),
    (
        {"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"},
        "It can't be read as a key of the type EC on the curve 'P-192'",
    ),
    ({"kty": "OKP", "crv": "X25519", "x": "AA"}, "It can't be read as a key of the type OKP on the curve 'X25519'"),
    ({"kty": "RSA", "n": 7, "e": "AQAB"}, "It can't be read as a key of the type RSA."),
    ({"kty": ["RSA"]}, "It is of the type ['RSA'] (kty)"),
    (jwk(RSA, alg="none"), "It is for 'none' (alg); a key of the type RSA is taken for RS256, "),
    (jwk(P256, alg=["ES256"]), "It is for ['ES256'] (alg)"),
    (jwk(P256, alg="ES384"), "It is for ES384 (alg), but of a curve for ES256."),
]


@pytest.mark.parametrize(("key", "reason"), UNUSABLE, ids=range(len(UNUSABLE)))
async def test_a_key_of_a_set_that_cannot_be_used_is_logged_with_the_reason_and_the_others_serve(key, reason, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [key | {"kid": "bad"}, jwk(P256, kid="good"), jwk(RSA, use="enc"), 7]}))
    with capture_logs() as logs:
        assert await asked(path, signed(P256, "ES256", {"kid": "good"}))
    (line,) = logs
    assert (line["event"], line["kid"]) == ("key of a key set unusable", "bad")
    assert line["reason"].startswith(reason)


async def test_a_set_without_a_usable_key_is_logged_and_is_no_fault_of_the_token(tmp_path):
    path = tmp_path / "keys.json"
    for text in (json.dumps({"keys": [UNUSABLE[0][0]]}), '{"keys": []}'):
        path.write_text(text)
        with capture_logs() as logs, pytest.raises(Unavailable):
            await asked(path, signed(P256, "ES256"))
        assert "key set without a usable key" in [line["event"] for line in logs]
    for text in ("[]", '{"keys": {}}', "7", "[" * 100_000):
        path.write_text(text)
        with capture_logs() as logs, pytest.raises(Unavailable):
            await asked(path, signed(P256, "ES256"))
        assert [line["event"] for line in logs] == ["key set unreadable"]
