"""Fields that the principal may not see; enters a field of an argument, leaves it or an error."""

from collections.abc import Sequence

from gateway.errors import PrivateField
from gateway.layers import LayerField


def check_seen(field: LayerField, path: Sequence[str | int]) -> None:
    """Refuse a withheld field: which rows match it, in what order, or change by it, would show what it holds."""
    if field.withheld:
        message = f"{field.name} is private. Leave it out, or send credentials that may see it."
        raise PrivateField(message, path=path)


def check_members(field: LayerField, value: object, path: Sequence[str | int]) -> None:
    """Refuse a JSON value that names a withheld member of a field: at any depth, or as a text or a list of them."""
    if field.members is None:
        return
    texts = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    named = {text: None for text in texts if isinstance(text, str)}
    if (name := field.members.first([named, value])) is not None:
        message = f"{field.name}.{name[:80]} is private. Leave it out, or send credentials that may see it."
        raise PrivateField(message, path=path)
