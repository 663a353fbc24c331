"""What `manage.py ingest` shows; enters an ingest as it goes, leaves progress, a report file and a table of counts."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import orjson
from rich.table import Table

from gateway import errors
from gateway.ingest import Action, FeatureOutcome, Reason, Report
from gateway.layers import LAYERS
from gateway.management.output import err, out, print_table, progress


class Watch:
    """Shows progress on standard error, and writes the report file chunk by chunk.

    `first` is done before the first row is written, once it is known that the source can be read.
    """

    def __init__(self, path: Path | None) -> None:
        self.first: Callable[[], Awaitable[None]] | None = None
        self._path = path
        self._file: TextIO | None = None
        self._progress = progress()
        self._task = self._progress.add_task("ingest", total=None)

    async def begun(self, report: Report, total: int | None) -> None:
        if self.first is not None:
            await self.first()
        self._progress.update(self._task, description=f"{report.source} -> {report.layer}", total=total)
        for line in report.about:
            err.print(f"{report.source}: {line}", markup=False, soft_wrap=True)
        for warning in report.warnings:
            err.print(f"Warning: {warning}.", markup=False, soft_wrap=True)
        if report.resumed_at:
            err.print(f"Run {report.run_id} goes on after {report.resumed_at:,} features.")

    async def chunk(self, report: Report, outcomes: Iterable[FeatureOutcome]) -> None:
        self._progress.update(self._task, completed=report.counts.read)
        if self._file is not None:
            try:
                self._file.writelines(orjson.dumps(outcome.as_json()).decode() + "\n" for outcome in outcomes)
                self._file.flush()
            except OSError as error:
                raise _unwritable(self._path, error) from error

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._file = self._path.open("w", encoding="utf-8")
            except OSError as error:
                raise _unwritable(self._path, error) from error
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if self._file is not None:
            self._file.close()


def _unwritable(path: Path | None, error: OSError) -> errors.SetupError:
    return errors.SetupError(f"The report cannot be written to {path}: {error.strerror}.")


def show(report: Report) -> None:
    """Print the account: counts, their reasons and notes."""
    title = f"{report.source} -> {report.layer}" + (" (dry run: nothing was kept)" if report.dry_run else "")
    out.print(title, markup=False)
    table = Table("features", "count", "why")
    table.columns[1].justify = "right"
    for name, count in report.counts.as_json().items():
        reasons = sorted((code, number) for (action, code), number in report.reasons.items() if action == name)
        why = ", ".join(f"{code} {number:,}" for code, number in reasons)
        table.add_row(name, f"{count:,}", why, end_section=name == "read")
    print_table(table)
    for action, words in ((Action.MISSING, "are not in the file"), (Action.DELETED, "were not in the file: deleted")):
        if number := report.reasons[action, Reason.MISSING]:
            out.print(f"{number:,} {LAYERS[report.layer].verbose_name_plural} {words}.", markup=False)
    if report.lost_sqm:
        out.print(f"Left out: {report.lost_sqm:,.0f} m² of features that were skipped or rejected.", markup=False)
    for note, number in sorted(report.notes.items()):
        out.print(f"Note: {note} ({number:,})." if number > 1 else f"Note: {note}.", markup=False)
    rate = (report.counts.read - report.resumed_at) / report.seconds if report.seconds else 0
    run_id = "" if report.run_id is None else f"Run {report.run_id}, "
    out.print(f"{run_id}{report.seconds:.1f} s, {rate:,.0f} features/s.", markup=False)
