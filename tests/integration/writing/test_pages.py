"""The examples of the pages on writing rows and on reading the past, run one after another as they stand."""

import json
import os
import re
import subprocess

from tests.fixtures.cluster import ROOT
from tests.fixtures.sources import fetch

HOWTO = ROOT / "docs" / "howto"


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (HOWTO / page).read_text(), re.MULTILINE | re.DOTALL)


async def test_a_row_is_made_changed_read_in_the_past_and_deleted_as_the_pages_say(clerk, empty_database):
    create, update, delete = blocks("write-rows.md", "graphql")
    past, history = blocks("read-the-past.md", "graphql")
    made = (await clerk.data(create))["createParcels"]["results"][0]
    assert made["outcome"] == "CREATED"
    ((moment,),) = await fetch(empty_database, "SELECT now()")
    key = {"id": made["parcel"]["id"]}
    changed = (await clerk.data(update, **key, version=made["parcel"]["version"]))["updateParcel"]
    assert changed == {"outcome": "UPDATED", "parcel": {"version": 2, "address": "1 Elm Street", "landUse": None}}
    then = (await clerk.data(past, moment=moment.isoformat()))["parcel"]
    assert (then["address"], then["version"]) == ("1 Elm St", 1)
    gone = (await clerk.data(delete, **key))["deleteParcel"]
    assert gone == {"outcome": "DELETED"}
    assert (await clerk.data(history.replace("00001-051", "102-14")))["parcel"] is None
    assert (await clerk.data(past, moment=moment.isoformat()))["parcel"] == then


def test_the_commands_that_ask_for_the_past_are_what_a_shell_sends():
    (commands,) = [block for block in blocks("read-the-past.md", "sh") if "MOMENT" in block]
    echoed = re.sub(r"curl .*?-d ", "printf '%s\\\\n' ", re.sub(r"\\\n\s*", "", commands)).replace("sleep 1", "true")
    done = subprocess.run(
        ["bash", "-c", echoed], check=True, capture_output=True, text=True, env=os.environ, timeout=120
    )
    write, read = (json.loads(line)["query"] for line in done.stdout.splitlines())
    assert 'parcelId: "102-14"' in write
    assert re.search(r'then: parcel\(parcelId: "102-14", asOf: "\d{4}-\d\d-\d\dT[\d:]{8}Z"\)', read)
