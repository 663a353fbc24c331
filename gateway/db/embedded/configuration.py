"""Settings of the private server; enters its socket and the machine's memory, leaves postgresql.conf."""

import locale
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

_MEGABYTE = 1 << 20


def configuration(socket_directory: Path, port: int) -> Mapping[str, str]:
    """What the server is started with. Settings of a session are set by `gateway.db` on each connection."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEGABYTE
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_directory),
        "unix_socket_permissions": "0700",
        "port": str(port),
        "max_connections": "200",
        "shared_buffers": f"{min(max(memory // 8, 128), 2048)}MB",
        "maintenance_work_mem": f"{min(max(memory // 32, 64), 512)}MB",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "shared_preload_libraries": "pg_stat_statements",
        "track_io_timing": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %a ",
    }


def encoding() -> Sequence[str]:
    """What to tell initdb for UTF-8: ordered by code point, with case known beyond ASCII."""
    for name in ("C.UTF-8", "en_US.UTF-8"):
        if _known(name):
            return ["--encoding=UTF8", f"--locale={name}"]
    return ["--encoding=UTF8", "--locale=C"]


def _known(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_CTYPE, before)
    return True
