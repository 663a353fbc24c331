"""The process that reads one file; enters a line of JSON that names it, then lines that ask, leaves frames.

It runs as a script in a Python without environment. What it needs is imported before the walls are raised; nothing of
the file is looked at before they stand.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

_ROOT: Final = Path(__file__).parents[3]


class _Without:
    """What pyogrio and Arrow look for and is not used here: to import it takes four times as long as all the rest."""

    @classmethod
    def find_spec(cls, name: str, *_: object) -> None:
        """Say that there is no such module."""
        if name in {"geopandas", "pandas"}:
            raise ModuleNotFoundError(name=name)


def _step_back() -> None:
    """Leave the processor to those who wait for an answer."""
    os.setpriority(os.PRIO_PROCESS, 0, 10)
    with suppress(OSError):  # Linux shares it among sessions first, of which this is one of its own
        Path("/proc/self/autogroup").write_text("10")


if __name__ == "__main__":
    _step_back()
    sys.path.insert(0, str(_ROOT))
    sys.meta_path.insert(0, _Without)

import orjson  # noqa: E402
import pyarrow as pa  # noqa: E402

from gateway.errors import GatewayError  # noqa: E402
from gateway.geo.positions import JsonObject  # noqa: E402
from gateway.sources import formats, gdal  # noqa: E402
from gateway.sources.batches import SourceBatch  # noqa: E402
from gateway.sources.containers import Dataset  # noqa: E402
from gateway.sources.jail import environment, frames, walls  # noqa: E402
from gateway.sources.reading import DatasetReader, load  # noqa: E402


class Worker:
    """Answers what is asked on `asked`, by frames to `answers`."""

    def __init__(self, asked: BinaryIO, answers: BinaryIO) -> None:
        self._asked = asked
        self._answers = answers

    def run(self, opened: Callable[[], DatasetReader]) -> None:
        """Answer until nobody asks any more, or the file can't be opened."""
        try:
            reader = opened()
        except GatewayError as error:
            self.say(frames.failure(error))
            return
        self.say({"opened": True})
        question = self._next()
        while question is not None:
            if question["ask"] == "description":
                self.say(_described(reader))
                question = self._next()
            else:
                question = self._batches(reader, question["first"], question["rows"])

    def _batches(self, reader: DatasetReader, first: int, rows: int) -> JsonObject | None:
        """Answer each question for more, with what was made meanwhile; returns the first question that is another."""
        notes: set[str] = set()
        try:
            for batch in _parted(reader.batches(first, rows, notes)):
                said, data = frames.packed(batch)
                if (question := self._next()) is None or question["ask"] != "more":
                    return question
                self.say({**said, "notes": sorted(notes)}, data)
            last: JsonObject = {"end": True, "notes": sorted(notes)}
        except GatewayError as error:
            last = frames.failure(error)
        if (question := self._next()) is None or question["ask"] != "more":
            return question
        self.say(last)
        return self._next()

    def _next(self) -> JsonObject | None:
        line = self._asked.readline()
        return orjson.loads(line) if line else None

    def say(self, said: JsonObject, data: pa.Buffer | bytes = b"") -> None:
        """Answer. Raises MemoryError where a single feature is more than an answer may be."""
        if len(data) > frames.MOST_BATCH:
            raise MemoryError
        for part in frames.framed(said, data):
            self._answers.write(part)
        self._answers.flush()


def _parted(batches: Iterator[SourceBatch]) -> Iterator[SourceBatch]:
    for batch in batches:
        yield from frames.parts(batch)


def _described(reader: DatasetReader) -> JsonObject:
    try:
        return frames.described(reader.description)
    except GatewayError as error:
        return frames.failure(error)


def _dataset(given: JsonObject) -> Dataset:
    form = formats.by_driver(given["form"]) if given["trusted"] else formats.BY_NAME[given["form"]]
    files, origin = (tuple(map(Path, given[name])) for name in ("files", "origin"))
    return Dataset(Path(given["path"]), form, files, origin, given["name"])


def main() -> None:
    """Read one file."""
    asked = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    given = orjson.loads(asked.readline())
    dataset = _dataset(given)
    walls.limit(given["memory"], given["seconds"], given["mapped"])
    gdal.keep(None if dataset.form.trusted else environment.drivers(dataset.form))
    load(dataset.form)
    folders = [Path("/")] if dataset.form.trusted else [dataset.path] if dataset.path.is_dir() else []
    walls.raise_them(dataset.files, folders)
    worker = Worker(asked, answers)
    try:
        worker.run(lambda: DatasetReader(dataset, given["layer"], given["encoding"]))
    except (MemoryError, pa.ArrowMemoryError):
        worker.say({"failed": "memory"})
    except Exception as error:  # noqa: BLE001 - the process that asks must know
        worker.say({"failed": f"{type(error).__name__}: {error}"[:500]})


if __name__ == "__main__":
    main()
