"""Connections, sessions and transactions; PostgreSQL as the rest of the gateway sees it."""
