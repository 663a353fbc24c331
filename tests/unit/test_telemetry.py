"""Log lines: for people on a terminal, for machines elsewhere."""

import io
import json
import sys

import pytest
import structlog

from gateway import telemetry


class Terminal(io.StringIO):
    """Standard error of someone who looks."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def restored():
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    vars(telemetry.log).pop("bind", None)


def written(monkeypatch, stream, form):
    monkeypatch.setattr(sys, "stderr", stream)
    telemetry.configure_logging("info", form)
    telemetry.log.info("request", path="/graphql", status=200)
    return stream.getvalue()


def test_by_default_a_file_or_a_pipe_gets_json(monkeypatch):
    line = json.loads(written(monkeypatch, io.StringIO(), "auto"))
    assert (line["event"], line["path"], line["status"], line["level"]) == ("request", "/graphql", 200, "info")


@pytest.mark.parametrize(("stream", "form"), [(Terminal, "auto"), (io.StringIO, "console")])
def test_people_get_lines_to_read(monkeypatch, stream, form):
    line = written(monkeypatch, stream(), form)
    assert "request" in line
    with pytest.raises(json.JSONDecodeError):
        json.loads(line)


def test_a_stream_of_bytes_gets_the_same_line(monkeypatch):
    behind = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(behind))
    telemetry.configure_logging("info", "json")
    telemetry.log.info("request", path="/straße")
    assert json.loads(behind.getvalue())["path"] == "/straße"


def test_json_may_be_asked_for_on_a_terminal(monkeypatch):
    assert json.loads(written(monkeypatch, Terminal(), "json"))["event"] == "request"
