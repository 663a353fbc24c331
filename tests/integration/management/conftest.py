"""Commands with somebody at the terminal; enters answers, leaves a standard input that is one."""

import io
import sys

import pytest


@pytest.fixture
def answered(monkeypatch):
    """`answered("y")`: the next question is answered so, on a terminal."""

    def answer(text):
        terminal = io.StringIO(f"{text}\n")
        terminal.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", terminal)

    return answer
