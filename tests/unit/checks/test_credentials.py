"""`check` tells what would keep the server from starting, or from taking tokens, before it starts."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.management.commands.check import credentials
from gateway.settings import AuthSettings


def pem(curve):
    key = ec.generate_private_key(curve).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def told(settings, **auth):
    return [(m.rule.id, m.text) for m in credentials(settings.model_copy(update={"auth": AuthSettings(**auth)}))]


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ({"jwt_public_key": pem(ec.BrainpoolP256R1())}, "GATEWAY_AUTH_JWT_PUBLIC_KEY is on the curve brainpoolP256r1"),
        ({"jwt_public_key": "missing.pem"}, "GATEWAY_AUTH_JWT_PUBLIC_KEY must be"),
        ({"anonymous": ("reed",)}, "no scope reed"),
        ({"backends": ("nowhere.Badges",)}, "GATEWAY_AUTH_BACKENDS"),
        ({"private": {"parcels.nothing": "write"}}, "GATEWAY_AUTH_PRIVATE"),
    ],
)
def test_a_setting_with_which_the_server_does_not_start_is_an_error(settings, auth, said):
    ((rule, text),) = told(settings, **auth)
    assert rule == "gateway.E009"
    assert said in text


def test_settings_with_which_the_server_starts_are_none(settings, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": []}))
    assert told(settings) == []
    assert told(settings, jwt_public_key=pem(ec.SECP384R1()), jwt_key_set=str(path)) == []


def test_keys_of_a_set_that_cannot_be_used_are_warnings(settings, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}]}))
    ((rule, text),) = told(settings, jwt_key_set=str(path))
    assert rule == "gateway.W006"
    assert text.startswith("The key shared: It is a shared secret (oct)")
    for missing in (str(tmp_path / "nothing.json"), str(tmp_path)):
        ((rule, text),) = told(settings, jwt_key_set=missing)
        assert (rule, text) == ("gateway.W006", f"{missing} can't be read as a JSON Web Key Set (RFC 7517).")
