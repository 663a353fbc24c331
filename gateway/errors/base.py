"""What all errors share; enters a message and a place, leaves the `extensions` of a GraphQL error."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar


class GatewayError(Exception):
    """Anything the gateway says to its user; `message` says what is wrong and how to fix it.

    `code` never changes. It is the name of the class, `BAD_JSON` of BadJson, where the class does not say another.
    `names` is a last sentence of it that lists fields of the surface.
    """

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    retry_after: int = 1  # seconds, for errors that say "not now"
    headers: Sequence[tuple[bytes, bytes]] = ()  # of HTTP, that say more

    def __init_subclass__(cls) -> None:
        if "code" not in vars(cls):
            cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).upper()

    def __init__(self, message: str, *, path: Sequence[str | int] = (), names: str = "", **details: Any) -> None:
        super().__init__(message)
        self._unnamed = message
        self.message = f"{message} {names}" if names else message
        self.path = tuple(path)
        self.details = details

    def without_names(self) -> None:
        """Leave out the sentence of names that there are, where names are not suggested."""
        self.message = self._unnamed

    def at(self, *prefix: str | int) -> "GatewayError":
        """Put `prefix` before the path, on the way out of a nested argument."""
        self.path = (*prefix, *self.path)
        return self

    @property
    def extensions(self) -> dict[str, Any]:
        """`extensions` of the GraphQL error: the code, the path of the argument and the details."""
        members: dict[str, Any] = {"code": self.code}
        if self.path:
            members["argument"] = list(self.path)
        if self.retryable:
            members["retryable"] = True
        return members | self.details
