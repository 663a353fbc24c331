"""Fragments of a document as a graph; enters who spreads whom, leaves errors of cycles and unused ones."""

from collections.abc import Iterator, Mapping, Sequence

from graphql import FragmentSpreadNode

from schema.validation.report import Checked, Report


def check_fragments(
    operations: Sequence[Checked], fragments: Mapping[str, Checked], report: Report
) -> Sequence[Checked]:
    """Report cycles and fragments that are never used; returns all that is used."""
    _check_cycles(fragments, report)
    used = _follow(operations, fragments)
    for name, checked in fragments.items():
        if name not in used:
            report(f"Fragment '{name}' is never used.", checked.definition)
    return [*operations, *used.values()]


def reached(operation: Checked, fragments: Mapping[str, Checked]) -> Sequence[Checked]:
    """The fragments that an operation spreads, itself or by others."""
    return list(_follow((operation,), fragments).values())


def _follow(begin: Sequence[Checked], fragments: Mapping[str, Checked]) -> dict[str, Checked]:
    seen: dict[str, Checked] = {}
    stack = list(begin)
    while stack:
        for spread in stack.pop().spreads:
            name = spread.name.value
            if name not in seen and name in fragments:
                seen[name] = fragments[name]
                stack.append(fragments[name])
    return seen


def _check_cycles(fragments: Mapping[str, Checked], report: Report) -> None:
    """Walk the graph in depth, without recursion: chains are as long as documents."""
    visited: set[str] = set()
    for root in fragments:
        if root in visited:
            continue
        visited.add(root)
        path: list[FragmentSpreadNode] = []
        places = {root: 0}
        stack: list[tuple[str, Iterator[FragmentSpreadNode]]] = [(root, iter(fragments[root].spreads))]
        while stack:
            name, spreads = stack[-1]
            spread = next(spreads, None)
            if spread is None:
                stack.pop()
                del places[name]
                if path:
                    path.pop()
                continue
            target = spread.name.value
            if target in places:
                _report_cycle([*path[places[target] :], spread], report)
            elif target in fragments and target not in visited:
                visited.add(target)
                path.append(spread)
                places[target] = len(path)
                stack.append((target, iter(fragments[target].spreads)))


def _report_cycle(cycle: list[FragmentSpreadNode], report: Report) -> None:
    via = ", ".join(f"'{spread.name.value}'" for spread in cycle[:-1])
    said = f"Cannot spread fragment '{cycle[-1].name.value}' within itself"
    report(f"{said} via {via}." if via else f"{said}.", list(cycle[:5]))
