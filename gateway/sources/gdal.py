"""GDAL as ingest uses it; enters a name to open, leaves what pyogrio gives and all that GDAL reports.

pyogrio raises what keeps it from going on. What GDAL reports and reads past (a record that is cut, a shape that can't
be parsed) only goes to the error handler of the thread, so `listening` has one of its own.
"""

import ctypes
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from gateway.sources.formats import DRIVERS

_WARNING: Final = 2
_FAILURE: Final = 3
_MOST: Final = 100  # messages that are kept of a kind: a broken file may cause one a feature
_MESSAGE: Final = 500  # characters of one
Info = Mapping[str, Any]  # what pyogrio says of a layer
_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int, ctypes.c_char_p)


class Remarks:
    """What GDAL reports: `failures` are errors, each of which may have cost data, and `notes` are warnings."""

    def __init__(self) -> None:
        self.failures: dict[str, None] = {}  # in order, each once
        self.notes: dict[str, None] = {}

    def take(self, severity: int, message: str) -> None:
        """Keep one message."""
        kept = self.failures if severity >= _FAILURE else self.notes
        if severity >= _WARNING and len(kept) < _MOST:
            kept[" ".join(message.split())[:_MESSAGE]] = None


_kept: frozenset[str] | None = DRIVERS


def keep(drivers: frozenset[str] | None) -> None:
    """Have GDAL, which is not loaded yet, keep these drivers alone; None for all."""
    global _kept  # noqa: PLW0603 - as GDAL's drivers are
    _kept = drivers


@cache
def pyogrio() -> Any:
    """pyogrio, imported where a file is read first: servers start without GDAL, and without GeoPandas if that is there.

    GML without a schema has no types, so all of it is text. Drivers of formats that are not read are taken away, since
    some open whatever a file names. Those of a newer GDAL, that is: the jail has it begin without the others.
    """
    import pyogrio  # noqa: PLC0415

    pyogrio.set_gdal_config_options({"GDAL_HTTP_PROXY": "127.0.0.1:9", "GML_FIELDTYPES": "ALWAYS_STRING"})
    library = _library()
    for name in pyogrio.list_drivers(read=True):
        if _kept is not None and name not in _kept and (driver := library.GDALGetDriverByName(name.encode())):
            library.GDALDeregisterDriver(driver)
    return pyogrio


@cache
def _library() -> ctypes.CDLL:
    """The GDAL that pyogrio is linked with: names of a library are looked for in those that it needs, too."""
    from pyogrio import _ogr  # noqa: PLC0415

    library = ctypes.CDLL(_ogr.__file__)
    library.CPLPushErrorHandler.argtypes = [_HANDLER]
    library.CPLPushErrorHandler.restype = None
    library.CPLPopErrorHandler.restype = None
    library.GDALGetDriverByName.argtypes = [ctypes.c_char_p]
    library.GDALGetDriverByName.restype = ctypes.c_void_p
    library.VSIFileFromMemBuffer.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_int]
    library.VSIFileFromMemBuffer.restype = ctypes.c_void_p
    library.VSIFCloseL.argtypes = [ctypes.c_void_p]
    library.VSIUnlink.argtypes = [ctypes.c_char_p]
    library.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    library.GDALDeregisterDriver.restype = None
    return library


_listeners = threading.local()


def _hear(severity: int, _: int, message: bytes | None) -> None:
    stack: list[Remarks] = getattr(_listeners, "stack", [])
    if stack:
        stack[-1].take(severity, (message or b"").decode(errors="replace"))


# One for as long as the process lives: GDAL may call it when nobody listens any more, since pyogrio pushes and pops
# handlers of its own in between, and the last that was pushed is popped, whichever that is.
_HEARING: Final = _HANDLER(_hear)


@contextmanager
def in_memory(name: str, content: bytes) -> Iterator[str]:
    """A file of that name that only GDAL sees; yields the name under which it does."""
    library, path = _library(), f"/vsimem/{threading.get_ident()}/{name}"
    library.VSIFCloseL(library.VSIFileFromMemBuffer(path.encode(), content, len(content), 0))
    try:
        yield path
    finally:
        library.VSIUnlink(path.encode())


@contextmanager
def listening(remarks: Remarks) -> Iterator[None]:
    """Collect what GDAL reports in this thread, and what pyogrio hands on as warnings of Python."""
    pyogrio()
    library = _library()
    if not hasattr(_listeners, "stack"):
        _listeners.stack = []
    _listeners.stack.append(remarks)
    library.CPLPushErrorHandler(_HEARING)
    try:
        with warnings.catch_warnings(record=True) as log:
            warnings.simplefilter("always", RuntimeWarning)
            yield
    finally:
        library.CPLPopErrorHandler()
        _listeners.stack.pop()
        for entry in log:
            remarks.take(_WARNING, str(entry.message))
