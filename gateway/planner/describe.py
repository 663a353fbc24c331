"""Plans as people read them; enters a Plan, leaves lines."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.planner.plan import Ask, Plan


def plan_text(plan: Plan) -> str:
    """One line for each output, indented as the selection is; `$n` is the n-th field with arguments."""
    asked = "".join(f"${number} {_argument(ask)}\n" for number, ask in enumerate(plan.asks))
    return "".join(f"{line}\n" for output in plan.outputs for line in _lines(output, 0)) + "\n" + asked


def _lines(output: Any, depth: int) -> Iterator[str]:
    words: list[str] = []
    below: list[Any] = []
    for field in fields(output):
        value = getattr(output, field.name)
        if field.name in {"key", "nodes"} or (value is None and field.name in {"layer", "moment"}):
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
    for part in below:
        yield from _lines(part, depth + 1)


def _word(name: str, value: object) -> str:
    match value:
        case Layer():
            return value.name
        case LayerField():
            return value.attribute
        case Relation():
            return f"{value.kind.name.lower()} {value.target}"
        case tuple():
            return " ".join(f"{key}={member}" for key, member in value)
        case _:
            return {"ask": f"${value}", "moment": "asOf"}.get(name, f"{name}={value}")


def _argument(ask: Ask) -> str:
    given = ", ".join(argument.name.value for argument in ask.node.arguments or ())
    return f"{ask.node.name.value}({given})"
