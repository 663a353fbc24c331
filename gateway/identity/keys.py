"""The key that signs cursors; enters settings, leaves bytes that all workers of one data directory share."""

import os
import secrets
from pathlib import Path

from gateway.settings import Settings

_FILE = "secret_key"
_BYTES = 32


def signing_key(settings: Settings) -> bytes:
    """The key of `GATEWAY_SECRET_KEY`, else one that is made once and kept in the data directory."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / _FILE
    if not path.exists():
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{_FILE}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(secrets.token_bytes(_BYTES))
    try:
        # A link fails where another worker was first, and then its key is the one to use.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
