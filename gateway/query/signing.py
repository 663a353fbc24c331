"""Texts of our own making in URLs and headers; enters a secret, leaves signatures in base64url without padding."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest


class Signer:
    """Signs for one purpose: no signature for another one of the same secret is good for it."""

    def __init__(self, secret: bytes, purpose: bytes, size: int) -> None:
        self._secret = secret[:64]
        self._purpose = purpose
        self._size = size

    def signed(self, text: str) -> str:
        """The text with its signature behind the last point."""
        return f"{text}.{self._signature(text)}"

    def holds(self, text: str) -> bool:
        """Whether a text has the signature that `signed` gives it."""
        before, _, signature = text.rpartition(".")
        return compare_digest(self._signature(before).encode(), signature.encode(errors="surrogatepass"))

    def _signature(self, text: str) -> str:
        raw = text.encode(errors="surrogatepass")
        return packed(blake2b(raw, key=self._secret, person=self._purpose, digest_size=self._size).digest())


def packed(data: bytes) -> str:
    """Bytes as text."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def unpacked(text: str) -> bytes | None:
    """The bytes of a text that `packed` wrote; None of any other."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    # Decoding passes over what is not of the alphabet: only the text as it was written is good.
    return data if packed(data) == text else None
