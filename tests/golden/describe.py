"""Statements as people read them; enters the reads of a plan, leaves lines."""

import re

from gateway.planner import reads as r

_BREAK = re.compile(r" (?=(?:FROM|WHERE|ORDER BY|LIMIT|JOIN|LEFT OUTER JOIN|GROUP BY|WITH)\b)|\n")


def sql_texts(reads):
    """Each statement after the place that it is read for, with where its parameters come from."""
    return [part for read in reads for part in _read(read, read.key)]


def _read(read, place):
    match read:
        case r.ManyRead():
            yield from _connection(read.connection, place)
        case r.OneRead():
            yield from _rows(read.rows, place)
        case r.ByIdsRead():
            for name, rows in read.rows.items():
                yield from _rows(rows, f"{place} {name}")


def _rows(rows, place):
    yield _statement(rows.statement, place)
    for index, related in enumerate(rows.related):
        yield from _connection(related, f"{place} > {index}")


def _connection(read, place):
    if isinstance(read, r.OwnRead):
        return
    if read.page:
        yield _statement(read.page.statement, f"{place}: page")
        for index, related in enumerate(read.page.related):
            yield from _connection(related, f"{place} > {index}")
    for summary in read.summaries:
        estimate = isinstance(summary, r.CountRead) and summary.estimate
        name = "estimate" if estimate else type(summary).__name__.removesuffix("Read").lower()
        yield _statement(summary.statement, f"{place}: {name}")


def _statement(statement, place):
    sources = ", ".join(
        f"${number} = {_source(parameter)}" for number, parameter in enumerate(statement.parameters, start=1)
    )
    lines = [line.rstrip() for line in _BREAK.split(statement.text) if line.strip()]
    return f"-- {place}\n-- {sources or 'no parameters'}\n" + "\n".join(lines) + ";\n"


def _source(parameter):
    if parameter.slot is None:
        return repr(parameter.constant)
    return "parents" if parameter.slot.index < 0 else f"slot {parameter.slot.index}"
