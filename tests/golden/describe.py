"""Plans and statements as people read them; enters a Plan or its reads, leaves lines."""

import re
from dataclasses import fields, is_dataclass

from gateway.layers import Layer, LayerField, Relation
from gateway.planner import reads as r

_BREAK = re.compile(r" (?=(?:FROM|WHERE|ORDER BY|LIMIT|JOIN|LEFT OUTER JOIN|GROUP BY|WITH)\b)|\n")


def plan_text(plan):
    """One line for each output, indented as the selection is; `$n` is the n-th field with arguments."""
    asked = "".join(f"${number} {_argument(ask)}\n" for number, ask in enumerate(plan.asks))
    return "".join(f"{line}\n" for output in plan.outputs for line in _lines(output, 0)) + "\n" + asked


def _lines(output, depth):
    words, below = [], []
    for field in fields(output):
        value = getattr(output, field.name)
        if field.name == "key":
            continue
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            below.extend(value)
        elif is_dataclass(value) and hasattr(value, "outputs"):
            below.extend(value.outputs)
        else:
            words.append(_word(field.name, value))
    indent = "  " * depth
    key = getattr(output, "key", None) or output.layer.type_name
    yield f"{indent}{key}: {type(output).__name__} {' '.join(words)}".rstrip()
    for found in below:
        yield from _lines(found, depth + 1)


def _word(name, value):
    match value:
        case Layer():
            return value.name
        case LayerField():
            return value.attribute
        case Relation():
            return f"{value.kind.name.lower()} {value.target}"
        case tuple():
            return " ".join(f"{key}={found}" for key, found in value)
        case _:
            return f"${value}" if name == "ask" else f"{name}={value}"


def _argument(ask):
    given = ", ".join(found.name.value for found in ask.node.arguments or ())
    return f"{ask.node.name.value}({given})"


def sql_text(reads):
    """Each statement after the place that it is read for, with where its parameters come from."""
    return "\n".join(part for read in reads for part in _read(read, read.key))


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
    if read.page:
        yield _statement(read.page.statement, f"{place}: page")
        for index, related in enumerate(read.page.related):
            yield from _connection(related, f"{place} > {index}")
    for counted in read.counts:
        yield _statement(counted.statement, f"{place}: {'estimate' if counted.estimate else 'count'}")
    if read.extent:
        yield _statement(read.extent, f"{place}: extent")


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
