"""A slow line: what it carries, how fast, and for all together."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

import pytest

from benchmarks.line import slow_line

BODY = bytes(range(256)) * 40


@pytest.fixture
def far():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def read(port):
    with urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        return answer.read()


def test_answers_come_whole_and_no_faster_than_the_line(far):
    rate = 20_000
    with slow_line(far, rate) as port:
        begun = time.monotonic()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(read(port))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [BODY, BODY]
        assert time.monotonic() - begun >= 2 * len(BODY) / rate
