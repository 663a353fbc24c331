"""The door: pure ASGI middleware, one concern a file; asgi.py has their order."""
