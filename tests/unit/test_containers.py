"""The image and docker-compose.yml: what holds a service that was broken into."""

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
import yaml

from gateway.checks import server

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES = sorted(COMPOSE["services"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_no_more_than_it_needs(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert "/tmp" in service["tmpfs"]
    assert service["pids_limit"] <= 1024
    assert service["mem_limit"]


def test_what_is_unpacked_lies_on_a_volume_and_not_in_memory():
    (temporary,) = re.findall(r"TMPDIR=(\S+)", DOCKERFILE)
    (volume,) = re.findall(r"^VOLUME (\S+)", DOCKERFILE, re.MULTILINE)
    assert temporary.startswith(volume)
    assert f"state:{volume}" in COMPOSE["services"]["gateway"]["volumes"]


def test_no_service_runs_as_root():
    assert COMPOSE["services"]["database"]["user"] == "postgres"
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["gateway"]


def test_the_database_is_reached_by_the_gateway_alone():
    database = COMPOSE["services"]["database"]
    assert "ports" not in database
    assert database["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_the_gateway_is_reached_from_this_machine_and_its_metrics_from_its_network():
    gateway = COMPOSE["services"]["gateway"]
    assert [port.rpartition(":")[0] for port in gateway["ports"]] == ["127.0.0.1:${PORT:-8000}"]
    assert gateway["expose"] == ["9464"]


def test_no_password_has_a_default():
    passwords = re.findall(r"\$\{\w*PASSWORD([^}]*)\}", (ROOT / "docker-compose.yml").read_text())
    assert passwords
    assert all(default == "" or default.startswith(":?") for default in passwords)


def test_the_role_of_the_gateway_is_not_the_superuser_of_the_image():
    assert COMPOSE["services"]["gateway"]["environment"]["GATEWAY_DATABASE_URL"].startswith("postgresql://gateway:")
    assert "POSTGRES_USER" not in COMPOSE["services"]["database"]["environment"]
    (script,) = [volume for volume in COMPOSE["services"]["database"]["volumes"] if "initdb" in volume]
    assert script.partition(":")[0] == "./docs/deploy/database.sql"


def test_the_image_is_production_and_its_health_is_asked_under_a_name_that_is_served():
    assert "GATEWAY_ENVIRONMENT=production" in DOCKERFILE
    given = COMPOSE["services"]["gateway"]["environment"]
    assert given["GATEWAY_ENVIRONMENT"] == "${GATEWAY_ENVIRONMENT:-production}"
    assert "http://127.0.0.1:8000/healthz" in DOCKERFILE


def test_images_are_pinned_by_digest():
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images += [service["image"] for service in COMPOSE["services"].values() if "image" in service]
    assert len(images) == 4
    assert [image for image in images if not re.search("@sha256:[0-9a-f]{64}$", image)] == []


def test_the_database_has_the_fixes_that_check_asks_for():
    postgresql, postgis = re.match(
        r"postgis/postgis:(\d+)-([\d.]+)@", COMPOSE["services"]["database"]["image"]
    ).groups()
    assert int(postgresql) in server.POSTGRESQL_FLOORS
    assert server.parts(postgis) > server.POSTGIS_FLOOR[:2]


def test_images_are_pinned_anew():
    loader = SourceFileLoader("pin", str(ROOT / "scripts" / "pin"))
    pin = module_from_spec(spec_from_loader("pin", loader))
    loader.exec_module(pin)
    first, second = (f"sha256:{letter * 64}" for letter in "ab")
    for name, images in (("Dockerfile", 3), ("docker-compose.yml", 1)):
        text = (ROOT / name).read_text()
        once = pin.pinned(text, lambda _: first)
        assert len(re.findall(f"^(?:FROM|    image:) [^ @]+:[^ @]+@{first}", once, re.MULTILINE)) == images
        assert pin.pinned(once, lambda _: second) == once.replace(first, second)
        assert re.sub("@sha256:[0-9a-f]{64}", "", once) == re.sub("@sha256:[0-9a-f]{64}", "", text)
