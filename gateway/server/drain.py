"""The end of a server process: `/readyz` says so first, then the server stops accepting, then it ends.

Servers tell an application nothing of SIGTERM until every request is done. This hook stands before the server's own
handler: it raises the flag at once and passes the signal on a little later, when balancers have seen the flag.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Drain:
    """Whether the process is on its way out; `seconds` is the time between the flag and the server's handler."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = False

    def begun(self) -> bool:
        """Whether a signal to end has come."""
        return self._begun

    @contextmanager
    def watch(self, then: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Stand before the handlers of SIGTERM and SIGINT while the block runs, in the main thread's event loop.

        `then` is called with the flag.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = {
            number: handler
            for number in (signal.SIGTERM, signal.SIGINT)
            if callable(handler := signal.getsignal(number))
        }
        loop = asyncio.get_running_loop()

        def begin(number: int, frame: FrameType | None) -> None:
            self._begun = True
            loop.call_soon_threadsafe(then)
            delay = self._seconds if number == signal.SIGTERM else 0  # whoever presses Ctrl-C waits for no balancer
            loop.call_soon_threadsafe(loop.call_later, delay, previous[signal.Signals(number)], number, frame)

        for number in previous:
            signal.signal(number, begin)
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
