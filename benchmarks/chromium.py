"""Chromium without a window, as benchmarks and tests start it; leaves the arguments of Playwright's `launch`."""

import os
import shutil
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# WebGL is drawn in software: the machines need no graphics card.
_OPTIONS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox", "--disable-dev-shm-usage")


def launching() -> dict[str, Any]:
    """The browser of the system, or the one that GATEWAY_TEST_CHROMIUM names."""
    found = os.environ.get("GATEWAY_TEST_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        message = "There is no Chromium: run scripts/bootstrap tools, or name one in GATEWAY_TEST_CHROMIUM."
        raise RuntimeError(message)
    return {"executable_path": found, "args": list(_OPTIONS)}
