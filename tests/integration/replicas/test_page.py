"""What docs/howto/replicas.md tells to do does what it says."""

import asyncio
import os
import re
import subprocess

from gateway.layers import PARCELS
from gateway.query.ids import encode
from tests.fixtures.cluster import ROOT
from tests.integration.test_outages import SERVED, new_key

PAGE = (ROOT / "docs" / "howto" / "replicas.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_commands_read_what_they_wrote_while_no_replica_has_it(serve, replication, replicated, tmp_path):
    urls = " ".join(node.url(replicated) for node in replication.standbys)
    url = replication.primary.url(replicated)
    (commands,) = [block for block in blocks("sh") if "consistency-token" in block]
    assert encode(PARCELS, 1) in commands
    with serve(url, **SERVED, GATEWAY_REPLICA_URLS=urls, GATEWAY_REPLICA_LAG="300") as server:
        key = asyncio.run(new_key(url))
        for node in replication.standbys:
            node.pause()
        script = commands.replace("localhost:8000", f"127.0.0.1:{server.port}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=os.environ | {"KEY": key},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert '"address":"1 New Road"' in done.stdout


def test_the_copy_is_made_as_standbys_of_the_tests_are():
    (command,) = [block for block in blocks("sh") if "pg_basebackup" in block]
    assert {"-R", "-X", "stream", "-c", "fast"} <= set(command.split())
    (granted,) = blocks("sql")
    assert "pg_read_all_stats" in granted
