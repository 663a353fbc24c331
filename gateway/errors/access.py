"""Who may do what."""

from gateway.errors.base import GatewayError


class AccessError(GatewayError):
    """The request is not allowed to do this."""

    code = "ACCESS"
    status = 403


class Unauthenticated(AccessError):
    """The request has no credentials where some are needed, or invalid ones."""

    status = 401


class Forbidden(AccessError):
    """The credentials hold, but lack the scope that this needs."""
