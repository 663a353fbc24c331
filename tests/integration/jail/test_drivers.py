"""A body of the kind of each of GDAL's drivers, under every name and signature, opens nothing but itself."""

import json
import os
import subprocess
import sys
from collections import defaultdict

import pytest

from gateway.sources import formats
from gateway.sources.jail import environment, walls
from tests.fixtures import bodies, cell
from tests.fixtures.canaries import CANARY, KEY, Watched

WITHOUT = "import sys; sys.modules |= dict.fromkeys(('pandas', 'geopandas'))"  # which take seconds to import
LISTING = f"{WITHOUT}; import pyogrio; print(*pyogrio.list_drivers(), sep='\\n')"
SIGNATURES = (
    b"",
    b"fgb\x03fgb\x01",
    b"fgb\x03fgb ",
    b"PAR1",
    b"SQLite format 3\0",
    b"\0\0\x27\x0a",
    b"\xef\xbb\xbf",
    b"{",
)


@pytest.fixture
def canaries(tmp_path, listener, monkeypatch):
    """Paths and URLs that no file may lead to, and the watch over the file among them."""
    monkeypatch.setenv("GATEWAY_SECRET_KEY", KEY)
    secret = tmp_path / "secret.csv"
    secret.write_text(f"id,WKT\n{CANARY},POINT(1 2)\n")
    watched = Watched(secret)
    url = f"http://127.0.0.1:{listener.port}/x.csv"
    yield [str(secret), url, f"/vsicurl/{url}", f"/proc/{os.getpid()}/environ"], watched
    watched.close()


def offered(folder, targets, *, every):
    """Files by the format that they are taken for, each content once; an eighth of those of other drivers, or all."""
    made = folder / "made"
    made.mkdir()
    subprocess.run([sys.executable, bodies.__file__, made, *targets], check=True, capture_output=True, timeout=120)
    files, seen = defaultdict(list), set()
    for body in sorted(made.iterdir()):
        driver = body.name.partition(".")[2].replace("_", " ")
        for content in (signature + body.read_bytes() for signature in SIGNATURES):
            for suffix in formats.BY_SUFFIX:
                form = formats.identify(f"a{suffix}", content[: formats.HEAD])
                if form is None or (form.name, content) in seen:
                    continue
                seen.add((form.name, content))
                if every or form.driver == driver or len(seen) % 8 == 0:
                    path = folder / f"{len(seen):05d}{suffix}"
                    path.write_bytes(content)
                    files[form.name].append(str(path))
    return files


def read(form, paths, *, raised):
    """What became of each file in a process for files of that format."""
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", cell.__file__],
        input=json.dumps({"form": form, "files": paths, "walls": raised}) + "\n",
        env=environment.variables(formats.BY_NAME[form]),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return dict(map(json.loads, done.stdout.splitlines())), done.returncode


def test_every_driver_is_known_and_has_a_body(tmp_path):
    subprocess.run(
        [sys.executable, bodies.__file__, tmp_path, "/nowhere"], check=True, capture_output=True, timeout=120
    )
    made = {path.name.partition(".")[2].replace("_", " ") for path in tmp_path.iterdir()}
    drivers = set(
        subprocess.run(
            [sys.executable, "-c", LISTING], check=True, capture_output=True, text=True, timeout=120
        ).stdout.split("\n")
    )
    drivers.discard("")
    assert {driver.replace("_", " ") for driver in drivers} <= made
    assert drivers <= set(environment.DRIVERS)


@pytest.mark.parametrize("form", [formats.GEOPACKAGE, formats.GEODATABASE, formats.CSV], ids=lambda form: form.name)
def test_gdal_begins_with_the_driver_of_the_format_and_those_of_single_shapes(form):
    command = [sys.executable, "-I", "-c", LISTING]
    done = subprocess.run(
        command, env=environment.variables(form), check=True, capture_output=True, text=True, timeout=120
    )
    assert set(done.stdout.split()) == {"MEM", "GeoJSON", "CSV", form.driver}


def check(tmp_path, canaries, listener, *, raised, every):
    for form, paths in offered(tmp_path, canaries[0], every=every).items():
        found, status = read(form, paths, raised=raised)
        assert status == 0, f"{form} ended with {status} after {list(found)[-1:]}"
        assert [name for name, text in found.items() if CANARY in text or KEY in text] == [], form
        assert not listener.accepted, form
        assert not (raised and canaries[1].opened), form


@pytest.mark.skipif(walls.FILES not in walls.standing(), reason="needs Landlock")
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.fuzz)])
def test_a_body_of_any_kind_opens_nothing_but_itself(tmp_path, canaries, listener, every):
    check(tmp_path, canaries, listener, raised=True, every=every)


@pytest.mark.fuzz
def test_without_walls_the_choice_of_drivers_lets_nothing_out_either(tmp_path, canaries, listener):
    check(tmp_path, canaries, listener, raised=False, every=True)
