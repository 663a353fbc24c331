"""docs/howto/partitions.md, run as it stands."""

import asyncio
import re

import asyncpg
from typer.testing import CliRunner

from gateway.management import application
from tests.fixtures.cluster import ROOT
from tests.integration.partitions.test_lists import of_towns

PAGE = (ROOT / "docs" / "howto" / "partitions.md").read_text()
COMMAND = re.compile(r"^\./manage\.py partitions ?(.*?)(?: +#.*)?$", re.MULTILINE)


async def test_the_commands_about_parcels_run_in_their_order(own, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", own)
    connection = await asyncpg.connect(own.replace("+asyncpg", ""))
    commands = [line.split() for line in COMMAND.findall(PAGE) if "buildings" not in line]
    assert [words[0] for words in commands] == ["make", "list", "join", "index"]
    for words in commands:
        if words[0] == "index":
            await asyncio.to_thread(CliRunner().invoke, application(["partitions"]), ["partitions", *commands[0]])
            await connection.execute(re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)[0])
        outcome = await asyncio.to_thread(CliRunner().invoke, application(["partitions"]), ["partitions", *words])
        assert outcome.exit_code == 0, (words, outcome.output)
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_parcels_year'::regclass"
    assert await connection.fetchval(valid)
    await connection.close()


def test_the_declaration_of_the_page_is_that_of_the_tests():
    (declared,) = re.findall(r"^ +(partitions=Partitions\(.*\)),$", PAGE, re.MULTILINE)
    assert declared in of_towns('        natural_key="building_id", minzoom=12, color="#5d9a56"')
