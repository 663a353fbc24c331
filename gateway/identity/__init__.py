"""Who makes a request: the backends that tell whose a credential is, and what that principal may see."""

from gateway.identity.access import Access
from gateway.identity.backends import Backend, Backends
